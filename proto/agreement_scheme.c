/* What the agreement says about how keys are made of addresses. */
#include "proto/agreement.h"
#include "proto/agreement_check.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void kp_agreement_scheme_text(char out[static KP_KEY_SCHEME_NAME],
                              const struct kp_agreement *agreement)
{
    snprintf(out, KP_KEY_SCHEME_NAME, "%s-%" PRIu32,
             agreement->key_scheme == KP_KEY_SCHEME_BAG ? "bag" : "text",
             agreement->key_scheme_version);
}

struct kp_canonicalisation kp_agreement_canonicalisation(const struct kp_agreement *agreement)
{
    struct kp_canonicalisation made = {.scheme = agreement->key_scheme,
                                       .version = agreement->key_scheme_version,
                                       .register_date = agreement->register_date};
    memcpy(made.register_hash, agreement->register_hash, sizeof(made.register_hash));
    memcpy(made.words_hash, agreement->words_hash, sizeof(made.words_hash));
    return made;
}

static const char *scheme_name(enum kp_key_scheme scheme)
{
    return scheme == KP_KEY_SCHEME_BAG ? "bag" : "text";
}

enum kp_status kp_agreement_check_canonicalisation(const struct kp_canonicalisation *agreed,
                                                   const struct kp_canonicalisation *used,
                                                   struct kp_error *error)
{
    if (agreed->scheme != used->scheme || agreed->version != used->version) {
        return kp_fail(error, KP_REFUSED,
                       "the agreement makes keys by %s-%" PRIu32 ", and these were made by "
                       "%s-%" PRIu32 "; use the version of Kruispunt that the node runs",
                       scheme_name(agreed->scheme), agreed->version, scheme_name(used->scheme),
                       used->version);
    }
    if (memcmp(agreed->register_hash, used->register_hash, sizeof(used->register_hash)) != 0) {
        char date[KP_REGISTER_DATE_TEXT], hex[17];
        kp_agreement_date_text(date, agreed->register_date);
        sodium_bin2hex(hex, sizeof(hex), agreed->register_hash, 8);
        return kp_fail(error, KP_REFUSED,
                       "the agreement's register is that of %s with hash %s..., and another was "
                       "used; load it with `kruispunt bag import`",
                       date, hex);
    }
    if (memcmp(agreed->words_hash, used->words_hash, sizeof(used->words_hash)) != 0) {
        char hex[17];
        sodium_bin2hex(hex, sizeof(hex), agreed->words_hash, 8);
        return kp_fail(error, KP_REFUSED,
                       "the agreement's table of words has hash %s..., and another was used; give "
                       "the agreed one with --words FILE, or `words` in the configuration",
                       hex);
    }
    return KP_OK;
}

void kp_agreement_date_text(char out[static KP_REGISTER_DATE_TEXT], uint32_t date)
{
    snprintf(out, KP_REGISTER_DATE_TEXT, "%04" PRIu32 "-%02" PRIu32 "-%02" PRIu32, date / 10000,
             date / 100 % 100, date % 100);
}

bool kp_agreement_is_date(uint32_t date)
{
    struct tm parts = {.tm_year = (int)(date / 10000) - 1900,
                       .tm_mon = (int)(date / 100 % 100) - 1,
                       .tm_mday = (int)(date % 100)};
    struct tm given = parts;
    /* timegm takes 30 February for 2 March */
    return date >= 20000101 && date <= 99991231 && timegm(&parts) > 0 &&
           parts.tm_year == given.tm_year && parts.tm_mon == given.tm_mon &&
           parts.tm_mday == given.tm_mday;
}

/* Keys of objects tell four digits of a postcode only. */
static enum kp_status check_area_of_register(const struct kp_agreement *agreement,
                                             struct kp_error *error)
{
    for (size_t i = 0; i < agreement->postcode_count; i++) {
        if (strlen(agreement->postcodes[i]) != 4) {
            return kp_fail(error, KP_REFUSED,
                           "postcodes, number %zu: with key_scheme bag an area is made of four "
                           "digits, such as 1234, for that is what the key of an object tells",
                           i + 1);
        }
    }
    return KP_OK;
}

static enum kp_status check_register(const struct kp_agreement *agreement, struct kp_error *error)
{
    bool bag = agreement->key_scheme == KP_KEY_SCHEME_BAG;
    bool has_hash = !sodium_is_zero(agreement->register_hash, sizeof(agreement->register_hash));
    if (!bag && (agreement->register_date != 0 || has_hash)) {
        return kp_fail(error, KP_REFUSED,
                       "register_date and register_hash belong to key_scheme bag; with text no "
                       "register is used");
    }
    if (bag && !kp_agreement_is_date(agreement->register_date)) {
        return kp_fail(error, KP_REFUSED,
                       "register_date is %u; it must be the day of the register, as yyyymmdd",
                       agreement->register_date);
    }
    if (bag && !has_hash) {
        return kp_fail(error, KP_REFUSED,
                       "register_hash is missing: all members must use one register");
    }
    return bag ? check_area_of_register(agreement, error) : KP_OK;
}

enum kp_status kp_agreement_check_scheme(const struct kp_agreement *agreement,
                                         struct kp_error *error)
{
    if ((agreement->key_scheme != KP_KEY_SCHEME_TEXT &&
         agreement->key_scheme != KP_KEY_SCHEME_BAG) ||
        agreement->key_scheme_version != KP_CANONICAL_VERSION) {
        return kp_fail(error, KP_REFUSED,
                       "key_scheme must be text-%d or bag-%d, the only ones that this build knows",
                       KP_CANONICAL_VERSION, KP_CANONICAL_VERSION);
    }
    if (sodium_is_zero(agreement->words_hash, sizeof(agreement->words_hash))) {
        return kp_fail(error, KP_REFUSED,
                       "words_hash is missing: all members must use the same word tables");
    }
    return check_register(agreement, error);
}
