/* The round's proof that one key evaluated a whole chunk: a batched DLEQ proof (RFC 9497
 * section 2.2) whose weights depend on all of the chunk.
 *
 * In the RFC each weight depends on its own element only; with thousands of elements a generalised
 * birthday attack then forges a batch in about 2^33 steps. Here each weight is 128 bits that come
 * of a hash over the round id, who asks, who answers, the root of the list, the chunk's number and
 * every input and output of the chunk, so that changing one element changes all weights.
 */
#ifndef KP_CRYPTO_CHUNK_PROOF_H
#define KP_CRYPTO_CHUNK_PROOF_H

#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/status.h"

#include <stddef.h>
#include <stdint.h>

#define KP_CHUNK_PROOF_BYTES 96 /* c, s, and the combination M of the inputs */
#define KP_CHUNK_MAX 4096       /* elements in one chunk, at most */

struct kp_chunk {
    uint8_t round_id[KP_DIGEST_BYTES];
    uint32_t sender;    /* member number of whose points they are */
    uint32_t evaluator; /* member number of who multiplied them */
    uint8_t list_root[KP_DIGEST_BYTES];
    uint32_t number;        /* of the chunk in the list, from 0 */
    const uint8_t *inputs;  /* count points A, as sent; borrowed */
    const uint8_t *outputs; /* count points B = k * A; borrowed */
    size_t count;           /* 1 to KP_CHUNK_MAX */
};

/* key is the evaluator's secret k, public_key = k * G. Randomness of its own.
 * KP_REFUSED: an element does not decode, the count is out of range, or the key is zero or not
 * reduced. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_chunk_prove(uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                          const uint8_t key[static KP_SCALAR_BYTES],
                                          const uint8_t public_key[static KP_POINT_BYTES],
                                          const struct kp_chunk *chunk);

/* Multiplies, outputs[i] = key * inputs[i], and proves it, with each element decoded once.
 * `outputs` is what chunk->outputs stands for, which isn't read: count points. Results as
 * kp_chunk_prove's; where it isn't KP_OK, `outputs` and `proof` are wiped. */
KP_MUST_USE enum kp_status kp_chunk_evaluate(uint8_t *outputs,
                                             uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                             const uint8_t key[static KP_SCALAR_BYTES],
                                             const uint8_t public_key[static KP_POINT_BYTES],
                                             const struct kp_chunk *chunk);

/* KP_REFUSED: the proof does not hold, or an element or the count must be refused.
 * KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_chunk_verify(const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                           const uint8_t public_key[static KP_POINT_BYTES],
                                           const struct kp_chunk *chunk);

#endif
