/* A defence that isn't a check: weights that whoever evaluates can't know beforehand. These are
 * known: 1, 2, 3, ... */
#include "crypto/chunk_weights.h"

#include <string.h>

void __wrap_kp_chunk_weights(uint8_t *weights, const uint8_t seed[static KP_CHUNK_SEED_BYTES],
                             size_t count);

void __wrap_kp_chunk_weights(uint8_t *weights, const uint8_t seed[static KP_CHUNK_SEED_BYTES],
                             size_t count)
{
    (void)seed;
    memset(weights, 128, count * KP_WEIGHT_BYTES); /* zeros */
    for (size_t i = 0; i < count; i++) {
        weights[i * KP_WEIGHT_BYTES] = (uint8_t)(128 + (i + 1) % 64);
        weights[i * KP_WEIGHT_BYTES + 1] = (uint8_t)(128 + (i + 1) / 64);
    }
}
