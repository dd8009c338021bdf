#include "proto/store.h"

#include "crypto/secret.h"
#include "proto/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder holds LMDB's data.mdb and, until the first commit is on disk, an empty file that says
 * the store isn't finished: a process that is killed in between leaves nothing that anybody relies
 * on. The lock is on the folder itself (flock), so it goes when the process goes. LMDB's own lock
 * file, which is memory that processes share and trust, isn't used (MDB_NOLOCK). */
#define DATA_FILE "data.mdb"
#define LOCK_FILE "lock.mdb"
#define UNFINISHED_FILE "unfinished"

/* The map is address space, not memory nor disk: the file grows as pages are written. A transaction
 * can't outgrow the map it began with, so the map is large from the start (64 GiB, or half of what
 * `ulimit -v` leaves), and doubles between transactions as soon as half of it is used. */
#define MAP_START (1ull << 36)
#define MAP_LEAST (1ull << 24)

#define FORMAT_VERSION 1u
#define META_TABLE "kruispunt"
#define FORMAT_KEY                                                                                 \
    "format" /* magic and version, in clear, so that it can be told without the key */
#define FORMAT_MAGIC "kruispunt store\n"
#define CHECK_KEY "check" /* sealed under the store's key, so that another key is found out */
#define CHECK_TEXT "this is the key of this store"

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define MAC_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define SUBKEY_BYTES 32
#define TABLE_NAME_MAX 64
#define TABLES_MAX 32

struct table {
    char name[TABLE_NAME_MAX + 1];
    MDB_dbi dbi;
    const uint8_t *key; /* into the store's keys */
};

struct kp_store {
    char path[KP_PATH_MAX];
    int folder; /* holds the lock */
    MDB_env *env;
    bool broken; /* the map is gone */
    struct table meta;
    struct table *tables;
    size_t table_count;
    uint8_t *keys; /* locked: one for each table, the meta table's, the one for blinding */
    const uint8_t *blind_key;
    struct kp_txn *txn;
};

struct kp_txn {
    struct kp_store *store;
    MDB_txn *txn;
    bool write;
    struct kp_cursor *cursors; /* those still open */
};

struct kp_cursor {
    struct kp_txn *txn; /* NULL: the transaction has ended */
    const struct table *table;
    MDB_cursor *cursor;
    uint8_t key[KP_STORE_KEY_MAX + 1];
    size_t key_size;
    struct kp_buffer value;
    struct kp_cursor *next;
};

/* --- Errors --------------------------------------------------------------------------------------
 */

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

static enum kp_status lmdb_fail(const struct kp_store *store, int code, const char *what,
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

static enum kp_status system_fail(const struct kp_store *store, const char *what,
                                  struct kp_error *error)
{
    return kp_fail(error, KP_FAILED, "%s: %s: %s", store->path, what, strerror(errno));
}

/* --- Keys and sealing ----------------------------------------------------------------------------
 */

static void derive(uint8_t subkey[static SUBKEY_BYTES], const uint8_t key[static 32],
                   const char *purpose, const char *name)
{
    static const char label[] = "Kruispunt-v1 store";
    crypto_generichash_state state;
    crypto_generichash_init(&state, key, 32, SUBKEY_BYTES);
    crypto_generichash_update(&state, (const uint8_t *)label, sizeof(label)); /* with its NUL */
    crypto_generichash_update(&state, (const uint8_t *)purpose, strlen(purpose) + 1);
    crypto_generichash_update(&state, (const uint8_t *)name, strlen(name) + 1);
    crypto_generichash_final(&state, subkey, SUBKEY_BYTES);
    kp_wipe(&state, sizeof(state));
}

static enum kp_status derive_keys(struct kp_store *store, const uint8_t key[static 32],
                                  struct kp_error *error)
{
    store->keys = kp_secret_new((store->table_count + 2) * SUBKEY_BYTES);
    if (store->keys == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no locked memory for its keys", store->path);
    }
    uint8_t *at = store->keys;
    for (size_t i = 0; i < store->table_count; i++, at += SUBKEY_BYTES) {
        derive(at, key, "table", store->tables[i].name);
        store->tables[i].key = at;
    }
    derive(at, key, "meta", META_TABLE);
    store->meta.key = at;
    at += SUBKEY_BYTES;
    derive(at, key, "blind", "");
    store->blind_key = at;
    return KP_OK;
}

#define AD_MAX (1 + TABLE_NAME_MAX + KP_STORE_KEY_MAX)

/* What is authenticated with a value: the table's name (its length first) and the record's key. */
static size_t associate(uint8_t ad[static AD_MAX], const struct table *table, const void *key,
                        size_t key_size)
{
    size_t name_size = strlen(table->name);
    ad[0] = (uint8_t)name_size;
    memcpy(ad + 1, table->name, name_size);
    memcpy(ad + 1 + name_size, key, key_size);
    return 1 + name_size + key_size;
}

/* sealed: nonce, ciphertext, tag: value_size + NONCE_BYTES + MAC_BYTES bytes. */
static void seal(uint8_t *sealed, const struct table *table, const void *key, size_t key_size,
                 const void *value, size_t value_size)
{
    uint8_t ad[AD_MAX];
    size_t ad_size = associate(ad, table, key, key_size);
    randombytes_buf(sealed, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_BYTES, NULL, value, value_size, ad,
                                               ad_size, NULL, sealed, table->key);
}

/* KP_REFUSED: not authentic; KP_FAILED: no memory. No text. */
static enum kp_status unseal(struct kp_buffer *value, const struct table *table, const void *key,
                             size_t key_size, const MDB_val *sealed)
{
    if (sealed->mv_size < NONCE_BYTES + MAC_BYTES) {
        return KP_REFUSED;
    }
    uint8_t ad[AD_MAX];
    size_t ad_size = associate(ad, table, key, key_size);
    size_t size = sealed->mv_size - NONCE_BYTES - MAC_BYTES;
    /* One byte at least, so that an empty value has a place too. */
    if (kp_buffer_set(value, NULL, 0) != KP_OK || kp_buffer_extend(value, size) == NULL) {
        return KP_FAILED;
    }
    const uint8_t *nonce = sealed->mv_data;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(value->data, NULL, NULL, nonce + NONCE_BYTES,
                                                   size + MAC_BYTES, ad, ad_size, nonce,
                                                   table->key) != 0) {
        kp_buffer_free(value);
        return KP_REFUSED;
    }
    return KP_OK;
}

static enum kp_status unseal_fail(const struct kp_store *store, const struct table *table,
                                  enum kp_status status, struct kp_error *error)
{
    return kp_fail(error, status,
                   status == KP_REFUSED
                       ? "%s: a record of table %s is not authentic: the database was changed "
                         "from outside or is damaged"
                       : "%s: no memory for a record of table %s",
                   store->path, table->name);
}

/* --- The folder ----------------------------------------------------------------------------------
 */

static bool has_file(int folder, const char *name)
{
    return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Syncs the folder that the store's folder stands in. */
static enum kp_status sync_parent(int folder)
{
    int parent = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) {
        return KP_FAILED;
    }
    enum kp_status status = fsync(parent) == 0 ? KP_OK : KP_FAILED;
    close(parent);
    return status;
}

/* Opens the folder, locks it, and looks who may enter. */
static enum kp_status lock_folder(struct kp_store *store, struct kp_error *error)
{
    store->folder = open(store->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (store->folder < 0) {
        return system_fail(store, "can't be opened as a store", error);
    }
    if (flock(store->folder, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return kp_fail(error, KP_REFUSED,
                           "%s: another process has this store open; stop it first", store->path);
        }
        return system_fail(store, "can't be locked", error);
    }
    struct stat info;
    if (fstat(store->folder, &info) != 0) {
        return system_fail(store, "can't be looked at", error);
    }
    if (info.st_uid != geteuid() || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "%s: must belong to the user that runs this program, and to nobody else "
                       "(chmod 700); its mode is %04o",
                       store->path, (unsigned)(info.st_mode & 07777));
    }
    return KP_OK;
}

static bool is_store_file(const char *name)
{
    return strcmp(name, DATA_FILE) == 0 || strcmp(name, LOCK_FILE) == 0 ||
           strcmp(name, UNFINISHED_FILE) == 0;
}

/* KP_REFUSED: the folder holds something that isn't a store's. */
static enum kp_status check_content(const struct kp_store *store, struct kp_error *error)
{
    int fd = openat(store->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (listing == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return system_fail(store, "can't be listed", error);
    }
    enum kp_status status = KP_OK;
    const struct dirent *entry;
    while (status == KP_OK && (entry = readdir(listing)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !is_store_file(entry->d_name)) {
            status = kp_fail(error, KP_REFUSED,
                             "%s: holds \"%.80s\", which no store has; use a folder of its own",
                             store->path, entry->d_name);
        }
    }
    closedir(listing);
    return status;
}

static enum kp_status remove_file(const struct kp_store *store, const char *name,
                                  struct kp_error *error)
{
    if (unlinkat(store->folder, name, 0) != 0 && errno != ENOENT) {
        return system_fail(store, "a file in it can't be removed", error);
    }
    return KP_OK;
}

/* Removes the data; the mark goes last, so that what is left is a store or is known to be none. */
static enum kp_status remove_files(const struct kp_store *store, struct kp_error *error)
{
    static const char *const names[] = {DATA_FILE, LOCK_FILE, UNFINISHED_FILE};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        enum kp_status status = remove_file(store, names[i], error);
        if (status != KP_OK) {
            return status;
        }
    }
    return KP_OK;
}

static enum kp_status remove_folder(const struct kp_store *store, struct kp_error *error)
{
    enum kp_status status = remove_files(store, error);
    if (status != KP_OK) {
        return status;
    }
    if (rmdir(store->path) != 0) {
        return system_fail(store, "can't be removed", error);
    }
    if (sync_parent(store->folder) != KP_OK) {
        return system_fail(store, "its removal can't be synced", error);
    }
    return KP_OK;
}

/* --- LMDB's environment --------------------------------------------------------------------------
 */

static size_t map_limit(void)
{
    struct rlimit limit;
    uint64_t size = MAP_START;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        while (size > MAP_LEAST && size > limit.rlim_cur / 2) {
            size /= 2;
        }
    }
    return (size_t)size;
}

/* One try, with a map of this size. */
static int try_environment(struct kp_store *store, size_t map_size)
{
    int code = mdb_env_create(&store->env);
    if (code != 0) {
        store->env = NULL;
        return code;
    }
    code = mdb_env_set_mapsize(store->env, map_size);
    if (code == 0) {
        code = mdb_env_set_maxdbs(store->env, (MDB_dbi)store->table_count + 1);
    }
    if (code == 0) {
        code = mdb_env_open(store->env, store->path, MDB_NOTLS | MDB_NOLOCK, 0600);
    }
    if (code != 0) {
        mdb_env_close(store->env);
        store->env = NULL;
    }
    return code;
}

/* A file shorter than its header says would kill the process (SIGBUS) when a page behind its end is
 * read; made longer, such a page is zeros, which LMDB calls damaged. An honest file can be shorter,
 * as pages that were freed at once are never written. */
static enum kp_status check_size(struct kp_store *store, struct kp_error *error)
{
    MDB_envinfo info;
    MDB_stat stat_;
    int fd = -1;
    struct stat file;
    if (mdb_env_info(store->env, &info) != 0 || mdb_env_stat(store->env, &stat_) != 0 ||
        mdb_env_get_fd(store->env, &fd) != 0 || fstat(fd, &file) != 0) {
        return kp_fail(error, KP_FAILED, "%s: can't be looked at", store->path);
    }
    if (stat_.ms_psize < 512 || info.me_mapsize > KP_STORE_BYTES_MAX ||
        info.me_last_pgno >= info.me_mapsize / stat_.ms_psize) {
        return kp_fail(error, KP_REFUSED, "%s: the database is damaged: its size is impossible",
                       store->path);
    }
    uint64_t size = ((uint64_t)info.me_last_pgno + 1) * stat_.ms_psize;
    if ((uint64_t)file.st_size < size && ftruncate(fd, (off_t)size) != 0) {
        return system_fail(store, "can't be made as long as its header says", error);
    }
    return KP_OK;
}

static enum kp_status open_environment(struct kp_store *store, struct kp_error *error)
{
    size_t map_size = map_limit();
    int code = try_environment(store, map_size);
    while ((code == ENOMEM || code == EINVAL /* valgrind's */) && map_size > MAP_LEAST) {
        map_size /= 2;
        code = try_environment(store, map_size);
    }
    if (code != 0) {
        return lmdb_fail(store, code, "can't be opened", error);
    }
    return check_size(store, error);
}

/* Whether `size` bytes more of address space can be had. */
static bool has_address_space(size_t size)
{
    void *probe = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return probe != MAP_FAILED && munmap(probe, size) == 0;
}

/* Between transactions. When there is no more address space the old map must do: it is asked for
 * first, because LMDB gives up the old map before it tries for the new, and can't get it back. */
static enum kp_status grow_map(struct kp_store *store, struct kp_error *error)
{
    MDB_envinfo info;
    MDB_stat stat_;
    if (mdb_env_info(store->env, &info) != 0 || mdb_env_stat(store->env, &stat_) != 0) {
        return kp_fail(error, KP_FAILED, "%s: can't be looked at", store->path);
    }
    uint64_t used = ((uint64_t)info.me_last_pgno + 1) * stat_.ms_psize;
    if (used < info.me_mapsize / 2 || info.me_mapsize > KP_STORE_BYTES_MAX / 2 ||
        info.me_mapsize > SIZE_MAX / 2 || !has_address_space(info.me_mapsize)) {
        return KP_OK;
    }
    if (mdb_env_set_mapsize(store->env, info.me_mapsize * 2) != 0) {
        store->broken = true;
        return kp_fail(error, KP_FAILED, "%s: no address space for the database", store->path);
    }
    return KP_OK;
}

/* --- Format and key ------------------------------------------------------------------------------
 */

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

static int write_meta(struct kp_store *store, MDB_txn *txn)
{
    struct format format = format_now();
    uint8_t check[NONCE_BYTES + sizeof(CHECK_TEXT) + MAC_BYTES];
    seal(check, &store->meta, CHECK_KEY, strlen(CHECK_KEY), CHECK_TEXT, sizeof(CHECK_TEXT));
    int code = mdb_dbi_open(txn, META_TABLE, MDB_CREATE, &store->meta.dbi);
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
        return lmdb_fail(store, code, "its format can't be read", error);
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
        return lmdb_fail(store, code, "its key can't be checked", error);
    }
    struct kp_buffer check = {0};
    enum kp_status status =
        code == MDB_NOTFOUND ? KP_REFUSED
                             : unseal(&check, &store->meta, CHECK_KEY, strlen(CHECK_KEY), &value);
    if (status == KP_OK && (check.size != sizeof(CHECK_TEXT) ||
                            memcmp(check.data, CHECK_TEXT, sizeof(CHECK_TEXT)) != 0)) {
        status = KP_REFUSED;
    }
    kp_buffer_free(&check);
    if (status != KP_OK) {
        return kp_fail(error, status, "%s: the key given isn't the key of this store", store->path);
    }
    return KP_OK;
}

/* Reads only. */
static enum kp_status check_meta(struct kp_store *store, struct kp_error *error)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (code != 0) {
        return lmdb_fail(store, code, "can't be read", error);
    }
    enum kp_status status = KP_OK;
    code = mdb_dbi_open(txn, META_TABLE, 0, &store->meta.dbi);
    if (code == MDB_NOTFOUND) {
        status = kp_fail(error, KP_REFUSED, "%s: not a store of Kruispunt", store->path);
    } else if (code != 0) {
        status = lmdb_fail(store, code, "can't be read", error);
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

/* Opens the tables, making those that aren't there, and for a new store the meta table. */
static enum kp_status open_tables(struct kp_store *store, bool fresh, struct kp_error *error)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (code != 0) {
        return lmdb_fail(store, code, "can't be written", error);
    }
    if (fresh) {
        code = write_meta(store, txn);
    } else {
        code = mdb_dbi_open(txn, META_TABLE, 0, &store->meta.dbi);
    }
    for (size_t i = 0; code == 0 && i < store->table_count; i++) {
        code = mdb_dbi_open(txn, store->tables[i].name, MDB_CREATE, &store->tables[i].dbi);
    }
    for (size_t i = 0; code == 0 && i < store->table_count; i++) {
        unsigned flags = 0;
        code = mdb_dbi_flags(txn, store->tables[i].dbi, &flags);
        if (code == 0 && flags != 0) {
            code = MDB_INCOMPATIBLE; /* a kind of table that we never make */
        }
    }
    if (code != 0) {
        mdb_txn_abort(txn);
        return lmdb_fail(store, code, "its tables can't be opened", error);
    }
    code = mdb_txn_commit(txn);
    return code == 0 ? KP_OK : lmdb_fail(store, code, "its tables can't be written", error);
}

/* --- Opening and closing -------------------------------------------------------------------------
 */

static enum kp_status make_mark(const struct kp_store *store, struct kp_error *error)
{
    int fd =
        openat(store->folder, UNFINISHED_FILE, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return system_fail(store, "can't be written", error);
    }
    close(fd);
    if (fsync(store->folder) != 0 || sync_parent(store->folder) != KP_OK) {
        return system_fail(store, "can't be synced", error);
    }
    return KP_OK;
}

/* From the mark on, until it is gone, there is no store here. */
static enum kp_status create(struct kp_store *store, struct kp_error *error)
{
    enum kp_status status = make_mark(store, error);
    if (status == KP_OK) {
        status = remove_file(store, DATA_FILE, error);
    }
    if (status == KP_OK) {
        status = open_environment(store, error);
    }
    if (status == KP_OK) {
        status = open_tables(store, true, error);
    }
    if (status == KP_OK && fsync(store->folder) != 0) {
        status = system_fail(store, "can't be synced", error);
    }
    if (status == KP_OK) {
        status = remove_file(store, UNFINISHED_FILE, error);
    }
    if (status == KP_OK && fsync(store->folder) != 0) {
        status = system_fail(store, "can't be synced", error);
    }
    return status;
}

/* LMDB takes an empty file for a new database; here it is one that lost its content. */
static enum kp_status check_file(const struct kp_store *store, struct kp_error *error)
{
    struct stat info;
    if (fstatat(store->folder, DATA_FILE, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return system_fail(store, "its database can't be looked at", error);
    }
    if (!S_ISREG(info.st_mode) || info.st_size == 0) {
        return kp_fail(error, KP_REFUSED, "%s: the database is damaged: %s is %s", store->path,
                       DATA_FILE, info.st_size == 0 ? "empty" : "not a file");
    }
    return KP_OK;
}

static enum kp_status open_existing(struct kp_store *store, struct kp_error *error)
{
    enum kp_status status = check_file(store, error);
    if (status == KP_OK) {
        status = open_environment(store, error);
    }
    if (status == KP_OK) {
        status = check_meta(store, error);
    }
    if (status == KP_OK) {
        status = open_tables(store, false, error);
    }
    return status;
}

static enum kp_status set_tables(struct kp_store *store, const char *const *tables,
                                 size_t table_count, struct kp_error *error)
{
    store->table_count = table_count;
    store->tables = calloc(table_count == 0 ? 1 : table_count, sizeof(struct table));
    if (store->tables == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory", store->path);
    }
    memcpy(store->meta.name, META_TABLE, sizeof(META_TABLE));
    for (size_t i = 0; i < table_count; i++) {
        size_t size = strlen(tables[i]);
        if (size == 0 || size > TABLE_NAME_MAX || strcmp(tables[i], META_TABLE) == 0) {
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
        status = derive_keys(store, key, error);
    }
    if (status == KP_OK && mkdir(path, 0700) != 0 && errno != EEXIST) {
        status = system_fail(store, "can't be made", error);
    }
    if (status == KP_OK) {
        status = lock_folder(store, error);
    }
    if (status == KP_OK) {
        status = check_content(store, error);
    }
    if (status == KP_OK) {
        bool finished =
            has_file(store->folder, DATA_FILE) && !has_file(store->folder, UNFINISHED_FILE);
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
    enum kp_status status = remove_folder(store, error);
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
    enum kp_status status = lock_folder(store, error);
    if (status == KP_OK) {
        status = check_content(store, error);
    }
    if (status == KP_OK) {
        status = remove_folder(store, error);
    }
    free_store(store);
    return status;
}

/* --- Transactions --------------------------------------------------------------------------------
 */

enum kp_status kp_store_begin(struct kp_store *store, bool write, struct kp_txn **out,
                              struct kp_error *error)
{
    *out = NULL;
    if (store->txn != NULL || store->broken) {
        return kp_fail(error, KP_FAILED, "%s: %s", store->path,
                       store->broken ? "no longer usable; restart the program"
                                     : "a transaction is going on already");
    }
    enum kp_status status = write ? grow_map(store, error) : KP_OK;
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
        return lmdb_fail(store, code, "can't begin a transaction", error);
    }
    txn->store = store;
    txn->write = write;
    store->txn = txn;
    *out = txn;
    return KP_OK;
}

/* LMDB frees a write transaction's cursors itself, and a read transaction's not: so none is left.
 */
static void detach_cursors(struct kp_txn *txn)
{
    for (struct kp_cursor *cursor = txn->cursors; cursor != NULL; cursor = cursor->next) {
        mdb_cursor_close(cursor->cursor);
        cursor->cursor = NULL;
        cursor->txn = NULL;
    }
    txn->cursors = NULL;
}

enum kp_status kp_store_commit(struct kp_txn *txn, struct kp_error *error)
{
    struct kp_store *store = txn->store;
    detach_cursors(txn);
    int code = mdb_txn_commit(txn->txn);
    store->txn = NULL;
    free(txn);
    return code == 0 ? KP_OK : lmdb_fail(store, code, "can't commit", error);
}

void kp_store_abort(struct kp_txn *txn)
{
    if (txn == NULL) {
        return;
    }
    detach_cursors(txn);
    mdb_txn_abort(txn->txn);
    txn->store->txn = NULL;
    free(txn);
}

/* --- Records -------------------------------------------------------------------------------------
 */

/* Refuses what only a mistake of ours can ask. */
static enum kp_status check_call(const struct kp_txn *txn, size_t table, size_t key_size,
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
    enum kp_status status = check_call(txn, table, key_size, true, error);
    if (status != KP_OK) {
        return status;
    }
    if (value_size > UINT32_MAX - NONCE_BYTES - MAC_BYTES) {
        return kp_fail(error, KP_FAILED, "%s: a value of impossible size", txn->store->path);
    }
    uint8_t copy[KP_STORE_KEY_MAX];
    MDB_val name = key_value(copy, key, key_size);
    MDB_val place = {.mv_size = NONCE_BYTES + value_size + MAC_BYTES, .mv_data = NULL};
    const struct table *to = &txn->store->tables[table];
    /* The place is in the page: sealing writes straight into it. */
    int code = mdb_put(txn->txn, to->dbi, &name, &place, MDB_RESERVE);
    if (code != 0) {
        return lmdb_fail(txn->store, code, "a record can't be written", error);
    }
    seal(place.mv_data, to, key, key_size, value, value_size);
    return KP_OK;
}

enum kp_status kp_store_get(struct kp_txn *txn, size_t table, const void *key, size_t key_size,
                            struct kp_buffer *value, bool *found, struct kp_error *error)
{
    *found = false;
    enum kp_status status = check_call(txn, table, key_size, false, error);
    if (status != KP_OK) {
        return status;
    }
    uint8_t copy[KP_STORE_KEY_MAX];
    MDB_val name = key_value(copy, key, key_size);
    MDB_val sealed;
    const struct table *from = &txn->store->tables[table];
    int code = mdb_get(txn->txn, from->dbi, &name, &sealed);
    if (code == MDB_NOTFOUND) {
        return KP_OK;
    }
    if (code != 0) {
        return lmdb_fail(txn->store, code, "a record can't be read", error);
    }
    status = unseal(value, from, key, key_size, &sealed);
    if (status != KP_OK) {
        return unseal_fail(txn->store, from, status, error);
    }
    *found = true;
    return KP_OK;
}

enum kp_status kp_store_delete(struct kp_txn *txn, size_t table, const void *key, size_t key_size,
                               struct kp_error *error)
{
    enum kp_status status = check_call(txn, table, key_size, true, error);
    if (status != KP_OK) {
        return status;
    }
    uint8_t copy[KP_STORE_KEY_MAX];
    MDB_val name = key_value(copy, key, key_size);
    int code = mdb_del(txn->txn, txn->store->tables[table].dbi, &name, NULL);
    if (code != 0 && code != MDB_NOTFOUND) {
        return lmdb_fail(txn->store, code, "a record can't be deleted", error);
    }
    return KP_OK;
}

enum kp_status kp_store_clear(struct kp_txn *txn, size_t table, struct kp_error *error)
{
    enum kp_status status = check_call(txn, table, 1, true, error);
    if (status != KP_OK) {
        return status;
    }
    int code = mdb_drop(txn->txn, txn->store->tables[table].dbi, 0);
    return code == 0 ? KP_OK : lmdb_fail(txn->store, code, "a table can't be cleared", error);
}

enum kp_status kp_store_count(struct kp_txn *txn, size_t table, uint64_t *count,
                              struct kp_error *error)
{
    enum kp_status status = check_call(txn, table, 1, false, error);
    if (status != KP_OK) {
        return status;
    }
    MDB_stat stat_;
    int code = mdb_stat(txn->txn, txn->store->tables[table].dbi, &stat_);
    if (code != 0) {
        return lmdb_fail(txn->store, code, "a table can't be counted", error);
    }
    *count = stat_.ms_entries;
    return KP_OK;
}

/* --- Cursors -------------------------------------------------------------------------------------
 */

enum kp_status kp_cursor_open(struct kp_txn *txn, size_t table, const void *start,
                              size_t start_size, struct kp_cursor **out, struct kp_error *error)
{
    *out = NULL;
    enum kp_status status = check_call(txn, table, start_size == 0 ? 1 : start_size, false, error);
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
        return lmdb_fail(txn->store, code, "a table can't be walked", error);
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
        return lmdb_fail(store, code, "a record can't be read", error);
    }
    if (name.mv_size == 0 || name.mv_size > KP_STORE_KEY_MAX) {
        return kp_fail(error, KP_REFUSED, "%s: the database is damaged: a key of impossible size",
                       store->path);
    }
    memmove(cursor->key, name.mv_data, name.mv_size);
    cursor->key[name.mv_size] = 0;
    cursor->key_size = name.mv_size + 1;
    enum kp_status status =
        unseal(&cursor->value, cursor->table, cursor->key, name.mv_size, &sealed);
    if (status != KP_OK) {
        return unseal_fail(store, cursor->table, status, error);
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

void kp_store_blind_key(const struct kp_store *store, uint8_t blind[static KP_STORE_BLIND_BYTES],
                        const void *personal, size_t size)
{
    crypto_generichash(blind, KP_STORE_BLIND_BYTES, personal, size, store->blind_key, SUBKEY_BYTES);
}
