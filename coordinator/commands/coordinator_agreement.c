#include "coordinator/commands/round_commands.h"

#include "coordinator/coordinator_config.h"
#include "proto/papers_report.h"

static int run(int argc, char **argv)
{
    const char *path = NULL;
    const char *files[KP_PAPERS_FILES_MAX];
    bool json = false, help = false;
    size_t count = 0;
    const struct kp_option options[] = {{"config", &path, NULL, true},
                                        {"json", NULL, &json, false}};
    struct kp_error error = {0};
    struct kp_coordinator_config config;
    struct kp_papers_report report = {0};
    enum kp_status status =
        kp_command_parse(&kp_command_coordinator_agreement, argc, argv, options, 2, files, 0,
                         KP_PAPERS_FILES_MAX, &count, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = kp_coordinator_config_read(&config, path, &error);
    }
    if (status == KP_OK) {
        status = kp_papers_ask(&report, config.control, files, count, &error);
    }
    if (status == KP_OK) {
        status = kp_papers_report_print(&report, json, &error);
    }
    kp_papers_report_free(&report);
    return status == KP_OK ? KP_EXIT_DONE
                           : kp_command_fail(&kp_command_coordinator_agreement, &error);
}

const struct kp_command kp_command_coordinator_agreement = {
    .name = "agreement",
    .summary = "give the coordinator papers of the agreement; show what is in force",
    .usage =
        "usage: kruispunt coordinator agreement --config COORDINATOR.ini [--json] [FILE ...]\n"
        "\n"
        "Gives the coordinator's daemon later versions of the agreement and officers' decisions, in\n"
        "any order, and prints what it has: every version, who decided what, and whether anything\n"
        "may be processed, or why not. It passes papers on to all members, and gets theirs. Exit\n"
        "status 1: one was refused; the others were taken. 3: the daemon isn't running.\n",
    .run = run,
};
