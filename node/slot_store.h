/* The lasting slots on disk, in parts of KP_CHUNK_POINTS. Internal to node/slots.c and what it is
 * made of.
 *
 * Each part has two sides, and a head says which one counts. What changes is written on the other
 * side, in as many transactions as it takes; the transaction that writes the head makes it count,
 * all of it at once. So a list is on disk as a whole, or the one before is; what a process that was
 * killed left on a side that doesn't count is written over, or deleted, with the next list. */
#ifndef KP_NODE_SLOT_STORE_H
#define KP_NODE_SLOT_STORE_H

#include "crypto/group.h"
#include "crypto/hash.h"
#include "proto/error.h"
#include "proto/limits.h"
#include "proto/store.h"
#include "proto/store_writer.h"

#include <stdbool.h>
#include <stdint.h>

enum kp_lasting_kind { KP_LASTING_PADDING = 0, KP_LASTING_SIGNAL = 1, KP_LASTING_LOST = 2 };

/* Bytes only: it stands on disk as it is. */
struct kp_lasting_slot {
    uint8_t kind;
    uint8_t blind[KP_STORE_BLIND_BYTES]; /* of the address; zeros in padding */
    uint8_t blinding[KP_SCALAR_BYTES];
    uint8_t point[KP_POINT_BYTES];
};

/* Bulk: 97 KiB. */
struct kp_lasting_part {
    uint32_t count; /* 0: there is none */
    struct kp_lasting_slot slots[KP_CHUNK_POINTS];
};

#define KP_LASTING_PARTS_MAX (KP_SLOTS_MAX / KP_CHUNK_POINTS)
struct kp_lasting {
    const uint8_t *lineage; /* borrowed */
    uint32_t parts;
    uint8_t side[KP_LASTING_PARTS_MAX]; /* the one that counts */
    bool put[KP_LASTING_PARTS_MAX];     /* the other one was written, and counts from now on */
    bool any;                           /* there is a list */
};

/* Reads the head; `slots` of the member. KP_REFUSED: the slots were kept by an earlier version. */
KP_MUST_USE enum kp_status kp_lasting_open(struct kp_lasting *lasting, struct kp_txn *txn,
                                           const uint8_t lineage[static KP_DIGEST_BYTES],
                                           uint32_t slots, struct kp_error *error);
/* As it was when the head was read. In the transaction, or without one (NULL) in its own. */
KP_MUST_USE enum kp_status kp_lasting_read(const struct kp_lasting *lasting, struct kp_store *store,
                                           struct kp_txn *txn, uint32_t part,
                                           struct kp_lasting_part *slots, struct kp_error *error);
/* Through the writer (then without a transaction open), or in the transaction. */
KP_MUST_USE enum kp_status kp_lasting_put(struct kp_lasting *lasting,
                                          struct kp_store_writer *writer, struct kp_txn *txn,
                                          uint32_t part, const struct kp_lasting_part *slots,
                                          struct kp_error *error);
/* What was put counts when this transaction is committed; what it takes the place of is deleted.
 * After kp_store_writer_into. */
KP_MUST_USE enum kp_status kp_lasting_count(struct kp_lasting *lasting, struct kp_txn *txn,
                                            struct kp_error *error);

#endif
