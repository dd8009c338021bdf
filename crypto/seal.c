#include "crypto/seal.h"

#include "crypto/schnorr.h"
#include "crypto/secret.h"
#include "crypto/verdict.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

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

/* shared is e * L, ephemeral is E. key may be shared. */
static void inner_key(uint8_t key[static KEY_BYTES], const uint8_t shared[static KP_POINT_BYTES],
                      const uint8_t ephemeral[static KP_POINT_BYTES],
                      const uint8_t opening_key[static KP_POINT_BYTES],
                      const uint8_t digest[static KP_DIGEST_BYTES])
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 inner seal key");
    kp_hash_field(&hash, shared, KP_POINT_BYTES);
    kp_hash_field(&hash, ephemeral, KP_POINT_BYTES);
    kp_hash_field(&hash, opening_key, KP_POINT_BYTES);
    kp_hash_field(&hash, digest, KP_DIGEST_BYTES);
    kp_hash_digest(&hash, key);
}

/* A key of its own for each record, so the nonce has nothing to tell apart. */
static const uint8_t inner_nonce[NONCE_BYTES];

/* What seals are made of: an array for each, as the batches of crypto/group.h want them, in bulk
 * memory. Records share nothing but the opening key. */
struct sealing {
    size_t count;
    uint8_t *secrets;     /* e */
    uint8_t *ephemerals;  /* E = e * G */
    uint8_t *shared;      /* e * L, and then the key that comes of it */
    uint8_t *nonces;      /* of the proofs */
    uint8_t *commitments; /* nonce * G */
    uint8_t *digests;     /* of the contexts */
};

_Static_assert(KP_SCALAR_BYTES == 32 && KP_POINT_BYTES == 32 && KP_DIGEST_BYTES == 32 &&
                   KEY_BYTES == 32 && KP_SCHNORR_FRESH_BYTES == KP_SCALAR_BYTES,
               "all arrays have elements of the same size");

static enum kp_status sealing_new(struct sealing *sealing, size_t count)
{
    uint8_t **const arrays[] = {&sealing->secrets, &sealing->ephemerals,  &sealing->shared,
                                &sealing->nonces,  &sealing->commitments, &sealing->digests};
    const size_t kinds = sizeof(arrays) / sizeof(arrays[0]);
    uint8_t *memory = count > SIZE_MAX / 32 / kinds ? NULL : kp_bulk_new(kinds * count * 32);
    if (memory == NULL) {
        return KP_FAILED;
    }
    sealing->count = count;
    for (size_t i = 0; i < kinds; i++) {
        *arrays[i] = memory + i * count * 32;
    }
    return KP_OK;
}

static void sealing_free(struct sealing *sealing)
{
    kp_bulk_free(sealing->secrets);
}

/* So many records' random bytes are drawn together: a draw for each takes longer. */
#define DRAWN 32u
#define WIDE_BYTES crypto_core_ristretto255_NONREDUCEDSCALARBYTES
#define DRAWN_EACH (WIDE_BYTES + KP_SCHNORR_FRESH_BYTES)

/* Record by record, so that batches of any size use the generator alike. A secret of zero, once in
 * 2^252, would have the identity as its point, which multiplying refuses. */
static void draw(struct sealing *sealing, const struct kp_seal_context *contexts)
{
    uint8_t noise[DRAWN * DRAWN_EACH];
    for (size_t i = 0; i < sealing->count; i++) {
        const uint8_t *own = noise + i % DRAWN * DRAWN_EACH;
        if (i % DRAWN == 0) {
            size_t left = sealing->count - i < DRAWN ? sealing->count - i : DRAWN;
            randombytes_buf(noise, left * DRAWN_EACH);
        }
        crypto_core_ristretto255_scalar_reduce(sealing->secrets + i * 32, own);
        memcpy(sealing->nonces + i * 32, own + WIDE_BYTES, KP_SCHNORR_FRESH_BYTES);
        context_digest(sealing->digests + i * 32, &contexts[i]);
    }
    kp_wipe(noise, sizeof(noise));
}

static enum kp_status multiply(struct sealing *sealing,
                               const uint8_t opening_key[static KP_POINT_BYTES])
{
    size_t count = sealing->count;
    enum kp_status status =
        kp_points_multiply_fixed(sealing->shared, sealing->secrets, opening_key, count);
    if (status == KP_OK) {
        status = kp_points_multiply_base(sealing->ephemerals, sealing->secrets, count);
    }
    for (size_t i = 0; status == KP_OK && i < count * 32; i += 32) {
        kp_schnorr_nonce(sealing->nonces + i, sealing->nonces + i, sealing->secrets + i,
                         sealing->ephemerals + i, sealing->digests + i);
    }
    /* A nonce of zero, once in 2^252, is a failure of the random generator. */
    if (status == KP_OK &&
        kp_points_multiply_base(sealing->commitments, sealing->nonces, count) != KP_OK) {
        status = KP_FAILED;
    }
    return status;
}

static void derive_keys(struct sealing *sealing, const uint8_t opening_key[static KP_POINT_BYTES])
{
    for (size_t i = 0; i < sealing->count * 32; i += 32) {
        inner_key(sealing->shared + i, sealing->shared + i, sealing->ephemerals + i, opening_key,
                  sealing->digests + i);
    }
}

/* Record `index`, of which everything is there but its proof and its ciphertext. */
static void put_seal(uint8_t *sealed, const struct sealing *sealing, size_t index,
                     const uint8_t *plain, size_t size)
{
    size_t at = index * 32;
    memcpy(sealed, sealing->ephemerals + at, KP_POINT_BYTES);
    kp_schnorr_answer(sealed + KP_POINT_BYTES, sealing->nonces + at, sealing->commitments + at,
                      sealing->secrets + at, sealing->ephemerals + at, sealing->digests + at);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + INNER_HEADER_BYTES, NULL, plain, size,
                                               sealed, INNER_HEADER_BYTES, NULL, inner_nonce,
                                               sealing->shared + at);
}

enum kp_status kp_seal_inner_many(uint8_t *sealed, const uint8_t opening_key[static KP_POINT_BYTES],
                                  const struct kp_seal_context *contexts, const uint8_t *plains,
                                  size_t size, size_t count)
{
    struct sealing sealing;
    enum kp_status status = sealing_new(&sealing, count);
    if (status != KP_OK) {
        return status;
    }
    draw(&sealing, contexts);
    status = multiply(&sealing, opening_key);
    if (status == KP_OK) {
        derive_keys(&sealing, opening_key);
    }
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        put_seal(sealed + i * (size + KP_SEAL_INNER_OVERHEAD), &sealing, i,
                 size == 0 ? NULL : plains + i * size, size);
    }
    sealing_free(&sealing);
    return status;
}

enum kp_status kp_seal_inner(uint8_t *sealed, const uint8_t opening_key[static KP_POINT_BYTES],
                             const struct kp_seal_context *context, const uint8_t *plain,
                             size_t size)
{
    return kp_seal_inner_many(sealed, opening_key, context, plain, size, 1);
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

enum kp_status kp_seal_inner_check_many(bool *holds, const struct kp_seal_place *places,
                                        size_t count, size_t sealed_size)
{
    if (sealed_size < KP_SEAL_INNER_OVERHEAD) {
        memset(holds, 0, count * sizeof(*holds));
        return KP_OK;
    }
    uint8_t *proofs = kp_bulk_new(count * (KP_SCHNORR_BYTES + KP_POINT_BYTES + KP_DIGEST_BYTES));
    if (proofs == NULL) {
        return KP_FAILED;
    }
    uint8_t *points = proofs + count * KP_SCHNORR_BYTES;
    uint8_t *digests = points + count * KP_POINT_BYTES;
    for (size_t i = 0; i < count; i++) {
        memcpy(points + i * KP_POINT_BYTES, places[i].sealed, KP_POINT_BYTES);
        memcpy(proofs + i * KP_SCHNORR_BYTES, places[i].sealed + KP_POINT_BYTES, KP_SCHNORR_BYTES);
        context_digest(digests + i * KP_DIGEST_BYTES, &places[i].context);
    }
    enum kp_status status = kp_schnorr_verify_many(holds, proofs, points, digests, count);
    kp_bulk_free(proofs);
    return status;
}

enum kp_status kp_open_inner_checked(uint8_t *plain, const uint8_t shared[static KP_POINT_BYTES],
                                     const uint8_t opening_key[static KP_POINT_BYTES],
                                     const struct kp_seal_context *context, const uint8_t *sealed,
                                     size_t sealed_size)
{
    uint8_t key[KEY_BYTES];
    uint8_t digest[KP_DIGEST_BYTES];
    if (sealed_size < KP_SEAL_INNER_OVERHEAD) {
        return KP_REFUSED;
    }
    context_digest(digest, context);
    inner_key(key, shared, sealed, opening_key, digest);
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, NULL, NULL, sealed + INNER_HEADER_BYTES, sealed_size - INNER_HEADER_BYTES, sealed,
        INNER_HEADER_BYTES, inner_nonce, key);
    kp_wipe(key, sizeof(key));
    return kp_verdict(bad) ? KP_REFUSED : KP_OK;
}

enum kp_status kp_open_inner_shared(uint8_t *plain, const uint8_t shared[static KP_POINT_BYTES],
                                    const uint8_t opening_key[static KP_POINT_BYTES],
                                    const struct kp_seal_context *context, const uint8_t *sealed,
                                    size_t sealed_size)
{
    enum kp_status status = kp_seal_inner_check(sealed, sealed_size, context);
    return status == KP_OK
               ? kp_open_inner_checked(plain, shared, opening_key, context, sealed, sealed_size)
               : status;
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

/* The context holds round, member and tag, so no two records have a key in common. */
static void outer_key(uint8_t key[static KEY_BYTES], const uint8_t secret[static KP_SCALAR_BYTES],
                      const uint8_t digest[static KP_DIGEST_BYTES])
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 outer seal key");
    kp_hash_field(&hash, secret, KP_SCALAR_BYTES);
    kp_hash_field(&hash, digest, KP_DIGEST_BYTES);
    kp_hash_digest(&hash, key);
}

/* The nonce stands in `sealed` already. */
static void put_outer(uint8_t *sealed, const uint8_t secret[static KP_SCALAR_BYTES],
                      const struct kp_seal_context *context, const uint8_t *plain, size_t size)
{
    uint8_t key[KEY_BYTES];
    uint8_t digest[KP_DIGEST_BYTES];
    context_digest(digest, context);
    outer_key(key, secret, digest);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_BYTES, NULL, plain, size, digest,
                                               sizeof(digest), NULL, sealed, key);
    kp_wipe(key, sizeof(key));
}

enum kp_status kp_seal_outer(uint8_t *sealed, const uint8_t secret[static KP_SCALAR_BYTES],
                             const struct kp_seal_context *context, const uint8_t *plain,
                             size_t size)
{
    return kp_seal_outer_many(sealed, 0, secret, context, plain, size, 1);
}

enum kp_status kp_seal_outer_many(uint8_t *sealed, size_t stride, const uint8_t *secrets,
                                  const struct kp_seal_context *contexts, const uint8_t *plains,
                                  size_t size, size_t count)
{
    uint8_t nonces[DRAWN * NONCE_BYTES];
    for (size_t i = 0; i < count; i++) {
        uint8_t *record = sealed + i * stride;
        if (i % DRAWN == 0) {
            size_t left = count - i < DRAWN ? count - i : DRAWN;
            randombytes_buf(nonces, left * NONCE_BYTES);
        }
        memcpy(record, nonces + i % DRAWN * NONCE_BYTES, NONCE_BYTES);
        put_outer(record, secrets + i * KP_SCALAR_BYTES, &contexts[i],
                  size == 0 ? NULL : plains + i * size, size);
    }
    return KP_OK;
}

enum kp_status kp_open_outer(uint8_t *plain, const uint8_t secret[static KP_SCALAR_BYTES],
                             const struct kp_seal_context *context, const uint8_t *sealed,
                             size_t sealed_size)
{
    uint8_t key[KEY_BYTES];
    uint8_t digest[KP_DIGEST_BYTES];
    if (sealed_size < KP_SEAL_OUTER_OVERHEAD) {
        return KP_REFUSED;
    }
    context_digest(digest, context);
    outer_key(key, secret, digest);
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed + NONCE_BYTES,
                                                         sealed_size - NONCE_BYTES, digest,
                                                         sizeof(digest), sealed, key);
    kp_wipe(key, sizeof(key));
    return kp_verdict(bad) ? KP_REFUSED : KP_OK;
}
