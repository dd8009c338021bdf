/* A canary notice: what a member tells the project leader, sealed, of the canaries that it
 * submitted in a round, so that the leader can miss one. Its size follows from the agreement alone.
 *
 * A letter holds up to KP_CANARY_NOTICE_ITEMS items: BE(4, counter), BE(4, number of its first
 * item), items. There is an item for each active canary of each of the member's groups, by rising
 * group, then by rising index in the pool, so the t members of a group name the same canary at the
 * same place of their group. An item: BE(4, group), BE(4, position of its entry), the entry
 * (proto/record.h), the entry's path to entries_root, filled up with zeros to the longest one. Of a
 * canary that isn't in a slot the position is KP_CANARY_NOT_PLACED, and the rest zeros. */
#ifndef KP_PROTO_CANARY_NOTICE_H
#define KP_PROTO_CANARY_NOTICE_H

#include "proto/agreement.h"
#include "proto/buffer.h"
#include "proto/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_CANARY_NOT_PLACED UINT32_MAX

/* Items of a member, over all letters; 0: it sends no notice. */
uint32_t kp_canary_item_count(const struct kp_agreement *agreement, uint32_t member);
/* Which one of the member's items is number `number` of a group that it is in. */
uint32_t kp_canary_item_number(const struct kp_agreement *agreement, uint32_t member,
                               uint32_t group, uint32_t number);
size_t kp_canary_item_size(const struct kp_agreement *agreement, uint32_t member);
/* How many letters, and the size of each one's plain. */
uint32_t kp_canary_notice_parts(const struct kp_agreement *agreement, uint32_t member);
size_t kp_canary_notice_size(const struct kp_agreement *agreement, uint32_t member, uint32_t part);

struct kp_canary_item {
    uint32_t group;
    uint32_t position;    /* of the entry among the member's, or KP_CANARY_NOT_PLACED */
    const uint8_t *entry; /* begins with the tag */
    const uint8_t *path;  /* kp_merkle_path_length(position, slots) digests */
};

/* Writes an item of kp_canary_item_size bytes; entry NULL: not placed. */
void kp_canary_item_put(uint8_t *out, const struct kp_agreement *agreement, uint32_t member,
                        const struct kp_canary_item *item);
/* The plain of a letter from all items of the member, without gaps. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_canary_notice_pack(struct kp_buffer *plain,
                                                 const struct kp_agreement *agreement,
                                                 uint32_t member, uint64_t counter, uint32_t part,
                                                 const uint8_t *items, struct kp_error *error);

/* A letter's items, which point into its plain. */
struct kp_canary_notice {
    uint32_t first; /* number of the first one */
    uint32_t count;
    const uint8_t *items;
};
/* KP_REFUSED: not in this form, or not this part of this member's notice of the round `counter`.
 * Whether it is true, kp_check_canary_item tells. */
KP_MUST_USE enum kp_status kp_canary_notice_read(struct kp_canary_notice *notice,
                                                 const struct kp_agreement *agreement,
                                                 uint32_t member, uint64_t counter, uint32_t part,
                                                 const struct kp_buffer *plain,
                                                 struct kp_error *error);
/* Item `number` of the letter, from 0. */
struct kp_canary_item kp_canary_notice_item(const struct kp_canary_notice *notice,
                                            const struct kp_agreement *agreement, uint32_t member,
                                            uint32_t number);

#endif
