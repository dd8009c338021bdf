/* What the coordinator signed for what this member put: of the last attempts, the last receipt of
 * each, and the digests of all messages that were put, in order. A receipt is over the first of
 * them: with both, nobody can say that they didn't come.
 *
 * Keys: attempt; number 4 BE, 0 being the header, the others digests. All within the caller's
 * transaction. */
#ifndef KP_NODE_RECEIPTS_H
#define KP_NODE_RECEIPTS_H

#include "proto/agreement.h"
#include "proto/control.h"
#include "proto/round_message.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one attempt. Zero-initialise; free with kp_receipts_free. */
struct kp_receipts {
    bool any;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint64_t counter;
    uint64_t time;            /* Unix milliseconds, of the last change */
    bool silent;              /* the coordinator was silent for too long */
    struct kp_buffer start;   /* packed */
    struct kp_buffer digests; /* KP_DIGEST_BYTES each */
    struct kp_buffer receipt; /* packed; empty: none yet */
    enum kp_phase phase;      /* that the receipt names */
    /* What isn't on disk. */
    size_t saved;                /* bytes of digests that are */
    uint32_t pieces;             /* in which they are */
    bool reloaded;               /* by a process after the one that put them: some come again */
    struct kp_deposited checked; /* the first digests, that a receipt was right about */
};
void kp_receipts_free(struct kp_receipts *receipts); /* also clears it */

/* Another attempt begins. */
KP_MUST_USE enum kp_status kp_receipts_begin(struct kp_receipts *receipts,
                                             const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                             uint64_t counter, const struct kp_buffer *start,
                                             struct kp_error *error);
/* A message that is about to be put. One of another attempt, and one that was put before, change
 * nothing. */
KP_MUST_USE enum kp_status kp_receipts_put(struct kp_receipts *receipts,
                                           const struct kp_buffer *packed, struct kp_error *error);
/* Takes a receipt whose signature was checked. KP_REFUSED: it is of something else, goes back, or
 * isn't over the first messages that were put. */
KP_MUST_USE enum kp_status kp_receipts_take(struct kp_receipts *receipts, uint32_t own,
                                            const struct kp_round_message *message,
                                            const struct kp_buffer *packed, struct kp_error *error);

/* Writes what isn't on disk yet, and deletes the oldest beyond KP_RECEIPTS_MAX attempts.
 * receipts->saved and ->pieces count only once the transaction is committed. */
KP_MUST_USE enum kp_status kp_receipts_save(struct kp_txn *txn, struct kp_receipts *receipts,
                                            struct kp_error *error);
/* Empty when nothing is kept of this attempt. */
KP_MUST_USE enum kp_status kp_receipts_load(struct kp_txn *txn,
                                            const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                            struct kp_receipts *receipts, struct kp_error *error);

/* Calls `each` with every attempt that is kept, without its digests; by rising attempt id. */
typedef void kp_receipts_each(void *context, const struct kp_receipts *header);
KP_MUST_USE enum kp_status kp_receipts_walk(struct kp_txn *txn, kp_receipts_each *each,
                                            void *context, struct kp_error *error);

/* receipts_export.c */

/* A page of an export of all attempts at this counter (0: the last one that anything is kept of).
 * KP_REFUSED: there is none. */
KP_MUST_USE enum kp_status kp_receipts_page(struct kp_txn *txn,
                                            const struct kp_agreement *agreement, uint32_t own,
                                            uint64_t counter, uint64_t after,
                                            struct kp_export_page *page, struct kp_error *error);
/* A verdict about the last attempt at this counter that ended because the coordinator was silent,
 * as the items of a file. KP_REFUSED: there is none. */
KP_MUST_USE enum kp_status
kp_receipts_verdict_page(struct kp_txn *txn, const struct kp_agreement *agreement, uint32_t own,
                         uint64_t counter, struct kp_export_page *page, struct kp_error *error);

#endif
