#include "crypto/secret.h"
#include "node/commands/node_commands.h"
#include "proto/address/shown.h"
#include "proto/agreement.h"
#include "proto/control_client.h"
#include "proto/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *question_text(enum kp_case_question question)
{
    return question == KP_CASE_STILL_CURRENT ? "still current?" : "an interest?";
}

static const char *answer_text(const struct kp_control_case *shown)
{
    return shown->answer == KP_ANSWER_NONE ? "-" : kp_answer_name(shown->answer);
}

static void print_row(const struct kp_control_case *shown)
{
    char id[KP_CASE_ID_TEXT], by[KP_AGREEMENT_TIME_TEXT];
    kp_case_id_text(id, shown->id);
    kp_agreement_time_text(by, shown->answer_by);
    printf("%s  %-14s  %s  %-6s  %s\n", id, question_text(shown->question), by,
           shown->closed ? "closed" : "open", answer_text(shown));
}

static enum kp_status print_whole(const struct kp_control_case *shown,
                                  const struct kp_register *reg, struct kp_error *error)
{
    char id[KP_CASE_ID_TEXT], by[KP_AGREEMENT_TIME_TEXT], text[KP_SHOWN_TEXT] = "";
    enum kp_status status =
        shown->has_address ? kp_shown_key(text, reg, shown->address, error) : KP_OK;
    if (status != KP_OK) {
        return status;
    }
    kp_case_id_text(id, shown->id);
    kp_agreement_time_text(by, shown->answer_by);
    printf("case %s (%s)\n", id, shown->closed ? "closed" : "open");
    if (shown->has_address) {
        printf("address: %s\n", text);
        kp_wipe(text, sizeof(text));
    }
    for (size_t i = 0; i < shown->lines.count; i++) {
        printf("%.*s\n", (int)shown->lines.items[i].size, (const char *)shown->lines.items[i].data);
    }
    printf("question: %s\nto be answered by: %s\nanswer: %s", question_text(shown->question), by,
           answer_text(shown));
    printf(shown->reason[0] != '\0' ? " (%s)\n" : "%s\n", shown->reason);
    return KP_OK;
}

static bool add_lines(cJSON *object, const struct kp_batch *lines)
{
    cJSON *array = cJSON_AddArrayToObject(object, "lines");
    bool complete = array != NULL;
    for (size_t i = 0; complete && i < lines->count; i++) {
        char *text = strndup((const char *)lines->items[i].data, lines->items[i].size);
        complete = text != NULL && cJSON_AddItemToArray(array, cJSON_CreateString(text));
        free(text);
    }
    return complete;
}

static enum kp_status print_json(const struct kp_control_case *shown, const struct kp_register *reg,
                                 bool test_mode, struct kp_error *error)
{
    char id[KP_CASE_ID_TEXT], by[KP_AGREEMENT_TIME_TEXT];
    cJSON *object = cJSON_CreateObject();
    kp_case_id_text(id, shown->id);
    kp_agreement_time_text(by, shown->answer_by);
    bool complete =
        cJSON_AddStringToObject(object, "case", id) != NULL &&
        cJSON_AddStringToObject(object, "question",
                                shown->question == KP_CASE_STILL_CURRENT ? "still-current"
                                                                         : "interest") != NULL &&
        cJSON_AddStringToObject(object, "answer_by", by) != NULL &&
        cJSON_AddBoolToObject(object, "closed", shown->closed) != NULL &&
        cJSON_AddStringToObject(object, "answer", kp_answer_name(shown->answer)) != NULL &&
        cJSON_AddNumberToObject(object, "revision", shown->revision) != NULL &&
        cJSON_AddStringToObject(object, "reason", shown->reason) != NULL &&
        cJSON_AddBoolToObject(object, "test_mode", test_mode) != NULL;
    if (complete && shown->has_address) {
        complete = kp_shown_add(object, "address", reg, shown->address, error) == KP_OK &&
                   add_lines(object, &shown->lines);
    }
    return kp_json_print(object, complete, error);
}

enum kp_status kp_node_find_case(const char *control, const char *text, uint8_t id[static 16],
                                 struct kp_error *error)
{
    const struct kp_control_request request = {.kind = KP_CONTROL_CASES};
    struct kp_control_response response = {0};
    struct kp_case_search search = {.text = text};
    enum kp_status status =
        kp_control_ask(control, &request, KP_CONTROL_CASES_SHOWN, &response, error);
    for (size_t i = 0; status == KP_OK && i < response.cases.count; i++) {
        kp_case_search_try(&search, response.cases.items[i].id);
    }
    kp_control_response_free(&response);
    if (status == KP_OK) {
        status = kp_case_search_end(&search, error);
    }
    memcpy(id, search.id, sizeof(search.id));
    return status;
}

enum kp_status kp_node_print_cases(const char *control, const uint8_t *id,
                                   const struct kp_register *reg, bool json, struct kp_error *error)
{
    struct kp_control_request request = {.kind = KP_CONTROL_CASES, .one_case = id != NULL};
    struct kp_control_response response = {0};
    bool test_mode = false;
    if (id != NULL) {
        memcpy(request.case_id, id, sizeof(request.case_id));
    }
    enum kp_status status = kp_node_ask_test_mode(control, &test_mode, error);
    if (status == KP_OK) {
        status = kp_control_ask(control, &request, KP_CONTROL_CASES_SHOWN, &response, error);
    }
    if (status == KP_OK && !json && test_mode) {
        puts(KP_TEST_MODE_TEXT);
    }
    for (size_t i = 0; status == KP_OK && i < response.cases.count; i++) {
        if (json) {
            status = print_json(&response.cases.items[i], reg, test_mode, error);
        } else if (id != NULL) {
            status = print_whole(&response.cases.items[i], reg, error);
        } else {
            print_row(&response.cases.items[i]);
        }
    }
    kp_control_response_free(&response);
    return status;
}

static int run(int argc, char **argv)
{
    const char *config = NULL, *control_option = NULL;
    char control[KP_PATH_MAX];
    bool json = false, help = false;
    const struct kp_option options[] = {{"config", &config, NULL, false},
                                        {"control", &control_option, NULL, false},
                                        {"json", NULL, &json, false}};
    struct kp_error error = {0};
    enum kp_status status = kp_command_parse(&kp_command_node_cases, argc, argv, options, 3, NULL,
                                             0, 0, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = kp_node_find_control(control, config, control_option, &error);
    }
    if (status == KP_OK) {
        status = kp_node_print_cases(control, NULL, NULL, json, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_node_cases, &error);
}

const struct kp_command kp_command_node_cases = {
    .name = "cases",
    .summary = "list the cases that the project leader put before this node",
    .usage =
        "usage: kruispunt node cases (--config NODE.ini | --control SOCKET) [--json]\n"
        "\n"
        "Prints every case: its number, what is asked, by when, whether it is open, and the answer\n"
        "that was given. What a case is about: kruispunt node case. With --json, one object a line.\n"
        "Exit status 3: the daemon isn't running.\n",
    .run = run,
};
