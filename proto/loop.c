#include "proto/loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

struct task {
    struct task *next;
    kp_loop_task *run;
    void *context;
};

struct kp_loop {
    pthread_mutex_t lock; /* guards what follows, up to the blank line */
    struct task *first;
    struct task **end;
    bool stopped;

    int wake;    /* eventfd: a task was posted, or the loop was stopped */
    int signals; /* signalfd: SIGTERM, SIGINT */
};

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) {
        abort(); /* these clocks always exist */
    }
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t kp_loop_now(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

uint64_t kp_clock_now(void)
{
    return clock_ms(CLOCK_REALTIME);
}

enum kp_status kp_loop_new(struct kp_loop **out, struct kp_error *error)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    int refused = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (refused != 0) {
        return kp_fail(error, KP_FAILED, "can't block SIGTERM: %s", strerror(refused));
    }

    struct kp_loop *loop = calloc(1, sizeof(*loop));
    if (loop == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the event loop");
    }
    loop->end = &loop->first;
    pthread_mutex_init(&loop->lock, NULL);
    loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (loop->wake < 0 || loop->signals < 0) {
        kp_fail(error, KP_FAILED, "can't make the event loop: %s", strerror(errno));
        kp_loop_free(loop);
        return KP_FAILED;
    }
    *out = loop;
    return KP_OK;
}

static struct task *take_all(struct kp_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    struct task *first = loop->first;
    loop->first = NULL;
    loop->end = &loop->first;
    pthread_mutex_unlock(&loop->lock);
    return first;
}

/* Puts tasks that were taken and not run back in front, in their order. */
static void put_back(struct kp_loop *loop, struct task *first)
{
    if (first == NULL) {
        return;
    }
    struct task **end = &first->next;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    pthread_mutex_lock(&loop->lock);
    *end = loop->first;
    if (loop->first == NULL) {
        loop->end = end;
    }
    loop->first = first;
    pthread_mutex_unlock(&loop->lock);
}

static void run_task(struct task *task, bool cancelled)
{
    kp_loop_task *run = task->run;
    void *context = task->context;
    free(task);
    run(context, cancelled);
}

void kp_loop_free(struct kp_loop *loop)
{
    if (loop == NULL) {
        return;
    }
    /* A cancelled task may still post one. */
    for (struct task *task; (task = take_all(loop)) != NULL;) {
        while (task != NULL) {
            struct task *next = task->next;
            run_task(task, true);
            task = next;
        }
    }
    if (loop->wake >= 0) {
        close(loop->wake);
    }
    if (loop->signals >= 0) {
        close(loop->signals);
    }
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

void kp_loop_wake(struct kp_loop *loop)
{
    uint64_t one = 1;
    ssize_t written;
    do {
        written = write(loop->wake, &one, sizeof(one));
    } while (written < 0 && errno == EINTR); /* EAGAIN: it is awake already */
}

enum kp_status kp_loop_post(struct kp_loop *loop, kp_loop_task *run, void *context)
{
    struct task *task = malloc(sizeof(*task));
    if (task == NULL) {
        return KP_FAILED;
    }
    *task = (struct task){.run = run, .context = context};
    pthread_mutex_lock(&loop->lock);
    *loop->end = task;
    loop->end = &task->next;
    pthread_mutex_unlock(&loop->lock);
    kp_loop_wake(loop);
    return KP_OK;
}

void kp_loop_stop(struct kp_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    loop->stopped = true;
    pthread_mutex_unlock(&loop->lock);
    kp_loop_wake(loop);
}

static bool is_stopped(struct kp_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    bool stopped = loop->stopped;
    pthread_mutex_unlock(&loop->lock);
    return stopped;
}

/* Waits until something was posted, a signal comes or the time has come. */
static void wait_until(struct kp_loop *loop, uint64_t when)
{
    uint64_t now = kp_loop_now();
    int timeout = -1;
    if (when != UINT64_MAX) {
        uint64_t left = when > now ? when - now : 0;
        timeout = left > INT_MAX ? INT_MAX : (int)left;
    }
    struct pollfd fds[2] = {{.fd = loop->wake, .events = POLLIN},
                            {.fd = loop->signals, .events = POLLIN}};
    if (poll(fds, 2, timeout) <= 0) {
        return; /* the time, or EINTR: the caller looks again */
    }
    if (fds[0].revents != 0) {
        uint64_t count;
        ssize_t got = read(loop->wake, &count, sizeof(count));
        (void)got; /* only to make it quiet */
    }
    if (fds[1].revents != 0) {
        struct signalfd_siginfo info;
        if (read(loop->signals, &info, sizeof(info)) > 0) {
            kp_loop_stop(loop);
        }
    }
}

/* Runs what is posted now; not what is posted meanwhile, so that work and tick get their turn. */
static void run_posted(struct kp_loop *loop)
{
    struct task *task = take_all(loop);
    while (task != NULL && !is_stopped(loop)) {
        struct task *next = task->next;
        run_task(task, false);
        task = next;
    }
    put_back(loop, task);
}

void kp_loop_run(struct kp_loop *loop, const struct kp_loop_hooks *hooks)
{
    bool more = false;
    uint64_t next_tick = 0; /* at once */
    wait_until(loop, 0);
    while (!is_stopped(loop)) {
        run_posted(loop);
        if (hooks->tick != NULL && !is_stopped(loop)) {
            next_tick = hooks->tick(hooks->context, kp_loop_now());
        } else {
            next_tick = UINT64_MAX;
        }
        if (hooks->work != NULL && !is_stopped(loop)) {
            more = hooks->work(hooks->context);
        }
        wait_until(loop, more ? 0 : next_tick);
    }
    pthread_mutex_lock(&loop->lock);
    loop->stopped = false;
    pthread_mutex_unlock(&loop->lock);
}
