#include "proto/commands/bag_commands.h"

#include <stddef.h>

static const struct kp_command *const commands[] = {
    NULL,
};

const struct kp_command_group kp_bag_commands = {.name = "bag", .commands = commands};
