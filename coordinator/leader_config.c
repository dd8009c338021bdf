#include "coordinator/leader_config.h"

#include <string.h>

enum kp_status kp_leader_config_read(struct kp_leader_config *config, const char *path,
                                     struct kp_error *error)
{
    memset(config, 0, sizeof(*config));
    const struct kp_config_key keys[] = {
        {"leader", "agreement", KP_CONFIG_PATH, config->agreement, true, 0, 0},
        {"leader", "agreement_hash", KP_CONFIG_DIGEST, config->agreement_hash, true, 0, 0},
        {"leader", "test_mode", KP_CONFIG_FLAG, &config->test_mode, false, 0, 0},
        {"leader", "identity_key", KP_CONFIG_PATH, config->identity_key, true, 0, 0},
        {"leader", "data", KP_CONFIG_PATH, config->data, true, 0, 0},
        {"leader", "store_key", KP_CONFIG_PATH, config->store_key, true, 0, 0},
        {"leader", "opening_key", KP_CONFIG_PATH, config->opening_key, true, 0, 0},
        {"leader", "box_key", KP_CONFIG_PATH, config->box_key, true, 0, 0},
        {"leader", "bag", KP_CONFIG_PATH, config->bag, false, 0, 0},
        {"leader", "words", KP_CONFIG_PATH, config->words, false, 0, 0},
        {"coordinator", "url", KP_CONFIG_TEXT, config->url, true, 0, 0},
        {"coordinator", "server_name", KP_CONFIG_TEXT, config->server_name, true, 0, 0},
        {"tls", "ca", KP_CONFIG_PATH, config->tls.ca, true, 0, 0},
        {"tls", "certificate", KP_CONFIG_PATH, config->tls.certificate, true, 0, 0},
        {"tls", "key", KP_CONFIG_PATH, config->tls.key, true, 0, 0},
    };
    return kp_config_read(path, keys, sizeof(keys) / sizeof(keys[0]), error);
}
