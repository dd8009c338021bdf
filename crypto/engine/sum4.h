/* Internal. Sums of points, four side by side, on the Edwards curve; its law of addition has no
 * exceptions. All coordinates are carried. */
#ifndef KP_CRYPTO_ENGINE_SUM4_H
#define KP_CRYPTO_ENGINE_SUM4_H

#include "crypto/engine/point4.h"

/* (Y + X, Y - X, Z, T): what the next sum begins with. */
struct kp_sum4 {
    struct kp_fe4 plus;
    struct kp_fe4 minus;
    struct kp_fe4 z;
    struct kp_fe4 t;
};

/* What is added to one, of an affine point: (y + x) / 2, (y - x) / 2, dxy. */
struct kp_term4 {
    struct kp_fe4 plus;
    struct kp_fe4 minus;
    struct kp_fe4 dt;
};

void kp_sum4_start(struct kp_sum4 *sum); /* the identity */
void kp_sum4_from(struct kp_sum4 *sum, const struct kp_edwards4 *point);
void kp_sum4_to(struct kp_edwards4 *point, const struct kp_sum4 *sum);
void kp_sum4_add(struct kp_sum4 *sum, const struct kp_term4 *term);
void kp_sum4_add_sum(struct kp_sum4 *sum, const struct kp_sum4 *other);
/* The same where 2d times t of the one is known, and t of the other: for sums that are added more
 * than once. */
void kp_sum4_scale(struct kp_fe4 *out, const struct kp_sum4 *sum);
void kp_sum4_add_scaled(struct kp_sum4 *sum, const struct kp_sum4 *other,
                        const struct kp_fe4 *scaled, const struct kp_fe4 *t);
void kp_sum4_double(struct kp_sum4 *sum);
/* Minus the sum where the mask says so. */
void kp_sum4_negate_if(struct kp_sum4 *out, kp_vmask mask, const struct kp_sum4 *sum);
/* z must be 1. */
void kp_term4_from(struct kp_term4 *term, const struct kp_edwards4 *point);
/* Minus the term where the mask says so. */
void kp_term4_negate_if(struct kp_term4 *out, kp_vmask mask, const struct kp_term4 *term);
/* Divides by z, with one inversion for all; `work` is as long. No z is zero. */
void kp_terms4_from(struct kp_term4 *terms, const struct kp_sum4 *sums, struct kp_fe4 *work,
                    size_t count);

#endif
