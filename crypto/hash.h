/* Hashing with labels and lengths, so that no two uses and no two splits of the input collide.
 *
 * A transcript is BLAKE2b (RFC 7693, 64 bytes of output, no key) over the label and the fields,
 * each preceded by its length as eight bytes, big-endian. Every label begins with "Kruispunt-v1 "
 * and is used in one place only; docs/protocol.md lists them. Digests are the first 32 bytes.
 */
#ifndef KP_CRYPTO_HASH_H
#define KP_CRYPTO_HASH_H

#include "crypto/status.h"

#include <sodium.h>
#include <stddef.h>
#include <stdint.h>

#define KP_DIGEST_BYTES 32
#define KP_WIDE_BYTES 64 /* the whole output; of SHA-512, where Finalize makes it, as many */

struct kp_hash {
    crypto_generichash_blake2b_state state;
};

/* label is a NUL-terminated constant. */
void kp_hash_start(struct kp_hash *hash, const char *label);
/* One field; bytes may be NULL when size is 0. */
void kp_hash_field(struct kp_hash *hash, const void *bytes, size_t size);
/* One field of eight bytes, big-endian. */
void kp_hash_number(struct kp_hash *hash, uint64_t number);
/* Each of these ends the transcript and wipes the state. */
void kp_hash_digest(struct kp_hash *hash, uint8_t digest[static KP_DIGEST_BYTES]);
void kp_hash_wide(struct kp_hash *hash, uint8_t wide[static KP_WIDE_BYTES]);
/* The 64 bytes read as a little-endian number and reduced modulo the group order. */
void kp_hash_scalar(struct kp_hash *hash, uint8_t scalar[static 32]);

/* HKDF-SHA-512 (RFC 5869), extract and expand. KP_FAILED: size is more than 255 * 64, and
 * `out` is wiped. Constant time in all but the sizes. */
KP_MUST_USE enum kp_status kp_hkdf(uint8_t *out, size_t size, const uint8_t *input_key,
                                   size_t input_key_size, const uint8_t *salt, size_t salt_size,
                                   const uint8_t *info, size_t info_size);

#endif
