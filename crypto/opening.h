/* Partial decryption of an inner seal by one of several holders of the opening key.
 *
 * The opening key L is the sum of the holders' keys L_h = l_h * G. For a seal with the point E each
 * holder gives D = l_h * E, with a proof that log_G(L_h) = log_E(D) (Chaum and Pedersen), bound to
 * the seal's place (lineage, round, member, tag) and to the holder's number. The sum of all D is
 * e * L, which opens the seal (kp_open_inner_shared); what one holder has alone opens nothing.
 *
 * Making and checking begin with the seal's own Schnorr proof: a holder multiplies no point of
 * which the sender didn't know the logarithm in this place, so a seal that was copied gets nothing.
 */
#ifndef KP_CRYPTO_OPENING_H
#define KP_CRYPTO_OPENING_H

#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "crypto/status.h"

#include <stddef.h>
#include <stdint.h>

#define KP_PARTIAL_PROOF_BYTES 64                                  /* c, then s */
#define KP_PARTIAL_BYTES (KP_POINT_BYTES + KP_PARTIAL_PROOF_BYTES) /* D, then the proof */

/* Which holder: its number among the agreement's opening keys, from 1. */
struct kp_partial_holder {
    uint32_t number;
    uint8_t key[KP_POINT_BYTES]; /* L_h */
};

/* Secret until the record may be read: who has all partials of a seal reads it. secret is l_h; that
 * it belongs to the holder's key is the caller's to see. KP_REFUSED, and partial wiped: the seal's
 * proof doesn't hold in this place, or the secret is zero or not reduced. */
KP_MUST_USE enum kp_status kp_partial_open(uint8_t partial[static KP_PARTIAL_BYTES],
                                           const uint8_t secret[static KP_SCALAR_BYTES],
                                           const struct kp_partial_holder *holder,
                                           const struct kp_seal_context *context,
                                           const uint8_t *sealed, size_t sealed_size);
/* The same for count seals of one size, multiplied in batches: `partials` without gaps. KP_REFUSED:
 * the proof of one of them doesn't hold, and all partials are wiped; KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_partial_open_many(uint8_t *partials,
                                                const uint8_t secret[static KP_SCALAR_BYTES],
                                                const struct kp_partial_holder *holder,
                                                const struct kp_seal_place *places, size_t count,
                                                size_t sealed_size);
/* KP_REFUSED: it isn't this holder's partial decryption of this seal. */
KP_MUST_USE enum kp_status kp_partial_check(const uint8_t partial[static KP_PARTIAL_BYTES],
                                            const struct kp_partial_holder *holder,
                                            const struct kp_seal_context *context,
                                            const uint8_t *sealed, size_t sealed_size);
/* shared = sum of the points of `count` partials, one of every holder, each after
 * kp_partial_check or made by this program. KP_REFUSED, and shared wiped: none, or the sum is the
 * identity, or with several one is no point. */
KP_MUST_USE enum kp_status kp_partial_combine(uint8_t shared[static KP_POINT_BYTES],
                                              const uint8_t *partials, size_t count);

#endif
