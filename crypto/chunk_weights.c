#include "crypto/chunk_weights.h"

#include <string.h>

#define WEIGHT_BYTES 16
#define WEIGHTS_PER_BLOCK (KP_WIDE_BYTES / WEIGHT_BYTES)

void kp_chunk_seed(uint8_t seed[static KP_WIDE_BYTES],
                   const uint8_t public_key[static KP_POINT_BYTES], const struct kp_chunk *chunk)
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
    kp_hash_field(&hash, chunk->inputs, chunk->count * KP_POINT_BYTES);
    kp_hash_field(&hash, chunk->outputs, chunk->count * KP_POINT_BYTES);
    kp_hash_wide(&hash, seed);
}

static void put_weight(uint8_t weight[static KP_SCALAR_BYTES],
                       const uint8_t bytes[static WEIGHT_BYTES])
{
    memset(weight, 0, KP_SCALAR_BYTES);
    memcpy(weight, bytes, WEIGHT_BYTES);
    if (sodium_is_zero(bytes, WEIGHT_BYTES)) {
        weight[WEIGHT_BYTES] = 1;
    }
}

void kp_chunk_weights(uint8_t *weights, const uint8_t seed[static KP_WIDE_BYTES], size_t count)
{
    uint8_t block[KP_WIDE_BYTES];
    for (size_t i = 0; i < count; i++) {
        size_t place = i % WEIGHTS_PER_BLOCK;
        if (place == 0) {
            struct kp_hash hash;
            kp_hash_start(&hash, "Kruispunt-v1 chunk weight");
            kp_hash_field(&hash, seed, KP_WIDE_BYTES);
            kp_hash_number(&hash, i / WEIGHTS_PER_BLOCK);
            kp_hash_wide(&hash, block);
        }
        put_weight(weights + i * KP_SCALAR_BYTES, block + place * WEIGHT_BYTES);
    }
}

void kp_chunk_challenge(uint8_t challenge[static KP_SCALAR_BYTES], const struct kp_dleq *dleq,
                        const struct kp_dleq_points *points)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 chunk challenge");
    kp_hash_field(&hash, dleq->seed, KP_WIDE_BYTES);
    kp_hash_field(&hash, dleq->public_key, KP_POINT_BYTES);
    kp_hash_field(&hash, points->m, KP_POINT_BYTES);
    kp_hash_field(&hash, points->z, KP_POINT_BYTES);
    kp_hash_field(&hash, points->t2, KP_POINT_BYTES);
    kp_hash_field(&hash, points->t3, KP_POINT_BYTES);
    kp_hash_scalar(&hash, challenge);
}
