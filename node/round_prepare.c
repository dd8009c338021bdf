/* The end of a member's half: what came out of all chunks is sorted by tag, hashed and written down
 * chunk by chunk, and READY is signed over it. */
#include "node/round_internal.h"

#include "crypto/secret.h"
#include "proto/canary_notice.h"
#include "proto/record.h"

#include <stdlib.h>
#include <string.h>

/* Of one step, some tens of milliseconds. */
#define STEP_LEAVES 4u   /* chunks of KP_CHUNK_LEAVES */
#define STEP_ENTRIES 16u /* chunks of KP_CHUNK_ENTRIES */

#define LISTED (KP_CHUNK_LEAVES / KP_CHUNK_POINTS) /* chunks of the list in one of leaves */
_Static_assert(KP_CHUNK_LEAVES % KP_CHUNK_POINTS == 0, "leaves are put together of whole chunks");

enum kp_status kp_round_begin_finalize(struct kp_round *round, struct kp_error *error)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    uint32_t own = round->settings.own, count = round->slots.count;
    size_t entry_size = kp_entry_size_in(agreement, own, round->type);
    size_t items = kp_canary_item_count(agreement, own);
    round->placed = kp_bulk_new(items * sizeof(*round->placed));
    if (round->placed == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for %zu canaries", items);
    }
    enum kp_status status = kp_sorter_new(&round->entries, round->settings.folder,
                                          kp_sorter_memory(count, entry_size), true, error);
    return status == KP_OK && agreement->audit_slots > 0 && count > 0
               ? kp_slot_keeping_begin(&round->keeping, count, round->settings.pieces,
                                       KP_ROUND_FILE_MADE, error)
               : status;
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
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < job->count; i++) {
        status = kp_sorter_add(round->entries, job->entries + i * entry_size, entry_size, error);
    }
    note_placed(round, job, entry_size);
    return status != KP_OK || job->made == NULL
               ? status
               : kp_slot_keeping_put(&round->keeping, job->part, job->made, job->count, error);
}

/* ---- Leaves ---- */

/* The digests of the leaves of one chunk of them, by index. */
static enum kp_status put_leaves(struct kp_round *round, uint32_t number, uint8_t *digests,
                                 struct kp_error *error)
{
    uint32_t count = kp_chunk_items(round->slots.count, KP_CHUNK_LEAVES, number), filled = 0;
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && filled < count; i++) {
        uint32_t part = number * LISTED + i, items = kp_round_chunk_items(round, part);
        status = kp_pieces_read(
            round->settings.pieces, KP_ROUND_FILE_LEAVES, round->leaves_places[part],
            digests + (size_t)filled * KP_DIGEST_BYTES, (size_t)items * KP_DIGEST_BYTES, error);
        filled += items;
    }
    return status == KP_OK ? kp_release_put_leaves(round->release, digests, count, error) : status;
}

static enum kp_status put_some_leaves(struct kp_round *round, struct kp_error *error)
{
    struct kp_preparing *preparing = &round->preparing;
    uint32_t chunks = kp_chunk_count(round->slots.count, KP_CHUNK_LEAVES);
    uint8_t *digests = kp_bulk_new((size_t)KP_CHUNK_LEAVES * KP_DIGEST_BYTES);
    enum kp_status status =
        digests == NULL ? kp_fail(error, KP_FAILED, "no memory for the leaves") : KP_OK;
    for (uint32_t i = 0; status == KP_OK && preparing->next < chunks && i < STEP_LEAVES; i++) {
        status = put_leaves(round, preparing->next++, digests, error);
    }
    kp_bulk_free(digests);
    if (preparing->next == chunks) {
        preparing->step = KP_PREPARE_SORT;
        preparing->next = 0;
    }
    return status;
}

/* ---- Entries ---- */

/* In tag order, so that nothing of the slots' order is left in them. */
static enum kp_status put_entries(struct kp_round *round, uint32_t number, uint8_t *entries,
                                  struct kp_error *error)
{
    uint32_t count = kp_chunk_items(round->slots.count, KP_CHUNK_ENTRIES, number);
    size_t entry_size = round->release->entry_size;
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < count; i++) {
        const uint8_t *entry = NULL;
        size_t size = 0;
        status = kp_sorter_next(round->entries, &entry, &size, error);
        if (status == KP_OK && size != entry_size) {
            status = kp_fail(error, KP_FAILED, "an entry is missing");
        }
        if (status == KP_OK) {
            memcpy(entries + i * entry_size, entry, entry_size);
        }
    }
    return status == KP_OK ? kp_release_put_entries(round->release, round->settings.agreement,
                                                    entries, count, error)
                           : status;
}

static enum kp_status put_some_entries(struct kp_round *round, struct kp_error *error)
{
    struct kp_preparing *preparing = &round->preparing;
    uint32_t chunks = kp_chunk_count(round->slots.count, KP_CHUNK_ENTRIES);
    uint8_t *entries = kp_bulk_new(KP_CHUNK_ENTRIES * (size_t)round->release->entry_size);
    enum kp_status status =
        entries == NULL ? kp_fail(error, KP_FAILED, "no memory for the entries") : KP_OK;
    for (uint32_t i = 0; status == KP_OK && preparing->next < chunks && i < STEP_ENTRIES; i++) {
        status = put_entries(round, preparing->next++, entries, error);
    }
    kp_bulk_free(entries);
    if (preparing->next == chunks) {
        preparing->step = KP_PREPARE_SIGN;
        kp_sorter_free(round->entries);
        round->entries = NULL;
    }
    return status;
}

/* ---- READY ---- */

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

    struct kp_round_message message = {.type = KP_MESSAGE_READY, .from = own, .to = KP_PARTY_ALL};
    memcpy(message.attempt, round->attempt, KP_ATTEMPT_BYTES);
    enum kp_status status = kp_release_filled(release, agreement, ready.entries_root, error);
    if (status == KP_OK) {
        status = kp_ready_pack(&ready, &message.body, error);
    }
    if (status == KP_OK) {
        kp_round_message_sign(&message, agreement->lineage, round->settings.identity_secret);
        status = kp_round_message_pack(&message, &release->own_ready, error);
    }
    kp_round_message_free(&message);
    return status;
}

static enum kp_status begin(struct kp_round *round, struct kp_error *error)
{
    struct kp_release *release = calloc(1, sizeof(*release));
    if (release == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the release");
    }
    memcpy(release->attempt, round->attempt, KP_ATTEMPT_BYTES);
    release->content = round->settings.content;
    release->counter = round->counter;
    release->own = round->settings.own;
    release->slots = round->slots.count;
    memcpy(release->audit_seed, round->secrets->audit_seed, KP_AUDIT_SEED_BYTES);
    release->type = round->type;
    release->entry_size =
        (uint32_t)kp_entry_size_in(round->settings.agreement, release->own, release->type);
    round->release = release;
    round->preparing = (struct kp_preparing){.step = KP_PREPARE_LEAVES};
    return KP_OK;
}

static enum kp_status end(struct kp_round *round, struct kp_error *error)
{
    struct kp_release *release = round->release;
    enum kp_status status = kp_round_make_notice(round, release, error);
    if (status == KP_OK) {
        status = sign_ready(round, release, error);
    }
    if (status != KP_OK) {
        return status;
    }
    for (uint32_t i = 0; i < round->settings.agreement->member_count; i++) {
        if (i + 1 != release->own) {
            release->ready[i] = round->ready[i];
            memset(&round->ready[i], 0, sizeof(round->ready[i]));
        }
    }
    round->phase = KP_PHASE_READY;
    return KP_OK;
}

enum kp_status kp_round_prepare(struct kp_round *round, struct kp_error *error)
{
    enum kp_status status = round->release == NULL ? begin(round, error) : KP_OK;
    if (status == KP_OK) {
        switch (round->preparing.step) {
        case KP_PREPARE_LEAVES:
            status = put_some_leaves(round, error);
            break;
        case KP_PREPARE_SORT:
            status = kp_sorter_sort(round->entries, error);
            round->preparing.step = KP_PREPARE_ENTRIES;
            break;
        case KP_PREPARE_ENTRIES:
            status = put_some_entries(round, error);
            break;
        case KP_PREPARE_SIGN:
            status = end(round, error);
            break;
        }
    }
    if (status != KP_OK) {
        (void)kp_fail_in(error, "preparing the release");
        return KP_FAILED; /* also of what is damaged: nobody else's doing */
    }
    return KP_OK;
}
