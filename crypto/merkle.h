/* Merkle trees as in RFC 9162 section 2.1, over leaves that are 32-byte digests already, with the
 * transcript hash: node = H("Kruispunt-v1 merkle node", left || right),
 * leaf = H("Kruispunt-v1 merkle leaf", digest). A tree of no leaves has the hash of nothing,
 * which is the first 32 bytes of BLAKE2b over no bytes. */
#ifndef KP_CRYPTO_MERKLE_H
#define KP_CRYPTO_MERKLE_H

#include "crypto/hash.h"
#include "crypto/status.h"

#include <stddef.h>
#include <stdint.h>

#define KP_MERKLE_DEPTH_MAX 32 /* trees of up to 2^32 leaves */

/* leaves: count digests without gaps. */
void kp_merkle_root(uint8_t root[static KP_DIGEST_BYTES], const uint8_t *leaves, size_t count);

/* The number of digests in the path of leaf `index` in a tree of `count`: section 2.1.3. */
size_t kp_merkle_path_length(size_t index, size_t count);

/* Writes that many digests, from the leaf's sibling upwards. index < count. */
void kp_merkle_path(uint8_t *path, const uint8_t *leaves, size_t count, size_t index);

/* A tree over nodes instead of leaves, for where another label has made these of what is no digest,
 * and their number is fixed (a tag's shares, section 10.6 of docs/protocol.md). Uses `nodes` up.
 * The path is for kp_merkle_check_node; it may be NULL. index < count. */
void kp_merkle_fold(uint8_t root[static KP_DIGEST_BYTES], uint8_t *path, uint8_t *nodes,
                    size_t count, size_t index);

/* KP_REFUSED: the leaf is not at this index of the tree with this root, or index >= count. */
KP_MUST_USE enum kp_status kp_merkle_check(const uint8_t root[static KP_DIGEST_BYTES],
                                           const uint8_t leaf[static KP_DIGEST_BYTES], size_t count,
                                           size_t index, const uint8_t *path);

/* A tree whose leaves are cut into chunks of a power of two, but for the last one: since the tree
 * is split at powers of two, the root over each chunk alone is a node of it, and the tree over
 * these nodes is its top. KP_REFUSED: `node` isn't the root of chunk `index` of `count`, or the
 * path isn't from there; it has kp_merkle_path_length(index, count) digests. */
KP_MUST_USE enum kp_status kp_merkle_check_node(const uint8_t root[static KP_DIGEST_BYTES],
                                                const uint8_t node[static KP_DIGEST_BYTES],
                                                size_t count, size_t index, const uint8_t *path);

/* A root made leaf by leaf, in memory that grows with the depth only. */
struct kp_merkle_stream {
    uint8_t node[KP_MERKLE_DEPTH_MAX + 1][KP_DIGEST_BYTES];
    uint64_t count;
};
void kp_merkle_stream_start(struct kp_merkle_stream *stream);
void kp_merkle_stream_add(struct kp_merkle_stream *stream,
                          const uint8_t leaf[static KP_DIGEST_BYTES]);
void kp_merkle_stream_root(const struct kp_merkle_stream *stream,
                           uint8_t root[static KP_DIGEST_BYTES]);

/* All nodes of a tree, for when many paths are wanted. */
struct kp_merkle_tree {
    uint8_t *nodes; /* level after level, the leaves' first */
    size_t count;   /* of leaves */
};
/* KP_FAILED: no memory; nothing to free then. */
KP_MUST_USE enum kp_status kp_merkle_tree_new(struct kp_merkle_tree *tree, const uint8_t *leaves,
                                              size_t count);
/* The same over nodes, such as the roots of chunks: their paths are those of kp_merkle_check_node.
 */
KP_MUST_USE enum kp_status kp_merkle_tree_of_nodes(struct kp_merkle_tree *tree,
                                                   const uint8_t *nodes, size_t count);
/* Of a tree of at least one leaf. */
void kp_merkle_tree_root(const struct kp_merkle_tree *tree, uint8_t root[static KP_DIGEST_BYTES]);
/* As kp_merkle_path. */
void kp_merkle_tree_path(const struct kp_merkle_tree *tree, size_t index, uint8_t *path);
void kp_merkle_tree_free(struct kp_merkle_tree *tree);

#endif
