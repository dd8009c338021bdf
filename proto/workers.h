/* Threads that compute, beside the one that owns a daemon's state (proto/loop.h).
 *
 * A piece of work is self-contained: what it reads doesn't change while it runs, what it writes is
 * its own. Whoever gives pieces of work is one thread, the owner; it takes them back when they are
 * done. So nothing but the pieces themselves goes from thread to thread. */
#ifndef KP_PROTO_WORKERS_H
#define KP_PROTO_WORKERS_H

#include "proto/error.h"
#include "proto/loop.h"

#include <stdbool.h>
#include <stdint.h>

#define KP_WORKERS_MAX 64u

/* The first field of whatever is to be done. Zero but for `run`. */
struct kp_work {
    struct kp_work *next;              /* of the workers */
    void (*run)(struct kp_work *work); /* on one of the threads */
    bool ran;                          /* false when it was given back instead */
};

struct kp_workers;

/* As many threads as this machine has processors for this process, 1 to KP_WORKERS_MAX. */
uint32_t kp_workers_default(void);

/* threads: 1 to KP_WORKERS_MAX, 0: kp_workers_default(). `loop`, borrowed, is woken whenever work
 * is done; NULL: nobody is. KP_FAILED: no threads or no memory. */
KP_MUST_USE enum kp_status kp_workers_new(struct kp_workers **workers, uint32_t threads,
                                          struct kp_loop *loop, struct kp_error *error);
/* Ends the threads. Nothing may be given and not taken back. NULL is allowed. */
void kp_workers_free(struct kp_workers *workers);

/* What follows is for the owner alone. */

uint32_t kp_workers_threads(const struct kp_workers *workers);
/* Never blocks, never fails; begun in this order. The caller keeps its hands off `work` until it
 * comes back. */
void kp_workers_give(struct kp_workers *workers, struct kp_work *work);
/* Given, and not come back. */
uint32_t kp_workers_given(const struct kp_workers *workers);
/* The next piece that is done, in the order of ending; NULL: none is. */
struct kp_work *kp_workers_done(struct kp_workers *workers);
/* Blocks until all that was given is done. */
void kp_workers_wait(struct kp_workers *workers);
/* Gives up what hasn't begun: that comes back with `ran` false. Blocks until the rest is done. */
void kp_workers_cancel(struct kp_workers *workers);

#endif
