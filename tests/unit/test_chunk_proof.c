/* crypto/chunk_proof.h: what it refuses, and a forgery that RFC 9497's own weights would let pass.
 */
#include "crypto/chunk_proof.h"
#include "crypto/chunk_weights.h"
#include "crypto/dleq.h"
#include "crypto/engine/engine.h"
#include "crypto/oprf_weights.h"
#include "tests/unit/chunk_make.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum kp_status verify(const struct chunk_fixture *fixture)
{
    return kp_chunk_verify(fixture->proof, fixture->public_key, &fixture->chunk);
}

static void malformed_elements(void)
{
    static const uint8_t identity[KP_POINT_BYTES];
    uint8_t garbage[KP_POINT_BYTES];
    memset(garbage, 0xff, sizeof(garbage));
    const uint8_t *bad[2] = {identity, garbage};
    struct chunk_fixture fixture;
    chunk_start(&fixture);
    for (size_t i = 0; i < 2; i++) {
        for (size_t side = 0; side < 2; side++) {
            uint8_t proof[KP_CHUNK_PROOF_BYTES];
            uint8_t kept[KP_POINT_BYTES];
            uint8_t *element = (side == 0 ? fixture.inputs : fixture.outputs) + 4 * KP_POINT_BYTES;
            memcpy(kept, element, sizeof(kept));
            memcpy(element, bad[i], sizeof(kept));
            CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
            CU_ASSERT_EQUAL(kp_chunk_prove(proof, fixture.key, fixture.public_key, &fixture.chunk),
                            KP_REFUSED);
            memcpy(element, kept, sizeof(kept));
        }
        CU_ASSERT_EQUAL(kp_chunk_verify(fixture.proof, bad[i], &fixture.chunk), KP_REFUSED);
    }
    CU_ASSERT_EQUAL(verify(&fixture), KP_OK);
}

static void malformed_counts(void)
{
    struct chunk_fixture fixture;
    uint8_t proof[KP_CHUNK_PROOF_BYTES];
    chunk_start(&fixture);
    static const size_t counts[] = {0, KP_CHUNK_MAX + 1, SIZE_MAX};
    for (size_t i = 0; i < 3; i++) {
        fixture.chunk.count = counts[i];
        CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_chunk_prove(proof, fixture.key, fixture.public_key, &fixture.chunk),
                        KP_REFUSED);
    }
    fixture.chunk.count = CHUNK_COUNT - 1;
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
}

static void malformed_proofs(void)
{
    struct chunk_fixture fixture;
    chunk_start(&fixture);
    for (size_t i = 0; i < sizeof(fixture.proof); i++) {
        fixture.proof[i] ^= 1;
        CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
        fixture.proof[i] ^= 1;
    }
    memset(fixture.proof, 0, sizeof(fixture.proof));
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    memset(fixture.proof, 0xff, sizeof(fixture.proof));
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
}

static void each_field_is_bound(void)
{
    struct chunk_fixture fixture;
    chunk_start(&fixture);
    CU_ASSERT_EQUAL(verify(&fixture), KP_OK);
    fixture.chunk.round_id[31] ^= 1;
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    fixture.chunk.round_id[31] ^= 1;
    fixture.chunk.list_root[0] ^= 0x80;
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    fixture.chunk.list_root[0] ^= 0x80;
    fixture.chunk.sender++;
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    fixture.chunk.sender--;
    fixture.chunk.evaluator++;
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    fixture.chunk.evaluator--;
    fixture.chunk.number++;
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    fixture.chunk.number--;
    fixture.chunk.sender = 2;
    fixture.chunk.evaluator = 1;
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    fixture.chunk.sender = 1;
    fixture.chunk.evaluator = 2;
    CU_ASSERT_EQUAL(verify(&fixture), KP_OK);
}

/* Changes one byte at each of count places of `bytes`, each of which must change the seed. */
static void seed_depends_on(const struct chunk_fixture *fixture, uint8_t *bytes, size_t count)
{
    uint8_t before[KP_CHUNK_SEED_BYTES];
    chunk_seed_of(before, fixture->public_key, &fixture->chunk);
    for (size_t i = 0; i < count; i++) {
        uint8_t after[KP_CHUNK_SEED_BYTES];
        bytes[i] ^= 1;
        chunk_seed_of(after, fixture->public_key, &fixture->chunk);
        bytes[i] ^= 1;
        CU_ASSERT_NOT_EQUAL(memcmp(before, after, sizeof(before)), 0);
    }
}

static void the_seed_depends_on_everything(void)
{
    struct chunk_fixture fixture;
    chunk_start(&fixture);
    struct kp_chunk *chunk = &fixture.chunk;
    seed_depends_on(&fixture, fixture.public_key, sizeof(fixture.public_key));
    seed_depends_on(&fixture, fixture.inputs, sizeof(fixture.inputs));
    seed_depends_on(&fixture, fixture.outputs, sizeof(fixture.outputs));
    seed_depends_on(&fixture, chunk->round_id, sizeof(chunk->round_id));
    seed_depends_on(&fixture, chunk->list_root, sizeof(chunk->list_root));
    seed_depends_on(&fixture, (uint8_t *)&chunk->sender, sizeof(chunk->sender));
    seed_depends_on(&fixture, (uint8_t *)&chunk->evaluator, sizeof(chunk->evaluator));
    seed_depends_on(&fixture, (uint8_t *)&chunk->number, sizeof(chunk->number));
    uint8_t before[KP_CHUNK_SEED_BYTES];
    uint8_t after[KP_CHUNK_SEED_BYTES];
    chunk_seed_of(before, fixture.public_key, chunk);
    chunk->count--;
    chunk_seed_of(after, fixture.public_key, chunk);
    CU_ASSERT_NOT_EQUAL(memcmp(before, after, sizeof(before)), 0);
}

static void each_element_is_bound(void)
{
    struct chunk_fixture fixture;
    chunk_start(&fixture);
    for (size_t i = 0; i < CHUNK_COUNT; i++) {
        uint8_t kept[KP_POINT_BYTES];
        uint8_t *output = fixture.outputs + i * KP_POINT_BYTES;
        memcpy(kept, output, sizeof(kept));
        CU_ASSERT_EQUAL(kp_points_add(output, output, fixture.public_key, 1), KP_OK);
        CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
        memcpy(output, kept, sizeof(kept));
    }
    chunk_swap(fixture.outputs, 2, 5);
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    /* The same pairs in another order are another chunk. */
    chunk_swap(fixture.inputs, 2, 5);
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    chunk_swap(fixture.inputs, 2, 5);
    chunk_swap(fixture.outputs, 2, 5);
    CU_ASSERT_EQUAL(verify(&fixture), KP_OK);
}

static void wrong_keys(void)
{
    struct chunk_fixture fixture;
    struct chunk_fixture other;
    chunk_start(&fixture);
    chunk_start(&other);
    CU_ASSERT_EQUAL(kp_chunk_verify(fixture.proof, other.public_key, &fixture.chunk), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_chunk_prove(fixture.proof, other.key, fixture.public_key, &fixture.chunk),
                    KP_OK);
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_chunk_prove(fixture.proof, other.key, other.public_key, &fixture.chunk),
                    KP_OK);
    CU_ASSERT_EQUAL(kp_chunk_verify(fixture.proof, other.public_key, &fixture.chunk), KP_REFUSED);
    memset(fixture.key, 0, sizeof(fixture.key));
    CU_ASSERT_EQUAL(kp_chunk_prove(fixture.proof, fixture.key, fixture.public_key, &fixture.chunk),
                    KP_REFUSED);
    CU_ASSERT(sodium_is_zero(fixture.proof, sizeof(fixture.proof)));
}

static void proofs_are_fresh(void)
{
    struct chunk_fixture fixture;
    uint8_t again[KP_CHUNK_PROOF_BYTES];
    chunk_start(&fixture);
    CU_ASSERT_EQUAL(kp_chunk_prove(again, fixture.key, fixture.public_key, &fixture.chunk), KP_OK);
    CU_ASSERT_NOT_EQUAL(memcmp(again, fixture.proof, KP_SCALAR_BYTES), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(again + 32, fixture.proof + 32, KP_SCALAR_BYTES), 0);
    CU_ASSERT_EQUAL(kp_chunk_verify(again, fixture.public_key, &fixture.chunk), KP_OK);
}

/* Evaluated and proven with one decoding: the same outputs, and a proof that holds, with and
 * without the engine; a bad input or key is refused, and nothing is left. */
static void evaluated_and_proven_at_once(void)
{
    struct chunk_fixture fixture;
    uint8_t outputs[sizeof(fixture.outputs)];
    chunk_start(&fixture);
    struct kp_chunk chunk = fixture.chunk;
    chunk.outputs = NULL;
    for (int engine = 0; engine < 2; engine++) {
        kp_engine_use(engine != 0);
        for (chunk.count = 1; chunk.count <= CHUNK_COUNT; chunk.count++) {
            CU_ASSERT_EQUAL(
                kp_chunk_evaluate(outputs, fixture.proof, fixture.key, fixture.public_key, &chunk),
                KP_OK);
            CU_ASSERT_EQUAL(memcmp(outputs, fixture.outputs, chunk.count * KP_POINT_BYTES), 0);
            fixture.chunk.count = chunk.count;
            CU_ASSERT_EQUAL(verify(&fixture), KP_OK);
        }
        chunk.count = CHUNK_COUNT;
        uint8_t none[KP_SCALAR_BYTES] = {0};
        CU_ASSERT_EQUAL(kp_chunk_evaluate(outputs, fixture.proof, none, fixture.public_key, &chunk),
                        KP_REFUSED);
        fixture.inputs[0] ^= 1; /* of a point and its neighbour one is no encoding */
        CU_ASSERT_EQUAL(
            kp_chunk_evaluate(outputs, fixture.proof, fixture.key, fixture.public_key, &chunk),
            KP_REFUSED);
        CU_ASSERT(sodium_is_zero(outputs, sizeof(outputs)));
        CU_ASSERT(sodium_is_zero(fixture.proof, sizeof(fixture.proof)));
        fixture.inputs[0] ^= 1;
    }
    chunk.count = 0;
    CU_ASSERT_EQUAL(
        kp_chunk_evaluate(outputs, fixture.proof, fixture.key, fixture.public_key, &chunk),
        KP_REFUSED);
    chunk.count = KP_CHUNK_MAX + 1;
    CU_ASSERT_EQUAL(
        kp_chunk_evaluate(outputs, fixture.proof, fixture.key, fixture.public_key, &chunk),
        KP_REFUSED);
    kp_engine_use(true);
}

static void largest_and_smallest_chunk(void)
{
    struct chunk_fixture fixture;
    chunk_start(&fixture);
    struct kp_chunk chunk = fixture.chunk;
    chunk.count = 1;
    CU_ASSERT_EQUAL(kp_chunk_prove(fixture.proof, fixture.key, fixture.public_key, &chunk), KP_OK);
    CU_ASSERT_EQUAL(kp_chunk_verify(fixture.proof, fixture.public_key, &chunk), KP_OK);

    /* Equal elements are allowed: their weights differ. */
    uint8_t *inputs = malloc(KP_CHUNK_MAX * KP_POINT_BYTES);
    uint8_t *outputs = malloc(KP_CHUNK_MAX * KP_POINT_BYTES);
    CU_ASSERT_FATAL(inputs != NULL && outputs != NULL);
    for (size_t i = 0; i < KP_CHUNK_MAX; i++) {
        memcpy(inputs + i * KP_POINT_BYTES, fixture.inputs + i % CHUNK_COUNT * KP_POINT_BYTES, 32);
        memcpy(outputs + i * KP_POINT_BYTES, fixture.outputs + i % CHUNK_COUNT * KP_POINT_BYTES,
               32);
    }
    chunk.count = KP_CHUNK_MAX;
    chunk.inputs = inputs;
    chunk.outputs = outputs;
    CU_ASSERT_EQUAL(kp_chunk_prove(fixture.proof, fixture.key, fixture.public_key, &chunk), KP_OK);
    CU_ASSERT_EQUAL(kp_chunk_verify(fixture.proof, fixture.public_key, &chunk), KP_OK);
    outputs[(KP_CHUNK_MAX - 1) * KP_POINT_BYTES] ^= 2;
    CU_ASSERT_EQUAL(kp_chunk_verify(fixture.proof, fixture.public_key, &chunk), KP_REFUSED);
    free(inputs);
    free(outputs);
}

static void weights_are_128_bits_and_differ(void)
{
    uint8_t seed[KP_CHUNK_SEED_BYTES] = {0};
    uint8_t weights[64 * KP_WEIGHT_BYTES];
    uint8_t fewer[7 * KP_WEIGHT_BYTES];
    kp_chunk_weights(weights, seed, 64);
    kp_chunk_weights(fewer, seed, 7);
    CU_ASSERT_EQUAL(memcmp(weights, fewer, sizeof(fewer)), 0);
    for (size_t i = 0; i < 64; i++) {
        for (size_t j = 0; j < i; j++) {
            CU_ASSERT_NOT_EQUAL(memcmp(weights + i * KP_WEIGHT_BYTES, weights + j * KP_WEIGHT_BYTES,
                                       KP_WEIGHT_BYTES),
                                0);
        }
    }
    seed[31] ^= 1;
    kp_chunk_weights(fewer, seed, 7);
    for (size_t i = 0; i < sizeof(fewer); i += KP_WEIGHT_BYTES) {
        CU_ASSERT_NOT_EQUAL(memcmp(fewer + i, weights + i, KP_WEIGHT_BYTES), 0);
    }
}

/* ---- The forged chunk ----
 *
 * A cheating evaluator knows k and answers B_i = k * A_i + e_i * G instead of k * A_i. The proof
 * says only that sum d_i * B_i = k * sum d_i * A_i, so it holds when sum d_i * e_i = 0. With RFC
 * 9497's weights, d_i depends on (i, A_i, B_i), that is on e_i alone: the forger tabulates d_i *
 * e_i for each i apart and looks for one value from each table that add up to nothing (a
 * generalised birthday search). With weights cut to 16 bits, four elements and a hundred errors
 * each suffice.
 *
 * Everything is derived from constants, so the test finds the same forgeries each time.
 */

enum {
    FORGED = 4,   /* elements in the chunk */
    LARGEST = 64, /* errors are -64 to 64 without 0 */
    ERRORS = 2 * LARGEST,
};

struct forger {
    uint8_t key[KP_SCALAR_BYTES];
    uint8_t public_key[KP_POINT_BYTES];
    struct kp_chunk chunk; /* of the honest outputs */
    uint8_t inputs[FORGED * KP_POINT_BYTES];
    uint8_t outputs[FORGED * KP_POINT_BYTES];
    uint8_t candidate[FORGED][ERRORS][KP_POINT_BYTES]; /* k * A_i + e * G */
    int64_t product[FORGED][ERRORS];                   /* d_i(e) * e */
};

/* One solution: which error in each place. */
struct forgery {
    size_t error[FORGED];
};

/* -64..-1, 1..64 */
static int error_of(size_t index)
{
    return (int)index - LARGEST + (index >= LARGEST ? 1 : 0);
}

/* All weights but for their lowest 16 bits are thrown away. */
static void truncate_weights(uint8_t *weights, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        memset(weights + i * KP_SCALAR_BYTES + 2, 0, KP_SCALAR_BYTES - 2);
    }
}

static void add_error(uint8_t *point, int error)
{
    uint8_t scalar[KP_SCALAR_BYTES] = {0};
    uint8_t term[KP_POINT_BYTES];
    scalar[0] = (uint8_t)abs(error);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(term, scalar, 1), KP_OK);
    enum kp_status status = error > 0 ? kp_points_add(point, point, term, 1)
                                      : kp_points_subtract(point, point, term, 1);
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
}

/* The truncated weight that RFC 9497 gives `candidate` at place i: a batch in which all others are
 * whatever they are, because they don't matter. That is the point. */
static int64_t lonely_weight(const struct forger *forger, size_t i, const uint8_t *candidate)
{
    uint8_t outputs[FORGED * KP_POINT_BYTES];
    uint8_t weights[FORGED * KP_SCALAR_BYTES];
    memcpy(outputs, forger->outputs, sizeof(outputs));
    memcpy(outputs + i * KP_POINT_BYTES, candidate, KP_POINT_BYTES);
    kp_oprf_weights(weights, forger->public_key, forger->inputs, outputs, FORGED);
    return weights[i * KP_SCALAR_BYTES] + 256 * weights[i * KP_SCALAR_BYTES + 1];
}

static void start_forger(struct forger *forger)
{
    memset(forger, 0, sizeof(*forger));
    memset(forger->key, 7, 31);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(forger->public_key, forger->key, 1), KP_OK);
    uint8_t uniform[FORGED * 64];
    for (size_t i = 0; i < sizeof(uniform); i++) {
        uniform[i] = (uint8_t)(i * i + 1);
    }
    kp_points_from_uniform(forger->inputs, uniform, FORGED);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply(forger->outputs, forger->key, forger->inputs, FORGED),
                          KP_OK);
    forger->chunk = (struct kp_chunk){.sender = 1,
                                      .evaluator = 2,
                                      .inputs = forger->inputs,
                                      .outputs = forger->outputs,
                                      .count = FORGED};
    for (size_t i = 0; i < FORGED; i++) {
        for (size_t j = 0; j < ERRORS; j++) {
            memcpy(forger->candidate[i][j], forger->outputs + i * KP_POINT_BYTES, KP_POINT_BYTES);
            add_error(forger->candidate[i][j], error_of(j));
            forger->product[i][j] = error_of(j) * lonely_weight(forger, i, forger->candidate[i][j]);
        }
    }
}

struct sum {
    int64_t sum;
    size_t left;
    size_t right;
};

static int by_sum(const void *a, const void *b)
{
    const struct sum *left = a;
    const struct sum *right = b;
    return (left->sum > right->sum) - (left->sum < right->sum);
}

/* All sums of an error at place `first` and one at the next place; to be freed. */
static struct sum *pair_sums(const struct forger *forger, size_t first, int64_t sign)
{
    struct sum *sums = calloc(ERRORS * ERRORS, sizeof(*sums));
    CU_ASSERT_FATAL(sums != NULL);
    for (size_t i = 0; i < ERRORS; i++) {
        for (size_t j = 0; j < ERRORS; j++) {
            sums[i * ERRORS + j] = (struct sum){
                sign * (forger->product[first][i] + forger->product[first + 1][j]), i, j};
        }
    }
    qsort(sums, ERRORS * ERRORS, sizeof(*sums), by_sum);
    return sums;
}

/* The birthday search: up to max forgeries, and how many. */
static size_t search(const struct forger *forger, struct forgery *found, size_t max)
{
    struct sum *low = pair_sums(forger, 0, 1);
    struct sum *high = pair_sums(forger, 2, -1);
    size_t count = 0;
    size_t j = 0;
    for (size_t i = 0; i < ERRORS * ERRORS && count < max; i++) {
        while (j < ERRORS * ERRORS && high[j].sum < low[i].sum) {
            j++;
        }
        if (j < ERRORS * ERRORS && high[j].sum == low[i].sum) {
            found[count++] =
                (struct forgery){{low[i].left, low[i].right, high[j].left, high[j].right}};
        }
    }
    free(low);
    free(high);
    return count;
}

static void apply(uint8_t *outputs, const struct forger *forger, const struct forgery *forgery)
{
    for (size_t i = 0; i < FORGED; i++) {
        memcpy(outputs + i * KP_POINT_BYTES, forger->candidate[i][forgery->error[i]],
               KP_POINT_BYTES);
    }
}

/* What the forger can do best with k: a proof by the core, and the core's answer to it. */
static enum kp_status prove_and_verify(const struct forger *forger, const struct kp_dleq *dleq)
{
    uint8_t nonce[KP_SCALAR_BYTES];
    uint8_t proof[KP_DLEQ_PROOF_BYTES];
    kp_scalar_random(nonce);
    CU_ASSERT_EQUAL(kp_dleq_prove(proof, forger->key, nonce, dleq), KP_OK);
    return kp_dleq_verify(proof, dleq);
}

static enum kp_status under_rfc_weights(const struct forger *forger, const uint8_t *outputs,
                                        bool toy)
{
    uint8_t weights[FORGED * KP_SCALAR_BYTES];
    kp_oprf_weights(weights, forger->public_key, forger->inputs, outputs, FORGED);
    if (toy) {
        truncate_weights(weights, FORGED);
    }
    const struct kp_dleq dleq = {.public_key = forger->public_key,
                                 .inputs = forger->inputs,
                                 .outputs = outputs,
                                 .weights = weights,
                                 .count = FORGED,
                                 .challenge = kp_oprf_challenge};
    return prove_and_verify(forger, &dleq);
}

static enum kp_status under_chunk_weights(const struct forger *forger, const uint8_t *outputs,
                                          bool toy)
{
    uint8_t seed[KP_CHUNK_SEED_BYTES];
    uint8_t short_weights[FORGED * KP_WEIGHT_BYTES];
    uint8_t weights[FORGED * KP_SCALAR_BYTES];
    struct kp_chunk chunk = forger->chunk;
    chunk.outputs = outputs;
    chunk_seed_of(seed, forger->public_key, &chunk);
    kp_chunk_weights(short_weights, seed, FORGED);
    kp_weights_to_scalars(weights, short_weights, KP_WEIGHT_BYTES, FORGED);
    if (toy) {
        truncate_weights(weights, FORGED);
    }
    const struct kp_dleq dleq = {.public_key = forger->public_key,
                                 .inputs = forger->inputs,
                                 .outputs = outputs,
                                 .weights = weights,
                                 .count = FORGED,
                                 .challenge = kp_chunk_challenge,
                                 .seed = seed};
    return prove_and_verify(forger, &dleq);
}

static void forged_chunk_is_refused(void)
{
    enum { FORGERIES = 20 };
    static struct forger forger;
    struct forgery found[FORGERIES];
    uint8_t outputs[FORGED * KP_POINT_BYTES];
    start_forger(&forger);
    CU_ASSERT_EQUAL(under_rfc_weights(&forger, forger.outputs, true), KP_OK);
    CU_ASSERT_EQUAL(under_chunk_weights(&forger, forger.outputs, true), KP_OK);

    size_t count = search(&forger, found, FORGERIES);
    CU_ASSERT_FATAL(count >= 3);
    for (size_t i = 0; i < count; i++) {
        apply(outputs, &forger, &found[i]);
        /* The toy weights accept it, each element of it wrong. */
        CU_ASSERT_EQUAL(under_rfc_weights(&forger, outputs, true), KP_OK);
        /* Bound to the chunk, equally short weights don't: they all changed with the first error.
         */
        CU_ASSERT_EQUAL(under_chunk_weights(&forger, outputs, true), KP_REFUSED);
        CU_ASSERT_EQUAL(under_rfc_weights(&forger, outputs, false), KP_REFUSED);
        CU_ASSERT_EQUAL(under_chunk_weights(&forger, outputs, false), KP_REFUSED);

        uint8_t proof[KP_CHUNK_PROOF_BYTES];
        struct kp_chunk chunk = forger.chunk;
        chunk.outputs = outputs;
        CU_ASSERT_EQUAL(kp_chunk_prove(proof, forger.key, forger.public_key, &chunk), KP_OK);
        CU_ASSERT_EQUAL(kp_chunk_verify(proof, forger.public_key, &chunk), KP_REFUSED);
    }
}

/* Why there is nothing to tabulate: each weight depends on every element. */
static void one_element_changes_all_weights(void)
{
    static struct forger forger;
    start_forger(&forger);
    uint8_t seed[KP_CHUNK_SEED_BYTES];
    uint8_t outputs[FORGED * KP_POINT_BYTES];
    uint8_t chunk_weights[2][FORGED * KP_WEIGHT_BYTES];
    uint8_t rfc_weights[2][FORGED * KP_SCALAR_BYTES];
    struct kp_chunk chunk = forger.chunk;
    memcpy(outputs, forger.outputs, sizeof(outputs));
    chunk.outputs = outputs;
    for (size_t i = 0; i < 2; i++) {
        chunk_seed_of(seed, forger.public_key, &chunk);
        kp_chunk_weights(chunk_weights[i], seed, FORGED);
        kp_oprf_weights(rfc_weights[i], forger.public_key, forger.inputs, outputs, FORGED);
        memcpy(outputs, forger.candidate[0][0], KP_POINT_BYTES);
    }
    for (size_t i = 0; i < FORGED; i++) {
        size_t at = i * KP_SCALAR_BYTES;
        CU_ASSERT_NOT_EQUAL(memcmp(chunk_weights[0] + i * KP_WEIGHT_BYTES,
                                   chunk_weights[1] + i * KP_WEIGHT_BYTES, KP_WEIGHT_BYTES),
                            0);
        bool same = memcmp(rfc_weights[0] + at, rfc_weights[1] + at, KP_SCALAR_BYTES) == 0;
        CU_ASSERT_EQUAL(same, i != 0);
    }
}

/* The next line must be "name value"; the value is hex. */
static void next(FILE *file, const char *name, uint8_t *out, size_t size)
{
    char line[700], found[32], value[640];
    CU_ASSERT_PTR_NOT_NULL_FATAL(fgets(line, sizeof(line), file));
    CU_ASSERT_EQUAL_FATAL(sscanf(line, "%31s %639s", found, value), 2);
    CU_ASSERT_STRING_EQUAL_FATAL(found, name);
    unit_hex(out, size, value);
}

/* Made by tests/vectors/chunk.py, which shares no code with this. */
static void vectors(void)
{
    struct chunk_fixture fixture = {
        .chunk = {.sender = 3, .evaluator = 2, .number = 5, .count = CHUNK_COUNT}};
    uint8_t seed[KP_CHUNK_SEED_BYTES], expected_seed[KP_CHUNK_SEED_BYTES],
        weights[CHUNK_COUNT * KP_WEIGHT_BYTES], expected_weights[CHUNK_COUNT * KP_WEIGHT_BYTES];
    char rest[64];
    FILE *file = fopen(KP_VECTORS_DIR "/chunk.txt", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fixture.chunk.inputs = fixture.inputs;
    fixture.chunk.outputs = fixture.outputs;
    next(file, "round_id", fixture.chunk.round_id, KP_DIGEST_BYTES);
    next(file, "points_root", fixture.chunk.list_root, KP_DIGEST_BYTES);
    next(file, "key", fixture.public_key, KP_POINT_BYTES);
    next(file, "inputs", fixture.inputs, sizeof(fixture.inputs));
    next(file, "outputs", fixture.outputs, sizeof(fixture.outputs));
    next(file, "seed", expected_seed, sizeof(expected_seed));
    next(file, "weights", expected_weights, sizeof(expected_weights));
    next(file, "proof", fixture.proof, sizeof(fixture.proof));
    size_t size = fread(rest, 1, sizeof(rest) - 1, file);
    rest[size] = 0;
    CU_ASSERT_STRING_EQUAL(rest, "sender 3\nevaluator 2\nnumber 5\n");
    (void)fclose(file);
    chunk_seed_of(seed, fixture.public_key, &fixture.chunk);
    CU_ASSERT_EQUAL(memcmp(seed, expected_seed, sizeof(seed)), 0);
    kp_chunk_weights(weights, seed, CHUNK_COUNT);
    CU_ASSERT_EQUAL(memcmp(weights, expected_weights, sizeof(weights)), 0);
    CU_ASSERT_EQUAL(verify(&fixture), KP_OK);
    fixture.chunk.number--;
    CU_ASSERT_EQUAL(verify(&fixture), KP_REFUSED);
}

static const struct unit_test tests[] = {
    {"vectors", vectors},
    {"malformed elements", malformed_elements},
    {"malformed counts", malformed_counts},
    {"malformed proofs", malformed_proofs},
    {"the seed depends on everything", the_seed_depends_on_everything},
    {"each field is bound", each_field_is_bound},
    {"each element is bound", each_element_is_bound},
    {"wrong keys", wrong_keys},
    {"proofs are fresh", proofs_are_fresh},
    {"evaluated and proven at once", evaluated_and_proven_at_once},
    {"largest and smallest chunk", largest_and_smallest_chunk},
    {"weights are 128 bits and differ", weights_are_128_bits_and_differ},
    {"one element changes all weights", one_element_changes_all_weights},
    {"a forged chunk that RFC 9497's weights would accept", forged_chunk_is_refused},
};

UNIT_MAIN("chunk_proof", tests)
