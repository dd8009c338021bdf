/* What all members compute alike: every input changes it, and nothing else does. */
#include "proto/transcript.h"
#include "tests/unit/fixture.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define MEMBERS 3u

static struct fixture fixture;

static void start(void)
{
    fixture_make(&fixture, &(struct fixture_settings){.members = MEMBERS, .slots = 5});
}

static bool same(const uint8_t *left, const uint8_t *right)
{
    return memcmp(left, right, KP_DIGEST_BYTES) == 0;
}

static void fill(struct kp_buffer *buffers, size_t size)
{
    for (uint32_t i = 0; i < MEMBERS; i++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(&buffers[i], size + i));
        randombytes_buf(buffers[i].data, buffers[i].size);
    }
}

static void clear(struct kp_buffer *buffers)
{
    for (uint32_t i = 0; i < MEMBERS; i++) {
        kp_buffer_free(&buffers[i]);
    }
}

/* ---- digests ---- */

static void first_hellos(void)
{
    struct kp_buffer hello1[MEMBERS] = {0};
    uint8_t good[KP_DIGEST_BYTES], other[KP_DIGEST_BYTES], lineage[KP_DIGEST_BYTES] = {1};
    fill(hello1, 10);
    kp_transcript_hellos(good, lineage, hello1, MEMBERS);
    kp_transcript_hellos(other, lineage, hello1, MEMBERS);
    CU_ASSERT(same(good, other));
    kp_transcript_hellos(other, lineage, hello1, MEMBERS - 1);
    CU_ASSERT(!same(good, other));
    lineage[0] = 2;
    kp_transcript_hellos(other, lineage, hello1, MEMBERS);
    CU_ASSERT(!same(good, other));
    lineage[0] = 1;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        for (size_t at = 0; at < hello1[i].size; at++) {
            hello1[i].data[at] ^= 1;
            kp_transcript_hellos(other, lineage, hello1, MEMBERS);
            CU_ASSERT(!same(good, other));
            hello1[i].data[at] ^= 1;
        }
    }
    /* A byte moved from one message's end to the next one's front isn't the same. */
    uint8_t last = hello1[0].data[--hello1[0].size], moved[64];
    memcpy(moved + 1, hello1[1].data, hello1[1].size);
    moved[0] = last;
    CU_ASSERT_EQUAL(kp_buffer_set(&hello1[1], moved, hello1[1].size + 1), KP_OK);
    kp_transcript_hellos(other, lineage, hello1, MEMBERS);
    CU_ASSERT(!same(good, other));
    clear(hello1);
}

/* hello 2's time, the digest of all hellos and the proof are not known yet when it is made. */
static void commitments(void)
{
    struct kp_hello2 hello;
    struct kp_hello2_secret secret;
    uint8_t good[KP_DIGEST_BYTES], other[KP_DIGEST_BYTES];
    randombytes_buf(&hello, sizeof(hello));
    randombytes_buf(&secret, sizeof(secret));
    kp_transcript_commitment(good, &hello, &secret);
    uint8_t *const covered[] = {hello.slots_root, hello.points_root, secret.public_key,
                                secret.contribution, secret.blinding};
    uint8_t *const not_covered[] = {hello.hellos, hello.secret_digest, secret.proof};
    for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++) {
        for (size_t at = 0; at < 32; at++) {
            covered[i][at] ^= 0x40;
            kp_transcript_commitment(other, &hello, &secret);
            CU_ASSERT(!same(good, other));
            covered[i][at] ^= 0x40;
        }
    }
    for (size_t i = 0; i < sizeof(not_covered) / sizeof(not_covered[0]); i++) {
        not_covered[i][0] ^= 1;
    }
    hello.time++;
    kp_transcript_commitment(other, &hello, &secret);
    CU_ASSERT(same(good, other));
}

static void key_contexts(void)
{
    struct kp_hello1 hello1[MEMBERS] = {0};
    uint8_t good[KP_DIGEST_BYTES], other[KP_DIGEST_BYTES], key[KP_POINT_BYTES] = {7};
    start();
    struct kp_agreement *agreement = fixture.agreement;
    kp_transcript_key_context(good, agreement, KP_ROUND_MATCH, 1, hello1, 2, key);
    kp_transcript_key_context(other, agreement, KP_ROUND_MATCH, 2, hello1, 2, key);
    CU_ASSERT(!same(good, other));
    kp_transcript_key_context(other, agreement, (enum kp_round_type)2, 1, hello1, 2, key);
    CU_ASSERT(!same(good, other));
    kp_transcript_key_context(other, agreement, KP_ROUND_MATCH, 1, hello1, 3, key);
    CU_ASSERT(!same(good, other));
    key[31] ^= 1;
    kp_transcript_key_context(other, agreement, KP_ROUND_MATCH, 1, hello1, 2, key);
    CU_ASSERT(!same(good, other));
    key[31] ^= 1;
    for (uint32_t i = 0; i < MEMBERS; i++) {
        hello1[i].nonce[31] ^= 1;
        kp_transcript_key_context(other, agreement, KP_ROUND_MATCH, 1, hello1, 2, key);
        CU_ASSERT(!same(good, other));
        hello1[i].nonce[31] ^= 1;
    }
    agreement->lineage[4] ^= 1;
    kp_transcript_key_context(other, agreement, KP_ROUND_MATCH, 1, hello1, 2, key);
    CU_ASSERT(!same(good, other));
    fixture_free(&fixture);
}

static void round_ids(void)
{
    struct kp_buffer hello1[MEMBERS] = {0}, hello2[MEMBERS] = {0};
    uint8_t good[KP_DIGEST_BYTES], other[KP_DIGEST_BYTES];
    start();
    struct kp_agreement *agreement = fixture.agreement;
    fill(hello1, 9);
    fill(hello2, 14);
    kp_transcript_round_id(good, agreement, KP_ROUND_MATCH, 1, hello1, hello2);
    kp_transcript_round_id(other, agreement, KP_ROUND_MATCH, 3, hello1, hello2);
    CU_ASSERT(!same(good, other));
    kp_transcript_round_id(other, agreement, (enum kp_round_type)2, 1, hello1, hello2);
    CU_ASSERT(!same(good, other));
    kp_transcript_round_id(other, agreement, KP_ROUND_MATCH, 1, hello2, hello1);
    CU_ASSERT(!same(good, other));
    for (uint32_t i = 0; i < MEMBERS; i++) {
        struct kp_buffer *both[] = {&hello1[i], &hello2[i]};
        for (size_t b = 0; b < 2; b++) {
            for (size_t at = 0; at < both[b]->size; at++) {
                both[b]->data[at] ^= 1;
                kp_transcript_round_id(other, agreement, KP_ROUND_MATCH, 1, hello1, hello2);
                CU_ASSERT(!same(good, other));
                both[b]->data[at] ^= 1;
            }
        }
    }
    agreement->hash[0] ^= 1; /* another version of the same lineage */
    kp_transcript_round_id(other, agreement, KP_ROUND_MATCH, 1, hello1, hello2);
    CU_ASSERT(!same(good, other));
    clear(hello1);
    clear(hello2);
    fixture_free(&fixture);
}

static void what_all_threw_in(void)
{
    struct kp_hello2_secret secrets[MEMBERS];
    uint8_t good[KP_DIGEST_BYTES], other[KP_DIGEST_BYTES], round_id[KP_DIGEST_BYTES] = {3};
    randombytes_buf(secrets, sizeof(secrets));
    kp_transcript_g(good, round_id, secrets, MEMBERS);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        secrets[i].contribution[i] ^= 1;
        kp_transcript_g(other, round_id, secrets, MEMBERS);
        CU_ASSERT(!same(good, other));
        secrets[i].contribution[i] ^= 1;
    }
    round_id[0] ^= 1;
    kp_transcript_g(other, round_id, secrets, MEMBERS);
    CU_ASSERT(!same(good, other));
    kp_transcript_g_digest(other, good);
    CU_ASSERT(!same(good, other)); /* READY doesn't give g away */
}

static void leaves_of_points(void)
{
    uint8_t points[3 * KP_POINT_BYTES], lineage[KP_DIGEST_BYTES] = {0};
    uint8_t good[KP_DIGEST_BYTES], other[KP_DIGEST_BYTES];
    randombytes_buf(points, sizeof(points));
    kp_transcript_points_leaf(good, lineage, 4, points, 3);
    kp_transcript_points_leaf(other, lineage, 5, points, 3);
    CU_ASSERT(!same(good, other));
    kp_transcript_points_leaf(other, lineage, 4, points, 2);
    CU_ASSERT(!same(good, other));
    lineage[9] = 1;
    kp_transcript_points_leaf(other, lineage, 4, points, 3);
    CU_ASSERT(!same(good, other));
}

/* ---- chunks ---- */

static void chunks(void)
{
    static const uint32_t ITEMS[] = {1,           2, 511, 512, 513, 1024, 8192, KP_SLOTS_MAX - 1,
                                     KP_SLOTS_MAX};
    static const uint32_t SIZES[] = {1, 2, 512, 1024, 8192};
    for (size_t i = 0; i < sizeof(ITEMS) / sizeof(ITEMS[0]); i++) {
        for (size_t s = 0; s < sizeof(SIZES) / sizeof(SIZES[0]); s++) {
            uint32_t count = kp_chunk_count(ITEMS[i], SIZES[s]);
            uint64_t sum = 0;
            for (uint32_t number = 0; number < count; number++) {
                uint32_t items = kp_chunk_items(ITEMS[i], SIZES[s], number);
                CU_ASSERT(items == SIZES[s] || (items > 0 && number == count - 1));
                sum += items;
            }
            CU_ASSERT_EQUAL(sum, ITEMS[i]);
            CU_ASSERT_EQUAL(kp_chunk_items(ITEMS[i], SIZES[s], count), 0);
            CU_ASSERT_EQUAL(kp_chunk_items(ITEMS[i], SIZES[s], 1u << 22), 0);
            CU_ASSERT_EQUAL(kp_chunk_items(ITEMS[i], SIZES[s], 1u << 31), 0);
            CU_ASSERT_EQUAL(kp_chunk_items(ITEMS[i], SIZES[s], UINT32_MAX), 0);
        }
    }
}

/* ---- READYs ---- */

static void make_ready(struct kp_buffer *packed, uint32_t member, const struct kp_ready *ready,
                       const uint8_t attempt[static KP_ATTEMPT_BYTES])
{
    struct kp_round_message message = {
        .type = KP_MESSAGE_READY, .from = member, .to = KP_PARTY_ALL};
    memcpy(message.attempt, attempt, KP_ATTEMPT_BYTES);
    CU_ASSERT_EQUAL(kp_ready_pack(ready, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, fixture.agreement->lineage,
                          fixture.member[member - 1].identity_secret);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
    kp_round_message_free(&message);
}

static struct kp_ready good_ready(void)
{
    struct kp_ready ready = {
        .counter = 6, .entries = fixture.agreement->slots, .list_count = MEMBERS, .time = 1};
    memcpy(ready.lineage, fixture.agreement->lineage, KP_DIGEST_BYTES);
    memset(ready.round_id, 1, KP_DIGEST_BYTES);
    memset(ready.g_digest, 2, KP_DIGEST_BYTES);
    return ready;
}

static enum kp_status check_one(uint32_t member, const struct kp_buffer *packed)
{
    struct kp_ready ready;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    return kp_transcript_check_ready(&ready, attempt, fixture.agreement, member, packed->data,
                                     packed->size, NULL);
}

static void single_readys(void)
{
    struct kp_buffer packed = {0};
    struct kp_ready ready, back;
    uint8_t attempt[KP_ATTEMPT_BYTES] = {9}, got[KP_ATTEMPT_BYTES];
    start();
    ready = good_ready();
    make_ready(&packed, 2, &ready, attempt);
    CU_ASSERT_EQUAL(
        kp_transcript_check_ready(&back, got, fixture.agreement, 2, packed.data, packed.size, NULL),
        KP_OK);
    CU_ASSERT_EQUAL(back.counter, ready.counter);
    CU_ASSERT_EQUAL(back.entries, ready.entries);
    CU_ASSERT(same(back.lineage, ready.lineage) && same(back.round_id, ready.round_id));
    CU_ASSERT(same(back.g_digest, ready.g_digest) && same(back.entries_root, ready.entries_root));
    CU_ASSERT_EQUAL(memcmp(got, attempt, sizeof(got)), 0);
    CU_ASSERT_EQUAL(check_one(1, &packed), KP_REFUSED);
    CU_ASSERT_EQUAL(check_one(3, &packed), KP_REFUSED);
    for (size_t at = 0; at < packed.size; at++) {
        packed.data[at] ^= 1;
        CU_ASSERT_EQUAL(check_one(2, &packed), KP_REFUSED);
        packed.data[at] ^= 1;
    }
    ready.entries++;
    make_ready(&packed, 2, &ready, attempt);
    CU_ASSERT_EQUAL(check_one(2, &packed), KP_REFUSED);
    ready = good_ready();
    ready.lineage[3] ^= 1;
    make_ready(&packed, 2, &ready, attempt);
    CU_ASSERT_EQUAL(check_one(2, &packed), KP_REFUSED);
    for (uint32_t count = 0; count <= MEMBERS + 1; count++) { /* a list for each member */
        ready = good_ready();
        ready.list_count = count;
        make_ready(&packed, 2, &ready, attempt);
        CU_ASSERT_EQUAL(check_one(2, &packed), count == MEMBERS ? KP_OK : KP_REFUSED);
    }
    kp_buffer_free(&packed);
    CU_ASSERT_EQUAL(check_one(2, &packed), KP_REFUSED);
    fixture_free(&fixture);
}

/* A message of another type with the content of a READY. */
static void what_is_no_ready(void)
{
    struct kp_buffer packed = {0};
    start();
    struct kp_ready ready = good_ready();
    for (int what = 0; what < 4; what++) {
        struct kp_round_message message = {.type = what == 0 ? KP_MESSAGE_LEAVES : KP_MESSAGE_READY,
                                           .from = 1,
                                           .to = what == 1 ? 2 : KP_PARTY_ALL,
                                           .part = what == 2};
        CU_ASSERT_EQUAL(kp_ready_pack(&ready, &message.body, NULL), KP_OK);
        kp_round_message_sign(&message, fixture.agreement->lineage,
                              fixture.member[0].identity_secret);
        CU_ASSERT_EQUAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
        CU_ASSERT_EQUAL(check_one(1, &packed), what == 3 ? KP_OK : KP_REFUSED);
        kp_round_message_free(&message);
    }
    kp_buffer_free(&packed);
    fixture_free(&fixture);
}

static void releases(void)
{
    struct kp_buffer packed[MEMBERS] = {0};
    uint8_t attempt[KP_ATTEMPT_BYTES] = {9}, other_attempt[KP_ATTEMPT_BYTES] = {8};
    uint64_t counter = 0;
    start();
    for (uint32_t bad = 0; bad <= MEMBERS; bad++) { /* member `bad` differs; 0: nobody */
        for (int what = 0; what < 7; what++) {
            for (uint32_t member = 1; member <= MEMBERS; member++) {
                struct kp_ready ready = good_ready();
                bool differs = member == bad;
                memset(ready.entries_root, (int)member, KP_DIGEST_BYTES); /* each its own */
                ready.counter += differs && what == 0;
                ready.round_id[31] ^= differs && what == 1;
                ready.g_digest[31] ^= differs && what == 2;
                ready.lists[1].charged += differs && what == 5;
                ready.lists[2].points_root[9] ^= differs && what == 6;
                ready.time += member; /* each its own clock */
                make_ready(&packed[member - 1], member, &ready,
                           differs && what == 3 ? other_attempt : attempt);
                packed[member - 1].size -= differs && what == 4;
            }
            CU_ASSERT_EQUAL(kp_transcript_check_release(&counter, fixture.agreement, packed, NULL),
                            bad == 0 ? KP_OK : KP_REFUSED);
        }
        CU_ASSERT_EQUAL(counter, 6);
    }
    clear(packed);
    CU_ASSERT_EQUAL(kp_transcript_check_release(&counter, fixture.agreement, packed, NULL),
                    KP_REFUSED);
    fixture_free(&fixture);
}

/* ---- why an attempt ended, for a person ---- */

static void descriptions(void)
{
    char text[KP_ERROR_TEXT];
    start();
    struct kp_abort abort = {.reason = KP_ABORT_DEADLINE, .phase = KP_PHASE_READY, .members = 5};
    kp_abort_describe(fixture.agreement, &abort, text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "m1, m3 did not do its part"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "(in phase ready)"));
    CU_ASSERT_PTR_NULL(strstr(text, "says"));
    abort.reporter = 2;
    kp_abort_describe(fixture.agreement, &abort, text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ", says m2"));
    abort.members = 2; /* of itself */
    kp_abort_describe(fixture.agreement, &abort, text);
    CU_ASSERT_PTR_NULL(strstr(text, "says"));
    /* What a hostile message can hold. */
    abort = (struct kp_abort){.reason = (enum kp_abort_reason)99,
                              .phase = (enum kp_phase)99,
                              .members = UINT32_MAX,
                              .reporter = UINT32_MAX};
    kp_abort_describe(fixture.agreement, &abort, text);
    CU_ASSERT(strnlen(text, sizeof(text)) < sizeof(text));
    fixture_free(&fixture);
}

/* All members with the longest names there can be. */
static void long_descriptions(void)
{
    char text[KP_ERROR_TEXT];
    fixture_make(&fixture, &(struct fixture_settings){.members = 32, .slots = 1});
    for (uint32_t i = 0; i < 32; i++) {
        memset(fixture.agreement->members[i].name, 'a', KP_NAME_MAX);
    }
    for (uint32_t reporter = 0; reporter <= 32; reporter++) {
        struct kp_abort abort = {.reason = KP_ABORT_RESTARTED,
                                 .phase = KP_PHASE_EVALUATE,
                                 .members = UINT32_MAX,
                                 .reporter = reporter};
        memset(text, 'x', sizeof(text));
        kp_abort_describe(fixture.agreement, &abort, text);
        CU_ASSERT(strnlen(text, sizeof(text)) < sizeof(text));
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "restarted"));
    }
    fixture_free(&fixture);
}

static const struct unit_test TESTS[] = {
    {"first hellos", first_hellos},
    {"commitments", commitments},
    {"key contexts", key_contexts},
    {"round ids", round_ids},
    {"what all threw in", what_all_threw_in},
    {"leaves of points", leaves_of_points},
    {"chunks", chunks},
    {"single READYs", single_readys},
    {"what is no READY", what_is_no_ready},
    {"releases", releases},
    {"descriptions", descriptions},
    {"long descriptions", long_descriptions},
};

UNIT_MAIN("transcript", TESTS)
