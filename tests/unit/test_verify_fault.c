/* proto/verify_fault.h: a verdict of each kind that holds, every change of it, and what is said of
 * somebody who did nothing wrong. */
#include "crypto/merkle.h"
#include "proto/canary_notice.h"
#include "proto/commands/verify_files.h"
#include "proto/party.h"
#include "proto/record.h"
#include "proto/transcript.h"
#include "proto/verify_fault.h"
#include "tests/unit/change_all.h"
#include "tests/unit/proof_make.h"
#include "tests/unit/scratch.h"
#include "tests/unit/spoil.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Address 7 of all three, 8 of members 1 and 2. The threshold is 2; member 2 is the bad one. */
static const uint32_t NUMBERS[] = {7, 8};
static const struct stage_set SETS[] = {{NUMBERS, 2}, {NUMBERS, 2}, {NUMBERS, 1}};
static const uint32_t ONE[] = {7};
static const struct stage_set SETS_OF_ONE[] = {{ONE, 1}, {ONE, 1}, {ONE, 1}};

#define BAD 2u

struct case_ {
    struct proof proof;
    struct kp_verify_export export;
    struct kp_proof_verdict verdict;
    struct kp_verify_receipts receipts;
};

/* Slots of 4, so that changing every field takes no time. */
static void begin(struct case_ *it, const struct fixture_settings *settings,
                  const struct stage_set *sets)
{
    memset(it, 0, sizeof(*it));
    proof_start(&it->proof, settings, sets);
    it->verdict.counter = 1;
    it->verdict.members = 1u << (BAD - 1);
    memcpy(it->verdict.attempt, it->proof.stage.play.attempt, KP_ATTEMPT_BYTES);
}

static void end(struct case_ *it)
{
    kp_verify_export_free(&it->export);
    kp_verify_receipts_free(&it->receipts);
    proof_free(&it->proof);
}

static void add_verdict(struct case_ *it, enum kp_fault_kind kind)
{
    struct kp_buffer packed = {0};
    it->verdict.kind = kind;
    CU_ASSERT_EQUAL_FATAL(kp_proof_verdict_pack(&it->verdict, &packed, NULL), KP_OK);
    proof_add(&it->export, KP_EXPORT_FAULT, 0, 0, packed.data, packed.size);
    kp_buffer_free(&packed);
    proof_sort(&it->export);
}

static bool holds(const struct case_ *it, const struct kp_verify_export *export, bool tell)
{
    struct kp_report report;
    struct kp_fault_says says;
    CU_ASSERT_EQUAL(
        kp_verify_fault_check(&it->proof.versions, export, &it->receipts, &report, &says, NULL),
        KP_OK);
    for (size_t i = 0; tell && i < report.count; i++) {
        if (report.rulings[i].verdict != KP_VERDICT_OK) {
            printf("\n%s: %s: %s", report.rules[i].id, report.rulings[i].record,
                   report.rulings[i].text);
        }
    }
    bool is = kp_verify_fault_holds(&report);
    CU_ASSERT_EQUAL(is, says.agreement != NULL);
    return is;
}

static bool is_found(void *context, const struct kp_verify_export *export)
{
    const struct case_ *it = context;
    return !holds(it, export, false);
}

/* It holds, and no longer when anything is changed. */
static void expect(struct case_ *it, bool change)
{
    CU_ASSERT_TRUE(holds(it, &it->export, true));
    if (change) {
        change_all(&it->export, is_found, it);
    }
}

static const struct fixture_settings SMALL = {.slots = 4, .threshold = 2};

static struct kp_release *release_of(struct case_ *it, uint32_t member)
{
    return it->proof.stage.play.release[member - 1];
}

static void spoil(struct case_ *it, enum spoil how, uint32_t at)
{
    const struct fixture *fixture = &it->proof.stage.play.fixture;
    spoil_release(release_of(it, BAD), fixture->agreement, fixture->member[BAD - 1].identity_secret,
                  how, at);
    proof_sign_again(&it->proof, BAD);
}

/* ---- 1: a chunk ---- */

static void check_chunk(const struct fixture_settings *settings, enum spoil how, uint32_t number,
                        bool is_fault)
{
    struct case_ it;
    struct kp_buffer packed = {0};
    begin(&it, settings, SETS);
    spoil(&it, how, 1);
    stage_release_message(&it.proof.stage, BAD, number, &packed);
    proof_begin(&it.proof, KP_EXPORT_VERDICT, 0, &it.export);
    proof_add(&it.export, KP_EXPORT_MESSAGE, BAD, 0, packed.data, packed.size);
    add_verdict(&it, KP_FAULT_CHUNK);
    if (is_fault) {
        expect(&it, true);
    } else {
        CU_ASSERT_FALSE(holds(&it, &it.export, false));
    }
    kp_buffer_free(&packed);
    end(&it);
}

static void test_chunks(void)
{
    check_chunk(&SMALL, SPOIL_LEAF, 0, true);
    check_chunk(&SMALL, SPOIL_ENTRY, 1, true);
    check_chunk(&SMALL, SPOIL_NOTHING, 0, false); /* framed */
    check_chunk(&SMALL, SPOIL_NOTHING, 1, false);
}

/* ---- 2 and 3: entries ---- */

static void check_entry(const struct fixture_settings *settings, enum spoil how,
                        enum kp_fault_kind kind, uint32_t position, bool is_fault)
{
    struct case_ it;
    begin(&it, settings, SETS);
    spoil(&it, how, 1);
    proof_begin(&it.proof, KP_EXPORT_VERDICT, 0, &it.export);
    it.verdict.position = position;
    proof_add_entry(&it.proof, BAD, position, 0, &it.export);
    if (kind == KP_FAULT_UNSORTED) {
        it.verdict.before = position - 1;
        proof_add_entry(&it.proof, BAD, position - 1, 1, &it.export);
    }
    add_verdict(&it, kind);
    if (is_fault) {
        expect(&it, true);
    } else {
        CU_ASSERT_FALSE(holds(&it, &it.export, false));
    }
    end(&it);
}

static void test_entries(void)
{
    check_entry(&SMALL, SPOIL_TWICE, KP_FAULT_UNSORTED, 2, true);
    check_entry(&SMALL, SPOIL_UNSORTED, KP_FAULT_UNSORTED, 2, true);
    check_entry(&SMALL, SPOIL_NOTHING, KP_FAULT_UNSORTED, 2, false);
    check_entry(&SMALL, SPOIL_SHARE, KP_FAULT_SHARE, 1, true);
    check_entry(&SMALL, SPOIL_PATH, KP_FAULT_SHARE, 1, true);
    check_entry(&SMALL, SPOIL_NOTHING, KP_FAULT_SHARE, 1, false);
    check_entry(&SMALL, SPOIL_TWICE, KP_FAULT_SHARE, 2, false);
}

/* A round of counts: an entry is its tag. */
static void test_counts(void)
{
    const struct fixture_settings counts = {.slots = 4, .count_first = 1, .audit_slots = 2};
    check_chunk(&counts, SPOIL_ENTRY, 0, true);
    check_chunk(&counts, SPOIL_NOTHING, 0, false);
    check_entry(&counts, SPOIL_TWICE, KP_FAULT_UNSORTED, 2, true);
    check_entry(&counts, SPOIL_NOTHING, KP_FAULT_UNSORTED, 2, false);
    check_entry(&counts, SPOIL_NOTHING, KP_FAULT_SHARE, 1, false);
}

/* The coordinator changes an honest entry's path: it isn't what READY signed any more. */
static void test_framed_by_a_path(void)
{
    struct case_ it;
    begin(&it, &SMALL, SETS);
    proof_begin(&it.proof, KP_EXPORT_VERDICT, 0, &it.export);
    it.verdict.position = 1;
    proof_add_entry(&it.proof, BAD, 1, 0, &it.export);
    struct kp_export_item *item = &it.export.items[it.export.count - 1];
    struct kp_proof_record record;
    CU_ASSERT_EQUAL_FATAL(
        kp_proof_record_unpack(&record, item->content.data, item->content.size, NULL), KP_OK);
    record.entry.data[KP_DIGEST_BYTES + KP_SCALAR_BYTES] ^= 1;
    CU_ASSERT_EQUAL_FATAL(kp_proof_record_pack(&record, &item->content, NULL), KP_OK);
    kp_proof_record_free(&record);
    add_verdict(&it, KP_FAULT_SHARE);
    CU_ASSERT_FALSE(holds(&it, &it.export, false));
    end(&it);
}

/* ---- 4 to 6: records ---- */

enum wrong { NOTHING, OUTER, SEAL, AEAD, LEAF, INDEX, ADDRESS, Y, G, AREA };

struct inner {
    struct kp_seal_context context;
    uint8_t secret[KP_SCALAR_BYTES];
    uint8_t bytes[KP_RECORD_PLAIN_MAX + KP_SEAL_INNER_OVERHEAD];
    size_t size;
};

static uint8_t *entry_of(struct case_ *it, uint32_t member)
{
    struct kp_release *release = release_of(it, member);
    return release->entries.data +
           (size_t)proof_position(&it->proof, 0, member) * release->entry_size;
}

/* The outer layer of the bad one's record of the first match, taken off. */
static void take_off(struct case_ *it, struct inner *inner)
{
    const struct kp_agreement *agreement = it->proof.stage.play.fixture.agreement;
    uint8_t shares[2 * KP_SCALAR_BYTES], attempt[KP_ATTEMPT_BYTES];
    const uint32_t members[] = {1, 2};
    struct kp_ready ready;
    for (uint32_t i = 0; i < 2; i++) {
        memcpy(shares + i * KP_SCALAR_BYTES,
               kp_entry_at(agreement, i + 1, entry_of(it, i + 1)).share, KP_SCALAR_BYTES);
    }
    CU_ASSERT_EQUAL_FATAL(kp_shares_interpolate(inner->secret, 2, members, shares), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_transcript_check_ready(&ready, attempt, agreement, 1,
                                                    it->proof.results.transcript.ready[0].data,
                                                    it->proof.results.transcript.ready[0].size,
                                                    NULL),
                          KP_OK);
    struct kp_entry_view view = kp_entry_at(agreement, BAD, entry_of(it, BAD));
    inner->context.member = BAD;
    memcpy(inner->context.lineage, agreement->lineage, KP_DIGEST_BYTES);
    memcpy(inner->context.round_id, ready.round_id, KP_DIGEST_BYTES);
    memcpy(inner->context.tag, view.tag, KP_DIGEST_BYTES);
    inner->size = kp_record_inner_size(agreement);
    CU_ASSERT_EQUAL_FATAL(kp_open_outer(inner->bytes, inner->secret, &inner->context, view.record,
                                        kp_record_size(agreement)),
                          KP_OK);
}

static void change_content(struct kp_record *record, enum wrong wrong)
{
    switch (wrong) {
    case LEAF:
        record->leaf.indicators[0] ^= 3;
        break;
    case INDEX:
        record->leaf.index = 4;
        break;
    case ADDRESS:
        fixture_address(record->leaf.address, 8);
        break;
    case AREA:
        fixture_address_at(record->leaf.address, "9999ZZ", 7);
        break;
    case Y:
        memcpy(record->y, record->leaf.point, KP_POINT_BYTES);
        break;
    case G:
        record->g[0] ^= 1;
        break;
    case NOTHING:
    case OUTER:
    case SEAL:
    case AEAD:
        break;
    }
}

/* Puts another record into its place, and signs; *slot: which leaf it is about. */
static void forge(struct case_ *it, struct inner *inner, enum wrong wrong, uint32_t *slot)
{
    const struct fixture *fixture = &it->proof.stage.play.fixture;
    const struct kp_agreement *agreement = fixture->agreement;
    uint8_t plain[KP_RECORD_PLAIN_MAX];
    struct kp_record record;
    CU_ASSERT_EQUAL_FATAL(kp_open_inner(plain, fixture->opening_secret, agreement->opening_key,
                                        &inner->context, inner->bytes, inner->size),
                          KP_OK);
    kp_record_unpack(&record, agreement, plain);
    *slot = record.leaf.index;
    if (wrong >= LEAF) {
        change_content(&record, wrong);
        kp_record_pack(plain, agreement, &record);
        CU_ASSERT_EQUAL_FATAL(kp_seal_inner(inner->bytes, agreement->opening_key, &inner->context,
                                            plain, kp_record_plain_size(agreement)),
                              KP_OK);
    } else if (wrong == SEAL) {
        inner->bytes[KP_POINT_BYTES + 3] ^= 1;
    } else if (wrong == AEAD) {
        inner->bytes[inner->size - 1] ^= 1;
    }
    uint8_t *sealed = entry_of(it, BAD) + (kp_entry_at(agreement, BAD, NULL).record - (uint8_t *)0);
    CU_ASSERT_EQUAL_FATAL(
        kp_seal_outer(sealed, inner->secret, &inner->context, inner->bytes, inner->size), KP_OK);
    if (wrong == OUTER) {
        sealed[30] ^= 1;
    }
    /* Only READY is made anew. */
    spoil(it, SPOIL_UNSORTED, 0);
    spoil(it, SPOIL_UNSORTED, 0);
}

/* RECORDs of members 1 and 2; with the path of a leaf, and that leaf. */
static void add_records(struct case_ *it, bool with_leaf, uint32_t slot)
{
    struct kp_release *release = release_of(it, BAD);
    proof_add_entry(&it->proof, 1, proof_position(&it->proof, 0, 1), 0, &it->export);
    proof_add_entry(&it->proof, BAD, it->verdict.position, 0, &it->export);
    if (!with_leaf) {
        return;
    }
    struct kp_export_item *item = &it->export.items[it->export.count - 1];
    struct kp_proof_record record;
    CU_ASSERT_EQUAL_FATAL(
        kp_proof_record_unpack(&record, item->content.data, item->content.size, NULL), KP_OK);
    size_t digests = kp_merkle_path_length(slot, release->slots);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(&record.leaf_path, digests * KP_DIGEST_BYTES));
    kp_merkle_path(record.leaf_path.data, release->leaves.data, release->slots, slot);
    record.has_leaf = true;
    memcpy(record.leaf, release->leaves.data + slot * KP_DIGEST_BYTES, KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_proof_record_pack(&record, &item->content, NULL), KP_OK);
    kp_proof_record_free(&record);
}

static void add_partials(struct case_ *it, const struct inner *inner)
{
    const struct fixture *fixture = &it->proof.stage.play.fixture;
    struct kp_partial_holder holder = {.number = 1};
    uint8_t partial[KP_PARTIAL_BYTES];
    memcpy(holder.key, fixture->agreement->opening_keys[0].key, KP_POINT_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_partial_open(partial, fixture->opening_secret, &holder,
                                          &inner->context, inner->bytes, inner->size),
                          KP_OK);
    proof_add(&it->export, KP_EXPORT_PARTIAL, BAD, 1, partial, sizeof(partial));
}

static void check_record(enum wrong wrong, enum kp_fault_kind kind, bool with_leaf, bool is_fault,
                         bool change)
{
    struct case_ it;
    struct inner inner;
    uint32_t slot = 0;
    begin(&it, &SMALL, SETS_OF_ONE);
    it.verdict.position = proof_position(&it.proof, 0, BAD);
    take_off(&it, &inner);
    forge(&it, &inner, wrong, &slot);
    proof_begin(&it.proof, KP_EXPORT_VERDICT, 0, &it.export);
    add_records(&it, with_leaf, slot);
    if (kind == KP_FAULT_CONTENT) {
        add_partials(&it, &inner);
    }
    add_verdict(&it, kind);
    if (is_fault) {
        expect(&it, change);
    } else {
        CU_ASSERT_FALSE(holds(&it, &it.export, false));
    }
    end(&it);
}

static void test_records(void)
{
    check_record(OUTER, KP_FAULT_OUTER, false, true, true);
    check_record(SEAL, KP_FAULT_SEAL, false, true, true);
    check_record(AEAD, KP_FAULT_CONTENT, false, true, true);
    check_record(LEAF, KP_FAULT_CONTENT, true, true, true);
    check_record(INDEX, KP_FAULT_CONTENT, false, true, false);
    check_record(ADDRESS, KP_FAULT_CONTENT, false, true, false);
    check_record(Y, KP_FAULT_CONTENT, false, true, false);
    check_record(G, KP_FAULT_CONTENT, false, true, false);
    check_record(AREA, KP_FAULT_CONTENT, false, true, false);
}

static void test_framed_for_a_record(void)
{
    check_record(NOTHING, KP_FAULT_OUTER, false, false, false);
    check_record(NOTHING, KP_FAULT_SEAL, false, false, false);
    check_record(NOTHING, KP_FAULT_CONTENT, false, false, false);
    check_record(NOTHING, KP_FAULT_CONTENT, true, false, false);
    check_record(OUTER, KP_FAULT_SEAL, false, false, false);
    check_record(SEAL, KP_FAULT_OUTER, false, false, false);
}

/* ---- 7: a holder ---- */

static void check_partial(bool is_false)
{
    struct case_ it;
    struct kp_verify_export evidence;
    uint8_t partials[KP_MEMBERS_MAX][KP_PARTIAL_BYTES];
    const struct fixture_settings settings = {.slots = 4, .threshold = 3, .second_holder = true};
    begin(&it, &settings, SETS_OF_ONE);
    proof_evidence(&it.proof, 0, &evidence);
    proof_begin(&it.proof, KP_EXPORT_VERDICT, 0, &it.export);
    it.verdict.members = 0;
    it.verdict.holder = 2;
    it.verdict.about = BAD;
    for (size_t i = 0; i < evidence.count; i++) {
        const struct kp_export_item *item = &evidence.items[i];
        if (item->kind == KP_EXPORT_PARTIAL && item->part == 2) {
            memcpy(partials[item->member - 1], item->content.data, KP_PARTIAL_BYTES);
        }
    }
    if (is_false) {
        memcpy(partials[BAD - 1], partials[0], KP_PARTIAL_BYTES);
    }
    for (uint32_t i = 0; i < 3; i++) {
        proof_add_entry(&it.proof, i + 1, proof_position(&it.proof, 0, i + 1), 0, &it.export);
        proof_add(&it.export, KP_EXPORT_PARTIAL, i + 1, 2, partials[i], KP_PARTIAL_BYTES);
    }
    proof_add_opening(&it.proof, 0, 2, (const uint8_t(*)[KP_PARTIAL_BYTES])partials, &it.export);
    add_verdict(&it, KP_FAULT_PARTIAL);
    if (is_false) {
        expect(&it, true);
    } else {
        CU_ASSERT_FALSE(holds(&it, &it.export, false));
    }
    kp_verify_export_free(&evidence);
    end(&it);
}

static void test_partials(void)
{
    check_partial(true);
    check_partial(false);
}

/* ---- 8 and 11: silence ---- */

static void add_start(struct case_ *it)
{
    struct kp_start start = {.counter = 1, .round_type = KP_ROUND_MATCH, .phase_seconds = 60};
    struct kp_buffer body = {0}, packed = {0};
    memcpy(start.agreement, it->proof.stage.play.fixture.agreement->hash, KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_start_pack(&start, &body, NULL), KP_OK);
    proof_of_coordinator(&it->proof, KP_MESSAGE_START, KP_PARTY_ALL, &body, &packed);
    proof_add(&it->export, KP_EXPORT_START, 0, 0, packed.data, packed.size);
    kp_buffer_free(&body);
    kp_buffer_free(&packed);
}

static void add_list(struct case_ *it, enum kp_phase phase, uint32_t late, uint32_t refused,
                     uint32_t count)
{
    struct kp_phase_list list = {
        .counter = 1, .phase = phase, .member_count = 3, .late = late, .refused = refused};
    struct kp_buffer body = {0}, packed = {0};
    for (uint32_t i = 0; i < 3; i++) {
        for (uint32_t k = 0; k < count; k++) {
            kp_deposited_add(&list.members[i], (const uint8_t[KP_DIGEST_BYTES]){(uint8_t)k});
        }
    }
    CU_ASSERT_EQUAL_FATAL(kp_phase_list_pack(&list, &body, NULL), KP_OK);
    proof_of_coordinator(&it->proof, KP_MESSAGE_PHASE_LIST, KP_PARTY_ALL, &body, &packed);
    proof_add(&it->export, KP_EXPORT_PHASE_LIST, 0, (uint32_t)phase, packed.data, packed.size);
    kp_buffer_free(&body);
    kp_buffer_free(&packed);
}

/* A receipt for `count` messages, and their digests. */
static void add_receipt(struct case_ *it, struct kp_verify_export *out, enum kp_phase phase,
                        uint32_t count, bool digests)
{
    struct kp_receipt receipt = {.counter = 1, .member = BAD, .phase = phase};
    struct kp_buffer body = {0}, packed = {0};
    uint8_t all[8][KP_DIGEST_BYTES] = {{0}};
    for (uint32_t k = 0; k < count; k++) {
        all[k][0] = (uint8_t)k;
        kp_deposited_add(&receipt.deposited, all[k]);
    }
    CU_ASSERT_EQUAL_FATAL(kp_receipt_pack(&receipt, &body, NULL), KP_OK);
    proof_of_coordinator(&it->proof, KP_MESSAGE_RECEIPT, BAD, &body, &packed);
    proof_add(out, KP_EXPORT_RECEIPT, BAD, 0, packed.data, packed.size);
    if (digests) {
        proof_add(out, KP_EXPORT_DIGESTS, BAD, 0, all[0], count * KP_DIGEST_BYTES);
    }
    kp_buffer_free(&body);
    kp_buffer_free(&packed);
}

static void begin_silence(struct case_ *it, uint32_t party)
{
    begin(it, &SMALL, SETS_OF_ONE);
    it->export.header =
        (struct kp_export_header){.kind = KP_EXPORT_VERDICT, .party = party, .counter = 1};
    memcpy(it->export.header.lineage, it->proof.stage.play.fixture.agreement->lineage,
           KP_DIGEST_BYTES);
    add_start(it);
    it->verdict.coordinator = true;
    it->verdict.phase = KP_PHASE_RELEASE;
}

/* Receipts as a file that is given beside. */
static void give_receipts(struct case_ *it, enum kp_phase phase, uint32_t count, bool change)
{
    struct kp_verify_export file = {
        .header = {.kind = KP_EXPORT_RECEIPTS, .party = BAD, .counter = 1}};
    struct kp_report report;
    memcpy(file.header.lineage, it->export.header.lineage, KP_DIGEST_BYTES);
    add_receipt(it, &file, phase, count, true);
    CU_ASSERT_EQUAL(
        kp_verify_receipts_check(&it->proof.versions, &file, &report, &it->receipts, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_report_count(&report, KP_VERDICT_OK), report.count);
    CU_ASSERT_EQUAL(it->receipts.count, 1);
    if (change) { /* a chain over other messages */
        file.items[1].content.data[5] ^= 1;
        CU_ASSERT_EQUAL(
            kp_verify_receipts_check(&it->proof.versions, &file, &report, &it->receipts, NULL),
            KP_OK);
        CU_ASSERT_EQUAL(kp_report_count(&report, KP_VERDICT_BROKEN), 1);
    }
    kp_verify_export_free(&file);
}

static void test_silence(void)
{
    struct case_ it;
    begin_silence(&it, KP_PARTY_COORDINATOR);
    add_list(&it, KP_PHASE_RELEASE, 1u << (BAD - 1), 0, 3);
    add_verdict(&it, KP_FAULT_SILENT);
    expect(&it, true);
    /* Receipts that say the same, and one that says more. */
    give_receipts(&it, KP_PHASE_RELEASE, 3, true);
    CU_ASSERT_TRUE(holds(&it, &it.export, true));
    kp_verify_receipts_free(&it.receipts);
    give_receipts(&it, KP_PHASE_RELEASE, 4, false);
    CU_ASSERT_FALSE(holds(&it, &it.export, false));
    kp_verify_receipts_free(&it.receipts);
    give_receipts(&it, KP_PHASE_COMPLETE, 4, false); /* dated later, for a way out */
    CU_ASSERT_FALSE(holds(&it, &it.export, false));
    end(&it);

    /* Somebody whom the list doesn't call late. */
    begin_silence(&it, KP_PARTY_COORDINATOR);
    add_list(&it, KP_PHASE_RELEASE, 1, 0, 3);
    add_verdict(&it, KP_FAULT_SILENT);
    CU_ASSERT_FALSE(holds(&it, &it.export, false));
    end(&it);

    /* The coordinator alone, by a receipt. */
    for (uint32_t count = 3; count <= 4; count++) {
        begin_silence(&it, KP_PARTY_COORDINATOR);
        it.verdict.members = 0;
        add_list(&it, KP_PHASE_RELEASE, 1u << (BAD - 1), 0, 3);
        add_receipt(&it, &it.export, KP_PHASE_RELEASE, count, false);
        add_verdict(&it, KP_FAULT_SILENT);
        if (count == 4) {
            expect(&it, true);
        } else {
            CU_ASSERT_FALSE(holds(&it, &it.export, false));
        }
        end(&it);
    }
}

static void test_silent_coordinator(void)
{
    struct case_ it;
    begin_silence(&it, BAD);
    add_receipt(&it, &it.export, KP_PHASE_RELEASE, 4, true);
    add_verdict(&it, KP_FAULT_COORDINATOR_SILENT);
    expect(&it, true);
    end(&it);
    begin_silence(&it, BAD);
    it.verdict.phase = KP_PHASE_IDLE;
    add_verdict(&it, KP_FAULT_COORDINATOR_SILENT);
    expect(&it, true);
    end(&it);
}

/* ---- 9 and 10: results ---- */

#define ITEMS_MAX 8u
/* The results, as RESULT signs them: transcript, groups, list of the release. */
struct results {
    struct kp_buffer keys[ITEMS_MAX], values[ITEMS_MAX];
    uint8_t leaves[ITEMS_MAX * KP_DIGEST_BYTES];
    uint32_t count;
};

static void add_result(struct results *results, uint8_t kind, uint32_t index,
                       const struct kp_buffer *value)
{
    uint8_t key[10] = {0, 0, 0, 1, kind, 0, 0, 0, 0, (uint8_t)index};
    uint32_t i = results->count++;
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&results->keys[i], key, sizeof(key)), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&results->values[i], value->data, value->size), KP_OK);
    kp_transcript_result_item(results->leaves + (size_t)i * KP_DIGEST_BYTES, key, sizeof(key),
                              value->data, value->size);
}

static void add_groups(struct case_ *it, struct results *results, uint32_t without)
{
    struct kp_buffer value = {0};
    CU_ASSERT_EQUAL_FATAL(kp_result_transcript_pack(&it->proof.results.transcript, &value, NULL),
                          KP_OK);
    add_result(results, 0, 0, &value);
    for (uint32_t i = 0, index = 0; i < it->proof.results.group_count; i++) {
        if (i != without) {
            CU_ASSERT_EQUAL_FATAL(kp_result_group_pack(&it->proof.results.groups[i], &value, NULL),
                                  KP_OK);
            add_result(results, 2, index++, &value);
        }
    }
    kp_buffer_free(&value);
}

static void add_item(struct case_ *it, const struct results *results, uint32_t i, uint32_t part)
{
    struct kp_proof_result proven = {
        .key = results->keys[i], .value = results->values[i], .index = i, .count = results->count};
    struct kp_buffer packed = {0};
    size_t digests = kp_merkle_path_length(i, results->count);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(&proven.path, digests * KP_DIGEST_BYTES));
    kp_merkle_path(proven.path.data, results->leaves, results->count, i);
    CU_ASSERT_EQUAL_FATAL(kp_proof_result_pack(&proven, &packed, NULL), KP_OK);
    proof_add(&it->export, KP_EXPORT_GROUP, 0, part, packed.data, packed.size);
    kp_buffer_free(&packed);
    kp_buffer_free(&proven.path);
}

static void sign_results(struct case_ *it, const struct results *results, uint32_t part,
                         uint32_t faults)
{
    const struct kp_agreement *agreement = it->proof.stage.play.fixture.agreement;
    const struct kp_result_transcript *transcript = &it->proof.results.transcript;
    struct kp_round_result result = {
        .counter = 1, .round_type = KP_ROUND_MATCH, .groups = 1, .faults = faults};
    struct kp_buffer body = {0}, packed = {0};
    struct kp_ready ready;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    CU_ASSERT_EQUAL_FATAL(kp_transcript_check_ready(&ready, attempt, agreement, 1,
                                                    transcript->ready[0].data,
                                                    transcript->ready[0].size, NULL),
                          KP_OK);
    memcpy(result.round_id, ready.round_id, KP_DIGEST_BYTES);
    kp_merkle_root(result.root, results->leaves, results->count);
    kp_transcript_readys(result.readys, agreement->lineage, transcript->ready, 3);
    CU_ASSERT_EQUAL_FATAL(kp_round_result_pack(&result, &body, NULL), KP_OK);
    proof_of_coordinator(&it->proof, KP_MESSAGE_RESULT, KP_PARTY_ALL, &body, &packed);
    proof_add(&it->export, KP_EXPORT_RESULT, 0, part, packed.data, packed.size);
    kp_buffer_free(&body);
    kp_buffer_free(&packed);
}

static void free_results(struct results *results)
{
    for (uint32_t i = 0; i < results->count; i++) {
        kp_buffer_free(&results->keys[i]);
        kp_buffer_free(&results->values[i]);
    }
    memset(results, 0, sizeof(*results));
}

enum deed { HONEST, ADDED, TWICE, ALONE, TWO_RESULTS, READY_AFTERWARDS };

static void check_results(enum deed deed, bool is_fault)
{
    struct case_ it;
    struct results results = {.count = 0};
    begin(&it, &SMALL, SETS_OF_ONE);
    struct kp_result_group *group = &it.proof.results.groups[0];
    if (deed == ADDED) { /* a share of somebody who never submitted it */
        group->records[1].entry.data[KP_DIGEST_BYTES] ^= 1;
    } else if (deed == ALONE) {
        group->record_count = 1;
    }
    add_groups(&it, &results, UINT32_MAX);
    if (deed == TWICE) {
        add_result(&results, 2, 1, &results.values[1]);
    }
    it.verdict.members = 0;
    it.verdict.coordinator = true;
    struct kp_proof_verdict verdict = it.verdict;
    if (deed == READY_AFTERWARDS) {
        /* RESULT is over the READYs that there were; then member 2 signs another one, without. */
        sign_results(&it, &results, 0, 0);
        struct kp_export_item result = it.export.items[0];
        spoil(&it, SPOIL_TWICE, 0);
        free(it.export.items);
        proof_begin(&it.proof, KP_EXPORT_VERDICT, 0, &it.export);
        proof_add(&it.export, KP_EXPORT_RESULT, 0, 0, result.content.data, result.content.size);
        kp_export_item_free(&result);
    } else {
        proof_begin(&it.proof, KP_EXPORT_VERDICT, 0, &it.export);
        sign_results(&it, &results, 0, 0);
    }
    it.verdict = verdict;
    if (deed == TWO_RESULTS) {
        sign_results(&it, &results, 1, 7);
    } else {
        add_item(&it, &results, 1, 0);
    }
    if (deed == TWICE) {
        add_item(&it, &results, 2, 1);
    }
    add_verdict(&it, KP_FAULT_RESULTS);
    if (is_fault) {
        expect(&it, true);
    } else {
        CU_ASSERT_FALSE(holds(&it, &it.export, false));
    }
    group->record_count = 3;
    free_results(&results);
    end(&it);
}

static void test_results(void)
{
    check_results(HONEST, false);
    check_results(ADDED, true);
    check_results(ALONE, true);
    check_results(TWICE, true);
    check_results(TWO_RESULTS, true);
    check_results(READY_AFTERWARDS, false);
}

/* The notice of a member, as a letter that it signed. */
static void add_letter(struct case_ *it, uint32_t member)
{
    const struct fixture *fixture = &it->proof.stage.play.fixture;
    struct kp_opened_letter letter = {.type = KP_LETTER_CANARY_NOTICE,
                                      .from = member,
                                      .to = KP_PARTY_LEADER,
                                      .parts = 1,
                                      .time = STAGE_TIME};
    struct kp_buffer packed = {0};
    uint8_t digest[KP_DIGEST_BYTES];
    memcpy(letter.subject, it->proof.stage.play.attempt, KP_ATTEMPT_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_canary_notice_pack(&letter.plain, fixture->agreement, member, 1, 0,
                                                release_of(it, member)->notice.data, NULL),
                          KP_OK);
    kp_letter_digest(digest, fixture->agreement->lineage, &letter);
    kp_sign(letter.signature, fixture->member[member - 1].identity_secret, KP_LETTER_PURPOSE,
            digest, sizeof(digest));
    CU_ASSERT_EQUAL_FATAL(kp_opened_letter_pack(&letter, &packed, NULL), KP_OK);
    proof_add(&it->export, KP_EXPORT_LETTER, member, 0, packed.data, packed.size);
    kp_opened_letter_free(&letter);
    kp_buffer_free(&packed);
}

/* The results without one group: what stands beside the gap. */
static void check_canary(bool dropped, uint32_t refused, bool is_fault, bool change)
{
    struct case_ it;
    struct results results = {.count = 0};
    const struct fixture_settings settings = {.slots = 8, .threshold = 3, .canaries = 1};
    begin(&it, &settings, SETS_OF_ONE);
    CU_ASSERT_EQUAL_FATAL(it.proof.results.group_count, 2); /* address 7, and the canary */
    const uint8_t *canary = release_of(&it, 1)->notice.data + 8;
    uint32_t at = memcmp(it.proof.results.groups[0].tag, canary, KP_DIGEST_BYTES) == 0 ? 0 : 1;
    add_groups(&it, &results, dropped ? at : UINT32_MAX);
    it.verdict.members = 0;
    it.verdict.coordinator = true;
    proof_begin(&it.proof, KP_EXPORT_VERDICT, 0, &it.export);
    add_list(&it, KP_PHASE_RELEASE, 0, refused, 3);
    struct kp_export_item *list = &it.export.items[it.export.count - 1];
    add_result(&results, 3, KP_PHASE_RELEASE, &list->content);
    sign_results(&it, &results, 0, 0);
    add_item(&it, &results, at, 0);
    add_item(&it, &results, at + 1, 1);
    for (uint32_t member = 1; member <= 3; member++) {
        add_letter(&it, member);
    }
    add_verdict(&it, KP_FAULT_CANARY);
    if (is_fault) {
        expect(&it, change);
    } else {
        CU_ASSERT_FALSE(holds(&it, &it.export, false));
    }
    free_results(&results);
    end(&it);
}

static void test_canaries(void)
{
    check_canary(true, 0, true, true);
    check_canary(false, 0, false, false);
    check_canary(true, 1u << (BAD - 1), false, false); /* rightly left out */
}

static const struct unit_test tests[] = {
    {"1: chunks", test_chunks},
    {"2 and 3: entries", test_entries},
    {"1 to 3: in a round of counts", test_counts},
    {"a path of a share that the coordinator changed", test_framed_by_a_path},
    {"4 to 6: records", test_records},
    {"records that are right, or wrong in another way", test_framed_for_a_record},
    {"7: partial openings", test_partials},
    {"8: silence, and receipts", test_silence},
    {"9: results", test_results},
    {"10: canaries", test_canaries},
    {"11: a silent coordinator", test_silent_coordinator},
};

UNIT_MAIN("verify_fault", tests)
