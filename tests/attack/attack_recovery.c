/* A member whose database was put back asks the others for its lists: what it is told must be what
 * was signed, or the quota would begin anew with whatever it is told. */
#include "crypto/merkle.h"
#include "node/recovery.h"
#include "proto/transcript.h"
#include "tests/attack/attack.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"

#include <CUnit/CUnit.h>
#include <sodium.h>
#include <string.h>

#define SLOTS 4u
#define COUNTER 3u
#define VICTIM 1u
#define CHEAT 2u

struct ward {
    struct fixture fixture;
    struct kp_recovery_settings settings[3];
    uint8_t points[3][SLOTS * KP_POINT_BYTES]; /* of the round before, as all signed them */
    struct kp_recovery *recovery;              /* the victim's */
    struct kp_pieces *pieces;
    const uint8_t *asked, *own; /* what it is given */
    struct kp_round_message ask;
    bool refused;
};

static void root_of(const struct ward *ward, const uint8_t *points, uint8_t *root)
{
    uint8_t leaf[KP_DIGEST_BYTES];
    kp_transcript_points_leaf(leaf, ward->fixture.agreement->lineage, 0, points, SLOTS);
    kp_merkle_root(root, leaf, 1);
}

static void start(struct ward *ward)
{
    struct kp_list_total lists[3] = {0};
    struct kp_buffer packed = {0};
    memset(ward, 0, sizeof(*ward));
    fixture_make(&ward->fixture, &(struct fixture_settings){.members = 3, .slots = SLOTS});
    for (uint32_t i = 0; i < 3; i++) {
        randombytes_buf(ward->points[i], sizeof(ward->points[i]));
        root_of(ward, ward->points[i], lists[i].points_root);
        lists[i].charged = SLOTS;
    }
    for (uint32_t i = 0; i < 3; i++) {
        ward->settings[i] = (struct kp_recovery_settings){
            .agreement = ward->fixture.agreement,
            .own = i + 1,
            .identity_secret = ward->fixture.member[i].identity_secret,
            .box_secret = ward->fixture.member[i].box_secret,
            .counter = COUNTER};
        memcpy(ward->settings[i].lists, lists, sizeof(lists));
    }
    CU_ASSERT_EQUAL_FATAL(
        kp_pieces_new(&ward->pieces, scratch("recovery"), 1, KP_PIECES_CACHED, NULL), KP_OK);
    ward->settings[VICTIM - 1].pieces = ward->pieces;
    CU_ASSERT_EQUAL_FATAL(
        kp_recovery_new(&ward->recovery, &ward->settings[VICTIM - 1], &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&ward->ask, packed.data, packed.size, NULL),
                          KP_OK);
    kp_buffer_free(&packed);
}

static bool end(struct ward *ward, bool succeeded)
{
    kp_recovery_free(ward->recovery);
    CU_ASSERT_EQUAL(kp_pieces_destroy(ward->pieces, NULL), KP_OK);
    kp_round_message_free(&ward->ask);
    fixture_free(&ward->fixture);
    return succeeded;
}

/* Each part of the answer arrives. */
static void give(struct ward *ward, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    struct kp_error refusal = {0};
    uint32_t blamed = 0;
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    if (!ward->refused &&
        kp_recovery_receive(ward->recovery, &message, &blamed, &refusal) != KP_OK) {
        attack_told(&refusal);
        ward->refused = true;
    }
    kp_round_message_free(&message);
}

static enum kp_status read_given(void *context, bool own, uint32_t part, uint8_t *points,
                                 struct kp_error *error)
{
    const struct ward *ward = context;
    (void)part;
    (void)error;
    memcpy(points, own ? ward->own : ward->asked, (size_t)SLOTS * KP_POINT_BYTES);
    return KP_OK;
}

/* What the victim signed in the round before, as others keep it. */
static void make_hello2(const struct ward *ward, struct kp_buffer *packed)
{
    struct kp_hello2 hello = {.counter = COUNTER - 1, .seen_count = 3};
    struct kp_round_message message = {
        .type = KP_MESSAGE_HELLO2, .from = VICTIM, .to = KP_PARTY_ALL};
    root_of(ward, ward->points[VICTIM - 1], hello.points_root);
    CU_ASSERT_EQUAL_FATAL(kp_hello2_pack(&hello, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, ward->fixture.agreement->lineage,
                          ward->fixture.member[VICTIM - 1].identity_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
    kp_round_message_free(&message);
}

static void answer(struct ward *ward, const uint8_t *asked, const uint8_t *own)
{
    struct kp_buffer hello2 = {0};
    make_hello2(ward, &hello2);
    const struct kp_recovery_answer given = {
        .header = {.hello2 = hello2, .asked_counter = COUNTER - 1, .own_counter = COUNTER - 1},
        .read = read_given,
        .context = ward};
    struct kp_recovery_answering *answering = NULL;
    bool done = false;
    ward->asked = asked;
    ward->own = own;
    CU_ASSERT_EQUAL_FATAL(
        kp_recovery_answering_new(&answering, &ward->settings[CHEAT - 1], &ward->ask, &given, NULL),
        KP_OK);
    while (!done) {
        struct kp_buffer packed = {0};
        CU_ASSERT_EQUAL_FATAL(kp_recovery_answering_next(answering, &packed, &done, NULL), KP_OK);
        if (!done) {
            give(ward, &packed);
        }
        kp_buffer_free(&packed);
    }
    kp_recovery_answering_free(answering);
    kp_buffer_free(&hello2);
}

static bool holds(const struct ward *ward, uint32_t member, const uint8_t *points)
{
    const struct kp_recovered_list *list = kp_recovery_list(ward->recovery, member);
    uint8_t taken[SLOTS * KP_POINT_BYTES];
    return list != NULL && list->places != NULL &&
           kp_recovery_chunk(ward->recovery, member, 0, taken, NULL) == KP_OK &&
           memcmp(taken, points, sizeof(taken)) == 0;
}

/* Its own list of the round before, with other points: these would then be there to stay. */
bool attack_other_list_in_recovery(void)
{
    struct ward ward;
    uint8_t other[SLOTS * KP_POINT_BYTES];
    start(&ward);
    randombytes_buf(other, sizeof(other));
    answer(&ward, ward.points[VICTIM - 1], other);
    return end(&ward, holds(&ward, CHEAT, other));
}

/* The victim's list, with points of the cheat's in it: the victim would send them as its own. */
bool attack_changed_list_in_recovery(void)
{
    struct ward ward;
    uint8_t other[SLOTS * KP_POINT_BYTES];
    start(&ward);
    memcpy(other, ward.points[VICTIM - 1], sizeof(other));
    memcpy(other, ward.points[CHEAT - 1], KP_POINT_BYTES);
    answer(&ward, other, ward.points[CHEAT - 1]);
    return end(&ward, holds(&ward, VICTIM, other));
}
