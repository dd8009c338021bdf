/* The commands that stand at the top level: `kruispunt keygen`, one a file. */
#ifndef KP_PROTO_COMMANDS_COMMON_COMMANDS_H
#define KP_PROTO_COMMANDS_COMMON_COMMANDS_H

#include "proto/command.h"

extern const struct kp_command kp_command_keygen, kp_command_doctor, kp_command_version;

#endif
