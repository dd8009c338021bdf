#include "proto/papers.h"

#include "proto/file.h"
#include "proto/loop.h"

#include <stdlib.h>
#include <string.h>

/* A record's key is the lineage, a letter, and the digest of a paper. */
enum record_kind {
    RECORD_CURRENT = 'c', /* hash of the version that counts */
    RECORD_PAPER = 'p',
};
#define KEY_BYTES (KP_DIGEST_BYTES + 1)
#define PAPER_KEY_BYTES (KEY_BYTES + KP_DIGEST_BYTES)

/* Why nothing may be processed, in the log; docs/protocol.md says the same. */
enum stop_reason {
    STOP_NONE = 0,
    STOP_REVOKED = 1,
    STOP_REFUSED = 2,
    STOP_NOT_ACCEPTED = 3,
    STOP_TERM = 4,
    STOP_OTHER = 5,
};

struct allowed {
    const struct kp_agreement *agreement; /* NULL: nothing may be processed */
    bool counting;                        /* only the round of counts */
};

struct kp_papers {
    struct kp_papers_settings settings;
    struct kp_dossier *dossier;
    bool unsaved;
    struct allowed logged; /* what the log says to be in force */
};

const struct kp_dossier *kp_papers_dossier(const struct kp_papers *papers)
{
    return papers->dossier;
}

static const uint8_t *lineage_of(const struct kp_papers *papers)
{
    return kp_dossier_current(papers->dossier)->lineage;
}

static void make_key(uint8_t key[static KEY_BYTES], const struct kp_papers *papers,
                     enum record_kind kind)
{
    memcpy(key, lineage_of(papers), KP_DIGEST_BYTES);
    key[KP_DIGEST_BYTES] = (uint8_t)kind;
}

/* ---- Reading ---- */

/* Called for each paper in the database; it may be deleted meanwhile. */
typedef enum kp_status each_record(void *context, const uint8_t key[static PAPER_KEY_BYTES],
                                   const uint8_t *value, size_t value_size, struct kp_error *error);

static enum kp_status walk_records(const struct kp_papers *papers, struct kp_txn *txn,
                                   each_record *each, void *context, struct kp_error *error)
{
    uint8_t start[KEY_BYTES];
    struct kp_cursor *cursor = NULL;
    bool end = false;
    make_key(start, papers, RECORD_PAPER);
    enum kp_status status =
        kp_cursor_open(txn, papers->settings.table, start, sizeof(start), &cursor, error);
    while (status == KP_OK && !end) {
        const uint8_t *key = NULL, *value = NULL;
        size_t key_size = 0, value_size = 0;
        status = kp_cursor_next(cursor, &key, &key_size, &value, &value_size, &end, error);
        end = end || (status == KP_OK &&
                      (key_size != PAPER_KEY_BYTES || memcmp(key, start, sizeof(start)) != 0));
        if (status == KP_OK && !end) {
            status = each(context, key, value, value_size, error);
        }
    }
    kp_cursor_close(cursor);
    return status;
}

static enum kp_status keep_in_batch(void *context, const uint8_t key[static PAPER_KEY_BYTES],
                                    const uint8_t *value, size_t value_size, struct kp_error *error)
{
    (void)key;
    return kp_batch_add(context, value, value_size) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for papers");
}

static enum kp_status resume(struct kp_papers *papers, struct kp_txn *txn, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    struct kp_buffer hash = {0};
    bool found = false;
    make_key(key, papers, RECORD_CURRENT);
    enum kp_status status =
        kp_store_get(txn, papers->settings.table, key, sizeof(key), &hash, &found, error);
    if (status == KP_OK && found) {
        status = hash.size == KP_DIGEST_BYTES
                     ? kp_dossier_resume(papers->dossier, hash.data, error)
                     : kp_fail(error, KP_REFUSED, "the papers in the database are damaged");
    }
    kp_buffer_free(&hash);
    return status;
}

static enum kp_status load(struct kp_papers *papers, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    struct kp_batch batch = {0};
    size_t added = 0;
    enum kp_status status = kp_store_begin(papers->settings.store, false, &txn, error);
    if (status == KP_OK) {
        status = walk_records(papers, txn, keep_in_batch, &batch, error);
    }
    if (status == KP_OK &&
        (status = kp_papers_add(papers->dossier, &batch, false, &added, error)) != KP_OK) {
        (void)kp_fail_in(error, "a paper in the database");
    }
    if (status == KP_OK) {
        status = resume(papers, txn, error);
    }
    kp_store_abort(txn);
    kp_batch_free(&batch);
    return status;
}

static enum kp_status read_first(struct kp_papers *papers, struct kp_error *error)
{
    const struct kp_papers_settings *settings = &papers->settings;
    struct kp_buffer bytes = {0};
    enum kp_status status =
        kp_file_read(settings->agreement, KP_AGREEMENT_BYTES_MAX, &bytes, error);
    if (status == KP_OK) {
        status = kp_dossier_new(&papers->dossier, bytes.data, bytes.size, settings->pinned, error);
        if (status == KP_OK) {
            status = kp_agreement_check_mode(kp_dossier_current(papers->dossier),
                                             settings->test_mode, error);
        }
        if (status != KP_OK) {
            (void)kp_fail_in(error, "%s", settings->agreement);
        }
    }
    kp_buffer_free(&bytes);
    return status;
}

enum kp_status kp_papers_open(struct kp_papers **out, const struct kp_papers_settings *settings,
                              struct kp_error *error)
{
    struct kp_papers *papers = calloc(1, sizeof(*papers));
    *out = NULL;
    if (papers == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for papers");
    }
    papers->settings = *settings;
    enum kp_status status = read_first(papers, error);
    if (status == KP_OK) {
        status = load(papers, error);
    }
    if (status != KP_OK) {
        kp_papers_close(papers);
        return status;
    }
    *out = papers;
    return KP_OK;
}

void kp_papers_close(struct kp_papers *papers)
{
    if (papers != NULL) {
        kp_dossier_free(papers->dossier);
        free(papers);
    }
}

/* ---- Judging ---- */

static enum kp_status check_saved(const struct kp_papers *papers, struct kp_error *error)
{
    return papers->unsaved
               ? kp_fail(error, KP_FAILED, "papers of the agreement could not be written to disk")
               : KP_OK;
}

enum kp_status kp_papers_in_force(const struct kp_papers *papers,
                                  const struct kp_agreement **agreement, struct kp_error *error)
{
    *agreement = NULL;
    enum kp_status status = check_saved(papers, error);
    return status == KP_OK
               ? kp_dossier_in_force(papers->dossier, kp_clock_now() / 1000, agreement, error)
               : status;
}

enum kp_status kp_papers_in_force_for_round(const struct kp_papers *papers, uint64_t counter,
                                            const struct kp_agreement **agreement,
                                            struct kp_error *error)
{
    *agreement = NULL;
    enum kp_status status = check_saved(papers, error);
    return status == KP_OK ? kp_dossier_in_force_for_round(papers->dossier, kp_clock_now() / 1000,
                                                           counter, agreement, error)
                           : status;
}

/* What the log says may be processed: all of it, only the round of counts, or nothing. */
static struct allowed what_is_allowed(const struct kp_papers *papers)
{
    struct allowed allowed = {.agreement = NULL};
    uint64_t now = kp_clock_now() / 1000;
    if (kp_dossier_in_force(papers->dossier, now, &allowed.agreement, NULL) != KP_OK) {
        allowed.counting = kp_dossier_in_force_for_round(papers->dossier, now, 1,
                                                         &allowed.agreement, NULL) == KP_OK;
    }
    return allowed;
}

static bool same_allowed(const struct allowed *one, const struct allowed *other)
{
    return one->agreement == other->agreement && one->counting == other->counting;
}

static enum stop_reason why_stopped(const struct kp_papers *papers)
{
    const struct kp_dossier *dossier = papers->dossier;
    const struct kp_agreement *current = kp_dossier_current(dossier);
    if (kp_dossier_check_not_revoked(dossier, NULL) != KP_OK) {
        return STOP_REVOKED;
    }
    if (kp_dossier_check_not_refused(dossier, current, NULL) != KP_OK) {
        return STOP_REFUSED;
    }
    if (kp_dossier_check_accepted(dossier, current, NULL) != KP_OK) {
        return STOP_NOT_ACCEPTED;
    }
    return kp_agreement_check_term(current, kp_clock_now() / 1000, NULL) != KP_OK ? STOP_TERM
                                                                                  : STOP_OTHER;
}

/* ---- Writing ---- */

static enum kp_status note(const struct kp_papers *papers, struct kp_txn *txn,
                           const struct kp_audit_note *event, struct kp_error *error)
{
    return papers->settings.signer == NULL
               ? KP_OK
               : kp_audit_append(txn, papers->settings.signer, event, error);
}

static enum kp_status note_paper(const struct kp_papers *papers, struct kp_txn *txn,
                                 const struct kp_paper *paper, struct kp_error *error)
{
    const struct kp_audit_note added = {.event = KP_AUDIT_PAPER_ADDED,
                                        .count = paper->decision == NULL ? 1 : 2,
                                        .digest = paper->digest};
    enum kp_status status = note(papers, txn, &added, error);
    if (status == KP_OK && paper->decision != NULL) {
        const struct kp_audit_note seen = {.event = KP_AUDIT_DECISION_SEEN,
                                           .member = paper->decision->member,
                                           .reason = (uint32_t)paper->decision->kind,
                                           .digest = paper->decision->agreement};
        status = note(papers, txn, &seen, error);
    }
    return status;
}

/* Whether this began or ended what may be processed. */
static enum kp_status note_change(const struct kp_papers *papers, struct kp_txn *txn,
                                  const struct allowed *allowed, struct kp_error *error)
{
    const struct kp_agreement *in_force = allowed->agreement;
    if (same_allowed(allowed, &papers->logged)) {
        return KP_OK;
    }
    const struct kp_audit_note begun = {.event = KP_AUDIT_IN_FORCE,
                                        .digest = in_force != NULL ? in_force->hash : NULL,
                                        .count = in_force != NULL ? in_force->version : 0,
                                        .reason = allowed->counting ? KP_DECISION_COUNT : 0};
    const struct kp_audit_note stopped = {.event = KP_AUDIT_PROCESSING_STOPPED,
                                          .digest = kp_dossier_current(papers->dossier)->hash,
                                          .reason = (uint32_t)why_stopped(papers)};
    return note(papers, txn, in_force != NULL ? &begun : &stopped, error);
}

struct sweeping {
    const struct kp_papers *papers;
    struct kp_txn *txn;
};

static enum kp_status sweep_one(void *context, const uint8_t key[static PAPER_KEY_BYTES],
                                const uint8_t *value, size_t value_size, struct kp_error *error)
{
    const struct sweeping *sweeping = context;
    uint8_t old[PAPER_KEY_BYTES];
    (void)value;
    (void)value_size;
    if (kp_dossier_find(sweeping->papers->dossier, key + KEY_BYTES) != NULL) {
        return KP_OK;
    }
    memcpy(old, key, sizeof(old));
    return kp_store_delete(sweeping->txn, sweeping->papers->settings.table, old, sizeof(old),
                           error);
}

/* Takes away decisions that gave way to another one. */
static enum kp_status sweep(const struct kp_papers *papers, struct kp_txn *txn,
                            struct kp_error *error)
{
    struct sweeping sweeping = {papers, txn};
    return walk_records(papers, txn, sweep_one, &sweeping, error);
}

/* Those papers that aren't on disk. */
static enum kp_status write_papers(const struct kp_papers *papers, struct kp_txn *txn,
                                   struct kp_error *error)
{
    uint8_t key[PAPER_KEY_BYTES];
    enum kp_status status = KP_OK;
    make_key(key, papers, RECORD_PAPER);
    for (size_t i = 0; status == KP_OK && i < kp_dossier_count(papers->dossier); i++) {
        const struct kp_paper *paper = kp_dossier_paper(papers->dossier, i);
        struct kp_buffer there = {0};
        bool found = false;
        memcpy(key + KEY_BYTES, paper->digest, KP_DIGEST_BYTES);
        status = kp_store_get(txn, papers->settings.table, key, sizeof(key), &there, &found, error);
        kp_buffer_free(&there);
        if (status != KP_OK || found) {
            continue;
        }
        status = kp_store_put(txn, papers->settings.table, key, sizeof(key), paper->bytes,
                              paper->size, error);
        if (status == KP_OK) {
            status = note_paper(papers, txn, paper, error);
        }
    }
    return status;
}

static enum kp_status write_current(const struct kp_papers *papers, struct kp_txn *txn,
                                    struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    make_key(key, papers, RECORD_CURRENT);
    return kp_store_put(txn, papers->settings.table, key, sizeof(key),
                        kp_dossier_current(papers->dossier)->hash, KP_DIGEST_BYTES, error);
}

static enum kp_status save(struct kp_papers *papers, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    const struct allowed allowed = what_is_allowed(papers);
    papers->unsaved = true;
    enum kp_status status = kp_store_begin(papers->settings.store, true, &txn, error);
    if (status == KP_OK) {
        status = sweep(papers, txn, error);
    }
    if (status == KP_OK) {
        status = write_papers(papers, txn, error);
    }
    if (status == KP_OK) {
        status = write_current(papers, txn, error);
    }
    if (status == KP_OK) {
        status = note_change(papers, txn, &allowed, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    if (status == KP_OK) {
        papers->unsaved = false;
        papers->logged = allowed;
    }
    return status;
}

enum kp_status kp_papers_take(struct kp_papers *papers, const struct kp_batch *batch, bool shared,
                              size_t *added, struct kp_error *error)
{
    enum kp_status status = kp_papers_add(papers->dossier, batch, shared, added, error);
    bool moved = kp_dossier_settle(papers->dossier, kp_clock_now() / 1000);
    if (*added > 0 || moved || papers->unsaved) {
        struct kp_error own = {0};
        enum kp_status saved = save(papers, &own);
        if (saved != KP_OK) {
            return kp_fail(error, saved, "%s", own.text);
        }
    }
    return status;
}

void kp_papers_tick(struct kp_papers *papers)
{
    const struct allowed allowed = what_is_allowed(papers);
    struct kp_error error = {0};
    if (papers->unsaved || !same_allowed(&allowed, &papers->logged)) {
        (void)!save(papers, &error); /* as long as it fails nothing is in force */
    }
}
