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

static const struct unit_test tests[] = {
    {"malformed keys", malformed_keys},
    {"keys and back", keys_and_back},
    {"accepted keys are canonical", accepted_keys_are_canonical},
};

UNIT_MAIN("address", tests)
