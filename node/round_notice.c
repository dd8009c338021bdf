/* What the project leader is told, sealed, of the canaries that this member submits in a round. */
#include "node/round_internal.h"

#include "proto/canary_groups.h"
#include "proto/canary_notice.h"

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

static enum kp_status put_item(uint8_t *at, const struct kp_round *round,
                               struct kp_release *release, const struct kp_placed *placed,
                               struct kp_error *error)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    struct kp_buffer entry = {0}, path = {0};
    struct kp_canary_item item = {
        .group = kp_canary_own_group(agreement, release->own, placed->item / agreement->canaries)};
    bool found = false;
    enum kp_status status = kp_release_find(release, placed->tag, &item.position, &found, error);
    if (status == KP_OK && !found) {
        status = kp_fail(error, KP_FAILED, "a canary's entry is missing");
    }
    if (status == KP_OK) {
        status = kp_release_entry(release, agreement, item.position, &entry, &path, error);
    }
    if (status == KP_OK) {
        item.entry = entry.data;
        item.path = path.data;
        kp_canary_item_put(at + placed->item * kp_canary_item_size(agreement, release->own),
                           agreement, release->own, &item);
    }
    kp_buffer_free(&entry);
    kp_buffer_free(&path);
    return status;
}

enum kp_status kp_round_make_notice(const struct kp_round *round, struct kp_release *release,
                                    struct kp_error *error)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    uint32_t count = kp_canary_item_count(agreement, release->own);
    if (count == 0 || round->type != KP_ROUND_MATCH) {
        return KP_OK;
    }
    uint8_t *items =
        kp_buffer_extend(&release->notice, count * kp_canary_item_size(agreement, release->own));
    if (items == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a canary notice");
    }
    enum kp_status status = KP_OK;
    put_groups(items, agreement, release->own);
    for (uint32_t i = 0; status == KP_OK && i < round->placed_count; i++) {
        status = put_item(items, round, release, &round->placed[i], error);
    }
    return status;
}
