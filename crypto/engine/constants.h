/* Internal. The constants of RFC 9496 section 4.1 and two of the change to the Montgomery curve.
 *
 * tests/unit/test_engine_field.c works out each of them anew. */
#ifndef KP_CRYPTO_ENGINE_CONSTANTS_H
#define KP_CRYPTO_ENGINE_CONSTANTS_H

#include "crypto/engine/field4.h"

/* 1 */
extern const struct kp_fe kp_fe_one;
/* 1 / 2 */
extern const struct kp_fe kp_fe_half;
/* of the curve -x^2 + y^2 = 1 + d x^2 y^2 */
extern const struct kp_fe kp_fe_d;
/* 2d */
extern const struct kp_fe kp_fe_2d;
/* the even square root of -1 */
extern const struct kp_fe kp_fe_sqrt_m1;
/* 1 / sqrt(-1 - d) */
extern const struct kp_fe kp_fe_invsqrt_a_minus_d;
/* sqrt(-d - 1) */
extern const struct kp_fe kp_fe_sqrt_ad_minus_one;
/* 1 / that; it is minus the one before, for the RFC takes roots of different signs */
extern const struct kp_fe kp_fe_inverse_sqrt_ad_minus_one;
/* 1 - d^2 */
extern const struct kp_fe kp_fe_one_minus_d_sq;
/* (d - 1)^2 */
extern const struct kp_fe kp_fe_d_minus_one_sq;
/* sqrt(-486664): x of the Edwards curve is this times u / v of the Montgomery curve */
extern const struct kp_fe kp_fe_montgomery;
/* (1 - d) / (1 + d) */
extern const struct kp_fe kp_fe_quartic;
/* -1/4 of kp_fe_montgomery */
extern const struct kp_fe kp_fe_minus_montgomery_4th;

/* Canonical limbs, to compare with. */
extern const uint64_t kp_fe_frozen_zero[5];
extern const uint64_t kp_fe_frozen_one[5];
extern const uint64_t kp_fe_frozen_minus_one[5];
extern const uint64_t kp_fe_frozen_sqrt_m1[5];
extern const uint64_t kp_fe_frozen_minus_sqrt_m1[5];

#endif
