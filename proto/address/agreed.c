#include "proto/address/agreed.h"

#include "proto/address/street.h"

#include <sodium.h>
#include <string.h>

/* An agreement has the first of them only. Whoever raises the second raises the first too: or
 * members with two builds would make two keys of one spelling, and nobody would see it. */
_Static_assert(KP_CANONICAL_VERSION == 2 && KP_STREET_VERSION == 3,
               "rules of streets are part of the canonicalisation: raise both versions");

static bool is_given(const char *path)
{
    return path != NULL && path[0] != '\0';
}

static enum kp_status open_register(struct kp_register **reg,
                                    const struct kp_canonicalisation *agreed, const char *bag,
                                    struct kp_error *error)
{
    enum kp_status status = kp_register_open(reg, is_given(bag) ? bag : KP_REGISTER_DEFAULT,
                                             agreed->register_hash, error);
    if (status == KP_OK) {
        return KP_OK;
    }
    char date[KP_REGISTER_DATE_TEXT], hex[17];
    kp_agreement_date_text(date, agreed->register_date);
    sodium_bin2hex(hex, sizeof(hex), agreed->register_hash, 8);
    *reg = NULL;
    return kp_fail_in(error, "the agreement's register, of %s with hash %s...", date, hex);
}

enum kp_status kp_agreed_register(struct kp_register **reg,
                                  const struct kp_canonicalisation *agreed, const char *bag,
                                  struct kp_error *error)
{
    struct kp_error unheard = {0}; /* what others may have: nothing is wrong when it isn't here */
    *reg = NULL;
    if (agreed->scheme != KP_KEY_SCHEME_BAG) {
        return KP_OK;
    }
    if (is_given(bag)) {
        return open_register(reg, agreed, bag, error);
    }
    (void)!open_register(reg, agreed, NULL, &unheard);
    return KP_OK;
}

static enum kp_status finish(struct kp_agreed *out, const char *words, struct kp_error *error)
{
    enum kp_status status = kp_words_open(&out->words, is_given(words) ? words : NULL, error);
    if (status == KP_OK) {
        kp_words_hash(out->made_by.words_hash, out->words);
        status = kp_resolver_new(&out->resolver, out->reg, out->words, error);
    }
    out->made_by.version = KP_CANONICAL_VERSION;
    out->made_by.scheme = out->reg != NULL ? KP_KEY_SCHEME_BAG : KP_KEY_SCHEME_TEXT;
    if (status == KP_OK && out->reg != NULL) {
        const struct kp_register_info *info = kp_register_info(out->reg);
        out->made_by.register_date = info->date;
        memcpy(out->made_by.register_hash, info->hash, sizeof(out->made_by.register_hash));
    }
    return status;
}

enum kp_status kp_agreed_open(struct kp_agreed *out, const struct kp_canonicalisation *agreed,
                              const char *bag, const char *words, struct kp_error *error)
{
    memset(out, 0, sizeof(*out));
    enum kp_status status =
        agreed->scheme == KP_KEY_SCHEME_BAG ? open_register(&out->reg, agreed, bag, error) : KP_OK;
    if (status == KP_OK) {
        status = finish(out, words, error);
    }
    return status == KP_OK ? kp_agreement_check_canonicalisation(agreed, &out->made_by, error)
                           : status;
}

enum kp_status kp_agreed_open_any(struct kp_agreed *out, const char *bag, const char *words,
                                  struct kp_error *error)
{
    memset(out, 0, sizeof(*out));
    enum kp_status status = is_given(bag) ? kp_register_open(&out->reg, bag, NULL, error) : KP_OK;
    return status == KP_OK ? finish(out, words, error) : status;
}

void kp_agreed_close(struct kp_agreed *agreed)
{
    kp_resolver_free(agreed->resolver);
    kp_words_close(agreed->words);
    kp_register_close(agreed->reg);
    memset(agreed, 0, sizeof(*agreed));
}
