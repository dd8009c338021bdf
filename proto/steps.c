#include "proto/steps.h"

#include "proto/loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum turn { TURN_OWNER, TURN_CALL };

struct kp_steps {
    pthread_mutex_t lock; /* guards `turn`; the rest is whose turn it is */
    pthread_cond_t turned;
    enum turn turn;

    pthread_t thread;
    bool started, over;
    uint32_t slice_ms;
    uint64_t begun; /* loop time: this step */
    kp_steps_call *call;
    void *context;
    bool busy, given_up;
    enum kp_status status;
    struct kp_error error;
};

/* Of the call that this thread is in. */
static _Thread_local struct kp_steps *current;

/* The other's turn, until it is the own one again. */
static void hand_over(struct kp_steps *steps, enum turn own)
{
    pthread_mutex_lock(&steps->lock);
    steps->turn = own == TURN_OWNER ? TURN_CALL : TURN_OWNER;
    pthread_cond_broadcast(&steps->turned);
    while (steps->turn != own) {
        pthread_cond_wait(&steps->turned, &steps->lock);
    }
    pthread_mutex_unlock(&steps->lock);
}

/* One call after the other; its turn when it begins. */
static void *run_calls(void *context)
{
    struct kp_steps *steps = context;
    pthread_mutex_lock(&steps->lock);
    while (steps->turn != TURN_CALL) {
        pthread_cond_wait(&steps->turned, &steps->lock);
    }
    pthread_mutex_unlock(&steps->lock);
    current = steps;
    while (!steps->over) {
        steps->status = steps->call(steps->context, &steps->error);
        steps->busy = false;
        hand_over(steps, TURN_CALL);
    }
    pthread_mutex_lock(&steps->lock);
    steps->turn = TURN_OWNER;
    pthread_cond_broadcast(&steps->turned);
    pthread_mutex_unlock(&steps->lock);
    return NULL;
}

enum kp_status kp_steps_new(struct kp_steps **out, uint32_t slice_ms, struct kp_error *error)
{
    struct kp_steps *steps = calloc(1, sizeof(*steps));
    *out = steps;
    if (steps == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a call in steps");
    }
    steps->slice_ms = slice_ms;
    pthread_mutex_init(&steps->lock, NULL);
    pthread_cond_init(&steps->turned, NULL);
    return KP_OK;
}

void kp_steps_free(struct kp_steps *steps)
{
    if (steps == NULL) {
        return;
    }
    kp_steps_give_up(steps);
    if (steps->started) {
        steps->over = true;
        hand_over(steps, TURN_OWNER);
        pthread_join(steps->thread, NULL);
    }
    pthread_cond_destroy(&steps->turned);
    pthread_mutex_destroy(&steps->lock);
    free(steps);
}

/* Signals are for the loop's thread. */
static bool start_thread(struct kp_steps *steps)
{
    sigset_t all, before;
    sigfillset(&all);
    if (!steps->started && pthread_sigmask(SIG_SETMASK, &all, &before) == 0) {
        steps->started = pthread_create(&steps->thread, NULL, run_calls, steps) == 0;
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    return steps->started;
}

enum kp_status kp_steps_begin(struct kp_steps *steps, kp_steps_call *call, void *context,
                              struct kp_error *error)
{
    if (steps->busy) {
        return kp_fail(error, KP_FAILED, "a long call is going on already");
    }
    if (!start_thread(steps)) {
        return kp_fail(error, KP_FAILED, "no thread can be started");
    }
    steps->call = call;
    steps->context = context;
    steps->error = (struct kp_error){0};
    steps->given_up = false;
    steps->busy = true;
    return KP_OK;
}

bool kp_steps_busy(const struct kp_steps *steps)
{
    return steps != NULL && steps->busy;
}

bool kp_steps_run(struct kp_steps *steps, enum kp_status *status, struct kp_error *error)
{
    steps->begun = kp_loop_now();
    hand_over(steps, TURN_OWNER);
    if (steps->busy) {
        return false;
    }
    *status = steps->status;
    *error = steps->error;
    return true;
}

void kp_steps_give_up(struct kp_steps *steps)
{
    while (kp_steps_busy(steps)) {
        steps->given_up = true;
        hand_over(steps, TURN_OWNER);
    }
}

enum kp_status kp_pause(struct kp_error *error)
{
    struct kp_steps *steps = current;
    if (steps == NULL) {
        return KP_OK;
    }
    if (!steps->given_up && kp_loop_now() - steps->begun >= steps->slice_ms) {
        hand_over(steps, TURN_CALL);
    }
    return steps->given_up ? kp_fail(error, KP_FAILED, "it was given up") : KP_OK;
}
