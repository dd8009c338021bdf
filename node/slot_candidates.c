#include "node/slot_candidates.h"

#include "crypto/secret.h"
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

enum kp_status kp_candidates_read(struct kp_candidates *candidates, struct kp_txn *txn,
                                  const struct kp_agreement *agreement, uint32_t own,
                                  struct kp_slots_summary *summary, struct kp_error *error)
{
    uint64_t addresses = 0;
    memset(candidates, 0, sizeof(*candidates));
    memset(summary, 0, sizeof(*summary));
    enum kp_status status = kp_store_count(txn, KP_NODE_SIGNALS, &addresses, error);
    if (status != KP_OK) {
        return status;
    }
    candidates->items = addresses <= SIZE_MAX / sizeof(struct kp_candidate)
                            ? kp_bulk_new((size_t)addresses * sizeof(struct kp_candidate))
                            : NULL;
    if (candidates->items == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for %llu addresses",
                       (unsigned long long)addresses);
    }
    struct collecting collecting = {.candidates = candidates,
                                    .room = (size_t)addresses,
                                    .agreement = agreement,
                                    .own = own,
                                    .today = kp_eligible_today(kp_clock_now() / 1000),
                                    .summary = summary};
    status = kp_signals_walk(txn, collect, &collecting, error);
    summary->eligible = candidates->count;
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

/* Those of one moment by their keyed hash, which is as good as at random. */
static int compare_age(const void *left, const void *right)
{
    const struct kp_candidate *one = *(struct kp_candidate *const *)left;
    const struct kp_candidate *other = *(struct kp_candidate *const *)right;
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
