#include "proto/address/bag_record.h"

#include "proto/address.h"
#include "proto/utf8.h"

#include <stdio.h>
#include <string.h>

/* Names of elements, in the order of enum kp_record_field. */
static const char *const names[KP_FIELD_COUNT] = {
    "identificatie",
    "naam",
    "status",
    "huisnummer",
    "huisletter",
    "huisnummertoevoeging",
    "postcode",
    "OpenbareRuimteRef",
    "WoonplaatsRef",
    "heeftAlsHoofdadres",
    "heeftAlsNevenadres",
    "voorkomenidentificatie",
    "beginGeldigheid",
    "eindGeldigheid",
    "tijdstipInactief",
};

/* What may come more than once. */
#define REPEATED (1u << KP_FIELD_SIDE | 1u << KP_FIELD_DROPPED)

/* What must be there, by kind: what an address needs. The schema asks for more. */
#define IN_USE (1u << KP_FIELD_ID | 1u << KP_FIELD_STATUS)
static const uint32_t needed[] = {
    [KP_RECORD_TOWN] = 1u << KP_FIELD_ID | 1u << KP_FIELD_NAME,
    [KP_RECORD_STREET] = 1u << KP_FIELD_ID | 1u << KP_FIELD_NAME | 1u << KP_FIELD_TOWN,
    [KP_RECORD_NUMBER] = IN_USE | 1u << KP_FIELD_HOUSE_NUMBER | 1u << KP_FIELD_STREET,
    [KP_RECORD_OBJECT] = IN_USE | 1u << KP_FIELD_MAIN,
};

/* Every status of the schema (IMBAGLV_Objecten-2.1.0), and whether what has it is in use. */
static const struct {
    enum kp_record_kind kind;
    bool in_use;
    const char *text;
} statuses[] = {
    {KP_RECORD_TOWN, true, "Woonplaats aangewezen"},
    {KP_RECORD_TOWN, false, "Woonplaats ingetrokken"},
    {KP_RECORD_STREET, true, "Naamgeving uitgegeven"},
    {KP_RECORD_STREET, false, "Naamgeving ingetrokken"},
    {KP_RECORD_NUMBER, true, "Naamgeving uitgegeven"},
    {KP_RECORD_NUMBER, false, "Naamgeving ingetrokken"},
    {KP_RECORD_OBJECT, true, "Verblijfsobject gevormd"},
    {KP_RECORD_OBJECT, true, "Verblijfsobject in gebruik"},
    {KP_RECORD_OBJECT, true, "Verblijfsobject in gebruik (niet ingemeten)"},
    {KP_RECORD_OBJECT, true, "Verbouwing verblijfsobject"},
    {KP_RECORD_OBJECT, true, "Verblijfsobject buiten gebruik"},
    {KP_RECORD_OBJECT, false, "Niet gerealiseerd verblijfsobject"},
    {KP_RECORD_OBJECT, false, "Verblijfsobject ingetrokken"},
    {KP_RECORD_OBJECT, false, "Verblijfsobject ten onrechte opgevoerd"},
    {KP_RECORD_OBJECT, true, "Plaats aangewezen"},
    {KP_RECORD_OBJECT, false, "Plaats ingetrokken"},
};

/* --- Values --------------------------------------------------------------------------------------
 */

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static bool is_letter(char character)
{
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z');
}

/* 1 to `most` digits. */
static bool read_number(uint64_t *number, const char *text, size_t size, size_t most)
{
    *number = 0;
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(text[i]) || i >= most) {
            return false;
        }
        *number = *number * 10 + (uint64_t)(text[i] - '0');
    }
    return size > 0;
}

/* What may stand behind a date of XML Schema: "Z", "+01:00". */
static bool is_zone(const char *text, size_t size)
{
    return size == 0 || (size == 1 && text[0] == 'Z') ||
           (size == 6 && (text[0] == '+' || text[0] == '-') && is_digit(text[1]) &&
            is_digit(text[2]) && text[3] == ':' && is_digit(text[4]) && is_digit(text[5]));
}

bool kp_record_date(uint32_t *date, const char *text, size_t size)
{
    uint64_t year = 0, month = 0, day = 0;
    if (size < 10 || text[4] != '-' || text[7] != '-' || !read_number(&year, text, 4, 4) ||
        !read_number(&month, text + 5, 2, 2) || !read_number(&day, text + 8, 2, 2) ||
        !is_zone(text + 10, size - 10) || year == 0 || month < 1 || month > 12 || day < 1 ||
        day > 31) {
        return false;
    }
    *date = (uint32_t)(year * 10000 + month * 100 + day);
    return true;
}

void kp_record_show_date(char out[static KP_RECORD_DATE_TEXT], uint32_t date)
{
    (void)snprintf(out, KP_RECORD_DATE_TEXT, "%04u-%02u-%02u", date / 10000 % 10000,
                   date / 100 % 100, date % 100);
}

static bool read_id(uint64_t *id, const char *text, size_t size, unsigned type)
{
    if (type == 0) {
        return size == 4 && read_number(id, text, size, 4) && *id != 0;
    }
    return kp_bag_id_read(id, text, size) == KP_OK && kp_bag_id_type(*id) == type;
}

static bool is_postcode(const char *text, size_t size)
{
    return size == 6 && text[0] >= '1' && text[0] <= '9' && is_digit(text[1]) &&
           is_digit(text[2]) && is_digit(text[3]) && text[4] >= 'A' && text[4] <= 'Z' &&
           text[5] >= 'A' && text[5] <= 'Z';
}

static bool is_addition(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(text[i]) && !is_letter(text[i])) {
            return false;
        }
    }
    return size >= 1 && size <= 4;
}

/* --- Fields --------------------------------------------------------------------------------------
 */

static const char *take_name(struct kp_bag_record *record, const char *text, size_t size)
{
    if (size == 0) {
        return "empty";
    }
    if (size >= sizeof(record->name)) {
        return "longer than 320 bytes";
    }
    if (!kp_utf8_is_line(text, size)) {
        return "not a line of text";
    }
    memcpy(record->name, text, size);
    record->name[size] = '\0';
    return NULL;
}

static const char *take_status(struct kp_bag_record *record, const char *text, size_t size)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].kind == record->kind && strlen(statuses[i].text) == size &&
            memcmp(statuses[i].text, text, size) == 0) {
            record->in_use = statuses[i].in_use;
            return NULL;
        }
    }
    return "not a status of the schema";
}

static const char *take_text(char *out, const char *text, size_t size, bool right,
                             const char *reason)
{
    if (!right) {
        return reason;
    }
    memcpy(out, text, size);
    out[size] = '\0';
    return NULL;
}

static const char *take_house_number(struct kp_bag_record *record, const char *text, size_t size)
{
    uint64_t number = 0;
    if (!read_number(&number, text, size, 5) || text[0] == '0') {
        return "not a number from 1 to 99999";
    }
    record->house_number = (uint32_t)number;
    return NULL;
}

static const char *take_side(struct kp_bag_record *record, const char *text, size_t size)
{
    if (record->side_count == KP_BAG_SIDES_MAX) {
        return "more than 4096 side addresses";
    }
    return read_id(&record->sides[record->side_count++], text, size, KP_BAG_NUMBER)
               ? NULL
               : "not the id of a nummeraanduiding";
}

static const char *take_occurrence(struct kp_bag_record *record, const char *text, size_t size)
{
    uint64_t number = 0;
    if (!read_number(&number, text, size, 9)) {
        return "not a number";
    }
    record->occurrence = (uint32_t)number;
    return NULL;
}

static const char *take_value(struct kp_record_draft *draft, enum kp_record_field field,
                              const char *text, size_t size)
{
    struct kp_bag_record *record = &draft->record;
    switch (field) {
    case KP_FIELD_ID:
        return read_id(&record->id, text, size, draft->type) ? NULL : "not an id of this kind";
    case KP_FIELD_NAME:
        return take_name(record, text, size);
    case KP_FIELD_STATUS:
        return take_status(record, text, size);
    case KP_FIELD_HOUSE_NUMBER:
        return take_house_number(record, text, size);
    case KP_FIELD_LETTER:
        return take_text(record->letter, text, size, size == 1 && is_letter(text[0]),
                         "not one letter");
    case KP_FIELD_ADDITION:
        return take_text(record->addition, text, size, is_addition(text, size),
                         "not one to four letters and digits");
    case KP_FIELD_POSTCODE:
        return take_text(record->postcode, text, size, is_postcode(text, size), "not a postcode");
    case KP_FIELD_STREET:
        return read_id(&record->street, text, size, KP_BAG_STREET)
                   ? NULL
                   : "not the id of an openbare ruimte";
    case KP_FIELD_TOWN:
        return read_id(&record->town, text, size, 0) ? NULL : "not the id of a woonplaats";
    case KP_FIELD_MAIN:
        return read_id(&record->main, text, size, KP_BAG_NUMBER)
                   ? NULL
                   : "not the id of a nummeraanduiding";
    case KP_FIELD_SIDE:
        return take_side(record, text, size);
    case KP_FIELD_OCCURRENCE:
        return take_occurrence(record, text, size);
    case KP_FIELD_BEGIN:
        return kp_record_date(&record->begin, text, size) ? NULL : "not a date";
    case KP_FIELD_END:
        return kp_record_date(&record->end, text, size) ? NULL : "not a date";
    case KP_FIELD_DROPPED:
        record->dropped = true;
        return NULL;
    case KP_FIELD_COUNT:
        break;
    }
    return "not known";
}

static void note(struct kp_record_draft *draft, enum kp_record_field field, const char *reason)
{
    if (reason != NULL && draft->reason == NULL) {
        draft->element = names[field];
        draft->reason = reason;
    }
}

/* --- A record ------------------------------------------------------------------------------------
 */

void kp_record_begin(struct kp_record_draft *draft, enum kp_record_kind kind, unsigned type)
{
    struct kp_bag_record *record = &draft->record;
    record->kind = kind;
    record->id = record->street = record->town = record->main = 0;
    record->occurrence = 1;
    record->begin = record->end = record->house_number = 0;
    record->dropped = record->in_use = false;
    record->name[0] = record->letter[0] = record->addition[0] = record->postcode[0] = '\0';
    record->side_count = 0;
    draft->type = type;
    draft->seen = 0;
    draft->element = draft->reason = NULL;
}

void kp_record_take(struct kp_record_draft *draft, enum kp_record_field field, const char *text,
                    size_t size)
{
    uint32_t bit = 1u << field;
    if ((draft->seen & bit & ~REPEATED) != 0) {
        note(draft, field, "there twice");
        return;
    }
    draft->seen |= bit;
    note(draft, field, take_value(draft, field, text, size));
}

bool kp_record_end(struct kp_record_draft *draft)
{
    uint32_t missing = needed[draft->record.kind] & ~draft->seen;
    for (enum kp_record_field field = 0; field < KP_FIELD_COUNT; field++) {
        if ((missing >> field & 1) != 0) {
            note(draft, field, "not there");
        }
    }
    return draft->reason == NULL;
}
