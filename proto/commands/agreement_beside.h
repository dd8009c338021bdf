/* The other agreements of an organisation, from files and folders. */
#ifndef KP_PROTO_COMMANDS_AGREEMENT_BESIDE_H
#define KP_PROTO_COMMANDS_AGREEMENT_BESIDE_H

#include "proto/agreement.h"

struct kp_beside {
    struct kp_agreement *agreements[KP_AGREEMENTS_BESIDE_MAX];
    size_t count;
};

/* A file, which must be an agreement; or a folder: its files *.agreement, which all must be one,
 * and other files that are. KP_REFUSED: more than KP_AGREEMENTS_BESIDE_MAX. The caller frees, also
 * when it fails. */
KP_MUST_USE enum kp_status kp_beside_add(struct kp_beside *beside, const char *path,
                                         struct kp_error *error);
void kp_beside_free(struct kp_beside *beside);

#endif
