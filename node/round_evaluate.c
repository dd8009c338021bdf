/* Evaluation: every member multiplies every member's points by its own key of this round. What is
 * here runs on any thread, and reads of the round what doesn't change meanwhile. */
#include "node/round_internal.h"

#include "node/list_check.h"
#include "node/round_check.h"

#include <string.h>

/* What a chunk's proof is about, seen alike by who makes it and who checks it. */
static struct kp_chunk describe(const struct kp_job *job, uint32_t sender, uint32_t evaluator,
                                const uint8_t *inputs, const uint8_t *outputs)
{
    const struct kp_round *round = job->round;
    struct kp_chunk chunk = {
        .sender = sender,
        .evaluator = evaluator,
        .number = job->part,
        .inputs = inputs,
        .outputs = outputs,
        .count = job->count,
    };
    memcpy(chunk.round_id, round->round_id, KP_DIGEST_BYTES);
    memcpy(chunk.list_root, round->hello2[sender - 1].points_root, KP_DIGEST_BYTES);
    return chunk;
}

void kp_job_check(struct kp_job *job)
{
    job->blamed = job->peer;
    job->status = kp_check_list_points(job->points, job->count, job->peer, &job->error);
}

static enum kp_status pack_answer(struct kp_job *job)
{
    struct kp_buffer body = {0};
    enum kp_status status = kp_evaluation_pack(job->outputs, job->count,
                                               job->outputs + KP_JOB_PROOF_AT, &body, &job->error);
    if (status == KP_OK) {
        status = kp_round_pack(job->round, KP_MESSAGE_EVALUATION, job->peer, job->part, &body,
                               &job->packed, &job->error);
    }
    kp_buffer_free(&body);
    return status;
}

void kp_job_answer(struct kp_job *job)
{
    const struct kp_round *round = job->round;
    uint32_t own = round->settings.own;
    struct kp_chunk chunk = describe(job, job->peer, own, job->points, job->outputs);
    job->blamed = job->peer;
    job->status =
        kp_chunk_evaluate(job->outputs, job->outputs + KP_JOB_PROOF_AT, round->secrets->key,
                          round->secrets->hello2[own - 1].public_key, &chunk);
    if (job->status != KP_OK) {
        (void)kp_fail(&job->error, job->status,
                      "chunk %u of member %u has a point that must be refused", job->part,
                      job->peer);
        return;
    }
    /* What can't be packed is nobody else's doing. */
    job->status = pack_answer(job) == KP_OK ? KP_OK : KP_FAILED;
}

void kp_job_evaluate_own(struct kp_job *job)
{
    if (kp_points_multiply(job->outputs, job->round->secrets->key, job->points, job->count) !=
        KP_OK) {
        job->status = kp_fail(&job->error, KP_FAILED, "the own points can't be evaluated");
    }
}

void kp_job_verify(struct kp_job *job)
{
    const struct kp_round *round = job->round;
    uint32_t own = round->settings.own;
    struct kp_decoded *decoded = NULL;
    if (kp_decoded_new(&decoded, job->slots->points, job->count) != KP_OK) {
        job->status = kp_fail(&job->error, KP_FAILED, "the own points can't be decoded");
    }
    for (uint32_t member = 1;
         job->status == KP_OK && member <= round->settings.agreement->member_count; member++) {
        const uint8_t *outputs = job->outputs + (member - 1) * KP_JOB_BYTES;
        struct kp_chunk chunk = describe(job, own, member, job->slots->points, outputs);
        chunk.decoded = decoded;
        if (member != own) {
            job->blamed = member;
            job->status = kp_check_evaluation(outputs + KP_JOB_PROOF_AT,
                                              round->secrets->hello2[member - 1].public_key, &chunk,
                                              &job->error);
        }
    }
    kp_decoded_free(decoded);
}
