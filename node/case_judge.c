#include "node/case_check.h"

enum kp_status kp_case_judge(const struct kp_case *asked, const struct kp_dossier *dossier,
                             uint32_t own, struct kp_verify_versions *versions,
                             struct kp_evidence_says *says, struct kp_error *error)
{
    enum kp_status status =
        kp_case_check_evidence(&asked->evidence, dossier, versions, says, error);
    if (status == KP_OK) {
        status = kp_case_check_version(says, dossier, error);
    }
    if (status == KP_OK) {
        status = kp_case_check_members(says, error);
    }
    if (status == KP_OK) {
        status = kp_case_check_question(says, asked->question, own, error);
    }
    return status;
}
