#include "coordinator/result_reader.h"

#include "crypto/merkle.h"
#include "proto/transcript.h"

#include <string.h>

void kp_result_reader_free(struct kp_result_reader *reader)
{
    kp_buffer_free(&reader->leaves);
    kp_buffer_free(&reader->before_key);
    kp_buffer_free(&reader->before_value);
    kp_buffer_free(&reader->packed);
    for (uint32_t i = 0; i < KP_PHASES; i++) {
        kp_buffer_free(&reader->lists[i]);
    }
    memset(reader, 0, sizeof(*reader));
}

static enum kp_status keep(struct kp_buffer *out, const struct kp_buffer *value,
                           struct kp_error *error)
{
    return kp_buffer_set(out, value->data, value->size) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for results");
}

enum kp_status kp_result_reader_take(struct kp_result_reader *reader,
                                     const struct kp_result_key *key,
                                     const struct kp_buffer *packed_key,
                                     const struct kp_buffer *value, struct kp_error *error)
{
    if (reader->packed.size > 0) {
        return kp_fail(error, KP_REFUSED, "the results go on behind RESULT");
    }
    if (key->kind == KP_RESULT_SIGNED) {
        return keep(&reader->packed, value, error);
    }
    if (key->kind == KP_RESULT_PHASE_LIST) {
        if (key->index >= KP_PHASES) {
            return kp_fail(error, KP_REFUSED, "the list of phase %u, which can't be", key->index);
        }
        enum kp_status status = keep(&reader->lists[key->index], value, error);
        if (status != KP_OK) {
            return status;
        }
    }
    if (key->kind < KP_RESULT_GROUP) {
        enum kp_status status = keep(&reader->before_key, packed_key, error);
        if (status == KP_OK) {
            status = keep(&reader->before_value, value, error);
        }
        if (status != KP_OK) {
            return status;
        }
        reader->before++;
    }
    uint8_t *leaf = kp_buffer_extend(&reader->leaves, KP_DIGEST_BYTES);
    if (leaf == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for results");
    }
    kp_transcript_result_item(leaf, packed_key->data, packed_key->size, value->data, value->size);
    reader->count++;
    reader->groups += key->kind == KP_RESULT_GROUP;
    return KP_OK;
}

/* The coordinator's message, into *body. */
static enum kp_status open_message(const struct kp_buffer *packed,
                                   const struct kp_agreement *agreement, enum kp_message_type type,
                                   const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                   struct kp_buffer *body, struct kp_error *error)
{
    struct kp_round_message message;
    enum kp_status status = kp_round_message_unpack(&message, packed->data, packed->size, error);
    if (status == KP_OK) {
        status = kp_check_coordinator_message(&message, agreement, type, attempt, error);
    }
    if (status == KP_OK) {
        *body = message.body;
        memset(&message.body, 0, sizeof(message.body));
    }
    kp_round_message_free(&message);
    return status;
}

static enum kp_status check_list(struct kp_result_reader *reader,
                                 const struct kp_agreement *agreement, uint32_t round,
                                 enum kp_phase phase,
                                 const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                 struct kp_error *error)
{
    struct kp_buffer body = {0};
    struct kp_phase_list list;
    enum kp_status status = open_message(&reader->lists[phase], agreement, KP_MESSAGE_PHASE_LIST,
                                         attempt, &body, error);
    if (status == KP_OK) {
        status = kp_phase_list_unpack(&list, &body, error);
    }
    if (status == KP_OK && (list.counter != round || list.phase != phase ||
                            list.member_count != agreement->member_count)) {
        status = kp_fail(error, KP_REFUSED, "the list of phase %s is of another phase or round",
                         kp_phase_name(phase));
    }
    if (status == KP_OK && phase == KP_PHASE_RELEASE) {
        reader->release = list;
    }
    kp_buffer_free(&body);
    return status;
}

static enum kp_status
check_signed(struct kp_result_reader *reader, const struct kp_agreement *agreement, uint32_t round,
             const struct kp_result_transcript *transcript, const struct kp_ready *ready,
             const uint8_t attempt[static KP_ATTEMPT_BYTES], struct kp_error *error)
{
    struct kp_round_result expected = {.counter = round,
                                       .round_type = kp_agreement_round_type(agreement, round),
                                       .groups = reader->groups};
    struct kp_buffer body = {0};
    kp_merkle_root(expected.root, reader->leaves.data, reader->count);
    memcpy(expected.round_id, ready->round_id, KP_DIGEST_BYTES);
    kp_transcript_readys(expected.readys, agreement->lineage, transcript->ready,
                         transcript->member_count);
    enum kp_status status =
        open_message(&reader->packed, agreement, KP_MESSAGE_RESULT, attempt, &body, error);
    if (status == KP_OK) {
        status = kp_round_result_unpack(&reader->result, &body, error);
    }
    if (status == KP_OK) {
        status = kp_check_result(&reader->result, &expected, error);
    }
    kp_buffer_free(&body);
    return status;
}

enum kp_status kp_result_reader_finish(struct kp_result_reader *reader,
                                       const struct kp_agreement *agreement, uint32_t round,
                                       const struct kp_result_transcript *transcript,
                                       struct kp_error *error)
{
    struct kp_ready ready;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    if (reader->packed.size == 0) {
        return kp_fail(error, KP_REFUSED,
                       "the coordinator gives results without having signed them: no RESULT");
    }
    if (transcript->member_count != agreement->member_count) {
        return kp_fail(error, KP_REFUSED, "the results don't prove a round");
    }
    enum kp_status status = kp_transcript_check_ready(
        &ready, attempt, agreement, 1, transcript->ready[0].data, transcript->ready[0].size, error);
    if (status == KP_OK) {
        status = check_signed(reader, agreement, round, transcript, &ready, attempt, error);
    }
    for (enum kp_phase phase = KP_PHASE_HELLO1; status == KP_OK && phase < KP_PHASE_MATCH;
         phase++) {
        status = check_list(reader, agreement, round, phase, attempt, error);
    }
    return status;
}

void kp_result_reader_path(const struct kp_result_reader *reader, uint32_t index, uint8_t *path)
{
    kp_merkle_path(path, reader->leaves.data, reader->count, index);
}
