#include "proto/commands/common_commands.h"
#include "proto/json.h"

#include <stdio.h>

static int run(int argc, char **argv)
{
    bool json = false;
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {{.name = "json", .flag = &json}};
    if (kp_command_parse(&kp_command_version, argc, argv, options, 1, NULL, 0, 0, NULL, &help,
                         &error) != KP_OK) {
        return kp_command_fail(&kp_command_version, &error);
    }
    if (help) {
        return KP_EXIT_DONE;
    }
    if (!json) {
        puts("kruispunt " KP_VERSION);
        return KP_EXIT_DONE;
    }
    cJSON *object = cJSON_CreateObject();
    bool complete = cJSON_AddStringToObject(object, "version", KP_VERSION) != NULL;
    if (kp_json_print(object, complete, &error) != KP_OK) {
        return kp_command_fail(&kp_command_version, &error);
    }
    return KP_EXIT_DONE;
}

const struct kp_command kp_command_version = {
    .name = "version",
    .summary = "print the version",
    .usage = "usage: kruispunt version [--json]\n",
    .run = run,
};
