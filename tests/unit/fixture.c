#include "tests/unit/fixture.h"

#include "proto/address.h"

#include <CUnit/CUnit.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INDICATORS 3

static void make_member(struct kp_member *member, struct fixture_member *keys, uint32_t number)
{
    randombytes_buf(keys->identity_seed, sizeof(keys->identity_seed));
    kp_sign_keypair(member->identity_key, keys->identity_secret, keys->identity_seed);
    randombytes_buf(keys->officer_seed, sizeof(keys->officer_seed));
    kp_sign_keypair(member->officer_key, keys->officer_secret, keys->officer_seed);
    snprintf(member->officer, sizeof(member->officer), "Officer %u", number);
    kp_pair_keypair(member->box_key, keys->box_secret);
    randombytes_buf(member->tls_fingerprint, sizeof(member->tls_fingerprint));
    snprintf(member->name, sizeof(member->name), "m%u", number);
    snprintf(member->title, sizeof(member->title), "Member %u", number);
    snprintf(member->oin, sizeof(member->oin), KP_OIN_TEST_PREFIX "%012u", number);
    snprintf(member->dpia, sizeof(member->dpia), "DPIA-%u", number);
    snprintf(member->dpo, sizeof(member->dpo), "dpo@m%u.example", number);
    member->role = KP_ROLE_CONTRIBUTES;
    member->indicators = calloc(INDICATORS, sizeof(member->indicators[0]));
    CU_ASSERT_PTR_NOT_NULL_FATAL(member->indicators);
    member->indicator_count = INDICATORS;
    strcpy(member->indicators[0].code, "A");
    strcpy(member->indicators[1].code, "B");
    snprintf(member->indicators[2].code, sizeof(member->indicators[2].code), "C-%u", number);
    for (size_t i = 0; i < INDICATORS; i++) {
        strcpy(member->indicators[i].description, "what a test needs");
        strcpy(member->indicators[i].source, "a register");
        strcpy(member->indicators[i].legal_ground, "none");
    }
}

/* Those of the coordinator and the leader. */
static void make_identities(struct fixture *fixture, struct kp_agreement *agreement)
{
    randombytes_buf(fixture->coordinator_seed, sizeof(fixture->coordinator_seed));
    kp_sign_keypair(agreement->coordinator_identity_key, fixture->coordinator_secret,
                    fixture->coordinator_seed);
    randombytes_buf(fixture->leader_seed, sizeof(fixture->leader_seed));
    kp_sign_keypair(agreement->leader_identity_key, fixture->leader_secret, fixture->leader_seed);
    kp_pair_keypair(agreement->leader_box_key, fixture->leader_box_secret);
}

static void make_opening_key(struct kp_agreement *agreement, const char *holder, uint8_t *secret)
{
    struct kp_opening_key *opening = &agreement->opening_keys[agreement->opening_key_count++];
    uint8_t context[KP_DIGEST_BYTES];
    strcpy(opening->holder, holder);
    kp_scalar_random(secret);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(opening->key, secret, 1), KP_OK);
    kp_agreement_opening_context(context, agreement->project, opening->holder, opening->key);
    kp_schnorr_prove(opening->proof, secret, opening->key, context);
    agreement->openings_needed = agreement->opening_key_count;
}

static void make_second_holder(struct fixture *fixture, struct kp_agreement *agreement)
{
    make_opening_key(agreement, "Second holder", fixture->second_opening_secret);
    struct kp_opening_key *second = &agreement->opening_keys[1];
    strcpy(second->employer, "Another employer");
    strcpy(second->employer_oin, KP_OIN_TEST_PREFIX "000000000903");
    randombytes_buf(fixture->opener_seed, sizeof(fixture->opener_seed));
    kp_sign_keypair(second->identity_key, fixture->opener_secret, fixture->opener_seed);
    kp_pair_keypair(second->box_key, fixture->opener_box_secret);
    randombytes_buf(second->tls_fingerprint, sizeof(second->tls_fingerprint));
}

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

static void make_scheme(struct kp_agreement *agreement, const struct fixture_settings *settings)
{
    agreement->key_scheme = settings->bag ? KP_KEY_SCHEME_BAG : KP_KEY_SCHEME_TEXT;
    agreement->key_scheme_version = KP_CANONICAL_VERSION;
    memset(agreement->words_hash, 'w', sizeof(agreement->words_hash));
    if (settings->bag) {
        agreement->register_date = 20260701;
        memset(agreement->register_hash, 'r', sizeof(agreement->register_hash));
        agreement->postcodes[1][4] = '\0';
    }
}

static void make_terms(struct kp_agreement *agreement, const struct fixture_settings *settings)
{
    agreement->version = 1;
    strcpy(agreement->project, "Test project");
    strcpy(agreement->purpose, "To see that it works.");
    strcpy(agreement->legal_basis, "none");
    agreement->category = KP_CATEGORY_ENFORCEMENT;
    agreement->postcode_count = 2;
    agreement->postcodes = calloc(agreement->postcode_count, sizeof(agreement->postcodes[0]));
    CU_ASSERT_PTR_NOT_NULL_FATAL(agreement->postcodes);
    strcpy(agreement->postcodes[0], "1234");
    strcpy(agreement->postcodes[1], "5678AB");
    agreement->area_addresses = 5000;
    make_scheme(agreement, settings);
    agreement->threshold = or_default(settings->threshold, 2);
    agreement->slots = or_default(settings->slots, 8);
    agreement->rotation = or_default(settings->rotation, agreement->slots < 2 ? 1 : 2);
    agreement->rounds = or_default(settings->rounds, 100);
    agreement->interval_seconds = settings->interval != 0 ? settings->interval : 1;
    agreement->discloses =
        (KP_DISCLOSE_INDICATORS | KP_DISCLOSE_GROUNDS | KP_DISCLOSE_OBSERVED_ON) & ~settings->hides;
    strcpy(agreement->coordinator_operator, "Operator");
    strcpy(agreement->leader_employer, "Employer");
    strcpy(agreement->leader_name, "Leader");
    strcpy(agreement->coordinator_oin, KP_OIN_TEST_PREFIX "000000000901");
    strcpy(agreement->leader_oin, KP_OIN_TEST_PREFIX "000000000902");
    strcpy(agreement->controllers, "Each member answers for its own.");
    randombytes_buf(agreement->coordinator_tls_fingerprint, 32);
    randombytes_buf(agreement->leader_tls_fingerprint, 32);
    agreement->start = FIXTURE_START;
    agreement->end = FIXTURE_END;
    agreement->retention_days = 30;
    agreement->canaries = settings->canaries;
    agreement->audit_slots = settings->audit_slots;
    agreement->count_first = settings->count_first;
}

void fixture_make(struct fixture *fixture, const struct fixture_settings *settings)
{
    memset(fixture, 0, sizeof(*fixture));
    struct kp_agreement *draft = calloc(1, sizeof(*draft));
    CU_ASSERT_PTR_NOT_NULL_FATAL(draft);
    make_terms(draft, settings);
    draft->member_count = or_default(settings->members, 3);
    draft->members = calloc(draft->member_count, sizeof(draft->members[0]));
    CU_ASSERT_PTR_NOT_NULL_FATAL(draft->members);
    for (uint32_t i = 0; i < draft->member_count; i++) {
        make_member(&draft->members[i], &fixture->member[i], i + 1);
    }
    if (settings->tls_fingerprint != NULL) {
        memcpy(draft->members[0].tls_fingerprint, settings->tls_fingerprint, 32);
    }
    make_identities(fixture, draft);
    make_opening_key(draft, "Leader", fixture->opening_secret);
    if (settings->second_holder) {
        make_second_holder(fixture, draft);
    }
    if (settings->change != NULL) {
        settings->change(draft, settings->context);
    }

    struct kp_error error = {0};
    enum kp_status status = kp_agreement_pack(draft, &fixture->bytes, &error);
    if (status == KP_OK) {
        status = kp_agreement_parse(&fixture->agreement, fixture->bytes.data, fixture->bytes.size,
                                    &error);
    }
    if (status != KP_OK) {
        fprintf(stderr, "fixture: %s\n", error.text);
    }
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
    kp_agreement_free(draft);
}

void fixture_free(struct fixture *fixture)
{
    kp_agreement_free(fixture->agreement);
    kp_buffer_free(&fixture->bytes);
    memset(fixture, 0, sizeof(*fixture));
}

void fixture_wait_interval(void)
{
    const struct timespec interval = {.tv_sec = 1, .tv_nsec = 50000000};
    CU_ASSERT(nanosleep(&interval, NULL) == 0);
}

void fixture_decide(const struct fixture *fixture, const struct kp_agreement *version,
                    uint32_t member, enum kp_decision_kind kind, uint64_t time,
                    struct kp_buffer *out)
{
    struct kp_decision decision = {.member = member, .kind = kind, .time = time};
    memcpy(decision.agreement, version->hash, sizeof(decision.agreement));
    kp_decision_sign(&decision, fixture->member[member - 1].officer_secret);
    CU_ASSERT_EQUAL_FATAL(kp_decision_pack(&decision, out, NULL), KP_OK);
}

void fixture_accept_all(const struct fixture *fixture, struct kp_batch *papers)
{
    for (uint32_t i = 1; i <= fixture->agreement->member_count; i++) {
        struct kp_buffer bytes = {0};
        fixture_decide(fixture, fixture->agreement, i, KP_DECISION_ACCEPT, FIXTURE_START, &bytes);
        CU_ASSERT_EQUAL_FATAL(kp_batch_add(papers, bytes.data, bytes.size), KP_OK);
        kp_buffer_free(&bytes);
    }
}

void fixture_follow(const struct kp_agreement *previous, void (*change)(struct kp_agreement *draft),
                    struct kp_buffer *out)
{
    struct kp_agreement *draft = malloc(sizeof(*draft));
    CU_ASSERT_PTR_NOT_NULL_FATAL(draft);
    *draft = *previous; /* members and postcodes are borrowed */
    struct kp_member members[KP_MEMBERS_MAX];
    memcpy(members, previous->members, previous->member_count * sizeof(members[0]));
    draft->members = members;
    draft->version = previous->version + 1;
    memcpy(draft->previous, previous->hash, sizeof(draft->previous));
    draft->end += 366u * 86400;
    if (change != NULL) {
        change(draft);
    }
    CU_ASSERT_EQUAL_FATAL(kp_agreement_pack(draft, out, NULL), KP_OK);
    free(draft);
}

void fixture_address_at(uint8_t key[static KP_ADDRESS_KEY_BYTES], const char *postcode,
                        uint32_t number)
{
    struct kp_address address = {.house_number = number};
    snprintf(address.postcode, sizeof(address.postcode), "%s", postcode);
    kp_address_key(key, &address);
}

void fixture_address(uint8_t key[static KP_ADDRESS_KEY_BYTES], uint32_t number)
{
    fixture_address_at(key, "1234AB", number);
}

void fixture_object_at(uint8_t key[static KP_ADDRESS_KEY_BYTES], unsigned digits, uint32_t number)
{
    kp_object_key(key, UINT64_C(1234010000000000) + number, digits);
}

void fixture_object(uint8_t key[static KP_ADDRESS_KEY_BYTES], uint32_t number)
{
    fixture_object_at(key, 1234, number);
}

uint32_t fixture_number(const uint8_t key[static KP_ADDRESS_KEY_BYTES])
{
    struct kp_address address = {0};
    uint64_t object = 0;
    unsigned digits;
    if (kp_object_of_key(&object, &digits, key) == KP_OK) {
        return (uint32_t)(object % 10000000000);
    }
    return kp_address_of_key(&address, key) == KP_OK ? address.house_number : 0;
}

void fixture_key(const struct kp_agreement *agreement, uint8_t key[static KP_ADDRESS_KEY_BYTES],
                 uint32_t number)
{
    if (agreement->key_scheme == KP_KEY_SCHEME_BAG) {
        fixture_object(key, number);
    } else {
        fixture_address(key, number);
    }
}
