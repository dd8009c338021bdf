/* A member whose database was put back asks the others for its lists: what it is told must be what
 * was signed, or the quota would begin anew with whatever it is told. */
#include "crypto/merkle.h"
#include "node/recovery.h"
#include "proto/transcript.h"
#include "tests/attack/attack.h"
#include "tests/unit/fixture.h"

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
        kp_recovery_new(&ward->recovery, &ward->settings[VICTIM - 1], &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&ward->ask, packed.data, packed.size, NULL),
                          KP_OK);
    kp_buffer_free(&packed);
}

static bool end(struct ward *ward, bool succeeded)
{
    kp_recovery_free(ward->recovery);
    kp_round_message_free(&ward->ask);
    fixture_free(&ward->fixture);
    return succeeded;
}

/* Each part of the answer arrives. */
static enum kp_status give(void *context, struct kp_buffer *packed, struct kp_error *error)
{
    struct ward *ward = context;
    struct kp_round_message message;
    struct kp_error refusal = {0};
    uint32_t blamed = 0;
    (void)error;
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    if (!ward->refused &&
        kp_recovery_receive(ward->recovery, &message, &blamed, &refusal) != KP_OK) {
        attack_told(&refusal);
        ward->refused = true;
    }
    kp_round_message_free(&message);
    kp_buffer_free(packed);
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
        .asked = asked,
        .own = own};
    CU_ASSERT_EQUAL_FATAL(
        kp_recovery_answer(&ward->settings[CHEAT - 1], &ward->ask, &given, give, ward, NULL),
        KP_OK);
    kp_buffer_free(&hello2);
}

static bool holds(const struct ward *ward, uint32_t member, const uint8_t *points)
{
    const struct kp_recovered_list *list = kp_recovery_list(ward->recovery, member);
    return list != NULL && list->points != NULL &&
           memcmp(list->points, points, SLOTS * KP_POINT_BYTES) == 0;
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
