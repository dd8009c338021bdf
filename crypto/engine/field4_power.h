/* Internal. Powers of four field elements with public exponents. */
#ifndef KP_CRYPTO_ENGINE_FIELD4_POWER_H
#define KP_CRYPTO_ENGINE_FIELD4_POWER_H

#include "crypto/engine/field4.h"

#include <stddef.h>

/* 1 / a, and 0 for 0; carried. */
void kp_fe4_invert(struct kp_fe4 *out, const struct kp_fe4 *a);

/* Roots that are taken side by side: one alone is a chain in which each square waits for the one
 * before. */
#define KP_ROOTS_MAX 2

/* The core of RFC 9496's SQRT_RATIO_M1(1, w) for count carried w (1 or 2), without its last step,
 * the absolute value. The masks: w is a square and not 0, and root^2 w = 1. Otherwise root^2 w is
 * sqrt(-1), or all is 0. */
void kp_fe4_inverse_roots(struct kp_fe4 *root, kp_vmask *square, const struct kp_fe4 *w,
                          size_t count);

/* SQRT_RATIO_M1(u, v) likewise: the mask is whether u / v is a square (of u = 0 too). When it is,
 * root^2 v = u; otherwise root^2 v = sqrt(-1) u. */
void kp_fe4_roots_of_ratios(struct kp_fe4 *root, kp_vmask *square, const struct kp_fe4 *u,
                            const struct kp_fe4 *v, size_t count);

#endif
