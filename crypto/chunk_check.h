/* Internal. Checking the proofs of several evaluations of one chunk: its points decoded and hashed
 * once, those of each evaluation decoded by who needs them for more than the check.
 *
 * A proof holds when kp_chunk_check says so and the M that it shows is the combination of the
 * chunk's points by its weights. The latter is looked at for all proofs at once
 * (kp_chunk_composites).
 */
#ifndef KP_CRYPTO_CHUNK_CHECK_H
#define KP_CRYPTO_CHUNK_CHECK_H

#include "crypto/chunk_proof.h"
#include "crypto/chunk_weights.h"
#include "crypto/decoded.h"

#include <stdbool.h>

struct kp_chunk_inputs {
    struct kp_decoded *decoded;
    uint8_t digest[KP_DIGEST_BYTES];
};

/* KP_REFUSED: the count or a point must be refused; KP_FAILED: no memory. To be ended either way.
 * The chunk's inputs must stay where they are. */
KP_MUST_USE enum kp_status kp_chunk_inputs_start(struct kp_chunk_inputs *inputs,
                                                 const struct kp_chunk *chunk);
/* The same, with the evaluation of the inputs, which are decoded once for both: a secret one
 * (outputs, as many points). With KP_REFUSED and KP_FAILED it is wiped. */
KP_MUST_USE enum kp_status kp_chunk_inputs_evaluate(struct kp_chunk_inputs *inputs,
                                                    uint8_t *outputs,
                                                    const uint8_t key[static KP_SCALAR_BYTES],
                                                    const struct kp_chunk *chunk);
void kp_chunk_inputs_end(struct kp_chunk_inputs *inputs);

/* What a proof is about: the seed, and the weights under it, KP_WEIGHT_BYTES for each point. */
void kp_chunk_statement(uint8_t seed[static KP_CHUNK_SEED_BYTES], uint8_t *weights,
                        const uint8_t public_key[static KP_POINT_BYTES],
                        const struct kp_chunk *chunk, const struct kp_chunk_inputs *inputs);

/* Whether a proof holds if its M is right. The seed and the weights are kp_chunk_statement's;
 * `outputs` is the chunk's, decoded. */
KP_MUST_USE enum kp_status kp_chunk_check(const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                          const uint8_t public_key[static KP_POINT_BYTES],
                                          const struct kp_decoded *outputs,
                                          const uint8_t seed[static KP_CHUNK_SEED_BYTES],
                                          const uint8_t *weights);

/* What is claimed to be a combination of the chunk's points. */
struct kp_chunk_composite {
    const uint8_t *weights;
    const uint8_t *m; /* not the identity */
};

/* KP_OK: so are all. KP_REFUSED: one or more may not be; which, each by itself tells. KP_FAILED: no
 * memory. Several are looked at as a random sum of them, where a wrong one isn't seen once in 2^64.
 */
KP_MUST_USE enum kp_status kp_chunk_composites(const struct kp_chunk_composite *composites,
                                               size_t composite_count,
                                               const struct kp_chunk_inputs *inputs, size_t count);

#endif
