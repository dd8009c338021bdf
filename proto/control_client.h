/* Asking a daemon on the same machine, over its control socket. */
#ifndef KP_PROTO_CONTROL_CLIENT_H
#define KP_PROTO_CONTROL_CLIENT_H

#include "proto/control.h"
#include "proto/error.h"

/* path: of the socket. KP_RETRY: no daemon answers there; a refusal of the daemon becomes the
 * error, and so does a response of another kind than expected. Freed by the caller when KP_OK. */
KP_MUST_USE enum kp_status kp_control_ask(const char *path,
                                          const struct kp_control_request *request,
                                          enum kp_control_response_kind expected,
                                          struct kp_control_response *response,
                                          struct kp_error *error);

#endif
