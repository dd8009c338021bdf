/* What the verifier hashes, written from docs/protocol.md and not from the code of the daemons: a
 * mistake in proto/transcript.c, crypto/merkle.c or crypto/chunk_weights.c shows as a difference
 * between the two. Hash function, group and signature are crypto/'s. */
#ifndef KP_PROTO_VERIFY_DIGEST_H
#define KP_PROTO_VERIFY_DIGEST_H

#include "crypto/hash.h"
#include "proto/agreement.h"
#include "proto/decision.h"
#include "proto/round_message.h"

#include <stddef.h>
#include <stdint.h>

/* Section 5: over canonical bytes. */
void kp_verify_version_hash(uint8_t hash[static KP_DIGEST_BYTES], const uint8_t *bytes,
                            size_t size);

void kp_verify_decision_digest(uint8_t digest[static KP_DIGEST_BYTES],
                               const struct kp_decision *decision);

/* Section 8: d(body) of a message in clear; and its signature by `key`. */
void kp_verify_message_digest(uint8_t digest[static KP_DIGEST_BYTES],
                              const uint8_t lineage[static KP_DIGEST_BYTES],
                              const struct kp_round_message *message);
KP_MUST_USE enum kp_status
kp_verify_message_signature(const struct kp_round_message *message,
                            const uint8_t lineage[static KP_DIGEST_BYTES],
                            const uint8_t key[static KP_SIGN_PUBLIC_BYTES]);

/* Section 2: RFC 9162, section 2.1. */
void kp_verify_merkle_root(uint8_t root[static KP_DIGEST_BYTES], const uint8_t *leaves,
                           size_t count);

/* Sections 9 and 10. `hello1`, `hello2`: packed, one for each member. */
void kp_verify_hellos(uint8_t digest[static KP_DIGEST_BYTES],
                      const uint8_t lineage[static KP_DIGEST_BYTES], const struct kp_buffer *hello1,
                      uint32_t members);
void kp_verify_commitment(uint8_t digest[static KP_DIGEST_BYTES], const struct kp_hello2 *hello2,
                          const struct kp_hello2_secret *secret);
void kp_verify_secret_digest(uint8_t digest[static KP_DIGEST_BYTES], const uint8_t *bytes,
                             size_t size);
void kp_verify_key_context(uint8_t context[static KP_DIGEST_BYTES],
                           const struct kp_agreement *agreement, uint64_t round_type,
                           uint64_t counter, const struct kp_hello1 *hello1, uint32_t member,
                           const uint8_t public_key[static KP_POINT_BYTES]);
void kp_verify_round_id(uint8_t round_id[static KP_DIGEST_BYTES],
                        const struct kp_agreement *agreement, uint64_t round_type, uint64_t counter,
                        const struct kp_buffer *hello1, const struct kp_buffer *hello2);
void kp_verify_g_digest(uint8_t digest[static KP_DIGEST_BYTES],
                        const uint8_t round_id[static KP_DIGEST_BYTES],
                        const struct kp_hello2_secret *secrets, uint32_t members);
/* Root over a whole list, cut into chunks. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_verify_points_root(uint8_t root[static KP_DIGEST_BYTES],
                                                 const uint8_t lineage[static KP_DIGEST_BYTES],
                                                 const uint8_t *points, size_t count);

/* Section 10.4. */
struct kp_verify_chunk {
    const uint8_t *round_id;
    uint32_t sender;
    uint32_t evaluator;
    const uint8_t *points_root;
    uint32_t number;
    size_t count;
    const uint8_t *public_key; /* the evaluator's, of the round */
    const uint8_t *inputs;     /* A */
    const uint8_t *outputs;    /* B */
};
KP_MUST_USE enum kp_status kp_verify_chunk_proof(const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                                 const struct kp_verify_chunk *chunk);

/* Section 19. `entry`: packed, with its signature; KP_REFUSED: it doesn't end with one. */
KP_MUST_USE enum kp_status kp_verify_entry_hash(uint8_t hash[static KP_DIGEST_BYTES],
                                                const uint8_t *entry, size_t size);
void kp_verify_logged_message(uint8_t digest[static KP_DIGEST_BYTES], const uint8_t *packed,
                              size_t size);

#endif
