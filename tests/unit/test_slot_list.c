/* node/slot_list.h and slot_keeping.h: in memory and in pieces, what was put comes back. */
#include "crypto/secret.h"
#include "node/slot_keeping.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>

static struct kp_slot_chunk *random_chunk(uint32_t count)
{
    struct kp_slot_chunk *chunk = kp_slot_chunk_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(chunk);
    randombytes_buf(chunk, sizeof(*chunk));
    chunk->count = count;
    return chunk;
}

static struct kp_pieces *open_pieces(const char *name)
{
    struct kp_pieces *pieces = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_pieces_new(&pieces, scratch(name), 2, KP_PIECES_CACHED, NULL), KP_OK);
    return pieces;
}

static bool same(const struct kp_slot_chunk *one, const struct kp_slot_chunk *other)
{
    size_t count = one->count;
    return count == other->count && memcmp(one->points, other->points, count * 32) == 0 &&
           memcmp(one->blindings, other->blindings, count * 32) == 0 &&
           memcmp(one->is_signal, other->is_signal, count) == 0 &&
           memcmp(one->canary, other->canary, count * sizeof(one->canary[0])) == 0 &&
           memcmp(one->leaves, other->leaves, count * sizeof(one->leaves[0])) == 0;
}

static void check_one(const struct kp_slot_list *list, const struct kp_slot_chunk *chunk,
                      uint32_t index)
{
    struct kp_slot_one one;
    uint32_t in = index % KP_CHUNK_POINTS;
    CU_ASSERT_EQUAL_FATAL(kp_slot_list_one(list, index, &one, NULL), KP_OK);
    CU_ASSERT_EQUAL(memcmp(one.blinding, chunk->blindings + (size_t)in * 32, 32), 0);
    CU_ASSERT_EQUAL(one.is_signal, chunk->is_signal[in]);
    CU_ASSERT_EQUAL(one.canary, chunk->canary[in]);
    CU_ASSERT_EQUAL(memcmp(&one.leaf, &chunk->leaves[in], sizeof(one.leaf)), 0);
}

/* `slots` between 1025 and 2047: two parts. */
static void check_list(struct kp_slot_list *list, uint32_t slots)
{
    uint8_t points[KP_CHUNK_POINTS * KP_POINT_BYTES];
    struct kp_slot_chunk *parts[2] = {random_chunk(KP_CHUNK_POINTS),
                                      random_chunk(slots - KP_CHUNK_POINTS)};
    struct kp_slot_chunk *back = random_chunk(0);
    CU_ASSERT_EQUAL(kp_slot_list_chunks(list), 2);
    CU_ASSERT_EQUAL(kp_slot_list_put(list, 1, parts[0], NULL), KP_FAILED); /* another size */
    CU_ASSERT_EQUAL(kp_slot_list_put(list, 2, parts[1], NULL), KP_FAILED); /* no such part */
    CU_ASSERT_EQUAL(kp_slot_list_get(list, 2, back, NULL), KP_FAILED);
    CU_ASSERT_EQUAL(kp_slot_list_put(list, 1, parts[1], NULL), KP_OK); /* in any order */
    CU_ASSERT_EQUAL(kp_slot_list_put(list, 0, parts[1], NULL), KP_FAILED);
    CU_ASSERT_EQUAL(kp_slot_list_put(list, 0, parts[0], NULL), KP_OK);
    randombytes_buf(parts[0]->points, 64);
    CU_ASSERT_EQUAL(kp_slot_list_put(list, 0, parts[0], NULL), KP_OK); /* again */
    for (uint32_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL_FATAL(kp_slot_list_get(list, i, back, NULL), KP_OK);
        CU_ASSERT(same(back, parts[i]));
        CU_ASSERT_EQUAL(kp_slot_list_points(list, i, points, NULL), KP_OK);
        CU_ASSERT_EQUAL(memcmp(points, parts[i]->points, (size_t)parts[i]->count * 32), 0);
    }
    check_one(list, parts[0], 0);
    check_one(list, parts[0], KP_CHUNK_POINTS - 1);
    check_one(list, parts[1], KP_CHUNK_POINTS);
    check_one(list, parts[1], slots - 1);
    struct kp_slot_one one;
    CU_ASSERT_EQUAL(kp_slot_list_one(list, slots, &one, NULL), KP_FAILED);
    kp_bulk_free(parts[0]);
    kp_bulk_free(parts[1]);
    kp_bulk_free(back);
}

static void lists(void)
{
    struct kp_slot_list list;
    CU_ASSERT_EQUAL_FATAL(kp_slot_list_new(&list, 1500), KP_OK);
    check_list(&list, 1500);
    kp_slot_list_free(&list);

    struct kp_pieces *pieces = open_pieces("list");
    CU_ASSERT_EQUAL_FATAL(kp_slot_list_new_in(&list, 1025, pieces, 1, NULL), KP_OK);
    struct kp_slot_chunk *chunk = random_chunk(0);
    CU_ASSERT_EQUAL(kp_slot_list_get(&list, 0, chunk, NULL), KP_FAILED); /* nothing put yet */
    kp_bulk_free(chunk);
    check_list(&list, 1025);
    CU_ASSERT_PTR_NULL(list.points);
    kp_slot_list_free(&list);
    CU_ASSERT_EQUAL(kp_slot_list_new_in(&list, 0, pieces, 1, NULL), KP_OK); /* on request */
    CU_ASSERT_EQUAL(kp_slot_list_chunks(&list), 0);
    kp_slot_list_free(&list);
    CU_ASSERT_EQUAL(kp_pieces_destroy(pieces, NULL), KP_OK);
}

static void what_came_out(void)
{
    static struct kp_made_slot made[KP_CHUNK_POINTS + 7];
    struct kp_slot_keeping keeping = {0};
    struct kp_made_slot one;
    struct kp_pieces *pieces = open_pieces("made");
    const uint32_t slots = KP_CHUNK_POINTS + 7;
    randombytes_buf(made, sizeof(made));
    CU_ASSERT_FALSE(kp_slot_keeping_has(&keeping));
    CU_ASSERT_EQUAL(kp_slot_keeping_made(&keeping, 0, &one, NULL), KP_FAILED);
    CU_ASSERT_EQUAL(kp_slot_keeping_put(&keeping, 0, made, KP_CHUNK_POINTS, NULL), KP_FAILED);
    CU_ASSERT_EQUAL_FATAL(kp_slot_keeping_begin(&keeping, slots, pieces, 0, NULL), KP_OK);
    CU_ASSERT(kp_slot_keeping_has(&keeping));
    CU_ASSERT_EQUAL(kp_slot_keeping_put(&keeping, 1, made + KP_CHUNK_POINTS, 8, NULL), KP_FAILED);
    CU_ASSERT_EQUAL(kp_slot_keeping_put(&keeping, 1, made + KP_CHUNK_POINTS, 7, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_slot_keeping_made(&keeping, 5, &one, NULL), KP_FAILED); /* not put yet */
    CU_ASSERT_EQUAL(kp_slot_keeping_put(&keeping, 0, made, KP_CHUNK_POINTS, NULL), KP_OK);
    for (uint32_t i = 0; i < slots; i += 103) {
        CU_ASSERT_EQUAL_FATAL(kp_slot_keeping_made(&keeping, i, &one, NULL), KP_OK);
        CU_ASSERT_EQUAL(memcmp(&one, &made[i], sizeof(one)), 0);
    }
    CU_ASSERT_EQUAL(kp_slot_keeping_made(&keeping, slots, &one, NULL), KP_FAILED);
    kp_slot_keeping_free(&keeping);
    CU_ASSERT_FALSE(kp_slot_keeping_has(&keeping));
    CU_ASSERT_EQUAL(kp_pieces_destroy(pieces, NULL), KP_OK);
}

static const struct unit_test TESTS[] = {
    {"lists", lists},
    {"what came out", what_came_out},
};

UNIT_MAIN("slot_list", TESTS)
