/* What evidence and verdicts prove, for a person and as JSON. */
#ifndef KP_PROTO_COMMANDS_VERIFY_PROOFS_H
#define KP_PROTO_COMMANDS_VERIFY_PROOFS_H

#include "proto/commands/verify_files.h"
#include "proto/json.h"

/* input->evidence isn't NULL; reg may be NULL: then an object is shown by its id. What doesn't hold
 * in full proves nothing, and that is what is said; nor does it when the agreement's own rules
 * don't hold (`agreement`: they do). */
void kp_verify_print_evidence(const struct kp_verify_input *input, bool agreement,
                              const struct kp_register *reg);
/* Adds "proves": an object, or null. */
KP_MUST_USE bool kp_verify_evidence_json(const struct kp_verify_input *input, bool agreement,
                                         const struct kp_register *reg, cJSON *object);

/* The same of a verdict: input->fault isn't NULL. */
void kp_verify_print_verdict(const struct kp_verify_input *input, bool agreement);
KP_MUST_USE bool kp_verify_verdict_json(const struct kp_verify_input *input, bool agreement,
                                        cJSON *object);

#endif
