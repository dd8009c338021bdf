/* The configurations of the coordinator and of the project leader's program, as `kruispunt doctor`
 * looks at them. */
#include "coordinator/coordinator_config.h"
#include "coordinator/leader.h"
#include "proto/doctor.h"

#include <string.h>

static enum kp_status read_coordinator(struct kp_doctor_subject *subject, const char *config_path,
                                       struct kp_error *error)
{
    struct kp_coordinator_config config;
    enum kp_status status = kp_coordinator_config_read(&config, config_path, error);
    if (status != KP_OK) {
        return status;
    }
    subject->role = KP_DOCTOR_COORDINATOR;
    memcpy(subject->agreement, config.agreement, sizeof(subject->agreement));
    memcpy(subject->agreement_hash, config.agreement_hash, sizeof(subject->agreement_hash));
    subject->test_mode = config.test_mode;
    kp_doctor_add_key(subject, KP_KEY_IDENTITY, config.identity_key);
    kp_doctor_add_key(subject, KP_KEY_STORE, config.store_key);
    subject->tls = config.tls;
    memcpy(subject->listen, config.listen, sizeof(subject->listen));
    memcpy(subject->control, config.control, sizeof(subject->control));
    memcpy(subject->data, config.data, sizeof(subject->data));
    return KP_OK;
}

static enum kp_status read_leader(struct kp_doctor_subject *subject, const char *config_path,
                                  struct kp_error *error)
{
    struct kp_leader_config config;
    enum kp_status status = kp_leader_config_read(&config, config_path, error);
    if (status != KP_OK) {
        return status;
    }
    subject->role = KP_DOCTOR_LEADER;
    subject->answer = kp_leader_answer;
    memcpy(subject->agreement, config.agreement, sizeof(subject->agreement));
    memcpy(subject->agreement_hash, config.agreement_hash, sizeof(subject->agreement_hash));
    subject->test_mode = config.test_mode;
    kp_doctor_add_key(subject, KP_KEY_IDENTITY, config.identity_key);
    kp_doctor_add_key(subject, KP_KEY_OPENING, config.opening_key);
    kp_doctor_add_key(subject, KP_KEY_BOX, config.box_key);
    kp_doctor_add_key(subject, KP_KEY_STORE, config.store_key);
    subject->tls = config.tls;
    memcpy(subject->url, config.url, sizeof(subject->url));
    memcpy(subject->server_name, config.server_name, sizeof(subject->server_name));
    memcpy(subject->bag, config.bag, sizeof(subject->bag));
    memcpy(subject->words, config.words, sizeof(subject->words));
    return KP_OK;
}

const struct kp_doctor_reader kp_doctor_coordinator = {.section = "coordinator",
                                                       .read = read_coordinator};
const struct kp_doctor_reader kp_doctor_leader = {.section = "leader", .read = read_leader};
