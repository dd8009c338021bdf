/* A proof of knowing the discrete logarithm of a ristretto255 point (Schnorr; RFC 8235's shape,
 * made non-interactive with kp_hash). `context` is a digest of everything the proof must be bound
 * to. */
#ifndef KP_CRYPTO_SCHNORR_H
#define KP_CRYPTO_SCHNORR_H

#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_SCHNORR_BYTES 64 /* c, then s */

void kp_schnorr_prove(uint8_t proof[static KP_SCHNORR_BYTES],
                      const uint8_t secret[static KP_SCALAR_BYTES],
                      const uint8_t public_point[static KP_POINT_BYTES],
                      const uint8_t context[static KP_DIGEST_BYTES]);

/* The same in two steps, for who makes the commitments of many proofs in one batch
 * (kp_points_multiply_base of the nonces, which must not be zero). `fresh` is as many bytes of the
 * random generator, for one proof only; `nonce` may be the same place. Both are secret. */
#define KP_SCHNORR_FRESH_BYTES 32
void kp_schnorr_nonce(uint8_t nonce[static KP_SCALAR_BYTES],
                      const uint8_t fresh[static KP_SCHNORR_FRESH_BYTES],
                      const uint8_t secret[static KP_SCALAR_BYTES],
                      const uint8_t public_point[static KP_POINT_BYTES],
                      const uint8_t context[static KP_DIGEST_BYTES]);
void kp_schnorr_answer(uint8_t proof[static KP_SCHNORR_BYTES],
                       const uint8_t nonce[static KP_SCALAR_BYTES],
                       const uint8_t commitment[static KP_POINT_BYTES],
                       const uint8_t secret[static KP_SCALAR_BYTES],
                       const uint8_t public_point[static KP_POINT_BYTES],
                       const uint8_t context[static KP_DIGEST_BYTES]);

/* KP_REFUSED: the proof does not hold, or the point is the identity or does not decode. */
KP_MUST_USE enum kp_status kp_schnorr_verify(const uint8_t proof[static KP_SCHNORR_BYTES],
                                             const uint8_t public_point[static KP_POINT_BYTES],
                                             const uint8_t context[static KP_DIGEST_BYTES]);

/* The same for count proofs at once, `proofs`, `public_points` and `contexts` without gaps: which
 * of them hold. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_schnorr_verify_many(bool *holds, const uint8_t *proofs,
                                                  const uint8_t *public_points,
                                                  const uint8_t *contexts, size_t count);

#endif
