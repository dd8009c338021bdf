/* Internal. Scalars as the engine wants them. */
#ifndef KP_CRYPTO_ENGINE_HALF_H
#define KP_CRYPTO_ENGINE_HALF_H

#include <stdint.h>

/* Half of a scalar (times (order + 1) / 2), since encoding doubles; then that or its negative,
 * whichever is odd, for an odd one is a sum of digits of which none is zero, and the ladder never
 * meets order - 1, for which k + 1 would be nothing. The answer: 1 when it is the negative.
 * Constant time. */
uint64_t kp_half_and_odd(uint8_t out[static 32], const uint8_t scalar[static 32]);

#endif
