/* What a verdict shows, in words, and whom it names. */
#include "proto/commands/verify_proofs.h"

#include <inttypes.h>
#include <stdio.h>

static void print_named(const struct kp_fault_says *says)
{
    const struct kp_agreement *agreement = says->agreement;
    const struct kp_proof_verdict *verdict = &says->verdict;
    bool several = verdict->members != 0 && verdict->coordinator;
    printf("  names               %s", several ? "one of these, and can't tell which:" : "");
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        if ((verdict->members >> i & 1) != 0) {
            printf("%s member %u (%s), %s", several ? "\n                     " : "", i + 1,
                   agreement->members[i].name, agreement->members[i].title);
        }
    }
    if (verdict->coordinator) {
        printf("%s the coordinator, %s", several ? "\n                     " : "",
               agreement->coordinator_operator);
    }
    if (verdict->holder != 0) {
        printf(" the holder of opening key %u, %s", verdict->holder,
               agreement->opening_keys[verdict->holder - 1].holder);
    }
    printf("\n");
}

/* What a fault in a record says beside itself: that its tag was in a group. */
static bool tells_of_a_match(enum kp_fault_kind kind)
{
    return kind >= KP_FAULT_OUTER && kind <= KP_FAULT_PARTIAL;
}

void kp_verify_print_verdict(const struct kp_verify_input *input, bool agreement)
{
    const struct kp_fault_says *says = input->fault;
    const struct kp_proof_verdict *verdict = &says->verdict;
    if (!agreement) {
        printf("\n%s names nobody: the agreement isn't the one that was told, or isn't in order.\n",
               input->path);
        return;
    }
    if (!kp_verify_fault_holds(&input->report)) {
        printf("\n%s names nobody: not every rule holds.\n", input->path);
        return;
    }
    printf("\n%s holds. It shows:\n\n", input->path);
    printf("  fault               %s\n", kp_fault_text(verdict->kind));
    if (says->text[0] != '\0') {
        printf("                      %s\n", says->text);
    }
    printf("  in                  round %" PRIu64 " of %s, version %u\n", verdict->counter,
           says->agreement->project, says->agreement->version);
    if (verdict->kind >= KP_FAULT_UNSORTED && verdict->kind <= KP_FAULT_CONTENT) {
        printf("  at                  entry %u of its submission\n", verdict->position + 1);
    }
    if (verdict->phase != KP_PHASE_IDLE) {
        printf("  in phase            %s\n", kp_phase_name(verdict->phase));
    }
    print_named(says);
    if (verdict->kind == KP_FAULT_SILENT && verdict->members != 0) {
        printf(
            "\nThe coordinator says so, and signed it. A receipt that a member has of it can show "
            "that\nit isn't so (kruispunt export receipts); give it besides.\n");
    }
    if (verdict->kind == KP_FAULT_COORDINATOR_SILENT) {
        printf("\nThe member says so; what the coordinator signed shows how much it had taken.\n");
    }
    if (tells_of_a_match(verdict->kind)) {
        printf("\nDon't show this to members during the term: it tells that an address matched.\n");
    }
}

bool kp_verify_verdict_json(const struct kp_verify_input *input, bool agreement, cJSON *object)
{
    const struct kp_fault_says *says = input->fault;
    const struct kp_proof_verdict *verdict = &says->verdict;
    if (!agreement || !kp_verify_fault_holds(&input->report)) {
        return cJSON_AddNullToObject(object, "shows") != NULL;
    }
    cJSON *shows = cJSON_AddObjectToObject(object, "shows");
    bool added = shows != NULL &&
                 cJSON_AddNumberToObject(shows, "fault", (double)verdict->kind) != NULL &&
                 cJSON_AddStringToObject(shows, "text", kp_fault_text(verdict->kind)) != NULL &&
                 cJSON_AddStringToObject(shows, "more", says->text) != NULL &&
                 cJSON_AddNumberToObject(shows, "round", (double)verdict->counter) != NULL &&
                 kp_json_add_hex(shows, "attempt", verdict->attempt, KP_ATTEMPT_BYTES) &&
                 cJSON_AddNumberToObject(shows, "position", verdict->position) != NULL &&
                 cJSON_AddBoolToObject(shows, "coordinator", verdict->coordinator) != NULL &&
                 cJSON_AddNumberToObject(shows, "holder", verdict->holder) != NULL;
    cJSON *members = cJSON_AddArrayToObject(shows, "members");
    added = added && members != NULL;
    for (uint32_t i = 0; added && i < KP_MEMBERS_MAX; i++) {
        if ((verdict->members >> i & 1) != 0) {
            added = cJSON_AddItemToArray(members, cJSON_CreateNumber(i + 1));
        }
    }
    return added;
}
