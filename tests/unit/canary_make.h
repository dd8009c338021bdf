/* The canaries of a fixture's members, as their nodes would have them after all letters. */
#ifndef KP_TESTS_CANARY_MAKE_H
#define KP_TESTS_CANARY_MAKE_H

#include "node/canaries.h"
#include "node/slot_list.h"
#include "tests/unit/fixture.h"

#define CANARY_MAKE_MAX 512

/* All elements of the member's groups, in the order of kp_canaries_read; returns how many. */
uint32_t canary_make(const struct fixture *fixture, uint32_t member, uint64_t counter,
                     struct kp_canary items[CANARY_MAKE_MAX]);
/* Puts one into a slot of a list: point, blinding, leaf; active or not. */
void canary_make_slot(const struct fixture *fixture, struct kp_slot_list *list, uint32_t slot,
                      const struct kp_canary *canary);

#endif
