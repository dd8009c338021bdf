/* Quota: what is charged of others' lists, in a real store and in whole rounds. */
#include "crypto/secret.h"
#include "node/database.h"
#include "node/list_check.h"
#include "node/quota.h"
#include "node/round_internal.h"
#include "node/slots.h"
#include "tests/unit/play.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 8u
#define ROTATION 3u
#define ROUNDS 5u
#define SENDER 2u
#define OWN 1u

struct world {
    struct fixture fixture;
    struct kp_store *store;
    char folder[128];
    uint8_t key[32];
    uint8_t points[SLOTS * KP_POINT_BYTES];
    struct kp_error error;
};

static void draw(uint8_t *point)
{
    uint8_t scalar[KP_SCALAR_BYTES];
    kp_scalar_random(scalar);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(point, scalar, 1), KP_OK);
}

static void draw_at(struct world *world, uint32_t slot)
{
    draw(world->points + (size_t)slot * KP_POINT_BYTES);
}

static void open_store(struct world *world)
{
    CU_ASSERT_EQUAL_FATAL(
        kp_node_database_open(&world->store, world->folder, world->key, &world->error), KP_OK);
}

static void start(struct world *world, const char *name)
{
    memset(world, 0, sizeof(*world));
    fixture_make(&world->fixture,
                 &(struct fixture_settings){
                     .members = 3, .slots = SLOTS, .rotation = ROTATION, .rounds = ROUNDS});
    (void)snprintf(world->folder, sizeof(world->folder), "%s", scratch(name));
    randombytes_buf(world->key, sizeof(world->key));
    open_store(world);
    for (uint32_t i = 0; i < SLOTS; i++) {
        draw_at(world, i);
    }
}

static void end(struct world *world)
{
    kp_store_close(world->store);
    fixture_free(&world->fixture);
}

/* The member's HELLO 2 for the counter, with a log of so many entries. */
static void make_hello2(const struct world *world, uint32_t member, uint64_t counter,
                        uint64_t entries, struct kp_buffer *packed)
{
    struct kp_hello2 hello = {
        .counter = counter, .seen_count = 3, .log = {.sequence = entries, .hash = {7}}};
    struct kp_round_message message = {
        .type = KP_MESSAGE_HELLO2, .from = member, .to = KP_PARTY_ALL};
    randombytes_buf(message.attempt, sizeof(message.attempt));
    CU_ASSERT_EQUAL(kp_hello2_pack(&hello, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, world->fixture.agreement->lineage,
                          world->fixture.member[member - 1].identity_secret);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
    kp_round_message_free(&message);
}

/* Charges the points as `member`'s list. What is refused leaves no trace. */
static enum kp_status charge_of(struct world *world, uint32_t member, uint64_t counter,
                                uint64_t *charged, uint32_t *changed)
{
    static uint64_t entries;
    struct kp_buffer hello2 = {0};
    uint8_t root[KP_DIGEST_BYTES];
    struct play_points points = {world->points, SLOTS};
    memset(root, (int)counter, sizeof(root));
    make_hello2(world, member, counter, ++entries, &hello2);
    const struct kp_round_list list = {.member = member,
                                       .counter = counter,
                                       .root = root,
                                       .count = SLOTS,
                                       .hello2 = &hello2,
                                       .read = play_read,
                                       .context = &points};
    enum kp_status status = play_charge(world->store, world->fixture.agreement, OWN, &list, charged,
                                        changed, &world->error);
    kp_buffer_free(&hello2);
    return status;
}

static enum kp_status charge(struct world *world, uint64_t counter, uint64_t *charged)
{
    uint32_t changed = 0;
    return charge_of(world, SENDER, counter, charged, &changed);
}

static struct kp_quota read_quota(struct world *world, uint32_t member)
{
    struct kp_quota quota;
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_quota_read(txn, world->fixture.agreement, member, &quota, NULL),
                          KP_OK);
    kp_store_abort(txn);
    kp_buffer_free(&quota.hello2);
    return quota;
}

/* New points for all whose turn it is; how many. */
static uint32_t take_turn(struct world *world, uint64_t counter)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (kp_slots_due(world->fixture.agreement, counter, i)) {
            draw_at(world, i);
            count++;
        }
    }
    return count;
}

/* ---- rules, one at a time ---- */

static void what_a_term_gives(void)
{
    struct world world;
    uint64_t charged = 0, expected = SLOTS;
    start(&world, "term");
    const struct kp_agreement *agreement = world.fixture.agreement;
    CU_ASSERT_EQUAL(charge(&world, 1, &charged), KP_OK);
    CU_ASSERT_EQUAL(charged, SLOTS);
    for (uint64_t counter = 2; counter <= ROUNDS; counter++) {
        expected += take_turn(&world, counter);
        CU_ASSERT_EQUAL(charge(&world, counter, &charged), KP_OK);
        CU_ASSERT_EQUAL(charged, expected);
    }
    CU_ASSERT_EQUAL(charged, kp_quota_limit(agreement, SENDER));
    CU_ASSERT_EQUAL(charged, SLOTS + (ROUNDS - 1) * ROTATION);
    end(&world);
}

/* A turn that isn't used costs nothing, and is gone. */
static void turns_that_are_not_used(void)
{
    struct world world;
    uint64_t charged = 0;
    start(&world, "unused");
    CU_ASSERT_EQUAL(charge(&world, 1, &charged), KP_OK);
    CU_ASSERT_EQUAL(charge(&world, 2, &charged), KP_OK);
    CU_ASSERT_EQUAL(charged, SLOTS);
    draw_at(&world, 0); /* it was slot 0's turn in round 2 */
    CU_ASSERT_EQUAL(charge(&world, 3, &charged), KP_REFUSED);
    end(&world);
}

static void points_whose_turn_it_is_not(void)
{
    struct world world;
    uint64_t charged = 0;
    start(&world, "not-due");
    CU_ASSERT_EQUAL(charge(&world, 1, &charged), KP_OK);
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        uint8_t kept[KP_POINT_BYTES];
        memcpy(kept, world.points + (size_t)slot * KP_POINT_BYTES, sizeof(kept));
        bool due = kp_slots_due(world.fixture.agreement, 2, slot);
        draw_at(&world, slot);
        if (!due) {
            CU_ASSERT_EQUAL(charge(&world, 2, &charged), KP_REFUSED);
            CU_ASSERT_PTR_NOT_NULL(strstr(world.error.text, "whose turn it isn't"));
            memcpy(world.points + (size_t)slot * KP_POINT_BYTES, kept, sizeof(kept));
        }
    }
    struct kp_quota quota = read_quota(&world, SENDER);
    CU_ASSERT(quota.counter == 1 && quota.charged == SLOTS); /* no trace */
    CU_ASSERT_EQUAL(charge(&world, 2, &charged), KP_OK);
    CU_ASSERT_EQUAL(charged, SLOTS + ROTATION);
    end(&world);
}

static void a_retry_gives_nothing(void)
{
    struct world world;
    uint64_t charged = 0;
    uint32_t changed = 1;
    start(&world, "retry");
    for (uint64_t counter = 1; counter <= 2; counter++) {
        CU_ASSERT_EQUAL(charge(&world, counter, &charged), KP_OK);
        uint64_t before = charged;
        CU_ASSERT_EQUAL(charge_of(&world, SENDER, counter, &charged, &changed), KP_OK);
        CU_ASSERT(charged == before && changed == 0);
        uint8_t kept[KP_POINT_BYTES];
        memcpy(kept, world.points, sizeof(kept));
        draw_at(&world, 0); /* due in both rounds, and yet */
        CU_ASSERT_EQUAL(charge(&world, counter, &charged), KP_REFUSED);
        CU_ASSERT_PTR_NOT_NULL(strstr(world.error.text, "earlier attempt"));
        memcpy(world.points, kept, sizeof(kept));
    }
    end(&world);
}

static void points_that_stand_twice(void)
{
    struct world world;
    uint64_t charged = 0;
    start(&world, "twice");
    memcpy(world.points + 6 * KP_POINT_BYTES, world.points, KP_POINT_BYTES);
    CU_ASSERT_EQUAL(charge(&world, 1, &charged), KP_REFUSED);
    draw_at(&world, 6);
    CU_ASSERT_EQUAL(charge(&world, 1, &charged), KP_OK);
    memcpy(world.points, world.points + 7 * KP_POINT_BYTES, KP_POINT_BYTES);
    CU_ASSERT_EQUAL(charge(&world, 2, &charged), KP_REFUSED);
    end(&world);
}

/* A list of a counter that this node can't judge is nobody's fault but its own. */
static void counters_that_do_not_follow(void)
{
    struct world world;
    uint64_t charged = 0;
    start(&world, "follow");
    CU_ASSERT_EQUAL(charge(&world, 2, &charged), KP_FAILED); /* it never saw the first */
    CU_ASSERT_EQUAL(charge(&world, 1, &charged), KP_OK);
    CU_ASSERT_EQUAL(charge(&world, 3, &charged), KP_FAILED); /* never two turns at once */
    CU_ASSERT_EQUAL(charge(&world, 2, &charged), KP_OK);
    CU_ASSERT_EQUAL(charge(&world, 1, &charged), KP_FAILED); /* nor back */
    end(&world);
}

/* ---- what stays ---- */

static void restarts_change_nothing(void)
{
    struct world world;
    uint64_t charged = 0;
    start(&world, "restart");
    CU_ASSERT_EQUAL(charge(&world, 1, &charged), KP_OK);
    kp_store_close(world.store);
    open_store(&world);
    uint8_t kept[KP_POINT_BYTES];
    memcpy(kept, world.points, sizeof(kept));
    draw_at(&world, 0);
    CU_ASSERT_EQUAL(charge(&world, 1, &charged), KP_REFUSED);
    memcpy(world.points, kept, sizeof(kept));
    CU_ASSERT_EQUAL(charge(&world, 1, &charged), KP_OK);
    CU_ASSERT_EQUAL(charged, SLOTS);
    end(&world);
}

/* Another agreement's lineage has its own. */
static void lineages_do_not_mix(void)
{
    struct world world;
    uint64_t charged = 0;
    start(&world, "lineages");
    CU_ASSERT_EQUAL(charge(&world, 1, &charged), KP_OK);
    world.fixture.agreement->lineage[0] ^= 1;
    CU_ASSERT(!read_quota(&world, SENDER).known);
    world.fixture.agreement->lineage[0] ^= 1;
    CU_ASSERT(read_quota(&world, SENDER).known);
    CU_ASSERT(!read_quota(&world, 3).known);
    end(&world);
}

static enum kp_status chunk(struct world *world, uint32_t member, bool previous, uint8_t *points)
{
    const struct kp_quota quota = read_quota(world, member);
    return kp_quota_chunk(world->store, world->fixture.agreement, member, &quota, previous, 0,
                          points, NULL);
}

/* The own list of the round before is kept, others' aren't; and the newest HELLO 2 of each. */
static void what_is_kept_of_a_list(void)
{
    struct world world;
    struct kp_txn *txn = NULL;
    uint64_t charged = 0;
    uint32_t changed = 0;
    uint8_t first[SLOTS * KP_POINT_BYTES], points[SLOTS * KP_POINT_BYTES];
    start(&world, "kept");
    const struct kp_agreement *agreement = world.fixture.agreement;
    memcpy(first, world.points, sizeof(first));
    CU_ASSERT_EQUAL(charge_of(&world, OWN, 1, &charged, &changed), KP_OK);
    CU_ASSERT_EQUAL(charge_of(&world, SENDER, 1, &charged, &changed), KP_OK);
    uint64_t entries = read_quota(&world, SENDER).log.sequence;
    CU_ASSERT_EQUAL(charge_of(&world, SENDER, 1, &charged, &changed), KP_OK);
    CU_ASSERT(read_quota(&world, SENDER).log.sequence > entries);
    (void)take_turn(&world, 2);
    for (int i = 0; i < 2; i++) { /* another attempt doesn't push it out */
        CU_ASSERT_EQUAL(charge_of(&world, OWN, 2, &charged, &changed), KP_OK);
    }
    CU_ASSERT_EQUAL(charge_of(&world, SENDER, 2, &charged, &changed), KP_OK);
    struct kp_quota quota = read_quota(&world, OWN);
    CU_ASSERT(quota.counter == 2 && quota.previous_counter == 1);
    CU_ASSERT(quota.previous_root[3] == 1 && quota.root[3] == 2);
    CU_ASSERT_EQUAL_FATAL(chunk(&world, OWN, true, points), KP_OK);
    CU_ASSERT_EQUAL(memcmp(points, first, sizeof(first)), 0);
    CU_ASSERT_EQUAL_FATAL(chunk(&world, OWN, false, points), KP_OK);
    CU_ASSERT_EQUAL(memcmp(points, world.points, sizeof(first)), 0);
    CU_ASSERT_EQUAL(chunk(&world, SENDER, true, points), KP_REFUSED);
    CU_ASSERT_EQUAL(chunk(&world, 3, false, points), KP_REFUSED);

    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world.store, false, &txn, NULL), KP_OK);
    struct kp_buffer claims[KP_MEMBERS_MAX] = {0};
    CU_ASSERT_EQUAL(kp_quota_claims(txn, agreement, OWN, 2, claims, NULL), KP_OK);
    CU_ASSERT(claims[SENDER - 1].size > 0 && claims[OWN - 1].size == 0 && claims[2].size == 0);
    kp_buffer_free(&claims[SENDER - 1]);
    CU_ASSERT_EQUAL(kp_quota_claims(txn, agreement, OWN, 3, claims, NULL), KP_OK);
    CU_ASSERT_EQUAL(claims[SENDER - 1].size, 0);
    kp_store_abort(txn);
    end(&world);
}

/* A restore whose process ends between its transactions: the list before the last is whole or gone.
 */
static void a_restore_that_ends_midway(void)
{
    struct world world;
    uint64_t charged = 0;
    uint32_t changed = 0;
    uint8_t first[SLOTS * KP_POINT_BYTES], found[SLOTS * KP_POINT_BYTES];
    uint8_t other[SLOTS * KP_POINT_BYTES];
    start(&world, "midway");
    memcpy(first, world.points, sizeof(first));
    CU_ASSERT_EQUAL(charge_of(&world, OWN, 1, &charged, &changed), KP_OK);
    (void)take_turn(&world, 2);
    CU_ASSERT_EQUAL(charge_of(&world, OWN, 2, &charged, &changed), KP_OK);
    CU_ASSERT_EQUAL(chunk(&world, OWN, true, found), KP_OK);
    CU_ASSERT_EQUAL(memcmp(found, first, sizeof(first)), 0);
    const struct kp_quota quota = read_quota(&world, OWN);
    struct kp_store_writer *writer = NULL;
    randombytes_buf(other, sizeof(other));
    CU_ASSERT_EQUAL_FATAL(kp_store_writer_new(&writer, world.store, NULL), KP_OK);
    CU_ASSERT_EQUAL(
        kp_quota_restore_points(writer, world.fixture.agreement, OWN, &quota, 0, other, NULL),
        KP_OK);
    CU_ASSERT_EQUAL(kp_store_writer_flush(writer, NULL), KP_OK);
    kp_store_writer_free(writer);
    CU_ASSERT_EQUAL(chunk(&world, OWN, true, found), KP_REFUSED);
    CU_ASSERT_EQUAL(chunk(&world, OWN, false, found), KP_OK);
    CU_ASSERT_EQUAL(memcmp(found, world.points, sizeof(found)), 0);
    end(&world);
}

static void totals_that_are_taken_over(void)
{
    struct world world;
    struct kp_txn *txn = NULL;
    uint64_t charged = 0;
    const struct kp_list_total total = {.points_root = {9}, .charged = 11};
    start(&world, "over");
    CU_ASSERT_EQUAL(charge(&world, 1, &charged), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world.store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_quota_take_over(txn, world.fixture.agreement, SENDER, 3, &total, NULL),
                    KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    struct kp_quota quota = read_quota(&world, SENDER);
    CU_ASSERT(quota.counter == 3 && quota.charged == 11 && quota.root[0] == 9 && !quota.has_points);
    CU_ASSERT_EQUAL(charge(&world, 4, &charged), KP_FAILED); /* its list isn't known */
    CU_ASSERT_EQUAL(charge(&world, 2, &charged), KP_FAILED);
    end(&world);
}

/* ---- in a round ---- */

/* In every evaluation that leaves, the list was charged before; and nothing leaves of a list before
 * all of it came. */
static void charged_before_answered(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    if (message.type == KP_MESSAGE_EVALUATION) {
        const struct play_quota *quota = &play->quotas[message.from - 1][to - 1];
        CU_ASSERT_EQUAL(quota->counter, play->counter);
        CU_ASSERT_EQUAL(quota->charged, play->fixture.agreement->slots);
        play->fixture.agreement->retention_days++; /* counts them */
    }
    kp_round_message_free(&message);
}

static void nothing_is_answered_before_it_is_charged(void)
{
    struct play play;
    play_start(&play, &(struct fixture_settings){.members = 3, .slots = KP_CHUNK_POINTS + 1});
    play.fixture.agreement->retention_days = 0;
    play.before = charged_before_answered;
    play_run(&play);
    CU_ASSERT_EQUAL(play.fixture.agreement->retention_days, 3 * 2 * 2);
    CU_ASSERT_PTR_NOT_NULL(play.release[0]);
    play_free(&play);
}

static enum kp_status full_disk(void *context, const struct kp_round_list *list, uint64_t *charged,
                                struct kp_error *error)
{
    (void)context;
    (void)list;
    (void)charged;
    return kp_fail(error, KP_FAILED, "no room");
}

static void count_evaluations(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    CU_ASSERT_EQUAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL), KP_OK);
    CU_ASSERT(message.type != KP_MESSAGE_EVALUATION || message.from != 1);
    (void)play;
    (void)to;
    kp_round_message_free(&message);
}

static void what_cannot_be_charged_is_not_answered(void)
{
    struct play play;
    play_start(&play, &(struct fixture_settings){.members = 2, .slots = 2});
    play.round[0]->settings.charge = full_disk;
    play.before = count_evaluations;
    play_run(&play);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).reason, KP_ABORT_FAILED);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).members, 1);
    CU_ASSERT_PTR_NULL(play.release[1]);
    play_free(&play);
}

/* All READYs name the same lists and totals, round after round. */
static void readys_say_what_was_charged(void)
{
    struct play play;
    play_start(&play, &(struct fixture_settings){.members = 3, .slots = 5, .rotation = 2});
    for (uint64_t counter = 1; counter <= 4; counter++) {
        if (counter > 1) {
            play_again(&play, counter);
        }
        play_run(&play);
        CU_ASSERT_PTR_NOT_NULL_FATAL(play.release[0]);
        struct kp_round_message message;
        struct kp_ready ready;
        const struct kp_buffer *own = &play.release[1]->own_ready;
        CU_ASSERT_EQUAL(kp_round_message_unpack(&message, own->data, own->size, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_ready_unpack(&ready, &message.body, NULL), KP_OK);
        kp_round_message_free(&message);
        for (uint32_t i = 0; i < 3; i++) {
            CU_ASSERT_EQUAL(ready.lists[i].charged, 5 + 2 * (counter - 1));
            CU_ASSERT_EQUAL(memcmp(ready.lists[i].points_root, play.round[0]->hello2[i].points_root,
                                   KP_DIGEST_BYTES),
                            0);
        }
        CU_ASSERT_EQUAL(kp_release_check(play.release[0], play.fixture.agreement, NULL), KP_OK);
    }
    play_free(&play);
}

/* Member 2 has another point in this slot: in another attempt, or in the next round. */
static void play_probe(uint64_t counter, uint32_t slot, bool refused)
{
    struct play play;
    play_start(&play, &(struct fixture_settings){.members = 3, .slots = 5, .rotation = 2});
    play_run(&play);
    struct kp_slot_list *list = &play.lists[1];
    uint8_t *blinding = list->blindings + (size_t)slot * KP_SCALAR_BYTES;
    uint8_t *point = list->points + (size_t)slot * KP_POINT_BYTES;
    kp_scalar_random(blinding);
    CU_ASSERT_EQUAL(kp_points_multiply_base(point, blinding, 1), KP_OK);
    memcpy(list->leaves[slot].point, point, KP_POINT_BYTES);
    free(play.quotas[1][1].points);
    memset(&play.quotas[1][1], 0, sizeof(play.quotas[1][1])); /* it doesn't stop itself */
    play_again(&play, counter);
    play_run(&play);
    CU_ASSERT_EQUAL(kp_round_phase(play.round[0]) == KP_PHASE_ENDED, refused);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).members, refused ? 2 : 0);
    play_free(&play);
}

static void probes_are_blamed(void)
{
    for (uint32_t slot = 0; slot < 5; slot++) {
        play_probe(1, slot, true);
    }
    for (uint32_t slot = 2; slot < 5; slot++) {
        play_probe(2, slot, true);
    }
}

static const struct unit_test TESTS[] = {
    {"what a term gives", what_a_term_gives},
    {"turns that are not used", turns_that_are_not_used},
    {"points whose turn it is not", points_whose_turn_it_is_not},
    {"a retry gives nothing", a_retry_gives_nothing},
    {"points that stand twice", points_that_stand_twice},
    {"counters that do not follow", counters_that_do_not_follow},
    {"restarts change nothing", restarts_change_nothing},
    {"lineages don't mix", lineages_do_not_mix},
    {"what is kept of a list", what_is_kept_of_a_list},
    {"a restore that ends midway", a_restore_that_ends_midway},
    {"totals that are taken over", totals_that_are_taken_over},
    {"nothing is answered before it is charged", nothing_is_answered_before_it_is_charged},
    {"what can't be charged isn't answered", what_cannot_be_charged_is_not_answered},
    {"READYs say what was charged", readys_say_what_was_charged},
    {"probes are blamed", probes_are_blamed},
};

UNIT_MAIN("quota", TESTS)
