/* crypto/seal.h: both layers open in their own place only. */
#include "crypto/engine/engine.h"
#include "crypto/schnorr.h"
#include "crypto/seal.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

enum { SIZE = 50 };

struct fixture {
    uint8_t secret[KP_SCALAR_BYTES]; /* l, or s for the outer layer */
    uint8_t key[KP_POINT_BYTES];     /* L = l * G */
    struct kp_seal_context context;
    uint8_t plain[SIZE];
    uint8_t inner[SIZE + KP_SEAL_INNER_OVERHEAD];
    uint8_t outer[SIZE + KP_SEAL_OUTER_OVERHEAD];
};

static void start(struct fixture *fixture)
{
    randombytes_buf(fixture, sizeof(*fixture));
    kp_scalar_random(fixture->secret);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(fixture->key, fixture->secret, 1), KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_seal_inner(fixture->inner, fixture->key, &fixture->context, fixture->plain, SIZE),
        KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_seal_outer(fixture->outer, fixture->secret, &fixture->context, fixture->plain, SIZE),
        KP_OK);
}

static enum kp_status check_inner(const struct fixture *fixture)
{
    return kp_seal_inner_check(fixture->inner, sizeof(fixture->inner), &fixture->context);
}

static enum kp_status open_inner(const struct fixture *fixture)
{
    uint8_t plain[SIZE];
    enum kp_status status = kp_open_inner(plain, fixture->secret, fixture->key, &fixture->context,
                                          fixture->inner, sizeof(fixture->inner));
    if (status == KP_OK) {
        CU_ASSERT_EQUAL(memcmp(plain, fixture->plain, SIZE), 0);
    }
    return status;
}

static enum kp_status open_outer(const struct fixture *fixture)
{
    uint8_t plain[SIZE];
    enum kp_status status = kp_open_outer(plain, fixture->secret, &fixture->context, fixture->outer,
                                          sizeof(fixture->outer));
    if (status == KP_OK) {
        CU_ASSERT_EQUAL(memcmp(plain, fixture->plain, SIZE), 0);
    }
    return status;
}

static void short_seals(void)
{
    struct fixture fixture;
    uint8_t plain[SIZE];
    start(&fixture);
    for (size_t size = 0; size < sizeof(fixture.inner); size++) {
        CU_ASSERT_EQUAL(kp_open_inner(plain, fixture.secret, fixture.key, &fixture.context,
                                      fixture.inner, size),
                        KP_REFUSED);
        CU_ASSERT_EQUAL(kp_seal_inner_check(fixture.inner, size, &fixture.context),
                        size < KP_SEAL_INNER_OVERHEAD ? KP_REFUSED : KP_OK);
    }
    for (size_t size = 0; size < sizeof(fixture.outer); size++) {
        CU_ASSERT_EQUAL(kp_open_outer(plain, fixture.secret, &fixture.context, fixture.outer, size),
                        KP_REFUSED);
    }
}

static void altered_seals(void)
{
    struct fixture fixture;
    start(&fixture);
    for (size_t i = 0; i < sizeof(fixture.inner); i++) {
        fixture.inner[i] ^= 1;
        CU_ASSERT_EQUAL(open_inner(&fixture), KP_REFUSED);
        CU_ASSERT_EQUAL(check_inner(&fixture), i < 32 + 64 ? KP_REFUSED : KP_OK);
        fixture.inner[i] ^= 1;
    }
    for (size_t i = 0; i < sizeof(fixture.outer); i++) {
        fixture.outer[i] ^= 1;
        CU_ASSERT_EQUAL(open_outer(&fixture), KP_REFUSED);
        fixture.outer[i] ^= 1;
    }
    CU_ASSERT_EQUAL(open_inner(&fixture), KP_OK);
    CU_ASSERT_EQUAL(open_outer(&fixture), KP_OK);
}

static void refused_in_another_place(struct fixture *fixture)
{
    CU_ASSERT_EQUAL(check_inner(fixture), KP_REFUSED);
    CU_ASSERT_EQUAL(open_inner(fixture), KP_REFUSED);
    CU_ASSERT_EQUAL(open_outer(fixture), KP_REFUSED);
}

static void seals_that_were_moved(void)
{
    struct fixture fixture;
    start(&fixture);
    fixture.context.lineage[0] ^= 1;
    refused_in_another_place(&fixture);
    fixture.context.lineage[0] ^= 1;
    fixture.context.round_id[31] ^= 1;
    refused_in_another_place(&fixture);
    fixture.context.round_id[31] ^= 1;
    fixture.context.member ^= 1;
    refused_in_another_place(&fixture);
    fixture.context.member ^= 1;
    fixture.context.tag[7] ^= 1;
    refused_in_another_place(&fixture);
    fixture.context.tag[7] ^= 1;
    CU_ASSERT_EQUAL(open_inner(&fixture), KP_OK);
    CU_ASSERT_EQUAL(open_outer(&fixture), KP_OK);
}

static void keys_that_are_refused(void)
{
    struct fixture fixture;
    start(&fixture);
    uint8_t bad[KP_POINT_BYTES] = {0};
    CU_ASSERT_EQUAL(kp_seal_inner(fixture.inner, bad, &fixture.context, fixture.plain, SIZE),
                    KP_REFUSED);
    memcpy(bad, fixture.key, sizeof(bad));
    bad[31] |= 0x80;
    CU_ASSERT_EQUAL(kp_seal_inner(fixture.inner, bad, &fixture.context, fixture.plain, SIZE),
                    KP_REFUSED);
    start(&fixture);
    struct fixture other;
    start(&other);
    memcpy(fixture.secret, other.secret, sizeof(fixture.secret));
    CU_ASSERT_EQUAL(open_inner(&fixture), KP_REFUSED);
    CU_ASSERT_EQUAL(open_outer(&fixture), KP_REFUSED);
    /* Nor with another pair of keys altogether, nor with a public key that isn't the secret's. */
    memcpy(fixture.key, other.key, sizeof(fixture.key));
    CU_ASSERT_EQUAL(open_inner(&fixture), KP_REFUSED);
    start(&fixture);
    memcpy(fixture.key, other.key, sizeof(fixture.key));
    CU_ASSERT_EQUAL(open_inner(&fixture), KP_REFUSED);
}

/* A seal taken over from another with a new E would need a proof of knowing that E's logarithm. */
static void a_copied_ciphertext_needs_its_proof(void)
{
    struct fixture fixture;
    uint8_t e[KP_SCALAR_BYTES];
    start(&fixture);
    kp_scalar_random(e);
    CU_ASSERT_EQUAL(kp_points_multiply_base(fixture.inner, e, 1), KP_OK);
    CU_ASSERT_EQUAL(check_inner(&fixture), KP_REFUSED);
    CU_ASSERT_EQUAL(open_inner(&fixture), KP_REFUSED);
    memset(fixture.inner, 0, KP_POINT_BYTES);
    CU_ASSERT_EQUAL(check_inner(&fixture), KP_REFUSED);
}

static void seals_are_fresh(void)
{
    struct fixture fixture;
    uint8_t inner[sizeof(fixture.inner)];
    uint8_t outer[sizeof(fixture.outer)];
    start(&fixture);
    CU_ASSERT_EQUAL(kp_seal_inner(inner, fixture.key, &fixture.context, fixture.plain, SIZE),
                    KP_OK);
    CU_ASSERT_EQUAL(kp_seal_outer(outer, fixture.secret, &fixture.context, fixture.plain, SIZE),
                    KP_OK);
    CU_ASSERT_NOT_EQUAL(memcmp(inner, fixture.inner, 32), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(inner + 96, fixture.inner + 96, SIZE), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(outer, fixture.outer, 24), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(outer + 24, fixture.outer + 24, SIZE), 0);
}

static void seals_of_no_bytes(void)
{
    struct fixture fixture;
    uint8_t inner[KP_SEAL_INNER_OVERHEAD];
    uint8_t outer[KP_SEAL_OUTER_OVERHEAD];
    uint8_t plain[1];
    start(&fixture);
    CU_ASSERT_EQUAL(kp_seal_inner(inner, fixture.key, &fixture.context, NULL, 0), KP_OK);
    CU_ASSERT_EQUAL(kp_seal_outer(outer, fixture.secret, &fixture.context, NULL, 0), KP_OK);
    CU_ASSERT_EQUAL(
        kp_open_inner(plain, fixture.secret, fixture.key, &fixture.context, inner, sizeof(inner)),
        KP_OK);
    CU_ASSERT_EQUAL(kp_open_outer(plain, fixture.secret, &fixture.context, outer, sizeof(outer)),
                    KP_OK);
}

/* ---- The same bytes, whether made one by one or in batches ---- */

enum { MANY = 11, INNER = SIZE + KP_SEAL_INNER_OVERHEAD };

/* A random generator that gives the same each time, in however many draws: a stream under a key of
 * zeros. */
static size_t drawn;

static const char *stream_name(void)
{
    return "stream";
}

static void stream_bytes(void *const out, const size_t size)
{
    static const uint8_t key[crypto_stream_chacha20_ietf_KEYBYTES];
    static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];
    static uint8_t all[1 << 16];
    CU_ASSERT_FATAL(drawn + size <= sizeof(all));
    crypto_stream_chacha20_ietf(all, drawn + size, nonce, key);
    memcpy(out, all + drawn, size);
    drawn += size;
}

static uint32_t stream_word(void)
{
    uint32_t word;
    stream_bytes(&word, sizeof(word));
    return word;
}

static struct randombytes_implementation stream = {
    .implementation_name = stream_name, .random = stream_word, .buf = stream_bytes};

struct many {
    uint8_t key[KP_POINT_BYTES];
    struct kp_seal_context contexts[MANY];
    uint8_t plains[MANY * SIZE];
};

static void start_many(struct many *many)
{
    static const uint8_t secret[KP_SCALAR_BYTES] = {7, 1};
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(many->key, secret, 1), KP_OK);
    memset(many->contexts, 3, sizeof(many->contexts));
    for (size_t i = 0; i < MANY; i++) {
        many->contexts[i].tag[5] = (uint8_t)i;
        memset(many->plains + i * SIZE, (int)(100 + i), SIZE);
    }
}

static void one_by_one(uint8_t *sealed, const struct many *many)
{
    drawn = 0;
    (void)randombytes_set_implementation(&stream);
    for (size_t i = 0; i < MANY; i++) {
        CU_ASSERT_EQUAL(kp_seal_inner(sealed + i * INNER, many->key, &many->contexts[i],
                                      many->plains + i * SIZE, SIZE),
                        KP_OK);
    }
    (void)randombytes_set_implementation(&randombytes_sysrandom_implementation);
}

static void at_once(uint8_t *sealed, const struct many *many, size_t count)
{
    drawn = 0;
    (void)randombytes_set_implementation(&stream);
    CU_ASSERT_EQUAL(
        kp_seal_inner_many(sealed, many->key, many->contexts, many->plains, SIZE, count), KP_OK);
    (void)randombytes_set_implementation(&randombytes_sysrandom_implementation);
}

static void next(FILE *file, const char *name, const uint8_t *sealed, size_t size)
{
    char found[8] = "", value[65] = "";
    uint8_t digest[crypto_hash_sha256_BYTES], expected[crypto_hash_sha256_BYTES];
    CU_ASSERT_EQUAL_FATAL(fscanf(file, "%7s %64s", found, value), 2);
    CU_ASSERT_STRING_EQUAL(found, name);
    unit_hex(expected, sizeof(expected), value);
    crypto_hash_sha256(digest, sealed, size);
    CU_ASSERT_EQUAL(memcmp(digest, expected, sizeof(digest)), 0);
}

/* What tests/vectors/seal.py, which shares no code with this, makes of the same randomness: of all
 * inner layers, and of an outer one around the last. */
static void vectors(void)
{
    struct many many;
    uint8_t sealed[MANY * INNER], outer[INNER + KP_SEAL_OUTER_OVERHEAD], secret[KP_SCALAR_BYTES];
    FILE *file = fopen(KP_VECTORS_DIR "/seal.txt", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    start_many(&many);
    one_by_one(sealed, &many);
    next(file, "inner", sealed, sizeof(sealed));
    for (size_t i = 0; i < sizeof(secret); i++) {
        secret[i] = (uint8_t)i;
    }
    drawn = 0;
    (void)randombytes_set_implementation(&stream);
    CU_ASSERT_EQUAL(
        kp_seal_outer(outer, secret, &many.contexts[MANY - 1], sealed + (MANY - 1) * INNER, INNER),
        KP_OK);
    (void)randombytes_set_implementation(&randombytes_sysrandom_implementation);
    next(file, "outer", outer, sizeof(outer));
    (void)fclose(file);
}

static void many_at_once_equal_one_by_one(void)
{
    struct many many;
    uint8_t single[MANY * INNER];
    start_many(&many);
    one_by_one(single, &many);
    for (int engine = 0; engine < 2; engine++) {
        kp_engine_use(engine != 0);
        for (size_t count = 0; count <= MANY; count++) {
            uint8_t sealed[MANY * INNER];
            memset(sealed, 0x5a, sizeof(sealed));
            at_once(sealed, &many, count);
            CU_ASSERT_EQUAL(memcmp(sealed, single, count * INNER), 0);
            for (size_t i = count * INNER; i < sizeof(sealed); i++) {
                CU_ASSERT_EQUAL(sealed[i], 0x5a);
            }
        }
    }
    kp_engine_use(true);
}

/* Which seals hold, among others: the wrong ones are named, whether their proofs can be computed
 * with or not. */
static void many_are_checked_at_once(void)
{
    enum { SEALS = 11, SIZE_OF_ONE = SIZE + KP_SEAL_INNER_OVERHEAD };
    struct fixture fixture[SEALS];
    struct kp_seal_place places[SEALS];
    bool holds[SEALS];
    for (int with = 0; with < 2; with++) {
        kp_engine_use(with == 0);
        for (size_t i = 0; i < SEALS; i++) {
            start(&fixture[i]);
            places[i] = (struct kp_seal_place){fixture[i].inner, fixture[i].context};
        }
        for (int kind = 0; kind < 4; kind++) {
            places[3].context.member ^= kind == 1;         /* of another place */
            fixture[9].inner[KP_POINT_BYTES] ^= kind == 2; /* another challenge */
            fixture[5].inner[31] |= kind == 3 ? 0x80 : 0;  /* no point */
            CU_ASSERT_EQUAL(kp_seal_inner_check_many(holds, places, SEALS, SIZE_OF_ONE), KP_OK);
            for (size_t i = 0; i < SEALS; i++) {
                bool expected =
                    kp_seal_inner_check(fixture[i].inner, SIZE_OF_ONE, &places[i].context) == KP_OK;
                CU_ASSERT_EQUAL(holds[i], expected);
                CU_ASSERT(expected || (kind >= 1 && i == 3) || (kind >= 2 && i == 9) || i == 5);
            }
            CU_ASSERT_EQUAL(holds[3], kind < 1);
            CU_ASSERT_EQUAL(holds[9], kind < 2);
            CU_ASSERT_EQUAL(holds[5], kind < 3);
        }
        CU_ASSERT_EQUAL(kp_seal_inner_check_many(holds, places, SEALS, KP_SEAL_INNER_OVERHEAD - 1),
                        KP_OK);
        CU_ASSERT(!holds[0] && !holds[SEALS - 1]);
        CU_ASSERT_EQUAL(kp_seal_inner_check_many(holds, places, 0, SIZE_OF_ONE), KP_OK);
    }
    kp_engine_use(true);
}

static void many_under_keys_that_are_refused(void)
{
    struct many many;
    uint8_t sealed[MANY * INNER];
    start_many(&many);
    many.key[31] |= 0x80;
    for (size_t count = 1; count <= MANY; count++) {
        CU_ASSERT_EQUAL(
            kp_seal_inner_many(sealed, many.key, many.contexts, many.plains, SIZE, count),
            KP_REFUSED);
    }
    memset(many.key, 0, sizeof(many.key));
    CU_ASSERT_EQUAL(kp_seal_inner_many(sealed, many.key, many.contexts, many.plains, SIZE, MANY),
                    KP_REFUSED);
}

/* Of two members, two rounds and two lineages, in turns and in rows: what seals have in common is
 * kept between them, and must not be when it changes. */
static void many_outer_seals_open_one_by_one(void)
{
    enum { COUNT = 130, STRIDE = SIZE + KP_SEAL_OUTER_OVERHEAD + 7 };
    static uint8_t sealed[COUNT * STRIDE], secrets[COUNT * KP_SCALAR_BYTES], plains[COUNT * SIZE];
    static struct kp_seal_context contexts[COUNT];
    randombytes_buf(secrets, sizeof(secrets));
    randombytes_buf(plains, sizeof(plains));
    memset(sealed, 0x5a, sizeof(sealed));
    for (uint32_t i = 0; i < COUNT; i++) {
        contexts[i].member = 1 + (i / 3) % 2;
        contexts[i].round_id[31] = (uint8_t)((i / 5) % 2);
        contexts[i].lineage[0] = (uint8_t)((i / 7) % 2);
        randombytes_buf(contexts[i].tag, sizeof(contexts[i].tag));
    }
    CU_ASSERT_EQUAL(kp_seal_outer_many(sealed, STRIDE, secrets, contexts, plains, SIZE, COUNT),
                    KP_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint8_t opened[SIZE];
        const uint8_t *record = sealed + (size_t)i * STRIDE;
        CU_ASSERT_EQUAL(kp_open_outer(opened, secrets + (size_t)i * KP_SCALAR_BYTES, &contexts[i],
                                      record, SIZE + KP_SEAL_OUTER_OVERHEAD),
                        KP_OK);
        CU_ASSERT_EQUAL(memcmp(opened, plains + (size_t)i * SIZE, SIZE), 0);
        CU_ASSERT_EQUAL(record[STRIDE - 7], 0x5a);
        for (uint32_t j = 0; j < i; j++) { /* nonces differ */
            CU_ASSERT_NOT_EQUAL(memcmp(record, sealed + (size_t)j * STRIDE, 24), 0);
        }
    }
}

/* Of inner seals, likewise. */
static void inner_seals_of_other_places(void)
{
    struct many many;
    uint8_t sealed[MANY * INNER];
    start_many(&many);
    for (size_t i = 0; i < MANY; i++) {
        many.contexts[i].member = (uint32_t)(1 + i / 2 % 2);
        many.contexts[i].round_id[3] = (uint8_t)(i / 3 % 2);
    }
    CU_ASSERT_EQUAL(kp_seal_inner_many(sealed, many.key, many.contexts, many.plains, SIZE, MANY),
                    KP_OK);
    for (size_t i = 0; i < MANY; i++) {
        CU_ASSERT_EQUAL(kp_seal_inner_check(sealed + i * INNER, INNER, &many.contexts[i]), KP_OK);
    }
}

static const struct unit_test tests[] = {
    {"many outer seals open one by one", many_outer_seals_open_one_by_one},
    {"inner seals of other places", inner_seals_of_other_places},
    {"short seals", short_seals},
    {"altered seals", altered_seals},
    {"seals that were moved", seals_that_were_moved},
    {"keys that are refused", keys_that_are_refused},
    {"a copied ciphertext needs its proof", a_copied_ciphertext_needs_its_proof},
    {"seals are fresh", seals_are_fresh},
    {"seals of no bytes", seals_of_no_bytes},
    {"vectors", vectors},
    {"many at once equal one by one", many_at_once_equal_one_by_one},
    {"many are checked at once", many_are_checked_at_once},
    {"many under keys that are refused", many_under_keys_that_are_refused},
};

UNIT_MAIN("seal", tests)
