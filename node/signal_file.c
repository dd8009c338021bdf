#include "node/signal_file.h"

#include "crypto/secret.h"
#include "node/canonical.h"
#include "proto/address.h"
#include "proto/limits.h"
#include "proto/utf8.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* File -> physical lines -> records (libcsv) -> rows. A record takes more than one physical line
 * when a quoted field holds line ends. When it turns out that such a quote is never closed, only
 * the record's first line is given up, and the reading goes on at the next. */

#define WINDOW_BYTES (4 * (size_t)KP_CSV_RECORD_MAX)
#define TEXT_BYTES (KP_CSV_RECORD_MAX + KP_CSV_COLUMNS_MAX + 16)

/* --- The bytes -----------------------------------------------------------------------------------
 */

/* A window on the file; [begin, end) is read and not yet used. */
struct source {
    int fd;
    uint8_t *window;
    size_t begin, end;
    bool eof;
};

enum line_kind {
    LINE_WHOLE, /* with its newline */
    LINE_LAST,  /* without one, at the end of the file; maybe empty */
    LINE_LONG,  /* the record passes KP_CSV_RECORD_MAX before it ends */
};

struct line {
    enum line_kind kind;
    size_t size; /* with the newline */
};

/* One read. KP_FAILED with errno. */
static enum kp_status read_more(struct source *source)
{
    if (WINDOW_BYTES - source->end < KP_CSV_RECORD_MAX) {
        memmove(source->window, source->window + source->begin, source->end - source->begin);
        source->end -= source->begin;
        source->begin = 0;
    }
    ssize_t got = 0;
    do {
        got = read(source->fd, source->window + source->end, WINDOW_BYTES - source->end);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return KP_FAILED;
    }
    source->eof = got == 0;
    source->end += (size_t)got;
    return KP_OK;
}

/* The physical line that begins `offset` bytes behind the record's beginning. */
static enum kp_status find_line(struct source *source, size_t offset, struct line *line)
{
    size_t seen = offset;
    for (;;) {
        size_t have = source->end - source->begin;
        size_t within = have < KP_CSV_RECORD_MAX ? have : KP_CSV_RECORD_MAX;
        const uint8_t *from = source->window + source->begin;
        const uint8_t *newline = memchr(from + seen, '\n', within - seen);
        if (newline != NULL) {
            *line = (struct line){LINE_WHOLE, (size_t)(newline - from) + 1 - offset};
            return KP_OK;
        }
        seen = within;
        if (have > KP_CSV_RECORD_MAX || source->eof) {
            *line = (struct line){have > KP_CSV_RECORD_MAX ? LINE_LONG : LINE_LAST, have - offset};
            return KP_OK;
        }
        if (read_more(source) != KP_OK) {
            return KP_FAILED;
        }
    }
}

/* Throws away everything up to and with the next newline, however far it is. */
static enum kp_status skip_line(struct source *source)
{
    for (;;) {
        const uint8_t *from = source->window + source->begin;
        const uint8_t *newline = memchr(from, '\n', source->end - source->begin);
        if (newline != NULL) {
            source->begin += (size_t)(newline - from) + 1;
            return KP_OK;
        }
        source->begin = source->end = 0;
        if (source->eof) {
            return KP_OK;
        }
        if (read_more(source) != KP_OK) {
            return KP_FAILED;
        }
    }
}

/* --- Columns -------------------------------------------------------------------------------------
 */

enum column {
    POSTCODE,
    HOUSE_NUMBER,
    HOUSE_LETTER,
    ADDITION,
    INDICATOR,
    GROUNDS,
    OBSERVED_ON,
    COLUMNS,
};

static const struct {
    const char *english, *dutch;
    bool required;
} columns[COLUMNS] = {
    [POSTCODE] = {"postcode", "postcode", true},
    [HOUSE_NUMBER] = {"house_number", "huisnummer", true},
    [HOUSE_LETTER] = {"house_letter", "huisletter", false},
    [ADDITION] = {"addition", "huisnummertoevoeging", false},
    [INDICATOR] = {"indicator", "indicator", true},
    [GROUNDS] = {"grounds", "grondslag", true},
    [OBSERVED_ON] = {"observed_on", "datum", true},
};

#define COLUMN_NAME_MAX 32

/* Where a column stands in this file, and how its header spells it. */
struct place {
    bool present;
    size_t index;
    char name[COLUMN_NAME_MAX];
};

struct file {
    const char *path; /* for texts */
    const struct kp_signal_file_reader *reader;
    struct source source;
    struct csv_parser parser;
    bool parser_ready;
    unsigned char delimiter; /* 0: not known yet */
    uint64_t line;           /* where the record begins, from 1 */
    uint64_t next_line;

    /* The record's fields: each ended by a NUL in `text`, those behind the last column not kept. */
    char *text;
    size_t text_size;
    size_t fields; /* may be more than KP_CSV_COLUMNS_MAX */
    size_t field_at[KP_CSV_COLUMNS_MAX];
    size_t field_size[KP_CSV_COLUMNS_MAX];
    bool ended;
    bool not_text; /* NUL or not UTF-8 */

    size_t header_fields;
    struct place places[COLUMNS];
};

/* --- Records -------------------------------------------------------------------------------------
 */

static int is_newline(unsigned char byte)
{
    return byte == '\n';
}

static void end_parser(struct file *file)
{
    if (file->parser_ready) {
        kp_wipe(file->parser.entry_buf, file->parser.entry_size);
        csv_free(&file->parser);
        file->parser_ready = false;
    }
}

static enum kp_status start_parser(struct file *file)
{
    end_parser(file);
    if (csv_init(&file->parser, CSV_STRICT) != 0) {
        return KP_FAILED;
    }
    file->parser_ready = true;
    csv_set_term_func(&file->parser, is_newline);
    /* Room for the longest record at once: so it never moves, leaving a copy. */
    csv_set_blk_size(&file->parser, KP_CSV_RECORD_MAX + 16);
    csv_set_delim(&file->parser, file->delimiter);
    return KP_OK;
}

static void take_field(void *field, size_t size, void *context)
{
    struct file *file = context;
    size_t index = file->fields++;
    if (index >= KP_CSV_COLUMNS_MAX || size >= TEXT_BYTES - file->text_size) {
        return;
    }
    const char *from = field;
    while (size > 0 && (from[0] == ' ' || from[0] == '\t')) {
        from++;
        size--;
    }
    while (size > 0 && (from[size - 1] == ' ' || from[size - 1] == '\t')) {
        size--;
    }
    file->field_at[index] = file->text_size;
    file->field_size[index] = size;
    memcpy(file->text + file->text_size, from, size);
    file->text[file->text_size + size] = '\0';
    file->text_size += size + 1;
}

static void take_end(int byte, void *context)
{
    (void)byte;
    struct file *file = context;
    file->ended = true;
}

/* ',' or ';': the one that stands more often in this line, quoted text apart. */
static unsigned char find_delimiter(const uint8_t *bytes, size_t size)
{
    size_t commas = 0;
    size_t semicolons = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        quoted ^= bytes[i] == '"';
        commas += !quoted && bytes[i] == ',';
        semicolons += !quoted && bytes[i] == ';';
    }
    return semicolons > commas ? ';' : ',';
}

static bool is_blank(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r' && bytes[i] != '\n') {
            return false;
        }
    }
    return true;
}

/* Hands a physical line to libcsv; whatever its end was, it now is a newline. KP_REFUSED: a quote
 * stands where none may. */
static enum kp_status parse_line(struct file *file, const uint8_t *bytes, size_t size)
{
    if (size > 0 && bytes[size - 1] == '\n') {
        size--;
    }
    if (size > 0 && bytes[size - 1] == '\r') {
        size--;
    }
    if (memchr(bytes, '\0', size) != NULL || !kp_utf8_valid(bytes, size)) {
        file->not_text = true;
    }
    if (csv_parse(&file->parser, bytes, size, take_field, take_end, file) == size &&
        csv_parse(&file->parser, "\n", 1, take_field, take_end, file) == 1) {
        return KP_OK;
    }
    return csv_error(&file->parser) == CSV_EPARSE ? KP_REFUSED : KP_FAILED;
}

enum outcome {
    RECORD_FIELDS, /* the fields are there */
    RECORD_BAD,    /* `reason` says why */
    RECORD_BLANK,
    RECORD_END,
};

static enum kp_status io_fail(const struct file *file, struct kp_error *error)
{
    return kp_fail(error, errno == EISDIR ? KP_USAGE : KP_FAILED, "%s: can't be read: %s",
                   file->path, strerror(errno));
}

/* Gives up the record's first line, of `size` bytes; what came after it is read again. */
static enum kp_status give_up_line(struct file *file, size_t size, enum outcome *outcome,
                                   struct kp_error *error)
{
    file->source.begin += size;
    file->next_line++;
    *outcome = RECORD_BAD;
    return start_parser(file) == KP_OK ? KP_OK
                                       : kp_fail(error, KP_FAILED, "%s: no memory", file->path);
}

/* A first line that is too long, is blank, or isn't there; *done is false for any other. */
static enum kp_status check_first_line(struct file *file, const struct line *line,
                                       enum outcome *outcome, const char **reason, bool *done,
                                       struct kp_error *error)
{
    struct source *source = &file->source;
    *done = true;
    if (line->kind == LINE_LONG) {
        *outcome = RECORD_BAD;
        *reason = "longer than 65536 bytes";
        file->next_line++;
        return skip_line(source) == KP_OK ? KP_OK : io_fail(file, error);
    }
    if (line->kind == LINE_LAST && line->size == 0) {
        *outcome = RECORD_END;
        return KP_OK;
    }
    if (is_blank(source->window + source->begin, line->size)) {
        *outcome = RECORD_BLANK;
        source->begin += line->size;
        file->next_line++;
        return KP_OK;
    }
    *done = false;
    return KP_OK;
}

/* Of a record of more than one line: whether that is so because of more than the text in columns
 * that nobody reads. */
static bool has_line_end_inside(const struct file *file)
{
    if (file->header_fields == 0) {
        return false; /* this is the header */
    }
    if (file->fields != file->header_fields) {
        return true;
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        const struct place *place = &file->places[i];
        if (place->present && memchr(file->text + file->field_at[place->index], '\n',
                                     file->field_size[place->index]) != NULL) {
            return true;
        }
    }
    return false;
}

/* The next record. Only a failure of our own isn't KP_OK. */
static enum kp_status next_record(struct file *file, enum outcome *outcome, const char **reason,
                                  struct kp_error *error)
{
    struct source *source = &file->source;
    size_t size = 0;  /* of the physical lines so far */
    size_t first = 0; /* of the first of them */
    file->line = file->next_line;
    file->fields = file->text_size = 0;
    file->ended = file->not_text = false;
    for (uint64_t lines = 0;; lines++) {
        struct line line;
        if (find_line(source, size, &line) != KP_OK) {
            return io_fail(file, error);
        }
        if (lines == 0) {
            bool done = false;
            enum kp_status status = check_first_line(file, &line, outcome, reason, &done, error);
            if (status != KP_OK || done) {
                return status;
            }
            first = line.size;
        } else if (line.kind == LINE_LONG || (line.kind == LINE_LAST && line.size == 0)) {
            *reason = "a quote that is opened and never closed";
            return give_up_line(file, first, outcome, error);
        }
        const uint8_t *bytes = source->window + source->begin + size;
        if (file->delimiter == 0) {
            file->delimiter = find_delimiter(bytes, line.size);
            csv_set_delim(&file->parser, file->delimiter);
        }
        enum kp_status status = parse_line(file, bytes, line.size);
        if (status == KP_FAILED) {
            return kp_fail(error, KP_FAILED, "%s: %s", file->path,
                           csv_strerror(csv_error(&file->parser)));
        }
        if (status == KP_REFUSED) {
            *reason = lines == 0 ? "a quote in a wrong place: quote the whole field, and double "
                                   "the quotes in it"
                                 : "a quote that is opened and never closed";
            return give_up_line(file, first, outcome, error);
        }
        size += line.size;
        if (file->ended && lines > 0 && has_line_end_inside(file)) {
            /* Perhaps a quote left open, and closed by another row's: the rows in between must not
             * get lost. Whatever it is, the record is bad. */
            *reason = "a line end in a column that is read, another number of fields than the "
                      "header row has, or a quote that is opened and not closed";
            return give_up_line(file, first, outcome, error);
        }
        if (file->ended) {
            source->begin += size;
            file->next_line += lines + 1;
            *outcome = RECORD_FIELDS;
            return KP_OK;
        }
    }
}

/* --- The header ----------------------------------------------------------------------------------
 */

static enum kp_status take_column(struct file *file, size_t index, struct kp_error *error)
{
    const char *name = file->text + file->field_at[index];
    for (size_t i = 0; i < COLUMNS; i++) {
        /* A NUL inside was refused before. */
        if (strcasecmp(name, columns[i].english) != 0 && strcasecmp(name, columns[i].dutch) != 0) {
            continue;
        }
        struct place *place = &file->places[i];
        if (place->present) {
            return kp_fail(error, KP_REFUSED,
                           "%s: two columns for %s: \"%s\" and \"%s\" in the header row",
                           file->path, columns[i].english, place->name, name);
        }
        place->present = true;
        place->index = index;
        snprintf(place->name, sizeof(place->name), "%s", name);
    }
    return KP_OK;
}

static enum kp_status read_header_fields(struct file *file, struct kp_error *error)
{
    if (file->not_text) {
        return kp_fail(error, KP_REFUSED, "%s: not UTF-8 text; save it as \"CSV UTF-8\"",
                       file->path);
    }
    if (file->fields > KP_CSV_COLUMNS_MAX) {
        return kp_fail(error, KP_REFUSED, "%s: more than %u columns in the header row", file->path,
                       KP_CSV_COLUMNS_MAX);
    }
    for (size_t i = 0; i < file->fields; i++) {
        enum kp_status status = take_column(file, i, error);
        if (status != KP_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        if (columns[i].required && !file->places[i].present) {
            bool same = strcmp(columns[i].english, columns[i].dutch) == 0;
            return kp_fail(error, KP_REFUSED, "%s: no column \"%s\"%s%s%s in the header row",
                           file->path, columns[i].english, same ? "" : " (or \"",
                           same ? "" : columns[i].dutch, same ? "" : "\")");
        }
    }
    file->header_fields = file->fields;
    return KP_OK;
}

/* Takes a byte order mark off; refuses the marks of other encodings. */
static enum kp_status read_mark(struct file *file, struct kp_error *error)
{
    struct source *source = &file->source;
    while (source->end < 3 && !source->eof) {
        if (read_more(source) != KP_OK) {
            return io_fail(file, error);
        }
    }
    if (source->end >= 2 && (memcmp(source->window, "\xff\xfe", 2) == 0 ||
                             memcmp(source->window, "\xfe\xff", 2) == 0)) {
        return kp_fail(error, KP_REFUSED, "%s: UTF-16, not UTF-8; save it as \"CSV UTF-8\"",
                       file->path);
    }
    if (source->end >= 3 && memcmp(source->window, "\xef\xbb\xbf", 3) == 0) {
        source->begin = 3;
    }
    return KP_OK;
}

static enum kp_status read_header(struct file *file, struct kp_error *error)
{
    enum outcome outcome = RECORD_BLANK;
    const char *reason = NULL;
    enum kp_status status = read_mark(file, error);
    while (status == KP_OK && outcome == RECORD_BLANK) {
        status = next_record(file, &outcome, &reason, error);
    }
    if (status != KP_OK) {
        return status;
    }
    if (outcome == RECORD_END) {
        return kp_fail(error, KP_REFUSED, "%s: empty; expected a header row", file->path);
    }
    if (outcome == RECORD_BAD) {
        return kp_fail(error, KP_REFUSED, "%s: the header row can't be read: %s", file->path,
                       file->not_text ? "not UTF-8 text" : reason);
    }
    return read_header_fields(file, error);
}

/* --- Rows ----------------------------------------------------------------------------------------
 */

static const char *field(const struct file *file, enum column column)
{
    const struct place *place = &file->places[column];
    return place->present ? file->text + file->field_at[place->index] : "";
}

static enum kp_status copy_text(char *out, size_t most, const char *text, bool required,
                                struct kp_error *error)
{
    size_t size = strlen(text);
    if (size > most) {
        return kp_fail(error, KP_REFUSED, "longer than %zu bytes", most);
    }
    if (size == 0 && required) {
        return kp_fail(error, KP_REFUSED, "empty");
    }
    memcpy(out, text, size + 1);
    return KP_OK;
}

static enum kp_status read_field(struct file *file, enum column column, struct kp_address *address,
                                 struct kp_signal *signal, struct kp_error *error)
{
    const char *text = field(file, column);
    if (!kp_utf8_is_line(text, strlen(text))) {
        return kp_fail(error, KP_REFUSED, "a line end or another control character in it");
    }
    switch (column) {
    case POSTCODE:
        return kp_canonical_postcode(address, text, error);
    case HOUSE_NUMBER:
        return kp_canonical_house_number(address, text, error);
    case HOUSE_LETTER:
        return kp_canonical_house_letter(address, text, error);
    case ADDITION:
        return kp_canonical_addition(address, text, error);
    case INDICATOR:
        return copy_text(signal->indicator, KP_INDICATOR_MAX, text, true, error);
    case GROUNDS:
        return copy_text(signal->grounds, KP_GROUNDS_MAX, text, false, error);
    case OBSERVED_ON:
        return kp_canonical_date(&signal->observed_on, text, error);
    case COLUMNS:
        break;
    }
    return KP_FAILED;
}

/* KP_REFUSED: a bad row; *column is the header's name for what is wrong, or NULL. */
static enum kp_status read_row(struct file *file, struct kp_signal *signal, const char **column,
                               struct kp_error *error)
{
    *column = NULL;
    if (file->not_text) {
        return kp_fail(error, KP_REFUSED, "not UTF-8 text");
    }
    if (file->fields != file->header_fields) {
        return kp_fail(error, KP_REFUSED, "%zu fields, where the header row has %zu", file->fields,
                       file->header_fields);
    }
    struct kp_address address = {0};
    for (size_t i = 0; i < COLUMNS; i++) {
        if (read_field(file, (enum column)i, &address, signal, error) != KP_OK) {
            *column = file->places[i].name;
            return KP_REFUSED;
        }
    }
    kp_address_key(signal->address, &address);
    return KP_OK;
}

static enum kp_status hand_on_row(struct file *file, struct kp_error *error)
{
    struct kp_signal signal = {0};
    struct kp_error reason = {0};
    const char *column = NULL;
    const struct kp_signal_file_reader *reader = file->reader;
    enum kp_status status =
        read_row(file, &signal, &column, &reason) == KP_OK
            ? reader->row(reader->context, file->line, &signal, error)
            : reader->bad(reader->context, file->line, column, reason.text, error);
    kp_wipe(&signal, sizeof(signal));
    return status;
}

static enum kp_status read_rows(struct file *file, struct kp_error *error)
{
    const struct kp_signal_file_reader *reader = file->reader;
    for (;;) {
        enum outcome outcome = RECORD_END;
        const char *reason = NULL;
        enum kp_status status = next_record(file, &outcome, &reason, error);
        if (status == KP_OK && outcome == RECORD_FIELDS) {
            status = hand_on_row(file, error);
        } else if (status == KP_OK && outcome == RECORD_BAD) {
            status = reader->bad(reader->context, file->line, NULL, reason, error);
        }
        if (status != KP_OK || outcome == RECORD_END) {
            return status;
        }
    }
}

/* --- The whole -----------------------------------------------------------------------------------
 */

static enum kp_status open_file(struct file *file, const char *path, struct kp_error *error)
{
    bool standard_input = strcmp(path, "-") == 0;
    file->path = standard_input ? "standard input" : path;
    file->next_line = 1;
    file->source.fd = standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                     : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file->source.fd < 0) {
        return kp_fail(error, KP_USAGE, "%s: can't be opened: %s", file->path, strerror(errno));
    }
    file->source.window = kp_bulk_new(WINDOW_BYTES);
    file->text = kp_bulk_new(TEXT_BYTES);
    if (file->source.window == NULL || file->text == NULL || start_parser(file) != KP_OK) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", file->path);
    }
    return KP_OK;
}

static void close_file(struct file *file)
{
    if (file->source.fd >= 0) {
        close(file->source.fd);
    }
    end_parser(file);
    kp_bulk_free(file->source.window);
    kp_bulk_free(file->text);
    free(file);
}

enum kp_status kp_signal_file_read(const char *path, const struct kp_signal_file_reader *reader,
                                   struct kp_error *error)
{
    struct file *file = calloc(1, sizeof(*file));
    if (file == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", path);
    }
    file->reader = reader;
    enum kp_status status = open_file(file, path, error);
    if (status == KP_OK) {
        status = read_header(file, error);
    }
    if (status == KP_OK) {
        status = read_rows(file, error);
    }
    close_file(file);
    return status;
}
