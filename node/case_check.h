/* What a node checks before a case is kept, shown or answered. Each decision is an external
 * function in another object than its caller (node/case_judge.c), so that a test can link it away
 * (tests/attack). No I/O. */
#ifndef KP_NODE_CASE_CHECK_H
#define KP_NODE_CASE_CHECK_H

#include "proto/case.h"
#include "proto/dossier.h"
#include "proto/verify_evidence.h"

#include <stdint.h>

/* The evidence holds in full against the node's own papers: what it then says. says->agreement
 * points into `versions`, which the caller frees with kp_verify_versions_free whatever the result.
 * KP_REFUSED names the rule that doesn't hold. */
KP_MUST_USE enum kp_status kp_case_check_evidence(const struct kp_buffer *evidence,
                                                  const struct kp_dossier *dossier,
                                                  struct kp_verify_versions *versions,
                                                  struct kp_evidence_says *says,
                                                  struct kp_error *error);
/* The round was held under a version that is or was in force. */
KP_MUST_USE enum kp_status kp_case_check_version(const struct kp_evidence_says *says,
                                                 const struct kp_dossier *dossier,
                                                 struct kp_error *error);
/* It is about an address, and at least t members' signals are shown. */
KP_MUST_USE enum kp_status kp_case_check_members(const struct kp_evidence_says *says,
                                                 struct kp_error *error);
/* The question may be put to this member: whether its signals are current only when it has some
 * there, whether it has an interest only when it is asked on request. */
KP_MUST_USE enum kp_status kp_case_check_question(const struct kp_evidence_says *says,
                                                  enum kp_case_question question, uint32_t own,
                                                  struct kp_error *error);

/* case_judge.c: all of these. As kp_case_check_evidence. */
KP_MUST_USE enum kp_status kp_case_judge(const struct kp_case *asked,
                                         const struct kp_dossier *dossier, uint32_t own,
                                         struct kp_verify_versions *versions,
                                         struct kp_evidence_says *says, struct kp_error *error);

#endif
