/* The rules by which a program judges the papers of an agreement. Each is called from
 * proto/dossier.c and decides one thing. */
#include "proto/dossier.h"

#include <stdio.h>
#include <string.h>

/* ---- which agreement ---- */

enum kp_status kp_dossier_check_pinned(const struct kp_agreement *first,
                                       const uint8_t pinned[static KP_DIGEST_BYTES],
                                       struct kp_error *error)
{
    if (memcmp(pinned, first->hash, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "another agreement than the one whose hash the configuration gives; "
                       "compare with what kruispunt agreement show prints");
    }
    return KP_OK;
}

/* ---- who signed ---- */

static const uint8_t *officer_key(const struct kp_agreement *version, uint32_t member)
{
    return version->members[member - 1].officer_key;
}

enum kp_status kp_dossier_check_decision(const struct kp_agreement *version,
                                         const struct kp_agreement *before,
                                         const struct kp_decision *decision, struct kp_error *error)
{
    if (decision->member < 1 || decision->member > version->member_count) {
        return kp_fail(error, KP_REFUSED, "the decision is of member %u, whom the agreement lacks",
                       decision->member);
    }
    if (decision->kind == KP_DECISION_COUNT &&
        (version->version != 1 || version->count_first == 0)) {
        return kp_fail(error, KP_REFUSED,
                       "the decision lets be counted, and under version %u nothing is counted",
                       version->version);
    }
    if (decision->kind == KP_DECISION_REVOKE && before != NULL &&
        kp_decision_verify(decision, officer_key(version, decision->member), NULL) == KP_OK) {
        return KP_OK;
    }
    return kp_decision_verify(
        decision, officer_key(before != NULL ? before : version, decision->member), error);
}

/* ---- all and none ---- */

/* Those members that decided so, or that didn't, by name, into words that are short enough for an
 * error. Either of two kinds will do. */
static bool name_members(const struct kp_dossier *dossier, const struct kp_agreement *version,
                         enum kp_decision_kind kind, enum kp_decision_kind or_kind, bool decided,
                         char *out, size_t size)
{
    size_t used = 0;
    uint32_t left_out = 0, named = 0;
    out[0] = '\0';
    for (uint32_t i = 1; i <= version->member_count; i++) {
        bool found = kp_dossier_decision(dossier, version, i, kind) != NULL ||
                     kp_dossier_decision(dossier, version, i, or_kind) != NULL;
        if (found != decided) {
            continue;
        }
        const char *name = version->members[i - 1].name;
        if (used + strlen(name) + 20 > size) {
            left_out++;
            continue;
        }
        used += (size_t)snprintf(out + used, size - used, "%s%s", named++ > 0 ? ", " : "", name);
    }
    if (left_out > 0) {
        snprintf(out + used, size - used, " and %u more", left_out);
    }
    return named > 0;
}

enum kp_status kp_dossier_check_accepted(const struct kp_dossier *dossier,
                                         const struct kp_agreement *version, struct kp_error *error)
{
    char names[256];
    if (name_members(dossier, version, KP_DECISION_ACCEPT, KP_DECISION_ACCEPT, false, names,
                     sizeof(names))) {
        return kp_fail(error, KP_REFUSED, "version %u is not accepted by %s", version->version,
                       names);
    }
    return KP_OK;
}

enum kp_status kp_dossier_check_countable(const struct kp_dossier *dossier,
                                          const struct kp_agreement *version,
                                          struct kp_error *error)
{
    char names[256];
    if (name_members(dossier, version, KP_DECISION_ACCEPT, KP_DECISION_COUNT, false, names,
                     sizeof(names))) {
        return kp_fail(error, KP_REFUSED,
                       "version %u may not be counted under yet: neither that nor all of it is "
                       "accepted by %s",
                       version->version, names);
    }
    return KP_OK;
}

enum kp_status kp_dossier_check_not_refused(const struct kp_dossier *dossier,
                                            const struct kp_agreement *version,
                                            struct kp_error *error)
{
    char names[256];
    if (name_members(dossier, version, KP_DECISION_REFUSE, KP_DECISION_REFUSE, true, names,
                     sizeof(names))) {
        return kp_fail(error, KP_REFUSED, "version %u is refused by %s", version->version, names);
    }
    return KP_OK;
}

/* Whether this decision ends the lineage. */
static bool revokes(const struct kp_dossier *dossier, const struct kp_agreement *version,
                    const struct kp_decision *decision)
{
    if (decision->kind == KP_DECISION_REFUSE) {
        return kp_dossier_decision(dossier, version, decision->member, KP_DECISION_ACCEPT) != NULL;
    }
    if (decision->kind != KP_DECISION_REVOKE) {
        return false;
    }
    const struct kp_agreement *before = kp_dossier_before(dossier, version);
    const struct kp_agreement *named_by = before != NULL ? before : version;
    return kp_decision_verify(decision, officer_key(named_by, decision->member), NULL) == KP_OK ||
           kp_dossier_check_accepted(dossier, version, NULL) == KP_OK;
}

enum kp_status kp_dossier_check_not_revoked(const struct kp_dossier *dossier,
                                            struct kp_error *error)
{
    for (size_t i = 0; i < kp_dossier_count(dossier); i++) {
        const struct kp_paper *paper = kp_dossier_paper(dossier, i);
        if (paper->decision != NULL && revokes(dossier, paper->agreement, paper->decision)) {
            return kp_fail(error, KP_REFUSED,
                           "version %u is revoked by %s; that is final, and going on takes another "
                           "agreement",
                           paper->agreement->version,
                           paper->agreement->members[paper->decision->member - 1].name);
        }
    }
    return KP_OK;
}

/* ---- one version after another ---- */

enum kp_status kp_dossier_check_dates(const struct kp_dossier *dossier,
                                      const struct kp_agreement *next,
                                      const struct kp_agreement *previous, struct kp_error *error)
{
    for (uint32_t i = 1; i <= next->member_count; i++) {
        const struct kp_decision *accept =
            kp_dossier_decision(dossier, next, i, KP_DECISION_ACCEPT);
        if (accept != NULL && accept->time >= previous->end) {
            return kp_fail(error, KP_REFUSED,
                           "version %u was accepted by %s only after the end of version %u",
                           next->version, next->members[i - 1].name, previous->version);
        }
    }
    return KP_OK;
}

enum kp_status kp_dossier_check_open(const struct kp_agreement *previous, uint64_t now,
                                     struct kp_error *error)
{
    char end[KP_AGREEMENT_TIME_TEXT];
    if (now < previous->end) {
        return KP_OK;
    }
    kp_agreement_time_text(end, previous->end);
    return kp_fail(error, KP_REFUSED,
                   "version %u ended at %s, before this program had all papers of the next one",
                   previous->version, end);
}

enum kp_status kp_dossier_check_no_fork(const struct kp_dossier *dossier,
                                        const struct kp_agreement *next, struct kp_error *error)
{
    for (size_t i = 0; i < kp_dossier_count(dossier); i++) {
        const struct kp_paper *paper = kp_dossier_paper(dossier, i);
        const struct kp_agreement *other = paper->agreement;
        if (paper->decision == NULL && other != next && other->version == next->version &&
            memcmp(other->previous, next->previous, KP_DIGEST_BYTES) == 0 &&
            kp_dossier_check_accepted(dossier, other, NULL) == KP_OK) {
            return kp_fail(error, KP_REFUSED,
                           "two versions %u were accepted by all, so none of them counts; one of "
                           "them must be refused",
                           next->version);
        }
    }
    return KP_OK;
}

enum kp_status kp_dossier_check_follows(const struct kp_dossier *dossier,
                                        const struct kp_agreement *version, struct kp_error *error)
{
    const struct kp_agreement *current = kp_dossier_current(dossier);
    if (memcmp(version->previous, current->hash, KP_DIGEST_BYTES) == 0 &&
        version->version == current->version + 1) {
        return KP_OK;
    }
    return kp_fail(error, KP_REFUSED, "version %u doesn't follow the version that counts, %u",
                   version->version, current->version);
}

enum kp_status kp_dossier_check_same(const struct kp_agreement *in_force,
                                     const struct kp_agreement *version, struct kp_error *error)
{
    if (memcmp(in_force->hash, version->hash, KP_DIGEST_BYTES) == 0) {
        return KP_OK;
    }
    return kp_fail(error, KP_REFUSED, "version %u is in force, and this began under version %u",
                   in_force->version, version->version);
}

/* ---- what anybody may bring ---- */

/* Nobody has refused or revoked it: all of them may still accept it. */
static bool is_open(const struct kp_dossier *dossier, const struct kp_agreement *version)
{
    for (uint32_t i = 1; i <= version->member_count; i++) {
        if (kp_dossier_decision(dossier, version, i, KP_DECISION_REFUSE) != NULL ||
            kp_dossier_decision(dossier, version, i, KP_DECISION_REVOKE) != NULL) {
            return false;
        }
    }
    return true;
}

enum kp_status kp_dossier_check_sponsor(const struct kp_dossier *dossier,
                                        const struct kp_agreement *version,
                                        const struct kp_decision *sponsor, struct kp_error *error)
{
    const struct kp_agreement *before = kp_dossier_version(dossier, version->previous);
    if (before == NULL ||
        (before->version > 1 && kp_dossier_check_accepted(dossier, before, NULL) != KP_OK)) {
        return kp_fail(error, KP_REFUSED,
                       "version %u follows a version that isn't known here, or not accepted by all",
                       version->version);
    }
    enum kp_status status = kp_dossier_check_decision(version, before, sponsor, error);
    for (size_t i = 0; status == KP_OK && i < kp_dossier_count(dossier); i++) {
        const struct kp_paper *paper = kp_dossier_paper(dossier, i);
        const struct kp_agreement *other = paper->agreement;
        if (paper->decision != NULL && paper->decision->member == sponsor->member &&
            memcmp(other->previous, version->previous, KP_DIGEST_BYTES) == 0 &&
            memcmp(other->hash, version->hash, KP_DIGEST_BYTES) != 0 && is_open(dossier, other)) {
            status = kp_fail(error, KP_REFUSED,
                             "member %s decided about another version %u before, and that is still "
                             "open; a person may add this one by file",
                             version->members[sponsor->member - 1].name, version->version);
        }
    }
    return status;
}
