/* The decisions about canaries: whether a member submitted what its notice names, and whether the
 * coordinator gave it. Called from other objects only, so that a test can link one away
 * (tests/attack/README.md). */
#ifndef KP_PROTO_CANARY_CHECK_H
#define KP_PROTO_CANARY_CHECK_H

#include "proto/canary_notice.h"

/* KP_REFUSED: not placed, or the entry isn't at this position among those that the member signed
 * READY for, or its share isn't under its tag. */
KP_MUST_USE enum kp_status kp_check_canary_item(const struct kp_agreement *agreement,
                                                uint32_t member, const struct kp_canary_item *item,
                                                const uint8_t entries_root[static KP_DIGEST_BYTES],
                                                const uint8_t round_id[static KP_DIGEST_BYTES],
                                                struct kp_error *error);

/* A canary that all of `group` submitted is in the results with the members `there`. KP_REFUSED:
 * not with at least these. More is no fault of the coordinator's: they may have told somebody. */
KP_MUST_USE enum kp_status kp_check_canary_there(uint32_t group, uint32_t there,
                                                 struct kp_error *error);

#endif
