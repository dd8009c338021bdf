/* crypto/shares.h: thresholds, and what a deposit refuses. */
#include "crypto/inverses.h"
#include "crypto/merkle.h"
#include "crypto/shares.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

struct fixture {
    uint8_t output[64];
    struct kp_share_context context;
    struct kp_shares shares;
};

static void start(struct fixture *fixture, uint32_t threshold, uint32_t members)
{
    memset(fixture, 0, sizeof(*fixture));
    randombytes_buf(fixture->output, sizeof(fixture->output));
    randombytes_buf(fixture->context.round_id, sizeof(fixture->context.round_id));
    randombytes_buf(fixture->context.g, sizeof(fixture->context.g));
    fixture->context.type = 1;
    fixture->context.threshold = threshold;
    fixture->context.members = members;
    CU_ASSERT_EQUAL_FATAL(kp_shares_derive(&fixture->shares, fixture->output, &fixture->context),
                          KP_OK);
}

static enum kp_status check(const struct fixture *fixture, uint32_t member)
{
    uint8_t path[KP_SHARE_PATH_MAX * KP_DIGEST_BYTES];
    const struct kp_share_context *context = &fixture->context;
    kp_shares_path(path, &fixture->shares, context->members, member);
    return kp_share_check(fixture->shares.tag, context->round_id, context->members, member,
                          fixture->shares.share[member - 1], path);
}

/* Whether the shares of the members in the set (bit i: member i + 1) give s. */
static bool gives_secret(const struct fixture *fixture, uint32_t set)
{
    uint32_t member[KP_MEMBERS_MAX];
    uint8_t shares[KP_MEMBERS_MAX * KP_SCALAR_BYTES];
    uint8_t secret[KP_SCALAR_BYTES];
    uint32_t count = 0;
    /* The order of the shares must not matter: from the last to the first. */
    for (uint32_t i = fixture->context.members; i > 0; i--) {
        if ((set >> (i - 1) & 1) == 1) {
            member[count] = i;
            memcpy(shares + count * KP_SCALAR_BYTES, fixture->shares.share[i - 1], KP_SCALAR_BYTES);
            count++;
        }
    }
    CU_ASSERT_EQUAL(kp_shares_interpolate(secret, count, member, shares), KP_OK);
    return memcmp(secret, fixture->shares.secret, sizeof(secret)) == 0;
}

static void any_threshold_of_members_and_no_fewer(void)
{
    for (uint32_t members = 2; members <= 6; members++) {
        for (uint32_t threshold = 2; threshold <= members; threshold++) {
            struct fixture fixture;
            start(&fixture, threshold, members);
            for (uint32_t set = 1; set < 1U << members; set++) {
                bool enough = (uint32_t)__builtin_popcount(set) >= threshold;
                CU_ASSERT_EQUAL(gives_secret(&fixture, set), enough);
            }
            for (uint32_t member = 1; member <= members; member++) {
                CU_ASSERT_EQUAL(check(&fixture, member), KP_OK);
            }
        }
    }
}

static void the_largest_agreements(void)
{
    struct fixture fixture;
    start(&fixture, 2, 32);
    for (uint32_t i = 0; i < 32; i++) {
        CU_ASSERT_EQUAL(check(&fixture, i + 1), KP_OK);
        CU_ASSERT_FALSE(gives_secret(&fixture, 1U << i));
        for (uint32_t j = 0; j < i; j++) {
            CU_ASSERT(gives_secret(&fixture, 1U << i | 1U << j));
        }
    }
    start(&fixture, 32, 32);
    CU_ASSERT(gives_secret(&fixture, UINT32_MAX));
    for (uint32_t i = 0; i < 32; i++) {
        CU_ASSERT_EQUAL(check(&fixture, i + 1), KP_OK);
        CU_ASSERT_FALSE(gives_secret(&fixture, UINT32_MAX ^ 1U << i));
    }
}

static bool same_tag(const struct fixture *fixture, const struct kp_share_context *context)
{
    struct kp_shares shares;
    CU_ASSERT_EQUAL(kp_shares_derive(&shares, fixture->output, context), KP_OK);
    bool same_secret = memcmp(shares.secret, fixture->shares.secret, KP_SCALAR_BYTES) == 0;
    bool same = memcmp(shares.tag, fixture->shares.tag, KP_DIGEST_BYTES) == 0;
    CU_ASSERT_EQUAL(same, same_secret);
    return same;
}

static void the_tag_depends_on_everything(void)
{
    struct fixture fixture;
    start(&fixture, 3, 5);
    struct kp_share_context context = fixture.context;
    CU_ASSERT(same_tag(&fixture, &context));
    context.round_id[0] ^= 1;
    CU_ASSERT_FALSE(same_tag(&fixture, &context));
    context = fixture.context;
    context.g[31] ^= 1;
    CU_ASSERT_FALSE(same_tag(&fixture, &context));
    context = fixture.context;
    context.type = 2;
    CU_ASSERT_FALSE(same_tag(&fixture, &context));
    context = fixture.context;
    context.members = 6;
    CU_ASSERT_FALSE(same_tag(&fixture, &context));
    context = fixture.context;
    context.threshold = 4;
    CU_ASSERT_FALSE(same_tag(&fixture, &context));
    context = fixture.context;
    fixture.output[63] ^= 1;
    CU_ASSERT_FALSE(same_tag(&fixture, &context));
}

static void impossible_agreements(void)
{
    static const uint32_t bad[][2] = {{0, 0},   {0, 5}, {1, 5}, {6, 5}, {1, 1},         {2, 33},
                                      {33, 33}, {2, 1}, {2, 0}, {3, 2}, {2, UINT32_MAX}};
    uint8_t output[64] = {0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct kp_share_context context = {.threshold = bad[i][0], .members = bad[i][1]};
        struct kp_shares shares;
        memset(&shares, 0xaa, sizeof(shares));
        CU_ASSERT_EQUAL(kp_shares_derive(&shares, output, &context), KP_USAGE);
        CU_ASSERT(sodium_is_zero((const uint8_t *)&shares, sizeof(shares)));
    }
}

static void deposits_that_are_refused(void)
{
    struct fixture fixture;
    start(&fixture, 2, 5);
    uint8_t path[KP_SHARE_PATH_MAX * KP_DIGEST_BYTES] = {0};
    uint8_t share[KP_SCALAR_BYTES];
    const uint8_t *tag = fixture.shares.tag;
    const uint8_t *round_id = fixture.context.round_id;
    kp_shares_path(path, &fixture.shares, 5, 2);
    memcpy(share, fixture.shares.share[1], sizeof(share));
    CU_ASSERT_EQUAL(kp_share_check(tag, round_id, 5, 2, share, path), KP_OK);

    for (uint32_t member = 0; member < 40; member++) {
        if (member != 2) {
            CU_ASSERT_EQUAL(kp_share_check(tag, round_id, 5, member, share, path), KP_REFUSED);
        }
    }
    CU_ASSERT_EQUAL(kp_share_check(tag, round_id, 5, UINT32_MAX, share, path), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_share_check(tag, round_id, 1, 1, share, path), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_share_check(tag, round_id, 33, 2, share, path), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_share_check(round_id, round_id, 5, 2, share, path), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_share_check(tag, tag, 5, 2, share, path), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_share_check(tag, round_id, 5, 2, fixture.shares.share[0], path), KP_REFUSED);
    for (size_t i = 0; i < kp_merkle_path_length(1, 5) * KP_DIGEST_BYTES; i++) {
        path[i] ^= 1;
        CU_ASSERT_EQUAL(kp_share_check(tag, round_id, 5, 2, share, path), KP_REFUSED);
        path[i] ^= 1;
    }
    for (size_t i = 0; i < sizeof(share); i++) {
        share[i] ^= 1;
        CU_ASSERT_EQUAL(kp_share_check(tag, round_id, 5, 2, share, path), KP_REFUSED);
        share[i] ^= 1;
    }
}

/* A cheating member can make a tag over any bytes. */
static void tag_over(uint8_t tag[static KP_DIGEST_BYTES], uint8_t sibling[static KP_DIGEST_BYTES],
                     const struct fixture *fixture, const uint8_t share[static KP_SCALAR_BYTES])
{
    uint8_t nodes[2 * KP_DIGEST_BYTES];
    struct kp_hash hash;
    memcpy(nodes, fixture->shares.node[0], KP_DIGEST_BYTES);
    uint8_t field[KP_DIGEST_BYTES + 1 + KP_SCALAR_BYTES];
    memcpy(field, fixture->context.round_id, KP_DIGEST_BYTES);
    field[KP_DIGEST_BYTES] = 2;
    memcpy(field + KP_DIGEST_BYTES + 1, share, KP_SCALAR_BYTES);
    kp_hash_start(&hash, "Kruispunt-v1 share");
    kp_hash_field(&hash, field, sizeof(field));
    kp_hash_digest(&hash, nodes + KP_DIGEST_BYTES);
    kp_merkle_fold(tag, sibling, nodes, 2, 1);
}

static void shares_that_are_not_reduced(void)
{
    static const struct {
        const char *share;
        enum kp_status status;
    } cases[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000", KP_REFUSED},
        {"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", KP_REFUSED},
        {"0100000000000000000000000000000000000000000000000000000000000080", KP_REFUSED},
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", KP_REFUSED},
        {"ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", KP_OK},
    };
    static const uint32_t member[2] = {1, 2};
    struct fixture fixture;
    start(&fixture, 2, 2);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t shares[2 * KP_SCALAR_BYTES];
        uint8_t tag[KP_DIGEST_BYTES];
        uint8_t sibling[KP_DIGEST_BYTES];
        uint8_t secret[KP_SCALAR_BYTES];
        memcpy(shares, fixture.shares.share[0], KP_SCALAR_BYTES);
        uint8_t *share = shares + KP_SCALAR_BYTES;
        unit_hex(share, KP_SCALAR_BYTES, cases[i].share);
        tag_over(tag, sibling, &fixture, share);
        CU_ASSERT_EQUAL(kp_share_check(tag, fixture.context.round_id, 2, 2, share, sibling),
                        cases[i].status);
        CU_ASSERT_EQUAL(kp_shares_interpolate(secret, 2, member, shares), cases[i].status);
    }
}

static void members_that_are_refused(void)
{
    struct fixture fixture;
    start(&fixture, 3, 5);
    static const uint32_t bad[][3] = {{1, 2, 1},  {2, 2, 3},          {0, 1, 2},
                                      {1, 2, 33}, {1, UINT32_MAX, 2}, {3, 1, 3}};
    uint8_t secret[KP_SCALAR_BYTES];
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT_EQUAL(kp_shares_interpolate(secret, 3, bad[i], fixture.shares.share[0]),
                        KP_REFUSED);
    }
    uint32_t many[KP_MEMBERS_MAX + 1] = {1, 2, 3};
    CU_ASSERT_EQUAL(kp_shares_interpolate(secret, 0, many, fixture.shares.share[0]), KP_REFUSED);
    CU_ASSERT_EQUAL(
        kp_shares_interpolate(secret, KP_MEMBERS_MAX + 1, many, fixture.shares.share[0]),
        KP_REFUSED);
    CU_ASSERT_EQUAL(kp_shares_interpolate(secret, 3, many, fixture.shares.share[0]), KP_OK);
    CU_ASSERT_EQUAL(memcmp(secret, fixture.shares.secret, sizeof(secret)), 0);
}

/* What a member makes for itself, from terms that are worked out once. */
static void own_shares_are_the_same(void)
{
    struct fixture fixture;
    struct kp_share_terms terms;
    struct kp_own_share own;
    uint8_t path[KP_SHARE_PATH_MAX * KP_DIGEST_BYTES];
    for (uint32_t members = 2; members <= KP_MEMBERS_MAX; members++) {
        start(&fixture, members < 4 ? 2 : members / 2, members);
        CU_ASSERT_EQUAL_FATAL(kp_share_terms_make(&terms, &fixture.context), KP_OK);
        for (uint32_t i = 1; i <= members; i++) {
            CU_ASSERT_EQUAL(kp_shares_derive_own(&own, fixture.output, &terms, i), KP_OK);
            CU_ASSERT_EQUAL(memcmp(own.secret, fixture.shares.secret, sizeof(own.secret)), 0);
            CU_ASSERT_EQUAL(memcmp(own.tag, fixture.shares.tag, sizeof(own.tag)), 0);
            CU_ASSERT_EQUAL(memcmp(own.share, fixture.shares.share[i - 1], sizeof(own.share)), 0);
            kp_shares_path(path, &fixture.shares, members, i);
            CU_ASSERT_EQUAL(
                memcmp(own.path, path, kp_merkle_path_length(i - 1, members) * KP_DIGEST_BYTES), 0);
        }
        CU_ASSERT_EQUAL(kp_shares_derive_own(&own, fixture.output, &terms, 0), KP_USAGE);
        CU_ASSERT_EQUAL(kp_shares_derive_own(&own, fixture.output, &terms, members + 1), KP_USAGE);
        CU_ASSERT(sodium_is_zero((const uint8_t *)&own, sizeof(own)));
    }
    fixture.context.threshold = 1;
    CU_ASSERT_EQUAL(kp_share_terms_make(&terms, &fixture.context), KP_USAGE);
    CU_ASSERT(sodium_is_zero((const uint8_t *)&terms, sizeof(terms)));
}

/* A lowest node is no digest that a leaf of another tree could be made of: neither hashed once
 * more, nor a node above it, nor a share under the label of leaves is taken for a share. */
static void shares_are_hashed_under_their_own_label(void)
{
    struct fixture fixture;
    uint8_t leaf[KP_DIGEST_BYTES], tag[KP_DIGEST_BYTES], path[KP_SHARE_PATH_MAX * KP_DIGEST_BYTES];
    start(&fixture, 2, 2);
    kp_merkle_root(leaf, fixture.shares.node[0], 1);
    CU_ASSERT_EQUAL(
        kp_merkle_check(fixture.shares.tag, fixture.shares.node[0], 2, 0, fixture.shares.node[1]),
        KP_REFUSED);
    CU_ASSERT_EQUAL(kp_merkle_check_node(fixture.shares.tag, fixture.shares.node[0], 2, 0,
                                         fixture.shares.node[1]),
                    KP_OK);
    uint8_t twice[2 * KP_DIGEST_BYTES];
    memcpy(twice, leaf, KP_DIGEST_BYTES);
    memcpy(twice + KP_DIGEST_BYTES, fixture.shares.node[1], KP_DIGEST_BYTES);
    kp_merkle_fold(tag, path, twice, 2, 0);
    CU_ASSERT_EQUAL(
        kp_share_check(tag, fixture.context.round_id, 2, 1, fixture.shares.share[0], path),
        KP_REFUSED);
}

/* Made by tests/vectors/shares.py, which shares no code with this. */
static void vectors(void)
{
    FILE *file = fopen(KP_VECTORS_DIR "/shares.txt", "r");
    char round_id[65], g[65], output[129], secret[65], tag[65], share[65], path[321];
    unsigned members, threshold, type, lines = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    while (fscanf(file, "%u %u %64s %u %64s %128s %64s %64s %64s %320s", &members, &threshold,
                  round_id, &type, g, output, secret, tag, share, path) == 10) {
        struct fixture fixture = {
            .context = {.type = (uint8_t)type, .threshold = threshold, .members = members}};
        uint8_t expected[KP_SHARE_PATH_MAX * KP_DIGEST_BYTES], own[sizeof(expected)];
        lines++;
        unit_hex(fixture.output, sizeof(fixture.output), output);
        unit_hex(fixture.context.round_id, KP_DIGEST_BYTES, round_id);
        unit_hex(fixture.context.g, KP_DIGEST_BYTES, g);
        CU_ASSERT_EQUAL_FATAL(kp_shares_derive(&fixture.shares, fixture.output, &fixture.context),
                              KP_OK);
        unit_hex(expected, KP_SCALAR_BYTES, secret);
        CU_ASSERT_EQUAL(memcmp(fixture.shares.secret, expected, KP_SCALAR_BYTES), 0);
        unit_hex(expected, KP_DIGEST_BYTES, tag);
        CU_ASSERT_EQUAL(memcmp(fixture.shares.tag, expected, KP_DIGEST_BYTES), 0);
        unit_hex(expected, KP_SCALAR_BYTES, share);
        CU_ASSERT_EQUAL(memcmp(fixture.shares.share[members - 1], expected, KP_SCALAR_BYTES), 0);
        size_t size = kp_merkle_path_length(members - 1, members) * KP_DIGEST_BYTES;
        unit_hex(expected, size, path);
        kp_shares_path(own, &fixture.shares, members, members);
        CU_ASSERT_EQUAL(memcmp(own, expected, size), 0);
        CU_ASSERT_EQUAL(check(&fixture, members), KP_OK);
    }
    CU_ASSERT_EQUAL(lines, 6);
    (void)fclose(file);
}

static void inverses_are_inverses(void)
{
    uint8_t number[KP_SCALAR_BYTES] = {0};
    uint8_t product[KP_SCALAR_BYTES];
    const uint8_t one[KP_SCALAR_BYTES] = {1};
    for (uint32_t i = 0; i < KP_INVERSES; i++) {
        number[0] = (uint8_t)(i + 1);
        crypto_core_ristretto255_scalar_mul(product, number, kp_inverses[i]);
        CU_ASSERT_EQUAL(memcmp(product, one, sizeof(one)), 0);
        CU_ASSERT_EQUAL(kp_scalar_check(kp_inverses[i]), KP_OK);
    }
}

static const struct unit_test tests[] = {
    {"vectors", vectors},
    {"shares are hashed under their own label", shares_are_hashed_under_their_own_label},
    {"inverses are inverses", inverses_are_inverses},
    {"own shares are the same", own_shares_are_the_same},
    {"deposits that are refused", deposits_that_are_refused},
    {"shares that are not reduced", shares_that_are_not_reduced},
    {"members that are refused", members_that_are_refused},
    {"impossible agreements", impossible_agreements},
    {"any threshold of members and no fewer", any_threshold_of_members_and_no_fewer},
    {"the largest agreements", the_largest_agreements},
    {"the tag depends on everything", the_tag_depends_on_everything},
};

UNIT_MAIN("shares", tests)
