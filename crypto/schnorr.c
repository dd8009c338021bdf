#include "crypto/schnorr.h"

#include "crypto/dleq.h"
#include "crypto/secret.h"

#include <sodium.h>
#include <string.h>

_Static_assert(KP_SCHNORR_BYTES == KP_DLEQ_PROOF_BYTES, "the same (c, s)");

static void challenge_of(uint8_t challenge[static KP_SCALAR_BYTES],
                         const uint8_t public_point[static KP_POINT_BYTES],
                         const uint8_t commitment[static KP_POINT_BYTES],
                         const uint8_t context[static KP_DIGEST_BYTES])
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 schnorr challenge");
    kp_hash_field(&hash, context, KP_DIGEST_BYTES);
    kp_hash_field(&hash, public_point, KP_POINT_BYTES);
    kp_hash_field(&hash, commitment, KP_POINT_BYTES);
    kp_hash_scalar(&hash, challenge);
}

/* Hedged, as in crypto/chunk_proof.c. */
void kp_schnorr_nonce(uint8_t nonce[static KP_SCALAR_BYTES],
                      const uint8_t fresh[static KP_SCHNORR_FRESH_BYTES],
                      const uint8_t secret[static KP_SCALAR_BYTES],
                      const uint8_t public_point[static KP_POINT_BYTES],
                      const uint8_t context[static KP_DIGEST_BYTES])
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 schnorr nonce");
    kp_hash_field(&hash, fresh, KP_SCHNORR_FRESH_BYTES);
    kp_hash_field(&hash, secret, KP_SCALAR_BYTES);
    kp_hash_field(&hash, public_point, KP_POINT_BYTES);
    kp_hash_field(&hash, context, KP_DIGEST_BYTES);
    kp_hash_scalar(&hash, nonce);
}

void kp_schnorr_answer(uint8_t proof[static KP_SCHNORR_BYTES],
                       const uint8_t nonce[static KP_SCALAR_BYTES],
                       const uint8_t commitment[static KP_POINT_BYTES],
                       const uint8_t secret[static KP_SCALAR_BYTES],
                       const uint8_t public_point[static KP_POINT_BYTES],
                       const uint8_t context[static KP_DIGEST_BYTES])
{
    challenge_of(proof, public_point, commitment, context);
    kp_dleq_answer(proof + KP_SCALAR_BYTES, nonce, proof, secret);
}

void kp_schnorr_prove(uint8_t proof[static KP_SCHNORR_BYTES],
                      const uint8_t secret[static KP_SCALAR_BYTES],
                      const uint8_t public_point[static KP_POINT_BYTES],
                      const uint8_t context[static KP_DIGEST_BYTES])
{
    uint8_t nonce[KP_SCALAR_BYTES];
    uint8_t commitment[KP_POINT_BYTES];
    do {
        uint8_t fresh[KP_SCHNORR_FRESH_BYTES];
        randombytes_buf(fresh, sizeof(fresh));
        kp_schnorr_nonce(nonce, fresh, secret, public_point, context);
        kp_wipe(fresh, sizeof(fresh));
    } while (kp_points_multiply_base(commitment, nonce, 1) != KP_OK);
    kp_schnorr_answer(proof, nonce, commitment, secret, public_point, context);
    kp_wipe(nonce, sizeof(nonce));
}

enum kp_status kp_schnorr_verify(const uint8_t proof[static KP_SCHNORR_BYTES],
                                 const uint8_t public_point[static KP_POINT_BYTES],
                                 const uint8_t context[static KP_DIGEST_BYTES])
{
    uint8_t commitment[KP_POINT_BYTES];
    uint8_t expected[KP_SCALAR_BYTES];
    enum kp_status status = kp_dleq_commitment(commitment, proof, public_point);
    if (status != KP_OK) {
        return status;
    }
    challenge_of(expected, public_point, commitment, context);
    return sodium_memcmp(expected, proof, sizeof(expected)) == 0 ? KP_OK : KP_REFUSED;
}

/* s * G + c * point for all of them; KP_REFUSED: one can't be, whichever. */
static enum kp_status commit_all(uint8_t *commitments, uint8_t *c, uint8_t *s,
                                 const uint8_t *proofs, const uint8_t *public_points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        memcpy(c + i * KP_SCALAR_BYTES, proofs + i * KP_SCHNORR_BYTES, KP_SCALAR_BYTES);
        memcpy(s + i * KP_SCALAR_BYTES, proofs + i * KP_SCHNORR_BYTES + KP_SCALAR_BYTES,
               KP_SCALAR_BYTES);
    }
    enum kp_status status = kp_points_multiply_base(s, s, count);
    if (status == KP_OK) {
        status = kp_points_multiply_each(c, c, public_points, count);
    }
    return status == KP_OK ? kp_points_add(commitments, s, c, count) : status;
}

enum kp_status kp_schnorr_verify_many(bool *holds, const uint8_t *proofs,
                                      const uint8_t *public_points, const uint8_t *contexts,
                                      size_t count)
{
    size_t size = count * KP_POINT_BYTES;
    uint8_t *commitments = kp_bulk_new(3 * size);
    if (commitments == NULL) {
        return KP_FAILED;
    }
    enum kp_status status = commit_all(commitments, commitments + size, commitments + 2 * size,
                                       proofs, public_points, count);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *proof = proofs + i * KP_SCHNORR_BYTES;
        const uint8_t *point = public_points + i * KP_POINT_BYTES;
        const uint8_t *context = contexts + i * KP_DIGEST_BYTES;
        uint8_t expected[KP_SCALAR_BYTES];
        if (status != KP_OK) { /* the batch doesn't say which one it is */
            holds[i] = kp_schnorr_verify(proof, point, context) == KP_OK;
            continue;
        }
        challenge_of(expected, point, commitments + i * KP_POINT_BYTES, context);
        holds[i] = sodium_memcmp(expected, proof, sizeof(expected)) == 0;
    }
    kp_bulk_free(commitments);
    return KP_OK;
}
