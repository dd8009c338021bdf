/* Keys between two members for one attempt at a round, end to end through the coordinator.
 *
 * X25519 (RFC 7748) between the fresh keys of both hellos, with HKDF over the shared secret and,
 * where officers exchanged one by hand, a 32-byte secret of the pair; salt is the digest of all
 * first hellos. Each direction has its own key; the nonce is the message's counter in that
 * direction, so one counter value must never be used twice with one key.
 */
#ifndef KP_CRYPTO_PAIR_H
#define KP_CRYPTO_PAIR_H

#include "crypto/hash.h"
#include "crypto/status.h"

#include <stddef.h>
#include <stdint.h>

#define KP_PAIR_PUBLIC_BYTES 32
#define KP_PAIR_SECRET_BYTES 32
#define KP_PAIR_OVERHEAD 16

/* Secret: lives in locked memory. */
struct kp_pair_keys {
    uint8_t send[32];
    uint8_t receive[32];
};

/* secret: locked memory. */
void kp_pair_keypair(uint8_t public_key[static KP_PAIR_PUBLIC_BYTES],
                     uint8_t secret[static KP_PAIR_SECRET_BYTES]);

/* preshared: 32 bytes or NULL. own and peer are member numbers and differ.
 * KP_REFUSED: the peer's key has small order. KP_USAGE: own equals peer. KP_FAILED: no memory. With
 * all of them the keys are zeroed. */
KP_MUST_USE enum kp_status
kp_pair_derive(struct kp_pair_keys *keys, const uint8_t own_secret[static KP_PAIR_SECRET_BYTES],
               const uint8_t peer_public[static KP_PAIR_PUBLIC_BYTES], const uint8_t *preshared,
               const uint8_t hellos[static KP_DIGEST_BYTES], uint32_t own, uint32_t peer);

/* sealed: size + KP_PAIR_OVERHEAD bytes, which may begin where plain does; XChaCha20-Poly1305 with
 * keys->send. */
void kp_pair_seal(uint8_t *sealed, const struct kp_pair_keys *keys, uint64_t counter,
                  const uint8_t *header, size_t header_size, const uint8_t *plain, size_t size);
/* plain: sealed_size - KP_PAIR_OVERHEAD bytes, with keys->receive. KP_REFUSED: not authentic. */
KP_MUST_USE enum kp_status kp_pair_open(uint8_t *plain, const struct kp_pair_keys *keys,
                                        uint64_t counter, const uint8_t *header, size_t header_size,
                                        const uint8_t *sealed, size_t sealed_size);

#endif
