/* Internal. Four points of the curves behind ristretto255, in RFC 9496's terms.
 *
 * A ristretto element is a coset of points of the Edwards curve -x^2 + y^2 = 1 + d x^2 y^2 by those
 * of order 1, 2 and 4, so any of them stands for it. All coordinates are carried.
 */
#ifndef KP_CRYPTO_ENGINE_POINT4_H
#define KP_CRYPTO_ENGINE_POINT4_H

#include "crypto/engine/field4_bytes.h"

#include <stddef.h>

/* x = x / z, y = y / z, t = xy / z */
struct kp_edwards4 {
    struct kp_fe4 x;
    struct kp_fe4 y;
    struct kp_fe4 z;
    struct kp_fe4 t;
};

/* A point of v^2 = u^3 + 486662 u^2 + u, affine. */
struct kp_montgomery4 {
    struct kp_fe4 u;
    struct kp_fe4 v;
};

/* Decode of section 4.3.1. The mask: those that it refuses, and the identity. */
kp_vmask kp_edwards4_decode(struct kp_edwards4 *out, const uint8_t bytes[static KP_FE4_BYTES]);
/* The same, as a point of the Montgomery curve: its u is the square of what the bytes say. */
kp_vmask kp_montgomery4_decode(struct kp_montgomery4 *out,
                               const uint8_t bytes[static KP_FE4_BYTES]);

/* The bits of a scalar below the group's order, and odd. */
#define KP_LADDER_BITS 253

/* out = scalar * point: the same scalar for all four, in 32 bytes, little-endian, odd and below
 * order - 1; the points as decoded, none the identity. `negative` (0 or 1): minus that. */
void kp_ladder4(struct kp_edwards4 *out, const uint8_t scalar[static 32], uint64_t negative,
                const struct kp_montgomery4 *point);

/* Encode of section 4.3.2. */
void kp_edwards4_encode(uint8_t bytes[static KP_FE4_BYTES], const struct kp_edwards4 *point);

/* Twice a point, half way to its encoding: 2P = (eh, gf, fh, eg). */
struct kp_doubled4 {
    struct kp_fe4 e;
    struct kp_fe4 f;
    struct kp_fe4 g;
    struct kp_fe4 h;
    struct kp_fe4 before; /* product of what is to be inverted of those before it */
};

void kp_doubled4_from(struct kp_doubled4 *out, const struct kp_edwards4 *point);
/* out, 128 bytes each: the encodings of count times four doubled points, with one inversion for
 * all. None may have been of order 8 or less: a zero would wipe the others in its place of four. */
void kp_doubled4_encode(uint8_t *out, struct kp_doubled4 *points, size_t count);

#endif
