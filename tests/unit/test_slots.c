/* node/slots.h: whose turn it is, what stays, and what counts. */
#include "crypto/oprf.h"
#include "node/database.h"
#include "node/eligible.h"
#include "node/signals.h"
#include "node/slots.h"
#include "node/state.h"
#include "node/withdrawn.h"
#include "proto/record.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>

static const uint8_t store_key[32] = {7, 8, 9};

/* One member's slots in one store. */
struct table {
    struct fixture fixture;
    struct kp_store *store;
    struct kp_slot_list list; /* the last one prepared */
    struct kp_slots_summary summary;
};

static void open_store(struct table *table, const char *name)
{
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&table->store, scratch(name), store_key, NULL),
                          KP_OK);
}

static void start(struct table *table, const char *name, uint32_t slots, uint32_t rotation)
{
    memset(table, 0, sizeof(*table));
    fixture_make(&table->fixture, &(struct fixture_settings){.slots = slots, .rotation = rotation});
    open_store(table, name);
}

static void stop(struct table *table)
{
    kp_slot_list_free(&table->list);
    kp_store_close(table->store);
    fixture_free(&table->fixture);
}

static void add_at(struct table *table, const char *postcode, uint32_t number,
                   const char *indicator, uint32_t date, uint64_t now)
{
    struct kp_signal signal = {.observed_on = date};
    struct kp_txn *txn = NULL;
    enum kp_signal_added added;
    uint8_t digest[KP_DIGEST_BYTES];
    fixture_address_at(signal.address, postcode, number);
    snprintf(signal.indicator, sizeof(signal.indicator), "%s", indicator);
    snprintf(signal.grounds, sizeof(signal.grounds), "grounds %u", date);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(table->store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_signals_add(table->store, txn, &signal, now, &added, digest, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
}

static void add(struct table *table, uint32_t number, uint64_t now)
{
    add_at(table, "1234AB", number, "A", 20240101, now);
}

static void withdraw(struct table *table, uint32_t number)
{
    uint8_t address[KP_ADDRESS_KEY_BYTES], blind[KP_STORE_BLIND_BYTES];
    struct kp_txn *txn = NULL;
    fixture_address(address, number);
    kp_store_blind_key(table->store, blind, address, sizeof(address));
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(table->store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_delete(txn, KP_NODE_SIGNALS, blind, sizeof(blind), NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
}

static void check_counted(struct table *table)
{
    struct kp_slots_summary counted;
    CU_ASSERT_EQUAL(kp_slots_count(table->store, table->fixture.agreement, 1, &counted, NULL),
                    KP_OK);
    CU_ASSERT_EQUAL(memcmp(&counted, &table->summary, sizeof(counted)), 0);
}

static void new_list(struct table *table)
{
    kp_slot_list_free(&table->list);
    CU_ASSERT_EQUAL_FATAL(kp_slot_list_new(&table->list, table->fixture.agreement->slots), KP_OK);
}

static void prepare(struct table *table, uint64_t counter)
{
    struct kp_error error = {0};
    new_list(table);
    enum kp_status status = kp_slots_prepare(table->store, table->fixture.agreement, 1, counter, 1,
                                             &table->list, &table->summary, &error);
    if (status != KP_OK) {
        fprintf(stderr, "prepare: %s\n", error.text);
    }
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
    check_counted(table);
}

/* The slot that holds the address, or -1. */
static int slot_of(const struct table *table, uint32_t number)
{
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    int found = -1;
    fixture_address(address, number);
    for (uint32_t i = 0; i < table->list.count; i++) {
        if (memcmp(table->list.leaves[i].address, address, sizeof(address)) == 0) {
            CU_ASSERT_EQUAL(found, -1);
            CU_ASSERT_EQUAL(table->list.is_signal[i], 1);
            found = (int)i;
        }
    }
    return found;
}

/* Every slot is what it says: its point is P + rG or aG, and padding says nothing in its leaf. */
static void check_points(const struct table *table)
{
    for (uint32_t i = 0; i < table->list.count; i++) {
        const struct kp_leaf *leaf = &table->list.leaves[i];
        const uint8_t *blinding = table->list.blindings + (size_t)i * KP_SCALAR_BYTES;
        uint8_t point[KP_POINT_BYTES], own[KP_POINT_BYTES], input[KP_ELEMENT_INPUT_BYTES];
        CU_ASSERT_EQUAL(kp_points_multiply_base(point, blinding, 1), KP_OK);
        if (table->list.is_signal[i]) {
            kp_element_input(input, table->fixture.agreement->lineage, leaf->address);
            CU_ASSERT_EQUAL(kp_oprf_hash_to_group(own, KP_OPRF_MODE_OPRF, input, sizeof(input)),
                            KP_OK);
            CU_ASSERT_EQUAL(kp_points_add(point, point, own, 1), KP_OK);
        } else {
            CU_ASSERT(sodium_is_zero(leaf->address, sizeof(leaf->address)));
            CU_ASSERT(sodium_is_zero(leaf->indicators, sizeof(leaf->indicators)));
            CU_ASSERT(sodium_is_zero(leaf->grounds, sizeof(leaf->grounds)));
            CU_ASSERT_EQUAL(leaf->observed_on, 0);
        }
        CU_ASSERT_EQUAL(memcmp(point, table->list.points + (size_t)i * KP_POINT_BYTES, 32), 0);
        CU_ASSERT_EQUAL(memcmp(point, leaf->point, 32), 0);
        CU_ASSERT_EQUAL(leaf->index, i);
    }
}

/* A copy of the points, to compare with a later list. */
static uint8_t *copy_points(const struct table *table)
{
    size_t size = (size_t)table->list.count * KP_POINT_BYTES;
    uint8_t *copy = malloc(size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, table->list.points, size);
    return copy;
}

static bool same_point(const struct table *table, const uint8_t *before, uint32_t index)
{
    return memcmp(before + (size_t)index * KP_POINT_BYTES,
                  table->list.points + (size_t)index * KP_POINT_BYTES, KP_POINT_BYTES) == 0;
}

static void turns(void)
{
    struct kp_agreement agreement = {.slots = 5, .rotation = 2};
    static const char *const expected[] = {"11111", "11000", "00110", "10001",
                                           "01100", "00011", "11000"};
    for (uint64_t counter = 1; counter <= 7; counter++) {
        for (uint32_t i = 0; i < agreement.slots; i++) {
            CU_ASSERT_EQUAL(kp_slots_due(&agreement, counter, i), expected[counter - 1][i] == '1');
        }
    }
    /* However many slots and rounds: exactly `rotation` at a time, and all in turn. */
    for (agreement.slots = 1; agreement.slots <= 12; agreement.slots++) {
        for (agreement.rotation = 1; agreement.rotation <= agreement.slots; agreement.rotation++) {
            uint32_t next = 0;
            for (uint64_t counter = 2; counter < 40; counter++) {
                uint32_t due = 0;
                for (uint32_t i = 0; i < agreement.slots; i++) {
                    due += kp_slots_due(&agreement, counter, i);
                }
                CU_ASSERT_EQUAL(due, agreement.rotation);
                for (uint32_t i = 0; i < agreement.rotation; i++) {
                    CU_ASSERT(kp_slots_due(&agreement, counter, (next + i) % agreement.slots));
                }
                next = (next + agreement.rotation) % agreement.slots;
            }
        }
    }
}

static void first_list(void)
{
    struct table table;
    start(&table, "first", 8, 2);
    prepare(&table, 1); /* nothing but padding */
    check_points(&table);
    CU_ASSERT_EQUAL(table.summary.eligible, 0);
    stop(&table);

    start(&table, "second", 8, 2);
    for (uint32_t i = 1; i <= 5; i++) {
        add(&table, i, i);
    }
    prepare(&table, 1);
    check_points(&table);
    for (uint32_t i = 1; i <= 5; i++) {
        CU_ASSERT(slot_of(&table, i) >= 0);
    }
    CU_ASSERT_EQUAL(table.summary.signals, 5);
    CU_ASSERT_EQUAL(table.summary.addresses, 5);
    CU_ASSERT_EQUAL(table.summary.eligible, 5);
    CU_ASSERT_EQUAL(table.summary.in_slots, 5);
    CU_ASSERT_EQUAL(table.summary.waiting, 0);
    stop(&table);
}

/* From nothing but padding to nothing but signals: whatever is next to what, padding is aG,
 * although a point is hashed for it too, and a signal is P + rG. */
static void points_of_padding_and_signals(void)
{
    for (uint32_t signals = 0; signals <= 6; signals++) {
        char name[32];
        struct table table;
        snprintf(name, sizeof(name), "points-%u", signals);
        start(&table, name, 6, 4);
        for (uint32_t i = 1; i <= signals; i++) {
            add(&table, i, i);
        }
        for (uint64_t counter = 1; counter <= 4; counter++) {
            uint32_t found = 0;
            prepare(&table, counter);
            check_points(&table);
            for (uint32_t i = 0; i < 6; i++) {
                const uint8_t *blinding = table.list.blindings + (size_t)i * KP_SCALAR_BYTES;
                found += table.list.is_signal[i];
                CU_ASSERT(!sodium_is_zero(blinding, KP_SCALAR_BYTES));
                for (uint32_t j = 0; j < i; j++) {
                    CU_ASSERT_NOT_EQUAL(memcmp(blinding,
                                               table.list.blindings + (size_t)j * KP_SCALAR_BYTES,
                                               KP_SCALAR_BYTES),
                                        0);
                }
            }
            CU_ASSERT_EQUAL(found, signals);
        }
        stop(&table);
    }
}

/* What an index holds is as likely to be anything: over many lists each index holds the one signal
 * about as often. 400 draws of 1 in 4; 6 standard deviations are 52. */
static void places_are_random(void)
{
    uint32_t seen[4] = {0};
    struct table table;
    for (uint32_t i = 0; i < 400; i++) {
        char name[32];
        snprintf(name, sizeof(name), "random-%u", i % 4);
        start(&table, name, 4, 1);
        if (i < 4) {
            add(&table, 1, 1); /* another lineage each time, the same signals */
        }
        prepare(&table, 1);
        int slot = slot_of(&table, 1);
        CU_ASSERT_FATAL(slot >= 0);
        seen[slot]++;
        stop(&table);
    }
    for (uint32_t i = 0; i < 4; i++) {
        CU_ASSERT(seen[i] > 100 - 52 && seen[i] < 100 + 52);
    }
}

static void list_is_fixed_for_its_counter(void)
{
    struct table table;
    start(&table, "fixed", 8, 3);
    add(&table, 1, 1);
    prepare(&table, 1);
    uint8_t *before = copy_points(&table);
    int slot = slot_of(&table, 1);
    add(&table, 2, 2); /* waits: this counter's list has no place for it any more */
    prepare(&table, 1);
    CU_ASSERT_EQUAL(memcmp(before, table.list.points, 8 * KP_POINT_BYTES), 0);
    CU_ASSERT_EQUAL(slot_of(&table, 1), slot);
    CU_ASSERT_EQUAL(slot_of(&table, 2), -1);
    CU_ASSERT_EQUAL(table.summary.waiting, 1);

    /* Also over a restart. */
    kp_store_close(table.store);
    open_store(&table, "fixed");
    prepare(&table, 1);
    CU_ASSERT_EQUAL(memcmp(before, table.list.points, 8 * KP_POINT_BYTES), 0);
    check_points(&table);

    /* Only those whose turn it is change with the next counter, and all of those do. */
    prepare(&table, 2);
    for (uint32_t i = 0; i < 8; i++) {
        CU_ASSERT_EQUAL(same_point(&table, before, i),
                        !kp_slots_due(table.fixture.agreement, 2, i));
    }
    CU_ASSERT(slot_of(&table, 2) >= 0 && slot_of(&table, 2) < 3);
    check_points(&table);
    /* And never back. */
    struct kp_error error = {0};
    new_list(&table);
    CU_ASSERT_EQUAL(kp_slots_prepare(table.store, table.fixture.agreement, 1, 1, 1, &table.list,
                                     &table.summary, &error),
                    KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "go back"));
    free(before);
    stop(&table);
}

static size_t withdrawn_left(const struct table *table)
{
    struct kp_txn *txn = NULL;
    uint64_t count = 0;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(table->store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_count(txn, KP_NODE_WITHDRAWN, &count, NULL), KP_OK);
    kp_store_abort(txn);
    return (size_t)count;
}

static void withdraw_and_keep(struct table *table, uint32_t number)
{
    struct kp_signal signal = {.observed_on = 20240101, .indicator = "A"};
    struct kp_withdrawn_signal withdrawn = {.withdrawn_at = 9};
    uint8_t blind[KP_STORE_BLIND_BYTES];
    struct kp_txn *txn = NULL;
    fixture_address(signal.address, number);
    snprintf(signal.grounds, sizeof(signal.grounds), "grounds %u", signal.observed_on);
    kp_store_blind_key(table->store, blind, signal.address, sizeof(signal.address));
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(table->store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_signals_remove(table->store, txn, &signal, &withdrawn.kept, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_withdrawn_put(txn, blind, &withdrawn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
}

/* What was withdrawn is kept for audits as long as a slot has its point, and no longer. */
static void withdrawn_until_the_turn(void)
{
    struct table table;
    start(&table, "until", 4, 1);
    for (uint32_t i = 1; i <= 5; i++) {
        add(&table, i, i); /* the fifth waits */
    }
    prepare(&table, 1);
    uint32_t last = 0;
    for (uint32_t i = 1; i <= 4; i++) {
        last = slot_of(&table, i) == 1 ? i : last; /* whose turn is at counter 3 */
    }
    withdraw_and_keep(&table, last);
    withdraw_and_keep(&table, 5);
    CU_ASSERT_EQUAL(withdrawn_left(&table), 2);
    uint8_t *before = copy_points(&table);
    prepare(&table, 1); /* a second attempt: the one that waited is in no slot */
    CU_ASSERT_EQUAL(withdrawn_left(&table), 1);
    prepare(&table, 2);
    CU_ASSERT_EQUAL(slot_of(&table, last), -1);
    CU_ASSERT(same_point(&table, before, 1)); /* the point stays, the slot counts as padding */
    CU_ASSERT_EQUAL(withdrawn_left(&table), 1);
    prepare(&table, 3);
    CU_ASSERT_FALSE(same_point(&table, before, 1));
    CU_ASSERT_EQUAL(withdrawn_left(&table), 0);
    free(before);
    stop(&table);
}

static void points_last_until_their_turn(void)
{
    struct table table;
    start(&table, "last", 7, 2);
    for (uint32_t i = 1; i <= 7; i++) {
        add(&table, i, i);
    }
    prepare(&table, 1);
    for (uint64_t counter = 2; counter <= 20; counter++) {
        uint8_t *before = copy_points(&table);
        prepare(&table, counter);
        check_points(&table);
        for (uint32_t i = 0; i < 7; i++) {
            CU_ASSERT_EQUAL(same_point(&table, before, i),
                            !kp_slots_due(table.fixture.agreement, counter, i));
        }
        for (uint32_t i = 1; i <= 7; i++) {
            CU_ASSERT(slot_of(&table, i) >= 0); /* live signals stay, with other points */
        }
        free(before);
    }
    stop(&table);
}

static void rounds_that_passed_were_turns_too(void)
{
    struct table table;
    start(&table, "passed", 9, 2);
    prepare(&table, 1);
    uint8_t *before = copy_points(&table);
    prepare(&table, 4); /* 2 and 3 were released without this list */
    for (uint32_t i = 0; i < 9; i++) {
        CU_ASSERT_EQUAL(same_point(&table, before, i), i >= 6);
    }
    free(before);
    before = copy_points(&table);
    prepare(&table, 1000); /* everybody's turn */
    for (uint32_t i = 0; i < 9; i++) {
        CU_ASSERT(!same_point(&table, before, i));
    }
    free(before);
    stop(&table);

    start(&table, "joined", 4, 1);
    prepare(&table, 7); /* the first list of this node isn't round 1's */
    check_points(&table);
    stop(&table);
}

static void surplus_waits_by_age(void)
{
    struct table table;
    start(&table, "surplus", 3, 1);
    for (uint32_t i = 1; i <= 6; i++) {
        add(&table, i, 100 - i); /* 6 is the oldest */
    }
    prepare(&table, 1);
    CU_ASSERT_EQUAL(table.summary.eligible, 6);
    CU_ASSERT_EQUAL(table.summary.in_slots, 3);
    CU_ASSERT_EQUAL(table.summary.waiting, 3);
    for (uint32_t i = 1; i <= 6; i++) {
        CU_ASSERT_EQUAL(slot_of(&table, i) >= 0, i >= 4);
    }
    /* What stands in a slot stays there, also when what waits is older. */
    add(&table, 7, 1);
    prepare(&table, 2);
    CU_ASSERT_EQUAL(slot_of(&table, 7), -1);
    /* A slot that comes free at its turn goes to the oldest that waits. */
    int slot = slot_of(&table, 5);
    CU_ASSERT_FATAL(slot >= 0);
    withdraw(&table, 5);
    uint64_t counter = 3;
    while (!kp_slots_due(table.fixture.agreement, counter, (uint32_t)slot)) {
        prepare(&table, counter++);
        CU_ASSERT_EQUAL(slot_of(&table, 7), -1);
    }
    prepare(&table, counter);
    CU_ASSERT_EQUAL(slot_of(&table, 7), slot);
    CU_ASSERT_EQUAL(slot_of(&table, 3), -1);
    CU_ASSERT_EQUAL(table.summary.waiting, 3);
    check_points(&table);
    stop(&table);
}

static void withdrawn_signals_keep_their_point(void)
{
    struct table table;
    start(&table, "withdrawn", 4, 1);
    add(&table, 1, 1);
    add(&table, 2, 2);
    prepare(&table, 1);
    int slot = slot_of(&table, 1);
    CU_ASSERT_FATAL(slot >= 0);
    uint8_t *before = copy_points(&table);
    uint64_t counter = 2;
    withdraw(&table, 1);
    while (!kp_slots_due(table.fixture.agreement, counter, (uint32_t)slot)) {
        prepare(&table, counter++);
        CU_ASSERT(same_point(&table, before, (uint32_t)slot));
        CU_ASSERT_EQUAL(table.list.is_signal[slot], 0);
        CU_ASSERT(sodium_is_zero(table.list.leaves[slot].address, KP_ADDRESS_KEY_BYTES));
        CU_ASSERT_EQUAL(slot_of(&table, 1), -1);
        CU_ASSERT_EQUAL(table.summary.in_slots, 1);
    }
    prepare(&table, counter);
    CU_ASSERT(!same_point(&table, before, (uint32_t)slot));
    check_points(&table);
    free(before);
    stop(&table);

    /* One that comes back before its turn is where it was, and nowhere else. */
    start(&table, "back", 4, 1);
    add(&table, 1, 1);
    prepare(&table, 1);
    slot = slot_of(&table, 1);
    before = copy_points(&table);
    withdraw(&table, 1);
    prepare(&table, 1);
    CU_ASSERT_EQUAL(slot_of(&table, 1), -1);
    add(&table, 1, 5);
    prepare(&table, 1);
    CU_ASSERT_EQUAL(slot_of(&table, 1), slot);
    CU_ASSERT(same_point(&table, before, (uint32_t)slot));
    free(before);
    stop(&table);
}

/* The project is one of enforcement. */
static void add_with(struct table *table, uint32_t number, uint8_t purpose, uint32_t valid_until)
{
    struct kp_signal signal = {
        .observed_on = 20240101, .purpose = purpose, .valid_until = valid_until};
    struct kp_txn *txn = NULL;
    enum kp_signal_added added;
    uint8_t digest[KP_DIGEST_BYTES];
    fixture_address_at(signal.address, "1234AB", number);
    strcpy(signal.indicator, "A");
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(table->store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_signals_add(table->store, txn, &signal, 1, &added, digest, NULL), KP_OK);
    CU_ASSERT_EQUAL(added, KP_SIGNAL_NEW);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
}

static void purpose_and_last_day(void)
{
    struct table table;
    start(&table, "purpose", 16, 16);
    add_with(&table, 1, KP_CATEGORY_ENFORCEMENT, 0);
    add_with(&table, 2, KP_CATEGORY_CARE, 0);
    add_with(&table, 3, 0, 21990101);
    add_with(&table, 4, 0, 20240102);
    add_with(&table, 5, KP_CATEGORY_CARE, 20240102); /* counted once, for its purpose */
    add_with(&table, 6, 0, 21991231);
    add_with(&table, 7, KP_CATEGORY_CARE, 0); /* beside one that counts */
    add_with(&table, 7, KP_CATEGORY_ENFORCEMENT, 0);
    prepare(&table, 1);
    check_points(&table);
    CU_ASSERT_EQUAL(table.summary.signals, 8);
    CU_ASSERT_EQUAL(table.summary.eligible, 4);
    CU_ASSERT_EQUAL(table.summary.other_purpose, 3);
    CU_ASSERT_EQUAL(table.summary.past_date, 1);
    CU_ASSERT(slot_of(&table, 1) >= 0 && slot_of(&table, 3) >= 0 && slot_of(&table, 6) >= 0 &&
              slot_of(&table, 7) >= 0);
    CU_ASSERT(slot_of(&table, 2) < 0 && slot_of(&table, 4) < 0 && slot_of(&table, 5) < 0);
    stop(&table);
}

static void the_last_day_itself(void)
{
    static const struct {
        uint32_t today;
        enum kp_eligible_verdict verdict;
    } days[] = {
        {20240101, KP_ELIGIBLE}, {20240228, KP_ELIGIBLE}, {20240229, KP_ELIGIBLE_PAST_DATE}};
    struct table table;
    struct kp_signal signal = {.indicator = "A", .valid_until = 20240228};
    start(&table, "day", 4, 4);
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        CU_ASSERT_EQUAL(kp_eligible_signal(table.fixture.agreement, 1, days[i].today, &signal),
                        days[i].verdict);
    }
    CU_ASSERT_EQUAL(kp_eligible_today(0), 19700101);
    CU_ASSERT_EQUAL(kp_eligible_today(1709164799), 20240228);
    CU_ASSERT_EQUAL(kp_eligible_today(1709164800), 20240229);
    stop(&table);
}

static void what_counts(void)
{
    struct table table;
    start(&table, "counts", 16, 16);
    add_at(&table, "1234AB", 1, "A", 20240301, 50);
    add_at(&table, "1234AB", 1, "C-1", 20240201, 40);
    add_at(&table, "1234AB", 1, "C-2", 20240401, 30); /* another member's indicator */
    add_at(&table, "1234AB", 2, "C-2", 20240401, 30);
    add_at(&table, "1234ZZ", 3, "B", 20240101, 1); /* all letters of 1234 */
    add_at(&table, "5678AB", 4, "B", 20240101, 1);
    add_at(&table, "5678AC", 5, "B", 20240101, 1); /* outside */
    add_at(&table, "9999ZZ", 6, "A", 20240101, 1); /* outside, twice */
    add_at(&table, "9999ZZ", 6, "C-2", 20240101, 1);
    add_at(&table, "1235AB", 7, "A", 20240101, 1); /* outside */
    prepare(&table, 1);
    check_points(&table);
    CU_ASSERT_EQUAL(table.summary.signals, 10);
    CU_ASSERT_EQUAL(table.summary.addresses, 7);
    CU_ASSERT_EQUAL(table.summary.eligible, 3);
    CU_ASSERT_EQUAL(table.summary.in_slots, 3);
    CU_ASSERT_EQUAL(table.summary.waiting, 0);
    CU_ASSERT_EQUAL(table.summary.unregistered_indicator, 2);
    CU_ASSERT_EQUAL(table.summary.outside_area, 4);

    int slot = slot_of(&table, 1);
    CU_ASSERT_FATAL(slot >= 0);
    const struct kp_leaf *leaf = &table.list.leaves[slot];
    CU_ASSERT_EQUAL(leaf->indicators[0], 1 | 4); /* A is the first, C-1 the third */
    CU_ASSERT(sodium_is_zero(leaf->indicators + 1, KP_INDICATOR_SET_BYTES - 1));
    CU_ASSERT_EQUAL(leaf->observed_on, 20240301);
    stop(&table);
}

/* The grounds of signals that don't count aren't in the digest. */
static void grounds_of_what_counts_only(void)
{
    struct table table;
    uint8_t address[KP_ADDRESS_KEY_BYTES], blind[KP_STORE_BLIND_BYTES], digest[KP_DIGEST_BYTES];
    struct kp_signals_on_address signals;
    struct kp_txn *txn = NULL;
    bool found = false;
    start(&table, "grounds", 2, 1);
    add_at(&table, "1234AB", 1, "A", 20240301, 1);
    add_at(&table, "1234AB", 1, "ZZ", 20240301, 1);
    prepare(&table, 1);
    fixture_address(address, 1);
    kp_store_blind_key(table.store, blind, address, sizeof(address));
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(table.store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_signals_get(txn, blind, &signals, &found, NULL), KP_OK);
    kp_store_abort(txn);
    CU_ASSERT_EQUAL_FATAL(signals.count, 2);
    int slot = slot_of(&table, 1);
    CU_ASSERT_FATAL(slot >= 0);
    kp_signals_grounds_digest(digest, &signals);
    CU_ASSERT_NOT_EQUAL(memcmp(digest, table.list.leaves[slot].grounds, sizeof(digest)), 0);
    signals.count = 1; /* A sorts before ZZ */
    kp_signals_grounds_digest(digest, &signals);
    CU_ASSERT_EQUAL(memcmp(digest, table.list.leaves[slot].grounds, sizeof(digest)), 0);
    signals.count = 2;
    kp_signals_on_address_free(&signals);
    stop(&table);
}

static void damaged_slots_are_refused(void)
{
    struct table table;
    struct kp_txn *txn = NULL;
    start(&table, "damaged", 4, 1);
    prepare(&table, 1);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(table.store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_clear(txn, KP_NODE_SLOTS, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_slots_prepare(table.store, table.fixture.agreement, 1, 1, 1, &table.list,
                                     &table.summary, NULL),
                    KP_REFUSED);
    CU_ASSERT_EQUAL(kp_slots_prepare(table.store, table.fixture.agreement, 1, 2, 1, &table.list,
                                     &table.summary, NULL),
                    KP_REFUSED);
    stop(&table);
}

/* A record of one slot, as version 1 kept them: refused with words, whatever is asked. */
static void slots_of_before_are_refused(void)
{
    struct table table;
    struct kp_txn *txn = NULL;
    struct kp_error error = {0};
    uint8_t key[KP_DIGEST_BYTES + 4] = {0}, slot[98] = {1};
    start(&table, "before", 4, 1);
    memcpy(key, table.fixture.agreement->lineage, KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(table.store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_put(txn, KP_NODE_SLOTS, key, sizeof(key), slot, sizeof(slot), NULL),
                    KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    new_list(&table);
    CU_ASSERT_EQUAL(kp_slots_prepare(table.store, table.fixture.agreement, 1, 1, 1, &table.list,
                                     &table.summary, &error),
                    KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "earlier version"));
    CU_ASSERT_EQUAL(kp_slots_count(table.store, table.fixture.agreement, 1, &table.summary, NULL),
                    KP_REFUSED);
    stop(&table);
}

static enum kp_status that_point(void *context, uint32_t part, uint8_t *points,
                                 struct kp_error *error)
{
    (void)error;
    memset(points, 0, (size_t)KP_CHUNK_POINTS * KP_POINT_BYTES);
    memcpy(points, (const uint8_t *)context + (size_t)part * KP_POINT_BYTES, KP_POINT_BYTES);
    return KP_OK;
}

static void restore(struct table *table, const struct kp_slots_points *points)
{
    struct kp_txn *txn = NULL;
    struct kp_store_writer *writer = NULL;
    struct kp_slots_restoring restoring;
    CU_ASSERT_EQUAL_FATAL(kp_store_writer_new(&writer, table->store, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_slots_restore(&restoring, table->store, writer, table->fixture.agreement, 1,
                                     1, points, NULL),
                    KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(table->store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_writer_into(writer, txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_slots_restore_count(&restoring, txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    kp_store_writer_free(writer);
}

/* Points that come back after a loss: a slot that had another one is lost until its turn, and what
 * it held may have another slot. */
static void lost_slots(void)
{
    struct table table;
    start(&table, "lost", 1, 1);
    add(&table, 1, 1);
    prepare(&table, 1);
    uint8_t *before = copy_points(&table), other[KP_POINT_BYTES];
    struct kp_slots_points points = {before, that_point};
    restore(&table, &points);
    prepare(&table, 1);
    CU_ASSERT_EQUAL(slot_of(&table, 1), 0); /* the same point: nothing is lost */
    memcpy(other, before, sizeof(other));
    other[0]++;
    points.context = other;
    restore(&table, &points);
    prepare(&table, 1);
    CU_ASSERT_EQUAL(memcmp(table.list.points, other, sizeof(other)), 0);
    CU_ASSERT_EQUAL(slot_of(&table, 1), -1);
    CU_ASSERT_EQUAL(table.summary.waiting, 1);
    prepare(&table, 2);
    CU_ASSERT_EQUAL(slot_of(&table, 1), 0);
    check_points(&table);
    free(before);
    stop(&table);
}

static const struct unit_test TESTS[] = {
    {"slots of before are refused", slots_of_before_are_refused},
    {"lost slots", lost_slots},
    {"turns", turns},
    {"the first list", first_list},
    {"points of padding and signals", points_of_padding_and_signals},
    {"places are random", places_are_random},
    {"the list is fixed for its counter", list_is_fixed_for_its_counter},
    {"points last until their turn", points_last_until_their_turn},
    {"rounds that passed were turns too", rounds_that_passed_were_turns_too},
    {"the surplus waits, by age", surplus_waits_by_age},
    {"withdrawn signals keep their point", withdrawn_signals_keep_their_point},
    {"what counts", what_counts},
    {"purpose and last day", purpose_and_last_day},
    {"the last day itself", the_last_day_itself},
    {"grounds of what counts only", grounds_of_what_counts_only},
    {"damaged slots are refused", damaged_slots_are_refused},
    {"withdrawn until the turn", withdrawn_until_the_turn},
};

UNIT_MAIN("slots", TESTS)
