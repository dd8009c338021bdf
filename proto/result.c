/* The values of results: what the leader's program checks everything against. */
#include "proto/protobuf.h"
#include "proto/wire.h"
#include "proto/wire.pb-c.h"

#include <stdlib.h>
#include <string.h>

static void borrow_all(ProtobufCBinaryData *out, const struct kp_buffer *in, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        out[i] = kp_protobuf_bytes(in[i].data, in[i].size);
    }
}

enum kp_status kp_result_transcript_pack(const struct kp_result_transcript *transcript,
                                         struct kp_buffer *out, struct kp_error *error)
{
    ProtobufCBinaryData hello1[KP_MEMBERS_MAX], hello2[KP_MEMBERS_MAX], ready[KP_MEMBERS_MAX];
    uint32_t count = transcript->member_count;
    borrow_all(hello1, transcript->hello1, count);
    borrow_all(hello2, transcript->hello2, count);
    borrow_all(ready, transcript->ready, count);
    Kruispunt__ResultTranscript packed = KRUISPUNT__RESULT_TRANSCRIPT__INIT;
    packed.n_hello1 = packed.n_hello2 = packed.n_ready = count;
    packed.hello1 = hello1;
    packed.hello2 = hello2;
    packed.ready = ready;
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_all(struct kp_buffer *out, const ProtobufCBinaryData *in, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (kp_buffer_set(&out[i], in[i].data, in[i].len) != KP_OK) {
            return KP_FAILED;
        }
    }
    return KP_OK;
}

enum kp_status kp_result_transcript_unpack(struct kp_result_transcript *transcript,
                                           const uint8_t *bytes, size_t size,
                                           struct kp_error *error)
{
    memset(transcript, 0, sizeof(*transcript));
    Kruispunt__ResultTranscript *packed = (Kruispunt__ResultTranscript *)kp_protobuf_unpack(
        &kruispunt__result_transcript__descriptor, "transcript of a round", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = KP_OK;
    size_t count = packed->n_hello1;
    if (count > KP_MEMBERS_MAX || packed->n_hello2 != count || packed->n_ready != count) {
        status = kp_fail(error, KP_REFUSED, "transcript with %zu, %zu and %zu messages", count,
                         packed->n_hello2, packed->n_ready);
    } else if (copy_all(transcript->hello1, packed->hello1, count) != KP_OK ||
               copy_all(transcript->hello2, packed->hello2, count) != KP_OK ||
               copy_all(transcript->ready, packed->ready, count) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a transcript");
    }
    transcript->member_count = (uint32_t)(status == KP_OK ? count : 0);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_result_transcript_free(struct kp_result_transcript *transcript)
{
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&transcript->hello1[i]);
        kp_buffer_free(&transcript->hello2[i]);
        kp_buffer_free(&transcript->ready[i]);
    }
}

enum kp_status kp_result_group_pack(const struct kp_result_group *group, struct kp_buffer *out,
                                    struct kp_error *error)
{
    Kruispunt__ResultRecord records[KP_MEMBERS_MAX];
    Kruispunt__ResultRecord *pointers[KP_MEMBERS_MAX];
    for (uint32_t i = 0; i < group->record_count; i++) {
        const struct kp_result_record *record = &group->records[i];
        kruispunt__result_record__init(&records[i]);
        records[i].member = record->member;
        records[i].position = record->position;
        records[i].entry = kp_protobuf_bytes(record->entry.data, record->entry.size);
        records[i].path = kp_protobuf_bytes(record->path.data, record->path.size);
        pointers[i] = &records[i];
    }
    Kruispunt__ResultGroup packed = KRUISPUNT__RESULT_GROUP__INIT;
    packed.tag = kp_protobuf_bytes(group->tag, KP_DIGEST_BYTES);
    packed.n_records = group->record_count;
    packed.records = pointers;
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_group(struct kp_result_group *group,
                                 const Kruispunt__ResultGroup *packed, struct kp_error *error)
{
    if (packed->n_records > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "a match of %zu records", packed->n_records);
    }
    group->record_count = (uint32_t)packed->n_records;
    for (size_t i = 0; i < packed->n_records; i++) {
        const Kruispunt__ResultRecord *from = packed->records[i];
        struct kp_result_record *to = &group->records[i];
        if (from->member < 1 || from->member > KP_MEMBERS_MAX || from->position >= KP_SLOTS_MAX) {
            return kp_fail(error, KP_REFUSED, "a record of member %u at position %u", from->member,
                           from->position);
        }
        to->member = from->member;
        to->position = from->position;
        if (kp_buffer_set(&to->entry, from->entry.data, from->entry.len) != KP_OK ||
            kp_buffer_set(&to->path, from->path.data, from->path.len) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for a match");
        }
    }
    return kp_protobuf_copy(group->tag, KP_DIGEST_BYTES, &packed->tag, "tag", error);
}

enum kp_status kp_result_group_unpack(struct kp_result_group *group, const uint8_t *bytes,
                                      size_t size, struct kp_error *error)
{
    memset(group, 0, sizeof(*group));
    Kruispunt__ResultGroup *packed = (Kruispunt__ResultGroup *)kp_protobuf_unpack(
        &kruispunt__result_group__descriptor, "match", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_group(group, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_result_group_free(struct kp_result_group *group)
{
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&group->records[i].entry);
        kp_buffer_free(&group->records[i].path);
    }
}
