#include "crypto/secret.h"
#include "proto/store_internal.h"

#include <stdlib.h>
#include <string.h>

struct kp_cursor {
    struct kp_txn *txn; /* NULL: the transaction has ended */
    const struct kp_store_table *table;
    MDB_cursor *cursor;
    uint8_t key[KP_STORE_KEY_MAX + 1];
    size_t key_size;
    struct kp_buffer value;
    struct kp_cursor *next;
};

void kp_store_detach_cursors(struct kp_txn *txn)
{
    for (struct kp_cursor *cursor = txn->cursors; cursor != NULL; cursor = cursor->next) {
        mdb_cursor_close(cursor->cursor);
        cursor->cursor = NULL;
        cursor->txn = NULL;
    }
    txn->cursors = NULL;
}

enum kp_status kp_cursor_open(struct kp_txn *txn, size_t table, const void *start,
                              size_t start_size, struct kp_cursor **out, struct kp_error *error)
{
    *out = NULL;
    enum kp_status status =
        kp_store_check_call(txn, table, start_size == 0 ? 1 : start_size, false, error);
    if (status != KP_OK) {
        return status;
    }
    struct kp_cursor *cursor = calloc(1, sizeof(*cursor));
    if (cursor == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory", txn->store->path);
    }
    cursor->txn = txn;
    cursor->table = &txn->store->tables[table];
    int code = mdb_cursor_open(txn->txn, cursor->table->dbi, &cursor->cursor);
    if (code != 0) {
        free(cursor);
        return kp_store_lmdb_fail(txn->store, code, "a table can't be walked", error);
    }
    if (start_size > 0) {
        memcpy(cursor->key, start, start_size);
        cursor->key_size = start_size;
    }
    cursor->next = txn->cursors;
    txn->cursors = cursor;
    *out = cursor;
    return KP_OK;
}

/* Each step looks for the first key >= the one kept, which is the last one with a zero byte behind
 * it: so records may be put and deleted while walking. */
enum kp_status kp_cursor_next(struct kp_cursor *cursor, const uint8_t **key, size_t *key_size,
                              const uint8_t **value, size_t *value_size, bool *end,
                              struct kp_error *error)
{
    if (cursor->txn == NULL) {
        return kp_fail(error, KP_FAILED, "a cursor outlived its transaction");
    }
    const struct kp_store *store = cursor->txn->store;
    MDB_val name = {.mv_size = cursor->key_size, .mv_data = cursor->key};
    MDB_val sealed;
    int code = mdb_cursor_get(cursor->cursor, &name, &sealed,
                              cursor->key_size == 0 ? MDB_FIRST : MDB_SET_RANGE);
    if (code == MDB_NOTFOUND) {
        *end = true;
        return KP_OK;
    }
    if (code != 0) {
        return kp_store_lmdb_fail(store, code, "a record can't be read", error);
    }
    if (name.mv_size == 0 || name.mv_size > KP_STORE_KEY_MAX) {
        return kp_fail(error, KP_REFUSED, "%s: the database is damaged: a key of impossible size",
                       store->path);
    }
    memmove(cursor->key, name.mv_data, name.mv_size);
    cursor->key[name.mv_size] = 0;
    cursor->key_size = name.mv_size + 1;
    enum kp_status status =
        kp_store_unseal(&cursor->value, cursor->table, cursor->key, name.mv_size, &sealed);
    if (status != KP_OK) {
        return kp_store_unseal_fail(store, cursor->table, status, error);
    }
    *key = cursor->key;
    *key_size = name.mv_size;
    *value = cursor->value.data;
    *value_size = cursor->value.size;
    *end = false;
    return KP_OK;
}

void kp_cursor_close(struct kp_cursor *cursor)
{
    if (cursor == NULL) {
        return;
    }
    if (cursor->txn != NULL) {
        struct kp_cursor **link = &cursor->txn->cursors;
        while (*link != cursor) {
            link = &(*link)->next;
        }
        *link = cursor->next;
        mdb_cursor_close(cursor->cursor);
    }
    kp_buffer_free(&cursor->value);
    kp_wipe(cursor->key, sizeof(cursor->key));
    free(cursor);
}
