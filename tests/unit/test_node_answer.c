/* What a node's daemon gives to a member that recovers, a part at a time: whole, or, when a list
 * changes while it is given, nothing more of it, and nobody else is named for that. */
#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "node/database.h"
#include "node/node_internal.h"
#include "node/quota.h"
#include "node/release_store.h"
#include "proto/transcript.h"
#include "tests/unit/play.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define OWN 1u
#define ASKER 2u
#define COUNTER 2u                  /* of the attempt; lists are of the counter before */
#define SLOTS (KP_CHUNK_POINTS + 2) /* two chunks */
#define PARTS 5u                    /* the header, the asker's list, the own one */
#define LIST_BYTES (SLOTS * KP_POINT_BYTES)

static const uint8_t store_key[32] = {3};

struct world {
    struct fixture fixture;
    struct kp_node_config config;
    struct kp_node node;
    uint8_t lists[2][LIST_BYTES];
    struct kp_list_total totals[KP_MEMBERS_MAX];
    struct kp_pieces *pieces; /* the asker's */
    struct kp_recovery *recovery;
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

/* A list of round 1, with the HELLO 2 that its member signed. */
static void charge(struct world *world, uint32_t member)
{
    uint8_t *points = world->lists[member - 1];
    struct kp_list_total *total = &world->totals[member - 1];
    struct kp_hello2 hello = {.counter = COUNTER - 1, .seen_count = 2, .log = {.sequence = 7}};
    struct kp_round_message message = {
        .type = KP_MESSAGE_HELLO2, .from = member, .to = KP_PARTY_ALL};
    struct kp_buffer packed = {0};
    struct play_points read = {points, SLOTS};
    uint32_t changed = 0;
    randombytes_buf(points, LIST_BYTES);
    root_of(world, points, total->points_root);
    memcpy(hello.points_root, total->points_root, KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL(kp_hello2_pack(&hello, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, world->fixture.agreement->lineage,
                          world->fixture.member[member - 1].identity_secret);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
    const struct kp_round_list list = {.member = member,
                                       .counter = COUNTER - 1,
                                       .root = total->points_root,
                                       .count = SLOTS,
                                       .hello2 = &packed,
                                       .read = play_read,
                                       .context = &read};
    CU_ASSERT_EQUAL_FATAL(play_charge(world->node.store, world->fixture.agreement, OWN, &list,
                                      &total->charged, &changed, NULL),
                          KP_OK);
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
}

static void start_papers(struct world *world, const char *name)
{
    char file[64];
    struct kp_batch decisions = {0};
    size_t added = 0;
    (void)snprintf(file, sizeof(file), "%s.agreement", name);
    const struct kp_buffer *bytes = &world->fixture.bytes;
    const struct kp_papers_settings settings = {.store = world->node.store,
                                                .table = KP_NODE_PAPERS,
                                                .agreement =
                                                    scratch_write(file, bytes->data, bytes->size),
                                                .pinned = world->fixture.agreement->hash,
                                                .test_mode = true,
                                                .signer = &world->node.signer};
    CU_ASSERT_EQUAL_FATAL(kp_papers_open(&world->node.papers, &settings, NULL), KP_OK);
    fixture_accept_all(&world->fixture, &decisions);
    CU_ASSERT_EQUAL(kp_papers_take(world->node.papers, &decisions, false, &added, NULL), KP_OK);
    kp_batch_free(&decisions);
    world->node.agreement = kp_dossier_current(kp_papers_dossier(world->node.papers));
}

/* The other member asks, and the node begins to answer. */
static void ask(struct world *world, const char *name)
{
    struct kp_recovery_settings settings = {
        .agreement = world->fixture.agreement,
        .own = ASKER,
        .identity_secret = world->fixture.member[ASKER - 1].identity_secret,
        .box_secret = world->fixture.member[ASKER - 1].box_secret,
        .counter = COUNTER};
    struct kp_buffer packed = {0};
    struct kp_round_message message;
    char folder[64];
    (void)snprintf(folder, sizeof(folder), "%s.pieces", name);
    CU_ASSERT_EQUAL_FATAL(kp_pieces_new(&world->pieces, scratch(folder), 1, KP_PIECES_CACHED, NULL),
                          KP_OK);
    settings.pieces = world->pieces;
    memcpy(settings.attempt, world->node.state.attempt, KP_ATTEMPT_BYTES);
    memcpy(settings.lists, world->totals, sizeof(settings.lists));
    CU_ASSERT_EQUAL_FATAL(kp_recovery_new(&world->recovery, &settings, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed.data, packed.size, NULL), KP_OK);
    kp_node_answer_recover(&world->node, &message);
    CU_ASSERT(kp_node_has_answers(&world->node));
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
}

static void start(struct world *world, const char *name)
{
    struct kp_node *node = &world->node;
    memset(world, 0, sizeof(*world));
    fixture_make(&world->fixture, &(struct fixture_settings){.members = 2, .slots = SLOTS});
    node->config = &world->config;
    node->own = OWN;
    node->identity_secret = kp_secret_new(KP_SIGN_SECRET_BYTES);
    node->box_secret = kp_secret_new(KP_PAIR_SECRET_BYTES);
    memcpy(node->identity_secret, world->fixture.member[OWN - 1].identity_secret,
           KP_SIGN_SECRET_BYTES);
    memcpy(node->box_secret, world->fixture.member[OWN - 1].box_secret, KP_PAIR_SECRET_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&node->store, scratch(name), store_key, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_release_store_new(&node->content, node->store, NULL), KP_OK);
    node->agreement = world->fixture.agreement;
    kp_node_audit_open(node);
    start_papers(world, name);
    charge(world, OWN);
    charge(world, ASKER);
    node->state.in_attempt = true;
    node->state.counter = COUNTER;
    node->state.phase = KP_PHASE_HELLO1;
    randombytes_buf(node->state.attempt, KP_ATTEMPT_BYTES);
    ask(world, name);
}

static void stop(struct world *world)
{
    kp_recovery_free(world->recovery);
    CU_ASSERT_EQUAL(kp_pieces_destroy(world->pieces, NULL), KP_OK);
    kp_node_drop_answers(&world->node);
    kp_outbox_clear(&world->node.outbox);
    kp_papers_close(world->node.papers);
    kp_release_store_free(world->node.content);
    kp_store_close(world->node.store);
    kp_secret_free(world->node.identity_secret);
    kp_secret_free(world->node.box_secret);
    fixture_free(&world->fixture);
}

/* What the node puts next, or all of it that has room in a batch. */
static void put(struct world *world, struct kp_batch *batch, bool one)
{
    if (!one) {
        kp_node_fill(&world->node, batch);
        return;
    }
    CU_ASSERT_EQUAL_FATAL(kp_node_next_answer(&world->node, NULL), KP_OK);
    const struct kp_buffer *packed = kp_outbox_first(&world->node.outbox);
    CU_ASSERT_PTR_NOT_NULL_FATAL(packed);
    CU_ASSERT_EQUAL(kp_batch_add(batch, packed->data, packed->size), KP_OK);
    kp_outbox_pop(&world->node.outbox);
}

/* The asker takes these parts. */
static void take(struct world *world, const struct kp_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct kp_round_message message;
        uint32_t blamed = 0;
        CU_ASSERT_EQUAL_FATAL(
            kp_round_message_unpack(&message, batch->items[i].data, batch->items[i].size, NULL),
            KP_OK);
        CU_ASSERT(message.type == KP_MESSAGE_RECOVERED && message.to == ASKER);
        CU_ASSERT_EQUAL(kp_recovery_receive(world->recovery, &message, &blamed, NULL), KP_OK);
        kp_round_message_free(&message);
    }
}

static void given_whole(void)
{
    struct world world;
    struct kp_batch batch = {0};
    start(&world, "whole");
    put(&world, &batch, false);
    CU_ASSERT_EQUAL(batch.count, PARTS);
    take(&world, &batch);
    CU_ASSERT(kp_recovery_complete(world.recovery));
    for (uint32_t member = OWN; member <= ASKER; member++) {
        const struct kp_recovered_list *list = kp_recovery_list(world.recovery, member);
        CU_ASSERT(list->counter == COUNTER - 1 &&
                  memcmp(list->root, world.totals[member - 1].points_root, KP_DIGEST_BYTES) == 0);
    }
    CU_ASSERT(!kp_node_has_answers(&world.node) && world.node.state.in_attempt);
    kp_batch_free(&batch);
    stop(&world);
}

/* Another list of this member in the place of the one that is here, as the node's own recovery
 * writes it. */
static void write_another(struct world *world, uint32_t member, uint64_t counter, bool same_root)
{
    const struct kp_agreement *agreement = world->fixture.agreement;
    struct kp_store *store = world->node.store;
    struct kp_store_writer *writer = NULL;
    struct kp_txn *txn = NULL;
    struct kp_quota quota;
    uint8_t points[LIST_BYTES];
    struct kp_recovered_list list = {.counter = counter, .charged = SLOTS};
    randombytes_buf(points, sizeof(points));
    root_of(world, same_root ? world->lists[member - 1] : points, list.root);
    CU_ASSERT_EQUAL_FATAL(kp_node_read_quota(&world->node, member, &quota, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_store_writer_new(&writer, store, NULL), KP_OK);
    for (uint32_t part = 0; part < 2; part++) {
        CU_ASSERT_EQUAL(kp_quota_restore_points(writer, agreement, member, &quota, part,
                                                points + part * KP_CHUNK_POINTS * KP_POINT_BYTES,
                                                NULL),
                        KP_OK);
    }
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_writer_into(writer, txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_quota_restore(txn, agreement, member, &list, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    kp_store_writer_free(writer);
    kp_quota_free(&quota);
}

/* The attempt ended, and nothing but that is put: the node names itself, for the asker did
 * nothing. */
static void check_given_up(struct world *world)
{
    struct kp_batch batch = {0};
    struct kp_round_message message;
    struct kp_abort abort = {0};
    put(world, &batch, false);
    CU_ASSERT_EQUAL_FATAL(batch.count, 1);
    CU_ASSERT_EQUAL_FATAL(
        kp_round_message_unpack(&message, batch.items[0].data, batch.items[0].size, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(message.type, KP_MESSAGE_ABORT);
    CU_ASSERT_EQUAL(kp_abort_unpack(&abort, &message.body, NULL), KP_OK);
    CU_ASSERT(abort.reason == KP_ABORT_FAILED && abort.members == 1u << (OWN - 1));
    CU_ASSERT(!world->node.state.in_attempt && !kp_node_has_answers(&world->node));
    CU_ASSERT_PTR_NOT_NULL(strstr(world->node.state.last_error, "a list changed"));
    kp_round_message_free(&message);
    kp_batch_free(&batch);
}

/* After `given` parts another list stands in its place: of this counter or the same again, with
 * another root or the same one; `times` after each other, so that the records it stands in can be
 * the first ones again. */
static void changed_after(uint32_t given, uint32_t member, uint64_t counter, bool same_root,
                          uint32_t times)
{
    struct world world;
    struct kp_batch batch = {0};
    char name[64];
    (void)snprintf(name, sizeof(name), "changed-%u-%u-%u-%d-%u", given, member, (unsigned)counter,
                   same_root, times);
    start(&world, name);
    for (uint32_t i = 0; i < given; i++) {
        put(&world, &batch, true);
    }
    take(&world, &batch);
    for (uint32_t i = 0; i < times; i++) {
        write_another(&world, member, counter, same_root);
    }
    check_given_up(&world);
    kp_batch_free(&batch);
    stop(&world);
}

static void askers_list_changes(void)
{
    changed_after(1, ASKER, COUNTER, false, 1); /* before its first chunk */
    changed_after(2, ASKER, COUNTER, false, 1); /* between its chunks */
    changed_after(2, ASKER, COUNTER - 1, false, 1);
    changed_after(2, ASKER, COUNTER - 1, true, 1);
    changed_after(2, ASKER, COUNTER - 1, false, 2);
}

static void own_list_changes(void)
{
    changed_after(3, OWN, COUNTER, false, 1);
    changed_after(4, OWN, COUNTER, false, 1);
    changed_after(4, OWN, COUNTER - 1, false, 1);
    changed_after(4, OWN, COUNTER - 1, true, 1);
    changed_after(4, OWN, COUNTER - 1, false, 2);
}

/* What was given already may change: of it nothing more is sent. */
static void what_was_given_may_change(void)
{
    struct world world;
    struct kp_batch batch = {0};
    start(&world, "given");
    for (uint32_t i = 0; i < 3; i++) {
        put(&world, &batch, true);
    }
    write_another(&world, ASKER, COUNTER, false);
    put(&world, &batch, false);
    CU_ASSERT_EQUAL(batch.count, PARTS);
    take(&world, &batch);
    CU_ASSERT(kp_recovery_complete(world.recovery) && world.node.state.in_attempt);
    kp_batch_free(&batch);
    stop(&world);
}

static const struct unit_test TESTS[] = {
    {"given whole", given_whole},
    {"the asker's list changes", askers_list_changes},
    {"the own list changes", own_list_changes},
    {"what was given may change", what_was_given_may_change},
};

UNIT_MAIN("node_answer", TESTS)
