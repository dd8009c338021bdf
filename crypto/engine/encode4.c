#include "crypto/engine/point4.h"

#include "crypto/engine/constants.h"
#include "crypto/engine/field4_power.h"

static void absolute(struct kp_fe4 *a)
{
    kp_fe4_negate_if(a, kp_fe4_negative(a), a);
}

/* What the encoding begins with, in the RFC's names, and what the root is to be taken of. */
struct encoding {
    struct kp_fe4 u1;
    struct kp_fe4 u2;
};

static void begin(struct encoding *out, struct kp_fe4 *under_root, const struct kp_edwards4 *point)
{
    struct kp_fe4 t;
    kp_fe4_add(&out->u1, &point->z, &point->y);
    kp_fe4_factor(&out->u1);
    kp_fe4_subtract(&t, &point->z, &point->y);
    kp_fe4_carry(&t, &t);
    kp_fe4_multiply(&out->u1, &t, &out->u1);
    kp_fe4_multiply(&out->u2, &point->x, &point->y);
    kp_fe4_square(&t, &out->u2);
    kp_fe4_multiply(under_root, &t, &out->u1);
}

static void finish(uint8_t bytes[static KP_FE4_BYTES], const struct kp_edwards4 *point,
                   const struct encoding *begun, const struct kp_fe4 *root)
{
    struct kp_fe4 den1;
    struct kp_fe4 den2;
    struct kp_fe4 z_inverse;
    struct kp_fe4 t;
    struct kp_fe4 x;
    struct kp_fe4 y;
    struct kp_fe4 constant;
    kp_fe4_multiply(&den1, root, &begun->u1);
    kp_fe4_multiply(&den2, root, &begun->u2);
    kp_fe4_multiply(&z_inverse, &den1, &den2);
    kp_fe4_multiply(&z_inverse, &z_inverse, &point->t);

    kp_fe4_multiply(&t, &point->t, &z_inverse);
    kp_vmask rotate = kp_fe4_negative(&t);
    kp_fe4_all(&constant, &kp_fe_sqrt_m1);
    kp_fe4_multiply(&t, &point->y, &constant);
    kp_fe4_choose(&x, rotate, &t, &point->x);
    kp_fe4_multiply(&t, &point->x, &constant);
    kp_fe4_choose(&y, rotate, &t, &point->y);
    kp_fe4_all(&constant, &kp_fe_invsqrt_a_minus_d);
    kp_fe4_multiply(&t, &den1, &constant);
    kp_fe4_choose(&den2, rotate, &t, &den2);

    kp_fe4_multiply(&t, &x, &z_inverse);
    kp_fe4_negate_if(&y, kp_fe4_negative(&t), &y);
    kp_fe4_subtract(&t, &point->z, &y);
    kp_fe4_factor(&t);
    kp_fe4_multiply(&t, &den2, &t);
    absolute(&t);
    kp_fe4_store(bytes, &t);
}

void kp_edwards4_encode(uint8_t *bytes, const struct kp_edwards4 *points, size_t count)
{
    struct encoding begun[KP_ROOTS_MAX];
    struct kp_fe4 under_root[KP_ROOTS_MAX] = {0};
    struct kp_fe4 root[KP_ROOTS_MAX];
    kp_vmask square[KP_ROOTS_MAX];
    for (size_t i = 0; i < count; i++) {
        begin(&begun[i], &under_root[i], &points[i]);
    }
    kp_fe4_inverse_roots(root, square, under_root, count);
    for (size_t i = 0; i < count; i++) {
        finish(bytes + i * KP_FE4_BYTES, &points[i], &begun[i], &root[i]);
    }
}

void kp_ratio4_of_double(struct kp_ratio4 *out, const struct kp_edwards4 *point)
{
    struct kp_fe4 t;
    struct kp_fe4 d;
    kp_fe4_multiply(&t, &point->x, &point->y);
    kp_fe4_add(&t, &t, &t);
    kp_fe4_carry(&out->e, &t);
    kp_fe4_square_two(&out->g, &t, &point->x, &point->y);
    kp_fe4_square(&t, &point->t);
    kp_fe4_all(&d, &kp_fe_d);
    kp_fe4_square_multiply(&out->f, &out->h, &point->z, &t, &d);
}

/* Section 4.3.2 for (eh, gf, fh, eg) with 1 / efgh known: then 1 / z and 1 / t are, and its inverse
 * square root is a quotient. Its names: a point that is to be rotated by one of order 4 has g, -e,
 * if in the places of e, g, h. */
static void encode(uint8_t bytes[static KP_FE4_BYTES], const struct kp_ratio4 *p,
                   const struct kp_fe4 *eg, const struct kp_fe4 *fh, const struct kp_fe4 *inverse)
{
    struct kp_fe4 z_inverse;
    struct kp_fe4 e;
    struct kp_fe4 g;
    struct kp_fe4 h;
    struct kp_fe4 t;
    struct kp_fe4 i;
    struct kp_fe4 constant;
    kp_fe4_multiply(&z_inverse, eg, inverse);
    kp_fe4_multiply(&t, eg, &z_inverse);
    kp_vmask rotate = kp_fe4_negative(&t);
    kp_fe4_all(&i, &kp_fe_sqrt_m1);
    kp_fe4_all(&constant, &kp_fe_invsqrt_a_minus_d);
    kp_fe4_choose(&e, rotate, &p->g, &p->e);
    kp_fe4_negate_if(&t, rotate, &p->e);
    kp_fe4_choose(&g, rotate, &t, &p->g);
    kp_fe4_multiply(&t, &p->f, &i);
    kp_fe4_choose(&h, rotate, &t, &p->h);
    kp_fe4_choose(&constant, rotate, &i, &constant);

    kp_fe4_multiply(&t, &h, &e);
    kp_fe4_multiply(&t, &t, &z_inverse);
    kp_fe4_negate_if(&g, kp_fe4_negative(&t), &g);
    kp_fe4_subtract(&h, &h, &g);
    kp_fe4_factor(&h);
    kp_fe4_multiply(&t, fh, inverse);
    kp_fe4_multiply(&t, &t, &g);
    kp_fe4_multiply(&t, &t, &constant);
    kp_fe4_multiply(&t, &t, &h);
    absolute(&t);
    kp_fe4_store(bytes, &t);
}

/* efgh, or 1 where that is zero: one zero would wipe all that are inverted with it. */
static void denominator(struct kp_fe4 *out, const struct kp_fe4 *eg, const struct kp_fe4 *fh)
{
    struct kp_fe4_frozen frozen;
    struct kp_fe4 one;
    kp_fe4_multiply(out, eg, fh);
    kp_fe4_freeze(&frozen, out);
    kp_fe4_all(&one, &kp_fe_one);
    kp_fe4_choose(out, kp_fe4_frozen_is(&frozen, kp_fe_frozen_zero), &one, out);
}

void kp_ratio4_encode(uint8_t *bytes, struct kp_ratio4 *points, size_t count)
{
    struct kp_fe4 product;
    struct kp_fe4 eg;
    struct kp_fe4 fh;
    struct kp_fe4 t;
    kp_fe4_all(&product, &kp_fe_one);
    for (size_t i = 0; i < count; i++) {
        struct kp_ratio4 *p = &points[i];
        p->before = product;
        kp_fe4_multiply(&eg, &p->e, &p->g);
        kp_fe4_multiply(&fh, &p->f, &p->h);
        denominator(&t, &eg, &fh);
        kp_fe4_multiply(&product, &product, &t);
    }
    kp_fe4_invert(&product, &product);
    for (size_t i = count; i-- > 0;) {
        const struct kp_ratio4 *p = &points[i];
        kp_fe4_multiply(&eg, &p->e, &p->g);
        kp_fe4_multiply(&fh, &p->f, &p->h);
        kp_fe4_multiply(&t, &product, &p->before);
        encode(bytes + i * KP_FE4_BYTES, p, &eg, &fh, &t);
        denominator(&t, &eg, &fh);
        kp_fe4_multiply(&product, &product, &t);
    }
}
