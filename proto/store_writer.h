/* Many records for a store, in transactions of bounded size.
 *
 * LMDB keeps what a transaction writes in memory until it is committed, so what grows with a
 * round is written in several. Records are gathered here, and written in a transaction of their
 * own when there are KP_STORE_WRITE_BYTES of them; none is left open between calls. The caller
 * says in its own, last transaction (kp_store_writer_into) that they count; a process that is
 * killed before that leaves records that nobody relies on. */
#ifndef KP_PROTO_STORE_WRITER_H
#define KP_PROTO_STORE_WRITER_H

#include "proto/store.h"

struct kp_store_writer;

/* The store is borrowed. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_store_writer_new(struct kp_store_writer **writer,
                                               struct kp_store *store, struct kp_error *error);
/* NULL is allowed; what is gathered and not written is forgotten. */
void kp_store_writer_free(struct kp_store_writer *writer);

/* Copies the record. May write: then no transaction may be open, and it blocks until what was
 * gathered is on disk. */
KP_MUST_USE enum kp_status kp_store_writer_put(struct kp_store_writer *writer, size_t table,
                                               const void *key, size_t key_size, const void *value,
                                               size_t value_size, struct kp_error *error);
/* As kp_store_fetch, and finds what is gathered too: the latest of this key. */
KP_MUST_USE enum kp_status kp_store_writer_get(const struct kp_store_writer *writer, size_t table,
                                               const void *key, size_t key_size,
                                               struct kp_buffer *value, bool *found,
                                               struct kp_error *error);
/* Writes what is gathered, in a transaction of its own; nothing when that is nothing. */
KP_MUST_USE enum kp_status kp_store_writer_flush(struct kp_store_writer *writer,
                                                 struct kp_error *error);
/* Puts what is gathered into the caller's transaction. It is gathered no more, also when that
 * transaction is aborted. */
KP_MUST_USE enum kp_status kp_store_writer_into(struct kp_store_writer *writer, struct kp_txn *txn,
                                                struct kp_error *error);
/* Forgets what is gathered. */
void kp_store_writer_drop(struct kp_store_writer *writer);
/* Whether anything was written in a transaction of its own. */
bool kp_store_writer_wrote(const struct kp_store_writer *writer);

#endif
