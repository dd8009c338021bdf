/* What the canaries of a round say, in the project leader's program: notices fetched, results
 * compared, findings and figures said, and the verdict about one that is missing. */
#ifndef KP_COORDINATOR_LEADER_CANARIES_H
#define KP_COORDINATOR_LEADER_CANARIES_H

#include "coordinator/canary_audit.h"
#include "coordinator/leader_faults.h"
#include "coordinator/leader_opened.h"
#include "coordinator/proof_file.h"

#include <cjson/cJSON.h>

struct kp_leader_canaries {
    struct kp_canary_audit *audit;
    struct kp_buffer letters; /* leader_canaries.c */
    uint32_t unreadable;      /* letters that their sender hasn't signed, or that don't open */
};
/* Of a round that this program, the project leader's, has open. Ended also unless KP_OK. */
KP_MUST_USE enum kp_status kp_leader_canaries_begin(struct kp_leader_opened *opened,
                                                    struct kp_leader_canaries *canaries,
                                                    struct kp_error *error);
/* A letter, opened and signed (kp_leader_each_letter); context: struct kp_leader_canaries. */
KP_MUST_USE enum kp_status kp_leader_canaries_take(void *context,
                                                   const struct kp_opened_letter *letter,
                                                   struct kp_error *error);
void kp_leader_canaries_end(struct kp_leader_canaries *canaries);

/* Says it: lines on standard output, or, when `json` isn't NULL, an array "canaries" in it.
 * *missing: how many the coordinator left out. Nothing when the agreement has no canaries; of the
 * second holder's program, which gets no notices, that the leader's tells. */
KP_MUST_USE enum kp_status kp_leader_canaries_report(struct kp_leader_opened *opened, cJSON *json,
                                                     uint32_t *missing, struct kp_error *error);

/* canary_verdict.c: the canaries that aren't found, as faults of the round; in the second holder's
 * program there are none. */
KP_MUST_USE enum kp_status kp_leader_canaries_faults(struct kp_leader_opened *opened, bool files,
                                                     kp_leader_each_fault *each, void *context,
                                                     struct kp_error *error);
/* canary_verdict.c: what proves a finding KP_CANARY_MISSING, for whoever checks it with
 * `kruispunt verify verdict`. *file is filled in but for papers, and freed by the caller whatever
 * the result. */
KP_MUST_USE enum kp_status kp_canary_verdict(const struct kp_leader_opened *opened,
                                             const struct kp_leader_canaries *canaries,
                                             const struct kp_canary_finding *finding,
                                             struct kp_proof_file *file, struct kp_error *error);
/* The letter with this part of the member's notice, as a packed kp_opened_letter; NULL: none. */
const struct kp_buffer *kp_leader_canaries_letter(const struct kp_leader_canaries *canaries,
                                                  uint32_t member, uint32_t part);

#endif
