/* The slots of one attempt: what a member has evaluated and submits. They are handed around in
 * chunks of KP_CHUNK_POINTS, part 0 first, so that nobody needs all of them at once. */
#ifndef KP_NODE_SLOT_LIST_H
#define KP_NODE_SLOT_LIST_H

#include "crypto/leaf.h"
#include "proto/error.h"
#include "proto/limits.h"
#include "proto/pieces.h"

#include <stdint.h>

struct kp_slot_list {
    uint32_t count;
    /* In pieces: borrowed, they outlive the list; and where in the file each part is. */
    struct kp_pieces *pieces;
    uint32_t file;
    uint64_t *places;
    /* In memory, then without pieces; all of it bulk. */
    uint8_t *points;        /* count blinded points A */
    uint8_t *blindings;     /* count scalars: r of a signal, a of padding */
    uint8_t *is_signal;     /* count bytes: 1: a signal or an active canary; 0: counts as padding */
    uint32_t *canary;       /* of an active canary: its item in the notice, and 1; else 0 */
    struct kp_leaf *leaves; /* count; the blindings in them are fresh in each attempt */
};

/* All zero, in undumpable memory (crypto/secret.h). KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_slot_list_new(struct kp_slot_list *list, uint32_t count);
/* In sealed pieces, in this file of theirs: eight bytes a part are in memory. A part that wasn't
 * put can't be had. */
KP_MUST_USE enum kp_status kp_slot_list_new_in(struct kp_slot_list *list, uint32_t count,
                                               struct kp_pieces *pieces, uint32_t file,
                                               struct kp_error *error);
void kp_slot_list_free(struct kp_slot_list *list);
/* Draws new blindings for all leaves: once for each attempt. Of a list in memory only: who fills
 * one in pieces draws them first. */
void kp_slot_list_blind(struct kp_slot_list *list);

/* The slots from part * KP_CHUNK_POINTS on. 270 KiB, wiped when freed: not for the stack. */
struct kp_slot_chunk {
    uint32_t count; /* KP_CHUNK_POINTS, but for a list's last chunk */
    uint8_t points[KP_CHUNK_POINTS * KP_POINT_BYTES];
    uint8_t blindings[KP_CHUNK_POINTS * KP_SCALAR_BYTES];
    uint8_t is_signal[KP_CHUNK_POINTS];
    uint32_t canary[KP_CHUNK_POINTS];
    struct kp_leaf leaves[KP_CHUNK_POINTS];
};
/* Bulk, freed with kp_bulk_free; NULL: no memory. */
struct kp_slot_chunk *kp_slot_chunk_new(void);

uint32_t kp_slot_list_chunks(const struct kp_slot_list *list);
/* chunk->count must be what the part has. Parts are put in any order, also again. */
KP_MUST_USE enum kp_status kp_slot_list_put(struct kp_slot_list *list, uint32_t part,
                                            const struct kp_slot_chunk *chunk,
                                            struct kp_error *error);
KP_MUST_USE enum kp_status kp_slot_list_get(const struct kp_slot_list *list, uint32_t part,
                                            struct kp_slot_chunk *chunk, struct kp_error *error);
/* Only the points of a part, which say nothing to anybody: KP_CHUNK_POINTS of them fit. */
KP_MUST_USE enum kp_status kp_slot_list_points(const struct kp_slot_list *list, uint32_t part,
                                               uint8_t *points, struct kp_error *error);

/* One slot; to be wiped. Of a list in pieces a part is read for it. */
struct kp_slot_one {
    uint8_t blinding[KP_SCALAR_BYTES];
    uint8_t is_signal;
    uint32_t canary;
    struct kp_leaf leaf; /* the point is in it */
};
KP_MUST_USE enum kp_status kp_slot_list_one(const struct kp_slot_list *list, uint32_t index,
                                            struct kp_slot_one *one, struct kp_error *error);

#endif
