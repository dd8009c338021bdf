/* Requests and responses between programs, over NNG (REQ and REP).
 *
 * URLs: "tls+tcp://host:port" between machines, always TLS 1.3 with certificates on both sides
 * (proto/tls.h); "ipc:///path" for control sockets, mode 0600 and only for the same user or root;
 * "inproc://name" for tests. A request may be sent again by the transport when a connection breaks,
 * so whoever answers must bear seeing it twice. Requests and responses are at most
 * KP_WIRE_REQUEST_MAX bytes; a longer one closes the connection it came over. Requests of one
 * client don't wait for each other: one may be parked while others are answered. Of one certificate
 * at most KP_LINK_PENDING_PEER_MAX may wait for an answer; more are dropped.
 *
 * NNG's callbacks only post to the loop: handlers and callbacks run on the loop's thread. The one
 * exception is `admit`, which must not touch the owner's state. */
#ifndef KP_PROTO_LINK_H
#define KP_PROTO_LINK_H

#include "proto/buffer.h"
#include "proto/error.h"
#include "proto/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kp_tls_files;

/* Who is at the other end of a connection. */
struct kp_peer {
    bool local;              /* an ipc or inproc connection */
    uint64_t uid;            /* of a local one */
    uint8_t certificate[32]; /* SHA-256 of its SubjectPublicKeyInfo; zeros when local */
    char tls_version[16];    /* "TLSv1.3" */
    char tls_suite[48];
};

struct kp_server;
struct kp_request;

struct kp_server_handler {
    void *context;
    /* Whether the connection may stay, decided from the certificate or the uid before anything is
     * read. Called on an NNG thread: reads only what never changes, or has a lock. NULL: every one
     * that is verified (TLS) or of the same user or root (ipc). */
    bool (*admit)(void *context, const struct kp_peer *peer);
    /* On the loop's thread. Owns `request`; answers it now or later, once. */
    void (*serve)(void *context, struct kp_request *request);
};

/* tls: NULL for ipc and inproc. Error texts say what to do: address in use, certificate unreadable.
 * A control socket that a killed daemon left behind is replaced; one that is in use is not. */
KP_MUST_USE enum kp_status kp_server_open(struct kp_server **server, struct kp_loop *loop,
                                          const char *url, const struct kp_tls_files *tls,
                                          const struct kp_server_handler *handler,
                                          struct kp_error *error);
/* On the loop's thread, before the loop is freed. NULL is allowed. After it nothing is served any
 * more; requests not yet answered may still be answered or dropped, which frees them. */
void kp_server_close(struct kp_server *server);

const struct kp_peer *kp_request_peer(const struct kp_request *request);
const uint8_t *kp_request_bytes(const struct kp_request *request, size_t *size);
/* Sends and frees the request. An answer that is too long is not sent. */
void kp_request_answer(struct kp_request *request, const uint8_t *bytes, size_t size);
/* Frees it without an answer. */
void kp_request_drop(struct kp_request *request);

struct kp_client;

/* server_name: what the server's certificate must be for (host name); server_certificate: 32 bytes
 * that its key's fingerprint must equal, or NULL. loop: NULL for a command, which only uses
 * kp_client_call. Connects in the background and again whenever the connection breaks. */
KP_MUST_USE enum kp_status kp_client_open(struct kp_client **client, struct kp_loop *loop,
                                          const char *url, const struct kp_tls_files *tls,
                                          const char *server_name,
                                          const uint8_t *server_certificate,
                                          struct kp_error *error);
/* On the loop's thread, before the loop is freed; `done` of all that is still asked is called
 * before it returns. NULL is allowed. A command closes with kp_closing_client (proto/closing.h). */
void kp_client_close(struct kp_client *client);

/* Asks once and waits for the answer, one call at a time. KP_RETRY: nobody reachable, refused, or
 * the connection broke (these at once, without waiting for the time to pass), or no answer in time;
 * the error says why. KP_USAGE: the request is too long. */
KP_MUST_USE enum kp_status kp_client_call(struct kp_client *client, const uint8_t *request,
                                          size_t size, uint32_t timeout_ms,
                                          struct kp_buffer *response, struct kp_error *error);

/* Asks without waiting; `done` is called once, on the loop's thread, with the response or with
 * KP_RETRY (no answer in time, or the client is being closed: then with cancelled). It may ask
 * again or close the client. kp_client_ask itself says KP_RETRY when KP_LINK_ASKS_MAX are open. */
typedef void kp_client_done(void *context, enum kp_status status, const uint8_t *response,
                            size_t size, bool cancelled);
KP_MUST_USE enum kp_status kp_client_ask(struct kp_client *client, const uint8_t *request,
                                         size_t size, uint32_t timeout_ms, kp_client_done *done,
                                         void *context, struct kp_error *error);

/* The peer of the connection in use, for `doctor`; false when there is none. */
bool kp_client_peer(struct kp_client *client, struct kp_peer *peer);

/* Why the last connection failed, for a daemon's log; false when there is a connection, or when it
 * is only known that there is none. */
bool kp_client_trouble(struct kp_client *client, char why[static KP_ERROR_TEXT]);

#endif
