/* What the coordinator must remember over a restart, besides mail and results. */
#ifndef KP_COORDINATOR_STATE_H
#define KP_COORDINATOR_STATE_H

#include "proto/agreement.h"
#include "proto/round_message.h"
#include "proto/store.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_coordinator_state {
    uint8_t mailbox[KP_MAILBOX_ID_BYTES]; /* of this database; drawn when it is new */
    uint64_t released;                    /* counter of the last round that was released; 0: none */
    bool open;                            /* an attempt was going on */
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint32_t round;     /* of the last attempt; 0: there has been none */
    uint32_t completed; /* the last one that completed; 0: none */
    enum kp_phase phase;
    uint32_t matches;
    uint32_t faults;
    uint32_t bucket; /* of a round of counts (proto/count.h); else 0 */
    char error[KP_ERROR_TEXT];
};

/* A database that is new gets a mailbox id. KP_REFUSED: it belongs to another agreement. */
KP_MUST_USE enum kp_status kp_coordinator_state_load(struct kp_store *store,
                                                     const struct kp_agreement *agreement,
                                                     struct kp_coordinator_state *state,
                                                     struct kp_error *error);
KP_MUST_USE enum kp_status kp_coordinator_state_save(struct kp_txn *txn,
                                                     const struct kp_coordinator_state *state,
                                                     struct kp_error *error);
/* The READYs of the last round that was released: `ready` holds a packed one for each member. */
KP_MUST_USE enum kp_status kp_coordinator_state_save_release(struct kp_txn *txn, uint32_t members,
                                                             const struct kp_buffer *ready,
                                                             struct kp_error *error);
KP_MUST_USE enum kp_status kp_coordinator_state_load_release(struct kp_txn *txn, uint32_t members,
                                                             struct kp_buffer *ready,
                                                             struct kp_error *error);

#endif
