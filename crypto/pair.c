#include "crypto/pair.h"

#include "crypto/secret.h"
#include "crypto/verdict.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

_Static_assert(KP_PAIR_PUBLIC_BYTES == crypto_scalarmult_curve25519_BYTES, "X25519");
_Static_assert(KP_PAIR_SECRET_BYTES == crypto_scalarmult_curve25519_SCALARBYTES, "X25519");
_Static_assert(KP_PAIR_OVERHEAD == crypto_aead_xchacha20poly1305_ietf_ABYTES, "the mac");

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

void kp_pair_keypair(uint8_t public_key[static KP_PAIR_PUBLIC_BYTES],
                     uint8_t secret[static KP_PAIR_SECRET_BYTES])
{
    randombytes_buf(secret, KP_PAIR_SECRET_BYTES);
    crypto_scalarmult_curve25519_base(public_key, secret);
}

/* Both ends name the pair alike, the lower number first. */
static void info_of(uint8_t info[static KP_DIGEST_BYTES], uint32_t low, uint32_t high,
                    bool preshared)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 pair keys");
    kp_hash_number(&hash, low);
    kp_hash_number(&hash, high);
    kp_hash_number(&hash, preshared ? 1 : 0);
    kp_hash_digest(&hash, info);
}

enum kp_status
kp_pair_derive(struct kp_pair_keys *keys, const uint8_t own_secret[static KP_PAIR_SECRET_BYTES],
               const uint8_t peer_public[static KP_PAIR_PUBLIC_BYTES], const uint8_t *preshared,
               const uint8_t hellos[static KP_DIGEST_BYTES], uint32_t own, uint32_t peer)
{
    uint8_t input_key[32 + 32];  /* the shared secret, then the preshared one */
    uint8_t both[32 + 32] = {0}; /* from the lower number to the higher, then back */
    uint8_t info[KP_DIGEST_BYTES];
    size_t input_key_size = 32;
    bool first = own < peer;

    if (own == peer) {
        kp_wipe(keys, sizeof(*keys));
        return KP_USAGE;
    }
    if (kp_verdict(crypto_scalarmult_curve25519(input_key, own_secret, peer_public))) {
        kp_wipe(input_key, sizeof(input_key));
        kp_wipe(keys, sizeof(*keys));
        return KP_REFUSED;
    }
    if (preshared != NULL) {
        memcpy(input_key + 32, preshared, 32);
        input_key_size += 32;
    }
    info_of(info, first ? own : peer, first ? peer : own, preshared != NULL);
    enum kp_status status = kp_hkdf(both, sizeof(both), input_key, input_key_size, hellos,
                                    KP_DIGEST_BYTES, info, sizeof(info));
    memcpy(keys->send, both + (first ? 0 : 32), 32);
    memcpy(keys->receive, both + (first ? 32 : 0), 32);
    kp_wipe(input_key, sizeof(input_key));
    kp_wipe(both, sizeof(both));
    return status;
}

static void nonce_of(uint8_t nonce[static NONCE_BYTES], uint64_t counter)
{
    memset(nonce, 0, NONCE_BYTES);
    for (size_t i = 0; i < 8; i++) {
        nonce[NONCE_BYTES - 1 - i] = (uint8_t)(counter >> (8 * i));
    }
}

void kp_pair_seal(uint8_t *sealed, const struct kp_pair_keys *keys, uint64_t counter,
                  const uint8_t *header, size_t header_size, const uint8_t *plain, size_t size)
{
    uint8_t nonce[NONCE_BYTES];
    nonce_of(nonce, counter);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, plain, size, header, header_size, NULL,
                                               nonce, keys->send);
}

enum kp_status kp_pair_open(uint8_t *plain, const struct kp_pair_keys *keys, uint64_t counter,
                            const uint8_t *header, size_t header_size, const uint8_t *sealed,
                            size_t sealed_size)
{
    uint8_t nonce[NONCE_BYTES];
    nonce_of(nonce, counter);
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed, sealed_size,
                                                         header, header_size, nonce, keys->receive);
    return kp_verdict(bad) ? KP_REFUSED : KP_OK;
}
