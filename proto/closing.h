/* Closing that ends also when NNG's doesn't (docs/decisions/0016). By then all that matters is
 * done: what must be on disk is, and a command has its answer. Both say so on standard error when
 * they had to do it, since it means that something is wrong. */
#ifndef KP_PROTO_CLOSING_H
#define KP_PROTO_CLOSING_H

#include "proto/link.h"

/* The process ends KP_CLOSING_SECONDS from now at the latest, with this exit status. What it
 * printed must have been flushed. */
void kp_closing_process(int status);

/* kp_client_close for a command's client: waits KP_CLOSING_SECONDS at most; the end of the process
 * does the rest. NULL is allowed. */
void kp_closing_client(struct kp_client *client);

#endif
