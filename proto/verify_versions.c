/* The agreement's versions and the decisions about them, as the other rules need them: which
 * version is meant by a hash, and what was decided about it by when. Whether the papers themselves
 * are right is proto/verify_agreement.h's to say. */
#include "proto/verify_internal.h"

#include <stdlib.h>
#include <string.h>

static enum kp_status add_version(struct kp_verify_versions *versions, const uint8_t *bytes,
                                  size_t size, struct kp_error *error)
{
    uint8_t hash[KP_DIGEST_BYTES];
    kp_verify_version_hash(hash, bytes, size); /* computed here, and not believed from there */
    if (kp_verify_versions_find(versions, hash) != NULL) {
        return KP_OK;
    }
    if (versions->count == KP_VERIFY_VERSIONS_MAX) {
        return kp_fail(error, KP_REFUSED, "more than %u versions of the agreement",
                       KP_VERIFY_VERSIONS_MAX);
    }
    struct kp_agreement **next = &versions->version[versions->count];
    enum kp_status status = kp_agreement_parse(next, bytes, size, error);
    if (status != KP_OK) {
        *next = NULL;
        return status;
    }
    versions->count++;
    memcpy((*next)->hash, hash, sizeof(hash));
    if ((*next)->version == 1) {
        memcpy((*next)->lineage, hash, sizeof(hash));
    }
    return KP_OK;
}

static enum kp_status add_decision(struct kp_verify_versions *versions, const uint8_t *bytes,
                                   size_t size, struct kp_error *error)
{
    if (versions->decision_count == KP_VERIFY_DECISIONS_MAX) {
        return kp_fail(error, KP_REFUSED, "more than %u decisions", KP_VERIFY_DECISIONS_MAX);
    }
    struct kp_decision *more =
        realloc(versions->decisions, (versions->decision_count + 1) * sizeof(*more));
    if (more == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for decisions");
    }
    versions->decisions = more;
    enum kp_status status = kp_decision_unpack(&more[versions->decision_count], bytes, size, error);
    versions->decision_count += status == KP_OK ? 1 : 0;
    return status;
}

enum kp_status kp_verify_versions_add(struct kp_verify_versions *versions, const uint8_t *bytes,
                                      size_t size, struct kp_error *error)
{
    return kp_decision_is(bytes, size) ? add_decision(versions, bytes, size, error)
                                       : add_version(versions, bytes, size, error);
}

void kp_verify_versions_free(struct kp_verify_versions *versions)
{
    for (size_t i = 0; i < versions->count; i++) {
        kp_agreement_free(versions->version[i]);
    }
    free(versions->decisions);
    memset(versions, 0, sizeof(*versions));
}

const struct kp_agreement *kp_verify_versions_find(const struct kp_verify_versions *versions,
                                                   const uint8_t hash[static KP_DIGEST_BYTES])
{
    for (size_t i = 0; i < versions->count; i++) {
        if (memcmp(versions->version[i]->hash, hash, KP_DIGEST_BYTES) == 0) {
            return versions->version[i];
        }
    }
    return NULL;
}

const uint8_t *kp_verify_lineage(const struct kp_verify_versions *versions)
{
    for (size_t i = 0; i < versions->count; i++) {
        if (versions->version[i]->version == 1) {
            return versions->version[i]->hash;
        }
    }
    return NULL;
}

/* ---- decisions ---- */

/* Section 5: with the officer's key in the version before; in the first version, its own. A
 * revocation counts with the version's own key as well. */
static bool is_signed(const struct kp_verify_versions *versions, const struct kp_agreement *version,
                      const struct kp_decision *decision)
{
    const struct kp_agreement *before = kp_verify_versions_find(versions, version->previous);
    const struct kp_agreement *keys = version->version == 1 ? version : before;
    uint32_t i = decision->member - 1;
    uint8_t digest[KP_DIGEST_BYTES];
    kp_verify_decision_digest(digest, decision);
    if (keys != NULL && i < keys->member_count &&
        kp_sign_check(decision->signature, keys->members[i].officer_key, "agreement decision",
                      digest, sizeof(digest)) == KP_OK) {
        return true;
    }
    return decision->kind == KP_DECISION_REVOKE && i < version->member_count &&
           kp_sign_check(decision->signature, version->members[i].officer_key, "agreement decision",
                         digest, sizeof(digest)) == KP_OK;
}

bool kp_verify_accepted(const struct kp_verify_versions *versions,
                        const struct kp_agreement *version, uint32_t member, bool counting,
                        uint64_t until)
{
    for (size_t i = 0; i < versions->decision_count; i++) {
        const struct kp_decision *decision = &versions->decisions[i];
        if (decision->member == member &&
            (decision->kind == KP_DECISION_ACCEPT ||
             (counting && decision->kind == KP_DECISION_COUNT)) &&
            decision->time <= until &&
            memcmp(decision->agreement, version->hash, KP_DIGEST_BYTES) == 0 &&
            is_signed(versions, version, decision)) {
            return true;
        }
    }
    return false;
}

bool kp_verify_counts(const struct kp_agreement *version, uint64_t counter)
{
    return counter == 1 && version->count_first == 1;
}

uint32_t kp_verify_stopped(const struct kp_verify_versions *versions,
                           const struct kp_agreement *version, uint64_t until)
{
    for (size_t i = 0; i < versions->decision_count; i++) {
        const struct kp_decision *decision = &versions->decisions[i];
        const struct kp_agreement *about = kp_verify_versions_find(versions, decision->agreement);
        bool stops = decision->kind == KP_DECISION_REVOKE ||
                     (decision->kind == KP_DECISION_REFUSE && about == version);
        if (about != NULL && stops && decision->time <= until &&
            about->version <= version->version && is_signed(versions, about, decision)) {
            return decision->member;
        }
    }
    return 0;
}
