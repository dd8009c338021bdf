/* Every decision of the coordinator about what members send, each on its own: from plain data to
 * yes or no. KP_OK, or KP_REFUSED with the reason in words. External functions, called from another
 * object than their own, for the reason that node/round_check.h gives. */
#ifndef KP_COORDINATOR_ATTEMPT_CHECK_H
#define KP_COORDINATOR_ATTEMPT_CHECK_H

#include "proto/agreement.h"
#include "proto/round_message.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- every message ---- */

/* It comes over the connection of the member that it names as its sender. */
KP_MUST_USE enum kp_status kp_attempt_check_sender(const struct kp_round_message *message,
                                                   uint32_t member, struct kp_error *error);
KP_MUST_USE enum kp_status kp_attempt_check_id(const struct kp_round_message *message,
                                               const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                               struct kp_error *error);
/* In one part, and to this party. */
KP_MUST_USE enum kp_status kp_attempt_check_recipient(const struct kp_round_message *message,
                                                      uint32_t to, struct kp_error *error);
/* What may come once didn't come before. */
KP_MUST_USE enum kp_status kp_attempt_check_first(bool came_before,
                                                  const struct kp_round_message *message,
                                                  struct kp_error *error);
/* A sealed message: to one other member, in one of `parts` parts, not too large. */
KP_MUST_USE enum kp_status kp_attempt_check_sealed(const struct kp_round_message *message,
                                                   uint32_t members, uint32_t parts,
                                                   struct kp_error *error);
/* What it builds on is there; `what` says what that is. */
KP_MUST_USE enum kp_status kp_attempt_check_after(bool has, const struct kp_round_message *message,
                                                  const char *what, struct kp_error *error);
/* A chunk for the coordinator: the next one, or one that is there already. */
KP_MUST_USE enum kp_status kp_attempt_check_chunk(const struct kp_round_message *message,
                                                  uint32_t expected, uint32_t parts,
                                                  struct kp_error *error);
/* Its sender hasn't broken off, nor given what can't be: then nothing more of it is taken. */
KP_MUST_USE enum kp_status
kp_attempt_check_gives(bool is_out, const struct kp_round_message *message, struct kp_error *error);
/* What only a member with slots sends isn't of one on request. */
KP_MUST_USE enum kp_status kp_attempt_check_contributes(const struct kp_agreement *agreement,
                                                        const struct kp_round_message *message,
                                                        struct kp_error *error);

/* ---- what they say ---- */

KP_MUST_USE enum kp_status kp_attempt_check_type(const struct kp_hello1 *hello,
                                                 const struct kp_agreement *agreement,
                                                 struct kp_error *error);
KP_MUST_USE enum kp_status kp_attempt_check_counter(uint64_t counter, uint64_t expected,
                                                    const struct kp_round_message *message,
                                                    struct kp_error *error);
KP_MUST_USE enum kp_status kp_attempt_check_hellos(const struct kp_hello2 *hello,
                                                   const uint8_t hellos[static KP_DIGEST_BYTES],
                                                   struct kp_error *error);
/* Two READYs are for the same round, and charge the same lists. */
KP_MUST_USE enum kp_status kp_attempt_check_same_round(const struct kp_ready *one,
                                                       const struct kp_ready *other,
                                                       struct kp_error *error);

/* ---- what they submit ---- */

/* A chunk of `count` digests is part `part` of `parts` under the root that the member signed;
 * `what` names them. The path is of the size that this place has. */
KP_MUST_USE enum kp_status kp_intake_check_chunk(const uint8_t root[static KP_DIGEST_BYTES],
                                                 const uint8_t *leaves, uint32_t count,
                                                 uint32_t part, uint32_t parts, const uint8_t *path,
                                                 const char *what, struct kp_error *error);
/* Tags rise strictly: none comes twice. */
KP_MUST_USE enum kp_status kp_intake_check_order(const uint8_t before[static KP_DIGEST_BYTES],
                                                 const uint8_t tag[static KP_DIGEST_BYTES],
                                                 uint32_t position, struct kp_error *error);
/* The entry's share is the member's under the entry's tag. */
KP_MUST_USE enum kp_status kp_intake_check_share(const struct kp_agreement *agreement,
                                                 const uint8_t round_id[static KP_DIGEST_BYTES],
                                                 uint32_t member, const uint8_t *entry,
                                                 uint32_t position, struct kp_error *error);

#endif
