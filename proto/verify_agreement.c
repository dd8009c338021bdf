#include "proto/verify_agreement_internal.h"

#include "crypto/sign.h"
#include "proto/verify_digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool signed_with(const struct kp_decision *decision, const uint8_t key[static 32])
{
    uint8_t digest[KP_DIGEST_BYTES];
    kp_verify_decision_digest(digest, decision);
    return kp_sign_check(decision->signature, key, "agreement decision", digest, sizeof(digest)) ==
           KP_OK;
}

/* ---- reading ---- */

static void read_agreement(struct kp_verify_work *work, const struct kp_verify_paper *paper)
{
    struct kp_error why = {0};
    struct kp_verify_version *version = &work->versions[work->version_count];
    *version = (struct kp_verify_version){.name = paper->name};
    enum kp_status status =
        kp_agreement_parse(&version->agreement, paper->bytes, paper->size, &why);
    if (status == KP_FAILED) {
        work->failed = true;
    }
    if (status != KP_OK) {
        kp_findings_broken(work->findings, "agreement.canonical", paper->name, "%s", why.text);
        return;
    }
    kp_verify_version_hash(version->hash, paper->bytes, paper->size);
    for (size_t i = 0; i < work->version_count; i++) {
        if (memcmp(work->versions[i].hash, version->hash, KP_DIGEST_BYTES) == 0) {
            kp_agreement_free(version->agreement); /* the same paper once more */
            return;
        }
    }
    work->version_count++;
}

static void read_decision(struct kp_verify_work *work, const struct kp_verify_paper *paper)
{
    struct kp_error why = {0};
    struct kp_verify_decided *decided = &work->decisions[work->decision_count];
    *decided = (struct kp_verify_decided){.name = paper->name};
    if (kp_decision_unpack(&decided->decision, paper->bytes, paper->size, &why) == KP_OK) {
        work->decision_count++;
    } else {
        kp_findings_broken(work->findings, "agreement.canonical", paper->name, "%s", why.text);
    }
}

static int compare_versions(const void *one, const void *other)
{
    uint32_t left = ((const struct kp_verify_version *)one)->agreement->version;
    uint32_t right = ((const struct kp_verify_version *)other)->agreement->version;
    return left < right ? -1 : left > right ? 1 : 0;
}

static void read_all(struct kp_verify_work *work)
{
    for (size_t i = 0; i < work->input->count; i++) {
        const struct kp_verify_paper *paper = &work->input->papers[i];
        if (kp_decision_is(paper->bytes, paper->size)) {
            read_decision(work, paper);
        } else {
            read_agreement(work, paper);
        }
    }
    qsort(work->versions, work->version_count, sizeof(work->versions[0]), compare_versions);
    kp_findings_close(work->findings, "agreement.canonical",
                      "%zu versions and %zu decisions, each in its one form", work->version_count,
                      work->decision_count);
}

/* ---- decisions ---- */

/* The key that counts: the officer's in the version before, so that no version brings in officers
 * of its own. A revocation may have the key of either. */
static bool signed_by_officer(const struct kp_verify_work *work,
                              const struct kp_verify_decided *decided)
{
    const struct kp_verify_version *version = &work->versions[decided->version];
    const struct kp_verify_version *before = kp_verify_agreement_before(work, version);
    uint32_t member = decided->decision.member;
    bool by_before =
        before != NULL && member <= before->agreement->member_count &&
        signed_with(&decided->decision, before->agreement->members[member - 1].officer_key);
    bool by_own =
        signed_with(&decided->decision, version->agreement->members[member - 1].officer_key);
    return decided->decision.kind == KP_DECISION_REVOKE ? by_before || by_own
           : before != NULL                             ? by_before
                                                        : by_own;
}

static void check_decision(struct kp_verify_work *work, struct kp_verify_decided *decided)
{
    size_t i = 0;
    while (i < work->version_count &&
           memcmp(work->versions[i].hash, decided->decision.agreement, KP_DIGEST_BYTES) != 0) {
        i++;
    }
    if (i == work->version_count) {
        kp_findings_broken(work->findings, "agreement.decision", decided->name,
                           "is about an agreement that isn't there");
        return;
    }
    decided->version = i;
    uint32_t member = decided->decision.member;
    const struct kp_agreement *agreement = work->versions[i].agreement;
    if (member == 0 || member > agreement->member_count) {
        kp_findings_broken(work->findings, "agreement.decision", decided->name,
                           "there is no member %" PRIu32, member);
        return;
    }
    if (decided->decision.kind == KP_DECISION_COUNT &&
        (agreement->version != 1 || agreement->count_first == 0)) {
        kp_findings_broken(work->findings, "agreement.decision", decided->name,
                           "lets be counted, and under version %" PRIu32 " nothing is counted",
                           agreement->version);
        return;
    }
    decided->sound = signed_by_officer(work, decided);
    if (!decided->sound) {
        kp_findings_broken(work->findings, "agreement.decision", decided->name,
                           "the officer of %s didn't sign it, or it was changed",
                           agreement->members[member - 1].name);
    }
}

static void check_decisions(struct kp_verify_work *work)
{
    for (size_t i = 0; i < work->decision_count; i++) {
        check_decision(work, &work->decisions[i]);
    }
    kp_findings_close(work->findings, "agreement.decision",
                      "%zu decisions, each signed by the member's officer", work->decision_count);
}

/* The earliest sound decision of this kind; NULL: none. */
static const struct kp_verify_decided *find_decision(const struct kp_verify_work *work,
                                                     size_t version, uint32_t member,
                                                     enum kp_decision_kind kind)
{
    const struct kp_verify_decided *found = NULL;
    for (size_t i = 0; i < work->decision_count; i++) {
        const struct kp_verify_decided *decided = &work->decisions[i];
        if (decided->sound && decided->version == version && decided->decision.member == member &&
            decided->decision.kind == kind &&
            (found == NULL || decided->decision.time < found->decision.time)) {
            found = decided;
        }
    }
    return found;
}

static bool is_objection(const struct kp_verify_decided *decided)
{
    return decided->decision.kind == KP_DECISION_REFUSE ||
           decided->decision.kind == KP_DECISION_REVOKE;
}

static bool all_accepted(const struct kp_verify_work *work, size_t version)
{
    for (uint32_t i = 1; i <= work->versions[version].agreement->member_count; i++) {
        if (find_decision(work, version, i, KP_DECISION_ACCEPT) == NULL) {
            return false;
        }
    }
    return true;
}

static void mark_proposals(struct kp_verify_work *work)
{
    for (size_t i = 0; i < work->version_count; i++) {
        struct kp_verify_version *version = &work->versions[i];
        version->proposal =
            work->input->proposals && version->agreement->version > 1 && !all_accepted(work, i);
    }
}

static void check_accepted(struct kp_verify_work *work)
{
    char record[KP_VERIFY_RECORD_BYTES];
    size_t proposals = 0, counting = 0;
    for (size_t i = 0; i < work->version_count; i++) {
        const struct kp_agreement *agreement = work->versions[i].agreement;
        proposals += work->versions[i].proposal;
        for (uint32_t j = 1; j <= agreement->member_count && !work->versions[i].proposal; j++) {
            if (find_decision(work, i, j, KP_DECISION_ACCEPT) != NULL) {
                continue;
            }
            if (agreement->count_first != 0 &&
                find_decision(work, i, j, KP_DECISION_COUNT) != NULL) {
                counting++; /* in force for the round of counts alone */
            } else {
                kp_findings_broken(work->findings, "agreement.accepted",
                                   kp_verify_agreement_version_record(record, &work->versions[i]),
                                   "%s didn't accept it", agreement->members[j - 1].name);
            }
        }
    }
    kp_findings_close(work->findings, "agreement.accepted",
                      "by all members, of which %zu only for the round of counts; %zu later "
                      "versions are proposals only",
                      counting, proposals);
}

static void check_dated(struct kp_verify_work *work)
{
    for (size_t i = 0; i < work->decision_count; i++) {
        const struct kp_verify_decided *decided = &work->decisions[i];
        const struct kp_verify_version *version = &work->versions[decided->version];
        if (!decided->sound || is_objection(decided) || version->proposal) {
            continue;
        }
        /* The end of what came before; of a first version its own. */
        const struct kp_verify_version *before = kp_verify_agreement_before(work, version);
        uint64_t end = before != NULL ? before->agreement->end : version->agreement->end;
        if (decided->decision.time >= end) {
            char when[KP_AGREEMENT_TIME_TEXT];
            char text[KP_AGREEMENT_TIME_TEXT];
            kp_agreement_time_text(when, decided->decision.time);
            kp_agreement_time_text(text, end);
            kp_findings_broken(work->findings, "agreement.dated", decided->name,
                               "accepted at %s, after the end at %s", when, text);
        }
    }
    kp_findings_close(work->findings, "agreement.dated", "every acceptance came before the end");
}

static void break_by(struct kp_verify_work *work, const char *rule, const char *did,
                     const struct kp_verify_decided *decided)
{
    const struct kp_agreement *agreement = work->versions[decided->version].agreement;
    char when[KP_AGREEMENT_TIME_TEXT];
    kp_agreement_time_text(when, decided->decision.time);
    kp_findings_broken(work->findings, rule, decided->name, "%s %s version %" PRIu32 " at %s",
                       agreement->members[decided->decision.member - 1].name, did,
                       agreement->version, when);
}

/* To refuse what one accepted is to revoke it. A refusal of a proposal ends that proposal only; a
 * revocation ends all, but for one that has nothing than a proposal's own key behind it. */
static void check_objections(struct kp_verify_work *work)
{
    for (size_t i = 0; i < work->decision_count; i++) {
        const struct kp_verify_decided *decided = &work->decisions[i];
        if (!decided->sound || !is_objection(decided)) {
            continue;
        }
        const struct kp_verify_version *version = &work->versions[decided->version];
        const struct kp_verify_version *before = kp_verify_agreement_before(work, version);
        uint32_t member = decided->decision.member;
        bool accepted = find_decision(work, decided->version, member, KP_DECISION_ACCEPT) != NULL;
        if (decided->decision.kind == KP_DECISION_REFUSE && !accepted) {
            if (!version->proposal) {
                break_by(work, "agreement.refusal", "refused", decided);
            }
        } else if (!version->proposal || decided->decision.kind == KP_DECISION_REFUSE ||
                   (before != NULL && member <= before->agreement->member_count &&
                    signed_with(&decided->decision,
                                before->agreement->members[member - 1].officer_key))) {
            break_by(work, "agreement.revocation", "revoked", decided);
        }
    }
    kp_findings_close(work->findings, "agreement.refusal", "nobody refused");
    kp_findings_close(work->findings, "agreement.revocation", "nobody revoked");
}

/* ---- all of it ---- */

static void give(const struct kp_verify_work *work, struct kp_verified_agreement *verified)
{
    const struct kp_verify_version *last = kp_verify_agreement_last(work);
    *verified = (struct kp_verified_agreement){.any = last != NULL};
    if (last != NULL) {
        verified->test = last->agreement->test;
        verified->version = last->agreement->version;
        memcpy(verified->hash, last->hash, KP_DIGEST_BYTES);
        memcpy(verified->lineage, work->versions[0].hash, KP_DIGEST_BYTES);
    }
}

enum kp_status kp_verify_agreement(const struct kp_verify_agreement *input,
                                   struct kp_findings *findings,
                                   struct kp_verified_agreement *verified, struct kp_error *error)
{
    *verified = (struct kp_verified_agreement){.any = false};
    if (input->count > KP_VERIFY_PAPERS_MAX) {
        return kp_fail(error, KP_REFUSED, "there are %zu papers; %d is the most", input->count,
                       KP_VERIFY_PAPERS_MAX);
    }
    struct kp_verify_work work = {.input = input, .findings = findings};
    work.versions = calloc(input->count + 1, sizeof(work.versions[0]));
    work.decisions = calloc(input->count + 1, sizeof(work.decisions[0]));
    if (work.versions != NULL && work.decisions != NULL) {
        read_all(&work);
        check_decisions(&work);
        mark_proposals(&work);
        kp_verify_agreement_mode(&work);
        kp_verify_agreement_hash(&work);
        kp_verify_agreement_chain(&work);
        kp_verify_agreement_complete(&work);
        check_accepted(&work);
        check_dated(&work);
        check_objections(&work);
        kp_verify_agreement_term(&work);
        give(&work, verified);
    } else {
        work.failed = true;
    }
    for (size_t i = 0; i < work.version_count; i++) {
        kp_agreement_free(work.versions[i].agreement);
    }
    free(work.versions);
    free(work.decisions);
    return work.failed || findings->failed
               ? kp_fail(error, KP_FAILED, "no memory to verify an agreement")
               : KP_OK;
}
