/* What sign, refuse and revoke have in common. */
#ifndef KP_PROTO_COMMANDS_AGREEMENT_DECIDE_H
#define KP_PROTO_COMMANDS_AGREEMENT_DECIDE_H

#include "proto/command.h"
#include "proto/decision.h"

/* Shows the agreement, checks, asks, signs, writes. The exit status. */
int kp_decide_run(const struct kp_command *command, enum kp_decision_kind kind, int argc,
                  char **argv);

#endif
