/* Apart from its callers, so that a test can link it away (tests/attack). */
#include "proto/audit_log.h"
#include "proto/letter.h"

#include <string.h>

enum kp_status kp_letter_check_opened(const struct kp_opened_letter *opened,
                                      const struct kp_agreement *agreement, struct kp_error *error)
{
    uint8_t digest[KP_DIGEST_BYTES];
    const uint8_t *key = kp_agreement_identity_key(agreement, opened->from);
    kp_letter_digest(digest, agreement->lineage, opened);
    if (key == NULL ||
        kp_sign_check(opened->signature, key, KP_LETTER_PURPOSE, digest, sizeof(digest)) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "%s isn't signed by party %u, from whom it should be",
                       kp_letter_type_name(opened->type), opened->from);
    }
    return KP_OK;
}

enum kp_status kp_letter_check_sealed(const struct kp_letter *letter,
                                      const struct kp_agreement *agreement, struct kp_error *error)
{
    uint8_t digest[KP_DIGEST_BYTES];
    const uint8_t *key = kp_agreement_identity_key(agreement, letter->from);
    kp_letter_sealed_digest(digest, agreement->lineage, letter);
    if (key == NULL || kp_sign_check(letter->signature, key, KP_LETTER_SEALED_PURPOSE, digest,
                                     sizeof(digest)) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "%s isn't signed, as it is sealed, by party %u",
                       kp_letter_type_name(letter->type), letter->from);
    }
    return KP_OK;
}

enum kp_status kp_letter_check_act(const struct kp_letter *letter,
                                   const struct kp_agreement *agreement, struct kp_error *error)
{
    struct kp_audit_entry entry;
    uint8_t hash[KP_DIGEST_BYTES];
    const uint8_t *key = kp_agreement_identity_key(agreement, letter->from);
    if (letter->type != KP_LETTER_PARTIAL_OPENINGS) {
        return KP_OK;
    }
    enum kp_status status =
        kp_audit_entry_unpack(&entry, letter->act.data, letter->act.size, error);
    if (status != KP_OK) {
        return status;
    }
    if (entry.party != letter->from || entry.event != KP_AUDIT_PARTIALS_GIVEN ||
        memcmp(entry.lineage, agreement->lineage, KP_DIGEST_BYTES) != 0 || !entry.has_attempt ||
        memcmp(entry.attempt, letter->subject, KP_ATTEMPT_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "partial openings of party %u come with a log entry about something else",
                       letter->from);
    }
    status = kp_audit_entry_hash(hash, &entry);
    if (status != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for a log entry");
    }
    return key != NULL && kp_audit_entry_check(&entry, hash, key) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_REFUSED, "the log entry beside partial openings isn't signed");
}
