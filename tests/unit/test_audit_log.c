/* proto/audit_log.h: entries, the chain, and what shows when somebody touches it. */
#include "proto/audit_log.h"
#include "tests/unit/forms.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>

#define ENTRIES 6u

static const char *const TABLES[] = {"effects", "log"};
static const uint8_t store_key[32] = {9}, lineage[KP_DIGEST_BYTES] = {1};
static const uint8_t attempt[KP_ATTEMPT_BYTES] = {2}, digest[KP_DIGEST_BYTES] = {3};
static uint8_t keys[2][KP_SIGN_PUBLIC_BYTES], secrets[2][KP_SIGN_SECRET_BYTES];

static struct kp_audit_signer signer_of(unsigned key)
{
    static const uint8_t seeds[2][KP_SIGN_SEED_BYTES] = {{4}, {5}};
    kp_sign_keypair(keys[key], secrets[key], seeds[key]);
    struct kp_audit_signer signer = {.party = 2, .identity_secret = secrets[key], .table = 1};
    memcpy(signer.lineage, lineage, sizeof(lineage));
    return signer;
}

static struct kp_store *open_store(const char *name)
{
    struct kp_store *store = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_open(&store, scratch(name), store_key, TABLES, 2, NULL), KP_OK);
    return store;
}

static struct kp_audit_walk walk_start(void)
{
    struct kp_audit_walk walk = {.party = 2, .lineage = lineage, .key_count = 1};
    memcpy(walk.keys, keys, sizeof(keys));
    return walk;
}

static struct kp_audit_head head_of(struct kp_store *store, const struct kp_audit_signer *signer)
{
    struct kp_audit_head head;
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_audit_head_get(txn, signer, &head, NULL), KP_OK);
    kp_store_abort(txn);
    return head;
}

static void read_log(struct kp_store *store, const struct kp_audit_signer *signer, uint64_t from,
                     struct kp_batch *entries)
{
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_audit_page(txn, signer, from, entries, NULL), KP_OK);
    kp_store_abort(txn);
}

/* ENTRIES entries; the last but one has every field. */
static struct kp_audit_head write_log(struct kp_store *store, const struct kp_audit_signer *signer,
                                      struct kp_batch *entries)
{
    for (uint64_t i = 1; i <= ENTRIES; i++) {
        const struct kp_audit_note note = {.event = KP_AUDIT_SIGNALS_IMPORTED, .count = i};
        const struct kp_audit_note full = {KP_AUDIT_LIST_EVALUATED, 7, attempt, 3, 12, digest, 8};
        CU_ASSERT_EQUAL_FATAL(kp_audit_write(store, signer, i == ENTRIES - 1 ? &full : &note, NULL),
                              KP_OK);
    }
    read_log(store, signer, 0, entries);
    CU_ASSERT_EQUAL_FATAL(entries->count, ENTRIES);
    return head_of(store, signer);
}

/* How many entries, of those with these indices, are walked before one is refused. */
static size_t walk_order(struct kp_audit_walk *walk, const struct kp_batch *entries,
                         const size_t *order, size_t count)
{
    struct kp_audit_entry entry;
    struct kp_error error = {0};
    for (size_t i = 0; i < count; i++) {
        const struct kp_buffer *item = &entries->items[order[i]];
        enum kp_status status = kp_audit_walk_next(walk, item->data, item->size, &entry, &error);
        if (status != KP_OK) {
            CU_ASSERT_EQUAL(status, KP_REFUSED);
            CU_ASSERT_NOT_EQUAL(error.text[0], '\0');
            return i;
        }
    }
    return count;
}

static const size_t IN_ORDER[] = {0, 1, 2, 3, 4, 5};

static void what_is_written_is_walked(void)
{
    struct kp_audit_signer signer = signer_of(0);
    struct kp_store *store = open_store("walked");
    struct kp_batch entries = {0}, rest = {0};
    struct kp_audit_walk walk = walk_start();
    struct kp_audit_entry entry;
    struct kp_audit_head empty = head_of(store, &signer);
    CU_ASSERT_EQUAL(empty.sequence, 0);
    CU_ASSERT_EQUAL(kp_audit_walk_end(&walk, &empty, NULL), KP_OK);
    struct kp_audit_head head = write_log(store, &signer, &entries);
    CU_ASSERT_EQUAL(head.sequence, ENTRIES);
    CU_ASSERT_EQUAL(walk_order(&walk, &entries, IN_ORDER, ENTRIES), ENTRIES);
    CU_ASSERT_EQUAL(kp_audit_walk_end(&walk, &head, NULL), KP_OK);
    CU_ASSERT_EQUAL(walk.missing, 0);
    const struct kp_buffer *full = &entries.items[ENTRIES - 2];
    CU_ASSERT_EQUAL_FATAL(kp_audit_entry_unpack(&entry, full->data, full->size, NULL), KP_OK);
    CU_ASSERT(entry.event == KP_AUDIT_LIST_EVALUATED && entry.counter == 7 && entry.member == 3);
    CU_ASSERT(entry.count == 12 && entry.reason == 8 && entry.has_attempt && entry.has_digest);
    CU_ASSERT(memcmp(entry.attempt, attempt, sizeof(attempt)) == 0);
    CU_ASSERT(memcmp(entry.digest, digest, sizeof(digest)) == 0);
    CU_ASSERT(full->size <= KP_AUDIT_ENTRY_MAX);
    read_log(store, &signer, ENTRIES, &rest);
    CU_ASSERT_EQUAL(rest.count, 1);
    kp_batch_free(&rest);
    read_log(store, &signer, ENTRIES + 1, &rest);
    CU_ASSERT_EQUAL(rest.count, 0);
    /* Over a restart, and under a later key of the same party. */
    kp_store_close(store);
    store = open_store("walked");
    signer = signer_of(1);
    const struct kp_audit_note note = {.event = KP_AUDIT_STARTED};
    CU_ASSERT_EQUAL(kp_audit_write(store, &signer, &note, NULL), KP_OK);
    read_log(store, &signer, ENTRIES + 1, &rest);
    CU_ASSERT_EQUAL_FATAL(rest.count, 1);
    CU_ASSERT_EQUAL(walk_order(&walk, &rest, IN_ORDER, 1), 0); /* only the first key is known */
    walk = walk_start();
    walk.key_count = 2;
    CU_ASSERT_EQUAL(walk_order(&walk, &entries, IN_ORDER, ENTRIES), ENTRIES);
    CU_ASSERT_EQUAL(walk_order(&walk, &rest, IN_ORDER, 1), 1);
    kp_batch_free(&rest);
    kp_batch_free(&entries);
    kp_store_close(store);
}

static void truncated_and_reordered_logs_show(void)
{
    struct kp_audit_signer signer = signer_of(0);
    struct kp_store *store = open_store("reordered");
    struct kp_batch entries = {0};
    struct kp_audit_head head = write_log(store, &signer, &entries);
    static const struct {
        size_t order[ENTRIES + 1], count, good;
    } CASES[] = {
        {{1, 2, 3, 4, 5}, 5, 0},       /* the first is missing */
        {{0, 1, 3, 4, 5}, 5, 2},       /* one in the middle */
        {{0, 2, 1, 3, 4, 5}, 6, 1},    /* two changed places */
        {{0, 1, 1, 2, 3, 4, 5}, 7, 2}, /* one twice */
        {{0, 1, 2, 3, 4}, 5, 5},       /* the last is missing: the head tells */
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct kp_audit_walk walk = walk_start();
        CU_ASSERT_EQUAL(walk_order(&walk, &entries, CASES[i].order, CASES[i].count), CASES[i].good);
        CU_ASSERT_EQUAL(kp_audit_walk_end(&walk, &head, NULL), KP_REFUSED);
    }
    kp_batch_free(&entries);
    kp_store_close(store);
}

/* Every byte of an entry, and every entry under another key, party or lineage. */
static void edited_logs_show(void)
{
    struct kp_audit_signer signer = signer_of(0);
    struct kp_store *store = open_store("edited");
    struct kp_batch entries = {0};
    write_log(store, &signer, &entries);
    struct kp_buffer *full = &entries.items[ENTRIES - 2];
    for (size_t i = 0; i < full->size; i++) {
        struct kp_audit_walk walk = walk_start();
        full->data[i] ^= 1;
        CU_ASSERT_EQUAL(walk_order(&walk, &entries, IN_ORDER, ENTRIES), ENTRIES - 2);
        full->data[i] ^= 1;
    }
    struct kp_audit_walk walk = walk_start();
    walk.party = 3;
    CU_ASSERT_EQUAL(walk_order(&walk, &entries, IN_ORDER, ENTRIES), 0);
    walk = walk_start();
    walk.lineage = digest;
    CU_ASSERT_EQUAL(walk_order(&walk, &entries, IN_ORDER, ENTRIES), 0);
    walk = walk_start();
    (void)signer_of(1);
    memcpy(walk.keys[0], keys[1], sizeof(keys[1]));
    CU_ASSERT_EQUAL(walk_order(&walk, &entries, IN_ORDER, ENTRIES), 0);
    kp_batch_free(&entries);
    kp_store_close(store);
}

/* The signer itself writes another history from some entry on. */
static void forked_logs_show(void)
{
    struct kp_audit_signer signer = signer_of(0);
    struct kp_store *store = open_store("fork_a"), *other = open_store("fork_b");
    struct kp_batch entries = {0}, fork = {0};
    const struct kp_audit_note note = {.event = KP_AUDIT_STOPPED};
    struct kp_audit_walk walk = walk_start();
    struct kp_audit_head head = write_log(store, &signer, &entries);
    CU_ASSERT_EQUAL(kp_audit_write(other, &signer, &note, NULL), KP_OK);
    for (size_t i = 1; i < ENTRIES; i++) {
        CU_ASSERT_EQUAL(kp_audit_write(other, &signer, &note, NULL), KP_OK);
    }
    struct kp_audit_head forked = head_of(other, &signer);
    read_log(other, &signer, 0, &fork);
    CU_ASSERT_EQUAL(walk_order(&walk, &fork, IN_ORDER, ENTRIES), ENTRIES); /* a chain by itself */
    CU_ASSERT_EQUAL(kp_audit_walk_end(&walk, &head, NULL), KP_REFUSED);
    /* One's beginning with the other's end. */
    kp_buffer_free(&entries.items[ENTRIES - 1]);
    entries.items[ENTRIES - 1] = fork.items[ENTRIES - 1];
    fork.count--;
    walk = walk_start();
    CU_ASSERT_EQUAL(walk_order(&walk, &entries, IN_ORDER, ENTRIES), ENTRIES - 1);
    /* To whom has seen one head, the other shows, and so does one that went back. */
    CU_ASSERT_EQUAL(kp_audit_check_head(&head, &head, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_audit_check_head(&head, &forked, NULL), KP_REFUSED);
    forked.sequence = head.sequence - 1;
    CU_ASSERT_EQUAL(kp_audit_check_head(&head, &forked, NULL), KP_REFUSED);
    forked.sequence = head.sequence + 1;
    CU_ASSERT_EQUAL(kp_audit_check_head(&head, &forked, NULL), KP_OK);
    kp_batch_free(&entries);
    kp_batch_free(&fork);
    kp_store_close(store);
    kp_store_close(other);
}

/* An older database was put back: the log goes on behind what others saw of it, and says so. */
static void restored_logs_go_on(void)
{
    struct kp_audit_signer signer = signer_of(0);
    struct kp_store *lost = open_store("lost"), *store = open_store("restored");
    struct kp_batch entries = {0}, all = {0};
    struct kp_audit_walk walk = walk_start();
    const struct kp_audit_note note = {.event = KP_AUDIT_STARTED};
    struct kp_audit_head seen = write_log(lost, &signer, &entries);
    kp_batch_free(&entries);
    CU_ASSERT_EQUAL(kp_audit_write(store, &signer, &note, NULL), KP_OK);
    struct kp_audit_head own = head_of(store, &signer);
    for (unsigned twice = 0; twice < 2; twice++) {
        struct kp_txn *txn = NULL;
        CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_audit_restore(txn, &signer, &own, NULL), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_audit_restore(txn, &signer, &seen, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_audit_write(store, &signer, &note, NULL), KP_OK);
        /* The second time others saw less than the log has by now, but not what it has. */
        seen.sequence = 3;
    }
    read_log(store, &signer, 0, &all);
    CU_ASSERT_EQUAL_FATAL(all.count, 5);
    CU_ASSERT_EQUAL(walk_order(&walk, &all, IN_ORDER, 5), 5);
    CU_ASSERT_EQUAL(walk.missing, ENTRIES - 1);
    CU_ASSERT_EQUAL(walk.head.sequence, ENTRIES + 4);
    /* It can't hide more than it says: without the entry before it, it is refused. */
    static const size_t WITHOUT[] = {1, 2, 3};
    walk = walk_start();
    CU_ASSERT_EQUAL(walk_order(&walk, &all, WITHOUT, 3), 0);
    kp_batch_free(&all);
    kp_store_close(lost);
    kp_store_close(store);
}

/* No entry, no effect. */
static void what_cant_be_logged_doesnt_happen(void)
{
    struct kp_audit_signer signer = signer_of(0);
    struct kp_store *store = open_store("unwritable");
    struct kp_txn *txn = NULL;
    struct kp_error error = {0};
    const struct kp_audit_note note = {.event = KP_AUDIT_STARTED};
    const struct rlimit little = {8192, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
    uint64_t count = 1;
    CU_ASSERT_EQUAL(kp_audit_write(store, &signer, &note, NULL), KP_OK);
    struct kp_audit_head before = head_of(store, &signer);

    /* The entry itself fails: another table than there is. */
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_put(txn, 0, "effect", 6, "done", 4, NULL), KP_OK);
    signer.table = 2;
    CU_ASSERT_NOT_EQUAL(kp_audit_append(txn, &signer, &note, &error), KP_OK);
    kp_store_abort(txn);
    signer.table = 1;

    /* The disk takes no more. */
    signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &little), 0);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_put(txn, 0, "effect", 6, "done", 4, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_audit_append(txn, &signer, &note, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, &error), KP_FAILED);
    CU_ASSERT_EQUAL(kp_audit_write(store, &signer, &note, &error), KP_FAILED);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &all), 0);

    kp_store_close(store);
    store = open_store("unwritable");
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_count(txn, 0, &count, NULL), KP_OK);
    CU_ASSERT_EQUAL(count, 0);
    kp_store_abort(txn);
    struct kp_audit_head after = head_of(store, &signer);
    CU_ASSERT(before.sequence == after.sequence &&
              memcmp(before.hash, after.hash, sizeof(before.hash)) == 0);
    CU_ASSERT_EQUAL(kp_audit_write(store, &signer, &note, NULL), KP_OK);
    kp_store_close(store);
}

/* As an export, page by page; and the last entry alone. */
static void logs_are_served_in_pages(void)
{
    struct kp_audit_signer signer = signer_of(0);
    struct kp_store *store = open_store("served");
    struct kp_export_request asked = {.kind = KP_EXPORT_LOG};
    struct kp_txn *txn = NULL;
    const struct kp_audit_note note = {.event = KP_AUDIT_STARTED};
    struct kp_audit_walk walk = walk_start();
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    for (unsigned i = 0; i < KP_AUDIT_PAGE + 5; i++) {
        CU_ASSERT_EQUAL(kp_audit_append(txn, &signer, &note, NULL), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    struct kp_audit_head head = head_of(store, &signer);
    unsigned pages = 0;
    do {
        struct kp_export_page page = {0};
        struct kp_export_item item = {0};
        struct kp_audit_entry entry;
        CU_ASSERT_EQUAL(kp_audit_serve(store, &signer, &asked, &page, NULL), KP_OK);
        CU_ASSERT(page.header.party == 2 && page.header.items == KP_AUDIT_PAGE + 5);
        CU_ASSERT(memcmp(page.header.digest, head.hash, sizeof(head.hash)) == 0);
        for (size_t i = 0; i < page.items.count; i++) {
            CU_ASSERT_EQUAL(kp_export_item_unpack(&item, page.items.items[i].data,
                                                  page.items.items[i].size, NULL),
                            KP_OK);
            CU_ASSERT_EQUAL(
                kp_audit_walk_next(&walk, item.content.data, item.content.size, &entry, NULL),
                KP_OK);
        }
        asked.after = page.next;
        pages++;
        kp_export_item_free(&item);
        kp_batch_free(&page.items);
    } while (asked.after != 0 && pages < 9);
    CU_ASSERT_EQUAL(pages, 2);
    CU_ASSERT_EQUAL(kp_audit_walk_end(&walk, &head, NULL), KP_OK);
    struct kp_export_page last = {0};
    asked.last = true;
    CU_ASSERT_EQUAL(kp_audit_serve(store, &signer, &asked, &last, NULL), KP_OK);
    CU_ASSERT(last.items.count == 1 && last.next == 0);
    kp_batch_free(&last.items);
    memcpy(signer.lineage, digest, sizeof(digest)); /* another log, with nothing in it */
    CU_ASSERT_EQUAL(kp_audit_serve(store, &signer, &asked, &last, NULL), KP_OK);
    CU_ASSERT(last.items.count == 0 && !last.header.has_digest);
    kp_store_close(store);
}

static struct kp_audit_entry full_entry(void)
{
    struct kp_audit_entry entry = {.sequence = 5,
                                   .time = 1700000000000,
                                   .party = 2,
                                   .event = KP_AUDIT_LIST_EVALUATED,
                                   .counter = 7,
                                   .has_attempt = true,
                                   .member = 3,
                                   .count = 12,
                                   .has_digest = true,
                                   .reason = 8};
    memset(entry.previous, 6, sizeof(entry.previous));
    memset(entry.lineage, 7, sizeof(entry.lineage));
    memset(entry.attempt, 8, sizeof(entry.attempt));
    memset(entry.digest, 9, sizeof(entry.digest));
    memset(entry.signature, 10, sizeof(entry.signature));
    return entry;
}

static enum kp_status repack(const struct kp_audit_entry *entry)
{
    struct kp_audit_entry again;
    struct kp_buffer packed = {0};
    CU_ASSERT_EQUAL(kp_audit_entry_pack(entry, &packed, NULL), KP_OK);
    enum kp_status status = kp_audit_entry_unpack(&again, packed.data, packed.size, NULL);
    kp_buffer_free(&packed);
    return status;
}

static void entries_out_of_range_are_refused(void)
{
    struct kp_audit_entry good = full_entry(), entry = good;
    CU_ASSERT_EQUAL(repack(&entry), KP_OK);
    entry.sequence = 0;
    CU_ASSERT_EQUAL(repack(&entry), KP_REFUSED);
    entry = good;
    entry.party = 33;
    CU_ASSERT_EQUAL(repack(&entry), KP_REFUSED);
    entry.party = KP_PARTY_LEADER;
    CU_ASSERT_EQUAL(repack(&entry), KP_OK);
    entry = good;
    entry.event = 0;
    CU_ASSERT_EQUAL(repack(&entry), KP_REFUSED);
    entry = good;
    entry.counter = KP_ROUNDS_MAX + 1;
    CU_ASSERT_EQUAL(repack(&entry), KP_REFUSED);
    entry = good;
    entry.member = 33;
    CU_ASSERT_EQUAL(repack(&entry), KP_REFUSED);
    entry = good;
    entry.reason = 256;
    CU_ASSERT_EQUAL(repack(&entry), KP_REFUSED);
}

static void only_one_form_is_taken(void)
{
    struct kp_audit_entry entry = full_entry();
    struct kp_buffer packed = {0}, other = {0};
    CU_ASSERT_EQUAL_FATAL(kp_audit_entry_pack(&entry, &packed, NULL), KP_OK);
    for (enum form form = 0; form < FORMS; form++) {
        form_make(form, &packed, &other);
        CU_ASSERT_EQUAL(kp_audit_entry_unpack(&entry, other.data, other.size, NULL), KP_REFUSED);
    }
    for (size_t size = 0; size < packed.size; size++) {
        CU_ASSERT_EQUAL(kp_audit_entry_unpack(&entry, packed.data, size, NULL), KP_REFUSED);
    }
    kp_buffer_free(&packed);
    kp_buffer_free(&other);
}

static const struct unit_test TESTS[] = {
    {"what is written is walked", what_is_written_is_walked},
    {"truncated and reordered logs show", truncated_and_reordered_logs_show},
    {"edited logs show", edited_logs_show},
    {"forked logs show", forked_logs_show},
    {"restored logs go on", restored_logs_go_on},
    {"what can't be logged doesn't happen", what_cant_be_logged_doesnt_happen},
    {"logs are served in pages", logs_are_served_in_pages},
    {"entries out of range are refused", entries_out_of_range_are_refused},
    {"only one form is taken", only_one_form_is_taken},
};
UNIT_MAIN("audit_log", TESTS)
