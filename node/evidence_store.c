#include "node/evidence_store.h"

#include "node/database.h"
#include "proto/numbers.h"

#include <inttypes.h>
#include <string.h>

#define COUNTER_BYTES 4
#define KEY_BYTES KP_EVIDENCE_STORE_KEY_BYTES

void kp_evidence_store_key(uint8_t key[static KP_EVIDENCE_STORE_KEY_BYTES], uint64_t counter,
                           enum kp_export_item_kind kind, uint32_t member, uint32_t part)
{
    kp_evidence_key(kp_put_number(key, counter, COUNTER_BYTES), kind, member, part);
}

static enum kp_status is_kept(struct kp_txn *txn, uint64_t counter, enum kp_export_item_kind kind,
                              uint32_t member, bool *kept, struct kp_error *error)
{
    struct kp_buffer value = {0};
    uint8_t key[KEY_BYTES];
    kp_evidence_store_key(key, counter, kind, member, 0);
    enum kp_status status =
        kp_store_get(txn, KP_NODE_EVIDENCE, key, sizeof(key), &value, kept, error);
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_evidence_released(struct kp_txn *txn, const struct kp_agreement *agreement,
                                    uint64_t counter, const struct kp_buffer *ready,
                                    struct kp_error *error)
{
    bool kept = false;
    enum kp_status status = is_kept(txn, counter, KP_EXPORT_START, 0, &kept, error);
    for (uint32_t i = 0; status == KP_OK && kept && i < agreement->member_count; i++) {
        uint8_t key[KEY_BYTES];
        kp_evidence_store_key(key, counter, KP_EXPORT_READY, i + 1, 0);
        status = kp_store_put(txn, KP_NODE_EVIDENCE, key, sizeof(key), ready[i].data, ready[i].size,
                              error);
    }
    return status;
}

/* The key of the first record at or after `from`; *end: there is none. */
static enum kp_status first_key(struct kp_txn *txn, const uint8_t *from, size_t from_size,
                                uint8_t key[static KEY_BYTES], bool *end, struct kp_error *error)
{
    struct kp_cursor *cursor = NULL;
    const uint8_t *found = NULL, *value = NULL;
    size_t size = 0, value_size = 0;
    enum kp_status status = kp_cursor_open(txn, KP_NODE_EVIDENCE, from, from_size, &cursor, error);
    if (status == KP_OK) {
        status = kp_cursor_next(cursor, &found, &size, &value, &value_size, end, error);
    }
    if (status == KP_OK && !*end && size != KEY_BYTES) {
        status = kp_fail(error, KP_REFUSED, "the evidence of a round in the database is damaged");
    }
    if (status == KP_OK && !*end) {
        memcpy(key, found, KEY_BYTES);
    }
    kp_cursor_close(cursor);
    return status;
}

enum kp_status kp_evidence_any(struct kp_txn *txn, uint64_t counter, bool *any,
                               struct kp_error *error)
{
    uint8_t from[COUNTER_BYTES], key[KEY_BYTES];
    bool end = false;
    (void)kp_put_number(from, counter, COUNTER_BYTES);
    enum kp_status status = first_key(txn, from, sizeof(from), key, &end, error);
    *any = status == KP_OK && !end && memcmp(key, from, sizeof(from)) == 0;
    return status;
}

enum kp_status kp_evidence_drop(struct kp_txn *txn, uint64_t counter, struct kp_error *error)
{
    uint8_t from[COUNTER_BYTES];
    (void)kp_put_number(from, counter, COUNTER_BYTES);
    return kp_store_delete_prefix(txn, KP_NODE_EVIDENCE, from, sizeof(from), error);
}

enum kp_status kp_evidence_drop_all(struct kp_txn *txn, uint64_t *rounds, struct kp_error *error)
{
    uint8_t from[COUNTER_BYTES] = {0}, key[KEY_BYTES];
    for (*rounds = 0;;) {
        bool end = false;
        enum kp_status status = first_key(txn, from, sizeof(from), key, &end, error);
        if (status != KP_OK || end) {
            return status == KP_OK ? kp_store_clear(txn, KP_NODE_EVIDENCE, error) : status;
        }
        ++*rounds;
        (void)kp_put_number(from, kp_get_number(key, COUNTER_BYTES) + 1, COUNTER_BYTES);
    }
}

/* ---- pages ---- */

/* `after` and `next` are keys behind the counter, read as numbers: none is 0. */
static uint64_t number_of(const uint8_t key[static KEY_BYTES])
{
    return kp_get_number(key + COUNTER_BYTES, KP_EVIDENCE_KEY_BYTES);
}

enum kp_status kp_evidence_get(struct kp_txn *txn, uint64_t counter, enum kp_export_item_kind kind,
                               uint32_t member, uint32_t part, struct kp_buffer *content,
                               bool *found, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    kp_evidence_store_key(key, counter, kind, member, part);
    return kp_store_get(txn, KP_NODE_EVIDENCE, key, sizeof(key), content, found, error);
}

static enum kp_status add_item(const uint8_t *key, const uint8_t *value, size_t value_size,
                               struct kp_export_page *page, struct kp_error *error)
{
    struct kp_export_item item = {0};
    enum kp_status status =
        kp_evidence_key_read(key + COUNTER_BYTES, KP_EVIDENCE_KEY_BYTES, &item, error);
    if (status == KP_OK && kp_buffer_set(&item.content, value, value_size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for an export");
    }
    if (status == KP_OK) {
        status = kp_export_page_add(page, &item, error);
    }
    if (status == KP_OK) {
        page->next = number_of(key);
    }
    kp_export_item_free(&item);
    return status;
}

/* From the first key on that is larger than `after`. Counts all when it begins at the beginning. */
static enum kp_status fill(struct kp_txn *txn, uint64_t counter, uint64_t after,
                           struct kp_export_page *page, struct kp_error *error)
{
    struct kp_cursor *cursor = NULL;
    uint8_t from[KEY_BYTES];
    bool end = false, full = false;
    (void)kp_put_number(kp_put_number(from, counter, COUNTER_BYTES), after + 1,
                        KP_EVIDENCE_KEY_BYTES);
    page->header.items = 0;
    enum kp_status status =
        kp_cursor_open(txn, KP_NODE_EVIDENCE, from, sizeof(from), &cursor, error);
    while (status == KP_OK) {
        const uint8_t *key = NULL, *value = NULL;
        size_t size = 0, value_size = 0;
        status = kp_cursor_next(cursor, &key, &size, &value, &value_size, &end, error);
        if (status == KP_OK && !end && size != KEY_BYTES) {
            status = kp_fail(error, KP_REFUSED, "the evidence in the database is damaged");
        }
        end = status != KP_OK || end || memcmp(key, from, COUNTER_BYTES) != 0;
        if (end) {
            break;
        }
        page->header.items++;
        full = full || !kp_export_page_has_room(page, value_size);
        if (!full) {
            status = add_item(key, value, value_size, page, error);
        } else if (after > 0) {
            break; /* only the first page counts */
        }
    }
    kp_cursor_close(cursor);
    if (!full) {
        page->next = 0;
    }
    return status;
}

enum kp_status kp_evidence_page(struct kp_txn *txn, const struct kp_agreement *agreement,
                                uint64_t counter, uint64_t after, struct kp_export_page *page,
                                struct kp_error *error)
{
    bool kept = false;
    enum kp_status status =
        is_kept(txn, counter, KP_EXPORT_READY, agreement->member_count, &kept, error);
    if (status == KP_OK && !kept) {
        status = kp_fail(error, KP_REFUSED,
                         "nothing is kept of round %" PRIu64
                         ": it wasn't released, or its retention is over",
                         counter);
    }
    if (status == KP_OK && after >= (uint64_t)1 << (8 * KP_EVIDENCE_KEY_BYTES)) {
        status = kp_fail(error, KP_REFUSED, "not where a page of a round can begin");
    }
    if (status != KP_OK) {
        return status;
    }
    page->header.kind = KP_EXPORT_ROUND;
    page->header.counter = counter;
    memcpy(page->header.lineage, agreement->lineage, KP_DIGEST_BYTES);
    return fill(txn, counter, after, page, error);
}
