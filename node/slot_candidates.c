#include "node/slot_candidates.h"

#include "crypto/secret.h"
#include "node/canaries.h"
#include "node/eligible.h"
#include "proto/loop.h"
#include "proto/numbers.h"
#include "proto/steps.h"

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
    struct kp_candidate *some; /* bulk: addresses that were read and not handed on */
    uint32_t some_count;
    uint8_t last[KP_STORE_BLIND_BYTES]; /* that was read */
};

#define READ_AT_ONCE 512u /* addresses in a transaction */

/* ---- Canaries ---- */

static int compare_blind(const void *left, const void *right)
{
    return memcmp(((const struct kp_candidate *)left)->content.blind,
                  ((const struct kp_candidate *)right)->content.blind, KP_STORE_BLIND_BYTES);
}

/* A slot finds its canary as it finds its address: by the key's keyed hash. */
static enum kp_status read_canaries(struct walking *walking, struct kp_error *error)
{
    const struct kp_candidates_for *wanted = walking->wanted;
    struct kp_canaries canaries = {0};
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(wanted->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_canaries_read(&canaries, txn, wanted->agreement, wanted->own, wanted->counter,
                                  error);
    }
    kp_store_abort(txn);
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
    enum kp_status status = kp_eligible_merge(&eligible, walking->wanted->agreement,
                                              walking->wanted->own, walking->today, signals, error);
    if (status != KP_OK) {
        return status;
    }
    memcpy(walking->last, blind, sizeof(walking->last));
    count(walking->summary, &eligible, signals->count);
    if (!eligible.any) {
        return KP_OK;
    }
    struct kp_candidate *candidate = &walking->some[walking->some_count++];
    struct kp_slot_content *content = &candidate->content;
    *candidate = (struct kp_candidate){.content = {.any = 1}};
    memcpy(content->blind, blind, KP_STORE_BLIND_BYTES);
    memcpy(content->address, signals->address, KP_ADDRESS_KEY_BYTES);
    memcpy(content->indicators, eligible.indicators, KP_INDICATOR_SET_BYTES);
    memcpy(content->grounds, eligible.grounds, KP_DIGEST_BYTES);
    (void)kp_put_number(content->observed_on, eligible.observed_on, sizeof(content->observed_on));
    candidate->registered_at = eligible.registered_at;
    return KP_OK;
}

/* In a transaction of its own. */
static enum kp_status read_some(struct walking *walking, const uint8_t *after, bool *more,
                                struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    walking->some_count = 0;
    enum kp_status status = kp_store_begin(walking->wanted->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_signals_walk(txn, after, READ_AT_ONCE, collect, walking, more, error);
    }
    kp_store_abort(txn);
    return status;
}

static enum kp_status hand_on(struct walking *walking, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < walking->some_count; i++) {
        status = pass_canaries(walking, walking->some[i].content.blind, error);
        if (status == KP_OK) {
            status = walking->each(walking->context, &walking->some[i], error);
        }
    }
    return status == KP_OK ? kp_pause(error) : status;
}

static enum kp_status walk_addresses(struct walking *walking, struct kp_error *error)
{
    uint8_t after[KP_STORE_BLIND_BYTES];
    bool more = true;
    enum kp_status status = read_some(walking, NULL, &more, error);
    while (status == KP_OK) {
        status = hand_on(walking, error);
        if (status != KP_OK || !more) {
            break;
        }
        memcpy(after, walking->last, sizeof(after));
        status = read_some(walking, after, &more, error);
    }
    return status;
}

enum kp_status kp_candidates_walk(const struct kp_candidates_for *wanted, kp_candidates_each *each,
                                  void *context, struct kp_slots_summary *summary,
                                  struct kp_error *error)
{
    struct walking walking = {.wanted = wanted,
                              .today = kp_eligible_today(kp_clock_now() / 1000),
                              .each = each,
                              .context = context,
                              .summary = summary,
                              .some = kp_bulk_new(READ_AT_ONCE * sizeof(walking.some[0]))};
    memset(summary, 0, sizeof(*summary));
    enum kp_status status = walking.some != NULL
                                ? read_canaries(&walking, error)
                                : kp_fail(error, KP_FAILED, "no memory for addresses");
    if (status == KP_OK) {
        status = walk_addresses(&walking, error);
    }
    if (status == KP_OK) {
        status = pass_canaries(&walking, NULL, error);
    }
    kp_bulk_free(walking.some);
    kp_bulk_free(walking.canaries);
    return status;
}
