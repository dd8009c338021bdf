/* The coordinator's configuration file. */
#ifndef KP_COORDINATOR_CONFIG_H
#define KP_COORDINATOR_CONFIG_H

#include "proto/config.h"
#include "proto/error.h"
#include "proto/tls.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_coordinator_config {
    char agreement[KP_PATH_MAX];
    uint8_t agreement_hash[32]; /* of the first version */
    bool test_mode;
    char identity_key[KP_PATH_MAX];
    char data[KP_PATH_MAX];
    char store_key[KP_PATH_MAX];
    char control[KP_PATH_MAX]; /* path of the socket */
    char listen[KP_TITLE_MAX + 1];
    uint32_t phase_seconds;
    uint32_t threads; /* that match; 0: as many as there are processors */
    struct kp_tls_files tls;
    char log_level[KP_TITLE_MAX + 1];
    char log_format[KP_TITLE_MAX + 1];
};

/* KP_USAGE says what is wrong, with file and line. */
KP_MUST_USE enum kp_status kp_coordinator_config_read(struct kp_coordinator_config *config,
                                                      const char *path, struct kp_error *error);

#endif
