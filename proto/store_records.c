#include "proto/store_internal.h"

#include <stdlib.h>
#include <string.h>

enum kp_status kp_store_begin(struct kp_store *store, bool write, struct kp_txn **out,
                              struct kp_error *error)
{
    *out = NULL;
    if (store->txn != NULL || store->broken) {
        return kp_fail(error, KP_FAILED, "%s: %s", store->path,
                       store->broken ? "no longer usable; restart the program"
                                     : "a transaction is going on already");
    }
    enum kp_status status = write ? kp_store_grow_map(store, error) : KP_OK;
    if (status != KP_OK) {
        return status;
    }
    struct kp_txn *txn = calloc(1, sizeof(*txn));
    if (txn == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory", store->path);
    }
    int code = mdb_txn_begin(store->env, NULL, write ? 0 : MDB_RDONLY, &txn->txn);
    if (code != 0) {
        free(txn);
        return kp_store_lmdb_fail(store, code, "can't begin a transaction", error);
    }
    txn->store = store;
    txn->write = write;
    store->txn = txn;
    *out = txn;
    return KP_OK;
}

enum kp_status kp_store_commit(struct kp_txn *txn, struct kp_error *error)
{
    struct kp_store *store = txn->store;
    kp_store_detach_cursors(txn);
    int code = mdb_txn_commit(txn->txn);
    store->txn = NULL;
    free(txn);
    return code == 0 ? KP_OK : kp_store_lmdb_fail(store, code, "can't commit", error);
}

void kp_store_abort(struct kp_txn *txn)
{
    if (txn == NULL) {
        return;
    }
    kp_store_detach_cursors(txn);
    mdb_txn_abort(txn->txn);
    txn->store->txn = NULL;
    free(txn);
}

enum kp_status kp_store_check_call(const struct kp_txn *txn, size_t table, size_t key_size,
                                   bool writes, struct kp_error *error)
{
    const char *what = table >= txn->store->table_count               ? "no such table"
                       : key_size == 0 || key_size > KP_STORE_KEY_MAX ? "a key of impossible size"
                       : writes && !txn->write ? "a change in a transaction that only reads"
                                               : NULL;
    return what == NULL ? KP_OK : kp_fail(error, KP_FAILED, "%s: %s", txn->store->path, what);
}

/* A copy, because LMDB takes a pointer to non-const. */
static MDB_val key_value(uint8_t copy[static KP_STORE_KEY_MAX], const void *key, size_t key_size)
{
    memcpy(copy, key, key_size);
    return (MDB_val){.mv_size = key_size, .mv_data = copy};
}

enum kp_status kp_store_put(struct kp_txn *txn, size_t table, const void *key, size_t key_size,
                            const void *value, size_t value_size, struct kp_error *error)
{
    enum kp_status status = kp_store_check_call(txn, table, key_size, true, error);
    if (status != KP_OK) {
        return status;
    }
    if (value_size > UINT32_MAX - KP_STORE_SEAL_BYTES) {
        return kp_fail(error, KP_FAILED, "%s: a value of impossible size", txn->store->path);
    }
    uint8_t copy[KP_STORE_KEY_MAX];
    MDB_val name = key_value(copy, key, key_size);
    MDB_val place = {.mv_size = value_size + KP_STORE_SEAL_BYTES, .mv_data = NULL};
    const struct kp_store_table *to = &txn->store->tables[table];
    /* The place is in the page: sealing writes straight into it. */
    int code = mdb_put(txn->txn, to->dbi, &name, &place, MDB_RESERVE);
    if (code != 0) {
        return kp_store_lmdb_fail(txn->store, code, "a record can't be written", error);
    }
    kp_store_seal(place.mv_data, to, key, key_size, value, value_size);
    return KP_OK;
}

enum kp_status kp_store_get(struct kp_txn *txn, size_t table, const void *key, size_t key_size,
                            struct kp_buffer *value, bool *found, struct kp_error *error)
{
    *found = false;
    enum kp_status status = kp_store_check_call(txn, table, key_size, false, error);
    if (status != KP_OK) {
        return status;
    }
    uint8_t copy[KP_STORE_KEY_MAX];
    MDB_val name = key_value(copy, key, key_size);
    MDB_val sealed;
    const struct kp_store_table *from = &txn->store->tables[table];
    int code = mdb_get(txn->txn, from->dbi, &name, &sealed);
    if (code == MDB_NOTFOUND) {
        return KP_OK;
    }
    if (code != 0) {
        return kp_store_lmdb_fail(txn->store, code, "a record can't be read", error);
    }
    status = kp_store_unseal(value, from, key, key_size, &sealed);
    if (status != KP_OK) {
        return kp_store_unseal_fail(txn->store, from, status, error);
    }
    *found = true;
    return KP_OK;
}

enum kp_status kp_store_fetch(struct kp_store *store, size_t table, const void *key,
                              size_t key_size, struct kp_buffer *value, bool *found,
                              struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    *found = false;
    if (store->txn != NULL) {
        return kp_store_get(store->txn, table, key, key_size, value, found, error);
    }
    enum kp_status status = kp_store_begin(store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_store_get(txn, table, key, key_size, value, found, error);
    }
    kp_store_abort(txn);
    return status;
}

enum kp_status kp_store_delete(struct kp_txn *txn, size_t table, const void *key, size_t key_size,
                               struct kp_error *error)
{
    enum kp_status status = kp_store_check_call(txn, table, key_size, true, error);
    if (status != KP_OK) {
        return status;
    }
    uint8_t copy[KP_STORE_KEY_MAX];
    MDB_val name = key_value(copy, key, key_size);
    int code = mdb_del(txn->txn, txn->store->tables[table].dbi, &name, NULL);
    if (code != 0 && code != MDB_NOTFOUND) {
        return kp_store_lmdb_fail(txn->store, code, "a record can't be deleted", error);
    }
    return KP_OK;
}

enum kp_status kp_store_delete_prefix(struct kp_txn *txn, size_t table, const void *prefix,
                                      size_t prefix_size, struct kp_error *error)
{
    bool more = false;
    return kp_store_delete_some(txn, table, prefix, prefix_size, UINT64_MAX, &more, error);
}

enum kp_status kp_store_delete_some(struct kp_txn *txn, size_t table, const void *prefix,
                                    size_t prefix_size, uint64_t most, bool *more,
                                    struct kp_error *error)
{
    *more = false;
    enum kp_status status = kp_store_check_call(txn, table, prefix_size, true, error);
    if (status != KP_OK) {
        return status;
    }
    MDB_cursor *cursor = NULL;
    uint8_t copy[KP_STORE_KEY_MAX];
    MDB_val name, sealed;
    int code = mdb_cursor_open(txn->txn, txn->store->tables[table].dbi, &cursor);
    while (code == 0) {
        name = key_value(copy, prefix, prefix_size);
        code = mdb_cursor_get(cursor, &name, &sealed, MDB_SET_RANGE);
        if (code != 0 || name.mv_size < prefix_size ||
            memcmp(name.mv_data, prefix, prefix_size) != 0) {
            break;
        }
        if (most-- == 0) {
            *more = true;
            break;
        }
        code = mdb_cursor_del(cursor, 0);
    }
    if (cursor != NULL) {
        mdb_cursor_close(cursor);
    }
    return code == 0 || code == MDB_NOTFOUND
               ? KP_OK
               : kp_store_lmdb_fail(txn->store, code, "records can't be deleted", error);
}

enum kp_status kp_store_clear(struct kp_txn *txn, size_t table, struct kp_error *error)
{
    enum kp_status status = kp_store_check_call(txn, table, 1, true, error);
    if (status != KP_OK) {
        return status;
    }
    int code = mdb_drop(txn->txn, txn->store->tables[table].dbi, 0);
    return code == 0 ? KP_OK
                     : kp_store_lmdb_fail(txn->store, code, "a table can't be cleared", error);
}

enum kp_status kp_store_count(struct kp_txn *txn, size_t table, uint64_t *count,
                              struct kp_error *error)
{
    enum kp_status status = kp_store_check_call(txn, table, 1, false, error);
    if (status != KP_OK) {
        return status;
    }
    MDB_stat stat_;
    int code = mdb_stat(txn->txn, txn->store->tables[table].dbi, &stat_);
    if (code != 0) {
        return kp_store_lmdb_fail(txn->store, code, "a table can't be counted", error);
    }
    *count = stat_.ms_entries;
    return KP_OK;
}
