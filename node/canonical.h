/* From the fields of a partner's file to canonical values. No I/O.
 *
 * What stands here is the plain form only: postcode in capitals without space, number without
 * leading zeros, letter and addition in capitals. Harder spellings are refused with a reason. */
#ifndef KP_NODE_CANONICAL_H
#define KP_NODE_CANONICAL_H

#include "proto/address.h"
#include "proto/error.h"

#include <stdint.h>

/* Each sets one part and returns KP_OK, or KP_REFUSED with the reason in words that don't repeat
 * the value. Leading and trailing white space is ignored. */
KP_MUST_USE enum kp_status kp_canonical_postcode(struct kp_address *address, const char *text,
                                                 struct kp_error *error);
KP_MUST_USE enum kp_status kp_canonical_house_number(struct kp_address *address, const char *text,
                                                     struct kp_error *error);
KP_MUST_USE enum kp_status kp_canonical_house_letter(struct kp_address *address, const char *text,
                                                     struct kp_error *error);
KP_MUST_USE enum kp_status kp_canonical_addition(struct kp_address *address, const char *text,
                                                 struct kp_error *error);
/* YYYY-MM-DD or DD-MM-YYYY, a day that exists, 1900 to 2199; as year * 10000 + month * 100 + day.
 */
KP_MUST_USE enum kp_status kp_canonical_date(uint32_t *date, const char *text,
                                             struct kp_error *error);

#endif
