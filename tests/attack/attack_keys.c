/* Keys and hellos: a member that bends the joint key, or shows members different things. */
#include "tests/attack/hostile.h"

#include "crypto/oprf.h"
#include "crypto/shares.h"
#include "node/round_internal.h"
#include "proto/record.h"

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

/* The cheat's public key is xG without the victim's: the sum is xG. It can't know the scalar of its
 * own, so the best it has for a proof is x. */
static void choose_rogue_key(struct hostile *hostile, uint8_t x[static KP_SCALAR_BYTES],
                             uint8_t sum[static KP_POINT_BYTES])
{
    struct kp_round_secrets *cheat = half(hostile, CHEAT)->secrets;
    kp_scalar_random(x);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(sum, x, 1), KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_points_subtract(cheat->hello2[CHEAT - 1].public_key, sum,
                           half(hostile, VICTIM)->secrets->hello2[VICTIM - 1].public_key, 1),
        KP_OK);
    memcpy(cheat->key, x, KP_SCALAR_BYTES);
}

bool attack_rogue_key(void)
{
    struct hostile hostile;
    uint8_t x[KP_SCALAR_BYTES], sum[KP_POINT_BYTES];
    hostile_start(&hostile, 2, 0);
    choose_rogue_key(&hostile, x, sum);
    hostile_hello1_anew(&hostile, CHEAT);
    hostile_relay(&hostile);
    bool succeeded = kp_round_phase(half(&hostile, VICTIM)) == KP_PHASE_EVALUATE &&
                     memcmp(half(&hostile, VICTIM)->key_sum, sum, sizeof(sum)) == 0;
    hostile_free(&hostile);
    return succeeded;
}

/* ---- the dictionary ---- */

struct dictionary {
    uint8_t x[KP_SCALAR_BYTES];
    struct kp_buffer answer; /* the victim's evaluation of its own list, which the cheat resent */
};

/* Keeps the victim's answer, and holds back the cheat's own. */
static bool keep_answer(struct hostile *hostile, uint32_t to,
                        const struct kp_round_message *message, struct kp_buffer *packed)
{
    struct dictionary *dictionary = hostile->context;
    (void)to;
    (void)packed;
    if (message->type != KP_MESSAGE_EVALUATION) {
        return true;
    }
    if (message->from == VICTIM) {
        hostile_open(hostile, CHEAT, message, &dictionary->answer);
    }
    return message->from == VICTIM;
}

/* xA without the victim's own share, which it gave itself: its sums become xA. */
static void answer_with_the_rest(struct hostile *hostile, const struct dictionary *dictionary)
{
    const struct kp_slot_list *list = &half(hostile, VICTIM)->slots;
    uint8_t theirs[16 * KP_POINT_BYTES], ours[16 * KP_POINT_BYTES], proof[KP_CHUNK_PROOF_BYTES];
    struct kp_buffer plain = {0}, packed = {0};
    CU_ASSERT_EQUAL_FATAL(
        kp_evaluation_unpack(theirs, list->count, proof, &dictionary->answer, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply(ours, dictionary->x, list->points, list->count),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_points_subtract(ours, ours, theirs, list->count), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_evaluation_pack(ours, list->count, proof, &plain, NULL), KP_OK);
    hostile_seal(hostile, CHEAT, KP_MESSAGE_EVALUATION, VICTIM, &plain, &packed);
    (void)hostile_offer(hostile, VICTIM, &packed);
    kp_buffer_free(&plain);
    kp_buffer_free(&packed);
}

/* The tag of an address, by x and what every member knows of the round. */
static void guess_tag(struct hostile *hostile, const uint8_t x[static KP_SCALAR_BYTES],
                      uint32_t number, uint8_t tag[static KP_DIGEST_BYTES])
{
    const struct kp_agreement *agreement = hostile->play.fixture.agreement;
    const struct kp_round *cheat = half(hostile, CHEAT);
    uint8_t address[KP_ADDRESS_KEY_BYTES], input[KP_ELEMENT_INPUT_BYTES];
    uint8_t output[KP_OPRF_OUTPUT_BYTES];
    struct kp_share_context context = {.type = KP_ROUND_MATCH,
                                       .threshold = agreement->threshold,
                                       .members = agreement->member_count};
    struct kp_shares shares;
    memcpy(context.round_id, cheat->round_id, KP_DIGEST_BYTES);
    memcpy(context.g, cheat->secrets->g, KP_DIGEST_BYTES);
    fixture_address(address, number);
    kp_element_input(input, agreement->lineage, address);
    CU_ASSERT_EQUAL_FATAL(kp_oprf_evaluate(output, KP_OPRF_MODE_OPRF, x, input, sizeof(input)),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_shares_derive(&shares, output, &context), KP_OK);
    memcpy(tag, shares.tag, KP_DIGEST_BYTES);
}

static bool releases_tag(const struct kp_release *release,
                         const uint8_t tag[static KP_DIGEST_BYTES])
{
    for (uint32_t i = 0; release != NULL && i < release->slots; i++) {
        if (memcmp(release->entries.data + (size_t)i * release->entry_size, tag, KP_DIGEST_BYTES) ==
            0) {
            return true;
        }
    }
    return false;
}

/* The victim's points last for several rounds, so the cheat knows them beforehand. */
static void resend_list(struct hostile *hostile)
{
    struct kp_slot_list *own = &half(hostile, CHEAT)->slots;
    memcpy(own->points, half(hostile, VICTIM)->slots.points, (size_t)own->count * KP_POINT_BYTES);
    hostile_list_anew(hostile, CHEAT);
}

bool attack_rogue_key_and_cancelling_evaluation(void)
{
    struct hostile hostile;
    struct dictionary dictionary = {0};
    uint8_t sum[KP_POINT_BYTES], tag[KP_DIGEST_BYTES];
    hostile_start(&hostile, 2, 0);
    choose_rogue_key(&hostile, dictionary.x, sum);
    resend_list(&hostile);
    hostile.intercept = keep_answer;
    hostile.context = &dictionary;
    hostile_run(&hostile);
    bool succeeded = dictionary.answer.size > 0;
    if (succeeded) {
        answer_with_the_rest(&hostile, &dictionary);
        hostile_run(&hostile);
        guess_tag(&hostile, dictionary.x, 100 + VICTIM,
                  tag); /* of an address of the victim's alone */
        succeeded = releases_tag(hostile.play.release[VICTIM - 1], tag);
    }
    kp_buffer_free(&dictionary.answer);
    hostile_free(&hostile);
    return succeeded;
}

/* With its own key proven the cheat can still take the victim's share out of the victim's sums; the
 * blinding then doesn't come off, so it gains no tag, but the victim's outputs are its own doing.
 */
bool attack_cancelling_evaluation(void)
{
    struct hostile hostile;
    struct dictionary dictionary = {0};
    hostile_start(&hostile, 2, 0);
    kp_scalar_random(dictionary.x);
    resend_list(&hostile);
    hostile.intercept = keep_answer;
    hostile.context = &dictionary;
    hostile_run(&hostile);
    CU_ASSERT_FATAL(dictionary.answer.size > 0);
    answer_with_the_rest(&hostile, &dictionary);
    hostile_run(&hostile);
    bool succeeded = hostile_may_release(&hostile, VICTIM);
    kp_buffer_free(&dictionary.answer);
    hostile_free(&hostile);
    return succeeded;
}

/* ---- keys without knowledge ---- */

bool attack_copied_proof(void)
{
    struct hostile hostile;
    struct kp_buffer hello = {0};
    hostile_start(&hostile, 2, 0);
    struct kp_round *victim = half(&hostile, VICTIM), *cheat = half(&hostile, CHEAT);
    struct kp_hello2_secret *own = &cheat->secrets->hello2[CHEAT - 1];
    const struct kp_hello2_secret *theirs = &victim->secrets->hello2[VICTIM - 1];
    memcpy(own->public_key, theirs->public_key, KP_POINT_BYTES);
    hostile_hello1_anew(&hostile, CHEAT);
    CU_ASSERT_FATAL(kp_round_next(cheat, &hello));
    CU_ASSERT_EQUAL_FATAL(hostile_offer(&hostile, VICTIM, &hello), KP_OK);
    CU_ASSERT_FATAL(kp_round_next(victim, &hello));
    CU_ASSERT_EQUAL_FATAL(hostile_offer(&hostile, CHEAT, &hello), KP_OK);
    memcpy(own->proof, theirs->proof, KP_SCHNORR_BYTES); /* made by now */
    hostile_hello2_anew(&hostile, CHEAT);
    hostile_relay(&hostile);
    bool succeeded = kp_round_phase(victim) == KP_PHASE_EVALUATE;
    kp_buffer_free(&hello);
    hostile_free(&hostile);
    return succeeded;
}

/* It can be proven only by members that know each other's key; a stolen one will do. */
bool attack_cancelled_keys(void)
{
    struct hostile hostile;
    hostile_start(&hostile, 2, 0);
    struct kp_round_secrets *cheat = half(&hostile, CHEAT)->secrets;
    crypto_core_ristretto255_scalar_negate(cheat->key, half(&hostile, VICTIM)->secrets->key);
    CU_ASSERT_EQUAL_FATAL(
        kp_points_multiply_base(cheat->hello2[CHEAT - 1].public_key, cheat->key, 1), KP_OK);
    hostile_hello1_anew(&hostile, CHEAT);
    hostile_relay(&hostile);
    bool succeeded = kp_round_phase(half(&hostile, VICTIM)) == KP_PHASE_EVALUATE &&
                     sodium_is_zero(half(&hostile, VICTIM)->key_sum, KP_POINT_BYTES);
    hostile_free(&hostile);
    return succeeded;
}

/* ---- hellos that don't fit ---- */

static bool hold_second_hellos(struct hostile *hostile, uint32_t to,
                               const struct kp_round_message *message, struct kp_buffer *packed)
{
    (void)hostile;
    (void)to;
    (void)packed;
    return message->from != CHEAT ||
           (message->type != KP_MESSAGE_HELLO2 && message->type != KP_MESSAGE_HELLO2_SECRET);
}

/* The cheat waits for the victim's contribution, and only then decides on its own. */
bool attack_late_hello2(void)
{
    struct hostile hostile;
    hostile_start(&hostile, 2, 0);
    hostile.intercept = hold_second_hellos;
    hostile_relay(&hostile);
    struct kp_round_secrets *cheat = half(&hostile, CHEAT)->secrets;
    uint8_t *own = cheat->hello2[CHEAT - 1].contribution;
    const uint8_t *theirs = cheat->hello2[VICTIM - 1].contribution;
    for (size_t i = 0; i < 32; i++) {
        own[i] = (uint8_t)~theirs[i];
    }
    hostile.intercept = NULL;
    hostile_hello2_anew(&hostile, CHEAT);
    hostile_relay(&hostile);
    bool succeeded = kp_round_phase(half(&hostile, VICTIM)) == KP_PHASE_EVALUATE;
    hostile_free(&hostile);
    return succeeded;
}

/* Another HELLO 1 of the cheat for the third member. */
static bool change_hello1(struct hostile *hostile, uint32_t to,
                          const struct kp_round_message *message, struct kp_buffer *packed)
{
    if (message->type == KP_MESSAGE_HELLO1 && message->from == CHEAT && to == THIRD) {
        struct kp_hello1 hello;
        struct kp_buffer body = {0};
        CU_ASSERT_EQUAL_FATAL(kp_hello1_unpack(&hello, &message->body, NULL), KP_OK);
        hello.nonce[0] ^= 1;
        CU_ASSERT_EQUAL_FATAL(kp_hello1_pack(&hello, &body, NULL), KP_OK);
        hostile_sign(hostile, CHEAT, KP_MESSAGE_HELLO1, KP_PARTY_ALL, &body, packed);
        kp_buffer_free(&body);
    }
    return true;
}

/* Whether the victim takes the third member's HELLO 2, which follows other first hellos. Where it
 * does, the seals between the two still don't open: their keys hang on all first hellos. */
bool attack_two_first_hellos(void)
{
    struct hostile hostile;
    hostile_start(&hostile, 3, 0);
    hostile.intercept = change_hello1;
    hostile_relay(&hostile);
    const struct kp_round *victim = half(&hostile, VICTIM);
    bool succeeded =
        kp_round_phase(victim) == KP_PHASE_HELLO2 && victim->packed_hello2[THIRD - 1].size > 0;
    hostile_free(&hostile);
    return succeeded;
}

/* Another HELLO 2 of the cheat for the third member. Nothing that was committed to differs. */
static bool change_hello2(struct hostile *hostile, uint32_t to,
                          const struct kp_round_message *message, struct kp_buffer *packed)
{
    if (message->type == KP_MESSAGE_HELLO2 && message->from == CHEAT && to == THIRD) {
        struct kp_hello2 hello;
        struct kp_buffer body = {0};
        CU_ASSERT_EQUAL_FATAL(kp_hello2_unpack(&hello, &message->body, NULL), KP_OK);
        hello.time++;
        CU_ASSERT_EQUAL_FATAL(kp_hello2_pack(&hello, &body, NULL), KP_OK);
        hostile_sign(hostile, CHEAT, KP_MESSAGE_HELLO2, KP_PARTY_ALL, &body, packed);
        kp_buffer_free(&body);
    }
    return true;
}

static void ready_of(struct hostile *hostile, uint32_t member, struct kp_ready *ready)
{
    uint8_t attempt[KP_ATTEMPT_BYTES];
    const struct kp_buffer *packed = &hostile->play.release[member - 1]->own_ready;
    CU_ASSERT_EQUAL_FATAL(kp_transcript_check_ready(ready, attempt, hostile->play.fixture.agreement,
                                                    member, packed->data, packed->size, NULL),
                          KP_OK);
}

/* Both release, and what they release is of different rounds, or under different g. */
static bool both_release_differently(struct hostile *hostile)
{
    struct kp_ready victim, third;
    if (!hostile_may_release(hostile, VICTIM) || !hostile_may_release(hostile, THIRD)) {
        return false;
    }
    ready_of(hostile, VICTIM, &victim);
    ready_of(hostile, THIRD, &third);
    return memcmp(victim.round_id, third.round_id, KP_DIGEST_BYTES) != 0 ||
           memcmp(victim.g_digest, third.g_digest, KP_DIGEST_BYTES) != 0;
}

bool attack_two_second_hellos(void)
{
    struct hostile hostile;
    hostile_start(&hostile, 3, 0);
    hostile.intercept = change_hello2;
    hostile_run(&hostile);
    bool succeeded = both_release_differently(&hostile);
    hostile_free(&hostile);
    return succeeded;
}

/* Another contribution to g for the third member. */
static bool change_contribution(struct hostile *hostile, uint32_t to,
                                const struct kp_round_message *message, struct kp_buffer *packed)
{
    if (message->type == KP_MESSAGE_HELLO2_SECRET && message->from == CHEAT && to == THIRD) {
        struct kp_hello2_secret secret = half(hostile, CHEAT)->secrets->hello2[CHEAT - 1];
        struct kp_buffer plain = {0};
        secret.contribution[0] ^= 1;
        CU_ASSERT_EQUAL_FATAL(kp_hello2_secret_pack(&secret, &plain, NULL), KP_OK);
        hostile_seal(hostile, CHEAT, KP_MESSAGE_HELLO2_SECRET, THIRD, &plain, packed);
        kp_buffer_free(&plain);
    }
    return true;
}

bool attack_two_contributions(void)
{
    struct hostile hostile;
    hostile_start(&hostile, 3, 0);
    hostile.intercept = change_contribution;
    hostile_run(&hostile);
    bool succeeded = both_release_differently(&hostile);
    hostile_free(&hostile);
    return succeeded;
}

/* ---- other members, other rounds ---- */

/* Somebody without the third member's identity key plays its part. */
bool attack_replaced_member(void)
{
    struct hostile hostile;
    uint8_t seed[KP_SIGN_SEED_BYTES], public_key[KP_SIGN_PUBLIC_BYTES];
    hostile_start(&hostile, 3, 0);
    randombytes_buf(seed, sizeof(seed));
    kp_sign_keypair(public_key, hostile.play.fixture.member[THIRD - 1].identity_secret, seed);
    hostile_hello1_anew(&hostile, THIRD);
    hostile_run(&hostile);
    bool succeeded = hostile_may_release(&hostile, VICTIM);
    hostile_free(&hostile);
    return succeeded;
}

bool attack_hello_of_another_counter(void)
{
    struct hostile hostile;
    hostile_start(&hostile, 2, 0);
    half(&hostile, CHEAT)->hello1[CHEAT - 1].counter++;
    hostile_hello1_anew(&hostile, CHEAT);
    hostile_relay(&hostile);
    bool succeeded = kp_round_phase(half(&hostile, VICTIM)) == KP_PHASE_EVALUATE;
    hostile_free(&hostile);
    return succeeded;
}
