#include "crypto/engine/sum4.h"

#include "crypto/engine/constants.h"
#include "crypto/engine/field4_power.h"

void kp_sum4_start(struct kp_sum4 *sum)
{
    static const struct kp_fe zero;
    kp_fe4_all(&sum->plus, &kp_fe_one);
    kp_fe4_all(&sum->minus, &kp_fe_one);
    kp_fe4_all(&sum->z, &kp_fe_one);
    kp_fe4_all(&sum->t, &zero);
}

void kp_sum4_from(struct kp_sum4 *sum, const struct kp_edwards4 *point)
{
    kp_fe4_add(&sum->plus, &point->y, &point->x);
    kp_fe4_carry(&sum->plus, &sum->plus);
    kp_fe4_subtract(&sum->minus, &point->y, &point->x);
    kp_fe4_carry(&sum->minus, &sum->minus);
    sum->z = point->z;
    sum->t = point->t;
}

/* All four twice over. */
void kp_sum4_to(struct kp_edwards4 *point, const struct kp_sum4 *sum)
{
    kp_fe4_subtract(&point->x, &sum->plus, &sum->minus);
    kp_fe4_carry(&point->x, &point->x);
    kp_fe4_add(&point->y, &sum->plus, &sum->minus);
    kp_fe4_carry(&point->y, &point->y);
    kp_fe4_add(&point->z, &sum->z, &sum->z);
    kp_fe4_carry(&point->z, &point->z);
    kp_fe4_add(&point->t, &sum->t, &sum->t);
    kp_fe4_carry(&point->t, &point->t);
}

/* The end of addition and doubling: x = e / g, y = h / f. */
static void finish(struct kp_sum4 *sum, const struct kp_fe4 *e, const struct kp_fe4 *f,
                   const struct kp_fe4 *g, const struct kp_fe4 *h)
{
    kp_fe4_multiply(&sum->t, e, h);
    kp_fe4_multiply(&sum->z, f, g);
    kp_fe4_multiply_two(&sum->plus, &sum->minus, g, h, e, f);
}

/* Hisil, Wong, Carter and Dawson 2008, section 3.1, with all in half: so Z needs no doubling. */
void kp_sum4_add(struct kp_sum4 *sum, const struct kp_term4 *term)
{
    struct kp_fe4 e;
    struct kp_fe4 f;
    struct kp_fe4 g;
    struct kp_fe4 h;
    kp_fe4_multiply_two(&h, &e, &sum->plus, &term->plus, &sum->minus, &term->minus);
    kp_fe4_add_product(&g, &f, &sum->z, &sum->t, &term->dt);
    finish(sum, &e, &f, &g, &h);
}

void kp_sum4_scale(struct kp_fe4 *out, const struct kp_sum4 *sum)
{
    struct kp_fe4 constant;
    kp_fe4_all(&constant, &kp_fe_2d);
    kp_fe4_multiply(out, &sum->t, &constant);
}

void kp_sum4_add_scaled(struct kp_sum4 *sum, const struct kp_sum4 *other,
                        const struct kp_fe4 *scaled, const struct kp_fe4 *t)
{
    struct kp_fe4 e;
    struct kp_fe4 f;
    struct kp_fe4 g;
    struct kp_fe4 h;
    kp_fe4_multiply_two(&h, &e, &sum->plus, &other->plus, &sum->minus, &other->minus);
    kp_fe4_add(&g, &other->z, &other->z);
    kp_fe4_factor(&g);
    kp_fe4_multiply_two(&g, &f, &sum->z, &g, scaled, t);
    finish(sum, &e, &f, &g, &h);
}

void kp_sum4_add_sum(struct kp_sum4 *sum, const struct kp_sum4 *other)
{
    struct kp_fe4 scaled;
    kp_sum4_scale(&scaled, other);
    kp_sum4_add_scaled(sum, other, &scaled, &sum->t);
}

/* The same source, section 3.3, in terms of Y + X and Y - X: their squares' sum and difference are
 * 2 (X^2 + Y^2) and 4XY, and their product Y^2 - X^2. All twice over, and with both signs changed.
 */
void kp_sum4_double(struct kp_sum4 *sum)
{
    struct kp_fe4 e;
    struct kp_fe4 f;
    struct kp_fe4 g;
    struct kp_fe4 h;
    kp_fe4_square_two(&h, &e, &sum->plus, &sum->minus);
    kp_fe4_multiply(&g, &sum->plus, &sum->minus);
    kp_fe4_square(&f, &sum->z);
    kp_fe4_add(&f, &f, &f);
    kp_fe4_subtract(&f, &f, &g);
    kp_fe4_carry(&f, &f);
    kp_fe4_add(&f, &f, &f);
    kp_fe4_factor(&f);
    kp_fe4_add(&g, &g, &g);
    kp_fe4_carry(&g, &g);
    finish(sum, &e, &f, &g, &h);
}

void kp_sum4_negate_if(struct kp_sum4 *out, kp_vmask mask, const struct kp_sum4 *sum)
{
    struct kp_fe4 plus;
    kp_fe4_choose(&plus, mask, &sum->minus, &sum->plus);
    kp_fe4_choose(&out->minus, mask, &sum->plus, &sum->minus);
    out->plus = plus;
    out->z = sum->z;
    kp_fe4_negate_if(&out->t, mask, &sum->t);
}

/* plus and minus are y + x and y - x, and factors. */
static void make_term(struct kp_term4 *term, const struct kp_fe4 *plus, const struct kp_fe4 *minus,
                      const struct kp_fe4 *xy)
{
    struct kp_fe4 constant;
    kp_fe4_all(&constant, &kp_fe_half);
    kp_fe4_multiply(&term->plus, &constant, plus);
    kp_fe4_multiply(&term->minus, &constant, minus);
    kp_fe4_all(&constant, &kp_fe_d);
    kp_fe4_multiply(&term->dt, &constant, xy);
}

void kp_term4_from(struct kp_term4 *term, const struct kp_edwards4 *point)
{
    struct kp_fe4 plus;
    struct kp_fe4 minus;
    kp_fe4_add(&plus, &point->y, &point->x);
    kp_fe4_subtract(&minus, &point->y, &point->x);
    kp_fe4_factor(&plus);
    kp_fe4_factor(&minus);
    make_term(term, &plus, &minus, &point->t);
}

void kp_term4_negate_if(struct kp_term4 *out, kp_vmask mask, const struct kp_term4 *term)
{
    struct kp_fe4 plus;
    kp_fe4_choose(&plus, mask, &term->minus, &term->plus);
    kp_fe4_choose(&out->minus, mask, &term->plus, &term->minus);
    out->plus = plus;
    kp_fe4_negate_if(&out->dt, mask, &term->dt);
}

void kp_terms4_from(struct kp_term4 *terms, const struct kp_sum4 *sums, struct kp_fe4 *work,
                    size_t count)
{
    struct kp_fe4 product;
    struct kp_fe4 inverse;
    kp_fe4_all(&product, &kp_fe_one);
    for (size_t i = 0; i < count; i++) {
        work[i] = product;
        kp_fe4_multiply(&product, &product, &sums[i].z);
    }
    kp_fe4_invert(&product, &product);
    for (size_t i = count; i-- > 0;) {
        struct kp_fe4 plus;
        struct kp_fe4 minus;
        struct kp_fe4 t;
        kp_fe4_multiply(&inverse, &product, &work[i]);
        kp_fe4_multiply(&product, &product, &sums[i].z);
        kp_fe4_multiply(&plus, &sums[i].plus, &inverse);
        kp_fe4_multiply(&minus, &sums[i].minus, &inverse);
        kp_fe4_multiply(&t, &sums[i].t, &inverse);
        make_term(&terms[i], &plus, &minus, &t);
    }
}
