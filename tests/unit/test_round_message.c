/* The messages of a round: the envelope, its signatures and seals, and every body. */
#include "proto/round_message.h"
#include "proto/transcript.h"
#include "tests/unit/tamper.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>

static uint8_t lineage[KP_DIGEST_BYTES];

/* Bytes as a body, for unpacking; not to be freed. */
static struct kp_buffer borrow(const uint8_t *bytes, size_t size)
{
    union {
        const uint8_t *in;
        uint8_t *out;
    } cast = {.in = bytes};
    return (struct kp_buffer){.data = cast.out, .size = size, .capacity = size};
}

/* ---- the envelope ---- */

static enum kp_status parse_message(const uint8_t *bytes, size_t size)
{
    struct kp_round_message message;
    enum kp_status status = kp_round_message_unpack(&message, bytes, size, NULL);
    if (status == KP_OK) {
        CU_ASSERT(message.type >= KP_MESSAGE_START && message.type < KP_MESSAGE_TYPES);
        CU_ASSERT(message.from <= KP_MEMBERS_MAX);
        CU_ASSERT(message.to <= KP_MEMBERS_MAX || message.to == KP_PARTY_ALL);
        CU_ASSERT(message.part < KP_SLOTS_MAX);
    }
    kp_round_message_free(&message);
    return status;
}

static struct kp_round_message make_message(enum kp_message_type type, size_t size)
{
    struct kp_round_message message = {
        .type = type, .from = 3, .to = KP_PARTY_ALL, .part = KP_SLOTS_MAX - 1};
    randombytes_buf(message.attempt, sizeof(message.attempt));
    CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(&message.body, size));
    if (size > 0) {
        randombytes_buf(message.body.data, size);
    }
    return message;
}

static void envelopes(void)
{
    static const uint32_t PARTIES[] = {0, 1, KP_MEMBERS_MAX};
    for (enum kp_message_type type = KP_MESSAGE_START; type < KP_MESSAGE_TYPES; type++) {
        for (size_t i = 0; i < 3; i++) {
            struct kp_round_message message = make_message(type, 7 * i), back;
            struct kp_buffer packed = {0};
            message.from = PARTIES[i];
            message.to = i == 1 ? KP_PARTY_ALL : PARTIES[2 - i];
            message.part = i == 2 ? 0 : KP_SLOTS_MAX - 1;
            message.has_signature = i > 0;
            memset(message.signature, message.has_signature ? 9 : 0, sizeof(message.signature));
            CU_ASSERT_EQUAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
            CU_ASSERT_EQUAL(kp_round_message_unpack(&back, packed.data, packed.size, NULL), KP_OK);
            CU_ASSERT_EQUAL(memcmp(message.attempt, back.attempt, sizeof(back.attempt)), 0);
            CU_ASSERT_EQUAL(back.type, type);
            CU_ASSERT_EQUAL(back.from, message.from);
            CU_ASSERT_EQUAL(back.to, message.to);
            CU_ASSERT_EQUAL(back.part, message.part);
            CU_ASSERT_EQUAL(back.has_signature, message.has_signature);
            CU_ASSERT_EQUAL(memcmp(message.signature, back.signature, sizeof(back.signature)), 0);
            CU_ASSERT_EQUAL_FATAL(back.body.size, message.body.size);
            CU_ASSERT(back.body.size == 0 ||
                      memcmp(back.body.data, message.body.data, back.body.size) == 0);
            kp_round_message_free(&back);
            if (type == KP_MESSAGE_HELLO1) {
                tamper_all(parse_message, packed.data, packed.size);
            }
            kp_buffer_free(&packed);
            kp_round_message_free(&message);
        }
    }
}

static enum kp_status repack(const struct kp_round_message *message)
{
    struct kp_buffer packed = {0};
    CU_ASSERT_EQUAL(kp_round_message_pack(message, &packed, NULL), KP_OK);
    enum kp_status status = tamper_try(parse_message, packed.data, packed.size);
    kp_buffer_free(&packed);
    return status;
}

static void envelopes_out_of_range(void)
{
    struct kp_round_message message = make_message(KP_MESSAGE_POINTS, 3);
    static const uint32_t TYPES[] = {0, KP_MESSAGE_TYPES, 31, 255, UINT32_MAX};
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
        message.type = (enum kp_message_type)TYPES[i];
        CU_ASSERT_EQUAL(repack(&message), KP_REFUSED);
    }
    message.type = KP_MESSAGE_POINTS;
    static const uint32_t PARTIES[] = {KP_MEMBERS_MAX, KP_MEMBERS_MAX + 1, 254, 255, 256,
                                       UINT32_MAX};
    for (size_t i = 0; i < sizeof(PARTIES) / sizeof(PARTIES[0]); i++) {
        message.from = PARTIES[i];
        CU_ASSERT_EQUAL(repack(&message), i == 0 ? KP_OK : KP_REFUSED);
        message.from = 1;
        message.to = PARTIES[i];
        CU_ASSERT_EQUAL(repack(&message), i == 0 || i == 3 ? KP_OK : KP_REFUSED);
        message.to = 1;
    }
    message.part = KP_SLOTS_MAX;
    CU_ASSERT_EQUAL(repack(&message), KP_REFUSED);
    message.part = UINT32_MAX;
    CU_ASSERT_EQUAL(repack(&message), KP_REFUSED);
    message.part = 0;
    CU_ASSERT_EQUAL(repack(&message), KP_OK);
    kp_round_message_free(&message);
}

/* Another version, sizes that fields can't have, and more than a message may be. */
static void envelopes_by_hand(void)
{
    uint8_t bytes[128] = {0x08, 1, 0x12, 16};
    bytes[20] = 0x18; /* type */
    bytes[21] = KP_MESSAGE_READY;
    bytes[22] = 0x42; /* signature */
    bytes[23] = 64;
    CU_ASSERT_EQUAL(tamper_try(parse_message, bytes, 22), KP_OK);
    CU_ASSERT_EQUAL(tamper_try(parse_message, bytes, 24 + 64), KP_OK);
    bytes[23] = 63;
    CU_ASSERT_EQUAL(tamper_try(parse_message, bytes, 24 + 63), KP_REFUSED);
    bytes[23] = 65;
    CU_ASSERT_EQUAL(tamper_try(parse_message, bytes, 24 + 65), KP_REFUSED);
    bytes[23] = 0; /* one of no bytes isn't the same as none */
    CU_ASSERT_EQUAL(tamper_try(parse_message, bytes, 24), KP_REFUSED);
    bytes[1] = 0;
    CU_ASSERT_EQUAL(tamper_try(parse_message, bytes, 22), KP_REFUSED);
    bytes[1] = 2;
    CU_ASSERT_EQUAL(tamper_try(parse_message, bytes, 22), KP_REFUSED);
    CU_ASSERT_EQUAL(tamper_try(parse_message, bytes, 0), KP_REFUSED);

    struct kp_round_message message = make_message(KP_MESSAGE_SUBMISSION, 0);
    struct kp_buffer packed = {0};
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
    size_t room = KP_WIRE_MESSAGE_MAX - packed.size - 4; /* 4: tag and length of the body */
    CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(&message.body, room));
    CU_ASSERT_EQUAL(repack(&message), KP_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(&message.body, 1));
    CU_ASSERT_EQUAL(repack(&message), KP_REFUSED);
    kp_buffer_free(&packed);
    kp_round_message_free(&message);
}

static void names(void)
{
    for (unsigned i = 0; i < 300; i++) {
        CU_ASSERT(strlen(kp_message_type_name((enum kp_message_type)i)) > 0);
        CU_ASSERT(strlen(kp_phase_name((enum kp_phase)i)) > 0);
        CU_ASSERT(strlen(kp_abort_reason_text((enum kp_abort_reason)i)) > 0);
    }
    CU_ASSERT_STRING_EQUAL(kp_message_type_name(KP_MESSAGE_ABORT), "ABORT");
    CU_ASSERT_STRING_EQUAL(kp_phase_name(KP_PHASE_ENDED), "ended");
    CU_ASSERT_STRING_EQUAL(kp_message_type_name((enum kp_message_type) - 1), "unknown");
}

/* ---- signatures ---- */

struct signer {
    uint8_t seed[KP_SIGN_SEED_BYTES];
    uint8_t secret[KP_SIGN_SECRET_BYTES];
    uint8_t public_key[KP_SIGN_PUBLIC_BYTES];
};

static void make_signer(struct signer *signer)
{
    randombytes_buf(signer->seed, sizeof(signer->seed));
    kp_sign_keypair(signer->public_key, signer->secret, signer->seed);
}

static void signatures(void)
{
    struct signer signer, other;
    make_signer(&signer);
    make_signer(&other);
    struct kp_round_message good = make_message(KP_MESSAGE_READY, 40);
    kp_round_message_sign(&good, lineage, signer.secret);
    CU_ASSERT_EQUAL(kp_round_message_check(&good, lineage, signer.public_key, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_round_message_check(&good, lineage, other.public_key, NULL), KP_REFUSED);
    uint8_t elsewhere[KP_DIGEST_BYTES] = {1};
    CU_ASSERT_EQUAL(kp_round_message_check(&good, elsewhere, signer.public_key, NULL), KP_REFUSED);
    for (int what = 0; what < 8; what++) {
        struct kp_round_message message = good;
        message.attempt[15] ^= what == 0;
        message.type = what == 1 ? KP_MESSAGE_HELLO1 : message.type;
        message.from += what == 2;
        message.to -= what == 3;
        message.part -= what == 4;
        message.body.size -= what == 5;
        message.signature[63] ^= what == 6;
        message.has_signature = what != 7;
        CU_ASSERT_EQUAL(kp_round_message_check(&message, lineage, signer.public_key, NULL),
                        KP_REFUSED);
    }
    for (size_t at = 0; at < good.body.size; at++) {
        good.body.data[at] ^= 8;
        CU_ASSERT_EQUAL(kp_round_message_check(&good, lineage, signer.public_key, NULL),
                        KP_REFUSED);
        good.body.data[at] ^= 8;
    }
    kp_round_message_free(&good);
}

/* ---- seals ---- */

struct pair {
    struct signer signer;
    struct kp_pair_keys sender;
    struct kp_pair_keys receiver;
};

static void make_pair(struct pair *pair)
{
    uint8_t one[32], two[32], one_secret[32], two_secret[32], hellos[KP_DIGEST_BYTES] = {5};
    make_signer(&pair->signer);
    kp_pair_keypair(one, one_secret);
    kp_pair_keypair(two, two_secret);
    CU_ASSERT_EQUAL(kp_pair_derive(&pair->sender, one_secret, two, NULL, hellos, 1, 2), KP_OK);
    CU_ASSERT_EQUAL(kp_pair_derive(&pair->receiver, two_secret, one, NULL, hellos, 2, 1), KP_OK);
}

static enum kp_status open_seal(const struct pair *pair, const struct kp_round_message *message)
{
    struct kp_buffer plain = {0};
    enum kp_status status = kp_round_message_open(message, lineage, pair->signer.public_key,
                                                  &pair->receiver, &plain, NULL);
    CU_ASSERT(status == KP_OK || plain.size == 0);
    kp_buffer_free(&plain);
    return status;
}

static void seals(void)
{
    static const size_t SIZES[] = {0, 1, 1000};
    struct pair pair;
    make_pair(&pair);
    for (size_t i = 0; i < 3; i++) {
        struct kp_round_message message = {.type = KP_MESSAGE_POINTS, .from = 1, .to = 2};
        struct kp_buffer plain = {0}, back = {0};
        CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(&plain, SIZES[i]));
        randombytes_buf(plain.data, SIZES[i]);
        CU_ASSERT_EQUAL(kp_round_message_seal(&message, lineage, pair.signer.secret, &pair.sender,
                                              &plain, NULL),
                        KP_OK);
        CU_ASSERT(!message.has_signature);
        CU_ASSERT_EQUAL(message.body.size, SIZES[i] + KP_SIGNATURE_BYTES + KP_PAIR_OVERHEAD);
        CU_ASSERT_EQUAL(kp_round_message_open(&message, lineage, pair.signer.public_key,
                                              &pair.receiver, &back, NULL),
                        KP_OK);
        CU_ASSERT_EQUAL(back.size, plain.size);
        CU_ASSERT(plain.size == 0 || memcmp(back.data, plain.data, plain.size) == 0);
        kp_buffer_free(&back);
        kp_buffer_free(&plain);
        kp_round_message_free(&message);
    }
}

static void seals_that_do_not_open(void)
{
    struct pair pair, other;
    struct kp_buffer plain = {0};
    struct kp_round_message good = {.type = KP_MESSAGE_POINTS, .from = 1, .to = 2, .part = 4};
    make_pair(&pair);
    make_pair(&other);
    CU_ASSERT_EQUAL(kp_buffer_set(&plain, "points", 6), KP_OK);
    CU_ASSERT_EQUAL(
        kp_round_message_seal(&good, lineage, pair.signer.secret, &pair.sender, &plain, NULL),
        KP_OK);
    for (int what = 0; what < 6; what++) {
        struct kp_round_message message = good;
        message.attempt[0] ^= what == 0;
        message.type = what == 1 ? KP_MESSAGE_EVALUATION : message.type;
        message.from += what == 2;
        message.to += what == 3;
        message.part += what == 4;
        message.body.size -= what == 5;
        CU_ASSERT_EQUAL(open_seal(&pair, &message), KP_REFUSED);
    }
    for (size_t at = 0; at < good.body.size; at++) {
        good.body.data[at] ^= 2;
        CU_ASSERT_EQUAL(open_seal(&pair, &good), KP_REFUSED);
        good.body.data[at] ^= 2;
    }
    size_t size = good.body.size;
    for (good.body.size = 0; good.body.size < size; good.body.size++) {
        CU_ASSERT_EQUAL(open_seal(&pair, &good), KP_REFUSED);
    }
    CU_ASSERT_EQUAL(open_seal(&pair, &good), KP_OK);
    struct pair mixed = pair;
    mixed.receiver = other.receiver;
    CU_ASSERT_EQUAL(open_seal(&mixed, &good), KP_REFUSED);
    mixed = pair;
    mixed.receiver = pair.sender; /* reflected to its sender */
    CU_ASSERT_EQUAL(open_seal(&mixed, &good), KP_REFUSED);
    mixed = pair;
    mixed.signer = other.signer; /* the key of the pair, without the member's signature */
    CU_ASSERT_EQUAL(open_seal(&mixed, &good), KP_REFUSED);
    kp_buffer_free(&plain);
    kp_round_message_free(&good);
}

/* What the coordinator takes at most (KP_SEALED_BODY_MAX) is enough for the largest list: 2^20
 * points, so a chunk of 1024 of them with a path of 10. */
static void largest_seals(void)
{
    static uint8_t points[KP_CHUNK_POINTS * 32], path[10 * KP_DIGEST_BYTES];
    struct pair pair;
    make_pair(&pair);
    CU_ASSERT_EQUAL(kp_chunk_count(KP_SLOTS_MAX, KP_CHUNK_POINTS), 1024);
    randombytes_buf(points, sizeof(points));
    randombytes_buf(path, sizeof(path));
    for (int what = 0; what < 2; what++) {
        struct kp_buffer plain = {0};
        struct kp_round_message message = {.from = 1, .to = 2, .part = 1023};
        message.type = what == 0 ? KP_MESSAGE_POINTS : KP_MESSAGE_EVALUATION;
        CU_ASSERT_EQUAL(
            what == 0 ? kp_points_pack(points, KP_CHUNK_POINTS, path, sizeof(path), &plain, NULL)
                      : kp_evaluation_pack(points, KP_CHUNK_POINTS, path, &plain, NULL),
            KP_OK);
        CU_ASSERT_EQUAL(kp_round_message_seal(&message, lineage, pair.signer.secret, &pair.sender,
                                              &plain, NULL),
                        KP_OK);
        CU_ASSERT(message.body.size <= KP_SEALED_BODY_MAX);
        kp_buffer_free(&plain);
        kp_round_message_free(&message);
    }
}

/* ---- bodies ---- */

static enum kp_status parse_start(const uint8_t *bytes, size_t size)
{
    struct kp_start start;
    struct kp_buffer body = borrow(bytes, size);
    enum kp_status status = kp_start_unpack(&start, &body, NULL);
    if (status == KP_OK) {
        CU_ASSERT(start.counter >= 1 && start.counter <= KP_ROUNDS_MAX);
        CU_ASSERT_EQUAL(start.round_type, KP_ROUND_MATCH);
        CU_ASSERT(start.release_proof_count <= KP_MEMBERS_MAX);
    }
    kp_start_free(&start);
    return status;
}

static void starts(void)
{
    for (uint32_t members = 0; members <= KP_MEMBERS_MAX; members += members == 2 ? 30 : 1) {
        struct kp_start start = {.counter = KP_ROUNDS_MAX, .round_type = KP_ROUND_MATCH}, back;
        struct kp_buffer body = {0};
        start.phase_seconds = 259200;
        start.release_proof_count = members;
        randombytes_buf(start.agreement, sizeof(start.agreement));
        for (uint32_t i = 0; i < members; i++) {
            CU_ASSERT_EQUAL(kp_buffer_set(&start.release_proof[i], "a READY here", 12 - i % 12),
                            KP_OK);
        }
        CU_ASSERT_EQUAL(kp_start_pack(&start, &body, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_start_unpack(&back, &body, NULL), KP_OK);
        CU_ASSERT_EQUAL(memcmp(back.agreement, start.agreement, sizeof(back.agreement)), 0);
        CU_ASSERT_EQUAL(back.counter, start.counter);
        CU_ASSERT_EQUAL(back.phase_seconds, start.phase_seconds);
        CU_ASSERT_EQUAL_FATAL(back.release_proof_count, members);
        for (uint32_t i = 0; i < members; i++) {
            CU_ASSERT_EQUAL(back.release_proof[i].size, start.release_proof[i].size);
        }
        kp_start_free(&back);
        if (members <= 2) {
            tamper_all(parse_start, body.data, body.size);
        } else {
            CU_ASSERT_EQUAL(kp_buffer_append(&body, "\x2a\x00", 2), KP_OK); /* one too many */
            CU_ASSERT_EQUAL(tamper_try(parse_start, body.data, body.size), KP_REFUSED);
        }
        kp_buffer_free(&body);
        kp_start_free(&start);
    }
}

static enum kp_status parse_hello1(const uint8_t *bytes, size_t size)
{
    struct kp_hello1 hello;
    struct kp_buffer body = borrow(bytes, size);
    enum kp_status status = kp_hello1_unpack(&hello, &body, NULL);
    if (status == KP_OK) {
        CU_ASSERT(hello.counter >= 1 && hello.counter <= KP_ROUNDS_MAX);
        CU_ASSERT(hello.round_type == KP_ROUND_MATCH || hello.round_type == KP_ROUND_COUNT);
        CU_ASSERT(hello.claim_count <= KP_MEMBERS_MAX);
    }
    kp_hello1_free(&hello);
    return status;
}

static void first_hellos(void)
{
    struct kp_hello1 hello, back;
    struct kp_buffer body = {0};
    memset(&hello, 0, sizeof(hello));
    memset(&back, 0, sizeof(back));
    hello.counter = 1;
    hello.round_type = KP_ROUND_MATCH;
    randombytes_buf(hello.nonce, sizeof(hello.nonce));
    randombytes_buf(hello.exchange_key, sizeof(hello.exchange_key));
    randombytes_buf(hello.commitment, sizeof(hello.commitment));
    CU_ASSERT_EQUAL(kp_hello1_pack(&hello, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_hello1_unpack(&back, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(memcmp(&hello, &back, sizeof(hello)), 0);
    tamper_all(parse_hello1, body.data, body.size);
    for (size_t length = 0; length < body.size; length++) { /* nothing of it may be left out */
        CU_ASSERT_EQUAL(tamper_try(parse_hello1, body.data, length), KP_REFUSED);
    }
    static const uint64_t COUNTERS[] = {0, KP_ROUNDS_MAX + 1, 1ull << 32, UINT64_MAX};
    for (size_t i = 0; i < 4; i++) {
        hello.counter = COUNTERS[i];
        CU_ASSERT_EQUAL(kp_hello1_pack(&hello, &body, NULL), KP_OK);
        CU_ASSERT_EQUAL(tamper_try(parse_hello1, body.data, body.size), KP_REFUSED);
    }
    hello.counter = 1;
    static uint8_t claims[KP_MEMBERS_MAX][40];
    hello.preshared = 0x80000001;
    hello.claim_count = KP_MEMBERS_MAX;
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        randombytes_buf(claims[i], sizeof(claims[i]));
        hello.claims[i] = (struct kp_buffer){.data = claims[i], .size = 40 - i};
    }
    CU_ASSERT_EQUAL(kp_hello1_pack(&hello, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_hello1_unpack(&back, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(back.preshared, 0x80000001);
    CU_ASSERT_EQUAL_FATAL(back.claim_count, KP_MEMBERS_MAX);
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        CU_ASSERT_EQUAL_FATAL(back.claims[i].size, 40 - i);
        CU_ASSERT_EQUAL(memcmp(back.claims[i].data, claims[i], 40 - i), 0);
    }
    kp_hello1_free(&back);
    CU_ASSERT_EQUAL(kp_buffer_append(&body, "\x32\x01x", 3), KP_OK); /* one claim more */
    CU_ASSERT_EQUAL(tamper_try(parse_hello1, body.data, body.size), KP_REFUSED);
    hello.claim_count = 0;
    for (uint32_t type = 0; type < 4; type++) {
        hello.round_type = (enum kp_round_type)type;
        CU_ASSERT_EQUAL(kp_hello1_pack(&hello, &body, NULL), KP_OK);
        CU_ASSERT_EQUAL(tamper_try(parse_hello1, body.data, body.size),
                        type == KP_ROUND_MATCH || type == KP_ROUND_COUNT ? KP_OK : KP_REFUSED);
    }
    kp_buffer_free(&body);
}

static enum kp_status parse_hello2(const uint8_t *bytes, size_t size)
{
    struct kp_hello2 hello;
    struct kp_buffer body = borrow(bytes, size);
    return kp_hello2_unpack(&hello, &body, NULL);
}

static enum kp_status parse_hello2_secret(const uint8_t *bytes, size_t size)
{
    struct kp_hello2_secret hello;
    struct kp_buffer body = borrow(bytes, size);
    return kp_hello2_secret_unpack(&hello, &body, NULL);
}

static void second_hellos(void)
{
    struct kp_hello2 hello, back;
    struct kp_hello2_secret secret, secret_back;
    struct kp_buffer body = {0};
    memset(&back, 0, sizeof(back));
    randombytes_buf(&hello, sizeof(hello));
    hello.counter = KP_ROUNDS_MAX;
    hello.seen_count = KP_MEMBERS_MAX;
    struct kp_buffer again = {0};
    CU_ASSERT_EQUAL(kp_hello2_pack(&hello, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_hello2_unpack(&back, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_hello2_pack(&back, &again, NULL), KP_OK);
    CU_ASSERT(again.size == body.size && memcmp(again.data, body.data, body.size) == 0);
    kp_buffer_free(&again);
    tamper_all(parse_hello2, body.data, body.size);
    static const uint64_t COUNTERS[] = {0, KP_ROUNDS_MAX + 1, UINT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        hello.counter = COUNTERS[i];
        CU_ASSERT_EQUAL(kp_hello2_pack(&hello, &body, NULL), KP_OK);
        CU_ASSERT_EQUAL(tamper_try(parse_hello2, body.data, body.size), KP_REFUSED);
    }
    randombytes_buf(&secret, sizeof(secret));
    CU_ASSERT_EQUAL(kp_hello2_secret_pack(&secret, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_hello2_secret_unpack(&secret_back, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(memcmp(&secret, &secret_back, sizeof(secret)), 0);
    tamper_all(parse_hello2_secret, body.data, body.size);
    for (size_t length = 0; length < body.size; length++) {
        CU_ASSERT_EQUAL(tamper_try(parse_hello2_secret, body.data, length), KP_REFUSED);
    }
    kp_buffer_free(&body);
}

#define POINTS 3u
#define PATH 64u

static enum kp_status parse_points(const uint8_t *bytes, size_t size)
{
    uint8_t points[POINTS * KP_POINT_BYTES], path[PATH];
    struct kp_buffer body = borrow(bytes, size);
    return kp_points_unpack(points, POINTS, path, PATH, &body, NULL);
}

static enum kp_status parse_evaluation(const uint8_t *bytes, size_t size)
{
    uint8_t points[POINTS * KP_POINT_BYTES], proof[KP_CHUNK_PROOF_BYTES];
    struct kp_buffer body = borrow(bytes, size);
    return kp_evaluation_unpack(points, POINTS, proof, &body, NULL);
}

/* Exactly as many as must be there: one more or fewer is refused. */
static void points_and_evaluations(void)
{
    _Static_assert(KP_CHUNK_PROOF_BYTES > PATH, "a path is the shorter of the two");
    uint8_t sent[(POINTS + 1) * KP_POINT_BYTES], beside[KP_CHUNK_PROOF_BYTES];
    uint8_t points[POINTS * KP_POINT_BYTES], got[KP_CHUNK_PROOF_BYTES];
    struct kp_buffer body = {0};
    randombytes_buf(sent, sizeof(sent));
    randombytes_buf(beside, sizeof(beside));
    for (size_t count = POINTS + 1; count >= POINTS - 1; count--) {
        CU_ASSERT_EQUAL(kp_evaluation_pack(sent, count, beside, &body, NULL), KP_OK);
        CU_ASSERT_EQUAL(tamper_try(parse_evaluation, body.data, body.size),
                        count == POINTS ? KP_OK : KP_REFUSED);
        for (size_t size = PATH - 1; size <= PATH + 1; size++) {
            CU_ASSERT_EQUAL(kp_points_pack(sent, count, beside, size, &body, NULL), KP_OK);
            CU_ASSERT_EQUAL(tamper_try(parse_points, body.data, body.size),
                            count == POINTS && size == PATH ? KP_OK : KP_REFUSED);
        }
    }
    CU_ASSERT_EQUAL(kp_points_pack(sent, POINTS, beside, PATH, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_points_unpack(points, POINTS, got, PATH, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(memcmp(points, sent, sizeof(points)), 0);
    CU_ASSERT_EQUAL(memcmp(got, beside, PATH), 0);
    tamper_all(parse_points, body.data, body.size);
    CU_ASSERT_EQUAL(kp_evaluation_pack(sent, POINTS, beside, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_evaluation_unpack(points, POINTS, got, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(memcmp(points, sent, sizeof(points)), 0);
    CU_ASSERT_EQUAL(memcmp(got, beside, KP_CHUNK_PROOF_BYTES), 0);
    tamper_all(parse_evaluation, body.data, body.size);
    /* A list of one chunk has no path. */
    CU_ASSERT_EQUAL(kp_points_pack(sent, 1, NULL, 0, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_points_unpack(points, 1, got, 0, &body, NULL), KP_OK);
    kp_buffer_free(&body);
}

static enum kp_status parse_ready(const uint8_t *bytes, size_t size)
{
    struct kp_ready ready;
    struct kp_buffer body = borrow(bytes, size);
    enum kp_status status = kp_ready_unpack(&ready, &body, NULL);
    if (status == KP_OK) {
        CU_ASSERT(ready.counter >= 1 && ready.counter <= KP_ROUNDS_MAX);
        CU_ASSERT(ready.entries <= KP_SLOTS_MAX && ready.list_count <= KP_MEMBERS_MAX);
    }
    return status;
}

static void readys(void)
{
    struct kp_ready ready = {.counter = 7, .entries = KP_SLOTS_MAX, .time = 1ull << 40}, back;
    struct kp_buffer body = {0};
    randombytes_buf(ready.lineage, KP_DIGEST_BYTES);
    randombytes_buf(ready.round_id, KP_DIGEST_BYTES);
    randombytes_buf(ready.g_digest, KP_DIGEST_BYTES);
    randombytes_buf(ready.entries_root, KP_DIGEST_BYTES);
    randombytes_buf(ready.lists, sizeof(ready.lists));
    ready.list_count = KP_MEMBERS_MAX;
    CU_ASSERT_EQUAL(kp_ready_pack(&ready, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_ready_unpack(&back, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(back.counter, 7);
    CU_ASSERT_EQUAL(back.entries, KP_SLOTS_MAX);
    CU_ASSERT_EQUAL(back.time, ready.time);
    CU_ASSERT(kp_transcript_same_lists(&back, &ready));
    CU_ASSERT_EQUAL(memcmp(back.lineage, ready.lineage, KP_DIGEST_BYTES), 0);
    CU_ASSERT_EQUAL(memcmp(back.round_id, ready.round_id, KP_DIGEST_BYTES), 0);
    CU_ASSERT_EQUAL(memcmp(back.g_digest, ready.g_digest, KP_DIGEST_BYTES), 0);
    CU_ASSERT_EQUAL(memcmp(back.entries_root, ready.entries_root, KP_DIGEST_BYTES), 0);
    tamper_all(parse_ready, body.data, body.size);
    static const uint32_t ENTRIES[] = {KP_SLOTS_MAX + 1, UINT32_MAX};
    for (size_t i = 0; i < 2; i++) {
        ready.entries = ENTRIES[i];
        CU_ASSERT_EQUAL(kp_ready_pack(&ready, &body, NULL), KP_OK);
        CU_ASSERT_EQUAL(tamper_try(parse_ready, body.data, body.size), KP_REFUSED);
    }
    ready.entries = 1;
    ready.counter = KP_ROUNDS_MAX + 1;
    CU_ASSERT_EQUAL(kp_ready_pack(&ready, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(tamper_try(parse_ready, body.data, body.size), KP_REFUSED);
    kp_buffer_free(&body);
}

#define RUN 96u

static enum kp_status parse_leaves(const uint8_t *bytes, size_t size)
{
    struct kp_leaves leaves;
    struct kp_buffer body = borrow(bytes, size);
    enum kp_status status = kp_leaves_unpack(&leaves, RUN, PATH, true, &body, NULL);
    CU_ASSERT(status != KP_OK || (leaves.digests.size == RUN && leaves.path.size == PATH));
    kp_leaves_free(&leaves);
    return status;
}

/* A part that isn't the first has no seed. */
static enum kp_status parse_later_leaves(const uint8_t *bytes, size_t size)
{
    struct kp_leaves leaves;
    struct kp_buffer body = borrow(bytes, size);
    enum kp_status status = kp_leaves_unpack(&leaves, RUN, PATH, false, &body, NULL);
    CU_ASSERT(!leaves.has_audit_seed);
    kp_leaves_free(&leaves);
    return status;
}

static enum kp_status parse_submission(const uint8_t *bytes, size_t size)
{
    struct kp_submission submission;
    struct kp_buffer body = borrow(bytes, size);
    enum kp_status status = kp_submission_unpack(&submission, RUN, PATH, &body, NULL);
    CU_ASSERT(status != KP_OK || (submission.entries.size == RUN && submission.path.size == PATH));
    kp_submission_free(&submission);
    return status;
}

static void runs(void)
{
    uint8_t sent[RUN + 1], path[PATH + 1];
    struct kp_buffer body = {0};
    randombytes_buf(sent, sizeof(sent));
    randombytes_buf(path, sizeof(path));
    for (size_t size = RUN + 1; size >= RUN - 1; size--) {
        for (size_t path_size = PATH + 1; path_size >= PATH - 1; path_size--) {
            enum kp_status expected = size == RUN && path_size == PATH ? KP_OK : KP_REFUSED;
            struct kp_leaves leaves = {.digests = borrow(sent, size),
                                       .path = borrow(path, path_size)};
            struct kp_submission submission = {.entries = leaves.digests, .path = leaves.path};
            CU_ASSERT_EQUAL(kp_leaves_pack(&leaves, &body, NULL), KP_OK);
            CU_ASSERT_EQUAL(tamper_try(parse_leaves, body.data, body.size), expected);
            CU_ASSERT_EQUAL(kp_submission_pack(&submission, &body, NULL), KP_OK);
            CU_ASSERT_EQUAL(tamper_try(parse_submission, body.data, body.size), expected);
        }
    }
    struct kp_submission submission = {.entries = borrow(sent, RUN), .path = borrow(path, PATH)};
    CU_ASSERT_EQUAL(kp_submission_pack(&submission, &body, NULL), KP_OK);
    tamper_all(parse_submission, body.data, body.size);
    submission.has_audit_seed = true; /* of a round of counts */
    memset(submission.audit_seed, 7, sizeof(submission.audit_seed));
    CU_ASSERT_EQUAL(kp_submission_pack(&submission, &body, NULL), KP_OK);
    tamper_all(parse_submission, body.data, body.size);
    struct kp_submission back;
    CU_ASSERT_EQUAL(kp_submission_unpack(&back, RUN, PATH, &body, NULL), KP_OK);
    CU_ASSERT(back.has_audit_seed && back.audit_seed[31] == 7);
    kp_submission_free(&back);
    CU_ASSERT_EQUAL(tamper_try(parse_leaves, NULL, 0), KP_REFUSED);
    kp_buffer_free(&body);
}

static void audit_seeds(void)
{
    uint8_t sent[RUN], path[PATH];
    struct kp_buffer body = {0};
    struct kp_leaves back,
        leaves = {.digests = borrow(sent, RUN), .path = borrow(path, PATH), .has_audit_seed = true};
    randombytes_buf(sent, sizeof(sent));
    randombytes_buf(path, sizeof(path));
    randombytes_buf(leaves.audit_seed, sizeof(leaves.audit_seed));
    CU_ASSERT_EQUAL(kp_leaves_pack(&leaves, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_leaves_unpack(&back, RUN, PATH, true, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(memcmp(back.digests.data, sent, RUN), 0);
    CU_ASSERT_EQUAL(memcmp(back.path.data, path, PATH), 0);
    CU_ASSERT(back.has_audit_seed &&
              memcmp(back.audit_seed, leaves.audit_seed, KP_AUDIT_SEED_BYTES) == 0);
    kp_leaves_free(&back);
    tamper_all(parse_leaves, body.data, body.size);
    CU_ASSERT_EQUAL(tamper_try(parse_later_leaves, body.data, body.size), KP_REFUSED);
    leaves.has_audit_seed = false;
    CU_ASSERT_EQUAL(kp_leaves_pack(&leaves, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(tamper_try(parse_later_leaves, body.data, body.size), KP_OK);
    CU_ASSERT_EQUAL(kp_buffer_append(&body, "\x1a\x01x", 3), KP_OK); /* a seed of one byte */
    CU_ASSERT_EQUAL(tamper_try(parse_leaves, body.data, body.size), KP_REFUSED);
    kp_buffer_free(&body);
}

/* ---- what the coordinator signs about deposits, and COMPLETE ---- */

static enum kp_status parse_complete(const uint8_t *bytes, size_t size)
{
    struct kp_complete complete;
    struct kp_buffer body = borrow(bytes, size);
    enum kp_status status = kp_complete_unpack(&complete, &body, NULL);
    CU_ASSERT(status != KP_OK ||
              (complete.seed_count <= KP_MEMBERS_MAX && complete.bucket <= KP_BUCKET_MAX));
    return status;
}

static void completes(void)
{
    struct kp_complete complete = {.bucket = KP_BUCKET_MAX, .seed_count = KP_MEMBERS_MAX}, back;
    struct kp_buffer body = {0};
    randombytes_buf(complete.audit_seeds, sizeof(complete.audit_seeds));
    CU_ASSERT_EQUAL(kp_complete_pack(&complete, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_complete_unpack(&back, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(memcmp(&complete, &back, sizeof(back)), 0);
    tamper_all(parse_complete, body.data, body.size);
    CU_ASSERT_EQUAL(tamper_try(parse_complete, NULL, 0), KP_OK); /* no seeds, no bucket */
    CU_ASSERT_EQUAL(tamper_try(parse_complete, (const uint8_t *)"\x0a\x01x", 3), KP_REFUSED);
    complete.seed_count = 0;
    complete.bucket = KP_BUCKET_MAX + 1;
    CU_ASSERT_EQUAL(kp_complete_pack(&complete, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(tamper_try(parse_complete, body.data, body.size), KP_REFUSED);
    kp_buffer_free(&body);
}

static enum kp_status parse_receipt(const uint8_t *bytes, size_t size)
{
    struct kp_receipt receipt;
    struct kp_buffer body = borrow(bytes, size);
    return kp_receipt_unpack(&receipt, &body, NULL);
}

static enum kp_status try_receipt(const struct kp_receipt *receipt)
{
    struct kp_buffer body = {0};
    CU_ASSERT_EQUAL(kp_receipt_pack(receipt, &body, NULL), KP_OK);
    enum kp_status status = tamper_try(parse_receipt, body.data, body.size);
    kp_buffer_free(&body);
    return status;
}

static void receipts(void)
{
    struct kp_receipt receipt = {.counter = 7, .member = 32, .phase = KP_PHASE_RELEASE}, back;
    const struct kp_receipt empty = receipt;
    struct kp_buffer body = {0};
    uint8_t digest[KP_DIGEST_BYTES];
    randombytes_buf(digest, sizeof(digest));
    kp_deposited_add(&receipt.deposited, digest);
    kp_deposited_add(&receipt.deposited, digest);
    CU_ASSERT_EQUAL(receipt.deposited.count, 2);
    CU_ASSERT_EQUAL(kp_receipt_pack(&receipt, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_receipt_unpack(&back, &body, NULL), KP_OK);
    CU_ASSERT(back.counter == 7 && back.member == 32 && back.phase == KP_PHASE_RELEASE);
    CU_ASSERT_EQUAL(memcmp(&back.deposited, &receipt.deposited, sizeof(back.deposited)), 0);
    tamper_all(parse_receipt, body.data, body.size);
    kp_buffer_free(&body);
    CU_ASSERT_EQUAL(try_receipt(&empty), KP_OK);
    back = receipt;
    back.deposited.count = 0; /* a chain over nothing */
    CU_ASSERT_EQUAL(try_receipt(&back), KP_REFUSED);
    back = empty;
    back.deposited.count = 1; /* no chain over something */
    CU_ASSERT_EQUAL(try_receipt(&back), KP_REFUSED);
    for (uint32_t member = 0; member <= KP_MEMBERS_MAX + 1; member += KP_MEMBERS_MAX + 1) {
        back = receipt;
        back.member = member;
        CU_ASSERT_EQUAL(try_receipt(&back), KP_REFUSED);
    }
    for (uint32_t phase = 0; phase <= KP_PHASES; phase++) {
        back = receipt;
        back.phase = (enum kp_phase)phase;
        CU_ASSERT_EQUAL(try_receipt(&back),
                        phase == KP_PHASE_IDLE || phase == KP_PHASES ? KP_REFUSED : KP_OK);
    }
    back = receipt;
    back.counter = KP_ROUNDS_MAX + 1;
    CU_ASSERT_EQUAL(try_receipt(&back), KP_REFUSED);
}

/* The chain depends on every message and on their order. */
static void chains(void)
{
    struct kp_deposited one = {0}, other = {0};
    const uint8_t first[KP_DIGEST_BYTES] = {1}, second[KP_DIGEST_BYTES] = {2};
    kp_deposited_add(&one, first);
    kp_deposited_add(&one, second);
    kp_deposited_add(&other, second);
    kp_deposited_add(&other, first);
    CU_ASSERT_EQUAL(one.count, other.count);
    CU_ASSERT_NOT_EQUAL(memcmp(one.chain, other.chain, KP_DIGEST_BYTES), 0);
}

static enum kp_status parse_phase_list(const uint8_t *bytes, size_t size)
{
    struct kp_phase_list list;
    struct kp_buffer body = borrow(bytes, size);
    return kp_phase_list_unpack(&list, &body, NULL);
}

static void phase_lists(void)
{
    struct kp_phase_list list = {
        .counter = 9, .phase = KP_PHASE_READY, .member_count = 3, .late = 4, .refused = 2};
    struct kp_phase_list back;
    struct kp_buffer body = {0};
    const uint8_t digest[KP_DIGEST_BYTES] = {1};
    kp_deposited_add(&list.members[0], digest);
    kp_deposited_add(&list.members[2], digest);
    CU_ASSERT_EQUAL(kp_phase_list_pack(&list, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_phase_list_unpack(&back, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(memcmp(&list, &back, sizeof(back)), 0);
    tamper_all(parse_phase_list, body.data, body.size);
    list.late = 8; /* of three */
    CU_ASSERT_EQUAL(kp_phase_list_pack(&list, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(tamper_try(parse_phase_list, body.data, body.size), KP_REFUSED);
    list.late = 0;
    list.refused = 8;
    CU_ASSERT_EQUAL(kp_phase_list_pack(&list, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(tamper_try(parse_phase_list, body.data, body.size), KP_REFUSED);
    list.late = list.refused = UINT32_MAX;
    list.member_count = KP_MEMBERS_MAX;
    CU_ASSERT_EQUAL(kp_phase_list_pack(&list, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(tamper_try(parse_phase_list, body.data, body.size), KP_OK);
    list.members[1].count = 1; /* without a chain */
    CU_ASSERT_EQUAL(kp_phase_list_pack(&list, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(tamper_try(parse_phase_list, body.data, body.size), KP_REFUSED);
    list.member_count = 0;
    list.late = list.refused = 0;
    CU_ASSERT_EQUAL(kp_phase_list_pack(&list, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(tamper_try(parse_phase_list, body.data, body.size), KP_REFUSED);
    kp_buffer_free(&body);
}

static enum kp_status parse_result(const uint8_t *bytes, size_t size)
{
    struct kp_round_result result;
    struct kp_buffer body = borrow(bytes, size);
    return kp_round_result_unpack(&result, &body, NULL);
}

static void results(void)
{
    struct kp_round_result result = {.counter = 9,
                                     .round_type = KP_ROUND_MATCH,
                                     .groups = 5,
                                     .faults = 6},
                           back;
    struct kp_buffer body = {0};
    randombytes_buf(result.round_id, sizeof(result.round_id));
    randombytes_buf(result.root, sizeof(result.root));
    randombytes_buf(result.readys, sizeof(result.readys));
    CU_ASSERT_EQUAL(kp_round_result_pack(&result, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_round_result_unpack(&back, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(memcmp(&result, &back, sizeof(back)), 0);
    tamper_all(parse_result, body.data, body.size);
    result.bucket = KP_BUCKET_MAX + 1;
    CU_ASSERT_EQUAL(kp_round_result_pack(&result, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(tamper_try(parse_result, body.data, body.size), KP_REFUSED);
    result.bucket = 0;
    result.round_type = (enum kp_round_type)9;
    CU_ASSERT_EQUAL(kp_round_result_pack(&result, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(tamper_try(parse_result, body.data, body.size), KP_REFUSED);
    kp_buffer_free(&body);
}

static enum kp_status parse_abort(const uint8_t *bytes, size_t size)
{
    struct kp_abort abort;
    struct kp_buffer body = borrow(bytes, size);
    enum kp_status status = kp_abort_unpack(&abort, &body, NULL);
    if (status == KP_OK) {
        CU_ASSERT(abort.reason >= KP_ABORT_RESTARTED && abort.reason < KP_ABORT_REASONS);
        CU_ASSERT((unsigned)abort.phase < KP_PHASES);
        CU_ASSERT(abort.reporter <= KP_MEMBERS_MAX);
    }
    return status;
}

static void aborts(void)
{
    struct kp_buffer body = {0};
    for (uint32_t reason = 0; reason <= KP_ABORT_REASONS; reason++) {
        for (uint32_t phase = 0; phase <= KP_PHASES; phase++) {
            struct kp_abort abort = {.reason = (enum kp_abort_reason)reason,
                                     .phase = (enum kp_phase)phase,
                                     .members = UINT32_MAX,
                                     .reporter = KP_MEMBERS_MAX};
            struct kp_abort back;
            bool good = reason > 0 && reason < KP_ABORT_REASONS && phase < KP_PHASES;
            CU_ASSERT_EQUAL(kp_abort_pack(&abort, &body, NULL), KP_OK);
            CU_ASSERT_EQUAL(kp_abort_unpack(&back, &body, NULL), good ? KP_OK : KP_REFUSED);
            if (good) {
                CU_ASSERT_EQUAL(memcmp(&abort, &back, sizeof(abort)), 0);
            }
        }
    }
    struct kp_abort abort = {.reason = KP_ABORT_REFUSED, .phase = KP_PHASE_EVALUATE, .members = 5};
    CU_ASSERT_EQUAL(kp_abort_pack(&abort, &body, NULL), KP_OK);
    tamper_all(parse_abort, body.data, body.size);
    abort.reporter = KP_MEMBERS_MAX + 1;
    CU_ASSERT_EQUAL(kp_abort_pack(&abort, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(tamper_try(parse_abort, body.data, body.size), KP_REFUSED);
    kp_buffer_free(&body);
}

static const struct unit_test TESTS[] = {
    {"envelopes", envelopes},
    {"envelopes out of range", envelopes_out_of_range},
    {"envelopes by hand", envelopes_by_hand},
    {"names", names},
    {"signatures", signatures},
    {"seals", seals},
    {"seals that do not open", seals_that_do_not_open},
    {"the largest seals", largest_seals},
    {"starts", starts},
    {"first hellos", first_hellos},
    {"second hellos", second_hellos},
    {"points and evaluations", points_and_evaluations},
    {"READYs", readys},
    {"leaves and submissions", runs},
    {"audit seeds in leaves", audit_seeds},
    {"completes", completes},
    {"receipts", receipts},
    {"chains of receipts", chains},
    {"phase lists", phase_lists},
    {"results", results},
    {"aborts", aborts},
};

UNIT_MAIN("round message", TESTS)
