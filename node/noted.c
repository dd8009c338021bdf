#include "node/noted.h"

#include "crypto/merkle.h"
#include "node/database.h"
#include "proto/numbers.h"

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

/* Where the digest stands among those of one entry; count: nowhere. */
static size_t place_of(const uint8_t *digests, size_t count, const uint8_t *digest)
{
    size_t i = 0;
    while (i < count && memcmp(digests + i * KP_DIGEST_BYTES, digest, KP_DIGEST_BYTES) != 0) {
        i++;
    }
    return i;
}

static bool look(const uint8_t *value, size_t size, enum kp_audit_event event,
                 const uint8_t *digest, struct kp_noted_proof *proof)
{
    if (size <= HEAD_BYTES || value[0] != VERSION || value[1] != (uint8_t)event) {
        return false;
    }
    const uint8_t *digests = value + HEAD_BYTES;
    size_t count = (size - HEAD_BYTES) / KP_DIGEST_BYTES;
    size_t index = place_of(digests, count, digest);
    if (index == count || kp_merkle_path_length(index, count) > KP_NOTED_PATH_MAX) {
        return false;
    }
    proof->index = (uint32_t)index;
    proof->count = (uint32_t)count;
    proof->path_size = (uint32_t)(kp_merkle_path_length(index, count) * KP_DIGEST_BYTES);
    kp_merkle_path(proof->path, digests, count, index);
    return true;
}

enum kp_status kp_noted_find(struct kp_txn *txn, enum kp_audit_event event,
                             const uint8_t digest[static KP_DIGEST_BYTES],
                             struct kp_noted_proof *proof, bool *found, struct kp_error *error)
{
    struct kp_cursor *cursor = NULL;
    bool end = false;
    *found = false;
    enum kp_status status = kp_cursor_open(txn, KP_NODE_NOTED, NULL, 0, &cursor, error);
    while (status == KP_OK && !end && !*found) {
        const uint8_t *key = NULL, *value = NULL;
        size_t key_size = 0, value_size = 0;
        status = kp_cursor_next(cursor, &key, &key_size, &value, &value_size, &end, error);
        if (status == KP_OK && !end && key_size == KEY_BYTES) {
            *found = look(value, value_size, event, digest, proof);
            proof->sequence = kp_get_number(key, KEY_BYTES);
        }
    }
    kp_cursor_close(cursor);
    return status;
}
