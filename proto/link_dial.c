/* The connection. NNG dials again by itself when one fails or breaks; the supervisor here sees to
 * the two cases in which it doesn't, or should not do so at once. It is a thread of its own,
 * because closing a dialer waits for NNG's callbacks: never do that on a thread of NNG's, nor with
 * the lock held. */
#include "proto/link_client_internal.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SUPERVISE_MS 250

static int configure(struct kp_client *client, nng_dialer dialer)
{
    int rv = nng_dialer_set_ms(dialer, NNG_OPT_RECONNMINT, KP_DIAL_MIN_MS);
    if (rv == 0) {
        rv = nng_dialer_set_ms(dialer, NNG_OPT_RECONNMAXT, KP_DIAL_MAX_MS);
    }
    if (rv == 0 && client->kind == KP_LINK_TLS) {
        rv = nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, client->config);
        if (rv == 0) {
            rv = nng_dialer_set_bool(dialer, NNG_OPT_TCP_NODELAY, true);
        }
        if (rv == 0) {
            rv = nng_dialer_set_bool(dialer, NNG_OPT_TCP_KEEPALIVE, true);
        }
    }
    return rv;
}

void kp_client_wait(struct kp_client *client, unsigned most_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += most_ms * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&client->changed, &client->lock, &until);
}

/* Without the lock, like kp_client_dial. */
static void stop_dialing(struct kp_client *client)
{
    pthread_mutex_lock(&client->lock);
    nng_dialer dialer = client->dialer;
    client->dialer = (nng_dialer)NNG_DIALER_INITIALIZER;
    client->give_up = false;
    pthread_mutex_unlock(&client->lock);
    if (nng_dialer_id(dialer) > 0) {
        nng_dialer_close(dialer);
    }
}

int kp_client_dial(struct kp_client *client)
{
    nng_dialer dialer;
    stop_dialing(client);
    int rv = nng_dialer_create(&dialer, client->socket, client->url);
    if (rv != 0) {
        return rv;
    }
    rv = configure(client, dialer);
    if (rv != 0) {
        nng_dialer_close(dialer);
        return rv;
    }
    pthread_mutex_lock(&client->lock);
    client->dialer = dialer; /* before its first connection asks whether it is of this one */
    pthread_mutex_unlock(&client->lock);
    rv = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
    if (rv != 0) {
        stop_dialing(client);
    }
    return rv;
}

void *kp_client_supervise(void *context)
{
    struct kp_client *client = context;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    pthread_mutex_lock(&client->lock);
    while (!client->closing) {
        bool give_up = client->give_up;
        bool anew = !client->connected && kp_loop_now() >= client->dial_at;
        if (!give_up && !anew) {
            kp_client_wait(client, SUPERVISE_MS);
            continue;
        }
        if (anew) {
            client->dial_at = kp_loop_now() + KP_DIAL_ANEW_MS;
        }
        pthread_mutex_unlock(&client->lock);
        if (anew) {
            (void)kp_client_dial(client); /* no memory: next time */
        } else {
            stop_dialing(client);
        }
        pthread_mutex_lock(&client->lock);
    }
    pthread_mutex_unlock(&client->lock);
    return NULL;
}

/* With the lock held. */
static void note_failure(struct kp_client *client, const char *why)
{
    client->failures++;
    snprintf(client->why, sizeof(client->why), "%s", why);
    pthread_cond_broadcast(&client->changed);
}

/* Whether the socket is served by who may: root, the same user, or whoever root asks. */
static bool is_trusted(const struct kp_client *client, const struct kp_peer *peer)
{
    return client->kind != KP_LINK_IPC || peer->uid == 0 || peer->uid == geteuid() ||
           geteuid() == 0;
}

static void on_connecting(nng_pipe pipe, nng_pipe_ev event, void *context)
{
    (void)event;
    struct kp_client *client = context;
    struct kp_peer peer;
    bool known = kp_link_peer(&peer, client->kind, pipe);
    pthread_mutex_lock(&client->lock);
    if (!known || !is_trusted(client, &peer)) {
        note_failure(client, known ? "the socket belongs to another user"
                                   : "it can't be told who is at the other end");
        nng_pipe_close(pipe);
    } else if (client->give_up || nng_pipe_dialer(pipe).id != client->dialer.id) {
        nng_pipe_close(pipe); /* of a dialer that was given up */
    } else {
        client->pipe = pipe;
        client->peer = peer;
        client->heard_here = false;
    }
    pthread_mutex_unlock(&client->lock);
}

static void on_connected(nng_pipe pipe, nng_pipe_ev event, void *context)
{
    (void)event;
    struct kp_client *client = context;
    pthread_mutex_lock(&client->lock);
    client->connected = client->pipe.id == pipe.id;
    pthread_cond_broadcast(&client->changed);
    pthread_mutex_unlock(&client->lock);
}

static void on_disconnected(nng_pipe pipe, nng_pipe_ev event, void *context)
{
    (void)event;
    struct kp_client *client = context;
    pthread_mutex_lock(&client->lock);
    if (client->pipe.id == pipe.id) {
        client->pipe = (nng_pipe)NNG_PIPE_INITIALIZER;
        client->connected = false;
        client->dial_at = kp_loop_now() + KP_DIAL_ANEW_MS;
        if (!client->heard_here && !client->closing) {
            /* Probably not admitted: NNG would dial again at once, for ever. */
            client->give_up = true;
            client->delay = client->delay * 2 < KP_DIAL_MAX_MS ? client->delay * 2 : KP_DIAL_MAX_MS;
            client->dial_at = kp_loop_now() + client->delay;
        }
        pthread_cond_broadcast(&client->changed);
    }
    pthread_mutex_unlock(&client->lock);
}

int kp_client_notice(struct kp_client *client)
{
    int rv = nng_pipe_notify(client->socket, NNG_PIPE_EV_ADD_PRE, on_connecting, client);
    if (rv == 0) {
        rv = nng_pipe_notify(client->socket, NNG_PIPE_EV_ADD_POST, on_connected, client);
    }
    if (rv == 0) {
        rv = nng_pipe_notify(client->socket, NNG_PIPE_EV_REM_POST, on_disconnected, client);
    }
    return rv;
}

void kp_client_note_answer(struct kp_client *client)
{
    client->heard = kp_loop_now();
    client->heard_here = true;
    client->delay = KP_DIAL_MIN_MS;
}

unsigned kp_client_failures(struct kp_client *client, char why[static KP_ERROR_TEXT])
{
    unsigned failures = 0;
    why[0] = '\0';
    if (client->setup != NULL) {
        failures = kp_tls_setup_trouble(client->setup, why);
    }
    if (client->failures > 0) {
        snprintf(why, KP_ERROR_TEXT, "%s", client->why);
    }
    return failures + client->failures;
}

bool kp_client_peer(struct kp_client *client, struct kp_peer *peer)
{
    pthread_mutex_lock(&client->lock);
    bool connected = client->connected;
    if (connected) {
        *peer = client->peer;
    }
    pthread_mutex_unlock(&client->lock);
    return connected;
}

bool kp_client_trouble(struct kp_client *client, char why[static KP_ERROR_TEXT])
{
    pthread_mutex_lock(&client->lock);
    bool connected = client->connected;
    unsigned failures = kp_client_failures(client, why);
    pthread_mutex_unlock(&client->lock);
    return !connected && failures > 0;
}
