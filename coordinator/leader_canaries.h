/* What the canaries of a round say, in the project leader's program: notices fetched, results
 * compared, findings and figures said. */
#ifndef KP_COORDINATOR_LEADER_CANARIES_H
#define KP_COORDINATOR_LEADER_CANARIES_H

#include "coordinator/canary_audit.h"
#include "coordinator/leader_opened.h"

#include <cjson/cJSON.h>

/* All of it, of a round that this program has open. Freed with kp_canary_audit_free. *unreadable:
 * letters that weren't signed by their sender, or didn't open. */
KP_MUST_USE enum kp_status kp_leader_canaries(struct kp_leader_opened *opened,
                                              struct kp_canary_audit **audit, uint32_t *unreadable,
                                              struct kp_error *error);

/* Says it: lines on standard output, or, when `json` isn't NULL, an array "canaries" in it.
 * *missing: how many the coordinator left out. Nothing when the agreement has no canaries; of the
 * second holder's program, which gets no notices, that the leader's tells. */
KP_MUST_USE enum kp_status kp_leader_canaries_report(struct kp_leader_opened *opened, cJSON *json,
                                                     uint32_t *missing, struct kp_error *error);

#endif
