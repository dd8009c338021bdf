/* The address register: `kruispunt bag ...`, one command a file. */
#ifndef KP_PROTO_COMMANDS_BAG_COMMANDS_H
#define KP_PROTO_COMMANDS_BAG_COMMANDS_H

#include "proto/command.h"

#endif
