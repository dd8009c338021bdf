/* What members keep of each other: logs that must go on, and lists that were signed for a counter
 * and may not be another in the next attempt at it. */
#include "tests/attack/hostile.h"

#include "node/round_internal.h"
#include "proto/loop.h"
#include "tests/unit/stage.h"

#include <CUnit/CUnit.h>
#include <sodium.h>
#include <string.h>

#define VICTIM 1u
#define CHEAT 2u
#define THIRD 3u

static struct kp_round *half(struct hostile *hostile, uint32_t member)
{
    return hostile->play.round[member - 1];
}

static bool begins(struct hostile *hostile)
{
    return kp_round_phase(half(hostile, VICTIM)) == KP_PHASE_EVALUATE;
}

/* ---- logs ---- */

/* The victim saw the cheat's log at entry `seen`; the cheat now says that it ends with `now`, which
 * is another entry than the victim saw even if it has the same number. */
static bool show_log(uint64_t seen, uint64_t now)
{
    struct hostile hostile;
    hostile_start(&hostile, 3, 0);
    half(&hostile, VICTIM)->settings.seen[CHEAT - 1] =
        (struct kp_audit_head){.sequence = seen, .hash = {1}};
    half(&hostile, CHEAT)->settings.log = (struct kp_audit_head){.sequence = now, .hash = {2}};
    hostile_relay(&hostile);
    bool succeeded = begins(&hostile);
    hostile_free(&hostile);
    return succeeded;
}

bool attack_truncated_log(void)
{
    return show_log(10, 9);
}

bool attack_forked_log(void)
{
    return show_log(10, 10);
}

bool attack_postdated_hello(void)
{
    struct hostile hostile;
    hostile_start(&hostile, 3, 0);
    half(&hostile, CHEAT)->settings.time = kp_clock_now() + 366ull * 86400 * 1000;
    hostile_relay(&hostile);
    bool succeeded = begins(&hostile);
    hostile_free(&hostile);
    return succeeded;
}

/* ---- claims ---- */

/* A member's HELLO 2 of an attempt that then ends; the next attempt is at `counter`, and the
 * members have other lists in it. */
static void end_attempt(struct hostile *hostile, uint32_t member, uint64_t counter,
                        struct kp_buffer *hello2)
{
    hostile_relay(hostile);
    const struct kp_buffer *packed = &half(hostile, member)->packed_hello2[member - 1];
    CU_ASSERT_FATAL(packed->size > 0);
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(hello2, packed->data, packed->size), KP_OK);
    hostile->play.fixed = 0; /* new lists */
    play_again(&hostile->play, counter);
}

/* `claimer` shows a HELLO 2 in its own HELLO 1. */
static void claim(struct hostile *hostile, uint32_t claimer, const struct kp_buffer *hello2)
{
    struct kp_hello1 *hello = &half(hostile, claimer)->hello1[claimer - 1];
    hello->claims[0] = *hello2; /* borrowed */
    hello->claim_count = 1;
    hostile_hello1_anew(hostile, claimer);
    memset(hello->claims, 0, sizeof(hello->claims));
    hello->claim_count = 0;
}

/* The cheat's list was evaluated in an attempt that failed; in the next, at the same counter, it
 * has another. The third member saw the first, and claims it. */
bool attack_probe_beside_a_claim(void)
{
    struct hostile hostile;
    struct kp_buffer hello2 = {0};
    hostile_start(&hostile, 3, 0);
    end_attempt(&hostile, CHEAT, 1, &hello2);
    crypto_core_ristretto255_random(half(&hostile, CHEAT)->slots.points);
    hostile_list_anew(&hostile, CHEAT);
    claim(&hostile, THIRD, &hello2);
    hostile_relay(&hostile);
    bool succeeded = begins(&hostile);
    kp_buffer_free(&hello2);
    hostile_free(&hostile);
    return succeeded;
}

/* Whether the third member believes that it signed another list for this counter: then its database
 * was put back, and it ends the attempt and asks others for what it lost. */
static bool third_takes_itself_for_restored(struct hostile *hostile)
{
    const struct kp_round *third = half(hostile, THIRD);
    return kp_round_phase(third) == KP_PHASE_ENDED &&
           kp_round_ended(third).reason == KP_ABORT_RESTORED;
}

/* A HELLO 2 that the third member never signed. */
bool attack_forged_claim(void)
{
    struct hostile hostile;
    struct kp_buffer hello2 = {0};
    struct kp_round_message message;
    hostile_start(&hostile, 3, 0);
    end_attempt(&hostile, THIRD, 1, &hello2);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, hello2.data, hello2.size, NULL), KP_OK);
    struct kp_hello2 said;
    CU_ASSERT_EQUAL_FATAL(kp_hello2_unpack(&said, &message.body, NULL), KP_OK);
    randombytes_buf(said.points_root, sizeof(said.points_root));
    CU_ASSERT_EQUAL_FATAL(kp_hello2_pack(&said, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, hostile.play.fixture.agreement->lineage,
                          hostile.play.fixture.member[CHEAT - 1].identity_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, &hello2, NULL), KP_OK);
    claim(&hostile, CHEAT, &hello2);
    hostile_relay(&hostile);
    bool succeeded = third_takes_itself_for_restored(&hostile);
    kp_round_message_free(&message);
    kp_buffer_free(&hello2);
    hostile_free(&hostile);
    return succeeded;
}

/* What the third member signed for the counter before, where its list was rightly another. */
bool attack_claim_of_another_counter(void)
{
    struct hostile hostile;
    struct kp_buffer hello2 = {0};
    hostile_start(&hostile, 3, 0);
    end_attempt(&hostile, THIRD, 2, &hello2);
    claim(&hostile, CHEAT, &hello2);
    hostile_relay(&hostile);
    bool succeeded = third_takes_itself_for_restored(&hostile);
    kp_buffer_free(&hello2);
    hostile_free(&hostile);
    return succeeded;
}

/* ---- totals ---- */

/* The cheat's READY with another total for itself, well signed. */
static void lower_total(struct kp_release *release, const struct fixture *fixture)
{
    const struct kp_agreement *agreement = fixture->agreement;
    struct kp_ready ready;
    struct kp_round_message message = {.type = KP_MESSAGE_READY, .from = CHEAT, .to = KP_PARTY_ALL};
    CU_ASSERT_EQUAL_FATAL(kp_transcript_check_ready(&ready, message.attempt, agreement, CHEAT,
                                                    release->own_ready.data,
                                                    release->own_ready.size, NULL),
                          KP_OK);
    ready.lists[CHEAT - 1].charged ^= 1;
    CU_ASSERT_EQUAL_FATAL(kp_ready_pack(&ready, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, agreement->lineage, fixture->member[CHEAT - 1].identity_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, &release->own_ready, NULL), KP_OK);
    kp_round_message_free(&message);
}

static bool change_ready(struct hostile *hostile, uint32_t to,
                         const struct kp_round_message *message, struct kp_buffer *packed)
{
    (void)to;
    if (message->type == KP_MESSAGE_READY && message->from == CHEAT) {
        struct kp_release copy = {.own_ready = *packed};
        memset(packed, 0, sizeof(*packed));
        lower_total(&copy, &hostile->play.fixture);
        *packed = copy.own_ready;
    }
    return true;
}

/* Members that release would have proven a total that isn't the one they counted. */
bool attack_false_total(void)
{
    struct hostile hostile;
    hostile_start(&hostile, 3, 0);
    hostile.intercept = change_ready;
    hostile_run(&hostile);
    bool succeeded = hostile_may_release(&hostile, VICTIM);
    hostile_free(&hostile);
    return succeeded;
}

/* The cheat's half counts another total than the others', and signs it. */
static enum kp_status charge_another_total(void *context, const struct kp_round_list *list,
                                           uint64_t *charged, struct kp_error *error)
{
    (void)context;
    (void)list;
    (void)error;
    *charged = 1;
    return KP_OK;
}

/* If the coordinator counted such a round as released, no member would take the proof of it, and
 * the lineage would be over. */
bool attack_false_total_at_the_coordinator(void)
{
    static const uint32_t ONE[] = {1};
    static const struct stage_set SETS[] = {{ONE, 1}, {ONE, 1}};
    static struct stage stage;
    stage_start(&stage, &(struct fixture_settings){.members = 2, .slots = 2}, SETS);
    stage.play.round[CHEAT - 1]->settings.charge = charge_another_total;
    stage_run(&stage);
    attack_told(&stage.error);
    bool succeeded = kp_attempt_released(stage.attempt);
    stage_free(&stage);
    return succeeded;
}
