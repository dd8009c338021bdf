/* A proof of knowing the discrete logarithm of a ristretto255 point (Schnorr; RFC 8235's shape,
 * made non-interactive with kp_hash). `context` is a digest of everything the proof must be bound
 * to. */
#ifndef KP_CRYPTO_SCHNORR_H
#define KP_CRYPTO_SCHNORR_H

#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/status.h"

#include <stdint.h>

#define KP_SCHNORR_BYTES 64 /* c, then s */

void kp_schnorr_prove(uint8_t proof[static KP_SCHNORR_BYTES],
                      const uint8_t secret[static KP_SCALAR_BYTES],
                      const uint8_t public_point[static KP_POINT_BYTES],
                      const uint8_t context[static KP_DIGEST_BYTES]);

/* KP_REFUSED: the proof does not hold, or the point is the identity or does not decode. */
KP_MUST_USE enum kp_status kp_schnorr_verify(const uint8_t proof[static KP_SCHNORR_BYTES],
                                             const uint8_t public_point[static KP_POINT_BYTES],
                                             const uint8_t context[static KP_DIGEST_BYTES]);

#endif
