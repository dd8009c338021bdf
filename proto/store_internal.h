/* A store's parts: store.c (opening, closing), store_folder.c, store_map.c (LMDB's environment and
 * its address space), store_format.c (format, check record, tables), store_seal.c (keys,
 * encryption), store_records.c (transactions, records) and store_cursor.c. */
#ifndef KP_PROTO_STORE_INTERNAL_H
#define KP_PROTO_STORE_INTERNAL_H

#include "proto/limits.h"
#include "proto/store.h"

#include <lmdb.h>
#include <sodium.h>

#define KP_STORE_NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define KP_STORE_MAC_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KP_STORE_SEAL_BYTES (KP_STORE_NONCE_BYTES + KP_STORE_MAC_BYTES) /* more than the value */
#define KP_STORE_TABLE_NAME_MAX 64

/* The folder holds LMDB's data.mdb and, until the first commit is on disk, an empty file that says
 * the store isn't finished: a process that is killed in between leaves nothing that anybody relies
 * on. The lock is on the folder itself (flock), so it goes when the process goes. LMDB's own lock
 * file, which is memory that processes share and trust, isn't used (MDB_NOLOCK). */
#define KP_STORE_DATA_FILE "data.mdb"
#define KP_STORE_LOCK_FILE "lock.mdb"
#define KP_STORE_UNFINISHED_FILE "unfinished"

#define KP_STORE_META_TABLE "kruispunt"

struct kp_store_table {
    char name[KP_STORE_TABLE_NAME_MAX + 1];
    MDB_dbi dbi;
    const uint8_t *key; /* into the store's keys */
};

struct kp_store {
    char path[KP_PATH_MAX];
    int folder; /* holds the lock */
    MDB_env *env;
    bool broken; /* the map is gone */
    struct kp_store_table meta;
    struct kp_store_table *tables;
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

/* store.c: errors, naming the store. */

enum kp_status kp_store_lmdb_fail(const struct kp_store *store, int code, const char *what,
                                  struct kp_error *error);
/* With errno's text. */
enum kp_status kp_store_system_fail(const struct kp_store *store, const char *what,
                                    struct kp_error *error);

/* store_folder.c */

/* Opens the folder, locks it, and looks who may enter. */
KP_MUST_USE enum kp_status kp_store_lock_folder(struct kp_store *store, struct kp_error *error);
/* KP_REFUSED: the folder holds something that isn't a store's. */
KP_MUST_USE enum kp_status kp_store_check_content(const struct kp_store *store,
                                                  struct kp_error *error);
/* Whether there is a store in the folder: data, and no mark that it isn't finished. */
KP_MUST_USE enum kp_status kp_store_is_finished(const struct kp_store *store, bool *finished,
                                                struct kp_error *error);
/* The mark that the store isn't finished. Both are on disk when they return KP_OK. */
KP_MUST_USE enum kp_status kp_store_make_mark(const struct kp_store *store, struct kp_error *error);
KP_MUST_USE enum kp_status kp_store_remove_mark(const struct kp_store *store,
                                                struct kp_error *error);
KP_MUST_USE enum kp_status kp_store_remove_data(const struct kp_store *store,
                                                struct kp_error *error);
/* KP_REFUSED: the data file can't be a database. */
KP_MUST_USE enum kp_status kp_store_check_file(const struct kp_store *store,
                                               struct kp_error *error);
KP_MUST_USE enum kp_status kp_store_remove_folder(const struct kp_store *store,
                                                  struct kp_error *error);

/* store_map.c */

/* Of a database that exists, before LMDB sees it. KP_REFUSED: a page size that can't be. */
KP_MUST_USE enum kp_status kp_store_check_header(const struct kp_store *store,
                                                 struct kp_error *error);
KP_MUST_USE enum kp_status kp_store_open_map(struct kp_store *store, struct kp_error *error);
/* Between transactions. */
KP_MUST_USE enum kp_status kp_store_grow_map(struct kp_store *store, struct kp_error *error);

/* store_format.c */

/* The format's version and the key. Reads only. */
KP_MUST_USE enum kp_status kp_store_check_meta(struct kp_store *store, struct kp_error *error);
/* Opens the tables, making those that aren't there, and for a new store the meta table. */
KP_MUST_USE enum kp_status kp_store_open_tables(struct kp_store *store, bool fresh,
                                                struct kp_error *error);

/* store_seal.c */

/* Those of all tables, whose names are set, and of the meta table. */
KP_MUST_USE enum kp_status
kp_store_derive_keys(struct kp_store *store, const uint8_t key[static 32], struct kp_error *error);
/* sealed: nonce, ciphertext, tag: value_size + KP_STORE_SEAL_BYTES bytes. */
void kp_store_seal(uint8_t *sealed, const struct kp_store_table *table, const void *key,
                   size_t key_size, const void *value, size_t value_size);
/* KP_REFUSED: not authentic; KP_FAILED: no memory. No text. */
KP_MUST_USE enum kp_status kp_store_unseal(struct kp_buffer *value,
                                           const struct kp_store_table *table, const void *key,
                                           size_t key_size, const MDB_val *sealed);
/* The text for what kp_store_unseal returned. */
enum kp_status kp_store_unseal_fail(const struct kp_store *store,
                                    const struct kp_store_table *table, enum kp_status status,
                                    struct kp_error *error);

/* store_records.c: refuses what only a mistake of ours can ask. */
KP_MUST_USE enum kp_status kp_store_check_call(const struct kp_txn *txn, size_t table,
                                               size_t key_size, bool writes,
                                               struct kp_error *error);

/* store_cursor.c. LMDB frees a write transaction's cursors itself, and a read transaction's not: so
 * none is left. */
void kp_store_detach_cursors(struct kp_txn *txn);

#endif
