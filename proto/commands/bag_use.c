#include "proto/address/bag_folder.h"
#include "proto/commands/bag_commands.h"

#include <stdio.h>

/* It opens before it is switched to. */
static enum kp_status use(const char *bag, const char *name, bool dry, struct kp_error *error)
{
    struct kp_bag_folder folder;
    struct kp_register *reg = NULL;
    enum kp_status status = kp_bag_open(&folder, bag, !dry, false, error);
    if (status != KP_OK) {
        return status;
    }
    status = kp_register_open_name(&reg, bag, name, error);
    if (status == KP_OK && !dry) {
        status = kp_bag_use(&folder, name, error);
    }
    kp_register_close(reg);
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
    enum kp_status status = kp_command_parse(&kp_command_bag_use, argc, argv, options, 2, &name, 1,
                                             1, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = use(bag, name, dry, &error);
    }
    if (status != KP_OK) {
        return kp_command_fail(&kp_command_bag_use, &error);
    }
    printf("%s %s\n", name,
           dry ? "can be used; dry run: nothing is changed" : "is the current one");
    return KP_EXIT_DONE;
}

const struct kp_command kp_command_bag_use = {
    .name = "use",
    .summary = "switch to another index of the address register",
    .usage =
        "usage: kruispunt bag use [--bag DIR] [--dry-run] NAME\n"
        "\n"
        "Makes the index NAME (`kruispunt bag list` shows them) in DIR (default\n"
        "" KP_REGISTER_DEFAULT ") the current one, at once: whoever reads sees the one or the\n"
        "other. An agreement names its own register; this one is for what has no agreement.\n",
    .run = run,
};
