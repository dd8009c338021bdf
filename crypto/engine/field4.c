#include "crypto/engine/field4.h"

#include "crypto/engine/columns.h"

#define PRODUCT(i, j, a, b)                                                                        \
    do {                                                                                           \
        kp_vi high;                                                                                \
        kp_vi low;                                                                                 \
        kp_v_split(&high, &low, a, b);                                                             \
        t[(i) + (j)] = kp_vi_add(t[(i) + (j)], low);                                               \
        t[(i) + (j) + 1] = kp_vi_add(t[(i) + (j) + 1], high);                                      \
        KP_V_KEEP(t[(i) + (j)], t[(i) + (j) + 1]);                                                 \
    } while (0)

/* The same, where it is the first in the upper of its two columns. */
#define FIRST_PRODUCT(i, j, a, b)                                                                  \
    do {                                                                                           \
        kp_vi low;                                                                                 \
        kp_v_split(&t[(i) + (j) + 1], &low, a, b);                                                 \
        t[(i) + (j)] = kp_vi_add(t[(i) + (j)], low);                                               \
        KP_V_KEEP(t[(i) + (j)], t[(i) + (j) + 1]);                                                 \
    } while (0)

/* 2^255 = 19: the upper columns come back into the lower ones. */
KP_V_INLINE void fold(kp_vi columns[static 5], const kp_vi t[static 10])
{
    for (int i = 0; i < 5; i++) {
        kp_vi nine = kp_vi_add(t[i + 5], kp_vi_left(t[i + 5], 3));
        kp_vi nineteen = kp_vi_add(kp_vi_add(nine, nine), t[i + 5]);
        columns[i] = kp_vi_add(t[i], nineteen);
    }
}

#define ROW(i)                                                                                     \
    do {                                                                                           \
        PRODUCT(i, 0, a->limb[i], b->limb[0]);                                                     \
        PRODUCT(i, 1, a->limb[i], b->limb[1]);                                                     \
        PRODUCT(i, 2, a->limb[i], b->limb[2]);                                                     \
        PRODUCT(i, 3, a->limb[i], b->limb[3]);                                                     \
        FIRST_PRODUCT(i, 4, a->limb[i], b->limb[4]);                                               \
    } while (0)

/* The columns of ab, each with what it begins with. */
KP_V_INLINE void product_columns(kp_vi columns[static 5], const struct kp_fe4 *a,
                                 const struct kp_fe4 *b,
                                 const struct kp_vi_constant begin[static 5])
{
    kp_vi t[10] = {kp_vi_of(&begin[0]), kp_vi_of(&begin[1]), kp_vi_of(&begin[2]),
                   kp_vi_of(&begin[3]), kp_vi_of(&begin[4])};
    ROW(0);
    ROW(1);
    ROW(2);
    ROW(3);
    ROW(4);
    fold(columns, t);
}

KP_V_INLINE void square_columns(kp_vi columns[static 5], const struct kp_fe4 *a,
                                const struct kp_vi_constant begin[static 5])
{
    const kp_v *x = a->limb;
    kp_vi t[10] = {kp_vi_of(&begin[0]), kp_vi_of(&begin[1]), kp_vi_of(&begin[2]),
                   kp_vi_of(&begin[3]), kp_vi_of(&begin[4])};
    PRODUCT(0, 0, x[0], x[0]);
    kp_v twice = kp_v_add(x[0], x[0]);
    PRODUCT(0, 1, twice, x[1]);
    PRODUCT(0, 2, twice, x[2]);
    PRODUCT(0, 3, twice, x[3]);
    FIRST_PRODUCT(0, 4, twice, x[4]);
    PRODUCT(1, 1, x[1], x[1]);
    twice = kp_v_add(x[1], x[1]);
    PRODUCT(1, 2, twice, x[2]);
    PRODUCT(1, 3, twice, x[3]);
    FIRST_PRODUCT(1, 4, twice, x[4]);
    PRODUCT(2, 2, x[2], x[2]);
    twice = kp_v_add(x[2], x[2]);
    PRODUCT(2, 3, twice, x[3]);
    FIRST_PRODUCT(2, 4, twice, x[4]);
    twice = kp_v_add(x[3], x[3]);
    PRODUCT(3, 3, x[3], x[3]);
    FIRST_PRODUCT(3, 4, twice, x[4]);
    FIRST_PRODUCT(4, 4, x[4], x[4]);
    fold(columns, t);
}

/* One pass for all limbs at once: what is carried into a limb is small, so it needs no second. */
KP_V_INLINE void carry_columns(struct kp_fe4 *out, const kp_vi columns[static 5])
{
    const double half = 0x1p50;
    kp_vi up = kp_vi_right(columns[4], 51);
    out->limb[0] =
        kp_vi_number(kp_vi_low51(columns[0]), kp_vi_19(up), half + 19.0 * KP_COLUMN_OFFSET);
    for (int i = 1; i < 5; i++) {
        up = kp_vi_right(columns[i - 1], 51);
        out->limb[i] = kp_vi_number(kp_vi_low51(columns[i]), up, half + KP_COLUMN_OFFSET);
    }
}

KP_V_INLINE void carry_both(struct kp_fe4 *sum, struct kp_fe4 *difference,
                            const kp_vi left[static 5], const kp_vi right[static 5])
{
    kp_vi columns[5];
    for (int i = 0; i < 5; i++) {
        columns[i] = kp_vi_add(left[i], right[i]);
    }
    carry_columns(sum, columns);
    for (int i = 0; i < 5; i++) {
        columns[i] = kp_vi_sub(left[i], right[i]);
    }
    carry_columns(difference, columns);
}

void kp_fe4_multiply(struct kp_fe4 *out, const struct kp_fe4 *a, const struct kp_fe4 *b)
{
    kp_vi columns[5];
    product_columns(columns, a, b, kp_product_begin);
    carry_columns(out, columns);
}

void kp_fe4_square(struct kp_fe4 *out, const struct kp_fe4 *a)
{
    kp_vi columns[5];
    square_columns(columns, a, kp_square_begin);
    carry_columns(out, columns);
}

void kp_fe4_multiply_two(struct kp_fe4 *sum, struct kp_fe4 *difference, const struct kp_fe4 *a,
                         const struct kp_fe4 *b, const struct kp_fe4 *c, const struct kp_fe4 *d)
{
    kp_vi left[5];
    kp_vi right[5];
    product_columns(left, a, b, kp_product_begin);
    product_columns(right, c, d, kp_product_begin_plain);
    carry_both(sum, difference, left, right);
}

void kp_fe4_square_multiply(struct kp_fe4 *sum, struct kp_fe4 *difference, const struct kp_fe4 *a,
                            const struct kp_fe4 *b, const struct kp_fe4 *c)
{
    kp_vi left[5];
    kp_vi right[5];
    square_columns(left, a, kp_square_begin);
    product_columns(right, b, c, kp_product_begin_plain);
    carry_both(sum, difference, left, right);
}

void kp_fe4_square_two(struct kp_fe4 *sum, struct kp_fe4 *difference, const struct kp_fe4 *a,
                       const struct kp_fe4 *b)
{
    kp_vi left[5];
    kp_vi right[5];
    square_columns(left, a, kp_square_begin);
    square_columns(right, b, kp_square_begin_plain);
    carry_both(sum, difference, left, right);
}

void kp_fe4_add_product(struct kp_fe4 *sum, struct kp_fe4 *difference, const struct kp_fe4 *a,
                        const struct kp_fe4 *b, const struct kp_fe4 *c)
{
    kp_vi left[5];
    kp_vi right[5];
    product_columns(right, b, c, kp_product_begin_plain);
    for (int i = 0; i < 5; i++) {
        left[i] = kp_v_integer(a->limb[i], KP_COLUMN_ABOVE_ZERO);
    }
    carry_both(sum, difference, left, right);
}

void kp_fe4_add_times(struct kp_fe4 *out, const struct kp_fe4 *a, uint32_t number,
                      const struct kp_fe4 *b)
{
    const kp_v times = kp_v_all((double)number);
    kp_v high[5];
    kp_v low[5];
    for (int i = 0; i < 5; i++) {
        high[i] = kp_v_product_high(times, b->limb[i]);
        low[i] = kp_v_add(a->limb[i], kp_v_product_low(times, b->limb[i], high[i]));
    }
    out->limb[0] = kp_v_plus_carry(low[0], high[4], 19);
    for (int i = 1; i < 5; i++) {
        out->limb[i] = kp_v_plus_carry(low[i], high[i - 1], 1);
    }
}

void kp_fe4_carry(struct kp_fe4 *out, const struct kp_fe4 *a)
{
    kp_v high[5];
    kp_v low[5];
    for (int i = 0; i < 5; i++) {
        high[i] = kp_v_high(a->limb[i]);
        low[i] = kp_v_low(a->limb[i], high[i]);
    }
    out->limb[0] = kp_v_plus_carry(low[0], high[4], 19);
    for (int i = 1; i < 5; i++) {
        out->limb[i] = kp_v_plus_carry(low[i], high[i - 1], 1);
    }
}

/* A carried element is less than p either way, so with p added it is from 0 to 2p, and its limbs,
 * with those of p added, are not negative. It reaches p when 19 more reaches 2^255. */
void kp_fe4_freeze(struct kp_fe4_frozen *out, const struct kp_fe4 *a)
{
    static const uint64_t p[5] = {(1ULL << 51) - 19, (1ULL << 51) - 1, (1ULL << 51) - 1,
                                  (1ULL << 51) - 1, (1ULL << 51) - 1};
    kp_vi limb[5];
    kp_vi up = kp_vi_all(19);
    for (int i = 0; i < 5; i++) {
        limb[i] = kp_v_integer(a->limb[i], p[i]);
        up = kp_vi_right(kp_vi_add(limb[i], up), 51);
    }
    up = kp_vi_19(up);
    for (int i = 0; i < 5; i++) {
        limb[i] = kp_vi_add(limb[i], up);
        up = kp_vi_right(limb[i], 51);
        out->limb[i] = kp_vi_low51(limb[i]);
    }
}
