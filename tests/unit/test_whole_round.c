/* Whole rounds in memory, from slots to opened matches, against the truth of the plain sets. */
#include "tests/unit/stage.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SET_MAX 40

/* What each member holds, and how many numbers there are in all. */
struct truth {
    uint32_t members;
    uint32_t threshold;
    bool bag;
    uint32_t numbers[KP_MEMBERS_MAX][SET_MAX];
    struct stage_set sets[KP_MEMBERS_MAX];
};

static void add(struct truth *truth, uint32_t member, uint32_t number)
{
    struct stage_set *set = &truth->sets[member - 1];
    CU_ASSERT_FATAL(set->count < SET_MAX);
    truth->numbers[member - 1][set->count++] = number;
    set->numbers = truth->numbers[member - 1];
}

/* Bit i - 1: member i holds it. */
static uint32_t holders(const struct truth *truth, uint32_t number)
{
    uint32_t found = 0;
    for (uint32_t m = 0; m < truth->members; m++) {
        for (uint32_t i = 0; i < truth->sets[m].count; i++) {
            found |= truth->numbers[m][i] == number ? 1u << m : 0;
        }
    }
    return found;
}

static uint32_t count_bits(uint32_t bits)
{
    uint32_t count = 0;
    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

#define NUMBERS 60 /* addresses 1 to 60 */

static uint32_t expected_matches(const struct truth *truth)
{
    uint32_t count = 0;
    for (uint32_t number = 1; number <= NUMBERS; number++) {
        count += count_bits(holders(truth, number)) >= truth->threshold;
    }
    return count;
}

static void check_record(const struct kp_opened_record *record)
{
    CU_ASSERT(record->valid);
    CU_ASSERT_EQUAL(record->fault[0], '\0');
    CU_ASSERT_EQUAL(record->content.leaf.observed_on, 20240100 + record->member);
    CU_ASSERT_EQUAL(record->content.leaf.indicators[0], 1u << (record->member % 3));
}

/* One match: shown, at an address that exactly its members hold; seen[] counts it. */
static void check_match(const struct truth *truth, const struct kp_agreement *agreement,
                        const struct kp_opened_match *match, uint32_t *seen)
{
    uint32_t members = 0, number = fixture_number(match->address_key);
    uint8_t key[KP_ADDRESS_KEY_BYTES];
    CU_ASSERT_FATAL(match->shown);
    CU_ASSERT_FATAL(number >= 1 && number <= NUMBERS);
    fixture_key(agreement, key, number);
    CU_ASSERT_EQUAL(memcmp(key, match->address_key, sizeof(key)), 0);
    for (uint32_t i = 0; i < match->record_count; i++) {
        check_record(&match->records[i]);
        members |= 1u << (match->records[i].member - 1);
        CU_ASSERT_EQUAL(memcmp(match->records[i].content.leaf.address, key, sizeof(key)), 0);
    }
    CU_ASSERT_EQUAL(members, holders(truth, number));
    CU_ASSERT_EQUAL(match->record_count, count_bits(members));
    seen[number]++;
}

static void check_results(struct stage *stage, const struct truth *truth)
{
    struct stage_results results;
    struct kp_opening *opening = NULL;
    struct kp_error error = {0};
    static struct kp_opened_match match;
    uint32_t seen[NUMBERS + 1] = {0};
    stage_results_read(&results, stage, stage->round);
    CU_ASSERT_EQUAL(results.group_count, expected_matches(truth));
    CU_ASSERT_EQUAL_FATAL(stage_opening(&opening, stage, &results, &error), KP_OK);
    /* The others' READYs date a member's signals, never its own. */
    uint64_t base = STAGE_TIME + stage->round * 1000u;
    CU_ASSERT_EQUAL(kp_opening_time(opening, 1), base + truth->members);
    CU_ASSERT_EQUAL(kp_opening_time(opening, truth->members), base + truth->members - 1);
    for (uint32_t i = 0; i < results.group_count; i++) {
        CU_ASSERT_EQUAL(stage_open_match(opening, &results.groups[i], &match, &error), KP_OK);
        check_match(truth, stage->play.fixture.agreement, &match, seen);
    }
    for (uint32_t number = 1; number <= NUMBERS; number++) {
        bool expected = count_bits(holders(truth, number)) >= truth->threshold;
        CU_ASSERT_EQUAL(seen[number], expected ? 1 : 0);
    }
    kp_opening_free(opening);
    stage_results_free(&results);
}

static void play(const struct truth *truth, uint32_t slots)
{
    static struct stage stage;
    stage_start(&stage,
                &(struct fixture_settings){.members = truth->members,
                                           .threshold = truth->threshold,
                                           .slots = slots,
                                           .bag = truth->bag},
                truth->sets);
    stage_play(&stage);
    CU_ASSERT_EQUAL(stage.matches, expected_matches(truth));
    CU_ASSERT_EQUAL(stage.faults, 0);
    check_results(&stage, truth);
    stage_free(&stage);
}

/* Member n holds nothing, member n - 1 all that member 1 holds; the others hold by chance. */
static void fill(struct truth *truth, uint32_t members, uint32_t threshold, uint32_t most)
{
    memset(truth, 0, sizeof(*truth));
    truth->members = members;
    truth->threshold = threshold;
    for (uint32_t m = 1; m < members; m++) {
        if (m > 1 && m == members - 1) {
            for (uint32_t i = 0; i < truth->sets[0].count; i++) {
                add(truth, m, truth->numbers[0][i]);
            }
        }
        for (uint32_t number = 1; number <= NUMBERS; number++) {
            bool chosen = randombytes_uniform(4) == 0 && truth->sets[m - 1].count < most;
            if (chosen && (holders(truth, number) >> (m - 1) & 1) == 0) {
                add(truth, m, number);
            }
        }
    }
}

static void by_chance(uint32_t members, const uint32_t *thresholds, size_t count)
{
    struct truth truth;
    for (size_t i = 0; i < count; i++) {
        fill(&truth, members, thresholds[i], 10);
        play(&truth, 20);
    }
}

static void two_members(void)
{
    static const uint32_t THRESHOLDS[] = {2};
    by_chance(2, THRESHOLDS, 1);
}

static void three_members(void)
{
    static const uint32_t THRESHOLDS[] = {2, 3};
    by_chance(3, THRESHOLDS, 2);
}

static void five_members(void)
{
    static const uint32_t THRESHOLDS[] = {2, 3, 5};
    by_chance(5, THRESHOLDS, 3);
}

static void twelve_members(void)
{
    static const uint32_t THRESHOLDS[] = {2, 3, 12};
    by_chance(12, THRESHOLDS, 3);
}

/* Every subset of four members holds one address of its own: 15 numbers. */
static void every_subset(void)
{
    for (uint32_t threshold = 2; threshold <= 4; threshold++) {
        struct truth truth = {.members = 4, .threshold = threshold};
        for (uint32_t subset = 1; subset < 16; subset++) {
            for (uint32_t m = 1; m <= 4; m++) {
                if ((subset >> (m - 1) & 1) != 0) {
                    add(&truth, m, subset);
                }
            }
        }
        play(&truth, 9);
    }
}

/* All members hold the same, in every slot. */
static void all_alike(void)
{
    for (uint32_t members = 2; members <= 5; members += 3) {
        struct truth truth = {.members = members, .threshold = members};
        for (uint32_t m = 1; m <= members; m++) {
            for (uint32_t number = 1; number <= 6; number++) {
                add(&truth, m, number);
            }
        }
        play(&truth, 6);
    }
}

static void nothing_in_common(void)
{
    struct truth truth = {.members = 3, .threshold = 2};
    for (uint32_t number = 1; number <= 9; number++) {
        add(&truth, 1 + number % 3, number);
    }
    play(&truth, 4);
}

static void nobody_holds_anything(void)
{
    struct truth truth = {.members = 3, .threshold = 2};
    play(&truth, 3);
}

static void one_slot(void)
{
    struct truth truth = {.members = 2, .threshold = 2};
    add(&truth, 1, 7);
    add(&truth, 2, 7);
    play(&truth, 1);
}

/* Keys of the register's objects instead of text. */
static void by_register(void)
{
    struct truth truth = {.members = 3, .threshold = 2, .bag = true};
    for (uint32_t number = 1; number <= 6; number++) {
        add(&truth, 1, number);
        add(&truth, 2 + number % 2, number % 3 == 0 ? 10 + number : number);
    }
    play(&truth, 8);
}

/* The second round of an agreement, after the first: both can be opened, each by itself. */
static void two_rounds(void)
{
    static struct stage stage;
    struct truth first = {.members = 3, .threshold = 2}, second = {.members = 3, .threshold = 2};
    for (uint32_t m = 1; m <= 3; m++) {
        add(&first, m, 1);
        add(&first, m, 10 + m);
        add(&second, m, 1);
        add(&second, m, m == 3 ? 21 : 20);
    }
    stage_start(&stage, &(struct fixture_settings){.members = 3, .slots = 4}, first.sets);
    stage_play(&stage);
    check_results(&stage, &first);
    stage_start_again(&stage, 2, second.sets);
    stage_play(&stage);
    check_results(&stage, &second);
    stage.round = 1;
    check_results(&stage, &first);
    stage_free(&stage);
}

static const struct unit_test TESTS[] = {
    {"two members", two_members},
    {"three members", three_members},
    {"five members", five_members},
    {"twelve members", twelve_members},
    {"every subset of four", every_subset},
    {"all alike", all_alike},
    {"nothing in common", nothing_in_common},
    {"nobody holds anything", nobody_holds_anything},
    {"one slot", one_slot},
    {"keys of the register's objects", by_register},
    {"two rounds", two_rounds},
};

UNIT_MAIN("whole round", TESTS)
