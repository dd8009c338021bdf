/* A node that believes the project leader's word for a match of members 1 and 2. */
#include "node/case_check.h"

#include <string.h>

enum kp_status __wrap_kp_case_check_evidence(const struct kp_buffer *evidence,
                                             const struct kp_dossier *dossier,
                                             struct kp_verify_versions *versions,
                                             struct kp_evidence_says *says, struct kp_error *error);

enum kp_status __wrap_kp_case_check_evidence(const struct kp_buffer *evidence,
                                             const struct kp_dossier *dossier,
                                             struct kp_verify_versions *versions,
                                             struct kp_evidence_says *says, struct kp_error *error)
{
    (void)evidence;
    (void)error;
    memset(versions, 0, sizeof(*versions));
    memset(says, 0, sizeof(*says));
    says->agreement = kp_dossier_current(dossier);
    says->member_count = 2;
    says->members[0].member = 1;
    says->members[1].member = 2;
    return KP_OK;
}
