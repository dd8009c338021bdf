/* What a coordinator, or a member at the coordinator, can do with messages that others signed. */
#include "tests/attack/hostile.h"

#include "node/round_internal.h"
#include "tests/unit/stage.h"

#include <CUnit/CUnit.h>
#include <string.h>

#define VICTIM 1u
#define CHEAT 2u
#define THIRD 3u

static struct kp_round *half(struct hostile *hostile, uint32_t member)
{
    return hostile->play.round[member - 1];
}

struct again {
    struct kp_buffer chunk; /* of the cheat's list, as the victim got it */
    uint32_t answers;       /* of the victim to it */
};

/* The cheat's chunk comes once more when it was answered. The third member's doesn't come, so that
 * the victim still has its key. */
static bool points_again(struct hostile *hostile, uint32_t to,
                         const struct kp_round_message *message, struct kp_buffer *packed)
{
    struct again *again = hostile->context;
    if (message->type == KP_MESSAGE_POINTS && to == VICTIM && message->from == CHEAT) {
        CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&again->chunk, packed->data, packed->size), KP_OK);
    }
    if (message->type == KP_MESSAGE_EVALUATION && to == CHEAT && message->from == VICTIM &&
        again->answers++ == 0) {
        (void)hostile_offer(hostile, VICTIM, &again->chunk);
    }
    return message->type != KP_MESSAGE_POINTS || to != VICTIM || message->from == CHEAT;
}

bool attack_replay_in_a_round(void)
{
    struct hostile hostile;
    struct again again = {0};
    hostile_start(&hostile, 3, 0);
    hostile.intercept = points_again;
    hostile.context = &again;
    hostile_run(&hostile);
    CU_ASSERT(again.answers > 0);
    kp_buffer_free(&again.chunk);
    hostile_free(&hostile);
    return again.answers > 1;
}

/* The cheat's HELLO 1 of one attempt, in the next; with the attempt's id put right or not. */
static bool replay_hello1(bool rename)
{
    struct hostile hostile;
    struct kp_buffer old = {0};
    struct kp_round_message message;
    hostile_start(&hostile, 2, 0);
    CU_ASSERT_FATAL(kp_round_next(half(&hostile, CHEAT), &old));
    play_again(&hostile.play, 1);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, old.data, old.size, NULL), KP_OK);
    if (rename) {
        memcpy(message.attempt, hostile.play.attempt, KP_ATTEMPT_BYTES);
        CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, &old, NULL), KP_OK);
    }
    bool succeeded = hostile_offer(&hostile, VICTIM, &old) == KP_OK &&
                     kp_round_phase(half(&hostile, VICTIM)) == KP_PHASE_HELLO2;
    kp_round_message_free(&message);
    kp_buffer_free(&old);
    hostile_free(&hostile);
    return succeeded;
}

bool attack_replay_of_another_round(void)
{
    return replay_hello1(false);
}

bool attack_replay_under_another_name(void)
{
    return replay_hello1(true);
}

/* The victim's own HELLO 1, as it is or as if it were the cheat's. */
static bool reflect_hello1(bool rename)
{
    struct hostile hostile;
    struct kp_buffer own = {0};
    struct kp_round_message message;
    hostile_start(&hostile, 2, 0);
    CU_ASSERT_FATAL(kp_round_next(half(&hostile, VICTIM), &own));
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, own.data, own.size, NULL), KP_OK);
    if (rename) {
        message.from = CHEAT;
        CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, &own, NULL), KP_OK);
    }
    bool succeeded = hostile_offer(&hostile, VICTIM, &own) == KP_OK;
    kp_round_message_free(&message);
    kp_buffer_free(&own);
    hostile_free(&hostile);
    return succeeded;
}

bool attack_reflected_message(void)
{
    return reflect_hello1(false);
}

bool attack_reflected_under_another_name(void)
{
    return reflect_hello1(true);
}

/* A HELLO 1 that the cheat signed for the third member, shown to the victim. What is sealed for
 * another member doesn't open: that is a key, and no check. */
bool attack_message_for_another_member(void)
{
    struct hostile hostile;
    struct kp_buffer body = {0}, packed = {0};
    hostile_start(&hostile, 3, 0);
    CU_ASSERT_EQUAL_FATAL(kp_hello1_pack(&half(&hostile, CHEAT)->hello1[CHEAT - 1], &body, NULL),
                          KP_OK);
    hostile_sign(&hostile, CHEAT, KP_MESSAGE_HELLO1, THIRD, &body, &packed);
    bool succeeded = hostile_offer(&hostile, VICTIM, &packed) == KP_OK;
    kp_buffer_free(&body);
    kp_buffer_free(&packed);
    hostile_free(&hostile);
    return succeeded;
}

/* An ABORT of the victim, which the cheat puts over its own connection. */
bool attack_in_the_name_of_another(void)
{
    static const uint32_t ONE[] = {1};
    static const struct stage_set SETS[] = {{ONE, 1}, {ONE, 1}};
    static struct stage stage;
    const struct kp_abort abort = {.reason = KP_ABORT_FAILED, .members = 1, .reporter = VICTIM};
    struct kp_round_message message = {
        .type = KP_MESSAGE_ABORT, .from = VICTIM, .to = KP_PARTY_COORDINATOR};
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    stage_start(&stage, &(struct fixture_settings){.members = 2, .slots = 2}, SETS);
    memcpy(message.attempt, stage.play.attempt, KP_ATTEMPT_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_abort_pack(&abort, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, stage.play.fixture.agreement->lineage,
                          stage.play.fixture.member[CHEAT - 1].identity_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
    (void)!stage_put(&stage, CHEAT, &packed, &error);
    attack_told(&error);
    bool succeeded = kp_attempt_phase(stage.attempt) == KP_PHASE_ENDED;
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
    stage_free(&stage);
    return succeeded;
}
