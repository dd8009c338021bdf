/* crypto/seal.h: both layers open in their own place only. */
#include "crypto/schnorr.h"
#include "crypto/seal.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

enum { SIZE = 50 };

struct fixture {
    uint8_t secret[KP_SCALAR_BYTES]; /* l, or s for the outer layer */
    uint8_t key[KP_POINT_BYTES];     /* L = l * G */
    struct kp_seal_context context;
    uint8_t plain[SIZE];
    uint8_t inner[SIZE + KP_SEAL_INNER_OVERHEAD];
    uint8_t outer[SIZE + KP_SEAL_OUTER_OVERHEAD];
};

static void start(struct fixture *fixture)
{
    randombytes_buf(fixture, sizeof(*fixture));
    kp_scalar_random(fixture->secret);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(fixture->key, fixture->secret, 1), KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_seal_inner(fixture->inner, fixture->key, &fixture->context, fixture->plain, SIZE),
        KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_seal_outer(fixture->outer, fixture->secret, &fixture->context, fixture->plain, SIZE),
        KP_OK);
}

static enum kp_status check_inner(const struct fixture *fixture)
{
    return kp_seal_inner_check(fixture->inner, sizeof(fixture->inner), &fixture->context);
}

static enum kp_status open_inner(const struct fixture *fixture)
{
    uint8_t plain[SIZE];
    enum kp_status status = kp_open_inner(plain, fixture->secret, fixture->key, &fixture->context,
                                          fixture->inner, sizeof(fixture->inner));
    if (status == KP_OK) {
        CU_ASSERT_EQUAL(memcmp(plain, fixture->plain, SIZE), 0);
    }
    return status;
}

static enum kp_status open_outer(const struct fixture *fixture)
{
    uint8_t plain[SIZE];
    enum kp_status status = kp_open_outer(plain, fixture->secret, &fixture->context, fixture->outer,
                                          sizeof(fixture->outer));
    if (status == KP_OK) {
        CU_ASSERT_EQUAL(memcmp(plain, fixture->plain, SIZE), 0);
    }
    return status;
}

static void short_seals(void)
{
    struct fixture fixture;
    uint8_t plain[SIZE];
    start(&fixture);
    for (size_t size = 0; size < sizeof(fixture.inner); size++) {
        CU_ASSERT_EQUAL(kp_open_inner(plain, fixture.secret, fixture.key, &fixture.context,
                                      fixture.inner, size),
                        KP_REFUSED);
        CU_ASSERT_EQUAL(kp_seal_inner_check(fixture.inner, size, &fixture.context),
                        size < KP_SEAL_INNER_OVERHEAD ? KP_REFUSED : KP_OK);
    }
    for (size_t size = 0; size < sizeof(fixture.outer); size++) {
        CU_ASSERT_EQUAL(kp_open_outer(plain, fixture.secret, &fixture.context, fixture.outer, size),
                        KP_REFUSED);
    }
}

static void altered_seals(void)
{
    struct fixture fixture;
    start(&fixture);
    for (size_t i = 0; i < sizeof(fixture.inner); i++) {
        fixture.inner[i] ^= 1;
        CU_ASSERT_EQUAL(open_inner(&fixture), KP_REFUSED);
        CU_ASSERT_EQUAL(check_inner(&fixture), i < 32 + 64 ? KP_REFUSED : KP_OK);
        fixture.inner[i] ^= 1;
    }
    for (size_t i = 0; i < sizeof(fixture.outer); i++) {
        fixture.outer[i] ^= 1;
        CU_ASSERT_EQUAL(open_outer(&fixture), KP_REFUSED);
        fixture.outer[i] ^= 1;
    }
    CU_ASSERT_EQUAL(open_inner(&fixture), KP_OK);
    CU_ASSERT_EQUAL(open_outer(&fixture), KP_OK);
}

static void refused_in_another_place(struct fixture *fixture)
{
    CU_ASSERT_EQUAL(check_inner(fixture), KP_REFUSED);
    CU_ASSERT_EQUAL(open_inner(fixture), KP_REFUSED);
    CU_ASSERT_EQUAL(open_outer(fixture), KP_REFUSED);
}

static void seals_that_were_moved(void)
{
    struct fixture fixture;
    start(&fixture);
    fixture.context.lineage[0] ^= 1;
    refused_in_another_place(&fixture);
    fixture.context.lineage[0] ^= 1;
    fixture.context.round_id[31] ^= 1;
    refused_in_another_place(&fixture);
    fixture.context.round_id[31] ^= 1;
    fixture.context.member ^= 1;
    refused_in_another_place(&fixture);
    fixture.context.member ^= 1;
    fixture.context.tag[7] ^= 1;
    refused_in_another_place(&fixture);
    fixture.context.tag[7] ^= 1;
    CU_ASSERT_EQUAL(open_inner(&fixture), KP_OK);
    CU_ASSERT_EQUAL(open_outer(&fixture), KP_OK);
}

static void keys_that_are_refused(void)
{
    struct fixture fixture;
    start(&fixture);
    uint8_t bad[KP_POINT_BYTES] = {0};
    CU_ASSERT_EQUAL(kp_seal_inner(fixture.inner, bad, &fixture.context, fixture.plain, SIZE),
                    KP_REFUSED);
    memcpy(bad, fixture.key, sizeof(bad));
    bad[31] |= 0x80;
    CU_ASSERT_EQUAL(kp_seal_inner(fixture.inner, bad, &fixture.context, fixture.plain, SIZE),
                    KP_REFUSED);
    start(&fixture);
    struct fixture other;
    start(&other);
    memcpy(fixture.secret, other.secret, sizeof(fixture.secret));
    CU_ASSERT_EQUAL(open_inner(&fixture), KP_REFUSED);
    CU_ASSERT_EQUAL(open_outer(&fixture), KP_REFUSED);
    /* Nor with another pair of keys altogether, nor with a public key that isn't the secret's. */
    memcpy(fixture.key, other.key, sizeof(fixture.key));
    CU_ASSERT_EQUAL(open_inner(&fixture), KP_REFUSED);
    start(&fixture);
    memcpy(fixture.key, other.key, sizeof(fixture.key));
    CU_ASSERT_EQUAL(open_inner(&fixture), KP_REFUSED);
}

/* A seal taken over from another with a new E would need a proof of knowing that E's logarithm. */
static void a_copied_ciphertext_needs_its_proof(void)
{
    struct fixture fixture;
    uint8_t e[KP_SCALAR_BYTES];
    start(&fixture);
    kp_scalar_random(e);
    CU_ASSERT_EQUAL(kp_points_multiply_base(fixture.inner, e, 1), KP_OK);
    CU_ASSERT_EQUAL(check_inner(&fixture), KP_REFUSED);
    CU_ASSERT_EQUAL(open_inner(&fixture), KP_REFUSED);
    memset(fixture.inner, 0, KP_POINT_BYTES);
    CU_ASSERT_EQUAL(check_inner(&fixture), KP_REFUSED);
}

static void seals_are_fresh(void)
{
    struct fixture fixture;
    uint8_t inner[sizeof(fixture.inner)];
    uint8_t outer[sizeof(fixture.outer)];
    start(&fixture);
    CU_ASSERT_EQUAL(kp_seal_inner(inner, fixture.key, &fixture.context, fixture.plain, SIZE),
                    KP_OK);
    CU_ASSERT_EQUAL(kp_seal_outer(outer, fixture.secret, &fixture.context, fixture.plain, SIZE),
                    KP_OK);
    CU_ASSERT_NOT_EQUAL(memcmp(inner, fixture.inner, 32), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(inner + 96, fixture.inner + 96, SIZE), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(outer, fixture.outer, 24), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(outer + 24, fixture.outer + 24, SIZE), 0);
}

static void seals_of_no_bytes(void)
{
    struct fixture fixture;
    uint8_t inner[KP_SEAL_INNER_OVERHEAD];
    uint8_t outer[KP_SEAL_OUTER_OVERHEAD];
    uint8_t plain[1];
    start(&fixture);
    CU_ASSERT_EQUAL(kp_seal_inner(inner, fixture.key, &fixture.context, NULL, 0), KP_OK);
    CU_ASSERT_EQUAL(kp_seal_outer(outer, fixture.secret, &fixture.context, NULL, 0), KP_OK);
    CU_ASSERT_EQUAL(
        kp_open_inner(plain, fixture.secret, fixture.key, &fixture.context, inner, sizeof(inner)),
        KP_OK);
    CU_ASSERT_EQUAL(kp_open_outer(plain, fixture.secret, &fixture.context, outer, sizeof(outer)),
                    KP_OK);
}

static const struct unit_test tests[] = {
    {"short seals", short_seals},
    {"altered seals", altered_seals},
    {"seals that were moved", seals_that_were_moved},
    {"keys that are refused", keys_that_are_refused},
    {"a copied ciphertext needs its proof", a_copied_ciphertext_needs_its_proof},
    {"seals are fresh", seals_are_fresh},
    {"seals of no bytes", seals_of_no_bytes},
};

UNIT_MAIN("seal", tests)
