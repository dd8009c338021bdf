/* Signals of one request, into the database or out of it, in transactions of some hundred.
 *
 * Their keys are keyed hashes, so each of them changes a page of its own, and LMDB keeps the pages
 * that a transaction changes in memory, and the room for as many ever after. So a request is
 * written in several; and in the order of the table, so that the pages above those that change are
 * written as often as in one. Each has its entry in the signed log. */
#include "node/node_internal.h"

#include "crypto/secret.h"
#include "node/noted.h"

#include <stdlib.h>
#include <string.h>

struct row {
    uint8_t blind[KP_STORE_BLIND_BYTES];
    uint32_t number; /* in the request */
};

struct changing {
    struct kp_node *node;
    const struct kp_node_change *change;
    const struct kp_control_signals *signals;
    struct kp_import_done *done;
    struct row *rows;
    uint64_t now;
};

static int compare_rows(const void *left, const void *right)
{
    const struct row *one = left, *other = right;
    int order = memcmp(one->blind, other->blind, sizeof(one->blind));
    return order != 0 ? order : (one->number > other->number) - (one->number < other->number);
}

static int compare_refused(const void *left, const void *right)
{
    const struct kp_refused_signal *one = left, *other = right;
    return (one->number > other->number) - (one->number < other->number);
}

/* By address; those on one address as they came. */
static enum kp_status sort_rows(struct changing *changing, struct kp_error *error)
{
    size_t count = changing->signals->count;
    changing->rows = calloc(count, sizeof(changing->rows[0]));
    if (changing->rows == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a batch of signals");
    }
    for (size_t i = 0; i < count; i++) {
        changing->rows[i].number = (uint32_t)i;
        kp_store_blind_key(changing->node->store, changing->rows[i].blind,
                           changing->signals->items[i].address, KP_ADDRESS_KEY_BYTES);
    }
    qsort(changing->rows, count, sizeof(changing->rows[0]), compare_rows);
    return KP_OK;
}

/* Where what goes together ends. An address isn't divided: what a dry run would add to it counts
 * for what comes after. */
static size_t end_of(const struct changing *changing, size_t from)
{
    const struct row *rows = changing->rows;
    size_t count = changing->signals->count, end = from + 1;
    while (end < count &&
           (end - from < KP_SIGNALS_WRITE ||
            memcmp(rows[end].blind, rows[end - 1].blind, KP_STORE_BLIND_BYTES) == 0)) {
        end++;
    }
    return end;
}

/* That nothing at all was done is said once, where it is said. */
static enum kp_status write_log(const struct changing *changing, struct kp_txn *txn,
                                const struct kp_buffer *digests, size_t refused, bool last,
                                struct kp_error *error)
{
    const struct kp_node_change *change = changing->change;
    const struct kp_audit_note note = {.event = change->refused, .count = refused};
    bool none = last && change->log_none && changing->done->added == 0;
    enum kp_status status = KP_OK;
    if (digests->size > 0 || none) {
        status = kp_noted_append(txn, &changing->node->signer, change->done, digests, error);
    }
    return status == KP_OK && refused > 0 && change->log_refused
               ? kp_node_audit(changing->node, txn, &note, error)
               : status;
}

static enum kp_status change_rows(struct changing *changing, size_t from, size_t end, bool dry_run,
                                  struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    struct kp_buffer digests = {0};
    struct kp_import_done *done = changing->done;
    const size_t refused = done->refused_count;
    const bool last = end == changing->signals->count;
    enum kp_status status = kp_store_begin(changing->node->store, true, &txn, error);
    for (size_t i = from; status == KP_OK && i < end; i++) {
        uint32_t number = changing->rows[i].number;
        struct kp_signal signal = kp_node_to_signal(&changing->signals->items[number]);
        status = changing->change->one(changing->node, txn, &signal, changing->now, number, done,
                                       &digests, error);
        kp_wipe(&signal, sizeof(signal));
    }
    if (status == KP_OK && !dry_run) {
        status = write_log(changing, txn, &digests, done->refused_count - refused, last, error);
    }
    kp_buffer_free(&digests);
    if (status != KP_OK || dry_run) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

enum kp_status kp_node_change_signals(struct kp_node *node, const struct kp_node_change *change,
                                      const struct kp_control_signals *signals, bool dry_run,
                                      struct kp_import_done *done, struct kp_error *error)
{
    struct changing changing = {.node = node,
                                .change = change,
                                .signals = signals,
                                .done = done,
                                .now = kp_clock_now() / 1000};
    size_t end = 0;
    enum kp_status status = sort_rows(&changing, error);
    for (size_t from = 0; status == KP_OK && from < signals->count; from = end) {
        const uint64_t added = done->added;
        end = end_of(&changing, from);
        status = change_rows(&changing, from, end, dry_run, error);
        if (!dry_run && done->added != added) {
            kp_node_uncount(node);
        }
    }
    if (done->refused_count > 1) {
        qsort(done->refused, done->refused_count, sizeof(done->refused[0]), compare_refused);
    }
    free(changing.rows);
    return status;
}
