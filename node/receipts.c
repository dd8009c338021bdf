#include "node/receipts.h"

#include "node/database.h"
#include "proto/audit_log.h"
#include "proto/numbers.h"

#include <string.h>

#define KEY_BYTES (KP_ATTEMPT_BYTES + 4)
#define VERSION 1u
#define HEADER_BYTES                                                                               \
    34u /* version 1, counter 8, time 8, silent 1, digests 4, pieces 4, phase 4, start 4 */

void kp_receipts_free(struct kp_receipts *receipts)
{
    kp_buffer_free(&receipts->start);
    kp_buffer_free(&receipts->digests);
    kp_buffer_free(&receipts->receipt);
    memset(receipts, 0, sizeof(*receipts));
}

enum kp_status kp_receipts_begin(struct kp_receipts *receipts,
                                 const uint8_t attempt[static KP_ATTEMPT_BYTES], uint64_t counter,
                                 const struct kp_buffer *start, struct kp_error *error)
{
    kp_receipts_free(receipts);
    receipts->any = true;
    receipts->counter = counter;
    memcpy(receipts->attempt, attempt, KP_ATTEMPT_BYTES);
    if (kp_buffer_set(&receipts->start, start->data, start->size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for START");
    }
    return KP_OK;
}

/* After a restart a release is put from its beginning. */
static bool was_put(const struct kp_receipts *receipts,
                    const uint8_t digest[static KP_DIGEST_BYTES])
{
    for (size_t at = 0; receipts->reloaded && at < receipts->digests.size; at += KP_DIGEST_BYTES) {
        if (memcmp(receipts->digests.data + at, digest, KP_DIGEST_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

enum kp_status kp_receipts_put(struct kp_receipts *receipts, const struct kp_buffer *packed,
                               struct kp_error *error)
{
    struct kp_round_message message;
    uint8_t digest[KP_DIGEST_BYTES];
    enum kp_status status = kp_round_message_unpack(&message, packed->data, packed->size, error);
    bool of_this = receipts->any && status == KP_OK &&
                   memcmp(message.attempt, receipts->attempt, KP_ATTEMPT_BYTES) == 0;
    kp_round_message_free(&message);
    if (!of_this) {
        return status;
    }
    kp_audit_message_digest(digest, packed->data, packed->size);
    if (was_put(receipts, digest)) {
        return KP_OK;
    }
    if (kp_buffer_append(&receipts->digests, digest, sizeof(digest)) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for a digest");
    }
    return KP_OK;
}

/* The chain over the first `count` messages that were put. */
static enum kp_status check_chain(struct kp_receipts *receipts, const struct kp_deposited *told,
                                  struct kp_error *error)
{
    struct kp_deposited chain = receipts->checked;
    if (told->count < chain.count || told->count > receipts->digests.size / KP_DIGEST_BYTES) {
        return kp_fail(error, KP_REFUSED,
                       "a receipt for %u messages, after one for %u, while %zu were put",
                       told->count, chain.count, receipts->digests.size / KP_DIGEST_BYTES);
    }
    while (chain.count < told->count) {
        kp_deposited_add(&chain, receipts->digests.data + (size_t)chain.count * KP_DIGEST_BYTES);
    }
    if (memcmp(chain.chain, told->chain, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "a receipt for other messages than those that were put");
    }
    receipts->checked = chain;
    return KP_OK;
}

enum kp_status kp_receipts_take(struct kp_receipts *receipts, uint32_t own,
                                const struct kp_round_message *message,
                                const struct kp_buffer *packed, struct kp_error *error)
{
    struct kp_receipt receipt;
    if (!receipts->any || message->type != KP_MESSAGE_RECEIPT || message->to != own ||
        message->part != 0 || memcmp(message->attempt, receipts->attempt, KP_ATTEMPT_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "a receipt of another attempt, or for somebody else");
    }
    enum kp_status status = kp_receipt_unpack(&receipt, &message->body, error);
    if (status == KP_OK && (receipt.member != own || receipt.counter != receipts->counter)) {
        status = kp_fail(error, KP_REFUSED, "a receipt of another round, or for somebody else");
    }
    if (status == KP_OK) {
        status = check_chain(receipts, &receipt.deposited, error);
    }
    if (status == KP_OK && kp_buffer_set(&receipts->receipt, packed->data, packed->size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a receipt");
    }
    receipts->phase = status == KP_OK ? receipt.phase : receipts->phase;
    return status;
}

/* ---- on disk ---- */

static void make_key(uint8_t key[static KEY_BYTES], const uint8_t *attempt, uint32_t number)
{
    memcpy(key, attempt, KP_ATTEMPT_BYTES);
    (void)kp_put_number(key + KP_ATTEMPT_BYTES, number, 4);
}

static enum kp_status put_header(struct kp_txn *txn, const struct kp_receipts *receipts,
                                 uint32_t pieces, struct kp_error *error)
{
    uint8_t key[KEY_BYTES], fields[HEADER_BYTES], *at = fields;
    struct kp_buffer value = {0};
    at = kp_put_number(at, VERSION, 1);
    at = kp_put_number(at, receipts->counter, 8);
    at = kp_put_number(at, receipts->time, 8);
    at = kp_put_number(at, receipts->silent, 1);
    at = kp_put_number(at, receipts->digests.size / KP_DIGEST_BYTES, 4);
    at = kp_put_number(at, pieces, 4);
    at = kp_put_number(at, (uint64_t)receipts->phase, 4);
    (void)kp_put_number(at, receipts->start.size, 4);
    make_key(key, receipts->attempt, 0);
    enum kp_status status = KP_OK;
    if (kp_buffer_set(&value, fields, sizeof(fields)) != KP_OK ||
        kp_buffer_append(&value, receipts->start.data, receipts->start.size) != KP_OK ||
        kp_buffer_append(&value, receipts->receipt.data, receipts->receipt.size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a receipt");
    } else {
        status =
            kp_store_put(txn, KP_NODE_RECEIPTS, key, sizeof(key), value.data, value.size, error);
    }
    kp_buffer_free(&value);
    return status;
}

static enum kp_status read_header(struct kp_receipts *receipts, const uint8_t *key,
                                  const uint8_t *value, size_t size, struct kp_error *error)
{
    if (size < HEADER_BYTES || value[0] != VERSION ||
        kp_get_number(value + 30, 4) > size - HEADER_BYTES || value[17] > 1 ||
        kp_get_number(value + 26, 4) >= KP_PHASES) {
        return kp_fail(error, KP_FAILED, "receipts on disk are damaged");
    }
    size_t start = (size_t)kp_get_number(value + 30, 4);
    memcpy(receipts->attempt, key, KP_ATTEMPT_BYTES);
    receipts->any = true;
    receipts->counter = kp_get_number(value + 1, 8);
    receipts->time = kp_get_number(value + 9, 8);
    receipts->silent = value[17] == 1;
    receipts->pieces = (uint32_t)kp_get_number(value + 22, 4);
    receipts->phase = (enum kp_phase)kp_get_number(value + 26, 4);
    if (kp_buffer_set(&receipts->start, value + HEADER_BYTES, start) != KP_OK ||
        kp_buffer_set(&receipts->receipt, value + HEADER_BYTES + start,
                      size - HEADER_BYTES - start) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for receipts");
    }
    return KP_OK;
}

/* What the receipt on disk is over: it was checked when it came. */
static enum kp_status read_checked(struct kp_receipts *receipts, struct kp_error *error)
{
    struct kp_round_message message;
    struct kp_receipt receipt;
    if (receipts->receipt.size == 0) {
        return KP_OK;
    }
    enum kp_status status =
        kp_round_message_unpack(&message, receipts->receipt.data, receipts->receipt.size, error);
    if (status == KP_OK) {
        status = kp_receipt_unpack(&receipt, &message.body, error);
    }
    if (status == KP_OK) {
        receipts->checked = receipt.deposited;
    }
    kp_round_message_free(&message);
    return status == KP_OK ? KP_OK : kp_fail(error, KP_FAILED, "receipts on disk are damaged");
}

static enum kp_status read_digests(struct kp_txn *txn, struct kp_receipts *receipts,
                                   struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t number = 1; status == KP_OK && number <= receipts->pieces; number++) {
        uint8_t key[KEY_BYTES];
        struct kp_buffer piece = {0};
        bool found = false;
        make_key(key, receipts->attempt, number);
        status = kp_store_get(txn, KP_NODE_RECEIPTS, key, sizeof(key), &piece, &found, error);
        if (status == KP_OK &&
            (!found || kp_buffer_append(&receipts->digests, piece.data, piece.size) != KP_OK)) {
            status = kp_fail(error, KP_FAILED, "receipts on disk are damaged");
        }
        kp_buffer_free(&piece);
    }
    receipts->saved = receipts->digests.size;
    return status;
}

enum kp_status kp_receipts_load(struct kp_txn *txn, const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                struct kp_receipts *receipts, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    struct kp_buffer value = {0};
    bool found = false;
    kp_receipts_free(receipts);
    make_key(key, attempt, 0);
    enum kp_status status =
        kp_store_get(txn, KP_NODE_RECEIPTS, key, sizeof(key), &value, &found, error);
    if (status == KP_OK && found) {
        status = read_header(receipts, key, value.data, value.size, error);
        receipts->reloaded = true;
    }
    if (status == KP_OK && found) {
        status = read_digests(txn, receipts, error);
    }
    if (status == KP_OK && found) {
        status = read_checked(receipts, error);
    }
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_receipts_walk(struct kp_txn *txn, kp_receipts_each *each, void *context,
                                struct kp_error *error)
{
    struct kp_cursor *cursor = NULL;
    const uint8_t start[KEY_BYTES] = {0};
    bool end = false;
    enum kp_status status =
        kp_cursor_open(txn, KP_NODE_RECEIPTS, start, sizeof(start), &cursor, error);
    while (status == KP_OK && !end) {
        const uint8_t *key, *value;
        size_t key_size, value_size;
        struct kp_receipts header = {0};
        status = kp_cursor_next(cursor, &key, &key_size, &value, &value_size, &end, error);
        if (status != KP_OK || end || key_size != KEY_BYTES ||
            kp_get_number(key + KP_ATTEMPT_BYTES, 4) != 0) {
            continue;
        }
        status = read_header(&header, key, value, value_size, error);
        if (status == KP_OK) {
            each(context, &header);
        }
        kp_receipts_free(&header);
    }
    kp_cursor_close(cursor);
    return status;
}

struct oldest {
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint64_t time;
    uint32_t pieces;
    uint32_t count; /* of attempts */
};

static void find_oldest(void *context, const struct kp_receipts *header)
{
    struct oldest *oldest = context;
    oldest->count++;
    if (header->time < oldest->time) {
        oldest->time = header->time;
        oldest->pieces = header->pieces;
        memcpy(oldest->attempt, header->attempt, KP_ATTEMPT_BYTES);
    }
}

static enum kp_status prune(struct kp_txn *txn, struct kp_error *error)
{
    struct oldest oldest = {.time = UINT64_MAX};
    enum kp_status status = kp_receipts_walk(txn, find_oldest, &oldest, error);
    if (status != KP_OK || oldest.count <= KP_RECEIPTS_MAX || oldest.time == UINT64_MAX) {
        return status;
    }
    for (uint32_t number = 0; status == KP_OK && number <= oldest.pieces; number++) {
        uint8_t key[KEY_BYTES];
        make_key(key, oldest.attempt, number);
        status = kp_store_delete(txn, KP_NODE_RECEIPTS, key, sizeof(key), error);
    }
    return status;
}

enum kp_status kp_receipts_save(struct kp_txn *txn, struct kp_receipts *receipts,
                                struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    uint32_t pieces = receipts->pieces;
    enum kp_status status = KP_OK;
    if (receipts->digests.size > receipts->saved) {
        make_key(key, receipts->attempt, ++pieces);
        status = kp_store_put(txn, KP_NODE_RECEIPTS, key, sizeof(key),
                              receipts->digests.data + receipts->saved,
                              receipts->digests.size - receipts->saved, error);
    }
    if (status == KP_OK) {
        status = put_header(txn, receipts, pieces, error);
    }
    if (status == KP_OK && receipts->pieces == 0) { /* it is a new one */
        status = prune(txn, error);
    }
    if (status == KP_OK) {
        receipts->saved = receipts->digests.size;
        receipts->pieces = pieces;
    }
    return status;
}
