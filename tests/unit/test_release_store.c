/* node/release_store.h: a release over a restart. */
#include "node/database.h"
#include "node/release_chunks.h"
#include "node/release_store.h"
#include "proto/numbers.h"
#include "proto/record.h"
#include "proto/transcript.h"
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

/* A release of many chunks, the last ones shorter, with entries that are numbers and noise. */
#define MANY 40000u
static struct kp_release *new_release(const struct fixture *fixture)
{
    struct kp_release *release = calloc(1, sizeof(*release));
    CU_ASSERT_PTR_NOT_NULL_FATAL(release);
    release->counter = 3;
    release->own = 1;
    release->slots = MANY;
    release->entry_size = (uint32_t)kp_entry_size(fixture->agreement, 1);
    release->content = content;
    CU_ASSERT_EQUAL(kp_buffer_set(&release->own_ready, "own", 3), KP_OK);
    CU_ASSERT_EQUAL(kp_buffer_set(&release->ready[1], "other", 5), KP_OK);
    return release;
}

static void make_many(const struct kp_release *release, uint8_t **leaves, uint8_t **entries)
{
    *leaves = malloc((size_t)MANY * KP_DIGEST_BYTES);
    *entries = malloc((size_t)MANY * release->entry_size);
    CU_ASSERT_FATAL(*leaves != NULL && *entries != NULL);
    randombytes_buf(*leaves, (size_t)MANY * KP_DIGEST_BYTES);
    randombytes_buf(*entries, (size_t)MANY * release->entry_size);
    for (uint32_t i = 0; i < MANY; i++) {
        (void)kp_put_number(*entries + (size_t)i * release->entry_size, 2 * i + 1, 4);
    }
}

static enum kp_status put_many(struct kp_release *release, const struct kp_agreement *agreement,
                               const uint8_t *leaves, const uint8_t *entries, uint8_t *root)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i * KP_CHUNK_LEAVES < MANY; i++) {
        status =
            kp_release_put_leaves(release, leaves + (size_t)i * KP_CHUNK_LEAVES * KP_DIGEST_BYTES,
                                  kp_chunk_items(MANY, KP_CHUNK_LEAVES, i), NULL);
    }
    for (uint32_t i = 0; status == KP_OK && i * KP_CHUNK_ENTRIES < MANY; i++) {
        status = kp_release_put_entries(
            release, agreement, entries + (size_t)i * KP_CHUNK_ENTRIES * release->entry_size,
            kp_chunk_items(MANY, KP_CHUNK_ENTRIES, i), NULL);
    }
    return status == KP_OK ? kp_release_filled(release, agreement, root, NULL) : status;
}

static bool same_path(const struct kp_buffer *path, const struct kp_merkle_tree *tree,
                      uint32_t index)
{
    uint8_t expected[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    kp_merkle_tree_path(tree, index, expected);
    return path->size == kp_merkle_path_length(index, MANY) * KP_DIGEST_BYTES &&
           memcmp(path->data, expected, path->size) == 0;
}

/* Entries by their tags, and all paths, as in trees over everything. */
static void look_up(struct kp_release *release, const struct kp_agreement *agreement,
                    const uint8_t *leaves, const uint8_t *entries,
                    const uint8_t root[static KP_DIGEST_BYTES])
{
    static const uint32_t indexes[] = {0, 1, 511, 512, 8191, 8192, 33000, MANY - 2, MANY - 1};
    struct kp_merkle_tree of_leaves, of_entries;
    struct kp_buffer entry = {0}, path = {0};
    uint8_t *digests = malloc((size_t)MANY * KP_DIGEST_BYTES), whole[KP_DIGEST_BYTES];
    CU_ASSERT_PTR_NOT_NULL_FATAL(digests);
    for (uint32_t i = 0; i < MANY; i++) {
        kp_entry_leaf_in(digests + (size_t)i * KP_DIGEST_BYTES, agreement, 1, KP_ROUND_MATCH,
                         entries + (size_t)i * release->entry_size);
    }
    CU_ASSERT_EQUAL_FATAL(kp_merkle_tree_new(&of_leaves, leaves, MANY), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_merkle_tree_new(&of_entries, digests, MANY), KP_OK);
    kp_merkle_tree_root(&of_entries, whole);
    CU_ASSERT_EQUAL(memcmp(whole, root, sizeof(whole)), 0);
    for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
        uint32_t index = indexes[i], position = 0;
        bool found = false;
        uint8_t tag[KP_DIGEST_BYTES];
        memcpy(tag, entries + (size_t)index * release->entry_size, sizeof(tag));
        CU_ASSERT_EQUAL(kp_release_find(release, tag, &position, &found, NULL), KP_OK);
        CU_ASSERT(found && position == index);
        (void)kp_put_number(tag, 2 * index, 4);
        CU_ASSERT_EQUAL(kp_release_find(release, tag, &position, &found, NULL), KP_OK);
        CU_ASSERT(!found && position == index);
        CU_ASSERT_EQUAL(kp_release_entry(release, agreement, index, &entry, &path, NULL), KP_OK);
        CU_ASSERT(entry.size == release->entry_size &&
                  memcmp(entry.data, entries + (size_t)index * release->entry_size, entry.size) ==
                      0);
        CU_ASSERT(same_path(&path, &of_entries, index));
        CU_ASSERT_EQUAL(kp_release_leaf_path(release, agreement, index, &path, NULL), KP_OK);
        CU_ASSERT(same_path(&path, &of_leaves, index));
    }
    kp_merkle_tree_free(&of_leaves);
    kp_merkle_tree_free(&of_entries);
    kp_buffer_free(&entry);
    kp_buffer_free(&path);
    free(digests);
}

/* Larger than one transaction; written as it's made, read chunk by chunk, before and after a
 * restart; and one in its place afterwards that is in memory. */
static void large_release(void)
{
    struct fixture fixture;
    uint8_t *leaves, *entries, root[KP_DIGEST_BYTES];
    uint64_t records = 0;
    fixture_make(&fixture, &(struct fixture_settings){.members = 2, .slots = MANY});
    const struct kp_agreement *agreement = fixture.agreement;
    begin("large");
    kp_store_abort(txn); /* chunks are put between transactions */
    struct kp_release *release = new_release(&fixture), *loaded = NULL;
    make_many(release, &leaves, &entries);
    CU_ASSERT_EQUAL_FATAL(put_many(release, agreement, leaves, entries, root), KP_OK);
    CU_ASSERT_EQUAL(kp_release_put_entries(release, agreement, entries, 1, NULL), KP_FAILED);
    look_up(release, agreement, leaves, entries, root);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_count(txn, KP_NODE_RELEASE, &records, NULL), KP_OK);
    CU_ASSERT(records > 0 && records < kp_release_chunks(release, KP_RELEASE_LEAVES) +
                                           kp_release_chunks(release, KP_RELEASE_ENTRIES));
    CU_ASSERT_PTR_NULL(load(agreement)); /* nothing counts yet */
    CU_ASSERT_EQUAL(kp_release_store_save(txn, agreement, release, NULL), KP_OK);
    commit();
    kp_release_free(release);

    begin("large");
    loaded = load(agreement);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loaded);
    look_up(loaded, agreement, leaves, entries, root);
    release = new_release(&fixture);
    release->content = NULL;
    CU_ASSERT_EQUAL_FATAL(put_many(release, agreement, leaves, entries, root), KP_OK);
    look_up(release, agreement, leaves, entries, root);
    check_same(loaded, release);
    kp_buffer_free(&release->ready[1]);
    CU_ASSERT_EQUAL(kp_release_store_save(txn, agreement, release, NULL), KP_OK);
    commit();
    kp_release_free(loaded);
    begin("large");
    loaded = load(agreement);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loaded);
    check_same(loaded, release);
    kp_release_free(loaded);
    commit();
    kp_release_free(release);
    free(leaves);
    free(entries);
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
    static const uint8_t KEYS[][5] = {{'e'}, {'l'}, {'o'}, {'t'}};
    for (size_t i = 0; i < 4; i++) {
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
