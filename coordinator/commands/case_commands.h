/* `kruispunt leader case` and `leader cases`. */
#ifndef KP_COORDINATOR_COMMANDS_CASE_COMMANDS_H
#define KP_COORDINATOR_COMMANDS_CASE_COMMANDS_H

#include "coordinator/leader_cases.h"
#include "proto/command.h"

struct kp_register;

extern const struct kp_command kp_command_leader_case, kp_command_leader_cases;

/* "open", "closed: fewer than the threshold are left", "closed by the project leader". */
const char *kp_case_end_text(enum kp_case_end end);
/* One case; the names are those of the agreement. reg may be NULL: then an object is shown by its
 * id.
 */
KP_MUST_USE enum kp_status kp_case_print(const struct kp_agreement *agreement,
                                         const struct kp_register *reg,
                                         const struct kp_leader_case *kept, struct kp_error *error);
KP_MUST_USE enum kp_status kp_case_print_json(const struct kp_agreement *agreement,
                                              const struct kp_register *reg,
                                              const struct kp_leader_case *kept,
                                              struct kp_error *error);

#endif
