#include "node/commands/pair_commands.h"
#include "node/pairs.h"
#include "proto/json.h"

#include <stdio.h>

static enum kp_status print(const char *file, const char *peer, bool test_mode, bool json,
                            struct kp_error *error)
{
    if (!json) {
        if (test_mode) {
            puts(KP_TEST_MODE_TEXT);
        }
        printf("%s\n", file);
        fprintf(stderr,
                "Bring a copy of this file to %s by hand, not over a network, and put %s's file\n"
                "beside it. Then both run kruispunt pair check, and restart their nodes.\n",
                peer, peer);
        return KP_OK;
    }
    cJSON *object = cJSON_CreateObject();
    bool complete = cJSON_AddBoolToObject(object, "test_mode", test_mode) != NULL &&
                    cJSON_AddStringToObject(object, "file", file) != NULL &&
                    cJSON_AddStringToObject(object, "for", peer) != NULL;
    return kp_json_print(object, complete, error);
}

static enum kp_status draw(const char *config, const char *peer, bool json, struct kp_error *error)
{
    struct kp_pair_subject subject;
    char path[KP_PATH_MAX];
    enum kp_status status = kp_pair_subject_read(&subject, config, error);
    if (status != KP_OK) {
        return status;
    }
    uint32_t number = kp_agreement_member_by_name(subject.agreement, peer);
    if (number == 0 || number == subject.own) {
        status = kp_fail(error, KP_USAGE, "--to %s: not another member of the agreement", peer);
    } else {
        /* As the agreement writes the name, since a file's name depends on it. */
        const char *to = subject.agreement->members[number - 1].name;
        const char *from = subject.agreement->members[subject.own - 1].name;
        if ((status = kp_pairs_draw(subject.config.pairs, from, to, error)) == KP_OK &&
            (status = kp_pairs_path(path, subject.config.pairs, from, to, error)) == KP_OK) {
            status = print(path, to, subject.agreement->test, json, error);
        }
    }
    kp_agreement_free(subject.agreement);
    return status;
}

static int run(int argc, char **argv)
{
    const char *config = NULL;
    const char *to = NULL;
    bool json = false;
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "config", .value = &config, .required = true},
        {.name = "to", .value = &to, .required = true},
        {.name = "json", .flag = &json},
    };
    if (kp_command_parse(&kp_command_pair_draw, argc, argv, options, 3, NULL, 0, 0, NULL, &help,
                         &error) != KP_OK) {
        return kp_command_fail(&kp_command_pair_draw, &error);
    }
    if (!help && draw(config, to, json, &error) != KP_OK) {
        return kp_command_fail(&kp_command_pair_draw, &error);
    }
    return KP_EXIT_DONE;
}

const struct kp_command kp_command_pair_draw = {
    .name = "draw",
    .summary = "draw a secret for another member, to be brought to it by hand",
    .usage =
        "usage: kruispunt pair draw --config NODE.INI --to MEMBER [--json]\n"
        "\n"
        "Draws this node's part of a secret with another member, as a file in the folder that\n"
        "[pairs] folder names, and never replaces one. Optional: it keeps what members send\n"
        "each other safe from who records it now and has a quantum computer later. The other\n"
        "member draws one too; each needs both files.\n"
        "\n"
        "  --config  the node's configuration\n"
        "  --to      the other member's name in the agreement\n"
        "  --json    print one JSON object\n",
    .run = run,
};
