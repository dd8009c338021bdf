/* What coordinator_serve.c (who asks, and who may), coordinator_mail.c and coordinator_holder.c
 * share. A request of these functions is answered or parked when they return KP_OK; else the caller
 * refuses it. */
#ifndef KP_COORDINATOR_SERVE_INTERNAL_H
#define KP_COORDINATOR_SERVE_INTERNAL_H

#include "coordinator/coordinator_internal.h"
#include "proto/wire.h"

/* ---- coordinator_serve.c ---- */

/* Both take the request. */
void kp_serve_answer(struct kp_request *request, const struct kp_wire_response *response);
void kp_serve_refuse(const struct kp_coordinator *c, struct kp_request *request, uint32_t who,
                     const struct kp_error *error);

/* ---- coordinator_mail.c: of members ---- */

KP_MUST_USE enum kp_status kp_serve_put(struct kp_coordinator *c, struct kp_request *request,
                                        uint32_t who, const struct kp_wire_request *asked,
                                        struct kp_error *error);
KP_MUST_USE enum kp_status kp_serve_fetch(struct kp_coordinator *c, struct kp_request *request,
                                          uint32_t who, const struct kp_wire_request *asked,
                                          struct kp_error *error);
/* Answers fetches whose time is over, and forgets mail; when it wants to be called again. */
uint64_t kp_serve_mail_tick(struct kp_coordinator *c, uint64_t now);

/* ---- coordinator_holder.c: of the holders of an opening key ---- */

/* The transport may send a request again, long after it was answered: it starts no second round. */
KP_MUST_USE enum kp_status kp_serve_start(struct kp_coordinator *c, struct kp_request *request,
                                          const struct kp_wire_request *asked,
                                          struct kp_error *error);
KP_MUST_USE enum kp_status kp_serve_watch(struct kp_coordinator *c, struct kp_request *request,
                                          const struct kp_wire_request *asked,
                                          struct kp_error *error);
/* Logged, and on disk, before they are given. */
KP_MUST_USE enum kp_status kp_serve_results(struct kp_coordinator *c, struct kp_request *request,
                                            uint32_t who, const struct kp_wire_request *asked,
                                            struct kp_error *error);
KP_MUST_USE enum kp_status kp_serve_verdicts(struct kp_coordinator *c, struct kp_request *request,
                                             uint32_t who, const struct kp_wire_request *asked,
                                             struct kp_error *error);
/* Answers watchers whose time is over; when it wants to be called again. */
uint64_t kp_serve_watch_tick(struct kp_coordinator *c, uint64_t now);

#endif
