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

/* A weight of a combination, which is public: sixteen digits from -128 to 127, the lowest first,
 * each as a byte that is 128 more; digit i counts 256^i times. So there are 2^128 of them, all
 * different, and none has a carry. */
#define KP_WEIGHT_BYTES 16

/* The same weights as scalars. */
void kp_weights_to_scalars(uint8_t *scalars, const uint8_t *weights, size_t count);

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
/* out = sum of weights[i] * point i, over all points; `weights` has KP_WEIGHT_BYTES for each. The
 * result may be the identity. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_decoded_combine(uint8_t out[static KP_POINT_BYTES],
                                              const uint8_t *weights,
                                              const struct kp_decoded *decoded);
void kp_decoded_free(struct kp_decoded *decoded); /* NULL is allowed */

/* out[i] = sum i - scalars[i] * point; scalars are secret, the point is public. */
KP_MUST_USE enum kp_status kp_sums_subtract_fixed(uint8_t *out, const struct kp_sums *sums,
                                                  const uint8_t *scalars,
                                                  const uint8_t point[static KP_POINT_BYTES]);

#endif
