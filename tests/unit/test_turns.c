/* How often a round crosses the network, and how many bytes: what docs/protocol.md counts in
 * sections 7 and 15, counted over real messages. */
#include "proto/record.h"
#include "tests/unit/play.h"
#include "tests/unit/unit.h"

#include <stdlib.h>

enum { MEMBERS = 3, SLOTS = 1100, CHUNKS = 2, TURNS = 5, MESSAGES = 128 };

/* What all members put in one turn, before any of them gets what another put in it. */
struct turn {
    struct kp_buffer packed[MESSAGES];
    uint32_t count;
};

/* What was put: of each type, in which turn (0: none; TURNS + 1: in several), how many, and bytes.
 */
struct counted {
    uint32_t turns;
    uint32_t turn[KP_MESSAGE_TYPES];
    uint32_t messages[KP_MESSAGE_TYPES];
    uint64_t bytes[KP_MESSAGE_TYPES];
};

static void put(struct turn *turn, struct counted *counted, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    uint32_t *in = &counted->turn[message.type];
    *in = *in == 0 || *in == counted->turns ? counted->turns : TURNS + 1;
    counted->messages[message.type]++;
    counted->bytes[message.type] += packed->size;
    kp_round_message_free(&message);
    CU_ASSERT_FATAL(turn->count < MESSAGES);
    CU_ASSERT_EQUAL(kp_buffer_set(&turn->packed[turn->count++], packed->data, packed->size), KP_OK);
}

/* All that a member can do with what it has; then what it has to put. */
static void work(struct play *play, uint32_t member, struct turn *turn, struct counted *counted)
{
    struct kp_round *round = play->round[member - 1];
    struct kp_buffer packed = {0};
    bool more = play->release[member - 1] == NULL;
    while (more) {
        CU_ASSERT_EQUAL_FATAL(kp_round_work(round, &more, NULL), KP_OK);
        while (kp_round_next(round, &packed)) {
            put(turn, counted, &packed);
            more = true;
        }
    }
    if (play->release[member - 1] == NULL && kp_round_phase(round) == KP_PHASE_READY) {
        play->release[member - 1] = kp_round_take_release(round);
        CU_ASSERT_PTR_NOT_NULL_FATAL(play->release[member - 1]);
        put(turn, counted, &play->release[member - 1]->own_ready);
    }
    kp_buffer_free(&packed);
}

/* Only when every READY is there. */
static void release(struct play *play, uint32_t member, struct turn *turn, struct counted *counted)
{
    struct kp_release *out = play->release[member - 1];
    const struct kp_agreement *agreement = play->fixture.agreement;
    struct kp_buffer packed = {0};
    if (out == NULL || !kp_release_complete(out, agreement) ||
        counted->messages[KP_MESSAGE_READY] < MEMBERS) {
        return;
    }
    CU_ASSERT_EQUAL(kp_release_check(out, agreement, NULL), KP_OK);
    for (uint32_t i = 0; i < kp_release_message_count(out); i++) {
        CU_ASSERT_EQUAL_FATAL(kp_release_message(out, agreement,
                                                 play->fixture.member[member - 1].identity_secret,
                                                 i, &packed, NULL),
                              KP_OK);
        put(turn, counted, &packed);
    }
    kp_buffer_free(&packed);
}

static void deliver(struct play *play, struct turn *turn)
{
    for (uint32_t i = 0; i < turn->count; i++) {
        struct kp_round_message message;
        const struct kp_buffer *packed = &turn->packed[i];
        CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                              KP_OK);
        for (uint32_t to = 1; to <= MEMBERS; to++) {
            bool wanted = to != message.from || message.type == KP_MESSAGE_READY;
            if (wanted && (message.to == to || message.to == KP_PARTY_ALL)) {
                CU_ASSERT_EQUAL(play_offer(play, to, packed, NULL), KP_OK);
            }
        }
        kp_round_message_free(&message);
        kp_buffer_free(&turn->packed[i]);
    }
    turn->count = 0;
}

/* In lock-step: a turn is all that the members can put before they hear of each other again. */
static void count_turns(struct play *play, struct counted *counted)
{
    struct turn *turn = calloc(1, sizeof(*turn));
    CU_ASSERT_PTR_NOT_NULL_FATAL(turn);
    *counted = (struct counted){0};
    do {
        deliver(play, turn);
        counted->turns++;
        bool released = counted->messages[KP_MESSAGE_READY] == MEMBERS;
        for (uint32_t i = 1; i <= MEMBERS && !released; i++) {
            work(play, i, turn, counted);
        }
        for (uint32_t i = 1; i <= MEMBERS && released; i++) {
            release(play, i, turn, counted);
        }
    } while (turn->count > 0 && counted->messages[KP_MESSAGE_SUBMISSION] == 0 &&
             counted->turns < 2 * TURNS);
    for (uint32_t i = 0; i < turn->count; i++) {
        kp_buffer_free(&turn->packed[i]);
    }
    free(turn);
}

static void five_turns(const struct counted *counted)
{
    static const struct {
        enum kp_message_type type;
        uint32_t turn, messages;
    } EXPECTED[] = {
        {KP_MESSAGE_HELLO1, 1, MEMBERS},
        {KP_MESSAGE_HELLO2, 2, MEMBERS},
        {KP_MESSAGE_HELLO2_SECRET, 2, MEMBERS * (MEMBERS - 1)},
        {KP_MESSAGE_POINTS, 2, MEMBERS * (MEMBERS - 1) * CHUNKS},
        {KP_MESSAGE_EVALUATION, 3, MEMBERS * (MEMBERS - 1) * CHUNKS},
        {KP_MESSAGE_READY, 4, MEMBERS},
        {KP_MESSAGE_LEAVES, 5, MEMBERS},
        {KP_MESSAGE_SUBMISSION, 5, MEMBERS * ((SLOTS + 511) / 512)},
    };
    CU_ASSERT_EQUAL(counted->turns, TURNS);
    for (size_t i = 0; i < sizeof(EXPECTED) / sizeof(EXPECTED[0]); i++) {
        CU_ASSERT_EQUAL(counted->turn[EXPECTED[i].type], EXPECTED[i].turn);
        CU_ASSERT_EQUAL(counted->messages[EXPECTED[i].type], EXPECTED[i].messages);
    }
    CU_ASSERT_EQUAL(counted->messages[KP_MESSAGE_ABORT], 0);
}

/* No element goes twice: what there is besides them is less than a twentieth. */
static void bytes_of_elements(const struct kp_agreement *agreement, const struct counted *counted)
{
    uint64_t all = 0, entries = 0, points = (uint64_t)MEMBERS * (MEMBERS - 1) * SLOTS * 32;
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        entries += (uint64_t)SLOTS * kp_entry_size(agreement, i);
    }
    for (int type = 0; type < KP_MESSAGE_TYPES; type++) {
        all += counted->bytes[type];
    }
    uint64_t elements = 2 * points + (uint64_t)MEMBERS * SLOTS * 32 + entries;
    CU_ASSERT(counted->bytes[KP_MESSAGE_POINTS] >= points);
    CU_ASSERT(counted->bytes[KP_MESSAGE_EVALUATION] >= points);
    CU_ASSERT(counted->bytes[KP_MESSAGE_SUBMISSION] >= entries);
    CU_ASSERT(all >= elements);
    CU_ASSERT(all * 20 <= elements * 21);
    /* In each chunk about as much as section 15 says. */
    uint32_t chunks = MEMBERS * (MEMBERS - 1) * CHUNKS;
    CU_ASSERT((counted->bytes[KP_MESSAGE_POINTS] - points) / chunks <= 200);
    CU_ASSERT((counted->bytes[KP_MESSAGE_EVALUATION] - points) / chunks <= 260);
}

static void turns_and_bytes(void)
{
    const struct fixture_settings settings = {
        .members = MEMBERS, .threshold = 2, .slots = SLOTS, .rotation = 300, .rounds = 10};
    struct play play;
    struct counted counted;
    play_start(&play, &settings);
    count_turns(&play, &counted);
    five_turns(&counted);
    bytes_of_elements(play.fixture.agreement, &counted);
    play_free(&play);
}

static const struct unit_test TESTS[] = {
    {"turns and bytes", turns_and_bytes},
};

UNIT_MAIN("turns", TESTS)
