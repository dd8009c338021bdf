/* What a member does with a chunk of its own list once every member has multiplied it: it checks
 * all proofs, sums the evaluations and takes the blinding off, with each point decoded once.
 *
 * No state; any number of threads may call.
 */
#ifndef KP_CRYPTO_CHUNK_FINISH_H
#define KP_CRYPTO_CHUNK_FINISH_H

#include "crypto/chunk_proof.h"

#define KP_CHUNK_EVALUATORS_MAX 63

/* Another member's evaluation. All is borrowed. */
struct kp_chunk_evaluation {
    uint32_t evaluator;        /* its member number */
    const uint8_t *public_key; /* of its key of this round */
    const uint8_t *outputs;    /* as many points as the chunk has, as they came */
    const uint8_t *proof;      /* KP_CHUNK_PROOF_BYTES */
    enum kp_status verdict;    /* written: KP_OK; KP_REFUSED: a point is refused, or the proof
                                * doesn't hold; KP_FAILED: it wasn't looked at */
};

/* What is the member's own. All is borrowed. */
struct kp_chunk_blinded {
    const uint8_t *key;       /* of this round: secret */
    const uint8_t *blindings; /* a scalar r for each point: secret */
    const uint8_t *key_sum;   /* the sum of all members' public keys */
};

/* y[i] = key * A[i] + the sum of all outputs[i] - blindings[i] * key_sum, for each point A of the
 * chunk. So the own evaluation is made here, where these are decoded for checking proofs as well.
 * `y` is secret. The chunk is as for kp_chunk_verify, of which each evaluation replaces evaluator
 * and outputs; there may be none at all, or KP_CHUNK_EVALUATORS_MAX.
 *
 * KP_REFUSED: one or more verdicts are that, for which their evaluators answer; all were looked
 * at. KP_FAILED: no memory, or what is the member's own (the chunk's points and count, too) must be
 * refused. With both, y is wiped. */
KP_MUST_USE enum kp_status kp_chunk_finish(uint8_t *y, struct kp_chunk_evaluation *evaluations,
                                           size_t evaluators,
                                           const struct kp_chunk_blinded *blinded,
                                           const struct kp_chunk *chunk);

#endif
