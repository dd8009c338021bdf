/* What every daemon does first, so that secrets stay in the process. */
#ifndef KP_PROTO_PROCESS_H
#define KP_PROTO_PROCESS_H

#include "proto/error.h"

/* No core files, not traceable by the same user, umask 077, SIGPIPE ignored, libsodium started.
 * KP_FAILED says which of these the system refused. */
KP_MUST_USE enum kp_status kp_process_harden(struct kp_error *error);

#endif
