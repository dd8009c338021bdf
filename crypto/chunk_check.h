/* Internal. Checking the proofs of several evaluations of one chunk: its points decoded and hashed
 * once, those of each evaluation decoded by who needs them for more than the check. */
#ifndef KP_CRYPTO_CHUNK_CHECK_H
#define KP_CRYPTO_CHUNK_CHECK_H

#include "crypto/chunk_proof.h"
#include "crypto/decoded.h"

struct kp_chunk_inputs {
    struct kp_decoded *decoded;
    uint8_t digest[KP_DIGEST_BYTES];
};

/* KP_REFUSED: the count or a point must be refused; KP_FAILED: no memory. To be ended either way.
 * The chunk's inputs must stay where they are. */
KP_MUST_USE enum kp_status kp_chunk_inputs_start(struct kp_chunk_inputs *inputs,
                                                 const struct kp_chunk *chunk);
void kp_chunk_inputs_end(struct kp_chunk_inputs *inputs);

/* As kp_chunk_verify, of what is decoded already: chunk->inputs and chunk->outputs. */
KP_MUST_USE enum kp_status kp_chunk_check(const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                          const uint8_t public_key[static KP_POINT_BYTES],
                                          const struct kp_chunk *chunk,
                                          const struct kp_chunk_inputs *inputs,
                                          const struct kp_decoded *outputs);

#endif
