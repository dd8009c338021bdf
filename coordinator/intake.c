#include "coordinator/intake.h"

#include "coordinator/attempt_check.h"
#include "coordinator/tag_merge.h"
#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "proto/numbers.h"
#include "proto/pieces.h"
#include "proto/record.h"
#include "proto/slot_picks.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

/* Two files a member: its leaves, a piece for each chunk; its entries, three pieces for each chunk:
 * the tags, which a walk reads; the path of the chunk's root, filled up to the longest one; the
 * entries. All chunks but the last have the same size, so a chunk's number says where it is. */

#define TAGS_SIZE ((size_t)KP_CHUNK_ENTRIES * KP_DIGEST_BYTES)
#define LEAVES_SIZE ((size_t)KP_CHUNK_LEAVES * KP_DIGEST_BYTES)
#define PATH_ROOM ((size_t)KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES)

struct member_intake {
    uint32_t leaf_count;
    uint32_t entry_count;
    uint8_t *last_tag;                   /* bulk: of the chunks before */
    uint8_t slots_root[KP_DIGEST_BYTES]; /* as the member signed them */
    uint8_t entries_root[KP_DIGEST_BYTES];
    uint8_t audit_commitment[KP_DIGEST_BYTES];
    uint8_t audit_seed[KP_AUDIT_SEED_BYTES]; /* zeros until it came */
};

/* A chunk of entries in memory, with the tree over it once a path was wanted. */
struct entry_chunk {
    uint32_t member; /* 0: none */
    uint32_t part;
    uint8_t path[PATH_ROOM]; /* of the chunk's root */
    const uint8_t *entries;
    uint8_t *room; /* bulk: for entries that are read from the file */
    struct kp_merkle_tree tree;
};

struct kp_intake {
    struct kp_pieces *pieces;
    const struct kp_agreement *agreement;
    const struct kp_result_transcript *transcript;
    uint8_t round_id[KP_DIGEST_BYTES];
    uint8_t attempt[KP_ATTEMPT_BYTES];
    enum kp_round_type type;
    struct member_intake member[KP_MEMBERS_MAX];
    uint8_t *tags;            /* bulk: of a chunk that is written */
    uint8_t *entry_leaves;    /* bulk: of a chunk that is looked at */
    uint8_t *leaves;          /* bulk: a chunk that is read; made when it is wanted */
    struct entry_chunk other; /* that no walk has */
    struct kp_intake_walk *walk;
};

static size_t entry_size(const struct kp_intake *intake, uint32_t member)
{
    return kp_entry_size_in(intake->agreement, member, intake->type);
}

static uint32_t leaves_file(uint32_t member)
{
    return 2 * (member - 1);
}

static uint32_t entries_file(uint32_t member)
{
    return 2 * (member - 1) + 1;
}

/* Entries in the chunk, and chunks of the member. */
static uint32_t chunk_entries(const struct kp_intake *intake, uint32_t member, uint32_t part)
{
    return kp_chunk_items(kp_agreement_member_slots(intake->agreement, member), KP_CHUNK_ENTRIES,
                          part);
}

static uint32_t chunk_parts(const struct kp_intake *intake, uint32_t member)
{
    return kp_chunk_count(kp_agreement_member_slots(intake->agreement, member), KP_CHUNK_ENTRIES);
}

/* The first chunk's path is as long as any. */
static size_t path_room(const struct kp_intake *intake, uint32_t member)
{
    return kp_merkle_path_length(0, chunk_parts(intake, member)) * KP_DIGEST_BYTES;
}

static uint64_t chunk_place(const struct kp_intake *intake, uint32_t member, uint32_t part)
{
    uint64_t size = TAGS_SIZE + path_room(intake, member) +
                    KP_CHUNK_ENTRIES * entry_size(intake, member) + 3 * KP_PIECE_SEAL_BYTES;
    return part * size;
}

/* ---- chunks of entries ---- */

static void forget_chunk(struct entry_chunk *chunk)
{
    kp_merkle_tree_free(&chunk->tree);
    chunk->tree = (struct kp_merkle_tree){0};
    chunk->member = 0;
}

static void free_chunk(struct entry_chunk *chunk)
{
    forget_chunk(chunk);
    kp_bulk_free(chunk->room);
    chunk->room = NULL;
}

/* Reads it, unless it is there. */
static enum kp_status load_chunk(const struct kp_intake *intake, struct entry_chunk *chunk,
                                 uint32_t member, uint32_t part, struct kp_error *error)
{
    uint32_t count = chunk_entries(intake, member, part);
    size_t path = path_room(intake, member), size = entry_size(intake, member);
    if (chunk->member == member && chunk->part == part) {
        return KP_OK;
    }
    forget_chunk(chunk);
    if (chunk->room == NULL) {
        chunk->room = kp_bulk_new((size_t)KP_CHUNK_ENTRIES * KP_ENTRY_MAX);
    }
    if (chunk->room == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a chunk of entries");
    }
    uint32_t file = entries_file(member);
    uint64_t place =
        chunk_place(intake, member, part) + (size_t)count * KP_DIGEST_BYTES + KP_PIECE_SEAL_BYTES;
    enum kp_status status = kp_pieces_read(intake->pieces, file, place, chunk->path, path, error);
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

static const uint8_t *chunk_entry(const struct kp_intake *intake, const struct entry_chunk *chunk,
                                  uint32_t position)
{
    return chunk->entries +
           (size_t)(position % KP_CHUNK_ENTRIES) * entry_size(intake, chunk->member);
}

/* The digests of a chunk's entries. */
static const uint8_t *entry_leaves(struct kp_intake *intake, uint32_t member,
                                   const uint8_t *entries, uint32_t count)
{
    size_t size = entry_size(intake, member);
    for (uint32_t i = 0; i < count; i++) {
        kp_entry_leaf_in(intake->entry_leaves + (size_t)i * KP_DIGEST_BYTES, intake->agreement,
                         member, intake->type, entries + i * size);
    }
    return intake->entry_leaves;
}

/* From the entry to its chunk's root, and on from there as its member gave it. */
static enum kp_status chunk_entry_path(struct kp_intake *intake, struct entry_chunk *chunk,
                                       uint32_t position, uint8_t *path, struct kp_error *error)
{
    uint32_t index = position % KP_CHUNK_ENTRIES;
    uint32_t count = chunk_entries(intake, chunk->member, chunk->part);
    if (chunk->tree.nodes == NULL &&
        kp_merkle_tree_new(&chunk->tree, entry_leaves(intake, chunk->member, chunk->entries, count),
                           count) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for the paths of a chunk");
    }
    kp_merkle_tree_path(&chunk->tree, index, path);
    memcpy(path + kp_merkle_path_length(index, count) * KP_DIGEST_BYTES, chunk->path,
           kp_merkle_path_length(chunk->part, chunk_parts(intake, chunk->member)) *
               KP_DIGEST_BYTES);
    return KP_OK;
}

static enum kp_status show(struct kp_intake *intake, struct entry_chunk *chunk, uint32_t position,
                           struct kp_proof_record *record, struct kp_error *error)
{
    uint8_t path[PATH_ROOM];
    uint32_t slots = kp_agreement_member_slots(intake->agreement, chunk->member);
    enum kp_status status = chunk_entry_path(intake, chunk, position, path, error);
    if (status != KP_OK) {
        return status;
    }
    record->position = position;
    if (kp_buffer_set(&record->entry, chunk_entry(intake, chunk, position),
                      entry_size(intake, chunk->member)) != KP_OK ||
        kp_buffer_set(&record->entry_path, path,
                      kp_merkle_path_length(position, slots) * KP_DIGEST_BYTES) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for an entry");
    }
    return KP_OK;
}

/* ---- made and destroyed ---- */

/* What the member signed before: slots_root in its HELLO 2, entries_root in its READY. */
static enum kp_status read_roots(struct kp_intake *intake, uint32_t member, struct kp_error *error)
{
    struct member_intake *of = &intake->member[member - 1];
    const struct kp_buffer *hello2 = &intake->transcript->hello2[member - 1];
    const struct kp_buffer *packed = &intake->transcript->ready[member - 1];
    struct kp_round_message message;
    struct kp_hello2 hello;
    struct kp_ready ready;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    enum kp_status status = kp_round_message_unpack(&message, hello2->data, hello2->size, error);
    if (status == KP_OK) {
        status = kp_hello2_unpack(&hello, &message.body, error);
    }
    kp_round_message_free(&message);
    if (status == KP_OK) {
        status = kp_transcript_check_ready(&ready, attempt, intake->agreement, member, packed->data,
                                           packed->size, error);
    }
    if (status == KP_OK) {
        memcpy(of->slots_root, hello.slots_root, KP_DIGEST_BYTES);
        memcpy(of->entries_root, ready.entries_root, KP_DIGEST_BYTES);
        memcpy(of->audit_commitment, hello.audit_commitment, KP_DIGEST_BYTES);
        if (member == 1) { /* the others' say the same */
            memcpy(intake->round_id, ready.round_id, KP_DIGEST_BYTES);
            memcpy(intake->attempt, attempt, KP_ATTEMPT_BYTES);
            intake->type = kp_agreement_round_type(intake->agreement, ready.counter);
        }
    }
    return status;
}

static enum kp_status make_rooms(struct kp_intake *intake, struct kp_error *error)
{
    bool fine = true;
    for (uint32_t i = 0; i < intake->agreement->member_count; i++) {
        intake->member[i].last_tag = kp_bulk_new(KP_DIGEST_BYTES);
        fine = fine && intake->member[i].last_tag != NULL;
    }
    intake->tags = kp_bulk_new(TAGS_SIZE);
    intake->entry_leaves = kp_bulk_new(TAGS_SIZE);
    return fine && intake->tags != NULL && intake->entry_leaves != NULL
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for an intake");
}

enum kp_status kp_intake_new(struct kp_intake **out, const char *folder,
                             const struct kp_agreement *agreement,
                             const struct kp_result_transcript *transcript, struct kp_error *error)
{
    *out = NULL;
    struct kp_intake *intake = calloc(1, sizeof(*intake));
    if (intake == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for an intake");
    }
    intake->agreement = agreement;
    intake->transcript = transcript;
    enum kp_status status = KP_OK;
    for (uint32_t member = 1; status == KP_OK && member <= agreement->member_count; member++) {
        status = read_roots(intake, member, error);
    }
    if (status == KP_OK) {
        status = make_rooms(intake, error);
    }
    if (status == KP_OK) {
        status = kp_pieces_new(&intake->pieces, folder, 2 * agreement->member_count,
                               KP_PIECES_SYNCED, error);
    }
    if (status != KP_OK) {
        (void)!kp_intake_destroy(intake, NULL);
        return status;
    }
    *out = intake;
    return KP_OK;
}

enum kp_status kp_intake_destroy(struct kp_intake *intake, struct kp_error *error)
{
    if (intake == NULL) {
        return KP_OK;
    }
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_bulk_free(intake->member[i].last_tag);
    }
    kp_bulk_free(intake->tags);
    kp_bulk_free(intake->entry_leaves);
    kp_bulk_free(intake->leaves);
    free_chunk(&intake->other);
    enum kp_status status = kp_pieces_destroy(intake->pieces, error);
    free(intake);
    return status;
}

static void blame(struct kp_fault *fault, enum kp_fault_kind kind, uint32_t member,
                  uint32_t position)
{
    fault->kind = kind;
    fault->member = member;
    fault->position = position;
}

/* What the first message of a release brings besides: the seed that HELLO 2 committed to. */
static enum kp_status take_seed(struct kp_intake *intake, uint32_t member, bool has_seed,
                                const uint8_t seed[static KP_AUDIT_SEED_BYTES],
                                struct kp_error *error)
{
    struct member_intake *of = &intake->member[member - 1];
    if (has_seed != kp_audit_has_seed(intake->agreement, member)) {
        return kp_fail(error, KP_REFUSED, "member %u %s a seed for slot audits", member,
                       has_seed ? "has no business with" : "lacks");
    }
    enum kp_status status =
        has_seed ? kp_check_slot_seed(of->audit_commitment, intake->agreement->lineage,
                                      intake->attempt, member, seed, error)
                 : KP_OK;
    if (status == KP_OK && has_seed) {
        memcpy(of->audit_seed, seed, KP_AUDIT_SEED_BYTES);
    }
    return status;
}

/* In a round of counts it comes with the first entries, for there are no LEAVES. */
static enum kp_status take_first_seed(struct kp_intake *intake,
                                      const struct kp_round_message *message,
                                      const struct kp_submission *submission,
                                      struct kp_error *error)
{
    if (intake->type == KP_ROUND_COUNT && message->part == 0) {
        return take_seed(intake, message->from, submission->has_audit_seed, submission->audit_seed,
                         error);
    }
    return submission->has_audit_seed
               ? kp_fail(error, KP_REFUSED, "SUBMISSION part %u with a seed for slot audits",
                         message->part)
               : KP_OK;
}

void kp_intake_seeds(const struct kp_intake *intake, struct kp_complete *complete)
{
    if (intake->agreement->audit_slots == 0) {
        return;
    }
    complete->seed_count = intake->agreement->member_count;
    for (uint32_t i = 0; i < complete->seed_count; i++) {
        memcpy(complete->audit_seeds[i], intake->member[i].audit_seed, KP_AUDIT_SEED_BYTES);
    }
}

enum kp_status kp_intake_leaves(struct kp_intake *intake, const struct kp_round_message *message,
                                struct kp_fault *fault, struct kp_error *error)
{
    struct member_intake *member = &intake->member[message->from - 1];
    uint32_t slots = kp_agreement_member_slots(intake->agreement, message->from);
    uint32_t parts = kp_chunk_count(slots, KP_CHUNK_LEAVES);
    uint32_t count = kp_chunk_items(slots, KP_CHUNK_LEAVES, message->part);
    if (count == 0 || message->part * KP_CHUNK_LEAVES != member->leaf_count) {
        return kp_fail(error, KP_REFUSED, "LEAVES part %u out of order", message->part);
    }
    struct kp_leaves leaves;
    enum kp_status status =
        kp_leaves_unpack(&leaves, (size_t)count * KP_DIGEST_BYTES,
                         kp_merkle_path_length(message->part, parts) * KP_DIGEST_BYTES,
                         message->part == 0, &message->body, error);
    if (status == KP_OK) {
        status = kp_intake_check_chunk(member->slots_root, leaves.digests.data, count,
                                       message->part, parts, leaves.path.data, "leaves", error);
    }
    if (status == KP_OK && message->part == 0) {
        status = take_seed(intake, message->from, leaves.has_audit_seed, leaves.audit_seed, error);
    }
    if (status == KP_REFUSED) {
        blame(fault, KP_FAULT_CHUNK, message->from, 0);
    } else if (status == KP_OK) {
        const struct kp_piece piece = {.bytes = leaves.digests.data, .size = leaves.digests.size};
        status = kp_pieces_append(intake->pieces, leaves_file(message->from), &piece, 1, error);
        member->leaf_count += status == KP_OK ? count : 0;
    }
    kp_leaves_free(&leaves);
    return status;
}

/* What can be said of an entry alone: its tag comes after the last one, its share is under it. */
static enum kp_status check_entry(const struct kp_intake *intake, uint32_t member,
                                  const uint8_t *before, const uint8_t *entry, uint32_t position,
                                  struct kp_fault *fault, struct kp_error *error)
{
    if (position > 0 && kp_intake_check_order(before, entry, position, error) != KP_OK) {
        blame(fault, KP_FAULT_UNSORTED, member, position);
        fault->before = position - 1;
        return KP_REFUSED;
    }
    if (intake->type == KP_ROUND_MATCH &&
        kp_intake_check_share(intake->agreement, intake->round_id, member, entry, position,
                              error) != KP_OK) {
        blame(fault, KP_FAULT_SHARE, member, position);
        return KP_REFUSED;
    }
    return KP_OK;
}

static enum kp_status check_entries(const struct kp_intake *intake, uint32_t member,
                                    const uint8_t *entries, uint32_t count, struct kp_fault *fault,
                                    struct kp_error *error)
{
    const struct member_intake *kept = &intake->member[member - 1];
    size_t size = entry_size(intake, member);
    const uint8_t *before = kept->last_tag;
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < count; i++) {
        const uint8_t *entry = entries + i * size;
        status = check_entry(intake, member, before, entry, kept->entry_count + i, fault, error);
        before = entry; /* an entry begins with its tag */
    }
    return status;
}

/* Writes a chunk, at once. */
static enum kp_status keep_entries(struct kp_intake *intake, const struct entry_chunk *chunk,
                                   uint32_t count, struct kp_error *error)
{
    struct member_intake *kept = &intake->member[chunk->member - 1];
    size_t size = entry_size(intake, chunk->member);
    for (uint32_t i = 0; i < count; i++) {
        memcpy(intake->tags + (size_t)i * KP_DIGEST_BYTES, chunk->entries + i * size,
               KP_DIGEST_BYTES);
    }
    const struct kp_piece pieces[] = {
        {.bytes = intake->tags, .size = (size_t)count * KP_DIGEST_BYTES},
        {.bytes = chunk->path, .size = path_room(intake, chunk->member)},
        {.bytes = chunk->entries, .size = count * size},
    };
    enum kp_status status = kp_pieces_append(intake->pieces, entries_file(chunk->member), pieces,
                                             sizeof(pieces) / sizeof(pieces[0]), error);
    if (status == KP_OK) {
        kept->entry_count += count;
        memcpy(kept->last_tag, chunk->entries + (count - 1) * size, KP_DIGEST_BYTES);
    }
    return status;
}

/* From the chunk that is refused or, when it is the last one before it, from the file. */
static enum kp_status show_entry(struct kp_intake *intake, struct entry_chunk *refused,
                                 uint32_t position, struct kp_fault *fault, struct kp_error *error)
{
    struct kp_proof_record *record = kp_fault_add(fault, refused->member);
    return position / KP_CHUNK_ENTRIES == refused->part
               ? show(intake, refused, position, record, error)
               : kp_intake_show(intake, refused->member, position, record, error);
}

/* KP_REFUSED, now with what proves it. */
static enum kp_status prove(struct kp_intake *intake, struct entry_chunk *refused,
                            struct kp_fault *fault, struct kp_error *error)
{
    struct kp_error failed = {0};
    enum kp_status status = show_entry(intake, refused, fault->position, fault, &failed);
    if (status == KP_OK && fault->kind == KP_FAULT_UNSORTED) {
        status = show_entry(intake, refused, fault->before, fault, &failed);
    }
    return status == KP_OK ? KP_REFUSED : kp_fail(error, KP_FAILED, "%s", failed.text);
}

/* The chunk is what its member signed. */
static enum kp_status take_entries(struct kp_intake *intake, uint32_t from, uint32_t part,
                                   uint32_t count, const struct kp_submission *submission,
                                   struct kp_fault *fault, struct kp_error *error)
{
    struct entry_chunk chunk = {.member = from, .part = part, .entries = submission->entries.data};
    if (submission->path.size > 0) {
        memcpy(chunk.path, submission->path.data, submission->path.size);
    }
    enum kp_status status = check_entries(intake, from, chunk.entries, count, fault, error);
    if (status == KP_OK) {
        status = keep_entries(intake, &chunk, count, error);
    } else if (fault->kind != KP_FAULT_NONE) {
        status = prove(intake, &chunk, fault, error);
    }
    forget_chunk(&chunk);
    return status;
}

enum kp_status kp_intake_entries(struct kp_intake *intake, const struct kp_round_message *message,
                                 struct kp_fault *fault, struct kp_error *error)
{
    uint32_t from = message->from, part = message->part;
    uint32_t slots = kp_agreement_member_slots(intake->agreement, from);
    struct member_intake *member = &intake->member[from - 1];
    uint32_t parts = kp_chunk_count(slots, KP_CHUNK_ENTRIES);
    uint32_t count = kp_chunk_items(slots, KP_CHUNK_ENTRIES, part);
    size_t size = entry_size(intake, from);
    if (count == 0 || part * KP_CHUNK_ENTRIES != member->entry_count) {
        return kp_fail(error, KP_REFUSED, "SUBMISSION part %u out of order", part);
    }
    struct kp_submission submission;
    enum kp_status status = kp_submission_unpack(
        &submission, count * size, kp_merkle_path_length(part, parts) * KP_DIGEST_BYTES,
        &message->body, error);
    if (status == KP_OK) {
        status = take_first_seed(intake, message, &submission, error);
    }
    if (status == KP_OK) {
        status = kp_intake_check_chunk(member->entries_root,
                                       entry_leaves(intake, from, submission.entries.data, count),
                                       count, part, parts, submission.path.data, "entries", error);
    }
    if (status == KP_REFUSED) {
        blame(fault, KP_FAULT_CHUNK, from, 0);
    } else if (status == KP_OK) {
        status = take_entries(intake, from, part, count, &submission, fault, error);
    }
    kp_submission_free(&submission);
    return status;
}

/* ---- walking ---- */

struct kp_intake_walk {
    struct kp_intake *intake;
    struct kp_tag_merge *merge;
    struct kp_tags_equal equal;               /* the group that was given out */
    uint8_t *tags[KP_MEMBERS_MAX];            /* bulk: of the chunk that is merged */
    uint32_t part[KP_MEMBERS_MAX];            /* the chunk after that */
    struct entry_chunk chunk[KP_MEMBERS_MAX]; /* whose entries were wanted last */
};

/* The tags of a member's next chunk. */
static enum kp_status next_tags(void *context, uint32_t source, const uint8_t **tags,
                                uint32_t *count, struct kp_error *error)
{
    struct kp_intake_walk *walk = context;
    const struct kp_intake *intake = walk->intake;
    uint32_t member = source + 1, part = walk->part[source];
    *count = 0;
    if ((uint64_t)part * KP_CHUNK_ENTRIES >= intake->member[source].entry_count) {
        return KP_OK;
    }
    if (walk->tags[source] == NULL) {
        walk->tags[source] = kp_bulk_new(TAGS_SIZE);
    }
    if (walk->tags[source] == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to match");
    }
    uint32_t items = chunk_entries(intake, member, part);
    enum kp_status status =
        kp_pieces_read(intake->pieces, entries_file(member), chunk_place(intake, member, part),
                       walk->tags[source], (size_t)items * KP_DIGEST_BYTES, error);
    if (status == KP_OK) {
        walk->part[source]++;
        *tags = walk->tags[source];
        *count = items;
    }
    return status;
}

enum kp_status kp_intake_walk_open(struct kp_intake *intake, struct kp_intake_walk **out,
                                   struct kp_error *error)
{
    *out = NULL;
    struct kp_intake_walk *walk = calloc(1, sizeof(*walk));
    if (walk == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to match");
    }
    walk->intake = intake;
    enum kp_status status =
        kp_tag_merge_new(&walk->merge, intake->agreement->member_count, next_tags, walk, error);
    if (status != KP_OK) {
        kp_intake_walk_close(walk);
        return status;
    }
    intake->walk = walk;
    *out = walk;
    return KP_OK;
}

void kp_intake_walk_close(struct kp_intake_walk *walk)
{
    if (walk == NULL) {
        return;
    }
    if (walk->intake->walk == walk) {
        walk->intake->walk = NULL;
    }
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_bulk_free(walk->tags[i]);
        free_chunk(&walk->chunk[i]);
    }
    kp_tag_merge_free(walk->merge);
    kp_wipe(walk, sizeof(*walk));
    free(walk);
}

enum kp_status kp_intake_walk_next(struct kp_intake_walk *walk, struct kp_tag_group *group,
                                   struct kp_error *error)
{
    enum kp_status status = kp_tag_merge_next(walk->merge, &walk->equal, error);
    group->count = status == KP_OK ? walk->equal.count : 0;
    group->tag = group->count > 0 ? walk->equal.tag : NULL;
    for (uint32_t i = 0; i < group->count; i++) {
        group->member[i] = walk->equal.source[i] + 1;
        group->position[i] = walk->equal.position[i];
        group->entry[i] = NULL;
    }
    return status;
}

enum kp_status kp_intake_walk_entries(struct kp_intake_walk *walk, struct kp_tag_group *group,
                                      struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < group->count; i++) {
        uint32_t member = group->member[i], position = group->position[i];
        struct entry_chunk *chunk = &walk->chunk[member - 1];
        status = load_chunk(walk->intake, chunk, member, position / KP_CHUNK_ENTRIES, error);
        if (status == KP_OK) {
            group->entry[i] = chunk_entry(walk->intake, chunk, position);
        }
    }
    return status;
}

/* ---- by position ---- */

/* The walk's chunks stay: entries that it gave out stand in them. */
static enum kp_status find_chunk(struct kp_intake *intake, uint32_t member, uint32_t position,
                                 struct entry_chunk **chunk, struct kp_error *error)
{
    uint32_t part = position / KP_CHUNK_ENTRIES;
    *chunk = intake->walk != NULL ? &intake->walk->chunk[member - 1] : &intake->other;
    if (position >= intake->member[member - 1].entry_count) {
        return kp_fail(error, KP_FAILED, "an entry that wasn't taken in");
    }
    if ((*chunk)->member == member && (*chunk)->part == part) {
        return KP_OK;
    }
    *chunk = &intake->other;
    return load_chunk(intake, *chunk, member, part, error);
}

enum kp_status kp_intake_entry_path(struct kp_intake *intake, uint32_t member, uint32_t position,
                                    uint8_t *path, struct kp_error *error)
{
    struct entry_chunk *chunk = NULL;
    enum kp_status status = find_chunk(intake, member, position, &chunk, error);
    return status == KP_OK ? chunk_entry_path(intake, chunk, position, path, error) : status;
}

enum kp_status kp_intake_show(struct kp_intake *intake, uint32_t member, uint32_t position,
                              struct kp_proof_record *record, struct kp_error *error)
{
    struct entry_chunk *chunk = NULL;
    enum kp_status status = find_chunk(intake, member, position, &chunk, error);
    return status == KP_OK ? show(intake, chunk, position, record, error) : status;
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
    return kp_pieces_read(intake->pieces, leaves_file(member),
                          part * (uint64_t)(LEAVES_SIZE + KP_PIECE_SEAL_BYTES), intake->leaves,
                          size, error);
}
