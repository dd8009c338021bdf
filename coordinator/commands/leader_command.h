/* What the commands of the project leader have in common: `--config FILE`, `--json`, a connection.
 */
#ifndef KP_COORDINATOR_COMMANDS_LEADER_COMMAND_H
#define KP_COORDINATOR_COMMANDS_LEADER_COMMAND_H

#include "coordinator/leader.h"
#include "proto/command.h"

struct kp_leader_command {
    const struct kp_command *command;
    struct kp_option option; /* one more than --config and --json; its name may be NULL */
    bool json;
    bool takes_operand; /* one, that is not an option */
    bool needs_operand; /* and it must be there */
    bool shows_addresses;
    const char *operand; /* NULL: it wasn't */
    /* With the connection open. What it returns becomes the exit status; KP_OK: 0. */
    enum kp_status (*run)(struct kp_leader_command *self, struct kp_leader *leader,
                          struct kp_error *error);
    void *context;
};

/* The register for what is to be shown; says on standard error when it isn't where it should be. */
void kp_leader_command_register(struct kp_leader *leader);
/* Parses, connects, runs, closes; the exit status. */
int kp_leader_command_run(struct kp_leader_command *self, int argc, char **argv);

#endif
