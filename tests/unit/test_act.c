/* Acts of opening, and two holders: neither reads alone, and what one gives that isn't right is
 * found, named and proven. */
#include "coordinator/leader_evidence.h"
#include "coordinator/leader_faults.h"
#include "coordinator/leader_opened.h"
#include "coordinator/proof_file.h"
#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "crypto/shares.h"
#include "proto/record.h"
#include "proto/transcript.h"
#include "proto/verify_evidence.h"
#include "proto/verify_fault.h"
#include "tests/unit/proof_make.h"
#include "tests/unit/spoil.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Three members, threshold 2: address 1 is of all, address 2 of members 1 and 2. */
static const uint32_t ONE[] = {1, 2, 11}, TWO[] = {1, 2, 12}, THREE[] = {1, 13};
static const struct stage_set SETS[] = {{ONE, 3}, {TWO, 3}, {THREE, 2}};

/* What the second holder puts into its letter, before it is packed; NULL: what is right. */
typedef void spoil_letter(struct kp_partials *partials, struct kp_audit_entry *entry);

struct scene {
    struct proof proof;
    struct kp_leader leader; /* the project leader's program */
    struct kp_leader_opened opened;
    struct kp_opening *second; /* the second holder's */
    uint32_t parts;            /* of how many its letter says to be the first; 0: of one */
};

/* RESULT as the coordinator signs it, over items with this root. */
static void sign_result(const struct scene *scene, uint8_t root, struct kp_buffer *packed)
{
    const struct kp_leader_round *round = &scene->opened.round;
    struct kp_round_result result = {
        .counter = 1, .round_type = KP_ROUND_MATCH, .groups = 2, .root = {root}};
    struct kp_buffer body = {0};
    memcpy(result.round_id, kp_opening_round_id(round->opening), KP_DIGEST_BYTES);
    kp_transcript_readys(result.readys, round->agreement->lineage, round->transcript.ready, 3);
    CU_ASSERT_EQUAL_FATAL(kp_round_result_pack(&result, &body, NULL), KP_OK);
    proof_of_coordinator(&scene->proof, KP_MESSAGE_RESULT, KP_PARTY_ALL, &body, packed);
    kp_buffer_free(&body);
}

static void take_round(struct scene *scene)
{
    struct fixture *fixture = &scene->proof.stage.play.fixture;
    struct kp_leader_round *round = &scene->opened.round;
    scene->leader.agreement = fixture->agreement;
    scene->leader.party = KP_PARTY_LEADER;
    CU_ASSERT_EQUAL_FATAL(kp_dossier_new(&scene->leader.dossier, fixture->bytes.data,
                                         fixture->bytes.size, NULL, NULL),
                          KP_OK);
    scene->opened.leader = &scene->leader;
    round->round = 1;
    round->agreement = fixture->agreement;
    round->transcript = scene->proof.results.transcript;
    round->match = kp_bulk_new(sizeof(*round->match));
    CU_ASSERT_PTR_NOT_NULL_FATAL(round->match);
    CU_ASSERT_EQUAL_FATAL(stage_opening_by(&round->opening, &scene->proof.stage,
                                           &scene->proof.results, fixture->opening_secret, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(stage_opening_by(&scene->second, &scene->proof.stage,
                                           &scene->proof.results, fixture->second_opening_secret,
                                           NULL),
                          KP_OK);
    for (uint32_t i = 0; i < scene->proof.results.group_count; i++) {
        struct kp_buffer packed = {0};
        CU_ASSERT_EQUAL_FATAL(kp_result_group_pack(&scene->proof.results.groups[i], &packed, NULL),
                              KP_OK);
        CU_ASSERT_EQUAL_FATAL(kp_buffer_append(&round->groups, &packed, sizeof(packed)), KP_OK);
        round->group_count++;
    }
    sign_result(scene, 1, &round->reader.packed);
}

static void make_act(struct kp_opening *opening, const struct stage_results *results,
                     struct kp_act *act)
{
    static struct kp_opened_match match;
    for (uint32_t i = 0; i < results->group_count; i++) {
        CU_ASSERT_EQUAL_FATAL(kp_opening_check(opening, i + 1, &results->groups[i], &match, NULL),
                              KP_OK);
        CU_ASSERT_EQUAL_FATAL(kp_opening_partials(opening, &match, NULL), KP_OK);
        CU_ASSERT_EQUAL_FATAL(kp_act_add(act, opening, &match, NULL), KP_OK);
    }
}

/* ---- member 2, which signs what can't be ---- */

/* Changes the record of its entry in the match of all: the sealed record, and s. */
typedef void cheat_with(const struct scene *scene, uint8_t *record,
                        const struct kp_seal_context *context,
                        const uint8_t secret[static KP_SCALAR_BYTES]);

/* Entries and paths of a member in the results, as its release has them now. */
static void renew(struct scene *scene, uint32_t member)
{
    const struct kp_agreement *agreement = scene->proof.stage.play.fixture.agreement;
    const struct kp_release *release = scene->proof.stage.play.release[member - 1];
    uint8_t leaves[6 * KP_DIGEST_BYTES];
    for (uint32_t i = 0; i < 6; i++) {
        kp_entry_leaf(leaves + (size_t)i * KP_DIGEST_BYTES, agreement, member,
                      release->entries.data + (size_t)i * release->entry_size);
    }
    for (uint32_t g = 0; g < scene->proof.results.group_count; g++) {
        struct kp_result_group *group = &scene->proof.results.groups[g];
        for (uint32_t i = 0; i < group->record_count; i++) {
            struct kp_result_record *record = &group->records[i];
            if (record->member == member) {
                memcpy(record->entry.data,
                       release->entries.data + (size_t)record->position * release->entry_size,
                       release->entry_size);
                kp_merkle_path(record->path.data, leaves, 6, record->position);
            }
        }
    }
}

static void sign_cheat(struct scene *scene, cheat_with *cheat)
{
    const struct fixture *fixture = &scene->proof.stage.play.fixture;
    const struct kp_agreement *agreement = fixture->agreement;
    struct kp_release *release = scene->proof.stage.play.release[1];
    uint32_t all = scene->proof.results.groups[0].record_count == 3 ? 0 : 1;
    const struct kp_result_group *group = &scene->proof.results.groups[all];
    uint32_t position = proof_position(&scene->proof, all, 2), members[2];
    uint8_t *entry = release->entries.data + (size_t)position * release->entry_size;
    uint8_t shares[2 * KP_SCALAR_BYTES], secret[KP_SCALAR_BYTES], attempt[KP_ATTEMPT_BYTES];
    struct kp_seal_context context = {.member = 2};
    struct kp_ready ready;
    for (uint32_t i = 0; i < 2; i++) {
        members[i] = group->records[i].member;
        memcpy(shares + (size_t)i * KP_SCALAR_BYTES,
               kp_entry_at(agreement, members[i], group->records[i].entry.data).share,
               KP_SCALAR_BYTES);
    }
    CU_ASSERT_EQUAL_FATAL(kp_shares_interpolate(secret, 2, members, shares), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_transcript_check_ready(&ready, attempt, agreement, 2,
                                                    release->own_ready.data,
                                                    release->own_ready.size, NULL),
                          KP_OK);
    memcpy(context.lineage, agreement->lineage, KP_DIGEST_BYTES);
    memcpy(context.round_id, ready.round_id, KP_DIGEST_BYTES);
    memcpy(context.tag, group->tag, KP_DIGEST_BYTES);
    struct kp_entry_view view = kp_entry_at(agreement, 2, entry);
    cheat(scene, entry + (view.record - entry), &context, secret);
    for (int i = 0; i < 2; i++) { /* there and back: READY is signed over what stands there now */
        spoil_release(release, agreement, fixture->member[1].identity_secret, SPOIL_PATH, 0);
    }
    proof_sign_again(&scene->proof, 2);
    renew(scene, 2);
}

/* The plain content, changed at `at`, and sealed for `place`. */
static void seal_again(const struct scene *scene, uint8_t *record,
                       const struct kp_seal_context *context, const struct kp_seal_context *place,
                       const uint8_t *secret, size_t at)
{
    const struct fixture *fixture = &scene->proof.stage.play.fixture;
    const struct kp_agreement *agreement = fixture->agreement;
    uint8_t inner[KP_RECORD_INNER_MAX], plain[KP_RECORD_PLAIN_MAX], sum[KP_SCALAR_BYTES];
    crypto_core_ristretto255_scalar_add(sum, fixture->opening_secret,
                                        fixture->second_opening_secret);
    CU_ASSERT_EQUAL_FATAL(kp_open_outer(inner, secret, context, record, kp_record_size(agreement)),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_open_inner(plain, sum, agreement->opening_key, context, inner,
                                        kp_record_inner_size(agreement)),
                          KP_OK);
    plain[at] ^= 1;
    CU_ASSERT_EQUAL_FATAL(
        kp_seal_inner(inner, agreement->opening_key, place, plain, kp_record_plain_size(agreement)),
        KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_seal_outer(record, secret, context, inner, kp_record_inner_size(agreement)), KP_OK);
}

static void cheat_outer(const struct scene *scene, uint8_t *record,
                        const struct kp_seal_context *context, const uint8_t *secret)
{
    (void)scene, (void)context, (void)secret;
    record[50] ^= 1;
}
static void cheat_place(const struct scene *scene, uint8_t *record,
                        const struct kp_seal_context *context, const uint8_t *secret)
{
    struct kp_seal_context place = *context;
    place.member = 1;
    seal_again(scene, record, context, &place, secret, 0);
}
static void cheat_address(const struct scene *scene, uint8_t *record,
                          const struct kp_seal_context *context, const uint8_t *secret)
{
    seal_again(scene, record, context, context, secret, 9);
}
static void cheat_y(const struct scene *scene, uint8_t *record,
                    const struct kp_seal_context *context, const uint8_t *secret)
{
    seal_again(scene, record, context, context, secret, KP_ADDRESS_KEY_BYTES + 3);
}
static void cheat_g(const struct scene *scene, uint8_t *record,
                    const struct kp_seal_context *context, const uint8_t *secret)
{
    seal_again(scene, record, context, context, secret, KP_ADDRESS_KEY_BYTES + KP_POINT_BYTES + 3);
}
static void cheat_inner(const struct scene *scene, uint8_t *record,
                        const struct kp_seal_context *context, const uint8_t *secret)
{
    const struct kp_agreement *agreement = scene->proof.stage.play.fixture.agreement;
    uint8_t inner[KP_RECORD_INNER_MAX];
    CU_ASSERT_EQUAL_FATAL(kp_open_outer(inner, secret, context, record, kp_record_size(agreement)),
                          KP_OK);
    inner[kp_record_inner_size(agreement) - 1] ^= 1;
    CU_ASSERT_EQUAL_FATAL(
        kp_seal_outer(record, secret, context, inner, kp_record_inner_size(agreement)), KP_OK);
}

static struct scene *scene_with(cheat_with *cheat)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene);
    proof_start(&scene->proof,
                &(struct fixture_settings){.members = 3, .slots = 6, .second_holder = true}, SETS);
    CU_ASSERT_EQUAL_FATAL(scene->proof.results.group_count, 2);
    if (cheat != NULL) {
        sign_cheat(scene, cheat);
    }
    take_round(scene);
    make_act(scene->opened.round.opening, &scene->proof.results, &scene->opened.act);
    return scene;
}

static struct scene *scene_make(void)
{
    return scene_with(NULL);
}

static void scene_free(struct scene *scene)
{
    memset(&scene->opened.round.transcript, 0, sizeof(scene->opened.round.transcript));
    kp_leader_opened_end(&scene->opened);
    kp_dossier_free(scene->leader.dossier);
    kp_opening_free(scene->second);
    proof_free(&scene->proof);
    free(scene);
}

/* ---- what the second holder gives ---- */

static void sign_entry(const struct scene *scene, const struct kp_audit_entry *entry,
                       struct kp_buffer *packed)
{
    struct kp_audit_entry copy = *entry;
    uint8_t hash[KP_DIGEST_BYTES];
    CU_ASSERT_EQUAL_FATAL(
        kp_audit_entry_sign(&copy, scene->proof.stage.play.fixture.opener_secret, hash), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_audit_entry_pack(&copy, packed, NULL), KP_OK);
}

/* spoil: before leaves and root are made, so that the log entry tells of what is given. */
static void give(struct scene *scene, spoil_letter *spoil, spoil_letter *spoil_after)
{
    static struct kp_opened_match match;
    struct kp_partial_match given[2] = {0};
    struct kp_partials partials = {.counter = 1, .matches = given, .match_count = 2, .count = 2};
    struct kp_audit_entry entry = {.sequence = 3,
                                   .previous = {1},
                                   .time = STAGE_TIME + 3600000u,
                                   .party = KP_PARTY_OPENER,
                                   .event = KP_AUDIT_PARTIALS_GIVEN,
                                   .counter = 1,
                                   .has_attempt = true,
                                   .count = 2,
                                   .has_digest = true};
    struct kp_opened_letter letter = {.type = KP_LETTER_PARTIAL_OPENINGS,
                                      .from = KP_PARTY_OPENER,
                                      .to = KP_PARTY_LEADER,
                                      .parts = scene->parts > 0 ? scene->parts : 1};
    uint8_t leaves[2 * KP_DIGEST_BYTES];
    memcpy(entry.lineage, scene->leader.agreement->lineage, KP_DIGEST_BYTES);
    memcpy(entry.attempt, kp_opening_attempt(scene->second), KP_ATTEMPT_BYTES);
    sign_result(scene, 1, &partials.result);
    for (uint32_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL_FATAL(
            kp_opening_check(scene->second, i + 1, &scene->proof.results.groups[i], &match, NULL),
            KP_OK);
        CU_ASSERT_EQUAL_FATAL(kp_opening_partials(scene->second, &match, NULL), KP_OK);
        given[i].number = i + 1;
        given[i].index = i;
        kp_act_records(&given[i], &match, 2);
    }
    if (spoil != NULL) {
        spoil(&partials, &entry);
    }
    for (uint32_t i = 0; i < 2; i++) {
        kp_act_leaf(leaves + i * KP_DIGEST_BYTES, scene->second, 2, &given[i]);
    }
    kp_merkle_root(entry.digest, leaves, 2);
    for (uint32_t i = 0; i < 2; i++) {
        kp_merkle_path(given[i].path, leaves, 2, i);
        given[i].path_size = KP_DIGEST_BYTES;
    }
    if (spoil_after != NULL) {
        spoil_after(&partials, &entry);
    }
    sign_entry(scene, &entry, &partials.entry);
    CU_ASSERT_EQUAL_FATAL(kp_partials_pack(&partials, &letter.plain, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_other_act_take(&scene->opened.other, &scene->opened.round, &letter, NULL),
                    KP_OK);
    kp_buffer_free(&partials.entry);
    kp_buffer_free(&partials.result);
    kp_buffer_free(&letter.plain);
}

static const struct kp_opened_match *read_match(struct scene *scene, uint32_t number)
{
    struct kp_error fault = {0};
    CU_ASSERT_EQUAL(kp_leader_opened_match(&scene->opened, number, &fault, NULL), KP_OK);
    return scene->opened.round.match;
}

/* The number of the match of all three members. */
static uint32_t of_all(const struct scene *scene)
{
    return scene->proof.results.groups[0].record_count == 3 ? 1 : 2;
}

/* ---- tests ---- */

static void nobody_reads_alone(void)
{
    struct scene *scene = scene_make();
    for (uint32_t number = 1; number <= 2; number++) {
        const struct kp_opened_match *match = read_match(scene, number);
        CU_ASSERT_TRUE(match->opens);
        CU_ASSERT_FALSE(match->shown);
        CU_ASSERT_TRUE(sodium_is_zero(match->address_key, sizeof(match->address_key)));
        for (uint32_t i = 0; i < match->record_count; i++) {
            CU_ASSERT_FALSE(match->records[i].valid);
            CU_ASSERT_EQUAL(match->records[i].kind, KP_FAULT_NONE); /* the member's it isn't */
        }
    }
    scene_free(scene);
}

static void both_read(void)
{
    struct scene *scene = scene_make();
    give(scene, NULL, NULL);
    CU_ASSERT_TRUE(kp_other_act_complete(&scene->opened.other));
    CU_ASSERT_TRUE(read_match(scene, 1)->shown);
    CU_ASSERT_TRUE(read_match(scene, 2)->shown);
    CU_ASSERT_EQUAL(scene->opened.other.refused, 0);
    scene_free(scene);
}

/* A coordinator that gives the first part twice can't hide that the second one is missing. */
static void one_part_twice(void)
{
    struct scene *scene = scene_make();
    scene->parts = 2;
    give(scene, NULL, NULL);
    give(scene, NULL, NULL);
    CU_ASSERT_EQUAL(scene->opened.other.letter_count, 1);
    CU_ASSERT_FALSE(kp_other_act_complete(&scene->opened.other));
    scene_free(scene);
}

/* Of the first record of each match; the log entry tells of it, as its holder would have it. */
static void spoil_partial(struct kp_partials *partials, struct kp_audit_entry *entry)
{
    (void)entry;
    for (size_t i = 0; i < partials->match_count; i++) {
        partials->matches[i].records[0].partial[KP_POINT_BYTES + 3] ^= 1;
    }
}

struct faults {
    const struct kp_verify_versions *versions;
    uint32_t count, files;
    struct kp_leader_fault last;
};

/* The verifier, which shares no code with who made the file, says that it holds. */
static void check_file(const struct kp_verify_versions *versions,
                       const struct kp_leader_fault *fault)
{
    static struct kp_report report;
    struct kp_verify_export export = {0};
    struct kp_fault_says says;
    CU_ASSERT_EQUAL_FATAL(kp_export_read_bytes(&export.header, &export.items, &export.count,
                                               fault->file.data, fault->file.size, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_verify_fault_check(versions, &export, NULL, &report, &says, NULL),
                          KP_OK);
    CU_ASSERT_TRUE_FATAL(kp_verify_fault_holds(&report));
    CU_ASSERT_EQUAL(says.verdict.kind, fault->kind);
    CU_ASSERT_EQUAL(says.verdict.holder, fault->holder);
    kp_verify_export_free(&export);
}

static enum kp_status take_fault(void *context, const struct kp_leader_fault *fault,
                                 struct kp_error *error)
{
    struct faults *faults = context;
    (void)error;
    if (fault->file.size > 0) {
        check_file(faults->versions, fault);
    }
    faults->count++;
    faults->files += fault->file.size > 0;
    faults->last = *fault;
    faults->last.file = (struct kp_buffer){0};
    return KP_OK;
}

static void false_partials(void)
{
    struct scene *scene = scene_make();
    struct faults faults = {.versions = &scene->proof.versions};
    give(scene, spoil_partial, NULL);
    CU_ASSERT_EQUAL(scene->opened.other.refused, 0);
    /* Of three two are left, which is enough; of two one. */
    uint32_t all = of_all(scene);
    const struct kp_opened_match *match = read_match(scene, all);
    CU_ASSERT_TRUE(match->shown);
    CU_ASSERT_EQUAL(match->records[0].kind, KP_FAULT_PARTIAL);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(match->records[0].fault, scene->leader.agreement->opening_keys[1].holder));
    match = read_match(scene, 3 - all);
    CU_ASSERT_FALSE(match->shown);
    CU_ASSERT_TRUE(sodium_is_zero(match->address_key, sizeof(match->address_key)));
    CU_ASSERT_EQUAL(kp_leader_faults(&scene->opened, true, take_fault, &faults, NULL), KP_OK);
    CU_ASSERT_EQUAL(faults.count, 2);
    CU_ASSERT_EQUAL(faults.files, 2);
    CU_ASSERT_EQUAL(faults.last.kind, KP_FAULT_PARTIAL);
    CU_ASSERT_EQUAL(faults.last.holder, 2);
    scene_free(scene);
}

/* What member 2 alone did wrong, whoever opens: found, named, and provable; the address is shown.
 */
static void faults_of_a_member(void)
{
    static const struct {
        cheat_with *cheat;
        enum kp_fault_kind kind;
    } CHEATS[] = {{cheat_outer, KP_FAULT_OUTER},     {cheat_place, KP_FAULT_SEAL},
                  {cheat_address, KP_FAULT_CONTENT}, {cheat_y, KP_FAULT_CONTENT},
                  {cheat_g, KP_FAULT_CONTENT},       {cheat_inner, KP_FAULT_CONTENT}};
    for (size_t i = 0; i < sizeof(CHEATS) / sizeof(CHEATS[0]); i++) {
        struct scene *scene = scene_with(CHEATS[i].cheat);
        struct faults faults = {.versions = &scene->proof.versions};
        give(scene, NULL, NULL);
        CU_ASSERT_TRUE(read_match(scene, of_all(scene))->shown);
        CU_ASSERT_EQUAL(kp_leader_faults(&scene->opened, true, take_fault, &faults, NULL), KP_OK);
        CU_ASSERT_EQUAL(faults.count, 1);
        CU_ASSERT_EQUAL(faults.files, 1);
        CU_ASSERT_EQUAL(faults.last.kind, CHEATS[i].kind);
        CU_ASSERT_EQUAL(faults.last.member, 2);
        scene_free(scene);
    }
}

/* One bad record of three doesn't keep the others from being evidence: it was opened with them, and
 * so stands in the log's entry, but isn't shown. */
static void evidence_beside_a_bad_record(void)
{
    static struct kp_report report;
    struct scene *scene = scene_with(cheat_address);
    const struct fixture *fixture = &scene->proof.stage.play.fixture;
    struct kp_verify_export export = {0};
    struct kp_evidence_says says;
    struct kp_proof_file file = {
        .header = {.kind = KP_EXPORT_EVIDENCE, .party = KP_PARTY_LEADER, .counter = 1}};
    struct kp_audit_entry entry = {.sequence = 1,
                                   .time = STAGE_TIME + 3600000u,
                                   .party = KP_PARTY_LEADER,
                                   .event = KP_AUDIT_PARTIALS_GIVEN,
                                   .counter = 1,
                                   .has_attempt = true,
                                   .count = 2,
                                   .has_digest = true};
    uint8_t hash[KP_DIGEST_BYTES];
    memcpy(entry.lineage, fixture->agreement->lineage, KP_DIGEST_BYTES);
    memcpy(file.header.lineage, fixture->agreement->lineage, KP_DIGEST_BYTES);
    memcpy(entry.attempt, kp_opening_attempt(scene->second), KP_ATTEMPT_BYTES);
    kp_act_root(&scene->opened.act, entry.digest);
    CU_ASSERT_EQUAL_FATAL(kp_audit_entry_sign(&entry, fixture->leader_secret, hash), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_audit_entry_pack(&entry, &scene->opened.act.entry, NULL), KP_OK);
    give(scene, NULL, NULL);
    const struct kp_opened_match *match = read_match(scene, of_all(scene));
    const struct kp_result_group *group = &scene->proof.results.groups[of_all(scene) - 1];
    for (uint32_t i = 0; i < match->record_count; i++) {
        struct kp_buffer path = {0};
        if (match->records[i].valid) {
            CU_ASSERT_EQUAL(kp_opening_leaf_path(scene->second, match->records[i].member,
                                                 match->records[i].leaf_index, &path, NULL),
                            KP_OK);
            CU_ASSERT_EQUAL(
                kp_proof_file_add_record(&file, 0, &group->records[i], &path, NULL, NULL), KP_OK);
        }
        kp_buffer_free(&path);
    }
    CU_ASSERT_EQUAL(kp_leader_evidence_openings(&scene->opened, &file, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_proof_file_add_transcript(&file, &scene->proof.results.transcript, NULL),
                    KP_OK);
    struct kp_buffer bytes = {0};
    CU_ASSERT_EQUAL(kp_proof_file_bytes(&file, &bytes, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_export_read_bytes(&export.header, &export.items, &export.count,
                                               bytes.data, bytes.size, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL(kp_verify_evidence_check(&scene->proof.versions, &export, &report, &says, NULL),
                    KP_OK);
    CU_ASSERT_TRUE_FATAL(kp_verify_evidence_holds(&report));
    CU_ASSERT_EQUAL(says.member_count, 2);
    CU_ASSERT_EQUAL(says.not_shown, 1u << 1);
    kp_verify_export_free(&export);
    kp_buffer_free(&bytes);
    kp_proof_file_free(&file);
    scene_free(scene);
}

static void leave_out_record(struct kp_partials *partials, struct kp_audit_entry *entry)
{
    (void)entry;
    partials->matches[0].record_count--;
    partials->matches[1].record_count--;
}

/* No member is named for what a holder didn't give. */
static void missing_partials(void)
{
    struct scene *scene = scene_make();
    struct faults faults = {.versions = &scene->proof.versions};
    give(scene, leave_out_record, NULL);
    CU_ASSERT_TRUE(read_match(scene, of_all(scene))->shown);
    CU_ASSERT_FALSE(read_match(scene, 3 - of_all(scene))->shown);
    CU_ASSERT_EQUAL(kp_leader_faults(&scene->opened, true, take_fault, &faults, NULL), KP_OK);
    CU_ASSERT_EQUAL(faults.count, 2);
    CU_ASSERT_EQUAL(faults.files, 0);
    CU_ASSERT_EQUAL(faults.last.kind, KP_FAULT_NONE);
    scene_free(scene);
}

static void other_tag(struct kp_partials *partials, struct kp_audit_entry *entry)
{
    (void)entry;
    partials->matches[0].tag[0] ^= 1;
}
static void other_digest(struct kp_partials *partials, struct kp_audit_entry *entry)
{
    (void)partials;
    entry->digest[5] ^= 1;
}
static void other_attempt(struct kp_partials *partials, struct kp_audit_entry *entry)
{
    (void)partials;
    entry->attempt[5] ^= 1;
}
static void other_round(struct kp_partials *partials, struct kp_audit_entry *entry)
{
    (void)partials;
    entry->counter = 2;
}
static void other_event(struct kp_partials *partials, struct kp_audit_entry *entry)
{
    (void)partials;
    entry->event = KP_AUDIT_ROUND_ASKED;
}
static void other_party(struct kp_partials *partials, struct kp_audit_entry *entry)
{
    (void)partials;
    entry->party = KP_PARTY_LEADER;
}
/* Nobody signed this. */
static void other_signature(struct kp_partials *partials, struct kp_audit_entry *entry)
{
    (void)entry;
    partials->result.data[partials->result.size - 1] ^= 1;
}
static void other_count(struct kp_partials *partials, struct kp_audit_entry *entry)
{
    partials->count = 3;
    entry->count = 3;
}
static void other_path(struct kp_partials *partials, struct kp_audit_entry *entry)
{
    (void)entry;
    partials->matches[1].path[0] ^= 1;
}

static struct kp_buffer other_result;

static void swap_result(struct kp_partials *partials, struct kp_audit_entry *entry)
{
    (void)entry;
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&partials->result, other_result.data, other_result.size),
                          KP_OK);
}

/* The coordinator signed something else for the second holder: its fault, proven by both. */
static void two_results(void)
{
    struct scene *scene = scene_make();
    struct faults faults = {.versions = &scene->proof.versions};
    sign_result(scene, 2, &other_result);
    give(scene, NULL, swap_result);
    CU_ASSERT_EQUAL(scene->opened.other.refused, 0);
    CU_ASSERT_EQUAL(kp_leader_faults(&scene->opened, true, take_fault, &faults, NULL), KP_OK);
    CU_ASSERT_EQUAL(faults.count, 1);
    CU_ASSERT_EQUAL(faults.files, 1);
    CU_ASSERT_EQUAL(faults.last.kind, KP_FAULT_RESULTS);
    CU_ASSERT_EQUAL(faults.last.number, 0);
    kp_buffer_free(&other_result);
    scene_free(scene);
}

/* What isn't what the log entry with it tells of is refused whole. */
static void letters_of_another_act(void)
{
    static spoil_letter *const SPOIL[] = {other_tag,   other_digest, other_attempt,
                                          other_round, other_event,  other_party,
                                          other_count, other_path,   other_signature};
    struct scene *scene = scene_make();
    for (size_t i = 0; i < sizeof(SPOIL) / sizeof(SPOIL[0]); i++) {
        give(scene, NULL, SPOIL[i]);
        CU_ASSERT_EQUAL(scene->opened.other.refused, i + 1);
        CU_ASSERT_EQUAL(scene->opened.other.letter_count, 0);
    }
    CU_ASSERT_FALSE(read_match(scene, 1)->shown);
    scene_free(scene);
}

/* ---- as it is kept ---- */

static void kept_acts(void)
{
    struct scene *scene = scene_make();
    struct kp_act *act = &scene->opened.act, again = {0};
    struct kp_buffer packed = {0};
    uint8_t root[2][KP_DIGEST_BYTES];
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&act->entry, "entry", 5), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_act_pack(act, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_act_unpack(&again, packed.data, packed.size, NULL), KP_OK);
    kp_act_root(act, root[0]);
    kp_act_root(&again, root[1]);
    CU_ASSERT_EQUAL(memcmp(root[0], root[1], KP_DIGEST_BYTES), 0);
    CU_ASSERT_EQUAL(again.partials.size, 5 * KP_PARTIAL_BYTES);
    CU_ASSERT_EQUAL(memcmp(again.partials.data, act->partials.data, act->partials.size), 0);
    CU_ASSERT_EQUAL(again.entry.size, 5);
    for (size_t size = 0; size < packed.size; size++) {
        CU_ASSERT_EQUAL(kp_act_unpack(&again, packed.data, size, NULL), KP_REFUSED);
    }
    for (size_t at = 0; at < 9 + 5; at++) { /* sizes and counts */
        if (at >= 5 && at < 10) {
            continue; /* the entry itself */
        }
        packed.data[at] ^= 0x40;
        CU_ASSERT_EQUAL(kp_act_unpack(&again, packed.data, packed.size, NULL), KP_REFUSED);
        packed.data[at] ^= 0x40;
    }
    kp_buffer_free(&packed);
    kp_act_free(&again);
    scene_free(scene);
}

/* A match under a number that was another one when it was opened. */
static void results_that_changed(void)
{
    struct scene *scene = scene_make();
    struct kp_buffer *groups = (struct kp_buffer *)(void *)scene->opened.round.groups.data;
    struct kp_buffer first = groups[0];
    struct kp_error fault = {0};
    give(scene, NULL, NULL);
    groups[0] = groups[1];
    groups[1] = first;
    CU_ASSERT_EQUAL(kp_leader_opened_match(&scene->opened, 1, &fault, NULL), KP_REFUSED);
    CU_ASSERT_FALSE(scene->opened.round.match->shown);
    scene_free(scene);
}

static const struct unit_test tests[] = {
    {"nobody reads alone", nobody_reads_alone},
    {"both read", both_read},
    {"false partials", false_partials},
    {"faults of a member", faults_of_a_member},
    {"evidence beside a bad record", evidence_beside_a_bad_record},
    {"missing partials", missing_partials},
    {"letters of another act", letters_of_another_act},
    {"two results", two_results},
    {"one part twice", one_part_twice},
    {"kept acts", kept_acts},
    {"results that changed", results_that_changed},
};

UNIT_MAIN("act", tests)
