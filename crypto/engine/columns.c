#include "crypto/engine/columns.h"

const struct kp_vi_constant kp_vi_mask51 = KP_VI_ALL((1ULL << 51) - 1);
const struct kp_vi_constant kp_vi_nineteen = KP_VI_ALL(19);
const struct kp_vi_constant kp_vi_two52 = KP_VI_ALL(0x4330000000000000);

/* Column i has the low halves of products i and, by 2^255 = 19, 19 times those of products i + 5;
 * and the high halves of the columns one lower. Of products there are 1, 2, 3, 4, 5, 4, 3, 2, 1 in
 * a column, of a square's 1, 1, 2, 2, 3, 2, 2, 1, 1. */
#define PRODUCT(plus)                                                                              \
    {                                                                                              \
        KP_VI_BEGIN(plus, 95, 77), KP_VI_BEGIN(plus, 77, 59), KP_VI_BEGIN(plus, 59, 41),           \
            KP_VI_BEGIN(plus, 41, 23), KP_VI_BEGIN(plus, 23, 5)                                    \
    }
#define SQUARE(plus)                                                                               \
    {                                                                                              \
        KP_VI_BEGIN(plus, 57, 39), KP_VI_BEGIN(plus, 39, 39), KP_VI_BEGIN(plus, 39, 21),           \
            KP_VI_BEGIN(plus, 21, 21), KP_VI_BEGIN(plus, 21, 3)                                    \
    }

const struct kp_vi_constant kp_product_begin[5] = PRODUCT(KP_COLUMN_ABOVE_ZERO);
const struct kp_vi_constant kp_product_begin_plain[5] = PRODUCT((uint64_t)0);
const struct kp_vi_constant kp_square_begin[5] = SQUARE(KP_COLUMN_ABOVE_ZERO);
const struct kp_vi_constant kp_square_begin_plain[5] = SQUARE((uint64_t)0);
