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
        "0ad51816abdb93ec2947faf56319ab30b96bd72e8b648cf836fbd5f513f613da",
        "6556cae78931017df22f06bda9fa914d6f3981906437033f0a282bcdf72b45de",
        "b761db43a19df121fe8a53c1ba39b670d67f135a6bf9fcc59d0aa4b8f6dd9ed4",
        "160a4c2f60088643b36550a87d30051bcfebe30f8426146424c0a49b454f0171",
        "4bed50fb3b40d5c18aa525606646aa7f881204e20ae8863647d1f307fd42474e",
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
             "b5fcf793dd7450062fd7a5adc6c93c0dd4a8de9844a760936fc4a52217497be2");
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
