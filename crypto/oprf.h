/* The oblivious pseudo-random function of RFC 9497 over ristretto255-SHA512 (section 4.1).
 *
 * Functions carry the names of the RFC's steps. The round (docs/protocol.md) uses HashToGroup and
 * Finalize's hash from here, with mode KP_OPRF_MODE_OPRF, and its own additive blinding and proofs
 * (crypto/chunk_proof.h); `kruispunt oprf` uses all of it, so that other implementations can be run
 * against this one.
 */
#ifndef KP_CRYPTO_OPRF_H
#define KP_CRYPTO_OPRF_H

#include "crypto/group.h"
#include "crypto/status.h"

#include <stddef.h>
#include <stdint.h>

enum kp_oprf_mode {
    KP_OPRF_MODE_OPRF = 0x00,  /* section 3.3.1 */
    KP_OPRF_MODE_VOPRF = 0x01, /* section 3.3.2 */
};

#define KP_OPRF_OUTPUT_BYTES 64
#define KP_OPRF_PROOF_BYTES 64 /* c, then s */
#define KP_OPRF_INPUT_MAX 65535
#define KP_OPRF_SEED_BYTES 32

/* Section 2.1, HashToGroup: RFC 9380's expand_message_xmd with SHA-512, then the map. The identity,
 * which the RFC refuses as InvalidInputError, is KP_REFUSED; nobody can find such an input. */
KP_MUST_USE enum kp_status kp_oprf_hash_to_group(uint8_t point[static KP_POINT_BYTES],
                                                 enum kp_oprf_mode mode, const uint8_t *input,
                                                 size_t input_size);

/* The same for count inputs of input_size bytes each, without gaps, mapped in batches. KP_FAILED:
 * no memory. */
KP_MUST_USE enum kp_status kp_oprf_hash_many_to_group(uint8_t *points, enum kp_oprf_mode mode,
                                                      const uint8_t *inputs, size_t input_size,
                                                      size_t count);

/* Section 3.2.1, DeriveKeyPair. KP_REFUSED: DeriveKeyPairError, or info longer than 65535. */
KP_MUST_USE enum kp_status kp_oprf_derive_key(uint8_t secret_key[static KP_SCALAR_BYTES],
                                              uint8_t public_key[static KP_POINT_BYTES],
                                              enum kp_oprf_mode mode,
                                              const uint8_t seed[static KP_OPRF_SEED_BYTES],
                                              const uint8_t *info, size_t info_size);

/* Section 3.3.1, Blind: blinded = blind * HashToGroup(input). The caller draws `blind`
 * (kp_scalar_random). KP_REFUSED: the blind is zero or not reduced, or the input is too long. */
KP_MUST_USE enum kp_status kp_oprf_blind(uint8_t blinded[static KP_POINT_BYTES],
                                         enum kp_oprf_mode mode,
                                         const uint8_t blind[static KP_SCALAR_BYTES],
                                         const uint8_t *input, size_t input_size);

/* Section 3.3.1, BlindEvaluate, for count elements. `evaluated` goes to kp_oprf_finalize. */
KP_MUST_USE enum kp_status kp_oprf_blind_evaluate(uint8_t *evaluated,
                                                  const uint8_t secret_key[static KP_SCALAR_BYTES],
                                                  const uint8_t *blinded, size_t count);

/* Section 2.2.1, GenerateProof, with the RFC's own weights. `random` is the proof's r. count is
 * 1 to 65535. KP_REFUSED: it isn't, an element does not decode, or a scalar is zero or not reduced.
 * KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_oprf_generate_proof(uint8_t proof[static KP_OPRF_PROOF_BYTES],
                                                  const uint8_t secret_key[static KP_SCALAR_BYTES],
                                                  const uint8_t public_key[static KP_POINT_BYTES],
                                                  const uint8_t *blinded, const uint8_t *evaluated,
                                                  size_t count,
                                                  const uint8_t random[static KP_SCALAR_BYTES]);

/* Section 2.2.2, VerifyProof. KP_REFUSED: the proof does not hold, or an element or the count must
 * be refused. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_oprf_verify_proof(const uint8_t proof[static KP_OPRF_PROOF_BYTES],
                                                const uint8_t public_key[static KP_POINT_BYTES],
                                                const uint8_t *blinded, const uint8_t *evaluated,
                                                size_t count);

/* Section 3.3.1, Finalize (3.3.2 without its check of the proof, which is kp_oprf_verify_proof). */
KP_MUST_USE enum kp_status kp_oprf_finalize(uint8_t output[static KP_OPRF_OUTPUT_BYTES],
                                            const uint8_t *input, size_t input_size,
                                            const uint8_t blind[static KP_SCALAR_BYTES],
                                            const uint8_t evaluated[static KP_POINT_BYTES]);

/* Section 3.3.1, Evaluate: the function itself, for the holder of the key. */
KP_MUST_USE enum kp_status kp_oprf_evaluate(uint8_t output[static KP_OPRF_OUTPUT_BYTES],
                                            enum kp_oprf_mode mode,
                                            const uint8_t secret_key[static KP_SCALAR_BYTES],
                                            const uint8_t *input, size_t input_size);

/* The hash at the end of Finalize, over an element that is unblinded already. Constant time.
 * input_size is at most KP_OPRF_INPUT_MAX. */
void kp_oprf_output(uint8_t output[static KP_OPRF_OUTPUT_BYTES], const uint8_t *input,
                    size_t input_size, const uint8_t unblinded[static KP_POINT_BYTES]);

#endif
