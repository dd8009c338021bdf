#include "node/commands/node_commands.h"
#include "node/commands/node_place.h"
#include "proto/case.h"

static int run(int argc, char **argv)
{
    const char *text = NULL;
    struct kp_node_options at = {0};
    struct kp_node_place place;
    struct kp_register *reg = NULL;
    uint8_t id[KP_CASE_ID_BYTES];
    bool json = false, help = false;
    const struct kp_option options[] = {{"config", &at.config, NULL, false},
                                        {"control", &at.control, NULL, false},
                                        {"bag", &at.bag, NULL, false},
                                        {"json", NULL, &json, false}};
    struct kp_error error = {0};
    enum kp_status status = kp_command_parse(&kp_command_node_case, argc, argv, options, 4, &text,
                                             1, 1, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = kp_node_place_show(&place, &at, &reg, &error);
    }
    if (status == KP_OK) {
        status = kp_node_find_case(place.control, text, id, &error);
    }
    if (status == KP_OK) {
        status = kp_node_print_cases(place.control, id, reg, json, &error);
    }
    kp_register_close(reg);
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_node_case, &error);
}

const struct kp_command kp_command_node_case = {
    .name = "case",
    .summary = "show what a case is about",
    .usage =
        "usage: kruispunt node case ID (--config NODE.ini | --control SOCKET) [--bag DIR] [--json]\n"
        "\n"
        "ID is its number, or the first 4 digits of it or more. Shows the address, the members that have a signal there, on what and not later than when,\n"
        "as the attached evidence proves it, and what this node itself has there now. The node's\n"
        "signed log says that it was shown. Of a closed case only the answer is left.\n"
        "Exit status 3: the daemon isn't running.\n",
    .run = run,
};
