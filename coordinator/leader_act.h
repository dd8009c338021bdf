/* Acts of opening in a holder's own store: the first act of a round is kept, so that the date of
 * its log entry stays what it was and partials go to the other holder once. */
#ifndef KP_COORDINATOR_LEADER_ACT_H
#define KP_COORDINATOR_LEADER_ACT_H

#include "coordinator/act.h"
#include "coordinator/leader_round.h"

/* *found: this holder opened the round before. The act is freed by the caller whatever the result.
 */
KP_MUST_USE enum kp_status kp_leader_act_load(struct kp_leader *leader, uint32_t round,
                                              struct kp_act *act, bool *found,
                                              struct kp_error *error);
/* Logs the act as `event`, keeps it and, with two holders, the letters that carry its partials to
 * the other one: in one transaction, on disk when KP_OK. Fills in act->entry. */
KP_MUST_USE enum kp_status kp_leader_act_keep(struct kp_leader *leader,
                                              struct kp_leader_round *round, struct kp_act *act,
                                              enum kp_audit_event event, struct kp_error *error);
/* That it is shown once more. On disk when KP_OK. */
KP_MUST_USE enum kp_status kp_leader_act_log_again(struct kp_leader *leader,
                                                   const struct kp_leader_round *round,
                                                   const struct kp_act *act,
                                                   struct kp_error *error);

#endif
