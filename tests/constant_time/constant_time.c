/* Whether crypto/ takes branches or addresses from secrets: secrets are marked as uninitialised
 * memory, and valgrind's memcheck reports each jump and each address that depends on them.
 *
 *     run.sh PROGRAM          runs this under valgrind, and shows that the check can fail
 *     PROGRAM                 all of crypto/ that handles secrets; exit status 77 without valgrind
 *     PROGRAM --leaky branch  a function that must be reported
 *     PROGRAM --leaky index   another
 *     PROGRAM --leaky weight  another: the engine, with secrets where there must be none
 *
 * The linker puts three functions of this file in the place of the project's (-Wl,--wrap): what
 * random generators give becomes secret, and what goes through kp_verdict (crypto/verdict.h), which
 * is whether something was refused, becomes public. What valgrind has to overlook in libraries, is
 * in libraries.supp, each with its reason.
 */
#include "crypto/canary.h"
#include "crypto/chunk_finish.h"
#include "crypto/chunk_weights.h"
#include "crypto/engine/calls.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/leaf.h"
#include "crypto/merkle.h"
#include "crypto/opening.h"
#include "crypto/oprf.h"
#include "crypto/pair.h"
#include "crypto/schnorr.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "crypto/shares.h"
#include "crypto/sign.h"
#include "crypto/verdict.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define UNDER_VALGRIND RUNNING_ON_VALGRIND
#else
#define UNDER_VALGRIND 0
#define VALGRIND_MAKE_MEM_UNDEFINED(memory, size) ((void)(memory), (void)(size))
#define VALGRIND_MAKE_MEM_DEFINED(memory, size) ((void)(memory), (void)(size))
#endif

#define EXIT_SKIPPED 77

static void make_secret(void *memory, size_t size)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(memory, size);
}

static void make_public(void *memory, size_t size)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(memory, size);
}

static unsigned verdicts;

/* The names are the linker's. */
bool __real_kp_verdict(int bad);
bool __wrap_kp_verdict(int bad);
void __real_kp_scalar_random(uint8_t *scalar);
void __wrap_kp_scalar_random(uint8_t *scalar);
void __real_randombytes_buf(void *bytes, size_t size);
void __wrap_randombytes_buf(void *bytes, size_t size);
void __real_kp_chunk_seed(uint8_t *seed, const uint8_t *public_key, const uint8_t *inputs,
                          const struct kp_chunk *chunk);
void __wrap_kp_chunk_seed(uint8_t *seed, const uint8_t *public_key, const uint8_t *inputs,
                          const struct kp_chunk *chunk);

bool __wrap_kp_verdict(int bad)
{
    verdicts++;
    make_public(&bad, sizeof(bad));
    return __real_kp_verdict(bad);
}

void __wrap_kp_scalar_random(uint8_t *scalar)
{
    __real_kp_scalar_random(scalar);
    make_secret(scalar, KP_SCALAR_BYTES);
}

void __wrap_randombytes_buf(void *bytes, size_t size)
{
    __real_randombytes_buf(bytes, size);
    make_secret(bytes, size);
}

/* A hash of what is sent together with the proof. kp_chunk_evaluate takes it before there is an
 * occasion to make the outputs public, which it doesn't give out if it doesn't succeed. */
void __wrap_kp_chunk_seed(uint8_t *seed, const uint8_t *public_key, const uint8_t *inputs,
                          const struct kp_chunk *chunk)
{
    __real_kp_chunk_seed(seed, public_key, inputs, chunk);
    make_public(seed, KP_CHUNK_SEED_BYTES);
}

/* Everything here is expected to succeed; a status comes out of kp_verdict and is public. */
static void must(enum kp_status status)
{
    if (status != KP_OK) {
        fputs("constant_time: a step failed\n", stderr);
        exit(1);
    }
}

enum { COUNT = 3 };

/* Public points, and a key pair of which the public part may be known. */
struct world {
    uint8_t key[KP_SCALAR_BYTES];
    uint8_t public_key[KP_POINT_BYTES];
    uint8_t points[COUNT * KP_POINT_BYTES];
    uint8_t scalars[COUNT * KP_SCALAR_BYTES];
    uint8_t digest[KP_DIGEST_BYTES];
};

static struct world world;

static void start_world(void)
{
    kp_scalar_random(world.key);
    must(kp_points_multiply_base(world.public_key, world.key, 1));
    make_public(world.public_key, sizeof(world.public_key));
    for (size_t i = 0; i < COUNT; i++) {
        crypto_core_ristretto255_random(world.points + i * KP_POINT_BYTES);
        kp_scalar_random(world.scalars + i * KP_SCALAR_BYTES);
    }
    memset(world.digest, 6, sizeof(world.digest));
}

static void scalars(void)
{
    uint8_t wide[64];
    uint8_t scalar[KP_SCALAR_BYTES];
    randombytes_buf(wide, sizeof(wide));
    kp_scalar_reduce(scalar, wide);
    must(kp_scalar_check(scalar));
    memset(scalar, 0xff, sizeof(scalar));
    make_secret(scalar, sizeof(scalar));
    if (kp_scalar_check(scalar) != KP_REFUSED) {
        must(KP_FAILED);
    }
}

/* Scalars, and points too; more than a group of four, so that the engine does it, where the
 * processor has AVX2 and FMA. */
static void many_points(void)
{
    enum { MANY = 9 };
    uint8_t scalars[MANY * KP_SCALAR_BYTES];
    uint8_t uniform[MANY * 64];
    uint8_t one[MANY * KP_POINT_BYTES];
    uint8_t other[MANY * KP_POINT_BYTES];
    uint8_t out[MANY * KP_POINT_BYTES];
    for (size_t i = 0; i < MANY; i++) {
        kp_scalar_random(scalars + i * KP_SCALAR_BYTES);
    }
    randombytes_buf(uniform, sizeof(uniform));
    kp_points_from_uniform(one, uniform, MANY);
    must(kp_points_multiply(one, world.key, one, MANY));
    must(kp_points_multiply_base(other, scalars, MANY));
    must(kp_points_multiply_fixed(out, scalars, one, MANY));
    must(kp_points_add(other, out, other, MANY));
    must(kp_points_multiply_each(other, scalars, other, MANY));
    must(kp_points_subtract(other, other, one, MANY));
    make_public(scalars, sizeof(scalars));
    must(kp_points_combine(out, scalars, other, MANY));
    make_public(other, sizeof(other));
    must(kp_points_check(other, MANY));
}

static void points(void)
{
    uint8_t out[COUNT * KP_POINT_BYTES];
    uint8_t sum[COUNT * KP_POINT_BYTES];
    uint8_t uniform[64];
    must(kp_points_multiply(out, world.key, world.points, COUNT));
    must(kp_points_multiply_base(sum, world.scalars, COUNT));
    must(kp_points_add(sum, out, sum, COUNT));
    must(kp_points_multiply_fixed(out, world.scalars, world.public_key, COUNT));
    must(kp_points_subtract(sum, sum, out, COUNT));
    randombytes_buf(uniform, sizeof(uniform));
    kp_points_from_uniform(out, uniform, 1);
    make_public(out, sizeof(out));
    make_public(sum, sizeof(sum));
    must(kp_points_check(out, COUNT));
    must(kp_points_check(sum, COUNT));
}

static void points_without_the_engine(void)
{
    kp_engine_use(false);
    points();
    kp_engine_use(true);
}

static void oprf(void)
{
    uint8_t input[20] = {1};
    uint8_t blind[KP_SCALAR_BYTES];
    uint8_t point[KP_POINT_BYTES];
    uint8_t blinded[KP_POINT_BYTES];
    uint8_t evaluated[KP_POINT_BYTES];
    uint8_t output[KP_OPRF_OUTPUT_BYTES];
    uint8_t proof[KP_OPRF_PROOF_BYTES];
    uint8_t random[KP_SCALAR_BYTES];
    enum kp_oprf_mode mode = KP_OPRF_MODE_VOPRF;
    make_secret(input, sizeof(input));
    kp_scalar_random(blind);
    must(kp_oprf_hash_to_group(point, mode, input, sizeof(input)));
    must(kp_oprf_blind(blinded, mode, blind, input, sizeof(input)));
    make_public(blinded, sizeof(blinded)); /* sent to the evaluator */
    must(kp_oprf_blind_evaluate(evaluated, world.key, blinded, 1));
    make_public(evaluated, sizeof(evaluated)); /* sent back */
    kp_scalar_random(random);
    must(kp_oprf_generate_proof(proof, world.key, world.public_key, blinded, evaluated, 1, random));
    make_public(proof, sizeof(proof));
    must(kp_oprf_verify_proof(proof, world.public_key, blinded, evaluated, 1));
    must(kp_oprf_finalize(output, input, sizeof(input), blind, evaluated));
    must(kp_oprf_evaluate(output, mode, world.key, input, sizeof(input)));
    kp_oprf_output(output, input, sizeof(input), point);
}

static void derived_keys(void)
{
    uint8_t seed[KP_OPRF_SEED_BYTES];
    uint8_t secret[KP_SCALAR_BYTES];
    uint8_t public_key[KP_POINT_BYTES];
    randombytes_buf(seed, sizeof(seed));
    must(kp_oprf_derive_key(secret, public_key, KP_OPRF_MODE_OPRF, seed, NULL, 0));
}

static void chunk_proofs(void)
{
    uint8_t outputs[COUNT * KP_POINT_BYTES];
    uint8_t proof[KP_CHUNK_PROOF_BYTES];
    struct kp_chunk chunk = {
        .sender = 1, .evaluator = 2, .inputs = world.points, .outputs = outputs, .count = COUNT};
    must(kp_points_multiply(outputs, world.key, world.points, COUNT));
    make_public(outputs, sizeof(outputs)); /* sent to who asked */
    must(kp_chunk_prove(proof, world.key, world.public_key, &chunk));
    make_public(proof, sizeof(proof));
    must(kp_chunk_verify(proof, world.public_key, &chunk));
}

/* Both at once, as a node answers; so many that they stay decoded. */
static void chunks_at_once(void)
{
    enum { MORE = 9 };
    uint8_t inputs[MORE * KP_POINT_BYTES];
    uint8_t outputs[MORE * KP_POINT_BYTES];
    uint8_t proof[KP_CHUNK_PROOF_BYTES];
    for (size_t i = 0; i < MORE; i++) {
        memcpy(inputs + i * KP_POINT_BYTES, world.points + i % COUNT * KP_POINT_BYTES,
               KP_POINT_BYTES);
    }
    struct kp_chunk chunk = {
        .sender = 1, .evaluator = 2, .inputs = inputs, .outputs = outputs, .count = MORE};
    must(kp_chunk_evaluate(outputs, proof, world.key, world.public_key, &chunk));
    make_public(outputs, sizeof(outputs)); /* sent to who asked */
    make_public(proof, sizeof(proof));
    must(kp_chunk_verify(proof, world.public_key, &chunk));
}

/* As a node ends with a chunk: what others sent is theirs, its own evaluation and its blindings are
 * secret, and so is what comes out. */
static void chunks_finished(void)
{
    enum { MORE = 9 };
    uint8_t inputs[MORE * KP_POINT_BYTES];
    uint8_t outputs[MORE * KP_POINT_BYTES];
    uint8_t blindings[MORE * KP_SCALAR_BYTES];
    uint8_t y[MORE * KP_POINT_BYTES];
    uint8_t proof[KP_CHUNK_PROOF_BYTES];
    for (size_t i = 0; i < MORE; i++) {
        memcpy(inputs + i * KP_POINT_BYTES, world.points + i % COUNT * KP_POINT_BYTES,
               KP_POINT_BYTES);
        kp_scalar_random(blindings + i * KP_SCALAR_BYTES);
    }
    struct kp_chunk chunk = {.sender = 1, .evaluator = 2, .inputs = inputs, .count = MORE};
    must(kp_chunk_evaluate(outputs, proof, world.key, world.public_key, &chunk));
    make_public(outputs, sizeof(outputs));
    make_public(proof, sizeof(proof));
    struct kp_chunk_evaluation evaluation = {
        .evaluator = 2, .public_key = world.public_key, .outputs = outputs, .proof = proof};
    const struct kp_chunk_blinded blinded = {world.key, blindings, world.public_key};
    must(kp_chunk_finish(y, &evaluation, 1, &blinded, &chunk));
    kp_engine_use(false);
    must(kp_chunk_finish(y, &evaluation, 1, &blinded, &chunk));
    kp_engine_use(true);
}

static void schnorr(void)
{
    uint8_t proof[KP_SCHNORR_BYTES];
    kp_schnorr_prove(proof, world.key, world.public_key, world.digest);
    make_public(proof, sizeof(proof));
    must(kp_schnorr_verify(proof, world.public_key, world.digest));
}

static void shares(void)
{
    static const uint32_t member[] = {2, 5, 1};
    struct kp_share_context context = {.type = 1, .threshold = 3, .members = 5};
    struct kp_shares shares;
    uint8_t output[64];
    uint8_t path[KP_SHARE_PATH_MAX * KP_DIGEST_BYTES];
    uint8_t some[3 * KP_SCALAR_BYTES];
    uint8_t secret[KP_SCALAR_BYTES];
    randombytes_buf(output, sizeof(output));
    must(kp_shares_derive(&shares, output, &context));
    kp_shares_path(path, &shares, context.members, 4);
    for (size_t i = 0; i < 3; i++) {
        memcpy(some + i * KP_SCALAR_BYTES, shares.share[member[i] - 1], KP_SCALAR_BYTES);
    }
    must(kp_shares_interpolate(secret, 3, member, some));
    struct kp_share_terms terms;
    struct kp_own_share own;
    must(kp_share_terms_make(&terms, &context));
    must(kp_shares_derive_own(&own, output, &terms, 4));
    /* Tag, share and path are sent to the coordinator. */
    make_public(&shares, sizeof(shares));
    make_public(path, sizeof(path));
    must(kp_share_check(shares.tag, context.round_id, 5, 4, shares.share[3], path));
}

static void seals(void)
{
    enum { SIZE = 100 };
    struct kp_seal_context context = {.member = 3};
    uint8_t plain[SIZE];
    uint8_t inner[SIZE + KP_SEAL_INNER_OVERHEAD];
    uint8_t outer[sizeof(inner) + KP_SEAL_OUTER_OVERHEAD];
    uint8_t opened[sizeof(inner)];
    randombytes_buf(plain, sizeof(plain));
    must(kp_seal_inner(inner, world.public_key, &context, plain, sizeof(plain)));
    must(kp_seal_outer(outer, world.scalars, &context, inner, sizeof(inner)));
    must(
        kp_seal_outer_many(outer, sizeof(outer), world.scalars, &context, inner, sizeof(inner), 1));
    make_public(outer, sizeof(outer)); /* sent to the coordinator */
    make_public(inner, sizeof(inner)); /* seen by the coordinator, where it matches */
    must(kp_open_outer(opened, world.scalars, &context, outer, sizeof(outer)));
    must(kp_open_inner(opened, world.key, world.public_key, &context, inner, sizeof(inner)));
}

/* As a chunk of slots is sealed. */
static void seals_in_batches(void)
{
    enum { SIZE = 100 };
    struct kp_seal_context contexts[COUNT] = {{.member = 3}};
    uint8_t plains[COUNT * SIZE];
    uint8_t inner[COUNT * (SIZE + KP_SEAL_INNER_OVERHEAD)];
    randombytes_buf(plains, sizeof(plains));
    must(kp_seal_inner_many(inner, world.public_key, contexts, plains, SIZE, COUNT));
    make_public(inner, sizeof(inner)); /* seen by the coordinator, where it matches */
    must(kp_seal_inner_check(inner, SIZE + KP_SEAL_INNER_OVERHEAD, &contexts[0]));
}

static void openings(void)
{
    enum { SIZE = 100 };
    struct kp_seal_context context = {.member = 3};
    struct kp_partial_holder holder[2] = {{.number = 1}, {.number = 2}};
    uint8_t plain[SIZE];
    uint8_t opening_key[KP_POINT_BYTES] = {0};
    uint8_t sealed[SIZE + KP_SEAL_INNER_OVERHEAD];
    uint8_t partial[2][KP_PARTIAL_BYTES];
    uint8_t shared[KP_POINT_BYTES];
    for (size_t i = 0; i < 2; i++) {
        const uint8_t *secret = world.scalars + i * KP_SCALAR_BYTES;
        must(kp_points_multiply_base(holder[i].key, secret, 1));
        make_public(holder[i].key, KP_POINT_BYTES); /* in the agreement */
        must(kp_points_add(opening_key, opening_key, holder[i].key, 1));
    }
    randombytes_buf(plain, sizeof(plain));
    must(kp_seal_inner(sealed, opening_key, &context, plain, sizeof(plain)));
    make_public(sealed, sizeof(sealed)); /* in the results */
    for (size_t i = 0; i < 2; i++) {
        must(kp_partial_open(partial[i], world.scalars + i * KP_SCALAR_BYTES, &holder[i], &context,
                             sealed, sizeof(sealed)));
    }
    must(kp_partial_combine(shared, partial[0], 2));
    must(kp_open_inner_shared(plain, shared, opening_key, &context, sealed, sizeof(sealed)));
    make_public(partial, sizeof(partial)); /* given to the other holder */
    must(kp_partial_check(partial[0], &holder[0], &context, sealed, sizeof(sealed)));
}

static void pairs(void)
{
    enum { SIZE = 100 };
    uint8_t secret[2][KP_PAIR_SECRET_BYTES];
    uint8_t public_key[2][KP_PAIR_PUBLIC_BYTES];
    uint8_t preshared[32];
    uint8_t plain[SIZE];
    uint8_t sealed[SIZE + KP_PAIR_OVERHEAD];
    struct kp_pair_keys keys[2];
    kp_pair_keypair(public_key[0], secret[0]);
    kp_pair_keypair(public_key[1], secret[1]);
    make_public(public_key, sizeof(public_key)); /* in the hellos */
    randombytes_buf(preshared, sizeof(preshared));
    randombytes_buf(plain, sizeof(plain));
    must(kp_pair_derive(&keys[0], secret[0], public_key[1], preshared, world.digest, 0, 1));
    must(kp_pair_derive(&keys[1], secret[1], public_key[0], preshared, world.digest, 1, 0));
    kp_pair_seal(sealed, &keys[0], 7, NULL, 0, plain, sizeof(plain));
    make_public(sealed, sizeof(sealed)); /* sent */
    must(kp_pair_open(plain, &keys[1], 7, NULL, 0, sealed, sizeof(sealed)));
}

static void leaves(void)
{
    struct kp_leaf leaf;
    uint8_t lineage[KP_DIGEST_BYTES] = {0};
    uint8_t digest[KP_DIGEST_BYTES];
    uint8_t root[KP_DIGEST_BYTES];
    randombytes_buf(&leaf, sizeof(leaf));
    kp_leaf_digest(digest, lineage, &leaf);
    kp_merkle_root(root, digest, 1);
}

static void signatures(void)
{
    uint8_t seed[KP_SIGN_SEED_BYTES];
    uint8_t public_key[KP_SIGN_PUBLIC_BYTES];
    uint8_t secret_key[KP_SIGN_SECRET_BYTES];
    uint8_t signature[KP_SIGNATURE_BYTES];
    randombytes_buf(seed, sizeof(seed));
    kp_sign_keypair(public_key, secret_key, seed);
    kp_sign(signature, secret_key, "Kruispunt-v1 test", world.digest, sizeof(world.digest));
    make_public(public_key, sizeof(public_key));
    make_public(signature, sizeof(signature));
    must(kp_sign_check(signature, public_key, "Kruispunt-v1 test", world.digest,
                       sizeof(world.digest)));
}

/* What is drawn, and which are active, is nobody else's; that it isn't seen from outside either. */
static void canaries(void)
{
    uint8_t box_secret[32], secret[KP_CANARY_SECRET_BYTES], active[6];
    uint8_t key[KP_ADDRESS_KEY_BYTES];
    randombytes_buf(box_secret, sizeof(box_secret));
    must(kp_canary_secret(secret, box_secret, world.digest, 3));
    kp_canary_element(key, world.digest, 3, secret, 4);
    kp_canary_choose(active, secret, 5, sizeof(active), 3);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"scalars", scalars},
    {"many points", many_points},
    {"points", points},
    {"points without the engine", points_without_the_engine},
    {"oprf", oprf},
    {"derived keys", derived_keys},
    {"chunk proofs", chunk_proofs},
    {"chunks at once", chunks_at_once},
    {"chunks finished", chunks_finished},
    {"schnorr", schnorr},
    {"shares", shares},
    {"seals", seals},
    {"seals in batches", seals_in_batches},
    {"openings", openings},
    {"pairs", pairs},
    {"leaves", leaves},
    {"signatures", signatures},
    {"canaries", canaries},
};

static void run_all(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cases[i].run();
        printf("%s: done\n", cases[i].name);
    }
    printf("constant_time: the arithmetic was %s\n", kp_arithmetic_name(kp_group_arithmetic()));
}

/* valgrind doesn't know the instructions of the other arithmetic: the same without them. */
static void run_with_integers(void)
{
#ifdef __x86_64__
    extern const struct kp_engine_calls kp_plain_calls;
    if (kp_engine_choose_calls(KP_ENGINE_INTEGERS, &kp_plain_calls)) {
        run_all();
    }
#endif
}

/* What the check is there to find. Both are kept from the optimiser. */
static volatile unsigned seen;
static const volatile uint8_t table[256] = {1, 2, 3};

static void leak_by_branch(void)
{
    if ((world.key[5] & 1) == 1) {
        seen = seen + 1;
    }
}

static void leak_by_index(void)
{
    seen = table[world.key[5]];
}

/* Weights are public and choose places in memory: what the engine does with secret ones is seen
 * too. */
static void leak_by_weight(void)
{
    enum { MANY = 9 };
    uint8_t points[MANY * KP_POINT_BYTES];
    uint8_t weights[MANY * KP_SCALAR_BYTES];
    uint8_t out[KP_POINT_BYTES];
    for (size_t i = 0; i < MANY; i++) {
        crypto_core_ristretto255_random(points + i * KP_POINT_BYTES);
        kp_scalar_random(weights + i * KP_SCALAR_BYTES);
    }
    must(kp_points_combine(out, weights, points, MANY));
}

static int run_leaky(const char *how)
{
    if (strcmp(how, "branch") == 0) {
        leak_by_branch();
    } else if (strcmp(how, "index") == 0) {
        leak_by_index();
    } else if (strcmp(how, "weight") == 0) {
        leak_by_weight();
    } else {
        return 2;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (!UNDER_VALGRIND) {
        puts("constant_time: skipped, because not under valgrind (run.sh does it)");
        return EXIT_SKIPPED;
    }
    must(kp_crypto_start());
    start_world();
    if (argc == 3 && strcmp(argv[1], "--leaky") == 0) {
        return run_leaky(argv[2]);
    }
    run_all();
    run_with_integers();
    printf("constant_time: %u verdicts were made public\n", verdicts);
    return 0;
}
