#include "coordinator/fault.h"

#include "proto/export.h"

#include <stdlib.h>
#include <string.h>

void kp_fault_free(struct kp_fault *fault)
{
    for (uint32_t i = 0; i < fault->record_count; i++) {
        kp_proof_record_free(&fault->records[i].record);
    }
    kp_buffer_free(&fault->message);
    memset(fault, 0, sizeof(*fault));
}

struct kp_proof_record *kp_fault_add(struct kp_fault *fault, uint32_t member)
{
    if (fault->record_count == KP_MEMBERS_MAX) {
        return NULL;
    }
    struct kp_fault_record *added = &fault->records[fault->record_count++];
    memset(added, 0, sizeof(*added));
    added->member = member;
    return &added->record;
}

/* The items of a file, in their order. */
struct item_list {
    struct kp_export_item items[4 * KP_MEMBERS_MAX + 4];
    size_t count;
};

static struct kp_buffer *add(struct item_list *list, enum kp_export_item_kind kind, uint32_t member,
                             uint32_t part)
{
    struct kp_export_item *item = &list->items[list->count++];
    *item = (struct kp_export_item){.kind = kind, .member = member, .part = part};
    return &item->content;
}

static enum kp_status add_copy(struct item_list *list, enum kp_export_item_kind kind,
                               uint32_t member, uint32_t part, const struct kp_buffer *content)
{
    return kp_buffer_set(add(list, kind, member, part), content->data, content->size);
}

static enum kp_status add_transcript(struct item_list *list,
                                     const struct kp_result_transcript *transcript)
{
    const struct kp_buffer *const packed[] = {transcript->hello1, transcript->hello2,
                                              transcript->ready};
    static const enum kp_export_item_kind kinds[] = {KP_EXPORT_HELLO1, KP_EXPORT_HELLO2,
                                                     KP_EXPORT_READY};
    enum kp_status status = KP_OK;
    for (size_t kind = 0; kind < 3; kind++) {
        for (uint32_t i = 0; status == KP_OK && i < transcript->member_count; i++) {
            status = add_copy(list, kinds[kind], i + 1, 0, &packed[kind][i]);
        }
    }
    return status;
}

/* By rising member; of one member's two, the one that is wrong first. */
static enum kp_status add_records(struct item_list *list, const struct kp_fault *fault,
                                  struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < fault->record_count; i++) {
        const struct kp_fault_record *record = &fault->records[i];
        uint32_t part = i > 0 && fault->records[i - 1].member == record->member ? 1 : 0;
        status = kp_proof_record_pack(&record->record,
                                      add(list, KP_EXPORT_RECORD, record->member, part), error);
    }
    return status;
}

static enum kp_status finish(struct kp_buffer *file, struct item_list *list,
                             const struct kp_fault_place *place, enum kp_status status,
                             struct kp_error *error)
{
    struct kp_export_header header = {
        .kind = KP_EXPORT_VERDICT, .party = KP_PARTY_COORDINATOR, .counter = place->counter};
    memcpy(header.lineage, place->agreement->lineage, KP_DIGEST_BYTES);
    if (status == KP_OK) {
        status = kp_export_write_bytes(file, &header, list->items, list->count, error);
    } else {
        status = kp_fail(error, KP_FAILED, "a verdict can't be written");
    }
    for (size_t i = 0; i < list->count; i++) {
        kp_export_item_free(&list->items[i]);
    }
    free(list);
    return status;
}

static struct kp_proof_verdict verdict_of(const struct kp_fault_place *place,
                                          enum kp_fault_kind kind)
{
    struct kp_proof_verdict verdict = {.kind = kind, .counter = place->counter};
    memcpy(verdict.attempt, place->attempt, KP_ATTEMPT_BYTES);
    return verdict;
}

enum kp_status kp_fault_file(struct kp_buffer *file, const struct kp_fault_place *place,
                             const struct kp_result_transcript *transcript,
                             const struct kp_fault *fault, struct kp_error *error)
{
    struct kp_proof_verdict verdict = verdict_of(place, fault->kind);
    struct item_list *list = calloc(1, sizeof(*list));
    if (list == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a verdict");
    }
    verdict.members = 1u << (fault->member - 1);
    verdict.position = fault->position;
    verdict.before = fault->before;
    enum kp_status status = add_transcript(list, transcript);
    if (status == KP_OK) {
        status = add_records(list, fault, error);
    }
    if (status == KP_OK) {
        status = kp_proof_verdict_pack(&verdict, add(list, KP_EXPORT_FAULT, 0, 0), error);
    }
    if (status == KP_OK && fault->message.size > 0) {
        status = add_copy(list, KP_EXPORT_MESSAGE, fault->member, 0, &fault->message);
    }
    return finish(file, list, place, status, error);
}

enum kp_status kp_fault_silent_file(struct kp_buffer *file, const struct kp_fault_place *place,
                                    const struct kp_buffer *start,
                                    const struct kp_buffer *phase_list, enum kp_phase phase,
                                    uint32_t late, struct kp_error *error)
{
    struct kp_proof_verdict verdict = verdict_of(place, KP_FAULT_SILENT);
    struct item_list *list = calloc(1, sizeof(*list));
    if (list == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a verdict");
    }
    verdict.members = late;
    verdict.coordinator = true;
    verdict.phase = phase;
    enum kp_status status = add_copy(list, KP_EXPORT_START, 0, 0, start);
    if (status == KP_OK) {
        status = add_copy(list, KP_EXPORT_PHASE_LIST, 0, (uint32_t)phase, phase_list);
    }
    if (status == KP_OK) {
        status = kp_proof_verdict_pack(&verdict, add(list, KP_EXPORT_FAULT, 0, 0), error);
    }
    return finish(file, list, place, status, error);
}
