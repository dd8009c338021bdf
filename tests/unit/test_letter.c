/* The envelope of letters (proto/letter.h): what goes in comes out, and whatever is changed, sent
 * on or written by somebody else is refused. */
#include "proto/letter.h"

#include "proto/audit_log.h"
#include "tests/unit/fixture.h"
#include "tests/unit/tamper.h"
#include "tests/unit/unit.h"

#include <sodium.h>

static const uint8_t subject[KP_LETTER_SUBJECT_BYTES] = {1, 2, 3};

static void make_second_holder(struct fixture *fixture)
{
    fixture_make(fixture, &(struct fixture_settings){.second_holder = true});
}

static const uint8_t *secret_of(const struct fixture *fixture, uint32_t party)
{
    return party == KP_PARTY_LEADER   ? fixture->leader_secret
           : party == KP_PARTY_OPENER ? fixture->opener_secret
                                      : fixture->member[party - 1].identity_secret;
}

static const uint8_t *box_of(const struct fixture *fixture, uint32_t party)
{
    return party == KP_PARTY_LEADER   ? fixture->leader_box_secret
           : party == KP_PARTY_OPENER ? fixture->opener_box_secret
                                      : fixture->member[party - 1].box_secret;
}

static struct kp_letter_draft draft_of(enum kp_letter_type type, uint32_t to, const char *plain)
{
    return (struct kp_letter_draft){.type = type,
                                    .to = to,
                                    .subject = subject,
                                    .parts = 1,
                                    .plain = (const uint8_t *)plain,
                                    .size = strlen(plain)};
}

/* The log entry that a holder writes when it gives partial openings. */
static void make_act(const struct fixture *fixture, uint32_t party, const uint8_t *attempt,
                     struct kp_buffer *out)
{
    struct kp_audit_entry entry = {.sequence = 1,
                                   .time = 1800000000000,
                                   .party = party,
                                   .event = KP_AUDIT_PARTIALS_GIVEN,
                                   .counter = 1,
                                   .has_attempt = true,
                                   .count = 1,
                                   .has_digest = true};
    uint8_t hash[KP_DIGEST_BYTES];
    memcpy(entry.lineage, fixture->agreement->lineage, sizeof(entry.lineage));
    memcpy(entry.attempt, attempt, sizeof(entry.attempt));
    CU_ASSERT_EQUAL(kp_audit_entry_sign(&entry, secret_of(fixture, party), hash), KP_OK);
    CU_ASSERT_EQUAL(kp_audit_entry_pack(&entry, out, NULL), KP_OK);
}

static void seal(struct kp_letter *letter, const struct fixture *fixture, uint32_t from,
                 const struct kp_letter_draft *draft)
{
    struct kp_error error = {0};
    enum kp_status status =
        kp_letter_seal(letter, draft, from, fixture->agreement, secret_of(fixture, from), &error);
    CU_ASSERT_STRING_EQUAL(error.text, "");
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
}

static enum kp_status open_as(const struct fixture *fixture, uint32_t party,
                              const struct kp_letter *letter)
{
    struct kp_opened_letter opened;
    enum kp_status status =
        kp_letter_open(&opened, letter, fixture->agreement, box_of(fixture, party), NULL);
    kp_opened_letter_free(&opened);
    return status;
}

/* ---- Round trips ---- */

static const struct {
    enum kp_letter_type type;
    uint32_t from, to;
} GO[] = {
    {KP_LETTER_CANARY_SECRETS, 1, 2},
    {KP_LETTER_CANARY_NOTICE, 2, KP_PARTY_LEADER},
    {KP_LETTER_PARTIAL_OPENINGS, KP_PARTY_OPENER, KP_PARTY_LEADER},
    {KP_LETTER_PARTIAL_OPENINGS, KP_PARTY_LEADER, KP_PARTY_OPENER},
    {KP_LETTER_CASE, KP_PARTY_LEADER, 3},
    {KP_LETTER_ANSWER, 3, KP_PARTY_LEADER},
    {KP_LETTER_CASE_CLOSED, KP_PARTY_LEADER, 1},
};
#define GOING (sizeof(GO) / sizeof(GO[0]))

static void every_type(void)
{
    struct fixture fixture;
    make_second_holder(&fixture);
    for (size_t i = 0; i < GOING; i++) {
        struct kp_letter_draft draft = draft_of(GO[i].type, GO[i].to, "what there is to say");
        struct kp_letter letter, back;
        struct kp_opened_letter opened, again;
        struct kp_buffer packed = {0}, act = {0};
        if (GO[i].type == KP_LETTER_PARTIAL_OPENINGS) {
            make_act(&fixture, GO[i].from, subject, &act);
            draft.act = &act;
        }
        seal(&letter, &fixture, GO[i].from, &draft);
        CU_ASSERT_EQUAL(kp_letter_pack(&letter, &packed, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_letter_unpack(&back, packed.data, packed.size, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_letter_check_sealed(&back, fixture.agreement, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_letter_check_act(&back, fixture.agreement, NULL), KP_OK);
        CU_ASSERT_EQUAL(
            kp_letter_open(&opened, &back, fixture.agreement, box_of(&fixture, GO[i].to), NULL),
            KP_OK);
        CU_ASSERT_EQUAL(opened.plain.size, draft.size);
        CU_ASSERT_EQUAL(memcmp(opened.plain.data, draft.plain, draft.size), 0);
        CU_ASSERT_EQUAL(opened.from, GO[i].from);
        /* Shown to somebody else. */
        CU_ASSERT_EQUAL(kp_opened_letter_pack(&opened, &packed, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_opened_letter_unpack(&again, packed.data, packed.size, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_letter_check_opened(&again, fixture.agreement, NULL), KP_OK);
        kp_opened_letter_free(&again);
        kp_opened_letter_free(&opened);
        kp_letter_free(&back);
        kp_letter_free(&letter);
        kp_buffer_free(&packed);
        kp_buffer_free(&act);
    }
    fixture_free(&fixture);
}

/* Sizes say how many blocks there are, and nothing more. */
static void sizes(void)
{
    static uint8_t plain[KP_LETTER_PLAIN_MAX];
    const size_t SIZES[] = {0, 1, 1022, 1023, 1024, 1025, 5000, KP_LETTER_PLAIN_MAX};
    struct fixture fixture;
    size_t small = 0;
    make_second_holder(&fixture);
    for (size_t i = 0; i < sizeof(SIZES) / sizeof(SIZES[0]); i++) {
        struct kp_letter_draft draft = draft_of(KP_LETTER_ANSWER, KP_PARTY_LEADER, "");
        struct kp_letter letter;
        struct kp_opened_letter opened;
        draft.plain = plain;
        draft.size = SIZES[i];
        memset(plain, i % 2 == 0 ? 0x80 : 0, sizeof(plain)); /* looks like padding */
        seal(&letter, &fixture, 1, &draft);
        CU_ASSERT_EQUAL(letter.body.size,
                        crypto_box_SEALBYTES + KP_SIGNATURE_BYTES + (SIZES[i] / 1024 + 1) * 1024);
        small = i == 0 ? letter.body.size : small;
        CU_ASSERT_EQUAL(letter.body.size == small, SIZES[i] < 1024);
        CU_ASSERT_EQUAL_FATAL(
            kp_letter_open(&opened, &letter, fixture.agreement, fixture.leader_box_secret, NULL),
            KP_OK);
        CU_ASSERT_EQUAL(opened.plain.size, SIZES[i]);
        CU_ASSERT(SIZES[i] == 0 || memcmp(opened.plain.data, plain, SIZES[i]) == 0);
        kp_opened_letter_free(&opened);
        kp_letter_free(&letter);
    }
    /* As large as another one that says more. */
    struct kp_letter_draft least = draft_of(KP_LETTER_CANARY_NOTICE, KP_PARTY_LEADER, "little");
    struct kp_letter one, other;
    least.least = 9000;
    seal(&one, &fixture, 1, &least);
    least.plain = plain;
    least.size = 9000;
    seal(&other, &fixture, 1, &least);
    CU_ASSERT_EQUAL(one.body.size, other.body.size);
    kp_letter_free(&one);
    kp_letter_free(&other);
    fixture_free(&fixture);
}

/* ---- Refusals ---- */

static void other_directions(void)
{
    static const uint32_t PARTIES[] = {0, 1, 2, 32, 33, 252, 253, 254, 255};
    for (unsigned type = 0; type < KP_LETTER_TYPES + 2; type++) {
        unsigned goes = 0;
        for (size_t i = 0; i < 9; i++) {
            for (size_t j = 0; j < 9; j++) {
                goes += kp_letter_goes((enum kp_letter_type)type, PARTIES[i], PARTIES[j]);
            }
        }
        bool between = type == KP_LETTER_CANARY_SECRETS;
        bool holders = type == KP_LETTER_PARTIAL_OPENINGS;
        bool none = type == 0 || type >= KP_LETTER_TYPES;
        CU_ASSERT_EQUAL(goes, none ? 0 : between ? 6 : holders ? 2 : 3);
    }
}

static void drafts(void)
{
    struct fixture fixture;
    struct kp_letter letter;
    struct kp_error error = {0};
    static uint8_t plain[KP_LETTER_PLAIN_MAX + 1];
    make_second_holder(&fixture);
    const struct kp_letter_draft good = draft_of(KP_LETTER_CASE, 2, "x");
    struct kp_letter_draft bad[8];
    for (size_t i = 0; i < 8; i++) {
        bad[i] = good;
    }
    bad[0].to = 4; /* there are three */
    bad[1].type = KP_LETTER_ANSWER;
    bad[2].parts = 0;
    bad[3].part = 1;
    bad[4].parts = KP_LETTER_PARTS_MAX + 1;
    bad[5].plain = plain;
    bad[5].size = sizeof(plain);
    bad[6].least = sizeof(plain);
    bad[7].type = KP_LETTER_PARTIAL_OPENINGS; /* without the log entry */
    bad[7].to = KP_PARTY_OPENER;
    for (size_t i = 0; i < 8; i++) {
        CU_ASSERT_EQUAL(kp_letter_seal(&letter, &bad[i], KP_PARTY_LEADER, fixture.agreement,
                                       fixture.leader_secret, &error),
                        KP_USAGE);
        kp_letter_free(&letter);
    }
    fixture_free(&fixture);
}

static struct fixture *tampered;

/* As a receiver takes it; whoever it is to. */
static enum kp_status take_packed(const uint8_t *bytes, size_t size)
{
    struct kp_letter letter;
    enum kp_status status = kp_letter_unpack(&letter, bytes, size, NULL);
    if (status == KP_OK) {
        status = kp_letter_check_sealed(&letter, tampered->agreement, NULL);
    }
    kp_letter_free(&letter);
    return status;
}

/* Any change of a packed letter is refused: its form, or the signature outside. */
static void changed_letters(void)
{
    struct fixture fixture;
    struct kp_letter letter;
    struct kp_buffer packed = {0};
    const struct kp_letter_draft draft = draft_of(KP_LETTER_ANSWER, KP_PARTY_LEADER, "not current");
    make_second_holder(&fixture);
    tampered = &fixture;
    seal(&letter, &fixture, 1, &draft);
    CU_ASSERT_EQUAL(kp_letter_pack(&letter, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(take_packed(packed.data, packed.size), KP_OK);
    for (size_t i = 0; i < packed.size; i++) {
        packed.data[i] ^= 1;
        CU_ASSERT_EQUAL(take_packed(packed.data, packed.size), KP_REFUSED);
        packed.data[i] ^= 1;
    }
    for (size_t size = 0; size < packed.size; size += 7) {
        CU_ASSERT_EQUAL(take_packed(packed.data, size), KP_REFUSED);
    }
    kp_letter_free(&letter);
    kp_buffer_free(&packed);
    fixture_free(&fixture);
}

/* Signs anew outside: what a hostile sender can do with a body that isn't its own. */
static void sign_outside(struct kp_letter *letter, const struct fixture *fixture)
{
    uint8_t digest[KP_DIGEST_BYTES];
    kp_letter_sealed_digest(digest, fixture->agreement->lineage, letter);
    kp_sign(letter->signature, secret_of(fixture, letter->from), KP_LETTER_SEALED_PURPOSE, digest,
            sizeof(digest));
}

/* Another's sealed letter as one's own, to another subject, part, time, type or receiver. */
static void passed_on(void)
{
    struct fixture fixture;
    struct kp_letter letter;
    const struct kp_letter_draft draft = draft_of(KP_LETTER_CANARY_NOTICE, KP_PARTY_LEADER, "mine");
    make_second_holder(&fixture);
    seal(&letter, &fixture, 1, &draft);
    CU_ASSERT_EQUAL(open_as(&fixture, KP_PARTY_LEADER, &letter), KP_OK);
    CU_ASSERT_EQUAL(open_as(&fixture, 2, &letter), KP_REFUSED); /* not for it */
    for (unsigned change = 0; change < 6; change++) {
        struct kp_letter other = letter;
        other.from = change == 0 ? 2 : other.from;
        other.subject[0] ^= change == 1;
        other.parts = change == 2 || change == 3 ? 2 : other.parts;
        other.part = change == 3 ? 1 : other.part;
        other.time += change == 4;
        other.type = change == 5 ? KP_LETTER_ANSWER : other.type;
        CU_ASSERT_EQUAL(kp_letter_check_sealed(&other, fixture.agreement, NULL), KP_REFUSED);
        sign_outside(&other, &fixture);
        CU_ASSERT_EQUAL(kp_letter_check_sealed(&other, fixture.agreement, NULL), KP_OK);
        CU_ASSERT_EQUAL(open_as(&fixture, KP_PARTY_LEADER, &other), KP_REFUSED);
    }
    kp_letter_free(&letter);
    fixture_free(&fixture);
}

/* Another agreement between the same parties: a letter of one says nothing in the other. */
static void other_lineage(void)
{
    struct fixture fixture, other;
    struct kp_letter letter;
    const struct kp_letter_draft draft = draft_of(KP_LETTER_ANSWER, KP_PARTY_LEADER, "current");
    make_second_holder(&fixture);
    make_second_holder(&other);
    seal(&letter, &fixture, 1, &draft);
    memcpy(other.agreement->members[0].identity_key, fixture.agreement->members[0].identity_key,
           KP_SIGN_PUBLIC_BYTES);
    struct kp_opened_letter opened;
    CU_ASSERT_EQUAL(kp_letter_check_sealed(&letter, other.agreement, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(
        kp_letter_open(&opened, &letter, other.agreement, fixture.leader_box_secret, NULL),
        KP_REFUSED);
    kp_opened_letter_free(&opened);
    kp_letter_free(&letter);
    fixture_free(&fixture);
    fixture_free(&other);
}

/* What a hostile sender puts into the box itself. */
static void forged_inside(void)
{
    struct fixture fixture;
    make_second_holder(&fixture);
    for (unsigned kind = 0; kind < 4; kind++) {
        struct kp_letter letter;
        uint8_t inside[KP_SIGNATURE_BYTES + 1024] = {0};
        const struct kp_letter_draft draft = draft_of(KP_LETTER_ANSWER, KP_PARTY_LEADER, "x");
        seal(&letter, &fixture, 1, &draft);
        if (kind == 0) {
            randombytes_buf(inside, KP_SIGNATURE_BYTES); /* not signed */
            inside[KP_SIGNATURE_BYTES + 1] = 0x80;
        } else if (kind == 1) {
            inside[KP_SIGNATURE_BYTES] = 1; /* padded with nothing */
        } else if (kind == 2) {
            inside[KP_SIGNATURE_BYTES - 1] = 0x80; /* the padding begins in the signature */
        }
        CU_ASSERT_EQUAL(crypto_box_seal(letter.body.data, inside, sizeof(inside),
                                        fixture.agreement->leader_box_key),
                        0);
        if (kind == 3) {
            randombytes_buf(letter.body.data, letter.body.size); /* no seal at all */
        }
        sign_outside(&letter, &fixture);
        CU_ASSERT_EQUAL(kp_letter_check_sealed(&letter, fixture.agreement, NULL), KP_OK);
        CU_ASSERT_EQUAL(open_as(&fixture, KP_PARTY_LEADER, &letter), KP_REFUSED);
        kp_letter_free(&letter);
    }
    fixture_free(&fixture);
}

static enum kp_status unpack_opened(const uint8_t *bytes, size_t size)
{
    struct kp_opened_letter opened;
    enum kp_status status = kp_opened_letter_unpack(&opened, bytes, size, NULL);
    if (status == KP_OK) {
        status = kp_letter_check_opened(&opened, tampered->agreement, NULL);
    }
    kp_opened_letter_free(&opened);
    return status;
}

static void changed_opened_letters(void)
{
    struct fixture fixture;
    struct kp_letter letter;
    struct kp_opened_letter opened;
    struct kp_buffer packed = {0};
    const struct kp_letter_draft draft = draft_of(KP_LETTER_ANSWER, KP_PARTY_LEADER, "interest");
    make_second_holder(&fixture);
    tampered = &fixture;
    seal(&letter, &fixture, 3, &draft);
    CU_ASSERT_EQUAL(
        kp_letter_open(&opened, &letter, fixture.agreement, fixture.leader_box_secret, NULL),
        KP_OK);
    CU_ASSERT_EQUAL(kp_opened_letter_pack(&opened, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(unpack_opened(packed.data, packed.size), KP_OK);
    for (size_t i = 0; i < packed.size; i++) {
        packed.data[i] ^= 1;
        CU_ASSERT_EQUAL(unpack_opened(packed.data, packed.size), KP_REFUSED);
        packed.data[i] ^= 1;
    }
    kp_opened_letter_free(&opened);
    kp_letter_free(&letter);
    kp_buffer_free(&packed);
    fixture_free(&fixture);
}

/* ---- The log entry beside partial openings ---- */

static enum kp_status check_act(const struct fixture *fixture, uint32_t from,
                                const struct kp_buffer *act)
{
    struct kp_letter_draft draft =
        draft_of(KP_LETTER_PARTIAL_OPENINGS,
                 from == KP_PARTY_LEADER ? KP_PARTY_OPENER : KP_PARTY_LEADER, "partials");
    struct kp_letter letter;
    draft.act = act;
    seal(&letter, fixture, from, &draft);
    enum kp_status status = kp_letter_check_act(&letter, fixture->agreement, NULL);
    kp_letter_free(&letter);
    return status;
}

static void acts(void)
{
    static const uint8_t other_attempt[KP_ATTEMPT_BYTES] = {9};
    struct fixture fixture, other;
    struct kp_buffer act = {0};
    make_second_holder(&fixture);
    make_second_holder(&other);
    make_act(&fixture, KP_PARTY_LEADER, subject, &act);
    CU_ASSERT_EQUAL(check_act(&fixture, KP_PARTY_LEADER, &act), KP_OK);
    CU_ASSERT_EQUAL(check_act(&fixture, KP_PARTY_OPENER, &act), KP_REFUSED); /* the other's */
    act.data[act.size - 1] ^= 1;
    CU_ASSERT_EQUAL(check_act(&fixture, KP_PARTY_LEADER, &act), KP_REFUSED); /* not signed */
    make_act(&fixture, KP_PARTY_LEADER, other_attempt, &act);
    CU_ASSERT_EQUAL(check_act(&fixture, KP_PARTY_LEADER, &act), KP_REFUSED);
    make_act(&other, KP_PARTY_LEADER, subject, &act); /* another lineage */
    CU_ASSERT_EQUAL(check_act(&fixture, KP_PARTY_LEADER, &act), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_buffer_set(&act, "no entry", 8), KP_OK);
    CU_ASSERT_EQUAL(check_act(&fixture, KP_PARTY_LEADER, &act), KP_REFUSED);
    kp_buffer_free(&act);
    fixture_free(&fixture);
    fixture_free(&other);
}

static const struct unit_test TESTS[] = {
    {"every type", every_type},
    {"sizes", sizes},
    {"other directions", other_directions},
    {"drafts", drafts},
    {"changed letters", changed_letters},
    {"passed on", passed_on},
    {"another lineage", other_lineage},
    {"forged inside", forged_inside},
    {"changed opened letters", changed_opened_letters},
    {"the log entry beside partial openings", acts},
};

UNIT_MAIN("letter", TESTS)
