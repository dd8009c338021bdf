#include "proto/commands/agreement_commands.h"

static const struct kp_command *const commands[] = {
    &kp_command_agreement_draft,  &kp_command_agreement_show,   &kp_command_agreement_sign,
    &kp_command_agreement_refuse, &kp_command_agreement_revoke, &kp_command_agreement_extend,
    &kp_command_agreement_diff,   &kp_command_agreement_verify, NULL,
};

const struct kp_command_group kp_agreement_commands = {.name = "agreement", .commands = commands};
