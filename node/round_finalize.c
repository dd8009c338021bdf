/* Finalize: from the evaluations of a chunk, once they are proven, to tags, shares and sealed
 * records. Runs on any thread, and reads of the round what doesn't change meanwhile. */
#include "node/round_internal.h"

#include "crypto/chunk_finish.h"
#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "crypto/shares.h"
#include "proto/record.h"

#include <sodium.h>
#include <string.h>

/* So many slots' random outputs are drawn together: a draw for each takes longer. */
#define RANDOM_SLOTS 64u

/* Padding takes the very same steps, with a random output instead of its own: chosen byte by byte
 * without a branch. */
static void choose_output(uint8_t output[static KP_OPRF_OUTPUT_BYTES],
                          const uint8_t random[static KP_OPRF_OUTPUT_BYTES], uint8_t is_signal)
{
    uint8_t keep = (uint8_t)-is_signal;
    for (size_t i = 0; i < KP_OPRF_OUTPUT_BYTES; i++) {
        output[i] = (uint8_t)((output[i] & keep) | (random[i] & (uint8_t)~keep));
    }
}

/* Everything about a chunk that is secret while its entries are made. The arrays, an element for
 * each slot, are bulk; of a round of counts only y is there. */
struct finalize_scratch {
    struct kp_share_terms terms;
    uint8_t random[RANDOM_SLOTS][KP_OPRF_OUTPUT_BYTES];
    const struct kp_job *job;
    uint32_t count;
    uint8_t output[KP_OPRF_OUTPUT_BYTES];
    struct kp_own_share share;
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

static struct finalize_scratch *new_scratch(const struct kp_job *job)
{
    const struct kp_agreement *agreement = job->round->settings.agreement;
    size_t count = job->count;
    struct finalize_scratch *scratch = kp_bulk_new(sizeof(*scratch));
    if (scratch == NULL) {
        return NULL;
    }
    scratch->job = job;
    scratch->count = job->count;
    scratch->y = kp_bulk_new(count * KP_POINT_BYTES);
    bool there = scratch->y != NULL;
    if (job->round->type != KP_ROUND_COUNT) {
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

/* The output of a slot, or a random one, and its shares. */
static enum kp_status derive_shares(struct finalize_scratch *scratch, uint32_t i)
{
    const struct kp_job *job = scratch->job;
    const struct kp_round *round = job->round;
    const struct kp_agreement *agreement = round->settings.agreement;
    const uint8_t *y = scratch->y + (size_t)i * KP_POINT_BYTES;

    uint8_t input[KP_ELEMENT_INPUT_BYTES];
    kp_element_input(input, agreement->lineage, job->slots->leaves[i].address);
    kp_oprf_output(scratch->output, input, sizeof(input), y);
    kp_wipe(input, sizeof(input));
    if (i % RANDOM_SLOTS == 0) {
        randombytes_buf(scratch->random, sizeof(scratch->random));
    }
    choose_output(scratch->output, scratch->random[i % RANDOM_SLOTS], job->slots->is_signal[i]);
    if (job->made != NULL) {
        memcpy(job->made[i].y, y, KP_POINT_BYTES);
        memcpy(job->made[i].output, scratch->output, KP_OPRF_OUTPUT_BYTES);
    }
    return kp_shares_derive_own(&scratch->share, scratch->output, &scratch->terms,
                                round->settings.own);
}

/* What stands in front of the sealed record. */
static void begin_entry(uint8_t *entry, const struct kp_agreement *agreement, uint32_t own,
                        const struct kp_own_share *share)
{
    memcpy(entry, share->tag, KP_DIGEST_BYTES);
    entry += KP_DIGEST_BYTES;
    memcpy(entry, share->share, KP_SCALAR_BYTES);
    entry += KP_SCALAR_BYTES;
    memcpy(entry, share->path,
           kp_merkle_path_length(own - 1, agreement->member_count) * KP_DIGEST_BYTES);
}

/* All of an entry but its sealed record, and what that is made from. */
static enum kp_status make_entry(struct finalize_scratch *scratch, uint32_t i, uint8_t *entry)
{
    const struct kp_round *round = scratch->job->round;
    const struct kp_agreement *agreement = round->settings.agreement;
    enum kp_status status = derive_shares(scratch, i);
    if (status != KP_OK) {
        return status;
    }
    if (round->type == KP_ROUND_COUNT) {
        memcpy(entry, scratch->share.tag, KP_DIGEST_BYTES); /* and nothing that could be opened */
        return KP_OK;
    }
    begin_entry(entry, agreement, round->settings.own, &scratch->share);
    memcpy(scratch->secrets[i], scratch->share.secret, KP_SCALAR_BYTES);

    scratch->record.leaf = scratch->job->slots->leaves[i];
    memcpy(scratch->record.y, scratch->y + (size_t)i * KP_POINT_BYTES, KP_POINT_BYTES);
    memcpy(scratch->record.g, round->secrets->g, KP_DIGEST_BYTES);
    kp_record_pack(scratch->plains + i * kp_record_plain_size(agreement), agreement,
                   &scratch->record);

    struct kp_seal_context *seal = &scratch->contexts[i];
    seal->member = round->settings.own;
    memcpy(seal->lineage, agreement->lineage, KP_DIGEST_BYTES);
    memcpy(seal->round_id, round->round_id, KP_DIGEST_BYTES);
    memcpy(seal->tag, scratch->share.tag, KP_DIGEST_BYTES);
    return KP_OK;
}

/* Both layers around each record of the chunk; the inner ones at once. */
static enum kp_status seal_records(struct finalize_scratch *scratch, size_t entry_size)
{
    const struct kp_agreement *agreement = scratch->job->round->settings.agreement;
    uint8_t *entries = scratch->job->entries;
    size_t inner_size = kp_record_inner_size(agreement);
    size_t record_at = entry_size - kp_record_size(agreement);
    enum kp_status status =
        kp_seal_inner_many(scratch->inners, agreement->opening_key, scratch->contexts,
                           scratch->plains, kp_record_plain_size(agreement), scratch->count);
    return status != KP_OK
               ? status
               : kp_seal_outer_many(entries + record_at, entry_size, scratch->secrets[0],
                                    scratch->contexts, scratch->inners, inner_size, scratch->count);
}

/* Others' evaluations of the chunk; how many. */
static size_t list_evaluations(const struct kp_job *job, struct kp_chunk_evaluation *evaluations)
{
    const struct kp_round *round = job->round;
    size_t count = 0;
    for (uint32_t member = 1; member <= round->settings.agreement->member_count; member++) {
        const uint8_t *outputs = job->outputs + (member - 1) * KP_JOB_BYTES;
        if (member != round->settings.own) {
            evaluations[count++] = (struct kp_chunk_evaluation){
                .evaluator = member,
                .public_key = round->secrets->hello2[member - 1].public_key,
                .outputs = outputs,
                .proof = outputs + KP_JOB_PROOF_AT,
            };
        }
    }
    return count;
}

/* y = K * P: every member multiplied exactly these points by exactly its key of this round. */
static enum kp_status check_and_unblind(struct kp_job *job, uint8_t *y)
{
    const struct kp_round *round = job->round;
    uint32_t own = round->settings.own;
    struct kp_chunk_evaluation evaluations[KP_MEMBERS_MAX];
    size_t count = list_evaluations(job, evaluations);
    const struct kp_chunk_blinded blinded = {
        .key = round->secrets->key,
        .blindings = job->slots->blindings,
        .key_sum = round->key_sum,
    };
    const struct kp_chunk chunk = kp_job_describe(job, own, job->slots->points);
    enum kp_status status = kp_chunk_finish(y, evaluations, count, &blinded, &chunk);
    for (size_t i = 0; status == KP_REFUSED && i < count && job->blamed == 0; i++) {
        if (evaluations[i].verdict == KP_REFUSED) {
            job->blamed = evaluations[i].evaluator;
            (void)kp_fail(&job->error, KP_REFUSED,
                          "member %u doesn't prove its evaluation of chunk %u", job->blamed,
                          job->part);
        }
    }
    return status;
}

static enum kp_status make_terms(struct finalize_scratch *scratch)
{
    const struct kp_round *round = scratch->job->round;
    struct kp_share_context context = {.type = (uint8_t)round->type,
                                       .threshold = round->settings.agreement->threshold,
                                       .members = round->settings.agreement->member_count};
    memcpy(context.round_id, round->round_id, KP_DIGEST_BYTES);
    memcpy(context.g, round->secrets->g, KP_DIGEST_BYTES);
    enum kp_status status = kp_share_terms_make(&scratch->terms, &context);
    kp_wipe(&context, sizeof(context));
    return status;
}

static enum kp_status make_entries(struct kp_job *job, struct finalize_scratch *scratch)
{
    const struct kp_round *round = job->round;
    size_t entry_size =
        kp_entry_size_in(round->settings.agreement, round->settings.own, round->type);
    enum kp_status status = check_and_unblind(job, scratch->y);
    if (status == KP_OK) {
        status = make_terms(scratch);
    }
    for (uint32_t i = 0; status == KP_OK && i < scratch->count; i++) {
        status = make_entry(scratch, i, job->entries + i * entry_size);
    }
    return status == KP_OK && round->type != KP_ROUND_COUNT ? seal_records(scratch, entry_size)
                                                            : status;
}

void kp_job_finish(struct kp_job *job)
{
    struct finalize_scratch *scratch = new_scratch(job);
    enum kp_status status = scratch == NULL ? KP_FAILED : make_entries(job, scratch);
    free_scratch(scratch);
    job->status = status;
    if (status != KP_OK && job->blamed == 0) {
        job->status = kp_fail(&job->error, KP_FAILED, "chunk %u couldn't be finalized", job->part);
    }
}
