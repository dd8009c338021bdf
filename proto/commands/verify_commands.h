/* `kruispunt verify`: each command verifies all files that it is given; they differ in what must be
 * among them. */
#ifndef KP_PROTO_COMMANDS_VERIFY_COMMANDS_H
#define KP_PROTO_COMMANDS_VERIFY_COMMANDS_H

#include "proto/command.h"
#include "proto/export.h"

extern const struct kp_command kp_command_verify_agreement, kp_command_verify_audit,
    kp_command_verify_evidence, kp_command_verify_log, kp_command_verify_round,
    kp_command_verify_verdict;

/* The whole of a command; returns an enum kp_exit. */
int kp_verify_command(const struct kp_command *command, enum kp_export_kind kind, int argc,
                      char **argv);

#endif
