#include "coordinator/roster.h"

#include <stdlib.h>
#include <string.h>

enum kp_status kp_roster_open(struct kp_roster *roster, struct kp_error *error)
{
    if (pthread_mutex_init(&roster->lock, NULL) != 0) {
        return kp_fail(error, KP_FAILED, "no mutex");
    }
    roster->open = true;
    return KP_OK;
}

void kp_roster_close(struct kp_roster *roster)
{
    if (roster->open) {
        pthread_mutex_destroy(&roster->lock);
        roster->open = false;
    }
    free(roster->entries);
    roster->entries = NULL;
    roster->count = 0;
}

static void add(struct kp_roster_entry *entries, size_t *count,
                const uint8_t certificate[static 32], uint32_t who)
{
    memcpy(entries[*count].certificate, certificate, sizeof(entries[*count].certificate));
    entries[(*count)++].who = who;
}

enum kp_status kp_roster_set(struct kp_roster *roster, const struct kp_dossier *dossier,
                             struct kp_error *error)
{
    size_t count = 0;
    struct kp_roster_entry *entries =
        calloc((size_t)KP_DOSSIER_VERSIONS_MAX * (KP_MEMBERS_MAX + 2), sizeof(*entries));
    if (entries == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for certificates");
    }
    for (const struct kp_agreement *version = kp_dossier_current(dossier); version != NULL;
         version = kp_dossier_before(dossier, version)) {
        const uint8_t *opener = kp_agreement_tls_fingerprint(version, KP_PARTY_OPENER);
        add(entries, &count, version->leader_tls_fingerprint, KP_PARTY_LEADER);
        if (opener != NULL) {
            add(entries, &count, opener, KP_PARTY_OPENER);
        }
        for (uint32_t i = 0; i < version->member_count; i++) {
            add(entries, &count, version->members[i].tls_fingerprint, i + 1);
        }
    }
    pthread_mutex_lock(&roster->lock);
    struct kp_roster_entry *old = roster->entries;
    roster->entries = entries;
    roster->count = count;
    pthread_mutex_unlock(&roster->lock);
    free(old);
    return KP_OK;
}

uint32_t kp_roster_find(struct kp_roster *roster, const uint8_t certificate[static 32])
{
    uint32_t who = 0;
    pthread_mutex_lock(&roster->lock);
    for (size_t i = 0; who == 0 && i < roster->count; i++) {
        if (memcmp(roster->entries[i].certificate, certificate, 32) == 0) {
            who = roster->entries[i].who;
        }
    }
    pthread_mutex_unlock(&roster->lock);
    return who;
}
