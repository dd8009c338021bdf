/* The addresses that may take part in a round, as the slots are filled from them. Internal to
 * node/slots.c. */
#ifndef KP_NODE_SLOT_CANDIDATES_H
#define KP_NODE_SLOT_CANDIDATES_H

#include "node/slots.h"

struct kp_candidate {
    uint8_t blind[KP_STORE_BLIND_BYTES];
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    uint8_t indicators[KP_INDICATOR_SET_BYTES];
    uint8_t grounds[KP_DIGEST_BYTES];
    uint32_t observed_on;
    uint64_t registered_at;
    bool placed;   /* a slot holds it */
    bool canary;   /* its key stands in `address`; the other fields of the leaf are zeros */
    uint32_t item; /* of a canary: as in struct kp_canary */
};

struct kp_candidates {
    struct kp_candidate *items; /* bulk; by blind key */
    size_t count;
};

/* What they are read for. */
struct kp_candidates_for {
    struct kp_store *store;
    const struct kp_agreement *agreement;
    uint32_t own;
    uint64_t counter;
};

/* Reads all signals, and counts them in the summary; and the canaries. Freed with
 * kp_candidates_free. */
KP_MUST_USE enum kp_status kp_candidates_read(struct kp_candidates *candidates, struct kp_txn *txn,
                                              const struct kp_candidates_for *wanted,
                                              struct kp_slots_summary *summary,
                                              struct kp_error *error);
void kp_candidates_free(struct kp_candidates *candidates);

/* NULL: no such address may take part. */
struct kp_candidate *kp_candidates_find(const struct kp_candidates *candidates,
                                        const uint8_t blind[static KP_STORE_BLIND_BYTES]);

/* Fills `order` with those that aren't placed, canaries first, then the
 * oldest registration; returns their number.
 * order has room for all. */
size_t kp_candidates_waiting(const struct kp_candidates *candidates, struct kp_candidate **order);

#endif
