/* Whole rounds of counts in memory: what comes out, and that nothing else does. */
#include "proto/count.h"
#include "proto/record.h"
#include "tests/unit/stage.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define SHARED 12 /* addresses of members 1 and 2; member 3 has two of them */

static uint32_t numbers[3][SHARED + 3];
static const struct fixture_settings settings = {
    .members = 3, .slots = 48, .count_first = 1, .canaries = 2, .audit_slots = 4};

static void make_sets(struct stage_set sets[static 3])
{
    for (uint32_t i = 0; i < SHARED; i++) {
        numbers[0][i] = numbers[1][i] = i + 1;
        numbers[2][i] = 100 + i;
    }
    numbers[0][SHARED] = 50; /* nobody else's */
    numbers[2][0] = 1;
    numbers[2][1] = 2;
    sets[0] = (struct stage_set){numbers[0], SHARED + 1};
    sets[1] = (struct stage_set){numbers[1], SHARED};
    sets[2] = (struct stage_set){numbers[2], SHARED};
}

/* A class, and in the results neither a match nor a leaf; the next round finds what was counted. */
static void counted(void)
{
    struct stage stage;
    struct stage_set sets[3];
    struct stage_results results;
    make_sets(sets);
    stage_start(&stage, &settings, sets);
    stage_play(&stage);
    CU_ASSERT_EQUAL(stage.bucket, kp_count_bucket(SHARED)); /* with canaries: 18, the same */
    CU_ASSERT_EQUAL(stage.matches, 0);
    stage_results_read(&results, &stage, 1);
    CU_ASSERT_EQUAL(results.group_count, 0);
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(results.leaves[i].size, 0);
    }
    stage_results_free(&results);
    stage_start_again(&stage, 2, sets);
    stage_play(&stage);
    CU_ASSERT_EQUAL(stage.bucket, 0);
    CU_ASSERT_EQUAL(stage.matches, SHARED + 6); /* and the canaries */
    stage_free(&stage);
}

/* Exactly at a boundary: canaries are taken off. */
static void at_a_boundary(void)
{
    struct stage stage;
    struct stage_set sets[3];
    make_sets(sets);
    sets[0].count = sets[1].count = 9; /* with 6 canaries: 15 */
    stage_start(&stage, &settings, sets);
    stage_play(&stage);
    CU_ASSERT_EQUAL(stage.bucket, 1);
    stage_free(&stage);
}

/* What a member submits is as long as its slots times a tag, whatever it holds. */
static void only_tags_leave(void)
{
    struct stage stage;
    struct stage_set sets[3];
    make_sets(sets);
    stage_start(&stage, &settings, sets);
    stage_run(&stage);
    for (uint32_t i = 1; i <= 3; i++) {
        struct kp_release *release = stage.play.release[i - 1];
        struct kp_buffer packed = {0};
        struct kp_round_message message;
        struct kp_submission submission;
        CU_ASSERT_EQUAL_FATAL(kp_release_message_count(release), 1);
        CU_ASSERT_EQUAL(release->notice.size, 0);
        stage_release_message(&stage, i, 0, &packed);
        CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed.data, packed.size, NULL),
                              KP_OK);
        CU_ASSERT_EQUAL(message.type, KP_MESSAGE_SUBMISSION);
        CU_ASSERT_EQUAL(
            kp_submission_unpack(&submission, (size_t)48 * KP_DIGEST_BYTES, 0, &message.body, NULL),
            KP_OK);
        CU_ASSERT(submission.has_audit_seed);
        kp_submission_free(&submission);
        kp_round_message_free(&message);
        kp_buffer_free(&packed);
    }
    stage_free(&stage);
}

/* A member's own message, changed and signed by it again. */
static enum kp_status put_changed(struct stage *stage, uint32_t member,
                                  void (*change)(struct kp_round_message *message,
                                                 struct kp_submission *submission))
{
    const struct fixture *fixture = &stage->play.fixture;
    struct kp_buffer packed = {0};
    struct kp_round_message message;
    struct kp_submission submission;
    stage_release_message(stage, member, 0, &packed);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed.data, packed.size, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_submission_unpack(&submission, (size_t)48 * KP_DIGEST_BYTES, 0, &message.body, NULL),
        KP_OK);
    change(&message, &submission);
    CU_ASSERT_EQUAL_FATAL(kp_submission_pack(&submission, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, fixture->agreement->lineage,
                          fixture->member[member - 1].identity_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
    enum kp_status status = stage_put(stage, member, &packed, NULL);
    kp_submission_free(&submission);
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
    return status;
}

static void other_tag(struct kp_round_message *message, struct kp_submission *submission)
{
    (void)message;
    submission->entries.data[5] ^= 1;
}

static void other_seed(struct kp_round_message *message, struct kp_submission *submission)
{
    (void)message;
    submission->audit_seed[0] ^= 1;
}

static void no_seed(struct kp_round_message *message, struct kp_submission *submission)
{
    (void)message;
    submission->has_audit_seed = false;
}

static void as_leaves(struct kp_round_message *message, struct kp_submission *submission)
{
    (void)submission;
    message->type = KP_MESSAGE_LEAVES;
}

/* What isn't what READY and HELLO 2 signed is refused, and LEAVES have no place. */
static void changed_is_refused(void)
{
    void (*const changes[])(struct kp_round_message * message,
                            struct kp_submission * submission) = {other_tag, other_seed, no_seed,
                                                                  as_leaves};
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct stage stage;
        struct stage_set sets[3];
        make_sets(sets);
        stage_start(&stage, &settings, sets);
        stage_run(&stage);
        CU_ASSERT_EQUAL(put_changed(&stage, 2, changes[i]), KP_REFUSED);
        stage_free(&stage);
    }
}

static const struct unit_test tests[] = {
    {"counted, then matched", counted},
    {"at a boundary", at_a_boundary},
    {"only tags leave", only_tags_leave},
    {"what is changed is refused", changed_is_refused},
};
UNIT_MAIN("count_round", tests)
