#include "proto/commands/address_commands.h"

#include <stddef.h>

static const struct kp_command *const commands[] = {
    &kp_command_address_explain,
    &kp_command_address_check,
    &kp_command_address_words,
    NULL,
};

const struct kp_command_group kp_address_commands = {.name = "address", .commands = commands};
