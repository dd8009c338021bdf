/* crypto/leaf.h: every field and every blinding counts. Expected values are from Python's hashlib.
 */
#include "crypto/leaf.h"
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <string.h>

static void start(struct kp_leaf *leaf)
{
    leaf->index = 77;
    memset(leaf->address, 1, sizeof(leaf->address));
    memset(leaf->indicators, 0, sizeof(leaf->indicators));
    leaf->indicators[0] = 0x03;
    leaf->indicators[31] = 0x80;
    memset(leaf->grounds, 2, sizeof(leaf->grounds));
    leaf->observed_on = 20240229;
    memset(leaf->point, 3, sizeof(leaf->point));
    for (size_t i = 0; i < KP_LEAF_FIELDS; i++) {
        memset(leaf->blinding[i], (int)(0x10 + i), KP_LEAF_BLINDING_BYTES);
    }
}

static void known_answers(void)
{
    static const char *const commitments[KP_LEAF_FIELDS] = {
        "854b3441fa3840cfbcb4784fc0437879b84bbdda6f35aa38993eeb3a13e9a98c",
        "731f7293c8e700e92b08863763c4b1c0b64be4c959eadc2e790f3a537ba56193",
        "5523dcba9d9d53b6d89c272fc62b7f0a18ce239d02c631f8c2c059ef903ec00a",
        "97678119cdbc56726e26a9c4d82a7bfefc073d80e8a5ffa1530a0ad8816d3563",
        "124428363daf4ff86e958159f6ffd8abc7e86f3458ce0b450f535d7fc41814c4",
    };
    struct kp_leaf leaf;
    uint8_t lineage[KP_DIGEST_BYTES];
    uint8_t all[KP_LEAF_FIELDS * KP_DIGEST_BYTES];
    uint8_t digest[KP_DIGEST_BYTES];
    uint8_t expected[KP_DIGEST_BYTES];
    start(&leaf);
    memset(lineage, 9, sizeof(lineage));
    for (size_t i = 0; i < KP_LEAF_FIELDS; i++) {
        uint8_t *commitment = all + i * KP_DIGEST_BYTES;
        unit_hex(expected, sizeof(expected), commitments[i]);
        kp_leaf_commit(commitment, &leaf, (enum kp_leaf_field)i);
        CU_ASSERT_EQUAL(memcmp(commitment, expected, sizeof(expected)), 0);
    }
    unit_hex(expected, sizeof(expected),
             "b6ccfd7bcecb126a2ac47d6c75b6846fab40b7b80074f3eba5488d8dde3d0581");
    kp_leaf_digest(digest, lineage, &leaf);
    CU_ASSERT_EQUAL(memcmp(digest, expected, sizeof(digest)), 0);
    kp_leaf_digest_of_commitments(digest, lineage, leaf.index, all);
    CU_ASSERT_EQUAL(memcmp(digest, expected, sizeof(digest)), 0);
}

static bool changes(const struct kp_leaf *leaf, const uint8_t *lineage)
{
    struct kp_leaf before;
    uint8_t first[KP_DIGEST_BYTES] = {0};
    uint8_t second[KP_DIGEST_BYTES];
    uint8_t nines[KP_DIGEST_BYTES];
    memset(nines, 9, sizeof(nines));
    start(&before);
    kp_leaf_digest(first, nines, &before);
    kp_leaf_digest(second, lineage, leaf);
    return memcmp(first, second, sizeof(first)) != 0;
}

static void everything_counts(void)
{
    struct kp_leaf leaf;
    uint8_t lineage[KP_DIGEST_BYTES];
    memset(lineage, 9, sizeof(lineage));
    start(&leaf);
    CU_ASSERT_FALSE(changes(&leaf, lineage));
    leaf.index++;
    CU_ASSERT(changes(&leaf, lineage));
    start(&leaf);
    leaf.address[15] ^= 1;
    CU_ASSERT(changes(&leaf, lineage));
    start(&leaf);
    leaf.indicators[31] ^= 0x80;
    CU_ASSERT(changes(&leaf, lineage));
    start(&leaf);
    leaf.grounds[31] ^= 1;
    CU_ASSERT(changes(&leaf, lineage));
    start(&leaf);
    leaf.observed_on++;
    CU_ASSERT(changes(&leaf, lineage));
    start(&leaf);
    leaf.point[0] ^= 1;
    CU_ASSERT(changes(&leaf, lineage));
    for (size_t i = 0; i < KP_LEAF_FIELDS; i++) {
        start(&leaf);
        leaf.blinding[i][KP_LEAF_BLINDING_BYTES - 1] ^= 0x80;
        CU_ASSERT(changes(&leaf, lineage));
    }
    start(&leaf);
    lineage[0] ^= 1;
    CU_ASSERT(changes(&leaf, lineage));
}

/* Two fields with equal bytes and blindings have different commitments. */
static void fields_are_apart(void)
{
    struct kp_leaf leaf;
    uint8_t commitments[2][KP_DIGEST_BYTES];
    memset(&leaf, 0, sizeof(leaf));
    kp_leaf_commit(commitments[0], &leaf, KP_LEAF_INDICATORS);
    kp_leaf_commit(commitments[1], &leaf, KP_LEAF_GROUNDS);
    CU_ASSERT_NOT_EQUAL(memcmp(commitments[0], commitments[1], KP_DIGEST_BYTES), 0);
    kp_leaf_commit(commitments[1], &leaf, KP_LEAF_POINT);
    CU_ASSERT_NOT_EQUAL(memcmp(commitments[0], commitments[1], KP_DIGEST_BYTES), 0);
}

static const struct unit_test tests[] = {
    {"everything counts", everything_counts},
    {"fields are apart", fields_are_apart},
    {"known answers", known_answers},
};

UNIT_MAIN("leaf", tests)
