/* The number of a house at the front of what stands behind a street, and what a spreadsheet did to
 * it. No I/O. Texts are folded (proto/address/fold.h). */
#ifndef KP_PROTO_ADDRESS_NUMBER_H
#define KP_PROTO_ADDRESS_NUMBER_H

#include "proto/address/fold.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_HOUSE_NUMBER_MAX 99999u

/* A number and what stands behind it, in the text that was read. "1.234" can be read in two ways.
 */
#define KP_NUMBER_READINGS 2
struct kp_number {
    uint32_t number;
    const char *rest; /* up to the text's end */
};

/* Reads "12 A-2", "0012", and a spreadsheet's "1234.00" and "1.234", which can also be a number
 * with an addition: the number of ways, 0 for none: *rule is KP_RULE_NO_NUMBER or
 * KP_RULE_BAD_NUMBER. */
size_t kp_number_read(struct kp_number readings[static KP_NUMBER_READINGS], const char *text,
                      enum kp_address_rule *rule);

/* Makes a text ready for being split: "nr. 12" and "#12" become "12", "12 toev. 2" 12 2; semicolons
 * and bars become commas, and the comma of a spreadsheet's "1234,00" a point, for commas separate.
 */
void kp_number_tidy(char text[static KP_FOLDED_MAX]);

/* "LAAN VAN 1813 NR 12", which kp_number_tidy leaves alone because it can be a postcode, without
 * the "NR". false: no such thing, out isn't used. */
bool kp_number_tidy_more(char out[static KP_FOLDED_MAX], const char *text);

/* A date in a text that a spreadsheet made of a number and an addition: "12-FEB", "FEB-12",
 * "12-2-2026", "2026-02-12". */
struct kp_number_date {
    size_t at;           /* where it stands in the text */
    size_t size;         /* how much of the text it is */
    unsigned day, month; /* day: to 99 when it was a year, as in "FEB-45" */
    bool month_first;    /* as it was written */
};
bool kp_number_find_date(struct kp_number_date *date, const char *text);
/* The text with "12-2" (day - month) in the date's place, or "2-12". false: doesn't fit. */
bool kp_number_undate(char out[static KP_FOLDED_MAX], const char *text,
                      const struct kp_number_date *date, bool month_first);

/* A range of houses: "12-14", "12 t/m 14", "12A+12C". */
#define KP_RANGE_ENDS 8
struct kp_range {
    size_t count; /* at least 2 */
    struct {
        uint32_t number;
        char rest[KP_FOLDED_MAX / 8];
    } end[KP_RANGE_ENDS];
};
/* `rest` as it stands behind `number`. false: no range, or one that doesn't rise. */
bool kp_range_read(struct kp_range *range, uint32_t number, const char *rest);

#endif
