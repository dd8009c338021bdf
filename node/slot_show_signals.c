/* Which signals a leaf was made of: those that were registered, not withdrawn and eligible at the
 * moment that the list was fixed. Since then some may have come and others gone. */
#include "node/slot_show.h"

#include "crypto/secret.h"
#include "node/eligible.h"
#include "node/noted.h"
#include "node/slots.h"
#include "node/withdrawn.h"
#include "proto/record.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define ALL_MAX (2 * KP_SIGNALS_PER_ADDRESS_MAX)

struct known_signal {
    struct kp_withdrawn_signal signal;
    struct kp_pick_noted registered, withdrawn;
};

/* All that is known of an address: its signals, then the withdrawn ones. */
struct known {
    struct known_signal items[ALL_MAX];
    size_t count;
    struct kp_withdrawn_list withdrawn;
};

static void find_noted(const struct kp_slot_noted *noted, enum kp_audit_event event,
                       const struct kp_kept_signal *kept, struct kp_pick_noted *found)
{
    uint8_t digest[KP_DIGEST_BYTES];
    kp_signals_digest(digest, kept);
    const struct kp_noted_proof *proof =
        kp_noted_answer(noted->queries, noted->count, event, digest);
    if (proof != NULL) {
        found->sequence = proof->sequence;
        found->index = proof->index;
        found->count = proof->count;
        found->path_size = proof->path_size;
        memcpy(found->path, proof->path, proof->path_size);
    }
}

static void add_known(struct known *known, const struct kp_kept_signal *kept, uint64_t withdrawn_at)
{
    struct known_signal *item = &known->items[known->count++];
    item->signal.kept = *kept;
    item->signal.withdrawn_at = withdrawn_at;
}

static enum kp_status read_known(struct kp_txn *txn,
                                 const uint8_t blind[static KP_STORE_BLIND_BYTES],
                                 struct known *known, struct kp_error *error)
{
    struct kp_signals_on_address there = {0};
    bool found = false;
    enum kp_status status = kp_signals_get(txn, blind, &there, &found, error);
    for (size_t i = 0; status == KP_OK && i < there.count; i++) {
        add_known(known, &there.signals[i], 0);
    }
    kp_signals_on_address_free(&there);
    if (status == KP_OK) {
        status = kp_withdrawn_get(txn, blind, &known->withdrawn, error);
    }
    for (size_t i = 0; status == KP_OK && i < known->withdrawn.count; i++) {
        const struct kp_withdrawn_signal *one = &known->withdrawn.items[i];
        add_known(known, &one->kept, one->withdrawn_at);
    }
    return status;
}

static void look_up(struct known *known, const struct kp_slot_noted *noted)
{
    for (size_t i = 0; i < known->count; i++) {
        struct known_signal *item = &known->items[i];
        find_noted(noted, KP_AUDIT_SIGNALS_IMPORTED, &item->signal.kept, &item->registered);
        if (item->signal.withdrawn_at != 0) {
            find_noted(noted, KP_AUDIT_SIGNALS_WITHDRAWN, &item->signal.kept, &item->withdrawn);
        }
    }
}

/* ---- What is to be looked up ---- */

static enum kp_status add_query(struct kp_slot_noted *noted, enum kp_audit_event event,
                                const struct kp_kept_signal *kept, struct kp_error *error)
{
    if (noted->count == noted->room) {
        size_t room = noted->room == 0 ? 64 : 2 * noted->room;
        struct kp_noted_query *more = realloc(noted->queries, room * sizeof(more[0]));
        if (more == NULL) {
            return kp_fail(error, KP_FAILED, "no memory for the signals on an address");
        }
        noted->queries = more;
        noted->room = room;
    }
    struct kp_noted_query *query = &noted->queries[noted->count++];
    memset(query, 0, sizeof(*query));
    query->event = event;
    kp_signals_digest(query->digest, kept);
    return KP_OK;
}

enum kp_status kp_slot_show_ask(struct kp_txn *txn, const struct kp_agreement *agreement,
                                uint32_t index, struct kp_slot_noted *noted, struct kp_error *error)
{
    uint8_t blind[KP_STORE_BLIND_BYTES];
    bool held = false;
    struct known *known = kp_bulk_new(sizeof(*known));
    if (known == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the signals on an address");
    }
    enum kp_status status = kp_slots_held(txn, agreement, index, blind, &held, error);
    if (status == KP_OK && held) {
        status = read_known(txn, blind, known, error);
    }
    for (size_t i = 0; status == KP_OK && i < known->count; i++) {
        const struct kp_withdrawn_signal *signal = &known->items[i].signal;
        status = add_query(noted, KP_AUDIT_SIGNALS_IMPORTED, &signal->kept, error);
        if (status == KP_OK && signal->withdrawn_at != 0) {
            status = add_query(noted, KP_AUDIT_SIGNALS_WITHDRAWN, &signal->kept, error);
        }
    }
    kp_bulk_free(known);
    return status;
}

/* Registered by then, as the log tells. */
static bool was_registered(const struct known_signal *item, const struct kp_slot_keeping *keeping)
{
    return item->registered.sequence != 0 && item->registered.sequence <= keeping->log_sequence;
}

static bool was_withdrawn(const struct known_signal *item, const struct kp_slot_keeping *keeping)
{
    return item->signal.withdrawn_at != 0 && item->withdrawn.sequence <= keeping->log_sequence;
}

static void show(struct kp_pick *pick, const struct known_signal *item, bool withdrawn)
{
    struct kp_pick_signal *out = &pick->signals[pick->signal_count++];
    const struct kp_kept_signal *kept = &item->signal.kept;
    memcpy(out->indicator, kept->signal.indicator, sizeof(kept->signal.indicator));
    memcpy(out->grounds, kept->signal.grounds, sizeof(kept->signal.grounds));
    memcpy(out->salt, kept->salt, sizeof(out->salt));
    out->observed_on = kept->signal.observed_on;
    out->purpose = kept->signal.purpose;
    out->valid_until = kept->signal.valid_until;
    out->registered_at = kept->signal.registered_at;
    out->registered = item->registered;
    if (withdrawn) {
        out->withdrawn = item->withdrawn;
    }
}

/* The one that was sorted to a place of the merged ones. */
static void show_merged(const struct known *known, const struct kp_kept_signal *kept,
                        struct kp_pick *pick)
{
    for (size_t k = 0; k < known->count; k++) {
        if (pick->signal_count < KP_SIGNALS_PER_ADDRESS_MAX &&
            memcmp(known->items[k].signal.kept.salt, kept->salt, sizeof(kept->salt)) == 0) {
            show(pick, &known->items[k], false);
            return;
        }
    }
}

/* Those that were merged on this day, in their order. */
static enum kp_status merge(const struct known *known, const struct kp_agreement *agreement,
                            uint32_t own, const struct kp_slot_keeping *keeping, uint32_t today,
                            struct kp_pick *pick, uint8_t digest[static KP_DIGEST_BYTES])
{
    struct kp_signals_on_address one = {.signals = calloc(ALL_MAX, sizeof(struct kp_kept_signal))};
    if (one.signals == NULL) {
        return KP_FAILED;
    }
    for (size_t i = 0; i < known->count; i++) {
        const struct known_signal *item = &known->items[i];
        if (was_registered(item, keeping) && !was_withdrawn(item, keeping) &&
            kp_eligible_signal(agreement, own, today, &item->signal.kept.signal) == KP_ELIGIBLE) {
            one.signals[one.count++] = item->signal.kept;
        }
    }
    kp_signals_sort(&one);
    kp_signals_grounds_digest(digest, &one);
    pick->signal_count = 0;
    for (size_t i = 0; i < one.count; i++) {
        show_merged(known, &one.signals[i], pick);
    }
    kp_wipe(one.signals, ALL_MAX * sizeof(one.signals[0]));
    free(one.signals);
    return KP_OK;
}

/* The signals that the leaf commits to: on the day of the list, or just after midnight. */
static enum kp_status show_live(const struct known *known, const struct kp_agreement *agreement,
                                uint32_t own, const struct kp_slot_keeping *keeping,
                                struct kp_pick *pick, struct kp_error *error)
{
    uint8_t digest[KP_DIGEST_BYTES];
    uint32_t today = kp_eligible_today(keeping->prepared_at);
    uint32_t later = kp_eligible_today(keeping->prepared_at + 600);
    enum kp_status status = merge(known, agreement, own, keeping, today, pick, digest);
    if (status == KP_OK && later != today &&
        memcmp(digest, pick->leaf.grounds, sizeof(digest)) != 0) {
        status = merge(known, agreement, own, keeping, later, pick, digest);
    }
    pick->kind = KP_PICK_SIGNAL;
    return status == KP_OK ? KP_OK
                           : kp_fail(error, KP_FAILED, "no memory for the signals on an address");
}

/* A slot that holds an address which took no part in the round: all that was known of it then. */
static void show_withdrawn(const struct known *known, const struct kp_slot_keeping *keeping,
                           struct kp_pick *pick)
{
    pick->kind = KP_PICK_WITHDRAWN;
    for (size_t i = 0; i < known->count && pick->signal_count < KP_SIGNALS_PER_ADDRESS_MAX; i++) {
        const struct known_signal *item = &known->items[i];
        memcpy(pick->address, item->signal.kept.signal.address, sizeof(pick->address));
        if (was_registered(item, keeping)) {
            show(pick, item, was_withdrawn(item, keeping));
        }
    }
}

enum kp_status kp_slot_show_signals(struct kp_txn *txn, const struct kp_agreement *agreement,
                                    uint32_t own, const struct kp_slot_keeping *keeping,
                                    const struct kp_slot_noted *noted, struct kp_pick *pick,
                                    struct kp_error *error)
{
    uint8_t blind[KP_STORE_BLIND_BYTES];
    bool held = false;
    bool nobody = sodium_is_zero(pick->leaf.address, sizeof(pick->leaf.address));
    struct known *known = kp_bulk_new(sizeof(*known));
    pick->signals = calloc(KP_SIGNALS_PER_ADDRESS_MAX, sizeof(*pick->signals));
    if (known == NULL || pick->signals == NULL) {
        kp_bulk_free(known);
        return kp_fail(error, KP_FAILED, "no memory for the signals on an address");
    }
    enum kp_status status = kp_slots_held(txn, agreement, pick->leaf.index, blind, &held, error);
    pick->kind = kp_key_is_canary(pick->leaf.address) ? KP_PICK_CANARY : KP_PICK_PADDING;
    if (status == KP_OK && held && pick->kind != KP_PICK_CANARY) {
        status = read_known(txn, blind, known, error);
        look_up(known, noted);
        if (status == KP_OK && nobody) {
            show_withdrawn(known, keeping, pick);
        } else if (status == KP_OK) {
            status = show_live(known, agreement, own, keeping, pick, error);
        }
    }
    if (pick->kind != KP_PICK_SIGNAL) {
        kp_wipe(pick->y, sizeof(pick->y)); /* nothing follows from it */
    }
    kp_bulk_free(known);
    return status;
}
