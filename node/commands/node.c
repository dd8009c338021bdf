#include "node/commands/node_commands.h"

#include "node/node_config.h"
#include "proto/control_client.h"

#include <stdio.h>
#include <string.h>

static const struct kp_command *const COMMANDS[] = {
    &kp_command_node_agreement,
    &kp_command_node_answer,
    &kp_command_node_audit_slots,
    &kp_command_node_case,
    &kp_command_node_cases,
    &kp_command_node_check,
    &kp_command_node_import,
    &kp_command_node_signals,
    &kp_command_node_status,
    &kp_command_node_withdraw,
    NULL,
};

const struct kp_command_group kp_node_commands = {.name = "node", .commands = COMMANDS};

enum kp_status kp_node_find_control(char control[static KP_PATH_MAX], const char *config_option,
                                    const char *control_option, struct kp_error *error)
{
    if ((config_option == NULL) == (control_option == NULL)) {
        return kp_fail(error, KP_USAGE,
                       "give either --config with the node's configuration, or --control with its "
                       "control socket");
    }
    if (control_option != NULL) {
        /* From the folder that this was called in. */
        return kp_config_path(control, "./.", control_option, error);
    }
    struct kp_node_config config;
    enum kp_status status = kp_node_config_read(&config, config_option, error);
    if (status == KP_OK) {
        memcpy(control, config.control, KP_PATH_MAX);
    }
    return status;
}

enum kp_status kp_node_ask_test_mode(const char *control, bool *test_mode, struct kp_error *error)
{
    const struct kp_control_request request = {.kind = KP_CONTROL_STATUS};
    struct kp_control_response response = {0};
    enum kp_status status =
        kp_control_ask(control, &request, KP_CONTROL_NODE_STATUS, &response, error);
    if (status == KP_OK) {
        *test_mode = response.node.test_mode;
        kp_control_response_free(&response);
    }
    return status;
}
