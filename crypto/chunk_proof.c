#include "crypto/chunk_proof.h"

#include "crypto/chunk_check.h"
#include "crypto/chunk_weights.h"
#include "crypto/dleq.h"
#include "crypto/secret.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(KP_CHUNK_PROOF_BYTES == KP_DLEQ_PROOF_BYTES + KP_POINT_BYTES,
               "the proof is the core's, and M");

void kp_chunk_statement(uint8_t seed[static KP_CHUNK_SEED_BYTES], uint8_t *weights,
                        const uint8_t public_key[static KP_POINT_BYTES],
                        const struct kp_chunk *chunk, const struct kp_chunk_inputs *inputs)
{
    kp_chunk_seed(seed, public_key, inputs->digest, chunk);
    kp_chunk_weights(weights, seed, chunk->count);
}

/* Hedged: as good as the random generator, and should that fail, still never the same for two
 * different chunks or keys, and not to be guessed without the key. */
static void draw_nonce(uint8_t nonce[static KP_SCALAR_BYTES],
                       const uint8_t key[static KP_SCALAR_BYTES],
                       const uint8_t seed[static KP_CHUNK_SEED_BYTES])
{
    uint8_t fresh[32];
    randombytes_buf(fresh, sizeof(fresh));
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 chunk nonce");
    kp_hash_field(&hash, fresh, sizeof(fresh));
    kp_hash_field(&hash, key, KP_SCALAR_BYTES);
    kp_hash_field(&hash, seed, KP_CHUNK_SEED_BYTES);
    kp_hash_scalar(&hash, nonce);
    kp_wipe(fresh, sizeof(fresh));
}

static bool is_count(const struct kp_chunk *chunk)
{
    return chunk->count > 0 && chunk->count <= KP_CHUNK_MAX;
}

enum kp_status kp_chunk_inputs_start(struct kp_chunk_inputs *inputs, const struct kp_chunk *chunk)
{
    inputs->decoded = NULL;
    if (!is_count(chunk)) {
        return KP_REFUSED;
    }
    kp_chunk_inputs_digest(inputs->digest, chunk);
    return kp_decoded_new(&inputs->decoded, chunk->inputs, chunk->count, NULL);
}

enum kp_status kp_chunk_inputs_evaluate(struct kp_chunk_inputs *inputs, uint8_t *outputs,
                                        const uint8_t key[static KP_SCALAR_BYTES],
                                        const struct kp_chunk *chunk)
{
    inputs->decoded = NULL;
    if (!is_count(chunk)) {
        return KP_REFUSED;
    }
    kp_chunk_inputs_digest(inputs->digest, chunk);
    return kp_decoded_multiply(&inputs->decoded, outputs, key, chunk->inputs, chunk->count);
}

void kp_chunk_inputs_end(struct kp_chunk_inputs *inputs)
{
    kp_decoded_free(inputs->decoded);
    inputs->decoded = NULL;
}

/* The outputs are encodings. */
static enum kp_status prove(uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                            const uint8_t key[static KP_SCALAR_BYTES],
                            const uint8_t public_key[static KP_POINT_BYTES],
                            const struct kp_chunk *chunk, const struct kp_chunk_inputs *inputs)
{
    uint8_t nonce[KP_SCALAR_BYTES];
    uint8_t seed[KP_CHUNK_SEED_BYTES];
    uint8_t *weights = malloc(chunk->count * KP_WEIGHT_BYTES); /* public */
    if (weights == NULL) {
        kp_wipe(proof, KP_CHUNK_PROOF_BYTES);
        return KP_FAILED;
    }
    kp_chunk_statement(seed, weights, public_key, chunk, inputs);
    const struct kp_dleq dleq = {.public_key = public_key,
                                 .decoded_inputs = inputs->decoded,
                                 .short_weights = weights,
                                 .composite = proof + KP_DLEQ_PROOF_BYTES,
                                 .challenge = kp_chunk_challenge,
                                 .seed = seed};
    draw_nonce(nonce, key, seed);
    enum kp_status status = kp_dleq_prove(proof, key, nonce, &dleq);
    kp_wipe(nonce, sizeof(nonce));
    free(weights);
    if (status != KP_OK) {
        kp_wipe(proof, KP_CHUNK_PROOF_BYTES);
    }
    return status;
}

enum kp_status kp_chunk_prove(uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                              const uint8_t key[static KP_SCALAR_BYTES],
                              const uint8_t public_key[static KP_POINT_BYTES],
                              const struct kp_chunk *chunk)
{
    if (!is_count(chunk) || kp_points_check(chunk->outputs, chunk->count) != KP_OK) {
        return KP_REFUSED;
    }
    struct kp_chunk_inputs inputs;
    enum kp_status status = kp_chunk_inputs_start(&inputs, chunk);
    if (status == KP_OK) {
        status = prove(proof, key, public_key, chunk, &inputs);
    }
    kp_chunk_inputs_end(&inputs);
    return status;
}

enum kp_status kp_chunk_evaluate(uint8_t *outputs, uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                 const uint8_t key[static KP_SCALAR_BYTES],
                                 const uint8_t public_key[static KP_POINT_BYTES],
                                 const struct kp_chunk *chunk)
{
    struct kp_chunk_inputs inputs;
    struct kp_chunk evaluated = *chunk;
    evaluated.outputs = outputs;
    enum kp_status status = kp_chunk_inputs_evaluate(&inputs, outputs, key, chunk);
    if (status == KP_OK) {
        status = prove(proof, key, public_key, &evaluated, &inputs);
    }
    kp_chunk_inputs_end(&inputs);
    if (status != KP_OK) {
        kp_wipe(proof, KP_CHUNK_PROOF_BYTES);
        kp_wipe(outputs, is_count(chunk) ? chunk->count * KP_POINT_BYTES : 0);
    }
    return status;
}

enum kp_status kp_chunk_check(const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                              const uint8_t public_key[static KP_POINT_BYTES],
                              const struct kp_decoded *outputs,
                              const uint8_t seed[static KP_CHUNK_SEED_BYTES],
                              const uint8_t *weights)
{
    uint8_t m[KP_POINT_BYTES];
    memcpy(m, proof + KP_DLEQ_PROOF_BYTES, sizeof(m));
    const struct kp_dleq dleq = {.public_key = public_key,
                                 .decoded_outputs = outputs,
                                 .short_weights = weights,
                                 .composite = m,
                                 .challenge = kp_chunk_challenge,
                                 .seed = seed};
    return kp_dleq_verify(proof, &dleq);
}

static enum kp_status verify(const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                             const uint8_t public_key[static KP_POINT_BYTES],
                             const struct kp_chunk *chunk, const struct kp_chunk_inputs *inputs,
                             const struct kp_decoded *outputs)
{
    uint8_t *weights = malloc(chunk->count * KP_WEIGHT_BYTES);
    if (weights == NULL) {
        return KP_FAILED;
    }
    const struct kp_chunk_composite composite = {.weights = weights,
                                                 .m = proof + KP_DLEQ_PROOF_BYTES};
    uint8_t seed[KP_CHUNK_SEED_BYTES];
    kp_chunk_statement(seed, weights, public_key, chunk, inputs);
    enum kp_status status = kp_chunk_check(proof, public_key, outputs, seed, weights);
    if (status == KP_OK) {
        status = kp_chunk_composites(&composite, 1, inputs, chunk->count);
    }
    free(weights);
    return status;
}

enum kp_status kp_chunk_verify(const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                               const uint8_t public_key[static KP_POINT_BYTES],
                               const struct kp_chunk *chunk)
{
    struct kp_chunk_inputs inputs;
    struct kp_decoded *outputs = NULL;
    enum kp_status status = kp_chunk_inputs_start(&inputs, chunk);
    if (status == KP_OK) {
        status = kp_decoded_new(&outputs, chunk->outputs, chunk->count, NULL);
    }
    if (status == KP_OK) {
        status = verify(proof, public_key, chunk, &inputs, outputs);
    }
    kp_decoded_free(outputs);
    kp_chunk_inputs_end(&inputs);
    return status;
}
