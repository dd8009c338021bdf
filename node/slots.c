#include "node/slots.h"

#include "crypto/group.h"
#include "crypto/oprf.h"
#include "crypto/secret.h"
#include "node/canaries.h"
#include "node/database.h"
#include "node/slot_candidates.h"
#include "node/state.h"
#include "node/withdrawn.h"
#include "proto/record.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* The turns of `rounds` counters in a row, from the given one (2 or more) on, lie side by side. */
static bool in_turns(const struct kp_agreement *agreement, uint64_t counter, uint64_t rounds,
                     uint32_t index)
{
    uint64_t slots = agreement->slots;
    uint64_t start = (counter - 2) % slots * agreement->rotation % slots;
    return rounds >= slots || (index + slots - start) % slots < rounds * agreement->rotation;
}

bool kp_slots_due(const struct kp_agreement *agreement, uint64_t counter, uint32_t index)
{
    return counter <= 1 || in_turns(agreement, counter, 1, index);
}

/* ---- A slot as it is kept: write and read ---- */

enum slot_kind { SLOT_PADDING = 0, SLOT_SIGNAL = 1, SLOT_LOST = 2 };

struct slot {
    enum slot_kind kind;
    uint8_t blind[KP_STORE_BLIND_BYTES]; /* of the address; zeros in padding */
    uint8_t blinding[KP_SCALAR_BYTES];
    uint8_t point[KP_POINT_BYTES];
};

#define SLOT_VERSION 1u
#define SLOT_BYTES (2 + KP_STORE_BLIND_BYTES + KP_SCALAR_BYTES + KP_POINT_BYTES)
#define SLOT_KEY_BYTES (KP_DIGEST_BYTES + 4)

static void make_key(uint8_t key[static SLOT_KEY_BYTES], const uint8_t *lineage, uint32_t index)
{
    memcpy(key, lineage, KP_DIGEST_BYTES);
    for (size_t i = 0; i < 4; i++) {
        key[KP_DIGEST_BYTES + i] = (uint8_t)(index >> (24 - 8 * i));
    }
}

static enum kp_status write_slot(struct kp_txn *txn, const uint8_t *lineage, uint32_t index,
                                 const struct slot *slot, struct kp_error *error)
{
    uint8_t key[SLOT_KEY_BYTES], value[SLOT_BYTES];
    uint8_t *at = value;
    *at++ = SLOT_VERSION;
    *at++ = (uint8_t)slot->kind;
    memcpy(at, slot->blind, KP_STORE_BLIND_BYTES);
    memcpy(at + KP_STORE_BLIND_BYTES, slot->blinding, KP_SCALAR_BYTES);
    memcpy(at + KP_STORE_BLIND_BYTES + KP_SCALAR_BYTES, slot->point, KP_POINT_BYTES);
    make_key(key, lineage, index);
    enum kp_status status =
        kp_store_put(txn, KP_NODE_SLOTS, key, sizeof(key), value, sizeof(value), error);
    kp_wipe(value, sizeof(value));
    return status;
}

static enum kp_status read_slot(struct kp_txn *txn, const uint8_t *lineage, uint32_t index,
                                struct slot *slot, struct kp_buffer *value, bool *found,
                                struct kp_error *error)
{
    uint8_t key[SLOT_KEY_BYTES];
    make_key(key, lineage, index);
    enum kp_status status = kp_store_get(txn, KP_NODE_SLOTS, key, sizeof(key), value, found, error);
    if (status != KP_OK || !*found) {
        return status;
    }
    if (value->size != SLOT_BYTES || value->data[0] != SLOT_VERSION || value->data[1] > SLOT_LOST) {
        return kp_fail(error, KP_REFUSED,
                       "slot %u in the database can't be read by this version of Kruispunt", index);
    }
    const uint8_t *at = value->data + 2;
    slot->kind = (enum slot_kind)value->data[1];
    memcpy(slot->blind, at, KP_STORE_BLIND_BYTES);
    memcpy(slot->blinding, at + KP_STORE_BLIND_BYTES, KP_SCALAR_BYTES);
    memcpy(slot->point, at + KP_STORE_BLIND_BYTES + KP_SCALAR_BYTES, KP_POINT_BYTES);
    return KP_OK;
}

/* ---- Preparing ---- */

/* A list while it is made. */
struct preparing {
    struct kp_txn *txn;
    const struct kp_agreement *agreement;
    uint32_t count;   /* how many slots there are; none on request */
    uint64_t fixed;   /* the counter whose list is in the store; 0: none */
    uint64_t counter; /* the one that is wanted */
    struct kp_candidates candidates;
    struct slot *slots; /* bulk */
    uint32_t *due;      /* indices whose turn has come, in random order */
    uint32_t due_count;
    struct kp_candidate **staying; /* of the due slots, still live */
    uint32_t staying_count;
    struct kp_withdrawn_set withdrawn; /* those that a slot goes on holding stay */
};

/* In any of the rounds since the list in the store: one that others released without this member
 * was a turn too. */
static bool is_due(const struct preparing *preparing, uint32_t index)
{
    if (preparing->fixed == 0) {
        return true;
    }
    uint64_t rounds = preparing->counter - preparing->fixed;
    return rounds > 0 && in_turns(preparing->agreement, preparing->fixed + 1, rounds, index);
}

/* Reads one slot and tells whether its turn has come; what a slot holds is placed, unless it moves
 * with the turn. */
static enum kp_status take_slot(struct preparing *preparing, uint32_t index,
                                struct kp_buffer *value, struct kp_error *error)
{
    struct slot *slot = &preparing->slots[index];
    bool found = false;
    enum kp_status status =
        read_slot(preparing->txn, preparing->agreement->lineage, index, slot, value, &found, error);
    if (status != KP_OK) {
        return status;
    }
    bool due = is_due(preparing, index);
    if (!found && !due) {
        return kp_fail(error, KP_REFUSED, "slot %u is missing in the database", index);
    }
    if (due) {
        preparing->due[preparing->due_count++] = index;
    } else if (slot->kind == SLOT_SIGNAL) {
        kp_withdrawn_hold(&preparing->withdrawn, slot->blind);
    }
    struct kp_candidate *candidate = found && slot->kind == SLOT_SIGNAL
                                         ? kp_candidates_find(&preparing->candidates, slot->blind)
                                         : NULL;
    if (candidate != NULL && !candidate->placed) {
        candidate->placed = true;
        if (due) {
            preparing->staying[preparing->staying_count++] = candidate;
        }
    }
    return KP_OK;
}

static enum kp_status take_slots(struct preparing *preparing, struct kp_error *error)
{
    struct kp_buffer value = {0};
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < preparing->count; i++) {
        status = take_slot(preparing, i, &value, error);
    }
    kp_buffer_free(&value);
    return status;
}

/* Which of the due indices holds what must say nothing: each order is as likely as any other
 * (Durstenfeld's shuffle). */
static void shuffle_due(struct preparing *preparing)
{
    for (uint32_t left = preparing->due_count; left > 1; left--) {
        uint32_t chosen = randombytes_uniform(left);
        uint32_t kept = preparing->due[left - 1];
        preparing->due[left - 1] = preparing->due[chosen];
        preparing->due[chosen] = kept;
    }
}

/* Decides what the due slots hold: those that stay, then those that wait, then padding. */
static enum kp_status choose(struct preparing *preparing, const struct kp_candidate **chosen,
                             struct kp_error *error)
{
    size_t count = preparing->candidates.count;
    struct kp_candidate **waiting = kp_bulk_new(count * sizeof(struct kp_candidate *));
    if (waiting == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to fill the slots");
    }
    size_t waiting_count = kp_candidates_waiting(&preparing->candidates, waiting);
    uint32_t used = 0;
    while (used < preparing->staying_count) {
        chosen[used] = preparing->staying[used];
        used++;
    }
    for (size_t i = 0; i < waiting_count && used < preparing->due_count; i++) {
        waiting[i]->placed = true;
        chosen[used++] = waiting[i];
    }
    kp_bulk_free(waiting);
    shuffle_due(preparing);
    return KP_OK;
}

/* P, of what is chosen, or of nobody for padding. */
static enum kp_status hash_elements(const struct preparing *preparing,
                                    const struct kp_candidate *const *chosen, uint8_t *inputs,
                                    uint8_t *elements, uint32_t count)
{
    static const uint8_t nobody[KP_ADDRESS_KEY_BYTES];
    for (uint32_t i = 0; i < count; i++) {
        kp_element_input(inputs + (size_t)i * KP_ELEMENT_INPUT_BYTES, preparing->agreement->lineage,
                         chosen[i] != NULL ? chosen[i]->address : nobody);
    }
    return kp_oprf_hash_many_to_group(elements, KP_OPRF_MODE_OPRF, inputs, KP_ELEMENT_INPUT_BYTES,
                                      count);
}

/* A = P + rG for a signal, A = aG for padding: for `count` slots, at most a chunk, `points` in the
 * order of `chosen`. The same work for both, so that the time up to hello 1 doesn't tell how many
 * there are of each. */
static enum kp_status make_chunk(const struct preparing *preparing,
                                 const struct kp_candidate *const *chosen, uint8_t *blindings,
                                 uint8_t *points, uint32_t count)
{
    uint8_t *inputs = kp_bulk_new((size_t)count * KP_ELEMENT_INPUT_BYTES);
    uint8_t *sums = kp_bulk_new((size_t)count * KP_POINT_BYTES);
    enum kp_status status = inputs == NULL || sums == NULL ? KP_FAILED : KP_OK;
    if (status == KP_OK) {
        status = hash_elements(preparing, chosen, inputs, sums, count);
    }
    for (uint32_t i = 0; status == KP_OK && i < count; i++) {
        kp_scalar_random(blindings + (size_t)i * KP_SCALAR_BYTES);
    }
    if (status == KP_OK) {
        status = kp_points_multiply_base(points, blindings, count);
    }
    if (status == KP_OK) {
        status = kp_points_add(sums, points, sums, count);
    }
    for (uint32_t i = 0; status == KP_OK && i < count; i++) {
        const uint8_t *from = chosen[i] != NULL ? sums : points;
        memmove(points + (size_t)i * KP_POINT_BYTES, from + (size_t)i * KP_POINT_BYTES,
                KP_POINT_BYTES);
    }
    kp_bulk_free(inputs);
    kp_bulk_free(sums);
    return status;
}

/* Of all due slots, `points` in the order of `due`, chunk by chunk: what it takes besides the list
 * doesn't grow with it. */
static enum kp_status make_points(const struct preparing *preparing,
                                  const struct kp_candidate *const *chosen, uint8_t *blindings,
                                  uint8_t *points, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t done = 0; status == KP_OK && done < preparing->due_count;) {
        uint32_t left = preparing->due_count - done;
        uint32_t count = left < KP_CHUNK_POINTS ? left : KP_CHUNK_POINTS;
        status = make_chunk(preparing, chosen + done, blindings + (size_t)done * KP_SCALAR_BYTES,
                            points + (size_t)done * KP_POINT_BYTES, count);
        done += count;
    }
    return status == KP_OK ? KP_OK : kp_fail(error, KP_FAILED, "the slots' points can't be made");
}

/* Writes down what the due slots hold from now on. */
static enum kp_status write_due(struct preparing *preparing,
                                const struct kp_candidate *const *chosen, const uint8_t *blindings,
                                const uint8_t *points, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < preparing->due_count; i++) {
        uint32_t index = preparing->due[i];
        struct slot *slot = &preparing->slots[index];
        slot->kind = chosen[i] != NULL ? SLOT_SIGNAL : SLOT_PADDING;
        if (chosen[i] != NULL) {
            memcpy(slot->blind, chosen[i]->blind, KP_STORE_BLIND_BYTES);
        } else {
            memset(slot->blind, 0, KP_STORE_BLIND_BYTES);
        }
        memcpy(slot->blinding, blindings + (size_t)i * KP_SCALAR_BYTES, KP_SCALAR_BYTES);
        memcpy(slot->point, points + (size_t)i * KP_POINT_BYTES, KP_POINT_BYTES);
        status = write_slot(preparing->txn, preparing->agreement->lineage, index, slot, error);
    }
    return status;
}

static enum kp_status fill_due(struct preparing *preparing, struct kp_error *error)
{
    uint32_t count = preparing->due_count;
    /* NULL stands for padding. */
    const struct kp_candidate **chosen = kp_bulk_new(count * sizeof(struct kp_candidate *));
    uint8_t *blindings = kp_bulk_new((size_t)count * KP_SCALAR_BYTES);
    uint8_t *points = kp_bulk_new((size_t)count * KP_POINT_BYTES);
    enum kp_status status;
    if (chosen == NULL || blindings == NULL || points == NULL) {
        status = kp_fail(error, KP_FAILED, "no memory to fill %u slots", count);
    } else {
        status = choose(preparing, chosen, error);
    }
    if (status == KP_OK) {
        status = make_points(preparing, chosen, blindings, points, error);
    }
    if (status == KP_OK) {
        status = write_due(preparing, chosen, blindings, points, error);
    }
    kp_bulk_free(chosen);
    kp_bulk_free(blindings);
    kp_bulk_free(points);
    return status;
}

/* What a round needs of the slots. A slot whose address has no eligible signal any more keeps its
 * point and counts as none. */
static void fill_list(const struct preparing *preparing, struct kp_slot_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct slot *slot = &preparing->slots[i];
        struct kp_leaf *leaf = &list->leaves[i];
        const struct kp_candidate *candidate =
            slot->kind == SLOT_SIGNAL ? kp_candidates_find(&preparing->candidates, slot->blind)
                                      : NULL;
        memcpy(list->points + (size_t)i * KP_POINT_BYTES, slot->point, KP_POINT_BYTES);
        memcpy(list->blindings + (size_t)i * KP_SCALAR_BYTES, slot->blinding, KP_SCALAR_BYTES);
        leaf->index = i;
        memcpy(leaf->point, slot->point, KP_POINT_BYTES);
        if (candidate != NULL) {
            bool canary = candidate->canary;
            list->is_signal[i] = !canary || candidate->item != KP_CANARY_NO_ITEM;
            list->canary[i] = canary && list->is_signal[i] ? candidate->item + 1 : 0;
            memcpy(leaf->address, candidate->address, KP_ADDRESS_KEY_BYTES);
            memcpy(leaf->indicators, candidate->indicators, KP_INDICATOR_SET_BYTES);
            memcpy(leaf->grounds, candidate->grounds, KP_DIGEST_BYTES);
            leaf->observed_on = candidate->observed_on;
        }
    }
}

static void count_placed(const struct kp_candidates *candidates, struct kp_slots_summary *summary)
{
    for (size_t i = 0; i < candidates->count; i++) {
        summary->in_slots += candidates->items[i].placed && !candidates->items[i].canary;
    }
    summary->waiting = summary->eligible - summary->in_slots;
}

/* All within one transaction: either the list for this counter is on disk as a whole, or the one
 * before is. */
static enum kp_status prepare(struct preparing *preparing, const struct kp_candidates_for *wanted,
                              struct kp_slots_summary *summary, struct kp_error *error)
{
    uint32_t slots = preparing->count;
    const uint8_t *lineage = preparing->agreement->lineage;
    preparing->slots = kp_bulk_new(slots * sizeof(struct slot));
    preparing->due = kp_bulk_new(slots * sizeof(uint32_t));
    preparing->staying = kp_bulk_new(slots * sizeof(struct kp_candidate *));
    if (preparing->slots == NULL || preparing->due == NULL || preparing->staying == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for %u slots", slots);
    }
    enum kp_status status = kp_state_fixed(preparing->txn, lineage, &preparing->fixed, error);
    if (status == KP_OK && preparing->fixed != preparing->counter) {
        status = kp_state_set_fixed(preparing->txn, lineage, preparing->counter, error);
    }
    if (status == KP_OK) {
        status = kp_candidates_read(&preparing->candidates, preparing->txn, wanted, summary, error);
    }
    if (status == KP_OK) {
        status = kp_withdrawn_read(preparing->txn, &preparing->withdrawn, error);
    }
    if (status == KP_OK) {
        status = take_slots(preparing, error);
    }
    if (status == KP_OK) {
        status = kp_withdrawn_forget(preparing->txn, &preparing->withdrawn, error);
    }
    if (status == KP_OK && preparing->due_count > 0) {
        status = fill_due(preparing, error);
    }
    if (status == KP_OK) {
        count_placed(&preparing->candidates, summary);
    }
    return status;
}

static void free_preparing(struct preparing *preparing)
{
    kp_candidates_free(&preparing->candidates);
    kp_withdrawn_set_free(&preparing->withdrawn);
    kp_bulk_free(preparing->slots);
    kp_bulk_free(preparing->due);
    kp_bulk_free(preparing->staying);
}

enum kp_status kp_slots_prepare(struct kp_store *store, const struct kp_agreement *agreement,
                                uint32_t own, uint64_t counter, struct kp_slot_list *list,
                                struct kp_slots_summary *summary, struct kp_error *error)
{
    struct preparing preparing = {.agreement = agreement,
                                  .count = kp_agreement_member_slots(agreement, own),
                                  .counter = counter};
    memset(list, 0, sizeof(*list));
    enum kp_status status = kp_store_begin(store, true, &preparing.txn, error);
    if (status != KP_OK) {
        return status;
    }
    const struct kp_candidates_for wanted = {store, agreement, own, counter};
    status = prepare(&preparing, &wanted, summary, error);
    if (status == KP_OK && kp_slot_list_new(list, preparing.count) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for %u slots", preparing.count);
    }
    if (status == KP_OK) {
        fill_list(&preparing, list);
        status = kp_store_commit(preparing.txn, error);
    } else {
        kp_store_abort(preparing.txn);
    }
    free_preparing(&preparing);
    if (status != KP_OK) {
        kp_slot_list_free(list);
        (void)kp_fail_in(error, "slots for round %llu", (unsigned long long)counter);
    }
    return status;
}

enum kp_status kp_slots_held(struct kp_txn *txn, const struct kp_agreement *agreement,
                             uint32_t index, uint8_t blind[static KP_STORE_BLIND_BYTES], bool *held,
                             struct kp_error *error)
{
    struct kp_buffer value = {0};
    struct slot slot = {0};
    bool found = false;
    enum kp_status status = read_slot(txn, agreement->lineage, index, &slot, &value, &found, error);
    *held = status == KP_OK && found && slot.kind == SLOT_SIGNAL;
    memcpy(blind, slot.blind, KP_STORE_BLIND_BYTES);
    kp_wipe(&slot, sizeof(slot));
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_slots_restore(struct kp_txn *txn, const struct kp_agreement *agreement,
                                uint32_t own, uint64_t counter, const uint8_t *points,
                                struct kp_error *error)
{
    struct kp_buffer value = {0};
    uint64_t fixed = 0;
    uint32_t slots = kp_agreement_member_slots(agreement, own);
    enum kp_status status = kp_state_fixed(txn, agreement->lineage, &fixed, error);
    if (status == KP_OK && fixed > counter) {
        return KP_OK; /* the own slots are newer */
    }
    if (status == KP_OK && fixed != counter) {
        status = kp_state_set_fixed(txn, agreement->lineage, counter, error);
    }
    for (uint32_t i = 0; status == KP_OK && i < slots; i++) {
        const uint8_t *point = points + (size_t)i * KP_POINT_BYTES;
        struct slot slot = {.kind = SLOT_LOST};
        bool found = false;
        status = read_slot(txn, agreement->lineage, i, &slot, &value, &found, error);
        if (status != KP_OK || (found && memcmp(slot.point, point, KP_POINT_BYTES) == 0)) {
            continue;
        }
        slot.kind = SLOT_LOST;
        memset(slot.blind, 0, sizeof(slot.blind));
        kp_scalar_random(slot.blinding); /* as good as any: nothing that it gives is used */
        memcpy(slot.point, point, KP_POINT_BYTES);
        status = write_slot(txn, agreement->lineage, i, &slot, error);
    }
    kp_buffer_free(&value);
    return status;
}

static enum kp_status count(struct kp_txn *txn, const struct kp_candidates_for *wanted,
                            struct kp_slots_summary *summary, struct kp_error *error)
{
    const struct kp_agreement *agreement = wanted->agreement;
    struct kp_candidates candidates = {0};
    struct kp_buffer value = {0};
    struct slot slot;
    bool found = true;
    uint32_t slots = kp_agreement_member_slots(agreement, wanted->own);
    enum kp_status status = kp_candidates_read(&candidates, txn, wanted, summary, error);
    for (uint32_t i = 0; status == KP_OK && found && i < slots; i++) {
        status = read_slot(txn, agreement->lineage, i, &slot, &value, &found, error);
        struct kp_candidate *candidate = status == KP_OK && found && slot.kind == SLOT_SIGNAL
                                             ? kp_candidates_find(&candidates, slot.blind)
                                             : NULL;
        if (candidate != NULL) {
            candidate->placed = true;
        }
    }
    if (status == KP_OK) {
        count_placed(&candidates, summary);
    }
    kp_wipe(&slot, sizeof(slot));
    kp_buffer_free(&value);
    kp_candidates_free(&candidates);
    return status;
}

enum kp_status kp_slots_count(struct kp_store *store, const struct kp_agreement *agreement,
                              uint32_t own, struct kp_slots_summary *summary,
                              struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(store, false, &txn, error);
    if (status == KP_OK) {
        /* Which canaries are active is the same to these numbers. */
        status = count(txn, &(struct kp_candidates_for){store, agreement, own, 1}, summary, error);
        kp_store_abort(txn);
    }
    return status;
}
