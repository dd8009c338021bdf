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
                                  const uint8_t *base, const uint8_t point[static KP_POINT_BYTES])
{
    const uint8_t *c = proof;
    const uint8_t *s = proof + KP_SCALAR_BYTES;
    uint8_t left[KP_POINT_BYTES];
    uint8_t right[KP_POINT_BYTES];
    /* Both multiplications refuse a scalar that is zero, which an honest one is once in 2^252, or
     * not reduced, so that a proof has one encoding. */
    enum kp_status status =
        base == NULL ? kp_points_multiply_base(left, s, 1) : kp_points_multiply(left, s, base, 1);
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
    return dleq->short_weights != NULL ? kp_decoded_combine(out, dleq->short_weights, decoded)
                                       : kp_points_combine(out, dleq->weights, points, dleq->count);
}

/* ComputeCompositesFast and the two commitments. */
static enum kp_status commit(struct kp_dleq_points *points,
                             const uint8_t key[static KP_SCALAR_BYTES],
                             const uint8_t nonce[static KP_SCALAR_BYTES],
                             const struct kp_dleq *dleq)
{
    enum kp_status status = combine(points->m, dleq, dleq->inputs, dleq->decoded_inputs);
    if (status == KP_OK) {
        status = kp_points_multiply(points->z, key, points->m, 1);
    }
    if (status == KP_OK) {
        status = kp_points_multiply_base(points->t2, nonce, 1);
    }
    if (status == KP_OK) {
        status = kp_points_multiply(points->t3, nonce, points->m, 1);
    }
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
    dleq->challenge(proof, dleq, &points);
    kp_dleq_answer(proof + KP_SCALAR_BYTES, nonce, proof, key);
    return KP_OK;
}

/* ComputeComposites, and the commitments as the proof has them. */
static enum kp_status recommit(struct kp_dleq_points *points,
                               const uint8_t proof[static KP_DLEQ_PROOF_BYTES],
                               const struct kp_dleq *dleq)
{
    enum kp_status status = combine(points->m, dleq, dleq->inputs, dleq->decoded_inputs);
    if (status == KP_OK) {
        status = combine(points->z, dleq, dleq->outputs, dleq->decoded_outputs);
    }
    if (status == KP_OK) {
        status = kp_dleq_commitment(points->t2, proof, NULL, dleq->public_key);
    }
    if (status == KP_OK) {
        status = kp_dleq_commitment(points->t3, proof, points->m, points->z);
    }
    return status;
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
