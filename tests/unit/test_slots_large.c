/* node/slots.h with more slots than one transaction takes: in pieces, and stopped after each
 * transaction. */
#include "crypto/oprf.h"
#include "crypto/secret.h"
#include "node/database.h"
#include "node/signals.h"
#include "node/slots.h"
#include "node/state.h"
#include "node/withdrawn.h"
#include "proto/record.h"
#include "proto/transcript.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <sys/wait.h>

#define SLOTS 25600u /* whole parts */
#define ROTATION 15000u
#define SIGNALS 300u
#define STOPPED 77

/* Parts in a transaction; how many transactions write so many slots, the one that counts among
 * them. */
#define TOGETHER (KP_STORE_WRITE_BYTES / sizeof(((struct kp_lasting_part *)0)->slots))
#define PARTS(slots) (((slots) + KP_CHUNK_POINTS - 1) / KP_CHUNK_POINTS)
#define TRANSACTIONS(slots) ((PARTS(slots) + TOGETHER - 1) / TOGETHER)
_Static_assert(TRANSACTIONS(ROTATION) > 2, "a list takes several transactions");

static const uint8_t store_key[32] = {7, 8, 9};
static const char *folder = "store";
static uint32_t commits_left; /* then this process stops; 0: never */
static uint32_t commits;

enum kp_status __real_kp_store_commit(struct kp_txn *txn, struct kp_error *error);
enum kp_status __wrap_kp_store_commit(struct kp_txn *txn, struct kp_error *error);
enum kp_status __wrap_kp_store_commit(struct kp_txn *txn, struct kp_error *error)
{
    enum kp_status status = __real_kp_store_commit(txn, error);
    commits++;
    if (commits_left > 0 && --commits_left == 0) {
        _exit(STOPPED);
    }
    return status;
}

struct world {
    struct fixture fixture;
    struct kp_store *store;
    struct kp_pieces *pieces;
    struct kp_slot_list list;
    struct kp_slots_summary summary;
    struct kp_slot_chunk *chunk;
};

static void open_world(struct world *world)
{
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&world->store, scratch(folder), store_key, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_pieces_new(&world->pieces, scratch("pieces"), 1, KP_PIECES_CACHED, NULL), KP_OK);
    world->chunk = kp_slot_chunk_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(world->chunk);
}

static void close_world(struct world *world)
{
    kp_slot_list_free(&world->list);
    CU_ASSERT_EQUAL(kp_pieces_destroy(world->pieces, NULL), KP_OK);
    kp_store_close(world->store);
    kp_bulk_free(world->chunk);
}

static enum kp_status prepare(struct world *world, uint64_t counter)
{
    struct kp_error error = {0};
    kp_slot_list_free(&world->list);
    CU_ASSERT_EQUAL_FATAL(kp_slot_list_new_in(&world->list, SLOTS, world->pieces, 0, NULL), KP_OK);
    enum kp_status status = kp_slots_prepare(world->store, world->fixture.agreement, 1, counter, 2,
                                             &world->list, &world->summary, &error);
    if (status != KP_OK) {
        fprintf(stderr, "prepare: %s\n", error.text);
    }
    return status;
}

/* In a process of its own, that stops after so many transactions, if there are as many. */
static bool prepare_and_stop(struct world *world, uint64_t counter, uint32_t transactions)
{
    int state = 0;
    pid_t child = fork();
    if (child == 0) {
        open_world(world);
        commits_left = transactions;
        enum kp_status status = prepare(world, counter);
        commits_left = 0;
        close_world(world);
        _exit(status == KP_OK ? 0 : 1);
    }
    CU_ASSERT_FATAL(child > 0 && waitpid(child, &state, 0) == child);
    CU_ASSERT_FATAL(WIFEXITED(state));
    CU_ASSERT(WEXITSTATUS(state) == 0 || WEXITSTATUS(state) == STOPPED);
    return WEXITSTATUS(state) == STOPPED;
}

static uint64_t fixed(struct world *world)
{
    struct kp_txn *txn = NULL;
    uint64_t counter = 0;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_state_fixed(txn, world->fixture.agreement->lineage, &counter, NULL), KP_OK);
    kp_store_abort(txn);
    return counter;
}

/* All points, and how many slots count. */
struct picture {
    uint8_t *points;
    uint32_t signals;
};

static void take_picture(struct world *world, struct picture *picture)
{
    uint8_t point[KP_POINT_BYTES], own[KP_POINT_BYTES], input[KP_ELEMENT_INPUT_BYTES];
    picture->points = malloc((size_t)SLOTS * KP_POINT_BYTES);
    picture->signals = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(picture->points);
    for (uint32_t part = 0; part < kp_slot_list_chunks(&world->list); part++) {
        struct kp_slot_chunk *chunk = world->chunk;
        CU_ASSERT_EQUAL_FATAL(kp_slot_list_get(&world->list, part, chunk, NULL), KP_OK);
        memcpy(picture->points + (size_t)part * KP_CHUNK_POINTS * KP_POINT_BYTES, chunk->points,
               (size_t)chunk->count * KP_POINT_BYTES);
        for (uint32_t i = 0; i < chunk->count; i++) {
            const uint8_t *blinding = chunk->blindings + (size_t)i * KP_SCALAR_BYTES;
            CU_ASSERT_EQUAL(chunk->leaves[i].index, part * KP_CHUNK_POINTS + i);
            picture->signals += chunk->is_signal[i];
            if (chunk->is_signal[i] == 0 && i % 512 != 0) {
                continue;
            }
            CU_ASSERT_EQUAL(kp_points_multiply_base(point, blinding, 1), KP_OK);
            if (chunk->is_signal[i] != 0) {
                kp_element_input(input, world->fixture.agreement->lineage,
                                 chunk->leaves[i].address);
                CU_ASSERT_EQUAL(kp_oprf_hash_to_group(own, KP_OPRF_MODE_OPRF, input, sizeof(input)),
                                KP_OK);
                CU_ASSERT_EQUAL(kp_points_add(point, point, own, 1), KP_OK);
            }
            CU_ASSERT_EQUAL(memcmp(point, chunk->leaves[i].point, sizeof(point)), 0);
        }
    }
}

/* How many slots have another point. */
static uint32_t changes(const struct picture *one, const struct picture *other)
{
    uint32_t count = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        count += memcmp(one->points + i * KP_POINT_BYTES, other->points + i * KP_POINT_BYTES,
                        KP_POINT_BYTES) != 0;
    }
    return count;
}

static void add_signals(struct world *world)
{
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->store, true, &txn, NULL), KP_OK);
    for (uint32_t i = 1; i <= SIGNALS; i++) {
        struct kp_signal signal = {.observed_on = 20240101, .indicator = "A"};
        enum kp_signal_added added;
        uint8_t digest[KP_DIGEST_BYTES];
        fixture_address(signal.address, i);
        CU_ASSERT_EQUAL(kp_signals_add(world->store, txn, &signal, i, &added, digest, NULL), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
}

/* More than one transaction deletes. */
static void add_withdrawn(struct world *world)
{
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->store, true, &txn, NULL), KP_OK);
    for (uint32_t i = 1; i <= KP_WITHDRAWN_FORGET + 1; i++) {
        struct kp_withdrawn_signal withdrawn = {
            .kept = {.signal = {.observed_on = 20240101, .indicator = "A"}}, .withdrawn_at = 9};
        uint8_t blind[KP_STORE_BLIND_BYTES];
        fixture_address(withdrawn.kept.signal.address, 1000 + i);
        kp_store_blind_key(world->store, blind, withdrawn.kept.signal.address,
                           KP_ADDRESS_KEY_BYTES);
        CU_ASSERT_EQUAL(kp_withdrawn_put(txn, blind, &withdrawn, NULL), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
}

static uint64_t withdrawn_left(struct world *world)
{
    struct kp_txn *txn = NULL;
    uint64_t count = 0;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_count(txn, KP_NODE_WITHDRAWN, &count, NULL), KP_OK);
    kp_store_abort(txn);
    return count;
}

/* Stopped after any transaction: the list for the counter is there as a whole, or the one before.
 */
static void stopped_after_each_transaction(void)
{
    struct world world = {0};
    struct picture first, again, next;
    folder = "store";
    fixture_make(&world.fixture, &(struct fixture_settings){.slots = SLOTS, .rotation = ROTATION});
    open_world(&world);
    add_signals(&world);
    close_world(&world);
    CU_ASSERT(prepare_and_stop(&world, 1, 1)); /* a part of it, that doesn't count */
    open_world(&world);
    CU_ASSERT_EQUAL(fixed(&world), 0);
    CU_ASSERT_EQUAL_FATAL(prepare(&world, 1), KP_OK);
    CU_ASSERT_EQUAL(fixed(&world), 1);
    CU_ASSERT_EQUAL(world.summary.in_slots, SIGNALS);
    take_picture(&world, &first);
    CU_ASSERT_EQUAL(first.signals, SIGNALS);
    add_withdrawn(&world);
    close_world(&world);

    uint32_t stops = 0;
    for (bool done = false; !done;) {
        const uint32_t counts = TRANSACTIONS(ROTATION); /* with this one, all of it */
        CU_ASSERT_FATAL(stops <= counts + 1);
        done = !prepare_and_stop(&world, 2, ++stops);
        open_world(&world);
        uint64_t counter = fixed(&world);
        CU_ASSERT_EQUAL(counter == 2, stops >= counts);
        CU_ASSERT_EQUAL(withdrawn_left(&world), stops < counts    ? KP_WITHDRAWN_FORGET + 1
                                                : stops == counts ? 1u
                                                                  : 0u);
        if (!done) {
            commits = 0;
            CU_ASSERT_EQUAL_FATAL(prepare(&world, counter), KP_OK);
            take_picture(&world, stops < counts ? &again : &next);
            if (stops < counts) {
                CU_ASSERT_EQUAL(changes(&first, &again), 0);
                free(again.points);
                add_withdrawn(&world); /* as fixing a list anew deleted them */
            } else {
                CU_ASSERT_EQUAL(changes(&first, &next), ROTATION);
                CU_ASSERT_EQUAL(next.signals, SIGNALS);
                free(next.points);
            }
        }
        close_world(&world);
    }
    CU_ASSERT_EQUAL(stops, TRANSACTIONS(ROTATION) + 1);
    free(first.points);
    fixture_free(&world.fixture);
}

/* ---- Points that come back after a loss ---- */

/* Each slot's point is another one than here. */
static enum kp_status other_points(void *context, uint32_t part, uint8_t *points,
                                   struct kp_error *error)
{
    (void)error;
    const struct picture *picture = context;
    uint32_t count = kp_chunk_items(SLOTS, KP_CHUNK_POINTS, part);
    memcpy(points, picture->points + (size_t)part * KP_CHUNK_POINTS * KP_POINT_BYTES,
           (size_t)count * KP_POINT_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        points[(size_t)i * KP_POINT_BYTES] ^= 2;
    }
    return KP_OK;
}

static enum kp_status restore(struct world *world, struct picture *picture)
{
    struct kp_txn *txn = NULL;
    struct kp_store_writer *writer = NULL;
    struct kp_slots_restoring restoring;
    const struct kp_slots_points points = {picture, other_points};
    enum kp_status status = kp_store_writer_new(&writer, world->store, NULL);
    if (status == KP_OK) {
        status = kp_slots_restore(&restoring, world->store, writer, world->fixture.agreement, 1, 1,
                                  &points, NULL);
    }
    if (status == KP_OK) {
        status = kp_store_begin(world->store, true, &txn, NULL);
    }
    if (status == KP_OK) {
        status = kp_store_writer_into(writer, txn, NULL);
    }
    if (status == KP_OK) {
        status = kp_slots_restore_count(&restoring, txn, NULL);
    }
    kp_store_writer_free(writer);
    return status == KP_OK ? kp_store_commit(txn, NULL) : status;
}

static bool restore_and_stop(struct world *world, struct picture *picture, uint32_t transactions)
{
    int state = 0;
    pid_t child = fork();
    if (child == 0) {
        open_world(world);
        commits_left = transactions;
        enum kp_status status = restore(world, picture);
        commits_left = 0;
        close_world(world);
        _exit(status == KP_OK ? 0 : 1);
    }
    CU_ASSERT_FATAL(child > 0 && waitpid(child, &state, 0) == child && WIFEXITED(state));
    CU_ASSERT(WEXITSTATUS(state) == 0 || WEXITSTATUS(state) == STOPPED);
    return WEXITSTATUS(state) == STOPPED;
}

/* How many slots have a point, of those that are kept. */
static uint32_t kept_points(struct world *world, struct picture *picture, bool others)
{
    struct kp_txn *txn = NULL;
    struct kp_lasting lasting;
    struct kp_lasting_part *part = kp_bulk_new(sizeof(*part));
    static uint8_t points[KP_CHUNK_POINTS * KP_POINT_BYTES];
    uint32_t same = 0, lost = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(part);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_lasting_open(&lasting, txn, world->fixture.agreement->lineage, SLOTS, NULL),
                    KP_OK);
    for (uint32_t i = 0; i < lasting.parts; i++) {
        CU_ASSERT_EQUAL(kp_lasting_read(&lasting, NULL, txn, i, part, NULL), KP_OK);
        CU_ASSERT_EQUAL(other_points(picture, i, points, NULL), KP_OK);
        for (uint32_t k = 0; k < part->count; k++) {
            uint8_t *point = points + (size_t)k * KP_POINT_BYTES;
            point[0] ^= others ? 0 : 2;
            same += memcmp(part->slots[k].point, point, KP_POINT_BYTES) == 0;
            lost += part->slots[k].kind == KP_LASTING_LOST;
        }
    }
    CU_ASSERT_EQUAL(lost, others ? SLOTS : 0);
    kp_store_abort(txn);
    kp_bulk_free(part);
    return same;
}

/* Stopped after any transaction: all of what was there before, or all of what came back. */
static void restored_in_several_transactions(void)
{
    struct world world = {0};
    struct picture first;
    folder = "restored";
    fixture_make(&world.fixture, &(struct fixture_settings){.slots = SLOTS, .rotation = ROTATION});
    open_world(&world);
    CU_ASSERT_EQUAL_FATAL(prepare(&world, 1), KP_OK);
    take_picture(&world, &first);
    close_world(&world);
    for (uint32_t stops = 1; stops <= TRANSACTIONS(SLOTS); stops++) {
        CU_ASSERT(restore_and_stop(&world, &first, stops));
        open_world(&world);
        CU_ASSERT_EQUAL(fixed(&world), 1);
        CU_ASSERT_EQUAL(kept_points(&world, &first, stops == TRANSACTIONS(SLOTS)), SLOTS);
        close_world(&world);
    }
    /* What came back is there already: nothing but the head is written. */
    open_world(&world);
    commits = 0;
    CU_ASSERT_EQUAL(restore(&world, &first), KP_OK);
    CU_ASSERT_EQUAL(commits, 1);
    CU_ASSERT_EQUAL(kept_points(&world, &first, true), SLOTS);
    close_world(&world);
    free(first.points);
    fixture_free(&world.fixture);
}

static const struct unit_test TESTS[] = {
    {"restored in several transactions", restored_in_several_transactions},
    {"stopped after each transaction", stopped_after_each_transaction},
};

UNIT_MAIN("slots_large", TESTS)
