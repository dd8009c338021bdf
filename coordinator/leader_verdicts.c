#include "coordinator/leader_verdicts.h"

#include "proto/export.h"
#include "proto/proof.h"
#include "proto/verify_fault.h"

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
        at += (size_t)snprintf(text + at, size - at, "%sthe coordinator", between);
        between = ", ";
    }
    if (verdict->holder != 0 && at < size) {
        (void)snprintf(text + at, size - at, "%sholder %u of an opening key", between,
                       verdict->holder);
    }
}

/* What it says, also where that isn't so. */
static void say(struct kp_leader_verdict *out, const struct kp_agreement *agreement,
                const struct kp_verify_export *export)
{
    struct kp_proof_verdict verdict;
    (void)snprintf(out->text, sizeof(out->text), "what can't be read");
    for (size_t i = 0; i < export->count; i++) {
        const struct kp_export_item *item = &export->items[i];
        if (item->kind == KP_EXPORT_FAULT &&
            kp_proof_verdict_unpack(&verdict, item->content.data, item->content.size, NULL) ==
                KP_OK) {
            (void)snprintf(out->text, sizeof(out->text), "%s", kp_fault_text(verdict.kind));
            name_members(out->text, sizeof(out->text), agreement, &verdict);
            return;
        }
    }
}

/* Against the own papers alone: those in the file are the coordinator's choice. */
static enum kp_status prove(const struct kp_verify_versions *versions, uint32_t round,
                            const struct kp_verify_export *export, struct kp_leader_verdict *out,
                            struct kp_error *error)
{
    struct kp_report *report = calloc(1, sizeof(*report));
    struct kp_fault_says says;
    if (report == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to check a verdict");
    }
    enum kp_status status = kp_verify_fault_check(versions, export, NULL, report, &says, error);
    out->proven = status == KP_OK && kp_verify_fault_holds(report) &&
                  says.verdict.counter == round && export->header.counter == round;
    free(report);
    return status;
}

enum kp_status kp_leader_verdict_check(const struct kp_verify_versions *versions,
                                       const struct kp_agreement *agreement, uint32_t round,
                                       struct kp_leader_verdict *out, struct kp_error *error)
{
    struct kp_verify_export export = {.count = 0};
    struct kp_error why = {0};
    out->proven = false;
    enum kp_status status = kp_export_read_bytes(&export.header, &export.items, &export.count,
                                                 out->file.data, out->file.size, &why);
    if (status == KP_FAILED) {
        *error = why;
        return status;
    }
    say(out, agreement, &export);
    if (status == KP_OK) {
        status = prove(versions, round, &export, out, error);
    } else {
        status = KP_OK; /* no file of this kind proves anything */
    }
    kp_verify_export_free(&export);
    return status;
}

static enum kp_status take(const struct kp_verify_versions *versions,
                           const struct kp_agreement *agreement, uint32_t round,
                           const struct kp_buffer *file, struct kp_leader_verdicts *verdicts,
                           struct kp_error *error)
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
    struct kp_leader_verdict *taken = &verdicts->items[verdicts->count - 1];
    enum kp_status status = kp_leader_verdict_check(versions, agreement, round, taken, error);
    verdicts->unproven += status == KP_OK && !taken->proven;
    return status;
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

static enum kp_status fetch(struct kp_leader *leader, const struct kp_verify_versions *versions,
                            uint32_t round, struct kp_leader_verdicts *verdicts,
                            struct kp_error *error)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_FETCH_VERDICTS, .round = round};
    enum kp_status status = KP_OK;
    bool end = false;
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
                status = take(versions, leader->agreement, round, &response.messages.items[i + 1],
                              verdicts, error);
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

enum kp_status kp_leader_verdicts_fetch(struct kp_leader *leader, uint32_t round,
                                        struct kp_leader_verdicts *verdicts, struct kp_error *error)
{
    struct kp_verify_versions versions = {.count = 0};
    enum kp_status status = KP_OK;
    memset(verdicts, 0, sizeof(*verdicts));
    for (size_t i = 0; status == KP_OK && i < kp_dossier_count(leader->dossier); i++) {
        const struct kp_paper *paper = kp_dossier_paper(leader->dossier, i);
        status = kp_verify_versions_add(&versions, paper->bytes, paper->size, error);
    }
    if (status == KP_OK) {
        status = fetch(leader, &versions, round, verdicts, error);
    }
    kp_verify_versions_free(&versions);
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
