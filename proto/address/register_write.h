/* The file of an index while it is made: records in the order of their keys, table by table. */
#ifndef KP_PROTO_ADDRESS_REGISTER_WRITE_H
#define KP_PROTO_ADDRESS_REGISTER_WRITE_H

#include "proto/address/register_format.h"

struct kp_register_writer {
    MDB_env *env; /* NULL: nothing is written */
    MDB_txn *txn;
    MDB_dbi tables[KP_REGISTER_TABLES];
    const char *path;
    size_t pending; /* bytes since the last commit */
};

/* path: an empty folder; NULL: what is put goes nowhere. It must stay valid. */
KP_MUST_USE enum kp_status kp_register_writer_open(struct kp_register_writer *writer,
                                                   const char *path, struct kp_error *error);
/* key is greater than any that the table has. Commits now and then, so that what isn't on its way
 * to disk stays little. KP_FAILED: disk full, and such. */
KP_MUST_USE enum kp_status kp_register_put(struct kp_register_writer *writer,
                                           enum kp_register_table table, const void *key,
                                           size_t key_size, const void *value, size_t size,
                                           struct kp_error *error);
/* All that was put is on disk. */
KP_MUST_USE enum kp_status kp_register_writer_sync(struct kp_register_writer *writer,
                                                   struct kp_error *error);
void kp_register_writer_close(struct kp_register_writer *writer);

#endif
