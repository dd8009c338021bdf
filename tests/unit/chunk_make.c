#include "tests/unit/chunk_make.h"

#include "crypto/group.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

void chunk_start(struct chunk_fixture *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    kp_scalar_random(fixture->key);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(fixture->public_key, fixture->key, 1), KP_OK);
    for (size_t i = 0; i < CHUNK_COUNT; i++) {
        crypto_core_ristretto255_random(fixture->inputs + i * KP_POINT_BYTES);
    }
    CU_ASSERT_EQUAL_FATAL(
        kp_points_multiply(fixture->outputs, fixture->key, fixture->inputs, CHUNK_COUNT), KP_OK);
    struct kp_chunk *chunk = &fixture->chunk;
    randombytes_buf(chunk->round_id, sizeof(chunk->round_id));
    randombytes_buf(chunk->list_root, sizeof(chunk->list_root));
    chunk->sender = 1;
    chunk->evaluator = 2;
    chunk->number = 3;
    chunk->inputs = fixture->inputs;
    chunk->outputs = fixture->outputs;
    chunk->count = CHUNK_COUNT;
    CU_ASSERT_EQUAL_FATAL(kp_chunk_prove(fixture->proof, fixture->key, fixture->public_key, chunk),
                          KP_OK);
}

void chunk_seed_of(uint8_t seed[static KP_CHUNK_SEED_BYTES], const uint8_t *public_key,
                   const struct kp_chunk *chunk)
{
    uint8_t digest[KP_DIGEST_BYTES];
    kp_chunk_inputs_digest(digest, chunk);
    kp_chunk_seed(seed, public_key, digest, chunk);
}

void chunk_swap(uint8_t *points, size_t i, size_t j)
{
    uint8_t kept[KP_POINT_BYTES];
    memcpy(kept, points + i * KP_POINT_BYTES, sizeof(kept));
    memcpy(points + i * KP_POINT_BYTES, points + j * KP_POINT_BYTES, sizeof(kept));
    memcpy(points + j * KP_POINT_BYTES, kept, sizeof(kept));
}
