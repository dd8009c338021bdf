/* The keys of a draft about how keys are made of addresses. */
#include "proto/agreement.h"
#include "proto/commands/agreement_draft_values.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

enum kp_status kp_draft_read_key_scheme(void *field, size_t size, const char *value,
                                        struct kp_error *error)
{
    struct kp_agreement *agreement = field;
    char name[KP_KEY_SCHEME_NAME];
    (void)size;
    for (int scheme = KP_KEY_SCHEME_TEXT; scheme <= KP_KEY_SCHEME_BAG; scheme++) {
        agreement->key_scheme = (enum kp_key_scheme)scheme;
        agreement->key_scheme_version = KP_CANONICAL_VERSION;
        kp_agreement_scheme_text(name, agreement);
        if (strcmp(value, name) == 0) {
            return KP_OK;
        }
    }
    return kp_fail(error, KP_USAGE, "must be text-%d or bag-%d, the schemes of this build",
                   KP_CANONICAL_VERSION, KP_CANONICAL_VERSION);
}

static enum kp_status twice(const char *what, struct kp_error *error)
{
    return kp_fail(error, KP_USAGE, "the %s is given twice; leave one out", what);
}

enum kp_status kp_draft_read_register_date(void *field, size_t size, const char *value,
                                           struct kp_error *error)
{
    struct kp_agreement *agreement = field;
    uint32_t date = 0;
    (void)size;
    if (agreement->register_date != 0) {
        return twice("register's date", error);
    }
    size_t digits = 0;
    bool form = strlen(value) == 10 && value[4] == '-' && value[7] == '-';
    for (size_t i = 0; form && i < 10; i++) {
        if (value[i] >= '0' && value[i] <= '9') {
            date = date * 10 + (uint32_t)(value[i] - '0');
            digits++;
        }
    }
    if (!form || digits != 8 || !kp_agreement_is_date(date)) {
        return kp_fail(error, KP_USAGE, "must be a day that exists, such as 2027-06-30");
    }
    agreement->register_date = date;
    return KP_OK;
}

enum kp_status kp_draft_read_register_hash(void *field, size_t size, const char *value,
                                           struct kp_error *error)
{
    struct kp_agreement *agreement = field;
    (void)size;
    if (!sodium_is_zero(agreement->register_hash, sizeof(agreement->register_hash))) {
        return twice("register", error);
    }
    return kp_draft_read_hex(agreement->register_hash, sizeof(agreement->register_hash), value,
                             error);
}

enum kp_status kp_draft_read_words_hash(void *field, size_t size, const char *value,
                                        struct kp_error *error)
{
    struct kp_agreement *agreement = field;
    (void)size;
    if (!sodium_is_zero(agreement->words_hash, sizeof(agreement->words_hash))) {
        return twice("table of words", error);
    }
    return kp_draft_read_hex(agreement->words_hash, sizeof(agreement->words_hash), value, error);
}

enum kp_status kp_draft_finish_scheme(struct kp_agreement *agreement, struct kp_error *error)
{
    static const uint8_t built_in[KP_DIGEST_BYTES] = {1};
    (void)error;
    if (sodium_is_zero(agreement->words_hash, sizeof(agreement->words_hash))) {
        memcpy(agreement->words_hash, built_in, sizeof(built_in));
    }
    return KP_OK;
}
