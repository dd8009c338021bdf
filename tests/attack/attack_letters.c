/* Letters (proto/letter.h) and the coordinator's rule for partial openings (coordinator/letters.h):
 * who gets what, and who wrote it. */
#include "coordinator/database.h"
#include "coordinator/letters.h"
#include "proto/audit_log.h"
#include "proto/party.h"
#include "tests/attack/attack.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"

#include <CUnit/CUnit.h>
#include <sodium.h>
#include <string.h>

static const uint8_t ROUND[KP_LETTER_SUBJECT_BYTES] = "an attempt";
static const uint8_t OLDER[KP_LETTER_SUBJECT_BYTES] = "an older attempt";

/* The coordinator's letters, and both holders. */
struct post {
    struct fixture fixture;
    struct kp_store *store;
    struct kp_txn *txn;
};

static void start(struct post *post, const char *name)
{
    uint8_t key[32];
    memset(post, 0, sizeof(*post));
    randombytes_buf(key, sizeof(key));
    fixture_make(&post->fixture, &(struct fixture_settings){.second_holder = true});
    CU_ASSERT_EQUAL_FATAL(kp_coordinator_database_open(&post->store, scratch(name), key, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(post->store, true, &post->txn, NULL), KP_OK);
}

static void end(struct post *post)
{
    kp_store_abort(post->txn);
    kp_store_close(post->store);
    fixture_free(&post->fixture);
}

static const uint8_t *secret_of(const struct post *post, uint32_t party)
{
    return party == KP_PARTY_LEADER   ? post->fixture.leader_secret
           : party == KP_PARTY_OPENER ? post->fixture.opener_secret
                                      : post->fixture.member[party - 1].identity_secret;
}

/* The log entry with which a holder says that it opened this attempt. */
static void make_act(const struct post *post, uint32_t party, const uint8_t *attempt,
                     struct kp_buffer *act)
{
    uint8_t hash[KP_DIGEST_BYTES];
    struct kp_audit_entry entry = {.sequence = 1,
                                   .time = 1700000000000,
                                   .party = party,
                                   .event = KP_AUDIT_PARTIALS_GIVEN,
                                   .counter = 1,
                                   .has_attempt = true,
                                   .count = 1,
                                   .has_digest = true};
    memcpy(entry.lineage, post->fixture.agreement->lineage, KP_DIGEST_BYTES);
    memcpy(entry.attempt, attempt, KP_ATTEMPT_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_audit_entry_sign(&entry, secret_of(post, party), hash), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_audit_entry_pack(&entry, act, NULL), KP_OK);
}

/* Puts partial openings of the round, which come with an act about `attempt`. */
static enum kp_status put_partials(struct post *post, uint32_t from, uint32_t to,
                                   const uint8_t *attempt)
{
    static const uint8_t JUNK[] = "whatever they are";
    struct kp_buffer act = {0}, packed = {0};
    struct kp_letters_taken taken;
    struct kp_letter letter;
    struct kp_error error = {0};
    make_act(post, from, attempt, &act);
    const struct kp_letter_draft draft = {.type = KP_LETTER_PARTIAL_OPENINGS,
                                          .to = to,
                                          .subject = ROUND,
                                          .parts = 1,
                                          .plain = JUNK,
                                          .size = sizeof(JUNK),
                                          .act = &act};
    CU_ASSERT_EQUAL_FATAL(
        kp_letter_seal(&letter, &draft, from, post->fixture.agreement, secret_of(post, from), NULL),
        KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_letter_pack(&letter, &packed, NULL), KP_OK);
    enum kp_status status = kp_letters_put(post->txn, post->fixture.agreement, from, packed.data,
                                           packed.size, &taken, &error);
    if (status != KP_OK) {
        attack_told(&error);
    }
    kp_buffer_free(&act);
    kp_buffer_free(&packed);
    kp_letter_free(&letter);
    return status;
}

/* Whether the party is given anything. */
static bool is_given(struct post *post, uint32_t party)
{
    struct kp_letters_page page;
    CU_ASSERT_EQUAL_FATAL(
        kp_letters_get(post->txn, party, &(struct kp_letters_wanted){0}, &page, NULL), KP_OK);
    bool given = page.letters.count > 0;
    kp_batch_free(&page.letters);
    if (!given) {
        attack_told_words("nothing is given out yet");
    }
    return given;
}

/* The second holder has opened; the leader has not, and asks for what it gave. */
bool attack_partials_before_the_own_act(void)
{
    struct post post;
    start(&post, "own-act");
    CU_ASSERT_EQUAL_FATAL(put_partials(&post, KP_PARTY_OPENER, KP_PARTY_LEADER, ROUND), KP_OK);
    bool succeeded = is_given(&post, KP_PARTY_LEADER);
    end(&post);
    return succeeded;
}

/* The leader puts junk about this round, with what it signed when it opened another. */
bool attack_partials_for_another_act(void)
{
    struct post post;
    start(&post, "another-act");
    CU_ASSERT_EQUAL_FATAL(put_partials(&post, KP_PARTY_OPENER, KP_PARTY_LEADER, ROUND), KP_OK);
    (void)!put_partials(&post, KP_PARTY_LEADER, KP_PARTY_OPENER, OLDER);
    bool succeeded = is_given(&post, KP_PARTY_LEADER);
    end(&post);
    return succeeded;
}

static void seal_notice(const struct fixture *fixture, struct kp_letter *letter)
{
    static const uint8_t WORDS[] = "what stands in it";
    const struct kp_letter_draft draft = {.type = KP_LETTER_CANARY_NOTICE,
                                          .to = KP_PARTY_LEADER,
                                          .subject = ROUND,
                                          .parts = 1,
                                          .plain = WORDS,
                                          .size = sizeof(WORDS)};
    CU_ASSERT_EQUAL_FATAL(kp_letter_seal(letter, &draft, 1, fixture->agreement,
                                         fixture->member[0].identity_secret, NULL),
                          KP_OK);
}

/* The coordinator changes a letter of member 1: it can't be read, and its sender seems to have made
 * it so. As a receiver sees it (node/node_letters.c, coordinator/leader_letters.c). */
bool attack_letter_spoilt_on_the_way(void)
{
    struct fixture fixture;
    struct kp_letter letter;
    struct kp_opened_letter opened = {0};
    struct kp_error error = {0};
    fixture_make(&fixture, &(struct fixture_settings){0});
    seal_notice(&fixture, &letter);
    letter.body.data[letter.body.size - 1] ^= 1;
    bool blamed = kp_letter_check_sealed(&letter, fixture.agreement, &error) == KP_OK &&
                  kp_letter_open(&opened, &letter, fixture.agreement, fixture.leader_box_secret,
                                 &error) == KP_REFUSED;
    attack_told(&error);
    kp_opened_letter_free(&opened);
    kp_letter_free(&letter);
    fixture_free(&fixture);
    return blamed;
}

/* Who was written to shows others a letter with other words than the sender's. */
bool attack_letter_with_other_words(void)
{
    struct fixture fixture;
    struct kp_letter letter;
    struct kp_opened_letter opened = {0};
    struct kp_error error = {0};
    fixture_make(&fixture, &(struct fixture_settings){0});
    seal_notice(&fixture, &letter);
    CU_ASSERT_EQUAL_FATAL(
        kp_letter_open(&opened, &letter, fixture.agreement, fixture.leader_box_secret, &error),
        KP_OK);
    opened.plain.data[0] ^= 1;
    bool believed = kp_letter_check_opened(&opened, fixture.agreement, &error) == KP_OK;
    attack_told(&error);
    kp_opened_letter_free(&opened);
    kp_letter_free(&letter);
    fixture_free(&fixture);
    return believed;
}
