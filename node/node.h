/* The partner's daemon: keeps its signals, and does its half of every round.
 *
 * It only connects outwards, to the coordinator; nobody but programs of its own user on the same
 * machine can connect to it. */
#ifndef KP_NODE_NODE_H
#define KP_NODE_NODE_H

#include "node/node_config.h"
#include "proto/error.h"
#include "proto/loop.h"

struct kp_node;

/* Reads agreement and keys and checks that they belong together, opens the store and the control
 * socket, and ends or goes on with what a process before it left. config and loop are borrowed. */
KP_MUST_USE enum kp_status kp_node_new(struct kp_node **node, const struct kp_node_config *config,
                                       struct kp_loop *loop, struct kp_error *error);
/* Before the loop is freed. NULL is allowed. */
void kp_node_free(struct kp_node *node);

struct kp_loop_hooks kp_node_hooks(struct kp_node *node);

#endif
