/* The verdict that the leader's program writes about a canary that is missing, checked by the
 * verifier: wherever the gap is, and however the coordinator left it out. */
#include "coordinator/leader_canaries.h"
#include "proto/canary_groups.h"
#include "proto/canary_notice.h"
#include "proto/letter.h"
#include "proto/party.h"
#include "proto/transcript.h"
#include "proto/verify_fault.h"
#include "tests/unit/change_all.h"
#include "tests/unit/proof_make.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

enum { MEMBERS = 3, FINDINGS = 3 };

/* Address 1 is of all, 2 of members 1 and 2; each two have a canary. */
static const uint32_t BOTH[] = {1, 2}, ONE[] = {1};
static const struct stage_set SETS[] = {{BOTH, 2}, {BOTH, 2}, {ONE, 1}};
static const struct fixture_settings SETTINGS = {.members = MEMBERS, .slots = 8, .canaries = 1};

/* What a leader's program has of a round whose coordinator gave these groups. */
struct scene {
    struct proof proof;
    struct kp_leader_opened opened;
    struct kp_leader_canaries canaries;
};

static const struct fixture *fixture_of(const struct scene *scene)
{
    return &scene->proof.stage.play.fixture;
}

/* ---- what came from the coordinator ---- */

static void give(struct scene *scene, enum kp_result_kind kind, uint32_t member, uint32_t index,
                 const struct kp_buffer *value)
{
    const struct kp_result_key key = {.round = 1, .kind = kind, .member = member, .index = index};
    uint8_t packed[KP_RESULT_KEY_BYTES];
    kp_result_key_pack(packed, &key);
    const struct kp_buffer borrowed = {.data = packed, .size = sizeof(packed)};
    CU_ASSERT_EQUAL_FATAL(
        kp_result_reader_take(&scene->opened.round.reader, &key, &borrowed, value, NULL), KP_OK);
}

static void give_before_groups(struct scene *scene)
{
    struct kp_buffer packed = {0};
    CU_ASSERT_EQUAL_FATAL(
        kp_result_transcript_pack(&scene->proof.results.transcript, &packed, NULL), KP_OK);
    give(scene, KP_RESULT_TRANSCRIPT, 0, 0, &packed);
    kp_buffer_free(&packed);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        give(scene, KP_RESULT_LEAVES, i + 1, 0, &scene->proof.results.leaves[i]);
    }
}

static void give_group(struct scene *scene, const struct kp_result_group *group)
{
    struct kp_leader_round *round = &scene->opened.round;
    struct kp_buffer packed = {0};
    CU_ASSERT_EQUAL_FATAL(kp_result_group_pack(group, &packed, NULL), KP_OK);
    give(scene, KP_RESULT_GROUP, 0, round->group_count++, &packed);
    CU_ASSERT_EQUAL(kp_buffer_append(&round->groups, &packed, sizeof(packed)), KP_OK);
    uint32_t members = 0;
    for (uint32_t i = 0; i < group->record_count; i++) {
        members |= 1u << (group->records[i].member - 1);
    }
    CU_ASSERT_EQUAL(kp_canary_audit_group(scene->canaries.audit, group->tag, members, false, NULL),
                    KP_OK);
}

/* Lists of all phases, and RESULT over all that was given. late: of the release. */
static void give_signed(struct scene *scene, uint32_t late)
{
    struct kp_leader_round *round = &scene->opened.round;
    struct kp_buffer body = {0}, packed = {0};
    for (enum kp_phase phase = KP_PHASE_HELLO1; phase < KP_PHASE_MATCH; phase++) {
        const struct kp_phase_list list = {.counter = 1,
                                           .phase = phase,
                                           .member_count = MEMBERS,
                                           .late = phase == KP_PHASE_RELEASE ? late : 0};
        CU_ASSERT_EQUAL_FATAL(kp_phase_list_pack(&list, &body, NULL), KP_OK);
        proof_of_coordinator(&scene->proof, KP_MESSAGE_PHASE_LIST, KP_PARTY_ALL, &body, &packed);
        give(scene, KP_RESULT_PHASE_LIST, 0, (uint32_t)phase, &packed);
        kp_buffer_free(&body);
        kp_buffer_free(&packed);
    }
    struct kp_round_result result = {
        .counter = 1, .round_type = KP_ROUND_MATCH, .groups = round->group_count};
    kp_merkle_root(result.root, round->reader.leaves.data, round->reader.count);
    memcpy(result.round_id, kp_opening_round_id(round->opening), KP_DIGEST_BYTES);
    kp_transcript_readys(result.readys, round->agreement->lineage, round->transcript.ready,
                         MEMBERS);
    CU_ASSERT_EQUAL_FATAL(kp_round_result_pack(&result, &body, NULL), KP_OK);
    proof_of_coordinator(&scene->proof, KP_MESSAGE_RESULT, KP_PARTY_ALL, &body, &packed);
    give(scene, KP_RESULT_SIGNED, 0, 0, &packed);
    kp_buffer_free(&body);
    kp_buffer_free(&packed);
    CU_ASSERT_EQUAL_FATAL(
        kp_result_reader_finish(&round->reader, round->agreement, 1, &round->transcript, NULL),
        KP_OK);
}

/* ---- what came from members ---- */

/* A member's notice about a round, as the coordinator gives it when the one about this round is
 * asked for. False: the leader's program leaves it aside. */
static bool take_notice(struct scene *scene, uint32_t member, uint64_t counter,
                        const uint8_t *attempt)
{
    const struct fixture *fixture = fixture_of(scene);
    const struct kp_release *release = scene->proof.stage.play.release[member - 1];
    struct kp_leader leader = {.agreement = fixture->agreement, .party = KP_PARTY_LEADER};
    struct kp_leader_reading reading = {.leader = &leader,
                                        .type = KP_LETTER_CANARY_NOTICE,
                                        .subject = scene->proof.stage.play.attempt,
                                        .box_secret = fixture->leader_box_secret,
                                        .each = kp_leader_canaries_take,
                                        .context = &scene->canaries};
    struct kp_buffer plain = {0}, packed = {0};
    struct kp_letter letter = {0};
    CU_ASSERT_EQUAL_FATAL(kp_canary_notice_pack(&plain, fixture->agreement, member, counter, 0,
                                                release->notice.data, NULL),
                          KP_OK);
    const struct kp_letter_draft draft = {.type = KP_LETTER_CANARY_NOTICE,
                                          .to = KP_PARTY_LEADER,
                                          .subject = attempt,
                                          .parts = 1,
                                          .plain = plain.data,
                                          .size = plain.size};
    CU_ASSERT_EQUAL_FATAL(kp_letter_seal(&letter, &draft, member, fixture->agreement,
                                         fixture->member[member - 1].identity_secret, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_letter_pack(&letter, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_leader_letter_take(&reading, &packed, NULL), KP_OK);
    kp_letter_free(&letter);
    kp_buffer_free(&packed);
    kp_buffer_free(&plain);
    return reading.skipped == 0;
}

/* ---- the leader's program ---- */

static struct scene *scene_make(void)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene);
    proof_start(&scene->proof, &SETTINGS, SETS);
    CU_ASSERT_EQUAL_FATAL(scene->proof.results.group_count, 2 + FINDINGS);
    return scene;
}

static void begin(struct scene *scene)
{
    struct kp_leader_round *round = &scene->opened.round;
    round->round = 1;
    round->agreement = fixture_of(scene)->agreement;
    round->transcript = scene->proof.results.transcript; /* borrowed */
    CU_ASSERT_EQUAL_FATAL(
        stage_opening(&round->opening, &scene->proof.stage, &scene->proof.results, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_canary_audit_new(&scene->canaries.audit, round->agreement, 1,
                                              round->transcript.ready, NULL),
                          KP_OK);
    give_before_groups(scene);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT(take_notice(scene, i, 1, scene->proof.stage.play.attempt));
    }
}

static void end(struct scene *scene)
{
    struct kp_leader_round *round = &scene->opened.round;
    for (uint32_t i = 0; i < round->group_count; i++) {
        kp_buffer_free((struct kp_buffer *)(void *)round->groups.data + i);
    }
    kp_buffer_free(&round->groups);
    kp_result_reader_free(&round->reader);
    kp_opening_free(round->opening);
    kp_leader_canaries_end(&scene->canaries);
    memset(&scene->opened, 0, sizeof(scene->opened));
}

static void scene_free(struct scene *scene)
{
    proof_free(&scene->proof);
    free(scene);
}

/* The finding that isn't found, if there is one. */
static bool find_missing(const struct scene *scene, struct kp_canary_finding *finding)
{
    for (uint32_t i = 0; i < FINDINGS; i++) {
        kp_canary_audit_finding(scene->canaries.audit, i, finding);
        if (finding->state != KP_CANARY_FOUND) {
            return true;
        }
    }
    return false;
}

static bool holds(const struct scene *scene, const struct kp_verify_export *export)
{
    struct kp_report report;
    struct kp_fault_says says;
    CU_ASSERT_EQUAL(
        kp_verify_fault_check(&scene->proof.versions, export, NULL, &report, &says, NULL), KP_OK);
    bool is = kp_verify_fault_holds(&report);
    CU_ASSERT(!is || (says.verdict.coordinator && says.verdict.members == 0));
    return is;
}

static void make(const struct scene *scene, const struct kp_canary_finding *finding,
                 struct kp_verify_export *export)
{
    struct kp_proof_file file;
    memset(export, 0, sizeof(*export));
    CU_ASSERT_EQUAL_FATAL(kp_canary_verdict(&scene->opened, &scene->canaries, finding, &file, NULL),
                          KP_OK);
    export->header = file.header;
    for (size_t i = 0; i < file.count; i++) {
        const struct kp_export_item *item = &file.items[i];
        proof_add(export, item->kind, item->member, item->part, item->content.data,
                  item->content.size);
    }
    proof_sort(export);
    kp_proof_file_free(&file);
}

static bool is_found(void *context, const struct kp_verify_export *export)
{
    return !holds(context, export);
}

/* ---- the cases ---- */

/* Each group left out in its turn: a verdict that holds for each canary, and nothing to say for the
 * others. The first and the last group are among them. */
static void left_out(void)
{
    struct scene *scene = scene_make();
    uint32_t verdicts = 0;
    for (uint32_t dropped = 0; dropped < scene->proof.results.group_count; dropped++) {
        struct kp_canary_finding finding;
        struct kp_verify_export export;
        begin(scene);
        for (uint32_t i = 0; i < scene->proof.results.group_count; i++) {
            if (i != dropped) {
                give_group(scene, &scene->proof.results.groups[i]);
            }
        }
        give_signed(scene, 0);
        if (find_missing(scene, &finding)) {
            CU_ASSERT_EQUAL(finding.state, KP_CANARY_MISSING);
            make(scene, &finding, &export);
            CU_ASSERT(holds(scene, &export));
            if (verdicts++ == 0) {
                change_all(&export, is_found, scene);
            }
            kp_verify_export_free(&export);
        }
        end(scene);
    }
    CU_ASSERT_EQUAL(verdicts, FINDINGS);
    scene_free(scene);
}

/* All groups left out; and one member's record of each canary. */
static void nothing_given(void)
{
    struct scene *scene = scene_make();
    struct kp_canary_finding finding;
    struct kp_verify_export export;
    begin(scene);
    give_signed(scene, 0);
    for (uint32_t i = 0; i < FINDINGS; i++) {
        kp_canary_audit_finding(scene->canaries.audit, i, &finding);
        CU_ASSERT_EQUAL(finding.state, KP_CANARY_MISSING);
        make(scene, &finding, &export);
        CU_ASSERT(holds(scene, &export));
        kp_verify_export_free(&export);
    }
    end(scene);

    begin(scene);
    for (uint32_t i = 0; i < scene->proof.results.group_count; i++) {
        struct kp_result_group group = scene->proof.results.groups[i]; /* records are borrowed */
        group.record_count = 1;
        give_group(scene, &group);
    }
    give_signed(scene, 0);
    CU_ASSERT_FATAL(find_missing(scene, &finding));
    make(scene, &finding, &export);
    CU_ASSERT(holds(scene, &export));
    kp_verify_export_free(&export);
    end(scene);
    scene_free(scene);
}

/* An honest coordinator: no finding gives a verdict, and none that is made up holds. */
static void nobody_is_framed(void)
{
    struct scene *scene = scene_make();
    struct kp_canary_finding finding;
    struct kp_proof_file file;
    struct kp_verify_export export;
    begin(scene);
    for (uint32_t i = 0; i < scene->proof.results.group_count; i++) {
        give_group(scene, &scene->proof.results.groups[i]);
    }
    give_signed(scene, 0);
    CU_ASSERT(!find_missing(scene, &finding));
    CU_ASSERT_EQUAL(kp_canary_verdict(&scene->opened, &scene->canaries, &finding, &file, NULL),
                    KP_USAGE);
    kp_proof_file_free(&file);
    finding.state = KP_CANARY_MISSING;
    make(scene, &finding, &export);
    CU_ASSERT(!holds(scene, &export));
    kp_verify_export_free(&export);
    finding.tag[0] ^= 0x80; /* a gap somewhere else */
    make(scene, &finding, &export);
    CU_ASSERT(!holds(scene, &export));
    kp_verify_export_free(&export);
    end(scene);

    begin(scene); /* it says that it didn't get everything */
    give_signed(scene, 7);
    kp_canary_audit_incomplete(scene->canaries.audit, scene->opened.round.reader.release.late);
    CU_ASSERT_FATAL(find_missing(scene, &finding));
    CU_ASSERT_EQUAL(finding.state, KP_CANARY_INCOMPLETE);
    finding.state = KP_CANARY_MISSING;
    make(scene, &finding, &export);
    CU_ASSERT(!holds(scene, &export));
    kp_verify_export_free(&export);
    end(scene);
    scene_free(scene);
}

/* The coordinator gives a member's notice about another round, which that member signed, before the
 * one about this round: nobody's word is made false by it. */
static void notice_of_another_round(void)
{
    static const uint8_t ANOTHER[KP_ATTEMPT_BYTES] = {1};
    struct scene *scene = scene_make();
    struct kp_canary_finding finding;
    scene->opened.round.agreement = fixture_of(scene)->agreement;
    CU_ASSERT_EQUAL_FATAL(kp_canary_audit_new(&scene->canaries.audit, scene->opened.round.agreement,
                                              1, scene->proof.results.transcript.ready, NULL),
                          KP_OK);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT(!take_notice(scene, i, 2, ANOTHER));
        CU_ASSERT(take_notice(scene, i, 1, scene->proof.stage.play.attempt));
        size_t kept = scene->canaries.letters.size;
        CU_ASSERT(take_notice(scene, i, 1, scene->proof.stage.play.attempt)); /* once more */
        CU_ASSERT_EQUAL(scene->canaries.letters.size, kept);
    }
    for (uint32_t i = 0; i < FINDINGS; i++) {
        kp_canary_audit_finding(scene->canaries.audit, i, &finding);
        CU_ASSERT_EQUAL(finding.state, KP_CANARY_MISSING); /* no groups were given */
        CU_ASSERT_EQUAL(finding.named, 0);
    }
    kp_leader_canaries_end(&scene->canaries);
    scene_free(scene);
}

static const struct unit_test TESTS[] = {
    {"left out", left_out},
    {"nothing given", nothing_given},
    {"nobody is framed", nobody_is_framed},
    {"notice of another round", notice_of_another_round},
};

UNIT_MAIN("canary_verdict", TESTS)
