/* A member whose database is older than what it signed: it asks all others for what it needs to
 * judge lists again, and checks every answer against what all signed (docs/protocol.md,
 * "Recovery"). Messages in, lists out, which wait in sealed pieces; the node asks, answers and
 * writes. */
#ifndef KP_NODE_RECOVERY_H
#define KP_NODE_RECOVERY_H

#include "crypto/pair.h"
#include "proto/agreement.h"
#include "proto/pieces.h"
#include "proto/round_message.h"

#include <stdbool.h>
#include <stdint.h>

/* What the asker knows of the release before, which all signed. */
struct kp_recovery_settings {
    const struct kp_agreement *agreement; /* borrowed, like the rest */
    uint32_t own;
    const uint8_t *identity_secret;
    const uint8_t *box_secret;
    uint64_t counter; /* of the attempt */
    uint8_t attempt[KP_ATTEMPT_BYTES];
    struct kp_list_total lists[KP_MEMBERS_MAX]; /* at counter - 1; zeros when that is 0 */
    struct kp_pieces *pieces; /* what others give stands in file 0; not for who answers */
};

/* A list as it was given and found right. */
struct kp_recovered_list {
    uint64_t counter; /* 0: nobody gave it */
    uint64_t charged;
    uint8_t root[KP_DIGEST_BYTES];
    uint64_t *places; /* of its chunks, for kp_recovery_chunk */
};

struct kp_recovery;

/* Draws a nonce; RECOVER is in `packed`. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_recovery_new(struct kp_recovery **recovery,
                                           const struct kp_recovery_settings *settings,
                                           struct kp_buffer *packed, struct kp_error *error);
void kp_recovery_free(struct kp_recovery *recovery); /* NULL is allowed */

/* A part of an answer. KP_REFUSED: not authentic, out of order, or not what was signed; *blamed is
 * its sender when it signed that, else 0. */
KP_MUST_USE enum kp_status kp_recovery_receive(struct kp_recovery *recovery,
                                               const struct kp_round_message *message,
                                               uint32_t *blamed, struct kp_error *error);
/* Every other member has answered. */
bool kp_recovery_complete(const struct kp_recovery *recovery);
/* Of another member: its list at counter - 1. Of the own number: the newest list that this member
 * signed. */
const struct kp_recovered_list *kp_recovery_list(const struct kp_recovery *recovery,
                                                 uint32_t member);
/* A chunk of that list. KP_FAILED: it can't be read any more. */
KP_MUST_USE enum kp_status kp_recovery_chunk(const struct kp_recovery *recovery, uint32_t member,
                                             uint32_t part, uint8_t *points,
                                             struct kp_error *error);
/* The furthest head of the own log that this member signed, as others kept it. */
struct kp_audit_head kp_recovery_log(const struct kp_recovery *recovery);

/* ---- answering ---- */

/* RECOVER of a member: authentic, and for this attempt and counter. */
KP_MUST_USE enum kp_status kp_recover_check(const struct kp_agreement *agreement,
                                            const struct kp_round_message *message,
                                            uint64_t counter, struct kp_error *error);

/* What the answerer gives. */
struct kp_recovery_answer {
    struct kp_recovered header; /* lists' counters and total; hello2 is borrowed */
    /* A chunk of the asker's list, or of the answerer's at counter - 1; asked for what the header
     * says is given, in order. */
    enum kp_status (*read)(void *context, bool own, uint32_t part, uint8_t *points,
                           struct kp_error *error);
    void *context;
};
struct kp_recovery_answering;
/* The answer to RECOVER, a part at a time. Settings are copied; what they point to, and `answer`,
 * is borrowed. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_recovery_answering_new(struct kp_recovery_answering **answering,
                                                     const struct kp_recovery_settings *settings,
                                                     const struct kp_round_message *ask,
                                                     const struct kp_recovery_answer *answer,
                                                     struct kp_error *error);
void kp_recovery_answering_free(struct kp_recovery_answering *answering); /* NULL is allowed */
/* The next part; *end: there was none left. */
KP_MUST_USE enum kp_status kp_recovery_answering_next(struct kp_recovery_answering *answering,
                                                      struct kp_buffer *packed, bool *end,
                                                      struct kp_error *error);

/* ---- checks, each alone (see node/round_check.h) ---- */

/* The list whose chunks have these digests (kp_transcript_points_leaf) is the one with this root.
 */
KP_MUST_USE enum kp_status kp_check_recovered_list(const uint8_t *chunk_leaves, uint32_t chunks,
                                                   const uint8_t root[static KP_DIGEST_BYTES],
                                                   uint32_t member, struct kp_error *error);
/* A HELLO 2 that this member itself signed. */
KP_MUST_USE enum kp_status kp_check_recovered_hello(const struct kp_agreement *agreement,
                                                    uint32_t own, const struct kp_buffer *packed,
                                                    uint32_t member, struct kp_hello2 *hello,
                                                    struct kp_error *error);

#endif
