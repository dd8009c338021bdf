#include "coordinator/intake.h"

#include "coordinator/attempt_check.h"
#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "proto/numbers.h"
#include "proto/record.h"
#include "proto/slot_picks.h"
#include "proto/transcript.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_ENTRIES, TABLES };

#define ENTRY_KEY_BYTES 5 /* member; position, big-endian */

/* Of one member. Digests say nothing about addresses and are kept in memory; entries are not. */
struct member_intake {
    uint8_t *leaves;       /* bulk: slots digests */
    uint8_t *entry_leaves; /* bulk: slots digests, of the tree of entries_root */
    uint32_t leaf_count;
    uint32_t entry_count;
    uint8_t *last_tag;    /* bulk: of the chunks before */
    uint8_t *chunk_paths; /* of the chunks of entries that are there: KP_MERKLE_DEPTH_MAX each */
    uint8_t slots_root[KP_DIGEST_BYTES]; /* as the member signed them */
    uint8_t entries_root[KP_DIGEST_BYTES];
    uint8_t audit_commitment[KP_DIGEST_BYTES];
    uint8_t audit_seed[KP_AUDIT_SEED_BYTES]; /* zeros until it came */
};

#define PATH_ROOM ((size_t)KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES)

struct kp_intake {
    struct kp_store *store;
    const struct kp_agreement *agreement;
    const struct kp_result_transcript *transcript;
    uint8_t round_id[KP_DIGEST_BYTES];
    uint8_t attempt[KP_ATTEMPT_BYTES];
    enum kp_round_type type;
    struct member_intake member[KP_MEMBERS_MAX];
};

static size_t entry_size(const struct kp_intake *intake, uint32_t member)
{
    return kp_entry_size_in(intake->agreement, member, intake->type);
}

static enum kp_status open_store(struct kp_intake *intake, const char *folder,
                                 struct kp_error *error)
{
    static const char *const tables[TABLES] = {[TABLE_ENTRIES] = "entries"};
    enum kp_status status = kp_store_remove(folder, error);
    uint8_t *key = kp_secret_new(32);
    if (status == KP_OK && key == NULL) {
        status = kp_fail(error, KP_FAILED, "no locked memory for a key (see ulimit -l)");
    }
    if (status == KP_OK) {
        randombytes_buf(key, 32);
        status = kp_store_open(&intake->store, folder, key, tables, TABLES, error);
    }
    kp_secret_free(key);
    return status;
}

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

static enum kp_status make_member(struct kp_intake *intake, uint32_t number, struct kp_error *error)
{
    struct member_intake *member = &intake->member[number - 1];
    uint32_t slots = kp_agreement_member_slots(intake->agreement, number);
    uint32_t parts = kp_chunk_count(slots, KP_CHUNK_ENTRIES);
    member->leaves = kp_bulk_new((size_t)slots * KP_DIGEST_BYTES);
    member->entry_leaves = kp_bulk_new((size_t)slots * KP_DIGEST_BYTES);
    member->last_tag = kp_bulk_new(KP_DIGEST_BYTES);
    member->chunk_paths = calloc(parts > 0 ? parts : 1, PATH_ROOM);
    if (member->leaves == NULL || member->entry_leaves == NULL || member->last_tag == NULL ||
        member->chunk_paths == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the digests of %u slots", slots);
    }
    return KP_OK;
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
        status = open_store(intake, folder, error);
    }
    for (uint32_t member = 1; status == KP_OK && member <= agreement->member_count; member++) {
        status = make_member(intake, member, error);
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
    enum kp_status status = KP_OK;
    if (intake == NULL) {
        return KP_OK;
    }
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_bulk_free(intake->member[i].leaves);
        kp_bulk_free(intake->member[i].entry_leaves);
        kp_bulk_free(intake->member[i].last_tag);
        free(intake->member[i].chunk_paths);
    }
    if (intake->store != NULL) {
        status = kp_store_destroy(intake->store, error);
    }
    free(intake);
    return status;
}

static void entry_key(uint8_t key[static ENTRY_KEY_BYTES], uint32_t member, uint32_t position)
{
    (void)kp_put_number(kp_put_number(key, member, 1), position, 4);
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
    if (status == KP_OK) {
        memcpy(member->leaves + (size_t)member->leaf_count * KP_DIGEST_BYTES, leaves.digests.data,
               leaves.digests.size);
        member->leaf_count += count;
    } else if (status == KP_REFUSED) {
        blame(fault, KP_FAULT_CHUNK, message->from, 0);
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

/* Checks a chunk and writes it in one transaction. */
static enum kp_status keep_entries(struct kp_intake *intake, uint32_t member,
                                   const struct kp_buffer *entries, uint32_t count,
                                   struct kp_fault *fault, struct kp_error *error)
{
    struct member_intake *kept = &intake->member[member - 1];
    size_t size = entry_size(intake, member);
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(intake->store, true, &txn, error);
    const uint8_t *before = kept->last_tag;
    for (uint32_t i = 0; status == KP_OK && i < count; i++) {
        const uint8_t *entry = entries->data + i * size;
        uint32_t position = kept->entry_count + i;
        uint8_t key[ENTRY_KEY_BYTES];
        status = check_entry(intake, member, before, entry, position, fault, error);
        if (status == KP_OK) {
            entry_key(key, member, position);
            status = kp_store_put(txn, TABLE_ENTRIES, key, sizeof(key), entry, size, error);
        }
        before = entry; /* an entry begins with its tag */
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

/* The digests of a chunk's entries, into their place. */
static uint8_t *entry_leaves(struct kp_intake *intake, uint32_t from,
                             const struct kp_buffer *entries, uint32_t first, uint32_t count)
{
    uint8_t *leaves = intake->member[from - 1].entry_leaves + (size_t)first * KP_DIGEST_BYTES;
    size_t size = entry_size(intake, from);
    for (uint32_t i = 0; i < count; i++) {
        kp_entry_leaf_in(leaves + (size_t)i * KP_DIGEST_BYTES, intake->agreement, from,
                         intake->type, entries->data + i * size);
    }
    return leaves;
}

/* From the chunk that is refused or, when it is the last one before it, from the store. */
static enum kp_status show_entry(const struct kp_intake *intake, uint32_t member, uint32_t position,
                                 const struct kp_buffer *entries, struct kp_fault *fault,
                                 struct kp_error *error)
{
    uint32_t first = intake->member[member - 1].entry_count;
    struct kp_proof_record *record = kp_fault_add(fault, member);
    struct kp_txn *txn = NULL;
    struct kp_buffer kept = {0};
    bool found = true;
    uint8_t key[ENTRY_KEY_BYTES];
    if (position >= first) {
        size_t size = entry_size(intake, member);
        return kp_intake_show(intake, member, position, entries->data + (position - first) * size,
                              record, error);
    }
    entry_key(key, member, position);
    enum kp_status status = kp_store_begin(intake->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_store_get(txn, TABLE_ENTRIES, key, sizeof(key), &kept, &found, error);
    }
    kp_store_abort(txn);
    if (status == KP_OK && !found) {
        status = kp_fail(error, KP_FAILED, "an entry isn't in the round's store any more");
    }
    if (status == KP_OK) {
        status = kp_intake_show(intake, member, position, kept.data, record, error);
    }
    kp_buffer_free(&kept);
    return status;
}

/* KP_REFUSED, now with what proves it. The paths of the chunk are there already. */
static enum kp_status prove(const struct kp_intake *intake, const struct kp_buffer *entries,
                            struct kp_fault *fault, struct kp_error *error)
{
    struct kp_error failed = {0};
    enum kp_status status =
        show_entry(intake, fault->member, fault->position, entries, fault, &failed);
    if (status == KP_OK && fault->kind == KP_FAULT_UNSORTED) {
        status = show_entry(intake, fault->member, fault->before, entries, fault, &failed);
    }
    return status == KP_OK ? KP_REFUSED : kp_fail(error, KP_FAILED, "%s", failed.text);
}

/* The chunk is what its member signed. */
static enum kp_status take_entries(struct kp_intake *intake, uint32_t from, uint32_t part,
                                   uint32_t count, const struct kp_submission *submission,
                                   struct kp_fault *fault, struct kp_error *error)
{
    struct member_intake *member = &intake->member[from - 1];
    size_t size = entry_size(intake, from);
    if (submission->path.size > 0) {
        memcpy(member->chunk_paths + part * PATH_ROOM, submission->path.data,
               submission->path.size);
    }
    enum kp_status status = keep_entries(intake, from, &submission->entries, count, fault, error);
    if (status == KP_OK) {
        member->entry_count += count;
        memcpy(member->last_tag, submission->entries.data + (count - 1) * size, KP_DIGEST_BYTES);
    } else if (fault->kind != KP_FAULT_NONE) {
        status = prove(intake, &submission->entries, fault, error);
    }
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
        status = kp_intake_check_chunk(
            member->entries_root,
            entry_leaves(intake, from, &submission.entries, member->entry_count, count), count,
            part, parts, submission.path.data, "entries", error);
    }
    if (status == KP_REFUSED) {
        blame(fault, KP_FAULT_CHUNK, from, 0);
    } else if (status == KP_OK) {
        status = take_entries(intake, from, part, count, &submission, fault, error);
    }
    kp_submission_free(&submission);
    return status;
}

/* Walking: one cursor a member, the smallest tag first. */

struct kp_intake_walk {
    const struct kp_intake *intake;
    struct kp_txn *txn;
    struct kp_cursor *cursor[KP_MEMBERS_MAX];
    struct kp_buffer current[KP_MEMBERS_MAX]; /* the entry that waits; empty: that member is done */
    uint32_t position[KP_MEMBERS_MAX];
    struct kp_buffer given[KP_MEMBERS_MAX]; /* entries of the group that was given out */
};

/* Moves one member's cursor to its next entry. */
static enum kp_status step(struct kp_intake_walk *walk, uint32_t index, struct kp_error *error)
{
    const uint8_t *key, *value;
    size_t key_size, value_size;
    bool end = false;
    struct kp_buffer *current = &walk->current[index];
    enum kp_status status =
        kp_cursor_next(walk->cursor[index], &key, &key_size, &value, &value_size, &end, error);
    if (status != KP_OK) {
        return status;
    }
    if (end || key[0] != index + 1) {
        kp_buffer_free(current);
        return KP_OK;
    }
    if (value_size != entry_size(walk->intake, index + 1)) {
        return kp_fail(error, KP_REFUSED, "an entry in the round's store is damaged");
    }
    walk->position[index] =
        (uint32_t)key[1] << 24 | (uint32_t)key[2] << 16 | (uint32_t)key[3] << 8 | (uint32_t)key[4];
    if (kp_buffer_set(current, value, value_size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for an entry");
    }
    return KP_OK;
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
    enum kp_status status = kp_store_begin(intake->store, false, &walk->txn, error);
    for (uint32_t i = 0; status == KP_OK && i < intake->agreement->member_count; i++) {
        uint8_t key[ENTRY_KEY_BYTES];
        entry_key(key, i + 1, 0);
        status =
            kp_cursor_open(walk->txn, TABLE_ENTRIES, key, sizeof(key), &walk->cursor[i], error);
        if (status == KP_OK) {
            status = step(walk, i, error);
        }
    }
    if (status != KP_OK) {
        kp_intake_walk_close(walk);
        return status;
    }
    *out = walk;
    return KP_OK;
}

void kp_intake_walk_close(struct kp_intake_walk *walk)
{
    if (walk == NULL) {
        return;
    }
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_cursor_close(walk->cursor[i]);
        kp_buffer_free(&walk->current[i]);
        kp_buffer_free(&walk->given[i]);
    }
    kp_store_abort(walk->txn);
    free(walk);
}

enum kp_status kp_intake_walk_next(struct kp_intake_walk *walk, struct kp_tag_group *group,
                                   struct kp_error *error)
{
    uint32_t members = walk->intake->agreement->member_count;
    const uint8_t *least = NULL;
    group->count = 0;
    group->tag = NULL;
    for (uint32_t i = 0; i < members; i++) {
        const struct kp_buffer *current = &walk->current[i];
        if (current->size > 0 &&
            (least == NULL || memcmp(current->data, least, KP_DIGEST_BYTES) < 0)) {
            least = current->data;
        }
    }
    if (least == NULL) {
        return KP_OK;
    }
    uint8_t tag[KP_DIGEST_BYTES];
    memcpy(tag, least, sizeof(tag));
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < members; i++) {
        if (walk->current[i].size == 0 || memcmp(walk->current[i].data, tag, sizeof(tag)) != 0) {
            continue;
        }
        struct kp_buffer given = walk->given[i];
        walk->given[i] = walk->current[i];
        walk->current[i] = given;
        group->member[group->count] = i + 1;
        group->position[group->count] = walk->position[i];
        group->entry[group->count] = walk->given[i].data;
        group->count++;
        status = step(walk, i, error);
    }
    kp_wipe(tag, sizeof(tag));
    group->tag = status == KP_OK ? group->entry[0] : NULL;
    return status;
}

/* From the entry to its chunk's root, and on from there as its member gave it. */
void kp_intake_entry_path(const struct kp_intake *intake, uint32_t member, uint32_t position,
                          uint8_t *path)
{
    const struct member_intake *of = &intake->member[member - 1];
    uint32_t slots = kp_agreement_member_slots(intake->agreement, member);
    uint32_t part = position / KP_CHUNK_ENTRIES, index = position % KP_CHUNK_ENTRIES;
    uint32_t count = kp_chunk_items(slots, KP_CHUNK_ENTRIES, part);
    size_t below = kp_merkle_path_length(index, count);
    size_t above = kp_merkle_path_length(part, kp_chunk_count(slots, KP_CHUNK_ENTRIES));
    kp_merkle_path(path, of->entry_leaves + (size_t)(position - index) * KP_DIGEST_BYTES, count,
                   index);
    memcpy(path + below * KP_DIGEST_BYTES, of->chunk_paths + part * PATH_ROOM,
           above * KP_DIGEST_BYTES);
}

enum kp_status kp_intake_show(const struct kp_intake *intake, uint32_t member, uint32_t position,
                              const uint8_t *entry, struct kp_proof_record *record,
                              struct kp_error *error)
{
    uint8_t path[PATH_ROOM];
    uint32_t slots = kp_agreement_member_slots(intake->agreement, member);
    kp_intake_entry_path(intake, member, position, path);
    record->position = position;
    if (kp_buffer_set(&record->entry, entry, entry_size(intake, member)) != KP_OK ||
        kp_buffer_set(&record->entry_path, path,
                      kp_merkle_path_length(position, slots) * KP_DIGEST_BYTES) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for an entry");
    }
    return KP_OK;
}

const uint8_t *kp_intake_leaf_digests(const struct kp_intake *intake, uint32_t member)
{
    const struct member_intake *of = &intake->member[member - 1];
    bool all = of->leaf_count == kp_agreement_member_slots(intake->agreement, member);
    return all ? of->leaves : NULL;
}
