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
 * `digest` is that of a signal that is new (kp_signals_digest). KP_REFUSED: more than
 * KP_SIGNALS_PER_ADDRESS_MAX on one address, or a field is not canonical. */
KP_MUST_USE enum kp_status kp_signals_add(struct kp_store *store, struct kp_txn *txn,
                                          const struct kp_signal *signal, uint64_t now,
                                          enum kp_signal_added *added,
                                          uint8_t digest[static KP_DIGEST_BYTES],
                                          struct kp_error *error);
/* Takes a signal out; all of its fields must be those that it was added with. *kept is what was
 * kept of it, to be wiped by the caller. KP_REFUSED: there is none like it. */
KP_MUST_USE enum kp_status kp_signals_remove(struct kp_store *store, struct kp_txn *txn,
                                             const struct kp_signal *signal,
                                             struct kp_kept_signal *kept, struct kp_error *error);

/* In the order of struct kp_signals_on_address. */
void kp_signals_sort(struct kp_signals_on_address *signals);

/* One kept signal by itself, sealed nowhere: H over all of its fields, salt and moment of
 * registration too. The salt hides what it is of. */
void kp_signals_digest(uint8_t digest[static KP_DIGEST_BYTES], const struct kp_kept_signal *kept);

/* All signals on an address, as bytes and back. */
/* Of the record, in bytes. */
size_t kp_signals_record_size(const struct kp_signals_on_address *signals);
/* Returns the record's size; `record` has kp_signals_record_size bytes. */
size_t kp_signals_pack(uint8_t *record, const struct kp_signals_on_address *signals);
/* KP_REFUSED: no such record. Freed with kp_signals_on_address_free. */
KP_MUST_USE enum kp_status kp_signals_unpack(struct kp_signals_on_address *out,
                                             const uint8_t *record, size_t size,
                                             struct kp_error *error);

/* Fills `out` (freed with kp_signals_on_address_free) for one blind key. */
KP_MUST_USE enum kp_status kp_signals_get(struct kp_txn *txn,
                                          const uint8_t blind[static KP_STORE_BLIND_BYTES],
                                          struct kp_signals_on_address *out, bool *found,
                                          struct kp_error *error);
void kp_signals_on_address_free(struct kp_signals_on_address *signals);

/* Calls `each` for at most `most` addresses, in the order of the keyed hash (which says nothing):
 * those behind the key `after`, or from the first on (NULL). *more: there may be others. */
typedef enum kp_status kp_signals_each(void *context,
                                       const uint8_t blind[static KP_STORE_BLIND_BYTES],
                                       const struct kp_signals_on_address *signals,
                                       struct kp_error *error);
KP_MUST_USE enum kp_status kp_signals_walk(struct kp_txn *txn, const uint8_t *after, uint32_t most,
                                           kp_signals_each *each, void *context, bool *more,
                                           struct kp_error *error);

/* The digest that stands in a leaf: H("Kruispunt-v1 grounds", for each signal: indicator, date,
 * H("Kruispunt-v1 grounds of a signal", salt, grounds)). */
void kp_signals_grounds_digest(uint8_t digest[static KP_DIGEST_BYTES],
                               const struct kp_signals_on_address *signals);

#endif
