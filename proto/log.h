/* One line per thing done, on standard error: time, program, action, object, result, origin, actor,
 * and a remark (BIO2). As text (key=value) or as JSON, one object a line. Control characters and
 * quotes in values are escaped. Never an address, a signal, a tag or a key: callers pass names,
 * numbers and counts. Thread-safe; each line is one write. */
#ifndef KP_PROTO_LOG_H
#define KP_PROTO_LOG_H

#include <stdbool.h>

enum kp_log_level {
    KP_LOG_DEBUG,
    KP_LOG_INFO,
    KP_LOG_WARNING,
    KP_LOG_ERROR,
};

/* program: a constant, such as "kruispunt-node". */
void kp_log_start(const char *program, enum kp_log_level least, bool json);

struct kp_log_event {
    const char *action; /* a verb and a noun: "accept connection" */
    const char *object; /* what it was done to: "round 3", "mailbox svb" */
    const char *result; /* "done", "refused", "failed" */
    const char *origin; /* where it came from: "connection", "control socket", "itself" */
    const char *actor;  /* who: a member's name, "coordinator", "uid 1000" */
};
/* Fields that are NULL are left out; format may be NULL. */
void kp_log(enum kp_log_level level, const struct kp_log_event *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
