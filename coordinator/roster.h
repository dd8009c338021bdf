/* Whose certificate is whose: of all versions of the agreement that are or were in force, so that
 * who was away while the version changed can still come and hear of it. Kept apart because new
 * connections are decided about on a thread of NNG's. */
#ifndef KP_COORDINATOR_ROSTER_H
#define KP_COORDINATOR_ROSTER_H

#include "proto/dossier.h"

#include <pthread.h>
#include <stdint.h>

struct kp_roster_entry {
    uint8_t certificate[32];
    uint32_t who; /* a member's number, KP_PARTY_LEADER or KP_PARTY_OPENER */
};

struct kp_roster {
    pthread_mutex_t lock;
    bool open;
    struct kp_roster_entry *entries; /* those of later versions first */
    size_t count;
};

KP_MUST_USE enum kp_status kp_roster_open(struct kp_roster *roster, struct kp_error *error);
void kp_roster_close(struct kp_roster *roster);
/* Takes the certificates of the version that counts and of those before it. KP_FAILED: no memory;
 * the roster is as it was. */
KP_MUST_USE enum kp_status kp_roster_set(struct kp_roster *roster, const struct kp_dossier *dossier,
                                         struct kp_error *error);
/* 0: nobody's. On any thread. */
uint32_t kp_roster_find(struct kp_roster *roster, const uint8_t certificate[static 32]);

#endif
