#include "coordinator/leader_cases.h"

#include "crypto/secret.h"
#include "proto/loop.h"
#include "proto/verify_evidence.h"

#include <sodium.h>
#include <string.h>

#define DAY 86400u

static enum kp_status commit_or_abort(struct kp_txn *txn, enum kp_status status,
                                      struct kp_error *error)
{
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

/* An entry of the log, in the transaction of what it tells of. */
static enum kp_status log_in(struct kp_leader *leader, struct kp_txn *txn,
                             const struct kp_audit_note *note, struct kp_error *error)
{
    struct kp_buffer entry = {0};
    enum kp_status status = kp_leader_audit_in(leader, txn, note, &entry, error);
    kp_buffer_free(&entry);
    return status;
}

/* ---- Opening ---- */

static void ask(struct kp_leader_case *kept, uint32_t member, enum kp_case_question question)
{
    kept->asked[kept->asked_count++] =
        (struct kp_case_asked){.member = member, .question = question};
}

/* Who is asked: those that hold the address, and those that are asked on request. */
static void ask_all(struct kp_leader_case *kept, const struct kp_evidence_says *says)
{
    for (uint32_t i = 0; i < says->member_count; i++) {
        ask(kept, says->members[i].member, KP_CASE_STILL_CURRENT);
    }
    for (uint32_t i = 0; i < says->agreement->member_count; i++) {
        if (says->agreement->members[i].role == KP_ROLE_ON_REQUEST) {
            ask(kept, i + 1, KP_CASE_INTEREST);
        }
    }
}

/* Judges the evidence as the members will. */
static enum kp_status read_evidence(struct kp_leader *leader, const struct kp_buffer *file,
                                    struct kp_leader_case *kept, struct kp_error *error)
{
    struct kp_verify_versions versions = {0};
    struct kp_evidence_says says = {0};
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < kp_dossier_count(leader->dossier); i++) {
        const struct kp_paper *paper = kp_dossier_paper(leader->dossier, i);
        status = kp_verify_versions_add(&versions, paper->bytes, paper->size, error);
    }
    if (status == KP_OK) {
        status = kp_verify_evidence_bytes(file->data, file->size, &versions, &says, error);
    }
    if (status == KP_OK) {
        kept->threshold = says.agreement->threshold;
        memcpy(kept->address, says.address_key, sizeof(kept->address));
        ask_all(kept, &says);
    }
    kp_wipe(&says, sizeof(says));
    kp_verify_versions_free(&versions);
    return status;
}

static enum kp_status write_to(struct kp_leader *leader, struct kp_txn *txn,
                               const struct kp_leader_case *kept, const struct kp_case_asked *asked,
                               const struct kp_buffer *file, struct kp_error *error)
{
    struct kp_case letter = {
        .question = asked->question, .answer_by = kept->answer_by, .evidence = *file};
    struct kp_buffer plain = {0};
    memcpy(letter.id, kept->id, sizeof(letter.id));
    enum kp_status status = kp_case_pack(&letter, &plain, error);
    if (status == KP_OK && plain.size > KP_LETTER_PLAIN_MAX) {
        status =
            kp_fail(error, KP_REFUSED, "the evidence has %zu bytes; at most %u go into a letter",
                    plain.size, KP_LETTER_PLAIN_MAX);
    }
    if (status == KP_OK) {
        const struct kp_letter_draft draft = {.type = KP_LETTER_CASE,
                                              .to = asked->member,
                                              .subject = kept->id,
                                              .parts = 1,
                                              .plain = plain.data,
                                              .size = plain.size};
        status = kp_leader_letters_keep(leader, txn, &draft, error);
    }
    kp_buffer_free(&plain);
    return status;
}

static enum kp_status check_room(struct kp_txn *txn, struct kp_error *error)
{
    uint64_t count = 0;
    enum kp_status status = kp_store_count(txn, KP_LEADER_CASES, &count, error);
    return status == KP_OK && count >= KP_CASES_MAX
               ? kp_fail(error, KP_REFUSED, "the case table has %u cases, and takes no more",
                         KP_CASES_MAX)
               : status;
}

/* The case, and a letter to everybody who is asked. */
static enum kp_status write_case(struct kp_leader *leader, const struct kp_leader_case *kept,
                                 const struct kp_buffer *file, struct kp_error *error)
{
    const struct kp_audit_note note = {.event = KP_AUDIT_CASE_OPENED,
                                       .counter = kept->round,
                                       .attempt = kept->id,
                                       .count = kept->asked_count};
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(leader->store, true, &txn, error);
    if (status != KP_OK) {
        return status;
    }
    status = check_room(txn, error);
    if (status == KP_OK) {
        status = log_in(leader, txn, &note, error);
    }
    for (uint32_t i = 0; status == KP_OK && i < kept->asked_count; i++) {
        status = write_to(leader, txn, kept, &kept->asked[i], file, error);
    }
    if (status == KP_OK) {
        status = kp_leader_case_put(txn, kept, error);
    }
    return commit_or_abort(txn, status, error);
}

enum kp_status kp_leader_case_open(struct kp_leader *leader, uint32_t round, uint32_t number,
                                   uint32_t days, const struct kp_buffer *file,
                                   uint8_t id[static KP_CASE_ID_BYTES], struct kp_error *error)
{
    struct kp_leader_case *kept = kp_bulk_new(sizeof(*kept));
    if (kept == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a case");
    }
    uint64_t now = kp_clock_now() / 1000;
    *kept = (struct kp_leader_case){
        .round = round, .number = number, .opened = now, .answer_by = now + (uint64_t)days * DAY};
    randombytes_buf(kept->id, sizeof(kept->id));
    enum kp_status status = kp_leader_check_in_force(leader, error);
    if (status == KP_OK) {
        status = kp_leader_store(leader, error);
    }
    if (status == KP_OK && leader->party != KP_PARTY_LEADER) {
        status = kp_fail(error, KP_REFUSED, "only the project leader opens cases");
    }
    if (status == KP_OK) {
        status = read_evidence(leader, file, kept, error);
    }
    if (status == KP_OK) {
        status = write_case(leader, kept, file, error);
    }
    if (status == KP_OK) {
        memcpy(id, kept->id, KP_CASE_ID_BYTES);
        status = kp_leader_letters_send(leader, error);
    }
    kp_bulk_free(kept);
    return status;
}

/* ---- Closing ---- */

static enum kp_status write_closed(struct kp_leader *leader, struct kp_txn *txn,
                                   const struct kp_leader_case *kept, struct kp_error *error)
{
    struct kp_case_closed closed = {.time = kept->ended};
    struct kp_buffer plain = {0};
    memcpy(closed.id, kept->id, sizeof(closed.id));
    enum kp_status status = kp_case_closed_pack(&closed, &plain, error);
    for (uint32_t i = 0; status == KP_OK && i < kept->asked_count; i++) {
        const struct kp_letter_draft draft = {.type = KP_LETTER_CASE_CLOSED,
                                              .to = kept->asked[i].member,
                                              .subject = kept->id,
                                              .parts = 1,
                                              .plain = plain.data,
                                              .size = plain.size};
        status = kp_leader_letters_keep(leader, txn, &draft, error);
    }
    kp_buffer_free(&plain);
    return status;
}

/* Takes the case as it is now, and tells everybody who was asked. */
static enum kp_status end_case(struct kp_leader *leader, struct kp_leader_case *kept,
                               enum kp_case_end end, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    const struct kp_audit_note note = {.event = KP_AUDIT_CASE_ENDED,
                                       .counter = kept->round,
                                       .attempt = kept->id,
                                       .reason = (uint32_t)end};
    kept->end = end;
    kept->ended = kp_clock_now() / 1000;
    enum kp_status status = kp_store_begin(leader->store, true, &txn, error);
    if (status != KP_OK) {
        return status;
    }
    status = log_in(leader, txn, &note, error);
    if (status == KP_OK) {
        status = kp_leader_case_put(txn, kept, error);
    }
    if (status == KP_OK) {
        status = write_closed(leader, txn, kept, error);
    }
    return commit_or_abort(txn, status, error);
}

static enum kp_status get_case(struct kp_leader *leader, const uint8_t id[static KP_CASE_ID_BYTES],
                               struct kp_leader_case *kept, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(leader->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_leader_case_get(txn, id, kept, error);
    }
    kp_store_abort(txn);
    return status;
}

enum kp_status kp_leader_case_close(struct kp_leader *leader,
                                    const uint8_t id[static KP_CASE_ID_BYTES],
                                    struct kp_error *error)
{
    struct kp_leader_case *kept = kp_bulk_new(sizeof(*kept));
    if (kept == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a case");
    }
    enum kp_status status = kp_leader_store(leader, error);
    if (status == KP_OK) {
        status = get_case(leader, id, kept, error);
    }
    if (status == KP_OK && kept->end != KP_CASE_OPEN) {
        status = kp_fail(error, KP_REFUSED, "this case is closed already");
    }
    if (status == KP_OK) {
        status = end_case(leader, kept, KP_CASE_CLOSED_BY_LEADER, error);
    }
    if (status == KP_OK) {
        status = kp_leader_letters_send(leader, error);
    }
    kp_bulk_free(kept);
    return status;
}

/* ---- Answers ---- */

struct taking {
    struct kp_leader *leader;
    uint32_t odd;
};

/* It is on disk, and in the log, before anything follows from it. */
static enum kp_status keep_answer(struct kp_leader *leader, const struct kp_leader_case *kept,
                                  uint32_t member, const struct kp_case_answer *answer,
                                  struct kp_error *error)
{
    const struct kp_audit_note note = {.event = KP_AUDIT_ANSWER_TAKEN,
                                       .counter = kept->round,
                                       .attempt = kept->id,
                                       .member = member,
                                       .count = answer->revision,
                                       .reason = (uint32_t)answer->answer};
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(leader->store, true, &txn, error);
    if (status != KP_OK) {
        return status;
    }
    status = log_in(leader, txn, &note, error);
    if (status == KP_OK) {
        status = kp_leader_case_put(txn, kept, error);
    }
    return commit_or_abort(txn, status, error);
}

static enum kp_status read_answer(const struct kp_opened_letter *letter,
                                  struct kp_case_answer *answer, struct kp_error *error)
{
    uint8_t subject[KP_LETTER_SUBJECT_BYTES];
    enum kp_status status =
        kp_case_answer_unpack(answer, letter->plain.data, letter->plain.size, error);
    if (status == KP_OK) {
        kp_case_answer_subject(subject, answer->id, answer->revision);
        status = memcmp(subject, letter->subject, sizeof(subject)) == 0
                     ? KP_OK
                     : kp_fail(error, KP_REFUSED, "an answer to another case than it says");
    }
    return status;
}

static enum kp_status take_answer(void *context, const struct kp_opened_letter *letter,
                                  struct kp_error *error)
{
    struct taking *taking = context;
    struct kp_case_answer answer = {0};
    bool taken = false;
    struct kp_leader_case *kept = kp_bulk_new(sizeof(*kept));
    if (kept == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a case");
    }
    enum kp_status status = read_answer(letter, &answer, error);
    if (status == KP_OK) {
        status = get_case(taking->leader, answer.id, kept, error);
    }
    if (status == KP_OK) {
        status = kp_leader_case_answer(kept, letter->from, &answer, &taken, error);
    }
    if (status == KP_REFUSED) {
        taking->odd++; /* it doesn't keep the others away */
        status = KP_OK;
    } else if (status == KP_OK && taken) {
        status = keep_answer(taking->leader, kept, letter->from, &answer, error);
    }
    kp_wipe(&answer, sizeof(answer));
    kp_bulk_free(kept);
    return status;
}

/* The open cases that are over. */
static enum kp_status find_over(void *context, const struct kp_leader_case *kept,
                                struct kp_error *error)
{
    struct kp_buffer *ids = context;
    if (kept->end != KP_CASE_OPEN || !kp_leader_case_is_over(kept)) {
        return KP_OK;
    }
    return kp_buffer_append(ids, kept->id, sizeof(kept->id)) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for cases");
}

static enum kp_status end_all_over(struct kp_leader *leader, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    struct kp_buffer ids = {0};
    struct kp_leader_case *kept = kp_bulk_new(sizeof(*kept));
    if (kept == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a case");
    }
    enum kp_status status = kp_store_begin(leader->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_leader_case_walk(txn, find_over, &ids, error);
    }
    kp_store_abort(txn);
    for (size_t i = 0; status == KP_OK && i < ids.size; i += KP_CASE_ID_BYTES) {
        status = get_case(leader, ids.data + i, kept, error);
        if (status == KP_OK) {
            status = end_case(leader, kept, KP_CASE_BELOW_THRESHOLD, error);
        }
    }
    kp_buffer_free(&ids);
    kp_bulk_free(kept);
    return status;
}

enum kp_status kp_leader_cases_refresh(struct kp_leader *leader, uint32_t *odd,
                                       struct kp_error *error)
{
    struct taking taking = {.leader = leader};
    uint32_t skipped = 0;
    enum kp_status status = kp_leader_store(leader, error);
    if (status == KP_OK && leader->party != KP_PARTY_LEADER) {
        status = kp_fail(error, KP_REFUSED, "the case table is the project leader's");
    }
    if (status == KP_OK) {
        status = kp_leader_letters_fetch(leader, KP_LETTER_ANSWER, NULL, take_answer, &taking,
                                         &skipped, error);
    }
    if (status == KP_OK) {
        status = end_all_over(leader, error);
    }
    *odd = taking.odd + skipped;
    return status == KP_OK ? kp_leader_letters_send(leader, error) : status;
}
