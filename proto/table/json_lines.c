#include "proto/table/table_internal.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines -> UTF-8 -> one object each (libcjson). What libcjson would let pass or lose is looked for
 * before: what is nested, and NUL written as an escape. */

/* The lines in which the keys are looked for. */
#define KEYS_BYTES (2 * (size_t)KP_CSV_RECORD_MAX)
/* Above this a number isn't what was written any more. */
#define WHOLE_MAX 9007199254740991.0

struct kp_json_lines {
    uint64_t next_line;
};

/* --- One line ------------------------------------------------------------------------------------
 */

/* NULL: flat, and without NUL. */
static const char *look_through(const char *text, size_t size)
{
    bool quoted = false;
    size_t depth = 0;
    for (size_t i = 0; i < size; i++) {
        if (quoted && text[i] == '\\') {
            if (size - i >= 6 && memcmp(text + i, "\\u0000", 6) == 0) {
                return "a NUL in it, which is no text";
            }
            i++;
        } else if (text[i] == '"') {
            quoted = !quoted;
        } else if (!quoted && (text[i] == '{' || text[i] == '[')) {
            if (++depth > 1) {
                return "an object or a list within it: expected one object of texts and numbers";
            }
        } else if (!quoted && (text[i] == '}' || text[i] == ']')) {
            depth -= depth > 0;
        }
    }
    return NULL;
}

/* The object in `text`, or NULL and why not. */
static cJSON *parse_text(const char *text, size_t size, const char **bad)
{
    const char *end = NULL;
    *bad = look_through(text, size);
    if (*bad != NULL) {
        return NULL;
    }
    cJSON *object = cJSON_ParseWithLengthOpts(text, size, &end, false);
    while (object != NULL && end < text + size && memchr(" \t\r\n", *end, 4) != NULL) {
        end++;
    }
    if (!cJSON_IsObject(object) || end != text + size) {
        cJSON_Delete(object);
        *bad = "no JSON object, or more than one";
        return NULL;
    }
    return object;
}

static cJSON *parse_line(struct kp_table *table, const struct kp_line *line, size_t offset,
                         const char **bad, enum kp_status *status)
{
    const char *text = NULL;
    size_t size = 0;
    *bad = "longer than 65536 bytes";
    *status = KP_OK;
    if (line->kind == KP_LINE_LONG) {
        return NULL;
    }
    *status = kp_decode_line(&table->decoder,
                             (const char *)table->lines.window + table->lines.begin + offset,
                             line->size, &text, &size, bad);
    if (*status != KP_OK) {
        *status = *status == KP_REFUSED ? KP_OK : *status;
        return NULL;
    }
    return parse_text(text, size, bad);
}

static bool is_blank(const struct kp_table *table, const struct kp_line *line, size_t offset)
{
    const uint8_t *bytes = table->lines.window + table->lines.begin + offset;
    for (size_t i = 0; i < line->size; i++) {
        if (memchr(" \t\r\n", bytes[i], 4) == NULL) {
            return false;
        }
    }
    return line->kind != KP_LINE_LONG;
}

/* --- The header: all keys of the lines at the front ----------------------------------------------
 */

/* Where this key stands in the row, in which the spaces around it are gone; or count. */
static size_t find_key(const struct kp_table_row *header, const char *key)
{
    size_t from = strspn(key, " \t");
    size_t size = strlen(key + from);
    size_t i = 0;
    while (size > 0 && memchr(" \t", key[from + size - 1], 2) != NULL) {
        size--;
    }
    while (i < header->count &&
           (strncmp(header->field[i], key + from, size) != 0 || header->field[i][size] != '\0')) {
        i++;
    }
    return i;
}

static bool add_keys(struct kp_table *table, const cJSON *object)
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, object)
    {
        if (find_key(&table->row, item->string) == table->row.count &&
            !kp_table_row_add(table, item->string, strlen(item->string))) {
            return false;
        }
    }
    return true;
}

enum kp_status kp_json_lines_open(struct kp_table *table, struct kp_error *error)
{
    struct kp_lines *lines = &table->lines;
    struct kp_line line = {KP_LINE_WHOLE, 0};
    const char *bad = NULL;
    size_t offset = 0;
    table->json = calloc(1, sizeof(*table->json));
    if (table->json == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", table->name);
    }
    table->json->next_line = table->row.line = 1;
    if (kp_lines_fill(lines, KEYS_BYTES) != KP_OK) {
        return kp_table_io_fail(table, error);
    }
    for (; line.kind == KP_LINE_WHOLE && offset < KP_CSV_RECORD_MAX; offset += line.size) {
        enum kp_status status = KP_OK;
        const char *why = NULL;
        if (kp_lines_find(lines, offset, &line) != KP_OK) {
            return kp_table_io_fail(table, error);
        }
        cJSON *object =
            is_blank(table, &line, offset) ? NULL : parse_line(table, &line, offset, &why, &status);
        bad = bad == NULL ? why : bad;
        bool added = add_keys(table, object);
        cJSON_Delete(object);
        if (status != KP_OK) {
            return kp_fail(error, status, "%s: no memory to read it", table->name);
        }
        if (!added) {
            return kp_fail(error, KP_REFUSED, "%s: more than %u keys, or too long ones",
                           table->name, KP_TABLE_COLUMNS_MAX);
        }
    }
    if (table->row.count == 0) {
        return kp_fail(error, KP_REFUSED, "%s: no line that is a JSON object with keys%s%s",
                       table->name,
                       bad == NULL ? "" : "; the first that isn't: ", bad == NULL ? "" : bad);
    }
    return KP_OK;
}

/* --- Rows ----------------------------------------------------------------------------------------
 */

static bool set_number(struct kp_table *table, size_t column, double number)
{
    char text[40];
    bool whole = fabs(number) <= WHOLE_MAX && number == floor(number);
    int size = snprintf(text, sizeof(text), whole ? "%.0f" : "%.15g", number);
    return kp_table_row_set(table, column, text, (size_t)size);
}

/* NULL, or why the row can't be used. */
static const char *set_field(struct kp_table *table, size_t column, const cJSON *item)
{
    bool room = true;
    if (table->row.field[column] != NULL) {
        return "the same key twice";
    }
    if (cJSON_IsString(item)) {
        room = kp_table_row_set(table, column, item->valuestring, strlen(item->valuestring));
    } else if (cJSON_IsNumber(item)) {
        if (fabs(item->valuedouble) > WHOLE_MAX) {
            return table->reads[column] ? "a number too large to be kept whole: write it as text"
                                        : NULL;
        }
        room = set_number(table, column, item->valuedouble);
    } else if (cJSON_IsBool(item)) {
        const char *text = cJSON_IsTrue(item) ? "true" : "false";
        room = kp_table_row_set(table, column, text, strlen(text));
    } else {
        table->row.field[column] = "";
    }
    return room ? NULL : "too long";
}

static bool is_nothing(const cJSON *item)
{
    return cJSON_IsNull(item) || (cJSON_IsString(item) && item->valuestring[0] == '\0');
}

static void take_fields(struct kp_table *table, const cJSON *object)
{
    struct kp_table_row *row = &table->row;
    const cJSON *item = NULL;
    row->count = table->header.count;
    memset(row->field, 0, sizeof(row->field));
    cJSON_ArrayForEach(item, object)
    {
        size_t column = find_key(&table->header, item->string);
        if (column == table->header.count) {
            if (!is_nothing(item)) {
                row->bad = "a key that no line at the front of the file has: give the first line "
                           "all keys (null for nothing)";
            }
            continue;
        }
        const char *bad = set_field(table, column, item);
        if (bad != NULL) {
            row->bad = bad;
            row->bad_column = table->reads[column] ? table->header.field[column] : NULL;
        }
    }
    for (size_t i = 0; i < row->count; i++) {
        row->field[i] = row->field[i] == NULL ? "" : row->field[i];
    }
}

enum kp_status kp_json_lines_next(struct kp_table *table, bool *more, struct kp_error *error)
{
    struct kp_lines *lines = &table->lines;
    struct kp_json_lines *json = table->json;
    for (;;) {
        struct kp_line line;
        enum kp_status status = KP_OK;
        if (kp_lines_find(lines, 0, &line) != KP_OK) {
            return kp_table_io_fail(table, error);
        }
        table->row.line = json->next_line++;
        *more = line.kind != KP_LINE_LAST || line.size > 0;
        if (!*more) {
            return KP_OK;
        }
        bool blank = is_blank(table, &line, 0);
        cJSON *object = blank ? NULL : parse_line(table, &line, 0, &table->row.bad, &status);
        if (object != NULL) {
            table->row.bad = NULL;
            take_fields(table, object);
        }
        cJSON_Delete(object);
        if (line.kind != KP_LINE_LONG) {
            lines->begin += line.size;
        } else if (kp_lines_skip(lines) != KP_OK) {
            return kp_table_io_fail(table, error);
        }
        if (status != KP_OK) {
            return kp_fail(error, status, "%s: no memory to read it", table->name);
        }
        if (!blank) {
            return KP_OK;
        }
    }
}

void kp_json_lines_close(struct kp_table *table)
{
    free(table->json);
    table->json = NULL;
}
