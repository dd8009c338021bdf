/* The addresses that may take part in a round, and the canaries: what slots are filled from.
 * Internal to node/slots.c and what it is made of. */
#ifndef KP_NODE_SLOT_CANDIDATES_H
#define KP_NODE_SLOT_CANDIDATES_H

#include "node/slots.h"

/* What a leaf is made of; bytes only, as it goes through sorters. */
struct kp_slot_content {
    uint8_t blind[KP_STORE_BLIND_BYTES]; /* of the address */
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    uint8_t indicators[KP_INDICATOR_SET_BYTES];
    uint8_t grounds[KP_DIGEST_BYTES];
    uint8_t observed_on[4];
    uint8_t any;     /* 0: nothing is in the slot, and all else is zeros */
    uint8_t canary;  /* 1: its key stands in `address`; the other fields of the leaf are zeros */
    uint8_t item[4]; /* of a canary: as in struct kp_canary */
};

struct kp_candidate {
    struct kp_slot_content content;
    uint64_t registered_at;
};

/* What they are read for. */
struct kp_candidates_for {
    struct kp_store *store;
    const struct kp_agreement *agreement;
    uint32_t own;
    uint64_t counter;
};

typedef enum kp_status kp_candidates_each(void *context, const struct kp_candidate *candidate,
                                          struct kp_error *error);
/* Calls `each` for every one, in the order of blind keys, and counts signals, addresses and what
 * is eligible in the summary. What `each` returns but KP_OK ends it. No transaction may be open,
 * and none is when `each` is called; it pauses (proto/steps.h), and signals that are changed
 * meanwhile are seen as they were or as they are. */
KP_MUST_USE enum kp_status kp_candidates_walk(const struct kp_candidates_for *wanted,
                                              kp_candidates_each *each, void *context,
                                              struct kp_slots_summary *summary,
                                              struct kp_error *error);

#endif
