/* Internal. Group arithmetic four points at a time, for processors with AVX2 and FMA.
 *
 * What crypto/group.c asks when kp_engine_ready says that it may. The functions answer 0, or not 0
 * when something was refused and the results are of no use; all else (scalars, sizes, wiping) is
 * the caller's. Results equal libsodium's bit for bit. Constant time in everything but what is said
 * to be public. `out` may be an input. Any number of threads may call.
 */
#ifndef KP_CRYPTO_ENGINE_H
#define KP_CRYPTO_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kp_engine_state {
    KP_ENGINE_OFF,   /* not asked to start, or told not to be used */
    KP_ENGINE_NONE,  /* this machine can't, or it wasn't built for it */
    KP_ENGINE_FAULT, /* it gave another result than libsodium, and is not used */
    KP_ENGINE_READY,
};

/* Looks at the processor and compares results with libsodium's. Once, from one thread, after
 * sodium_init.
 */
enum kp_engine_state kp_engine_start(void);
enum kp_engine_state kp_engine_state(void);
static inline bool kp_engine_ready(void)
{
    return kp_engine_state() == KP_ENGINE_READY;
}
/* For tests and measurements: false makes libsodium do the work, true undoes that. */
void kp_engine_use(bool use);

/* Smaller batches are faster one at a time. */
#define KP_ENGINE_MULTIPLY_LEAST 2

/* out[i] = scalar * points[i]; the scalar reduced, not zero. */
int kp_engine_multiply(uint8_t *out, const uint8_t scalar[static 32], const uint8_t *points,
                       size_t count);

#endif
