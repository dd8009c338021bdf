/* The key files of one party, made together or not at all. */
#ifndef KP_PROTO_COMMANDS_KEYGEN_FILES_H
#define KP_PROTO_COMMANDS_KEYGEN_FILES_H

#include "proto/error.h"

#include <stdint.h>

enum kp_keygen_role {
    KP_KEYGEN_NODE,
    KP_KEYGEN_COORDINATOR,
    KP_KEYGEN_LEADER,
    KP_KEYGEN_OPENER, /* a second holder of an opening key */
    KP_KEYGEN_OFFICER,
};

/* What was asked for, checked; all borrowed. */
struct kp_keygen {
    enum kp_keygen_role role;
    const char *name; /* an officer's: the short name of the member */
    const char *oin;
    const char *out;             /* the folder */
    const char *host;            /* may be NULL but for a coordinator */
    const char *project;         /* a leader's or an opener's; NULL otherwise */
    const char *holder;          /* of the opening key, or the officer in words; NULL otherwise */
    uint8_t tls_fingerprint[32]; /* set by kp_keygen_make; an officer has no certificate */
};

/* "node", "coordinator", "leader", "opener", "officer" */
const char *kp_keygen_role_name(enum kp_keygen_role role);
/* The names of the files, NULL-terminated; public.ini comes last. */
const char *const *kp_keygen_files(enum kp_keygen_role role);

/* KP_REFUSED: one of the files is there already. Whenever it fails, nothing stays. */
KP_MUST_USE enum kp_status kp_keygen_make(struct kp_keygen *keygen, struct kp_error *error);

#endif
