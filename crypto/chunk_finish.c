#include "crypto/chunk_finish.h"

#include "crypto/chunk_check.h"
#include "crypto/decoded.h"
#include "crypto/secret.h"

#include <stdbool.h>
#include <stdlib.h>

/* Checking one evaluation after the other. */
struct checking {
    const struct kp_chunk *chunk;
    struct kp_chunk_inputs inputs;
    struct kp_sums *sums;
    struct kp_decoded *outputs;            /* of the evaluation that is looked at */
    struct kp_chunk_composite *composites; /* of those that hold if their M is right */
    size_t *whose;                         /* index of the evaluation of each */
    size_t composite_count;
    uint8_t *weights; /* of all evaluations; public */
};

static enum kp_status decode(struct checking *checking, const uint8_t *outputs)
{
    return checking->outputs == NULL
               ? kp_decoded_new(&checking->outputs, outputs, checking->chunk->count, checking->sums)
               : kp_decoded_renew(checking->outputs, outputs, checking->sums);
}

/* Adds it to the sums, and checks all of its proof but M. */
static enum kp_status check(struct checking *checking, const struct kp_chunk_evaluation *evaluation,
                            size_t index)
{
    struct kp_chunk chunk = *checking->chunk;
    uint8_t *weights = checking->weights + index * chunk.count * KP_WEIGHT_BYTES;
    chunk.evaluator = evaluation->evaluator;
    chunk.outputs = evaluation->outputs;
    enum kp_status status = decode(checking, evaluation->outputs);
    if (status == KP_OK) {
        uint8_t seed[KP_CHUNK_SEED_BYTES];
        kp_chunk_statement(seed, weights, evaluation->public_key, &chunk, &checking->inputs);
        status = kp_chunk_check(evaluation->proof, evaluation->public_key, checking->outputs, seed,
                                weights);
    }
    if (status == KP_OK) {
        checking->composites[checking->composite_count] = (struct kp_chunk_composite){
            .weights = weights,
            .m = evaluation->proof + KP_CHUNK_PROOF_BYTES - KP_POINT_BYTES,
        };
        checking->whose[checking->composite_count++] = index;
    }
    return status;
}

static bool is_verdict(enum kp_status status)
{
    return status == KP_OK || status == KP_REFUSED;
}

/* Where their sum isn't right, each is looked at by itself. */
static enum kp_status check_composites(struct checking *checking,
                                       struct kp_chunk_evaluation *evaluations)
{
    size_t count = checking->chunk->count;
    enum kp_status status = kp_chunk_composites(checking->composites, checking->composite_count,
                                                &checking->inputs, count);
    for (size_t i = 0; status == KP_REFUSED && i < checking->composite_count; i++) {
        enum kp_status verdict =
            kp_chunk_composites(&checking->composites[i], 1, &checking->inputs, count);
        evaluations[checking->whose[i]].verdict = verdict;
        status = is_verdict(verdict) ? KP_REFUSED : KP_FAILED;
    }
    return is_verdict(status) ? KP_OK : KP_FAILED;
}

/* Writes all verdicts; the worst of them. */
static enum kp_status judge_all(struct checking *checking, struct kp_chunk_evaluation *evaluations,
                                size_t evaluators)
{
    for (size_t i = 0; i < evaluators; i++) {
        evaluations[i].verdict = check(checking, &evaluations[i], i);
        if (!is_verdict(evaluations[i].verdict)) {
            return KP_FAILED;
        }
    }
    enum kp_status worst = check_composites(checking, evaluations);
    for (size_t i = 0; worst == KP_OK && i < evaluators; i++) {
        worst = evaluations[i].verdict;
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

/* What the member answers for itself: its list, its evaluation, for which `own` has room. */
static enum kp_status start(struct checking *checking, uint8_t *own, size_t evaluators,
                            const struct kp_chunk *chunk, const struct kp_chunk_blinded *blinded)
{
    size_t room = evaluators == 0 ? 1 : evaluators; /* of nothing, NULL isn't a failure */
    *checking = (struct checking){.chunk = chunk};
    bool fine = kp_chunk_inputs_evaluate(&checking->inputs, own, blinded->key, chunk) == KP_OK;
    checking->sums = kp_sums_new(chunk->count);
    checking->composites = calloc(room, sizeof(*checking->composites));
    checking->whose = calloc(room, sizeof(*checking->whose));
    checking->weights = malloc(room * chunk->count * KP_WEIGHT_BYTES);
    return fine && checking->sums != NULL && checking->composites != NULL &&
                   checking->whose != NULL && checking->weights != NULL &&
                   kp_sums_add(checking->sums, own, chunk->count) == KP_OK
               ? KP_OK
               : KP_FAILED;
}

static void end(struct checking *checking)
{
    kp_chunk_inputs_end(&checking->inputs);
    kp_sums_free(checking->sums);
    kp_decoded_free(checking->outputs);
    free(checking->composites);
    free(checking->whose);
    free(checking->weights);
}

enum kp_status kp_chunk_finish(uint8_t *y, struct kp_chunk_evaluation *evaluations,
                               size_t evaluators, const struct kp_chunk_blinded *blinded,
                               const struct kp_chunk *chunk)
{
    for (size_t i = 0; i < evaluators; i++) {
        evaluations[i].verdict = KP_FAILED;
    }
    if (chunk->count > KP_CHUNK_MAX || evaluators > KP_CHUNK_EVALUATORS_MAX) {
        return KP_FAILED; /* nobody has so large a y, nor so many members */
    }
    struct checking checking;
    enum kp_status status = start(&checking, y, evaluators, chunk, blinded);
    if (status == KP_OK) {
        status = judge_all(&checking, evaluations, evaluators);
    }
    if (status == KP_OK) {
        status = unblind(y, checking.sums, blinded);
    }
    end(&checking);
    if (status != KP_OK) {
        kp_wipe(y, chunk->count * KP_POINT_BYTES);
    }
    return status;
}
