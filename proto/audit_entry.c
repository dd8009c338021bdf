/* One entry: packed, unpacked, hashed. */
#include "proto/audit_log.h"

#include "proto/audit.pb-c.h"
#include "proto/limits.h"
#include "proto/protobuf.h"

#include <inttypes.h>
#include <string.h>

#define VERSION 1u
#define PURPOSE "log entry"

const char *kp_audit_event_name(enum kp_audit_event event)
{
    switch (event) {
    case KP_AUDIT_STARTED:
        return "started";
    case KP_AUDIT_STOPPED:
        return "stopped";
    case KP_AUDIT_LOG_RESTORED:
        return "log restored, with entries missing";
    case KP_AUDIT_PAPER_ADDED:
        return "paper added";
    case KP_AUDIT_DECISION_SEEN:
        return "decision seen";
    case KP_AUDIT_IN_FORCE:
        return "agreement in force";
    case KP_AUDIT_PROCESSING_STOPPED:
        return "processing stopped";
    case KP_AUDIT_START_RECEIVED:
        return "start received";
    case KP_AUDIT_START_REFUSED:
        return "start refused";
    case KP_AUDIT_HELLO1_SENT:
        return "hello 1 sent";
    case KP_AUDIT_HELLO2_SENT:
        return "hello 2 sent";
    case KP_AUDIT_HEAD_SEEN:
        return "head seen";
    case KP_AUDIT_LIST_EVALUATED:
        return "list evaluated";
    case KP_AUDIT_RESTORED:
        return "restored database detected";
    case KP_AUDIT_TOTALS_TAKEN_OVER:
        return "totals taken over";
    case KP_AUDIT_RECOVERY_ANSWERED:
        return "recovery answered";
    case KP_AUDIT_READY_SENT:
        return "ready sent";
    case KP_AUDIT_RELEASED:
        return "released";
    case KP_AUDIT_COMPLETED:
        return "completed";
    case KP_AUDIT_ATTEMPT_ENDED:
        return "attempt ended";
    case KP_AUDIT_RELEASE_ADOPTED:
        return "release adopted";
    case KP_AUDIT_ROUNDS_DELETED:
        return "rounds deleted";
    case KP_AUDIT_SIGNALS_IMPORTED:
        return "signals imported";
    case KP_AUDIT_SIGNALS_REFUSED:
        return "signals refused";
    case KP_AUDIT_SIGNALS_DELETED:
        return "signals deleted";
    case KP_AUDIT_SIGNALS_SHOWN:
        return "signals shown";
    case KP_AUDIT_SIGNALS_WITHDRAWN:
        return "signals withdrawn";
    case KP_AUDIT_SLOTS_NOT_KEPT:
        return "slots not kept for audit";
    case KP_AUDIT_SLOTS_KEPT:
        return "slots kept for audit";
    case KP_AUDIT_SLOTS_SHOWN:
        return "audited slots shown";
    case KP_AUDIT_CASE_RECEIVED:
        return "case received";
    case KP_AUDIT_CASE_REFUSED:
        return "case refused";
    case KP_AUDIT_CASE_SHOWN:
        return "case shown";
    case KP_AUDIT_CASE_ANSWERED:
        return "case answered";
    case KP_AUDIT_CASE_CLOSED:
    case KP_AUDIT_CASE_ENDED:
        return "case closed";
    case KP_AUDIT_CASE_OPENED:
        return "case opened";
    case KP_AUDIT_ANSWER_TAKEN:
        return "answer taken";
    case KP_AUDIT_ROUND_STARTED:
        return "round started";
    case KP_AUDIT_ROUND_RELEASED:
        return "round released";
    case KP_AUDIT_SUBMISSION_TAKEN:
        return "submission taken";
    case KP_AUDIT_MATCHED:
        return "matched";
    case KP_AUDIT_SUBMISSIONS_DELETED:
        return "submissions deleted";
    case KP_AUDIT_RESULTS_GIVEN:
        return "results given";
    case KP_AUDIT_ROUND_REFUSED:
        return "round refused";
    case KP_AUDIT_LETTERS_GIVEN:
        return "letters given";
    case KP_AUDIT_LETTERS_TAKEN:
        return "letters taken";
    case KP_AUDIT_FAULT_FOUND:
        return "fault found";
    case KP_AUDIT_VERDICTS_GIVEN:
        return "verdicts given";
    case KP_AUDIT_ROUND_ASKED:
        return "round asked";
    case KP_AUDIT_OPENED:
        return "opened";
    case KP_AUDIT_PARTIALS_GIVEN:
        return "partial openings given";
    case KP_AUDIT_EVIDENCE_WRITTEN:
        return "evidence written";
    }
    return NULL;
}

/* Borrows all of the entry. */
static enum kp_status pack(const struct kp_audit_entry *entry, bool with_signature,
                           struct kp_buffer *out, struct kp_error *error)
{
    Kruispunt__LogEntry packed = KRUISPUNT__LOG_ENTRY__INIT;
    packed.version = VERSION;
    packed.sequence = entry->sequence;
    packed.previous = kp_protobuf_bytes(entry->previous, entry->sequence > 1 ? KP_DIGEST_BYTES : 0);
    packed.time = entry->time;
    packed.party = entry->party;
    packed.lineage = kp_protobuf_bytes(entry->lineage, KP_DIGEST_BYTES);
    packed.event = (uint32_t)entry->event;
    packed.counter = entry->counter;
    packed.attempt = kp_protobuf_bytes(entry->attempt, entry->has_attempt ? KP_ATTEMPT_BYTES : 0);
    packed.member = entry->member;
    packed.count = entry->count;
    packed.digest = kp_protobuf_bytes(entry->digest, entry->has_digest ? KP_DIGEST_BYTES : 0);
    packed.reason = entry->reason;
    packed.signature = kp_protobuf_bytes(entry->signature, with_signature ? KP_SIGNATURE_BYTES : 0);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_audit_entry_pack(const struct kp_audit_entry *entry, struct kp_buffer *out,
                                   struct kp_error *error)
{
    return pack(entry, true, out, error);
}

/* A field that may be absent. */
static enum kp_status copy_optional(void *out, size_t size, bool *has,
                                    const ProtobufCBinaryData *field, const char *name,
                                    struct kp_error *error)
{
    *has = field->len > 0;
    return *has ? kp_protobuf_copy(out, size, field, name, error) : KP_OK;
}

static enum kp_status check_ranges(const Kruispunt__LogEntry *packed, struct kp_error *error)
{
    if (packed->version != VERSION) {
        return kp_fail(error, KP_REFUSED, "a log entry of version %u", packed->version);
    }
    if (packed->sequence == 0 || packed->sequence == UINT64_MAX) {
        return kp_fail(error, KP_REFUSED, "a log entry with an impossible number");
    }
    if (packed->event > INT32_MAX ||
        kp_audit_event_name((enum kp_audit_event)packed->event) == NULL) {
        return kp_fail(error, KP_REFUSED, "log entry %" PRIu64 " has the unknown event %u",
                       packed->sequence, packed->event);
    }
    if ((packed->party > KP_MEMBERS_MAX && packed->party != KP_PARTY_LEADER &&
         packed->party != KP_PARTY_OPENER) ||
        packed->member > KP_MEMBERS_MAX || packed->counter > KP_ROUNDS_MAX ||
        packed->reason > KP_AUDIT_REASON_MAX) {
        return kp_fail(error, KP_REFUSED, "log entry %" PRIu64 " has a number out of range",
                       packed->sequence);
    }
    return KP_OK;
}

static enum kp_status copy_entry(struct kp_audit_entry *entry, const Kruispunt__LogEntry *packed,
                                 struct kp_error *error)
{
    enum kp_status status = check_ranges(packed, error);
    if (status != KP_OK) {
        return status;
    }
    entry->sequence = packed->sequence;
    entry->time = packed->time;
    entry->party = packed->party;
    entry->event = (enum kp_audit_event)packed->event;
    entry->counter = packed->counter;
    entry->member = packed->member;
    entry->count = packed->count;
    entry->reason = packed->reason;
    const struct kp_protobuf_field fields[] = {
        {&packed->previous, entry->previous, packed->sequence > 1 ? KP_DIGEST_BYTES : 0,
         "a log entry's previous"},
        {&packed->lineage, entry->lineage, KP_DIGEST_BYTES, "a log entry's lineage"},
        {&packed->signature, entry->signature, KP_SIGNATURE_BYTES, "a log entry's signature"},
    };
    status = KP_PROTOBUF_COPY(fields, error);
    if (status == KP_OK) {
        status = copy_optional(entry->attempt, KP_ATTEMPT_BYTES, &entry->has_attempt,
                               &packed->attempt, "a log entry's attempt", error);
    }
    if (status == KP_OK) {
        status = copy_optional(entry->digest, KP_DIGEST_BYTES, &entry->has_digest, &packed->digest,
                               "a log entry's digest", error);
    }
    return status;
}

enum kp_status kp_audit_entry_unpack(struct kp_audit_entry *entry, const uint8_t *bytes,
                                     size_t size, struct kp_error *error)
{
    memset(entry, 0, sizeof(*entry));
    if (size > KP_AUDIT_ENTRY_MAX) {
        return kp_fail(error, KP_REFUSED, "a log entry of %zu bytes", size);
    }
    Kruispunt__LogEntry *packed = (Kruispunt__LogEntry *)kp_protobuf_unpack(
        &kruispunt__log_entry__descriptor, "log entry", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_entry(entry, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

enum kp_status kp_audit_entry_hash(uint8_t hash[static KP_DIGEST_BYTES],
                                   const struct kp_audit_entry *entry)
{
    struct kp_buffer packed = {0};
    struct kp_hash state;
    enum kp_status status = pack(entry, false, &packed, NULL);
    if (status == KP_OK) {
        kp_hash_start(&state, "Kruispunt-v1 log entry");
        kp_hash_field(&state, packed.data, packed.size);
        kp_hash_digest(&state, hash);
    }
    kp_buffer_free(&packed);
    return status;
}

enum kp_status kp_audit_entry_sign(struct kp_audit_entry *entry,
                                   const uint8_t secret[static KP_SIGN_SECRET_BYTES],
                                   uint8_t hash[static KP_DIGEST_BYTES])
{
    enum kp_status status = kp_audit_entry_hash(hash, entry);
    if (status == KP_OK) {
        kp_sign(entry->signature, secret, PURPOSE, hash, KP_DIGEST_BYTES);
    }
    return status;
}

enum kp_status kp_audit_entry_check(const struct kp_audit_entry *entry,
                                    const uint8_t hash[static KP_DIGEST_BYTES],
                                    const uint8_t key[static KP_SIGN_PUBLIC_BYTES])
{
    return kp_sign_check(entry->signature, key, PURPOSE, hash, KP_DIGEST_BYTES);
}

void kp_audit_message_digest(uint8_t digest[static KP_DIGEST_BYTES], const uint8_t *packed,
                             size_t size)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 logged message");
    kp_hash_field(&state, packed, size);
    kp_hash_digest(&state, digest);
}
