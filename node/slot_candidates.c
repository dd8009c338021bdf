#include "node/slot_candidates.h"

#include "crypto/secret.h"
#include "node/canaries.h"
#include "node/database.h"
#include "node/eligible.h"
#include "proto/loop.h"

#include <stdlib.h>
#include <string.h>

struct collecting {
    struct kp_candidates *candidates;
    size_t room;
    const struct kp_agreement *agreement;
    uint32_t own;
    uint32_t today;
    struct kp_slots_summary *summary;
};

static enum kp_status collect(void *context, const uint8_t blind[static KP_STORE_BLIND_BYTES],
                              const struct kp_signals_on_address *signals, struct kp_error *error)
{
    struct collecting *collecting = context;
    struct kp_eligible eligible;
    enum kp_status status = kp_eligible_merge(&eligible, collecting->agreement, collecting->own,
                                              collecting->today, signals, error);
    if (status != KP_OK) {
        return status;
    }
    collecting->summary->signals += signals->count;
    collecting->summary->addresses++;
    collecting->summary->unregistered_indicator += eligible.without_indicator;
    collecting->summary->outside_area += eligible.outside;
    collecting->summary->other_purpose += eligible.other_purpose;
    collecting->summary->past_date += eligible.past_date;
    if (!eligible.any || collecting->candidates->count == collecting->room) {
        return KP_OK;
    }
    struct kp_candidate *candidate =
        &collecting->candidates->items[collecting->candidates->count++];
    memcpy(candidate->blind, blind, KP_STORE_BLIND_BYTES);
    memcpy(candidate->address, signals->address, KP_ADDRESS_KEY_BYTES);
    memcpy(candidate->indicators, eligible.indicators, KP_INDICATOR_SET_BYTES);
    memcpy(candidate->grounds, eligible.grounds, KP_DIGEST_BYTES);
    candidate->observed_on = eligible.observed_on;
    candidate->registered_at = eligible.registered_at;
    return KP_OK;
}

static enum kp_status collect_signals(struct kp_candidates *candidates, size_t room,
                                      struct kp_txn *txn, const struct kp_candidates_for *wanted,
                                      struct kp_slots_summary *summary, struct kp_error *error)
{
    struct collecting collecting = {.candidates = candidates,
                                    .room = room,
                                    .agreement = wanted->agreement,
                                    .own = wanted->own,
                                    .today = kp_eligible_today(kp_clock_now() / 1000),
                                    .summary = summary};
    enum kp_status status = kp_signals_walk(txn, collect, &collecting, error);
    summary->eligible = candidates->count;
    return status;
}

static int compare_blind(const void *left, const void *right)
{
    return memcmp(((const struct kp_candidate *)left)->blind,
                  ((const struct kp_candidate *)right)->blind, KP_STORE_BLIND_BYTES);
}

/* A slot finds its canary as it finds its address: by the key's keyed hash. */
static void add_canaries(struct kp_candidates *candidates, const struct kp_canaries *canaries,
                         const struct kp_store *store)
{
    for (size_t i = 0; i < canaries->count; i++) {
        struct kp_candidate *candidate = &candidates->items[candidates->count++];
        candidate->canary = true;
        candidate->item = canaries->items[i].item;
        memcpy(candidate->address, canaries->items[i].key, KP_ADDRESS_KEY_BYTES);
        kp_store_blind_key(store, candidate->blind, candidate->address, KP_ADDRESS_KEY_BYTES);
    }
    qsort(candidates->items, candidates->count, sizeof(struct kp_candidate), compare_blind);
}

enum kp_status kp_candidates_read(struct kp_candidates *candidates, struct kp_txn *txn,
                                  const struct kp_candidates_for *wanted,
                                  struct kp_slots_summary *summary, struct kp_error *error)
{
    uint64_t addresses = 0;
    struct kp_canaries canaries = {0};
    memset(candidates, 0, sizeof(*candidates));
    memset(summary, 0, sizeof(*summary));
    enum kp_status status = kp_store_count(txn, KP_NODE_SIGNALS, &addresses, error);
    if (status == KP_OK) {
        status = kp_canaries_read(&canaries, txn, wanted->agreement, wanted->own, wanted->counter,
                                  error);
    }
    if (status == KP_OK) {
        size_t most = SIZE_MAX / sizeof(struct kp_candidate) - canaries.count;
        candidates->items =
            addresses <= most
                ? kp_bulk_new(((size_t)addresses + canaries.count) * sizeof(struct kp_candidate))
                : NULL;
        if (candidates->items == NULL) {
            status = kp_fail(error, KP_FAILED, "no memory for %llu addresses",
                             (unsigned long long)addresses);
        }
    }
    if (status == KP_OK) {
        status = collect_signals(candidates, (size_t)addresses, txn, wanted, summary, error);
    }
    if (status == KP_OK) {
        add_canaries(candidates, &canaries, wanted->store);
    }
    kp_canaries_free(&canaries);
    return status;
}

void kp_candidates_free(struct kp_candidates *candidates)
{
    kp_bulk_free(candidates->items);
    memset(candidates, 0, sizeof(*candidates));
}

struct kp_candidate *kp_candidates_find(const struct kp_candidates *candidates,
                                        const uint8_t blind[static KP_STORE_BLIND_BYTES])
{
    size_t low = 0, high = candidates->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(candidates->items[middle].blind, blind, KP_STORE_BLIND_BYTES);
        if (order == 0) {
            return &candidates->items[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* Canaries before all addresses; those of one moment by their keyed hash, which is as good as at
 * random. */
static int compare_age(const void *left, const void *right)
{
    const struct kp_candidate *one = *(struct kp_candidate *const *)left;
    const struct kp_candidate *other = *(struct kp_candidate *const *)right;
    if (one->canary != other->canary) {
        return one->canary ? -1 : 1;
    }
    if (one->registered_at != other->registered_at) {
        return one->registered_at < other->registered_at ? -1 : 1;
    }
    return memcmp(one->blind, other->blind, KP_STORE_BLIND_BYTES);
}

size_t kp_candidates_waiting(const struct kp_candidates *candidates, struct kp_candidate **order)
{
    size_t count = 0;
    for (size_t i = 0; i < candidates->count; i++) {
        if (!candidates->items[i].placed) {
            order[count++] = &candidates->items[i];
        }
    }
    qsort(order, count, sizeof(struct kp_candidate *), compare_age);
    return count;
}
