#include "proto/address/bag_folder.h"
#include "proto/commands/bag_commands.h"

#include <stdio.h>
#include <string.h>

static enum kp_status remove_one(const char *bag, const char *name, bool dry,
                                 struct kp_error *error)
{
    struct kp_bag_folder folder;
    enum kp_status status = kp_bag_open(&folder, bag, !dry, false, error);
    if (status != KP_OK) {
        return status;
    }
    status = dry ? kp_bag_can_remove(&folder, name, error) : kp_bag_remove(&folder, name, error);
    kp_bag_close(&folder);
    return status;
}

static int run(int argc, char **argv)
{
    const char *bag = KP_REGISTER_DEFAULT, *name = NULL;
    bool dry = false, help = false;
    const struct kp_option options[] = {{.name = "bag", .value = &bag},
                                        {.name = "dry-run", .flag = &dry}};
    struct kp_error error = {0};
    enum kp_status status = kp_command_parse(&kp_command_bag_remove, argc, argv, options, 2, &name,
                                             1, 1, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = remove_one(bag, name, dry, &error);
    }
    if (status != KP_OK) {
        return kp_command_fail(&kp_command_bag_remove, &error);
    }
    printf("%s %s\n", name, dry ? "can be removed; dry run: nothing is changed" : "is removed");
    return KP_EXIT_DONE;
}

const struct kp_command kp_command_bag_remove = {
    .name = "remove",
    .summary = "remove an index of the address register",
    .usage = "usage: kruispunt bag remove [--bag DIR] [--dry-run] NAME\n"
             "\n"
             "Removes the index NAME in DIR (default " KP_REGISTER_DEFAULT "). Never the current\n"
             "one. Whoever has it open goes on reading it. What an agreement that is in force\n"
             "names is needed for imports: look with `kruispunt agreement show`.\n",
    .run = run,
};
