#include "node/slot_list.h"

#include "crypto/secret.h"

#include <sodium.h>
#include <string.h>

enum kp_status kp_slot_list_new(struct kp_slot_list *list, uint32_t count)
{
    *list = (struct kp_slot_list){
        .count = count,
        .points = kp_bulk_new((size_t)count * KP_POINT_BYTES),
        .blindings = kp_bulk_new((size_t)count * KP_SCALAR_BYTES),
        .is_signal = kp_bulk_new(count),
        .canary = kp_bulk_new((size_t)count * sizeof(uint32_t)),
        .leaves = kp_bulk_new((size_t)count * sizeof(struct kp_leaf)),
    };
    if (list->points == NULL || list->blindings == NULL || list->is_signal == NULL ||
        list->canary == NULL || list->leaves == NULL) {
        kp_slot_list_free(list);
        return KP_FAILED;
    }
    return KP_OK;
}

void kp_slot_list_free(struct kp_slot_list *list)
{
    kp_bulk_free(list->points);
    kp_bulk_free(list->blindings);
    kp_bulk_free(list->is_signal);
    kp_bulk_free(list->canary);
    kp_bulk_free(list->leaves);
    memset(list, 0, sizeof(*list));
}

void kp_slot_list_blind(struct kp_slot_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        randombytes_buf(list->leaves[i].blinding, sizeof(list->leaves[i].blinding));
    }
}
