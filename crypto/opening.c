#include "crypto/opening.h"

#include "crypto/dleq.h"
#include "crypto/secret.h"
#include "crypto/verdict.h"

#include <sodium.h>
#include <string.h>

_Static_assert(KP_PARTIAL_PROOF_BYTES == KP_DLEQ_PROOF_BYTES, "the proof is the core's");

/* One pair of points, so its weight is 1. */
static const uint8_t one[KP_SCALAR_BYTES] = {1};

static void challenge_of(uint8_t challenge[static KP_SCALAR_BYTES], const struct kp_dleq *dleq,
                         const struct kp_dleq_points *points)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 partial opening challenge");
    kp_hash_field(&hash, dleq->seed, KP_DIGEST_BYTES);
    kp_hash_field(&hash, dleq->public_key, KP_POINT_BYTES);
    kp_hash_field(&hash, points->m, KP_POINT_BYTES);
    kp_hash_field(&hash, points->z, KP_POINT_BYTES);
    kp_hash_field(&hash, points->t2, KP_POINT_BYTES);
    kp_hash_field(&hash, points->t3, KP_POINT_BYTES);
    kp_hash_scalar(&hash, challenge);
}

static void place_digest(uint8_t digest[static KP_DIGEST_BYTES],
                         const struct kp_seal_context *context, uint32_t holder)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 partial opening");
    kp_hash_field(&hash, context->lineage, sizeof(context->lineage));
    kp_hash_field(&hash, context->round_id, sizeof(context->round_id));
    kp_hash_number(&hash, context->member);
    kp_hash_field(&hash, context->tag, sizeof(context->tag));
    kp_hash_number(&hash, holder);
    kp_hash_digest(&hash, digest);
}

/* E stands first in a seal, D first in a partial. */
static struct kp_dleq statement(const uint8_t digest[static KP_DIGEST_BYTES],
                                const struct kp_partial_holder *holder, const uint8_t *sealed,
                                const uint8_t partial[static KP_PARTIAL_BYTES])
{
    return (struct kp_dleq){.public_key = holder->key,
                            .inputs = sealed,
                            .outputs = partial,
                            .weights = one,
                            .count = 1,
                            .challenge = challenge_of,
                            .seed = digest};
}

/* Hedged, as in crypto/chunk_proof.c. */
static void draw_nonce(uint8_t nonce[static KP_SCALAR_BYTES],
                       const uint8_t secret[static KP_SCALAR_BYTES],
                       const uint8_t digest[static KP_DIGEST_BYTES],
                       const uint8_t ephemeral[static KP_POINT_BYTES])
{
    uint8_t fresh[32];
    randombytes_buf(fresh, sizeof(fresh));
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 partial opening nonce");
    kp_hash_field(&hash, fresh, sizeof(fresh));
    kp_hash_field(&hash, secret, KP_SCALAR_BYTES);
    kp_hash_field(&hash, digest, KP_DIGEST_BYTES);
    kp_hash_field(&hash, ephemeral, KP_POINT_BYTES);
    kp_hash_scalar(&hash, nonce);
    kp_wipe(fresh, sizeof(fresh));
}

enum kp_status kp_partial_open(uint8_t partial[static KP_PARTIAL_BYTES],
                               const uint8_t secret[static KP_SCALAR_BYTES],
                               const struct kp_partial_holder *holder,
                               const struct kp_seal_context *context, const uint8_t *sealed,
                               size_t sealed_size)
{
    uint8_t digest[KP_DIGEST_BYTES];
    uint8_t nonce[KP_SCALAR_BYTES];
    kp_wipe(partial, KP_PARTIAL_BYTES);
    enum kp_status status = kp_seal_inner_check(sealed, sealed_size, context);
    if (status == KP_OK) {
        status = kp_points_multiply(partial, secret, sealed, 1);
    }
    if (status == KP_OK) {
        place_digest(digest, context, holder->number);
        struct kp_dleq dleq = statement(digest, holder, sealed, partial);
        draw_nonce(nonce, secret, digest, sealed);
        status = kp_dleq_prove(partial + KP_POINT_BYTES, secret, nonce, &dleq);
        kp_wipe(nonce, sizeof(nonce));
    }
    if (status != KP_OK) {
        kp_wipe(partial, KP_PARTIAL_BYTES);
    }
    return status;
}

enum kp_status kp_partial_check(const uint8_t partial[static KP_PARTIAL_BYTES],
                                const struct kp_partial_holder *holder,
                                const struct kp_seal_context *context, const uint8_t *sealed,
                                size_t sealed_size)
{
    uint8_t digest[KP_DIGEST_BYTES];
    enum kp_status status = kp_seal_inner_check(sealed, sealed_size, context);
    if (status != KP_OK) {
        return status;
    }
    place_digest(digest, context, holder->number);
    struct kp_dleq dleq = statement(digest, holder, sealed, partial);
    return kp_dleq_verify(partial + KP_POINT_BYTES, &dleq);
}

enum kp_status kp_partial_combine(uint8_t shared[static KP_POINT_BYTES], const uint8_t *partials,
                                  size_t count)
{
    enum kp_status status = KP_OK;
    kp_wipe(shared, KP_POINT_BYTES);
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        status = kp_points_add(shared, shared, partials + i * KP_PARTIAL_BYTES, 1);
    }
    if (status == KP_OK && kp_verdict(sodium_is_zero(shared, KP_POINT_BYTES))) {
        status = KP_REFUSED;
    }
    if (status != KP_OK) {
        kp_wipe(shared, KP_POINT_BYTES);
    }
    return status;
}
