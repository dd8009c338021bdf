/* The commands of `kruispunt node`, one a file, and how they find the node's daemon. */
#ifndef KP_NODE_COMMANDS_NODE_COMMANDS_H
#define KP_NODE_COMMANDS_NODE_COMMANDS_H

#include "proto/command.h"
#include "proto/error.h"
#include "proto/limits.h"

struct kp_register;

extern const struct kp_command kp_command_node_agreement, kp_command_node_audit_slots,
    kp_command_node_check, kp_command_node_import, kp_command_node_signals, kp_command_node_status,
    kp_command_node_withdraw, kp_command_node_cases, kp_command_node_case, kp_command_node_answer;

/* `node import` and `node withdraw`: reads a file of signals and sends it to the daemon. Returns
 * the exit status. */
int kp_node_send_signals(const struct kp_command *command, bool withdraw, int argc, char **argv);

/* The path of the control socket: --control, or what the node's configuration says.
 * KP_USAGE: neither is given, or both are. */
KP_MUST_USE enum kp_status kp_node_find_control(char control[static KP_PATH_MAX],
                                                const char *config_option,
                                                const char *control_option, struct kp_error *error);

/* The case whose number begins with `text`. */
KP_MUST_USE enum kp_status kp_node_find_case(const char *control, const char *text,
                                             uint8_t id[static 16], struct kp_error *error);
/* `node cases` and `node case`: one case (NULL: the list), on standard output. reg may be NULL. */
KP_MUST_USE enum kp_status kp_node_print_cases(const char *control, const uint8_t *id,
                                               const struct kp_register *reg, bool json,
                                               struct kp_error *error);

/* Whether the daemon runs in test mode, as its status says. */
KP_MUST_USE enum kp_status kp_node_ask_test_mode(const char *control, bool *test_mode,
                                                 struct kp_error *error);

#endif
