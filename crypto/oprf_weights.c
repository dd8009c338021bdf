#include "crypto/oprf_weights.h"

#include "crypto/oprf_hash.h"

static const enum kp_oprf_mode mode = KP_OPRF_MODE_VOPRF;

/* seed = Hash(I2OSP(len(Bm), 2) || Bm || I2OSP(len(seedDST), 2) || seedDST) */
static void composites_seed(uint8_t seed[static crypto_hash_sha512_BYTES],
                            const uint8_t public_key[static KP_POINT_BYTES])
{
    struct kp_oprf_domain domain;
    kp_oprf_domain(&domain, "Seed-", mode);
    const uint8_t key_length[2] = {0, KP_POINT_BYTES};
    const uint8_t domain_length[2] = {0, (uint8_t)domain.size};

    crypto_hash_sha512_state state;
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, key_length, sizeof(key_length));
    crypto_hash_sha512_update(&state, public_key, KP_POINT_BYTES);
    crypto_hash_sha512_update(&state, domain_length, sizeof(domain_length));
    crypto_hash_sha512_update(&state, domain.bytes, domain.size);
    crypto_hash_sha512_final(&state, seed);
}

void kp_oprf_weights(uint8_t *weights, const uint8_t public_key[static KP_POINT_BYTES],
                     const uint8_t *inputs, const uint8_t *outputs, size_t count)
{
    static const char composite[] = "Composite";
    uint8_t seed[crypto_hash_sha512_BYTES];
    composites_seed(seed, public_key);
    for (size_t i = 0; i < count; i++) {
        const uint8_t index[2] = {(uint8_t)(i >> 8), (uint8_t)i};
        struct kp_oprf_hash hash;
        kp_oprf_hash_start(&hash);
        kp_oprf_hash_field(&hash, seed, sizeof(seed));
        kp_oprf_hash_bytes(&hash, index, sizeof(index));
        kp_oprf_hash_field(&hash, inputs + i * KP_POINT_BYTES, KP_POINT_BYTES);
        kp_oprf_hash_field(&hash, outputs + i * KP_POINT_BYTES, KP_POINT_BYTES);
        kp_oprf_hash_bytes(&hash, composite, sizeof(composite) - 1);
        kp_oprf_hash_scalar(&hash, "HashToScalar-", mode, weights + i * KP_SCALAR_BYTES);
    }
}

void kp_oprf_challenge(uint8_t challenge[static KP_SCALAR_BYTES], const struct kp_dleq *dleq,
                       const struct kp_dleq_points *points)
{
    static const char label[] = "Challenge";
    struct kp_oprf_hash hash;
    kp_oprf_hash_start(&hash);
    kp_oprf_hash_field(&hash, dleq->public_key, KP_POINT_BYTES);
    kp_oprf_hash_field(&hash, points->m, KP_POINT_BYTES);
    kp_oprf_hash_field(&hash, points->z, KP_POINT_BYTES);
    kp_oprf_hash_field(&hash, points->t2, KP_POINT_BYTES);
    kp_oprf_hash_field(&hash, points->t3, KP_POINT_BYTES);
    kp_oprf_hash_bytes(&hash, label, sizeof(label) - 1);
    kp_oprf_hash_scalar(&hash, "HashToScalar-", mode, challenge);
}
