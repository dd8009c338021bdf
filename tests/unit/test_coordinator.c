/* The coordinator's daemon (coordinator/coordinator.h), with members made of their halves
 * (tests/unit/play.h). What they put and fetch goes straight to the parts behind the connection;
 * what matters of the connection itself, and the project leader, go over TLS. */
#include "coordinator/coordinator_internal.h"

#include "coordinator/database.h"
#include "coordinator/mailbox.h"
#include "coordinator/results.h"
#include "coordinator/verdicts.h"
#include "node/round_internal.h"
#include "proto/export.h"
#include "proto/key_file.h"
#include "proto/log.h"
#include "proto/transcript.h"
#include "proto/verify_fault.h"
#include "tests/unit/events.h"
#include "tests/unit/forms.h"
#include "tests/unit/pki.h"
#include "tests/unit/play.h"
#include "tests/unit/scratch.h"
#include "tests/unit/spoil.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define MEMBERS 3u
#define ALL 7u
#define SOMEBODY UINT32_MAX
#define LEADER 0u /* among the clients */
#define PHASE_SECONDS 1000u
#define PATIENCE_MS 20000u
/* The transcript, a chunk of leaves of each member, two matches, lists of five phases, RESULT. */
#define RESULT_ITEMS (1 + MEMBERS + 2 + 5 + 1)

static const uint8_t store_key[32] = {4, 5, 6};

struct world {
    struct play play;
    struct kp_coordinator_config config;
    struct kp_tls_files tls[MEMBERS + 1]; /* of the leader and of each member */
    struct kp_loop *loop;
    struct kp_coordinator *c;
    struct kp_client *client[MEMBERS + 1];
    uint64_t put[MEMBERS];      /* number of the last message that each member put */
    uint64_t fetched[MEMBERS];  /* the same, from its mailbox */
    uint32_t released[MEMBERS]; /* messages of its release that it put */
    enum kp_message_type last[MEMBERS];
    struct kp_start start;               /* the last one that came */
    struct kp_abort told;                /* the last one that came */
    struct kp_buffer completed[MEMBERS]; /* COMPLETE, as it came */
    enum spoil spoil;                    /* of the last member's release */
    struct kp_error error;               /* of the last put */
};

/* ---- Setting up ---- */

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_FATAL(bind(fd, (struct sockaddr *)&address, size) == 0);
    CU_ASSERT_FATAL(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void take_fingerprint(uint8_t fingerprint[static 32], const struct kp_tls_files *tls)
{
    CU_ASSERT_EQUAL_FATAL(kp_tls_fingerprint(fingerprint, tls->certificate, NULL), KP_OK);
}

static void name_certificates(struct kp_agreement *draft, void *context)
{
    const struct world *world = context;
    take_fingerprint(draft->coordinator_tls_fingerprint, &world->config.tls);
    take_fingerprint(draft->leader_tls_fingerprint, &world->tls[LEADER]);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        take_fingerprint(draft->members[i - 1].tls_fingerprint, &world->tls[i]);
    }
}

static void issue_certificates(struct world *world, const char *name)
{
    struct pki_authority authority;
    char of[64];
    pki_authority_new(&authority, name);
    snprintf(of, sizeof(of), "%s-server", name);
    pki_issue(&world->config.tls, &authority, of, "DNS:localhost", -PKI_DAY, PKI_DAY);
    for (uint32_t i = 0; i <= MEMBERS; i++) {
        snprintf(of, sizeof(of), "%s-%u", name, i);
        pki_issue(&world->tls[i], &authority, of, NULL, -PKI_DAY, PKI_DAY);
    }
    pki_authority_free(&authority);
}

static enum kp_status try_coordinator(struct world *world, struct kp_error *error)
{
    CU_ASSERT_EQUAL_FATAL(kp_loop_new(&world->loop, NULL), KP_OK);
    return kp_coordinator_new(&world->c, &world->config, world->loop, error);
}

static void start_coordinator(struct world *world)
{
    struct kp_error error = {0};
    enum kp_status status = try_coordinator(world, &error);
    if (status != KP_OK) {
        fprintf(stderr, "coordinator: %s\n", error.text);
    }
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
}

/* Nothing is written at the end: as kill -9 does. */
static void kill_coordinator(struct world *world)
{
    for (uint32_t i = 0; i <= MEMBERS; i++) {
        kp_client_close(world->client[i]);
        world->client[i] = NULL;
    }
    if (world->c != NULL) {
        world->c->logging = false;
    }
    kp_coordinator_free(world->c);
    world->c = NULL;
    kp_loop_free(world->loop);
    world->loop = NULL;
}

static void restart(struct world *world)
{
    kill_coordinator(world);
    start_coordinator(world);
}

/* The officers' decisions, as a person gives them to the daemon. */
static void accept_all(struct world *world)
{
    struct kp_batch papers = {0};
    size_t added = 0;
    fixture_accept_all(&world->play.fixture, &papers);
    CU_ASSERT_EQUAL(kp_coordinator_take_papers(world->c, &papers, false, &added, NULL), KP_OK);
    CU_ASSERT_EQUAL(added, MEMBERS);
    kp_batch_free(&papers);
}

static void start_world_with(struct world *world, const char *name, uint32_t interval)
{
    char file[64];
    struct kp_coordinator_config *config = &world->config;
    memset(world, 0, sizeof(*world));
    issue_certificates(world, name);
    play_start(&world->play, &(struct fixture_settings){.members = MEMBERS,
                                                        .slots = 4,
                                                        .rounds = 3,
                                                        .interval = interval,
                                                        .change = name_certificates,
                                                        .context = world});
    world->play.long_ago = true;
    struct fixture *fixture = &world->play.fixture;
    snprintf(file, sizeof(file), "%s.agreement", name);
    strcpy(config->agreement, scratch_write(file, fixture->bytes.data, fixture->bytes.size));
    memcpy(config->agreement_hash, fixture->agreement->hash, 32);
    strcpy(config->data, scratch(name));
    strcpy(config->store_key, scratch("store.key"));
    strcpy(config->identity_key, scratch("identity.key"));
    config->test_mode = true;
    strcpy(config->control, scratch("control"));
    snprintf(config->listen, sizeof(config->listen), "tls+tcp://127.0.0.1:%d", free_port());
    config->phase_seconds = PHASE_SECONDS;
    strcpy(config->identity_key, scratch("identity.key"));
    unlink(config->identity_key);
    CU_ASSERT_EQUAL_FATAL(
        kp_key_write(config->identity_key, KP_KEY_IDENTITY, fixture->coordinator_seed, NULL),
        KP_OK);
    unlink(config->store_key);
    CU_ASSERT_EQUAL_FATAL(kp_key_write(config->store_key, KP_KEY_STORE, store_key, NULL), KP_OK);
    unlink(config->identity_key);
    CU_ASSERT_EQUAL_FATAL(
        kp_key_write(config->identity_key, KP_KEY_IDENTITY, fixture->coordinator_seed, NULL),
        KP_OK);
    start_coordinator(world);
    accept_all(world);
}

static void start_world(struct world *world, const char *name)
{
    start_world_with(world, name, 0);
}

static void stop_world(struct world *world)
{
    kill_coordinator(world);
    kp_start_free(&world->start);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        kp_buffer_free(&world->completed[i]);
    }
    play_free(&world->play);
}

/* ---- Members ---- */

static enum kp_status put(struct world *world, uint32_t member, const struct kp_buffer *packed)
{
    struct kp_batch batch = {0};
    uint64_t last = 0;
    CU_ASSERT_EQUAL(kp_batch_add(&batch, packed->data, packed->size), KP_OK);
    enum kp_status status =
        kp_conduct_put(world->c, member, world->put[member - 1] + 1, &batch, &last, &world->error);
    kp_batch_free(&batch);
    if (status == KP_OK) {
        CU_ASSERT_EQUAL(last, ++world->put[member - 1]);
    }
    return status;
}

static void take_message(struct world *world, uint32_t member, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    world->last[member - 1] = message.type;
    CU_ASSERT_EQUAL(memcmp(message.attempt, world->c->state.attempt, KP_ATTEMPT_BYTES), 0);
    CU_ASSERT(message.to == member || message.to == KP_PARTY_ALL);
    if (message.type == KP_MESSAGE_START) {
        kp_start_free(&world->start);
        CU_ASSERT_EQUAL(kp_start_unpack(&world->start, &message.body, NULL), KP_OK);
    } else if (message.type == KP_MESSAGE_ABORT) {
        CU_ASSERT_EQUAL(kp_abort_unpack(&world->told, &message.body, NULL), KP_OK);
    } else if (message.type == KP_MESSAGE_COMPLETE) {
        CU_ASSERT_EQUAL(kp_buffer_set(&world->completed[member - 1], packed->data, packed->size),
                        KP_OK);
    } else {
        struct kp_error error = {0};
        enum kp_status status = play_offer(&world->play, member, packed, &error);
        if (status != KP_OK) {
            fprintf(stderr, "m%u: %s\n", member, error.text);
        }
        CU_ASSERT_EQUAL(status, KP_OK);
    }
    kp_round_message_free(&message);
}

/* What waits, left there or not; how much it is. */
static size_t take_mail(struct world *world, uint32_t member)
{
    struct kp_txn *txn = NULL;
    struct kp_batch mail = {0};
    uint64_t first = 0;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->c->store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_mailbox_fetch(txn, member, 0, &first, &mail, NULL), KP_OK);
    CU_ASSERT(first > world->fetched[member - 1]);
    world->fetched[member - 1] = first - 1 + mail.count;
    CU_ASSERT_EQUAL(kp_mailbox_acknowledge(txn, member, first - 1 + mail.count, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    size_t count = mail.count;
    for (size_t i = 0; i < count; i++) {
        take_message(world, member, &mail.items[i]);
    }
    kp_batch_free(&mail);
    return count;
}

static uint64_t waiting(struct world *world, uint32_t member)
{
    struct kp_txn *txn = NULL;
    uint64_t count = 0;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->c->store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_mailbox_waiting(txn, member, 0, &count, NULL), KP_OK);
    kp_store_abort(txn);
    return count;
}

/* What a member can put next, one message; false: nothing yet. */
static bool next_message(struct world *world, uint32_t member, struct kp_buffer *packed)
{
    struct play *play = &world->play;
    struct kp_round *round = play->round[member - 1];
    struct kp_release *release = play->release[member - 1];
    bool more = true;
    while (release == NULL && more) {
        CU_ASSERT_EQUAL(kp_round_work(round, &more, NULL), KP_OK);
    }
    if (kp_round_next(round, packed)) {
        return true;
    }
    if (release == NULL && kp_round_phase(round) == KP_PHASE_READY) {
        release = play->release[member - 1] = kp_round_take_release(round);
        CU_ASSERT_PTR_NOT_NULL_FATAL(release);
        if (member == MEMBERS) {
            spoil_release(release, play->fixture.agreement,
                          play->fixture.member[member - 1].identity_secret, world->spoil, 0);
        }
        CU_ASSERT_EQUAL(kp_buffer_set(packed, release->own_ready.data, release->own_ready.size),
                        KP_OK);
        return true;
    }
    if (release == NULL || !kp_release_complete(release, play->fixture.agreement) ||
        world->released[member - 1] == kp_release_message_count(release)) {
        return false;
    }
    CU_ASSERT_EQUAL(kp_release_message(release, play->fixture.agreement,
                                       play->fixture.member[member - 1].identity_secret,
                                       world->released[member - 1]++, packed, NULL),
                    KP_OK);
    return true;
}

static bool is_in(const struct world *world, enum kp_phase phase)
{
    return world->c->attempt != NULL && kp_attempt_phase(world->c->attempt) == phase;
}

/* The last message that takes the attempt into this phase, which isn't put yet. */
static uint32_t run_to_last(struct world *world, enum kp_phase phase, struct kp_buffer *packed)
{
    uint32_t idle = 0, member = 0;
    while (idle < MEMBERS) {
        member = member % MEMBERS + 1;
        (void)take_mail(world, member);
        idle++;
        while (next_message(world, member, packed)) {
            struct kp_round_message message;
            CU_ASSERT_EQUAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                            KP_OK);
            bool last = message.type == KP_MESSAGE_READY && phase == KP_PHASE_RELEASE;
            for (uint32_t i = 0; i < MEMBERS; i++) {
                last = last && (i + 1 == member ||
                                kp_attempt_transcript(world->c->attempt)->ready[i].size > 0);
            }
            kp_round_message_free(&message);
            if (last) {
                return member;
            }
            CU_ASSERT_EQUAL_FATAL(put(world, member, packed), KP_OK);
            idle = 0;
            if (is_in(world, phase)) {
                return 0;
            }
        }
    }
    CU_FAIL_FATAL("the round is stuck");
    return 0;
}

static void run_to(struct world *world, enum kp_phase phase)
{
    struct kp_buffer packed = {0};
    if (!is_in(world, phase)) {
        uint32_t member = run_to_last(world, phase, &packed);
        if (member != 0) {
            CU_ASSERT_EQUAL_FATAL(put(world, member, &packed), KP_OK);
        }
    }
    CU_ASSERT_FATAL(is_in(world, phase));
    CU_ASSERT_EQUAL(world->c->state.phase, phase);
    kp_buffer_free(&packed);
}

/* Every member gets START, and nothing else. */
static void join(struct world *world, uint32_t counter)
{
    CU_ASSERT_EQUAL(world->c->state.round, counter);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT_EQUAL(take_mail(world, i), 1);
        CU_ASSERT_EQUAL(world->last[i - 1], KP_MESSAGE_START);
    }
    CU_ASSERT_EQUAL(world->start.counter, counter);
    CU_ASSERT_EQUAL(world->start.release_proof_count, counter > 1 ? MEMBERS : 0);
    if (counter > 1) {
        uint64_t proven = 0;
        CU_ASSERT_EQUAL(kp_transcript_check_release(&proven, world->play.fixture.agreement,
                                                    world->start.release_proof, NULL),
                        KP_OK);
        CU_ASSERT_EQUAL(proven, counter - 1);
    }
    play_join(&world->play, world->c->state.attempt, counter);
    memset(world->released, 0, sizeof(world->released));
}

static void start_round(struct world *world, uint32_t counter)
{
    uint32_t round = 0;
    struct kp_error error = {0};
    enum kp_status status = kp_conduct_start(world->c, &round, &error);
    if (status != KP_OK) {
        fprintf(stderr, "start: %s\n", error.text);
    }
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
    CU_ASSERT_EQUAL(round, counter);
    join(world, counter);
}

/* The match is done; COMPLETE waits for the end of a step, however long the match took: 50 ms after
 * it began, or 100, 200, 400. */
static void finish_step(struct world *world)
{
    uint64_t at = kp_conduct_deadline(world->c), took = kp_loop_now() - world->c->match_begun;
    CU_ASSERT_FATAL(world->c->attempt != NULL && at != UINT64_MAX);
    uint64_t steps = (at - world->c->match_begun) / 50;
    CU_ASSERT_EQUAL((at - world->c->match_begun) % 50, 0);
    CU_ASSERT(steps > 0 && (steps & (steps - 1)) == 0);
    CU_ASSERT(steps == 1 || at - world->c->match_begun <= 2 * took);
    kp_conduct_tick(world->c, at - 1);
    CU_ASSERT_PTR_NOT_NULL(world->c->attempt);
    CU_ASSERT(!kp_conduct_work(world->c));
    kp_conduct_tick(world->c, at);
}

/* Without the loop, which the threads would wake. */
static void match_all(struct world *world)
{
    while (kp_conduct_work(world->c) || kp_workers_given(world->c->workers) > 0) {
        kp_workers_wait(world->c->workers);
    }
}

/* Addresses 1 and 2 (tests/unit/play.h). */
static void complete_round(struct world *world)
{
    run_to(world, KP_PHASE_MATCH);
    match_all(world);
    finish_step(world);
    CU_ASSERT_PTR_NULL(world->c->attempt);
    CU_ASSERT_PTR_NULL(world->c->intake);
    CU_ASSERT_EQUAL(world->c->state.phase, KP_PHASE_COMPLETE);
    CU_ASSERT_EQUAL(world->c->state.completed, world->c->state.round);
    CU_ASSERT_EQUAL(world->c->state.matches, 2);
    CU_ASSERT_EQUAL(world->c->state.faults, 0);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT(take_mail(world, i) > 0);
        CU_ASSERT_EQUAL(world->last[i - 1], KP_MESSAGE_COMPLETE);
    }
}

static void whole_round(struct world *world, uint32_t counter)
{
    start_round(world, counter);
    complete_round(world);
}

static void data_path(const struct world *world, char path[static KP_PATH_MAX], const char *name)
{
    (void)snprintf(path, KP_PATH_MAX, "%.900s/%s", world->config.data, name);
}

/* The attempt is over: this waits in every mailbox, alone, and nothing else is left of it. */
static void check_ended(struct world *world, enum kp_abort_reason reason, uint32_t members,
                        enum kp_phase phase)
{
    char path[KP_PATH_MAX];
    CU_ASSERT_PTR_NULL(world->c->attempt);
    CU_ASSERT_PTR_NULL(world->c->intake);
    CU_ASSERT_PTR_NULL(world->c->match);
    CU_ASSERT(!world->c->state.open);
    CU_ASSERT_EQUAL(world->c->state.phase, KP_PHASE_ENDED);
    CU_ASSERT_NOT_EQUAL(world->c->state.error[0], '\0');
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        memset(&world->told, 0, sizeof(world->told));
        CU_ASSERT_EQUAL(take_mail(world, i), 1);
        CU_ASSERT_EQUAL(world->last[i - 1], KP_MESSAGE_ABORT);
        CU_ASSERT_EQUAL(world->told.reason, reason);
        CU_ASSERT(members == SOMEBODY ? world->told.members != 0 && world->told.members <= ALL
                                      : world->told.members == members);
        CU_ASSERT_EQUAL(world->told.phase, phase);
    }
    data_path(world, path, "round/pieces-000");
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
}

/* The state in memory is what a process after this one finds. */
static void check_saved(const struct world *world)
{
    struct kp_coordinator_state saved;
    const struct kp_coordinator_state *state = &world->c->state;
    CU_ASSERT_EQUAL(
        kp_coordinator_state_load(world->c->store, world->play.fixture.agreement, &saved, NULL),
        KP_OK);
    CU_ASSERT_EQUAL(memcmp(saved.mailbox, state->mailbox, sizeof(saved.mailbox)), 0);
    CU_ASSERT_EQUAL(saved.released, state->released);
    CU_ASSERT_EQUAL(saved.open, state->open);
    CU_ASSERT_EQUAL(memcmp(saved.attempt, state->attempt, sizeof(saved.attempt)), 0);
    CU_ASSERT_EQUAL(saved.round, state->round);
    CU_ASSERT_EQUAL(saved.completed, state->completed);
    CU_ASSERT_EQUAL(saved.phase, state->phase);
    CU_ASSERT_EQUAL(saved.matches, state->matches);
    CU_ASSERT_EQUAL(saved.faults, state->faults);
    CU_ASSERT_STRING_EQUAL(saved.error, state->error);
}

/* How many records of this round are in the results. */
static size_t count_results(struct world *world, uint32_t round)
{
    struct kp_txn *txn = NULL;
    struct kp_batch items = {0};
    bool end = false;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->c->store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_results_page(txn, round, NULL, 0, &items, &end, NULL), KP_OK);
    kp_store_abort(txn);
    size_t count = items.count / 2;
    kp_batch_free(&items);
    return count;
}

/* As a match does that isn't done: what it found so far is on disk. */
static void write_some_results(struct world *world)
{
    struct kp_coordinator *c = world->c;
    struct kp_results_writer writer;
    CU_ASSERT_EQUAL(kp_results_begin(c->store, &writer, c->state.round,
                                     kp_attempt_transcript(c->attempt), NULL),
                    KP_OK);
    CU_ASSERT_EQUAL(count_results(world, c->state.round), 1);
}

/* ---- Over the connection ---- */

struct call {
    bool done;
    struct kp_wire_response response;
};

static void on_answer(void *context, enum kp_status status, const uint8_t *bytes, size_t size,
                      bool cancelled)
{
    struct call *call = context;
    call->done = true;
    if (!cancelled) {
        CU_ASSERT_EQUAL(status, KP_OK);
        CU_ASSERT_EQUAL(kp_wire_response_unpack(&call->response, bytes, size, NULL), KP_OK);
    }
}

/* who: LEADER, or a member. The answer comes in `run`. */
static void ask(struct world *world, uint32_t who, const struct kp_wire_request *request,
                struct call *call)
{
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    memset(call, 0, sizeof(*call));
    if (world->client[who] == NULL) {
        CU_ASSERT_EQUAL_FATAL(
            kp_client_open(&world->client[who], world->loop, world->config.listen, &world->tls[who],
                           "localhost", world->play.fixture.agreement->coordinator_tls_fingerprint,
                           NULL),
            KP_OK);
    }
    CU_ASSERT_EQUAL(kp_wire_request_pack(request, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_client_ask(world->client[who], packed.data, packed.size, PATIENCE_MS,
                                  on_answer, call, &error),
                    KP_OK);
    kp_buffer_free(&packed);
}

struct run {
    struct world *world;
    const struct call *calls;
    size_t count;
    uint64_t deadline;
    bool timed_out;
};

static uint64_t tick(void *context, uint64_t now)
{
    struct run *run = context;
    struct kp_loop_hooks hooks = kp_coordinator_hooks(run->world->c);
    uint64_t next = hooks.tick(hooks.context, now);
    bool done = true;
    for (size_t i = 0; i < run->count; i++) {
        done = done && run->calls[i].done;
    }
    run->timed_out = !done && now >= run->deadline;
    if (done || run->timed_out) {
        kp_loop_stop(run->world->loop);
    }
    return next < now + 5 ? next : now + 5;
}

/* Until all of these are answered, or this time is over; whether they are. No work is done. */
static bool run(struct world *world, const struct call *calls, size_t count, uint64_t ms)
{
    struct run context = {world, calls, count, kp_loop_now() + ms, false};
    const struct kp_loop_hooks hooks = {.context = &context, .tick = tick};
    kp_loop_run(world->loop, &hooks);
    return !context.timed_out;
}

/* Asks and gets the answer, which is freed with kp_wire_response_free. */
static void get(struct world *world, uint32_t who, const struct kp_wire_request *request,
                enum kp_response_kind expected, struct kp_wire_response *response)
{
    struct call call;
    ask(world, who, request, &call);
    CU_ASSERT_FATAL(run(world, &call, 1, PATIENCE_MS));
    if (call.response.kind != expected) {
        fprintf(stderr, "answer: kind %d, %s\n", (int)call.response.kind, call.response.text);
    }
    CU_ASSERT_EQUAL(call.response.kind, expected);
    *response = call.response;
}

static void get_refusal(struct world *world, uint32_t who, const struct kp_wire_request *request,
                        enum kp_status status, const char *words)
{
    struct kp_wire_response response;
    get(world, who, request, KP_RESPONSE_REFUSAL, &response);
    CU_ASSERT_EQUAL(response.status, status);
    if (strstr(response.text, words) == NULL) {
        fprintf(stderr, "no '%s' in: %s\n", words, response.text);
        CU_FAIL("the refusal's text");
    }
    kp_wire_response_free(&response);
}

static void get_results(struct world *world, uint32_t round, uint32_t expected)
{
    struct kp_wire_response response;
    const struct kp_wire_request request = {.kind = KP_REQUEST_FETCH_RESULTS, .round = round};
    get(world, LEADER, &request, KP_RESPONSE_RESULTS, &response);
    CU_ASSERT_EQUAL(response.round, expected);
    CU_ASSERT(response.end);
    CU_ASSERT_EQUAL(response.messages.count, 2 * RESULT_ITEMS);
    for (size_t i = 0; i + 1 < response.messages.count; i += 2) {
        struct kp_result_key key;
        CU_ASSERT_EQUAL(kp_result_key_unpack(&key, response.messages.items[i].data,
                                             response.messages.items[i].size, NULL),
                        KP_OK);
        CU_ASSERT_EQUAL(key.round, expected);
    }
    kp_wire_response_free(&response);
}

static void refuse_results(struct world *world, uint32_t round, const char *words)
{
    const struct kp_wire_request request = {.kind = KP_REQUEST_FETCH_RESULTS, .round = round};
    get_refusal(world, LEADER, &request, KP_REFUSED, words);
}

static struct kp_wire_request make_start(void)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_START_ROUND};
    randombytes_buf(request.request, sizeof(request.request));
    return request;
}

static uint32_t get_start(struct world *world, const struct kp_wire_request *request)
{
    struct kp_wire_response response;
    get(world, LEADER, request, KP_RESPONSE_ROUND_STARTED, &response);
    uint32_t round = response.round;
    kp_wire_response_free(&response);
    return round;
}

/* ---- Tests: rounds ---- */

static void rounds_one_after_the_other(void)
{
    struct world world;
    uint32_t round = 0;
    start_world(&world, "rounds");
    for (uint32_t counter = 1; counter <= 3; counter++) {
        whole_round(&world, counter);
        CU_ASSERT_EQUAL(world.c->state.released, counter);
        check_saved(&world);
        CU_ASSERT_EQUAL(count_results(&world, counter), RESULT_ITEMS);
    }
    CU_ASSERT_EQUAL(kp_conduct_start(world.c, &round, &world.error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.error.text, "used up"));
    restart(&world);
    CU_ASSERT_EQUAL(world.c->state.released, 3);
    CU_ASSERT_EQUAL(world.c->state.completed, 3);
    CU_ASSERT_EQUAL(kp_conduct_start(world.c, &round, &world.error), KP_REFUSED);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT_EQUAL(waiting(&world, i), 0);
    }
    stop_world(&world);
}

static const enum kp_phase PHASES[] = {KP_PHASE_HELLO1, KP_PHASE_HELLO2,  KP_PHASE_EVALUATE,
                                       KP_PHASE_READY,  KP_PHASE_RELEASE, KP_PHASE_MATCH};
#define PHASE_COUNT (sizeof(PHASES) / sizeof(PHASES[0]))

/* In every phase: no second attempt beside the first; the coordinator is killed, which ends it, and
 * the next one begins the same counter again unless it was released. */
static void restart_in_every_phase(void)
{
    for (size_t i = 0; i < PHASE_COUNT; i++) {
        struct world world;
        char name[32];
        uint32_t round = 0;
        uint64_t released = PHASES[i] >= KP_PHASE_RELEASE;
        snprintf(name, sizeof(name), "restart-%zu", i);
        start_world(&world, name);
        uint8_t mailbox[KP_MAILBOX_ID_BYTES];
        memcpy(mailbox, world.c->state.mailbox, sizeof(mailbox));
        start_round(&world, 1);
        run_to(&world, PHASES[i]);
        CU_ASSERT_EQUAL(kp_conduct_start(world.c, &round, &world.error), KP_REFUSED);
        CU_ASSERT_PTR_NOT_NULL(strstr(world.error.text, "is going on"));
        CU_ASSERT(is_in(&world, PHASES[i]));
        CU_ASSERT_EQUAL(world.c->state.released, released);
        check_saved(&world);
        CU_ASSERT_EQUAL(world.c->intake != NULL, released);
        if (PHASES[i] == KP_PHASE_MATCH) {
            write_some_results(&world);
        }
        restart(&world);
        check_ended(&world, KP_ABORT_COORDINATOR, 0, PHASES[i]);
        check_saved(&world);
        CU_ASSERT_EQUAL(memcmp(mailbox, world.c->state.mailbox, sizeof(mailbox)), 0);
        CU_ASSERT_EQUAL(world.c->state.released, released);
        CU_ASSERT_EQUAL(world.c->state.completed, 0);
        CU_ASSERT_EQUAL(count_results(&world, 1), 0);
        refuse_results(&world, 0, "no results yet");
        refuse_results(&world, 1, "did not complete");
        restart(&world); /* it ends once */
        CU_ASSERT_EQUAL(waiting(&world, 1), 0);
        whole_round(&world, 1 + (uint32_t)released);
        get_results(&world, 0, 1 + (uint32_t)released);
        stop_world(&world);
    }
}

/* The same without a restart: a member's ABORT, or the deadline. */
static void ends_in_every_phase(void)
{
    for (size_t i = 0; i + 2 < PHASE_COUNT; i++) {
        struct world world;
        char name[32];
        const uint64_t released = 0; /* after the release it goes on */
        snprintf(name, sizeof(name), "ends-%zu", i);
        start_world(&world, name);
        whole_round(&world, 1);
        start_round(&world, 2);
        run_to(&world, PHASES[i]);
        refuse_results(&world, 2, "");
        get_results(&world, 0, 1); /* of the one before it */
        uint64_t deadline = kp_attempt_deadline(world.c->attempt);
        kp_conduct_tick(world.c, deadline - 1);
        CU_ASSERT(is_in(&world, PHASES[i]));
        kp_conduct_tick(world.c, deadline);
        check_ended(&world, KP_ABORT_DEADLINE, SOMEBODY, PHASES[i]);
        check_saved(&world);
        CU_ASSERT_EQUAL(world.c->state.released, 1 + released);
        CU_ASSERT_EQUAL(world.c->state.completed, 1);
        CU_ASSERT_EQUAL(count_results(&world, 2), 0);
        CU_ASSERT_EQUAL(count_results(&world, 1), RESULT_ITEMS);
        get_results(&world, 0, 1);
        get_results(&world, 1, 1);
        refuse_results(&world, 2, "did not complete");
        refuse_results(&world, 3, "did not complete");
        refuse_results(&world, UINT32_MAX, "did not complete");

        start_round(&world, 2 + (uint32_t)released);
        struct kp_round *round = world.play.round[1];
        kp_round_end(round, KP_ABORT_UNREADABLE, 3);
        struct kp_buffer packed = {0};
        while (kp_round_next(round, &packed)) {
        }
        CU_ASSERT_EQUAL(put(&world, 2, &packed), KP_OK); /* ABORT is the last */
        check_ended(&world, KP_ABORT_UNREADABLE, 4, KP_PHASE_HELLO1);
        CU_ASSERT_EQUAL(world.told.reporter, 2);
        whole_round(&world, 2 + (uint32_t)released);
        get_results(&world, 0, 2 + (uint32_t)released);
        kp_buffer_free(&packed);
        stop_world(&world);
    }
}

/* ---- Tests: faults after the READYs ---- */

struct verdicts {
    uint32_t count;
    struct kp_proof_verdict last;
    uint32_t items[KP_EXPORT_ITEM_KINDS]; /* of the last one */
};

/* Who gets the file holds it against what was signed, by code of its own. */
static void check_verdict(const struct world *world, const struct kp_export_header *header,
                          struct kp_export_item *items, size_t count)
{
    const struct fixture *fixture = &world->play.fixture;
    const struct kp_verify_export export = {*header, items, count};
    struct kp_verify_versions versions = {.count = 0};
    struct kp_buffer decision = {0};
    struct kp_report report;
    struct kp_fault_says says;
    CU_ASSERT_EQUAL(
        kp_verify_versions_add(&versions, fixture->bytes.data, fixture->bytes.size, NULL), KP_OK);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        fixture_decide(fixture, fixture->agreement, i, KP_DECISION_ACCEPT, FIXTURE_START,
                       &decision);
        CU_ASSERT_EQUAL(kp_verify_versions_add(&versions, decision.data, decision.size, NULL),
                        KP_OK);
    }
    CU_ASSERT_EQUAL(kp_verify_fault_check(&versions, &export, NULL, &report, &says, NULL), KP_OK);
    for (size_t i = 0; i < report.count; i++) {
        if (report.rulings[i].verdict != KP_VERDICT_OK) {
            fprintf(stderr, "%s: %s: %s\n", report.rules[i].id, report.rulings[i].record,
                    report.rulings[i].text);
        }
    }
    CU_ASSERT_TRUE(kp_verify_fault_holds(&report));
    kp_buffer_free(&decision);
    kp_verify_versions_free(&versions);
}

static void read_verdict(const struct world *world, struct verdicts *verdicts,
                         const struct kp_buffer *file)
{
    struct kp_export_header header;
    struct kp_export_item *items = NULL;
    size_t count = 0;
    CU_ASSERT_EQUAL_FATAL(
        kp_export_read_bytes(&header, &items, &count, file->data, file->size, NULL), KP_OK);
    CU_ASSERT_EQUAL(header.kind, KP_EXPORT_VERDICT);
    memset(verdicts->items, 0, sizeof(verdicts->items));
    for (size_t i = 0; i < count; i++) {
        verdicts->items[items[i].kind]++;
        if (items[i].kind == KP_EXPORT_FAULT) {
            CU_ASSERT_EQUAL(kp_proof_verdict_unpack(&verdicts->last, items[i].content.data,
                                                    items[i].content.size, NULL),
                            KP_OK);
        }
    }
    CU_ASSERT_EQUAL(verdicts->items[KP_EXPORT_FAULT], 1);
    check_verdict(world, &header, items, count);
    kp_export_items_free(items, count);
    verdicts->count++;
}

static struct verdicts read_verdicts(struct world *world, uint32_t round)
{
    struct verdicts verdicts = {0};
    struct kp_txn *txn = NULL;
    struct kp_batch items = {0};
    bool end = false;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->c->store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_verdicts_page(txn, round, NULL, 0, &items, &end, NULL), KP_OK);
    CU_ASSERT(end);
    kp_store_abort(txn);
    for (size_t i = 0; i + 1 < items.count; i += 2) {
        read_verdict(world, &verdicts, &items.items[i + 1]);
    }
    kp_batch_free(&items);
    return verdicts;
}

/* Works and waits until the round is complete. */
static void finish_round(struct world *world)
{
    CU_ASSERT_FATAL(is_in(world, KP_PHASE_MATCH));
    match_all(world);
    finish_step(world);
    CU_ASSERT_PTR_NULL(world->c->attempt);
    CU_ASSERT_EQUAL(world->c->state.phase, KP_PHASE_COMPLETE);
    CU_ASSERT_EQUAL(world->c->state.error[0], '\0');
    check_saved(world);
}

/* All members got the same, which is nothing but that it is complete. */
static void check_same_complete(struct world *world)
{
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        (void)take_mail(world, i);
        CU_ASSERT_EQUAL(world->last[i - 1], KP_MESSAGE_COMPLETE);
        CU_ASSERT_FATAL(world->completed[i - 1].size > 0);
        CU_ASSERT(world->completed[i - 1].size == world->completed[0].size &&
                  memcmp(world->completed[i - 1].data, world->completed[0].data,
                         world->completed[0].size) == 0);
    }
}

/* The leader; no member. */
static void check_who_gets_verdicts(struct world *world)
{
    struct kp_wire_response response;
    const struct kp_wire_request request = {.kind = KP_REQUEST_FETCH_VERDICTS, .round = 1};
    get(world, LEADER, &request, KP_RESPONSE_VERDICTS, &response);
    CU_ASSERT(response.end && response.messages.count == 2);
    kp_wire_response_free(&response);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        get_refusal(world, i, &request, KP_REFUSED, "only the holders");
    }
}

/* Signed by the last member, and it can't be: a verdict names it, and the matches of the others
 * open all the same. */
static void faults_in_the_release(void)
{
    static const struct {
        enum spoil spoil;
        enum kp_fault_kind kind;
        enum kp_export_item_kind item; /* that proves it */
        uint32_t count;
    } CASES[] = {
        {SPOIL_LEAF, KP_FAULT_CHUNK, KP_EXPORT_MESSAGE, 1},
        {SPOIL_ENTRY, KP_FAULT_CHUNK, KP_EXPORT_MESSAGE, 1},
        {SPOIL_SHARE, KP_FAULT_SHARE, KP_EXPORT_RECORD, 1},
        {SPOIL_PATH, KP_FAULT_SHARE, KP_EXPORT_RECORD, 1},
        {SPOIL_TWICE, KP_FAULT_UNSORTED, KP_EXPORT_RECORD, 2},
        {SPOIL_UNSORTED, KP_FAULT_UNSORTED, KP_EXPORT_RECORD, 2},
        {SPOIL_RECORD, KP_FAULT_OUTER, KP_EXPORT_RECORD, 2},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct world world;
        char name[32];
        snprintf(name, sizeof(name), "fault-%zu", i);
        start_world(&world, name);
        world.spoil = CASES[i].spoil;
        start_round(&world, 1);
        run_to(&world, KP_PHASE_MATCH);
        finish_round(&world);
        CU_ASSERT_EQUAL(world.c->state.matches, 2);
        CU_ASSERT_EQUAL(world.c->state.faults, 1);
        check_same_complete(&world);
        struct verdicts verdicts = read_verdicts(&world, 1);
        CU_ASSERT_EQUAL_FATAL(verdicts.count, 1);
        CU_ASSERT_EQUAL(verdicts.last.kind, CASES[i].kind);
        CU_ASSERT_EQUAL(verdicts.last.members, 1u << (MEMBERS - 1));
        CU_ASSERT(!verdicts.last.coordinator && verdicts.last.holder == 0);
        CU_ASSERT_EQUAL(verdicts.last.counter, 1);
        CU_ASSERT_EQUAL(verdicts.items[CASES[i].item], CASES[i].count);
        CU_ASSERT_EQUAL(verdicts.items[KP_EXPORT_READY], MEMBERS);
        CU_ASSERT_EQUAL(verdicts.items[KP_EXPORT_MESSAGE] + verdicts.items[KP_EXPORT_RECORD],
                        CASES[i].count); /* and nothing else */
        CU_ASSERT_EQUAL(read_verdicts(&world, 2).count, 0);
        check_who_gets_verdicts(&world);
        world.spoil = SPOIL_NOTHING;
        whole_round(&world, 2);
        stop_world(&world);
    }
}

/* The receipt that a member holds, checked as its node does: the chain over what it put. */
static struct kp_receipt check_receipt(struct world *world, uint32_t member,
                                       const struct kp_deposited *put_so_far)
{
    struct kp_buffer packed = {0}, again = {0};
    struct kp_round_message message;
    struct kp_receipt receipt = {0};
    CU_ASSERT_EQUAL(kp_coordinator_receipt(world->c, member, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_coordinator_receipt(world->c, member, &again, NULL), KP_OK);
    CU_ASSERT_FATAL(packed.size > 0 && packed.size == again.size);
    CU_ASSERT_EQUAL(memcmp(packed.data, again.data, packed.size), 0);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed.data, packed.size, NULL), KP_OK);
    const struct kp_agreement *agreement = world->play.fixture.agreement;
    CU_ASSERT(message.type == KP_MESSAGE_RECEIPT && message.from == KP_PARTY_COORDINATOR);
    CU_ASSERT_EQUAL(message.to, member);
    CU_ASSERT_EQUAL(kp_round_message_check(&message, agreement->lineage,
                                           agreement->coordinator_identity_key, NULL),
                    KP_OK);
    CU_ASSERT_EQUAL(kp_receipt_unpack(&receipt, &message.body, NULL), KP_OK);
    CU_ASSERT(receipt.counter == 1 && receipt.member == member);
    CU_ASSERT_EQUAL(memcmp(&receipt.deposited, put_so_far, sizeof(receipt.deposited)), 0);
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
    kp_buffer_free(&again);
    return receipt;
}

/* Of every message that had an effect, in every phase; a list at the end of a phase shows no less.
 */
static void receipts(void)
{
    struct world world;
    struct kp_buffer packed = {0};
    struct kp_deposited put_so_far[MEMBERS];
    uint32_t idle = 0, member = 0;
    memset(put_so_far, 0, sizeof(put_so_far));
    start_world(&world, "receipts");
    CU_ASSERT_EQUAL(kp_coordinator_receipt(world.c, 1, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(packed.size, 0); /* nothing goes on */
    start_round(&world, 1);
    CU_ASSERT_EQUAL(kp_coordinator_receipt(world.c, 1, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(packed.size, 0);
    while (idle < MEMBERS && !is_in(&world, KP_PHASE_MATCH)) {
        member = member % MEMBERS + 1;
        (void)take_mail(&world, member);
        idle++;
        while (next_message(&world, member, &packed)) {
            uint8_t digest[KP_DIGEST_BYTES];
            struct kp_buffer twice = {0};
            kp_audit_message_digest(digest, packed.data, packed.size);
            kp_deposited_add(&put_so_far[member - 1], digest);
            CU_ASSERT_EQUAL_FATAL(put(&world, member, &packed), KP_OK);
            struct kp_receipt receipt = check_receipt(&world, member, &put_so_far[member - 1]);
            CU_ASSERT_EQUAL(receipt.phase, kp_attempt_phase(world.c->attempt));
            CU_ASSERT_EQUAL(kp_buffer_set(&twice, packed.data, packed.size), KP_OK);
            CU_ASSERT_EQUAL(put(&world, member, &twice), KP_OK); /* to no effect */
            (void)check_receipt(&world, member, &put_so_far[member - 1]);
            kp_buffer_free(&twice);
            idle = 0;
        }
    }
    CU_ASSERT_FATAL(is_in(&world, KP_PHASE_MATCH));
    const struct kp_phase_list *list = kp_attempt_phase_list(world.c->attempt, KP_PHASE_RELEASE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(list);
    CU_ASSERT_EQUAL(memcmp(list->members, put_so_far, sizeof(put_so_far)), 0);
    kp_buffer_free(&packed);
    stop_world(&world);
}

static void make_abort(struct world *world, uint32_t member, enum kp_abort_reason reason,
                       struct kp_buffer *packed)
{
    const struct kp_abort abort = {.reason = reason, .phase = KP_PHASE_RELEASE};
    struct kp_round_message message = {.type = KP_MESSAGE_ABORT, .from = member};
    memcpy(message.attempt, world->c->state.attempt, KP_ATTEMPT_BYTES);
    CU_ASSERT_EQUAL(kp_abort_pack(&abort, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, world->play.fixture.agreement->lineage,
                          world->play.fixture.member[member - 1].identity_secret);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
    kp_round_message_free(&message);
}

/* Silent in the release, or breaking off: the others' matches open. */
static void silence_in_the_release(void)
{
    for (int breaks_off = 0; breaks_off < 2; breaks_off++) {
        struct world world;
        struct kp_buffer packed = {0};
        start_world(&world, breaks_off ? "breaks-off" : "silent");
        start_round(&world, 1);
        run_to(&world, KP_PHASE_RELEASE);
        for (uint32_t i = 1; i < MEMBERS; i++) {
            (void)take_mail(&world, i);
            while (next_message(&world, i, &packed)) {
                CU_ASSERT_EQUAL(put(&world, i, &packed), KP_OK);
            }
        }
        CU_ASSERT(is_in(&world, KP_PHASE_RELEASE));
        if (breaks_off) {
            make_abort(&world, MEMBERS, KP_ABORT_FAILED, &packed);
            CU_ASSERT_EQUAL(put(&world, MEMBERS, &packed), KP_OK);
        } else {
            kp_conduct_tick(world.c, kp_conduct_deadline(world.c));
        }
        finish_round(&world);
        CU_ASSERT_EQUAL(world.c->state.matches, 2);
        CU_ASSERT_EQUAL(world.c->state.faults, 1);
        check_same_complete(&world);
        struct verdicts verdicts = read_verdicts(&world, 1);
        CU_ASSERT_EQUAL_FATAL(verdicts.count, 1);
        CU_ASSERT_EQUAL(verdicts.last.kind, KP_FAULT_SILENT);
        CU_ASSERT_EQUAL(verdicts.last.members, 1u << (MEMBERS - 1));
        CU_ASSERT(verdicts.last.coordinator);
        CU_ASSERT_EQUAL(verdicts.last.phase, KP_PHASE_RELEASE);
        CU_ASSERT(verdicts.items[KP_EXPORT_START] == 1 &&
                  verdicts.items[KP_EXPORT_PHASE_LIST] == 1);
        whole_round(&world, 2);
        kp_buffer_free(&packed);
        stop_world(&world);
    }
}

/* What goes to and from the members after the READYs of one round. */
struct heard {
    size_t puts;                    /* of all members */
    size_t sizes[64];               /* of what they put, in order */
    struct kp_buffer body[MEMBERS]; /* of what came back */
    size_t size[MEMBERS];           /* of the whole of it */
};

static void hear(struct world *world, struct heard *heard)
{
    struct kp_buffer packed = {0};
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        (void)take_mail(world, i);
        while (next_message(world, i, &packed)) {
            CU_ASSERT_FATAL(heard->puts < sizeof(heard->sizes) / sizeof(heard->sizes[0]));
            heard->sizes[heard->puts++] = packed.size;
            CU_ASSERT_EQUAL(put(world, i, &packed), KP_OK);
        }
    }
    finish_round(world);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        struct kp_round_message message;
        CU_ASSERT_EQUAL(waiting(world, i), 1);
        (void)take_mail(world, i);
        const struct kp_buffer *complete = &world->completed[i - 1];
        CU_ASSERT_EQUAL_FATAL(
            kp_round_message_unpack(&message, complete->data, complete->size, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_buffer_set(&heard->body[i - 1], message.body.data, message.body.size),
                        KP_OK);
        heard->size[i - 1] = complete->size;
        kp_round_message_free(&message);
    }
    kp_buffer_free(&packed);
}

/* A round in which two addresses match, one in which nothing does, and one in which a record of a
 * match is spoilt: members put messages of the same sizes, and get the same one back, after a whole
 * step (finish_step). */
static void members_hear_the_same_whatever_matched(void)
{
    enum { MATCHES, NOTHING, SPOILT, KINDS };
    static const uint32_t EXPECTED[KINDS] = {2, 0, 2};
    struct heard heard[KINDS] = {0};
    for (int kind = 0; kind < KINDS; kind++) {
        struct world world;
        char name[32];
        snprintf(name, sizeof(name), "heard-%d", kind);
        start_world(&world, name);
        world.spoil = kind == SPOILT ? SPOIL_RECORD : SPOIL_NOTHING;
        for (uint32_t i = 0; kind == NOTHING && i < MEMBERS; i++) {
            memset(world.play.lists[i].is_signal, 0, world.play.lists[i].count);
        }
        start_round(&world, 1);
        run_to(&world, KP_PHASE_RELEASE);
        hear(&world, &heard[kind]);
        CU_ASSERT_EQUAL(world.c->state.matches, EXPECTED[kind]);
        CU_ASSERT_EQUAL(world.c->state.faults, kind == SPOILT ? 1 : 0);
        stop_world(&world);
        CU_ASSERT(heard[kind].puts > 0 && heard[kind].puts == heard[0].puts);
        CU_ASSERT(memcmp(heard[kind].sizes, heard[0].sizes, sizeof(heard[0].sizes)) == 0);
        for (uint32_t i = 0; i < MEMBERS; i++) {
            CU_ASSERT_EQUAL(heard[kind].size[i], heard[0].size[0]);
            CU_ASSERT(heard[kind].body[i].size == heard[0].body[0].size &&
                      (heard[kind].body[i].size == 0 ||
                       memcmp(heard[kind].body[i].data, heard[0].body[0].data,
                              heard[0].body[0].size) == 0));
        }
    }
    for (int i = 0; i < KINDS * (int)MEMBERS; i++) {
        kp_buffer_free(&heard[i / (int)MEMBERS].body[i % (int)MEMBERS]);
    }
}

/* A member says that it has the message after its last, which COMPLETE will be: no answer tells
 * whether that waits. */
static void refuse_guess(struct world *world, uint32_t member)
{
    struct kp_wire_request fetch = {.kind = KP_REQUEST_FETCH};
    memcpy(fetch.mailbox, world->c->state.mailbox, sizeof(fetch.mailbox));
    fetch.sequence = world->fetched[member - 1] + 1;
    get_refusal(world, member, &fetch, KP_REFUSED, "is acknowledged, but only");
    fetch.sequence--;
    fetch.ahead = 1;
    get_refusal(world, member, &fetch, KP_REFUSED, "is acknowledged, but only");
}

/* The leader has all as soon as it is there. A member gets no COMPLETE before its time, and sees
 * nothing else of the end either: its receipt is as it was. */
static void the_leader_hears_first(void)
{
    struct world world;
    struct kp_wire_response response;
    struct kp_wire_request open = {.kind = KP_REQUEST_OPEN}, fetch = {.kind = KP_REQUEST_FETCH};
    struct call call;
    start_world(&world, "first");
    start_round(&world, 1);
    run_to(&world, KP_PHASE_MATCH);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        (void)take_mail(&world, i);
    }
    refuse_results(&world, 1, "no results yet");
    refuse_guess(&world, 3);
    match_all(&world);
    CU_ASSERT_FATAL(world.c->attempt != NULL && world.c->tell_at != 0);
    world.c->tell_at = kp_loop_now() + 3600000; /* whatever this machine does meanwhile */
    refuse_guess(&world, 3);
    CU_ASSERT_EQUAL(world.c->state.phase, KP_PHASE_COMPLETE);
    CU_ASSERT_PTR_NULL(world.c->intake);
    check_saved(&world);
    get_results(&world, 0, 1);
    const struct kp_wire_request start = make_start();
    get_refusal(&world, LEADER, &start, KP_RETRY, "few times");

    CU_ASSERT_EQUAL(waiting(&world, 3), 1);
    memcpy(open.lineage, world.c->agreement->lineage, KP_DIGEST_BYTES);
    get(&world, 3, &open, KP_RESPONSE_OPENED, &response);
    CU_ASSERT(response.receipt.size > 0);
    kp_wire_response_free(&response);
    memcpy(fetch.mailbox, world.c->state.mailbox, sizeof(fetch.mailbox));
    fetch.sequence = world.fetched[2];
    get(&world, 3, &fetch, KP_RESPONSE_DELIVERY, &response);
    CU_ASSERT_EQUAL(response.messages.count, 0);
    kp_wire_response_free(&response);
    fetch.wait_ms = 60000;
    ask(&world, 3, &fetch, &call);
    CU_ASSERT(!run(&world, &call, 1, 100));
    kp_conduct_stop(world.c, &world.error); /* too late: it is over */
    CU_ASSERT_EQUAL(world.c->state.phase, KP_PHASE_COMPLETE);
    CU_ASSERT_EQUAL(kp_conduct_deadline(world.c), world.c->tell_at);
    kp_conduct_tick(world.c, world.c->tell_at);
    CU_ASSERT_PTR_NULL(world.c->attempt);
    CU_ASSERT(run(&world, &call, 1, PATIENCE_MS));
    CU_ASSERT_EQUAL(call.response.messages.count, 1);
    kp_wire_response_free(&call.response);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT_EQUAL(take_mail(&world, i), 1);
        CU_ASSERT_EQUAL(world.last[i - 1], KP_MESSAGE_COMPLETE);
    }
    stop_world(&world);
}

/* Killed in between, it keeps nothing back: what is on disk is the end. */
static void a_restart_tells(void)
{
    struct world world;
    start_world(&world, "tells");
    start_round(&world, 1);
    run_to(&world, KP_PHASE_MATCH);
    match_all(&world);
    CU_ASSERT_FATAL(world.c->tell_at != 0);
    restart(&world);
    CU_ASSERT_PTR_NULL(world.c->attempt);
    CU_ASSERT_EQUAL(world.c->state.phase, KP_PHASE_COMPLETE);
    CU_ASSERT_EQUAL(world.c->state.completed, 1);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT(take_mail(&world, i) > 0);
        CU_ASSERT_EQUAL(world.last[i - 1], KP_MESSAGE_COMPLETE);
    }
    stop_world(&world);
}

/* ---- Tests: the coordinator's own failures ---- */

/* What isn't its own stands where the round's store goes, when the last READY comes: that is
 * nobody's fault but the coordinator's, and the counter isn't used up. */
static void store_of_the_round_fails(void)
{
    for (int folder = 0; folder < 2; folder++) {
        struct world world;
        char path[KP_PATH_MAX], inside[KP_PATH_MAX];
        struct kp_buffer packed = {0};
        struct kp_error error = {0};
        start_world(&world, folder ? "foreign-folder" : "foreign-file");
        start_round(&world, 1);
        uint32_t last = run_to_last(&world, KP_PHASE_RELEASE, &packed);
        CU_ASSERT_FATAL(last != 0);
        data_path(&world, path, "round");
        data_path(&world, inside, "round/notes.txt");
        CU_ASSERT_EQUAL_FATAL(!folder || mkdir(path, 0700) == 0, true);
        FILE *file = fopen(folder ? inside : path, "w");
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        fclose(file);

        CU_ASSERT_EQUAL(put(&world, last, &packed), KP_RETRY);
        CU_ASSERT_EQUAL(world.c->state.released, 0);
        check_saved(&world);
        check_ended(&world, KP_ABORT_COORDINATOR, 0, KP_PHASE_RELEASE);
        CU_ASSERT_EQUAL(put(&world, last, &packed), KP_OK); /* again, and to no effect */
        CU_ASSERT_EQUAL(waiting(&world, 1), 0);
        CU_ASSERT_EQUAL(world.c->state.released, 0);
        CU_ASSERT_EQUAL(access(folder ? inside : path, F_OK), 0); /* nobody's to delete */

        kill_coordinator(&world);
        CU_ASSERT_NOT_EQUAL(try_coordinator(&world, &error), KP_OK);
        CU_ASSERT_PTR_NULL(world.c);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "round"));
        kp_loop_free(world.loop);
        unlink(folder ? inside : path);
        rmdir(path);
        start_coordinator(&world);
        whole_round(&world, 1);
        kp_buffer_free(&packed);
        stop_world(&world);
    }
}

/* ---- Tests: what is put ---- */

static void second_forms_are_refused(void)
{
    struct world world;
    struct kp_buffer packed = {0}, other = {0};
    start_world(&world, "forms");
    start_round(&world, 1);
    CU_ASSERT_FATAL(next_message(&world, 1, &packed));
    for (enum form form = 0; form < FORMS; form++) {
        form_make(form, &packed, &other);
        CU_ASSERT_EQUAL(put(&world, 1, &other), KP_OK); /* its number counts, it doesn't */
        CU_ASSERT_EQUAL(waiting(&world, 2), 0);
        CU_ASSERT_EQUAL(kp_attempt_transcript(world.c->attempt)->hello1[0].size, 0);
    }
    CU_ASSERT_EQUAL(put(&world, 1, &packed), KP_OK);
    CU_ASSERT_EQUAL(waiting(&world, 2), 1);
    CU_ASSERT_EQUAL(waiting(&world, 1), 0);
    uint32_t last = run_to_last(&world, KP_PHASE_RELEASE, &packed);
    CU_ASSERT_FATAL(last != 0);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        (void)take_mail(&world, i);
    }
    for (enum form form = 0; form < FORMS; form++) {
        form_make(form, &packed, &other);
        CU_ASSERT_EQUAL(put(&world, last, &other), KP_OK);
        CU_ASSERT(is_in(&world, KP_PHASE_READY));
        CU_ASSERT_EQUAL(waiting(&world, last), 0);
    }
    CU_ASSERT_EQUAL(put(&world, last, &packed), KP_OK);
    CU_ASSERT(is_in(&world, KP_PHASE_RELEASE));
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT_EQUAL(waiting(&world, i), 1); /* its sender's too */
    }
    complete_round(&world);
    kp_buffer_free(&packed);
    kp_buffer_free(&other);
    stop_world(&world);
}

/* What is put again, as a whole or in part, counts once; a gap is refused. */
static void numbers_of_what_is_put(void)
{
    struct world world;
    struct kp_batch batch = {0};
    struct kp_buffer packed = {0};
    uint64_t last = 0;
    start_world(&world, "numbers");
    start_round(&world, 1);
    CU_ASSERT_FATAL(next_message(&world, 2, &packed));
    CU_ASSERT_EQUAL(kp_batch_add(&batch, packed.data, packed.size), KP_OK);
    CU_ASSERT_EQUAL(kp_conduct_put(world.c, 2, 2, &batch, &last, &world.error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.error.text, "while 1 is the next"));
    CU_ASSERT(is_in(&world, KP_PHASE_HELLO1));
    CU_ASSERT_EQUAL(waiting(&world, 1), 0);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(kp_conduct_put(world.c, 2, 1, &batch, &last, &world.error), KP_OK);
        CU_ASSERT_EQUAL(last, 1);
        CU_ASSERT_EQUAL(waiting(&world, 1), 1);
    }
    CU_ASSERT_EQUAL(kp_batch_add(&batch, "no message", 10), KP_OK);
    CU_ASSERT_EQUAL(kp_conduct_put(world.c, 2, 1, &batch, &last, &world.error), KP_OK);
    CU_ASSERT_EQUAL(last, 2);
    CU_ASSERT_EQUAL(waiting(&world, 1), 1);
    CU_ASSERT(is_in(&world, KP_PHASE_HELLO1));
    world.put[1] = 2;
    complete_round(&world);
    kp_batch_free(&batch);
    kp_buffer_free(&packed);
    stop_world(&world);
}

/* ---- Tests: over the connection ---- */

static void check_ahead(struct world *world, uint64_t acknowledged, uint32_t ahead, uint64_t first,
                        const struct kp_buffer *expected, size_t count)
{
    struct kp_wire_response response;
    struct kp_wire_request request = {
        .kind = KP_REQUEST_FETCH, .sequence = acknowledged, .ahead = ahead};
    memcpy(request.mailbox, world->c->state.mailbox, sizeof(request.mailbox));
    get(world, 3, &request, KP_RESPONSE_DELIVERY, &response);
    CU_ASSERT_EQUAL(response.sequence, first);
    CU_ASSERT_EQUAL_FATAL(response.messages.count, count);
    for (size_t i = 0; i < count; i++) {
        const struct kp_buffer *item = &response.messages.items[i];
        CU_ASSERT_EQUAL_FATAL(item->size, expected[i].size);
        CU_ASSERT_EQUAL(memcmp(item->data, expected[i].data, item->size), 0);
    }
    kp_wire_response_free(&response);
}

static void check_delivery(struct world *world, uint64_t acknowledged, uint64_t first,
                           const struct kp_buffer *expected, size_t count)
{
    check_ahead(world, acknowledged, 0, first, expected, count);
}

static void mail_in_order(void)
{
    struct world world;
    struct kp_buffer sent[4] = {0};
    struct kp_wire_request request = {.kind = KP_REQUEST_FETCH, .wait_ms = 10000};
    struct call call;
    start_world(&world, "order");
    start_round(&world, 1); /* number 1 */
    check_delivery(&world, 0, 2, NULL, 0);
    CU_ASSERT_FATAL(next_message(&world, 2, &sent[0]));
    CU_ASSERT_FATAL(next_message(&world, 1, &sent[1]));
    CU_ASSERT_EQUAL(put(&world, 2, &sent[0]), KP_OK);
    CU_ASSERT_EQUAL(put(&world, 1, &sent[1]), KP_OK);
    check_delivery(&world, 0, 2, sent, 2);
    check_delivery(&world, 1, 2, sent, 2); /* as long as nothing is acknowledged */
    check_ahead(&world, 1, 1, 3, &sent[1], 1);
    check_ahead(&world, 1, 2, 4, NULL, 0);
    check_delivery(&world, 1, 2, sent, 2); /* what is ahead isn't acknowledged */
    request.sequence = 1;
    request.ahead = 3;
    memcpy(request.mailbox, world.c->state.mailbox, sizeof(request.mailbox));
    get_refusal(&world, 3, &request, KP_REFUSED, "only 3 were delivered");
    request.sequence = UINT64_MAX;
    get_refusal(&world, 3, &request, KP_REFUSED, "can't be");
    request.ahead = 0;
    get_refusal(&world, 3, &request, KP_REFUSED, "only 3 were delivered");
    CU_ASSERT_EQUAL(world.c->acknowledged[2], 1);
    restart(&world); /* ends the attempt: what waited is gone */
    request.sequence = 3;
    memcpy(request.mailbox, world.c->state.mailbox, sizeof(request.mailbox));
    CU_ASSERT_EQUAL(waiting(&world, 3), 1);
    request.sequence = 5;
    get_refusal(&world, 3, &request, KP_REFUSED, "only 4 were delivered");
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT_EQUAL(take_mail(&world, i), 1);
    }
    start_round(&world, 1);
    request.sequence = 5;
    ask(&world, 3, &request, &call); /* waits until there is something */
    CU_ASSERT(!run(&world, &call, 1, 100));
    CU_ASSERT_FATAL(next_message(&world, 2, &sent[2]));
    CU_ASSERT_EQUAL(put(&world, 2, &sent[2]), KP_OK);
    CU_ASSERT(run(&world, &call, 1, PATIENCE_MS));
    CU_ASSERT_EQUAL(call.response.kind, KP_RESPONSE_DELIVERY);
    CU_ASSERT_EQUAL(call.response.sequence, 6);
    CU_ASSERT_EQUAL(call.response.messages.count, 1);
    kp_wire_response_free(&call.response);
    check_delivery(&world, 5, 6, &sent[2], 1);
    check_delivery(&world, 6, 7, NULL, 0);
    check_delivery(&world, 0, 7, NULL, 0); /* never again */
    for (size_t i = 0; i < 4; i++) {
        kp_buffer_free(&sent[i]);
    }
    stop_world(&world);
}

static void unknown_mailboxes_and_wrong_askers(void)
{
    struct world world;
    struct kp_wire_request fetch = {.kind = KP_REQUEST_FETCH}, put_one = {.kind = KP_REQUEST_PUT};
    const struct kp_wire_request watch = {.kind = KP_REQUEST_WATCH_ROUND};
    const struct kp_wire_request results = {.kind = KP_REQUEST_FETCH_RESULTS};
    struct kp_wire_request open = {.kind = KP_REQUEST_OPEN}, start = make_start();
    struct kp_wire_response response;
    start_world(&world, "askers");
    put_one.sequence = 1;
    CU_ASSERT_EQUAL(kp_batch_add(&put_one.messages, "no message", 10), KP_OK);
    memcpy(fetch.mailbox, world.c->state.mailbox, sizeof(fetch.mailbox));
    get(&world, 1, &fetch, KP_RESPONSE_DELIVERY, &response);
    kp_wire_response_free(&response);
    fetch.mailbox[0] ^= 1;
    get_refusal(&world, 1, &fetch, KP_REFUSED, "unknown mailbox");
    get_refusal(&world, LEADER, &fetch, KP_REFUSED, "only members");
    get_refusal(&world, LEADER, &put_one, KP_REFUSED, "only members");
    get_refusal(&world, 2, &start, KP_REFUSED, "only the project leader");
    get_refusal(&world, 2, &watch, KP_REFUSED, "only the holders");
    get_refusal(&world, 2, &results, KP_REFUSED, "only the holders");
    get_refusal(&world, 2, &open, KP_REFUSED, "another agreement");
    memcpy(open.lineage, world.play.fixture.agreement->lineage, sizeof(open.lineage));
    for (uint32_t i = 0; i <= MEMBERS; i++) {
        get(&world, i, &open, KP_RESPONSE_OPENED, &response);
        CU_ASSERT_EQUAL(response.member, i == LEADER ? KP_PARTY_LEADER : i);
        CU_ASSERT_EQUAL(response.sequence, 0);
        CU_ASSERT_EQUAL(memcmp(response.mailbox, world.c->state.mailbox, sizeof(response.mailbox)),
                        0);
        kp_wire_response_free(&response);
    }
    CU_ASSERT_PTR_NULL(world.c->attempt);
    CU_ASSERT_EQUAL(world.c->state.round, 0);
    kp_batch_free(&put_one.messages);
    stop_world(&world);
}

/* The transport may bring a START again: late, and more than once. */
static void starts_that_come_again(void)
{
    struct world world;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    struct kp_wire_request first = make_start(), other = make_start(), zeros = make_start();
    memset(zeros.request, 0, sizeof(zeros.request));
    start_world(&world, "again");
    CU_ASSERT_EQUAL(get_start(&world, &first), 1);
    join(&world, 1);
    memcpy(attempt, world.c->state.attempt, sizeof(attempt));
    CU_ASSERT_EQUAL(get_start(&world, &first), 1);
    get_refusal(&world, LEADER, &other, KP_REFUSED, "is going on");
    get_refusal(&world, LEADER, &zeros, KP_REFUSED, "is going on");
    CU_ASSERT_EQUAL(get_start(&world, &first), 1); /* a refused one doesn't take its place */
    CU_ASSERT_EQUAL(memcmp(attempt, world.c->state.attempt, sizeof(attempt)), 0);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT_EQUAL(waiting(&world, i), 0);
    }
    complete_round(&world);

    CU_ASSERT_EQUAL(get_start(&world, &first), 1);
    CU_ASSERT_PTR_NULL(world.c->attempt);
    CU_ASSERT_EQUAL(waiting(&world, 1), 0);
    CU_ASSERT_EQUAL(get_start(&world, &other), 2);
    join(&world, 2);
    kp_conduct_tick(world.c, kp_attempt_deadline(world.c->attempt));
    check_ended(&world, KP_ABORT_DEADLINE, ALL, KP_PHASE_HELLO1);
    CU_ASSERT_EQUAL(get_start(&world, &other), 2);
    CU_ASSERT_PTR_NULL(world.c->attempt);
    CU_ASSERT_EQUAL(get_start(&world, &zeros), 2);
    join(&world, 2);
    complete_round(&world);
    stop_world(&world);
}

/* Less than the interval after the members' READYs; which is so long that it can't pass here. */
static void starts_that_come_too_soon(void)
{
    struct world world;
    struct kp_wire_request first = make_start(), other = make_start();
    start_world_with(&world, "too-soon", 86400);
    world.play.long_ago = false;
    CU_ASSERT_EQUAL(get_start(&world, &first), 1);
    join(&world, 1);
    complete_round(&world);
    get_refusal(&world, LEADER, &other, KP_REFUSED, "seconds apart");
    CU_ASSERT_PTR_NULL(world.c->attempt);
    CU_ASSERT_EQUAL(waiting(&world, 1), 0);
    CU_ASSERT_EQUAL(get_start(&world, &first), 1); /* the same as before is no other round */
    CU_ASSERT_PTR_NULL(world.c->attempt);
    stop_world(&world);
}

/* Partial openings from one holder to the other, under an agreement that has two. */
static void put_partials(struct world *world, const struct fixture *fixture, uint32_t from)
{
    static const uint8_t ATTEMPT[KP_LETTER_SUBJECT_BYTES] = {3};
    const uint8_t *secret =
        from == KP_PARTY_LEADER ? fixture->leader_secret : fixture->opener_secret;
    struct kp_audit_entry entry = {
        .sequence = 1, .party = from, .event = KP_AUDIT_PARTIALS_GIVEN, .has_attempt = true};
    uint8_t hash[KP_DIGEST_BYTES];
    struct kp_buffer act = {0}, packed = {0};
    struct kp_letter letter = {0};
    struct kp_letters_taken taken;
    struct kp_txn *txn = NULL;
    memcpy(entry.lineage, fixture->agreement->lineage, sizeof(entry.lineage));
    memcpy(entry.attempt, ATTEMPT, sizeof(entry.attempt));
    CU_ASSERT_EQUAL(kp_audit_entry_sign(&entry, secret, hash), KP_OK);
    CU_ASSERT_EQUAL(kp_audit_entry_pack(&entry, &act, NULL), KP_OK);
    const struct kp_letter_draft draft = {.type = KP_LETTER_PARTIAL_OPENINGS,
                                          .to = from == KP_PARTY_LEADER ? KP_PARTY_OPENER
                                                                        : KP_PARTY_LEADER,
                                          .subject = ATTEMPT,
                                          .parts = 1,
                                          .plain = ATTEMPT,
                                          .size = sizeof(ATTEMPT),
                                          .act = &act};
    CU_ASSERT_EQUAL_FATAL(kp_letter_seal(&letter, &draft, from, fixture->agreement, secret, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_letter_pack(&letter, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->c->store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(
        kp_letters_put(txn, fixture->agreement, from, packed.data, packed.size, &taken, NULL),
        KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    kp_letter_free(&letter);
    kp_buffer_free(&act);
    kp_buffer_free(&packed);
}

static enum kp_status get_partials(struct world *world, size_t *count)
{
    const struct kp_wire_request asked = {.kind = KP_REQUEST_FETCH_LETTERS,
                                          .letter_type = KP_LETTER_PARTIAL_OPENINGS};
    struct kp_letters_page page;
    enum kp_status status =
        kp_coordinator_get_letters(world->c, KP_PARTY_LEADER, &asked, &page, NULL);
    *count = page.letters.count;
    kp_batch_free(&page.letters);
    return status;
}

/* One revocation stops all processing, also by a leader's program that wouldn't ask. */
static void no_results_after_a_revocation(void)
{
    struct world world;
    struct kp_buffer bytes = {0};
    struct kp_batch papers = {0};
    size_t added = 0;
    struct fixture two;
    size_t partials = 0;
    start_world(&world, "revoked");
    whole_round(&world, 1);
    get_results(&world, 1, 1);
    fixture_make(&two, &(struct fixture_settings){.second_holder = true});
    put_partials(&world, &two, KP_PARTY_LEADER);
    put_partials(&world, &two, KP_PARTY_OPENER);
    CU_ASSERT_EQUAL(get_partials(&world, &partials), KP_OK);
    CU_ASSERT_EQUAL(partials, 1);
    fixture_decide(&world.play.fixture, world.play.fixture.agreement, 2, KP_DECISION_REVOKE,
                   FIXTURE_START + 5, &bytes);
    CU_ASSERT_EQUAL(kp_batch_add(&papers, bytes.data, bytes.size), KP_OK);
    CU_ASSERT_EQUAL(kp_coordinator_take_papers(world.c, &papers, true, &added, NULL), KP_OK);
    CU_ASSERT_EQUAL(added, 1);
    refuse_results(&world, 1, "revoked by m2");
    for (uint32_t round = 0; round < 2; round++) { /* all, and those of round 1 */
        const struct kp_wire_request verdicts = {.kind = KP_REQUEST_FETCH_VERDICTS, .round = round};
        get_refusal(&world, LEADER, &verdicts, KP_REFUSED, "revoked by m2");
    }
    CU_ASSERT_EQUAL(get_partials(&world, &partials), KP_REFUSED);
    fixture_free(&two);
    kp_batch_free(&papers);
    kp_buffer_free(&bytes);
    stop_world(&world);
}

static void watchers(void)
{
    struct world world;
    struct kp_buffer packed = {0};
    struct call calls[KP_WATCHERS_MAX];
    struct kp_wire_response response;
    struct kp_wire_request request = {.kind = KP_REQUEST_WATCH_ROUND, .wait_ms = 10000};
    start_world(&world, "watchers");
    get(&world, LEADER, &request, KP_RESPONSE_ROUND_STATE, &response); /* of an earlier process */
    CU_ASSERT_EQUAL(response.state.round, 0);
    CU_ASSERT_EQUAL(response.state.phase, KP_PHASE_IDLE);
    request.revision = response.state.revision;
    kp_wire_response_free(&response);
    for (size_t i = 0; i < 2; i++) {
        ask(&world, LEADER, &request, &calls[i]);
    }
    CU_ASSERT(!run(&world, calls, 1, 100));
    start_round(&world, 1);
    CU_ASSERT(run(&world, calls, 2, PATIENCE_MS)); /* both */
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(calls[i].response.kind, KP_RESPONSE_ROUND_STATE);
        CU_ASSERT_EQUAL(calls[i].response.state.round, 1);
        CU_ASSERT_EQUAL(calls[i].response.state.phase, KP_PHASE_HELLO1);
        CU_ASSERT(calls[i].response.state.revision != request.revision);
        CU_ASSERT_EQUAL(calls[i].response.state.member_count, MEMBERS);
        CU_ASSERT(calls[i].response.state.deadline > kp_clock_now());
        kp_wire_response_free(&calls[i].response);
    }
    get(&world, LEADER, &request, KP_RESPONSE_ROUND_STATE, &response); /* an old one: at once */
    request.revision = response.state.revision;
    kp_wire_response_free(&response);

    /* As many as there may be, and one more; what a member puts is news for all of them. */
    for (size_t i = 0; i < KP_WATCHERS_MAX; i++) {
        ask(&world, LEADER, &request, &calls[i]);
    }
    CU_ASSERT(!run(&world, calls, 1, 100));
    get_refusal(&world, LEADER, &request, KP_RETRY, "watch already");
    CU_ASSERT_FATAL(next_message(&world, 2, &packed));
    CU_ASSERT_EQUAL(put(&world, 2, &packed), KP_OK);
    CU_ASSERT(run(&world, calls, KP_WATCHERS_MAX, PATIENCE_MS));
    for (size_t i = 0; i < KP_WATCHERS_MAX; i++) {
        const struct kp_round_state *state = &calls[i].response.state;
        CU_ASSERT(state->members[1].done > 0 && state->members[0].done == 0);
        request.revision = state->revision;
        kp_wire_response_free(&calls[i].response);
    }
    /* Nothing happens: answered when its time is over. */
    request.wait_ms = 50;
    get(&world, LEADER, &request, KP_RESPONSE_ROUND_STATE, &response);
    CU_ASSERT_EQUAL(response.state.revision, request.revision);
    kp_wire_response_free(&response);
    kp_buffer_free(&packed);
    stop_world(&world);
}

/* From the first record on disk to COMPLETE nothing of a round is given out. */
static void partial_results_are_not_served(void)
{
    struct world world;
    start_world(&world, "partial");
    refuse_results(&world, 0, "no results yet");
    refuse_results(&world, 1, "did not complete");
    start_round(&world, 1);
    run_to(&world, KP_PHASE_MATCH);
    write_some_results(&world);
    refuse_results(&world, 0, "no results yet");
    refuse_results(&world, 1, "no results yet");
    complete_round(&world);
    get_results(&world, 0, 1);
    get_results(&world, 1, 1);
    restart(&world);
    get_results(&world, 0, 1);
    pki_clean(); /* the last test */
    stop_world(&world);
}

static void check_events(struct world *world, const enum kp_audit_event *expected, size_t count)
{
    static const enum kp_audit_event BESIDES[] = {0};
    struct kp_audit_entry events[64];
    size_t found = events_read(world->c->store, &world->c->signer,
                               world->play.fixture.agreement->coordinator_identity_key, events, 64);
    events_compare(events, found, expected, count, BESIDES);
}

static void what_is_done_is_logged(void)
{
    static const enum kp_audit_event EVENTS[] = {
        KP_AUDIT_STARTED,          KP_AUDIT_ROUND_STARTED,       KP_AUDIT_ROUND_RELEASED,
        KP_AUDIT_SUBMISSION_TAKEN, KP_AUDIT_SUBMISSION_TAKEN,    KP_AUDIT_SUBMISSION_TAKEN,
        KP_AUDIT_MATCHED,          KP_AUDIT_SUBMISSIONS_DELETED, KP_AUDIT_ROUND_STARTED,
        KP_AUDIT_STARTED,          KP_AUDIT_ATTEMPT_ENDED,
    };
    struct world world;
    struct kp_audit_entry events[64];
    start_world(&world, "logged");
    whole_round(&world, 1);
    check_events(&world, EVENTS, 8);
    start_round(&world, 2);
    restart(&world);
    check_events(&world, EVENTS, sizeof(EVENTS) / sizeof(EVENTS[0]));
    size_t found = events_read(world.c->store, &world.c->signer,
                               world.play.fixture.agreement->coordinator_identity_key, events, 64);
    CU_ASSERT(events[found - 1].reason == KP_ABORT_COORDINATOR && events[found - 1].counter == 2);
    CU_ASSERT(events[3].count == 4 && events[6].count == 2);
    stop_world(&world);
}

static void what_is_deleted_is_logged(void)
{
    struct world world;
    struct kp_audit_entry events[64];
    uint64_t count = 0, again = 0;
    start_world(&world, "deleted");
    whole_round(&world, 1);
    get_results(&world, 1, 1);
    CU_ASSERT_EQUAL(kp_coordinator_delete_rounds(world.c, &count, NULL), KP_OK);
    CU_ASSERT(count > 0);
    refuse_results(&world, 1, "were deleted");
    size_t found = events_read(world.c->store, &world.c->signer,
                               world.play.fixture.agreement->coordinator_identity_key, events, 64);
    CU_ASSERT(events[found - 1].event == KP_AUDIT_ROUNDS_DELETED &&
              events[found - 1].count == count);
    CU_ASSERT_EQUAL(kp_coordinator_delete_rounds(world.c, &again, NULL), KP_OK);
    CU_ASSERT_EQUAL(again, 0);
    CU_ASSERT_EQUAL(events_read(world.c->store, &world.c->signer,
                                world.play.fixture.agreement->coordinator_identity_key, events, 64),
                    found);
    stop_world(&world);
}

/* The disk takes no more: no round starts. */
static void what_cant_be_logged_isnt_done(void)
{
    const struct rlimit little = {8192, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
    static const enum kp_audit_event EVENTS[] = {KP_AUDIT_STARTED, KP_AUDIT_ROUND_STARTED};
    struct world world;
    uint32_t round = 0;
    signal(SIGXFSZ, SIG_IGN);
    start_world(&world, "unlogged");
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &little), 0);
    CU_ASSERT_EQUAL(kp_conduct_start(world.c, &round, &world.error), KP_FAILED);
    CU_ASSERT_PTR_NULL(world.c->attempt);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &all), 0);
    check_events(&world, EVENTS, 1);
    CU_ASSERT_EQUAL(waiting(&world, 1), 0);
    start_round(&world, 1);
    check_events(&world, EVENTS, 2);
    stop_world(&world);
}

static const struct unit_test TESTS[] = {
    {"what is done is logged", what_is_done_is_logged},
    {"what is deleted is logged", what_is_deleted_is_logged},
    {"what can't be logged isn't done", what_cant_be_logged_isnt_done},
    {"rounds one after the other", rounds_one_after_the_other},
    {"restart in every phase", restart_in_every_phase},
    {"ends in every phase", ends_in_every_phase},
    {"receipts", receipts},
    {"faults in the release", faults_in_the_release},
    {"silence in the release", silence_in_the_release},
    {"members hear the same whatever matched", members_hear_the_same_whatever_matched},
    {"the leader hears first", the_leader_hears_first},
    {"a restart tells", a_restart_tells},
    {"the store of the round fails", store_of_the_round_fails},
    {"second forms are refused", second_forms_are_refused},
    {"numbers of what is put", numbers_of_what_is_put},
    {"mail in order", mail_in_order},
    {"unknown mailboxes and wrong askers", unknown_mailboxes_and_wrong_askers},
    {"STARTs that come again", starts_that_come_again},
    {"STARTs that come too soon", starts_that_come_too_soon},
    {"no results after a revocation", no_results_after_a_revocation},
    {"watchers", watchers},
    {"partial results are not served", partial_results_are_not_served},
};

int main(void)
{
    kp_log_start("unit-coordinator", KP_LOG_ERROR, false);
    return unit_main("coordinator", TESTS, sizeof(TESTS) / sizeof(TESTS[0]));
}
