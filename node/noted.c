#include "node/noted.h"

#include "crypto/merkle.h"
#include "node/database.h"
#include "proto/numbers.h"

#include <stdlib.h>
#include <string.h>

/* Key: the entry's number, 8 bytes BE. Value: version (1), event (1), the digests. */
#define VERSION 1u
#define KEY_BYTES 8
#define HEAD_BYTES 2

static enum kp_status keep(struct kp_txn *txn, uint64_t sequence, enum kp_audit_event event,
                           const struct kp_buffer *digests, struct kp_error *error)
{
    const uint8_t head[HEAD_BYTES] = {VERSION, (uint8_t)event};
    uint8_t key[KEY_BYTES];
    struct kp_buffer value = {0};
    (void)kp_put_number(key, sequence, sizeof(key));
    enum kp_status status = KP_OK;
    if (kp_buffer_set(&value, head, sizeof(head)) != KP_OK ||
        kp_buffer_append(&value, digests->data, digests->size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for the digests of signals");
    }
    if (status == KP_OK) {
        status = kp_store_put(txn, KP_NODE_NOTED, key, sizeof(key), value.data, value.size, error);
    }
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_noted_append(struct kp_txn *txn, const struct kp_audit_signer *signer,
                               enum kp_audit_event event, const struct kp_buffer *digests,
                               struct kp_error *error)
{
    uint8_t root[KP_DIGEST_BYTES];
    struct kp_audit_note note = {.event = event, .count = digests->size / KP_DIGEST_BYTES};
    struct kp_audit_head head = {0};
    if (note.count > 0) {
        kp_merkle_root(root, digests->data, (size_t)note.count);
        note.digest = root;
    }
    enum kp_status status = kp_audit_append(txn, signer, &note, error);
    if (status == KP_OK && note.count > 0) {
        status = kp_audit_head_get(txn, signer, &head, error);
    }
    if (status == KP_OK && note.count > 0) {
        status = keep(txn, head.sequence, event, digests, error);
    }
    return status;
}

/* The digests in an entry with this event; 0: it is another one. */
static size_t digests_in(const uint8_t *value, size_t size, enum kp_audit_event event)
{
    return size <= HEAD_BYTES || value[0] != VERSION || value[1] != (uint8_t)event
               ? 0
               : (size - HEAD_BYTES) / KP_DIGEST_BYTES;
}

static bool prove(const uint8_t *value, size_t count, size_t index, struct kp_noted_proof *proof)
{
    if (index >= count || kp_merkle_path_length(index, count) > KP_NOTED_PATH_MAX) {
        return false;
    }
    proof->index = (uint32_t)index;
    proof->count = (uint32_t)count;
    proof->path_size = (uint32_t)(kp_merkle_path_length(index, count) * KP_DIGEST_BYTES);
    kp_merkle_path(proof->path, value + HEAD_BYTES, count, index);
    return true;
}

struct finding {
    struct kp_noted_query *queries;
    size_t count, left;
};

static int compare(const struct kp_noted_query *query, enum kp_audit_event event,
                   const uint8_t *digest)
{
    return query->event != event ? (query->event < event ? -1 : 1)
                                 : memcmp(query->digest, digest, KP_DIGEST_BYTES);
}

static int compare_queries(const void *left, const void *right)
{
    const struct kp_noted_query *other = right;
    return compare(left, other->event, other->digest);
}

/* The first one that isn't before it. */
static size_t query_of(const struct kp_noted_query *queries, size_t count,
                       enum kp_audit_event event, const uint8_t *digest)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&queries[middle], event, digest) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void find_in(struct finding *finding, uint64_t sequence, const uint8_t *value, size_t size)
{
    enum kp_audit_event event = size > HEAD_BYTES ? (enum kp_audit_event)value[1] : 0;
    size_t count = digests_in(value, size, event);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *digest = value + HEAD_BYTES + i * KP_DIGEST_BYTES;
        size_t place = query_of(finding->queries, finding->count, event, digest);
        for (; place < finding->count && compare(&finding->queries[place], event, digest) == 0;
             place++) {
            struct kp_noted_query *query = &finding->queries[place];
            if (!query->found && prove(value, count, i, &query->proof)) {
                query->found = true;
                query->proof.sequence = sequence;
                finding->left--;
            }
        }
    }
}

enum kp_status kp_noted_find_all(struct kp_txn *txn, struct kp_noted_query *queries, size_t count,
                                 struct kp_error *error)
{
    struct finding finding = {queries, count, count};
    if (count == 0) {
        return KP_OK;
    }
    for (size_t i = 0; i < count; i++) {
        queries[i].found = false;
    }
    qsort(queries, count, sizeof(queries[0]), compare_queries);
    struct kp_cursor *cursor = NULL;
    bool end = false;
    enum kp_status status = kp_cursor_open(txn, KP_NODE_NOTED, NULL, 0, &cursor, error);
    while (status == KP_OK && !end && finding.left > 0) {
        const uint8_t *key = NULL, *value = NULL;
        size_t key_size = 0, value_size = 0;
        status = kp_cursor_next(cursor, &key, &key_size, &value, &value_size, &end, error);
        if (status == KP_OK && !end && key_size == KEY_BYTES) {
            find_in(&finding, kp_get_number(key, KEY_BYTES), value, value_size);
        }
    }
    kp_cursor_close(cursor);
    return status;
}

const struct kp_noted_proof *kp_noted_answer(const struct kp_noted_query *queries, size_t count,
                                             enum kp_audit_event event,
                                             const uint8_t digest[static KP_DIGEST_BYTES])
{
    size_t place = query_of(queries, count, event, digest);
    return place < count && compare(&queries[place], event, digest) == 0 && queries[place].found
               ? &queries[place].proof
               : NULL;
}
