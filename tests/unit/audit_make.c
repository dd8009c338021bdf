#include "tests/unit/audit_make.h"

#include "crypto/merkle.h"
#include "node/database.h"
#include "node/round_internal.h"
#include "node/slot_show.h"
#include "proto/slot_picks.h"
#include "proto/transcript.h"
#include "tests/unit/proof_make.h"
#include "tests/unit/scratch.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#define MEMBER 1u
#define REGISTERED 1709990000u /* before the round, whose HELLO 2 is of 1710000000 */

static const uint32_t contents[AUDIT_SIGNALS] = {PLAY_OF_ALL, PLAY_OF_TWO, PLAY_OF_ONE,
                                                 PLAY_WITHDRAWN};
static const uint32_t numbers[AUDIT_SIGNALS] = {1, 2, 100 + MEMBER, 1000};

/* ---- Signals and the log ---- */

static void make_signals(struct audit_scene *scene)
{
    for (size_t i = 0; i < AUDIT_SIGNALS; i++) {
        struct kp_kept_signal *kept = &scene->signals[i];
        fixture_address(kept->signal.address, numbers[i]);
        strcpy(kept->signal.indicator, "A");
        strcpy(kept->signal.grounds, "seen twice");
        kept->signal.observed_on = 20240101 + (uint32_t)i;
        kept->signal.registered_at = REGISTERED;
        memset(kept->salt, (int)i + 1, sizeof(kept->salt));
    }
}

/* The leaves say what the signals say. */
static void fill_leaves(struct audit_scene *scene)
{
    for (size_t i = 0; i < AUDIT_WITHDRAWN; i++) {
        uint32_t slot = play_slot(&scene->play, MEMBER, contents[i]);
        struct kp_leaf *leaf = &scene->play.lists[MEMBER - 1].leaves[slot];
        const struct kp_signals_on_address one = {.signals = &scene->signals[i], .count = 1};
        memset(leaf->indicators, 0, sizeof(leaf->indicators));
        leaf->indicators[0] = 1;
        leaf->observed_on = scene->signals[i].signal.observed_on;
        kp_signals_grounds_digest(leaf->grounds, &one);
    }
}

static void add_digest(struct kp_buffer *digests, const struct kp_kept_signal *kept)
{
    uint8_t digest[KP_DIGEST_BYTES];
    kp_signals_digest(digest, kept);
    CU_ASSERT_EQUAL_FATAL(kp_buffer_append(digests, digest, sizeof(digest)), KP_OK);
}

static void make_log(struct audit_scene *scene)
{
    static const enum kp_audit_event events[AUDIT_ENTRIES] = {
        KP_AUDIT_STARTED, KP_AUDIT_SIGNALS_IMPORTED, KP_AUDIT_HELLO1_SENT,
        KP_AUDIT_SIGNALS_WITHDRAWN};
    const struct kp_buffer *digests[AUDIT_ENTRIES] = {NULL, &scene->imported, NULL,
                                                      &scene->withdrawn};
    const struct fixture *fixture = &scene->play.fixture;
    struct kp_audit_head *head = &scene->play.log;
    for (size_t i = 0; i < AUDIT_ENTRIES; i++) {
        struct kp_audit_entry entry = {.sequence = i + 1,
                                       .time = (uint64_t)REGISTERED * 1000 + i,
                                       .party = MEMBER,
                                       .event = events[i],
                                       .counter = i == 2,
                                       .has_digest = digests[i] != NULL};
        memcpy(entry.lineage, fixture->agreement->lineage, KP_DIGEST_BYTES);
        memcpy(entry.previous, head->hash, KP_DIGEST_BYTES);
        if (digests[i] != NULL) {
            entry.count = digests[i]->size / KP_DIGEST_BYTES;
            kp_merkle_root(entry.digest, digests[i]->data, (size_t)entry.count);
        }
        CU_ASSERT_EQUAL_FATAL(
            kp_audit_entry_sign(&entry, fixture->member[MEMBER - 1].identity_secret, head->hash),
            KP_OK);
        CU_ASSERT_EQUAL_FATAL(kp_audit_entry_pack(&entry, &scene->entries[i], NULL), KP_OK);
        head->sequence = i + 1;
    }
}

/* ---- What is shown ---- */

static void note(struct kp_pick_noted *noted, const struct kp_buffer *digests, uint64_t sequence,
                 uint32_t index)
{
    uint32_t count = (uint32_t)(digests->size / KP_DIGEST_BYTES);
    if (index < count) {
        noted->sequence = sequence;
        noted->index = index;
        noted->count = count;
        noted->path_size = kp_merkle_path_length(index, count) * KP_DIGEST_BYTES;
        kp_merkle_path(noted->path, digests->data, count, index);
    }
}

static void show_signal(struct audit_scene *scene, size_t number)
{
    const struct kp_kept_signal *kept = &scene->signals[number];
    struct kp_pick *pick = audit_scene_pick(scene, contents[number]);
    struct kp_pick_signal *signal = &pick->signals[pick->signal_count++];
    strcpy(signal->indicator, kept->signal.indicator);
    strcpy(signal->grounds, kept->signal.grounds);
    signal->observed_on = kept->signal.observed_on;
    signal->registered_at = kept->signal.registered_at;
    memcpy(signal->salt, kept->salt, sizeof(signal->salt));
    note(&signal->registered, &scene->imported, 2, (uint32_t)number);
    pick->kind = KP_PICK_SIGNAL;
    if (number == AUDIT_WITHDRAWN) {
        pick->kind = KP_PICK_WITHDRAWN;
        memcpy(pick->address, kept->signal.address, sizeof(pick->address));
        note(&signal->withdrawn, &scene->withdrawn, 4, 0);
    }
}

static void show_slots(struct audit_scene *scene)
{
    static const uint8_t key[32] = {3, 3};
    struct kp_slot_keeping keeping;
    uint8_t y[AUDIT_SLOTS_OF_SCENE][KP_POINT_BYTES];
    struct kp_store *store = NULL;
    struct kp_slot_show *show = NULL;
    struct kp_txn *txn = NULL;
    kp_round_take_keeping(scene->play.round[MEMBER - 1], &keeping);
    CU_ASSERT_FATAL(kp_slot_keeping_has(&keeping));
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&store, scratch("audit"), key, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, false, &txn, NULL), KP_OK);
    const struct kp_slot_audit_source source = {.agreement = scene->play.fixture.agreement,
                                                .own = MEMBER,
                                                .release = scene->play.release[MEMBER - 1],
                                                .keeping = &keeping};
    CU_ASSERT_EQUAL_FATAL(kp_slot_show_new(&show, txn, &source, NULL), KP_OK);
    for (uint32_t i = 0; i < AUDIT_SLOTS_OF_SCENE; i++) {
        struct kp_made_slot made;
        CU_ASSERT_EQUAL_FATAL(kp_slot_keeping_made(&keeping, i, &made, NULL), KP_OK);
        memcpy(y[i], made.y, KP_POINT_BYTES);
        CU_ASSERT_EQUAL_FATAL(kp_slot_show(show, i, &scene->picks[i], NULL), KP_OK);
    }
    kp_slot_show_free(show);
    kp_store_abort(txn);
    kp_store_close(store);
    kp_slot_keeping_free(&keeping);
    for (size_t i = 0; i < AUDIT_SIGNALS; i++) {
        struct kp_pick *pick = audit_scene_pick(scene, contents[i]);
        if (i != AUDIT_WITHDRAWN) {
            memcpy(pick->y, y[pick->leaf.index], KP_POINT_BYTES); /* left out of what isn't one */
        }
        show_signal(scene, i);
    }
}

struct kp_pick *audit_scene_pick(struct audit_scene *scene, uint32_t what)
{
    return &scene->picks[play_slot(&scene->play, MEMBER, what)];
}

/* ---- The scene ---- */

static void add_papers(struct audit_scene *scene)
{
    const struct fixture *fixture = &scene->play.fixture;
    struct kp_buffer decision = {0};
    CU_ASSERT_EQUAL_FATAL(
        kp_verify_versions_add(&scene->versions, fixture->bytes.data, fixture->bytes.size, NULL),
        KP_OK);
    for (uint32_t i = 1; i <= fixture->agreement->member_count; i++) {
        fixture_decide(fixture, fixture->agreement, i, KP_DECISION_ACCEPT, FIXTURE_START,
                       &decision);
        CU_ASSERT_EQUAL_FATAL(
            kp_verify_versions_add(&scene->versions, decision.data, decision.size, NULL), KP_OK);
    }
    kp_buffer_free(&decision);
}

void audit_scene_start(struct audit_scene *scene, uint32_t picked, bool unlogged)
{
    memset(scene, 0, sizeof(*scene));
    play_start(&scene->play, &(struct fixture_settings){.members = 2,
                                                        .slots = AUDIT_SLOTS_OF_SCENE,
                                                        .audit_slots = picked});
    make_signals(scene);
    fill_leaves(scene);
    for (size_t i = 0; !unlogged && i < AUDIT_SIGNALS; i++) {
        add_digest(&scene->imported, &scene->signals[i]);
    }
    if (!unlogged) {
        add_digest(&scene->withdrawn, &scene->signals[AUDIT_WITHDRAWN]);
        make_log(scene);
    }
    play_again(&scene->play, 1); /* the same lists, with what was changed in them */
    play_run(&scene->play);
    CU_ASSERT_EQUAL_FATAL(scene->play.refused, 0);
    add_papers(scene);
    scene->complete.seed_count = scene->play.fixture.agreement->member_count;
    for (uint32_t i = 0; i < scene->complete.seed_count; i++) {
        memcpy(scene->complete.audit_seeds[i], scene->play.release[i]->audit_seed,
               KP_AUDIT_SEED_BYTES);
    }
    show_slots(scene);
}

void audit_scene_free(struct audit_scene *scene)
{
    for (uint32_t i = 0; i < AUDIT_SLOTS_OF_SCENE; i++) {
        kp_pick_free(&scene->picks[i]);
    }
    for (size_t i = 0; i < AUDIT_ENTRIES; i++) {
        kp_buffer_free(&scene->entries[i]);
    }
    kp_buffer_free(&scene->imported);
    kp_buffer_free(&scene->withdrawn);
    kp_verify_versions_free(&scene->versions);
    play_free(&scene->play);
}

/* ---- The file ---- */

static void add_complete(const struct audit_scene *scene, struct kp_verify_export *out)
{
    const struct fixture *fixture = &scene->play.fixture;
    struct kp_round_message message = {
        .type = KP_MESSAGE_COMPLETE, .from = KP_PARTY_COORDINATOR, .to = KP_PARTY_ALL};
    struct kp_buffer packed = {0};
    memcpy(message.attempt, scene->play.attempt, KP_ATTEMPT_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_complete_pack(&scene->complete, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, fixture->agreement->lineage, fixture->coordinator_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
    proof_add(out, KP_EXPORT_MESSAGE, 0, 0, packed.data, packed.size);
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
}

static void add_messages(const struct audit_scene *scene, struct kp_verify_export *out)
{
    const struct play *play = &scene->play;
    uint32_t members = play->fixture.agreement->member_count;
    for (uint32_t i = 0; i < members; i++) {
        proof_add(out, KP_EXPORT_HELLO1, i + 1, 0, play->hello1[i].data, play->hello1[i].size);
    }
    for (uint32_t i = 0; i < members; i++) {
        proof_add(out, KP_EXPORT_HELLO2, i + 1, 0, play->hello2[i].data, play->hello2[i].size);
    }
    for (uint32_t i = 0; i < members; i++) {
        const struct kp_buffer *ready = &play->release[i]->own_ready;
        proof_add(out, KP_EXPORT_READY, i + 1, 0, ready->data, ready->size);
    }
    proof_add(out, KP_EXPORT_LIST, MEMBER, 0, play->lists[MEMBER - 1].points,
              (size_t)AUDIT_SLOTS_OF_SCENE * KP_POINT_BYTES);
}

static uint32_t draw(const struct audit_scene *scene, uint32_t *picks)
{
    const struct play *play = &scene->play;
    const struct kp_agreement *agreement = play->fixture.agreement;
    uint8_t readys[KP_DIGEST_BYTES];
    kp_transcript_readys(readys, agreement->lineage, play->release[0]->ready,
                         agreement->member_count);
    const struct kp_slot_draw settings = {.round_id = play->round[0]->round_id,
                                          .readys = readys,
                                          .seeds = scene->complete.audit_seeds[0],
                                          .members = agreement->member_count,
                                          .slots = AUDIT_SLOTS_OF_SCENE,
                                          .wanted = agreement->audit_slots};
    return kp_slot_picks(picks, &settings, MEMBER);
}

/* The log is shown from the entry that the first of the signals stands in: for none, nothing. */
static bool shows_signals(const struct audit_scene *scene, const uint32_t *slots, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (scene->picks[slots[i]].signal_count > 0) {
            return true;
        }
    }
    return false;
}

void audit_scene_file(struct audit_scene *scene, const uint32_t *slots, uint32_t count,
                      struct kp_verify_export *out)
{
    uint32_t drawn[AUDIT_SLOTS_OF_SCENE];
    struct kp_buffer packed = {0};
    if (slots == NULL) {
        count = draw(scene, drawn);
        slots = drawn;
    }
    *out = (struct kp_verify_export){
        .header = {.kind = KP_EXPORT_AUDIT, .party = MEMBER, .counter = 1}};
    memcpy(out->header.lineage, scene->play.fixture.agreement->lineage, KP_DIGEST_BYTES);
    bool logged = shows_signals(scene, slots, count);
    for (uint32_t i = 1; logged && i < AUDIT_ENTRIES && scene->entries[i].size > 0; i++) {
        proof_add(out, KP_EXPORT_LOG_ENTRY, 0, i - 1, scene->entries[i].data,
                  scene->entries[i].size);
    }
    add_messages(scene, out);
    add_complete(scene, out);
    for (uint32_t i = 0; i < count; i++) {
        CU_ASSERT_EQUAL_FATAL(kp_pick_pack(&scene->picks[slots[i]], &packed, NULL), KP_OK);
        proof_add(out, KP_EXPORT_PICK, MEMBER, i, packed.data, packed.size);
    }
    kp_buffer_free(&packed);
}
