/* What a person confirms before a decision is signed: on the terminal, or with words given on the
 * command line. */
#ifndef KP_PROTO_COMMANDS_AGREEMENT_CONFIRM_H
#define KP_PROTO_COMMANDS_AGREEMENT_CONFIRM_H

#include "proto/commands/agreement_view.h"
#include "proto/decision.h"

struct kp_confirm {
    const char *yes;             /* the whole hash, in the place of typing the project's name */
    const char *accept_operator; /* the exact words, or NULL: asked for */
    const char *accept_exposure;
};

/* KP_REFUSED: something else was typed or given. KP_USAGE: there is no terminal, and nothing was
 * given. */
KP_MUST_USE enum kp_status kp_confirm_decision(const struct kp_confirm *confirm,
                                               const struct kp_view *view,
                                               enum kp_decision_kind kind, struct kp_error *error);
/* The operator that has another role, where it has one. */
KP_MUST_USE enum kp_status kp_confirm_operator(const struct kp_confirm *confirm,
                                               const struct kp_view *view, struct kp_error *error);
/* An exposure above so many percent, where it is. */
KP_MUST_USE enum kp_status kp_confirm_exposure(const struct kp_confirm *confirm,
                                               const struct kp_view *view, uint32_t warn_percent,
                                               struct kp_error *error);

#endif
