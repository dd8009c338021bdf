#include "node/commands/node_commands.h"

#include "proto/control_client.h"

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
