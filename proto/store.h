/* A database (LMDB) whose values are encrypted at rest.
 *
 * A store is a folder (mode 0700) with one LMDB environment and a fixed set of tables. Values are
 * sealed with XChaCha20-Poly1305 under a key derived from the store's key for that table, the
 * table's name and the record's key being authenticated, so that values can't be moved. Keys are in
 * clear: a caller that looks up something personal uses kp_store_blind_key. LMDB keeps freed pages:
 * what must be forgotten lives in a store of its own whose key is wiped (kp_store_destroy).
 *
 * One thread owns a store. One transaction at a time. A write is on disk when commit returns KP_OK.
 *
 * What a damaged or hostile database file can do: values can't be forged, moved or changed, but
 * whole older states, or records left out, can't be told from honest ones. Garbage, another format,
 * a file cut short and a lying header are refused. Pages that are forged with care inside are
 * LMDB's own affair: it trusts the offsets in a page, and a bad one can crash the process; so can
 * an I/O error while a page is read (SIGBUS). Hence the folder must belong to the program's user
 * alone. */
#ifndef KP_PROTO_STORE_H
#define KP_PROTO_STORE_H

#include "proto/buffer.h"
#include "proto/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kp_store;
struct kp_txn;

#define KP_STORE_BLIND_BYTES 32

/* tables: names, the same at every opening; the key is copied into locked memory. Checks the format
 * version and that the key is the right one (KP_REFUSED otherwise, before anything is changed), and
 * that no other process has the store open (KP_REFUSED). The map grows by itself. */
KP_MUST_USE enum kp_status kp_store_open(struct kp_store **store, const char *path,
                                         const uint8_t key[static 32], const char *const *tables,
                                         size_t table_count, struct kp_error *error);
const char *kp_store_path(const struct kp_store *store); /* of its folder */
void kp_store_close(struct kp_store *store);             /* NULL is allowed; wipes the key */
/* Closes, wipes the key, and removes the folder with all in it. `store` is freed whatever happens.
 */
KP_MUST_USE enum kp_status kp_store_destroy(struct kp_store *store, struct kp_error *error);
/* Removes the folder of a store that isn't open, such as one left by a process that was killed.
 * That there is none is no error. KP_REFUSED: it is open, or the folder holds what no store has. */
KP_MUST_USE enum kp_status kp_store_remove(const char *path, struct kp_error *error);

KP_MUST_USE enum kp_status kp_store_begin(struct kp_store *store, bool write, struct kp_txn **txn,
                                          struct kp_error *error);
/* Both free txn, whatever they return. kp_store_abort takes NULL. kp_store_close aborts what is
 * open. */
KP_MUST_USE enum kp_status kp_store_commit(struct kp_txn *txn, struct kp_error *error);
void kp_store_abort(struct kp_txn *txn);

/* table: an index into the names given at opening. */
KP_MUST_USE enum kp_status kp_store_put(struct kp_txn *txn, size_t table, const void *key,
                                        size_t key_size, const void *value, size_t value_size,
                                        struct kp_error *error);
/* *found tells; `value` is replaced. KP_REFUSED: the value isn't authentic. */
KP_MUST_USE enum kp_status kp_store_get(struct kp_txn *txn, size_t table, const void *key,
                                        size_t key_size, struct kp_buffer *value, bool *found,
                                        struct kp_error *error);
/* As kp_store_get, in the transaction that is open, or else in one of its own. */
KP_MUST_USE enum kp_status kp_store_fetch(struct kp_store *store, size_t table, const void *key,
                                          size_t key_size, struct kp_buffer *value, bool *found,
                                          struct kp_error *error);
/* Deleting what isn't there is no error. */
KP_MUST_USE enum kp_status kp_store_delete(struct kp_txn *txn, size_t table, const void *key,
                                           size_t key_size, struct kp_error *error);
/* Every record whose key begins with `prefix` (at least one byte); values aren't read. */
KP_MUST_USE enum kp_status kp_store_delete_prefix(struct kp_txn *txn, size_t table,
                                                  const void *prefix, size_t prefix_size,
                                                  struct kp_error *error);
/* The same, at most this many; *more: there are others. */
KP_MUST_USE enum kp_status kp_store_delete_some(struct kp_txn *txn, size_t table,
                                                const void *prefix, size_t prefix_size,
                                                uint64_t most, bool *more, struct kp_error *error);
KP_MUST_USE enum kp_status kp_store_clear(struct kp_txn *txn, size_t table, struct kp_error *error);
KP_MUST_USE enum kp_status kp_store_count(struct kp_txn *txn, size_t table, uint64_t *count,
                                          struct kp_error *error);

/* Walks a table in key order (bytes); records may be put and deleted meanwhile. `next` positions on
 * the first key >= start (start may be NULL with size 0). Values are decrypted into the cursor's
 * own buffer and valid until the next call. */
struct kp_cursor;
KP_MUST_USE enum kp_status kp_cursor_open(struct kp_txn *txn, size_t table, const void *start,
                                          size_t start_size, struct kp_cursor **cursor,
                                          struct kp_error *error);
/* *end is true, and the rest untouched, after the last record. */
KP_MUST_USE enum kp_status kp_cursor_next(struct kp_cursor *cursor, const uint8_t **key,
                                          size_t *key_size, const uint8_t **value,
                                          size_t *value_size, bool *end, struct kp_error *error);
void kp_cursor_close(struct kp_cursor *cursor);

/* A keyed hash (BLAKE2b under a key derived from the store's) of something personal, to look it up
 * by. */
void kp_store_blind_key(const struct kp_store *store, uint8_t blind[static KP_STORE_BLIND_BYTES],
                        const void *personal, size_t size);

#endif
