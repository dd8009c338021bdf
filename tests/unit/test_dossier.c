#include "proto/dossier.h"

#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define MEMBERS 3
#define NOW (FIXTURE_START + 1000)

static struct fixture fixture;
static struct kp_dossier *dossier;

static void start(void)
{
    struct kp_error error = {0};
    fixture_make(&fixture, &(struct fixture_settings){.members = MEMBERS});
    CU_ASSERT_EQUAL_FATAL(kp_dossier_new(&dossier, fixture.bytes.data, fixture.bytes.size,
                                         fixture.agreement->hash, &error),
                          KP_OK);
}

static void end(void)
{
    kp_dossier_free(dossier);
    dossier = NULL;
    fixture_free(&fixture);
}

/* Adds bytes, which are freed; whether they are new. */
static bool add(struct kp_buffer *bytes)
{
    bool added = false;
    struct kp_error error = {0};
    enum kp_status status = kp_dossier_add(dossier, bytes->data, bytes->size, &added, &error);
    if (status != KP_OK) {
        fprintf(stderr, "%s\n", error.text);
    }
    CU_ASSERT_EQUAL(status, KP_OK);
    kp_buffer_free(bytes);
    return added;
}

static void expect_refused(struct kp_buffer *bytes, const char *words)
{
    bool added = true;
    struct kp_error error = {0};
    size_t before = kp_dossier_count(dossier);
    CU_ASSERT_EQUAL(kp_dossier_add(dossier, bytes->data, bytes->size, &added, &error), KP_REFUSED);
    if (strstr(error.text, words) == NULL) {
        fprintf(stderr, "no '%s' in: %s\n", words, error.text);
        CU_FAIL("the error's text");
    }
    CU_ASSERT_FALSE(added);
    CU_ASSERT_EQUAL(kp_dossier_count(dossier), before);
    kp_buffer_free(bytes);
}

static bool decide(const struct kp_agreement *version, uint32_t member, enum kp_decision_kind kind,
                   uint64_t time)
{
    struct kp_buffer bytes = {0};
    fixture_decide(&fixture, version, member, kind, time, &bytes);
    return add(&bytes);
}

static void all_accept(const struct kp_agreement *version, uint64_t time)
{
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT_TRUE(decide(version, i, KP_DECISION_ACCEPT, time));
    }
}

/* A version that follows another, added. */
static const struct kp_agreement *follow(const struct kp_agreement *previous,
                                         void (*change)(struct kp_agreement *draft))
{
    struct kp_buffer bytes = {0};
    fixture_follow(previous, change, &bytes);
    CU_ASSERT_TRUE_FATAL(add(&bytes));
    return kp_dossier_paper(dossier, kp_dossier_count(dossier) - 1)->agreement;
}

static void in_force(uint64_t now, const struct kp_agreement *expected, const char *words)
{
    const struct kp_agreement *found = NULL;
    struct kp_error error = {0};
    enum kp_status status = kp_dossier_in_force(dossier, now, &found, &error);
    CU_ASSERT_EQUAL(status, expected != NULL ? KP_OK : KP_REFUSED);
    CU_ASSERT_PTR_EQUAL(found, expected);
    if (strstr(error.text, words) == NULL) {
        fprintf(stderr, "no '%s' in: %s\n", words, error.text);
        CU_FAIL("the error's text");
    }
}

static void half_signed(void)
{
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    in_force(NOW, NULL, "version 1 is not accepted by m1, m2, m3");
    CU_ASSERT_TRUE(decide(first, 2, KP_DECISION_ACCEPT, NOW));
    in_force(NOW, NULL, "version 1 is not accepted by m1, m3");
    CU_ASSERT_TRUE(decide(first, 1, KP_DECISION_ACCEPT, NOW));
    CU_ASSERT_TRUE(decide(first, 3, KP_DECISION_ACCEPT, NOW));
    in_force(NOW, first, "");
    CU_ASSERT_FALSE(decide(first, 3, KP_DECISION_ACCEPT, NOW)); /* it is there */
    CU_ASSERT_EQUAL(kp_dossier_count(dossier), 4);
    in_force(FIXTURE_START - 1, NULL, "term begins");
    in_force(FIXTURE_END, NULL, "term ended");
    CU_ASSERT_FALSE(kp_dossier_settle(dossier, NOW));
    end();
}

static void refused_and_revoked(void)
{
    static const enum kp_decision_kind kinds[] = {KP_DECISION_REFUSE, KP_DECISION_REVOKE};
    static const char *const words[] = {"is revoked by m2", "is revoked by m2"};
    for (size_t i = 0; i < 2; i++) {
        start();
        const struct kp_agreement *first = kp_dossier_current(dossier);
        all_accept(first, NOW);
        in_force(NOW, first, "");
        CU_ASSERT_TRUE(decide(first, 2, kinds[i], NOW + 5));
        in_force(NOW, NULL, words[i]);
        /* Final: another acceptance changes nothing. */
        (void)decide(first, 2, KP_DECISION_ACCEPT, NOW + 9);
        in_force(NOW, NULL, words[i]);
        end();
    }
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    CU_ASSERT_TRUE(decide(first, 3, KP_DECISION_REFUSE, NOW));
    CU_ASSERT_TRUE(decide(first, 1, KP_DECISION_ACCEPT, NOW));
    in_force(NOW, NULL, "version 1 is refused by m3");
    end();
}

/* The counter's version in force, or words. */
static void for_round(uint64_t counter, const struct kp_agreement *expected, const char *words)
{
    const struct kp_agreement *found = NULL;
    struct kp_error error = {0};
    enum kp_status status = kp_dossier_in_force_for_round(dossier, NOW, counter, &found, &error);
    CU_ASSERT_EQUAL(status, expected != NULL ? KP_OK : KP_REFUSED);
    CU_ASSERT_PTR_EQUAL(found, expected);
    if (strstr(error.text, words) == NULL) {
        fprintf(stderr, "no '%s' in: %s\n", words, error.text);
        CU_FAIL("the error's text");
    }
}

static void start_counting(void)
{
    fixture_make(&fixture, &(struct fixture_settings){.members = MEMBERS, .count_first = 1});
    CU_ASSERT_EQUAL_FATAL(kp_dossier_new(&dossier, fixture.bytes.data, fixture.bytes.size,
                                         fixture.agreement->hash, NULL),
                          KP_OK);
}

/* Counting is all that such a decision allows, in whatever order others come. */
static void counted(void)
{
    start_counting();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    CU_ASSERT_TRUE(decide(first, 1, KP_DECISION_COUNT, NOW));
    CU_ASSERT_TRUE(decide(first, 2, KP_DECISION_ACCEPT, NOW));
    for_round(1, NULL, "neither that nor all of it is accepted by m3");
    CU_ASSERT_TRUE(decide(first, 3, KP_DECISION_COUNT, NOW));
    for_round(1, first, "");
    for_round(2, NULL, "version 1 is not accepted by m1, m3");
    in_force(NOW, NULL, "version 1 is not accepted by m1, m3");
    CU_ASSERT_FALSE(decide(first, 3, KP_DECISION_COUNT, NOW + 1)); /* it is there */
    const struct kp_agreement *second = follow(first, NULL);
    all_accept(second, NOW);
    CU_ASSERT_FALSE(kp_dossier_settle(dossier, NOW)); /* the first isn't accepted by all */
    CU_ASSERT_TRUE(decide(first, 1, KP_DECISION_ACCEPT, NOW + 2));
    CU_ASSERT_TRUE(decide(first, 3, KP_DECISION_ACCEPT, NOW + 2));
    for_round(2, first, "");
    in_force(NOW, first, "");
    CU_ASSERT_TRUE(kp_dossier_settle(dossier, NOW));
    struct kp_buffer bytes = {0};
    fixture_decide(&fixture, second, 1, KP_DECISION_COUNT, NOW, &bytes);
    expect_refused(&bytes, "under version 2 nothing is counted");
    end();
}

static void counted_and_stopped(void)
{
    static const enum kp_decision_kind kinds[] = {KP_DECISION_REFUSE, KP_DECISION_REVOKE};
    static const char *const words[] = {"is refused by m2", "is revoked by m2"};
    for (size_t i = 0; i < 2; i++) {
        start_counting();
        const struct kp_agreement *first = kp_dossier_current(dossier);
        for (uint32_t j = 1; j <= MEMBERS; j++) {
            CU_ASSERT_TRUE(decide(first, j, KP_DECISION_COUNT, NOW));
        }
        for_round(1, first, "");
        CU_ASSERT_TRUE(decide(first, 2, kinds[i], NOW));
        for_round(1, NULL, words[i]);
        end();
    }
    start(); /* an agreement without such a round */
    struct kp_buffer bytes = {0};
    fixture_decide(&fixture, fixture.agreement, 1, KP_DECISION_COUNT, NOW, &bytes);
    expect_refused(&bytes, "under version 1 nothing is counted");
    end();
}

static void leave_out_dpia(struct kp_agreement *draft)
{
    draft->members[1].dpia[0] = '\0';
}

static void incomplete(void)
{
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    all_accept(first, NOW);
    const struct kp_agreement *second = follow(first, leave_out_dpia);
    all_accept(second, NOW);
    CU_ASSERT_FALSE(kp_dossier_settle(dossier, NOW));
    in_force(NOW, first, "");
    end();
}

static void replaced(void)
{
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    all_accept(first, NOW);
    const struct kp_agreement *second = follow(first, NULL);
    CU_ASSERT_PTR_EQUAL(kp_dossier_before(dossier, second), first);
    CU_ASSERT_PTR_NULL(kp_dossier_before(dossier, first));
    CU_ASSERT_FALSE(kp_dossier_settle(dossier, NOW));
    for (uint32_t i = 1; i < MEMBERS; i++) {
        CU_ASSERT_TRUE(decide(second, i, KP_DECISION_ACCEPT, NOW));
        CU_ASSERT_FALSE(kp_dossier_settle(dossier, NOW));
    }
    CU_ASSERT_TRUE(decide(second, MEMBERS, KP_DECISION_ACCEPT, NOW));
    CU_ASSERT_FALSE(kp_dossier_settle(dossier, FIXTURE_END)); /* too late */
    CU_ASSERT_PTR_EQUAL(kp_dossier_next(dossier, NOW), second);
    CU_ASSERT_TRUE(kp_dossier_settle(dossier, FIXTURE_END - 1));
    CU_ASSERT_PTR_EQUAL(kp_dossier_current(dossier), second);
    in_force(FIXTURE_END + 1, second, "");
    CU_ASSERT_FALSE(kp_dossier_settle(dossier, NOW));

    /* A sibling of what is in force never comes into force. */
    struct kp_buffer bytes = {0};
    fixture_follow(first, leave_out_dpia, &bytes);
    CU_ASSERT_TRUE(add(&bytes));
    /* After a restart it goes on from where it was. */
    CU_ASSERT_EQUAL(kp_dossier_resume(dossier, first->hash, NULL), KP_OK);
    CU_ASSERT_PTR_EQUAL(kp_dossier_current(dossier), first);
    CU_ASSERT_EQUAL(kp_dossier_resume(dossier, second->hash, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_dossier_resume(dossier, (const uint8_t[32]){1}, NULL), KP_REFUSED);
    in_force(NOW, second, "");
    end();
}

static void late_signature(void)
{
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    all_accept(first, NOW);
    const struct kp_agreement *second = follow(first, NULL);
    CU_ASSERT_TRUE(decide(second, 1, KP_DECISION_ACCEPT, NOW));
    CU_ASSERT_TRUE(decide(second, 2, KP_DECISION_ACCEPT, NOW));
    CU_ASSERT_TRUE(decide(second, 3, KP_DECISION_ACCEPT, FIXTURE_END));
    struct kp_error error = {0};
    CU_ASSERT_EQUAL(kp_dossier_check_dates(dossier, second, first, &error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "accepted by m3 only after the end of version 1"));
    CU_ASSERT_FALSE(kp_dossier_settle(dossier, NOW));
    in_force(FIXTURE_END, NULL, "term ended");
    end();
}

/* In every order of arrival a revocation stops the lineage, and a refusal of what isn't in force
 * stops only that. */
static void revoked_in_any_order(void)
{
    for (int revoke_first = 0; revoke_first < 2; revoke_first++) {
        for (int which = 0; which < 2; which++) {
            start();
            const struct kp_agreement *first = kp_dossier_current(dossier);
            all_accept(first, NOW);
            const struct kp_agreement *second = follow(first, NULL);
            const struct kp_agreement *revoked = which == 0 ? first : second;
            if (revoke_first == 1) {
                CU_ASSERT_TRUE(decide(revoked, 1, KP_DECISION_REVOKE, NOW));
            }
            all_accept(second, NOW);
            CU_ASSERT_EQUAL(kp_dossier_settle(dossier, NOW), revoke_first == 0);
            if (revoke_first == 0) {
                CU_ASSERT_TRUE(decide(revoked, 1, KP_DECISION_REVOKE, NOW));
            }
            in_force(NOW, NULL, "revoked by m1");
            end();
        }
    }
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    all_accept(first, NOW);
    const struct kp_agreement *second = follow(first, NULL);
    CU_ASSERT_TRUE(decide(second, 1, KP_DECISION_ACCEPT, NOW));
    CU_ASSERT_TRUE(decide(second, 2, KP_DECISION_ACCEPT, NOW));
    CU_ASSERT_TRUE(decide(second, 3, KP_DECISION_REFUSE, NOW));
    CU_ASSERT_FALSE(kp_dossier_settle(dossier, NOW));
    in_force(NOW, first, "");
    end();
}

static void longer_end(struct kp_agreement *draft)
{
    draft->end++;
}

static void forked(void)
{
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    all_accept(first, NOW);
    const struct kp_agreement *one = follow(first, NULL);
    const struct kp_agreement *other = follow(first, longer_end);
    all_accept(one, NOW);
    all_accept(other, NOW);
    struct kp_error error = {0};
    CU_ASSERT_EQUAL(kp_dossier_check_no_fork(dossier, one, &error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "two versions 2"));
    CU_ASSERT_FALSE(kp_dossier_settle(dossier, NOW));
    in_force(NOW, first, "");
    end();

    start();
    first = kp_dossier_current(dossier);
    all_accept(first, NOW);
    one = follow(first, NULL);
    all_accept(one, NOW);
    CU_ASSERT_TRUE(kp_dossier_settle(dossier, NOW));
    other = follow(first, longer_end);
    all_accept(other, NOW);
    CU_ASSERT_FALSE(kp_dossier_settle(dossier, NOW));
    CU_ASSERT_EQUAL(kp_dossier_check_follows(dossier, other, &error), KP_REFUSED);
    in_force(NOW, one, "");
    end();
}

/* ---- officers ---- */

static uint8_t new_keys[MEMBERS][KP_SIGN_PUBLIC_BYTES];
static uint8_t new_secrets[MEMBERS][KP_SIGN_SECRET_BYTES];

static void other_officers(struct kp_agreement *draft)
{
    for (uint32_t i = 0; i < MEMBERS; i++) {
        const uint8_t seed[KP_SIGN_SEED_BYTES] = {9, (uint8_t)i};
        kp_sign_keypair(new_keys[i], new_secrets[i], seed);
        memcpy(draft->members[i].officer_key, new_keys[i], sizeof(new_keys[i]));
    }
}

static void by_new_officer(struct kp_buffer *out, const struct kp_agreement *version,
                           uint32_t member, enum kp_decision_kind kind)
{
    struct kp_decision decision = {.member = member, .kind = kind, .time = NOW};
    memcpy(decision.agreement, version->hash, sizeof(decision.agreement));
    kp_decision_sign(&decision, new_secrets[member - 1]);
    CU_ASSERT_EQUAL_FATAL(kp_decision_pack(&decision, out, NULL), KP_OK);
}

/* Nobody brings in a version with officers of its own. */
static void replaced_officers(void)
{
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    all_accept(first, NOW);
    const struct kp_agreement *second = follow(first, other_officers);
    struct kp_buffer bytes = {0};
    by_new_officer(&bytes, second, 1, KP_DECISION_ACCEPT);
    expect_refused(&bytes, "isn't signed with the officer_key");
    by_new_officer(&bytes, second, 1, KP_DECISION_REFUSE);
    expect_refused(&bytes, "isn't signed with the officer_key");
    /* A revocation by them counts once the version that names them is accepted by all. */
    by_new_officer(&bytes, second, 1, KP_DECISION_REVOKE);
    CU_ASSERT_TRUE(add(&bytes));
    in_force(NOW, first, "");
    all_accept(second, NOW);
    in_force(NOW, NULL, "version 2 is revoked by m1");
    end();

    start();
    first = kp_dossier_current(dossier);
    all_accept(first, NOW);
    second = follow(first, other_officers);
    all_accept(second, NOW);
    CU_ASSERT_TRUE(kp_dossier_settle(dossier, NOW));
    by_new_officer(&bytes, second, 3, KP_DECISION_REVOKE);
    CU_ASSERT_TRUE(add(&bytes));
    in_force(NOW, NULL, "version 2 is revoked by m3");
    end();
}

static void wrong_papers(void)
{
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    struct kp_buffer bytes = {0};
    /* Of another agreement. */
    struct fixture other;
    fixture_make(&other, &(struct fixture_settings){.members = MEMBERS});
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&bytes, other.bytes.data, other.bytes.size), KP_OK);
    expect_refused(&bytes, "the first version of another agreement");
    fixture_follow(other.agreement, NULL, &bytes);
    expect_refused(&bytes, "follows a version that isn't known");
    fixture_decide(&other, other.agreement, 1, KP_DECISION_ACCEPT, NOW, &bytes);
    expect_refused(&bytes, "about a version that isn't known");
    /* Signed by somebody else's officer, and for a member that there isn't. */
    fixture_decide(&other, first, 1, KP_DECISION_ACCEPT, NOW, &bytes);
    expect_refused(&bytes, "isn't signed with the officer_key");
    fixture_decide(&fixture, first, MEMBERS + 1, KP_DECISION_ACCEPT, NOW, &bytes);
    expect_refused(&bytes, "whom the agreement lacks");
    /* Changes what is fixed. */
    fixture_follow(first, NULL, &bytes);
    bytes.data[bytes.size - 1] ^= 0x80;
    expect_refused(&bytes, "");
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&bytes, "nonsense", 8), KP_OK);
    expect_refused(&bytes, "");
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&bytes, "\x0anonsense", 9), KP_OK);
    expect_refused(&bytes, "");
    fixture_free(&other);

    struct kp_dossier *wrong = NULL;
    fixture_follow(first, NULL, &bytes);
    CU_ASSERT_EQUAL(kp_dossier_new(&wrong, bytes.data, bytes.size, NULL, NULL), KP_REFUSED);
    CU_ASSERT_PTR_NULL(wrong);
    CU_ASSERT_EQUAL(kp_dossier_new(&wrong, fixture.bytes.data, fixture.bytes.size,
                                   (const uint8_t[32]){1}, NULL),
                    KP_REFUSED);
    kp_dossier_free(NULL);
    kp_buffer_free(&bytes);
    end();
}

/* Of two decisions of one kind the first stays: whoever signs again and again changes nothing. */
static void twice(void)
{
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    CU_ASSERT_TRUE(decide(first, 1, KP_DECISION_ACCEPT, NOW + 5));
    for (uint64_t i = 0; i < 4; i++) {
        CU_ASSERT_FALSE(decide(first, 1, KP_DECISION_ACCEPT, NOW + 6 - i));
    }
    CU_ASSERT_EQUAL(kp_dossier_count(dossier), 2);
    CU_ASSERT_EQUAL(kp_dossier_decision(dossier, first, 1, KP_DECISION_ACCEPT)->time, NOW + 5);
    const struct kp_paper *paper = kp_dossier_paper(dossier, 1);
    CU_ASSERT_PTR_EQUAL(kp_dossier_find(dossier, paper->digest), paper);
    /* The room for others stays. */
    CU_ASSERT_TRUE(decide(first, 1, KP_DECISION_REVOKE, NOW));
    CU_ASSERT_FALSE(decide(first, 1, KP_DECISION_REVOKE, NOW - 1));
    end();
}

/* An acceptance of an extension that is too late makes place for one in time, once. */
static void late_then_in_time(void)
{
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    const struct kp_agreement *next = follow(first, NULL);
    CU_ASSERT_TRUE(decide(next, 1, KP_DECISION_ACCEPT, first->end));
    CU_ASSERT_TRUE(decide(next, 1, KP_DECISION_ACCEPT, first->end - 1));
    CU_ASSERT_FALSE(decide(next, 1, KP_DECISION_ACCEPT, first->end - 2));
    CU_ASSERT_EQUAL(kp_dossier_decision(dossier, next, 1, KP_DECISION_ACCEPT)->time,
                    first->end - 1);
    end();
}

static uint64_t different;

static void another_end(struct kp_agreement *draft)
{
    draft->end += different++;
}

static void limits(void)
{
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    for (uint32_t i = 1; i < KP_DOSSIER_VERSIONS_MAX; i++) {
        (void)follow(first, another_end);
    }
    struct kp_buffer bytes = {0};
    fixture_follow(first, another_end, &bytes);
    expect_refused(&bytes, "16 versions already");
    end();
}

/* ---- from others ---- */

static enum kp_status share(struct kp_buffer *papers, size_t count, size_t *added)
{
    struct kp_paper_bytes list[8];
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct kp_paper_bytes){papers[i].data, papers[i].size};
    }
    return kp_dossier_add_shared(dossier, list, count, added, NULL);
}

static void shared(void)
{
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    all_accept(first, NOW);
    struct kp_buffer papers[5] = {0};
    struct kp_agreement *second = NULL, *other = NULL;
    size_t added = 0;
    fixture_follow(first, NULL, &papers[2]);
    fixture_follow(first, longer_end, &papers[3]);
    CU_ASSERT_EQUAL_FATAL(kp_agreement_parse(&second, papers[2].data, papers[2].size, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_agreement_parse(&other, papers[3].data, papers[3].size, NULL), KP_OK);
    /* Alone, or with a decision of a stranger, a version isn't taken. */
    CU_ASSERT_EQUAL(share(&papers[2], 1, &added), KP_REFUSED);
    struct fixture strangers;
    fixture_make(&strangers, &(struct fixture_settings){.members = MEMBERS});
    fixture_decide(&strangers, second, 1, KP_DECISION_ACCEPT, NOW, &papers[1]);
    CU_ASSERT_EQUAL(share(&papers[1], 2, &added), KP_REFUSED);
    CU_ASSERT_EQUAL(added, 0);
    /* With an officer's it is, in any order; its other decisions come along. */
    fixture_decide(&fixture, second, 1, KP_DECISION_ACCEPT, NOW, &papers[1]);
    fixture_decide(&fixture, second, 2, KP_DECISION_ACCEPT, NOW, &papers[0]);
    CU_ASSERT_EQUAL(share(papers, 3, &added), KP_OK);
    CU_ASSERT_EQUAL(added, 3);
    CU_ASSERT_EQUAL(share(papers, 3, &added), KP_OK);
    CU_ASSERT_EQUAL(added, 0);
    /* The same officer brings no second one as long as the first is open. */
    fixture_decide(&fixture, other, 1, KP_DECISION_ACCEPT, NOW, &papers[4]);
    CU_ASSERT_EQUAL(share(&papers[3], 2, &added), KP_REFUSED);
    fixture_decide(&fixture, second, 3, KP_DECISION_REFUSE, NOW, &papers[0]);
    CU_ASSERT_EQUAL(share(papers, 1, &added), KP_OK);
    CU_ASSERT_EQUAL(share(&papers[3], 2, &added), KP_OK);
    CU_ASSERT_EQUAL(added, 2);
    kp_agreement_free(second);
    kp_agreement_free(other);
    for (size_t i = 0; i < 5; i++) {
        kp_buffer_free(&papers[i]);
    }
    fixture_free(&strangers);
    end();
}

/* All papers of one dossier, backwards, make another one that judges alike. */
static void copied(void)
{
    start();
    const struct kp_agreement *first = kp_dossier_current(dossier);
    all_accept(first, NOW);
    const struct kp_agreement *second = follow(first, NULL);
    all_accept(second, NOW);
    const struct kp_agreement *third = follow(second, NULL);
    all_accept(third, NOW);
    CU_ASSERT_TRUE(kp_dossier_settle(dossier, NOW)); /* two steps at once */
    CU_ASSERT_PTR_EQUAL(kp_dossier_current(dossier), third);

    struct kp_paper_bytes papers[16];
    size_t count = kp_dossier_count(dossier), added = 0;
    for (size_t i = 0; i < count; i++) {
        const struct kp_paper *paper = kp_dossier_paper(dossier, count - 1 - i);
        papers[i] = (struct kp_paper_bytes){paper->bytes, paper->size};
    }
    struct kp_dossier *copy = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_dossier_new(&copy, fixture.bytes.data, fixture.bytes.size, NULL, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL(kp_dossier_add_all(copy, papers, count, &added, NULL), KP_OK);
    CU_ASSERT_EQUAL(added, count - 1);
    CU_ASSERT_TRUE(kp_dossier_settle(copy, NOW));
    CU_ASSERT_EQUAL(memcmp(kp_dossier_current(copy)->hash, third->hash, KP_DIGEST_BYTES), 0);
    kp_dossier_free(copy);
    end();
}

static const struct unit_test tests[] = {
    {"half signed, then signed by all", half_signed},
    {"refused, revoked", refused_and_revoked},
    {"decisions that let be counted", counted},
    {"counting that is refused or revoked", counted_and_stopped},
    {"incomplete for the law", incomplete},
    {"a later version", replaced},
    {"a signature after the end", late_signature},
    {"revocations in any order", revoked_in_any_order},
    {"forks", forked},
    {"officers that a version names itself", replaced_officers},
    {"papers that don't belong here", wrong_papers},
    {"two decisions of one kind", twice},
    {"too late, then in time", late_then_in_time},
    {"limits", limits},
    {"papers from other programs", shared},
    {"a copy judges alike", copied},
};
UNIT_MAIN("dossier", tests)
