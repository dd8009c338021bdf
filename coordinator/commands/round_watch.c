#include "coordinator/commands/leader_command.h"
#include "coordinator/commands/round_commands.h"

#include <stdio.h>
#include <unistd.h>

#define WAIT_MS 10000

static bool is_over(const struct kp_round_state *state)
{
    return state->round == 0 || state->phase == KP_PHASE_COMPLETE || state->phase == KP_PHASE_ENDED;
}

/* On a terminal the new table goes over the old one. */
static enum kp_status show(const struct kp_round_state *state, const struct kp_agreement *agreement,
                           bool json, bool again, struct kp_error *error)
{
    if (json) {
        enum kp_status status = kp_print_round_state_json(state, agreement->test, error);
        fflush(stdout);
        return status;
    }
    if (again && isatty(STDOUT_FILENO)) {
        printf("\033[%uA\033[J", state->member_count + 1);
    }
    if (again && !isatty(STDOUT_FILENO) && !is_over(state)) {
        return KP_OK;
    }
    kp_print_round_state(state, agreement);
    fflush(stdout);
    return KP_OK;
}

static enum kp_status watch(struct kp_leader_command *self, struct kp_leader *leader,
                            struct kp_error *error)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_WATCH_ROUND};
    bool *complete = self->context;
    bool over = false, again = false;
    enum kp_status status = KP_OK;
    while (status == KP_OK && !over) {
        struct kp_wire_response response;
        status = kp_leader_ask(leader, &request, KP_RESPONSE_ROUND_STATE,
                               WAIT_MS + KP_LEADER_TIMEOUT_MS, &response, error);
        if (status != KP_OK) {
            break;
        }
        if (!again || request.revision != response.state.revision) {
            status = show(&response.state, leader->agreement, self->json, again, error);
        }
        again = true;
        over = is_over(&response.state);
        *complete = response.state.phase == KP_PHASE_COMPLETE;
        request.revision = response.state.revision;
        request.wait_ms = WAIT_MS;
        kp_wire_response_free(&response);
    }
    return status;
}

static int run(int argc, char **argv)
{
    bool complete = false;
    struct kp_leader_command self = {
        .command = &kp_command_round_watch, .run = watch, .context = &complete};
    int status = kp_leader_command_run(&self, argc, argv);
    return status == KP_EXIT_DONE && !complete ? KP_EXIT_REFUSED : status;
}

const struct kp_command kp_command_round_watch = {
    .name = "watch",
    .summary = "follow the round until it is over",
    .usage =
        "usage: kruispunt round watch --config LEADER.ini [--json]\n"
        "\n"
        "Shows each member's phase and a progress bar until the round is over. Exit status 0: it\n"
        "completed; 1: it ended without a result, and why is shown. With --json: one object a line,\n"
        "at each change.\n",
    .run = run,
};
