/* An agreement as lines for a reader: every field of it, each with its place, its words and its
 * value. What is shown to a person and what is compared between versions come from the same lines,
 * so that nothing can be in one and not in the other. */
#ifndef KP_PROTO_COMMANDS_AGREEMENT_READING_H
#define KP_PROTO_COMMANDS_AGREEMENT_READING_H

#include "proto/agreement.h"
#include "proto/commands/agreement_words.h"

enum kp_line_kind {
    KP_LINE_HEADING,
    KP_LINE_VALUE,
    KP_LINE_KEY,      /* hex digits */
    KP_LINE_EXPOSURE, /* the place where exposures are shown; no value */
    KP_LINE_ODDS,     /* the place where the odds of being found out are shown; no value */
};

struct kp_line {
    enum kp_line_kind kind;
    unsigned depth;
    enum kp_word label;
    char *id;    /* such as "members.svb.indicators.W01.source"; NULL for a heading */
    char *value; /* in words; of a heading: what comes behind the label, or NULL */
    char *raw;   /* as in a draft or in JSON; NULL where that is the value itself */
};

struct kp_reading {
    enum kp_language language;
    struct kp_line *lines;
    size_t count;
    size_t capacity;
};

/* The caller frees, also when it fails. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_reading_make(struct kp_reading *reading,
                                           const struct kp_agreement *agreement,
                                           enum kp_language language, struct kp_error *error);
void kp_reading_free(struct kp_reading *reading);

/* "contributes" or "on request"; "enforcement" or "care". */
const char *kp_reading_role(enum kp_role role);
const char *kp_reading_category(enum kp_category category);
/* The names of what a match shows; NULL behind the last. */
const char *kp_reading_disclosure(size_t index, uint32_t *bit);

#endif
