/* The project leader puts matches on the case table, and takes answers. */
#ifndef KP_COORDINATOR_LEADER_CASES_H
#define KP_COORDINATOR_LEADER_CASES_H

#include "coordinator/cases.h"
#include "coordinator/leader.h"

/* Puts a match before all members that hold it and all that are asked on request, with its
 * evidence, a file without papers: letters that are on disk, and in the log, before they leave.
 * KP_REFUSED: the evidence doesn't hold, or nothing is in force. */
KP_MUST_USE enum kp_status kp_leader_case_open(struct kp_leader *leader, uint32_t round,
                                               uint32_t number, uint32_t days,
                                               const struct kp_buffer *file,
                                               uint8_t id[static KP_CASE_ID_BYTES],
                                               struct kp_error *error);
/* Takes what members answered; a case of which fewer than t members say that it is current closes
 * itself. *odd: how many letters were no answers to what was asked. */
KP_MUST_USE enum kp_status kp_leader_cases_refresh(struct kp_leader *leader, uint32_t *odd,
                                                   struct kp_error *error);
KP_MUST_USE enum kp_status kp_leader_case_close(struct kp_leader *leader,
                                                const uint8_t id[static KP_CASE_ID_BYTES],
                                                struct kp_error *error);

#endif
