/* The field by products of integers: limbs are never negative, and at most those of 2p, which are
 * below 2^52. A product's upper 52 bits count twice in the next column, since limbs have 51. */
#include "crypto/engine/field4.h"

/* The columns of a product, of which there are nine, and a tenth for the upper halves. */
enum { COLUMNS = 10 };

/* t[i + j] += the lower half, t[i + j + 1] += the upper. */
#define LOW(i, j, a, b) t[(i) + (j)] = kp_v_plus_low(t[(i) + (j)], a, b)
#define HIGH(i, j, a, b) t[(i) + (j) + 1] = kp_v_plus_high(t[(i) + (j) + 1], a, b)

KP_V_INLINE kp_v twice(kp_v a)
{
    return kp_v_add(a, a);
}

/* 2^255 = 19: the upper columns come back into the lower ones. */
KP_V_INLINE void fold(kp_v columns[static 5], const kp_v t[static COLUMNS])
{
    for (int i = 0; i < 5; i++) {
        columns[i] = kp_v_add(t[i], kp_v_times_19(t[i + 5]));
    }
}

#define ROW(HALF, i)                                                                               \
    do {                                                                                           \
        HALF(i, 0, a->limb[i], b->limb[0]);                                                        \
        HALF(i, 1, a->limb[i], b->limb[1]);                                                        \
        HALF(i, 2, a->limb[i], b->limb[2]);                                                        \
        HALF(i, 3, a->limb[i], b->limb[3]);                                                        \
        HALF(i, 4, a->limb[i], b->limb[4]);                                                        \
    } while (0)

/* Upper halves first: what is twice their sum is where the lower ones begin. */
KP_V_INLINE void product_columns(kp_v columns[static 5], const struct kp_fe4 *a,
                                 const struct kp_fe4 *b)
{
    kp_v t[COLUMNS] = {0};
    ROW(HIGH, 0);
    ROW(HIGH, 1);
    ROW(HIGH, 2);
    ROW(HIGH, 3);
    ROW(HIGH, 4);
    for (int i = 1; i < COLUMNS; i++) {
        t[i] = twice(t[i]);
    }
    ROW(LOW, 0);
    ROW(LOW, 1);
    ROW(LOW, 2);
    ROW(LOW, 3);
    ROW(LOW, 4);
    fold(columns, t);
}

#define UNEQUAL(HALF)                                                                              \
    do {                                                                                           \
        HALF(0, 1, x[0], x[1]);                                                                    \
        HALF(0, 2, x[0], x[2]);                                                                    \
        HALF(0, 3, x[0], x[3]);                                                                    \
        HALF(0, 4, x[0], x[4]);                                                                    \
        HALF(1, 4, x[1], x[4]);                                                                    \
        HALF(2, 4, x[2], x[4]);                                                                    \
        HALF(3, 4, x[3], x[4]);                                                                    \
        HALF(1, 2, x[1], x[2]);                                                                    \
        HALF(1, 3, x[1], x[3]);                                                                    \
        HALF(2, 3, x[2], x[3]);                                                                    \
    } while (0)

#define EQUAL(HALF)                                                                                \
    do {                                                                                           \
        HALF(0, 0, x[0], x[0]);                                                                    \
        HALF(1, 1, x[1], x[1]);                                                                    \
        HALF(2, 2, x[2], x[2]);                                                                    \
        HALF(3, 3, x[3], x[3]);                                                                    \
        HALF(4, 4, x[4], x[4]);                                                                    \
    } while (0)

/* Products of different limbs count twice. */
KP_V_INLINE void square_columns(kp_v columns[static 5], const struct kp_fe4 *a)
{
    const kp_v *x = a->limb;
    kp_v t[COLUMNS] = {0};
    UNEQUAL(HIGH);
    for (int i = 2; i < COLUMNS - 1; i++) {
        t[i] = twice(t[i]);
    }
    EQUAL(HIGH);
    UNEQUAL(LOW);
    for (int i = 1; i < COLUMNS; i++) {
        t[i] = twice(t[i]);
    }
    EQUAL(LOW);
    fold(columns, t);
}

/* One pass for all limbs at once: what is carried into a limb is small, so it needs no second. The
 * columns may be those of the result. */
KP_V_INLINE void carry_columns(struct kp_fe4 *out, const kp_v columns[static 5])
{
    kp_v up = kp_v_19(kp_v_right(columns[4], 51));
    for (int i = 0; i < 5; i++) {
        kp_v next = kp_v_right(columns[i], 51);
        out->limb[i] = kp_v_add(kp_v_low51(columns[i]), up);
        up = next;
    }
}

/* 2^10 times p keeps a difference of columns from being negative. */
KP_V_INLINE void carry_both(struct kp_fe4 *sum, struct kp_fe4 *difference,
                            const kp_v left[static 5], const kp_v right[static 5])
{
    kp_v columns[5];
    for (int i = 0; i < 5; i++) {
        columns[i] = kp_v_add(left[i], right[i]);
    }
    carry_columns(sum, columns);
    for (int i = 0; i < 5; i++) {
        columns[i] = kp_v_less_columns(left[i], right[i], i);
    }
    carry_columns(difference, columns);
}

void kp_fe4_multiply(struct kp_fe4 *out, const struct kp_fe4 *a, const struct kp_fe4 *b)
{
    kp_v columns[5];
    product_columns(columns, a, b);
    carry_columns(out, columns);
}

void kp_fe4_square(struct kp_fe4 *out, const struct kp_fe4 *a)
{
    kp_v columns[5];
    square_columns(columns, a);
    carry_columns(out, columns);
}

void kp_fe4_multiply_two(struct kp_fe4 *sum, struct kp_fe4 *difference, const struct kp_fe4 *a,
                         const struct kp_fe4 *b, const struct kp_fe4 *c, const struct kp_fe4 *d)
{
    kp_v left[5];
    kp_v right[5];
    product_columns(left, a, b);
    product_columns(right, c, d);
    carry_both(sum, difference, left, right);
}

void kp_fe4_square_multiply(struct kp_fe4 *sum, struct kp_fe4 *difference, const struct kp_fe4 *a,
                            const struct kp_fe4 *b, const struct kp_fe4 *c)
{
    kp_v left[5];
    kp_v right[5];
    square_columns(left, a);
    product_columns(right, b, c);
    carry_both(sum, difference, left, right);
}

void kp_fe4_square_two(struct kp_fe4 *sum, struct kp_fe4 *difference, const struct kp_fe4 *a,
                       const struct kp_fe4 *b)
{
    kp_v left[5];
    kp_v right[5];
    square_columns(left, a);
    square_columns(right, b);
    carry_both(sum, difference, left, right);
}

void kp_fe4_add_product(struct kp_fe4 *sum, struct kp_fe4 *difference, const struct kp_fe4 *a,
                        const struct kp_fe4 *b, const struct kp_fe4 *c)
{
    const struct kp_fe4 left = *a; /* which may be a result */
    kp_v right[5];
    product_columns(right, b, c);
    carry_both(sum, difference, left.limb, right);
}

void kp_fe4_add_times(struct kp_fe4 *out, const struct kp_fe4 *a, uint32_t number,
                      const struct kp_fe4 *b)
{
    const kp_v times = kp_v_all(number);
    kp_v columns[5];
    kp_v up = kp_v_19(kp_v_plus_high(kp_v_all(0), times, b->limb[4]));
    for (int i = 0; i < 5; i++) {
        columns[i] = kp_v_plus_low(kp_v_add(a->limb[i], twice(up)), times, b->limb[i]);
        up = kp_v_plus_high(kp_v_all(0), times, b->limb[i]);
    }
    carry_columns(out, columns);
}

void kp_fe4_carry(struct kp_fe4 *out, const struct kp_fe4 *a)
{
    carry_columns(out, a->limb);
}

/* Carried once more it is below 2p: a limb is above 2^51 by what is carried into it, which is at
 * most 19. It reaches p when 19 more reaches 2^255. */
void kp_fe4_freeze(struct kp_fe4_frozen *out, const struct kp_fe4 *a)
{
    struct kp_fe4 t;
    carry_columns(&t, a->limb);
    kp_v up = kp_v_all(19);
    for (int i = 0; i < 5; i++) {
        up = kp_v_right(kp_v_add(t.limb[i], up), 51);
    }
    up = kp_v_19(up);
    for (int i = 0; i < 5; i++) {
        kp_v limb = kp_v_add(t.limb[i], up);
        up = kp_v_right(limb, 51);
        out->limb[i] = kp_v_low51(limb);
    }
}
