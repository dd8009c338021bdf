/* The slots of one attempt, in memory: what a member has evaluated and submits. */
#ifndef KP_NODE_SLOT_LIST_H
#define KP_NODE_SLOT_LIST_H

#include "crypto/leaf.h"
#include "crypto/status.h"

#include <stdint.h>

struct kp_slot_list {
    uint32_t count;
    uint8_t *points;        /* count blinded points A */
    uint8_t *blindings;     /* count scalars: r of a signal, a of padding */
    uint8_t *is_signal;     /* count bytes: 1: a signal or an active canary; 0: counts as padding */
    uint32_t *canary;       /* of an active canary: its item in the notice, and 1; else 0 */
    struct kp_leaf *leaves; /* count; the blindings in them are fresh in each attempt */
};

/* All zero, in undumpable memory (crypto/secret.h). KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_slot_list_new(struct kp_slot_list *list, uint32_t count);
void kp_slot_list_free(struct kp_slot_list *list);
/* Draws new blindings for all leaves: once for each attempt. */
void kp_slot_list_blind(struct kp_slot_list *list);

#endif
