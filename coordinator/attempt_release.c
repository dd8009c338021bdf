/* What members submit after the READYs, and who breaks off. */
#include "coordinator/attempt_internal.h"

#include "coordinator/attempt_check.h"

static enum kp_status check_chunk(const struct kp_attempt *attempt,
                                  const struct kp_round_message *message, uint32_t expected,
                                  uint32_t parts, struct kp_error *error)
{
    enum kp_status status =
        kp_attempt_check_gives(kp_attempt_is_out(attempt, message->from), message, error);
    if (status == KP_OK) {
        status = kp_attempt_check_chunk(message, expected, parts, error);
    }
    if (status != KP_OK) {
        return status;
    }
    return kp_round_message_check(message, attempt->agreement->lineage,
                                  attempt->agreement->members[message->from - 1].identity_key,
                                  error);
}

/* Chunks come in order. One that is there already comes again after its sender restarted: accepted,
 * and nothing is done with it, for READY fixed the content. */
enum kp_status kp_attempt_on_leaves(struct kp_attempt *attempt,
                                    const struct kp_round_message *message, const uint8_t *packed,
                                    size_t packed_size, enum kp_relay *relay,
                                    struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    uint32_t expected = attempt->progress[message->from - 1].leaves;
    *relay = message->part < expected ? KP_RELAY_NOTHING : KP_RELAY_LEAVES;
    enum kp_status status = kp_attempt_expect_contributor(attempt, message, error);
    if (status != KP_OK) {
        return status;
    }
    return check_chunk(attempt, message, expected, kp_attempt_leaves_chunks(attempt, message->from),
                       error);
}

enum kp_status kp_attempt_on_submission(struct kp_attempt *attempt,
                                        const struct kp_round_message *message,
                                        const uint8_t *packed, size_t packed_size,
                                        enum kp_relay *relay, struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    const struct kp_attempt_progress *progress = &attempt->progress[message->from - 1];
    *relay = message->part < progress->entries ? KP_RELAY_NOTHING : KP_RELAY_ENTRIES;
    enum kp_status status = kp_attempt_expect_contributor(attempt, message, error);
    if (status == KP_OK) {
        status = kp_attempt_check_after(progress->leaves >=
                                            kp_attempt_leaves_chunks(attempt, message->from),
                                        message, "LEAVES", error);
    }
    if (status != KP_OK) {
        return status;
    }
    return check_chunk(attempt, message, progress->entries,
                       kp_attempt_entries_chunks(attempt, message->from), error);
}

void kp_attempt_kept(struct kp_attempt *attempt, uint32_t member, enum kp_relay what,
                     const uint8_t *packed, size_t packed_size, uint64_t now)
{
    struct kp_attempt_progress *progress = &attempt->progress[member - 1];
    kp_attempt_count_message(attempt, member, packed, packed_size);
    if (what == KP_RELAY_LEAVES) {
        progress->leaves++;
    } else if (what == KP_RELAY_ENTRIES) {
        progress->entries++;
    }
    kp_attempt_advance(attempt, now);
    kp_attempt_note_phase(attempt, member);
}

void kp_attempt_refuse(struct kp_attempt *attempt, uint32_t member, uint64_t now)
{
    attempt->refused |= kp_attempt_bit(member);
    kp_attempt_advance(attempt, now);
}

enum kp_status kp_attempt_on_abort(struct kp_attempt *attempt,
                                   const struct kp_round_message *message, const uint8_t *packed,
                                   size_t packed_size, enum kp_relay *relay, struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    struct kp_abort abort;
    enum kp_status status = kp_attempt_expect_signed(attempt, message, KP_PARTY_COORDINATOR, error);
    if (status == KP_OK) {
        status = kp_abort_unpack(&abort, &message->body, error);
    }
    if (status == KP_OK && attempt->phase == KP_PHASE_RELEASE &&
        abort.reason != KP_ABORT_NOT_AGREED) {
        attempt->silent |= kp_attempt_bit(message->from); /* it goes, the others stay */
    } else if (status == KP_OK) {
        uint32_t named = abort.members & kp_attempt_all_members(attempt);
        kp_attempt_end(attempt, abort.reason, named != 0 ? named : kp_attempt_bit(message->from));
        attempt->ended.reporter = message->from;
    }
    *relay = KP_RELAY_NOTHING;
    return status;
}
