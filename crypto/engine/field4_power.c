#include "crypto/engine/field4_power.h"

#include "crypto/engine/constants.h"

static void square_times(struct kp_fe4 *out, const struct kp_fe4 *a, unsigned times, size_t count)
{
    for (size_t j = 0; j < count; j++) {
        kp_fe4_square(&out[j], &a[j]);
    }
    for (unsigned i = 1; i < times; i++) {
        for (size_t j = 0; j < count; j++) {
            kp_fe4_square(&out[j], &out[j]);
        }
    }
}

static void multiply(struct kp_fe4 *out, const struct kp_fe4 *a, const struct kp_fe4 *b,
                     size_t count)
{
    for (size_t j = 0; j < count; j++) {
        kp_fe4_multiply(&out[j], &a[j], &b[j]);
    }
}

/* to = a^(2^250 - 1), and *eleven = a^11 on the way: the two exponents here end differently. */
static void power_250(struct kp_fe4 *to, struct kp_fe4 *eleven, const struct kp_fe4 *a, size_t n)
{
    struct kp_fe4 t[KP_ROOTS_MAX] = {0};
    struct kp_fe4 five[KP_ROOTS_MAX] = {0};
    struct kp_fe4 ten[KP_ROOTS_MAX] = {0};
    struct kp_fe4 fifty[KP_ROOTS_MAX] = {0};
    square_times(t, a, 1, n);
    square_times(five, t, 2, n);
    multiply(five, five, a, n); /* 9 */
    multiply(eleven, five, t, n);
    square_times(t, eleven, 1, n);
    multiply(five, t, five, n); /* 2^5 - 1 */
    square_times(t, five, 5, n);
    multiply(ten, t, five, n);
    square_times(t, ten, 10, n);
    multiply(t, t, ten, n); /* 2^20 - 1 */
    square_times(fifty, t, 20, n);
    multiply(t, fifty, t, n); /* 2^40 - 1 */
    square_times(t, t, 10, n);
    multiply(fifty, t, ten, n);
    square_times(t, fifty, 50, n);
    multiply(t, t, fifty, n); /* 2^100 - 1 */
    square_times(to, t, 100, n);
    multiply(to, to, t, n); /* 2^200 - 1 */
    square_times(to, to, 50, n);
    multiply(to, to, fifty, n);
}

/* p - 2 = 2^255 - 21 = (2^250 - 1) 2^5 + 11 */
void kp_fe4_invert(struct kp_fe4 *out, const struct kp_fe4 *a)
{
    struct kp_fe4 t[KP_ROOTS_MAX] = {0};
    struct kp_fe4 eleven[KP_ROOTS_MAX] = {0};
    power_250(t, eleven, a, 1);
    square_times(t, t, 5, 1);
    kp_fe4_multiply(out, t, eleven);
}

/* (p - 5) / 8 = 2^252 - 3 = (2^250 - 1) 2^2 + 1 */
static void power_of_root(struct kp_fe4 *out, const struct kp_fe4 *a, size_t count)
{
    struct kp_fe4 t[KP_ROOTS_MAX] = {0};
    struct kp_fe4 eleven[KP_ROOTS_MAX] = {0};
    power_250(t, eleven, a, count);
    square_times(t, t, 2, count);
    multiply(out, t, a, count);
}

/* What a root may yet be wrong by: `tried` is w^3 (w^7)^((p - 5) / 8). */
static kp_vmask finish_root(struct kp_fe4 *root, const struct kp_fe4 *tried, const struct kp_fe4 *w)
{
    struct kp_fe4 t;
    struct kp_fe4 constant;
    struct kp_fe4_frozen check;
    kp_fe4_square(&t, tried);
    kp_fe4_multiply(&t, &t, w);
    kp_fe4_freeze(&check, &t);
    kp_vmask right = kp_fe4_frozen_is(&check, kp_fe_frozen_one);
    kp_vmask flipped = kp_fe4_frozen_is(&check, kp_fe_frozen_minus_one);
    kp_vmask flipped_i = kp_fe4_frozen_is(&check, kp_fe_frozen_minus_sqrt_m1);
    kp_fe4_all(&constant, &kp_fe_sqrt_m1);
    kp_fe4_multiply(&t, tried, &constant);
    kp_fe4_choose(root, kp_vmask_or(flipped, flipped_i), &t, tried);
    return kp_vmask_or(right, flipped);
}

void kp_fe4_inverse_roots(struct kp_fe4 *root, kp_vmask *square, const struct kp_fe4 *w,
                          size_t count)
{
    struct kp_fe4 t[KP_ROOTS_MAX] = {0};
    struct kp_fe4 cube[KP_ROOTS_MAX] = {0};
    square_times(t, w, 1, count);
    multiply(cube, t, w, count);
    square_times(t, cube, 1, count);
    multiply(t, t, w, count);
    power_of_root(t, t, count);
    multiply(cube, cube, t, count);
    for (size_t j = 0; j < count; j++) {
        square[j] = finish_root(&root[j], &cube[j], &w[j]);
    }
}

/* With root of 1 / (uv) in hand, u times it is the one of u / v. Zero for u is a square, as in the
 * RFC. */
void kp_fe4_roots_of_ratios(struct kp_fe4 *root, kp_vmask *square, const struct kp_fe4 *u,
                            const struct kp_fe4 *v, size_t count)
{
    struct kp_fe4 product[KP_ROOTS_MAX] = {0};
    multiply(product, u, v, count);
    kp_fe4_inverse_roots(root, square, product, count);
    multiply(root, root, u, count);
    for (size_t j = 0; j < count; j++) {
        struct kp_fe4_frozen frozen;
        kp_fe4_freeze(&frozen, &u[j]);
        square[j] = kp_vmask_or(square[j], kp_fe4_frozen_is(&frozen, kp_fe_frozen_zero));
    }
}
