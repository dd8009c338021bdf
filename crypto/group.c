#include "crypto/group.h"

#include "crypto/engine/engine.h"
#include "crypto/group_sodium.h"
#include "crypto/secret.h"
#include "crypto/verdict.h"

#include <sodium.h>
#include <string.h>

_Static_assert(KP_POINT_BYTES == crypto_core_ristretto255_BYTES, "points are libsodium's");
_Static_assert(KP_SCALAR_BYTES == crypto_core_ristretto255_SCALARBYTES, "scalars are libsodium's");

enum kp_arithmetic kp_group_arithmetic(void)
{
    switch (kp_engine_state()) {
    case KP_ENGINE_READY:
        return KP_ARITHMETIC_FOUR;
    case KP_ENGINE_FAULT:
        return KP_ARITHMETIC_DIFFERENT;
    default:
        return KP_ARITHMETIC_SODIUM;
    }
}

void kp_scalar_random(uint8_t scalar[static KP_SCALAR_BYTES])
{
    crypto_core_ristretto255_scalar_random(scalar);
}

enum kp_status kp_scalar_check(const uint8_t scalar[static KP_SCALAR_BYTES])
{
    /* libsodium 1.0.18 has no public test; what reduction leaves as it was, is reduced. */
    uint8_t wide[64] = {0};
    uint8_t reduced[KP_SCALAR_BYTES];
    memcpy(wide, scalar, KP_SCALAR_BYTES);
    crypto_core_ristretto255_scalar_reduce(reduced, wide);
    int bad = sodium_memcmp(reduced, scalar, KP_SCALAR_BYTES);
    bad |= sodium_is_zero(scalar, KP_SCALAR_BYTES);
    kp_wipe(wide, sizeof(wide));
    kp_wipe(reduced, sizeof(reduced));
    return kp_verdict(bad) ? KP_REFUSED : KP_OK;
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

/* Both kinds of arithmetic ignore a scalar's top bits or take one that is not reduced. Not 0: one
 * of them is zero or not reduced. */
static int check_scalars(const uint8_t *scalars, size_t count)
{
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        bad |= kp_scalar_check(scalars + i * KP_SCALAR_BYTES) != KP_OK;
    }
    return bad;
}

enum kp_status kp_points_check(const uint8_t *points, size_t count)
{
    return kp_sodium_check(points, count) == 0 ? KP_OK : KP_REFUSED;
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

enum kp_status kp_points_multiply_base(uint8_t *out, const uint8_t *scalars, size_t count)
{
    int bad = check_scalars(scalars, count);
    bad |= kp_sodium_multiply_base(out, scalars, count);
    return finish(out, count, bad);
}

enum kp_status kp_points_multiply_fixed(uint8_t *out, const uint8_t *scalars,
                                        const uint8_t point[static KP_POINT_BYTES], size_t count)
{
    int bad = check_scalars(scalars, count);
    bad |= kp_points_check(point, 1) != KP_OK;
    bad |= kp_sodium_multiply_fixed(out, scalars, point, count);
    return finish(out, count, bad);
}

enum kp_status kp_points_add(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count)
{
    return finish(out, count, kp_sodium_add(out, left, right, count));
}

enum kp_status kp_points_subtract(uint8_t *out, const uint8_t *left, const uint8_t *right,
                                  size_t count)
{
    return finish(out, count, kp_sodium_subtract(out, left, right, count));
}

enum kp_status kp_points_combine(uint8_t out[static KP_POINT_BYTES], const uint8_t *weights,
                                 const uint8_t *points, size_t count)
{
    return finish(out, 1, kp_sodium_combine(out, weights, points, count));
}

void kp_points_from_uniform(uint8_t *out, const uint8_t *uniform, size_t count)
{
    kp_sodium_from_uniform(out, uniform, count);
}
