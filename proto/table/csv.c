#include "crypto/secret.h"
#include "proto/table/table_internal.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* File -> physical lines (lines.h) -> UTF-8 (decode.h) -> records (libcsv). A record takes more
 * than one physical line when a quoted field holds line ends. When it turns out that such a quote
 * is never closed, only the record's first line is given up, and the reading goes on at the next.
 */

struct kp_csv {
    struct csv_parser parser;
    bool parser_ready;
    unsigned char delimiter; /* 0: not known yet */
    uint64_t next_line;
    bool ended;           /* the record */
    const char *not_text; /* why it isn't, or NULL */
};

/* --- libcsv --------------------------------------------------------------------------------------
 */

static int is_newline(unsigned char byte)
{
    return byte == '\n';
}

static void end_parser(struct kp_csv *csv)
{
    if (csv->parser_ready) {
        kp_wipe(csv->parser.entry_buf, csv->parser.entry_size);
        csv_free(&csv->parser);
        csv->parser_ready = false;
    }
}

static enum kp_status start_parser(struct kp_csv *csv)
{
    end_parser(csv);
    if (csv_init(&csv->parser, CSV_STRICT) != 0) {
        return KP_FAILED;
    }
    csv->parser_ready = true;
    csv_set_term_func(&csv->parser, is_newline);
    /* Room for the longest record at once: so it never moves, leaving a copy. */
    csv_set_blk_size(&csv->parser, KP_TABLE_TEXT_BYTES);
    csv_set_delim(&csv->parser, csv->delimiter);
    return KP_OK;
}

static void take_field(void *field, size_t size, void *context)
{
    (void)kp_table_row_add(context, field, size); /* what there is no room for is too long anyway */
}

static void take_end(int byte, void *context)
{
    (void)byte;
    struct kp_table *table = context;
    table->csv->ended = true;
}

/* The one that stands most often in this line, quoted text apart. */
static unsigned char find_delimiter(const char *text, size_t size)
{
    static const char known[] = ",;\t|";
    size_t counts[sizeof(known) - 1] = {0};
    bool quoted = false;
    size_t best = 0;
    for (size_t i = 0; i < size; i++) {
        const char *which = memchr(known, text[i], sizeof(known) - 1);
        quoted ^= text[i] == '"';
        if (which != NULL && !quoted) {
            counts[which - known]++;
        }
    }
    for (size_t i = 1; i < sizeof(known) - 1; i++) {
        best = counts[i] > counts[best] ? i : best;
    }
    return (unsigned char)known[best];
}

static bool is_blank(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (memchr(" \t\r\n", bytes[i], 4) == NULL) {
            return false;
        }
    }
    return true;
}

/* Hands a physical line to libcsv; whatever its end was, it now is a newline. KP_REFUSED: a quote
 * stands where none may. */
static enum kp_status parse_line(struct kp_table *table, const uint8_t *bytes, size_t size)
{
    struct kp_csv *csv = table->csv;
    const char *text = NULL;
    if (size > 0 && bytes[size - 1] == '\n') {
        size--;
    }
    if (size > 0 && bytes[size - 1] == '\r') {
        size--;
    }
    if (kp_decode_line(&table->decoder, (const char *)bytes, size, &text, &size, &csv->not_text) ==
        KP_FAILED) {
        return KP_FAILED;
    }
    if (csv->delimiter == 0) {
        csv->delimiter = find_delimiter(text, size);
        csv_set_delim(&csv->parser, csv->delimiter);
    }
    if (csv_parse(&csv->parser, text, size, take_field, take_end, table) == size &&
        csv_parse(&csv->parser, "\n", 1, take_field, take_end, table) == 1) {
        return KP_OK;
    }
    return csv_error(&csv->parser) == CSV_EPARSE ? KP_REFUSED : KP_FAILED;
}

/* --- Records -------------------------------------------------------------------------------------
 */

enum outcome {
    RECORD_FIELDS, /* the fields are there */
    RECORD_BAD,    /* the row says why */
    RECORD_BLANK,
    RECORD_END,
};

/* Gives up the record's first line, of `size` bytes; what came after it is read again. */
static enum kp_status give_up_line(struct kp_table *table, size_t size, enum outcome *outcome,
                                   struct kp_error *error)
{
    table->lines.begin += size;
    table->csv->next_line++;
    *outcome = RECORD_BAD;
    return start_parser(table->csv) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "%s: no memory", table->name);
}

/* A first line that is too long, is blank, or isn't there; *done is false for any other. */
static enum kp_status check_first_line(struct kp_table *table, const struct kp_line *line,
                                       enum outcome *outcome, bool *done, struct kp_error *error)
{
    struct kp_lines *lines = &table->lines;
    *done = true;
    if (line->kind == KP_LINE_LONG) {
        *outcome = RECORD_BAD;
        table->row.bad = "longer than 65536 bytes";
        table->csv->next_line++;
        if (table->header_text == NULL) {
            return KP_OK; /* no header row, so the file is refused; its line may have no end */
        }
        return kp_lines_skip(lines) == KP_OK ? KP_OK : kp_table_io_fail(table, error);
    }
    if (line->kind == KP_LINE_LAST && line->size == 0) {
        *outcome = RECORD_END;
        return KP_OK;
    }
    if (is_blank(lines->window + lines->begin, line->size)) {
        *outcome = RECORD_BLANK;
        lines->begin += line->size;
        table->csv->next_line++;
        return KP_OK;
    }
    *done = false;
    return KP_OK;
}

/* Of a row of more than one line: whether that is so because of more than the text in columns that
 * nobody reads. */
static bool is_split(const struct kp_table *table)
{
    const struct kp_table_row *row = &table->row;
    if (table->header_text == NULL) {
        return false; /* this is the header row */
    }
    if (row->count != table->header.count) {
        return true;
    }
    for (size_t i = 0; i < row->count; i++) {
        if (table->reads[i] && strchr(row->field[i], '\n') != NULL) {
            return true;
        }
    }
    return false;
}

/* The record's next physical line, of which `before` have been read with `size` bytes, goes to
 * libcsv. *done: the outcome is there. */
static enum kp_status take_line(struct kp_table *table, uint64_t before, size_t first, size_t *size,
                                const struct kp_line *line, enum outcome *outcome, bool *done,
                                struct kp_error *error)
{
    static const char unclosed[] = "a quote that is opened and never closed";
    struct kp_lines *lines = &table->lines;
    struct kp_csv *csv = table->csv;
    *done = true;
    if (before > 0 &&
        (line->kind == KP_LINE_LONG || (line->kind == KP_LINE_LAST && line->size == 0))) {
        table->row.bad = unclosed;
        return give_up_line(table, first, outcome, error);
    }
    enum kp_status status = parse_line(table, lines->window + lines->begin + *size, line->size);
    if (status == KP_FAILED) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", table->name);
    }
    if (status == KP_REFUSED) {
        table->row.bad = before > 0 ? unclosed
                                    : "a quote in a wrong place: quote the whole field, and double "
                                      "the quotes in it";
        return give_up_line(table, first, outcome, error);
    }
    *size += line->size;
    if (csv->ended && before > 0 && is_split(table)) {
        /* Perhaps a quote left open, and closed by another row's: the rows in between must not get
         * lost. Whatever it is, the record is bad. */
        table->row.bad = "a line end in a column that is read, another number of fields than the "
                         "header row has, or a quote that is opened and not closed";
        return give_up_line(table, first, outcome, error);
    }
    if (csv->ended) {
        lines->begin += *size;
        csv->next_line += before + 1;
        *outcome = csv->not_text != NULL ? RECORD_BAD : RECORD_FIELDS;
        table->row.bad = csv->not_text;
        return KP_OK;
    }
    *done = false;
    return KP_OK;
}

/* The next record. */
static enum kp_status next_record(struct kp_table *table, enum outcome *outcome,
                                  struct kp_error *error)
{
    struct kp_csv *csv = table->csv;
    size_t size = 0;  /* of the physical lines so far */
    size_t first = 0; /* of the first of them */
    kp_table_row_clear(table);
    table->row.line = csv->next_line;
    csv->ended = false;
    csv->not_text = NULL;
    for (uint64_t before = 0;; before++) {
        struct kp_line line;
        bool done = false;
        if (kp_lines_find(&table->lines, size, &line) != KP_OK) {
            return kp_table_io_fail(table, error);
        }
        if (before == 0) {
            enum kp_status status = check_first_line(table, &line, outcome, &done, error);
            if (status != KP_OK || done) {
                return status;
            }
            first = line.size;
        }
        enum kp_status status =
            take_line(table, before, first, &size, &line, outcome, &done, error);
        if (status != KP_OK || done) {
            return status;
        }
    }
}

/* --- The whole -----------------------------------------------------------------------------------
 */

enum kp_status kp_csv_open(struct kp_table *table, struct kp_error *error)
{
    enum outcome outcome = RECORD_BLANK;
    table->csv = calloc(1, sizeof(*table->csv));
    if (table->csv == NULL || start_parser(table->csv) != KP_OK) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", table->name);
    }
    table->csv->next_line = 1;
    table->csv->delimiter = (unsigned char)table->options.delimiter;
    if (table->csv->delimiter != 0) {
        csv_set_delim(&table->csv->parser, table->csv->delimiter);
    }
    while (outcome == RECORD_BLANK) {
        enum kp_status status = next_record(table, &outcome, error);
        if (status != KP_OK) {
            return status;
        }
    }
    if (outcome == RECORD_END) {
        return kp_fail(error, KP_REFUSED, "%s: empty; expected a header row", table->name);
    }
    if (outcome == RECORD_BAD) {
        return kp_fail(error, KP_REFUSED, "%s: the header row can't be read: %s", table->name,
                       table->csv->not_text != NULL ? table->csv->not_text : table->row.bad);
    }
    return KP_OK;
}

enum kp_status kp_csv_next(struct kp_table *table, bool *more, struct kp_error *error)
{
    enum outcome outcome = RECORD_BLANK;
    while (outcome == RECORD_BLANK) {
        enum kp_status status = next_record(table, &outcome, error);
        if (status != KP_OK) {
            return status;
        }
    }
    *more = outcome != RECORD_END;
    return KP_OK;
}

void kp_csv_close(struct kp_table *table)
{
    if (table->csv != NULL) {
        end_parser(table->csv);
        free(table->csv);
        table->csv = NULL;
    }
}
