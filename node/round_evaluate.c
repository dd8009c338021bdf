/* Evaluation: every member multiplies every member's points by its own key of this round. What is
 * here runs on any thread, and reads of the round what doesn't change meanwhile. */
#include "node/round_internal.h"

#include "node/list_check.h"
#include "node/round_check.h"

#include <string.h>

struct kp_chunk kp_job_describe(const struct kp_job *job, uint32_t sender, const uint8_t *inputs)
{
    const struct kp_round *round = job->round;
    struct kp_chunk chunk = {
        .sender = sender,
        .number = job->part,
        .inputs = inputs,
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
    struct kp_chunk chunk = kp_job_describe(job, job->peer, job->points);
    chunk.evaluator = own;
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
