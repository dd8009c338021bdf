/* proto/slot_picks.h: seeds, picks and odds. Expected values are from Python's hashlib and exact
 * fractions. */
#include "proto/slot_picks.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static uint8_t lineage[KP_DIGEST_BYTES], attempt[KP_ATTEMPT_BYTES], round_id[KP_DIGEST_BYTES];
static uint8_t seeds[3 * KP_AUDIT_SEED_BYTES];
static uint8_t readys[KP_DIGEST_BYTES];

static void start(void)
{
    memset(lineage, 1, sizeof(lineage));
    memset(attempt, 2, sizeof(attempt));
    memset(round_id, 9, sizeof(round_id));
    memset(seeds, 0, sizeof(seeds));
    memset(seeds, 1, 32);
    memset(seeds + 32, 2, 32);
    memset(readys, 8, sizeof(readys));
}

static uint32_t draw(uint32_t *picks, uint32_t member, uint32_t slots, uint32_t wanted)
{
    const struct kp_slot_draw settings = {.round_id = round_id,
                                          .readys = readys,
                                          .seeds = seeds,
                                          .members = 3,
                                          .slots = slots,
                                          .wanted = wanted};
    return kp_slot_picks(picks, &settings, member);
}

static void commitment(void)
{
    uint8_t seed[KP_AUDIT_SEED_BYTES], made[KP_DIGEST_BYTES], expected[KP_DIGEST_BYTES];
    start();
    memset(seed, 4, sizeof(seed));
    unit_hex(expected, sizeof(expected),
             "16bbc0586137c99ed14b1d4ead7a76866596e6068a866722c58c7a8fd1bd273a");
    kp_slot_seed_commitment(made, lineage, attempt, 3, seed);
    CU_ASSERT_EQUAL(memcmp(made, expected, sizeof(made)), 0);
    CU_ASSERT_EQUAL(kp_check_slot_seed(made, lineage, attempt, 3, seed, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_check_slot_seed(made, lineage, attempt, 2, seed, NULL), KP_REFUSED);
    attempt[0]++;
    CU_ASSERT_EQUAL(kp_check_slot_seed(made, lineage, attempt, 3, seed, NULL), KP_REFUSED);
    attempt[0]--;
    lineage[31]++;
    CU_ASSERT_EQUAL(kp_check_slot_seed(made, lineage, attempt, 3, seed, NULL), KP_REFUSED);
    lineage[31]--;
    for (size_t i = 0; i < sizeof(seed); i++) {
        seed[i] ^= 0x10;
        CU_ASSERT_EQUAL(kp_check_slot_seed(made, lineage, attempt, 3, seed, NULL), KP_REFUSED);
        seed[i] ^= 0x10;
    }
}

static void known_picks(void)
{
    static const uint32_t expected[] = {207, 328, 567, 847, 922, 173, 424, 790};
    static const uint32_t few[] = {2, 3, 4, 0, 1};
    static const uint32_t many[] = {932215, 392644, 851386, 1031220};
    uint32_t picks[8];
    start();
    CU_ASSERT_EQUAL(draw(picks, 2, 1000, 8), 8);
    CU_ASSERT_EQUAL(memcmp(picks, expected, sizeof(expected)), 0);
    CU_ASSERT_EQUAL(draw(picks, 2, 5, 8), 5);
    CU_ASSERT_EQUAL(memcmp(picks, few, sizeof(few)), 0);
    CU_ASSERT_EQUAL(draw(picks, 1, 1u << 20, 4), 4);
    CU_ASSERT_EQUAL(memcmp(picks, many, sizeof(many)), 0);
    CU_ASSERT_EQUAL(draw(picks, 1, 0, 4), 0);
    CU_ASSERT_EQUAL(draw(picks, 1, 4, 0), 0);
}

/* Whatever a member leaves out or changes, other picks come of it: who sees all READYs but one, or
 * all seeds but one, knows nothing. */
static void everything_counts(void)
{
    uint32_t before[8], after[8];
    start();
    (void)draw(before, 2, 1u << 20, 8);
    for (size_t i = 0; i < 3; i++) {
        seeds[i * KP_AUDIT_SEED_BYTES + 31]++;
        (void)draw(after, 2, 1u << 20, 8);
        CU_ASSERT_NOT_EQUAL(memcmp(before, after, sizeof(before)), 0);
        seeds[i * KP_AUDIT_SEED_BYTES + 31]--;
    }
    readys[31]++;
    (void)draw(after, 2, 1u << 20, 8);
    CU_ASSERT_NOT_EQUAL(memcmp(before, after, sizeof(before)), 0);
    readys[31]--;
    round_id[0]++;
    (void)draw(after, 2, 1u << 20, 8);
    CU_ASSERT_NOT_EQUAL(memcmp(before, after, sizeof(before)), 0);
    round_id[0]--;
    (void)draw(after, 3, 1u << 20, 8);
    CU_ASSERT_NOT_EQUAL(memcmp(before, after, sizeof(before)), 0);
    (void)draw(after, 2, 1u << 20, 8);
    CU_ASSERT_EQUAL(memcmp(before, after, sizeof(before)), 0);
}

/* Every slot is as likely as any other: 20,000 draws of 3 out of 10 give each 6,000, with a
 * standard deviation of 65. */
static void even(void)
{
    uint32_t seen[10] = {0};
    start();
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t picks[3];
        memcpy(seeds, &i, sizeof(i));
        CU_ASSERT_EQUAL_FATAL(draw(picks, 1, 10, 3), 3);
        CU_ASSERT(picks[0] != picks[1] && picks[1] != picks[2] && picks[0] != picks[2]);
        for (size_t j = 0; j < 3; j++) {
            CU_ASSERT_FATAL(picks[j] < 10);
            seen[picks[j]]++;
        }
    }
    for (size_t i = 0; i < 10; i++) {
        CU_ASSERT(seen[i] > 5600 && seen[i] < 6400);
    }
}

static void odds(void)
{
    static const struct {
        uint32_t slots, invented, picks;
        double expected;
    } known[] = {
        {2000, 20, 4, 0.03943313270407213},
        {2000, 100, 4, 0.18562250026563806},
        {2000, 200, 8, 0.5702036546446537},
        {2000, 500, 16, 0.9901770573541963},
        {100, 1, 10, 0.1},
        {10, 3, 8, 1.0},
        {1048576, 10486, 256, 0.9237135272152233},
        {4, 1, 4, 1.0},
        {5, 0, 5, 0.0},
        {5, 5, 0, 0.0},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        double given = kp_slot_odds(known[i].slots, known[i].invented, known[i].picks);
        CU_ASSERT(fabs(given - known[i].expected) < 1e-12);
    }
    CU_ASSERT_EQUAL(kp_slot_share(2000, 1), 20);
    CU_ASSERT_EQUAL(kp_slot_share(50, 1), 1);
    CU_ASSERT_EQUAL(kp_slot_share(7, 25), 2);
    CU_ASSERT_EQUAL(kp_slot_share(1u << 20, 100), 1u << 20);
}

static const struct unit_test tests[] = {
    {"commitment", commitment},
    {"known picks", known_picks},
    {"everything counts", everything_counts},
    {"every slot is as likely", even},
    {"odds", odds},
};
UNIT_MAIN("slot_picks", tests)
