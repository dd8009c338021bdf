/* The commands of `kruispunt round`, `kruispunt leader` and `kruispunt coordinator`, one a file,
 * and what they share. */
#ifndef KP_COORDINATOR_COMMANDS_ROUND_COMMANDS_H
#define KP_COORDINATOR_COMMANDS_ROUND_COMMANDS_H

#include "proto/agreement.h"
#include "proto/command.h"
#include "proto/wire.h"

extern const struct kp_command kp_command_round_start, kp_command_round_status,
    kp_command_round_watch, kp_command_leader_matches, kp_command_leader_open,
    kp_command_leader_evidence, kp_command_coordinator_agreement, kp_command_coordinator_status,
    kp_command_coordinator_verdicts, kp_command_leader_faults, kp_command_leader_report,
    kp_command_leader_count;

/* The state of a round as a table with a bar for each member, or as one JSON object. */
void kp_print_round_state(const struct kp_round_state *state, const struct kp_agreement *agreement);
KP_MUST_USE enum kp_status kp_print_round_state_json(const struct kp_round_state *state,
                                                     bool test_mode, struct kp_error *error);

#endif
