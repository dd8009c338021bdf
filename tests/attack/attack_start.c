/* START at a real node, with its store, its papers and its log: a coordinator that wants it to
 * begin what was not agreed to, or was over already. The node is member 1; what it wants to send
 * stays in its outbox, where the test looks for a first hello. */
#include "crypto/secret.h"
#include "node/node_internal.h"
#include "proto/key_file.h"
#include "tests/attack/attack.h"
#include "tests/attack/overhear.h"
#include "tests/unit/pki.h"
#include "tests/unit/play.h"
#include "tests/unit/scratch.h"

#include <sodium.h>

#define VICTIM 1u
#define THIRD 3u

struct door {
    struct play play; /* the other members, and what they sign */
    struct kp_node_config config;
    struct kp_loop *loop;
    struct kp_node *node;
    uint64_t sequence; /* of the last message in its mailbox */
};

/* ---- the node ---- */

static void write_key(const char *path, enum kp_key_kind kind, const uint8_t *secret)
{
    unlink(path);
    CU_ASSERT_EQUAL_FATAL(kp_key_write(path, kind, secret, NULL), KP_OK);
}

static void configure(struct door *door, const char *name)
{
    static const uint8_t store_key[32] = {2, 7, 1};
    const struct fixture *fixture = &door->play.fixture;
    struct kp_node_config *config = &door->config;
    char file[64];
    snprintf(file, sizeof(file), "%s.agreement", name);
    snprintf(config->name, sizeof(config->name), "m1");
    strcpy(config->agreement, scratch_write(file, fixture->bytes.data, fixture->bytes.size));
    memcpy(config->agreement_hash, fixture->agreement->hash, KP_DIGEST_BYTES);
    strcpy(config->data, scratch(name));
    strcpy(config->identity_key, scratch("identity.key"));
    strcpy(config->box_key, scratch("box.key"));
    strcpy(config->store_key, scratch("store.key"));
    strcpy(config->control, scratch("control"));
    strcpy(config->url, "inproc://nobody-listens");
    config->test_mode = true;
    config->longest_silence_seconds = 60;
    write_key(config->identity_key, KP_KEY_IDENTITY, fixture->member[VICTIM - 1].identity_seed);
    write_key(config->box_key, KP_KEY_BOX, fixture->member[VICTIM - 1].box_secret);
    write_key(config->store_key, KP_KEY_STORE, store_key);
    CU_ASSERT_EQUAL_FATAL(mkdir(config->data, 0700), 0);
}

static void open_node(struct door *door)
{
    struct kp_error error = {0};
    CU_ASSERT_EQUAL_FATAL(kp_loop_new(&door->loop, NULL), KP_OK);
    enum kp_status status = kp_node_new(&door->node, &door->config, door->loop, &error);
    if (status != KP_OK) {
        fprintf(stderr, "node: %s\n", error.text);
    }
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
}

static void close_node(struct door *door)
{
    kp_node_free(door->node);
    kp_loop_free(door->loop);
}

/* Papers from a person at the node. */
static void bring(struct door *door, struct kp_batch *papers)
{
    struct kp_error error = {0};
    struct overhear overhear;
    size_t added = 0;
    overhear_start(&overhear);
    (void)!kp_node_take_papers(door->node, papers, false, &added, &error);
    overhear_end(&overhear);
    kp_batch_free(papers);
}

static void bring_decision(struct door *door, const struct kp_agreement *version, uint32_t member,
                           enum kp_decision_kind kind)
{
    struct kp_batch papers = {0};
    struct kp_buffer bytes = {0};
    fixture_decide(&door->play.fixture, version, member, kind, FIXTURE_START + 1, &bytes);
    CU_ASSERT_EQUAL_FATAL(kp_batch_add(&papers, bytes.data, bytes.size), KP_OK);
    kp_buffer_free(&bytes);
    bring(door, &papers);
}

static struct door *start_with(const char *name, uint32_t accepted, uint32_t interval)
{
    struct pki_authority authority;
    struct overhear overhear;
    uint8_t fingerprint[32];
    struct door *door = calloc(1, sizeof(*door));
    CU_ASSERT_PTR_NOT_NULL_FATAL(door);
    pki_authority_new(&authority, name);
    pki_issue(&door->config.tls, &authority, name, "DNS:localhost", -PKI_DAY, PKI_DAY);
    pki_authority_free(&authority);
    CU_ASSERT_EQUAL_FATAL(kp_tls_fingerprint(fingerprint, door->config.tls.certificate, NULL),
                          KP_OK);
    play_start(&door->play,
               &(struct fixture_settings){
                   .slots = 4, .rounds = 3, .interval = interval, .tls_fingerprint = fingerprint});
    door->play.long_ago = true;
    configure(door, name);
    overhear_start(&overhear);
    open_node(door);
    overhear_end(&overhear);
    for (uint32_t i = 1; i <= accepted; i++) {
        bring_decision(door, door->play.fixture.agreement, i, KP_DECISION_ACCEPT);
    }
    return door;
}

/* A node that waits for START; the first `accepted` members have accepted. */
static struct door *start(const char *name, uint32_t accepted)
{
    return start_with(name, accepted, 0);
}

static bool end(struct door *door, bool succeeded)
{
    close_node(door);
    play_free(&door->play);
    free(door);
    return succeeded;
}

/* ---- the coordinator ---- */

static void give(struct door *door, const struct kp_round_message *message)
{
    struct kp_buffer packed = {0};
    struct kp_batch batch = {0};
    struct overhear overhear;
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(message, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_batch_add(&batch, packed.data, packed.size), KP_OK);
    overhear_start(&overhear);
    kp_node_deliver(door->node, ++door->sequence, &batch);
    while (kp_node_step(door->node)) { /* up to hello 1 */
    }
    overhear_end(&overhear);
    attack_told_words(door->node->state.last_error);
    kp_batch_free(&batch);
    kp_buffer_free(&packed);
}

static void sign_and_give(struct door *door, struct kp_round_message *message,
                          const uint8_t secret[static KP_SIGN_SECRET_BYTES])
{
    kp_round_message_sign(message, door->play.fixture.agreement->lineage, secret);
    give(door, message);
    kp_round_message_free(message);
}

/* START in attempt `id`, under this version, signed by whoever has this secret. */
static void give_start(struct door *door, uint8_t id, struct kp_start *begin,
                       const struct kp_agreement *version, const uint8_t *secret)
{
    struct kp_round_message message = {
        .type = KP_MESSAGE_START, .to = KP_PARTY_ALL, .attempt = {id}};
    if (begin->round_type == 0) {
        begin->round_type = KP_ROUND_MATCH;
    }
    begin->phase_seconds = 60;
    memcpy(begin->agreement, version->hash, KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_start_pack(begin, &message.body, NULL), KP_OK);
    sign_and_give(door, &message, secret);
}

static void give_plain_start(struct door *door, uint8_t id, uint64_t counter)
{
    struct kp_start begin = {.counter = counter};
    give_start(door, id, &begin, door->play.fixture.agreement,
               door->play.fixture.coordinator_secret);
}

static void give_abort(struct door *door, uint8_t id)
{
    const struct kp_abort abort = {.reason = KP_ABORT_DEADLINE, .phase = KP_PHASE_HELLO1};
    struct kp_round_message message = {
        .type = KP_MESSAGE_ABORT, .to = KP_PARTY_ALL, .attempt = {id}};
    CU_ASSERT_EQUAL_FATAL(kp_abort_pack(&abort, &message.body, NULL), KP_OK);
    sign_and_give(door, &message, door->play.fixture.coordinator_secret);
}

/* Whether the node has begun: its first hello is on its way. Takes out all that is. */
static bool begun(struct door *door)
{
    const struct kp_buffer *packed;
    bool found = false;
    while ((packed = kp_outbox_first(&door->node->outbox)) != NULL) {
        struct kp_round_message message;
        CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                              KP_OK);
        /* Or it asks for lists first, since it has none of these rounds. */
        found = found || message.type == KP_MESSAGE_HELLO1 || message.type == KP_MESSAGE_RECOVER;
        kp_round_message_free(&message);
        kp_outbox_pop(&door->node->outbox);
    }
    return found;
}

/* All members' READYs for a counter, from a round that is played beside the node. */
static void prove(struct door *door, uint64_t counter, struct kp_start *begin)
{
    play_again(&door->play, counter);
    play_run(&door->play);
    begin->counter = counter + 1;
    begin->release_proof_count = door->play.fixture.agreement->member_count;
    for (uint32_t i = 0; i < begin->release_proof_count; i++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(door->play.release[i]);
        begin->release_proof[i] = door->play.release[i]->own_ready; /* borrowed */
    }
}

/* ---- what is in force ---- */

bool attack_start_before_all_signed(void)
{
    struct door *door = start("half-signed", 2);
    give_plain_start(door, 1, 1);
    return end(door, begun(door));
}

/* The attempt is going on when the revocation comes. */
bool attack_round_after_revocation(void)
{
    struct door *door = start("revoked", 3);
    give_plain_start(door, 1, 1);
    CU_ASSERT(begun(door));
    bring_decision(door, door->play.fixture.agreement, THIRD, KP_DECISION_REVOKE);
    return end(door, door->node->state.in_attempt && door->node->round != NULL);
}

bool attack_start_of_another_agreement(void)
{
    struct door *door = start("another", 3);
    struct fixture other;
    struct kp_start begin = {.counter = 1};
    fixture_make(&other, &(struct fixture_settings){0});
    give_start(door, 1, &begin, other.agreement, door->play.fixture.coordinator_secret);
    fixture_free(&other);
    return end(door, begun(door));
}

/* A version 2, and all decisions about it. */
static void extend(struct door *door)
{
    struct kp_agreement *second = NULL;
    struct kp_batch papers = {0};
    struct kp_buffer bytes = {0};
    fixture_follow(door->play.fixture.agreement, NULL, &bytes);
    CU_ASSERT_EQUAL_FATAL(kp_agreement_parse(&second, bytes.data, bytes.size, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_batch_add(&papers, bytes.data, bytes.size), KP_OK);
    bring(door, &papers);
    for (uint32_t i = 1; i <= 3; i++) {
        bring_decision(door, second, i, KP_DECISION_ACCEPT);
    }
    kp_agreement_free(second);
    kp_buffer_free(&bytes);
}

/* A round of counts where the agreement has a match: tags come without anything that could be
 * opened or shown to be wrong, and the counter is gone. */
bool attack_count_that_was_not_agreed(void)
{
    struct door *door = start("count", 3);
    struct kp_start begin = {.counter = 1, .round_type = KP_ROUND_COUNT};
    give_start(door, 1, &begin, door->play.fixture.agreement,
               door->play.fixture.coordinator_secret);
    return end(door, begun(door));
}

bool attack_start_of_an_old_version(void)
{
    struct door *door = start("old-version", 3);
    extend(door);
    CU_ASSERT_EQUAL(door->node->agreement->version, 2);
    give_plain_start(door, 1, 1); /* names version 1 */
    return end(door, begun(door));
}

/* The extension comes while an attempt is going on, and the coordinator never lets the node become
 * idle: each START under version 1 takes the place of an attempt. */
bool attack_old_version_kept_alive(void)
{
    struct door *door = start("kept-alive", 3);
    give_plain_start(door, 1, 1);
    CU_ASSERT(begun(door));
    extend(door);
    give_plain_start(door, 2, 1);
    return end(door, begun(door));
}

/* ---- who begins, and how often ---- */

bool attack_start_of_somebody_else(void)
{
    struct door *door = start("somebody", 3);
    struct kp_start begin = {.counter = 1};
    give_start(door, 1, &begin, door->play.fixture.agreement,
               door->play.fixture.member[THIRD - 1].identity_secret);
    return end(door, begun(door));
}

bool attack_start_once_more(void)
{
    struct door *door = start("once-more", 3);
    give_plain_start(door, 1, 1);
    CU_ASSERT(begun(door));
    give_abort(door, 1);
    give_plain_start(door, 1, 1);
    return end(door, begun(door));
}

/* ---- counters ---- */

/* Round 1 was released; the node knows that by its own barrier. */
bool attack_start_of_a_released_counter(void)
{
    struct door *door = start("released", 3);
    give_plain_start(door, 1, 1);
    CU_ASSERT(begun(door));
    give_abort(door, 1);
    door->node->state.proven = 1;
    CU_ASSERT_EQUAL_FATAL(kp_node_save(door->node, NULL), KP_OK);
    give_plain_start(door, 2, 1);
    return end(door, begun(door));
}

bool attack_start_beyond_the_last_round(void)
{
    struct door *door = start("beyond", 3);
    struct kp_start begin = {0};
    prove(door, 1, &begin);
    prove(door, 2, &begin);
    prove(door, 3, &begin);
    give_start(door, 1, &begin, door->play.fixture.agreement,
               door->play.fixture.coordinator_secret);
    return end(door, begun(door));
}

/* The third member's READY isn't there. */
bool attack_member_left_out_of_release(void)
{
    struct door *door = start("left-out", 3);
    struct kp_start begin = {0};
    prove(door, 1, &begin);
    begin.release_proof_count--;
    give_start(door, 1, &begin, door->play.fixture.agreement,
               door->play.fixture.coordinator_secret);
    return end(door, begun(door));
}

/* It is, and another member signed it. */
bool attack_forged_release(void)
{
    struct door *door = start("forged", 3);
    struct kp_start begin = {0};
    struct kp_round_message message;
    struct kp_buffer packed = {0};
    prove(door, 1, &begin);
    const struct kp_buffer *ready = &begin.release_proof[THIRD - 1];
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, ready->data, ready->size, NULL), KP_OK);
    kp_round_message_sign(&message, door->play.fixture.agreement->lineage,
                          door->play.fixture.member[1].identity_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
    begin.release_proof[THIRD - 1] = packed;
    give_start(door, 1, &begin, door->play.fixture.agreement,
               door->play.fixture.coordinator_secret);
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
    return end(door, begun(door));
}

/* ---- the interval ---- */

/* The victim signed READY for round 1 just now. */
bool attack_start_too_soon(void)
{
    struct door *door = start_with("too-soon", 3, 86400); /* it can't pass while this runs */
    struct kp_start begin = {0};
    door->play.long_ago = false;
    prove(door, 1, &begin);
    give_start(door, 1, &begin, door->play.fixture.agreement,
               door->play.fixture.coordinator_secret);
    return end(door, begun(door));
}
