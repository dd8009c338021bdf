/* What coordinator_round.c, coordinator_start.c, coordinator_put.c and coordinator_end.c share. */
#ifndef KP_COORDINATOR_CONDUCT_INTERNAL_H
#define KP_COORDINATOR_CONDUCT_INTERNAL_H

#include "coordinator/coordinator_internal.h"
#include "proto/log.h"

/* ---- coordinator_round.c ---- */

/* An event of the round that the state is at. */
void kp_conduct_log(const struct kp_coordinator *c, enum kp_log_level level, const char *action,
                    const char *result, const char *actor, const char *text);
void kp_conduct_log_phase(const struct kp_coordinator *c);
/* Bit i - 1 is member i. */
uint32_t kp_conduct_all_members(const struct kp_coordinator *c);

/* Signatures are deterministic, so the same message is the same bytes. */
KP_MUST_USE enum kp_status kp_conduct_pack(const struct kp_coordinator *c,
                                           const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                           enum kp_message_type type, const struct kp_buffer *body,
                                           struct kp_buffer *packed, struct kp_error *error);
/* A message of the coordinator into all mailboxes; clear_first: nothing else is left in them. */
KP_MUST_USE enum kp_status kp_conduct_post(struct kp_coordinator *c, struct kp_txn *txn,
                                           const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                           enum kp_message_type type, const struct kp_buffer *body,
                                           bool clear_first, struct kp_error *error);
/* The attempt is in another phase than the state: that becomes so on disk. With the release, those
 * that were silent in it are known. */
KP_MUST_USE enum kp_status kp_conduct_enter_phase(struct kp_coordinator *c, struct kp_txn *txn,
                                                  struct kp_error *error);

/* ---- coordinator_end.c ---- */

/* Ends the attempt (ended NULL: it is complete) in memory and on disk, with its last message in all
 * mailboxes. The leader can fetch what there is; members hear COMPLETE at c->tell_at. When even
 * that can't be written, it is over in memory, and the next start of the daemon writes it. */
void kp_conduct_finish(struct kp_coordinator *c, const struct kp_abort *ended);
/* Members hear that the attempt is over; another one may begin. */
void kp_conduct_tell(struct kp_coordinator *c);
/* The attempt is in phase ENDED. */
void kp_conduct_finish_ended(struct kp_coordinator *c);
/* The coordinator's own failure: the members hear that, and not why. */
void kp_conduct_finish_failed(struct kp_coordinator *c, const struct kp_error *error);

#endif
