/* proto/store_writer.h: many records in transactions of bounded size. */
#include "proto/limits.h"
#include "proto/numbers.h"
#include "proto/store_writer.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <string.h>

static const uint8_t store_key[32] = {1};
static const char *const names[] = {"one", "two"};
enum { ONE, TWO, TABLES };
#define VALUE_BYTES KP_STORE_WRITE_BYTES

static struct kp_store *store;

static void open_store(const char *name)
{
    CU_ASSERT_EQUAL_FATAL(kp_store_open(&store, scratch(name), store_key, names, TABLES, NULL),
                          KP_OK);
}

static uint64_t count(size_t table)
{
    struct kp_txn *txn = NULL;
    uint64_t records = 0;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_count(txn, table, &records, NULL), KP_OK);
    kp_store_abort(txn);
    return records;
}

static void put(struct kp_store_writer *writer, size_t table, uint32_t number, size_t size)
{
    static uint8_t value[2 * KP_STORE_WRITE_BYTES];
    uint8_t key[4];
    (void)kp_put_number(key, number, sizeof(key));
    (void)kp_put_number(value, number, 4);
    CU_ASSERT_EQUAL_FATAL(kp_store_writer_put(writer, table, key, sizeof(key), value, size, NULL),
                          KP_OK);
}

static bool there(size_t table, uint32_t number, size_t size)
{
    uint8_t key[4];
    struct kp_buffer value = {0};
    bool found = false;
    (void)kp_put_number(key, number, sizeof(key));
    CU_ASSERT_EQUAL(kp_store_fetch(store, table, key, sizeof(key), &value, &found, NULL), KP_OK);
    bool same =
        found && value.size == size && (size == 0 || kp_get_number(value.data, 4) == number);
    kp_buffer_free(&value);
    return same;
}

/* Never more than the bound is gathered; what is gathered isn't there yet. */
static void writes_as_it_goes(void)
{
    struct kp_store_writer *writer = NULL;
    open_store("bounded");
    CU_ASSERT_EQUAL_FATAL(kp_store_writer_new(&writer, store, NULL), KP_OK);
    for (uint32_t i = 0; i < 20; i++) {
        put(writer, ONE, i, VALUE_BYTES);
        uint64_t written = count(ONE);
        CU_ASSERT((i + 1 - written) * VALUE_BYTES <= KP_STORE_WRITE_BYTES);
        CU_ASSERT(written <= i);
        CU_ASSERT_EQUAL(kp_store_writer_wrote(writer), written > 0);
    }
    put(writer, TWO, 1, 2 * KP_STORE_WRITE_BYTES); /* larger than the bound: alone */
    put(writer, TWO, 2, 0);
    CU_ASSERT_EQUAL(kp_store_writer_flush(writer, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_writer_flush(writer, NULL), KP_OK);
    CU_ASSERT_EQUAL(count(ONE), 20);
    for (uint32_t i = 0; i < 20; i++) {
        CU_ASSERT(there(ONE, i, VALUE_BYTES));
    }
    CU_ASSERT(there(TWO, 1, 2 * KP_STORE_WRITE_BYTES));
    CU_ASSERT(there(TWO, 2, 0));
    kp_store_writer_free(writer);
    kp_store_writer_free(NULL);
    kp_store_close(store);
}

/* What is little goes into the caller's own transaction, and ends with it. */
static void little_is_the_callers(void)
{
    struct kp_store_writer *writer = NULL;
    struct kp_txn *txn = NULL;
    open_store("little");
    CU_ASSERT_EQUAL_FATAL(kp_store_writer_new(&writer, store, NULL), KP_OK);
    for (uint32_t what = 0; what < 3; what++) {
        put(writer, ONE, what, 100);
        if (what == 2) {
            kp_store_writer_drop(writer);
        }
        CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_store_writer_into(writer, txn, NULL), KP_OK);
        CU_ASSERT_EQUAL(there(ONE, what, 100), what != 2); /* fetch looks into what is open */
        if (what == 0) {
            kp_store_abort(txn);
        } else {
            CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
        }
        CU_ASSERT_EQUAL(there(ONE, what, 100), what == 1);
        CU_ASSERT(!kp_store_writer_wrote(writer));
    }
    /* Another transaction is open: nothing can be written, and nobody is misled. */
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, false, &txn, NULL), KP_OK);
    put(writer, ONE, 8, 100);
    CU_ASSERT_EQUAL(kp_store_writer_flush(writer, NULL), KP_FAILED);
    kp_store_abort(txn);
    kp_store_writer_free(writer);
    kp_store_close(store);
}

static void deletes_what_begins_alike(void)
{
    static const char *const keys[] = {"a", "ab", "aba", "abz", "ac", "b", "\xff", "\xff\xff"};
    struct kp_txn *txn = NULL;
    open_store("prefix");
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        CU_ASSERT_EQUAL(kp_store_put(txn, ONE, keys[i], strlen(keys[i]), "x", 1, NULL), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_store_delete_prefix(txn, ONE, "ab", 2, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_delete_prefix(txn, ONE, "\xff", 1, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_delete_prefix(txn, ONE, "c", 1, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_delete_prefix(txn, ONE, "", 0, NULL), KP_FAILED);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(count(ONE), 3);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct kp_buffer value = {0};
        bool found = false;
        CU_ASSERT_EQUAL(kp_store_fetch(store, ONE, keys[i], strlen(keys[i]), &value, &found, NULL),
                        KP_OK);
        CU_ASSERT_EQUAL(found, i == 0 || i == 4 || i == 5);
        kp_buffer_free(&value);
    }
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    for (uint32_t i = 0; i < 20000; i++) { /* over many pages */
        uint8_t key[5] = {i % 2 == 0 ? 'p' : 'q'};
        (void)kp_put_number(key + 1, i, 4);
        CU_ASSERT_FATAL(kp_store_put(txn, TWO, key, sizeof(key), key, sizeof(key), NULL) == KP_OK);
    }
    bool more = false;
    CU_ASSERT_EQUAL(kp_store_delete_some(txn, TWO, "p", 1, 9999, &more, NULL), KP_OK);
    CU_ASSERT(more);
    CU_ASSERT_EQUAL(kp_store_delete_some(txn, TWO, "p", 1, 1, &more, NULL), KP_OK);
    CU_ASSERT(!more);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(count(TWO), 10000);
    kp_store_close(store);
}

static const struct unit_test tests[] = {
    {"writes as it goes", writes_as_it_goes},
    {"little is the caller's", little_is_the_callers},
    {"deletes what begins alike", deletes_what_begins_alike},
};
UNIT_MAIN("store_writer", tests)
