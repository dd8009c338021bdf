/* The commands of `kruispunt pair`, one a file. */
#ifndef KP_NODE_COMMANDS_PAIR_COMMANDS_H
#define KP_NODE_COMMANDS_PAIR_COMMANDS_H

#include "node/node_config.h"
#include "proto/agreement.h"
#include "proto/command.h"

#include <stdint.h>

extern const struct kp_command kp_command_pair_draw, kp_command_pair_check;

/* What a node's configuration says about its pairs, with the agreement that names them. The caller
 * frees the agreement. KP_USAGE: no [pairs] folder; KP_REFUSED: no such member in the agreement. */
struct kp_pair_subject {
    struct kp_node_config config;
    struct kp_agreement *agreement;
    uint32_t own; /* member number */
};
KP_MUST_USE enum kp_status kp_pair_subject_read(struct kp_pair_subject *subject, const char *path,
                                                struct kp_error *error);

#endif
