/* What members say about others and about themselves: claims, log heads, clocks, pair secrets. */
#include "node/round_check.h"
#include "node/round_internal.h"
#include "tests/unit/play.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

#define COUNTER 4

/* ---- claims ---- */

struct claim_settings {
    uint32_t about;
    uint64_t counter;
    uint32_t to;
    enum kp_message_type type;
    uint32_t signer; /* 0: the member itself */
    const uint8_t *lineage;
};

static const uint8_t EARLIER[KP_ATTEMPT_BYTES] = {1}, NOW[KP_ATTEMPT_BYTES] = {2};

static void make_claim(const struct fixture *fixture, const struct claim_settings *settings,
                       uint8_t root, uint64_t sequence, struct kp_buffer *packed)
{
    struct kp_hello2 hello = {.counter = settings->counter,
                              .time = 1,
                              .seen_count = fixture->agreement->member_count,
                              .log = {.sequence = sequence, .hash = {(uint8_t)sequence}}};
    struct kp_round_message message = {
        .type = settings->type, .from = settings->about, .to = settings->to};
    memset(hello.points_root, root, KP_DIGEST_BYTES);
    memcpy(message.attempt, EARLIER, KP_ATTEMPT_BYTES);
    CU_ASSERT_EQUAL(kp_hello2_pack(&hello, &message.body, NULL), KP_OK);
    uint32_t signer = settings->signer != 0 ? settings->signer : settings->about;
    kp_round_message_sign(
        &message, settings->lineage != NULL ? settings->lineage : fixture->agreement->lineage,
        fixture->member[signer - 1].identity_secret);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
    kp_round_message_free(&message);
}

static enum kp_status check_claim(const struct fixture *fixture,
                                  const struct claim_settings *settings, uint32_t after)
{
    struct kp_buffer packed = {0};
    struct kp_hello2 hello;
    uint32_t about = 0;
    make_claim(fixture, settings, 7, 0, &packed);
    enum kp_status status =
        kp_check_claim(fixture->agreement, 1, after, &packed, NOW, COUNTER, &about, &hello, NULL);
    CU_ASSERT(status != KP_OK || (about == settings->about && hello.points_root[5] == 7));
    if (status == KP_OK) { /* of this very attempt it isn't a claim */
        CU_ASSERT_EQUAL(kp_check_claim(fixture->agreement, 1, after, &packed, EARLIER, COUNTER,
                                       &about, &hello, NULL),
                        KP_REFUSED);
    }
    kp_buffer_free(&packed);
    return status;
}

static void claims(void)
{
    struct fixture fixture;
    static const uint8_t elsewhere[KP_DIGEST_BYTES] = {3};
    fixture_make(&fixture, &(struct fixture_settings){.members = 3});
    const struct claim_settings good = {
        .about = 3, .counter = COUNTER, .to = KP_PARTY_ALL, .type = KP_MESSAGE_HELLO2};
    CU_ASSERT_EQUAL(check_claim(&fixture, &good, 0), KP_OK);
    CU_ASSERT_EQUAL(check_claim(&fixture, &good, 2), KP_OK);
    CU_ASSERT_EQUAL(check_claim(&fixture, &good, 3), KP_REFUSED); /* two about one member */
    for (int what = 0; what < 6; what++) {
        struct claim_settings bad = good;
        bad.about = what == 0 ? 1 : 3; /* about the claimer */
        bad.counter = what == 1 ? COUNTER - 1 : COUNTER;
        bad.to = what == 2 ? 2 : KP_PARTY_ALL;
        bad.type = what == 3 ? KP_MESSAGE_READY : KP_MESSAGE_HELLO2;
        bad.signer = what == 4 ? 1 : 0; /* forged */
        bad.lineage = what == 5 ? elsewhere : NULL;
        CU_ASSERT_EQUAL(check_claim(&fixture, &bad, 0), KP_REFUSED);
    }
    struct kp_buffer none = {0};
    struct kp_hello2 hello;
    uint32_t about = 0;
    CU_ASSERT_EQUAL(
        kp_check_claim(fixture.agreement, 1, 0, &none, NOW, COUNTER, &about, &hello, NULL),
        KP_REFUSED);
    fixture_free(&fixture);
}

/* Gives member 2's HELLO 1 anew, with these claims in it. */
static void hello1_with_claims(struct play *play, const struct kp_buffer *claims, uint32_t count)
{
    struct kp_round *round = play->round[1];
    struct kp_buffer body = {0}, packed = {0};
    while (kp_round_next(round, &packed)) {
    }
    struct kp_hello1 hello = round->hello1[1];
    for (uint32_t i = 0; i < count; i++) {
        hello.claims[i] = claims[i];
    }
    hello.claim_count = count;
    CU_ASSERT_EQUAL(kp_hello1_pack(&hello, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_round_send(round, KP_MESSAGE_HELLO1, KP_PARTY_ALL, 0, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_buffer_set(&round->packed_hello1[1], round->outgoing->packed.data,
                                  round->outgoing->packed.size),
                    KP_OK);
    kp_buffer_free(&body);
    kp_buffer_free(&packed);
}

/* A round of three in which member 2 claims something about `about`. */
static void play_claim(struct play *play, uint32_t about, uint32_t signer, uint8_t root,
                       bool true_root)
{
    struct kp_buffer claim = {0};
    play_start(play, &(struct fixture_settings){.members = 3, .slots = 2});
    play_again(play, COUNTER);
    const struct claim_settings settings = {.about = about,
                                            .counter = COUNTER,
                                            .to = KP_PARTY_ALL,
                                            .type = KP_MESSAGE_HELLO2,
                                            .signer = signer};
    make_claim(&play->fixture, &settings, root, 0, &claim);
    if (true_root) {
        struct kp_round_message message;
        struct kp_hello2 hello;
        CU_ASSERT_EQUAL(kp_round_message_unpack(&message, claim.data, claim.size, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_hello2_unpack(&hello, &message.body, NULL), KP_OK);
        memcpy(hello.points_root, play->round[about - 1]->hello2[about - 1].points_root, 32);
        CU_ASSERT_EQUAL(kp_hello2_pack(&hello, &message.body, NULL), KP_OK);
        kp_round_message_sign(&message, play->fixture.agreement->lineage,
                              play->fixture.member[about - 1].identity_secret);
        CU_ASSERT_EQUAL(kp_round_message_pack(&message, &claim, NULL), KP_OK);
        kp_round_message_free(&message);
    }
    hello1_with_claims(play, &claim, 1);
    play_run(play);
    kp_buffer_free(&claim);
}

static void true_claims_do_no_harm(void)
{
    struct play play;
    play_claim(&play, 3, 0, 0, true);
    CU_ASSERT_EQUAL(play.refused, 0);
    CU_ASSERT_PTR_NOT_NULL(play.release[0]);
    play_free(&play);
}

static void forged_claims_are_blamed_on_the_claimer(void)
{
    struct play play;
    play_claim(&play, 3, 2, 9, false);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).reason, KP_ABORT_REFUSED);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).members, 2);
    CU_ASSERT_PTR_NULL(play.release[0]);
    play_free(&play);
}

/* Member 3 signed another list for this counter than the one it has now. */
static void another_list_of_its_own(void)
{
    struct play play;
    play_claim(&play, 3, 0, 9, false);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[2]).reason, KP_ABORT_RESTORED);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[2]).members, 4);
    CU_ASSERT(kp_round_own_claim(play.round[2])->size > 0);
    CU_ASSERT_EQUAL(kp_round_own_claim(play.round[0])->size, 0);
    CU_ASSERT_EQUAL(play.told.reason, KP_ABORT_RESTORED);
    CU_ASSERT_EQUAL(play.told_by, 3);
    play_free(&play);
}

/* Member 3 doesn't care: it goes on with another list than the claim's. */
static uint8_t kept_root[KP_DIGEST_BYTES];

static void blind_before(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    (void)packed;
    uint8_t *root = play->round[2]->hello2[2].points_root;
    if (to == 3 && kp_round_phase(play->round[2]) == KP_PHASE_HELLO1) {
        memcpy(kept_root, root, KP_DIGEST_BYTES);
        memset(root, 9, KP_DIGEST_BYTES);
    }
}

static void blind_after(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    (void)packed;
    uint8_t *root = play->round[2]->hello2[2].points_root;
    if (to == 3 && root[0] == 9 && root[31] == 9) {
        memcpy(root, kept_root, KP_DIGEST_BYTES);
    }
}

static void two_lists_for_a_counter(void)
{
    struct play play;
    struct kp_buffer claim = {0};
    play_start(&play, &(struct fixture_settings){.members = 3, .slots = 2});
    play_again(&play, COUNTER);
    const struct claim_settings settings = {
        .about = 3, .counter = COUNTER, .to = KP_PARTY_ALL, .type = KP_MESSAGE_HELLO2};
    make_claim(&play.fixture, &settings, 9, 0, &claim);
    hello1_with_claims(&play, &claim, 1);
    /* The second of the two HELLO 1 moves member 3 to its HELLO 2: let the claim be the first. */
    struct kp_buffer packed = {0};
    CU_ASSERT_FATAL(kp_round_next(play.round[1], &packed));
    for (uint32_t to = 1; to <= 3; to += 2) {
        blind_before(&play, to, NULL);
        CU_ASSERT_EQUAL(play_offer(&play, to, &packed, NULL), KP_OK);
        blind_after(&play, to, NULL);
    }
    play_run(&play);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).reason, KP_ABORT_REFUSED);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).members, 4);
    CU_ASSERT_PTR_NULL(play.release[0]);
    kp_buffer_free(&claim);
    kp_buffer_free(&packed);
    play_free(&play);
}

/* Two others hold two lists of member 1, both signed by it. */
static void claims_that_differ(void)
{
    struct play play;
    struct kp_buffer claim[2] = {0};
    play_start(&play, &(struct fixture_settings){.members = 4, .slots = 1});
    play_again(&play, COUNTER);
    const struct claim_settings settings = {
        .about = 4, .counter = COUNTER, .to = KP_PARTY_ALL, .type = KP_MESSAGE_HELLO2};
    make_claim(&play.fixture, &settings, 1, 0, &claim[0]);
    make_claim(&play.fixture, &settings, 2, 0, &claim[1]);
    struct kp_hello1 hello = {.counter = COUNTER, .round_type = KP_ROUND_MATCH};
    for (uint32_t from = 2; from <= 3; from++) {
        struct kp_round_message message = {
            .type = KP_MESSAGE_HELLO1, .from = from, .to = KP_PARTY_ALL};
        struct kp_buffer packed = {0};
        hello.claims[0] = claim[from - 2];
        hello.claim_count = 1;
        memcpy(message.attempt, play.attempt, KP_ATTEMPT_BYTES);
        CU_ASSERT_EQUAL(kp_hello1_pack(&hello, &message.body, NULL), KP_OK);
        kp_round_message_sign(&message, play.fixture.agreement->lineage,
                              play.fixture.member[from - 1].identity_secret);
        CU_ASSERT_EQUAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
        CU_ASSERT_EQUAL(play_offer(&play, 1, &packed, NULL), from == 2 ? KP_OK : KP_REFUSED);
        kp_round_message_free(&message);
        kp_buffer_free(&packed);
    }
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).members, 8);
    kp_buffer_free(&claim[0]);
    kp_buffer_free(&claim[1]);
    play_free(&play);
}

/* ---- logs and clocks ---- */

static void log_heads(void)
{
    const struct kp_audit_head seen = {.sequence = 5, .hash = {5}};
    struct kp_audit_head now = seen;
    CU_ASSERT_EQUAL(kp_check_log_head(&seen, &now, 1, NULL), KP_OK);
    now.hash[31] = 1; /* a fork */
    CU_ASSERT_EQUAL(kp_check_log_head(&seen, &now, 1, NULL), KP_REFUSED);
    now.sequence = 6;
    CU_ASSERT_EQUAL(kp_check_log_head(&seen, &now, 1, NULL), KP_OK);
    now = (struct kp_audit_head){.sequence = 4};
    CU_ASSERT_EQUAL(kp_check_log_head(&seen, &now, 1, NULL), KP_REFUSED);
}

static void forked_logs_end_the_attempt(void)
{
    for (int what = 0; what < 3; what++) {
        struct play play;
        play_start(&play, &(struct fixture_settings){.members = 2, .slots = 1});
        play.round[0]->settings.seen[1] = (struct kp_audit_head){.sequence = 5, .hash = {5}};
        play.round[1]->settings.log = (struct kp_audit_head){.sequence = 5, .hash = {5}};
        play.round[1]->settings.log.sequence -= what == 1;
        play.round[1]->settings.log.hash[2] ^= what == 2;
        play_run(&play);
        CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).members, what == 0 ? 0 : 2);
        CU_ASSERT_EQUAL(play.release[0] != NULL, what == 0);
        if (what == 0) {
            CU_ASSERT_EQUAL(kp_round_log_head(play.round[0], 2).sequence, 5);
            /* What it saw of the other stands in its own HELLO 2. */
            CU_ASSERT_EQUAL(play.round[1]->hello2[0].seen[1].sequence, 5);
            CU_ASSERT_EQUAL(play.round[1]->hello2[0].seen[0].sequence, 0);
        }
        play_free(&play);
    }
}

static void clocks(void)
{
    CU_ASSERT_EQUAL(kp_check_time(1000, 1000, 1, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_check_time(0, UINT64_MAX, 1, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_check_time(1000 + KP_CLOCK_SKEW_MS, 1000, 1, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_check_time(1001 + KP_CLOCK_SKEW_MS, 1000, 1, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_check_time(UINT64_MAX, 0, 1, NULL), KP_REFUSED);
    struct play play;
    play_start(&play, &(struct fixture_settings){.members = 2, .slots = 1});
    play.round[1]->settings.time = UINT64_MAX;
    play_run(&play);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).members, 2);
    CU_ASSERT_PTR_NULL(play.release[0]);
    play_free(&play);
}

/* ---- pair secrets ---- */

/* Bit 0: member 1 has one with member 2; bit 1: the other way round. */
static void pair_secrets(void)
{
    for (uint32_t have = 0; have < 4; have++) {
        for (int same = 0; same < 2; same++) {
            struct play play;
            struct kp_pairs pairs[2] = {{.mask = have & 1 ? 2 : 0}, {.mask = have & 2 ? 1 : 0}};
            memset(pairs[0].secret[1], 7, KP_PRESHARED_BYTES);
            memset(pairs[1].secret[0], same ? 7 : 8, KP_PRESHARED_BYTES);
            play_start(&play, &(struct fixture_settings){.members = 2, .slots = 1});
            for (uint32_t i = 0; i < 2; i++) {
                play.round[i]->settings.pairs = &pairs[i];
                play.round[i]->hello1[i].preshared = pairs[i].mask;
            }
            struct kp_round *other = play.round[1];
            hello1_with_claims(&play, NULL, 0);
            struct kp_buffer body = {0}, packed = {0};
            while (kp_round_next(play.round[0], &packed)) {
            }
            CU_ASSERT_EQUAL(kp_hello1_pack(&play.round[0]->hello1[0], &body, NULL), KP_OK);
            CU_ASSERT_EQUAL(
                kp_round_send(play.round[0], KP_MESSAGE_HELLO1, KP_PARTY_ALL, 0, &body, NULL),
                KP_OK);
            CU_ASSERT_EQUAL(kp_buffer_set(&play.round[0]->packed_hello1[0],
                                          play.round[0]->outgoing->packed.data,
                                          play.round[0]->outgoing->packed.size),
                            KP_OK);
            play_run(&play);
            bool fits = have == 0 || (have == 3 && same);
            CU_ASSERT_EQUAL(play.release[0] != NULL, fits);
            if (have == 1 || have == 2) {
                CU_ASSERT_EQUAL(kp_round_ended(other).reason, KP_ABORT_DISAGREEMENT);
                CU_ASSERT_EQUAL(kp_round_ended(other).members, 3);
            } else if (!fits) {
                CU_ASSERT(kp_round_unreadable(other) != 0);
            }
            kp_buffer_free(&body);
            kp_buffer_free(&packed);
            play_free(&play);
        }
    }
}

static const struct unit_test TESTS[] = {
    {"claims", claims},
    {"true claims do no harm", true_claims_do_no_harm},
    {"forged claims are blamed on the claimer", forged_claims_are_blamed_on_the_claimer},
    {"another list of its own", another_list_of_its_own},
    {"two lists for a counter", two_lists_for_a_counter},
    {"claims that differ", claims_that_differ},
    {"log heads", log_heads},
    {"forked logs end the attempt", forked_logs_end_the_attempt},
    {"clocks", clocks},
    {"pair secrets", pair_secrets},
};

UNIT_MAIN("round check", TESTS)
