/* Opening (coordinator/open.h), with two holders of the key: what coordinator, members and the
 * other holder put before a holder so that it decrypts, or says, what it must not. Addresses 1 and
 * 2 are matches: of the victim and the cheat, and of the cheat and a third. */
#include "tests/attack/attack.h"
#include "tests/attack/forge.h"
#include "tests/unit/stage.h"

#include <CUnit/CUnit.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define VICTIM 1u
#define CHEAT 2u
#define THIRD 3u
#define SLOTS 8u /* a power of two: every path has DEPTH digests */
#define DEPTH 3u

static const uint32_t ONE[] = {1}, TWO[] = {1, 2}, THREE[] = {2};
static const struct stage_set SETS[] = {{ONE, 1}, {TWO, 2}, {THREE, 1}};

struct scene {
    struct stage stage;
    struct stage_results results;
    struct kp_result_group *first;  /* of victim and cheat */
    struct kp_result_group *second; /* of cheat and third */
    struct kp_opening *opening;     /* the leader's */
    struct kp_opening *other;       /* the second holder's */
    struct kp_opened_match match;   /* what the attacked program makes of it */
};

static struct kp_opening *opening_of(struct scene *scene, const uint8_t *secret)
{
    struct kp_opening *opening = NULL;
    struct kp_error error = {0};
    const struct kp_agreement *agreement = scene->stage.play.fixture.agreement;
    CU_ASSERT_EQUAL_FATAL(kp_opening_new(&opening, agreement, secret, &error), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_opening_transcript(opening, 1, &scene->results.transcript, &error),
                          KP_OK);
    for (uint32_t i = 1; i <= agreement->member_count; i++) {
        const struct kp_buffer *leaves = &scene->results.leaves[i - 1];
        CU_ASSERT_EQUAL_FATAL(kp_opening_leaves(opening, i, 0, leaves->data, leaves->size, &error),
                              KP_OK);
    }
    return opening;
}

static struct scene *scene_make(void)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene);
    stage_start(&scene->stage,
                &(struct fixture_settings){.members = 3, .slots = SLOTS, .second_holder = true},
                SETS);
    stage_play(&scene->stage);
    stage_results_read(&scene->results, &scene->stage, 1);
    CU_ASSERT_EQUAL_FATAL(scene->results.group_count, 2);
    bool first = scene->results.groups[0].records[0].member == VICTIM;
    scene->first = &scene->results.groups[first ? 0 : 1];
    scene->second = &scene->results.groups[first ? 1 : 0];
    return scene;
}

/* The holders begin, with the results as they are now. */
static void begin(struct scene *scene)
{
    scene->opening = opening_of(scene, scene->stage.play.fixture.opening_secret);
    scene->other = opening_of(scene, scene->stage.play.fixture.second_opening_secret);
}

static void scene_free(struct scene *scene)
{
    kp_opening_free(scene->opening);
    kp_opening_free(scene->other);
    stage_results_free(&scene->results);
    stage_free(&scene->stage);
    free(scene);
}

/* ---- what a program does with a group ---- */

/* Everything public is checked, then the holder's own partials are made: KP_REFUSED when none is.
 */
static enum kp_status decrypt(struct scene *scene, const struct kp_result_group *group)
{
    struct kp_error error = {0};
    enum kp_status status = kp_opening_check(scene->opening, 1, group, &scene->match, &error);
    for (uint32_t i = 0; status == KP_OK && i < scene->match.record_count; i++) {
        attack_told_words(scene->match.records[i].fault);
    }
    if (status == KP_OK) {
        status = kp_opening_partials(scene->opening, &scene->match, &error);
    }
    if (status != KP_OK) {
        attack_told(&error);
    }
    return status;
}

/* The other holder's partials of the same group, as its program makes them. */
static void take_others(struct scene *scene, const struct kp_result_group *group)
{
    struct kp_opened_match match;
    CU_ASSERT_EQUAL_FATAL(kp_opening_check(scene->other, 1, group, &match, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_opening_partials(scene->other, &match, NULL), KP_OK);
    for (uint32_t i = 0; i < match.record_count; i++) {
        memcpy(scene->match.records[i].partial[1], match.records[i].partial[1], KP_PARTIAL_BYTES);
    }
}

/* ---- what a colluder knows ---- */

/* The polynomial of a match: whoever had its address evaluated has all of it. */
static void shares_of(struct scene *scene, const struct kp_result_group *group,
                      struct kp_shares *shares)
{
    const struct kp_agreement *agreement = scene->stage.play.fixture.agreement;
    struct kp_share_context context = {.type = KP_ROUND_MATCH,
                                       .threshold = agreement->threshold,
                                       .members = agreement->member_count};
    uint8_t input[KP_ELEMENT_INPUT_BYTES], output[KP_OPRF_OUTPUT_BYTES];
    CU_ASSERT_EQUAL_FATAL(decrypt(scene, group), KP_OK);
    take_others(scene, group);
    CU_ASSERT_EQUAL_FATAL(kp_opening_read(scene->opening, &scene->match, NULL), KP_OK);
    CU_ASSERT_FATAL(scene->match.shown);
    const struct kp_record *record = &scene->match.records[0].content;
    memcpy(context.round_id, kp_opening_round_id(scene->opening), KP_DIGEST_BYTES);
    memcpy(context.g, record->g, KP_DIGEST_BYTES);
    kp_element_input(input, agreement->lineage, record->leaf.address);
    kp_oprf_output(output, input, sizeof(input), record->y);
    CU_ASSERT_EQUAL_FATAL(kp_shares_derive(shares, output, &context), KP_OK);
    CU_ASSERT(memcmp(shares->tag, group->tag, KP_DIGEST_BYTES) == 0);
}

static struct kp_seal_context place(const struct scene *scene, uint32_t member, const uint8_t *tag)
{
    struct kp_seal_context context = {.member = member};
    memcpy(context.lineage, scene->stage.play.fixture.agreement->lineage, KP_DIGEST_BYTES);
    memcpy(context.round_id, kp_opening_round_id(scene->opening), KP_DIGEST_BYTES);
    memcpy(context.tag, tag, KP_DIGEST_BYTES);
    return context;
}

static void sign_ready(struct scene *scene, const uint8_t root[static KP_DIGEST_BYTES])
{
    forge_ready(&scene->stage.play.fixture, CHEAT, root,
                &scene->results.transcript.ready[CHEAT - 1]);
}

/* READY with this record as it is now, and everything else as it was. */
static void sign_record(struct scene *scene, const struct kp_result_record *record)
{
    uint8_t node[KP_DIGEST_BYTES];
    CU_ASSERT_EQUAL_FATAL(record->path.size, DEPTH * KP_DIGEST_BYTES);
    kp_entry_leaf(node, scene->stage.play.fixture.agreement, record->member, record->entry.data);
    forge_root(node, record->path.data, record->position, DEPTH);
    sign_ready(scene, node);
}

/* ---- the attacks ---- */

/* Coordinator and cheat: an address that the victim alone submitted is to be opened. The cheat had
 * it evaluated, so it can make an entry under that tag, and its share; its READY doesn't have it.
 */
bool attack_leaf_without_a_match(void)
{
    struct scene *scene = scene_make();
    uint8_t root[KP_DIGEST_BYTES];
    randombytes_buf(root, sizeof(root));
    sign_ready(scene, root);
    begin(scene);
    bool succeeded = decrypt(scene, scene->first) == KP_OK && scene->match.records[0].passed;
    scene_free(scene);
    return succeeded;
}

/* Coordinator and cheat: a record in the name of the third, whose share under this tag the cheat
 * knows. What is in it is noise; the third is to be blamed for that. */
bool attack_record_in_the_name_of_another(void)
{
    struct scene *scene = scene_make();
    const struct kp_agreement *agreement = scene->stage.play.fixture.agreement;
    struct kp_shares shares;
    begin(scene);
    shares_of(scene, scene->first, &shares);
    struct kp_result_record *record = &scene->first->records[scene->first->record_count++];
    memset(record, 0, sizeof(*record));
    record->member = THIRD;
    uint8_t *entry = kp_buffer_extend(&record->entry, kp_entry_size(agreement, THIRD));
    uint8_t *path = kp_buffer_extend(&record->path, DEPTH * KP_DIGEST_BYTES);
    CU_ASSERT_FATAL(entry != NULL && path != NULL);
    randombytes_buf(entry, record->entry.size);
    randombytes_buf(path, record->path.size);
    memcpy(entry, shares.tag, KP_DIGEST_BYTES);
    memcpy(entry + KP_DIGEST_BYTES, shares.share[THIRD - 1], KP_SCALAR_BYTES);
    kp_shares_path(entry + KP_DIGEST_BYTES + KP_SCALAR_BYTES, &shares, agreement->member_count,
                   THIRD);
    (void)!decrypt(scene, scene->first);
    const struct kp_opened_record *blamed = &scene->match.records[2];
    bool succeeded = !blamed->passed && blamed->kind != KP_FAULT_RESULTS;
    scene_free(scene);
    return succeeded;
}

/* The coordinator puts the victim's record into its match twice: one more member that has it. */
bool attack_member_counted_twice(void)
{
    struct scene *scene = scene_make();
    begin(scene);
    const struct kp_result_record *from = &scene->first->records[0];
    struct kp_result_record *to = &scene->first->records[scene->first->record_count++];
    *to = (struct kp_result_record){.member = from->member, .position = from->position};
    CU_ASSERT_EQUAL(kp_buffer_set(&to->entry, from->entry.data, from->entry.size), KP_OK);
    CU_ASSERT_EQUAL(kp_buffer_set(&to->path, from->path.data, from->path.size), KP_OK);
    bool succeeded = decrypt(scene, scene->first) == KP_OK && scene->match.records[0].passed &&
                     scene->match.records[2].passed;
    scene_free(scene);
    return succeeded;
}

/* The cheat submits the victim's inner seal as its own, in another match: a holder that decrypts it
 * there hands out what belongs to another record. The outer layer of a match is open to colluders.
 */
bool attack_copied_seal(void)
{
    struct scene *scene = scene_make();
    const struct kp_agreement *agreement = scene->stage.play.fixture.agreement;
    struct kp_shares shares;
    uint8_t inner[KP_RECORD_INNER_MAX];
    begin(scene);
    shares_of(scene, scene->first, &shares);
    memcpy(inner, scene->match.records[0].inner, sizeof(inner));
    shares_of(scene, scene->second, &shares);
    struct kp_result_record *own = &scene->second->records[0];
    CU_ASSERT_EQUAL_FATAL(own->member, CHEAT);
    struct kp_seal_context context = place(scene, CHEAT, shares.tag);
    uint8_t *sealed = own->entry.data + own->entry.size - kp_record_size(agreement);
    CU_ASSERT_EQUAL_FATAL(
        kp_seal_outer(sealed, shares.secret, &context, inner, kp_record_inner_size(agreement)),
        KP_OK);
    sign_record(scene, own);
    kp_opening_free(scene->opening);
    kp_opening_free(scene->other);
    begin(scene);
    (void)!decrypt(scene, scene->second);
    bool succeeded = !sodium_is_zero(scene->match.records[0].partial[0], KP_PARTIAL_BYTES);
    scene_free(scene);
    return succeeded;
}

/* One of two records of a match is spoilt by its owner: the other one, of the victim, is decrypted
 * all the same, though the match has fewer than threshold records that can be right. */
bool attack_match_with_a_spoilt_record(void)
{
    struct scene *scene = scene_make();
    const struct kp_agreement *agreement = scene->stage.play.fixture.agreement;
    struct kp_result_record *own = &scene->first->records[1];
    CU_ASSERT_EQUAL_FATAL(own->member, CHEAT);
    own->entry.data[own->entry.size - kp_record_size(agreement)] ^= 1;
    sign_record(scene, own);
    begin(scene);
    (void)!decrypt(scene, scene->first);
    bool succeeded = !sodium_is_zero(scene->match.records[0].partial[0], KP_PARTIAL_BYTES);
    scene_free(scene);
    return succeeded;
}

/* Cheat and third submit an address of their own making, in the scheme that isn't agreed: no
 * register has it, and its postcode says what they like. */
bool attack_key_of_the_other_scheme(void)
{
    static const uint32_t OTHER[] = {STAGE_OTHER + 7};
    static const struct stage_set sets[] = {{NULL, 0}, {OTHER, 1}, {OTHER, 1}};
    static struct stage stage;
    static struct kp_opened_match match;
    struct stage_results results;
    struct kp_opening *opening = NULL;
    stage_start(&stage, &(struct fixture_settings){.members = 3, .slots = SLOTS, .bag = true},
                sets);
    stage_play(&stage);
    stage_results_read(&results, &stage, 1);
    CU_ASSERT_EQUAL_FATAL(results.group_count, 1);
    CU_ASSERT_EQUAL_FATAL(stage_opening(&opening, &stage, &results, NULL), KP_OK);
    CU_ASSERT_EQUAL(stage_open_match(opening, &results.groups[0], &match, NULL), KP_OK);
    attack_told_words(match.records[0].fault);
    bool succeeded = match.shown;
    kp_opening_free(opening);
    stage_results_free(&results);
    stage_free(&stage);
    return succeeded;
}

/* The second holder gives a partial decryption that is none: the victim's seal doesn't open, and
 * its member seems to have spoilt it. */
bool attack_false_partial(void)
{
    struct scene *scene = scene_make();
    struct kp_error error = {0};
    begin(scene);
    CU_ASSERT_EQUAL_FATAL(decrypt(scene, scene->first), KP_OK);
    take_others(scene, scene->first);
    uint8_t partial[KP_PARTIAL_BYTES], false_one[KP_POINT_BYTES];
    struct kp_opened_record *record = &scene->match.records[0];
    memcpy(partial, record->partial[1], sizeof(partial));
    crypto_core_ristretto255_random(false_one);
    memcpy(partial, false_one, sizeof(false_one));
    bool taken =
        kp_opening_check_partial(scene->opening, &scene->match, 0, 2, partial, &error) == KP_OK;
    if (taken) {
        memcpy(record->partial[1], partial, sizeof(partial));
        CU_ASSERT_EQUAL(kp_opening_read(scene->opening, &scene->match, NULL), KP_OK);
    } else {
        attack_told(&error);
    }
    bool succeeded = taken && !record->valid && record->kind == KP_FAULT_CONTENT;
    scene_free(scene);
    return succeeded;
}

/* ---- the key ---- */

/* L_2 = X - L_1: the sum is a key of the second holder alone. */
bool attack_rogue_opening_key(void)
{
    struct fixture fixture;
    struct kp_agreement *taken = NULL;
    struct kp_buffer bytes = {0};
    struct kp_error error = {0};
    uint8_t secret[KP_SCALAR_BYTES], own[KP_POINT_BYTES];
    fixture_make(&fixture, &(struct fixture_settings){.second_holder = true});
    struct kp_agreement *draft = malloc(sizeof(*draft));
    CU_ASSERT_PTR_NOT_NULL_FATAL(draft);
    *draft = *fixture.agreement; /* what it points to stays the other's */
    struct kp_opening_key *second = &draft->opening_keys[1];
    kp_scalar_random(secret);
    CU_ASSERT_EQUAL(kp_points_multiply_base(own, secret, 1), KP_OK);
    CU_ASSERT_EQUAL(kp_points_subtract(second->key, own, draft->opening_keys[0].key, 1), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_agreement_pack(draft, &bytes, &error), KP_OK);
    bool parsed = kp_agreement_parse(&taken, bytes.data, bytes.size, &error) == KP_OK;
    if (!parsed) {
        attack_told(&error);
    }
    bool succeeded = parsed && memcmp(taken->opening_key, own, KP_POINT_BYTES) == 0;
    kp_agreement_free(taken);
    kp_buffer_free(&bytes);
    free(draft);
    fixture_free(&fixture);
    return succeeded;
}
