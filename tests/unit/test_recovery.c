/* What a restored member takes from others' answers, and what it refuses. */
#include "crypto/merkle.h"
#include "node/recovery.h"
#include "proto/transcript.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

#define SLOTS (KP_CHUNK_POINTS + 2)
#define COUNTER 3
#define ASKER 1
#define PARTS_MAX 8

struct world {
    struct fixture fixture;
    struct kp_recovery_settings settings[3];
    uint8_t points[3][SLOTS * KP_POINT_BYTES]; /* the lists of round COUNTER - 1 */
    uint8_t newer[SLOTS * KP_POINT_BYTES];     /* the asker's of round COUNTER */
    struct kp_buffer hello2;                   /* the asker's, for `newer` */
    struct kp_recovery *recovery;
    struct kp_pieces *pieces;
    const uint8_t *asked, *own; /* what is answered */
    struct kp_round_message ask;
    struct kp_buffer parts[PARTS_MAX];
    uint32_t part_count;
    struct kp_error error;
};

static void root_of(const struct world *world, const uint8_t *points, uint8_t *root)
{
    uint8_t leaves[2 * KP_DIGEST_BYTES];
    for (uint32_t part = 0; part < 2; part++) {
        kp_transcript_points_leaf(leaves + part * KP_DIGEST_BYTES,
                                  world->fixture.agreement->lineage, part,
                                  points + (size_t)part * KP_CHUNK_POINTS * KP_POINT_BYTES,
                                  kp_chunk_items(SLOTS, KP_CHUNK_POINTS, part));
    }
    kp_merkle_root(root, leaves, 2);
}

static void make_hello2(struct world *world, uint64_t counter, uint32_t signer)
{
    struct kp_hello2 hello = {.counter = counter, .seen_count = 3, .log = {.sequence = 40}};
    struct kp_round_message message = {
        .type = KP_MESSAGE_HELLO2, .from = ASKER, .to = KP_PARTY_ALL};
    root_of(world, world->newer, hello.points_root);
    CU_ASSERT_EQUAL(kp_hello2_pack(&hello, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, world->fixture.agreement->lineage,
                          world->fixture.member[signer - 1].identity_secret);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, &world->hello2, NULL), KP_OK);
    kp_round_message_free(&message);
}

static void start(struct world *world)
{
    memset(world, 0, sizeof(*world));
    fixture_make(&world->fixture, &(struct fixture_settings){.members = 3, .slots = SLOTS});
    struct kp_list_total lists[3];
    randombytes_buf(world->newer, sizeof(world->newer));
    for (uint32_t i = 0; i < 3; i++) {
        randombytes_buf(world->points[i], sizeof(world->points[i]));
        root_of(world, world->points[i], lists[i].points_root);
        lists[i].charged = 100 + i;
    }
    for (uint32_t i = 0; i < 3; i++) {
        world->settings[i] = (struct kp_recovery_settings){
            .agreement = world->fixture.agreement,
            .own = i + 1,
            .identity_secret = world->fixture.member[i].identity_secret,
            .box_secret = world->fixture.member[i].box_secret,
            .counter = COUNTER};
        memcpy(world->settings[i].lists, lists, sizeof(lists));
    }
    struct kp_buffer packed = {0};
    static unsigned turn;
    char name[32];
    (void)snprintf(name, sizeof(name), "pieces-%u", turn++);
    CU_ASSERT_EQUAL_FATAL(kp_pieces_new(&world->pieces, scratch(name), 1, KP_PIECES_CACHED, NULL),
                          KP_OK);
    world->settings[ASKER - 1].pieces = world->pieces;
    CU_ASSERT_EQUAL_FATAL(
        kp_recovery_new(&world->recovery, &world->settings[ASKER - 1], &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&world->ask, packed.data, packed.size, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL(kp_recover_check(world->fixture.agreement, &world->ask, COUNTER, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_recover_check(world->fixture.agreement, &world->ask, COUNTER + 1, NULL),
                    KP_REFUSED);
    kp_buffer_free(&packed);
    make_hello2(world, COUNTER, ASKER);
}

static void end(struct world *world)
{
    kp_recovery_free(world->recovery);
    CU_ASSERT_EQUAL(kp_pieces_destroy(world->pieces, NULL), KP_OK);
    kp_round_message_free(&world->ask);
    kp_buffer_free(&world->hello2);
    for (uint32_t i = 0; i < PARTS_MAX; i++) {
        kp_buffer_free(&world->parts[i]);
    }
    fixture_free(&world->fixture);
}

static enum kp_status read_given(void *context, bool own, uint32_t part, uint8_t *points,
                                 struct kp_error *error)
{
    const struct world *world = context;
    (void)error;
    memcpy(points,
           (own ? world->own : world->asked) + (size_t)part * KP_CHUNK_POINTS * KP_POINT_BYTES,
           (size_t)kp_chunk_items(SLOTS, KP_CHUNK_POINTS, part) * KP_POINT_BYTES);
    return KP_OK;
}

/* All parts of the answer. */
static void give(struct world *world, uint32_t from, const struct kp_recovery_answer *given)
{
    struct kp_recovery_answering *answering = NULL;
    bool end = false;
    world->part_count = 0;
    CU_ASSERT_EQUAL_FATAL(kp_recovery_answering_new(&answering, &world->settings[from - 1],
                                                    &world->ask, given, &world->error),
                          KP_OK);
    while (!end) {
        struct kp_buffer packed = {0};
        CU_ASSERT_EQUAL_FATAL(kp_recovery_answering_next(answering, &packed, &end, &world->error),
                              KP_OK);
        if (!end) {
            CU_ASSERT_FATAL(world->part_count < PARTS_MAX);
            kp_buffer_free(&world->parts[world->part_count]);
            world->parts[world->part_count++] = packed;
        }
    }
    kp_recovery_answering_free(answering);
}

/* What was taken of this member's list is these points. */
static bool taken(const struct world *world, uint32_t member, const uint8_t *points)
{
    uint8_t chunk[KP_CHUNK_POINTS * KP_POINT_BYTES];
    bool same = true;
    for (uint32_t part = 0; part < kp_chunk_count(SLOTS, KP_CHUNK_POINTS); part++) {
        CU_ASSERT_EQUAL(kp_recovery_chunk(world->recovery, member, part, chunk, NULL), KP_OK);
        same = same &&
               memcmp(chunk, points + part * sizeof(chunk),
                      (size_t)kp_chunk_items(SLOTS, KP_CHUNK_POINTS, part) * KP_POINT_BYTES) == 0;
    }
    return same;
}

/* `from` answers: the asker's list at this counter or the one before, and its own. */
static void answer(struct world *world, uint32_t from, uint64_t asked_counter)
{
    struct kp_recovery_answer given = {
        .header = {.hello2 = world->hello2,
                   .asked_counter = asked_counter,
                   .own_counter = COUNTER - 1},
        .read = read_given,
        .context = world,
    };
    world->asked = asked_counter == COUNTER ? world->newer : world->points[ASKER - 1];
    world->own = world->points[from - 1];
    give(world, from, &given);
    CU_ASSERT_EQUAL(world->part_count, asked_counter != 0 ? 5 : 3);
}

static enum kp_status offer(struct world *world, const struct kp_buffer *packed, uint32_t *blamed)
{
    struct kp_round_message message;
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    enum kp_status status = kp_recovery_receive(world->recovery, &message, blamed, &world->error);
    kp_round_message_free(&message);
    return status;
}

/* All parts; the first result that isn't KP_OK. */
static enum kp_status offer_all(struct world *world, uint32_t *blamed)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < world->part_count; i++) {
        status = offer(world, &world->parts[i], blamed);
    }
    return status;
}

static void what_is_taken(void)
{
    struct world world;
    uint32_t blamed = 0;
    start(&world);
    answer(&world, 2, COUNTER - 1);
    CU_ASSERT_EQUAL(offer_all(&world, &blamed), KP_OK);
    CU_ASSERT(!kp_recovery_complete(world.recovery));
    const struct kp_recovered_list *own = kp_recovery_list(world.recovery, ASKER);
    CU_ASSERT(own->counter == COUNTER - 1 && taken(&world, ASKER, world.points[0]));
    answer(&world, 3, COUNTER); /* knows a newer one */
    CU_ASSERT_EQUAL(offer_all(&world, &blamed), KP_OK);
    CU_ASSERT(kp_recovery_complete(world.recovery));
    CU_ASSERT(own->counter == COUNTER && own->charged == 100 + 2 &&
              taken(&world, ASKER, world.newer));
    for (uint32_t i = 2; i <= 3; i++) {
        const struct kp_recovered_list *list = kp_recovery_list(world.recovery, i);
        CU_ASSERT(list->counter == COUNTER - 1 && list->charged == 99 + i);
        CU_ASSERT(taken(&world, i, world.points[i - 1]));
    }
    CU_ASSERT_EQUAL(kp_recovery_log(world.recovery).sequence, 40);
    end(&world);
}

static void lists_that_were_not_signed(void)
{
    for (int what = 0; what < 5; what++) {
        struct world world;
        uint32_t blamed = 0;
        start(&world);
        world.points[0][5] ^= what == 0;
        world.points[1][5] ^= what == 1;
        world.newer[SLOTS * KP_POINT_BYTES - 1] ^= what == 2;
        if (what == 3) {
            make_hello2(&world, COUNTER, 2); /* the answerer signs in the asker's name */
        } else if (what == 4) {
            make_hello2(&world, COUNTER - 1, ASKER); /* of another round */
        }
        answer(&world, 2, what < 2 ? COUNTER - 1 : COUNTER);
        CU_ASSERT_EQUAL(offer_all(&world, &blamed), KP_REFUSED);
        CU_ASSERT_EQUAL(blamed, 2);
        CU_ASSERT(!kp_recovery_complete(world.recovery));
        CU_ASSERT_EQUAL(kp_recovery_list(world.recovery, what == 1 ? 2 : ASKER)->counter, 0);
        end(&world);
    }
}

/* A coordinator mixes them up: nobody is blamed, and nothing is taken. */
static void parts_that_are_mixed_up(void)
{
    struct world world;
    uint32_t blamed = 0;
    start(&world);
    answer(&world, 2, COUNTER - 1);
    CU_ASSERT_EQUAL(offer(&world, &world.parts[1], &blamed), KP_REFUSED); /* not the first */
    CU_ASSERT_EQUAL(offer(&world, &world.parts[0], &blamed), KP_OK);
    CU_ASSERT_EQUAL(offer(&world, &world.parts[0], &blamed), KP_REFUSED); /* twice */
    CU_ASSERT_EQUAL(offer(&world, &world.parts[2], &blamed), KP_REFUSED);
    struct kp_buffer second = {0};
    CU_ASSERT_EQUAL(kp_buffer_set(&second, world.parts[1].data, world.parts[1].size), KP_OK);
    answer(&world, 2, COUNTER - 1); /* another answer, under other keys */
    CU_ASSERT_EQUAL(offer(&world, &world.parts[1], &blamed), KP_REFUSED);
    second.data[second.size / 2] ^= 1;
    CU_ASSERT_EQUAL(offer(&world, &second, &blamed), KP_REFUSED);
    second.data[second.size / 2] ^= 1;
    CU_ASSERT_EQUAL(blamed, 0);
    CU_ASSERT_EQUAL(offer(&world, &second, &blamed), KP_OK);
    kp_buffer_free(&second);
    end(&world);
}

/* An answer to another question doesn't open. */
static void answers_to_another_question(void)
{
    struct world one, other;
    uint32_t blamed = 0;
    start(&one);
    answer(&one, 2, COUNTER - 1);
    start(&other);
    CU_ASSERT_EQUAL(offer(&other, &one.parts[0], &blamed), KP_REFUSED);
    CU_ASSERT_EQUAL(blamed, 0);
    end(&other);
    end(&one);
}

static void nothing_to_give(void)
{
    struct world world;
    uint32_t blamed = 0;
    start(&world);
    for (uint32_t from = 2; from <= 3; from++) {
        const struct kp_recovery_answer given = {0};
        give(&world, from, &given);
        CU_ASSERT_EQUAL(world.part_count, 1);
        CU_ASSERT_EQUAL(offer_all(&world, &blamed), KP_OK);
    }
    CU_ASSERT(kp_recovery_complete(world.recovery));
    CU_ASSERT_EQUAL(kp_recovery_list(world.recovery, ASKER)->counter, 0);
    end(&world);
}

static const struct unit_test TESTS[] = {
    {"what is taken", what_is_taken},
    {"lists that were not signed", lists_that_were_not_signed},
    {"parts that are mixed up", parts_that_are_mixed_up},
    {"answers to another question", answers_to_another_question},
    {"nothing to give", nothing_to_give},
};

UNIT_MAIN("recovery", TESTS)
