/* crypto/hash.h. Expected values were computed with Python's hashlib and hmac, where no RFC is
 * named; for HKDF the inputs are those of RFC 5869's appendix, whose own outputs are for SHA-256.
 */
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

/* A byte of the inputs of RFC 7693, appendix E. */
static void fill_in_sequence(uint8_t *bytes, size_t size)
{
    uint32_t a = 0xdead4badu * (uint32_t)size, b = 1;
    for (size_t i = 0; i < size; i++) {
        uint32_t next = a + b;
        a = b;
        b = next;
        bytes[i] = (uint8_t)(next >> 24);
    }
}

static void add_to_grand_hash(crypto_generichash_blake2b_state *grand, size_t out_size,
                              size_t in_size)
{
    uint8_t in[1024], key[64], out[64];
    fill_in_sequence(in, in_size);
    fill_in_sequence(key, out_size);
    CU_ASSERT_EQUAL(crypto_generichash_blake2b(out, out_size, in, in_size, NULL, 0), 0);
    crypto_generichash_blake2b_update(grand, out, out_size);
    CU_ASSERT_EQUAL(crypto_generichash_blake2b(out, out_size, in, in_size, key, out_size), 0);
    crypto_generichash_blake2b_update(grand, out, out_size);
}

/* libsodium's BLAKE2b by the RFC: "abc" of appendix A, and the self-test of appendix E, a hash over
 * the hashes of inputs below, at and above a block, for all sizes of output. */
static void blake2b_of_rfc_7693(void)
{
    static const size_t out_sizes[] = {20, 32, 48, 64}, in_sizes[] = {0, 3, 128, 129, 255, 1024};
    crypto_generichash_blake2b_state grand;
    uint8_t digest[64], expected[64];
    unit_hex(expected, 64,
             "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
             "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
    CU_ASSERT_EQUAL(crypto_generichash_blake2b(digest, 64, (const uint8_t *)"abc", 3, NULL, 0), 0);
    CU_ASSERT_EQUAL(memcmp(digest, expected, 64), 0);

    crypto_generichash_blake2b_init(&grand, NULL, 0, 32);
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 6; j++) {
            add_to_grand_hash(&grand, out_sizes[i], in_sizes[j]);
        }
    }
    crypto_generichash_blake2b_final(&grand, digest, 32);
    unit_hex(expected, 32, "c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475");
    CU_ASSERT_EQUAL(memcmp(digest, expected, 32), 0);
}

/* The bytes of a transcript, put together here, by OpenSSL's BLAKE2b, which shares nothing with
 * libsodium's. Sizes go past a block, and past the two that libsodium gathers. */
static void transcripts_equal_openssl(void)
{
    enum { MOST = 700 };
    uint8_t field[MOST], bytes[3 * 8 + 4 + 2 * MOST] = {0, 0, 0, 0, 0, 0, 0, 4, 't', 'e', 's', 't'};
    uint8_t ours[KP_WIDE_BYTES], theirs[KP_WIDE_BYTES];
    unsigned found = 0;
    randombytes_buf(field, sizeof(field));
    for (size_t size = 0; size < MOST; size++) {
        struct kp_hash hash;
        size_t at = 12;
        kp_hash_start(&hash, "test");
        for (size_t part = 0; part < 2; part++) {
            size_t of = part == 0 ? size : size / 3;
            kp_hash_field(&hash, field, of);
            memset(bytes + at, 0, 6);
            bytes[at + 6] = (uint8_t)(of >> 8);
            bytes[at + 7] = (uint8_t)of;
            memcpy(bytes + at + 8, field, of);
            at += 8 + of;
        }
        kp_hash_wide(&hash, ours);
        CU_ASSERT_EQUAL(EVP_Digest(bytes, at, theirs, &found, EVP_blake2b512(), NULL), 1);
        CU_ASSERT_EQUAL(memcmp(ours, theirs, sizeof(ours)), 0);
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
             "121c234dfed7361f9421d66c3153e1df1af36d63144871dac25d54d61076ddf4"
             "cecfe702c55ddca413ed211ea0b1141ba605988d545e4fa6e4a23e1fae8c28ae");
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
             "e54e1b763b20f76b4fad8868f8bc6094546ece6f3749c95c47a375da29b9d605");
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
    uint8_t key[MOST], salt[MOST], info[MOST], ours[MOST], theirs[MOST];
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
    }
}

static const struct unit_test tests[] = {
    {"HKDF equals OpenSSL's", hkdf_equals_openssl},
    {"BLAKE2b of RFC 7693", blake2b_of_rfc_7693},
    {"transcripts equal OpenSSL's", transcripts_equal_openssl},
    {"no two splits collide", no_two_splits_collide},
    {"known transcript", known_transcript},
    {"HKDF, known answers", hkdf_known_answers},
    {"HKDF, longest output", hkdf_longest_output},
};

UNIT_MAIN("hash", tests)
