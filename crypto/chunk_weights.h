/* Internal. The weights and the challenge of the round's proof (crypto/chunk_proof.h), for
 * crypto/dleq.h. */
#ifndef KP_CRYPTO_CHUNK_WEIGHTS_H
#define KP_CRYPTO_CHUNK_WEIGHTS_H

#include "crypto/chunk_proof.h"
#include "crypto/decoded.h"
#include "crypto/dleq.h"

#include <stddef.h>
#include <stdint.h>

#define KP_CHUNK_SEED_BYTES 32

/* Over the points A of a chunk: the same for all who evaluate it. */
void kp_chunk_inputs_digest(uint8_t digest[static KP_DIGEST_BYTES], const struct kp_chunk *chunk);

/* Over all of the chunk, whose inputs stand in it as their digest: what every weight and the
 * challenge depend on. */
void kp_chunk_seed(uint8_t seed[static KP_CHUNK_SEED_BYTES],
                   const uint8_t public_key[static KP_POINT_BYTES],
                   const uint8_t inputs_digest[static KP_DIGEST_BYTES],
                   const struct kp_chunk *chunk);

/* count weights as crypto/decoded.h wants them, KP_WEIGHT_BYTES each: the key stream of ChaCha20
 * (RFC 8439) under the seed. All 2^128 values are possible, as likely as each other. */
void kp_chunk_weights(uint8_t *weights, const uint8_t seed[static KP_CHUNK_SEED_BYTES],
                      size_t count);

/* For kp_dleq.challenge; dleq->seed is kp_chunk_seed's. */
void kp_chunk_challenge(uint8_t challenge[static KP_SCALAR_BYTES], const struct kp_dleq *dleq,
                        const struct kp_dleq_points *points);

#endif
