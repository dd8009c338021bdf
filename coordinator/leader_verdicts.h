/* The verdicts that the coordinator made about a round, fetched: what it says; `kruispunt verify
 * verdict` says whether it is right. */
#ifndef KP_COORDINATOR_LEADER_VERDICTS_H
#define KP_COORDINATOR_LEADER_VERDICTS_H

#include "coordinator/leader.h"

struct kp_leader_verdict {
    char text[KP_ERROR_TEXT]; /* what, and whom it names */
    struct kp_buffer file;
};
/* Zero-initialise; free with kp_leader_verdicts_free. */
struct kp_leader_verdicts {
    struct kp_leader_verdict *items;
    size_t count;
};
KP_MUST_USE enum kp_status kp_leader_verdicts_fetch(struct kp_leader *leader, uint32_t round,
                                                    struct kp_leader_verdicts *verdicts,
                                                    struct kp_error *error);
void kp_leader_verdicts_free(struct kp_leader_verdicts *verdicts);

#endif
