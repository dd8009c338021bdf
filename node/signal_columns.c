#include "node/signal_columns.h"

#include "crypto/secret.h"
#include "node/canonical.h"
#include "proto/address.h"
#include "proto/agreement.h"
#include "proto/utf8.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *english, *dutch;
    bool required;
} known[KP_SIGNAL_COLUMNS] = {
    [KP_SIGNAL_POSTCODE] = {"postcode", "postcode", true},
    [KP_SIGNAL_HOUSE_NUMBER] = {"house_number", "huisnummer", true},
    [KP_SIGNAL_HOUSE_LETTER] = {"house_letter", "huisletter", false},
    [KP_SIGNAL_ADDITION] = {"addition", "huisnummertoevoeging", false},
    [KP_SIGNAL_INDICATOR] = {"indicator", "indicator", true},
    [KP_SIGNAL_GROUNDS] = {"grounds", "grondslag", true},
    [KP_SIGNAL_OBSERVED_ON] = {"observed_on", "datum", true},
    [KP_SIGNAL_PURPOSE] = {"purpose", "doel", false},
    [KP_SIGNAL_VALID_UNTIL] = {"valid_until", "geldig_tot", false},
};

/* Of the header row: a field that may name a column. */
static enum kp_status take_column(struct kp_signal_columns *columns, const char *name, size_t index,
                                  const char *path, struct kp_error *error)
{
    for (size_t i = 0; i < KP_SIGNAL_COLUMNS; i++) {
        /* A NUL inside was refused before. */
        if (strcasecmp(name, known[i].english) != 0 && strcasecmp(name, known[i].dutch) != 0) {
            continue;
        }
        if (columns->places[i].present) {
            return kp_fail(error, KP_REFUSED,
                           "%s: two columns for %s: \"%s\" and \"%s\" in the header row", path,
                           known[i].english, columns->places[i].name, name);
        }
        columns->places[i].present = true;
        columns->places[i].index = index;
        snprintf(columns->places[i].name, sizeof(columns->places[i].name), "%s", name);
    }
    return KP_OK;
}

enum kp_status kp_signal_columns_read(struct kp_signal_columns *columns,
                                      const struct kp_signal_fields *header, const char *path,
                                      struct kp_error *error)
{
    if (header->not_text) {
        return kp_fail(error, KP_REFUSED, "%s: not UTF-8 text; save it as \"CSV UTF-8\"", path);
    }
    if (header->count > KP_CSV_COLUMNS_MAX) {
        return kp_fail(error, KP_REFUSED, "%s: more than %u columns in the header row", path,
                       KP_CSV_COLUMNS_MAX);
    }
    for (size_t i = 0; i < header->count; i++) {
        enum kp_status status = take_column(columns, header->text + header->at[i], i, path, error);
        if (status != KP_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < KP_SIGNAL_COLUMNS; i++) {
        if (known[i].required && !columns->places[i].present) {
            bool same = strcmp(known[i].english, known[i].dutch) == 0;
            return kp_fail(error, KP_REFUSED, "%s: no column \"%s\"%s%s%s in the header row", path,
                           known[i].english, same ? "" : " (or \"", same ? "" : known[i].dutch,
                           same ? "" : "\")");
        }
    }
    columns->fields = header->count;
    return KP_OK;
}

bool kp_signal_columns_split(const struct kp_signal_columns *columns,
                             const struct kp_signal_fields *row)
{
    if (columns->fields == 0) {
        return false; /* this is the header row */
    }
    if (row->count != columns->fields) {
        return true;
    }
    for (size_t i = 0; i < KP_SIGNAL_COLUMNS; i++) {
        size_t index = columns->places[i].index;
        if (columns->places[i].present &&
            memchr(row->text + row->at[index], '\n', row->size[index]) != NULL) {
            return true;
        }
    }
    return false;
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

/* Empty: the project's own. */
static enum kp_status read_purpose(uint8_t *purpose, const char *text, struct kp_error *error)
{
    static const struct {
        const char *word;
        uint8_t purpose;
    } words[] = {{"", 0},
                 {"enforcement", KP_CATEGORY_ENFORCEMENT},
                 {"handhaving", KP_CATEGORY_ENFORCEMENT},
                 {"care", KP_CATEGORY_CARE},
                 {"zorg", KP_CATEGORY_CARE}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i].word) == 0) {
            *purpose = words[i].purpose;
            return KP_OK;
        }
    }
    return kp_fail(error, KP_REFUSED,
                   "not a purpose: expected enforcement, care, handhaving, zorg or nothing");
}

static enum kp_status read_field(const char *text, enum kp_signal_column column,
                                 struct kp_address *address, struct kp_signal *signal,
                                 struct kp_error *error)
{
    if (!kp_utf8_is_line(text, strlen(text))) {
        return kp_fail(error, KP_REFUSED, "a line end or another control character in it");
    }
    switch (column) {
    case KP_SIGNAL_POSTCODE:
        return kp_canonical_postcode(address, text, error);
    case KP_SIGNAL_HOUSE_NUMBER:
        return kp_canonical_house_number(address, text, error);
    case KP_SIGNAL_HOUSE_LETTER:
        return kp_canonical_house_letter(address, text, error);
    case KP_SIGNAL_ADDITION:
        return kp_canonical_addition(address, text, error);
    case KP_SIGNAL_INDICATOR:
        return copy_text(signal->indicator, KP_INDICATOR_MAX, text, true, error);
    case KP_SIGNAL_GROUNDS:
        return copy_text(signal->grounds, KP_GROUNDS_MAX, text, false, error);
    case KP_SIGNAL_OBSERVED_ON:
        return kp_canonical_date(&signal->observed_on, text, error);
    case KP_SIGNAL_PURPOSE:
        return read_purpose(&signal->purpose, text, error);
    case KP_SIGNAL_VALID_UNTIL:
        signal->valid_until = 0;
        return text[0] == '\0' ? KP_OK : kp_canonical_date(&signal->valid_until, text, error);
    case KP_SIGNAL_COLUMNS:
        break;
    }
    return KP_FAILED;
}

static enum kp_status read_fields(const struct kp_signal_columns *columns,
                                  const struct kp_signal_fields *row, struct kp_address *address,
                                  struct kp_signal *signal, const char **column,
                                  struct kp_error *error)
{
    for (size_t i = 0; i < KP_SIGNAL_COLUMNS; i++) {
        const char *text =
            columns->places[i].present ? row->text + row->at[columns->places[i].index] : "";
        if (read_field(text, (enum kp_signal_column)i, address, signal, error) != KP_OK) {
            *column = columns->places[i].name;
            return KP_REFUSED;
        }
    }
    return KP_OK;
}

enum kp_status kp_signal_columns_row(const struct kp_signal_columns *columns,
                                     const struct kp_signal_fields *row, struct kp_signal *signal,
                                     const char **column, struct kp_error *error)
{
    *column = NULL;
    if (row->not_text) {
        return kp_fail(error, KP_REFUSED, "not UTF-8 text");
    }
    if (row->count != columns->fields) {
        return kp_fail(error, KP_REFUSED, "%zu fields, where the header row has %zu", row->count,
                       columns->fields);
    }
    struct kp_address address = {0};
    enum kp_status status = read_fields(columns, row, &address, signal, column, error);
    if (status == KP_OK) {
        kp_address_key(signal->address, &address);
    }
    kp_wipe(&address, sizeof(address));
    return status;
}
