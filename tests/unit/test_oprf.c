/* crypto/oprf.h against RFC 9497's appendices A.1.1 and A.1.2. */
#include "crypto/oprf.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_MAX = 2 };

/* A value of up to two in a batch. */
struct value {
    uint8_t bytes[BATCH_MAX][64];
    size_t size[BATCH_MAX];
    size_t count;
};

enum name {
    MODE,
    SEED,
    KEY_INFO,
    SECRET_KEY,
    PUBLIC_KEY,
    INPUT,
    BLIND,
    BLINDED,
    EVALUATED,
    PROOF,
    RANDOM,
    OUTPUT,
    NAMES,
};
static const char *const names[NAMES] = {"mode",       "seed",  "key_info", "secret_key",
                                         "public_key", "input", "blind",    "blinded",
                                         "evaluated",  "proof", "random",   "output"};

struct vector {
    struct value value[NAMES];
};

static enum kp_oprf_mode mode_of(const struct vector *vector)
{
    return (enum kp_oprf_mode)vector->value[MODE].bytes[0][0];
}

static void read_value(struct value *value, char *text)
{
    char *rest = NULL;
    for (char *hex = strtok_r(text, ",", &rest); hex != NULL; hex = strtok_r(NULL, ",", &rest)) {
        CU_ASSERT_FATAL(value->count < BATCH_MAX);
        size_t size = strlen(hex) / 2;
        CU_ASSERT_FATAL(size <= sizeof(value->bytes[0]));
        unit_hex(value->bytes[value->count], size, hex);
        value->size[value->count++] = size;
    }
}

static void read_line(struct vector *vector, char *line)
{
    char *is = strstr(line, " = ");
    CU_ASSERT_FATAL(is != NULL);
    *is = '\0';
    for (size_t i = 0; i < NAMES; i++) {
        if (strcmp(line, names[i]) == 0) {
            read_value(&vector->value[i], is + 3);
            return;
        }
    }
    CU_FAIL_FATAL("an unknown name in the vectors");
}

/* Runs `check` on each vector of the file. */
static void each_vector(void (*check)(const struct vector *vector))
{
    FILE *file = fopen(KP_VECTORS_DIR "/rfc9497_ristretto255_sha512.txt", "r");
    CU_ASSERT_FATAL(file != NULL);
    char line[1024];
    struct vector vector = {0};
    size_t vectors = 0;
    bool more = true;
    while (more) {
        more = fgets(line, sizeof(line), file) != NULL;
        line[more ? strcspn(line, "\n") : 0] = '\0';
        if (line[0] == '\0' && vector.value[MODE].count == 1) {
            check(&vector);
            vectors++;
            memset(&vector, 0, sizeof(vector));
        } else if (line[0] != '\0' && line[0] != '#') {
            read_line(&vector, line);
        }
    }
    fclose(file);
    CU_ASSERT_EQUAL(vectors, 5);
}

static bool equal(const uint8_t *bytes, const struct value *value, size_t i)
{
    return memcmp(bytes, value->bytes[i], value->size[i]) == 0;
}

static void check_key(const struct vector *vector)
{
    const struct value *value = vector->value;
    uint8_t secret_key[KP_SCALAR_BYTES];
    uint8_t public_key[KP_POINT_BYTES];
    uint8_t expected[KP_POINT_BYTES];
    CU_ASSERT_EQUAL(kp_oprf_derive_key(secret_key, public_key, mode_of(vector),
                                       value[SEED].bytes[0], value[KEY_INFO].bytes[0],
                                       value[KEY_INFO].size[0]),
                    KP_OK);
    CU_ASSERT(equal(secret_key, &value[SECRET_KEY], 0));
    CU_ASSERT_EQUAL(kp_points_multiply_base(expected, secret_key, 1), KP_OK);
    CU_ASSERT_EQUAL(memcmp(public_key, expected, sizeof(public_key)), 0);
    if (value[PUBLIC_KEY].count == 1) {
        CU_ASSERT(equal(public_key, &value[PUBLIC_KEY], 0));
    }
}

static void key_derivation(void)
{
    each_vector(check_key);
}

static void check_evaluation(const struct vector *vector)
{
    const struct value *value = vector->value;
    const uint8_t *key = value[SECRET_KEY].bytes[0];
    for (size_t i = 0; i < value[INPUT].count; i++) {
        uint8_t blinded[KP_POINT_BYTES];
        uint8_t evaluated[KP_POINT_BYTES];
        uint8_t output[KP_OPRF_OUTPUT_BYTES];
        const uint8_t *input = value[INPUT].bytes[i];
        size_t size = value[INPUT].size[i];
        const uint8_t *blind = value[BLIND].bytes[i];
        CU_ASSERT_EQUAL(kp_oprf_blind(blinded, mode_of(vector), blind, input, size), KP_OK);
        CU_ASSERT(equal(blinded, &value[BLINDED], i));
        CU_ASSERT_EQUAL(kp_oprf_blind_evaluate(evaluated, key, blinded, 1), KP_OK);
        CU_ASSERT(equal(evaluated, &value[EVALUATED], i));
        CU_ASSERT_EQUAL(kp_oprf_finalize(output, input, size, blind, evaluated), KP_OK);
        CU_ASSERT(equal(output, &value[OUTPUT], i));
        memset(output, 0, sizeof(output));
        CU_ASSERT_EQUAL(kp_oprf_evaluate(output, mode_of(vector), key, input, size), KP_OK);
        CU_ASSERT(equal(output, &value[OUTPUT], i));
    }
}

static void evaluation(void)
{
    each_vector(check_evaluation);
}

/* The batch without gaps. */
static void gather(uint8_t *points, const struct value *value)
{
    for (size_t i = 0; i < value->count; i++) {
        memcpy(points + i * KP_POINT_BYTES, value->bytes[i], KP_POINT_BYTES);
    }
}

static void check_proof(const struct vector *vector)
{
    const struct value *value = vector->value;
    if (mode_of(vector) != KP_OPRF_MODE_VOPRF) {
        return;
    }
    size_t count = value[BLINDED].count;
    const uint8_t *public_key = value[PUBLIC_KEY].bytes[0];
    uint8_t blinded[BATCH_MAX * KP_POINT_BYTES];
    uint8_t evaluated[BATCH_MAX * KP_POINT_BYTES];
    uint8_t proof[KP_OPRF_PROOF_BYTES];
    gather(blinded, &value[BLINDED]);
    gather(evaluated, &value[EVALUATED]);

    CU_ASSERT_EQUAL(kp_oprf_generate_proof(proof, value[SECRET_KEY].bytes[0], public_key, blinded,
                                           evaluated, count, value[RANDOM].bytes[0]),
                    KP_OK);
    CU_ASSERT(equal(proof, &value[PROOF], 0));
    CU_ASSERT_EQUAL(kp_oprf_verify_proof(proof, public_key, blinded, evaluated, count), KP_OK);

    CU_ASSERT_EQUAL(kp_oprf_verify_proof(proof, public_key, blinded, evaluated, 0), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_oprf_verify_proof(proof, public_key, evaluated, blinded, count), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_oprf_verify_proof(proof, blinded, blinded, evaluated, count), KP_REFUSED);
    if (count > 1) {
        CU_ASSERT_EQUAL(kp_oprf_verify_proof(proof, public_key, blinded, evaluated, count - 1),
                        KP_REFUSED);
    }
    for (size_t i = 0; i < sizeof(proof); i++) {
        proof[i] ^= 1;
        CU_ASSERT_EQUAL(kp_oprf_verify_proof(proof, public_key, blinded, evaluated, count),
                        KP_REFUSED);
        proof[i] ^= 1;
    }
}

static void proofs(void)
{
    each_vector(check_proof);
}

/* c and s that mean the same modulo the order, and zero: one proof has one encoding. */
static void malformed_proofs(void)
{
    uint8_t key[KP_SCALAR_BYTES];
    uint8_t random[KP_SCALAR_BYTES];
    uint8_t public_key[KP_POINT_BYTES];
    uint8_t points[2][KP_POINT_BYTES];
    uint8_t proof[KP_OPRF_PROOF_BYTES];
    uint8_t order[KP_SCALAR_BYTES];
    unit_hex(order, sizeof(order),
             "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    kp_scalar_random(key);
    kp_scalar_random(random);
    crypto_core_ristretto255_random(points[0]);
    CU_ASSERT_EQUAL(kp_points_multiply_base(public_key, key, 1), KP_OK);
    CU_ASSERT_EQUAL(kp_oprf_blind_evaluate(points[1], key, points[0], 1), KP_OK);
    CU_ASSERT_EQUAL(kp_oprf_generate_proof(proof, key, public_key, points[0], points[1], 1, random),
                    KP_OK);
    CU_ASSERT_EQUAL(kp_oprf_verify_proof(proof, public_key, points[0], points[1], 1), KP_OK);
    for (size_t half = 0; half < 2; half++) {
        uint8_t bad[KP_OPRF_PROOF_BYTES];
        memcpy(bad, proof, sizeof(bad));
        sodium_add(bad + half * KP_SCALAR_BYTES, order, KP_SCALAR_BYTES);
        CU_ASSERT_EQUAL(kp_oprf_verify_proof(bad, public_key, points[0], points[1], 1), KP_REFUSED);
        memset(bad + half * KP_SCALAR_BYTES, 0, KP_SCALAR_BYTES);
        CU_ASSERT_EQUAL(kp_oprf_verify_proof(bad, public_key, points[0], points[1], 1), KP_REFUSED);
    }
    memset(random, 0, sizeof(random));
    CU_ASSERT_EQUAL(kp_oprf_generate_proof(proof, key, public_key, points[0], points[1], 1, random),
                    KP_REFUSED);
    CU_ASSERT(sodium_is_zero(proof, sizeof(proof)));
    memset(points[0], 0, sizeof(points[0]));
    kp_scalar_random(random);
    CU_ASSERT_EQUAL(kp_oprf_generate_proof(proof, key, public_key, points[0], points[1], 1, random),
                    KP_REFUSED);
    CU_ASSERT_EQUAL(kp_oprf_generate_proof(proof, key, public_key, points[0], points[1], 0, random),
                    KP_REFUSED);
    CU_ASSERT_EQUAL(
        kp_oprf_generate_proof(proof, key, public_key, points[0], points[1], 65536, random),
        KP_REFUSED);
}

static void malformed_inputs(void)
{
    uint8_t *input = calloc(1, KP_OPRF_INPUT_MAX + 1);
    CU_ASSERT_FATAL(input != NULL);
    static const uint8_t seed[KP_OPRF_SEED_BYTES];
    uint8_t scalar[KP_SCALAR_BYTES];
    uint8_t point[KP_POINT_BYTES];
    uint8_t output[KP_OPRF_OUTPUT_BYTES];
    size_t max = KP_OPRF_INPUT_MAX;
    enum kp_oprf_mode mode = KP_OPRF_MODE_OPRF;

    CU_ASSERT_EQUAL(kp_oprf_derive_key(scalar, point, mode, seed, input, max + 1), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_oprf_derive_key(scalar, point, mode, seed, input, max), KP_OK);
    CU_ASSERT_EQUAL(kp_oprf_hash_to_group(point, mode, input, max + 1), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_oprf_blind(point, mode, scalar, input, max + 1), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_oprf_evaluate(output, mode, scalar, input, max + 1), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_oprf_blind(point, mode, scalar, input, max), KP_OK);
    CU_ASSERT_EQUAL(kp_oprf_finalize(output, input, max + 1, scalar, point), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_oprf_finalize(output, input, max, scalar, point), KP_OK);
    CU_ASSERT_EQUAL(kp_oprf_finalize(output, NULL, 0, scalar, point), KP_OK);

    memset(scalar, 0xff, sizeof(scalar));
    CU_ASSERT_EQUAL(kp_oprf_blind(point, mode, scalar, input, 1), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_oprf_finalize(output, input, 1, scalar, point), KP_REFUSED);
    memset(scalar, 0, sizeof(scalar));
    CU_ASSERT_EQUAL(kp_oprf_blind(point, mode, scalar, input, 1), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_oprf_evaluate(output, mode, scalar, input, 1), KP_REFUSED);
    kp_scalar_random(scalar);
    memset(point, 0, sizeof(point));
    CU_ASSERT_EQUAL(kp_oprf_finalize(output, input, 1, scalar, point), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_oprf_blind_evaluate(point, scalar, point, 1), KP_REFUSED);
    free(input);
}

static void modes_are_apart(void)
{
    uint8_t points[2][KP_POINT_BYTES];
    static const uint8_t input[1];
    CU_ASSERT_EQUAL(kp_oprf_hash_to_group(points[0], KP_OPRF_MODE_OPRF, input, 1), KP_OK);
    CU_ASSERT_EQUAL(kp_oprf_hash_to_group(points[1], KP_OPRF_MODE_VOPRF, input, 1), KP_OK);
    CU_ASSERT_NOT_EQUAL(memcmp(points[0], points[1], KP_POINT_BYTES), 0);
}

static void many_hashes_equal_one_by_one(void)
{
    enum { MANY = 13, SIZE = 20 };
    uint8_t inputs[MANY * SIZE];
    uint8_t points[MANY * KP_POINT_BYTES];
    uint8_t single[KP_POINT_BYTES];
    randombytes_buf(inputs, sizeof(inputs));
    for (size_t count = 0; count <= MANY; count++) {
        CU_ASSERT_EQUAL(kp_oprf_hash_many_to_group(points, KP_OPRF_MODE_OPRF, inputs, SIZE, count),
                        KP_OK);
        for (size_t i = 0; i < count; i++) {
            CU_ASSERT_EQUAL(
                kp_oprf_hash_to_group(single, KP_OPRF_MODE_OPRF, inputs + i * SIZE, SIZE), KP_OK);
            CU_ASSERT_EQUAL(memcmp(single, points + i * KP_POINT_BYTES, KP_POINT_BYTES), 0);
        }
    }
    memset(points, 1, sizeof(points));
    CU_ASSERT_EQUAL(
        kp_oprf_hash_many_to_group(points, KP_OPRF_MODE_OPRF, inputs, KP_OPRF_INPUT_MAX + 1, MANY),
        KP_REFUSED);
    CU_ASSERT(sodium_is_zero(points, sizeof(points)));
}

static const struct unit_test tests[] = {
    {"malformed inputs", malformed_inputs},
    {"malformed proofs", malformed_proofs},
    {"key derivation", key_derivation},
    {"evaluation", evaluation},
    {"proofs", proofs},
    {"modes are apart", modes_are_apart},
    {"many hashes equal one by one", many_hashes_equal_one_by_one},
};

UNIT_MAIN("oprf", tests)
