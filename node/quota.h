/* What every member, this one included, had evaluated in a lineage: its last list of points, and
 * how many points were charged so far. It is written before any of a list is answered, so that
 * neither a restart nor a failed attempt gives a member more than its quota. */
#ifndef KP_NODE_QUOTA_H
#define KP_NODE_QUOTA_H

#include "node/recovery.h"
#include "node/round.h"
#include "proto/agreement.h"
#include "proto/audit_head.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_quota {
    bool known;       /* false: nothing was charged yet, and the rest is zeros */
    uint64_t counter; /* of the last list */
    uint64_t charged;
    uint8_t root[KP_DIGEST_BYTES]; /* of its chunks; zeros for a member without slots */
    bool has_points;           /* false: only counter, total and root were taken over from others */
    uint64_t previous_counter; /* of the own list before the last; 0: none */
    uint8_t previous_root[KP_DIGEST_BYTES];
    struct kp_audit_head log; /* as the member's last HELLO 2 showed it */
    struct kp_buffer hello2;  /* that HELLO 2, packed; empty after a take-over */
};

/* Freed with kp_quota_free whatever the result. */
KP_MUST_USE enum kp_status kp_quota_read(struct kp_txn *txn, const struct kp_agreement *agreement,
                                         uint32_t member, struct kp_quota *quota,
                                         struct kp_error *error);
void kp_quota_free(struct kp_quota *quota);

/* The points of the member's last list, or of the own one before it: `count` of them, freed with
 * kp_bulk_free. KP_REFUSED: they aren't there. */
KP_MUST_USE enum kp_status kp_quota_points(struct kp_txn *txn, const struct kp_agreement *agreement,
                                           uint32_t member, bool previous, uint8_t **points,
                                           struct kp_error *error);

/* Judges a list by all rules (node/list_check.h) and writes it down with its sender's new total.
 * *changed: how many points were charged. KP_REFUSED: the list breaks a rule. KP_FAILED: our own
 * side, such as a database that is too old to judge. */
KP_MUST_USE enum kp_status kp_quota_charge(struct kp_txn *txn, const struct kp_agreement *agreement,
                                           uint32_t own, const struct kp_round_list *list,
                                           uint64_t *charged, uint32_t *changed,
                                           struct kp_error *error);

/* Counter, total and root that all members signed in a release, in the place of what was here. */
KP_MUST_USE enum kp_status kp_quota_take_over(struct kp_txn *txn,
                                              const struct kp_agreement *agreement, uint32_t member,
                                              uint64_t counter, const struct kp_list_total *total,
                                              struct kp_error *error);

/* A list that others gave back, found to be the signed one. */
KP_MUST_USE enum kp_status kp_quota_restore(struct kp_txn *txn,
                                            const struct kp_agreement *agreement, uint32_t member,
                                            const struct kp_recovered_list *list,
                                            struct kp_error *error);

/* The HELLO 2s of other members whose lists were charged at this counter already: claims[i] is
 * about member i + 1, empty when there is none. The caller frees them. */
KP_MUST_USE enum kp_status kp_quota_claims(struct kp_txn *txn, const struct kp_agreement *agreement,
                                           uint32_t own, uint64_t counter, struct kp_buffer *claims,
                                           struct kp_error *error);

/* How many points a member can have tested over the whole term. */
uint64_t kp_quota_limit(const struct kp_agreement *agreement, uint32_t member);

#endif
