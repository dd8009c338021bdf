#include "proto/verify_agreement_internal.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

const char *kp_verify_agreement_version_record(char out[static KP_VERIFY_RECORD_BYTES],
                                               const struct kp_verify_version *version)
{
    snprintf(out, KP_VERIFY_RECORD_BYTES, "version %" PRIu32 " (%.400s)",
             version->agreement->version, version->name);
    return out;
}

const struct kp_verify_version *kp_verify_agreement_before(const struct kp_verify_work *work,
                                                           const struct kp_verify_version *version)
{
    for (size_t i = 0; version->agreement->version > 1 && i < work->version_count; i++) {
        if (memcmp(work->versions[i].hash, version->agreement->previous, KP_DIGEST_BYTES) == 0) {
            return &work->versions[i];
        }
    }
    return NULL;
}

const struct kp_verify_version *kp_verify_agreement_last(const struct kp_verify_work *work)
{
    const struct kp_verify_version *last = NULL;
    for (size_t i = 0; i < work->version_count; i++) {
        last = work->versions[i].proposal ? last : &work->versions[i];
    }
    return last;
}

void kp_verify_agreement_mode(struct kp_verify_work *work)
{
    char record[KP_VERIFY_RECORD_BYTES];
    for (size_t i = 0; i < work->version_count; i++) {
        const struct kp_agreement *agreement = work->versions[i].agreement;
        for (uint32_t j = 0; j < agreement->member_count; j++) {
            bool test = strncmp(agreement->members[j].oin, KP_OIN_TEST_PREFIX,
                                strlen(KP_OIN_TEST_PREFIX)) == 0;
            if (test != work->versions[0].agreement->test) {
                kp_findings_broken(work->findings, "agreement.mode",
                                   kp_verify_agreement_version_record(record, &work->versions[i]),
                                   "member %s is of another mode than version %" PRIu32,
                                   agreement->members[j].name,
                                   work->versions[0].agreement->version);
            }
        }
    }
    kp_findings_close(work->findings, "agreement.mode", "%s",
                      work->version_count > 0 && work->versions[0].agreement->test
                          ? "test numbers only"
                          : "no test numbers");
}

void kp_verify_agreement_hash(struct kp_verify_work *work)
{
    char hex[2 * KP_DIGEST_BYTES + 1] = "there is no version 1";
    const uint8_t *told = work->input->hash;
    bool first = work->version_count > 0 && work->versions[0].agreement->version == 1;
    if (first) {
        sodium_bin2hex(hex, sizeof(hex), work->versions[0].hash, KP_DIGEST_BYTES);
    }
    if (told == NULL) {
        kp_findings_open(work->findings, "agreement.hash",
                         "compare with what you were told by another way: %s", hex);
        return;
    }
    if (!first || memcmp(told, work->versions[0].hash, KP_DIGEST_BYTES) != 0) {
        kp_findings_broken(work->findings, "agreement.hash",
                           first ? work->versions[0].name : "version 1",
                           "not the hash that was told: %s", hex);
    }
    kp_findings_close(work->findings, "agreement.hash", "version 1 has the hash that was told: %s",
                      hex);
}

static const char *changed_member(const struct kp_agreement *next,
                                  const struct kp_agreement *previous)
{
    if (next->member_count != previous->member_count) {
        return "the number of members";
    }
    for (uint32_t i = 0; i < next->member_count; i++) {
        const struct kp_member *one = &next->members[i];
        const struct kp_member *other = &previous->members[i];
        if (strcmp(one->oin, other->oin) != 0 || strcmp(one->name, other->name) != 0 ||
            one->role != other->role) {
            return "a member's organisation, name or role";
        }
        if (memcmp(one->identity_key, other->identity_key, 32) != 0 ||
            memcmp(one->box_key, other->box_key, 32) != 0) {
            return "a member's identity key or box key";
        }
    }
    return NULL;
}

/* What may not change in a lineage and did; NULL: nothing. */
static const char *changed(const struct kp_agreement *next, const struct kp_agreement *previous)
{
    const struct {
        const char *name;
        bool same;
    } fixed[] = {
        {"project", strcmp(next->project, previous->project) == 0},
        {"purpose", strcmp(next->purpose, previous->purpose) == 0},
        {"legal_basis", strcmp(next->legal_basis, previous->legal_basis) == 0},
        {"category", next->category == previous->category},
        {"key_scheme", next->key_scheme == previous->key_scheme &&
                           next->key_scheme_version == previous->key_scheme_version},
        {"the register", next->register_date == previous->register_date &&
                             memcmp(next->register_hash, previous->register_hash,
                                    sizeof(next->register_hash)) == 0},
        {"words_hash",
         memcmp(next->words_hash, previous->words_hash, sizeof(next->words_hash)) == 0},
        {"slots", next->slots == previous->slots},
        {"rotation", next->rotation == previous->rotation},
        {"start", next->start == previous->start},
        {"rounds (fewer)", next->rounds >= previous->rounds},
    };
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (!fixed[i].same) {
            return fixed[i].name;
        }
    }
    return changed_member(next, previous);
}

static void check_link(struct kp_verify_work *work, const struct kp_verify_version *next)
{
    char record[KP_VERIFY_RECORD_BYTES];
    const struct kp_verify_version *previous = kp_verify_agreement_before(work, next);
    kp_verify_agreement_version_record(record, next);
    if (previous == NULL) {
        kp_findings_broken(work->findings, "agreement.chain", record,
                           "the version that it names as the one before it isn't there");
        return;
    }
    if (next->agreement->version != previous->agreement->version + 1) {
        kp_findings_broken(work->findings, "agreement.chain", record, "follows version %" PRIu32,
                           previous->agreement->version);
    }
    if (memcmp(next->agreement->lineage, work->versions[0].hash, KP_DIGEST_BYTES) != 0) {
        kp_findings_broken(work->findings, "agreement.chain", record, "is of another lineage");
    }
    const char *field = changed(next->agreement, previous->agreement);
    if (field != NULL) {
        kp_findings_broken(work->findings, "agreement.chain", record,
                           "changes what is fixed in a lineage: %s", field);
    }
}

/* Of versions with one number only one can count. */
static void check_fork(struct kp_verify_work *work, size_t i)
{
    const struct kp_verify_version *one = &work->versions[i];
    for (size_t j = 0; j < i && !one->proposal; j++) {
        const struct kp_verify_version *other = &work->versions[j];
        if (!other->proposal && other->agreement->version == one->agreement->version) {
            char record[KP_VERIFY_RECORD_BYTES];
            kp_findings_broken(work->findings, "agreement.chain",
                               kp_verify_agreement_version_record(record, one),
                               "another version has this number: %s", other->name);
        }
    }
}

void kp_verify_agreement_chain(struct kp_verify_work *work)
{
    const struct kp_verify_version *last = kp_verify_agreement_last(work);
    if (last == NULL) {
        kp_findings_broken(work->findings, "agreement.chain", "", "there is no agreement");
        return;
    }
    if (work->versions[0].agreement->version != 1) {
        kp_findings_broken(work->findings, "agreement.chain", work->versions[0].name,
                           "version %" PRIu32 " is the first one given; version 1 isn't there",
                           work->versions[0].agreement->version);
    }
    for (size_t i = 0; i < work->version_count; i++) {
        if (work->versions[i].agreement->version > 1) {
            check_link(work, &work->versions[i]);
        }
        check_fork(work, i);
    }
    kp_findings_close(work->findings, "agreement.chain",
                      "versions 1 to %" PRIu32 ", each naming the one before it",
                      last->agreement->version);
}

static void missing(struct kp_verify_work *work, const char *record, const char *of,
                    const char *name, const char *field, const char *text)
{
    if (text[0] == '\0') {
        kp_findings_broken(work->findings, "agreement.complete", record, "%s%s%s is missing", of,
                           name, field);
    }
}

static void check_member_complete(struct kp_verify_work *work, const char *record,
                                  const struct kp_member *member)
{
    char of[KP_VERIFY_RECORD_BYTES];
    snprintf(of, sizeof(of), "member %s: ", member->name);
    missing(work, record, of, "", "title", member->title);
    missing(work, record, of, "", "dpia", member->dpia);
    missing(work, record, of, "", "dpo", member->dpo);
    missing(work, record, of, "", "officer", member->officer);
    for (size_t i = 0; i < member->indicator_count; i++) {
        const struct kp_indicator *indicator = &member->indicators[i];
        char name[KP_INDICATOR_MAX + 16];
        snprintf(name, sizeof(name), "indicator %s ", indicator->code);
        missing(work, record, of, name, "description", indicator->description);
        missing(work, record, of, name, "source", indicator->source);
        missing(work, record, of, name, "legal_ground", indicator->legal_ground);
    }
}

void kp_verify_agreement_complete(struct kp_verify_work *work)
{
    char record[KP_VERIFY_RECORD_BYTES];
    for (size_t i = 0; i < work->version_count; i++) {
        const struct kp_agreement *agreement = work->versions[i].agreement;
        if (work->versions[i].proposal) {
            continue;
        }
        kp_verify_agreement_version_record(record, &work->versions[i]);
        missing(work, record, "", "", "purpose", agreement->purpose);
        missing(work, record, "", "", "legal_basis", agreement->legal_basis);
        missing(work, record, "", "", "controllers", agreement->controllers);
        missing(work, record, "", "", "retention_days", agreement->retention_days > 0 ? "x" : "");
        for (uint32_t j = 0; j < agreement->member_count; j++) {
            check_member_complete(work, record, &agreement->members[j]);
        }
    }
    kp_findings_close(work->findings, "agreement.complete",
                      "nothing that the law needs is missing");
}

void kp_verify_agreement_term(struct kp_verify_work *work)
{
    char now[KP_AGREEMENT_TIME_TEXT];
    char edge[KP_AGREEMENT_TIME_TEXT];
    kp_agreement_time_text(now, work->input->now);
    const struct kp_verify_version *last = kp_verify_agreement_last(work);
    if (last != NULL) {
        bool early = work->input->now < last->agreement->start;
        kp_agreement_time_text(edge, early ? last->agreement->start : last->agreement->end);
        if (early || work->input->now >= last->agreement->end) {
            char record[KP_VERIFY_RECORD_BYTES];
            kp_findings_broken(
                work->findings, "agreement.term", kp_verify_agreement_version_record(record, last),
                "it is %s, and the term %s %s", now, early ? "begins" : "ended", edge);
        }
    }
    kp_findings_close(work->findings, "agreement.term", "%s is in the term", now);
}
