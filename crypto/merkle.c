#include "crypto/merkle.h"

#include "crypto/secret.h"

#include <stdbool.h>
#include <string.h>

static void hash_leaf(uint8_t node[static KP_DIGEST_BYTES],
                      const uint8_t digest[static KP_DIGEST_BYTES])
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 merkle leaf");
    kp_hash_field(&hash, digest, KP_DIGEST_BYTES);
    kp_hash_digest(&hash, node);
}

/* node may be left or right. */
static void hash_node(uint8_t node[static KP_DIGEST_BYTES],
                      const uint8_t left[static KP_DIGEST_BYTES],
                      const uint8_t right[static KP_DIGEST_BYTES])
{
    struct kp_hash hash;
    uint8_t both[2 * KP_DIGEST_BYTES]; /* as one field the transcript is one block of the hash */
    memcpy(both, left, KP_DIGEST_BYTES);
    memcpy(both + KP_DIGEST_BYTES, right, KP_DIGEST_BYTES);
    kp_hash_start(&hash, "Kruispunt-v1 merkle node");
    kp_hash_field(&hash, both, sizeof(both));
    kp_hash_digest(&hash, node);
}

/* The largest power of two that is smaller than count; count is at least 2. */
static size_t split(size_t count)
{
    size_t power = 1;
    while (power < count - power) {
        power *= 2;
    }
    return power;
}

void kp_merkle_root(uint8_t root[static KP_DIGEST_BYTES], const uint8_t *leaves, size_t count)
{
    struct kp_merkle_stream stream;
    kp_merkle_stream_start(&stream);
    for (size_t i = 0; i < count; i++) {
        kp_merkle_stream_add(&stream, leaves + i * KP_DIGEST_BYTES);
    }
    kp_merkle_stream_root(&stream, root);
    kp_wipe(&stream, sizeof(stream));
}

size_t kp_merkle_path_length(size_t index, size_t count)
{
    size_t length = 0;
    while (count > 1) {
        size_t left = split(count);
        if (index < left) {
            count = left;
        } else {
            index -= left;
            count -= left;
        }
        length++;
    }
    return length;
}

void kp_merkle_path(uint8_t *path, const uint8_t *leaves, size_t count, size_t index)
{
    /* From the root down, so the path fills from its end. */
    for (size_t at = kp_merkle_path_length(index, count); at > 0; at--) {
        uint8_t *sibling = path + (at - 1) * KP_DIGEST_BYTES;
        size_t left = split(count);
        const uint8_t *right_leaves = leaves + left * KP_DIGEST_BYTES;
        if (index < left) {
            kp_merkle_root(sibling, right_leaves, count - left);
            count = left;
        } else {
            kp_merkle_root(sibling, leaves, left);
            leaves = right_leaves;
            index -= left;
            count -= left;
        }
    }
}

enum kp_status kp_merkle_check(const uint8_t root[static KP_DIGEST_BYTES],
                               const uint8_t leaf[static KP_DIGEST_BYTES], size_t count,
                               size_t index, const uint8_t *path)
{
    uint8_t node[KP_DIGEST_BYTES];
    hash_leaf(node, leaf);
    return kp_merkle_check_node(root, node, count, index, path);
}

enum kp_status kp_merkle_check_node(const uint8_t root[static KP_DIGEST_BYTES],
                                    const uint8_t below[static KP_DIGEST_BYTES], size_t count,
                                    size_t index, const uint8_t *path)
{
    if (index >= count) {
        return KP_REFUSED;
    }
    size_t length = kp_merkle_path_length(index, count);
    if (length > KP_MERKLE_DEPTH_MAX) {
        return KP_REFUSED;
    }
    uint8_t node[KP_DIGEST_BYTES];
    memcpy(node, below, sizeof(node));
    /* RFC 9162 section 2.1.3.2: `last` is the index of the last node of index's level. */
    size_t last = count - 1;
    for (size_t i = 0; i < length; i++) {
        const uint8_t *sibling = path + i * KP_DIGEST_BYTES;
        if (index % 2 == 1 || index == last) {
            hash_node(node, sibling, node);
            while (index % 2 == 0 && index != 0) {
                index /= 2;
                last /= 2;
            }
        } else {
            hash_node(node, node, sibling);
        }
        index /= 2;
        last /= 2;
    }
    return sodium_memcmp(node, root, sizeof(node)) == 0 ? KP_OK : KP_REFUSED;
}

/* node[i] is the hash of a full tree of 2^i leaves where bit i of count is set; the lower, the more
 * to the right. Adding a leaf is adding one to count, each carry a hash. */

void kp_merkle_stream_start(struct kp_merkle_stream *stream)
{
    stream->count = 0;
}

void kp_merkle_stream_add(struct kp_merkle_stream *stream,
                          const uint8_t leaf[static KP_DIGEST_BYTES])
{
    uint8_t node[KP_DIGEST_BYTES];
    hash_leaf(node, leaf);
    size_t level = 0;
    while (level < KP_MERKLE_DEPTH_MAX && (stream->count >> level & 1) == 1) {
        hash_node(node, stream->node[level], node);
        level++;
    }
    memcpy(stream->node[level], node, sizeof(node));
    stream->count++;
}

void kp_merkle_stream_root(const struct kp_merkle_stream *stream,
                           uint8_t root[static KP_DIGEST_BYTES])
{
    if (stream->count == 0) {
        uint8_t wide[KP_WIDE_BYTES];
        (void)crypto_generichash_blake2b(wide, sizeof(wide), NULL, 0, NULL, 0);
        memcpy(root, wide, KP_DIGEST_BYTES);
        return;
    }
    bool begun = false;
    uint8_t node[KP_DIGEST_BYTES];
    for (size_t level = 0; level <= KP_MERKLE_DEPTH_MAX; level++) {
        if ((stream->count >> level & 1) == 0) {
            continue;
        }
        if (begun) {
            hash_node(node, stream->node[level], node);
        } else {
            memcpy(node, stream->node[level], sizeof(node));
            begun = true;
        }
    }
    memcpy(root, node, sizeof(node));
}

/* A level without a partner for its last node hands that node up unchanged: the same tree as the
 * RFC's, which splits at the largest power of two. */
static size_t level_above(size_t width)
{
    return width / 2 + width % 2;
}

/* above may be level. */
static void fill_level(uint8_t *above, const uint8_t *level, size_t width)
{
    for (size_t i = 0; i + 1 < width; i += 2) {
        hash_node(above + i / 2 * KP_DIGEST_BYTES, level + i * KP_DIGEST_BYTES,
                  level + (i + 1) * KP_DIGEST_BYTES);
    }
    if (width % 2 == 1) {
        memmove(above + width / 2 * KP_DIGEST_BYTES, level + (width - 1) * KP_DIGEST_BYTES,
                KP_DIGEST_BYTES);
    }
}

/* The sibling of `index`, where it has one, to *path, which moves on. */
static void put_sibling(uint8_t **path, const uint8_t *level, size_t width, size_t index)
{
    size_t sibling = index ^ 1;
    if (sibling < width) {
        memcpy(*path, level + sibling * KP_DIGEST_BYTES, KP_DIGEST_BYTES);
        *path += KP_DIGEST_BYTES;
    }
}

void kp_merkle_fold(uint8_t root[static KP_DIGEST_BYTES], uint8_t *path, uint8_t *nodes,
                    size_t count, size_t index)
{
    for (size_t width = count; width > 1; width = level_above(width)) {
        if (path != NULL) {
            put_sibling(&path, nodes, width, index);
        }
        fill_level(nodes, nodes, width);
        index /= 2;
    }
    memcpy(root, nodes, KP_DIGEST_BYTES);
}

/* The lowest level is for the caller to fill in. */
static enum kp_status tree_room(struct kp_merkle_tree *tree, size_t count)
{
    size_t total = count;
    for (size_t width = count; width > 1; width = level_above(width)) {
        total += level_above(width);
    }
    tree->count = count;
    tree->nodes = kp_bulk_new(total * KP_DIGEST_BYTES);
    return tree->nodes != NULL ? KP_OK : KP_FAILED;
}

static void fill_above(struct kp_merkle_tree *tree)
{
    uint8_t *level = tree->nodes;
    for (size_t width = tree->count; width > 1; width = level_above(width)) {
        uint8_t *above = level + width * KP_DIGEST_BYTES;
        fill_level(above, level, width);
        level = above;
    }
}

enum kp_status kp_merkle_tree_new(struct kp_merkle_tree *tree, const uint8_t *leaves, size_t count)
{
    if (tree_room(tree, count) != KP_OK) {
        return KP_FAILED;
    }
    for (size_t i = 0; i < count; i++) {
        hash_leaf(tree->nodes + i * KP_DIGEST_BYTES, leaves + i * KP_DIGEST_BYTES);
    }
    fill_above(tree);
    return KP_OK;
}

enum kp_status kp_merkle_tree_of_nodes(struct kp_merkle_tree *tree, const uint8_t *nodes,
                                       size_t count)
{
    if (tree_room(tree, count) != KP_OK) {
        return KP_FAILED;
    }
    memcpy(tree->nodes, nodes, count * KP_DIGEST_BYTES);
    fill_above(tree);
    return KP_OK;
}

void kp_merkle_tree_root(const struct kp_merkle_tree *tree, uint8_t root[static KP_DIGEST_BYTES])
{
    const uint8_t *level = tree->nodes;
    for (size_t width = tree->count; width > 1; width = level_above(width)) {
        level += width * KP_DIGEST_BYTES;
    }
    memcpy(root, level, KP_DIGEST_BYTES);
}

void kp_merkle_tree_path(const struct kp_merkle_tree *tree, size_t index, uint8_t *path)
{
    const uint8_t *level = tree->nodes;
    for (size_t width = tree->count; width > 1; width = level_above(width)) {
        put_sibling(&path, level, width, index);
        level += width * KP_DIGEST_BYTES;
        index /= 2;
    }
}

void kp_merkle_tree_free(struct kp_merkle_tree *tree)
{
    kp_bulk_free(tree->nodes);
    tree->nodes = NULL;
    tree->count = 0;
}
