/* Internal. The weights and the challenge of the round's proof (crypto/chunk_proof.h), for
 * crypto/dleq.h. */
#ifndef KP_CRYPTO_CHUNK_WEIGHTS_H
#define KP_CRYPTO_CHUNK_WEIGHTS_H

#include "crypto/chunk_proof.h"
#include "crypto/dleq.h"

#include <stddef.h>
#include <stdint.h>

/* Over all of the chunk: what every weight and the challenge depend on. */
void kp_chunk_seed(uint8_t seed[static KP_WIDE_BYTES],
                   const uint8_t public_key[static KP_POINT_BYTES], const struct kp_chunk *chunk);

/* count scalars from 1 to 2^128. Each is 128 bits of the hash, and zero, which would leave its pair
 * out of the proof, stands for 2^128: all 2^128 values are possible, as likely as each other. */
void kp_chunk_weights(uint8_t *weights, const uint8_t seed[static KP_WIDE_BYTES], size_t count);

/* For kp_dleq.challenge; dleq->seed is kp_chunk_seed's. */
void kp_chunk_challenge(uint8_t challenge[static KP_SCALAR_BYTES], const struct kp_dleq *dleq,
                        const struct kp_dleq_points *points);

#endif
