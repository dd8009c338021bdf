#include "proto/dossier.h"

#include "proto/limits.h"

#include <stdlib.h>
#include <string.h>

/* What a paper borrows from. */
struct entry {
    struct kp_paper paper;
    struct kp_buffer bytes;
    struct kp_agreement *agreement; /* NULL when it is a decision */
    struct kp_decision decision;
};

struct kp_dossier {
    struct entry *entries[KP_DOSSIER_PAPERS_MAX];
    size_t count;
    size_t versions;
    const struct kp_agreement *current;
};

/* ---- papers ---- */

static void free_entry(struct entry *entry)
{
    if (entry != NULL) {
        kp_agreement_free(entry->agreement);
        kp_buffer_free(&entry->bytes);
        free(entry);
    }
}

void kp_dossier_free(struct kp_dossier *dossier)
{
    if (dossier == NULL) {
        return;
    }
    for (size_t i = 0; i < dossier->count; i++) {
        free_entry(dossier->entries[i]);
    }
    free(dossier);
}

static enum kp_status new_entry(struct entry **out, const uint8_t *bytes, size_t size,
                                struct kp_error *error)
{
    struct entry *entry = calloc(1, sizeof(*entry));
    *out = entry;
    if (entry == NULL || kp_buffer_set(&entry->bytes, bytes, size) != KP_OK) {
        free(entry);
        *out = NULL;
        return kp_fail(error, KP_FAILED, "no memory for a paper of the agreement");
    }
    entry->paper.bytes = entry->bytes.data;
    entry->paper.size = size;
    return KP_OK;
}

size_t kp_dossier_count(const struct kp_dossier *dossier)
{
    return dossier->count;
}

const struct kp_paper *kp_dossier_paper(const struct kp_dossier *dossier, size_t index)
{
    return index < dossier->count ? &dossier->entries[index]->paper : NULL;
}

const struct kp_paper *kp_dossier_find(const struct kp_dossier *dossier,
                                       const uint8_t digest[static KP_DIGEST_BYTES])
{
    for (size_t i = 0; i < dossier->count; i++) {
        if (memcmp(dossier->entries[i]->paper.digest, digest, KP_DIGEST_BYTES) == 0) {
            return &dossier->entries[i]->paper;
        }
    }
    return NULL;
}

static struct entry *find_decision(const struct kp_dossier *dossier,
                                   const struct kp_agreement *version, uint32_t member,
                                   enum kp_decision_kind kind)
{
    for (size_t i = 0; i < dossier->count; i++) {
        struct entry *entry = dossier->entries[i];
        if (entry->paper.decision != NULL && entry->paper.agreement == version &&
            entry->decision.member == member && entry->decision.kind == kind) {
            return entry;
        }
    }
    return NULL;
}

const struct kp_decision *kp_dossier_decision(const struct kp_dossier *dossier,
                                              const struct kp_agreement *version, uint32_t member,
                                              enum kp_decision_kind kind)
{
    const struct entry *entry = find_decision(dossier, version, member, kind);
    return entry != NULL ? &entry->decision : NULL;
}

const struct kp_agreement *kp_dossier_version(const struct kp_dossier *dossier,
                                              const uint8_t hash[static KP_DIGEST_BYTES])
{
    const struct kp_paper *paper = kp_dossier_find(dossier, hash);
    return paper != NULL && paper->decision == NULL ? paper->agreement : NULL;
}

const struct kp_agreement *kp_dossier_before(const struct kp_dossier *dossier,
                                             const struct kp_agreement *version)
{
    return version->version > 1 ? kp_dossier_version(dossier, version->previous) : NULL;
}

/* ---- adding ---- */

static enum kp_status add_version(struct kp_dossier *dossier, const uint8_t *bytes, size_t size,
                                  struct kp_agreement *agreement, struct kp_error *error)
{
    struct entry *entry = NULL;
    if (dossier->versions == KP_DOSSIER_VERSIONS_MAX) {
        return kp_fail(error, KP_REFUSED, "there are %u versions already; no more can be added",
                       KP_DOSSIER_VERSIONS_MAX);
    }
    enum kp_status status = new_entry(&entry, bytes, size, error);
    if (status != KP_OK) {
        return status;
    }
    entry->paper.agreement = agreement;
    memcpy(entry->paper.digest, agreement->hash, KP_DIGEST_BYTES);
    entry->agreement = agreement; /* owned from here on */
    dossier->entries[dossier->count++] = entry;
    dossier->versions++;
    return KP_OK;
}

enum kp_status kp_dossier_new(struct kp_dossier **out, const uint8_t *bytes, size_t size,
                              const uint8_t *pinned, struct kp_error *error)
{
    struct kp_agreement *first = NULL;
    struct kp_dossier *dossier = NULL;
    *out = NULL;
    enum kp_status status = kp_agreement_parse(&first, bytes, size, error);
    if (status == KP_OK && pinned != NULL) {
        status = kp_dossier_check_pinned(first, pinned, error);
    }
    if (status == KP_OK && first->version != 1) {
        status = kp_fail(error, KP_REFUSED,
                         "this is version %u; the configuration names version 1, and later ones "
                         "are added to it",
                         first->version);
    }
    if (status == KP_OK && (dossier = calloc(1, sizeof(*dossier))) == NULL) {
        status = kp_fail(error, KP_FAILED, "no memory for the papers of an agreement");
    }
    if (status == KP_OK) {
        status = add_version(dossier, bytes, size, first, error);
    }
    if (status != KP_OK) {
        kp_agreement_free(first);
        free(dossier);
        return status;
    }
    dossier->current = first;
    *out = dossier;
    return KP_OK;
}

/* *agreement: new, fits, and owned by the caller; NULL with KP_OK: it is there already. */
static enum kp_status read_version(const struct kp_dossier *dossier, const uint8_t *bytes,
                                   size_t size, struct kp_agreement **agreement,
                                   struct kp_error *error)
{
    struct kp_agreement *version = NULL;
    *agreement = NULL;
    enum kp_status status = kp_agreement_parse(&version, bytes, size, error);
    if (status != KP_OK) {
        return status;
    }
    if (kp_dossier_version(dossier, version->hash) != NULL) {
        kp_agreement_free(version);
        return KP_OK;
    }
    const struct kp_agreement *before = kp_dossier_before(dossier, version);
    if (before == NULL) {
        status = kp_fail(error, KP_REFUSED,
                         version->version == 1 ? "this is the first version of another agreement"
                                               : "version %u follows a version that isn't known "
                                                 "here; add that one first",
                         version->version);
    } else {
        status = kp_agreement_check_successor(version, before, error);
    }
    if (status != KP_OK) {
        kp_agreement_free(version);
        return status;
    }
    *agreement = version;
    return KP_OK;
}

static enum kp_status take_version(struct kp_dossier *dossier, const uint8_t *bytes, size_t size,
                                   bool *added, struct kp_error *error)
{
    struct kp_agreement *version = NULL;
    enum kp_status status = read_version(dossier, bytes, size, &version, error);
    if (status != KP_OK || version == NULL) {
        return status;
    }
    status = add_version(dossier, bytes, size, version, error);
    if (status != KP_OK) {
        kp_agreement_free(version);
    }
    *added = status == KP_OK;
    return status;
}

/* Of two of one kind the first stays, whatever it is dated: an officer that signs again and again
 * must not make every program write each time. Only an acceptance that came too late for its
 * version makes place for one in time, so that programs don't judge differently by what came to
 * them first. */
static bool replaces(const struct kp_dossier *dossier, const struct kp_agreement *version,
                     const struct kp_decision *old, const struct kp_decision *decision)
{
    const struct kp_paper *previous =
        version->version > 1 ? kp_dossier_find(dossier, version->previous) : NULL;
    return previous != NULL && previous->decision == NULL && decision->kind == KP_DECISION_ACCEPT &&
           old->time >= previous->agreement->end && decision->time < previous->agreement->end;
}

static enum kp_status put_decision(struct kp_dossier *dossier, const uint8_t *bytes, size_t size,
                                   const struct kp_agreement *version,
                                   const struct kp_decision *decision, bool *added,
                                   struct kp_error *error)
{
    struct entry *old = find_decision(dossier, version, decision->member, decision->kind);
    if (old != NULL && !replaces(dossier, version, &old->decision, decision)) {
        return KP_OK;
    }
    struct entry *entry = NULL;
    enum kp_status status = new_entry(&entry, bytes, size, error);
    if (status != KP_OK) {
        return status;
    }
    entry->decision = *decision;
    entry->paper.decision = &entry->decision;
    entry->paper.agreement = version;
    kp_decision_digest(entry->paper.digest, bytes, size);
    size_t at = 0;
    while (at < dossier->count && dossier->entries[at] != old) {
        at++;
    }
    dossier->count += at == dossier->count;
    dossier->entries[at] = entry;
    free_entry(old);
    *added = true;
    return KP_OK;
}

static enum kp_status take_decision(struct kp_dossier *dossier, const uint8_t *bytes, size_t size,
                                    bool *added, struct kp_error *error)
{
    struct kp_decision decision;
    enum kp_status status = kp_decision_unpack(&decision, bytes, size, error);
    if (status != KP_OK) {
        return status;
    }
    const struct kp_agreement *version = kp_dossier_version(dossier, decision.agreement);
    if (version == NULL) {
        return kp_fail(error, KP_REFUSED,
                       "the decision is about a version that isn't known here; add that one first");
    }
    status =
        kp_dossier_check_decision(version, kp_dossier_before(dossier, version), &decision, error);
    if (status != KP_OK) {
        return status;
    }
    return put_decision(dossier, bytes, size, version, &decision, added, error);
}

enum kp_status kp_dossier_add(struct kp_dossier *dossier, const uint8_t *bytes, size_t size,
                              bool *added, struct kp_error *error)
{
    *added = false;
    return kp_decision_is(bytes, size) ? take_decision(dossier, bytes, size, added, error)
                                       : take_version(dossier, bytes, size, added, error);
}

/* Whether one of the papers is a decision about this version by somebody who may bring it. */
static enum kp_status find_sponsor(const struct kp_dossier *dossier,
                                   const struct kp_agreement *version,
                                   const struct kp_paper_bytes *papers, size_t count,
                                   struct kp_error *error)
{
    enum kp_status status =
        kp_fail(error, KP_REFUSED, "version %u comes without a decision of an officer about it",
                version->version);
    for (size_t i = 0; status != KP_OK && i < count; i++) {
        struct kp_decision decision;
        if (kp_decision_is(papers[i].data, papers[i].size) &&
            kp_decision_unpack(&decision, papers[i].data, papers[i].size, NULL) == KP_OK &&
            memcmp(decision.agreement, version->hash, KP_DIGEST_BYTES) == 0) {
            status = kp_dossier_check_sponsor(dossier, version, &decision, error);
        }
    }
    return status;
}

static enum kp_status add_one(struct kp_dossier *dossier, const struct kp_paper_bytes *papers,
                              size_t count, size_t index, bool shared, bool *added,
                              struct kp_error *error)
{
    const struct kp_paper_bytes *paper = &papers[index];
    *added = false;
    if (shared && !kp_decision_is(paper->data, paper->size)) {
        struct kp_agreement *version = NULL;
        enum kp_status status = read_version(dossier, paper->data, paper->size, &version, error);
        if (status == KP_OK && version != NULL) {
            status = find_sponsor(dossier, version, papers, count, error);
        }
        kp_agreement_free(version);
        if (status != KP_OK) {
            return status;
        }
    }
    return kp_dossier_add(dossier, paper->data, paper->size, added, error);
}

/* Again and again, as long as that brings something new: a paper may need another one of them. */
static enum kp_status add_several(struct kp_dossier *dossier, const struct kp_paper_bytes *papers,
                                  size_t count, bool shared, size_t *added, struct kp_error *error)
{
    enum kp_status worst = KP_OK;
    size_t before = 0;
    *added = 0;
    do {
        before = *added;
        worst = KP_OK;
        for (size_t i = 0; i < count; i++) {
            bool is_new = false;
            enum kp_status status =
                add_one(dossier, papers, count, i, shared, &is_new, worst == KP_OK ? error : NULL);
            worst = worst == KP_OK ? status : worst;
            *added += is_new;
        }
    } while (worst != KP_OK && *added > before);
    return worst;
}

enum kp_status kp_dossier_add_all(struct kp_dossier *dossier, const struct kp_paper_bytes *papers,
                                  size_t count, size_t *added, struct kp_error *error)
{
    return add_several(dossier, papers, count, false, added, error);
}

enum kp_status kp_dossier_add_shared(struct kp_dossier *dossier,
                                     const struct kp_paper_bytes *papers, size_t count,
                                     size_t *added, struct kp_error *error)
{
    return add_several(dossier, papers, count, true, added, error);
}

/* ---- what counts ---- */

const struct kp_agreement *kp_dossier_current(const struct kp_dossier *dossier)
{
    return dossier->current;
}

enum kp_status kp_dossier_resume(struct kp_dossier *dossier,
                                 const uint8_t hash[static KP_DIGEST_BYTES], struct kp_error *error)
{
    const struct kp_agreement *version = kp_dossier_version(dossier, hash);
    if (version == NULL) {
        return kp_fail(error, KP_REFUSED,
                       "the version that was in force isn't among the papers any more; the "
                       "database is damaged, or belongs to another agreement");
    }
    dossier->current = version;
    return KP_OK;
}

typedef enum kp_status check_decided(const struct kp_dossier *dossier,
                                     const struct kp_agreement *version, struct kp_error *error);

/* Everything but the term; `decided` is what all members must have. */
static enum kp_status check_decisions(const struct kp_dossier *dossier,
                                      const struct kp_agreement *version, check_decided *decided,
                                      struct kp_error *error)
{
    enum kp_status status = kp_agreement_check_complete(version, error);
    if (status == KP_OK) {
        status = kp_dossier_check_not_refused(dossier, version, error);
    }
    if (status == KP_OK) {
        status = decided(dossier, version, error);
    }
    return status;
}

static enum kp_status check_agreed(const struct kp_dossier *dossier,
                                   const struct kp_agreement *version, struct kp_error *error)
{
    return check_decisions(dossier, version, kp_dossier_check_accepted, error);
}

static enum kp_status check_next(const struct kp_dossier *dossier, const struct kp_agreement *next,
                                 uint64_t now)
{
    const struct kp_agreement *current = dossier->current;
    enum kp_status status = kp_dossier_check_follows(dossier, next, NULL);
    if (status == KP_OK && (status = check_agreed(dossier, current, NULL)) == KP_OK &&
        (status = check_agreed(dossier, next, NULL)) == KP_OK &&
        (status = kp_dossier_check_not_revoked(dossier, NULL)) == KP_OK &&
        (status = kp_dossier_check_dates(dossier, next, current, NULL)) == KP_OK &&
        (status = kp_dossier_check_open(current, now, NULL)) == KP_OK) {
        status = kp_dossier_check_no_fork(dossier, next, NULL);
    }
    return status;
}

const struct kp_agreement *kp_dossier_next(const struct kp_dossier *dossier, uint64_t now)
{
    for (size_t i = 0; i < dossier->count; i++) {
        const struct kp_paper *paper = &dossier->entries[i]->paper;
        if (paper->decision == NULL && check_next(dossier, paper->agreement, now) == KP_OK) {
            return paper->agreement;
        }
    }
    return NULL;
}

bool kp_dossier_settle(struct kp_dossier *dossier, uint64_t now)
{
    bool moved = false;
    const struct kp_agreement *next = NULL;
    while ((next = kp_dossier_next(dossier, now)) != NULL) {
        dossier->current = next;
        moved = true;
    }
    return moved;
}

static enum kp_status check_in_force(const struct kp_dossier *dossier, uint64_t now,
                                     check_decided *decided, const struct kp_agreement **agreement,
                                     struct kp_error *error)
{
    const struct kp_agreement *current = dossier->current;
    *agreement = NULL;
    enum kp_status status = kp_dossier_check_not_revoked(dossier, error);
    if (status == KP_OK && (status = check_decisions(dossier, current, decided, error)) == KP_OK) {
        status = kp_agreement_check_term(current, now, error);
    }
    if (status == KP_OK) {
        *agreement = current;
    }
    return status;
}

enum kp_status kp_dossier_in_force(const struct kp_dossier *dossier, uint64_t now,
                                   const struct kp_agreement **agreement, struct kp_error *error)
{
    return check_in_force(dossier, now, kp_dossier_check_accepted, agreement, error);
}

enum kp_status kp_dossier_in_force_for_round(const struct kp_dossier *dossier, uint64_t now,
                                             uint64_t counter,
                                             const struct kp_agreement **agreement,
                                             struct kp_error *error)
{
    bool counts = kp_agreement_round_type(dossier->current, counter) == KP_ROUND_COUNT;
    return check_in_force(dossier, now,
                          counts ? kp_dossier_check_countable : kp_dossier_check_accepted,
                          agreement, error);
}
