/* `node import --replace`: the command line compares the signals that are here with those of its
 * file, by marks (node/signal_marks.h), a page at a time, and has those taken out that the file
 * hasn't. */
#include "node/node_internal.h"

#include "crypto/secret.h"
#include "node/database.h"
#include "node/noted.h"
#include "node/signal_marks.h"
#include "node/signals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A page: its marks, or what of it is to be withdrawn. */
struct comparing {
    const struct kp_control_request *asked;
    struct kp_control_response *response;
    size_t seen;
    struct kp_signal *found; /* bulk; KP_CONTROL_PAGE */
    size_t found_count;
};

static bool is_asked(const struct kp_buffer *marks, const uint8_t *mark)
{
    for (size_t at = 0; at < marks->size; at += KP_CONTROL_MARK_BYTES) {
        if (memcmp(marks->data + at, mark, KP_CONTROL_MARK_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static enum kp_status take(struct comparing *comparing, const struct kp_signal *signal,
                           struct kp_error *error)
{
    uint8_t mark[KP_CONTROL_MARK_BYTES];
    comparing->seen++;
    kp_signal_mark(mark, comparing->asked->mark_key, signal);
    if (comparing->asked->marks.size == 0) {
        return kp_buffer_append(&comparing->response->marks, mark, sizeof(mark)) == KP_OK
                   ? KP_OK
                   : kp_fail(error, KP_FAILED, "no memory for marks");
    }
    if (is_asked(&comparing->asked->marks, mark) && comparing->found_count < KP_CONTROL_PAGE) {
        comparing->found[comparing->found_count++] = *signal;
    }
    return KP_OK;
}

static enum kp_status take_address(struct comparing *comparing, struct kp_txn *txn,
                                   const uint8_t *blind, struct kp_error *error)
{
    struct kp_signals_on_address signals = {0};
    bool found = false;
    enum kp_status status = kp_signals_get(txn, blind, &signals, &found, error);
    for (size_t i = 0; status == KP_OK && found && i < signals.count; i++) {
        status = take(comparing, &signals.signals[i].signal, error);
    }
    kp_signals_on_address_free(&signals);
    return status;
}

/* The same page for the same `after`, as long as nothing is imported in between. */
static enum kp_status walk(struct comparing *comparing, struct kp_txn *txn, struct kp_error *error)
{
    const struct kp_control_page_key *after = &comparing->asked->after;
    struct kp_control_page_key *next = &comparing->response->next;
    struct kp_cursor *cursor = NULL;
    bool end = false;
    enum kp_status status = kp_cursor_open(
        txn, KP_NODE_SIGNALS, after->size > 0 ? after->bytes : NULL, after->size, &cursor, error);
    while (status == KP_OK && !end &&
           comparing->seen <= KP_CONTROL_PAGE - KP_SIGNALS_PER_ADDRESS_MAX) {
        const uint8_t *blind = NULL, *value = NULL;
        size_t blind_size = 0, value_size = 0;
        status = kp_cursor_next(cursor, &blind, &blind_size, &value, &value_size, &end, error);
        if (status != KP_OK || end ||
            (after->size == blind_size && memcmp(after->bytes, blind, blind_size) == 0)) {
            continue;
        }
        next->size = KP_STORE_BLIND_BYTES;
        memcpy(next->bytes, blind, KP_STORE_BLIND_BYTES);
        status = take_address(comparing, txn, blind, error);
    }
    kp_cursor_close(cursor);
    next->size = end ? 0 : next->size;
    return status;
}

static enum kp_status withdraw_found(struct kp_node *node, struct kp_txn *txn,
                                     const struct comparing *comparing, struct kp_import_done *done,
                                     struct kp_error *error)
{
    struct kp_buffer digests = {0};
    uint64_t now = kp_clock_now() / 1000;
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < comparing->found_count; i++) {
        status = kp_node_withdraw_one(node, txn, &comparing->found[i], now, (uint32_t)i, done,
                                      &digests, error);
    }
    if (status == KP_OK && digests.size > 0) {
        status = kp_noted_append(txn, &node->signer, KP_AUDIT_SIGNALS_WITHDRAWN, &digests, error);
    }
    kp_buffer_free(&digests);
    return status;
}

static enum kp_status compare(struct kp_node *node, struct comparing *comparing,
                              struct kp_import_done *done, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    bool withdraw = comparing->asked->marks.size > 0;
    enum kp_status status = kp_store_begin(node->store, withdraw, &txn, error);
    if (status == KP_OK) {
        status = walk(comparing, txn, error);
    }
    if (status == KP_OK && withdraw) {
        status = withdraw_found(node, txn, comparing, done, error);
    }
    if (status != KP_OK || !withdraw) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

static void log_withdrawn(const struct kp_node *node, const struct kp_peer *peer, uint64_t count)
{
    char actor[32];
    (void)snprintf(actor, sizeof(actor), "uid %" PRIu64, peer->uid);
    const struct kp_log_event event = {"withdraw signals", node->config->name, "done",
                                       "control socket", actor};
    kp_log(KP_LOG_INFO, &event,
           "%" PRIu64 " withdrawn, for they aren't in the file that takes "
           "their place",
           count);
}

enum kp_status kp_node_serve_compare(struct kp_node *node, const struct kp_peer *peer,
                                     const struct kp_control_request *asked,
                                     struct kp_control_response *response, struct kp_error *error)
{
    struct comparing comparing = {.asked = asked, .response = response};
    response->kind = KP_CONTROL_COMPARED;
    if (asked->after.size != 0 && asked->after.size != KP_STORE_BLIND_BYTES) {
        return kp_fail(error, KP_REFUSED, "not where a page of signals can begin");
    }
    comparing.found = kp_bulk_new(KP_CONTROL_PAGE * sizeof(comparing.found[0]));
    if (comparing.found == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a page of signals");
    }
    enum kp_status status = compare(node, &comparing, &response->import, error);
    kp_bulk_free(comparing.found);
    response->withdrawn = response->import.added;
    if (status == KP_OK && response->withdrawn > 0) {
        log_withdrawn(node, peer, response->withdrawn);
        kp_node_uncount(node);
    }
    return status;
}
