/* The configuration file of the project leader's program. */
#ifndef KP_COORDINATOR_LEADER_CONFIG_H
#define KP_COORDINATOR_LEADER_CONFIG_H

#include "proto/config.h"
#include "proto/error.h"
#include "proto/tls.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_leader_config {
    char agreement[KP_PATH_MAX];
    uint8_t agreement_hash[32]; /* of the first version */
    bool test_mode;
    char identity_key[KP_PATH_MAX];
    char data[KP_PATH_MAX]; /* of the program's own log */
    char store_key[KP_PATH_MAX];
    char opening_key[KP_PATH_MAX]; /* the one whose holder this is */
    char box_key[KP_PATH_MAX];     /* letters are sealed to it */
    char bag[KP_PATH_MAX];         /* folder of address registers; empty: the usual one */
    char words[KP_PATH_MAX];       /* of the agreement; only `doctor` compares them */
    char url[KP_TITLE_MAX + 1];
    char server_name[KP_TITLE_MAX + 1];
    struct kp_tls_files tls;
};

/* KP_USAGE says what is wrong, with file and line. */
KP_MUST_USE enum kp_status kp_leader_config_read(struct kp_leader_config *config, const char *path,
                                                 struct kp_error *error);

#endif
