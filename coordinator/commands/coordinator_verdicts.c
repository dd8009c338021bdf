#include "coordinator/commands/round_commands.h"
#include "coordinator/commands/verdict_print.h"

#include "coordinator/coordinator_config.h"
#include "proto/control_client.h"
#include "proto/export.h"

#include <stdio.h>

static enum kp_status print_page(const struct kp_export_page *page,
                                 struct kp_verdict_printer *printer, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < page->items.count; i++) {
        struct kp_export_item item = {0};
        status = kp_export_item_unpack(&item, page->items.items[i].data, page->items.items[i].size,
                                       error);
        if (status == KP_OK) {
            status = kp_verdict_print(printer, &item.content, error);
        }
        kp_export_item_free(&item);
    }
    return status;
}

static enum kp_status print_all(const struct kp_coordinator_config *config, uint32_t round,
                                struct kp_verdict_printer *printer, struct kp_error *error)
{
    struct kp_control_request request = {.kind = KP_CONTROL_EXPORT,
                                         .export = {.kind = KP_EXPORT_VERDICT, .counter = round}};
    enum kp_status status = KP_OK;
    do {
        struct kp_control_response response = {0};
        status =
            kp_control_ask(config->control, &request, KP_CONTROL_EXPORT_PAGE, &response, error);
        if (status == KP_OK) {
            status = print_page(&response.export, printer, error);
        }
        request.export.after = response.export.next;
        kp_control_response_free(&response);
    } while (status == KP_OK && request.export.after != 0);
    return status;
}

static enum kp_status print(const struct kp_coordinator_config *config, uint32_t round,
                            const char *folder, bool json, struct kp_error *error)
{
    struct kp_agreement *agreement = NULL;
    cJSON *object = NULL;
    enum kp_status status =
        kp_agreement_read(&agreement, config->agreement, config->agreement_hash, error);
    struct kp_verdict_printer printer = {.agreement = agreement, .folder = folder};
    if (status == KP_OK && json) {
        object = cJSON_CreateObject();
        printer.array = cJSON_AddArrayToObject(object, "verdicts");
        if (printer.array == NULL) {
            status = kp_fail(error, KP_FAILED, "no memory for a list of verdicts");
        }
    }
    if (status == KP_OK) {
        status = print_all(config, round, &printer, error);
    }
    if (status == KP_OK && json) {
        bool complete = cJSON_AddBoolToObject(object, "test_mode", config->test_mode) != NULL &&
                        cJSON_AddStringToObject(object, "warning", KP_VERDICT_WARNING) != NULL;
        status = kp_json_print(object, complete, error);
        object = NULL;
    } else if (status == KP_OK && printer.count > 0) {
        puts(KP_VERDICT_WARNING);
    } else if (status == KP_OK) {
        puts("no faults");
    }
    cJSON_Delete(object);
    kp_agreement_free(agreement);
    return status;
}

static int run(int argc, char **argv)
{
    const char *path = NULL, *folder = NULL, *round = NULL;
    bool json = false, help = false;
    const struct kp_option options[] = {{"config", &path, NULL, true},
                                        {"out", &folder, NULL, false},
                                        {"round", &round, NULL, false},
                                        {"json", NULL, &json, false}};
    struct kp_error error = {0};
    struct kp_coordinator_config config;
    uint32_t counter = 0;
    enum kp_status status = kp_command_parse(&kp_command_coordinator_verdicts, argc, argv, options,
                                             4, NULL, 0, 0, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = kp_command_parse_round(round, &counter, &error);
    }
    if (status == KP_OK) {
        status = kp_coordinator_config_read(&config, path, &error);
    }
    if (status == KP_OK) {
        status = print(&config, counter, folder, json, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE
                           : kp_command_fail(&kp_command_coordinator_verdicts, &error);
}

const struct kp_command kp_command_coordinator_verdicts = {
    .name = "verdicts",
    .summary = "list the faults that were found, and write what proves them",
    .usage =
        "usage: kruispunt coordinator verdicts --config COORDINATOR.ini [--round N] [--out FOLDER]\n"
        "                                      [--json]\n"
        "\n"
        "Lists what the coordinator found wrong in all rounds, or in one: what, and whom it names. A\n"
        "member is named alone only where its own signature proves it. With --out each fault is\n"
        "written into a file of its own, for the leader, an auditor or a court (kruispunt verify\n"
        "verdict). Exit status 3: the daemon isn't running.\n",
    .run = run,
};
