/* crypto/hash.h. Expected values were computed with Python's hashlib and hmac; for HKDF the inputs
 * are those of RFC 5869's appendix, whose own outputs are for SHA-256. */
#include "crypto/group.h"
#include "crypto/hash.h"
#include "tests/unit/unit.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

static void hash_of(uint8_t digest[static KP_DIGEST_BYTES], const char *label,
                    const char *const *fields, size_t count)
{
    struct kp_hash hash;
    kp_hash_start(&hash, label);
    for (size_t i = 0; i < count; i++) {
        kp_hash_field(&hash, fields[i], strlen(fields[i]));
    }
    kp_hash_digest(&hash, digest);
}

static void no_two_splits_collide(void)
{
    static const struct {
        const char *label;
        const char *fields[3];
        size_t count;
    } inputs[] = {
        {"Kruispunt-v1 a", {"bc", "d"}, 2},     {"Kruispunt-v1 a", {"b", "cd"}, 2},
        {"Kruispunt-v1 a", {"bcd"}, 1},         {"Kruispunt-v1 a", {"bcd", ""}, 2},
        {"Kruispunt-v1 a", {"", "bcd"}, 2},     {"Kruispunt-v1 a", {"bc", "", "d"}, 3},
        {"Kruispunt-v1 ab", {"c", "d"}, 2},     {"Kruispunt-v1 ab", {"cd"}, 1},
        {"Kruispunt-v1 abcd", {NULL}, 0},       {"Kruispunt-v1 abcd", {""}, 1},
        {"Kruispunt-v1 abcd", {"", ""}, 2},     {"", {"Kruispunt-v1 abcd"}, 1},
        {"Kruispunt-v1 a", {"bcd", "", ""}, 3},
    };
    enum { INPUTS = sizeof(inputs) / sizeof(inputs[0]) };
    uint8_t digests[INPUTS][KP_DIGEST_BYTES];
    for (size_t i = 0; i < INPUTS; i++) {
        hash_of(digests[i], inputs[i].label, inputs[i].fields, inputs[i].count);
        for (size_t j = 0; j < i; j++) {
            CU_ASSERT_NOT_EQUAL(memcmp(digests[i], digests[j], KP_DIGEST_BYTES), 0);
        }
    }
}

static void start_known(struct kp_hash *hash)
{
    kp_hash_start(hash, "Kruispunt-v1 test");
    kp_hash_field(hash, "abc", 3);
    kp_hash_field(hash, NULL, 0);
    kp_hash_number(hash, 0x0102030405060708);
}

static void known_transcript(void)
{
    struct kp_hash hash;
    uint8_t expected[KP_WIDE_BYTES];
    uint8_t wide[KP_WIDE_BYTES];
    unit_hex(expected, sizeof(expected),
             "f48aab6e120a452fce7e9f85351981ca1fd1a5100e071eb8966db2848ed2927b"
             "1957f2091d4342f855c45fea8337a749d79e34767ceb5eefbead06392c534b76");
    start_known(&hash);
    kp_hash_wide(&hash, wide);
    CU_ASSERT_EQUAL(memcmp(wide, expected, sizeof(wide)), 0);
    CU_ASSERT(sodium_is_zero((const uint8_t *)&hash, sizeof(hash)));

    uint8_t digest[KP_DIGEST_BYTES];
    start_known(&hash);
    kp_hash_digest(&hash, digest);
    CU_ASSERT_EQUAL(memcmp(digest, expected, sizeof(digest)), 0);
    CU_ASSERT(sodium_is_zero((const uint8_t *)&hash, sizeof(hash)));

    uint8_t scalar[KP_SCALAR_BYTES];
    start_known(&hash);
    kp_hash_scalar(&hash, scalar);
    unit_hex(expected, sizeof(scalar),
             "1278cd2ae2f26a2d05586a630c2cc1d065115cfefc9b051aae699bf19ebbf304");
    CU_ASSERT_EQUAL(memcmp(scalar, expected, sizeof(scalar)), 0);
    CU_ASSERT(sodium_is_zero((const uint8_t *)&hash, sizeof(hash)));
}

static void count_up(uint8_t *bytes, size_t size, unsigned from)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(from + i);
    }
}

static void hkdf_known_answers(void)
{
    uint8_t key[80];
    uint8_t salt[80];
    uint8_t info[80];
    uint8_t out[82];
    uint8_t expected[82];

    memset(key, 0x0b, 22);
    count_up(salt, 13, 0x00);
    count_up(info, 10, 0xf0);
    unit_hex(expected, 42,
             "832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c14815793"
             "38da362cb8d9f925d7cb");
    CU_ASSERT_EQUAL(kp_hkdf(out, 42, key, 22, salt, 13, info, 10), KP_OK);
    CU_ASSERT_EQUAL(memcmp(out, expected, 42), 0);

    unit_hex(expected, 42,
             "f5fa02b18298a72a8c23898a8703472c6eb179dc204c03425c970e3b164bf90f"
             "ff22d04836d0e2343bac");
    CU_ASSERT_EQUAL(kp_hkdf(out, 42, key, 22, NULL, 0, NULL, 0), KP_OK);
    CU_ASSERT_EQUAL(memcmp(out, expected, 42), 0);

    count_up(key, 80, 0x00);
    count_up(salt, 80, 0x60);
    count_up(info, 80, 0xb0);
    unit_hex(expected, 82,
             "ce6c97192805b346e6161e821ed165673b84f400a2b514b2fe23d84cd189ddf1"
             "b695b48cbd1c8388441137b3ce28f16aa64ba33ba466b24df6cfcb021ecff235"
             "f6a2056ce3af1de44d572097a8505d9e7a93");
    CU_ASSERT_EQUAL(kp_hkdf(out, 82, key, 80, salt, 80, info, 80), KP_OK);
    CU_ASSERT_EQUAL(memcmp(out, expected, 82), 0);

    unit_hex(expected, 32, "9d73c98e791e80ebe5b4cb45693aa32fdd44b5fa3edab3ec82f9d0f4d66905e2");
    CU_ASSERT_EQUAL(kp_hkdf(out, 32, NULL, 0, NULL, 0, NULL, 0), KP_OK);
    CU_ASSERT_EQUAL(memcmp(out, expected, 32), 0);
}

static void hkdf_longest_output(void)
{
    static uint8_t out[255 * 64 + 1];
    uint8_t key[22];
    uint8_t hashed[crypto_hash_sha512_BYTES];
    uint8_t expected[crypto_hash_sha512_BYTES];
    memset(key, 0x0b, sizeof(key));
    unit_hex(expected, sizeof(expected),
             "d3b6867f2c2f1874fdb8f73ec2b540d09e6d52d3f9c380a288ad62b544efc809"
             "d7ff5365e5ea506f052790444fc5c0bf669789ad98620663c3655a12e6b9a315");
    CU_ASSERT_EQUAL(kp_hkdf(out, 255 * 64, key, sizeof(key), NULL, 0, NULL, 0), KP_OK);
    crypto_hash_sha512(hashed, out, 255 * 64);
    CU_ASSERT_EQUAL(memcmp(hashed, expected, sizeof(hashed)), 0);
    CU_ASSERT_EQUAL(kp_hkdf(out, sizeof(out), key, sizeof(key), NULL, 0, NULL, 0), KP_FAILED);
    CU_ASSERT(sodium_is_zero(out, sizeof(out)));
}

/* OpenSSL's, which shares nothing with ours. It takes NULL for "none given", so empty is not NULL.
 */
static void openssl_hkdf(uint8_t *out, size_t size, uint8_t *const bytes[3], const size_t sizes[3])
{
    static const char *const names[3] = {OSSL_KDF_PARAM_KEY, OSSL_KDF_PARAM_SALT,
                                         OSSL_KDF_PARAM_INFO};
    char digest[] = "SHA512";
    OSSL_PARAM parameters[5];
    parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
    for (size_t i = 0; i < 3; i++) {
        parameters[i + 1] = OSSL_PARAM_construct_octet_string(names[i], bytes[i], sizes[i]);
    }
    parameters[4] = OSSL_PARAM_construct_end();
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    CU_ASSERT_EQUAL_FATAL(EVP_KDF_derive(context, out, size, parameters), 1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
}

static void hkdf_equals_openssl(void)
{
    static const size_t sizes[] = {1, 31, 32, 63, 64, 65, 127, 128, 129, 200, 300};
    enum { SIZES = sizeof(sizes) / sizeof(sizes[0]), MOST = 300, RUNS = 2000 };
    uint8_t key[MOST], salt[MOST], info[MOST], ours[MOST], salted[MOST], theirs[MOST];
    for (int run = 0; run < RUNS; run++) {
        size_t of[4]; /* key, salt, info, output */
        for (size_t i = 0; i < 4; i++) {
            uint32_t pick = randombytes_uniform(SIZES + 1);
            of[i] = pick < SIZES ? sizes[pick] : i == 3 ? 1 : 0;
        }
        randombytes_buf(key, sizeof(key));
        randombytes_buf(salt, sizeof(salt));
        randombytes_buf(info, sizeof(info));
        openssl_hkdf(theirs, of[3], (uint8_t *const[3]){key, salt, info}, of);
        CU_ASSERT_EQUAL(kp_hkdf(ours, of[3], key, of[0], salt, of[1], info, of[2]), KP_OK);
        CU_ASSERT_EQUAL(memcmp(ours, theirs, of[3]), 0);
        struct kp_hkdf_salt kept;
        kp_hkdf_salt(&kept, salt, of[1]);
        for (int again = 0; again < 2; again++) {
            CU_ASSERT_EQUAL(kp_hkdf_salted(salted, of[3], key, of[0], &kept, info, of[2]), KP_OK);
            CU_ASSERT_EQUAL(memcmp(salted, theirs, of[3]), 0);
        }
    }
}

static const struct unit_test tests[] = {
    {"HKDF equals OpenSSL's", hkdf_equals_openssl},
    {"no two splits collide", no_two_splits_collide},
    {"known transcript", known_transcript},
    {"HKDF, known answers", hkdf_known_answers},
    {"HKDF, longest output", hkdf_longest_output},
};

UNIT_MAIN("hash", tests)
