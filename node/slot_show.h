/* One audited slot: what it was made of, what came out, and where it stands under the roots that
 * the member signed. */
#ifndef KP_NODE_SLOT_SHOW_H
#define KP_NODE_SLOT_SHOW_H

#include "node/noted.h"
#include "node/slot_audit.h"
#include "proto/proof.h"

struct kp_slot_show;

/* Queries, and after they were asked their answers; freed with free(). */
struct kp_slot_noted {
    struct kp_noted_query *queries;
    size_t count, room;
};

/* Makes the trees. Source and transaction are borrowed. */
KP_MUST_USE enum kp_status kp_slot_show_new(struct kp_slot_show **show, struct kp_txn *txn,
                                            const struct kp_slot_audit_source *source,
                                            struct kp_error *error);
void kp_slot_show_free(struct kp_slot_show *show); /* NULL is allowed */
/* Looks up when the signals of these slots were registered and withdrawn, once and before any of
 * them is shown. */
KP_MUST_USE enum kp_status kp_slot_show_look_up(struct kp_slot_show *show, const uint32_t *picks,
                                                uint32_t count, struct kp_error *error);
/* Freed with kp_pick_free whatever the result. */
KP_MUST_USE enum kp_status kp_slot_show(const struct kp_slot_show *show, uint32_t index,
                                        struct kp_pick *pick, struct kp_error *error);

/* slot_show_signals.c: kind, address and signals of a slot whose leaf is in the pick already. */
KP_MUST_USE enum kp_status kp_slot_show_signals(struct kp_txn *txn,
                                                const struct kp_agreement *agreement, uint32_t own,
                                                const struct kp_slot_keeping *keeping,
                                                const struct kp_slot_noted *noted,
                                                struct kp_pick *pick, struct kp_error *error);
/* What is to be looked up for the slot goes behind the queries that are there. */
KP_MUST_USE enum kp_status kp_slot_show_ask(struct kp_txn *txn,
                                            const struct kp_agreement *agreement, uint32_t index,
                                            struct kp_slot_noted *noted, struct kp_error *error);

#endif
