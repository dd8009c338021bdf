#include "node/slot_list.h"

#include "crypto/secret.h"
#include "proto/transcript.h"

#include <sodium.h>
#include <stdlib.h>
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

#define NOT_PUT UINT64_MAX

enum kp_status kp_slot_list_new_in(struct kp_slot_list *list, uint32_t count,
                                   struct kp_pieces *pieces, uint32_t file, struct kp_error *error)
{
    *list = (struct kp_slot_list){.count = count, .pieces = pieces, .file = file};
    uint32_t parts = kp_slot_list_chunks(list);
    list->places = calloc((size_t)parts + 1, sizeof(list->places[0]));
    if (list->places == NULL) {
        memset(list, 0, sizeof(*list));
        return kp_fail(error, KP_FAILED, "no memory for a list of %u slots", count);
    }
    for (uint32_t i = 0; i < parts; i++) {
        list->places[i] = NOT_PUT;
    }
    return KP_OK;
}

void kp_slot_list_free(struct kp_slot_list *list)
{
    free(list->places);
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

/* Whether there is such a part, and how many slots it has; only a mistake of ours can ask for
 * another. */
static enum kp_status check_part(const struct kp_slot_list *list, uint32_t part, size_t *count,
                                 struct kp_error *error)
{
    if (part >= kp_slot_list_chunks(list)) {
        return kp_fail(error, KP_FAILED, "a list of %u slots has no part %u", list->count, part);
    }
    *count = kp_chunk_items(list->count, KP_CHUNK_POINTS, part);
    return KP_OK;
}

/* ---- In pieces: of each part its points, blindings, kinds, canaries and leaves, one behind the
 * other ---- */

enum { PIECE_POINTS, PIECE_BLINDINGS, PIECE_IS_SIGNAL, PIECE_CANARY, PIECE_LEAVES, PIECES };

static void sizes_of(size_t sizes[static PIECES], size_t count)
{
    sizes[PIECE_POINTS] = count * KP_POINT_BYTES;
    sizes[PIECE_BLINDINGS] = count * KP_SCALAR_BYTES;
    sizes[PIECE_IS_SIGNAL] = count;
    sizes[PIECE_CANARY] = count * sizeof(uint32_t);
    sizes[PIECE_LEAVES] = count * sizeof(struct kp_leaf);
}

static enum kp_status append_part(struct kp_slot_list *list, uint32_t part,
                                  const struct kp_slot_chunk *chunk, struct kp_error *error)
{
    size_t sizes[PIECES];
    sizes_of(sizes, chunk->count);
    const struct kp_piece pieces[PIECES] = {
        {chunk->points, sizes[PIECE_POINTS]},
        {chunk->blindings, sizes[PIECE_BLINDINGS]},
        {chunk->is_signal, sizes[PIECE_IS_SIGNAL]},
        {(const uint8_t *)chunk->canary, sizes[PIECE_CANARY]},
        {(const uint8_t *)chunk->leaves, sizes[PIECE_LEAVES]},
    };
    uint64_t place = kp_pieces_end(list->pieces, list->file);
    enum kp_status status = kp_pieces_append(list->pieces, list->file, pieces, PIECES, error);
    if (status == KP_OK) {
        list->places[part] = place;
    }
    return status;
}

/* The first `wanted` pieces of a part. */
static enum kp_status read_part(const struct kp_slot_list *list, uint32_t part, size_t count,
                                uint8_t *const *into, size_t wanted, struct kp_error *error)
{
    size_t sizes[PIECES];
    uint64_t place = list->places[part];
    sizes_of(sizes, count);
    if (place == NOT_PUT) {
        return kp_fail(error, KP_FAILED, "part %u of a list of slots wasn't put", part);
    }
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < wanted; i++) {
        status = kp_pieces_read(list->pieces, list->file, place, into[i], sizes[i], error);
        place += sizes[i] + KP_PIECE_SEAL_BYTES;
    }
    return status;
}

/* ---- Either way ---- */

enum kp_status kp_slot_list_put(struct kp_slot_list *list, uint32_t part,
                                const struct kp_slot_chunk *chunk, struct kp_error *error)
{
    size_t count = 0, first = (size_t)part * KP_CHUNK_POINTS;
    enum kp_status status = check_part(list, part, &count, error);
    if (status != KP_OK) {
        return status;
    }
    if (chunk->count != count) {
        return kp_fail(error, KP_FAILED, "part %u of a list has %zu slots, not %u", part, count,
                       chunk->count);
    }
    if (list->pieces != NULL) {
        return append_part(list, part, chunk, error);
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
    size_t count = 0, first = (size_t)part * KP_CHUNK_POINTS;
    enum kp_status status = check_part(list, part, &count, error);
    if (status != KP_OK) {
        return status;
    }
    chunk->count = (uint32_t)count;
    if (list->pieces != NULL) {
        uint8_t *const into[PIECES] = {chunk->points, chunk->blindings, chunk->is_signal,
                                       (uint8_t *)chunk->canary, (uint8_t *)chunk->leaves};
        return read_part(list, part, count, into, PIECES, error);
    }
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
    size_t count = 0, first = (size_t)part * KP_CHUNK_POINTS;
    enum kp_status status = check_part(list, part, &count, error);
    if (status == KP_OK && list->pieces != NULL) {
        return read_part(list, part, count, &points, 1, error);
    }
    if (status == KP_OK) {
        memcpy(points, list->points + first * KP_POINT_BYTES, count * KP_POINT_BYTES);
    }
    return status;
}

static enum kp_status one_in_pieces(const struct kp_slot_list *list, uint32_t index,
                                    struct kp_slot_one *one, struct kp_error *error)
{
    struct kp_slot_chunk *chunk = kp_slot_chunk_new();
    uint32_t in = index % KP_CHUNK_POINTS;
    if (chunk == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a part of a list of slots");
    }
    enum kp_status status = kp_slot_list_get(list, index / KP_CHUNK_POINTS, chunk, error);
    if (status == KP_OK) {
        memcpy(one->blinding, chunk->blindings + (size_t)in * KP_SCALAR_BYTES, KP_SCALAR_BYTES);
        one->is_signal = chunk->is_signal[in];
        one->canary = chunk->canary[in];
        one->leaf = chunk->leaves[in];
    }
    kp_bulk_free(chunk);
    return status;
}

enum kp_status kp_slot_list_one(const struct kp_slot_list *list, uint32_t index,
                                struct kp_slot_one *one, struct kp_error *error)
{
    if (index >= list->count) {
        return kp_fail(error, KP_FAILED, "a list of %u slots has no slot %u", list->count, index);
    }
    if (list->pieces != NULL) {
        return one_in_pieces(list, index, one, error);
    }
    memcpy(one->blinding, list->blindings + (size_t)index * KP_SCALAR_BYTES, KP_SCALAR_BYTES);
    one->is_signal = list->is_signal[index];
    one->canary = list->canary[index];
    one->leaf = list->leaves[index];
    return KP_OK;
}
