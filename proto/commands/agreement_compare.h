/* What differs between two agreements, field by field. */
#ifndef KP_PROTO_COMMANDS_AGREEMENT_COMPARE_H
#define KP_PROTO_COMMANDS_AGREEMENT_COMPARE_H

#include "proto/commands/agreement_reading.h"
#include "proto/json.h"

#include <stdio.h>

/* One field; `before` is NULL when it was added, `after` when it was taken out. */
struct kp_difference {
    const struct kp_line *before;
    const struct kp_line *after;
};

struct kp_comparison {
    struct kp_reading readings[2];
    struct kp_difference
        *differences; /* in the order of the reading; what was taken out comes last */
    size_t count;
};

/* The hash itself isn't compared. The caller frees, also when it fails. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_comparison_make(struct kp_comparison *comparison,
                                              const struct kp_agreement *before,
                                              const struct kp_agreement *after,
                                              enum kp_language language, struct kp_error *error);
void kp_comparison_free(struct kp_comparison *comparison);

void kp_comparison_print(const struct kp_comparison *comparison, FILE *out);
/* Adds an array of {"field": ..., "before": ..., "after": ...}; null for what isn't there. */
KP_MUST_USE bool kp_comparison_json(const struct kp_comparison *comparison, cJSON *object,
                                    const char *name);

#endif
