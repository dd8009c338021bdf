#include "coordinator/commands/round_commands.h"

#include "coordinator/leader.h"

static int run(int argc, char **argv)
{
    const char *config = NULL;
    bool json = false, help = false;
    const struct kp_option options[] = {{"config", &config, NULL, true},
                                        {"json", NULL, &json, false}};
    struct kp_error error = {0};
    struct kp_leader leader = {0};
    struct kp_wire_request request = {.kind = KP_REQUEST_WATCH_ROUND};
    struct kp_wire_response response = {0};
    enum kp_status status = kp_command_parse(&kp_command_round_status, argc, argv, options, 2, NULL,
                                             0, 0, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = kp_leader_open(&leader, config, &error);
    }
    if (status == KP_OK) {
        status = kp_leader_ask(&leader, &request, KP_RESPONSE_ROUND_STATE, KP_LEADER_TIMEOUT_MS,
                               &response, &error);
    }
    if (status == KP_OK && json) {
        status = kp_print_round_state_json(&response.state, &error);
    } else if (status == KP_OK) {
        kp_print_round_state(&response.state);
    }
    kp_wire_response_free(&response);
    kp_leader_close(&leader);
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_round_status, &error);
}

const struct kp_command kp_command_round_status = {
    .name = "status",
    .summary = "show how far the last round is",
    .usage = "usage: kruispunt round status --config LEADER.ini [--json]\n"
             "\n"
             "Shows the phase of the last round and of each member in it, once.\n",
    .run = run,
};
