#include "coordinator/coordinator_config.h"

#include "proto/workers.h"

#include <string.h>

enum kp_status kp_coordinator_config_read(struct kp_coordinator_config *config, const char *path,
                                          struct kp_error *error)
{
    memset(config, 0, sizeof(*config));
    config->phase_seconds = 3 * 24 * 3600;
    strcpy(config->log_level, "info");
    strcpy(config->log_format, "text");
    const struct kp_config_key keys[] = {
        {"coordinator", "agreement", KP_CONFIG_PATH, config->agreement, true, 0, 0},
        {"coordinator", "agreement_hash", KP_CONFIG_DIGEST, config->agreement_hash, true, 0, 0},
        {"coordinator", "test_mode", KP_CONFIG_FLAG, &config->test_mode, false, 0, 0},
        {"coordinator", "identity_key", KP_CONFIG_PATH, config->identity_key, true, 0, 0},
        {"coordinator", "data", KP_CONFIG_PATH, config->data, true, 0, 0},
        {"coordinator", "store_key", KP_CONFIG_PATH, config->store_key, true, 0, 0},
        {"coordinator", "control", KP_CONFIG_PATH, config->control, true, 0, 0},
        {"coordinator", "listen", KP_CONFIG_TEXT, config->listen, true, 0, 0},
        {"coordinator", "phase_seconds", KP_CONFIG_NUMBER, &config->phase_seconds, false, 1,
         30 * 24 * 3600},
        {"coordinator", "threads", KP_CONFIG_NUMBER, &config->threads, false, 0, KP_WORKERS_MAX},
        {"tls", "ca", KP_CONFIG_PATH, config->tls.ca, true, 0, 0},
        {"tls", "certificate", KP_CONFIG_PATH, config->tls.certificate, true, 0, 0},
        {"tls", "key", KP_CONFIG_PATH, config->tls.key, true, 0, 0},
        {"log", "level", KP_CONFIG_TEXT, config->log_level, false, 0, 0},
        {"log", "format", KP_CONFIG_TEXT, config->log_format, false, 0, 0},
    };
    return kp_config_read(path, keys, sizeof(keys) / sizeof(keys[0]), error);
}
