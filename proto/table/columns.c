#include "proto/table/columns.h"

#include "proto/utf8.h"

#include <string.h>
#include <strings.h>

#define NAME_MAX_BYTES 256

static const char *const addresses[] = {"volledigadres", "adresregel",  "adresregel1",
                                        "adrestekst",    "fulladdress", NULL};
static const char *const ids[] = {"bagnummeraanduiding",
                                  "bagnummeraanduidingid",
                                  "nummeraanduiding",
                                  "nummeraanduidingid",
                                  "nummeraanduidingidentificatie",
                                  "identificatienummeraanduiding",
                                  "adresseerbaarobject",
                                  "adresseerbaarobjectid",
                                  "bagobjectid",
                                  "verblijfsobject",
                                  "verblijfsobjectid",
                                  "vboid",
                                  NULL};
static const char *const postcodes[] = {"pc",      "pc6",        "postcode6", "zip",
                                        "zipcode", "postalcode", NULL};
static const char *const numbers[] = {"huisnr", "hnr", "nummer", "housenr", NULL};
static const char *const letters[] = {"letter", "huisltr", NULL};
static const char *const additions[] = {"toevoeging",
                                        "toev",
                                        "toevoegsel",
                                        "huisnrtoev",
                                        "huisnummertoev",
                                        "huisnrtoevoeging",
                                        "huistoevoeging",
                                        "hnrtoevoeging",
                                        "hnrtoev",
                                        "suffix",
                                        "housenumberaddition",
                                        NULL};
static const char *const streets[] = {"straatnaam",         "streetname",         "openbareruimte",
                                      "openbareruimtenaam", "naamopenbareruimte", NULL};
static const char *const towns[] = {"woonplaats", "woonplaatsnaam", "plaatsnaam", "city", NULL};

const struct kp_column_field kp_address_fields[KP_ADDRESS_FIELDS] = {
    [KP_FIELD_ADDRESS] = {"address", "address", "adres", addresses, false},
    [KP_FIELD_ID] = {"id", "bag_id", "bag_id", ids, false},
    [KP_FIELD_POSTCODE] = {"postcode", "postcode", "postcode", postcodes, false},
    [KP_FIELD_HOUSE_NUMBER] = {"house_number", "house_number", "huisnummer", numbers, false},
    [KP_FIELD_HOUSE_LETTER] = {"house_letter", "house_letter", "huisletter", letters, false},
    [KP_FIELD_ADDITION] = {"addition", "addition", "huisnummertoevoeging", additions, false},
    [KP_FIELD_STREET] = {"street", "street", "straat", streets, false},
    [KP_FIELD_TOWN] = {"town", "town", "plaats", towns, false},
};

struct search {
    struct kp_columns *columns;
    struct kp_table *table;
    struct kp_error *error;
    bool claimed[KP_TABLE_COLUMNS_MAX]; /* of the header: said to be some field */
    bool absent[KP_COLUMN_FIELDS_MAX];  /* said not to be there */
};

static bool is_usable(const char *name)
{
    return name[0] != '\0' && kp_utf8_is_line(name, strlen(name));
}

static void take(struct search *search, size_t field, size_t index)
{
    search->columns->places[field].present = true;
    search->columns->places[field].index = index;
    search->claimed[index] = true;
}

/* --- What was said -------------------------------------------------------------------------------
 */

/* The part of `text` up to ',' or the end, without its quotes; NULL: a quote isn't closed, or it is
 * too long. */
static const char *read_value(char out[static NAME_MAX_BYTES], const char *text)
{
    size_t size = 0;
    bool quoted = *text == '"';
    for (text += quoted; quoted ? *text != '\0' : *text != '\0' && *text != ','; text++) {
        if (quoted && *text == '"' && *++text != '"') {
            out[size] = '\0';
            return *text == ',' || *text == '\0' ? text : NULL;
        }
        if (size == NAME_MAX_BYTES - 1) {
            return NULL;
        }
        out[size++] = *text;
    }
    out[size] = '\0';
    return quoted ? NULL : text;
}

static enum kp_status find_said(struct search *search, size_t field, const char *value)
{
    const struct kp_table_row *header = kp_table_header(search->table);
    const char *name = search->columns->fields[field].name;
    size_t found = header->count;
    for (size_t i = 0; i < header->count; i++) {
        if (strcasecmp(header->field[i], value) != 0 || !is_usable(header->field[i])) {
            continue;
        }
        if (found < header->count) {
            return kp_fail(search->error, KP_REFUSED, "%s: two columns \"%s\" in the header row",
                           kp_table_name(search->table), value);
        }
        found = i;
    }
    if (found == header->count) {
        return kp_fail(search->error, KP_REFUSED,
                       "%s: no column \"%s\" in the header row, which was said to be %s",
                       kp_table_name(search->table), value, name);
    }
    take(search, field, found);
    search->columns->places[field].said = true;
    return KP_OK;
}

static enum kp_status take_said(struct search *search, const char *name, size_t size,
                                const char *value)
{
    const struct kp_columns *columns = search->columns;
    size_t field = 0;
    while (field < columns->count && (strlen(columns->fields[field].name) != size ||
                                      strncasecmp(columns->fields[field].name, name, size) != 0)) {
        field++;
    }
    if (field == columns->count) {
        char known[256] = "";
        for (size_t i = 0; i < columns->count; i++) {
            size_t at = strlen(known);
            (void)snprintf(known + at, sizeof(known) - at, "%s%s", i > 0 ? ", " : "",
                           columns->fields[i].name);
        }
        return kp_fail(search->error, KP_USAGE, "columns: \"%.*s\" is no field; there are %s",
                       (int)(size > 40 ? 40 : size), name, known);
    }
    if (search->absent[field] || columns->places[field].said) {
        return kp_fail(search->error, KP_USAGE, "columns: %s is given twice",
                       columns->fields[field].name);
    }
    if (value[0] == '\0') {
        search->absent[field] = true;
        return KP_OK;
    }
    return find_said(search, field, value);
}

static enum kp_status read_said(struct search *search, const char *said)
{
    while (*said != '\0') {
        char value[NAME_MAX_BYTES];
        size_t size = strcspn(said, "=,");
        const char *end = said[size] == '=' ? read_value(value, said + size + 1) : NULL;
        if (end == NULL) {
            return kp_fail(search->error, KP_USAGE,
                           "columns: expected NAME=COLUMN,..., with '\"' around a column's name "
                           "that has a comma in it");
        }
        enum kp_status status = take_said(search, said, size, value);
        if (status != KP_OK) {
            return status;
        }
        said = end + (*end == ',');
        said += strspn(said, " ");
    }
    return KP_OK;
}

/* --- What is there -------------------------------------------------------------------------------
 */

/* By the names that are ours. */
static enum kp_status find_own(struct search *search, size_t field)
{
    const struct kp_table_row *header = kp_table_header(search->table);
    const struct kp_column_field *about = &search->columns->fields[field];
    size_t first = header->count;
    for (size_t i = 0; i < header->count; i++) {
        if (search->claimed[i] || (strcasecmp(header->field[i], about->english) != 0 &&
                                   strcasecmp(header->field[i], about->dutch) != 0)) {
            continue;
        }
        if (first < header->count) {
            return kp_fail(search->error, KP_REFUSED,
                           "%s: two columns for %s: \"%s\" and \"%s\" in the header row; say which "
                           "with --columns %s=NAME",
                           kp_table_name(search->table), about->name, header->field[first],
                           header->field[i], about->name);
        }
        first = i;
    }
    if (first < header->count) {
        take(search, field, first);
    }
    return KP_OK;
}

/* Small letters and digits only. */
static void simplify(char out[static NAME_MAX_BYTES], const char *name)
{
    size_t size = 0;
    for (; *name != '\0' && size < NAME_MAX_BYTES - 1; name++) {
        char byte = (char)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
        if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || (byte & 0x80) != 0) {
            out[size++] = byte;
        }
    }
    out[size] = '\0';
}

static bool is_familiar(const struct kp_column_field *field, const char *name)
{
    char simple[NAME_MAX_BYTES], own[NAME_MAX_BYTES];
    simplify(simple, name);
    simplify(own, field->english);
    if (strcmp(simple, own) == 0) {
        return true;
    }
    simplify(own, field->dutch);
    if (strcmp(simple, own) == 0) {
        return true;
    }
    for (size_t i = 0; field->familiar != NULL && field->familiar[i] != NULL; i++) {
        if (strcmp(simple, field->familiar[i]) == 0) {
            return true;
        }
    }
    return false;
}

static enum kp_status find_familiar(struct search *search, size_t field)
{
    const struct kp_table_row *header = kp_table_header(search->table);
    const struct kp_column_field *about = &search->columns->fields[field];
    size_t first = header->count;
    for (size_t i = 0; i < header->count; i++) {
        const char *name = header->field[i];
        if (search->claimed[i] || !is_usable(name) || !is_familiar(about, name)) {
            continue;
        }
        if (first < header->count) {
            return kp_fail(search->error, KP_REFUSED,
                           "%s: \"%s\" or \"%s\" in the header row may be %s; say which with "
                           "--columns %s=NAME",
                           kp_table_name(search->table), header->field[first], name, about->name,
                           about->name);
        }
        first = i;
    }
    if (first < header->count) {
        take(search, field, first);
        search->columns->places[field].guessed = search->columns->any_guessed = true;
    }
    return KP_OK;
}

static enum kp_status missing(const struct search *search, size_t field)
{
    const struct kp_column_field *about = &search->columns->fields[field];
    bool same = strcmp(about->english, about->dutch) == 0;
    return kp_fail(search->error, KP_REFUSED,
                   "%s: no column \"%s\"%s%s%s in the header row; say which it is with --columns "
                   "%s=NAME",
                   kp_table_name(search->table), about->english, same ? "" : " (or \"",
                   same ? "" : about->dutch, same ? "" : "\")", about->name);
}

/* --- The address ---------------------------------------------------------------------------------
 */

/* What is free text and what has columns of its own say the same thing twice: one of them is read,
 * and columns of their own are the plainer. */
static enum kp_status choose_parts(struct search *search)
{
    struct kp_columns *columns = search->columns;
    if (!columns->places[KP_FIELD_ADDRESS].present ||
        !columns->places[KP_FIELD_HOUSE_NUMBER].present) {
        return KP_OK;
    }
    bool text_said = columns->places[KP_FIELD_ADDRESS].said;
    if (text_said && columns->places[KP_FIELD_HOUSE_NUMBER].said) {
        return kp_fail(search->error, KP_USAGE,
                       "columns: either address (with the house number in it) or house_number");
    }
    if (!text_said) {
        columns->places[KP_FIELD_ADDRESS].present = false;
        return KP_OK;
    }
    for (size_t i = KP_FIELD_HOUSE_NUMBER; i <= KP_FIELD_ADDITION; i++) {
        columns->places[i].present = columns->places[i].present && columns->places[i].said;
    }
    return KP_OK;
}

static bool has_part(const struct kp_columns *columns)
{
    bool found = false;
    for (size_t i = 0; i < KP_ADDRESS_FIELDS; i++) {
        found = found || columns->places[i].present;
    }
    return found;
}

/* Nothing is familiar: perhaps there is no header row at all, so nothing of it is repeated. */
static enum kp_status no_address(const struct search *search)
{
    return kp_fail(search->error, KP_REFUSED,
                   "%s: no column of an address in the header row: expected \"postcode\" and "
                   "\"house_number\" (or \"huisnummer\"), or \"address\" (or \"adres\"); say "
                   "which is what with --columns postcode=NAME,... or address=NAME",
                   kp_table_name(search->table));
}

static enum kp_status check_address(const struct search *search)
{
    const struct kp_columns *columns = search->columns;
    if (columns->places[KP_FIELD_ADDRESS].present || columns->places[KP_FIELD_ID].present) {
        return KP_OK;
    }
    bool street =
        columns->places[KP_FIELD_STREET].present && columns->places[KP_FIELD_TOWN].present;
    if (!columns->places[KP_FIELD_POSTCODE].present && !street) {
        return has_part(columns) ? missing(search, KP_FIELD_POSTCODE) : no_address(search);
    }
    return columns->places[KP_FIELD_HOUSE_NUMBER].present ? KP_OK
                                                          : missing(search, KP_FIELD_HOUSE_NUMBER);
}

/* --- Use -----------------------------------------------------------------------------------------
 */

static enum kp_status find_all(struct search *search)
{
    struct kp_columns *columns = search->columns;
    for (size_t i = 0; i < columns->count; i++) {
        enum kp_status status =
            columns->places[i].present || search->absent[i] ? KP_OK : find_own(search, i);
        if (status != KP_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < columns->count; i++) {
        enum kp_status status =
            columns->places[i].present || search->absent[i] ? KP_OK : find_familiar(search, i);
        if (status != KP_OK) {
            return status;
        }
    }
    return KP_OK;
}

enum kp_status kp_columns_find(struct kp_columns *columns, const struct kp_column_field *fields,
                               size_t count, struct kp_table *table, const char *said,
                               struct kp_error *error)
{
    struct search search = {.columns = columns, .table = table, .error = error};
    *columns = (struct kp_columns){.fields = fields, .count = count};
    enum kp_status status = said != NULL ? read_said(&search, said) : KP_OK;
    if (status == KP_OK) {
        status = find_all(&search);
    }
    if (status == KP_OK) {
        status = choose_parts(&search);
    }
    if (status == KP_OK) {
        status = check_address(&search);
    }
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        if (fields[i].required && !columns->places[i].present) {
            status = missing(&search, i);
        } else if (columns->places[i].present) {
            kp_table_reads(table, columns->places[i].index);
        }
    }
    return status;
}

const char *kp_columns_get(const struct kp_columns *columns, const struct kp_table_row *row,
                           size_t field)
{
    return columns->places[field].present ? row->field[columns->places[field].index] : "";
}

const char *kp_columns_name(const struct kp_columns *columns, const struct kp_table *table,
                            size_t field)
{
    return columns->places[field].present
               ? kp_table_header(table)->field[columns->places[field].index]
               : NULL;
}

void kp_columns_address(struct kp_address_input *input, const struct kp_columns *columns,
                        const struct kp_table_row *row)
{
    *input = (struct kp_address_input){
        .text = kp_columns_get(columns, row, KP_FIELD_ADDRESS),
        .id = kp_columns_get(columns, row, KP_FIELD_ID),
        .postcode = kp_columns_get(columns, row, KP_FIELD_POSTCODE),
        .house_number = kp_columns_get(columns, row, KP_FIELD_HOUSE_NUMBER),
        .house_letter = kp_columns_get(columns, row, KP_FIELD_HOUSE_LETTER),
        .addition = kp_columns_get(columns, row, KP_FIELD_ADDITION),
        .street = kp_columns_get(columns, row, KP_FIELD_STREET),
        .town = kp_columns_get(columns, row, KP_FIELD_TOWN),
    };
}

void kp_columns_show(FILE *out, const struct kp_columns *columns, const struct kp_table *table)
{
    const char *comma = "";
    if (!columns->any_guessed) {
        return;
    }
    fprintf(out, "%s: read as: ", kp_table_name(table));
    for (size_t i = 0; i < columns->count; i++) {
        if (columns->places[i].present) {
            fprintf(out, "%s%s = \"%s\"", comma, columns->fields[i].name,
                    kp_columns_name(columns, table, i));
            comma = ", ";
        }
    }
    fputc('\n', out);
}

void kp_columns_notice(FILE *out, const struct kp_table *table)
{
    if (kp_table_notice(table) != NULL) {
        fprintf(out, "%s: %s\n", kp_table_name(table), kp_table_notice(table));
    }
}
