/* Members that take part on request: they have no slots, but a share of every round's key. */
#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "node/database.h"
#include "node/quota.h"
#include "node/release_store.h"
#include "node/round_internal.h"
#include "node/slots.h"
#include "node/state.h"
#include "proto/transcript.h"
#include "tests/unit/scratch.h"
#include "tests/unit/stage.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

#define SLOTS 8u

static uint32_t bit(uint32_t member)
{
    return 1u << (member - 1);
}

static void set_roles(struct kp_agreement *draft, void *context)
{
    const uint32_t *on_request = context;
    for (uint32_t i = 0; i < draft->member_count; i++) {
        if ((*on_request & 1u << i) != 0) {
            draft->members[i].role = KP_ROLE_ON_REQUEST;
        }
    }
}

/* Who takes part how: bit i - 1 of on_request is member i. */
struct cast {
    uint32_t members;
    uint32_t threshold;
    uint32_t slots;
    uint32_t on_request;
};

static struct fixture_settings settings_of(struct cast *cast)
{
    return (struct fixture_settings){.members = cast->members,
                                     .threshold = cast->threshold,
                                     .slots = cast->slots,
                                     .change = set_roles,
                                     .context = &cast->on_request};
}

/* Two that contribute, and member 3 on request. */
static struct cast the_three = {3, 2, SLOTS, 1u << 2};

/* ---- whole rounds ---- */

/* Address 1 is of all that contribute, address 2 of the first two of them; of the others each has
 * its own. */
static void fill_sets(const struct cast *cast, struct stage_set *sets, uint32_t numbers[][3])
{
    uint32_t contributes = 0;
    for (uint32_t i = 0; i < cast->members; i++) {
        if ((cast->on_request & 1u << i) != 0) {
            sets[i] = (struct stage_set){0};
            continue;
        }
        numbers[i][0] = 1;
        numbers[i][1] = contributes++ < 2 ? 2 : 50 + i;
        numbers[i][2] = 100 + i;
        sets[i] = (struct stage_set){numbers[i], 3};
    }
}

static void start(struct stage *stage, struct cast *cast)
{
    static struct stage_set sets[KP_MEMBERS_MAX];
    static uint32_t numbers[KP_MEMBERS_MAX][3];
    const struct fixture_settings settings = settings_of(cast);
    fill_sets(cast, sets, numbers);
    stage_start(stage, &settings, sets);
}

static void check_match(struct kp_opening *opening, const struct kp_result_group *group,
                        const struct cast *cast)
{
    static struct kp_opened_match match;
    uint32_t members = 0;
    CU_ASSERT_EQUAL_FATAL(stage_open_match(opening, group, &match, NULL), KP_OK);
    CU_ASSERT(match.shown);
    for (uint32_t i = 0; i < match.record_count; i++) {
        CU_ASSERT(match.records[i].valid);
        members |= bit(match.records[i].member);
    }
    uint32_t all = (1u << cast->members) - 1;
    CU_ASSERT_EQUAL(members & cast->on_request, 0);
    if (fixture_number(match.address_key) == 1) {
        CU_ASSERT_EQUAL(members, all & ~cast->on_request);
    } else {
        CU_ASSERT_EQUAL(fixture_number(match.address_key), 2);
        CU_ASSERT_EQUAL(match.record_count, 2);
    }
}

static void check_results(struct stage *stage, const struct cast *cast)
{
    static struct stage_results results;
    struct kp_opening *opening = NULL;
    struct kp_error error = {0};
    stage_results_read(&results, stage, stage->round);
    CU_ASSERT_EQUAL(results.group_count, cast->threshold == 2 ? 2 : 1);
    CU_ASSERT_EQUAL_FATAL(stage_opening(&opening, stage, &results, &error), KP_OK);
    for (uint32_t i = 0; i < results.group_count; i++) {
        check_match(opening, &results.groups[i], cast);
    }
    for (uint32_t i = 0; i < cast->members; i++) {
        bool contributes = (cast->on_request & 1u << i) == 0;
        CU_ASSERT_EQUAL(results.leaves[i].size > 0, contributes);
    }
    kp_opening_free(opening);
    stage_results_free(&results);
}

/* What a member on request signs and releases: READY without entries. */
static void check_release(const struct stage *stage, uint32_t member)
{
    static const uint8_t zeros[KP_DIGEST_BYTES];
    const struct kp_release *release = stage->play.release[member - 1];
    struct kp_ready ready;
    uint8_t attempt[KP_ATTEMPT_BYTES], empty[KP_DIGEST_BYTES];
    kp_merkle_root(empty, NULL, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(release);
    CU_ASSERT_EQUAL(kp_release_message_count(release), 0);
    CU_ASSERT_EQUAL_FATAL(kp_transcript_check_ready(&ready, attempt, stage->play.fixture.agreement,
                                                    member, release->own_ready.data,
                                                    release->own_ready.size, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL(ready.entries, 0);
    CU_ASSERT_EQUAL(memcmp(ready.entries_root, empty, sizeof(empty)), 0);
    CU_ASSERT_EQUAL(memcmp(ready.lists[member - 1].points_root, zeros, sizeof(zeros)), 0);
    CU_ASSERT_EQUAL(ready.lists[member - 1].charged, 0);
    CU_ASSERT_EQUAL(kp_release_check(release, stage->play.fixture.agreement, NULL), KP_OK);
}

static void play(struct cast *cast)
{
    static struct stage stage;
    start(&stage, cast);
    stage_run(&stage);
    for (uint32_t member = 1; member <= cast->members; member++) {
        if ((cast->on_request & bit(member)) != 0) {
            check_release(&stage, member);
        }
    }
    stage_submit(&stage);
    stage_match(&stage);
    if (stage.refused > 0 || stage.play.refused > 0) {
        fprintf(stderr, "refused: %s%s\n", stage.error.text, stage.play.error.text);
    }
    CU_ASSERT_EQUAL(stage.refused, 0);
    CU_ASSERT_EQUAL(stage.play.refused, 0);
    CU_ASSERT_EQUAL(stage.matches, cast->threshold == 2 ? 2 : 1);
    CU_ASSERT_EQUAL(stage.faults, 0);
    check_results(&stage, cast);
    stage_free(&stage);
}

static void whole_rounds(void)
{
    static struct cast casts[] = {
        {3, 2, SLOTS, 1},                     /* the first one */
        {3, 2, SLOTS, 1u << 1},               /* in the middle */
        {3, 2, SLOTS, 1u << 2},               /* the last one */
        {5, 2, SLOTS, 1 | 1u << 2 | 1u << 4}, /* several */
        {5, 3, SLOTS, 1u << 1 | 1u << 3},     /* all that contribute are needed */
        {4, 2, SLOTS, 1u << 2 | 1u << 3},     /* and two of two */
        {3, 2, 1100, 1u << 1},                /* more than one chunk */
    };
    for (size_t i = 0; i < sizeof(casts) / sizeof(casts[0]); i++) {
        play(&casts[i]);
    }
}

/* Over rounds: those that contribute are charged, a member on request never. */
static void totals(void)
{
    struct play play;
    const struct fixture_settings settings = settings_of(&the_three);
    play_start(&play, &settings);
    for (uint64_t counter = 1; counter <= 3; counter++) {
        if (counter > 1) {
            play_again(&play, counter);
        }
        play_run(&play);
        CU_ASSERT_EQUAL(play.refused, 0);
        for (uint32_t member = 1; member <= 3; member++) {
            struct kp_ready ready;
            uint8_t attempt[KP_ATTEMPT_BYTES];
            const struct kp_release *release = play.release[member - 1];
            CU_ASSERT_PTR_NOT_NULL_FATAL(release);
            CU_ASSERT(kp_release_complete(release, play.fixture.agreement));
            CU_ASSERT_EQUAL(kp_release_check(release, play.fixture.agreement, NULL), KP_OK);
            CU_ASSERT_EQUAL_FATAL(kp_transcript_check_ready(&ready, attempt, play.fixture.agreement,
                                                            member, release->own_ready.data,
                                                            release->own_ready.size, NULL),
                                  KP_OK);
            CU_ASSERT_EQUAL(ready.lists[0].charged, SLOTS + (counter - 1) * 2);
            CU_ASSERT_EQUAL(ready.lists[1].charged, SLOTS + (counter - 1) * 2);
            CU_ASSERT_EQUAL(ready.lists[2].charged, 0);
        }
    }
    play_free(&play);
}

/* The key isn't complete without it. */
static void share_of_the_key(void)
{
    struct play play;
    const struct fixture_settings settings = settings_of(&the_three);
    play_start(&play, &settings);
    play_relay(&play);
    CU_ASSERT_EQUAL_FATAL(kp_round_phase(play.round[0]), KP_PHASE_EVALUATE);
    kp_scalar_random(play.round[2]->secrets->key); /* another one than it proved to know */
    play_run(&play);
    CU_ASSERT_PTR_NULL(play.release[0]);
    CU_ASSERT_EQUAL(play.told.reason, KP_ABORT_REFUSED);
    CU_ASSERT_EQUAL(play.told.members, bit(3));
    play_free(&play);
}

/* ---- what it may not send ---- */

/* Of the member's round, whatever its program would do: sealed to `to`, or to the coordinator. */
static void forge(struct play *play, enum kp_message_type type, uint32_t from, uint32_t to,
                  const struct kp_buffer *body, struct kp_buffer *packed)
{
    struct kp_buffer waiting = {0};
    while (kp_round_next(play->round[from - 1], &waiting)) {
        kp_buffer_free(&waiting);
    }
    CU_ASSERT_EQUAL_FATAL(kp_round_send(play->round[from - 1], type, to, 0, body, NULL), KP_OK);
    CU_ASSERT_FATAL(kp_round_next(play->round[from - 1], packed));
}

static void forge_points(struct play *play, uint32_t from, uint32_t to, struct kp_buffer *packed)
{
    struct kp_buffer body = {0};
    uint8_t points[SLOTS * KP_POINT_BYTES];
    memcpy(points, play->round[0]->slots.points, sizeof(points));
    CU_ASSERT_EQUAL_FATAL(kp_points_pack(points, SLOTS, NULL, 0, &body, NULL), KP_OK);
    forge(play, KP_MESSAGE_POINTS, from, to, &body, packed);
    kp_buffer_free(&body);
}

/* Every member in phase EVALUATE, with nothing worked yet. */
static void start_evaluation(struct play *play)
{
    const struct fixture_settings settings = settings_of(&the_three);
    play_start(play, &settings);
    play_relay(play);
    for (uint32_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL_FATAL(kp_round_phase(play->round[i]), KP_PHASE_EVALUATE);
    }
}

static void check_ended(const struct play *play, uint32_t member, uint32_t named)
{
    struct kp_abort ended = kp_round_ended(play->round[member - 1]);
    CU_ASSERT_EQUAL(kp_round_phase(play->round[member - 1]), KP_PHASE_ENDED);
    CU_ASSERT_EQUAL(ended.reason, KP_ABORT_REFUSED);
    CU_ASSERT_EQUAL(ended.members, bit(named));
    CU_ASSERT_PTR_NULL(play->round[member - 1]->secrets);
}

static void points_to_a_member(void)
{
    struct play play;
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    start_evaluation(&play);
    forge_points(&play, 3, 1, &packed);
    CU_ASSERT_EQUAL(play_offer(&play, 1, &packed, &error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "takes part on request and has none"));
    check_ended(&play, 1, 3);
    kp_buffer_free(&packed);
    play_free(&play);
}

static void evaluation_for_it(void)
{
    struct play play;
    struct kp_buffer packed = {0}, body = {0};
    struct kp_error error = {0};
    uint8_t proof[KP_CHUNK_PROOF_BYTES] = {1};
    start_evaluation(&play);
    CU_ASSERT_EQUAL_FATAL(
        kp_evaluation_pack(play.round[0]->slots.points, SLOTS, proof, &body, NULL), KP_OK);
    forge(&play, KP_MESSAGE_EVALUATION, 1, 3, &body, &packed);
    CU_ASSERT_EQUAL(play_offer(&play, 3, &packed, &error), KP_REFUSED);
    check_ended(&play, 3, 1);
    kp_buffer_free(&packed);
    kp_buffer_free(&body);
    play_free(&play);
}

static void roots_of_slots(void)
{
    for (unsigned which = 0; which < 2; which++) {
        struct play play;
        const struct fixture_settings settings = settings_of(&the_three);
        play_start(&play, &settings);
        struct kp_hello2 *hello = &play.round[2]->hello2[2];
        memcpy(which == 0 ? hello->slots_root : hello->points_root,
               play.round[0]->hello2[0].points_root, KP_DIGEST_BYTES);
        play_run(&play);
        CU_ASSERT_PTR_NOT_NULL(strstr(play.error.text, "speaks of slots"));
        CU_ASSERT_EQUAL(play.told.reason, KP_ABORT_REFUSED);
        CU_ASSERT_EQUAL(play.told.members, bit(3));
        play_free(&play);
    }
}

static void points_at_the_coordinator(void)
{
    static struct stage stage;
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    start(&stage, &the_three);
    /* One turn of messages each, so that all wait for work. */
    while (kp_round_phase(stage.play.round[0]) != KP_PHASE_EVALUATE ||
           kp_round_phase(stage.play.round[2]) != KP_PHASE_EVALUATE) {
        for (uint32_t i = 1; i <= 3; i++) {
            while (kp_round_next(stage.play.round[i - 1], &packed)) {
                CU_ASSERT_EQUAL_FATAL(stage_put(&stage, i, &packed, NULL), KP_OK);
            }
        }
    }
    forge_points(&stage.play, 3, 1, &packed);
    CU_ASSERT_EQUAL(stage_put(&stage, 3, &packed, &error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "takes part on request"));
    CU_ASSERT_EQUAL(kp_attempt_phase(stage.attempt), KP_PHASE_ENDED);
    CU_ASSERT_EQUAL(kp_attempt_ended(stage.attempt).reason, KP_ABORT_REFUSED);
    CU_ASSERT_EQUAL(kp_attempt_ended(stage.attempt).members, bit(3));
    kp_buffer_free(&packed);
    stage_free(&stage);
}

/* Member 1's own chunk, signed by member 3. */
static void take_as_own(struct stage *stage, uint32_t number, struct kp_buffer *packed)
{
    const struct fixture *fixture = &stage->play.fixture;
    struct kp_round_message message;
    stage_release_message(stage, 1, number, packed);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    message.from = 3;
    kp_round_message_sign(&message, fixture->agreement->lineage,
                          fixture->member[2].identity_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
    kp_round_message_free(&message);
}

static void submission_at_the_coordinator(void)
{
    for (uint32_t number = 0; number < 2; number++) { /* LEAVES, SUBMISSION */
        static struct stage stage;
        struct kp_buffer packed = {0};
        struct kp_error error = {0};
        start(&stage, &the_three);
        stage_run(&stage);
        CU_ASSERT_EQUAL_FATAL(kp_attempt_phase(stage.attempt), KP_PHASE_RELEASE);
        take_as_own(&stage, number, &packed);
        CU_ASSERT_EQUAL(stage_put(&stage, 3, &packed, &error), KP_REFUSED);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "takes part on request"));
        /* It has no effect, and the others' release goes on. */
        CU_ASSERT_EQUAL(kp_attempt_phase(stage.attempt), KP_PHASE_RELEASE);
        CU_ASSERT_EQUAL(stage.fault.kind, KP_FAULT_NONE);
        stage_submit(&stage);
        CU_ASSERT_EQUAL(kp_attempt_phase(stage.attempt), KP_PHASE_MATCH);
        kp_buffer_free(&packed);
        stage_free(&stage);
    }
}

/* Entries in a READY count for those with slots only, in both directions. */
static void entries_in_ready(void)
{
    static const struct {
        uint32_t member;
        uint32_t entries;
        enum kp_status expected;
    } CASES[] = {{1, SLOTS, KP_OK}, {1, 0, KP_REFUSED}, {3, 0, KP_OK}, {3, SLOTS, KP_REFUSED}};
    struct fixture fixture;
    const struct fixture_settings settings = settings_of(&the_three);
    fixture_make(&fixture, &settings);
    for (size_t i = 0; i < 4; i++) {
        struct kp_ready ready = {.counter = 1, .entries = CASES[i].entries, .list_count = 3};
        struct kp_round_message message = {
            .type = KP_MESSAGE_READY, .from = CASES[i].member, .to = KP_PARTY_ALL};
        struct kp_buffer packed = {0};
        uint8_t attempt[KP_ATTEMPT_BYTES];
        memcpy(ready.lineage, fixture.agreement->lineage, KP_DIGEST_BYTES);
        CU_ASSERT_EQUAL_FATAL(kp_ready_pack(&ready, &message.body, NULL), KP_OK);
        kp_round_message_sign(&message, fixture.agreement->lineage,
                              fixture.member[CASES[i].member - 1].identity_secret);
        CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_transcript_check_ready(&ready, attempt, fixture.agreement,
                                                  CASES[i].member, packed.data, packed.size, NULL),
                        CASES[i].expected);
        kp_buffer_free(&packed);
        kp_round_message_free(&message);
    }
    fixture_free(&fixture);
}

/* ---- who is late ---- */

static void work_through(struct stage *stage, uint32_t member)
{
    struct kp_buffer packed = {0};
    bool more = true;
    while (more) {
        CU_ASSERT_EQUAL(kp_round_work(stage->play.round[member - 1], &more, NULL), KP_OK);
    }
    while (kp_round_next(stage->play.round[member - 1], &packed)) {
        CU_ASSERT_EQUAL(stage_put(stage, member, &packed, NULL), KP_OK);
    }
    kp_buffer_free(&packed);
}

static void late(void)
{
    static struct stage stage;
    struct kp_buffer packed = {0};
    struct kp_member_state state = {0};
    start(&stage, &the_three);
    for (unsigned turn = 0; turn < 4; turn++) {
        for (uint32_t i = 1; i <= 3; i++) {
            while (kp_round_next(stage.play.round[i - 1], &packed)) {
                CU_ASSERT_EQUAL_FATAL(stage_put(&stage, i, &packed, NULL), KP_OK);
            }
        }
    }
    CU_ASSERT_EQUAL_FATAL(kp_attempt_phase(stage.attempt), KP_PHASE_EVALUATE);
    work_through(&stage, 1);
    work_through(&stage, 2);
    /* Its points aren't missed; its evaluations of both lists are. */
    kp_attempt_member_state(stage.attempt, 3, &state);
    CU_ASSERT_EQUAL(state.total, 2 + 3);
    CU_ASSERT_EQUAL(state.done, 2);
    CU_ASSERT(kp_attempt_tick(stage.attempt, kp_attempt_deadline(stage.attempt)));
    CU_ASSERT_EQUAL(kp_attempt_ended(stage.attempt).members, bit(3));
    stage_free(&stage);

    start(&stage, &the_three);
    stage_run(&stage);
    CU_ASSERT_EQUAL_FATAL(kp_attempt_phase(stage.attempt), KP_PHASE_RELEASE);
    CU_ASSERT(kp_attempt_tick(stage.attempt, kp_attempt_deadline(stage.attempt)));
    CU_ASSERT_EQUAL(kp_attempt_phase_list(stage.attempt, KP_PHASE_RELEASE)->late, bit(1) | bit(2));
    stage_free(&stage);
    kp_buffer_free(&packed);
}

/* ---- on disk ---- */

static void no_slots(void)
{
    static const uint8_t key[32] = {4};
    struct fixture fixture;
    struct kp_store *store = NULL;
    struct kp_slot_list list = {0};
    struct kp_slots_summary summary = {0};
    const struct fixture_settings settings = settings_of(&the_three);
    fixture_make(&fixture, &settings);
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&store, scratch("no_slots"), key, NULL), KP_OK);
    for (uint64_t counter = 1; counter <= 3; counter++) {
        CU_ASSERT_EQUAL_FATAL(kp_slot_list_new(&list, 0), KP_OK);
        CU_ASSERT_EQUAL_FATAL(
            kp_slots_prepare(store, fixture.agreement, 3, counter, 1, &list, &summary, NULL),
            KP_OK);
        CU_ASSERT_EQUAL(list.count, 0);
        kp_slot_list_free(&list);
    }
    CU_ASSERT_EQUAL(kp_slots_prepare(store, fixture.agreement, 3, 2, 1, &list, &summary, NULL),
                    KP_REFUSED);
    CU_ASSERT_EQUAL(kp_slots_count(store, fixture.agreement, 3, &summary, NULL), KP_OK);
    CU_ASSERT_EQUAL(summary.in_slots, 0);
    kp_store_close(store);
    fixture_free(&fixture);
}

static enum kp_status charge(struct kp_store *store, const struct play *play, uint64_t counter,
                             uint64_t *charged)
{
    static const uint8_t zeros[KP_DIGEST_BYTES];
    const struct kp_round_list list = {
        .member = 3, .counter = counter, .root = zeros, .hello2 = &play->hello2[2]};
    uint32_t changed = 9;
    enum kp_status status =
        play_charge(store, play->fixture.agreement, 1, &list, charged, &changed, NULL);
    CU_ASSERT_EQUAL(changed, 0);
    return status;
}

/* Its HELLO 2 is kept like everybody's, and nothing is charged; also after its total was taken
 * over, when no list is missed. */
static void kept_without_points(void)
{
    static const uint8_t key[32] = {5};
    static const struct kp_list_total none;
    struct play play;
    struct kp_store *store = NULL;
    struct kp_txn *txn = NULL;
    struct kp_quota quota;
    uint64_t charged = 9;
    const struct fixture_settings settings = settings_of(&the_three);
    play_start(&play, &settings);
    play_run(&play);
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&store, scratch("kept"), key, NULL), KP_OK);
    CU_ASSERT_EQUAL(charge(store, &play, 1, &charged), KP_OK);
    CU_ASSERT_EQUAL(charged, 0);
    CU_ASSERT_EQUAL(charge(store, &play, 1, &charged), KP_OK);
    CU_ASSERT_EQUAL(charge(store, &play, 2, &charged), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_quota_read(txn, play.fixture.agreement, 3, &quota, NULL), KP_OK);
    CU_ASSERT_EQUAL(quota.counter, 2);
    CU_ASSERT_EQUAL(quota.hello2.size, play.hello2[2].size);
    kp_quota_free(&quota);
    CU_ASSERT_EQUAL(kp_quota_take_over(txn, play.fixture.agreement, 3, 6, &none, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(charge(store, &play, 7, &charged), KP_OK);
    CU_ASSERT_EQUAL(charged, 0);
    kp_store_close(store);
    play_free(&play);
}

/* A release without entries comes back from the disk as it was. */
static void release_on_disk(void)
{
    static const uint8_t key[32] = {6};
    struct play play;
    struct kp_store *store = NULL;
    struct kp_txn *txn = NULL;
    struct kp_release *loaded = NULL;
    struct kp_release_content *content = NULL;
    const struct fixture_settings settings = settings_of(&the_three);
    play_start(&play, &settings);
    play_run(&play);
    CU_ASSERT_PTR_NOT_NULL_FATAL(play.release[2]);
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&store, scratch("release"), key, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_release_store_save(txn, play.fixture.agreement, play.release[2], NULL),
                    KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_release_store_new(&content, store, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_release_store_load(txn, content, play.fixture.agreement, 3, &loaded, NULL),
                    KP_OK);
    kp_store_abort(txn);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loaded);
    CU_ASSERT_EQUAL(loaded->slots, 0);
    CU_ASSERT_EQUAL(kp_release_message_count(loaded), 0);
    CU_ASSERT(kp_release_complete(loaded, play.fixture.agreement));
    kp_release_free(loaded);
    kp_release_store_free(content);
    kp_store_close(store);
    play_free(&play);
}

static const struct unit_test TESTS[] = {
    {"whole rounds", whole_rounds},
    {"totals over rounds", totals},
    {"a share of the key", share_of_the_key},
    {"points to a member", points_to_a_member},
    {"an evaluation for it", evaluation_for_it},
    {"roots of slots", roots_of_slots},
    {"points at the coordinator", points_at_the_coordinator},
    {"leaves and submission at the coordinator", submission_at_the_coordinator},
    {"entries in READY", entries_in_ready},
    {"late", late},
    {"no slots", no_slots},
    {"kept without points", kept_without_points},
    {"a release on disk", release_on_disk},
};

UNIT_MAIN("on_request", TESTS)
