#include "tests/unit/proof_make.h"

#include "coordinator/act.h"
#include "proto/audit_log.h"
#include "proto/evidence.h"
#include "proto/party.h"
#include "proto/proof.h"
#include "proto/record.h"
#include "proto/transcript.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#define OPENED_AT (STAGE_TIME + 3600000u)

/* ---- the round ---- */

void proof_start(struct proof *proof, const struct fixture_settings *settings,
                 const struct stage_set *sets)
{
    struct kp_buffer decision = {0};
    memset(proof, 0, sizeof(*proof));
    stage_start(&proof->stage, settings, sets);
    stage_play(&proof->stage);
    stage_results_read(&proof->results, &proof->stage, 1);
    const struct fixture *fixture = &proof->stage.play.fixture;
    CU_ASSERT_EQUAL_FATAL(
        kp_verify_versions_add(&proof->versions, fixture->bytes.data, fixture->bytes.size, NULL),
        KP_OK);
    for (uint32_t i = 1; i <= fixture->agreement->member_count; i++) {
        fixture_decide(fixture, fixture->agreement, i, KP_DECISION_ACCEPT, FIXTURE_START,
                       &decision);
        CU_ASSERT_EQUAL_FATAL(
            kp_verify_versions_add(&proof->versions, decision.data, decision.size, NULL), KP_OK);
    }
    kp_buffer_free(&decision);
}

void proof_free(struct proof *proof)
{
    kp_verify_versions_free(&proof->versions);
    stage_results_free(&proof->results);
    stage_free(&proof->stage);
}

/* ---- items ---- */

void proof_add(struct kp_verify_export *out, enum kp_export_item_kind kind, uint32_t member,
               uint32_t part, const uint8_t *bytes, size_t size)
{
    out->items = realloc(out->items, (out->count + 1) * sizeof(*out->items));
    CU_ASSERT_PTR_NOT_NULL_FATAL(out->items);
    struct kp_export_item *item = &out->items[out->count++];
    *item = (struct kp_export_item){.kind = kind, .member = member, .part = part};
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&item->content, bytes, size), KP_OK);
    out->header.items = out->count;
}

static int by_key(const void *left, const void *right)
{
    const struct kp_export_item *one = left, *other = right;
    uint8_t keys[2][KP_EVIDENCE_KEY_BYTES];
    kp_evidence_key(keys[0], one->kind, one->member, one->part);
    kp_evidence_key(keys[1], other->kind, other->member, other->part);
    return memcmp(keys[0], keys[1], KP_EVIDENCE_KEY_BYTES);
}

void proof_sort(struct kp_verify_export *out)
{
    qsort(out->items, out->count, sizeof(*out->items), by_key);
}

void proof_begin(const struct proof *proof, enum kp_export_kind kind, uint32_t party,
                 struct kp_verify_export *out)
{
    const struct kp_result_transcript *transcript = &proof->results.transcript;
    memset(out, 0, sizeof(*out));
    out->header =
        (struct kp_export_header){.kind = kind, .party = party, .counter = proof->results.round};
    memcpy(out->header.lineage, proof->stage.play.fixture.agreement->lineage, KP_DIGEST_BYTES);
    for (uint32_t i = 0; i < transcript->member_count; i++) {
        proof_add(out, KP_EXPORT_HELLO1, i + 1, 0, transcript->hello1[i].data,
                  transcript->hello1[i].size);
        proof_add(out, KP_EXPORT_HELLO2, i + 1, 0, transcript->hello2[i].data,
                  transcript->hello2[i].size);
        proof_add(out, KP_EXPORT_READY, i + 1, 0, transcript->ready[i].data,
                  transcript->ready[i].size);
    }
}

static void add_record(const struct kp_result_record *record, uint32_t part,
                       const struct kp_buffer *leaf_path, struct kp_verify_export *out)
{
    struct kp_buffer packed = {0};
    const struct kp_proof_record proof = {.entry = record->entry,
                                          .position = record->position,
                                          .entry_path = record->path,
                                          .leaf_path = *leaf_path};
    CU_ASSERT_EQUAL_FATAL(kp_proof_record_pack(&proof, &packed, NULL), KP_OK);
    proof_add(out, KP_EXPORT_RECORD, record->member, part, packed.data, packed.size);
    kp_buffer_free(&packed);
}

void proof_add_record(const struct kp_result_record *record, uint32_t part,
                      struct kp_verify_export *out)
{
    const struct kp_buffer none = {0};
    add_record(record, part, &none, out);
}

void proof_add_papers(const struct proof *proof, struct kp_verify_export *out)
{
    const struct fixture *fixture = &proof->stage.play.fixture;
    struct kp_buffer decision = {0};
    proof_add(out, KP_EXPORT_PAPER, 0, 0, fixture->bytes.data, fixture->bytes.size);
    for (uint32_t i = 1; i <= fixture->agreement->member_count; i++) {
        fixture_decide(fixture, fixture->agreement, i, KP_DECISION_ACCEPT, FIXTURE_START,
                       &decision);
        proof_add(out, KP_EXPORT_PAPER, 0, i, decision.data, decision.size);
    }
    kp_buffer_free(&decision);
    proof_sort(out);
}

/* ---- what a member submitted ---- */

void proof_add_entry(const struct proof *proof, uint32_t member, uint32_t position, uint32_t part,
                     struct kp_verify_export *out)
{
    const struct kp_release *release = proof->stage.play.release[member - 1];
    struct kp_merkle_tree tree;
    uint8_t *leaves = malloc((size_t)release->slots * KP_DIGEST_BYTES);
    struct kp_result_record record = {.member = member, .position = position};
    size_t size = release->entry_size;
    CU_ASSERT_PTR_NOT_NULL_FATAL(leaves);
    for (uint32_t i = 0; i < release->slots; i++) {
        kp_entry_leaf_in(
            leaves + (size_t)i * KP_DIGEST_BYTES, proof->stage.play.fixture.agreement, member,
            kp_agreement_round_type(proof->stage.play.fixture.agreement, proof->results.round),
            release->entries.data + i * size);
    }
    CU_ASSERT_EQUAL_FATAL(kp_merkle_tree_new(&tree, leaves, release->slots), KP_OK);
    size_t digests = kp_merkle_path_length(position, release->slots);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(&record.path, digests * KP_DIGEST_BYTES));
    kp_merkle_tree_path(&tree, position, record.path.data);
    CU_ASSERT_EQUAL_FATAL(
        kp_buffer_set(&record.entry, release->entries.data + position * size, size), KP_OK);
    proof_add_record(&record, part, out);
    kp_buffer_free(&record.entry);
    kp_buffer_free(&record.path);
    kp_merkle_tree_free(&tree);
    free(leaves);
}

void proof_sign_again(struct proof *proof, uint32_t member)
{
    const struct kp_release *release = proof->stage.play.release[member - 1];
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&proof->results.transcript.ready[member - 1],
                                        release->own_ready.data, release->own_ready.size),
                          KP_OK);
}

uint32_t proof_position(const struct proof *proof, uint32_t group, uint32_t member)
{
    const struct kp_result_group *found = &proof->results.groups[group];
    for (uint32_t i = 0; i < found->record_count; i++) {
        if (found->records[i].member == member) {
            return found->records[i].position;
        }
    }
    CU_FAIL_FATAL("the member isn't in this match");
    return 0;
}

void proof_of_coordinator(const struct proof *proof, enum kp_message_type type, uint32_t to,
                          const struct kp_buffer *body, struct kp_buffer *packed)
{
    const struct fixture *fixture = &proof->stage.play.fixture;
    struct kp_round_message message = {.type = type, .from = KP_PARTY_COORDINATOR, .to = to};
    memcpy(message.attempt, proof->stage.play.attempt, KP_ATTEMPT_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&message.body, body->data, body->size), KP_OK);
    kp_round_message_sign(&message, fixture->agreement->lineage, fixture->coordinator_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
    kp_round_message_free(&message);
}

/* ---- opening ---- */

/* All matches at once, as `leader open` does; `mine` gets the partials of this holder. */
static void open_all(const struct proof *proof, struct kp_opening *opening, struct kp_act *act,
                     uint32_t group, struct kp_opened_match *mine)
{
    static struct kp_opened_match match;
    for (uint32_t i = 0; i < proof->results.group_count; i++) {
        CU_ASSERT_EQUAL_FATAL(
            kp_opening_check(opening, i + 1, &proof->results.groups[i], &match, NULL), KP_OK);
        CU_ASSERT_EQUAL_FATAL(kp_opening_partials(opening, &match, NULL), KP_OK);
        CU_ASSERT_EQUAL_FATAL(kp_act_add(act, opening, &match, NULL), KP_OK);
        if (i == group) {
            *mine = match;
        }
    }
}

/* Signs a log entry about an act with this root. */
static void add_logged(const struct proof *proof, uint32_t holder, const uint8_t *root,
                       struct kp_proof_opening *proven, struct kp_verify_export *out)
{
    const struct fixture *fixture = &proof->stage.play.fixture;
    struct kp_audit_entry entry = {.sequence = 5,
                                   .previous = {7},
                                   .time = OPENED_AT + holder,
                                   .party = holder == 1 ? KP_PARTY_LEADER : KP_PARTY_OPENER,
                                   .event = KP_AUDIT_OPENED,
                                   .counter = proof->results.round,
                                   .has_attempt = true,
                                   .count = proven->count,
                                   .has_digest = true};
    struct kp_buffer packed = {0};
    uint8_t hash[KP_DIGEST_BYTES];
    memcpy(entry.attempt, proof->stage.play.attempt, KP_ATTEMPT_BYTES);
    memcpy(entry.lineage, fixture->agreement->lineage, KP_DIGEST_BYTES);
    memcpy(entry.digest, root, KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL_FATAL(
        kp_audit_entry_sign(&entry, holder == 1 ? fixture->leader_secret : fixture->opener_secret,
                            hash),
        KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_audit_entry_pack(&entry, &proven->entry, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_proof_opening_pack(proven, &packed, NULL), KP_OK);
    proof_add(out, KP_EXPORT_OPENING, 0, holder, packed.data, packed.size);
    kp_buffer_free(&packed);
    kp_proof_opening_free(proven);
}

static void add_opening(const struct proof *proof, const struct kp_opening *opening,
                        const struct kp_act *act, uint32_t index, struct kp_verify_export *out)
{
    struct kp_proof_opening proven = {.index = index, .count = (uint32_t)kp_act_count(act)};
    uint8_t root[KP_DIGEST_BYTES];
    kp_act_root(act, root);
    CU_ASSERT_EQUAL_FATAL(kp_act_path(act, index, &proven.path, NULL), KP_OK);
    add_logged(proof, kp_opening_holder(opening), root, &proven, out);
}

void proof_add_opening(const struct proof *proof, uint32_t group, uint32_t holder,
                       const uint8_t (*partials)[KP_PARTIAL_BYTES], struct kp_verify_export *out)
{
    const struct kp_result_group *found = &proof->results.groups[group];
    const struct fixture *fixture = &proof->stage.play.fixture;
    struct kp_proof_opening proven = {.index = 0, .count = 1};
    struct kp_hash hash;
    struct kp_ready ready;
    uint8_t attempt[KP_ATTEMPT_BYTES], root[KP_DIGEST_BYTES];
    CU_ASSERT_EQUAL_FATAL(kp_transcript_check_ready(&ready, attempt, fixture->agreement, 1,
                                                    proof->results.transcript.ready[0].data,
                                                    proof->results.transcript.ready[0].size, NULL),
                          KP_OK);
    kp_hash_start(&hash, "Kruispunt-v1 opening act");
    kp_hash_field(&hash, fixture->agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_field(&hash, ready.round_id, KP_DIGEST_BYTES);
    kp_hash_field(&hash, found->tag, KP_DIGEST_BYTES);
    kp_hash_number(&hash, holder);
    for (uint32_t i = 0; i < found->record_count; i++) {
        kp_hash_number(&hash, found->records[i].member);
        kp_hash_field(&hash, partials[i], KP_POINT_BYTES);
        kp_hash_field(&hash, partials[i] + KP_POINT_BYTES, KP_PARTIAL_PROOF_BYTES);
    }
    kp_hash_digest(&hash, root);
    kp_merkle_root(root, root, 1);
    add_logged(proof, holder, root, &proven, out);
}

/* One holder's part of the file; its partials go into `match` too. */
static void open_by(const struct proof *proof, struct kp_opening *opening, uint32_t group,
                    struct kp_opened_match *match, struct kp_verify_export *out)
{
    static struct kp_opened_match mine;
    struct kp_act act = {0};
    uint32_t holder = kp_opening_holder(opening);
    open_all(proof, opening, &act, group, &mine);
    if (holder == 1) {
        *match = mine;
    }
    for (uint32_t i = 0; i < mine.record_count; i++) {
        const uint8_t *partial = mine.records[i].partial[holder - 1];
        memcpy(match->records[i].partial[holder - 1], partial, KP_PARTIAL_BYTES);
        proof_add(out, KP_EXPORT_PARTIAL, mine.records[i].member, holder, partial,
                  KP_PARTIAL_BYTES);
    }
    add_opening(proof, opening, &act, group, out);
    kp_act_free(&act);
}

static struct kp_opening *opening_of(const struct proof *proof, const uint8_t *secret)
{
    static struct stage stage;
    struct kp_opening *opening = NULL;
    stage = proof->stage;
    memcpy(stage.play.fixture.opening_secret, secret, KP_SCALAR_BYTES);
    CU_ASSERT_EQUAL_FATAL(stage_opening(&opening, &stage, &proof->results, NULL), KP_OK);
    return opening;
}

void proof_evidence(const struct proof *proof, uint32_t group, struct kp_verify_export *out)
{
    static struct kp_opened_match match;
    const struct fixture *fixture = &proof->stage.play.fixture;
    const struct kp_result_group *found = &proof->results.groups[group];
    struct kp_opening *opening = opening_of(proof, fixture->opening_secret);
    proof_begin(proof, KP_EXPORT_EVIDENCE, KP_PARTY_LEADER, out);
    open_by(proof, opening, group, &match, out);
    if (fixture->agreement->opening_key_count == 2) {
        struct kp_opening *second = opening_of(proof, fixture->second_opening_secret);
        open_by(proof, second, group, &match, out);
        kp_opening_free(second);
    }
    CU_ASSERT_EQUAL_FATAL(kp_opening_read(opening, &match, NULL), KP_OK);
    CU_ASSERT_TRUE(match.shown);
    for (uint32_t i = 0; i < found->record_count; i++) {
        struct kp_buffer path = {0};
        CU_ASSERT_EQUAL_FATAL(kp_opening_leaf_path(opening, found->records[i].member,
                                                   match.records[i].content.leaf.index, &path,
                                                   NULL),
                              KP_OK);
        add_record(&found->records[i], 0, &path, out);
        kp_buffer_free(&path);
    }
    kp_opening_free(opening);
    proof_sort(out);
}
