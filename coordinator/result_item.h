/* Items of the results in verdicts: with their way to the root that the coordinator signed in
 * RESULT (docs/protocol.md, section 27). */
#ifndef KP_COORDINATOR_RESULT_ITEM_H
#define KP_COORDINATOR_RESULT_ITEM_H

#include "coordinator/leader_round.h"
#include "coordinator/proof_file.h"

/* GROUP: the item with this index in the order of keys. */
KP_MUST_USE enum kp_status kp_result_item_add(const struct kp_leader_round *round,
                                              struct kp_proof_file *file, uint32_t part,
                                              uint32_t index, const uint8_t *key, size_t key_size,
                                              const struct kp_buffer *value,
                                              struct kp_error *error);
/* GROUP: the match with this index, from 0. */
KP_MUST_USE enum kp_status kp_result_item_add_group(const struct kp_leader_round *round,
                                                    struct kp_proof_file *file, uint32_t part,
                                                    uint32_t group, struct kp_error *error);
/* All that a verdict of kind 9 about this match has but hellos, READYs and papers: RESULT, the
 * match under its root, and the verdict. */
KP_MUST_USE enum kp_status kp_result_item_add_verdict(const struct kp_leader_round *round,
                                                      struct kp_proof_file *file, uint32_t group,
                                                      struct kp_error *error);
/* The same about two RESULTs of this attempt: the own one, and what the other holder was given. */
KP_MUST_USE enum kp_status kp_result_item_add_two(const struct kp_leader_round *round,
                                                  struct kp_proof_file *file,
                                                  const struct kp_buffer *other,
                                                  struct kp_error *error);

#endif
