/* What a program's log says: its entries, walked. */
#ifndef KP_TESTS_EVENTS_H
#define KP_TESTS_EVENTS_H

#include "proto/audit_log.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

/* What papers came, and what is in force: they come when they come. */
static inline bool events_is_of_agreement(enum kp_audit_event event)
{
    return event >= KP_AUDIT_PAPER_ADDED && event <= KP_AUDIT_PROCESSING_STOPPED;
}

/* All entries, in order, but for those about the agreement; fails the test when they aren't one
 * chain. */
static inline size_t events_read(struct kp_store *store, const struct kp_audit_signer *signer,
                                 const uint8_t key[static KP_SIGN_PUBLIC_BYTES],
                                 struct kp_audit_entry *events, size_t most)
{
    struct kp_audit_walk walk = {
        .party = signer->party, .lineage = signer->lineage, .key_count = 1};
    struct kp_audit_head head;
    struct kp_batch entries = {0};
    struct kp_txn *txn = NULL;
    memcpy(walk.keys[0], key, KP_SIGN_PUBLIC_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_audit_head_get(txn, signer, &head, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_audit_page(txn, signer, 0, &entries, NULL), KP_OK);
    kp_store_abort(txn);
    CU_ASSERT_FATAL(entries.count <= most);
    size_t count = 0;
    for (size_t i = 0; i < entries.count; i++) {
        CU_ASSERT_EQUAL(kp_audit_walk_next(&walk, entries.items[i].data, entries.items[i].size,
                                           &events[count], NULL),
                        KP_OK);
        count += !events_is_of_agreement(events[count].event);
    }
    CU_ASSERT_EQUAL(kp_audit_walk_end(&walk, &head, NULL), KP_OK);
    kp_batch_free(&entries);
    return count;
}

/* That these are the expected ones, in order; events of the kinds in `besides` (ended with 0) may
 * be between them. */
static inline void events_compare(const struct kp_audit_entry *events, size_t found,
                                  const enum kp_audit_event *expected, size_t count,
                                  const enum kp_audit_event *besides)
{
    size_t at = 0;
    for (size_t i = 0; i < found; i++) {
        bool may_be = false;
        for (const enum kp_audit_event *other = besides; *other != 0; other++) {
            may_be = may_be || events[i].event == *other;
        }
        if (at < count && events[i].event == expected[at]) {
            at++;
        } else if (!may_be) {
            CU_FAIL("an event that isn't expected");
            fprintf(stderr, "event %zu: %s\n", i, kp_audit_event_name(events[i].event));
        }
    }
    CU_ASSERT_EQUAL(at, count);
}

#endif
