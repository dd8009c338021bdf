/* Agreements: papers that would make a program take part in what its own organisation's officer
 * never signed, or go on with what has ended. Of three members the third, whose officer signs
 * nothing more than the papers say, is the victim. */
#include "proto/dossier.h"
#include "tests/attack/attack.h"
#include "tests/unit/fixture.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#define MEMBERS 3u
#define OUTSIDER 3u
#define NOW (FIXTURE_START + 1000u)

/* A program's papers, and everybody's keys. */
struct papers {
    struct fixture fixture;
    struct kp_dossier *dossier;
    const struct kp_agreement *first;
};

static void start(struct papers *papers)
{
    memset(papers, 0, sizeof(*papers));
    fixture_make(&papers->fixture, &(struct fixture_settings){.members = MEMBERS});
    CU_ASSERT_EQUAL_FATAL(kp_dossier_new(&papers->dossier, papers->fixture.bytes.data,
                                         papers->fixture.bytes.size,
                                         papers->fixture.agreement->hash, NULL),
                          KP_OK);
    papers->first = kp_dossier_current(papers->dossier);
}

static void end(struct papers *papers)
{
    kp_dossier_free(papers->dossier);
    fixture_free(&papers->fixture);
}

/* Adds a paper, which is freed; a refusal is noted. */
static enum kp_status add(struct papers *papers, struct kp_buffer *bytes)
{
    struct kp_error error = {0};
    bool added = false;
    enum kp_status status =
        kp_dossier_add(papers->dossier, bytes->data, bytes->size, &added, &error);
    if (status != KP_OK) {
        attack_told(&error);
    }
    kp_buffer_free(bytes);
    return status;
}

static void decide(struct papers *papers, const struct kp_agreement *version, uint32_t member,
                   enum kp_decision_kind kind, uint64_t time)
{
    struct kp_buffer bytes = {0};
    fixture_decide(&papers->fixture, version, member, kind, time, &bytes);
    (void)!add(papers, &bytes);
}

/* The first `count` members accept. */
static void accept(struct papers *papers, const struct kp_agreement *version, uint32_t count,
                   uint64_t time)
{
    for (uint32_t i = 1; version != NULL && i <= count; i++) {
        decide(papers, version, i, KP_DECISION_ACCEPT, time);
    }
}

/* A version that follows another; NULL when it isn't taken. */
static const struct kp_agreement *follow(struct papers *papers, const struct kp_agreement *previous,
                                         void (*change)(struct kp_agreement *draft))
{
    struct kp_buffer bytes = {0};
    fixture_follow(previous, change, &bytes);
    if (add(papers, &bytes) != KP_OK) {
        return NULL;
    }
    return kp_dossier_paper(papers->dossier, kp_dossier_count(papers->dossier) - 1)->agreement;
}

/* Whether the program takes part, in any version. */
static bool in_force(const struct papers *papers, uint64_t now)
{
    const struct kp_agreement *agreement = NULL;
    struct kp_error error = {0};
    enum kp_status status = kp_dossier_in_force(papers->dossier, now, &agreement, &error);
    if (status != KP_OK) {
        attack_told(&error);
    }
    return status == KP_OK;
}

/* Whether the program moves on to this version. */
static bool moves_on(struct papers *papers, const struct kp_agreement *version, uint64_t now)
{
    return version != NULL && kp_dossier_settle(papers->dossier, now) &&
           kp_dossier_current(papers->dossier) == version && in_force(papers, now);
}

/* ---- the first version ---- */

bool attack_unsigned_agreement(void)
{
    struct papers papers;
    start(&papers);
    bool succeeded = in_force(&papers, NOW);
    end(&papers);
    return succeeded;
}

bool attack_half_signed_agreement(void)
{
    struct papers papers;
    start(&papers);
    accept(&papers, papers.first, MEMBERS - 1, NOW);
    bool succeeded = in_force(&papers, NOW);
    end(&papers);
    return succeeded;
}

/* The last officer only let a count be made; a round of matches is asked for. */
bool attack_match_for_a_count(void)
{
    struct papers papers;
    const struct kp_agreement *agreement = NULL;
    struct kp_error error = {0};
    memset(&papers, 0, sizeof(papers));
    fixture_make(&papers.fixture, &(struct fixture_settings){.members = MEMBERS, .count_first = 1});
    CU_ASSERT_EQUAL_FATAL(kp_dossier_new(&papers.dossier, papers.fixture.bytes.data,
                                         papers.fixture.bytes.size, papers.fixture.agreement->hash,
                                         NULL),
                          KP_OK);
    papers.first = kp_dossier_current(papers.dossier);
    accept(&papers, papers.first, MEMBERS - 1, NOW);
    decide(&papers, papers.first, MEMBERS, KP_DECISION_COUNT, NOW);
    CU_ASSERT_EQUAL(kp_dossier_in_force_for_round(papers.dossier, NOW, 1, &agreement, NULL), KP_OK);
    bool succeeded =
        kp_dossier_in_force_for_round(papers.dossier, NOW, 2, &agreement, &error) == KP_OK;
    attack_told(&error);
    end(&papers);
    return succeeded;
}

/* The missing acceptance is signed by another member's officer. */
bool attack_forged_acceptance(void)
{
    struct papers papers;
    struct kp_decision decision = {.member = OUTSIDER, .kind = KP_DECISION_ACCEPT, .time = NOW};
    struct kp_buffer bytes = {0};
    start(&papers);
    accept(&papers, papers.first, MEMBERS - 1, NOW);
    memcpy(decision.agreement, papers.first->hash, KP_DIGEST_BYTES);
    kp_decision_sign(&decision, papers.fixture.member[0].officer_secret);
    CU_ASSERT_EQUAL_FATAL(kp_decision_pack(&decision, &bytes, NULL), KP_OK);
    (void)!add(&papers, &bytes);
    bool succeeded = in_force(&papers, NOW);
    end(&papers);
    return succeeded;
}

bool attack_expired_agreement(void)
{
    struct papers papers;
    start(&papers);
    accept(&papers, papers.first, MEMBERS, NOW);
    bool succeeded = in_force(&papers, FIXTURE_END);
    end(&papers);
    return succeeded;
}

bool attack_refused_agreement(void)
{
    struct papers papers;
    start(&papers);
    accept(&papers, papers.first, MEMBERS - 1, NOW);
    decide(&papers, papers.first, MEMBERS, KP_DECISION_REFUSE, NOW);
    bool succeeded = in_force(&papers, NOW);
    end(&papers);
    return succeeded;
}

bool attack_revoked_agreement(void)
{
    struct papers papers;
    start(&papers);
    accept(&papers, papers.first, MEMBERS, NOW);
    decide(&papers, papers.first, MEMBERS, KP_DECISION_REVOKE, NOW + 1);
    decide(&papers, papers.first, MEMBERS, KP_DECISION_ACCEPT, NOW + 2); /* no way back */
    bool succeeded = in_force(&papers, NOW + 3);
    end(&papers);
    return succeeded;
}

/* A version that all accepted before, and that comes after the revocation. */
bool attack_extension_after_revocation(void)
{
    struct papers papers;
    start(&papers);
    accept(&papers, papers.first, MEMBERS, NOW);
    const struct kp_agreement *second = follow(&papers, papers.first, NULL);
    decide(&papers, papers.first, MEMBERS, KP_DECISION_REVOKE, NOW + 2);
    accept(&papers, second, MEMBERS, NOW + 1);
    (void)!in_force(&papers, NOW + 3);
    bool succeeded = moves_on(&papers, second, NOW + 3);
    end(&papers);
    return succeeded;
}

/* ---- a later version ---- */

/* All is signed but by the victim's officer, who isn't asked: a version in which the victim isn't.
 */
static bool extend_without_victim(void (*change)(struct kp_agreement *draft))
{
    struct papers papers;
    start(&papers);
    accept(&papers, papers.first, MEMBERS, NOW);
    const struct kp_agreement *second = follow(&papers, papers.first, change);
    accept(&papers, second, MEMBERS - 1, NOW);
    bool succeeded = moves_on(&papers, second, NOW);
    end(&papers);
    return succeeded;
}

static void leave_out(struct kp_agreement *draft)
{
    draft->member_count--;
}

bool attack_member_left_out(void)
{
    return extend_without_victim(leave_out);
}

/* All officers sign, by mistake or under pressure: what a lineage fixes stays, or the quota that
 * was counted in it would mean nothing. */
static bool extend_with_all(void (*change)(struct kp_agreement *draft), uint32_t members)
{
    struct papers papers;
    start(&papers);
    accept(&papers, papers.first, MEMBERS, NOW);
    const struct kp_agreement *second = follow(&papers, papers.first, change);
    accept(&papers, second, members, NOW);
    bool succeeded = moves_on(&papers, second, NOW);
    end(&papers);
    return succeeded;
}

/* Keys of nobody else, for member `member` of the draft. */
static void fresh_keys(struct kp_member *member)
{
    uint8_t secret[KP_SIGN_SECRET_BYTES], box_secret[KP_PAIR_SECRET_BYTES];
    const uint8_t seed[KP_SIGN_SEED_BYTES] = {7};
    kp_sign_keypair(member->identity_key, secret, seed);
    kp_pair_keypair(member->box_key, box_secret);
    memset(member->tls_fingerprint, 7, sizeof(member->tls_fingerprint));
}

static void replace(struct kp_agreement *draft)
{
    struct kp_member *outsider = &draft->members[OUTSIDER - 1];
    fresh_keys(outsider);
    strcpy(outsider->oin, "00000099000000000777");
    strcpy(outsider->name, "outsider");
}

bool attack_member_replaced(void)
{
    return extend_with_all(replace, MEMBERS);
}

/* The outsider's officer is that of a member: two seats at the table, and one more list. */
static void add_member(struct kp_agreement *draft)
{
    const uint8_t seed[KP_SIGN_SEED_BYTES] = {8};
    uint8_t secret[KP_SIGN_SECRET_BYTES];
    draft->members[MEMBERS] = draft->members[0];
    draft->member_count++;
    fresh_keys(&draft->members[MEMBERS]);
    kp_sign_keypair(draft->members[MEMBERS].officer_key, secret, seed);
    strcpy(draft->members[MEMBERS].oin, "00000099000000000777");
    strcpy(draft->members[MEMBERS].name, "outsider");
}

/* Nobody could accept for the added member, whom the version before doesn't have. */
bool attack_member_added(void)
{
    return extend_with_all(add_member, MEMBERS);
}

static void more_slots(struct kp_agreement *draft)
{
    draft->slots *= 2;
}

bool attack_more_slots_by_extension(void)
{
    return extend_with_all(more_slots, MEMBERS);
}

static void no_dpia(struct kp_agreement *draft)
{
    draft->members[OUTSIDER - 1].dpia[0] = '\0';
}

bool attack_incomplete_extension(void)
{
    struct papers papers;
    struct kp_error error = {0};
    start(&papers);
    accept(&papers, papers.first, MEMBERS, NOW);
    const struct kp_agreement *second = follow(&papers, papers.first, no_dpia);
    accept(&papers, second, MEMBERS, NOW);
    if (kp_agreement_check_complete(second, &error) != KP_OK) {
        attack_told(&error);
    }
    bool succeeded = moves_on(&papers, second, NOW);
    end(&papers);
    return succeeded;
}

/* ---- who signs ---- */

static uint8_t own_secrets[MEMBERS][KP_SIGN_SECRET_BYTES];

static void own_officers(struct kp_agreement *draft)
{
    for (uint32_t i = 0; i < MEMBERS; i++) {
        const uint8_t seed[KP_SIGN_SEED_BYTES] = {9, (uint8_t)i};
        kp_sign_keypair(draft->members[i].officer_key, own_secrets[i], seed);
    }
}

/* A version with officers of the attacker's own, who accept it. */
bool attack_replaced_officers(void)
{
    struct papers papers;
    start(&papers);
    accept(&papers, papers.first, MEMBERS, NOW);
    const struct kp_agreement *second = follow(&papers, papers.first, own_officers);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        struct kp_decision decision = {.member = i, .kind = KP_DECISION_ACCEPT, .time = NOW};
        struct kp_buffer bytes = {0};
        memcpy(decision.agreement, second->hash, KP_DIGEST_BYTES);
        kp_decision_sign(&decision, own_secrets[i - 1]);
        CU_ASSERT_EQUAL_FATAL(kp_decision_pack(&decision, &bytes, NULL), KP_OK);
        (void)!add(&papers, &bytes);
    }
    bool succeeded = moves_on(&papers, second, NOW);
    end(&papers);
    return succeeded;
}

/* ---- when ---- */

static bool extend_after_the_end(uint64_t dated)
{
    struct papers papers;
    struct kp_error error = {0};
    start(&papers);
    accept(&papers, papers.first, MEMBERS, NOW);
    const struct kp_agreement *second = follow(&papers, papers.first, NULL);
    accept(&papers, second, MEMBERS, dated);
    if (kp_dossier_check_dates(papers.dossier, second, papers.first, &error) != KP_OK ||
        kp_dossier_check_open(papers.first, FIXTURE_END + 1, &error) != KP_OK) {
        attack_told(&error);
    }
    bool succeeded = moves_on(&papers, second, FIXTURE_END + 1);
    end(&papers);
    return succeeded;
}

bool attack_extension_after_the_end(void)
{
    return extend_after_the_end(FIXTURE_END);
}

bool attack_backdated_extension(void)
{
    return extend_after_the_end(FIXTURE_END - 1);
}

/* ---- forks ---- */

static void later_end(struct kp_agreement *draft)
{
    draft->end++;
}

/* Two versions 2, each accepted by all: some programs would go on with one, some with the other. */
bool attack_forked_agreement(void)
{
    struct papers papers;
    struct kp_error error = {0};
    start(&papers);
    accept(&papers, papers.first, MEMBERS, NOW);
    const struct kp_agreement *one = follow(&papers, papers.first, NULL);
    const struct kp_agreement *other = follow(&papers, papers.first, later_end);
    accept(&papers, one, MEMBERS, NOW);
    accept(&papers, other, MEMBERS, NOW);
    if (kp_dossier_check_no_fork(papers.dossier, one, &error) != KP_OK) {
        attack_told(&error);
    }
    bool succeeded = moves_on(&papers, one, NOW);
    end(&papers);
    return succeeded;
}

/* After an extension, back to the version before it. */
bool attack_old_version(void)
{
    struct papers papers;
    struct kp_error error = {0};
    start(&papers);
    accept(&papers, papers.first, MEMBERS, NOW);
    const struct kp_agreement *second = follow(&papers, papers.first, NULL);
    accept(&papers, second, MEMBERS, NOW);
    CU_ASSERT_EQUAL_FATAL(kp_dossier_resume(papers.dossier, second->hash, NULL), KP_OK);
    if (kp_dossier_check_follows(papers.dossier, papers.first, &error) != KP_OK) {
        attack_told(&error);
    }
    bool succeeded = kp_dossier_next(papers.dossier, NOW) == papers.first;
    end(&papers);
    return succeeded;
}

/* ---- bytes ---- */

/* The program's configuration names a first version; it is given another one. */
bool attack_replaced_agreement(void)
{
    struct papers papers;
    struct fixture other;
    struct kp_dossier *dossier = NULL;
    struct kp_error error = {0};
    start(&papers);
    fixture_make(&other, &(struct fixture_settings){.members = 2});
    enum kp_status status =
        kp_dossier_new(&dossier, other.bytes.data, other.bytes.size, papers.first->hash, &error);
    if (status != KP_OK) {
        attack_told(&error);
    }
    kp_dossier_free(dossier);
    fixture_free(&other);
    end(&papers);
    return status == KP_OK;
}

/* The same content in another form: of one text two hashes, and so two agreements. */
bool attack_non_canonical_agreement(void)
{
    struct papers papers;
    struct kp_agreement *agreement = NULL;
    struct kp_buffer bytes = {0};
    struct kp_error error = {0};
    start(&papers);
    const struct kp_buffer *canonical = &papers.fixture.bytes;
    CU_ASSERT_FATAL(canonical->data[0] == 0x08 && canonical->data[1] == 1);
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&bytes, "\x08\x81", 2), KP_OK); /* 1, in two bytes */
    CU_ASSERT_EQUAL_FATAL(kp_buffer_append(&bytes, "\x00", 1), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_buffer_append(&bytes, canonical->data + 2, canonical->size - 2),
                          KP_OK);
    enum kp_status status = kp_agreement_parse(&agreement, bytes.data, bytes.size, &error);
    bool succeeded = status == KP_OK && agreement->version == papers.first->version &&
                     strcmp(agreement->purpose, papers.first->purpose) == 0 &&
                     memcmp(agreement->hash, papers.first->hash, KP_DIGEST_BYTES) != 0;
    if (status != KP_OK) {
        attack_told(&error);
    }
    kp_agreement_free(agreement);
    kp_buffer_free(&bytes);
    end(&papers);
    return succeeded;
}

/* Over the network anybody may bring papers: one that no officer decided about takes up room. */
bool attack_flood_of_versions(void)
{
    struct papers papers;
    struct kp_buffer version = {0}, decision = {0};
    struct kp_decision forged = {.member = 1, .kind = KP_DECISION_ACCEPT, .time = NOW};
    struct kp_agreement *parsed = NULL;
    struct kp_error error = {0};
    size_t added = 0;
    start(&papers);
    fixture_follow(papers.first, later_end, &version);
    CU_ASSERT_EQUAL_FATAL(kp_agreement_parse(&parsed, version.data, version.size, NULL), KP_OK);
    memcpy(forged.agreement, parsed->hash, KP_DIGEST_BYTES);
    kp_decision_sign(&forged, papers.fixture.member[0].identity_secret); /* no officer's */
    CU_ASSERT_EQUAL_FATAL(kp_decision_pack(&forged, &decision, NULL), KP_OK);
    const struct kp_paper_bytes list[] = {{version.data, version.size},
                                          {decision.data, decision.size}};
    if (kp_dossier_add_shared(papers.dossier, list, 2, &added, &error) != KP_OK) {
        attack_told(&error);
    }
    kp_agreement_free(parsed);
    kp_buffer_free(&version);
    kp_buffer_free(&decision);
    end(&papers);
    return added > 0;
}
