/* A long call, a step at a time, so that its owner (proto/loop.h) can do other things in between.
 *
 * The call runs on a thread of its own, but only while the owner waits for it in kp_steps_run: one
 * of the two runs, never both. So the call may use all that is the owner's, without locks, as if
 * the owner had made it; and between two steps the owner may change what the call doesn't rely on.
 * The call says where that may be: it calls kp_pause where no transaction is open and nothing is
 * half done. */
#ifndef KP_PROTO_STEPS_H
#define KP_PROTO_STEPS_H

#include "proto/error.h"

#include <stdbool.h>
#include <stdint.h>

/* How long a step takes, give or take the time between two pauses. */
#define KP_STEP_MS 40u

struct kp_steps;
typedef enum kp_status kp_steps_call(void *context, struct kp_error *error);

/* slice_ms: a pause earlier than so many milliseconds after the step began isn't made; 0: every one
 * is. KP_FAILED: no memory. The thread begins with the first call. */
KP_MUST_USE enum kp_status kp_steps_new(struct kp_steps **steps, uint32_t slice_ms,
                                        struct kp_error *error);
/* As kp_steps_give_up, and ends the thread. NULL is allowed. */
void kp_steps_free(struct kp_steps *steps);

/* Makes the call known: kp_steps_run runs it. One at a time. KP_FAILED: no thread. */
KP_MUST_USE enum kp_status kp_steps_begin(struct kp_steps *steps, kp_steps_call *call,
                                          void *context, struct kp_error *error);
/* Whether a call was begun and hasn't returned. NULL is allowed. */
bool kp_steps_busy(const struct kp_steps *steps);
/* Blocks for one step. True: the call has returned; *status and *error are its own. */
bool kp_steps_run(struct kp_steps *steps, enum kp_status *status, struct kp_error *error);
/* The call isn't wanted any more: its pauses fail from now on. Blocks until it has returned, that
 * is until it has given back what it held. Not from the call itself. NULL, and no call, are
 * allowed. */
void kp_steps_give_up(struct kp_steps *steps);

/* From within such a call, or from anywhere else, where it does nothing and returns KP_OK. The
 * owner may go on. KP_FAILED: the call was given up, and should return soon. */
KP_MUST_USE enum kp_status kp_pause(struct kp_error *error);

#endif
