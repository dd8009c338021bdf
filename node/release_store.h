/* The release on disk: from before READY is sent until the round is complete, so that a restart
 * goes on with it. Its chunks are written while it is made, in as many transactions as they need
 * (struct kp_release_content); they count from kp_release_store_save on, in the transaction of the
 * state that belongs to it. A process that is killed before that leaves chunks that the next START,
 * or the end of the attempt, clears. */
#ifndef KP_NODE_RELEASE_STORE_H
#define KP_NODE_RELEASE_STORE_H

#include "node/release.h"
#include "proto/store.h"

/* A content in the store's table; the store is borrowed. */
KP_MUST_USE enum kp_status kp_release_store_new(struct kp_release_content **content,
                                                struct kp_store *store, struct kp_error *error);
void kp_release_store_free(struct kp_release_content *content); /* NULL is allowed */
/* What was put and isn't on disk yet is forgotten: the attempt is over. */
void kp_release_store_forget(struct kp_release_content *content);

/* All but the chunks that are on disk already. One that is in memory is written whole, in the place
 * of what was there before. */
KP_MUST_USE enum kp_status kp_release_store_save(struct kp_txn *txn,
                                                 const struct kp_agreement *agreement,
                                                 const struct kp_release *release,
                                                 struct kp_error *error);
/* Of this content. *release is NULL when there is none; freed with kp_release_free. KP_REFUSED:
 * what is there isn't a release of this member under this version of the agreement, or isn't whole.
 */
KP_MUST_USE enum kp_status kp_release_store_load(struct kp_txn *txn,
                                                 const struct kp_release_content *content,
                                                 const struct kp_agreement *agreement, uint32_t own,
                                                 struct kp_release **release,
                                                 struct kp_error *error);
KP_MUST_USE enum kp_status kp_release_store_add_ready(struct kp_txn *txn, uint32_t member,
                                                      const uint8_t *bytes, size_t size,
                                                      struct kp_error *error);
KP_MUST_USE enum kp_status kp_release_store_clear(struct kp_txn *txn, struct kp_error *error);

#endif
