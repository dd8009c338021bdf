#include "crypto/engine/point4.h"

#include "crypto/engine/constants.h"
#include "crypto/engine/field4_power.h"

/* What both forms are made of; in the RFC's names, but x without its absolute value. */
struct decoded {
    struct kp_fe4 s;
    struct kp_fe4 ss;
    struct kp_fe4 v;
    struct kp_fe4 den_x;
    struct kp_fe4 x;
    struct kp_fe4 y;
    kp_vmask x_negative;
    kp_vmask zero; /* xy = 0 */
};

static kp_vmask decode(struct decoded *out, const uint8_t bytes[static KP_FE4_BYTES])
{
    struct kp_fe4 one;
    struct kp_fe4 d;
    struct kp_fe4 u1;
    struct kp_fe4 u2;
    struct kp_fe4 u1_sq;
    struct kp_fe4 u2_sq;
    struct kp_fe4 t;
    struct kp_fe4 root;
    struct kp_fe4_frozen frozen;
    kp_vmask bad = kp_fe4_load_strict(&out->s, bytes);
    kp_fe4_all(&one, &kp_fe_one);
    kp_fe4_all(&d, &kp_fe_d);
    kp_fe4_square(&out->ss, &out->s);
    kp_fe4_subtract(&u1, &one, &out->ss);
    kp_fe4_carry(&u1, &u1);
    kp_fe4_add(&u2, &one, &out->ss);
    kp_fe4_carry(&u2, &u2);
    kp_fe4_square(&u1_sq, &u1);
    kp_fe4_square(&u2_sq, &u2);
    /* v = -(d u1^2 + u2^2) */
    kp_fe4_multiply(&t, &u1_sq, &d);
    kp_fe4_add(&t, &t, &u2_sq);
    kp_fe4_negate_if(&t, kp_vmask_bit(1), &t);
    kp_fe4_carry(&out->v, &t);
    kp_fe4_multiply(&t, &out->v, &u2_sq);
    kp_vmask square = kp_fe4_inverse_root(&root, &t);

    kp_fe4_multiply(&out->den_x, &root, &u2);
    kp_fe4_multiply(&t, &out->s, &out->den_x);
    kp_fe4_add(&t, &t, &t);
    kp_fe4_carry(&out->x, &t);
    out->x_negative = kp_fe4_negative(&out->x);
    kp_fe4_multiply(&t, &root, &out->den_x);
    kp_fe4_multiply(&t, &t, &out->v);
    kp_fe4_multiply(&out->y, &t, &u1);

    /* xy must not be negative; it is zero for the identity, and where the RFC refuses y = 0. */
    kp_fe4_multiply(&t, &out->x, &out->y);
    kp_fe4_freeze(&frozen, &t);
    out->zero = kp_fe4_frozen_is(&frozen, kp_fe_frozen_zero);
    bad = kp_vmask_or(bad, kp_vmask_xor(kp_fe4_frozen_negative(&frozen), out->x_negative));
    return kp_vmask_or(bad, kp_vmask_xor(square, kp_vmask_bit(1)));
}

kp_vmask kp_edwards4_decode(struct kp_edwards4 *out, const uint8_t bytes[static KP_FE4_BYTES])
{
    struct decoded decoded;
    kp_vmask bad = decode(&decoded, bytes);
    kp_fe4_negate_if(&out->x, decoded.x_negative, &decoded.x);
    out->y = decoded.y;
    kp_fe4_all(&out->z, &kp_fe_one);
    kp_fe4_multiply(&out->t, &out->x, &out->y);
    return kp_vmask_or(bad, decoded.zero);
}

/* y = (1 - s^2) / (1 + s^2), so u = (1 + y) / (1 - y) = 1 / s^2. The point (0, 0) of order two
 * added to it gives the same element, and u = s^2; on the Edwards curve that is (-x, -y). Then v =
 * -cu / x, with c the root that goes with the change of curves, and 1 / x = v / 4 * x / s^2 by x =
 * 2s den_x, den_x^2 = 1 / v, in the names of the RFC. */
kp_vmask kp_montgomery4_decode(struct kp_montgomery4 *out, const uint8_t bytes[static KP_FE4_BYTES])
{
    struct decoded decoded;
    struct kp_fe4 constant;
    kp_vmask bad = decode(&decoded, bytes);
    kp_fe4_all(&constant, &kp_fe_minus_montgomery_4th);
    out->u = decoded.ss;
    kp_fe4_multiply(&out->v, &decoded.x, &decoded.v);
    kp_fe4_multiply(&out->v, &out->v, &constant);
    kp_fe4_negate_if(&out->v, decoded.x_negative, &out->v);
    return kp_vmask_or(bad, decoded.zero);
}

/* t = 2s / (x sqrt(-1 - d)), and x = 2s den_x, den_x^2 = 1 / v: so t = v den_x / sqrt(-1 - d). */
kp_vmask kp_quartic4_decode(struct kp_quartic4 *out, kp_vmask *identity,
                            const uint8_t bytes[static KP_FE4_BYTES])
{
    struct decoded decoded;
    struct kp_fe4_frozen frozen;
    struct kp_fe4 constant;
    kp_vmask bad = decode(&decoded, bytes);
    kp_fe4_freeze(&frozen, &decoded.s);
    *identity = kp_fe4_frozen_is(&frozen, kp_fe_frozen_zero);
    out->s = decoded.s;
    kp_fe4_all(&constant, &kp_fe_inverse_sqrt_ad_minus_one);
    kp_fe4_multiply(&out->n, &decoded.v, &decoded.den_x);
    kp_fe4_multiply(&out->n, &out->n, &constant);
    kp_fe4_negate_if(&out->n, decoded.x_negative, &out->n);
    kp_fe4_all(&out->v, &kp_fe_one);
    return kp_vmask_or(bad, kp_vmask_xor(decoded.zero, *identity));
}
