/* A node's configuration as `kruispunt doctor` looks at it. */
#include "node/node_config.h"
#include "proto/doctor.h"

#include <string.h>

static enum kp_status read_node(struct kp_doctor_subject *subject, const char *config_path,
                                struct kp_error *error)
{
    struct kp_node_config config;
    enum kp_status status = kp_node_config_read(&config, config_path, error);
    if (status != KP_OK) {
        return status;
    }
    subject->role = KP_DOCTOR_NODE;
    memcpy(subject->name, config.name, sizeof(subject->name));
    memcpy(subject->agreement, config.agreement, sizeof(subject->agreement));
    memcpy(subject->agreement_hash, config.agreement_hash, sizeof(subject->agreement_hash));
    subject->test_mode = config.test_mode;
    kp_doctor_add_key(subject, KP_KEY_IDENTITY, config.identity_key);
    kp_doctor_add_key(subject, KP_KEY_BOX, config.box_key);
    kp_doctor_add_key(subject, KP_KEY_STORE, config.store_key);
    subject->tls = config.tls;
    memcpy(subject->url, config.url, sizeof(subject->url));
    memcpy(subject->server_name, config.server_name, sizeof(subject->server_name));
    memcpy(subject->control, config.control, sizeof(subject->control));
    memcpy(subject->data, config.data, sizeof(subject->data));
    memcpy(subject->bag, config.bag, sizeof(subject->bag));
    memcpy(subject->words, config.words, sizeof(subject->words));
    return KP_OK;
}

const struct kp_doctor_reader kp_doctor_node = {.section = "node", .read = read_node};
