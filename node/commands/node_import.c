#include "node/commands/node_commands.h"
#include "node/signal_file.h"
#include "proto/agreement.h"
#include "proto/control_client.h"
#include "proto/file.h"
#include "proto/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STANDARD_INPUT_MAX ((size_t)256 << 20) /* bytes, when it has to be read twice */
#define BAD_ROWS_MAX 10000                     /* in the JSON object; all of them are counted */

/* A file on its way to the daemon, batch by batch. */
struct importing {
    const char *control;
    bool withdraw;   /* out of the database, and not in */
    bool check_only; /* nothing is sent */
    bool no_bad;     /* the file was checked: a bad row means that it changed */
    struct kp_control_request request;
    uint64_t lines[KP_IMPORT_BATCH]; /* of the signals in the request */
    uint64_t read;                   /* rows, good and bad */
    uint64_t bad;
    struct kp_import_done done; /* sums; its refused signals are among the bad rows */
    cJSON *bad_rows;            /* NULL: they go to standard error */
    bool complete;              /* false: no memory for the JSON object */
};

static void report_json(struct importing *importing, uint64_t line, const char *column,
                        const char *reason)
{
    if (cJSON_GetArraySize(importing->bad_rows) >= BAD_ROWS_MAX) {
        return;
    }
    cJSON *row = cJSON_CreateObject();
    bool complete = cJSON_AddNumberToObject(row, "line", (double)line) != NULL &&
                    (column != NULL ? cJSON_AddStringToObject(row, "column", column)
                                    : cJSON_AddNullToObject(row, "column")) != NULL &&
                    cJSON_AddStringToObject(row, "reason", reason) != NULL;
    if (!complete || !cJSON_AddItemToArray(importing->bad_rows, row)) {
        cJSON_Delete(row);
        importing->complete = false;
    }
}

static void report_bad(struct importing *importing, uint64_t line, const char *column,
                       const char *reason)
{
    importing->bad++;
    if (importing->bad_rows != NULL) {
        report_json(importing, line, column, reason);
    } else if (column != NULL) {
        fprintf(stderr, "line %" PRIu64 ", column %s: %s\n", line, column, reason);
    } else {
        fprintf(stderr, "line %" PRIu64 ": %s\n", line, reason);
    }
}

/* Sends what there is. On the daemon's disk when KP_OK. */
static enum kp_status flush(struct importing *importing, struct kp_error *error)
{
    struct kp_control_response response = {0};
    if (importing->request.signals.count == 0) {
        return KP_OK;
    }
    enum kp_status status = kp_control_ask(
        importing->control, &importing->request,
        importing->withdraw ? KP_CONTROL_WITHDRAW_DONE : KP_CONTROL_IMPORT_DONE, &response, error);
    size_t sent = importing->request.signals.count;
    kp_control_signals_free(&importing->request.signals);
    if (status != KP_OK) {
        return status;
    }
    importing->done.added += response.import.added;
    importing->done.known += response.import.known;
    importing->done.unregistered_indicator += response.import.unregistered_indicator;
    importing->done.outside_area += response.import.outside_area;
    importing->done.other_purpose += response.import.other_purpose;
    importing->done.past_date += response.import.past_date;
    for (size_t i = 0; i < response.import.refused_count; i++) {
        const struct kp_refused_signal *refused = &response.import.refused[i];
        if (refused->number < sent) {
            report_bad(importing, importing->lines[refused->number], NULL, refused->reason);
        }
    }
    kp_control_response_free(&response);
    return KP_OK;
}

/* Both are called by kp_signal_file_read. */

static enum kp_status take_row(void *context, uint64_t line, const struct kp_signal *signal,
                               struct kp_error *error)
{
    struct importing *importing = context;
    importing->read++;
    if (importing->check_only) {
        return KP_OK;
    }
    struct kp_control_signal *asked = kp_control_signals_add(&importing->request.signals);
    if (asked == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a batch of signals");
    }
    memcpy(asked->address, signal->address, sizeof(asked->address));
    memcpy(asked->indicator, signal->indicator, sizeof(asked->indicator));
    memcpy(asked->grounds, signal->grounds, sizeof(asked->grounds));
    asked->observed_on = signal->observed_on;
    asked->purpose = signal->purpose;
    asked->valid_until = signal->valid_until;
    importing->lines[importing->request.signals.count - 1] = line;
    return importing->request.signals.count == KP_IMPORT_BATCH ? flush(importing, error) : KP_OK;
}

static enum kp_status take_bad(void *context, uint64_t line, const char *column, const char *reason,
                               struct kp_error *error)
{
    struct importing *importing = context;
    if (importing->no_bad) {
        return kp_fail(error, KP_REFUSED,
                       "line %" PRIu64 " is bad now: the file changed while it was read; what "
                       "came before that line was %s",
                       line, importing->withdraw ? "withdrawn" : "imported");
    }
    importing->read++;
    report_bad(importing, line, column, reason);
    return KP_OK;
}

static enum kp_status read_file(struct importing *importing, const char *path,
                                struct kp_error *error)
{
    const struct kp_signal_file_reader reader = {
        .context = importing, .row = take_row, .bad = take_bad};
    return kp_signal_file_read(path, NULL, &reader, error);
}

/* Standard input can be read once; so that it can be read twice it is kept in memory, as a file
 * without a name. *fd is -1 when path is a file already. */
static enum kp_status keep_input(char kept[static 64], const char **path, int *fd,
                                 struct kp_error *error)
{
    struct kp_buffer input = {0};
    *fd = -1;
    if (strcmp(*path, "-") != 0) {
        return KP_OK;
    }
    enum kp_status status = kp_file_read("-", STANDARD_INPUT_MAX, &input, error);
    if (status != KP_OK) {
        return status;
    }
    *fd = memfd_create("signals", MFD_CLOEXEC);
    size_t written = 0;
    while (*fd >= 0 && written < input.size) {
        ssize_t more = write(*fd, input.data + written, input.size - written);
        if (more < 0 && errno != EINTR) {
            break;
        }
        written += more > 0 ? (size_t)more : 0;
    }
    if (*fd < 0 || written < input.size) {
        status = kp_fail(error, KP_FAILED, "standard input can't be kept in memory: %s",
                         strerror(errno));
    }
    kp_buffer_free(&input);
    (void)snprintf(kept, 64, "/proc/self/fd/%d", *fd);
    *path = kept;
    return status;
}

/* First all of it is read, and only when no row is bad is any of it sent. */
static enum kp_status import_strictly(struct importing *importing, const char *path,
                                      struct kp_error *error)
{
    char kept[64];
    int fd = -1;
    enum kp_status status = keep_input(kept, &path, &fd, error);
    importing->check_only = true;
    if (status == KP_OK) {
        status = read_file(importing, path, error);
    }
    importing->check_only = false;
    if (status == KP_OK && importing->bad == 0) {
        importing->no_bad = true;
        importing->read = 0;
        status = read_file(importing, path, error);
        if (status == KP_OK) {
            status = flush(importing, error);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

static enum kp_status import_file(struct importing *importing, const char *path, bool strict,
                                  struct kp_error *error)
{
    /* Before anything is read, so that a file isn't read for nothing. */
    const struct kp_control_request status_request = {.kind = KP_CONTROL_STATUS};
    struct kp_control_response response = {0};
    enum kp_status status = kp_control_ask(importing->control, &status_request,
                                           KP_CONTROL_NODE_STATUS, &response, error);
    kp_control_response_free(&response);
    if (status != KP_OK) {
        return status;
    }
    if (strict) {
        return import_strictly(importing, path, error);
    }
    status = read_file(importing, path, error);
    return status == KP_OK ? flush(importing, error) : status;
}

static void print_withdrawn(const struct importing *importing, bool strict)
{
    printf("rows read: %" PRIu64 "\nwithdrawn: %" PRIu64 "\nbad or not there: %" PRIu64 "\n",
           importing->read, importing->done.added, importing->bad);
    if (strict && importing->bad > 0 && !importing->no_bad) {
        printf("nothing was withdrawn\n");
    }
}

static void print_text(const struct importing *importing, bool strict)
{
    printf("rows read: %" PRIu64 "\nnew: %" PRIu64 "\nknown already: %" PRIu64 "\nbad: %" PRIu64
           "\n",
           importing->read, importing->done.added, importing->done.known, importing->bad);
    if (importing->done.unregistered_indicator > 0) {
        printf("new, without registered indicator: %" PRIu64 " (kept, but in no round)\n",
               importing->done.unregistered_indicator);
    }
    if (importing->done.outside_area > 0) {
        printf("new, outside the area: %" PRIu64 " (kept, but in no round)\n",
               importing->done.outside_area);
    }
    if (importing->done.other_purpose > 0) {
        printf("new, of another purpose: %" PRIu64 " (kept, but in no round)\n",
               importing->done.other_purpose);
    }
    if (importing->done.past_date > 0) {
        printf("new, past their last day: %" PRIu64 " (kept, but in no round)\n",
               importing->done.past_date);
    }
    if (strict && importing->bad > 0 && !importing->no_bad) {
        printf("nothing was imported\n");
    }
}

static enum kp_status print_json(struct importing *importing, bool test_mode,
                                 struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    const size_t withdrawn_numbers = 3;
    const struct {
        const char *name;
        uint64_t number;
    } numbers[] = {
        {"read", importing->read},
        {importing->withdraw ? "withdrawn" : "new", importing->done.added},
        {"bad", importing->bad},
        {"known", importing->done.known},
        {"unregistered_indicator", importing->done.unregistered_indicator},
        {"outside_area", importing->done.outside_area},
        {"other_purpose", importing->done.other_purpose},
        {"past_date", importing->done.past_date},
    };
    bool complete = cJSON_AddBoolToObject(object, "test_mode", test_mode) != NULL;
    complete = complete && importing->complete;
    size_t count = importing->withdraw ? withdrawn_numbers : sizeof(numbers) / sizeof(numbers[0]);
    for (size_t i = 0; i < count; i++) {
        complete =
            cJSON_AddNumberToObject(object, numbers[i].name, (double)numbers[i].number) != NULL &&
            complete;
    }
    if (cJSON_AddItemToObject(object, "bad_rows", importing->bad_rows)) {
        importing->bad_rows = NULL; /* the object's from here */
    } else {
        complete = false;
    }
    return kp_json_print(object, complete, error);
}

static enum kp_status send_file(const char *control, const char *path, bool withdraw, bool strict,
                                bool json, bool *refused, struct kp_error *error)
{
    struct importing *importing = calloc(1, sizeof(*importing));
    if (importing == NULL) {
        return kp_fail(error, KP_FAILED, "no memory");
    }
    importing->control = control;
    importing->withdraw = withdraw;
    importing->request.kind = withdraw ? KP_CONTROL_WITHDRAW : KP_CONTROL_IMPORT;
    importing->bad_rows = json ? cJSON_CreateArray() : NULL;
    importing->complete = !json || importing->bad_rows != NULL;
    bool test_mode = false;
    enum kp_status status = kp_node_ask_test_mode(control, &test_mode, error);
    if (status == KP_OK) {
        status = import_file(importing, path, strict, error);
    }
    if (status == KP_OK && json) {
        status = print_json(importing, test_mode, error);
    } else if (status == KP_OK) {
        if (test_mode) {
            puts(KP_TEST_MODE_TEXT);
        }
        if (withdraw) {
            print_withdrawn(importing, strict);
        } else {
            print_text(importing, strict);
        }
    }
    *refused = strict && importing->bad > 0;
    kp_control_request_free(&importing->request);
    cJSON_Delete(importing->bad_rows);
    free(importing);
    return status;
}

int kp_node_send_signals(const struct kp_command *command, bool withdraw, int argc, char **argv)
{
    const char *config = NULL, *control_option = NULL, *path = NULL;
    char control[KP_PATH_MAX];
    bool strict = false, json = false, help = false, refused = false;
    const struct kp_option options[] = {{"config", &config, NULL, false},
                                        {"control", &control_option, NULL, false},
                                        {"strict", NULL, &strict, false},
                                        {"json", NULL, &json, false}};
    struct kp_error error = {0};
    enum kp_status status =
        kp_command_parse(command, argc, argv, options, 4, &path, 1, 1, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = kp_node_find_control(control, config, control_option, &error);
    }
    if (status == KP_OK) {
        status = send_file(control, path, withdraw, strict, json, &refused, &error);
    }
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
        "usage: kruispunt node import (--config NODE.ini | --control SOCKET) [--strict] [--json]\n"
        "                             FILE\n"
        "\n"
        "Reads FILE (CSV with a header row; - is standard input) and hands its signals to the\n"
        "node's daemon, which has them on disk when this ends. Signals that it has already are not\n"
        "kept twice. Bad rows are left out, and listed on standard error by line and column.\n"
        "\n"
        "  --strict  import nothing when a row is bad; exit status 1\n"
        "  --json    print one JSON object, with the bad rows in it\n"
        "\n"
        "Exit status 3: the daemon isn't running.\n",
    .run = run,
};
