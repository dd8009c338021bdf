/* The signals that a slot shows: what the leaf was made of, and what the log tells of them. */
#include "proto/verify_audit.h"

#include "proto/verify_digest.h"
#include "proto/verify_internal.h"

#include <string.h>
#include <time.h>

/* ---- Signals and the leaf ---- */

/* year * 10000 + month * 100 + day, UTC. */
static uint32_t day_of(uint64_t milliseconds)
{
    const time_t seconds = (time_t)(milliseconds / 1000);
    struct tm day = {0};
    return gmtime_r(&seconds, &day) == NULL
               ? UINT32_MAX
               : ((uint32_t)day.tm_year + 1900) * 10000 + ((uint32_t)day.tm_mon + 1) * 100 +
                     (uint32_t)day.tm_mday;
}

static int indicator_of(const struct kp_verify_audit *audit, const struct kp_pick_signal *signal)
{
    const struct kp_member *member = &audit->it.agreement->members[audit->member - 1];
    for (size_t i = 0; i < member->indicator_count; i++) {
        if (strcmp(member->indicators[i].code, signal->indicator) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static const struct kp_hello2 *hello2_of(const struct kp_verify_audit *audit)
{
    return &audit->it.hello2_body[audit->member - 1];
}

/* Section 6: whether a signal counts in this round, but for its address.
 */
static bool counts(const struct kp_verify_audit *audit, const struct kp_pick_signal *signal)
{
    return indicator_of(audit, signal) >= 0 &&
           (signal->purpose == 0 || signal->purpose == (uint8_t)audit->it.agreement->category) &&
           (signal->valid_until == 0 || signal->valid_until >= day_of(hello2_of(audit)->time));
}

static void grounds_of(uint8_t digest[static KP_DIGEST_BYTES], const struct kp_pick *pick)
{
    struct kp_hash all, one;
    uint8_t grounds[KP_DIGEST_BYTES];
    kp_hash_start(&all, "Kruispunt-v1 grounds");
    for (size_t i = 0; i < pick->signal_count; i++) {
        const struct kp_pick_signal *signal = &pick->signals[i];
        kp_hash_start(&one, "Kruispunt-v1 grounds of a signal");
        kp_hash_field(&one, signal->salt, sizeof(signal->salt));
        kp_hash_field(&one, signal->grounds, strlen(signal->grounds));
        kp_hash_digest(&one, grounds);
        kp_hash_field(&all, signal->indicator, strlen(signal->indicator));
        kp_hash_number(&all, signal->observed_on);
        kp_hash_field(&all, grounds, sizeof(grounds));
    }
    kp_hash_digest(&all, digest);
}

static bool signals_holds(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    uint8_t digest[KP_DIGEST_BYTES], indicators[KP_INDICATOR_SET_BYTES] = {0};
    uint32_t latest = 0;
    if (pick->kind != KP_PICK_SIGNAL) {
        return true;
    }
    for (size_t i = 0; i < pick->signal_count; i++) {
        const struct kp_pick_signal *signal = &pick->signals[i];
        int indicator = indicator_of(audit, signal);
        if (!counts(audit, signal)) {
            return false;
        }
        indicators[indicator / 8] |= (uint8_t)(1u << (indicator % 8));
        latest = signal->observed_on > latest ? signal->observed_on : latest;
    }
    grounds_of(digest, pick);
    return memcmp(digest, pick->leaf.grounds, sizeof(digest)) == 0 &&
           memcmp(indicators, pick->leaf.indicators, sizeof(indicators)) == 0 &&
           latest == pick->leaf.observed_on;
}

/* ---- The log ---- */

static bool follows(const struct kp_verify_audit *audit, size_t i)
{
    const struct kp_audit_entry *entry = &audit->entries[i];
    if (i == 0) {
        return true;
    }
    struct kp_audit_head head = {.sequence = audit->entries[i - 1].sequence};
    memcpy(head.hash, audit->hashes[i - 1], KP_DIGEST_BYTES);
    if (entry->event == KP_AUDIT_LOG_RESTORED) {
        return kp_verify_log_check_bridge(entry, &head) == KP_OK;
    }
    return kp_verify_log_check_sequence(entry, &head) == KP_OK &&
           kp_verify_log_check_chain(entry, &head) == KP_OK;
}

/* The first entry that a signal stands in; 0: none does. */
static uint64_t first_needed(const struct kp_verify_audit *audit)
{
    uint64_t first = 0;
    for (uint32_t i = 0; i < audit->pick_count; i++) {
        for (size_t k = 0; k < audit->picks[i].signal_count; k++) {
            uint64_t sequence = audit->picks[i].signals[k].registered.sequence;
            first = sequence != 0 && (first == 0 || sequence < first) ? sequence : first;
        }
    }
    return first;
}

static bool chain_holds(const struct kp_verify_audit *audit)
{
    const struct kp_audit_head *head = &hello2_of(audit)->log;
    if (first_needed(audit) != (audit->entry_count > 0 ? audit->entries[0].sequence : 0)) {
        return false;
    }
    for (size_t i = 0; i < audit->entry_count; i++) {
        const struct kp_audit_entry *entry = &audit->entries[i];
        if (entry->party != audit->member ||
            memcmp(entry->lineage, audit->it.agreement->lineage, KP_DIGEST_BYTES) != 0 ||
            kp_verify_log_check_signature(audit->it.versions, entry, audit->hashes[i]) != KP_OK ||
            !follows(audit, i)) {
            return false;
        }
    }
    size_t last = audit->entry_count;
    return last == 0 || (audit->entries[last - 1].sequence == head->sequence &&
                         memcmp(audit->hashes[last - 1], head->hash, KP_DIGEST_BYTES) == 0);
}

/* Section 24: all fields of a signal, salted. */
static void digest_of(uint8_t digest[static KP_DIGEST_BYTES], const struct kp_pick_signal *signal,
                      const uint8_t address[static KP_ADDRESS_KEY_BYTES])
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 signal in the log");
    kp_hash_field(&hash, signal->salt, sizeof(signal->salt));
    kp_hash_field(&hash, address, KP_ADDRESS_KEY_BYTES);
    kp_hash_field(&hash, signal->indicator, strlen(signal->indicator));
    kp_hash_field(&hash, signal->grounds, strlen(signal->grounds));
    kp_hash_number(&hash, signal->observed_on);
    kp_hash_number(&hash, signal->purpose);
    kp_hash_number(&hash, signal->valid_until);
    kp_hash_number(&hash, signal->registered_at);
    kp_hash_digest(&hash, digest);
}

/* The entry that the signal is said to stand in, when it does; NULL otherwise. */
static const struct kp_audit_entry *noted_in(const struct kp_verify_audit *audit,
                                             const struct kp_pick *pick,
                                             const struct kp_pick_signal *signal,
                                             const struct kp_pick_noted *noted,
                                             enum kp_audit_event event)
{
    uint8_t digest[KP_DIGEST_BYTES], path_bytes[sizeof(noted->path)];
    memcpy(path_bytes, noted->path, sizeof(path_bytes));
    const struct kp_buffer path = {.data = path_bytes, .size = noted->path_size};
    digest_of(digest, signal, pick->kind == KP_PICK_WITHDRAWN ? pick->address : pick->leaf.address);
    for (size_t i = 0; i < audit->entry_count; i++) {
        const struct kp_audit_entry *entry = &audit->entries[i];
        if (entry->sequence == noted->sequence && entry->event == event && entry->has_digest &&
            entry->count == noted->count &&
            kp_verify_path(entry->digest, digest, noted->count, noted->index, &path)) {
            return entry;
        }
    }
    return NULL;
}

static bool registered_holds(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    for (size_t i = 0; i < pick->signal_count; i++) {
        const struct kp_pick_signal *signal = &pick->signals[i];
        const struct kp_audit_entry *entry =
            noted_in(audit, pick, signal, &signal->registered, KP_AUDIT_SIGNALS_IMPORTED);
        /* The moment is the one of the entry: some time is given to a long import.
         */
        if (entry == NULL || signal->registered_at * 1000 > entry->time ||
            entry->time - signal->registered_at * 1000 > KP_CLOCK_SKEW_MS) {
            return false;
        }
    }
    return true;
}

/* Section 6: the last counter up to this one at which the slot was due. */
static uint64_t turn_of(const struct kp_verify_audit *audit, uint32_t index)
{
    uint64_t slots = audit->slots, rotation = audit->it.agreement->rotation;
    for (uint64_t counter = audit->it.counter; counter > 1; counter--) {
        uint64_t first = (counter - 2) % slots * rotation % slots;
        if ((index + slots - first) % slots < rotation) {
            return counter;
        }
    }
    return 1;
}

/* Whether a list of this counter or a later one was fixed between the two entries: then the signal
 * was there when the slot got its point. A HELLO 1 tells of it. */
static bool was_placed(const struct kp_verify_audit *audit, uint64_t after, uint64_t before,
                       uint64_t counter)
{
    for (size_t i = 0; i < audit->entry_count; i++) {
        const struct kp_audit_entry *entry = &audit->entries[i];
        if (entry->event == KP_AUDIT_HELLO1_SENT && entry->sequence > after &&
            entry->sequence < before && entry->counter >= counter) {
            return true;
        }
    }
    return false;
}

/* Where the signal ends: in an entry of the log, or it is still there and doesn't count. 0:
 * neither. */
static uint64_t end_of(const struct kp_verify_audit *audit, const struct kp_pick *pick,
                       const struct kp_pick_signal *signal)
{
    if (signal->withdrawn.sequence == 0) {
        bool outside = !kp_verify_area(audit->it.agreement, pick->address);
        return outside || !counts(audit, signal) ? UINT64_MAX : 0;
    }
    const struct kp_audit_entry *entry =
        noted_in(audit, pick, signal, &signal->withdrawn, KP_AUDIT_SIGNALS_WITHDRAWN);
    return entry == NULL ? 0 : entry->sequence;
}

/* No signal before it is the same one. */
static bool is_another(const struct kp_pick *pick, size_t number)
{
    for (size_t i = 0; i < number; i++) {
        if (memcmp(pick->signals[i].salt, pick->signals[number].salt, KP_PICK_SALT_BYTES) == 0) {
            return false;
        }
    }
    return true;
}

static bool withdrawn_holds(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    bool placed = false;
    if (pick->kind != KP_PICK_WITHDRAWN) {
        return true;
    }
    for (size_t i = 0; i < pick->signal_count; i++) {
        const struct kp_pick_signal *signal = &pick->signals[i];
        uint64_t end = end_of(audit, pick, signal);
        if (end == 0 || !is_another(pick, i)) {
            return false;
        }
        placed = placed || was_placed(audit, signal->registered.sequence, end,
                                      turn_of(audit, pick->leaf.index));
    }
    return placed;
}

/* ---- As checks ---- */

static enum kp_status verdict(bool holds)
{
    return holds ? KP_OK : KP_REFUSED;
}

enum kp_status kp_audit_check_signals(const struct kp_verify_audit *audit,
                                      const struct kp_pick *pick)
{
    return verdict(signals_holds(audit, pick));
}

enum kp_status kp_audit_check_chain(const struct kp_verify_audit *audit)
{
    return verdict(chain_holds(audit));
}

enum kp_status kp_audit_check_registered(const struct kp_verify_audit *audit,
                                         const struct kp_pick *pick)
{
    return verdict(registered_holds(audit, pick));
}

enum kp_status kp_audit_check_withdrawn(const struct kp_verify_audit *audit,
                                        const struct kp_pick *pick)
{
    return verdict(withdrawn_holds(audit, pick));
}
