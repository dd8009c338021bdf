/* A member that submits, well signed, what can't be in a match: with exactly t holders, and with
 * more. t is 2. The cheat is the first by number, so a coordinator that took its share would use
 * it. */
#include "proto/record.h"
#include "tests/attack/attack.h"
#include "tests/attack/forge.h"
#include "tests/unit/stage.h"

#include <CUnit/CUnit.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CHEAT 1u
#define VICTIM 2u
#define THIRD 3u
#define SLOTS 4u

/* Address 1 is of cheat and victim: exactly t. 2 is of all three, 3 of the two others. */
static const uint32_t ONE[] = {1, 2}, TWO[] = {1, 2, 3}, THREE[] = {2, 3};
static const struct stage_set SETS[] = {{ONE, 2}, {TWO, 3}, {THREE, 2}};

struct trial {
    struct stage stage;
    struct stage_results results;
    struct kp_opened_match match; /* the last one that was opened */
    uint8_t tag[KP_DIGEST_BYTES]; /* of the match that is attacked */
    uint32_t shown;
    uint32_t leader_names; /* bits, of all matches */
};

/* A round in which all tags are known and nobody has given READY. */
static struct trial *start(void)
{
    struct trial *trial = calloc(1, sizeof(*trial));
    CU_ASSERT_PTR_NOT_NULL_FATAL(trial);
    stage_start(&trial->stage, &(struct fixture_settings){.members = 3, .slots = SLOTS}, SETS);
    trial->stage.holds_ready = true;
    stage_run(&trial->stage);
    return trial;
}

static bool end(struct trial *trial, bool succeeded)
{
    stage_results_free(&trial->results);
    stage_free(&trial->stage);
    free(trial);
    return succeeded;
}

/* ---- the cheat ---- */

static bool has(const struct trial *trial, uint32_t member, const uint8_t *tag)
{
    const struct kp_release *release = trial->stage.play.release[member - 1];
    bool found = false;
    for (uint32_t i = 0; i < SLOTS; i++) {
        const uint8_t *entry = release->entries.data + (size_t)i * release->entry_size;
        found = found || memcmp(entry, tag, KP_DIGEST_BYTES) == 0;
    }
    return found;
}

/* Its own entry of address 1, or of address 2. */
static uint8_t *own_entry(struct trial *trial, bool of_all)
{
    const struct kp_release *release = trial->stage.play.release[CHEAT - 1];
    for (uint32_t i = 0; i < SLOTS; i++) {
        uint8_t *entry = release->entries.data + (size_t)i * release->entry_size;
        if (has(trial, VICTIM, entry) && has(trial, THIRD, entry) == of_all) {
            memcpy(trial->tag, entry, KP_DIGEST_BYTES);
            return entry;
        }
    }
    CU_FAIL_FATAL("the cheat hasn't this address");
    return NULL;
}

/* READY over the entries as they are now. */
static void sign(struct trial *trial)
{
    const struct fixture *fixture = &trial->stage.play.fixture;
    struct kp_release *release = trial->stage.play.release[CHEAT - 1];
    struct kp_merkle_stream stream;
    uint8_t leaf[KP_DIGEST_BYTES], root[KP_DIGEST_BYTES];
    kp_merkle_stream_start(&stream);
    for (uint32_t i = 0; i < SLOTS; i++) {
        kp_entry_leaf(leaf, fixture->agreement, CHEAT,
                      release->entries.data + (size_t)i * release->entry_size);
        kp_merkle_stream_add(&stream, leaf);
    }
    kp_merkle_stream_root(&stream, root);
    forge_ready(fixture, CHEAT, root, &release->own_ready);
}

/* ---- the others ---- */

static void play(struct trial *trial)
{
    struct stage *stage = &trial->stage;
    for (uint32_t i = 1; i <= 3; i++) {
        struct kp_error error = {0};
        CU_ASSERT_EQUAL_FATAL(stage_put(stage, i, &stage->play.release[i - 1]->own_ready, &error),
                              KP_OK);
    }
    stage_run(stage);
    stage_submit(stage);
    attack_told(&stage->error);
    stage_match(stage);
    stage_results_read(&trial->results, stage, 1);
}

/* Opens every match, and looks for the one that was attacked: its records stay in trial->match. */
static void open_all(struct trial *trial)
{
    struct kp_opening *opening = NULL;
    struct kp_opened_match match;
    CU_ASSERT_EQUAL_FATAL(stage_opening(&opening, &trial->stage, &trial->results, NULL), KP_OK);
    for (uint32_t g = 0; g < trial->results.group_count; g++) {
        (void)!stage_open_match(opening, &trial->results.groups[g], &match, NULL);
        trial->shown += match.shown;
        for (uint32_t i = 0; i < match.record_count; i++) {
            const struct kp_opened_record *record = &match.records[i];
            attack_told_words(record->fault);
            if (record->kind != KP_FAULT_NONE) {
                trial->leader_names |= 1u << (record->member - 1);
            }
        }
        if (memcmp(match.tag, trial->tag, KP_DIGEST_BYTES) == 0) {
            trial->match = match;
        }
    }
    kp_opening_free(opening);
}

/* A verdict names the cheat, and nobody else; what the others have in common is shown; and of an
 * address that fewer than t have in full, nothing is opened. */
static void check_fails(const struct trial *trial, uint32_t shown, bool of_all)
{
    CU_ASSERT_EQUAL(trial->stage.named, 1u << (CHEAT - 1));
    CU_ASSERT_EQUAL(trial->leader_names & ~(1u << (CHEAT - 1)), 0);
    CU_ASSERT_EQUAL(trial->shown, shown);
    CU_ASSERT_EQUAL(trial->match.shown, of_all);
    for (uint32_t i = 0; !of_all && i < trial->match.record_count; i++) {
        CU_ASSERT(sodium_is_zero(trial->match.records[i].partial[0], KP_PARTIAL_BYTES));
    }
}

/* ---- a bad share ---- */

/* Put together with the others' shares it gives a secret that opens nobody's record: others are
 * named for records that they made rightly. */
static bool give_bad_share(bool of_all)
{
    struct trial *trial = start();
    own_entry(trial, of_all)[KP_DIGEST_BYTES] ^= 1;
    sign(trial);
    play(trial);
    open_all(trial);
    bool succeeded = (trial->stage.named & ~(1u << (CHEAT - 1))) != 0;
    if (!succeeded) {
        check_fails(trial, 2, of_all); /* no entry of the cheat was kept */
    }
    return end(trial, succeeded);
}

bool attack_bad_share_with_t_holders(void)
{
    return give_bad_share(false);
}

bool attack_bad_share_with_more_holders(void)
{
    return give_bad_share(true);
}

/* ---- a bad record ---- */

/* Under a tag and a share that are right, so that the match is there, and nobody knows why it isn't
 * what it says. */
static bool give_bad_record(bool of_all)
{
    struct trial *trial = start();
    const struct kp_release *release = trial->stage.play.release[CHEAT - 1];
    own_entry(trial, of_all)[release->entry_size - 1] ^= 1;
    sign(trial);
    play(trial);
    open_all(trial);
    bool succeeded = trial->stage.named == 0 && trial->leader_names == 0;
    if (!succeeded) {
        check_fails(trial, of_all ? 3 : 2, of_all);
    }
    return end(trial, succeeded);
}

bool attack_bad_record_with_t_holders(void)
{
    return give_bad_record(false);
}

bool attack_bad_record_with_more_holders(void)
{
    return give_bad_record(true);
}
