/* Letters and cases at a node's daemon (node/node_letters.h, node/node_cases.h), with the node's
 * own store, papers and log, and no connection: what is written once, what is taken once, and what
 * is refused. */
#include "crypto/secret.h"
#include "node/database.h"
#include "node/node_cases.h"
#include "node/node_internal.h"
#include "tests/unit/events.h"
#include "tests/unit/proof_make.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>

#define NODE 1u
static const uint8_t store_key[32] = {3};

static const uint32_t FIRST[] = {1, 3};
static const uint32_t SECOND[] = {1};
static const uint32_t THIRD[] = {5};
static const struct stage_set SETS[] = {{FIRST, 2}, {SECOND, 1}, {THIRD, 1}};

struct world {
    struct proof proof;
    const struct fixture *fixture;
    struct kp_buffer evidence;
    struct kp_node node;
    uint64_t number; /* of the last letter that came */
    struct kp_error error;
};

static void start_papers(struct world *world, const char *name)
{
    char file[64];
    struct kp_batch decisions = {0};
    size_t added = 0;
    snprintf(file, sizeof(file), "%s.agreement", name);
    const struct kp_buffer *bytes = &world->fixture->bytes;
    const struct kp_papers_settings settings = {.store = world->node.store,
                                                .table = KP_NODE_PAPERS,
                                                .agreement =
                                                    scratch_write(file, bytes->data, bytes->size),
                                                .pinned = world->fixture->agreement->hash,
                                                .test_mode = true,
                                                .signer = &world->node.signer};
    CU_ASSERT_EQUAL_FATAL(kp_papers_open(&world->node.papers, &settings, NULL), KP_OK);
    fixture_accept_all(world->fixture, &decisions);
    CU_ASSERT_EQUAL(kp_papers_take(world->node.papers, &decisions, false, &added, NULL), KP_OK);
    kp_batch_free(&decisions);
    world->node.agreement = kp_dossier_current(kp_papers_dossier(world->node.papers));
}

static void start(struct world *world, const char *name)
{
    struct kp_verify_export export = {0};
    struct kp_node *node = &world->node;
    memset(world, 0, sizeof(*world));
    proof_start(&world->proof, &(struct fixture_settings){.members = 3}, SETS);
    world->fixture = &world->proof.stage.play.fixture;
    proof_evidence(&world->proof, 0, &export);
    CU_ASSERT_EQUAL_FATAL(
        kp_export_write_bytes(&world->evidence, &export.header, export.items, export.count, NULL),
        KP_OK);
    kp_verify_export_free(&export);
    node->own = NODE;
    node->identity_secret = kp_secret_new(KP_SIGN_SECRET_BYTES);
    node->box_secret = kp_secret_new(KP_PAIR_SECRET_BYTES);
    memcpy(node->identity_secret, world->fixture->member[NODE - 1].identity_secret,
           KP_SIGN_SECRET_BYTES);
    memcpy(node->box_secret, world->fixture->member[NODE - 1].box_secret, KP_PAIR_SECRET_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&node->store, scratch(name), store_key, NULL),
                          KP_OK);
    node->agreement = world->fixture->agreement;
    kp_node_audit_open(node);
    start_papers(world, name);
}

static void stop(struct world *world)
{
    kp_papers_close(world->node.papers);
    kp_store_close(world->node.store);
    kp_secret_free(world->node.identity_secret);
    kp_secret_free(world->node.box_secret);
    kp_buffer_free(&world->evidence);
    proof_free(&world->proof);
}

static size_t count_events(struct world *world, enum kp_audit_event event)
{
    static struct kp_audit_entry events[64];
    size_t count = 0;
    size_t found =
        events_read(world->node.store, &world->node.signer,
                    world->fixture->agreement->members[NODE - 1].identity_key, events, 64);
    for (size_t i = 0; i < found; i++) {
        count += events[i].event == event;
    }
    return count;
}

/* A letter of `from`, signed with this key. */
static void make(const struct world *world, const struct kp_letter_draft *draft, uint32_t from,
                 const uint8_t *identity_secret, struct kp_buffer *packed)
{
    struct kp_letter letter;
    CU_ASSERT_EQUAL_FATAL(
        kp_letter_seal(&letter, draft, from, world->fixture->agreement, identity_secret, NULL),
        KP_OK);
    CU_ASSERT_EQUAL(kp_letter_pack(&letter, packed, NULL), KP_OK);
    kp_letter_free(&letter);
}

static void make_case(const struct world *world, const uint8_t *id, uint32_t to,
                      enum kp_case_question question, const struct kp_buffer *evidence,
                      const uint8_t *identity_secret, struct kp_buffer *packed)
{
    struct kp_case asked = {
        .question = question, .answer_by = kp_clock_now() / 1000 + 1000, .evidence = *evidence};
    struct kp_buffer plain = {0};
    memcpy(asked.id, id, sizeof(asked.id));
    CU_ASSERT_EQUAL(kp_case_pack(&asked, &plain, NULL), KP_OK);
    make(world,
         &(struct kp_letter_draft){.type = KP_LETTER_CASE,
                                   .to = to,
                                   .subject = id,
                                   .parts = 1,
                                   .plain = plain.data,
                                   .size = plain.size},
         KP_PARTY_LEADER, identity_secret, packed);
    kp_buffer_free(&plain);
}

static void make_closed(const struct world *world, const uint8_t *id, struct kp_buffer *packed)
{
    struct kp_case_closed closed = {.time = 1};
    struct kp_buffer plain = {0};
    memcpy(closed.id, id, sizeof(closed.id));
    CU_ASSERT_EQUAL(kp_case_closed_pack(&closed, &plain, NULL), KP_OK);
    make(world,
         &(struct kp_letter_draft){.type = KP_LETTER_CASE_CLOSED,
                                   .to = NODE,
                                   .subject = id,
                                   .parts = 1,
                                   .plain = plain.data,
                                   .size = plain.size},
         KP_PARTY_LEADER, world->fixture->leader_secret, packed);
    kp_buffer_free(&plain);
}

/* As it comes from the coordinator; whatever it is, the next one can come. */
static void come(struct world *world, const struct kp_buffer *packed)
{
    memset(&world->error, 0, sizeof(world->error));
    CU_ASSERT_EQUAL(kp_node_letters_take(&world->node, ++world->number, packed->data, packed->size,
                                         &world->error),
                    KP_OK);
}

static size_t cases_of(struct world *world)
{
    const struct kp_control_request asked = {.kind = KP_CONTROL_CASES};
    struct kp_control_response response = {0};
    CU_ASSERT_EQUAL(kp_node_serve_cases(&world->node, &asked, &response, NULL), KP_OK);
    size_t count = response.cases.count;
    kp_control_response_free(&response);
    return count;
}

static enum kp_status answer(struct world *world, const uint8_t *id, enum kp_answer given,
                             const char *reason)
{
    struct kp_control_request asked = {.kind = KP_CONTROL_ANSWER, .answer = given};
    struct kp_control_response response = {0};
    memcpy(asked.case_id, id, sizeof(asked.case_id));
    snprintf(asked.reason, sizeof(asked.reason), "%s", reason);
    enum kp_status status = kp_node_serve_answer(&world->node, &asked, &response, &world->error);
    kp_control_response_free(&response);
    return status;
}

static uint64_t waiting(struct world *world)
{
    uint64_t count = 0;
    CU_ASSERT_EQUAL(kp_node_letters_waiting(&world->node, &count, NULL), KP_OK);
    return count;
}

/* ---- What is written ---- */

static enum kp_status post(struct world *world, uint8_t about, uint32_t to, bool commit)
{
    const uint8_t subject[KP_LETTER_SUBJECT_BYTES] = {about};
    const struct kp_letter_draft draft = {.type = KP_LETTER_CANARY_NOTICE,
                                          .to = to,
                                          .subject = subject,
                                          .parts = 1,
                                          .plain = &about,
                                          .size = 1};
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(world->node.store, true, &txn, NULL), KP_OK);
    enum kp_status status = kp_node_letters_post(&world->node, txn, &draft, NULL);
    if (commit && status == KP_OK) {
        CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    } else {
        kp_store_abort(txn);
    }
    return status;
}

static void outbox(void)
{
    struct world world;
    start(&world, "outbox");
    CU_ASSERT_EQUAL(post(&world, 1, KP_PARTY_LEADER, false), KP_OK);
    CU_ASSERT_EQUAL(waiting(&world), 0); /* what it was to tell didn't happen */
    CU_ASSERT_EQUAL(post(&world, 1, KP_PARTY_LEADER, true), KP_OK);
    CU_ASSERT_EQUAL(post(&world, 1, KP_PARTY_LEADER, true), KP_OK);
    CU_ASSERT_EQUAL(waiting(&world), 1); /* once */
    CU_ASSERT_EQUAL(post(&world, 2, KP_PARTY_LEADER, true), KP_OK);
    CU_ASSERT_EQUAL(waiting(&world), 2);
    CU_ASSERT_EQUAL(post(&world, 3, 2, true), KP_USAGE); /* no notice goes to a member */
    CU_ASSERT_EQUAL(post(&world, 3, KP_PARTY_OPENER, true), KP_USAGE);
    CU_ASSERT_EQUAL(waiting(&world), 2);
    stop(&world);
}

/* ---- What comes ---- */

static void taken_once(void)
{
    static const uint8_t id[KP_CASE_ID_BYTES] = {1};
    struct world world;
    struct kp_buffer packed = {0}, other = {0};
    start(&world, "once");
    const uint8_t *leader = world.fixture->leader_secret;
    make_case(&world, id, NODE, KP_CASE_STILL_CURRENT, &world.evidence, leader, &packed);
    come(&world, &packed);
    CU_ASSERT_EQUAL(cases_of(&world), 1);
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_RECEIVED), 1);
    come(&world, &packed); /* another time, under another number */
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_RECEIVED), 1);
    CU_ASSERT_STRING_EQUAL(world.error.text, "");
    make_case(&world, id, NODE, KP_CASE_STILL_CURRENT, &world.evidence, leader, &other);
    come(&world, &other); /* other bytes about the same */
    CU_ASSERT_PTR_NOT_NULL(strstr(world.error.text, "another letter"));
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_RECEIVED), 1);
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_REFUSED), 0);
    kp_buffer_free(&packed);
    kp_buffer_free(&other);
    stop(&world);
}

static void not_taken(void)
{
    static const uint8_t id[KP_CASE_ID_BYTES] = {2};
    struct world world;
    struct kp_buffer packed = {0}, junk = {0};
    start(&world, "not-taken");
    const uint8_t *leader = world.fixture->leader_secret;
    make_case(&world, id, 2, KP_CASE_STILL_CURRENT, &world.evidence, leader, &packed);
    come(&world, &packed);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.error.text, "to party 2"));
    make_case(&world, id, NODE, KP_CASE_STILL_CURRENT, &world.evidence,
              world.fixture->member[1].identity_secret, &packed);
    come(&world, &packed);
    CU_ASSERT_PTR_NOT_NULL(strstr(world.error.text, "isn't signed"));
    CU_ASSERT_EQUAL(kp_buffer_set(&packed, "no letter", 9), KP_OK);
    come(&world, &packed);
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_REFUSED), 0); /* nobody's letters */
    CU_ASSERT_EQUAL(kp_buffer_set(&junk, "no evidence", 11), KP_OK);
    make_case(&world, id, NODE, KP_CASE_STILL_CURRENT, &junk, leader, &packed);
    come(&world, &packed);
    static const uint8_t other[KP_CASE_ID_BYTES] = {3};
    make_case(&world, other, NODE, KP_CASE_INTEREST, &world.evidence, leader, &packed);
    come(&world, &packed);
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_REFUSED), 2); /* the leader's */
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_RECEIVED), 0);
    CU_ASSERT_EQUAL(cases_of(&world), 0);
    CU_ASSERT_EQUAL(answer(&world, other, KP_ANSWER_INTEREST, ""), KP_REFUSED);
    CU_ASSERT_EQUAL(waiting(&world), 0); /* nothing is answered */
    kp_buffer_free(&packed);
    kp_buffer_free(&junk);
    stop(&world);
}

/* ---- Shown, answered, closed ---- */

static void check_shown(struct world *world, const uint8_t *id, bool closed)
{
    struct kp_control_request asked = {.kind = KP_CONTROL_CASES, .one_case = true};
    struct kp_control_response response = {0};
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    fixture_address(address, 1);
    memcpy(asked.case_id, id, sizeof(asked.case_id));
    CU_ASSERT_EQUAL(kp_node_serve_cases(&world->node, &asked, &response, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(response.cases.count, 1);
    const struct kp_control_case *shown = &response.cases.items[0];
    CU_ASSERT_EQUAL(shown->closed, closed);
    CU_ASSERT_EQUAL(shown->has_address, !closed);
    CU_ASSERT_EQUAL(shown->lines.count > 0, !closed);
    CU_ASSERT(closed || memcmp(shown->address, address, sizeof(address)) == 0);
    kp_control_response_free(&response);
}

static void a_case_goes_its_way(void)
{
    static const uint8_t id[KP_CASE_ID_BYTES] = {4};
    struct world world;
    struct kp_buffer packed = {0};
    start(&world, "way");
    make_closed(&world, id, &packed);
    come(&world, &packed); /* before there is a case */
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_CLOSED), 0);
    make_case(&world, id, NODE, KP_CASE_STILL_CURRENT, &world.evidence,
              world.fixture->leader_secret, &packed);
    come(&world, &packed);
    check_shown(&world, id, false);
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_SHOWN), 1);
    CU_ASSERT_EQUAL(answer(&world, id, KP_ANSWER_INTEREST, ""), KP_REFUSED);
    CU_ASSERT_EQUAL(answer(&world, id, KP_ANSWER_NOT_CURRENT, ""), KP_REFUSED);
    CU_ASSERT_EQUAL(waiting(&world), 0);
    CU_ASSERT_EQUAL(answer(&world, id, KP_ANSWER_CURRENT, ""), KP_OK);
    CU_ASSERT_EQUAL(answer(&world, id, KP_ANSWER_NOT_CURRENT, "moved away"), KP_OK);
    CU_ASSERT_EQUAL(waiting(&world), 2);
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_ANSWERED), 2);
    make_closed(&world, id, &packed);
    come(&world, &packed);
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_CLOSED), 1);
    check_shown(&world, id, true);
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_SHOWN), 1);
    CU_ASSERT_EQUAL(answer(&world, id, KP_ANSWER_CURRENT, ""), KP_REFUSED);
    CU_ASSERT_EQUAL(waiting(&world), 2);
    kp_buffer_free(&packed);
    stop(&world);
}

/* After a revocation nothing is taken, shown or answered. */
static void not_in_force(void)
{
    static const uint8_t id[KP_CASE_ID_BYTES] = {5}, later[KP_CASE_ID_BYTES] = {6};
    struct world world;
    struct kp_buffer packed = {0}, revocation = {0};
    struct kp_batch papers = {0};
    size_t added = 0;
    struct kp_control_request asked = {.kind = KP_CONTROL_CASES, .one_case = true};
    struct kp_control_response response = {0};
    start(&world, "revoked");
    make_case(&world, id, NODE, KP_CASE_STILL_CURRENT, &world.evidence,
              world.fixture->leader_secret, &packed);
    come(&world, &packed);
    fixture_decide(world.fixture, world.fixture->agreement, 2, KP_DECISION_REVOKE,
                   kp_clock_now() / 1000, &revocation);
    CU_ASSERT_EQUAL(kp_batch_add(&papers, revocation.data, revocation.size), KP_OK);
    CU_ASSERT_EQUAL(kp_papers_take(world.node.papers, &papers, false, &added, NULL), KP_OK);
    make_case(&world, later, NODE, KP_CASE_STILL_CURRENT, &world.evidence,
              world.fixture->leader_secret, &packed);
    come(&world, &packed);
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_RECEIVED), 1);
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_REFUSED), 1);
    memcpy(asked.case_id, id, sizeof(asked.case_id));
    CU_ASSERT_EQUAL(kp_node_serve_cases(&world.node, &asked, &response, NULL), KP_REFUSED);
    kp_control_response_free(&response);
    CU_ASSERT_EQUAL(count_events(&world, KP_AUDIT_CASE_SHOWN), 0);
    CU_ASSERT_EQUAL(answer(&world, id, KP_ANSWER_CURRENT, ""), KP_REFUSED);
    CU_ASSERT_EQUAL(waiting(&world), 0);
    kp_batch_free(&papers);
    kp_buffer_free(&revocation);
    kp_buffer_free(&packed);
    stop(&world);
}

static const struct unit_test TESTS[] = {
    {"the outbox", outbox},
    {"a letter is taken once", taken_once},
    {"what isn't taken", not_taken},
    {"a case goes its way", a_case_goes_its_way},
    {"nothing after a revocation", not_in_force},
};

UNIT_MAIN("node_letters", TESTS)
