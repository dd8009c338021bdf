/* The state of an attempt, shared by attempt.c (table, beginning and end), attempt_progress.c (what
 * is due, who is late, when a phase is over), attempt_hellos.c, attempt_lists.c and
 * attempt_release.c (what comes, in this order). */
#ifndef KP_COORDINATOR_ATTEMPT_INTERNAL_H
#define KP_COORDINATOR_ATTEMPT_INTERNAL_H

#include "coordinator/attempt.h"
#include "proto/transcript.h"

/* What one member has done. */
struct kp_attempt_progress {
    uint32_t asked;                     /* RECOVER sent: 1 */
    uint32_t recovered[KP_MEMBERS_MAX]; /* parts of the answer to member i + 1 */
    uint32_t secrets;                   /* HELLO 2 SECRET sent: bit i - 1 is to member i */
    uint32_t points;                    /* chunks of points sent, to all peers together */
    uint32_t received;                  /* chunks of the lists that were sent to it whole */
    uint32_t evaluations;               /* chunks evaluated, for all peers together */
    uint32_t leaves;                    /* chunks of leaves kept */
    uint32_t entries;                   /* chunks of entries kept */
    struct kp_deposited deposited;      /* messages that had an effect */
    enum kp_phase deposited_in;         /* the phase after the last of them */
};

struct kp_attempt {
    const struct kp_agreement *agreement;
    uint8_t id[KP_ATTEMPT_BYTES];
    uint64_t counter;
    uint64_t phase_ms;
    uint64_t deadline;
    enum kp_phase phase;
    struct kp_abort ended;
    uint32_t chunks;
    struct kp_result_transcript transcript;
    struct kp_attempt_progress progress[KP_MEMBERS_MAX];
    uint8_t *points_sent; /* sender x receiver x chunk */
    uint32_t *parts_sent; /* sender x receiver: how many of these are set */
    uint8_t *evaluated;   /* evaluator x owner x chunk */
    uint32_t silent;      /* in phase RELEASE: members that broke off or were late */
    uint32_t refused;     /* whose chunk couldn't be */
    struct kp_phase_list lists[KP_PHASES]; /* of phases that are over; else without members */
};

static inline uint32_t kp_attempt_bit(uint32_t member)
{
    return 1u << (member - 1);
}

static inline uint32_t kp_attempt_all_members(const struct kp_attempt *attempt)
{
    return attempt->agreement->member_count == 32 ? UINT32_MAX
                                                  : (1u << attempt->agreement->member_count) - 1;
}

/* It gives no more in this round. */
static inline bool kp_attempt_is_out(const struct kp_attempt *attempt, uint32_t member)
{
    return ((attempt->silent | attempt->refused) & kp_attempt_bit(member)) != 0;
}

/* ---- attempt_progress.c ---- */

/* Chunks that this member sends of its own list, to all peers together. */
uint32_t kp_attempt_points_due(const struct kp_attempt *attempt, uint32_t member);
/* That it evaluates of all peers' lists together. */
uint32_t kp_attempt_evaluations_due(const struct kp_attempt *attempt, uint32_t member);
/* That its submission has. A round of counts has no leaves. */
uint32_t kp_attempt_leaves_chunks(const struct kp_attempt *attempt, uint32_t member);
uint32_t kp_attempt_entries_chunks(const struct kp_attempt *attempt, uint32_t member);

/* Whether a member hasn't done all that this phase waits for. What it can't do yet, because another
 * one hasn't sent it the points, isn't its fault. */
bool kp_attempt_is_late(const struct kp_attempt *attempt, uint32_t member);
/* The phase is over: who gave what in it and before. */
void kp_attempt_make_list(struct kp_attempt *attempt, uint32_t late);
/* From a phase to the next, for as long as all is done: a READY of one can complete two. */
void kp_attempt_advance(struct kp_attempt *attempt, uint64_t now);

/* A message had an effect. */
void kp_attempt_count_message(struct kp_attempt *attempt, uint32_t member, const uint8_t *packed,
                              size_t packed_size);
/* After what the message did to the phase. */
void kp_attempt_note_phase(struct kp_attempt *attempt, uint32_t member);

/* ---- what may come, each handler for one message ----
 *
 * packed: the message as it came. *relay is for the caller of kp_attempt_receive, when KP_OK. */

typedef enum kp_status kp_attempt_handler(struct kp_attempt *, const struct kp_round_message *,
                                          const uint8_t *, size_t, enum kp_relay *,
                                          struct kp_error *);

/* attempt_hellos.c */
kp_attempt_handler kp_attempt_on_recover, kp_attempt_on_recovered, kp_attempt_on_hello1,
    kp_attempt_on_hello2, kp_attempt_on_hello2_secret;
/* attempt_lists.c */
kp_attempt_handler kp_attempt_on_points, kp_attempt_on_evaluation, kp_attempt_on_ready;
/* attempt_release.c */
kp_attempt_handler kp_attempt_on_leaves, kp_attempt_on_submission, kp_attempt_on_abort;

/* ---- what several of them ask ---- */

/* attempt_hellos.c: it is for `to`, and its sender signed it. */
KP_MUST_USE enum kp_status kp_attempt_expect_signed(const struct kp_attempt *attempt,
                                                    const struct kp_round_message *message,
                                                    uint32_t to, struct kp_error *error);
/* The message is the first of its kind; it is kept as it came. */
KP_MUST_USE enum kp_status kp_attempt_keep_once(struct kp_buffer *kept,
                                                const struct kp_round_message *message,
                                                const uint8_t *packed, size_t packed_size,
                                                struct kp_error *error);
/* A sealed message is for one other member, after the sender's HELLO 2. */
KP_MUST_USE enum kp_status kp_attempt_expect_sealed(const struct kp_attempt *attempt,
                                                    const struct kp_round_message *message,
                                                    uint32_t parts, struct kp_error *error);
/* attempt_lists.c: only a member that contributes has a list and entries. One on request that sends
 * some anyway isn't the program that it should be; after the READYs, what it sends has no effect.
 */
KP_MUST_USE enum kp_status kp_attempt_expect_contributor(struct kp_attempt *attempt,
                                                         const struct kp_round_message *message,
                                                         struct kp_error *error);

#endif
