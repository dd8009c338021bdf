/* What link_server.c and the files of the asking side (link_client_internal.h) have in common. */
#ifndef KP_PROTO_LINK_INTERNAL_H
#define KP_PROTO_LINK_INTERNAL_H

#include "proto/limits.h"
#include "proto/link.h"
#include "proto/tls.h"

#include <nng/nng.h>

/* A request's or an answer's body, and the 4 bytes by which NNG finds the asker. */
#define KP_LINK_RECEIVE_MAX ((size_t)KP_WIRE_REQUEST_MAX + 4)

enum kp_link_kind {
    KP_LINK_TLS,
    KP_LINK_IPC,
    KP_LINK_INPROC,
};

/* KP_USAGE: not one of the three, TLS files given or lacking wrongly, a path too long. Starts what
 * the kind needs. */
KP_MUST_USE enum kp_status kp_link_kind(enum kp_link_kind *kind, const char *url,
                                        const struct kp_tls_files *tls, struct kp_error *error);
const char *kp_link_path(const char *url); /* of an ipc URL */

/* Who is at the other end, in a callback on the pipe; false: it can't be told, or not verified. */
bool kp_link_peer(struct kp_peer *peer, enum kp_link_kind kind, nng_pipe pipe);

/* Tries whether somebody listens at the URL, and says why not. Disturbs a listener a little. */
KP_MUST_USE enum kp_status kp_link_reach(const char *url, enum kp_link_kind kind,
                                         uint64_t timeout_ms, struct kp_error *error);

#endif
