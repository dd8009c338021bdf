#include "crypto/engine/point4.h"

#include "crypto/engine/constants.h"
#include "crypto/engine/field4_power.h"

/* What both forms are made of; in the RFC's names, but x without its absolute value. */
struct decoded {
    struct kp_fe4 s;
    struct kp_fe4 ss;
    struct kp_fe4 u1;
    struct kp_fe4 u2;
    struct kp_fe4 v;
    struct kp_fe4 den_x;
    struct kp_fe4 x;
    struct kp_fe4 y;
    kp_vmask x_negative;
    kp_vmask zero; /* xy = 0 */
};

/* Up to the square root: what it is to be taken of, too. The mask: refused already. */
static kp_vmask begin(struct decoded *out, struct kp_fe4 *under_root,
                      const uint8_t bytes[static KP_FE4_BYTES])
{
    struct kp_fe4 one;
    struct kp_fe4 d;
    struct kp_fe4 t;
    struct kp_fe4 u2_sq;
    kp_vmask bad = kp_fe4_load_strict(&out->s, bytes);
    kp_fe4_all(&one, &kp_fe_one);
    kp_fe4_all(&d, &kp_fe_d);
    kp_fe4_square(&out->ss, &out->s);
    kp_fe4_subtract(&out->u1, &one, &out->ss);
    kp_fe4_carry(&out->u1, &out->u1);
    kp_fe4_add(&out->u2, &one, &out->ss);
    kp_fe4_carry(&out->u2, &out->u2);
    kp_fe4_square(&t, &out->u1);
    kp_fe4_square(&u2_sq, &out->u2);
    /* v = -(d u1^2 + u2^2) */
    kp_fe4_multiply(&t, &t, &d);
    kp_fe4_add(&t, &t, &u2_sq);
    kp_fe4_carry(&t, &t);
    kp_fe4_negate_if(&out->v, kp_vmask_bit(1), &t);
    kp_fe4_multiply(under_root, &out->v, &u2_sq);
    return bad;
}

/* The mask: refused, but for xy = 0. */
static kp_vmask finish(struct decoded *out, const struct kp_fe4 *root, kp_vmask square)
{
    struct kp_fe4 t;
    struct kp_fe4_frozen frozen;
    kp_fe4_multiply(&out->den_x, root, &out->u2);
    kp_fe4_multiply(&t, &out->s, &out->den_x);
    kp_fe4_add(&t, &t, &t);
    kp_fe4_carry(&out->x, &t);
    out->x_negative = kp_fe4_negative(&out->x);
    kp_fe4_multiply(&t, root, &out->den_x);
    kp_fe4_multiply(&t, &t, &out->v);
    kp_fe4_multiply(&out->y, &t, &out->u1);

    /* xy must not be negative; it is zero for the identity, and where the RFC refuses y = 0. */
    kp_fe4_multiply(&t, &out->x, &out->y);
    kp_fe4_freeze(&frozen, &t);
    out->zero = kp_fe4_frozen_is(&frozen, kp_fe_frozen_zero);
    kp_vmask bad = kp_vmask_xor(kp_fe4_frozen_negative(&frozen), out->x_negative);
    return kp_vmask_or(bad, kp_vmask_xor(square, kp_vmask_bit(1)));
}

static void decode(struct decoded *out, kp_vmask *bad, const uint8_t *bytes, size_t count)
{
    struct kp_fe4 under_root[KP_ROOTS_MAX] = {0};
    struct kp_fe4 root[KP_ROOTS_MAX];
    kp_vmask square[KP_ROOTS_MAX];
    for (size_t i = 0; i < count; i++) {
        bad[i] = begin(&out[i], &under_root[i], bytes + i * KP_FE4_BYTES);
    }
    kp_fe4_inverse_roots(root, square, under_root, count);
    for (size_t i = 0; i < count; i++) {
        bad[i] = kp_vmask_or(bad[i], finish(&out[i], &root[i], square[i]));
    }
}

static void to_edwards(struct kp_edwards4 *out, const struct decoded *decoded)
{
    kp_fe4_negate_if(&out->x, decoded->x_negative, &decoded->x);
    out->y = decoded->y;
    kp_fe4_all(&out->z, &kp_fe_one);
    kp_fe4_multiply(&out->t, &out->x, &out->y);
}

kp_vmask kp_edwards4_decode(struct kp_edwards4 *out, const uint8_t *bytes, size_t count)
{
    struct decoded decoded[KP_ROOTS_MAX];
    kp_vmask bad[KP_ROOTS_MAX];
    kp_vmask any = kp_vmask_bit(0);
    decode(decoded, bad, bytes, count);
    for (size_t i = 0; i < count; i++) {
        to_edwards(&out[i], &decoded[i]);
        any = kp_vmask_or(any, kp_vmask_or(bad[i], decoded[i].zero));
    }
    return any;
}

/* y = (1 - s^2) / (1 + s^2), so u = (1 + y) / (1 - y) = 1 / s^2. The point (0, 0) of order two
 * added to it gives the same element, and u = s^2; on the Edwards curve that is (-x, -y). Then v =
 * -cu / x, with c the root that goes with the change of curves, and 1 / x = v / 4 * x / s^2 by x =
 * 2s den_x, den_x^2 = 1 / v, in the names of the RFC. */
static void to_montgomery(struct kp_montgomery4 *out, const struct decoded *decoded)
{
    struct kp_fe4 constant;
    kp_fe4_all(&constant, &kp_fe_minus_montgomery_4th);
    out->u = decoded->ss;
    kp_fe4_multiply(&out->v, &decoded->x, &decoded->v);
    kp_fe4_multiply(&out->v, &out->v, &constant);
    kp_fe4_negate_if(&out->v, decoded->x_negative, &out->v);
}

kp_vmask kp_montgomery4_decode(struct kp_montgomery4 *out, const uint8_t *bytes, size_t count)
{
    struct decoded decoded[KP_ROOTS_MAX];
    kp_vmask bad[KP_ROOTS_MAX];
    kp_vmask any = kp_vmask_bit(0);
    decode(decoded, bad, bytes, count);
    for (size_t i = 0; i < count; i++) {
        to_montgomery(&out[i], &decoded[i]);
        any = kp_vmask_or(any, kp_vmask_or(bad[i], decoded[i].zero));
    }
    return any;
}

kp_vmask kp_both4_decode(struct kp_edwards4 *edwards, struct kp_montgomery4 *montgomery,
                         const uint8_t *bytes, size_t count)
{
    struct decoded decoded[KP_ROOTS_MAX];
    kp_vmask bad[KP_ROOTS_MAX];
    kp_vmask any = kp_vmask_bit(0);
    decode(decoded, bad, bytes, count);
    for (size_t i = 0; i < count; i++) {
        to_edwards(&edwards[i], &decoded[i]);
        to_montgomery(&montgomery[i], &decoded[i]);
        any = kp_vmask_or(any, kp_vmask_or(bad[i], decoded[i].zero));
    }
    return any;
}

/* t = 2s / (x sqrt(-1 - d)), and x = 2s den_x, den_x^2 = 1 / v: so t = v den_x / sqrt(-1 - d). */
static kp_vmask to_quartic(struct kp_quartic4 *out, const struct decoded *decoded)
{
    struct kp_fe4_frozen frozen;
    struct kp_fe4 constant;
    out->s = decoded->s;
    kp_fe4_all(&constant, &kp_fe_inverse_sqrt_ad_minus_one);
    kp_fe4_multiply(&out->n, &decoded->v, &decoded->den_x);
    kp_fe4_multiply(&out->n, &out->n, &constant);
    kp_fe4_negate_if(&out->n, decoded->x_negative, &out->n);
    kp_fe4_all(&out->v, &kp_fe_one);
    kp_fe4_freeze(&frozen, &decoded->s);
    return kp_fe4_frozen_is(&frozen, kp_fe_frozen_zero);
}

kp_vmask kp_quartic4_decode(struct kp_quartic4 *out, kp_vmask *identity, const uint8_t *bytes,
                            size_t count)
{
    struct decoded decoded[KP_ROOTS_MAX];
    kp_vmask bad[KP_ROOTS_MAX];
    kp_vmask any = kp_vmask_bit(0);
    decode(decoded, bad, bytes, count);
    for (size_t i = 0; i < count; i++) {
        identity[i] = to_quartic(&out[i], &decoded[i]);
        any = kp_vmask_or(any, kp_vmask_or(bad[i], kp_vmask_xor(decoded[i].zero, identity[i])));
    }
    return any;
}
