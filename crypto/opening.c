#include "crypto/opening.h"

#include "crypto/dleq.h"
#include "crypto/secret.h"
#include "crypto/verdict.h"

#include <sodium.h>
#include <stdlib.h>
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

/* Arrays of 32 bytes a seal, in bulk memory. */
struct many {
    uint8_t *ephemerals; /* E */
    uint8_t *opened;     /* D */
    uint8_t *nonces;
    uint8_t *t2;
    uint8_t *t3;
    uint8_t *digests;
};

static enum kp_status check_all(const struct kp_seal_place *places, size_t count,
                                size_t sealed_size)
{
    bool *holds = calloc(count + 1, sizeof(*holds));
    enum kp_status status =
        holds == NULL ? KP_FAILED : kp_seal_inner_check_many(holds, places, count, sealed_size);
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        status = holds[i] ? KP_OK : KP_REFUSED;
    }
    free(holds);
    return status;
}

static enum kp_status multiply_all(const struct many *many,
                                   const uint8_t secret[static KP_SCALAR_BYTES], size_t count)
{
    enum kp_status status = kp_points_multiply(many->opened, secret, many->ephemerals, count);
    if (status == KP_OK) {
        status = kp_points_multiply_base(many->t2, many->nonces, count);
    }
    return status == KP_OK
               ? kp_points_multiply_each(many->t3, many->nonces, many->ephemerals, count)
               : status;
}

/* Of seals whose proofs hold. */
static enum kp_status open_all(uint8_t *partials, const struct many *many,
                               const uint8_t secret[static KP_SCALAR_BYTES],
                               const struct kp_partial_holder *holder,
                               const struct kp_seal_place *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i * KP_POINT_BYTES;
        memcpy(many->ephemerals + at, places[i].sealed, KP_POINT_BYTES);
        place_digest(many->digests + at, &places[i].context, holder->number);
        draw_nonce(many->nonces + at, secret, many->digests + at, many->ephemerals + at);
    }
    enum kp_status status = multiply_all(many, secret, count);
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        size_t at = i * KP_POINT_BYTES;
        uint8_t *partial = partials + i * KP_PARTIAL_BYTES;
        struct kp_dleq_points points;
        memcpy(partial, many->opened + at, KP_POINT_BYTES);
        memcpy(points.m, many->ephemerals + at, KP_POINT_BYTES);
        memcpy(points.z, many->opened + at, KP_POINT_BYTES);
        memcpy(points.t2, many->t2 + at, KP_POINT_BYTES);
        memcpy(points.t3, many->t3 + at, KP_POINT_BYTES);
        struct kp_dleq dleq = statement(many->digests + at, holder, places[i].sealed, partial);
        challenge_of(partial + KP_POINT_BYTES, &dleq, &points);
        kp_dleq_answer(partial + KP_POINT_BYTES + KP_SCALAR_BYTES, many->nonces + at,
                       partial + KP_POINT_BYTES, secret);
    }
    return status;
}

enum kp_status kp_partial_open_many(uint8_t *partials, const uint8_t secret[static KP_SCALAR_BYTES],
                                    const struct kp_partial_holder *holder,
                                    const struct kp_seal_place *places, size_t count,
                                    size_t sealed_size)
{
    size_t size = count * KP_POINT_BYTES;
    uint8_t *room = kp_bulk_new(6 * size);
    kp_wipe(partials, count * KP_PARTIAL_BYTES);
    enum kp_status status = room == NULL ? KP_FAILED : check_all(places, count, sealed_size);
    if (status == KP_OK) {
        const struct many many = {
            room, room + size, room + 2 * size, room + 3 * size, room + 4 * size, room + 5 * size};
        status = open_all(partials, &many, secret, holder, places, count);
    }
    kp_bulk_free(room);
    if (status != KP_OK) {
        kp_wipe(partials, count * KP_PARTIAL_BYTES);
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
    kp_wipe(shared, KP_POINT_BYTES); /* the identity */
    if (count == 1) {                /* whether it is a point, who made or checked it knows */
        memcpy(shared, partials, KP_POINT_BYTES);
    }
    for (size_t i = 0; count > 1 && status == KP_OK && i < count; i++) {
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
