/* What every agreement must fulfil, whether it came as bytes or is being drafted. Only for
 * proto/agreement*.c and the command that drafts. */
#ifndef KP_PROTO_AGREEMENT_CHECK_H
#define KP_PROTO_AGREEMENT_CHECK_H

#include "proto/agreement.h"

/* All that kp_agreement_parse promises but for the encoding itself; hash and lineage aren't read,
 * and postcodes must be sorted. KP_REFUSED names the field. */
KP_MUST_USE enum kp_status kp_agreement_check(const struct kp_agreement *agreement,
                                              struct kp_error *error);

#endif
