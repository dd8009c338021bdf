#include "tests/unit/stage.h"

#include "coordinator/database.h"
#include "coordinator/results.h"
#include "proto/record.h"
#include "proto/transcript.h"
#include "tests/unit/canary_make.h"
#include "tests/unit/scratch.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PHASE_MS 1000

bool (*stage_places)(uint32_t member, const struct kp_canary *canary);

/* ---- filling slots ---- */

static void address_of(const struct kp_agreement *agreement,
                       uint8_t address[static KP_ADDRESS_KEY_BYTES], uint32_t number)
{
    if (number == STAGE_NO_ADDRESS) {
        memset(address, 0xff, KP_ADDRESS_KEY_BYTES);
    } else if (number >= STAGE_CANARY) {
        memset(address, 0, KP_ADDRESS_KEY_BYTES);
        address[0] = KP_CANARY_KEY_FIRST;
        memcpy(address + 1, &number, sizeof(number));
    } else if (number >= STAGE_OTHER) {
        (agreement->key_scheme == KP_KEY_SCHEME_BAG ? fixture_address : fixture_object)(
            address, number - STAGE_OTHER);
    } else {
        fixture_key(agreement, address, number);
    }
}

static void fill_slot(const struct stage *stage, struct kp_slot_list *list, uint32_t slot,
                      uint32_t member, const uint32_t *number)
{
    const struct kp_agreement *agreement = stage->play.fixture.agreement;
    uint8_t *point = list->points + (size_t)slot * KP_POINT_BYTES;
    uint8_t *blinding = list->blindings + (size_t)slot * KP_SCALAR_BYTES;
    struct kp_leaf *leaf = &list->leaves[slot];
    kp_scalar_random(blinding);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(point, blinding, 1), KP_OK);
    if (number != NULL) {
        uint8_t input[KP_ELEMENT_INPUT_BYTES], own[KP_POINT_BYTES];
        address_of(agreement, leaf->address, *number);
        kp_element_input(input, agreement->lineage, leaf->address);
        CU_ASSERT_EQUAL_FATAL(kp_oprf_hash_to_group(own, KP_OPRF_MODE_OPRF, input, sizeof(input)),
                              KP_OK);
        CU_ASSERT_EQUAL_FATAL(kp_points_add(point, point, own, 1), KP_OK);
        leaf->indicators[0] = (uint8_t)(1u << (member % 3));
        randombytes_buf(leaf->grounds, sizeof(leaf->grounds));
        leaf->observed_on = 20240100 + member;
        list->is_signal[slot] = 1;
    }
    leaf->index = slot;
    memcpy(leaf->point, point, KP_POINT_BYTES);
}

static void start_member(struct stage *stage, uint32_t member, const struct stage_set *set)
{
    struct play *play = &stage->play;
    struct kp_slot_list list = {0};
    struct kp_round_settings settings = {
        .agreement = play->fixture.agreement,
        .own = member,
        .identity_secret = play->fixture.member[member - 1].identity_secret,
        .time = STAGE_TIME + stage->round * 1000u + member,
        .pieces = play_pieces(play, member),
        .folder = scratch_folder,
    };
    uint32_t slots = kp_agreement_member_slots(settings.agreement, member);
    CU_ASSERT_EQUAL_FATAL(kp_slot_list_new(&list, slots), KP_OK);
    CU_ASSERT_FATAL(set->count <= slots);
    struct kp_canary canaries[CANARY_MAKE_MAX];
    uint32_t made = canary_make(&play->fixture, member, stage->round, canaries);
    CU_ASSERT_FATAL(set->count + made <= slots);
    for (uint32_t i = 0; i < slots; i++) {
        fill_slot(stage, &list, (i + member) % slots, member,
                  i < set->count ? &set->numbers[i] : NULL);
    }
    for (uint32_t i = 0; i < made; i++) { /* what each one places, a test may decide */
        uint32_t slot = (set->count + i + member) % slots;
        canary_make_slot(&play->fixture, &list, slot, &canaries[i]);
        if (stage_places != NULL && !stage_places(member, &canaries[i])) {
            list.is_signal[slot] = 0;
        }
    }
    CU_ASSERT_EQUAL_FATAL(kp_round_new(&play->round[member - 1], &settings, play->attempt,
                                       stage->round,
                                       kp_agreement_round_type(settings.agreement, stage->round),
                                       &list, &play->error),
                          KP_OK);
}

/* ---- beginning and ending ---- */

static void open_store(struct stage *stage)
{
    static unsigned turn;
    uint8_t key[32];
    char path[160];
    snprintf(stage->folder, sizeof(stage->folder), "%s", scratch("stage"));
    snprintf(stage->folder + strlen(stage->folder), 16, "-%u", turn++);
    CU_ASSERT_FATAL(mkdir(stage->folder, 0700) == 0);
    snprintf(path, sizeof(path), "%s/store", stage->folder);
    randombytes_buf(key, sizeof(key));
    CU_ASSERT_EQUAL_FATAL(kp_coordinator_database_open(&stage->store, path, key, &stage->error),
                          KP_OK);
}

void stage_start(struct stage *stage, const struct fixture_settings *settings,
                 const struct stage_set *sets)
{
    memset(stage, 0, sizeof(*stage));
    fixture_make(&stage->play.fixture, settings);
    open_store(stage);
    stage_start_again(stage, 1, sets);
}

static void end_round(struct stage *stage)
{
    struct play *play = &stage->play;
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_round_free(play->round[i]);
        kp_release_free(play->release[i]);
        CU_ASSERT_EQUAL(kp_pieces_destroy(play->pieces[i], NULL), KP_OK);
        play->round[i] = NULL;
        play->release[i] = NULL;
        play->pieces[i] = NULL;
    }
    CU_ASSERT_EQUAL(kp_intake_destroy(stage->intake, NULL), KP_OK);
    stage->intake = NULL;
    kp_fault_free(&stage->fault);
    stage->faults = 0;
    kp_attempt_free(stage->attempt);
    stage->attempt = NULL;
}

void stage_start_again(struct stage *stage, uint32_t round, const struct stage_set *sets)
{
    struct play *play = &stage->play;
    end_round(stage);
    stage->round = round;
    stage->matches = stage->faults = stage->named = 0;
    play->counter = round;
    randombytes_buf(play->attempt, sizeof(play->attempt));
    CU_ASSERT_EQUAL_FATAL(kp_attempt_new(&stage->attempt, play->fixture.agreement, play->attempt,
                                         round, PHASE_MS, stage->now, &stage->error),
                          KP_OK);
    for (uint32_t i = 1; i <= play->fixture.agreement->member_count; i++) {
        start_member(stage, i, &sets[i - 1]);
    }
}

void stage_free(struct stage *stage)
{
    end_round(stage);
    kp_store_close(stage->store);
    play_free(&stage->play);
}

/* ---- what the coordinator does ---- */

static void deliver(struct stage *stage, const struct kp_round_message *message,
                    const struct kp_buffer *packed)
{
    struct kp_error error = {0};
    for (uint32_t to = 1; to <= stage->play.fixture.agreement->member_count; to++) {
        bool wanted = to != message->from || message->type == KP_MESSAGE_READY;
        if (wanted && (message->to == to || message->to == KP_PARTY_ALL) &&
            play_offer(&stage->play, to, packed, &error) != KP_OK && stage->play.refused++ == 0) {
            stage->play.error = error;
        }
    }
}

static enum kp_status keep(struct stage *stage, const struct kp_round_message *message,
                           const struct kp_buffer *packed, enum kp_relay what,
                           struct kp_error *error)
{
    kp_fault_free(&stage->fault);
    enum kp_status status = what == KP_RELAY_LEAVES
                                ? kp_intake_leaves(stage->intake, message, &stage->fault, error)
                                : kp_intake_entries(stage->intake, message, &stage->fault, error);
    if (status == KP_OK) {
        kp_attempt_kept(stage->attempt, message->from, what, packed->data, packed->size,
                        stage->now);
    } else if (stage->fault.kind != KP_FAULT_NONE) {
        kp_attempt_refuse(stage->attempt, message->from, stage->now);
        stage->faults++;
        stage->named |= 1u << (message->from - 1);
    }
    return status;
}

static void begin_intake(struct stage *stage)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/round", stage->folder);
    CU_ASSERT_EQUAL_FATAL(kp_intake_new(&stage->intake, path, stage->play.fixture.agreement,
                                        kp_attempt_transcript(stage->attempt), &stage->error),
                          KP_OK);
}

enum kp_status stage_put(struct stage *stage, uint32_t member, const struct kp_buffer *packed,
                         struct kp_error *error)
{
    struct kp_round_message message;
    enum kp_relay relay = KP_RELAY_NOTHING;
    struct kp_error local = {0};
    error = error != NULL ? error : &local;
    enum kp_status status = kp_round_message_unpack(&message, packed->data, packed->size, error);
    if (status == KP_OK) {
        status = kp_attempt_receive(stage->attempt, member, &message, packed->data, packed->size,
                                    stage->now, &relay, error);
    }
    if (status == KP_OK && relay == KP_RELAY_MEMBERS) {
        deliver(stage, &message, packed);
    } else if (status == KP_OK && relay != KP_RELAY_NOTHING) {
        status = keep(stage, &message, packed, relay, error);
    }
    kp_round_message_free(&message);
    if (status != KP_OK && stage->refused++ == 0) {
        stage->error = *error;
    }
    if (stage->intake == NULL && kp_attempt_phase(stage->attempt) == KP_PHASE_RELEASE) {
        begin_intake(stage);
    }
    return status;
}

/* ---- playing ---- */

static bool put_all(struct stage *stage, uint32_t member)
{
    struct kp_buffer packed = {0};
    bool moved = false;
    while (kp_round_next(stage->play.round[member - 1], &packed)) {
        (void)stage_put(stage, member, &packed, NULL);
        moved = true;
    }
    kp_buffer_free(&packed);
    return moved;
}

static bool work(struct stage *stage, uint32_t member)
{
    struct play *play = &stage->play;
    struct kp_round *round = play->round[member - 1];
    struct kp_error error = {0};
    bool more = false;
    uint32_t before = 0, after = 0, total = 0;
    kp_round_progress(round, &before, &total);
    if (kp_round_work(round, &more, &error) != KP_OK && play->refused++ == 0) {
        play->error = error;
    }
    kp_round_progress(round, &after, &total);
    if (play->release[member - 1] == NULL && kp_round_phase(round) == KP_PHASE_READY) {
        play->release[member - 1] = kp_round_take_release(round);
        CU_ASSERT_PTR_NOT_NULL_FATAL(play->release[member - 1]);
        if (!stage->holds_ready) {
            (void)stage_put(stage, member, &play->release[member - 1]->own_ready, NULL);
        }
        return true;
    }
    return more || before != after;
}

void stage_run(struct stage *stage)
{
    uint32_t members = stage->play.fixture.agreement->member_count;
    bool moved = true;
    while (moved) {
        moved = false;
        for (uint32_t i = 1; i <= members; i++) {
            moved = put_all(stage, i) || moved;
        }
        for (uint32_t i = 1; i <= members; i++) {
            moved = work(stage, i) || moved;
        }
    }
}

void stage_release_message(const struct stage *stage, uint32_t member, uint32_t number,
                           struct kp_buffer *packed)
{
    const struct fixture *fixture = &stage->play.fixture;
    struct kp_release *release = stage->play.release[member - 1];
    CU_ASSERT_PTR_NOT_NULL_FATAL(release);
    CU_ASSERT_EQUAL_FATAL(kp_release_message(release, fixture->agreement,
                                             fixture->member[member - 1].identity_secret, number,
                                             packed, NULL),
                          KP_OK);
}

void stage_submit(struct stage *stage)
{
    struct kp_buffer packed = {0};
    for (uint32_t i = 1; i <= stage->play.fixture.agreement->member_count; i++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(stage->play.release[i - 1]);
        uint32_t count = kp_release_message_count(stage->play.release[i - 1]);
        for (uint32_t number = 0; number < count; number++) {
            stage_release_message(stage, i, number, &packed);
            (void)stage_put(stage, i, &packed, NULL);
        }
    }
    kp_buffer_free(&packed);
}

/* Keeps the last one. */
static enum kp_status take_fault(void *context, struct kp_txn *txn, const struct kp_fault *fault,
                                 struct kp_error *error)
{
    (void)txn;
    (void)error;
    struct stage *stage = context;
    kp_fault_free(&stage->fault);
    stage->fault.kind = fault->kind;
    stage->fault.member = fault->member;
    stage->named |= 1u << (fault->member - 1);
    stage->fault.position = fault->position;
    for (uint32_t i = 0; i < fault->record_count; i++) {
        const struct kp_proof_record *from = &fault->records[i].record;
        struct kp_proof_record *to = kp_fault_add(&stage->fault, fault->records[i].member);
        to->position = from->position;
        CU_ASSERT_EQUAL(kp_buffer_set(&to->entry, from->entry.data, from->entry.size), KP_OK);
        CU_ASSERT_EQUAL(
            kp_buffer_set(&to->entry_path, from->entry_path.data, from->entry_path.size), KP_OK);
    }
    return KP_OK;
}

void stage_match(struct stage *stage)
{
    struct kp_match *match = NULL;
    enum kp_match_state state = KP_MATCH_GOES_ON;
    const struct kp_fault_sink sink = {take_fault, stage};
    const struct kp_match_settings settings = {.intake = stage->intake,
                                               .agreement = stage->play.fixture.agreement,
                                               .transcript = kp_attempt_transcript(stage->attempt),
                                               .round = stage->round,
                                               .results = stage->store,
                                               .sink = &sink};
    CU_ASSERT_EQUAL_FATAL(kp_attempt_phase(stage->attempt), KP_PHASE_MATCH);
    CU_ASSERT_EQUAL_FATAL(kp_match_new(&match, &settings, &stage->error), KP_OK);
    while (state != KP_MATCH_DONE) {
        CU_ASSERT_EQUAL_FATAL(kp_match_work(match, &state, &stage->error), KP_OK);
    }
    stage->matches = kp_match_count(match);
    stage->bucket = kp_match_bucket(match);
    stage->faults += kp_match_faults(match);
    kp_match_free(match);
    CU_ASSERT_EQUAL(kp_intake_destroy(stage->intake, NULL), KP_OK);
    stage->intake = NULL;
    kp_attempt_complete(stage->attempt);
    CU_ASSERT_EQUAL(kp_attempt_phase(stage->attempt), KP_PHASE_COMPLETE);
}

void stage_play(struct stage *stage)
{
    stage_run(stage);
    stage_submit(stage);
    stage_match(stage);
    if (stage->refused > 0 || stage->play.refused > 0) {
        fprintf(stderr, "refused: %s%s\n", stage->error.text, stage->play.error.text);
    }
    CU_ASSERT_EQUAL(stage->refused, 0);
    CU_ASSERT_EQUAL(stage->play.refused, 0);
}

/* ---- what the leader gets ---- */

static void take_item(struct stage_results *results, const struct kp_buffer *packed_key,
                      const struct kp_buffer *value)
{
    struct kp_result_key key;
    CU_ASSERT_EQUAL_FATAL(kp_result_key_unpack(&key, packed_key->data, packed_key->size, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL(key.round, results->round);
    if (key.kind == KP_RESULT_TRANSCRIPT) {
        CU_ASSERT_EQUAL_FATAL(results->transcript.member_count, 0);
        CU_ASSERT_EQUAL_FATAL(
            kp_result_transcript_unpack(&results->transcript, value->data, value->size, NULL),
            KP_OK);
    } else if (key.kind == KP_RESULT_LEAVES) {
        CU_ASSERT_FATAL(key.member >= 1 && key.member <= KP_MEMBERS_MAX);
        struct kp_buffer *leaves = &results->leaves[key.member - 1];
        CU_ASSERT_EQUAL(leaves->size, (size_t)key.index * KP_CHUNK_LEAVES * KP_DIGEST_BYTES);
        CU_ASSERT_EQUAL(kp_buffer_append(leaves, value->data, value->size), KP_OK);
    } else if (key.kind == KP_RESULT_GROUP) {
        CU_ASSERT_EQUAL(key.index, results->group_count);
        CU_ASSERT_FATAL(results->group_count < STAGE_GROUPS_MAX);
        CU_ASSERT_EQUAL_FATAL(kp_result_group_unpack(&results->groups[results->group_count++],
                                                     value->data, value->size, NULL),
                              KP_OK);
    }
}

void stage_results_read(struct stage_results *results, struct stage *stage, uint32_t round)
{
    struct kp_txn *txn = NULL;
    uint8_t after[KP_RESULT_KEY_MAX];
    size_t after_size = 0;
    bool end = false;
    memset(results, 0, sizeof(*results));
    results->round = round;
    results->groups = calloc(STAGE_GROUPS_MAX, sizeof(results->groups[0]));
    CU_ASSERT_PTR_NOT_NULL_FATAL(results->groups);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(stage->store, false, &txn, NULL), KP_OK);
    while (!end) {
        struct kp_batch items = {0};
        CU_ASSERT_EQUAL_FATAL(
            kp_results_page(txn, round, after, after_size, &items, &end, &stage->error), KP_OK);
        CU_ASSERT_FATAL(end || items.count >= 2);
        for (size_t i = 0; i + 1 < items.count; i += 2) {
            take_item(results, &items.items[i], &items.items[i + 1]);
            memcpy(after, items.items[i].data, items.items[i].size);
            after_size = items.items[i].size;
        }
        kp_batch_free(&items);
    }
    kp_store_abort(txn);
}

void stage_results_free(struct stage_results *results)
{
    kp_result_transcript_free(&results->transcript);
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&results->leaves[i]);
    }
    for (uint32_t i = 0; i < results->group_count; i++) {
        kp_result_group_free(&results->groups[i]);
    }
    free(results->groups);
}

enum kp_status stage_open_match(struct kp_opening *opening, const struct kp_result_group *group,
                                struct kp_opened_match *match, struct kp_error *error)
{
    enum kp_status status = kp_opening_check(opening, 1, group, match, error);
    if (status == KP_OK && !match->opens) {
        status = KP_REFUSED;
    }
    if (status == KP_OK) {
        status = kp_opening_partials(opening, match, error);
    }
    return status == KP_OK ? kp_opening_read(opening, match, error) : status;
}

enum kp_status stage_opening(struct kp_opening **opening, const struct stage *stage,
                             const struct stage_results *results, struct kp_error *error)
{
    return stage_opening_by(opening, stage, results, stage->play.fixture.opening_secret, error);
}

enum kp_status stage_opening_by(struct kp_opening **opening, const struct stage *stage,
                                const struct stage_results *results, const uint8_t *secret,
                                struct kp_error *error)
{
    const struct fixture *fixture = &stage->play.fixture;
    CU_ASSERT_EQUAL_FATAL(kp_opening_new(opening, fixture->agreement, secret, error), KP_OK);
    enum kp_status status =
        kp_opening_transcript(*opening, results->round, &results->transcript, error);
    for (uint32_t i = 0; status == KP_OK && i < fixture->agreement->member_count; i++) {
        const struct kp_buffer *leaves = &results->leaves[i];
        uint32_t chunk = 0;
        for (size_t at = 0; status == KP_OK && at < leaves->size; chunk++) {
            size_t size =
                (size_t)kp_chunk_items(fixture->agreement->slots, KP_CHUNK_LEAVES, chunk) *
                KP_DIGEST_BYTES;
            status = kp_opening_leaves(*opening, i + 1, chunk, leaves->data + at, size, error);
            at += size;
        }
    }
    return status;
}
