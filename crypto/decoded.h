/* Points that stay decoded, for who multiplies them and combines them, or sums them as well.
 *
 * What crypto/group.h gives for encodings, with one decoding of each; what that says of elements
 * that are refused holds here too. Decoded points and sums are in bulk memory, owned by the
 * caller. Results don't depend on which arithmetic is used.
 */
#ifndef KP_CRYPTO_DECODED_H
#define KP_CRYPTO_DECODED_H

#include "crypto/group.h"
#include "crypto/status.h"

#include <stddef.h>
#include <stdint.h>

/* A weight of a combination, which is public, is a number of digits from -128 to 127, the lowest
 * first, each as a byte that is 128 more; digit i counts 256^i times. So none has a carry, and
 * weights whose bytes differ differ. A chunk's weights have sixteen; at most there are
 * KP_DIGITS_MAX, and always a multiple of four. */
#define KP_WEIGHT_BYTES 16
#define KP_DIGITS_MAX 28

/* The same weights as scalars. */
void kp_weights_to_scalars(uint8_t *scalars, const uint8_t *weights, size_t digits, size_t count);

struct kp_decoded; /* remembers where the encodings stand, which must stay there as long */
struct kp_sums;    /* as many sums as there are points in an array; secret */

/* All sums begin as the identity. NULL: no memory. */
struct kp_sums *kp_sums_new(size_t count);
void kp_sums_free(struct kp_sums *sums); /* NULL is allowed */

/* Adds each point to its sum; count is that of `sums`. KP_REFUSED: the sums are of no use. */
KP_MUST_USE enum kp_status kp_sums_add(struct kp_sums *sums, const uint8_t *points, size_t count);

/* Decodes, and adds each point to its sum where `sums` isn't NULL; count is that of `sums`.
 * KP_FAILED: no memory. With that and KP_REFUSED, *decoded is NULL, and sums are of no use. */
KP_MUST_USE enum kp_status kp_decoded_new(struct kp_decoded **decoded, const uint8_t *points,
                                          size_t count, struct kp_sums *sums);
/* Decodes, and out[i] = scalar * points[i], in an array of its own. */
KP_MUST_USE enum kp_status kp_decoded_multiply(struct kp_decoded **decoded, uint8_t *out,
                                               const uint8_t scalar[static KP_SCALAR_BYTES],
                                               const uint8_t *points, size_t count);
/* The same once more for as many other points, in the place of those before, whose memory serves
 * again. Where it isn't KP_OK there is nothing but kp_decoded_free to be done with them. */
KP_MUST_USE enum kp_status kp_decoded_renew(struct kp_decoded *decoded, const uint8_t *points,
                                            struct kp_sums *sums);
/* out = sum of weights[i] * point i, over all points; `weights` has `digits` bytes for each. The
 * result may be the identity. KP_FAILED: no memory. KP_USAGE: so many digits can't be. */
KP_MUST_USE enum kp_status kp_decoded_combine(uint8_t out[static KP_POINT_BYTES],
                                              const uint8_t *weights, size_t digits,
                                              const struct kp_decoded *decoded);
void kp_decoded_free(struct kp_decoded *decoded); /* NULL is allowed */

/* out[i] = sum i - scalars[i] * point; scalars are secret, the point is public. */
KP_MUST_USE enum kp_status kp_sums_subtract_fixed(uint8_t *out, const struct kp_sums *sums,
                                                  const uint8_t *scalars,
                                                  const uint8_t point[static KP_POINT_BYTES]);

#endif
