/* No tag leaves a member while any honest key of the round lives: a coordinator that stalls one
 * member, gets at another's tags, and then at the stalled one's memory. */
#include "tests/attack/hostile.h"

#include "node/round_internal.h"

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

/* The third member answers the victim, and then waits for the cheat's list for ever. */
static bool hold_list(struct hostile *hostile, uint32_t to, const struct kp_round_message *message,
                      struct kp_buffer *packed)
{
    (void)hostile;
    (void)packed;
    return message->type != KP_MESSAGE_POINTS || message->from != CHEAT || to != THIRD;
}

static bool has_key(struct hostile *hostile, uint32_t member)
{
    const struct kp_round *round = half(hostile, member);
    return round->secrets != NULL && !sodium_is_zero(round->secrets->key, KP_SCALAR_BYTES);
}

/* The victim is READY, and the cheat says so; the third member isn't, and has its key. */
static void stall(struct hostile *hostile)
{
    hostile->intercept = hold_list;
    hostile_run(hostile);
    CU_ASSERT_FATAL(hostile->play.release[VICTIM - 1] != NULL && has_key(hostile, THIRD));
    CU_ASSERT(!has_key(hostile, VICTIM));
}

static bool released_beside_a_key(struct hostile *hostile)
{
    return hostile_may_release(hostile, VICTIM) && has_key(hostile, THIRD);
}

/* The victim's READY, signed by the cheat; in its own name, or in another's. */
static void give_ready(struct hostile *hostile, uint32_t from)
{
    const struct kp_buffer *ready = &hostile->play.release[VICTIM - 1]->own_ready;
    struct kp_round_message message;
    struct kp_buffer packed = {0};
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, ready->data, ready->size, NULL), KP_OK);
    message.from = from;
    kp_round_message_sign(&message, hostile->play.fixture.agreement->lineage,
                          hostile->play.fixture.member[CHEAT - 1].identity_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
    (void)hostile_offer(hostile, VICTIM, &packed);
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
}

bool attack_stall_and_forge_ready(void)
{
    struct hostile hostile;
    hostile_start(&hostile, 3, 0);
    stall(&hostile);
    give_ready(&hostile, CHEAT);
    give_ready(&hostile, THIRD);
    bool succeeded = released_beside_a_key(&hostile);
    hostile_free(&hostile);
    return succeeded;
}

bool attack_stall_and_replay_ready(void)
{
    struct hostile hostile;
    struct kp_buffer old = {0};
    hostile_start(&hostile, 3, 0);
    hostile_run(&hostile);
    CU_ASSERT_PTR_NOT_NULL_FATAL(hostile.play.release[THIRD - 1]);
    const struct kp_buffer *ready = &hostile.play.release[THIRD - 1]->own_ready;
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&old, ready->data, ready->size), KP_OK);
    play_again(&hostile.play, 1);
    stall(&hostile);
    give_ready(&hostile, CHEAT);
    (void)hostile_offer(&hostile, VICTIM, &old);
    bool succeeded = released_beside_a_key(&hostile);
    kp_buffer_free(&old);
    hostile_free(&hostile);
    return succeeded;
}

bool attack_stall_without_ready(void)
{
    struct hostile hostile;
    hostile_start(&hostile, 3, 0);
    stall(&hostile);
    give_ready(&hostile, CHEAT);
    bool succeeded = released_beside_a_key(&hostile);
    hostile_free(&hostile);
    return succeeded;
}

static bool hold_readys(struct hostile *hostile, uint32_t to,
                        const struct kp_round_message *message, struct kp_buffer *packed)
{
    (void)hostile;
    (void)to;
    (void)packed;
    return message->type != KP_MESSAGE_READY;
}

/* A dump of the victim's half, taken while it waits for the others' READY. That the same search
 * finds the key before is what makes it one; tests/e2e/keys.sh does it with whole processes. */
bool attack_dump_after_ready(void)
{
    struct hostile hostile;
    uint8_t key[KP_SCALAR_BYTES];
    hostile_start(&hostile, 3, 0);
    const struct kp_round_secrets *dump = half(&hostile, VICTIM)->secrets;
    memcpy(key, dump->key, sizeof(key));
    hostile_relay(&hostile); /* all lists are there, and nobody has evaluated */
    CU_ASSERT_FATAL(memmem(dump, sizeof(*dump), key, sizeof(key)) != NULL);
    hostile.intercept = hold_readys;
    hostile_run(&hostile);
    CU_ASSERT_PTR_NOT_NULL_FATAL(hostile.play.release[VICTIM - 1]);
    bool succeeded = half(&hostile, VICTIM)->secrets != NULL &&
                     memmem(dump, sizeof(*dump), key, sizeof(key)) != NULL;
    if (!succeeded) {
        attack_told_words("no key of the round in the memory of a member that is READY");
    }
    hostile_free(&hostile);
    return succeeded;
}

/* ---- every moment ---- */

/* Of all READYs that are on their way to members, only so many arrive. */
static bool count_readys(struct hostile *hostile, uint32_t to,
                         const struct kp_round_message *message, struct kp_buffer *packed)
{
    uint32_t *left = hostile->context;
    (void)to;
    (void)packed;
    if (message->type != KP_MESSAGE_READY) {
        return true;
    }
    if (*left == 0) {
        return false;
    }
    *left -= 1;
    return true;
}

/* Whether somebody may release while a key of the round is in somebody's memory. */
static bool leaks(struct hostile *hostile, uint8_t keys[][KP_SCALAR_BYTES], uint32_t members)
{
    bool released = false, found = false;
    for (uint32_t i = 1; i <= members; i++) {
        const struct kp_round_secrets *dump = half(hostile, i)->secrets;
        released = hostile_may_release(hostile, i) || released;
        found = found ||
                (dump != NULL && memmem(dump, sizeof(*dump), keys[i - 1], KP_SCALAR_BYTES) != NULL);
    }
    return released && found;
}

/* The coordinator stalls before and after each READY at each member, and then dumps all of them: as
 * soon as one may give out its tags, no key is left at any. */
bool attack_stall_around_every_ready(void)
{
    enum { MEMBERS = 3 };
    bool succeeded = false;
    for (uint32_t arrive = 0; arrive <= MEMBERS * MEMBERS; arrive++) {
        struct hostile hostile;
        uint8_t keys[MEMBERS][KP_SCALAR_BYTES];
        uint32_t left = arrive;
        hostile_start(&hostile, MEMBERS, 0);
        for (uint32_t i = 0; i < MEMBERS; i++) {
            memcpy(keys[i], half(&hostile, i + 1)->secrets->key, KP_SCALAR_BYTES);
        }
        hostile.intercept = count_readys;
        hostile.context = &left;
        hostile_run(&hostile);
        CU_ASSERT_EQUAL(left, 0);
        succeeded = leaks(&hostile, keys, MEMBERS) || succeeded;
        CU_ASSERT(arrive < MEMBERS * MEMBERS || hostile_may_release(&hostile, VICTIM));
        hostile_free(&hostile);
    }
    if (!succeeded) {
        attack_told_words("no key of the round wherever the coordinator stalls");
    }
    return succeeded;
}
