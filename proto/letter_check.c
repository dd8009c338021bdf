/* Apart from its callers, so that a test can link it away (tests/attack). */
#include "proto/letter.h"

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
