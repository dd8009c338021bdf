#include "proto/commands/agreement_draft_values.h"

#include "proto/agreement.h"
#include "proto/agreement_check.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_SECONDS 86400u

enum kp_status kp_draft_read_text(void *field, size_t size, const char *value,
                                  struct kp_error *error)
{
    size_t length = strlen(value);
    if (length == 0 || length >= size) {
        return kp_fail(error, KP_USAGE, "has %zu bytes; it must have 1 to %zu", length, size - 1);
    }
    memcpy(field, value, length + 1);
    return KP_OK;
}

enum kp_status kp_draft_read_hex(void *field, size_t size, const char *value,
                                 struct kp_error *error)
{
    size_t decoded = 0;
    if (strlen(value) != 2 * size || strspn(value, "0123456789abcdef") != 2 * size ||
        sodium_hex2bin(field, size, value, 2 * size, NULL, &decoded, NULL) != 0) {
        return kp_fail(error, KP_USAGE, "must be %zu hex digits, with small letters", 2 * size);
    }
    return KP_OK;
}

/* The digits at the front; *rest is what follows them. */
static bool read_digits(uint32_t *number, const char *value, const char **rest)
{
    size_t digits = strspn(value, "0123456789");
    uint64_t sum = 0;
    for (size_t i = 0; i < digits && sum <= UINT32_MAX; i++) {
        sum = sum * 10 + (uint64_t)(value[i] - '0');
    }
    *number = (uint32_t)sum;
    *rest = value + digits;
    return digits > 0 && sum <= UINT32_MAX;
}

enum kp_status kp_draft_read_number(void *field, size_t size, const char *value,
                                    struct kp_error *error)
{
    uint32_t number = 0;
    const char *rest = NULL;
    if (!read_digits(&number, value, &rest) || *rest != '\0') {
        return kp_fail(error, KP_USAGE, "must be a number of digits only, at most %u", UINT32_MAX);
    }
    memcpy(field, &number, size);
    return KP_OK;
}

enum kp_status kp_draft_read_yes_no(void *field, size_t size, const char *value,
                                    struct kp_error *error)
{
    uint32_t yes = strcmp(value, "yes") == 0 ? 1 : 0;
    if (yes == 0 && strcmp(value, "no") != 0) {
        return kp_fail(error, KP_USAGE, "must be yes or no");
    }
    memcpy(field, &yes, size);
    return KP_OK;
}

enum kp_status kp_draft_read_category(void *field, size_t size, const char *value,
                                      struct kp_error *error)
{
    enum kp_category category =
        strcmp(value, "enforcement") == 0 ? KP_CATEGORY_ENFORCEMENT : KP_CATEGORY_CARE;
    if (category == KP_CATEGORY_CARE && strcmp(value, "care") != 0) {
        return kp_fail(error, KP_USAGE, "must be enforcement or care, never both");
    }
    memcpy(field, &category, size);
    return KP_OK;
}

enum kp_status kp_draft_read_role(void *field, size_t size, const char *value,
                                  struct kp_error *error)
{
    enum kp_role role =
        strcmp(value, "contributes") == 0 ? KP_ROLE_CONTRIBUTES : KP_ROLE_ON_REQUEST;
    if (role == KP_ROLE_ON_REQUEST && strcmp(value, "on request") != 0) {
        return kp_fail(error, KP_USAGE, "must be contributes, or on request");
    }
    memcpy(field, &role, size);
    return KP_OK;
}

/* 600, 600s, 90m, 12h, 14d */
enum kp_status kp_draft_read_interval(void *field, size_t size, const char *value,
                                      struct kp_error *error)
{
    static const struct {
        const char *suffix;
        uint32_t seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", DAY_SECONDS}};
    uint32_t number = 0;
    const char *rest = NULL;
    bool read = read_digits(&number, value, &rest);
    for (size_t i = 0; read && i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(rest, units[i].suffix) == 0 && number <= UINT32_MAX / units[i].seconds) {
            number *= units[i].seconds;
            memcpy(field, &number, size);
            return KP_OK;
        }
    }
    return kp_fail(error, KP_USAGE, "must be a time such as 600s, 90m, 12h or 14d");
}

/* Calls `take` for each word between spaces and commas. */
static enum kp_status each_word(const char *value,
                                enum kp_status (*take)(void *context, const char *word, size_t size,
                                                       struct kp_error *error),
                                void *context, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (value += strspn(value, " \t,"); status == KP_OK && *value != '\0';
         value += strspn(value, " \t,")) {
        size_t length = strcspn(value, " \t,");
        status = take(context, value, length, error);
        value += length;
    }
    return status;
}

static enum kp_status take_disclosure(void *context, const char *word, size_t size,
                                      struct kp_error *error)
{
    static const struct {
        const char *word;
        uint32_t bit;
    } known[] = {{"indicators", KP_DISCLOSE_INDICATORS},
                 {"grounds", KP_DISCLOSE_GROUNDS},
                 {"observed_on", KP_DISCLOSE_OBSERVED_ON},
                 {"nothing", 0}};
    uint32_t *bits = context;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strlen(known[i].word) == size && memcmp(known[i].word, word, size) == 0) {
            *bits |= known[i].bit;
            return KP_OK;
        }
    }
    return kp_fail(error, KP_USAGE, "must be some of indicators, grounds, observed_on; or nothing");
}

enum kp_status kp_draft_read_discloses(void *field, size_t size, const char *value,
                                       struct kp_error *error)
{
    uint32_t bits = 0;
    enum kp_status status = each_word(value, take_disclosure, &bits, error);
    memcpy(field, &bits, size);
    return status;
}

static enum kp_status take_postcode(void *context, const char *word, size_t size,
                                    struct kp_error *error)
{
    struct kp_agreement *agreement = context;
    char postcode[7] = "";
    if (size < sizeof(postcode)) {
        memcpy(postcode, word, size);
    }
    if (!kp_agreement_is_postcode(postcode)) {
        return kp_fail(error, KP_USAGE,
                       "must be postcodes such as 1234AB (capitals, no space inside), or 1234 for "
                       "all its letters; '%.*s' is none",
                       (int)(size < 20 ? size : 20), word);
    }
    if (agreement->postcode_count == KP_POSTCODES_MAX) {
        return kp_fail(error, KP_USAGE, "are more than %u; name whole areas, such as 1234",
                       KP_POSTCODES_MAX);
    }
    memcpy(agreement->postcodes[agreement->postcode_count++], postcode, sizeof(postcode));
    return KP_OK;
}

enum kp_status kp_draft_read_postcodes(void *field, size_t size, const char *value,
                                       struct kp_error *error)
{
    struct kp_agreement *agreement = field;
    (void)size;
    if (agreement->postcodes == NULL &&
        (agreement->postcodes = calloc(KP_POSTCODES_MAX, sizeof(*agreement->postcodes))) == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for them");
    }
    return each_word(value, take_postcode, agreement, error);
}

/* Whether text looks like the pattern, in which 0 stands for any digit. */
static bool looks_like(const char *text, const char *pattern)
{
    for (; *pattern != '\0'; text++, pattern++) {
        if (*pattern == '0' ? *text < '0' || *text > '9' : *text != *pattern) {
            return false;
        }
    }
    return *text == '\0';
}

/* 2027-06-30, or a moment of that day: 2027-06-30T12:00:00Z. *whole_day tells which. */
static bool read_moment(uint64_t *seconds, bool *whole_day, const char *value)
{
    struct tm parts = {0};
    *whole_day = looks_like(value, "0000-00-00");
    if (!*whole_day && !looks_like(value, "0000-00-00T00:00:00Z")) {
        return false;
    }
    const char *end = strptime(value, *whole_day ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%SZ", &parts);
    struct tm given = parts;
    time_t moment = end == NULL ? -1 : timegm(&parts);
    if (moment <= 0 || parts.tm_mday != given.tm_mday || parts.tm_sec != given.tm_sec) {
        return false; /* such as 30 February, which timegm takes for 2 March */
    }
    *seconds = (uint64_t)moment;
    return true;
}

static enum kp_status read_time(uint64_t *seconds, uint64_t add_to_day, const char *value,
                                struct kp_error *error)
{
    bool whole_day = false;
    if (!read_moment(seconds, &whole_day, value)) {
        return kp_fail(error, KP_USAGE,
                       "must be a day that exists, such as 2027-06-30, or a moment such as "
                       "2027-06-30T12:00:00Z");
    }
    *seconds += whole_day ? add_to_day : 0;
    return KP_OK;
}

enum kp_status kp_draft_read_start(void *field, size_t size, const char *value,
                                   struct kp_error *error)
{
    (void)size;
    return read_time(field, 0, value, error);
}

/* The last day belongs to the term. */
enum kp_status kp_draft_read_end(void *field, size_t size, const char *value,
                                 struct kp_error *error)
{
    (void)size;
    return read_time(field, DAY_SECONDS, value, error);
}
