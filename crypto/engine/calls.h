/* Internal. What an arithmetic of the engine offers: engine.h passes everything on to one of them.
 *
 * All files that compute are compiled once for each arithmetic, with another vector.h and field4.c,
 * and under other names (ifma/names.h); so the contracts of engine.h are those of these calls. What
 * one arithmetic keeps (struct kp_term, struct kp_sum4), another can't read.
 */
#ifndef KP_CRYPTO_ENGINE_CALLS_H
#define KP_CRYPTO_ENGINE_CALLS_H

#include "crypto/engine/engine.h"

struct kp_engine_calls {
    void (*prepare)(void);
    int (*multiply)(uint8_t *out, const uint8_t scalar[static 32], const uint8_t *points,
                    size_t count);
    int (*multiply_each)(uint8_t *out, const uint8_t *scalars, const uint8_t *points, size_t count);
    void (*multiply_base)(uint8_t *out, const uint8_t *scalars, size_t count);
    int (*multiply_fixed)(uint8_t *out, const uint8_t *scalars, const uint8_t point[static 32],
                          size_t count);
    int (*add)(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count);
    int (*subtract)(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count);
    int (*check)(const uint8_t *points, size_t count);
    void (*from_uniform)(uint8_t *out, const uint8_t *uniform, size_t count);
    enum kp_engine_combined (*combine)(uint8_t out[static 32], const uint8_t *weights,
                                       const uint8_t *points, size_t count);
    size_t (*terms_bytes)(size_t count);
    size_t (*sums_bytes)(size_t count);
    void (*sums_start)(struct kp_sum4 *sums, size_t count);
    int (*decode)(struct kp_term *terms, struct kp_sum4 *sums, const uint8_t *points, size_t count);
    int (*multiply_keeping)(uint8_t *out, struct kp_term *terms, const uint8_t scalar[static 32],
                            const uint8_t *points, size_t count);
    void (*combine_digits)(uint8_t out[static 32], const uint8_t *weights, size_t digits,
                           const struct kp_term *terms, size_t count);
    int (*sums_subtract)(uint8_t *out, const struct kp_sum4 *sums, const uint8_t *scalars,
                         const uint8_t point[static 32], size_t count);
};

extern const struct kp_engine_calls kp_four_calls;

void kp_four_prepare(void);
int kp_four_multiply(uint8_t *out, const uint8_t scalar[static 32], const uint8_t *points,
                     size_t count);
int kp_four_multiply_each(uint8_t *out, const uint8_t *scalars, const uint8_t *points,
                          size_t count);
void kp_four_multiply_base(uint8_t *out, const uint8_t *scalars, size_t count);
int kp_four_multiply_fixed(uint8_t *out, const uint8_t *scalars, const uint8_t point[static 32],
                           size_t count);
int kp_four_add(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count);
int kp_four_subtract(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count);
int kp_four_check(const uint8_t *points, size_t count);
void kp_four_from_uniform(uint8_t *out, const uint8_t *uniform, size_t count);
enum kp_engine_combined kp_four_combine(uint8_t out[static 32], const uint8_t *weights,
                                        const uint8_t *points, size_t count);
size_t kp_four_terms_bytes(size_t count);
size_t kp_four_sums_bytes(size_t count);
void kp_four_sums_start(struct kp_sum4 *sums, size_t count);
int kp_four_decode(struct kp_term *terms, struct kp_sum4 *sums, const uint8_t *points,
                   size_t count);
int kp_four_multiply_keeping(uint8_t *out, struct kp_term *terms, const uint8_t scalar[static 32],
                             const uint8_t *points, size_t count);
void kp_four_combine_digits(uint8_t out[static 32], const uint8_t *weights, size_t digits,
                            const struct kp_term *terms, size_t count);
int kp_four_sums_subtract(uint8_t *out, const struct kp_sum4 *sums, const uint8_t *scalars,
                          const uint8_t point[static 32], size_t count);

#endif
