#include "crypto/chunk_weights.h"

#include <sodium.h>

_Static_assert(KP_CHUNK_SEED_BYTES == crypto_stream_chacha20_ietf_KEYBYTES, "a seed is a key");

void kp_chunk_inputs_digest(uint8_t digest[static KP_DIGEST_BYTES], const struct kp_chunk *chunk)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 chunk inputs");
    kp_hash_field(&hash, chunk->inputs, chunk->count * KP_POINT_BYTES);
    kp_hash_digest(&hash, digest);
}

void kp_chunk_seed(uint8_t seed[static KP_CHUNK_SEED_BYTES],
                   const uint8_t public_key[static KP_POINT_BYTES],
                   const uint8_t inputs_digest[static KP_DIGEST_BYTES],
                   const struct kp_chunk *chunk)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 chunk weights");
    kp_hash_field(&hash, chunk->round_id, sizeof(chunk->round_id));
    kp_hash_number(&hash, chunk->sender);
    kp_hash_number(&hash, chunk->evaluator);
    kp_hash_field(&hash, chunk->list_root, sizeof(chunk->list_root));
    kp_hash_number(&hash, chunk->number);
    kp_hash_number(&hash, chunk->count);
    kp_hash_field(&hash, public_key, KP_POINT_BYTES);
    kp_hash_field(&hash, inputs_digest, KP_DIGEST_BYTES);
    kp_hash_field(&hash, chunk->outputs, chunk->count * KP_POINT_BYTES);
    kp_hash_digest(&hash, seed);
}

void kp_chunk_weights(uint8_t *weights, const uint8_t seed[static KP_CHUNK_SEED_BYTES],
                      size_t count)
{
    static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];
    crypto_stream_chacha20_ietf(weights, count * KP_WEIGHT_BYTES, nonce, seed);
}

void kp_chunk_challenge(uint8_t challenge[static KP_SCALAR_BYTES], const struct kp_dleq *dleq,
                        const struct kp_dleq_points *points)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 chunk challenge");
    kp_hash_field(&hash, dleq->seed, KP_CHUNK_SEED_BYTES);
    kp_hash_field(&hash, dleq->public_key, KP_POINT_BYTES);
    kp_hash_field(&hash, points->m, KP_POINT_BYTES);
    kp_hash_field(&hash, points->z, KP_POINT_BYTES);
    kp_hash_field(&hash, points->t2, KP_POINT_BYTES);
    kp_hash_field(&hash, points->t3, KP_POINT_BYTES);
    kp_hash_scalar(&hash, challenge);
}
