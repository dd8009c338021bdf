#include "node/evidence_store.h"

#include "crypto/secret.h"
#include "node/database.h"
#include "node/quota.h"
#include "proto/numbers.h"
#include "proto/transcript.h"

#include <inttypes.h>
#include <string.h>

#define COUNTER_BYTES 4
#define KEY_BYTES (COUNTER_BYTES + KP_EVIDENCE_KEY_BYTES)

static void make_key(uint8_t key[static KEY_BYTES], uint64_t counter, enum kp_export_item_kind kind,
                     uint32_t member, uint32_t part)
{
    kp_evidence_key(kp_put_number(key, counter, COUNTER_BYTES), kind, member, part);
}

/* What is being written, and of which round. */
struct keeper {
    struct kp_txn *txn;
    const struct kp_agreement *agreement;
    uint64_t counter;
    struct kp_error *error;
};

static enum kp_status put(const struct keeper *keeper, enum kp_export_item_kind kind,
                          uint32_t member, uint32_t part, const uint8_t *bytes, size_t size)
{
    uint8_t key[KEY_BYTES];
    make_key(key, keeper->counter, kind, member, part);
    return kp_store_put(keeper->txn, KP_NODE_EVIDENCE, key, sizeof(key), bytes, size,
                        keeper->error);
}

static enum kp_status keep(void *context, enum kp_export_item_kind kind, uint32_t member,
                           uint32_t part, const struct kp_buffer *content, struct kp_error *error)
{
    const struct keeper *keeper = context;
    (void)error; /* the same as the keeper's */
    return put(keeper, kind, member, part, content->data, content->size);
}

/* ---- lists ---- */

/* Places that differ from the list before, an item for each KP_EVIDENCE_PLACES of them. */
struct before {
    struct kp_buffer content;
    uint32_t places; /* in content */
    uint32_t part;
};

static enum kp_status flush(const struct keeper *keeper, uint32_t member, struct before *before)
{
    enum kp_status status = put(keeper, KP_EXPORT_LIST_BEFORE, member, before->part++,
                                before->content.data, before->content.size);
    before->places = 0;
    return status == KP_OK ? kp_evidence_before_begin(&before->content, keeper->error) : status;
}

static enum kp_status compare_chunk(const struct keeper *keeper, uint32_t member, uint32_t first,
                                    const uint8_t *now, const struct kp_buffer *then,
                                    struct before *before)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < then->size / KP_POINT_BYTES; i++) {
        const uint8_t *was = then->data + (size_t)i * KP_POINT_BYTES;
        if (memcmp(was, now + (size_t)i * KP_POINT_BYTES, KP_POINT_BYTES) == 0) {
            continue;
        }
        if (before->places == KP_EVIDENCE_PLACES) {
            status = flush(keeper, member, before);
        }
        if (status == KP_OK) {
            before->places++;
            status = kp_evidence_before_add(&before->content, first + i, was, keeper->error);
        }
    }
    return status;
}

/* *known is false when the list of the counter before isn't kept whole. */
static enum kp_status compare(const struct keeper *keeper, uint32_t member, const uint8_t *points,
                              uint32_t count, struct before *before, bool *known)
{
    struct kp_buffer then = {0};
    enum kp_status status = KP_OK;
    *known = true;
    for (uint32_t part = 0;
         status == KP_OK && *known && part < kp_chunk_count(count, KP_CHUNK_POINTS); part++) {
        uint8_t key[KEY_BYTES];
        size_t size = (size_t)kp_chunk_items(count, KP_CHUNK_POINTS, part) * KP_POINT_BYTES;
        make_key(key, keeper->counter - 1, KP_EXPORT_LIST, member, part);
        status = kp_store_get(keeper->txn, KP_NODE_EVIDENCE, key, sizeof(key), &then, known,
                              keeper->error);
        *known = *known && then.size == size;
        if (status == KP_OK && *known) {
            uint32_t first = part * KP_CHUNK_POINTS;
            status = compare_chunk(keeper, member, first, points + (size_t)first * KP_POINT_BYTES,
                                   &then, before);
        }
    }
    kp_buffer_free(&then);
    return status;
}

static enum kp_status keep_before(const struct keeper *keeper, uint32_t member,
                                  const uint8_t *points, uint32_t count)
{
    struct before before = {0};
    bool known = true;
    enum kp_status status = kp_evidence_before_begin(&before.content, keeper->error);
    if (status == KP_OK) {
        status = compare(keeper, member, points, count, &before, &known);
    }
    if (status == KP_OK && !known) { /* then nothing differed, for nothing was compared */
        status = kp_evidence_before_unknown(&before.content, keeper->error);
    }
    if (status == KP_OK && (before.places > 0 || before.part == 0)) {
        status = put(keeper, KP_EXPORT_LIST_BEFORE, member, before.part, before.content.data,
                     before.content.size);
    }
    kp_buffer_free(&before.content);
    return status;
}

static enum kp_status keep_list(const struct keeper *keeper, uint32_t member)
{
    uint32_t count = kp_agreement_member_slots(keeper->agreement, member);
    uint8_t *points = NULL;
    if (count == 0) {
        return KP_OK;
    }
    enum kp_status status =
        kp_quota_points(keeper->txn, keeper->agreement, member, false, &points, keeper->error);
    for (uint32_t part = 0; status == KP_OK && part < kp_chunk_count(count, KP_CHUNK_POINTS);
         part++) {
        status = put(keeper, KP_EXPORT_LIST, member, part,
                     points + (size_t)part * KP_CHUNK_POINTS * KP_POINT_BYTES,
                     (size_t)kp_chunk_items(count, KP_CHUNK_POINTS, part) * KP_POINT_BYTES);
    }
    if (status == KP_OK && keeper->counter > 1) {
        status = keep_before(keeper, member, points, count);
    }
    kp_bulk_free(points);
    return status;
}

/* ---- a round ---- */

enum kp_status kp_evidence_save(struct kp_txn *txn, const struct kp_agreement *agreement,
                                uint32_t own, uint64_t counter, const struct kp_buffer *start,
                                const struct kp_round *round, struct kp_error *error)
{
    struct keeper keeper = {txn, agreement, counter, error};
    (void)own;
    enum kp_status status = kp_evidence_drop(txn, counter, error);
    if (status == KP_OK) {
        status = put(&keeper, KP_EXPORT_START, 0, 0, start->data, start->size);
    }
    if (status == KP_OK) {
        status = kp_round_evidence(round, keep, &keeper, error);
    }
    for (uint32_t member = 1; status == KP_OK && member <= agreement->member_count; member++) {
        status = keep_list(&keeper, member);
    }
    return status == KP_OK ? KP_OK : kp_fail_in(error, "keeping the evidence of a round");
}

static enum kp_status is_kept(struct kp_txn *txn, uint64_t counter, enum kp_export_item_kind kind,
                              uint32_t member, bool *kept, struct kp_error *error)
{
    struct kp_buffer value = {0};
    uint8_t key[KEY_BYTES];
    make_key(key, counter, kind, member, 0);
    enum kp_status status =
        kp_store_get(txn, KP_NODE_EVIDENCE, key, sizeof(key), &value, kept, error);
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_evidence_released(struct kp_txn *txn, const struct kp_agreement *agreement,
                                    uint64_t counter, const struct kp_buffer *ready,
                                    struct kp_error *error)
{
    struct keeper keeper = {txn, agreement, counter, error};
    bool kept = false;
    enum kp_status status = is_kept(txn, counter, KP_EXPORT_START, 0, &kept, error);
    for (uint32_t i = 0; status == KP_OK && kept && i < agreement->member_count; i++) {
        status = put(&keeper, KP_EXPORT_READY, i + 1, 0, ready[i].data, ready[i].size);
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

enum kp_status kp_evidence_drop(struct kp_txn *txn, uint64_t counter, struct kp_error *error)
{
    uint8_t from[COUNTER_BYTES], key[KEY_BYTES];
    (void)kp_put_number(from, counter, COUNTER_BYTES);
    for (;;) {
        bool end = false;
        enum kp_status status = first_key(txn, from, sizeof(from), key, &end, error);
        if (status != KP_OK || end || memcmp(key, from, sizeof(from)) != 0) {
            return status;
        }
        status = kp_store_delete(txn, KP_NODE_EVIDENCE, key, sizeof(key), error);
        if (status != KP_OK) {
            return status;
        }
    }
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
    make_key(key, counter, kind, member, part);
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
