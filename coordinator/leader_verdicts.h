/* The verdicts that the coordinator made about a round, fetched. What the coordinator says isn't
 * believed: each is checked as `kruispunt verify verdict` does, against the own papers. */
#ifndef KP_COORDINATOR_LEADER_VERDICTS_H
#define KP_COORDINATOR_LEADER_VERDICTS_H

#include "coordinator/leader.h"
#include "proto/verify.h"

struct kp_leader_verdict {
    char text[KP_ERROR_TEXT]; /* what, and whom it names, as the coordinator says */
    bool proven;              /* the file holds, and is of this round */
    struct kp_buffer file;
};
/* Zero-initialise; free with kp_leader_verdicts_free. */
struct kp_leader_verdicts {
    struct kp_leader_verdict *items;
    size_t count;
    uint32_t unproven; /* of these */
};
/* Fills in text and proven from out->file. `versions`: the holder's own papers; `agreement`: for
 * names. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_leader_verdict_check(const struct kp_verify_versions *versions,
                                                   const struct kp_agreement *agreement,
                                                   uint32_t round, struct kp_leader_verdict *out,
                                                   struct kp_error *error);
KP_MUST_USE enum kp_status kp_leader_verdicts_fetch(struct kp_leader *leader, uint32_t round,
                                                    struct kp_leader_verdicts *verdicts,
                                                    struct kp_error *error);
void kp_leader_verdicts_free(struct kp_leader_verdicts *verdicts);

#endif
