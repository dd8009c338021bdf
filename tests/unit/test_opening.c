/* crypto/opening.h: partial decryption with its proof, and what two of them open. */
#include "crypto/opening.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 50, HOLDERS = 2, SEALED = SIZE + KP_SEAL_INNER_OVERHEAD };

struct fixture {
    uint8_t secret[HOLDERS][KP_SCALAR_BYTES];
    struct kp_partial_holder holder[HOLDERS];
    uint8_t opening_key[KP_POINT_BYTES]; /* the sum */
    struct kp_seal_context context;
    uint8_t plain[SIZE];
    uint8_t sealed[SEALED];
    uint8_t partial[HOLDERS][KP_PARTIAL_BYTES];
};

static enum kp_status make(struct fixture *fixture, size_t which)
{
    return kp_partial_open(fixture->partial[which], fixture->secret[which], &fixture->holder[which],
                           &fixture->context, fixture->sealed, SEALED);
}

static enum kp_status check(const struct fixture *fixture, size_t which)
{
    return kp_partial_check(fixture->partial[which], &fixture->holder[which], &fixture->context,
                            fixture->sealed, SEALED);
}

static void start(struct fixture *fixture)
{
    randombytes_buf(fixture, sizeof(*fixture));
    memset(fixture->opening_key, 0, sizeof(fixture->opening_key));
    for (uint32_t i = 0; i < HOLDERS; i++) {
        kp_scalar_random(fixture->secret[i]);
        fixture->holder[i].number = i + 1;
        CU_ASSERT_EQUAL_FATAL(
            kp_points_multiply_base(fixture->holder[i].key, fixture->secret[i], 1), KP_OK);
        CU_ASSERT_EQUAL_FATAL(
            kp_points_add(fixture->opening_key, fixture->opening_key, fixture->holder[i].key, 1),
            KP_OK);
    }
    CU_ASSERT_EQUAL_FATAL(kp_seal_inner(fixture->sealed, fixture->opening_key, &fixture->context,
                                        fixture->plain, SIZE),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(make(fixture, 0), KP_OK);
    CU_ASSERT_EQUAL_FATAL(make(fixture, 1), KP_OK);
}

/* With `count` of the partials from `first`. */
static enum kp_status open_with(const struct fixture *fixture, size_t first, size_t count)
{
    uint8_t shared[KP_POINT_BYTES], plain[SIZE];
    enum kp_status status = kp_partial_combine(shared, fixture->partial[first], count);
    if (status == KP_OK) {
        status = kp_open_inner_shared(plain, shared, fixture->opening_key, &fixture->context,
                                      fixture->sealed, SEALED);
    }
    if (status == KP_OK) {
        CU_ASSERT_EQUAL(memcmp(plain, fixture->plain, SIZE), 0);
    }
    return status;
}

static void malformed_partials(void)
{
    struct fixture fixture;
    uint8_t order[KP_SCALAR_BYTES];
    unit_hex(order, sizeof(order),
             "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    start(&fixture);
    for (size_t i = 0; i < KP_PARTIAL_BYTES * 8; i++) {
        fixture.partial[0][i / 8] ^= (uint8_t)(1u << (i % 8));
        CU_ASSERT_EQUAL(check(&fixture, 0), KP_REFUSED);
        fixture.partial[0][i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    CU_ASSERT_EQUAL(check(&fixture, 0), KP_OK);
    for (size_t half = 1; half < 3; half++) {
        sodium_add(fixture.partial[0] + half * KP_SCALAR_BYTES, order, sizeof(order));
        CU_ASSERT_EQUAL(check(&fixture, 0), KP_REFUSED);
        sodium_sub(fixture.partial[0] + half * KP_SCALAR_BYTES, order, sizeof(order));
    }
    memset(fixture.partial[0], 0, KP_POINT_BYTES); /* the identity */
    CU_ASSERT_EQUAL(check(&fixture, 0), KP_REFUSED);
    CU_ASSERT_EQUAL(open_with(&fixture, 0, 2), KP_REFUSED);
    start(&fixture);
    memset(fixture.partial[0] + KP_POINT_BYTES, 0, KP_PARTIAL_PROOF_BYTES);
    CU_ASSERT_EQUAL(check(&fixture, 0), KP_REFUSED);
}

static void seals_that_are_no_seals(void)
{
    struct fixture fixture;
    uint8_t zero[KP_PARTIAL_BYTES] = {0};
    start(&fixture);
    for (size_t size = 0; size < KP_SEAL_INNER_OVERHEAD; size++) {
        CU_ASSERT_EQUAL(kp_partial_open(fixture.partial[0], fixture.secret[0], &fixture.holder[0],
                                        &fixture.context, fixture.sealed, size),
                        KP_REFUSED);
        CU_ASSERT_EQUAL(kp_partial_check(fixture.partial[1], &fixture.holder[1], &fixture.context,
                                         fixture.sealed, size),
                        KP_REFUSED);
    }
    /* E of somebody else, of which the sender doesn't know the logarithm. */
    CU_ASSERT_EQUAL(kp_points_add(fixture.sealed, fixture.sealed, fixture.holder[0].key, 1), KP_OK);
    CU_ASSERT_EQUAL(make(&fixture, 0), KP_REFUSED);
    CU_ASSERT_EQUAL(memcmp(fixture.partial[0], zero, sizeof(zero)), 0);
    memset(fixture.secret[0], 0, KP_SCALAR_BYTES);
    CU_ASSERT_EQUAL(make(&fixture, 0), KP_REFUSED);
}

/* Each is the holder's partial of its seal; and none is made when the proof of one seal doesn't
 * hold.
 */
static void many_are_opened_at_once(void)
{
    enum { SEALS = 9 };
    static const uint8_t zero[SEALS * KP_PARTIAL_BYTES];
    struct fixture fixture;
    uint8_t sealed[SEALS][SEALED], partials[SEALS * KP_PARTIAL_BYTES];
    struct kp_seal_place places[SEALS];
    start(&fixture);
    for (size_t i = 0; i < SEALS; i++) {
        places[i] = (struct kp_seal_place){sealed[i], fixture.context};
        places[i].context.member += (uint32_t)i;
        CU_ASSERT_EQUAL_FATAL(
            kp_seal_inner(sealed[i], fixture.opening_key, &places[i].context, fixture.plain, SIZE),
            KP_OK);
    }
    CU_ASSERT_EQUAL(kp_partial_open_many(partials, fixture.secret[1], &fixture.holder[1], places,
                                         SEALS, SEALED),
                    KP_OK);
    for (size_t i = 0; i < SEALS; i++) {
        CU_ASSERT_EQUAL(kp_partial_check(partials + i * KP_PARTIAL_BYTES, &fixture.holder[1],
                                         &places[i].context, sealed[i], SEALED),
                        KP_OK);
        CU_ASSERT_EQUAL(kp_partial_check(partials + i * KP_PARTIAL_BYTES, &fixture.holder[1],
                                         &places[(i + 1) % SEALS].context, sealed[i], SEALED),
                        KP_REFUSED);
    }
    places[4].context.tag[0] ^= 1;
    CU_ASSERT_EQUAL(kp_partial_open_many(partials, fixture.secret[1], &fixture.holder[1], places,
                                         SEALS, SEALED),
                    KP_REFUSED);
    CU_ASSERT_EQUAL(memcmp(partials, zero, sizeof(partials)), 0);
    CU_ASSERT_EQUAL(
        kp_partial_open_many(partials, fixture.secret[1], &fixture.holder[1], places, 0, SEALED),
        KP_OK);
}

static void refused_in_another_place(struct fixture *fixture)
{
    uint8_t partial[KP_PARTIAL_BYTES];
    CU_ASSERT_EQUAL(check(fixture, 0), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_partial_open(partial, fixture->secret[0], &fixture->holder[0],
                                    &fixture->context, fixture->sealed, SEALED),
                    KP_REFUSED);
}

static void partials_that_were_moved(void)
{
    struct fixture fixture, other;
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
    CU_ASSERT_EQUAL(check(&fixture, 0), KP_OK);
    /* Another seal in the very same place. */
    other = fixture;
    CU_ASSERT_EQUAL(
        kp_seal_inner(other.sealed, other.opening_key, &other.context, other.plain, SIZE), KP_OK);
    CU_ASSERT_EQUAL(check(&other, 0), KP_REFUSED);
}

static void another_holder(void)
{
    struct fixture fixture;
    start(&fixture);
    /* Its number is in what is proven, and so is its key. */
    fixture.holder[0].number = 2;
    CU_ASSERT_EQUAL(check(&fixture, 0), KP_REFUSED);
    fixture.holder[0].number = 1;
    memcpy(fixture.holder[0].key, fixture.holder[1].key, KP_POINT_BYTES);
    CU_ASSERT_EQUAL(check(&fixture, 0), KP_REFUSED);
    /* Made with a secret that isn't the key's. */
    start(&fixture);
    kp_scalar_random(fixture.secret[0]);
    CU_ASSERT_EQUAL(make(&fixture, 0), KP_OK);
    CU_ASSERT_EQUAL(check(&fixture, 0), KP_REFUSED);
    CU_ASSERT_EQUAL(open_with(&fixture, 0, 2), KP_REFUSED);
    /* One that takes the other's away again: D2 = X - D1 has no proof. */
    start(&fixture);
    CU_ASSERT_EQUAL(
        kp_points_subtract(fixture.partial[1], fixture.opening_key, fixture.partial[0], 1), KP_OK);
    CU_ASSERT_EQUAL(check(&fixture, 1), KP_REFUSED);
}

static void all_holders_open_and_fewer_do_not(void)
{
    struct fixture fixture;
    uint8_t shared[KP_POINT_BYTES], plain[SIZE], sum[KP_SCALAR_BYTES];
    start(&fixture);
    CU_ASSERT_EQUAL(check(&fixture, 0), KP_OK);
    CU_ASSERT_EQUAL(check(&fixture, 1), KP_OK);
    CU_ASSERT_EQUAL(open_with(&fixture, 0, 2), KP_OK);
    CU_ASSERT_EQUAL(open_with(&fixture, 0, 1), KP_REFUSED);
    CU_ASSERT_EQUAL(open_with(&fixture, 1, 1), KP_REFUSED);
    CU_ASSERT_EQUAL(open_with(&fixture, 0, 0), KP_REFUSED);
    /* Nor does either key by itself; the sum of the secrets does. */
    for (size_t i = 0; i < HOLDERS; i++) {
        CU_ASSERT_EQUAL(kp_open_inner(plain, fixture.secret[i], fixture.opening_key,
                                      &fixture.context, fixture.sealed, SEALED),
                        KP_REFUSED);
    }
    crypto_core_ristretto255_scalar_add(sum, fixture.secret[0], fixture.secret[1]);
    CU_ASSERT_EQUAL(
        kp_open_inner(plain, sum, fixture.opening_key, &fixture.context, fixture.sealed, SEALED),
        KP_OK);
    /* What cancels is no point. */
    uint8_t zero[KP_POINT_BYTES] = {0};
    CU_ASSERT_EQUAL(kp_points_subtract(fixture.partial[1], zero, fixture.partial[0], 1), KP_OK);
    CU_ASSERT_EQUAL(kp_partial_combine(shared, fixture.partial[0], 2), KP_REFUSED);
}

/* One key is the same with one partial; and the proof is fresh each time, the point isn't. */
static void one_key(void)
{
    struct fixture fixture;
    uint8_t before[KP_PARTIAL_BYTES];
    start(&fixture);
    CU_ASSERT_EQUAL(
        kp_seal_inner(fixture.sealed, fixture.holder[0].key, &fixture.context, fixture.plain, SIZE),
        KP_OK);
    memcpy(fixture.opening_key, fixture.holder[0].key, KP_POINT_BYTES);
    CU_ASSERT_EQUAL(make(&fixture, 0), KP_OK);
    CU_ASSERT_EQUAL(open_with(&fixture, 0, 1), KP_OK);
    memcpy(before, fixture.partial[0], sizeof(before));
    CU_ASSERT_EQUAL(make(&fixture, 0), KP_OK);
    CU_ASSERT_EQUAL(memcmp(before, fixture.partial[0], KP_POINT_BYTES), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(before, fixture.partial[0], sizeof(before)), 0);
}

/* The next line must be "name value"; the value is hex. */
static void next(FILE *file, const char *name, uint8_t *out, size_t size)
{
    char line[512], found[32], value[400];
    CU_ASSERT_PTR_NOT_NULL_FATAL(fgets(line, sizeof(line), file));
    CU_ASSERT_EQUAL_FATAL(sscanf(line, "%31s %399s", found, value), 2);
    CU_ASSERT_STRING_EQUAL_FATAL(found, name);
    unit_hex(out, size, value);
}

/* Made by tests/vectors/opening.py, which shares no code with this. */
static void vectors(void)
{
    struct fixture fixture;
    uint8_t sealed[KP_SEAL_INNER_OVERHEAD], key[KP_POINT_BYTES], expected[KP_POINT_BYTES];
    uint8_t shared[KP_POINT_BYTES];
    char line[64];
    FILE *file = fopen(KP_VECTORS_DIR "/opening.txt", "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    next(file, "lineage", fixture.context.lineage, KP_DIGEST_BYTES);
    next(file, "round_id", fixture.context.round_id, KP_DIGEST_BYTES);
    next(file, "tag", fixture.context.tag, KP_DIGEST_BYTES);
    CU_ASSERT_PTR_NOT_NULL_FATAL(fgets(line, sizeof(line), file));
    CU_ASSERT_STRING_EQUAL(line, "member 7\n");
    fixture.context.member = 7;
    next(file, "sealed", sealed, sizeof(sealed));
    CU_ASSERT_EQUAL(kp_seal_inner_check(sealed, sizeof(sealed), &fixture.context), KP_OK);
    for (uint32_t i = 0; i < HOLDERS; i++) {
        uint8_t own[KP_PARTIAL_BYTES];
        fixture.holder[i].number = i + 1;
        next(file, "secret", fixture.secret[i], KP_SCALAR_BYTES);
        next(file, "key", fixture.holder[i].key, KP_POINT_BYTES);
        next(file, "partial", fixture.partial[i], KP_PARTIAL_BYTES);
        CU_ASSERT_EQUAL(kp_partial_check(fixture.partial[i], &fixture.holder[i], &fixture.context,
                                         sealed, sizeof(sealed)),
                        KP_OK);
        CU_ASSERT_EQUAL(kp_partial_open(own, fixture.secret[i], &fixture.holder[i],
                                        &fixture.context, sealed, sizeof(sealed)),
                        KP_OK);
        CU_ASSERT_EQUAL(memcmp(own, fixture.partial[i], KP_POINT_BYTES), 0);
    }
    next(file, "opening_key", expected, sizeof(expected));
    CU_ASSERT_EQUAL(kp_points_add(key, fixture.holder[0].key, fixture.holder[1].key, 1), KP_OK);
    CU_ASSERT_EQUAL(memcmp(key, expected, sizeof(key)), 0);
    next(file, "shared", expected, sizeof(expected));
    CU_ASSERT_EQUAL(kp_partial_combine(shared, fixture.partial[0], HOLDERS), KP_OK);
    CU_ASSERT_EQUAL(memcmp(shared, expected, sizeof(shared)), 0);
    (void)fclose(file);
}

static const struct unit_test tests[] = {
    {"malformed partials", malformed_partials},
    {"seals that are no seals", seals_that_are_no_seals},
    {"many are opened at once", many_are_opened_at_once},
    {"partials that were moved", partials_that_were_moved},
    {"another holder", another_holder},
    {"all holders open, and fewer don't", all_holders_open_and_fewer_do_not},
    {"one key", one_key},
    {"vectors", vectors},
};

UNIT_MAIN("opening", tests)
