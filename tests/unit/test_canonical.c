#include "node/canonical.h"
#include "tests/unit/unit.h"

#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

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
    {"bad dates", bad_dates},
    {"good dates", good_dates},
};

UNIT_MAIN("canonical", tests)
