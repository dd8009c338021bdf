/* The coordinator's daemon: relays between members, conducts rounds, matches, and keeps results for
 * the project leader. It holds no address, no blinded point in clear, no evaluation and no round
 * key. */
#ifndef KP_COORDINATOR_COORDINATOR_H
#define KP_COORDINATOR_COORDINATOR_H

#include "coordinator/coordinator_config.h"
#include "proto/error.h"
#include "proto/loop.h"

struct kp_coordinator;

/* Opens stores and sockets; what a killed process left of a round is destroyed, and its attempt
 * ended. config and loop are borrowed. */
KP_MUST_USE enum kp_status kp_coordinator_new(struct kp_coordinator **coordinator,
                                              const struct kp_coordinator_config *config,
                                              struct kp_loop *loop, struct kp_error *error);
/* Before the loop is freed. NULL is allowed. */
void kp_coordinator_free(struct kp_coordinator *coordinator);

struct kp_loop_hooks kp_coordinator_hooks(struct kp_coordinator *coordinator);

#endif
