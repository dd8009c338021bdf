#include "crypto/secret.h"
#include "proto/table/xlsx_internal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The sheet's XML is parsed row by row: behind each row that isn't empty the parser pauses. */

/* A spreadsheet keeps 15 digits of a number, whatever was typed. */
#define SHEET_NUMBER_MAX 1e15
#define LAST_DAY 2958465 /* 9999-12-31 */

/* --- Cells ---------------------------------------------------------------------------------------
 */

static void row_is_bad(struct kp_table *table, size_t column, const char *why)
{
    bool of_header = table->header_text == NULL;
    table->xlsx->any = true;
    if (of_header || (column < table->header.count && table->reads[column])) {
        table->row.bad = why;
        table->row.bad_column = of_header ? NULL : table->header.field[column];
    }
}

/* "BC12" is column 54. KP_TABLE_COLUMNS_MAX for anything beyond. */
static size_t column_of(const char *reference)
{
    size_t column = 0;
    for (; *reference >= 'A' && *reference <= 'Z'; reference++) {
        column = column * 26 + (size_t)(*reference - 'A') + 1;
        if (column > KP_TABLE_COLUMNS_MAX) {
            return KP_TABLE_COLUMNS_MAX;
        }
    }
    return column > 0 ? column - 1 : KP_TABLE_COLUMNS_MAX;
}

static void put(struct kp_table *table, size_t column, const char *text, size_t size)
{
    struct kp_table_row *row = &table->row;
    if (size == 0 || (table->header_text != NULL && column >= table->header.count)) {
        return; /* beyond the header row nobody reads anything */
    }
    table->xlsx->any = true;
    if (column >= KP_TABLE_COLUMNS_MAX || row->count > KP_TABLE_COLUMNS_MAX) {
        row->count =
            KP_TABLE_COLUMNS_MAX + 1; /* a header that is too wide; its fields aren't set */
    } else if (column < row->count && row->field[column][0] != '\0') {
        row->bad = "two cells in one place";
    } else if (!kp_table_row_set(table, column, text, size)) {
        row->bad = "longer than 65536 bytes";
    }
}

/* The day that a spreadsheet's number is: those from 1900 on have a 29th of February 1900 that
 * never was. */
static bool put_date(struct kp_table *table, size_t column, double number)
{
    char text[32];
    bool from_1904 = table->xlsx->workbook.from_1904;
    double day = floor(number) + (from_1904 ? 1462 : 0);
    if (day < 1 || day > LAST_DAY || day == 60) {
        return false;
    }
    /* Days since 1 March 0000 of a calendar that always was ours. */
    long days = (long)day + (day < 60 ? 1 : 0) + 693899;
    long era = days / 146097, of_era = days % 146097;
    long year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    long of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    long month = (5 * of_year + 2) / 153;
    long day_of_month = of_year - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    long year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);
    int size = snprintf(text, sizeof(text), "%04ld-%02ld-%02ld", year, month, day_of_month);
    put(table, column, text, (size_t)size);
    return true;
}

static void put_number(struct kp_table *table, const struct kp_cell *cell)
{
    char text[40];
    char *end = NULL;
    double number = strtod(cell->text, &end);
    if (*end != '\0' || !isfinite(number)) {
        row_is_bad(table, cell->column, "a number that is none");
        return;
    }
    bool date = cell->style < table->xlsx->formats.count && table->xlsx->formats.date[cell->style];
    if (date && put_date(table, cell->column, number)) {
        return;
    }
    if (fabs(number) >= SHEET_NUMBER_MAX) {
        row_is_bad(table, cell->column,
                   "a number of more than 15 digits, of which a spreadsheet has lost some: make "
                   "the column text and fill it again");
        return;
    }
    int size = snprintf(text, sizeof(text), number == floor(number) ? "%.0f" : "%.15g", number);
    put(table, cell->column, text, (size_t)size);
}

static void put_shared(struct kp_table *table, const struct kp_cell *cell)
{
    const struct kp_shared_strings *strings = &table->xlsx->strings;
    char *end = NULL;
    unsigned long number = strtoul(cell->text, &end, 10);
    if (*end != '\0' || cell->text[0] < '0' || cell->text[0] > '9' || number >= strings->count) {
        row_is_bad(table, cell->column, "a text that the workbook doesn't have");
    } else if (strings->texts[number] == NULL) {
        row_is_bad(table, cell->column, "longer than 65536 bytes");
    } else {
        put(table, cell->column, strings->texts[number], strlen(strings->texts[number]));
    }
}

static void take_cell(struct kp_table *table, struct kp_cell *cell)
{
    cell->text[cell->size] = '\0';
    if (cell->too_long) {
        row_is_bad(table, cell->column, "longer than 65536 bytes");
    } else if (cell->size == 0) {
        return;
    } else if (cell->type == 's') {
        put_shared(table, cell);
    } else if (cell->type == 'n') {
        put_number(table, cell);
    } else if (cell->type == 'e') {
        row_is_bad(table, cell->column, "an error of the spreadsheet, where a value was expected");
    } else if (cell->type == 'b') {
        bool yes = strcmp(cell->text, "1") == 0;
        put(table, cell->column, yes ? "TRUE" : "FALSE", yes ? 4 : 5);
    } else if (cell->type == 'd' && cell->size > 10 && cell->text[10] == 'T') {
        put(table, cell->column, cell->text, 10); /* without the time of the day */
    } else {
        put(table, cell->column, cell->text, cell->size);
    }
}

/* --- XML -----------------------------------------------------------------------------------------
 */

static void start_row(struct kp_table *table, const char **attributes)
{
    const char *number = kp_xml_attribute(attributes, "r");
    uint64_t line = table->row.line + 1;
    if (number != NULL && strlen(number) < 10 && strspn(number, "0123456789") == strlen(number)) {
        line = strtoul(number, NULL, 10);
    }
    kp_table_row_clear(table);
    table->row.line = line;
    table->xlsx->next_column = 0;
    table->xlsx->any = false;
}

static void start_cell(struct kp_xlsx *xlsx, const char **attributes)
{
    static const struct {
        const char *name;
        char type;
    } types[] = {{"s", 's'}, {"inlineStr", 'i'}, {"str", 't'}, {"b", 'b'}, {"e", 'e'}, {"d", 'd'}};
    struct kp_cell *cell = &xlsx->cell;
    const char *place = kp_xml_attribute(attributes, "r");
    const char *type = kp_xml_attribute(attributes, "t");
    const char *style = kp_xml_attribute(attributes, "s");
    cell->column = place != NULL ? column_of(place) : xlsx->next_column;
    xlsx->next_column = cell->column + (cell->column < KP_TABLE_COLUMNS_MAX);
    cell->type = 'n';
    for (size_t i = 0; type != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(type, types[i].name) == 0) {
            cell->type = types[i].type;
        }
    }
    cell->style = style != NULL ? strtoul(style, NULL, 10) : 0;
    cell->size = 0;
    cell->inside = true;
    cell->taking = cell->phonetic = cell->too_long = false;
}

static void start_element(void *context, const char *name, const char **attributes)
{
    struct kp_table *table = context;
    struct kp_cell *cell = &table->xlsx->cell;
    if (strcmp(name, "row") == 0) {
        start_row(table, attributes);
    } else if (strcmp(name, "c") == 0) {
        start_cell(table->xlsx, attributes);
    } else if (strcmp(name, "rPh") == 0) {
        cell->phonetic = true;
    } else if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0) {
        cell->taking = cell->inside && !cell->phonetic;
    }
}

static void end_element(void *context, const char *name)
{
    struct kp_table *table = context;
    struct kp_xlsx *xlsx = table->xlsx;
    struct kp_cell *cell = &xlsx->cell;
    if (strcmp(name, "c") == 0 && cell->inside) {
        cell->inside = false;
        take_cell(table, cell);
    } else if (strcmp(name, "rPh") == 0) {
        cell->phonetic = false;
    } else if (strcmp(name, "row") == 0 && xlsx->any) {
        kp_xml_pause(xlsx->part.xml);
    }
    cell->taking = false;
}

static void take_text(void *context, const char *text, size_t size)
{
    struct kp_cell *cell = &((struct kp_table *)context)->xlsx->cell;
    if (!cell->taking) {
        return;
    }
    if (size > KP_CSV_RECORD_MAX - cell->size) {
        cell->too_long = true;
        return;
    }
    memcpy(cell->text + cell->size, text, size);
    cell->size += size;
}

/* --- The whole -----------------------------------------------------------------------------------
 */

/* A workbook must be read more than once, and from its end: what comes through a pipe is kept in
 * memory, as a file without a name. */
static enum kp_status keep_input(struct kp_table *table, struct kp_error *error)
{
    struct kp_lines *lines = &table->lines;
    uint64_t size = 0;
    int fd = memfd_create("workbook", MFD_CLOEXEC);
    if (fd < 0) {
        return kp_fail(error, KP_FAILED, "%s: can't be kept in memory: %s", table->name,
                       strerror(errno));
    }
    while (lines->end > lines->begin || !lines->eof) {
        ssize_t written = lines->end == lines->begin
                              ? 0
                              : write(fd, lines->window + lines->begin, lines->end - lines->begin);
        lines->begin += written > 0 ? (size_t)written : 0;
        size += written > 0 ? (size_t)written : 0;
        bool failed = (written < 0 && errno != EINTR) || kp_lines_fill(lines, 1) != KP_OK;
        if (failed || size > KP_TABLE_INPUT_MAX) {
            int why = errno;
            close(fd);
            return failed ? kp_fail(error, KP_FAILED, "%s: can't be kept in memory: %s",
                                    table->name, strerror(why))
                          : kp_fail(error, KP_REFUSED,
                                    "%s: more than %llu bytes; give the workbook as a file",
                                    table->name, KP_TABLE_INPUT_MAX);
        }
    }
    close(lines->fd);
    lines->fd = fd;
    return KP_OK;
}

/* libarchive keeps something of each file that is listed at the end of a zip archive, before it
 * gives the first. A list of millions is refused: where it begins stands behind it. */
static bool has_small_directory(int fd, uint64_t size)
{
    static const char end_mark[] = {'P', 'K', 5, 6}, large_mark[] = {'P', 'K', 6, 7};
    uint8_t tail[16384];
    if (size <= KP_XLSX_SMALL) {
        return true;
    }
    if (pread(fd, tail, sizeof(tail), (off_t)(size - sizeof(tail))) != (ssize_t)sizeof(tail)) {
        return false;
    }
    size_t at = sizeof(tail) - 22;
    while (at > 20 && memcmp(tail + at, end_mark, sizeof(end_mark)) != 0) {
        at--;
    }
    uint64_t begin = (uint64_t)tail[at + 16] | (uint64_t)tail[at + 17] << 8 |
                     (uint64_t)tail[at + 18] << 16 | (uint64_t)tail[at + 19] << 24;
    bool large = memcmp(tail + at - 20, large_mark, sizeof(large_mark)) == 0;
    return at > 20 && !large && begin <= size && size - begin <= KP_XLSX_DIRECTORY_MAX;
}

static enum kp_status find_file(struct kp_table *table, struct kp_error *error)
{
    struct kp_xlsx *xlsx = table->xlsx;
    struct stat about;
    if (fstat(table->lines.fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        enum kp_status status = keep_input(table, error);
        if (status != KP_OK) {
            return status;
        }
        if (fstat(table->lines.fd, &about) != 0) {
            return kp_table_io_fail(table, error);
        }
    }
    xlsx->fd = table->lines.fd;
    xlsx->file_size = about.st_size > 0 ? (uint64_t)about.st_size : 1;
    return has_small_directory(xlsx->fd, xlsx->file_size)
               ? KP_OK
               : kp_fail(error, KP_REFUSED,
                         "%s: not a workbook (xlsx) that can be unpacked: no list of its files, "
                         "or one too long for any workbook",
                         table->name);
}

static enum kp_status open_sheet(struct kp_table *table, struct kp_error *error)
{
    struct kp_xlsx *xlsx = table->xlsx;
    const struct kp_xml_reader reader = {
        .context = table, .start = start_element, .end = end_element, .text = take_text};
    bool found = false, more = false;
    enum kp_status status =
        kp_part_open(table, &xlsx->part, xlsx->workbook.sheet, &reader, &found, error);
    if (status == KP_OK && found) {
        status = kp_part_go_on(table, &xlsx->part, &more, error);
    }
    if (status == KP_OK && !more) {
        return kp_fail(error, KP_REFUSED, "%s: sheet \"%s\" is empty; expected a header row",
                       table->name, xlsx->workbook.sheet_name);
    }
    if (status == KP_OK && table->row.bad != NULL) {
        return kp_fail(error, KP_REFUSED, "%s: the header row can't be read: %s", table->name,
                       table->row.bad);
    }
    return status;
}

enum kp_status kp_xlsx_open(struct kp_table *table, struct kp_error *error)
{
    struct kp_xlsx *xlsx = table->xlsx = calloc(1, sizeof(*xlsx));
    if (xlsx != NULL) {
        xlsx->cell.text = kp_bulk_new(KP_CSV_RECORD_MAX + 1);
    }
    if (xlsx == NULL || xlsx->cell.text == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", table->name);
    }
    enum kp_status status = find_file(table, error);
    if (status == KP_OK) {
        status = kp_workbook_read(table, error);
    }
    if (status == KP_OK) {
        status = kp_formats_read(table, error);
    }
    if (status == KP_OK) {
        status = kp_shared_strings_read(table, error);
    }
    return status == KP_OK ? open_sheet(table, error) : status;
}

enum kp_status kp_xlsx_next(struct kp_table *table, bool *more, struct kp_error *error)
{
    enum kp_status status = kp_part_go_on(table, &table->xlsx->part, more, error);
    struct kp_table_row *row = &table->row;
    while (status == KP_OK && *more && row->count < table->header.count) {
        row->field[row->count++] = "";
    }
    return status;
}

void kp_xlsx_close(struct kp_table *table)
{
    struct kp_xlsx *xlsx = table->xlsx;
    if (xlsx != NULL) {
        kp_part_close(&xlsx->part);
        kp_shared_strings_free(&xlsx->strings);
        free(xlsx->formats.date);
        kp_bulk_free(xlsx->cell.text);
        kp_wipe(xlsx, sizeof(*xlsx));
        free(xlsx);
        table->xlsx = NULL;
    }
}
