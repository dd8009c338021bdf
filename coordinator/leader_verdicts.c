#include "coordinator/leader_verdicts.h"

#include "proto/export.h"
#include "proto/proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERDICTS_MAX 65536u /* of one round, that this program takes */

static void name_members(char *text, size_t size, const struct kp_agreement *agreement,
                         const struct kp_proof_verdict *verdict)
{
    size_t at = strlen(text);
    const char *between = "; names ";
    for (uint32_t i = 0; i < agreement->member_count && at < size; i++) {
        if ((verdict->members >> i & 1) != 0) {
            at +=
                (size_t)snprintf(text + at, size - at, "%s%s", between, agreement->members[i].name);
            between = ", ";
        }
    }
    if (verdict->coordinator && at < size) {
        (void)snprintf(text + at, size - at, "%sthe coordinator", between);
    }
}

/* Of the round that was asked for, and with a verdict in it. */
static enum kp_status read_verdict(const struct kp_leader *leader, uint32_t round,
                                   struct kp_leader_verdict *out, struct kp_error *error)
{
    struct kp_export_header header;
    struct kp_export_item *items = NULL;
    struct kp_proof_verdict verdict;
    size_t count = 0;
    enum kp_status status =
        kp_export_read_bytes(&header, &items, &count, out->file.data, out->file.size, error);
    if (status == KP_OK && (header.kind != KP_EXPORT_VERDICT || header.counter != round)) {
        status = kp_fail(error, KP_REFUSED, "the coordinator gives a verdict of another round");
    }
    bool found = false;
    for (size_t i = 0; status == KP_OK && !found && i < count; i++) {
        if (items[i].kind == KP_EXPORT_FAULT) {
            status = kp_proof_verdict_unpack(&verdict, items[i].content.data, items[i].content.size,
                                             error);
            found = status == KP_OK;
        }
    }
    if (status == KP_OK && !found) {
        status = kp_fail(error, KP_REFUSED, "the coordinator gives a verdict that says nothing");
    }
    if (status == KP_OK) {
        (void)snprintf(out->text, sizeof(out->text), "%s", kp_fault_text(verdict.kind));
        name_members(out->text, sizeof(out->text), leader->agreement, &verdict);
    }
    kp_export_items_free(items, count);
    return status;
}

static enum kp_status take(struct kp_leader *leader, uint32_t round, const struct kp_buffer *file,
                           struct kp_leader_verdicts *verdicts, struct kp_error *error)
{
    struct kp_leader_verdict verdict = {0};
    struct kp_leader_verdict *grown =
        realloc(verdicts->items, (verdicts->count + 1) * sizeof(*grown));
    if (grown != NULL) {
        verdicts->items = grown;
    }
    if (grown == NULL || kp_buffer_set(&verdict.file, file->data, file->size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for verdicts");
    }
    verdicts->items[verdicts->count++] = verdict;
    return read_verdict(leader, round, &verdicts->items[verdicts->count - 1], error);
}

/* Keys rise, so that nothing comes twice and there is an end. */
static enum kp_status move_on(struct kp_wire_request *request, const struct kp_buffer *key,
                              struct kp_error *error)
{
    size_t least = key->size < request->after_size ? key->size : request->after_size;
    int order = memcmp(key->data, request->after, least);
    if (key->size == 0 || key->size > sizeof(request->after) || order < 0 ||
        (order == 0 && key->size <= request->after_size)) {
        return kp_fail(error, KP_REFUSED, "the coordinator gives verdicts out of order");
    }
    memcpy(request->after, key->data, key->size);
    request->after_size = key->size;
    return KP_OK;
}

enum kp_status kp_leader_verdicts_fetch(struct kp_leader *leader, uint32_t round,
                                        struct kp_leader_verdicts *verdicts, struct kp_error *error)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_FETCH_VERDICTS, .round = round};
    enum kp_status status = KP_OK;
    bool end = false;
    memset(verdicts, 0, sizeof(*verdicts));
    while (status == KP_OK && !end) {
        struct kp_wire_response response;
        status = kp_leader_ask(leader, &request, KP_RESPONSE_VERDICTS, KP_LEADER_TIMEOUT_MS,
                               &response, error);
        if (status != KP_OK) {
            return status;
        }
        for (size_t i = 0; status == KP_OK && i + 1 < response.messages.count; i += 2) {
            status = move_on(&request, &response.messages.items[i], error);
            if (status == KP_OK) {
                status = take(leader, round, &response.messages.items[i + 1], verdicts, error);
            }
        }
        end = response.end;
        if (status == KP_OK &&
            ((!end && response.messages.count == 0) || verdicts->count > VERDICTS_MAX)) {
            status = kp_fail(error, KP_REFUSED, "the coordinator gives verdicts without end");
        }
        kp_wire_response_free(&response);
    }
    return status;
}

void kp_leader_verdicts_free(struct kp_leader_verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->count; i++) {
        kp_buffer_free(&verdicts->items[i].file);
    }
    free(verdicts->items);
    memset(verdicts, 0, sizeof(*verdicts));
}
