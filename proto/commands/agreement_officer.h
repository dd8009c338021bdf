/* The officer who decides for a member: the configuration, the key, and who that makes of the
 * agreement's members. */
#ifndef KP_PROTO_COMMANDS_AGREEMENT_OFFICER_H
#define KP_PROTO_COMMANDS_AGREEMENT_OFFICER_H

#include "crypto/sign.h"
#include "proto/agreement.h"
#include "proto/decision.h"

struct kp_officer {
    char name[KP_TITLE_MAX + 1]; /* the member's short name in agreements */
    char key_path[KP_PATH_MAX];
    char agreements[KP_PATH_MAX]; /* a folder with the organisation's agreements; "" for none */
    uint32_t warn_percent;        /* an exposure above it has to be accepted in words */
    bool test_mode;
    uint8_t public_key[KP_SIGN_PUBLIC_BYTES];
    uint8_t *secret_key; /* locked, KP_SIGN_SECRET_BYTES */
};

/* Reads officer.ini alone. */
KP_MUST_USE enum kp_status kp_officer_config_read(struct kp_officer *officer, const char *path,
                                                  struct kp_error *error);
/* Reads officer.ini and the key that it names. The caller frees, also when it fails. */
KP_MUST_USE enum kp_status kp_officer_read(struct kp_officer *officer, const char *path,
                                           struct kp_error *error);
void kp_officer_free(struct kp_officer *officer);

/* The number of the officer's member. previous: the version before, or NULL when there is none or
 * it isn't known. What is accepted or refused is so with the key that the version before has for
 * the officer, so that no version brings in officers of its own; a revocation may have the key of
 * either. KP_REFUSED: no such member, or it has another key. */
KP_MUST_USE enum kp_status kp_officer_member(const struct kp_officer *officer,
                                             const struct kp_agreement *agreement,
                                             const struct kp_agreement *previous,
                                             enum kp_decision_kind kind, uint32_t *number,
                                             struct kp_error *error);

#endif
