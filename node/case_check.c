#include "node/case_check.h"

#include "proto/record.h"

#include <string.h>

enum kp_status kp_case_check_evidence(const struct kp_buffer *evidence,
                                      const struct kp_dossier *dossier,
                                      struct kp_verify_versions *versions,
                                      struct kp_evidence_says *says, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    memset(versions, 0, sizeof(*versions));
    memset(says, 0, sizeof(*says));
    for (size_t i = 0; status == KP_OK && i < kp_dossier_count(dossier); i++) {
        const struct kp_paper *paper = kp_dossier_paper(dossier, i);
        status = kp_verify_versions_add(versions, paper->bytes, paper->size, error);
    }
    return status == KP_OK
               ? kp_verify_evidence_bytes(evidence->data, evidence->size, versions, says, error)
               : status;
}

enum kp_status kp_case_check_version(const struct kp_evidence_says *says,
                                     const struct kp_dossier *dossier, struct kp_error *error)
{
    for (const struct kp_agreement *version = kp_dossier_current(dossier); version != NULL;
         version = kp_dossier_before(dossier, version)) {
        if (memcmp(version->hash, says->agreement->hash, KP_DIGEST_BYTES) == 0) {
            return KP_OK;
        }
    }
    return kp_fail(error, KP_REFUSED, "the evidence is of a version that was never in force here");
}

enum kp_status kp_case_check_members(const struct kp_evidence_says *says, struct kp_error *error)
{
    if (kp_key_is_canary(says->address_key)) {
        return kp_fail(error, KP_REFUSED, "the evidence is about no address");
    }
    if (says->member_count < says->agreement->threshold) {
        return kp_fail(error, KP_REFUSED, "the evidence shows %u members; it takes %u",
                       says->member_count, says->agreement->threshold);
    }
    return KP_OK;
}

static bool holds(const struct kp_evidence_says *says, uint32_t member)
{
    for (uint32_t i = 0; i < says->member_count; i++) {
        if (says->members[i].member == member) {
            return true;
        }
    }
    return false;
}

enum kp_status kp_case_check_question(const struct kp_evidence_says *says,
                                      enum kp_case_question question, uint32_t own,
                                      struct kp_error *error)
{
    if (question == KP_CASE_STILL_CURRENT && !holds(says, own)) {
        return kp_fail(error, KP_REFUSED, "asked about signals that aren't this member's");
    }
    if (question == KP_CASE_INTEREST &&
        says->agreement->members[own - 1].role != KP_ROLE_ON_REQUEST) {
        return kp_fail(error, KP_REFUSED, "asked on request, which this member isn't");
    }
    return KP_OK;
}
