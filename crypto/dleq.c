#include "crypto/dleq.h"

#include "crypto/secret.h"

#include <sodium.h>
#include <string.h>

void kp_dleq_answer(uint8_t s[static KP_SCALAR_BYTES], const uint8_t nonce[static KP_SCALAR_BYTES],
                    const uint8_t challenge[static KP_SCALAR_BYTES],
                    const uint8_t secret[static KP_SCALAR_BYTES])
{
    uint8_t product[KP_SCALAR_BYTES];
    crypto_core_ristretto255_scalar_mul(product, challenge, secret);
    crypto_core_ristretto255_scalar_sub(s, nonce, product);
    kp_wipe(product, sizeof(product));
}

enum kp_status kp_dleq_commitment(uint8_t out[static KP_POINT_BYTES],
                                  const uint8_t proof[static KP_DLEQ_PROOF_BYTES],
                                  const uint8_t point[static KP_POINT_BYTES])
{
    const uint8_t *c = proof;
    const uint8_t *s = proof + KP_SCALAR_BYTES;
    uint8_t left[KP_POINT_BYTES];
    uint8_t right[KP_POINT_BYTES];
    /* Both multiplications refuse a scalar that is zero, which an honest one is once in 2^252, or
     * not reduced, so that a proof has one encoding. */
    enum kp_status status = kp_points_multiply_base(left, s, 1);
    if (status == KP_OK) {
        status = kp_points_multiply(right, c, point, 1);
    }
    if (status == KP_OK) {
        status = kp_points_add(out, left, right, 1);
    }
    return status;
}

static enum kp_status combine(uint8_t out[static KP_POINT_BYTES], const struct kp_dleq *dleq,
                              const uint8_t *points, const struct kp_decoded *decoded)
{
    return dleq->short_weights != NULL
               ? kp_decoded_combine(out, dleq->short_weights, KP_WEIGHT_BYTES, decoded)
               : kp_points_combine(out, dleq->weights, points, dleq->count);
}

/* ComputeCompositesFast and the two commitments: Z = key * M, T2 = nonce * G, T3 = nonce * M. */
static enum kp_status commit(struct kp_dleq_points *points,
                             const uint8_t key[static KP_SCALAR_BYTES],
                             const uint8_t nonce[static KP_SCALAR_BYTES],
                             const struct kp_dleq *dleq)
{
    enum kp_status status = combine(points->m, dleq, dleq->inputs, dleq->decoded_inputs);
    if (status != KP_OK) {
        return status;
    }
    struct {
        uint8_t scalars[3][KP_SCALAR_BYTES];
        uint8_t factors[3][KP_POINT_BYTES];
        uint8_t products[3][KP_POINT_BYTES];
    } each;
    memcpy(each.scalars[0], key, KP_SCALAR_BYTES);
    memcpy(each.scalars[1], nonce, KP_SCALAR_BYTES);
    memcpy(each.scalars[2], nonce, KP_SCALAR_BYTES);
    memcpy(each.factors[0], points->m, KP_POINT_BYTES);
    memcpy(each.factors[1], kp_point_generator, KP_POINT_BYTES);
    memcpy(each.factors[2], points->m, KP_POINT_BYTES);
    status = kp_points_multiply_each(each.products[0], each.scalars[0], each.factors[0], 3);
    memcpy(points->z, each.products[0], KP_POINT_BYTES);
    memcpy(points->t2, each.products[1], KP_POINT_BYTES);
    memcpy(points->t3, each.products[2], KP_POINT_BYTES);
    kp_wipe(&each, sizeof(each));
    return status;
}

enum kp_status kp_dleq_prove(uint8_t proof[static KP_DLEQ_PROOF_BYTES],
                             const uint8_t key[static KP_SCALAR_BYTES],
                             const uint8_t nonce[static KP_SCALAR_BYTES],
                             const struct kp_dleq *dleq)
{
    struct kp_dleq_points points;
    enum kp_status status = commit(&points, key, nonce, dleq);
    if (status != KP_OK) {
        kp_wipe(proof, KP_DLEQ_PROOF_BYTES);
        return status;
    }
    if (dleq->composite != NULL) {
        memcpy(dleq->composite, points.m, KP_POINT_BYTES);
    }
    dleq->challenge(proof, dleq, &points);
    kp_dleq_answer(proof + KP_SCALAR_BYTES, nonce, proof, key);
    return KP_OK;
}

/* T2 = s * G + c * public_key, T3 = s * M + c * Z. The multiplication refuses a scalar that is
 * zero, which an honest one is once in 2^252, or not reduced, so that a proof has one encoding. */
static enum kp_status commitments(struct kp_dleq_points *points,
                                  const uint8_t proof[static KP_DLEQ_PROOF_BYTES],
                                  const uint8_t public_key[static KP_POINT_BYTES])
{
    const uint8_t *c = proof;
    const uint8_t *s = proof + KP_SCALAR_BYTES;
    const uint8_t *const scalars[4] = {s, s, c, c};
    const uint8_t *const factors[4] = {kp_point_generator, points->m, public_key, points->z};
    uint8_t all[4 * KP_SCALAR_BYTES];
    uint8_t products[4 * KP_POINT_BYTES];
    uint8_t sums[2 * KP_POINT_BYTES];
    for (size_t i = 0; i < 4; i++) {
        memcpy(all + i * KP_SCALAR_BYTES, scalars[i], KP_SCALAR_BYTES);
        memcpy(products + i * KP_POINT_BYTES, factors[i], KP_POINT_BYTES);
    }
    enum kp_status status = kp_points_multiply_each(products, all, products, 4);
    if (status == KP_OK) {
        status = kp_points_add(sums, products, products + 2 * KP_POINT_BYTES, 2);
    }
    if (status == KP_OK) {
        memcpy(points->t2, sums, KP_POINT_BYTES);
        memcpy(points->t3, sums + KP_POINT_BYTES, KP_POINT_BYTES);
    }
    return status;
}

/* ComputeComposites, and the commitments as the proof has them. */
static enum kp_status recommit(struct kp_dleq_points *points,
                               const uint8_t proof[static KP_DLEQ_PROOF_BYTES],
                               const struct kp_dleq *dleq)
{
    enum kp_status status = KP_OK;
    if (dleq->composite != NULL) {
        memcpy(points->m, dleq->composite, KP_POINT_BYTES);
    } else {
        status = combine(points->m, dleq, dleq->inputs, dleq->decoded_inputs);
    }
    if (status == KP_OK) {
        status = combine(points->z, dleq, dleq->outputs, dleq->decoded_outputs);
    }
    return status == KP_OK ? commitments(points, proof, dleq->public_key) : status;
}

enum kp_status kp_dleq_verify(const uint8_t proof[static KP_DLEQ_PROOF_BYTES],
                              const struct kp_dleq *dleq)
{
    struct kp_dleq_points points;
    enum kp_status status = recommit(&points, proof, dleq);
    if (status != KP_OK) {
        return status;
    }
    uint8_t expected[KP_SCALAR_BYTES];
    dleq->challenge(expected, dleq, &points);
    return sodium_memcmp(expected, proof, sizeof(expected)) == 0 ? KP_OK : KP_REFUSED;
}
