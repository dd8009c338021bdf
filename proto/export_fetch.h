/* Fetching an export from a program, into a file: a daemon is asked over its control socket, a
 * program without a daemon answers from its own store. */
#ifndef KP_PROTO_EXPORT_FETCH_H
#define KP_PROTO_EXPORT_FETCH_H

#include "proto/control.h"
#include "proto/doctor.h"
#include "proto/error.h"

/* Whose. */
struct kp_export_source {
    const char *config; /* path of the configuration, borrowed */
    struct kp_doctor_subject subject;
};
/* KP_USAGE as the room's own reader says it. */
KP_MUST_USE enum kp_status kp_export_source_read(struct kp_export_source *source,
                                                 const char *config, struct kp_error *error);

/* One page; page->items is freed by the caller (kp_batch_free) when KP_OK. KP_RETRY: the daemon
 * doesn't run. */
KP_MUST_USE enum kp_status kp_export_ask(const struct kp_export_source *source,
                                         const struct kp_export_request *asked,
                                         struct kp_export_page *page, struct kp_error *error);

/* All of it into a new file (proto/export.h); what is added to a log meanwhile is left out. `step`,
 * which may be NULL, is called after each page. */
typedef void kp_export_step(uint64_t done, uint64_t total);
KP_MUST_USE enum kp_status kp_export_fetch(const struct kp_export_source *source,
                                           const struct kp_export_request *asked, const char *path,
                                           kp_export_step *step, struct kp_export_header *header,
                                           struct kp_error *error);

#endif
