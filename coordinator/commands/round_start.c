#include "coordinator/commands/leader_command.h"
#include "coordinator/commands/round_commands.h"

#include "proto/json.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static enum kp_status start(struct kp_leader_command *self, struct kp_leader *leader,
                            struct kp_error *error)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_START_ROUND};
    struct kp_wire_response response;
    const struct kp_audit_note note = {.event = KP_AUDIT_ROUND_ASKED};
    memset(&response, 0, sizeof(response));
    randombytes_buf(request.request, sizeof(request.request));
    /* Which round it will be the coordinator knows; it and every member judge for themselves. */
    enum kp_status status = kp_leader_check_in_force_for(leader, 1, error);
    if (status == KP_OK) {
        status = kp_leader_audit(leader, &note, error);
    }
    if (status == KP_OK) {
        status = kp_leader_ask(leader, &request, KP_RESPONSE_ROUND_STARTED, KP_LEADER_TIMEOUT_MS,
                               &response, error);
    }
    if (status == KP_OK && self->json) {
        cJSON *object = cJSON_CreateObject();
        bool complete =
            cJSON_AddBoolToObject(object, "test_mode", leader->agreement->test) != NULL &&
            cJSON_AddNumberToObject(object, "round", response.round) != NULL;
        status = kp_json_print(object, complete, error);
    } else if (status == KP_OK) {
        printf("round %u started\n", response.round);
    }
    kp_wire_response_free(&response);
    return status;
}

static int run(int argc, char **argv)
{
    struct kp_leader_command self = {.command = &kp_command_round_start, .run = start};
    return kp_leader_command_run(&self, argc, argv);
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
