#include "coordinator/results.h"

#include "coordinator/database.h"
#include "coordinator/page.h"
#include "proto/numbers.h"
#include "proto/transcript.h"

#include <string.h>

#define ITEMS_AT_ONCE 2048u /* whose pages are in memory until they are written */

void kp_result_key_pack(uint8_t packed[static KP_RESULT_KEY_BYTES], const struct kp_result_key *key)
{
    uint8_t *at = kp_put_number(packed, key->round, 4);
    at = kp_put_number(at, (uint64_t)key->kind, 1);
    at = kp_put_number(at, key->member, 1);
    (void)kp_put_number(at, key->index, 4);
}

enum kp_status kp_result_key_unpack(struct kp_result_key *key, const uint8_t *packed, size_t size,
                                    struct kp_error *error)
{
    if (size != KP_RESULT_KEY_BYTES || packed[4] > KP_RESULT_SIGNED || packed[5] > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "not the key of a result");
    }
    key->round = (uint32_t)kp_get_number(packed, 4);
    key->kind = (enum kp_result_kind)packed[4];
    key->member = packed[5];
    key->index = (uint32_t)kp_get_number(packed + 6, 4);
    return KP_OK;
}

enum kp_status kp_results_clear(struct kp_store *store, uint32_t round, struct kp_txn **txn,
                                struct kp_error *error)
{
    uint8_t prefix[4];
    bool more = true;
    enum kp_status status = KP_OK;
    (void)kp_put_number(prefix, round, sizeof(prefix));
    while (status == KP_OK && more) {
        status = kp_store_begin(store, true, txn, error);
        if (status == KP_OK) {
            status = kp_store_delete_some(*txn, KP_COORDINATOR_RESULTS, prefix, sizeof(prefix),
                                          ITEMS_AT_ONCE, &more, error);
        }
        if (status != KP_OK) {
            kp_store_abort(*txn);
            *txn = NULL;
        } else if (more) {
            status = kp_store_commit(*txn, error);
            *txn = NULL;
        }
    }
    return status;
}

static enum kp_status put(struct kp_txn *txn, const struct kp_result_key *key, const void *value,
                          size_t size, struct kp_error *error)
{
    uint8_t packed[KP_RESULT_KEY_BYTES];
    kp_result_key_pack(packed, key);
    return kp_store_put(txn, KP_COORDINATOR_RESULTS, packed, sizeof(packed), value, size, error);
}

static enum kp_status add(struct kp_txn *txn, struct kp_results_writer *writer,
                          const struct kp_result_key *key, const void *value, size_t size,
                          struct kp_error *error)
{
    uint8_t packed[KP_RESULT_KEY_BYTES], leaf[KP_DIGEST_BYTES];
    kp_result_key_pack(packed, key);
    kp_transcript_result_item(leaf, packed, sizeof(packed), value, size);
    kp_merkle_stream_add(&writer->items, leaf);
    return put(txn, key, value, size, error);
}

enum kp_status kp_results_begin(struct kp_store *store, struct kp_results_writer *writer,
                                uint32_t round, const struct kp_result_transcript *transcript,
                                struct kp_error *error)
{
    writer->round = round;
    kp_merkle_stream_start(&writer->items);
    struct kp_txn *txn = NULL;
    struct kp_buffer value = {0};
    struct kp_result_key key = {.round = round, .kind = KP_RESULT_TRANSCRIPT};
    enum kp_status status = kp_results_clear(store, round, &txn, error);
    if (status == KP_OK) {
        status = kp_result_transcript_pack(transcript, &value, error);
    }
    if (status == KP_OK) {
        status = add(txn, writer, &key, value.data, value.size, error);
    }
    kp_buffer_free(&value);
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

enum kp_status kp_results_add_leaves(struct kp_txn *txn, struct kp_results_writer *writer,
                                     uint32_t member, uint32_t part, const uint8_t *digests,
                                     uint32_t count, struct kp_error *error)
{
    const struct kp_result_key key = {
        .round = writer->round, .kind = KP_RESULT_LEAVES, .member = member, .index = part};
    return add(txn, writer, &key, digests, (size_t)count * KP_DIGEST_BYTES, error);
}

enum kp_status kp_results_add_group(struct kp_txn *txn, struct kp_results_writer *writer,
                                    uint32_t index, const struct kp_buffer *packed,
                                    struct kp_error *error)
{
    const struct kp_result_key key = {
        .round = writer->round, .kind = KP_RESULT_GROUP, .index = index};
    return add(txn, writer, &key, packed->data, packed->size, error);
}

enum kp_status kp_results_add_phase_list(struct kp_txn *txn, struct kp_results_writer *writer,
                                         enum kp_phase phase, const struct kp_buffer *packed,
                                         struct kp_error *error)
{
    const struct kp_result_key key = {
        .round = writer->round, .kind = KP_RESULT_PHASE_LIST, .index = (uint32_t)phase};
    return add(txn, writer, &key, packed->data, packed->size, error);
}

enum kp_status kp_results_finish(struct kp_txn *txn, struct kp_results_writer *writer,
                                 const struct kp_buffer *packed, struct kp_error *error)
{
    const struct kp_result_key key = {.round = writer->round, .kind = KP_RESULT_SIGNED};
    return put(txn, &key, packed->data, packed->size, error);
}

enum kp_status kp_results_page(struct kp_txn *txn, uint32_t round, const uint8_t *after,
                               size_t after_size, struct kp_batch *items, bool *end,
                               struct kp_error *error)
{
    uint8_t start[KP_RESULT_KEY_MAX] = {0};
    size_t start_size = after_size;
    struct kp_cursor *cursor = NULL;
    if (after_size > 0) {
        struct kp_result_key key;
        if (kp_result_key_unpack(&key, after, after_size, error) != KP_OK || key.round != round) {
            return kp_fail(error, KP_REFUSED, "a results key of another round");
        }
        memcpy(start, after, after_size);
    } else {
        (void)kp_put_number(start, round, 4);
        start_size = 4;
    }
    enum kp_status status =
        kp_cursor_open(txn, KP_COORDINATOR_RESULTS, start, start_size, &cursor, error);
    if (status == KP_OK) {
        status =
            kp_page_fill(cursor, KP_RESULT_KEY_BYTES, round, after, after_size, items, end, error);
    }
    kp_cursor_close(cursor);
    return status;
}
