#include "crypto/merkle.h"
#include "node/database.h"
#include "node/noted.h"
#include "node/signals.h"
#include "node/withdrawn.h"
#include "proto/address.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t store_key[32] = {4, 5, 6};
static struct kp_store *store;
static struct kp_txn *txn;

static void begin(const char *name)
{
    struct kp_error error = {0};
    CU_ASSERT_FATAL(kp_node_database_open(&store, scratch(name), store_key, &error) == KP_OK);
    CU_ASSERT_FATAL(kp_store_begin(store, true, &txn, &error) == KP_OK);
}

static void end(void)
{
    CU_ASSERT(kp_store_commit(txn, NULL) == KP_OK);
    kp_store_close(store);
}

static struct kp_signal signal_on(const char *address, const char *indicator, const char *grounds,
                                  uint32_t date)
{
    struct kp_signal signal = {.observed_on = date};
    memcpy(signal.address, address, KP_ADDRESS_KEY_BYTES);
    snprintf(signal.indicator, sizeof(signal.indicator), "%s", indicator);
    snprintf(signal.grounds, sizeof(signal.grounds), "%s", grounds);
    return signal;
}

#define HOME "1234AB00012A2   "
#define NEXT "1234AB00012B2   "

static enum kp_status add(const struct kp_signal *signal, uint64_t now, enum kp_signal_added *added)
{
    struct kp_error error = {0};
    uint8_t digest[KP_DIGEST_BYTES];
    enum kp_status status = kp_signals_add(store, txn, signal, now, added, digest, &error);
    CU_ASSERT(status == KP_OK || error.text[0] != '\0');
    return status;
}

static struct kp_signals_on_address get(const char *address)
{
    uint8_t blind[KP_STORE_BLIND_BYTES];
    struct kp_signals_on_address signals = {0};
    bool found = false;
    kp_store_blind_key(store, blind, address, KP_ADDRESS_KEY_BYTES);
    CU_ASSERT(kp_signals_get(txn, blind, &signals, &found, NULL) == KP_OK);
    CU_ASSERT(found == (signals.count > 0));
    return signals;
}

static void fields_that_are_not_canonical(void)
{
    const struct kp_signal good = signal_on(HOME, "W01", "grounds", 20240229);
    struct kp_signal bad[19];
    size_t count = 0;
    for (; count < 19; count++) {
        bad[count] = good;
    }
    bad[0].address[0] = '0';
    memset(bad[1].address, 0, sizeof(bad[1].address));
    bad[2].indicator[0] = '\0';
    bad[3].indicator[0] = ' ';
    bad[4].indicator[2] = ' ';
    bad[5].indicator[1] = '\n';
    bad[6].indicator[1] = (char)0xff;
    memset(bad[7].indicator, 'x', sizeof(bad[7].indicator)); /* without a NUL */
    bad[8].grounds[0] = '\x01';
    bad[9].grounds[0] = (char)0x80;
    bad[10].grounds[6] = ' ';
    memset(bad[11].grounds, 'x', sizeof(bad[11].grounds));
    bad[12].observed_on = 0;
    bad[13].observed_on = 20230229;
    bad[14].observed_on = UINT32_MAX;
    bad[15].observed_on = 22000101;
    bad[16].purpose = 3;
    bad[17].valid_until = 20230229;
    bad[18].valid_until = UINT32_MAX;
    begin("bad");
    for (size_t i = 0; i < count; i++) {
        enum kp_signal_added added = KP_SIGNAL_KNOWN;
        CU_ASSERT(add(&bad[i], 1, &added) == KP_REFUSED);
    }
    uint64_t kept = 1;
    CU_ASSERT(kp_store_count(txn, KP_NODE_SIGNALS, &kept, NULL) == KP_OK && kept == 0);
    end();
}

/* A database that an earlier version of Kruispunt wrote. */
static void records_of_version_1(void)
{
    begin("version-1");
    uint8_t blind[KP_STORE_BLIND_BYTES], record[64] = {1};
    uint8_t *at = record + 1;
    memcpy(at, HOME, KP_ADDRESS_KEY_BYTES);
    at += KP_ADDRESS_KEY_BYTES;
    *at++ = 1;                         /* signal */
    at += 8;                           /* registered at 0 */
    memcpy(at, "\x01\x34\xd9\xc5", 4); /* 20240837: no such day */
    at += 4 + 16;                      /* salt of zeros */
    memcpy(at,
           "\x01"
           "A"
           "\x00\x01"
           "g",
           5);
    size_t size = (size_t)(at + 5 - record);
    kp_store_blind_key(store, blind, HOME, KP_ADDRESS_KEY_BYTES);
    struct kp_signals_on_address signals = {0};
    bool found = false;
    CU_ASSERT(kp_store_put(txn, KP_NODE_SIGNALS, blind, sizeof(blind), record, size, NULL) ==
              KP_OK);
    CU_ASSERT(kp_signals_get(txn, blind, &signals, &found, NULL) == KP_REFUSED);

    memcpy(record + 1 + KP_ADDRESS_KEY_BYTES + 1 + 8, "\x01\x34\xd8\x75", 4); /* 20240501 */
    CU_ASSERT(kp_store_put(txn, KP_NODE_SIGNALS, blind, sizeof(blind), record, size, NULL) ==
              KP_OK);
    CU_ASSERT_FATAL(kp_signals_get(txn, blind, &signals, &found, NULL) == KP_OK && found);
    CU_ASSERT(signals.count == 1 && signals.signals[0].signal.observed_on == 20240501);
    CU_ASSERT(signals.signals[0].signal.purpose == 0);
    CU_ASSERT(signals.signals[0].signal.valid_until == 0);
    CU_ASSERT_STRING_EQUAL(signals.signals[0].signal.indicator, "A");
    CU_ASSERT_STRING_EQUAL(signals.signals[0].signal.grounds, "g");
    kp_signals_on_address_free(&signals);
    end();
}

/* Records of another version, cut short, or with anything changed: refused, never misread. */
static void hostile_records(void)
{
    begin("hostile");
    enum kp_signal_added added = KP_SIGNAL_KNOWN;
    struct kp_signal one = signal_on(HOME, "W01", "grounds", 20240229);
    struct kp_signal two = signal_on(HOME, "W02", "", 20240301);
    CU_ASSERT(add(&one, 99, &added) == KP_OK);
    CU_ASSERT(add(&two, 100, &added) == KP_OK);
    uint8_t blind[KP_STORE_BLIND_BYTES];
    struct kp_buffer record = {0};
    bool found = false;
    kp_store_blind_key(store, blind, HOME, KP_ADDRESS_KEY_BYTES);
    CU_ASSERT_FATAL(
        kp_store_get(txn, KP_NODE_SIGNALS, blind, sizeof(blind), &record, &found, NULL) == KP_OK &&
        found);
    uint8_t bytes[512] = {0};
    CU_ASSERT_FATAL(record.size + 1 < sizeof(bytes));
    struct kp_signals_on_address signals;
    for (size_t size = 0; size < record.size + 2; size++) {
        memcpy(bytes, record.data, record.size);
        CU_ASSERT(kp_store_put(txn, KP_NODE_SIGNALS, blind, sizeof(blind), bytes, size, NULL) ==
                  KP_OK);
        CU_ASSERT(kp_signals_get(txn, blind, &signals, &found, NULL) ==
                  (size == record.size ? KP_OK : KP_REFUSED));
        CU_ASSERT(found == (size == record.size));
        kp_signals_on_address_free(&signals);
    }
    for (size_t i = 0; i < record.size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(bytes, record.data, record.size);
            bytes[i] ^= (uint8_t)(1u << bit);
            CU_ASSERT(kp_store_put(txn, KP_NODE_SIGNALS, blind, sizeof(blind), bytes, record.size,
                                   NULL) == KP_OK);
            struct kp_error error = {0};
            enum kp_status status = kp_signals_get(txn, blind, &signals, &found, &error);
            CU_ASSERT(status == KP_OK ? signals.count > 0 : status == KP_REFUSED);
            CU_ASSERT(i > 0 || status == KP_REFUSED); /* the version */
            for (size_t j = 0; status == KP_OK && j < signals.count; j++) {
                /* What comes out could also have gone in. */
                struct kp_address address;
                CU_ASSERT(kp_address_of_key(&address, signals.signals[j].signal.address) == KP_OK);
                CU_ASSERT(signals.signals[j].signal.indicator[0] > ' ');
                CU_ASSERT(signals.signals[j].signal.observed_on / 10000 >= 1900);
            }
            CU_ASSERT(strstr(error.text, "grounds") == NULL);
            kp_signals_on_address_free(&signals);
        }
    }
    /* Two that are the same, or in the wrong order. */
    const size_t half = 18 + 8 + 4 + 1 + 4 + 16 + 1 + 3 + 2 + 7;
    const size_t other = 8 + 4 + 1 + 4 + 16 + 1 + 3 + 2;
    CU_ASSERT_FATAL(record.size == half + other);
    memcpy(bytes, record.data, 18);
    memcpy(bytes + 18, record.data + half, other);
    memcpy(bytes + 18 + other, record.data + 18, half - 18);
    CU_ASSERT(kp_store_put(txn, KP_NODE_SIGNALS, blind, sizeof(blind), bytes, record.size, NULL) ==
              KP_OK);
    CU_ASSERT(kp_signals_get(txn, blind, &signals, &found, NULL) == KP_REFUSED);
    memcpy(bytes + 18 + other, record.data + half, other);
    CU_ASSERT(kp_store_put(txn, KP_NODE_SIGNALS, blind, sizeof(blind), bytes, 18 + 2 * other,
                           NULL) == KP_OK);
    CU_ASSERT(kp_signals_get(txn, blind, &signals, &found, NULL) == KP_REFUSED);
    kp_buffer_free(&record);
    end();
}

static void too_many_on_one_address(void)
{
    begin("many");
    enum kp_signal_added added = KP_SIGNAL_KNOWN;
    for (uint32_t i = 0; i < KP_SIGNALS_PER_ADDRESS_MAX; i++) {
        char grounds[16];
        snprintf(grounds, sizeof(grounds), "%u", i);
        struct kp_signal signal = signal_on(HOME, "W01", grounds, 20240229);
        CU_ASSERT(add(&signal, i, &added) == KP_OK && added == KP_SIGNAL_NEW);
    }
    struct kp_signal more = signal_on(HOME, "W01", "one more", 20240229);
    struct kp_signal known = signal_on(HOME, "W01", "63", 20240229);
    CU_ASSERT(add(&more, 1, &added) == KP_REFUSED);
    CU_ASSERT(add(&known, 1, &added) == KP_OK && added == KP_SIGNAL_KNOWN);
    struct kp_signals_on_address signals = get(HOME);
    CU_ASSERT(signals.count == KP_SIGNALS_PER_ADDRESS_MAX);
    kp_signals_on_address_free(&signals);
    end();
}

static void the_longest_fields(void)
{
    begin("longest");
    struct kp_signal signal = signal_on(HOME, "x", "x", 21991231);
    memset(signal.indicator, 'i', KP_INDICATOR_MAX);
    memset(signal.grounds, 'g', KP_GROUNDS_MAX);
    enum kp_signal_added added = KP_SIGNAL_KNOWN;
    for (uint32_t i = 0; i < KP_SIGNALS_PER_ADDRESS_MAX; i++) {
        signal.observed_on = 20240101 + i / 28 * 100 + i % 28;
        CU_ASSERT(add(&signal, UINT64_MAX, &added) == KP_OK);
    }
    struct kp_signals_on_address signals = get(HOME);
    CU_ASSERT_FATAL(signals.count == KP_SIGNALS_PER_ADDRESS_MAX);
    CU_ASSERT(strlen(signals.signals[63].signal.grounds) == KP_GROUNDS_MAX);
    CU_ASSERT(signals.signals[63].signal.registered_at == UINT64_MAX);
    kp_signals_on_address_free(&signals);
    kp_signals_on_address_free(&signals);
    end();
}

/* In every order of adding: sorted, unique, and what was there first stays as it was. */
static void sorted_and_unique(void)
{
    static const struct {
        const char *indicator, *grounds;
        uint32_t date;
    } sorted[] = {
        {"V01", "b", 20240101}, {"W01", "c", 20230101}, {"W01", "a", 20240101},
        {"W01", "b", 20240101}, {"W01", "", 20240102},
    };
    begin("sorted");
    for (unsigned order = 0; order < 5; order++) {
        char home[KP_ADDRESS_KEY_BYTES + 1] = HOME;
        home[0] = (char)('1' + order);
        for (unsigned i = 0; i < 10; i++) {
            size_t which = (order + 3 * i) % 5;
            enum kp_signal_added added = KP_SIGNAL_KNOWN;
            struct kp_signal signal =
                signal_on(home, sorted[which].indicator, sorted[which].grounds, sorted[which].date);
            signal.registered_at = 7; /* is the store's to set */
            CU_ASSERT(add(&signal, 1000 + i, &added) == KP_OK);
            CU_ASSERT(added == (i < 5 ? KP_SIGNAL_NEW : KP_SIGNAL_KNOWN));
        }
        struct kp_signals_on_address signals = get(home);
        CU_ASSERT_FATAL(signals.count == 5);
        CU_ASSERT(memcmp(signals.address, home, KP_ADDRESS_KEY_BYTES) == 0);
        for (size_t i = 0; i < 5; i++) {
            const struct kp_kept_signal *kept = &signals.signals[i];
            CU_ASSERT_STRING_EQUAL(kept->signal.indicator, sorted[i].indicator);
            CU_ASSERT_STRING_EQUAL(kept->signal.grounds, sorted[i].grounds);
            CU_ASSERT(kept->signal.observed_on == sorted[i].date);
            CU_ASSERT(memcmp(kept->signal.address, home, KP_ADDRESS_KEY_BYTES) == 0);
            CU_ASSERT(kept->signal.registered_at >= 1000 && kept->signal.registered_at < 1005);
            CU_ASSERT(i == 0 || memcmp(kept->salt, signals.signals[i - 1].salt, 16) != 0);
        }
        kp_signals_on_address_free(&signals);
    }
    end();
}

static void other_addresses_are_not_found(void)
{
    begin("others");
    enum kp_signal_added added = KP_SIGNAL_KNOWN;
    struct kp_signal signal = signal_on(HOME, "W01", "", 20240229);
    CU_ASSERT(add(&signal, 1, &added) == KP_OK);
    struct kp_signals_on_address signals = get(NEXT);
    CU_ASSERT(signals.count == 0 && signals.signals == NULL);
    kp_signals_on_address_free(&signals);
    end();
}

struct walking {
    size_t addresses, signals, stop_at;
    uint8_t last[KP_STORE_BLIND_BYTES];
};

static enum kp_status count_each(void *context, const uint8_t blind[static KP_STORE_BLIND_BYTES],
                                 const struct kp_signals_on_address *signals,
                                 struct kp_error *error)
{
    struct walking *walking = context;
    uint8_t expected[KP_STORE_BLIND_BYTES];
    kp_store_blind_key(store, expected, signals->address, KP_ADDRESS_KEY_BYTES);
    CU_ASSERT(memcmp(blind, expected, sizeof(expected)) == 0);
    CU_ASSERT(memcmp(walking->last, blind, sizeof(expected)) < 0);
    memcpy(walking->last, blind, sizeof(expected));
    walking->addresses++;
    walking->signals += signals->count;
    return walking->addresses == walking->stop_at ? kp_fail(error, KP_RETRY, "enough") : KP_OK;
}

/* Of 150 addresses, 40 at a time: each once, in the same order. */
static void walk_in_parts(void)
{
    struct walking walking = {0};
    uint8_t after[KP_STORE_BLIND_BYTES];
    bool more = true;
    for (size_t parts = 0; more; parts++) {
        memcpy(after, walking.last, sizeof(after));
        CU_ASSERT(kp_signals_walk(txn, parts > 0 ? after : NULL, 40, count_each, &walking, &more,
                                  NULL) == KP_OK);
        CU_ASSERT(walking.addresses == (parts < 3 ? 40 * (parts + 1) : 150));
    }
    CU_ASSERT(walking.signals == 300);
}

/* Importing the same again changes nothing, also after closing and opening. */
static void importing_twice(void)
{
    for (int import = 0; import < 3; import++) {
        begin("twice");
        for (uint32_t i = 0; i < 300; i++) {
            char home[KP_ADDRESS_KEY_BYTES + 1];
            enum kp_signal_added added = KP_SIGNAL_NEW;
            snprintf(home, sizeof(home), "1234AB%05u     ", i / 2 + 1);
            struct kp_signal signal = signal_on(home, i % 2 == 0 ? "W01" : "V01", "g", 20240101);
            CU_ASSERT(add(&signal, 1, &added) == KP_OK);
            CU_ASSERT(added == (import == 0 ? KP_SIGNAL_NEW : KP_SIGNAL_KNOWN));
        }
        struct walking walking = {0};
        bool more = true;
        CU_ASSERT(kp_signals_walk(txn, NULL, 151, count_each, &walking, &more, NULL) == KP_OK);
        CU_ASSERT(walking.addresses == 150 && walking.signals == 300 && !more);
        walk_in_parts();
        struct kp_error error = {0};
        walking = (struct walking){.stop_at = 5};
        CU_ASSERT(kp_signals_walk(txn, NULL, 150, count_each, &walking, &more, &error) == KP_RETRY);
        CU_ASSERT(walking.addresses == 5);
        CU_ASSERT_STRING_EQUAL(error.text, "enough");
        end();
    }
}

static void digest_of_grounds(void)
{
    struct kp_kept_signal kept[2] = {{.salt = {1}}, {.salt = {2}}};
    kept[0].signal = signal_on(HOME, "W01", "a", 20240101);
    kept[1].signal = signal_on(HOME, "W02", "b", 20240102);
    struct kp_signals_on_address signals = {.signals = kept, .count = 2};
    uint8_t digest[KP_DIGEST_BYTES];
    uint8_t other[KP_DIGEST_BYTES];
    kp_signals_grounds_digest(digest, &signals);

    struct kp_hash hash;
    struct kp_hash inner;
    uint8_t grounds[KP_DIGEST_BYTES];
    kp_hash_start(&hash, "Kruispunt-v1 grounds");
    for (size_t i = 0; i < 2; i++) {
        kp_hash_start(&inner, "Kruispunt-v1 grounds of a signal");
        kp_hash_field(&inner, kept[i].salt, 16);
        kp_hash_field(&inner, i == 0 ? "a" : "b", 1);
        kp_hash_digest(&inner, grounds);
        kp_hash_field(&hash, i == 0 ? "W01" : "W02", 3);
        kp_hash_number(&hash, i == 0 ? 20240101 : 20240102);
        kp_hash_field(&hash, grounds, 32);
    }
    kp_hash_digest(&hash, other);
    CU_ASSERT(memcmp(digest, other, sizeof(digest)) == 0);

    kept[1].salt[15] ^= 1;
    kp_signals_grounds_digest(other, &signals);
    CU_ASSERT(memcmp(digest, other, sizeof(digest)) != 0);
    kept[1].salt[15] ^= 1;
    signals.count = 1;
    kp_signals_grounds_digest(other, &signals);
    CU_ASSERT(memcmp(digest, other, sizeof(digest)) != 0);
}

/* ---- Withdrawing ---- */

static struct kp_kept_signal taken;

static enum kp_status take_out(const struct kp_signal *signal)
{
    struct kp_error error = {0};
    enum kp_status status = kp_signals_remove(store, txn, signal, &taken, &error);
    CU_ASSERT(status == KP_OK || error.text[0] != '\0');
    return status;
}

static void only_what_is_there_is_taken_out(void)
{
    struct kp_signal one = signal_on(HOME, "W01", "grounds", 20240229);
    struct kp_signal two = signal_on(HOME, "W02", "", 20240301), other;
    enum kp_signal_added added;
    begin("taken-out");
    CU_ASSERT_EQUAL(add(&one, 5, &added), KP_OK);
    CU_ASSERT_EQUAL(add(&two, 6, &added), KP_OK);
    other = one;
    other.grounds[0] = 'G';
    CU_ASSERT_EQUAL(take_out(&other), KP_REFUSED);
    other = one;
    other.observed_on++;
    CU_ASSERT_EQUAL(take_out(&other), KP_REFUSED);
    other = one;
    other.purpose = 1;
    CU_ASSERT_EQUAL(take_out(&other), KP_REFUSED);
    other = one;
    other.valid_until = 20300101;
    CU_ASSERT_EQUAL(take_out(&other), KP_REFUSED);
    other = signal_on(NEXT, "W01", "grounds", 20240229);
    CU_ASSERT_EQUAL(take_out(&other), KP_REFUSED);

    CU_ASSERT_EQUAL(take_out(&one), KP_OK);
    CU_ASSERT_EQUAL(taken.signal.registered_at, 5);
    CU_ASSERT_STRING_EQUAL(taken.signal.grounds, "grounds");
    CU_ASSERT_EQUAL(take_out(&one), KP_REFUSED); /* once */
    struct kp_signals_on_address left = get(HOME);
    CU_ASSERT_EQUAL_FATAL(left.count, 1);
    CU_ASSERT_STRING_EQUAL(left.signals[0].signal.indicator, "W02");
    kp_signals_on_address_free(&left);
    CU_ASSERT_EQUAL(take_out(&two), KP_OK);
    left = get(HOME);
    CU_ASSERT_EQUAL(left.count, 0); /* no record of an address without signals */

    /* Registered again it is another signal, not the older one. */
    CU_ASSERT_EQUAL(add(&one, 9, &added), KP_OK);
    CU_ASSERT_EQUAL(added, KP_SIGNAL_NEW);
    left = get(HOME);
    CU_ASSERT_EQUAL_FATAL(left.count, 1);
    CU_ASSERT_EQUAL(left.signals[0].signal.registered_at, 9);
    kp_signals_on_address_free(&left);
    end();
}

static struct kp_kept_signal some_signal(const char *address, uint64_t registered_at)
{
    struct kp_kept_signal kept = {.signal = signal_on(address, "W01", "grounds", 20240229)};
    kept.signal.registered_at = registered_at;
    memset(kept.salt, 7, sizeof(kept.salt));
    return kept;
}

/* Every field of a signal is in its digest. */
static void digest_of_a_signal(void)
{
    const struct kp_kept_signal good = some_signal(HOME, 5);
    struct kp_kept_signal bad[8] = {good, good, good, good, good, good, good, good};
    uint8_t expected[KP_DIGEST_BYTES], digest[KP_DIGEST_BYTES];
    bad[0].signal.address[0]++;
    bad[1].signal.indicator[0]++;
    bad[2].signal.grounds[0]++;
    bad[3].signal.observed_on++;
    bad[4].signal.purpose++;
    bad[5].signal.valid_until++;
    bad[6].signal.registered_at++;
    bad[7].salt[15]++;
    kp_signals_digest(expected, &good);
    for (size_t i = 0; i < 8; i++) {
        kp_signals_digest(digest, &bad[i]);
        CU_ASSERT_NOT_EQUAL(memcmp(digest, expected, sizeof(digest)), 0);
    }
}

/* However many no slot holds any more, all are found and deleted. */
static void many_withdrawn_signals(void)
{
    struct kp_withdrawn_scan scan;
    uint64_t left = 0;
    begin("many-withdrawn");
    for (uint32_t i = 1; i <= 40000; i++) {
        uint8_t blind[KP_STORE_BLIND_BYTES] = {(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        struct kp_withdrawn_signal one = {some_signal(HOME, i), 100};
        CU_ASSERT_EQUAL_FATAL(kp_withdrawn_put(txn, blind, &one, NULL), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_withdrawn_scan_begin(&scan, store, "/tmp", NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_withdrawn_scan_end(&scan, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    while (kp_withdrawn_scan_left(&scan)) {
        CU_ASSERT_EQUAL_FATAL(kp_withdrawn_forget(&scan, txn, NULL), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_store_count(txn, KP_NODE_WITHDRAWN, &left, NULL), KP_OK);
    CU_ASSERT_EQUAL(left, 0);
    kp_withdrawn_scan_free(&scan);
    end();
}

static void withdrawn_signals_are_kept_apart(void)
{
    uint8_t home[KP_STORE_BLIND_BYTES], next[KP_STORE_BLIND_BYTES];
    struct kp_withdrawn_scan scan;
    struct kp_withdrawn_list *list = malloc(sizeof(*list));
    CU_ASSERT_PTR_NOT_NULL_FATAL(list);
    begin("withdrawn");
    kp_store_blind_key(store, home, HOME, KP_ADDRESS_KEY_BYTES);
    kp_store_blind_key(store, next, NEXT, KP_ADDRESS_KEY_BYTES);
    for (uint64_t i = 1; i <= 3; i++) {
        struct kp_withdrawn_signal one = {some_signal(i < 3 ? HOME : NEXT, i), 100 + i};
        CU_ASSERT_EQUAL(kp_withdrawn_put(txn, i < 3 ? home : next, &one, NULL), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_withdrawn_get(txn, home, list, NULL), KP_OK);
    CU_ASSERT_EQUAL(list->count, 2);
    CU_ASSERT_EQUAL(kp_withdrawn_get(txn, next, list, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(list->count, 1);
    CU_ASSERT_EQUAL(list->items[0].withdrawn_at, 103);
    CU_ASSERT_EQUAL(list->items[0].kept.signal.registered_at, 3);

    /* What no slot holds any more goes. */
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_withdrawn_scan_begin(&scan, store, "/tmp", NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_withdrawn_scan_hold(&scan, home, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_withdrawn_scan_end(&scan, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    CU_ASSERT(kp_withdrawn_scan_left(&scan));
    CU_ASSERT_EQUAL(kp_withdrawn_forget(&scan, txn, NULL), KP_OK);
    CU_ASSERT_FALSE(kp_withdrawn_scan_left(&scan));
    kp_withdrawn_scan_free(&scan);
    CU_ASSERT_EQUAL(kp_withdrawn_get(txn, home, list, NULL), KP_OK);
    CU_ASSERT_EQUAL(list->count, 2);
    CU_ASSERT_EQUAL(kp_withdrawn_get(txn, next, list, NULL), KP_OK);
    CU_ASSERT_EQUAL(list->count, 0);
    end();
    free(list);
}

/* A signal is proven to stand in the entry that it is noted in, and in no other. */
static void noted_in_the_log(void)
{
    uint8_t public_key[KP_SIGN_PUBLIC_BYTES], secret[KP_SIGN_SECRET_BYTES];
    struct kp_audit_signer signer = {.party = 1, .identity_secret = secret, .table = KP_NODE_LOG};
    struct kp_buffer digests = {0};
    uint8_t root[KP_DIGEST_BYTES], digest[KP_DIGEST_BYTES];
    crypto_sign_keypair(public_key, secret);
    begin("noted");
    for (uint64_t i = 0; i < 5; i++) {
        struct kp_kept_signal one = some_signal(HOME, i);
        kp_signals_digest(digest, &one);
        CU_ASSERT_EQUAL(kp_buffer_append(&digests, digest, sizeof(digest)), KP_OK);
    }
    kp_merkle_root(root, digests.data, 5);
    CU_ASSERT_EQUAL(kp_noted_append(txn, &signer, KP_AUDIT_SIGNALS_IMPORTED, &digests, NULL),
                    KP_OK);
    struct kp_noted_query queries[12] = {{0}};
    for (size_t i = 0; i < 12; i++) { /* the last two ask for what isn't there */
        queries[i].event = i % 2 == 0 ? KP_AUDIT_SIGNALS_IMPORTED : KP_AUDIT_SIGNALS_WITHDRAWN;
        memcpy(queries[i].digest, digests.data + (i / 2 % 5) * KP_DIGEST_BYTES, KP_DIGEST_BYTES);
        queries[i].digest[0] = (uint8_t)(queries[i].digest[0] + (i >= 10));
    }
    CU_ASSERT_EQUAL_FATAL(kp_noted_find_all(txn, queries, 12, NULL), KP_OK);
    for (size_t i = 0; i < 5; i++) {
        const uint8_t *leaf = digests.data + i * KP_DIGEST_BYTES;
        const struct kp_noted_proof *proof =
            kp_noted_answer(queries, 12, KP_AUDIT_SIGNALS_IMPORTED, leaf);
        CU_ASSERT_PTR_NOT_NULL_FATAL(proof);
        CU_ASSERT_EQUAL(proof->sequence, 1);
        CU_ASSERT_EQUAL(proof->index, i);
        CU_ASSERT_EQUAL(kp_merkle_check(root, leaf, proof->count, proof->index, proof->path),
                        KP_OK);
        CU_ASSERT_PTR_NULL(kp_noted_answer(queries, 12, KP_AUDIT_SIGNALS_WITHDRAWN, leaf));
    }
    memcpy(digest, digests.data, sizeof(digest));
    digest[0]++;
    CU_ASSERT_PTR_NULL(kp_noted_answer(queries, 12, KP_AUDIT_SIGNALS_IMPORTED, digest));
    CU_ASSERT_EQUAL(kp_noted_find_all(txn, NULL, 0, NULL), KP_OK);
    kp_buffer_free(&digests);
    end();
}

static const struct unit_test tests[] = {
    {"fields that aren't canonical", fields_that_are_not_canonical},
    {"records of version 1", records_of_version_1},
    {"hostile records", hostile_records},
    {"too many on one address", too_many_on_one_address},
    {"the longest fields", the_longest_fields},
    {"sorted and unique", sorted_and_unique},
    {"other addresses are not found", other_addresses_are_not_found},
    {"importing twice", importing_twice},
    {"digest of grounds", digest_of_grounds},
    {"only what is there is taken out", only_what_is_there_is_taken_out},
    {"digest of a signal", digest_of_a_signal},
    {"withdrawn signals are kept apart", withdrawn_signals_are_kept_apart},
    {"many withdrawn signals", many_withdrawn_signals},
    {"noted in the log", noted_in_the_log},
};

UNIT_MAIN("signals", tests)
