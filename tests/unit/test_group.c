/* crypto/group.h against RFC 9496's appendix A, and batches against the same one by one. */
#include "crypto/decoded.h"
#include "crypto/engine/engine.h"
#include "crypto/group.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The group's order, little-endian. */
static const char order[] = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

/* RFC 9496 appendix A.1: 0 to 15 times the generator. */
static const char *const multiples[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
    "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
    "f64746d3c92b13050ed8d80236a7f0007c3b3f962f5ba793d19a601ebb1df403",
    "44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d",
    "903293d8f2287ebe10e2374dc1a53e0bc887e592699f02d077d5263cdd55601c",
    "02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031",
    "20706fd788b2720a1ed2a5dad4952b01f413bcf0e7564de8cdc816689e2db95f",
    "bce83f8ba5dd2fa572864c24ba1810f9522bc6004afe95877ac73241cafdab42",
    "e4549ee16b9aa03099ca208c67adafcafa4c3f3e4e5303de6026e3ca8ff84460",
    "aa52e000df2e16f55fb1032fc33bc42742dad6bd5a8fc0be0167436c5948501f",
    "46376b80f409b29dc2b5f6f0c52591990896e5716f41477cd30085ab7f10301e",
    "e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e",
};

/* RFC 9496 appendix A.2, and after it what this project adds. */
static const char *const bad_encodings[] = {
    /* Not canonical. */
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    /* Negative field elements. */
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
    "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
    "f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
    "87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
    /* Non-square x^2. */
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b",
    "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
    "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
    "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
    "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
    "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
    /* Negative xy. */
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
    "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
    "8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
    "32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
    "227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
    "5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
    "445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
    /* s = -1, which gives y = 0. */
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    /* The identity: decodes, but nobody sends it. */
    "0000000000000000000000000000000000000000000000000000000000000000",
    /* The identity and the generator with the top bit set, which libsodium 1.0.18 lets pass. */
    "0000000000000000000000000000000000000000000000000000000000000080",
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2df6",
    /* Edwards25519's points of order 8, 4 and 2 in its own encoding. */
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
};

/* RFC 9496 appendix A.3. */
static const struct {
    const char *uniform;
    const char *point;
} maps[] = {
    {"5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1"
     "4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6",
     "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46"},
    {"f116b34b8f17ceb56e8732a60d913dd10cce47a6d53bee9204be8b44f6678b27"
     "0102a56902e2488c46120e9276cfe54638286b9e4b3cdb470b542d46c2068d38",
     "f26e5b6f7d362d2d2a94c5d0e7602cb4773c95a2e5c31a64f133189fa76ed61b"},
    {"8422e1bbdaab52938b81fd602effb6f89110e1e57208ad12d9ad767e2e25510c"
     "27140775f9337088b982d83d7fcf0b2fa1edffe51952cbe7365e95c86eaf325c",
     "006ccd2a9e6867e6a2c5cea83d3302cc9de128dd2a9a57dd8ee7b9d7ffe02826"},
    {"ac22415129b61427bf464e17baee8db65940c233b98afce8d17c57beeb7876c2"
     "150d15af1cb1fb824bbd14955f2b57d08d388aab431a391cfc33d5bafb5dbbaf",
     "f8f0c87cf237953c5890aec3998169005dae3eca1fbb04548c635953c817f92a"},
    {"165d697a1ef3d5cf3c38565beefcf88c0f282b8e7dbd28544c483432f1cec767"
     "5debea8ebb4e5fe7d6f6e5db15f15587ac4d4d4a1de7191e0c1ca6664abcc413",
     "ae81e7dedf20a497e10c304a765c1767a42d6e06029758d2d7e8ef7cc4c41179"},
    {"a836e6c9a9ca9f1e8d486273ad56a78c70cf18f0ce10abb1c7172ddd605d7fd2"
     "979854f47ae1ccf204a33102095b4200e5befc0465accc263175485f0e17ea5c",
     "e2705652ff9f5e44d3e841bf1c251cf7dddb77d140870d1ab2ed64f1a9ce8628"},
    {"2cdc11eaeb95daf01189417cdddbf95952993aa9cb9c640eb5058d09702c7462"
     "2c9965a697a3b345ec24ee56335b556e677b30e6f90ac77d781064f866a3c982",
     "80bd07262511cdde4863f8a7434cef696750681cb9510eea557088f76d9e5065"},
    {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "1200000000000000000000000000000000000000000000000000000000000000",
     "304282791023b73128d277bdcb5c7746ef2eac08dde9f2983379cb8e5ef0517f"},
    {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "304282791023b73128d277bdcb5c7746ef2eac08dde9f2983379cb8e5ef0517f"},
    {"0000000000000000000000000000000000000000000000000000000000000080"
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
     "304282791023b73128d277bdcb5c7746ef2eac08dde9f2983379cb8e5ef0517f"},
    {"0000000000000000000000000000000000000000000000000000000000000000"
     "1200000000000000000000000000000000000000000000000000000000000080",
     "304282791023b73128d277bdcb5c7746ef2eac08dde9f2983379cb8e5ef0517f"},
};

static void small(uint8_t scalar[static KP_SCALAR_BYTES], uint8_t number)
{
    memset(scalar, 0, KP_SCALAR_BYTES);
    scalar[0] = number;
}

static void multiple(uint8_t point[static KP_POINT_BYTES], size_t number)
{
    unit_hex(point, KP_POINT_BYTES, multiples[number]);
}

static void random_points(uint8_t *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        crypto_core_ristretto255_random(points + i * KP_POINT_BYTES);
    }
}

static void bad_encodings_are_refused_everywhere(void)
{
    static const uint8_t zeros[3 * KP_POINT_BYTES];
    uint8_t scalars[3 * KP_SCALAR_BYTES];
    for (size_t i = 0; i < 3; i++) {
        kp_scalar_random(scalars + i * KP_SCALAR_BYTES);
    }
    for (size_t i = 0; i < COUNT(bad_encodings); i++) {
        uint8_t good[3 * KP_POINT_BYTES];
        uint8_t points[3 * KP_POINT_BYTES];
        uint8_t out[3 * KP_POINT_BYTES];
        for (size_t j = 0; j < 3; j++) {
            multiple(good + j * KP_POINT_BYTES, j + 1);
        }
        memcpy(points, good, sizeof(points));
        unit_hex(points + KP_POINT_BYTES, KP_POINT_BYTES, bad_encodings[i]);
        CU_ASSERT_EQUAL(kp_points_check(points, 3), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_points_check(points + KP_POINT_BYTES, 1), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_points_check(points, 1), KP_OK);

        memset(out, 0xaa, sizeof(out));
        CU_ASSERT_EQUAL(kp_points_multiply(out, scalars, points, 3), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_points_multiply_each(out, scalars, points, 3), KP_REFUSED);
        CU_ASSERT_EQUAL(memcmp(out, zeros, sizeof(out)), 0);
        memset(out, 0xaa, sizeof(out));
        CU_ASSERT_EQUAL(kp_points_multiply_fixed(out, scalars, points + KP_POINT_BYTES, 3),
                        KP_REFUSED);
        CU_ASSERT_EQUAL(memcmp(out, zeros, sizeof(out)), 0);
        memset(out, 0xaa, sizeof(out));
        CU_ASSERT_EQUAL(kp_points_add(out, good, points, 3), KP_REFUSED);
        CU_ASSERT_EQUAL(memcmp(out, zeros, sizeof(out)), 0);
        memset(out, 0xaa, sizeof(out));
        CU_ASSERT_EQUAL(kp_points_subtract(out, good, points, 3), KP_REFUSED);
        CU_ASSERT_EQUAL(memcmp(out, zeros, sizeof(out)), 0);
        memset(out, 0xaa, sizeof(out));
        CU_ASSERT_EQUAL(kp_points_combine(out, scalars, points, 3), KP_REFUSED);
        CU_ASSERT_EQUAL(memcmp(out, zeros, KP_POINT_BYTES), 0);
        if (!sodium_is_zero(points + KP_POINT_BYTES, KP_POINT_BYTES)) {
            memset(out, 0xaa, sizeof(out));
            CU_ASSERT_EQUAL(kp_points_add(out, points, good, 3), KP_REFUSED);
            CU_ASSERT_EQUAL(memcmp(out, zeros, sizeof(out)), 0);
            memset(out, 0xaa, sizeof(out));
            CU_ASSERT_EQUAL(kp_points_subtract(out, points, good, 3), KP_REFUSED);
            CU_ASSERT_EQUAL(memcmp(out, zeros, sizeof(out)), 0);
        }
    }
}

static void bad_scalars_are_refused(void)
{
    static const char *const refused[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        order,
        "eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
        "0100000000000000000000000000000000000000000000000000000000000020",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    uint8_t point[KP_POINT_BYTES];
    uint8_t out[2 * KP_POINT_BYTES];
    multiple(point, 7);
    for (size_t i = 0; i < COUNT(refused); i++) {
        uint8_t scalars[2 * KP_SCALAR_BYTES];
        small(scalars, 1);
        unit_hex(scalars + KP_SCALAR_BYTES, KP_SCALAR_BYTES, refused[i]);
        CU_ASSERT_EQUAL(kp_scalar_check(scalars + KP_SCALAR_BYTES), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_points_multiply(out, scalars + KP_SCALAR_BYTES, point, 1), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_points_multiply_base(out, scalars, 2), KP_REFUSED);
        CU_ASSERT(sodium_is_zero(out, sizeof(out)));
        CU_ASSERT_EQUAL(kp_points_multiply_fixed(out, scalars, point, 2), KP_REFUSED);
        CU_ASSERT(sodium_is_zero(out, sizeof(out)));
    }
    uint8_t largest[KP_SCALAR_BYTES];
    unit_hex(largest, sizeof(largest), order);
    largest[0]--;
    CU_ASSERT_EQUAL(kp_scalar_check(largest), KP_OK);
}

static void scalars_are_uniform_and_reduced(void)
{
    uint8_t previous[KP_SCALAR_BYTES] = {0};
    for (size_t i = 0; i < 100; i++) {
        uint8_t scalar[KP_SCALAR_BYTES];
        kp_scalar_random(scalar);
        CU_ASSERT_EQUAL(kp_scalar_check(scalar), KP_OK);
        CU_ASSERT_NOT_EQUAL(memcmp(scalar, previous, sizeof(scalar)), 0);
        memcpy(previous, scalar, sizeof(scalar));
    }
    /* 2^256 - 1 modulo the order, counted elsewhere. */
    uint8_t wide[64] = {0};
    uint8_t reduced[KP_SCALAR_BYTES];
    uint8_t expected[KP_SCALAR_BYTES];
    memset(wide, 0xff, 32);
    unit_hex(expected, sizeof(expected),
             "1c95988d7431ecd670cf7d73f45befc6feffffffffffffffffffffffffffff0f");
    kp_scalar_reduce(reduced, wide);
    CU_ASSERT_EQUAL(memcmp(reduced, expected, sizeof(reduced)), 0);
}

static void multiples_of_the_generator(void)
{
    uint8_t sum[KP_POINT_BYTES] = {0};
    uint8_t generator[KP_POINT_BYTES];
    multiple(generator, 1);
    for (size_t i = 1; i < COUNT(multiples); i++) {
        uint8_t expected[KP_POINT_BYTES];
        uint8_t scalar[KP_SCALAR_BYTES];
        uint8_t out[KP_POINT_BYTES];
        multiple(expected, i);
        small(scalar, (uint8_t)i);
        CU_ASSERT_EQUAL(kp_points_multiply_base(out, scalar, 1), KP_OK);
        CU_ASSERT_EQUAL(memcmp(out, expected, sizeof(out)), 0);
        CU_ASSERT_EQUAL(kp_points_multiply(out, scalar, generator, 1), KP_OK);
        CU_ASSERT_EQUAL(memcmp(out, expected, sizeof(out)), 0);
        CU_ASSERT_EQUAL(kp_points_add(sum, sum, generator, 1), KP_OK);
        CU_ASSERT_EQUAL(memcmp(sum, expected, sizeof(sum)), 0);
        CU_ASSERT_EQUAL(kp_points_check(expected, 1), KP_OK);
    }
    for (size_t i = COUNT(multiples) - 1; i > 0; i--) {
        uint8_t expected[KP_POINT_BYTES];
        multiple(expected, i - 1);
        CU_ASSERT_EQUAL(kp_points_subtract(sum, sum, generator, 1), KP_OK);
        CU_ASSERT_EQUAL(memcmp(sum, expected, sizeof(sum)), 0);
    }
}

static void map_from_uniform_bytes(void)
{
    uint8_t uniform[64 * COUNT(maps)];
    uint8_t points[KP_POINT_BYTES * COUNT(maps)];
    for (size_t i = 0; i < COUNT(maps); i++) {
        unit_hex(uniform + i * 64, 64, maps[i].uniform);
    }
    kp_points_from_uniform(points, uniform, COUNT(maps));
    for (size_t i = 0; i < COUNT(maps); i++) {
        uint8_t expected[KP_POINT_BYTES];
        unit_hex(expected, sizeof(expected), maps[i].point);
        CU_ASSERT_EQUAL(memcmp(points + i * KP_POINT_BYTES, expected, KP_POINT_BYTES), 0);
    }
}

enum { MANY = 37 };

static void batches_equal_one_by_one(void)
{
    uint8_t left[MANY * KP_POINT_BYTES];
    uint8_t right[MANY * KP_POINT_BYTES];
    uint8_t scalars[MANY * KP_SCALAR_BYTES];
    uint8_t batch[5][MANY * KP_POINT_BYTES];
    random_points(left, MANY);
    random_points(right, MANY);
    for (size_t i = 0; i < MANY; i++) {
        kp_scalar_random(scalars + i * KP_SCALAR_BYTES);
    }
    CU_ASSERT_EQUAL(kp_points_multiply(batch[0], scalars, left, MANY), KP_OK);
    CU_ASSERT_EQUAL(kp_points_multiply_base(batch[1], scalars, MANY), KP_OK);
    CU_ASSERT_EQUAL(kp_points_multiply_fixed(batch[2], scalars, left, MANY), KP_OK);
    CU_ASSERT_EQUAL(kp_points_add(batch[3], left, right, MANY), KP_OK);
    CU_ASSERT_EQUAL(kp_points_subtract(batch[4], left, right, MANY), KP_OK);
    for (size_t i = 0; i < MANY; i++) {
        size_t at = i * KP_POINT_BYTES;
        uint8_t one[5][KP_POINT_BYTES];
        CU_ASSERT_EQUAL(crypto_scalarmult_ristretto255(one[0], scalars, left + at), 0);
        CU_ASSERT_EQUAL(crypto_scalarmult_ristretto255_base(one[1], scalars + at), 0);
        CU_ASSERT_EQUAL(crypto_scalarmult_ristretto255(one[2], scalars + at, left), 0);
        CU_ASSERT_EQUAL(crypto_core_ristretto255_add(one[3], left + at, right + at), 0);
        CU_ASSERT_EQUAL(crypto_core_ristretto255_sub(one[4], left + at, right + at), 0);
        for (size_t j = 0; j < 5; j++) {
            CU_ASSERT_EQUAL(memcmp(batch[j] + at, one[j], KP_POINT_BYTES), 0);
        }
    }
    CU_ASSERT_EQUAL(kp_points_check(left, MANY), KP_OK);
}

static void out_may_be_an_input(void)
{
    uint8_t left[MANY * KP_POINT_BYTES];
    uint8_t right[MANY * KP_POINT_BYTES];
    uint8_t scalars[MANY * KP_SCALAR_BYTES];
    uint8_t apart[MANY * KP_POINT_BYTES];
    uint8_t same[MANY * KP_POINT_BYTES];
    random_points(left, MANY);
    random_points(right, MANY);
    for (size_t i = 0; i < MANY; i++) {
        kp_scalar_random(scalars + i * KP_SCALAR_BYTES);
    }
    memcpy(same, left, sizeof(same));
    CU_ASSERT_EQUAL(kp_points_multiply(apart, scalars, left, MANY), KP_OK);
    CU_ASSERT_EQUAL(kp_points_multiply(same, scalars, same, MANY), KP_OK);
    CU_ASSERT_EQUAL(memcmp(same, apart, sizeof(same)), 0);
    memcpy(same, scalars, sizeof(same));
    CU_ASSERT_EQUAL(kp_points_multiply_base(apart, scalars, MANY), KP_OK);
    CU_ASSERT_EQUAL(kp_points_multiply_base(same, same, MANY), KP_OK);
    CU_ASSERT_EQUAL(memcmp(same, apart, sizeof(same)), 0);
    memcpy(same, scalars, sizeof(same));
    CU_ASSERT_EQUAL(kp_points_multiply_fixed(apart, scalars, left, MANY), KP_OK);
    CU_ASSERT_EQUAL(kp_points_multiply_fixed(same, same, left, MANY), KP_OK);
    CU_ASSERT_EQUAL(memcmp(same, apart, sizeof(same)), 0);
    memcpy(same, right, sizeof(same));
    CU_ASSERT_EQUAL(kp_points_subtract(apart, left, right, MANY), KP_OK);
    CU_ASSERT_EQUAL(kp_points_subtract(same, left, same, MANY), KP_OK);
    CU_ASSERT_EQUAL(memcmp(same, apart, sizeof(same)), 0);
}

static void identities_in_sums(void)
{
    static const uint8_t identity[KP_POINT_BYTES];
    uint8_t point[KP_POINT_BYTES];
    uint8_t out[KP_POINT_BYTES];
    random_points(point, 1);
    CU_ASSERT_EQUAL(kp_points_add(out, identity, point, 1), KP_OK);
    CU_ASSERT_EQUAL(memcmp(out, point, sizeof(out)), 0);
    CU_ASSERT_EQUAL(kp_points_subtract(out, identity, point, 1), KP_OK);
    CU_ASSERT_EQUAL(kp_points_add(out, out, point, 1), KP_OK);
    CU_ASSERT(sodium_is_zero(out, sizeof(out)));
    CU_ASSERT_EQUAL(kp_points_subtract(out, point, point, 1), KP_OK);
    CU_ASSERT(sodium_is_zero(out, sizeof(out)));
    CU_ASSERT_EQUAL(kp_points_add(out, point, identity, 1), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_points_subtract(out, point, identity, 1), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_points_add(out, identity, identity, 1), KP_REFUSED);
}

static void combination_equals_multiply_and_add(void)
{
    uint8_t points[MANY * KP_POINT_BYTES];
    uint8_t weights[MANY * KP_SCALAR_BYTES] = {0};
    uint8_t expected[KP_POINT_BYTES] = {0};
    uint8_t out[KP_POINT_BYTES];
    random_points(points, MANY);
    for (size_t i = 0; i < MANY; i++) {
        uint8_t term[KP_POINT_BYTES];
        randombytes_buf(weights + i * KP_SCALAR_BYTES, 16);
        CU_ASSERT_EQUAL(
            kp_points_multiply(term, weights + i * KP_SCALAR_BYTES, points + i * KP_POINT_BYTES, 1),
            KP_OK);
        CU_ASSERT_EQUAL(kp_points_add(expected, expected, term, 1), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_points_combine(out, weights, points, MANY), KP_OK);
    CU_ASSERT_EQUAL(memcmp(out, expected, sizeof(out)), 0);

    /* A weight of zero leaves its point out, and (order - 1) P + P is nothing. */
    memcpy(points + KP_POINT_BYTES, points, KP_POINT_BYTES);
    memset(weights, 0, sizeof(weights));
    unit_hex(weights, KP_SCALAR_BYTES, order);
    weights[0]--;
    CU_ASSERT_EQUAL(kp_points_combine(out, weights, points, 3), KP_OK);
    CU_ASSERT_FALSE(sodium_is_zero(out, sizeof(out)));
    weights[KP_SCALAR_BYTES] = 1;
    CU_ASSERT_EQUAL(kp_points_combine(out, weights, points, 3), KP_OK);
    CU_ASSERT(sodium_is_zero(out, sizeof(out)));
    CU_ASSERT_EQUAL(kp_points_combine(out, weights, points, 0), KP_OK);
    CU_ASSERT(sodium_is_zero(out, sizeof(out)));

    /* Weights must be reduced, and a weight of zero hides no bad point. */
    weights[0]++;
    CU_ASSERT_EQUAL(kp_points_combine(out, weights, points, 3), KP_REFUSED);
    weights[0]--;
    memset(points + 2 * KP_POINT_BYTES, 0xff, KP_POINT_BYTES);
    CU_ASSERT_EQUAL(kp_points_combine(out, weights, points, 3), KP_REFUSED);
}

/* Points that stay decoded give what their encodings give, whoever does the arithmetic. */
static void equal_with_digits(size_t digits)
{
    enum { DECODED = 300 };
    static const size_t counts[] = {0, 1, 2, 7, 8, 9, 12, 13, 255, 256, 257, 287, 288, 300};
    static uint8_t uniform[DECODED * 64], points[DECODED * KP_POINT_BYTES], out[sizeof(points)],
        expected[sizeof(points)], weights[DECODED * KP_DIGITS_MAX],
        scalars[DECODED * KP_SCALAR_BYTES];
    uint8_t scalar[KP_SCALAR_BYTES], sum[KP_POINT_BYTES], expected_sum[KP_POINT_BYTES];
    randombytes_buf(uniform, sizeof(uniform));
    randombytes_buf(weights, sizeof(weights));
    memset(weights, 0, digits); /* all digits, and the ends */
    memset(weights + digits, 255, digits);
    memset(weights + 2 * digits, 128, digits);
    for (size_t i = 0; i < 256; i++) {
        weights[(3 + i) * digits + i % digits] = (uint8_t)i;
    }
    kp_points_from_uniform(points, uniform, DECODED);
    kp_scalar_random(scalar);
    for (size_t i = 0; i < 2 * COUNT(counts); i++) {
        size_t count = counts[i / 2];
        kp_engine_use(false);
        kp_weights_to_scalars(scalars, weights, digits, count);
        CU_ASSERT_EQUAL(kp_points_multiply(expected, scalar, points, count), KP_OK);
        CU_ASSERT_EQUAL(kp_points_combine(expected_sum, scalars, points, count), KP_OK);
        kp_engine_use(i % 2 == 0);
        struct kp_decoded *decoded = NULL;
        CU_ASSERT_EQUAL_FATAL(kp_decoded_multiply(&decoded, out, scalar, points, count), KP_OK);
        CU_ASSERT_EQUAL(memcmp(out, expected, count * KP_POINT_BYTES), 0);
        CU_ASSERT_EQUAL(kp_decoded_combine(sum, weights, digits, decoded), KP_OK);
        CU_ASSERT_EQUAL(memcmp(sum, expected_sum, sizeof(sum)), 0);
        kp_decoded_free(decoded);
        CU_ASSERT_EQUAL_FATAL(kp_decoded_new(&decoded, out, count, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_decoded_renew(decoded, points, NULL), KP_OK);
        for (size_t j = 0; j < 2; j++) { /* more than once */
            CU_ASSERT_EQUAL(kp_decoded_combine(sum, weights, digits, decoded), KP_OK);
            CU_ASSERT_EQUAL(memcmp(sum, expected_sum, sizeof(sum)), 0);
        }
        kp_decoded_free(decoded);
    }
    kp_engine_use(true);
}

static void decoded_equal_encoded(void)
{
    equal_with_digits(KP_WEIGHT_BYTES);
    equal_with_digits(KP_DIGITS_MAX);
}

/* A weight's digits are its bytes less 128. */
static void weights_are_signed(void)
{
    uint8_t weights[3 * KP_WEIGHT_BYTES], scalars[3 * KP_SCALAR_BYTES];
    uint8_t expected[KP_SCALAR_BYTES] = {0};
    memset(weights, 128, sizeof(weights));
    weights[KP_WEIGHT_BYTES] = 131;
    weights[KP_WEIGHT_BYTES + 1] = 130;
    weights[2 * KP_WEIGHT_BYTES] = 125;
    weights[2 * KP_WEIGHT_BYTES + 1] = 126;
    kp_weights_to_scalars(scalars, weights, KP_WEIGHT_BYTES, 3);
    CU_ASSERT_EQUAL(memcmp(scalars, expected, sizeof(expected)), 0);
    expected[0] = 3;
    expected[1] = 2;
    CU_ASSERT_EQUAL(memcmp(scalars + KP_SCALAR_BYTES, expected, sizeof(expected)), 0);
    crypto_core_ristretto255_scalar_negate(expected, expected);
    CU_ASSERT_EQUAL(memcmp(scalars + 2 * KP_SCALAR_BYTES, expected, sizeof(expected)), 0);
}

/* Sums of up to three arrays of points, less multiples of one, against the same by encodings. */
static void sums_equal_encoded(void)
{
    enum { SUMMED = 21 };
    static const size_t counts[] = {0, 1, 2, 7, 8, 9, 12, 13, 21};
    uint8_t uniform[3 * SUMMED * 64], points[3 * SUMMED * KP_POINT_BYTES],
        scalars[SUMMED * KP_SCALAR_BYTES], expected[SUMMED * KP_POINT_BYTES],
        out[SUMMED * KP_POINT_BYTES];
    randombytes_buf(uniform, sizeof(uniform));
    kp_points_from_uniform(points, uniform, 3 * SUMMED);
    for (size_t i = 0; i < SUMMED; i++) {
        kp_scalar_random(scalars + i * KP_SCALAR_BYTES);
    }
    /* A sum that is the identity on its way, and one that ends as it. */
    memcpy(points + SUMMED * KP_POINT_BYTES, points, KP_POINT_BYTES);
    kp_engine_use(false);
    memset(expected, 0, sizeof(expected));
    CU_ASSERT_EQUAL(kp_points_subtract(points, expected, points, 1), KP_OK);
    CU_ASSERT_EQUAL(kp_points_multiply(points + (2 * SUMMED + 1) * KP_POINT_BYTES,
                                       scalars + KP_SCALAR_BYTES,
                                       points + 2 * SUMMED * KP_POINT_BYTES, 1),
                    KP_OK);
    CU_ASSERT_EQUAL(kp_points_subtract(points + KP_POINT_BYTES, expected,
                                       points + (SUMMED + 1) * KP_POINT_BYTES, 1),
                    KP_OK);
    const uint8_t *fixed = points + 2 * SUMMED * KP_POINT_BYTES;
    for (size_t i = 0; i < 2 * COUNT(counts); i++) {
        size_t count = counts[i / 2];
        kp_engine_use(i % 2 == 0);
        struct kp_sums *sums = kp_sums_new(count);
        CU_ASSERT_PTR_NOT_NULL_FATAL(sums);
        memset(expected, 0, sizeof(expected));
        for (size_t j = 0; j < 3; j++) {
            const uint8_t *array = points + j * SUMMED * KP_POINT_BYTES;
            struct kp_decoded *decoded = NULL;
            CU_ASSERT_EQUAL(j == 1 ? kp_sums_add(sums, array, count)
                                   : kp_decoded_new(&decoded, array, count, sums),
                            KP_OK);
            kp_decoded_free(decoded);
            CU_ASSERT_EQUAL(kp_points_add(expected, expected, array, count), KP_OK);
        }
        CU_ASSERT_EQUAL(kp_points_multiply_fixed(out, scalars, fixed, count), KP_OK);
        CU_ASSERT_EQUAL(kp_points_subtract(expected, expected, out, count), KP_OK);
        CU_ASSERT_EQUAL(kp_sums_subtract_fixed(out, sums, scalars, fixed), KP_OK);
        CU_ASSERT_EQUAL(memcmp(out, expected, count * KP_POINT_BYTES), 0);
        CU_ASSERT(count < 2 || sodium_is_zero(out + KP_POINT_BYTES, KP_POINT_BYTES));
        kp_sums_free(sums);
    }
    kp_engine_use(true);
}

static void decoded_refuses(void)
{
    enum { NINE = 9 };
    uint8_t uniform[NINE * 64], points[NINE * KP_POINT_BYTES], out[sizeof(points)];
    uint8_t scalars[NINE * KP_SCALAR_BYTES] = {5};
    uint8_t none[KP_SCALAR_BYTES] = {0};
    struct kp_decoded *decoded = NULL;
    randombytes_buf(uniform, sizeof(uniform));
    kp_points_from_uniform(points, uniform, NINE);
    for (size_t i = 0; i < 2 * COUNT(bad_encodings) * NINE; i++) {
        size_t at = i / 2 % NINE * KP_POINT_BYTES;
        uint8_t good[KP_POINT_BYTES];
        kp_engine_use(i % 2 == 0);
        struct kp_sums *sums = kp_sums_new(NINE);
        memcpy(good, points + at, sizeof(good));
        unit_hex(points + at, KP_POINT_BYTES, bad_encodings[i / 2 / NINE]);
        CU_ASSERT_EQUAL(kp_decoded_new(&decoded, points, NINE, NULL), KP_REFUSED);
        CU_ASSERT_PTR_NULL(decoded);
        CU_ASSERT_EQUAL(kp_decoded_new(&decoded, points, NINE, sums), KP_REFUSED);
        CU_ASSERT_PTR_NULL(decoded);
        CU_ASSERT_EQUAL(kp_sums_add(sums, points, NINE), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_decoded_multiply(&decoded, out, scalars, points, NINE), KP_REFUSED);
        CU_ASSERT_PTR_NULL(decoded);
        CU_ASSERT(sodium_is_zero(out, sizeof(out)));
        memcpy(points + at, good, sizeof(good));
        kp_sums_free(sums);
    }
    for (size_t i = 0; i < 2 * COUNT(bad_encodings); i++) {
        uint8_t bad[NINE * KP_POINT_BYTES];
        kp_engine_use(i % 2 == 0);
        memcpy(bad, points, sizeof(bad));
        unit_hex(bad + 8 * KP_POINT_BYTES, KP_POINT_BYTES, bad_encodings[i / 2]);
        CU_ASSERT_EQUAL_FATAL(kp_decoded_new(&decoded, points, NINE, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_decoded_renew(decoded, bad, NULL), KP_REFUSED);
        kp_decoded_free(decoded);
    }
    for (int engine = 0; engine < 2; engine++) {
        kp_engine_use(engine != 0);
        struct kp_sums *sums = kp_sums_new(NINE);
        CU_ASSERT_EQUAL(kp_decoded_multiply(&decoded, out, none, points, NINE), KP_REFUSED);
        CU_ASSERT_PTR_NULL(decoded);
        CU_ASSERT_EQUAL_FATAL(kp_decoded_new(&decoded, points, NINE, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_decoded_combine(out, points, 18, decoded), KP_USAGE);
        CU_ASSERT_EQUAL(kp_decoded_combine(out, points, KP_DIGITS_MAX + 4, decoded), KP_USAGE);
        kp_decoded_free(decoded);
        CU_ASSERT_EQUAL(kp_sums_add(sums, points, NINE - 1), KP_USAGE);
        CU_ASSERT_EQUAL(kp_decoded_new(&decoded, points, NINE - 1, sums), KP_USAGE);
        CU_ASSERT_PTR_NULL(decoded);
        memset(out, 1, sizeof(out));
        CU_ASSERT_EQUAL(kp_sums_subtract_fixed(out, sums, scalars, points), KP_REFUSED); /* zeros */
        CU_ASSERT(sodium_is_zero(out, sizeof(out)));
        kp_sums_free(sums);
    }
    kp_engine_use(true);
}

static const struct unit_test tests[] = {
    {"bad encodings are refused everywhere", bad_encodings_are_refused_everywhere},
    {"bad scalars are refused", bad_scalars_are_refused},
    {"scalars are uniform and reduced", scalars_are_uniform_and_reduced},
    {"multiples of the generator", multiples_of_the_generator},
    {"map from uniform bytes", map_from_uniform_bytes},
    {"batches equal one by one", batches_equal_one_by_one},
    {"out may be an input", out_may_be_an_input},
    {"identities in sums", identities_in_sums},
    {"combination equals multiply and add", combination_equals_multiply_and_add},
    {"decoded equal encoded", decoded_equal_encoded},
    {"weights are signed", weights_are_signed},
    {"sums equal encoded", sums_equal_encoded},
    {"decoded refuses", decoded_refuses},
};

UNIT_MAIN("group", tests)
