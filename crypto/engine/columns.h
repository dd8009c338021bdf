/* Internal. What the columns of a product begin with. */
#ifndef KP_CRYPTO_ENGINE_COLUMNS_H
#define KP_CRYPTO_ENGINE_COLUMNS_H

#include "crypto/engine/vector.h"

/* So many times 2^51 keep a column above zero, so that a shift without a sign carries it. */
#define KP_COLUMN_OFFSET 512U

/* With half of 2^51, so that it is carried to the nearest. */
#define KP_COLUMN_ABOVE_ZERO (((uint64_t)KP_COLUMN_OFFSET << 51) + (1ULL << 50))

/* Sums of products begin with that. The plain ones are for
 * what is added to such a column, or taken from it. */
extern const struct kp_vi_constant kp_product_begin[5];
extern const struct kp_vi_constant kp_product_begin_plain[5];
extern const struct kp_vi_constant kp_square_begin[5];
extern const struct kp_vi_constant kp_square_begin_plain[5];

#endif
