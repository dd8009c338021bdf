/* Ed25519 (RFC 8032, libsodium) over a transcript: the signature is over
 * H("Kruispunt-v1 signature", label, message), so that a signature for one purpose serves no other.
 */
#ifndef KP_CRYPTO_SIGN_H
#define KP_CRYPTO_SIGN_H

#include "crypto/status.h"

#include <stddef.h>
#include <stdint.h>

#define KP_SIGN_PUBLIC_BYTES 32
#define KP_SIGN_SECRET_BYTES 64
#define KP_SIGN_SEED_BYTES 32
#define KP_SIGNATURE_BYTES 64

void kp_sign_keypair(uint8_t public_key[static KP_SIGN_PUBLIC_BYTES],
                     uint8_t secret_key[static KP_SIGN_SECRET_BYTES],
                     const uint8_t seed[static KP_SIGN_SEED_BYTES]);
void kp_sign(uint8_t signature[static KP_SIGNATURE_BYTES],
             const uint8_t secret_key[static KP_SIGN_SECRET_BYTES], const char *label,
             const uint8_t *message, size_t size);
KP_MUST_USE enum kp_status kp_sign_check(const uint8_t signature[static KP_SIGNATURE_BYTES],
                                         const uint8_t public_key[static KP_SIGN_PUBLIC_BYTES],
                                         const char *label, const uint8_t *message, size_t size);

#endif
