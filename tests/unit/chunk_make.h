/* A small chunk with its evaluation and proof, for tests of proofs. */
#ifndef KP_TESTS_CHUNK_MAKE_H
#define KP_TESTS_CHUNK_MAKE_H

#include "crypto/chunk_proof.h"
#include "crypto/chunk_weights.h"

enum { CHUNK_COUNT = 9 };

struct chunk_fixture {
    uint8_t key[KP_SCALAR_BYTES];
    uint8_t public_key[KP_POINT_BYTES];
    uint8_t inputs[CHUNK_COUNT * KP_POINT_BYTES];
    uint8_t outputs[CHUNK_COUNT * KP_POINT_BYTES];
    uint8_t proof[KP_CHUNK_PROOF_BYTES];
    struct kp_chunk chunk;
};

/* Of member 1, evaluated by member 2 under a key that is drawn. */
void chunk_start(struct chunk_fixture *fixture);
/* What its weights come from. */
void chunk_seed_of(uint8_t seed[static KP_CHUNK_SEED_BYTES], const uint8_t *public_key,
                   const struct kp_chunk *chunk);
/* Points i and j change places. */
void chunk_swap(uint8_t *points, size_t i, size_t j);

#endif
