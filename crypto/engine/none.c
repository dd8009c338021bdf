/* For processors that the engine isn't written for: it is never ready, so nobody calls these. */
#include "crypto/engine/engine.h"

#include <stdlib.h>

int kp_engine_multiply(uint8_t *out, const uint8_t scalar[static 32], const uint8_t *points,
                       size_t count)
{
    (void)out, (void)scalar, (void)points, (void)count;
    abort();
}

void kp_engine_multiply_base(uint8_t *out, const uint8_t *scalars, size_t count)
{
    (void)out, (void)scalars, (void)count;
    abort();
}

int kp_engine_multiply_fixed(uint8_t *out, const uint8_t *scalars, const uint8_t point[static 32],
                             size_t count)
{
    (void)out, (void)scalars, (void)point, (void)count;
    abort();
}

int kp_engine_add(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count)
{
    (void)out, (void)left, (void)right, (void)count;
    abort();
}

int kp_engine_subtract(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count)
{
    (void)out, (void)left, (void)right, (void)count;
    abort();
}

int kp_engine_check(const uint8_t *points, size_t count)
{
    (void)points, (void)count;
    abort();
}

void kp_engine_from_uniform(uint8_t *out, const uint8_t *uniform, size_t count)
{
    (void)out, (void)uniform, (void)count;
    abort();
}

enum kp_engine_combined kp_engine_combine(uint8_t out[static 32], const uint8_t *weights,
                                          const uint8_t *points, size_t count)
{
    (void)out, (void)weights, (void)points, (void)count;
    abort();
}

int kp_engine_multiply_each(uint8_t *out, const uint8_t *scalars, const uint8_t *points,
                            size_t count)
{
    (void)out, (void)scalars, (void)points, (void)count;
    abort();
}

size_t kp_engine_terms_bytes(size_t count)
{
    (void)count;
    abort();
}

size_t kp_engine_sums_bytes(size_t count)
{
    (void)count;
    abort();
}

void kp_engine_sums_start(struct kp_sum4 *sums, size_t count)
{
    (void)sums, (void)count;
    abort();
}

int kp_engine_decode(struct kp_term *terms, struct kp_sum4 *sums, const uint8_t *points,
                     size_t count)
{
    (void)terms, (void)sums, (void)points, (void)count;
    abort();
}

int kp_engine_multiply_keeping(uint8_t *out, struct kp_term *terms, const uint8_t scalar[static 32],
                               const uint8_t *points, size_t count)
{
    (void)out, (void)terms, (void)scalar, (void)points, (void)count;
    abort();
}

void kp_engine_combine_digits(uint8_t out[static 32], const uint8_t *weights, size_t digits,
                              const struct kp_term *terms, size_t count)
{
    (void)out, (void)weights, (void)digits, (void)terms, (void)count;
    abort();
}

int kp_engine_sums_subtract(uint8_t *out, const struct kp_sum4 *sums, const uint8_t *scalars,
                            const uint8_t point[static 32], size_t count)
{
    (void)out, (void)sums, (void)scalars, (void)point, (void)count;
    abort();
}
