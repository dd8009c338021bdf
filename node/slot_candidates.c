#include "node/slot_candidates.h"

#include "crypto/secret.h"
#include "node/canaries.h"
#include "node/eligible.h"
#include "proto/loop.h"
#include "proto/numbers.h"

#include <stdlib.h>
#include <string.h>

struct walking {
    const struct kp_candidates_for *wanted;
    uint32_t today;
    kp_candidates_each *each;
    void *context;
    struct kp_slots_summary *summary;
    struct kp_candidate *canaries; /* bulk, by blind key; as many as the agreement has */
    size_t canary_count;
    size_t canary_next;
};

/* ---- Canaries ---- */

static int compare_blind(const void *left, const void *right)
{
    return memcmp(((const struct kp_candidate *)left)->content.blind,
                  ((const struct kp_candidate *)right)->content.blind, KP_STORE_BLIND_BYTES);
}

/* A slot finds its canary as it finds its address: by the key's keyed hash. */
static enum kp_status read_canaries(struct walking *walking, struct kp_txn *txn,
                                    struct kp_error *error)
{
    const struct kp_candidates_for *wanted = walking->wanted;
    struct kp_canaries canaries = {0};
    enum kp_status status =
        kp_canaries_read(&canaries, txn, wanted->agreement, wanted->own, wanted->counter, error);
    if (status == KP_OK) {
        walking->canaries = kp_bulk_new(canaries.count * sizeof(walking->canaries[0]));
        status = walking->canaries != NULL
                     ? KP_OK
                     : kp_fail(error, KP_FAILED, "no memory for %zu canaries", canaries.count);
    }
    for (size_t i = 0; status == KP_OK && i < canaries.count; i++) {
        struct kp_slot_content *content = &walking->canaries[i].content;
        content->any = 1;
        content->canary = 1;
        (void)kp_put_number(content->item, canaries.items[i].item, sizeof(content->item));
        memcpy(content->address, canaries.items[i].key, KP_ADDRESS_KEY_BYTES);
        kp_store_blind_key(wanted->store, content->blind, content->address, KP_ADDRESS_KEY_BYTES);
    }
    walking->canary_count = canaries.count;
    kp_canaries_free(&canaries);
    if (status == KP_OK) {
        qsort(walking->canaries, walking->canary_count, sizeof(walking->canaries[0]),
              compare_blind);
    }
    return status;
}

/* Those before the next address; NULL: all that are left. */
static enum kp_status pass_canaries(struct walking *walking, const uint8_t *blind,
                                    struct kp_error *error)
{
    enum kp_status status = KP_OK;
    while (status == KP_OK && walking->canary_next < walking->canary_count) {
        const struct kp_candidate *canary = &walking->canaries[walking->canary_next];
        if (blind != NULL && memcmp(canary->content.blind, blind, KP_STORE_BLIND_BYTES) > 0) {
            break;
        }
        walking->canary_next++;
        status = walking->each(walking->context, canary, error);
    }
    return status;
}

/* ---- Addresses ---- */

static void count(struct kp_slots_summary *summary, const struct kp_eligible *eligible,
                  size_t signals)
{
    summary->signals += signals;
    summary->addresses++;
    summary->unregistered_indicator += eligible->without_indicator;
    summary->outside_area += eligible->outside;
    summary->other_purpose += eligible->other_purpose;
    summary->past_date += eligible->past_date;
    summary->eligible += eligible->any;
}

static enum kp_status collect(void *context, const uint8_t blind[static KP_STORE_BLIND_BYTES],
                              const struct kp_signals_on_address *signals, struct kp_error *error)
{
    struct walking *walking = context;
    struct kp_eligible eligible;
    struct kp_candidate candidate = {.content = {.any = 1}};
    struct kp_slot_content *content = &candidate.content;
    enum kp_status status = kp_eligible_merge(&eligible, walking->wanted->agreement,
                                              walking->wanted->own, walking->today, signals, error);
    if (status != KP_OK) {
        return status;
    }
    count(walking->summary, &eligible, signals->count);
    if (!eligible.any) {
        return KP_OK;
    }
    memcpy(content->blind, blind, KP_STORE_BLIND_BYTES);
    memcpy(content->address, signals->address, KP_ADDRESS_KEY_BYTES);
    memcpy(content->indicators, eligible.indicators, KP_INDICATOR_SET_BYTES);
    memcpy(content->grounds, eligible.grounds, KP_DIGEST_BYTES);
    (void)kp_put_number(content->observed_on, eligible.observed_on, sizeof(content->observed_on));
    candidate.registered_at = eligible.registered_at;
    status = pass_canaries(walking, blind, error);
    if (status == KP_OK) {
        status = walking->each(walking->context, &candidate, error);
    }
    kp_wipe(&candidate, sizeof(candidate));
    return status;
}

enum kp_status kp_candidates_walk(struct kp_txn *txn, const struct kp_candidates_for *wanted,
                                  kp_candidates_each *each, void *context,
                                  struct kp_slots_summary *summary, struct kp_error *error)
{
    struct walking walking = {.wanted = wanted,
                              .today = kp_eligible_today(kp_clock_now() / 1000),
                              .each = each,
                              .context = context,
                              .summary = summary};
    memset(summary, 0, sizeof(*summary));
    enum kp_status status = read_canaries(&walking, txn, error);
    if (status == KP_OK) {
        status = kp_signals_walk(txn, collect, &walking, error);
    }
    if (status == KP_OK) {
        status = pass_canaries(&walking, NULL, error);
    }
    kp_bulk_free(walking.canaries);
    return status;
}
