/* Keeping the evidence of a round (node/evidence_store.h): what READY is signed over, copied chunk
 * by chunk into as many transactions as it needs. It is kept from the last of them on, the
 * caller's; until then it may be dropped by anybody. */
#ifndef KP_NODE_EVIDENCE_KEEP_H
#define KP_NODE_EVIDENCE_KEEP_H

#include "node/round.h"
#include "proto/store.h"

struct kp_evidence_keep;

/* Of this counter and this round, in phase READY: START (packed), what the round itself has, and
 * the lists of all as they were charged, each with where it differs from the list that is kept of
 * the counter before. All is borrowed until kp_evidence_keep_free. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_evidence_keep_new(struct kp_evidence_keep **keep,
                                                struct kp_store *store,
                                                const struct kp_agreement *agreement,
                                                uint64_t counter, const struct kp_buffer *start,
                                                const struct kp_round *round,
                                                struct kp_error *error);
void kp_evidence_keep_free(struct kp_evidence_keep *keep); /* NULL is allowed */

/* Copies some of it, some milliseconds' worth; *more: there is more. No transaction may be open. */
KP_MUST_USE enum kp_status kp_evidence_keep_step(struct kp_evidence_keep *keep, bool *more,
                                                 struct kp_error *error);
/* What is left, after the last step: with this transaction all of it is kept. */
KP_MUST_USE enum kp_status kp_evidence_keep_end(struct kp_evidence_keep *keep, struct kp_txn *txn,
                                                struct kp_error *error);

#endif
