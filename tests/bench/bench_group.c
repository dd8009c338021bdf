/* The group's arithmetic against libsodium, and against OpenSSL's X25519: ratios, all taken in one
 * run.
 *
 *     bench_group [--json FILE] [--runs N] [--arithmetic doubles|integers] [NAME...]
 *
 * Each row is run with the engine, with libsodium and, where it is given, X25519, in turn, and so
 * on: the machine's speed drifts, so only what was measured beside each other is divided.
 * Medians, of the quotients too. How fast a program is depends on where its stack begins, too;
 * scripts run this several times for that.
 */
#include "crypto/engine/engine.h"
#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "tests/bench/arithmetic.h"
#include "tests/bench/measure.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_MAX = 8192, RUNS_MAX = 99 };

static uint8_t points[COUNT_MAX * KP_POINT_BYTES];
static uint8_t others[COUNT_MAX * KP_POINT_BYTES];
static uint8_t scalars[COUNT_MAX * KP_SCALAR_BYTES];
static uint8_t weights[COUNT_MAX * KP_SCALAR_BYTES];
static uint8_t uniform[COUNT_MAX * 64];
static uint8_t out[COUNT_MAX * KP_POINT_BYTES];
static EVP_PKEY *own;
static EVP_PKEY *peer;

static EVP_PKEY *x25519_key(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    must(key != NULL, "X25519");
    return key;
}

static void make_inputs(void)
{
    randombytes_buf(uniform, sizeof(uniform));
    for (size_t i = 0; i < COUNT_MAX; i++) {
        crypto_core_ristretto255_random(points + i * KP_POINT_BYTES);
        crypto_core_ristretto255_random(others + i * KP_POINT_BYTES);
        kp_scalar_random(scalars + i * KP_SCALAR_BYTES);
        randombytes_buf(weights + i * KP_SCALAR_BYTES, 16);
    }
    own = x25519_key();
    peer = x25519_key();
}

static void evaluate(size_t count)
{
    must(kp_points_multiply(out, scalars, points, count) == KP_OK, "multiply");
}

static void hash_to_group(size_t count)
{
    static const uint8_t label[] = "kruispunt";
    for (size_t i = 0; i < count; i++) {
        crypto_hash_sha512_state state;
        crypto_hash_sha512_init(&state);
        crypto_hash_sha512_update(&state, label, sizeof(label));
        crypto_hash_sha512_update(&state, uniform + 64 * i, 16);
        crypto_hash_sha512_final(&state, uniform + 64 * i);
    }
    kp_points_from_uniform(out, uniform, count);
}

static void from_uniform(size_t count)
{
    kp_points_from_uniform(out, uniform, count);
}

static void each(size_t count)
{
    must(kp_points_multiply_each(out, scalars, points, count) == KP_OK, "each");
}

static void base(size_t count)
{
    must(kp_points_multiply_base(out, scalars, count) == KP_OK, "base");
}

static void fixed(size_t count)
{
    must(kp_points_multiply_fixed(out, scalars, points, count) == KP_OK, "fixed");
}

static void add(size_t count)
{
    must(kp_points_add(out, points, others, count) == KP_OK, "add");
}

static void check(size_t count)
{
    must(kp_points_check(points, count) == KP_OK, "check");
}

static void combine(size_t count)
{
    must(kp_points_combine(out, weights, points, count) == KP_OK, "combine");
}

static void combine_wide(size_t count)
{
    must(kp_points_combine(out, scalars, points, count) == KP_OK, "combine");
}

static void x25519(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t size = 32;
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own, NULL);
        must(context != NULL && EVP_PKEY_derive_init(context) == 1 &&
                 EVP_PKEY_derive_set_peer(context, peer) == 1 &&
                 EVP_PKEY_derive(context, out, &size) == 1,
             "X25519");
        EVP_PKEY_CTX_free(context);
    }
}

struct row {
    const char *name;
    void (*run)(size_t count);
    size_t count; /* at most; references do a part of it */
    bool with_x25519;
};

static const struct row rows[] = {
    {"evaluate", evaluate, 512, true},
    {"evaluate of 64", evaluate, 64, false},
    {"evaluate of 8", evaluate, 8, false},
    {"evaluate of 4", evaluate, 4, false},
    {"evaluate of 2", evaluate, 2, false},
    {"evaluate of 1", evaluate, 1, false},
    {"a scalar each", each, 512, false},
    {"a scalar each of 4", each, 4, false},
    {"hash to group", hash_to_group, 512, false},
    {"map to group", from_uniform, 512, false},
    {"fixed base G", base, 512, false},
    {"fixed base G of 1", base, 1, false},
    {"fixed point", fixed, 512, false},
    {"fixed point of 4096", fixed, 4096, false},
    {"add", add, 512, false},
    {"check", check, 512, false},
    {"combine, 128 bits", combine, 512, false},
    {"combine, 128 bits, 4096", combine, 4096, false},
    {"combine, 252 bits, 4096", combine_wide, 4096, false},
};

/* Nanoseconds an item; small counts are repeated until there is something to measure. */
static double measure(void (*run)(size_t), size_t count)
{
    size_t times = (63 + count) / count;
    double start = cpu_time();
    for (size_t i = 0; i < times; i++) {
        run(count);
    }
    return (cpu_time() - start) / (double)(times * count);
}

/* Of a reference: nanoseconds, and how many times as much as the engine's in the same turn. */
struct reference {
    double time;
    double ratio;
    double ratio_least; /* the quartile that says less */
};

struct result {
    double engine;
    struct reference sodium;
    struct reference x25519;
};

static struct reference reference_of(double *times, const double *engine, size_t count)
{
    double ratios[RUNS_MAX];
    for (size_t i = 0; i < count; i++) {
        ratios[i] = times[i] / engine[i];
    }
    double middle = median(ratios, count);
    return (struct reference){median(times, count), middle, ratios[count / 4]};
}

/* References right before and right after. */
static struct result measure_row(const struct row *row, size_t runs)
{
    static double engine[RUNS_MAX];
    static double sodium[RUNS_MAX];
    static double other[RUNS_MAX];
    for (size_t i = 0; i < runs; i++) {
        kp_engine_use(false);
        sodium[i] = measure(row->run, row->count < 64 ? row->count : 64);
        kp_engine_use(true);
        engine[i] = measure(row->run, row->count);
        other[i] = row->with_x25519 ? measure(x25519, 64) : 0;
    }
    struct reference of_sodium = reference_of(sodium, engine, runs);
    struct reference of_other = reference_of(other, engine, runs);
    return (struct result){median(engine, runs), of_sodium, of_other};
}

static void print_json(FILE *json, const char *name, const struct reference *r)
{
    fprintf(json, ", \"%s_ns\": %.1f, \"%s_ratio\": %.3f, \"%s_ratio_low\": %.3f", name, r->time,
            name, r->ratio, name, r->ratio_least);
}

static void print_row(const struct row *row, const struct result *r, FILE *json, bool first)
{
    printf("%-26s %5zu %9.2f %9.2f %7.2f %7.2f", row->name, row->count, r->engine / 1e3,
           r->sodium.time / 1e3, r->sodium.ratio, r->sodium.ratio_least);
    if (row->with_x25519) {
        printf("   X25519 %.2f us: %.2f %.2f", r->x25519.time / 1e3, r->x25519.ratio,
               r->x25519.ratio_least);
    }
    putchar('\n');
    fflush(stdout);
    if (json != NULL) {
        fprintf(json, "%s\n  {\"name\": \"%s\", \"count\": %zu, \"engine_ns\": %.1f",
                first ? "" : ",", row->name, row->count, r->engine);
        print_json(json, "libsodium", &r->sodium);
        if (row->with_x25519) {
            print_json(json, "x25519", &r->x25519);
        }
        fputc('}', json);
    }
}

static bool is_wanted(const char *name, char **names)
{
    bool any = false;
    for (; *names != NULL; names++) {
        any = true;
        if (strcmp(*names, name) == 0) {
            return true;
        }
    }
    return !any;
}

static void run_rows(size_t runs, FILE *json, char **names)
{
    bool first = true;
    printf("%-26s %5s %9s %9s %7s %7s\n", "", "batch", "us each", "libsodium", "times", "quartile");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (is_wanted(rows[i].name, names)) {
            struct result result = measure_row(&rows[i], runs);
            print_row(&rows[i], &result, json, first);
            first = false;
        }
    }
}

int main(int argc, char **argv)
{
    size_t runs = 9;
    FILE *json = NULL;
    const char *arithmetic = NULL;
    int i = 1;
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        if (strcmp(argv[i], "--runs") == 0) {
            runs = strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--json") == 0) {
            json = fopen(argv[i + 1], "w");
            must(json != NULL, argv[i + 1]);
        } else if (strcmp(argv[i], "--arithmetic") == 0) {
            arithmetic = argv[i + 1];
        }
    }
    must(runs > 0 && runs <= RUNS_MAX, "--runs: 1 to 99, which");
    must(kp_crypto_start() == KP_OK, "starting");
    arithmetic = bench_arithmetic(arithmetic);
    printf("arithmetic: %s\n", arithmetic);
    make_inputs();
    if (json != NULL) {
        fprintf(json, "{\"arithmetic\": \"%s\", \"rows\": [", arithmetic);
    }
    run_rows(runs, json, argv + i);
    if (json != NULL) {
        fprintf(json, "\n]}\n");
        fclose(json);
    }
    EVP_PKEY_free(own);
    EVP_PKEY_free(peer);
    return 0;
}
