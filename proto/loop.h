/* The one thread that owns a daemon's state.
 *
 * Everything else (NNG's threads, proto/workers.h) only posts tasks here, or wakes it. The loop
 * runs tasks in the order they were posted, then `work` as long as it has some, and `tick` when the
 * time it asked for has come. SIGTERM and SIGINT end it. */
#ifndef KP_PROTO_LOOP_H
#define KP_PROTO_LOOP_H

#include "proto/error.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_loop;

struct kp_loop_hooks { /* each may be NULL */
    void *context;
    /* Milliseconds of kp_loop_now at which tick wants to be called next; UINT64_MAX: never. Called
     * also at the start and after tasks and work, because they may bring that time forward. */
    uint64_t (*tick)(void *context, uint64_t now);
    /* Does a piece of work, at most some hundred milliseconds; true when there is more to do.
     * Between two pieces the posted tasks are run, so that the daemon answers while it computes.
     * When there is no more it is called again after the next task, tick or kp_loop_wake. */
    bool (*work)(void *context);
};

/* Blocks SIGTERM and SIGINT for this and all later threads: call it before NNG is used. */
KP_MUST_USE enum kp_status kp_loop_new(struct kp_loop **loop, struct kp_error *error);
/* Runs what was posted and never run with `cancelled`, then frees. NULL is allowed. */
void kp_loop_free(struct kp_loop *loop);

/* From any thread; never blocks long. `run` is called on the loop's thread; cancelled is true when
 * the loop is being freed and the task should only release what it holds. */
typedef void kp_loop_task(void *context, bool cancelled);
KP_MUST_USE enum kp_status kp_loop_post(struct kp_loop *loop, kp_loop_task *run, void *context);

/* From any thread; can't fail. The loop calls tick and work once more, as after a task. */
void kp_loop_wake(struct kp_loop *loop);

/* Returns when a signal or kp_loop_stop ends it. */
void kp_loop_run(struct kp_loop *loop, const struct kp_loop_hooks *hooks);
void kp_loop_stop(struct kp_loop *loop);

/* Milliseconds of a clock that never goes back, and of the clock of the day (Unix time). */
uint64_t kp_loop_now(void);
uint64_t kp_clock_now(void);

#endif
