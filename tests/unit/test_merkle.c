/* crypto/merkle.h against RFC 9162's definitions written down a second time, recursively. */
#include "crypto/merkle.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 70 };

/* second may be NULL; else both are one field. */
static void concatenate(uint8_t out[KP_DIGEST_BYTES], const char *label, const uint8_t *first,
                        const uint8_t *second)
{
    /* Not by way of kp_hash: the bytes as docs/protocol.md has them. */
    uint8_t bytes[256] = {0};
    uint8_t wide[KP_WIDE_BYTES];
    size_t size = strlen(label);
    bytes[7] = (uint8_t)size;
    memcpy(bytes + 8, label, size);
    size += 8;
    bytes[size + 7] = second == NULL ? KP_DIGEST_BYTES : 2 * KP_DIGEST_BYTES;
    size += 8;
    memcpy(bytes + size, first, KP_DIGEST_BYTES);
    size += KP_DIGEST_BYTES;
    if (second != NULL) {
        memcpy(bytes + size, second, KP_DIGEST_BYTES);
        size += KP_DIGEST_BYTES;
    }
    crypto_generichash(wide, sizeof(wide), bytes, size, NULL, 0);
    memcpy(out, wide, KP_DIGEST_BYTES);
}

static size_t largest_power_below(size_t n)
{
    size_t k = 1;
    while (2 * k < n) {
        k = 2 * k;
    }
    return k;
}

/* MTH(D[n]) of section 2.1.1. */
static void naive_root(uint8_t root[KP_DIGEST_BYTES], const uint8_t *leaves, size_t n)
{
    if (n == 0) {
        uint8_t wide[KP_WIDE_BYTES];
        crypto_generichash(wide, sizeof(wide), (const uint8_t *)"", 0, NULL, 0);
        memcpy(root, wide, KP_DIGEST_BYTES);
    } else if (n == 1) {
        concatenate(root, "Kruispunt-v1 merkle leaf", leaves, NULL);
    } else {
        size_t k = largest_power_below(n);
        uint8_t left[KP_DIGEST_BYTES];
        uint8_t right[KP_DIGEST_BYTES];
        naive_root(left, leaves, k);
        naive_root(right, leaves + k * KP_DIGEST_BYTES, n - k);
        concatenate(root, "Kruispunt-v1 merkle node", left, right);
    }
}

/* PATH(m, D[n]) of section 2.1.3.1; its length. */
static size_t naive_path(uint8_t *path, size_t m, const uint8_t *leaves, size_t n)
{
    if (n == 1) {
        return 0;
    }
    size_t k = largest_power_below(n);
    const uint8_t *right = leaves + k * KP_DIGEST_BYTES;
    size_t length = m < k ? naive_path(path, m, leaves, k) : naive_path(path, m - k, right, n - k);
    if (m < k) {
        naive_root(path + length * KP_DIGEST_BYTES, right, n - k);
    } else {
        naive_root(path + length * KP_DIGEST_BYTES, leaves, k);
    }
    return length + 1;
}

static void fill(uint8_t *leaves, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        memset(leaves + i * KP_DIGEST_BYTES, (int)(i + 1), KP_DIGEST_BYTES);
    }
}

static void roots_and_streams(void)
{
    uint8_t leaves[MOST * KP_DIGEST_BYTES];
    struct kp_merkle_stream stream;
    fill(leaves, MOST);
    kp_merkle_stream_start(&stream);
    for (size_t count = 0; count <= MOST; count++) {
        uint8_t expected[KP_DIGEST_BYTES];
        uint8_t root[KP_DIGEST_BYTES];
        naive_root(expected, leaves, count);
        kp_merkle_root(root, leaves, count);
        CU_ASSERT_EQUAL(memcmp(root, expected, sizeof(root)), 0);
        kp_merkle_stream_root(&stream, root);
        CU_ASSERT_EQUAL(memcmp(root, expected, sizeof(root)), 0);
        if (count < MOST) {
            kp_merkle_stream_add(&stream, leaves + count * KP_DIGEST_BYTES);
        }
    }
}

static void paths(void)
{
    uint8_t leaves[MOST * KP_DIGEST_BYTES];
    fill(leaves, MOST);
    for (size_t count = 1; count <= MOST; count++) {
        uint8_t root[KP_DIGEST_BYTES];
        kp_merkle_root(root, leaves, count);
        for (size_t index = 0; index < count; index++) {
            uint8_t expected[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
            uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES] = {0};
            size_t length = naive_path(expected, index, leaves, count);
            CU_ASSERT_EQUAL_FATAL(kp_merkle_path_length(index, count), length);
            kp_merkle_path(path, leaves, count, index);
            CU_ASSERT_EQUAL(memcmp(path, expected, length * KP_DIGEST_BYTES), 0);
            uint8_t same[KP_DIGEST_BYTES];
            uint8_t nodes[MOST * KP_DIGEST_BYTES];
            memset(path, 0, sizeof(path));
            for (size_t i = 0; i < count; i++) {
                kp_merkle_root(nodes + i * KP_DIGEST_BYTES, leaves + i * KP_DIGEST_BYTES, 1);
            }
            uint8_t node[KP_DIGEST_BYTES];
            memcpy(node, nodes + index * KP_DIGEST_BYTES, sizeof(node));
            kp_merkle_fold(same, path, nodes, count, index);
            CU_ASSERT_EQUAL(memcmp(path, expected, length * KP_DIGEST_BYTES), 0);
            CU_ASSERT_EQUAL(memcmp(same, root, sizeof(same)), 0);
            CU_ASSERT_EQUAL(kp_merkle_check_node(root, node, count, index, path), KP_OK);
            const uint8_t *leaf = leaves + index * KP_DIGEST_BYTES;
            CU_ASSERT_EQUAL(kp_merkle_check(root, leaf, count, index, path), KP_OK);
            for (size_t other = 0; other < count + 2; other++) {
                CU_ASSERT_EQUAL(kp_merkle_check(root, leaf, count, other, path),
                                other == index ? KP_OK : KP_REFUSED);
            }
        }
    }
}

static void kept_trees_have_the_same_paths(void)
{
    uint8_t leaves[MOST * KP_DIGEST_BYTES];
    fill(leaves, MOST);
    for (size_t count = 1; count <= MOST; count++) {
        struct kp_merkle_tree tree;
        CU_ASSERT_EQUAL_FATAL(kp_merkle_tree_new(&tree, leaves, count), KP_OK);
        for (size_t index = 0; index < count; index++) {
            uint8_t expected[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
            uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES] = {0};
            size_t length = naive_path(expected, index, leaves, count);
            kp_merkle_tree_path(&tree, index, path);
            CU_ASSERT_EQUAL(memcmp(path, expected, length * KP_DIGEST_BYTES), 0);
            /* And nothing is written after it. */
            CU_ASSERT(sodium_is_zero(path + length * KP_DIGEST_BYTES,
                                     sizeof(path) - length * KP_DIGEST_BYTES));
        }
        kp_merkle_tree_free(&tree);
        CU_ASSERT_PTR_NULL(tree.nodes);
    }
    struct kp_merkle_tree none;
    CU_ASSERT_EQUAL_FATAL(kp_merkle_tree_new(&none, NULL, 0), KP_OK);
    kp_merkle_tree_free(&none);
}

static void changed_paths_are_refused(void)
{
    enum { LEAVES = 13 };
    uint8_t leaves[LEAVES * KP_DIGEST_BYTES];
    uint8_t root[KP_DIGEST_BYTES];
    fill(leaves, LEAVES);
    kp_merkle_root(root, leaves, LEAVES);
    for (size_t index = 0; index < LEAVES; index++) {
        uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES] = {0};
        uint8_t *leaf = leaves + index * KP_DIGEST_BYTES;
        size_t length = kp_merkle_path_length(index, LEAVES);
        kp_merkle_path(path, leaves, LEAVES, index);
        for (size_t i = 0; i < length * KP_DIGEST_BYTES; i++) {
            path[i] ^= 1;
            CU_ASSERT_EQUAL(kp_merkle_check(root, leaf, LEAVES, index, path), KP_REFUSED);
            path[i] ^= 1;
        }
        leaf[0] ^= 1;
        CU_ASSERT_EQUAL(kp_merkle_check(root, leaf, LEAVES, index, path), KP_REFUSED);
        leaf[0] ^= 1;
        root[31] ^= 1;
        CU_ASSERT_EQUAL(kp_merkle_check(root, leaf, LEAVES, index, path), KP_REFUSED);
        root[31] ^= 1;
    }
}

/* A node is no leaf, and a leaf's hash no leaf: a shorter tree can't be shown for a longer one. */
static void nodes_are_not_leaves(void)
{
    uint8_t leaves[4 * KP_DIGEST_BYTES];
    uint8_t nodes[2 * KP_DIGEST_BYTES];
    uint8_t root[KP_DIGEST_BYTES];
    uint8_t other[KP_DIGEST_BYTES];
    uint8_t hashed[4 * KP_DIGEST_BYTES];
    fill(leaves, 4);
    kp_merkle_root(root, leaves, 4);
    kp_merkle_root(nodes, leaves, 2);
    kp_merkle_root(nodes + KP_DIGEST_BYTES, leaves + 2 * KP_DIGEST_BYTES, 2);
    kp_merkle_root(other, nodes, 2);
    CU_ASSERT_NOT_EQUAL(memcmp(root, other, sizeof(root)), 0);
    CU_ASSERT_EQUAL(kp_merkle_check(root, nodes, 2, 0, nodes + KP_DIGEST_BYTES), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_merkle_check(root, root, 1, 0, nodes), KP_REFUSED);
    for (size_t i = 0; i < 4; i++) {
        kp_merkle_root(hashed + i * KP_DIGEST_BYTES, leaves + i * KP_DIGEST_BYTES, 1);
    }
    kp_merkle_root(other, hashed, 4);
    CU_ASSERT_NOT_EQUAL(memcmp(root, other, sizeof(root)), 0);

    /* RFC 6962's trees have no padding: a leaf twice is another tree. */
    memcpy(leaves + 3 * KP_DIGEST_BYTES, leaves + 2 * KP_DIGEST_BYTES, KP_DIGEST_BYTES);
    kp_merkle_root(root, leaves, 3);
    kp_merkle_root(other, leaves, 4);
    CU_ASSERT_NOT_EQUAL(memcmp(root, other, sizeof(root)), 0);
}

static void empty_and_enormous_trees(void)
{
    uint8_t root[KP_DIGEST_BYTES];
    uint8_t leaf[KP_DIGEST_BYTES] = {1};
    uint8_t path[(KP_MERKLE_DEPTH_MAX + 1) * KP_DIGEST_BYTES] = {0};
    kp_merkle_root(root, NULL, 0);
    CU_ASSERT_EQUAL(kp_merkle_check(root, leaf, 0, 0, path), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_merkle_check(root, root, 0, 0, path), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_merkle_path_length(0, 0), 0);
    CU_ASSERT_EQUAL(kp_merkle_path_length(0, (size_t)1 << 32), 32);
    CU_ASSERT_EQUAL(kp_merkle_path_length((size_t)1 << 32, ((size_t)1 << 32) + 1), 1);
    CU_ASSERT_EQUAL(kp_merkle_check(root, leaf, (size_t)1 << 32, 5, path), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_merkle_check(root, leaf, SIZE_MAX, 5, path), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_merkle_check(root, leaf, SIZE_MAX, SIZE_MAX, path), KP_REFUSED);
}

/* Roots of chunks of a power of two are nodes of the whole tree: a leaf's path goes through its
 * chunk's root. For every number of leaves in and around some chunks. */
static void chunks_are_subtrees(void)
{
    enum { CHUNK = 4, LEAVES = 19 };
    uint8_t leaves[LEAVES * KP_DIGEST_BYTES];
    fill(leaves, LEAVES);
    for (size_t count = 1; count <= LEAVES; count++) {
        size_t chunks = (count + CHUNK - 1) / CHUNK;
        uint8_t root[KP_DIGEST_BYTES], roots[LEAVES * KP_DIGEST_BYTES];
        struct kp_merkle_tree tree;
        kp_merkle_root(root, leaves, count);
        for (size_t i = 0; i < chunks; i++) {
            size_t rest = count - i * CHUNK;
            kp_merkle_root(roots + i * KP_DIGEST_BYTES, leaves + i * CHUNK * KP_DIGEST_BYTES,
                           rest < CHUNK ? rest : CHUNK);
        }
        CU_ASSERT_EQUAL_FATAL(kp_merkle_tree_of_nodes(&tree, roots, chunks), KP_OK);
        for (size_t i = 0; i < count; i++) {
            uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES] = {0};
            uint8_t whole[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES] = {0};
            size_t part = i / CHUNK, rest = count - part * CHUNK;
            size_t below = kp_merkle_path_length(i % CHUNK, rest < CHUNK ? rest : CHUNK);
            size_t above = kp_merkle_path_length(part, chunks);
            kp_merkle_tree_path(&tree, part, path);
            kp_merkle_path(whole, leaves, count, i);
            CU_ASSERT_EQUAL(below + above, kp_merkle_path_length(i, count));
            CU_ASSERT_EQUAL(memcmp(path, whole + below * KP_DIGEST_BYTES, above * KP_DIGEST_BYTES),
                            0);
            uint8_t *node = roots + part * KP_DIGEST_BYTES;
            CU_ASSERT_EQUAL(kp_merkle_check_node(root, node, chunks, part, path), KP_OK);
            CU_ASSERT_EQUAL(kp_merkle_check_node(root, node, chunks, chunks, path), KP_REFUSED);
            for (size_t at = 0; at < above * KP_DIGEST_BYTES; at++) {
                path[at] ^= 1;
                CU_ASSERT_EQUAL(kp_merkle_check_node(root, node, chunks, part, path), KP_REFUSED);
                path[at] ^= 1;
            }
            node[3] ^= 1;
            CU_ASSERT_EQUAL(kp_merkle_check_node(root, node, chunks, part, path), KP_REFUSED);
            node[3] ^= 1;
            if (part > 0) {
                CU_ASSERT_EQUAL(kp_merkle_check_node(root, node, chunks, part - 1, path),
                                KP_REFUSED);
            }
        }
        kp_merkle_tree_free(&tree);
    }
}

static const struct unit_test tests[] = {
    {"chunks are subtrees", chunks_are_subtrees},
    {"changed paths are refused", changed_paths_are_refused},
    {"nodes are not leaves", nodes_are_not_leaves},
    {"empty and enormous trees", empty_and_enormous_trees},
    {"roots and streams", roots_and_streams},
    {"paths", paths},
    {"kept trees have the same paths", kept_trees_have_the_same_paths},
};

UNIT_MAIN("merkle", tests)
