/* Whether entries are one chain, from the outside. */
#include "proto/audit_log.h"

#include <inttypes.h>
#include <string.h>

static bool is_signed(const struct kp_audit_walk *walk, const struct kp_audit_entry *entry,
                      const uint8_t hash[static KP_DIGEST_BYTES])
{
    for (size_t i = 0; i < walk->key_count; i++) {
        if (kp_audit_entry_check(entry, hash, walk->keys[i]) == KP_OK) {
            return true;
        }
    }
    return false;
}

/* It names the log's end as the program still had it, and passes over what others had seen. */
static bool follows_restored(const struct kp_audit_walk *walk, const struct kp_audit_entry *entry)
{
    static const uint8_t nothing[KP_DIGEST_BYTES];
    return entry->event == KP_AUDIT_LOG_RESTORED && entry->sequence > walk->head.sequence &&
           entry->count == walk->head.sequence &&
           memcmp(entry->has_digest ? entry->digest : nothing, walk->head.hash, KP_DIGEST_BYTES) ==
               0;
}

static enum kp_status check_place(const struct kp_audit_walk *walk,
                                  const struct kp_audit_entry *entry, struct kp_error *error)
{
    if (entry->party != walk->party) {
        return kp_fail(error, KP_REFUSED, "log entry %" PRIu64 ": of party %u instead of %u",
                       entry->sequence, entry->party, walk->party);
    }
    if (memcmp(entry->lineage, walk->lineage, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "log entry %" PRIu64 ": of another agreement",
                       entry->sequence);
    }
    if (entry->event == KP_AUDIT_LOG_RESTORED) {
        return follows_restored(walk, entry)
                   ? KP_OK
                   : kp_fail(error, KP_REFUSED,
                             "log entry %" PRIu64
                             ": doesn't name the last entry before it, %" PRIu64,
                             entry->sequence, walk->head.sequence);
    }
    if (entry->sequence != walk->head.sequence + 1) {
        return kp_fail(error, KP_REFUSED, "log entry %" PRIu64 ": follows entry %" PRIu64,
                       entry->sequence, walk->head.sequence);
    }
    if (memcmp(entry->previous, walk->head.hash, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "log entry %" PRIu64 ": the entry before it isn't the one that it names",
                       entry->sequence);
    }
    return KP_OK;
}

enum kp_status kp_audit_walk_next(struct kp_audit_walk *walk, const uint8_t *bytes, size_t size,
                                  struct kp_audit_entry *entry, struct kp_error *error)
{
    struct kp_audit_head next;
    enum kp_status status = kp_audit_entry_unpack(entry, bytes, size, error);
    if (status != KP_OK) {
        return kp_fail_in(error, "what follows log entry %" PRIu64, walk->head.sequence);
    }
    status = check_place(walk, entry, error);
    if (status == KP_OK && kp_audit_entry_hash(next.hash, entry) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for a log entry");
    }
    if (status == KP_OK && !is_signed(walk, entry, next.hash)) {
        status = kp_fail(error, KP_REFUSED, "log entry %" PRIu64 ": the signature isn't valid",
                         entry->sequence);
    }
    if (status != KP_OK) {
        return status;
    }
    walk->missing += entry->sequence - walk->head.sequence - 1;
    next.sequence = entry->sequence;
    walk->head = next;
    return KP_OK;
}

enum kp_status kp_audit_walk_end(const struct kp_audit_walk *walk, const struct kp_audit_head *head,
                                 struct kp_error *error)
{
    if (walk->head.sequence != head->sequence) {
        return kp_fail(error, KP_REFUSED, "the log ends with entry %" PRIu64 " instead of %" PRIu64,
                       walk->head.sequence, head->sequence);
    }
    if (memcmp(walk->head.hash, head->hash, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "the log has another entry %" PRIu64, head->sequence);
    }
    return KP_OK;
}

enum kp_status kp_audit_check_head(const struct kp_audit_head *before,
                                   const struct kp_audit_head *now, struct kp_error *error)
{
    if (now->sequence < before->sequence) {
        return kp_fail(error, KP_REFUSED, "its log went back from entry %" PRIu64 " to %" PRIu64,
                       before->sequence, now->sequence);
    }
    if (now->sequence == before->sequence &&
        memcmp(now->hash, before->hash, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "its log has two entries %" PRIu64 " (a fork)",
                       now->sequence);
    }
    return KP_OK;
}
