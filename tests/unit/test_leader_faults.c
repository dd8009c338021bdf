/* Matches that can't be, of which the coordinator signed that they are its results: found at
 * opening, nobody else is named, and the verdict holds (coordinator/leader_faults.h). */
#include "coordinator/leader_faults.h"
#include "coordinator/results.h"
#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "proto/transcript.h"
#include "proto/verify_fault.h"
#include "tests/unit/proof_make.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

/* Three members, threshold 2: address 1 is of all, address 2 of members 1 and 2. */
#define MEMBERS 3u
static const uint32_t ONE[] = {1, 2, 11}, TWO[] = {1, 2, 12}, THREE[] = {1, 13};
static const struct stage_set SETS[] = {{ONE, 3}, {TWO, 3}, {THREE, 2}};

struct scene {
    struct proof proof;
    struct kp_leader leader;
    struct kp_leader_opened opened;
    uint32_t all; /* index of the match of all; the other is 1 - all */
};

/* What the coordinator makes of the results before it signs them. */
typedef void cheat_with(struct scene *scene);

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

static void give_items(struct scene *scene)
{
    struct kp_leader_round *round = &scene->opened.round;
    struct stage_results *results = &scene->proof.results;
    struct kp_buffer packed = {0};
    CU_ASSERT_EQUAL_FATAL(kp_result_transcript_pack(&results->transcript, &packed, NULL), KP_OK);
    give(scene, KP_RESULT_TRANSCRIPT, 0, 0, &packed);
    kp_buffer_free(&packed);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        give(scene, KP_RESULT_LEAVES, i + 1, 0, &results->leaves[i]);
    }
    for (uint32_t i = 0; i < results->group_count; i++) {
        struct kp_buffer group = {0};
        CU_ASSERT_EQUAL_FATAL(kp_result_group_pack(&results->groups[i], &group, NULL), KP_OK);
        give(scene, KP_RESULT_GROUP, 0, i, &group);
        CU_ASSERT_EQUAL_FATAL(kp_buffer_append(&round->groups, &group, sizeof(group)), KP_OK);
        round->group_count++;
    }
}

static void give_signed(struct scene *scene)
{
    struct kp_leader_round *round = &scene->opened.round;
    struct kp_buffer body = {0}, packed = {0};
    struct kp_round_result result = {
        .counter = 1, .round_type = KP_ROUND_MATCH, .groups = round->group_count};
    for (enum kp_phase phase = KP_PHASE_HELLO1; phase < KP_PHASE_MATCH; phase++) {
        const struct kp_phase_list list = {.counter = 1, .phase = phase, .member_count = MEMBERS};
        CU_ASSERT_EQUAL_FATAL(kp_phase_list_pack(&list, &body, NULL), KP_OK);
        proof_of_coordinator(&scene->proof, KP_MESSAGE_PHASE_LIST, KP_PARTY_ALL, &body, &packed);
        give(scene, KP_RESULT_PHASE_LIST, 0, (uint32_t)phase, &packed);
        kp_buffer_free(&body);
        kp_buffer_free(&packed);
    }
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

/* As the leader's program does where it opens alone. */
static void make_act(struct scene *scene)
{
    struct kp_leader_round *round = &scene->opened.round;
    for (uint32_t number = 1; number <= round->group_count; number++) {
        struct kp_error fault = {0};
        CU_ASSERT_EQUAL_FATAL(kp_leader_round_check(round, number, &fault, NULL), KP_OK);
        if (round->match->opens) {
            CU_ASSERT_EQUAL_FATAL(kp_opening_partials(round->opening, round->match, NULL), KP_OK);
            CU_ASSERT_EQUAL_FATAL(
                kp_act_add(&scene->opened.act, round->opening, round->match, NULL), KP_OK);
        }
    }
}

static struct scene *scene_make(cheat_with *cheat)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene);
    proof_start(&scene->proof, &(struct fixture_settings){.members = MEMBERS, .slots = 6}, SETS);
    struct fixture *fixture = &scene->proof.stage.play.fixture;
    struct kp_leader_round *round = &scene->opened.round;
    CU_ASSERT_EQUAL_FATAL(scene->proof.results.group_count, 2);
    scene->all = scene->proof.results.groups[0].record_count == 3 ? 0 : 1;
    if (cheat != NULL) {
        cheat(scene);
    }
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
    give_items(scene);
    give_signed(scene);
    make_act(scene);
    return scene;
}

static void scene_free(struct scene *scene)
{
    memset(&scene->opened.round.transcript, 0, sizeof(scene->opened.round.transcript));
    kp_leader_opened_end(&scene->opened);
    kp_dossier_free(scene->leader.dossier);
    proof_free(&scene->proof);
    free(scene);
}

/* ---- what is found ---- */

struct found {
    const struct kp_verify_versions *versions;
    uint32_t results, others, files; /* faults of kind 9, of other kinds; those with a file */
};

static enum kp_status take_fault(void *context, const struct kp_leader_fault *fault,
                                 struct kp_error *error)
{
    static struct kp_report report;
    struct found *found = context;
    struct kp_verify_export export = {.count = 0};
    struct kp_fault_says says;
    (void)error;
    found->results += fault->kind == KP_FAULT_RESULTS;
    found->others += fault->kind != KP_FAULT_RESULTS;
    if (fault->file.size > 0) {
        found->files++;
        CU_ASSERT_EQUAL_FATAL(kp_export_read_bytes(&export.header, &export.items, &export.count,
                                                   fault->file.data, fault->file.size, NULL),
                              KP_OK);
        CU_ASSERT_EQUAL_FATAL(
            kp_verify_fault_check(found->versions, &export, NULL, &report, &says, NULL), KP_OK);
        CU_ASSERT_TRUE(kp_verify_fault_holds(&report));
        CU_ASSERT_EQUAL(says.verdict.kind, fault->kind);
        CU_ASSERT_TRUE(says.verdict.coordinator);
        CU_ASSERT_EQUAL(says.verdict.members, 0);
        kp_verify_export_free(&export);
    }
    return KP_OK;
}

static void expect(cheat_with *cheat, uint32_t results, uint32_t others, uint32_t files)
{
    struct scene *scene = scene_make(cheat);
    struct found found = {.versions = &scene->proof.versions};
    CU_ASSERT_EQUAL(kp_leader_faults(&scene->opened, true, take_fault, &found, NULL), KP_OK);
    CU_ASSERT_EQUAL(found.results, results);
    CU_ASSERT_EQUAL(found.others, others);
    CU_ASSERT_EQUAL(found.files, files);
    scene_free(scene);
}

static void nothing(void)
{
    expect(NULL, 0, 0, 0);
}

/* The match of two gets the third member's entry, which is of another address. */
static void add_member(struct scene *scene)
{
    const struct kp_result_record *from = &scene->proof.results.groups[scene->all].records[2];
    struct kp_result_group *group = &scene->proof.results.groups[1 - scene->all];
    struct kp_result_record *to = &group->records[group->record_count++];
    memset(to, 0, sizeof(*to));
    to->member = from->member;
    to->position = from->position;
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&to->entry, from->entry.data, from->entry.size), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&to->path, from->path.data, from->path.size), KP_OK);
}
static void member_that_was_added(void)
{
    expect(add_member, 1, 0, 1);
}

/* A record that no READY has: here the sealed record, or the share, is the coordinator's. */
static void other_record(struct scene *scene)
{
    struct kp_buffer *entry = &scene->proof.results.groups[scene->all].records[1].entry;
    entry->data[entry->size - 1] ^= 1;
}
static void other_share(struct scene *scene)
{
    scene->proof.results.groups[scene->all].records[1].entry.data[KP_DIGEST_BYTES] ^= 1;
}
static void entries_that_were_invented(void)
{
    expect(other_record, 1, 0, 1);
    expect(other_share, 1, 0, 1);
}

/* A match of which nothing opens: both its entries are invented. */
static void invent_match(struct scene *scene)
{
    struct kp_result_group *group = &scene->proof.results.groups[1 - scene->all];
    group->tag[0] ^= 1;
    for (uint32_t i = 0; i < group->record_count; i++) {
        group->records[i].entry.data[0] ^= 1;
    }
}
static void a_match_that_was_invented(void)
{
    expect(invent_match, 2, 0, 2);
}

static void drop_records(struct scene *scene)
{
    struct kp_result_group *group = &scene->proof.results.groups[scene->all];
    while (group->record_count > 1) {
        struct kp_result_record *last = &group->records[--group->record_count];
        kp_buffer_free(&last->entry);
        kp_buffer_free(&last->path);
    }
}
static void a_match_of_one(void)
{
    expect(drop_records, 1, 0, 1);
}

/* Leaves aren't there: the match shows nothing of it, so no file says so. */
static void drop_leaves(struct scene *scene)
{
    kp_buffer_free(&scene->proof.results.leaves[2]);
}
static void leaves_that_are_missing(void)
{
    expect(drop_leaves, 1, 0, 0);
}

static const struct unit_test tests[] = {
    {"nothing", nothing},
    {"a member that was added", member_that_was_added},
    {"entries that were invented", entries_that_were_invented},
    {"a match that was invented", a_match_that_was_invented},
    {"a match of one", a_match_of_one},
    {"leaves that are missing", leaves_that_are_missing},
};

UNIT_MAIN("leader_faults", tests)
