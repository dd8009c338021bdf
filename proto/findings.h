/* What a verifier found: a verdict for each rule, and of a broken one the record that breaks it.
 * Rules have names that stay, such as "agreement.chain". */
#ifndef KP_PROTO_FINDINGS_H
#define KP_PROTO_FINDINGS_H

#include "proto/error.h"
#include "proto/json.h"

#include <stdio.h>

struct kp_finding {
    const char *rule; /* a constant */
    bool broken;
    bool open;    /* nothing was given to judge it by */
    char *record; /* which file, version, member; "" when the rule holds for all */
    char *text;
};

/* Zero-initialise; the caller frees. */
struct kp_findings {
    struct kp_finding *items;
    size_t count;
    size_t capacity;
    size_t broken;
    bool failed; /* no memory: what is there isn't whole */
};

void kp_findings_broken(struct kp_findings *findings, const char *rule, const char *record,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Adds that the rule holds, unless it was broken; for each rule once, when all is looked at. */
void kp_findings_close(struct kp_findings *findings, const char *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Says that there is nothing to judge the rule by, and what a person should do instead. */
void kp_findings_open(struct kp_findings *findings, const char *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void kp_findings_free(struct kp_findings *findings);

/* A line for each: "holds", "open" or "BROKEN", rule, record, text. */
void kp_findings_print(const struct kp_findings *findings, FILE *out);
/* Adds "sound": whether no rule is broken, and "rules": [{"rule", "holds", "record",
 * "text", "open"}]; what is open doesn't hold, and doesn't make the whole unsound. */
KP_MUST_USE bool kp_findings_json(const struct kp_findings *findings, cJSON *object);

#endif
