#include "proto/store_internal.h"

#include <string.h>

/* 1: transcripts were SHA-512; nothing of its log or its commitments would hold. */
#define FORMAT_VERSION 2u
#define FORMAT_KEY                                                                                 \
    "format" /* magic and version, in clear, so that it can be told without the key */
#define FORMAT_MAGIC "kruispunt store\n"
#define CHECK_KEY "check" /* sealed under the store's key, so that another key is found out */
#define CHECK_TEXT "this is the key of this store"

static MDB_val text_value(const char *text)
{
    /* LMDB takes keys by pointer to non-const, and doesn't write to them. */
    union {
        const char *from;
        void *to;
    } pointer = {text};
    return (MDB_val){.mv_size = strlen(text), .mv_data = pointer.to};
}

struct format {
    uint8_t magic[sizeof(FORMAT_MAGIC) - 1];
    uint8_t version[4];
};

static struct format format_now(void)
{
    struct format format = {.version = {0, 0, 0, FORMAT_VERSION}};
    memcpy(format.magic, FORMAT_MAGIC, sizeof(format.magic));
    return format;
}

static int put_text_key(MDB_txn *txn, MDB_dbi dbi, const char *key, void *value, size_t size)
{
    MDB_val name = text_value(key);
    MDB_val data = {.mv_size = size, .mv_data = value};
    return mdb_put(txn, dbi, &name, &data, 0);
}

/* MDB_INCOMPATIBLE: a kind of table that we never make. */
static int open_table(MDB_txn *txn, struct kp_store_table *table, unsigned create)
{
    unsigned flags = 0;
    int code = mdb_dbi_open(txn, table->name, create, &table->dbi);
    if (code == 0) {
        code = mdb_dbi_flags(txn, table->dbi, &flags);
    }
    return code == 0 && flags != 0 ? MDB_INCOMPATIBLE : code;
}

static int write_meta(struct kp_store *store, MDB_txn *txn)
{
    struct format format = format_now();
    uint8_t check[sizeof(CHECK_TEXT) + KP_STORE_SEAL_BYTES];
    kp_store_seal(check, &store->meta, CHECK_KEY, strlen(CHECK_KEY), CHECK_TEXT,
                  sizeof(CHECK_TEXT));
    int code = open_table(txn, &store->meta, MDB_CREATE);
    if (code == 0) {
        code = put_text_key(txn, store->meta.dbi, FORMAT_KEY, &format, sizeof(format));
    }
    if (code == 0) {
        code = put_text_key(txn, store->meta.dbi, CHECK_KEY, check, sizeof(check));
    }
    return code;
}

static enum kp_status check_format(const struct kp_store *store, MDB_txn *txn,
                                   struct kp_error *error)
{
    MDB_val name = text_value(FORMAT_KEY);
    MDB_val value;
    struct format now = format_now();
    struct format found;
    int code = mdb_get(txn, store->meta.dbi, &name, &value);
    if (code != 0 && code != MDB_NOTFOUND) {
        return kp_store_lmdb_fail(store, code, "its format can't be read", error);
    }
    if (code == MDB_NOTFOUND || value.mv_size != sizeof(found)) {
        return kp_fail(error, KP_REFUSED, "%s: not a store of Kruispunt", store->path);
    }
    memcpy(&found, value.mv_data, sizeof(found));
    if (memcmp(found.magic, now.magic, sizeof(found.magic)) != 0) {
        return kp_fail(error, KP_REFUSED, "%s: not a store of Kruispunt", store->path);
    }
    uint32_t version = (uint32_t)found.version[0] << 24 | (uint32_t)found.version[1] << 16 |
                       (uint32_t)found.version[2] << 8 | found.version[3];
    if (version != FORMAT_VERSION) {
        return kp_fail(error, KP_REFUSED,
                       "%s: a store of format %u, and this program knows only format %u; use the "
                       "%s version of Kruispunt that made it",
                       store->path, (unsigned)version, FORMAT_VERSION,
                       version > FORMAT_VERSION ? "newer" : "older");
    }
    return KP_OK;
}

static enum kp_status check_key(const struct kp_store *store, MDB_txn *txn, struct kp_error *error)
{
    MDB_val name = text_value(CHECK_KEY);
    MDB_val value;
    int code = mdb_get(txn, store->meta.dbi, &name, &value);
    if (code != 0 && code != MDB_NOTFOUND) {
        return kp_store_lmdb_fail(store, code, "its key can't be checked", error);
    }
    struct kp_buffer check = {0};
    enum kp_status status = code == MDB_NOTFOUND ? KP_REFUSED
                                                 : kp_store_unseal(&check, &store->meta, CHECK_KEY,
                                                                   strlen(CHECK_KEY), &value);
    if (status == KP_OK && (check.size != sizeof(CHECK_TEXT) ||
                            memcmp(check.data, CHECK_TEXT, sizeof(CHECK_TEXT)) != 0)) {
        status = KP_REFUSED;
    }
    kp_buffer_free(&check);
    if (status == KP_REFUSED) {
        return kp_fail(error, status, "%s: the key given isn't the key of this store", store->path);
    }
    return status == KP_OK ? KP_OK : kp_store_unseal_fail(store, &store->meta, status, error);
}

enum kp_status kp_store_check_meta(struct kp_store *store, struct kp_error *error)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (code != 0) {
        return kp_store_lmdb_fail(store, code, "can't be read", error);
    }
    enum kp_status status = KP_OK;
    code = open_table(txn, &store->meta, 0);
    if (code == MDB_NOTFOUND) {
        status = kp_fail(error, KP_REFUSED, "%s: not a store of Kruispunt", store->path);
    } else if (code != 0) {
        status = kp_store_lmdb_fail(store, code, "can't be read", error);
    }
    if (status == KP_OK) {
        status = check_format(store, txn, error);
    }
    if (status == KP_OK) {
        status = check_key(store, txn, error);
    }
    mdb_txn_abort(txn);
    return status;
}

enum kp_status kp_store_open_tables(struct kp_store *store, bool fresh, struct kp_error *error)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (code != 0) {
        return kp_store_lmdb_fail(store, code, "can't be written", error);
    }
    code = fresh ? write_meta(store, txn) : open_table(txn, &store->meta, 0);
    for (size_t i = 0; code == 0 && i < store->table_count; i++) {
        code = open_table(txn, &store->tables[i], MDB_CREATE);
    }
    if (code != 0) {
        mdb_txn_abort(txn);
        return kp_store_lmdb_fail(store, code, "its tables can't be opened", error);
    }
    code = mdb_txn_commit(txn);
    return code == 0 ? KP_OK
                     : kp_store_lmdb_fail(store, code, "its tables can't be written", error);
}
