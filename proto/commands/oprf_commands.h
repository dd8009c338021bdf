/* The commands of `kruispunt oprf`, one a file. */
#ifndef KP_PROTO_COMMANDS_OPRF_COMMANDS_H
#define KP_PROTO_COMMANDS_OPRF_COMMANDS_H

#include "proto/command.h"

extern const struct kp_command kp_command_oprf_derive_key, kp_command_oprf_blind,
    kp_command_oprf_evaluate, kp_command_oprf_verify, kp_command_oprf_finalize;

/* How values are written, for the end of each usage. */
#define KP_OPRF_USAGE_VALUES                                                                       \
    "\n"                                                                                           \
    "Values are lower-case hex (scalars little-endian), lists are joined by commas. @PATH reads\n" \
    "a value from a file and - from standard input: keys and inputs on a command line can be\n"    \
    "seen by all users of the machine.\n"

#endif
