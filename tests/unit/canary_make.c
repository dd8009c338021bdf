#include "tests/unit/canary_make.h"

#include "crypto/group.h"
#include "crypto/oprf.h"
#include "proto/canary_groups.h"
#include "proto/record.h"

#include <CUnit/CUnit.h>
#include <string.h>

uint32_t canary_make(const struct fixture *fixture, uint32_t member, uint64_t counter,
                     struct kp_canary items[CANARY_MAKE_MAX])
{
    const struct kp_agreement *agreement = fixture->agreement;
    uint32_t groups = kp_canary_groups_of(agreement, member), count = 0, item = 0;
    uint32_t pool = 2 * agreement->canaries;
    CU_ASSERT_FATAL(groups * pool <= CANARY_MAKE_MAX);
    for (uint32_t i = 0; i < groups; i++) {
        uint32_t group = kp_canary_own_group(agreement, member, i);
        uint32_t drawer = kp_canary_drawer(kp_canary_group(agreement, group));
        uint8_t secret[KP_CANARY_SECRET_BYTES], active[KP_CANARY_POOL_MAX];
        CU_ASSERT_EQUAL(kp_canary_secret(secret, fixture->member[drawer - 1].box_secret,
                                         agreement->lineage, group),
                        KP_OK);
        kp_canary_choose(active, secret, counter, pool, agreement->canaries);
        for (uint32_t k = 0; k < pool; k++) {
            kp_canary_element(items[count].key, agreement->lineage, group, secret, k);
            items[count++].item = active[k] ? item++ : KP_CANARY_NO_ITEM;
        }
    }
    return count;
}

void canary_make_slot(const struct fixture *fixture, struct kp_slot_list *list, uint32_t slot,
                      const struct kp_canary *canary)
{
    uint8_t input[KP_ELEMENT_INPUT_BYTES], own[KP_POINT_BYTES];
    uint8_t *point = list->points + (size_t)slot * KP_POINT_BYTES;
    uint8_t *blinding = list->blindings + (size_t)slot * KP_SCALAR_BYTES;
    bool active = canary->item != KP_CANARY_NO_ITEM;
    kp_scalar_random(blinding);
    kp_element_input(input, fixture->agreement->lineage, canary->key);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(point, blinding, 1), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_oprf_hash_to_group(own, KP_OPRF_MODE_OPRF, input, sizeof(input)),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_points_add(point, point, own, 1), KP_OK);
    memset(&list->leaves[slot], 0, sizeof(list->leaves[slot]));
    list->leaves[slot].index = slot;
    memcpy(list->leaves[slot].address, canary->key, KP_ADDRESS_KEY_BYTES);
    memcpy(list->leaves[slot].point, point, KP_POINT_BYTES);
    list->is_signal[slot] = active;
    list->canary[slot] = active ? canary->item + 1 : 0;
}
