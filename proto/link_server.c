/* The answering side. NNG's REP takes a request from each of its contexts; a context is taken until
 * its request was answered, so the server opens another whenever none is left to receive. */
#include "proto/link_internal.h"
#include "proto/tls_internal.h"

#include <nng/protocol/reqrep0/rep.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum slot_state {
    SLOT_RECEIVING,
    SLOT_HELD, /* the owner has its request */
    SLOT_SENDING,
};

/* A context of NNG's with its operation. */
struct slot {
    struct kp_server *server;
    struct slot *next;
    nng_ctx context;
    nng_aio *aio;
    enum slot_state state;
    bool remote; /* the request's peer, for counting */
    uint8_t certificate[32];
    nng_pipe pipe;
};

struct connection {
    struct connection *next; /* the next older one */
    nng_pipe pipe;
    struct kp_peer peer;
};

struct kp_server {
    struct kp_loop *loop;
    struct kp_server_handler handler;
    enum kp_link_kind kind;
    nng_socket socket;
    struct kp_tls_setup *setup;

    /* NNG's callbacks come without any lock of its own, and take this one. So those functions of
     * NNG that wait for callbacks (to close a socket, to stop an operation) are called without it;
     * others may be called with it. */
    pthread_mutex_t lock; /* guards what follows */
    unsigned references;  /* the owner's, and one for each request */
    bool closing;
    struct slot *slots;
    unsigned slot_count;
    unsigned receiving;
    struct connection *connections;
};

struct kp_request {
    struct kp_server *server;
    struct slot *slot; /* not to be touched when the server is closing */
    struct kp_peer peer;
    nng_msg *message;
};

static void slot_event(void *context);

/* Frees the server when it was the last reference. Called with the lock held. */
static void unlock_and_release(struct kp_server *server)
{
    bool last = --server->references == 0;
    pthread_mutex_unlock(&server->lock);
    if (last) {
        kp_tls_setup_free(server->setup);
        pthread_mutex_destroy(&server->lock);
        free(server);
    }
}

/* Connections. */

/* The pipe of the peer's oldest connection when it has as many as it may; id 0: it hasn't. */
static nng_pipe oldest_too_many(const struct kp_server *server, const struct kp_peer *peer)
{
    nng_pipe oldest = NNG_PIPE_INITIALIZER;
    unsigned count = 0;
    for (const struct connection *one = server->connections; one != NULL; one = one->next) {
        if (!one->peer.local &&
            memcmp(one->peer.certificate, peer->certificate, sizeof(peer->certificate)) == 0) {
            oldest = one->pipe;
            count++;
        }
    }
    return count >= KP_LINK_CONNECTIONS_PEER_MAX ? oldest : (nng_pipe)NNG_PIPE_INITIALIZER;
}

static bool may_connect(const struct kp_server *server, const struct kp_peer *peer)
{
    if (server->kind == KP_LINK_IPC && peer->uid != geteuid() && peer->uid != 0) {
        return false;
    }
    return server->handler.admit == NULL || server->handler.admit(server->handler.context, peer);
}

static void on_connected(nng_pipe pipe, nng_pipe_ev event, void *context)
{
    (void)event;
    struct kp_server *server = context;
    struct connection *added = calloc(1, sizeof(*added));
    if (added == NULL || !kp_link_peer(&added->peer, server->kind, pipe) ||
        !may_connect(server, &added->peer)) {
        free(added);
        nng_pipe_close(pipe);
        return;
    }
    added->pipe = pipe;
    pthread_mutex_lock(&server->lock);
    nng_pipe surplus = oldest_too_many(server, &added->peer);
    added->next = server->connections;
    server->connections = added;
    pthread_mutex_unlock(&server->lock);
    if (nng_pipe_id(surplus) > 0) {
        nng_pipe_close(surplus);
    }
}

static void on_disconnected(nng_pipe pipe, nng_pipe_ev event, void *context)
{
    (void)event;
    struct kp_server *server = context;
    pthread_mutex_lock(&server->lock);
    struct connection **link = &server->connections;
    while (*link != NULL && (*link)->pipe.id != pipe.id) {
        link = &(*link)->next;
    }
    struct connection *removed = *link;
    if (removed != NULL) {
        *link = removed->next;
    }
    pthread_mutex_unlock(&server->lock);
    free(removed);
}

static const struct kp_peer *find_peer(const struct kp_server *server, nng_pipe pipe)
{
    for (const struct connection *one = server->connections; one != NULL; one = one->next) {
        if (one->pipe.id == pipe.id) {
            return &one->peer;
        }
    }
    return NULL;
}

/* Slots. All with the lock held. */

static void receive(struct slot *slot)
{
    slot->state = SLOT_RECEIVING;
    slot->server->receiving++;
    nng_aio_set_timeout(slot->aio, NNG_DURATION_INFINITE);
    nng_ctx_recv(slot->context, slot->aio);
}

static int add_slot(struct kp_server *server)
{
    struct slot *slot = calloc(1, sizeof(*slot));
    if (slot == NULL) {
        return NNG_ENOMEM;
    }
    slot->server = server;
    int rv = nng_aio_alloc(&slot->aio, slot_event, slot);
    if (rv == 0) {
        rv = nng_ctx_open(&slot->context, server->socket);
    }
    if (rv != 0) {
        nng_aio_free(slot->aio);
        free(slot);
        return rv;
    }
    slot->next = server->slots;
    server->slots = slot;
    server->slot_count++;
    receive(slot);
    return 0;
}

static bool has_too_many(const struct kp_server *server, const struct kp_peer *peer)
{
    unsigned count = 0;
    for (const struct slot *slot = server->slots; slot != NULL; slot = slot->next) {
        count += slot->state != SLOT_RECEIVING && slot->remote &&
                 memcmp(slot->certificate, peer->certificate, sizeof(peer->certificate)) == 0;
    }
    return !peer->local && count >= KP_LINK_PENDING_PEER_MAX;
}

/* A request for the owner, or NULL when it is not to be served. */
static struct kp_request *take_request(struct slot *slot, nng_msg *message)
{
    struct kp_server *server = slot->server;
    nng_pipe pipe = nng_msg_get_pipe(message);
    const struct kp_peer *peer = find_peer(server, pipe);
    if (peer == NULL || has_too_many(server, peer)) {
        return NULL; /* gone already, or asks more than it may: it is not answered */
    }
    if (nng_msg_len(message) > KP_WIRE_REQUEST_MAX) {
        nng_pipe_close(pipe); /* inproc, where NNG sees to no limit */
        return NULL;
    }
    struct kp_request *request = calloc(1, sizeof(*request));
    if (request == NULL) {
        return NULL;
    }
    *request =
        (struct kp_request){.server = server, .slot = slot, .peer = *peer, .message = message};
    slot->state = SLOT_HELD;
    slot->remote = !peer->local;
    memcpy(slot->certificate, peer->certificate, sizeof(slot->certificate));
    slot->pipe = pipe;
    server->references++;
    return request;
}

/* On the loop's thread. */
static void serve(void *context, bool cancelled)
{
    struct kp_request *request = context;
    struct kp_server *server = request->server;
    pthread_mutex_lock(&server->lock);
    bool closing = server->closing;
    pthread_mutex_unlock(&server->lock);
    if (cancelled || closing) {
        kp_request_drop(request);
    } else {
        server->handler.serve(server->handler.context, request);
    }
}

static void received(struct slot *slot, nng_msg *message)
{
    struct kp_server *server = slot->server;
    pthread_mutex_lock(&server->lock);
    server->receiving--;
    struct kp_request *request = NULL;
    if (!server->closing) {
        request = take_request(slot, message);
        if (request == NULL) {
            receive(slot);
        } else if (server->receiving == 0 && server->slot_count < KP_LINK_PENDING_MAX) {
            (void)add_slot(server); /* no memory: others wait until one is answered */
        }
    }
    pthread_mutex_unlock(&server->lock);
    if (request == NULL) {
        nng_msg_free(message);
    } else if (kp_loop_post(server->loop, serve, request) != KP_OK) {
        kp_request_drop(request);
    }
}

static void sent(struct slot *slot, int result)
{
    struct kp_server *server = slot->server;
    if (result != 0) {
        nng_msg_free(nng_aio_get_msg(slot->aio));
        nng_aio_set_msg(slot->aio, NULL);
    }
    pthread_mutex_lock(&server->lock);
    if (!server->closing) {
        if (result == NNG_ETIMEDOUT) {
            nng_pipe_close(slot->pipe); /* it doesn't read */
        }
        receive(slot);
    }
    pthread_mutex_unlock(&server->lock);
}

/* On a thread of NNG's, when an operation is over. */
static void slot_event(void *context)
{
    struct slot *slot = context;
    int result = nng_aio_result(slot->aio);
    if (slot->state == SLOT_SENDING) {
        sent(slot, result);
    } else if (result == 0) {
        nng_msg *message = nng_aio_get_msg(slot->aio);
        nng_aio_set_msg(slot->aio, NULL);
        received(slot, message);
    } /* otherwise the server is closing: nothing else ends a receive */
}

/* Requests. */

const struct kp_peer *kp_request_peer(const struct kp_request *request)
{
    return &request->peer;
}

const uint8_t *kp_request_bytes(const struct kp_request *request, size_t *size)
{
    *size = nng_msg_len(request->message);
    return nng_msg_body(request->message);
}

/* Frees the request; `answer`, or NULL, is sent and not the caller's any more. */
static void finish(struct kp_request *request, nng_msg *answer)
{
    struct kp_server *server = request->server;
    struct slot *slot = request->slot;
    nng_msg_free(request->message);
    free(request);
    pthread_mutex_lock(&server->lock);
    if (!server->closing && answer != NULL) {
        slot->state = SLOT_SENDING;
        nng_aio_set_msg(slot->aio, answer);
        nng_aio_set_timeout(slot->aio, KP_LINK_ANSWER_MS);
        nng_ctx_send(slot->context, slot->aio);
        answer = NULL;
    } else if (!server->closing) {
        receive(slot);
    }
    unlock_and_release(server);
    nng_msg_free(answer);
}

void kp_request_answer(struct kp_request *request, const uint8_t *bytes, size_t size)
{
    nng_msg *answer = NULL;
    if (size <= KP_WIRE_REQUEST_MAX && nng_msg_alloc(&answer, 0) == 0 &&
        nng_msg_append(answer, bytes, size) != 0) {
        nng_msg_free(answer);
        answer = NULL;
    }
    finish(request, answer);
}

void kp_request_drop(struct kp_request *request)
{
    finish(request, NULL);
}

/* Opening and closing. */

static enum kp_status check_socket_path(const char *path, struct kp_error *error)
{
    struct stat info;
    if (lstat(path, &info) == 0 && !S_ISSOCK(info.st_mode)) {
        /* NNG would delete it, because nobody listens there. */
        return kp_fail(error, KP_USAGE, "%s: there is something else than a socket there", path);
    }
    return KP_OK;
}

static enum kp_status explain_listen(int rv, const struct kp_server *server, const char *url,
                                     struct kp_error *error)
{
    const char *advice = "";
    if (rv == NNG_EADDRINUSE) {
        advice = ": another process listens there already";
    } else if (rv == NNG_EPERM) {
        advice = ": this user may not listen there";
    } else if (rv == NNG_EADDRINVAL) {
        advice = ": not an address of this machine";
    } else if (rv == NNG_ENOENT && server->kind == KP_LINK_IPC) {
        advice = ": its folder doesn't exist";
    }
    return kp_fail(error, KP_USAGE, "can't listen at %s: %s%s", url, nng_strerror(rv), advice);
}

static int configure(struct kp_server *server, nng_listener listener)
{
    if (server->kind == KP_LINK_IPC) {
        return nng_listener_set_int(listener, NNG_OPT_IPC_PERMISSIONS, S_IRUSR | S_IWUSR);
    }
    if (server->kind == KP_LINK_INPROC) {
        return 0;
    }
    nng_tls_config *config;
    int rv = kp_tls_config_new(&config, server->setup);
    if (rv == 0) {
        rv = nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, config);
        nng_tls_config_free(config); /* the listener has its own reference */
    }
    if (rv == 0) {
        rv = nng_listener_set_bool(listener, NNG_OPT_TCP_NODELAY, true);
    }
    if (rv == 0) {
        rv = nng_listener_set_bool(listener, NNG_OPT_TCP_KEEPALIVE, true);
    }
    return rv;
}

static enum kp_status listen_at(struct kp_server *server, const char *url, struct kp_error *error)
{
    nng_listener listener;
    int rv = nng_rep0_open(&server->socket);
    if (rv != 0) {
        return kp_fail(error, KP_FAILED, "can't open a socket: %s", nng_strerror(rv));
    }
    rv = nng_socket_set_size(server->socket, NNG_OPT_RECVMAXSZ, KP_LINK_RECEIVE_MAX);
    if (rv == 0) {
        rv = nng_pipe_notify(server->socket, NNG_PIPE_EV_ADD_PRE, on_connected, server);
    }
    if (rv == 0) {
        rv = nng_pipe_notify(server->socket, NNG_PIPE_EV_REM_POST, on_disconnected, server);
    }
    if (rv == 0) {
        pthread_mutex_lock(&server->lock);
        rv = add_slot(server);
        pthread_mutex_unlock(&server->lock);
    }
    if (rv != 0) {
        return kp_fail(error, KP_FAILED, "can't prepare a socket: %s", nng_strerror(rv));
    }
    rv = nng_listener_create(&listener, server->socket, url);
    if (rv == 0) {
        rv = configure(server, listener);
    }
    if (rv == 0) {
        rv = nng_listener_start(listener, 0);
    }
    return rv == 0 ? KP_OK : explain_listen(rv, server, url, error);
}

enum kp_status kp_server_open(struct kp_server **out, struct kp_loop *loop, const char *url,
                              const struct kp_tls_files *tls,
                              const struct kp_server_handler *handler, struct kp_error *error)
{
    enum kp_link_kind kind;
    enum kp_status status = kp_link_kind(&kind, url, tls, error);
    if (status == KP_OK && kind == KP_LINK_IPC) {
        status = check_socket_path(kp_link_path(url), error);
    }
    if (status != KP_OK) {
        return status;
    }
    struct kp_server *server = calloc(1, sizeof(*server));
    if (server == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a server");
    }
    *server = (struct kp_server){
        .loop = loop,
        .handler = *handler,
        .kind = kind,
        .references = 1,
        .socket = NNG_SOCKET_INITIALIZER,
    };
    pthread_mutex_init(&server->lock, NULL);
    if (kind == KP_LINK_TLS) {
        status = kp_tls_setup_new(&server->setup, tls, NULL, NULL, error);
    }
    if (status == KP_OK) {
        status = listen_at(server, url, error);
    }
    if (status != KP_OK) {
        kp_server_close(server);
        return status;
    }
    *out = server;
    return KP_OK;
}

void kp_server_close(struct kp_server *server)
{
    if (server == NULL) {
        return;
    }
    pthread_mutex_lock(&server->lock);
    server->closing = true; /* from here on, slots are neither added nor used */
    struct slot *slots = server->slots;
    server->slots = NULL;
    pthread_mutex_unlock(&server->lock);

    for (const struct slot *slot = slots; slot != NULL; slot = slot->next) {
        nng_ctx_close(slot->context);
    }
    if (nng_socket_id(server->socket) > 0) {
        nng_close(server->socket);
    }
    while (slots != NULL) {
        struct slot *slot = slots;
        slots = slot->next;
        nng_aio_stop(slot->aio); /* waits for its callback */
        nng_aio_free(slot->aio);
        free(slot);
    }
    pthread_mutex_lock(&server->lock);
    unlock_and_release(server);
}
