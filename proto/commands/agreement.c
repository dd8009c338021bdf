#include "proto/commands/agreement_commands.h"

static const struct kp_command *const commands[] = {
    &kp_command_agreement_draft,
    &kp_command_agreement_show,
    NULL,
};

const struct kp_command_group kp_agreement_commands = {.name = "agreement", .commands = commands};
