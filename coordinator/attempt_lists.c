/* Lists, the evaluations of them, and the READYs that end it. */
#include "coordinator/attempt_internal.h"

#include "coordinator/attempt_check.h"

static uint8_t *chunk_mark(const struct kp_attempt *attempt, uint8_t *marks, uint32_t from,
                           uint32_t to, uint32_t part)
{
    return &marks[((size_t)(from - 1) * attempt->agreement->member_count + to - 1) *
                      attempt->chunks +
                  part];
}

static enum kp_status mark_once(uint8_t *mark, uint32_t *counted,
                                const struct kp_round_message *message, struct kp_error *error)
{
    enum kp_status status = kp_attempt_check_first(*mark != 0, message, error);
    if (status == KP_OK) {
        *mark = 1;
        (*counted)++;
    }
    return status;
}

enum kp_status kp_attempt_expect_contributor(struct kp_attempt *attempt,
                                             const struct kp_round_message *message,
                                             struct kp_error *error)
{
    enum kp_status status = kp_attempt_check_contributes(attempt->agreement, message, error);
    if (status == KP_REFUSED && attempt->phase != KP_PHASE_RELEASE) {
        kp_attempt_end(attempt, KP_ABORT_REFUSED, kp_attempt_bit(message->from));
    }
    return status;
}

/* A list is answered when all of it is there. */
static void note_part(struct kp_attempt *attempt, uint32_t from, uint32_t to)
{
    uint32_t *parts =
        &attempt->parts_sent[(size_t)(from - 1) * attempt->agreement->member_count + to - 1];
    (*parts)++;
    attempt->progress[to - 1].received += *parts == attempt->chunks ? attempt->chunks : 0;
}

enum kp_status kp_attempt_on_points(struct kp_attempt *attempt,
                                    const struct kp_round_message *message, const uint8_t *packed,
                                    size_t packed_size, enum kp_relay *relay,
                                    struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    enum kp_status status = kp_attempt_expect_contributor(attempt, message, error);
    if (status == KP_OK) {
        status = kp_attempt_expect_sealed(attempt, message, attempt->chunks, error);
    }
    if (status == KP_OK) {
        status = mark_once(
            chunk_mark(attempt, attempt->points_sent, message->from, message->to, message->part),
            &attempt->progress[message->from - 1].points, message, error);
    }
    if (status == KP_OK) {
        note_part(attempt, message->from, message->to);
    }
    *relay = KP_RELAY_MEMBERS;
    return status;
}

enum kp_status kp_attempt_on_evaluation(struct kp_attempt *attempt,
                                        const struct kp_round_message *message,
                                        const uint8_t *packed, size_t packed_size,
                                        enum kp_relay *relay, struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    enum kp_status status = kp_attempt_expect_sealed(attempt, message, attempt->chunks, error);
    if (status == KP_OK) {
        bool sent = *chunk_mark(attempt, attempt->points_sent, message->to, message->from,
                                message->part) != 0;
        status = kp_attempt_check_after(sent, message, "its points were sent", error);
    }
    if (status == KP_OK) {
        status = mark_once(
            chunk_mark(attempt, attempt->evaluated, message->from, message->to, message->part),
            &attempt->progress[message->from - 1].evaluations, message, error);
    }
    *relay = KP_RELAY_MEMBERS;
    return status;
}

/* READYs that disagree end the attempt: somebody was told another round or another g. */
static enum kp_status compare_ready(struct kp_attempt *attempt, uint32_t member,
                                    const struct kp_ready *ready, struct kp_error *error)
{
    for (uint32_t i = 0; i < attempt->agreement->member_count; i++) {
        const struct kp_buffer *other = &attempt->transcript.ready[i];
        struct kp_ready content;
        uint8_t id[KP_ATTEMPT_BYTES];
        if (other->size == 0 || i + 1 == member) {
            continue;
        }
        if (kp_transcript_check_ready(&content, id, attempt->agreement, i + 1, other->data,
                                      other->size, error) != KP_OK ||
            kp_attempt_check_same_round(&content, ready, error) != KP_OK) {
            kp_attempt_end(attempt, KP_ABORT_DISAGREEMENT,
                           kp_attempt_bit(member) | kp_attempt_bit(i + 1));
            return kp_fail(error, KP_REFUSED, "READY of %s and %s are for different rounds",
                           attempt->agreement->members[member - 1].name,
                           attempt->agreement->members[i].name);
        }
    }
    return KP_OK;
}

enum kp_status kp_attempt_on_ready(struct kp_attempt *attempt,
                                   const struct kp_round_message *message, const uint8_t *packed,
                                   size_t packed_size, enum kp_relay *relay, struct kp_error *error)
{
    uint32_t from = message->from;
    struct kp_ready ready;
    uint8_t id[KP_ATTEMPT_BYTES];
    const struct kp_attempt_progress *progress = &attempt->progress[from - 1];
    enum kp_status status =
        kp_transcript_check_ready(&ready, id, attempt->agreement, from, packed, packed_size, error);
    if (status == KP_OK) {
        status = kp_attempt_check_counter(ready.counter, attempt->counter, message, error);
    }
    if (status == KP_OK) {
        bool evaluated = progress->points >= kp_attempt_points_due(attempt, from) &&
                         progress->evaluations >= kp_attempt_evaluations_due(attempt, from);
        status = kp_attempt_check_after(evaluated, message, "all lists were evaluated", error);
    }
    if (status == KP_OK && attempt->transcript.ready[from - 1].size == 0) {
        status = compare_ready(attempt, from, &ready, error);
    }
    if (status == KP_OK) {
        status = kp_attempt_keep_once(&attempt->transcript.ready[from - 1], message, packed,
                                      packed_size, error);
    }
    *relay = KP_RELAY_MEMBERS;
    return status;
}
