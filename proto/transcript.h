/* What all members of a round compute alike from its messages (docs/protocol.md, "A round"). */
#ifndef KP_PROTO_TRANSCRIPT_H
#define KP_PROTO_TRANSCRIPT_H

#include "proto/agreement.h"
#include "proto/round_message.h"

#include <stdbool.h>

/* Digest of all first hellos, as packed and signed, in the order of member numbers. */
void kp_transcript_hellos(uint8_t digest[static KP_DIGEST_BYTES],
                          const uint8_t lineage[static KP_DIGEST_BYTES],
                          const struct kp_buffer *hello1, uint32_t members);

/* The same of all READYs: which ones a result was made under. */
void kp_transcript_readys(uint8_t digest[static KP_DIGEST_BYTES],
                          const uint8_t lineage[static KP_DIGEST_BYTES],
                          const struct kp_buffer *ready, uint32_t members);

/* Leaf of an item of the results, in the tree of RESULT's root. */
void kp_transcript_result_item(uint8_t leaf[static KP_DIGEST_BYTES], const uint8_t *key,
                               size_t key_size, const uint8_t *value, size_t value_size);

/* The commitment in hello 1 to what hello 2 will say. */
void kp_transcript_commitment(uint8_t digest[static KP_DIGEST_BYTES],
                              const struct kp_hello2 *hello2,
                              const struct kp_hello2_secret *secret);

/* Digest of the packed secret part, as it stands in hello 2. */
void kp_transcript_secret_digest(uint8_t digest[static KP_DIGEST_BYTES],
                                 const struct kp_buffer *secret);

/* What member's proof of knowing k is bound to. */
void kp_transcript_key_context(uint8_t context[static KP_DIGEST_BYTES],
                               const struct kp_agreement *agreement, enum kp_round_type type,
                               uint64_t counter, const struct kp_hello1 *hello1, uint32_t member,
                               const uint8_t public_key[static KP_POINT_BYTES]);

/* Over all first hellos and second hellos (whose public parts hold the secret parts' digests). */
void kp_transcript_round_id(uint8_t round_id[static KP_DIGEST_BYTES],
                            const struct kp_agreement *agreement, enum kp_round_type type,
                            uint64_t counter, const struct kp_buffer *hello1,
                            const struct kp_buffer *hello2);

/* g, from what every member threw in; and the digest of g that READY carries. */
void kp_transcript_g(uint8_t g[static KP_DIGEST_BYTES],
                     const uint8_t round_id[static KP_DIGEST_BYTES],
                     const struct kp_hello2_secret *secrets, uint32_t members);
void kp_transcript_g_digest(uint8_t digest[static KP_DIGEST_BYTES],
                            const uint8_t g[static KP_DIGEST_BYTES]);

/* Salt of the keys of one answer to RECOVER, given as packed. */
void kp_transcript_recovery(uint8_t salt[static KP_DIGEST_BYTES],
                            const uint8_t lineage[static KP_DIGEST_BYTES],
                            const struct kp_buffer *recover,
                            const uint8_t nonce[static KP_RECOVERY_NONCE_BYTES]);

/* Leaf of chunk `number` in the tree of points_root, and how a list is cut into chunks. */
void kp_transcript_points_leaf(uint8_t leaf[static KP_DIGEST_BYTES],
                               const uint8_t lineage[static KP_DIGEST_BYTES], uint32_t number,
                               const uint8_t *points, size_t count);
uint32_t kp_chunk_count(uint32_t items, uint32_t chunk);
uint32_t kp_chunk_items(uint32_t items, uint32_t chunk, uint32_t number);

/* A packed READY of `member`: authentic, of this agreement; *ready and the attempt are filled in.
 */
KP_MUST_USE enum kp_status kp_transcript_check_ready(struct kp_ready *ready,
                                                     uint8_t attempt[static KP_ATTEMPT_BYTES],
                                                     const struct kp_agreement *agreement,
                                                     uint32_t member, const uint8_t *bytes,
                                                     size_t size, struct kp_error *error);
/* Both say the same about every member's list. */
bool kp_transcript_same_lists(const struct kp_ready *one, const struct kp_ready *other);
/* All members' READYs agree on attempt, counter, round, g and lists: the round was released. */
KP_MUST_USE enum kp_status kp_transcript_check_release(uint64_t *counter,
                                                       const struct kp_agreement *agreement,
                                                       const struct kp_buffer *ready,
                                                       struct kp_error *error);

/* Why an attempt ended, for a person: whom it names, the reason, the phase, and who says so. */
void kp_abort_describe(const struct kp_agreement *agreement, const struct kp_abort *abort,
                       char text[static KP_ERROR_TEXT]);

#endif
