/* The end of a member's half: what came out of all chunks is sorted, and READY is signed over it.
 */
#include "node/round_internal.h"

#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "proto/canary_notice.h"
#include "proto/record.h"

#include <stdlib.h>
#include <string.h>

enum kp_status kp_round_begin_finalize(struct kp_round *round, struct kp_error *error)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    uint32_t own = round->settings.own, count = round->slots.count;
    size_t entry_size = kp_entry_size_in(agreement, own, round->type);
    size_t items = kp_canary_item_count(agreement, own);
    round->entries = kp_bulk_new(count * entry_size);
    round->placed = kp_bulk_new(items * sizeof(*round->placed));
    if (round->entries == NULL || round->placed == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for %u entries", count);
    }
    return agreement->audit_slots > 0 && count > 0
               ? kp_slot_keeping_begin(&round->keeping, count, round->settings.pieces,
                                       KP_ROUND_FILE_MADE, error)
               : KP_OK;
}

/* Canaries' tags: the notice says where each of them is. */
static void note_placed(struct kp_round *round, const struct kp_job *job, size_t entry_size)
{
    uint32_t items = kp_canary_item_count(round->settings.agreement, round->settings.own);
    for (uint32_t i = 0; i < job->count; i++) {
        uint32_t canary = job->slots->canary[i];
        if (canary > 0 && canary <= items && round->placed_count < items) {
            struct kp_placed *placed = &round->placed[round->placed_count++];
            placed->item = canary - 1;
            memcpy(placed->tag, job->entries + i * entry_size, KP_DIGEST_BYTES);
        }
    }
}

enum kp_status kp_round_keep_entries(struct kp_round *round, const struct kp_job *job,
                                     struct kp_error *error)
{
    size_t entry_size =
        kp_entry_size_in(round->settings.agreement, round->settings.own, round->type);
    memcpy(round->entries + (size_t)job->part * KP_CHUNK_POINTS * entry_size, job->entries,
           job->count * entry_size);
    note_placed(round, job, entry_size);
    return job->made == NULL
               ? KP_OK
               : kp_slot_keeping_put(&round->keeping, job->part, job->made, job->count, error);
}

/* The digests of the leaves, by index. */
static enum kp_status read_leaves(const struct kp_round *round, struct kp_release *release,
                                  struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t part = 0; status == KP_OK && part < round->own_chunks; part++) {
        size_t size = (size_t)kp_round_chunk_items(round, part) * KP_DIGEST_BYTES;
        uint8_t *digests = kp_buffer_extend(&release->leaves, size);
        status = digests == NULL ? kp_fail(error, KP_FAILED, "no memory for the leaves")
                                 : kp_pieces_read(round->settings.pieces, KP_ROUND_FILE_LEAVES,
                                                  round->leaves_places[part], digests, size, error);
    }
    return status == KP_OK ? KP_OK : KP_FAILED;
}

static int compare_tags(const void *left, const void *right)
{
    return memcmp(*(const uint8_t *const *)left, *(const uint8_t *const *)right, KP_DIGEST_BYTES);
}

/* Writes the entries in tag order, so that nothing of the slots' order is left in them. */
static enum kp_status sort_entries(struct kp_round *round, struct kp_release *release,
                                   struct kp_error *error)
{
    uint32_t count = round->slots.count;
    const uint8_t **order = calloc((size_t)count + 1, sizeof(*order)); /* none on request */
    if (order == NULL ||
        kp_buffer_reserve(&release->entries, (size_t)count * release->entry_size) != KP_OK) {
        free(order);
        return kp_fail(error, KP_FAILED, "no memory to sort %u entries", count);
    }
    for (uint32_t i = 0; i < count; i++) {
        order[i] = round->entries + (size_t)i * release->entry_size;
    }
    qsort(order, count, sizeof(*order), compare_tags);
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < count; i++) {
        status = kp_buffer_append(&release->entries, order[i], release->entry_size);
    }
    kp_wipe(order, count * sizeof(*order));
    free(order);
    return status;
}

static enum kp_status sign_ready(struct kp_round *round, struct kp_release *release,
                                 struct kp_error *error)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    uint32_t own = round->settings.own;
    struct kp_ready ready = {.counter = round->counter, .entries = round->slots.count};
    memcpy(ready.lineage, agreement->lineage, KP_DIGEST_BYTES);
    memcpy(ready.round_id, round->round_id, KP_DIGEST_BYTES);
    kp_transcript_g_digest(ready.g_digest, round->secrets->g);
    ready.time = round->now;
    ready.list_count = agreement->member_count;
    memcpy(ready.lists, round->lists, sizeof(ready.lists));

    struct kp_merkle_stream stream;
    kp_merkle_stream_start(&stream);
    for (uint32_t i = 0; i < round->slots.count; i++) {
        uint8_t leaf[KP_DIGEST_BYTES];
        kp_entry_leaf_in(leaf, agreement, own, round->type,
                         release->entries.data + (size_t)i * release->entry_size);
        kp_merkle_stream_add(&stream, leaf);
    }
    kp_merkle_stream_root(&stream, ready.entries_root);

    struct kp_round_message message = {.type = KP_MESSAGE_READY, .from = own, .to = KP_PARTY_ALL};
    memcpy(message.attempt, round->attempt, KP_ATTEMPT_BYTES);
    enum kp_status status = kp_ready_pack(&ready, &message.body, error);
    if (status == KP_OK) {
        kp_round_message_sign(&message, agreement->lineage, round->settings.identity_secret);
        status = kp_round_message_pack(&message, &release->own_ready, error);
    }
    kp_round_message_free(&message);
    return status;
}

enum kp_status kp_round_prepare(struct kp_round *round, struct kp_error *error)
{
    struct kp_release *release = calloc(1, sizeof(*release));
    if (release == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the release");
    }
    memcpy(release->attempt, round->attempt, KP_ATTEMPT_BYTES);
    release->counter = round->counter;
    release->own = round->settings.own;
    release->slots = round->slots.count;
    memcpy(release->audit_seed, round->secrets->audit_seed, KP_AUDIT_SEED_BYTES);
    release->type = round->type;
    release->entry_size =
        (uint32_t)kp_entry_size_in(round->settings.agreement, release->own, release->type);
    enum kp_status status = sort_entries(round, release, error);
    if (status == KP_OK) {
        status = kp_round_make_notice(round, release, error);
    }
    if (status == KP_OK) {
        status = read_leaves(round, release, error);
    }
    if (status == KP_OK) {
        status = sign_ready(round, release, error);
    }
    if (status != KP_OK) {
        kp_release_free(release);
        return kp_fail_in(error, "preparing the release");
    }
    for (uint32_t i = 0; i < round->settings.agreement->member_count; i++) {
        if (i + 1 != release->own) {
            release->ready[i] = round->ready[i];
            memset(&round->ready[i], 0, sizeof(round->ready[i]));
        }
    }
    round->release = release;
    round->phase = KP_PHASE_READY;
    return KP_OK;
}
