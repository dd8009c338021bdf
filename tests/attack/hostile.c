#include "tests/attack/hostile.h"

#include "crypto/merkle.h"
#include "node/round_internal.h"

#include <CUnit/CUnit.h>
#include <string.h>

void hostile_start(struct hostile *hostile, uint32_t members, uint32_t slots)
{
    memset(hostile, 0, sizeof(*hostile));
    play_start(&hostile->play,
               &(struct fixture_settings){.members = members, .slots = slots != 0 ? slots : 4});
}

void hostile_free(struct hostile *hostile)
{
    play_free(&hostile->play);
}

/* ---- the coordinator ---- */

enum kp_status hostile_offer(struct hostile *hostile, uint32_t to, const struct kp_buffer *packed)
{
    struct kp_error error = {0};
    enum kp_status status = play_offer(&hostile->play, to, packed, &error);
    if (status != KP_OK) {
        attack_told(&error);
    }
    return status;
}

static void deliver(struct hostile *hostile, uint32_t to, const struct kp_round_message *message,
                    const struct kp_buffer *packed)
{
    struct kp_buffer own = {0};
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&own, packed->data, packed->size), KP_OK);
    if (hostile->intercept == NULL || hostile->intercept(hostile, to, message, &own)) {
        (void)hostile_offer(hostile, to, &own);
    }
    kp_buffer_free(&own);
}

static void hand_on(struct hostile *hostile, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    for (uint32_t to = 1; to <= hostile->play.fixture.agreement->member_count; to++) {
        bool wanted = to != message.from || message.type == KP_MESSAGE_READY;
        if (wanted && (message.to == to || message.to == KP_PARTY_ALL)) {
            deliver(hostile, to, &message, packed);
        }
    }
    kp_round_message_free(&message);
}

static bool relay_once(struct hostile *hostile)
{
    struct kp_buffer packed = {0};
    bool moved = false;
    for (uint32_t i = 0; i < hostile->play.fixture.agreement->member_count; i++) {
        while (kp_round_next(hostile->play.round[i], &packed)) {
            hand_on(hostile, &packed);
            moved = true;
        }
    }
    kp_buffer_free(&packed);
    return moved;
}

void hostile_relay(struct hostile *hostile)
{
    while (relay_once(hostile)) {
    }
}

/* ---- the members ---- */

static bool work(struct hostile *hostile, uint32_t member)
{
    struct play *play = &hostile->play;
    struct kp_round *round = play->round[member - 1];
    struct kp_error error = {0};
    bool more = false;
    uint32_t before = 0, after = 0, total = 0;
    kp_round_progress(round, &before, &total);
    if (kp_round_work(round, &more, &error) != KP_OK) {
        attack_told(&error);
    }
    kp_round_progress(round, &after, &total);
    if (play->release[member - 1] == NULL && kp_round_phase(round) == KP_PHASE_READY) {
        play->release[member - 1] = kp_round_take_release(round);
        CU_ASSERT_PTR_NOT_NULL_FATAL(play->release[member - 1]);
        hand_on(hostile, &play->release[member - 1]->own_ready);
        return true;
    }
    return more || before != after;
}

void hostile_run(struct hostile *hostile)
{
    bool moved = true;
    while (moved) {
        moved = relay_once(hostile);
        for (uint32_t i = 1; i <= hostile->play.fixture.agreement->member_count; i++) {
            if ((hostile->stalled >> (i - 1) & 1) == 0) {
                moved = work(hostile, i) || moved;
            }
        }
    }
}

bool hostile_may_release(struct hostile *hostile, uint32_t member)
{
    const struct kp_agreement *agreement = hostile->play.fixture.agreement;
    const struct kp_release *release = hostile->play.release[member - 1];
    struct kp_error error = {0};
    if (release == NULL) {
        return false;
    }
    if (!kp_release_complete(release, agreement)) {
        attack_told_words("a READY is missing");
        return false;
    }
    if (kp_release_check(release, agreement, &error) != KP_OK) {
        attack_told(&error);
        return false;
    }
    return true;
}

/* ---- messages of a bent member ---- */

void hostile_sign(struct hostile *hostile, uint32_t from, enum kp_message_type type, uint32_t to,
                  const struct kp_buffer *body, struct kp_buffer *packed)
{
    const struct fixture *fixture = &hostile->play.fixture;
    struct kp_round_message message = {.type = type, .from = from, .to = to};
    memcpy(message.attempt, hostile->play.attempt, KP_ATTEMPT_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&message.body, body->data, body->size), KP_OK);
    kp_round_message_sign(&message, fixture->agreement->lineage,
                          fixture->member[from - 1].identity_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
    kp_round_message_free(&message);
}

void hostile_seal(struct hostile *hostile, uint32_t from, enum kp_message_type type, uint32_t to,
                  const struct kp_buffer *plain, struct kp_buffer *packed)
{
    const struct fixture *fixture = &hostile->play.fixture;
    struct kp_round_message message = {.type = type, .from = from, .to = to};
    memcpy(message.attempt, hostile->play.attempt, KP_ATTEMPT_BYTES);
    CU_ASSERT_EQUAL_FATAL(
        kp_round_message_seal(&message, fixture->agreement->lineage,
                              fixture->member[from - 1].identity_secret,
                              &hostile->play.round[from - 1]->secrets->pair[to - 1], plain, NULL),
        KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
    kp_round_message_free(&message);
}

void hostile_open(struct hostile *hostile, uint32_t reader, const struct kp_round_message *message,
                  struct kp_buffer *plain)
{
    const struct kp_agreement *agreement = hostile->play.fixture.agreement;
    CU_ASSERT_EQUAL_FATAL(
        kp_round_message_open(
            message, agreement->lineage, agreement->members[message->from - 1].identity_key,
            &hostile->play.round[reader - 1]->secrets->pair[message->from - 1], plain, NULL),
        KP_OK);
}

static void drop_outgoing(struct kp_round *round)
{
    struct kp_buffer packed = {0};
    while (kp_round_next(round, &packed)) {
    }
    kp_buffer_free(&packed);
}

void hostile_hello1_anew(struct hostile *hostile, uint32_t member)
{
    struct kp_round *round = hostile->play.round[member - 1];
    struct kp_hello1 *hello = &round->hello1[member - 1];
    struct kp_buffer body = {0};
    drop_outgoing(round);
    kp_transcript_commitment(hello->commitment, &round->hello2[member - 1],
                             &round->secrets->hello2[member - 1]);
    CU_ASSERT_EQUAL_FATAL(kp_hello1_pack(hello, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_round_send(round, KP_MESSAGE_HELLO1, KP_PARTY_ALL, 0, &body, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&round->packed_hello1[member - 1],
                                        round->outgoing->packed.data, round->outgoing->packed.size),
                          KP_OK);
    kp_buffer_free(&body);
}

void hostile_hello2_anew(struct hostile *hostile, uint32_t member)
{
    struct kp_round *round = hostile->play.round[member - 1];
    struct kp_hello2 *hello = &round->hello2[member - 1];
    struct kp_buffer body = {0};
    drop_outgoing(round);
    CU_ASSERT_EQUAL_FATAL(
        kp_hello2_secret_pack(&round->secrets->hello2[member - 1], &round->own_secret, NULL),
        KP_OK);
    kp_transcript_secret_digest(hello->secret_digest, &round->own_secret);
    CU_ASSERT_EQUAL_FATAL(kp_hello2_pack(hello, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_round_send(round, KP_MESSAGE_HELLO2, KP_PARTY_ALL, 0, &body, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&round->packed_hello2[member - 1],
                                        round->outgoing->packed.data, round->outgoing->packed.size),
                          KP_OK);
    for (uint32_t peer = 1; peer <= hostile->play.fixture.agreement->member_count; peer++) {
        if (peer != member) {
            CU_ASSERT_EQUAL_FATAL(
                kp_round_send(round, KP_MESSAGE_HELLO2_SECRET, peer, 0, &round->own_secret, NULL),
                KP_OK);
        }
    }
    kp_buffer_free(&body);
}

void hostile_list_anew(struct hostile *hostile, uint32_t member)
{
    const struct kp_agreement *agreement = hostile->play.fixture.agreement;
    struct kp_round *round = hostile->play.round[member - 1];
    for (uint32_t part = 0; part < round->chunks; part++) {
        kp_transcript_points_leaf(
            round->chunk_leaves + (size_t)part * KP_DIGEST_BYTES, agreement->lineage, part,
            round->slots.points + (size_t)part * KP_CHUNK_POINTS * KP_POINT_BYTES,
            kp_chunk_items(round->slots.count, KP_CHUNK_POINTS, part));
    }
    kp_merkle_root(round->hello2[member - 1].points_root, round->chunk_leaves, round->chunks);
    hostile_hello1_anew(hostile, member);
}
