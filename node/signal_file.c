#include "node/signal_file.h"

#include "crypto/secret.h"
#include "node/signal_columns.h"
#include "node/signal_lines.h"
#include "proto/limits.h"
#include "proto/utf8.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* File -> physical lines (signal_lines.h) -> records (libcsv) -> rows (signal_columns.h). A record
 * takes more than one physical line when a quoted field holds line ends. When it turns out that
 * such a quote is never closed, only the record's first line is given up, and the reading goes on
 * at the next. */

#define TEXT_BYTES (KP_CSV_RECORD_MAX + KP_CSV_COLUMNS_MAX + 16)

struct file {
    const char *path; /* for texts */
    const struct kp_signal_file_reader *reader;
    struct kp_signal_lines lines;
    struct csv_parser parser;
    bool parser_ready;
    unsigned char delimiter; /* 0: not known yet */
    uint64_t line;           /* where the record begins, from 1 */
    uint64_t next_line;

    struct kp_signal_fields fields; /* the record's */
    bool ended;
    struct kp_signal_columns columns;
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
    struct kp_signal_fields *fields = &((struct file *)context)->fields;
    size_t index = fields->count++;
    if (index >= KP_CSV_COLUMNS_MAX || size >= TEXT_BYTES - fields->text_size) {
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
    fields->at[index] = fields->text_size;
    fields->size[index] = size;
    memcpy(fields->text + fields->text_size, from, size);
    fields->text[fields->text_size + size] = '\0';
    fields->text_size += size + 1;
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
        file->fields.not_text = true;
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
    file->lines.begin += size;
    file->next_line++;
    *outcome = RECORD_BAD;
    return start_parser(file) == KP_OK ? KP_OK
                                       : kp_fail(error, KP_FAILED, "%s: no memory", file->path);
}

/* A first line that is too long, is blank, or isn't there; *done is false for any other. */
static enum kp_status check_first_line(struct file *file, const struct kp_line *line,
                                       enum outcome *outcome, const char **reason, bool *done,
                                       struct kp_error *error)
{
    struct kp_signal_lines *lines = &file->lines;
    *done = true;
    if (line->kind == KP_LINE_LONG) {
        *outcome = RECORD_BAD;
        *reason = "longer than 65536 bytes";
        file->next_line++;
        return kp_signal_lines_skip(lines) == KP_OK ? KP_OK : io_fail(file, error);
    }
    if (line->kind == KP_LINE_LAST && line->size == 0) {
        *outcome = RECORD_END;
        return KP_OK;
    }
    if (is_blank(lines->window + lines->begin, line->size)) {
        *outcome = RECORD_BLANK;
        lines->begin += line->size;
        file->next_line++;
        return KP_OK;
    }
    *done = false;
    return KP_OK;
}

/* The next record. Only a failure of our own isn't KP_OK. */
static enum kp_status next_record(struct file *file, enum outcome *outcome, const char **reason,
                                  struct kp_error *error)
{
    struct kp_signal_lines *lines = &file->lines;
    size_t size = 0;  /* of the physical lines so far */
    size_t first = 0; /* of the first of them */
    file->line = file->next_line;
    file->fields.count = file->fields.text_size = 0;
    file->ended = file->fields.not_text = false;
    for (uint64_t before = 0;; before++) {
        struct kp_line line;
        if (kp_signal_lines_find(lines, size, &line) != KP_OK) {
            return io_fail(file, error);
        }
        if (before == 0) {
            bool done = false;
            enum kp_status status = check_first_line(file, &line, outcome, reason, &done, error);
            if (status != KP_OK || done) {
                return status;
            }
            first = line.size;
        } else if (line.kind == KP_LINE_LONG || (line.kind == KP_LINE_LAST && line.size == 0)) {
            *reason = "a quote that is opened and never closed";
            return give_up_line(file, first, outcome, error);
        }
        const uint8_t *bytes = lines->window + lines->begin + size;
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
            *reason = before == 0 ? "a quote in a wrong place: quote the whole field, and double "
                                    "the quotes in it"
                                  : "a quote that is opened and never closed";
            return give_up_line(file, first, outcome, error);
        }
        size += line.size;
        if (file->ended && before > 0 && kp_signal_columns_split(&file->columns, &file->fields)) {
            /* Perhaps a quote left open, and closed by another row's: the rows in between must not
             * get lost. Whatever it is, the record is bad. */
            *reason = "a line end in a column that is read, another number of fields than the "
                      "header row has, or a quote that is opened and not closed";
            return give_up_line(file, first, outcome, error);
        }
        if (file->ended) {
            lines->begin += size;
            file->next_line += before + 1;
            *outcome = RECORD_FIELDS;
            return KP_OK;
        }
    }
}

/* --- The header ----------------------------------------------------------------------------------
 */

/* Takes a byte order mark off; refuses the marks of other encodings. */
static enum kp_status read_mark(struct file *file, struct kp_error *error)
{
    struct kp_signal_lines *lines = &file->lines;
    if (kp_signal_lines_fill(lines, 3) != KP_OK) {
        return io_fail(file, error);
    }
    if (lines->end >= 2 &&
        (memcmp(lines->window, "\xff\xfe", 2) == 0 || memcmp(lines->window, "\xfe\xff", 2) == 0)) {
        return kp_fail(error, KP_REFUSED, "%s: UTF-16, not UTF-8; save it as \"CSV UTF-8\"",
                       file->path);
    }
    if (lines->end >= 3 && memcmp(lines->window, "\xef\xbb\xbf", 3) == 0) {
        lines->begin = 3;
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
                       file->fields.not_text ? "not UTF-8 text" : reason);
    }
    return kp_signal_columns_read(&file->columns, &file->fields, file->path, error);
}

/* --- Rows ----------------------------------------------------------------------------------------
 */

static enum kp_status hand_on_row(struct file *file, struct kp_error *error)
{
    struct kp_signal signal = {0};
    struct kp_error reason = {0};
    const char *column = NULL;
    const struct kp_signal_file_reader *reader = file->reader;
    enum kp_status status =
        kp_signal_columns_row(&file->columns, &file->fields, &signal, &column, &reason) == KP_OK
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
    int fd = standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                            : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return kp_fail(error, KP_USAGE, "%s: can't be opened: %s", file->path, strerror(errno));
    }
    enum kp_status status = kp_signal_lines_open(&file->lines, fd);
    file->fields.text = kp_bulk_new(TEXT_BYTES);
    if (status != KP_OK || file->fields.text == NULL || start_parser(file) != KP_OK) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", file->path);
    }
    return KP_OK;
}

static void close_file(struct file *file)
{
    end_parser(file);
    kp_signal_lines_close(&file->lines);
    kp_bulk_free(file->fields.text);
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
