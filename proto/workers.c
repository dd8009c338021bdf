#include "proto/workers.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct queue {
    struct kp_work *first;
    struct kp_work **end;
};

struct kp_workers {
    pthread_mutex_t lock; /* guards what follows, up to the blank line */
    pthread_cond_t more;  /* something waits, or all is over */
    pthread_cond_t idle;  /* nothing waits, and nothing runs */
    struct queue waiting;
    struct queue done;
    uint32_t running;
    bool over;

    struct kp_loop *loop;
    uint32_t given; /* the owner's */
    uint32_t threads;
    pthread_t thread[KP_WORKERS_MAX];
};

uint32_t kp_workers_default(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
    uint32_t threads = count < 1 ? 1 : (uint32_t)count;
    return threads > KP_WORKERS_MAX ? KP_WORKERS_MAX : threads;
}

static void push(struct queue *queue, struct kp_work *work)
{
    work->next = NULL;
    *queue->end = work;
    queue->end = &work->next;
}

static struct kp_work *pop(struct queue *queue)
{
    struct kp_work *work = queue->first;
    if (work != NULL) {
        queue->first = work->next;
        if (queue->first == NULL) {
            queue->end = &queue->first;
        }
    }
    return work;
}

/* NULL: all is over. Called with the lock held. */
static struct kp_work *wait_for_work(struct kp_workers *workers)
{
    while (workers->waiting.first == NULL && !workers->over) {
        pthread_cond_wait(&workers->more, &workers->lock);
    }
    return pop(&workers->waiting);
}

static void *worker(void *context)
{
    struct kp_workers *workers = context;
    struct kp_work *work;
    pthread_mutex_lock(&workers->lock);
    while ((work = wait_for_work(workers)) != NULL) {
        workers->running++;
        pthread_mutex_unlock(&workers->lock);
        work->ran = true;
        work->run(work);
        pthread_mutex_lock(&workers->lock);
        workers->running--;
        push(&workers->done, work);
        if (workers->running == 0 && workers->waiting.first == NULL) {
            pthread_cond_broadcast(&workers->idle);
        }
        if (workers->loop != NULL) {
            kp_loop_wake(workers->loop);
        }
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

/* Signals are for the loop's thread. */
static bool start_threads(struct kp_workers *workers, uint32_t threads)
{
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return false;
    }
    bool started = true;
    while (started && workers->threads < threads) {
        started = pthread_create(&workers->thread[workers->threads], NULL, worker, workers) == 0;
        workers->threads += started;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

enum kp_status kp_workers_new(struct kp_workers **out, uint32_t threads, struct kp_loop *loop,
                              struct kp_error *error)
{
    *out = NULL;
    threads = threads == 0 ? kp_workers_default() : threads;
    if (threads > KP_WORKERS_MAX) {
        return kp_fail(error, KP_USAGE, "at most %u threads", KP_WORKERS_MAX);
    }
    struct kp_workers *workers = calloc(1, sizeof(*workers));
    if (workers == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for threads");
    }
    workers->waiting.end = &workers->waiting.first;
    workers->done.end = &workers->done.first;
    workers->loop = loop;
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->more, NULL);
    pthread_cond_init(&workers->idle, NULL);
    if (!start_threads(workers, threads)) {
        kp_workers_free(workers);
        return kp_fail(error, KP_FAILED, "%u threads can't be started", threads);
    }
    *out = workers;
    return KP_OK;
}

void kp_workers_free(struct kp_workers *workers)
{
    if (workers == NULL) {
        return;
    }
    pthread_mutex_lock(&workers->lock);
    workers->over = true;
    pthread_cond_broadcast(&workers->more);
    pthread_mutex_unlock(&workers->lock);
    for (uint32_t i = 0; i < workers->threads; i++) {
        pthread_join(workers->thread[i], NULL);
    }
    pthread_cond_destroy(&workers->idle);
    pthread_cond_destroy(&workers->more);
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}

uint32_t kp_workers_threads(const struct kp_workers *workers)
{
    return workers->threads;
}

void kp_workers_give(struct kp_workers *workers, struct kp_work *work)
{
    work->ran = false;
    workers->given++;
    pthread_mutex_lock(&workers->lock);
    push(&workers->waiting, work);
    pthread_cond_signal(&workers->more);
    pthread_mutex_unlock(&workers->lock);
}

uint32_t kp_workers_given(const struct kp_workers *workers)
{
    return workers->given;
}

struct kp_work *kp_workers_done(struct kp_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    struct kp_work *work = pop(&workers->done);
    pthread_mutex_unlock(&workers->lock);
    workers->given -= work != NULL;
    return work;
}

void kp_workers_wait(struct kp_workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    while (workers->running > 0 || workers->waiting.first != NULL) {
        pthread_cond_wait(&workers->idle, &workers->lock);
    }
    pthread_mutex_unlock(&workers->lock);
}

void kp_workers_cancel(struct kp_workers *workers)
{
    struct kp_work *work;
    pthread_mutex_lock(&workers->lock);
    while ((work = pop(&workers->waiting)) != NULL) {
        push(&workers->done, work);
    }
    while (workers->running > 0) {
        pthread_cond_wait(&workers->idle, &workers->lock);
    }
    pthread_mutex_unlock(&workers->lock);
}
