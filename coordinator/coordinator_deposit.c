/* What the coordinator signs about what members gave, and what it keeps against them: receipts,
 * lists of phases, RESULT, verdicts. Members are told of their own receipts only. */
#include "coordinator/coordinator_internal.h"

#include "coordinator/database.h"
#include "coordinator/verdicts.h"
#include "proto/log.h"
#include "proto/numbers.h"
#include "proto/transcript.h"

#include <stdio.h>
#include <string.h>

/* Signatures are deterministic, so the same message is the same bytes. */
static enum kp_status pack_signed(const struct kp_coordinator *c, enum kp_message_type type,
                                  uint32_t to, struct kp_buffer *body, struct kp_buffer *packed,
                                  struct kp_error *error)
{
    struct kp_round_message message = {
        .type = type, .from = KP_PARTY_COORDINATOR, .to = to, .body = *body};
    memcpy(message.attempt, c->state.attempt, KP_ATTEMPT_BYTES);
    kp_round_message_sign(&message, c->agreement->lineage, c->identity_secret);
    return kp_round_message_pack(&message, packed, error);
}

enum kp_status kp_coordinator_receipt(const struct kp_coordinator *c, uint32_t member,
                                      struct kp_buffer *packed, struct kp_error *error)
{
    struct kp_receipt receipt = {.counter = c->state.round, .member = member};
    struct kp_buffer body = {0};
    if (c->attempt == NULL) {
        return KP_OK;
    }
    receipt.deposited = *kp_attempt_deposited(c->attempt, member, &receipt.phase);
    if (receipt.deposited.count == 0) {
        return KP_OK;
    }
    enum kp_status status = kp_receipt_pack(&receipt, &body, error);
    if (status == KP_OK) {
        status = pack_signed(c, KP_MESSAGE_RECEIPT, member, &body, packed, error);
    }
    kp_buffer_free(&body);
    return status;
}

static enum kp_status pack_list(const struct kp_coordinator *c, const struct kp_phase_list *list,
                                struct kp_buffer *packed, struct kp_error *error)
{
    struct kp_buffer body = {0};
    enum kp_status status = kp_phase_list_pack(list, &body, error);
    if (status == KP_OK) {
        status = pack_signed(c, KP_MESSAGE_PHASE_LIST, KP_PARTY_ALL, &body, packed, error);
    }
    kp_buffer_free(&body);
    return status;
}

/* ---- verdicts ---- */

static struct kp_fault_place place_of(const struct kp_coordinator *c)
{
    return (struct kp_fault_place){
        .agreement = c->agreement, .counter = c->state.round, .attempt = c->state.attempt};
}

/* The text names the kind and the member, and nothing of what the fault is about. */
static void log_fault(const struct kp_coordinator *c, enum kp_fault_kind kind, uint32_t members)
{
    char object[32];
    (void)snprintf(object, sizeof(object), "round %u", c->state.round);
    for (uint32_t i = 0; i < c->agreement->member_count; i++) {
        const struct kp_log_event event = {"find fault", object, "done", "itself",
                                           c->agreement->members[i].name};
        if ((members >> i & 1) != 0) {
            kp_log(KP_LOG_WARNING, &event, "%s", kp_fault_text(kind));
        }
    }
}

static enum kp_status audit_fault(struct kp_coordinator *c, struct kp_txn *txn,
                                  enum kp_fault_kind kind, uint32_t members, struct kp_error *error)
{
    struct kp_audit_note note = kp_coordinator_note(&c->state, KP_AUDIT_FAULT_FOUND);
    note.reason = (uint32_t)kind;
    note.count = members;
    return kp_coordinator_audit(c, txn, &note, error);
}

enum kp_status kp_coordinator_fault(struct kp_coordinator *c, struct kp_txn *txn,
                                    const struct kp_fault *fault, struct kp_error *error)
{
    struct kp_buffer file = {0};
    const struct kp_fault_place place = place_of(c);
    c->state.faults++;
    if (c->verdicts[fault->member - 1] == KP_VERDICTS_MEMBER_MAX) {
        return KP_OK; /* counted */
    }
    c->verdicts[fault->member - 1]++;
    enum kp_status status = KP_OK;
    /* Of a round of counts nothing is kept that a member submitted. */
    bool keeps = kp_agreement_round_type(c->agreement, c->state.round) == KP_ROUND_MATCH;
    if (keeps) {
        status = kp_fault_file(&file, &place, kp_attempt_transcript(c->attempt), fault, error);
    }
    if (keeps && status == KP_OK) {
        status = kp_verdicts_add(txn, c->state.round, fault->member, &file, error);
    }
    if (status == KP_OK) {
        status = audit_fault(c, txn, fault->kind, 1u << (fault->member - 1), error);
    }
    kp_buffer_free(&file);
    log_fault(c, fault->kind, 1u << (fault->member - 1));
    return status;
}

static enum kp_status load_start(struct kp_coordinator *c, struct kp_txn *txn,
                                 struct kp_buffer *start, struct kp_error *error)
{
    uint8_t key[4];
    bool found = false;
    (void)kp_put_number(key, c->state.round, sizeof(key));
    enum kp_status status =
        kp_store_get(txn, KP_COORDINATOR_STARTS, key, sizeof(key), start, &found, error);
    return status == KP_OK && !found ? kp_fail(error, KP_FAILED, "the START isn't kept") : status;
}

enum kp_status kp_coordinator_silence(struct kp_coordinator *c, struct kp_txn *txn,
                                      enum kp_phase phase, struct kp_error *error)
{
    const struct kp_phase_list *list = kp_attempt_phase_list(c->attempt, phase);
    const struct kp_fault_place place = place_of(c);
    struct kp_buffer start = {0}, packed = {0}, file = {0};
    if (list == NULL || list->late == 0) {
        return KP_OK;
    }
    enum kp_status status = load_start(c, txn, &start, error);
    if (status == KP_OK) {
        status = pack_list(c, list, &packed, error);
    }
    if (status == KP_OK) {
        status = kp_fault_silent_file(&file, &place, &start, &packed, phase, list->late, error);
    }
    if (status == KP_OK) {
        status = kp_verdicts_add(txn, c->state.round, 0, &file, error);
    }
    if (status == KP_OK) {
        status = audit_fault(c, txn, KP_FAULT_SILENT, list->late, error);
    }
    for (uint32_t late = list->late; late != 0; late &= late - 1) {
        c->state.faults++;
    }
    log_fault(c, KP_FAULT_SILENT, list->late);
    kp_buffer_free(&start);
    kp_buffer_free(&packed);
    kp_buffer_free(&file);
    return status;
}

/* What stands in the batch, from number `skip` on. */
static enum kp_status add_to_page(const struct kp_batch *found, uint64_t *number, uint64_t skip,
                                  struct kp_export_page *page, bool *full, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && !*full && i + 1 < found->count; i += 2) {
        const struct kp_export_item item = {.kind = KP_EXPORT_FAULT,
                                            .content = found->items[i + 1]};
        if (*number >= skip) {
            *full = !kp_export_page_has_room(page, item.content.size);
            status = *full ? KP_OK : kp_export_page_add(page, &item, error);
        }
        *number += !*full;
    }
    return status;
}

enum kp_status kp_coordinator_serve_verdicts(struct kp_coordinator *c,
                                             const struct kp_export_request *asked,
                                             struct kp_export_page *page, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    uint8_t after[KP_VERDICT_KEY_BYTES];
    size_t after_size = 0;
    uint64_t number = 0;
    bool end = false, full = false;
    page->header.kind = KP_EXPORT_VERDICT;
    page->header.counter = asked->counter;
    memcpy(page->header.lineage, c->agreement->lineage, KP_DIGEST_BYTES);
    enum kp_status status = kp_store_begin(c->store, false, &txn, error);
    while (status == KP_OK && !end && !full) {
        struct kp_batch found = {0};
        status = kp_verdicts_page(txn, asked->counter, after, after_size, &found, &end, error);
        if (status == KP_OK && found.count >= 2) {
            after_size = sizeof(after);
            memcpy(after, found.items[found.count - 2].data, sizeof(after));
            status = add_to_page(&found, &number, asked->after, page, &full, error);
        }
        kp_batch_free(&found);
    }
    kp_store_abort(txn);
    page->next = full ? number : 0;
    return status;
}

/* ---- what the results end with ---- */

static enum kp_status write_lists(struct kp_coordinator *c, struct kp_txn *txn,
                                  struct kp_results_writer *writer, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (enum kp_phase phase = KP_PHASE_HELLO1; status == KP_OK && phase < KP_PHASE_MATCH;
         phase++) {
        const struct kp_phase_list *list = kp_attempt_phase_list(c->attempt, phase);
        struct kp_buffer packed = {0};
        if (list != NULL) {
            status = pack_list(c, list, &packed, error);
        }
        if (status == KP_OK && list != NULL) {
            status = kp_results_add_phase_list(txn, writer, phase, &packed, error);
        }
        kp_buffer_free(&packed);
    }
    return status;
}

enum kp_status kp_coordinator_sign_results(struct kp_coordinator *c, struct kp_txn *txn,
                                           struct kp_results_writer *writer, struct kp_error *error)
{
    const struct kp_result_transcript *transcript = kp_attempt_transcript(c->attempt);
    struct kp_round_result result = {.counter = c->state.round,
                                     .round_type =
                                         kp_agreement_round_type(c->agreement, c->state.round),
                                     .bucket = c->state.bucket,
                                     .groups = c->state.matches,
                                     .faults = c->state.faults};
    struct kp_buffer body = {0}, packed = {0};
    struct kp_ready ready;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    enum kp_status status =
        kp_transcript_check_ready(&ready, attempt, c->agreement, 1, transcript->ready[0].data,
                                  transcript->ready[0].size, error);
    if (status == KP_OK) {
        status = write_lists(c, txn, writer, error);
    }
    if (status == KP_OK) {
        memcpy(result.round_id, ready.round_id, KP_DIGEST_BYTES);
        kp_merkle_stream_root(&writer->items, result.root);
        kp_transcript_readys(result.readys, c->agreement->lineage, transcript->ready,
                             transcript->member_count);
        status = kp_round_result_pack(&result, &body, error);
    }
    if (status == KP_OK) {
        status = pack_signed(c, KP_MESSAGE_RESULT, KP_PARTY_ALL, &body, &packed, error);
    }
    if (status == KP_OK) {
        status = kp_results_finish(txn, writer, &packed, error);
    }
    kp_buffer_free(&body);
    kp_buffer_free(&packed);
    return status;
}
