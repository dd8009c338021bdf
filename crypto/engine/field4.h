/* Internal. Four elements of the field of 2^255 - 19 side by side.
 *
 * An element is the sum of limb[i] * 2^(51 i); limbs are signed whole numbers kept as doubles. It
 * is
 *
 *   carried  when no limb is above 2^50 + 2^13 either way: so are all results of functions here
 *            but where said otherwise;
 *   loose    when it is a sum or difference of two carried ones.
 *
 * A product takes two carried factors, or a carried one and a loose one; the sum of two loose
 * factors' sizes is too much by a hair (vector.h), and no random test would find it. So
 * tests/bounds proves for all of the engine's formulas that they keep to it. A result may be an
 * argument.
 */
#ifndef KP_CRYPTO_ENGINE_FIELD4_H
#define KP_CRYPTO_ENGINE_FIELD4_H

#include "crypto/engine/vector.h"

#include <stdint.h>

struct kp_fe4 {
    kp_v limb[5];
};

/* The canonical integer in [0, p), 51 bits a limb. */
struct kp_fe4_frozen {
    kp_vi limb[5];
};

/* A constant: the same in all four. */
struct kp_fe {
    kp_limb limb[5];
};

/* carried x carried, or carried x loose. */
void kp_fe4_multiply(struct kp_fe4 *out, const struct kp_fe4 *a, const struct kp_fe4 *b);
/* Carried only. */
void kp_fe4_square(struct kp_fe4 *out, const struct kp_fe4 *a);
/* sum = ab + cd, difference = ab - cd, both carried, for the price of two products. */
void kp_fe4_multiply_two(struct kp_fe4 *sum, struct kp_fe4 *difference, const struct kp_fe4 *a,
                         const struct kp_fe4 *b, const struct kp_fe4 *c, const struct kp_fe4 *d);
/* The same with a^2 and bc; with a^2 and b^2. */
void kp_fe4_square_multiply(struct kp_fe4 *sum, struct kp_fe4 *difference, const struct kp_fe4 *a,
                            const struct kp_fe4 *b, const struct kp_fe4 *c);
void kp_fe4_square_two(struct kp_fe4 *sum, struct kp_fe4 *difference, const struct kp_fe4 *a,
                       const struct kp_fe4 *b);
/* sum = a + bc, difference = a - bc, both carried. */
void kp_fe4_add_product(struct kp_fe4 *sum, struct kp_fe4 *difference, const struct kp_fe4 *a,
                        const struct kp_fe4 *b, const struct kp_fe4 *c);
/* out = a + number * b, loose; a and b carried, number below 2^20. */
void kp_fe4_add_times(struct kp_fe4 *out, const struct kp_fe4 *a, uint32_t number,
                      const struct kp_fe4 *b);
/* out = a, carried; limbs of a are at most 2^52. */
void kp_fe4_carry(struct kp_fe4 *out, const struct kp_fe4 *a);
/* a is carried. */
void kp_fe4_freeze(struct kp_fe4_frozen *out, const struct kp_fe4 *a);

static inline void kp_fe4_add(struct kp_fe4 *out, const struct kp_fe4 *a, const struct kp_fe4 *b)
{
    for (int i = 0; i < 5; i++) {
        out->limb[i] = kp_v_add(a->limb[i], b->limb[i]);
    }
}

static inline void kp_fe4_subtract(struct kp_fe4 *out, const struct kp_fe4 *a,
                                   const struct kp_fe4 *b)
{
    for (int i = 0; i < 5; i++) {
        out->limb[i] = kp_v_less(a->limb[i], b->limb[i], i);
    }
}

/* Makes a factor of what is loose: it is one already where limbs are signed. */
static inline void kp_fe4_factor(struct kp_fe4 *a)
{
    if (!KP_V_SIGNED) {
        kp_fe4_carry(a, a);
    }
}

static inline void kp_fe4_choose(struct kp_fe4 *out, kp_vmask mask, const struct kp_fe4 *chosen,
                                 const struct kp_fe4 *otherwise)
{
    for (int i = 0; i < 5; i++) {
        out->limb[i] = kp_v_choose(mask, chosen->limb[i], otherwise->limb[i]);
    }
}

static inline void kp_fe4_negate_if(struct kp_fe4 *out, kp_vmask mask, const struct kp_fe4 *a)
{
    for (int i = 0; i < 5; i++) {
        out->limb[i] = kp_v_negate_if(mask, a->limb[i], i);
    }
}

static inline void kp_fe4_all(struct kp_fe4 *out, const struct kp_fe *constant)
{
    for (int i = 0; i < 5; i++) {
        out->limb[i] = kp_v_all(constant->limb[i]);
    }
}

/* Bit 0 of the canonical integer: RFC 9496 calls such an element negative. */
static inline kp_vmask kp_fe4_frozen_negative(const struct kp_fe4_frozen *a)
{
    return kp_vmask_odd(a->limb[0]);
}

static inline kp_vmask kp_fe4_negative(const struct kp_fe4 *a)
{
    struct kp_fe4_frozen frozen;
    kp_fe4_freeze(&frozen, a);
    return kp_fe4_frozen_negative(&frozen);
}

/* Whether it is the integer whose limbs those are. */
static inline kp_vmask kp_fe4_frozen_is(const struct kp_fe4_frozen *a,
                                        const uint64_t limbs[static 5])
{
    kp_vmask equal = kp_vmask_equal(a->limb[0], kp_vi_all(limbs[0]));
    for (int i = 1; i < 5; i++) {
        equal = kp_vmask_and(equal, kp_vmask_equal(a->limb[i], kp_vi_all(limbs[i])));
    }
    return equal;
}

#endif
