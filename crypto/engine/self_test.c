#include "crypto/engine/self_test.h"

#include "crypto/decoded.h"
#include "crypto/engine/engine.h"
#include "crypto/group_sodium.h"

#include <sodium.h>
#include <string.h>

/* Two groups of four and a part of one. */
enum { COUNT = 9 };

struct inputs {
    uint8_t points[COUNT * 32];
    uint8_t scalars[COUNT * 32];
    uint8_t uniform[COUNT * 64];
};

/* Nothing here is secret, and the same is tested each time, so that who sees a fault can see it
 * again. */
static void make_inputs(struct inputs *inputs)
{
    static const uint8_t seed[randombytes_SEEDBYTES] = "Kruispunt-v1 engine self-test";
    uint8_t wide[COUNT * 64];
    randombytes_buf_deterministic(inputs->uniform, sizeof(inputs->uniform), seed);
    memcpy(wide, inputs->uniform, sizeof(wide));
    for (size_t i = 0; i < COUNT; i++) {
        wide[64 * i] ^= 1;
        crypto_core_ristretto255_scalar_reduce(inputs->scalars + 32 * i, wide + 64 * i);
        crypto_core_ristretto255_from_hash(inputs->points + 32 * i, wide + 64 * i);
    }
}

static bool same(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, COUNT * 32) == 0;
}

static bool multiplies(const struct inputs *in)
{
    uint8_t expected[COUNT * 32];
    uint8_t out[COUNT * 32];
    return kp_sodium_multiply(expected, in->scalars, in->points, COUNT) == 0 &&
           kp_engine_multiply(out, in->scalars, in->points, COUNT) == 0 && same(out, expected);
}

static bool multiplies_each(const struct inputs *in)
{
    uint8_t expected[COUNT * 32];
    uint8_t out[COUNT * 32];
    int bad = 0;
    for (size_t i = 0; i < sizeof(expected); i += 32) {
        bad |= kp_sodium_multiply(expected + i, in->scalars + i, in->points + i, 1);
    }
    return bad == 0 && kp_engine_multiply_each(out, in->scalars, in->points, COUNT) == 0 &&
           same(out, expected);
}

static bool multiplies_fixed(const struct inputs *in)
{
    uint8_t expected[COUNT * 32];
    uint8_t out[COUNT * 32];
    if (kp_sodium_multiply_fixed(expected, in->scalars, in->points, COUNT) != 0 ||
        kp_engine_multiply_fixed(out, in->scalars, in->points, COUNT) != 0 ||
        !same(out, expected) || kp_sodium_multiply_base(expected, in->scalars, COUNT) != 0) {
        return false;
    }
    kp_engine_multiply_base(out, in->scalars, COUNT);
    return same(out, expected);
}

static bool adds(const struct inputs *in)
{
    uint8_t right[COUNT * 32];
    uint8_t expected[COUNT * 32];
    uint8_t out[COUNT * 32];
    kp_sodium_from_uniform(right, in->uniform, COUNT);
    return kp_sodium_add(expected, in->points, right, COUNT) == 0 &&
           kp_engine_add(out, in->points, right, COUNT) == 0 && same(out, expected) &&
           kp_sodium_subtract(expected, in->points, right, COUNT) == 0 &&
           kp_engine_subtract(out, in->points, right, COUNT) == 0 && same(out, expected);
}

static bool combines(const struct inputs *in)
{
    uint8_t expected[32];
    uint8_t out[32];
    return kp_sodium_combine(expected, in->scalars, in->points, COUNT) == 0 &&
           kp_engine_combine(out, in->scalars, in->points, COUNT) == KP_ENGINE_COMBINED &&
           memcmp(out, expected, 32) == 0;
}

/* At the start there is one thread. */
static _Alignas(64) uint8_t kept_terms[(COUNT + 3) * 128];
static _Alignas(64) uint8_t kept_sums[(COUNT + 3) * 192];

/* As many as fit the uniform bytes. */
enum { DIGITS = 28 };

static bool combines_to(const uint8_t *expected, const uint8_t *weights,
                        const struct kp_term *terms)
{
    uint8_t out[32];
    kp_engine_combine_digits(out, weights, DIGITS, terms, COUNT);
    return memcmp(out, expected, 32) == 0;
}

/* Decoded once for a multiplication and a combination. */
static bool keeps(const struct inputs *in)
{
    struct kp_term *terms = (struct kp_term *)(void *)kept_terms;
    const uint8_t *weights = in->uniform;
    uint8_t scalars[COUNT * 32];
    uint8_t expected[COUNT * 32];
    uint8_t out[COUNT * 32];
    kp_weights_to_scalars(scalars, weights, DIGITS, COUNT);
    if (kp_engine_terms_bytes(COUNT) > sizeof(kept_terms)) {
        return false;
    }
    return kp_sodium_multiply(expected, in->scalars, in->points, COUNT) == 0 &&
           kp_engine_multiply_keeping(out, terms, in->scalars, in->points, COUNT) == 0 &&
           same(out, expected) && kp_sodium_combine(expected, scalars, in->points, COUNT) == 0 &&
           combines_to(expected, weights, terms);
}

/* Sums of points that are decoded, less a multiple of one. */
static bool sums_up(const struct inputs *in)
{
    struct kp_sum4 *sums = (struct kp_sum4 *)(void *)kept_sums;
    uint8_t product[COUNT * 32];
    uint8_t expected[COUNT * 32];
    uint8_t out[COUNT * 32];
    if (kp_engine_sums_bytes(COUNT) > sizeof(kept_sums) ||
        kp_sodium_multiply_fixed(product, in->scalars, in->points, COUNT) != 0 ||
        kp_sodium_add(expected, in->points, in->points, COUNT) != 0 ||
        kp_sodium_subtract(expected, expected, product, COUNT) != 0) {
        return false;
    }
    kp_engine_sums_start(sums, COUNT);
    return kp_engine_decode(NULL, sums, in->points, COUNT) == 0 &&
           kp_engine_decode(NULL, sums, in->points, COUNT) == 0 &&
           kp_engine_sums_subtract(out, sums, in->scalars, in->points, COUNT) == 0 &&
           same(out, expected);
}

static bool maps(const struct inputs *in)
{
    uint8_t expected[COUNT * 32];
    uint8_t out[COUNT * 32];
    kp_sodium_from_uniform(expected, in->uniform, COUNT);
    kp_engine_from_uniform(out, in->uniform, COUNT);
    return same(out, expected);
}

/* What isn't an encoding must be refused; one of a point and its neighbour always is. */
static bool refuses(const struct inputs *in)
{
    uint8_t points[COUNT * 32];
    uint8_t out[COUNT * 32];
    memcpy(points, in->points, sizeof(points));
    points[7 * 32] ^= 1;
    return kp_engine_check(in->points, COUNT) == 0 && kp_engine_check(points, COUNT) != 0 &&
           kp_engine_multiply(out, in->scalars, points, COUNT) != 0;
}

bool kp_engine_self_test(void)
{
    struct inputs in;
    make_inputs(&in);
    return multiplies(&in) && multiplies_each(&in) && multiplies_fixed(&in) && adds(&in) &&
           combines(&in) && keeps(&in) && sums_up(&in) && maps(&in) && refuses(&in);
}
