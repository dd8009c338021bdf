#include "node/release_chunks.h"

#include "proto/record.h"
#include "proto/transcript.h"

#include <string.h>

static uint32_t chunk_items(enum kp_release_kind kind)
{
    return kind == KP_RELEASE_LEAVES ? KP_CHUNK_LEAVES : KP_CHUNK_ENTRIES;
}

static size_t item_size(const struct kp_release *release, enum kp_release_kind kind)
{
    return kind == KP_RELEASE_LEAVES ? KP_DIGEST_BYTES : release->entry_size;
}

uint32_t kp_release_chunks(const struct kp_release *release, enum kp_release_kind kind)
{
    return kp_chunk_count(release->slots, chunk_items(kind));
}

static struct kp_release_top *top_of(struct kp_release *release, enum kp_release_kind kind)
{
    return kind == KP_RELEASE_LEAVES ? &release->leaf_top : &release->entry_top;
}

static enum kp_status no_memory(struct kp_error *error)
{
    return kp_fail(error, KP_FAILED, "no memory for a release");
}

/* ---- Chunks ---- */

static enum kp_status put(struct kp_release *release, enum kp_release_kind kind, uint32_t number,
                          const uint8_t *bytes, size_t size, struct kp_error *error)
{
    const struct kp_release_content *content = release->content;
    if (content != NULL) {
        return content->put(content->context, kind, number, bytes, size, error);
    }
    struct kp_buffer *all = kind == KP_RELEASE_LEAVES ? &release->leaves : &release->entries;
    return kp_buffer_append(all, bytes, size) == KP_OK ? KP_OK : no_memory(error);
}

static enum kp_status get(const struct kp_release *release, enum kp_release_kind kind,
                          uint32_t number, struct kp_buffer *chunk, struct kp_error *error)
{
    const struct kp_release_content *content = release->content;
    if (content != NULL) {
        return content->get(content->context, kind, number, chunk, error);
    }
    const struct kp_buffer *all = kind == KP_RELEASE_LEAVES ? &release->leaves : &release->entries;
    size_t most = chunk_items(kind) * item_size(release, kind), at = number * most;
    size_t left = at < all->size ? all->size - at : 0;
    if (left == 0) {
        chunk->size = 0;
        return KP_OK;
    }
    return kp_buffer_set(chunk, all->data + at, left < most ? left : most) == KP_OK
               ? KP_OK
               : no_memory(error);
}

enum kp_status kp_release_chunk(const struct kp_release *release, enum kp_release_kind kind,
                                uint32_t number, struct kp_buffer *chunk, struct kp_error *error)
{
    size_t size = (size_t)kp_chunk_items(release->slots, chunk_items(kind), number) *
                  item_size(release, kind);
    enum kp_status status = get(release, kind, number, chunk, error);
    return status == KP_OK && chunk->size != size
               ? kp_fail(error, KP_REFUSED, "the release in the database is damaged")
               : status;
}

/* ---- Roots ---- */

void kp_release_free_top(struct kp_release_top *top)
{
    kp_buffer_free(&top->roots);
    kp_merkle_tree_free(&top->tree);
}

/* The digest of what stands at this place of a chunk. */
static void leaf_of(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_release *release,
                    const struct kp_agreement *agreement, enum kp_release_kind kind,
                    const uint8_t *chunk, uint32_t item)
{
    const uint8_t *at = chunk + item * item_size(release, kind);
    if (kind == KP_RELEASE_LEAVES) {
        memcpy(leaf, at, KP_DIGEST_BYTES);
    } else {
        kp_entry_leaf_in(leaf, agreement, release->own, release->type, at);
    }
}

static enum kp_status add_root(struct kp_release *release, const struct kp_agreement *agreement,
                               enum kp_release_kind kind, const uint8_t *chunk, uint32_t count,
                               struct kp_error *error)
{
    struct kp_merkle_stream stream;
    uint8_t *root = kp_buffer_extend(&top_of(release, kind)->roots, KP_DIGEST_BYTES);
    if (root == NULL) {
        return no_memory(error);
    }
    kp_merkle_stream_start(&stream);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t leaf[KP_DIGEST_BYTES];
        leaf_of(leaf, release, agreement, kind, chunk, i);
        kp_merkle_stream_add(&stream, leaf);
    }
    kp_merkle_stream_root(&stream, root);
    return KP_OK;
}

/* What is in memory only may have come there in another way, and has no roots yet. */
static enum kp_status find_roots(struct kp_release *release, const struct kp_agreement *agreement,
                                 enum kp_release_kind kind, struct kp_error *error)
{
    uint32_t count = kp_release_chunks(release, kind);
    struct kp_buffer chunk = {0};
    enum kp_status status = KP_OK;
    kp_buffer_free(&top_of(release, kind)->roots);
    for (uint32_t i = 0; status == KP_OK && i < count; i++) {
        status = kp_release_chunk(release, kind, i, &chunk, error);
        if (status == KP_OK) {
            status = add_root(release, agreement, kind, chunk.data,
                              kp_chunk_items(release->slots, chunk_items(kind), i), error);
        }
    }
    kp_buffer_free(&chunk);
    return status;
}

enum kp_status kp_release_top(struct kp_release *release, const struct kp_agreement *agreement,
                              enum kp_release_kind kind, const struct kp_merkle_tree **tree,
                              struct kp_error *error)
{
    struct kp_release_top *top = top_of(release, kind);
    uint32_t count = kp_release_chunks(release, kind);
    enum kp_status status = KP_OK;
    *tree = &top->tree;
    if (top->tree.nodes != NULL) {
        return KP_OK;
    }
    if (top->roots.size != (size_t)count * KP_DIGEST_BYTES) {
        status = find_roots(release, agreement, kind, error);
    }
    if (status == KP_OK && kp_merkle_tree_of_nodes(&top->tree, top->roots.data, count) != KP_OK) {
        status = no_memory(error);
    }
    return status;
}

/* ---- Filling ---- */

static enum kp_status put_chunk(struct kp_release *release, const struct kp_agreement *agreement,
                                enum kp_release_kind kind, const uint8_t *bytes, uint32_t count,
                                struct kp_error *error)
{
    const struct kp_buffer *roots = &top_of(release, kind)->roots;
    uint32_t number = (uint32_t)(roots->size / KP_DIGEST_BYTES);
    if (number >= kp_release_chunks(release, kind) ||
        count != kp_chunk_items(release->slots, chunk_items(kind), number)) {
        return kp_fail(error, KP_FAILED, "a chunk of %u isn't what a release has next", count);
    }
    enum kp_status status = add_root(release, agreement, kind, bytes, count, error);
    return status == KP_OK
               ? put(release, kind, number, bytes, count * item_size(release, kind), error)
               : status;
}

enum kp_status kp_release_put_leaves(struct kp_release *release, const uint8_t *digests,
                                     uint32_t count, struct kp_error *error)
{
    return put_chunk(release, NULL, KP_RELEASE_LEAVES, digests, count, error);
}

enum kp_status kp_release_put_entries(struct kp_release *release,
                                      const struct kp_agreement *agreement, const uint8_t *entries,
                                      uint32_t count, struct kp_error *error)
{
    return put_chunk(release, agreement, KP_RELEASE_ENTRIES, entries, count, error);
}

enum kp_status kp_release_filled(struct kp_release *release, const struct kp_agreement *agreement,
                                 uint8_t root[static KP_DIGEST_BYTES], struct kp_error *error)
{
    const struct kp_merkle_tree *tree = NULL;
    if (release->slots == 0) {
        kp_merkle_root(root, NULL, 0);
        return KP_OK;
    }
    enum kp_status status = kp_release_top(release, agreement, KP_RELEASE_ENTRIES, &tree, error);
    if (status == KP_OK) {
        kp_merkle_tree_root(tree, root);
    }
    if (release->content == NULL) { /* whoever has it in memory may still change it */
        kp_release_free_top(&release->leaf_top);
        kp_release_free_top(&release->entry_top);
    }
    return status;
}

/* ---- Looking up ---- */

enum kp_status kp_release_find(const struct kp_release *release,
                               const uint8_t tag[static KP_DIGEST_BYTES], uint32_t *position,
                               bool *found, struct kp_error *error)
{
    struct kp_buffer chunk = {0};
    uint32_t low = 0, high = release->slots, read = UINT32_MAX;
    enum kp_status status = KP_OK;
    *found = false;
    while (status == KP_OK && low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (middle / KP_CHUNK_ENTRIES != read) {
            read = middle / KP_CHUNK_ENTRIES;
            status = kp_release_chunk(release, KP_RELEASE_ENTRIES, read, &chunk, error);
        }
        if (status == KP_OK) {
            const uint8_t *entry =
                chunk.data + (size_t)(middle % KP_CHUNK_ENTRIES) * release->entry_size;
            int order = memcmp(entry, tag, KP_DIGEST_BYTES);
            *found = *found || order == 0;
            low = order < 0 ? middle + 1 : low;
            high = order < 0 ? high : middle;
        }
    }
    *position = low;
    kp_buffer_free(&chunk);
    return status;
}

/* The path within its chunk, then from the chunk's root upwards. */
static enum kp_status make_path(struct kp_release *release, const struct kp_agreement *agreement,
                                enum kp_release_kind kind, uint32_t index,
                                const struct kp_buffer *chunk, struct kp_buffer *path,
                                struct kp_error *error)
{
    uint32_t number = index / chunk_items(kind), inside = index % chunk_items(kind);
    uint32_t count = kp_chunk_items(release->slots, chunk_items(kind), number);
    struct kp_buffer leaves = {0};
    const struct kp_merkle_tree *top = NULL;
    enum kp_status status = kp_release_top(release, agreement, kind, &top, error);
    uint8_t *leaf = kp_buffer_extend(&leaves, (size_t)count * KP_DIGEST_BYTES);
    size_t below = kp_merkle_path_length(inside, count);
    kp_buffer_free(path);
    uint8_t *at =
        kp_buffer_extend(path, kp_merkle_path_length(index, release->slots) * KP_DIGEST_BYTES);
    if (status == KP_OK && (leaf == NULL || (at == NULL && release->slots > 1))) {
        status = no_memory(error);
    }
    for (uint32_t i = 0; status == KP_OK && i < count; i++) {
        leaf_of(leaf + (size_t)i * KP_DIGEST_BYTES, release, agreement, kind, chunk->data, i);
    }
    if (status == KP_OK && release->slots > 1) {
        kp_merkle_path(at, leaves.data, count, inside);
        kp_merkle_tree_path(top, number, at + below * KP_DIGEST_BYTES);
    }
    kp_buffer_free(&leaves);
    return status;
}

enum kp_status kp_release_entry(struct kp_release *release, const struct kp_agreement *agreement,
                                uint32_t position, struct kp_buffer *entry, struct kp_buffer *path,
                                struct kp_error *error)
{
    struct kp_buffer chunk = {0};
    enum kp_status status =
        kp_release_chunk(release, KP_RELEASE_ENTRIES, position / KP_CHUNK_ENTRIES, &chunk, error);
    if (status == KP_OK &&
        kp_buffer_set(entry,
                      chunk.data + (size_t)(position % KP_CHUNK_ENTRIES) * release->entry_size,
                      release->entry_size) != KP_OK) {
        status = no_memory(error);
    }
    if (status == KP_OK) {
        status = make_path(release, agreement, KP_RELEASE_ENTRIES, position, &chunk, path, error);
    }
    kp_buffer_free(&chunk);
    return status;
}

enum kp_status kp_release_leaf_path(struct kp_release *release,
                                    const struct kp_agreement *agreement, uint32_t index,
                                    struct kp_buffer *path, struct kp_error *error)
{
    struct kp_buffer chunk = {0};
    enum kp_status status =
        kp_release_chunk(release, KP_RELEASE_LEAVES, index / KP_CHUNK_LEAVES, &chunk, error);
    if (status == KP_OK) {
        status = make_path(release, agreement, KP_RELEASE_LEAVES, index, &chunk, path, error);
    }
    kp_buffer_free(&chunk);
    return status;
}
