/* A member's half of one attempt at a round, up to READY (docs/protocol.md).
 *
 * No network and no clock of its own: messages in (kp_round_receive), messages out (kp_round_next),
 * so that a whole round can be played in a test. What may come when is a table in round.c. One
 * thread owns it. The heavy arithmetic is cut into jobs that any thread may run: kp_round_take,
 * work->run, kp_round_finish; what else is to be done kp_round_advance does.
 *
 * Memory doesn't grow with the lists, but for some bytes a chunk: what has come waits in sealed
 * pieces on disk, what is to be sent is made when it is asked for. The round's key lives in locked
 * memory here and nowhere else; it is wiped as soon as all lists are evaluated, and with the round.
 */
#ifndef KP_NODE_ROUND_H
#define KP_NODE_ROUND_H

#include "node/pairs.h"
#include "node/release.h"
#include "node/slot_keeping.h"
#include "node/slot_list.h"
#include "proto/agreement.h"
#include "proto/export.h"
#include "proto/pieces.h"
#include "proto/round_message.h"
#include "proto/workers.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_round;

/* A list that somebody wants evaluated, whole; all but what it borrows is read by chunk. */
struct kp_round_list {
    uint32_t member; /* whose it is; the own one too */
    uint64_t counter;
    const uint8_t *root; /* of its chunks, as the member's HELLO 2 signed it; zeros on request */
    uint32_t count;      /* of its points; none on request */
    const struct kp_buffer *hello2; /* packed */
    /* Chunk `part` of KP_CHUNK_POINTS points, but for the last one; any of them, in any order. */
    enum kp_status (*read)(void *context, uint32_t part, uint8_t *points, struct kp_error *error);
    void *context;
};
/* Checks the list against what was charged before, and writes it down: on disk when it returns
 * KP_OK, with the member's new total. Called once for each list of an attempt, before any of it is
 * answered. KP_REFUSED: the list breaks a rule, and its sender is blamed. */
typedef enum kp_status kp_round_charge(void *context, const struct kp_round_list *list,
                                       uint64_t *charged, struct kp_error *error);

struct kp_round_settings {
    const struct kp_agreement *agreement; /* borrowed, outlives the round */
    uint32_t own;                         /* member number */
    const uint8_t *identity_secret;       /* KP_SIGN_SECRET_BYTES, borrowed */
    uint64_t time;                        /* Unix milliseconds, for hello 2 */
    kp_round_charge *charge;              /* NULL: nothing is charged, totals are 0 (tests) */
    void *charge_context;
    /* HELLO 2s of other members at this counter whose lists were charged in an earlier attempt;
     * empty where there is none. Borrowed until kp_round_new returns. */
    const struct kp_buffer *claims;            /* one a member, or NULL */
    struct kp_audit_head log;                  /* of the own log */
    struct kp_audit_head seen[KP_MEMBERS_MAX]; /* of member i + 1, when it was seen last */
    const struct kp_pairs *pairs;              /* secrets exchanged by hand; NULL: none. Borrowed */
    /* With KP_ROUND_FILES files (node/round_files.h). Borrowed; outlives the round, and what
     * kp_round_take_keeping gave. */
    struct kp_pieces *pieces;
    const char *folder; /* where entries are sorted, sealed; borrowed */
    /* Where leaves and entries are put for the release; borrowed, outlives it. NULL: in memory. */
    const struct kp_release_content *content;
};

/* Takes over the slots (fixed for this counter; their leaves get fresh blindings), also when it
 * fails. Hello 1 waits to be sent. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_round_new(struct kp_round **round,
                                        const struct kp_round_settings *settings,
                                        const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                        uint64_t counter, enum kp_round_type type,
                                        struct kp_slot_list *slots, struct kp_error *error);
/* Wipes everything. No job is out. NULL is allowed. */
void kp_round_free(struct kp_round *round);

/* One message from another member, unpacked. KP_REFUSED: it can't be accepted; the attempt goes on
 * unless the sender signed it, for then kp_round_ended says so. */
KP_MUST_USE enum kp_status kp_round_receive(struct kp_round *round,
                                            const struct kp_round_message *message,
                                            const uint8_t *packed, size_t packed_size,
                                            struct kp_error *error);

/* What time it is (Unix milliseconds), for the checks and signatures that follow. */
void kp_round_tell_time(struct kp_round *round, uint64_t now);

/* The next job; NULL: there is none now, or the attempt has just ended (kp_round_phase). It must
 * come back, run or not. Members' lists take turns, the own one among them, so that nobody's keeps
 * another's waiting; answers aren't given out while too much waits for kp_round_next. */
struct kp_work *kp_round_take(struct kp_round *round, struct kp_error *error);
/* What follows from a job, which is freed. KP_REFUSED: it found what a member is blamed for;
 * KP_FAILED ends the attempt too. An attempt that ends while jobs are out wipes what they use when
 * the last of them comes back. */
KP_MUST_USE enum kp_status kp_round_finish(struct kp_round *round, struct kp_work *work,
                                           struct kp_error *error);
/* A job that came back and isn't wanted any more, for who frees the round next. */
void kp_round_drop(struct kp_round *round, struct kp_work *work);
/* A step that isn't for other threads: charges a list, or prepares READY. *more: there is another.
 * Results as kp_round_finish's. Charging may pause (proto/steps.h): meanwhile all that is here may
 * be called but this, and kp_round_free; an attempt that ends then is wiped when it has returned.
 */
KP_MUST_USE enum kp_status kp_round_advance(struct kp_round *round, bool *more,
                                            struct kp_error *error);
/* Whether there is one. */
bool kp_round_can_advance(const struct kp_round *round);
/* All of that on this thread: one step, or one job. *more: there is another. */
KP_MUST_USE enum kp_status kp_round_work(struct kp_round *round, bool *more,
                                         struct kp_error *error);

/* Moves the next message to be sent into `packed`; false: none. */
bool kp_round_next(struct kp_round *round, struct kp_buffer *packed);
/* Whether there is one. */
bool kp_round_has_next(const struct kp_round *round);

enum kp_phase kp_round_phase(const struct kp_round *round);
const uint8_t *kp_round_attempt(const struct kp_round *round);
/* Members of whom an expected sealed message came that doesn't open: bit i - 1 is member i. The
 * member or the coordinator spoiled it, and what it should have brought won't come any more. */
uint32_t kp_round_unreadable(const struct kp_round *round);
/* From phase EVALUATE on: the head of a member's log, as its HELLO 2 showed it. */
struct kp_audit_head kp_round_log_head(const struct kp_round *round, uint32_t member);
/* Not empty when the attempt ended with KP_ABORT_RESTORED: the HELLO 2 that this member itself
 * signed for this counter, for another list than it has now. */
const struct kp_buffer *kp_round_own_claim(const struct kp_round *round);
/* Chunks evaluated and verified, of all in this attempt. */
void kp_round_progress(const struct kp_round *round, uint32_t *done, uint32_t *total);
/* Why the attempt ended, when the phase is KP_PHASE_ENDED. */
struct kp_abort kp_round_ended(const struct kp_round *round);

/* In phase READY: everything of the attempt that is kept for whoever checks it afterwards, but for
 * START, the READYs, lists and evaluations (proto/evidence.h). What `visit` returns but KP_OK ends
 * it. */
typedef enum kp_status kp_round_visit(void *context, enum kp_export_item_kind kind, uint32_t member,
                                      uint32_t part, const struct kp_buffer *content,
                                      struct kp_error *error);
KP_MUST_USE enum kp_status kp_round_evidence(const struct kp_round *round, kp_round_visit *visit,
                                             void *context, struct kp_error *error);

/* In phase READY: a member's evaluation of a chunk of the own list, as evidence has it
 * (kp_evidence_evaluation_pack); empty of the own one. */
KP_MUST_USE enum kp_status kp_round_evaluation(const struct kp_round *round, uint32_t member,
                                               uint32_t part, struct kp_buffer *content,
                                               struct kp_error *error);
uint32_t kp_round_slots(const struct kp_round *round); /* of the own list */

/* In phase READY: hands over what is to be released, with the READYs that came already and the own
 * one, which the caller sends after it has written all of it down. Once; NULL before and after. */
struct kp_release *kp_round_take_release(struct kp_round *round);
/* After that: what slot audits may ask for. Empty when the agreement has none. Once. */
void kp_round_take_keeping(struct kp_round *round, struct kp_slot_keeping *keeping);

#endif
