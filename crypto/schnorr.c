#include "crypto/schnorr.h"

#include "crypto/dleq.h"
#include "crypto/secret.h"

#include <sodium.h>

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
