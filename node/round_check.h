/* Every decision of a member about what others say, each on its own: from plain data to yes or no.
 *
 * KP_OK, or KP_REFUSED with the reason in words. What follows from a refusal (the message is
 * dropped, its sender is blamed, the attempt ends) is the caller's. Each check is an external
 * function that is called from another object than its own, so that a test can link an attack
 * against a program without that one check (tests/attack). */
#ifndef KP_NODE_ROUND_CHECK_H
#define KP_NODE_ROUND_CHECK_H

#include "crypto/chunk_proof.h"
#include "proto/agreement.h"
#include "proto/round_message.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- START ---- */

/* The counter is one that the agreement has, and wasn't released already. */
KP_MUST_USE enum kp_status kp_check_start_counter(uint64_t counter, uint64_t proven,
                                                  uint32_t rounds, struct kp_error *error);
/* The release of the counter before is proven by READYs of all members; NULLs are not. */
KP_MUST_USE enum kp_status kp_check_start_proof(const struct kp_agreement *agreement,
                                                const struct kp_start *start,
                                                struct kp_error *error);

/* ---- every message of a member ---- */

/* It belongs to the attempt that is going on. */
KP_MUST_USE enum kp_status kp_check_attempt(const struct kp_round_message *message,
                                            const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                            struct kp_error *error);
/* It comes from another member (a message of the own doesn't come back), and is for this one. */
KP_MUST_USE enum kp_status kp_check_parties(const struct kp_round_message *message, uint32_t own,
                                            uint32_t members, struct kp_error *error);
/* To all and in one part, or to one, as its type wants it. */
KP_MUST_USE enum kp_status kp_check_form(const struct kp_round_message *message,
                                         struct kp_error *error);
/* What may come once didn't come before. */
KP_MUST_USE enum kp_status kp_check_first(bool came_before, const struct kp_round_message *message,
                                          struct kp_error *error);
/* The chunk is one of a list of so many. */
KP_MUST_USE enum kp_status kp_check_part(const struct kp_round_message *message, uint32_t chunks,
                                         struct kp_error *error);
/* What builds on the sender's HELLO 2 comes after it. */
KP_MUST_USE enum kp_status kp_check_after_hello2(bool has_hello2,
                                                 const struct kp_round_message *message,
                                                 struct kp_error *error);

/* ---- hellos ---- */

/* HELLO 1 is for the counter and the type of round that START named. */
KP_MUST_USE enum kp_status kp_check_hello1_round(const struct kp_hello1 *hello, uint64_t counter,
                                                 enum kp_round_type type, uint32_t member,
                                                 struct kp_error *error);
/* A claim: the HELLO 2 of another member than the claimer, signed by it, for this counter, in an
 * attempt that isn't this one. *about and *hello are filled in. `after` is the member of the claim
 * before, for they come in order. */
KP_MUST_USE enum kp_status kp_check_claim(const struct kp_agreement *agreement, uint32_t claimer,
                                          uint32_t after, const struct kp_buffer *claim,
                                          const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                          uint64_t counter, uint32_t *about,
                                          struct kp_hello2 *hello, struct kp_error *error);
/* A member's list at one counter is one list: in this claim as in another claim, or as in its own
 * HELLO 2. */
KP_MUST_USE enum kp_status kp_check_claimed_root(const uint8_t claimed[static KP_DIGEST_BYTES],
                                                 const uint8_t root[static KP_DIGEST_BYTES],
                                                 uint32_t member, struct kp_error *error);
/* Both members of a pair hold a secret that was exchanged by hand, or neither does. */
KP_MUST_USE enum kp_status kp_check_preshared(const struct kp_hello1 *hello, uint32_t own,
                                              bool own_has, uint32_t member,
                                              struct kp_error *error);
/* Its sender saw the same first hellos. */
KP_MUST_USE enum kp_status kp_check_hellos(const struct kp_hello2 *hello,
                                           const uint8_t hellos[static KP_DIGEST_BYTES],
                                           uint32_t member, struct kp_error *error);
/* It is for this counter, and names a log head for every member. */
KP_MUST_USE enum kp_status kp_check_hello2_round(const struct kp_hello2 *hello, uint64_t counter,
                                                 uint32_t members, uint32_t member,
                                                 struct kp_error *error);
/* Its sender's clock isn't far ahead of the own one (Unix milliseconds). */
KP_MUST_USE enum kp_status kp_check_time(uint64_t time, uint64_t now, uint32_t member,
                                         struct kp_error *error);
/* The member's log goes on from where it was when it was seen last: no entry went, none changed. */
KP_MUST_USE enum kp_status kp_check_log_head(const struct kp_audit_head *seen,
                                             const struct kp_audit_head *now, uint32_t member,
                                             struct kp_error *error);
/* The secret part is the one that HELLO 2 names, for everybody alike. */
KP_MUST_USE enum kp_status kp_check_secret_digest(const struct kp_hello2 *hello,
                                                  const struct kp_buffer *plain, uint32_t member,
                                                  struct kp_error *error);
/* Both parts of hello 2 are what HELLO 1 committed to, before its sender saw any other's. */
KP_MUST_USE enum kp_status kp_check_commitment(const struct kp_hello1 *hello1,
                                               const struct kp_hello2 *hello2,
                                               const struct kp_hello2_secret *secret,
                                               uint32_t member, struct kp_error *error);
/* The member knows its key: bound to the agreement, the round, all nonces and the member. */
KP_MUST_USE enum kp_status kp_check_possession(const struct kp_agreement *agreement,
                                               enum kp_round_type type, uint64_t counter,
                                               const struct kp_hello1 *hello1, uint32_t member,
                                               const struct kp_hello2_secret *secret,
                                               struct kp_error *error);
/* The joint key isn't known to everybody. */
KP_MUST_USE enum kp_status kp_check_key_sum(const uint8_t sum[static KP_POINT_BYTES],
                                            struct kp_error *error);

/* ---- lists and evaluations ---- */

/* Of a member on request: both roots are those of a tree without leaves. */
KP_MUST_USE enum kp_status kp_check_empty_roots(const struct kp_hello2 *hello, uint32_t member,
                                                struct kp_error *error);
/* The member whose list the message is about has one; on request it has none. */
KP_MUST_USE enum kp_status kp_check_contributes(const struct kp_agreement *agreement,
                                                uint32_t member,
                                                const struct kp_round_message *message,
                                                struct kp_error *error);
/* The chunk is in the list that the member's HELLO 2 committed to, of `slots` points. */
KP_MUST_USE enum kp_status kp_check_chunk_in_list(const struct kp_agreement *agreement,
                                                  const struct kp_hello2 *hello, uint32_t slots,
                                                  uint32_t part, const uint8_t *points,
                                                  const uint8_t *path, uint32_t member,
                                                  struct kp_error *error);

/* ---- READY ---- */

/* While the own one isn't signed: the round that this member computes. */
KP_MUST_USE enum kp_status kp_check_ready_round(const struct kp_ready *ready, uint64_t counter,
                                                const uint8_t round_id[static KP_DIGEST_BYTES],
                                                uint32_t member, struct kp_error *error);
/* The attempt and the counter of the release. */
KP_MUST_USE enum kp_status kp_check_ready_attempt(const struct kp_ready *ready,
                                                  const uint8_t of[static KP_ATTEMPT_BYTES],
                                                  uint64_t counter,
                                                  const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                                  uint32_t member, struct kp_error *error);
/* The own READY came back as it was signed. */
KP_MUST_USE enum kp_status kp_check_ready_came_back(const struct kp_buffer *own,
                                                    const uint8_t *bytes, size_t size,
                                                    struct kp_error *error);
/* The barrier: READYs of all members, that agree on attempt, counter, round and g. */
KP_MUST_USE enum kp_status kp_check_barrier(const struct kp_agreement *agreement,
                                            const struct kp_buffer *ready, struct kp_error *error);

#endif
