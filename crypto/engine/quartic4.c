#include "crypto/engine/point4.h"

#include "crypto/engine/constants.h"
#include "crypto/engine/field4_power.h"

/* In the RFC's names. */
struct mapping {
    struct kp_fe4 t;
    struct kp_fe4 r;
};

static void begin(struct mapping *out, struct kp_fe4 *u, struct kp_fe4 *v,
                  const uint8_t bytes[static KP_FE4_BYTES])
{
    struct kp_fe4 w;
    struct kp_fe4 one;
    struct kp_fe4 constant;
    kp_fe4_load(&out->t, bytes);
    kp_fe4_all(&one, &kp_fe_one);
    kp_fe4_all(&constant, &kp_fe_sqrt_m1);
    kp_fe4_square(&out->r, &out->t);
    kp_fe4_multiply(&out->r, &out->r, &constant);
    kp_fe4_add(u, &out->r, &one);
    kp_fe4_factor(u);
    kp_fe4_all(&constant, &kp_fe_one_minus_d_sq);
    kp_fe4_multiply(u, &constant, u);
    /* v = -(1 + rd)(r + d) */
    kp_fe4_all(&constant, &kp_fe_d);
    kp_fe4_multiply(&w, &out->r, &constant);
    kp_fe4_add(&w, &w, &one);
    kp_fe4_carry(&w, &w);
    kp_fe4_negate_if(&w, kp_vmask_bit(1), &w);
    kp_fe4_add(&constant, &out->r, &constant);
    kp_fe4_factor(&constant);
    kp_fe4_multiply(v, &w, &constant);
}

/* out->s is the root of u / v, out->v is v. */
static void finish(struct kp_quartic4 *out, struct mapping *mapping, kp_vmask square)
{
    struct kp_fe4 one;
    struct kp_fe4 u;
    struct kp_fe4 constant;
    kp_vmask not_square = kp_vmask_xor(square, kp_vmask_bit(1));
    kp_fe4_multiply(&u, &out->s, &mapping->t);
    kp_fe4_choose(&out->s, square, &out->s, &u);
    /* Not negative when u / v is a square, not positive when it isn't. */
    kp_vmask negate = kp_vmask_xor(kp_fe4_negative(&out->s), not_square);
    kp_fe4_negate_if(&out->s, negate, &out->s);
    kp_fe4_all(&one, &kp_fe_one);
    kp_fe4_negate_if(&one, kp_vmask_bit(1), &one);
    kp_fe4_choose(&u, square, &one, &mapping->r); /* c */
    kp_fe4_add(&mapping->r, &mapping->r, &one);
    kp_fe4_factor(&mapping->r);
    kp_fe4_multiply(&u, &u, &mapping->r);
    kp_fe4_all(&constant, &kp_fe_d_minus_one_sq);
    kp_fe4_multiply(&u, &u, &constant);
    kp_fe4_subtract(&u, &u, &out->v);
    kp_fe4_carry(&out->n, &u);
}

void kp_quartic4_map(struct kp_quartic4 *out, const uint8_t *bytes, size_t count)
{
    struct mapping mapping[KP_ROOTS_MAX];
    struct kp_fe4 u[KP_ROOTS_MAX] = {0};
    struct kp_fe4 v[KP_ROOTS_MAX] = {0};
    struct kp_fe4 root[KP_ROOTS_MAX];
    kp_vmask square[KP_ROOTS_MAX];
    for (size_t i = 0; i < count; i++) {
        begin(&mapping[i], &u[i], &v[i], bytes + i * KP_FE4_BYTES);
    }
    kp_fe4_roots_of_ratios(root, square, u, v, count);
    for (size_t i = 0; i < count; i++) {
        out[i].s = root[i];
        out[i].v = v[i];
        finish(&out[i], &mapping[i], square[i]);
    }
}

void kp_quartic4_to_edwards(struct kp_edwards4 *out, const struct kp_quartic4 *point)
{
    struct kp_fe4 w0;
    struct kp_fe4 w1;
    struct kp_fe4 w2;
    struct kp_fe4 w3;
    struct kp_fe4 one;
    kp_fe4_all(&one, &kp_fe_one);
    kp_fe4_multiply(&w0, &point->s, &point->v);
    kp_fe4_add(&w0, &w0, &w0);
    kp_fe4_carry(&w0, &w0);
    kp_fe4_all(&w1, &kp_fe_sqrt_ad_minus_one);
    kp_fe4_multiply(&w1, &w1, &point->n);
    kp_fe4_square(&w3, &point->s);
    kp_fe4_subtract(&w2, &one, &w3);
    kp_fe4_factor(&w2);
    kp_fe4_add(&w3, &one, &w3);
    kp_fe4_factor(&w3);
    kp_fe4_multiply(&out->x, &w0, &w3);
    kp_fe4_multiply(&out->y, &w1, &w2);
    kp_fe4_multiply(&out->z, &w1, &w3);
    kp_fe4_multiply(&out->t, &w0, &w2);
}

/* The law of addition of the quartic: with q = s1 s2,
 *
 *     s = (s1 t2 + s2 t1) / (1 - q^2)
 *     t = ((1 + q^2)(t1 t2 + 2Aq) + 2q (s1^2 + s2^2)) / (1 - q^2)^2,   A = (1 - d) / (1 + d)
 *
 * and n / v for t: s = S / D, t = T / D^2, where D = v1 v2 (1 - q^2). Then e, f, g, h are 2SD /
 * sqrt(-1 - d), T, D^2 - S^2, D^2 + S^2. */
static void numerator_of_t(struct kp_fe4 *out, const struct kp_quartic4 *left,
                           const struct kp_quartic4 *right, const struct kp_fe4 *q,
                           const struct kp_fe4 *one_plus, const struct kp_fe4 *vv)
{
    struct kp_fe4 twice_q;
    struct kp_fe4 t;
    struct kp_fe4 squares;
    struct kp_fe4 unused;
    struct kp_fe4 constant;
    kp_fe4_add(&twice_q, q, q);
    kp_fe4_factor(&twice_q);
    kp_fe4_multiply(&t, vv, &twice_q);
    kp_fe4_all(&constant, &kp_fe_quartic);
    kp_fe4_multiply_two(out, &unused, &left->n, &right->n, &t, &constant);
    kp_fe4_square_two(&squares, &unused, &left->s, &right->s);
    kp_fe4_multiply_two(out, &unused, out, one_plus, &squares, &t);
    kp_fe4_multiply(out, out, vv);
}

kp_vmask kp_ratio4_of_sum(struct kp_ratio4 *out, const struct kp_quartic4 *left,
                          const struct kp_quartic4 *right)
{
    struct kp_fe4 q;
    struct kp_fe4 vv;
    struct kp_fe4 one;
    struct kp_fe4 t;
    struct kp_fe4 one_plus;
    struct kp_fe4 s;
    struct kp_fe4 d;
    struct kp_fe4_frozen frozen;
    kp_fe4_all(&one, &kp_fe_one);
    kp_fe4_multiply(&q, &left->s, &right->s);
    kp_fe4_multiply(&vv, &left->v, &right->v);
    kp_fe4_square(&t, &q);
    kp_fe4_add(&one_plus, &one, &t);
    kp_fe4_factor(&one_plus);
    kp_fe4_subtract(&t, &one, &t);
    kp_fe4_factor(&t);
    kp_fe4_multiply(&d, &vv, &t);
    numerator_of_t(&out->f, left, right, &q, &one_plus, &vv);
    kp_fe4_multiply(&t, &left->s, &left->v);
    kp_fe4_multiply(&q, &right->s, &right->v);
    kp_fe4_multiply_two(&s, &t, &t, &right->n, &q, &left->n);
    kp_fe4_square_two(&out->h, &out->g, &d, &s);
    kp_fe4_add(&t, &s, &s);
    kp_fe4_factor(&t);
    kp_fe4_multiply(&out->e, &d, &t);
    kp_fe4_all(&t, &kp_fe_inverse_sqrt_ad_minus_one);
    kp_fe4_multiply(&out->e, &out->e, &t);
    kp_fe4_freeze(&frozen, &d);
    return kp_fe4_frozen_is(&frozen, kp_fe_frozen_zero);
}
