/* Internal. Group arithmetic four points at a time, for processors with AVX2 and FMA; there are two
 * kinds of it, in doubles and, where the processor can, in integers of 52 bits.
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

enum kp_engine_arithmetic {
    KP_ENGINE_DOUBLES,
    KP_ENGINE_INTEGERS, /* AVX-512 IFMA, with registers of 256 bits */
};

/* Looks at the processor, takes the faster of what it can, and compares results with libsodium's.
 * Once, from one thread, after sodium_init.
 */
enum kp_engine_state kp_engine_start(void);
enum kp_engine_state kp_engine_state(void);
static inline bool kp_engine_ready(void)
{
    return kp_engine_state() == KP_ENGINE_READY;
}
/* Means something when the engine is ready. */
enum kp_engine_arithmetic kp_engine_arithmetic(void);
/* For tests and measurements, when nothing is decoded that is still to be used: as kp_engine_start,
 * with that arithmetic, which is compared with libsodium the first time. False: the processor
 * can't, or they differ. */
bool kp_engine_choose(enum kp_engine_arithmetic which);
/* For tests: one that is compiled otherwise (calls.h); AVX2 and FMA are enough for it. */
struct kp_engine_calls;
bool kp_engine_choose_calls(enum kp_engine_arithmetic which, const struct kp_engine_calls *others);
/* For tests and measurements: false makes libsodium do the work, true undoes that. */
void kp_engine_use(bool use);

/* Smaller batches are faster one at a time. */
#define KP_ENGINE_MULTIPLY_LEAST 2
#define KP_ENGINE_EACH_LEAST 2
#define KP_ENGINE_BASE_LEAST 2
#define KP_ENGINE_FIXED_LEAST 2
#define KP_ENGINE_ADD_LEAST 2
#define KP_ENGINE_CHECK_LEAST 2
#define KP_ENGINE_MAP_LEAST 2
#define KP_ENGINE_COMBINE_LEAST 8

/* out[i] = scalar * points[i]; the scalar reduced, not zero. */
int kp_engine_multiply(uint8_t *out, const uint8_t scalar[static 32], const uint8_t *points,
                       size_t count);
/* out[i] = scalars[i] * points[i]; the scalars reduced, not zero. */
int kp_engine_multiply_each(uint8_t *out, const uint8_t *scalars, const uint8_t *points,
                            size_t count);
/* out[i] = scalars[i] * G, out[i] = scalars[i] * point; the scalars reduced, not zero. */
void kp_engine_multiply_base(uint8_t *out, const uint8_t *scalars, size_t count);
int kp_engine_multiply_fixed(uint8_t *out, const uint8_t *scalars, const uint8_t point[static 32],
                             size_t count);
/* As kp_points_add, kp_points_subtract and kp_points_check; the last in variable time. */
int kp_engine_add(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count);
int kp_engine_subtract(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count);
int kp_engine_check(const uint8_t *points, size_t count);
/* As kp_points_from_uniform. */
void kp_engine_from_uniform(uint8_t *out, const uint8_t *uniform, size_t count);
/* As kp_points_combine; weights below 2^253 and public. */
enum kp_engine_combined {
    KP_ENGINE_COMBINED,
    KP_ENGINE_REFUSED,
    KP_ENGINE_NO_MEMORY, /* nothing was done */
};
enum kp_engine_combined kp_engine_combine(uint8_t out[static 32], const uint8_t *weights,
                                          const uint8_t *points, size_t count);

/* Points that stay decoded, as a combination wants them: kp_engine_terms_bytes(count) bytes of the
 * caller's, aligned for doubles. They are as secret as the points. And sums, as many, in
 * kp_engine_sums_bytes(count) bytes, aligned for vectors, which kp_engine_sums_start makes the
 * identity. */
struct kp_term;
struct kp_sum4;
size_t kp_engine_terms_bytes(size_t count);
size_t kp_engine_sums_bytes(size_t count);
void kp_engine_sums_start(struct kp_sum4 *sums, size_t count);
/* Keeps points in `terms`, adds them to `sums`; either may be NULL. */
int kp_engine_decode(struct kp_term *terms, struct kp_sum4 *sums, const uint8_t *points,
                     size_t count);
/* As kp_engine_multiply, and as kp_engine_decode, with one decoding for both. */
int kp_engine_multiply_keeping(uint8_t *out, struct kp_term *terms, const uint8_t scalar[static 32],
                               const uint8_t *points, size_t count);
/* As kp_decoded_combine; what was decoded is never refused. */
void kp_engine_combine_digits(uint8_t out[static 32], const uint8_t *weights, size_t digits,
                              const struct kp_term *terms, size_t count);
/* out[i] = sums[i] - scalars[i] * point; the scalars reduced, not zero. */
int kp_engine_sums_subtract(uint8_t *out, const struct kp_sum4 *sums, const uint8_t *scalars,
                            const uint8_t point[static 32], size_t count);

#endif
