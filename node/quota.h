/* What every member, this one included, had evaluated in a lineage: its last list of points, and
 * how many points were charged so far. It is written before any of a list is answered, so that
 * neither a restart nor a failed attempt gives a member more than its quota. */
#ifndef KP_NODE_QUOTA_H
#define KP_NODE_QUOTA_H

#include "node/recovery.h"
#include "node/round.h"
#include "proto/agreement.h"
#include "proto/audit_head.h"
#include "proto/store_writer.h"

#include <stdbool.h>
#include <stdint.h>

/* A list stands in one of two sets of records; the header says which of them counts. A new list is
 * written into the other one, in as many transactions as it needs, and counts from the last of them
 * on, which writes the header. */
struct kp_quota {
    bool known;       /* false: nothing was charged yet, and the rest is zeros */
    uint64_t counter; /* of the last list */
    uint64_t charged;
    uint8_t root[KP_DIGEST_BYTES]; /* of its chunks; zeros for a member without slots */
    bool has_points;           /* false: only counter, total and root were taken over from others */
    uint32_t set;              /* of the last list: 0 or 1 */
    uint64_t previous_counter; /* of the own list before the last, in the other set; 0: none */
    uint8_t previous_root[KP_DIGEST_BYTES];
    struct kp_audit_head log; /* as the member's last HELLO 2 showed it */
    struct kp_buffer hello2;  /* that HELLO 2, packed; empty after a take-over */
};

/* Freed with kp_quota_free whatever the result. */
KP_MUST_USE enum kp_status kp_quota_read(struct kp_txn *txn, const struct kp_agreement *agreement,
                                         uint32_t member, struct kp_quota *quota,
                                         struct kp_error *error);
void kp_quota_free(struct kp_quota *quota);

/* A chunk of the member's last list, or of the own one before it, as this quota says: as many
 * points as the chunk has, KP_CHUNK_POINTS at most. In the transaction that is open, or in one of
 * its own. KP_REFUSED: it isn't there. */
KP_MUST_USE enum kp_status kp_quota_chunk(struct kp_store *store,
                                          const struct kp_agreement *agreement, uint32_t member,
                                          const struct kp_quota *quota, bool previous,
                                          uint32_t part, uint8_t *points, struct kp_error *error);

/* A list that is being charged. */
struct kp_quota_charge;

/* Judges a list by all rules (node/list_check.h), chunk by chunk, and writes it where it doesn't
 * count yet. No transaction may be open. `folder`: where a list is sorted that is larger than
 * memory should hold, sealed. The list is read in this call only, which pauses (proto/steps.h).
 * *charge is freed with kp_quota_charge_free whatever the result. KP_REFUSED: the list breaks a
 * rule. KP_FAILED: our own side, such as a database that is too old to judge. */
KP_MUST_USE enum kp_status kp_quota_judge(struct kp_quota_charge **charge, struct kp_store *store,
                                          const struct kp_agreement *agreement, uint32_t own,
                                          const struct kp_round_list *list, const char *folder,
                                          struct kp_error *error);
/* With this transaction the list counts, and its sender's new total. *changed: how many points were
 * charged. Once. */
KP_MUST_USE enum kp_status kp_quota_count(struct kp_quota_charge *charge, struct kp_txn *txn,
                                          uint64_t *charged, uint32_t *changed,
                                          struct kp_error *error);
void kp_quota_charge_free(struct kp_quota_charge *charge); /* NULL is allowed */

/* Counter, total and root that all members signed in a release, in the place of what was here. */
KP_MUST_USE enum kp_status kp_quota_take_over(struct kp_txn *txn,
                                              const struct kp_agreement *agreement, uint32_t member,
                                              uint64_t counter, const struct kp_list_total *total,
                                              struct kp_error *error);

/* A list that others gave back, found to be the signed one: its points, from part 0 on, go where
 * they don't count yet, through the writer, and count with kp_quota_restore in the transaction that
 * takes what the writer still has. */
KP_MUST_USE enum kp_status kp_quota_restore_points(struct kp_store_writer *writer,
                                                   const struct kp_agreement *agreement,
                                                   uint32_t member, const struct kp_quota *quota,
                                                   uint32_t part, const uint8_t *points,
                                                   struct kp_error *error);
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
