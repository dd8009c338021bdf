/* Chunks of entries and leaves as they are in the files, and what is shown of them by position. */
#include "coordinator/intake_internal.h"

#include "crypto/secret.h"
#include "proto/numbers.h"
#include "proto/record.h"
#include "proto/transcript.h"

#include <string.h>

#define LEAVES_SIZE ((size_t)KP_CHUNK_LEAVES * KP_DIGEST_BYTES)

size_t kp_intake_entry_size(const struct kp_intake *intake, uint32_t member)
{
    return kp_entry_size_in(intake->agreement, member, intake->type);
}

uint32_t kp_intake_leaves_file(uint32_t member)
{
    return 2 * (member - 1);
}

uint32_t kp_intake_entries_file(uint32_t member)
{
    return 2 * (member - 1) + 1;
}

uint32_t kp_intake_chunk_entries(const struct kp_intake *intake, uint32_t member, uint32_t part)
{
    return kp_chunk_items(kp_agreement_member_slots(intake->agreement, member), KP_CHUNK_ENTRIES,
                          part);
}

uint32_t kp_intake_chunk_parts(const struct kp_intake *intake, uint32_t member)
{
    return kp_chunk_count(kp_agreement_member_slots(intake->agreement, member), KP_CHUNK_ENTRIES);
}

size_t kp_intake_path_room(const struct kp_intake *intake, uint32_t member)
{
    return kp_merkle_path_length(0, kp_intake_chunk_parts(intake, member)) * KP_DIGEST_BYTES;
}

uint64_t kp_intake_chunk_place(const struct kp_intake *intake, uint32_t member, uint32_t part)
{
    uint64_t size = KP_CHUNK_TAGS_BYTES + kp_intake_path_room(intake, member) +
                    KP_CHUNK_ENTRIES * kp_intake_entry_size(intake, member) +
                    3 * KP_PIECE_SEAL_BYTES;
    return part * size;
}

uint64_t kp_intake_tag_prefix(const uint8_t *tag)
{
    return kp_get_number(tag, 8);
}

/* ---- a chunk ---- */

void kp_entry_chunk_forget(struct kp_entry_chunk *chunk)
{
    kp_merkle_tree_free(&chunk->tree);
    chunk->tree = (struct kp_merkle_tree){0};
    chunk->member = 0;
}

void kp_entry_chunk_free(struct kp_entry_chunk *chunk)
{
    kp_entry_chunk_forget(chunk);
    kp_bulk_free(chunk->room);
    chunk->room = NULL;
    chunk->room_size = 0;
}

static enum kp_status make_room(struct kp_entry_chunk *chunk, size_t size, struct kp_error *error)
{
    if (size <= chunk->room_size) {
        return KP_OK;
    }
    kp_bulk_free(chunk->room);
    chunk->room = kp_bulk_new(size);
    chunk->room_size = chunk->room != NULL ? size : 0;
    return chunk->room != NULL ? KP_OK
                               : kp_fail(error, KP_FAILED, "no memory for a chunk of entries");
}

enum kp_status kp_entry_chunk_load(struct kp_entry_chunk *chunk, const struct kp_intake *intake,
                                   uint32_t member, uint32_t part, struct kp_error *error)
{
    size_t path = kp_intake_path_room(intake, member), size = kp_intake_entry_size(intake, member);
    if (chunk->member == member && chunk->part == part) {
        return KP_OK;
    }
    kp_entry_chunk_forget(chunk);
    uint32_t count = kp_intake_chunk_entries(intake, member, part);
    uint32_t file = kp_intake_entries_file(member);
    uint64_t place = kp_intake_chunk_place(intake, member, part) + (size_t)count * KP_DIGEST_BYTES +
                     KP_PIECE_SEAL_BYTES;
    enum kp_status status = make_room(chunk, KP_CHUNK_ENTRIES * size, error);
    if (status == KP_OK) {
        status = kp_pieces_read(intake->pieces, file, place, chunk->path, path, error);
    }
    if (status == KP_OK) {
        status = kp_pieces_read(intake->pieces, file, place + path + KP_PIECE_SEAL_BYTES,
                                chunk->room, count * size, error);
    }
    if (status == KP_OK) {
        chunk->member = member;
        chunk->part = part;
        chunk->entries = chunk->room;
    }
    return status;
}

const uint8_t *kp_entry_chunk_entry(const struct kp_entry_chunk *chunk,
                                    const struct kp_intake *intake, uint32_t position)
{
    return chunk->entries +
           (size_t)(position % KP_CHUNK_ENTRIES) * kp_intake_entry_size(intake, chunk->member);
}

void kp_entry_chunk_leaves(uint8_t *leaves, const struct kp_intake *intake, uint32_t member,
                           const uint8_t *entries, uint32_t count)
{
    size_t size = kp_intake_entry_size(intake, member);
    for (uint32_t i = 0; i < count; i++) {
        kp_entry_leaf_in(leaves + (size_t)i * KP_DIGEST_BYTES, intake->agreement, member,
                         intake->type, entries + i * size);
    }
}

/* To the chunk's root, and on from there as its member gave it. */
enum kp_status kp_entry_chunk_path(struct kp_entry_chunk *chunk, const struct kp_intake *intake,
                                   uint8_t *leaves, uint32_t position, uint8_t *path,
                                   struct kp_error *error)
{
    uint32_t index = position % KP_CHUNK_ENTRIES;
    uint32_t count = kp_intake_chunk_entries(intake, chunk->member, chunk->part);
    if (chunk->tree.nodes == NULL) {
        kp_entry_chunk_leaves(leaves, intake, chunk->member, chunk->entries, count);
        if (kp_merkle_tree_new(&chunk->tree, leaves, count) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for the paths of a chunk");
        }
    }
    kp_merkle_tree_path(&chunk->tree, index, path);
    memcpy(path + kp_merkle_path_length(index, count) * KP_DIGEST_BYTES, chunk->path,
           kp_merkle_path_length(chunk->part, kp_intake_chunk_parts(intake, chunk->member)) *
               KP_DIGEST_BYTES);
    return KP_OK;
}

enum kp_status kp_entry_chunk_show(struct kp_entry_chunk *chunk, const struct kp_intake *intake,
                                   uint8_t *leaves, uint32_t position,
                                   struct kp_proof_record *record, struct kp_error *error)
{
    uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    uint32_t slots = kp_agreement_member_slots(intake->agreement, chunk->member);
    enum kp_status status = kp_entry_chunk_path(chunk, intake, leaves, position, path, error);
    if (status != KP_OK) {
        return status;
    }
    record->position = position;
    if (kp_buffer_set(&record->entry, kp_entry_chunk_entry(chunk, intake, position),
                      kp_intake_entry_size(intake, chunk->member)) != KP_OK ||
        kp_buffer_set(&record->entry_path, path,
                      kp_merkle_path_length(position, slots) * KP_DIGEST_BYTES) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for an entry");
    }
    return KP_OK;
}

/* ---- by position ---- */

static enum kp_status load_other(struct kp_intake *intake, uint32_t member, uint32_t position,
                                 struct kp_error *error)
{
    if (position >= intake->member[member - 1].entry_count) {
        return kp_fail(error, KP_FAILED, "an entry that wasn't taken in");
    }
    return kp_entry_chunk_load(&intake->other, intake, member, position / KP_CHUNK_ENTRIES, error);
}

enum kp_status kp_intake_entry_path(struct kp_intake *intake, uint32_t member, uint32_t position,
                                    uint8_t *path, struct kp_error *error)
{
    enum kp_status status = load_other(intake, member, position, error);
    return status == KP_OK ? kp_entry_chunk_path(&intake->other, intake, intake->entry_leaves,
                                                 position, path, error)
                           : status;
}

enum kp_status kp_intake_show(struct kp_intake *intake, uint32_t member, uint32_t position,
                              struct kp_proof_record *record, struct kp_error *error)
{
    enum kp_status status = load_other(intake, member, position, error);
    return status == KP_OK ? kp_entry_chunk_show(&intake->other, intake, intake->entry_leaves,
                                                 position, record, error)
                           : status;
}

bool kp_intake_has_leaves(const struct kp_intake *intake, uint32_t member)
{
    return intake->member[member - 1].leaf_count ==
           kp_agreement_member_slots(intake->agreement, member);
}

enum kp_status kp_intake_leaf_digests(struct kp_intake *intake, uint32_t member, uint32_t part,
                                      const uint8_t **digests, struct kp_error *error)
{
    uint32_t slots = kp_agreement_member_slots(intake->agreement, member);
    size_t size = (size_t)kp_chunk_items(slots, KP_CHUNK_LEAVES, part) * KP_DIGEST_BYTES;
    if (intake->leaves == NULL) {
        intake->leaves = kp_bulk_new(LEAVES_SIZE);
    }
    if (intake->leaves == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a chunk of leaves");
    }
    *digests = intake->leaves;
    return kp_pieces_read(intake->pieces, kp_intake_leaves_file(member),
                          part * (uint64_t)(LEAVES_SIZE + KP_PIECE_SEAL_BYTES), intake->leaves,
                          size, error);
}
