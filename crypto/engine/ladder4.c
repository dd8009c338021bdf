#include "crypto/engine/point4.h"

#include "crypto/engine/constants.h"

#include <stdbool.h>

/* The Montgomery ladder keeps kP and (k + 1)P, as sums and differences X + Z, X - Z. Which of the
 * two was doubled changes with the scalar's bits, so the one to be doubled next is chosen by a
 * mask. */
struct rung {
    struct kp_fe4 sum; /* of the one that was doubled */
    struct kp_fe4 difference;
    struct kp_fe4 other_sum; /* of the one that is the sum of both */
    struct kp_fe4 other_difference;
};

/* 486662 = A of v^2 = u^3 + Au^2 + u; (A - 2) / 4 */
#define A24 121665U
#define TWICE_A 973324U

static void step(struct rung *rung, kp_vmask other, const struct kp_fe4 *u)
{
    struct kp_fe4 sum;
    struct kp_fe4 difference;
    struct kp_fe4 sum_sq;
    struct kp_fe4 difference_sq;
    struct kp_fe4 four_xz;
    struct kp_fe4 t;
    kp_fe4_choose(&sum, other, &rung->other_sum, &rung->sum);
    kp_fe4_choose(&difference, other, &rung->other_difference, &rung->difference);
    kp_fe4_multiply_two(&rung->other_sum, &rung->other_difference, &rung->other_difference,
                        &rung->sum, &rung->other_sum, &rung->difference);
    kp_fe4_square(&sum_sq, &sum);
    kp_fe4_square(&difference_sq, &difference);
    kp_fe4_subtract(&four_xz, &sum_sq, &difference_sq);
    kp_fe4_carry(&four_xz, &four_xz);
    kp_fe4_square(&t, &rung->other_difference);
    kp_fe4_square_multiply(&rung->other_sum, &rung->other_difference, &rung->other_sum, &t, u);
    kp_fe4_add_times(&t, &sum_sq, A24, &four_xz);
    kp_fe4_multiply_two(&rung->sum, &rung->difference, &sum_sq, &difference_sq, &four_xz, &t);
}

/* (X1 : Z1) with Y, by Okeya and Sakurai, from X1 : Z1 = u(Q), X2 : Z2 = u(Q + P) and P = (u, v).
 */
struct projective {
    struct kp_fe4 u;
    struct kp_fe4 v;
    struct kp_fe4 w;
};

static void recover(struct projective *out, const struct kp_fe4 *x1, const struct kp_fe4 *z1,
                    const struct kp_fe4 *x2, const struct kp_fe4 *z2,
                    const struct kp_montgomery4 *point)
{
    struct kp_fe4 uz;
    struct kp_fe4 left;
    struct kp_fe4 right;
    struct kp_fe4 t;
    kp_fe4_multiply(&uz, &point->u, z1);
    /* right = (X1 - uZ1)^2 X2 */
    kp_fe4_subtract(&t, x1, &uz);
    kp_fe4_carry(&t, &t);
    kp_fe4_square(&t, &t);
    kp_fe4_multiply(&right, &t, x2);
    /* left = ((X1 + uZ1 + 2A Z1)(u X1 + Z1) - 2A Z1^2) Z2 */
    kp_fe4_add_times(&left, x1, TWICE_A, z1);
    kp_fe4_add(&left, &left, &uz);
    kp_fe4_carry(&left, &left);
    kp_fe4_multiply(&t, &point->u, x1);
    kp_fe4_add(&t, &t, z1);
    kp_fe4_factor(&t);
    kp_fe4_multiply(&left, &left, &t);
    kp_fe4_square(&t, z1);
    kp_fe4_negate_if(&t, kp_vmask_bit(1), &t);
    kp_fe4_add_times(&left, &left, TWICE_A, &t);
    kp_fe4_multiply(&left, z2, &left);
    kp_fe4_subtract(&t, &left, &right);
    kp_fe4_carry(&out->v, &t);
    /* u, w = 2v Z1 Z2 times X1, Z1 */
    kp_fe4_multiply(&t, &point->v, z1);
    kp_fe4_multiply(&t, &t, z2);
    kp_fe4_add(&t, &t, &t);
    kp_fe4_factor(&t);
    kp_fe4_multiply(&out->u, x1, &t);
    kp_fe4_multiply(&out->w, z1, &t);
}

/* x = cu / v, y = (u - w) / (u + w) */
static void to_edwards(struct kp_edwards4 *out, const struct projective *point)
{
    struct kp_fe4 constant;
    struct kp_fe4 cu;
    struct kp_fe4 sum;
    struct kp_fe4 difference;
    kp_fe4_all(&constant, &kp_fe_montgomery);
    kp_fe4_multiply(&cu, &point->u, &constant);
    kp_fe4_add(&sum, &point->u, &point->w);
    kp_fe4_subtract(&difference, &point->u, &point->w);
    kp_fe4_factor(&sum);
    kp_fe4_factor(&difference);
    kp_fe4_multiply(&out->x, &cu, &sum);
    kp_fe4_multiply(&out->y, &point->v, &difference);
    kp_fe4_multiply(&out->z, &point->v, &sum);
    kp_fe4_multiply(&out->t, &cu, &difference);
}

static void sum_and_difference(struct kp_fe4 *a, struct kp_fe4 *b)
{
    struct kp_fe4 sum;
    kp_fe4_add(&sum, a, b);
    kp_fe4_subtract(b, a, b);
    kp_fe4_carry(a, &sum);
    kp_fe4_carry(b, b);
}

static uint64_t bit_of(const uint8_t scalar[static 32], unsigned bit)
{
    return ((uint64_t)scalar[bit / 8] >> (bit % 8)) & 1U;
}

/* Of four scalars, 32 bytes each, or of one for all. */
KP_V_INLINE kp_vmask bits_of(const uint8_t *scalars, bool each, unsigned bit)
{
    if (!each) {
        return kp_vmask_bit(bit_of(scalars, bit));
    }
    const uint64_t bits[4] = {bit_of(scalars, bit), bit_of(scalars + 32, bit),
                              bit_of(scalars + 64, bit), bit_of(scalars + 96, bit)};
    return kp_vmask_bits(bits);
}

KP_V_INLINE void ladder(struct kp_edwards4 *out, const uint8_t *scalars, bool each,
                        kp_vmask negative, const struct kp_montgomery4 *point)
{
    struct rung rung;
    struct projective result;
    kp_fe4_all(&rung.sum, &kp_fe_one); /* 0P is (1 : 0) */
    rung.difference = rung.sum;
    rung.other_sum = point->u; /* P is (u : 1) */
    kp_fe4_all(&rung.other_difference, &kp_fe_one);
    sum_and_difference(&rung.other_sum, &rung.other_difference);
    kp_vmask last = kp_vmask_bit(0);
    for (unsigned i = KP_LADDER_BITS; i-- > 0;) {
        kp_vmask bits = bits_of(scalars, each, i);
        step(&rung, kp_vmask_xor(bits, last), &point->u);
        last = bits;
    }
    /* The scalars are odd, so (k + 1)P was doubled last. Both are here twice over, which is the
     * same. */
    sum_and_difference(&rung.sum, &rung.difference);
    sum_and_difference(&rung.other_sum, &rung.other_difference);
    recover(&result, &rung.other_sum, &rung.other_difference, &rung.sum, &rung.difference, point);
    kp_fe4_negate_if(&result.v, negative, &result.v);
    to_edwards(out, &result);
}

void kp_ladder4(struct kp_edwards4 *out, const uint8_t scalar[static 32], uint64_t negative,
                const struct kp_montgomery4 *point)
{
    ladder(out, scalar, false, kp_vmask_bit(negative), point);
}

void kp_ladder4_each(struct kp_edwards4 *out, const uint8_t scalars[static 128],
                     const uint64_t negative[static 4], const struct kp_montgomery4 *point)
{
    ladder(out, scalars, true, kp_vmask_bits(negative), point);
}
