#include "proto/address/number.h"

#include <stdio.h>
#include <string.h>

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

/* A byte above 0x7f is a letter of another alphabet: what stands beside it isn't at an end. */
static bool in_word(char byte)
{
    return is_digit(byte) || is_letter(byte) || (unsigned char)byte >= 0x80;
}

static size_t digits_at(const char *text)
{
    size_t count = 0;
    while (is_digit(text[count])) {
        count++;
    }
    return count;
}

/* The value of `count` digits; what is too large for a house number stays so. */
static uint32_t value_of(const char *text, size_t count)
{
    uint32_t value = 0;
    for (size_t i = 0; i < count && value <= KP_HOUSE_NUMBER_MAX; i++) {
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    return value;
}

static bool is_point(char byte)
{
    return byte == '.' || byte == ',';
}

/* ".0" or ",00" behind a number: its length, or 0. */
static size_t decimals_at(const char *text)
{
    if (!is_point(text[0])) {
        return 0;
    }
    size_t zeros = digits_at(text + 1);
    bool only = (zeros == 1 || zeros == 2) && value_of(text + 1, zeros) == 0;
    char behind = text[1 + zeros];
    return only && !in_word(behind) && !(is_point(behind) && is_digit(text[2 + zeros])) ? 1 + zeros
                                                                                        : 0;
}

static size_t add(struct kp_number *readings, size_t count, uint32_t number, const char *rest)
{
    if (number == 0 || number > KP_HOUSE_NUMBER_MAX) {
        return count;
    }
    readings[count] = (struct kp_number){number, rest};
    return count + 1;
}

size_t kp_number_read(struct kp_number readings[static KP_NUMBER_READINGS], const char *text,
                      enum kp_address_rule *rule)
{
    while (*text == ' ') {
        text++;
    }
    size_t digits = digits_at(text);
    if (digits == 0) {
        *rule = KP_RULE_NO_NUMBER;
        return 0;
    }
    uint32_t number = value_of(text, digits);
    const char *rest = text + digits;
    size_t count = 0;
    size_t decimals = decimals_at(rest);
    if (decimals > 0) {
        count = add(readings, count, number, rest + decimals);
    } else if (digits <= 2 && text[0] != '0' && is_point(rest[0]) && digits_at(rest + 1) == 3 &&
               !in_word(rest[4])) {
        decimals = decimals_at(rest + 4);
        count = add(readings, count, number * 1000 + value_of(rest + 1, 3), rest + 4 + decimals);
    }
    count = add(readings, count, number, rest);
    *rule = count == 0 ? KP_RULE_BAD_NUMBER : KP_RULE_NONE;
    return count;
}

/* The length of a word with the stops and spaces behind it, or 0. */
static size_t label_at(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text[0] != words[i][0]) {
            continue;
        }
        size_t size = strlen(words[i]);
        if (strncmp(text, words[i], size) == 0 &&
            (!in_word(text[size]) || !in_word(words[i][size - 1]))) {
            return size + strspn(text + size, ".: ");
        }
    }
    return 0;
}

/* The length of "NR. " and the like in front of a digit, or 0. `first`: nothing or a comma stands
 * before it, so that NO isn't north-east. */
static size_t number_word(const char *text, bool first)
{
    static const char *const words[] = {"HUISNUMMER", "HUISNR", "NUMMER",   "NR",
                                        "NO.",        "#",      "POSTCODE", "NO"};
    if (text[0] != 'H' && text[0] != 'N' && text[0] != '#' && text[0] != 'P') {
        return 0;
    }
    size_t size = label_at(text, words, first ? 8 : 7);
    return is_digit(text[size]) ? size : 0;
}

/* The length of "TOEV. " and the like between a number and what it announces, or 0. */
static size_t addition_word(const char *text)
{
    static const char *const words[] = {"HUISNUMMERTOEVOEGING", "TOEVOEGING", "TOEV", "HUISLETTER",
                                        "LETTER"};
    if (text[0] != 'H' && text[0] != 'T' && text[0] != 'L') {
        return 0;
    }
    size_t size = label_at(text, words, sizeof(words) / sizeof(words[0]));
    return in_word(text[size]) ? size : 0;
}

/* "1234 NR 12": the letters of a postcode. */
static bool behind_postcode(const char *text, const char *at)
{
    if (at > text && at[-1] == ' ') {
        at--;
    }
    return at - text >= 4 && is_digit(at[-4]) && is_digit(at[-3]) && is_digit(at[-2]) &&
           is_digit(at[-1]) && at[-4] != '0' && (at - text == 4 || !in_word(at[-5]));
}

/* Only "NR" can be one of these; with a stop it isn't. */
static bool can_be_postcode(const char *text, const char *at, const char *word)
{
    return word[0] == 'N' && word[1] == 'R' && word[2] != '.' && behind_postcode(text, at);
}

/* Drops words for "number", and counts those that may be a postcode, which `all` drops too. */
static size_t tidy(char *text, bool all)
{
    size_t postcodes = 0;
    char *to = text;
    char before = ' ';
    char last = ','; /* that isn't a space */
    bool numbered = false;
    for (const char *from = text; *from != '\0';) {
        size_t word = in_word(before) && !is_digit(before) ? 0 : number_word(from, last == ',');
        from += numbered && !in_word(before) ? addition_word(from) : 0;
        bool postcode = word > 0 && can_be_postcode(text, to, from);
        postcodes += postcode ? 1 : 0;
        bool apart = !in_word(before) || (postcode && all);
        from += apart && (!postcode || all) ? word : 0;
        bool decimals = *from == ',' && is_digit(before) && decimals_at(from) > 0;
        before = *from++;
        before = before == ';' || before == '|' ? ',' : before;
        numbered = numbered || is_digit(before);
        last = before == ' ' ? last : before;
        *to++ = decimals ? '.' : before;
    }
    *to = '\0';
    return postcodes;
}

void kp_number_tidy(char text[static KP_FOLDED_MAX])
{
    (void)tidy(text, false);
}

bool kp_number_tidy_more(char out[static KP_FOLDED_MAX], const char *text)
{
    size_t size = strlen(text);
    memcpy(out, text, size + 1);
    return strstr(text, "NR") != NULL && tidy(out, true) > 0;
}

/* ---- Dates ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned month;
} months[] = {
    {"JANUARI", 1},   {"JANUARY", 1},  {"JAN", 1},       {"FEBRUARI", 2},  {"FEBRUARY", 2},
    {"FEB", 2},       {"MAART", 3},    {"MARCH", 3},     {"MRT", 3},       {"MAR", 3},
    {"APRIL", 4},     {"APR", 4},      {"MEI", 5},       {"MAY", 5},       {"JUNI", 6},
    {"JUNE", 6},      {"JUN", 6},      {"JULI", 7},      {"JULY", 7},      {"JUL", 7},
    {"AUGUSTUS", 8},  {"AUGUST", 8},   {"AUG", 8},       {"SEPTEMBER", 9}, {"SEPT", 9},
    {"SEP", 9},       {"OKTOBER", 10}, {"OCTOBER", 10},  {"OKT", 10},      {"OCT", 10},
    {"NOVEMBER", 11}, {"NOV", 11},     {"DECEMBER", 12}, {"DEC", 12},
};

/* The length of a month's name that ends there, or 0. */
static size_t month_at(const char *text, unsigned *month)
{
    for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
        if (text[0] != months[i].name[0]) {
            continue;
        }
        size_t size = strlen(months[i].name);
        if (strncmp(text, months[i].name, size) == 0 && !is_letter(text[size]) &&
            (unsigned char)text[size] < 0x80) {
            *month = months[i].month;
            return size;
        }
    }
    return 0;
}

static size_t gap_at(const char *text)
{
    size_t size = 0;
    while (size < 3 && text[size] != '\0' && strchr(" -./", text[size]) != NULL) {
        size++;
    }
    return size;
}

static bool is_year(const char *text, size_t digits)
{
    uint32_t year = value_of(text, digits);
    return digits == 4 && year >= 1900 && year < 2100;
}

/* The length of a year behind a date, with what stands between, or 0. */
static size_t year_at(const char *text)
{
    size_t gap = gap_at(text);
    size_t quote = text[gap] == '\'' ? 1 : 0;
    const char *digits = text + gap + quote;
    size_t count = digits_at(digits);
    bool year = gap > 0 && (count == 2 || is_year(digits, count)) && !in_word(digits[count]);
    return year ? gap + quote + count : 0;
}

/* The length of a time of day that a spreadsheet or a program puts behind a date, or 0. */
static size_t time_at(const char *text)
{
    static const char *const times[] = {" 00:00:00.000", "T00:00:00.000", " 00:00:00",
                                        "T00:00:00",     " 00:00",        "T00:00"};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        size_t size = strlen(times[i]);
        if (strncmp(text, times[i], size) == 0 && !in_word(text[size])) {
            return size;
        }
    }
    return 0;
}

/* "12-FEB", "12 FEBRUARI 2026". */
static size_t day_and_name(struct kp_number_date *date, const char *text)
{
    size_t digits = digits_at(text);
    date->day = value_of(text, digits);
    if (digits == 0 || digits > 2 || date->day < 1 || date->day > 31) {
        return 0;
    }
    size_t size = digits + gap_at(text + digits);
    size_t name = month_at(text + size, &date->month);
    if (name == 0) {
        return 0;
    }
    size += name;
    size_t year = year_at(text + size);
    date->month_first = false;
    return year == 0 && is_digit(text[size]) ? 0 : size + year;
}

/* "FEB-12"; "FEB-45" was 2-45. */
static size_t name_and_day(struct kp_number_date *date, const char *text)
{
    size_t size = month_at(text, &date->month);
    if (size == 0) {
        return 0;
    }
    size += gap_at(text + size);
    size_t digits = digits_at(text + size);
    date->day = value_of(text + size, digits);
    date->month_first = true;
    bool good = digits > 0 && digits <= 2 && date->day > 0 && !in_word(text[size + digits]);
    return good ? size + digits : 0;
}

/* "12-2-2026", "2026-02-12". */
static size_t three_numbers(struct kp_number_date *date, const char *text)
{
    size_t at[3];
    size_t count[3];
    size_t size = 0;
    for (size_t i = 0; i < 3; i++) {
        if (i > 0 && (text[size] == '\0' || strchr("-/.", text[size]) == NULL ||
                      text[size] != text[count[0]])) {
            return 0;
        }
        at[i] = i == 0 ? 0 : size + 1;
        count[i] = digits_at(text + at[i]);
        if (count[i] == 0) {
            return 0;
        }
        size = at[i] + count[i];
    }
    size_t year = is_year(text, count[0]) ? 0 : 2;
    size_t day = 2 - year;
    bool good = is_year(text + at[year], count[year]) && count[day] <= 2 && count[1] <= 2;
    date->day = value_of(text + at[day], count[day]);
    date->month = value_of(text + at[1], count[1]);
    date->month_first = false;
    if (date->month > 12) { /* as in the United States */
        unsigned swap = date->day;
        date->day = date->month;
        date->month = swap;
    }
    good = good && date->day >= 1 && date->day <= 31 && date->month >= 1 && date->month <= 12;
    if (!good) {
        return 0;
    }
    size += time_at(text + size);
    return in_word(text[size]) ? 0 : size;
}

bool kp_number_find_date(struct kp_number_date *date, const char *text)
{
    for (size_t at = 0; text[at] != '\0'; at++) {
        if (at > 0 && in_word(text[at - 1])) {
            continue;
        }
        if ((date->size = three_numbers(date, text + at)) > 0 ||
            (date->size = day_and_name(date, text + at)) > 0 ||
            (date->size = name_and_day(date, text + at)) > 0) {
            date->at = at;
            return true;
        }
    }
    return false;
}

bool kp_number_undate(char out[static KP_FOLDED_MAX], const char *text,
                      const struct kp_number_date *date, bool month_first)
{
    int size = snprintf(out, KP_FOLDED_MAX, "%.*s%u-%u%s", (int)date->at, text,
                        month_first ? date->month : date->day,
                        month_first ? date->day : date->month, text + date->at + date->size);
    return size > 0 && size < KP_FOLDED_MAX;
}

/* ---- Ranges ---------------------------------------------------------------------------------- */

/* The length of what joins two numbers, with the spaces around it, or 0. `whole`: it says that both
 * are meant, so that 12A and 12C are a range too. */
static size_t joint_at(const char *text, char before, bool *whole)
{
    static const char *const joints[] = {"TOT EN MET", "T/M", "T.M.", "TM", "TOT", "EN",
                                         "+",          "&",   "-",    "/",  ","};
    size_t space = text[0] == ' ' ? 1 : 0;
    for (size_t i = 0; i < sizeof(joints) / sizeof(joints[0]); i++) {
        size_t size = strlen(joints[i]);
        bool apart = !is_letter(joints[i][0]) || space > 0 || !is_letter(before);
        if (apart && strncmp(text + space, joints[i], size) == 0) {
            *whole = i < 8;
            size += space;
            size += text[size] == ' ' ? 1 : 0;
            return is_digit(text[size]) ? size : 0;
        }
    }
    return 0;
}

bool kp_range_read(struct kp_range *range, uint32_t number, const char *rest)
{
    range->count = 1;
    range->end[0].number = number;
    size_t used = 0;
    bool lettered = false;
    for (const char *at = rest;;) {
        bool whole = false;
        size_t joint = joint_at(at, at == rest ? '0' : at[-1], &whole);
        size_t digits = digits_at(at + joint);
        uint32_t next = value_of(at + joint, digits);
        uint32_t last = range->end[range->count - 1].number;
        bool rises = next > last || (whole && lettered && next == last);
        if (joint > 0 && rises && next <= KP_HOUSE_NUMBER_MAX) {
            range->end[range->count - 1].rest[used] = '\0';
            if (range->count == KP_RANGE_ENDS) {
                return false;
            }
            range->end[range->count++].number = next;
            used = 0;
            lettered = false;
            at += joint + digits;
            continue;
        }
        if (*at == '\0') {
            break;
        }
        if (used + 1 == sizeof(range->end[0].rest)) {
            return false;
        }
        lettered = lettered || in_word(*at);
        range->end[range->count - 1].rest[used++] = *at++;
    }
    range->end[range->count - 1].rest[used] = '\0';
    return range->count > 1;
}
