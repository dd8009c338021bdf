/* `kruispunt log ...` and `kruispunt export ...`: what a program has recorded, for whoever checks
 * it. */
#ifndef KP_PROTO_COMMANDS_RECORD_COMMANDS_H
#define KP_PROTO_COMMANDS_RECORD_COMMANDS_H

#include "proto/command.h"

#include <stdint.h>

extern const struct kp_command kp_command_log_head, kp_command_export_log,
    kp_command_export_agreement, kp_command_export_round, kp_command_export_receipts,
    kp_command_export_silence;

/* "member 2", "coordinator", "project leader". */
#define KP_PARTY_TEXT 24
void kp_party_text(char text[static KP_PARTY_TEXT], uint32_t party);

#endif
