/* A member whose database is older than what it signed: it asks all others for what it needs to
 * judge lists again, and checks every answer against what all signed (docs/protocol.md,
 * "Recovery"). Pure: messages in, lists out; the node asks, answers and writes. */
#ifndef KP_NODE_RECOVERY_H
#define KP_NODE_RECOVERY_H

#include "crypto/pair.h"
#include "proto/agreement.h"
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
};

/* A list as it was given and found right. */
struct kp_recovered_list {
    uint64_t counter; /* 0: nobody gave it */
    uint64_t charged;
    uint8_t root[KP_DIGEST_BYTES];
    uint8_t *points; /* bulk */
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
/* The furthest head of the own log that this member signed, as others kept it. */
struct kp_audit_head kp_recovery_log(const struct kp_recovery *recovery);

/* ---- answering ---- */

/* RECOVER of a member: authentic, and for this attempt and counter. */
KP_MUST_USE enum kp_status kp_recover_check(const struct kp_agreement *agreement,
                                            const struct kp_round_message *message,
                                            uint64_t counter, struct kp_error *error);

/* What the answerer gives; points are NULL where it has none. */
struct kp_recovery_answer {
    struct kp_recovered header; /* lists' counters and total; hello2 is borrowed */
    const uint8_t *asked;       /* the asker's list */
    const uint8_t *own;         /* the answerer's, at counter - 1 */
};
/* Calls `send` for each packed part, which takes it over. */
typedef enum kp_status kp_recovery_send(void *context, struct kp_buffer *packed,
                                        struct kp_error *error);
KP_MUST_USE enum kp_status kp_recovery_answer(const struct kp_recovery_settings *settings,
                                              const struct kp_round_message *ask,
                                              const struct kp_recovery_answer *answer,
                                              kp_recovery_send *send, void *context,
                                              struct kp_error *error);

/* ---- checks, each alone (see node/round_check.h) ---- */

/* The list is the one with this root. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_check_recovered_list(const struct kp_agreement *agreement,
                                                   const uint8_t *points, uint32_t count,
                                                   const uint8_t root[static KP_DIGEST_BYTES],
                                                   uint32_t member, struct kp_error *error);
/* A HELLO 2 that this member itself signed. */
KP_MUST_USE enum kp_status kp_check_recovered_hello(const struct kp_agreement *agreement,
                                                    uint32_t own, const struct kp_buffer *packed,
                                                    uint32_t member, struct kp_hello2 *hello,
                                                    struct kp_error *error);

#endif
