/* The signals that a node keeps, encrypted at rest, found by a keyed hash of the address. */
#ifndef KP_NODE_SIGNALS_H
#define KP_NODE_SIGNALS_H

#include "crypto/hash.h"
#include "node/signal.h"
#include "proto/error.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_GROUNDS_SALT_BYTES 16

/* One suspicion on an address, as kept. */
struct kp_kept_signal {
    struct kp_signal signal;
    uint8_t salt[KP_GROUNDS_SALT_BYTES]; /* hides the grounds in their digest */
};

/* All signals on one address. */
struct kp_signals_on_address {
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    struct kp_kept_signal *signals; /* sorted by indicator, then date, then grounds; unique */
    size_t count;
};

enum kp_signal_added { KP_SIGNAL_NEW, KP_SIGNAL_KNOWN };

/* Adds a signal unless address, indicator, grounds and date are all known. `now` is Unix seconds.
 * KP_REFUSED: more than KP_SIGNALS_PER_ADDRESS_MAX on one address, or a field is not canonical. */
KP_MUST_USE enum kp_status kp_signals_add(struct kp_store *store, struct kp_txn *txn,
                                          const struct kp_signal *signal, uint64_t now,
                                          enum kp_signal_added *added, struct kp_error *error);

/* Fills `out` (freed with kp_signals_on_address_free) for one blind key. */
KP_MUST_USE enum kp_status kp_signals_get(struct kp_txn *txn,
                                          const uint8_t blind[static KP_STORE_BLIND_BYTES],
                                          struct kp_signals_on_address *out, bool *found,
                                          struct kp_error *error);
void kp_signals_on_address_free(struct kp_signals_on_address *signals);

/* Calls `each` for every address, in the order of the keyed hash (which says nothing). */
typedef enum kp_status kp_signals_each(void *context,
                                       const uint8_t blind[static KP_STORE_BLIND_BYTES],
                                       const struct kp_signals_on_address *signals,
                                       struct kp_error *error);
KP_MUST_USE enum kp_status kp_signals_walk(struct kp_txn *txn, kp_signals_each *each, void *context,
                                           struct kp_error *error);

/* The digest that stands in a leaf: H("Kruispunt-v1 grounds", for each signal: indicator, date,
 * H("Kruispunt-v1 grounds of a signal", salt, grounds)). */
void kp_signals_grounds_digest(uint8_t digest[static KP_DIGEST_BYTES],
                               const struct kp_signals_on_address *signals);

#endif
