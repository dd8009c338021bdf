#include "proto/agreement.h"

#include "crypto/pair.h"
#include "crypto/sign.h"
#include "proto/file.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMBERS 3
#define MUTATIONS 20000

/* ---- an agreement with every field in use ---- */

static void fill_member(struct kp_member *member, uint32_t number)
{
    static const char *const names[] = {"uwv", "tax", "svb-3.nl_x"};
    uint8_t seed[KP_SIGN_SEED_BYTES];
    uint8_t secret[KP_SIGN_SECRET_BYTES];
    randombytes_buf(seed, sizeof(seed));
    kp_sign_keypair(member->identity_key, secret, seed);
    randombytes_buf(seed, sizeof(seed));
    kp_sign_keypair(member->officer_key, secret, seed);
    strcpy(member->officer, "De directeur");
    kp_pair_keypair(member->box_key, secret);
    randombytes_buf(member->tls_fingerprint, sizeof(member->tls_fingerprint));
    strcpy(member->name, names[number - 1]);
    snprintf(member->title, sizeof(member->title), "Sociëteit %u", number);
    snprintf(member->oin, sizeof(member->oin), KP_OIN_TEST_PREFIX "%012u", number);
    strcpy(member->dpia, "DPIA 2027-14");
    strcpy(member->dpo, "FG van het lid");
    member->role = KP_ROLE_CONTRIBUTES;
    member->indicators = calloc(KP_INDICATORS_MAX + 1, sizeof(*member->indicators));
    CU_ASSERT_PTR_NOT_NULL_FATAL(member->indicators);
    member->indicator_count = 2;
    for (size_t i = 0; i < KP_INDICATORS_MAX + 1; i++) {
        snprintf(member->indicators[i].code, sizeof(member->indicators[i].code), "Ind-%zu", i);
        strcpy(member->indicators[i].description, "Meer personen dan kamers");
        strcpy(member->indicators[i].source, "BRP");
        strcpy(member->indicators[i].legal_ground, "art. 54 Participatiewet");
    }
}

static void draw_sign_key(uint8_t key[static 32])
{
    uint8_t seed[KP_SIGN_SEED_BYTES];
    uint8_t secret[KP_SIGN_SECRET_BYTES];
    randombytes_buf(seed, sizeof(seed));
    kp_sign_keypair(key, secret, seed);
}

static void draw_box_key(uint8_t key[static 32])
{
    uint8_t secret[KP_PAIR_SECRET_BYTES];
    kp_pair_keypair(key, secret);
}

static void prove_key(struct kp_agreement *agreement, uint32_t place,
                      const uint8_t secret[static KP_SCALAR_BYTES])
{
    struct kp_opening_key *opening = &agreement->opening_keys[place];
    uint8_t context[KP_DIGEST_BYTES];
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(opening->key, secret, 1), KP_OK);
    kp_agreement_opening_context(context, agreement->project, opening->holder, opening->key);
    kp_schnorr_prove(opening->proof, secret, opening->key, context);
}

static void prove_opening_key(struct kp_agreement *agreement)
{
    uint8_t secret[KP_SCALAR_BYTES];
    kp_scalar_random(secret);
    prove_key(agreement, 0, secret);
}

/* The same sample, with two holders; gives back the second's secret. */
static void add_second_holder(struct kp_agreement *agreement, uint8_t *secret)
{
    struct kp_opening_key *second = &agreement->opening_keys[1];
    agreement->opening_key_count = agreement->openings_needed = 2;
    strcpy(second->holder, "Toezicht");
    strcpy(second->employer, "Provincie");
    strcpy(second->employer_oin, KP_OIN_TEST_PREFIX "000000000903");
    draw_sign_key(second->identity_key);
    draw_box_key(second->box_key);
    randombytes_buf(second->tls_fingerprint, sizeof(second->tls_fingerprint));
    kp_scalar_random(secret);
    prove_key(agreement, 1, secret);
}

static void second(struct kp_agreement *agreement)
{
    uint8_t secret[KP_SCALAR_BYTES];
    add_second_holder(agreement, secret);
}

/* L2 = xG - L1: its owner would read alone, but can't prove that it knows the discrete logarithm.
 */
static void cancel(struct kp_agreement *agreement)
{
    uint8_t secret[KP_SCALAR_BYTES], point[KP_POINT_BYTES];
    add_second_holder(agreement, secret);
    memcpy(point, agreement->opening_keys[1].key, sizeof(point));
    CU_ASSERT_EQUAL_FATAL(kp_points_subtract(agreement->opening_keys[1].key, point,
                                             agreement->opening_keys[0].key, 1),
                          KP_OK);
    uint8_t context[KP_DIGEST_BYTES];
    kp_agreement_opening_context(context, agreement->project, agreement->opening_keys[1].holder,
                                 agreement->opening_keys[1].key);
    kp_schnorr_prove(agreement->opening_keys[1].proof, secret, agreement->opening_keys[1].key,
                     context);
}

/* Both keys of one person, which add up to nothing. */
static void negate(struct kp_agreement *agreement)
{
    uint8_t secret[KP_SCALAR_BYTES];
    add_second_holder(agreement, secret);
    prove_key(agreement, 0, secret);
    crypto_core_ristretto255_scalar_negate(secret, secret);
    prove_key(agreement, 1, secret);
}

/* Room for one member, indicator and postcode more than allowed. */
static struct kp_agreement *new_sample(void)
{
    struct kp_agreement *sample = calloc(1, sizeof(*sample));
    CU_ASSERT_PTR_NOT_NULL_FATAL(sample);
    sample->version = 1;
    strcpy(sample->project, "Wijk Oost 2027");
    strcpy(sample->purpose, "Adressen met een meervoudig belang vinden.");
    strcpy(sample->legal_basis, "artikel 64 Wet SUWI");
    sample->category = KP_CATEGORY_ENFORCEMENT;
    sample->postcodes = calloc(KP_POSTCODES_MAX + 1, sizeof(*sample->postcodes));
    CU_ASSERT_PTR_NOT_NULL_FATAL(sample->postcodes);
    strcpy(sample->postcodes[0], "1234");
    strcpy(sample->postcodes[1], "5678AB");
    sample->postcode_count = 2;
    sample->area_addresses = 4000;
    sample->members = calloc(KP_MEMBERS_MAX + 1, sizeof(*sample->members));
    CU_ASSERT_PTR_NOT_NULL_FATAL(sample->members);
    sample->member_count = MEMBERS;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        fill_member(&sample->members[i], i + 1);
    }
    sample->key_scheme = KP_KEY_SCHEME_TEXT;
    sample->key_scheme_version = KP_CANONICAL_VERSION;
    memset(sample->words_hash, 'w', sizeof(sample->words_hash));
    sample->threshold = 2;
    sample->slots = 200;
    sample->rotation = 20;
    sample->rounds = 12;
    sample->interval_seconds = 14 * 86400;
    sample->discloses = KP_DISCLOSE_INDICATORS | KP_DISCLOSE_GROUNDS;
    strcpy(sample->coordinator_operator, "Stichting");
    randombytes_buf(sample->coordinator_tls_fingerprint, 32);
    strcpy(sample->leader_name, "J. Jansen");
    strcpy(sample->leader_employer, "Gemeente");
    randombytes_buf(sample->leader_tls_fingerprint, 32);
    sample->start = 1798761600;
    sample->end = 1814400000;
    sample->retention_days = 30;
    strcpy(sample->controllers, "Ieder voor zich; de gemeente antwoordt bewoners.");
    strcpy(sample->coordinator_oin, KP_OIN_TEST_PREFIX "000000000901");
    strcpy(sample->leader_oin, KP_OIN_TEST_PREFIX "000000000902");
    draw_sign_key(sample->coordinator_identity_key);
    draw_sign_key(sample->leader_identity_key);
    draw_box_key(sample->leader_box_key);
    strcpy(sample->opening_keys[0].holder, "Projectleiding");
    sample->opening_key_count = 1;
    sample->openings_needed = 1;
    prove_opening_key(sample);
    return sample;
}

static void pack(const struct kp_agreement *agreement, struct kp_buffer *out)
{
    struct kp_error error = {0};
    CU_ASSERT_EQUAL_FATAL(kp_agreement_pack(agreement, out, &error), KP_OK);
}

/* A parse that must be refused, with these words in the text. */
static void expect_refused(const uint8_t *bytes, size_t size, const char *words)
{
    struct kp_error error = {0};
    struct kp_agreement *parsed = NULL;
    enum kp_status status = kp_agreement_parse(&parsed, bytes, size, &error);
    CU_ASSERT_EQUAL(status, KP_REFUSED);
    CU_ASSERT_EQUAL(error.status, KP_REFUSED);
    CU_ASSERT_PTR_NULL(parsed);
    if (strstr(error.text, words) == NULL) {
        fprintf(stderr, "no '%s' in: %s\n", words, error.text);
        CU_FAIL("the error's text");
    }
    kp_agreement_free(parsed);
}

static void test_round_trip(void)
{
    struct kp_agreement *sample = new_sample();
    struct kp_agreement *parsed = NULL;
    struct kp_buffer bytes = {0};
    struct kp_buffer again = {0};
    struct kp_error error = {0};
    pack(sample, &bytes);
    enum kp_status status = kp_agreement_parse(&parsed, bytes.data, bytes.size, &error);
    if (status != KP_OK) {
        fprintf(stderr, "%s\n", error.text);
    }
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
    pack(parsed, &again);
    CU_ASSERT_EQUAL_FATAL(again.size, bytes.size);
    CU_ASSERT_EQUAL(memcmp(again.data, bytes.data, bytes.size), 0);
    CU_ASSERT_EQUAL(memcmp(parsed->hash, parsed->lineage, KP_DIGEST_BYTES), 0);
    CU_ASSERT_FALSE(sodium_is_zero(parsed->hash, KP_DIGEST_BYTES));
    CU_ASSERT_STRING_EQUAL(parsed->members[0].title, "Sociëteit 1");
    CU_ASSERT_STRING_EQUAL(parsed->members[2].indicators[1].legal_ground,
                           "art. 54 Participatiewet");
    CU_ASSERT_STRING_EQUAL(parsed->postcodes[1], "5678AB");
    CU_ASSERT_EQUAL(parsed->end, sample->end);

    CU_ASSERT_EQUAL(kp_agreement_member_by_name(parsed, "tax"), 2);
    CU_ASSERT_EQUAL(kp_agreement_member_by_name(parsed, "ta"), 0);
    CU_ASSERT_EQUAL(kp_agreement_member_by_fingerprint(parsed, sample->members[2].tls_fingerprint),
                    3);
    CU_ASSERT_EQUAL(kp_agreement_member_by_fingerprint(parsed, parsed->leader_tls_fingerprint), 0);
    kp_agreement_free(parsed);
    kp_agreement_free(sample);
    kp_agreement_free(NULL);
    kp_buffer_free(&bytes);
    kp_buffer_free(&again);
}

/* ---- fields that must be refused ---- */

/* What is wrong in an agreement that packs, and the words that say so. */
struct flaw {
    void (*make)(struct kp_agreement *agreement);
    const char *words;
};

#define FLAW(name, statement)                                                                      \
    static void name(struct kp_agreement *x)                                                       \
    {                                                                                              \
        statement;                                                                                 \
    }

FLAW(version_two, x->version = 2)
FLAW(version_none, x->version = 0)
FLAW(no_lineage, x->version = 2; memset(x->previous, 1, 32))
FLAW(no_project, x->project[0] = '\0')
FLAW(other_project, x->project[0] = 'X')
FLAW(tab_in_project, x->project[4] = '\t')
FLAW(space_before_purpose, x->purpose[0] = ' ')
FLAW(space_behind_purpose, strcpy(x->purpose, "a "))
FLAW(latin1_purpose, strcpy(x->purpose, "coll\xe8ge"))
FLAW(cut_purpose, strcpy(x->purpose, "coll\xc3"))
FLAW(overlong_purpose, strcpy(x->purpose, "\xc0\xaf"))
FLAW(surrogate_purpose, strcpy(x->purpose, "\xed\xa0\x80"))
FLAW(c1_purpose, strcpy(x->purpose, "a\xc2\x85z"))
FLAW(turned_purpose, strcpy(x->purpose, "a\xe2\x80\xaez"))
FLAW(invisible_purpose, strcpy(x->purpose, "a\xe2\x80\x8bz"))
FLAW(category_both, x->category = (enum kp_category)3)
FLAW(category_none, x->category = (enum kp_category)0)
FLAW(no_postcodes, x->postcode_count = 0)
FLAW(small_postcode, strcpy(x->postcodes[1], "5678ab"))
FLAW(short_postcode, strcpy(x->postcodes[1], "567"))
FLAW(zero_postcode, strcpy(x->postcodes[0], "0234"))
FLAW(postcode_twice, strcpy(x->postcodes[1], "1234"))
FLAW(postcode_inside, strcpy(x->postcodes[1], "1234AB"))
FLAW(postcodes_unsorted, strcpy(x->postcodes[0], "9999"))
FLAW(no_addresses, x->area_addresses = 0)
FLAW(one_member, x->member_count = 1)
FLAW(no_members, x->member_count = 0)
FLAW(name_characters, strcpy(x->members[1].name, "Tax!"))
FLAW(name_dot, strcpy(x->members[1].name, ".tax"))
FLAW(name_slash, strcpy(x->members[1].name, "t/x"))
FLAW(no_name, x->members[1].name[0] = '\0')
FLAW(same_name, strcpy(x->members[1].name, "uwv"))
FLAW(same_name_in_capitals, strcpy(x->members[1].name, "UwV"))
FLAW(short_oin, strcpy(x->members[1].oin, "0000009900000000001"))
FLAW(letter_oin, strcpy(x->members[1].oin, "0000009900000000000a"))
FLAW(real_oin, strcpy(x->members[1].oin, "00000001000000000001"))
FLAW(real_operator, strcpy(x->coordinator_oin, "00000001000000000001"))
FLAW(real_employer, strcpy(x->leader_oin, "00000001000000000001"))
FLAW(short_operator, strcpy(x->coordinator_oin, "0000009900000000001"))
FLAW(letter_employer, strcpy(x->leader_oin, "0000009900000000000a"))
FLAW(no_officer_key, memset(x->members[1].officer_key, 0, 32))
FLAW(officer_is_node, memcpy(x->members[1].officer_key, x->members[1].identity_key, 32))
FLAW(same_officer, memcpy(x->members[1].officer_key, x->members[0].officer_key, 32))
FLAW(officer_leads, memcpy(x->leader_identity_key, x->members[0].officer_key, 32))
FLAW(member_coordinates, memcpy(x->coordinator_identity_key, x->members[0].identity_key, 32))
FLAW(no_coordinator_key, memset(x->coordinator_identity_key, 0, 32))
FLAW(no_leader_key, memset(x->leader_identity_key, 0, 32))
FLAW(newline_in_officer, strcpy(x->members[1].officer, "a\nb"))
FLAW(newline_in_controllers, strcpy(x->controllers, "a\nb"))
FLAW(same_oin, strcpy(x->members[1].oin, x->members[0].oin))
FLAW(no_identity, memset(x->members[1].identity_key, 0, 32))
FLAW(small_identity, memset(x->members[1].identity_key, 0, 32); x->members[1].identity_key[0] = 1)
FLAW(bad_identity, memset(x->members[1].identity_key, 0xff, 32))
FLAW(same_identity, memcpy(x->members[1].identity_key, x->members[0].identity_key, 32))
FLAW(no_box, memset(x->members[1].box_key, 0, 32))
FLAW(small_box, memset(x->members[1].box_key, 0, 32); x->members[1].box_key[0] = 1)
FLAW(long_box, memset(x->members[1].box_key, 0xff, 32); x->members[1].box_key[31] = 0x7f)
FLAW(high_box, x->members[1].box_key[31] |= 0x80)
FLAW(same_box, memcpy(x->members[1].box_key, x->members[0].box_key, 32))
FLAW(no_fingerprint, memset(x->members[1].tls_fingerprint, 0, 32))
FLAW(same_fingerprint, memcpy(x->members[2].tls_fingerprint, x->members[0].tls_fingerprint, 32))
FLAW(leader_fingerprint, memcpy(x->leader_tls_fingerprint, x->members[0].tls_fingerprint, 32))
FLAW(shared_fingerprint, memcpy(x->leader_tls_fingerprint, x->coordinator_tls_fingerprint, 32))
FLAW(two_on_request, x->members[1].role = x->members[0].role = KP_ROLE_ON_REQUEST)
FLAW(role_none, x->members[1].role = (enum kp_role)0)
FLAW(no_indicators, x->members[1].indicator_count = 0)
FLAW(no_code, x->members[1].indicators[1].code[0] = '\0')
FLAW(space_before_code, strcpy(x->members[1].indicators[1].code, " ab"))
FLAW(same_code, strcpy(x->members[1].indicators[1].code, x->members[1].indicators[0].code))
FLAW(newline_in_source, strcpy(x->members[1].indicators[1].source, "a\nb"))
FLAW(newline_in_ground, strcpy(x->members[1].indicators[1].legal_ground, "a\nb"))
static void by_register(struct kp_agreement *x)
{
    x->key_scheme = KP_KEY_SCHEME_BAG;
    x->register_date = 20260701;
    memset(x->register_hash, 'r', sizeof(x->register_hash));
    strcpy(x->postcodes[1], "5678");
}

FLAW(no_scheme, x->key_scheme = (enum kp_key_scheme)0)
FLAW(other_scheme, x->key_scheme = (enum kp_key_scheme)3)
FLAW(other_scheme_version, x->key_scheme_version = 1)
FLAW(no_words, memset(x->words_hash, 0, sizeof(x->words_hash)))
FLAW(date_with_text, x->register_date = 20260701)
FLAW(register_with_text, memset(x->register_hash, 'r', sizeof(x->register_hash)))
FLAW(no_register_date, by_register(x); x->register_date = 0)
FLAW(no_day, by_register(x); x->register_date = 20260230)
FLAW(no_month, by_register(x); x->register_date = 20261301)
FLAW(early_register, by_register(x); x->register_date = 19991231)
FLAW(endless_register, by_register(x); x->register_date = UINT32_MAX)
FLAW(no_register, by_register(x); memset(x->register_hash, 0, sizeof(x->register_hash)))
FLAW(letters_with_register, by_register(x); strcpy(x->postcodes[1], "5678AB"))
FLAW(threshold_one, x->threshold = 1)
FLAW(threshold_more, x->threshold = MEMBERS + 1)
FLAW(no_slots, x->slots = 0)
FLAW(many_slots, x->slots = KP_SLOTS_MAX + 1)
FLAW(no_rotation, x->rotation = 0)
FLAW(much_rotation, x->rotation = x->slots + 1)
FLAW(no_rounds, x->rounds = 0)
FLAW(many_rounds, x->rounds = KP_ROUNDS_MAX + 1)
FLAW(no_interval, x->interval_seconds = 0)
FLAW(long_interval, x->interval_seconds = UINT32_MAX)
FLAW(much_disclosed, x->discloses = 8)
FLAW(no_opening_key, x->opening_key_count = 0)
FLAW(two_opening_keys, x->opening_key_count = 2)
FLAW(no_openings, x->openings_needed = 0)
FLAW(two_openings, x->openings_needed = 2)
FLAW(no_leader_box, memset(x->leader_box_key, 0, 32))
FLAW(member_box_leads, memcpy(x->leader_box_key, x->members[2].box_key, 32))
FLAW(one_of_two, second(x); x->openings_needed = 1)
FLAW(third_key, second(x); x->openings_needed = 3)
FLAW(cancelling, cancel(x))
FLAW(negated, negate(x))
FLAW(same_holder, second(x); strcpy(x->opening_keys[1].holder, "Projectleiding");
     prove_opening_key(x))
FLAW(same_key, second(x); memcpy(x->opening_keys[1].key, x->opening_keys[0].key, 32);
     memcpy(x->opening_keys[1].proof, x->opening_keys[0].proof, 64))
FLAW(second_project, second(x); x->opening_keys[1].proof[0] ^= 1)
FLAW(no_second_employer, second(x); x->opening_keys[1].employer[0] = '\0')
FLAW(no_second_oin, second(x); x->opening_keys[1].employer_oin[0] = '\0')
FLAW(real_second, second(x); memcpy(x->opening_keys[1].employer_oin, "00000001", 8))
FLAW(no_second_identity, second(x); memset(x->opening_keys[1].identity_key, 0, 32))
FLAW(second_is_leader, second(x);
     memcpy(x->opening_keys[1].identity_key, x->leader_identity_key, 32))
FLAW(second_is_officer, second(x);
     memcpy(x->opening_keys[1].identity_key, x->members[0].officer_key, 32))
FLAW(no_second_box, second(x); memset(x->opening_keys[1].box_key, 0, 32))
FLAW(second_has_leaders_box, second(x); memcpy(x->opening_keys[1].box_key, x->leader_box_key, 32))
FLAW(no_second_certificate, second(x); memset(x->opening_keys[1].tls_fingerprint, 0, 32))
FLAW(second_has_members_certificate, second(x);
     memcpy(x->opening_keys[1].tls_fingerprint, x->members[1].tls_fingerprint, 32))
FLAW(many_canaries, x->slots = 100000; x->canaries = 65)
FLAW(canaries_without_room, x->canaries = 26) /* 2 * 26 * 2 of 200 */
FLAW(many_picks, x->slots = 1000; x->audit_slots = 257)
FLAW(more_picks_than_slots, x->audit_slots = 201)
FLAW(counts_twice, x->count_first = 2)
FLAW(no_holder, x->opening_keys[0].holder[0] = '\0')
FLAW(other_holder, x->opening_keys[0].holder[0] = 'X')
FLAW(identity_opening, memset(x->opening_keys[0].key, 0, 32))
FLAW(bad_opening, memset(x->opening_keys[0].key, 0xff, 32))
FLAW(other_opening, memset(x->opening_keys[0].proof, 0, 64))
FLAW(no_operator, x->coordinator_operator[0] = '\0')
FLAW(no_leader, x->leader_name[0] = '\0')
FLAW(no_employer, x->leader_employer[0] = '\0')
FLAW(no_start, x->start = 0)
FLAW(no_end, x->end = 0)
FLAW(end_is_start, x->end = x->start)
FLAW(endless, x->end = UINT64_MAX)
FLAW(long_retention, x->retention_days = 100000)

static const struct flaw flaws[] = {
    {version_two, "previous is missing: version 2"},
    {version_none, "version is 0"},
    {no_lineage, "lineage is missing: version 2"},
    {no_project, "project is missing"},
    {other_project, "opening key 1: proof does not hold"},
    {tab_in_project, "project has a control character"},
    {space_before_purpose, "purpose begins or ends with a space"},
    {space_behind_purpose, "purpose begins or ends with a space"},
    {latin1_purpose, "purpose is not valid UTF-8"},
    {cut_purpose, "purpose is not valid UTF-8"},
    {overlong_purpose, "purpose is not valid UTF-8"},
    {surrogate_purpose, "purpose is not valid UTF-8"},
    {c1_purpose, "U+0085"},
    {turned_purpose, "U+202E"},
    {invisible_purpose, "U+200B"},
    {category_both, "category must be"},
    {category_none, "category must be"},
    {no_postcodes, "postcodes is missing"},
    {small_postcode, "postcodes, number 2: not a postcode"},
    {short_postcode, "postcodes, number 2: not a postcode"},
    {zero_postcode, "postcodes, number 1: not a postcode"},
    {postcode_twice, "1234 is there twice"},
    {postcode_inside, "1234AB is in 1234 already"},
    {postcodes_unsorted, "not in its order"},
    {no_addresses, "addresses is 0"},
    {one_member, "the number of members is 1"},
    {no_members, "the number of members is 0"},
    {name_characters, "member 2: name must be letters, digits and . _ -"},
    {name_dot, "member 2: name must be"},
    {name_slash, "member 2: name must be"},
    {no_name, "member 2: name must be"},
    {same_name, "name is the same as that of member uwv"},
    {same_name_in_capitals, "member 2 (UwV): name is the same as that of member uwv"},
    {short_oin, "member 2 (tax): oin must be 20 digits"},
    {letter_oin, "oin must be 20 digits"},
    {real_oin, "are mixed"},
    {real_operator, "are mixed"},
    {real_employer, "are mixed"},
    {short_operator, "coordinator: operator_oin must be 20 digits"},
    {letter_employer, "leader: employer_oin must be 20 digits"},
    {no_officer_key, "officer_key is not an Ed25519 key"},
    {officer_is_node, "the signing key of De directeur is also that of another party (tax)"},
    {same_officer, "is also that of another party"},
    {officer_leads, "the signing key of the leader is also"},
    {member_coordinates, "the signing key of the coordinator is also that of another party (uwv)"},
    {no_coordinator_key, "coordinator: identity_key is not"},
    {no_leader_key, "leader: identity_key is not"},
    {newline_in_officer, "officer has a control character"},
    {newline_in_controllers, "controllers has a control character"},
    {same_oin, "oin is the same as that of member uwv"},
    {no_identity, "identity_key is not an Ed25519 key"},
    {small_identity, "identity_key is not an Ed25519 key"},
    {bad_identity, "identity_key is not an Ed25519 key"},
    {same_identity, "the signing key of tax is also that of another party (uwv)"},
    {no_box, "box_key is not an X25519 key"},
    {small_box, "box_key is not an X25519 key"},
    {long_box, "box_key is not an X25519 key"},
    {high_box, "box_key is not an X25519 key"},
    {same_box, "box_key is the same"},
    {no_fingerprint, "tls_fingerprint of tax is missing"},
    {same_fingerprint, "tls_fingerprint of svb-3.nl_x is also"},
    {leader_fingerprint, "tls_fingerprint of the leader is also"},
    {shared_fingerprint, "tls_fingerprint of the leader is also"},
    {two_on_request, "only 1 members contribute"},
    {role_none, "role is neither"},
    {no_indicators, "has 0 indicators"},
    {no_code, "indicator 2: code is missing"},
    {space_before_code, "indicator 2: code begins or ends with a space"},
    {same_code, "code Ind-0 is there twice"},
    {newline_in_source, "source has a control character"},
    {newline_in_ground, "legal_ground has a control character"},
    {no_scheme, "key_scheme must be text-2 or bag-2"},
    {other_scheme, "key_scheme must be text-2 or bag-2"},
    {other_scheme_version, "key_scheme must be text-2 or bag-2"},
    {no_words, "words_hash is missing"},
    {date_with_text, "register_date and register_hash belong to key_scheme bag"},
    {register_with_text, "register_date and register_hash belong to key_scheme bag"},
    {no_register_date, "register_date is 0"},
    {no_day, "register_date is 20260230"},
    {no_month, "register_date is 20261301"},
    {early_register, "register_date is 19991231"},
    {endless_register, "register_date is 4294967295"},
    {no_register, "register_hash is missing"},
    {letters_with_register, "postcodes, number 2: with key_scheme bag"},
    {threshold_one, "threshold is 1"},
    {threshold_more, "threshold is 4"},
    {no_slots, "slots is 0"},
    {many_slots, "slots is 1048577"},
    {no_rotation, "rotation is 0"},
    {much_rotation, "rotation is 201"},
    {no_rounds, "rounds is 0"},
    {many_rounds, "rounds is 1001"},
    {no_interval, "interval is 0"},
    {long_interval, "interval is 4294967295"},
    {much_disclosed, "discloses has"},
    {no_opening_key, "there are 0 opening keys"},
    {two_opening_keys, "there are 2 opening keys"},
    {no_openings, "0 openings_needed"},
    {two_openings, "2 openings_needed"},
    {no_leader_box, "leader: box_key is not"},
    {member_box_leads, "box_key of the leader is also that of another party (svb-3.nl_x)"},
    {one_of_two, "there are 2 opening keys and 1 openings_needed"},
    {third_key, "there are 2 opening keys and 3 openings_needed"},
    {cancelling, "opening key 2: proof does not hold"},
    {negated, "add up to nothing"},
    {same_holder, "opening key 2: proof does not hold"},
    {same_key, "opening key 2: proof does not hold"},
    {second_project, "opening key 2: proof does not hold"},
    {no_second_employer, "opening key 2: employer is missing"},
    {no_second_oin, "opening key 2: employer_oin must be"},
    {real_second, "are mixed"},
    {no_second_identity, "opening key 2: identity_key is not"},
    {second_is_leader,
     "the signing key of the second holder is also that of another party (the leader)"},
    {second_is_officer, "the signing key of the second holder is also"},
    {no_second_box, "opening key 2: box_key is not"},
    {second_has_leaders_box, "box_key of the second holder is also"},
    {no_second_certificate, "tls_fingerprint of the second holder is missing"},
    {second_has_members_certificate, "tls_fingerprint of the second holder is also"},
    {many_canaries, "canaries is 65"},
    {canaries_without_room, "takes 104 of its 200 slots"},
    {many_picks, "audit_slots is 257"},
    {more_picks_than_slots, "audit_slots is 201"},
    {counts_twice, "count_first is 2"},
    {no_holder, "opening key 1: holder is missing"},
    {other_holder, "opening key 1: proof does not hold"},
    {identity_opening, "opening key 1: key is not"},
    {bad_opening, "opening key 1: key is not"},
    {other_opening, "opening key 1: proof does not hold"},
    {no_operator, "coordinator: operator is missing"},
    {no_leader, "leader: name is missing"},
    {no_employer, "leader: employer is missing"},
    {no_start, "start is 0"},
    {no_end, "end is 0"},
    {end_is_start, "start is 1798761600"},
    {endless, "end is 18446744073709551615"},
    {long_retention, "retention_days is 100000"},
};

static void test_flaws(void)
{
    for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
        struct kp_agreement *sample = new_sample();
        struct kp_buffer bytes = {0};
        flaws[i].make(sample);
        pack(sample, &bytes);
        sample->member_count = MEMBERS; /* all are to be freed */
        expect_refused(bytes.data, bytes.size, flaws[i].words);
        kp_buffer_free(&bytes);
        kp_agreement_free(sample);
    }
}

/* The most of everything, and one more. */
static void test_limits(void)
{
    struct kp_agreement *sample = new_sample();
    struct kp_agreement *parsed = NULL;
    struct kp_buffer bytes = {0};
    struct kp_error error = {0};
    for (uint32_t i = MEMBERS; i < KP_MEMBERS_MAX; i++) {
        fill_member(&sample->members[i], 1);
        snprintf(sample->members[i].name, sizeof(sample->members[i].name), "m%031u", i);
        snprintf(sample->members[i].oin, sizeof(sample->members[i].oin), KP_OIN_TEST_PREFIX "%012u",
                 i + 1);
        sample->members[i].indicator_count = KP_INDICATORS_MAX;
        memset(sample->members[i].title, 'a', KP_TITLE_MAX);
    }
    sample->member_count = KP_MEMBERS_MAX;
    for (uint32_t i = 0; i < KP_POSTCODES_MAX; i++) {
        snprintf(sample->postcodes[i], 7, "%04u", 1000 + i);
    }
    sample->postcode_count = KP_POSTCODES_MAX;
    memset(sample->purpose, 'a', KP_TEXT_MAX);
    sample->threshold = KP_MEMBERS_MAX;
    sample->slots = KP_SLOTS_MAX;
    sample->rotation = KP_SLOTS_MAX;
    sample->rounds = KP_ROUNDS_MAX;
    sample->discloses = 0;
    pack(sample, &bytes);
    enum kp_status status = kp_agreement_parse(&parsed, bytes.data, bytes.size, &error);
    if (status != KP_OK) {
        fprintf(stderr, "%s\n", error.text);
    }
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
    CU_ASSERT_EQUAL(parsed->member_count, KP_MEMBERS_MAX);
    kp_agreement_free(parsed);

    sample->member_count++;
    CU_ASSERT_EQUAL(kp_agreement_pack(sample, &bytes, &error), KP_REFUSED);
    sample->member_count--;
    sample->postcode_count++;
    CU_ASSERT_EQUAL(kp_agreement_pack(sample, &bytes, &error), KP_REFUSED);
    sample->postcode_count--;
    sample->members[0].indicator_count = KP_INDICATORS_MAX + 1;
    CU_ASSERT_EQUAL(kp_agreement_pack(sample, &bytes, &error), KP_REFUSED);
    kp_agreement_free(sample);
    kp_buffer_free(&bytes);

    uint8_t *large = calloc(1, KP_AGREEMENT_BYTES_MAX + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(large);
    expect_refused(large, KP_AGREEMENT_BYTES_MAX + 1, "an agreement has 1 to");
    expect_refused(large, 0, "an agreement has 1 to");
    free(large);
}

/* ---- the encoding ---- */

enum operation {
    DROP,
    TWICE,
    UNKNOWN,
    MOVE_TO_END,
    LENGTHEN,
    EMPTY,
    CHANGE,
    LONG_VARINT,
    OPERATIONS
};
enum message { AGREEMENT, MEMBER, INDICATOR, OTHER };

/* One field of a message in its encoded form. */
struct field {
    uint32_t number;
    uint32_t wire_type;
    const uint8_t *start;
    const uint8_t *body; /* of a length-delimited field, behind its length; else the value */
    const uint8_t *end;
};

struct edit {
    enum operation operation;
    int target; /* the field to edit, counted through all messages */
    int counter;
    bool done;
    enum message in; /* of the field that was edited */
    uint32_t number;
};

static uint64_t read_varint(const uint8_t **at)
{
    uint64_t value = 0;
    unsigned shift = 0;
    for (;; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
}

static void append(struct kp_buffer *out, const void *bytes, size_t size)
{
    CU_ASSERT_EQUAL_FATAL(kp_buffer_append(out, bytes, size), KP_OK);
}

static void append_varint(struct kp_buffer *out, uint64_t value)
{
    while (value >= 0x80) {
        append(out, &(uint8_t){(uint8_t)(value | 0x80)}, 1);
        value >>= 7;
    }
    append(out, &(uint8_t){(uint8_t)value}, 1);
}

static struct field read_field(const uint8_t *at)
{
    struct field field = {.start = at};
    uint64_t tag = read_varint(&at);
    field.number = (uint32_t)(tag >> 3);
    field.wire_type = (uint32_t)(tag & 7);
    uint64_t value = 0;
    if (field.wire_type == 2) {
        value = read_varint(&at);
        field.body = at;
        field.end = at + value;
    } else {
        field.body = at;
        (void)read_varint(&at);
        field.end = at;
    }
    return field;
}

static enum message inner_message(enum message outer, uint32_t number)
{
    if (outer == AGREEMENT && number == 9) {
        return MEMBER;
    }
    if (outer == MEMBER && number == 10) {
        return INDICATOR;
    }
    bool other = outer == AGREEMENT && (number == 18 || number == 20 || number == 21);
    return other ? OTHER : AGREEMENT; /* AGREEMENT: none */
}

static void append_bytes(struct kp_buffer *out, uint32_t number, const void *bytes, size_t size)
{
    append_varint(out, number << 3 | 2);
    append_varint(out, size);
    append(out, bytes, size);
}

/* The field, edited; what `late` gets stands at the end of the message. */
static void edit_field(struct edit *edit, const struct field *field, struct kp_buffer *out,
                       struct kp_buffer *late)
{
    static const uint8_t unknown[] = {0x98, 0x06, 0x01}; /* number 99 = 1 */
    static const uint8_t filler[5000] = {'a'};
    size_t size = (size_t)(field->end - field->start);
    size_t body = (size_t)(field->end - field->body);
    edit->number = field->number;
    edit->done = true;
    switch (edit->operation) {
    case DROP:
        return;
    case TWICE:
        append(out, field->start, size);
        append(out, field->start, size);
        return;
    case UNKNOWN:
        append(out, unknown, sizeof(unknown));
        append(out, field->start, size);
        return;
    case MOVE_TO_END:
        append(late, field->start, size);
        return;
    case LENGTHEN:
        if (field->wire_type == 2) {
            append_varint(out, field->number << 3 | 2);
            append_varint(out, body + sizeof(filler));
            append(out, field->body, body);
            append(out, filler, sizeof(filler));
            return;
        }
        break;
    case EMPTY:
        if (field->wire_type == 2) {
            append_bytes(out, field->number, NULL, 0);
        } else {
            append(out, field->start, (size_t)(field->body - field->start));
            append_varint(out, 0);
        }
        return;
    case CHANGE:
        append(out, field->start, size);
        out->data[out->size - 1] ^= 1;
        return;
    case LONG_VARINT: /* the last byte of the value gets an empty one behind it */
        if (field->wire_type == 0) {
            append(out, field->start, size);
            out->data[out->size - 1] |= 0x80;
            append_varint(out, 0);
            return;
        }
        break;
    case OPERATIONS:
        break;
    }
    edit->done = false; /* not an operation for this field */
    append(out, field->start, size);
}

/* A message with one of its fields, or of those of the messages in it, edited. */
static void edit_message(struct edit *edit, enum message message, const uint8_t *bytes, size_t size,
                         struct kp_buffer *out)
{
    struct kp_buffer late = {0};
    for (const uint8_t *at = bytes; at < bytes + size;) {
        struct field field = read_field(at);
        enum message inner = inner_message(message, field.number);
        if (edit->counter++ == edit->target) {
            edit->in = message;
            edit_field(edit, &field, out, &late);
        } else if (inner != AGREEMENT) {
            struct kp_buffer body = {0};
            edit_message(edit, inner, field.body, (size_t)(field.end - field.body), &body);
            append_bytes(out, field.number, body.data, body.size);
            kp_buffer_free(&body);
        } else {
            append(out, field.start, (size_t)(field.end - field.start));
        }
        at = field.end;
    }
    append(out, late.data, late.size);
    kp_buffer_free(&late);
}

/* Edits that give another agreement that is as good: texts that only the law needs may be left out
 * of a draft. */
static bool may_pass(const struct edit *edit, enum message in, uint32_t number)
{
    bool drop = edit->operation == DROP;
    if (edit->operation == CHANGE) {
        return true;
    }
    if (in == AGREEMENT) {
        return drop && (number == 4 || number == 5 || number == 7 || number == 9 || number == 17 ||
                        number == 24 || number == 26);
    }
    if (in == MEMBER) {
        return (drop && (number == 2 || number == 8 || number == 9 || number == 12)) ||
               (number == 10 && (drop || edit->operation == MOVE_TO_END));
    }
    return in == INDICATOR && drop && number > 1;
}

static void try_edit(const struct kp_buffer *bytes, struct edit *edit)
{
    struct kp_buffer edited = {0};
    struct kp_error error = {0};
    struct kp_agreement *parsed = NULL;
    edit_message(edit, AGREEMENT, bytes->data, bytes->size, &edited);
    bool same = edited.size == bytes->size && memcmp(edited.data, bytes->data, edited.size) == 0;
    if (edit->done && !same) {
        enum kp_status status = kp_agreement_parse(&parsed, edited.data, edited.size, &error);
        bool as_expected =
            status == KP_REFUSED || (status == KP_OK && may_pass(edit, edit->in, edit->number));
        CU_ASSERT_TRUE(as_expected);
        if (!as_expected) {
            fprintf(stderr, "operation %d on field %u of message %d: status %d %s\n",
                    (int)edit->operation, edit->number, (int)edit->in, (int)status, error.text);
        }
        CU_ASSERT_TRUE(status == KP_OK || error.text[0] != '\0');
        kp_agreement_free(parsed);
    }
    kp_buffer_free(&edited);
}

/* Every field of every message: dropped, doubled, moved, too long, empty, with a stranger before
 * it. */
static void test_encoding(void)
{
    struct kp_agreement *sample = new_sample();
    struct kp_buffer bytes = {0};
    pack(sample, &bytes);
    int fields = 0;
    for (int operation = 0; operation < OPERATIONS; operation++) {
        for (int target = 0; target == 0 || target < fields; target++) {
            struct edit edit = {.operation = (enum operation)operation, .target = target};
            try_edit(&bytes, &edit);
            if (target == 0) {
                struct edit count = {.operation = CHANGE, .target = -1};
                struct kp_buffer copy = {0};
                edit_message(&count, AGREEMENT, bytes.data, bytes.size, &copy);
                CU_ASSERT_TRUE_FATAL(copy.size == bytes.size &&
                                     memcmp(copy.data, bytes.data, copy.size) == 0);
                fields = count.counter;
                kp_buffer_free(&copy);
            }
        }
    }
    CU_ASSERT_TRUE(fields > 70);
    kp_buffer_free(&bytes);
    kp_agreement_free(sample);
}

static void test_truncated(void)
{
    struct kp_agreement *sample = new_sample();
    struct kp_buffer bytes = {0};
    pack(sample, &bytes);
    for (size_t size = 0; size < bytes.size; size++) {
        struct kp_agreement *parsed = NULL;
        struct kp_error error = {0};
        uint8_t *exact = malloc(size + 1); /* so that reading on is seen */
        CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
        memcpy(exact + 1, bytes.data, size);
        /* Without its last fields it can still be read, but not signed. */
        CU_ASSERT_TRUE(kp_agreement_parse(&parsed, exact + 1, size, &error) == KP_REFUSED ||
                       kp_agreement_check_complete(parsed, &error) == KP_REFUSED);
        kp_agreement_free(parsed);
        free(exact);
    }
    kp_buffer_free(&bytes);
    kp_agreement_free(sample);
}

static void mutate(struct kp_buffer *bytes)
{
    for (uint32_t i = 1 + randombytes_uniform(4); i > 0 && bytes->size > 1; i--) {
        size_t at = randombytes_uniform((uint32_t)bytes->size);
        switch (randombytes_uniform(4)) {
        case 0:
            bytes->data[at] ^= (uint8_t)(1u << randombytes_uniform(8));
            break;
        case 1:
            bytes->data[at] = (uint8_t)randombytes_uniform(256);
            break;
        case 2:
            memmove(bytes->data + at, bytes->data + at + 1, bytes->size - at - 1);
            bytes->size--;
            break;
        default:
            append(bytes, "", 1);
            memmove(bytes->data + at + 1, bytes->data + at, bytes->size - at - 1);
            bytes->data[at] = (uint8_t)randombytes_uniform(256);
            break;
        }
    }
}

/* Whatever is accepted is canonical. */
static void test_mutations(void)
{
    struct kp_agreement *sample = new_sample();
    struct kp_buffer bytes = {0};
    struct kp_buffer mutated = {0};
    struct kp_buffer again = {0};
    unsigned accepted = 0;
    pack(sample, &bytes);
    for (unsigned i = 0; i < MUTATIONS; i++) {
        struct kp_agreement *parsed = NULL;
        struct kp_error error = {0};
        CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&mutated, bytes.data, bytes.size), KP_OK);
        mutate(&mutated);
        enum kp_status status = kp_agreement_parse(&parsed, mutated.data, mutated.size, &error);
        if (status == KP_OK) {
            accepted++;
            pack(parsed, &again);
            CU_ASSERT_TRUE(again.size == mutated.size &&
                           memcmp(again.data, mutated.data, again.size) == 0);
        } else {
            CU_ASSERT_TRUE(status == KP_REFUSED && parsed == NULL && error.text[0] != '\0');
        }
        kp_agreement_free(parsed);
    }
    CU_ASSERT_TRUE(accepted > 0 && accepted < MUTATIONS);
    kp_buffer_free(&bytes);
    kp_buffer_free(&mutated);
    kp_buffer_free(&again);
    kp_agreement_free(sample);
}

static void test_nul_in_text(void)
{
    struct kp_agreement *sample = new_sample();
    struct kp_buffer bytes = {0};
    pack(sample, &bytes);
    uint8_t *at = memmem(bytes.data, bytes.size, "artikel 64", 10);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    at[7] = '\0';
    expect_refused(bytes.data, bytes.size, "isn't in the one form that packing gives");
    kp_buffer_free(&bytes);
    kp_agreement_free(sample);
}

/* ---- files, hashes and the term ---- */

static void test_pinned(void)
{
    struct kp_agreement *sample = new_sample();
    struct kp_agreement *read = NULL;
    struct kp_buffer bytes = {0};
    struct kp_error error = {0};
    char path[] = "/tmp/kruispunt-agreement-XXXXXX";
    int fd = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    pack(sample, &bytes);
    CU_ASSERT_EQUAL_FATAL(write(fd, bytes.data, bytes.size), (ssize_t)bytes.size);
    close(fd);

    CU_ASSERT_EQUAL_FATAL(kp_agreement_read(&read, path, NULL, &error), KP_OK);
    uint8_t pinned[KP_DIGEST_BYTES];
    memcpy(pinned, read->hash, sizeof(pinned));
    kp_agreement_free(read);
    CU_ASSERT_EQUAL(kp_agreement_read(&read, path, pinned, &error), KP_OK);
    kp_agreement_free(read);
    pinned[31] ^= 1;
    CU_ASSERT_EQUAL(kp_agreement_read(&read, path, pinned, &error), KP_REFUSED);
    CU_ASSERT_PTR_NULL(read);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "another agreement"));

    CU_ASSERT_EQUAL_FATAL(truncate(path, 100), 0);
    CU_ASSERT_EQUAL(kp_agreement_read(&read, path, NULL, &error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
    unlink(path);
    CU_ASSERT_EQUAL(kp_agreement_read(&read, path, NULL, &error), KP_USAGE);
    kp_buffer_free(&bytes);
    kp_agreement_free(sample);
}

static void test_hash_depends_on_all(void)
{
    struct kp_agreement *sample = new_sample();
    struct kp_agreement *one = NULL;
    struct kp_agreement *other = NULL;
    struct kp_buffer bytes = {0};
    struct kp_error error = {0};
    pack(sample, &bytes);
    CU_ASSERT_EQUAL_FATAL(kp_agreement_parse(&one, bytes.data, bytes.size, &error), KP_OK);
    sample->retention_days++;
    pack(sample, &bytes);
    CU_ASSERT_EQUAL_FATAL(kp_agreement_parse(&other, bytes.data, bytes.size, &error), KP_OK);
    CU_ASSERT_NOT_EQUAL(memcmp(one->hash, other->hash, KP_DIGEST_BYTES), 0);
    kp_agreement_free(one);
    kp_agreement_free(other);
    kp_agreement_free(sample);
    kp_buffer_free(&bytes);
}

static void test_term(void)
{
    struct kp_agreement agreement = {.start = 1798761600, .end = 1814400000};
    struct kp_error error = {0};
    CU_ASSERT_EQUAL(kp_agreement_check_term(&agreement, agreement.start - 1, &error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "2027-01-01T00:00:00Z"));
    CU_ASSERT_EQUAL(kp_agreement_check_term(&agreement, agreement.start, &error), KP_OK);
    CU_ASSERT_EQUAL(kp_agreement_check_term(&agreement, agreement.end - 1, &error), KP_OK);
    CU_ASSERT_EQUAL(kp_agreement_check_term(&agreement, agreement.end, &error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "2027-07-01T00:00:00Z"));
}

/* In milliseconds; the last round was released at `released`. */
static void test_interval(void)
{
    const struct kp_agreement agreement = {.interval_seconds = 60};
    const uint64_t released = 1700000000000u;
    struct kp_error error = {0};
    CU_ASSERT_EQUAL(kp_agreement_check_interval(&agreement, 0, 1, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_agreement_check_interval(&agreement, released, released, &error),
                    KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "2023-11-14T22:14:20Z"));
    CU_ASSERT_EQUAL(kp_agreement_check_interval(&agreement, released, released + 59999, NULL),
                    KP_REFUSED);
    CU_ASSERT_EQUAL(kp_agreement_check_interval(&agreement, released, released + 60000, NULL),
                    KP_OK);
    /* A clock a little ahead still counts; one that was wrong holds nobody up. */
    CU_ASSERT_EQUAL(
        kp_agreement_check_interval(&agreement, released, released - KP_CLOCK_SKEW_MS, NULL),
        KP_REFUSED);
    CU_ASSERT_EQUAL(
        kp_agreement_check_interval(&agreement, released, released - KP_CLOCK_SKEW_MS - 1, NULL),
        KP_OK);
    CU_ASSERT_EQUAL(kp_agreement_check_interval(&agreement, UINT64_MAX, released, NULL), KP_OK);
}

/* ---- what the law needs, test mode, later versions ---- */

FLAW(empty_purpose, x->purpose[0] = '\0')
FLAW(empty_legal_basis, x->legal_basis[0] = '\0')
FLAW(empty_controllers, x->controllers[0] = '\0')
FLAW(empty_title, x->members[1].title[0] = '\0')
FLAW(empty_dpia, x->members[1].dpia[0] = '\0')
FLAW(empty_dpo, x->members[1].dpo[0] = '\0')
FLAW(empty_officer, x->members[1].officer[0] = '\0')
FLAW(empty_description, x->members[2].indicators[1].description[0] = '\0')
FLAW(empty_source, x->members[2].indicators[1].source[0] = '\0')
FLAW(empty_legal_ground, x->members[2].indicators[1].legal_ground[0] = '\0')
FLAW(no_retention, x->retention_days = 0)

static const struct flaw incomplete[] = {
    {empty_purpose, "purpose is missing"},
    {empty_legal_basis, "legal_basis is missing"},
    {empty_controllers, "controllers is missing"},
    {empty_title, "member tax: title is missing"},
    {empty_dpia, "member tax: dpia is missing"},
    {empty_dpo, "member tax: dpo is missing"},
    {empty_officer, "member tax: officer is missing"},
    {empty_description, "member svb-3.nl_x: indicator Ind-1: description is missing"},
    {empty_source, "indicator Ind-1: source is missing"},
    {empty_legal_ground, "indicator Ind-1: legal_ground is missing"},
    {no_retention, "retention_days is missing"},
};

/* Packed and parsed; the caller frees. */
static struct kp_agreement *parse_sample(const struct kp_agreement *sample)
{
    struct kp_agreement *parsed = NULL;
    struct kp_buffer bytes = {0};
    struct kp_error error = {0};
    pack(sample, &bytes);
    enum kp_status status = kp_agreement_parse(&parsed, bytes.data, bytes.size, &error);
    if (status != KP_OK) {
        fprintf(stderr, "%s\n", error.text);
    }
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
    kp_buffer_free(&bytes);
    return parsed;
}

/* It can be shown, but not signed. */
static void test_complete(void)
{
    for (size_t i = 0; i <= sizeof(incomplete) / sizeof(incomplete[0]); i++) {
        bool whole = i == sizeof(incomplete) / sizeof(incomplete[0]);
        struct kp_agreement *sample = new_sample();
        struct kp_error error = {0};
        if (!whole) {
            incomplete[i].make(sample);
        }
        struct kp_agreement *parsed = parse_sample(sample);
        CU_ASSERT_EQUAL(kp_agreement_check_complete(parsed, &error), whole ? KP_OK : KP_REFUSED);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, whole ? "" : incomplete[i].words));
        kp_agreement_free(parsed);
        kp_agreement_free(sample);
    }
}

static void test_mode(void)
{
    struct kp_agreement *sample = new_sample();
    struct kp_agreement *test = parse_sample(sample);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        memcpy(sample->members[i].oin, "00000001", 8);
    }
    memcpy(sample->coordinator_oin, "00000001", 8);
    memcpy(sample->leader_oin, "00000001", 8);
    struct kp_agreement *real = parse_sample(sample);
    struct kp_error error = {0};
    CU_ASSERT_TRUE(test->test);
    CU_ASSERT_FALSE(real->test);
    CU_ASSERT_EQUAL(kp_agreement_check_mode(test, true, &error), KP_OK);
    CU_ASSERT_EQUAL(kp_agreement_check_mode(real, false, &error), KP_OK);
    CU_ASSERT_EQUAL(kp_agreement_check_mode(test, false, &error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "test_mode = yes"));
    CU_ASSERT_EQUAL(kp_agreement_check_mode(real, true, &error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "real organisations"));
    kp_agreement_free(test);
    kp_agreement_free(real);
    kp_agreement_free(sample);
}

static void test_on_request(void)
{
    struct kp_agreement *sample = new_sample();
    sample->members[1].role = KP_ROLE_ON_REQUEST;
    sample->members[1].indicator_count = 0;
    struct kp_agreement *parsed = parse_sample(sample);
    CU_ASSERT_EQUAL(kp_agreement_member_slots(parsed, 1), sample->slots);
    CU_ASSERT_EQUAL(kp_agreement_member_slots(parsed, 2), 0);
    CU_ASSERT_EQUAL(kp_agreement_member_slots(parsed, 3), sample->slots);
    kp_agreement_free(parsed);
    kp_agreement_free(sample);
}

FLAW(next_project, strcpy(x->project, "Elders"); prove_opening_key(x))
FLAW(next_purpose, strcpy(x->purpose, "Iets anders"))
FLAW(next_legal_basis, strcpy(x->legal_basis, "iets anders"))
FLAW(next_category, x->category = KP_CATEGORY_CARE)
FLAW(next_slots, x->slots += 1)
FLAW(next_rotation, x->rotation += 1)
FLAW(next_start, x->start += 1)
FLAW(next_canaries, x->canaries = 1)
FLAW(next_audit_slots, x->audit_slots = 1)
FLAW(next_count_first, x->count_first = 1)
FLAW(next_words, x->words_hash[31] ^= 1)
FLAW(next_scheme, by_register(x))
FLAW(next_second_holder, second(x))
FLAW(next_rounds, x->rounds -= 1)
FLAW(next_members, x->member_count--)
FLAW(next_oin, strcpy(x->members[1].oin, KP_OIN_TEST_PREFIX "000000000777"))
FLAW(next_name, strcpy(x->members[1].name, "duo"))
FLAW(next_role, x->members[1].role = KP_ROLE_ON_REQUEST)
FLAW(next_identity, draw_sign_key(x->members[1].identity_key))
FLAW(next_box, draw_box_key(x->members[1].box_key))
FLAW(next_order, struct kp_member keep = x->members[0]; x->members[0] = x->members[1];
     x->members[1] = keep)
FLAW(next_previous, x->previous[0] ^= 1)
FLAW(next_lineage, x->lineage[0] ^= 1)
FLAW(next_version, x->version++)

static const struct flaw unfit[] = {
    {next_project, "project is another"},
    {next_purpose, "purpose is another"},
    {next_legal_basis, "legal_basis is another"},
    {next_category, "category is another"},
    {next_slots, "slots is another"},
    {next_rotation, "rotation is another"},
    {next_start, "start is another"},
    {next_canaries, "canaries is another"},
    {next_audit_slots, "audit_slots is another"},
    {next_count_first, "count_first is another"},
    {next_words, "words_hash is another"},
    {next_scheme, "key_scheme is another"},
    {next_second_holder, "the number of opening keys is another"},
    {next_rounds, "rounds is 11, and was 12"},
    {next_members, "the number of members is another"},
    {next_oin, "member 2: oin is another"},
    {next_name, "member 2: name is another"},
    {next_role, "member 2: role is another"},
    {next_identity, "member 2: identity_key is another"},
    {next_box, "member 2: box_key is another"},
    {next_order, "member 1: oin is another"},
    {next_previous, "doesn't name version 1"},
    {next_lineage, "another lineage"},
    {next_version, "version 3 doesn't name version 1"},
};

static void test_successor(void)
{
    struct kp_agreement *sample = new_sample();
    struct kp_agreement *first = parse_sample(sample);
    for (size_t i = 0; i <= sizeof(unfit) / sizeof(unfit[0]); i++) {
        bool fits = i == sizeof(unfit) / sizeof(unfit[0]);
        struct kp_agreement *next = new_sample();
        struct kp_error error = {0};
        for (uint32_t j = 0; j < MEMBERS; j++) { /* those of officers and certificates may change */
            memcpy(next->members[j].identity_key, first->members[j].identity_key, 32);
            memcpy(next->members[j].box_key, first->members[j].box_key, 32);
        }
        next->version = 2;
        memcpy(next->previous, first->hash, KP_DIGEST_BYTES);
        memcpy(next->lineage, first->lineage, KP_DIGEST_BYTES);
        next->end += 180u * 86400;
        if (!fits) {
            unfit[i].make(next);
        }
        struct kp_agreement *parsed = parse_sample(next);
        CU_ASSERT_EQUAL(memcmp(parsed->lineage, next->lineage, KP_DIGEST_BYTES), 0);
        CU_ASSERT_EQUAL(kp_agreement_check_successor(parsed, first, &error),
                        fits ? KP_OK : KP_REFUSED);
        if (!fits && strstr(error.text, unfit[i].words) == NULL) {
            fprintf(stderr, "no '%s' in: %s\n", unfit[i].words, error.text);
            CU_FAIL("the error's text");
        }
        kp_agreement_free(parsed);
        next->member_count = MEMBERS;
        kp_agreement_free(next);
    }
    kp_agreement_free(first);
    kp_agreement_free(sample);
}

/* A newer register takes an agreement of its own, for addresses that were shown stay what they are.
 */
static void test_successor_register(void)
{
    for (int which = 0; which < 3; which++) {
        struct kp_agreement *sample = new_sample();
        struct kp_error error = {0};
        by_register(sample);
        struct kp_agreement *first = parse_sample(sample);
        sample->version = 2;
        memcpy(sample->previous, first->hash, KP_DIGEST_BYTES);
        memcpy(sample->lineage, first->lineage, KP_DIGEST_BYTES);
        sample->register_date += which == 1 ? 1 : 0;
        sample->register_hash[0] ^= which == 2 ? 1 : 0;
        struct kp_agreement *next = parse_sample(sample);
        CU_ASSERT_EQUAL(kp_agreement_check_successor(next, first, &error),
                        which == 0 ? KP_OK : KP_REFUSED);
        CU_ASSERT(which == 0 || strstr(error.text, "the register is another") != NULL);
        kp_agreement_free(next);
        kp_agreement_free(first);
        kp_agreement_free(sample);
    }
}

static bool in_area(const struct kp_agreement *agreement, const char *postcode, unsigned digits)
{
    uint8_t key[KP_ADDRESS_KEY_BYTES];
    struct kp_address address = {.house_number = 1};
    if (postcode != NULL) {
        strcpy(address.postcode, postcode);
        kp_address_key(key, &address);
    } else {
        kp_object_key(key, UINT64_C(363010000000001), digits);
    }
    return kp_agreement_area_has(agreement, key);
}

static void test_area(void)
{
    struct kp_agreement *sample = new_sample();
    struct kp_agreement *text = parse_sample(sample);
    by_register(sample);
    struct kp_agreement *bag = parse_sample(sample);
    CU_ASSERT_TRUE(in_area(text, "1234AB", 0) && in_area(text, "5678AB", 0));
    CU_ASSERT_FALSE(in_area(text, "1235AB", 0) || in_area(text, "5678AC", 0));
    CU_ASSERT_TRUE(in_area(bag, NULL, 1234) && in_area(bag, NULL, 5678));
    CU_ASSERT_FALSE(in_area(bag, NULL, 1235) || in_area(bag, NULL, 0) || in_area(bag, NULL, 9999));
    /* Of the other scheme. */
    CU_ASSERT_FALSE(in_area(text, NULL, 1234) || in_area(bag, "1234AB", 0));
    kp_agreement_free(bag);
    kp_agreement_free(text);
    kp_agreement_free(sample);
}

/* Parties by number, and the sum of the opening keys. */
static void test_parties(void)
{
    struct kp_agreement *sample = new_sample();
    struct kp_agreement *one = parse_sample(sample);
    uint8_t sum[KP_POINT_BYTES];
    second(sample);
    sample->canaries = 25;
    sample->audit_slots = 200;
    sample->count_first = 1;
    struct kp_agreement *two = parse_sample(sample);
    CU_ASSERT_EQUAL(memcmp(one->opening_key, one->opening_keys[0].key, KP_POINT_BYTES), 0);
    CU_ASSERT_EQUAL(kp_points_add(sum, two->opening_keys[0].key, two->opening_keys[1].key, 1),
                    KP_OK);
    CU_ASSERT_EQUAL(memcmp(two->opening_key, sum, KP_POINT_BYTES), 0);
    CU_ASSERT_PTR_NULL(kp_agreement_identity_key(one, KP_PARTY_OPENER));
    CU_ASSERT_PTR_NULL(kp_agreement_box_key(one, KP_PARTY_OPENER));
    CU_ASSERT_PTR_NULL(kp_agreement_tls_fingerprint(one, KP_PARTY_OPENER));
    CU_ASSERT_PTR_NULL(kp_agreement_box_key(two, KP_PARTY_COORDINATOR));
    CU_ASSERT_PTR_NULL(kp_agreement_identity_key(two, MEMBERS + 1));
    CU_ASSERT_PTR_NULL(kp_agreement_identity_key(two, KP_PARTY_ALL));
    CU_ASSERT_PTR_EQUAL(kp_agreement_identity_key(two, KP_PARTY_OPENER),
                        two->opening_keys[1].identity_key);
    CU_ASSERT_PTR_EQUAL(kp_agreement_box_key(two, KP_PARTY_OPENER), two->opening_keys[1].box_key);
    CU_ASSERT_PTR_EQUAL(kp_agreement_tls_fingerprint(two, KP_PARTY_OPENER),
                        two->opening_keys[1].tls_fingerprint);
    CU_ASSERT_PTR_EQUAL(kp_agreement_identity_key(two, KP_PARTY_LEADER), two->leader_identity_key);
    CU_ASSERT_PTR_EQUAL(kp_agreement_box_key(two, KP_PARTY_LEADER), two->leader_box_key);
    CU_ASSERT_PTR_EQUAL(kp_agreement_identity_key(two, KP_PARTY_COORDINATOR),
                        two->coordinator_identity_key);
    CU_ASSERT_PTR_EQUAL(kp_agreement_box_key(two, 2), two->members[1].box_key);
    CU_ASSERT_PTR_EQUAL(kp_agreement_tls_fingerprint(two, 3), two->members[2].tls_fingerprint);
    CU_ASSERT_EQUAL(kp_agreement_round_type(one, 1), KP_ROUND_MATCH);
    CU_ASSERT_EQUAL(kp_agreement_round_type(two, 1), KP_ROUND_COUNT);
    CU_ASSERT_EQUAL(kp_agreement_round_type(two, 2), KP_ROUND_MATCH);
    kp_agreement_free(one);
    kp_agreement_free(two);
    kp_agreement_free(sample);
}

static void test_combinations(void)
{
    CU_ASSERT_EQUAL(kp_agreement_combinations(3, 2), 3);
    CU_ASSERT_EQUAL(kp_agreement_combinations(2, 2), 1);
    CU_ASSERT_EQUAL(kp_agreement_combinations(1, 2), 0);
    CU_ASSERT_EQUAL(kp_agreement_combinations(32, 16), 601080390);
    struct kp_agreement *sample = new_sample();
    sample->threshold = 3;
    sample->canaries = 50; /* in one group: 100 of 200 */
    struct kp_agreement *parsed = parse_sample(sample);
    CU_ASSERT_EQUAL(parsed->canaries, 50);
    kp_agreement_free(parsed);
    kp_agreement_free(sample);
}

/* What the first holder has stands with the leader, and nowhere else. */
static void test_first_holder(void)
{
    struct kp_agreement *sample = new_sample();
    struct kp_buffer bytes = {0}, more = {0};
    pack(sample, &bytes);
    size_t at = 0; /* field 18, of less than 128 bytes: the holder's text comes first in it */
    while (at + 4 < bytes.size && memcmp(bytes.data + at, "\x92\x01\x74\x0a", 4) != 0) {
        at++;
    }
    CU_ASSERT_TRUE_FATAL(at + 4 < bytes.size);
    size_t behind = at + 3 + bytes.data[at + 2];
    bytes.data[at + 2] += 3;
    CU_ASSERT_EQUAL(kp_buffer_append(&more, bytes.data, behind), KP_OK);
    CU_ASSERT_EQUAL(kp_buffer_append(&more, "\x22\x01x", 3), KP_OK);
    CU_ASSERT_EQUAL(kp_buffer_append(&more, bytes.data + behind, bytes.size - behind), KP_OK);
    expect_refused(more.data, more.size, "the first holder is the project leader");
    kp_buffer_free(&bytes);
    kp_buffer_free(&more);
    kp_agreement_free(sample);
}

static void test_opening_context(void)
{
    uint8_t key[KP_POINT_BYTES] = {1};
    uint8_t one[KP_DIGEST_BYTES];
    uint8_t other[KP_DIGEST_BYTES];
    kp_agreement_opening_context(one, "ab", "c", key);
    kp_agreement_opening_context(other, "a", "bc", key);
    CU_ASSERT_NOT_EQUAL(memcmp(one, other, sizeof(one)), 0);
    key[0] = 2;
    kp_agreement_opening_context(other, "ab", "c", key);
    CU_ASSERT_NOT_EQUAL(memcmp(one, other, sizeof(one)), 0);
}

static const struct unit_test tests[] = {
    {"packing and parsing", test_round_trip},
    {"every field that is wrong is named", test_flaws},
    {"the most of everything", test_limits},
    {"every field dropped, doubled, moved, too long, empty, changed", test_encoding},
    {"cut short anywhere", test_truncated},
    {"random mutations: what is accepted is canonical", test_mutations},
    {"a NUL inside text", test_nul_in_text},
    {"a file and its pinned hash", test_pinned},
    {"the hash changes with the content", test_hash_depends_on_all},
    {"the term", test_term},
    {"the interval", test_interval},
    {"what the law needs", test_complete},
    {"test numbers and test mode", test_mode},
    {"a member that answers on request", test_on_request},
    {"what a later version may not change", test_successor},
    {"nor the register", test_successor_register},
    {"the area, in both schemes", test_area},
    {"what an opening key's proof is bound to", test_opening_context},
    {"parties by number, and two holders", test_parties},
    {"combinations and canaries", test_combinations},
    {"the first holder", test_first_holder},
};
UNIT_MAIN("agreement", tests)
