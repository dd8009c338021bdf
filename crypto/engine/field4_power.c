#include "crypto/engine/field4_power.h"

#include "crypto/engine/constants.h"

/* to = a^(2^250 - 1), and *eleven = a^11 on the way: the two exponents here end differently. */
static void power_250(struct kp_fe4 *to, struct kp_fe4 *eleven, const struct kp_fe4 *a)
{
    struct kp_fe4 t;
    struct kp_fe4 five;
    struct kp_fe4 ten;
    struct kp_fe4 fifty;
    kp_fe4_square(&t, a);
    kp_fe4_square_times(&five, &t, 2);
    kp_fe4_multiply(&five, &five, a); /* 9 */
    kp_fe4_multiply(eleven, &five, &t);
    kp_fe4_square(&t, eleven);
    kp_fe4_multiply(&five, &t, &five); /* 2^5 - 1 */
    kp_fe4_square_times(&t, &five, 5);
    kp_fe4_multiply(&ten, &t, &five);
    kp_fe4_square_times(&t, &ten, 10);
    kp_fe4_multiply(&t, &t, &ten); /* 2^20 - 1 */
    kp_fe4_square_times(&fifty, &t, 20);
    kp_fe4_multiply(&t, &fifty, &t); /* 2^40 - 1 */
    kp_fe4_square_times(&t, &t, 10);
    kp_fe4_multiply(&fifty, &t, &ten);
    kp_fe4_square_times(&t, &fifty, 50);
    kp_fe4_multiply(&t, &t, &fifty); /* 2^100 - 1 */
    kp_fe4_square_times(to, &t, 100);
    kp_fe4_multiply(to, to, &t); /* 2^200 - 1 */
    kp_fe4_square_times(to, to, 50);
    kp_fe4_multiply(to, to, &fifty);
}

/* p - 2 = 2^255 - 21 = (2^250 - 1) 2^5 + 11 */
void kp_fe4_invert(struct kp_fe4 *out, const struct kp_fe4 *a)
{
    struct kp_fe4 t;
    struct kp_fe4 eleven;
    power_250(&t, &eleven, a);
    kp_fe4_square_times(&t, &t, 5);
    kp_fe4_multiply(out, &t, &eleven);
}

/* (p - 5) / 8 = 2^252 - 3 = (2^250 - 1) 2^2 + 1 */
static void power_of_root(struct kp_fe4 *out, const struct kp_fe4 *a)
{
    struct kp_fe4 t;
    struct kp_fe4 eleven;
    power_250(&t, &eleven, a);
    kp_fe4_square_times(&t, &t, 2);
    kp_fe4_multiply(out, &t, a);
}

kp_vmask kp_fe4_inverse_root(struct kp_fe4 *root, const struct kp_fe4 *w)
{
    struct kp_fe4 t;
    struct kp_fe4 cube;
    struct kp_fe4 constant;
    struct kp_fe4_frozen check;
    kp_fe4_square(&t, w);
    kp_fe4_multiply(&cube, &t, w);
    kp_fe4_square(&t, &cube);
    kp_fe4_multiply(&t, &t, w);
    power_of_root(&t, &t);
    kp_fe4_multiply(&cube, &cube, &t);
    kp_fe4_square(&t, &cube);
    kp_fe4_multiply(&t, &t, w);
    kp_fe4_freeze(&check, &t);
    kp_vmask right = kp_fe4_frozen_is(&check, kp_fe_frozen_one);
    kp_vmask flipped = kp_fe4_frozen_is(&check, kp_fe_frozen_minus_one);
    kp_vmask flipped_i = kp_fe4_frozen_is(&check, kp_fe_frozen_minus_sqrt_m1);
    kp_fe4_all(&constant, &kp_fe_sqrt_m1);
    kp_fe4_multiply(&t, &cube, &constant);
    kp_fe4_choose(root, kp_vmask_or(flipped, flipped_i), &t, &cube);
    return kp_vmask_or(right, flipped);
}

/* With root of 1 / (uv) in hand, u times it is the one of u / v. Zero for u is a square, as in the
 * RFC. */
kp_vmask kp_fe4_root_of_ratio(struct kp_fe4 *root, const struct kp_fe4 *u, const struct kp_fe4 *v)
{
    struct kp_fe4 product;
    struct kp_fe4_frozen frozen;
    kp_fe4_multiply(&product, u, v);
    kp_vmask square = kp_fe4_inverse_root(root, &product);
    kp_fe4_multiply(root, root, u);
    kp_fe4_freeze(&frozen, u);
    return kp_vmask_or(square, kp_fe4_frozen_is(&frozen, kp_fe_frozen_zero));
}
