#include "proto/address.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

static void malformed_keys(void)
{
    static const char *const bad[] = {
        "0234AB00012A2   ", /* no postcode begins with 0 */
        "12 4AB00012A2   ",       "1234ab00012A2   ", "1234A100012A2   ",  "1234AB00000A2   ",
        "1234AB 0012A2   ",       "1234AB0001xA2   ", "1234AB00012a2   ",  "1234AB0001212   ",
        "1234AB00012A 2  ",       "1234AB00012A2  2", "1234AB00012A-   ",  "1234AB00012Ab   ",
        "1234AB00012A\0   ",      "                ", "1234AB00012\0    ", "1234AB+0012     ",
        "1234AB00012A\xc3\xa9  ",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t key[KP_ADDRESS_KEY_BYTES];
        struct kp_address address = {.house_number = 7};
        memcpy(key, bad[i], sizeof(key));
        CU_ASSERT(kp_address_of_key(&address, key) == KP_REFUSED);
        CU_ASSERT(address.house_number == 7); /* as it was */
    }
    static const uint8_t zeros[KP_ADDRESS_KEY_BYTES];
    struct kp_address address;
    CU_ASSERT(kp_address_of_key(&address, zeros) == KP_REFUSED);
}

static const struct {
    struct kp_address address;
    const char *key, *text;
} good[] = {
    {{"1234AB", 12, "A", "2"}, "1234AB00012A2   ", "1234AB 12 A 2"},
    {{"1234AB", 1, "", ""}, "1234AB00001     ", "1234AB 1"},
    {{"9999ZZ", 99999, "Z", "ZZ99"}, "9999ZZ99999ZZZ99", "9999ZZ 99999 Z ZZ99"},
    {{"1000AA", 10, "", "BIS"}, "1000AA00010 BIS ", "1000AA 10 BIS"},
    {{"1000AA", 100, "B", ""}, "1000AA00100B    ", "1000AA 100 B"},
};

static void keys_and_back(void)
{
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint8_t key[KP_ADDRESS_KEY_BYTES];
        struct kp_address address;
        char text[KP_ADDRESS_TEXT];
        kp_address_key(key, &good[i].address);
        CU_ASSERT(memcmp(key, good[i].key, sizeof(key)) == 0);
        CU_ASSERT(kp_address_of_key(&address, key) == KP_OK);
        CU_ASSERT(memcmp(&address, &good[i].address, sizeof(address)) == 0);
        kp_address_text(text, &address);
        CU_ASSERT_STRING_EQUAL(text, good[i].text);
    }
}

/* A key that is accepted is the key of what it gives: one key for one address. */
static void accepted_keys_are_canonical(void)
{
    static const char letters[] = "0123456789ABZ a-";
    int accepted = 0;
    srand(1);
    for (int i = 0; i < 200000; i++) {
        uint8_t key[KP_ADDRESS_KEY_BYTES];
        uint8_t again[KP_ADDRESS_KEY_BYTES];
        struct kp_address address;
        memcpy(key, good[(size_t)i % 5].key, sizeof(key));
        for (int j = rand() % 3; j >= 0; j--) {
            key[(size_t)rand() % sizeof(key)] = (uint8_t)letters[(size_t)rand() % 16];
        }
        if (kp_address_of_key(&address, key) == KP_OK) {
            accepted++;
            kp_address_key(again, &address);
            CU_ASSERT_FATAL(memcmp(key, again, sizeof(key)) == 0);
        }
    }
    CU_ASSERT(accepted > 1000 && accepted < 190000);
}

static void ids(void)
{
    static const char *const bad[] = {"",
                                      "036301000000001",
                                      "03630100000000011",
                                      "036301000000000a",
                                      "036301000000000 ",
                                      "+363010000000001",
                                      "0363 10000000001",
                                      "036301000000000\xb2"};
    uint64_t id = 7;
    char text[KP_BAG_ID_TEXT];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT(kp_bag_id_read(&id, bad[i], strlen(bad[i])) == KP_REFUSED);
        CU_ASSERT(id == 7);
    }
    CU_ASSERT(kp_bag_id_read(&id, "0363200000000009, and more", 16) == KP_OK);
    CU_ASSERT(id == 363200000000009);
    CU_ASSERT(kp_bag_id_type(id) == KP_BAG_NUMBER && !kp_bag_is_object(id));
    kp_bag_id_text(text, id);
    CU_ASSERT_STRING_EQUAL(text, "0363200000000009");
    for (unsigned type = 0; type < 100; type++) {
        CU_ASSERT(kp_bag_is_object(UINT64_C(9999009999999999) + type * UINT64_C(10000000000)) ==
                  (type >= 1 && type <= 3));
    }
}

#define OBJECT UINT64_C(363010000000001)

static const struct {
    uint64_t object;
    unsigned digits;
    uint8_t key[KP_ADDRESS_KEY_BYTES];
    const char *area, *text;
} objects[] = {
    {OBJECT,
     1011,
     {2, 0, 0, 0, 0, 0, 0x10, 0x11, 0x03, 0x63, 0x01, 0, 0, 0, 0, 0x01},
     "1011",
     "object 0363010000000001 (1011)"},
    {UINT64_C(9999039876543210),
     9999,
     {2, 0, 0, 0, 0, 0, 0x99, 0x99, 0x99, 0x99, 0x03, 0x98, 0x76, 0x54, 0x32, 0x10},
     "9999",
     "object 9999039876543210 (9999)"},
    {UINT64_C(20000000007),
     0,
     {2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0x07},
     "",
     "object 0000020000000007"},
};

static void keys_of_objects_and_back(void)
{
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        uint8_t key[KP_ADDRESS_KEY_BYTES];
        char area[5], text[KP_KEY_TEXT];
        uint64_t object = 0;
        unsigned digits = 1;
        kp_object_key(key, objects[i].object, objects[i].digits);
        CU_ASSERT(memcmp(key, objects[i].key, sizeof(key)) == 0);
        CU_ASSERT(kp_object_of_key(&object, &digits, key) == KP_OK);
        CU_ASSERT(object == objects[i].object && digits == objects[i].digits);
        CU_ASSERT(kp_key_check(KP_KEY_SCHEME_BAG, key) == KP_OK);
        CU_ASSERT(kp_key_check(KP_KEY_SCHEME_TEXT, key) == KP_REFUSED);
        kp_key_area(area, key);
        CU_ASSERT_STRING_EQUAL(area, objects[i].area);
        kp_key_text(text, key);
        CU_ASSERT_STRING_EQUAL(text, objects[i].text);
    }
}

static void malformed_keys_of_objects(void)
{
    static const struct {
        size_t at;
        uint8_t byte;
    } bad[] = {
        {0, 0},    {0, 1},     {0, 3},     {0, '1'},  {1, 1},     {5, 0x80},
        {6, 0x09}, {6, 0},     {6, 0x1a},  {7, 0xa1}, {8, 0x0a},  {8, 0xf3},
        {10, 0},   {10, 0x04}, {10, 0x20}, {10, 0xa}, {15, 0x1f}, {15, 0xa0},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t key[KP_ADDRESS_KEY_BYTES];
        char text[KP_KEY_TEXT], area[5];
        uint64_t object = 7;
        unsigned digits = 7;
        kp_object_key(key, OBJECT, 1011);
        key[bad[i].at] = bad[i].byte;
        CU_ASSERT(kp_object_of_key(&object, &digits, key) == KP_REFUSED);
        CU_ASSERT(object == 7 && digits == 7);
        CU_ASSERT(kp_key_check(KP_KEY_SCHEME_BAG, key) == KP_REFUSED);
        kp_key_area(area, key);
        CU_ASSERT_STRING_EQUAL(area, "");
        kp_key_text(text, key);
        CU_ASSERT_STRING_EQUAL(text, "not an address");
    }
}

/* Every byte at every place: accepted is what comes out again, and in one scheme only. */
static void accepted_keys_of_objects_are_canonical(void)
{
    int accepted = 0;
    for (size_t at = 0; at < KP_ADDRESS_KEY_BYTES; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            uint8_t key[KP_ADDRESS_KEY_BYTES], again[KP_ADDRESS_KEY_BYTES];
            uint64_t object;
            unsigned digits;
            kp_object_key(key, OBJECT, 1011);
            key[at] = (uint8_t)byte;
            if (kp_object_of_key(&object, &digits, key) == KP_OK) {
                accepted++;
                kp_object_key(again, object, digits);
                CU_ASSERT(memcmp(key, again, sizeof(key)) == 0);
                CU_ASSERT(kp_key_check(KP_KEY_SCHEME_TEXT, key) == KP_REFUSED);
            }
        }
    }
    /* Mark and zeros in one way, the digits in 90 and 100, the type in 3, seven others in 100. */
    CU_ASSERT(accepted == 6 + 90 + 100 + 3 + 700);
}

static void text_keys_by_scheme(void)
{
    uint8_t key[KP_ADDRESS_KEY_BYTES];
    char area[5], text[KP_KEY_TEXT];
    kp_address_key(key, &good[0].address);
    CU_ASSERT(kp_key_check(KP_KEY_SCHEME_TEXT, key) == KP_OK);
    CU_ASSERT(kp_key_check(KP_KEY_SCHEME_BAG, key) == KP_REFUSED);
    CU_ASSERT(kp_key_check((enum kp_key_scheme)0, key) == KP_REFUSED);
    CU_ASSERT(kp_key_check((enum kp_key_scheme)3, key) == KP_REFUSED);
    kp_key_area(area, key);
    CU_ASSERT_STRING_EQUAL(area, "1234");
    kp_key_text(text, key);
    CU_ASSERT_STRING_EQUAL(text, good[0].text);
    key[3] = 'x';
    kp_key_area(area, key);
    CU_ASSERT_STRING_EQUAL(area, "");
}

static const struct unit_test tests[] = {
    {"malformed keys", malformed_keys},
    {"keys and back", keys_and_back},
    {"accepted keys are canonical", accepted_keys_are_canonical},
    {"ids", ids},
    {"keys of objects and back", keys_of_objects_and_back},
    {"malformed keys of objects", malformed_keys_of_objects},
    {"accepted keys of objects are canonical", accepted_keys_of_objects_are_canonical},
    {"text keys by scheme", text_keys_by_scheme},
};

UNIT_MAIN("address", tests)
