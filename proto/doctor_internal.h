/* Between doctor.c and the groups of checks, doctor_*.c. Each adds what it found; nothing it does
 * changes anything, and one check that fails keeps no other from being made that can be. */
#ifndef KP_PROTO_DOCTOR_INTERNAL_H
#define KP_PROTO_DOCTOR_INTERNAL_H

#include "proto/agreement.h"
#include "proto/doctor.h"

#include <stdbool.h>

enum kp_doctor_result {
    KP_DOCTOR_OK,
    KP_DOCTOR_WARNING,
    KP_DOCTOR_FAILED,
    KP_DOCTOR_UNREACHABLE, /* failed, because a daemon isn't there */
};
/* "ok", "warning", "failed", "failed" */
const char *kp_doctor_result_name(enum kp_doctor_result result);

struct kp_doctor_check {
    enum kp_doctor_result result;
    const char *name;          /* a constant: what was looked at */
    char found[KP_ERROR_TEXT]; /* in words */
    const char *advice;        /* a constant: what to do; empty when it is all right */
};

#define KP_DOCTOR_CHECKS_MAX 48

struct kp_doctor {
    struct kp_doctor_subject subject;
    struct kp_agreement *agreement; /* NULL: it couldn't be read */
    uint32_t own;                   /* member number; 0: none */
    struct kp_doctor_check checks[KP_DOCTOR_CHECKS_MAX];
    size_t count;
};

void kp_doctor_add(struct kp_doctor *doctor, const char *name, enum kp_doctor_result result,
                   const char *advice, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* In this order: agreement and keys fill in what the later ones compare with. */
void kp_doctor_check_agreement(struct kp_doctor *doctor);
void kp_doctor_check_addresses(struct kp_doctor *doctor);
void kp_doctor_check_keys(struct kp_doctor *doctor);
void kp_doctor_check_tls(struct kp_doctor *doctor);
void kp_doctor_check_machine(struct kp_doctor *doctor);
void kp_doctor_check_daemon(struct kp_doctor *doctor);
void kp_doctor_check_coordinator(struct kp_doctor *doctor);

/* The certificate key's fingerprint that the agreement names for the subject; NULL: unknown. */
const uint8_t *kp_doctor_own_fingerprint(const struct kp_doctor *doctor);

/* The worst result of all. */
enum kp_doctor_result kp_doctor_worst(const struct kp_doctor *doctor);

/* Whose configuration this is: a member's number, KP_PARTY_COORDINATOR, KP_PARTY_LEADER, or
 * KP_PARTY_OPENER, whose program is the leader's: the identity key says which. */
uint32_t kp_doctor_party(const struct kp_doctor *doctor);

#endif
