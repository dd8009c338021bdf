/* Days, from the fields of a partner's file. No I/O. (Addresses: proto/address/resolve.h.) */
#ifndef KP_NODE_CANONICAL_H
#define KP_NODE_CANONICAL_H

#include "proto/error.h"

#include <stdbool.h>
#include <stdint.h>

/* YYYY-MM-DD or DD-MM-YYYY, a day that exists, 1900 to 2199; as year * 10000 + month * 100 + day.
 * White space around it is ignored. KP_REFUSED: the reason in words that don't repeat the value. */
KP_MUST_USE enum kp_status kp_canonical_date(uint32_t *date, const char *text,
                                             struct kp_error *error);
/* Whether it is such a day. */
bool kp_canonical_is_date(uint32_t date);

#endif
