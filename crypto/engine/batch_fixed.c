#include "crypto/engine/calls.h"

#include "crypto/engine/border.h"
#include "crypto/engine/half.h"
#include "crypto/engine/lanes.h"
#include "crypto/engine/table4.h"
#include "crypto/secret.h"

#include <string.h>

enum { BLOCK = 256, GROUPS = BLOCK / 4 };

/* As in batch_multiply.c. */
struct workspace {
    _Alignas(4096) struct kp_ratio4 halves[GROUPS];
    uint8_t bytes[GROUPS * KP_FE4_BYTES];
    uint8_t scalars[KP_FE4_BYTES];
    struct kp_digits4 digits;
    struct kp_sum4 sum;
    struct kp_term4 term;
    struct kp_edwards4 point;
};

/* Of the generator; public, written once by kp_four_prepare. */
static struct kp_table base;

/* Up to four scalars, and what is to be negated in the end. Where fewer are left, the first again.
 */
static kp_vmask load_scalars(struct workspace *work, const uint8_t *scalars, size_t left)
{
    uint64_t negative[4];
    for (size_t i = 0; i < 4; i++) {
        negative[i] = kp_half_and_odd(work->scalars + 32 * i, scalars + 32 * (i < left ? i : 0))
                      << 63;
    }
    kp_digits4_load(&work->digits, work->scalars);
    kp_vmask mask =
        _mm256_castsi256_pd(_mm256_loadu_si256((const __m256i *)(const void *)negative));
    kp_wipe(negative, sizeof(negative));
    return mask;
}

/* Half of up to four products, in work->sum; the mask: which are negative. */
static kp_vmask multiply_half(struct workspace *work, const struct kp_table *table,
                              const uint8_t *scalars, size_t left)
{
    kp_vmask negative = load_scalars(work, scalars, left);
    kp_sum4_start(&work->sum);
    for (unsigned i = 0; i < KP_TABLE_PLACES; i++) {
        kp_table_pick(&work->term, table, &work->digits, i);
        kp_sum4_add(&work->sum, &work->term);
    }
    return negative;
}

static void multiply_four(struct workspace *work, struct kp_ratio4 *out,
                          const struct kp_table *table, const uint8_t *scalars, size_t left)
{
    kp_vmask negative = multiply_half(work, table, scalars, left);
    kp_sum4_to(&work->point, &work->sum);
    kp_ratio4_of_double(out, &work->point);
    kp_fe4_negate_if(&out->e, negative, &out->e);
}

static void multiply_all(uint8_t *out, const struct kp_table *table, const uint8_t *scalars,
                         size_t count)
{
    struct workspace work;
    for (size_t done = 0; done < count; done += BLOCK) {
        size_t now = count - done < BLOCK ? count - done : BLOCK;
        size_t groups = (now + 3) / 4;
        for (size_t i = 0; i < groups; i++) {
            multiply_four(&work, &work.halves[i], table, scalars + (done + 4 * i) * 32,
                          now - 4 * i);
        }
        kp_ratio4_encode(work.bytes, work.halves, groups);
        memcpy(out + done * 32, work.bytes, now * 32);
        kp_wipe(work.halves, groups * sizeof(work.halves[0]));
    }
    kp_wipe(work.bytes, sizeof(work) - offsetof(struct workspace, bytes));
}

void kp_four_prepare(void)
{
    unsigned before = kp_border_enter();
    (void)kp_table_build(&base, kp_lanes_generator);
    kp_border_leave(before);
}

void kp_four_multiply_base(uint8_t *out, const uint8_t *scalars, size_t count)
{
    unsigned before = kp_border_enter();
    multiply_all(out, &base, scalars, count);
    kp_border_leave(before);
}

int kp_four_multiply_fixed(uint8_t *out, const uint8_t *scalars, const uint8_t point[static 32],
                           size_t count)
{
    _Alignas(4096) struct kp_table table;
    unsigned before = kp_border_enter();
    int bad = kp_table_build(&table, point);
    multiply_all(out, &table, scalars, count);
    kp_border_leave(before);
    kp_wipe(&table, sizeof(table));
    return bad;
}

/* A sum has no half at hand, so its encoding takes a square root; two side by side. */
struct subtraction {
    struct workspace work;
    struct kp_edwards4 points[2];
};

static void subtract_four(struct subtraction *s, struct kp_edwards4 *out,
                          const struct kp_table *table, const struct kp_sum4 *sum,
                          const uint8_t *scalars, size_t left)
{
    struct kp_sum4 *product = &s->work.sum;
    kp_vmask negative = multiply_half(&s->work, table, scalars, left);
    kp_sum4_double(product);
    kp_sum4_negate_if(product, kp_vmask_xor(negative, kp_vmask_bit(1)), product);
    kp_sum4_add_sum(product, sum);
    kp_sum4_to(out, product);
}

static void subtract_all(struct subtraction *s, uint8_t *out, const struct kp_table *table,
                         const struct kp_sum4 *sums, const uint8_t *scalars, size_t count)
{
    for (size_t i = 0; i < count; i += 8) {
        size_t now = count - i < 8 ? count - i : 8;
        size_t fours = (now + 3) / 4;
        for (size_t j = 0; j < fours; j++) {
            subtract_four(s, &s->points[j], table, &sums[i / 4 + j], scalars + (i + 4 * j) * 32,
                          now - 4 * j);
        }
        kp_edwards4_encode(s->work.bytes, s->points, fours);
        memcpy(out + i * 32, s->work.bytes, now * 32);
    }
}

int kp_four_sums_subtract(uint8_t *out, const struct kp_sum4 *sums, const uint8_t *scalars,
                          const uint8_t point[static 32], size_t count)
{
    _Alignas(4096) struct kp_table table;
    struct subtraction subtraction;
    unsigned before = kp_border_enter();
    int bad = kp_table_build(&table, point);
    subtract_all(&subtraction, out, &table, sums, scalars, count);
    kp_border_leave(before);
    kp_wipe(&table, sizeof(table));
    kp_wipe(subtraction.work.bytes, sizeof(subtraction) - offsetof(struct workspace, bytes));
    return bad;
}
