#include "crypto/group.h"

#include "crypto/secret.h"
#include "crypto/verdict.h"

#include <sodium.h>
#include <string.h>

_Static_assert(KP_POINT_BYTES == crypto_core_ristretto255_BYTES, "points are libsodium's");
_Static_assert(KP_SCALAR_BYTES == crypto_core_ristretto255_SCALARBYTES, "scalars are libsodium's");

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

static int is_identity(const uint8_t *point)
{
    return sodium_is_zero(point, KP_POINT_BYTES);
}

/* libsodium 1.0.18 decodes without looking at the top bit, so that each point would have a second
 * encoding. RFC 9496 section 4.3.1 refuses it: not below the field's prime. */
static int is_top_bit_set(const uint8_t *point)
{
    return point[KP_POINT_BYTES - 1] >> 7;
}

enum kp_status kp_points_check(const uint8_t *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *point = points + i * KP_POINT_BYTES;
        if (crypto_core_ristretto255_is_valid_point(point) != 1 || is_identity(point) ||
            is_top_bit_set(point)) {
            return KP_REFUSED;
        }
    }
    return KP_OK;
}

/* libsodium refuses an identity as result. The group's order is prime, so with a scalar that is
 * not zero this refuses the identity as argument and nothing else. It ignores a scalar's top bit
 * and takes one that is not reduced, hence the checks. */

enum kp_status kp_points_multiply(uint8_t *out, const uint8_t scalar[static KP_SCALAR_BYTES],
                                  const uint8_t *points, size_t count)
{
    int bad = kp_scalar_check(scalar) != KP_OK;
    for (size_t i = 0; i < count; i++) {
        size_t at = i * KP_POINT_BYTES;
        bad |= is_top_bit_set(points + at);
        bad |= crypto_scalarmult_ristretto255(out + at, scalar, points + at);
    }
    return finish(out, count, bad);
}

enum kp_status kp_points_multiply_base(uint8_t *out, const uint8_t *scalars, size_t count)
{
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = i * KP_POINT_BYTES;
        bad |= kp_scalar_check(scalars + at) != KP_OK;
        bad |= crypto_scalarmult_ristretto255_base(out + at, scalars + at);
    }
    return finish(out, count, bad);
}

enum kp_status kp_points_multiply_fixed(uint8_t *out, const uint8_t *scalars,
                                        const uint8_t point[static KP_POINT_BYTES], size_t count)
{
    int bad = kp_points_check(point, 1) != KP_OK;
    for (size_t i = 0; i < count; i++) {
        size_t at = i * KP_POINT_BYTES;
        bad |= kp_scalar_check(scalars + at) != KP_OK;
        bad |= crypto_scalarmult_ristretto255(out + at, scalars + at, point);
    }
    return finish(out, count, bad);
}

enum kp_status kp_points_add(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count)
{
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = i * KP_POINT_BYTES;
        bad |= is_identity(right + at) | is_top_bit_set(right + at) | is_top_bit_set(left + at);
        bad |= crypto_core_ristretto255_add(out + at, left + at, right + at);
    }
    return finish(out, count, bad);
}

enum kp_status kp_points_subtract(uint8_t *out, const uint8_t *left, const uint8_t *right,
                                  size_t count)
{
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = i * KP_POINT_BYTES;
        bad |= is_identity(right + at) | is_top_bit_set(right + at) | is_top_bit_set(left + at);
        bad |= crypto_core_ristretto255_sub(out + at, left + at, right + at);
    }
    return finish(out, count, bad);
}

enum kp_status kp_points_combine(uint8_t out[static KP_POINT_BYTES], const uint8_t *weights,
                                 const uint8_t *points, size_t count)
{
    uint8_t sum[KP_POINT_BYTES] = {0};
    uint8_t term[KP_POINT_BYTES];
    int bad = 0;
    for (size_t i = 0; i < count && bad == 0; i++) {
        const uint8_t *weight = weights + i * KP_SCALAR_BYTES;
        const uint8_t *point = points + i * KP_POINT_BYTES;
        if (sodium_is_zero(weight, KP_SCALAR_BYTES)) {
            bad |= kp_points_check(point, 1) != KP_OK;
            continue;
        }
        bad |= kp_points_multiply(term, weight, point, 1) != KP_OK;
        bad |= crypto_core_ristretto255_add(sum, sum, term);
    }
    memcpy(out, sum, sizeof(sum));
    return finish(out, 1, bad);
}

void kp_points_from_uniform(uint8_t *out, const uint8_t *uniform, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        crypto_core_ristretto255_from_hash(out + i * KP_POINT_BYTES, uniform + i * 64);
    }
}
