#include "crypto/chunk_proof.h"

#include "crypto/chunk_weights.h"
#include "crypto/dleq.h"
#include "crypto/secret.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>

_Static_assert(KP_CHUNK_PROOF_BYTES == KP_DLEQ_PROOF_BYTES, "the proof is the core's");

/* The statement, with its weights on the heap, to be freed; they are public. NULL: no memory. */
static uint8_t *statement_new(struct kp_dleq *dleq, uint8_t seed[static KP_WIDE_BYTES],
                              const uint8_t public_key[static KP_POINT_BYTES],
                              const struct kp_chunk *chunk)
{
    uint8_t *weights = malloc(chunk->count * KP_SCALAR_BYTES);
    if (weights == NULL) {
        return NULL;
    }
    kp_chunk_seed(seed, public_key, chunk);
    kp_chunk_weights(weights, seed, chunk->count);
    *dleq = (struct kp_dleq){.public_key = public_key,
                             .inputs = chunk->inputs,
                             .decoded = chunk->decoded,
                             .outputs = chunk->outputs,
                             .weights = weights,
                             .count = chunk->count,
                             .challenge = kp_chunk_challenge,
                             .seed = seed};
    return weights;
}

/* Hedged: as good as the random generator, and should that fail, still never the same for two
 * different chunks or keys, and not to be guessed without the key. */
static void draw_nonce(uint8_t nonce[static KP_SCALAR_BYTES],
                       const uint8_t key[static KP_SCALAR_BYTES],
                       const uint8_t seed[static KP_WIDE_BYTES])
{
    uint8_t fresh[32];
    randombytes_buf(fresh, sizeof(fresh));
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 chunk nonce");
    kp_hash_field(&hash, fresh, sizeof(fresh));
    kp_hash_field(&hash, key, KP_SCALAR_BYTES);
    kp_hash_field(&hash, seed, KP_WIDE_BYTES);
    kp_hash_scalar(&hash, nonce);
    kp_wipe(fresh, sizeof(fresh));
}

static bool is_count(const struct kp_chunk *chunk)
{
    return chunk->count > 0 && chunk->count <= KP_CHUNK_MAX;
}

/* The outputs are encodings. */
static enum kp_status prove(uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                            const uint8_t key[static KP_SCALAR_BYTES],
                            const uint8_t public_key[static KP_POINT_BYTES],
                            const struct kp_chunk *chunk)
{
    struct kp_dleq dleq;
    uint8_t seed[KP_WIDE_BYTES];
    uint8_t *weights = statement_new(&dleq, seed, public_key, chunk);
    if (weights == NULL) {
        return KP_FAILED;
    }
    uint8_t nonce[KP_SCALAR_BYTES];
    draw_nonce(nonce, key, seed);
    enum kp_status status = kp_dleq_prove(proof, key, nonce, &dleq);
    kp_wipe(nonce, sizeof(nonce));
    free(weights);
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
    return prove(proof, key, public_key, chunk);
}

enum kp_status kp_chunk_evaluate(uint8_t *outputs, uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                 const uint8_t key[static KP_SCALAR_BYTES],
                                 const uint8_t public_key[static KP_POINT_BYTES],
                                 const struct kp_chunk *chunk)
{
    struct kp_decoded *decoded = NULL;
    struct kp_chunk evaluated = *chunk;
    evaluated.outputs = outputs;
    enum kp_status status =
        is_count(chunk) ? kp_decoded_multiply(&decoded, outputs, key, chunk->inputs, chunk->count)
                        : KP_REFUSED;
    if (status == KP_OK) {
        evaluated.decoded = decoded;
        status = prove(proof, key, public_key, &evaluated);
    }
    kp_decoded_free(decoded);
    if (status != KP_OK) {
        kp_wipe(proof, KP_CHUNK_PROOF_BYTES);
        kp_wipe(outputs, is_count(chunk) ? chunk->count * KP_POINT_BYTES : 0);
    }
    return status;
}

enum kp_status kp_chunk_verify(const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                               const uint8_t public_key[static KP_POINT_BYTES],
                               const struct kp_chunk *chunk)
{
    if (!is_count(chunk)) {
        return KP_REFUSED;
    }
    struct kp_dleq dleq;
    uint8_t seed[KP_WIDE_BYTES];
    uint8_t *weights = statement_new(&dleq, seed, public_key, chunk);
    if (weights == NULL) {
        return KP_FAILED;
    }
    enum kp_status status = kp_dleq_verify(proof, &dleq);
    free(weights);
    return status;
}
