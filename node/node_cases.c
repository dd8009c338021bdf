/* Cases at the node: what the project leader puts on the case table, and what this member answers.
 * Nothing is kept or shown that the attached evidence doesn't prove, by this node's own papers. */
#include "node/node_cases.h"

#include "crypto/secret.h"
#include "node/case_check.h"
#include "node/cases.h"
#include "node/database.h"
#include "node/node_internal.h"
#include "node/signals.h"
#include "proto/address.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void log_case(enum kp_log_level level, const char *action, const char *result,
                     const char *remark)
{
    const struct kp_log_event event = {action, "case", result, "connection", "project leader"};
    kp_log(level, &event, "%s", remark);
}

/* An event about a case: its number stands where an attempt's does elsewhere. */
static enum kp_status audit(struct kp_node *node, struct kp_txn *txn, enum kp_audit_event event,
                            const uint8_t id[static KP_CASE_ID_BYTES], uint64_t count,
                            uint32_t reason, struct kp_error *error)
{
    const struct kp_audit_note note = {
        .event = event, .attempt = id, .count = count, .reason = reason};
    return kp_node_audit(node, txn, &note, error);
}

/* ---- What comes ---- */

/* Everything that must hold. */
static enum kp_status check_case(struct kp_node *node, const struct kp_case *asked,
                                 const struct kp_opened_letter *letter, struct kp_error *error)
{
    const struct kp_dossier *dossier = kp_papers_dossier(node->papers);
    struct kp_verify_versions versions = {0};
    struct kp_evidence_says says;
    if (memcmp(asked->id, letter->subject, sizeof(asked->id)) != 0 || letter->parts != 1) {
        return kp_fail(error, KP_REFUSED, "the letter is about another case than it says");
    }
    enum kp_status status = kp_node_check_in_force(node, error);
    if (status == KP_OK) {
        status = kp_case_judge(asked, dossier, node->own, &versions, &says, error);
        kp_verify_versions_free(&versions);
        kp_wipe(&says, sizeof(says));
    }
    return status;
}

static enum kp_status check_room(struct kp_txn *txn, struct kp_error *error)
{
    uint64_t count = 0;
    enum kp_status status = kp_store_count(txn, KP_NODE_CASES, &count, error);
    return status == KP_OK && count >= KP_CASES_MAX
               ? kp_fail(error, KP_REFUSED, "there are %" PRIu64 " cases already", count)
               : status;
}

static enum kp_status keep_case(struct kp_node *node, struct kp_txn *txn,
                                const struct kp_case *asked, struct kp_error *error)
{
    const struct kp_kept_case kept = {.asked = *asked, .received = kp_clock_now() / 1000};
    enum kp_status status = kp_cases_put(txn, &kept, error);
    return status == KP_OK ? audit(node, txn, KP_AUDIT_CASE_RECEIVED, asked->id, 0,
                                   (uint32_t)asked->question, error)
                           : status;
}

enum kp_status kp_node_take_case(struct kp_node *node, struct kp_txn *txn,
                                 const struct kp_opened_letter *letter, struct kp_error *error)
{
    struct kp_case asked;
    enum kp_status status = kp_case_unpack(&asked, letter->plain.data, letter->plain.size, error);
    if (status == KP_OK) {
        status = check_case(node, &asked, letter, error);
    }
    if (status == KP_OK) {
        status = check_room(txn, error);
    }
    if (status == KP_OK) {
        status = keep_case(node, txn, &asked, error);
        log_case(KP_LOG_INFO, "take case", "done", "");
    } else if (status == KP_REFUSED) {
        /* Nothing is answered; the own log says that it was tried. */
        log_case(KP_LOG_WARNING, "take case", "refused", error->text);
        status = audit(node, txn, KP_AUDIT_CASE_REFUSED, letter->subject, 0, 0, error);
    }
    kp_case_free(&asked);
    return status;
}

enum kp_status kp_node_take_closed(struct kp_node *node, struct kp_txn *txn,
                                   const struct kp_opened_letter *letter, struct kp_error *error)
{
    struct kp_case_closed closed;
    struct kp_kept_case kept = {0};
    enum kp_status status =
        kp_case_closed_unpack(&closed, letter->plain.data, letter->plain.size, error);
    if (status == KP_OK && memcmp(closed.id, letter->subject, sizeof(closed.id)) != 0) {
        status = kp_fail(error, KP_REFUSED, "the letter is about another case than it says");
    }
    if (status == KP_OK) {
        status = kp_cases_get(txn, closed.id, &kept, error);
    }
    if (status == KP_OK) {
        status = kp_cases_close(txn, &kept, error);
    }
    if (status == KP_OK) {
        status = audit(node, txn, KP_AUDIT_CASE_CLOSED, closed.id, 0, 0, error);
        log_case(KP_LOG_INFO, "close case", "done", "");
    }
    kp_kept_case_free(&kept);
    return status;
}

/* ---- What is shown ---- */

static void show_header(struct kp_control_case *shown, const struct kp_kept_case *kept)
{
    memcpy(shown->id, kept->asked.id, sizeof(shown->id));
    shown->question = kept->asked.question;
    shown->answer_by = kept->asked.answer_by;
    shown->received = kept->received;
    shown->closed = kept->closed;
    shown->answer = kept->answer;
    shown->revision = kept->revision;
    memcpy(shown->reason, kept->reason, sizeof(shown->reason));
}

static enum kp_status add_line(struct kp_batch *lines, const char *text, struct kp_error *error)
{
    return kp_batch_add(lines, text, strlen(text)) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for a case");
}

/* The indicators of a member in the words of the agreement; nothing where none is disclosed. */
static enum kp_status add_indicators(struct kp_batch *lines, const struct kp_member *member,
                                     const struct kp_evidence_member *of, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < member->indicator_count; i++) {
        char text[3 * KP_TITLE_MAX];
        if ((of->indicators[i / 8] >> i % 8 & 1) != 0) {
            (void)snprintf(text, sizeof(text), "    %s: %s (%s)", member->indicators[i].code,
                           member->indicators[i].description, member->indicators[i].source);
            status = add_line(lines, text, error);
        }
    }
    return status;
}

static enum kp_status add_member(struct kp_batch *lines, const struct kp_evidence_says *says,
                                 const struct kp_evidence_member *of, uint32_t own,
                                 struct kp_error *error)
{
    const struct kp_member *member = &says->agreement->members[of->member - 1];
    char text[3 * KP_TITLE_MAX], time[KP_AGREEMENT_TIME_TEXT], day[48] = "";
    kp_agreement_time_text(time, of->not_later_than / 1000);
    if (of->observed_on != 0) {
        (void)snprintf(day, sizeof(day), ", observed on %04" PRIu32 "-%02" PRIu32 "-%02" PRIu32,
                       of->observed_on / 10000, of->observed_on / 100 % 100, of->observed_on % 100);
    }
    (void)snprintf(text, sizeof(text), "%s%s: a signal, not later than %s%s", member->name,
                   of->member == own ? " (this member)" : "", time, day);
    enum kp_status status = add_line(lines, text, error);
    return status == KP_OK ? add_indicators(lines, member, of, error) : status;
}

/* What this member has there now, for whoever is to answer. */
static enum kp_status add_own(struct kp_node *node, struct kp_txn *txn, struct kp_batch *lines,
                              const uint8_t address[static KP_ADDRESS_KEY_BYTES],
                              struct kp_error *error)
{
    struct kp_signals_on_address signals = {0};
    uint8_t blind[KP_STORE_BLIND_BYTES];
    bool found = false;
    kp_store_blind_key(node->store, blind, address, KP_ADDRESS_KEY_BYTES);
    enum kp_status status = kp_signals_get(txn, blind, &signals, &found, error);
    if (status == KP_OK && !found) {
        status = add_line(lines, "in this node now: no signal on this address", error);
    }
    for (size_t i = 0; status == KP_OK && found && i < signals.count; i++) {
        const struct kp_signal *signal = &signals.signals[i].signal;
        char text[KP_TITLE_MAX], time[KP_AGREEMENT_TIME_TEXT];
        kp_agreement_time_text(time, signal->registered_at);
        (void)snprintf(text, sizeof(text), "in this node now: %s, registered %s", signal->indicator,
                       time);
        status = add_line(lines, text, error);
    }
    kp_signals_on_address_free(&signals);
    return status;
}

static enum kp_status show_content(struct kp_node *node, struct kp_txn *txn,
                                   const struct kp_kept_case *kept, struct kp_control_case *shown,
                                   struct kp_error *error)
{
    struct kp_verify_versions versions = {0};
    struct kp_evidence_says says;
    enum kp_status status = kp_case_judge(&kept->asked, kp_papers_dossier(node->papers), node->own,
                                          &versions, &says, error);
    if (status == KP_OK) {
        shown->has_address = true;
        memcpy(shown->address, says.address_key, sizeof(shown->address));
    }
    for (uint32_t i = 0; status == KP_OK && i < says.member_count; i++) {
        status = add_member(&shown->lines, &says, &says.members[i], node->own, error);
    }
    if (status == KP_OK) {
        status = add_own(node, txn, &shown->lines, says.address_key, error);
    }
    if (status == KP_OK) {
        status = audit(node, txn, KP_AUDIT_CASE_SHOWN, kept->asked.id, 0, 0, error);
    }
    kp_verify_versions_free(&versions);
    kp_wipe(&says, sizeof(says));
    return status;
}

static enum kp_status list_one(void *context, const struct kp_kept_case *kept,
                               struct kp_error *error)
{
    struct kp_control_case *shown = kp_control_cases_add(context);
    if (shown == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for cases");
    }
    show_header(shown, kept);
    return KP_OK;
}

static enum kp_status show_one(struct kp_node *node, struct kp_txn *txn,
                               const uint8_t id[static KP_CASE_ID_BYTES],
                               struct kp_control_cases *cases, struct kp_error *error)
{
    struct kp_kept_case kept = {0};
    struct kp_control_case *shown = kp_control_cases_add(cases);
    if (shown == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for cases");
    }
    enum kp_status status = kp_cases_get(txn, id, &kept, error);
    if (status == KP_OK) {
        show_header(shown, &kept);
    }
    if (status == KP_OK && !kept.closed) {
        status = kp_node_check_in_force(node, error);
        if (status == KP_OK) {
            status = show_content(node, txn, &kept, shown, error);
        }
    }
    kp_kept_case_free(&kept);
    return status;
}

enum kp_status kp_node_serve_cases(struct kp_node *node, const struct kp_control_request *asked,
                                   struct kp_control_response *response, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    response->kind = KP_CONTROL_CASES_SHOWN;
    /* A write, because the log says what is shown, before it is. */
    enum kp_status status = kp_store_begin(node->store, asked->one_case, &txn, error);
    if (status == KP_OK) {
        status = asked->one_case ? show_one(node, txn, asked->case_id, &response->cases, error)
                                 : kp_cases_walk(txn, list_one, &response->cases, error);
    }
    if (status != KP_OK || !asked->one_case) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

/* ---- What is answered ---- */

static enum kp_status check_open(struct kp_node *node, const struct kp_kept_case *kept,
                                 struct kp_error *error)
{
    if (kept->closed) {
        return kp_fail(error, KP_REFUSED, "this case is closed");
    }
    if (kp_clock_now() / 1000 > kept->asked.answer_by) {
        return kp_fail(error, KP_REFUSED, "the last day to answer this case is over");
    }
    if (kept->revision >= KP_CASE_REVISIONS_MAX) {
        return kp_fail(error, KP_REFUSED, "this case was answered %u times", kept->revision);
    }
    return kp_node_check_in_force(node, error);
}

static enum kp_status post_answer(struct kp_node *node, struct kp_txn *txn,
                                  const struct kp_kept_case *kept, struct kp_error *error)
{
    struct kp_case_answer answer = {
        .revision = kept->revision, .answer = kept->answer, .time = kept->answered};
    uint8_t subject[KP_LETTER_SUBJECT_BYTES];
    struct kp_buffer plain = {0};
    memcpy(answer.id, kept->asked.id, sizeof(answer.id));
    memcpy(answer.reason, kept->reason, sizeof(answer.reason));
    kp_case_answer_subject(subject, answer.id, answer.revision);
    enum kp_status status = kp_case_answer_pack(&answer, &plain, error);
    if (status == KP_OK) {
        const struct kp_letter_draft draft = {.type = KP_LETTER_ANSWER,
                                              .to = KP_PARTY_LEADER,
                                              .subject = subject,
                                              .parts = 1,
                                              .plain = plain.data,
                                              .size = plain.size};
        status = kp_node_letters_post(node, txn, &draft, error);
    }
    kp_buffer_free(&plain);
    kp_wipe(&answer, sizeof(answer));
    return status;
}

static enum kp_status answer_case(struct kp_node *node, struct kp_txn *txn,
                                  const struct kp_control_request *asked, uint32_t *revision,
                                  struct kp_error *error)
{
    struct kp_kept_case kept = {0};
    enum kp_status status = kp_cases_get(txn, asked->case_id, &kept, error);
    if (status == KP_OK) {
        status = check_open(node, &kept, error);
    }
    if (status == KP_OK) {
        status = kp_answer_check(asked->answer, kept.asked.question, asked->reason, error);
    }
    if (status == KP_OK) {
        *revision = ++kept.revision;
        kept.answer = asked->answer;
        kept.answered = kp_clock_now() / 1000;
        memcpy(kept.reason, asked->reason, sizeof(kept.reason));
        status = kp_cases_put(txn, &kept, error);
    }
    if (status == KP_OK) {
        status = post_answer(node, txn, &kept, error);
    }
    if (status == KP_OK) {
        status = audit(node, txn, KP_AUDIT_CASE_ANSWERED, asked->case_id, *revision,
                       (uint32_t)asked->answer, error);
    }
    kp_kept_case_free(&kept);
    return status;
}

enum kp_status kp_node_serve_answer(struct kp_node *node, const struct kp_control_request *asked,
                                    struct kp_control_response *response, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    response->kind = KP_CONTROL_ANSWERED;
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = answer_case(node, txn, asked, &response->revision, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}
