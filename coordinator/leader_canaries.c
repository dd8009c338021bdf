#include "coordinator/leader_canaries.h"

#include "proto/canary_groups.h"
#include "proto/json.h"

#include <stdio.h>
#include <string.h>

/* ---- What there is ---- */

/* A letter that came, for verdicts. */
struct kept {
    uint32_t member;
    uint32_t part;
    struct kp_buffer packed; /* kp_opened_letter */
};

static struct kept *kept_at(const struct kp_leader_canaries *canaries, size_t i)
{
    return (struct kept *)(void *)canaries->letters.data + i;
}

enum kp_status kp_leader_canaries_take(void *context, const struct kp_opened_letter *letter,
                                       struct kp_error *error)
{
    struct kp_leader_canaries *canaries = context;
    struct kept kept = {.member = letter->from, .part = letter->part};
    if (kp_leader_canaries_letter(canaries, letter->from, letter->part) != NULL) {
        return KP_OK; /* the coordinator gives it twice */
    }
    enum kp_status status = kp_opened_letter_pack(letter, &kept.packed, error);
    if (status == KP_OK && kp_buffer_append(&canaries->letters, &kept, sizeof(kept)) != KP_OK) {
        kp_buffer_free(&kept.packed);
        status = kp_fail(error, KP_FAILED, "no memory for letters");
    }
    return status == KP_OK ? kp_canary_audit_notice(canaries->audit, letter->from, letter->part,
                                                    &letter->plain, error)
                           : status;
}

const struct kp_buffer *kp_leader_canaries_letter(const struct kp_leader_canaries *canaries,
                                                  uint32_t member, uint32_t part)
{
    for (size_t i = 0; i < canaries->letters.size / sizeof(struct kept); i++) {
        const struct kept *kept = kept_at(canaries, i);
        if (kept->member == member && kept->part == part) {
            return &kept->packed;
        }
    }
    return NULL;
}

/* A member is in a match when its own entry is; what is wrong inside is its own doing. */
static uint32_t members_of(const struct kp_opened_match *match)
{
    uint32_t members = 0;
    for (uint32_t i = 0; i < match->record_count; i++) {
        const struct kp_opened_record *record = &match->records[i];
        bool there = record->valid || record->kind != KP_FAULT_RESULTS;
        members |= there ? 1u << (record->member - 1) : 0;
    }
    return members;
}

static enum kp_status take_matches(struct kp_leader_opened *opened, struct kp_canary_audit *audit,
                                   struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t number = 1; status == KP_OK && number <= opened->round.group_count; number++) {
        struct kp_error fault = {0};
        const struct kp_opened_match *match = opened->round.match;
        status = kp_leader_opened_match(opened, number, &fault, error);
        if (status == KP_OK && match->record_count > 0) {
            status =
                kp_canary_audit_group(audit, match->tag, members_of(match), match->canary, error);
        }
    }
    return status;
}

enum kp_status kp_leader_canaries_begin(struct kp_leader_opened *opened,
                                        struct kp_leader_canaries *canaries, struct kp_error *error)
{
    const struct kp_leader_round *round = &opened->round;
    const struct kp_phase_list *release = &round->reader.release;
    memset(canaries, 0, sizeof(*canaries));
    enum kp_status status = kp_canary_audit_new(&canaries->audit, round->agreement, round->round,
                                                round->transcript.ready, error);
    if (status == KP_OK) {
        kp_canary_audit_incomplete(canaries->audit, release->late | release->refused);
        status = kp_leader_letters_fetch(
            opened->leader, KP_LETTER_CANARY_NOTICE, kp_opening_attempt(round->opening),
            kp_leader_canaries_take, canaries, &canaries->unreadable, error);
    }
    if (status == KP_OK) {
        status = take_matches(opened, canaries->audit, error);
    }
    if (status != KP_OK) {
        kp_leader_canaries_end(canaries);
    }
    return status;
}

void kp_leader_canaries_end(struct kp_leader_canaries *canaries)
{
    for (size_t i = 0; i < canaries->letters.size / sizeof(struct kept); i++) {
        kp_buffer_free(&kept_at(canaries, i)->packed);
    }
    kp_buffer_free(&canaries->letters);
    kp_canary_audit_free(canaries->audit);
    memset(canaries, 0, sizeof(*canaries));
}

/* ---- As text ---- */

/* What is as it should be needs no line of its own. */
static void print_findings(const struct kp_agreement *agreement,
                           const struct kp_canary_audit *audit)
{
    char text[KP_CANARY_FINDING_TEXT];
    for (uint32_t i = 0; i < kp_canary_audit_count(audit); i++) {
        struct kp_canary_finding finding;
        kp_canary_audit_finding(audit, i, &finding);
        if (finding.state != KP_CANARY_FOUND || finding.others != 0) {
            kp_canary_finding_text(text, agreement, &finding);
            printf("  %s\n", text);
        }
    }
}

static void print_group(const struct kp_agreement *agreement,
                        const struct kp_canary_figures *figures)
{
    char names[KP_CANARY_NAMES_TEXT];
    kp_canary_names(names, agreement, figures->members);
    printf("  %s: %u of %u found; had one more match of exactly these partners been left out, "
           "blindly, it would have shown with probability %.1f %%\n",
           names, figures->found, agreement->canaries, 100 * figures->caught);
}

static void print_all(const struct kp_agreement *agreement, const struct kp_canary_audit *audit,
                      uint32_t unreadable)
{
    uint32_t groups = kp_canary_group_count(agreement), found = 0;
    for (uint32_t i = 0; i < groups; i++) {
        struct kp_canary_figures figures;
        kp_canary_audit_figures(audit, i, &figures);
        found += figures.found;
    }
    printf("canaries: %u of %u found\n", found, kp_canary_audit_count(audit));
    for (uint32_t i = 0; i < groups; i++) {
        struct kp_canary_figures figures;
        kp_canary_audit_figures(audit, i, &figures);
        print_group(agreement, &figures);
    }
    print_findings(agreement, audit);
    if (unreadable > 0) {
        printf("  %u notices can't be read, or aren't signed by their senders\n", unreadable);
    }
    if (kp_canary_audit_unannounced(audit) > 0) {
        printf("  %u canaries that no complete set of notices names\n",
               kp_canary_audit_unannounced(audit));
    }
    printf("  a match of more partners than %u has no canaries beside it\n", agreement->threshold);
}

/* ---- As JSON ---- */

static bool add_names(cJSON *object, const char *name, const struct kp_agreement *agreement,
                      uint32_t members)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    bool complete = array != NULL;
    for (uint32_t i = 0; complete && i < agreement->member_count; i++) {
        if ((members >> i & 1) != 0) {
            complete = cJSON_AddItemToArray(array, cJSON_CreateString(agreement->members[i].name));
        }
    }
    return complete;
}

static bool add_findings(cJSON *object, const struct kp_agreement *agreement,
                         const struct kp_canary_audit *audit, uint32_t group)
{
    cJSON *array = cJSON_AddArrayToObject(object, "findings");
    bool complete = array != NULL;
    for (uint32_t i = 0; complete && i < agreement->canaries; i++) {
        struct kp_canary_finding finding;
        kp_canary_audit_finding(audit, group * agreement->canaries + i, &finding);
        cJSON *one = cJSON_CreateObject();
        complete =
            cJSON_AddItemToArray(array, one) &&
            cJSON_AddStringToObject(one, "state", kp_canary_state_name(finding.state)) != NULL &&
            add_names(one, "named", agreement, finding.named) &&
            cJSON_AddBoolToObject(one, "names_coordinator",
                                  kp_canary_names_coordinator(finding.state)) != NULL;
    }
    return complete;
}

static bool add_group(cJSON *array, const struct kp_agreement *agreement,
                      const struct kp_canary_audit *audit, uint32_t group)
{
    struct kp_canary_figures figures;
    kp_canary_audit_figures(audit, group, &figures);
    cJSON *object = cJSON_CreateObject();
    return cJSON_AddItemToArray(array, object) &&
           add_names(object, "partners", agreement, figures.members) &&
           cJSON_AddNumberToObject(object, "expected", agreement->canaries) != NULL &&
           cJSON_AddNumberToObject(object, "found", figures.found) != NULL &&
           cJSON_AddNumberToObject(object, "missing", figures.missing) != NULL &&
           cJSON_AddNumberToObject(object, "matches", (double)figures.matches) != NULL &&
           cJSON_AddNumberToObject(object, "probability", figures.caught) != NULL &&
           add_findings(object, agreement, audit, group);
}

static bool add_all(cJSON *json, const struct kp_agreement *agreement,
                    const struct kp_canary_audit *audit)
{
    cJSON *array = cJSON_AddArrayToObject(json, "canaries");
    bool complete = array != NULL;
    for (uint32_t i = 0; complete && i < kp_canary_group_count(agreement); i++) {
        complete = add_group(array, agreement, audit, i);
    }
    return complete;
}

enum kp_status kp_leader_canaries_report(struct kp_leader_opened *opened, cJSON *json,
                                         uint32_t *missing, struct kp_error *error)
{
    const struct kp_agreement *agreement = opened->round.agreement;
    struct kp_leader_canaries canaries;
    *missing = 0;
    if (kp_canary_group_count(agreement) == 0) {
        return KP_OK;
    }
    if (opened->leader->party != KP_PARTY_LEADER) {
        if (json == NULL) {
            puts("canaries: their notices go to the project leader, whose report tells of them");
        }
        return KP_OK;
    }
    enum kp_status status = kp_leader_canaries_begin(opened, &canaries, error);
    if (status != KP_OK) {
        return status;
    }
    for (uint32_t i = 0; i < kp_canary_group_count(agreement); i++) {
        struct kp_canary_figures figures;
        kp_canary_audit_figures(canaries.audit, i, &figures);
        *missing += figures.missing;
    }
    if (json == NULL) {
        print_all(agreement, canaries.audit, canaries.unreadable);
    } else if (!add_all(json, agreement, canaries.audit)) {
        status = kp_fail(error, KP_FAILED, "no memory for canaries");
    }
    kp_leader_canaries_end(&canaries);
    return status;
}
