#include "proto/canary_check.h"

#include "crypto/merkle.h"
#include "crypto/shares.h"
#include "proto/record.h"

enum kp_status kp_check_canary_item(const struct kp_agreement *agreement, uint32_t member,
                                    const struct kp_canary_item *item,
                                    const uint8_t entries_root[static KP_DIGEST_BYTES],
                                    const uint8_t round_id[static KP_DIGEST_BYTES],
                                    struct kp_error *error)
{
    uint8_t leaf[KP_DIGEST_BYTES];
    uint32_t slots = kp_agreement_member_slots(agreement, member);
    if (item->position == KP_CANARY_NOT_PLACED) {
        return kp_fail(error, KP_REFUSED, "it says that no slot holds it");
    }
    kp_entry_leaf(leaf, agreement, member, item->entry);
    if (kp_merkle_check(entries_root, leaf, slots, item->position, item->path) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "its entry isn't among those that READY signed");
    }
    struct kp_entry_view view = kp_entry_at(agreement, member, item->entry);
    if (kp_share_check(view.tag, round_id, agreement->member_count, member, view.share,
                       view.path) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "its share isn't under the tag");
    }
    return KP_OK;
}

enum kp_status kp_check_canary_there(uint32_t group, uint32_t there, struct kp_error *error)
{
    return (group & ~there) == 0
               ? KP_OK
               : kp_fail(error, KP_REFUSED, "a canary is missing from the results");
}
