#include "coordinator/intake_internal.h"

#include "coordinator/attempt_check.h"
#include "crypto/secret.h"
#include "proto/record.h"
#include "proto/slot_picks.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

/* ---- made and destroyed ---- */

/* What the member signed before: slots_root in its HELLO 2, entries_root in its READY. */
static enum kp_status read_roots(struct kp_intake *intake, uint32_t member, struct kp_error *error)
{
    struct kp_member_intake *of = &intake->member[member - 1];
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
        struct kp_member_intake *of = &intake->member[i];
        of->last_tag = kp_bulk_new(KP_DIGEST_BYTES);
        of->first = kp_bulk_new(kp_intake_chunk_parts(intake, i + 1) * sizeof(*of->first));
        fine = fine && of->last_tag != NULL && of->first != NULL;
    }
    intake->tags = kp_bulk_new(KP_CHUNK_TAGS_BYTES);
    intake->entry_leaves = kp_bulk_new(KP_CHUNK_TAGS_BYTES);
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
                               KP_PIECES_CACHED, error);
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
        kp_bulk_free(intake->member[i].first);
    }
    kp_bulk_free(intake->tags);
    kp_bulk_free(intake->entry_leaves);
    kp_bulk_free(intake->leaves);
    kp_entry_chunk_free(&intake->other);
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
    struct kp_member_intake *of = &intake->member[member - 1];
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
    struct kp_member_intake *member = &intake->member[message->from - 1];
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
        status = kp_pieces_append(intake->pieces, kp_intake_leaves_file(message->from), &piece, 1,
                                  error);
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
    const struct kp_member_intake *kept = &intake->member[member - 1];
    size_t size = kp_intake_entry_size(intake, member);
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
static enum kp_status keep_entries(struct kp_intake *intake, const struct kp_entry_chunk *chunk,
                                   uint32_t count, struct kp_error *error)
{
    struct kp_member_intake *kept = &intake->member[chunk->member - 1];
    size_t size = kp_intake_entry_size(intake, chunk->member);
    for (uint32_t i = 0; i < count; i++) {
        memcpy(intake->tags + (size_t)i * KP_DIGEST_BYTES, chunk->entries + i * size,
               KP_DIGEST_BYTES);
    }
    const struct kp_piece pieces[] = {
        {.bytes = intake->tags, .size = (size_t)count * KP_DIGEST_BYTES},
        {.bytes = chunk->path, .size = kp_intake_path_room(intake, chunk->member)},
        {.bytes = chunk->entries, .size = count * size},
    };
    enum kp_status status = kp_pieces_append(intake->pieces, kp_intake_entries_file(chunk->member),
                                             pieces, sizeof(pieces) / sizeof(pieces[0]), error);
    if (status == KP_OK) {
        kept->first[chunk->part] = kp_intake_tag_prefix(chunk->entries);
        kept->entry_count += count;
        memcpy(kept->last_tag, chunk->entries + (count - 1) * size, KP_DIGEST_BYTES);
    }
    return status;
}

/* From the chunk that is refused or, when it is the last one before it, from the file. */
static enum kp_status show_entry(struct kp_intake *intake, struct kp_entry_chunk *refused,
                                 uint32_t position, struct kp_fault *fault, struct kp_error *error)
{
    struct kp_proof_record *record = kp_fault_add(fault, refused->member);
    return position / KP_CHUNK_ENTRIES == refused->part
               ? kp_entry_chunk_show(refused, intake, intake->entry_leaves, position, record, error)
               : kp_intake_show(intake, refused->member, position, record, error);
}

/* KP_REFUSED, now with what proves it. */
static enum kp_status prove(struct kp_intake *intake, struct kp_entry_chunk *refused,
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
    struct kp_entry_chunk chunk = {
        .member = from, .part = part, .entries = submission->entries.data};
    if (submission->path.size > 0) {
        memcpy(chunk.path, submission->path.data, submission->path.size);
    }
    enum kp_status status = check_entries(intake, from, chunk.entries, count, fault, error);
    if (status == KP_OK) {
        status = keep_entries(intake, &chunk, count, error);
    } else if (fault->kind != KP_FAULT_NONE) {
        status = prove(intake, &chunk, fault, error);
    }
    kp_entry_chunk_forget(&chunk);
    return status;
}

enum kp_status kp_intake_entries(struct kp_intake *intake, const struct kp_round_message *message,
                                 struct kp_fault *fault, struct kp_error *error)
{
    uint32_t from = message->from, part = message->part;
    uint32_t slots = kp_agreement_member_slots(intake->agreement, from);
    struct kp_member_intake *member = &intake->member[from - 1];
    uint32_t parts = kp_chunk_count(slots, KP_CHUNK_ENTRIES);
    uint32_t count = kp_chunk_items(slots, KP_CHUNK_ENTRIES, part);
    size_t size = kp_intake_entry_size(intake, from);
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
        kp_entry_chunk_leaves(intake->entry_leaves, intake, from, submission.entries.data, count);
        status = kp_intake_check_chunk(member->entries_root, intake->entry_leaves, count, part,
                                       parts, submission.path.data, "entries", error);
    }
    if (status == KP_REFUSED) {
        blame(fault, KP_FAULT_CHUNK, from, 0);
    } else if (status == KP_OK) {
        status = take_entries(intake, from, part, count, &submission, fault, error);
    }
    kp_submission_free(&submission);
    return status;
}
