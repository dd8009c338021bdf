/* The rules for a member's list of points, over the rounds of a lineage: what keeps the number of
 * addresses that it can have tested to its quota (docs/protocol.md, "Quota").
 *
 * As node/round_check.h: plain data in, KP_OK or the reason in words out; each called from another
 * object than its own. `points` are `count` encodings of KP_POINT_BYTES, by slot: a chunk of a
 * list.
 */
#ifndef KP_NODE_LIST_CHECK_H
#define KP_NODE_LIST_CHECK_H

#include "proto/agreement.h"
#include "proto/error.h"
#include "proto/sorter.h"

#include <stdint.h>

/* Every point decodes, and none is the identity: nothing is charged that can't be multiplied. */
KP_MUST_USE enum kp_status kp_check_list_points(const uint8_t *points, uint32_t count,
                                                uint32_t member, struct kp_error *error);
/* No point stands in two slots of the whole list, whose points come out of the sorter. Pauses.
 * KP_FAILED: they can't be read. */
KP_MUST_USE enum kp_status kp_check_list_duplicates(struct kp_sorter *sorted, uint32_t member,
                                                    struct kp_error *error);
/* The list that is held is the one of the round before, or of an earlier attempt at this one:
 * anything else would leave more indices free than one round's turn. Not the sender's fault: this
 * node has an older database. */
KP_MUST_USE enum kp_status kp_check_list_held(uint64_t held, uint64_t counter, uint32_t member,
                                              struct kp_error *error);
/* In another attempt at the same counter the list is the same. */
KP_MUST_USE enum kp_status kp_check_list_retry(const uint8_t *before, const uint8_t *points,
                                               uint32_t count, uint32_t member,
                                               struct kp_error *error);
/* In the next round only points whose turn it is have changed; `first`: the chunk's first slot. */
KP_MUST_USE enum kp_status kp_check_list_due(const struct kp_agreement *agreement, uint64_t counter,
                                             const uint8_t *before, const uint8_t *points,
                                             uint32_t first, uint32_t count, uint32_t member,
                                             struct kp_error *error);

/* How many points differ. */
uint32_t kp_list_changes(const uint8_t *before, const uint8_t *points, uint32_t count);

#endif
