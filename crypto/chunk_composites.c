#include "crypto/chunk_check.h"

#include "crypto/chunk_finish.h"
#include "crypto/group.h"
#include "crypto/secret.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* The sum over all composites j of factor_j * w_ij is less than 64 * 2^64 * 2^128 either way. */
enum { WORDS = 4, DIGITS = 28, MOST = KP_CHUNK_EVALUATORS_MAX };

_Static_assert(DIGITS == 3 * 8 + 4, "make_start writes so many");
_Static_assert(DIGITS <= KP_DIGITS_MAX && DIGITS % 4 == 0, "crypto/decoded.h takes them");

__extension__ typedef unsigned __int128 u128;

struct wide {
    uint64_t word[WORDS]; /* modulo 2^256 */
};

/* sum += factor * number */
static void add_product(struct wide *sum, uint64_t factor, const uint64_t number[static 2])
{
    u128 t = (u128)factor * number[0] + sum->word[0];
    sum->word[0] = (uint64_t)t;
    t = (u128)factor * number[1] + sum->word[1] + (uint64_t)(t >> 64);
    sum->word[1] = (uint64_t)t;
    t = (u128)sum->word[2] + (uint64_t)(t >> 64);
    sum->word[2] = (uint64_t)t;
    sum->word[3] += (uint64_t)(t >> 64);
}

static void subtract(struct wide *from, const struct wide *other)
{
    uint64_t borrow = 0;
    for (size_t i = 0; i < WORDS; i++) {
        u128 t = (u128)from->word[i] - other->word[i] - borrow;
        from->word[i] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1;
    }
}

static uint64_t load(const uint8_t bytes[static 8])
{
    uint64_t word = 0;
    for (size_t i = 8; i-- > 0;) {
        word = word << 8 | bytes[i];
    }
    return word;
}

static void store(uint8_t bytes[static DIGITS], const struct wide *wide)
{
    for (size_t i = 0; i < DIGITS; i++) {
        bytes[i] = (uint8_t)(wide->word[i / 8] >> (8 * (i % 8)));
    }
}

/* A weight's bytes are a number that is more than the weight by what 16 bytes of 128 are; and so
 * with the sum's. What to begin with: the sum's excess, less all that is added too much. */
static void make_start(struct wide *start, const uint64_t *factors, size_t factor_count)
{
    static const uint64_t excess[2] = {0x8080808080808080, 0x8080808080808080};
    struct wide too_much = {{0}};
    *start = (struct wide){{excess[0], excess[0], excess[0], excess[0] >> 32}};
    for (size_t j = 0; j < factor_count; j++) {
        add_product(&too_much, factors[j], excess);
    }
    subtract(start, &too_much);
}

/* The first counts once: if it alone is wrong, that is always seen. */
static void draw_factors(uint64_t *factors, size_t count)
{
    randombytes_buf(factors, count * sizeof(factors[0]));
    factors[0] = 1;
}

static void sum_weights(uint8_t *sums, const struct kp_chunk_composite *composites,
                        const uint64_t *factors, size_t composite_count, size_t count)
{
    struct wide start;
    make_start(&start, factors, composite_count);
    for (size_t i = 0; i < count; i++) {
        struct wide sum = start;
        for (size_t j = 0; j < composite_count; j++) {
            const uint8_t *bytes = composites[j].weights + i * KP_WEIGHT_BYTES;
            const uint64_t weight[2] = {load(bytes), load(bytes + 8)};
            add_product(&sum, factors[j], weight);
        }
        store(sums + i * DIGITS, &sum);
    }
}

/* The sum of factor * M. */
static enum kp_status sum_composites(uint8_t out[static KP_POINT_BYTES],
                                     const struct kp_chunk_composite *composites,
                                     const uint64_t *factors, size_t count)
{
    uint8_t scalars[MOST * KP_SCALAR_BYTES] = {0};
    uint8_t points[MOST * KP_POINT_BYTES];
    for (size_t j = 0; j < count; j++) {
        for (size_t i = 0; i < sizeof(factors[j]); i++) {
            scalars[j * KP_SCALAR_BYTES + i] = (uint8_t)(factors[j] >> (8 * i));
        }
        memcpy(points + j * KP_POINT_BYTES, composites[j].m, KP_POINT_BYTES);
    }
    enum kp_status status = kp_points_multiply_each(points, scalars, points, count);
    memset(out, 0, KP_POINT_BYTES);
    for (size_t j = 0; status == KP_OK && j < count; j++) {
        status = kp_points_add(out, out, points + j * KP_POINT_BYTES, 1);
    }
    return status;
}

static enum kp_status compare(const uint8_t claimed[static KP_POINT_BYTES], const uint8_t *weights,
                              size_t digits, const struct kp_chunk_inputs *inputs)
{
    uint8_t computed[KP_POINT_BYTES];
    enum kp_status status = kp_decoded_combine(computed, weights, digits, inputs->decoded);
    if (status != KP_OK) {
        return KP_FAILED;
    }
    return sodium_memcmp(computed, claimed, sizeof(computed)) == 0 ? KP_OK : KP_REFUSED;
}

/* Two hardly gain by it, and one not at all. */
static enum kp_status one_by_one(const struct kp_chunk_composite *composites,
                                 size_t composite_count, const struct kp_chunk_inputs *inputs)
{
    enum kp_status status = KP_OK;
    for (size_t j = 0; status == KP_OK && j < composite_count; j++) {
        status = compare(composites[j].m, composites[j].weights, KP_WEIGHT_BYTES, inputs);
    }
    return status;
}

enum kp_status kp_chunk_composites(const struct kp_chunk_composite *composites,
                                   size_t composite_count, const struct kp_chunk_inputs *inputs,
                                   size_t count)
{
    if (composite_count < 2 || composite_count > MOST) {
        return one_by_one(composites, composite_count, inputs);
    }
    uint64_t factors[MOST];
    uint8_t claimed[KP_POINT_BYTES];
    uint8_t *sums = malloc(count * DIGITS);
    if (sums == NULL) {
        return KP_FAILED;
    }
    draw_factors(factors, composite_count);
    sum_weights(sums, composites, factors, composite_count, count);
    enum kp_status status = sum_composites(claimed, composites, factors, composite_count);
    if (status == KP_OK) {
        status = compare(claimed, sums, DIGITS, inputs);
    }
    free(sums);
    return status;
}
