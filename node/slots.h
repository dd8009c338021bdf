/* The lasting slots of a member: which addresses it has evaluated, one point each, that changes
 * only when its turn comes (docs/protocol.md, "Slots").
 *
 * Whose turn it is, is public: in round 1 all indices, in each later one the next `rotation` of
 * them. The list for a counter is fixed, on disk, before its first hello, and is the same in every
 * attempt at that counter. */
#ifndef KP_NODE_SLOTS_H
#define KP_NODE_SLOTS_H

#include "node/slot_list.h"
#include "node/slot_store.h"
#include "proto/agreement.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether slot `index` may get a new point in the round with this counter (from 1). */
bool kp_slots_due(const struct kp_agreement *agreement, uint64_t counter, uint32_t index);

struct kp_slots_summary {
    uint64_t signals;                /* all there are */
    uint64_t addresses;              /* with at least one signal */
    uint64_t eligible;               /* addresses that may take part (node/eligible.h) */
    uint64_t in_slots;               /* of these, the ones that a slot holds */
    uint64_t waiting;                /* the others: a later round's turn may bring them in */
    uint64_t unregistered_indicator; /* signals that don't count */
    uint64_t outside_area;           /* signals that don't count */
    uint64_t other_purpose;          /* signals that don't count */
    uint64_t past_date;              /* signals that don't count */
};

/* Fixes the list for `counter`, of no slots when the member takes part on request, unless it is
 * fixed already, and puts all parts of `list`, which the caller made for as many slots. What a leaf
 * says is what the signals say now, with fresh blindings; the points are those of the fixed list.
 * No transaction may be open. Either all of the list for this counter is on disk when it returns,
 * or the one before is, also when the process is killed (node/slot_store.h). Points are
 * made on `threads` threads (0: as many as there are processors). Memory is bounded,
 * whatever the number of signals and slots. Blocks: all signals are read, and every due slot costs
 * some 10 microseconds; but it pauses (proto/steps.h). Meanwhile nothing may change signals, slots,
 * or what was withdrawn. KP_REFUSED: a list for a later counter was fixed already. */
KP_MUST_USE enum kp_status
kp_slots_prepare(struct kp_store *store, const struct kp_agreement *agreement, uint32_t own,
                 uint64_t counter, uint32_t threads, struct kp_slot_list *list,
                 struct kp_slots_summary *summary, struct kp_error *error);

/* Whose address the slot holds, whether or not it takes part now; *held is false of padding. */
KP_MUST_USE enum kp_status kp_slots_held(struct kp_txn *txn, const struct kp_agreement *agreement,
                                         uint32_t index, uint8_t blind[static KP_STORE_BLIND_BYTES],
                                         bool *held, struct kp_error *error);

/* Gives the points of a part of a list, as kp_slot_list_points does. */
struct kp_slots_points {
    void *context;
    enum kp_status (*read)(void *context, uint32_t part, uint8_t *points, struct kp_error *error);
};
/* Puts back the points that this member signed for `counter`, in a database that is older. A slot
 * whose point is another one is lost: nobody knows any more what it holds. It keeps the point until
 * its turn, and counts as padding. First they are written, part by part, without a transaction
 * open; they count when the caller's transaction, into which it puts what the writer has gathered
 * (kp_store_writer_into) before kp_slots_restore_count, is committed. */
struct kp_slots_restoring {
    struct kp_lasting lasting;
    uint64_t counter;
    bool newer; /* are the own slots: they stay */
};
KP_MUST_USE enum kp_status kp_slots_restore(struct kp_slots_restoring *restoring,
                                            struct kp_store *store, struct kp_store_writer *writer,
                                            const struct kp_agreement *agreement, uint32_t own,
                                            uint64_t counter, const struct kp_slots_points *points,
                                            struct kp_error *error);
KP_MUST_USE enum kp_status kp_slots_restore_count(struct kp_slots_restoring *restoring,
                                                  struct kp_txn *txn, struct kp_error *error);

/* The same numbers, between rounds; nothing is changed. */
KP_MUST_USE enum kp_status kp_slots_count(struct kp_store *store,
                                          const struct kp_agreement *agreement, uint32_t own,
                                          struct kp_slots_summary *summary, struct kp_error *error);

#endif
