#include "node/slot_show.h"

#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "crypto/shares.h"
#include "proto/record.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

struct kp_slot_show {
    struct kp_slot_noted noted;
    struct kp_txn *txn;
    const struct kp_slot_audit_source *source;
    struct kp_merkle_tree chunks; /* of the list of points */
};

static enum kp_status make_chunks(struct kp_slot_show *show)
{
    const struct kp_slot_list *slots = &show->source->keeping->slots;
    struct kp_buffer leaves = {0}, points = {0};
    uint32_t count = kp_slot_list_chunks(slots);
    uint8_t *at = kp_buffer_extend(&leaves, (size_t)count * KP_DIGEST_BYTES);
    uint8_t *chunk = kp_buffer_extend(&points, KP_CHUNK_POINTS * KP_POINT_BYTES);
    enum kp_status status = at == NULL || chunk == NULL ? KP_FAILED : KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < count; i++) {
        status = kp_slot_list_points(slots, i, chunk, NULL);
        kp_transcript_points_leaf(at + (size_t)i * KP_DIGEST_BYTES,
                                  show->source->agreement->lineage, i, chunk,
                                  kp_chunk_items(slots->count, KP_CHUNK_POINTS, i));
    }
    if (status == KP_OK) {
        status = kp_merkle_tree_new(&show->chunks, at, count);
    }
    kp_buffer_free(&leaves);
    kp_buffer_free(&points);
    return status;
}

enum kp_status kp_slot_show_new(struct kp_slot_show **out, struct kp_txn *txn,
                                const struct kp_slot_audit_source *source, struct kp_error *error)
{
    struct kp_slot_show *show = calloc(1, sizeof(*show));
    *out = show;
    enum kp_status status = show == NULL ? KP_FAILED : KP_OK;
    if (status == KP_OK) {
        show->txn = txn;
        show->source = source;
        status = make_chunks(show);
    }
    return status == KP_OK ? KP_OK : kp_fail(error, KP_FAILED, "no memory for the audit of slots");
}

void kp_slot_show_free(struct kp_slot_show *show)
{
    if (show == NULL) {
        return;
    }
    kp_merkle_tree_free(&show->chunks);
    free(show->noted.queries);
    free(show);
}

enum kp_status kp_slot_show_look_up(struct kp_slot_show *show, const uint32_t *picks,
                                    uint32_t count, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < count; i++) {
        status =
            kp_slot_show_ask(show->txn, show->source->agreement, picks[i], &show->noted, error);
    }
    return status == KP_OK
               ? kp_noted_find_all(show->txn, show->noted.queries, show->noted.count, error)
               : status;
}

static enum kp_status put_path(struct kp_buffer *out, const struct kp_merkle_tree *tree,
                               size_t index)
{
    size_t size = kp_merkle_path_length(index, tree->count) * KP_DIGEST_BYTES;
    kp_buffer_free(out);
    if (size == 0) {
        return KP_OK;
    }
    uint8_t *at = kp_buffer_extend(out, size);
    if (at == NULL) {
        return KP_FAILED;
    }
    kp_merkle_tree_path(tree, index, at);
    return KP_OK;
}

/* The slot's tag leads to its entry: nothing on disk does. */
static enum kp_status find_entry(const struct kp_slot_show *show, struct kp_pick *pick,
                                 struct kp_error *error)
{
    const struct kp_slot_audit_source *source = show->source;
    struct kp_release *release = source->release;
    struct kp_share_context context = {.type = (uint8_t)source->keeping->type,
                                       .threshold = source->agreement->threshold,
                                       .members = source->agreement->member_count};
    struct kp_shares *shares = kp_secret_new(sizeof(*shares));
    memcpy(context.round_id, source->keeping->round_id, KP_DIGEST_BYTES);
    memcpy(context.g, source->keeping->g, KP_DIGEST_BYTES);
    enum kp_status status =
        shares == NULL ? KP_FAILED : kp_shares_derive(shares, pick->output, &context);
    if (status != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for the audit of slots");
    }
    bool found = false;
    if (status == KP_OK) {
        status = kp_release_find(release, shares->tag, &pick->position, &found, error);
    }
    if (status == KP_OK && pick->position < release->slots) {
        status = kp_release_entry(release, source->agreement, pick->position, &pick->entry,
                                  &pick->entry_path, error);
    }
    kp_wipe(&context, sizeof(context));
    kp_secret_free(shares);
    return status;
}

/* What is in the keeping about a slot. */
static enum kp_status copy_kept(const struct kp_slot_keeping *keeping, uint32_t index,
                                struct kp_pick *pick, struct kp_error *error)
{
    struct kp_slot_one one = {0};
    struct kp_made_slot made = {0};
    enum kp_status status = kp_slot_list_one(&keeping->slots, index, &one, error);
    if (status == KP_OK) {
        status = kp_slot_keeping_made(keeping, index, &made, error);
    }
    pick->leaf = one.leaf;
    memcpy(pick->blind, one.blinding, KP_SCALAR_BYTES);
    memcpy(pick->y, made.y, KP_POINT_BYTES);
    memcpy(pick->output, made.output, KP_OPRF_OUTPUT_BYTES);
    memcpy(pick->g, keeping->g, KP_DIGEST_BYTES);
    kp_wipe(&one, sizeof(one));
    kp_wipe(&made, sizeof(made));
    return status;
}

enum kp_status kp_slot_show(const struct kp_slot_show *show, uint32_t index, struct kp_pick *pick,
                            struct kp_error *error)
{
    const struct kp_slot_audit_source *source = show->source;
    const struct kp_slot_keeping *keeping = source->keeping;
    enum kp_status status = copy_kept(keeping, index, pick, error);
    if (status != KP_OK) {
        return status;
    }
    status = find_entry(show, pick, error);
    if (status == KP_OK) {
        status = kp_release_leaf_path(source->release, source->agreement, index, &pick->leaf_path,
                                      error);
    }
    if (status == KP_OK) {
        status = put_path(&pick->chunk_path, &show->chunks, index / KP_CHUNK_POINTS);
    }
    if (status != KP_OK) {
        return kp_fail_in(error, "the audit of a slot");
    }
    return kp_slot_show_signals(show->txn, source->agreement, source->own, keeping, &show->noted,
                                pick, error);
}
