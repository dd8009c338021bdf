/* A defence that isn't a check: weights that whoever evaluates can't know beforehand. These are
 * known: 1, 2, 3, ... */
#include "crypto/chunk_weights.h"

#include <string.h>

void __wrap_kp_chunk_weights(uint8_t *weights, const uint8_t seed[static KP_WIDE_BYTES],
                             size_t count);

void __wrap_kp_chunk_weights(uint8_t *weights, const uint8_t seed[static KP_WIDE_BYTES],
                             size_t count)
{
    (void)seed;
    memset(weights, 0, count * KP_SCALAR_BYTES);
    for (size_t i = 0; i < count; i++) {
        weights[i * KP_SCALAR_BYTES] = (uint8_t)(i + 1);
        weights[i * KP_SCALAR_BYTES + 1] = (uint8_t)((i + 1) >> 8);
    }
}
