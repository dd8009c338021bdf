/* What the coordinator signed about a round's results (coordinator/result_reader.h), and a member
 * that goes on after it was named. */
#include "coordinator/result_reader.h"
#include "proto/transcript.h"
#include "tests/attack/attack.h"
#include "tests/unit/deposit.h"
#include "tests/unit/stage.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#define ROUND 1u
#define GROUPS 3u
#define LISTS 5u
#define ITEMS (1u + GROUPS + LISTS + 1u) /* transcript, groups, lists of phases, RESULT */
#define CHEAT 2u

/* ---- results ---- */

struct given {
    struct deposit deposit;
    struct kp_result_key keys[ITEMS];
    struct kp_buffer values[ITEMS];
};

static void sign(struct given *given, uint32_t at, enum kp_message_type type, const uint8_t *secret,
                 struct kp_buffer *body)
{
    struct kp_round_message message = {
        .type = type, .from = KP_PARTY_COORDINATOR, .to = KP_PARTY_ALL, .body = *body};
    memcpy(message.attempt, given->deposit.attempt, KP_ATTEMPT_BYTES);
    kp_round_message_sign(&message, given->deposit.fixture.agreement->lineage, secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, &given->values[at], NULL), KP_OK);
    kp_buffer_free(body);
}

/* RESULT over the items as they are now. */
static void sign_result(struct given *given, const uint8_t *secret)
{
    const struct deposit *deposit = &given->deposit;
    struct kp_round_result result = {
        .counter = ROUND, .round_type = KP_ROUND_MATCH, .groups = GROUPS};
    struct kp_merkle_stream stream;
    struct kp_buffer body = {0};
    kp_merkle_stream_start(&stream);
    for (uint32_t i = 0; i + 1 < ITEMS; i++) {
        uint8_t key[KP_RESULT_KEY_BYTES], leaf[KP_DIGEST_BYTES];
        kp_result_key_pack(key, &given->keys[i]);
        kp_transcript_result_item(leaf, key, sizeof(key), given->values[i].data,
                                  given->values[i].size);
        kp_merkle_stream_add(&stream, leaf);
    }
    kp_merkle_stream_root(&stream, result.root);
    memcpy(result.round_id, deposit->round_id, KP_DIGEST_BYTES);
    kp_transcript_readys(result.readys, deposit->fixture.agreement->lineage,
                         deposit->transcript.ready, deposit->transcript.member_count);
    given->keys[ITEMS - 1] = (struct kp_result_key){ROUND, KP_RESULT_SIGNED, 0, 0};
    CU_ASSERT_EQUAL_FATAL(kp_round_result_pack(&result, &body, NULL), KP_OK);
    sign(given, ITEMS - 1, KP_MESSAGE_RESULT, secret, &body);
}

static struct given *start(void)
{
    struct given *given = calloc(1, sizeof(*given));
    CU_ASSERT_PTR_NOT_NULL_FATAL(given);
    deposit_start(&given->deposit, &(struct fixture_settings){.members = 3, .slots = 2});
    deposit_finish(&given->deposit);
    given->keys[0] = (struct kp_result_key){ROUND, KP_RESULT_TRANSCRIPT, 0, 0};
    for (uint32_t i = 0; i < GROUPS; i++) {
        given->keys[1 + i] = (struct kp_result_key){ROUND, KP_RESULT_GROUP, 0, i};
    }
    for (uint32_t i = 0; i <= GROUPS; i++) { /* what stands in them, RESULT is over as it is */
        CU_ASSERT_EQUAL(kp_buffer_set(&given->values[i], (const uint8_t *)&i, sizeof(i)), KP_OK);
    }
    for (uint32_t i = 0; i < LISTS; i++) {
        const struct kp_phase_list list = {
            .counter = ROUND, .phase = (enum kp_phase)(KP_PHASE_HELLO1 + i), .member_count = 3};
        struct kp_buffer body = {0};
        given->keys[1 + GROUPS + i] =
            (struct kp_result_key){ROUND, KP_RESULT_PHASE_LIST, 0, (uint32_t)list.phase};
        CU_ASSERT_EQUAL(kp_phase_list_pack(&list, &body, NULL), KP_OK);
        sign(given, 1 + GROUPS + i, KP_MESSAGE_PHASE_LIST,
             given->deposit.fixture.coordinator_secret, &body);
    }
    sign_result(given, given->deposit.fixture.coordinator_secret);
    return given;
}

/* Whether the leader's program takes all but the item `without`; ITEMS: all of them. */
static bool is_taken(struct given *given, uint32_t without)
{
    struct kp_result_reader reader = {0};
    struct kp_error error = {0};
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < ITEMS; i++) {
        uint8_t bytes[KP_RESULT_KEY_BYTES];
        const struct kp_buffer key = {.data = bytes, .size = sizeof(bytes)};
        kp_result_key_pack(bytes, &given->keys[i]);
        if (i != without) {
            status =
                kp_result_reader_take(&reader, &given->keys[i], &key, &given->values[i], &error);
        }
    }
    if (status == KP_OK) {
        status = kp_result_reader_finish(&reader, given->deposit.fixture.agreement, ROUND,
                                         &given->deposit.transcript, &error);
    }
    attack_told(&error);
    kp_result_reader_free(&reader);
    return status == KP_OK;
}

static bool end(struct given *given, bool succeeded)
{
    for (uint32_t i = 0; i < ITEMS; i++) {
        kp_buffer_free(&given->values[i]);
    }
    deposit_free(&given->deposit);
    free(given);
    return succeeded;
}

/* Two holders are to read different results of one round: this one is given a match less. */
bool attack_results_for_one_holder(void)
{
    struct given *given = start();
    CU_ASSERT(is_taken(given, ITEMS));
    return end(given, is_taken(given, GROUPS));
}

/* One group as two: its content stands in the place of another. */
bool attack_match_counted_twice(void)
{
    struct given *given = start();
    CU_ASSERT_EQUAL(kp_buffer_set(&given->values[2], given->values[1].data, given->values[1].size),
                    KP_OK);
    return end(given, is_taken(given, ITEMS));
}

/* Results that the coordinator can't be held to: whoever brings them signed RESULT. */
bool attack_result_of_nobody(void)
{
    struct given *given = start();
    CU_ASSERT_EQUAL(kp_buffer_set(&given->values[1], (const uint8_t *)"other", 5), KP_OK);
    sign_result(given, given->deposit.fixture.member[CHEAT - 1].identity_secret);
    return end(given, is_taken(given, ITEMS));
}

/* ---- a member that was named ---- */

/* Leaves that it didn't sign; and once it is named for them, what it should have given: as if
 * nothing had been wrong, or as it likes after it saw what becomes of the others. */
bool attack_goes_on_after_a_verdict(void)
{
    static const uint32_t ONE[] = {1};
    static const struct stage_set SETS[] = {{ONE, 1}, {ONE, 1}, {ONE, 1}};
    struct stage *stage = calloc(1, sizeof(*stage));
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(stage);
    stage_start(stage, &(struct fixture_settings){.members = 3, .slots = 4}, SETS);
    stage_run(stage);
    uint8_t *leaves = stage->play.release[CHEAT - 1]->leaves.data;
    leaves[0] ^= 1;
    stage_release_message(stage, CHEAT, 0, &packed);
    CU_ASSERT_EQUAL(stage_put(stage, CHEAT, &packed, &error), KP_REFUSED);
    CU_ASSERT_EQUAL(stage->named, 1u << (CHEAT - 1));
    leaves[0] ^= 1;
    stage_release_message(stage, CHEAT, 0, &packed);
    bool succeeded = stage_put(stage, CHEAT, &packed, &error) == KP_OK;
    attack_told(&error);
    kp_buffer_free(&packed);
    stage_free(stage);
    free(stage);
    return succeeded;
}
