/* Internal. The hashing of RFC 9497 section 4.1 (ristretto255-SHA512): expand_message_xmd of RFC
 * 9380 section 5.3.1 with SHA-512, to 64 bytes, piece by piece.
 *
 * Start, add the message's pieces, then end it with one of the last two, which wipe the state.
 */
#ifndef KP_CRYPTO_OPRF_HASH_H
#define KP_CRYPTO_OPRF_HASH_H

#include "crypto/oprf.h"

#include <sodium.h>
#include <stddef.h>
#include <stdint.h>

#define KP_OPRF_UNIFORM_BYTES 64

struct kp_oprf_hash {
    crypto_hash_sha512_state state;
};

/* "OPRFV1-", mode, "-ristretto255-SHA512" behind a prefix: what the RFC separates its uses by. */
struct kp_oprf_domain {
    uint8_t bytes[64];
    size_t size;
};

/* prefix is a constant of at most 32 characters. */
void kp_oprf_domain(struct kp_oprf_domain *domain, const char *prefix, enum kp_oprf_mode mode);

void kp_oprf_hash_start(struct kp_oprf_hash *hash);
void kp_oprf_hash_bytes(struct kp_oprf_hash *hash, const void *bytes, size_t size);
/* I2OSP(size, 2) and the bytes: at most 65535. */
void kp_oprf_hash_field(struct kp_oprf_hash *hash, const void *bytes, size_t size);
void kp_oprf_hash_uniform(struct kp_oprf_hash *hash, const char *prefix, enum kp_oprf_mode mode,
                          uint8_t uniform[static KP_OPRF_UNIFORM_BYTES]);
/* HashToScalar, with a prefix of its own for DeriveKeyPair. */
void kp_oprf_hash_scalar(struct kp_oprf_hash *hash, const char *prefix, enum kp_oprf_mode mode,
                         uint8_t scalar[static KP_SCALAR_BYTES]);

#endif
