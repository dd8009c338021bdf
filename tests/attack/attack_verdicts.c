/* Verdicts (proto/verify_fault.h): a coordinator that wants an honest member named. */
#include "proto/party.h"
#include "proto/verify_fault.h"
#include "tests/attack/attack.h"
#include "tests/unit/proof_make.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#define VICTIM 2u
#define PUT 4u /* messages of the victim's that the coordinator signed for */

static const uint32_t ONE[] = {1};
static const struct stage_set SETS[] = {{ONE, 1}, {ONE, 1}, {ONE, 1}};

/* A round, and a file about it. */
struct trial {
    struct proof *proof;
    struct kp_verify_export file;
    struct kp_verify_receipts receipts;
};

static void start(struct trial *trial)
{
    memset(trial, 0, sizeof(*trial));
    trial->proof = calloc(1, sizeof(*trial->proof));
    CU_ASSERT_PTR_NOT_NULL_FATAL(trial->proof);
    proof_start(trial->proof, &(struct fixture_settings){.slots = 4}, SETS);
}

static void end(struct trial *trial)
{
    kp_verify_export_free(&trial->file);
    kp_verify_receipts_free(&trial->receipts);
    proof_free(trial->proof);
    free(trial->proof);
}

static void accuse(struct trial *trial, const struct kp_proof_verdict *as)
{
    struct kp_proof_verdict verdict = *as;
    struct kp_buffer packed = {0};
    verdict.counter = 1;
    verdict.members = 1u << (VICTIM - 1);
    memcpy(verdict.attempt, trial->proof->stage.play.attempt, KP_ATTEMPT_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_proof_verdict_pack(&verdict, &packed, NULL), KP_OK);
    proof_add(&trial->file, KP_EXPORT_FAULT, 0, 0, packed.data, packed.size);
    kp_buffer_free(&packed);
    proof_sort(&trial->file);
}

/* Whether whoever verifies it believes it. */
static bool is_believed(struct trial *trial)
{
    static struct kp_report report;
    struct kp_fault_says says;
    CU_ASSERT_EQUAL(kp_verify_fault_check(&trial->proof->versions, &trial->file, &trial->receipts,
                                          &report, &says, NULL),
                    KP_OK);
    for (size_t i = 0; i < report.count; i++) {
        if (report.rulings[i].verdict != KP_VERDICT_OK) {
            attack_told_words(report.rules[i].id);
            attack_told_words(report.rulings[i].text);
        }
    }
    return kp_verify_fault_holds(&report);
}

/* ---- an entry with another path ---- */

/* One bit in the path of the victim's share, which tag and share would determine: "its share isn't
 * under its tag". Its signature covers the path. */
bool attack_framed_by_a_path(void)
{
    struct trial trial;
    struct kp_proof_record record;
    start(&trial);
    proof_begin(trial.proof, KP_EXPORT_VERDICT, KP_PARTY_COORDINATOR, &trial.file);
    proof_add_entry(trial.proof, VICTIM, 1, 0, &trial.file);
    struct kp_export_item *item = &trial.file.items[trial.file.count - 1];
    CU_ASSERT_EQUAL_FATAL(
        kp_proof_record_unpack(&record, item->content.data, item->content.size, NULL), KP_OK);
    record.entry.data[KP_DIGEST_BYTES + KP_SCALAR_BYTES] ^= 1;
    kp_buffer_free(&item->content);
    CU_ASSERT_EQUAL_FATAL(kp_proof_record_pack(&record, &item->content, NULL), KP_OK);
    kp_proof_record_free(&record);
    accuse(&trial, &(struct kp_proof_verdict){.kind = KP_FAULT_SHARE, .position = 1});
    bool succeeded = is_believed(&trial);
    end(&trial);
    return succeeded;
}

/* ---- silence ---- */

static void add_signed(const struct trial *trial, struct kp_verify_export *file,
                       enum kp_export_item_kind kind, enum kp_message_type type, uint32_t to,
                       struct kp_buffer *body)
{
    struct kp_buffer packed = {0};
    uint32_t part = kind == KP_EXPORT_PHASE_LIST ? (uint32_t)KP_PHASE_RELEASE : 0;
    proof_of_coordinator(trial->proof, type, to, body, &packed);
    proof_add(file, kind, to == VICTIM ? VICTIM : 0, part, packed.data, packed.size);
    kp_buffer_free(&packed);
    kp_buffer_free(body);
}

/* The digest of the victim's k-th message. */
static void digest_of(uint8_t digest[static KP_DIGEST_BYTES], uint32_t k)
{
    memset(digest, (int)k + 1, KP_DIGEST_BYTES);
}

/* The coordinator's list of the release: the victim is late, and gave one message less. */
static void add_list(struct trial *trial)
{
    const struct fixture *fixture = &trial->proof->stage.play.fixture;
    struct kp_start start = {.counter = 1, .round_type = KP_ROUND_MATCH, .phase_seconds = 60};
    struct kp_phase_list list = {.counter = 1,
                                 .phase = KP_PHASE_RELEASE,
                                 .member_count = fixture->agreement->member_count,
                                 .late = 1u << (VICTIM - 1)};
    struct kp_buffer body = {0};
    uint8_t digest[KP_DIGEST_BYTES];
    trial->file.header = (struct kp_export_header){
        .kind = KP_EXPORT_VERDICT, .party = KP_PARTY_COORDINATOR, .counter = 1};
    memcpy(trial->file.header.lineage, fixture->agreement->lineage, KP_DIGEST_BYTES);
    memcpy(start.agreement, fixture->agreement->hash, KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_start_pack(&start, &body, NULL), KP_OK);
    add_signed(trial, &trial->file, KP_EXPORT_START, KP_MESSAGE_START, KP_PARTY_ALL, &body);
    for (uint32_t k = 0; k + 1 < PUT; k++) {
        digest_of(digest, k);
        kp_deposited_add(&list.members[VICTIM - 1], digest);
    }
    CU_ASSERT_EQUAL_FATAL(kp_phase_list_pack(&list, &body, NULL), KP_OK);
    add_signed(trial, &trial->file, KP_EXPORT_PHASE_LIST, KP_MESSAGE_PHASE_LIST, KP_PARTY_ALL,
               &body);
}

/* What the victim shows: the coordinator's signature for all that it put. */
static void show_receipt(struct trial *trial)
{
    struct kp_receipt receipt = {.counter = 1, .member = VICTIM, .phase = KP_PHASE_RELEASE};
    struct kp_verify_export file = {
        .header = {.kind = KP_EXPORT_RECEIPTS, .party = VICTIM, .counter = 1}};
    static struct kp_report report;
    uint8_t digests[PUT][KP_DIGEST_BYTES];
    struct kp_buffer body = {0};
    memcpy(file.header.lineage, trial->file.header.lineage, KP_DIGEST_BYTES);
    for (uint32_t k = 0; k < PUT; k++) {
        digest_of(digests[k], k);
        kp_deposited_add(&receipt.deposited, digests[k]);
    }
    CU_ASSERT_EQUAL_FATAL(kp_receipt_pack(&receipt, &body, NULL), KP_OK);
    add_signed(trial, &file, KP_EXPORT_RECEIPT, KP_MESSAGE_RECEIPT, VICTIM, &body);
    proof_add(&file, KP_EXPORT_DIGESTS, VICTIM, 0, digests[0], sizeof(digests));
    CU_ASSERT_EQUAL(
        kp_verify_receipts_check(&trial->proof->versions, &file, &report, &trial->receipts, NULL),
        KP_OK);
    kp_verify_export_free(&file);
}

/* The coordinator drops the victim's last message, and has it named, with itself, for silence. */
bool attack_silenced_and_blamed(void)
{
    struct trial trial;
    start(&trial);
    add_list(&trial);
    accuse(&trial, &(struct kp_proof_verdict){
                       .kind = KP_FAULT_SILENT, .coordinator = true, .phase = KP_PHASE_RELEASE});
    CU_ASSERT(is_believed(&trial)); /* as long as nobody shows a receipt */
    show_receipt(&trial);
    bool succeeded = is_believed(&trial);
    end(&trial);
    return succeeded;
}
