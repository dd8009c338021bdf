#include "coordinator/commands/case_commands.h"
#include "coordinator/commands/round_commands.h"

#include "proto/canary_groups.h"
#include "proto/count.h"
#include "proto/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BAR_WIDTH 30

static const struct kp_command *const round_commands[] = {
    &kp_command_round_start, &kp_command_round_status, &kp_command_round_watch, NULL};
static const struct kp_command *const leader_commands[] = {
    &kp_command_leader_matches, &kp_command_leader_open,   &kp_command_leader_evidence,
    &kp_command_leader_faults,  &kp_command_leader_report, &kp_command_leader_case,
    &kp_command_leader_cases,   &kp_command_leader_count,  NULL};
static const struct kp_command *const coordinator_commands[] = {
    &kp_command_coordinator_agreement, &kp_command_coordinator_status,
    &kp_command_coordinator_verdicts, NULL};

const struct kp_command_group kp_round_commands = {.name = "round", .commands = round_commands};
const struct kp_command_group kp_leader_commands = {.name = "leader", .commands = leader_commands};
const struct kp_command_group kp_coordinator_commands = {.name = "coordinator",
                                                         .commands = coordinator_commands};

static void print_member(const struct kp_member_state *member)
{
    char bar[BAR_WIDTH + 1];
    uint64_t done = member->done < member->total ? member->done : member->total;
    size_t filled = member->total == 0 ? 0 : (size_t)(done * BAR_WIDTH / member->total);
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', filled);
    bar[BAR_WIDTH] = '\0';
    printf("  %-20s %-9s [%s] %3" PRIu64 "%%%s\n", member->name, kp_phase_name(member->phase), bar,
           member->total == 0 ? 0 : done * 100 / member->total,
           member->seen ? "" : "  not connected");
}

void kp_print_round_state(const struct kp_round_state *state, const struct kp_agreement *agreement)
{
    if (state->round == 0) {
        puts("no round has been started");
        return;
    }
    printf("round %u: %s\n", state->round, kp_phase_name(state->phase));
    for (uint32_t i = 0; i < state->member_count; i++) {
        print_member(&state->members[i]);
    }
    if (state->phase == KP_PHASE_ENDED) {
        printf("ended without a result: %s\n", state->error);
    } else if (state->phase == KP_PHASE_COMPLETE) {
        if (state->bucket != 0) {
            printf("a round of counts: %s addresses with multiple interest",
                   kp_count_bucket_text(state->bucket));
        } else if (kp_canary_group_count(agreement) > 0) { /* which ones, it doesn't know */
            printf("%u matches, canaries among them", state->matches);
        } else {
            printf("%u addresses with multiple interest", state->matches);
        }
        printf(state->faults > 0 ? "; %u faults (kruispunt coordinator verdicts, leader faults)\n"
                                 : "\n",
               state->faults);
    }
}

enum kp_status kp_print_round_state_json(const struct kp_round_state *state, bool test_mode,
                                         struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    bool complete =
        cJSON_AddBoolToObject(object, "test_mode", test_mode) != NULL &&
        cJSON_AddNumberToObject(object, "round", state->round) != NULL &&
        cJSON_AddStringToObject(object, "phase", kp_phase_name(state->phase)) != NULL &&
        cJSON_AddStringToObject(object, "error", state->error) != NULL &&
        cJSON_AddNumberToObject(object, "matches", state->matches) != NULL &&
        cJSON_AddNumberToObject(object, "faults", state->faults) != NULL &&
        (state->bucket == 0 ||
         cJSON_AddStringToObject(object, "count", kp_count_bucket_text(state->bucket)) != NULL) &&
        cJSON_AddNumberToObject(object, "deadline_ms", (double)state->deadline) != NULL;
    cJSON *members = cJSON_AddArrayToObject(object, "members");
    for (uint32_t i = 0; complete && i < state->member_count; i++) {
        const struct kp_member_state *member = &state->members[i];
        cJSON *item = cJSON_CreateObject();
        complete = cJSON_AddStringToObject(item, "name", member->name) != NULL &&
                   cJSON_AddStringToObject(item, "phase", kp_phase_name(member->phase)) != NULL &&
                   cJSON_AddNumberToObject(item, "done", (double)member->done) != NULL &&
                   cJSON_AddNumberToObject(item, "total", (double)member->total) != NULL &&
                   cJSON_AddBoolToObject(item, "connected", member->seen) != NULL;
        if (!cJSON_AddItemToArray(members, item)) {
            cJSON_Delete(item);
            complete = false;
        }
    }
    return kp_json_print(object, complete, error);
}
