/* The results of a round: keys, pages, and clearing. */
#include "coordinator/database.h"
#include "coordinator/results.h"
#include "proto/transcript.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>

static struct kp_store *open_store(const char *name)
{
    struct kp_store *store = NULL;
    uint8_t key[32] = {9};
    CU_ASSERT_EQUAL_FATAL(kp_coordinator_database_open(&store, scratch(name), key, NULL), KP_OK);
    return store;
}

static struct kp_txn *begin(struct kp_store *store, bool write)
{
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, write, &txn, NULL), KP_OK);
    return txn;
}

/* ---- keys ---- */

static void keys_round_trip(void)
{
    static const struct kp_result_key KEYS[] = {
        {1, KP_RESULT_TRANSCRIPT, 0, 0},     {1, KP_RESULT_LEAVES, 1, 0},
        {1, KP_RESULT_LEAVES, 1, 255},       {1, KP_RESULT_LEAVES, 1, 256},
        {1, KP_RESULT_LEAVES, 2, 0},         {1, KP_RESULT_LEAVES, KP_MEMBERS_MAX, 127},
        {1, KP_RESULT_GROUP, 0, 0},          {1, KP_RESULT_GROUP, 0, UINT32_MAX},
        {2, KP_RESULT_TRANSCRIPT, 0, 0},     {256, KP_RESULT_GROUP, 0, 1},
        {UINT32_MAX, KP_RESULT_GROUP, 0, 1},
    };
    uint8_t last[KP_RESULT_KEY_BYTES] = {0};
    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
        uint8_t packed[KP_RESULT_KEY_BYTES];
        struct kp_result_key key;
        kp_result_key_pack(packed, &KEYS[i]);
        CU_ASSERT_EQUAL(kp_result_key_unpack(&key, packed, sizeof(packed), NULL), KP_OK);
        CU_ASSERT_EQUAL(key.round, KEYS[i].round);
        CU_ASSERT_EQUAL(key.kind, KEYS[i].kind);
        CU_ASSERT_EQUAL(key.member, KEYS[i].member);
        CU_ASSERT_EQUAL(key.index, KEYS[i].index);
        CU_ASSERT(memcmp(last, packed, sizeof(last)) < 0); /* as a walk gives them */
        memcpy(last, packed, sizeof(last));
    }
}

static void keys_that_are_refused(void)
{
    uint8_t packed[KP_RESULT_KEY_BYTES + 1] = {0};
    struct kp_result_key key;
    for (size_t size = 0; size <= sizeof(packed); size++) {
        CU_ASSERT_EQUAL(kp_result_key_unpack(&key, packed, size, NULL),
                        size == KP_RESULT_KEY_BYTES ? KP_OK : KP_REFUSED);
    }
    for (unsigned value = 0; value < 256; value++) {
        packed[4] = (uint8_t)value;
        CU_ASSERT_EQUAL(kp_result_key_unpack(&key, packed, KP_RESULT_KEY_BYTES, NULL),
                        value <= KP_RESULT_SIGNED ? KP_OK : KP_REFUSED);
        packed[4] = KP_RESULT_LEAVES;
        packed[5] = (uint8_t)value;
        CU_ASSERT_EQUAL(kp_result_key_unpack(&key, packed, KP_RESULT_KEY_BYTES, NULL),
                        value <= KP_MEMBERS_MAX ? KP_OK : KP_REFUSED);
        packed[5] = 0;
    }
}

/* ---- pages ---- */

static struct kp_results_writer writer;

static void begin_round(struct kp_store *store, uint32_t round, uint8_t mark)
{
    struct kp_result_transcript transcript = {.member_count = 2};
    for (uint32_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(kp_buffer_set(&transcript.hello1[i], &mark, 1), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_results_begin(store, &writer, round, &transcript, NULL), KP_OK);
    kp_result_transcript_free(&transcript);
}

static void add_groups(struct kp_store *store, uint32_t round, uint32_t count, size_t size)
{
    struct kp_txn *txn = begin(store, true);
    writer.round = round;
    static uint8_t noise[1 << 19];
    for (uint32_t i = 0; i < count; i++) {
        struct kp_result_group group = {.record_count = 1};
        group.tag[0] = (uint8_t)round;
        group.records[0].member = 1;
        group.records[0].position = i;
        CU_ASSERT_EQUAL(kp_buffer_set(&group.records[0].entry, noise, size), KP_OK);
        struct kp_buffer packed = {0};
        CU_ASSERT_EQUAL(kp_result_group_pack(&group, &packed, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_results_add_group(txn, &writer, i, &packed, NULL), KP_OK);
        kp_buffer_free(&packed);
        kp_result_group_free(&group);
    }
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
}

static void add_leaves(struct kp_store *store, uint32_t round, uint32_t member, uint32_t count)
{
    struct kp_txn *txn = begin(store, true);
    writer.round = round;
    static uint8_t digests[(2 * KP_CHUNK_LEAVES + 1) * KP_DIGEST_BYTES];
    memset(digests, (int)member, sizeof(digests));
    for (uint32_t part = 0; part < kp_chunk_count(count, KP_CHUNK_LEAVES); part++) {
        CU_ASSERT_EQUAL(kp_results_add_leaves(txn, &writer, member, part, digests,
                                              kp_chunk_items(count, KP_CHUNK_LEAVES, part), NULL),
                        KP_OK);
    }
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
}

struct pages {
    uint32_t pages;
    uint32_t transcripts;
    uint8_t mark; /* of the transcript */
    uint32_t leaves;
    size_t leaf_bytes;
    uint32_t groups;
};

static void take(struct pages *pages, uint32_t round, const struct kp_buffer *packed,
                 const struct kp_buffer *value)
{
    struct kp_result_key key;
    CU_ASSERT_EQUAL(kp_result_key_unpack(&key, packed->data, packed->size, NULL), KP_OK);
    CU_ASSERT_EQUAL(key.round, round);
    if (key.kind == KP_RESULT_TRANSCRIPT) {
        struct kp_result_transcript transcript;
        CU_ASSERT_EQUAL(kp_result_transcript_unpack(&transcript, value->data, value->size, NULL),
                        KP_OK);
        pages->transcripts++;
        pages->mark = transcript.hello1[0].data[0];
        CU_ASSERT_EQUAL(pages->leaves + pages->groups, 0); /* it comes first */
        kp_result_transcript_free(&transcript);
    } else if (key.kind == KP_RESULT_LEAVES) {
        pages->leaves++;
        pages->leaf_bytes += value->size;
        CU_ASSERT_EQUAL(value->data[value->size - 1], key.member);
        CU_ASSERT_EQUAL(pages->groups, 0);
    } else {
        struct kp_result_group group;
        CU_ASSERT_EQUAL(kp_result_group_unpack(&group, value->data, value->size, NULL), KP_OK);
        CU_ASSERT_EQUAL(key.index, pages->groups);
        CU_ASSERT_EQUAL(group.records[0].position, pages->groups);
        pages->groups++;
        kp_result_group_free(&group);
    }
}

/* All pages of a round, each as large as it may be, each item once. */
static struct pages read_all(struct kp_store *store, uint32_t round)
{
    struct pages pages = {0};
    struct kp_txn *txn = begin(store, false);
    uint8_t after[KP_RESULT_KEY_MAX];
    size_t after_size = 0;
    bool end = false;
    while (!end) {
        struct kp_batch items = {0};
        CU_ASSERT_EQUAL_FATAL(kp_results_page(txn, round, after, after_size, &items, &end, NULL),
                              KP_OK);
        CU_ASSERT_EQUAL(items.count % 2, 0);
        CU_ASSERT(items.count <= KP_WIRE_BATCH_MESSAGES);
        CU_ASSERT(items.bytes <= KP_WIRE_BATCH_BYTES || items.count == 2);
        CU_ASSERT_FATAL(end || items.count > 0);
        for (size_t i = 0; i < items.count; i += 2) {
            take(&pages, round, &items.items[i], &items.items[i + 1]);
            memcpy(after, items.items[i].data, items.items[i].size);
            after_size = items.items[i].size;
        }
        pages.pages++;
        kp_batch_free(&items);
    }
    kp_store_abort(txn);
    return pages;
}

static void pages_of_many_and_of_large(void)
{
    struct kp_store *store = open_store("pages");
    begin_round(store, 1, 'a');
    add_leaves(store, 1, 1, 2 * KP_CHUNK_LEAVES + 1);
    add_leaves(store, 1, 2, 2 * KP_CHUNK_LEAVES + 1);
    add_groups(store, 1, 1000, 10);
    begin_round(store, 2, 'b');
    add_groups(store, 2, 7, 1 << 19); /* two don't go into one page */
    begin_round(store, 3, 'c');
    struct pages pages = read_all(store, 1);
    CU_ASSERT_EQUAL(pages.transcripts, 1);
    CU_ASSERT_EQUAL(pages.mark, 'a');
    CU_ASSERT_EQUAL(pages.leaves, 6);
    CU_ASSERT_EQUAL(pages.leaf_bytes, 2 * (2 * KP_CHUNK_LEAVES + 1) * KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL(pages.groups, 1000);
    CU_ASSERT(pages.pages > 7);
    pages = read_all(store, 2);
    CU_ASSERT_EQUAL(pages.mark, 'b');
    CU_ASSERT_EQUAL(pages.groups, 7);
    CU_ASSERT(pages.pages >= 4);
    pages = read_all(store, 3);
    CU_ASSERT_EQUAL(pages.mark, 'c');
    CU_ASSERT_EQUAL(pages.groups, 0);
    CU_ASSERT_EQUAL(pages.pages, 1);
    pages = read_all(store, 4);
    CU_ASSERT_EQUAL(pages.transcripts, 0);
    CU_ASSERT_EQUAL(pages.pages, 1);
    kp_store_close(store);
}

/* Where to go on is a key of this round, there or not; anything else is refused. */
static void places_to_go_on(void)
{
    struct kp_store *store = open_store("after");
    begin_round(store, 1, 'a');
    add_groups(store, 1, 3, 1);
    begin_round(store, 2, 'b');
    struct kp_txn *txn = begin(store, false);
    struct kp_batch items = {0};
    bool end = false;
    uint8_t after[KP_RESULT_KEY_MAX] = {0};
    struct kp_result_key key = {.round = 1, .kind = KP_RESULT_GROUP, .index = 2};
    kp_result_key_pack(after, &key);
    CU_ASSERT_EQUAL(kp_results_page(txn, 1, after, KP_RESULT_KEY_BYTES, &items, &end, NULL), KP_OK);
    CU_ASSERT(end && items.count == 0);
    key.index = UINT32_MAX;
    kp_result_key_pack(after, &key);
    CU_ASSERT_EQUAL(kp_results_page(txn, 1, after, KP_RESULT_KEY_BYTES, &items, &end, NULL), KP_OK);
    CU_ASSERT(end && items.count == 0);
    key.kind = KP_RESULT_LEAVES; /* there are none; the groups come after */
    kp_result_key_pack(after, &key);
    CU_ASSERT_EQUAL(kp_results_page(txn, 1, after, KP_RESULT_KEY_BYTES, &items, &end, NULL), KP_OK);
    CU_ASSERT(end && items.count == 6);
    kp_batch_free(&items);
    CU_ASSERT_EQUAL(kp_results_page(txn, 2, after, KP_RESULT_KEY_BYTES, &items, &end, NULL),
                    KP_REFUSED);
    for (size_t size = 1; size <= KP_RESULT_KEY_MAX; size++) {
        if (size != KP_RESULT_KEY_BYTES) {
            CU_ASSERT_EQUAL(kp_results_page(txn, 1, after, size, &items, &end, NULL), KP_REFUSED);
        }
    }
    after[4] = KP_RESULT_SIGNED + 1;
    CU_ASSERT_EQUAL(kp_results_page(txn, 1, after, KP_RESULT_KEY_BYTES, &items, &end, NULL),
                    KP_REFUSED);
    CU_ASSERT_EQUAL(items.count, 0);
    kp_store_abort(txn);
    kp_store_close(store);
}

/* A round that is repeated after a broken-off attempt: nothing of the former is left, and nothing
 * of its neighbours is touched. */
static void clearing_a_former_attempt(void)
{
    struct kp_store *store = open_store("clear");
    for (uint32_t round = 1; round <= 3; round++) {
        begin_round(store, round, 'a');
        add_leaves(store, round, 1, KP_CHUNK_LEAVES + 1);
        add_groups(store, round, 5000, 5); /* several transactions to remove */
    }
    begin_round(store, 2, 'z');
    struct pages pages = read_all(store, 2);
    CU_ASSERT_EQUAL(pages.mark, 'z');
    CU_ASSERT_EQUAL(pages.leaves + pages.groups, 0);
    add_groups(store, 2, 1, 5);
    CU_ASSERT_EQUAL(read_all(store, 2).groups, 1);
    for (uint32_t round = 1; round <= 3; round += 2) {
        pages = read_all(store, round);
        CU_ASSERT_EQUAL(pages.mark, 'a');
        CU_ASSERT_EQUAL(pages.leaves, 2);
        CU_ASSERT_EQUAL(pages.groups, 5000);
    }
    kp_store_close(store);
}

static const struct unit_test TESTS[] = {
    {"keys round trip", keys_round_trip},
    {"keys that are refused", keys_that_are_refused},
    {"pages of many and of large", pages_of_many_and_of_large},
    {"places to go on", places_to_go_on},
    {"clearing a former attempt", clearing_a_former_attempt},
};

UNIT_MAIN("results", TESTS)
