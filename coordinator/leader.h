/* The project leader's connection to the coordinator, and its own log. */
#ifndef KP_COORDINATOR_LEADER_H
#define KP_COORDINATOR_LEADER_H

#include "coordinator/leader_config.h"
#include "coordinator/open.h"
#include "proto/audit_log.h"
#include "proto/control.h"
#include "proto/dossier.h"
#include "proto/link.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stdint.h>

#define KP_LEADER_TIMEOUT_MS 15000

struct kp_leader {
    struct kp_leader_config config;
    struct kp_dossier *dossier;
    const struct kp_agreement *agreement; /* the version that counts */
    struct kp_client *client;
    struct kp_store *store;   /* opened with the first entry */
    uint8_t *identity_secret; /* the same; locked */
};

/* Reads configuration and agreement, connects, checks that both sides have the same lineage, and
 * gets all papers.
 * KP_RETRY: not reachable. Close with kp_leader_close whatever the result. */
KP_MUST_USE enum kp_status kp_leader_open(struct kp_leader *leader, const char *config_path,
                                          struct kp_error *error);
void kp_leader_close(struct kp_leader *leader);
/* Whether anything may be processed now, by the leader's own judgement of the papers. */
KP_MUST_USE enum kp_status kp_leader_check_in_force(const struct kp_leader *leader,
                                                    struct kp_error *error);

/* Asks, and expects a response of this kind; a refusal becomes the error. The response is freed by
 * the caller when KP_OK. */
KP_MUST_USE enum kp_status kp_leader_ask(struct kp_leader *leader,
                                         const struct kp_wire_request *request,
                                         enum kp_response_kind expected, uint32_t timeout_ms,
                                         struct kp_wire_response *response, struct kp_error *error);

/* Opens all matches of a round (0: the last one) and calls `each` for every one, also those that
 * aren't shown because their records fail. */
typedef enum kp_status kp_leader_each(void *context, const struct kp_opened_match *match,
                                      struct kp_error *error);
KP_MUST_USE enum kp_status kp_leader_matches(struct kp_leader *leader, uint32_t round,
                                             kp_leader_each *each, void *context,
                                             struct kp_error *error);

/* leader_audit.c */
/* An entry in the leader's own log, on disk when KP_OK. What isn't logged isn't done. */
KP_MUST_USE enum kp_status
kp_leader_audit(struct kp_leader *leader, const struct kp_audit_note *note, struct kp_error *error);
void kp_leader_audit_close(struct kp_leader *leader);
/* Answers as a daemon would over its control socket, from the leader's own store: its log as an
 * export. The response is freed by the caller when KP_OK. */
KP_MUST_USE enum kp_status kp_leader_answer(const char *config_path,
                                            const struct kp_control_request *request,
                                            struct kp_control_response *response,
                                            struct kp_error *error);

#endif
