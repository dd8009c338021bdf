/* Verdicts about silence. Who was silent, the one that is late or the one that says
 * so, no outsider can tell: both are named, unless a receipt shows that the coordinator had taken
 * more. */
#include "proto/verify_fault_internal.h"

#include "proto/party.h"
#include "proto/verify_digest.h"
#include "proto/verify_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kp_rule silent_rules[KP_SILENT_RULES] = {
    [KP_SILENT_FORM] = {"verdict.form",
                        "every item unpacks, stands in its order, and none is missing or too many"},
    [KP_SILENT_AGREEMENT] = {"verdict.agreement",
                             "START names a version of the agreement that is given, and this "
                             "round"},
    [KP_SILENT_START] = {"verdict.start", "the coordinator signed START"},
    [KP_SILENT_SHOWN] = {"verdict.shown",
                         "lists and receipts were signed by the coordinator, in this attempt"},
    [KP_SILENT_FAULT] = {"verdict.fault", "they say what the verdict says, of those whom it names"},
    [KP_SILENT_RECEIPTS] = {"verdict.receipts",
                            "no receipt contradicts it, or the one that it is about does"},
};

struct silence {
    const struct kp_proof_verdict *verdict;
    const struct kp_agreement *agreement;
    const struct kp_buffer *start, *list, *receipt, *digests;
    uint32_t receipt_member;
    struct kp_receipt receipt_body;
    struct kp_phase_list list_body;
};

/* ---- loading ---- */

static enum kp_status load_item(void *into, const struct kp_verify_export *export, size_t i,
                                struct kp_error *error)
{
    struct silence *it = into;
    const struct kp_proof_verdict *verdict = it->verdict;
    const struct kp_export_item *item = &export->items[i];
    bool by_member = verdict->kind == KP_FAULT_COORDINATOR_SILENT;
    bool fits = item->member == 0 && item->part == 0;
    switch ((int)item->kind) {
    case KP_EXPORT_PAPER:
        fits = item->member == 0 && item->part == i;
        break;
    case KP_EXPORT_START:
        it->start = &item->content;
        break;
    case KP_EXPORT_PHASE_LIST:
        it->list = &item->content;
        fits = !by_member && item->member == 0 && item->part == (uint32_t)verdict->phase;
        break;
    case KP_EXPORT_RECEIPT:
        it->receipt = &item->content;
        it->receipt_member = item->member;
        fits = item->member >= 1 && item->part == 0 &&
               (by_member ? item->member == kp_fault_one(verdict->members) : verdict->members == 0);
        break;
    case KP_EXPORT_DIGESTS:
        it->digests = &item->content;
        fits = by_member && item->member == kp_fault_one(verdict->members) && item->part == 0;
        break;
    case KP_EXPORT_FAULT:
        break;
    default:
        fits = false;
        break;
    }
    return fits
               ? KP_OK
               : kp_fail(error, KP_REFUSED, "a verdict of this kind has no such item, or not here");
}

static bool has_all(const struct silence *it, const struct kp_proof_verdict *verdict)
{
    if (it->start == NULL) {
        return false;
    }
    if (verdict->kind == KP_FAULT_COORDINATOR_SILENT) {
        return (it->receipt == NULL) == (it->digests == NULL);
    }
    return it->list != NULL && (verdict->members != 0) == (it->receipt == NULL);
}

static enum kp_status load(struct silence *it, const struct kp_verify_versions *versions,
                           const struct kp_verify_export *export,
                           const struct kp_proof_verdict *verdict, struct kp_report *report)
{
    const struct kp_export_header *header = &export->header;
    const uint8_t *lineage = kp_verify_lineage(versions);
    uint32_t writer = verdict->kind == KP_FAULT_COORDINATOR_SILENT ? kp_fault_one(verdict->members)
                                                                   : KP_PARTY_COORDINATOR;
    char name[KP_RULING_RECORD] = "header";
    struct kp_error why = {0};
    enum kp_status status = KP_OK;
    if (header->kind != KP_EXPORT_VERDICT || header->has_digest || lineage == NULL ||
        memcmp(lineage, header->lineage, KP_DIGEST_BYTES) != 0 || header->party != writer ||
        header->counter != verdict->counter) {
        status = kp_fail(&why, KP_REFUSED,
                         "it is of another round or lineage than the verdict, or "
                         "another party wrote it");
    }
    it->verdict = verdict;
    if (status == KP_OK) {
        status = kp_verify_items(export, load_item, it, name, &why);
    }
    if (status == KP_OK && !has_all(it, verdict)) {
        status = kp_fail(&why, KP_REFUSED, "START, the phase list or the receipt is missing");
        (void)snprintf(name, sizeof(name), "items");
    }
    if (status != KP_OK) {
        kp_report_broken(report, KP_SILENT_FORM, name, "%.250s", why.text);
    }
    return status;
}

/* ---- rules ---- */

static bool check_start(struct silence *it, const struct kp_verify_versions *versions,
                        const struct kp_proof_verdict *verdict, struct kp_report *report)
{
    struct kp_round_message message = {0};
    struct kp_start start = {0};
    bool fits =
        kp_round_message_unpack(&message, it->start->data, it->start->size, NULL) == KP_OK &&
        message.type == KP_MESSAGE_START && kp_start_unpack(&start, &message.body, NULL) == KP_OK &&
        start.counter == verdict->counter &&
        memcmp(message.attempt, verdict->attempt, KP_ATTEMPT_BYTES) == 0;
    it->agreement = fits ? kp_verify_versions_find(versions, start.agreement) : NULL;
    kp_report_set(report, KP_SILENT_AGREEMENT, it->agreement != NULL, "START",
                  "it is of another round or attempt than the verdict, or its version isn't given");
    kp_round_message_free(&message);
    kp_start_free(&start);
    if (it->agreement != NULL) {
        kp_report_set(report, KP_SILENT_START,
                      kp_fault_of_coordinator(it->agreement, verdict->attempt, it->start,
                                              KP_MESSAGE_START, &message) &&
                          message.to == KP_PARTY_ALL && message.part == 0,
                      "START", "the signature isn't the coordinator's");
        kp_round_message_free(&message);
    }
    return it->agreement != NULL;
}

static bool is_list(struct silence *it, const struct kp_proof_verdict *verdict)
{
    struct kp_round_message message = {0};
    bool is = kp_fault_of_coordinator(it->agreement, verdict->attempt, it->list,
                                      KP_MESSAGE_PHASE_LIST, &message) &&
              kp_phase_list_unpack(&it->list_body, &message.body, NULL) == KP_OK &&
              it->list_body.counter == verdict->counter && it->list_body.phase == verdict->phase &&
              it->list_body.member_count == it->agreement->member_count;
    kp_round_message_free(&message);
    return is;
}

/* A receipt that shows more than the list says of a member. Of one that the list calls late any
 * receipt of the attempt does, whatever phase it names: after such a list an honest coordinator
 * takes nothing more. */
static bool contradicts(const struct kp_phase_list *list, const struct kp_receipt *receipt)
{
    uint32_t i = receipt->member - 1;
    bool late = (list->late >> i & 1) != 0;
    const struct kp_deposited *listed = &list->members[i];
    if (receipt->counter != list->counter || i >= list->member_count) {
        return false;
    }
    bool more = receipt->deposited.count > listed->count;
    bool other = receipt->deposited.count == listed->count &&
                 memcmp(receipt->deposited.chain, listed->chain, KP_DIGEST_BYTES) != 0;
    return (late && more) || (receipt->phase <= list->phase && (more || other)) || (late && other);
}

static void check_coordinators_word(struct silence *it, const struct kp_proof_verdict *verdict,
                                    const struct kp_verify_receipts *receipts,
                                    struct kp_report *report)
{
    bool shown = is_list(it, verdict);
    if (shown && it->receipt != NULL) {
        shown = kp_fault_is_receipt(it->agreement, verdict->attempt, it->receipt,
                                    it->receipt_member, &it->receipt_body);
    }
    kp_report_set(report, KP_SILENT_SHOWN, shown, "phase list",
                  "it, or the receipt, isn't the coordinator's, of this attempt and phase");
    if (!shown) {
        return;
    }
    if (verdict->members == 0) {
        kp_report_set(report, KP_SILENT_FAULT, it->list_body.late != 0, "phase list",
                      "it says of nobody that it was silent");
        kp_report_set(report, KP_SILENT_RECEIPTS, contradicts(&it->list_body, &it->receipt_body),
                      "receipt", "it doesn't contradict the list");
        return;
    }
    kp_report_set(report, KP_SILENT_FAULT, it->list_body.late == verdict->members, "phase list",
                  "it names others than the verdict");
    kp_report_ok(report, KP_SILENT_RECEIPTS);
    for (size_t i = 0; receipts != NULL && i < receipts->count; i++) {
        const struct kp_verify_receipt *receipt = &receipts->items[i];
        char name[KP_RULING_RECORD];
        (void)snprintf(name, sizeof(name), "receipt of member %u", receipt->body.member);
        if (memcmp(receipt->attempt, verdict->attempt, KP_ATTEMPT_BYTES) == 0 &&
            contradicts(&it->list_body, &receipt->body)) {
            kp_report_broken(report, KP_SILENT_RECEIPTS, name,
                             "the coordinator signed that it had more than its list says: the list "
                             "is false, and names the coordinator alone");
        }
    }
}

static void check_members_word(struct silence *it, const struct kp_proof_verdict *verdict,
                               struct kp_report *report)
{
    uint32_t member = kp_fault_one(verdict->members);
    uint8_t chain[KP_DIGEST_BYTES];
    bool shown = member <= it->agreement->member_count;
    if (shown && it->receipt != NULL) {
        shown = kp_fault_is_receipt(it->agreement, verdict->attempt, it->receipt, member,
                                    &it->receipt_body) &&
                it->receipt_body.counter == verdict->counter;
    }
    kp_report_set(report, KP_SILENT_SHOWN, shown, "receipt",
                  "it isn't the coordinator's, for this member in this attempt");
    if (!shown) {
        return;
    }
    bool fits = true;
    if (it->receipt != NULL) {
        const struct kp_deposited *deposited = &it->receipt_body.deposited;
        fits = it->receipt_body.phase == verdict->phase &&
               it->digests->size == (size_t)deposited->count * KP_DIGEST_BYTES;
        if (fits) {
            kp_fault_chain(chain, it->digests->data, deposited->count);
            fits = memcmp(chain, deposited->chain, sizeof(chain)) == 0;
        }
    } else {
        fits = verdict->phase == KP_PHASE_IDLE;
    }
    kp_report_set(report, KP_SILENT_FAULT, fits, "digests",
                  "they aren't those of the messages that the receipt is for, or the phase is "
                  "another one");
    kp_report_ok(report, KP_SILENT_RECEIPTS);
}

/* Nothing in a verdict that its kind doesn't have. */
static bool is_plain(const struct kp_proof_verdict *verdict)
{
    return verdict->position == 0 && verdict->before == 0 && verdict->about == 0;
}

enum kp_status kp_fault_silence_check(const struct kp_verify_versions *versions,
                                      const struct kp_verify_export *export,
                                      const struct kp_verify_receipts *receipts,
                                      const struct kp_proof_verdict *verdict,
                                      struct kp_report *report, struct kp_fault_says *says,
                                      struct kp_error *error)
{
    kp_report_start(report, silent_rules, KP_SILENT_RULES);
    struct silence *it = calloc(1, sizeof(*it));
    if (it == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to verify a verdict");
    }
    if (!is_plain(verdict)) {
        kp_report_broken(report, KP_SILENT_FORM, "verdict", "it says what its kind doesn't");
    } else if (load(it, versions, export, verdict, report) == KP_OK) {
        kp_report_ok(report, KP_SILENT_FORM);
        if (check_start(it, versions, verdict, report)) {
            if (verdict->kind == KP_FAULT_SILENT) {
                check_coordinators_word(it, verdict, receipts, report);
            } else {
                check_members_word(it, verdict, report);
            }
        }
    }
    says->agreement = it->agreement;
    if (it->receipt != NULL) {
        (void)snprintf(says->text, sizeof(says->text),
                       "by its receipt the coordinator had taken %" PRIu32 " messages of member %u",
                       it->receipt_body.deposited.count, it->receipt_member);
    }
    free(it);
    return KP_OK;
}
