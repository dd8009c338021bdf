/* As crypto/engine/constants.c, with limbs that are never negative. */
#include "crypto/engine/constants.h"

#define ALL(number)                                                                                \
    {                                                                                              \
        {                                                                                          \
            number, number, number, number                                                         \
        }                                                                                          \
    }

const struct kp_v_constant kp_v_mask51 = ALL((1ULL << 51) - 1);
const struct kp_v_constant kp_v_nineteen = ALL(19);

const struct kp_fe kp_fe_one = {{1, 0, 0, 0, 0}};
const struct kp_fe kp_fe_half = {
    {0x7fffffffffff7, 0x7ffffffffffff, 0x7ffffffffffff, 0x7ffffffffffff, 0x3ffffffffffff}};
const struct kp_fe kp_fe_d = {
    {0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff}};
const struct kp_fe kp_fe_2d = {
    {0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff}};
const struct kp_fe kp_fe_sqrt_m1 = {
    {0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d}};
const struct kp_fe kp_fe_invsqrt_a_minus_d = {
    {0x0fdaa805d40ea, 0x2eb482e57d339, 0x007610274bc58, 0x6510b613dc8ff, 0x786c8905cfaff}};
const struct kp_fe kp_fe_sqrt_ad_minus_one = {
    {0x7f6a0497b2e1b, 0x1836f0a97afd2, 0x7d747f6be7638, 0x456079e7e6498, 0x376931bf2b834}};
const struct kp_fe kp_fe_inverse_sqrt_ad_minus_one = {
    {0x702557fa2bf03, 0x514b7d1a82cc6, 0x7f89efd8b43a7, 0x1aef49ec23700, 0x079376fa30500}};
const struct kp_fe kp_fe_one_minus_d_sq = {
    {0x409c1945fc176, 0x719abc6a1fc4f, 0x1c37f90b20684, 0x06bccca55eedf, 0x029072a8b2b3e}};
const struct kp_fe kp_fe_d_minus_one_sq = {
    {0x55aaa44ed4d20, 0x59603c3332635, 0x26d3baf4a7928, 0x120a66e6997a9, 0x5968b37af66c2}};
const struct kp_fe kp_fe_montgomery = {
    {0x604aaff457e06, 0x2296fa350598d, 0x7f13dfb16874f, 0x35de93d846e01, 0x0f26edf460a00}};
const struct kp_fe kp_fe_quartic = {{0x000000003b683, 0, 0, 0, 0}};
const struct kp_fe kp_fe_minus_montgomery_4th = {
    {0x47ed5402ea075, 0x175a4172be99c, 0x403b0813a5e2c, 0x72885b09ee47f, 0x3c364482e7d7f}};

const uint64_t kp_fe_frozen_zero[5] = {0x0000000000000, 0x0000000000000, 0x0000000000000,
                                       0x0000000000000, 0x0000000000000};
const uint64_t kp_fe_frozen_one[5] = {0x0000000000001, 0x0000000000000, 0x0000000000000,
                                      0x0000000000000, 0x0000000000000};
const uint64_t kp_fe_frozen_minus_one[5] = {0x7ffffffffffec, 0x7ffffffffffff, 0x7ffffffffffff,
                                            0x7ffffffffffff, 0x7ffffffffffff};
const uint64_t kp_fe_frozen_sqrt_m1[5] = {0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60,
                                          0x78595a6804c9e, 0x2b8324804fc1d};
const uint64_t kp_fe_frozen_minus_sqrt_m1[5] = {0x1e4d8b5f15f3d, 0x72a5a0370e762, 0x010a16342f39f,
                                                0x07a6a597fb361, 0x547cdb7fb03e2};
