#include "proto/commands/common_commands.h"

static const struct kp_command *const commands[] = {
    &kp_command_keygen,
    &kp_command_doctor,
    &kp_command_version,
    NULL,
};

const struct kp_command_group kp_common_commands = {.name = NULL, .commands = commands};
