/* The values of results, packed and unpacked. */
#include "proto/wire.h"
#include "tests/unit/tamper.h"
#include "tests/unit/unit.h"

#include <sodium.h>

static void fill(struct kp_buffer *buffer, size_t size)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(buffer, size));
    randombytes_buf(buffer->data, size);
}

static bool same(const struct kp_buffer *left, const struct kp_buffer *right)
{
    return left->size == right->size &&
           (left->size == 0 || memcmp(left->data, right->data, left->size) == 0);
}

/* ---- transcripts ---- */

static enum kp_status parse_transcript(const uint8_t *bytes, size_t size)
{
    struct kp_result_transcript transcript;
    enum kp_status status = kp_result_transcript_unpack(&transcript, bytes, size, NULL);
    CU_ASSERT(transcript.member_count <= KP_MEMBERS_MAX);
    CU_ASSERT(status == KP_OK || transcript.member_count == 0);
    kp_result_transcript_free(&transcript);
    return status;
}

static void make_transcript(struct kp_result_transcript *transcript, uint32_t members, size_t size)
{
    memset(transcript, 0, sizeof(*transcript));
    transcript->member_count = members;
    for (uint32_t i = 0; i < members; i++) {
        fill(&transcript->hello1[i], size);
        fill(&transcript->hello2[i], i % 3);
        fill(&transcript->ready[i], size + i);
    }
}

static void transcripts(void)
{
    for (uint32_t members = 0; members <= KP_MEMBERS_MAX; members += members < 4 ? 1 : 14) {
        struct kp_result_transcript transcript, back;
        struct kp_buffer packed = {0};
        make_transcript(&transcript, members, members > 4 ? 300 : 5);
        CU_ASSERT_EQUAL(kp_result_transcript_pack(&transcript, &packed, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_result_transcript_unpack(&back, packed.data, packed.size, NULL), KP_OK);
        CU_ASSERT_EQUAL(back.member_count, members);
        for (uint32_t i = 0; i < members; i++) {
            CU_ASSERT(same(&transcript.hello1[i], &back.hello1[i]));
            CU_ASSERT(same(&transcript.hello2[i], &back.hello2[i]));
            CU_ASSERT(same(&transcript.ready[i], &back.ready[i]));
        }
        if (members <= 4) {
            tamper_all(parse_transcript, packed.data, packed.size);
        }
        kp_result_transcript_free(&back);
        kp_result_transcript_free(&transcript);
        kp_buffer_free(&packed);
    }
}

/* hello1, hello2 and ready must be as many as each other, and as members may be. */
static void transcripts_of_wrong_counts(void)
{
    for (uint32_t which = 0; which < 3; which++) {
        uint8_t bytes[3 * 2 * (KP_MEMBERS_MAX + 1)];
        size_t size = 0;
        for (uint32_t list = 0; list < 3; list++) {
            for (uint32_t i = 0; i < 3 + (list == which); i++) {
                bytes[size++] = (uint8_t)(0x0a + 8 * list);
                bytes[size++] = 0;
            }
        }
        CU_ASSERT_EQUAL(tamper_try(parse_transcript, bytes, size), KP_REFUSED);
    }
    for (uint32_t members = KP_MEMBERS_MAX; members <= KP_MEMBERS_MAX + 1; members++) {
        uint8_t bytes[3 * 2 * (KP_MEMBERS_MAX + 1)];
        size_t size = 0;
        for (uint32_t i = 0; i < 3 * members; i++) {
            bytes[size++] = (uint8_t)(0x0a + 8 * (i / members));
            bytes[size++] = 0;
        }
        CU_ASSERT_EQUAL(tamper_try(parse_transcript, bytes, size),
                        members <= KP_MEMBERS_MAX ? KP_OK : KP_REFUSED);
        bytes[0] = 0x12; /* a hello 2 before the first hello 1 */
        bytes[2 * members] = 0x0a;
        CU_ASSERT_EQUAL(tamper_try(parse_transcript, bytes, size), KP_REFUSED);
    }
}

/* ---- groups ---- */

static enum kp_status parse_group(const uint8_t *bytes, size_t size)
{
    struct kp_result_group group;
    enum kp_status status = kp_result_group_unpack(&group, bytes, size, NULL);
    CU_ASSERT(group.record_count <= KP_MEMBERS_MAX);
    for (uint32_t i = 0; status == KP_OK && i < group.record_count; i++) {
        CU_ASSERT(group.records[i].member >= 1 && group.records[i].member <= KP_MEMBERS_MAX);
        CU_ASSERT(group.records[i].position < KP_SLOTS_MAX);
    }
    kp_result_group_free(&group);
    return status;
}

static void make_group(struct kp_result_group *group, uint32_t records, size_t size)
{
    memset(group, 0, sizeof(*group));
    randombytes_buf(group->tag, sizeof(group->tag));
    group->record_count = records;
    for (uint32_t i = 0; i < records; i++) {
        group->records[i].member = KP_MEMBERS_MAX - i;
        group->records[i].position = i == 0 ? KP_SLOTS_MAX - 1 : i - 1;
        fill(&group->records[i].entry, size);
        fill(&group->records[i].path, size / 2);
    }
}

static void groups(void)
{
    for (uint32_t records = 0; records <= KP_MEMBERS_MAX; records += records < 3 ? 1 : 29) {
        struct kp_result_group group, back;
        struct kp_buffer packed = {0};
        make_group(&group, records, records > 3 ? 700 : 9);
        CU_ASSERT_EQUAL(kp_result_group_pack(&group, &packed, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_result_group_unpack(&back, packed.data, packed.size, NULL), KP_OK);
        CU_ASSERT_EQUAL(memcmp(group.tag, back.tag, sizeof(group.tag)), 0);
        CU_ASSERT_EQUAL_FATAL(back.record_count, records);
        for (uint32_t i = 0; i < records; i++) {
            CU_ASSERT_EQUAL(group.records[i].member, back.records[i].member);
            CU_ASSERT_EQUAL(group.records[i].position, back.records[i].position);
            CU_ASSERT(same(&group.records[i].entry, &back.records[i].entry));
            CU_ASSERT(same(&group.records[i].path, &back.records[i].path));
        }
        if (records <= 3) {
            tamper_all(parse_group, packed.data, packed.size);
        }
        kp_result_group_free(&back);
        kp_result_group_free(&group);
        kp_buffer_free(&packed);
    }
}

static enum kp_status repack(const struct kp_result_group *group)
{
    struct kp_buffer packed = {0};
    CU_ASSERT_EQUAL(kp_result_group_pack(group, &packed, NULL), KP_OK);
    enum kp_status status = tamper_try(parse_group, packed.data, packed.size);
    kp_buffer_free(&packed);
    return status;
}

static void groups_out_of_range(void)
{
    struct kp_result_group group;
    make_group(&group, 2, 4);
    group.records[1].member = 0;
    CU_ASSERT_EQUAL(repack(&group), KP_REFUSED);
    group.records[1].member = KP_MEMBERS_MAX + 1;
    CU_ASSERT_EQUAL(repack(&group), KP_REFUSED);
    group.records[1].member = 1;
    CU_ASSERT_EQUAL(repack(&group), KP_OK);
    group.records[1].position = KP_SLOTS_MAX;
    CU_ASSERT_EQUAL(repack(&group), KP_REFUSED);
    kp_result_group_free(&group);
}

/* A tag of another size; 33 records. */
static void groups_by_hand(void)
{
    uint8_t bytes[2 + 33 + 4 * 33] = {0x0a, 33};
    CU_ASSERT_EQUAL(tamper_try(parse_group, bytes, 2 + 33), KP_REFUSED);
    bytes[1] = 31;
    CU_ASSERT_EQUAL(tamper_try(parse_group, bytes, 2 + 31), KP_REFUSED);
    CU_ASSERT_EQUAL(tamper_try(parse_group, bytes, 0), KP_REFUSED);
    bytes[1] = 32;
    for (size_t count = 0; count <= 33; count++) {
        CU_ASSERT_EQUAL(tamper_try(parse_group, bytes, 34 + 4 * count),
                        count <= KP_MEMBERS_MAX ? KP_OK : KP_REFUSED);
        if (count < 33) {
            memcpy(bytes + 34 + 4 * count, "\x12\x02\x08\x01", 4);
        }
    }
}

static const struct unit_test TESTS[] = {
    {"transcripts", transcripts},
    {"transcripts of wrong counts", transcripts_of_wrong_counts},
    {"groups", groups},
    {"groups out of range", groups_out_of_range},
    {"groups by hand", groups_by_hand},
};

UNIT_MAIN("result", TESTS)
