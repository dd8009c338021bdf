/* The control socket: signals in, signals shown, status. For programs of the daemon's own user. */
#include "node/node_internal.h"

#include "crypto/secret.h"
#include "node/database.h"
#include "node/eligible.h"
#include "node/evidence_store.h"
#include "node/node_cases.h"
#include "node/quota.h"
#include "node/signals.h"
#include "proto/control.h"
#include "proto/count.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- STATUS ---- */

static enum kp_status show_quotas(struct kp_node *node, struct kp_node_status *shown,
                                  struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    for (uint32_t i = 1; status == KP_OK && i <= node->agreement->member_count; i++) {
        struct kp_quota quota = {0};
        if (kp_agreement_member_slots(node->agreement, i) == 0) {
            continue;
        }
        status = kp_quota_read(txn, node->agreement, i, &quota, error);
        struct kp_member_quota *of = &shown->quotas[shown->quota_count++];
        memcpy(of->name, node->agreement->members[i - 1].name, sizeof(of->name));
        of->counter = quota.counter;
        of->charged = quota.charged;
        of->limit = kp_quota_limit(node->agreement, i);
        kp_quota_free(&quota);
    }
    kp_store_abort(txn);
    return status;
}

static enum kp_status serve_status(struct kp_node *node, struct kp_control_response *response,
                                   struct kp_error *error)
{
    struct kp_node_status *shown = &response->node;
    if (node->uncountable.text[0] != '\0') {
        *error = node->uncountable;
        node->uncountable = (struct kp_error){0};
        return error->status;
    }
    response->kind = KP_CONTROL_NODE_STATUS;
    memcpy(shown->name, node->agreement->members[node->own - 1].name, sizeof(shown->name));
    memcpy(shown->agreement, node->agreement->hash, sizeof(shown->agreement));
    memcpy(shown->project, node->agreement->project, sizeof(shown->project));
    shown->test_mode = node->agreement->test;
    struct kp_error why = {0};
    (void)!kp_node_check_in_force(node, &why);
    memcpy(shown->not_in_force, why.text, sizeof(shown->not_in_force));
    shown->connected = kp_node_link_connected(node);
    memcpy(shown->link_error, node->link.error, sizeof(shown->link_error));
    shown->counting = !node->counted;
    shown->signals = node->summary.signals;
    shown->addresses = node->summary.addresses;
    shown->eligible = node->summary.eligible;
    shown->slots = kp_agreement_member_slots(node->agreement, node->own);
    shown->slots_used = node->summary.in_slots;
    shown->waiting = node->summary.waiting;
    shown->unregistered_indicator = node->summary.unregistered_indicator;
    shown->outside_area = node->summary.outside_area;
    shown->other_purpose = node->summary.other_purpose;
    shown->past_date = node->summary.past_date;
    shown->counter = node->state.proven;
    shown->rounds = node->agreement->rounds;
    shown->made_by = kp_agreement_canonicalisation(node->agreement);
    if (node->state.bucket != 0) {
        (void)snprintf(shown->count, sizeof(shown->count), "%s",
                       kp_count_bucket_text(node->state.bucket));
    }
    shown->phase = node->state.phase;
    if (node->round != NULL) {
        uint32_t done = 0, total = 0;
        kp_round_progress(node->round, &done, &total);
        shown->done = done;
        shown->total = total;
    } else if (node->releasing) {
        shown->done = node->released;
        shown->total = kp_release_message_count(node->release);
    }
    memcpy(shown->last_error, node->state.last_error, sizeof(shown->last_error));
    if (node->receipts.receipt.size > 0) {
        shown->receipt_counter = node->receipts.counter;
        shown->receipt_messages = node->receipts.checked.count;
        shown->receipt_phase = node->receipts.phase;
    }
    return show_quotas(node, shown, error);
}

/* ---- IMPORT ---- */

struct kp_signal kp_node_to_signal(const struct kp_control_signal *asked)
{
    struct kp_signal signal = {.observed_on = asked->observed_on,
                               .purpose = asked->purpose,
                               .valid_until = asked->valid_until};
    memcpy(signal.address, asked->address, sizeof(signal.address));
    memcpy(signal.indicator, asked->indicator, sizeof(signal.indicator));
    memcpy(signal.grounds, asked->grounds, sizeof(signal.grounds));
    return signal;
}

/* Why what was added takes no part, if so. */
static void count_added(const struct kp_node *node, const struct kp_signal *signal, uint64_t now,
                        struct kp_import_done *done)
{
    if (!kp_agreement_area_has(node->agreement, signal->address)) {
        done->outside_area++;
        return;
    }
    switch (kp_eligible_signal(node->agreement, node->own, kp_eligible_today(now), signal)) {
    case KP_ELIGIBLE_NO_INDICATOR:
        done->unregistered_indicator++;
        break;
    case KP_ELIGIBLE_OTHER_PURPOSE:
        done->other_purpose++;
        break;
    case KP_ELIGIBLE_PAST_DATE:
        done->past_date++;
        break;
    case KP_ELIGIBLE:
        break;
    }
}

/* One signal. What is refused is told to the asker, and doesn't stop the others. */
static enum kp_status import_one(struct kp_node *node, struct kp_txn *txn,
                                 const struct kp_signal *signal, uint64_t now, uint32_t number,
                                 struct kp_import_done *done, struct kp_buffer *digests,
                                 struct kp_error *error)
{
    enum kp_signal_added added;
    uint8_t digest[KP_DIGEST_BYTES];
    enum kp_status status =
        kp_key_check(node->agreement->key_scheme, signal->address) == KP_OK
            ? kp_signals_add(node->store, txn, signal, now, &added, digest, error)
            : kp_fail(error, KP_REFUSED, "the address's key isn't of the agreement's key scheme");
    if (status == KP_REFUSED) {
        if (kp_import_done_refuse(done, number, error->text) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for an answer");
        }
        return KP_OK;
    }
    if (status != KP_OK) {
        return status;
    }
    if (added == KP_SIGNAL_KNOWN) {
        done->known++;
        return KP_OK;
    }
    done->added++;
    count_added(node, signal, now, done);
    return kp_buffer_append(digests, digest, sizeof(digest)) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for the digests of signals");
}

/* What was there already isn't in the log. */
static const struct kp_node_change importing = {.one = import_one,
                                                .done = KP_AUDIT_SIGNALS_IMPORTED,
                                                .log_none = true,
                                                .log_refused = true,
                                                .refused = KP_AUDIT_SIGNALS_REFUSED};

/* Signals of a member on request would lie in its database and never take part. */
static enum kp_status refuse_import(struct kp_node *node, size_t count, bool dry_run,
                                    struct kp_error *error)
{
    const struct kp_audit_note refused = {.event = KP_AUDIT_SIGNALS_REFUSED, .count = count};
    enum kp_status status =
        dry_run ? KP_OK : kp_audit_write(node->store, &node->signer, &refused, error);
    if (status != KP_OK) {
        return status;
    }
    return kp_fail(error, KP_REFUSED,
                   "%s takes part on request: it has no slots in this agreement, so no signals are "
                   "imported",
                   node->agreement->members[node->own - 1].name);
}

static void log_import(const struct kp_node *node, const struct kp_peer *peer,
                       const struct kp_import_done *done, const struct kp_error *error)
{
    char actor[32];
    (void)snprintf(actor, sizeof(actor), "uid %" PRIu64, peer->uid);
    bool refused = error != NULL && error->status == KP_REFUSED;
    const struct kp_log_event event = {"import signals", node->config->name,
                                       error == NULL ? "done"
                                       : refused     ? "refused"
                                                     : "failed",
                                       "control socket", actor};
    if (error == NULL) {
        kp_log(KP_LOG_INFO, &event, "%" PRIu64 " new, %" PRIu64 " known, %zu refused", done->added,
               done->known, done->refused_count);
    } else {
        kp_log(refused ? KP_LOG_WARNING : KP_LOG_ERROR, &event, "%s", error->text);
    }
}

static enum kp_status serve_import(struct kp_node *node, const struct kp_peer *peer,
                                   const struct kp_control_request *asked,
                                   struct kp_control_response *response, struct kp_error *error)
{
    const struct kp_canonicalisation agreed = kp_agreement_canonicalisation(node->agreement);
    enum kp_status status = kp_agreement_check_canonicalisation(&agreed, &asked->made_by, error);
    if (status == KP_OK) {
        status = kp_agreement_member_slots(node->agreement, node->own) > 0
                     ? kp_node_change_signals(node, &importing, &asked->signals, asked->dry_run,
                                              &response->import, error)
                     : refuse_import(node, asked->signals.count, asked->dry_run, error);
    }
    response->kind = KP_CONTROL_IMPORT_DONE;
    if (asked->dry_run) {
        return status;
    }
    log_import(node, peer, &response->import, status == KP_OK ? NULL : error);
    return status;
}

/* ---- SIGNALS ---- */

static enum kp_status add_to_page(struct kp_control_signals *page,
                                  const struct kp_signals_on_address *signals,
                                  struct kp_error *error)
{
    for (size_t i = 0; i < signals->count; i++) {
        const struct kp_signal *kept = &signals->signals[i].signal;
        struct kp_control_signal *shown = kp_control_signals_add(page);
        if (shown == NULL) {
            return kp_fail(error, KP_FAILED, "no memory for a page of signals");
        }
        memcpy(shown->address, kept->address, sizeof(shown->address));
        memcpy(shown->indicator, kept->indicator, sizeof(shown->indicator));
        memcpy(shown->grounds, kept->grounds, sizeof(shown->grounds));
        shown->observed_on = kept->observed_on;
        shown->purpose = kept->purpose;
        shown->valid_until = kept->valid_until;
        shown->registered_at = kept->registered_at;
    }
    return KP_OK;
}

/* The signals on one address, unless it is the one that the page before ended with. */
static enum kp_status page_one(struct kp_txn *txn, const uint8_t *blind,
                               struct kp_control_signals *page, struct kp_error *error)
{
    struct kp_signals_on_address signals = {0};
    bool found = false;
    enum kp_status status = kp_signals_get(txn, blind, &signals, &found, error);
    if (status == KP_OK && found) {
        status = add_to_page(page, &signals, error);
    }
    kp_signals_on_address_free(&signals);
    return status;
}

/* Pages are cut between addresses, in the order of the keyed hash. */
static enum kp_status fill_page(struct kp_txn *txn, const struct kp_control_page_key *after,
                                struct kp_control_response *response, struct kp_error *error)
{
    struct kp_cursor *cursor = NULL;
    struct kp_control_page_key *next = &response->next;
    enum kp_status status = kp_cursor_open(
        txn, KP_NODE_SIGNALS, after->size > 0 ? after->bytes : NULL, after->size, &cursor, error);
    bool end = false;
    while (status == KP_OK && !end &&
           response->signals.count <= KP_CONTROL_PAGE - KP_SIGNALS_PER_ADDRESS_MAX) {
        const uint8_t *blind = NULL, *value = NULL;
        size_t blind_size = 0, value_size = 0;
        status = kp_cursor_next(cursor, &blind, &blind_size, &value, &value_size, &end, error);
        if (status != KP_OK || end ||
            (after->size == blind_size && memcmp(after->bytes, blind, blind_size) == 0)) {
            continue;
        }
        next->size = KP_STORE_BLIND_BYTES;
        memcpy(next->bytes, blind, KP_STORE_BLIND_BYTES);
        status = page_one(txn, blind, &response->signals, error);
    }
    kp_cursor_close(cursor);
    if (end) {
        next->size = 0;
    }
    return status;
}

static enum kp_status serve_signals(struct kp_node *node, const struct kp_control_request *asked,
                                    struct kp_control_response *response, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    uint8_t blind[KP_STORE_BLIND_BYTES];
    response->kind = KP_CONTROL_SIGNALS_PAGE;
    if (asked->after.size != 0 && asked->after.size != KP_STORE_BLIND_BYTES) {
        return kp_fail(error, KP_REFUSED, "not where a page of signals can begin");
    }
    /* A write, because the log says how many were shown, before they are. */
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK && asked->one_address) {
        kp_store_blind_key(node->store, blind, asked->address, KP_ADDRESS_KEY_BYTES);
        status = page_one(txn, blind, &response->signals, error);
    } else if (status == KP_OK) {
        status = fill_page(txn, &asked->after, response, error);
    }
    if (status == KP_OK && response->signals.count > 0) {
        const struct kp_audit_note note = {.event = KP_AUDIT_SIGNALS_SHOWN,
                                           .count = response->signals.count};
        status = kp_node_audit(node, txn, &note, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

/* ---- EXPORT ---- */

static enum kp_status serve_round(struct kp_node *node, const struct kp_export_request *asked,
                                  struct kp_export_page *page, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    uint64_t counter = asked->counter != 0 ? asked->counter : node->state.proven;
    page->header.party = node->own;
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_evidence_page(txn, node->agreement, counter, asked->after, page, error);
    }
    kp_store_abort(txn);
    return status;
}

static enum kp_status serve_export(struct kp_node *node, const struct kp_export_request *asked,
                                   struct kp_control_response *response, struct kp_error *error)
{
    response->kind = KP_CONTROL_EXPORT_PAGE;
    switch (asked->kind) {
    case KP_EXPORT_LOG:
        return kp_audit_serve(node->store, &node->signer, asked, &response->export, error);
    case KP_EXPORT_AGREEMENT:
        return kp_papers_serve(kp_papers_dossier(node->papers), asked, &response->export, error);
    case KP_EXPORT_ROUND:
        return serve_round(node, asked, &response->export, error);
    case KP_EXPORT_RECEIPTS:
    case KP_EXPORT_VERDICT:
        return kp_node_serve_receipts(node, asked, &response->export, error);
    case KP_EXPORT_AUDIT:
        return kp_node_serve_slot_audit(node, asked, &response->export, error);
    default:
        return kp_fail(error, KP_REFUSED, "a node doesn't export this");
    }
}

/* ---- All ---- */

/* ---- Papers of the agreement ---- */

static enum kp_status serve_papers(struct kp_node *node, const struct kp_control_request *asked,
                                   struct kp_control_response *response, struct kp_error *error)
{
    struct kp_papers_page *page = &response->papers;
    size_t added = 0;
    response->kind = KP_CONTROL_PAPERS_PAGE;
    if (asked->papers.count > 0) {
        struct kp_error why = {0};
        enum kp_status status = kp_node_take_papers(node, &asked->papers, false, &added, &why);
        if (status != KP_OK && status != KP_REFUSED) {
            return kp_fail(error, status, "%s", why.text);
        }
        memcpy(page->refused, why.text, sizeof(page->refused));
        page->added = (uint32_t)added;
    }
    return kp_papers_page_fill(page, node->papers, asked->first, error);
}

static enum kp_status dispatch(struct kp_node *node, const struct kp_peer *peer,
                               const struct kp_control_request *asked,
                               struct kp_control_response *response, struct kp_error *error)
{
    switch (asked->kind) {
    case KP_CONTROL_STATUS:
        return serve_status(node, response, error);
    case KP_CONTROL_IMPORT:
        return serve_import(node, peer, asked, response, error);
    case KP_CONTROL_WITHDRAW:
        return kp_node_serve_withdraw(node, peer, asked, response, error);
    case KP_CONTROL_SIGNALS:
        return serve_signals(node, asked, response, error);
    case KP_CONTROL_EXPORT:
        return serve_export(node, &asked->export, response, error);
    case KP_CONTROL_PAPERS:
        return serve_papers(node, asked, response, error);
    case KP_CONTROL_CASES:
        return kp_node_serve_cases(node, asked, response, error);
    case KP_CONTROL_ANSWER:
        return kp_node_serve_answer(node, asked, response, error);
    case KP_CONTROL_COMPARE:
        return kp_node_serve_compare(node, peer, asked, response, error);
    }
    return kp_fail(error, KP_REFUSED, "a node doesn't answer this");
}

void kp_node_control_serve(void *context, struct kp_request *request)
{
    struct kp_node *node = context;
    struct kp_control_request asked;
    struct kp_control_response response = {0};
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    size_t size;
    const uint8_t *bytes = kp_request_bytes(request, &size);
    enum kp_status status = kp_control_request_unpack(&asked, bytes, size, &error);
    if (status == KP_OK && kp_node_hold(node, asked.kind, request)) {
        kp_control_request_free(&asked);
        return;
    }
    if (status == KP_OK) {
        status = dispatch(node, kp_request_peer(request), &asked, &response, &error);
    }
    if (status != KP_OK) {
        response.kind = KP_CONTROL_REFUSAL;
        response.refusal = error;
    }
    if (kp_control_response_pack(&response, &packed, &error) == KP_OK) {
        kp_request_answer(request, packed.data, packed.size);
    } else {
        kp_request_drop(request);
    }
    kp_buffer_free(&packed);
    kp_control_response_free(&response);
    kp_control_request_free(&asked);
}
