#include "crypto/seal.h"

#include "crypto/schnorr.h"
#include "crypto/secret.h"
#include "crypto/verdict.h"

#include <sodium.h>

#define KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define MAC_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES

/* What stands before the inner ciphertext, and is authenticated with it: E and the proof. */
#define INNER_HEADER_BYTES (KP_POINT_BYTES + KP_SCHNORR_BYTES)

_Static_assert(KP_SEAL_INNER_OVERHEAD == INNER_HEADER_BYTES + MAC_BYTES, "the inner layout");
_Static_assert(KP_SEAL_OUTER_OVERHEAD == NONCE_BYTES + MAC_BYTES, "the outer layout");

static void context_digest(uint8_t digest[static KP_DIGEST_BYTES],
                           const struct kp_seal_context *context)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 seal context");
    kp_hash_field(&hash, context->lineage, sizeof(context->lineage));
    kp_hash_field(&hash, context->round_id, sizeof(context->round_id));
    kp_hash_number(&hash, context->member);
    kp_hash_field(&hash, context->tag, sizeof(context->tag));
    kp_hash_digest(&hash, digest);
}

/* shared is e * L, ephemeral is E. */
static enum kp_status inner_key(uint8_t key[static KEY_BYTES],
                                const uint8_t shared[static KP_POINT_BYTES],
                                const uint8_t ephemeral[static KP_POINT_BYTES],
                                const uint8_t opening_key[static KP_POINT_BYTES],
                                const uint8_t digest[static KP_DIGEST_BYTES])
{
    uint8_t info[KP_DIGEST_BYTES];
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 inner seal key");
    kp_hash_field(&hash, ephemeral, KP_POINT_BYTES);
    kp_hash_field(&hash, opening_key, KP_POINT_BYTES);
    kp_hash_field(&hash, digest, KP_DIGEST_BYTES);
    kp_hash_digest(&hash, info);
    return kp_hkdf(key, KEY_BYTES, shared, KP_POINT_BYTES, digest, KP_DIGEST_BYTES, info,
                   sizeof(info));
}

/* A key of its own for each record, so the nonce has nothing to tell apart. */
static const uint8_t inner_nonce[NONCE_BYTES];

enum kp_status kp_seal_inner(uint8_t *sealed, const uint8_t opening_key[static KP_POINT_BYTES],
                             const struct kp_seal_context *context, const uint8_t *plain,
                             size_t size)
{
    uint8_t secret[KP_SCALAR_BYTES]; /* e */
    uint8_t shared[KP_POINT_BYTES];
    uint8_t key[KEY_BYTES] = {0};
    uint8_t digest[KP_DIGEST_BYTES];

    kp_scalar_random(secret);
    context_digest(digest, context);
    enum kp_status status = kp_points_multiply(shared, secret, opening_key, 1);
    if (status == KP_OK) {
        status = kp_points_multiply_base(sealed, secret, 1);
    }
    if (status == KP_OK) {
        status = inner_key(key, shared, sealed, opening_key, digest);
    }
    if (status == KP_OK) {
        kp_schnorr_prove(sealed + KP_POINT_BYTES, secret, sealed, digest);
        crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + INNER_HEADER_BYTES, NULL, plain, size,
                                                   sealed, INNER_HEADER_BYTES, NULL, inner_nonce,
                                                   key);
    }
    kp_wipe(secret, sizeof(secret));
    kp_wipe(shared, sizeof(shared));
    kp_wipe(key, sizeof(key));
    return status;
}

enum kp_status kp_seal_inner_check(const uint8_t *sealed, size_t sealed_size,
                                   const struct kp_seal_context *context)
{
    if (sealed_size < KP_SEAL_INNER_OVERHEAD) {
        return KP_REFUSED;
    }
    uint8_t digest[KP_DIGEST_BYTES];
    context_digest(digest, context);
    return kp_schnorr_verify(sealed + KP_POINT_BYTES, sealed, digest);
}

enum kp_status kp_open_inner_shared(uint8_t *plain, const uint8_t shared[static KP_POINT_BYTES],
                                    const uint8_t opening_key[static KP_POINT_BYTES],
                                    const struct kp_seal_context *context, const uint8_t *sealed,
                                    size_t sealed_size)
{
    uint8_t key[KEY_BYTES] = {0};
    uint8_t digest[KP_DIGEST_BYTES];
    enum kp_status status = kp_seal_inner_check(sealed, sealed_size, context);
    if (status == KP_OK) {
        context_digest(digest, context);
        status = inner_key(key, shared, sealed, opening_key, digest);
    }
    if (status == KP_OK) {
        int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain, NULL, NULL, sealed + INNER_HEADER_BYTES, sealed_size - INNER_HEADER_BYTES,
            sealed, INNER_HEADER_BYTES, inner_nonce, key);
        status = kp_verdict(bad) ? KP_REFUSED : KP_OK;
    }
    kp_wipe(key, sizeof(key));
    return status;
}

enum kp_status kp_open_inner(uint8_t *plain, const uint8_t opening_secret[static KP_SCALAR_BYTES],
                             const uint8_t opening_key[static KP_POINT_BYTES],
                             const struct kp_seal_context *context, const uint8_t *sealed,
                             size_t sealed_size)
{
    uint8_t shared[KP_POINT_BYTES];
    enum kp_status status = kp_seal_inner_check(sealed, sealed_size, context);
    if (status == KP_OK) {
        status = kp_points_multiply(shared, opening_secret, sealed, 1);
    }
    if (status == KP_OK) {
        status = kp_open_inner_shared(plain, shared, opening_key, context, sealed, sealed_size);
    }
    kp_wipe(shared, sizeof(shared));
    return status;
}

static enum kp_status outer_key(uint8_t key[static KEY_BYTES],
                                const uint8_t secret[static KP_SCALAR_BYTES],
                                const struct kp_seal_context *context)
{
    uint8_t info[KP_DIGEST_BYTES];
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 outer seal key");
    kp_hash_field(&hash, context->lineage, sizeof(context->lineage));
    kp_hash_number(&hash, context->member);
    kp_hash_digest(&hash, info);
    return kp_hkdf(key, KEY_BYTES, secret, KP_SCALAR_BYTES, context->round_id,
                   sizeof(context->round_id), info, sizeof(info));
}

enum kp_status kp_seal_outer(uint8_t *sealed, const uint8_t secret[static KP_SCALAR_BYTES],
                             const struct kp_seal_context *context, const uint8_t *plain,
                             size_t size)
{
    uint8_t key[KEY_BYTES];
    uint8_t digest[KP_DIGEST_BYTES];
    enum kp_status status = outer_key(key, secret, context);
    if (status == KP_OK) {
        context_digest(digest, context);
        randombytes_buf(sealed, NONCE_BYTES);
        crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_BYTES, NULL, plain, size, digest,
                                                   sizeof(digest), NULL, sealed, key);
    }
    kp_wipe(key, sizeof(key));
    return status;
}

enum kp_status kp_open_outer(uint8_t *plain, const uint8_t secret[static KP_SCALAR_BYTES],
                             const struct kp_seal_context *context, const uint8_t *sealed,
                             size_t sealed_size)
{
    if (sealed_size < KP_SEAL_OUTER_OVERHEAD) {
        return KP_REFUSED;
    }
    uint8_t key[KEY_BYTES];
    uint8_t digest[KP_DIGEST_BYTES];
    enum kp_status status = outer_key(key, secret, context);
    if (status == KP_OK) {
        context_digest(digest, context);
        int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain, NULL, NULL, sealed + NONCE_BYTES, sealed_size - NONCE_BYTES, digest,
            sizeof(digest), sealed, key);
        status = kp_verdict(bad) ? KP_REFUSED : KP_OK;
    }
    kp_wipe(key, sizeof(key));
    return status;
}
