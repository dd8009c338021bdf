/* What each member is to do in an attempt, who is late with it, and when a phase is over. */
#include "coordinator/attempt_internal.h"

#include "proto/audit_log.h"

static uint32_t points_chunks(const struct kp_attempt *attempt, uint32_t member)
{
    return kp_chunk_count(kp_agreement_member_slots(attempt->agreement, member), KP_CHUNK_POINTS);
}

uint32_t kp_attempt_points_due(const struct kp_attempt *attempt, uint32_t member)
{
    return points_chunks(attempt, member) * (attempt->agreement->member_count - 1);
}

uint32_t kp_attempt_evaluations_due(const struct kp_attempt *attempt, uint32_t member)
{
    uint32_t due = 0;
    for (uint32_t peer = 1; peer <= attempt->agreement->member_count; peer++) {
        due += peer != member ? points_chunks(attempt, peer) : 0;
    }
    return due;
}

uint32_t kp_attempt_leaves_chunks(const struct kp_attempt *attempt, uint32_t member)
{
    if (kp_agreement_round_type(attempt->agreement, attempt->counter) == KP_ROUND_COUNT) {
        return 0;
    }
    return kp_chunk_count(kp_agreement_member_slots(attempt->agreement, member), KP_CHUNK_LEAVES);
}

uint32_t kp_attempt_entries_chunks(const struct kp_attempt *attempt, uint32_t member)
{
    return kp_chunk_count(kp_agreement_member_slots(attempt->agreement, member), KP_CHUNK_ENTRIES);
}

/* A member that recovers waits for the others' answers: who hasn't begun with one is late. */
static bool is_late_for_hello1(const struct kp_attempt *attempt, uint32_t member)
{
    bool waits = false;
    for (uint32_t i = 1; i <= attempt->agreement->member_count; i++) {
        bool asks =
            attempt->progress[i - 1].asked != 0 && attempt->transcript.hello1[i - 1].size == 0;
        if (i != member && asks && attempt->progress[member - 1].recovered[i - 1] == 0) {
            return true;
        }
        waits = waits || (i != member && attempt->progress[i - 1].recovered[member - 1] == 0);
    }
    return attempt->transcript.hello1[member - 1].size == 0 &&
           !(attempt->progress[member - 1].asked != 0 && waits);
}

bool kp_attempt_is_late(const struct kp_attempt *attempt, uint32_t member)
{
    const struct kp_attempt_progress *progress = &attempt->progress[member - 1];
    switch (attempt->phase) {
    case KP_PHASE_HELLO1:
        return is_late_for_hello1(attempt, member);
    case KP_PHASE_HELLO2:
        return attempt->transcript.hello2[member - 1].size == 0 ||
               progress->secrets != (kp_attempt_all_members(attempt) & ~kp_attempt_bit(member));
    case KP_PHASE_EVALUATE:
        return progress->points < kp_attempt_points_due(attempt, member) ||
               progress->evaluations < progress->received;
    case KP_PHASE_READY:
        return attempt->transcript.ready[member - 1].size == 0;
    case KP_PHASE_RELEASE:
        return !kp_attempt_is_out(attempt, member) &&
               (progress->leaves < kp_attempt_leaves_chunks(attempt, member) ||
                progress->entries < kp_attempt_entries_chunks(attempt, member));
    default:
        return false;
    }
}

static bool phase_done(const struct kp_attempt *attempt)
{
    for (uint32_t member = 1; member <= attempt->agreement->member_count; member++) {
        if (kp_attempt_is_late(attempt, member)) {
            return false;
        }
    }
    if (attempt->phase == KP_PHASE_EVALUATE) {
        for (uint32_t i = 0; i < attempt->agreement->member_count; i++) {
            if (attempt->progress[i].evaluations < kp_attempt_evaluations_due(attempt, i + 1)) {
                return false;
            }
        }
    }
    return attempt->phase >= KP_PHASE_HELLO1 && attempt->phase <= KP_PHASE_RELEASE;
}

void kp_attempt_make_list(struct kp_attempt *attempt, uint32_t late)
{
    struct kp_phase_list *list = &attempt->lists[attempt->phase];
    list->counter = attempt->counter;
    list->phase = attempt->phase;
    list->late = late;
    list->refused = attempt->refused;
    list->member_count = attempt->agreement->member_count;
    for (uint32_t i = 0; i < list->member_count; i++) {
        list->members[i] = attempt->progress[i].deposited;
    }
}

void kp_attempt_advance(struct kp_attempt *attempt, uint64_t now)
{
    attempt->deadline = now + attempt->phase_ms;
    while (phase_done(attempt)) {
        kp_attempt_make_list(attempt, attempt->silent);
        attempt->phase++;
    }
}

void kp_attempt_count_message(struct kp_attempt *attempt, uint32_t member, const uint8_t *packed,
                              size_t packed_size)
{
    uint8_t digest[KP_DIGEST_BYTES];
    kp_audit_message_digest(digest, packed, packed_size);
    kp_deposited_add(&attempt->progress[member - 1].deposited, digest);
}

void kp_attempt_note_phase(struct kp_attempt *attempt, uint32_t member)
{
    attempt->progress[member - 1].deposited_in = attempt->phase;
}

void kp_attempt_member_state(const struct kp_attempt *attempt, uint32_t member,
                             struct kp_member_state *state)
{
    const struct kp_attempt_progress *progress = &attempt->progress[member - 1];
    if (attempt->transcript.hello1[member - 1].size == 0) {
        state->phase = KP_PHASE_HELLO1;
    } else if (attempt->transcript.hello2[member - 1].size == 0 ||
               progress->secrets != (kp_attempt_all_members(attempt) & ~kp_attempt_bit(member))) {
        state->phase = KP_PHASE_HELLO2;
    } else if (attempt->transcript.ready[member - 1].size == 0) {
        state->phase = KP_PHASE_EVALUATE;
    } else if (!kp_attempt_released(attempt)) {
        state->phase = KP_PHASE_READY;
    } else {
        state->phase = KP_PHASE_RELEASE;
    }
    if (attempt->phase == KP_PHASE_MATCH || attempt->phase == KP_PHASE_COMPLETE) {
        state->phase = attempt->phase;
    }
    state->total = (uint64_t)kp_attempt_points_due(attempt, member) +
                   kp_attempt_evaluations_due(attempt, member) +
                   kp_attempt_leaves_chunks(attempt, member) +
                   kp_attempt_entries_chunks(attempt, member) + 3;
    state->done =
        (uint64_t)progress->points + progress->evaluations + progress->leaves + progress->entries;
    state->done += attempt->transcript.hello1[member - 1].size > 0;
    state->done += attempt->transcript.hello2[member - 1].size > 0;
    state->done += attempt->transcript.ready[member - 1].size > 0;
}
