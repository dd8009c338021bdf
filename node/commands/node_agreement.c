#include "node/commands/node_commands.h"
#include "proto/papers_report.h"

static int run(int argc, char **argv)
{
    const char *config = NULL, *control_option = NULL;
    const char *files[KP_PAPERS_FILES_MAX];
    char control[KP_PATH_MAX];
    bool json = false, help = false;
    size_t count = 0;
    const struct kp_option options[] = {{"config", &config, NULL, false},
                                        {"control", &control_option, NULL, false},
                                        {"json", NULL, &json, false}};
    struct kp_error error = {0};
    struct kp_papers_report report = {0};
    enum kp_status status = kp_command_parse(&kp_command_node_agreement, argc, argv, options, 3,
                                             files, 0, KP_PAPERS_FILES_MAX, &count, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = kp_node_find_control(control, config, control_option, &error);
    }
    if (status == KP_OK) {
        status = kp_papers_ask(&report, control, files, count, &error);
    }
    if (status == KP_OK) {
        status = kp_papers_report_print(&report, json, &error);
    }
    kp_papers_report_free(&report);
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_node_agreement, &error);
}

const struct kp_command kp_command_node_agreement = {
    .name = "agreement",
    .summary = "give the node papers of the agreement; show what is in force",
    .usage =
        "usage: kruispunt node agreement (--config NODE.ini | --control SOCKET) [--json] [FILE ...]\n"
        "\n"
        "Gives the node's daemon later versions of the agreement and officers' decisions, in any\n"
        "order, and prints what it has: every version, who decided what, and whether anything may\n"
        "be processed, or why not. The daemon also gets papers from the coordinator. Exit status 1:\n"
        "one was refused; the others were taken. 3: the daemon isn't running.\n",
    .run = run,
};
