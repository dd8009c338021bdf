#include "coordinator/commands/verdict_print.h"

#include "proto/export.h"
#include "proto/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NAMES_MAX (KP_MEMBERS_MAX * (KP_NAME_MAX + 2) + 64)

enum kp_status kp_verdict_read(struct kp_proof_verdict *verdict, const struct kp_buffer *file,
                               struct kp_error *error)
{
    struct kp_export_header header;
    struct kp_export_item *items = NULL;
    size_t count = 0;
    enum kp_status status =
        kp_export_read_bytes(&header, &items, &count, file->data, file->size, error);
    const struct kp_export_item *found = NULL;
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        found = items[i].kind == KP_EXPORT_FAULT ? &items[i] : found;
    }
    if (status == KP_OK && (found == NULL || header.kind != KP_EXPORT_VERDICT)) {
        status = kp_fail(error, KP_REFUSED, "a file that is no verdict");
    }
    if (status == KP_OK) {
        status = kp_proof_verdict_unpack(verdict, found->content.data, found->content.size, error);
    }
    kp_export_items_free(items, count);
    return status;
}

static void add_name(char *text, const char *name)
{
    size_t used = strlen(text);
    (void)snprintf(text + used, NAMES_MAX - used, "%s%s", used > 0 ? ", " : "", name);
}

static void name_all(char text[static NAMES_MAX], const struct kp_agreement *agreement,
                     const struct kp_proof_verdict *verdict)
{
    text[0] = '\0';
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        if ((verdict->members >> i & 1) != 0) {
            add_name(text, agreement->members[i].name);
        }
    }
    if (verdict->coordinator) {
        add_name(text, "coordinator");
    }
    if (verdict->holder != 0) {
        add_name(text, verdict->holder == 1 ? "holder 1 of an opening key"
                                            : "holder 2 of an opening key");
    }
}

static enum kp_status write_file(const struct kp_verdict_printer *printer,
                                 const struct kp_proof_verdict *verdict,
                                 const struct kp_buffer *file, char path[static KP_PATH_MAX],
                                 struct kp_error *error)
{
    if (mkdir(printer->folder, 0700) != 0 && errno != EEXIST) {
        return kp_fail(error, KP_USAGE, "%s: can't be made: %s", printer->folder, strerror(errno));
    }
    (void)snprintf(path, KP_PATH_MAX, "%.900s/round-%" PRIu64 "-%u.verdict", printer->folder,
                   verdict->counter, printer->count);
    return kp_file_create(path, 0600, file->data, file->size, error);
}

static bool add_object(cJSON *array, const struct kp_proof_verdict *verdict, const char *names,
                       const char *path)
{
    cJSON *object = cJSON_CreateObject();
    bool complete =
        cJSON_AddNumberToObject(object, "round", (double)verdict->counter) != NULL &&
        kp_json_add_hex(object, "attempt", verdict->attempt, KP_ATTEMPT_BYTES) &&
        cJSON_AddNumberToObject(object, "kind", (double)verdict->kind) != NULL &&
        cJSON_AddStringToObject(object, "fault", kp_fault_text(verdict->kind)) != NULL &&
        cJSON_AddStringToObject(object, "named", names) != NULL &&
        (path == NULL || cJSON_AddStringToObject(object, "file", path) != NULL);
    if (!complete || !cJSON_AddItemToArray(array, object)) {
        cJSON_Delete(object);
        return false;
    }
    return true;
}

enum kp_status kp_verdict_print(struct kp_verdict_printer *printer, const struct kp_buffer *file,
                                struct kp_error *error)
{
    struct kp_proof_verdict verdict;
    char names[NAMES_MAX], path[KP_PATH_MAX] = "";
    enum kp_status status = kp_verdict_read(&verdict, file, error);
    if (status != KP_OK) {
        return status;
    }
    printer->count++;
    name_all(names, printer->agreement, &verdict);
    if (printer->folder != NULL) {
        status = write_file(printer, &verdict, file, path, error);
    }
    if (status == KP_OK && printer->array != NULL) {
        if (!add_object(printer->array, &verdict, names, path[0] != '\0' ? path : NULL)) {
            status = kp_fail(error, KP_FAILED, "no memory for a list of verdicts");
        }
    } else if (status == KP_OK) {
        printf("round %" PRIu64 ": %s: %s%s%s\n", verdict.counter, names,
               kp_fault_text(verdict.kind), path[0] != '\0' ? ": " : "", path);
    }
    return status;
}
