#include "proto/commands/agreement_commands.h"
#include "proto/commands/agreement_view.h"

#include <stdlib.h>

#define FILES_MAX (KP_AGREEMENTS_BESIDE_MAX + 1)

static enum kp_status print_json(const struct kp_view *view, struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    return kp_json_print(object, kp_view_json(view, object), error);
}

/* paths[0] is the agreement, the rest stands beside it. */
static enum kp_status show(const char *const *paths, size_t count, const char *beside_path,
                           enum kp_language language, bool json, struct kp_error *error)
{
    struct kp_agreement *agreement = NULL;
    struct kp_beside beside = {.count = 0};
    struct kp_view view;
    enum kp_status status = kp_agreement_read(&agreement, paths[0], NULL, error);
    if (status == KP_OK && beside_path != NULL) {
        status = kp_beside_add(&beside, beside_path, error);
    }
    for (size_t i = 1; status == KP_OK && i < count; i++) {
        status = kp_beside_add(&beside, paths[i], error);
    }
    if (status == KP_OK &&
        (status = kp_view_make(&view, agreement, &beside, 0, language, error)) == KP_OK) {
        status = json ? print_json(&view, error) : kp_view_print(&view, stdout, error);
    }
    kp_beside_free(&beside);
    kp_agreement_free(agreement);
    return status;
}

static int run(int argc, char **argv)
{
    const char *paths[FILES_MAX];
    const char *beside = NULL;
    const char *language_text = NULL;
    size_t count = 0;
    bool json = false;
    bool help = false;
    enum kp_language language = KP_LANGUAGE_EN;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "beside", .value = &beside},
        {.name = "language", .value = &language_text},
        {.name = "json", .flag = &json},
    };
    enum kp_status status = kp_command_parse(&kp_command_agreement_show, argc, argv, options, 3,
                                             paths, 1, FILES_MAX, &count, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK && beside == NULL && count > 1) {
        status = kp_fail(&error, KP_USAGE, "one agreement at a time; others go behind --beside");
    }
    if (status == KP_OK && (status = kp_language_read(&language, language_text, &error)) == KP_OK) {
        status = show(paths, count, beside, language, json, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_agreement_show, &error);
}

const struct kp_command kp_command_agreement_show = {
    .name = "show",
    .summary = "print a whole agreement for a reader, in English or Dutch",
    .usage =
        "usage: kruispunt agreement show FILE [--beside FILE...] [--language en|nl] [--json]\n"
        "\n"
        "Checks the form of the agreement as a node does and prints all of it: every field, its\n"
        "hash, and how many addresses partners that work together with the coordinator can test.\n"
        "FILE may be - for standard input.\n"
        "\n"
        "  --beside FILE...  other agreements of the same organisation, or a folder with them. Where\n"
        "                    area and partners overlap, what can be tested there counts in\n"
        "  --language        en (the default) or nl\n"
        "  --json            the same as one JSON object\n",
    .run = run,
};
