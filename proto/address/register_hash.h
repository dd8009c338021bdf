/* The hash over a register's content, docs/protocol.md section 30. Its builder computes it, and
 * `bag verify` computes it again from the index. */
#ifndef KP_PROTO_ADDRESS_REGISTER_HASH_H
#define KP_PROTO_ADDRESS_REGISTER_HASH_H

#include "crypto/hash.h"
#include "proto/address/register_build.h"

void kp_register_hash_start(struct kp_hash *hash);
/* By id; a number in use with each of its objects, by object. */
void kp_register_hash_pair(struct kp_hash *hash, const struct kp_register_pair *pair);
void kp_register_hash_withdrawn(struct kp_hash *hash, uint64_t id);

#endif
