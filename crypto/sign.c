#include "crypto/sign.h"

#include "crypto/hash.h"

#include <sodium.h>
#include <string.h>

_Static_assert(KP_SIGN_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "keys are libsodium's");
_Static_assert(KP_SIGN_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "keys are libsodium's");
_Static_assert(KP_SIGN_SEED_BYTES == crypto_sign_SEEDBYTES, "seeds are libsodium's");
_Static_assert(KP_SIGNATURE_BYTES == crypto_sign_BYTES, "signatures are libsodium's");

static void digest_of(uint8_t digest[static KP_DIGEST_BYTES], const char *label,
                      const uint8_t *message, size_t size)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 signature");
    kp_hash_field(&hash, label, strlen(label));
    kp_hash_field(&hash, message, size);
    kp_hash_digest(&hash, digest);
}

void kp_sign_keypair(uint8_t public_key[static KP_SIGN_PUBLIC_BYTES],
                     uint8_t secret_key[static KP_SIGN_SECRET_BYTES],
                     const uint8_t seed[static KP_SIGN_SEED_BYTES])
{
    crypto_sign_seed_keypair(public_key, secret_key, seed);
}

void kp_sign(uint8_t signature[static KP_SIGNATURE_BYTES],
             const uint8_t secret_key[static KP_SIGN_SECRET_BYTES], const char *label,
             const uint8_t *message, size_t size)
{
    uint8_t digest[KP_DIGEST_BYTES];
    digest_of(digest, label, message, size);
    crypto_sign_detached(signature, NULL, digest, sizeof(digest), secret_key);
}

enum kp_status kp_sign_check(const uint8_t signature[static KP_SIGNATURE_BYTES],
                             const uint8_t public_key[static KP_SIGN_PUBLIC_BYTES],
                             const char *label, const uint8_t *message, size_t size)
{
    uint8_t digest[KP_DIGEST_BYTES];
    digest_of(digest, label, message, size);
    int bad = crypto_sign_verify_detached(signature, digest, sizeof(digest), public_key);
    return bad == 0 ? KP_OK : KP_REFUSED;
}
