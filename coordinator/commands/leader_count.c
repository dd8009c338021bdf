#include "coordinator/commands/leader_command.h"
#include "coordinator/commands/round_commands.h"
#include "coordinator/leader_round.h"
#include "proto/count.h"
#include "proto/json.h"

#include <stdio.h>

static enum kp_status count(struct kp_leader_command *self, struct kp_leader *leader,
                            struct kp_error *error)
{
    uint32_t bucket = 0;
    enum kp_status status = kp_leader_round_count(leader, &bucket, error);
    if (status == KP_OK && self->json) {
        cJSON *object = cJSON_CreateObject();
        bool complete =
            cJSON_AddBoolToObject(object, "test_mode", leader->agreement->test) != NULL &&
            cJSON_AddNumberToObject(object, "class", bucket) != NULL &&
            cJSON_AddStringToObject(object, "addresses", kp_count_bucket_text(bucket)) != NULL;
        status = kp_json_print(object, complete, error);
    } else if (status == KP_OK) {
        printf("addresses with multiple interest in the whole area: %s\n",
               kp_count_bucket_text(bucket));
    }
    return status;
}

static int run(int argc, char **argv)
{
    struct kp_leader_command self = {.command = &kp_command_leader_count, .run = count};
    return kp_leader_command_run(&self, argc, argv);
}

const struct kp_command kp_command_leader_count = {
    .name = "count",
    .summary = "show what the round of counts said",
    .usage =
        "usage: kruispunt leader count --config LEADER.ini [--json]\n"
        "\n"
        "Fetches what came out of the round of counts, which an agreement with count_first has as\n"
        "its first, and verifies that the coordinator signed it about this round: the class in\n"
        "which the number of addresses with multiple interest falls. Nobody has more than that.\n",
    .run = run,
};
