#include "node/slots.h"

#include "crypto/group.h"
#include "crypto/secret.h"
#include "node/database.h"
#include "node/slot_prepare.h"
#include "node/state.h"
#include "proto/canary_groups.h"
#include "proto/steps.h"
#include "proto/transcript.h"

#include <sodium.h>
#include <stdio.h>
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

bool kp_preparing_is_due(const struct kp_preparing *preparing, uint32_t index)
{
    if (preparing->fixed == 0) {
        return true;
    }
    uint64_t rounds = preparing->wanted.counter - preparing->fixed;
    return rounds > 0 && in_turns(preparing->wanted.agreement, preparing->fixed + 1, rounds, index);
}

/* ---- What preparing and counting share ---- */

static enum kp_status open_preparing(struct kp_preparing *preparing, struct kp_txn *txn,
                                     struct kp_error *error)
{
    const struct kp_candidates_for *wanted = &preparing->wanted;
    /* Beside the store, whose own folder has nothing but its files. */
    (void)snprintf(preparing->folder, sizeof(preparing->folder), "%s/..",
                   kp_store_path(wanted->store));
    preparing->count = kp_agreement_member_slots(wanted->agreement, wanted->own);
    enum kp_status status =
        kp_state_fixed(txn, wanted->agreement->lineage, &preparing->fixed, error);
    return status == KP_OK ? kp_lasting_open(&preparing->lasting, txn, wanted->agreement->lineage,
                                             preparing->count, error)
                           : status;
}

static void free_preparing(struct kp_preparing *preparing)
{
    kp_sorter_free(preparing->waiting);
    kp_sorter_free(preparing->filled);
    kp_withdrawn_scan_free(&preparing->withdrawn);
}

/* ---- Preparing ---- */

static enum kp_status open_sorters(struct kp_preparing *preparing, struct kp_txn *txn,
                                   struct kp_error *error)
{
    uint64_t most = 0;
    const struct kp_agreement *agreement = preparing->wanted.agreement;
    enum kp_status status = kp_store_count(txn, KP_NODE_SIGNALS, &most, error);
    most +=
        (uint64_t)kp_canary_groups_of(agreement, preparing->wanted.own) * 2 * agreement->canaries;
    if (status == KP_OK) {
        status = kp_sorter_new(&preparing->waiting, preparing->folder,
                               kp_sorter_memory(most, sizeof(struct kp_slot_waiting)), true, error);
    }
    if (status == KP_OK) {
        status = kp_sorter_new(&preparing->filled, preparing->folder,
                               kp_sorter_memory(preparing->count, sizeof(struct kp_slot_filled)),
                               true, error);
    }
    return status;
}

/* What is there, and what may hold it. */
static enum kp_status begin_preparing(struct kp_preparing *preparing, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(preparing->wanted.store, false, &txn, error);
    if (status == KP_OK) {
        status = open_preparing(preparing, txn, error);
    }
    if (status == KP_OK) {
        status = kp_state_check_fixed(preparing->fixed, preparing->wanted.counter, error);
    }
    if (status == KP_OK) {
        status = open_sorters(preparing, txn, error);
    }
    kp_store_abort(txn);
    return status;
}

/* In many transactions: whoever called it keeps signals and slots from being changed meanwhile. */
static enum kp_status read_all(struct kp_preparing *preparing, struct kp_error *error)
{
    enum kp_status status = begin_preparing(preparing, error);
    if (status == KP_OK) {
        status = kp_withdrawn_scan_begin(&preparing->withdrawn, preparing->wanted.store,
                                         preparing->folder, error);
    }
    if (status == KP_OK) {
        status = kp_preparing_join(preparing, error);
    }
    return status == KP_OK ? kp_withdrawn_scan_end(&preparing->withdrawn, error) : status;
}

/* Until this transaction is on disk the list before is the one that counts, whatever else was
 * written. */
static enum kp_status make_count(struct kp_preparing *preparing, struct kp_store_writer *writer,
                                 struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    const struct kp_candidates_for *wanted = &preparing->wanted;
    enum kp_status status = kp_store_begin(wanted->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_store_writer_into(writer, txn, error);
    }
    if (status == KP_OK && preparing->lasting.parts > 0) {
        status = kp_lasting_count(&preparing->lasting, txn, error);
    }
    if (status == KP_OK) {
        status = kp_state_set_fixed(txn, wanted->agreement->lineage, wanted->counter, error);
    }
    if (status == KP_OK) {
        status = kp_withdrawn_forget(&preparing->withdrawn, txn, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

/* What is left of the withdrawn signals, when there are many. Stopped in between, the next list
 * deletes the others. */
static enum kp_status forget_withdrawn(struct kp_preparing *preparing, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    while (status == KP_OK && kp_withdrawn_scan_left(&preparing->withdrawn)) {
        struct kp_txn *txn = NULL;
        status = kp_store_begin(preparing->wanted.store, true, &txn, error);
        if (status == KP_OK) {
            status = kp_withdrawn_forget(&preparing->withdrawn, txn, error);
        }
        if (status == KP_OK) {
            status = kp_store_commit(txn, error);
        } else {
            kp_store_abort(txn);
        }
        status = status == KP_OK ? kp_pause(error) : status;
    }
    return status;
}

static enum kp_status prepare(struct kp_preparing *preparing, struct kp_slot_list *list,
                              struct kp_error *error)
{
    struct kp_store_writer *writer = NULL;
    enum kp_status status = read_all(preparing, error);
    if (status == KP_OK) {
        status = kp_store_writer_new(&writer, preparing->wanted.store, error);
    }
    if (status == KP_OK) {
        status = kp_preparing_fill(preparing, writer, list, error);
    }
    bool changes = preparing->fixed != preparing->wanted.counter ||
                   kp_withdrawn_scan_left(&preparing->withdrawn);
    if (status == KP_OK && changes) {
        status = make_count(preparing, writer, error);
    }
    kp_store_writer_free(writer);
    return status == KP_OK ? forget_withdrawn(preparing, error) : status;
}

enum kp_status kp_slots_prepare(struct kp_store *store, const struct kp_agreement *agreement,
                                uint32_t own, uint64_t counter, uint32_t threads,
                                struct kp_slot_list *list, struct kp_slots_summary *summary,
                                struct kp_error *error)
{
    struct kp_preparing preparing = {
        .wanted = {store, agreement, own, counter}, .threads = threads, .summary = summary};
    memset(summary, 0, sizeof(*summary));
    enum kp_status status =
        list->count == kp_agreement_member_slots(agreement, own)
            ? prepare(&preparing, list, error)
            : kp_fail(error, KP_FAILED, "a list for %u slots can't take all", list->count);
    summary->waiting = summary->eligible - summary->in_slots;
    free_preparing(&preparing);
    if (status != KP_OK) {
        (void)kp_fail_in(error, "slots for round %llu", (unsigned long long)counter);
    }
    return status;
}

/* ---- Looking at slots, and putting them back ---- */

enum kp_status kp_slots_held(struct kp_txn *txn, const struct kp_agreement *agreement,
                             uint32_t index, uint8_t blind[static KP_STORE_BLIND_BYTES], bool *held,
                             struct kp_error *error)
{
    struct kp_lasting lasting;
    struct kp_lasting_part *slots = kp_bulk_new(sizeof(*slots));
    uint32_t in = index % KP_CHUNK_POINTS;
    if (slots == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for slots");
    }
    enum kp_status status =
        kp_lasting_open(&lasting, txn, agreement->lineage, agreement->slots, error);
    if (status == KP_OK) {
        status = kp_lasting_read(&lasting, NULL, txn, index / KP_CHUNK_POINTS, slots, error);
    }
    *held = status == KP_OK && in < slots->count && slots->slots[in].kind == KP_LASTING_SIGNAL;
    memcpy(blind, slots->slots[in].blind, KP_STORE_BLIND_BYTES);
    kp_bulk_free(slots);
    return status;
}

/* A part of the list that comes back; whether any of its slots is lost. */
static bool lose_others(struct kp_lasting_part *slots, uint32_t count, const uint8_t *points)
{
    bool any = false;
    for (uint32_t i = 0; i < count; i++) {
        struct kp_lasting_slot *slot = &slots->slots[i];
        const uint8_t *point = points + (size_t)i * KP_POINT_BYTES;
        if (i < slots->count && memcmp(slot->point, point, KP_POINT_BYTES) == 0) {
            continue;
        }
        any = true;
        slot->kind = KP_LASTING_LOST;
        memset(slot->blind, 0, sizeof(slot->blind));
        kp_scalar_random(slot->blinding); /* as good as any: nothing that it gives is used */
        memcpy(slot->point, point, KP_POINT_BYTES);
    }
    slots->count = count;
    return any;
}

static enum kp_status restore_part(struct kp_slots_restoring *restoring, struct kp_store *store,
                                   struct kp_store_writer *writer, uint32_t part, uint32_t count,
                                   const struct kp_slots_points *points, struct kp_error *error)
{
    struct kp_lasting_part *kept = kp_bulk_new(sizeof(*kept));
    uint8_t *those = kp_bulk_new(KP_CHUNK_POINTS * KP_POINT_BYTES);
    enum kp_status status =
        kept == NULL || those == NULL
            ? kp_fail(error, KP_FAILED, "no memory for slots")
            : kp_lasting_read(&restoring->lasting, store, NULL, part, kept, error);
    if (status == KP_OK) {
        status = points->read(points->context, part, those, error);
    }
    if (status == KP_OK && lose_others(kept, count, those)) {
        status = kp_lasting_put(&restoring->lasting, writer, NULL, part, kept, error);
    }
    kp_bulk_free(kept);
    kp_bulk_free(those);
    return status == KP_OK ? kp_pause(error) : status;
}

enum kp_status kp_slots_restore(struct kp_slots_restoring *restoring, struct kp_store *store,
                                struct kp_store_writer *writer,
                                const struct kp_agreement *agreement, uint32_t own,
                                uint64_t counter, const struct kp_slots_points *points,
                                struct kp_error *error)
{
    uint64_t fixed = 0;
    uint32_t slots = kp_agreement_member_slots(agreement, own);
    struct kp_txn *txn = NULL;
    memset(restoring, 0, sizeof(*restoring));
    restoring->counter = counter;
    enum kp_status status = kp_store_begin(store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_state_fixed(txn, agreement->lineage, &fixed, error);
    }
    if (status == KP_OK) {
        status = kp_lasting_open(&restoring->lasting, txn, agreement->lineage, slots, error);
    }
    kp_store_abort(txn);
    restoring->newer = fixed > counter;
    for (uint32_t i = 0; status == KP_OK && !restoring->newer && i < restoring->lasting.parts;
         i++) {
        status = restore_part(restoring, store, writer, i,
                              kp_chunk_items(slots, KP_CHUNK_POINTS, i), points, error);
    }
    return status;
}

enum kp_status kp_slots_restore_count(struct kp_slots_restoring *restoring, struct kp_txn *txn,
                                      struct kp_error *error)
{
    if (restoring->newer) {
        return KP_OK;
    }
    enum kp_status status =
        kp_state_set_fixed(txn, restoring->lasting.lineage, restoring->counter, error);
    return status == KP_OK && restoring->lasting.parts > 0
               ? kp_lasting_count(&restoring->lasting, txn, error)
               : status;
}

/* ---- Counting ---- */

enum kp_status kp_slots_count(struct kp_store *store, const struct kp_agreement *agreement,
                              uint32_t own, struct kp_slots_summary *summary,
                              struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    /* Which canaries are active is the same to these numbers. */
    struct kp_preparing preparing = {.wanted = {store, agreement, own, 1}, .summary = summary};
    enum kp_status status = kp_store_begin(store, false, &txn, error);
    if (status == KP_OK) {
        status = open_preparing(&preparing, txn, error);
    }
    kp_store_abort(txn);
    if (status == KP_OK) {
        /* What is due doesn't matter, and is none. */
        preparing.fixed = preparing.lasting.any ? preparing.wanted.counter : 0;
        status = kp_preparing_join(&preparing, error);
    }
    summary->waiting = summary->eligible - summary->in_slots;
    free_preparing(&preparing);
    return status;
}
