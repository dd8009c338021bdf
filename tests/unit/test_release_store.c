/* node/release_store.h: a release over a restart. */
#include "node/database.h"
#include "node/release_chunks.h"
#include "node/release_store.h"
#include "proto/record.h"
#include "tests/unit/play.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>

static const uint8_t store_key[32] = {7};
static struct kp_store *store;
static struct kp_txn *txn;
static struct kp_release_content *content;

static void begin(const char *name)
{
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&store, scratch(name), store_key, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_release_store_new(&content, store, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
}

static void commit(void)
{
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    kp_release_store_free(content);
    kp_store_close(store);
}

static bool same_bytes(const struct kp_buffer *one, const struct kp_buffer *other)
{
    return one->size == other->size &&
           (one->size == 0 || memcmp(one->data, other->data, one->size) == 0);
}

static void check_same_chunks(const struct kp_release *one, const struct kp_release *other,
                              enum kp_release_kind kind)
{
    struct kp_buffer here = {0}, there = {0};
    CU_ASSERT_EQUAL_FATAL(kp_release_chunks(one, kind), kp_release_chunks(other, kind));
    for (uint32_t i = 0; i < kp_release_chunks(one, kind); i++) {
        CU_ASSERT_EQUAL(kp_release_chunk(one, kind, i, &here, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_release_chunk(other, kind, i, &there, NULL), KP_OK);
        CU_ASSERT(same_bytes(&here, &there));
    }
    kp_buffer_free(&here);
    kp_buffer_free(&there);
}

static void check_same(const struct kp_release *one, const struct kp_release *other)
{
    CU_ASSERT_EQUAL(memcmp(one->attempt, other->attempt, KP_ATTEMPT_BYTES), 0);
    CU_ASSERT_EQUAL(one->counter, other->counter);
    CU_ASSERT_EQUAL(one->own, other->own);
    CU_ASSERT_EQUAL(one->slots, other->slots);
    CU_ASSERT_EQUAL(one->entry_size, other->entry_size);
    CU_ASSERT(same_bytes(&one->own_ready, &other->own_ready));
    for (uint32_t kind = 0; kind < 2; kind++) {
        check_same_chunks(one, other, kind);
    }
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        CU_ASSERT(same_bytes(&one->ready[i], &other->ready[i]));
    }
}

static struct kp_release *load(const struct kp_agreement *agreement)
{
    struct kp_release *release = NULL;
    CU_ASSERT_EQUAL(kp_release_store_load(txn, content, agreement, 1, &release, NULL), KP_OK);
    return release;
}

static void release_goes_on_after_a_restart(void)
{
    struct play play;
    struct kp_release *loaded = NULL;
    struct kp_buffer last = {0};
    play_start(&play, &(struct fixture_settings){.members = 3, .slots = 20});
    play_run(&play);
    const struct kp_agreement *agreement = play.fixture.agreement;
    CU_ASSERT_PTR_NOT_NULL_FATAL(play.release[0]);

    begin("release");
    CU_ASSERT_PTR_NULL(load(agreement));
    struct kp_buffer own = play.release[0]->ready[0]; /* it has come back */
    CU_ASSERT(same_bytes(&own, &play.release[0]->own_ready));
    play.release[0]->ready[0] = (struct kp_buffer){0};
    last = play.release[0]->ready[2];
    play.release[0]->ready[2] = (struct kp_buffer){0}; /* not come yet */
    CU_ASSERT_EQUAL(kp_release_store_save(txn, play.fixture.agreement, play.release[0], NULL),
                    KP_OK);
    commit();

    begin("release");
    loaded = load(agreement);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loaded);
    check_same(loaded, play.release[0]);
    CU_ASSERT(!kp_release_complete(loaded, agreement));
    CU_ASSERT_EQUAL(kp_release_add_ready(loaded, agreement, 3, last.data, last.size, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_release_store_add_ready(txn, 3, last.data, last.size, NULL), KP_OK);
    /* Everybody else's, and the own one as it was signed: not enough before that came back. */
    CU_ASSERT(!kp_release_complete(loaded, agreement));
    CU_ASSERT_EQUAL(kp_release_check(loaded, agreement, NULL), KP_REFUSED);
    kp_release_free(loaded);
    commit();

    begin("release");
    play.release[0]->ready[2] = last;
    loaded = load(agreement);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loaded);
    check_same(loaded, play.release[0]);
    CU_ASSERT(!kp_release_complete(loaded, agreement));
    CU_ASSERT_EQUAL(kp_release_add_ready(loaded, agreement, 1, own.data, own.size, NULL), KP_OK);
    CU_ASSERT(kp_release_complete(loaded, agreement));
    CU_ASSERT_EQUAL(kp_release_store_add_ready(txn, 1, own.data, own.size, NULL), KP_OK);
    kp_release_free(loaded);
    commit();

    begin("release");
    play.release[0]->ready[0] = own;
    loaded = load(agreement);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loaded);
    check_same(loaded, play.release[0]);
    CU_ASSERT_EQUAL(kp_release_check(loaded, agreement, NULL), KP_OK);
    kp_release_free(loaded);
    CU_ASSERT_EQUAL(kp_release_store_clear(txn, NULL), KP_OK);
    CU_ASSERT_PTR_NULL(load(agreement));
    commit();
    play_free(&play);
}

/* Larger than one piece, and a smaller one in its place afterwards. */
static void large_release(void)
{
    struct fixture fixture;
    fixture_make(&fixture, &(struct fixture_settings){.members = 2, .slots = 40000});
    struct kp_release *release = calloc(1, sizeof(*release)), *loaded = NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(release);
    release->counter = 3;
    release->own = 1;
    release->slots = fixture.agreement->slots;
    release->entry_size = (uint32_t)kp_entry_size(fixture.agreement, 1);
    uint8_t *leaves = kp_buffer_extend(&release->leaves, release->slots * 32);
    size_t size = (size_t)release->slots * release->entry_size;
    uint8_t *entries = kp_buffer_extend(&release->entries, size);
    CU_ASSERT_FATAL(leaves != NULL && entries != NULL);
    randombytes_buf(leaves, release->slots * 32);
    randombytes_buf(entries, size);
    CU_ASSERT_EQUAL(kp_buffer_set(&release->own_ready, "own", 3), KP_OK);
    CU_ASSERT_EQUAL(kp_buffer_set(&release->ready[1], "other", 5), KP_OK);
    begin("large");
    CU_ASSERT_EQUAL(kp_release_store_save(txn, fixture.agreement, release, NULL), KP_OK);
    kp_buffer_free(&release->ready[1]);
    CU_ASSERT_EQUAL(kp_release_store_save(txn, fixture.agreement, release, NULL), KP_OK);
    commit();
    begin("large");
    loaded = load(fixture.agreement);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loaded);
    check_same(loaded, release);
    kp_release_free(loaded);
    commit();
    kp_release_free(release);
    fixture_free(&fixture);
}

static enum kp_status try_load(const struct kp_agreement *agreement, uint32_t own)
{
    struct kp_release *release = NULL;
    enum kp_status status = kp_release_store_load(txn, content, agreement, own, &release, NULL);
    CU_ASSERT_PTR_NULL(release);
    return status;
}

static void foreign_or_damaged_releases_are_refused(void)
{
    struct play play;
    struct fixture other;
    play_start(&play, &(struct fixture_settings){.members = 2, .slots = 4});
    play_run(&play);
    fixture_make(&other, &(struct fixture_settings){.members = 2, .slots = 5});
    CU_ASSERT_PTR_NOT_NULL_FATAL(play.release[0]);
    /* A later version whose entries have the same size. */
    struct kp_buffer bytes = {0};
    struct kp_agreement *second = NULL;
    fixture_follow(play.fixture.agreement, NULL, &bytes);
    CU_ASSERT_EQUAL_FATAL(kp_agreement_parse(&second, bytes.data, bytes.size, NULL), KP_OK);
    kp_buffer_free(&bytes);
    static const uint8_t KEYS[][5] = {{'e'}, {'l'}, {'o'}};
    for (size_t i = 0; i < 3; i++) {
        begin("damaged");
        CU_ASSERT_EQUAL(kp_release_store_save(txn, play.fixture.agreement, play.release[0], NULL),
                        KP_OK);
        CU_ASSERT_EQUAL(try_load(other.agreement, 1), KP_REFUSED);
        CU_ASSERT_EQUAL(try_load(second, 1), KP_REFUSED);
        CU_ASSERT_EQUAL(try_load(play.fixture.agreement, 2), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_store_delete(txn, KP_NODE_RELEASE, KEYS[i], 5, NULL), KP_OK);
        CU_ASSERT_EQUAL(try_load(play.fixture.agreement, 1), KP_REFUSED);
        commit();
    }
    kp_agreement_free(second);
    fixture_free(&other);
    play_free(&play);
}

static const struct unit_test TESTS[] = {
    {"a release goes on after a restart", release_goes_on_after_a_restart},
    {"a large release", large_release},
    {"foreign or damaged releases are refused", foreign_or_damaged_releases_are_refused},
};

UNIT_MAIN("release_store", TESTS)
