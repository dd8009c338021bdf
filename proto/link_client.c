/* The asking side. NNG's REQ has a context for each question; they share one connection. NNG dials
 * again by itself when a connection fails or breaks; the supervisor here sees to the two cases in
 * which it doesn't, or should not do so at once. It is a thread of its own, because closing a
 * dialer waits for NNG's callbacks: never do that on a thread of NNG's, nor with the lock held. */
#include "proto/link_internal.h"
#include "proto/tls_internal.h"

#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SUPERVISE_MS 250
#define LOOK_MS 10
#define DIAL_MIN_MS 100
#define DIAL_MAX_MS 5000
#define DIAL_ANEW_MS 15000 /* when that long there was no connection, NNG may have given up */
#define RESEND_MS 60000    /* longer than any answer takes; a broken connection resends at once */
#define REACH_AFTER_MS 150 /* a connection should be there by then; else it is looked why not */
#define REACH_MS 5000
#define SEND_STEP_MS 500 /* then it is looked again whether there still is a connection */

struct ask {
    struct kp_client *client;
    struct ask *next;
    nng_ctx context;
    nng_aio *aio;
    kp_client_done *done;
    void *done_context;
    uint64_t asked;
    uint64_t deadline;
    bool sent;
    bool finished;
    nng_msg *answer; /* NULL when finished: there is none */
};

struct kp_client {
    struct kp_loop *loop;
    enum kp_link_kind kind;
    char *url;
    nng_socket socket;
    struct kp_tls_setup *setup;
    nng_tls_config *config;
    pthread_t supervisor;
    bool supervised; /* it was started */

    /* NNG's callbacks come without any lock of its own, and take this one. So those functions of
     * NNG that wait for callbacks (to close a socket or a dialer, to stop an operation) are called
     * without it; others may be called with it. */
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    unsigned references; /* the owner's, and one for a posted `deliver` */
    bool closing;
    bool delivering; /* `deliver` is posted */
    struct ask *asks;
    unsigned ask_count;
    nng_dialer dialer; /* id 0: none */
    bool give_up;      /* the supervisor is to close it */
    uint64_t dial_at;  /* when to dial anew, if there is no connection */
    uint64_t delay;    /* then, after a connection that was of no use */
    nng_pipe pipe;     /* id 0: none */
    bool connected;
    bool heard_here; /* an answer came over this connection */
    uint64_t heard;  /* when the last answer came */
    struct kp_peer peer;
    unsigned failures; /* connections that failed, but for TLS (those are in setup) */
    char why[KP_ERROR_TEXT];
    unsigned reported; /* failures that kp_client_call has told of, TLS included */
};

/* Called with the lock held. */
static void unlock_and_release(struct kp_client *client)
{
    bool last = --client->references == 0;
    pthread_mutex_unlock(&client->lock);
    if (last) {
        pthread_cond_destroy(&client->changed);
        pthread_mutex_destroy(&client->lock);
        free(client->url);
        free(client);
    }
}

/* The connection. */

static int configure(struct kp_client *client, nng_dialer dialer)
{
    int rv = nng_dialer_set_ms(dialer, NNG_OPT_RECONNMINT, DIAL_MIN_MS);
    if (rv == 0) {
        rv = nng_dialer_set_ms(dialer, NNG_OPT_RECONNMAXT, DIAL_MAX_MS);
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

/* Waits so long, or until something changes; with the lock held. */
static void wait_for_change(struct kp_client *client, unsigned most_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += most_ms * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&client->changed, &client->lock, &until);
}

/* Without the lock, like `dial`. */
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

/* 0, or an NNG error: of the URL. */
static int dial(struct kp_client *client)
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

static void *supervise(void *context)
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
            wait_for_change(client, SUPERVISE_MS);
            continue;
        }
        if (anew) {
            client->dial_at = kp_loop_now() + DIAL_ANEW_MS;
        }
        pthread_mutex_unlock(&client->lock);
        if (anew) {
            (void)dial(client); /* no memory: next time */
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
        client->dial_at = kp_loop_now() + DIAL_ANEW_MS;
        if (!client->heard_here && !client->closing) {
            /* Probably not admitted: NNG would dial again at once, for ever. */
            client->give_up = true;
            client->delay = client->delay * 2 < DIAL_MAX_MS ? client->delay * 2 : DIAL_MAX_MS;
            client->dial_at = kp_loop_now() + client->delay;
        }
        pthread_cond_broadcast(&client->changed);
    }
    pthread_mutex_unlock(&client->lock);
}

/* With the lock held: an answer came, so the connection is of use. */
static void note_answer(struct kp_client *client)
{
    client->heard = kp_loop_now();
    client->heard_here = true;
    client->delay = DIAL_MIN_MS;
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

/* With the lock held: how many connections failed, and why the last one did ("" when none did). */
static unsigned count_failures(struct kp_client *client, char why[static KP_ERROR_TEXT])
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

bool kp_client_trouble(struct kp_client *client, char why[static KP_ERROR_TEXT])
{
    pthread_mutex_lock(&client->lock);
    bool connected = client->connected;
    unsigned failures = count_failures(client, why);
    pthread_mutex_unlock(&client->lock);
    return !connected && failures > 0;
}

/* Opening. */

static enum kp_status prepare(struct kp_client *client, struct kp_error *error)
{
    int rv = 0;
    if (client->setup != NULL) {
        rv = kp_tls_config_new(&client->config, client->setup);
    }
    if (rv == 0) {
        rv = nng_req0_open(&client->socket);
    }
    if (rv == 0) {
        rv = nng_socket_set_size(client->socket, NNG_OPT_RECVMAXSZ, KP_LINK_RECEIVE_MAX);
    }
    if (rv == 0) {
        rv = nng_socket_set_ms(client->socket, NNG_OPT_REQ_RESENDTIME, RESEND_MS);
    }
    if (rv == 0) {
        rv = nng_pipe_notify(client->socket, NNG_PIPE_EV_ADD_PRE, on_connecting, client);
    }
    if (rv == 0) {
        rv = nng_pipe_notify(client->socket, NNG_PIPE_EV_ADD_POST, on_connected, client);
    }
    if (rv == 0) {
        rv = nng_pipe_notify(client->socket, NNG_PIPE_EV_REM_POST, on_disconnected, client);
    }
    if (rv != 0) {
        return kp_fail(error, KP_FAILED, "can't prepare a socket: %s", nng_strerror(rv));
    }
    rv = dial(client);
    if (rv != 0) {
        return kp_fail(error, KP_USAGE, "%s: %s", client->url, nng_strerror(rv));
    }
    int refused = pthread_create(&client->supervisor, NULL, supervise, client);
    client->supervised = refused == 0;
    return refused == 0 ? KP_OK
                        : kp_fail(error, KP_FAILED, "can't start a thread: %s", strerror(refused));
}

static struct kp_client *new_client(struct kp_loop *loop, enum kp_link_kind kind, const char *url)
{
    struct kp_client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        return NULL;
    }
    client->url = strdup(url);
    if (client->url == NULL) {
        free(client);
        return NULL;
    }
    client->loop = loop;
    client->kind = kind;
    client->references = 1;
    client->delay = DIAL_MIN_MS;
    client->dial_at = kp_loop_now() + DIAL_ANEW_MS;
    pthread_mutex_init(&client->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&client->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return client;
}

enum kp_status kp_client_open(struct kp_client **out, struct kp_loop *loop, const char *url,
                              const struct kp_tls_files *tls, const char *server_name,
                              const uint8_t *server_certificate, struct kp_error *error)
{
    enum kp_link_kind kind;
    enum kp_status status = kp_link_kind(&kind, url, tls, error);
    if (status != KP_OK) {
        return status;
    }
    if (kind == KP_LINK_TLS && server_name == NULL) {
        return kp_fail(error, KP_USAGE, "%s: the server's name isn't given", url);
    }
    struct kp_client *client = new_client(loop, kind, url);
    if (client == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a client");
    }
    if (kind == KP_LINK_TLS) {
        status = kp_tls_setup_new(&client->setup, tls, server_name, server_certificate, error);
    }
    if (status == KP_OK) {
        status = prepare(client, error);
    }
    if (status != KP_OK) {
        kp_client_close(client);
        return status;
    }
    *out = client;
    return KP_OK;
}

/* Asking without waiting. */

static void free_ask(struct ask *ask)
{
    nng_aio_stop(ask->aio); /* waits for its callback */
    nng_aio_free(ask->aio);
    nng_ctx_close(ask->context);
    nng_msg_free(ask->answer);
    free(ask);
}

/* Takes the first finished ask off the list; with the lock held. */
static struct ask *take_finished(struct kp_client *client)
{
    struct ask **link = &client->asks;
    while (*link != NULL && !(*link)->finished) {
        link = &(*link)->next;
    }
    struct ask *taken = *link;
    if (taken != NULL) {
        *link = taken->next;
        client->ask_count--;
    }
    return taken;
}

/* On the loop's thread: hands over what has come. */
static void deliver(void *context, bool cancelled)
{
    struct kp_client *client = context;
    pthread_mutex_lock(&client->lock);
    client->delivering = false;
    struct ask *ask;
    /* `done` may ask again, or close the client, which then has nothing left to deliver. */
    while (!cancelled && (ask = take_finished(client)) != NULL) {
        pthread_mutex_unlock(&client->lock);
        nng_msg *answer = ask->answer;
        kp_client_done *done = ask->done;
        void *done_context = ask->done_context;
        ask->answer = NULL;
        free_ask(ask);
        if (answer != NULL) {
            done(done_context, KP_OK, nng_msg_body(answer), nng_msg_len(answer), false);
        } else {
            done(done_context, KP_RETRY, NULL, 0, false);
        }
        nng_msg_free(answer);
        pthread_mutex_lock(&client->lock);
    }
    unlock_and_release(client);
}

/* With the lock held. */
static void finish_ask(struct ask *ask, nng_msg *answer)
{
    struct kp_client *client = ask->client;
    ask->answer = answer;
    ask->finished = true;
    if (!client->closing && !client->delivering) {
        client->references++;
        client->delivering = kp_loop_post(client->loop, deliver, client) == KP_OK;
        client->references -= !client->delivering; /* no memory: the next one posts it */
    }
}

static nng_duration time_left(uint64_t deadline)
{
    uint64_t now = kp_loop_now();
    uint64_t left = deadline > now ? deadline - now : 1;
    return left > INT32_MAX ? INT32_MAX : (nng_duration)left;
}

/* With the lock held: whether a message may be handed on. */
static bool is_answer(const nng_msg *message)
{
    return message != NULL && nng_msg_len(message) <= KP_WIRE_REQUEST_MAX;
}

/* On a thread of NNG's, when the request was sent, or answered, or neither in time. */
static void ask_event(void *context)
{
    struct ask *ask = context;
    struct kp_client *client = ask->client;
    int result = nng_aio_result(ask->aio);
    nng_msg *message = nng_aio_get_msg(ask->aio); /* an answer, or what wasn't sent */
    bool answered = ask->sent && result == 0;
    nng_aio_set_msg(ask->aio, NULL);

    pthread_mutex_lock(&client->lock);
    if (!ask->sent && result == 0) {
        ask->sent = true;
        nng_aio_set_timeout(ask->aio, time_left(ask->deadline));
        nng_ctx_recv(ask->context, ask->aio);
        message = NULL;
    } else if (answered && is_answer(message)) {
        note_answer(client);
        finish_ask(ask, message);
        message = NULL;
    } else {
        if (ask->sent && result == NNG_ETIMEDOUT && client->connected &&
            client->heard < ask->asked) {
            nng_pipe_close(client->pipe); /* nothing was heard of it: it may be dead */
        }
        finish_ask(ask, NULL);
    }
    pthread_mutex_unlock(&client->lock);
    nng_msg_free(message);
}

/* A message with these bytes, or NULL. */
static nng_msg *new_message(const uint8_t *bytes, size_t size)
{
    nng_msg *message;
    if (nng_msg_alloc(&message, 0) != 0) {
        return NULL;
    }
    if (nng_msg_append(message, bytes, size) != 0) {
        nng_msg_free(message);
        return NULL;
    }
    return message;
}

static struct ask *new_ask(struct kp_client *client)
{
    struct ask *ask = calloc(1, sizeof(*ask));
    if (ask == NULL) {
        return NULL;
    }
    if (nng_aio_alloc(&ask->aio, ask_event, ask) != 0) {
        free(ask);
        return NULL;
    }
    if (nng_ctx_open(&ask->context, client->socket) != 0) {
        nng_aio_free(ask->aio);
        free(ask);
        return NULL;
    }
    ask->client = client;
    return ask;
}

static enum kp_status check_size(size_t size, struct kp_error *error)
{
    return size <= KP_WIRE_REQUEST_MAX
               ? KP_OK
               : kp_fail(error, KP_USAGE, "a request of %zu bytes is too long", size);
}

enum kp_status kp_client_ask(struct kp_client *client, const uint8_t *request, size_t size,
                             uint32_t timeout_ms, kp_client_done *done, void *context,
                             struct kp_error *error)
{
    if (check_size(size, error) != KP_OK) {
        return KP_USAGE;
    }
    nng_msg *message = new_message(request, size);
    struct ask *ask = message != NULL ? new_ask(client) : NULL;
    if (ask == NULL) {
        nng_msg_free(message);
        return kp_fail(error, KP_FAILED, "no memory to ask %s", client->url);
    }
    ask->done = done;
    ask->done_context = context;
    ask->asked = kp_loop_now();
    ask->deadline = ask->asked + timeout_ms;

    pthread_mutex_lock(&client->lock);
    bool accepted = !client->closing && client->ask_count < KP_LINK_ASKS_MAX;
    if (accepted) {
        struct ask **end = &client->asks;
        while (*end != NULL) {
            end = &(*end)->next;
        }
        *end = ask;
        client->ask_count++;
        nng_aio_set_msg(ask->aio, message);
        nng_aio_set_timeout(ask->aio, time_left(ask->deadline));
        nng_ctx_send(ask->context, ask->aio);
    }
    pthread_mutex_unlock(&client->lock);
    if (!accepted) {
        nng_msg_free(message);
        free_ask(ask);
        return kp_fail(error, KP_RETRY, "%s is being asked %u things already", client->url,
                       KP_LINK_ASKS_MAX);
    }
    return KP_OK;
}

/* Asking and waiting. */

/* One look whether there is a connection; with the lock held. KP_RETRY: one has failed. */
static enum kp_status look(struct kp_client *client, struct kp_error *error)
{
    char why[KP_ERROR_TEXT];
    if (client->connected) {
        return KP_OK;
    }
    unsigned failures = count_failures(client, why);
    if (failures != client->reported) {
        client->reported = failures;
        return kp_fail(error, KP_RETRY, "no connection to %s: %s", client->url, why);
    }
    return KP_OK;
}

static bool is_connected(struct kp_client *client)
{
    pthread_mutex_lock(&client->lock);
    bool connected = client->connected;
    pthread_mutex_unlock(&client->lock);
    return connected;
}

/* Waits for a connection, but not when there is a reason to think that none will come. */
static enum kp_status await_connection(struct kp_client *client, uint64_t deadline,
                                       struct kp_error *error)
{
    uint64_t reach_at = kp_loop_now() + REACH_AFTER_MS;
    bool reached = false;
    if (client->kind == KP_LINK_IPC && access(kp_link_path(client->url), F_OK) != 0) {
        reach_at = 0;
    }
    while (!is_connected(client)) {
        uint64_t now = kp_loop_now();
        if (now >= deadline) {
            return kp_fail(error, KP_RETRY, "no connection to %s in time", client->url);
        }
        if (!reached && now >= reach_at) {
            uint64_t most = deadline - now < REACH_MS ? deadline - now : REACH_MS;
            enum kp_status status = kp_link_reach(client->url, client->kind, most, error);
            if (status != KP_OK && !is_connected(client)) {
                return status;
            }
            reached = true;
        }
        pthread_mutex_lock(&client->lock);
        enum kp_status status = look(client, error);
        if (status == KP_OK && !client->connected) {
            wait_for_change(client, LOOK_MS);
        }
        pthread_mutex_unlock(&client->lock);
        if (status != KP_OK) {
            return status;
        }
    }
    return KP_OK;
}

static enum kp_status explain_silence(struct kp_client *client, int result, uint32_t timeout_ms,
                                      struct kp_error *error)
{
    if (result == NNG_ETIMEDOUT) {
        return kp_fail(error, KP_RETRY, "%s did not answer within %u ms", client->url, timeout_ms);
    }
    if (result == NNG_ECONNRESET) {
        return kp_fail(error, KP_RETRY,
                       "%s closed the connection without an answer: it doesn't admit us, or was "
                       "stopped",
                       client->url);
    }
    return kp_fail(error, KP_FAILED, "can't ask %s: %s", client->url, nng_strerror(result));
}

/* Sends the message, on a connection that there may be again in a moment; 0, or an NNG error. */
static int send_soon(nng_ctx context, nng_aio *aio, nng_msg *message, uint64_t deadline)
{
    nng_duration left = time_left(deadline);
    nng_aio_set_msg(aio, message);
    nng_aio_set_timeout(aio, left < SEND_STEP_MS ? left : SEND_STEP_MS);
    nng_ctx_send(context, aio);
    nng_aio_wait(aio);
    return nng_aio_result(aio);
}

/* Sends and receives. KP_RETRY also when the connection was lost. */
static enum kp_status converse(struct kp_client *client, nng_ctx context, nng_aio *aio,
                               nng_msg *message, uint32_t timeout_ms, nng_msg **answer,
                               struct kp_error *error)
{
    uint64_t deadline = kp_loop_now() + timeout_ms;
    int result;
    do {
        enum kp_status status = await_connection(client, deadline, error);
        if (status != KP_OK) {
            nng_msg_free(message);
            return status;
        }
        result = send_soon(context, aio, message, deadline);
    } while (result == NNG_ETIMEDOUT && kp_loop_now() < deadline);
    if (result != 0) {
        nng_msg_free(message);
        nng_aio_set_msg(aio, NULL);
        return explain_silence(client, result, timeout_ms, error);
    }
    nng_aio_set_timeout(aio, time_left(deadline));
    nng_ctx_recv(context, aio);
    nng_aio_wait(aio);
    result = nng_aio_result(aio);
    if (result != 0) {
        return explain_silence(client, result, timeout_ms, error);
    }
    *answer = nng_aio_get_msg(aio);
    nng_aio_set_msg(aio, NULL);
    pthread_mutex_lock(&client->lock);
    note_answer(client);
    pthread_mutex_unlock(&client->lock);
    return KP_OK;
}

enum kp_status kp_client_call(struct kp_client *client, const uint8_t *request, size_t size,
                              uint32_t timeout_ms, struct kp_buffer *response,
                              struct kp_error *error)
{
    enum kp_status status = check_size(size, error);
    if (status != KP_OK) {
        return status;
    }
    nng_ctx context = NNG_CTX_INITIALIZER;
    nng_aio *aio = NULL;
    nng_msg *answer = NULL;
    nng_msg *message = new_message(request, size);
    int result = message == NULL ? NNG_ENOMEM : nng_aio_alloc(&aio, NULL, NULL);
    if (result == 0) {
        result = nng_ctx_open(&context, client->socket);
    }
    if (result == 0) {
        /* Not sent again: when the connection breaks, the caller wants to know. */
        result = nng_ctx_set_ms(context, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
    }
    if (result == 0) {
        status = converse(client, context, aio, message, timeout_ms, &answer, error);
    } else {
        nng_msg_free(message);
        status = kp_fail(error, KP_FAILED, "can't ask %s: %s", client->url, nng_strerror(result));
    }
    if (status == KP_OK && !is_answer(answer)) {
        status = kp_fail(error, KP_REFUSED, "%s gave an answer that is too long", client->url);
    }
    if (status == KP_OK &&
        kp_buffer_set(response, nng_msg_body(answer), nng_msg_len(answer)) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for an answer");
    }
    nng_msg_free(answer);
    nng_aio_free(aio);
    nng_ctx_close(context);
    return status;
}

/* Closing. */

void kp_client_close(struct kp_client *client)
{
    if (client == NULL) {
        return;
    }
    pthread_mutex_lock(&client->lock);
    client->closing = true;
    struct ask *asks = client->asks;
    client->asks = NULL;
    client->ask_count = 0;
    pthread_cond_broadcast(&client->changed);
    pthread_mutex_unlock(&client->lock);

    if (client->supervised) {
        pthread_join(client->supervisor, NULL);
    }
    for (const struct ask *ask = asks; ask != NULL; ask = ask->next) {
        nng_ctx_close(ask->context);
    }
    if (nng_socket_id(client->socket) > 0) {
        nng_close(client->socket);
    }
    while (asks != NULL) {
        struct ask *ask = asks;
        asks = ask->next;
        kp_client_done *done = ask->done;
        void *context = ask->done_context;
        free_ask(ask);
        done(context, KP_RETRY, NULL, 0, true);
    }
    if (client->config != NULL) {
        nng_tls_config_free(client->config);
    }
    kp_tls_setup_free(client->setup);
    pthread_mutex_lock(&client->lock);
    unlock_and_release(client);
}
