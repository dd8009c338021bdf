/* The coordinator's mailboxes: in order, exactly once, over restarts. */
#include "coordinator/database.h"
#include "coordinator/mailbox.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>

static uint8_t store_key[32];

static struct kp_store *open_store(const char *name)
{
    struct kp_store *store = NULL;
    struct kp_error error = {0};
    CU_ASSERT_EQUAL_FATAL(kp_coordinator_database_open(&store, scratch(name), store_key, &error),
                          KP_OK);
    return store;
}

static struct kp_txn *begin(struct kp_store *store)
{
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    return txn;
}

static void commit(struct kp_txn *txn)
{
    CU_ASSERT_EQUAL_FATAL(kp_store_commit(txn, NULL), KP_OK);
}

/* Message `number` for the member: its bytes follow from both. */
static void append(struct kp_txn *txn, uint32_t member, uint32_t number)
{
    uint8_t bytes[8] = {'m', (uint8_t)member, (uint8_t)(number >> 8), (uint8_t)number};
    CU_ASSERT_EQUAL(kp_mailbox_append(txn, member, bytes, sizeof(bytes), NULL), KP_OK);
}

/* What a fetch gives: `count` messages from `first` on; in these tests message i has number i. */
static void expect(struct kp_txn *txn, uint32_t member, uint64_t first, size_t count)
{
    struct kp_batch batch = {0};
    uint64_t given = 0, waiting = 0;
    CU_ASSERT_EQUAL(kp_mailbox_fetch(txn, member, 0, &given, &batch, NULL), KP_OK);
    CU_ASSERT_EQUAL(given, first);
    CU_ASSERT_EQUAL_FATAL(batch.count, count);
    for (size_t i = 0; i < count; i++) {
        uint64_t number = first + i;
        const uint8_t bytes[8] = {'m', (uint8_t)member, (uint8_t)(number >> 8), (uint8_t)number};
        CU_ASSERT_EQUAL_FATAL(batch.items[i].size, sizeof(bytes));
        CU_ASSERT_EQUAL(memcmp(batch.items[i].data, bytes, sizeof(bytes)), 0);
    }
    kp_batch_free(&batch);
    CU_ASSERT_EQUAL(kp_mailbox_waiting(txn, member, 0, &waiting, NULL), KP_OK);
    CU_ASSERT(count < KP_WIRE_BATCH_MESSAGES ? waiting == count : waiting >= count);
    uint64_t behind = 0;
    CU_ASSERT_EQUAL(kp_mailbox_waiting(txn, member, first, &behind, NULL), KP_OK);
    CU_ASSERT_EQUAL(behind, waiting > 0 ? waiting - 1 : 0);
    CU_ASSERT_EQUAL(kp_mailbox_waiting(txn, member, first + waiting, &behind, NULL), KP_OK);
    CU_ASSERT_EQUAL(behind, 0);
}

static enum kp_status acknowledge(struct kp_txn *txn, uint32_t member, uint64_t sequence)
{
    return kp_mailbox_acknowledge(txn, member, sequence, NULL);
}

static void in_order_until_acknowledged(void)
{
    struct kp_store *store = open_store("order");
    struct kp_txn *txn = begin(store);
    expect(txn, 1, 1, 0);
    for (uint32_t number = 1; number <= 5; number++) {
        append(txn, 1, number);
    }
    expect(txn, 1, 1, 5);
    expect(txn, 1, 1, 5); /* fetching takes nothing away */
    CU_ASSERT_EQUAL(acknowledge(txn, 1, 2), KP_OK);
    expect(txn, 1, 3, 3);
    CU_ASSERT_EQUAL(acknowledge(txn, 1, 2), KP_OK); /* again, and less: no change */
    CU_ASSERT_EQUAL(acknowledge(txn, 1, 1), KP_OK);
    CU_ASSERT_EQUAL(acknowledge(txn, 1, 0), KP_OK);
    expect(txn, 1, 3, 3);
    append(txn, 1, 6);
    expect(txn, 1, 3, 4);
    CU_ASSERT_EQUAL(acknowledge(txn, 1, 6), KP_OK);
    expect(txn, 1, 7, 0);
    append(txn, 1, 7); /* numbers go on */
    expect(txn, 1, 7, 1);
    commit(txn);
    kp_store_close(store);
}

static void acknowledging_too_much(void)
{
    struct kp_store *store = open_store("beyond");
    struct kp_txn *txn = begin(store);
    static const uint64_t BEYOND[] = {4, 5, 1ull << 32, UINT64_MAX - 1, UINT64_MAX};
    CU_ASSERT_EQUAL(acknowledge(txn, 2, 1), KP_REFUSED); /* nothing was ever given */
    for (uint32_t number = 1; number <= 3; number++) {
        append(txn, 2, number);
    }
    for (size_t i = 0; i < sizeof(BEYOND) / sizeof(BEYOND[0]); i++) {
        CU_ASSERT_EQUAL(acknowledge(txn, 2, BEYOND[i]), KP_REFUSED);
        expect(txn, 2, 1, 3);
    }
    CU_ASSERT_EQUAL(acknowledge(txn, 2, 3), KP_OK);
    CU_ASSERT_EQUAL(acknowledge(txn, 2, 4), KP_REFUSED);
    commit(txn);
    kp_store_close(store);
}

static void members_apart(void)
{
    struct kp_store *store = open_store("apart");
    struct kp_txn *txn = begin(store);
    for (uint32_t member = 1; member <= KP_MEMBERS_MAX; member++) {
        for (uint32_t number = 1; number <= member; number++) {
            append(txn, member, number);
        }
    }
    CU_ASSERT_EQUAL(kp_mailbox_clear(txn, 16, NULL), KP_OK);
    CU_ASSERT_EQUAL(acknowledge(txn, 31, 30), KP_OK);
    for (uint32_t member = 1; member <= KP_MEMBERS_MAX; member++) {
        if (member != 16 && member != 31) {
            expect(txn, member, 1, member);
        }
    }
    expect(txn, 16, 17, 0);
    expect(txn, 31, 31, 1);
    commit(txn);
    kp_store_close(store);
}

/* Cleared mail never comes, and its numbers aren't used again. */
static void clearing(void)
{
    struct kp_store *store = open_store("clear");
    struct kp_txn *txn = begin(store);
    CU_ASSERT_EQUAL(kp_mailbox_clear(txn, 1, NULL), KP_OK); /* nothing there */
    for (uint32_t number = 1; number <= 4; number++) {
        append(txn, 1, number);
    }
    CU_ASSERT_EQUAL(kp_mailbox_set_last_put(txn, 1, 9, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_mailbox_clear(txn, 1, NULL), KP_OK);
    uint64_t count = 1, last = 0;
    CU_ASSERT_EQUAL(kp_store_count(txn, KP_COORDINATOR_MAIL, &count, NULL), KP_OK);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(kp_mailbox_last_put(txn, 1, &last, NULL), KP_OK);
    CU_ASSERT_EQUAL(last, 9); /* the other direction is not touched */
    expect(txn, 1, 5, 0);
    append(txn, 1, 5);
    expect(txn, 1, 5, 1);
    CU_ASSERT_EQUAL(acknowledge(txn, 1, 4), KP_OK); /* of before: it was given out */
    expect(txn, 1, 5, 1);
    commit(txn);
    kp_store_close(store);
}

static void last_put(void)
{
    struct kp_store *store = open_store("put");
    struct kp_txn *txn = begin(store);
    uint64_t last = 77;
    CU_ASSERT_EQUAL(kp_mailbox_last_put(txn, 1, &last, NULL), KP_OK);
    CU_ASSERT_EQUAL(last, 0);
    CU_ASSERT_EQUAL(kp_mailbox_set_last_put(txn, 1, UINT64_MAX, NULL), KP_OK);
    append(txn, 1, 1);
    CU_ASSERT_EQUAL(kp_mailbox_last_put(txn, 1, &last, NULL), KP_OK);
    CU_ASSERT_EQUAL(last, UINT64_MAX);
    CU_ASSERT_EQUAL(kp_mailbox_last_put(txn, 2, &last, NULL), KP_OK);
    CU_ASSERT_EQUAL(last, 0);
    expect(txn, 1, 1, 1);
    commit(txn);
    kp_store_close(store);
}

/* A restart after each step; what wasn't committed hasn't happened. */
static void over_restarts(void)
{
    struct kp_store *store = open_store("restart");
    struct kp_txn *txn = begin(store);
    append(txn, 1, 1);
    append(txn, 1, 2);
    CU_ASSERT_EQUAL(kp_mailbox_set_last_put(txn, 1, 5, NULL), KP_OK);
    commit(txn);
    kp_store_close(store);

    store = open_store("restart");
    txn = begin(store);
    append(txn, 1, 3);
    CU_ASSERT_EQUAL(kp_mailbox_set_last_put(txn, 1, 6, NULL), KP_OK);
    CU_ASSERT_EQUAL(acknowledge(txn, 1, 2), KP_OK);
    expect(txn, 1, 3, 1);
    kp_store_abort(txn);
    kp_store_close(store);

    store = open_store("restart");
    txn = begin(store);
    uint64_t last = 0;
    CU_ASSERT_EQUAL(kp_mailbox_last_put(txn, 1, &last, NULL), KP_OK);
    CU_ASSERT_EQUAL(last, 5);
    expect(txn, 1, 1, 2);
    CU_ASSERT_EQUAL(acknowledge(txn, 1, 1), KP_OK);
    commit(txn);
    kp_store_close(store);

    store = open_store("restart");
    txn = begin(store);
    expect(txn, 1, 2, 1);
    append(txn, 1, 3);
    expect(txn, 1, 2, 2);
    commit(txn);
    kp_store_close(store);
}

/* All that waits comes, delivery after delivery, whatever its sizes. */
static void take_all(struct kp_txn *txn, const size_t *sizes, size_t count)
{
    size_t taken = 0;
    while (taken < count) {
        struct kp_batch batch = {0};
        uint64_t first = 0;
        CU_ASSERT_EQUAL_FATAL(kp_mailbox_fetch(txn, 1, 0, &first, &batch, NULL), KP_OK);
        CU_ASSERT_EQUAL(first, taken + 1);
        CU_ASSERT_FATAL(batch.count > 0);
        CU_ASSERT(batch.count <= KP_WIRE_BATCH_MESSAGES);
        CU_ASSERT(batch.count == 1 || batch.bytes <= KP_WIRE_BATCH_BYTES);
        size_t bytes = 0;
        for (size_t i = 0; i < batch.count; i++, taken++) {
            CU_ASSERT_EQUAL(batch.items[i].size, sizes[taken]);
            bytes += batch.items[i].size;
        }
        CU_ASSERT_EQUAL(batch.bytes, bytes);
        CU_ASSERT(taken == count || batch.count == KP_WIRE_BATCH_MESSAGES ||
                  bytes + sizes[taken] > KP_WIRE_BATCH_BYTES); /* full */
        kp_batch_free(&batch);
        CU_ASSERT_EQUAL(acknowledge(txn, 1, taken), KP_OK);
    }
    expect(txn, 1, count + 1, 0);
}

static void sizes_of_deliveries(void)
{
    static size_t sizes[700];
    static uint8_t bytes[KP_WIRE_MESSAGE_MAX];
    size_t count = 0;
    sizes[count++] = KP_WIRE_MESSAGE_MAX; /* alone */
    sizes[count++] = KP_WIRE_MESSAGE_MAX;
    sizes[count++] = 1;
    sizes[count++] = KP_WIRE_BATCH_BYTES / 2;
    sizes[count++] = KP_WIRE_BATCH_BYTES / 2;
    sizes[count++] = 0;
    while (count < 600) {
        sizes[count++] = 10;
    }
    sizes[count++] = KP_WIRE_BATCH_BYTES - 1;
    sizes[count++] = 1;
    sizes[count++] = 1;
    struct kp_store *store = open_store("sizes");
    struct kp_txn *txn = begin(store);
    for (size_t i = 0; i < count; i++) {
        CU_ASSERT_EQUAL_FATAL(kp_mailbox_append(txn, 1, bytes, sizes[i], NULL), KP_OK);
    }
    commit(txn);
    txn = begin(store);
    take_all(txn, sizes, count);
    commit(txn);
    kp_store_close(store);
}

/* A database that somebody wrote into is noticed. */
static void damaged_counters(void)
{
    struct kp_store *store = open_store("damaged");
    struct kp_txn *txn = begin(store);
    uint8_t key = 1, value[8] = {0};
    uint64_t number = 0;
    struct kp_batch batch = {0};
    CU_ASSERT_EQUAL(
        kp_store_put(txn, KP_COORDINATOR_MAILBOXES, &key, 1, value, sizeof(value), NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_mailbox_append(txn, 1, value, 1, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_mailbox_fetch(txn, 1, 0, &number, &batch, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_mailbox_clear(txn, 1, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_mailbox_last_put(txn, 1, &number, NULL), KP_REFUSED);
    append(txn, 2, 1);
    uint8_t mail[9] = {2, 0, 0, 0, 0, 0, 0, 0, 1};
    CU_ASSERT_EQUAL(kp_store_delete(txn, KP_COORDINATOR_MAIL, mail, sizeof(mail), NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_mailbox_fetch(txn, 2, 0, &number, &batch, NULL), KP_REFUSED);
    kp_batch_free(&batch);
    kp_store_abort(txn);
    kp_store_close(store);
}

static const struct unit_test TESTS[] = {
    {"in order until acknowledged", in_order_until_acknowledged},
    {"acknowledging too much", acknowledging_too_much},
    {"members apart", members_apart},
    {"clearing", clearing},
    {"last put", last_put},
    {"over restarts", over_restarts},
    {"sizes of deliveries", sizes_of_deliveries},
    {"damaged counters", damaged_counters},
};

UNIT_MAIN("mailbox", TESTS)
