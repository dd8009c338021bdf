#include "crypto/engine/calls.h"

const struct kp_engine_calls kp_four_calls = {
    .prepare = kp_four_prepare,
    .multiply = kp_four_multiply,
    .multiply_each = kp_four_multiply_each,
    .multiply_base = kp_four_multiply_base,
    .multiply_fixed = kp_four_multiply_fixed,
    .add = kp_four_add,
    .subtract = kp_four_subtract,
    .check = kp_four_check,
    .from_uniform = kp_four_from_uniform,
    .combine = kp_four_combine,
    .terms_bytes = kp_four_terms_bytes,
    .sums_bytes = kp_four_sums_bytes,
    .sums_start = kp_four_sums_start,
    .decode = kp_four_decode,
    .multiply_keeping = kp_four_multiply_keeping,
    .combine_digits = kp_four_combine_digits,
    .sums_subtract = kp_four_sums_subtract,
};
