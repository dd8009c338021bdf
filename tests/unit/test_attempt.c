/* The coordinator's table of an attempt: what may come when, who is late, and how it ends. */
#include "coordinator/attempt.h"
#include "proto/transcript.h"
#include "tests/unit/fixture.h"
#include "tests/unit/forms.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PHASE_MS 1000u
#define COUNTER 3

/* An attempt, and members that can send it anything. Sealed messages hold noise: the coordinator
 * can't look into them. */
struct world {
    struct fixture fixture;
    struct kp_attempt *attempt;
    uint8_t id[KP_ATTEMPT_BYTES];
    uint32_t members;
    uint64_t now;
    uint8_t round_id[KP_DIGEST_BYTES];
    uint8_t g_digest[KP_DIGEST_BYTES];
    enum kp_relay relay; /* of the last message */
    struct kp_error error;
};

static void world_start(struct world *world, uint32_t members, uint32_t slots)
{
    memset(world, 0, sizeof(*world));
    fixture_make(&world->fixture, &(struct fixture_settings){.members = members, .slots = slots});
    world->members = members;
    world->now = 50000;
    randombytes_buf(world->id, sizeof(world->id));
    randombytes_buf(world->round_id, sizeof(world->round_id));
    randombytes_buf(world->g_digest, sizeof(world->g_digest));
    CU_ASSERT_EQUAL_FATAL(kp_attempt_new(&world->attempt, world->fixture.agreement, world->id,
                                         COUNTER, PHASE_MS, world->now, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL(kp_attempt_counter(world->attempt), COUNTER);
    CU_ASSERT_EQUAL(memcmp(kp_attempt_id(world->attempt), world->id, sizeof(world->id)), 0);
}

static void world_free(struct world *world)
{
    kp_attempt_free(world->attempt);
    fixture_free(&world->fixture);
}

static enum kp_phase phase_of(const struct world *world)
{
    return kp_attempt_phase(world->attempt);
}

/* ---- messages ---- */

static void make_hello2(struct world *world, struct kp_buffer *body)
{
    struct kp_hello2 hello = {
        .time = 1700000000000, .counter = COUNTER, .seen_count = world->members};
    kp_transcript_hellos(hello.hellos, world->fixture.agreement->lineage,
                         kp_attempt_transcript(world->attempt)->hello1, world->members);
    CU_ASSERT_EQUAL(kp_hello2_pack(&hello, body, NULL), KP_OK);
}

static void make_ready(struct world *world, struct kp_buffer *body)
{
    const struct kp_agreement *agreement = world->fixture.agreement;
    struct kp_ready ready = {
        .counter = COUNTER, .entries = agreement->slots, .list_count = agreement->member_count};
    memcpy(ready.lineage, agreement->lineage, KP_DIGEST_BYTES);
    memcpy(ready.round_id, world->round_id, KP_DIGEST_BYTES);
    memcpy(ready.g_digest, world->g_digest, KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL(kp_ready_pack(&ready, body, NULL), KP_OK);
}

static void make_body(struct world *world, enum kp_message_type type, struct kp_buffer *body)
{
    struct kp_hello1 hello1 = {.counter = COUNTER, .round_type = KP_ROUND_MATCH};
    struct kp_abort abort = {.reason = KP_ABORT_FAILED, .phase = KP_PHASE_EVALUATE};
    switch (type) {
    case KP_MESSAGE_HELLO1:
        randombytes_buf(hello1.nonce, sizeof(hello1.nonce));
        CU_ASSERT_EQUAL(kp_hello1_pack(&hello1, body, NULL), KP_OK);
        break;
    case KP_MESSAGE_HELLO2:
        make_hello2(world, body);
        break;
    case KP_MESSAGE_READY:
        make_ready(world, body);
        break;
    case KP_MESSAGE_ABORT:
        CU_ASSERT_EQUAL(kp_abort_pack(&abort, body, NULL), KP_OK);
        break;
    default:
        randombytes_buf(kp_buffer_extend(body, 100), 100);
        break;
    }
}

static bool is_sealed(enum kp_message_type type)
{
    return type == KP_MESSAGE_HELLO2_SECRET || type == KP_MESSAGE_POINTS ||
           type == KP_MESSAGE_EVALUATION;
}

static uint32_t receiver(const struct world *world, enum kp_message_type type, uint32_t from)
{
    if (is_sealed(type)) {
        return from % world->members + 1;
    }
    return type == KP_MESSAGE_LEAVES || type == KP_MESSAGE_SUBMISSION || type == KP_MESSAGE_ABORT
               ? KP_PARTY_COORDINATOR
               : KP_PARTY_ALL;
}

/* A message that is as it should be. Freed with kp_round_message_free. */
static struct kp_round_message make(struct world *world, enum kp_message_type type, uint32_t from,
                                    uint32_t to, uint32_t part)
{
    struct kp_round_message message = {.type = type, .from = from, .to = to, .part = part};
    memcpy(message.attempt, world->id, sizeof(world->id));
    make_body(world, type, &message.body);
    if (!is_sealed(type) && from >= 1 && from <= world->members) {
        kp_round_message_sign(&message, world->fixture.agreement->lineage,
                              world->fixture.member[from - 1].identity_secret);
    }
    return message;
}

/* As the connection of `member` brings it; LEAVES and SUBMISSION are kept when they may be. */
static enum kp_status offer(struct world *world, uint32_t member,
                            const struct kp_round_message *message)
{
    struct kp_buffer packed = {0};
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(message, &packed, NULL), KP_OK);
    enum kp_status status =
        kp_attempt_receive(world->attempt, member, message, packed.data, packed.size, world->now,
                           &world->relay, &world->error);
    if (status == KP_OK && (world->relay == KP_RELAY_LEAVES || world->relay == KP_RELAY_ENTRIES)) {
        kp_attempt_kept(world->attempt, member, world->relay, packed.data, packed.size, world->now);
    }
    kp_buffer_free(&packed);
    return status;
}

static enum kp_status send_part(struct world *world, enum kp_message_type type, uint32_t from,
                                uint32_t to, uint32_t part)
{
    struct kp_round_message message = make(world, type, from, to, part);
    enum kp_status status = offer(world, from, &message);
    kp_round_message_free(&message);
    return status;
}

static enum kp_status send(struct world *world, enum kp_message_type type, uint32_t from)
{
    return send_part(world, type, from, receiver(world, type, from), 0);
}

#define SENT(...) CU_ASSERT_EQUAL(send_part(__VA_ARGS__), KP_OK)

/* ---- what a member does in a phase, all of it ---- */

static uint32_t chunks(const struct world *world)
{
    return kp_chunk_count(world->fixture.agreement->slots, KP_CHUNK_POINTS);
}

/* To every other member, every chunk. */
static void send_to_peers(struct world *world, enum kp_message_type type, uint32_t from)
{
    uint32_t parts = type == KP_MESSAGE_HELLO2_SECRET ? 1 : chunks(world);
    for (uint32_t to = 1; to <= world->members; to++) {
        for (uint32_t part = 0; to != from && part < parts; part++) {
            SENT(world, type, from, to, part);
        }
    }
}

static void release_all(struct world *world, uint32_t member)
{
    uint32_t slots = world->fixture.agreement->slots;
    for (uint32_t part = 0; part < kp_chunk_count(slots, KP_CHUNK_LEAVES); part++) {
        SENT(world, KP_MESSAGE_LEAVES, member, KP_PARTY_COORDINATOR, part);
        CU_ASSERT_EQUAL(world->relay, KP_RELAY_LEAVES);
    }
    for (uint32_t part = 0; part < kp_chunk_count(slots, KP_CHUNK_ENTRIES); part++) {
        SENT(world, KP_MESSAGE_SUBMISSION, member, KP_PARTY_COORDINATOR, part);
        CU_ASSERT_EQUAL(world->relay, KP_RELAY_ENTRIES);
    }
}

static void act(struct world *world, uint32_t member, enum kp_phase phase)
{
    switch (phase) {
    case KP_PHASE_HELLO1:
        CU_ASSERT_EQUAL(send(world, KP_MESSAGE_HELLO1, member), KP_OK);
        break;
    case KP_PHASE_HELLO2:
        CU_ASSERT_EQUAL(send(world, KP_MESSAGE_HELLO2, member), KP_OK);
        send_to_peers(world, KP_MESSAGE_HELLO2_SECRET, member);
        break;
    case KP_PHASE_EVALUATE:
        send_to_peers(world, KP_MESSAGE_POINTS, member);
        break;
    case KP_PHASE_READY:
        CU_ASSERT_EQUAL(send(world, KP_MESSAGE_READY, member), KP_OK);
        break;
    default:
        release_all(world, member);
        break;
    }
}

static void all_act(struct world *world, enum kp_phase phase)
{
    for (uint32_t member = 1; member <= world->members; member++) {
        CU_ASSERT_EQUAL(phase_of(world), phase);
        act(world, member, phase);
    }
    for (uint32_t member = 1; phase == KP_PHASE_EVALUATE && member <= world->members; member++) {
        CU_ASSERT_EQUAL(phase_of(world), phase);
        send_to_peers(world, KP_MESSAGE_EVALUATION, member);
    }
}

static void advance_to(struct world *world, enum kp_phase phase)
{
    for (enum kp_phase now = phase_of(world); now < phase; now++) {
        all_act(world, now);
    }
    CU_ASSERT_EQUAL_FATAL(phase_of(world), phase);
}

/* ---- the table ---- */

static void whole_attempts(void)
{
    static const uint32_t MEMBERS[] = {2, 3, 32};
    for (size_t i = 0; i < 3; i++) {
        struct world world;
        world_start(&world, MEMBERS[i], i == 1 ? 2500 : 4); /* 3 chunks of points, 5 of entries */
        advance_to(&world, KP_PHASE_RELEASE);
        CU_ASSERT(kp_attempt_released(world.attempt));
        advance_to(&world, KP_PHASE_MATCH);
        CU_ASSERT_EQUAL(kp_attempt_deadline(world.attempt), UINT64_MAX);
        CU_ASSERT(!kp_attempt_tick(world.attempt, world.now + 100 * PHASE_MS));
        kp_attempt_complete(world.attempt);
        CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_COMPLETE);
        kp_attempt_end(world.attempt, KP_ABORT_COORDINATOR, 0);
        CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_COMPLETE);
        world_free(&world);
    }
}

static void complete_only_after_match(void)
{
    struct world world;
    world_start(&world, 2, 1);
    for (enum kp_phase phase = KP_PHASE_HELLO1; phase < KP_PHASE_MATCH; phase++) {
        advance_to(&world, phase);
        kp_attempt_complete(world.attempt);
        CU_ASSERT_EQUAL(phase_of(&world), phase);
        CU_ASSERT_EQUAL(kp_attempt_released(world.attempt), phase == KP_PHASE_RELEASE);
    }
    world_free(&world);
}

/* What the first member's good message of each type meets, when a phase has just begun. */
static enum kp_status expected_at_begin(enum kp_phase phase, enum kp_message_type type)
{
    bool taken = phase >= KP_PHASE_HELLO1 && phase <= KP_PHASE_RELEASE && type == KP_MESSAGE_ABORT;
    taken = taken || (phase == KP_PHASE_HELLO1 && type == KP_MESSAGE_HELLO1);
    taken = taken || (phase == KP_PHASE_HELLO2 && type == KP_MESSAGE_HELLO2);
    taken = taken || (phase == KP_PHASE_EVALUATE && type == KP_MESSAGE_POINTS);
    taken = taken || (phase == KP_PHASE_READY && type == KP_MESSAGE_READY);
    taken = taken || (phase == KP_PHASE_RELEASE && type == KP_MESSAGE_LEAVES);
    return taken ? KP_OK : KP_REFUSED;
}

static void bring_to(struct world *world, enum kp_phase phase)
{
    advance_to(world, phase < KP_PHASE_MATCH ? phase : KP_PHASE_MATCH);
    if (phase == KP_PHASE_COMPLETE) {
        kp_attempt_complete(world->attempt);
    } else if (phase == KP_PHASE_ENDED) {
        kp_attempt_end(world->attempt, KP_ABORT_COORDINATOR, 0);
    }
    CU_ASSERT_EQUAL_FATAL(phase_of(world), phase);
}

static void every_type_in_every_phase(void)
{
    for (enum kp_phase phase = KP_PHASE_HELLO1; phase < KP_PHASES; phase++) {
        for (enum kp_message_type type = KP_MESSAGE_START; type < KP_MESSAGE_TYPES; type++) {
            struct world world;
            world_start(&world, 3, 2);
            bring_to(&world, phase);
            uint64_t deadline = kp_attempt_deadline(world.attempt);
            world.now += 10;
            enum kp_status expected = expected_at_begin(phase, type);
            CU_ASSERT_EQUAL(send(&world, type, 1), expected);
            if (expected != KP_OK) { /* it changed nothing */
                CU_ASSERT_EQUAL(world.relay == KP_RELAY_NOTHING || phase_of(&world) == phase, true);
                CU_ASSERT_EQUAL(phase_of(&world), phase);
                CU_ASSERT_EQUAL(kp_attempt_deadline(world.attempt), deadline);
            }
            world_free(&world);
        }
    }
}

static void expect_late(struct world *world, enum kp_phase phase, uint32_t members)
{
    uint64_t deadline = kp_attempt_deadline(world->attempt);
    CU_ASSERT_EQUAL(deadline, world->now + PHASE_MS);
    CU_ASSERT(!kp_attempt_tick(world->attempt, deadline - 1));
    CU_ASSERT_EQUAL(phase_of(world), phase);
    CU_ASSERT(kp_attempt_tick(world->attempt, deadline));
    CU_ASSERT(!kp_attempt_tick(world->attempt, deadline + 1)); /* just now, once */
    const struct kp_phase_list *list = kp_attempt_phase_list(world->attempt, phase);
    CU_ASSERT_PTR_NOT_NULL_FATAL(list);
    CU_ASSERT(list->late == members && list->refused == 0 && list->phase == phase);
    CU_ASSERT_EQUAL(list->member_count, world->members);
    if (phase == KP_PHASE_RELEASE) { /* the others' matches open */
        CU_ASSERT_EQUAL(phase_of(world), KP_PHASE_MATCH);
        return;
    }
    CU_ASSERT_EQUAL(phase_of(world), KP_PHASE_ENDED);
    struct kp_abort ended = kp_attempt_ended(world->attempt);
    CU_ASSERT_EQUAL(ended.reason, KP_ABORT_DEADLINE);
    CU_ASSERT_EQUAL(ended.phase, phase);
    CU_ASSERT_EQUAL(ended.members, members);
    CU_ASSERT_EQUAL(ended.reporter, 0);
}

/* Members aren't in step: what a faster one sends is taken. */
static void faster_members(void)
{
    struct world world;
    world_start(&world, 3, 1);
    advance_to(&world, KP_PHASE_HELLO2);
    act(&world, 1, KP_PHASE_HELLO2);
    act(&world, 2, KP_PHASE_HELLO2);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_HELLO2, 3), KP_OK);
    SENT(&world, KP_MESSAGE_HELLO2_SECRET, 3, 1, 0);
    SENT(&world, KP_MESSAGE_HELLO2_SECRET, 3, 2, 0);
    CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_EVALUATE);
    send_to_peers(&world, KP_MESSAGE_POINTS, 1);
    SENT(&world, KP_MESSAGE_EVALUATION, 2, 1, 0);
    CU_ASSERT_EQUAL(send_part(&world, KP_MESSAGE_EVALUATION, 1, 2, 0), KP_REFUSED);
    world_free(&world);
}

/* Member 3 gives its secret to 1 and not yet to 2: members 1 and 4 go on, which is not their fault,
 * and nothing of theirs may be lost. */
static void secrets_that_come_late(void)
{
    struct world world;
    world_start(&world, 4, 1);
    advance_to(&world, KP_PHASE_HELLO2);
    for (uint32_t member = 1; member <= 4; member++) {
        if (member != 3) {
            act(&world, member, KP_PHASE_HELLO2);
        }
    }
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_HELLO2, 3), KP_OK);
    SENT(&world, KP_MESSAGE_HELLO2_SECRET, 3, 1, 0);
    SENT(&world, KP_MESSAGE_HELLO2_SECRET, 3, 4, 0);
    send_to_peers(&world, KP_MESSAGE_POINTS, 1);
    send_to_peers(&world, KP_MESSAGE_POINTS, 4);
    SENT(&world, KP_MESSAGE_EVALUATION, 1, 4, 0);
    SENT(&world, KP_MESSAGE_EVALUATION, 4, 1, 0);
    CU_ASSERT_EQUAL(send_part(&world, KP_MESSAGE_EVALUATION, 1, 4, 0), KP_REFUSED); /* twice */
    CU_ASSERT_EQUAL(send_part(&world, KP_MESSAGE_EVALUATION, 1, 2, 0), KP_REFUSED); /* of nothing */
    CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_HELLO2);
    SENT(&world, KP_MESSAGE_HELLO2_SECRET, 3, 2, 0);
    CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_EVALUATE);
    send_to_peers(&world, KP_MESSAGE_POINTS, 2);
    send_to_peers(&world, KP_MESSAGE_POINTS, 3);
    send_to_peers(&world, KP_MESSAGE_EVALUATION, 2);
    send_to_peers(&world, KP_MESSAGE_EVALUATION, 3);
    SENT(&world, KP_MESSAGE_EVALUATION, 1, 2, 0);
    SENT(&world, KP_MESSAGE_EVALUATION, 1, 3, 0);
    SENT(&world, KP_MESSAGE_EVALUATION, 4, 2, 0);
    SENT(&world, KP_MESSAGE_EVALUATION, 4, 3, 0);
    CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_READY);
    world_free(&world);
}

/* Members 3 and 4 keep their secrets from each other and do all else: the others' READYs must not
 * be lost by it, or the others would be late in the end. */
static void secrets_kept_back(void)
{
    struct world world;
    world_start(&world, 4, 1);
    advance_to(&world, KP_PHASE_HELLO2);
    for (uint32_t member = 1; member <= 4; member++) {
        CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_HELLO2, member), KP_OK);
        for (uint32_t to = 1; to <= 4; to++) {
            if (to != member && (member < 3 || to < 3)) {
                SENT(&world, KP_MESSAGE_HELLO2_SECRET, member, to, 0);
            }
        }
    }
    for (uint32_t member = 1; member <= 4; member++) {
        send_to_peers(&world, KP_MESSAGE_POINTS, member);
    }
    for (uint32_t member = 1; member <= 4; member++) {
        send_to_peers(&world, KP_MESSAGE_EVALUATION, member);
    }
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_READY, 1), KP_OK);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_READY, 2), KP_OK);
    CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_HELLO2);
    SENT(&world, KP_MESSAGE_HELLO2_SECRET, 3, 4, 0);
    SENT(&world, KP_MESSAGE_HELLO2_SECRET, 4, 3, 0);
    expect_late(&world, KP_PHASE_READY, 12);
    world_free(&world);
}

/* A READY comes while others still evaluate; the last evaluation then completes two phases. */
static void early_ready(void)
{
    struct world world;
    world_start(&world, 2, 1);
    advance_to(&world, KP_PHASE_EVALUATE);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_READY, 1), KP_REFUSED); /* nothing evaluated */
    act(&world, 1, KP_PHASE_EVALUATE);
    act(&world, 2, KP_PHASE_EVALUATE);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_READY, 1), KP_REFUSED); /* 2's list isn't */
    SENT(&world, KP_MESSAGE_EVALUATION, 1, 2, 0);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_READY, 1), KP_OK);
    CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_EVALUATE);
    SENT(&world, KP_MESSAGE_EVALUATION, 2, 1, 0);
    CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_READY);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_READY, 2), KP_OK);
    CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_RELEASE);
    world_free(&world);
}

/* ---- what is refused ---- */

/* The good message of a type, at a time when it may come. */
static void stop_before(struct world *world, enum kp_message_type type)
{
    static const enum kp_phase PHASE[KP_MESSAGE_TYPES] = {
        [KP_MESSAGE_HELLO1] = KP_PHASE_HELLO1,        [KP_MESSAGE_HELLO2] = KP_PHASE_HELLO2,
        [KP_MESSAGE_HELLO2_SECRET] = KP_PHASE_HELLO2, [KP_MESSAGE_POINTS] = KP_PHASE_EVALUATE,
        [KP_MESSAGE_EVALUATION] = KP_PHASE_EVALUATE,  [KP_MESSAGE_READY] = KP_PHASE_READY,
        [KP_MESSAGE_LEAVES] = KP_PHASE_RELEASE,       [KP_MESSAGE_SUBMISSION] = KP_PHASE_RELEASE,
        [KP_MESSAGE_ABORT] = KP_PHASE_EVALUATE,
    };
    advance_to(world, PHASE[type]);
    if (type == KP_MESSAGE_HELLO2_SECRET) {
        CU_ASSERT_EQUAL(send(world, KP_MESSAGE_HELLO2, 1), KP_OK);
    } else if (type == KP_MESSAGE_EVALUATION) {
        send_to_peers(world, KP_MESSAGE_POINTS, 2);
        send_to_peers(world, KP_MESSAGE_POINTS, 3);
    } else if (type == KP_MESSAGE_SUBMISSION) {
        CU_ASSERT_EQUAL(send(world, KP_MESSAGE_LEAVES, 1), KP_OK);
    }
}

static const enum kp_message_type OF_MEMBERS[] = {
    KP_MESSAGE_HELLO1, KP_MESSAGE_HELLO2,     KP_MESSAGE_HELLO2_SECRET,
    KP_MESSAGE_POINTS, KP_MESSAGE_EVALUATION, KP_MESSAGE_READY,
    KP_MESSAGE_LEAVES, KP_MESSAGE_SUBMISSION, KP_MESSAGE_ABORT,
};
#define OF_MEMBERS_COUNT (sizeof(OF_MEMBERS) / sizeof(OF_MEMBERS[0]))

static void refuse(struct world *world, uint32_t member, const struct kp_round_message *message)
{
    enum kp_phase phase = phase_of(world);
    uint64_t deadline = kp_attempt_deadline(world->attempt);
    world->now++;
    CU_ASSERT_EQUAL(offer(world, member, message), KP_REFUSED);
    CU_ASSERT_NOT_EQUAL(world->error.text[0], '\0');
    CU_ASSERT_EQUAL(phase_of(world), phase);
    CU_ASSERT_EQUAL(kp_attempt_deadline(world->attempt), deadline);
}

/* Each changed thing alone, and signed again by the sender where it can: that isn't what saves us.
 */
static void refuse_variants(struct world *world, enum kp_message_type type)
{
    struct kp_round_message good = make(world, type, 1, receiver(world, type, 1), 0);
    struct kp_round_message message = good;
    const uint8_t *lineage = world->fixture.agreement->lineage;
    const uint8_t *secret = world->fixture.member[0].identity_secret;
    static const uint32_t TO[] = {0, 1, 4, 32, 255};
    for (size_t i = 0; i < sizeof(TO) / sizeof(TO[0]); i++) {
        message.to = TO[i];
        if (!is_sealed(type)) {
            kp_round_message_sign(&message, lineage, secret);
        }
        if (message.to != good.to) {
            refuse(world, 1, &message);
        }
    }
    message = good;
    static const uint32_t PARTS[] = {1, 2, 1u << 19, KP_SLOTS_MAX - 1};
    for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
        message.part = PARTS[i];
        if (!is_sealed(type)) {
            kp_round_message_sign(&message, lineage, secret);
        }
        refuse(world, 1, &message);
    }
    message = good;
    message.attempt[5] ^= 1;
    if (!is_sealed(type)) {
        kp_round_message_sign(&message, lineage, secret);
    }
    refuse(world, 1, &message);
    kp_round_message_free(&good);
}

static void wrong_senders_and_places(void)
{
    for (size_t i = 0; i < OF_MEMBERS_COUNT; i++) {
        enum kp_message_type type = OF_MEMBERS[i];
        struct world world;
        world_start(&world, 3, 1);
        stop_before(&world, type);
        refuse_variants(&world, type);
        struct kp_round_message good = make(&world, type, 1, receiver(&world, type, 1), 0);
        refuse(&world, 2, &good); /* brought by another member's connection */
        refuse(&world, 3, &good);
        if (!is_sealed(type)) {
            struct kp_round_message message = good;
            message.has_signature = false;
            refuse(&world, 1, &message);
            message = good;
            message.signature[7] ^= 1;
            refuse(&world, 1, &message);
            kp_round_message_sign(&message, world.fixture.agreement->lineage,
                                  world.fixture.member[1].identity_secret);
            refuse(&world, 1, &message);
        }
        CU_ASSERT_EQUAL(offer(&world, 1, &good), KP_OK);
        kp_round_message_free(&good);
        world_free(&world);
    }
}

/* What came is not taken again, the same or another; only chunks that are kept may, unread. */
static void duplicates(void)
{
    for (size_t i = 0; i < OF_MEMBERS_COUNT - 1; i++) {
        enum kp_message_type type = OF_MEMBERS[i];
        struct world world;
        world_start(&world, 3, 1);
        stop_before(&world, type);
        struct kp_round_message message = make(&world, type, 1, receiver(&world, type, 1), 0);
        CU_ASSERT_EQUAL(offer(&world, 1, &message), KP_OK);
        if (type == KP_MESSAGE_LEAVES || type == KP_MESSAGE_SUBMISSION) {
            uint64_t deadline = kp_attempt_deadline(world.attempt);
            world.now += 500;
            CU_ASSERT_EQUAL(offer(&world, 1, &message), KP_OK);
            CU_ASSERT_EQUAL(world.relay, KP_RELAY_NOTHING);
            CU_ASSERT_EQUAL(kp_attempt_deadline(world.attempt), deadline); /* no progress */
        } else {
            refuse(&world, 1, &message);
            struct kp_round_message other = make(&world, type, 1, receiver(&world, type, 1), 0);
            refuse(&world, 1, &other);
            kp_round_message_free(&other);
        }
        kp_round_message_free(&message);
        world_free(&world);
    }
}

/* Well signed, but the content is wrong. */
static void offer_content(struct world *world, enum kp_message_type type,
                          const struct kp_buffer *body, enum kp_status expected)
{
    struct kp_round_message message = make(world, type, 1, receiver(world, type, 1), 0);
    CU_ASSERT_EQUAL(kp_buffer_set(&message.body, body->data, body->size), KP_OK);
    kp_round_message_sign(&message, world->fixture.agreement->lineage,
                          world->fixture.member[0].identity_secret);
    if (expected == KP_REFUSED) {
        refuse(world, 1, &message);
    } else {
        CU_ASSERT_EQUAL(offer(world, 1, &message), expected);
    }
    kp_round_message_free(&message);
}

static void wrong_hellos(void)
{
    struct world world;
    struct kp_buffer body = {0};
    world_start(&world, 2, 1);
    struct kp_hello1 hello1 = {.counter = COUNTER + 1, .round_type = KP_ROUND_MATCH};
    CU_ASSERT_EQUAL(kp_hello1_pack(&hello1, &body, NULL), KP_OK);
    offer_content(&world, KP_MESSAGE_HELLO1, &body, KP_REFUSED);
    hello1.counter = COUNTER;
    hello1.round_type = (enum kp_round_type)2;
    CU_ASSERT_EQUAL(kp_hello1_pack(&hello1, &body, NULL), KP_OK);
    offer_content(&world, KP_MESSAGE_HELLO1, &body, KP_REFUSED);
    offer_content(&world, KP_MESSAGE_HELLO1, &(struct kp_buffer){0}, KP_REFUSED);
    advance_to(&world, KP_PHASE_HELLO2);
    body.size = 0;
    make_hello2(&world, &body);
    body.data[10] ^= 1; /* other first hellos */
    offer_content(&world, KP_MESSAGE_HELLO2, &body, KP_REFUSED);
    body.data[10] ^= 1;
    offer_content(&world, KP_MESSAGE_HELLO2, &body, KP_OK);
    kp_buffer_free(&body);
    world_free(&world);
}

static void wrong_readys(void)
{
    struct world world;
    struct kp_buffer body = {0};
    struct kp_ready good;
    world_start(&world, 2, 3);
    advance_to(&world, KP_PHASE_READY);
    make_ready(&world, &body);
    CU_ASSERT_EQUAL(kp_ready_unpack(&good, &body, NULL), KP_OK);
    for (int i = 0; i < 4; i++) {
        struct kp_ready ready = good;
        ready.counter += i == 0;
        ready.entries += i == 1;
        ready.lineage[0] ^= i == 2;
        ready.list_count -= i == 3;
        CU_ASSERT_EQUAL(kp_ready_pack(&ready, &body, NULL), KP_OK);
        offer_content(&world, KP_MESSAGE_READY, &body, KP_REFUSED);
    }
    kp_buffer_free(&body);
    world_free(&world);
}

/* Signed by who sends it, in another form than packing gives. */
static void other_forms(void)
{
    static const enum kp_message_type TYPES[] = {KP_MESSAGE_HELLO1, KP_MESSAGE_HELLO2,
                                                 KP_MESSAGE_READY, KP_MESSAGE_ABORT};
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
        struct world world;
        struct kp_buffer good = {0}, body = {0};
        world_start(&world, 2, 1);
        stop_before(&world, TYPES[i]);
        make_body(&world, TYPES[i], &good);
        for (enum form form = 0; form < FORMS; form++) {
            form_make(form, &good, &body);
            offer_content(&world, TYPES[i], &body, KP_REFUSED);
        }
        offer_content(&world, TYPES[i], &good, KP_OK);
        kp_buffer_free(&good);
        kp_buffer_free(&body);
        world_free(&world);
    }
}

static void sealed_that_are_too_large(void)
{
    static const enum kp_message_type TYPES[] = {KP_MESSAGE_HELLO2_SECRET, KP_MESSAGE_POINTS,
                                                 KP_MESSAGE_EVALUATION};
    for (size_t i = 0; i < 3; i++) {
        struct world world;
        world_start(&world, 3, 1);
        stop_before(&world, TYPES[i]);
        struct kp_round_message message =
            make(&world, TYPES[i], 1, receiver(&world, TYPES[i], 1), 0);
        size_t more = KP_SEALED_BODY_MAX + 1 - message.body.size;
        CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(&message.body, more));
        refuse(&world, 1, &message);
        CU_ASSERT_PTR_NOT_NULL(strstr(world.error.text, "at most"));
        message.body.size--;
        CU_ASSERT_EQUAL(offer(&world, 1, &message), KP_OK);
        CU_ASSERT_EQUAL(world.relay, KP_RELAY_MEMBERS);
        kp_round_message_free(&message);
        world_free(&world);
    }
}

static void sealed_before_hello2(void)
{
    struct world world;
    world_start(&world, 3, 1);
    advance_to(&world, KP_PHASE_HELLO2);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_HELLO2_SECRET, 1), KP_REFUSED);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_POINTS, 1), KP_REFUSED);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_HELLO2, 1), KP_OK);
    CU_ASSERT_EQUAL(world.relay, KP_RELAY_MEMBERS);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_HELLO2_SECRET, 1), KP_OK);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_POINTS, 1), KP_OK);
    CU_ASSERT_EQUAL(world.relay, KP_RELAY_MEMBERS);
    world_free(&world);
}

static void chunks_in_order(void)
{
    struct world world;
    world_start(&world, 2, KP_CHUNK_LEAVES + 1); /* 2 chunks of leaves, 17 of entries */
    advance_to(&world, KP_PHASE_RELEASE);
    CU_ASSERT_EQUAL(send_part(&world, KP_MESSAGE_LEAVES, 1, 0, 1), KP_REFUSED);
    CU_ASSERT_EQUAL(send_part(&world, KP_MESSAGE_SUBMISSION, 1, 0, 0), KP_REFUSED);
    SENT(&world, KP_MESSAGE_LEAVES, 1, 0, 0);
    CU_ASSERT_EQUAL(send_part(&world, KP_MESSAGE_SUBMISSION, 1, 0, 0), KP_REFUSED);
    CU_ASSERT_EQUAL(send_part(&world, KP_MESSAGE_LEAVES, 1, 0, 2), KP_REFUSED);
    SENT(&world, KP_MESSAGE_LEAVES, 1, 0, 1);
    CU_ASSERT_EQUAL(send_part(&world, KP_MESSAGE_LEAVES, 1, 0, 2), KP_REFUSED); /* no such part */
    CU_ASSERT_EQUAL(send_part(&world, KP_MESSAGE_SUBMISSION, 1, 0, 1), KP_REFUSED);
    for (uint32_t part = 0; part < 17; part++) {
        SENT(&world, KP_MESSAGE_SUBMISSION, 1, 0, part);
    }
    CU_ASSERT_EQUAL(send_part(&world, KP_MESSAGE_SUBMISSION, 1, 0, 17), KP_REFUSED);
    SENT(&world, KP_MESSAGE_SUBMISSION, 1, 0, 3); /* after a restart */
    CU_ASSERT_EQUAL(world.relay, KP_RELAY_NOTHING);
    CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_RELEASE);
    release_all(&world, 2);
    CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_MATCH);
    world_free(&world);
}

/* ---- deadlines ---- */

/* In each phase every subset of members does its part, but for the last one, who would end the
 * phase: exactly the others are named. */
static void late_members(uint32_t members)
{
    static const enum kp_phase PHASES[] = {KP_PHASE_HELLO1, KP_PHASE_HELLO2, KP_PHASE_READY,
                                           KP_PHASE_RELEASE};
    uint32_t all = (1u << members) - 1;
    for (size_t i = 0; i < sizeof(PHASES) / sizeof(PHASES[0]); i++) {
        for (uint32_t done = 0; done < all; done++) {
            struct world world;
            world_start(&world, members, 1);
            advance_to(&world, PHASES[i]);
            for (uint32_t member = 1; member <= members; member++) {
                if ((done >> (member - 1) & 1) != 0) {
                    world.now += 100; /* progress extends the deadline */
                    act(&world, member, PHASES[i]);
                }
            }
            expect_late(&world, PHASES[i], all & ~done);
            world_free(&world);
        }
    }
}

static void late_in_every_phase(void)
{
    late_members(2);
    late_members(4);
}

/* Some part of a phase's duty is missing. */
static void late_with_a_part(void)
{
    struct world world;
    world_start(&world, 3, 1);
    advance_to(&world, KP_PHASE_HELLO2);
    act(&world, 1, KP_PHASE_HELLO2);
    act(&world, 2, KP_PHASE_HELLO2);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_HELLO2, 3), KP_OK);
    SENT(&world, KP_MESSAGE_HELLO2_SECRET, 3, 2, 0);
    expect_late(&world, KP_PHASE_HELLO2, 4); /* its secret part to member 1 is missing */
    world_free(&world);

    world_start(&world, 2, 600); /* two chunks of entries */
    advance_to(&world, KP_PHASE_RELEASE);
    release_all(&world, 1);
    SENT(&world, KP_MESSAGE_LEAVES, 2, 0, 0);
    SENT(&world, KP_MESSAGE_SUBMISSION, 2, 0, 0);
    expect_late(&world, KP_PHASE_RELEASE, 2);
    world_free(&world);
}

static void late_in_evaluation(void)
{
    struct world world;
    world_start(&world, 3, 1100); /* two chunks of points */
    advance_to(&world, KP_PHASE_EVALUATE);
    expect_late(&world, KP_PHASE_EVALUATE, 7); /* nobody sent its points */
    world_free(&world);

    world_start(&world, 3, 1100);
    advance_to(&world, KP_PHASE_EVALUATE);
    act(&world, 1, KP_PHASE_EVALUATE);
    act(&world, 2, KP_PHASE_EVALUATE);
    for (uint32_t part = 0; part < 2; part++) {
        SENT(&world, KP_MESSAGE_EVALUATION, 1, 2, part);
        SENT(&world, KP_MESSAGE_EVALUATION, 2, 1, part);
        SENT(&world, KP_MESSAGE_EVALUATION, 3, 1, part);
    }
    /* 1 and 2 did all they could: 3 sent no points, and left one list unanswered. */
    expect_late(&world, KP_PHASE_EVALUATE, 4);
    world_free(&world);

    world_start(&world, 3, 1100);
    advance_to(&world, KP_PHASE_EVALUATE);
    for (uint32_t member = 1; member <= 3; member++) {
        act(&world, member, KP_PHASE_EVALUATE);
    }
    send_to_peers(&world, KP_MESSAGE_EVALUATION, 1);
    send_to_peers(&world, KP_MESSAGE_EVALUATION, 3);
    SENT(&world, KP_MESSAGE_EVALUATION, 2, 1, 0);
    SENT(&world, KP_MESSAGE_EVALUATION, 2, 3, 1);
    expect_late(&world, KP_PHASE_EVALUATE, 2);
    world_free(&world);
}

static void thirty_two_members(void)
{
    struct world world;
    world_start(&world, 32, 1);
    expect_late(&world, KP_PHASE_HELLO1, UINT32_MAX);
    world_free(&world);
    for (enum kp_phase phase = KP_PHASE_HELLO1; phase <= KP_PHASE_RELEASE; phase++) {
        world_start(&world, 32, 1);
        advance_to(&world, phase);
        for (uint32_t member = 1; member < 32; member++) {
            act(&world, member, phase);
        }
        for (uint32_t member = 1; phase == KP_PHASE_EVALUATE && member < 32; member++) {
            for (uint32_t to = 1; to < 32; to++) {
                if (to != member) {
                    SENT(&world, KP_MESSAGE_EVALUATION, member, to, 0);
                }
            }
        }
        expect_late(&world, phase, 1u << 31);
        world_free(&world);
    }
}

/* ---- endings ---- */

static void send_abort(struct world *world, uint32_t from, const struct kp_abort *abort,
                       enum kp_status expected)
{
    struct kp_round_message message = make(world, KP_MESSAGE_ABORT, from, 0, 0);
    CU_ASSERT_EQUAL(kp_abort_pack(abort, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, world->fixture.agreement->lineage,
                          world->fixture.member[from - 1].identity_secret);
    CU_ASSERT_EQUAL(offer(world, from, &message), expected);
    CU_ASSERT_EQUAL(world->relay, KP_RELAY_NOTHING);
    kp_round_message_free(&message);
}

static void aborts(void)
{
    for (enum kp_phase phase = KP_PHASE_HELLO1; phase <= KP_PHASE_READY; phase++) {
        struct world world;
        struct kp_abort abort = {
            .reason = KP_ABORT_REFUSED, .phase = KP_PHASE_READY, .members = 1, .reporter = 3};
        world_start(&world, 3, 1);
        advance_to(&world, phase);
        send_abort(&world, 2, &abort, KP_OK);
        CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_ENDED);
        CU_ASSERT_EQUAL(kp_attempt_deadline(world.attempt), UINT64_MAX);
        struct kp_abort ended = kp_attempt_ended(world.attempt);
        CU_ASSERT_EQUAL(ended.reason, KP_ABORT_REFUSED);
        CU_ASSERT_EQUAL(ended.members, 1);
        CU_ASSERT_EQUAL(ended.phase, phase); /* the coordinator's own */
        CU_ASSERT_EQUAL(ended.reporter, 2);  /* who signed it */
        abort.members = 4;
        send_abort(&world, 3, &abort, KP_REFUSED); /* the first one counts */
        CU_ASSERT_EQUAL(kp_attempt_ended(world.attempt).members, 1);
        kp_attempt_end(world.attempt, KP_ABORT_COORDINATOR, 0);
        CU_ASSERT_EQUAL(kp_attempt_ended(world.attempt).reason, KP_ABORT_REFUSED);
        world_free(&world);
    }
}

/* In the release a member that breaks off, for whatever reason and whomever it names, takes nobody
 * along; only when nothing may go on any more, all ends. */
static void aborts_in_the_release(void)
{
    for (enum kp_abort_reason reason = KP_ABORT_RESTARTED; reason < KP_ABORT_REASONS; reason++) {
        struct world world;
        const struct kp_abort abort = {.reason = reason, .members = 1};
        world_start(&world, 3, 1);
        advance_to(&world, KP_PHASE_RELEASE);
        send_abort(&world, 2, &abort, KP_OK);
        if (reason == KP_ABORT_NOT_AGREED) {
            CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_ENDED);
            CU_ASSERT_EQUAL(kp_attempt_ended(world.attempt).reporter, 2);
            world_free(&world);
            continue;
        }
        CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_RELEASE);
        CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_LEAVES, 2), KP_REFUSED);
        CU_ASSERT_PTR_NOT_NULL(strstr(world.error.text, "gives no more"));
        for (uint32_t member = 1; member <= 3; member += 2) {
            CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_RELEASE);
            CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_LEAVES, member), KP_OK);
            CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_SUBMISSION, member), KP_OK);
        }
        CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_MATCH);
        const struct kp_phase_list *list = kp_attempt_phase_list(world.attempt, KP_PHASE_RELEASE);
        CU_ASSERT_PTR_NOT_NULL_FATAL(list);
        CU_ASSERT(list->late == 2 && list->refused == 0);
        world_free(&world);
    }
}

/* Whose chunk can't be gives no more; the others go on. */
static void refused_in_the_release(void)
{
    struct world world;
    world_start(&world, 3, 1);
    advance_to(&world, KP_PHASE_RELEASE);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_LEAVES, 2), KP_OK);
    kp_attempt_refuse(world.attempt, 2, world.now);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_SUBMISSION, 2), KP_REFUSED);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_LEAVES, 2), KP_REFUSED); /* not even what it gave */
    for (uint32_t member = 1; member <= 3; member += 2) {
        CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_LEAVES, member), KP_OK);
        CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_SUBMISSION, member), KP_OK);
    }
    CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_MATCH);
    const struct kp_phase_list *list = kp_attempt_phase_list(world.attempt, KP_PHASE_RELEASE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(list);
    CU_ASSERT(list->late == 0 && list->refused == 2);
    world_free(&world);
}

/* What is counted: what had an effect, once. The lists show how far each was. */
static void deposits(void)
{
    struct world world;
    enum kp_phase phase;
    world_start(&world, 3, 1);
    CU_ASSERT_EQUAL(kp_attempt_deposited(world.attempt, 2, &phase)->count, 0);
    CU_ASSERT_PTR_NULL(kp_attempt_phase_list(world.attempt, KP_PHASE_HELLO1));
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_HELLO1, 2), KP_OK);
    CU_ASSERT_EQUAL(kp_attempt_deposited(world.attempt, 2, &phase)->count, 1);
    CU_ASSERT_EQUAL(phase, KP_PHASE_HELLO1);
    struct kp_deposited before = *kp_attempt_deposited(world.attempt, 2, &phase);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_HELLO1, 2), KP_REFUSED);
    CU_ASSERT_EQUAL(memcmp(&before, kp_attempt_deposited(world.attempt, 2, &phase), sizeof(before)),
                    0);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_HELLO1, 1), KP_OK);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_HELLO1, 3), KP_OK);
    CU_ASSERT_EQUAL(kp_attempt_deposited(world.attempt, 3, &phase)->count, 1);
    CU_ASSERT_EQUAL(phase, KP_PHASE_HELLO2); /* after the message */
    const struct kp_phase_list *list = kp_attempt_phase_list(world.attempt, KP_PHASE_HELLO1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(list);
    CU_ASSERT_EQUAL(list->counter, COUNTER);
    CU_ASSERT_EQUAL(memcmp(&list->members[1], &before, sizeof(before)), 0);
    advance_to(&world, KP_PHASE_RELEASE);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_LEAVES, 2), KP_OK);
    before = *kp_attempt_deposited(world.attempt, 2, &phase);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_LEAVES, 2), KP_OK); /* again, after a restart */
    CU_ASSERT_EQUAL(memcmp(&before, kp_attempt_deposited(world.attempt, 2, &phase), sizeof(before)),
                    0);
    world_free(&world);
}

/* Who names nobody, or nobody that there is, is named itself. */
static void aborts_that_name_nobody(void)
{
    static const uint32_t NAMED[] = {0, 0xfffffff8u};
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        struct kp_abort abort = {.reason = KP_ABORT_RESTARTED, .members = NAMED[i]};
        world_start(&world, 3, 1);
        send_abort(&world, 3, &abort, KP_OK);
        CU_ASSERT_EQUAL(kp_attempt_ended(world.attempt).members, 4);
        world_free(&world);
    }
}

static void readys_that_disagree(void)
{
    for (int what = 0; what < 2; what++) {
        struct world world;
        world_start(&world, 3, 1);
        advance_to(&world, KP_PHASE_READY);
        CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_READY, 3), KP_OK);
        (what == 0 ? world.round_id : world.g_digest)[31] ^= 1;
        CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_READY, 1), KP_REFUSED);
        CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_ENDED);
        struct kp_abort ended = kp_attempt_ended(world.attempt);
        CU_ASSERT_EQUAL(ended.reason, KP_ABORT_DISAGREEMENT);
        CU_ASSERT_EQUAL(ended.members, 5);
        CU_ASSERT_EQUAL(ended.phase, KP_PHASE_READY);
        CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_READY, 2), KP_REFUSED);
        CU_ASSERT(!kp_attempt_released(world.attempt));
        world_free(&world);
    }
}

/* The last READY disagrees: nothing is released by it. */
static void last_ready_disagrees(void)
{
    struct world world;
    world_start(&world, 2, 1);
    advance_to(&world, KP_PHASE_READY);
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_READY, 1), KP_OK);
    world.g_digest[0] ^= 1;
    CU_ASSERT_EQUAL(send(&world, KP_MESSAGE_READY, 2), KP_REFUSED);
    CU_ASSERT_EQUAL(phase_of(&world), KP_PHASE_ENDED);
    CU_ASSERT_EQUAL(kp_attempt_ended(world.attempt).members, 3);
    CU_ASSERT(!kp_attempt_released(world.attempt));
    world_free(&world);
}

/* ---- what a person is shown ---- */

static void member_states(void)
{
    struct world world;
    struct kp_member_state state = {0};
    world_start(&world, 2, 600);
    for (enum kp_phase phase = KP_PHASE_HELLO1; phase <= KP_PHASE_RELEASE; phase++) {
        advance_to(&world, phase);
        for (uint32_t member = 1; member <= 2; member++) {
            kp_attempt_member_state(world.attempt, member, &state);
            enum kp_phase shown = phase == KP_PHASE_READY ? KP_PHASE_EVALUATE : phase;
            CU_ASSERT_EQUAL(state.phase, shown); /* READY is what it hasn't sent yet */
            CU_ASSERT(state.done < state.total);
        }
    }
    advance_to(&world, KP_PHASE_MATCH);
    kp_attempt_member_state(world.attempt, 2, &state);
    CU_ASSERT_EQUAL(state.phase, KP_PHASE_MATCH);
    CU_ASSERT_EQUAL(state.done, state.total);
    world_free(&world);
}

static void transcript_holds_what_was_sent(void)
{
    struct world world;
    world_start(&world, 2, 1);
    advance_to(&world, KP_PHASE_RELEASE);
    const struct kp_result_transcript *transcript = kp_attempt_transcript(world.attempt);
    CU_ASSERT_EQUAL(transcript->member_count, 2);
    const struct kp_buffer *lists[] = {transcript->hello1, transcript->hello2, transcript->ready};
    static const enum kp_message_type TYPES[] = {KP_MESSAGE_HELLO1, KP_MESSAGE_HELLO2,
                                                 KP_MESSAGE_READY};
    for (size_t i = 0; i < 3; i++) {
        for (uint32_t member = 0; member < 2; member++) {
            struct kp_round_message message;
            CU_ASSERT_EQUAL(kp_round_message_unpack(&message, lists[i][member].data,
                                                    lists[i][member].size, NULL),
                            KP_OK);
            CU_ASSERT_EQUAL(message.type, TYPES[i]);
            CU_ASSERT_EQUAL(message.from, member + 1);
            kp_round_message_free(&message);
        }
    }
    world_free(&world);
}

static const struct unit_test TESTS[] = {
    {"whole attempts of 2, 3 and 32 members", whole_attempts},
    {"complete only after match", complete_only_after_match},
    {"every type in every phase", every_type_in_every_phase},
    {"faster members", faster_members},
    {"secrets that come late", secrets_that_come_late},
    {"secrets kept back", secrets_kept_back},
    {"early READY", early_ready},
    {"wrong senders and places", wrong_senders_and_places},
    {"duplicates", duplicates},
    {"wrong hellos", wrong_hellos},
    {"wrong READYs", wrong_readys},
    {"other forms", other_forms},
    {"sealed that are too large", sealed_that_are_too_large},
    {"sealed before hello 2", sealed_before_hello2},
    {"chunks in order", chunks_in_order},
    {"late in every phase", late_in_every_phase},
    {"late with a part", late_with_a_part},
    {"late in evaluation", late_in_evaluation},
    {"thirty-two members", thirty_two_members},
    {"aborts", aborts},
    {"aborts in the release", aborts_in_the_release},
    {"refused in the release", refused_in_the_release},
    {"deposits", deposits},
    {"aborts that name nobody", aborts_that_name_nobody},
    {"READYs that disagree", readys_that_disagree},
    {"last READY disagrees", last_ready_disagrees},
    {"member states", member_states},
    {"transcript holds what was sent", transcript_holds_what_was_sent},
};

UNIT_MAIN("attempt", TESTS)
