#include "node/slot_keeping.h"

#include "crypto/secret.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

#define NOT_PUT UINT64_MAX

enum kp_status kp_slot_keeping_begin(struct kp_slot_keeping *keeping, uint32_t slots,
                                     struct kp_pieces *pieces, uint32_t file,
                                     struct kp_error *error)
{
    uint32_t parts = kp_chunk_count(slots, KP_CHUNK_POINTS);
    free(keeping->made_places);
    keeping->pieces = pieces;
    keeping->file = file;
    keeping->made_count = slots;
    keeping->made_places = calloc((size_t)parts + 1, sizeof(keeping->made_places[0]));
    if (keeping->made_places == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the audit of %u slots", slots);
    }
    for (uint32_t i = 0; i < parts; i++) {
        keeping->made_places[i] = NOT_PUT;
    }
    return KP_OK;
}

enum kp_status kp_slot_keeping_put(struct kp_slot_keeping *keeping, uint32_t part,
                                   const struct kp_made_slot *made, uint32_t count,
                                   struct kp_error *error)
{
    const struct kp_piece piece = {(const uint8_t *)made, count * sizeof(*made)};
    if (keeping->made_places == NULL ||
        part >= kp_chunk_count(keeping->made_count, KP_CHUNK_POINTS) ||
        count != kp_chunk_items(keeping->made_count, KP_CHUNK_POINTS, part)) {
        return kp_fail(error, KP_FAILED, "the audit of %u slots has no part %u of %u",
                       keeping->made_count, part, count);
    }
    uint64_t place = kp_pieces_end(keeping->pieces, keeping->file);
    enum kp_status status = kp_pieces_append(keeping->pieces, keeping->file, &piece, 1, error);
    if (status == KP_OK) {
        keeping->made_places[part] = place;
    }
    return status;
}

bool kp_slot_keeping_has(const struct kp_slot_keeping *keeping)
{
    return keeping->made_places != NULL;
}

enum kp_status kp_slot_keeping_made(const struct kp_slot_keeping *keeping, uint32_t index,
                                    struct kp_made_slot *made, struct kp_error *error)
{
    uint32_t part = index / KP_CHUNK_POINTS;
    if (keeping->made_places == NULL || index >= keeping->made_count ||
        keeping->made_places[part] == NOT_PUT) {
        return kp_fail(error, KP_FAILED, "what came out for slot %u isn't kept", index);
    }
    size_t size = kp_chunk_items(keeping->made_count, KP_CHUNK_POINTS, part) * sizeof(*made);
    struct kp_made_slot *all = kp_bulk_new(size);
    if (all == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the audit of slots");
    }
    enum kp_status status = kp_pieces_read(keeping->pieces, keeping->file,
                                           keeping->made_places[part], (uint8_t *)all, size, error);
    if (status == KP_OK) {
        *made = all[index % KP_CHUNK_POINTS];
    }
    kp_bulk_free(all);
    return status;
}

void kp_slot_keeping_free(struct kp_slot_keeping *keeping)
{
    kp_slot_list_free(&keeping->slots);
    free(keeping->made_places);
    kp_wipe(keeping, sizeof(*keeping));
}
