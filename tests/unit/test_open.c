/* The leader's opening: what is valid is shown; with anything changed, it isn't. */
#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "crypto/shares.h"
#include "proto/transcript.h"
#include "tests/unit/forms.h"
#include "tests/unit/stage.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Three members, threshold 2: address 1 is of all, address 2 of members 1 and 2. */
struct scene {
    struct stage stage;
    struct stage_results results;
    struct kp_result_group *of_all;
    struct kp_result_group *of_two;
    struct kp_opened_match match;
};

#define SLOTS 6u

static const uint32_t ONE[] = {1, 2, 11}, TWO[] = {1, 2, 12}, THREE[] = {1, 13};
static const struct stage_set SETS[] = {{ONE, 3}, {TWO, 3}, {THREE, 2}};

static void take_results(struct scene *scene)
{
    stage_results_read(&scene->results, &scene->stage, scene->stage.round);
    CU_ASSERT_EQUAL_FATAL(scene->results.group_count, 2);
    bool first = scene->results.groups[0].record_count == 3;
    scene->of_all = &scene->results.groups[first ? 0 : 1];
    scene->of_two = &scene->results.groups[first ? 1 : 0];
    CU_ASSERT_EQUAL_FATAL(scene->of_all->record_count, 3);
    CU_ASSERT_EQUAL_FATAL(scene->of_two->record_count, 2);
}

static struct scene *scene_make(uint32_t hides)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene);
    stage_start(&scene->stage,
                &(struct fixture_settings){.members = 3, .slots = SLOTS, .hides = hides}, SETS);
    stage_play(&scene->stage);
    take_results(scene);
    return scene;
}

static void scene_free(struct scene *scene)
{
    stage_results_free(&scene->results);
    stage_free(&scene->stage);
    free(scene);
}

/* Opens a group against the scene's transcript and leaves, by an opening of its own. */
static enum kp_status open_group(struct scene *scene, const struct kp_result_group *group)
{
    struct kp_opening *opening = NULL;
    struct kp_error error = {0};
    enum kp_status status = stage_opening(&opening, &scene->stage, &scene->results, &error);
    if (status == KP_OK) {
        status = stage_open_match(opening, group, &scene->match, &error);
    }
    kp_opening_free(opening);
    return status;
}

/* Nothing of the content is left in what isn't shown or isn't valid. */
static void check_hidden(const struct kp_opened_match *match)
{
    CU_ASSERT(!match->shown);
    CU_ASSERT(sodium_is_zero(match->address_key, sizeof(match->address_key)));
}

static void check_shown(const struct kp_opened_match *match, uint32_t number, uint32_t valid)
{
    uint32_t found = 0;
    CU_ASSERT(match->shown);
    CU_ASSERT_EQUAL(fixture_number(match->address_key), number);
    for (uint32_t i = 0; i < match->record_count; i++) {
        const struct kp_opened_record *record = &match->records[i];
        found += record->valid;
        CU_ASSERT_EQUAL(record->valid, record->fault[0] == '\0');
        if (!record->valid) {
            CU_ASSERT(sodium_is_zero((const uint8_t *)&record->content, sizeof(record->content)));
        }
    }
    CU_ASSERT_EQUAL(found, valid);
}

/* ---- what is valid ---- */

static void valid_matches(void)
{
    static const uint32_t HIDES[] = {0, KP_DISCLOSE_GROUNDS,
                                     KP_DISCLOSE_INDICATORS | KP_DISCLOSE_GROUNDS |
                                         KP_DISCLOSE_OBSERVED_ON};
    for (size_t i = 0; i < 3; i++) {
        struct scene *scene = scene_make(HIDES[i]);
        CU_ASSERT_EQUAL(open_group(scene, scene->of_all), KP_OK);
        check_shown(&scene->match, 1, 3);
        uint32_t date = (HIDES[i] & KP_DISCLOSE_OBSERVED_ON) != 0 ? 0 : 20240103;
        CU_ASSERT_EQUAL(scene->match.records[2].content.leaf.observed_on, date);
        CU_ASSERT_EQUAL(open_group(scene, scene->of_two), KP_OK);
        check_shown(&scene->match, 2, 2);
        scene_free(scene);
    }
}

static void opening_keys(void)
{
    struct scene *scene = scene_make(0);
    const struct fixture *fixture = &scene->stage.play.fixture;
    struct kp_opening *opening = NULL;
    uint8_t key[KP_SCALAR_BYTES];
    CU_ASSERT_EQUAL(kp_opening_new(&opening, fixture->agreement, fixture->opening_secret, NULL),
                    KP_OK);
    kp_opening_free(opening);
    for (size_t i = 0; i < 4; i++) {
        if (i == 0) {
            kp_scalar_random(key);
        } else if (i == 1) {
            memset(key, 0, sizeof(key));
        } else if (i == 2) {
            memset(key, 0xff, sizeof(key));
        } else {
            crypto_core_ristretto255_scalar_negate(key, fixture->opening_secret);
        }
        opening = NULL;
        CU_ASSERT_EQUAL(kp_opening_new(&opening, fixture->agreement, key, NULL), KP_REFUSED);
        CU_ASSERT_PTR_NULL(opening);
    }
    scene_free(scene);
}

/* ---- transcript and leaves, as the coordinator might change them ---- */

static enum kp_status try_transcript(struct scene *scene, uint64_t counter)
{
    const struct fixture *fixture = &scene->stage.play.fixture;
    struct kp_opening *opening = NULL;
    CU_ASSERT_EQUAL_FATAL(
        kp_opening_new(&opening, fixture->agreement, fixture->opening_secret, NULL), KP_OK);
    enum kp_status status =
        kp_opening_transcript(opening, counter, &scene->results.transcript, NULL);
    if (status != KP_OK) {
        /* Nothing else is taken then. */
        const struct kp_buffer *leaves = &scene->results.leaves[0];
        CU_ASSERT_EQUAL(kp_opening_leaves(opening, 1, 0, leaves->data, leaves->size, NULL),
                        KP_REFUSED);
        CU_ASSERT_EQUAL(stage_open_match(opening, scene->of_all, &scene->match, NULL), KP_REFUSED);
        check_hidden(&scene->match);
    }
    kp_opening_free(opening);
    return status;
}

/* Every byte of a message, two ways; then shorter, longer, and none. */
static void tamper_message(struct scene *scene, struct kp_buffer *message)
{
    static const uint8_t CHANGES[] = {0x01, 0x80};
    for (size_t at = 0; at < message->size; at++) {
        for (size_t i = 0; i < sizeof(CHANGES); i++) {
            message->data[at] ^= CHANGES[i];
            CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_REFUSED);
            message->data[at] ^= CHANGES[i];
        }
    }
    size_t size = message->size;
    message->size = size - 1;
    CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_REFUSED);
    message->size = 0;
    CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_REFUSED);
    message->size = size;
    CU_ASSERT_EQUAL(kp_buffer_append(message, "\x42\x01x", 3), KP_OK); /* a second signature */
    CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_REFUSED);
    message->size = size;
}

static void tampered_transcripts(void)
{
    struct scene *scene = scene_make(0);
    struct kp_result_transcript *transcript = &scene->results.transcript;
    CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_OK);
    for (uint32_t i = 0; i < 3; i += 2) { /* of the first and the last member */
        tamper_message(scene, &transcript->hello1[i]);
        tamper_message(scene, &transcript->hello2[i]);
        tamper_message(scene, &transcript->ready[i]);
    }
    CU_ASSERT_EQUAL(try_transcript(scene, 2), KP_REFUSED);
    CU_ASSERT_EQUAL(try_transcript(scene, 0), KP_REFUSED);
    CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_OK);
    scene_free(scene);
}

static void swap(struct kp_buffer *left, struct kp_buffer *right)
{
    struct kp_buffer kept = *left;
    *left = *right;
    *right = kept;
}

/* What was signed, in another form: the coordinator could make any number of them. */
static void transcripts_in_other_forms(void)
{
    struct scene *scene = scene_make(0);
    struct kp_result_transcript *transcript = &scene->results.transcript;
    for (uint32_t i = 0; i < 3; i++) {
        struct kp_buffer *lists[] = {&transcript->hello1[i], &transcript->hello2[i],
                                     &transcript->ready[i]};
        for (size_t list = 0; list < 3; list++) {
            for (enum form form = 0; form < FORMS; form++) {
                struct kp_buffer other = {0};
                form_make(form, lists[list], &other);
                swap(lists[list], &other);
                CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_REFUSED);
                swap(lists[list], &other);
                kp_buffer_free(&other);
            }
        }
    }
    CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_OK);
    scene_free(scene);
}

static void exchanged_messages(void)
{
    struct scene *scene = scene_make(0);
    struct kp_result_transcript *transcript = &scene->results.transcript;
    struct kp_buffer *lists[] = {transcript->hello1, transcript->hello2, transcript->ready};
    for (size_t i = 0; i < 3; i++) {
        swap(&lists[i][0], &lists[i][1]);
        CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_REFUSED);
        swap(&lists[i][0], &lists[i][1]);
        for (size_t other = i + 1; other < 3; other++) {
            swap(&lists[i][2], &lists[other][2]);
            CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_REFUSED);
            swap(&lists[i][2], &lists[other][2]);
        }
    }
    transcript->member_count = 2;
    CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_REFUSED);
    transcript->member_count = 3;
    CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_OK);
    scene_free(scene);
}

/* Signed messages of the same members, from another attempt at the same round. */
static void messages_of_another_attempt(void)
{
    struct scene *scene = scene_make(0);
    struct stage_results other;
    stage_start_again(&scene->stage, 1, SETS);
    stage_play(&scene->stage);
    stage_results_read(&other, &scene->stage, 1);
    struct kp_result_transcript *ours = &scene->results.transcript, *theirs = &other.transcript;
    CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_OK);
    for (uint32_t i = 0; i < 3; i++) {
        swap(&ours->hello1[i], &theirs->hello1[i]);
        CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_REFUSED);
        swap(&ours->hello2[i], &theirs->hello2[i]);
        CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_REFUSED);
        swap(&ours->ready[i], &theirs->ready[i]);
        CU_ASSERT_EQUAL(try_transcript(scene, 1), i < 2 ? KP_REFUSED : KP_OK);
    }
    /* Now it is the other attempt's transcript, and the groups are still those of the first. */
    CU_ASSERT_NOT_EQUAL(open_group(scene, scene->of_all), KP_OK);
    check_hidden(&scene->match);
    for (uint32_t i = 0; i < 3; i++) {
        swap(&scene->results.leaves[i], &other.leaves[i]);
    }
    CU_ASSERT_EQUAL(open_group(scene, scene->of_all), KP_REFUSED);
    check_hidden(&scene->match);
    for (uint32_t i = 0; i < other.group_count; i++) {
        CU_ASSERT_EQUAL(open_group(scene, &other.groups[i]), KP_OK);
        CU_ASSERT(scene->match.shown);
    }
    stage_results_free(&other);
    scene_free(scene);
}

/* All three hellos of one member for another counter than the leader asked for. */
static void another_round_than_asked(void)
{
    struct scene *scene = scene_make(0);
    stage_results_free(&scene->results);
    stage_start_again(&scene->stage, 2, SETS);
    stage_play(&scene->stage);
    take_results(scene);
    CU_ASSERT_EQUAL(try_transcript(scene, 2), KP_OK);
    CU_ASSERT_EQUAL(try_transcript(scene, 1), KP_REFUSED);
    scene_free(scene);
}

static void tampered_leaves(void)
{
    struct scene *scene = scene_make(0);
    const struct fixture *fixture = &scene->stage.play.fixture;
    for (uint32_t member = 1; member <= 3; member++) {
        struct kp_buffer *leaves = &scene->results.leaves[member - 1];
        for (size_t at = 0; at < leaves->size; at++) {
            struct kp_opening *opening = NULL;
            leaves->data[at] ^= 0x10;
            CU_ASSERT_EQUAL(stage_opening(&opening, &scene->stage, &scene->results, NULL),
                            KP_REFUSED);
            leaves->data[at] ^= 0x10;
            if (at == 0) { /* without that member's leaves the others' records still open */
                for (uint32_t i = member + 1; i <= 3; i++) {
                    const struct kp_buffer *next = &scene->results.leaves[i - 1];
                    CU_ASSERT_EQUAL(kp_opening_leaves(opening, i, 0, next->data, next->size, NULL),
                                    KP_OK);
                }
                CU_ASSERT_EQUAL(stage_open_match(opening, scene->of_all, &scene->match, NULL),
                                KP_OK);
                check_shown(&scene->match, 1, 2);
                CU_ASSERT_PTR_NOT_NULL(
                    strstr(scene->match.records[member - 1].fault, "leaf committed to"));
            }
            kp_opening_free(opening);
        }
    }
    struct kp_opening *opening = NULL;
    const uint8_t *data = scene->results.leaves[0].data;
    size_t size = scene->results.leaves[0].size;
    CU_ASSERT_EQUAL_FATAL(
        kp_opening_new(&opening, fixture->agreement, fixture->opening_secret, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_opening_transcript(opening, 1, &scene->results.transcript, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_opening_leaves(opening, 1, 0, data, size - 32, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_opening_leaves(opening, 1, 0, data, 0, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_opening_leaves(opening, 1, 1, data, size, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_opening_leaves(opening, 1, 1u << 19, data, size, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_opening_leaves(opening, 1, UINT32_MAX, data, size, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_opening_leaves(opening, 0, 0, data, size, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_opening_leaves(opening, 4, 0, data, size, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_opening_leaves(opening, 2, 0, data, size, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_opening_leaves(opening, 1, 0, data, size, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_opening_leaves(opening, 1, 0, data, size, NULL), KP_REFUSED);
    kp_opening_free(opening);
    scene_free(scene);
}

/* ---- groups, as the coordinator might change them ---- */

/* One record of the group is bad: of three two are left, which is enough; of two only one. */
static void expect_fault(struct scene *scene, struct kp_opening *opening,
                         const struct kp_result_group *group, uint32_t index)
{
    bool enough = group->record_count > 2;
    enum kp_status status = stage_open_match(opening, group, &scene->match, NULL);
    CU_ASSERT_EQUAL(scene->match.record_count, group->record_count);
    CU_ASSERT(!scene->match.records[index].valid);
    CU_ASSERT_NOT_EQUAL(scene->match.records[index].fault[0], '\0');
    if (enough) {
        CU_ASSERT_EQUAL(status, KP_OK);
        check_shown(&scene->match, 1, 2);
    } else {
        CU_ASSERT(status == KP_REFUSED || status == KP_OK);
        check_hidden(&scene->match);
    }
    for (uint32_t i = 0; status == KP_REFUSED && i < group->record_count; i++) {
        CU_ASSERT(!scene->match.records[i].valid); /* nothing was opened */
        CU_ASSERT_NOT_EQUAL(scene->match.records[i].fault[0], '\0');
    }
}

static void tamper_bytes(struct scene *scene, struct kp_opening *opening,
                         struct kp_result_group *group, uint32_t index, struct kp_buffer *bytes)
{
    for (size_t at = 0; at < bytes->size; at++) {
        bytes->data[at] ^= (uint8_t)(1u << (at % 8));
        expect_fault(scene, opening, group, index);
        bytes->data[at] ^= (uint8_t)(1u << (at % 8));
    }
    bytes->size--;
    expect_fault(scene, opening, group, index);
    bytes->size = 0;
    expect_fault(scene, opening, group, index);
}

static struct kp_opening *full_opening(struct scene *scene)
{
    struct kp_opening *opening = NULL;
    CU_ASSERT_EQUAL_FATAL(stage_opening(&opening, &scene->stage, &scene->results, NULL), KP_OK);
    return opening;
}

/* Tag, share, path and record are all bytes of the entry. */
static void tampered_entries_and_paths(void)
{
    struct scene *scene = scene_make(0);
    struct kp_opening *opening = full_opening(scene);
    struct kp_result_group *groups[] = {scene->of_all, scene->of_two};
    for (size_t g = 0; g < 2; g++) {
        for (uint32_t i = 0; i < groups[g]->record_count; i++) {
            struct kp_result_record *record = &groups[g]->records[i];
            size_t entry = record->entry.size, path = record->path.size;
            tamper_bytes(scene, opening, groups[g], i, &record->entry);
            record->entry.size = entry;
            tamper_bytes(scene, opening, groups[g], i, &record->path);
            record->path.size = path;
        }
        CU_ASSERT_EQUAL(stage_open_match(opening, groups[g], &scene->match, NULL), KP_OK);
        CU_ASSERT(scene->match.shown);
    }
    kp_opening_free(opening);
    scene_free(scene);
}

static void tampered_tag_of_the_group(void)
{
    struct scene *scene = scene_make(0);
    struct kp_opening *opening = full_opening(scene);
    for (size_t at = 0; at < KP_DIGEST_BYTES; at++) {
        scene->of_all->tag[at] ^= 4;
        CU_ASSERT_EQUAL(stage_open_match(opening, scene->of_all, &scene->match, NULL), KP_REFUSED);
        check_hidden(&scene->match);
        scene->of_all->tag[at] ^= 4;
    }
    kp_opening_free(opening);
    scene_free(scene);
}

static void tampered_positions_and_members(void)
{
    struct scene *scene = scene_make(0);
    struct kp_opening *opening = full_opening(scene);
    struct kp_result_group *group = scene->of_all;
    for (uint32_t i = 0; i < 3; i++) {
        struct kp_result_record *record = &group->records[i];
        uint32_t position = record->position, member = record->member;
        for (uint32_t other = 0; other < SLOTS + 2; other++) {
            record->position = other;
            if (other != position) {
                expect_fault(scene, opening, group, i);
            }
        }
        record->position = UINT32_MAX;
        expect_fault(scene, opening, group, i);
        record->position = position;
        /* No such member, or one that is named already: the group as such can't be. */
        static const uint32_t OTHERS[] = {0, 1, 2, 3, 4, 32, 33, 255, UINT32_MAX};
        for (size_t o = 0; o < sizeof(OTHERS) / sizeof(OTHERS[0]); o++) {
            record->member = OTHERS[o];
            if (OTHERS[o] != member) {
                CU_ASSERT_EQUAL(stage_open_match(opening, group, &scene->match, NULL), KP_REFUSED);
                check_hidden(&scene->match);
            }
        }
        record->member = member;
    }
    /* The record of member 1, said to be of member 3, who isn't in the group. */
    scene->of_two->records[0].member = 3;
    expect_fault(scene, opening, scene->of_two, 0);
    kp_opening_free(opening);
    scene_free(scene);
}

static void too_few_records(void)
{
    struct scene *scene = scene_make(0);
    struct kp_opening *opening = full_opening(scene);
    for (uint32_t count = 0; count < 2; count++) {
        scene->of_all->record_count = count;
        CU_ASSERT_EQUAL(stage_open_match(opening, scene->of_all, &scene->match, NULL), KP_REFUSED);
        check_hidden(&scene->match);
    }
    scene->of_all->record_count = 2; /* one left out: the leader can't know */
    CU_ASSERT_EQUAL(stage_open_match(opening, scene->of_all, &scene->match, NULL), KP_OK);
    check_shown(&scene->match, 1, 2);
    scene->of_all->record_count = 3;
    kp_opening_free(opening);
    scene_free(scene);
}

/* What stands in the place of a record is a valid one, but of another place. */
static void records_from_elsewhere(void)
{
    struct scene *scene = scene_make(0);
    struct kp_opening *opening = full_opening(scene);
    struct kp_result_record *all = scene->of_all->records, *two = scene->of_two->records;
    struct kp_result_record kept = all[0];
    all[0] = two[0]; /* another tag */
    expect_fault(scene, opening, scene->of_all, 0);
    all[0] = kept;
    struct kp_buffer entry = all[0].entry;
    all[0].entry = all[1].entry; /* another member's entry, under the same tag */
    expect_fault(scene, opening, scene->of_all, 0);
    all[0].entry = entry;
    kept = all[0];
    all[0] = all[1]; /* entry, position and path */
    all[0].member = 1;
    expect_fault(scene, opening, scene->of_all, 0);
    all[0] = kept;
    CU_ASSERT_EQUAL(stage_open_match(opening, scene->of_all, &scene->match, NULL), KP_OK);
    check_shown(&scene->match, 1, 3);

    struct stage_results other;
    stage_start_again(&scene->stage, 2, SETS);
    stage_play(&scene->stage);
    stage_results_read(&other, &scene->stage, 2);
    for (uint32_t g = 0; g < other.group_count; g++) { /* another round */
        CU_ASSERT_EQUAL(stage_open_match(opening, &other.groups[g], &scene->match, NULL),
                        KP_REFUSED);
        check_hidden(&scene->match);
        CU_ASSERT_EQUAL(other.groups[g].records[0].member, 1);
        kept = all[0];
        all[0] = other.groups[g].records[0];
        expect_fault(scene, opening, scene->of_all, 0);
        all[0] = kept;
    }
    stage_results_free(&other);
    kp_opening_free(opening);
    scene_free(scene);
}

/* ---- a member that cheats: what it submits is well signed by it ---- */

static struct kp_seal_context seal_context(const struct scene *scene, uint32_t member,
                                           const uint8_t *tag)
{
    const struct kp_agreement *agreement = scene->stage.play.fixture.agreement;
    struct kp_seal_context context = {.member = member};
    struct kp_ready ready;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    const struct kp_buffer *packed = &scene->results.transcript.ready[member - 1];
    CU_ASSERT_EQUAL_FATAL(kp_transcript_check_ready(&ready, attempt, agreement, member,
                                                    packed->data, packed->size, NULL),
                          KP_OK);
    memcpy(context.lineage, agreement->lineage, KP_DIGEST_BYTES);
    memcpy(context.round_id, ready.round_id, KP_DIGEST_BYTES);
    memcpy(context.tag, tag, KP_DIGEST_BYTES);
    return context;
}

/* The member signs another READY, over the entries as they stand in its release now. */
static void sign_ready_again(struct scene *scene, uint32_t member, const uint8_t *leaves)
{
    const struct fixture *fixture = &scene->stage.play.fixture;
    struct kp_buffer *packed = &scene->results.transcript.ready[member - 1];
    struct kp_round_message message = {
        .type = KP_MESSAGE_READY, .from = member, .to = KP_PARTY_ALL};
    struct kp_ready ready;
    CU_ASSERT_EQUAL_FATAL(kp_transcript_check_ready(&ready, message.attempt, fixture->agreement,
                                                    member, packed->data, packed->size, NULL),
                          KP_OK);
    kp_merkle_root(ready.entries_root, leaves, SLOTS);
    CU_ASSERT_EQUAL(kp_ready_pack(&ready, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, fixture->agreement->lineage,
                          fixture->member[member - 1].identity_secret);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
    kp_round_message_free(&message);
}

/* The results, as they are when a member's release was changed before it signed READY. */
static void submit_anew(struct scene *scene, uint32_t member)
{
    const struct kp_agreement *agreement = scene->stage.play.fixture.agreement;
    const struct kp_release *release = scene->stage.play.release[member - 1];
    uint8_t leaves[SLOTS * KP_DIGEST_BYTES], path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    for (uint32_t i = 0; i < SLOTS; i++) {
        kp_entry_leaf(leaves + (size_t)i * KP_DIGEST_BYTES, agreement, member,
                      release->entries.data + (size_t)i * release->entry_size);
    }
    sign_ready_again(scene, member, leaves);
    for (uint32_t g = 0; g < scene->results.group_count; g++) {
        for (uint32_t i = 0; i < scene->results.groups[g].record_count; i++) {
            struct kp_result_record *record = &scene->results.groups[g].records[i];
            if (record->member == member) {
                size_t size = kp_merkle_path_length(record->position, SLOTS) * KP_DIGEST_BYTES;
                kp_merkle_path(path, leaves, SLOTS, record->position);
                CU_ASSERT_EQUAL(kp_buffer_set(&record->path, path, size), KP_OK);
                CU_ASSERT_EQUAL(kp_buffer_set(&record->entry,
                                              release->entries.data +
                                                  (size_t)record->position * release->entry_size,
                                              release->entry_size),
                                KP_OK);
            }
        }
    }
}

/* The member's own entry of the group, in its release. */
static uint8_t *entry_in_release(const struct scene *scene, const struct kp_result_group *group,
                                 uint32_t member)
{
    const struct kp_release *release = scene->stage.play.release[member - 1];
    for (uint32_t i = 0; i < SLOTS; i++) {
        uint8_t *entry = release->entries.data + (size_t)i * release->entry_size;
        if (memcmp(entry, group->tag, KP_DIGEST_BYTES) == 0) {
            return entry;
        }
    }
    CU_FAIL_FATAL("no entry with this tag");
    return NULL;
}

static uint8_t *record_of(const struct scene *scene, uint32_t member, uint8_t *entry)
{
    const struct kp_agreement *agreement = scene->stage.play.fixture.agreement;
    struct kp_entry_view view = kp_entry_at(agreement, member, entry);
    return entry + (view.record - entry);
}

static void group_secret(const struct scene *scene, const struct kp_result_group *group,
                         uint8_t secret[static KP_SCALAR_BYTES])
{
    const struct kp_agreement *agreement = scene->stage.play.fixture.agreement;
    uint32_t members[2];
    uint8_t shares[2 * KP_SCALAR_BYTES];
    for (uint32_t i = 0; i < 2; i++) {
        members[i] = group->records[i].member;
        memcpy(shares + (size_t)i * KP_SCALAR_BYTES,
               kp_entry_at(agreement, members[i], group->records[i].entry.data).share,
               KP_SCALAR_BYTES);
    }
    CU_ASSERT_EQUAL_FATAL(kp_shares_interpolate(secret, 2, members, shares), KP_OK);
}

/* Opens the member's record of the group down to its plain content, and seals it again. */
static size_t open_plain(const struct scene *scene, const struct kp_result_group *group,
                         uint32_t member, uint8_t plain[static KP_RECORD_PLAIN_MAX])
{
    const struct fixture *fixture = &scene->stage.play.fixture;
    const struct kp_agreement *agreement = fixture->agreement;
    struct kp_seal_context context = seal_context(scene, member, group->tag);
    uint8_t secret[KP_SCALAR_BYTES], inner[KP_RECORD_PLAIN_MAX + KP_SEAL_INNER_OVERHEAD];
    const uint8_t *record = record_of(scene, member, entry_in_release(scene, group, member));
    group_secret(scene, group, secret);
    CU_ASSERT_EQUAL_FATAL(kp_open_outer(inner, secret, &context, record, kp_record_size(agreement)),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_open_inner(plain, fixture->opening_secret, agreement->opening_key,
                                        &context, inner, kp_record_inner_size(agreement)),
                          KP_OK);
    return kp_record_plain_size(agreement);
}

static void seal_plain(struct scene *scene, const struct kp_result_group *group, uint32_t member,
                       const struct kp_seal_context *inner_context, const uint8_t *plain)
{
    const struct kp_agreement *agreement = scene->stage.play.fixture.agreement;
    struct kp_seal_context context = seal_context(scene, member, group->tag);
    uint8_t secret[KP_SCALAR_BYTES], inner[KP_RECORD_PLAIN_MAX + KP_SEAL_INNER_OVERHEAD];
    uint8_t *record = record_of(scene, member, entry_in_release(scene, group, member));
    group_secret(scene, group, secret);
    CU_ASSERT_EQUAL_FATAL(kp_seal_inner(inner, agreement->opening_key,
                                        inner_context != NULL ? inner_context : &context, plain,
                                        kp_record_plain_size(agreement)),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_seal_outer(record, secret, &context, inner, kp_record_inner_size(agreement)), KP_OK);
}

/* What the leader says about member 2's record of the group, whose others are as they were. */
static const char *fault_of_cheat(struct scene *scene, const struct kp_result_group *group)
{
    submit_anew(scene, 2);
    (void)!open_group(scene, group);
    for (uint32_t i = 0; i < scene->match.record_count; i++) {
        CU_ASSERT_EQUAL(scene->match.records[i].valid, scene->match.records[i].member != 2);
    }
    if (group == scene->of_all) {
        check_shown(&scene->match, 1, 2);
    } else {
        check_hidden(&scene->match);
    }
    return scene->match.records[1].fault;
}

/* Every byte of what is inside: address, y, g, index, point, blindings, values, commitments. */
static void cheat_with_every_field(uint32_t hides)
{
    struct scene *scene = scene_make(hides);
    uint8_t plain[KP_RECORD_PLAIN_MAX];
    size_t size = open_plain(scene, scene->of_all, 2, plain);
    seal_plain(scene, scene->of_all, 2, NULL, plain);
    submit_anew(scene, 2);
    CU_ASSERT_EQUAL(open_group(scene, scene->of_all), KP_OK);
    check_shown(&scene->match, 1, 3); /* sealing again is no fault */
    for (size_t at = 0; at < size; at++) {
        plain[at] ^= (uint8_t)(1u << (at % 8));
        seal_plain(scene, scene->of_all, 2, NULL, plain);
        const char *fault = fault_of_cheat(scene, scene->of_all);
        size_t y = KP_ADDRESS_KEY_BYTES, g = y + KP_POINT_BYTES, rest = g + KP_DIGEST_BYTES;
        const char *expected = at >= rest || at < y ? "leaf committed to"
                               : at >= g            ? "another g"
                                                    : "doesn't follow";
        CU_ASSERT_PTR_NOT_NULL(strstr(fault, expected));
        plain[at] ^= (uint8_t)(1u << (at % 8));
    }
    /* Of a group of two, one such record hides the address. */
    size = open_plain(scene, scene->of_two, 2, plain);
    plain[size - 1] ^= 1;
    seal_plain(scene, scene->of_two, 2, NULL, plain);
    CU_ASSERT_PTR_NOT_NULL(strstr(fault_of_cheat(scene, scene->of_two), "leaf committed to"));
    scene_free(scene);
}

static void cheating_in_the_record(void)
{
    cheat_with_every_field(0);
    cheat_with_every_field(KP_DISCLOSE_INDICATORS | KP_DISCLOSE_GROUNDS | KP_DISCLOSE_OBSERVED_ON);
}

/* A record that no shares open, random or with one bit changed. */
static void cheating_with_the_outer_layer(void)
{
    struct scene *scene = scene_make(0);
    size_t size = kp_record_size(scene->stage.play.fixture.agreement);
    uint8_t *record = record_of(scene, 2, entry_in_release(scene, scene->of_all, 2));
    for (size_t at = 0; at < size; at += 7) {
        record[at] ^= 1;
        CU_ASSERT_PTR_NOT_NULL(strstr(fault_of_cheat(scene, scene->of_all), "outer layer"));
        record[at] ^= 1;
    }
    randombytes_buf(record, size);
    CU_ASSERT_PTR_NOT_NULL(strstr(fault_of_cheat(scene, scene->of_all), "outer layer"));
    scene_free(scene);
}

/* A seal that was made for another round, member or tag; and another member's, taken over. */
static void cheating_with_the_seal(void)
{
    struct scene *scene = scene_make(0);
    const struct fixture *fixture = &scene->stage.play.fixture;
    uint8_t plain[KP_RECORD_PLAIN_MAX];
    (void)open_plain(scene, scene->of_all, 2, plain);
    for (int what = 0; what < 4; what++) {
        struct kp_seal_context context = seal_context(scene, 2, scene->of_all->tag);
        context.lineage[0] ^= what == 0;
        context.round_id[0] ^= what == 1;
        context.tag[0] ^= what == 2;
        context.member = what == 3 ? 1 : 2;
        seal_plain(scene, scene->of_all, 2, &context, plain);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(fault_of_cheat(scene, scene->of_all), "wasn't made for this place"));
    }
    /* Member 1's whole inner seal inside member 2's outer layer. */
    const struct kp_agreement *agreement = fixture->agreement;
    struct kp_seal_context victim = seal_context(scene, 1, scene->of_all->tag);
    struct kp_seal_context own = seal_context(scene, 2, scene->of_all->tag);
    uint8_t secret[KP_SCALAR_BYTES], inner[KP_RECORD_PLAIN_MAX + KP_SEAL_INNER_OVERHEAD];
    group_secret(scene, scene->of_all, secret);
    CU_ASSERT_EQUAL(kp_open_outer(inner, secret, &victim,
                                  record_of(scene, 1, entry_in_release(scene, scene->of_all, 1)),
                                  kp_record_size(agreement)),
                    KP_OK);
    CU_ASSERT_EQUAL(kp_seal_outer(record_of(scene, 2, entry_in_release(scene, scene->of_all, 2)),
                                  secret, &own, inner, kp_record_inner_size(agreement)),
                    KP_OK);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(fault_of_cheat(scene, scene->of_all), "wasn't made for this place"));
    /* And member 1's whole content, sealed by member 2 as its own. */
    (void)open_plain(scene, scene->of_all, 1, plain);
    seal_plain(scene, scene->of_all, 2, NULL, plain);
    CU_ASSERT_PTR_NOT_NULL(strstr(fault_of_cheat(scene, scene->of_all), "leaf committed to"));
    scene_free(scene);
}

/* The content of another address that the member holds, under this tag. */
static void cheating_with_another_address(void)
{
    struct scene *scene = scene_make(0);
    uint8_t plain[KP_RECORD_PLAIN_MAX];
    (void)open_plain(scene, scene->of_two, 2, plain);
    seal_plain(scene, scene->of_all, 2, NULL, plain);
    CU_ASSERT_PTR_NOT_NULL(strstr(fault_of_cheat(scene, scene->of_all), "doesn't follow"));
    scene_free(scene);
}

/* Members that agree to submit what is no address: it matches, and isn't shown. */
static void matching_on(uint32_t number, bool bag)
{
    const uint32_t NONE[] = {number};
    const struct stage_set sets[] = {{NONE, 1}, {NONE, 1}};
    static struct kp_opened_match match;
    static struct stage stage;
    struct stage_results results;
    struct kp_opening *opening = NULL;
    stage_start(&stage, &(struct fixture_settings){.members = 2, .slots = 2, .bag = bag}, sets);
    stage_play(&stage);
    CU_ASSERT_EQUAL(stage.matches, 1);
    stage_results_read(&results, &stage, 1);
    CU_ASSERT_EQUAL_FATAL(stage_opening(&opening, &stage, &results, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(results.group_count, 1);
    CU_ASSERT_EQUAL(stage_open_match(opening, &results.groups[0], &match, NULL), KP_OK);
    check_hidden(&match);
    for (uint32_t i = 0; i < 2; i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(match.records[i].fault, "no canonical address"));
    }
    kp_opening_free(opening);
    stage_results_free(&results);
    stage_free(&stage);
}

static void no_address(void)
{
    matching_on(STAGE_NO_ADDRESS, false);
    matching_on(STAGE_NO_ADDRESS, true);
}

/* A key that would be one in the other scheme, and in the area. */
static void other_scheme(void)
{
    matching_on(STAGE_OTHER + 1, false);
    matching_on(STAGE_OTHER + 1, true);
}

/* A canary opens like a match, is valid in full, and is no address to show; the address beside it
 * is shown all the same. */
static void canaries(void)
{
    static const uint32_t SAME[] = {STAGE_CANARY + 5, 1};
    const struct stage_set sets[] = {{SAME, 2}, {SAME, 2}};
    static struct kp_opened_match match;
    static struct stage stage;
    struct stage_results results;
    struct kp_opening *opening = NULL;
    stage_start(&stage, &(struct fixture_settings){.members = 2, .slots = 4}, sets);
    stage_play(&stage);
    CU_ASSERT_EQUAL(stage.matches, 2);
    stage_results_read(&results, &stage, 1);
    CU_ASSERT_EQUAL_FATAL(stage_opening(&opening, &stage, &results, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(results.group_count, 2);
    uint32_t found = 0;
    for (uint32_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(stage_open_match(opening, &results.groups[i], &match, NULL), KP_OK);
        CU_ASSERT_NOT_EQUAL(match.shown, match.canary);
        CU_ASSERT(match.records[0].valid && match.records[1].valid);
        CU_ASSERT_EQUAL(match.canary, kp_key_is_canary(match.address_key));
        CU_ASSERT_EQUAL(fixture_number(match.address_key), match.shown ? 1 : 0);
        found += match.canary;
    }
    CU_ASSERT_EQUAL(found, 1);
    kp_opening_free(opening);
    stage_results_free(&results);
    stage_free(&stage);
}

static const struct unit_test TESTS[] = {
    {"canaries", canaries},
    {"valid matches", valid_matches},
    {"opening keys", opening_keys},
    {"tampered transcripts", tampered_transcripts},
    {"transcripts in other forms", transcripts_in_other_forms},
    {"exchanged messages", exchanged_messages},
    {"messages of another attempt", messages_of_another_attempt},
    {"another round than asked", another_round_than_asked},
    {"tampered leaves", tampered_leaves},
    {"tampered entries and paths", tampered_entries_and_paths},
    {"tampered tag of the group", tampered_tag_of_the_group},
    {"tampered positions and members", tampered_positions_and_members},
    {"too few records", too_few_records},
    {"records from elsewhere", records_from_elsewhere},
    {"cheating in the record", cheating_in_the_record},
    {"cheating with the outer layer", cheating_with_the_outer_layer},
    {"cheating with the seal", cheating_with_the_seal},
    {"cheating with another address", cheating_with_another_address},
    {"no address", no_address},
    {"an address of the other scheme", other_scheme},
};

UNIT_MAIN("open", TESTS)
