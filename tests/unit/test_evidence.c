/* node/evidence_store.h: what a member keeps of a round it played is what the verifier finds to
 * hold, and holds nothing that is the member's own secret. */
#include "crypto/secret.h"
#include "node/database.h"
#include "node/evidence_keep.h"
#include "node/evidence_store.h"
#include "node/quota.h"
#include "node/retention.h"
#include "node/round_internal.h"
#include "proto/verify.h"
#include "tests/unit/play.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <string.h>

#define OWN 2u
#define ON_REQUEST 3u

struct world {
    uint32_t own;
    struct play play;
    struct kp_store *store;
    struct kp_buffer proof[KP_MEMBERS_MAX]; /* READYs of the round before */
};

static void third_on_request(struct kp_agreement *draft, void *context)
{
    (void)context;
    draft->members[ON_REQUEST - 1].role = KP_ROLE_ON_REQUEST;
}

static void begin_as(struct world *world, uint32_t own, bool on_request)
{
    const struct fixture_settings settings = {
        .slots = 8, .rotation = 2, .change = on_request ? third_on_request : NULL};
    static const uint8_t key[32] = {1};
    static unsigned number;
    char name[32];
    memset(world, 0, sizeof(*world));
    world->own = own;
    (void)snprintf(name, sizeof(name), "store%u", number++);
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&world->store, scratch(name), key, NULL), KP_OK);
    play_start(&world->play, &settings);
}

static void begin(struct world *world)
{
    begin_as(world, OWN, false);
}

static void end(struct world *world)
{
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&world->proof[i]);
    }
    kp_store_close(world->store);
    play_free(&world->play);
}

static struct kp_txn *write_to(struct world *world)
{
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->store, true, &txn, NULL), KP_OK);
    return txn;
}

static void make_start(const struct world *world, struct kp_buffer *packed)
{
    const struct play *play = &world->play;
    struct kp_start start = {
        .counter = play->counter, .round_type = KP_ROUND_MATCH, .phase_seconds = 60};
    struct kp_round_message message = {.type = KP_MESSAGE_START, .to = KP_PARTY_ALL};
    memcpy(message.attempt, play->attempt, KP_ATTEMPT_BYTES);
    memcpy(start.agreement, play->fixture.agreement->hash, KP_DIGEST_BYTES);
    for (uint32_t i = 0; play->counter > 1 && i < play->fixture.agreement->member_count; i++) {
        start.release_proof[start.release_proof_count++] = world->proof[i];
    }
    CU_ASSERT_EQUAL_FATAL(kp_start_pack(&start, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, play->fixture.agreement->lineage,
                          play->fixture.coordinator_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
    kp_round_message_free(&message);
}

/* As the daemon does before it answers anything. */
static void charge_all(struct world *world)
{
    struct play *play = &world->play;
    for (uint32_t i = 0; i < play->fixture.agreement->member_count; i++) {
        uint64_t charged = 0;
        uint32_t changed = 0;
        struct play_points points = {play->lists[i].points, play->lists[i].count};
        const struct kp_round_list list = {.member = i + 1,
                                           .counter = play->counter,
                                           .root =
                                               play->round[world->own - 1]->hello2[i].points_root,
                                           .count = play->lists[i].count,
                                           .hello2 = &play->hello2[i],
                                           .read = play_read,
                                           .context = &points};
        CU_ASSERT_EQUAL_FATAL(play_charge(world->store, play->fixture.agreement, world->own, &list,
                                          &charged, &changed, NULL),
                              KP_OK);
    }
}

/* All but what the last transaction does. */
static struct kp_evidence_keep *copy(struct world *world, const struct kp_buffer *start)
{
    struct play *play = &world->play;
    struct kp_evidence_keep *keep = NULL;
    bool more = true;
    CU_ASSERT_EQUAL_FATAL(kp_evidence_keep_new(&keep, world->store, play->fixture.agreement,
                                               play->counter, start, play->round[world->own - 1],
                                               &play->error),
                          KP_OK);
    while (more) {
        CU_ASSERT_EQUAL_FATAL(kp_evidence_keep_step(keep, &more, &play->error), KP_OK);
    }
    return keep;
}

/* Plays the round that was started, and keeps the member's evidence of it. */
static void keep(struct world *world, bool released)
{
    struct play *play = &world->play;
    struct kp_buffer start = {0};
    const struct kp_agreement *agreement = play->fixture.agreement;
    play_run(play);
    CU_ASSERT_EQUAL(play->refused, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(play->release[world->own - 1]);
    make_start(world, &start);
    charge_all(world);
    struct kp_evidence_keep *keep = copy(world, &start);
    struct kp_txn *txn = write_to(world);
    CU_ASSERT_EQUAL_FATAL(kp_evidence_keep_end(keep, txn, &play->error), KP_OK);
    kp_evidence_keep_free(keep);
    if (released) {
        CU_ASSERT_EQUAL_FATAL(kp_evidence_released(txn, agreement, play->counter,
                                                   play->release[world->own - 1]->ready, NULL),
                              KP_OK);
    }
    CU_ASSERT_EQUAL_FATAL(kp_store_commit(txn, NULL), KP_OK);
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        const struct kp_buffer *ready = &play->release[world->own - 1]->ready[i];
        CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&world->proof[i], ready->data, ready->size), KP_OK);
    }
    kp_buffer_free(&start);
}

/* All pages of an export. */
static enum kp_status fetch(struct world *world, uint64_t counter, struct kp_verify_export *out)
{
    uint64_t after = 0;
    enum kp_status status = KP_OK;
    memset(out, 0, sizeof(*out));
    do {
        struct kp_export_page page = {.header = {.party = world->own}};
        struct kp_txn *txn = write_to(world);
        status = kp_evidence_page(txn, world->play.fixture.agreement, counter, after, &page, NULL);
        kp_store_abort(txn);
        if (after == 0) {
            out->header = page.header;
            out->items = calloc(page.header.items + 1, sizeof(*out->items));
            CU_ASSERT_PTR_NOT_NULL_FATAL(out->items);
        }
        for (size_t i = 0; status == KP_OK && i < page.items.count; i++) {
            CU_ASSERT_FATAL(out->count < out->header.items);
            CU_ASSERT_EQUAL(kp_export_item_unpack(&out->items[out->count++],
                                                  page.items.items[i].data,
                                                  page.items.items[i].size, NULL),
                            KP_OK);
        }
        after = page.next;
        kp_batch_free(&page.items);
    } while (status == KP_OK && after > 0);
    CU_ASSERT(status != KP_OK || out->count == out->header.items);
    return status;
}

/* How many rules are broken; prints which. */
static size_t broken(struct world *world, const struct kp_verify_export *export)
{
    struct kp_verify_versions versions = {.count = 0};
    struct kp_report report;
    struct kp_verify_round *round = NULL;
    const struct kp_buffer *bytes = &world->play.fixture.bytes;
    CU_ASSERT_EQUAL(kp_verify_versions_add(&versions, bytes->data, bytes->size, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_verify_round_check(&versions, export, &report, &round, NULL), KP_OK);
    size_t count = 0;
    for (size_t i = 0; i < report.count; i++) {
        bool is = report.rulings[i].verdict == KP_VERDICT_BROKEN;
        /* The clocks of a play stand still between rounds. */
        if (is && strcmp(report.rules[i].id, "round.interval") != 0) {
            count++;
            printf("\n%s: %s: %s", report.rules[i].id, report.rulings[i].record,
                   report.rulings[i].text);
        }
    }
    kp_verify_round_free(round);
    kp_verify_versions_free(&versions);
    return count;
}

static void check_kept(struct world *world, uint64_t counter)
{
    struct kp_verify_export export;
    CU_ASSERT_EQUAL(fetch(world, counter, &export), KP_OK);
    CU_ASSERT_EQUAL(export.header.counter, counter);
    CU_ASSERT_EQUAL(broken(world, &export), 0);
    kp_verify_export_free(&export);
}

static void test_rounds(void)
{
    struct world world;
    begin(&world);
    keep(&world, true);
    check_kept(&world, 1);
    play_again(&world.play, 2);
    keep(&world, true);
    check_kept(&world, 2);
    check_kept(&world, 1);
    end(&world);
}

/* At a member with slots, and at the one that answers on request. */
static void test_on_request(void)
{
    struct world world;
    for (uint32_t own = OWN; own <= ON_REQUEST; own++) {
        begin_as(&world, own, true);
        keep(&world, true);
        check_kept(&world, 1);
        play_again(&world.play, 2);
        keep(&world, true);
        check_kept(&world, 2);
        end(&world);
    }
}

/* An attempt at a counter takes the place of the one before; without a release nothing is shown. */
static void test_attempts(void)
{
    struct world world;
    struct kp_verify_export export;
    begin(&world);
    keep(&world, false);
    CU_ASSERT_EQUAL(fetch(&world, 1, &export), KP_REFUSED);
    kp_verify_export_free(&export);
    play_again(&world.play, 1);
    keep(&world, true);
    check_kept(&world, 1);
    struct kp_txn *txn = write_to(&world);
    CU_ASSERT_EQUAL(kp_evidence_drop(txn, 1, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_store_commit(txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(fetch(&world, 1, &export), KP_REFUSED);
    kp_verify_export_free(&export);
    end(&world);
}

/* Without the list before, what changed isn't checkable, and nothing else is missing. */
static void test_gap(void)
{
    struct world world;
    struct kp_verify_export export;
    uint64_t rounds = 0;
    begin(&world);
    keep(&world, true);
    struct kp_txn *txn = write_to(&world);
    CU_ASSERT_EQUAL(kp_evidence_drop_all(txn, &rounds, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_store_commit(txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(rounds, 1);
    play_again(&world.play, 2);
    keep(&world, true);
    CU_ASSERT_EQUAL(fetch(&world, 2, &export), KP_OK);
    CU_ASSERT_EQUAL(broken(&world, &export), 0);
    for (size_t i = 0; i < export.count; i++) {
        if (export.items[i].kind == KP_EXPORT_LIST_BEFORE) {
            CU_ASSERT_EQUAL(export.items[i].content.size, 1);
            CU_ASSERT_EQUAL(export.items[i].content.data[0], 0);
        }
    }
    kp_verify_export_free(&export);
    end(&world);
}

/* ---- retention ---- */

static void test_retention(void)
{
    struct world world;
    struct kp_verify_export export;
    struct kp_txn *txn = NULL;
    uint64_t rounds = 0, entries = 0;
    bool deleted = true;
    begin(&world);
    const struct kp_agreement *agreement = world.play.fixture.agreement;
    uint64_t over = agreement->end + 86400u * (uint64_t)agreement->retention_days;
    CU_ASSERT_FALSE(kp_agreement_retention_is_over(agreement, agreement->end - 1));
    CU_ASSERT_FALSE(kp_agreement_retention_is_over(agreement, over - 1));
    CU_ASSERT_TRUE(kp_agreement_retention_is_over(agreement, over));

    struct kp_audit_signer signer = {.party = OWN,
                                     .identity_secret =
                                         world.play.fixture.member[OWN - 1].identity_secret,
                                     .table = KP_NODE_LOG};
    memcpy(signer.lineage, agreement->lineage, KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL(kp_retention_delete(world.store, &signer, &deleted, &rounds, NULL), KP_OK);
    CU_ASSERT_FALSE(deleted); /* nothing to delete, nothing to log */
    keep(&world, true);
    CU_ASSERT_EQUAL(kp_retention_delete(world.store, &signer, &deleted, &rounds, NULL), KP_OK);
    CU_ASSERT(deleted && rounds == 1);
    CU_ASSERT_EQUAL(fetch(&world, 1, &export), KP_REFUSED);
    kp_verify_export_free(&export);
    CU_ASSERT_EQUAL(kp_retention_delete(world.store, &signer, &deleted, &rounds, NULL), KP_OK);
    CU_ASSERT_FALSE(deleted);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world.store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_audit_count(txn, &signer, &entries, NULL), KP_OK);
    kp_store_abort(txn);
    CU_ASSERT_EQUAL(entries, 1);
    end(&world);
}

/* ---- what must not be in it ---- */

static bool holds(const struct kp_verify_export *export, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < export->count; i++) {
        const struct kp_buffer *content = &export->items[i].content;
        for (size_t at = 0; at + size <= content->size; at++) {
            if (memcmp(content->data + at, bytes, size) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* The member's own round key, blindings, sums, and what its key made of any list. */
static uint8_t own_key[KP_SCALAR_BYTES];

static void take_key(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    (void)packed;
    const struct kp_round *round = play->round[OWN - 1];
    static const uint8_t none[KP_SCALAR_BYTES];
    if (to == OWN && round->secrets != NULL &&
        memcmp(round->secrets->key, none, sizeof(none)) != 0) {
        memcpy(own_key, round->secrets->key, sizeof(own_key));
    }
}

static void test_no_secrets(void)
{
    struct world world;
    struct kp_verify_export export;
    uint8_t evaluated[KP_POINT_BYTES];
    begin(&world);
    world.play.before = take_key;
    keep(&world, true);
    CU_ASSERT_EQUAL(fetch(&world, 1, &export), KP_OK);
    uint32_t slots = world.play.fixture.agreement->slots;
    CU_ASSERT_TRUE(
        holds(&export, world.play.lists[0].points, KP_POINT_BYTES)); /* the search works */
    CU_ASSERT_FALSE(holds(&export, own_key, sizeof(own_key)));
    CU_ASSERT_FALSE(holds(&export, world.play.fixture.member[OWN - 1].identity_secret, 32));
    for (uint32_t i = 0; i < slots; i++) {
        CU_ASSERT_FALSE(holds(&export, world.play.lists[OWN - 1].blindings + i * 32u, 32));
        CU_ASSERT_EQUAL(kp_points_multiply(evaluated, world.play.key_sum, /* the sum of all */
                                           world.play.lists[OWN - 1].points + i * 32u, 1),
                        KP_OK);
        CU_ASSERT_FALSE(holds(&export, evaluated, sizeof(evaluated)));
    }
    for (uint32_t member = 0; member < 3; member++) {
        CU_ASSERT_EQUAL(kp_points_multiply(evaluated, own_key, world.play.lists[member].points, 1),
                        KP_OK);
        CU_ASSERT_FALSE(holds(&export, evaluated, sizeof(evaluated)));
    }
    kp_verify_export_free(&export);
    end(&world);
}

static const struct unit_test tests[] = {
    {"what a member keeps of two rounds holds", test_rounds},
    {"with a member that answers on request", test_on_request},
    {"attempts, and rounds that weren't released", test_attempts},
    {"a list before that isn't known", test_gap},
    {"what goes when retention is over", test_retention},
    {"nothing of the member's own secrets", test_no_secrets},
};

UNIT_MAIN("evidence", tests)
