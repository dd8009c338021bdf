/* When the agreement's retention is over: what a node still has of rounds goes. Signals are the
 * partner's own, and stay. */
#ifndef KP_NODE_RETENTION_H
#define KP_NODE_RETENTION_H

#include "proto/agreement.h"
#include "proto/audit_log.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stdint.h>

/* Deletes evidence, slots, lists and a release, and logs it, all in one transaction. *rounds: of
 * how many there was evidence. Nothing, and nothing logged, when there is nothing to delete. */
KP_MUST_USE enum kp_status kp_retention_delete(struct kp_store *store,
                                               const struct kp_audit_signer *signer, bool *deleted,
                                               uint64_t *rounds, struct kp_error *error);

#endif
