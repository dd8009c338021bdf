/* Addresses as they are written: `kruispunt address ...`, one command a file. */
#ifndef KP_PROTO_COMMANDS_ADDRESS_COMMANDS_H
#define KP_PROTO_COMMANDS_ADDRESS_COMMANDS_H

#include "proto/command.h"

extern const struct kp_command kp_command_address_words;
extern const struct kp_command kp_command_address_explain;
extern const struct kp_command kp_command_address_check;

#endif
