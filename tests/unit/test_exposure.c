#include "proto/exposure.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_MEMBERS 6

/* An agreement made by hand: only what exposure looks at. */
struct sample {
    struct kp_agreement agreement;
    struct kp_member members[MOST_MEMBERS];
    char postcodes[4][7];
};

/* postcodes: up to four, NULL-terminated. Members have the organisation numbers first, first + 1...
 */
static void make(struct sample *sample, uint8_t lineage, unsigned first, uint32_t members,
                 const char *const *postcodes)
{
    memset(sample, 0, sizeof(*sample));
    struct kp_agreement *agreement = &sample->agreement;
    memset(agreement->lineage, lineage, sizeof(agreement->lineage));
    agreement->members = sample->members;
    agreement->member_count = members;
    for (uint32_t i = 0; i < members; i++) {
        sample->members[i].role = KP_ROLE_CONTRIBUTES;
        snprintf(sample->members[i].oin, sizeof(sample->members[i].oin), KP_OIN_TEST_PREFIX "%012u",
                 first + i);
    }
    agreement->postcodes = sample->postcodes;
    for (; postcodes[agreement->postcode_count] != NULL; agreement->postcode_count++) {
        strcpy(sample->postcodes[agreement->postcode_count], postcodes[agreement->postcode_count]);
    }
    agreement->area_addresses = 10000;
    agreement->slots = 100;
    agreement->rotation = 10;
    agreement->rounds = 11;
}

#define AREA(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct kp_exposures exposures_of(const struct sample *sample, uint32_t own,
                                        const struct sample *const *others, size_t count)
{
    const struct kp_agreement *list[8];
    struct kp_exposures exposures;
    struct kp_error error = {0};
    for (size_t i = 0; i < count; i++) {
        list[i] = &others[i]->agreement;
    }
    CU_ASSERT_EQUAL_FATAL(kp_exposure_of(&exposures, &sample->agreement, own, list, count, &error),
                          KP_OK);
    return exposures;
}

static void expect(const struct kp_exposure *exposure, uint32_t partners, uint32_t addresses,
                   uint32_t percent)
{
    CU_ASSERT_EQUAL(exposure->partners, partners);
    CU_ASSERT_EQUAL(exposure->addresses, addresses);
    CU_ASSERT_EQUAL(exposure->percent, percent);
}

static void test_alone(void)
{
    struct sample sample;
    make(&sample, 1, 1, 5, AREA("1234"));
    struct kp_exposures exposures = exposures_of(&sample, 1, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(exposures.count, 3);
    expect(&exposures.exposure[0], 1, 200, 2); /* 100 + 10 x 10 */
    expect(&exposures.exposure[1], 2, 400, 4);
    expect(&exposures.exposure[2], 4, 800, 8);
    CU_ASSERT_EQUAL(exposures.percent, 8);

    sample.agreement.member_count = 3;
    exposures = exposures_of(&sample, 1, NULL, 0);
    CU_ASSERT_EQUAL_FATAL(exposures.count, 2);
    expect(&exposures.exposure[1], 2, 400, 4);
    sample.agreement.member_count = 2;
    CU_ASSERT_EQUAL(exposures_of(&sample, 1, NULL, 0).count, 1);
    sample.agreement.rounds = 1;
    exposures = exposures_of(&sample, 0, NULL, 0);
    expect(&exposures.exposure[0], 1, 100, 1);
}

static void test_rounding_and_the_area(void)
{
    struct sample sample;
    make(&sample, 1, 1, 3, AREA("1234"));
    sample.agreement.area_addresses = 199;
    struct kp_exposures exposures = exposures_of(&sample, 1, NULL, 0);
    expect(&exposures.exposure[0], 1, 199, 100);
    CU_ASSERT_EQUAL(exposures.exposure[0].quota, 200);
    sample.agreement.area_addresses = 20001; /* a bit less than 1 in 100 */
    exposures = exposures_of(&sample, 1, NULL, 0);
    expect(&exposures.exposure[0], 1, 200, 1);
    sample.agreement.area_addresses = 19999; /* a bit more */
    exposures = exposures_of(&sample, 1, NULL, 0);
    expect(&exposures.exposure[0], 1, 200, 2);
}

/* Who answers on request has no slots, and so tests nothing. */
static void test_on_request(void)
{
    struct sample sample;
    make(&sample, 1, 1, 4, AREA("1234"));
    sample.members[1].role = KP_ROLE_ON_REQUEST;
    sample.members[2].role = KP_ROLE_ON_REQUEST;
    struct kp_exposures exposures = exposures_of(&sample, 1, NULL, 0);
    expect(&exposures.exposure[0], 1, 200, 2);
    expect(&exposures.exposure[1], 2, 200, 2);
    expect(&exposures.exposure[2], 3, 200, 2);
    /* For one of those it is worse: two others contribute. That is what counts when nobody asks. */
    expect(&exposures_of(&sample, 2, NULL, 0).exposure[1], 2, 400, 4);
    expect(&exposures_of(&sample, 0, NULL, 0).exposure[1], 2, 400, 4);
}

static void test_areas_meet(void)
{
    const struct {
        const char *const *one;
        const char *const *other;
        bool meet;
    } cases[] = {
        {AREA("1234"), AREA("1234"), true},
        {AREA("1234"), AREA("1234AB"), true},
        {AREA("1234AB"), AREA("1234"), true},
        {AREA("1234AB"), AREA("1234AC"), false},
        {AREA("1234AB"), AREA("1234AB"), true},
        {AREA("1233", "1235"), AREA("1234AB", "1236"), false},
        {AREA("1000", "2000AB", "3000"), AREA("1001", "2000AA", "2000AC", "3000ZZ"), true},
        {AREA("1000", "2000AB", "3000"), AREA("1001", "2000AA", "2000AC", "3001"), false},
        {AREA("9999ZZ"), AREA("1000", "1001", "1002", "9999ZZ"), true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sample one;
        struct sample other;
        make(&one, 1, 1, 2, cases[i].one);
        make(&other, 2, 1, 2, cases[i].other);
        CU_ASSERT_EQUAL(kp_exposure_areas_meet(&one.agreement, &other.agreement), cases[i].meet);
        CU_ASSERT_EQUAL(kp_exposure_areas_meet(&other.agreement, &one.agreement), cases[i].meet);
    }
}

/* What is tested under another agreement of the same organisations in the same area counts in. */
static void test_other_agreements(void)
{
    struct sample sample;
    struct sample same;
    struct sample elsewhere;
    struct sample strangers;
    struct sample without_us;
    make(&sample, 1, 1, 4, AREA("1234"));
    make(&same, 2, 1, 2, AREA("1234AB", "5000")); /* of ours only members 1 and 2 */
    same.agreement.slots = 300;
    make(&elsewhere, 3, 1, 4, AREA("5678"));
    make(&strangers, 4, 100, 4, AREA("1234"));
    make(&without_us, 5, 2, 3, AREA("1234")); /* members 2, 3, 4 of ours */
    const struct sample *const others[] = {&elsewhere, &same, &strangers, &without_us};

    struct kp_exposures exposures = exposures_of(&sample, 1, others, 4);
    expect(&exposures.exposure[0], 1, 200 + 400, 6); /* member 2, in both */
    expect(&exposures.exposure[1], 2, 800, 8);
    expect(&exposures.exposure[2], 3, 1000, 10);
    CU_ASSERT_FALSE(exposures.counted[0]);
    CU_ASSERT_TRUE(exposures.counted[1]);
    CU_ASSERT_FALSE(exposures.counted[2]);
    CU_ASSERT_FALSE(exposures.counted[3]);

    /* Member 4 shares only the one without member 1. */
    exposures = exposures_of(&sample, 4, others, 4);
    expect(&exposures.exposure[0], 1, 400, 4);
    CU_ASSERT_FALSE(exposures.counted[1]);
    CU_ASSERT_TRUE(exposures.counted[3]);

    /* For whom it is worst, in each coalition: member 2 has both. */
    exposures = exposures_of(&sample, 0, others, 4);
    expect(&exposures.exposure[0], 1, 600, 6);
    expect(&exposures.exposure[2], 3, 600 + 400 + 400, 14);
}

/* An extension goes on with the same slots: the version with more rounds counts, once. */
static void test_versions_of_a_lineage(void)
{
    struct sample first;
    struct sample second;
    struct sample again;
    make(&first, 1, 1, 3, AREA("1234"));
    make(&second, 1, 1, 3, AREA("5678")); /* the area may have changed */
    second.agreement.rounds = 21;
    second.agreement.version = 2;
    again = first;
    again.agreement.members = again.members;
    again.agreement.postcodes = again.postcodes;
    const struct sample *const later[] = {&second, &again};
    const struct sample *const earlier[] = {&first};
    struct kp_exposures exposures = exposures_of(&first, 1, later, 2);
    expect(&exposures.exposure[0], 1, 300, 3);
    expect(&exposures.exposure[1], 2, 600, 6);
    CU_ASSERT_FALSE(exposures.counted[0]);
    expect(&exposures_of(&second, 1, earlier, 1).exposure[0], 1, 300, 3);

    /* Two versions of another lineage count once too. */
    struct sample other;
    struct sample other_later;
    make(&other, 2, 1, 3, AREA("1234"));
    make(&other_later, 2, 1, 3, AREA("1234"));
    other_later.agreement.rounds = 12;
    const struct sample *const both[] = {&other_later, &other};
    exposures = exposures_of(&first, 1, both, 2);
    expect(&exposures.exposure[0], 1, 200 + 210, 5);
    CU_ASSERT_TRUE(exposures.counted[0]);
}

static void test_overflow(void)
{
    struct sample sample;
    make(&sample, 1, 1, 6, AREA("1234"));
    struct kp_agreement *agreement = &sample.agreement;
    agreement->slots = agreement->rotation = agreement->rounds = UINT32_MAX;
    agreement->area_addresses = UINT32_MAX;
    CU_ASSERT_EQUAL(kp_exposure_quota(agreement, 1), UINT64_MAX - 2 * (uint64_t)UINT32_MAX);
    struct kp_exposures exposures = exposures_of(&sample, 0, NULL, 0);
    CU_ASSERT_EQUAL(exposures.exposure[2].quota, UINT64_MAX);
    expect(&exposures.exposure[2], 5, UINT32_MAX, 100);
    agreement->area_addresses = 0;
    expect(&exposures_of(&sample, 0, NULL, 0).exposure[0], 1, 0, 100);
    agreement->rounds = 0;
    agreement->slots = 7;
    CU_ASSERT_EQUAL(kp_exposure_quota(agreement, 1), 7);
}

static void test_too_many_others(void)
{
    static const struct kp_agreement *others[KP_AGREEMENTS_BESIDE_MAX + 1];
    struct sample sample;
    struct kp_exposures exposures;
    struct kp_error error = {0};
    make(&sample, 1, 1, 3, AREA("1234"));
    for (size_t i = 0; i < KP_AGREEMENTS_BESIDE_MAX + 1; i++) {
        others[i] = &sample.agreement;
    }
    CU_ASSERT_EQUAL(kp_exposure_of(&exposures, &sample.agreement, 0, others,
                                   KP_AGREEMENTS_BESIDE_MAX + 1, &error),
                    KP_REFUSED);
    CU_ASSERT_EQUAL(
        kp_exposure_of(&exposures, &sample.agreement, 0, others, KP_AGREEMENTS_BESIDE_MAX, &error),
        KP_OK);
    expect(&exposures.exposure[0], 1, 200, 2);
}

static const struct unit_test tests[] = {
    {"one, two and all but one partner", test_alone},
    {"rounded up, and no more than the area has", test_rounding_and_the_area},
    {"members that answer on request", test_on_request},
    {"areas that meet", test_areas_meet},
    {"other agreements", test_other_agreements},
    {"versions of one lineage", test_versions_of_a_lineage},
    {"overflow", test_overflow},
    {"too many other agreements", test_too_many_others},
};
UNIT_MAIN("exposure", tests)
