#include "crypto/secret.h"
#include "node/commands/node_commands.h"
#include "node/commands/node_place.h"
#include "proto/address/shown.h"
#include "proto/agreement.h"
#include "proto/commands/address_lines.h"
#include "proto/control_client.h"
#include "proto/json.h"
#include "proto/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    const char *indicator;         /* NULL: all */
    int width;                     /* of the addresses' column */
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
        int pad = listing->width - (int)kp_utf8_length(text);
        printf("%s%*s  %-16s  %s  %s  %-11s  %-10s  %s\n", text, pad > 0 ? pad : 0, "",
               signal->indicator, date, registered, purpose_text(signal->purpose), until,
               signal->grounds);
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
static enum kp_status print_all(const char *control, const struct listing *listing,
                                struct kp_control_request *request, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (!listing->json && listing->test_mode) {
        puts(KP_TEST_MODE_TEXT);
    }
    if (!listing->json) {
        printf("%-*s  %-16s  %-10s  %-20s  %-11s  %-10s  %s\n", listing->width, "ADDRESS",
               "INDICATOR", "OBSERVED", "REGISTERED", "PURPOSE", "UNTIL", "GROUNDS");
    }
    do {
        struct kp_control_response response = {0};
        status = kp_control_ask(control, request, KP_CONTROL_SIGNALS_PAGE, &response, error);
        for (size_t i = 0; status == KP_OK && i < response.signals.count; i++) {
            const struct kp_control_signal *signal = &response.signals.items[i];
            if (listing->indicator == NULL || strcmp(listing->indicator, signal->indicator) == 0) {
                status = print_signal(listing, signal, error);
            }
        }
        request->after = response.next;
        kp_control_response_free(&response);
    } while (status == KP_OK && request->after.size > 0);
    return status;
}

/* What was searched for, by the rules that every file is read by. */
static enum kp_status find_address(struct kp_control_request *request,
                                   const struct kp_node_place *place, const char *text,
                                   struct kp_error *error)
{
    struct kp_agreed agreed = {0};
    struct kp_address_result result = {0};
    const struct kp_address_input input = {.text = text};
    enum kp_status status =
        kp_agreed_open(&agreed, &place->agreed, place->bag, place->words, error);
    if (status == KP_OK) {
        status = kp_address_resolve(agreed.resolver, &input, &result, NULL, error);
    }
    if (status == KP_OK && result.verdict != KP_ADDRESS_RESOLVED) {
        status = kp_fail(error, KP_REFUSED,
                         "the address is %s: %s; `kruispunt address explain` shows each step",
                         kp_address_verdict_name(result.verdict),
                         kp_address_rule_text(result.verdict, result.rule));
    }
    request->one_address = true;
    memcpy(request->address, result.key, sizeof(request->address));
    kp_wipe(&result, sizeof(result));
    kp_agreed_close(&agreed);
    return status;
}

/* A search says of an address that it is suspected, which others on the machine needn't see: "-" is
 * the first line of standard input. */
static enum kp_status find_written(struct kp_control_request *request,
                                   const struct kp_node_place *place, const char *text,
                                   struct kp_error *error)
{
    if (strcmp(text, "-") != 0) {
        return find_address(request, place, text, error);
    }
    struct kp_address_lines *lines = calloc(1, sizeof(*lines));
    if (lines == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for reading a line");
    }
    lines->file = stdin;
    bool end = false;
    enum kp_status status = kp_address_lines_next(lines, &end, error);
    if (status == KP_OK && (end || lines->too_long || strlen(lines->line) != lines->size)) {
        status = kp_fail(error, KP_REFUSED, "standard input: expected an address on a line");
    }
    if (status == KP_OK) {
        status = find_address(request, place, lines->line, error);
    }
    kp_wipe(lines, sizeof(*lines));
    free(lines);
    return status;
}

struct asked {
    const char *address; /* NULL: all; "-": standard input */
    const char *indicator;
    bool json;
};

static enum kp_status list(const struct kp_node_options *options, const struct asked *asked,
                           struct kp_error *error)
{
    struct kp_node_place place;
    struct kp_register *reg = NULL;
    struct kp_control_request request = {.kind = KP_CONTROL_SIGNALS};
    enum kp_status status = kp_node_place_show(&place, options, &reg, error);
    if (status == KP_OK && asked->address != NULL) {
        status = find_written(&request, &place, asked->address, error);
    }
    if (status == KP_OK) {
        const int width = reg != NULL ? 48 : place.agreed.scheme == KP_KEY_SCHEME_BAG ? 30 : 18;
        const struct listing listing = {reg, asked->indicator, width, place.test_mode, asked->json};
        status = print_all(place.control, &listing, &request, error);
    }
    kp_control_request_free(&request);
    kp_register_close(reg);
    return status;
}

static int run(int argc, char **argv)
{
    struct kp_node_options place = {0};
    struct asked asked = {0};
    bool help = false;
    const struct kp_option options[] = {
        {"config", &place.config, NULL, false},   {"control", &place.control, NULL, false},
        {"bag", &place.bag, NULL, false},         {"words", &place.words, NULL, false},
        {"address", &asked.address, NULL, false}, {"indicator", &asked.indicator, NULL, false},
        {"json", NULL, &asked.json, false},
    };
    struct kp_error error = {0};
    enum kp_status status =
        kp_command_parse(&kp_command_node_signals, argc, argv, options,
                         sizeof(options) / sizeof(options[0]), NULL, 0, 0, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = list(&place, &asked, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_node_signals, &error);
}

const struct kp_command kp_command_node_signals = {
    .name = "signals",
    .summary = "list the signals that the node on this machine keeps",
    .usage =
        "usage: kruispunt node signals (--config NODE.ini | --control SOCKET) [--bag DIR]\n"
        "                              [--words FILE] [--address TEXT] [--indicator CODE] [--json]\n"
        "\n"
        "Prints every signal: address, indicator, the day it was observed, when it was registered\n"
        "here, its purpose and its last day where it has them, and its grounds. They come in no particular\n"
        "order. With --json, one object a line.\n"
        "\n"
        "  --address TEXT    only those on this address, however it is written: it is read by the same\n"
        "                    rules as files are. -: a line of standard input, which others on\n"
        "                    this machine don't see\n"
        "  --indicator CODE  only those with this indicator\n"
        "  --bag DIR         folder of address registers, for the addresses of objects (also `bag` in\n"
        "                    the configuration; /var/lib/kruispunt/bag)\n"
        "  --words FILE      the agreement's table of words, when it isn't the one that is built in\n"
        "\n"
        "Exit status 3: the daemon isn't running.\n",
    .run = run,
};
