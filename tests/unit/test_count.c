#include "proto/count.h"

#include "proto/record.h"
#include "proto/round_message.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

static void buckets(void)
{
    static const struct {
        uint64_t count;
        uint32_t bucket;
        const char *text;
    } known[] = {
        {0, 1, "fewer than 10"},   {9, 1, "fewer than 10"},   {10, 2, "10 to 24"},
        {24, 2, "10 to 24"},       {25, 3, "25 to 49"},       {49, 3, "25 to 49"},
        {50, 4, "50 to 99"},       {99, 4, "50 to 99"},       {100, 5, "100 to 249"},
        {249, 5, "100 to 249"},    {250, 6, "250 to 499"},    {499, 6, "250 to 499"},
        {500, 7, "500 to 999"},    {999, 7, "500 to 999"},    {1000, 8, "1000 to 2499"},
        {2499, 8, "1000 to 2499"}, {2500, 9, "2500 or more"}, {UINT64_MAX, 9, "2500 or more"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        CU_ASSERT_EQUAL(kp_count_bucket(known[i].count), known[i].bucket);
        CU_ASSERT_STRING_EQUAL(kp_count_bucket_text(known[i].bucket), known[i].text);
    }
    CU_ASSERT_STRING_EQUAL(kp_count_bucket_text(0), "none");
    CU_ASSERT_STRING_EQUAL(kp_count_bucket_text(KP_BUCKET_MAX + 1), "none");
}

/* Active canaries are no addresses. */
static void canaries_taken_away(void)
{
    struct fixture fixture;
    fixture_make(&fixture, &(struct fixture_settings){
                               .members = 4, .slots = 100, .canaries = 3, .count_first = 1});
    CU_ASSERT_EQUAL(kp_count_canaries(fixture.agreement), 18);
    CU_ASSERT_EQUAL(kp_count_of(fixture.agreement, 27), 1);
    CU_ASSERT_EQUAL(kp_count_of(fixture.agreement, 28), 2);
    CU_ASSERT_EQUAL(kp_count_of(fixture.agreement, 0), 1); /* a member left its own out */
    fixture_free(&fixture);
    fixture_make(&fixture, &(struct fixture_settings){.count_first = 1});
    CU_ASSERT_EQUAL(kp_count_canaries(fixture.agreement), 0);
    CU_ASSERT_EQUAL(kp_count_of(fixture.agreement, 10), 2);
    fixture_free(&fixture);
}

/* An entry of a round of counts is its tag, and nothing that anybody could open. */
static void entries(void)
{
    struct fixture fixture;
    uint8_t entry[KP_ENTRY_MAX], one[KP_DIGEST_BYTES], other[KP_DIGEST_BYTES];
    fixture_make(&fixture, &(struct fixture_settings){.count_first = 1});
    const struct kp_agreement *agreement = fixture.agreement;
    randombytes_buf(entry, sizeof(entry));
    CU_ASSERT_EQUAL(kp_entry_size_in(agreement, 1, KP_ROUND_COUNT), KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL(kp_entry_size_in(agreement, 1, KP_ROUND_MATCH), kp_entry_size(agreement, 1));
    kp_entry_leaf(one, agreement, 1, entry);
    kp_entry_leaf_in(other, agreement, 1, KP_ROUND_MATCH, entry);
    CU_ASSERT_EQUAL(memcmp(one, other, sizeof(one)), 0);
    kp_entry_leaf_in(other, agreement, 1, KP_ROUND_COUNT, entry);
    CU_ASSERT_NOT_EQUAL(memcmp(one, other, sizeof(one)), 0);
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 entry");
    kp_hash_field(&hash, entry, KP_DIGEST_BYTES);
    for (size_t i = 0; i < 3; i++) {
        kp_hash_field(&hash, entry, 0);
    }
    kp_hash_digest(&hash, one);
    CU_ASSERT_EQUAL(memcmp(one, other, sizeof(one)), 0);
    fixture_free(&fixture);
}

static const struct unit_test tests[] = {
    {"classes", buckets},
    {"canaries are taken away", canaries_taken_away},
    {"entries", entries},
};
UNIT_MAIN("count", tests)
