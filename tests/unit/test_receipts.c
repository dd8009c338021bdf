/* What a node keeps of the coordinator's receipts. */
#include "node/database.h"
#include "node/receipts.h"
#include "proto/audit_log.h"
#include "proto/export.h"
#include "proto/proof.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>

#define OWN 2u
#define COUNTER 7u
#define MESSAGES 5u

static struct fixture fixture;
static struct kp_receipts receipts;
static const uint8_t attempt[KP_ATTEMPT_BYTES] = {1, 2, 3};

static struct kp_buffer make_message(const uint8_t *of, uint32_t part)
{
    struct kp_round_message message = {
        .type = KP_MESSAGE_POINTS, .from = OWN, .to = 1, .part = part};
    struct kp_buffer packed = {0};
    memcpy(message.attempt, of, KP_ATTEMPT_BYTES);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
    return packed;
}

static void put(const uint8_t *of, uint32_t part)
{
    struct kp_buffer packed = make_message(of, part);
    CU_ASSERT_EQUAL(kp_receipts_put(&receipts, &packed, NULL), KP_OK);
    kp_buffer_free(&packed);
}

static void begin(void)
{
    struct kp_buffer start = {0};
    CU_ASSERT_EQUAL(kp_buffer_set(&start, (const uint8_t *)"start", 5), KP_OK);
    CU_ASSERT_EQUAL(kp_receipts_begin(&receipts, attempt, COUNTER, &start, NULL), KP_OK);
    kp_buffer_free(&start);
}

/* A receipt over the first `count` messages; `change` may make it another one. */
static enum kp_status take(uint32_t count, void (*change)(struct kp_receipt *))
{
    struct kp_receipt receipt = {.counter = COUNTER, .member = OWN, .phase = KP_PHASE_EVALUATE};
    struct kp_round_message message = {
        .type = KP_MESSAGE_RECEIPT, .from = KP_PARTY_COORDINATOR, .to = OWN};
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    memcpy(message.attempt, attempt, KP_ATTEMPT_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        struct kp_buffer put_before = make_message(attempt, i);
        uint8_t digest[KP_DIGEST_BYTES];
        kp_audit_message_digest(digest, put_before.data, put_before.size);
        kp_deposited_add(&receipt.deposited, digest);
        kp_buffer_free(&put_before);
    }
    if (change != NULL) {
        change(&receipt);
    }
    CU_ASSERT_EQUAL(kp_receipt_pack(&receipt, &message.body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
    enum kp_status status = kp_receipts_take(&receipts, OWN, &message, &packed, &error);
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
    return status;
}

static void other_chain(struct kp_receipt *receipt)
{
    receipt->deposited.chain[5] ^= 1;
}
static void other_member(struct kp_receipt *receipt)
{
    receipt->member = OWN + 1;
}
static void other_round(struct kp_receipt *receipt)
{
    receipt->counter = COUNTER + 1;
}

static void what_is_taken(void)
{
    const uint8_t other[KP_ATTEMPT_BYTES] = {9};
    CU_ASSERT_EQUAL(take(0, NULL), KP_REFUSED); /* no attempt */
    begin();
    for (uint32_t i = 0; i < MESSAGES; i++) {
        put(attempt, i);
        put(other, i); /* such as the ABORT of another one */
    }
    CU_ASSERT_EQUAL(receipts.digests.size, MESSAGES * KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL(take(2, NULL), KP_OK);
    CU_ASSERT_EQUAL(take(2, NULL), KP_OK); /* the same again */
    CU_ASSERT_EQUAL(take(3, other_chain), KP_REFUSED);
    CU_ASSERT_EQUAL(take(3, other_member), KP_REFUSED);
    CU_ASSERT_EQUAL(take(3, other_round), KP_REFUSED);
    CU_ASSERT_EQUAL(take(1, NULL), KP_REFUSED); /* it goes back */
    CU_ASSERT_EQUAL(take(MESSAGES + 1, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(receipts.checked.count, 2);
    CU_ASSERT_EQUAL(take(MESSAGES, NULL), KP_OK);
    CU_ASSERT_EQUAL(receipts.checked.count, MESSAGES);
    CU_ASSERT_EQUAL(receipts.phase, KP_PHASE_EVALUATE);
    kp_receipts_free(&receipts);
}

static struct kp_store *open_store(const char *name)
{
    struct kp_store *store = NULL;
    const uint8_t key[32] = {3};
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&store, scratch(name), key, NULL), KP_OK);
    return store;
}

static void save(struct kp_store *store)
{
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_receipts_save(txn, &receipts, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
}

static void reload(struct kp_store *store, const uint8_t *of)
{
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_receipts_load(txn, of, &receipts, NULL), KP_OK);
    kp_store_abort(txn);
}

/* What a restart finds; what is put again counts once. */
static void after_a_restart(void)
{
    struct kp_store *store = open_store("restart");
    begin();
    put(attempt, 0);
    CU_ASSERT_EQUAL(take(1, NULL), KP_OK);
    save(store);
    put(attempt, 1);
    put(attempt, 2);
    save(store); /* an answer without a receipt */
    reload(store, (const uint8_t[KP_ATTEMPT_BYTES]){8});
    CU_ASSERT(!receipts.any);
    reload(store, attempt);
    CU_ASSERT(receipts.any && receipts.counter == COUNTER && receipts.start.size == 5);
    CU_ASSERT_EQUAL(receipts.digests.size, 3 * KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL(receipts.checked.count, 1);
    for (uint32_t i = 1; i < MESSAGES; i++) {
        put(attempt, i);
    }
    CU_ASSERT_EQUAL(receipts.digests.size, MESSAGES * KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL(take(MESSAGES, NULL), KP_OK);
    save(store);
    reload(store, attempt);
    CU_ASSERT_EQUAL(receipts.checked.count, MESSAGES);
    kp_receipts_free(&receipts);
    kp_store_close(store);
}

static void get_page(struct kp_store *store, bool verdict, uint64_t counter,
                     struct kp_export_page *page, enum kp_status expected)
{
    struct kp_txn *txn = NULL;
    memset(page, 0, sizeof(*page));
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, false, &txn, NULL), KP_OK);
    enum kp_status status =
        verdict ? kp_receipts_verdict_page(txn, fixture.agreement, OWN, counter, page, NULL)
                : kp_receipts_page(txn, fixture.agreement, OWN, counter, 0, page, NULL);
    CU_ASSERT_EQUAL(status, expected);
    kp_store_abort(txn);
}

static enum kp_export_item_kind kind_of(const struct kp_export_page *page, size_t index)
{
    struct kp_export_item item = {0};
    CU_ASSERT_EQUAL(kp_export_item_unpack(&item, page->items.items[index].data,
                                          page->items.items[index].size, NULL),
                    KP_OK);
    kp_export_item_free(&item);
    return item.kind;
}

static void files(void)
{
    struct kp_store *store = open_store("files");
    struct kp_export_page page;
    fixture_make(&fixture, &(struct fixture_settings){.members = 2, .slots = 2});
    begin();
    put(attempt, 0);
    put(attempt, 1);
    get_page(store, false, 0, &page, KP_REFUSED);
    CU_ASSERT_EQUAL(take(1, NULL), KP_OK);
    save(store);
    for (uint64_t counter = 0; counter <= COUNTER; counter += COUNTER) {
        get_page(store, false, counter, &page, KP_OK);
        CU_ASSERT(page.items.count == 2 && page.header.items == 2 && page.next == 0);
        CU_ASSERT(page.header.counter == COUNTER && page.header.party == OWN);
        CU_ASSERT_EQUAL(kind_of(&page, 0), KP_EXPORT_RECEIPT);
        CU_ASSERT_EQUAL(kind_of(&page, 1), KP_EXPORT_DIGESTS);
        kp_batch_free(&page.items);
    }
    get_page(store, false, COUNTER + 1, &page, KP_REFUSED);
    get_page(store, true, 0, &page, KP_REFUSED); /* it wasn't silent */
    receipts.silent = true;
    save(store);
    get_page(store, true, 0, &page, KP_OK);
    CU_ASSERT(page.items.count == 4 && page.header.items == 4);
    static const enum kp_export_item_kind kinds[] = {KP_EXPORT_START, KP_EXPORT_RECEIPT,
                                                     KP_EXPORT_FAULT, KP_EXPORT_DIGESTS};
    for (size_t i = 0; i < page.items.count; i++) {
        CU_ASSERT_EQUAL(kind_of(&page, i), kinds[i]);
    }
    kp_batch_free(&page.items);
    kp_receipts_free(&receipts);
    fixture_free(&fixture);
    kp_store_close(store);
}

/* The oldest make place. */
static void many_attempts(void)
{
    struct kp_store *store = open_store("many");
    struct kp_txn *txn = NULL;
    uint64_t records = 0;
    for (uint32_t i = 0; i < KP_RECEIPTS_MAX + 3; i++) {
        uint8_t id[KP_ATTEMPT_BYTES] = {(uint8_t)(200 - i), 1};
        struct kp_buffer start = {0};
        CU_ASSERT_EQUAL(kp_receipts_begin(&receipts, id, 1 + i, &start, NULL), KP_OK);
        put(id, 0);
        receipts.time = 1000 + i;
        save(store);
    }
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_count(txn, KP_NODE_RECEIPTS, &records, NULL), KP_OK);
    CU_ASSERT_EQUAL(records, 2 * KP_RECEIPTS_MAX);
    kp_store_abort(txn);
    reload(store, (const uint8_t[KP_ATTEMPT_BYTES]){198, 1});
    CU_ASSERT(!receipts.any);
    reload(store, (const uint8_t[KP_ATTEMPT_BYTES]){197, 1});
    CU_ASSERT(receipts.any);
    kp_receipts_free(&receipts);
    kp_store_close(store);
}

static const struct unit_test TESTS[] = {
    {"what is taken", what_is_taken},
    {"after a restart", after_a_restart},
    {"files", files},
    {"many attempts", many_attempts},
};

UNIT_MAIN("receipts", TESTS)
