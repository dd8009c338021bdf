/* crypto/schnorr.h */
#include "crypto/schnorr.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

struct fixture {
    uint8_t secret[KP_SCALAR_BYTES];
    uint8_t point[KP_POINT_BYTES];
    uint8_t context[KP_DIGEST_BYTES];
    uint8_t proof[KP_SCHNORR_BYTES];
};

static void start(struct fixture *fixture)
{
    kp_scalar_random(fixture->secret);
    randombytes_buf(fixture->context, sizeof(fixture->context));
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(fixture->point, fixture->secret, 1), KP_OK);
    kp_schnorr_prove(fixture->proof, fixture->secret, fixture->point, fixture->context);
}

static enum kp_status verify(const struct fixture *fixture)
{
    return kp_schnorr_verify(fixture->proof, fixture->point, fixture->context);
}

static void malformed_points(void)
{
    struct fixture fixture;
    start(&fixture);
    fixture.point[31] |= 0x80;
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    memset(fixture.point, 0xff, sizeof(fixture.point));
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    memset(fixture.point, 0, sizeof(fixture.point));
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    /* For the identity anybody could make this one, with c from R = s * G. */
    memset(fixture.secret, 0, sizeof(fixture.secret));
    kp_schnorr_prove(fixture.proof, fixture.secret, fixture.point, fixture.context);
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
}

static void malformed_proofs(void)
{
    struct fixture fixture;
    uint8_t order[KP_SCALAR_BYTES];
    unit_hex(order, sizeof(order),
             "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    start(&fixture);
    for (size_t i = 0; i < sizeof(fixture.proof); i++) {
        fixture.proof[i] ^= 1;
        CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
        fixture.proof[i] ^= 1;
    }
    CU_ASSERT_EQUAL(verify(&fixture), KP_OK);
    for (size_t half = 0; half < 2; half++) {
        start(&fixture);
        sodium_add(fixture.proof + half * 32, order, sizeof(order));
        CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
        memset(fixture.proof + half * 32, 0, 32);
        CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    }
}

static void point_and_context_are_bound(void)
{
    struct fixture fixture;
    struct fixture other;
    start(&fixture);
    start(&other);
    CU_ASSERT_EQUAL(kp_schnorr_verify(fixture.proof, other.point, fixture.context), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_schnorr_verify(fixture.proof, fixture.point, other.context), KP_REFUSED);
    kp_schnorr_prove(fixture.proof, other.secret, fixture.point, fixture.context);
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
}

/* Were the point not in the challenge, one could choose c and s first and solve for the point,
 * whose logarithm nobody knows then. */
static void a_point_chosen_last(void)
{
    struct fixture fixture;
    uint8_t commitment[KP_POINT_BYTES];
    uint8_t inverse[KP_SCALAR_BYTES];
    uint8_t *c = fixture.proof;
    uint8_t *s = fixture.proof + KP_SCALAR_BYTES;
    start(&fixture);
    crypto_core_ristretto255_random(commitment);
    kp_scalar_random(s);
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 schnorr challenge");
    kp_hash_field(&hash, fixture.context, sizeof(fixture.context));
    kp_hash_field(&hash, commitment, sizeof(commitment));
    kp_hash_scalar(&hash, c);
    /* P = (R - s * G) / c */
    CU_ASSERT_EQUAL(kp_points_multiply_base(fixture.point, s, 1), KP_OK);
    CU_ASSERT_EQUAL(kp_points_subtract(fixture.point, commitment, fixture.point, 1), KP_OK);
    CU_ASSERT_EQUAL(crypto_core_ristretto255_scalar_invert(inverse, c), 0);
    CU_ASSERT_EQUAL(kp_points_multiply(fixture.point, inverse, fixture.point, 1), KP_OK);
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
}

static void proofs_are_fresh(void)
{
    struct fixture fixture;
    start(&fixture);
    for (size_t i = 0; i < 10; i++) {
        uint8_t before[KP_SCHNORR_BYTES];
        memcpy(before, fixture.proof, sizeof(before));
        kp_schnorr_prove(fixture.proof, fixture.secret, fixture.point, fixture.context);
        CU_ASSERT_NOT_EQUAL(memcmp(before, fixture.proof, 32), 0);
        CU_ASSERT_EQUAL(verify(&fixture), KP_OK);
    }
}

static const struct unit_test tests[] = {
    {"malformed points", malformed_points},
    {"malformed proofs", malformed_proofs},
    {"a point chosen last", a_point_chosen_last},
    {"point and context are bound", point_and_context_are_bound},
    {"proofs are fresh", proofs_are_fresh},
};

UNIT_MAIN("schnorr", tests)
