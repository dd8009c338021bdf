/* What a node writes in several transactions, ended after each of them: what counted before counts
 * still, what doesn't count misleads nobody, and the next time all is written. */
#include "node/database.h"
#include "node/evidence_keep.h"
#include "node/evidence_store.h"
#include "node/quota.h"
#include "node/release_store.h"
#include "node/slots.h"
#include "proto/limits.h"
#include "proto/record.h"
#include "proto/transcript.h"
#include "tests/unit/play.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>

static const uint8_t store_key[32] = {2, 7};
#define OWN 1u
#define SLOTS 70000u /* a list is more than two transactions */
#define LIST_BYTES ((size_t)SLOTS * KP_POINT_BYTES)
_Static_assert(LIST_BYTES > 2 * KP_STORE_WRITE_BYTES, "a list takes several transactions");

/* The process ends at this commit; UINT32_MAX: it doesn't. */
static uint32_t commits_left = UINT32_MAX;

enum kp_status __real_kp_store_commit(struct kp_txn *txn, struct kp_error *error);
enum kp_status __wrap_kp_store_commit(struct kp_txn *txn, struct kp_error *error);
enum kp_status __wrap_kp_store_commit(struct kp_txn *txn, struct kp_error *error)
{
    if (commits_left == 0) {
        kp_store_abort(txn);
        return kp_fail(error, KP_FAILED, "ended");
    }
    commits_left -= commits_left != UINT32_MAX;
    return __real_kp_store_commit(txn, error);
}

static struct kp_store *store;

static void open_store(const char *name)
{
    commits_left = UINT32_MAX;
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&store, scratch(name), store_key, NULL), KP_OK);
}

/* As after kill -9: nothing more is written. */
static void restart(const char *name)
{
    kp_store_close(store);
    open_store(name);
}

/* ---- lists ---- */

static void draw_due(const struct kp_agreement *agreement, uint64_t counter, uint8_t *points)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (kp_slots_due(agreement, counter, i)) {
            randombytes_buf(points + (size_t)i * KP_POINT_BYTES, KP_POINT_BYTES);
        }
    }
}

static enum kp_status charge(const struct kp_agreement *agreement, uint32_t member,
                             uint64_t counter, uint8_t *points, uint64_t *charged)
{
    uint8_t root[KP_DIGEST_BYTES] = {(uint8_t)counter};
    struct kp_hello2 hello = {.counter = counter, .seen_count = 2};
    struct kp_round_message message = {
        .type = KP_MESSAGE_HELLO2, .from = member, .to = KP_PARTY_ALL};
    struct kp_buffer packed = {0};
    struct play_points list_points = {points, SLOTS};
    uint32_t changed = 0;
    CU_ASSERT_EQUAL(kp_hello2_pack(&hello, &message.body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
    const struct kp_round_list list = {.member = member,
                                       .counter = counter,
                                       .root = root,
                                       .count = SLOTS,
                                       .hello2 = &packed,
                                       .read = play_read,
                                       .context = &list_points};
    enum kp_status status = play_charge(store, agreement, OWN, &list, charged, &changed, NULL);
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
    return status;
}

static struct kp_quota read_quota(const struct kp_agreement *agreement, uint32_t member)
{
    struct kp_quota quota;
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_quota_read(txn, agreement, member, &quota, NULL), KP_OK);
    kp_store_abort(txn);
    kp_buffer_free(&quota.hello2);
    return quota;
}

/* The list that counts, or the one before it, is these points; KP_REFUSED: there is none. */
static enum kp_status check_list(const struct kp_agreement *agreement, uint32_t member,
                                 bool previous, const uint8_t *points)
{
    uint8_t chunk[KP_CHUNK_POINTS * KP_POINT_BYTES];
    const struct kp_quota quota = read_quota(agreement, member);
    enum kp_status status = KP_OK;
    for (uint32_t part = 0; status == KP_OK && part < kp_chunk_count(SLOTS, KP_CHUNK_POINTS);
         part++) {
        size_t size = (size_t)kp_chunk_items(SLOTS, KP_CHUNK_POINTS, part) * KP_POINT_BYTES;
        status = kp_quota_chunk(store, agreement, member, &quota, previous, part, chunk, NULL);
        CU_ASSERT(status != KP_OK || memcmp(chunk, points + part * sizeof(chunk), size) == 0);
    }
    return status;
}

/* The new list of counter 2 or 3 is written as far as the commits go: the one before counts. */
static void list_ended_midway(uint32_t member)
{
    struct fixture fixture;
    const char *name = member == OWN ? "own" : "other";
    uint64_t charged = 0, total = SLOTS;
    uint8_t *first = malloc(LIST_BYTES), *now = malloc(LIST_BYTES), *next = malloc(LIST_BYTES);
    fixture_make(&fixture,
                 &(struct fixture_settings){.members = 2, .slots = SLOTS, .rotation = 1000});
    const struct kp_agreement *agreement = fixture.agreement;
    CU_ASSERT_FATAL(first != NULL && now != NULL && next != NULL);
    randombytes_buf(now, LIST_BYTES);
    open_store(name);
    CU_ASSERT_EQUAL_FATAL(charge(agreement, member, 1, now, &charged), KP_OK);
    for (uint64_t counter = 2; counter <= 3; counter++) {
        memcpy(next, now, LIST_BYTES);
        draw_due(agreement, counter, next);
        for (uint32_t commits = 0; commits < 3; commits++) {
            commits_left = commits;
            CU_ASSERT_EQUAL(charge(agreement, member, counter, next, &charged), KP_FAILED);
            restart(name);
            const struct kp_quota quota = read_quota(agreement, member);
            CU_ASSERT(quota.counter == counter - 1 && quota.charged == total);
            CU_ASSERT_EQUAL(check_list(agreement, member, false, now), KP_OK);
            bool kept = counter == 3 && member == OWN && commits == 0;
            CU_ASSERT_EQUAL(check_list(agreement, member, true, first), kept ? KP_OK : KP_REFUSED);
        }
        CU_ASSERT_EQUAL(charge(agreement, member, counter, next, &charged), KP_OK);
        CU_ASSERT_EQUAL(charged, total += 1000);
        CU_ASSERT_EQUAL(check_list(agreement, member, false, next), KP_OK);
        CU_ASSERT_EQUAL(check_list(agreement, member, true, now),
                        member == OWN ? KP_OK : KP_REFUSED);
        memcpy(first, now, LIST_BYTES);
        memcpy(now, next, LIST_BYTES);
    }
    /* Refused after some of it was written: nothing of it counts. */
    draw_due(agreement, 4, next);
    memcpy(next + LIST_BYTES - KP_POINT_BYTES, next, KP_POINT_BYTES);
    CU_ASSERT_EQUAL(charge(agreement, member, 4, next, &charged), KP_REFUSED);
    CU_ASSERT_EQUAL(check_list(agreement, member, false, now), KP_OK);
    kp_store_close(store);
    fixture_free(&fixture);
    free(first);
    free(now);
    free(next);
}

static void own_list_ended_midway(void)
{
    list_ended_midway(OWN);
}

static void others_list_ended_midway(void)
{
    list_ended_midway(2);
}

/* ---- releases ---- */

#define RELEASED 10000u

static enum kp_status write_release(const struct kp_agreement *agreement,
                                    struct kp_release_content *content)
{
    struct kp_release *release = calloc(1, sizeof(*release));
    struct kp_txn *txn = NULL;
    uint8_t root[KP_DIGEST_BYTES];
    CU_ASSERT_PTR_NOT_NULL_FATAL(release);
    *release = (struct kp_release){.own = OWN, .counter = 1, .slots = RELEASED, .content = content};
    release->entry_size = (uint32_t)kp_entry_size(agreement, OWN);
    CU_ASSERT_EQUAL(kp_buffer_set(&release->own_ready, "own", 3), KP_OK);
    uint8_t *zeros = calloc(KP_CHUNK_LEAVES, release->entry_size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(zeros);
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < kp_chunk_count(RELEASED, KP_CHUNK_LEAVES); i++) {
        status = kp_release_put_leaves(release, zeros, kp_chunk_items(RELEASED, KP_CHUNK_LEAVES, i),
                                       NULL);
    }
    for (uint32_t i = 0; status == KP_OK && i < kp_chunk_count(RELEASED, KP_CHUNK_ENTRIES); i++) {
        status = kp_release_put_entries(release, agreement, zeros,
                                        kp_chunk_items(RELEASED, KP_CHUNK_ENTRIES, i), NULL);
    }
    if (status == KP_OK) {
        status = kp_release_filled(release, agreement, root, NULL);
    }
    if (status == KP_OK) {
        status = kp_store_begin(store, true, &txn, NULL);
    }
    if (status == KP_OK) {
        CU_ASSERT_EQUAL(kp_release_store_save(txn, agreement, release, NULL), KP_OK);
        status = kp_store_commit(txn, NULL);
    }
    kp_release_free(release);
    free(zeros);
    return status;
}

static bool is_released(const struct kp_agreement *agreement, struct kp_release_content *content)
{
    struct kp_release *release = NULL;
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_release_store_load(txn, content, agreement, OWN, &release, NULL), KP_OK);
    kp_store_abort(txn);
    bool is = release != NULL;
    kp_release_free(release);
    return is;
}

static void clear_release(void)
{
    struct kp_txn *txn = NULL;
    uint64_t records = 1;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_release_store_clear(txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_count(txn, KP_NODE_RELEASE, &records, NULL), KP_OK);
    CU_ASSERT_EQUAL(records, 0);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
}

static void release_ended_midway(void)
{
    struct fixture fixture;
    struct kp_release_content *content = NULL;
    uint32_t commits = 0;
    enum kp_status status = KP_FAILED;
    fixture_make(&fixture, &(struct fixture_settings){.members = 2, .slots = RELEASED});
    open_store("release");
    for (; status != KP_OK && commits < 100; commits++) {
        CU_ASSERT_EQUAL_FATAL(kp_release_store_new(&content, store, NULL), KP_OK);
        clear_release(); /* as a START does */
        commits_left = commits;
        status = write_release(fixture.agreement, content);
        kp_release_store_free(content);
        restart("release");
        CU_ASSERT_EQUAL_FATAL(kp_release_store_new(&content, store, NULL), KP_OK);
        CU_ASSERT_EQUAL(is_released(fixture.agreement, content), status == KP_OK);
        kp_release_store_free(content);
    }
    CU_ASSERT(status == KP_OK && commits > 3);
    kp_store_close(store);
    fixture_free(&fixture);
}

/* ---- evidence ---- */

/* A round that says what it is asked, without any arithmetic. */

enum kp_status __wrap_kp_round_evidence(const struct kp_round *round, kp_round_visit *visit,
                                        void *context, struct kp_error *error);
enum kp_status __wrap_kp_round_evidence(const struct kp_round *round, kp_round_visit *visit,
                                        void *context, struct kp_error *error)
{
    static uint8_t bytes[5];
    const struct kp_buffer hello = {.data = bytes, .size = sizeof(bytes)};
    (void)round;
    return visit(context, KP_EXPORT_HELLO1, 1, 0, &hello, error);
}

enum kp_status __wrap_kp_round_evaluation(const struct kp_round *round, uint32_t member,
                                          uint32_t part, struct kp_buffer *content,
                                          struct kp_error *error);
enum kp_status __wrap_kp_round_evaluation(const struct kp_round *round, uint32_t member,
                                          uint32_t part, struct kp_buffer *content,
                                          struct kp_error *error)
{
    (void)round;
    (void)part;
    (void)error;
    kp_buffer_free(content);
    return member == OWN || kp_buffer_extend(content, 32832) != NULL ? KP_OK : KP_FAILED;
}

uint32_t __wrap_kp_round_slots(const struct kp_round *round);
uint32_t __wrap_kp_round_slots(const struct kp_round *round)
{
    (void)round;
    return SLOTS;
}

static enum kp_status keep(const struct kp_agreement *agreement, uint64_t counter)
{
    struct kp_evidence_keep *keeping = NULL;
    struct kp_buffer start = {0};
    struct kp_txn *txn = NULL;
    bool more = true;
    CU_ASSERT_EQUAL(kp_buffer_set(&start, "start", 5), KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_evidence_keep_new(&keeping, store, agreement, counter, &start, NULL, NULL), KP_OK);
    enum kp_status status = KP_OK;
    while (status == KP_OK && more) {
        status = kp_evidence_keep_step(keeping, &more, NULL);
    }
    if (status == KP_OK) {
        CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_evidence_keep_end(keeping, txn, NULL), KP_OK);
        status = kp_store_commit(txn, NULL);
    }
    kp_evidence_keep_free(keeping);
    kp_buffer_free(&start);
    return status;
}

/* All READYs came: what is kept is released, and what isn't kept isn't. */
static bool is_kept(const struct kp_agreement *agreement, uint64_t counter, uint64_t *items)
{
    struct kp_buffer ready[KP_MEMBERS_MAX] = {0};
    struct kp_export_page page = {0};
    struct kp_txn *txn = NULL;
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        CU_ASSERT_EQUAL(kp_buffer_set(&ready[i], "ready", 5), KP_OK);
    }
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_evidence_released(txn, agreement, counter, ready, NULL), KP_OK);
    enum kp_status status = kp_evidence_page(txn, agreement, counter, 0, &page, NULL);
    *items = page.header.items;
    kp_batch_free(&page.items);
    kp_store_abort(txn);
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        kp_buffer_free(&ready[i]);
    }
    return status == KP_OK;
}

static void evidence_ended_midway(void)
{
    struct fixture fixture;
    const uint32_t chunks = kp_chunk_count(SLOTS, KP_CHUNK_POINTS);
    uint64_t items = 0, charged = 0, expected = 1 + 1 + 2 + 2 * chunks + chunks; /* START, hello */
    uint32_t commits = 0;
    enum kp_status status = KP_FAILED;
    uint8_t *points = malloc(LIST_BYTES);
    CU_ASSERT_PTR_NOT_NULL_FATAL(points);
    randombytes_buf(points, LIST_BYTES);
    fixture_make(&fixture, &(struct fixture_settings){.members = 2, .slots = SLOTS});
    open_store("evidence");
    CU_ASSERT_EQUAL_FATAL(charge(fixture.agreement, 1, 1, points, &charged), KP_OK);
    CU_ASSERT_EQUAL_FATAL(charge(fixture.agreement, 2, 1, points, &charged), KP_OK);
    for (; status != KP_OK && commits < 100; commits++) {
        commits_left = commits;
        status = keep(fixture.agreement, 1);
        restart("evidence");
        CU_ASSERT_EQUAL(is_kept(fixture.agreement, 1, &items), status == KP_OK);
    }
    CU_ASSERT(status == KP_OK && commits > 4);
    CU_ASSERT_EQUAL(items, expected);
    kp_store_close(store);
    fixture_free(&fixture);
    free(points);
}

static const struct unit_test tests[] = {
    {"the own list, ended midway", own_list_ended_midway},
    {"another's list, ended midway", others_list_ended_midway},
    {"a release, ended midway", release_ended_midway},
    {"evidence, ended midway", evidence_ended_midway},
};
UNIT_MAIN("interrupted", tests)
