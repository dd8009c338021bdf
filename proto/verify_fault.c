/* Verdicts about a round that was released: loading, whom they name, and which kind it is
 * (docs/protocol.md, section 27). */
#include "proto/verify_fault_internal.h"

#include "proto/party.h"
#include "proto/verify_digest.h"
#include "proto/verify_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kp_rule rules[KP_FAULT_RULES] = {
    KP_SIGNED_TABLE("verdict"),
    [KP_FAULT_RULE_NAMED] = {"verdict.named", "nobody is named whom this kind can't show"},
    [KP_FAULT_RULE_SHOWN] = {"verdict.shown",
                             "what it shows was signed by those whose it is, in this round"},
    [KP_FAULT_RULE_FAULT] = {"verdict.fault", "and it is the fault that the verdict says"},
};

/* ---- loading ---- */

static bool is_wanted(enum kp_fault_kind kind, enum kp_export_item_kind item)
{
    switch ((int)item) {
    case KP_EXPORT_RECORD:
        return kind >= KP_FAULT_UNSORTED && kind <= KP_FAULT_PARTIAL;
    case KP_EXPORT_PARTIAL:
        return kind == KP_FAULT_CONTENT || kind == KP_FAULT_PARTIAL;
    case KP_EXPORT_OPENING:
        return kind == KP_FAULT_PARTIAL;
    case KP_EXPORT_MESSAGE:
        return kind == KP_FAULT_CHUNK;
    case KP_EXPORT_RESULT:
    case KP_EXPORT_GROUP:
        return kind == KP_FAULT_RESULTS || kind == KP_FAULT_CANARY;
    case KP_EXPORT_PHASE_LIST:
    case KP_EXPORT_LETTER:
        return kind == KP_FAULT_CANARY;
    default:
        return false;
    }
}

static enum kp_status load_result(struct kp_verify_fault *fault, const struct kp_export_item *item,
                                  struct kp_error *error)
{
    struct kp_round_message message;
    if (item->member != 0 || item->part > 1) {
        return kp_fail(error, KP_REFUSED, "there are two RESULTs at most");
    }
    enum kp_status status =
        kp_round_message_unpack(&message, item->content.data, item->content.size, error);
    if (status == KP_OK) {
        status = kp_round_result_unpack(&fault->result_body[item->part], &message.body, error);
    }
    fault->result[item->part] = &item->content;
    kp_round_message_free(&message);
    return status;
}

static enum kp_status load_other(struct kp_verify_fault *fault, const struct kp_export_item *item,
                                 struct kp_error *error)
{
    switch ((int)item->kind) {
    case KP_EXPORT_MESSAGE:
        fault->message = &item->content;
        return item->member == kp_fault_one(fault->verdict.members) && item->part == 0
                   ? KP_OK
                   : kp_fail(error, KP_REFUSED, "it isn't the one message of whom is named");
    case KP_EXPORT_RESULT:
        return load_result(fault, item, error);
    case KP_EXPORT_PHASE_LIST:
        fault->list = &item->content;
        return item->member == 0 && item->part == KP_PHASE_RELEASE
                   ? KP_OK
                   : kp_fail(error, KP_REFUSED, "it isn't the list of the release");
    case KP_EXPORT_GROUP:
        if (item->member != 0 || item->part >= KP_FAULT_GROUPS) {
            return kp_fail(error, KP_REFUSED, "more items of the results than are looked at");
        }
        fault->has_group[item->part] = true;
        return kp_proof_result_unpack(&fault->group[item->part], item->content.data,
                                      item->content.size, error);
    case KP_EXPORT_LETTER:
        if (item->member < 1 || item->member > fault->match.it.members || item->part != 0) {
            return kp_fail(error, KP_REFUSED, "it isn't the one letter of a member");
        }
        fault->has_letter[item->member - 1] = true;
        return kp_opened_letter_unpack(&fault->letter[item->member - 1], item->content.data,
                                       item->content.size, error);
    default:
        return kp_verify_match_item(&fault->match, item, error);
    }
}

static enum kp_status load_item(void *into, const struct kp_verify_export *export, size_t i,
                                struct kp_error *error)
{
    struct kp_verify_fault *fault = into;
    const struct kp_export_item *item = &export->items[i];
    switch ((int)item->kind) {
    case KP_EXPORT_PAPER:
        return item->member == 0 && item->part == i && !kp_verify_is_twice(export, i)
                   ? KP_OK
                   : kp_fail(error, KP_REFUSED, "a paper stands there twice or out of order");
    case KP_EXPORT_HELLO1:
    case KP_EXPORT_HELLO2:
    case KP_EXPORT_READY:
        return kp_verify_signed_item(&fault->match.it, item, error);
    case KP_EXPORT_FAULT:
        return item->member == 0 && item->part == 0
                   ? KP_OK /* unpacked already */
                   : kp_fail(error, KP_REFUSED, "a second verdict");
    default:
        break;
    }
    return is_wanted(fault->verdict.kind, item->kind)
               ? load_other(fault, item, error)
               : kp_fail(error, KP_REFUSED, "a verdict of this kind has no such item");
}

static enum kp_status load(struct kp_verify_fault *fault, const struct kp_verify_versions *versions,
                           const struct kp_verify_export *export, struct kp_report *report)
{
    struct kp_error why = {0};
    char name[KP_RULING_RECORD] = "header";
    enum kp_status status = kp_verify_signed_header(&fault->match.it, versions, &export->header,
                                                    KP_EXPORT_VERDICT, &why);
    if (status == KP_OK && (export->header.counter != fault->verdict.counter ||
                            export->header.party != KP_PARTY_COORDINATOR)) {
        status = kp_fail(&why, KP_REFUSED,
                         "it is of another round than the verdict, or names a "
                         "time or a party that wrote it, which nobody can check");
    }
    if (status == KP_OK) {
        status = kp_verify_items(export, load_item, fault, name, &why);
    }
    if (status != KP_OK) {
        kp_report_broken(report, KP_SIGNED_FORM, name, "%.250s", why.text);
    }
    return status;
}

/* ---- who ---- */

uint32_t kp_fault_one(uint32_t members)
{
    for (uint32_t i = 0; i < 32; i++) {
        if (members == 1u << i) {
            return i + 1;
        }
    }
    return 0;
}

void kp_fault_name(char out[static KP_RULING_RECORD], const struct kp_verify_fault *fault,
                   uint32_t member)
{
    const struct kp_agreement *agreement = fault->match.it.agreement;
    (void)snprintf(out, KP_RULING_RECORD, "member %u (%s)", member,
                   member >= 1 && member <= agreement->member_count
                       ? agreement->members[member - 1].name
                       : "unknown");
}

bool kp_fault_of_coordinator(const struct kp_agreement *agreement,
                             const uint8_t attempt[static KP_ATTEMPT_BYTES],
                             const struct kp_buffer *packed, enum kp_message_type type,
                             struct kp_round_message *message)
{
    return kp_round_message_unpack(message, packed->data, packed->size, NULL) == KP_OK &&
           message->type == type && message->from == KP_PARTY_COORDINATOR &&
           memcmp(message->attempt, attempt, KP_ATTEMPT_BYTES) == 0 &&
           kp_verify_message_signature(message, agreement->lineage,
                                       agreement->coordinator_identity_key) == KP_OK;
}

/* A member that the agreement has, or a holder, and nothing besides that no rule looks at. */
static void check_named(const struct kp_verify_fault *fault, struct kp_report *report)
{
    const struct kp_proof_verdict *verdict = &fault->verdict;
    const struct kp_agreement *agreement = fault->match.it.agreement;
    uint32_t member = kp_fault_one(verdict->members);
    enum kp_fault_kind kind = verdict->kind;
    bool of_member = kind <= KP_FAULT_CONTENT;
    bool right = !of_member || (member >= 1 && member <= agreement->member_count);
    right = right && (kind != KP_FAULT_PARTIAL || verdict->holder <= agreement->opening_key_count);
    right = right && verdict->phase == KP_PHASE_IDLE;
    /* A round of counts has no shares, records and groups. */
    right = right && (fault->match.it.round_type == KP_ROUND_MATCH || kind <= KP_FAULT_UNSORTED ||
                      (kind == KP_FAULT_RESULTS && !fault->has_group[0]));
    right = right && (kind == KP_FAULT_UNSORTED || verdict->before == 0);
    right = right && (kind == KP_FAULT_PARTIAL) == (verdict->about != 0);
    right = right &&
            ((kind >= KP_FAULT_UNSORTED && kind <= KP_FAULT_CONTENT) || verdict->position == 0);
    right = right && memcmp(verdict->attempt, fault->match.it.attempt, KP_ATTEMPT_BYTES) == 0;
    kp_report_set(report, KP_FAULT_RULE_NAMED, right, "verdict",
                  "it names somebody that the agreement hasn't, is of another attempt or type of "
                  "round, or says what its kind doesn't");
}

/* ---- all kinds ---- */

static void check_kind(struct kp_verify_fault *fault, struct kp_report *report,
                       struct kp_fault_says *says)
{
    switch (fault->verdict.kind) {
    case KP_FAULT_CHUNK:
        kp_fault_chunk(fault, report);
        break;
    case KP_FAULT_UNSORTED:
    case KP_FAULT_SHARE:
    case KP_FAULT_OUTER:
    case KP_FAULT_SEAL:
    case KP_FAULT_CONTENT:
        kp_fault_record(fault, report);
        break;
    case KP_FAULT_PARTIAL:
        kp_fault_partial(fault, report);
        break;
    case KP_FAULT_RESULTS:
        kp_fault_results(fault, report, says->text);
        break;
    case KP_FAULT_CANARY:
        kp_fault_canary(fault, report);
        break;
    case KP_FAULT_NONE:
    case KP_FAULT_SILENT:
    case KP_FAULT_COORDINATOR_SILENT:
    case KP_FAULT_KINDS:
        break;
    }
}

static void free_fault(struct kp_verify_fault *fault)
{
    kp_verify_match_free(&fault->match);
    for (uint32_t i = 0; i < KP_FAULT_GROUPS; i++) {
        kp_proof_result_free(&fault->group[i]);
    }
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_opened_letter_free(&fault->letter[i]);
    }
    free(fault);
}

/* The verdict itself, which says what else there must be. */
static enum kp_status find_verdict(struct kp_proof_verdict *verdict,
                                   const struct kp_verify_export *export, struct kp_error *error)
{
    for (size_t i = 0; i < export->count; i++) {
        const struct kp_buffer *content = &export->items[i].content;
        if (export->items[i].kind == KP_EXPORT_FAULT) {
            return kp_proof_verdict_unpack(verdict, content->data, content->size, error);
        }
    }
    return kp_fail(error, KP_REFUSED, "there is none");
}

static enum kp_status check_released(const struct kp_verify_versions *versions,
                                     const struct kp_verify_export *export,
                                     const struct kp_proof_verdict *verdict,
                                     struct kp_report *report, struct kp_fault_says *says,
                                     struct kp_error *error)
{
    struct kp_verify_fault *fault = calloc(1, sizeof(*fault));
    if (fault == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to verify a verdict");
    }
    fault->verdict = *verdict;
    if (load(fault, versions, export, report) == KP_OK &&
        kp_verify_signed_check(&fault->match.it, report)) {
        kp_report_ok(report, KP_SIGNED_FORM);
        kp_verify_match_split(&fault->match);
        check_named(fault, report);
        if (kp_report_is_ok(report, KP_FAULT_RULE_NAMED)) {
            check_kind(fault, report, says);
        }
        says->agreement = fault->match.it.agreement;
    }
    free_fault(fault);
    return KP_OK;
}

bool kp_verify_fault_holds(const struct kp_report *report)
{
    return report->count > 0 && kp_report_count(report, KP_VERDICT_OK) == report->count;
}

enum kp_status kp_verify_fault_check(const struct kp_verify_versions *versions,
                                     const struct kp_verify_export *export,
                                     const struct kp_verify_receipts *receipts,
                                     struct kp_report *report, struct kp_fault_says *says,
                                     struct kp_error *error)
{
    struct kp_proof_verdict verdict;
    struct kp_error why = {0};
    memset(says, 0, sizeof(*says));
    kp_report_start(report, rules, KP_FAULT_RULES);
    enum kp_status status = find_verdict(&verdict, export, &why);
    if (status != KP_OK) {
        kp_report_broken(report, KP_SIGNED_FORM, "verdict", "%.250s", why.text);
        return KP_OK;
    }
    if (verdict.kind == KP_FAULT_SILENT || verdict.kind == KP_FAULT_COORDINATOR_SILENT) {
        status = kp_fault_silence_check(versions, export, receipts, &verdict, report, says, error);
    } else {
        status = check_released(versions, export, &verdict, report, says, error);
    }
    if (status == KP_OK && kp_verify_fault_holds(report)) {
        says->verdict = verdict;
    } else {
        memset(says, 0, sizeof(*says));
    }
    return status;
}
