/* Sorted tags of several sources, merged and grouped, against sorting all of them. */
#include "coordinator/tag_merge.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TAGS 600u

struct source {
    uint8_t tag[TAGS][KP_DIGEST_BYTES];
    uint32_t count, given;
};

static struct source source[KP_MEMBERS_MAX];
static uint32_t fails_after; /* calls; 0: never */

static int by_tag(const void *left, const void *right)
{
    return memcmp(left, right, KP_DIGEST_BYTES);
}

/* Some at a time, of any number. */
static enum kp_status next(void *context, uint32_t index, const uint8_t **tags, uint32_t *count,
                           struct kp_error *error)
{
    struct source *from = &source[index];
    CU_ASSERT_PTR_EQUAL(context, source);
    if (fails_after > 0 && --fails_after == 0) {
        return kp_fail(error, KP_REFUSED, "damaged");
    }
    *count = 1 + randombytes_uniform(7);
    *count = *count < from->count - from->given ? *count : from->count - from->given;
    *tags = from->tag[from->given];
    from->given += *count;
    return KP_OK;
}

/* Of few values, so that many are equal; some differ in their last byte only, or are the greatest
 * there is, whose first bytes are those that stand for an end. */
static void random_tag(uint8_t tag[static KP_DIGEST_BYTES], uint32_t values)
{
    uint32_t value = randombytes_uniform(values);
    memset(tag, value % 3 == 0 ? 0xff : (int)(value & 0xff), KP_DIGEST_BYTES);
    tag[KP_DIGEST_BYTES - 1] = (uint8_t)value;
    tag[KP_DIGEST_BYTES - 2] = (uint8_t)(value >> 8);
}

static void fill(struct source *to, uint32_t count, uint32_t values)
{
    memset(to, 0, sizeof(*to));
    for (uint32_t i = 0; i < count; i++) {
        random_tag(to->tag[i], values);
    }
    qsort(to->tag, count, KP_DIGEST_BYTES, by_tag);
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || by_tag(to->tag[i], to->tag[to->count - 1]) != 0) {
            memmove(to->tag[to->count++], to->tag[i], KP_DIGEST_BYTES);
        }
    }
}

static void check_merge(uint32_t sources)
{
    static uint8_t all[KP_MEMBERS_MAX * TAGS][KP_DIGEST_BYTES];
    struct kp_tag_merge *merge = NULL;
    struct kp_tags_equal equal;
    uint32_t count = 0, at = 0, position[KP_MEMBERS_MAX] = {0};
    for (uint32_t i = 0; i < sources; i++) {
        memcpy(all[count], source[i].tag, (size_t)source[i].count * KP_DIGEST_BYTES);
        count += source[i].count;
    }
    qsort(all, count, KP_DIGEST_BYTES, by_tag);
    CU_ASSERT_EQUAL_FATAL(kp_tag_merge_new(&merge, sources, next, source, NULL), KP_OK);
    for (;;) {
        CU_ASSERT_EQUAL_FATAL(kp_tag_merge_next(merge, &equal, NULL), KP_OK);
        if (equal.count == 0) {
            break;
        }
        CU_ASSERT_FATAL(at + equal.count <= count);
        CU_ASSERT(at == 0 || by_tag(all[at - 1], equal.tag) < 0); /* all of them at once */
        for (uint32_t i = 0; i < equal.count; i++) {
            uint32_t from = equal.source[i];
            CU_ASSERT_FATAL(from < sources && (i == 0 || equal.source[i - 1] < from));
            CU_ASSERT_EQUAL(equal.position[i], position[from]++);
            CU_ASSERT_EQUAL(by_tag(source[from].tag[equal.position[i]], equal.tag), 0);
            CU_ASSERT_EQUAL(by_tag(all[at++], equal.tag), 0);
        }
    }
    CU_ASSERT_EQUAL(at, count);
    CU_ASSERT_EQUAL(kp_tag_merge_next(merge, &equal, NULL), KP_OK);
    CU_ASSERT_EQUAL(equal.count, 0);
    kp_tag_merge_free(merge);
}

static void as_sorting_all(void)
{
    for (uint32_t sources = 1; sources <= KP_MEMBERS_MAX; sources++) {
        for (uint32_t turn = 0; turn < 12; turn++) {
            for (uint32_t i = 0; i < sources; i++) {
                uint32_t count = turn == 0 ? 0 : randombytes_uniform(turn * 50);
                fill(&source[i], count, turn % 2 == 0 ? 200 : 60000);
            }
            check_merge(sources);
        }
    }
}

static void errors_of_a_source(void)
{
    struct kp_tags_equal equal = {.count = 1};
    for (uint32_t calls = 1; calls < 40; calls++) {
        struct kp_tag_merge *merge = NULL;
        for (uint32_t i = 0; i < 3; i++) {
            fill(&source[i], 500, 60000);
        }
        fails_after = calls;
        enum kp_status status = kp_tag_merge_new(&merge, 3, next, source, NULL);
        CU_ASSERT_EQUAL(status, calls <= 3 ? KP_REFUSED : KP_OK);
        CU_ASSERT_EQUAL(merge == NULL, calls <= 3);
        while (status == KP_OK) {
            status = kp_tag_merge_next(merge, &equal, NULL);
            CU_ASSERT_FATAL(status != KP_OK || equal.count > 0);
        }
        CU_ASSERT_EQUAL(status, KP_REFUSED);
        kp_tag_merge_free(merge);
    }
    kp_tag_merge_free(NULL);
}

/* Intake sees to it that a member's tags rise; if one came twice, it would be in two groups. */
static void a_tag_twice(void)
{
    struct kp_tag_merge *merge = NULL;
    struct kp_tags_equal equal;
    uint32_t taken = 0;
    memset(source, 0, sizeof(source));
    source[0].count = 40;
    source[1].count = 1;
    CU_ASSERT_EQUAL_FATAL(kp_tag_merge_new(&merge, 2, next, source, NULL), KP_OK);
    for (equal.count = 1; equal.count > 0; taken += equal.count) {
        CU_ASSERT_EQUAL_FATAL(kp_tag_merge_next(merge, &equal, NULL), KP_OK);
        CU_ASSERT(equal.count <= 2);
    }
    CU_ASSERT_EQUAL(taken, 41);
    kp_tag_merge_free(merge);
}

static const struct unit_test TESTS[] = {
    {"as sorting all", as_sorting_all},
    {"errors of a source", errors_of_a_source},
    {"a tag twice", a_tag_twice},
};

UNIT_MAIN("tag_merge", TESTS)
