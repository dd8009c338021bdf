#include "proto/doctor_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *kp_doctor_result_name(enum kp_doctor_result result)
{
    static const char *const names[] = {"ok", "warning", "failed", "failed"};
    return names[result];
}

void kp_doctor_add_key(struct kp_doctor_subject *subject, enum kp_key_kind kind, const char *path)
{
    if (subject->key_count < KP_DOCTOR_KEYS_MAX) {
        struct kp_doctor_key *key = &subject->keys[subject->key_count++];
        key->kind = kind;
        (void)snprintf(key->path, sizeof(key->path), "%s", path);
    }
}

void kp_doctor_add(struct kp_doctor *doctor, const char *name, enum kp_doctor_result result,
                   const char *advice, const char *format, ...)
{
    if (doctor->count == KP_DOCTOR_CHECKS_MAX) {
        return;
    }
    struct kp_doctor_check *check = &doctor->checks[doctor->count++];
    check->name = name;
    check->result = result;
    check->advice = result == KP_DOCTOR_OK ? "" : advice;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(check->found, sizeof(check->found), format, arguments);
    va_end(arguments);
}

const uint8_t *kp_doctor_own_fingerprint(const struct kp_doctor *doctor)
{
    if (doctor->agreement == NULL) {
        return NULL;
    }
    switch (doctor->subject.role) {
    case KP_DOCTOR_NODE:
        return doctor->own != 0 ? doctor->agreement->members[doctor->own - 1].tls_fingerprint
                                : NULL;
    case KP_DOCTOR_COORDINATOR:
        return doctor->agreement->coordinator_tls_fingerprint;
    case KP_DOCTOR_LEADER:
        return kp_agreement_tls_fingerprint(doctor->agreement, kp_doctor_party(doctor));
    }
    return NULL;
}

enum kp_doctor_result kp_doctor_worst(const struct kp_doctor *doctor)
{
    enum kp_doctor_result worst = KP_DOCTOR_OK;
    for (size_t i = 0; i < doctor->count; i++) {
        enum kp_doctor_result result = doctor->checks[i].result;
        /* What is wrong here comes before what isn't there. */
        bool worse = worst == KP_DOCTOR_FAILED    ? false
                     : result == KP_DOCTOR_FAILED ? true
                                                  : result > worst;
        worst = worse ? result : worst;
    }
    return worst;
}
