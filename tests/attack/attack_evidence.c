/* Evidence of a match, as a court's expert or a node checks it (proto/verify_evidence.h). Address 1
 * is of all three members; the threshold is two. Whoever makes the file works with one of them. */
#include "crypto/shares.h"
#include "proto/audit_log.h"
#include "proto/proof.h"
#include "proto/verify_evidence.h"
#include "tests/attack/attack.h"
#include "tests/attack/forge.h"
#include "tests/unit/proof_make.h"

#include <CUnit/CUnit.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CHEAT 2u
#define MEMBERS 3u
#define SLOTS 8u /* a power of two: every path has DEPTH digests */
#define DEPTH 3u

static const uint32_t ONE[] = {1};
static const struct stage_set SETS[] = {{ONE, 1}, {ONE, 1}, {ONE, 1}};

static struct proof *proof_make(bool second_holder)
{
    struct proof *proof = calloc(1, sizeof(*proof));
    CU_ASSERT_PTR_NOT_NULL_FATAL(proof);
    proof_start(proof,
                &(struct fixture_settings){
                    .members = MEMBERS, .slots = SLOTS, .second_holder = second_holder},
                SETS);
    CU_ASSERT_EQUAL_FATAL(proof->results.group_count, 1);
    return proof;
}

/* Whether the file holds, for who has the papers. */
static bool holds(const struct proof *proof, const struct kp_verify_export *file)
{
    struct kp_evidence_says says;
    struct kp_buffer bytes = {0};
    struct kp_error error = {0};
    CU_ASSERT_EQUAL_FATAL(
        kp_export_write_bytes(&bytes, &file->header, file->items, file->count, NULL), KP_OK);
    enum kp_status status =
        kp_verify_evidence_bytes(bytes.data, bytes.size, &proof->versions, &says, &error);
    if (status != KP_OK) {
        attack_told(&error);
    }
    kp_buffer_free(&bytes);
    return status == KP_OK;
}

static struct kp_export_item *find(struct kp_verify_export *file, enum kp_export_item_kind kind,
                                   uint32_t member, uint32_t part)
{
    for (size_t i = 0; i < file->count; i++) {
        struct kp_export_item *item = &file->items[i];
        if (item->kind == kind && item->member == member && item->part == part) {
            return item;
        }
    }
    CU_FAIL_FATAL("the file has no such item");
    return NULL;
}

/* ---- a record made afterwards ---- */

static struct kp_opening *open_results(const struct proof *proof)
{
    struct kp_opening *opening = NULL;
    CU_ASSERT_EQUAL_FATAL(stage_opening(&opening, &proof->stage, &proof->results, NULL), KP_OK);
    return opening;
}

/* What the cheat knows of its own address: its record, and the polynomial. */
static void know(const struct proof *proof, struct kp_record *record, struct kp_shares *shares,
                 struct kp_seal_context *place)
{
    static struct kp_opened_match match;
    const struct kp_agreement *agreement = proof->stage.play.fixture.agreement;
    struct kp_opening *opening = open_results(proof);
    CU_ASSERT_EQUAL_FATAL(stage_open_match(opening, &proof->results.groups[0], &match, NULL),
                          KP_OK);
    *record = match.records[CHEAT - 1].content;
    struct kp_share_context context = {.type = KP_ROUND_MATCH,
                                       .threshold = agreement->threshold,
                                       .members = agreement->member_count};
    uint8_t input[KP_ELEMENT_INPUT_BYTES], output[KP_OPRF_OUTPUT_BYTES];
    memcpy(context.round_id, kp_opening_round_id(opening), KP_DIGEST_BYTES);
    memcpy(context.g, record->g, KP_DIGEST_BYTES);
    kp_element_input(input, agreement->lineage, record->leaf.address);
    kp_oprf_output(output, input, sizeof(input), record->y);
    CU_ASSERT_EQUAL_FATAL(kp_shares_derive(shares, output, &context), KP_OK);
    *place = (struct kp_seal_context){.member = CHEAT};
    memcpy(place->lineage, agreement->lineage, KP_DIGEST_BYTES);
    memcpy(place->round_id, context.round_id, KP_DIGEST_BYTES);
    memcpy(place->tag, shares->tag, KP_DIGEST_BYTES);
    kp_opening_free(opening);
}

/* The cheat seals it into its entry, and signs READY over that. */
static void seal_again(struct proof *proof, const struct kp_record *record,
                       const struct kp_shares *shares, const struct kp_seal_context *place)
{
    const struct fixture *fixture = &proof->stage.play.fixture;
    struct kp_result_record *own = &proof->results.groups[0].records[CHEAT - 1];
    struct kp_buffer *packed = &proof->results.transcript.ready[CHEAT - 1];
    uint8_t plain[KP_RECORD_PLAIN_MAX], inner[KP_RECORD_INNER_MAX], node[KP_DIGEST_BYTES];
    size_t sealed = kp_record_size(fixture->agreement);
    kp_record_pack(plain, fixture->agreement, record);
    CU_ASSERT_EQUAL_FATAL(kp_seal_inner(inner, fixture->agreement->opening_key, place, plain,
                                        kp_record_plain_size(fixture->agreement)),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_seal_outer(own->entry.data + own->entry.size - sealed, shares->secret,
                                        place, inner, kp_record_inner_size(fixture->agreement)),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(own->path.size, DEPTH * KP_DIGEST_BYTES);
    kp_entry_leaf(node, fixture->agreement, CHEAT, own->entry.data);
    forge_root(node, own->path.data, own->position, DEPTH);
    forge_ready(fixture, CHEAT, node, packed);
}

/* The right path of the cheat's leaf, which the leader's program doesn't look for any more. */
static void show_leaf(const struct proof *proof, uint32_t index, struct kp_verify_export *file)
{
    struct kp_export_item *item = find(file, KP_EXPORT_RECORD, CHEAT, 0);
    struct kp_proof_record shown;
    struct kp_opening *opening = open_results(proof);
    CU_ASSERT_EQUAL_FATAL(
        kp_proof_record_unpack(&shown, item->content.data, item->content.size, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_opening_leaf_path(opening, CHEAT, index, &shown.leaf_path, NULL),
                          KP_OK);
    kp_buffer_free(&item->content);
    CU_ASSERT_EQUAL_FATAL(kp_proof_record_pack(&shown, &item->content, NULL), KP_OK);
    kp_proof_record_free(&shown);
    kp_opening_free(opening);
}

/* A member got another reason for its signal after the round, and shows it as the one of then:
 * another record, in an entry and a READY that it signs anew. Before the round it committed to its
 * slots. */
bool attack_signal_registered_later(void)
{
    struct proof *proof = proof_make(false);
    struct kp_verify_export file;
    struct kp_record record;
    struct kp_shares shares;
    struct kp_seal_context place;
    know(proof, &record, &shares, &place);
    record.leaf.observed_on += 1;
    randombytes_buf(record.leaf.grounds, sizeof(record.leaf.grounds));
    seal_again(proof, &record, &shares, &place);
    proof_evidence(proof, 0, &file);
    show_leaf(proof, record.leaf.index, &file);
    bool succeeded = holds(proof, &file);
    kp_verify_export_free(&file);
    proof_free(proof);
    free(proof);
    return succeeded;
}

/* ---- who opened, and when ---- */

/* The project leader writes the second holder's log entry itself, with another time. */
bool attack_opening_of_somebody_else(void)
{
    struct proof *proof = proof_make(true);
    const struct fixture *fixture = &proof->stage.play.fixture;
    struct kp_verify_export file;
    struct kp_proof_opening opening;
    struct kp_audit_entry entry;
    uint8_t hash[KP_DIGEST_BYTES];
    proof_evidence(proof, 0, &file);
    struct kp_export_item *item = find(&file, KP_EXPORT_OPENING, 0, 2);
    CU_ASSERT_EQUAL_FATAL(
        kp_proof_opening_unpack(&opening, item->content.data, item->content.size, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_audit_entry_unpack(&entry, opening.entry.data, opening.entry.size, NULL), KP_OK);
    entry.time += 1000;
    CU_ASSERT_EQUAL_FATAL(kp_audit_entry_sign(&entry, fixture->leader_secret, hash), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_audit_entry_pack(&entry, &opening.entry, NULL), KP_OK);
    kp_buffer_free(&item->content);
    CU_ASSERT_EQUAL_FATAL(kp_proof_opening_pack(&opening, &item->content, NULL), KP_OK);
    bool succeeded = holds(proof, &file);
    kp_proof_opening_free(&opening);
    kp_verify_export_free(&file);
    proof_free(proof);
    free(proof);
    return succeeded;
}
