/* What a chunk of a round costs besides its multiplications: proofs made and checked, evaluations
 * summed and unblinded. All per element, in one run, beside one evaluation (decode, multiply,
 * encode) and one multiplication by libsodium.
 *
 *     bench_chunk [--json FILE] [--count N] [--members N] [--runs N] [--arithmetic
 * doubles|integers]
 *
 * A proof's making is what answering a chunk takes over evaluating it. Its checking is what
 * finishing a chunk takes, for each other member, over the own evaluation, summing and unblinding
 * the same evaluations; each of these is decoded once either way. `strictly` counts that decoding
 * as part of checking, as if sums were free of it.
 */
#include "crypto/chunk_finish.h"
#include "crypto/decoded.h"
#include "crypto/engine/engine.h"
#include "crypto/secret.h"
#include "tests/bench/arithmetic.h"
#include "tests/bench/measure.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_MAX = KP_CHUNK_MAX, MEMBERS_MAX = 12, RUNS_MAX = 99 };

static uint8_t points[COUNT_MAX * KP_POINT_BYTES];
static uint8_t blindings[COUNT_MAX * KP_SCALAR_BYTES];
static uint8_t outputs[MEMBERS_MAX][COUNT_MAX * KP_POINT_BYTES];
static uint8_t out[COUNT_MAX * KP_POINT_BYTES];
static uint8_t proof[MEMBERS_MAX][KP_CHUNK_PROOF_BYTES];
static uint8_t key[MEMBERS_MAX][KP_SCALAR_BYTES];
static uint8_t public_key[MEMBERS_MAX][KP_POINT_BYTES];
static uint8_t key_sum[KP_POINT_BYTES];
static size_t members = 5;
static struct kp_chunk chunk = {.sender = 1, .inputs = points, .count = 1024};

static void done(enum kp_status status)
{
    must(status == KP_OK, "a step");
}

static void make_inputs(void)
{
    for (size_t i = 0; i < chunk.count; i++) {
        crypto_core_ristretto255_random(points + i * KP_POINT_BYTES);
        kp_scalar_random(blindings + i * KP_SCALAR_BYTES);
    }
    for (size_t i = 0; i < members; i++) {
        kp_scalar_random(key[i]);
        done(kp_points_multiply_base(public_key[i], key[i], 1));
        done(kp_points_add(key_sum, key_sum, public_key[i], 1));
        chunk.evaluator = (uint32_t)i + 1;
        done(kp_chunk_evaluate(outputs[i], proof[i], key[i], public_key[i], &chunk));
    }
}

static void multiply(void)
{
    done(kp_points_multiply(out, key[0], points, chunk.count));
}

static void answer(void)
{
    uint8_t made[KP_CHUNK_PROOF_BYTES];
    done(kp_chunk_evaluate(out, made, key[0], public_key[0], &chunk));
}

static void finish(void)
{
    struct kp_chunk_evaluation evaluations[MEMBERS_MAX];
    for (size_t i = 1; i < members; i++) {
        evaluations[i - 1] = (struct kp_chunk_evaluation){.evaluator = (uint32_t)i + 1,
                                                          .public_key = public_key[i],
                                                          .outputs = outputs[i],
                                                          .proof = proof[i]};
    }
    const struct kp_chunk_blinded blinded = {key[0], blindings, key_sum};
    done(kp_chunk_finish(out, evaluations, members - 1, &blinded, &chunk));
}

/* What is left of that without proofs. */
static void sum(void)
{
    struct kp_sums *sums = kp_sums_new(chunk.count);
    done(kp_points_multiply(outputs[0], key[0], points, chunk.count));
    for (size_t i = 0; i < members; i++) {
        done(kp_sums_add(sums, outputs[i], chunk.count));
    }
    done(kp_sums_subtract_fixed(out, sums, blindings, key_sum));
    kp_sums_free(sums);
}

static void check(void)
{
    done(kp_points_check(points, chunk.count));
}

enum part { MULTIPLY, ANSWER, FINISH, SUM, CHECK, SODIUM, PARTS };

/* Nanoseconds an element. */
static double measure(enum part part)
{
    static void (*const run[PARTS])(void) = {multiply, answer, finish, sum, check, multiply};
    size_t all = chunk.count;
    kp_engine_use(part != SODIUM);
    chunk.count = part == SODIUM && all > 64 ? 64 : all;
    double start = cpu_time();
    run[part]();
    double each = (cpu_time() - start) / (double)chunk.count;
    chunk.count = all;
    kp_engine_use(true);
    return each;
}

/* The quotients are taken in each round of measurements by itself, beside each other; then their
 * medians. */
struct figures {
    double values[8][RUNS_MAX];
};

static const char *const names[8] = {
    "evaluate_ns",    "prove_ratio",  "verify_ratio", "proofs_ratio",
    "strictly_ratio", "finish_ratio", "answer_ratio", "libsodium_over_evaluate"};

static void measure_once(struct figures *figures, size_t run)
{
    double t[PARTS];
    for (int part = 0; part < PARTS; part++) {
        t[part] = measure((enum part)part);
    }
    double others = (double)(members - 1);
    double made = (t[ANSWER] - t[MULTIPLY]) / t[MULTIPLY];
    double summed = t[SUM] - t[CHECK]; /* finishing doesn't decode the own evaluation */
    double checked = (t[FINISH] - summed) / others / t[MULTIPLY];
    const double values[8] = {t[MULTIPLY],
                              made,
                              checked,
                              made + checked,
                              made + checked + t[CHECK] / t[MULTIPLY],
                              t[FINISH] / t[MULTIPLY],
                              t[ANSWER] / t[MULTIPLY],
                              t[SODIUM] / t[MULTIPLY]};
    for (size_t i = 0; i < 8; i++) {
        figures->values[i][run] = values[i];
    }
}

static void print(struct figures *figures, size_t runs, const char *arithmetic, FILE *json)
{
    printf("chunk of %zu, %zu members; ratios are to one evaluation\n", chunk.count, members);
    fprintf(json, "{\"arithmetic\": \"%s\", \"count\": %zu, \"members\": %zu", arithmetic,
            chunk.count, members);
    for (size_t i = 0; i < 8; i++) {
        double middle = median(figures->values[i], runs);
        printf("%-26s %9.3f\n", names[i], middle);
        fprintf(json, ", \"%s\": %.4f", names[i], middle);
    }
    fprintf(json, "}\n");
}

int main(int argc, char **argv)
{
    static struct figures figures;
    size_t runs = 9;
    const char *arithmetic = NULL;
    FILE *json = fopen("/dev/null", "w");
    for (int i = 1; i + 1 < argc && json != NULL; i += 2) {
        if (strcmp(argv[i], "--runs") == 0) {
            runs = strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--count") == 0) {
            chunk.count = strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--members") == 0) {
            members = strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--arithmetic") == 0) {
            arithmetic = argv[i + 1];
        } else if (strcmp(argv[i], "--json") == 0) {
            fclose(json);
            json = fopen(argv[i + 1], "w");
        }
    }
    if (json == NULL || runs == 0 || runs > RUNS_MAX || chunk.count == 0 ||
        chunk.count > COUNT_MAX || members < 2 || members > MEMBERS_MAX) {
        fprintf(stderr,
                "bench_chunk: a file that can't be written, or --runs 1 to %d, --count 1 "
                "to %d, --members 2 to %d\n",
                RUNS_MAX, COUNT_MAX, MEMBERS_MAX);
        return 2;
    }
    done(kp_crypto_start());
    arithmetic = bench_arithmetic(arithmetic);
    make_inputs();
    for (size_t i = 0; i < runs; i++) {
        measure_once(&figures, i);
    }
    print(&figures, runs, arithmetic, json);
    fclose(json);
    return 0;
}
