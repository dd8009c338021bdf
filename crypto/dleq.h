/* Internal. The core of a batched proof that log_G(public_key) = log_A(B) for all pairs (A, B): RFC
 * 9497 section 2.2, with the weights and the challenge's hash given by the caller.
 *
 * Both proofs of this project are made of it: RFC 9497's own (crypto/oprf_weights.h) and the
 * round's (crypto/chunk_weights.h). They differ in what a weight depends on, and in nothing else.
 */
#ifndef KP_CRYPTO_DLEQ_H
#define KP_CRYPTO_DLEQ_H

#include "crypto/decoded.h"
#include "crypto/group.h"
#include "crypto/status.h"

#include <stddef.h>
#include <stdint.h>

#define KP_DLEQ_PROOF_BYTES 64 /* c, then s */

/* The points that the challenge is over, besides the statement, in the RFC's order. */
struct kp_dleq_points {
    uint8_t m[KP_POINT_BYTES]; /* sum of weight * A */
    uint8_t z[KP_POINT_BYTES]; /* sum of weight * B */
    uint8_t t2[KP_POINT_BYTES];
    uint8_t t3[KP_POINT_BYTES];
};

struct kp_dleq {
    const uint8_t *public_key;
    const uint8_t *inputs;  /* count points A */
    const uint8_t *outputs; /* count points B; the prover doesn't read them */
    const uint8_t *weights; /* count scalars */
    size_t count;
    /* Where `short_weights` (KP_WEIGHT_BYTES each, crypto/decoded.h) isn't NULL, these stand for
     * the four above. */
    const struct kp_decoded *decoded_inputs;
    const struct kp_decoded *decoded_outputs;
    const uint8_t *short_weights;
    /* Where it isn't NULL: who proves finds M here, and who verifies takes it as M, and has to look
     * apart whether it is. */
    uint8_t *composite;
    void (*challenge)(uint8_t challenge[static KP_SCALAR_BYTES], const struct kp_dleq *dleq,
                      const struct kp_dleq_points *points);
    const uint8_t *seed; /* for the challenge, where it wants one */
};

/* Section 2.2.1, with ComputeCompositesFast. nonce is the RFC's random r: never twice, and secret
 * like the key. KP_REFUSED: an input does not decode, or key or nonce is zero or not reduced. */
KP_MUST_USE enum kp_status kp_dleq_prove(uint8_t proof[static KP_DLEQ_PROOF_BYTES],
                                         const uint8_t key[static KP_SCALAR_BYTES],
                                         const uint8_t nonce[static KP_SCALAR_BYTES],
                                         const struct kp_dleq *dleq);

/* Section 2.2.2. */
KP_MUST_USE enum kp_status kp_dleq_verify(const uint8_t proof[static KP_DLEQ_PROOF_BYTES],
                                          const struct kp_dleq *dleq);

/* s = nonce - challenge * secret: the answer of these proofs and of crypto/schnorr.h. */
void kp_dleq_answer(uint8_t s[static KP_SCALAR_BYTES], const uint8_t nonce[static KP_SCALAR_BYTES],
                    const uint8_t challenge[static KP_SCALAR_BYTES],
                    const uint8_t secret[static KP_SCALAR_BYTES]);

/* out = s * G + c * point: the commitment that a proof (c, s) stands for. */
KP_MUST_USE enum kp_status kp_dleq_commitment(uint8_t out[static KP_POINT_BYTES],
                                              const uint8_t proof[static KP_DLEQ_PROOF_BYTES],
                                              const uint8_t point[static KP_POINT_BYTES]);

#endif
