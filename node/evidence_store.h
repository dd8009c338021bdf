/* The evidence of released rounds (proto/evidence.h) on disk, for as long as the agreement's
 * retention. What READY is signed over is written before it is sent (node/evidence_keep.h); the
 * READYs of all come with the barrier; a round that wasn't released leaves nothing. All within the
 * caller's transaction. */
#ifndef KP_NODE_EVIDENCE_STORE_H
#define KP_NODE_EVIDENCE_STORE_H

#include "node/round.h"
#include "proto/control.h"
#include "proto/evidence.h"
#include "proto/store.h"

/* A record's key: the counter, then where in the round (kp_evidence_key). */
#define KP_EVIDENCE_STORE_KEY_BYTES (4 + KP_EVIDENCE_KEY_BYTES)
void kp_evidence_store_key(uint8_t key[static KP_EVIDENCE_STORE_KEY_BYTES], uint64_t counter,
                           enum kp_export_item_kind kind, uint32_t member, uint32_t part);

/* The READYs of all, when the barrier opens or a START proves the release. Nothing when the round
 * isn't kept, as after an older database was put back. */
KP_MUST_USE enum kp_status kp_evidence_released(struct kp_txn *txn,
                                                const struct kp_agreement *agreement,
                                                uint64_t counter, const struct kp_buffer *ready,
                                                struct kp_error *error);
/* Whether anything is there of this counter, kept or half written. */
KP_MUST_USE enum kp_status kp_evidence_any(struct kp_txn *txn, uint64_t counter, bool *any,
                                           struct kp_error *error);
KP_MUST_USE enum kp_status kp_evidence_drop(struct kp_txn *txn, uint64_t counter,
                                            struct kp_error *error);
/* All of it; *rounds: of how many. */
KP_MUST_USE enum kp_status kp_evidence_drop_all(struct kp_txn *txn, uint64_t *rounds,
                                                struct kp_error *error);

/* One item. */
KP_MUST_USE enum kp_status kp_evidence_get(struct kp_txn *txn, uint64_t counter,
                                           enum kp_export_item_kind kind, uint32_t member,
                                           uint32_t part, struct kp_buffer *content, bool *found,
                                           struct kp_error *error);

/* A page of an export. KP_REFUSED: the round isn't kept, or wasn't released. */
KP_MUST_USE enum kp_status kp_evidence_page(struct kp_txn *txn,
                                            const struct kp_agreement *agreement, uint64_t counter,
                                            uint64_t after, struct kp_export_page *page,
                                            struct kp_error *error);

#endif
