#include "proto/address/number.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* "12|A-2" for each way. */
static void ways(char *out, size_t size, const char *text)
{
    struct kp_number readings[KP_NUMBER_READINGS];
    enum kp_address_rule rule = KP_RULES;
    size_t count = kp_number_read(readings, text, &rule);
    CU_ASSERT((count > 0) == (rule == KP_RULE_NONE));
    out[0] = '\0';
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(out + used, size - used, "%s%u|%s", i == 0 ? "" : " or ",
                                 readings[i].number, readings[i].rest);
    }
    if (count == 0) {
        snprintf(out, size, "%s", kp_address_rule_name(rule));
    }
}

static void numbers(void)
{
    static const char *const cases[][2] = {
        {"12", "12|"},
        {"12A", "12|A"},
        {" 12 A-2", "12| A-2"},
        {"0012", "12|"},
        {"99999", "99999|"},
        {"12.0", "12| or 12|.0"},
        {"1234.00", "1234| or 1234|.00"},
        {"12.00 A", "12| A or 12|.00 A"},
        {"12.00A", "12|.00A"},
        {"12.000", "12000| or 12|.000"},
        {"1.234", "1234| or 1|.234"},
        {"1.234.00", "1234| or 1|.234.00"},
        {"12.345 HS", "12345| HS or 12|.345 HS"},
        {"123.456", "123|.456"},
        {"12.5", "12|.5"},
        {"0.234", "bad-number"},
        {"0", "bad-number"},
        {"000", "bad-number"},
        {"100000", "bad-number"},
        {"99999999999999999999999", "bad-number"},
        {"", "no-number"},
        {"A12", "no-number"},
        {"-12", "no-number"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[128];
        ways(out, sizeof(out), cases[i][0]);
        CU_ASSERT_STRING_EQUAL(out, cases[i][1]);
    }
}

static void tidy(void)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"KERKSTRAAT 12", "KERKSTRAAT 12"},
        {"KERKSTRAAT NR. 12", "KERKSTRAAT 12"},
        {"KERKSTRAAT HUISNUMMER: 12A", "KERKSTRAAT 12A"},
        {"#12", "12"},
        {"NO. 12", "12"},
        {"DE OUDE RIJN NO 12", "DE OUDE RIJN NO 12"}, /* north east */
        {"KERNR 12", "KERNR 12"},
        {"1234 NR 12", "1234 NR 12"}, /* a postcode */
        {"1234NR NR 12", "1234NR 12"},
        {"POSTCODE 1234AB HUISNUMMER 12 TOEV. 2", "1234AB 12 2"},
        {"1234AB, NO 12", "1234AB, 12"},
        {"NO 12", "12"},
        {"12 HUISLETTER A TOEVOEGING 2", "12 A 2"},
        {"12 LETTERSTRAAT", "12 LETTERSTRAAT"},
        {"LETTER 12", "LETTER 12"},
        {"12 TOEV", "12 TOEV"},
        {"1234AB;12;A|", "1234AB,12,A,"},
        {"LAAN VAN 1813 NUMMER 12", "LAAN VAN 1813 12"},
        {"LAAN VAN 1813 NR. 12", "LAAN VAN 1813 12"},
        {"LAAN VAN 1813 NO. 12", "LAAN VAN 1813 12"},
        {"NR A", "NR A"},
        {"1234,00", "1234.00"},
        {"KERKSTRAAT 12,00, UTRECHT", "KERKSTRAAT 12.00, UTRECHT"},
        {"KERKSTRAAT 12,0A", "KERKSTRAAT 12,0A"},
        {"KERKSTRAAT 12,5", "KERKSTRAAT 12,5"},
        {"KERKSTRAAT 12, 00", "KERKSTRAAT 12, 00"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[KP_FOLDED_MAX];
        strcpy(text, cases[i][0]);
        kp_number_tidy(text);
        CU_ASSERT_STRING_EQUAL(text, cases[i][1]);
    }
    char out[KP_FOLDED_MAX];
    CU_ASSERT(!kp_number_tidy_more(out, "KERKSTRAAT 12"));
    CU_ASSERT(kp_number_tidy_more(out, "LAAN VAN 1813 NR 12"));
    CU_ASSERT_STRING_EQUAL(out, "LAAN VAN 1813 12");
}

static void dates(void)
{
    static const struct {
        const char *text, *day_first, *month_first;
    } cases[] = {
        {"12-FEB", "12-2", "2-12"},
        {"1234AB 12-FEB", "1234AB 12-2", "1234AB 2-12"},
        {"12 FEB.", "12-2.", "2-12."},
        {"12FEB", "12-2", "2-12"},
        {"12-FEBRUARI-2026 X", "12-2 X", "2-12 X"},
        {"12-FEB-26", "12-2", "2-12"},
        {"FEB-12", "12-2", "2-12"},
        {"FEB-45", "45-2", "2-45"},
        {"1-MRT", "1-3", "3-1"},
        {"12-MEI", "12-5", "5-12"},
        {"12-OKT", "12-10", "10-12"},
        {"12-DEC", "12-12", "12-12"},
        {"12-2-2026", "12-2", "2-12"},
        {"12/02/2026", "12-2", "2-12"},
        {"2/13/2026", "13-2", "2-13"},
        {"2026-02-12", "12-2", "2-12"},
        {"2026-02-12 00:00:00", "12-2", "2-12"},
        {"2026-02-12T00:00:00", "12-2", "2-12"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kp_number_date date;
        char out[KP_FOLDED_MAX];
        CU_ASSERT_FATAL(kp_number_find_date(&date, cases[i].text));
        CU_ASSERT(kp_number_undate(out, cases[i].text, &date, false));
        CU_ASSERT_STRING_EQUAL(out, cases[i].day_first);
        CU_ASSERT(kp_number_undate(out, cases[i].text, &date, true));
        CU_ASSERT_STRING_EQUAL(out, cases[i].month_first);
    }
    static const char *const none[] = {
        "",        "12-2",     "12-14-16",  "12-2-26",    "0-FEB",      "32-FEB",     "112-FEB",
        "12-FEBR", "12-MEIER", "12-2/2026", "2026-13-13", "2026-02-32", "12 DECIMAL", "MEISTRAAT 3",
        "FEB-123", "FEB",      "A12-FEB",   "3-2-1066",   "KOMEI 3",    "1234AB 12",
    };
    for (size_t i = 0; i < COUNT(none); i++) {
        struct kp_number_date date;
        CU_ASSERT(!kp_number_find_date(&date, none[i]));
    }
}

static void ranges(void)
{
    static const struct {
        const char *rest, *ends;
    } cases[] = {
        {"-14", "12| 14|"},
        {" - 14", "12| 14|"},
        {"/14", "12| 14|"},
        {" T/M 14", "12| 14|"},
        {" T.M. 14", "12| 14|"},
        {" TM 14", "12| 14|"},
        {" TOT EN MET 14", "12| 14|"},
        {" EN 14", "12| 14|"},
        {"+14", "12| 14|"},
        {" & 14", "12| 14|"},
        {", 14", "12| 14|"},
        {"-14-16", "12| 14| 16|"},
        {"A-14B", "12|A 14|B"},
        {"A+12C", "12|A 12|C"},
        {"-14 HS", "12| 14| HS"},
        {"", NULL},
        {"-2", NULL},
        {"-12", NULL},
        {" EN 12", NULL},
        {"A", NULL},
        {"-A", NULL},
        {" BEN 14", NULL},
        {" 14", NULL},
        {"-100000", NULL},
        {"-13-14-15-16-17-18-19-20", NULL}, /* nine */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct kp_range range;
        bool found = kp_range_read(&range, 12, cases[i].rest);
        CU_ASSERT(found == (cases[i].ends != NULL));
        char out[256] = "";
        for (size_t end = 0; found && end < range.count; end++) {
            size_t used = strlen(out);
            snprintf(out + used, sizeof(out) - used, "%s%u|%s", end == 0 ? "" : " ",
                     range.end[end].number, range.end[end].rest);
        }
        CU_ASSERT(!found || strcmp(out, cases[i].ends) == 0);
    }
    char rest[KP_FOLDED_MAX];
    memset(rest, 'A', sizeof(rest));
    strcpy(rest + sizeof(rest) - 4, "-14");
    struct kp_range range;
    CU_ASSERT(!kp_range_read(&range, 12, rest));
}

static const struct unit_test tests[] = {
    {"numbers", numbers},
    {"tidy", tidy},
    {"dates", dates},
    {"ranges", ranges},
};

UNIT_MAIN("number", tests)
