/* Verdict 1: a chunk that isn't what its member signed before. */
#include "proto/verify_fault_internal.h"

#include "proto/party.h"
#include "proto/verify_digest.h"

#include <stdlib.h>
#include <string.h>

uint32_t kp_fault_chunks(uint32_t items, uint32_t size)
{
    return items / size + (items % size > 0 ? 1 : 0);
}

uint32_t kp_fault_chunk_items(uint32_t items, uint32_t size, uint32_t part)
{
    uint32_t left = items - part * size;
    return left < size ? left : size;
}

/* Section 24: the seed that HELLO 2 committed to. */
static bool is_seed(const struct kp_verify_signed *it, uint32_t member, const uint8_t *seed)
{
    uint8_t digest[KP_DIGEST_BYTES];
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 audit commitment");
    kp_hash_field(&state, it->agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_field(&state, it->attempt, KP_ATTEMPT_BYTES);
    kp_hash_number(&state, member);
    kp_hash_field(&state, seed, KP_AUDIT_SEED_BYTES);
    kp_hash_digest(&state, digest);
    return memcmp(digest, it->hello2_body[member - 1].audit_commitment, sizeof(digest)) == 0;
}

static bool leaves_are_right(const struct kp_verify_signed *it,
                             const struct kp_round_message *message)
{
    uint32_t slots = kp_agreement_member_slots(it->agreement, message->from);
    uint32_t chunks = kp_fault_chunks(slots, KP_CHUNK_LEAVES), part = message->part;
    struct kp_leaves leaves = {0};
    uint8_t root[KP_DIGEST_BYTES];
    if (it->round_type != KP_ROUND_MATCH || part >= chunks) {
        return false;
    }
    uint32_t count = kp_fault_chunk_items(slots, KP_CHUNK_LEAVES, part);
    bool seeded = part == 0 && it->agreement->audit_slots > 0;
    bool right = kp_leaves_unpack(&leaves, (size_t)count * KP_DIGEST_BYTES,
                                  kp_verify_path_length(chunks, part) * KP_DIGEST_BYTES, part == 0,
                                  &message->body, NULL) == KP_OK &&
                 leaves.has_audit_seed == seeded &&
                 (!seeded || is_seed(it, message->from, leaves.audit_seed));
    if (right) {
        kp_verify_merkle_root(root, leaves.digests.data, count);
        right = kp_verify_chunk_path(it->hello2_body[message->from - 1].slots_root, root, chunks,
                                     part, &leaves.path);
    }
    kp_leaves_free(&leaves);
    return right;
}

/* Section 25: of a round of counts an entry is its tag. */
static size_t entry_bytes(const struct kp_verify_signed *it, uint32_t member)
{
    return it->round_type == KP_ROUND_COUNT ? KP_DIGEST_BYTES
                                            : kp_verify_entry_size(it->agreement, member);
}

static bool leaf_of(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_verify_signed *it,
                    uint32_t member, const uint8_t *bytes)
{
    struct kp_buffer copy = {0};
    struct kp_verify_entry entry;
    if (it->round_type == KP_ROUND_COUNT) {
        kp_verify_tag_leaf(leaf, bytes);
        return true;
    }
    bool cut = kp_buffer_set(&copy, bytes, entry_bytes(it, member)) == KP_OK &&
               kp_verify_entry_split(&entry, it->agreement, member, &copy);
    if (cut) {
        kp_verify_entry_leaf(leaf, &entry);
    }
    kp_buffer_free(&copy);
    return cut;
}

static bool entries_are_right(const struct kp_verify_signed *it,
                              const struct kp_round_message *message, const uint8_t *entries,
                              uint32_t count, uint32_t chunks, const struct kp_buffer *path)
{
    size_t size = entry_bytes(it, message->from);
    uint8_t *leaves = malloc((size_t)count * KP_DIGEST_BYTES);
    uint8_t root[KP_DIGEST_BYTES];
    bool right = leaves != NULL;
    for (uint32_t i = 0; right && i < count; i++) {
        right =
            leaf_of(leaves + (size_t)i * KP_DIGEST_BYTES, it, message->from, entries + i * size);
    }
    if (right) {
        kp_verify_merkle_root(root, leaves, count);
        right = kp_verify_chunk_path(it->ready_body[message->from - 1].entries_root, root, chunks,
                                     message->part, path);
    }
    free(leaves);
    return right;
}

static bool submission_is_right(const struct kp_verify_signed *it,
                                const struct kp_round_message *message)
{
    uint32_t slots = kp_agreement_member_slots(it->agreement, message->from);
    uint32_t chunks = kp_fault_chunks(slots, KP_CHUNK_ENTRIES), part = message->part;
    struct kp_submission submission = {0};
    if (part >= chunks) {
        return false;
    }
    uint32_t count = kp_fault_chunk_items(slots, KP_CHUNK_ENTRIES, part);
    bool seeded = it->round_type == KP_ROUND_COUNT && part == 0 && it->agreement->audit_slots > 0;
    bool right =
        kp_submission_unpack(&submission, count * entry_bytes(it, message->from),
                             kp_verify_path_length(chunks, part) * KP_DIGEST_BYTES, &message->body,
                             NULL) == KP_OK &&
        submission.has_audit_seed == seeded &&
        (!seeded || is_seed(it, message->from, submission.audit_seed)) &&
        entries_are_right(it, message, submission.entries.data, count, chunks, &submission.path);
    kp_submission_free(&submission);
    return right;
}

void kp_fault_chunk(struct kp_verify_fault *fault, struct kp_report *report)
{
    const struct kp_verify_signed *it = &fault->match.it;
    uint32_t member = kp_fault_one(fault->verdict.members);
    struct kp_round_message message = {0};
    char name[KP_RULING_RECORD];
    kp_fault_name(name, fault, member);
    bool shown =
        fault->message != NULL &&
        kp_round_message_unpack(&message, fault->message->data, fault->message->size, NULL) ==
            KP_OK &&
        (message.type == KP_MESSAGE_LEAVES || message.type == KP_MESSAGE_SUBMISSION) &&
        message.from == member && message.to == KP_PARTY_COORDINATOR &&
        memcmp(message.attempt, it->attempt, KP_ATTEMPT_BYTES) == 0 &&
        kp_verify_message_signature(&message, it->agreement->lineage,
                                    it->agreement->members[member - 1].identity_key) == KP_OK;
    kp_report_set(report, KP_FAULT_RULE_SHOWN, shown, name,
                  "there is no LEAVES or SUBMISSION with its signature, of this attempt");
    if (shown) {
        bool right = message.type == KP_MESSAGE_LEAVES ? leaves_are_right(it, &message)
                                                       : submission_is_right(it, &message);
        kp_report_set(report, KP_FAULT_RULE_FAULT, !right, name, "the chunk is right");
    }
    kp_round_message_free(&message);
}
