/* Exported logs that aren't what the program wrote, before `kruispunt verify`: five entries of
 * member 1, with the head that was deposited. That a program which has its own key rewrites all of
 * its log is for those to see who have seen a head of it: attack_record.c. */
#include "crypto/sign.h"
#include "proto/verify_internal.h"
#include "tests/attack/attack.h"
#include "tests/unit/fixture.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#define PARTY 1u
#define ENTRIES 5u

struct logbook {
    struct fixture fixture;
    struct kp_verify_versions versions;
    struct kp_audit_entry entry[ENTRIES];
    struct kp_export_item item[ENTRIES];
    struct kp_verify_export export;
};

static void pack(struct logbook *book, size_t i)
{
    CU_ASSERT_EQUAL_FATAL(kp_audit_entry_pack(&book->entry[i], &book->item[i].content, NULL),
                          KP_OK);
}

static void start(struct logbook *book)
{
    memset(book, 0, sizeof(*book));
    fixture_make(&book->fixture, &(struct fixture_settings){0});
    const struct kp_buffer *bytes = &book->fixture.bytes;
    CU_ASSERT_EQUAL_FATAL(kp_verify_versions_add(&book->versions, bytes->data, bytes->size, NULL),
                          KP_OK);
    struct kp_audit_head head = {0};
    for (size_t i = 0; i < ENTRIES; i++) {
        struct kp_audit_entry *entry = &book->entry[i];
        *entry = (struct kp_audit_entry){.sequence = i + 1,
                                         .time = 1700000000000 + i,
                                         .party = PARTY,
                                         .event = KP_AUDIT_LIST_EVALUATED,
                                         .counter = 1,
                                         .member = 2,
                                         .count = i + 3};
        memcpy(entry->previous, head.hash, KP_DIGEST_BYTES);
        memcpy(entry->lineage, book->fixture.agreement->lineage, KP_DIGEST_BYTES);
        CU_ASSERT_EQUAL_FATAL(
            kp_audit_entry_sign(entry, book->fixture.member[PARTY - 1].identity_secret, head.hash),
            KP_OK);
        book->item[i].kind = KP_EXPORT_LOG_ENTRY;
        pack(book, i);
    }
    struct kp_export_header *header = &book->export.header;
    header->kind = KP_EXPORT_LOG;
    header->party = PARTY;
    header->has_digest = true;
    memcpy(header->digest, head.hash, KP_DIGEST_BYTES);
    memcpy(header->lineage, book->fixture.agreement->lineage, KP_DIGEST_BYTES);
    book->export.items = book->item;
    book->export.count = ENTRIES;
}

/* Whether the verifier breaks no rule over it. */
static bool passes(struct logbook *book)
{
    struct kp_report report;
    struct kp_verify_log *log = NULL;
    struct kp_error error = {0};
    char words[KP_RULING_RECORD + KP_RULING_TEXT + 64];
    CU_ASSERT_EQUAL_FATAL(
        kp_verify_log_check(&book->versions, &book->export, &report, &log, &error), KP_OK);
    for (size_t i = 0; i < report.count; i++) {
        if (report.rulings[i].verdict == KP_VERDICT_BROKEN) {
            snprintf(words, sizeof(words), "%s: %s", report.rules[i].id, report.rulings[i].text);
            attack_told_words(words);
        }
    }
    kp_verify_log_free(log);
    return kp_report_count(&report, KP_VERDICT_BROKEN) == 0;
}

static bool end(struct logbook *book, bool succeeded)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        kp_buffer_free(&book->item[i].content);
    }
    kp_verify_versions_free(&book->versions);
    fixture_free(&book->fixture);
    return succeeded;
}

/* The last entries aren't given. */
bool attack_log_cut_short(void)
{
    struct logbook book;
    start(&book);
    CU_ASSERT(passes(&book));
    book.export.count -= 2;
    return end(&book, passes(&book));
}

/* Two in the middle aren't. */
bool attack_log_with_a_gap(void)
{
    struct logbook book;
    start(&book);
    struct kp_export_item kept = book.item[1], after = book.item[2];
    book.item[1] = book.item[3];
    book.item[2] = book.item[4];
    book.export.count -= 2;
    bool succeeded = passes(&book);
    book.item[3] = kept;
    book.item[4] = after;
    return end(&book, succeeded);
}

bool attack_reordered_log(void)
{
    struct logbook book;
    start(&book);
    struct kp_export_item kept = book.item[1];
    book.item[1] = book.item[2];
    book.item[2] = kept;
    return end(&book, passes(&book));
}

/* Somebody who doesn't have the program's key says that fewer points were evaluated. */
bool attack_edited_log(void)
{
    struct logbook book;
    start(&book);
    book.entry[1].count = 1;
    pack(&book, 1);
    return end(&book, passes(&book));
}

/* Somebody who has it says so, and signs; but the next entry stays. */
bool attack_log_edited_by_its_owner(void)
{
    struct logbook book;
    uint8_t hash[KP_DIGEST_BYTES];
    start(&book);
    book.entry[1].count = 1;
    CU_ASSERT_EQUAL_FATAL(
        kp_audit_entry_sign(&book.entry[1], book.fixture.member[PARTY - 1].identity_secret, hash),
        KP_OK);
    pack(&book, 1);
    return end(&book, passes(&book));
}
