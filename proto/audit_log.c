#include "proto/audit_log.h"

#include "proto/loop.h"
#include "proto/numbers.h"

#include <inttypes.h>
#include <string.h>

/* The table. Key: lineage -> the head: version 1, sequence 8 BE, hash, number of entries 8 BE; and
 * lineage, sequence 8 BE -> a packed entry. */
#define HEAD_VERSION 1u
#define HEAD_BYTES (1 + 8 + KP_DIGEST_BYTES + 8)
#define KEY_BYTES (KP_DIGEST_BYTES + 8)

static void make_key(uint8_t key[static KEY_BYTES], const struct kp_audit_signer *signer,
                     uint64_t sequence)
{
    memcpy(key, signer->lineage, KP_DIGEST_BYTES);
    (void)kp_put_number(key + KP_DIGEST_BYTES, sequence, 8);
}

/* ---- The head, and how many entries there are: put and get ---- */

static enum kp_status put_head(struct kp_txn *txn, const struct kp_audit_signer *signer,
                               const struct kp_audit_head *head, uint64_t count,
                               struct kp_error *error)
{
    uint8_t value[HEAD_BYTES];
    uint8_t *at = kp_put_number(value, HEAD_VERSION, 1);
    at = kp_put_number(at, head->sequence, 8);
    memcpy(at, head->hash, KP_DIGEST_BYTES);
    (void)kp_put_number(at + KP_DIGEST_BYTES, count, 8);
    return kp_store_put(txn, signer->table, signer->lineage, KP_DIGEST_BYTES, value, sizeof(value),
                        error);
}

static enum kp_status get_head(struct kp_txn *txn, const struct kp_audit_signer *signer,
                               struct kp_audit_head *head, uint64_t *count, struct kp_error *error)
{
    struct kp_buffer value = {0};
    bool found = false;
    memset(head, 0, sizeof(*head));
    *count = 0;
    enum kp_status status =
        kp_store_get(txn, signer->table, signer->lineage, KP_DIGEST_BYTES, &value, &found, error);
    if (status == KP_OK && found && (value.size != HEAD_BYTES || value.data[0] != HEAD_VERSION)) {
        status = kp_fail(error, KP_REFUSED, "the log's head is of another version of Kruispunt");
    } else if (status == KP_OK && found) {
        head->sequence = kp_get_number(value.data + 1, 8);
        memcpy(head->hash, value.data + 1 + 8, KP_DIGEST_BYTES);
        *count = kp_get_number(value.data + 1 + 8 + KP_DIGEST_BYTES, 8);
    }
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_audit_head_get(struct kp_txn *txn, const struct kp_audit_signer *signer,
                                 struct kp_audit_head *head, struct kp_error *error)
{
    uint64_t count;
    return get_head(txn, signer, head, &count, error);
}

enum kp_status kp_audit_count(struct kp_txn *txn, const struct kp_audit_signer *signer,
                              uint64_t *count, struct kp_error *error)
{
    struct kp_audit_head head;
    return get_head(txn, signer, &head, count, error);
}

/* ---- Writing ---- */

/* The entry has its place and content, behind `count` others; the head follows it. */
static enum kp_status put_entry(struct kp_txn *txn, const struct kp_audit_signer *signer,
                                struct kp_audit_entry *entry, uint64_t count,
                                struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    struct kp_buffer packed = {0};
    struct kp_audit_head head = {.sequence = entry->sequence};
    entry->party = signer->party;
    memcpy(entry->lineage, signer->lineage, KP_DIGEST_BYTES);
    entry->time = kp_clock_now();
    enum kp_status status = kp_audit_entry_sign(entry, signer->identity_secret, head.hash);
    if (status != KP_OK) {
        return kp_fail(error, status, "no memory for a log entry");
    }
    make_key(key, signer, entry->sequence);
    status = kp_audit_entry_pack(entry, &packed, error);
    if (status == KP_OK) {
        status =
            kp_store_put(txn, signer->table, key, sizeof(key), packed.data, packed.size, error);
    }
    if (status == KP_OK) {
        status = put_head(txn, signer, &head, count + 1, error);
    }
    kp_buffer_free(&packed);
    return status == KP_OK ? KP_OK : kp_fail_in(error, "the log can't be written");
}

enum kp_status kp_audit_append(struct kp_txn *txn, const struct kp_audit_signer *signer,
                               const struct kp_audit_note *note, struct kp_error *error)
{
    struct kp_audit_head head;
    uint64_t count;
    enum kp_status status = get_head(txn, signer, &head, &count, error);
    if (status != KP_OK) {
        return status;
    }
    struct kp_audit_entry entry = {.sequence = head.sequence + 1,
                                   .event = note->event,
                                   .counter = note->counter,
                                   .has_attempt = note->attempt != NULL,
                                   .member = note->member,
                                   .count = note->count,
                                   .has_digest = note->digest != NULL,
                                   .reason = note->reason};
    memcpy(entry.previous, head.hash, KP_DIGEST_BYTES);
    if (entry.has_attempt) {
        memcpy(entry.attempt, note->attempt, KP_ATTEMPT_BYTES);
    }
    if (entry.has_digest) {
        memcpy(entry.digest, note->digest, KP_DIGEST_BYTES);
    }
    return put_entry(txn, signer, &entry, count, error);
}

enum kp_status kp_audit_write(struct kp_store *store, const struct kp_audit_signer *signer,
                              const struct kp_audit_note *note, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_audit_append(txn, signer, note, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

/* Whether the log has this entry. */
static enum kp_status has_entry(struct kp_txn *txn, const struct kp_audit_signer *signer,
                                const struct kp_audit_head *seen, bool *has, struct kp_error *error)
{
    uint8_t key[KEY_BYTES], hash[KP_DIGEST_BYTES];
    struct kp_buffer packed = {0};
    struct kp_audit_entry entry;
    make_key(key, signer, seen->sequence);
    enum kp_status status = kp_store_get(txn, signer->table, key, sizeof(key), &packed, has, error);
    if (status == KP_OK && *has) {
        status = kp_audit_entry_unpack(&entry, packed.data, packed.size, error);
    }
    if (status == KP_OK && *has && kp_audit_entry_hash(hash, &entry) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a log entry");
    }
    *has = *has && status == KP_OK && memcmp(hash, seen->hash, KP_DIGEST_BYTES) == 0;
    kp_buffer_free(&packed);
    return status;
}

enum kp_status kp_audit_restore(struct kp_txn *txn, const struct kp_audit_signer *signer,
                                const struct kp_audit_head *seen, struct kp_error *error)
{
    struct kp_audit_head own;
    uint64_t count;
    bool has = seen->sequence == 0;
    enum kp_status status = get_head(txn, signer, &own, &count, error);
    if (status == KP_OK && !has) {
        status = has_entry(txn, signer, seen, &has, error);
    }
    if (status == KP_OK && has) {
        status = kp_fail(error, KP_REFUSED, "the log has what was seen of it");
    }
    if (status != KP_OK) {
        return status;
    }
    uint64_t last = seen->sequence > own.sequence ? seen->sequence : own.sequence;
    struct kp_audit_entry entry = {.sequence = last + 1,
                                   .event = KP_AUDIT_LOG_RESTORED,
                                   .count = own.sequence,
                                   .has_digest = own.sequence > 0};
    memcpy(entry.previous, seen->hash, KP_DIGEST_BYTES);
    memcpy(entry.digest, own.hash, KP_DIGEST_BYTES);
    return put_entry(txn, signer, &entry, count, error);
}

/* ---- Reading ---- */

static enum kp_status fill_page(struct kp_cursor *cursor, const struct kp_audit_signer *signer,
                                struct kp_batch *entries, struct kp_error *error)
{
    while (entries->count < KP_AUDIT_PAGE) {
        const uint8_t *key = NULL, *value = NULL;
        size_t key_size = 0, value_size = 0;
        bool end = false;
        enum kp_status status =
            kp_cursor_next(cursor, &key, &key_size, &value, &value_size, &end, error);
        if (status != KP_OK) {
            return status;
        }
        if (end || key_size != KEY_BYTES || memcmp(key, signer->lineage, KP_DIGEST_BYTES) != 0) {
            return KP_OK;
        }
        if (kp_batch_add(entries, value, value_size) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for a page of the log");
        }
    }
    return KP_OK;
}

enum kp_status kp_audit_page(struct kp_txn *txn, const struct kp_audit_signer *signer,
                             uint64_t from, struct kp_batch *entries, struct kp_error *error)
{
    uint8_t start[KEY_BYTES];
    struct kp_cursor *cursor = NULL;
    make_key(start, signer, from);
    enum kp_status status =
        kp_cursor_open(txn, signer->table, start, sizeof(start), &cursor, error);
    if (status == KP_OK) {
        status = fill_page(cursor, signer, entries, error);
    }
    kp_cursor_close(cursor);
    return status;
}
