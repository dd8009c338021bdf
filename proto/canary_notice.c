#include "proto/canary_notice.h"

#include "crypto/merkle.h"
#include "proto/canary_groups.h"
#include "proto/numbers.h"
#include "proto/record.h"

#include <sodium.h>
#include <string.h>

#define HEAD_BYTES 8      /* of a letter: counter, first item */
#define ITEM_HEAD_BYTES 8 /* group, position */

/* ---- sizes ---- */

uint32_t kp_canary_item_count(const struct kp_agreement *agreement, uint32_t member)
{
    return kp_canary_groups_of(agreement, member) * agreement->canaries;
}

uint32_t kp_canary_item_number(const struct kp_agreement *agreement, uint32_t member,
                               uint32_t group, uint32_t number)
{
    uint32_t rank = 0;
    for (uint32_t i = 0; i < group; i++) {
        rank += kp_canary_group(agreement, i) >> (member - 1) & 1;
    }
    return rank * agreement->canaries + number;
}

static size_t path_size(const struct kp_agreement *agreement, uint32_t position)
{
    return kp_merkle_path_length(position, agreement->slots) * KP_DIGEST_BYTES;
}

/* The first leaf's path is as long as any. */
size_t kp_canary_item_size(const struct kp_agreement *agreement, uint32_t member)
{
    return ITEM_HEAD_BYTES + kp_entry_size(agreement, member) + path_size(agreement, 0);
}

uint32_t kp_canary_notice_parts(const struct kp_agreement *agreement, uint32_t member)
{
    return (kp_canary_item_count(agreement, member) + KP_CANARY_NOTICE_ITEMS - 1) /
           KP_CANARY_NOTICE_ITEMS;
}

static uint32_t items_in(const struct kp_agreement *agreement, uint32_t member, uint32_t part)
{
    uint32_t left = kp_canary_item_count(agreement, member) - part * KP_CANARY_NOTICE_ITEMS;
    return left < KP_CANARY_NOTICE_ITEMS ? left : KP_CANARY_NOTICE_ITEMS;
}

size_t kp_canary_notice_size(const struct kp_agreement *agreement, uint32_t member, uint32_t part)
{
    return HEAD_BYTES + items_in(agreement, member, part) * kp_canary_item_size(agreement, member);
}

/* ---- an item: write and read ---- */

void kp_canary_item_put(uint8_t *out, const struct kp_agreement *agreement, uint32_t member,
                        const struct kp_canary_item *item)
{
    memset(out, 0, kp_canary_item_size(agreement, member));
    uint8_t *at = kp_put_number(out, item->group, 4);
    at = kp_put_number(at, item->entry != NULL ? item->position : KP_CANARY_NOT_PLACED, 4);
    if (item->entry != NULL) {
        size_t size = path_size(agreement, item->position);
        memcpy(at, item->entry, kp_entry_size(agreement, member));
        if (size > 0) {
            memcpy(at + kp_entry_size(agreement, member), item->path, size);
        }
    }
}

struct kp_canary_item kp_canary_notice_item(const struct kp_canary_notice *notice,
                                            const struct kp_agreement *agreement, uint32_t member,
                                            uint32_t number)
{
    const uint8_t *at = notice->items + number * kp_canary_item_size(agreement, member);
    struct kp_canary_item item = {.group = (uint32_t)kp_get_number(at, 4),
                                  .position = (uint32_t)kp_get_number(at + 4, 4),
                                  .entry = at + ITEM_HEAD_BYTES};
    item.path = item.entry + kp_entry_size(agreement, member);
    return item;
}

/* ---- a letter: write and read ---- */

enum kp_status kp_canary_notice_pack(struct kp_buffer *plain, const struct kp_agreement *agreement,
                                     uint32_t member, uint64_t counter, uint32_t part,
                                     const uint8_t *items, struct kp_error *error)
{
    uint32_t first = part * KP_CANARY_NOTICE_ITEMS;
    size_t item_size = kp_canary_item_size(agreement, member);
    kp_buffer_free(plain);
    uint8_t *at = kp_buffer_extend(plain, kp_canary_notice_size(agreement, member, part));
    if (at == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a canary notice");
    }
    at = kp_put_number(at, counter, 4);
    at = kp_put_number(at, first, 4);
    memcpy(at, items + first * item_size, items_in(agreement, member, part) * item_size);
    return KP_OK;
}

/* What can be told of an item without a round: its group, and that nothing is left over. */
static enum kp_status check_form(const struct kp_canary_item *item,
                                 const struct kp_agreement *agreement, uint32_t member,
                                 uint32_t group, struct kp_error *error)
{
    size_t longest = path_size(agreement, 0), used = 0;
    if (item->group != group) {
        return kp_fail(error, KP_REFUSED, "a canary notice has group %u in the place of %u",
                       item->group, group);
    }
    if (item->position == KP_CANARY_NOT_PLACED) {
        return sodium_is_zero(item->entry, kp_entry_size(agreement, member) + longest)
                   ? KP_OK
                   : kp_fail(error, KP_REFUSED, "a canary that isn't placed has an entry");
    }
    if (item->position >= agreement->slots) {
        return kp_fail(error, KP_REFUSED, "a canary's entry stands behind the last one");
    }
    used = path_size(agreement, item->position);
    return sodium_is_zero(item->path + used, longest - used)
               ? KP_OK
               : kp_fail(error, KP_REFUSED, "a canary's path is too long");
}

enum kp_status kp_canary_notice_read(struct kp_canary_notice *notice,
                                     const struct kp_agreement *agreement, uint32_t member,
                                     uint64_t counter, uint32_t part, const struct kp_buffer *plain,
                                     struct kp_error *error)
{
    memset(notice, 0, sizeof(*notice));
    if (part >= kp_canary_notice_parts(agreement, member) ||
        plain->size != kp_canary_notice_size(agreement, member, part) ||
        kp_get_number(plain->data, 4) != counter ||
        kp_get_number(plain->data + 4, 4) != (uint64_t)part * KP_CANARY_NOTICE_ITEMS) {
        return kp_fail(error, KP_REFUSED,
                       "not part %u of the canary notice of member %u in round %u", part, member,
                       (unsigned)counter);
    }
    notice->first = part * KP_CANARY_NOTICE_ITEMS;
    notice->count = items_in(agreement, member, part);
    notice->items = plain->data + HEAD_BYTES;
    enum kp_status status = KP_OK;
    uint32_t group = 0;
    for (uint32_t i = 0; status == KP_OK && i < notice->count; i++) {
        struct kp_canary_item item = kp_canary_notice_item(notice, agreement, member, i);
        uint32_t number = notice->first + i;
        if (i == 0 || number % agreement->canaries == 0) {
            group = kp_canary_own_group(agreement, member, number / agreement->canaries);
        }
        status = check_form(&item, agreement, member, group, error);
    }
    return status;
}
