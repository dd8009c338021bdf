/* What `kruispunt doctor` looks at: one subject, read from a configuration by the room that it
 * belongs to, as the rooms' commands are (proto/command.h). */
#ifndef KP_PROTO_DOCTOR_H
#define KP_PROTO_DOCTOR_H

#include "proto/control.h"
#include "proto/error.h"
#include "proto/key_file.h"
#include "proto/limits.h"
#include "proto/tls.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kp_doctor_role {
    KP_DOCTOR_NODE,
    KP_DOCTOR_COORDINATOR,
    KP_DOCTOR_LEADER,
};

#define KP_DOCTOR_KEYS_MAX 3

struct kp_doctor_key {
    enum kp_key_kind kind;
    char path[KP_PATH_MAX];
};

/* Texts that a role doesn't have are empty. */
struct kp_doctor_subject {
    enum kp_doctor_role role;
    char name[KP_TITLE_MAX + 1]; /* a node's, in the agreement */
    char agreement[KP_PATH_MAX];
    uint8_t agreement_hash[32];
    bool test_mode;
    struct kp_doctor_key keys[KP_DOCTOR_KEYS_MAX];
    size_t key_count;
    struct kp_tls_files tls;
    char url[KP_TITLE_MAX + 1]; /* of the coordinator, as node and leader connect to it */
    char server_name[KP_TITLE_MAX + 1];
    char listen[KP_TITLE_MAX + 1]; /* where a coordinator listens */
    char control[KP_PATH_MAX];     /* path of the daemon's socket */
    char data[KP_PATH_MAX];
    char bag[KP_PATH_MAX]; /* folder of address registers; empty: the usual one */
    char words[KP_PATH_MAX];
    /* Of a program that has no daemon: it answers a control request from its own store. */
    enum kp_status (*answer)(const char *config_path, const struct kp_control_request *request,
                             struct kp_control_response *response, struct kp_error *error);
};

/* A configuration file with this section is for `read`. KP_USAGE as the room's own reader says it.
 */
struct kp_doctor_reader {
    const char *section;
    enum kp_status (*read)(struct kp_doctor_subject *subject, const char *config_path,
                           struct kp_error *error);
};

/* Defined by the rooms. */
extern const struct kp_doctor_reader kp_doctor_node, kp_doctor_leader, kp_doctor_coordinator;

/* Gathered by proto/kruispunt.c, NULL-terminated; the first whose section a file has reads it (a
 * node's file has a section [coordinator] too). */
extern const struct kp_doctor_reader *const kp_doctor_readers[];

/* Reads anybody's configuration. KP_USAGE: it has no section of a reader. */
KP_MUST_USE enum kp_status kp_doctor_read_subject(struct kp_doctor_subject *subject,
                                                  const char *path, struct kp_error *error);
/* Adds a key file to the subject. */
void kp_doctor_add_key(struct kp_doctor_subject *subject, enum kp_key_kind kind, const char *path);

#endif
