/* A release's chunks, wherever they are: for release.c and release_store.c. */
#ifndef KP_NODE_RELEASE_CHUNKS_H
#define KP_NODE_RELEASE_CHUNKS_H

#include "node/release.h"

uint32_t kp_release_chunks(const struct kp_release *release, enum kp_release_kind kind);
/* Replaces `chunk`. KP_REFUSED: it isn't there, or has another size. */
KP_MUST_USE enum kp_status kp_release_chunk(const struct kp_release *release,
                                            enum kp_release_kind kind, uint32_t number,
                                            struct kp_buffer *chunk, struct kp_error *error);
/* The tree over the chunks' roots; made once, and the release's. */
KP_MUST_USE enum kp_status kp_release_top(struct kp_release *release,
                                          const struct kp_agreement *agreement,
                                          enum kp_release_kind kind,
                                          const struct kp_merkle_tree **tree,
                                          struct kp_error *error);
void kp_release_free_top(struct kp_release_top *top);

#endif
