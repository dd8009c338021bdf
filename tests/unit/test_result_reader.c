/* Results against what the coordinator signed about them. */
#include "coordinator/result_reader.h"
#include "proto/transcript.h"
#include "tests/unit/deposit.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdlib.h>

#define ROUND 1u
#define GROUPS 3u
#define ITEMS (1u + GROUPS + 5u + 1u) /* transcript, groups, lists, RESULT */

struct item {
    struct kp_result_key key;
    struct kp_buffer value;
};

static struct deposit *deposit;
static struct item items[ITEMS];

static void sign(const struct kp_buffer *body, enum kp_message_type type,
                 const uint8_t secret[static KP_SIGN_SECRET_BYTES], struct kp_buffer *packed)
{
    struct kp_round_message message = {
        .type = type, .from = KP_PARTY_COORDINATOR, .to = KP_PARTY_ALL, .body = *body};
    memcpy(message.attempt, deposit->attempt, KP_ATTEMPT_BYTES);
    kp_round_message_sign(&message, deposit->fixture.agreement->lineage, secret);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
}

static void make_list(struct item *item, enum kp_phase phase)
{
    const struct kp_phase_list list = {.counter = ROUND,
                                       .phase = phase,
                                       .member_count = deposit->fixture.agreement->member_count,
                                       .refused = phase == KP_PHASE_RELEASE ? 2 : 0};
    struct kp_buffer body = {0};
    item->key = (struct kp_result_key){ROUND, KP_RESULT_PHASE_LIST, 0, (uint32_t)phase};
    CU_ASSERT_EQUAL(kp_phase_list_pack(&list, &body, NULL), KP_OK);
    sign(&body, KP_MESSAGE_PHASE_LIST, deposit->fixture.coordinator_secret, &item->value);
    kp_buffer_free(&body);
}

static struct kp_round_result expected(void)
{
    struct kp_round_result result = {
        .counter = ROUND, .round_type = KP_ROUND_MATCH, .groups = GROUPS, .faults = 1};
    struct kp_merkle_stream stream;
    kp_merkle_stream_start(&stream);
    for (size_t i = 0; i + 1 < ITEMS; i++) {
        uint8_t key[KP_RESULT_KEY_BYTES], leaf[KP_DIGEST_BYTES];
        kp_result_key_pack(key, &items[i].key);
        kp_transcript_result_item(leaf, key, sizeof(key), items[i].value.data, items[i].value.size);
        kp_merkle_stream_add(&stream, leaf);
    }
    kp_merkle_stream_root(&stream, result.root);
    memcpy(result.round_id, deposit->round_id, KP_DIGEST_BYTES);
    kp_transcript_readys(result.readys, deposit->fixture.agreement->lineage,
                         deposit->transcript.ready, deposit->transcript.member_count);
    return result;
}

static void sign_result(const struct kp_round_result *result,
                        const uint8_t secret[static KP_SIGN_SECRET_BYTES])
{
    struct kp_buffer body = {0};
    items[ITEMS - 1].key = (struct kp_result_key){ROUND, KP_RESULT_SIGNED, 0, 0};
    CU_ASSERT_EQUAL(kp_round_result_pack(result, &body, NULL), KP_OK);
    sign(&body, KP_MESSAGE_RESULT, secret, &items[ITEMS - 1].value);
    kp_buffer_free(&body);
}

static void start(void)
{
    deposit = calloc(1, sizeof(*deposit));
    CU_ASSERT_PTR_NOT_NULL_FATAL(deposit);
    deposit_start(deposit, &(struct fixture_settings){.members = 3, .slots = 2});
    deposit_finish(deposit);
    items[0].key = (struct kp_result_key){ROUND, KP_RESULT_TRANSCRIPT, 0, 0};
    CU_ASSERT_EQUAL(kp_buffer_set(&items[0].value, (const uint8_t *)"all", 3), KP_OK);
    for (uint32_t i = 0; i < GROUPS; i++) {
        items[1 + i].key = (struct kp_result_key){ROUND, KP_RESULT_GROUP, 0, i};
        CU_ASSERT_EQUAL(kp_buffer_set(&items[1 + i].value, (const uint8_t *)"group", 5), KP_OK);
    }
    for (uint32_t i = 0; i < 5; i++) {
        make_list(&items[1 + GROUPS + i], (enum kp_phase)(KP_PHASE_HELLO1 + i));
    }
    const struct kp_round_result result = expected();
    sign_result(&result, deposit->fixture.coordinator_secret);
}

static void stop(void)
{
    for (size_t i = 0; i < ITEMS; i++) {
        kp_buffer_free(&items[i].value);
    }
    deposit_free(deposit);
    free(deposit);
}

/* All items but `without`; `again` comes once more behind them. ITEMS: none. */
static enum kp_status read_items(size_t without, size_t again, uint32_t round)
{
    struct kp_result_reader reader = {0};
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i <= ITEMS; i++) {
        size_t at = i == ITEMS ? again : i;
        uint8_t bytes[KP_RESULT_KEY_BYTES];
        const struct kp_buffer key = {.data = bytes, .size = sizeof(bytes)};
        if (at == ITEMS || at == without) {
            continue;
        }
        kp_result_key_pack(bytes, &items[at].key);
        status = kp_result_reader_take(&reader, &items[at].key, &key, &items[at].value, NULL);
    }
    if (status == KP_OK) {
        status = kp_result_reader_finish(&reader, deposit->fixture.agreement, round,
                                         &deposit->transcript, NULL);
    }
    if (status == KP_OK) {
        CU_ASSERT(reader.count == ITEMS - 1 && reader.groups == GROUPS);
        CU_ASSERT(reader.result.faults == 1 && reader.release.refused == 2);
        for (uint32_t i = 0; i < reader.count; i++) {
            uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
            kp_result_reader_path(&reader, i, path);
            CU_ASSERT_EQUAL(kp_merkle_check(reader.result.root,
                                            reader.leaves.data + (size_t)i * KP_DIGEST_BYTES,
                                            reader.count, i, path),
                            KP_OK);
        }
    }
    kp_result_reader_free(&reader);
    return status;
}

static enum kp_status read_all(void)
{
    return read_items(ITEMS, ITEMS, ROUND);
}

/* Each item is one that RESULT is over, or RESULT itself: none may lack, change, or come again. */
static void every_item_counts(void)
{
    start();
    CU_ASSERT_EQUAL(read_all(), KP_OK);
    CU_ASSERT_EQUAL(read_items(ITEMS, ITEMS, ROUND + 1), KP_REFUSED);
    for (size_t i = 0; i < ITEMS; i++) {
        CU_ASSERT_EQUAL(read_items(i, ITEMS, ROUND), KP_REFUSED);
        CU_ASSERT_EQUAL(read_items(ITEMS, i, ROUND), KP_REFUSED);
        items[i].value.data[items[i].value.size - 1] ^= 1;
        CU_ASSERT_EQUAL(read_all(), KP_REFUSED);
        items[i].value.data[items[i].value.size - 1] ^= 1;
    }
    CU_ASSERT_EQUAL(read_all(), KP_OK);
    stop();
}

/* RESULT is the coordinator's, and about this round and these READYs. */
static void what_result_says(void)
{
    start();
    for (int change = 0; change < 5; change++) {
        struct kp_round_result result = expected();
        uint8_t *const digests[] = {result.round_id, result.root, result.readys};
        if (change < 3) {
            digests[change][4] ^= 1;
        } else if (change == 3) {
            result.groups++;
        } else {
            result.counter++;
        }
        sign_result(&result, deposit->fixture.coordinator_secret);
        CU_ASSERT_EQUAL(read_all(), KP_REFUSED);
    }
    const struct kp_round_result result = expected();
    sign_result(&result, deposit->fixture.member[0].identity_secret);
    CU_ASSERT_EQUAL(read_all(), KP_REFUSED);
    sign_result(&result, deposit->fixture.coordinator_secret);
    CU_ASSERT_EQUAL(read_all(), KP_OK);
    /* Another READY of a member, signed afterwards. */
    deposit_entry(deposit, 2, 0)[100] ^= 1;
    deposit_sign(deposit, 2);
    CU_ASSERT_EQUAL(read_all(), KP_REFUSED);
    stop();
}

/* A list of a phase in another's place, although RESULT is over it. */
static void lists_in_their_place(void)
{
    start();
    struct kp_buffer kept = items[1 + GROUPS].value;
    items[1 + GROUPS].value = items[2 + GROUPS].value;
    const struct kp_round_result result = expected();
    sign_result(&result, deposit->fixture.coordinator_secret);
    CU_ASSERT_EQUAL(read_all(), KP_REFUSED);
    items[1 + GROUPS].value = kept;
    stop();
}

static const struct unit_test TESTS[] = {
    {"every item counts", every_item_counts},
    {"what RESULT says", what_result_says},
    {"lists in their place", lists_in_their_place},
};

UNIT_MAIN("result reader", TESTS)
