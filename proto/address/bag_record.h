/* One occurrence (voorkomen) of something in the LVBAG extract, and how it is put together from the
 * texts of its elements. */
#ifndef KP_PROTO_ADDRESS_BAG_RECORD_H
#define KP_PROTO_ADDRESS_BAG_RECORD_H

#include "proto/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kp_record_kind {
    KP_RECORD_TOWN,   /* woonplaats */
    KP_RECORD_STREET, /* openbare ruimte */
    KP_RECORD_NUMBER, /* nummeraanduiding */
    KP_RECORD_OBJECT, /* verblijfsobject, ligplaats, standplaats */
};

struct kp_bag_record {
    enum kp_record_kind kind;
    uint64_t id;         /* of a town four digits, of others 16, of the right type */
    uint32_t occurrence; /* voorkomenidentificatie (1 when it isn't there); of those that hold the
                          * highest counts */
    uint32_t begin, end; /* yyyymmdd; begin 0: always; end is the first day that it doesn't hold,
                          * 0: none */
    bool dropped;        /* made inactive, or found to be no part of the register: holds never */
    bool in_use;         /* what its status says */

    char name[KP_REGISTER_NAME_BYTES_MAX + 1]; /* of a town or street: a line of UTF-8 */

    uint32_t house_number; /* 1 to 99999; this and what follows is of a number */
    char letter[2];        /* as written, or "" */
    char addition[5];      /* likewise */
    char postcode[7];      /* "1234AB", or "" */
    uint64_t street;
    uint64_t town; /* of a street; of a number that lies in another town than its street, else 0 */

    uint64_t main; /* of an object: ids of numbers */
    uint64_t sides[KP_BAG_SIDES_MAX];
    size_t side_count;
};

/* Elements that say something about a record. */
enum kp_record_field {
    KP_FIELD_ID,
    KP_FIELD_NAME,
    KP_FIELD_STATUS,
    KP_FIELD_HOUSE_NUMBER,
    KP_FIELD_LETTER,
    KP_FIELD_ADDITION,
    KP_FIELD_POSTCODE,
    KP_FIELD_STREET,
    KP_FIELD_TOWN,
    KP_FIELD_MAIN,
    KP_FIELD_SIDE,
    KP_FIELD_OCCURRENCE,
    KP_FIELD_BEGIN,
    KP_FIELD_END,
    KP_FIELD_DROPPED,
    KP_FIELD_COUNT,
};

struct kp_record_draft {
    struct kp_bag_record record;
    unsigned type; /* digits five and six of its id; 0: a town */
    uint32_t seen; /* a bit for each field */
    /* The first thing that is wrong with it: the element and why, or NULL. Never a value. */
    const char *element, *reason;
};

void kp_record_begin(struct kp_record_draft *draft, enum kp_record_kind kind, unsigned type);
/* text: what stands in the element, without the space around it; size below KP_BAG_VALUE_MAX. */
void kp_record_take(struct kp_record_draft *draft, enum kp_record_field field, const char *text,
                    size_t size);
/* Whether it is whole and right. */
bool kp_record_end(struct kp_record_draft *draft);

/* "2020-09-15", with a time zone or not, as yyyymmdd; false: no date. */
bool kp_record_date(uint32_t *date, const char *text, size_t size);
/* "2020-09-15" */
#define KP_RECORD_DATE_TEXT 16
void kp_record_show_date(char out[static KP_RECORD_DATE_TEXT], uint32_t date);

#endif
