#include "node/commands/node_commands.h"
#include "proto/address/shown.h"
#include "proto/agreement.h"
#include "proto/control_client.h"
#include "proto/json.h"

#include <inttypes.h>
#include <stdio.h>

/* Nothing for 0. */
static void date_text(char text[static 32], uint32_t date)
{
    text[0] = '\0';
    if (date != 0) {
        (void)snprintf(text, 32, "%04" PRIu32 "-%02" PRIu32 "-%02" PRIu32, date / 10000,
                       date / 100 % 100, date % 100);
    }
}

static const char *purpose_text(uint8_t purpose)
{
    return purpose == KP_CATEGORY_ENFORCEMENT ? "enforcement"
           : purpose == KP_CATEGORY_CARE      ? "care"
                                              : "";
}

struct listing {
    const struct kp_register *reg; /* NULL: objects are shown by id */
    bool test_mode;
    bool json;
};

static enum kp_status print_signal(const struct listing *listing,
                                   const struct kp_control_signal *signal, struct kp_error *error)
{
    char text[KP_SHOWN_TEXT], date[32], until[32], registered[KP_AGREEMENT_TIME_TEXT];
    struct kp_shown shown;
    enum kp_status status = kp_shown_find(&shown, listing->reg, signal->address, error);
    if (status != KP_OK) {
        return kp_fail_in(error, "the node answers with");
    }
    kp_shown_text(text, &shown);
    date_text(date, signal->observed_on);
    date_text(until, signal->valid_until);
    kp_agreement_time_text(registered, signal->registered_at);
    if (!listing->json) {
        printf("%-18s  %-16s  %s  %s  %-11s  %-10s  %s\n", text, signal->indicator, date,
               registered, purpose_text(signal->purpose), until, signal->grounds);
        return KP_OK;
    }
    cJSON *object = cJSON_CreateObject();
    bool complete =
        kp_shown_json(object, "address", &shown) &&
        cJSON_AddStringToObject(object, "indicator", signal->indicator) != NULL &&
        cJSON_AddStringToObject(object, "grounds", signal->grounds) != NULL &&
        cJSON_AddStringToObject(object, "observed_on", date) != NULL &&
        cJSON_AddStringToObject(object, "registered_at", registered) != NULL &&
        cJSON_AddStringToObject(object, "purpose", purpose_text(signal->purpose)) != NULL &&
        cJSON_AddStringToObject(object, "valid_until", until) != NULL &&
        cJSON_AddBoolToObject(object, "test_mode", listing->test_mode) != NULL;
    return kp_json_print(object, complete, error);
}

/* Page by page, so that there may be millions. */
static enum kp_status print_all(const char *control, bool json, struct kp_error *error)
{
    struct kp_control_request request = {.kind = KP_CONTROL_SIGNALS};
    struct listing listing = {.json = json};
    enum kp_status status = kp_node_ask_test_mode(control, &listing.test_mode, error);
    if (status != KP_OK) {
        return status;
    }
    if (!json && listing.test_mode) {
        puts(KP_TEST_MODE_TEXT);
    }
    if (!json) {
        printf("%-18s  %-16s  %-10s  %-20s  %-11s  %-10s  %s\n", "ADDRESS", "INDICATOR", "OBSERVED",
               "REGISTERED", "PURPOSE", "UNTIL", "GROUNDS");
    }
    do {
        struct kp_control_response response = {0};
        status = kp_control_ask(control, &request, KP_CONTROL_SIGNALS_PAGE, &response, error);
        for (size_t i = 0; status == KP_OK && i < response.signals.count; i++) {
            status = print_signal(&listing, &response.signals.items[i], error);
        }
        request.after = response.next;
        kp_control_response_free(&response);
    } while (status == KP_OK && request.after.size > 0);
    return status;
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
    enum kp_status status = kp_command_parse(&kp_command_node_signals, argc, argv, options, 3, NULL,
                                             0, 0, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = kp_node_find_control(control, config, control_option, &error);
    }
    if (status == KP_OK) {
        status = print_all(control, json, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_node_signals, &error);
}

const struct kp_command kp_command_node_signals = {
    .name = "signals",
    .summary = "list the signals that the node on this machine keeps",
    .usage =
        "usage: kruispunt node signals (--config NODE.ini | --control SOCKET) [--json]\n"
        "\n"
        "Prints every signal: address, indicator, the day it was observed, when it was registered\n"
        "here, its purpose and its last day where it has them, and its grounds. They come in no particular order. With --json, one object a line.\n"
        "Exit status 3: the daemon isn't running.\n",
    .run = run,
};
