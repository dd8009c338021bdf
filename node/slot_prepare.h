/* A list of slots while it is made (node/slots.c), in two steps:
 *   slot_join.c  what slots hold and what may take part, both in the order of blind keys, give what
 *                each slot that isn't due says, and what due slots may hold, by precedence;
 *   slot_fill.c  due slots get what they hold, at random, and new points; part by part the list is
 *                handed on and what changed is written.
 * What grows with the list goes through sealed sorters. */
#ifndef KP_NODE_SLOT_PREPARE_H
#define KP_NODE_SLOT_PREPARE_H

#include "node/slot_candidates.h"
#include "node/slot_store.h"
#include "node/withdrawn.h"
#include "proto/sorter.h"

struct kp_preparing {
    struct kp_candidates_for wanted;
    char folder[KP_PATH_MAX + 4]; /* where sorters may have their files */
    uint32_t threads;             /* 0: as many as there are processors */
    uint32_t count;               /* how many slots there are; none on request */
    uint64_t fixed;               /* the counter whose list is in the store; 0: none */
    uint32_t due;                 /* how many slots' turn it is */
    struct kp_lasting lasting;
    struct kp_sorter *waiting; /* struct kp_slot_waiting; NULL: nothing but counting is wanted */
    struct kp_sorter *filled;  /* struct kp_slot_filled: one of every slot */
    struct kp_withdrawn_scan withdrawn; /* those that a slot goes on holding stay */
    struct kp_slots_summary *summary;
};

/* In the order that due slots take them: those that were in one and stay, canaries, addresses. */
struct kp_slot_waiting {
    uint8_t rank;
    uint8_t registered_at[8];
    struct kp_slot_content content;
};
#define KP_SLOT_STAYS 0u
#define KP_SLOT_WAITS_CANARY 1u
#define KP_SLOT_WAITS 2u

struct kp_slot_filled {
    uint8_t index[4];
    struct kp_slot_content content;
};

/* In any of the rounds since the list in the store: one that others released without this member
 * was a turn too. */
bool kp_preparing_is_due(const struct kp_preparing *preparing, uint32_t index);

/* KP_REFUSED: a slot that isn't due is missing. The sorters are there, or NULL for counting. No
 * transaction may be open. Pauses, as kp_preparing_fill does. */
KP_MUST_USE enum kp_status kp_preparing_join(struct kp_preparing *preparing,
                                             struct kp_error *error);
/* Hands the parts to the list, those that changed to the writer. No transaction may be open. */
KP_MUST_USE enum kp_status kp_preparing_fill(struct kp_preparing *preparing,
                                             struct kp_store_writer *writer,
                                             struct kp_slot_list *list, struct kp_error *error);

#endif
