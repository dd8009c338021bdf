#include "node/canonical.h"
#include "tests/unit/unit.h"

#include <string.h>

typedef enum kp_status part(struct kp_address *address, const char *text, struct kp_error *error);

/* Each is refused, with a reason that doesn't repeat it, and changes nothing. */
static void all_refused(part *set, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct kp_address address = {"1234AB", 5, "C", "DEF"};
        const struct kp_address before = address;
        struct kp_error error = {0};
        CU_ASSERT(set(&address, texts[i], &error) == KP_REFUSED);
        CU_ASSERT(memcmp(&address, &before, sizeof(address)) == 0);
        CU_ASSERT(error.text[0] != '\0');
        CU_ASSERT(strlen(texts[i]) < 3 || strstr(error.text, texts[i]) == NULL);
        CU_ASSERT(set(&address, texts[i], NULL) == KP_REFUSED);
    }
}

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void bad_postcodes(void)
{
    static const char *const bad[] = {
        "",
        " ",
        "1234",
        "1234A",
        "1234ABC",
        "0123AB",
        "12 34AB",
        "1234A B",
        "AB1234",
        "1234-AB",
        "1234\xc2\xa0"
        "AB",
        "1234\nAB",
        "1234 A1",
        "12345 AB",
        "1234.AB",
        "\xc3\xa9"
        "234AB",
        "1234\xc3\xa9",
        "1234AB 1",
        "1234AB1234AB",
    };
    all_refused(kp_canonical_postcode, bad, COUNT(bad));
}

static void good_postcodes(void)
{
    static const char *const good[] = {"1234AB", "1234ab", "1234 aB", " 1234  Ab\t", "1234\tAB"};
    for (size_t i = 0; i < COUNT(good); i++) {
        struct kp_address address = {0};
        CU_ASSERT(kp_canonical_postcode(&address, good[i], NULL) == KP_OK);
        CU_ASSERT_STRING_EQUAL(address.postcode, "1234AB");
    }
}

static void bad_house_numbers(void)
{
    static const char *const bad[] = {
        "",           " ",     "0",    "000", "100000", "99999999999999999999",
        "4294967297", "12a",   "a12",  "-1",  "+1",     "1.0",
        "1 2",        "12-14", "0x10", "1e3", "12,",    "\xd9\xa1",
    };
    all_refused(kp_canonical_house_number, bad, COUNT(bad));
}

static void good_house_numbers(void)
{
    static const struct {
        const char *text;
        uint32_t number;
    } good[] = {
        {"1", 1}, {"99999", 99999}, {" 012 ", 12}, {"0000000000000000000000000000000001", 1}};
    for (size_t i = 0; i < COUNT(good); i++) {
        struct kp_address address = {0};
        CU_ASSERT(kp_canonical_house_number(&address, good[i].text, NULL) == KP_OK);
        CU_ASSERT(address.house_number == good[i].number);
    }
}

static void letters_and_additions(void)
{
    static const char *const bad_letters[] = {"AB", "1", "-", "\xc3\x89", "A A", "."};
    static const char *const bad_additions[] = {"ABCDE", "12345",    "A-1", "A 1", "-",
                                                "1e et", "\xc3\xa9", "A/B", "A  B"};
    all_refused(kp_canonical_house_letter, bad_letters, COUNT(bad_letters));
    all_refused(kp_canonical_addition, bad_additions, COUNT(bad_additions));
    struct kp_address address = {"1234AB", 5, "C", "DEF"};
    CU_ASSERT(kp_canonical_house_letter(&address, " b ", NULL) == KP_OK);
    CU_ASSERT_STRING_EQUAL(address.house_letter, "B");
    CU_ASSERT(kp_canonical_house_letter(&address, " ", NULL) == KP_OK);
    CU_ASSERT_STRING_EQUAL(address.house_letter, "");
    CU_ASSERT(kp_canonical_addition(&address, " 2hg1\t", NULL) == KP_OK);
    CU_ASSERT_STRING_EQUAL(address.addition, "2HG1");
    CU_ASSERT(kp_canonical_addition(&address, "bis", NULL) == KP_OK);
    CU_ASSERT(memcmp(address.addition, "BIS\0", 5) == 0);
    CU_ASSERT(kp_canonical_addition(&address, "", NULL) == KP_OK);
    CU_ASSERT(memcmp(address.addition, "\0\0\0\0", 5) == 0);
}

static void bad_dates(void)
{
    static const char *const bad[] = {
        "",           "2024-1-1",   "2024-13-01", "2024-00-01",       "2024-01-00",
        "2024-01-32", "2023-02-29", "1900-02-29", "2100-02-29",       "2024-04-31",
        "1899-12-31", "2200-01-01", "31-04-2024", "00-01-2024",       "01-13-2024",
        "2024/01/01", "01.01.2024", "20240101",   "2024-01-01T00:00", "1-1-2024",
        "2024-01-1 ", "+024-01-01", "12-31-2024", "yesterday",        "2024-01--1",
        "-1-01-2024",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint32_t date = 7;
        struct kp_error error = {0};
        CU_ASSERT(kp_canonical_date(&date, bad[i], &error) == KP_REFUSED);
        CU_ASSERT(date == 7);
        CU_ASSERT(bad[i][0] == '\0' || strstr(error.text, bad[i]) == NULL);
    }
}

static void good_dates(void)
{
    static const struct {
        const char *text;
        uint32_t date;
    } good[] = {
        {"2024-02-29", 20240229}, {"29-02-2024", 20240229}, {" 2000-02-29\t", 20000229},
        {"1900-01-01", 19000101}, {"31-12-2199", 21991231}, {"2024-04-30", 20240430},
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        uint32_t date = 0;
        CU_ASSERT(kp_canonical_date(&date, good[i].text, NULL) == KP_OK);
        CU_ASSERT(date == good[i].date);
    }
}

static const struct unit_test tests[] = {
    {"bad postcodes", bad_postcodes},
    {"good postcodes", good_postcodes},
    {"bad house numbers", bad_house_numbers},
    {"good house numbers", good_house_numbers},
    {"letters and additions", letters_and_additions},
    {"bad dates", bad_dates},
    {"good dates", good_dates},
};

UNIT_MAIN("canonical", tests)
