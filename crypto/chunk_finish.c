#include "crypto/chunk_finish.h"

#include "crypto/chunk_check.h"
#include "crypto/decoded.h"
#include "crypto/secret.h"

/* Adds it to the sums and judges it. */
static enum kp_status judge(const struct kp_chunk_evaluation *evaluation,
                            const struct kp_chunk *chunk, const struct kp_chunk_inputs *inputs,
                            struct kp_sums *sums)
{
    struct kp_decoded *outputs = NULL;
    struct kp_chunk evaluated = *chunk;
    evaluated.evaluator = evaluation->evaluator;
    evaluated.outputs = evaluation->outputs;
    enum kp_status status = kp_decoded_new(&outputs, evaluation->outputs, chunk->count, sums);
    if (status == KP_OK) {
        status =
            kp_chunk_check(evaluation->proof, evaluation->public_key, &evaluated, inputs, outputs);
    }
    kp_decoded_free(outputs);
    return status;
}

/* The worst of all verdicts. */
static enum kp_status judge_all(struct kp_chunk_evaluation *evaluations, size_t evaluators,
                                const struct kp_chunk *chunk, const struct kp_chunk_inputs *inputs,
                                struct kp_sums *sums)
{
    enum kp_status worst = KP_OK;
    for (size_t i = 0; i < evaluators; i++) {
        enum kp_status verdict = judge(&evaluations[i], chunk, inputs, sums);
        evaluations[i].verdict = verdict;
        if (verdict != KP_OK && verdict != KP_REFUSED) {
            return KP_FAILED;
        }
        worst = verdict == KP_OK ? worst : verdict;
    }
    return worst;
}

static enum kp_status unblind(uint8_t *y, const struct kp_sums *sums,
                              const struct kp_chunk_blinded *blinded)
{
    return kp_sums_subtract_fixed(y, sums, blinded->blindings, blinded->key_sum) == KP_OK
               ? KP_OK
               : KP_FAILED;
}

/* What the member answers for itself: its list, its evaluation. */
static enum kp_status start(struct kp_chunk_inputs *inputs, struct kp_sums *sums,
                            const struct kp_chunk *chunk, const struct kp_chunk_blinded *blinded)
{
    return kp_chunk_inputs_start(inputs, chunk) == KP_OK && sums != NULL &&
                   kp_sums_add(sums, blinded->own, chunk->count) == KP_OK
               ? KP_OK
               : KP_FAILED;
}

enum kp_status kp_chunk_finish(uint8_t *y, struct kp_chunk_evaluation *evaluations,
                               size_t evaluators, const struct kp_chunk_blinded *blinded,
                               const struct kp_chunk *chunk)
{
    for (size_t i = 0; i < evaluators; i++) {
        evaluations[i].verdict = KP_FAILED;
    }
    if (chunk->count > KP_CHUNK_MAX) {
        return KP_FAILED; /* nobody has so large a y */
    }
    struct kp_chunk_inputs inputs;
    struct kp_sums *sums = kp_sums_new(chunk->count);
    enum kp_status status = start(&inputs, sums, chunk, blinded);
    if (status == KP_OK) {
        status = judge_all(evaluations, evaluators, chunk, &inputs, sums);
    }
    if (status == KP_OK) {
        status = unblind(y, sums, blinded);
    }
    kp_sums_free(sums);
    kp_chunk_inputs_end(&inputs);
    if (status != KP_OK) {
        kp_wipe(y, chunk->count * KP_POINT_BYTES);
    }
    return status;
}
