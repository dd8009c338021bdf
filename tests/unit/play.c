#include "tests/unit/play.h"

#include "node/list_check.h"
#include "node/quota.h"
#include "node/round_internal.h"
#include "node/slots.h"
#include "proto/loop.h"
#include "proto/record.h"
#include "proto/sorter.h"
#include "tests/unit/scratch.h"

#include <CUnit/CUnit.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t play_slot(const struct play *play, uint32_t member, uint32_t what)
{
    return (what + member) % play->fixture.agreement->slots;
}

/* The number of the address, or 0 for padding. */
static uint32_t address_of(uint32_t member, uint32_t what)
{
    switch (what) {
    case PLAY_OF_ALL:
        return 1;
    case PLAY_OF_TWO:
        return member <= 2 ? 2 : 0;
    case PLAY_OF_ONE:
        return 100 + member;
    case PLAY_WITHDRAWN:
        return 1000;
    default:
        return 0;
    }
}

static void fill_slot(struct play *play, struct kp_slot_list *list, uint32_t member, uint32_t what)
{
    const struct kp_agreement *agreement = play->fixture.agreement;
    uint32_t slot = play_slot(play, member, what), number = address_of(member, what);
    uint8_t *point = list->points + (size_t)slot * KP_POINT_BYTES;
    uint8_t *blinding = list->blindings + (size_t)slot * KP_SCALAR_BYTES;
    struct kp_leaf *leaf = &list->leaves[slot];
    kp_scalar_random(blinding);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(point, blinding, 1), KP_OK);
    if (number != 0) {
        uint8_t address[KP_ADDRESS_KEY_BYTES], input[KP_ELEMENT_INPUT_BYTES], own[KP_POINT_BYTES];
        fixture_address(address, number);
        kp_element_input(input, agreement->lineage, address);
        CU_ASSERT_EQUAL_FATAL(kp_oprf_hash_to_group(own, KP_OPRF_MODE_OPRF, input, sizeof(input)),
                              KP_OK);
        CU_ASSERT_EQUAL_FATAL(kp_points_add(point, point, own, 1), KP_OK);
        if (what != PLAY_WITHDRAWN) {
            memcpy(leaf->address, address, sizeof(address));
            leaf->indicators[0] = (uint8_t)(1u << (member % 3));
            randombytes_buf(leaf->grounds, sizeof(leaf->grounds));
            leaf->observed_on = 20240100 + member;
            list->is_signal[slot] = 1;
        }
    }
    leaf->index = slot;
    memcpy(leaf->point, point, KP_POINT_BYTES);
}

/* ---- lists over the rounds ---- */

static void copy_list(struct kp_slot_list *to, const struct kp_slot_list *from)
{
    CU_ASSERT_EQUAL_FATAL(kp_slot_list_new(to, from->count), KP_OK);
    memcpy(to->points, from->points, (size_t)from->count * KP_POINT_BYTES);
    memcpy(to->blindings, from->blindings, (size_t)from->count * KP_SCALAR_BYTES);
    memcpy(to->is_signal, from->is_signal, from->count);
    memcpy(to->canary, from->canary, from->count * sizeof(from->canary[0]));
    memcpy(to->leaves, from->leaves, from->count * sizeof(from->leaves[0]));
}

/* The member's list for play->counter. */
static void fix_list(struct play *play, uint32_t member)
{
    const struct kp_agreement *agreement = play->fixture.agreement;
    struct kp_slot_list *list = &play->lists[member - 1];
    if (play->counter == play->fixed) {
        return;
    }
    bool next = list->points != NULL && play->counter == play->fixed + 1;
    if (!next) {
        kp_slot_list_free(list);
        CU_ASSERT_EQUAL_FATAL(kp_slot_list_new(list, kp_agreement_member_slots(agreement, member)),
                              KP_OK);
    }
    for (uint32_t what = 0; what < list->count; what++) {
        if (!next || kp_slots_due(agreement, play->counter, play_slot(play, member, what))) {
            fill_slot(play, list, member, what);
        }
    }
}

enum kp_status play_read(void *context, uint32_t part, uint8_t *chunk, struct kp_error *error)
{
    const struct play_points *list = context;
    size_t first = (size_t)part * KP_CHUNK_POINTS;
    (void)error;
    memcpy(chunk, list->points + first * KP_POINT_BYTES,
           (size_t)kp_chunk_items(list->count, KP_CHUNK_POINTS, part) * KP_POINT_BYTES);
    return KP_OK;
}

enum kp_status play_charge(struct kp_store *store, const struct kp_agreement *agreement,
                           uint32_t own, const struct kp_round_list *list, uint64_t *charged,
                           uint32_t *changed, struct kp_error *error)
{
    struct kp_quota_charge *charge = NULL;
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_quota_judge(&charge, store, agreement, own, list, "/tmp", error);
    if (status == KP_OK) {
        status = kp_store_begin(store, true, &txn, error);
    }
    if (status == KP_OK) {
        status = kp_quota_count(charge, txn, charged, changed, error);
    }
    kp_quota_charge_free(charge);
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

/* All of a list in memory; freed with free. */
static uint8_t *read_all(const struct kp_round_list *list)
{
    uint8_t *points = malloc((size_t)list->count * KP_POINT_BYTES + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(points);
    for (uint32_t part = 0; part < kp_chunk_count(list->count, KP_CHUNK_POINTS); part++) {
        CU_ASSERT_EQUAL_FATAL(list->read(list->context, part,
                                         points + (size_t)part * KP_CHUNK_POINTS * KP_POINT_BYTES,
                                         NULL),
                              KP_OK);
    }
    return points;
}

static enum kp_status check_duplicates(const uint8_t *points, const struct kp_round_list *list,
                                       struct kp_error *error)
{
    struct kp_sorter *sorter = NULL;
    enum kp_status status =
        kp_sorter_new(&sorter, "/tmp", kp_sorter_memory(list->count, KP_POINT_BYTES), true, error);
    for (uint32_t i = 0; status == KP_OK && i < list->count; i++) {
        status = kp_sorter_add(sorter, points + (size_t)i * KP_POINT_BYTES, KP_POINT_BYTES, error);
    }
    if (status == KP_OK) {
        status = kp_sorter_sort(sorter, error);
    }
    if (status == KP_OK) {
        status = kp_check_list_duplicates(sorter, list->member, error);
    }
    kp_sorter_free(sorter);
    return status;
}

static enum kp_status charge(void *context, const struct kp_round_list *list, uint64_t *charged,
                             struct kp_error *error)
{
    const struct play_member *member = context;
    const struct kp_agreement *agreement = member->play->fixture.agreement;
    struct play_quota *quota = &member->play->quotas[member->number - 1][list->member - 1];
    uint8_t *points = read_all(list);
    enum kp_status status = check_duplicates(points, list, error);
    uint32_t changed = list->count;
    bool judged = quota->points != NULL && list->counter <= quota->counter + 1;
    if (status == KP_OK && judged) {
        status = list->counter == quota->counter
                     ? kp_check_list_retry(quota->points, points, list->count, list->member, error)
                     : kp_check_list_due(agreement, list->counter, quota->points, points, 0,
                                         list->count, list->member, error);
        changed = kp_list_changes(quota->points, points, list->count);
    }
    if (status != KP_OK) {
        free(points);
        return status;
    }
    free(quota->points);
    quota->points = points;
    quota->counter = list->counter;
    quota->charged += changed;
    *charged = quota->charged;
    return KP_OK;
}

/* ---- starting and ending ---- */

struct kp_pieces *play_pieces(struct play *play, uint32_t member)
{
    static unsigned turn;
    char name[32];
    snprintf(name, sizeof(name), "round-%u", turn++);
    CU_ASSERT_EQUAL_FATAL(kp_pieces_new(&play->pieces[member - 1], scratch(name), KP_ROUND_FILES,
                                        KP_PIECES_CACHED, &play->error),
                          KP_OK);
    return play->pieces[member - 1];
}

static void start_member(struct play *play, uint32_t member)
{
    struct kp_slot_list list = {0};
    play->members[member - 1] = (struct play_member){play, member};
    struct kp_round_settings settings = {
        .agreement = play->fixture.agreement,
        .own = member,
        .identity_secret = play->fixture.member[member - 1].identity_secret,
        .time = 1710000000000 + member, /* in the term */
        .charge = charge,
        .charge_context = &play->members[member - 1],
        .log = member == 1 ? play->log : (struct kp_audit_head){0},
        .pieces = play_pieces(play, member),
        .folder = scratch_folder,
    };
    fix_list(play, member);
    copy_list(&list, &play->lists[member - 1]);
    CU_ASSERT_EQUAL_FATAL(kp_round_new(&play->round[member - 1], &settings, play->attempt,
                                       play->counter, KP_ROUND_MATCH, &list, &play->error),
                          KP_OK);
    CU_ASSERT_PTR_NULL(list.points); /* taken over */
    kp_round_tell_time(play->round[member - 1], play->long_ago ? settings.time : kp_clock_now());
}

static void start_all(struct play *play, const uint8_t attempt[static KP_ATTEMPT_BYTES],
                      uint64_t counter)
{
    memcpy(play->attempt, attempt, sizeof(play->attempt));
    play->counter = counter;
    for (uint32_t i = 1; i <= play->fixture.agreement->member_count; i++) {
        start_member(play, i);
    }
    play->fixed = counter;
}

static void free_all(struct play *play)
{
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_round_free(play->round[i]);
        kp_release_free(play->release[i]);
        CU_ASSERT_EQUAL(kp_pieces_destroy(play->pieces[i], NULL), KP_OK);
        kp_buffer_free(&play->hello1[i]);
        kp_buffer_free(&play->hello2[i]);
    }
}

void play_start(struct play *play, const struct fixture_settings *settings)
{
    memset(play, 0, sizeof(*play));
    fixture_make(&play->fixture, settings);
    play->quotas = calloc(KP_MEMBERS_MAX, sizeof(play->quotas[0]));
    CU_ASSERT_PTR_NOT_NULL_FATAL(play->quotas);
    uint8_t attempt[KP_ATTEMPT_BYTES];
    randombytes_buf(attempt, sizeof(attempt));
    start_all(play, attempt, 1);
}

void play_again(struct play *play, uint64_t counter)
{
    uint8_t attempt[KP_ATTEMPT_BYTES];
    randombytes_buf(attempt, sizeof(attempt));
    play_join(play, attempt, counter);
}

void play_join(struct play *play, const uint8_t attempt[static KP_ATTEMPT_BYTES], uint64_t counter)
{
    struct play next = {.fixture = play->fixture,
                        .long_ago = play->long_ago,
                        .log = play->log,
                        .fixed = play->fixed,
                        .quotas = play->quotas,
                        .before = play->before,
                        .after = play->after};
    memcpy(next.lists, play->lists, sizeof(next.lists));
    free_all(play);
    *play = next;
    start_all(play, attempt, counter);
}

void play_free(struct play *play)
{
    free_all(play);
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_slot_list_free(&play->lists[i]);
        for (uint32_t j = 0; play->quotas != NULL && j < KP_MEMBERS_MAX; j++) {
            free(play->quotas[i][j].points);
        }
    }
    free(play->quotas);
    play->quotas = NULL;
    fixture_free(&play->fixture);
}

enum kp_status play_offer(struct play *play, uint32_t to, const struct kp_buffer *packed,
                          struct kp_error *error)
{
    struct kp_round_message message;
    enum kp_status status = kp_round_message_unpack(&message, packed->data, packed->size, error);
    if (status == KP_OK && play->release[to - 1] != NULL) {
        status = kp_release_add_ready(play->release[to - 1], play->fixture.agreement, message.from,
                                      packed->data, packed->size, error);
    } else if (status == KP_OK) {
        status = kp_round_receive(play->round[to - 1], &message, packed->data, packed->size, error);
    }
    kp_round_message_free(&message);
    return status;
}

static void deliver(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    struct kp_error error = {0};
    if (play->before != NULL) {
        play->before(play, to, packed);
    }
    if (play_offer(play, to, packed, &error) != KP_OK && play->refused++ == 0) {
        play->error = error;
    }
    if (play->after != NULL) {
        play->after(play, to, packed);
    }
}

/* What the coordinator does: keeps what concerns it, hands on the rest. */
static void relay(struct play *play, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    if (message.type == KP_MESSAGE_HELLO1) {
        (void)!kp_buffer_set(&play->hello1[message.from - 1], packed->data, packed->size);
    } else if (message.type == KP_MESSAGE_HELLO2) {
        (void)!kp_buffer_set(&play->hello2[message.from - 1], packed->data, packed->size);
    }
    if (message.to == KP_PARTY_COORDINATOR && play->told_by == 0) {
        const struct kp_agreement *agreement = play->fixture.agreement;
        CU_ASSERT_EQUAL(message.type, KP_MESSAGE_ABORT);
        CU_ASSERT_EQUAL(kp_round_message_check(&message, agreement->lineage,
                                               agreement->members[message.from - 1].identity_key,
                                               NULL),
                        KP_OK);
        CU_ASSERT_EQUAL(kp_abort_unpack(&play->told, &message.body, NULL), KP_OK);
        play->told_by = message.from;
    }
    for (uint32_t to = 1; to <= play->fixture.agreement->member_count; to++) {
        bool wanted = to != message.from || message.type == KP_MESSAGE_READY;
        if (wanted && (message.to == to || message.to == KP_PARTY_ALL)) {
            deliver(play, to, packed);
        }
    }
    kp_round_message_free(&message);
}

void play_relay(struct play *play)
{
    struct kp_buffer packed = {0};
    bool moved = true;
    while (moved) {
        moved = false;
        for (uint32_t i = 0; i < play->fixture.agreement->member_count; i++) {
            while (kp_round_next(play->round[i], &packed)) {
                relay(play, &packed);
                moved = true;
            }
        }
    }
    kp_buffer_free(&packed);
}

static void sum_keys(struct play *play)
{
    for (uint32_t i = 0; i < play->fixture.agreement->member_count; i++) {
        if (kp_round_phase(play->round[i]) != KP_PHASE_EVALUATE) {
            return;
        }
    }
    memset(play->key_sum, 0, sizeof(play->key_sum));
    for (uint32_t i = 0; i < play->fixture.agreement->member_count; i++) {
        crypto_core_ristretto255_scalar_add(play->key_sum, play->key_sum,
                                            play->round[i]->secrets->key);
    }
    play->has_key_sum = true;
}

/* A member that has become READY gives out its own READY. */
static bool take_release(struct play *play, uint32_t member)
{
    if (play->release[member - 1] != NULL ||
        kp_round_phase(play->round[member - 1]) != KP_PHASE_READY) {
        return false;
    }
    struct kp_release *release = kp_round_take_release(play->round[member - 1]);
    CU_ASSERT_PTR_NOT_NULL_FATAL(release);
    CU_ASSERT_PTR_NULL(kp_round_take_release(play->round[member - 1]));
    play->release[member - 1] = release;
    relay(play, &release->own_ready);
    return true;
}

void play_run(struct play *play)
{
    bool moved = true;
    while (moved) {
        moved = false;
        play_relay(play);
        if (!play->has_key_sum) {
            sum_keys(play);
        }
        for (uint32_t i = 1; i <= play->fixture.agreement->member_count; i++) {
            bool more = false;
            struct kp_error error = {0};
            uint32_t before = 0, after = 0, total = 0;
            kp_round_progress(play->round[i - 1], &before, &total);
            if (kp_round_work(play->round[i - 1], &more, &error) != KP_OK && play->refused++ == 0) {
                play->error = error;
            }
            kp_round_progress(play->round[i - 1], &after, &total);
            moved = take_release(play, i) || more || before != after || moved;
        }
    }
    play_relay(play);
}
