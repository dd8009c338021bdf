#include "node/node_config.h"

#include "proto/workers.h"

#include <stdio.h>
#include <string.h>

#define TLS_SCHEME "tls+tcp://"
#define SILENCE_SECONDS_DEFAULT (7 * 24 * 3600)
#define SILENCE_SECONDS_MAX (90 * 24 * 3600)

#define KEYS_MAX 64

static const char *const columns[KP_NODE_COLUMNS] = {
    "address", "id",        "postcode", "house_number", "house_letter", "addition",    "street",
    "town",    "indicator", "grounds",  "observed_on",  "purpose",      "valid_until",
};

void kp_node_config_columns(char out[static KP_NODE_COLUMNS_TEXT],
                            const struct kp_node_config *config)
{
    size_t size = 0;
    for (size_t i = 0; i < KP_NODE_COLUMNS; i++) {
        if (config->columns[i][0] == '\0') {
            continue;
        }
        size += (size_t)snprintf(out + size, KP_NODE_COLUMNS_TEXT - size, "%s%s=\"",
                                 size > 0 ? "," : "", columns[i]);
        for (const char *at = config->columns[i]; *at != '\0'; at++) {
            out[size] = *at;
            size += *at == '"';
            out[size++] = *at;
        }
        out[size++] = '"';
    }
    out[size] = '\0';
}

enum kp_status kp_node_config_read(struct kp_node_config *config, const char *path,
                                   struct kp_error *error)
{
    memset(config, 0, sizeof(*config));
    config->longest_silence_seconds = SILENCE_SECONDS_DEFAULT;
    strcpy(config->log_level, "info");
    strcpy(config->log_format, "text");
    struct kp_config_key keys[KEYS_MAX] = {
        {"node", "name", KP_CONFIG_TEXT, config->name, true, 0, 0},
        {"node", "agreement", KP_CONFIG_PATH, config->agreement, true, 0, 0},
        {"node", "agreement_hash", KP_CONFIG_DIGEST, config->agreement_hash, true, 0, 0},
        {"node", "test_mode", KP_CONFIG_FLAG, &config->test_mode, false, 0, 0},
        {"node", "data", KP_CONFIG_PATH, config->data, true, 0, 0},
        {"node", "identity_key", KP_CONFIG_PATH, config->identity_key, true, 0, 0},
        {"node", "box_key", KP_CONFIG_PATH, config->box_key, true, 0, 0},
        {"node", "store_key", KP_CONFIG_PATH, config->store_key, true, 0, 0},
        {"node", "control", KP_CONFIG_PATH, config->control, true, 0, 0},
        {"node", "bag", KP_CONFIG_PATH, config->bag, false, 0, 0},
        {"node", "threads", KP_CONFIG_NUMBER, &config->threads, false, 1, KP_WORKERS_MAX},
        {"node", "words", KP_CONFIG_PATH, config->words, false, 0, 0},
        {"pairs", "folder", KP_CONFIG_PATH, config->pairs, false, 0, 0},
        {"coordinator", "url", KP_CONFIG_TEXT, config->url, true, 0, 0},
        {"coordinator", "server_name", KP_CONFIG_TEXT, config->server_name, true, 0, 0},
        {"tls", "ca", KP_CONFIG_PATH, config->tls.ca, true, 0, 0},
        {"tls", "certificate", KP_CONFIG_PATH, config->tls.certificate, true, 0, 0},
        {"tls", "key", KP_CONFIG_PATH, config->tls.key, true, 0, 0},
        {"limits", "longest_silence_seconds", KP_CONFIG_NUMBER, &config->longest_silence_seconds,
         false, 1, SILENCE_SECONDS_MAX},
        {"log", "level", KP_CONFIG_TEXT, config->log_level, false, 0, 0},
        {"log", "format", KP_CONFIG_TEXT, config->log_format, false, 0, 0},
    };
    size_t count = 0;
    while (keys[count].section != NULL) {
        count++;
    }
    for (size_t i = 0; i < KP_NODE_COLUMNS; i++) {
        keys[count++] = (struct kp_config_key){
            "columns", columns[i], KP_CONFIG_TEXT, config->columns[i], false, 0, 0};
    }
    enum kp_status status = kp_config_read(path, keys, count, error);
    if (status == KP_OK && strncmp(config->url, TLS_SCHEME, strlen(TLS_SCHEME)) != 0) {
        status = kp_fail(error, KP_USAGE,
                         "%s: [coordinator] url must be of the form " TLS_SCHEME "HOST:PORT", path);
    }
    return status;
}
