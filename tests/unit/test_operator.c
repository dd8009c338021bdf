#include "proto/operator.h"

#include "tests/unit/unit.h"

#include <string.h>

static struct kp_member members[2];
static struct kp_agreement agreement;

static void reset(void)
{
    memset(&agreement, 0, sizeof(agreement));
    memset(members, 0, sizeof(members));
    agreement.members = members;
    agreement.member_count = 2;
    strcpy(members[0].name, "svb");
    strcpy(members[0].title, "Sociale Verzekeringsbank");
    strcpy(members[0].oin, "00000099000000000001");
    strcpy(members[1].name, "sz");
    strcpy(members[1].title, "Sociëteit");
    strcpy(members[1].oin, "00000099000000000002");
    strcpy(agreement.coordinator_operator, "Stichting");
    strcpy(agreement.coordinator_oin, "00000099000000000090");
    strcpy(agreement.leader_employer, "Gemeente");
    strcpy(agreement.leader_oin, "00000099000000000091");
}

static void expect(bool one, bool two, bool employer)
{
    CU_ASSERT_EQUAL(kp_operator_is_member(&agreement, 1), one);
    CU_ASSERT_EQUAL(kp_operator_is_member(&agreement, 2), two);
    CU_ASSERT_EQUAL(kp_operator_is_any_member(&agreement), one || two);
    CU_ASSERT_EQUAL(kp_operator_is_employer(&agreement), employer);
}

static void test_nobody(void)
{
    reset();
    expect(false, false, false);
}

static void test_by_number(void)
{
    reset();
    strcpy(agreement.coordinator_oin, members[1].oin);
    expect(false, true, false);
    strcpy(agreement.coordinator_oin, agreement.leader_oin);
    expect(false, false, true);
}

static void test_by_name(void)
{
    reset();
    strcpy(agreement.coordinator_operator, "SOCIALE verzekeringsbank");
    expect(true, false, false);
    strcpy(agreement.coordinator_operator, "SOCIËTEIT");
    expect(false, true, false);
    strcpy(agreement.coordinator_operator, "SVB");
    expect(true, false, false);
    strcpy(agreement.coordinator_operator, "gemeente");
    expect(false, false, true);
    strcpy(agreement.coordinator_operator, "gemeente X");
    expect(false, false, false);
    strcpy(agreement.coordinator_operator, "gemeent");
    expect(false, false, false);
}

static void test_both(void)
{
    reset();
    strcpy(agreement.leader_employer, "sociale verzekeringsbank");
    strcpy(agreement.coordinator_operator, "Sociale Verzekeringsbank");
    expect(true, false, true);
}

static void test_names(void)
{
    CU_ASSERT_TRUE(kp_operator_same_name("", ""));
    CU_ASSERT_TRUE(kp_operator_same_name("É×", "é×"));
    CU_ASSERT_FALSE(kp_operator_same_name("×", "÷")); /* no letters */
    CU_ASSERT_FALSE(kp_operator_same_name("é", "e"));
    CU_ASSERT_FALSE(kp_operator_same_name("a\xff", "a\xff")); /* not UTF-8 */
}

static const struct unit_test tests[] = {
    {"an operator without another role", test_nobody},
    {"by organisation number", test_by_number},
    {"by name", test_by_name},
    {"member and employer", test_both},
    {"names", test_names},
};
UNIT_MAIN("operator", tests)
