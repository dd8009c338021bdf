#include "coordinator/commands/leader_command.h"
#include "coordinator/commands/round_commands.h"

static enum kp_status show(struct kp_leader_command *self, struct kp_leader *leader,
                           struct kp_error *error)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_WATCH_ROUND};
    struct kp_wire_response response;
    enum kp_status status = kp_leader_ask(leader, &request, KP_RESPONSE_ROUND_STATE,
                                          KP_LEADER_TIMEOUT_MS, &response, error);
    if (status == KP_OK && self->json) {
        status = kp_print_round_state_json(&response.state, leader->agreement->test, error);
    } else if (status == KP_OK) {
        kp_print_round_state(&response.state, leader->agreement);
    }
    kp_wire_response_free(&response);
    return status;
}

static int run(int argc, char **argv)
{
    struct kp_leader_command self = {.command = &kp_command_round_status, .run = show};
    return kp_leader_command_run(&self, argc, argv);
}

const struct kp_command kp_command_round_status = {
    .name = "status",
    .summary = "show how far the last round is",
    .usage = "usage: kruispunt round status --config LEADER.ini [--json]\n"
             "\n"
             "Shows the phase of the last round and of each member in it, once.\n",
    .run = run,
};
