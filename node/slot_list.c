#include "node/slot_list.h"

#include "crypto/secret.h"
#include "proto/record.h"

#include <sodium.h>
#include <string.h>

enum kp_status kp_slot_list_new(struct kp_slot_list *list, uint32_t count)
{
    *list = (struct kp_slot_list){
        .count = count,
        .points = kp_bulk_new((size_t)count * KP_POINT_BYTES),
        .blindings = kp_bulk_new((size_t)count * KP_SCALAR_BYTES),
        .is_signal = kp_bulk_new(count),
        .canary = kp_bulk_new((size_t)count * sizeof(uint32_t)),
        .leaves = kp_bulk_new((size_t)count * sizeof(struct kp_leaf)),
    };
    if (list->points == NULL || list->blindings == NULL || list->is_signal == NULL ||
        list->canary == NULL || list->leaves == NULL) {
        kp_slot_list_free(list);
        return KP_FAILED;
    }
    return KP_OK;
}

void kp_slot_list_free(struct kp_slot_list *list)
{
    kp_bulk_free(list->points);
    kp_bulk_free(list->blindings);
    kp_bulk_free(list->is_signal);
    kp_bulk_free(list->canary);
    kp_bulk_free(list->leaves);
    memset(list, 0, sizeof(*list));
}

void kp_slot_list_blind(struct kp_slot_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        randombytes_buf(list->leaves[i].blinding, sizeof(list->leaves[i].blinding));
    }
}

struct kp_slot_chunk *kp_slot_chunk_new(void)
{
    return kp_bulk_new(sizeof(struct kp_slot_chunk));
}

uint32_t kp_slot_list_chunks(const struct kp_slot_list *list)
{
    return kp_chunk_count(list->count, KP_CHUNK_POINTS);
}

/* Whether there is such a part; only a mistake of ours can ask for another. */
static enum kp_status check_part(const struct kp_slot_list *list, uint32_t part,
                                 struct kp_error *error)
{
    return part < kp_slot_list_chunks(list)
               ? KP_OK
               : kp_fail(error, KP_FAILED, "a list of %u slots has no part %u", list->count, part);
}

enum kp_status kp_slot_list_put(struct kp_slot_list *list, uint32_t part,
                                const struct kp_slot_chunk *chunk, struct kp_error *error)
{
    enum kp_status status = check_part(list, part, error);
    if (status != KP_OK) {
        return status;
    }
    size_t count = kp_chunk_items(list->count, KP_CHUNK_POINTS, part);
    size_t first = (size_t)part * KP_CHUNK_POINTS;
    if (chunk->count != count) {
        return kp_fail(error, KP_FAILED, "part %u of a list has %zu slots, not %u", part, count,
                       chunk->count);
    }
    memcpy(list->points + first * KP_POINT_BYTES, chunk->points, count * KP_POINT_BYTES);
    memcpy(list->blindings + first * KP_SCALAR_BYTES, chunk->blindings, count * KP_SCALAR_BYTES);
    memcpy(list->is_signal + first, chunk->is_signal, count);
    memcpy(list->canary + first, chunk->canary, count * sizeof(chunk->canary[0]));
    memcpy(list->leaves + first, chunk->leaves, count * sizeof(chunk->leaves[0]));
    return KP_OK;
}

enum kp_status kp_slot_list_get(const struct kp_slot_list *list, uint32_t part,
                                struct kp_slot_chunk *chunk, struct kp_error *error)
{
    enum kp_status status = check_part(list, part, error);
    if (status != KP_OK) {
        return status;
    }
    size_t count = kp_chunk_items(list->count, KP_CHUNK_POINTS, part);
    size_t first = (size_t)part * KP_CHUNK_POINTS;
    chunk->count = (uint32_t)count;
    memcpy(chunk->points, list->points + first * KP_POINT_BYTES, count * KP_POINT_BYTES);
    memcpy(chunk->blindings, list->blindings + first * KP_SCALAR_BYTES, count * KP_SCALAR_BYTES);
    memcpy(chunk->is_signal, list->is_signal + first, count);
    memcpy(chunk->canary, list->canary + first, count * sizeof(chunk->canary[0]));
    memcpy(chunk->leaves, list->leaves + first, count * sizeof(chunk->leaves[0]));
    return KP_OK;
}

enum kp_status kp_slot_list_points(const struct kp_slot_list *list, uint32_t part, uint8_t *points,
                                   struct kp_error *error)
{
    enum kp_status status = check_part(list, part, error);
    if (status == KP_OK) {
        size_t first = (size_t)part * KP_CHUNK_POINTS;
        memcpy(points, list->points + first * KP_POINT_BYTES,
               (size_t)kp_chunk_items(list->count, KP_CHUNK_POINTS, part) * KP_POINT_BYTES);
    }
    return status;
}

enum kp_status kp_slot_list_one(const struct kp_slot_list *list, uint32_t index,
                                struct kp_slot_one *one, struct kp_error *error)
{
    if (index >= list->count) {
        return kp_fail(error, KP_FAILED, "a list of %u slots has no slot %u", list->count, index);
    }
    memcpy(one->blinding, list->blindings + (size_t)index * KP_SCALAR_BYTES, KP_SCALAR_BYTES);
    one->is_signal = list->is_signal[index];
    one->canary = list->canary[index];
    one->leaf = list->leaves[index];
    return KP_OK;
}
