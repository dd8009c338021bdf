/* Which signals may take part in a round of an agreement: those whose indicator is registered for
 * this member, on an address in the area, of the project's purpose, and not past their date. Others
 * are kept, and don't count. */
#ifndef KP_NODE_ELIGIBLE_H
#define KP_NODE_ELIGIBLE_H

#include "crypto/leaf.h"
#include "node/signals.h"
#include "proto/agreement.h"

#include <stdbool.h>
#include <stdint.h>

/* The number of the indicator (from 0) in the member's list, or -1. */
int kp_eligible_indicator(const struct kp_member *member, const char *code);

/* What a leaf says about an address: all its eligible signals merged. */
struct kp_eligible {
    uint8_t indicators[KP_INDICATOR_SET_BYTES];
    uint8_t grounds[KP_DIGEST_BYTES];
    uint32_t observed_on;       /* the latest */
    uint64_t registered_at;     /* the earliest */
    uint64_t without_indicator; /* signals whose indicator isn't registered */
    uint64_t other_purpose;     /* signals of another purpose than the project's */
    uint64_t past_date;         /* signals whose last day has gone by */
    uint64_t outside;           /* signals, when the address is outside the area: all of them */
    bool any; /* at least one signal is eligible; the first four are zero otherwise */
};
/* Why a signal on an address in the area doesn't count; the first that holds. */
enum kp_eligible_verdict {
    KP_ELIGIBLE,
    KP_ELIGIBLE_NO_INDICATOR,
    KP_ELIGIBLE_OTHER_PURPOSE,
    KP_ELIGIBLE_PAST_DATE,
};
/* today: year * 10000 + month * 100 + day, as kp_eligible_today gives it (UTC). */
enum kp_eligible_verdict kp_eligible_signal(const struct kp_agreement *agreement, uint32_t own,
                                            uint32_t today, const struct kp_signal *signal);
uint32_t kp_eligible_today(uint64_t unix_seconds);

/* KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_eligible_merge(struct kp_eligible *eligible,
                                             const struct kp_agreement *agreement, uint32_t own,
                                             uint32_t today,
                                             const struct kp_signals_on_address *signals,
                                             struct kp_error *error);

#endif
