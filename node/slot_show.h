/* One audited slot: what it was made of, what came out, and where it stands under the roots that
 * the member signed. */
#ifndef KP_NODE_SLOT_SHOW_H
#define KP_NODE_SLOT_SHOW_H

#include "node/slot_audit.h"
#include "proto/proof.h"

struct kp_slot_show;

/* Makes the trees. Source and transaction are borrowed. */
KP_MUST_USE enum kp_status kp_slot_show_new(struct kp_slot_show **show, struct kp_txn *txn,
                                            const struct kp_slot_audit_source *source,
                                            struct kp_error *error);
void kp_slot_show_free(struct kp_slot_show *show); /* NULL is allowed */
/* Freed with kp_pick_free whatever the result. */
KP_MUST_USE enum kp_status kp_slot_show(const struct kp_slot_show *show, uint32_t index,
                                        struct kp_pick *pick, struct kp_error *error);

/* slot_show_signals.c: kind, address and signals of a slot whose leaf is in the pick already. */
KP_MUST_USE enum kp_status kp_slot_show_signals(struct kp_txn *txn,
                                                const struct kp_agreement *agreement, uint32_t own,
                                                const struct kp_slot_keeping *keeping,
                                                struct kp_pick *pick, struct kp_error *error);

#endif
