/* crypto/chunk_finish.h: all evaluations of a chunk at once, whoever cheats among them. */
#include "crypto/chunk_check.h"
#include "crypto/chunk_finish.h"
#include "crypto/chunk_weights.h"
#include "crypto/engine/engine.h"
#include "tests/unit/chunk_make.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

enum { OTHERS = 3 };

/* The chunk's A are P + rG, of members with keys of their own. */
struct finishing {
    struct chunk_fixture fixture;
    uint8_t expected[CHUNK_COUNT * KP_POINT_BYTES]; /* all keys times P */
    uint8_t blindings[CHUNK_COUNT * KP_SCALAR_BYTES];
    uint8_t key_sum[KP_POINT_BYTES];
    uint8_t keys[OTHERS][KP_SCALAR_BYTES];
    uint8_t public_key[OTHERS][KP_POINT_BYTES];
    uint8_t outputs[OTHERS][CHUNK_COUNT * KP_POINT_BYTES];
    uint8_t proof[OTHERS][KP_CHUNK_PROOF_BYTES];
    struct kp_chunk_evaluation evaluations[OTHERS];
    struct kp_chunk_blinded blinded;
    struct kp_chunk chunk;
};

static void must(enum kp_status status)
{
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
}

static void add_evaluator(struct finishing *f, size_t i, size_t count)
{
    uint8_t *key = f->keys[i], part[CHUNK_COUNT * KP_POINT_BYTES];
    const uint8_t *elements = f->fixture.inputs;
    kp_scalar_random(key);
    must(kp_points_multiply_base(f->public_key[i], key, 1));
    must(kp_points_add(f->key_sum, f->key_sum, f->public_key[i], 1));
    must(kp_points_multiply(part, key, elements, count));
    must(kp_points_add(f->expected, f->expected, part, count));
    f->chunk.evaluator = 2 + (uint32_t)i;
    must(kp_chunk_evaluate(f->outputs[i], f->proof[i], key, f->public_key[i], &f->chunk));
    f->evaluations[i] = (struct kp_chunk_evaluation){.evaluator = 2 + (uint32_t)i,
                                                     .public_key = f->public_key[i],
                                                     .outputs = f->outputs[i],
                                                     .proof = f->proof[i]};
}

/* Of the fixture's points as P. */
static void start_finishing(struct finishing *f, uint8_t *a, size_t count)
{
    memset(f, 0, sizeof(*f));
    chunk_start(&f->fixture);
    for (size_t i = 0; i < count; i++) {
        kp_scalar_random(f->blindings + i * KP_SCALAR_BYTES);
    }
    must(kp_points_multiply_base(a, f->blindings, count));
    must(kp_points_add(a, a, f->fixture.inputs, count));
    f->chunk = f->fixture.chunk;
    f->chunk.inputs = a;
    f->chunk.outputs = NULL;
    f->chunk.count = count;
    memcpy(f->key_sum, f->fixture.public_key, KP_POINT_BYTES);
    memcpy(f->expected, f->fixture.outputs, sizeof(f->expected));
    for (size_t i = 0; i < OTHERS; i++) {
        add_evaluator(f, i, count);
    }
    f->blinded = (struct kp_chunk_blinded){
        .key = f->fixture.key, .blindings = f->blindings, .key_sum = f->key_sum};
}

static enum kp_status finish(struct finishing *f, uint8_t *y)
{
    for (size_t i = 0; i < OTHERS; i++) {
        f->evaluations[i].verdict = KP_USAGE;
    }
    memset(y, 0x5a, CHUNK_COUNT * KP_POINT_BYTES);
    return kp_chunk_finish(y, f->evaluations, OTHERS, &f->blinded, &f->chunk);
}

static void finished_whole(void)
{
    struct finishing f;
    uint8_t a[CHUNK_COUNT * KP_POINT_BYTES], y[CHUNK_COUNT * KP_POINT_BYTES];
    for (size_t count = 1; count <= CHUNK_COUNT; count++) {
        kp_engine_use(true);
        start_finishing(&f, a, count);
        for (int engine = 0; engine < 2; engine++) {
            kp_engine_use(engine != 0);
            CU_ASSERT_EQUAL(finish(&f, y), KP_OK);
            CU_ASSERT_EQUAL(memcmp(y, f.expected, count * KP_POINT_BYTES), 0);
            for (size_t i = 0; i < OTHERS; i++) {
                CU_ASSERT_EQUAL(f.evaluations[i].verdict, KP_OK);
            }
        }
    }
    /* Alone there is nothing to verify, and the own key is all there is. */
    memcpy(f.key_sum, f.fixture.public_key, KP_POINT_BYTES);
    CU_ASSERT_EQUAL(kp_chunk_finish(y, NULL, 0, &f.blinded, &f.chunk), KP_OK);
    CU_ASSERT_EQUAL(memcmp(y, f.fixture.outputs, sizeof(y)), 0);
    kp_engine_use(true);
}

/* Exactly who didn't prove it is named, and nothing comes out. */
static void refused_by_finish(struct finishing *f, size_t who)
{
    uint8_t y[CHUNK_COUNT * KP_POINT_BYTES];
    CU_ASSERT_EQUAL(finish(f, y), KP_REFUSED);
    CU_ASSERT(sodium_is_zero(y, sizeof(y)));
    for (size_t i = 0; i < OTHERS; i++) {
        CU_ASSERT_EQUAL(f->evaluations[i].verdict, i == who ? KP_REFUSED : KP_OK);
    }
}

static void finish_blames(void)
{
    struct finishing f;
    uint8_t a[CHUNK_COUNT * KP_POINT_BYTES];
    start_finishing(&f, a, CHUNK_COUNT);
    for (size_t i = 0; i < 2 * OTHERS; i++) {
        size_t who = i / 2;
        kp_engine_use(i % 2 == 0);
        chunk_swap(f.outputs[who], 2, 5);
        refused_by_finish(&f, who);
        chunk_swap(f.outputs[who], 2, 5);
        f.proof[who][0] ^= 1;
        refused_by_finish(&f, who);
        f.proof[who][0] ^= 1;
        f.evaluations[who].evaluator ^= 8;
        refused_by_finish(&f, who);
        f.evaluations[who].evaluator ^= 8;
        uint8_t kept[KP_POINT_BYTES];
        memcpy(kept, f.outputs[who], sizeof(kept));
        static const uint8_t no_point[] = {0, 0xff, 0x7f, 2};
        for (size_t j = 0; j < sizeof(no_point); j++) {
            memset(f.outputs[who], no_point[j], sizeof(kept));
            refused_by_finish(&f, who);
        }
        memcpy(f.outputs[who], kept, sizeof(kept));
        f.outputs[who][31] |= 0x80;
        refused_by_finish(&f, who);
        memcpy(f.outputs[who], kept, sizeof(kept));
        uint8_t *m = f.proof[who] + KP_CHUNK_PROOF_BYTES - KP_POINT_BYTES;
        uint8_t kept_m[KP_POINT_BYTES];
        memcpy(kept_m, m, sizeof(kept_m));
        memset(m, 0, sizeof(kept_m));
        refused_by_finish(&f, who);
        memset(m, 0xff, sizeof(kept_m));
        refused_by_finish(&f, who);
        memcpy(m, kept, sizeof(kept_m)); /* a point, but another */
        refused_by_finish(&f, who);
        memcpy(m, kept_m, sizeof(kept_m));
    }
    kp_engine_use(true);
}

/* Errors of two that cancel are two errors. */
static void finish_sees_errors_that_cancel(void)
{
    struct finishing f;
    uint8_t a[CHUNK_COUNT * KP_POINT_BYTES], y[CHUNK_COUNT * KP_POINT_BYTES];
    start_finishing(&f, a, CHUNK_COUNT);
    must(kp_points_add(f.outputs[0], f.outputs[0], a, 1));
    must(kp_points_subtract(f.outputs[2], f.outputs[2], a, 1));
    CU_ASSERT_EQUAL(finish(&f, y), KP_REFUSED);
    CU_ASSERT_EQUAL(f.evaluations[0].verdict, KP_REFUSED);
    CU_ASSERT_EQUAL(f.evaluations[1].verdict, KP_OK);
    CU_ASSERT_EQUAL(f.evaluations[2].verdict, KP_REFUSED);
}

/* What a proof for wrong outputs needs: c and s that hold for them, by an M that isn't the
 * combination of the inputs, but what the outputs' is divided by the key. */
static void prove_by_another_m(struct finishing *f, size_t who,
                               const uint8_t key[static KP_SCALAR_BYTES])
{
    uint8_t seed[KP_CHUNK_SEED_BYTES], weights[CHUNK_COUNT * KP_WEIGHT_BYTES],
        scalars[CHUNK_COUNT * KP_SCALAR_BYTES], inverse[KP_SCALAR_BYTES], nonce[KP_SCALAR_BYTES];
    struct kp_dleq_points points;
    struct kp_chunk chunk = f->chunk;
    chunk.evaluator = 2 + (uint32_t)who;
    chunk.outputs = f->outputs[who];
    chunk_seed_of(seed, f->public_key[who], &chunk);
    kp_chunk_weights(weights, seed, CHUNK_COUNT);
    kp_weights_to_scalars(scalars, weights, KP_WEIGHT_BYTES, CHUNK_COUNT);
    must(kp_points_combine(points.z, scalars, chunk.outputs, CHUNK_COUNT));
    CU_ASSERT_EQUAL(crypto_core_ristretto255_scalar_invert(inverse, key), 0);
    must(kp_points_multiply(points.m, inverse, points.z, 1));
    kp_scalar_random(nonce);
    must(kp_points_multiply_base(points.t2, nonce, 1));
    must(kp_points_multiply(points.t3, nonce, points.m, 1));
    const struct kp_dleq dleq = {.public_key = f->public_key[who], .seed = seed};
    uint8_t *proof = f->proof[who];
    kp_chunk_challenge(proof, &dleq, &points);
    kp_dleq_answer(proof + KP_SCALAR_BYTES, nonce, proof, key);
    memcpy(proof + KP_DLEQ_PROOF_BYTES, points.m, KP_POINT_BYTES);
}

static void an_m_of_its_own_is_refused(void)
{
    struct finishing f;
    uint8_t a[CHUNK_COUNT * KP_POINT_BYTES], key[KP_SCALAR_BYTES];
    start_finishing(&f, a, CHUNK_COUNT);
    for (size_t who = 0; who < OTHERS; who++) {
        uint8_t kept[CHUNK_COUNT * KP_POINT_BYTES], kept_proof[KP_CHUNK_PROOF_BYTES];
        memcpy(kept, f.outputs[who], sizeof(kept));
        memcpy(kept_proof, f.proof[who], sizeof(kept_proof));
        memcpy(key, f.keys[who], sizeof(key));
        must(kp_points_add(f.outputs[who], f.outputs[who], a, 1));
        prove_by_another_m(&f, who, key);
        kp_engine_use(who != 1);
        refused_by_finish(&f, who);
        struct kp_chunk chunk = f.chunk;
        chunk.evaluator = 2 + (uint32_t)who;
        chunk.outputs = f.outputs[who];
        CU_ASSERT_EQUAL(kp_chunk_verify(f.proof[who], f.public_key[who], &chunk), KP_REFUSED);
        /* That it is for nothing else: with the true outputs the same way of proving holds. */
        memcpy(f.outputs[who], kept, sizeof(kept));
        prove_by_another_m(&f, who, key);
        chunk.outputs = f.outputs[who];
        CU_ASSERT_EQUAL(kp_chunk_verify(f.proof[who], f.public_key[who], &chunk), KP_OK);
        memcpy(f.proof[who], kept_proof, sizeof(kept_proof));
    }
    kp_engine_use(true);
}

/* Claims that are wrong by as much in opposite directions: each counts a random number of times. */
static void wrong_composites_do_not_cancel(void)
{
    enum { CLAIMS = KP_CHUNK_EVALUATORS_MAX };
    static uint8_t weights[CLAIMS][CHUNK_COUNT * KP_WEIGHT_BYTES], m[CLAIMS][KP_POINT_BYTES];
    struct kp_chunk_composite composites[CLAIMS];
    struct kp_chunk_inputs inputs;
    struct chunk_fixture fixture;
    chunk_start(&fixture);
    must(kp_chunk_inputs_start(&inputs, &fixture.chunk));
    randombytes_buf(weights, sizeof(weights));
    memset(weights[1], 0, sizeof(weights[1])); /* the ends */
    memset(weights[2], 255, sizeof(weights[2]));
    for (size_t i = 0; i < CLAIMS; i++) {
        must(kp_decoded_combine(m[i], weights[i], KP_WEIGHT_BYTES, inputs.decoded));
        composites[i] = (struct kp_chunk_composite){weights[i], m[i]};
    }
    for (size_t count = 0; count <= CLAIMS; count++) {
        CU_ASSERT_EQUAL(kp_chunk_composites(composites, count, &inputs, CHUNK_COUNT), KP_OK);
    }
    must(kp_points_add(m[0], m[0], fixture.inputs, 1));
    CU_ASSERT_EQUAL(kp_chunk_composites(composites, 1, &inputs, CHUNK_COUNT), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_chunk_composites(composites + 1, 1, &inputs, CHUNK_COUNT), KP_OK);
    CU_ASSERT_EQUAL(kp_chunk_composites(composites, 2, &inputs, CHUNK_COUNT), KP_REFUSED);
    must(kp_points_subtract(m[4], m[4], fixture.inputs, 1));
    for (size_t count = 1; count <= CLAIMS; count++) {
        CU_ASSERT_EQUAL(kp_chunk_composites(composites, count, &inputs, CHUNK_COUNT), KP_REFUSED);
    }
    CU_ASSERT_EQUAL(kp_chunk_composites(composites + 1, 3, &inputs, CHUNK_COUNT), KP_OK);
    CU_ASSERT_EQUAL(kp_chunk_composites(composites + 1, 4, &inputs, CHUNK_COUNT), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_chunk_composites(composites + 5, CLAIMS - 5, &inputs, CHUNK_COUNT), KP_OK);
    kp_chunk_inputs_end(&inputs);
}

/* What is one's own isn't anybody else's fault. */
static void finish_of_what_is_wrong_itself(void)
{
    struct finishing f;
    uint8_t a[CHUNK_COUNT * KP_POINT_BYTES], y[CHUNK_COUNT * KP_POINT_BYTES];
    start_finishing(&f, a, CHUNK_COUNT);
    uint8_t *const own[] = {a, f.fixture.key, f.blindings, f.key_sum};
    for (size_t i = 0; i < 2 * sizeof(own) / sizeof(own[0]); i++) {
        uint8_t kept[KP_POINT_BYTES];
        kp_engine_use(i % 2 == 0);
        memcpy(kept, own[i / 2], sizeof(kept));
        memset(own[i / 2], 0, sizeof(kept));
        CU_ASSERT_EQUAL(finish(&f, y), KP_FAILED);
        CU_ASSERT(sodium_is_zero(y, sizeof(y)));
        memcpy(own[i / 2], kept, sizeof(kept));
    }
    kp_engine_use(true);
    CU_ASSERT_EQUAL(finish(&f, y), KP_OK);
    f.chunk.count = 0;
    CU_ASSERT_EQUAL(finish(&f, y), KP_FAILED);
    CU_ASSERT_EQUAL(f.evaluations[0].verdict, KP_FAILED);
    f.chunk.count = KP_CHUNK_MAX + 1;
    CU_ASSERT_EQUAL(finish(&f, y), KP_FAILED);
}

static const struct unit_test tests[] = {
    {"finished whole", finished_whole},
    {"finish blames", finish_blames},
    {"finish sees errors that cancel", finish_sees_errors_that_cancel},
    {"an M of its own is refused", an_m_of_its_own_is_refused},
    {"wrong composites don't cancel", wrong_composites_do_not_cancel},
    {"finish of what is wrong itself", finish_of_what_is_wrong_itself},
};

UNIT_MAIN("chunk_finish", tests)
