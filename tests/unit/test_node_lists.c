/* What a node's daemon does with lists: comparing page by page what is there with what a list has,
 * trying without changing, and refusing keys that were made in another way. */
#include "crypto/secret.h"
#include "node/database.h"
#include "node/node_internal.h"
#include "node/signal_marks.h"
#include "node/signals.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define NODE 1u
#define ADDRESSES 2600u /* some pages, of two signals each */

static const uint8_t store_key[32] = {3};
static const uint8_t mark_key[KP_CONTROL_MARK_KEY_BYTES] = {5};
static const struct kp_peer peer = {.uid = 0};
static struct fixture fixture;
static struct kp_node_config config;
static struct kp_node node;

static struct kp_signal signal_of(uint32_t number, const char *indicator)
{
    struct kp_signal signal = {.observed_on = 20250101};
    fixture_object(signal.address, number);
    snprintf(signal.indicator, sizeof(signal.indicator), "%s", indicator);
    return signal;
}

static void add(struct kp_txn *txn, const struct kp_signal *signal)
{
    enum kp_signal_added added;
    uint8_t digest[KP_DIGEST_BYTES];
    CU_ASSERT_FATAL(kp_signals_add(node.store, txn, signal, 1700000000, &added, digest, NULL) ==
                    KP_OK);
}

static void start(const char *name)
{
    struct kp_txn *txn = NULL;
    memset(&node, 0, sizeof(node));
    fixture_make(&fixture, &(struct fixture_settings){.members = 2, .bag = true});
    strcpy(config.name, "m1");
    node.config = &config;
    node.own = NODE;
    node.agreement = fixture.agreement;
    node.identity_secret = kp_secret_new(KP_SIGN_SECRET_BYTES);
    memcpy(node.identity_secret, fixture.member[NODE - 1].identity_secret, KP_SIGN_SECRET_BYTES);
    CU_ASSERT_FATAL(kp_node_database_open(&node.store, scratch(name), store_key, NULL) == KP_OK);
    kp_node_audit_open(&node);
    CU_ASSERT_FATAL(kp_store_begin(node.store, true, &txn, NULL) == KP_OK);
    for (uint32_t i = 1; i <= ADDRESSES; i++) {
        const struct kp_signal a = signal_of(i, "A"), b = signal_of(i, "B");
        add(txn, &a);
        add(txn, &b);
    }
    CU_ASSERT_FATAL(kp_store_commit(txn, NULL) == KP_OK);
}

static void stop(void)
{
    kp_store_close(node.store);
    kp_secret_free(node.identity_secret);
    fixture_free(&fixture);
}

static enum kp_status compare(struct kp_control_request *request,
                              struct kp_control_response *response)
{
    memset(response, 0, sizeof(*response));
    memcpy(request->mark_key, mark_key, sizeof(mark_key));
    return kp_node_serve_compare(&node, &peer, request, response, NULL);
}

/* Goes through all pages; what `keeps` hasn't is withdrawn. Returns how many were seen. */
static size_t walk(const struct kp_signal_marks *keeps, size_t *pages, uint64_t *withdrawn)
{
    struct kp_control_request request = {.kind = KP_CONTROL_COMPARE};
    struct kp_control_response page, done;
    size_t seen = 0;
    *pages = 0;
    *withdrawn = 0;
    do {
        struct kp_buffer others = {0};
        CU_ASSERT_FATAL(compare(&request, &page) == KP_OK);
        (*pages)++;
        for (size_t at = 0; at < page.marks.size; at += KP_CONTROL_MARK_BYTES) {
            seen++;
            if (keeps != NULL && !kp_signal_marks_has(keeps, page.marks.data + at)) {
                CU_ASSERT_FATAL(kp_buffer_append(&others, page.marks.data + at,
                                                 KP_CONTROL_MARK_BYTES) == KP_OK);
            }
        }
        if (others.size > 0) {
            request.marks = others;
            CU_ASSERT_FATAL(compare(&request, &done) == KP_OK);
            CU_ASSERT_EQUAL(done.withdrawn, others.size / KP_CONTROL_MARK_BYTES);
            *withdrawn += done.withdrawn;
            kp_control_response_free(&done);
            kp_buffer_free(&request.marks);
        }
        request.after = page.next;
        kp_control_response_free(&page);
    } while (request.after.size > 0);
    return seen;
}

static void a_list_takes_the_place_of_all(void)
{
    struct kp_signal_marks keeps = {0};
    uint8_t mark[KP_CONTROL_MARK_BYTES];
    bool added = false;
    size_t pages = 0;
    uint64_t withdrawn = 0;
    start("lists");
    CU_ASSERT_EQUAL(walk(NULL, &pages, &withdrawn), 2 * ADDRESSES);
    CU_ASSERT(pages > 3);
    for (uint32_t i = 1; i <= ADDRESSES; i += 3) { /* of each third address one of both */
        const struct kp_signal kept = signal_of(i, i % 2 == 0 ? "A" : "B");
        kp_signal_mark(mark, mark_key, &kept);
        CU_ASSERT_FATAL(kp_signal_marks_add(&keeps, mark, &added, NULL) == KP_OK);
    }
    CU_ASSERT_EQUAL(walk(&keeps, &pages, &withdrawn), 2 * ADDRESSES);
    CU_ASSERT_EQUAL(withdrawn, 2 * ADDRESSES - keeps.count);
    /* What is left is what the list has, all of it. */
    CU_ASSERT_EQUAL(walk(&keeps, &pages, &withdrawn), keeps.count);
    CU_ASSERT_EQUAL(withdrawn, 0);
    kp_signal_marks_free(&keeps);

    struct kp_control_request request = {.kind = KP_CONTROL_COMPARE, .after = {.size = 3}};
    struct kp_control_response response;
    CU_ASSERT_EQUAL(compare(&request, &response), KP_REFUSED);
    kp_control_response_free(&response);
    stop();
}

static enum kp_status withdraw(struct kp_control_request *request, uint64_t *count)
{
    struct kp_control_response response = {0};
    struct kp_error error = {0};
    enum kp_status status = kp_node_serve_withdraw(&node, &peer, request, &response, &error);
    *count = response.import.added;
    kp_control_response_free(&response);
    return status;
}

static void tried_and_refused(void)
{
    struct kp_control_request request = {.kind = KP_CONTROL_WITHDRAW, .dry_run = true};
    const struct kp_signal signal = signal_of(7, "A");
    size_t pages = 0;
    uint64_t count = 0;
    start("tried");
    struct kp_control_signal *asked = kp_control_signals_add(&request.signals);
    CU_ASSERT_PTR_NOT_NULL_FATAL(asked);
    memcpy(asked->address, signal.address, sizeof(asked->address));
    memcpy(asked->indicator, signal.indicator, sizeof(asked->indicator));
    asked->observed_on = signal.observed_on;
    request.made_by = kp_agreement_canonicalisation(node.agreement);
    CU_ASSERT_EQUAL(withdraw(&request, &count), KP_OK);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(walk(NULL, &pages, &count), 2 * ADDRESSES);
    request.dry_run = false;
    request.made_by.words_hash[0] ^= 1;
    CU_ASSERT_EQUAL(withdraw(&request, &count), KP_REFUSED);
    request.made_by = kp_agreement_canonicalisation(node.agreement);
    request.made_by.register_hash[0] ^= 1;
    CU_ASSERT_EQUAL(withdraw(&request, &count), KP_REFUSED);
    request.made_by = kp_agreement_canonicalisation(node.agreement);
    request.made_by.scheme = KP_KEY_SCHEME_TEXT;
    CU_ASSERT_EQUAL(withdraw(&request, &count), KP_REFUSED);
    CU_ASSERT_EQUAL(walk(NULL, &pages, &count), 2 * ADDRESSES);
    request.made_by = kp_agreement_canonicalisation(node.agreement);
    CU_ASSERT_EQUAL(withdraw(&request, &count), KP_OK);
    CU_ASSERT_EQUAL(walk(NULL, &pages, &count), 2 * ADDRESSES - 1);
    kp_control_request_free(&request);
    stop();
}

/* ---- Many marks ---- */

#define MARKS 50000u

static void make_mark(uint8_t mark[static KP_CONTROL_MARK_BYTES], uint32_t number)
{
    uint8_t digest[KP_DIGEST_BYTES];
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 test mark");
    kp_hash_number(&hash, number);
    kp_hash_digest(&hash, digest);
    memcpy(mark, digest, KP_CONTROL_MARK_BYTES);
    mark[0] |= 1;
}

static void many_marks(void)
{
    struct kp_signal_marks marks = {0};
    uint8_t mark[KP_CONTROL_MARK_BYTES];
    size_t places = 0;
    bool added = false;
    CU_ASSERT(!kp_signal_marks_has(&marks, mark_key));
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MARKS; i++) {
            make_mark(mark, i);
            CU_ASSERT_FATAL(kp_signal_marks_add(&marks, mark, &added, NULL) == KP_OK);
            CU_ASSERT(added == (round == 0));
        }
        CU_ASSERT_EQUAL(marks.count, MARKS);
    }
    for (uint32_t i = 0; i < 2 * MARKS; i++) {
        make_mark(mark, i);
        CU_ASSERT(kp_signal_marks_has(&marks, mark) == (i < MARKS));
    }
    for (size_t i = 0; i < KP_SIGNAL_MARKS_PARTS; i++) {
        places += marks.parts[i].capacity;
    }
    CU_ASSERT(places * KP_CONTROL_MARK_BYTES <= (size_t)MARKS * 24);
    kp_signal_marks_free(&marks);
    CU_ASSERT_EQUAL(marks.count, 0);
}

/* ---- A request in several transactions ---- */

#define ASKED 1700u
#define MISSING_EACH 50u /* there is no such signal */

static struct kp_control_request large_request(void)
{
    struct kp_control_request request = {.kind = KP_CONTROL_WITHDRAW};
    request.made_by = kp_agreement_canonicalisation(node.agreement);
    for (uint32_t i = 0; i < ASKED; i++) {
        /* Two of each address, far from each other in the request. */
        const char *indicator = i % MISSING_EACH == 0 ? "Z" : i < ASKED / 2 ? "A" : "B";
        const struct kp_signal signal = signal_of(1 + i % (ASKED / 2), indicator);
        struct kp_control_signal *asked = kp_control_signals_add(&request.signals);
        CU_ASSERT_PTR_NOT_NULL_FATAL(asked);
        memcpy(asked->address, signal.address, sizeof(asked->address));
        memcpy(asked->indicator, signal.indicator, sizeof(asked->indicator));
        asked->observed_on = signal.observed_on;
    }
    return request;
}

static void check_done(const struct kp_import_done *done)
{
    CU_ASSERT_EQUAL(done->refused_count, ASKED / MISSING_EACH);
    CU_ASSERT_EQUAL(done->added, ASKED - ASKED / MISSING_EACH);
    for (size_t i = 0; i < done->refused_count; i++) {
        CU_ASSERT_EQUAL(done->refused[i].number, i * MISSING_EACH);
    }
}

/* How many signals the log's entries are of; each entry is of one transaction. */
static uint64_t noted(size_t *entries)
{
    struct kp_txn *txn = NULL;
    struct kp_cursor *cursor = NULL;
    const uint8_t *key, *value;
    size_t key_size, size;
    uint64_t sum = 0;
    bool end = false;
    *entries = 0;
    CU_ASSERT_FATAL(kp_store_begin(node.store, false, &txn, NULL) == KP_OK);
    CU_ASSERT_FATAL(kp_cursor_open(txn, KP_NODE_NOTED, NULL, 0, &cursor, NULL) == KP_OK);
    while (kp_cursor_next(cursor, &key, &key_size, &value, &size, &end, NULL) == KP_OK && !end) {
        CU_ASSERT(size / KP_DIGEST_BYTES <= KP_SIGNALS_WRITE + KP_SIGNALS_PER_ADDRESS_MAX);
        sum += size / KP_DIGEST_BYTES; /* what stands before the digests is shorter than one */
        (*entries)++;
    }
    kp_cursor_close(cursor);
    kp_store_abort(txn);
    return sum;
}

static void a_request_takes_several_transactions(void)
{
    struct kp_control_response response = {0};
    size_t pages = 0, entries = 0;
    uint64_t count = 0;
    start("several");
    struct kp_control_request request = large_request();
    request.dry_run = true;
    CU_ASSERT_EQUAL(kp_node_serve_withdraw(&node, &peer, &request, &response, NULL), KP_OK);
    check_done(&response.import);
    kp_control_response_free(&response);
    CU_ASSERT_EQUAL(noted(&entries), 0);
    CU_ASSERT_EQUAL(walk(NULL, &pages, &count), 2 * ADDRESSES);

    request.dry_run = false;
    node.counted = true;
    memset(&response, 0, sizeof(response));
    CU_ASSERT_EQUAL(kp_node_serve_withdraw(&node, &peer, &request, &response, NULL), KP_OK);
    check_done(&response.import);
    CU_ASSERT(!node.counted);
    CU_ASSERT_EQUAL(noted(&entries), response.import.added);
    CU_ASSERT_EQUAL(entries, (ASKED + KP_SIGNALS_WRITE - 1) / KP_SIGNALS_WRITE);
    CU_ASSERT_EQUAL(walk(NULL, &pages, &count), 2 * ADDRESSES - response.import.added);
    kp_control_response_free(&response);

    /* Once more: none is there, nothing is written. */
    node.counted = true;
    memset(&response, 0, sizeof(response));
    CU_ASSERT_EQUAL(kp_node_serve_withdraw(&node, &peer, &request, &response, NULL), KP_OK);
    CU_ASSERT_EQUAL(response.import.refused_count, ASKED);
    CU_ASSERT_EQUAL(response.import.added, 0);
    CU_ASSERT(node.counted);
    CU_ASSERT_EQUAL(noted(&pages), ASKED - ASKED / MISSING_EACH);
    CU_ASSERT_EQUAL(pages, entries);
    kp_control_response_free(&response);
    kp_control_request_free(&request);
    stop();
}

static const struct unit_test tests[] = {
    {"many marks", many_marks},
    {"a request takes several transactions", a_request_takes_several_transactions},
    {"a list takes the place of all", a_list_takes_the_place_of_all},
    {"tried, and refused", tried_and_refused},
};

UNIT_MAIN("node lists", tests)
