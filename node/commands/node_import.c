#include "node/commands/node_commands.h"
#include "node/commands/sending.h"
#include "proto/agreement.h"
#include "proto/json.h"
#include "proto/table/put_aside.h"
#include "proto/table/reading.h"

#include <inttypes.h>
#include <stdio.h>

/* What would have happened is said as what happened, under this line. */
static void print_dry(const struct kp_sending *sending)
{
    if (sending->dry_run) {
        puts("dry run: nothing is changed; this is what would be");
    }
}

static void print_withdrawn(const struct kp_sending *sending)
{
    printf("rows read: %" PRIu64 "\nwithdrawn: %" PRIu64 "\nbad or not there: %" PRIu64 "\n",
           sending->read, sending->done.added, sending->bad);
    if (sending->unchanged) {
        printf("nothing was withdrawn\n");
    }
}

static void print_kept(uint64_t count, const char *what)
{
    if (count > 0) {
        printf("new, %s: %" PRIu64 " (kept, but in no round)\n", what, count);
    }
}

static void print_text(const struct kp_sending *sending)
{
    printf("rows read: %" PRIu64 "\nnew: %" PRIu64 "\nknown already: %" PRIu64 "\nbad: %" PRIu64
           "\n",
           sending->read, sending->done.added, sending->done.known, sending->bad);
    print_kept(sending->done.unregistered_indicator, "without registered indicator");
    print_kept(sending->done.outside_area, "outside the area");
    print_kept(sending->done.other_purpose, "of another purpose");
    print_kept(sending->done.past_date, "past their last day");
    if (sending->replace && !sending->unchanged) {
        printf("withdrawn, for not in the file: %" PRIu64 "\n", sending->withdrawn);
    }
    if (sending->unchanged) {
        printf(sending->replace ? "nothing was replaced: mend the bad rows, or leave them out with "
                                  "--except-bad\n"
                                : "nothing was imported\n");
    }
}

static enum kp_status print_json(struct kp_sending *sending, struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    const struct {
        const char *name;
        uint64_t number;
        bool shown;
    } numbers[] = {
        {"read", sending->read, true},
        {sending->withdraw ? "withdrawn" : "new", sending->done.added, true},
        {"bad", sending->bad, true},
        {"known", sending->done.known, !sending->withdraw},
        {"unregistered_indicator", sending->done.unregistered_indicator, !sending->withdraw},
        {"outside_area", sending->done.outside_area, !sending->withdraw},
        {"other_purpose", sending->done.other_purpose, !sending->withdraw},
        {"past_date", sending->done.past_date, !sending->withdraw},
        {"withdrawn", sending->withdrawn, sending->replace},
    };
    bool complete =
        cJSON_AddBoolToObject(object, "test_mode", sending->place->test_mode) != NULL &&
        cJSON_AddBoolToObject(object, "dry_run", sending->dry_run) != NULL &&
        cJSON_AddBoolToObject(object, "unchanged", sending->unchanged || sending->dry_run) != NULL;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        complete = complete && (!numbers[i].shown ||
                                cJSON_AddNumberToObject(object, numbers[i].name,
                                                        (double)numbers[i].number) != NULL);
    }
    if (cJSON_AddItemToObject(object, "bad_rows", sending->bad_rows)) {
        sending->bad_rows = NULL; /* the object's from here */
    } else {
        complete = false;
    }
    return kp_json_print(object, complete, error);
}

static enum kp_status print(struct kp_sending *sending, bool json, struct kp_error *error)
{
    if (json) {
        return print_json(sending, error);
    }
    if (sending->place->test_mode) {
        puts(KP_TEST_MODE_TEXT);
    }
    print_dry(sending);
    if (sending->withdraw) {
        print_withdrawn(sending);
    } else {
        print_text(sending);
    }
    return KP_OK;
}

/* What was put aside is counted among the bad rows, and stands in a file. */
static enum kp_status run_sending(struct kp_sending *sending, const struct kp_register *reg,
                                  const struct kp_reading *reading, const char *path,
                                  struct kp_error *error)
{
    struct kp_put_aside *aside = NULL;
    struct kp_error closing;
    enum kp_status status = reading->put_aside == NULL
                                ? KP_OK
                                : kp_put_aside_open(&aside, reading->put_aside, reg, error);
    sending->reading.aside = aside;
    if (status == KP_OK) {
        status = kp_sending_run(sending, path, error);
    }
    sending->reading.aside = NULL;
    if (status == KP_OK && aside != NULL) {
        fprintf(stderr, "put aside: %" PRIu64 "\n", kp_put_aside_count(aside));
    }
    enum kp_status closed = kp_put_aside_close(aside, &closing);
    if (status == KP_OK && closed != KP_OK) {
        *error = closing;
        status = closed;
    }
    return status;
}

/* The daemon is asked before anything is read, so that a file isn't read for nothing. */
static enum kp_status send_file(struct kp_sending *sending, const struct kp_node_options *options,
                                const struct kp_reading *reading, const char *path, bool json,
                                struct kp_error *error)
{
    struct kp_node_place place;
    struct kp_agreed agreed = {0};
    sending->place = &place;
    sending->bad_rows = json ? cJSON_CreateArray() : NULL;
    enum kp_status status = kp_node_place_find(&place, options, error);
    if (status == KP_OK) {
        status = kp_node_place_ask(&place, error);
    }
    if (status == KP_OK) {
        status = kp_agreed_open(&agreed, &place.agreed, place.bag, place.words, error);
    }
    if (status == KP_OK) {
        sending->reading.resolver = agreed.resolver;
        sending->reading.columns = reading->columns != NULL ? reading->columns : place.columns;
        status = run_sending(sending, agreed.reg, reading, path, error);
    }
    if (status == KP_OK) {
        status = print(sending, json, error);
    }
    kp_agreed_close(&agreed);
    sending->reading.columns = NULL;
    sending->place = NULL;
    return status;
}

static enum kp_status check_options(const struct kp_sending *sending, struct kp_error *error)
{
    if (sending->except_bad && !sending->replace) {
        return kp_fail(error, KP_USAGE, "--except-bad belongs to --replace");
    }
    return sending->replace && sending->strict
               ? kp_fail(error, KP_USAGE, "--replace is strict without --strict")
               : KP_OK;
}

int kp_node_send_signals(const struct kp_command *command, bool withdraw, int argc, char **argv)
{
    const char *path = NULL;
    bool json = false, help = false;
    struct kp_node_options at = {0};
    struct kp_reading reading = {0};
    struct kp_sending sending = {.withdraw = withdraw};
    const size_t of_import = 2; /* at the end */
    const struct kp_option options[] = {
        {"config", &at.config, NULL, false},
        {"control", &at.control, NULL, false},
        {"bag", &at.bag, NULL, false},
        {"words", &at.words, NULL, false},
        {"strict", NULL, &sending.strict, false},
        {"dry-run", NULL, &sending.dry_run, false},
        {"json", NULL, &json, false},
        KP_READING_OPTIONS(reading),
        {"replace", NULL, &sending.replace, false},
        {"except-bad", NULL, &sending.except_bad, false},
    };
    struct kp_error error = {0};
    enum kp_status status =
        kp_command_parse(command, argc, argv, options,
                         sizeof(options) / sizeof(options[0]) - (withdraw ? of_import : 0), &path,
                         1, 1, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = check_options(&sending, &error);
    }
    if (status == KP_OK) {
        status = kp_reading_table(&sending.reading.table, &reading, &error);
    }
    if (status == KP_OK) {
        status = send_file(&sending, &at, &reading, path, json, &error);
    }
    bool refused = sending.bad > 0 && (sending.strict || sending.unchanged);
    kp_sending_free(&sending);
    if (status != KP_OK) {
        return kp_command_fail(command, &error);
    }
    return refused ? KP_EXIT_REFUSED : KP_EXIT_DONE;
}

static int run(int argc, char **argv)
{
    return kp_node_send_signals(&kp_command_node_import, false, argc, argv);
}

const struct kp_command kp_command_node_import = {
    .name = "import",
    .summary = "hand a file of signals to the node on this machine",
    .usage =
        "usage: kruispunt node import (--config NODE.ini | --control SOCKET) [--bag DIR]\n"
        "                             [--words FILE] [--strict] [--dry-run] [--replace\n"
        "                             [--except-bad]] [--json] [...] FILE\n"
        "\n"
        "Reads FILE (CSV, xlsx or JSON lines; - is standard input) and hands its signals to the\n"
        "node's daemon, which has them on disk when this ends. Signals that it has already are not\n"
        "kept twice. Bad rows are left out, and listed on standard error by line and column.\n"
        "Addresses are read as the agreement says: by its register and its table of words.\n"
        "\n"
        "  --bag DIR     folder of address registers (also `bag` in the configuration;\n"
        "                /var/lib/kruispunt/bag)\n"
        "  --words FILE  the agreement's table of words, when it isn't the one that is built in\n"
        "                (also `words` in the configuration)\n"
        "  --dry-run     say what would change; nothing is changed or logged\n"
        "  --replace     afterwards the node's signals are exactly those of the file: they are added\n"
        "                first, then what isn't in it is withdrawn. Refused when a row is bad. Can be\n"
        "                repeated after it was broken off\n"
        "  --except-bad  with --replace: bad rows are none, and what they said before is withdrawn\n"
        "  --strict      import nothing when a row is bad; exit status 1\n"
        "  --json        print one JSON object, with the bad rows in it\n" KP_READING_USAGE
            KP_READING_USAGE_SIGNALS "\n"
        "Exit status 3: the daemon isn't running.\n",
    .run = run,
};
