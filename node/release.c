#include "node/release.h"

#include "node/release_chunks.h"
#include "node/round_check.h"
#include "proto/slot_picks.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

void kp_release_free(struct kp_release *release)
{
    if (release == NULL) {
        return;
    }
    kp_buffer_free(&release->own_ready);
    kp_buffer_free(&release->leaves);
    kp_buffer_free(&release->notice);
    kp_buffer_free(&release->entries);
    kp_release_free_top(&release->leaf_top);
    kp_release_free_top(&release->entry_top);
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&release->ready[i]);
    }
    free(release);
}

enum kp_status kp_release_add_ready(struct kp_release *release,
                                    const struct kp_agreement *agreement, uint32_t member,
                                    const uint8_t *bytes, size_t size, struct kp_error *error)
{
    if (member < 1 || member > agreement->member_count || release->ready[member - 1].size > 0) {
        return kp_fail(error, KP_REFUSED, "READY of member %u isn't expected now", member);
    }
    enum kp_status status = KP_OK;
    if (member == release->own) {
        status = kp_check_ready_came_back(&release->own_ready, bytes, size, error);
    }
    struct kp_ready ready;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    if (status == KP_OK) {
        status = kp_transcript_check_ready(&ready, attempt, agreement, member, bytes, size, error);
    }
    if (status == KP_OK) {
        status = kp_check_ready_attempt(&ready, attempt, release->counter, release->attempt, member,
                                        error);
    }
    if (status != KP_OK) {
        return status;
    }
    if (kp_buffer_set(&release->ready[member - 1], bytes, size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for a READY");
    }
    return KP_OK;
}

bool kp_release_complete(const struct kp_release *release, const struct kp_agreement *agreement)
{
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        if (release->ready[i].size == 0) {
            return false;
        }
    }
    return true;
}

enum kp_status kp_release_check(const struct kp_release *release,
                                const struct kp_agreement *agreement, struct kp_error *error)
{
    return kp_check_barrier(agreement, release->ready, error);
}

static uint32_t leaves_messages(const struct kp_release *release)
{
    return release->type == KP_ROUND_COUNT ? 0 : kp_chunk_count(release->slots, KP_CHUNK_LEAVES);
}

uint32_t kp_release_message_count(const struct kp_release *release)
{
    return leaves_messages(release) + kp_chunk_count(release->slots, KP_CHUNK_ENTRIES);
}

/* A view: what is borrowed isn't freed. */
static struct kp_buffer borrow(uint8_t *bytes, size_t size)
{
    return (struct kp_buffer){.data = bytes, .size = size, .capacity = size};
}

static enum kp_status pack_leaves(struct kp_release *release, const struct kp_agreement *agreement,
                                  uint32_t part, struct kp_buffer *body, struct kp_error *error)
{
    uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    struct kp_buffer chunk = {0};
    const struct kp_merkle_tree *tree = NULL;
    enum kp_status status = kp_release_top(release, agreement, KP_RELEASE_LEAVES, &tree, error);
    if (status == KP_OK) {
        status = kp_release_chunk(release, KP_RELEASE_LEAVES, part, &chunk, error);
    }
    if (status == KP_OK) {
        kp_merkle_tree_path(tree, part, path);
        struct kp_leaves leaves = {
            .digests = chunk,
            .path = borrow(path, kp_merkle_path_length(part, tree->count) * KP_DIGEST_BYTES),
            .has_audit_seed = part == 0 && kp_audit_has_seed(agreement, release->own)};
        memcpy(leaves.audit_seed, release->audit_seed, KP_AUDIT_SEED_BYTES);
        status = kp_leaves_pack(&leaves, body, error);
    }
    kp_buffer_free(&chunk);
    return status;
}

static enum kp_status pack_entries(struct kp_release *release, const struct kp_agreement *agreement,
                                   uint32_t part, struct kp_buffer *body, struct kp_error *error)
{
    uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    struct kp_buffer chunk = {0};
    const struct kp_merkle_tree *tree = NULL;
    enum kp_status status = kp_release_top(release, agreement, KP_RELEASE_ENTRIES, &tree, error);
    if (status == KP_OK) {
        status = kp_release_chunk(release, KP_RELEASE_ENTRIES, part, &chunk, error);
    }
    if (status == KP_OK) {
        kp_merkle_tree_path(tree, part, path);
        struct kp_submission submission = {
            .entries = chunk,
            .path = borrow(path, kp_merkle_path_length(part, tree->count) * KP_DIGEST_BYTES),
            .has_audit_seed = release->type == KP_ROUND_COUNT && part == 0 &&
                              kp_audit_has_seed(agreement, release->own)};
        memcpy(submission.audit_seed, release->audit_seed, KP_AUDIT_SEED_BYTES);
        status = kp_submission_pack(&submission, body, error);
    }
    kp_buffer_free(&chunk);
    return status;
}

enum kp_status kp_release_message(struct kp_release *release, const struct kp_agreement *agreement,
                                  const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES],
                                  uint32_t number, struct kp_buffer *packed, struct kp_error *error)
{
    struct kp_round_message message = {.from = release->own, .to = KP_PARTY_COORDINATOR};
    memcpy(message.attempt, release->attempt, KP_ATTEMPT_BYTES);
    enum kp_status status;
    if (number < leaves_messages(release)) {
        message.type = KP_MESSAGE_LEAVES;
        message.part = number;
        status = pack_leaves(release, agreement, message.part, &message.body, error);
    } else {
        message.type = KP_MESSAGE_SUBMISSION;
        message.part = number - leaves_messages(release);
        status = pack_entries(release, agreement, message.part, &message.body, error);
    }
    if (status == KP_OK) {
        kp_round_message_sign(&message, agreement->lineage, identity_secret);
        status = kp_round_message_pack(&message, packed, error);
    }
    kp_round_message_free(&message);
    return status;
}
