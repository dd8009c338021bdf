/* Addresses as they are shown, and what their keys are made with: an agreement's register and
 * words.
 */
#include "proto/address/agreed.h"
#include "proto/address/shown.h"
#include "tests/unit/register_make.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <string.h>

#define OBJECT UINT64_C(363010000000001)

static const char rows[] = REGISTER_HEADER
    "0363200000000001,1011AB,12,A,2,Damrak,Amsterdam,0363010000000001,Naamgeving uitgegeven,0\n"
    "0363200000000002,1012CD,5,,,Rokin,Amsterdam,0363010000000001,Naamgeving uitgegeven,1\n"
    "0363200000000003,,7,,,Heideweg,Ede,0363020000000005,Naamgeving uitgegeven,0\n";

static struct kp_register *reg;
static struct kp_canonicalisation agreed;

static void make_register(void)
{
    struct kp_error error = {0};
    struct kp_words *words = NULL;
    struct register_made made = register_make(scratch("bag"), scratch_text("register.csv", rows));
    CU_ASSERT_FATAL(made.status == KP_OK);
    agreed = (struct kp_canonicalisation){
        .scheme = KP_KEY_SCHEME_BAG, .version = KP_CANONICAL_VERSION, .register_date = 20261122};
    memcpy(agreed.register_hash, made.outcome.info.hash, sizeof(agreed.register_hash));
    CU_ASSERT_FATAL(kp_words_open(&words, NULL, &error) == KP_OK);
    kp_words_hash(agreed.words_hash, words);
    kp_words_close(words);
    CU_ASSERT_FATAL(kp_agreed_register(&reg, &agreed, scratch("bag"), &error) == KP_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reg);
}

static void expect(const uint8_t *key, const struct kp_register *in, const char *text,
                   const char *json)
{
    char out[KP_SHOWN_TEXT];
    cJSON *object = cJSON_CreateObject();
    CU_ASSERT(kp_shown_key(out, in, key, NULL) == KP_OK);
    CU_ASSERT_STRING_EQUAL(out, text);
    CU_ASSERT(kp_shown_add(object, "address", in, key, NULL) == KP_OK);
    char *printed = cJSON_PrintUnformatted(object);
    CU_ASSERT_STRING_EQUAL(printed, json);
    cJSON_free(printed);
    cJSON_Delete(object);
}

static void shown(void)
{
    static const struct kp_address address = {"1234AB", 12, "A", "2"};
    uint8_t key[KP_ADDRESS_KEY_BYTES];
    make_register();
    kp_address_key(key, &address);
    expect(key, reg, "1234AB 12 A 2",
           "{\"address\":{\"postcode\":\"1234AB\",\"house_number\":12,\"house_letter\":\"A\","
           "\"addition\":\"2\"}}");
    kp_object_key(key, OBJECT, 1011);
    expect(key, NULL, "object 0363010000000001 (1011)",
           "{\"address\":{\"object\":\"0363010000000001\",\"area\":\"1011\"}}");
    expect(key, reg, "1011AB 12 A 2, Damrak, Amsterdam",
           "{\"address\":{\"postcode\":\"1011AB\",\"house_number\":12,\"house_letter\":\"A\","
           "\"addition\":\"2\",\"object\":\"0363010000000001\",\"area\":\"1011\",\"street\":"
           "\"Damrak\",\"town\":\"Amsterdam\"}}");
    kp_object_key(key, UINT64_C(363020000000005), 0);
    expect(key, reg, "7, Heideweg, Ede",
           "{\"address\":{\"postcode\":\"\",\"house_number\":7,\"house_letter\":\"\",\"addition\":"
           "\"\",\"object\":\"0363020000000005\",\"area\":\"\",\"street\":\"Heideweg\",\"town\":"
           "\"Ede\"}}");
    kp_object_key(key, OBJECT + 1, 1011);
    expect(key, reg, "object 0363010000000002 (1011), not in the register",
           "{\"address\":{\"object\":\"0363010000000002\",\"area\":\"1011\"}}");
}

static void oddities(void)
{
    uint8_t key[KP_ADDRESS_KEY_BYTES];
    struct kp_shown found;
    struct kp_error error = {0};
    kp_object_key(key, OBJECT, 1011);
    CU_ASSERT(kp_shown_find(&found, reg, key, &error) == KP_OK);
    CU_ASSERT_PTR_NULL(kp_shown_oddity(&found));
    kp_object_key(key, OBJECT, 1012); /* of a side address, not of the main one */
    CU_ASSERT(kp_shown_find(&found, reg, key, &error) == KP_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(kp_shown_oddity(&found), "another postcode"));
    kp_object_key(key, OBJECT + 1, 1011);
    CU_ASSERT(kp_shown_find(&found, reg, key, &error) == KP_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(kp_shown_oddity(&found), "the register hasn't"));
    CU_ASSERT(kp_shown_find(&found, NULL, key, &error) == KP_OK);
    CU_ASSERT_PTR_NULL(kp_shown_oddity(&found)); /* nobody looked */
    key[0] = 0xff;
    CU_ASSERT(kp_shown_find(&found, reg, key, &error) == KP_REFUSED);
}

/* Opens, and must be refused with these words; NULL: must not. */
static void expect_open(const struct kp_canonicalisation *by, const char *bag, const char *words,
                        const char *text)
{
    struct kp_agreed opened;
    struct kp_error error = {0};
    enum kp_status status = kp_agreed_open(&opened, by, bag, words, &error);
    CU_ASSERT_EQUAL(status, text == NULL ? KP_OK : KP_REFUSED);
    if (text != NULL && strstr(error.text, text) == NULL) {
        fprintf(stderr, "no '%s' in: %s\n", text, error.text);
        CU_FAIL("the error's text");
    }
    CU_ASSERT(text != NULL ||
              (opened.resolver != NULL && kp_resolver_scheme(opened.resolver) == by->scheme));
    kp_agreed_close(&opened);
}

static void opened_by_the_agreement(void)
{
    char bag[256], words[256];
    snprintf(bag, sizeof(bag), "%s", scratch("bag"));
    snprintf(words, sizeof(words), "%s", scratch_text("words", "[everywhere]\nHS = HUIS\n"));
    expect_open(&agreed, bag, NULL, NULL);
    expect_open(&agreed, bag, "", NULL);
    expect_open(&agreed, bag, words, "table of words has hash");
    struct kp_canonicalisation other = agreed;
    other.words_hash[31] ^= 1;
    expect_open(&other, bag, NULL, "table of words has hash");
    other = agreed;
    other.register_hash[0] ^= 1;
    expect_open(&other, bag, NULL, "the agreement's register, of 2026-11-22 with hash");
    other = agreed;
    other.version++;
    expect_open(&other, bag, NULL, "makes keys by bag-3, and these were made by bag-2");
    other = agreed;
    other.scheme = KP_KEY_SCHEME_TEXT;
    memset(other.register_hash, 0, sizeof(other.register_hash));
    expect_open(&other, bag, NULL, NULL); /* no register is opened for text */
}

/* What a daemon asks of an import. */
static void canonicalisations(void)
{
    struct kp_error error = {0};
    struct kp_canonicalisation used = agreed;
    used.register_date = 20261121; /* the content counts */
    CU_ASSERT(kp_agreement_check_canonicalisation(&agreed, &used, &error) == KP_OK);
    used.register_hash[5] ^= 1;
    CU_ASSERT(kp_agreement_check_canonicalisation(&agreed, &used, &error) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "that of 2026-11-22"));
    used = agreed;
    used.scheme = KP_KEY_SCHEME_TEXT;
    CU_ASSERT(kp_agreement_check_canonicalisation(&agreed, &used, &error) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "by bag-2, and these were made by text-2"));
    used = agreed;
    used.words_hash[0] ^= 1;
    CU_ASSERT(kp_agreement_check_canonicalisation(&agreed, &used, &error) == KP_REFUSED);
}

/* Without a folder that was given, a register that isn't there is no error: ids are shown. */
static void registers_to_show_with(void)
{
    struct kp_error error = {0};
    struct kp_register *none = NULL;
    struct kp_canonicalisation other = agreed;
    other.register_hash[0] ^= 1;
    CU_ASSERT(kp_agreed_register(&none, &other, NULL, &error) == KP_OK);
    CU_ASSERT_PTR_NULL(none);
    CU_ASSERT(kp_agreed_register(&none, &other, "", &error) == KP_OK);
    CU_ASSERT_PTR_NULL(none);
    CU_ASSERT(kp_agreed_register(&none, &other, scratch("bag"), &error) == KP_REFUSED);
    other.scheme = KP_KEY_SCHEME_TEXT;
    CU_ASSERT(kp_agreed_register(&none, &other, scratch("bag"), &error) == KP_OK);
    CU_ASSERT_PTR_NULL(none);
    kp_register_close(reg);
}

static const struct unit_test tests[] = {
    {"shown", shown},
    {"oddities", oddities},
    {"opened by the agreement", opened_by_the_agreement},
    {"canonicalisations", canonicalisations},
    {"registers to show with", registers_to_show_with},
};

UNIT_MAIN("shown", tests)
