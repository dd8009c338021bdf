#include "coordinator/attempt.h"

#include "coordinator/attempt_check.h"
#include "proto/audit_log.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

/* What one member has done. */
struct progress {
    uint32_t asked;                     /* RECOVER sent: 1 */
    uint32_t recovered[KP_MEMBERS_MAX]; /* parts of the answer to member i + 1 */
    uint32_t secrets;                   /* HELLO 2 SECRET sent: bit i - 1 is to member i */
    uint32_t points;                    /* chunks of points sent, to all peers together */
    uint32_t received;                  /* chunks of the lists that were sent to it whole */
    uint32_t evaluations;               /* chunks evaluated, for all peers together */
    uint32_t leaves;                    /* chunks of leaves kept */
    uint32_t entries;                   /* chunks of entries kept */
    struct kp_deposited deposited;      /* messages that had an effect */
    enum kp_phase deposited_in;         /* the phase after the last of them */
};

struct kp_attempt {
    const struct kp_agreement *agreement;
    uint8_t id[KP_ATTEMPT_BYTES];
    uint64_t counter;
    uint64_t phase_ms;
    uint64_t deadline;
    enum kp_phase phase;
    struct kp_abort ended;
    uint32_t chunks;
    struct kp_result_transcript transcript;
    struct progress progress[KP_MEMBERS_MAX];
    uint8_t *points_sent; /* sender x receiver x chunk */
    uint32_t *parts_sent; /* sender x receiver: how many of these are set */
    uint8_t *evaluated;   /* evaluator x owner x chunk */
    uint32_t silent;      /* in phase RELEASE: members that broke off or were late */
    uint32_t refused;     /* whose chunk couldn't be */
    struct kp_phase_list lists[KP_PHASES]; /* of phases that are over; else without members */
};

typedef enum kp_status handler(struct kp_attempt *, const struct kp_round_message *,
                               const uint8_t *, size_t, enum kp_relay *, struct kp_error *);

static handler on_recover, on_recovered, on_hello1, on_hello2, on_hello2_secret, on_points,
    on_evaluation, on_ready, on_leaves, on_submission, on_abort;

/* What may come when. What isn't in the table is refused. Members are not in step: one that has all
 * it needs goes on while others wait, so a phase also takes what the next ones bring. A message
 * that is refused is lost, and its sender would be late for it; whether it came too early is for
 * the handlers, which know what it builds on. */
static handler *const HANDLERS[KP_PHASES][KP_MESSAGE_TYPES] = {
    [KP_PHASE_HELLO1] = {[KP_MESSAGE_HELLO1] = on_hello1,
                         [KP_MESSAGE_RECOVER] = on_recover,
                         [KP_MESSAGE_RECOVERED] = on_recovered,
                         [KP_MESSAGE_ABORT] = on_abort},
    [KP_PHASE_HELLO2] = {[KP_MESSAGE_HELLO2] = on_hello2,
                         [KP_MESSAGE_HELLO2_SECRET] = on_hello2_secret,
                         [KP_MESSAGE_POINTS] = on_points,
                         [KP_MESSAGE_EVALUATION] = on_evaluation,
                         [KP_MESSAGE_READY] = on_ready,
                         [KP_MESSAGE_ABORT] = on_abort},
    [KP_PHASE_EVALUATE] = {[KP_MESSAGE_POINTS] = on_points,
                           [KP_MESSAGE_EVALUATION] = on_evaluation,
                           [KP_MESSAGE_READY] = on_ready,
                           [KP_MESSAGE_ABORT] = on_abort},
    [KP_PHASE_READY] = {[KP_MESSAGE_READY] = on_ready, [KP_MESSAGE_ABORT] = on_abort},
    [KP_PHASE_RELEASE] = {[KP_MESSAGE_LEAVES] = on_leaves,
                          [KP_MESSAGE_SUBMISSION] = on_submission,
                          [KP_MESSAGE_ABORT] = on_abort},
};

static uint32_t all_members(const struct kp_attempt *attempt)
{
    return attempt->agreement->member_count == 32 ? UINT32_MAX
                                                  : (1u << attempt->agreement->member_count) - 1;
}

static uint32_t bit(uint32_t member)
{
    return 1u << (member - 1);
}

static uint32_t points_chunks(const struct kp_attempt *attempt, uint32_t member)
{
    return kp_chunk_count(kp_agreement_member_slots(attempt->agreement, member), KP_CHUNK_POINTS);
}

/* What this member sends of its own list, to all peers together. */
static uint32_t points_due(const struct kp_attempt *attempt, uint32_t member)
{
    return points_chunks(attempt, member) * (attempt->agreement->member_count - 1);
}

/* What this member evaluates of all peers' lists together. */
static uint32_t evaluations_due(const struct kp_attempt *attempt, uint32_t member)
{
    uint32_t due = 0;
    for (uint32_t peer = 1; peer <= attempt->agreement->member_count; peer++) {
        due += peer != member ? points_chunks(attempt, peer) : 0;
    }
    return due;
}

/* A round of counts has none. */
static uint32_t leaves_chunks(const struct kp_attempt *attempt, uint32_t member)
{
    if (kp_agreement_round_type(attempt->agreement, attempt->counter) == KP_ROUND_COUNT) {
        return 0;
    }
    return kp_chunk_count(kp_agreement_member_slots(attempt->agreement, member), KP_CHUNK_LEAVES);
}

static uint32_t entries_chunks(const struct kp_attempt *attempt, uint32_t member)
{
    return kp_chunk_count(kp_agreement_member_slots(attempt->agreement, member), KP_CHUNK_ENTRIES);
}

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

/* It gives no more in this round. */
static bool is_out(const struct kp_attempt *attempt, uint32_t member)
{
    return ((attempt->silent | attempt->refused) & bit(member)) != 0;
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

/* Whether a member has done all that this phase waits for. What it can't do yet, because another
 * one hasn't sent it the points, isn't its fault. */
static bool is_late(const struct kp_attempt *attempt, uint32_t member)
{
    const struct progress *progress = &attempt->progress[member - 1];
    switch (attempt->phase) {
    case KP_PHASE_HELLO1:
        return is_late_for_hello1(attempt, member);
    case KP_PHASE_HELLO2:
        return attempt->transcript.hello2[member - 1].size == 0 ||
               progress->secrets != (all_members(attempt) & ~bit(member));
    case KP_PHASE_EVALUATE:
        return progress->points < points_due(attempt, member) ||
               progress->evaluations < progress->received;
    case KP_PHASE_READY:
        return attempt->transcript.ready[member - 1].size == 0;
    case KP_PHASE_RELEASE:
        return !is_out(attempt, member) && (progress->leaves < leaves_chunks(attempt, member) ||
                                            progress->entries < entries_chunks(attempt, member));
    default:
        return false;
    }
}

static bool phase_done(const struct kp_attempt *attempt)
{
    for (uint32_t member = 1; member <= attempt->agreement->member_count; member++) {
        if (is_late(attempt, member)) {
            return false;
        }
    }
    if (attempt->phase == KP_PHASE_EVALUATE) {
        for (uint32_t i = 0; i < attempt->agreement->member_count; i++) {
            if (attempt->progress[i].evaluations < evaluations_due(attempt, i + 1)) {
                return false;
            }
        }
    }
    return attempt->phase >= KP_PHASE_HELLO1 && attempt->phase <= KP_PHASE_RELEASE;
}

/* The phase is over: who gave what in it and before. */
static void make_list(struct kp_attempt *attempt, uint32_t late)
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

/* A READY of one can complete the next phase too. */
static void advance(struct kp_attempt *attempt, uint64_t now)
{
    attempt->deadline = now + attempt->phase_ms;
    while (phase_done(attempt)) {
        make_list(attempt, attempt->silent);
        attempt->phase++;
    }
}

static void count_message(struct kp_attempt *attempt, uint32_t member, const uint8_t *packed,
                          size_t packed_size)
{
    uint8_t digest[KP_DIGEST_BYTES];
    kp_audit_message_digest(digest, packed, packed_size);
    kp_deposited_add(&attempt->progress[member - 1].deposited, digest);
}

/* After what the message did to the phase. */
static void note_phase(struct kp_attempt *attempt, uint32_t member)
{
    attempt->progress[member - 1].deposited_in = attempt->phase;
}

static enum kp_status keep_once(struct kp_buffer *kept, const struct kp_round_message *message,
                                const uint8_t *packed, size_t packed_size, struct kp_error *error)
{
    enum kp_status status = kp_attempt_check_first(kept->size > 0, message, error);
    if (status == KP_OK && kp_buffer_set(kept, packed, packed_size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a message");
    }
    return status;
}

static enum kp_status check_signed(const struct kp_attempt *attempt,
                                   const struct kp_round_message *message, uint32_t to,
                                   struct kp_error *error)
{
    enum kp_status status = kp_attempt_check_recipient(message, to, error);
    if (status != KP_OK) {
        return status;
    }
    return kp_round_message_check(message, attempt->agreement->lineage,
                                  attempt->agreement->members[message->from - 1].identity_key,
                                  error);
}

static enum kp_status on_hello1(struct kp_attempt *attempt, const struct kp_round_message *message,
                                const uint8_t *packed, size_t packed_size, enum kp_relay *relay,
                                struct kp_error *error)
{
    struct kp_hello1 hello = {0};
    enum kp_status status = check_signed(attempt, message, KP_PARTY_ALL, error);
    if (status == KP_OK) {
        status = kp_hello1_unpack(&hello, &message->body, error);
    }
    if (status == KP_OK) {
        status = kp_attempt_check_counter(hello.counter, attempt->counter, message, error);
    }
    if (status == KP_OK) {
        status = kp_attempt_check_type(&hello, attempt->agreement, error);
    }
    if (status == KP_OK) {
        status = keep_once(&attempt->transcript.hello1[message->from - 1], message, packed,
                           packed_size, error);
    }
    kp_hello1_free(&hello);
    *relay = KP_RELAY_MEMBERS;
    return status;
}

static enum kp_status on_hello2(struct kp_attempt *attempt, const struct kp_round_message *message,
                                const uint8_t *packed, size_t packed_size, enum kp_relay *relay,
                                struct kp_error *error)
{
    struct kp_hello2 hello;
    uint8_t hellos[KP_DIGEST_BYTES];
    enum kp_status status = check_signed(attempt, message, KP_PARTY_ALL, error);
    if (status == KP_OK) {
        status = kp_hello2_unpack(&hello, &message->body, error);
    }
    kp_transcript_hellos(hellos, attempt->agreement->lineage, attempt->transcript.hello1,
                         attempt->agreement->member_count);
    if (status == KP_OK) {
        status = kp_attempt_check_hellos(&hello, hellos, error);
    }
    if (status == KP_OK) {
        status = kp_attempt_check_counter(hello.counter, attempt->counter, message, error);
    }
    if (status == KP_OK) {
        status = keep_once(&attempt->transcript.hello2[message->from - 1], message, packed,
                           packed_size, error);
    }
    *relay = KP_RELAY_MEMBERS;
    return status;
}

/* A sealed message is for one other member. */
static enum kp_status check_sealed(const struct kp_attempt *attempt,
                                   const struct kp_round_message *message, uint32_t parts,
                                   struct kp_error *error)
{
    enum kp_status status =
        kp_attempt_check_sealed(message, attempt->agreement->member_count, parts, error);
    if (status == KP_OK) {
        status = kp_attempt_check_after(attempt->transcript.hello2[message->from - 1].size > 0,
                                        message, "HELLO 2", error);
    }
    return status;
}

static enum kp_status on_recover(struct kp_attempt *attempt, const struct kp_round_message *message,
                                 const uint8_t *packed, size_t packed_size, enum kp_relay *relay,
                                 struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    struct kp_recover recover;
    struct progress *progress = &attempt->progress[message->from - 1];
    bool too_late = attempt->transcript.hello1[message->from - 1].size > 0;
    enum kp_status status = check_signed(attempt, message, KP_PARTY_ALL, error);
    if (status == KP_OK) {
        status = kp_recover_unpack(&recover, &message->body, error);
    }
    if (status == KP_OK) {
        status = kp_attempt_check_counter(recover.counter, attempt->counter, message, error);
    }
    if (status == KP_OK) {
        status = kp_attempt_check_first(progress->asked != 0 || too_late, message, error);
    }
    if (status == KP_OK) {
        progress->asked = 1;
    }
    *relay = KP_RELAY_MEMBERS;
    return status;
}

/* In order, so that there can't be more than an answer has. */
static enum kp_status on_recovered(struct kp_attempt *attempt,
                                   const struct kp_round_message *message, const uint8_t *packed,
                                   size_t packed_size, enum kp_relay *relay, struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    enum kp_status status = kp_attempt_check_sealed(message, attempt->agreement->member_count,
                                                    1 + 2 * attempt->chunks, error);
    if (status == KP_OK) {
        uint32_t *parts = &attempt->progress[message->from - 1].recovered[message->to - 1];
        bool asked = attempt->progress[message->to - 1].asked != 0;
        status = kp_attempt_check_after(asked, message, "RECOVER", error);
        if (status == KP_OK) {
            status = kp_attempt_check_first(message->part != *parts, message, error);
        }
        *parts += status == KP_OK;
    }
    *relay = KP_RELAY_MEMBERS;
    return status;
}

static enum kp_status on_hello2_secret(struct kp_attempt *attempt,
                                       const struct kp_round_message *message,
                                       const uint8_t *packed, size_t packed_size,
                                       enum kp_relay *relay, struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    struct progress *progress = &attempt->progress[message->from - 1];
    enum kp_status status = check_sealed(attempt, message, 1, error);
    if (status == KP_OK) {
        status =
            kp_attempt_check_first((progress->secrets & bit(message->to)) != 0, message, error);
    }
    if (status == KP_OK) {
        progress->secrets |= bit(message->to);
    }
    *relay = KP_RELAY_MEMBERS;
    return status;
}

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

/* Only a member that contributes has a list and entries. One on request that sends some anyway
 * isn't the program that it should be; after the READYs, what it sends has no effect. */
static enum kp_status check_contributes(struct kp_attempt *attempt,
                                        const struct kp_round_message *message,
                                        struct kp_error *error)
{
    enum kp_status status = kp_attempt_check_contributes(attempt->agreement, message, error);
    if (status == KP_REFUSED && attempt->phase != KP_PHASE_RELEASE) {
        kp_attempt_end(attempt, KP_ABORT_REFUSED, bit(message->from));
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

static enum kp_status on_points(struct kp_attempt *attempt, const struct kp_round_message *message,
                                const uint8_t *packed, size_t packed_size, enum kp_relay *relay,
                                struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    enum kp_status status = check_contributes(attempt, message, error);
    if (status == KP_OK) {
        status = check_sealed(attempt, message, attempt->chunks, error);
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

static enum kp_status on_evaluation(struct kp_attempt *attempt,
                                    const struct kp_round_message *message, const uint8_t *packed,
                                    size_t packed_size, enum kp_relay *relay,
                                    struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    enum kp_status status = check_sealed(attempt, message, attempt->chunks, error);
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
            kp_attempt_end(attempt, KP_ABORT_DISAGREEMENT, bit(member) | bit(i + 1));
            return kp_fail(error, KP_REFUSED, "READY of %s and %s are for different rounds",
                           attempt->agreement->members[member - 1].name,
                           attempt->agreement->members[i].name);
        }
    }
    return KP_OK;
}

static enum kp_status on_ready(struct kp_attempt *attempt, const struct kp_round_message *message,
                               const uint8_t *packed, size_t packed_size, enum kp_relay *relay,
                               struct kp_error *error)
{
    uint32_t from = message->from;
    struct kp_ready ready;
    uint8_t id[KP_ATTEMPT_BYTES];
    const struct progress *progress = &attempt->progress[from - 1];
    enum kp_status status =
        kp_transcript_check_ready(&ready, id, attempt->agreement, from, packed, packed_size, error);
    if (status == KP_OK) {
        status = kp_attempt_check_counter(ready.counter, attempt->counter, message, error);
    }
    if (status == KP_OK) {
        bool evaluated = progress->points >= points_due(attempt, from) &&
                         progress->evaluations >= evaluations_due(attempt, from);
        status = kp_attempt_check_after(evaluated, message, "all lists were evaluated", error);
    }
    if (status == KP_OK && attempt->transcript.ready[from - 1].size == 0) {
        status = compare_ready(attempt, from, &ready, error);
    }
    if (status == KP_OK) {
        status =
            keep_once(&attempt->transcript.ready[from - 1], message, packed, packed_size, error);
    }
    *relay = KP_RELAY_MEMBERS;
    return status;
}

static enum kp_status check_chunk(const struct kp_attempt *attempt,
                                  const struct kp_round_message *message, uint32_t expected,
                                  uint32_t parts, struct kp_error *error)
{
    enum kp_status status = kp_attempt_check_gives(is_out(attempt, message->from), message, error);
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
static enum kp_status on_leaves(struct kp_attempt *attempt, const struct kp_round_message *message,
                                const uint8_t *packed, size_t packed_size, enum kp_relay *relay,
                                struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    uint32_t expected = attempt->progress[message->from - 1].leaves;
    *relay = message->part < expected ? KP_RELAY_NOTHING : KP_RELAY_LEAVES;
    enum kp_status status = check_contributes(attempt, message, error);
    if (status != KP_OK) {
        return status;
    }
    return check_chunk(attempt, message, expected, leaves_chunks(attempt, message->from), error);
}

static enum kp_status on_submission(struct kp_attempt *attempt,
                                    const struct kp_round_message *message, const uint8_t *packed,
                                    size_t packed_size, enum kp_relay *relay,
                                    struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    const struct progress *progress = &attempt->progress[message->from - 1];
    *relay = message->part < progress->entries ? KP_RELAY_NOTHING : KP_RELAY_ENTRIES;
    enum kp_status status = check_contributes(attempt, message, error);
    if (status == KP_OK) {
        status = kp_attempt_check_after(progress->leaves >= leaves_chunks(attempt, message->from),
                                        message, "LEAVES", error);
    }
    if (status != KP_OK) {
        return status;
    }
    return check_chunk(attempt, message, progress->entries, entries_chunks(attempt, message->from),
                       error);
}

void kp_attempt_kept(struct kp_attempt *attempt, uint32_t member, enum kp_relay what,
                     const uint8_t *packed, size_t packed_size, uint64_t now)
{
    struct progress *progress = &attempt->progress[member - 1];
    count_message(attempt, member, packed, packed_size);
    if (what == KP_RELAY_LEAVES) {
        progress->leaves++;
    } else if (what == KP_RELAY_ENTRIES) {
        progress->entries++;
    }
    advance(attempt, now);
    note_phase(attempt, member);
}

void kp_attempt_refuse(struct kp_attempt *attempt, uint32_t member, uint64_t now)
{
    attempt->refused |= bit(member);
    advance(attempt, now);
}

static enum kp_status on_abort(struct kp_attempt *attempt, const struct kp_round_message *message,
                               const uint8_t *packed, size_t packed_size, enum kp_relay *relay,
                               struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    struct kp_abort abort;
    enum kp_status status = check_signed(attempt, message, KP_PARTY_COORDINATOR, error);
    if (status == KP_OK) {
        status = kp_abort_unpack(&abort, &message->body, error);
    }
    if (status == KP_OK && attempt->phase == KP_PHASE_RELEASE &&
        abort.reason != KP_ABORT_NOT_AGREED) {
        attempt->silent |= bit(message->from); /* it goes, the others stay */
    } else if (status == KP_OK) {
        uint32_t named = abort.members & all_members(attempt);
        kp_attempt_end(attempt, abort.reason, named != 0 ? named : bit(message->from));
        attempt->ended.reporter = message->from;
    }
    *relay = KP_RELAY_NOTHING;
    return status;
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
    handler *handle = HANDLERS[attempt->phase][message->type];
    if (handle == NULL) {
        return kp_fail(error, KP_REFUSED, "%s can't come in phase %s",
                       kp_message_type_name(message->type), kp_phase_name(attempt->phase));
    }
    status = handle(attempt, message, packed, packed_size, relay, error);
    /* A chunk that comes again is no progress: it mustn't hold the round open, nor is it counted
     * twice. One that is new counts when it is kept. */
    if (status == KP_OK && (*relay == KP_RELAY_MEMBERS || message->type == KP_MESSAGE_ABORT)) {
        count_message(attempt, member, packed, packed_size);
        if (attempt->phase != KP_PHASE_ENDED) {
            advance(attempt, now);
        }
        note_phase(attempt, member);
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
        late |= is_late(attempt, member) ? bit(member) : 0;
    }
    if (attempt->phase == KP_PHASE_RELEASE) {
        attempt->silent |= late;
        make_list(attempt, attempt->silent);
        attempt->phase = KP_PHASE_MATCH;
    } else {
        make_list(attempt, late);
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

void kp_attempt_member_state(const struct kp_attempt *attempt, uint32_t member,
                             struct kp_member_state *state)
{
    const struct progress *progress = &attempt->progress[member - 1];
    if (attempt->transcript.hello1[member - 1].size == 0) {
        state->phase = KP_PHASE_HELLO1;
    } else if (attempt->transcript.hello2[member - 1].size == 0 ||
               progress->secrets != (all_members(attempt) & ~bit(member))) {
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
    state->total = (uint64_t)points_due(attempt, member) + evaluations_due(attempt, member) +
                   leaves_chunks(attempt, member) + entries_chunks(attempt, member) + 3;
    state->done =
        (uint64_t)progress->points + progress->evaluations + progress->leaves + progress->entries;
    state->done += attempt->transcript.hello1[member - 1].size > 0;
    state->done += attempt->transcript.hello2[member - 1].size > 0;
    state->done += attempt->transcript.ready[member - 1].size > 0;
}
