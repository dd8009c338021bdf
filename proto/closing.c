#include "proto/closing.h"

#include "proto/limits.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t exit_status;

/* Async-signal-safe. */
static void end_now(int signal)
{
    static const char text[] = "closing didn't end; the process ends without it\n";
    (void)signal;
    ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
    (void)written; /* nothing can be done about it */
    _exit(exit_status);
}

void kp_closing_process(int status)
{
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    exit_status = status;
    (void)signal(SIGALRM, end_now);
    (void)pthread_sigmask(SIG_UNBLOCK, &alarms, NULL); /* whoever started us may have blocked it */
    (void)alarm(KP_CLOSING_SECONDS);
}

static void *close_client(void *client)
{
    kp_client_close(client);
    return NULL;
}

void kp_closing_client(struct kp_client *client)
{
    pthread_t closer;
    struct timespec until;
    if (client == NULL) {
        return;
    }
    if (pthread_create(&closer, NULL, close_client, client) != 0) {
        kp_client_close(client);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += KP_CLOSING_SECONDS;
    if (pthread_clockjoin_np(closer, NULL, CLOCK_MONOTONIC, &until) != 0) {
        pthread_detach(closer);
        fputs("closing a connection didn't end; going on without it\n", stderr);
    }
}
