#include "crypto/secret.h"
#include "node/commands/pair_commands.h"
#include "node/pairs.h"
#include "proto/json.h"

#include <stdio.h>

static const struct {
    const char *word;
    const char *text;
} STATES[] = {
    [KP_PAIR_NONE] = {"none", "none"},
    [KP_PAIR_OWN_FILE] = {"own", "drawn here; the other's file isn't there"},
    [KP_PAIR_PEER_FILE] = {"peer", "the other's file is there; draw one: kruispunt pair draw"},
    [KP_PAIR_BOTH] = {"both", "in use"},
};

static void print_text(const struct kp_pair_subject *subject, const struct kp_pairs *pairs,
                       const enum kp_pair_state states[static KP_MEMBERS_MAX])
{
    if (subject->agreement->test) {
        puts(KP_TEST_MODE_TEXT);
    }
    for (uint32_t i = 0; i < subject->agreement->member_count; i++) {
        char check[KP_PAIR_CHECK_TEXT] = "";
        if (i + 1 == subject->own) {
            continue;
        }
        if (states[i] == KP_PAIR_BOTH) {
            kp_pairs_check_text(check, pairs->secret[i]);
        }
        printf("%-32s  %-6s  %s\n", subject->agreement->members[i].name, check,
               STATES[states[i]].text);
    }
}

static enum kp_status print_json(const struct kp_pair_subject *subject,
                                 const struct kp_pairs *pairs,
                                 const enum kp_pair_state states[static KP_MEMBERS_MAX],
                                 struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    bool complete = cJSON_AddBoolToObject(object, "test_mode", subject->agreement->test) != NULL;
    cJSON *array = cJSON_AddArrayToObject(object, "pairs");
    complete = complete && array != NULL;
    for (uint32_t i = 0; complete && i < subject->agreement->member_count; i++) {
        char check[KP_PAIR_CHECK_TEXT];
        if (i + 1 == subject->own) {
            continue;
        }
        cJSON *pair = cJSON_CreateObject();
        complete =
            cJSON_AddItemToArray(array, pair) &&
            cJSON_AddStringToObject(pair, "member", subject->agreement->members[i].name) != NULL &&
            cJSON_AddStringToObject(pair, "files", STATES[states[i]].word) != NULL;
        if (complete && states[i] == KP_PAIR_BOTH) {
            kp_pairs_check_text(check, pairs->secret[i]);
            complete = cJSON_AddStringToObject(pair, "check", check) != NULL;
        }
    }
    return kp_json_print(object, complete, error);
}

static enum kp_status check(const char *config, bool json, struct kp_error *error)
{
    struct kp_pair_subject subject;
    struct kp_pairs *pairs = NULL;
    enum kp_pair_state states[KP_MEMBERS_MAX];
    enum kp_status status = kp_pair_subject_read(&subject, config, error);
    if (status == KP_OK) {
        status = kp_pairs_read(&pairs, states, subject.config.pairs, subject.agreement, subject.own,
                               error);
    }
    if (status == KP_OK && json) {
        status = print_json(&subject, pairs, states, error);
    } else if (status == KP_OK) {
        print_text(&subject, pairs, states);
    }
    kp_secret_free(pairs);
    kp_agreement_free(subject.agreement);
    return status;
}

static int run(int argc, char **argv)
{
    const char *config = NULL;
    bool json = false;
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "config", .value = &config, .required = true},
        {.name = "json", .flag = &json},
    };
    if (kp_command_parse(&kp_command_pair_check, argc, argv, options, 2, NULL, 0, 0, NULL, &help,
                         &error) != KP_OK) {
        return kp_command_fail(&kp_command_pair_check, &error);
    }
    if (!help && check(config, json, &error) != KP_OK) {
        return kp_command_fail(&kp_command_pair_check, &error);
    }
    return KP_EXIT_DONE;
}

const struct kp_command kp_command_pair_check = {
    .name = "check",
    .summary = "say with which members a secret was exchanged by hand",
    .usage =
        "usage: kruispunt pair check --config NODE.INI [--json]\n"
        "\n"
        "Prints, for each other member, which of the two files are there, and where both are a\n"
        "short check of the secret they make: when the officers on both sides read each other\n"
        "the same one, on the telephone, the right files are in the right places.\n"
        "\n"
        "  --config  the node's configuration\n"
        "  --json    print one JSON object\n",
    .run = run,
};
