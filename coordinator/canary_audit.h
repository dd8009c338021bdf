/* What a round's canaries say: whether the coordinator gave every match that members promised to
 * have in it. No I/O. The project leader's program does this with the members' notices
 * (proto/canary_notice.h), the signed READYs, and the groups of the results.
 *
 * Nobody is named without evidence: a member for a canary only by what it signed itself; the
 * coordinator only when all members of a group signed that they had submitted one and the same tag.
 * Where a notice is missing it may be the member's doing or the coordinator's. */
#ifndef KP_COORDINATOR_CANARY_AUDIT_H
#define KP_COORDINATOR_CANARY_AUDIT_H

#include "proto/agreement.h"
#include "proto/buffer.h"
#include "proto/error.h"

#include <stdbool.h>
#include <stdint.h>

enum kp_canary_state {
    KP_CANARY_FOUND,      /* in the results, with all members of its group */
    KP_CANARY_MISSING,    /* all of its group submitted it; it isn't there: the coordinator */
    KP_CANARY_INCOMPLETE, /* it isn't there, but `named` didn't submit all: they, or the
                             coordinator */
    KP_CANARY_NO_NOTICE,  /* no notice of `named` came: they, or the coordinator */
    KP_CANARY_NOT_TRUE,   /* `named` signed a notice that isn't true of it: they alone */
    KP_CANARY_DIFFERENT,  /* notices that are true name different tags: one of its group */
    KP_CANARY_STATES,
};

struct kp_canary_finding {
    uint32_t group;
    uint32_t number;  /* from 0, of the group's active ones */
    uint32_t members; /* of the group: bit i - 1 is member i */
    enum kp_canary_state state;
    uint32_t named;               /* members, as above */
    uint32_t others;              /* found: members outside the group that submitted it too */
    uint8_t tag[KP_DIGEST_BYTES]; /* found, missing, incomplete */
};

/* Of one group of members. */
struct kp_canary_figures {
    uint32_t group;
    uint32_t members;
    uint32_t found, missing, unknown; /* canaries; unknown: the other states */
    uint64_t matches;                 /* of exactly these members, canaries apart */
    /* The chance that the coordinator would have been caught, had it left out one match more of
     * exactly these members without knowing which are canaries. */
    double caught;
};

struct kp_canary_audit;

/* ready: packed, one a member, of the released round `counter`. KP_REFUSED: they aren't. The
 * agreement is borrowed. */
KP_MUST_USE enum kp_status kp_canary_audit_new(struct kp_canary_audit **audit,
                                               const struct kp_agreement *agreement,
                                               uint64_t counter, const struct kp_buffer *ready,
                                               struct kp_error *error);
void kp_canary_audit_free(struct kp_canary_audit *audit); /* NULL is allowed */

/* A letter of the member, whose signature was checked. A bad one is held against the member;
 * whatever comes a second time has no effect. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_canary_audit_notice(struct kp_canary_audit *audit, uint32_t member,
                                                  uint32_t part, const struct kp_buffer *plain,
                                                  struct kp_error *error);
/* A group of the results. canary: it opened as one. */
KP_MUST_USE enum kp_status kp_canary_audit_group(struct kp_canary_audit *audit,
                                                 const uint8_t tag[static KP_DIGEST_BYTES],
                                                 uint32_t members, bool canary,
                                                 struct kp_error *error);
/* Members whose submission wasn't complete, by the coordinator's signed phase list. */
void kp_canary_audit_incomplete(struct kp_canary_audit *audit, uint32_t members);

/* Then: one finding for each active canary of each group. */
uint32_t kp_canary_audit_count(const struct kp_canary_audit *audit);
void kp_canary_audit_finding(const struct kp_canary_audit *audit, uint32_t number,
                             struct kp_canary_finding *finding);
/* Of group 0 to kp_canary_group_count - 1. */
void kp_canary_audit_figures(const struct kp_canary_audit *audit, uint32_t group,
                             struct kp_canary_figures *figures);
/* Canaries in the results that nobody's notice names. */
uint32_t kp_canary_audit_unannounced(const struct kp_canary_audit *audit);

/* "not true", for programs. */
const char *kp_canary_state_name(enum kp_canary_state state);
/* Whether it is, or may be, the coordinator's doing: it is named beside finding->named. */
bool kp_canary_names_coordinator(enum kp_canary_state state);
/* "a, b and c". */
#define KP_CANARY_NAMES_TEXT 1280
void kp_canary_names(char text[static KP_CANARY_NAMES_TEXT], const struct kp_agreement *agreement,
                     uint32_t members);
/* One line for a person, without a line end: which group, what, and whom it names. */
#define KP_CANARY_FINDING_TEXT 3072
void kp_canary_finding_text(char text[static KP_CANARY_FINDING_TEXT],
                            const struct kp_agreement *agreement,
                            const struct kp_canary_finding *finding);

#endif
