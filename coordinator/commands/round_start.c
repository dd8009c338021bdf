#include "coordinator/commands/round_commands.h"

#include "coordinator/leader.h"
#include "proto/json.h"

#include <stdio.h>

static int run(int argc, char **argv)
{
    const char *config = NULL;
    bool json = false, help = false;
    const struct kp_option options[] = {{"config", &config, NULL, true},
                                        {"json", NULL, &json, false}};
    struct kp_error error = {0};
    struct kp_leader leader = {0};
    struct kp_wire_request request = {.kind = KP_REQUEST_START_ROUND};
    struct kp_wire_response response = {0};
    enum kp_status status = kp_command_parse(&kp_command_round_start, argc, argv, options, 2, NULL,
                                             0, 0, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = kp_leader_open(&leader, config, &error);
    }
    if (status == KP_OK) {
        status = kp_leader_ask(&leader, &request, KP_RESPONSE_ROUND_STARTED, KP_LEADER_TIMEOUT_MS,
                               &response, &error);
    }
    if (status == KP_OK && json) {
        cJSON *object = cJSON_CreateObject();
        bool complete = cJSON_AddNumberToObject(object, "round", response.round) != NULL;
        status = kp_json_print(object, complete, &error);
    } else if (status == KP_OK) {
        printf("round %u started\n", response.round);
    }
    kp_wire_response_free(&response);
    kp_leader_close(&leader);
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_round_start, &error);
}

const struct kp_command kp_command_round_start = {
    .name = "start",
    .summary = "start a round",
    .usage =
        "usage: kruispunt round start --config LEADER.ini [--json]\n"
        "\n"
        "Asks the coordinator to start the next round of the agreement. Every member takes part\n"
        "when it is online; `kruispunt round watch` shows how far they are.\n",
    .run = run,
};
