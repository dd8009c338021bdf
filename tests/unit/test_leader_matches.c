/* The list of matches: an address once, whatever was submitted under how many tags. */
#include "coordinator/commands/leader_matches.c" /* its parts are static */
#include "tests/unit/unit.h"

static struct row make_row(uint32_t number, uint32_t members)
{
    struct row row = {.members = members, .member_count = (uint32_t)__builtin_popcount(members)};
    kp_object_key(row.key, UINT64_C(1234010000000000) + number, 1234);
    return row;
}

static void check_row(const struct row *row, uint32_t number, uint32_t members)
{
    uint64_t object = 0;
    unsigned digits;
    CU_ASSERT_EQUAL(kp_object_of_key(&object, &digits, row->key), KP_OK);
    CU_ASSERT_EQUAL(object, UINT64_C(1234010000000000) + number);
    CU_ASSERT_EQUAL(row->members, members);
    CU_ASSERT_EQUAL(row->member_count, (uint32_t)__builtin_popcount(members));
}

static void rows_of_one_address_are_merged(void)
{
    /* Address 2 under three tags; one member in two of them. */
    struct row rows[] = {make_row(2, 3), make_row(7, 5), make_row(2, 6), make_row(1, 3),
                         make_row(2, 24)};
    size_t count = merge_rows(rows, 5);
    CU_ASSERT_EQUAL_FATAL(count, 3);
    check_row(&rows[0], 1, 3);
    check_row(&rows[1], 2, 31);
    check_row(&rows[2], 7, 5);
    qsort(rows, count, sizeof(rows[0]), compare_rows);
    check_row(&rows[0], 2, 31); /* most members first */
    check_row(&rows[1], 1, 3);
    check_row(&rows[2], 7, 5);
}

static void other_addresses_are_not(void)
{
    struct row rows[] = {make_row(3, 3), make_row(3, 3), make_row(3, 3), make_row(3, 3)};
    static const struct kp_address others[] = {
        {"1234AB", 3, "A", ""}, {"1234AB", 3, "", "2"}, {"1234AC", 3, "", ""}};
    for (size_t i = 0; i < 3; i++) {
        kp_address_key(rows[i + 1].key, &others[i]);
    }
    CU_ASSERT_EQUAL(merge_rows(rows, 4), 4);
    struct row one = make_row(3, UINT32_MAX);
    CU_ASSERT_EQUAL(merge_rows(&one, 1), 1);
    check_row(&one, 3, UINT32_MAX);
}

static const struct unit_test TESTS[] = {
    {"rows of one address are merged", rows_of_one_address_are_merged},
    {"other addresses are not", other_addresses_are_not},
};

UNIT_MAIN("leader_matches", TESTS)
