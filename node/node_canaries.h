/* Canaries at the daemon (docs/protocol.md, "Canaries"). On the loop's thread. */
#ifndef KP_NODE_NODE_CANARIES_H
#define KP_NODE_NODE_CANARIES_H

#include "node/release.h"
#include "proto/letter.h"
#include "proto/store.h"

struct kp_node;

/* When the daemon starts: draws what this member draws, and posts it. */
KP_MUST_USE enum kp_status kp_node_canaries_open(struct kp_node *node, struct kp_error *error);
/* A letter of type KP_LETTER_CANARY_SECRETS; see kp_node_letter_handler. */
KP_MUST_USE enum kp_status kp_node_canaries_take(struct kp_node *node, struct kp_txn *txn,
                                                 const struct kp_opened_letter *letter,
                                                 struct kp_error *error);
/* Whether a round can begin. KP_REFUSED: secrets haven't come of node->canaries_missing. */
KP_MUST_USE enum kp_status kp_node_canaries_check(struct kp_node *node, struct kp_error *error);
/* When it wants to be called again. */
uint64_t kp_node_canaries_tick(struct kp_node *node, uint64_t now);
/* Posts the notice of a release, in the transaction that lets the release go. */
KP_MUST_USE enum kp_status kp_node_canaries_notice(struct kp_node *node, struct kp_txn *txn,
                                                   const struct kp_release *release,
                                                   struct kp_error *error);

#endif
