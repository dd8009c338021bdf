#include "crypto/engine/constants.h"

const struct kp_fe kp_fe_one = {{1.0, 0.0, 0.0, 0.0, 0.0}};
const struct kp_fe kp_fe_half = {{-9.0, 0.0, 0.0, 0.0, 0x1p50}};
const struct kp_fe kp_fe_d = {{929955233495222.0, 466365720129213.0, -589740348686295.0,
                               -217950738957124.0, -809005158844672.0}};
const struct kp_fe kp_fe_2d = {{-391889346694823.0, 932731440258427.0, 1072319116312658.0,
                                -435901477914249.0, 633789495995904.0}};
const struct kp_fe kp_fe_sqrt_m1 = {{-533094393274192.0, 234908883556510.0, -18285341111200.0,
                                     -134597186663265.0, 765476049583134.0}};
const struct kp_fe kp_fe_invsqrt_a_minus_d = {{278908739862781.0, 821645201101625.0,
                                               8113234426968.0, -473840635492097.0,
                                               -133279003116800.0}};
const struct kp_fe kp_fe_sqrt_ad_minus_one = {{-10306688700901.0, 425987919032275.0,
                                               -44770894383560.0, -1031309182999399.0,
                                               974799131293749.0}};
const struct kp_fe kp_fe_inverse_sqrt_ad_minus_one = {{-278908739862781.0, -821645201101625.0,
                                                       -8113234426968.0, 473840635492097.0,
                                                       133279003116800.0}};
const struct kp_fe kp_fe_one_minus_d_sq = {{-1115172884201098.0, -253249414103984.0,
                                            496427632559749.0, 118527312129759.0,
                                            45110755273534.0}};
const struct kp_fe kp_fe_d_minus_one_sq = {{-744737582789325.0, -679482026154442.0,
                                            683053064812841.0, 317374165784489.0,
                                            -678900251269438.0}};
const struct kp_fe kp_fe_montgomery = {{-557817479725562.0, 608509411481998.0, -16226468853937.0,
                                        947681270984194.0, 266558006233600.0}};
const struct kp_fe kp_fe_quartic = {{243331.0, 0.0, 0.0, 0.0, 0.0}};
const struct kp_fe kp_fe_minus_montgomery_4th = {{-986445536911243.0, 410822600550813.0,
                                                  -1121843289629140.0, -236920317746048.0,
                                                  1059260405284224.0}};

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
