#include "crypto/group_sodium.h"

#include "crypto/group.h"

#include <sodium.h>
#include <string.h>

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

int kp_sodium_check(const uint8_t *points, size_t count)
{
    int bad = 0;
    for (size_t i = 0; i < count && bad == 0; i++) {
        const uint8_t *point = points + i * KP_POINT_BYTES;
        bad = crypto_core_ristretto255_is_valid_point(point) != 1 || is_identity(point) ||
              is_top_bit_set(point);
    }
    return bad;
}

/* libsodium refuses an identity as result. The group's order is prime, so with a scalar that is
 * not zero this refuses the identity as argument and nothing else. */

int kp_sodium_multiply(uint8_t *out, const uint8_t scalar[static KP_SCALAR_BYTES],
                       const uint8_t *points, size_t count)
{
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = i * KP_POINT_BYTES;
        bad |= is_top_bit_set(points + at);
        bad |= crypto_scalarmult_ristretto255(out + at, scalar, points + at);
    }
    return bad;
}

int kp_sodium_multiply_base(uint8_t *out, const uint8_t *scalars, size_t count)
{
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = i * KP_POINT_BYTES;
        bad |= crypto_scalarmult_ristretto255_base(out + at, scalars + at);
    }
    return bad;
}

int kp_sodium_multiply_fixed(uint8_t *out, const uint8_t *scalars,
                             const uint8_t point[static KP_POINT_BYTES], size_t count)
{
    uint8_t copy[KP_POINT_BYTES]; /* `out` may begin where the point stands */
    int bad = is_top_bit_set(point);
    memcpy(copy, point, sizeof(copy));
    for (size_t i = 0; i < count; i++) {
        size_t at = i * KP_POINT_BYTES;
        bad |= crypto_scalarmult_ristretto255(out + at, scalars + at, copy);
    }
    return bad;
}

int kp_sodium_add(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count)
{
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = i * KP_POINT_BYTES;
        bad |= is_identity(right + at) | is_top_bit_set(right + at) | is_top_bit_set(left + at);
        bad |= crypto_core_ristretto255_add(out + at, left + at, right + at);
    }
    return bad;
}

int kp_sodium_subtract(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count)
{
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = i * KP_POINT_BYTES;
        bad |= is_identity(right + at) | is_top_bit_set(right + at) | is_top_bit_set(left + at);
        bad |= crypto_core_ristretto255_sub(out + at, left + at, right + at);
    }
    return bad;
}

int kp_sodium_combine(uint8_t out[static KP_POINT_BYTES], const uint8_t *weights,
                      const uint8_t *points, size_t count)
{
    uint8_t sum[KP_POINT_BYTES] = {0};
    uint8_t term[KP_POINT_BYTES];
    int bad = 0;
    for (size_t i = 0; i < count && bad == 0; i++) {
        const uint8_t *weight = weights + i * KP_SCALAR_BYTES;
        const uint8_t *point = points + i * KP_POINT_BYTES;
        if (sodium_is_zero(weight, KP_SCALAR_BYTES)) {
            bad |= kp_sodium_check(point, 1);
            continue;
        }
        bad |= kp_sodium_multiply(term, weight, point, 1);
        bad |= crypto_core_ristretto255_add(sum, sum, term);
    }
    memcpy(out, sum, sizeof(sum));
    return bad;
}

void kp_sodium_from_uniform(uint8_t *out, const uint8_t *uniform, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        crypto_core_ristretto255_from_hash(out + i * KP_POINT_BYTES, uniform + i * 64);
    }
}
