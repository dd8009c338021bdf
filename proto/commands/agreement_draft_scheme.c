/* The keys of a draft about how keys are made of addresses. */
#include "proto/address/register.h"
#include "proto/address/words.h"
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

/* The words of a file, or those that are built in. */
static enum kp_status take_words(struct kp_agreement *agreement, const char *path,
                                 struct kp_error *error)
{
    struct kp_words *words = NULL;
    enum kp_status status = kp_words_open(&words, path, error);
    if (status == KP_OK) {
        kp_words_hash(agreement->words_hash, words);
    }
    kp_words_close(words);
    return status;
}

enum kp_status kp_draft_read_words(void *field, size_t size, const char *value,
                                   struct kp_error *error)
{
    struct kp_agreement *agreement = field;
    (void)size;
    if (!sodium_is_zero(agreement->words_hash, sizeof(agreement->words_hash))) {
        return twice("table of words", error);
    }
    return take_words(agreement, value, error);
}

enum kp_status kp_draft_read_register(void *field, size_t size, const char *value,
                                      struct kp_error *error)
{
    struct kp_agreement *agreement = field;
    struct kp_register *reg = NULL;
    (void)size;
    if (agreement->register_date != 0 ||
        !sodium_is_zero(agreement->register_hash, sizeof(agreement->register_hash))) {
        return twice("register", error);
    }
    enum kp_status status = kp_register_open(&reg, value, NULL, error);
    if (status == KP_OK) {
        const struct kp_register_info *info = kp_register_info(reg);
        agreement->register_date = info->date;
        memcpy(agreement->register_hash, info->hash, sizeof(agreement->register_hash));
    }
    kp_register_close(reg);
    return status;
}

enum kp_status kp_draft_finish_scheme(struct kp_agreement *agreement, struct kp_error *error)
{
    return sodium_is_zero(agreement->words_hash, sizeof(agreement->words_hash))
               ? take_words(agreement, NULL, error)
               : KP_OK;
}
