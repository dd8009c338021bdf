#include "proto/address/register_write.h"

#include <errno.h>

#define PENDING_MAX (4u << 20)
#define MAP_STEP ((size_t)256 << 20)

const char *const kp_register_table_names[KP_REGISTER_TABLES] = {
    [KP_REGISTER_META_TABLE] = "meta",
    [KP_REGISTER_IDS] = "ids",
    [KP_REGISTER_OBJECTS] = "objects",
    [KP_REGISTER_NUMBERS] = "numbers",
    [KP_REGISTER_STREET_NUMBERS] = "street_numbers",
    [KP_REGISTER_STREETS] = "streets",
    [KP_REGISTER_TOWNS] = "towns",
    [KP_REGISTER_STREET_NAMES] = "street_names",
    [KP_REGISTER_TOWN_NAMES] = "town_names",
};

static enum kp_status write_fail(const struct kp_register_writer *writer, int code,
                                 struct kp_error *error)
{
    /* LMDB says EIO of a write that is cut short, as it is when the disk becomes full in it. */
    bool full = code == ENOSPC || code == EDQUOT || code == EFBIG || code == EIO;
    return kp_fail(error, KP_FAILED, "%s: the index can't be written: %s%s", writer->path,
                   mdb_strerror(code),
                   full ? "; the disk is full or fails: make room and try again" : "");
}

/* Between transactions: the map is a step larger than what is in use, so that a transaction always
 * fits. */
static int make_room(struct kp_register_writer *writer)
{
    MDB_envinfo info;
    MDB_stat stat;
    int code = mdb_env_info(writer->env, &info);
    if (code == 0) {
        code = mdb_env_stat(writer->env, &stat);
    }
    if (code == 0 && (info.me_last_pgno + 1) * stat.ms_psize + MAP_STEP / 2 > info.me_mapsize) {
        code = mdb_env_set_mapsize(writer->env, info.me_mapsize + MAP_STEP);
    }
    return code;
}

static int begin(struct kp_register_writer *writer)
{
    int code = make_room(writer);
    return code != 0 ? code : mdb_txn_begin(writer->env, NULL, 0, &writer->txn);
}

static int commit(struct kp_register_writer *writer)
{
    MDB_txn *txn = writer->txn;
    writer->txn = NULL;
    writer->pending = 0;
    return mdb_txn_commit(txn);
}

enum kp_status kp_register_writer_open(struct kp_register_writer *writer, const char *path,
                                       struct kp_error *error)
{
    *writer = (struct kp_register_writer){.path = path};
    if (path == NULL) {
        return KP_OK;
    }
    int code = mdb_env_create(&writer->env);
    if (code == 0) {
        code = mdb_env_set_maxdbs(writer->env, KP_REGISTER_TABLES);
    }
    if (code == 0) {
        code = mdb_env_set_mapsize(writer->env, MAP_STEP);
    }
    if (code == 0) {
        /* Nobody else has this folder yet: no lock; on disk once, at the end. */
        code = mdb_env_open(writer->env, path, MDB_NOLOCK | MDB_NOSYNC | MDB_NOTLS, 0644);
    }
    if (code == 0) {
        code = begin(writer);
    }
    for (size_t i = 0; code == 0 && i < KP_REGISTER_TABLES; i++) {
        code =
            mdb_dbi_open(writer->txn, kp_register_table_names[i], MDB_CREATE, &writer->tables[i]);
    }
    if (code == 0) {
        return KP_OK;
    }
    kp_register_writer_close(writer);
    return write_fail(writer, code, error);
}

enum kp_status kp_register_put(struct kp_register_writer *writer, enum kp_register_table table,
                               const void *key, size_t key_size, const void *value, size_t size,
                               struct kp_error *error)
{
    int code = 0;
    if (writer->env == NULL) {
        return KP_OK;
    }
    /* LMDB takes pointers to what it only reads. */
    MDB_val name = {.mv_size = key_size, .mv_data = (void *)(uintptr_t)key};
    MDB_val content = {.mv_size = size, .mv_data = (void *)(uintptr_t)value};
    if (writer->pending > PENDING_MAX) {
        code = commit(writer);
        if (code == 0) {
            code = begin(writer);
        }
    }
    if (code == 0) {
        code = mdb_put(writer->txn, writer->tables[table], &name, &content, MDB_APPEND);
        writer->pending += key_size + size + 16;
    }
    return code == 0 ? KP_OK : write_fail(writer, code, error);
}

enum kp_status kp_register_writer_sync(struct kp_register_writer *writer, struct kp_error *error)
{
    if (writer->env == NULL) {
        return KP_OK;
    }
    int code = commit(writer);
    if (code == 0) {
        code = mdb_env_sync(writer->env, 1);
    }
    return code == 0 ? KP_OK : write_fail(writer, code, error);
}

void kp_register_writer_close(struct kp_register_writer *writer)
{
    if (writer->txn != NULL) {
        mdb_txn_abort(writer->txn);
    }
    if (writer->env != NULL) {
        mdb_env_close(writer->env);
    }
    writer->env = NULL;
    writer->txn = NULL;
}
