#include "proto/commands/oprf_commands.h"

static const struct kp_command *const commands[] = {
    &kp_command_oprf_derive_key, &kp_command_oprf_blind,    &kp_command_oprf_evaluate,
    &kp_command_oprf_verify,     &kp_command_oprf_finalize, NULL,
};

const struct kp_command_group kp_oprf_commands = {.name = "oprf", .commands = commands};
