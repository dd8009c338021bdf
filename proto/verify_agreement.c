#include "proto/verify_agreement.h"

#include "proto/decision.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_BYTES 512

/* A version as it was read, with the hash computed here. */
struct version {
    const char *name;
    struct kp_agreement *agreement;
    uint8_t hash[KP_DIGEST_BYTES];
};

struct decided {
    const char *name;
    struct kp_decision decision;
    size_t version; /* index; only if `sound` */
    bool sound;
};

struct work {
    const struct kp_verify_agreement *input;
    struct kp_findings *findings;
    struct version *versions; /* rising by version */
    size_t version_count;
    struct decided *decisions;
    size_t decision_count;
    bool failed;
};

/* ---- hashes and signatures ---- */

/* docs/protocol.md, section 1: every field with its length in eight bytes. */
static void hash_field(crypto_hash_sha512_state *state, const void *bytes, size_t size)
{
    uint8_t length[8];
    for (size_t i = 0; i < 8; i++) {
        length[i] = (uint8_t)((uint64_t)size >> (56 - 8 * i));
    }
    crypto_hash_sha512_update(state, length, sizeof(length));
    crypto_hash_sha512_update(state, bytes, size);
}

static void hash_number(crypto_hash_sha512_state *state, uint64_t number)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    }
    hash_field(state, bytes, sizeof(bytes));
}

static void hash_start(crypto_hash_sha512_state *state, const char *label)
{
    crypto_hash_sha512_init(state);
    hash_field(state, label, strlen(label));
}

static void hash_end(crypto_hash_sha512_state *state, uint8_t digest[static KP_DIGEST_BYTES])
{
    uint8_t wide[crypto_hash_sha512_BYTES];
    crypto_hash_sha512_final(state, wide);
    memcpy(digest, wide, KP_DIGEST_BYTES);
}

static void agreement_hash(uint8_t digest[static KP_DIGEST_BYTES], const uint8_t *bytes,
                           size_t size)
{
    crypto_hash_sha512_state state;
    hash_start(&state, "Kruispunt-v1 agreement");
    hash_field(&state, bytes, size);
    hash_end(&state, digest);
}

static bool signed_with(const struct kp_decision *decision, const uint8_t key[static 32])
{
    static const char purpose[] = "agreement decision";
    uint8_t message[KP_DIGEST_BYTES];
    uint8_t digest[KP_DIGEST_BYTES];
    crypto_hash_sha512_state state;
    hash_start(&state, "Kruispunt-v1 agreement decision");
    hash_field(&state, decision->agreement, KP_DIGEST_BYTES);
    hash_number(&state, decision->member);
    hash_number(&state, (uint64_t)decision->kind);
    hash_number(&state, decision->time);
    hash_end(&state, message);
    hash_start(&state, "Kruispunt-v1 signature");
    hash_field(&state, purpose, strlen(purpose));
    hash_field(&state, message, sizeof(message));
    hash_end(&state, digest);
    return crypto_sign_ed25519_verify_detached(decision->signature, digest, sizeof(digest), key) ==
           0;
}

/* ---- reading ---- */

static const char *version_record(char out[static RECORD_BYTES], const struct version *version)
{
    snprintf(out, RECORD_BYTES, "version %" PRIu32 " (%.400s)", version->agreement->version,
             version->name);
    return out;
}

static void read_agreement(struct work *work, const struct kp_verify_paper *paper)
{
    struct kp_error why = {0};
    struct version *version = &work->versions[work->version_count];
    *version = (struct version){.name = paper->name};
    enum kp_status status =
        kp_agreement_parse(&version->agreement, paper->bytes, paper->size, &why);
    if (status == KP_FAILED) {
        work->failed = true;
    }
    if (status != KP_OK) {
        kp_findings_broken(work->findings, "agreement.canonical", paper->name, "%s", why.text);
        return;
    }
    agreement_hash(version->hash, paper->bytes, paper->size);
    for (size_t i = 0; i < work->version_count; i++) {
        if (memcmp(work->versions[i].hash, version->hash, KP_DIGEST_BYTES) == 0) {
            kp_agreement_free(version->agreement); /* the same paper once more */
            return;
        }
    }
    work->version_count++;
}

static void read_decision(struct work *work, const struct kp_verify_paper *paper)
{
    struct kp_error why = {0};
    struct decided *decided = &work->decisions[work->decision_count];
    *decided = (struct decided){.name = paper->name};
    if (kp_decision_unpack(&decided->decision, paper->bytes, paper->size, &why) == KP_OK) {
        work->decision_count++;
    } else {
        kp_findings_broken(work->findings, "agreement.canonical", paper->name, "%s", why.text);
    }
}

static int compare_versions(const void *one, const void *other)
{
    uint32_t left = ((const struct version *)one)->agreement->version;
    uint32_t right = ((const struct version *)other)->agreement->version;
    return left < right ? -1 : left > right ? 1 : 0;
}

static void read_all(struct work *work)
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

/* ---- versions ---- */

static void check_mode(struct work *work)
{
    char record[RECORD_BYTES];
    for (size_t i = 0; i < work->version_count; i++) {
        const struct kp_agreement *agreement = work->versions[i].agreement;
        for (uint32_t j = 0; j < agreement->member_count; j++) {
            bool test = strncmp(agreement->members[j].oin, KP_OIN_TEST_PREFIX,
                                strlen(KP_OIN_TEST_PREFIX)) == 0;
            if (test != work->versions[0].agreement->test) {
                kp_findings_broken(
                    work->findings, "agreement.mode", version_record(record, &work->versions[i]),
                    "member %s is of another mode than version %" PRIu32,
                    agreement->members[j].name, work->versions[0].agreement->version);
            }
        }
    }
    kp_findings_close(work->findings, "agreement.mode", "%s",
                      work->version_count > 0 && work->versions[0].agreement->test
                          ? "test numbers only"
                          : "no test numbers");
}

static void check_hash(struct work *work)
{
    char hex[2 * KP_DIGEST_BYTES + 1] = "there is no version 1";
    const uint8_t *told = work->input->hash;
    bool first = work->version_count > 0 && work->versions[0].agreement->version == 1;
    if (first) {
        sodium_bin2hex(hex, sizeof(hex), work->versions[0].hash, KP_DIGEST_BYTES);
    }
    if (told != NULL && (!first || memcmp(told, work->versions[0].hash, KP_DIGEST_BYTES) != 0)) {
        kp_findings_broken(work->findings, "agreement.hash",
                           first ? work->versions[0].name : "version 1",
                           "not the hash that was told: %s", hex);
    }
    kp_findings_close(work->findings, "agreement.hash",
                      told != NULL ? "version 1 has the hash that was told: %s"
                                   : "compare with what you were told by another way: %s",
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

static void check_link(struct work *work, size_t i)
{
    char record[RECORD_BYTES];
    const struct version *next = &work->versions[i];
    const struct version *previous = &work->versions[i - 1];
    version_record(record, next);
    if (next->agreement->version == previous->agreement->version) {
        kp_findings_broken(work->findings, "agreement.chain", record,
                           "another version with this number: %s", previous->name);
        return;
    }
    if (next->agreement->version != previous->agreement->version + 1) {
        kp_findings_broken(work->findings, "agreement.chain", record,
                           "the version before it isn't there");
        return;
    }
    if (memcmp(next->agreement->previous, previous->hash, KP_DIGEST_BYTES) != 0) {
        kp_findings_broken(work->findings, "agreement.chain", record,
                           "names another version before it than %s", previous->name);
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

static void check_chain(struct work *work)
{
    if (work->version_count == 0) {
        kp_findings_broken(work->findings, "agreement.chain", "", "there is no agreement");
        return;
    }
    if (work->versions[0].agreement->version != 1) {
        kp_findings_broken(work->findings, "agreement.chain", work->versions[0].name,
                           "version %" PRIu32 " is the first one given; version 1 isn't there",
                           work->versions[0].agreement->version);
    }
    for (size_t i = 1; i < work->version_count; i++) {
        check_link(work, i);
    }
    kp_findings_close(work->findings, "agreement.chain",
                      "versions 1 to %" PRIu32 ", each naming the one before it",
                      work->versions[work->version_count - 1].agreement->version);
}

static void missing(struct work *work, const char *record, const char *of, const char *name,
                    const char *field, const char *text)
{
    if (text[0] == '\0') {
        kp_findings_broken(work->findings, "agreement.complete", record, "%s%s%s is missing", of,
                           name, field);
    }
}

static void check_member_complete(struct work *work, const char *record,
                                  const struct kp_member *member)
{
    char of[RECORD_BYTES];
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

static void check_complete(struct work *work)
{
    char record[RECORD_BYTES];
    for (size_t i = 0; i < work->version_count; i++) {
        const struct kp_agreement *agreement = work->versions[i].agreement;
        version_record(record, &work->versions[i]);
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

/* ---- decisions ---- */

/* The key that counts: the officer's in the version before, so that no version brings in officers
 * of its own. A revocation may have the key of either. */
static bool signed_by_officer(const struct work *work, const struct decided *decided)
{
    const struct kp_agreement *agreement = work->versions[decided->version].agreement;
    const struct kp_agreement *before = NULL;
    for (size_t i = 0; i < work->version_count; i++) {
        if (agreement->version > 1 &&
            memcmp(work->versions[i].hash, agreement->previous, KP_DIGEST_BYTES) == 0) {
            before = work->versions[i].agreement;
        }
    }
    uint32_t member = decided->decision.member;
    bool by_before = before != NULL && member <= before->member_count &&
                     signed_with(&decided->decision, before->members[member - 1].officer_key);
    bool by_own = signed_with(&decided->decision, agreement->members[member - 1].officer_key);
    return decided->decision.kind == KP_DECISION_REVOKE ? by_before || by_own
           : before != NULL                             ? by_before
                                                        : by_own;
}

static void check_decision(struct work *work, struct decided *decided)
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
    decided->sound = signed_by_officer(work, decided);
    if (!decided->sound) {
        kp_findings_broken(work->findings, "agreement.decision", decided->name,
                           "the officer of %s didn't sign it, or it was changed",
                           agreement->members[member - 1].name);
    }
}

static void check_decisions(struct work *work)
{
    for (size_t i = 0; i < work->decision_count; i++) {
        check_decision(work, &work->decisions[i]);
    }
    kp_findings_close(work->findings, "agreement.decision",
                      "%zu decisions, each signed by the member's officer", work->decision_count);
}

/* The earliest sound decision of this kind; NULL: none. */
static const struct decided *find_decision(const struct work *work, size_t version, uint32_t member,
                                           enum kp_decision_kind kind)
{
    const struct decided *found = NULL;
    for (size_t i = 0; i < work->decision_count; i++) {
        const struct decided *decided = &work->decisions[i];
        if (decided->sound && decided->version == version && decided->decision.member == member &&
            decided->decision.kind == kind &&
            (found == NULL || decided->decision.time < found->decision.time)) {
            found = decided;
        }
    }
    return found;
}

static void check_accepted(struct work *work)
{
    char record[RECORD_BYTES];
    for (size_t i = 0; i < work->version_count; i++) {
        const struct kp_agreement *agreement = work->versions[i].agreement;
        for (uint32_t j = 1; j <= agreement->member_count; j++) {
            if (find_decision(work, i, j, KP_DECISION_ACCEPT) == NULL) {
                kp_findings_broken(work->findings, "agreement.accepted",
                                   version_record(record, &work->versions[i]),
                                   "%s didn't accept it", agreement->members[j - 1].name);
            }
        }
    }
    kp_findings_close(work->findings, "agreement.accepted", "accepted by all members");
}

/* The end of what came before: of a first version its own. */
static uint64_t accept_before(const struct work *work, size_t version)
{
    const struct kp_agreement *agreement = work->versions[version].agreement;
    for (size_t i = 0; i < work->version_count; i++) {
        if (agreement->version > 1 &&
            memcmp(work->versions[i].hash, agreement->previous, KP_DIGEST_BYTES) == 0) {
            return work->versions[i].agreement->end;
        }
    }
    return agreement->end;
}

static void check_dated(struct work *work)
{
    for (size_t i = 0; i < work->decision_count; i++) {
        const struct decided *decided = &work->decisions[i];
        if (!decided->sound || decided->decision.kind != KP_DECISION_ACCEPT) {
            continue;
        }
        uint64_t end = accept_before(work, decided->version);
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

static void check_none(struct work *work, const char *rule, enum kp_decision_kind kind,
                       const char *did, const char *none)
{
    for (size_t i = 0; i < work->decision_count; i++) {
        const struct decided *decided = &work->decisions[i];
        if (decided->sound && decided->decision.kind == kind) {
            const struct kp_agreement *agreement = work->versions[decided->version].agreement;
            char when[KP_AGREEMENT_TIME_TEXT];
            kp_agreement_time_text(when, decided->decision.time);
            kp_findings_broken(work->findings, rule, decided->name,
                               "%s %s version %" PRIu32 " at %s",
                               agreement->members[decided->decision.member - 1].name, did,
                               agreement->version, when);
        }
    }
    kp_findings_close(work->findings, rule, "%s", none);
}

static void check_term(struct work *work)
{
    char now[KP_AGREEMENT_TIME_TEXT];
    char edge[KP_AGREEMENT_TIME_TEXT];
    kp_agreement_time_text(now, work->input->now);
    if (work->version_count > 0) {
        const struct version *last = &work->versions[work->version_count - 1];
        bool early = work->input->now < last->agreement->start;
        kp_agreement_time_text(edge, early ? last->agreement->start : last->agreement->end);
        if (early || work->input->now >= last->agreement->end) {
            char record[RECORD_BYTES];
            kp_findings_broken(work->findings, "agreement.term", version_record(record, last),
                               "it is %s, and the term %s %s", now, early ? "begins" : "ended",
                               edge);
        }
    }
    kp_findings_close(work->findings, "agreement.term", "%s is in the term", now);
}

/* ---- all of it ---- */

static void give(const struct work *work, struct kp_verified_agreement *verified)
{
    *verified = (struct kp_verified_agreement){.any = work->version_count > 0};
    if (verified->any) {
        const struct version *last = &work->versions[work->version_count - 1];
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
    struct work work = {.input = input, .findings = findings};
    work.versions = calloc(input->count + 1, sizeof(work.versions[0]));
    work.decisions = calloc(input->count + 1, sizeof(work.decisions[0]));
    if (work.versions != NULL && work.decisions != NULL) {
        read_all(&work);
        check_mode(&work);
        check_hash(&work);
        check_chain(&work);
        check_complete(&work);
        check_decisions(&work);
        check_accepted(&work);
        check_dated(&work);
        check_none(&work, "agreement.refusal", KP_DECISION_REFUSE, "refused", "nobody refused");
        check_none(&work, "agreement.revocation", KP_DECISION_REVOKE, "revoked", "nobody revoked");
        check_term(&work);
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
