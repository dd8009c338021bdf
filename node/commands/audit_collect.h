/* What `node audit-slots` fetches from the daemon, put together into one file that stands by
 * itself. */
#ifndef KP_NODE_COMMANDS_AUDIT_COLLECT_H
#define KP_NODE_COMMANDS_AUDIT_COLLECT_H

#include "proto/commands/audit_report.h"
#include "proto/error.h"
#include "proto/verify.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_audit_collected {
    struct kp_verify_export file; /* without items when `kept` is false */
    struct kp_verify_versions versions;
    struct kp_audit_history history;
    uint32_t member;
    bool kept;
    struct kp_error why_not;
};

/* Freed with kp_audit_collected_free whatever the result. KP_RETRY: the daemon isn't running. */
KP_MUST_USE enum kp_status kp_audit_collect(struct kp_audit_collected *collected,
                                            const char *control, uint32_t counter,
                                            struct kp_error *error);
void kp_audit_collected_free(struct kp_audit_collected *collected);

#endif
