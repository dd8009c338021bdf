#include "proto/table/table.h"

#include "crypto/secret.h"
#include "proto/table/table_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* --- Rows ----------------------------------------------------------------------------------------
 */

void kp_table_row_clear(struct kp_table *table)
{
    struct kp_table_row *row = &table->row;
    row->bad = row->bad_column = NULL;
    row->count = 0;
    table->text_size = 0;
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Into the row's text; NULL: no room. */
static const char *keep_text(struct kp_table *table, const char *text, size_t size)
{
    while (size > 0 && is_space(text[0])) {
        text++;
        size--;
    }
    while (size > 0 && is_space(text[size - 1])) {
        size--;
    }
    if (size >= KP_TABLE_TEXT_BYTES - table->text_size) {
        return NULL;
    }
    char *kept = table->text + table->text_size;
    memcpy(kept, text, size);
    kept[size] = '\0';
    table->text_size += size + 1;
    return kept;
}

bool kp_table_row_add(struct kp_table *table, const char *text, size_t size)
{
    struct kp_table_row *row = &table->row;
    size_t column = row->count++;
    if (column >= KP_TABLE_COLUMNS_MAX) {
        return false;
    }
    row->field[column] = keep_text(table, text, size);
    if (row->field[column] == NULL) {
        row->field[column] = "";
        return false;
    }
    return true;
}

bool kp_table_row_set(struct kp_table *table, size_t column, const char *text, size_t size)
{
    struct kp_table_row *row = &table->row;
    while (row->count <= column) {
        row->field[row->count++] = "";
    }
    const char *kept = keep_text(table, text, size);
    if (kept != NULL) {
        row->field[column] = kept;
    }
    return kept != NULL;
}

enum kp_status kp_table_take_header(struct kp_table *table, struct kp_error *error)
{
    const struct kp_table_row *row = &table->row;
    if (row->count > KP_TABLE_COLUMNS_MAX) {
        return kp_fail(error, KP_REFUSED, "%s: more than %u columns in the header row", table->name,
                       KP_TABLE_COLUMNS_MAX);
    }
    table->header_text = kp_bulk_new(table->text_size);
    if (table->header_text == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", table->name);
    }
    memcpy(table->header_text, table->text, table->text_size);
    table->header = *row;
    for (size_t i = 0; i < row->count; i++) {
        table->header.field[i] =
            row->field[i][0] == '\0' ? "" : table->header_text + (row->field[i] - table->text);
    }
    return KP_OK;
}

/* --- Opening -------------------------------------------------------------------------------------
 */

enum kp_status kp_table_io_fail(const struct kp_table *table, struct kp_error *error)
{
    if (errno == EILSEQ) {
        return kp_fail(error, KP_REFUSED, "%s: begins as UTF-16 and isn't that; save it as UTF-8",
                       table->name);
    }
    return kp_fail(error, errno == EISDIR ? KP_USAGE : KP_FAILED, "%s: can't be read: %s",
                   table->name, strerror(errno));
}

void kp_table_add_notice(struct kp_table *table, const char *text)
{
    size_t size = strlen(table->notice);
    (void)snprintf(table->notice + size, sizeof(table->notice) - size, "%s%s", size > 0 ? "; " : "",
                   text);
}

/* What the file begins with, byte order marks apart. */
static enum kp_status look(struct kp_table *table, struct kp_error *error)
{
    static const char workbook[] = {'P', 'K', 3, 4};
    static const uint8_t old_workbook[] = {0xd0, 0xcf, 0x11, 0xe0};
    struct kp_lines *lines = &table->lines;
    if (kp_lines_fill(lines, sizeof(workbook)) != KP_OK) {
        return kp_table_io_fail(table, error);
    }
    const uint8_t *from = lines->window;
    size_t size = lines->end;
    if (size >= 4 && memcmp(from, old_workbook, 4) == 0) {
        return kp_fail(error, KP_REFUSED,
                       "%s: a workbook of the old kind (.xls), or one with a password; save it as "
                       ".xlsx without a password",
                       table->name);
    }
    if (table->kind == KP_TABLE_AUTO && size >= 4 && memcmp(from, workbook, 4) == 0) {
        table->kind = KP_TABLE_XLSX;
    }
    if (table->kind == KP_TABLE_XLSX) {
        return KP_OK;
    }
    bool mark = size >= 2 && (memcmp(from, "\xff\xfe", 2) == 0 || memcmp(from, "\xfe\xff", 2) == 0);
    enum kp_encoding encoding = table->options.encoding;
    if (encoding == KP_ENCODING_UTF_16 || (encoding == KP_ENCODING_AUTO && mark)) {
        table->options.encoding = KP_ENCODING_UTF_16;
        if (kp_lines_from_utf_16(lines) != KP_OK) {
            return kp_table_io_fail(table, error);
        }
    } else if (size >= 3 && memcmp(from, "\xef\xbb\xbf", 3) == 0) {
        lines->begin = 3;
    }
    return KP_OK;
}

/* JSON lines begin with '{'; anything else is CSV. */
static enum kp_status look_for_json(struct kp_table *table, struct kp_error *error)
{
    struct kp_lines *lines = &table->lines;
    size_t at = 0;
    for (bool blank = true; blank; at += blank) {
        if (at == KP_CSV_RECORD_MAX || kp_lines_fill(lines, at + 1) != KP_OK) {
            return at == KP_CSV_RECORD_MAX ? KP_OK : kp_table_io_fail(table, error);
        }
        blank = lines->begin + at < lines->end &&
                memchr(" \t\r\n", lines->window[lines->begin + at], 4) != NULL;
    }
    bool json = lines->begin + at < lines->end && lines->window[lines->begin + at] == '{';
    table->kind = json ? KP_TABLE_JSON_LINES : KP_TABLE_CSV;
    return KP_OK;
}

static enum kp_status open_kind(struct kp_table *table, struct kp_error *error)
{
    enum kp_status status = look(table, error);
    if (status == KP_OK && table->kind == KP_TABLE_AUTO) {
        status = look_for_json(table, error);
    }
    if (status != KP_OK) {
        return status;
    }
    kp_decoder_start(&table->decoder, table->options.encoding);
    switch (table->kind) {
    case KP_TABLE_CSV:
        return kp_csv_open(table, error);
    case KP_TABLE_JSON_LINES:
        return kp_json_lines_open(table, error);
    case KP_TABLE_XLSX:
        return kp_xlsx_open(table, error);
    case KP_TABLE_AUTO:
        break;
    }
    return KP_FAILED;
}

static enum kp_status open_file(struct kp_table *table, const char *path, struct kp_error *error)
{
    bool standard_input = strcmp(path, "-") == 0;
    (void)snprintf(table->name, sizeof(table->name), "%s",
                   standard_input ? "standard input" : path);
    int fd = standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                            : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return kp_fail(error, KP_USAGE, "%s: can't be opened: %s", table->name, strerror(errno));
    }
    enum kp_status status = kp_lines_open(&table->lines, fd);
    table->text = kp_bulk_new(KP_TABLE_TEXT_BYTES);
    if (status != KP_OK || table->text == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", table->name);
    }
    return KP_OK;
}

enum kp_status kp_table_open(struct kp_table **out, const char *path,
                             const struct kp_table_options *options, struct kp_error *error)
{
    struct kp_table *table = calloc(1, sizeof(*table));
    *out = NULL;
    if (table == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", path);
    }
    table->options = *options;
    table->kind = options->kind;
    enum kp_status status = open_file(table, path, error);
    if (status == KP_OK) {
        status = open_kind(table, error);
    }
    if (status == KP_OK && options->sheet != NULL && table->kind != KP_TABLE_XLSX) {
        status = kp_fail(error, KP_USAGE, "%s: has no sheets: it is no workbook", table->name);
    }
    if (status == KP_OK) {
        status = kp_table_take_header(table, error);
    }
    if (status != KP_OK) {
        kp_table_close(table);
        return status;
    }
    if (table->decoder.guessed) {
        kp_table_add_notice(table, "not UTF-8: read as Windows-1252");
    }
    *out = table;
    return KP_OK;
}

void kp_table_close(struct kp_table *table)
{
    if (table == NULL) {
        return;
    }
    kp_csv_close(table);
    kp_json_lines_close(table);
    kp_xlsx_close(table);
    kp_decoder_end(&table->decoder);
    kp_lines_close(&table->lines);
    kp_bulk_free(table->header_text);
    kp_bulk_free(table->text);
    kp_wipe(table, sizeof(*table));
    free(table);
}

/* --- Use -----------------------------------------------------------------------------------------
 */

const char *kp_table_name(const struct kp_table *table)
{
    return table->name;
}

const struct kp_table_row *kp_table_header(const struct kp_table *table)
{
    return &table->header;
}

enum kp_table_kind kp_table_kind(const struct kp_table *table)
{
    return table->kind;
}

void kp_table_reads(struct kp_table *table, size_t column)
{
    if (column < KP_TABLE_COLUMNS_MAX) {
        table->reads[column] = true;
    }
}

enum kp_status kp_table_next(struct kp_table *table, const struct kp_table_row **row,
                             struct kp_error *error)
{
    bool more = false;
    bool guessed = table->decoder.guessed;
    enum kp_status status = KP_FAILED;
    *row = NULL;
    kp_table_row_clear(table);
    switch (table->kind) {
    case KP_TABLE_CSV:
        status = kp_csv_next(table, &more, error);
        break;
    case KP_TABLE_JSON_LINES:
        status = kp_json_lines_next(table, &more, error);
        break;
    case KP_TABLE_XLSX:
        status = kp_xlsx_next(table, &more, error);
        break;
    case KP_TABLE_AUTO:
        break;
    }
    if (status != KP_OK || !more) {
        return status;
    }
    struct kp_table_row *got = &table->row;
    if (got->bad == NULL && got->count != table->header.count) {
        (void)snprintf(table->reason, sizeof(table->reason),
                       "%zu fields, where the header row has %zu", got->count, table->header.count);
        got->bad = table->reason;
    }
    if (table->decoder.guessed && !guessed) {
        kp_table_add_notice(table, "not UTF-8: read as Windows-1252");
    }
    *row = got;
    return KP_OK;
}

const char *kp_table_notice(const struct kp_table *table)
{
    return table->notice[0] != '\0' ? table->notice : NULL;
}

/* --- Options -------------------------------------------------------------------------------------
 */

struct word {
    const char *word;
    int value;
};

static enum kp_status choose(int *value, const char *option, const char *word,
                             const struct word *words, struct kp_error *error)
{
    char expected[200] = "";
    for (size_t i = 0; word != NULL && words[i].word != NULL; i++) {
        if (strcasecmp(word, words[i].word) == 0) {
            *value = words[i].value;
            return KP_OK;
        }
        size_t size = strlen(expected);
        if (words[i].word[1] != '\0') {
            (void)snprintf(expected + size, sizeof(expected) - size, "%s%s", i > 0 ? ", " : "",
                           words[i].word);
        }
    }
    return word == NULL ? KP_OK : kp_fail(error, KP_USAGE, "--%s: expected %s", option, expected);
}

enum kp_status kp_table_options_read(struct kp_table_options *options, const char *format,
                                     const char *encoding, const char *delimiter, const char *sheet,
                                     struct kp_error *error)
{
    static const struct word formats[] = {{"auto", KP_TABLE_AUTO},
                                          {"csv", KP_TABLE_CSV},
                                          {"xlsx", KP_TABLE_XLSX},
                                          {"json", KP_TABLE_JSON_LINES},
                                          {NULL, 0}};
    static const struct word encodings[] = {{"auto", KP_ENCODING_AUTO},
                                            {"utf-8", KP_ENCODING_UTF_8},
                                            {"windows-1252", KP_ENCODING_WINDOWS_1252},
                                            {"latin-1", KP_ENCODING_LATIN_1},
                                            {"utf-16", KP_ENCODING_UTF_16},
                                            {NULL, 0}};
    static const struct word delimiters[] = {
        {"auto", 0}, {"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"bar", '|'},
        {",", ','},  {";", ';'},     {"\t", '\t'},       {"|", '|'},    {NULL, 0}};
    int kind = KP_TABLE_AUTO, code = KP_ENCODING_AUTO, byte = 0;
    enum kp_status status = choose(&kind, "format", format, formats, error);
    if (status == KP_OK) {
        status = choose(&code, "encoding", encoding, encodings, error);
    }
    if (status == KP_OK) {
        status = choose(&byte, "delimiter", delimiter, delimiters, error);
    }
    *options = (struct kp_table_options){.kind = (enum kp_table_kind)kind,
                                         .encoding = (enum kp_encoding)code,
                                         .delimiter = (char)byte,
                                         .sheet = sheet};
    return status;
}
