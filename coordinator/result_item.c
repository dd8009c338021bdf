#include "coordinator/result_item.h"

#include "coordinator/results.h"
#include "crypto/merkle.h"

#include <string.h>

enum kp_status kp_result_item_add(const struct kp_leader_round *round, struct kp_proof_file *file,
                                  uint32_t part, uint32_t index, const uint8_t *key,
                                  size_t key_size, const struct kp_buffer *value,
                                  struct kp_error *error)
{
    const struct kp_result_reader *reader = &round->reader;
    struct kp_proof_result item = {.value = *value, .index = index, .count = reader->count};
    struct kp_buffer packed = {0};
    size_t length = kp_merkle_path_length(index, reader->count) * KP_DIGEST_BYTES;
    uint8_t *path = length > 0 ? kp_buffer_extend(&item.path, length) : NULL;
    enum kp_status status = KP_OK;
    if ((length > 0 && path == NULL) || kp_buffer_set(&item.key, key, key_size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a verdict");
    }
    if (status == KP_OK && length > 0) {
        kp_result_reader_path(reader, index, path);
    }
    if (status == KP_OK) {
        status = kp_proof_result_pack(&item, &packed, error);
    }
    if (status == KP_OK) {
        status = kp_proof_file_add(file, KP_EXPORT_GROUP, 0, part, packed.data, packed.size, error);
    }
    kp_buffer_free(&packed);
    kp_buffer_free(&item.key);
    kp_buffer_free(&item.path);
    return status;
}

static const struct kp_buffer *group_value(const struct kp_leader_round *round, uint32_t group)
{
    return (const struct kp_buffer *)(const void *)round->groups.data + group;
}

enum kp_status kp_result_item_add_group(const struct kp_leader_round *round,
                                        struct kp_proof_file *file, uint32_t part, uint32_t group,
                                        struct kp_error *error)
{
    const struct kp_result_key key = {
        .round = round->round, .kind = KP_RESULT_GROUP, .index = group};
    uint8_t packed[KP_RESULT_KEY_BYTES];
    kp_result_key_pack(packed, &key);
    return kp_result_item_add(round, file, part, round->reader.before + group, packed,
                              sizeof(packed), group_value(round, group), error);
}

/* The verdict, and RESULT as this program was given it. */
static enum kp_status add_verdict(const struct kp_leader_round *round, struct kp_proof_file *file,
                                  struct kp_error *error)
{
    struct kp_proof_verdict verdict = {
        .kind = KP_FAULT_RESULTS, .counter = round->round, .coordinator = true};
    struct kp_buffer packed = {0};
    memcpy(verdict.attempt, kp_opening_attempt(round->opening), KP_ATTEMPT_BYTES);
    enum kp_status status = kp_proof_verdict_pack(&verdict, &packed, error);
    if (status == KP_OK) {
        status = kp_proof_file_add(file, KP_EXPORT_FAULT, 0, 0, packed.data, packed.size, error);
    }
    if (status == KP_OK) {
        status = kp_proof_file_add(file, KP_EXPORT_RESULT, 0, 0, round->reader.packed.data,
                                   round->reader.packed.size, error);
    }
    kp_buffer_free(&packed);
    return status;
}

enum kp_status kp_result_item_add_verdict(const struct kp_leader_round *round,
                                          struct kp_proof_file *file, uint32_t group,
                                          struct kp_error *error)
{
    enum kp_status status = add_verdict(round, file, error);
    return status == KP_OK ? kp_result_item_add_group(round, file, 0, group, error) : status;
}

enum kp_status kp_result_item_add_two(const struct kp_leader_round *round,
                                      struct kp_proof_file *file, const struct kp_buffer *other,
                                      struct kp_error *error)
{
    enum kp_status status = add_verdict(round, file, error);
    return status == KP_OK
               ? kp_proof_file_add(file, KP_EXPORT_RESULT, 0, 1, other->data, other->size, error)
               : status;
}
