#include "proto/address/fold.h"
#include "tests/unit/unit.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void same_to_a_reader(void)
{
    static const struct {
        const char *text, *folded;
    } cases[] = {
        {"", ""},
        {"  \t ", ""},
        {"\r\n", ""},
        {"Kerkstraat 12a", "KERKSTRAAT 12A"},
        {" Kerkstraat \t 12 ", "KERKSTRAAT 12"},
        {"Kerkstraat 12\r\n1234 ab  Ons Dorp\n", "KERKSTRAAT 12, 1234 AB ONS DORP"},
        /* non-breaking, thin and narrow spaces */
        {"1234\xc2\xa0"
         "AB",
         "1234 AB"},
        {"1234\xe2\x80\x89"
         "AB\xe2\x80\xaf"
         "12",
         "1234 AB 12"},
        /* en dash, em dash, minus, non-breaking hyphen, full-width hyphen */
        {"12\xe2\x80\x93"
         "14",
         "12-14"},
        {"12\xe2\x80\x94"
         "2 12\xe2\x88\x92"
         "2 12\xe2\x80\x91"
         "2 12\xef\xbc\x8d"
         "2",
         "12-2 12-2 12-2 12-2"},
        /* a soft hyphen, a zero-width space and a byte order mark can't be seen */
        {"\xef\xbb\xbf"
         "Kerk\xc2\xadstraat\xe2\x80\x8b 12",
         "KERKSTRAAT 12"},
        /* but no number grows by it */
        {"12\xc2\xad"
         "2 1\xe2\x80\x8b"
         "2",
         "12 2 1 2"},
        /* full-width digits and letters, Roman numerals of their own */
        {"\xef\xbc\x91\xef\xbc\x92\xef\xbd\x81", "12A"},
        {"12 \xe2\x85\xa1", "12 II"},
        /* marks, whole and combining; ligatures; letters that don't come apart */
        {"Caf\xc3\xa9 Cafe\xcc\x81 \xc4\xb2ssel Stra\xc3\x9f"
         "e \xc3\x98resund \xc3\xa6",
         "CAFE CAFE IJSSEL STRASSE ORESUND AE"},
        {"S\xc3\xba"
         "dw\xc3\xaa"
         "ster \xe2\x80\x99s-Gravenhage `t \xc2\xb4t",
         "SUDWESTER 'S-GRAVENHAGE 'T 'T"},
        /* no number grows by what stands above or below a line */
        {"12\xc2\xbd", "12 ^1/2"},
        {"12\xc2\xb2", "12 ^2"},
        {"12\xe2\x91\xa0", "12 ^1"},
        {"N\xc2\xba 12", "NO 12"},
        {"1\xc2\xb0 etage", "1 ETAGE"},
        /* other alphabets stay */
        {"\xd0\x90 12", "\xd0\x90 12"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[KP_FOLDED_MAX];
        CU_ASSERT(kp_fold(out, cases[i].text, strlen(cases[i].text)) == KP_RULE_NONE);
        CU_ASSERT_STRING_EQUAL(out, cases[i].folded);
        char again[KP_FOLDED_MAX];
        CU_ASSERT(kp_fold(again, out, strlen(out)) == KP_RULE_NONE);
        CU_ASSERT_STRING_EQUAL(again, out);
    }
}

static void not_text(void)
{
    static const struct {
        const char *text;
        size_t size;
    } bad[] = {
        {"12\0 A", 5},
        {"12\x01", 3},
        {"12\x7f", 3},
        {"12\xc2\x80", 4},
        {"\xff", 1},
        {"12\xc3", 3},
        {"\xe9 12", 4},
        {"\xed\xa0\x80", 3},
        {"\xc0\xaf", 2},
        {"12\xe2\x80\xae"
         "21",
         7}, /* turned round */
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char out[KP_FOLDED_MAX] = "left";
        CU_ASSERT(kp_fold(out, bad[i].text, bad[i].size) == KP_RULE_NOT_TEXT);
        CU_ASSERT_STRING_EQUAL(out, "");
    }
}

static void as_long_as_fits(void)
{
    static char text[1 << 17];
    char out[KP_FOLDED_MAX];
    memset(text, 'a', sizeof(text));
    CU_ASSERT(kp_fold(out, text, KP_FOLDED_MAX - 1) == KP_RULE_NONE);
    CU_ASSERT(strlen(out) == KP_FOLDED_MAX - 1);
    CU_ASSERT(kp_fold(out, text, KP_FOLDED_MAX) == KP_RULE_TOO_LONG);
    CU_ASSERT_STRING_EQUAL(out, "");
    CU_ASSERT(kp_fold(out, text, sizeof(text)) == KP_RULE_TOO_LONG);
    memset(text, ' ', sizeof(text)); /* spaces are no text */
    text[sizeof(text) - 1] = 'x';
    CU_ASSERT(kp_fold(out, text, sizeof(text)) == KP_RULE_NONE);
    CU_ASSERT_STRING_EQUAL(out, "X");
    CU_ASSERT(kp_fold(out, NULL, 0) == KP_RULE_NONE);
    CU_ASSERT_STRING_EQUAL(out, "");
    /* One character that becomes eighteen. */
    for (size_t i = 0; i + 3 <= 600; i += 3) {
        memcpy(text + i, "\xef\xb7\xba", 3);
    }
    CU_ASSERT(kp_fold(out, text, 600) == KP_RULE_TOO_LONG);
}

static const struct unit_test tests[] = {
    {"same to a reader", same_to_a_reader},
    {"not text", not_text},
    {"as long as fits", as_long_as_fits},
};

UNIT_MAIN("fold", tests)
