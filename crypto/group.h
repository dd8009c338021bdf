/* ristretto255 (RFC 9496) in batches.
 *
 * Points and scalars are arrays of 32-byte encodings without gaps; scalars little-endian and
 * reduced. The batch is the interface because an engine that works on four points at a time stands
 * behind it (crypto/engine), where the processor has AVX2 and FMA; elsewhere, and for batches too
 * small to gain by it, libsodium, one at a time. Both give the same, bit for bit. `out` may be the
 * same array as an input, never an overlapping one. Constant time in scalars and points unless said
 * otherwise.
 *
 * Decoding refuses, with KP_REFUSED and `out` wiped, whatever RFC 9496 section 4.3.1 refuses
 * (non-canonical, negative, off the curve; also the top bit, which libsodium 1.0.18 ignores) and
 * the identity, which no honest party sends. So do the multiplications with a scalar that is zero
 * or not reduced.
 */
#ifndef KP_CRYPTO_GROUP_H
#define KP_CRYPTO_GROUP_H

#include "crypto/status.h"

#include <stddef.h>
#include <stdint.h>

#define KP_POINT_BYTES 32
#define KP_SCALAR_BYTES 32

/* Who does the arithmetic. */
enum kp_arithmetic {
    KP_ARITHMETIC_SODIUM, /* libsodium: the processor has no AVX2 and FMA, or nothing was started */
    KP_ARITHMETIC_DOUBLES,   /* the engine, four points at a time, for AVX2 and FMA */
    KP_ARITHMETIC_INTEGERS,  /* the same for AVX-512 IFMA */
    KP_ARITHMETIC_DIFFERENT, /* libsodium, since the engine's results differed from its at the
                              * start: a fault of the machine or of the program, to be told to a
                              * person */
};

/* G. */
extern const uint8_t kp_point_generator[KP_POINT_BYTES];

/* What kp_crypto_start has found. */
enum kp_arithmetic kp_group_arithmetic(void);
/* In words, for logs. */
const char *kp_arithmetic_name(enum kp_arithmetic arithmetic);

/* A uniform scalar that is not zero. */
void kp_scalar_random(uint8_t scalar[static KP_SCALAR_BYTES]);
/* KP_REFUSED: not reduced modulo the group order, or zero. Constant time. */
KP_MUST_USE enum kp_status kp_scalar_check(const uint8_t scalar[static KP_SCALAR_BYTES]);
/* 64 bytes, little-endian, reduced modulo the group order. */
void kp_scalar_reduce(uint8_t scalar[static KP_SCALAR_BYTES], const uint8_t wide[static 64]);

/* Each of count points decodes and none is the identity. Variable time: for public points. */
KP_MUST_USE enum kp_status kp_points_check(const uint8_t *points, size_t count);

/* out[i] = scalar * points[i]. The scalar is not zero. */
KP_MUST_USE enum kp_status kp_points_multiply(uint8_t *out,
                                              const uint8_t scalar[static KP_SCALAR_BYTES],
                                              const uint8_t *points, size_t count);
/* out[i] = scalars[i] * points[i]. No scalar is zero. */
KP_MUST_USE enum kp_status kp_points_multiply_each(uint8_t *out, const uint8_t *scalars,
                                                   const uint8_t *points, size_t count);
/* out[i] = scalars[i] * G. No scalar is zero. */
KP_MUST_USE enum kp_status kp_points_multiply_base(uint8_t *out, const uint8_t *scalars,
                                                   size_t count);
/* out[i] = scalars[i] * point: one point, many scalars, none zero. */
KP_MUST_USE enum kp_status kp_points_multiply_fixed(uint8_t *out, const uint8_t *scalars,
                                                    const uint8_t point[static KP_POINT_BYTES],
                                                    size_t count);
/* out[i] = left[i] + right[i] or left[i] - right[i]. A result may be the identity (32 zero bytes);
 * an argument may not, but for `left`, so that sums can begin at zero. */
KP_MUST_USE enum kp_status kp_points_add(uint8_t *out, const uint8_t *left, const uint8_t *right,
                                         size_t count);
KP_MUST_USE enum kp_status kp_points_subtract(uint8_t *out, const uint8_t *left,
                                              const uint8_t *right, size_t count);
/* out = sum of weights[i] * points[i], one point out; the identity is possible. The weights are
 * public (variable time is allowed) and reduced; one of zero leaves its point out. */
KP_MUST_USE enum kp_status kp_points_combine(uint8_t out[static KP_POINT_BYTES],
                                             const uint8_t *weights, const uint8_t *points,
                                             size_t count);
/* out[i] = the map of RFC 9496 section 4.3.4 of the 64 bytes at uniform + 64 * i. */
void kp_points_from_uniform(uint8_t *out, const uint8_t *uniform, size_t count);

#endif
