#include "coordinator/commands/case_commands.h"

#include "crypto/secret.h"
#include "proto/address/shown.h"
#include "proto/json.h"

#include <stdio.h>

const char *kp_case_end_text(enum kp_case_end end)
{
    return end == KP_CASE_OPEN              ? "open"
           : end == KP_CASE_BELOW_THRESHOLD ? "closed: fewer than the threshold are left"
                                            : "closed by the project leader";
}

static const char *name_of(const struct kp_agreement *agreement, uint32_t member)
{
    return member >= 1 && member <= agreement->member_count ? agreement->members[member - 1].name
                                                            : "?";
}

static const char *question_text(enum kp_case_question question)
{
    return question == KP_CASE_STILL_CURRENT ? "still current?" : "an interest?";
}

enum kp_status kp_case_print(const struct kp_agreement *agreement, const struct kp_register *reg,
                             const struct kp_leader_case *kept, struct kp_error *error)
{
    char id[KP_CASE_ID_TEXT], by[KP_AGREEMENT_TIME_TEXT], text[KP_SHOWN_TEXT];
    enum kp_status status = kp_shown_key(text, reg, kept->address, error);
    if (status != KP_OK) {
        return status;
    }
    kp_case_id_text(id, kept->id);
    kp_agreement_time_text(by, kept->answer_by);
    printf("case %s: match %u-%u, %s\n", id, kept->round, kept->number,
           kp_case_end_text(kept->end));
    printf("address: %s\nto be answered by: %s\n", text, by);
    for (uint32_t i = 0; i < kept->asked_count; i++) {
        const struct kp_case_asked *asked = &kept->asked[i];
        printf("%-20s %-14s %s%s%s\n", name_of(agreement, asked->member),
               question_text(asked->question),
               asked->answer == KP_ANSWER_NONE ? "-" : kp_answer_name(asked->answer),
               asked->reason[0] != '\0' ? ": " : "", asked->reason);
    }
    kp_wipe(text, sizeof(text));
    return KP_OK;
}

static bool add_asked(cJSON *array, const struct kp_agreement *agreement,
                      const struct kp_case_asked *asked)
{
    cJSON *item = cJSON_CreateObject();
    bool complete =
        cJSON_AddStringToObject(item, "member", name_of(agreement, asked->member)) != NULL &&
        cJSON_AddStringToObject(item, "question",
                                asked->question == KP_CASE_STILL_CURRENT ? "still-current"
                                                                         : "interest") != NULL &&
        cJSON_AddStringToObject(item, "answer", kp_answer_name(asked->answer)) != NULL &&
        cJSON_AddNumberToObject(item, "revision", asked->revision) != NULL &&
        cJSON_AddStringToObject(item, "reason", asked->reason) != NULL;
    if (!complete || !cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
        return false;
    }
    return true;
}

enum kp_status kp_case_print_json(const struct kp_agreement *agreement,
                                  const struct kp_register *reg, const struct kp_leader_case *kept,
                                  struct kp_error *error)
{
    char id[KP_CASE_ID_TEXT], by[KP_AGREEMENT_TIME_TEXT], match[32];
    cJSON *object = cJSON_CreateObject();
    kp_case_id_text(id, kept->id);
    kp_agreement_time_text(by, kept->answer_by);
    (void)snprintf(match, sizeof(match), "%u-%u", kept->round, kept->number);
    bool complete = cJSON_AddStringToObject(object, "case", id) != NULL &&
                    cJSON_AddStringToObject(object, "match", match) != NULL &&
                    cJSON_AddStringToObject(object, "answer_by", by) != NULL &&
                    cJSON_AddBoolToObject(object, "closed", kept->end != KP_CASE_OPEN) != NULL &&
                    cJSON_AddStringToObject(object, "state", kp_case_end_text(kept->end)) != NULL &&
                    cJSON_AddBoolToObject(object, "test_mode", agreement->test) != NULL;
    enum kp_status status =
        complete ? kp_shown_add(object, "address", reg, kept->address, error) : KP_OK;
    if (status != KP_OK) {
        cJSON_Delete(object);
        return status;
    }
    cJSON *asked = cJSON_AddArrayToObject(object, "asked");
    complete = complete && asked != NULL;
    for (uint32_t i = 0; complete && i < kept->asked_count; i++) {
        complete = add_asked(asked, agreement, &kept->asked[i]);
    }
    return kp_json_print(object, complete, error);
}
