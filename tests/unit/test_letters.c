/* The letters at the coordinator (coordinator/letters.h): who may put what, what is kept, and who
 * gets which when. */
#include "coordinator/letters.h"

#include "coordinator/database.h"
#include "proto/audit_log.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>

static const uint8_t store_key[32] = {7};

struct world {
    struct fixture fixture;
    struct kp_store *store;
    struct kp_error error;
};

static void start(struct world *world, const char *name)
{
    memset(world, 0, sizeof(*world));
    fixture_make(&world->fixture, &(struct fixture_settings){.second_holder = true});
    CU_ASSERT_EQUAL_FATAL(
        kp_coordinator_database_open(&world->store, scratch(name), store_key, NULL), KP_OK);
}

static void stop(struct world *world)
{
    kp_store_close(world->store);
    fixture_free(&world->fixture);
}

static void reopen(struct world *world, const char *name)
{
    kp_store_close(world->store);
    CU_ASSERT_EQUAL_FATAL(
        kp_coordinator_database_open(&world->store, scratch(name), store_key, NULL), KP_OK);
}

static const uint8_t *secret_of(const struct world *world, uint32_t party)
{
    return party == KP_PARTY_LEADER   ? world->fixture.leader_secret
           : party == KP_PARTY_OPENER ? world->fixture.opener_secret
                                      : world->fixture.member[party - 1].identity_secret;
}

static void make_act(const struct world *world, uint32_t party, const uint8_t *attempt,
                     struct kp_buffer *out)
{
    struct kp_audit_entry entry = {.sequence = 1,
                                   .time = 1800000000000,
                                   .party = party,
                                   .event = KP_AUDIT_PARTIALS_GIVEN,
                                   .has_attempt = true};
    uint8_t hash[KP_DIGEST_BYTES];
    memcpy(entry.lineage, world->fixture.agreement->lineage, sizeof(entry.lineage));
    memcpy(entry.attempt, attempt, sizeof(entry.attempt));
    CU_ASSERT_EQUAL(kp_audit_entry_sign(&entry, secret_of(world, party), hash), KP_OK);
    CU_ASSERT_EQUAL(kp_audit_entry_pack(&entry, out, NULL), KP_OK);
}

/* Part `part` of `parts`, about subject `about`, packed. */
static void make(const struct world *world, enum kp_letter_type type, uint32_t from, uint32_t to,
                 uint8_t about, uint32_t part, uint32_t parts, struct kp_buffer *packed)
{
    const uint8_t subject[KP_LETTER_SUBJECT_BYTES] = {about};
    struct kp_buffer act = {0};
    struct kp_letter_draft draft = {.type = type,
                                    .to = to,
                                    .subject = subject,
                                    .part = part,
                                    .parts = parts,
                                    .plain = &about,
                                    .size = 1};
    struct kp_letter letter;
    if (type == KP_LETTER_PARTIAL_OPENINGS) {
        make_act(world, from, subject, &act);
        draft.act = &act;
    }
    CU_ASSERT_EQUAL_FATAL(kp_letter_seal(&letter, &draft, from, world->fixture.agreement,
                                         secret_of(world, from), NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_letter_pack(&letter, packed, NULL), KP_OK);
    kp_letter_free(&letter);
    kp_buffer_free(&act);
}

static enum kp_status put(struct world *world, uint32_t party, const struct kp_buffer *packed,
                          struct kp_letters_taken *taken)
{
    struct kp_txn *txn = NULL;
    memset(&world->error, 0, sizeof(world->error));
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->store, true, &txn, NULL), KP_OK);
    enum kp_status status = kp_letters_put(txn, world->fixture.agreement, party, packed->data,
                                           packed->size, taken, &world->error);
    if (status == KP_OK) {
        CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    } else {
        kp_store_abort(txn);
    }
    return status;
}

/* Makes one, and puts it. */
static bool post(struct world *world, enum kp_letter_type type, uint32_t from, uint32_t to,
                 uint8_t about, uint32_t part, uint32_t parts)
{
    struct kp_buffer packed = {0};
    struct kp_letters_taken taken;
    make(world, type, from, to, about, part, parts, &packed);
    enum kp_status status = put(world, from, &packed, &taken);
    CU_ASSERT_EQUAL(taken.added, status == KP_OK);
    kp_buffer_free(&packed);
    return status == KP_OK && taken.complete;
}

static void refuse(struct world *world, uint32_t party, const struct kp_buffer *packed,
                   const char *why)
{
    struct kp_letters_taken taken;
    CU_ASSERT_EQUAL(put(world, party, packed, &taken), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(world->error.text, why));
    CU_ASSERT(!taken.added);
}

/* How many are given to a party after a number; *last: the number of the last one. */
static size_t get(struct world *world, uint32_t party, uint64_t after, uint32_t type,
                  const uint8_t *subject, uint64_t *last, uint32_t *partials)
{
    const struct kp_letters_wanted wanted = {after, type, subject};
    struct kp_txn *txn = NULL;
    struct kp_letters_page page;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_letters_get(txn, party, &wanted, &page, NULL), KP_OK);
    kp_store_abort(txn);
    size_t count = page.letters.count;
    for (size_t i = 0; i < count; i++) {
        CU_ASSERT(page.numbers[i] > (i == 0 ? after : page.numbers[i - 1]));
    }
    *last = count > 0 ? page.numbers[count - 1] : after;
    *partials = page.partials;
    kp_batch_free(&page.letters);
    return count;
}

static size_t count_for(struct world *world, uint32_t party, uint32_t type)
{
    uint64_t last;
    uint32_t partials;
    return get(world, party, 0, type, NULL, &last, &partials);
}

/* ---- Tests ---- */

static void numbers(void)
{
    struct world world;
    uint64_t last = 0;
    uint32_t partials = 0;
    const uint8_t subject[KP_LETTER_SUBJECT_BYTES] = {2};
    start(&world, "numbers");
    for (uint8_t i = 1; i <= 4; i++) {
        CU_ASSERT(post(&world, KP_LETTER_CASE, KP_PARTY_LEADER, 2, i, 0, 1));
        (void)post(&world, KP_LETTER_CASE, KP_PARTY_LEADER, 3, i, 0, 1);
    }
    (void)post(&world, KP_LETTER_CANARY_SECRETS, 1, 2, 2, 0, 1);
    CU_ASSERT_EQUAL(get(&world, 2, 0, 0, NULL, &last, &partials), 5);
    CU_ASSERT_EQUAL(last, 5);
    reopen(&world, "numbers");
    CU_ASSERT_EQUAL(get(&world, 2, 3, 0, NULL, &last, &partials), 2);
    CU_ASSERT_EQUAL(get(&world, 2, 5, 0, NULL, &last, &partials), 0);
    CU_ASSERT_EQUAL(get(&world, 2, 0, KP_LETTER_CASE, NULL, &last, &partials), 4);
    CU_ASSERT_EQUAL(get(&world, 2, 0, 0, subject, &last, &partials), 2);
    CU_ASSERT_EQUAL(get(&world, 2, 0, KP_LETTER_CANARY_SECRETS, subject, &last, &partials), 1);
    CU_ASSERT_EQUAL(get(&world, 1, 0, 0, NULL, &last, &partials), 0); /* others' aren't its own */
    CU_ASSERT_EQUAL(get(&world, 2, UINT64_MAX - 1, 0, NULL, &last, &partials), 0);
    stop(&world);
}

static void refusals(void)
{
    struct world world;
    struct kp_buffer packed = {0}, other = {0};
    struct kp_letters_taken taken;
    start(&world, "refusals");
    make(&world, KP_LETTER_ANSWER, 1, KP_PARTY_LEADER, 1, 0, 1, &packed);
    refuse(&world, 2, &packed, "put by party 2");
    refuse(&world, KP_PARTY_LEADER, &packed, "put by party 254");
    packed.data[packed.size - 1] ^= 1; /* of the signature outside */
    refuse(&world, 1, &packed, "isn't signed");
    packed.data[packed.size - 1] ^= 1;
    packed.size--;
    refuse(&world, 1, &packed, "letter");
    packed.size++;
    CU_ASSERT_EQUAL(put(&world, 1, &packed, &taken), KP_OK);
    CU_ASSERT(taken.added && taken.complete);
    CU_ASSERT_EQUAL(put(&world, 1, &packed, &taken), KP_OK); /* again: no effect */
    CU_ASSERT(!taken.added);
    make(&world, KP_LETTER_ANSWER, 1, KP_PARTY_LEADER, 1, 0, 1, &other); /* sealed anew */
    refuse(&world, 1, &other, "with another content");
    CU_ASSERT_EQUAL(count_for(&world, KP_PARTY_LEADER, 0), 1);
    /* Parts of one set say the same of how many there are. */
    CU_ASSERT(!post(&world, KP_LETTER_CANARY_NOTICE, 1, KP_PARTY_LEADER, 1, 0, 3));
    make(&world, KP_LETTER_CANARY_NOTICE, 1, KP_PARTY_LEADER, 1, 1, 2, &other);
    refuse(&world, 1, &other, "another part says 3");
    kp_buffer_free(&packed);
    kp_buffer_free(&other);
    stop(&world);
}

/* Nobody whom the agreement doesn't have writes or is written to. */
static void strangers(void)
{
    struct world world, two;
    struct kp_buffer packed = {0};
    start(&world, "strangers");
    memset(&two, 0, sizeof(two));
    fixture_make(&two.fixture, &(struct fixture_settings){.members = 2});
    two.store = world.store;
    make(&world, KP_LETTER_CASE, KP_PARTY_LEADER, 3, 1, 0, 1, &packed);
    refuse(&two, KP_PARTY_LEADER, &packed, "no party 3");
    make(&world, KP_LETTER_PARTIAL_OPENINGS, KP_PARTY_LEADER, KP_PARTY_OPENER, 1, 0, 1, &packed);
    refuse(&two, KP_PARTY_LEADER, &packed, "no party 253");
    make(&world, KP_LETTER_PARTIAL_OPENINGS, KP_PARTY_OPENER, KP_PARTY_LEADER, 1, 0, 1, &packed);
    refuse(&two, KP_PARTY_OPENER, &packed, "no party");
    kp_buffer_free(&packed);
    fixture_free(&two.fixture);
    stop(&world);
}

/* A holder gets the other's partial decryptions when all of its own are there, and not before. */
static void partial_openings(void)
{
    struct world world;
    uint64_t last = 0;
    uint32_t partials = 0;
    start(&world, "partials");
    const uint32_t leader = KP_PARTY_LEADER, opener = KP_PARTY_OPENER;
    const enum kp_letter_type type = KP_LETTER_PARTIAL_OPENINGS;
    CU_ASSERT(!post(&world, type, opener, leader, 1, 0, 2));
    CU_ASSERT(post(&world, type, opener, leader, 1, 1, 2));
    CU_ASSERT(post(&world, type, opener, leader, 2, 0, 1));
    (void)post(&world, KP_LETTER_ANSWER, 1, leader, 1, 0, 1);
    CU_ASSERT_EQUAL(get(&world, leader, 0, 0, NULL, &last, &partials), 1); /* the answer */
    CU_ASSERT_EQUAL(partials, 0);
    CU_ASSERT(!post(&world, type, leader, opener, 1, 1, 2));
    CU_ASSERT_EQUAL(count_for(&world, leader, type), 0); /* not all of its own */
    CU_ASSERT_EQUAL(count_for(&world, opener, type), 1); /* it has given everything */
    CU_ASSERT(post(&world, type, leader, opener, 1, 0, 2));
    CU_ASSERT_EQUAL(get(&world, leader, 0, type, NULL, &last, &partials), 2);
    CU_ASSERT_EQUAL(partials, 2);
    CU_ASSERT_EQUAL(count_for(&world, leader, type), 2); /* about the other round: not yet */
    /* A page is about one round. */
    CU_ASSERT(post(&world, type, leader, opener, 2, 0, 1));
    CU_ASSERT_EQUAL(get(&world, leader, 0, type, NULL, &last, &partials), 2);
    CU_ASSERT_EQUAL(get(&world, leader, last, type, NULL, &last, &partials), 1);
    stop(&world);
}

/* The caps, without writing as much: the counters are put where they nearly are. */
static void caps(void)
{
    static const uint8_t key[2] = {'C', 1};
    struct world world;
    struct kp_buffer packed = {0};
    uint8_t counters[16] = {0};
    start(&world, "caps");
    make(&world, KP_LETTER_ANSWER, 1, KP_PARTY_LEADER, 1, 0, 1, &packed);
    for (unsigned kind = 0; kind < 2; kind++) {
        struct kp_txn *txn = NULL;
        memset(counters, 0, sizeof(counters));
        for (unsigned i = 0; i < 8; i++) {
            uint64_t full = kind == 0 ? KP_LETTERS_OF_SENDER_MAX
                                      : KP_LETTER_BYTES_OF_MEMBER_MAX - packed.size + 1;
            counters[8 * kind + i] = (uint8_t)(full >> (8 * (7 - i)));
        }
        CU_ASSERT_EQUAL(kp_store_begin(world.store, true, &txn, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_store_put(txn, KP_COORDINATOR_LETTER_INDEX, key, sizeof(key), counters,
                                     sizeof(counters), NULL),
                        KP_OK);
        CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
        refuse(&world, 1, &packed, "are kept of one");
    }
    (void)post(&world, KP_LETTER_ANSWER, 2, KP_PARTY_LEADER, 1, 0, 1); /* others aren't kept away */
    CU_ASSERT_EQUAL(count_for(&world, KP_PARTY_LEADER, 0), 1);
    kp_buffer_free(&packed);
    stop(&world);
}

static void clearing(void)
{
    struct world world;
    struct kp_txn *txn = NULL;
    uint64_t count = 0;
    start(&world, "clearing");
    (void)post(&world, KP_LETTER_ANSWER, 2, KP_PARTY_LEADER, 1, 0, 1);
    CU_ASSERT_EQUAL(kp_store_begin(world.store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_letters_clear(txn, &count, NULL), KP_OK);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(kp_letters_clear(txn, &count, NULL), KP_OK);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(count_for(&world, KP_PARTY_LEADER, 0), 0);
    stop(&world);
}

static const struct unit_test TESTS[] = {
    {"numbers", numbers},     {"refusals", refusals},
    {"strangers", strangers}, {"partial openings wait for one's own", partial_openings},
    {"caps", caps},           {"clearing", clearing},
};

UNIT_MAIN("letters", TESTS)
