/* The asking side of a link, shared by link_client.c (opening, closing), link_dial.c (the
 * connection), link_ask.c (asking without waiting) and link_call.c (asking and waiting).
 *
 * NNG's REQ has a context for each question; they share one connection. */
#ifndef KP_PROTO_LINK_CLIENT_INTERNAL_H
#define KP_PROTO_LINK_CLIENT_INTERNAL_H

#include "proto/link_internal.h"
#include "proto/tls_internal.h"

#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>

#define KP_DIAL_MIN_MS 100
#define KP_DIAL_MAX_MS 5000
#define KP_DIAL_ANEW_MS 15000 /* when that long there was no connection, NNG may have given up */

/* A question without waiting. */
struct kp_ask {
    struct kp_client *client;
    struct kp_ask *next;
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
    struct kp_ask *asks;
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

/* ---- link_client.c ---- */

/* A reference less; called with the lock held, which is given back. */
void kp_client_release(struct kp_client *client);

/* ---- link_dial.c ---- */

/* Asks NNG to say what becomes of connections; 0, or an NNG error. */
int kp_client_notice(struct kp_client *client);
/* Without the lock. 0, or an NNG error: of the URL. */
int kp_client_dial(struct kp_client *client);
/* The supervisor's thread, until `closing`. */
void *kp_client_supervise(void *client);
/* The rest with the lock held. Waits so long, or until something changes. */
void kp_client_wait(struct kp_client *client, unsigned most_ms);
/* An answer came, so the connection is of use. */
void kp_client_note_answer(struct kp_client *client);
/* How many connections failed, and why the last one did ("" when none did). */
unsigned kp_client_failures(struct kp_client *client, char why[static KP_ERROR_TEXT]);

/* ---- link_ask.c ---- */

/* Waits for its callback: without the lock. */
void kp_client_ask_free(struct kp_ask *ask);
KP_MUST_USE enum kp_status kp_client_check_size(size_t size, struct kp_error *error);
/* A message with these bytes, or NULL. */
nng_msg *kp_client_message(const uint8_t *bytes, size_t size);
/* Whether a message may be handed on. */
bool kp_client_is_answer(const nng_msg *message);
nng_duration kp_client_time_left(uint64_t deadline);

#endif
