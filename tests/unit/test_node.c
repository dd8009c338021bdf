/* The daemon (node/node.h) as member 1, with a coordinator made of paper: the other members' halves
 * are in memory (tests/unit/play.h), and every message between them passes through the test. */
#include "node/node_internal.h"

#include "crypto/secret.h"
#include "node/database.h"
#include "node/release_store.h"
#include "node/round_internal.h"
#include "node/signals.h"
#include "proto/control.h"
#include "proto/key_file.h"
#include "proto/record.h"
#include "proto/transcript.h"
#include "tests/unit/events.h"
#include "tests/unit/pki.h"
#include "tests/unit/play.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>

#define URL "inproc://test-node"
#define NODE 1
#define LIFE_MS 20000

static const uint8_t store_key[32] = {7, 8, 9};

/* From the last EVALUATION on that the node puts. */
enum hold_put {
    HOLD_NOTHING,
    HOLD_ANSWER,  /* it is taken, but nobody says so */
    HOLD_MESSAGES /* it isn't even taken */
};

/* The coordinator and the other members. */
struct world {
    struct play play;
    struct kp_node_config config;
    struct kp_loop *loop;
    struct kp_server *server;
    struct kp_node *node;
    uint64_t deadline;
    bool (*until)(struct world *world);
    bool timed_out;

    uint8_t mailbox[KP_MAILBOX_ID_BYTES];
    struct kp_batch mail; /* not acknowledged yet */
    uint64_t given;       /* the node has all up to this one, on disk or not */
    uint64_t mail_first;  /* number of its first message */
    struct kp_request *fetch;
    uint64_t last_put;
    uint32_t seen; /* types that the node put */
    uint32_t put;  /* messages that the node put */
    struct kp_abort told;
    uint8_t told_attempt[KP_ATTEMPT_BYTES];
    bool hold_ready;         /* the others' READYs stay where they are */
    bool hold_own;           /* the node's READY isn't sent back */
    bool sent_back;          /* it was, in this attempt */
    bool unsigned_agreement; /* no officer decided yet */
    enum hold_put hold_put;
    uint32_t evaluations;              /* that the node put in this life */
    struct kp_request *held;           /* a PUT without an answer */
    uint64_t held_last;                /* what its answer would be */
    bool frozen;                       /* the node gets no turn but for what comes */
    struct kp_client *command;         /* on the node's control socket */
    struct kp_control_response status; /* STATUS's answer, and what was so then */
    bool status_came, still_beginning;
    bool import_came, imported_behind;
    uint64_t steps;             /* turns that the node had between START and hello 1 */
    enum kp_message_type spoil; /* of member 2 for the node: it doesn't open; 0: none */
    struct kp_buffer leaves, entries;
};

#define BIT(type) (1u << (type))

/* ---- The coordinator ---- */

static void answer(struct kp_request *request, const struct kp_wire_response *response)
{
    struct kp_buffer packed = {0};
    CU_ASSERT_EQUAL(kp_wire_response_pack(response, &packed, NULL), KP_OK);
    kp_request_answer(request, packed.data, packed.size);
    kp_buffer_free(&packed);
}

/* Whether the node knows what is in force, or doesn't have to: until then mail can wait. */
static bool knows(const struct world *world)
{
    return world->unsigned_agreement || world->node == NULL ||
           kp_node_check_in_force(world->node, NULL) == KP_OK;
}

/* How many of the mail the node has, and hasn't acknowledged. */
static uint64_t behind_given(const struct world *world)
{
    return world->given + 1 > world->mail_first ? world->given + 1 - world->mail_first : 0;
}

static void deliver(struct world *world)
{
    uint64_t given = behind_given(world);
    if (world->fetch == NULL || world->mail.count <= given || !knows(world)) {
        return;
    }
    struct kp_wire_response response = {.kind = KP_RESPONSE_DELIVERY,
                                        .sequence = world->mail_first + given,
                                        .messages = world->mail};
    response.messages.items += given;
    response.messages.count -= given;
    answer(world->fetch, &response);
    world->fetch = NULL;
}

static void post(struct world *world, const struct kp_buffer *packed)
{
    CU_ASSERT_EQUAL(kp_batch_add(&world->mail, packed->data, packed->size), KP_OK);
}

static void acknowledge(struct world *world, uint64_t sequence)
{
    struct kp_batch left = {0};
    uint64_t first = world->mail_first;
    for (size_t i = 0; i < world->mail.count; i++) {
        if (first + i > sequence) {
            CU_ASSERT_EQUAL(
                kp_batch_add(&left, world->mail.items[i].data, world->mail.items[i].size), KP_OK);
        }
    }
    world->mail_first = sequence + 1 > first ? sequence + 1 : first;
    kp_batch_free(&world->mail);
    world->mail = left;
}

static void note_chunk(struct world *world, const struct kp_round_message *message)
{
    const struct kp_agreement *agreement = world->play.fixture.agreement;
    struct kp_buffer content = {0};
    bool leaves = message->type == KP_MESSAGE_LEAVES;
    size_t size = leaves ? (size_t)agreement->slots * KP_DIGEST_BYTES
                         : agreement->slots * kp_entry_size(agreement, NODE);
    struct kp_leaves chunk = {0};
    struct kp_submission submission = {0};
    if (leaves) {
        CU_ASSERT_EQUAL(kp_leaves_unpack(&chunk, size, 0, true, &message->body, NULL), KP_OK);
        content = chunk.digests;
    } else {
        CU_ASSERT_EQUAL(kp_submission_unpack(&submission, size, 0, &message->body, NULL), KP_OK);
        content = submission.entries;
    }
    kp_buffer_free(leaves ? &world->leaves : &world->entries);
    *(leaves ? &world->leaves : &world->entries) = content;
}

/* A READY is relayed to all, once. */
static void send_back(struct world *world, const struct kp_buffer *packed)
{
    if (!world->hold_own && !world->sent_back) {
        world->sent_back = true;
        post(world, packed);
    }
}

/* What the node put: for the others, or for the coordinator. */
static void take(struct world *world, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    CU_ASSERT_EQUAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL), KP_OK);
    CU_ASSERT_EQUAL(message.from, NODE);
    world->seen |= BIT(message.type);
    world->put++;
    if (message.to == KP_PARTY_COORDINATOR) {
        CU_ASSERT_EQUAL(
            kp_round_message_check(&message, world->play.fixture.agreement->lineage,
                                   world->play.fixture.agreement->members[0].identity_key, NULL),
            KP_OK);
    }
    if (message.type == KP_MESSAGE_ABORT) {
        CU_ASSERT_EQUAL(kp_abort_unpack(&world->told, &message.body, NULL), KP_OK);
        memcpy(world->told_attempt, message.attempt, KP_ATTEMPT_BYTES);
    } else if (message.type == KP_MESSAGE_LEAVES || message.type == KP_MESSAGE_SUBMISSION) {
        note_chunk(world, &message);
    } else if (message.type == KP_MESSAGE_READY) {
        send_back(world, packed);
    }
    for (uint32_t to = 2; to <= world->play.fixture.agreement->member_count; to++) {
        if (message.to == to || message.to == KP_PARTY_ALL) {
            (void)!play_offer(&world->play, to, packed, NULL);
        }
    }
    kp_round_message_free(&message);
}

static bool is_evaluation(const struct kp_buffer *packed)
{
    struct kp_round_message message;
    CU_ASSERT_EQUAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL), KP_OK);
    bool is = message.type == KP_MESSAGE_EVALUATION;
    kp_round_message_free(&message);
    return is;
}

static void put_done(struct kp_request *request, uint64_t last)
{
    const struct kp_wire_response response = {.kind = KP_RESPONSE_PUT_DONE, .sequence = last};
    answer(request, &response);
}

static void serve_put(struct world *world, struct kp_request *request,
                      const struct kp_wire_request *asked)
{
    bool hold = false;
    CU_ASSERT(asked->sequence <= world->last_put + 1);
    for (size_t i = 0; i < asked->messages.count; i++) {
        bool fresh = asked->sequence + i > world->last_put;
        world->evaluations += fresh && is_evaluation(&asked->messages.items[i]);
        hold = world->hold_put != HOLD_NOTHING && world->evaluations == 2;
        if (hold && world->hold_put == HOLD_MESSAGES) {
            break;
        }
        if (fresh) {
            world->last_put = asked->sequence + i;
            take(world, &asked->messages.items[i]);
        }
    }
    if (hold) {
        CU_ASSERT_PTR_NULL(world->held);
        world->held = request;
        world->held_last = world->last_put;
    } else {
        put_done(request, world->last_put);
    }
}

/* The officers' decisions come from the coordinator. */
static void answer_share(struct world *world, struct kp_request *request,
                         const struct kp_wire_request *asked)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_SHARED};
    bool all_there = asked->digests.size / KP_DIGEST_BYTES > 1;
    if (!all_there && !world->unsigned_agreement) {
        fixture_accept_all(&world->play.fixture, &response.messages);
    }
    answer(request, &response);
    kp_wire_response_free(&response);
}

static void serve(void *context, struct kp_request *request)
{
    struct world *world = context;
    struct kp_wire_request asked;
    struct kp_wire_response opened = {.kind = KP_RESPONSE_OPENED,
                                      .time = kp_clock_now(),
                                      .member = NODE,
                                      .sequence = world->last_put};
    size_t size;
    const uint8_t *bytes = kp_request_bytes(request, &size);
    CU_ASSERT_EQUAL(kp_wire_request_unpack(&asked, bytes, size, NULL), KP_OK);
    switch (asked.kind) {
    case KP_REQUEST_OPEN:
        memcpy(opened.mailbox, world->mailbox, sizeof(opened.mailbox));
        answer(request, &opened);
        break;
    case KP_REQUEST_PUT:
        serve_put(world, request, &asked);
        break;
    case KP_REQUEST_FETCH:
        CU_ASSERT_EQUAL(memcmp(asked.mailbox, world->mailbox, sizeof(asked.mailbox)), 0);
        acknowledge(world, asked.sequence);
        world->given = asked.sequence + asked.ahead;
        if (world->fetch != NULL) {
            kp_request_drop(world->fetch);
        }
        world->fetch = request;
        deliver(world);
        break;
    case KP_REQUEST_SHARE:
        answer_share(world, request, &asked);
        break;
    case KP_REQUEST_FETCH_LETTERS: {
        struct kp_wire_response none = {.kind = KP_RESPONSE_LETTERS, .end = true};
        answer(request, &none);
        break;
    }
    default:
        CU_FAIL("the node asks what it may not");
        kp_request_drop(request);
    }
    kp_wire_request_free(&asked);
}

/* ---- The other members ---- */

/* To each other at once, to the node by mail. */
static void relay(struct world *world, uint32_t from, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    CU_ASSERT_EQUAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL), KP_OK);
    for (uint32_t to = 2; to <= world->play.fixture.agreement->member_count; to++) {
        bool wanted = to != from || message.type == KP_MESSAGE_READY;
        if (wanted && (message.to == to || message.to == KP_PARTY_ALL)) {
            (void)!play_offer(&world->play, to, packed, NULL);
        }
    }
    if (message.to == NODE && from == 2 && message.type == world->spoil) {
        struct kp_buffer spoilt = {0};
        message.body.data[message.body.size / 2] ^= 1;
        CU_ASSERT_EQUAL(kp_round_message_pack(&message, &spoilt, NULL), KP_OK);
        post(world, &spoilt);
        kp_buffer_free(&spoilt);
    } else if (message.to == NODE || message.to == KP_PARTY_ALL) {
        post(world, packed);
    }
    kp_round_message_free(&message);
}

static void move_member(struct world *world, uint32_t member)
{
    struct play *play = &world->play;
    struct kp_round *round = play->round[member - 1];
    struct kp_buffer packed = {0};
    bool more = true;
    while (more) {
        (void)!kp_round_work(round, &more, NULL);
    }
    while (kp_round_next(round, &packed)) {
        relay(world, member, &packed);
    }
    if (play->release[member - 1] == NULL && kp_round_phase(round) == KP_PHASE_READY &&
        !world->hold_ready) {
        play->release[member - 1] = kp_round_take_release(round);
        relay(world, member, &play->release[member - 1]->own_ready);
    }
    kp_buffer_free(&packed);
}

/* ---- A life of the daemon ---- */

static uint64_t tick(void *context, uint64_t now)
{
    struct world *world = context;
    struct kp_loop_hooks hooks = kp_node_hooks(world->node);
    uint64_t next = hooks.tick(hooks.context, now);
    for (uint32_t i = 2; i <= world->play.fixture.agreement->member_count; i++) {
        move_member(world, i);
    }
    deliver(world);
    world->timed_out = now >= world->deadline;
    if (world->timed_out || world->until(world)) {
        kp_loop_stop(world->loop);
    }
    return next < now + 10 ? next : now + 10;
}

static bool work(void *context)
{
    struct world *world = context;
    struct kp_loop_hooks hooks = kp_node_hooks(world->node);
    if (world->frozen) {
        return false;
    }
    world->steps += world->node->beginning != NULL;
    return hooks.work(hooks.context);
}

/* Starts the daemon and runs it until the condition holds; it goes on in the next call. */
static void run_until(struct world *world, bool (*until)(struct world *))
{
    const struct kp_server_handler handler = {world, NULL, serve};
    const struct kp_loop_hooks hooks = {.context = world, .tick = tick, .work = work};
    struct kp_error error = {0};
    if (world->loop == NULL) {
        CU_ASSERT_EQUAL_FATAL(kp_loop_new(&world->loop, NULL), KP_OK);
        CU_ASSERT_EQUAL_FATAL(
            kp_server_open(&world->server, world->loop, URL, NULL, &handler, NULL), KP_OK);
        enum kp_status status = kp_node_new(&world->node, &world->config, world->loop, &error);
        if (status != KP_OK) {
            fprintf(stderr, "node: %s\n", error.text);
        }
        CU_ASSERT_EQUAL_FATAL(status, KP_OK);
    }
    world->until = until;
    world->deadline = kp_loop_now() + LIFE_MS;
    kp_loop_run(world->loop, &hooks);
    CU_ASSERT(!world->timed_out);
}

/* Ends the daemon as kill -9 does: nothing is written at its end. */
static void kill_node(struct world *world)
{
    if (world->node != NULL) {
        world->node->logging = false;
    }
    kp_node_free(world->node);
    world->node = NULL;
    kp_server_close(world->server);
    world->server = NULL;
    if (world->fetch != NULL) {
        kp_request_drop(world->fetch);
        world->fetch = NULL;
    }
    if (world->held != NULL) {
        kp_request_drop(world->held);
        world->held = NULL;
    }
    kp_loop_free(world->loop);
    world->loop = NULL;
    world->seen = 0;
    world->evaluations = 0;
    memset(&world->told, 0, sizeof(world->told));
}

/* ---- Conditions ---- */

static bool sees_hello1(struct world *world)
{
    return (world->seen & BIT(KP_MESSAGE_HELLO1)) != 0;
}

static bool sees_ready(struct world *world)
{
    return (world->seen & BIT(KP_MESSAGE_READY)) != 0;
}

static bool sees_all(struct world *world)
{
    return (world->seen & BIT(KP_MESSAGE_LEAVES)) != 0 &&
           (world->seen & BIT(KP_MESSAGE_SUBMISSION)) != 0;
}

static bool sees_abort(struct world *world)
{
    return world->told.reason != 0;
}

static bool is_idle(struct world *world)
{
    return behind_given(world) == world->mail.count && !world->node->state.in_attempt;
}

static bool has_mail(struct world *world)
{
    return behind_given(world) == world->mail.count && world->fetch != NULL;
}

/* The node has computed everything, and the others' READYs; its own isn't signed. */
static bool waits_with_ready(struct world *world)
{
    const struct kp_round *round = world->node->round;
    return world->held != NULL && round != NULL && kp_round_phase(round) == KP_PHASE_READY &&
           round->release->ready[1].size > 0 && round->release->ready[2].size > 0;
}

/* What the node was to put is on its way, and isn't answered. */
static bool holds_put(struct world *world)
{
    return world->held != NULL;
}

static bool has_other_readys(struct world *world)
{
    const struct kp_release *release = world->node->release;
    return sees_ready(world) && release != NULL && release->ready[1].size > 0 &&
           release->ready[2].size > 0;
}

/* ---- Setting up ---- */

static void write_key(const char *path, enum kp_key_kind kind, const uint8_t *secret)
{
    unlink(path);
    CU_ASSERT_EQUAL_FATAL(kp_key_write(path, kind, secret, NULL), KP_OK);
}

static void add_signal(struct world *world, uint32_t number)
{
    struct kp_store *store = NULL;
    struct kp_txn *txn = NULL;
    struct kp_signal signal = {.indicator = "A", .observed_on = 20240101};
    enum kp_signal_added added;
    uint8_t digest[KP_DIGEST_BYTES];
    char folder[KP_PATH_MAX + 8];
    snprintf(folder, sizeof(folder), "%s/store", world->config.data);
    fixture_address(signal.address, number);
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&store, folder, store_key, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_signals_add(store, txn, &signal, 1, &added, digest, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    kp_store_close(store);
}

static uint32_t audit_slots; /* of the agreements that follow */

static void start_world_with(struct world *world, const char *name, uint32_t interval)
{
    struct pki_authority authority;
    uint8_t fingerprint[32];
    char file[64];
    memset(world, 0, sizeof(*world));
    pki_authority_new(&authority, name);
    pki_issue(&world->config.tls, &authority, name, "DNS:localhost", -PKI_DAY, PKI_DAY);
    pki_authority_free(&authority);
    CU_ASSERT_EQUAL_FATAL(kp_tls_fingerprint(fingerprint, world->config.tls.certificate, NULL),
                          KP_OK);
    play_start(&world->play, &(struct fixture_settings){.slots = 4,
                                                        .rounds = 3,
                                                        .interval = interval,
                                                        .audit_slots = audit_slots,
                                                        .tls_fingerprint = fingerprint});
    struct fixture *fixture = &world->play.fixture;
    struct kp_node_config *config = &world->config;
    snprintf(config->name, sizeof(config->name), "m1");
    snprintf(file, sizeof(file), "%s.agreement", name);
    strcpy(config->agreement, scratch_write(file, fixture->bytes.data, fixture->bytes.size));
    memcpy(config->agreement_hash, fixture->agreement->hash, 32);
    strcpy(config->data, scratch(name));
    strcpy(config->identity_key, scratch("identity.key"));
    strcpy(config->box_key, scratch("box.key"));
    strcpy(config->store_key, scratch("store.key"));
    strcpy(config->control, scratch("control"));
    strcpy(config->url, URL);
    config->test_mode = true;
    config->longest_silence_seconds = 60;
    write_key(config->identity_key, KP_KEY_IDENTITY, fixture->member[0].identity_seed);
    write_key(config->box_key, KP_KEY_BOX, fixture->member[0].box_secret);
    write_key(config->store_key, KP_KEY_STORE, store_key);
    CU_ASSERT_EQUAL_FATAL(mkdir(config->data, 0700), 0);
    add_signal(world, 1);
    randombytes_buf(world->mailbox, sizeof(world->mailbox));
    world->mail_first = 1;
}

static void start_world(struct world *world, const char *name)
{
    start_world_with(world, name, 0);
}

static void stop_world(struct world *world)
{
    kp_client_close(world->command);
    kill_node(world);
    kp_batch_free(&world->mail);
    kp_buffer_free(&world->leaves);
    kp_buffer_free(&world->entries);
    play_free(&world->play);
}

/* ---- What the coordinator says ---- */

static void post_body(struct world *world, enum kp_message_type type, struct kp_buffer *body)
{
    struct kp_round_message message = {.type = type, .to = KP_PARTY_ALL, .body = *body};
    struct kp_buffer packed = {0};
    memcpy(message.attempt, world->play.attempt, KP_ATTEMPT_BYTES);
    kp_round_message_sign(&message, world->play.fixture.agreement->lineage,
                          world->play.fixture.coordinator_secret);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
    post(world, &packed);
    kp_buffer_free(&packed);
    kp_buffer_free(body);
}

/* As soon as it is asked. proof: of the counter before, or NULL. */
static void post_hasty_start(struct world *world, uint64_t counter, const struct kp_buffer *proof)
{
    struct kp_start start = {.counter = counter, .round_type = KP_ROUND_MATCH, .phase_seconds = 60};
    struct kp_buffer body = {0};
    memcpy(start.agreement, world->play.fixture.agreement->hash, KP_DIGEST_BYTES);
    start.release_proof_count = proof != NULL ? world->play.fixture.agreement->member_count : 0;
    for (uint32_t i = 0; i < start.release_proof_count; i++) {
        start.release_proof[i] = proof[i]; /* borrowed: not freed here */
    }
    CU_ASSERT_EQUAL(kp_start_pack(&start, &body, NULL), KP_OK);
    post_body(world, KP_MESSAGE_START, &body);
}

/* Not before the interval has passed. */
static void post_start(struct world *world, uint64_t counter, const struct kp_buffer *proof)
{
    if (counter > 1) {
        fixture_wait_interval();
    }
    post_hasty_start(world, counter, proof);
}

static void post_complete(struct world *world)
{
    struct kp_buffer body = {0};
    post_body(world, KP_MESSAGE_COMPLETE, &body);
}

/* Another attempt at the counter, with the START for it. */
static void try_again(struct world *world, uint64_t counter)
{
    play_again(&world->play, counter);
    world->sent_back = false;
    world->seen = 0;
    memset(&world->told, 0, sizeof(world->told));
    post_start(world, counter, NULL);
}

/* The node's entry for address 1 has the tag that the others' have. */
static void check_match(struct world *world)
{
    const struct kp_agreement *agreement = world->play.fixture.agreement;
    size_t size = kp_entry_size(agreement, NODE), other_size = kp_entry_size(agreement, 2);
    uint32_t found = 0;
    const struct kp_release *other = world->play.release[1];
    CU_ASSERT_PTR_NOT_NULL_FATAL(other);
    CU_ASSERT_EQUAL_FATAL(world->entries.size, agreement->slots * size);
    for (uint32_t i = 0; i < agreement->slots; i++) {
        for (uint32_t j = 0; j < agreement->slots; j++) {
            found += memcmp(world->entries.data + i * size, other->entries.data + j * other_size,
                            KP_DIGEST_BYTES) == 0;
        }
    }
    CU_ASSERT_EQUAL(found, 1);
}

/* ---- Tests ---- */

static void whole_round(void)
{
    struct world world;
    start_world(&world, "whole");
    post_start(&world, 1, NULL);
    run_until(&world, sees_all);
    check_match(&world);
    CU_ASSERT_EQUAL(world.node->state.proven, 1);
    CU_ASSERT_EQUAL(world.node->state.phase, KP_PHASE_RELEASE);
    CU_ASSERT_PTR_NULL(world.node->round);
    post_complete(&world);
    run_until(&world, is_idle);
    CU_ASSERT_PTR_NULL(world.node->release);
    CU_ASSERT_STRING_EQUAL(world.node->state.last_error, "");

    /* The next one; a START for the same counter again isn't agreed to. */
    try_again(&world, 1);
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_NOT_AGREED);
    try_again(&world, 2);
    run_until(&world, sees_all);
    check_match(&world);
    CU_ASSERT_EQUAL(world.node->state.proven, 2);
    stop_world(&world);
}

static void a_round_too_soon(void)
{
    struct world world;
    start_world_with(&world, "too-soon", 86400); /* it can't pass while the test runs */
    post_start(&world, 1, NULL);
    run_until(&world, sees_all);
    post_complete(&world);
    run_until(&world, is_idle);

    play_again(&world.play, 2);
    world.sent_back = false;
    world.seen = 0;
    memset(&world.told, 0, sizeof(world.told));
    post_hasty_start(&world, 2, NULL);
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_NOT_AGREED);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "seconds apart"));
    CU_ASSERT_EQUAL(world.node->state.counter, 1);
    stop_world(&world);
}

static void restart_before_ready(void)
{
    struct world world;
    start_world(&world, "before-ready");
    world.hold_ready = true;
    post_start(&world, 1, NULL);
    run_until(&world, sees_hello1);
    kill_node(&world);
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_RESTARTED);
    CU_ASSERT_EQUAL(world.told.members, 1);
    CU_ASSERT_EQUAL(memcmp(world.told_attempt, world.play.attempt, KP_ATTEMPT_BYTES), 0);
    CU_ASSERT(!sees_hello1(&world));
    CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "m1 restarted"));

    /* The same START again, even under a number of its own, begins nothing. */
    world.seen = 0;
    post_start(&world, 1, NULL);
    run_until(&world, has_mail);
    CU_ASSERT(!world.node->state.in_attempt);
    CU_ASSERT_EQUAL(world.seen, 0);
    world.hold_ready = false;
    try_again(&world, 1);
    run_until(&world, sees_all);
    check_match(&world);
    stop_world(&world);
}

static void restart_after_ready(void)
{
    struct world world;
    start_world(&world, "after-ready");
    world.hold_ready = true;
    post_start(&world, 1, NULL);
    run_until(&world, sees_ready);
    CU_ASSERT_EQUAL(world.node->state.proven, 0);
    CU_ASSERT_PTR_NULL(world.node->pieces); /* of what is in them, every y could be made again */
    kill_node(&world);

    run_until(&world, sees_ready); /* once more: it may not have come through */
    CU_ASSERT(!sees_abort(&world) && !sees_all(&world));
    world.hold_ready = false;
    run_until(&world, sees_all);
    check_match(&world);
    CU_ASSERT_EQUAL(world.node->state.proven, 1);
    kill_node(&world);

    kp_buffer_free(&world.entries);
    run_until(&world, sees_all); /* from the beginning: some of it may not have come through */
    CU_ASSERT(!sees_ready(&world));
    check_match(&world);
    post_complete(&world);
    run_until(&world, is_idle);
    kill_node(&world);
    run_until(&world, has_mail);
    CU_ASSERT_EQUAL(world.seen, 0);
    CU_ASSERT_EQUAL(world.node->state.proven, 1);
    stop_world(&world);
}

/* What was delivered and not acknowledged comes again after a restart. */
static void nothing_is_done_twice(void)
{
    struct world world;
    start_world(&world, "twice");
    post_start(&world, 1, NULL);
    run_until(&world, sees_all);
    uint64_t delivered = world.node->state.delivered;
    kill_node(&world);
    kp_batch_free(&world.mail);
    world.mail_first = 1;
    post_start(&world, 1, NULL); /* number 1 again */
    run_until(&world, sees_all);
    CU_ASSERT(!sees_abort(&world) && !sees_hello1(&world));
    CU_ASSERT_EQUAL(world.node->state.delivered, delivered);

    /* In a new mailbox, number 1 is another message. */
    kill_node(&world);
    kp_batch_free(&world.mail);
    world.mail_first = 1;
    world.last_put = 0;
    randombytes_buf(world.mailbox, sizeof(world.mailbox));
    play_again(&world.play, 2);
    post_start(&world, 2, NULL);
    run_until(&world, sees_hello1);
    CU_ASSERT_EQUAL(world.node->state.counter, 2);
    stop_world(&world);
}

static void missed_release_is_adopted(void)
{
    struct world world;
    struct kp_buffer proof[KP_MEMBERS_MAX] = {0};
    start_world(&world, "adopt");
    /* Round 1: this member is READY, and never hears that the others are. */
    world.hold_ready = true;
    post_start(&world, 1, NULL);
    run_until(&world, sees_ready);
    CU_ASSERT_PTR_NOT_NULL_FATAL(world.node->release);
    for (uint32_t i = 0; i < 3; i++) {
        if (i > 0) {
            world.play.release[i] = kp_round_take_release(world.play.round[i]);
        }
        const struct kp_buffer *ready =
            i == 0 ? &world.node->release->own_ready : &world.play.release[i]->own_ready;
        CU_ASSERT_EQUAL(kp_buffer_set(&proof[i], ready->data, ready->size), KP_OK);
    }
    world.hold_ready = false;
    try_again(&world, 2); /* without a proof */
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_NOT_AGREED);

    proof[1].data[proof[1].size - 1] ^= 1;
    play_again(&world.play, 2);
    memset(&world.told, 0, sizeof(world.told));
    post_start(&world, 2, proof);
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_NOT_AGREED);
    CU_ASSERT_EQUAL(world.node->state.proven, 0);
    proof[1].data[proof[1].size - 1] ^= 1;

    randombytes_buf(world.play.attempt, KP_ATTEMPT_BYTES); /* a proof of round 1 for round 3 */
    memset(&world.told, 0, sizeof(world.told));
    post_start(&world, 3, proof);
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.node->state.proven, 0);

    play_again(&world.play, 2);
    world.seen = 0;
    post_start(&world, 2, proof);
    run_until(&world, sees_all);
    CU_ASSERT_EQUAL(world.node->state.proven, 2);
    check_match(&world);
    for (uint32_t i = 0; i < 3; i++) {
        kp_buffer_free(&proof[i]);
    }
    stop_world(&world);
}

static void starts_that_are_not_agreed_to(void)
{
    struct world world;
    start_world(&world, "not-agreed");
    world.play.fixture.agreement->hash[0] ^= 1;
    post_start(&world, 1, NULL); /* another agreement */
    world.play.fixture.agreement->hash[0] ^= 1;
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_NOT_AGREED);
    CU_ASSERT_EQUAL(world.told.members, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "another agreement"));
    try_again(&world, 4); /* of 3 rounds */
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_NOT_AGREED);
    CU_ASSERT_EQUAL(world.node->state.counter, 0);
    stop_world(&world);
}

static void another_start_ends_an_attempt(void)
{
    struct world world;
    start_world(&world, "another");
    world.hold_ready = true;
    post_start(&world, 1, NULL);
    run_until(&world, sees_ready);
    CU_ASSERT_PTR_NOT_NULL(world.node->release);
    world.hold_ready = false;
    try_again(&world, 1);
    run_until(&world, sees_all);
    CU_ASSERT_EQUAL(memcmp(world.node->state.attempt, world.play.attempt, KP_ATTEMPT_BYTES), 0);
    check_match(&world);
    stop_world(&world);
}

static void coordinator_ends_an_attempt(void)
{
    struct world world;
    struct kp_buffer body = {0};
    const struct kp_abort abort = {
        .reason = KP_ABORT_DEADLINE, .phase = KP_PHASE_EVALUATE, .members = 2};
    start_world(&world, "abort");
    world.hold_ready = true;
    post_start(&world, 1, NULL);
    run_until(&world, sees_ready);
    CU_ASSERT_EQUAL(kp_abort_pack(&abort, &body, NULL), KP_OK);
    post_body(&world, KP_MESSAGE_ABORT, &body);
    run_until(&world, is_idle);
    CU_ASSERT_PTR_NULL(world.node->release);
    CU_ASSERT_STRING_EQUAL(world.node->state.last_error,
                           "m2 did not do its part before the deadline (in phase evaluate)");
    CU_ASSERT(!sees_abort(&world));
    kill_node(&world);
    run_until(&world, has_mail); /* nothing of it is left on disk */
    CU_ASSERT_EQUAL(world.seen, 0);
    CU_ASSERT(!world.node->state.in_attempt);
    stop_world(&world);
}

/* START 2 removed ABORT 1 from the mailbox, and ABORT 2 removed START 2: the node, which still
 * waits in attempt 1, gets nothing but ABORT 2. */
static void end_of_another_attempt(void)
{
    struct world world;
    struct kp_buffer body = {0};
    const struct kp_abort abort = {
        .reason = KP_ABORT_DEADLINE, .phase = KP_PHASE_HELLO1, .members = 2};
    uint8_t attempt[KP_ATTEMPT_BYTES];
    start_world(&world, "another-end");
    world.hold_ready = true;
    post_start(&world, 1, NULL);
    run_until(&world, sees_ready);
    CU_ASSERT_EQUAL(kp_abort_pack(&abort, &body, NULL), KP_OK);
    memcpy(attempt, world.play.attempt, sizeof(attempt));
    world.play.attempt[0] ^= 1;
    post_body(&world, KP_MESSAGE_ABORT, &body);
    memcpy(world.play.attempt, attempt, sizeof(attempt));
    run_until(&world, is_idle);
    CU_ASSERT_PTR_NULL(world.node->round);
    CU_ASSERT_PTR_NULL(world.node->release);
    CU_ASSERT(!sees_abort(&world));
    CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "a later attempt"));
    stop_world(&world);
}

static void readys_that_disagree(void)
{
    struct world world;
    struct kp_ready ready;
    struct kp_round_message message = {.type = KP_MESSAGE_READY, .from = 2, .to = KP_PARTY_ALL};
    struct kp_buffer packed = {0};
    start_world(&world, "disagree");
    const struct kp_agreement *agreement = world.play.fixture.agreement;
    world.hold_ready = true;
    post_start(&world, 1, NULL);
    run_until(&world, sees_ready);
    for (uint32_t i = 1; i < 3; i++) {
        struct kp_release *release = kp_round_take_release(world.play.round[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(release);
        world.play.release[i] = release;
        if (i == 2) {
            post(&world, &release->own_ready);
            break;
        }
        CU_ASSERT_EQUAL(kp_transcript_check_ready(&ready, message.attempt, agreement, 2,
                                                  release->own_ready.data, release->own_ready.size,
                                                  NULL),
                        KP_OK);
        ready.g_digest[0] ^= 1;
        CU_ASSERT_EQUAL(kp_ready_pack(&ready, &message.body, NULL), KP_OK);
        kp_round_message_sign(&message, agreement->lineage,
                              world.play.fixture.member[1].identity_secret);
        CU_ASSERT_EQUAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
        post(&world, &packed);
    }
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_DISAGREEMENT);
    CU_ASSERT_EQUAL(world.told.members, 1 | 2);
    CU_ASSERT(!sees_all(&world));
    CU_ASSERT_EQUAL(world.node->state.proven, 0);
    CU_ASSERT_PTR_NULL(world.node->release);
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
    stop_world(&world);
}

static void silence_ends_an_attempt(void)
{
    struct world world;
    start_world(&world, "silence");
    world.config.longest_silence_seconds = 1;
    world.hold_ready = true;
    post_start(&world, 1, NULL);
    run_until(&world, sees_ready);
    CU_ASSERT_PTR_NOT_NULL(world.node->release);
    run_until(&world, sees_abort);
    CU_ASSERT_PTR_NULL(world.node->round);
    CU_ASSERT_PTR_NULL(world.node->release);
    CU_ASSERT(!world.node->state.in_attempt);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "nothing was heard"));
    stop_world(&world);
}

/* The node's own signature, under a READY that it didn't make. */
static void post_other_own_ready(struct world *world)
{
    const struct fixture *fixture = &world->play.fixture;
    const struct kp_buffer *own = &world->node->release->own_ready;
    struct kp_ready ready;
    struct kp_buffer packed = {0};
    struct kp_round_message message = {.type = KP_MESSAGE_READY, .from = NODE, .to = KP_PARTY_ALL};
    CU_ASSERT_EQUAL(kp_transcript_check_ready(&ready, message.attempt, fixture->agreement, NODE,
                                              own->data, own->size, NULL),
                    KP_OK);
    ready.entries_root[0] ^= 1;
    CU_ASSERT_EQUAL(kp_ready_pack(&ready, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, fixture->agreement->lineage,
                          fixture->member[NODE - 1].identity_secret);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
    post(world, &packed);
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
}

/* All others are READY, and the node's own READY is signed but isn't known to have come through:
 * the counter isn't used up, neither now nor after a restart. */
static void own_ready_must_come_back(void)
{
    struct world world;
    start_world(&world, "own-ready");
    world.hold_own = true;
    post_start(&world, 1, NULL);
    run_until(&world, has_other_readys);
    run_until(&world, has_mail);
    CU_ASSERT(!world.node->releasing);
    CU_ASSERT_EQUAL(world.node->state.proven, 0);
    CU_ASSERT_EQUAL(world.node->state.phase, KP_PHASE_READY);
    kill_node(&world);
    run_until(&world, sees_ready);
    run_until(&world, has_mail);
    CU_ASSERT(has_other_readys(&world)); /* as on disk */
    CU_ASSERT(!world.node->releasing && !sees_all(&world) && !sees_abort(&world));
    CU_ASSERT_EQUAL(world.node->state.proven, 0);

    /* The coordinator never had it, and begins the same counter anew: nothing is stuck. */
    try_again(&world, 1);
    run_until(&world, has_other_readys);
    CU_ASSERT_EQUAL(world.node->state.proven, 0);
    post(&world, &world.node->release->own_ready);
    run_until(&world, sees_all);
    CU_ASSERT_EQUAL(world.node->state.proven, 1);
    check_match(&world);
    stop_world(&world);
}

/* Nothing is signed READY before the coordinator says that it has what was put before. What others
 * send meanwhile isn't lost. */
static void ready_after_all_is_put(void)
{
    struct world world;
    start_world(&world, "put-first");
    world.hold_put = HOLD_ANSWER;
    post_start(&world, 1, NULL);
    run_until(&world, waits_with_ready);
    run_until(&world, has_mail);
    CU_ASSERT(!sees_ready(&world));
    CU_ASSERT_PTR_NULL(world.node->release);
    CU_ASSERT_EQUAL(world.node->state.phase, KP_PHASE_EVALUATE);
    world.hold_put = HOLD_NOTHING;
    struct kp_request *held = world.held;
    world.held = NULL;
    put_done(held, world.held_last);
    run_until(&world, sees_all);
    CU_ASSERT_EQUAL(world.node->state.proven, 1);
    check_match(&world);
    stop_world(&world);
}

/* A restart before that: the others hear it at once, instead of waiting for an evaluation that
 * nobody has any more, from a member that says it is READY. */
static void restart_before_all_is_put(void)
{
    static const enum hold_put HOLDS[] = {HOLD_ANSWER, HOLD_MESSAGES};
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        start_world(&world, i == 0 ? "put-a" : "put-m");
        world.hold_put = HOLDS[i];
        post_start(&world, 1, NULL);
        run_until(&world, i == 0 ? waits_with_ready : holds_put);
        run_until(&world, has_mail);
        CU_ASSERT_PTR_NULL(world.node->release);
        CU_ASSERT(!sees_ready(&world));
        kill_node(&world);
        world.hold_put = HOLD_NOTHING;
        run_until(&world, sees_abort);
        CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_RESTARTED);
        CU_ASSERT(!sees_ready(&world));
        CU_ASSERT_PTR_NULL(world.node->release);
        try_again(&world, 1);
        run_until(&world, sees_all);
        check_match(&world);
        stop_world(&world);
    }
}

static void sealed_messages_that_do_not_open(void)
{
    static const enum kp_message_type TYPES[] = {KP_MESSAGE_HELLO2_SECRET, KP_MESSAGE_POINTS,
                                                 KP_MESSAGE_EVALUATION};
    for (size_t i = 0; i < 3; i++) {
        struct world world;
        start_world(&world, i == 0 ? "seal-s" : i == 1 ? "seal-p" : "seal-e");
        world.spoil = TYPES[i];
        post_start(&world, 1, NULL);
        run_until(&world, sees_abort);
        CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_UNREADABLE);
        CU_ASSERT_EQUAL(world.told.members, 2); /* member 2 */
        CU_ASSERT_EQUAL(world.told.reporter, NODE);
        CU_ASSERT_PTR_NULL(world.node->round);
        CU_ASSERT(!world.node->state.in_attempt);
        CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "member 2"));
        CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "doesn't open"));
        CU_ASSERT_EQUAL(world.node->state.proven, 0);
        world.spoil = (enum kp_message_type)0;
        try_again(&world, 1);
        run_until(&world, sees_all);
        check_match(&world);
        stop_world(&world);
    }
}

/* COMPLETE before everybody is READY, and messages of members out of turn, change nothing. */
static void lies_of_the_coordinator(void)
{
    struct world world;
    start_world(&world, "lies");
    world.hold_ready = world.hold_own = true;
    post_start(&world, 1, NULL);
    run_until(&world, sees_ready);
    post_complete(&world);
    post_other_own_ready(&world);
    run_until(&world, has_mail);
    CU_ASSERT(world.node->state.in_attempt);
    CU_ASSERT_PTR_NOT_NULL(world.node->release);
    CU_ASSERT_EQUAL(world.node->release->ready[0].size, 0);
    post(&world, &world.node->release->own_ready);
    post(&world, &world.node->release->own_ready);
    run_until(&world, has_mail);
    CU_ASSERT(world.node->release->ready[0].size > 0);
    world.hold_ready = false;
    run_until(&world, sees_all);
    check_match(&world);
    stop_world(&world);
}

static void refuse_node(struct world *world, const char *words)
{
    struct kp_loop *loop = NULL;
    struct kp_node *node = NULL;
    struct kp_error error = {0};
    CU_ASSERT_EQUAL_FATAL(kp_loop_new(&loop, NULL), KP_OK);
    CU_ASSERT_NOT_EQUAL(kp_node_new(&node, &world->config, loop, &error), KP_OK);
    CU_ASSERT_PTR_NULL(node);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, words));
    kp_loop_free(loop);
}

static void what_does_not_belong_together(void)
{
    struct world world, other;
    start_world(&other, "other");
    char other_identity[KP_PATH_MAX], other_box[KP_PATH_MAX];
    strcpy(other_identity, scratch("other-identity.key"));
    strcpy(other_box, scratch("other-box.key"));
    rename(other.config.identity_key, other_identity);
    rename(other.config.box_key, other_box);
    start_world(&world, "world");
    struct kp_node_config good = world.config;

    strcpy(world.config.name, "m2");
    refuse_node(&world, "another key for m2");
    strcpy(world.config.name, "m9");
    refuse_node(&world, "no such member");
    world.config = good;
    world.config.agreement_hash[0] ^= 1;
    refuse_node(&world, "another agreement");
    world.config = good;
    strcpy(world.config.identity_key, other_identity);
    refuse_node(&world, "another key");
    world.config = good;
    strcpy(world.config.box_key, other_box);
    refuse_node(&world, "another key");
    world.config = good;
    world.config.tls = other.config.tls;
    refuse_node(&world, "another certificate key");
    world.config = good;
    stop_world(&other);
    stop_world(&world);
    pki_clean(); /* the last test */
}

static size_t read_events(struct world *world, struct kp_audit_entry events[static 64])
{
    const struct kp_agreement *agreement = world->play.fixture.agreement;
    return events_read(world->node->store, &world->node->signer,
                       agreement->members[NODE - 1].identity_key, events, 64);
}

static void check_events(struct world *world, const enum kp_audit_event *expected, size_t count)
{
    static const enum kp_audit_event BESIDES[] = {KP_AUDIT_HEAD_SEEN, KP_AUDIT_LIST_EVALUATED, 0};
    struct kp_audit_entry events[64];
    size_t found = read_events(world, events);
    events_compare(events, found, expected, count, BESIDES);
}

static size_t count_events(struct world *world, enum kp_audit_event event)
{
    struct kp_audit_entry events[64];
    size_t found = read_events(world, events), count = 0;
    for (size_t i = 0; i < found; i++) {
        count += events[i].event == event;
    }
    return count;
}

static void what_is_done_is_logged(void)
{
    static const enum kp_audit_event ROUND[] = {
        KP_AUDIT_STARTED,       KP_AUDIT_START_RECEIVED, KP_AUDIT_HELLO1_SENT,
        KP_AUDIT_HELLO2_SENT,   KP_AUDIT_READY_SENT,     KP_AUDIT_RELEASED,
        KP_AUDIT_COMPLETED,     KP_AUDIT_START_REFUSED,  KP_AUDIT_START_RECEIVED,
        KP_AUDIT_HELLO1_SENT,   KP_AUDIT_HELLO2_SENT,    KP_AUDIT_STARTED,
        KP_AUDIT_ATTEMPT_ENDED,
    };
    struct world world;
    struct kp_audit_entry events[64];
    start_world(&world, "logged");
    post_start(&world, 1, NULL);
    run_until(&world, sees_all);
    post_complete(&world);
    run_until(&world, is_idle);
    check_events(&world, ROUND, 7);
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_LIST_EVALUATED), 3); /* its own too */
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_HEAD_SEEN), 2);
    try_again(&world, 1);
    run_until(&world, sees_abort);
    try_again(&world, 2);
    world.hold_put = HOLD_MESSAGES;
    run_until(&world, holds_put);
    kill_node(&world);
    world.hold_put = HOLD_NOTHING;
    run_until(&world, sees_abort);
    check_events(&world, ROUND, sizeof(ROUND) / sizeof(ROUND[0]));
    size_t count = read_events(&world, events);
    const struct kp_audit_entry *last = &events[count - 1];
    CU_ASSERT(last->reason == KP_ABORT_RESTARTED && last->count == 1 && last->counter == 2);
    CU_ASSERT(last->has_attempt &&
              memcmp(last->attempt, world.play.attempt, KP_ATTEMPT_BYTES) == 0);
    stop_world(&world);
}

/* ---- Slot audits ---- */

/* COMPLETE with everybody's seeds. */
static void seeds_of(const struct world *world, struct kp_complete *complete)
{
    *complete = (struct kp_complete){.seed_count = 3};
    memcpy(complete->audit_seeds[NODE - 1], world->node->release->audit_seed, KP_AUDIT_SEED_BYTES);
    for (uint32_t i = NODE; i < 3; i++) {
        memcpy(complete->audit_seeds[i], world->play.release[i]->audit_seed, KP_AUDIT_SEED_BYTES);
    }
}

/* A round up to the release, and its end; `complete` NULL: the coordinator ends it otherwise. */
static void end_with(struct world *world, const struct kp_complete *complete)
{
    struct kp_buffer body = {0};
    const struct kp_abort abort = {.reason = KP_ABORT_COORDINATOR, .phase = KP_PHASE_RELEASE};
    CU_ASSERT_EQUAL(complete != NULL ? kp_complete_pack(complete, &body, NULL)
                                     : kp_abort_pack(&abort, &body, NULL),
                    KP_OK);
    post_body(world, complete != NULL ? KP_MESSAGE_COMPLETE : KP_MESSAGE_ABORT, &body);
    run_until(world, is_idle);
    CU_ASSERT_FALSE(kp_slot_keeping_has(&world->node->keeping)); /* wiped, picked or not */
    CU_ASSERT_PTR_NULL(world->node->keeping.slots.places);
    CU_ASSERT_PTR_NULL(world->node->pieces); /* and with them their key */
}

static void check_not_kept(struct world *world, uint32_t reason, uint32_t member)
{
    struct kp_audit_entry events[64];
    size_t found = read_events(world, events), count = 0;
    for (size_t i = 0; i < found; i++) {
        if (events[i].event == KP_AUDIT_SLOTS_NOT_KEPT) {
            CU_ASSERT_EQUAL(events[i].reason, reason);
            CU_ASSERT_EQUAL(events[i].member, member);
            count++;
        }
    }
    CU_ASSERT_EQUAL(count, reason != 0);
    CU_ASSERT_EQUAL(count_events(world, KP_AUDIT_SLOTS_KEPT), reason == 0);
}

static void slots_for_audit(void)
{
    static const uint32_t reasons[] = {0, 1, 2, 3, 3, 4};
    audit_slots = 2;
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        struct world world;
        struct kp_complete complete;
        char name[32];
        (void)snprintf(name, sizeof(name), "audited-%zu", i);
        start_world(&world, name);
        post_start(&world, 1, NULL);
        run_until(&world, sees_all);
        seeds_of(&world, &complete);
        CU_ASSERT(kp_slot_keeping_has(&world.node->keeping));
        if (i == 1) { /* what it kept is gone, its release isn't */
            kill_node(&world);
            kp_buffer_free(&world.entries);
            run_until(&world, sees_all);
        } else if (i == 2) {
            complete.seed_count = 0;
        } else if (i == 3) {
            complete.audit_seeds[2][5]++;
        } else if (i == 4) {
            memset(complete.audit_seeds[2], 0, KP_AUDIT_SEED_BYTES);
        }
        end_with(&world, i == 5 ? NULL : &complete);
        check_not_kept(&world, reasons[i], reasons[i] == 3 ? 3 : 0);
        stop_world(&world);
    }
    audit_slots = 0;
}

static bool is_in_force(struct world *world)
{
    return knows(world) && has_mail(world);
}

static bool has_error(struct world *world)
{
    return world->node->state.last_error[0] != '\0';
}

/* ---- The agreement ---- */

/* Gives papers to the node as a person does, over its control socket. */
static void give(struct world *world, uint32_t member, enum kp_decision_kind kind)
{
    struct kp_buffer bytes = {0};
    struct kp_batch papers = {0};
    size_t added = 0;
    fixture_decide(&world->play.fixture, world->play.fixture.agreement, member, kind,
                   FIXTURE_START + 5, &bytes);
    CU_ASSERT_EQUAL_FATAL(kp_batch_add(&papers, bytes.data, bytes.size), KP_OK);
    CU_ASSERT_EQUAL(kp_node_take_papers(world->node, &papers, false, &added, NULL), KP_OK);
    CU_ASSERT_EQUAL(added, 1);
    kp_batch_free(&papers);
    kp_buffer_free(&bytes);
}

/* Half signed, no round is begun. */
static void nothing_runs_before_all_agreed(void)
{
    struct world world;
    start_world(&world, "unsigned");
    world.unsigned_agreement = true;
    post_start(&world, 1, NULL);
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_NOT_AGREED);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "not accepted by m1, m2, m3"));
    give(&world, 1, KP_DECISION_ACCEPT);
    give(&world, 3, KP_DECISION_ACCEPT);
    try_again(&world, 1);
    run_until(&world, sees_abort);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "not accepted by m2"));
    CU_ASSERT_FALSE(sees_hello1(&world));
    stop_world(&world);
}

/* A revocation ends what is going on, on this node's own account, also behind the barrier. */
static void revocation_ends_the_attempt(void)
{
    struct world world;
    start_world(&world, "revoked");
    world.hold_ready = true;
    post_start(&world, 1, NULL);
    run_until(&world, sees_hello1);
    give(&world, 2, KP_DECISION_REVOKE);
    CU_ASSERT_PTR_NULL(world.node->round);
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_NOT_AGREED);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "revoked by m2"));
    try_again(&world, 1);
    world.unsigned_agreement = true; /* mail doesn't wait for what will never be in force */
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_NOT_AGREED);
    /* It stays so over a restart. */
    kill_node(&world);
    try_again(&world, 1);
    run_until(&world, sees_abort);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "revoked by m2"));
    stop_world(&world);
}

/* Once a later version is in force, what began under the one before ends, and nothing begins under
 * it any more. */
static void old_version_is_refused(void)
{
    struct world world;
    struct kp_batch papers = {0};
    struct kp_buffer bytes = {0};
    struct kp_agreement *second = NULL;
    size_t added = 0;
    start_world(&world, "versions");
    post_start(&world, 1, NULL);
    run_until(&world, sees_all);
    post_complete(&world);
    run_until(&world, is_idle);
    CU_ASSERT_EQUAL(world.node->state.proven, 1);
    fixture_wait_interval();
    try_again(&world, 2);
    run_until(&world, sees_hello1);
    fixture_follow(world.play.fixture.agreement, NULL, &bytes);
    CU_ASSERT_EQUAL_FATAL(kp_agreement_parse(&second, bytes.data, bytes.size, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_batch_add(&papers, bytes.data, bytes.size), KP_OK);
    for (uint32_t i = 1; i <= second->member_count; i++) {
        fixture_decide(&world.play.fixture, second, i, KP_DECISION_ACCEPT, FIXTURE_START, &bytes);
        CU_ASSERT_EQUAL_FATAL(kp_batch_add(&papers, bytes.data, bytes.size), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_node_take_papers(world.node, &papers, false, &added, NULL), KP_OK);
    CU_ASSERT_EQUAL(added, 4);
    CU_ASSERT_FALSE(world.node->state.in_attempt);
    CU_ASSERT_PTR_NULL(world.node->round);
    CU_ASSERT_EQUAL(world.node->agreement->version, 2);
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_NOT_AGREED);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "this began under version 1"));

    try_again(&world, 2);
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_NOT_AGREED);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "another version"));
    /* The counters go on: under the new version round 1 is over, too. */
    struct kp_start start = {.counter = 1, .round_type = KP_ROUND_MATCH, .phase_seconds = 60};
    memcpy(start.agreement, second->hash, KP_DIGEST_BYTES);
    play_again(&world.play, 1);
    memset(&world.told, 0, sizeof(world.told));
    CU_ASSERT_EQUAL(kp_start_pack(&start, &bytes, NULL), KP_OK);
    post_body(&world, KP_MESSAGE_START, &bytes);
    run_until(&world, sees_abort);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.node->state.last_error, "released already"));
    kp_batch_free(&papers);
    kp_buffer_free(&bytes);
    stop_world(&world);
    kp_agreement_free(second);
}

/* What was on its way when the revocation came isn't put once more, over another connection. */
static void revocation_drops_what_is_put(void)
{
    struct world world;
    start_world(&world, "dropped");
    world.hold_put = HOLD_MESSAGES;
    post_start(&world, 1, NULL);
    run_until(&world, holds_put);
    CU_ASSERT_NOT_EQUAL(world.node->link.batch.count, 0);
    give(&world, 2, KP_DECISION_REVOKE);
    CU_ASSERT_EQUAL(world.node->link.batch.count, 0);
    uint64_t last_put = world.last_put;
    world.hold_put = HOLD_NOTHING;
    struct kp_request *held = world.held;
    world.held = NULL;
    put_done(held, world.held_last);
    world.unsigned_agreement = true; /* mail doesn't wait for what will never be in force */
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_NOT_AGREED);
    CU_ASSERT_EQUAL(world.last_put, last_put + 1); /* nothing but ABORT */
    stop_world(&world);
}

/* The next version came into force, and the process ended before it ended the attempt: the release
 * of the version before is dropped, and the node starts. */
static void release_of_the_version_before(void)
{
    struct world world;
    struct kp_txn *txn = NULL;
    struct kp_buffer bytes = {0};
    struct kp_agreement *second = NULL;
    start_world(&world, "before");
    world.hold_ready = true;
    post_start(&world, 1, NULL);
    run_until(&world, sees_ready);
    fixture_follow(world.play.fixture.agreement, NULL, &bytes);
    CU_ASSERT_EQUAL_FATAL(kp_agreement_parse(&second, bytes.data, bytes.size, NULL), KP_OK);
    kp_buffer_free(&bytes);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world.node->store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_release_store_save(txn, second, world.node->release, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    kill_node(&world);
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_RESTARTED);
    CU_ASSERT_FALSE(sees_ready(&world) || sees_all(&world));
    CU_ASSERT_PTR_NULL(world.node->release);
    world.hold_ready = false;
    try_again(&world, 1);
    run_until(&world, sees_all);
    check_match(&world);
    stop_world(&world);
    kp_agreement_free(second);
}

static void recovery_message(const struct world *world, enum kp_message_type type,
                             const uint8_t *secret, struct kp_round_message *message,
                             struct kp_buffer *packed)
{
    *message = (struct kp_round_message){.type = type, .from = 2, .to = KP_PARTY_ALL};
    memcpy(message->attempt, world->play.attempt, KP_ATTEMPT_BYTES);
    CU_ASSERT_EQUAL(kp_buffer_set(&message->body, world->mailbox, sizeof(world->mailbox)), KP_OK);
    kp_round_message_sign(message, world->play.fixture.agreement->lineage, secret);
    message->to = type == KP_MESSAGE_RECOVERED ? NODE : KP_PARTY_ALL;
    CU_ASSERT_EQUAL(kp_round_message_pack(message, packed, NULL), KP_OK);
}

/* While it waits for lists: no more hellos than there are members, and an answer that doesn't open
 * ends the attempt at once, naming its sender and not the one that waits. */
static void while_a_node_recovers(void)
{
    struct world world;
    struct kp_round_message message;
    struct kp_buffer packed = {0};
    start_world(&world, "recovers");
    post_start(&world, 1, NULL);
    run_until(&world, sees_hello1);
    CU_ASSERT_EQUAL_FATAL(kp_node_ask_recovery(world.node, NULL), KP_OK);
    recovery_message(&world, KP_MESSAGE_HELLO1, world.play.fixture.coordinator_secret, &message,
                     &packed);
    kp_node_take_recovered(world.node, &message, &packed);
    CU_ASSERT_PTR_NOT_NULL(world.node->recovery);
    CU_ASSERT_EQUAL(world.node->early.count, 0);
    kp_round_message_free(&message);
    recovery_message(&world, KP_MESSAGE_HELLO1, world.play.fixture.member[1].identity_secret,
                     &message, &packed);
    for (uint32_t i = 0; i < 10; i++) {
        kp_node_take_recovered(world.node, &message, &packed);
        CU_ASSERT_FALSE(kp_steps_busy(world.node->steps));
    }
    CU_ASSERT_EQUAL(world.node->early.count, 3);
    kp_round_message_free(&message);
    recovery_message(&world, KP_MESSAGE_RECOVERED, world.play.fixture.member[1].identity_secret,
                     &message, &packed);
    kp_node_take_recovered(world.node, &message, &packed);
    CU_ASSERT_FALSE(world.node->state.in_attempt);
    run_until(&world, sees_abort);
    CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_UNREADABLE);
    CU_ASSERT_EQUAL(world.told.members, 1u << 1);
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
    stop_world(&world);
}

/* What isn't signed by the agreement's coordinator has no effect. */
static void coordinator_signs(void)
{
    struct world world;
    uint8_t secret[KP_SIGN_SECRET_BYTES];
    start_world(&world, "conductor");
    memcpy(secret, world.play.fixture.coordinator_secret, sizeof(secret));
    memcpy(world.play.fixture.coordinator_secret, world.play.fixture.leader_secret, sizeof(secret));
    post_start(&world, 1, NULL);
    run_until(&world, has_mail);
    CU_ASSERT_FALSE(world.node->state.in_attempt);
    memcpy(world.play.fixture.coordinator_secret, secret, sizeof(secret));
    try_again(&world, 1);
    run_until(&world, sees_hello1);
    memcpy(world.play.fixture.coordinator_secret, world.play.fixture.leader_secret, sizeof(secret));
    post_complete(&world);
    run_until(&world, sees_all);
    CU_ASSERT_TRUE(world.node->state.in_attempt);
    memcpy(world.play.fixture.coordinator_secret, secret, sizeof(secret));
    post_complete(&world);
    run_until(&world, is_idle);
    stop_world(&world);
}

/* The disk takes no more from a moment on: what would have to be logged doesn't happen. */
static void what_cant_be_logged_isnt_done(void)
{
    const struct rlimit little = {8192, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
    static const enum kp_audit_event EVENTS[] = {
        KP_AUDIT_STARTED,     KP_AUDIT_STARTED,    KP_AUDIT_START_RECEIVED, KP_AUDIT_HELLO1_SENT,
        KP_AUDIT_HELLO2_SENT, KP_AUDIT_READY_SENT, KP_AUDIT_RELEASED,
    };
    struct world world;
    signal(SIGXFSZ, SIG_IGN);
    start_world(&world, "unlogged");
    run_until(&world, is_in_force);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &little), 0);
    post_start(&world, 1, NULL);
    run_until(&world, has_error);
    CU_ASSERT_FALSE(sees_hello1(&world));
    CU_ASSERT_PTR_NULL(world.node->round);
    kill_node(&world);
    refuse_node(&world, "can't commit"); /* nor does the daemon start */
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &all), 0);
    acknowledge(&world, world.mail_first + world.mail.count);
    try_again(&world, 1);
    run_until(&world, sees_all);
    check_events(&world, EVENTS, sizeof(EVENTS) / sizeof(EVENTS[0]));
    stop_world(&world);
}

/* ---- In steps ---- */

static bool is_made(struct world *world)
{
    return world->node != NULL;
}

/* Every pause ends a step. */
static void start_in_steps(struct world *world, const char *name)
{
    start_world(world, name);
    post_start(world, 1, NULL);
    run_until(world, is_made); /* and has fetched nothing yet */
    kp_steps_free(world->node->steps);
    CU_ASSERT_EQUAL_FATAL(kp_steps_new(&world->node->steps, 0, NULL), KP_OK);
}

static void ask(struct world *world, const struct kp_control_request *asked, kp_client_done *done)
{
    struct kp_buffer packed = {0};
    char url[KP_PATH_MAX + 8];
    snprintf(url, sizeof(url), "ipc://%s", world->config.control);
    if (world->command == NULL) {
        CU_ASSERT_EQUAL_FATAL(
            kp_client_open(&world->command, world->loop, url, NULL, NULL, NULL, NULL), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_control_request_pack(asked, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(
        kp_client_ask(world->command, packed.data, packed.size, LIFE_MS, done, world, NULL), KP_OK);
    kp_buffer_free(&packed);
}

static void on_status(void *context, enum kp_status status, const uint8_t *bytes, size_t size,
                      bool cancelled)
{
    struct world *world = context;
    CU_ASSERT_FALSE(cancelled);
    CU_ASSERT_EQUAL(status, KP_OK);
    CU_ASSERT_EQUAL(kp_control_response_unpack(&world->status, bytes, size, NULL), KP_OK);
    world->status_came = true;
    world->still_beginning = world->node->beginning != NULL;
}

static void on_import(void *context, enum kp_status status, const uint8_t *bytes, size_t size,
                      bool cancelled)
{
    struct world *world = context;
    struct kp_control_response response = {0};
    CU_ASSERT_FALSE(cancelled);
    CU_ASSERT_EQUAL(status, KP_OK);
    CU_ASSERT_EQUAL(kp_control_response_unpack(&response, bytes, size, NULL), KP_OK);
    CU_ASSERT_EQUAL(response.kind, KP_CONTROL_IMPORT_DONE);
    CU_ASSERT_EQUAL(response.import.added, 1);
    kp_control_response_free(&response);
    world->import_came = true;
    world->imported_behind = world->node->beginning == NULL;
}

/* Stops where hello 1 is being made, and goes no further by itself. */
static bool is_beginning(struct world *world)
{
    world->frozen = world->node->beginning != NULL && world->steps >= 2;
    return world->frozen;
}

static bool status_is_there(struct world *world)
{
    return world->status_came;
}

/* The command waits, and so do the others' first hellos. */
static bool holds_import_and_hellos(struct world *world)
{
    return world->node->held_count == 1 && world->node->early.count == 2;
}

static bool import_is_there(struct world *world)
{
    return world->import_came;
}

/* A node that fixes its list answers between two steps; what would change signals waits, and what
 * comes is kept. */
static void status_while_slots_are_fixed(void)
{
    struct world world;
    struct kp_control_signal signal = {.indicator = "A", .observed_on = 20240102};
    struct kp_control_request status = {.kind = KP_CONTROL_STATUS};
    struct kp_control_request import = {.kind = KP_CONTROL_IMPORT,
                                        .signals = {.items = &signal, .count = 1}};
    start_in_steps(&world, "steps");
    import.made_by = kp_agreement_canonicalisation(world.node->agreement);
    fixture_address(signal.address, 2);
    run_until(&world, is_beginning);
    ask(&world, &status, on_status);
    run_until(&world, status_is_there);
    CU_ASSERT(world.still_beginning);
    CU_ASSERT_EQUAL(world.status.kind, KP_CONTROL_NODE_STATUS);
    CU_ASSERT_EQUAL(world.status.node.phase, KP_PHASE_HELLO1);
    CU_ASSERT(world.status.node.counting);
    CU_ASSERT_FALSE(sees_hello1(&world));
    ask(&world, &import, on_import);
    run_until(&world, holds_import_and_hellos);
    CU_ASSERT_FALSE(world.import_came);
    world.frozen = false;
    run_until(&world, import_is_there);
    CU_ASSERT(world.imported_behind);
    CU_ASSERT(world.steps > 5);
    run_until(&world, sees_all); /* charging in steps too */
    check_match(&world);
    /* What came in meanwhile is counted now. */
    world.status_came = false;
    kp_control_response_free(&world.status);
    ask(&world, &status, on_status);
    run_until(&world, status_is_there);
    CU_ASSERT_EQUAL(world.status.node.signals, 2);
    CU_ASSERT_FALSE(world.status.node.counting);
    kp_control_response_free(&world.status);
    stop_world(&world);
}

/* A command waits for a count, which goes no further by itself. */
static bool counts_for_status(struct world *world)
{
    world->frozen = world->node->counting && world->node->held_count == 1;
    return world->frozen;
}

/* What is counted changes meanwhile: it begins again, and nobody has to wake the loop for that. */
static void a_count_that_begins_again(void)
{
    struct world world;
    struct kp_control_request status = {.kind = KP_CONTROL_STATUS};
    start_world(&world, "steps-count");
    run_until(&world, is_made);
    kp_steps_free(world.node->steps);
    CU_ASSERT_EQUAL_FATAL(kp_steps_new(&world.node->steps, 0, NULL), KP_OK);
    ask(&world, &status, on_status);
    run_until(&world, counts_for_status);
    kp_node_uncount(world.node);
    CU_ASSERT_FALSE(kp_steps_busy(world.node->steps));
    bool more = kp_node_work(world.node);
    CU_ASSERT(more);
    CU_ASSERT(kp_steps_busy(world.node->steps));
    world.frozen = false;
    run_until(&world, status_is_there);
    CU_ASSERT_FALSE(world.status.node.counting);
    kp_control_response_free(&world.status);
    stop_world(&world);
}

/* Where a list is being charged. */
static bool is_charging(struct world *world)
{
    const struct kp_round *round = world->node->round;
    world->frozen = round != NULL && kp_round_phase(round) == KP_PHASE_EVALUATE &&
                    kp_steps_busy(world->node->steps);
    return world->frozen;
}

static void check_ended(const struct world *world)
{
    CU_ASSERT_FALSE(kp_steps_busy(world->node->steps));
    CU_ASSERT_PTR_NULL(world->node->beginning);
    CU_ASSERT_PTR_NULL(world->node->round);
    CU_ASSERT_PTR_NULL(world->node->pieces);
    CU_ASSERT_EQUAL(world->node->early.count, 0);
}

/* The attempt ends in the middle of either: nothing is left of it, and the next one goes well. */
static void an_end_between_steps(void)
{
    bool (*const where[])(struct world *) = {is_beginning, is_charging};
    struct world world;
    start_in_steps(&world, "steps-end");
    for (size_t i = 0; i < 2; i++) {
        run_until(&world, where[i]);
        struct kp_buffer body = {0};
        const struct kp_abort abort = {.reason = KP_ABORT_DEADLINE, .phase = KP_PHASE_HELLO1};
        CU_ASSERT_EQUAL(kp_abort_pack(&abort, &body, NULL), KP_OK);
        post_body(&world, KP_MESSAGE_ABORT, &body);
        run_until(&world, is_idle);
        check_ended(&world);
        world.frozen = false;
        world.steps = 0;
        try_again(&world, 1);
    }
    run_until(&world, sees_all);
    check_match(&world);
    stop_world(&world);
}

/* And so when it is the daemon that ends there. */
static void a_stop_between_steps(void)
{
    bool (*const where[])(struct world *) = {is_beginning, is_charging};
    struct world world;
    for (size_t i = 0; i < 2; i++) {
        start_in_steps(&world, i == 0 ? "steps-stop-1" : "steps-stop-2");
        run_until(&world, where[i]);
        kill_node(&world);
        world.frozen = false;
        run_until(&world, sees_abort); /* the attempt's key died with the process */
        CU_ASSERT_EQUAL(world.told.reason, KP_ABORT_RESTARTED);
        try_again(&world, 1);
        run_until(&world, sees_all);
        check_match(&world);
        stop_world(&world);
    }
}

static const struct unit_test TESTS[] = {
    {"a whole round", whole_round},
    {"a round too soon", a_round_too_soon},
    {"restart before READY", restart_before_ready},
    {"restart after READY", restart_after_ready},
    {"nothing is done twice", nothing_is_done_twice},
    {"a missed release is adopted", missed_release_is_adopted},
    {"STARTs that are not agreed to", starts_that_are_not_agreed_to},
    {"another START ends an attempt", another_start_ends_an_attempt},
    {"the coordinator ends an attempt", coordinator_ends_an_attempt},
    {"the end of another attempt", end_of_another_attempt},
    {"READYs that disagree", readys_that_disagree},
    {"a count that begins again", a_count_that_begins_again},
    {"silence ends an attempt", silence_ends_an_attempt},
    {"slots for an audit", slots_for_audit},
    {"lies of the coordinator", lies_of_the_coordinator},
    {"the own READY must come back", own_ready_must_come_back},
    {"READY after all is put", ready_after_all_is_put},
    {"restart before all is put", restart_before_all_is_put},
    {"sealed messages that don't open", sealed_messages_that_do_not_open},
    {"nothing runs before all agreed", nothing_runs_before_all_agreed},
    {"a revocation ends the attempt", revocation_ends_the_attempt},
    {"an old version is refused", old_version_is_refused},
    {"a revocation drops what is put", revocation_drops_what_is_put},
    {"a release of the version before", release_of_the_version_before},
    {"while a node recovers", while_a_node_recovers},
    {"the coordinator signs", coordinator_signs},
    {"what is done is logged", what_is_done_is_logged},
    {"what can't be logged isn't done", what_cant_be_logged_isnt_done},
    {"STATUS while slots are fixed", status_while_slots_are_fixed},
    {"an end between steps", an_end_between_steps},
    {"a stop between steps", a_stop_between_steps},
    {"what doesn't belong together", what_does_not_belong_together},
};

int main(void)
{
    kp_log_start("unit-node", KP_LOG_ERROR, false);
    return unit_main("node", TESTS, sizeof(TESTS) / sizeof(TESTS[0]));
}
