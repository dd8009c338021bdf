#include "node/signal_columns.h"

#include "node/canonical.h"
#include "proto/agreement.h"
#include "proto/utf8.h"

#include <string.h>
#include <strings.h>

static const char *const indicators[] = {"indicatorcode", NULL};
static const char *const grounds[] = {"gronden", NULL};
static const char *const days[] = {"date", "waargenomenop", "signaaldatum", "datumsignaal", NULL};
static const char *const last_days[] = {"geldigtotenmet", NULL};

static const struct kp_column_field own[KP_SIGNAL_FIELDS - KP_ADDRESS_FIELDS] = {
    {"indicator", "indicator", "indicator", indicators, true},
    {"grounds", "grounds", "grondslag", grounds, true},
    {"observed_on", "observed_on", "datum", days, true},
    {"purpose", "purpose", "doel", NULL, false},
    {"valid_until", "valid_until", "geldig_tot", last_days, false},
};

enum kp_status kp_signal_columns_find(struct kp_columns *columns, struct kp_table *table,
                                      const char *said, struct kp_error *error)
{
    static struct kp_column_field fields[KP_SIGNAL_FIELDS];
    memcpy(fields, kp_address_fields, sizeof(kp_address_fields));
    memcpy(fields + KP_ADDRESS_FIELDS, own, sizeof(own));
    return kp_columns_find(columns, fields, KP_SIGNAL_FIELDS, table, said, error);
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

static enum kp_status read_field(const char *text, size_t field, struct kp_signal *signal,
                                 struct kp_error *error)
{
    if (!kp_utf8_is_line(text, strlen(text))) {
        return kp_fail(error, KP_REFUSED, "a line end or another control character in it");
    }
    switch (field) {
    case KP_FIELD_INDICATOR:
        return copy_text(signal->indicator, KP_INDICATOR_MAX, text, true, error);
    case KP_FIELD_GROUNDS:
        return copy_text(signal->grounds, KP_GROUNDS_MAX, text, false, error);
    case KP_FIELD_OBSERVED_ON:
        return kp_canonical_date(&signal->observed_on, text, error);
    case KP_FIELD_PURPOSE:
        return read_purpose(&signal->purpose, text, error);
    case KP_FIELD_VALID_UNTIL:
        signal->valid_until = 0;
        return text[0] == '\0' ? KP_OK : kp_canonical_date(&signal->valid_until, text, error);
    default:
        return KP_FAILED;
    }
}

enum kp_status kp_signal_columns_row(const struct kp_columns *columns,
                                     const struct kp_table_row *row, struct kp_signal *signal,
                                     size_t *field, struct kp_error *error)
{
    for (size_t i = KP_ADDRESS_FIELDS; i < KP_SIGNAL_FIELDS; i++) {
        if (read_field(kp_columns_get(columns, row, i), i, signal, error) != KP_OK) {
            *field = i;
            return KP_REFUSED;
        }
    }
    return KP_OK;
}
