/* What a log must hold to, a function each: called from proto/verify_log.c only, so that a test can
 * link one away. */
#include "proto/verify_internal.h"

#include <string.h>

/* The party's identity key in one version; NULL: it has none. */
const uint8_t *kp_verify_log_key(const struct kp_agreement *version, uint32_t party)
{
    return kp_agreement_identity_key(version, party);
}

enum kp_status kp_verify_log_check_signature(const struct kp_verify_versions *versions,
                                             const struct kp_audit_entry *entry,
                                             const uint8_t hash[static KP_DIGEST_BYTES])
{
    for (size_t i = 0; i < versions->count; i++) {
        const uint8_t *key = kp_verify_log_key(versions->version[i], entry->party);
        if (key != NULL &&
            kp_sign_check(entry->signature, key, "log entry", hash, KP_DIGEST_BYTES) == KP_OK) {
            return KP_OK;
        }
    }
    return KP_REFUSED;
}

static enum kp_status holds(bool condition)
{
    return condition ? KP_OK : KP_REFUSED;
}

enum kp_status kp_verify_log_check_bridge(const struct kp_audit_entry *entry,
                                          const struct kp_audit_head *head)
{
    static const uint8_t nothing[KP_DIGEST_BYTES];
    return holds(entry->sequence > head->sequence && entry->count == head->sequence &&
                 memcmp(entry->has_digest ? entry->digest : nothing, head->hash, KP_DIGEST_BYTES) ==
                     0);
}

enum kp_status kp_verify_log_check_sequence(const struct kp_audit_entry *entry,
                                            const struct kp_audit_head *head)
{
    return holds(entry->sequence == head->sequence + 1);
}

enum kp_status kp_verify_log_check_chain(const struct kp_audit_entry *entry,
                                         const struct kp_audit_head *head)
{
    return holds(memcmp(entry->previous, head->hash, KP_DIGEST_BYTES) == 0);
}

enum kp_status kp_verify_log_check_end(const struct kp_export_header *header,
                                       const struct kp_audit_head *head)
{
    return holds(header->has_digest == (head->sequence > 0) &&
                 (head->sequence == 0 || memcmp(header->digest, head->hash, KP_DIGEST_BYTES) == 0));
}
