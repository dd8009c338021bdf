#include "coordinator/commands/case_commands.h"
#include "coordinator/commands/leader_command.h"

#include "crypto/secret.h"
#include "proto/address/shown.h"

#include <stdio.h>

struct listing {
    const struct kp_agreement *agreement;
    const struct kp_register *reg;
    bool json;
};

static enum kp_status print_one(void *context, const struct kp_leader_case *kept,
                                struct kp_error *error)
{
    const struct listing *listing = context;
    char id[KP_CASE_ID_TEXT], by[KP_AGREEMENT_TIME_TEXT];
    char text[KP_SHOWN_TEXT];
    uint32_t answered = 0;
    for (uint32_t i = 0; i < kept->asked_count; i++) {
        answered += kept->asked[i].answer != KP_ANSWER_NONE;
    }
    if (listing->json) {
        return kp_case_print_json(listing->agreement, listing->reg, kept, error);
    }
    kp_case_id_text(id, kept->id);
    kp_agreement_time_text(by, kept->answer_by);
    enum kp_status status = kp_shown_key(text, listing->reg, kept->address, error);
    if (status != KP_OK) {
        return status;
    }
    printf("%s  match %u-%u  %-18s  by %s  %u of %u answered  %s\n", id, kept->round, kept->number,
           text, by, answered, kept->asked_count, kp_case_end_text(kept->end));
    kp_wipe(text, sizeof(text));
    return KP_OK;
}

static enum kp_status list(struct kp_leader_command *self, struct kp_leader *leader,
                           struct kp_error *error)
{
    struct listing listing = {leader->agreement, leader->reg, self->json};
    struct kp_txn *txn = NULL;
    uint32_t odd = 0;
    enum kp_status status = kp_leader_cases_refresh(leader, &odd, error);
    if (status == KP_OK) {
        status = kp_store_begin(leader->store, false, &txn, error);
    }
    if (status == KP_OK) {
        status = kp_leader_case_walk(txn, print_one, &listing, error);
    }
    kp_store_abort(txn);
    if (odd > 0) {
        fprintf(stderr, "%u letters were no answers to what was asked, and are passed over\n", odd);
    }
    return status;
}

static int run(int argc, char **argv)
{
    struct kp_leader_command self = {
        .command = &kp_command_leader_cases, .shows_addresses = true, .run = list};
    return kp_leader_command_run(&self, argc, argv);
}

const struct kp_command kp_command_leader_cases = {
    .name = "cases",
    .summary = "take the members' answers, and list the cases",
    .usage =
        "usage: kruispunt leader cases --config LEADER.ini [--json]\n"
        "\n"
        "Fetches what members answered, then lists every case: its number, match, address, last day to\n"
        "answer, how many answered, and whether it is open. A case closes itself when fewer\n"
        "than the threshold of the members that hold the address are left whose signals aren't\n"
        "said to be not current any more. With --json: one object a line.\n",
    .run = run,
};
