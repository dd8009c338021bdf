#include "proto/commands/agreement_commands.h"
#include "proto/commands/agreement_compare.h"

static enum kp_status print_json(const struct kp_comparison *comparison,
                                 const struct kp_agreement *const both[2], struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    bool complete =
        kp_json_add_hex(object, "before", both[0]->hash, KP_DIGEST_BYTES) &&
        kp_json_add_hex(object, "after", both[1]->hash, KP_DIGEST_BYTES) &&
        cJSON_AddBoolToObject(object, "test_mode", both[0]->test || both[1]->test) != NULL &&
        kp_comparison_json(comparison, object, "differences");
    return kp_json_print(object, complete, error);
}

static enum kp_status diff(const char *const paths[2], enum kp_language language, bool json,
                           struct kp_error *error)
{
    struct kp_agreement *before = NULL;
    struct kp_agreement *after = NULL;
    struct kp_comparison comparison = {.count = 0};
    enum kp_status status = KP_OK;
    if ((status = kp_agreement_read(&before, paths[0], NULL, error)) == KP_OK &&
        (status = kp_agreement_read(&after, paths[1], NULL, error)) == KP_OK &&
        (status = kp_comparison_make(&comparison, before, after, language, error)) == KP_OK) {
        const struct kp_agreement *const both[2] = {before, after};
        if (json) {
            status = print_json(&comparison, both, error);
        } else {
            if (before->test || after->test) {
                puts(kp_word(language, KP_WORD_TEST_MODE));
            }
            kp_comparison_print(&comparison, stdout);
        }
    }
    kp_comparison_free(&comparison);
    kp_agreement_free(before);
    kp_agreement_free(after);
    return status;
}

static int run(int argc, char **argv)
{
    const char *paths[2] = {NULL, NULL};
    const char *language_text = NULL;
    bool json = false;
    bool help = false;
    enum kp_language language = KP_LANGUAGE_EN;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "language", .value = &language_text},
        {.name = "json", .flag = &json},
    };
    enum kp_status status = kp_command_parse(&kp_command_agreement_diff, argc, argv, options, 2,
                                             paths, 2, 2, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK && (status = kp_language_read(&language, language_text, &error)) == KP_OK) {
        status = diff(paths, language, json, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_agreement_diff, &error);
}

const struct kp_command kp_command_agreement_diff = {
    .name = "diff",
    .summary = "print what differs between two agreements, field by field",
    .usage =
        "usage: kruispunt agreement diff [--language en|nl] [--json] BEFORE AFTER\n"
        "\n"
        "Prints every field that differs, with both values: two versions of one agreement, or any\n"
        "two. Members are found by their short names, indicators by their codes. Exit status 0\n"
        "whether they differ or not.\n",
    .run = run,
};
