/* An opened index, for the files that read it: register_open, register, register_walk,
 * register_verify. */
#ifndef KP_PROTO_ADDRESS_REGISTER_INTERNAL_H
#define KP_PROTO_ADDRESS_REGISTER_INTERNAL_H

#include "proto/address/register_format.h"

struct kp_register {
    char path[KP_PATH_MAX + KP_REGISTER_NAME + 1];
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi tables[KP_REGISTER_TABLES];
    struct kp_register_info info;
};

/* LMDB's code; what is found stays where it is until the register is closed. */
int kp_register_get(const struct kp_register *reg, enum kp_register_table table, const void *key,
                    size_t size, MDB_val *value);
/* The error of a code that isn't 0. */
enum kp_status kp_register_read_fail(const struct kp_register *reg, int code,
                                     struct kp_error *error);
/* A value that can't be. */
enum kp_status kp_register_damaged(const struct kp_register *reg, struct kp_error *error);

#endif
