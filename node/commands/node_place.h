/* Where a command of `kruispunt node` finds what it needs: the daemon's control socket, and the
 * register and words of the agreement. */
#ifndef KP_NODE_COMMANDS_NODE_PLACE_H
#define KP_NODE_COMMANDS_NODE_PLACE_H

#include "node/node_config.h"
#include "proto/address/agreed.h"
#include "proto/error.h"
#include "proto/limits.h"

#include <stdbool.h>

/* --config, --control, --bag, --words; NULL: not given. */
struct kp_node_options {
    const char *config;
    const char *control;
    const char *bag;
    const char *words;
};

struct kp_node_place {
    char control[KP_PATH_MAX];
    char bag[KP_PATH_MAX]; /* "": the usual one */
    char words[KP_PATH_MAX];
    char columns[KP_NODE_COLUMNS_TEXT]; /* of a partner's files: [columns] of the configuration */
    /* As the daemon says, by kp_node_place_ask. */
    bool test_mode;
    struct kp_canonicalisation agreed;
};

/* --control, or what the node's configuration says; --bag and --words before what that says.
 * KP_USAGE: neither --config nor --control is given, or both are. */
KP_MUST_USE enum kp_status kp_node_place_find(struct kp_node_place *place,
                                              const struct kp_node_options *options,
                                              struct kp_error *error);
/* Asks the daemon for its status. KP_RETRY: it doesn't run. */
KP_MUST_USE enum kp_status kp_node_place_ask(struct kp_node_place *place, struct kp_error *error);
/* Both, and the register, if there is one, for what objects' addresses are; the caller closes it.
 * Says on standard error when the configured folder hasn't got it, which is no failure; with --bag
 * it is. */
KP_MUST_USE enum kp_status kp_node_place_show(struct kp_node_place *place,
                                              const struct kp_node_options *options,
                                              struct kp_register **reg, struct kp_error *error);

#endif
