#include "coordinator/commands/round_commands.h"

#include "coordinator/coordinator_config.h"
#include "proto/agreement.h"
#include "proto/control_client.h"
#include "proto/json.h"

#include <inttypes.h>
#include <stdio.h>

static void print_text(const struct kp_coordinator_status *status)
{
    if (status->test_mode) {
        puts(KP_TEST_MODE_TEXT);
    }
    if (status->not_in_force[0] != '\0') {
        printf("not in force: %s\n", status->not_in_force);
    }
    printf("project: %s\nround: %u, %s\n", status->project, status->round,
           kp_phase_name(status->phase));
    if (status->last_error[0] != '\0') {
        printf("last attempt: %s\n", status->last_error);
    }
    for (uint32_t i = 0; i < status->mailbox_count; i++) {
        const struct kp_mailbox_status *mailbox = &status->mailboxes[i];
        printf("  %-20s %-13s %" PRIu64 " messages wait\n", mailbox->name,
               mailbox->seen ? "connected" : "not connected", mailbox->waiting);
    }
}

static enum kp_status print_json(const struct kp_coordinator_status *status, struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    bool complete =
        cJSON_AddBoolToObject(object, "test_mode", status->test_mode) != NULL &&
        cJSON_AddStringToObject(object, "project", status->project) != NULL &&
        cJSON_AddStringToObject(object, "not_in_force", status->not_in_force) != NULL &&
        kp_json_add_hex(object, "agreement", status->agreement, sizeof(status->agreement)) &&
        cJSON_AddNumberToObject(object, "round", status->round) != NULL &&
        cJSON_AddStringToObject(object, "phase", kp_phase_name(status->phase)) != NULL &&
        cJSON_AddStringToObject(object, "last_error", status->last_error) != NULL;
    cJSON *members = cJSON_AddArrayToObject(object, "members");
    for (uint32_t i = 0; complete && i < status->mailbox_count; i++) {
        const struct kp_mailbox_status *mailbox = &status->mailboxes[i];
        cJSON *item = cJSON_CreateObject();
        complete = cJSON_AddStringToObject(item, "name", mailbox->name) != NULL &&
                   cJSON_AddBoolToObject(item, "connected", mailbox->seen) != NULL &&
                   cJSON_AddNumberToObject(item, "waiting", (double)mailbox->waiting) != NULL;
        if (!cJSON_AddItemToArray(members, item)) {
            cJSON_Delete(item);
            complete = false;
        }
    }
    return kp_json_print(object, complete, error);
}

static int run(int argc, char **argv)
{
    const char *path = NULL;
    bool json = false, help = false;
    const struct kp_option options[] = {{"config", &path, NULL, true},
                                        {"json", NULL, &json, false}};
    struct kp_error error = {0};
    struct kp_coordinator_config config;
    struct kp_control_request request = {.kind = KP_CONTROL_STATUS};
    struct kp_control_response response = {0};
    enum kp_status status = kp_command_parse(&kp_command_coordinator_status, argc, argv, options, 2,
                                             NULL, 0, 0, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = kp_coordinator_config_read(&config, path, &error);
    }
    if (status == KP_OK) {
        status = kp_control_ask(config.control, &request, KP_CONTROL_COORDINATOR_STATUS, &response,
                                &error);
    }
    if (status == KP_OK && json) {
        status = print_json(&response.coordinator, &error);
    } else if (status == KP_OK) {
        print_text(&response.coordinator);
    }
    kp_control_response_free(&response);
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_coordinator_status, &error);
}

const struct kp_command kp_command_coordinator_status = {
    .name = "status",
    .summary = "show what the coordinator on this machine does",
    .usage =
        "usage: kruispunt coordinator status --config COORDINATOR.ini [--json]\n"
        "\n"
        "Asks the coordinator's daemon over its control socket: the last round, who is connected,\n"
        "and how many messages wait for each member.\n",
    .run = run,
};
