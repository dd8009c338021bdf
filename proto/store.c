#include "proto/store.h"

#include "crypto/secret.h"
#include "proto/store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TABLES_MAX 32

/* Damage to the file is a refusal: what came from outside isn't acceptable. */
static enum kp_status lmdb_status(int code)
{
    switch (code) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
        return KP_REFUSED;
    default:
        return KP_FAILED;
    }
}

enum kp_status kp_store_lmdb_fail(const struct kp_store *store, int code, const char *what,
                                  struct kp_error *error)
{
    if (code == MDB_MAP_FULL) {
        return kp_fail(error, KP_FAILED,
                       "%s: %s: no address space left for the database; raise `ulimit -v`",
                       store->path, what);
    }
    enum kp_status status = lmdb_status(code);
    return kp_fail(error, status, "%s: %s: %s%s", store->path, what,
                   status == KP_REFUSED ? "the database is damaged: " : "", mdb_strerror(code));
}

enum kp_status kp_store_system_fail(const struct kp_store *store, const char *what,
                                    struct kp_error *error)
{
    return kp_fail(error, KP_FAILED, "%s: %s: %s", store->path, what, strerror(errno));
}

/* From the mark on, until it is gone, there is no store here. */
static enum kp_status create(struct kp_store *store, struct kp_error *error)
{
    enum kp_status status = kp_store_make_mark(store, error);
    if (status == KP_OK) {
        status = kp_store_remove_data(store, error);
    }
    if (status == KP_OK) {
        status = kp_store_open_map(store, error);
    }
    if (status == KP_OK) {
        status = kp_store_open_tables(store, true, error);
    }
    if (status == KP_OK) {
        status = kp_store_remove_mark(store, error);
    }
    return status;
}

static enum kp_status open_existing(struct kp_store *store, struct kp_error *error)
{
    enum kp_status status = kp_store_check_file(store, error);
    if (status == KP_OK) {
        status = kp_store_check_header(store, error);
    }
    if (status == KP_OK) {
        status = kp_store_open_map(store, error);
    }
    if (status == KP_OK) {
        status = kp_store_check_meta(store, error);
    }
    if (status == KP_OK) {
        status = kp_store_open_tables(store, false, error);
    }
    return status;
}

static enum kp_status set_tables(struct kp_store *store, const char *const *tables,
                                 size_t table_count, struct kp_error *error)
{
    store->table_count = table_count;
    store->tables = calloc(table_count == 0 ? 1 : table_count, sizeof(struct kp_store_table));
    if (store->tables == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory", store->path);
    }
    memcpy(store->meta.name, KP_STORE_META_TABLE, sizeof(KP_STORE_META_TABLE));
    for (size_t i = 0; i < table_count; i++) {
        size_t size = strlen(tables[i]);
        if (size == 0 || size > KP_STORE_TABLE_NAME_MAX ||
            strcmp(tables[i], KP_STORE_META_TABLE) == 0) {
            return kp_fail(error, KP_FAILED, "%s: a table can't be called \"%.80s\"", store->path,
                           tables[i]);
        }
        memcpy(store->tables[i].name, tables[i], size + 1);
    }
    return KP_OK;
}

/* An object that knows its path and nothing else. */
static struct kp_store *new_store(const char *path, struct kp_error *error)
{
    if (path[0] == '\0' || strlen(path) >= KP_PATH_MAX) {
        kp_fail(error, KP_USAGE, "a store's path has 1 to %u bytes", KP_PATH_MAX - 1);
        return NULL;
    }
    struct kp_store *store = calloc(1, sizeof(*store));
    if (store == NULL) {
        kp_fail(error, KP_FAILED, "%s: no memory", path);
        return NULL;
    }
    memcpy(store->path, path, strlen(path) + 1);
    store->folder = -1;
    return store;
}

enum kp_status kp_store_open(struct kp_store **out, const char *path, const uint8_t key[static 32],
                             const char *const *tables, size_t table_count, struct kp_error *error)
{
    *out = NULL;
    if (table_count > TABLES_MAX) {
        return kp_fail(error, KP_FAILED, "%s: more than %d tables", path, TABLES_MAX);
    }
    struct kp_error own = {.status = KP_FAILED};
    error = error == NULL ? &own : error;
    struct kp_store *store = new_store(path, error);
    if (store == NULL) {
        return error->status;
    }
    enum kp_status status = set_tables(store, tables, table_count, error);
    if (status == KP_OK) {
        status = kp_store_derive_keys(store, key, error);
    }
    if (status == KP_OK && mkdir(path, 0700) != 0 && errno != EEXIST) {
        status = kp_store_system_fail(store, "can't be made", error);
    }
    if (status == KP_OK) {
        status = kp_store_lock_folder(store, error);
    }
    if (status == KP_OK) {
        status = kp_store_check_content(store, error);
    }
    bool finished = false;
    if (status == KP_OK) {
        status = kp_store_is_finished(store, &finished, error);
    }
    if (status == KP_OK) {
        status = finished ? open_existing(store, error) : create(store, error);
    }
    if (status != KP_OK) {
        kp_store_close(store);
        return status;
    }
    *out = store;
    return KP_OK;
}

/* Everything but the folder's descriptor and the object. */
static void close_database(struct kp_store *store)
{
    kp_store_abort(store->txn);
    if (store->env != NULL) {
        mdb_env_close(store->env);
        store->env = NULL;
    }
    kp_secret_free(store->keys);
    store->keys = NULL;
    free(store->tables);
    store->tables = NULL;
}

static void free_store(struct kp_store *store)
{
    if (store->folder >= 0) {
        close(store->folder); /* and with it the lock */
    }
    free(store);
}

const char *kp_store_path(const struct kp_store *store)
{
    return store->path;
}

void kp_store_close(struct kp_store *store)
{
    if (store == NULL) {
        return;
    }
    close_database(store);
    free_store(store);
}

enum kp_status kp_store_destroy(struct kp_store *store, struct kp_error *error)
{
    close_database(store);
    enum kp_status status = kp_store_remove_folder(store, error);
    free_store(store);
    return status;
}

enum kp_status kp_store_remove(const char *path, struct kp_error *error)
{
    struct stat info;
    if (lstat(path, &info) != 0 && errno == ENOENT) {
        return KP_OK;
    }
    struct kp_error own = {.status = KP_FAILED};
    error = error == NULL ? &own : error;
    struct kp_store *store = new_store(path, error);
    if (store == NULL) {
        return error->status;
    }
    enum kp_status status = kp_store_lock_folder(store, error);
    if (status == KP_OK) {
        status = kp_store_check_content(store, error);
    }
    if (status == KP_OK) {
        status = kp_store_remove_folder(store, error);
    }
    free_store(store);
    return status;
}
