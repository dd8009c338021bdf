/* Signals that were withdrawn while a slot may still hold their address. Such a slot keeps its
 * point until its turn and counts as padding; whoever audits it must be able to see what the point
 * was made of, or a guess could be called a withdrawn signal. What no slot holds any more is
 * deleted when the next list is fixed: the round before that one is past. */
#ifndef KP_NODE_WITHDRAWN_H
#define KP_NODE_WITHDRAWN_H

#include "node/signals.h"
#include "proto/sorter.h"
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

/* ---- Deleting: all records pass by once, in order, and what no slot holds is remembered; then it
 * is deleted, some at a time ---- */

struct kp_withdrawn_scan {
    struct kp_store *store; /* borrowed */
    const char *folder;     /* where a sorter may have its file; borrowed */
    uint64_t count;         /* of all records */
    uint8_t *keys;          /* of those that were read and haven't passed by */
    size_t read, passed;    /* keys */
    const uint8_t *key;     /* the one that is next; NULL: none */
    struct kp_sorter *gone; /* keys of those that no slot holds; NULL: none so far */
    const uint8_t *next;    /* of these, after the scan */
};
/* Up to kp_withdrawn_scan_end no transaction may be open in any of these calls, and no record may
 * be added between them. Freed with kp_withdrawn_scan_free whatever the result. */
KP_MUST_USE enum kp_status kp_withdrawn_scan_begin(struct kp_withdrawn_scan *scan,
                                                   struct kp_store *store, const char *folder,
                                                   struct kp_error *error);
/* A slot goes on holding this address; in the order of blind keys. */
KP_MUST_USE enum kp_status kp_withdrawn_scan_hold(struct kp_withdrawn_scan *scan,
                                                  const uint8_t blind[static KP_STORE_BLIND_BYTES],
                                                  struct kp_error *error);
KP_MUST_USE enum kp_status kp_withdrawn_scan_end(struct kp_withdrawn_scan *scan,
                                                 struct kp_error *error);
/* Whether there is something to delete (still). */
bool kp_withdrawn_scan_left(const struct kp_withdrawn_scan *scan);
/* Deletes KP_WITHDRAWN_FORGET records at most. */
#define KP_WITHDRAWN_FORGET 4096u
KP_MUST_USE enum kp_status kp_withdrawn_forget(struct kp_withdrawn_scan *scan, struct kp_txn *txn,
                                               struct kp_error *error);
void kp_withdrawn_scan_free(struct kp_withdrawn_scan *scan);

#endif
