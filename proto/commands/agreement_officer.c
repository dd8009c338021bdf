#include "proto/commands/agreement_officer.h"

#include "crypto/secret.h"
#include "proto/config.h"
#include "proto/key_file.h"

#include <string.h>

#define WARN_PERCENT 50

static enum kp_status read_key(struct kp_officer *officer, struct kp_error *error)
{
    uint8_t *seed = NULL;
    enum kp_status status = kp_key_read(officer->key_path, KP_KEY_OFFICER, &seed, error);
    if (status != KP_OK) {
        return status;
    }
    officer->secret_key = kp_secret_new(KP_SIGN_SECRET_BYTES);
    if (officer->secret_key != NULL) {
        kp_sign_keypair(officer->public_key, officer->secret_key, seed);
    }
    kp_secret_free(seed);
    return officer->secret_key != NULL
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no locked memory for the officer's key");
}

enum kp_status kp_officer_config_read(struct kp_officer *officer, const char *path,
                                      struct kp_error *error)
{
    *officer = (struct kp_officer){.warn_percent = WARN_PERCENT};
    const struct kp_config_key keys[] = {
        {"officer", "name", KP_CONFIG_TEXT, officer->name, true, 0, 0},
        {"officer", "officer_key", KP_CONFIG_PATH, officer->key_path, true, 0, 0},
        {"officer", "agreements", KP_CONFIG_PATH, officer->agreements, false, 0, 0},
        {"officer", "warn_percent", KP_CONFIG_NUMBER, &officer->warn_percent, false, 0, 100},
        {"officer", "test_mode", KP_CONFIG_FLAG, &officer->test_mode, false, 0, 0},
    };
    return kp_config_read(path, keys, sizeof(keys) / sizeof(keys[0]), error);
}

enum kp_status kp_officer_read(struct kp_officer *officer, const char *path, struct kp_error *error)
{
    enum kp_status status = kp_officer_config_read(officer, path, error);
    return status == KP_OK ? read_key(officer, error) : status;
}

void kp_officer_free(struct kp_officer *officer)
{
    kp_secret_free(officer->secret_key);
    officer->secret_key = NULL;
}

static bool has_key(const struct kp_agreement *agreement, uint32_t number,
                    const struct kp_officer *officer)
{
    return agreement != NULL && number <= agreement->member_count &&
           memcmp(agreement->members[number - 1].officer_key, officer->public_key,
                  KP_SIGN_PUBLIC_BYTES) == 0;
}

enum kp_status kp_officer_member(const struct kp_officer *officer,
                                 const struct kp_agreement *agreement,
                                 const struct kp_agreement *previous, enum kp_decision_kind kind,
                                 uint32_t *number, struct kp_error *error)
{
    *number = kp_agreement_member_by_name(agreement, officer->name);
    if (*number == 0) {
        return kp_fail(error, KP_REFUSED,
                       "the agreement has no member %s; `name` in the configuration is the short "
                       "name that the organisation has in agreements",
                       officer->name);
    }
    bool before = has_key(previous, *number, officer);
    bool here = has_key(agreement, *number, officer);
    bool allowed = kind == KP_DECISION_REVOKE ? before || here : previous != NULL ? before : here;
    if (allowed) {
        return KP_OK;
    }
    return kp_fail(error, KP_REFUSED,
                   "%s has another officer's key than %s in %s; a decision with it would count for "
                   "nothing",
                   officer->name, officer->key_path,
                   previous != NULL ? "the version before" : "the agreement");
}
