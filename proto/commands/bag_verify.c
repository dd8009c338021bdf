#include "proto/address/register_walk.h"
#include "proto/commands/bag_commands.h"

#include <stdio.h>

static enum kp_status verify(const char *bag, const char *name, bool json, struct kp_error *error)
{
    struct kp_register *reg = NULL;
    struct kp_bag_bar bar;
    struct kp_register_progress progress = kp_bag_bar_start(&bar);
    enum kp_status status = name == NULL ? kp_register_open(&reg, bag, NULL, error)
                                         : kp_register_open_name(&reg, bag, name, error);
    if (status == KP_OK) {
        status = kp_register_verify(reg, &progress, error);
    }
    kp_bag_bar_clear(&bar);
    if (status == KP_OK && json) {
        cJSON *object = cJSON_CreateObject();
        bool complete = kp_bag_json_info(object, kp_register_info(reg)) &&
                        cJSON_AddBoolToObject(object, "whole", true) != NULL;
        status = kp_json_print(object, complete, error);
    } else if (status == KP_OK) {
        kp_bag_print_info(kp_register_info(reg), false);
        puts("  whole: its content has this hash, and everything in it is found");
    }
    kp_register_close(reg);
    return status;
}

static int run(int argc, char **argv)
{
    const char *bag = KP_REGISTER_DEFAULT, *name = NULL;
    bool json = false, help = false;
    size_t count = 0;
    const struct kp_option options[] = {{.name = "bag", .value = &bag},
                                        {.name = "json", .flag = &json}};
    struct kp_error error = {0};
    enum kp_status status = kp_command_parse(&kp_command_bag_verify, argc, argv, options, 2, &name,
                                             0, 1, &count, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = verify(bag, count == 0 ? NULL : name, json, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_bag_verify, &error);
}

const struct kp_command kp_command_bag_verify = {
    .name = "verify",
    .summary = "check that an index of the address register is whole",
    .usage = "usage: kruispunt bag verify [--bag DIR] [--json] [NAME]\n"
             "\n"
             "Computes the hash of the index NAME (default: the current one) in DIR (default\n"
             "" KP_REGISTER_DEFAULT ") again from all that is in it, and checks that every number\n"
             "is found by postcode, street, id and object. Exit status 1: it isn't whole.\n",
    .run = run,
};
