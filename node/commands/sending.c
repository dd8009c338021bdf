#include "node/commands/sending.h"

#include "crypto/secret.h"
#include "proto/control_client.h"
#include "proto/file.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define STANDARD_INPUT_MAX ((size_t)256 << 20) /* bytes, when it has to be read twice */
#define BAD_ROWS_MAX 10000                     /* in the JSON object; all of them are counted */

static void report_json(struct kp_sending *sending, uint64_t line, const char *column,
                        const char *reason)
{
    if (sending->bad > BAD_ROWS_MAX) {
        return;
    }
    cJSON *row = cJSON_CreateObject();
    bool complete = cJSON_AddNumberToObject(row, "line", (double)line) != NULL &&
                    (column != NULL ? cJSON_AddStringToObject(row, "column", column)
                                    : cJSON_AddNullToObject(row, "column")) != NULL &&
                    cJSON_AddStringToObject(row, "reason", reason) != NULL;
    if (!complete || !cJSON_AddItemToArray(sending->bad_rows, row)) {
        cJSON_Delete(row);
        sending->complete = false;
    }
}

static void report_bad(struct kp_sending *sending, uint64_t line, const char *column,
                       const char *reason)
{
    sending->bad++;
    if (sending->bad_rows != NULL) {
        report_json(sending, line, column, reason);
    } else if (column != NULL) {
        fprintf(stderr, "line %" PRIu64 ", column %s: %s\n", line, column, reason);
    } else {
        fprintf(stderr, "line %" PRIu64 ": %s\n", line, reason);
    }
}

static void add_up(struct kp_import_done *sum, const struct kp_import_done *part)
{
    sum->added += part->added;
    sum->known += part->known;
    sum->unregistered_indicator += part->unregistered_indicator;
    sum->outside_area += part->outside_area;
    sum->other_purpose += part->other_purpose;
    sum->past_date += part->past_date;
}

/* Sends what there is. On the daemon's disk when KP_OK, unless nothing is to change. */
static enum kp_status flush(struct kp_sending *sending, struct kp_error *error)
{
    struct kp_control_request *request = &sending->request;
    struct kp_control_response response = {0};
    if (request->signals.count == 0) {
        return KP_OK;
    }
    request->kind = sending->withdraw ? KP_CONTROL_WITHDRAW : KP_CONTROL_IMPORT;
    request->made_by = sending->place->agreed;
    request->dry_run = sending->dry_run || sending->trying;
    enum kp_status status = kp_control_ask(
        sending->place->control, request,
        sending->withdraw ? KP_CONTROL_WITHDRAW_DONE : KP_CONTROL_IMPORT_DONE, &response, error);
    size_t sent = request->signals.count;
    kp_control_signals_free(&request->signals);
    if (status != KP_OK) {
        return status;
    }
    add_up(&sending->done, &response.import);
    for (size_t i = 0; i < response.import.refused_count; i++) {
        const struct kp_refused_signal *refused = &response.import.refused[i];
        if (refused->number < sent) {
            report_bad(sending, sending->lines[refused->number], NULL, refused->reason);
        }
    }
    kp_control_response_free(&response);
    return KP_OK;
}

/* Keeps a signal's mark. *again: the file had the same one before, which a daemon that changes
 * nothing can't know. */
static enum kp_status mark(struct kp_sending *sending, const struct kp_signal *signal, bool *again,
                           struct kp_error *error)
{
    uint8_t made[KP_CONTROL_MARK_BYTES];
    bool added = true;
    enum kp_status status = KP_OK;
    if (sending->replace || sending->dry_run) {
        kp_signal_mark(made, sending->mark_key, signal);
        status = kp_signal_marks_add(&sending->marks, made, &added, error);
    }
    *again = !added && (sending->dry_run || sending->trying);
    return status;
}

/* Both are called by kp_signal_file_read. */

static enum kp_status take_row(void *context, uint64_t line, const struct kp_signal *signal,
                               struct kp_error *error)
{
    struct kp_sending *sending = context;
    bool again = false;
    sending->read++;
    if (sending->check_only) {
        return KP_OK;
    }
    enum kp_status status = mark(sending, signal, &again, error);
    if (status != KP_OK || (again && !sending->withdraw)) {
        sending->done.known += status == KP_OK;
        return status;
    }
    if (again) {
        report_bad(sending, line, NULL, "the same signal as in a line before; it is gone by then");
        return KP_OK;
    }
    struct kp_control_signal *asked = kp_control_signals_add(&sending->request.signals);
    if (asked == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a batch of signals");
    }
    memcpy(asked->address, signal->address, sizeof(asked->address));
    memcpy(asked->indicator, signal->indicator, sizeof(asked->indicator));
    memcpy(asked->grounds, signal->grounds, sizeof(asked->grounds));
    asked->observed_on = signal->observed_on;
    asked->purpose = signal->purpose;
    asked->valid_until = signal->valid_until;
    sending->lines[sending->request.signals.count - 1] = line;
    return sending->request.signals.count == KP_IMPORT_BATCH ? flush(sending, error) : KP_OK;
}

static enum kp_status take_bad(void *context, uint64_t line, const char *column, const char *reason,
                               struct kp_error *error)
{
    struct kp_sending *sending = context;
    if (sending->no_bad) {
        return kp_fail(error, KP_REFUSED,
                       "line %" PRIu64 " is bad now: the file changed while it was read; what "
                       "came before that line was %s",
                       line, sending->withdraw ? "withdrawn" : "imported");
    }
    sending->read++;
    if (sending->again) {
        sending->bad++; /* it was said */
    } else {
        report_bad(sending, line, column, reason);
    }
    return KP_OK;
}

static enum kp_status read_file(struct kp_sending *sending, const char *path,
                                struct kp_error *error)
{
    const struct kp_signal_file_reader reader = {
        .context = sending, .row = take_row, .bad = take_bad};
    enum kp_status status = kp_signal_file_read(path, &sending->reading, &reader, error);
    return status == KP_OK ? flush(sending, error) : status;
}

/* Standard input, or a pipe with a name. */
static bool reads_once(const char *path)
{
    struct stat about;
    return strcmp(path, "-") == 0 || (stat(path, &about) == 0 && S_ISFIFO(about.st_mode));
}

/* So that what can be read once can be read twice it is kept in memory, as a file without a name.
 * *fd is -1 when path is a file already. */
static enum kp_status keep_input(char kept[static 64], const char **path, int *fd,
                                 struct kp_error *error)
{
    struct kp_buffer input = {0};
    *fd = -1;
    if (!reads_once(*path)) {
        return KP_OK;
    }
    enum kp_status status = kp_file_read(*path, STANDARD_INPUT_MAX, &input, error);
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
        status = kp_fail(error, KP_FAILED, "what is to be read can't be kept in memory: %s",
                         strerror(errno));
    }
    kp_buffer_free(&input);
    (void)snprintf(kept, 64, "/proc/self/fd/%d", *fd);
    *path = kept;
    return status;
}

/* The counts of a first reading, which only tried. */
static void start_again(struct kp_sending *sending)
{
    memset(&sending->done, 0, sizeof(sending->done));
    sending->read = 0;
    sending->bad = 0;
    sending->reading.quiet = true;
    sending->reading.aside = NULL; /* the rows stand there already */
    sending->again = true;
}

/* First all of it is read, and only when no row is bad is any of it sent. */
static enum kp_status send_strictly(struct kp_sending *sending, const char *path,
                                    struct kp_error *error)
{
    sending->check_only = true;
    enum kp_status status = read_file(sending, path, error);
    sending->check_only = false;
    sending->unchanged = sending->bad > 0;
    if (status != KP_OK || sending->bad > 0) {
        return status;
    }
    start_again(sending);
    sending->no_bad = true;
    return read_file(sending, path, error);
}

/* Asks for the marks of a page of what is there; those that the file hasn't go into `others`. */
static enum kp_status compare_page(struct kp_sending *sending, struct kp_control_request *request,
                                   struct kp_control_page_key *next, struct kp_buffer *others,
                                   struct kp_error *error)
{
    struct kp_control_response response = {0};
    kp_buffer_free(&request->marks);
    enum kp_status status =
        kp_control_ask(sending->place->control, request, KP_CONTROL_COMPARED, &response, error);
    for (size_t at = 0; status == KP_OK && at < response.marks.size; at += KP_CONTROL_MARK_BYTES) {
        const uint8_t *mark = response.marks.data + at;
        if (!kp_signal_marks_has(&sending->marks, mark) &&
            kp_buffer_append(others, mark, KP_CONTROL_MARK_BYTES) != KP_OK) {
            status = kp_fail(error, KP_FAILED, "no memory for marks");
        }
    }
    *next = response.next;
    kp_control_response_free(&response);
    return status;
}

static enum kp_status withdraw_marked(struct kp_sending *sending,
                                      struct kp_control_request *request, struct kp_buffer *others,
                                      struct kp_error *error)
{
    struct kp_control_response response = {0};
    request->marks = *others; /* given away */
    memset(others, 0, sizeof(*others));
    enum kp_status status =
        kp_control_ask(sending->place->control, request, KP_CONTROL_COMPARED, &response, error);
    sending->withdrawn += response.withdrawn;
    kp_control_response_free(&response);
    return status;
}

/* What is there and isn't in the file is withdrawn, page by page. */
static enum kp_status withdraw_others(struct kp_sending *sending, struct kp_error *error)
{
    struct kp_control_request request = {.kind = KP_CONTROL_COMPARE};
    enum kp_status status = KP_OK;
    bool more = true;
    memcpy(request.mark_key, sending->mark_key, sizeof(request.mark_key));
    while (status == KP_OK && more) {
        struct kp_buffer others = {0};
        struct kp_control_page_key next = {0};
        status = compare_page(sending, &request, &next, &others, error);
        if (sending->dry_run) {
            sending->withdrawn += others.size / KP_CONTROL_MARK_BYTES;
        } else if (status == KP_OK && others.size > 0) {
            status = withdraw_marked(sending, &request, &others, error);
        }
        kp_buffer_free(&others);
        request.after = next;
        more = next.size > 0;
    }
    kp_control_request_free(&request);
    return status;
}

/* The second reading, which adds. What is to be withdrawn afterwards is known of the first, so both
 * must be of the same rows. */
static enum kp_status add_all(struct kp_sending *sending, const char *path, struct kp_error *error)
{
    const uint64_t rows = sending->read;
    const size_t signals = sending->marks.count;
    start_again(sending);
    enum kp_status status = read_file(sending, path, error);
    if (status == KP_OK && (sending->read != rows || sending->marks.count != signals)) {
        return kp_fail(error, KP_REFUSED,
                       "the file changed while it was read: what was in it then was added, and "
                       "nothing was withdrawn; do it once more");
    }
    if (status == KP_OK && sending->bad > 0 && !sending->except_bad) {
        return kp_fail(error, KP_REFUSED,
                       "%" PRIu64 " rows could not be added, so nothing was withdrawn; the others "
                       "were added",
                       sending->bad);
    }
    return status;
}

/* First it is tried; only then anything changes: additions first, so that nothing is missing from a
 * round that begins in between. */
static enum kp_status replace(struct kp_sending *sending, const char *path, struct kp_error *error)
{
    sending->trying = true;
    enum kp_status status = read_file(sending, path, error);
    sending->trying = false;
    if (status != KP_OK) {
        return status;
    }
    if (sending->marks.count == 0) {
        return kp_fail(error, KP_REFUSED,
                       "the file has no signal that can be used: nothing is replaced by nothing; "
                       "to take all back use `kruispunt node withdraw`");
    }
    sending->unchanged = sending->bad > 0 && !sending->except_bad;
    if (sending->unchanged || sending->dry_run) {
        return sending->unchanged ? KP_OK : withdraw_others(sending, error);
    }
    status = add_all(sending, path, error);
    return status == KP_OK ? withdraw_others(sending, error) : status;
}

static enum kp_status send_file(struct kp_sending *sending, const char *path,
                                struct kp_error *error)
{
    char kept[64];
    int fd = -1;
    if (!sending->strict && !sending->replace) {
        return read_file(sending, path, error);
    }
    enum kp_status status = keep_input(kept, &path, &fd, error);
    if (status == KP_OK) {
        status =
            sending->replace ? replace(sending, path, error) : send_strictly(sending, path, error);
    }
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

enum kp_status kp_sending_run(struct kp_sending *sending, const char *path, struct kp_error *error)
{
    sending->complete = true;
    sending->lines = calloc(KP_IMPORT_BATCH, sizeof(sending->lines[0]));
    if (sending->lines == NULL) {
        return kp_fail(error, KP_FAILED, "no memory");
    }
    randombytes_buf(sending->mark_key, sizeof(sending->mark_key));
    enum kp_status status = send_file(sending, path, error);
    return status == KP_OK && !sending->complete
               ? kp_fail(error, KP_FAILED, "no memory to list the bad rows")
               : status;
}

void kp_sending_free(struct kp_sending *sending)
{
    kp_control_request_free(&sending->request);
    kp_signal_marks_free(&sending->marks);
    cJSON_Delete(sending->bad_rows);
    free(sending->lines);
    kp_wipe(sending->mark_key, sizeof(sending->mark_key));
}
