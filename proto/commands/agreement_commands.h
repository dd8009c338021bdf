/* The commands of `kruispunt agreement`, one a file. */
#ifndef KP_PROTO_COMMANDS_AGREEMENT_COMMANDS_H
#define KP_PROTO_COMMANDS_AGREEMENT_COMMANDS_H

#include "proto/command.h"

extern const struct kp_command kp_command_agreement_draft, kp_command_agreement_show,
    kp_command_agreement_sign, kp_command_agreement_refuse, kp_command_agreement_revoke,
    kp_command_agreement_extend, kp_command_agreement_verify, kp_command_agreement_diff;

#endif
