/* Internal. The weights and the challenge of RFC 9497 section 2.2, mode VOPRF, for crypto/dleq.h.
 *
 * A weight depends on its own pair and index only. Over a large batch that is not enough: see
 * crypto/chunk_proof.h.
 */
#ifndef KP_CRYPTO_OPRF_WEIGHTS_H
#define KP_CRYPTO_OPRF_WEIGHTS_H

#include "crypto/dleq.h"

#include <stddef.h>
#include <stdint.h>

#define KP_OPRF_BATCH_MAX 65535

/* The d_i of ComputeComposites: count scalars. count is at most KP_OPRF_BATCH_MAX. */
void kp_oprf_weights(uint8_t *weights, const uint8_t public_key[static KP_POINT_BYTES],
                     const uint8_t *inputs, const uint8_t *outputs, size_t count);

/* The c of GenerateProof; for kp_dleq.challenge. */
void kp_oprf_challenge(uint8_t challenge[static KP_SCALAR_BYTES], const struct kp_dleq *dleq,
                       const struct kp_dleq_points *points);

#endif
