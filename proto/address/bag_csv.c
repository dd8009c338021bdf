#include "proto/address/bag_csv.h"

#include "proto/address.h"
#include "proto/address/bag_lines.h"
#include "proto/limits.h"
#include "proto/utf8.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

/* File -> lines, each in a window -> fields (libcsv) -> a pair. */

enum column {
    ID,
    POSTCODE,
    NUMBER,
    LETTER,
    ADDITION,
    STREET,
    TOWN,
    OBJECT,
    STATUS,
    SIDE,
    COLUMNS,
};

static const char *const column_names[COLUMNS] = {
    "nummeraanduiding_id",
    "postcode",
    "huisnummer",
    "huisletter",
    "huisnummertoevoeging",
    "openbare_ruimte",
    "woonplaats",
    "adresseerbaar_object_id",
    "status",
    "nevenadres",
};

struct file {
    struct kp_bag_lines lines;
    struct csv_parser parser;
    bool parser_ready;
    unsigned char delimiter;

    /* The record's fields, each with a NUL. */
    char *text;
    size_t text_size, count;
    size_t at[KP_CSV_COLUMNS_MAX];
    bool ended;

    size_t columns; /* in the header */
    size_t place[COLUMNS];
    struct kp_register_build *build;
    const struct kp_bag_csv_reader *reader;
    struct kp_bag_csv_counts *counts;
};

/* ---- Fields -----------------------------------------------------------------------------------
 */

static int is_newline(unsigned char byte)
{
    return byte == '\n';
}

static enum kp_status start_parser(struct file *file, struct kp_error *error)
{
    if (file->parser_ready) {
        csv_free(&file->parser);
    }
    file->parser_ready = csv_init(&file->parser, CSV_STRICT) == 0;
    if (!file->parser_ready) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", file->lines.path);
    }
    csv_set_term_func(&file->parser, is_newline);
    csv_set_delim(&file->parser, file->delimiter);
    return KP_OK;
}

static void take_field(void *field, size_t size, void *context)
{
    struct file *file = context;
    size_t index = file->count++;
    if (index >= KP_CSV_COLUMNS_MAX) {
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
    file->at[index] = file->text_size;
    memcpy(file->text + file->text_size, from, size); /* not longer than the line in all */
    file->text[file->text_size + size] = '\0';
    file->text_size += size + 1;
}

static void take_end(int byte, void *context)
{
    (void)byte;
    ((struct file *)context)->ended = true;
}

/* Splits a line. *reason: why it can't be. Only a failure of our own isn't KP_OK. */
static enum kp_status split(struct file *file, const uint8_t *line, size_t size,
                            const char **reason, struct kp_error *error)
{
    file->count = file->text_size = 0;
    file->ended = false;
    if (memchr(line, '\0', size) != NULL || !kp_utf8_valid(line, size)) {
        *reason = "not UTF-8 text";
        return KP_OK;
    }
    bool parsed = csv_parse(&file->parser, line, size, take_field, take_end, file) == size &&
                  csv_parse(&file->parser, "\n", 1, take_field, take_end, file) == 1;
    if (!parsed && csv_error(&file->parser) != CSV_EPARSE) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", file->lines.path);
    }
    if (!parsed || !file->ended) {
        *reason = "a quote in a wrong place, or a line end between quotes";
        return start_parser(file, error);
    }
    return KP_OK;
}

static bool is_blank(const uint8_t *line, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (line[i] != ' ' && line[i] != '\t') {
            return false;
        }
    }
    return true;
}

/* ---- The header -------------------------------------------------------------------------------
 */

static enum kp_status place_columns(struct file *file, struct kp_error *error)
{
    for (size_t column = 0; column < COLUMNS; column++) {
        size_t found = 0;
        for (size_t i = 0; i < file->count && i < KP_CSV_COLUMNS_MAX; i++) {
            if (strcasecmp(file->text + file->at[i], column_names[column]) == 0) {
                file->place[column] = i;
                found++;
            }
        }
        if (found != 1) {
            return kp_fail(error, KP_REFUSED, "%s: column %s %s in the header row; expected %.*s",
                           file->lines.path, column_names[column],
                           found == 0 ? "isn't" : "is more than once",
                           (int)strcspn(kp_bag_csv_header, "\n"), kp_bag_csv_header);
        }
    }
    file->columns = file->count;
    return KP_OK;
}

static enum kp_status read_header(struct file *file, struct kp_error *error)
{
    uint8_t *line = NULL;
    size_t size = 0;
    bool too_long = false;
    const char *reason = NULL;
    enum kp_status status = KP_OK;
    do {
        status = kp_bag_lines_next(&file->lines, &line, &size, &too_long, error);
        if (status == KP_OK && file->lines.line == 1 && size >= 3 &&
            memcmp(line, "\xef\xbb\xbf", 3) == 0) {
            line += 3;
            size -= 3;
        }
    } while (status == KP_OK && line != NULL && !too_long && is_blank(line, size));
    if (status != KP_OK) {
        return status;
    }
    if (line == NULL) {
        return kp_fail(error, KP_REFUSED, "%s: empty; expected a header row", file->lines.path);
    }
    file->delimiter = !too_long && memchr(line, ',', size) == NULL ? ';' : ',';
    status = start_parser(file, error);
    if (status == KP_OK && !too_long) {
        status = split(file, line, size, &reason, error);
    }
    if (status == KP_OK && (too_long || reason != NULL)) {
        return kp_fail(error, KP_REFUSED, "%s: the header row can't be read: %s", file->lines.path,
                       too_long ? "longer than 65536 bytes" : reason);
    }
    return status == KP_OK ? place_columns(file, error) : status;
}

/* ---- Rows -------------------------------------------------------------------------------------
 */

static const char *field(const struct file *file, enum column column)
{
    return file->text + file->at[file->place[column]];
}

static bool copy_text(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);
    memcpy(out, text, length < size ? length + 1 : 1);
    if (length >= size) {
        out[0] = '?'; /* longer: refused */
    }
    return length < size;
}

static bool read_id(uint64_t *id, const char *text)
{
    return kp_bag_id_read(id, text, strlen(text)) == KP_OK;
}

static uint32_t read_number(const char *text)
{
    uint32_t number = 0;
    size_t i = 0;
    for (; i < 5 && text[i] >= '0' && text[i] <= '9'; i++) {
        number = number * 10 + (uint32_t)(text[i] - '0');
    }
    return text[i] == '\0' ? number : 0;
}

static bool fail_field(struct kp_register_fault *fault, enum column column, const char *reason)
{
    *fault = (struct kp_register_fault){column_names[column], reason};
    return false;
}

/* What the pair's own check can't see any more. */
static bool read_pair(const struct file *file, struct kp_register_pair *pair,
                      struct kp_register_fault *fault)
{
    const char *side = field(file, SIDE);
    if (!read_id(&pair->object, field(file, OBJECT))) {
        return fail_field(fault, OBJECT, "not 16 digits");
    }
    if ((side[0] != '0' && side[0] != '1') || side[1] != '\0') {
        return fail_field(fault, SIDE, "not 0 or 1");
    }
    if (!copy_text(pair->postcode, sizeof(pair->postcode), field(file, POSTCODE))) {
        return fail_field(fault, POSTCODE, "not four digits and two capitals");
    }
    if (!copy_text(pair->letter, sizeof(pair->letter), field(file, LETTER))) {
        return fail_field(fault, LETTER, "more than one letter");
    }
    if (!copy_text(pair->addition, sizeof(pair->addition), field(file, ADDITION))) {
        return fail_field(fault, ADDITION, "more than four letters and digits, or others");
    }
    pair->side = side[0] == '1';
    pair->house_number = read_number(field(file, NUMBER));
    pair->street = field(file, STREET);
    pair->town = field(file, TOWN);
    return true;
}

static bool begins_with(const char *text, const char *front)
{
    return strncmp(text, front, strlen(front)) == 0;
}

/* KP_REFUSED with *fault: this row. */
static enum kp_status take_row(struct file *file, struct kp_register_fault *fault,
                               struct kp_error *error)
{
    struct kp_register_pair pair = {.id = 0};
    const char *status = field(file, STATUS);
    bool in_use = begins_with(status, KP_BAG_CSV_IN_USE);
    if (!read_id(&pair.id, field(file, ID))) {
        fail_field(fault, ID, "not 16 digits");
        return KP_REFUSED;
    }
    if (!in_use && !begins_with(status, KP_BAG_CSV_WITHDRAWN)) {
        fail_field(fault, STATUS,
                   "neither \"" KP_BAG_CSV_IN_USE "\" nor \"" KP_BAG_CSV_WITHDRAWN "\"");
        return KP_REFUSED;
    }
    if (!in_use) {
        return kp_register_build_withdrawn(file->build, pair.id, fault, error);
    }
    if (field(file, OBJECT)[0] == '\0') {
        file->counts->objectless++;
        return KP_OK;
    }
    return read_pair(file, &pair, fault) ? kp_register_build_add(file->build, &pair, fault, error)
                                         : KP_REFUSED;
}

static enum kp_status read_rows(struct file *file, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    while (status == KP_OK) {
        struct kp_register_fault fault = {NULL, NULL};
        struct kp_error own = {0};
        uint8_t *line = NULL;
        size_t size = 0;
        bool too_long = false;
        status = kp_bag_lines_next(&file->lines, &line, &size, &too_long, error);
        if (status != KP_OK || line == NULL) {
            return status;
        }
        if (!too_long && is_blank(line, size)) {
            continue;
        }
        file->counts->rows++;
        if (too_long) {
            fault.reason = "longer than 65536 bytes";
        } else {
            status = split(file, line, size, &fault.reason, error);
        }
        if (status == KP_OK && fault.reason == NULL && file->count != file->columns) {
            fault.reason = "another number of fields than the header row has";
        }
        if (status == KP_OK && fault.reason == NULL) {
            status = take_row(file, &fault, &own);
        }
        if (status == KP_REFUSED && own.text[0] == '\0') {
            status = KP_OK; /* the row alone */
        } else if (status != KP_OK && own.text[0] != '\0' && error != NULL) {
            *error = own;
        }
        if (fault.reason != NULL && status == KP_OK) {
            file->counts->bad++;
            file->reader->bad(file->reader->context, file->lines.line, fault.field, fault.reason);
        }
    }
    return status;
}

/* ---- The whole --------------------------------------------------------------------------------
 */

enum kp_status kp_bag_csv_read(const char *path, struct kp_register_build *build,
                               const struct kp_bag_csv_reader *reader,
                               struct kp_bag_csv_counts *counts, struct kp_error *error)
{
    struct file *file = calloc(1, sizeof(*file));
    if (file == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", path);
    }
    file->build = build;
    file->reader = reader;
    file->counts = counts;
    file->text = malloc(KP_CSV_RECORD_MAX + KP_CSV_COLUMNS_MAX + 16);
    enum kp_status status = file->text == NULL
                                ? kp_fail(error, KP_FAILED, "%s: no memory to read it", path)
                                : kp_bag_lines_open(&file->lines, path, reader->progress, error);
    if (status == KP_OK) {
        status = read_header(file, error);
    }
    if (status == KP_OK) {
        status = read_rows(file, error);
    }
    if (file->parser_ready) {
        csv_free(&file->parser);
    }
    kp_bag_lines_close(&file->lines);
    free(file->text);
    free(file);
    return status;
}
