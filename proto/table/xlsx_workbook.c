#include "proto/table/xlsx_internal.h"
#include "proto/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- Relations: which part is what ---------------------------------------------------------------
 */

struct relations {
    struct kp_workbook *workbook;
    bool of_package; /* or of the workbook */
};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);
    return size >= strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

static void copy(char out[static KP_XLSX_NAME], const char *text)
{
    (void)snprintf(out, KP_XLSX_NAME, "%s", text);
}

/* target is relative to the folder of the part `base`, or begins at the package's root. */
static void resolve(char out[static KP_XLSX_NAME], const char *base, const char *target)
{
    const char *slash = strrchr(base, '/');
    int folder = slash == NULL || target[0] == '/' ? 0 : (int)(slash - base) + 1;
    (void)snprintf(out, KP_XLSX_NAME, "%.*s%s", folder, base, target + (target[0] == '/'));
}

static void take_relation(void *context, const char *name, const char **attributes)
{
    struct relations *relations = context;
    struct kp_workbook *workbook = relations->workbook;
    const char *id = kp_xml_attribute(attributes, "Id");
    const char *type = kp_xml_attribute(attributes, "Type");
    const char *target = kp_xml_attribute(attributes, "Target");
    if (strcmp(name, "Relationship") != 0 || id == NULL || type == NULL || target == NULL) {
        return;
    }
    if (relations->of_package) {
        if (ends_with(type, "/officeDocument")) {
            resolve(workbook->part, "", target);
        }
    } else if (strcmp(id, workbook->sheet_id) == 0) {
        resolve(workbook->sheet, workbook->part, target);
    } else if (ends_with(type, "/sharedStrings")) {
        resolve(workbook->strings, workbook->part, target);
    } else if (ends_with(type, "/styles")) {
        resolve(workbook->styles, workbook->part, target);
    }
}

/* --- The workbook: which sheets ------------------------------------------------------------------
 */

struct sheets {
    struct kp_workbook *workbook;
    const char *wanted; /* or NULL */
    char names[200];    /* for a text */
    struct kp_part part;
};

/* The relation's id has a namespace. */
static const char *relation_id(const char **attributes)
{
    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        if (ends_with(attributes[i], "/relationships id")) {
            return attributes[i + 1];
        }
    }
    return NULL;
}

static void take_sheet(struct sheets *sheets, const char **attributes)
{
    struct kp_workbook *workbook = sheets->workbook;
    const char *name = kp_xml_attribute(attributes, "name");
    const char *state = kp_xml_attribute(attributes, "state");
    const char *id = relation_id(attributes);
    if (name == NULL || id == NULL || !kp_utf8_is_line(name, strlen(name))) {
        return;
    }
    if (++workbook->sheets > KP_XLSX_SHEETS_MAX) {
        kp_xml_refuse(sheets->part.xml, "too many sheets");
        return;
    }
    size_t size = strlen(sheets->names);
    (void)snprintf(sheets->names + size, sizeof(sheets->names) - size, "%s\"%s\"",
                   size > 0 ? ", " : "", name);
    bool fits = sheets->wanted != NULL ? strcmp(name, sheets->wanted) == 0
                                       : state == NULL || strcmp(state, "visible") == 0;
    if (fits && workbook->sheet_id[0] == '\0') {
        copy(workbook->sheet_id, id);
        copy(workbook->sheet_name, name);
    }
}

static void take_workbook(void *context, const char *name, const char **attributes)
{
    struct sheets *sheets = context;
    if (strcmp(name, "workbookPr") == 0) {
        const char *since = kp_xml_attribute(attributes, "date1904");
        sheets->workbook->from_1904 =
            since != NULL && (strcmp(since, "1") == 0 || strcmp(since, "true") == 0);
    } else if (strcmp(name, "sheet") == 0) {
        take_sheet(sheets, attributes);
    }
}

static enum kp_status choose_sheet(struct kp_table *table, struct kp_error *error)
{
    struct kp_workbook *workbook = &table->xlsx->workbook;
    struct sheets sheets = {.workbook = workbook, .wanted = table->options.sheet};
    const struct kp_xml_reader reader = {.context = &sheets, .start = take_workbook};
    bool found = false;
    enum kp_status status =
        kp_part_read(table, workbook->part, &reader, &sheets.part, &found, error);
    if (status == KP_OK && workbook->sheet_id[0] == '\0') {
        return sheets.wanted != NULL
                   ? kp_fail(error, KP_USAGE, "%s: no sheet \"%s\"; it has %s", table->name,
                             sheets.wanted, sheets.names)
                   : kp_fail(error, KP_REFUSED, "%s: a workbook without a sheet", table->name);
    }
    if (status == KP_OK && sheets.wanted == NULL && workbook->sheets > 1) {
        char text[KP_XLSX_NAME + 64];
        (void)snprintf(text, sizeof(text), "sheet \"%s\", the first of %zu", workbook->sheet_name,
                       workbook->sheets);
        kp_table_add_notice(table, text);
    }
    return status;
}

enum kp_status kp_workbook_read(struct kp_table *table, struct kp_error *error)
{
    struct kp_workbook *workbook = &table->xlsx->workbook;
    struct relations relations = {.workbook = workbook, .of_package = true};
    const struct kp_xml_reader reader = {.context = &relations, .start = take_relation};
    struct kp_part part = {0};
    bool found = false;
    enum kp_status status = kp_part_read(table, "_rels/.rels", &reader, &part, &found, error);
    if (status == KP_OK && workbook->part[0] == '\0') {
        return kp_fail(error, KP_REFUSED,
                       "%s: a zip archive, but no workbook (xlsx); unpack it, and give the file "
                       "that is in it",
                       table->name);
    }
    if (status == KP_OK) {
        status = choose_sheet(table, error);
    }
    if (status != KP_OK) {
        return status;
    }
    char name[2 * KP_XLSX_NAME + 16];
    const char *slash = strrchr(workbook->part, '/');
    int folder = slash == NULL ? 0 : (int)(slash - workbook->part) + 1;
    (void)snprintf(name, sizeof(name), "%.*s_rels/%s.rels", folder, workbook->part,
                   workbook->part + folder);
    relations.of_package = false;
    status = kp_part_read(table, name, &reader, &part, &found, error);
    if (status == KP_OK && workbook->sheet[0] == '\0') {
        return kp_fail(error, KP_REFUSED, "%s: a workbook without its sheet \"%s\"", table->name,
                       workbook->sheet_name);
    }
    return status;
}

/* --- Styles: which cells are dates ---------------------------------------------------------------
 */

static bool bit(const uint8_t *bits, unsigned long number)
{
    return (bits[number / 8] >> (number % 8) & 1) != 0;
}

/* Of those that every workbook has without saying so. */
static bool is_built_in_date(unsigned long number)
{
    return (number >= 14 && number <= 22) || (number >= 27 && number <= 36) ||
           (number >= 45 && number <= 47) || (number >= 50 && number <= 58);
}

/* A day, month, year, hour or second outside of quoted text, escapes and brackets. */
static bool is_date_format(const char *code)
{
    for (; *code != '\0'; code++) {
        char closing = *code == '"' ? '"' : *code == '[' ? ']' : '\0';
        if (closing != '\0') {
            code = strchr(code + 1, closing);
            if (code == NULL) {
                return false;
            }
        } else if (strchr("\\_*", *code) != NULL) {
            if (*++code == '\0') {
                return false;
            }
        } else if (strchr("dDmMyYhHsS", *code) != NULL) {
            return true;
        }
    }
    return false;
}

static bool read_number(unsigned long *number, const char *text, unsigned long most)
{
    char *end = NULL;
    if (text == NULL || text[0] < '0' || text[0] > '9') {
        return false;
    }
    *number = strtoul(text, &end, 10);
    return *end == '\0' && *number <= most;
}

static void add_style(struct kp_formats *formats, const char **attributes)
{
    unsigned long number = 0;
    if (formats->count % 256 == 0) {
        bool *grown = realloc(formats->date, (formats->count + 256) * sizeof(bool));
        if (grown == NULL) {
            return; /* then it isn't known as a date, as with a number that can't be read */
        }
        formats->date = grown;
    }
    bool known = read_number(&number, kp_xml_attribute(attributes, "numFmtId"), 65535);
    formats->date[formats->count++] =
        known && (bit(formats->custom, number) ? bit(formats->custom_date, number)
                                               : is_built_in_date(number));
}

static void start_style(void *context, const char *name, const char **attributes)
{
    struct kp_formats *formats = context;
    unsigned long number = 0;
    if (strcmp(name, "cellXfs") == 0) {
        formats->inside = true;
    } else if (strcmp(name, "xf") == 0 && formats->inside && formats->count < KP_XLSX_STYLES_MAX) {
        add_style(formats, attributes);
    } else if (strcmp(name, "numFmt") == 0 &&
               read_number(&number, kp_xml_attribute(attributes, "numFmtId"), 65535)) {
        const char *code = kp_xml_attribute(attributes, "formatCode");
        formats->custom[number / 8] |= (uint8_t)(1u << number % 8);
        if (code != NULL && is_date_format(code)) {
            formats->custom_date[number / 8] |= (uint8_t)(1u << number % 8);
        }
    }
}

static void end_style(void *context, const char *name)
{
    struct kp_formats *formats = context;
    if (strcmp(name, "cellXfs") == 0) {
        formats->inside = false;
    }
}

enum kp_status kp_formats_read(struct kp_table *table, struct kp_error *error)
{
    struct kp_xlsx *xlsx = table->xlsx;
    const struct kp_xml_reader reader = {
        .context = &xlsx->formats, .start = start_style, .end = end_style};
    struct kp_part part = {0};
    bool found = false;
    return xlsx->workbook.styles[0] == '\0'
               ? KP_OK
               : kp_part_read(table, xlsx->workbook.styles, &reader, &part, &found, error);
}
