/* Which signals may take part in a round of an agreement: those whose indicator is registered for
 * this member, on an address in the area. Others are kept, and don't count. */
#ifndef KP_NODE_ELIGIBLE_H
#define KP_NODE_ELIGIBLE_H

#include "crypto/leaf.h"
#include "node/signals.h"
#include "proto/agreement.h"

#include <stdbool.h>
#include <stdint.h>

/* The number of the indicator (from 0) in the member's list, or -1. */
int kp_eligible_indicator(const struct kp_member *member, const char *code);
bool kp_eligible_area(const struct kp_agreement *agreement,
                      const uint8_t address[static KP_ADDRESS_KEY_BYTES]);

/* What a leaf says about an address: all its eligible signals merged. */
struct kp_eligible {
    uint8_t indicators[KP_INDICATOR_SET_BYTES];
    uint8_t grounds[KP_DIGEST_BYTES];
    uint32_t observed_on;       /* the latest */
    uint64_t registered_at;     /* the earliest */
    uint64_t without_indicator; /* signals whose indicator isn't registered */
    uint64_t outside;           /* signals, when the address is outside the area: all of them */
    bool any; /* at least one signal is eligible; the first four are zero otherwise */
};
/* KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_eligible_merge(struct kp_eligible *eligible,
                                             const struct kp_agreement *agreement, uint32_t own,
                                             const struct kp_signals_on_address *signals,
                                             struct kp_error *error);

#endif
