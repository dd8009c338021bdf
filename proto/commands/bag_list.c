#include "proto/address/bag_folder.h"
#include "proto/commands/bag_commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum kp_status print_json(const struct kp_register_info *info, bool current,
                                 struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    bool complete =
        kp_bag_json_info(object, info) && cJSON_AddBoolToObject(object, "current", current) != NULL;
    return kp_json_print(object, complete, error);
}

/* One that can't be opened is named, and doesn't hide the others. */
static enum kp_status print_one(const struct kp_bag_folder *folder, const char *name, bool current,
                                bool json, bool *all_good, struct kp_error *error)
{
    struct kp_register *reg = NULL;
    struct kp_error own = {0};
    if (kp_register_open_name(&reg, folder->path, name, &own) != KP_OK) {
        fprintf(stderr, "%s\n", own.text);
        *all_good = false;
        return KP_OK;
    }
    enum kp_status status = KP_OK;
    if (json) {
        status = print_json(kp_register_info(reg), current, error);
    } else {
        kp_bag_print_info(kp_register_info(reg), current);
    }
    kp_register_close(reg);
    return status;
}

static enum kp_status print_all(const char *bag, bool json, bool *all_good, struct kp_error *error)
{
    struct kp_bag_folder folder;
    char(*names)[KP_REGISTER_NAME] = NULL;
    char current[KP_REGISTER_NAME];
    size_t count = 0;
    enum kp_status status = kp_bag_open(&folder, bag, false, false, error);
    if (status != KP_OK) {
        return status;
    }
    kp_bag_current(&folder, current);
    status = kp_bag_list(&folder, &names, &count, error);
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        bool is_current = strcmp(names[i], current) == 0;
        status = print_one(&folder, names[i], is_current, json, all_good, error);
    }
    if (status == KP_OK && count == 0) {
        fprintf(stderr, "%s: no address register in it yet; `kruispunt bag import` makes one\n",
                bag);
    }
    free(names);
    kp_bag_close(&folder);
    return status;
}

static int run(int argc, char **argv)
{
    const char *bag = KP_REGISTER_DEFAULT;
    bool json = false, help = false, all_good = true;
    const struct kp_option options[] = {{.name = "bag", .value = &bag},
                                        {.name = "json", .flag = &json}};
    struct kp_error error = {0};
    enum kp_status status = kp_command_parse(&kp_command_bag_list, argc, argv, options, 2, NULL, 0,
                                             0, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = print_all(bag, json, &all_good, &error);
    }
    if (status != KP_OK) {
        return kp_command_fail(&kp_command_bag_list, &error);
    }
    return all_good ? KP_EXIT_DONE : KP_EXIT_REFUSED;
}

const struct kp_command kp_command_bag_list = {
    .name = "list",
    .summary = "list the indexes of the address register, and which is the current one",
    .usage =
        "usage: kruispunt bag list [--bag DIR] [--json]\n"
        "\n"
        "Prints every index in DIR (default " KP_REGISTER_DEFAULT "), the oldest first: its\n"
        "name, its date and hash as an agreement's draft has them, what is in it. With --json,\n"
        "one object a line.\n",
    .run = run,
};
