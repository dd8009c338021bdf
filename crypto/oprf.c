#include "crypto/oprf.h"

#include "crypto/dleq.h"
#include "crypto/oprf_hash.h"
#include "crypto/oprf_weights.h"
#include "crypto/secret.h"
#include "crypto/verdict.h"

#include <sodium.h>
#include <stdlib.h>

_Static_assert(KP_OPRF_PROOF_BYTES == KP_DLEQ_PROOF_BYTES, "the proof is the core's");

/* `started` serves any number of times: with the block of zeros that every such hash begins with.
 */
static void hash_uniform(uint8_t uniform[static KP_OPRF_UNIFORM_BYTES],
                         const struct kp_oprf_hash *started, enum kp_oprf_mode mode,
                         const uint8_t *input, size_t input_size)
{
    struct kp_oprf_hash hash = *started;
    kp_oprf_hash_bytes(&hash, input, input_size);
    kp_oprf_hash_uniform(&hash, "HashToGroup-", mode, uniform);
}

enum kp_status kp_oprf_hash_to_group(uint8_t point[static KP_POINT_BYTES], enum kp_oprf_mode mode,
                                     const uint8_t *input, size_t input_size)
{
    if (input_size > KP_OPRF_INPUT_MAX) {
        kp_wipe(point, KP_POINT_BYTES);
        return KP_REFUSED;
    }
    uint8_t uniform[KP_OPRF_UNIFORM_BYTES];
    struct kp_oprf_hash started;
    kp_oprf_hash_start(&started);
    hash_uniform(uniform, &started, mode, input, input_size);
    kp_points_from_uniform(point, uniform, 1);
    kp_wipe(uniform, sizeof(uniform));
    return kp_verdict(sodium_is_zero(point, KP_POINT_BYTES)) ? KP_REFUSED : KP_OK;
}

enum kp_status kp_oprf_hash_many_to_group(uint8_t *points, enum kp_oprf_mode mode,
                                          const uint8_t *inputs, size_t input_size, size_t count)
{
    if (input_size > KP_OPRF_INPUT_MAX) {
        kp_wipe(points, count * KP_POINT_BYTES);
        return KP_REFUSED;
    }
    struct kp_oprf_hash started;
    uint8_t *uniform = kp_bulk_new(count * KP_OPRF_UNIFORM_BYTES);
    if (uniform == NULL) {
        return KP_FAILED;
    }
    kp_oprf_hash_start(&started);
    for (size_t i = 0; i < count; i++) {
        hash_uniform(uniform + i * KP_OPRF_UNIFORM_BYTES, &started, mode, inputs + i * input_size,
                     input_size);
    }
    kp_points_from_uniform(points, uniform, count);
    kp_bulk_free(uniform);
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        bad |= sodium_is_zero(points + i * KP_POINT_BYTES, KP_POINT_BYTES);
    }
    return kp_verdict(bad) ? KP_REFUSED : KP_OK;
}

enum kp_status kp_oprf_derive_key(uint8_t secret_key[static KP_SCALAR_BYTES],
                                  uint8_t public_key[static KP_POINT_BYTES], enum kp_oprf_mode mode,
                                  const uint8_t seed[static KP_OPRF_SEED_BYTES],
                                  const uint8_t *info, size_t info_size)
{
    for (unsigned counter = 0; counter <= 255 && info_size <= KP_OPRF_INPUT_MAX; counter++) {
        const uint8_t last[1] = {(uint8_t)counter};
        struct kp_oprf_hash hash;
        kp_oprf_hash_start(&hash);
        kp_oprf_hash_bytes(&hash, seed, KP_OPRF_SEED_BYTES);
        kp_oprf_hash_field(&hash, info, info_size);
        kp_oprf_hash_bytes(&hash, last, sizeof(last));
        kp_oprf_hash_scalar(&hash, "DeriveKeyPair", mode, secret_key);
        /* Refuses zero, which is what the RFC's loop is for. */
        if (kp_points_multiply_base(public_key, secret_key, 1) == KP_OK) {
            return KP_OK;
        }
    }
    kp_wipe(secret_key, KP_SCALAR_BYTES);
    kp_wipe(public_key, KP_POINT_BYTES);
    return KP_REFUSED;
}

enum kp_status kp_oprf_blind(uint8_t blinded[static KP_POINT_BYTES], enum kp_oprf_mode mode,
                             const uint8_t blind[static KP_SCALAR_BYTES], const uint8_t *input,
                             size_t input_size)
{
    uint8_t point[KP_POINT_BYTES];
    enum kp_status status = kp_oprf_hash_to_group(point, mode, input, input_size);
    if (status == KP_OK) {
        status = kp_points_multiply(blinded, blind, point, 1);
    }
    kp_wipe(point, sizeof(point));
    return status;
}

enum kp_status kp_oprf_blind_evaluate(uint8_t *evaluated,
                                      const uint8_t secret_key[static KP_SCALAR_BYTES],
                                      const uint8_t *blinded, size_t count)
{
    return kp_points_multiply(evaluated, secret_key, blinded, count);
}

/* The RFC's weights for count pairs, to be freed; NULL: no memory. They are public. */
static uint8_t *weights_new(const uint8_t *public_key, const uint8_t *blinded,
                            const uint8_t *evaluated, size_t count)
{
    uint8_t *weights = malloc(count * KP_SCALAR_BYTES);
    if (weights != NULL) {
        kp_oprf_weights(weights, public_key, blinded, evaluated, count);
    }
    return weights;
}

enum kp_status kp_oprf_generate_proof(uint8_t proof[static KP_OPRF_PROOF_BYTES],
                                      const uint8_t secret_key[static KP_SCALAR_BYTES],
                                      const uint8_t public_key[static KP_POINT_BYTES],
                                      const uint8_t *blinded, const uint8_t *evaluated,
                                      size_t count, const uint8_t random[static KP_SCALAR_BYTES])
{
    if (count == 0 || count > KP_OPRF_BATCH_MAX) {
        return KP_REFUSED;
    }
    uint8_t *weights = weights_new(public_key, blinded, evaluated, count);
    if (weights == NULL) {
        return KP_FAILED;
    }
    const struct kp_dleq dleq = {.public_key = public_key,
                                 .inputs = blinded,
                                 .outputs = evaluated,
                                 .weights = weights,
                                 .count = count,
                                 .challenge = kp_oprf_challenge};
    enum kp_status status = kp_dleq_prove(proof, secret_key, random, &dleq);
    free(weights);
    return status;
}

enum kp_status kp_oprf_verify_proof(const uint8_t proof[static KP_OPRF_PROOF_BYTES],
                                    const uint8_t public_key[static KP_POINT_BYTES],
                                    const uint8_t *blinded, const uint8_t *evaluated, size_t count)
{
    if (count == 0 || count > KP_OPRF_BATCH_MAX) {
        return KP_REFUSED;
    }
    uint8_t *weights = weights_new(public_key, blinded, evaluated, count);
    if (weights == NULL) {
        return KP_FAILED;
    }
    const struct kp_dleq dleq = {.public_key = public_key,
                                 .inputs = blinded,
                                 .outputs = evaluated,
                                 .weights = weights,
                                 .count = count,
                                 .challenge = kp_oprf_challenge};
    enum kp_status status = kp_dleq_verify(proof, &dleq);
    free(weights);
    return status;
}

enum kp_status kp_oprf_finalize(uint8_t output[static KP_OPRF_OUTPUT_BYTES], const uint8_t *input,
                                size_t input_size, const uint8_t blind[static KP_SCALAR_BYTES],
                                const uint8_t evaluated[static KP_POINT_BYTES])
{
    if (input_size > KP_OPRF_INPUT_MAX || kp_scalar_check(blind) != KP_OK) {
        return KP_REFUSED;
    }
    uint8_t inverse[KP_SCALAR_BYTES];
    uint8_t unblinded[KP_POINT_BYTES];
    /* Fails for zero only, which was refused above. */
    (void)crypto_core_ristretto255_scalar_invert(inverse, blind);
    enum kp_status status = kp_points_multiply(unblinded, inverse, evaluated, 1);
    if (status == KP_OK) {
        kp_oprf_output(output, input, input_size, unblinded);
    }
    kp_wipe(inverse, sizeof(inverse));
    kp_wipe(unblinded, sizeof(unblinded));
    return status;
}

enum kp_status kp_oprf_evaluate(uint8_t output[static KP_OPRF_OUTPUT_BYTES], enum kp_oprf_mode mode,
                                const uint8_t secret_key[static KP_SCALAR_BYTES],
                                const uint8_t *input, size_t input_size)
{
    uint8_t point[KP_POINT_BYTES];
    /* Evaluate is a Blind with the key in the blind's place, and the hash. */
    enum kp_status status = kp_oprf_blind(point, mode, secret_key, input, input_size);
    if (status == KP_OK) {
        kp_oprf_output(output, input, input_size, point);
    }
    kp_wipe(point, sizeof(point));
    return status;
}

static void hash_field(crypto_hash_sha512_state *state, const uint8_t *bytes, size_t size)
{
    const uint8_t length[2] = {(uint8_t)(size >> 8), (uint8_t)size};
    crypto_hash_sha512_update(state, length, sizeof(length));
    if (size > 0) {
        crypto_hash_sha512_update(state, bytes, size);
    }
}

void kp_oprf_output(uint8_t output[static KP_OPRF_OUTPUT_BYTES], const uint8_t *input,
                    size_t input_size, const uint8_t unblinded[static KP_POINT_BYTES])
{
    static const uint8_t finalize[] = {'F', 'i', 'n', 'a', 'l', 'i', 'z', 'e'};
    crypto_hash_sha512_state state;
    crypto_hash_sha512_init(&state);
    hash_field(&state, input, input_size);
    hash_field(&state, unblinded, KP_POINT_BYTES);
    crypto_hash_sha512_update(&state, finalize, sizeof(finalize));
    crypto_hash_sha512_final(&state, output);
    kp_wipe(&state, sizeof(state));
}
