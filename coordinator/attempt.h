/* The coordinator's view of one attempt at a round: who has done what, what may come next, and who
 * is late. No I/O and no clock of its own.
 *
 * Until every READY is there, what goes wrong ends the attempt. After that it goes on: who is
 * silent, breaks off or gives what can't be, gives no more in this round, and the others' matches
 * open.
 *
 * It sees the first hellos, the public part of the second ones and the READYs, and of everything
 * else only from whom, to whom and which chunk. What may come when is a table in attempt.c. */
#ifndef KP_COORDINATOR_ATTEMPT_H
#define KP_COORDINATOR_ATTEMPT_H

#include "proto/agreement.h"
#include "proto/round_message.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_attempt;

/* What the caller must do with an accepted message. */
enum kp_relay {
    /* Put it into the mailbox of message->to; KP_PARTY_ALL: of all but the sender, a READY of all.
     */
    KP_RELAY_MEMBERS,
    KP_RELAY_LEAVES,  /* keep it (coordinator/intake.h) */
    KP_RELAY_ENTRIES, /* keep it (coordinator/intake.h) */
    KP_RELAY_NOTHING,
};

/* agreement is borrowed. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_attempt_new(struct kp_attempt **attempt,
                                          const struct kp_agreement *agreement,
                                          const uint8_t id[static KP_ATTEMPT_BYTES],
                                          uint64_t counter, uint64_t phase_ms, uint64_t now,
                                          struct kp_error *error);
void kp_attempt_free(struct kp_attempt *attempt); /* NULL is allowed */

/* A message that `member`'s connection brought. KP_REFUSED: it isn't accepted and changes nothing;
 * the attempt may have ended through it (kp_attempt_phase), when READYs disagree. An ABORT is
 * accepted; in phase RELEASE only one for want of an agreement ends the attempt. For entries and
 * leaves the caller checks the content, and says kp_attempt_kept or kp_attempt_refuse. */
KP_MUST_USE enum kp_status kp_attempt_receive(struct kp_attempt *attempt, uint32_t member,
                                              const struct kp_round_message *message,
                                              const uint8_t *packed, size_t packed_size,
                                              uint64_t now, enum kp_relay *relay,
                                              struct kp_error *error);
/* The chunk of leaves or entries that was just accepted, packed, is kept: counts it. */
void kp_attempt_kept(struct kp_attempt *attempt, uint32_t member, enum kp_relay what,
                     const uint8_t *packed, size_t packed_size, uint64_t now);
/* It can't be: the member gives no more in this round. */
void kp_attempt_refuse(struct kp_attempt *attempt, uint32_t member, uint64_t now);

/* When the deadline has passed: ends the attempt, or in phase RELEASE goes on without those who are
 * late; true when it did just now. */
bool kp_attempt_tick(struct kp_attempt *attempt, uint64_t now);
/* Milliseconds of the caller's clock; UINT64_MAX when nothing is waited for. */
uint64_t kp_attempt_deadline(const struct kp_attempt *attempt);

void kp_attempt_end(struct kp_attempt *attempt, enum kp_abort_reason reason, uint32_t members);
/* In phase MATCH, when the matching is done. */
void kp_attempt_complete(struct kp_attempt *attempt);

enum kp_phase kp_attempt_phase(const struct kp_attempt *attempt);
uint64_t kp_attempt_counter(const struct kp_attempt *attempt);
const uint8_t *kp_attempt_id(const struct kp_attempt *attempt);
/* Why it ended, in phase ENDED; kp_abort_describe says it in words. */
struct kp_abort kp_attempt_ended(const struct kp_attempt *attempt);
/* Every member's READY is there: from here on the counter is used up. */
bool kp_attempt_released(const struct kp_attempt *attempt);
/* hello 1, hello 2 and READY of all, as packed; owned by the attempt. */
const struct kp_result_transcript *kp_attempt_transcript(const struct kp_attempt *attempt);
/* What was taken of a member with effect, and in which phase that left the attempt. */
const struct kp_deposited *kp_attempt_deposited(const struct kp_attempt *attempt, uint32_t member,
                                                enum kp_phase *phase);
/* The list of a phase that is over; NULL: it isn't. Owned by the attempt. */
const struct kp_phase_list *kp_attempt_phase_list(const struct kp_attempt *attempt,
                                                  enum kp_phase phase);
/* How far member (1..) is, for a person. */
void kp_attempt_member_state(const struct kp_attempt *attempt, uint32_t member,
                             struct kp_member_state *state);

#endif
