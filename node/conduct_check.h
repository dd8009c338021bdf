/* What a member checks of the coordinator's messages before it follows them; each check by itself,
 * as in node/round_check.h. */
#ifndef KP_NODE_CONDUCT_CHECK_H
#define KP_NODE_CONDUCT_CHECK_H

#include "proto/agreement.h"
#include "proto/round_message.h"

/* START, COMPLETE and ABORT are signed by the coordinator that this version names. */
KP_MUST_USE enum kp_status kp_check_conductor(const struct kp_agreement *agreement,
                                              const struct kp_round_message *message,
                                              struct kp_error *error);
/* START is for this version: the one that counts here. */
KP_MUST_USE enum kp_status kp_check_start_version(const struct kp_start *start,
                                                  const struct kp_agreement *agreement,
                                                  struct kp_error *error);
/* The secrets of the canaries of all groups are here. missing: members that draw one that isn't. */
KP_MUST_USE enum kp_status kp_check_canary_secrets(const struct kp_agreement *agreement,
                                                   uint32_t missing, struct kp_error *error);

/* It is of the kind that the agreement has for its counter: nobody chooses which round only counts.
 */
KP_MUST_USE enum kp_status kp_check_start_type(const struct kp_start *start,
                                               const struct kp_agreement *agreement,
                                               struct kp_error *error);

#endif
