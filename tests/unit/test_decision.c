#include "proto/decision.h"

#include "proto/limits.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static uint8_t public_key[KP_SIGN_PUBLIC_BYTES];
static uint8_t secret_key[KP_SIGN_SECRET_BYTES];

static struct kp_decision sample(void)
{
    uint8_t seed[KP_SIGN_SEED_BYTES] = {7};
    struct kp_decision decision = {.member = 2, .kind = KP_DECISION_ACCEPT, .time = 1800000000};
    memset(decision.agreement, 0x5a, sizeof(decision.agreement));
    kp_sign_keypair(public_key, secret_key, seed);
    kp_decision_sign(&decision, secret_key);
    return decision;
}

static void round_trip(void)
{
    struct kp_decision decision = sample();
    struct kp_decision read;
    struct kp_buffer bytes = {0};
    struct kp_error error = {0};
    CU_ASSERT_EQUAL_FATAL(kp_decision_pack(&decision, &bytes, &error), KP_OK);
    CU_ASSERT_TRUE(kp_decision_is(bytes.data, bytes.size));
    CU_ASSERT_FALSE(kp_decision_is(bytes.data, 0));
    CU_ASSERT_FALSE(kp_decision_is((const uint8_t[]){0x08}, 1)); /* an agreement */
    CU_ASSERT_EQUAL_FATAL(kp_decision_unpack(&read, bytes.data, bytes.size, &error), KP_OK);
    CU_ASSERT_EQUAL(memcmp(read.agreement, decision.agreement, sizeof(read.agreement)), 0);
    CU_ASSERT_EQUAL(read.member, 2);
    CU_ASSERT_EQUAL(read.kind, KP_DECISION_ACCEPT);
    CU_ASSERT_EQUAL(read.time, 1800000000);
    CU_ASSERT_EQUAL(kp_decision_verify(&read, public_key, &error), KP_OK);
    kp_buffer_free(&bytes);
}

/* The signature covers every field. */
static void signatures(void)
{
    const struct kp_decision good = sample();
    struct kp_decision bad[] = {good, good, good, good, good};
    uint8_t other[KP_SIGN_PUBLIC_BYTES];
    uint8_t secret[KP_SIGN_SECRET_BYTES];
    const uint8_t seed[KP_SIGN_SEED_BYTES] = {8};
    bad[0].agreement[31] ^= 1;
    bad[1].member = 3;
    bad[2].kind = KP_DECISION_REVOKE;
    bad[3].time++;
    bad[4].signature[0] ^= 1;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct kp_error error = {0};
        CU_ASSERT_EQUAL(kp_decision_verify(&bad[i], public_key, &error), KP_REFUSED);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "officer_key"));
    }
    kp_sign_keypair(other, secret, seed);
    CU_ASSERT_EQUAL(kp_decision_verify(&good, other, NULL), KP_REFUSED);
}

static void digests_differ(void)
{
    uint8_t one[KP_DIGEST_BYTES], other[KP_DIGEST_BYTES];
    kp_decision_digest(one, (const uint8_t *)"a", 1);
    kp_decision_digest(other, (const uint8_t *)"b", 1);
    CU_ASSERT_NOT_EQUAL(memcmp(one, other, sizeof(one)), 0);
}

static void names(void)
{
    CU_ASSERT_STRING_EQUAL(kp_decision_kind_name(KP_DECISION_ACCEPT), "accept");
    CU_ASSERT_STRING_EQUAL(kp_decision_kind_name(KP_DECISION_REFUSE), "refuse");
    CU_ASSERT_STRING_EQUAL(kp_decision_kind_name(KP_DECISION_REVOKE), "revoke");
    CU_ASSERT_STRING_EQUAL(kp_decision_kind_name(KP_DECISION_COUNT), "count");
    CU_ASSERT_STRING_EQUAL(kp_decision_kind_name((enum kp_decision_kind)9), "unknown");
}

static void wrong_fields(void)
{
    struct kp_decision bad[6];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        bad[i] = sample();
    }
    bad[0].member = 0;
    bad[1].member = 33;
    bad[2].kind = (enum kp_decision_kind)0;
    bad[3].kind = (enum kp_decision_kind)5;
    bad[4].time = 0;
    bad[5].time = UINT64_MAX;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct kp_decision read;
        struct kp_buffer bytes = {0};
        struct kp_error error = {0};
        CU_ASSERT_EQUAL_FATAL(kp_decision_pack(&bad[i], &bytes, &error), KP_OK);
        CU_ASSERT_EQUAL(kp_decision_unpack(&read, bytes.data, bytes.size, &error), KP_REFUSED);
        CU_ASSERT_NOT_EQUAL(error.text[0], '\0');
        kp_buffer_free(&bytes);
    }
}

/* Cut short anywhere, longer, with a field twice or a number in a longer form. */
static void other_forms(void)
{
    const struct kp_decision decision = sample();
    struct kp_decision read;
    struct kp_buffer bytes = {0};
    CU_ASSERT_EQUAL_FATAL(kp_decision_pack(&decision, &bytes, NULL), KP_OK);
    for (size_t size = 0; size < bytes.size; size++) {
        CU_ASSERT_EQUAL(kp_decision_unpack(&read, bytes.data, size, NULL), KP_REFUSED);
    }
    static const struct {
        uint8_t bytes[4];
        size_t size;
    } tails[] = {{{0x10, 0x02}, 2}, {{0x30, 0x01}, 2}, {{0x10, 0x82, 0x00}, 3}, {{0}, 1}};
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        struct kp_buffer longer = {0};
        CU_ASSERT_EQUAL_FATAL(kp_buffer_append(&longer, bytes.data, bytes.size), KP_OK);
        CU_ASSERT_EQUAL_FATAL(kp_buffer_append(&longer, tails[i].bytes, tails[i].size), KP_OK);
        CU_ASSERT_EQUAL(kp_decision_unpack(&read, longer.data, longer.size, NULL), KP_REFUSED);
        kp_buffer_free(&longer);
    }
    uint8_t *large = calloc(1, KP_DECISION_BYTES_MAX + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(large);
    CU_ASSERT_EQUAL(kp_decision_unpack(&read, large, KP_DECISION_BYTES_MAX + 1, NULL), KP_REFUSED);
    free(large);
    kp_buffer_free(&bytes);
}

static const struct unit_test tests[] = {
    {"packing and unpacking", round_trip},
    {"the signature covers every field", signatures},
    {"digests", digests_differ},
    {"names", names},
    {"fields that are wrong", wrong_fields},
    {"other forms of the same", other_forms},
};
UNIT_MAIN("decision", tests)
