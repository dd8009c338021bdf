/* Canaries: what they are derived from, which groups there are, and what they catch. */
#include "crypto/canary.h"
#include "proto/canary_groups.h"
#include "proto/record.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* ---- derivation ---- */

static void from_hex(uint8_t *out, size_t size, const char *hex)
{
    size_t found = 0;
    CU_ASSERT_EQUAL_FATAL(sodium_hex2bin(out, size, hex, strlen(hex), NULL, &found, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(found, size);
}

/* Made by tests/vectors/canary.py from the protocol's text. */
static void vectors(void)
{
    FILE *file = fopen(KP_VECTORS_DIR "/canary.txt", "r");
    char secret_hex[65], first_hex[33], last_hex[33], bits[KP_CANARY_POOL_MAX + 1];
    unsigned group, counter, active, lines = 0;
    uint8_t lineage[KP_DIGEST_BYTES], box_secret[32];
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    for (unsigned i = 0; i < 32; i++) {
        lineage[i] = (uint8_t)i;
        box_secret[i] = (uint8_t)(64 + i);
    }
    while (fscanf(file, "%u %u %u %64s %32s %32s %128s", &group, &counter, &active, secret_hex,
                  first_hex, last_hex, bits) == 7) {
        uint8_t expected[KP_CANARY_SECRET_BYTES], secret[KP_CANARY_SECRET_BYTES];
        uint8_t key[KP_ADDRESS_KEY_BYTES], chosen[KP_CANARY_POOL_MAX];
        lines++;
        from_hex(expected, sizeof(expected), secret_hex);
        CU_ASSERT_EQUAL(kp_canary_secret(secret, box_secret, lineage, group), KP_OK);
        CU_ASSERT_EQUAL(memcmp(secret, expected, sizeof(secret)), 0);
        from_hex(expected, sizeof(key), first_hex);
        kp_canary_element(key, lineage, group, secret, 0);
        CU_ASSERT_EQUAL(memcmp(key, expected, sizeof(key)), 0);
        from_hex(expected, sizeof(key), last_hex);
        kp_canary_element(key, lineage, group, secret, 2 * active - 1);
        CU_ASSERT_EQUAL(memcmp(key, expected, sizeof(key)), 0);
        kp_canary_choose(chosen, secret, counter, 2 * active, active);
        CU_ASSERT_EQUAL(strlen(bits), 2 * active);
        for (unsigned i = 0; i < 2 * active; i++) {
            CU_ASSERT_EQUAL(chosen[i], bits[i] - '0');
        }
    }
    CU_ASSERT_EQUAL(lines, 3);
    fclose(file);
}

/* Lineage, group, secret and index each give another element; all begin as canaries do. */
static void elements_differ(void)
{
    uint8_t lineage[KP_DIGEST_BYTES] = {1}, other_lineage[KP_DIGEST_BYTES] = {2};
    uint8_t secret[KP_CANARY_SECRET_BYTES] = {3}, other_secret[KP_CANARY_SECRET_BYTES] = {4};
    uint8_t keys[5][KP_ADDRESS_KEY_BYTES];
    kp_canary_element(keys[0], lineage, 5, secret, 6);
    kp_canary_element(keys[1], other_lineage, 5, secret, 6);
    kp_canary_element(keys[2], lineage, 6, secret, 6);
    kp_canary_element(keys[3], lineage, 5, other_secret, 6);
    kp_canary_element(keys[4], lineage, 5, secret, 7);
    for (size_t i = 0; i < 5; i++) {
        CU_ASSERT(kp_key_is_canary(keys[i]));
        for (size_t j = 0; j < i; j++) {
            CU_ASSERT_NOT_EQUAL(memcmp(keys[i], keys[j], sizeof(keys[i])), 0);
        }
    }
}

/* Exactly as many as wanted are active, others in another round, and each about as often: 2000
 * rounds of 1 in 2; seven standard deviations are 157. */
static void choices(void)
{
    enum { POOL = 8, ACTIVE = 4, ROUNDS = 2000 };
    uint8_t secret[KP_CANARY_SECRET_BYTES] = {9}, active[POOL], before[POOL] = {0};
    unsigned seen[POOL] = {0}, same = 0;
    for (unsigned counter = 1; counter <= ROUNDS; counter++) {
        unsigned sum = 0;
        kp_canary_choose(active, secret, counter, POOL, ACTIVE);
        for (unsigned i = 0; i < POOL; i++) {
            CU_ASSERT(active[i] <= 1);
            sum += active[i];
            seen[i] += active[i];
        }
        CU_ASSERT_EQUAL(sum, ACTIVE);
        same += memcmp(active, before, POOL) == 0;
        memcpy(before, active, POOL);
    }
    for (unsigned i = 0; i < POOL; i++) {
        CU_ASSERT(seen[i] > ROUNDS / 2 - 157 && seen[i] < ROUNDS / 2 + 157);
    }
    CU_ASSERT(same < ROUNDS / 10); /* 1 in 70 by chance */
    kp_canary_choose(active, secret, 1, 2, 2);
    CU_ASSERT_EQUAL(active[0] + active[1], 2);
    kp_canary_choose(active, secret, 1, POOL, 0);
    CU_ASSERT(sodium_is_zero(active, POOL));
}

/* ---- groups ---- */

static struct kp_member members[KP_MEMBERS_MAX];

static struct kp_agreement make(uint32_t count, uint32_t threshold, uint32_t on_request)
{
    struct kp_agreement agreement = {
        .members = members, .member_count = count, .threshold = threshold, .canaries = 2};
    for (uint32_t i = 0; i < count; i++) {
        members[i].role = (on_request >> i & 1) != 0 ? KP_ROLE_ON_REQUEST : KP_ROLE_CONTRIBUTES;
    }
    return agreement;
}

static void groups_by_hand(void)
{
    /* 1 to 4, without 2: {1,3} {1,4} {3,4}. */
    struct kp_agreement agreement = make(4, 2, 1u << 1);
    CU_ASSERT_EQUAL(kp_canary_group_count(&agreement), 3);
    CU_ASSERT_EQUAL(kp_canary_group(&agreement, 0), 0x5);
    CU_ASSERT_EQUAL(kp_canary_group(&agreement, 1), 0x9);
    CU_ASSERT_EQUAL(kp_canary_group(&agreement, 2), 0xc);
    CU_ASSERT_EQUAL(kp_canary_groups_of(&agreement, 1), 2);
    CU_ASSERT_EQUAL(kp_canary_groups_of(&agreement, 2), 0);
    CU_ASSERT_EQUAL(kp_canary_groups_of(&agreement, 0), 0);
    CU_ASSERT_EQUAL(kp_canary_groups_of(&agreement, 5), 0);
    CU_ASSERT_EQUAL(kp_canary_drawer(0x5), 1);
    CU_ASSERT_EQUAL(kp_canary_drawer(0xc), 3);
    CU_ASSERT_EQUAL(kp_canary_group_number(&agreement, 0x3), UINT32_MAX);
    agreement.canaries = 0;
    CU_ASSERT_EQUAL(kp_canary_group_count(&agreement), 0);
    CU_ASSERT_EQUAL(kp_canary_groups_of(&agreement, 1), 0);
}

/* Lexicographic: of two groups the one whose lowest member that the other lacks is lower. */
static bool comes_before(uint32_t one, uint32_t other)
{
    uint32_t differ = one ^ other;
    return (one & differ & (~differ + 1)) != 0;
}

static void groups_of_any_size(void)
{
    for (uint32_t count = 2; count <= 10; count++) {
        for (uint32_t threshold = 2; threshold <= count; threshold++) {
            struct kp_agreement agreement = make(count, threshold, 0);
            uint32_t groups = kp_canary_group_count(&agreement), of[KP_MEMBERS_MAX] = {0};
            for (uint32_t group = 0; group < groups; group++) {
                uint32_t mask = kp_canary_group(&agreement, group);
                CU_ASSERT_EQUAL((uint32_t)__builtin_popcount(mask), threshold);
                CU_ASSERT_EQUAL(mask >> count, 0);
                CU_ASSERT(group == 0 || comes_before(kp_canary_group(&agreement, group - 1), mask));
                CU_ASSERT_EQUAL(kp_canary_group_number(&agreement, mask), group);
                for (uint32_t i = 0; i < count; i++) {
                    of[i] += mask >> i & 1;
                }
            }
            CU_ASSERT_EQUAL(groups, kp_agreement_combinations(count, threshold));
            for (uint32_t i = 0; i < count; i++) {
                CU_ASSERT_EQUAL(of[i], kp_canary_groups_of(&agreement, i + 1));
            }
        }
    }
}

/* ---- what they catch ---- */

static void figures(void)
{
    CU_ASSERT_DOUBLE_EQUAL(kp_canary_caught(2, 1, 1), 2.0 / 3, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(kp_canary_caught(2, 10, 1), 2.0 / 12, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(kp_canary_caught(2, 100, 1), 2.0 / 102, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(kp_canary_caught(0, 10, 3), 0, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(kp_canary_caught(2, 10, 0), 0, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(kp_canary_caught(2, 3, 4), 1, 1e-12); /* more than there are */
    CU_ASSERT_DOUBLE_EQUAL(kp_canary_caught(1, 4, 2), 1 - (4.0 / 5) * (3.0 / 4), 1e-12);
}

/* A coordinator that leaves out tags of a group without knowing which are which, again and again,
 * is caught as often as the figure says. The draws are seeded: this passes always or never. */
static void blind_drops(void)
{
    static const struct {
        uint32_t canaries, matches, dropped;
    } cases[] = {{1, 1, 1}, {2, 1, 1}, {2, 10, 1}, {4, 10, 3}, {2, 100, 5}, {8, 100, 20}};
    enum { TRIALS = 40000 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const uint8_t seed[randombytes_SEEDBYTES] = {(uint8_t)i, 77};
        uint32_t total = cases[i].canaries + cases[i].matches, caught = 0;
        static uint32_t draws[TRIALS * 20];
        randombytes_buf_deterministic(draws, sizeof(draws), seed);
        for (uint32_t trial = 0; trial < TRIALS; trial++) {
            uint32_t tags[108], canary_dropped = 0;
            for (uint32_t k = 0; k < total; k++) {
                tags[k] = k; /* the first ones are canaries */
            }
            for (uint32_t k = 0; k < cases[i].dropped; k++) {
                uint32_t chosen = k + draws[trial * 20 + k] % (total - k);
                uint32_t tag = tags[chosen];
                tags[chosen] = tags[k];
                tags[k] = tag;
                canary_dropped |= tag < cases[i].canaries;
            }
            caught += canary_dropped;
        }
        double printed = kp_canary_caught(cases[i].canaries, cases[i].matches, cases[i].dropped);
        double away = (double)caught / TRIALS - printed;
        CU_ASSERT(away * away < 25 * printed * (1 - printed) / TRIALS); /* 5 deviations */
    }
}

static const struct unit_test TESTS[] = {
    {"vectors", vectors},
    {"elements differ", elements_differ},
    {"choices", choices},
    {"groups by hand", groups_by_hand},
    {"groups of any size", groups_of_any_size},
    {"figures", figures},
    {"blind drops", blind_drops},
};

UNIT_MAIN("canary", TESTS)
