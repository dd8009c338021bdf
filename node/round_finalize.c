/* Finalize: from the sums of all evaluations to tags, shares and sealed records, and READY. */
#include "node/round_internal.h"

#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "crypto/shares.h"
#include "proto/record.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum kp_status kp_round_begin_finalize(struct kp_round *round, struct kp_error *error)
{
    size_t entry_size =
        kp_entry_size_in(round->settings.agreement, round->settings.own, round->type);
    round->entries = kp_bulk_new(round->slots.count * entry_size);
    if (round->entries == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for %u entries", round->slots.count);
    }
    if (round->settings.agreement->audit_slots > 0 && round->slots.count > 0) {
        round->made = kp_bulk_new(round->slots.count * sizeof(*round->made));
        if (round->made == NULL) {
            return kp_fail(error, KP_FAILED, "no memory for the audit of %u slots",
                           round->slots.count);
        }
    }
    enum kp_status status = KP_OK;
    for (uint32_t part = 0; status == KP_OK && part < round->own_chunks; part++) {
        status = kp_round_add_job(round, KP_JOB_FINALIZE, round->settings.own, part, NULL, error);
    }
    if (status == KP_OK) {
        status = kp_round_add_job(round, KP_JOB_PREPARE, round->settings.own, 0, NULL, error);
    }
    return status;
}

/* Padding takes the very same steps, with a random output instead of its own: chosen byte by byte
 * without a branch. */
static void choose_output(uint8_t output[static KP_OPRF_OUTPUT_BYTES], uint8_t is_signal)
{
    uint8_t random[KP_OPRF_OUTPUT_BYTES];
    randombytes_buf(random, sizeof(random));
    uint8_t keep = (uint8_t)-is_signal;
    for (size_t i = 0; i < sizeof(random); i++) {
        output[i] = (uint8_t)((output[i] & keep) | (random[i] & (uint8_t)~keep));
    }
    kp_wipe(random, sizeof(random));
}

/* Everything about a chunk that is secret while its entries are made. The arrays, an element for
 * each slot, are bulk; of a round of counts only y is there. */
struct finalize_scratch {
    uint32_t first; /* slot */
    uint32_t count;
    uint8_t output[KP_OPRF_OUTPUT_BYTES];
    struct kp_shares shares;
    struct kp_record record;
    uint8_t *y;
    uint8_t (*secrets)[KP_SCALAR_BYTES]; /* of the outer seals */
    struct kp_seal_context *contexts;
    uint8_t *plains;
    uint8_t *inners;
};

static void free_scratch(struct finalize_scratch *scratch)
{
    if (scratch != NULL) {
        kp_bulk_free(scratch->y);
        kp_bulk_free(scratch->secrets);
        kp_bulk_free(scratch->contexts);
        kp_bulk_free(scratch->plains);
        kp_bulk_free(scratch->inners);
    }
    kp_bulk_free(scratch);
}

static struct finalize_scratch *new_scratch(const struct kp_round *round, uint32_t part)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    struct finalize_scratch *scratch = kp_bulk_new(sizeof(*scratch));
    if (scratch == NULL) {
        return NULL;
    }
    size_t count = kp_chunk_items(round->slots.count, KP_CHUNK_POINTS, part);
    scratch->first = part * KP_CHUNK_POINTS;
    scratch->count = (uint32_t)count;
    scratch->y = kp_bulk_new(count * KP_POINT_BYTES);
    bool there = scratch->y != NULL;
    if (round->type != KP_ROUND_COUNT) {
        scratch->secrets = kp_bulk_new(count * sizeof(*scratch->secrets));
        scratch->contexts = kp_bulk_new(count * sizeof(*scratch->contexts));
        scratch->plains = kp_bulk_new(count * kp_record_plain_size(agreement));
        scratch->inners = kp_bulk_new(count * kp_record_inner_size(agreement));
        there = there && scratch->secrets != NULL && scratch->contexts != NULL &&
                scratch->plains != NULL && scratch->inners != NULL;
    }
    if (!there) {
        free_scratch(scratch);
        return NULL;
    }
    return scratch;
}

/* The output of slot first + i, or a random one, and its shares. */
static enum kp_status derive_shares(const struct kp_round *round, struct finalize_scratch *scratch,
                                    uint32_t i)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    const uint8_t *y = scratch->y + (size_t)i * KP_POINT_BYTES;
    uint32_t index = scratch->first + i;

    uint8_t input[KP_ELEMENT_INPUT_BYTES];
    kp_element_input(input, agreement->lineage, round->slots.leaves[index].address);
    kp_oprf_output(scratch->output, input, sizeof(input), y);
    kp_wipe(input, sizeof(input));
    choose_output(scratch->output, round->slots.is_signal[index]);
    if (round->made != NULL) {
        memcpy(round->made[index].y, y, KP_POINT_BYTES);
        memcpy(round->made[index].output, scratch->output, KP_OPRF_OUTPUT_BYTES);
    }

    struct kp_share_context context = {.type = (uint8_t)round->type,
                                       .threshold = agreement->threshold,
                                       .members = agreement->member_count};
    memcpy(context.round_id, round->round_id, KP_DIGEST_BYTES);
    memcpy(context.g, round->secrets->g, KP_DIGEST_BYTES);
    enum kp_status status = kp_shares_derive(&scratch->shares, scratch->output, &context);
    kp_wipe(&context, sizeof(context));
    return status;
}

/* What stands in front of the sealed record. */
static void begin_entry(uint8_t *entry, const struct kp_agreement *agreement, uint32_t own,
                        const struct kp_shares *shares)
{
    memcpy(entry, shares->tag, KP_DIGEST_BYTES);
    entry += KP_DIGEST_BYTES;
    memcpy(entry, shares->share[own - 1], KP_SCALAR_BYTES);
    entry += KP_SCALAR_BYTES;
    kp_shares_path(entry, shares, agreement->member_count, own);
}

/* All of an entry but its sealed record, and what that is made from. */
static enum kp_status make_entry(const struct kp_round *round, struct finalize_scratch *scratch,
                                 uint32_t i, uint8_t *entry)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    enum kp_status status = derive_shares(round, scratch, i);
    if (status != KP_OK) {
        return status;
    }
    if (round->type == KP_ROUND_COUNT) {
        memcpy(entry, scratch->shares.tag, KP_DIGEST_BYTES); /* and nothing that could be opened */
        return KP_OK;
    }
    begin_entry(entry, agreement, round->settings.own, &scratch->shares);
    memcpy(scratch->secrets[i], scratch->shares.secret, KP_SCALAR_BYTES);

    scratch->record.leaf = round->slots.leaves[scratch->first + i];
    memcpy(scratch->record.y, scratch->y + (size_t)i * KP_POINT_BYTES, KP_POINT_BYTES);
    memcpy(scratch->record.g, round->secrets->g, KP_DIGEST_BYTES);
    kp_record_pack(scratch->plains + i * kp_record_plain_size(agreement), agreement,
                   &scratch->record);

    struct kp_seal_context *seal = &scratch->contexts[i];
    seal->member = round->settings.own;
    memcpy(seal->lineage, agreement->lineage, KP_DIGEST_BYTES);
    memcpy(seal->round_id, round->round_id, KP_DIGEST_BYTES);
    memcpy(seal->tag, scratch->shares.tag, KP_DIGEST_BYTES);
    return KP_OK;
}

/* Both layers around each record of the chunk; the inner ones at once. */
static enum kp_status seal_records(const struct kp_round *round, struct finalize_scratch *scratch,
                                   uint8_t *entries, size_t entry_size)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    size_t inner_size = kp_record_inner_size(agreement);
    size_t record_at = entry_size - kp_record_size(agreement);
    enum kp_status status =
        kp_seal_inner_many(scratch->inners, agreement->opening_key, scratch->contexts,
                           scratch->plains, kp_record_plain_size(agreement), scratch->count);
    for (uint32_t i = 0; status == KP_OK && i < scratch->count; i++) {
        status = kp_seal_outer(entries + i * entry_size + record_at, scratch->secrets[i],
                               &scratch->contexts[i], scratch->inners + i * inner_size, inner_size);
    }
    return status;
}

/* y = sum of evaluations - r * (sum of keys) = K * P, for a chunk. */
static enum kp_status unblind(const struct kp_round *round, const struct finalize_scratch *scratch)
{
    size_t first = scratch->first;
    enum kp_status status =
        kp_points_multiply_fixed(scratch->y, round->slots.blindings + first * KP_SCALAR_BYTES,
                                 round->key_sum, scratch->count);
    if (status == KP_OK) {
        status = kp_points_subtract(scratch->y, round->sums + first * KP_POINT_BYTES, scratch->y,
                                    scratch->count);
    }
    return status;
}

static enum kp_status make_entries(const struct kp_round *round, struct finalize_scratch *scratch)
{
    size_t entry_size =
        kp_entry_size_in(round->settings.agreement, round->settings.own, round->type);
    uint8_t *entries = round->entries + scratch->first * entry_size;
    enum kp_status status = unblind(round, scratch);
    for (uint32_t i = 0; status == KP_OK && i < scratch->count; i++) {
        status = make_entry(round, scratch, i, entries + i * entry_size);
    }
    return status == KP_OK && round->type != KP_ROUND_COUNT
               ? seal_records(round, scratch, entries, entry_size)
               : status;
}

enum kp_status kp_round_finalize(struct kp_round *round, uint32_t part, struct kp_error *error)
{
    struct finalize_scratch *scratch = new_scratch(round, part);
    enum kp_status status = scratch == NULL ? KP_FAILED : make_entries(round, scratch);
    free_scratch(scratch);
    if (status != KP_OK) {
        return kp_fail(error, KP_FAILED, "chunk %u couldn't be finalized", part);
    }
    round->finalize_left--;
    return KP_OK;
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
        status = sign_ready(round, release, error);
    }
    if (status != KP_OK) {
        kp_release_free(release);
        return kp_fail_in(error, "preparing the release");
    }
    release->leaves = round->leaf_digests;
    memset(&round->leaf_digests, 0, sizeof(round->leaf_digests));
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
