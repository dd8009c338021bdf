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

/* Decode of section 4.3.1, of one or two times four (count): two cost less than twice one. The
 * mask: a place where one was refused, or the identity. */
kp_vmask kp_edwards4_decode(struct kp_edwards4 *out, const uint8_t *bytes, size_t count);
/* The same, as points of the Montgomery curve: u is the square of what the bytes say. */
kp_vmask kp_montgomery4_decode(struct kp_montgomery4 *out, const uint8_t *bytes, size_t count);

/* Both forms with one square root. */
kp_vmask kp_both4_decode(struct kp_edwards4 *edwards, struct kp_montgomery4 *montgomery,
                         const uint8_t *bytes, size_t count);

/* The bits of a scalar below the group's order, and odd. */
#define KP_LADDER_BITS 253

/* out = scalar * point: the same scalar for all four, in 32 bytes, little-endian, odd and below
 * order - 1; the points as decoded, none the identity. `negative` (0 or 1): minus that. */
void kp_ladder4(struct kp_edwards4 *out, const uint8_t scalar[static 32], uint64_t negative,
                const struct kp_montgomery4 *point);
/* The same with a scalar, and a sign, for each of the four. */
void kp_ladder4_each(struct kp_edwards4 *out, const uint8_t scalars[static 128],
                     const uint64_t negative[static 4], const struct kp_montgomery4 *point);

/* Encode of section 4.3.2, of one or two times four (count), KP_FE4_BYTES each. */
void kp_edwards4_encode(uint8_t *bytes, const struct kp_edwards4 *points, size_t count);

/* A point that can be encoded without a square root of its own, since one that gave it is known:
 * x = e / f, y = g / h and e^2 = (h^2 - g^2) / (-1 - d). */
struct kp_ratio4 {
    struct kp_fe4 e;
    struct kp_fe4 f;
    struct kp_fe4 g;
    struct kp_fe4 h;
    struct kp_fe4
        before; /* of kp_ratio4_encode: the product of what is to be inverted before this */
};

/* Twice the point. */
void kp_ratio4_of_double(struct kp_ratio4 *out, const struct kp_edwards4 *point);
/* bytes, KP_FE4_BYTES each: the encodings of count times four points, with one inversion for all.
 * Where e or g is zero, that of the identity; where f or h is, what stands there means nothing. */
void kp_ratio4_encode(uint8_t *bytes, struct kp_ratio4 *points, size_t count);

/* A point of t^2 = s^4 + 2 (1 - d) / (1 + d) s^2 + 1, which the Edwards curve is the image of:
 * y = (1 - s^2) / (1 + s^2), x = 2s / (t sqrt(-1 - d)). t is n / v. An encoding of ristretto255 is
 * such an s, and so is what MAP of section 4.3.4 gives. */
struct kp_quartic4 {
    struct kp_fe4 s;
    struct kp_fe4 n;
    struct kp_fe4 v;
};

/* As kp_edwards4_decode; but in `identity`, one for each four, those that are the identity, which
 * the answer leaves out. */
kp_vmask kp_quartic4_decode(struct kp_quartic4 *out, kp_vmask *identity, const uint8_t *bytes,
                            size_t count);
/* MAP of section 4.3.4, of one or two times four; the top bit of each 32 bytes is left out. */
void kp_quartic4_map(struct kp_quartic4 *out, const uint8_t *bytes, size_t count);
void kp_quartic4_to_edwards(struct kp_edwards4 *out, const struct kp_quartic4 *point);
/* left + right. The mask: where the law of addition gives nothing (s of the one is plus or minus 1
 * / s of the other, or v is zero), which two decoded points and hashes never are. */
kp_vmask kp_ratio4_of_sum(struct kp_ratio4 *out, const struct kp_quartic4 *left,
                          const struct kp_quartic4 *right);

#endif
