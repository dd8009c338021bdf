#include "node/canonical.h"

#include <stdbool.h>
#include <string.h>

#define NUMBER_MAX 99999u

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

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static char capital(char byte)
{
    return (char)(byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte);
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

enum kp_status kp_canonical_postcode(struct kp_address *address, const char *text,
                                     struct kp_error *error)
{
    struct span span = trim(text);
    if (span.size == 0) {
        return kp_fail(error, KP_REFUSED, "no postcode");
    }
    char postcode[7] = "";
    size_t size = 0;
    for (size_t i = 0; i < span.size; i++) {
        if (size == 4 && is_space(span.text[i])) {
            continue; /* "1234 AB" */
        }
        bool good = size < 4 ? is_digit(span.text[i]) : size < 6 && is_letter(span.text[i]);
        if (!good) {
            return kp_fail(error, KP_REFUSED,
                           "not a postcode: expected four digits and two letters");
        }
        postcode[size++] = capital(span.text[i]);
    }
    if (size != 6) {
        return kp_fail(error, KP_REFUSED, "not a postcode: expected four digits and two letters");
    }
    if (postcode[0] == '0') {
        return kp_fail(error, KP_REFUSED, "not a postcode: none begins with 0");
    }
    memcpy(address->postcode, postcode, sizeof(postcode));
    return KP_OK;
}

enum kp_status kp_canonical_house_number(struct kp_address *address, const char *text,
                                         struct kp_error *error)
{
    struct span span = trim(text);
    if (span.size == 0) {
        return kp_fail(error, KP_REFUSED, "no house number");
    }
    uint32_t number = 0;
    for (size_t i = 0; i < span.size; i++) {
        if (!is_digit(span.text[i])) {
            return kp_fail(error, KP_REFUSED,
                           "not a house number: expected digits only (letter and addition have "
                           "columns of their own)");
        }
        if (number <= NUMBER_MAX) {
            number = number * 10 + (uint32_t)(span.text[i] - '0');
        }
    }
    if (number == 0 || number > NUMBER_MAX) {
        return kp_fail(error, KP_REFUSED, "not a house number: expected 1 to %u", NUMBER_MAX);
    }
    address->house_number = number;
    return KP_OK;
}

enum kp_status kp_canonical_house_letter(struct kp_address *address, const char *text,
                                         struct kp_error *error)
{
    struct span span = trim(text);
    if (span.size > 1 || (span.size == 1 && !is_letter(span.text[0]))) {
        return kp_fail(error, KP_REFUSED, "not a house letter: expected one letter or nothing");
    }
    address->house_letter[0] = span.size == 0 ? '\0' : capital(span.text[0]);
    address->house_letter[1] = '\0';
    return KP_OK;
}

enum kp_status kp_canonical_addition(struct kp_address *address, const char *text,
                                     struct kp_error *error)
{
    struct span span = trim(text);
    char addition[sizeof(address->addition)] = "";
    for (size_t i = 0; i < span.size; i++) {
        if (i >= sizeof(addition) - 1 || (!is_digit(span.text[i]) && !is_letter(span.text[i]))) {
            return kp_fail(error, KP_REFUSED,
                           "not an addition: expected up to four letters or digits");
        }
        addition[i] = capital(span.text[i]);
    }
    memcpy(address->addition, addition, sizeof(addition));
    return KP_OK;
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
    if (year < 1900 || year > 2199) {
        return kp_fail(error, KP_REFUSED, "not a date: expected a year from 1900 to 2199");
    }
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month)) {
        return kp_fail(error, KP_REFUSED, "not a date: there is no such day");
    }
    *date = year * 10000 + month * 100 + day;
    return KP_OK;
}
