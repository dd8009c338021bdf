#include "coordinator/commands/leader_command.h"
#include "coordinator/commands/round_commands.h"

#include "coordinator/leader_canaries.h"
#include "coordinator/leader_faults.h"
#include "coordinator/leader_verdicts.h"
#include "proto/json.h"

#include <inttypes.h>
#include <stdio.h>

struct report {
    struct kp_leader_opened opened;
    uint32_t shown, canaries, hidden; /* matches */
    uint32_t faults;
    uint32_t unproven; /* what the coordinator says without proof; not in faults */
    uint32_t missing;  /* canaries that the coordinator left out */
};

static enum kp_status count_fault(void *context, const struct kp_leader_fault *fault,
                                  struct kp_error *error)
{
    struct report *report = context;
    (void)fault, (void)error;
    report->faults++;
    return KP_OK;
}

static enum kp_status count_coordinators(struct report *report, struct kp_error *error)
{
    struct kp_leader_verdicts verdicts = {0};
    enum kp_status status = kp_leader_verdicts_fetch(report->opened.leader,
                                                     report->opened.round.round, &verdicts, error);
    report->unproven = verdicts.unproven;
    report->faults += (uint32_t)verdicts.count - verdicts.unproven;
    kp_leader_verdicts_free(&verdicts);
    return status;
}

static enum kp_status count(struct report *report, struct kp_error *error)
{
    enum kp_status status = kp_leader_faults(&report->opened, false, count_fault, report, error);
    if (status == KP_OK) {
        status = count_coordinators(report, error);
    }
    for (uint32_t i = 1; status == KP_OK && i <= report->opened.round.group_count; i++) {
        struct kp_error fault = {0};
        status = kp_leader_opened_match(&report->opened, i, &fault, error);
        report->shown += report->opened.round.match->shown;
        report->canaries += report->opened.round.match->canary;
    }
    report->hidden = report->opened.round.group_count - report->shown - report->canaries;
    return status;
}

static void print_named(const struct kp_agreement *agreement, uint32_t members, const char *what)
{
    char names[KP_CANARY_NAMES_TEXT];
    if (members != 0) {
        kp_canary_names(names, agreement, members);
        printf("%s: %s\n", what, names);
    }
}

/* What the log of this holder says about opening; false: it isn't here. */
static bool act_of(const struct report *report, uint32_t holder, struct kp_audit_entry *entry)
{
    const struct kp_leader_opened *opened = &report->opened;
    const struct kp_buffer *packed =
        holder == kp_opening_holder(opened->round.opening) ? &opened->act.entry
        : opened->other.letter_count > 0                   ? &opened->other.letters[0].entry
                                                           : NULL;
    return packed != NULL &&
           kp_audit_entry_unpack(entry, packed->data, packed->size, NULL) == KP_OK;
}

static void print_acts(const struct report *report)
{
    const struct kp_leader_round *round = &report->opened.round;
    struct kp_audit_entry entry;
    for (uint32_t h = 1; h <= kp_opening_holders(round->opening); h++) {
        char time[KP_AGREEMENT_TIME_TEXT];
        if (act_of(report, h, &entry)) {
            kp_agreement_time_text(time, entry.time / 1000);
            printf("opened by %s: logged at %s, entry %" PRIu64 ", %" PRIu64 " matches\n",
                   round->agreement->opening_keys[h - 1].holder, time, entry.sequence, entry.count);
        }
    }
}

static bool add_acts(cJSON *object, const struct report *report)
{
    const struct kp_leader_round *round = &report->opened.round;
    struct kp_audit_entry entry;
    cJSON *array = cJSON_AddArrayToObject(object, "opened_by");
    bool added = array != NULL;
    for (uint32_t h = 1; added && h <= kp_opening_holders(round->opening); h++) {
        char time[KP_AGREEMENT_TIME_TEXT];
        if (act_of(report, h, &entry)) {
            cJSON *one = cJSON_CreateObject();
            kp_agreement_time_text(time, entry.time / 1000);
            added = cJSON_AddItemToArray(array, one) &&
                    cJSON_AddStringToObject(one, "holder",
                                            round->agreement->opening_keys[h - 1].holder) != NULL &&
                    cJSON_AddStringToObject(one, "logged_at", time) != NULL &&
                    cJSON_AddNumberToObject(one, "log_entry", (double)entry.sequence) != NULL &&
                    cJSON_AddNumberToObject(one, "matches", (double)entry.count) != NULL;
        }
    }
    return added;
}

static enum kp_status print_text(struct report *report, struct kp_error *error)
{
    const struct kp_leader_round *round = &report->opened.round;
    const struct kp_phase_list *list = &round->reader.release;
    printf("round %u: %u matches, as the coordinator signed in RESULT\n", round->round,
           round->group_count);
    printf("  %u addresses with multiple interest, %u canaries, %u not shown\n", report->shown,
           report->canaries, report->hidden);
    printf("  %u faults (see `kruispunt leader faults`)\n", report->faults);
    if (report->unproven > 0) {
        printf("  and %u that the coordinator's files don't prove\n", report->unproven);
    }
    print_named(round->agreement, list->late, "the coordinator says that these were silent");
    print_named(round->agreement, list->refused, "and that a submission of these was refused");
    print_acts(report);
    return kp_leader_canaries_report(&report->opened, NULL, &report->missing, error);
}

static enum kp_status print_json(struct report *report, struct kp_error *error)
{
    const struct kp_leader_round *round = &report->opened.round;
    cJSON *object = cJSON_CreateObject();
    bool complete =
        cJSON_AddNumberToObject(object, "round", round->round) != NULL &&
        cJSON_AddNumberToObject(object, "matches", round->group_count) != NULL &&
        cJSON_AddNumberToObject(object, "shown", report->shown) != NULL &&
        cJSON_AddNumberToObject(object, "canaries_shown", report->canaries) != NULL &&
        cJSON_AddNumberToObject(object, "hidden", report->hidden) != NULL &&
        cJSON_AddNumberToObject(object, "faults", report->faults) != NULL &&
        cJSON_AddNumberToObject(object, "unproven", report->unproven) != NULL &&
        cJSON_AddNumberToObject(object, "late", round->reader.release.late) != NULL &&
        cJSON_AddNumberToObject(object, "refused", round->reader.release.refused) != NULL &&
        cJSON_AddBoolToObject(object, "test_mode", round->agreement->test) != NULL &&
        add_acts(object, report);
    enum kp_status status =
        kp_leader_canaries_report(&report->opened, object, &report->missing, error);
    if (status != KP_OK) {
        cJSON_Delete(object);
        return status;
    }
    return kp_json_print(object, complete, error);
}

static enum kp_status print_report(struct kp_leader_command *self, struct kp_leader *leader,
                                   struct kp_error *error)
{
    struct report report = {0};
    uint32_t round = 0;
    enum kp_status status = kp_command_parse_round(self->operand, &round, error);
    if (status == KP_OK) {
        status = kp_leader_opened_begin(leader, round, false, &report.opened, error);
    }
    if (status != KP_OK) {
        return status;
    }
    status = count(&report, error);
    if (status == KP_OK) {
        status = self->json ? print_json(&report, error) : print_text(&report, error);
    }
    kp_leader_opened_end(&report.opened);
    if (status == KP_OK && report.missing > 0) {
        status = kp_fail(error, KP_REFUSED, "the coordinator left out %u canaries", report.missing);
    }
    if (status == KP_OK && report.unproven > 0) {
        status = kp_fail(error, KP_REFUSED, "the coordinator says of %u faults what it can't prove",
                         report.unproven);
    }
    return status;
}

static int run(int argc, char **argv)
{
    struct kp_leader_command self = {
        .command = &kp_command_leader_report, .takes_operand = true, .run = print_report};
    return kp_leader_command_run(&self, argc, argv);
}

const struct kp_command kp_command_leader_report = {
    .name = "report",
    .summary = "what a round gave, what was wrong, and what its canaries say",
    .usage =
        "usage: kruispunt leader report [ROUND] --config LEADER.ini [--json]\n"
        "\n"
        "Of a round (the last one that completed): how many matches there are and are shown, how\n"
        "many faults, who opened it and when by their logs, and whether the coordinator gave\n"
        "every canary. Shows no address. Exit status 1 when the coordinator left one out,\n"
        "or says something of a member that its file doesn't prove.\n",
    .run = run,
};
