/* The hostile side of a round in memory: members' real halves (tests/unit/play.h), one or more of
 * them bent by the attack, and between them a coordinator that may change, hold or invent every
 * message. Member 1 is the victim, unless an attack says otherwise. */
#ifndef KP_TESTS_HOSTILE_H
#define KP_TESTS_HOSTILE_H

#include "tests/attack/attack.h"
#include "tests/unit/play.h"

struct hostile {
    struct play play;
    uint32_t stalled; /* bit i - 1: member i doesn't work on */
    /* May be NULL. Every message on its way to `to`; may replace it. False: it doesn't arrive. */
    bool (*intercept)(struct hostile *hostile, uint32_t to, const struct kp_round_message *message,
                      struct kp_buffer *packed);
    void *context;
};

/* Members with their hellos waiting. Zero means 3 members and 4 slots. */
void hostile_start(struct hostile *hostile, uint32_t members, uint32_t slots);
void hostile_free(struct hostile *hostile);

/* Hands on what members give out; nobody works. */
void hostile_relay(struct hostile *hostile);
/* Until nothing moves any more. */
void hostile_run(struct hostile *hostile);
/* Hands member `to` a message; a refusal is noted. */
enum kp_status hostile_offer(struct hostile *hostile, uint32_t to, const struct kp_buffer *packed);

/* A message in the clear, of this attempt, signed by `from`. */
void hostile_sign(struct hostile *hostile, uint32_t from, enum kp_message_type type, uint32_t to,
                  const struct kp_buffer *body, struct kp_buffer *packed);
/* A message sealed with the keys that `from` has for `to`. */
void hostile_seal(struct hostile *hostile, uint32_t from, enum kp_message_type type, uint32_t to,
                  const struct kp_buffer *plain, struct kp_buffer *packed);
/* Opens a message to `reader` with its keys; fails the test when it can't. */
void hostile_open(struct hostile *hostile, uint32_t reader, const struct kp_round_message *message,
                  struct kp_buffer *plain);

/* A member gives its first hello anew, after the attack changed what it commits to. */
void hostile_hello1_anew(struct hostile *hostile, uint32_t member);
/* A member gives its second hello anew, after the attack changed its secret part. */
void hostile_hello2_anew(struct hostile *hostile, uint32_t member);
/* A member commits to its points as they are now, and gives its first hello anew. */
void hostile_list_anew(struct hostile *hostile, uint32_t member);

/* Whether everything that stands before the tags of `member` is open: it may release. */
bool hostile_may_release(struct hostile *hostile, uint32_t member);

#endif
