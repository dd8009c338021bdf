/* What the project leader is told, sealed, of the canaries that this member submits in a round. */
#include "node/round_internal.h"

#include "crypto/merkle.h"
#include "proto/canary_groups.h"
#include "proto/canary_notice.h"
#include "proto/record.h"

#include <string.h>

/* The place of a tag that is there, in the sorted entries. */
static uint32_t position_of(const struct kp_release *release, const uint8_t *tag)
{
    uint32_t low = 0, high = release->slots;
    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;
        const uint8_t *entry = release->entries.data + (size_t)middle * release->entry_size;
        if (memcmp(entry, tag, KP_DIGEST_BYTES) <= 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static enum kp_status make_tree(struct kp_merkle_tree *tree, const struct kp_agreement *agreement,
                                const struct kp_release *release, struct kp_error *error)
{
    struct kp_buffer leaves = {0};
    uint8_t *leaf = kp_buffer_extend(&leaves, (size_t)release->slots * KP_DIGEST_BYTES);
    enum kp_status status = leaf != NULL ? KP_OK : KP_FAILED;
    for (uint32_t i = 0; status == KP_OK && i < release->slots; i++) {
        kp_entry_leaf(leaf + (size_t)i * KP_DIGEST_BYTES, agreement, release->own,
                      release->entries.data + (size_t)i * release->entry_size);
    }
    if (status == KP_OK) {
        status = kp_merkle_tree_new(tree, leaves.data, release->slots);
    }
    kp_buffer_free(&leaves);
    return status == KP_OK ? KP_OK : kp_fail(error, KP_FAILED, "no memory for a canary notice");
}

/* Each item's group; until a slot fills it in, it isn't placed. */
static void put_groups(uint8_t *items, const struct kp_agreement *agreement, uint32_t own)
{
    size_t item_size = kp_canary_item_size(agreement, own);
    uint32_t groups = kp_canary_groups_of(agreement, own);
    for (uint32_t i = 0; i < groups; i++) {
        const struct kp_canary_item item = {.group = kp_canary_own_group(agreement, own, i)};
        for (uint32_t k = 0; k < agreement->canaries; k++) {
            kp_canary_item_put(items + (i * agreement->canaries + k) * item_size, agreement, own,
                               &item);
        }
    }
}

static void put_item(uint8_t *at, const struct kp_round *round, const struct kp_release *release,
                     const struct kp_merkle_tree *tree, const struct kp_placed *placed)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    uint32_t number = placed->item;
    struct kp_canary_item item = {.path = path};
    item.group = kp_canary_own_group(agreement, release->own, number / agreement->canaries);
    item.position = position_of(release, placed->tag);
    item.entry = release->entries.data + (size_t)item.position * release->entry_size;
    kp_merkle_tree_path(tree, item.position, path);
    kp_canary_item_put(at + number * kp_canary_item_size(agreement, release->own), agreement,
                       release->own, &item);
}

enum kp_status kp_round_make_notice(const struct kp_round *round, struct kp_release *release,
                                    struct kp_error *error)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    uint32_t count = kp_canary_item_count(agreement, release->own);
    struct kp_merkle_tree tree = {0};
    if (count == 0 || round->type != KP_ROUND_MATCH) {
        return KP_OK;
    }
    uint8_t *items =
        kp_buffer_extend(&release->notice, count * kp_canary_item_size(agreement, release->own));
    if (items == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a canary notice");
    }
    enum kp_status status = make_tree(&tree, agreement, release, error);
    if (status == KP_OK) {
        put_groups(items, agreement, release->own);
    }
    for (uint32_t i = 0; status == KP_OK && i < round->placed_count; i++) {
        put_item(items, round, release, &tree, &round->placed[i]);
    }
    kp_merkle_tree_free(&tree);
    return status;
}
