#include "node/commands/node_commands.h"
#include "proto/agreement.h"
#include "proto/control_client.h"
#include "proto/json.h"

#include <inttypes.h>
#include <stdio.h>

static void print_phase(const struct kp_node_status *status)
{
    printf("phase: %s", kp_phase_name(status->phase));
    if (status->total > 0) {
        printf(", %" PRIu64 " of %" PRIu64, status->done, status->total);
    }
    printf("\n");
}

static const char *scheme_name(const struct kp_canonicalisation *made_by)
{
    return made_by->scheme == KP_KEY_SCHEME_BAG ? "bag" : "text";
}

static void print_keys(const struct kp_canonicalisation *made_by)
{
    char date[KP_REGISTER_DATE_TEXT];
    printf("addresses: %s-%" PRIu32, scheme_name(made_by), made_by->version);
    if (made_by->scheme == KP_KEY_SCHEME_BAG) {
        kp_agreement_date_text(date, made_by->register_date);
        printf(", by the register of %s", date);
    }
    printf("\n");
}

static bool add_keys(cJSON *object, const struct kp_canonicalisation *made_by)
{
    char date[KP_REGISTER_DATE_TEXT], scheme[KP_KEY_SCHEME_NAME];
    kp_agreement_date_text(date, made_by->register_date);
    (void)snprintf(scheme, sizeof(scheme), "%s-%" PRIu32, scheme_name(made_by), made_by->version);
    return cJSON_AddStringToObject(object, "key_scheme", scheme) != NULL &&
           (made_by->scheme != KP_KEY_SCHEME_BAG ||
            (cJSON_AddStringToObject(object, "register_date", date) != NULL &&
             kp_json_add_hex(object, "register_hash", made_by->register_hash, KP_DIGEST_BYTES))) &&
           kp_json_add_hex(object, "words_hash", made_by->words_hash, KP_DIGEST_BYTES);
}

static void print_text(const struct kp_node_status *status)
{
    if (status->test_mode) {
        puts(KP_TEST_MODE_TEXT);
    }
    printf("member: %s\nproject: %s\n", status->name, status->project);
    print_keys(&status->made_by);
    if (status->not_in_force[0] != '\0') {
        printf("not in force: %s\n", status->not_in_force);
    }
    if (status->connected) {
        printf("coordinator: connected\n");
    } else {
        printf("coordinator: not connected%s%s\n", status->link_error[0] != '\0' ? ": " : "",
               status->link_error);
    }
    printf("signals: %" PRIu64 " on %" PRIu64 " addresses%s\n", status->signals, status->addresses,
           status->counting ? ", as counted before" : "");
    if (status->slots == 0) {
        printf("slots: none, for it takes part on request\n");
    } else {
        printf("slots: %" PRIu64 " of %" PRIu64 " used, %" PRIu64
               " addresses wait for a later round\n",
               status->slots_used, status->slots, status->waiting);
    }
    if (status->unregistered_indicator > 0) {
        printf("without registered indicator: %" PRIu64 " signals, which don't take part\n",
               status->unregistered_indicator);
    }
    if (status->outside_area > 0) {
        printf("outside the area: %" PRIu64 " signals, which don't take part\n",
               status->outside_area);
    }
    if (status->other_purpose > 0) {
        printf("of another purpose: %" PRIu64 " signals, which don't take part\n",
               status->other_purpose);
    }
    if (status->past_date > 0) {
        printf("past their last day: %" PRIu64 " signals, which don't take part\n",
               status->past_date);
    }
    printf("rounds: %" PRIu64 " of %" PRIu64 " released\n", status->counter, status->rounds);
    if (status->count[0] != '\0') {
        printf("round of counts: %s matched addresses in the whole area\n", status->count);
    }
    printf("evaluated by this node, of what the agreement allows over the whole term:\n");
    for (uint32_t i = 0; i < status->quota_count; i++) {
        const struct kp_member_quota *quota = &status->quotas[i];
        printf("  %-20s %" PRIu64 " of %" PRIu64 " addresses, last in round %" PRIu64 "\n",
               quota->name, quota->charged, quota->limit, quota->counter);
    }
    print_phase(status);
    if (status->receipt_counter > 0) {
        printf("last receipt: round %" PRIu64 ", %u messages, in phase %s\n",
               status->receipt_counter, status->receipt_messages,
               kp_phase_name(status->receipt_phase));
    }
    if (status->last_error[0] != '\0') {
        printf("last attempt: %s\n", status->last_error);
    }
}

static bool add_number(cJSON *object, const char *name, uint64_t number)
{
    return cJSON_AddNumberToObject(object, name, (double)number) != NULL;
}

static bool append_quota(cJSON *quotas, const struct kp_member_quota *quota)
{
    cJSON *item = cJSON_CreateObject();
    return cJSON_AddItemToArray(quotas, item) &&
           cJSON_AddStringToObject(item, "name", quota->name) != NULL &&
           add_number(item, "charged", quota->charged) && add_number(item, "limit", quota->limit) &&
           add_number(item, "counter", quota->counter);
}

static enum kp_status print_json(const struct kp_node_status *status, struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    bool complete =
        cJSON_AddBoolToObject(object, "test_mode", status->test_mode) != NULL &&
        cJSON_AddStringToObject(object, "member", status->name) != NULL &&
        cJSON_AddStringToObject(object, "project", status->project) != NULL &&
        kp_json_add_hex(object, "agreement", status->agreement, sizeof(status->agreement)) &&
        add_keys(object, &status->made_by) &&
        cJSON_AddStringToObject(object, "not_in_force", status->not_in_force) != NULL &&
        cJSON_AddBoolToObject(object, "connected", status->connected) != NULL &&
        cJSON_AddStringToObject(object, "connection_error", status->link_error) != NULL &&
        cJSON_AddBoolToObject(object, "counting", status->counting) != NULL &&
        add_number(object, "signals", status->signals) &&
        add_number(object, "addresses", status->addresses) &&
        add_number(object, "eligible", status->eligible) &&
        add_number(object, "slots", status->slots) &&
        add_number(object, "slots_used", status->slots_used) &&
        add_number(object, "waiting", status->waiting) &&
        add_number(object, "unregistered_indicator", status->unregistered_indicator) &&
        add_number(object, "outside_area", status->outside_area) &&
        add_number(object, "other_purpose", status->other_purpose) &&
        add_number(object, "past_date", status->past_date) &&
        add_number(object, "released", status->counter) &&
        add_number(object, "rounds", status->rounds) &&
        cJSON_AddStringToObject(object, "count", status->count) != NULL &&
        cJSON_AddStringToObject(object, "phase", kp_phase_name(status->phase)) != NULL &&
        add_number(object, "done", status->done) && add_number(object, "total", status->total) &&
        cJSON_AddStringToObject(object, "last_error", status->last_error) != NULL &&
        (status->receipt_counter == 0 ||
         (cJSON_AddNumberToObject(object, "receipt_round", (double)status->receipt_counter) !=
              NULL &&
          cJSON_AddNumberToObject(object, "receipt_messages", status->receipt_messages) != NULL &&
          cJSON_AddStringToObject(object, "receipt_phase", kp_phase_name(status->receipt_phase)) !=
              NULL));
    cJSON *quotas = cJSON_AddArrayToObject(object, "quotas");
    complete = complete && quotas != NULL;
    for (uint32_t i = 0; complete && i < status->quota_count; i++) {
        complete = append_quota(quotas, &status->quotas[i]);
    }
    return kp_json_print(object, complete, error);
}

static int run(int argc, char **argv)
{
    const char *config = NULL, *control_option = NULL;
    char control[KP_PATH_MAX];
    bool json = false, help = false;
    const struct kp_option options[] = {{"config", &config, NULL, false},
                                        {"control", &control_option, NULL, false},
                                        {"json", NULL, &json, false}};
    struct kp_error error = {0};
    const struct kp_control_request request = {.kind = KP_CONTROL_STATUS};
    struct kp_control_response response = {0};
    enum kp_status status = kp_command_parse(&kp_command_node_status, argc, argv, options, 3, NULL,
                                             0, 0, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = kp_node_find_control(control, config, control_option, &error);
    }
    if (status == KP_OK) {
        status = kp_control_ask(control, &request, KP_CONTROL_NODE_STATUS, &response, &error);
    }
    if (status == KP_OK && json) {
        status = print_json(&response.node, &error);
    } else if (status == KP_OK) {
        print_text(&response.node);
    }
    kp_control_response_free(&response);
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_node_status, &error);
}

const struct kp_command kp_command_node_status = {
    .name = "status",
    .summary = "show what the node on this machine has and does",
    .usage =
        "usage: kruispunt node status (--config NODE.ini | --control SOCKET) [--json]\n"
        "\n"
        "Asks the node's daemon: its signals and how many of them take part, whether it is\n"
        "connected, the round that is going on, and why the last attempt ended. Exit status 3:\n"
        "the daemon isn't running.\n",
    .run = run,
};
