#include "coordinator/commands/leader_command.h"
#include "coordinator/commands/round_commands.h"

#include "proto/json.h"

#include <stdio.h>

static enum kp_status give(struct kp_leader_command *self, struct kp_leader *leader,
                           struct kp_error *error)
{
    struct kp_leader_given given;
    uint32_t round = 0;
    enum kp_status status = kp_command_parse_round(self->operand, &round, error);
    if (status == KP_OK) {
        status = kp_leader_give(leader, round, &given, error);
    }
    if (status != KP_OK) {
        return status;
    }
    if (given.refused > 0 && !given.other_gave) {
        return kp_fail(
            error, KP_REFUSED,
            "your partial openings are given, but what came from the other holder isn't "
            "what a log entry of it tells of: that holder or the coordinator changed it");
    }
    if (self->json) {
        cJSON *object = cJSON_CreateObject();
        bool complete =
            cJSON_AddBoolToObject(object, "test_mode", leader->agreement->test) != NULL &&
            cJSON_AddNumberToObject(object, "round", given.round) != NULL &&
            cJSON_AddNumberToObject(object, "matches", given.matches) != NULL &&
            cJSON_AddBoolToObject(object, "given_before", given.before) != NULL &&
            cJSON_AddBoolToObject(object, "other_gave", given.other_gave) != NULL;
        return kp_json_print(object, complete, error);
    }
    printf("round %u: your partial openings of %u matches %s given to the other holder\n",
           given.round, given.matches, given.before ? "were already" : "are");
    puts(given.other_gave
             ? "the other holder gave its own: `kruispunt leader matches` shows the addresses"
             : "the other holder has not given its own yet");
    return KP_OK;
}

static int run(int argc, char **argv)
{
    struct kp_leader_command self = {
        .command = &kp_command_leader_open, .takes_operand = true, .run = give};
    return kp_leader_command_run(&self, argc, argv);
}

const struct kp_command kp_command_leader_open = {
    .name = "open",
    .summary = "where two holders open: give your part of a round to the other",
    .usage =
        "usage: kruispunt leader open [ROUND] --config LEADER.ini [--json]\n"
        "\n"
        "For the project leader and for the second holder, each with its own configuration. Fetches\n"
        "the matches of a round (the last one that completed), verifies every one against the\n"
        "members' signatures, decrypts its part of those that are valid, proves it, and gives that to\n"
        "the other holder through the coordinator, which hands out nobody's part before the other's\n"
        "is there. Your log tells of it before anything leaves. Nothing is shown: when both gave,\n"
        "`kruispunt leader matches` of either does that.\n",
    .run = run,
};
