/* The release on disk: from before READY is sent until the round is complete, so that a restart
 * goes on with it. All within the caller's transaction, together with the state that belongs to it.
 */
#ifndef KP_NODE_RELEASE_STORE_H
#define KP_NODE_RELEASE_STORE_H

#include "node/release.h"
#include "proto/store.h"

/* In the place of what was there before. */
KP_MUST_USE enum kp_status kp_release_store_save(struct kp_txn *txn,
                                                 const struct kp_agreement *agreement,
                                                 const struct kp_release *release,
                                                 struct kp_error *error);
/* *release is NULL when there is none; freed with kp_release_free. KP_REFUSED: what is there isn't
 * a release of this member under this version of the agreement. */
KP_MUST_USE enum kp_status kp_release_store_load(struct kp_txn *txn,
                                                 const struct kp_agreement *agreement, uint32_t own,
                                                 struct kp_release **release,
                                                 struct kp_error *error);
KP_MUST_USE enum kp_status kp_release_store_add_ready(struct kp_txn *txn, uint32_t member,
                                                      const uint8_t *bytes, size_t size,
                                                      struct kp_error *error);
KP_MUST_USE enum kp_status kp_release_store_clear(struct kp_txn *txn, struct kp_error *error);

#endif
