/* The two layers around a record.
 *
 * Inner: ECIES on ristretto255 to the opening key L. E = e * G with e fresh for each record; the
 * key is the hash of e * L, E, L and the context; XChaCha20-Poly1305. A Schnorr proof of knowing
 * e, bound to the context (lineage, round, member, tag), stands beside E: a seal moved to another
 * place does not verify, and nobody can have a seal opened that it didn't make. Layout: E, proof,
 * ciphertext, mac.
 *
 * Outer: XChaCha20-Poly1305 under the hash of s and the context, so a key of its own for each
 * record, with a random nonce; fewer than threshold shares open nothing. The context is
 * authenticated with it. Layout: nonce, ciphertext, mac.
 *
 * Opening is KP_REFUSED where sealed_size is too small, a proof does not hold, or something is not
 * authentic. KP_FAILED is no memory.
 */
#ifndef KP_CRYPTO_SEAL_H
#define KP_CRYPTO_SEAL_H

#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_SEAL_INNER_OVERHEAD (32 + 64 + 16)
#define KP_SEAL_OUTER_OVERHEAD (24 + 16)

struct kp_seal_context {
    uint8_t lineage[KP_DIGEST_BYTES];
    uint8_t round_id[KP_DIGEST_BYTES];
    uint32_t member;
    uint8_t tag[KP_DIGEST_BYTES];
};

/* sealed: size + KP_SEAL_INNER_OVERHEAD bytes. KP_REFUSED: the opening key doesn't decode. */
KP_MUST_USE enum kp_status kp_seal_inner(uint8_t *sealed,
                                         const uint8_t opening_key[static KP_POINT_BYTES],
                                         const struct kp_seal_context *context,
                                         const uint8_t *plain, size_t size);
/* The same for count records, whose multiplications are made in batches. Without gaps: `plains`,
 * size bytes each, and `sealed`. Nothing is written unless all keys were. */
KP_MUST_USE enum kp_status kp_seal_inner_many(uint8_t *sealed,
                                              const uint8_t opening_key[static KP_POINT_BYTES],
                                              const struct kp_seal_context *contexts,
                                              const uint8_t *plains, size_t size, size_t count);
/* The Schnorr proof alone, as a holder of the opening key or an auditor checks it. */
KP_MUST_USE enum kp_status kp_seal_inner_check(const uint8_t *sealed, size_t sealed_size,
                                               const struct kp_seal_context *context);
/* One of many seals, in its place. */
struct kp_seal_place {
    const uint8_t *sealed; /* borrowed */
    struct kp_seal_context context;
};
/* The same for count seals of one size: which of them hold. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_seal_inner_check_many(bool *holds, const struct kp_seal_place *places,
                                                    size_t count, size_t sealed_size);
/* plain: sealed_size - KP_SEAL_INNER_OVERHEAD bytes. Checks the proof first. */
KP_MUST_USE enum kp_status kp_open_inner(uint8_t *plain,
                                         const uint8_t opening_secret[static KP_SCALAR_BYTES],
                                         const uint8_t opening_key[static KP_POINT_BYTES],
                                         const struct kp_seal_context *context,
                                         const uint8_t *sealed, size_t sealed_size);
/* The same with e * L, as the holders of the opening key put it together (crypto/opening.h). */
KP_MUST_USE enum kp_status kp_open_inner_shared(uint8_t *plain,
                                                const uint8_t shared[static KP_POINT_BYTES],
                                                const uint8_t opening_key[static KP_POINT_BYTES],
                                                const struct kp_seal_context *context,
                                                const uint8_t *sealed, size_t sealed_size);

/* The same for who has checked the proof of these very bytes in this place, and won't wait for it
 * once more. */
KP_MUST_USE enum kp_status kp_open_inner_checked(uint8_t *plain,
                                                 const uint8_t shared[static KP_POINT_BYTES],
                                                 const uint8_t opening_key[static KP_POINT_BYTES],
                                                 const struct kp_seal_context *context,
                                                 const uint8_t *sealed, size_t sealed_size);

/* sealed: size + KP_SEAL_OUTER_OVERHEAD bytes. secret is f(0). */
KP_MUST_USE enum kp_status kp_seal_outer(uint8_t *sealed,
                                         const uint8_t secret[static KP_SCALAR_BYTES],
                                         const struct kp_seal_context *context,
                                         const uint8_t *plain, size_t size);
/* The same for count records: `secrets` and `plains` (size bytes each) without gaps, sealed record
 * i at sealed + i * stride. */
KP_MUST_USE enum kp_status kp_seal_outer_many(uint8_t *sealed, size_t stride,
                                              const uint8_t *secrets,
                                              const struct kp_seal_context *contexts,
                                              const uint8_t *plains, size_t size, size_t count);
KP_MUST_USE enum kp_status kp_open_outer(uint8_t *plain,
                                         const uint8_t secret[static KP_SCALAR_BYTES],
                                         const struct kp_seal_context *context,
                                         const uint8_t *sealed, size_t sealed_size);

#endif
