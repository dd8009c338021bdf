#include "proto/verify_digest.h"

#include "crypto/dleq.h"

#include <stdlib.h>
#include <string.h>

void kp_verify_version_hash(uint8_t hash[static KP_DIGEST_BYTES], const uint8_t *bytes, size_t size)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 agreement");
    kp_hash_field(&state, bytes, size);
    kp_hash_digest(&state, hash);
}

void kp_verify_decision_digest(uint8_t digest[static KP_DIGEST_BYTES],
                               const struct kp_decision *decision)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 agreement decision");
    kp_hash_field(&state, decision->agreement, KP_DIGEST_BYTES);
    kp_hash_number(&state, decision->member);
    kp_hash_number(&state, (uint64_t)decision->kind);
    kp_hash_number(&state, decision->time);
    kp_hash_digest(&state, digest);
}

/* ---- messages ---- */

void kp_verify_message_digest(uint8_t digest[static KP_DIGEST_BYTES],
                              const uint8_t lineage[static KP_DIGEST_BYTES],
                              const struct kp_round_message *message)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 round message");
    kp_hash_number(&state, 1);
    kp_hash_field(&state, lineage, KP_DIGEST_BYTES);
    kp_hash_field(&state, message->attempt, KP_ATTEMPT_BYTES);
    kp_hash_number(&state, (uint64_t)message->type);
    kp_hash_number(&state, message->from);
    kp_hash_number(&state, message->to);
    kp_hash_number(&state, message->part);
    kp_hash_field(&state, message->body.data, message->body.size);
    kp_hash_digest(&state, digest);
}

enum kp_status kp_verify_message_signature(const struct kp_round_message *message,
                                           const uint8_t lineage[static KP_DIGEST_BYTES],
                                           const uint8_t key[static KP_SIGN_PUBLIC_BYTES])
{
    uint8_t digest[KP_DIGEST_BYTES];
    if (!message->has_signature) {
        return KP_REFUSED;
    }
    kp_verify_message_digest(digest, lineage, message);
    return kp_sign_check(message->signature, key, "round message", digest, sizeof(digest));
}

/* ---- trees ---- */

/* MTH of RFC 9162, by its recursion: k is the largest power of two smaller than n. */
static void subtree(uint8_t out[static KP_DIGEST_BYTES], const uint8_t *leaves, size_t count)
{
    struct kp_hash state;
    uint8_t children[2][KP_DIGEST_BYTES];
    if (count == 1) {
        kp_hash_start(&state, "Kruispunt-v1 merkle leaf");
        kp_hash_field(&state, leaves, KP_DIGEST_BYTES);
        kp_hash_digest(&state, out);
        return;
    }
    size_t k = 1;
    while (2 * k < count) {
        k = 2 * k;
    }
    subtree(children[0], leaves, k);
    subtree(children[1], leaves + k * KP_DIGEST_BYTES, count - k);
    kp_hash_start(&state, "Kruispunt-v1 merkle node");
    kp_hash_field(&state, children, sizeof(children));
    kp_hash_digest(&state, out);
}

void kp_verify_merkle_root(uint8_t root[static KP_DIGEST_BYTES], const uint8_t *leaves,
                           size_t count)
{
    if (count > 0) {
        subtree(root, leaves, count);
        return;
    }
    uint8_t whole[KP_WIDE_BYTES];
    (void)crypto_generichash_blake2b(whole, sizeof(whole), NULL, 0, NULL, 0);
    memcpy(root, whole, KP_DIGEST_BYTES);
}

/* ---- the round ---- */

void kp_verify_hellos(uint8_t digest[static KP_DIGEST_BYTES],
                      const uint8_t lineage[static KP_DIGEST_BYTES], const struct kp_buffer *hello1,
                      uint32_t members)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 first hellos");
    kp_hash_field(&state, lineage, KP_DIGEST_BYTES);
    kp_hash_number(&state, members);
    for (uint32_t i = 0; i < members; i++) {
        kp_hash_field(&state, hello1[i].data, hello1[i].size);
    }
    kp_hash_digest(&state, digest);
}

void kp_verify_commitment(uint8_t digest[static KP_DIGEST_BYTES], const struct kp_hello2 *hello2,
                          const struct kp_hello2_secret *secret)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 commitment to hello 2");
    kp_hash_field(&state, hello2->slots_root, KP_DIGEST_BYTES);
    kp_hash_field(&state, hello2->points_root, KP_DIGEST_BYTES);
    kp_hash_field(&state, secret->public_key, KP_POINT_BYTES);
    kp_hash_field(&state, secret->contribution, 32);
    kp_hash_field(&state, secret->blinding, 32);
    kp_hash_digest(&state, digest);
}

void kp_verify_secret_digest(uint8_t digest[static KP_DIGEST_BYTES], const uint8_t *bytes,
                             size_t size)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 secret part of hello 2");
    kp_hash_field(&state, bytes, size);
    kp_hash_digest(&state, digest);
}

void kp_verify_key_context(uint8_t context[static KP_DIGEST_BYTES],
                           const struct kp_agreement *agreement, uint64_t round_type,
                           uint64_t counter, const struct kp_hello1 *hello1, uint32_t member,
                           const uint8_t public_key[static KP_POINT_BYTES])
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 possession of a round key");
    kp_hash_field(&state, agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_number(&state, agreement->version);
    kp_hash_number(&state, round_type);
    kp_hash_number(&state, counter);
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        kp_hash_field(&state, hello1[i].nonce, 32);
    }
    kp_hash_number(&state, member);
    kp_hash_field(&state, public_key, KP_POINT_BYTES);
    kp_hash_digest(&state, context);
}

void kp_verify_round_id(uint8_t round_id[static KP_DIGEST_BYTES],
                        const struct kp_agreement *agreement, uint64_t round_type, uint64_t counter,
                        const struct kp_buffer *hello1, const struct kp_buffer *hello2)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 round id");
    kp_hash_field(&state, agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_field(&state, agreement->hash, KP_DIGEST_BYTES);
    kp_hash_number(&state, round_type);
    kp_hash_number(&state, counter);
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        kp_hash_field(&state, hello1[i].data, hello1[i].size);
        kp_hash_field(&state, hello2[i].data, hello2[i].size);
    }
    kp_hash_digest(&state, round_id);
}

void kp_verify_g_digest(uint8_t digest[static KP_DIGEST_BYTES],
                        const uint8_t round_id[static KP_DIGEST_BYTES],
                        const struct kp_hello2_secret *secrets, uint32_t members)
{
    struct kp_hash state;
    uint8_t g[KP_DIGEST_BYTES];
    kp_hash_start(&state, "Kruispunt-v1 g");
    kp_hash_field(&state, round_id, KP_DIGEST_BYTES);
    for (uint32_t i = 0; i < members; i++) {
        kp_hash_field(&state, secrets[i].contribution, 32);
    }
    kp_hash_digest(&state, g);
    kp_hash_start(&state, "Kruispunt-v1 digest of g");
    kp_hash_field(&state, g, sizeof(g));
    kp_hash_digest(&state, digest);
}

enum kp_status kp_verify_points_root(uint8_t root[static KP_DIGEST_BYTES],
                                     const uint8_t lineage[static KP_DIGEST_BYTES],
                                     const uint8_t *points, size_t count)
{
    size_t chunks = count / KP_CHUNK_POINTS + (count % KP_CHUNK_POINTS > 0 ? 1 : 0);
    uint8_t *leaves = malloc(chunks > 0 ? chunks * KP_DIGEST_BYTES : 1);
    if (leaves == NULL) {
        return KP_FAILED;
    }
    for (size_t i = 0; i < chunks; i++) {
        size_t first = i * KP_CHUNK_POINTS;
        size_t size = count - first < KP_CHUNK_POINTS ? count - first : KP_CHUNK_POINTS;
        struct kp_hash state;
        kp_hash_start(&state, "Kruispunt-v1 chunk of points");
        kp_hash_field(&state, lineage, KP_DIGEST_BYTES);
        kp_hash_number(&state, i);
        kp_hash_field(&state, points + first * KP_POINT_BYTES, size * KP_POINT_BYTES);
        kp_hash_digest(&state, leaves + i * KP_DIGEST_BYTES);
    }
    kp_verify_merkle_root(root, leaves, chunks);
    free(leaves);
    return KP_OK;
}

/* ---- the proof of an evaluation ---- */

static void chunk_seed(uint8_t seed[static KP_DIGEST_BYTES], const struct kp_verify_chunk *chunk)
{
    uint8_t inputs[KP_DIGEST_BYTES];
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 chunk inputs");
    kp_hash_field(&state, chunk->inputs, chunk->count * KP_POINT_BYTES);
    kp_hash_digest(&state, inputs);
    kp_hash_start(&state, "Kruispunt-v1 chunk weights");
    kp_hash_field(&state, chunk->round_id, KP_DIGEST_BYTES);
    kp_hash_number(&state, chunk->sender);
    kp_hash_number(&state, chunk->evaluator);
    kp_hash_field(&state, chunk->points_root, KP_DIGEST_BYTES);
    kp_hash_number(&state, chunk->number);
    kp_hash_number(&state, chunk->count);
    kp_hash_field(&state, chunk->public_key, KP_POINT_BYTES);
    kp_hash_field(&state, inputs, KP_DIGEST_BYTES);
    kp_hash_field(&state, chunk->outputs, chunk->count * KP_POINT_BYTES);
    kp_hash_digest(&state, seed);
}

/* Weight i as a scalar: 16 bytes of the stream under the seed, little-endian, less sixteen times
 * 128. */
static void chunk_weights(uint8_t *weights, const uint8_t seed[static KP_DIGEST_BYTES],
                          size_t count)
{
    static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];
    uint8_t less[KP_SCALAR_BYTES] = {0};
    uint8_t *stream = weights + 16 * count; /* in the upper half, which is overwritten last */
    memset(less, 0x80, 16);
    crypto_stream_chacha20_ietf(stream, 16 * count, nonce, seed);
    for (size_t i = 0; i < count; i++) {
        uint8_t weight[KP_SCALAR_BYTES] = {0};
        memcpy(weight, stream + 16 * i, 16);
        crypto_core_ristretto255_scalar_sub(weights + i * KP_SCALAR_BYTES, weight, less);
    }
}

static void chunk_challenge(uint8_t challenge[static KP_SCALAR_BYTES], const struct kp_dleq *dleq,
                            const struct kp_dleq_points *points)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 chunk challenge");
    kp_hash_field(&state, dleq->seed, KP_DIGEST_BYTES);
    kp_hash_field(&state, dleq->public_key, KP_POINT_BYTES);
    kp_hash_field(&state, points->m, KP_POINT_BYTES);
    kp_hash_field(&state, points->z, KP_POINT_BYTES);
    kp_hash_field(&state, points->t2, KP_POINT_BYTES);
    kp_hash_field(&state, points->t3, KP_POINT_BYTES);
    kp_hash_scalar(&state, challenge);
}

enum kp_status kp_verify_chunk_proof(const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                     const struct kp_verify_chunk *chunk)
{
    uint8_t seed[KP_DIGEST_BYTES];
    if (chunk->count == 0 || chunk->count > KP_CHUNK_POINTS) {
        return KP_REFUSED;
    }
    uint8_t *weights = malloc(chunk->count * KP_SCALAR_BYTES);
    if (weights == NULL) {
        return KP_FAILED;
    }
    chunk_seed(seed, chunk);
    chunk_weights(weights, seed, chunk->count);
    /* Computed here; the one that the proof shows must be the same. */
    uint8_t m[KP_POINT_BYTES];
    enum kp_status status = kp_points_combine(m, weights, chunk->inputs, chunk->count);
    if (status == KP_OK && memcmp(m, proof + KP_DLEQ_PROOF_BYTES, sizeof(m)) != 0) {
        status = KP_REFUSED;
    }
    const struct kp_dleq dleq = {.public_key = chunk->public_key,
                                 .composite = m,
                                 .inputs = chunk->inputs,
                                 .outputs = chunk->outputs,
                                 .weights = weights,
                                 .count = chunk->count,
                                 .challenge = chunk_challenge,
                                 .seed = seed};
    if (status == KP_OK) {
        status = kp_dleq_verify(proof, &dleq);
    }
    free(weights);
    return status;
}

/* ---- the log ---- */

/* The signature is field 14, the last one, and has 64 bytes: tag, length, and itself. */
enum kp_status kp_verify_entry_hash(uint8_t hash[static KP_DIGEST_BYTES], const uint8_t *entry,
                                    size_t size)
{
    static const uint8_t field[] = {14 << 3 | 2, KP_SIGNATURE_BYTES};
    const size_t behind = sizeof(field) + KP_SIGNATURE_BYTES;
    if (size < behind || memcmp(entry + size - behind, field, sizeof(field)) != 0) {
        return KP_REFUSED;
    }
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 log entry");
    kp_hash_field(&state, entry, size - behind);
    kp_hash_digest(&state, hash);
    return KP_OK;
}

void kp_verify_logged_message(uint8_t digest[static KP_DIGEST_BYTES], const uint8_t *packed,
                              size_t size)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 logged message");
    kp_hash_field(&state, packed, size);
    kp_hash_digest(&state, digest);
}
