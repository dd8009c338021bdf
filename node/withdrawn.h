/* Signals that were withdrawn while a slot may still hold their address. Such a slot keeps its
 * point until its turn and counts as padding; whoever audits it must be able to see what the point
 * was made of, or a guess could be called a withdrawn signal. What no slot holds any more is
 * deleted when the next list is fixed: the round before that one is past. */
#ifndef KP_NODE_WITHDRAWN_H
#define KP_NODE_WITHDRAWN_H

#include "node/signals.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kp_withdrawn_signal {
    struct kp_kept_signal kept;
    uint64_t withdrawn_at; /* Unix seconds */
};

KP_MUST_USE enum kp_status kp_withdrawn_put(struct kp_txn *txn,
                                            const uint8_t blind[static KP_STORE_BLIND_BYTES],
                                            const struct kp_withdrawn_signal *withdrawn,
                                            struct kp_error *error);

/* Those on one address, KP_SIGNALS_PER_ADDRESS_MAX at most; no order. */
struct kp_withdrawn_list {
    struct kp_withdrawn_signal items[KP_SIGNALS_PER_ADDRESS_MAX]; /* wiped by whoever holds it */
    size_t count;
};
KP_MUST_USE enum kp_status kp_withdrawn_get(struct kp_txn *txn,
                                            const uint8_t blind[static KP_STORE_BLIND_BYTES],
                                            struct kp_withdrawn_list *list, struct kp_error *error);

/* ---- Deleting: read what there is, tell which addresses stay, delete the others ---- */

struct kp_withdrawn_set {
    uint8_t *keys; /* of all records, in order */
    bool *held;
    size_t count;
};
/* Freed with kp_withdrawn_set_free whatever the result. */
KP_MUST_USE enum kp_status kp_withdrawn_read(struct kp_txn *txn, struct kp_withdrawn_set *set,
                                             struct kp_error *error);
void kp_withdrawn_hold(struct kp_withdrawn_set *set,
                       const uint8_t blind[static KP_STORE_BLIND_BYTES]);
KP_MUST_USE enum kp_status
kp_withdrawn_forget(struct kp_txn *txn, const struct kp_withdrawn_set *set, struct kp_error *error);
void kp_withdrawn_set_free(struct kp_withdrawn_set *set);

#endif
