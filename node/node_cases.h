/* Cases at the node's daemon. */
#ifndef KP_NODE_NODE_CASES_H
#define KP_NODE_NODE_CASES_H

#include "node/node_letters.h"
#include "proto/control.h"

/* Letters of the project leader (kp_node_letter_handler). A case that isn't proven is refused: the
 * own log says so, and nothing is kept or answered. */
KP_MUST_USE enum kp_status kp_node_take_case(struct kp_node *node, struct kp_txn *txn,
                                             const struct kp_opened_letter *letter,
                                             struct kp_error *error);
KP_MUST_USE enum kp_status kp_node_take_closed(struct kp_node *node, struct kp_txn *txn,
                                               const struct kp_opened_letter *letter,
                                               struct kp_error *error);

/* The control socket: cases as a list, or one with what it is about, which is logged as shown; an
 * answer, which goes to the project leader. */
KP_MUST_USE enum kp_status kp_node_serve_cases(struct kp_node *node,
                                               const struct kp_control_request *asked,
                                               struct kp_control_response *response,
                                               struct kp_error *error);
KP_MUST_USE enum kp_status kp_node_serve_answer(struct kp_node *node,
                                                const struct kp_control_request *asked,
                                                struct kp_control_response *response,
                                                struct kp_error *error);

#endif
