/* What the coordinator signs for what this node puts. Nothing depends on it: a receipt that is
 * wrong or doesn't come is logged, and the round goes on. */
#include "node/node_internal.h"

#include <string.h>

static void log_trouble(const struct kp_node *node, const char *action,
                        const struct kp_error *error)
{
    kp_node_log(node, KP_LOG_WARNING, action, "refused", "coordinator", error->text);
}

/* How long what isn't on disk may wait for something that is written anyway. */
#define SAVE_AFTER_MS 1000u

void kp_node_receipts_save(struct kp_node *node)
{
    struct kp_txn *txn = NULL;
    struct kp_error error = {0};
    size_t saved = node->receipts.saved;
    uint32_t pieces = node->receipts.pieces;
    if (node->receipts_at == 0) {
        return;
    }
    node->receipts_at = 0;
    enum kp_status status = kp_store_begin(node->store, true, &txn, &error);
    if (status == KP_OK) {
        status = kp_receipts_save(txn, &node->receipts, &error);
    }
    if (status == KP_OK) {
        status = kp_store_commit(txn, &error);
    } else {
        kp_store_abort(txn);
    }
    if (status != KP_OK) {
        node->receipts.saved = saved;
        node->receipts.pieces = pieces;
        log_trouble(node, "keep receipt", &error);
    }
}

uint64_t kp_node_receipts_tick(struct kp_node *node, uint64_t now)
{
    if (node->receipts_at != 0 && now >= node->receipts_at) {
        kp_node_receipts_save(node);
    }
    return node->receipts_at != 0 ? node->receipts_at : UINT64_MAX;
}

/* They change. */
static void save_soon(struct kp_node *node)
{
    if (node->receipts.any) {
        node->receipts.time = kp_clock_now();
        node->receipts_at =
            node->receipts_at != 0 ? node->receipts_at : kp_loop_now() + SAVE_AFTER_MS;
    }
}

void kp_node_receipts_begin(struct kp_node *node, const uint8_t attempt[static KP_ATTEMPT_BYTES],
                            uint64_t counter, const struct kp_buffer *start)
{
    struct kp_error error = {0};
    kp_node_receipts_save(node); /* those of the attempt before */
    if (kp_receipts_begin(&node->receipts, attempt, counter, start, &error) != KP_OK) {
        log_trouble(node, "keep receipt", &error);
    }
}

void kp_node_receipts_reload(struct kp_node *node)
{
    struct kp_txn *txn = NULL;
    struct kp_error error = {0};
    enum kp_status status = kp_store_begin(node->store, false, &txn, &error);
    if (status == KP_OK) {
        status = kp_receipts_load(txn, node->state.attempt, &node->receipts, &error);
    }
    kp_store_abort(txn);
    if (status != KP_OK) {
        kp_receipts_free(&node->receipts);
        log_trouble(node, "read receipts", &error);
    }
}

void kp_node_receipts_put(struct kp_node *node, const struct kp_batch *batch)
{
    struct kp_error error = {0};
    for (size_t i = 0; i < batch->count; i++) {
        if (kp_receipts_put(&node->receipts, &batch->items[i], &error) != KP_OK) {
            log_trouble(node, "note message", &error);
        }
    }
}

void kp_node_receipts_take(struct kp_node *node, const struct kp_buffer *receipt)
{
    struct kp_round_message message;
    struct kp_error error = {0};
    if (receipt->size > 0) {
        enum kp_status status =
            kp_round_message_unpack(&message, receipt->data, receipt->size, &error);
        if (status == KP_OK) {
            status = kp_node_check_conductor(node, &message, &error);
        }
        if (status == KP_OK) {
            status = kp_receipts_take(&node->receipts, node->own, &message, receipt, &error);
        }
        kp_round_message_free(&message);
        if (status != KP_OK) {
            log_trouble(node, "take receipt", &error);
        }
    }
    save_soon(node);
}

void kp_node_receipts_silent(struct kp_node *node)
{
    node->receipts.silent = true;
    save_soon(node);
    kp_node_receipts_save(node);
}

enum kp_status kp_node_serve_receipts(struct kp_node *node, const struct kp_export_request *asked,
                                      struct kp_export_page *page, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    kp_node_receipts_save(node);
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    if (status == KP_OK) {
        status = asked->kind == KP_EXPORT_RECEIPTS
                     ? kp_receipts_page(txn, node->agreement, node->own, asked->counter,
                                        asked->after, page, error)
                     : kp_receipts_verdict_page(txn, node->agreement, node->own, asked->counter,
                                                page, error);
    }
    kp_store_abort(txn);
    return status;
}
