/* The round's additive blinding equals RFC 9497's Evaluate under the sum of the members' keys:
 * A = P + r * G, B = sum of k_j * A, y = B - r * sum of k_j * G = (sum of k_j) * P. */
#include "crypto/group.h"
#include "crypto/oprf.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

enum { MEMBERS_MAX = 7 };

struct round {
    size_t members;
    uint8_t key[MEMBERS_MAX][KP_SCALAR_BYTES];
    uint8_t key_sum[KP_SCALAR_BYTES];
    uint8_t public_sum[KP_POINT_BYTES];
};

static void start(struct round *round, size_t members)
{
    memset(round, 0, sizeof(*round));
    round->members = members;
    for (size_t j = 0; j < members; j++) {
        uint8_t public_key[KP_POINT_BYTES];
        kp_scalar_random(round->key[j]);
        crypto_core_ristretto255_scalar_add(round->key_sum, round->key_sum, round->key[j]);
        CU_ASSERT_EQUAL(kp_points_multiply_base(public_key, round->key[j], 1), KP_OK);
        CU_ASSERT_EQUAL(kp_points_add(round->public_sum, round->public_sum, public_key, 1), KP_OK);
    }
}

/* blinded = point + r * G */
static void blind(uint8_t blinded[static KP_POINT_BYTES], const uint8_t r[static KP_SCALAR_BYTES],
                  const uint8_t point[static KP_POINT_BYTES])
{
    CU_ASSERT_EQUAL(kp_points_multiply_base(blinded, r, 1), KP_OK);
    CU_ASSERT_EQUAL(kp_points_add(blinded, point, blinded, 1), KP_OK);
}

/* y = sum of k_j * blinded - r * sum of k_j * G */
static enum kp_status joint(uint8_t y[static KP_POINT_BYTES], const struct round *round,
                            const uint8_t r[static KP_SCALAR_BYTES],
                            const uint8_t blinded[static KP_POINT_BYTES])
{
    uint8_t sum[KP_POINT_BYTES] = {0};
    uint8_t removed[KP_POINT_BYTES];
    for (size_t j = 0; j < round->members; j++) {
        uint8_t evaluated[KP_POINT_BYTES];
        CU_ASSERT_EQUAL(kp_oprf_blind_evaluate(evaluated, round->key[j], blinded, 1), KP_OK);
        CU_ASSERT_EQUAL(kp_points_add(sum, sum, evaluated, 1), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_points_multiply(removed, r, round->public_sum, 1), KP_OK);
    return kp_points_subtract(y, sum, removed, 1);
}

static void round_equals_evaluate(void)
{
    static const uint8_t input[] = {'0', '3', '6', '3', '2', '0', '0'};
    for (size_t members = 2; members <= MEMBERS_MAX; members++) {
        struct round round;
        uint8_t point[KP_POINT_BYTES];
        uint8_t expected[KP_OPRF_OUTPUT_BYTES];
        start(&round, members);
        CU_ASSERT_EQUAL(kp_oprf_hash_to_group(point, KP_OPRF_MODE_OPRF, input, sizeof(input)),
                        KP_OK);
        CU_ASSERT_EQUAL(
            kp_oprf_evaluate(expected, KP_OPRF_MODE_OPRF, round.key_sum, input, sizeof(input)),
            KP_OK);
        /* Two holders of the same address, each with a blinding of its own, reach the same. */
        for (size_t holder = 0; holder < 2; holder++) {
            uint8_t r[KP_SCALAR_BYTES];
            uint8_t blinded[KP_POINT_BYTES];
            uint8_t y[KP_POINT_BYTES];
            uint8_t output[KP_OPRF_OUTPUT_BYTES];
            kp_scalar_random(r);
            blind(blinded, r, point);
            CU_ASSERT_EQUAL(joint(y, &round, r, blinded), KP_OK);
            kp_oprf_output(output, input, sizeof(input), y);
            CU_ASSERT_EQUAL(memcmp(output, expected, sizeof(output)), 0);
        }
    }
}

/* Padding A = a * G gives nothing when its blinding is removed. */
static void padding_gives_the_identity(void)
{
    struct round round;
    uint8_t a[KP_SCALAR_BYTES];
    uint8_t blinded[KP_POINT_BYTES];
    uint8_t y[KP_POINT_BYTES];
    start(&round, 3);
    kp_scalar_random(a);
    CU_ASSERT_EQUAL(kp_points_multiply_base(blinded, a, 1), KP_OK);
    CU_ASSERT_EQUAL(joint(y, &round, a, blinded), KP_OK);
    CU_ASSERT(sodium_is_zero(y, sizeof(y)));
}

/* Why blinding adds: resending another's A with r = 0, or scaled, gives a different output. */
static void a_resent_point_gives_another_output(void)
{
    static const uint8_t input[] = {1, 2, 3};
    struct round round;
    uint8_t point[KP_POINT_BYTES];
    uint8_t victim_r[KP_SCALAR_BYTES];
    uint8_t own_r[KP_SCALAR_BYTES];
    uint8_t resent[KP_POINT_BYTES];
    uint8_t y[KP_POINT_BYTES];
    uint8_t output[KP_OPRF_OUTPUT_BYTES];
    uint8_t expected[KP_OPRF_OUTPUT_BYTES];
    start(&round, 3);
    CU_ASSERT_EQUAL(kp_oprf_hash_to_group(point, KP_OPRF_MODE_OPRF, input, sizeof(input)), KP_OK);
    CU_ASSERT_EQUAL(
        kp_oprf_evaluate(expected, KP_OPRF_MODE_OPRF, round.key_sum, input, sizeof(input)), KP_OK);
    kp_scalar_random(victim_r);
    kp_scalar_random(own_r);
    blind(resent, victim_r, point);
    blind(resent, own_r, resent);
    CU_ASSERT_EQUAL(joint(y, &round, own_r, resent), KP_OK);
    kp_oprf_output(output, input, sizeof(input), y);
    CU_ASSERT_NOT_EQUAL(memcmp(output, expected, sizeof(output)), 0);
}

static const struct unit_test tests[] = {
    {"the round equals Evaluate", round_equals_evaluate},
    {"padding gives the identity", padding_gives_the_identity},
    {"a resent point gives another output", a_resent_point_gives_another_output},
};

UNIT_MAIN("round_algebra", tests)
