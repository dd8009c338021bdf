#include "coordinator/attempt_internal.h"

#include "coordinator/attempt_check.h"

#include <stdlib.h>
#include <string.h>

/* What may come when. What isn't in the table is refused. Members are not in step: one that has all
 * it needs goes on while others wait, so a phase also takes what the next ones bring. A message
 * that is refused is lost, and its sender would be late for it; whether it came too early is for
 * the handlers, which know what it builds on. */
static kp_attempt_handler *const HANDLERS[KP_PHASES][KP_MESSAGE_TYPES] = {
    [KP_PHASE_HELLO1] = {[KP_MESSAGE_HELLO1] = kp_attempt_on_hello1,
                         [KP_MESSAGE_RECOVER] = kp_attempt_on_recover,
                         [KP_MESSAGE_RECOVERED] = kp_attempt_on_recovered,
                         [KP_MESSAGE_ABORT] = kp_attempt_on_abort},
    [KP_PHASE_HELLO2] = {[KP_MESSAGE_HELLO2] = kp_attempt_on_hello2,
                         [KP_MESSAGE_HELLO2_SECRET] = kp_attempt_on_hello2_secret,
                         [KP_MESSAGE_POINTS] = kp_attempt_on_points,
                         [KP_MESSAGE_EVALUATION] = kp_attempt_on_evaluation,
                         [KP_MESSAGE_READY] = kp_attempt_on_ready,
                         [KP_MESSAGE_ABORT] = kp_attempt_on_abort},
    [KP_PHASE_EVALUATE] = {[KP_MESSAGE_POINTS] = kp_attempt_on_points,
                           [KP_MESSAGE_EVALUATION] = kp_attempt_on_evaluation,
                           [KP_MESSAGE_READY] = kp_attempt_on_ready,
                           [KP_MESSAGE_ABORT] = kp_attempt_on_abort},
    [KP_PHASE_READY] =
        {[KP_MESSAGE_READY] = kp_attempt_on_ready, [KP_MESSAGE_ABORT] = kp_attempt_on_abort},
    [KP_PHASE_RELEASE] = {[KP_MESSAGE_LEAVES] = kp_attempt_on_leaves,
                          [KP_MESSAGE_SUBMISSION] = kp_attempt_on_submission,
                          [KP_MESSAGE_ABORT] = kp_attempt_on_abort},
};

enum kp_status kp_attempt_new(struct kp_attempt **out, const struct kp_agreement *agreement,
                              const uint8_t id[static KP_ATTEMPT_BYTES], uint64_t counter,
                              uint64_t phase_ms, uint64_t now, struct kp_error *error)
{
    struct kp_attempt *attempt = calloc(1, sizeof(*attempt));
    *out = NULL;
    if (attempt == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a round");
    }
    attempt->agreement = agreement;
    memcpy(attempt->id, id, KP_ATTEMPT_BYTES);
    attempt->counter = counter;
    attempt->phase_ms = phase_ms;
    attempt->deadline = now + phase_ms;
    attempt->phase = KP_PHASE_HELLO1;
    attempt->chunks = kp_chunk_count(agreement->slots, KP_CHUNK_POINTS);
    attempt->transcript.member_count = agreement->member_count;
    size_t pairs = (size_t)agreement->member_count * agreement->member_count;
    attempt->points_sent = calloc(pairs, attempt->chunks);
    attempt->parts_sent = calloc(pairs, sizeof(*attempt->parts_sent));
    attempt->evaluated = calloc(pairs, attempt->chunks);
    if (attempt->points_sent == NULL || attempt->parts_sent == NULL || attempt->evaluated == NULL) {
        kp_attempt_free(attempt);
        return kp_fail(error, KP_FAILED, "no memory for a round");
    }
    *out = attempt;
    return KP_OK;
}

void kp_attempt_free(struct kp_attempt *attempt)
{
    if (attempt == NULL) {
        return;
    }
    kp_result_transcript_free(&attempt->transcript);
    free(attempt->points_sent);
    free(attempt->parts_sent);
    free(attempt->evaluated);
    free(attempt);
}

void kp_attempt_end(struct kp_attempt *attempt, enum kp_abort_reason reason, uint32_t members)
{
    if (attempt->phase == KP_PHASE_ENDED || attempt->phase == KP_PHASE_COMPLETE) {
        return;
    }
    attempt->ended =
        (struct kp_abort){.reason = reason, .phase = attempt->phase, .members = members};
    attempt->phase = KP_PHASE_ENDED;
}

void kp_attempt_complete(struct kp_attempt *attempt)
{
    if (attempt->phase == KP_PHASE_MATCH) {
        attempt->phase = KP_PHASE_COMPLETE;
    }
}

enum kp_status kp_attempt_receive(struct kp_attempt *attempt, uint32_t member,
                                  const struct kp_round_message *message, const uint8_t *packed,
                                  size_t packed_size, uint64_t now, enum kp_relay *relay,
                                  struct kp_error *error)
{
    *relay = KP_RELAY_NOTHING;
    enum kp_status status = kp_attempt_check_sender(message, member, error);
    if (status == KP_OK) {
        status = kp_attempt_check_id(message, attempt->id, error);
    }
    if (status != KP_OK) {
        return status;
    }
    kp_attempt_handler *handle = HANDLERS[attempt->phase][message->type];
    if (handle == NULL) {
        return kp_fail(error, KP_REFUSED, "%s can't come in phase %s",
                       kp_message_type_name(message->type), kp_phase_name(attempt->phase));
    }
    status = handle(attempt, message, packed, packed_size, relay, error);
    /* A chunk that comes again is no progress: it mustn't hold the round open, nor is it counted
     * twice. One that is new counts when it is kept. */
    if (status == KP_OK && (*relay == KP_RELAY_MEMBERS || message->type == KP_MESSAGE_ABORT)) {
        kp_attempt_count_message(attempt, member, packed, packed_size);
        if (attempt->phase != KP_PHASE_ENDED) {
            kp_attempt_advance(attempt, now);
        }
        kp_attempt_note_phase(attempt, member);
    }
    return status;
}

bool kp_attempt_tick(struct kp_attempt *attempt, uint64_t now)
{
    if (now < kp_attempt_deadline(attempt)) {
        return false;
    }
    uint32_t late = 0;
    for (uint32_t member = 1; member <= attempt->agreement->member_count; member++) {
        late |= kp_attempt_is_late(attempt, member) ? kp_attempt_bit(member) : 0;
    }
    if (attempt->phase == KP_PHASE_RELEASE) {
        attempt->silent |= late;
        kp_attempt_make_list(attempt, attempt->silent);
        attempt->phase = KP_PHASE_MATCH;
    } else {
        kp_attempt_make_list(attempt, late);
        kp_attempt_end(attempt, KP_ABORT_DEADLINE, late);
    }
    return true;
}

const struct kp_deposited *kp_attempt_deposited(const struct kp_attempt *attempt, uint32_t member,
                                                enum kp_phase *phase)
{
    *phase = attempt->progress[member - 1].deposited_in;
    return &attempt->progress[member - 1].deposited;
}

const struct kp_phase_list *kp_attempt_phase_list(const struct kp_attempt *attempt,
                                                  enum kp_phase phase)
{
    const struct kp_phase_list *list = &attempt->lists[phase];
    return list->member_count > 0 ? list : NULL;
}

uint64_t kp_attempt_deadline(const struct kp_attempt *attempt)
{
    return attempt->phase >= KP_PHASE_HELLO1 && attempt->phase <= KP_PHASE_RELEASE
               ? attempt->deadline
               : UINT64_MAX;
}

enum kp_phase kp_attempt_phase(const struct kp_attempt *attempt)
{
    return attempt->phase;
}

uint64_t kp_attempt_counter(const struct kp_attempt *attempt)
{
    return attempt->counter;
}

const uint8_t *kp_attempt_id(const struct kp_attempt *attempt)
{
    return attempt->id;
}

struct kp_abort kp_attempt_ended(const struct kp_attempt *attempt)
{
    return attempt->ended;
}

bool kp_attempt_released(const struct kp_attempt *attempt)
{
    for (uint32_t i = 0; i < attempt->agreement->member_count; i++) {
        if (attempt->transcript.ready[i].size == 0) {
            return false;
        }
    }
    return true;
}

const struct kp_result_transcript *kp_attempt_transcript(const struct kp_attempt *attempt)
{
    return &attempt->transcript;
}
