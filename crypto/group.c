#include "crypto/group.h"

#include "crypto/engine/engine.h"
#include "crypto/group_sodium.h"
#include "crypto/secret.h"
#include "crypto/verdict.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

_Static_assert(KP_POINT_BYTES == crypto_core_ristretto255_BYTES, "points are libsodium's");
_Static_assert(KP_POINT_BYTES == KP_SCALAR_BYTES, "arrays of both have the same steps");
_Static_assert(KP_SCALAR_BYTES == crypto_core_ristretto255_SCALARBYTES, "scalars are libsodium's");

const uint8_t kp_point_generator[KP_POINT_BYTES] = {
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
    0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76};

enum kp_arithmetic kp_group_arithmetic(void)
{
    switch (kp_engine_state()) {
    case KP_ENGINE_READY:
        return kp_engine_arithmetic() == KP_ENGINE_INTEGERS ? KP_ARITHMETIC_INTEGERS
                                                            : KP_ARITHMETIC_DOUBLES;
    case KP_ENGINE_FAULT:
        return KP_ARITHMETIC_DIFFERENT;
    default:
        return KP_ARITHMETIC_SODIUM;
    }
}

const char *kp_arithmetic_name(enum kp_arithmetic arithmetic)
{
    switch (arithmetic) {
    case KP_ARITHMETIC_DOUBLES:
        return "four points at a time, in doubles";
    case KP_ARITHMETIC_INTEGERS:
        return "four points at a time, in integers of 52 bits";
    default:
        return "libsodium, a point at a time";
    }
}

void kp_scalar_random(uint8_t scalar[static KP_SCALAR_BYTES])
{
    crypto_core_ristretto255_scalar_random(scalar);
}

/* Not 0: not reduced. Constant time. */
static uint64_t is_not_reduced(const uint8_t scalar[static KP_SCALAR_BYTES])
{
    static const uint8_t order[KP_SCALAR_BYTES] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
                                                   0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
                                                   0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    uint32_t borrow = 0;
    for (size_t i = 0; i < KP_SCALAR_BYTES; i++) {
        borrow = ((uint32_t)scalar[i] - order[i] - borrow) >> 31;
    }
    return borrow ^ 1U;
}

/* Both kinds of arithmetic ignore a scalar's top bits or take one that is not reduced. Not 0: one
 * of them is zero or not reduced. Constant time. */
static int check_scalars(const uint8_t *scalars, size_t count)
{
    uint64_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *scalar = scalars + i * KP_SCALAR_BYTES;
        bad |= is_not_reduced(scalar);
        bad |= (uint64_t)sodium_is_zero(scalar, KP_SCALAR_BYTES);
    }
    return (int)bad;
}

enum kp_status kp_scalar_check(const uint8_t scalar[static KP_SCALAR_BYTES])
{
    return kp_verdict(check_scalars(scalar, 1)) ? KP_REFUSED : KP_OK;
}

void kp_scalar_reduce(uint8_t scalar[static KP_SCALAR_BYTES], const uint8_t wide[static 64])
{
    crypto_core_ristretto255_scalar_reduce(scalar, wide);
}

/* How every batch ends: with all of it, or with nothing. */
static enum kp_status finish(uint8_t *out, size_t count, int bad)
{
    if (kp_verdict(bad)) {
        kp_wipe(out, count * KP_POINT_BYTES);
        return KP_REFUSED;
    }
    return KP_OK;
}

enum kp_status kp_points_check(const uint8_t *points, size_t count)
{
    int bad = kp_engine_ready() && count >= KP_ENGINE_CHECK_LEAST ? kp_engine_check(points, count)
                                                                  : kp_sodium_check(points, count);
    return bad == 0 ? KP_OK : KP_REFUSED;
}

enum kp_status kp_points_multiply(uint8_t *out, const uint8_t scalar[static KP_SCALAR_BYTES],
                                  const uint8_t *points, size_t count)
{
    int bad = check_scalars(scalar, 1);
    if (kp_engine_ready() && count >= KP_ENGINE_MULTIPLY_LEAST) {
        bad |= kp_engine_multiply(out, scalar, points, count);
    } else {
        bad |= kp_sodium_multiply(out, scalar, points, count);
    }
    return finish(out, count, bad);
}

enum kp_status kp_points_multiply_each(uint8_t *out, const uint8_t *scalars, const uint8_t *points,
                                       size_t count)
{
    int bad = check_scalars(scalars, count);
    if (kp_engine_ready() && count >= KP_ENGINE_EACH_LEAST) {
        bad |= kp_engine_multiply_each(out, scalars, points, count);
    } else {
        for (size_t i = 0; i < count * KP_POINT_BYTES; i += KP_POINT_BYTES) {
            bad |= kp_sodium_multiply(out + i, scalars + i, points + i, 1);
        }
    }
    return finish(out, count, bad);
}

enum kp_status kp_points_multiply_base(uint8_t *out, const uint8_t *scalars, size_t count)
{
    int bad = check_scalars(scalars, count);
    if (kp_engine_ready() && count >= KP_ENGINE_BASE_LEAST) {
        kp_engine_multiply_base(out, scalars, count);
    } else {
        bad |= kp_sodium_multiply_base(out, scalars, count);
    }
    return finish(out, count, bad);
}

enum kp_status kp_points_multiply_fixed(uint8_t *out, const uint8_t *scalars,
                                        const uint8_t point[static KP_POINT_BYTES], size_t count)
{
    int bad = check_scalars(scalars, count);
    if (kp_engine_ready() && count >= KP_ENGINE_FIXED_LEAST) {
        bad |= kp_engine_multiply_fixed(out, scalars, point, count);
    } else {
        bad |= kp_sodium_check(point, 1);
        bad |= kp_sodium_multiply_fixed(out, scalars, point, count);
    }
    return finish(out, count, bad);
}

enum kp_status kp_points_add(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count)
{
    int bad = kp_engine_ready() && count >= KP_ENGINE_ADD_LEAST
                  ? kp_engine_add(out, left, right, count)
                  : kp_sodium_add(out, left, right, count);
    return finish(out, count, bad);
}

enum kp_status kp_points_subtract(uint8_t *out, const uint8_t *left, const uint8_t *right,
                                  size_t count)
{
    int bad = kp_engine_ready() && count >= KP_ENGINE_ADD_LEAST
                  ? kp_engine_subtract(out, left, right, count)
                  : kp_sodium_subtract(out, left, right, count);
    return finish(out, count, bad);
}

/* Weights are public, so that the first that is not reduced may end it. Zero is. */
static int are_reduced(const uint8_t *weights, size_t count)
{
    uint64_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *weight = weights + i * KP_SCALAR_BYTES;
        bad |= weight[KP_SCALAR_BYTES - 1] < 0x10 ? 0 : is_not_reduced(weight);
    }
    return bad == 0;
}

enum kp_status kp_points_combine(uint8_t out[static KP_POINT_BYTES], const uint8_t *weights,
                                 const uint8_t *points, size_t count)
{
    if (!are_reduced(weights, count)) {
        return finish(out, 1, 1);
    }
    enum kp_engine_combined combined = KP_ENGINE_NO_MEMORY;
    if (kp_engine_ready() && count >= KP_ENGINE_COMBINE_LEAST) {
        combined = kp_engine_combine(out, weights, points, count);
    }
    int bad = combined == KP_ENGINE_REFUSED;
    if (combined == KP_ENGINE_NO_MEMORY) {
        bad = kp_sodium_combine(out, weights, points, count);
    }
    return finish(out, 1, bad);
}

void kp_points_from_uniform(uint8_t *out, const uint8_t *uniform, size_t count)
{
    if (kp_engine_ready() && count >= KP_ENGINE_MAP_LEAST) {
        kp_engine_from_uniform(out, uniform, count);
    } else {
        kp_sodium_from_uniform(out, uniform, count);
    }
}
