#include "node/canonical.h"

#include <stdbool.h>
#include <string.h>

/* A run of bytes without the white space around it. */
struct span {
    const char *text;
    size_t size;
};

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static struct span trim(const char *text)
{
    while (is_space(*text)) {
        text++;
    }
    size_t size = strlen(text);
    while (size > 0 && is_space(text[size - 1])) {
        size--;
    }
    return (struct span){text, size};
}

/* The number in `digits` digits, all of which are there. */
static bool read_digits(uint32_t *number, const char *text, size_t digits)
{
    *number = 0;
    for (size_t i = 0; i < digits; i++) {
        if (!is_digit(text[i])) {
            return false;
        }
        *number = *number * 10 + (uint32_t)(text[i] - '0');
    }
    return true;
}

static uint32_t days_in(uint32_t year, uint32_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static bool is_year(uint32_t year)
{
    return year >= 1900 && year <= 2199;
}

static bool is_day(uint32_t year, uint32_t month, uint32_t day)
{
    return month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}

bool kp_canonical_is_date(uint32_t date)
{
    uint32_t year = date / 10000;
    return is_year(year) && is_day(year, date / 100 % 100, date % 100);
}

enum kp_status kp_canonical_date(uint32_t *date, const char *text, struct kp_error *error)
{
    struct span span = trim(text);
    if (span.size == 0) {
        return kp_fail(error, KP_REFUSED, "no date");
    }
    uint32_t year = 0;
    uint32_t month = 0;
    uint32_t day = 0;
    const char *at = span.text;
    bool year_first = span.size == 10 && at[4] == '-' && at[7] == '-' &&
                      read_digits(&year, at, 4) && read_digits(&month, at + 5, 2) &&
                      read_digits(&day, at + 8, 2);
    bool day_first = !year_first && span.size == 10 && at[2] == '-' && at[5] == '-' &&
                     read_digits(&day, at, 2) && read_digits(&month, at + 3, 2) &&
                     read_digits(&year, at + 6, 4);
    if (!year_first && !day_first) {
        return kp_fail(error, KP_REFUSED, "not a date: expected YYYY-MM-DD or DD-MM-YYYY");
    }
    if (!is_year(year)) {
        return kp_fail(error, KP_REFUSED, "not a date: expected a year from 1900 to 2199");
    }
    if (!is_day(year, month, day)) {
        return kp_fail(error, KP_REFUSED, "not a date: there is no such day");
    }
    *date = year * 10000 + month * 100 + day;
    return KP_OK;
}
