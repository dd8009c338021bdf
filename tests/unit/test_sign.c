/* crypto/sign.h: a signature holds for one key, one label and one message. */
#include "crypto/sign.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

static const uint8_t message[] = {'m', 'e', 's', 's', 'a', 'g', 'e'};
static const char label[] = "Kruispunt-v1 test";

struct fixture {
    uint8_t public_key[KP_SIGN_PUBLIC_BYTES];
    uint8_t secret_key[KP_SIGN_SECRET_BYTES];
    uint8_t signature[KP_SIGNATURE_BYTES];
};

static void start(struct fixture *fixture)
{
    uint8_t seed[KP_SIGN_SEED_BYTES];
    memset(seed, 5, sizeof(seed));
    kp_sign_keypair(fixture->public_key, fixture->secret_key, seed);
    kp_sign(fixture->signature, fixture->secret_key, label, message, sizeof(message));
}

static enum kp_status check(const struct fixture *fixture)
{
    return kp_sign_check(fixture->signature, fixture->public_key, label, message, sizeof(message));
}

static void malformed_signatures(void)
{
    struct fixture fixture;
    uint8_t order[32];
    start(&fixture);
    for (size_t i = 0; i < KP_SIGNATURE_BYTES; i++) {
        fixture.signature[i] ^= 1;
        CU_ASSERT_EQUAL(check(&fixture), KP_REFUSED);
        fixture.signature[i] ^= 1;
    }
    /* S + L: the same signature, were it not that RFC 8032 refuses it. */
    unit_hex(order, sizeof(order),
             "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    sodium_add(fixture.signature + 32, order, sizeof(order));
    CU_ASSERT_EQUAL(check(&fixture), KP_REFUSED);
    memset(fixture.signature, 0, sizeof(fixture.signature));
    CU_ASSERT_EQUAL(check(&fixture), KP_REFUSED);
}

/* A key of small order, with R = key and S = 0, would sign everything. */
static void keys_of_small_order(void)
{
    static const char *const keys[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct fixture fixture = {0};
        unit_hex(fixture.public_key, sizeof(fixture.public_key), keys[i]);
        memcpy(fixture.signature, fixture.public_key, sizeof(fixture.public_key));
        CU_ASSERT_EQUAL(check(&fixture), KP_REFUSED);
        fixture.signature[0] = 1;
        memset(fixture.signature + 1, 0, 31);
        CU_ASSERT_EQUAL(check(&fixture), KP_REFUSED);
    }
}

static void one_key_label_and_message(void)
{
    struct fixture fixture;
    uint8_t other[sizeof(message)];
    start(&fixture);
    CU_ASSERT_EQUAL(check(&fixture), KP_OK);
    const uint8_t *signature = fixture.signature;
    const uint8_t *key = fixture.public_key;
    CU_ASSERT_EQUAL(kp_sign_check(signature, key, "Kruispunt-v1 tesu", message, sizeof(message)),
                    KP_REFUSED);
    CU_ASSERT_EQUAL(
        kp_sign_check(signature, key, "Kruispunt-v1 testm", message + 1, sizeof(message) - 1),
        KP_REFUSED);
    CU_ASSERT_EQUAL(kp_sign_check(signature, key, label, message, sizeof(message) - 1), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_sign_check(signature, key, label, NULL, 0), KP_REFUSED);
    memcpy(other, message, sizeof(other));
    other[0] ^= 1;
    CU_ASSERT_EQUAL(kp_sign_check(signature, key, label, other, sizeof(other)), KP_REFUSED);
    fixture.public_key[5] ^= 1;
    CU_ASSERT_EQUAL(check(&fixture), KP_REFUSED);
}

/* What is signed is the digest of the transcript (computed with Python's hashlib), with plain
 * Ed25519: an auditor's own tools can check it. */
static void plain_ed25519_over_the_digest(void)
{
    struct fixture fixture;
    uint8_t digest[32];
    start(&fixture);
    unit_hex(digest, sizeof(digest),
             "4bd969c7554f7f890162105389fe82e2411bf7bf37ddd89d7b62b86425ad2a85");
    CU_ASSERT_EQUAL(
        crypto_sign_verify_detached(fixture.signature, digest, sizeof(digest), fixture.public_key),
        0);
    kp_sign(fixture.signature, fixture.secret_key, label, NULL, 0);
    CU_ASSERT_EQUAL(kp_sign_check(fixture.signature, fixture.public_key, label, NULL, 0), KP_OK);
}

static const struct unit_test tests[] = {
    {"malformed signatures", malformed_signatures},
    {"keys of small order", keys_of_small_order},
    {"one key, label and message", one_key_label_and_message},
    {"plain Ed25519 over the digest", plain_ed25519_over_the_digest},
};

UNIT_MAIN("sign", tests)
