/* What a node remembers of a lineage over restarts, but for signals, slots and release.
 *
 * The counters are what nobody may turn back: `proven` is the highest counter whose release all
 * members' READYs prove, `fixed` the one that the slots were last fixed for. */
#ifndef KP_NODE_STATE_H
#define KP_NODE_STATE_H

#include "proto/agreement.h"
#include "proto/round_message.h"
#include "proto/store.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_node_state {
    uint64_t proven; /* 0: no round was released yet */
    bool in_attempt;
    uint8_t attempt[KP_ATTEMPT_BYTES]; /* in progress; zeros when none is, like the next two */
    uint64_t counter;
    enum kp_phase phase; /* KP_PHASE_HELLO1: no READY yet, whatever phase it reached */
    uint8_t mailbox[KP_MAILBOX_ID_BYTES];
    uint32_t bucket;    /* what the round of counts said (proto/count.h); 0: nothing yet */
    uint64_t delivered; /* of that mailbox: up to this message all has taken effect */
    char last_error[KP_ERROR_TEXT]; /* why the last attempt ended; empty when it completed */
};

/* All zero when there is none yet. */
KP_MUST_USE enum kp_status kp_state_load(struct kp_txn *txn,
                                         const uint8_t lineage[static KP_DIGEST_BYTES],
                                         struct kp_node_state *state, struct kp_error *error);
KP_MUST_USE enum kp_status kp_state_save(struct kp_txn *txn,
                                         const uint8_t lineage[static KP_DIGEST_BYTES],
                                         const struct kp_node_state *state, struct kp_error *error);

/* 0: no list was fixed yet. */
KP_MUST_USE enum kp_status kp_state_fixed(struct kp_txn *txn,
                                          const uint8_t lineage[static KP_DIGEST_BYTES],
                                          uint64_t *counter, struct kp_error *error);
/* KP_REFUSED: from `fixed` to `counter` it would go back. */
KP_MUST_USE enum kp_status kp_state_check_fixed(uint64_t fixed, uint64_t counter,
                                                struct kp_error *error);
/* KP_REFUSED: it would go back. */
KP_MUST_USE enum kp_status kp_state_set_fixed(struct kp_txn *txn,
                                              const uint8_t lineage[static KP_DIGEST_BYTES],
                                              uint64_t counter, struct kp_error *error);

/* The READYs that prove `proven`: `members` buffers, empty when there are none. */
KP_MUST_USE enum kp_status kp_state_load_proof(struct kp_txn *txn,
                                               const uint8_t lineage[static KP_DIGEST_BYTES],
                                               struct kp_buffer *ready, uint32_t members,
                                               struct kp_error *error);
KP_MUST_USE enum kp_status kp_state_save_proof(struct kp_txn *txn,
                                               const uint8_t lineage[static KP_DIGEST_BYTES],
                                               const struct kp_buffer *ready, uint32_t members,
                                               struct kp_error *error);

/* A HELLO 2 that this member itself signed for a list, or after a log, that this database doesn't
 * have: it waits for the next START. NULL forgets it. Empty when there is none. */
KP_MUST_USE enum kp_status kp_state_save_claim(struct kp_txn *txn,
                                               const uint8_t lineage[static KP_DIGEST_BYTES],
                                               const struct kp_buffer *claim,
                                               struct kp_error *error);
KP_MUST_USE enum kp_status kp_state_load_claim(struct kp_txn *txn,
                                               const uint8_t lineage[static KP_DIGEST_BYTES],
                                               struct kp_buffer *claim, struct kp_error *error);

/* Attempts that were begun since the last proven counter: none is begun twice, for its messages
 * could be brought again. *fresh tells whether this one is new. */
KP_MUST_USE enum kp_status kp_state_use_attempt(struct kp_txn *txn,
                                                const uint8_t lineage[static KP_DIGEST_BYTES],
                                                const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                                bool *fresh, struct kp_error *error);
KP_MUST_USE enum kp_status kp_state_forget_attempts(struct kp_txn *txn,
                                                    const uint8_t lineage[static KP_DIGEST_BYTES],
                                                    struct kp_error *error);

#endif
