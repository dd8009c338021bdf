/* What one element (a slot of a member) costs that member in a round, primitive by primitive: each
 * is run on whole chunks, as rounds use it, and counted as often as docs/protocol.md, section 15,
 * says.
 *
 *     bench_element [--partners N] [--runs N] [--arithmetic doubles|integers]
 *
 * Prints one JSON object: nanoseconds of CPU an element for each primitive, how often it comes, and
 * what it costs in multiplications by libsodium, of which some are timed before and some after it;
 * the sums of these. Medians; all primitives in turn, and so on. `group` is the group's arithmetic
 * with what a proof hashes; the rest are hashes and seals. Nothing here is what a node does around
 * it: files, messages, sorting.
 * count.py runs it under callgrind, which writes what each primitive called by itself. */
#include "crypto/chunk_finish.h"
#include "crypto/group.h"
#include "crypto/leaf.h"
#include "crypto/oprf.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "crypto/shares.h"
#include "proto/limits.h"
#include "proto/record.h"
#include "tests/bench/arithmetic.h"
#include "tests/bench/measure.h"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#define CALLGRIND_DUMP_STATS_AT(name)
#endif

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = KP_CHUNK_POINTS, RUNS_MAX = 99, PLAIN_BYTES = 264, SODIUM_COUNT = 16 };
enum { POINTS_BYTES = COUNT * KP_POINT_BYTES };
enum { INNER_BYTES = PLAIN_BYTES + KP_SEAL_INNER_OVERHEAD };

static uint32_t partners = 5;
static size_t runs = 9;

static uint8_t key[KP_SCALAR_BYTES];
static uint8_t public_key[KP_POINT_BYTES];
static uint8_t inputs[COUNT * KP_ELEMENT_INPUT_BYTES];
static uint8_t points[POINTS_BYTES];  /* a list's chunk */
static uint8_t answers[POINTS_BYTES]; /* times the key */
static uint8_t proof[KP_CHUNK_PROOF_BYTES];
static uint8_t proofs[KP_MEMBERS_MAX][KP_CHUNK_PROOF_BYTES]; /* of the others */
static uint8_t scalars[COUNT * KP_SCALAR_BYTES];
static uint8_t out[POINTS_BYTES];
static uint8_t outputs[COUNT][KP_OPRF_OUTPUT_BYTES];
static uint8_t secrets[COUNT * KP_SCALAR_BYTES];
static struct kp_seal_context contexts[COUNT];
static uint8_t plains[COUNT * PLAIN_BYTES];
static uint8_t inners[COUNT * INNER_BYTES];
static uint8_t outers[COUNT][INNER_BYTES + KP_SEAL_OUTER_OVERHEAD];
static struct kp_leaf leaves[COUNT];
static uint8_t sealed[POINTS_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES];

/* ---- The primitives ------------------------------------------------------------------------- */

static void hash_to_group(void)
{
    must(kp_oprf_hash_many_to_group(out, KP_OPRF_MODE_OPRF, inputs, KP_ELEMENT_INPUT_BYTES,
                                    COUNT) == KP_OK,
         "hashing to the group");
}

static void base(void)
{
    must(kp_points_multiply_base(out, scalars, COUNT) == KP_OK, "multiplying the base");
}

static void add(void)
{
    must(kp_points_add(out, points, answers, COUNT) == KP_OK, "adding");
}

static const struct kp_chunk chunk = {
    .sender = 1, .evaluator = 2, .inputs = points, .count = COUNT};

static void prove(void)
{
    must(kp_chunk_evaluate(out, proof, key, public_key, &chunk) == KP_OK, "evaluating");
}

/* Each of the others has the same key; their proofs name them. */
static void finish(void)
{
    struct kp_chunk_evaluation evaluations[KP_MEMBERS_MAX];
    struct kp_chunk_blinded blinded = {key, scalars, public_key};
    for (uint32_t i = 0; i < partners - 1; i++) {
        evaluations[i] = (struct kp_chunk_evaluation){
            .evaluator = i + 2, .public_key = public_key, .outputs = answers, .proof = proofs[i]};
    }
    must(kp_chunk_finish(out, evaluations, partners - 1, &blinded, &chunk) == KP_OK, "finishing");
}

static void finalize(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        kp_oprf_output(outputs[i], inputs + i * KP_ELEMENT_INPUT_BYTES, KP_ELEMENT_INPUT_BYTES,
                       answers + i * KP_POINT_BYTES);
    }
}

static void share(void)
{
    struct kp_share_context context = {.type = 1, .threshold = 2, .members = partners};
    struct kp_share_terms terms;
    struct kp_own_share own;
    must(kp_share_terms_make(&terms, &context) == KP_OK, "sharing");
    for (size_t i = 0; i < COUNT; i++) {
        must(kp_shares_derive_own(&own, outputs[i], &terms, 1) == KP_OK, "sharing");
        memcpy(secrets + i * KP_SCALAR_BYTES, own.secret, KP_SCALAR_BYTES);
    }
}

static void seal_inner(void)
{
    must(kp_seal_inner_many(inners, public_key, contexts, plains, PLAIN_BYTES, COUNT) == KP_OK,
         "sealing to the opening key");
}

static void seal_outer(void)
{
    must(kp_seal_outer_many(outers[0], sizeof(outers[0]), secrets, contexts, inners, INNER_BYTES,
                            COUNT) == KP_OK,
         "sealing to the shares");
}

static void leaf(void)
{
    uint8_t digest[KP_DIGEST_BYTES];
    for (size_t i = 0; i < COUNT; i++) {
        kp_leaf_digest(digest, contexts[i].lineage, &leaves[i]);
    }
}

static void seal_message(void)
{
    unsigned long long size;
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, &size, points, POINTS_BYTES, NULL, 0, NULL,
                                               scalars, key);
}

static void open_message(void)
{
    must(crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed, sizeof(sealed), NULL,
                                                    0, scalars, key) == 0,
         "opening a message");
}

/* How often a primitive comes for an element: so often, and for each other member so often. */
struct primitive {
    const char *name;
    void (*run)(void);
    double times;
    double times_peer;
    bool is_group;
};

static const struct primitive primitives[] = {
    {"hash to group", hash_to_group, 1, 0, true},
    {"base multiplication", base, 1, 0,
     true}, /* that of the blinding; two more in the inner seal */
    {"multiplication with proof", prove, 0, 1, true}, /* of the others' lists */
    {"addition", add, 1, 0, true},                    /* of hash and blinding */
    {"own multiplication, proofs checked, summed, unblinded", finish, 1, 0, true},
    {"inner seal", seal_inner, 1, 0, true},
    {"output", finalize, 1, 0, false},
    {"shares and tag", share, 1, 0, false},
    {"outer seal", seal_outer, 1, 0, false},
    {"leaf", leaf, 1, 0, false},
    {"sealing messages", seal_message, 0, 2, false},
    {"opening messages", open_message, 0, 2, false},
};
enum { PRIMITIVES = sizeof(primitives) / sizeof(primitives[0]) };

static void sodium(void)
{
    for (size_t i = 0; i < SODIUM_COUNT; i++) {
        must(crypto_scalarmult_ristretto255(out, key, points + i * KP_POINT_BYTES) == 0,
             "libsodium's multiplication");
    }
}

/* ---- Measuring ------------------------------------------------------------------------------ */

static void make_inputs(void)
{
    randombytes_buf(inputs, sizeof(inputs));
    randombytes_buf(plains, sizeof(plains));
    for (size_t i = 0; i < COUNT; i++) {
        randombytes_buf(contexts[i].tag, sizeof(contexts[i].tag));
    }
    randombytes_buf(leaves, sizeof(leaves));
    kp_scalar_random(key);
    must(crypto_scalarmult_ristretto255_base(public_key, key) == 0, "a key");
    for (size_t i = 0; i < COUNT; i++) {
        crypto_core_ristretto255_random(points + i * KP_POINT_BYTES);
        kp_scalar_random(scalars + i * KP_SCALAR_BYTES);
    }
    for (uint32_t i = 0; i < partners - 1; i++) {
        struct kp_chunk of = chunk;
        of.evaluator = i + 2;
        must(kp_chunk_evaluate(answers, proofs[i], key, public_key, &of) == KP_OK, "evaluating");
    }
    seal_message();
}

static double measure(void (*run)(void), size_t count)
{
    double start = cpu_time();
    run();
    return (cpu_time() - start) / (double)count;
}

struct figures {
    double times[PRIMITIVES][RUNS_MAX];
    double ratios[PRIMITIVES][RUNS_MAX];
    double sodium[RUNS_MAX];
};

/* The machine's speed drifts within a tenth of a second. */
static void measure_all(struct figures *figures, size_t run)
{
    double before = measure(sodium, SODIUM_COUNT);
    figures->sodium[run] = before;
    for (size_t i = 0; i < PRIMITIVES; i++) {
        CALLGRIND_START_INSTRUMENTATION;
        double time = measure(primitives[i].run, COUNT);
        CALLGRIND_STOP_INSTRUMENTATION;
        CALLGRIND_DUMP_STATS_AT(primitives[i].name);
        double after = measure(sodium, SODIUM_COUNT);
        figures->times[i][run] = time;
        figures->ratios[i][run] = 2 * time / (before + after);
        before = after;
    }
}

static void print(struct figures *figures)
{
    double sum = 0;
    double group = 0;
    printf("{\"partners\": %u, \"primitives\": [", partners);
    for (size_t i = 0; i < PRIMITIVES; i++) {
        const struct primitive *p = &primitives[i];
        double each = median(figures->ratios[i], runs);
        double often = p->times + p->times_peer * (partners - 1);
        sum += each * often;
        group += p->is_group ? each * often : 0;
        printf("%s\n  {\"name\": \"%s\", \"ns\": %.1f, \"multiplications\": %.4f, \"times\": %.0f}",
               i == 0 ? "" : ",", p->name, median(figures->times[i], runs), each, often);
    }
    printf("],\n \"sum\": %.4f, \"group\": %.4f, \"libsodium_ns\": %.1f}\n", sum, group,
           median(figures->sodium, runs));
}

int main(int count, char **values)
{
    static struct figures figures;
    const char *arithmetic = NULL;
    for (int i = 1; i + 1 < count; i += 2) {
        if (strcmp(values[i], "--partners") == 0) {
            partners = (uint32_t)strtoul(values[i + 1], NULL, 10);
        } else if (strcmp(values[i], "--runs") == 0) {
            runs = strtoul(values[i + 1], NULL, 10);
        } else if (strcmp(values[i], "--arithmetic") == 0) {
            arithmetic = values[i + 1];
        }
    }
    must(partners >= KP_MEMBERS_MIN && partners <= KP_MEMBERS_MAX && runs > 0 && runs <= RUNS_MAX,
         "understanding the arguments");
    must(kp_crypto_start() == KP_OK, "starting");
    (void)bench_arithmetic(arithmetic);
    make_inputs();
    for (size_t run = 0; run < runs; run++) {
        measure_all(&figures, run);
    }
    print(&figures);
    return 0;
}
