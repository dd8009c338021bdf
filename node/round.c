#include "node/round_internal.h"

#include "crypto/secret.h"
#include "node/round_check.h"

#include <stdlib.h>
#include <string.h>

static enum kp_status on_ready(struct kp_round *round, const struct kp_round_message *message,
                               const uint8_t *packed, size_t packed_size, struct kp_error *error);
static enum kp_status on_ready_prepared(struct kp_round *round,
                                        const struct kp_round_message *message,
                                        const uint8_t *packed, size_t packed_size,
                                        struct kp_error *error);

/* What may come when. What isn't in the table is refused. A message never comes before its sender
 * had all that it builds on, and the coordinator keeps that order, so a phase needs no look-ahead
 * but READY: a faster member has it while this one still waits for others' evaluations. */
typedef enum kp_status kp_round_handler(struct kp_round *, const struct kp_round_message *,
                                        const uint8_t *, size_t, struct kp_error *);

static kp_round_handler *const HANDLERS[KP_PHASES][KP_MESSAGE_TYPES] = {
    [KP_PHASE_HELLO1] = {[KP_MESSAGE_HELLO1] = kp_round_on_hello1},
    [KP_PHASE_HELLO2] = {[KP_MESSAGE_HELLO2] = kp_round_on_hello2,
                         [KP_MESSAGE_HELLO2_SECRET] = kp_round_on_hello2_secret,
                         [KP_MESSAGE_POINTS] = kp_round_on_points},
    [KP_PHASE_EVALUATE] = {[KP_MESSAGE_POINTS] = kp_round_on_points,
                           [KP_MESSAGE_EVALUATION] = kp_round_on_evaluation,
                           [KP_MESSAGE_READY] = on_ready},
    [KP_PHASE_READY] = {[KP_MESSAGE_READY] = on_ready_prepared},
};

const struct kp_member *kp_round_member(const struct kp_round *round, uint32_t number)
{
    return &round->settings.agreement->members[number - 1];
}

uint32_t kp_round_answers(const struct kp_round *round)
{
    uint32_t answers = 0;
    for (uint32_t peer = 1; peer <= round->settings.agreement->member_count; peer++) {
        bool contributes = kp_agreement_member_slots(round->settings.agreement, peer) > 0;
        answers += peer != round->settings.own && contributes ? round->chunks : 0;
    }
    return answers;
}

static bool make_arrays(struct kp_round *round)
{
    size_t members = round->settings.agreement->member_count;
    size_t own = (size_t)round->own_chunks + 1; /* none on request */
    round->secrets = kp_secret_new(sizeof(*round->secrets));
    round->chunk_leaves = calloc(own, KP_DIGEST_BYTES);
    round->leaves_places = calloc(own, sizeof(*round->leaves_places));
    round->evaluated = calloc(own, 1);
    round->complete = calloc(own, sizeof(*round->complete));
    round->verified = calloc(members, round->chunks);
    round->evaluations = calloc(members * round->chunks, sizeof(*round->evaluations));
    return round->secrets != NULL && round->chunk_leaves != NULL && round->leaves_places != NULL &&
           round->evaluated != NULL && round->complete != NULL && round->verified != NULL &&
           round->evaluations != NULL;
}

enum kp_status kp_round_new(struct kp_round **out, const struct kp_round_settings *settings,
                            const uint8_t attempt[static KP_ATTEMPT_BYTES], uint64_t counter,
                            enum kp_round_type type, struct kp_slot_list *slots,
                            struct kp_error *error)
{
    *out = NULL;
    struct kp_round *round = calloc(1, sizeof(*round));
    if (round == NULL) {
        kp_slot_list_free(slots);
        return kp_fail(error, KP_FAILED, "no memory for a round");
    }
    round->settings = *settings;
    round->now = settings->time;
    memcpy(round->attempt, attempt, KP_ATTEMPT_BYTES);
    round->counter = counter;
    round->type = type;
    round->slots = *slots;
    memset(slots, 0, sizeof(*slots));
    round->outgoing_end = &round->outgoing;
    round->points_peer = settings->own == 1 ? 2 : 1;
    round->chunks = kp_chunk_count(settings->agreement->slots, KP_CHUNK_POINTS);
    round->own_chunks = kp_chunk_count(round->slots.count, KP_CHUNK_POINTS);

    enum kp_status status;
    if (!make_arrays(round)) {
        status = kp_fail(error, KP_FAILED,
                         "no memory for a round of %u slots (locked memory: see ulimit -l)",
                         round->slots.count);
    } else {
        status = kp_round_begin(round, error);
        round->settings.claims = NULL;
    }
    if (status != KP_OK) {
        kp_round_free(round);
        return status;
    }
    *out = round;
    return KP_OK;
}

/* Everything that the attempt knows and the release doesn't need. Jobs use some of it. */
static void wipe(struct kp_round *round)
{
    kp_secret_free(round->secrets);
    round->secrets = NULL;
    kp_slot_list_free(&round->slots);
    kp_sorter_free(round->entries);
    round->entries = NULL;
    kp_bulk_free(round->placed);
    round->placed = NULL;
    kp_slot_keeping_free(&round->keeping);
    kp_buffer_free(&round->own_secret);
    kp_buffer_free(&round->points_body);
    kp_release_free(round->release);
    round->release = NULL;
}

void kp_round_wipe_rest(struct kp_round *round)
{
    if (round->out == 0) {
        wipe(round);
    }
}

void kp_round_free(struct kp_round *round)
{
    if (round == NULL) {
        return;
    }
    wipe(round);
    kp_round_drop_outgoing(round);
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        free(round->incoming[i].places);
        free(round->incoming[i].states);
        kp_buffer_free(&round->packed_hello1[i]);
        kp_buffer_free(&round->packed_hello2[i]);
        kp_buffer_free(&round->ready[i]);
    }
    kp_buffer_free(&round->own_claim);
    free(round->chunk_leaves);
    free(round->verified);
    free(round->leaves_places);
    free(round->evaluated);
    free(round->complete);
    free(round->evaluations);
    free(round);
}

void kp_round_end(struct kp_round *round, enum kp_abort_reason reason, uint32_t member)
{
    kp_round_end_naming(round, reason, member > 0 ? 1u << (member - 1) : 0);
}

void kp_round_end_naming(struct kp_round *round, enum kp_abort_reason reason, uint32_t members)
{
    if (round->phase == KP_PHASE_ENDED) {
        return;
    }
    round->ended = (struct kp_abort){.reason = reason, .phase = round->phase, .members = members};
    round->phase = KP_PHASE_ENDED;
    kp_round_drop_outgoing(round);
    kp_round_wipe_rest(round);
    struct kp_buffer body = {0};
    /* Without memory the coordinator's deadline says the same, later. */
    if (kp_abort_pack(&round->ended, &body, NULL) == KP_OK) {
        (void)!kp_round_send(round, KP_MESSAGE_ABORT, KP_PARTY_COORDINATOR, 0, &body, NULL);
    }
    kp_buffer_free(&body);
}

enum kp_status kp_round_open(struct kp_round *round, const struct kp_round_message *message,
                             struct kp_buffer *plain, struct kp_error *error)
{
    enum kp_status status =
        kp_round_message_open(message, round->settings.agreement->lineage,
                              kp_round_member(round, message->from)->identity_key,
                              &round->secrets->pair[message->from - 1], plain, error);
    if (status == KP_REFUSED) {
        round->unreadable |= 1u << (message->from - 1);
    }
    return status;
}

enum kp_status kp_round_blame(struct kp_round *round, uint32_t member, struct kp_error *error)
{
    kp_round_end(round, KP_ABORT_REFUSED, member);
    (void)kp_fail_in(error, "attempt ended because of what member %u signed", member);
    return KP_REFUSED;
}

/* A READY that comes early waits for the own one. */
static enum kp_status on_ready(struct kp_round *round, const struct kp_round_message *message,
                               const uint8_t *packed, size_t packed_size, struct kp_error *error)
{
    struct kp_buffer *ready = &round->ready[message->from - 1];
    struct kp_ready content;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    enum kp_status status = kp_check_first(ready->size > 0, message, error);
    if (status == KP_OK) {
        status = kp_transcript_check_ready(&content, attempt, round->settings.agreement,
                                           message->from, packed, packed_size, error);
    }
    if (status != KP_OK) {
        return status;
    }
    if (kp_check_ready_round(&content, round->counter, round->round_id, message->from, error) !=
        KP_OK) {
        return kp_round_blame(round, message->from, error);
    }
    return kp_buffer_set(ready, packed, packed_size);
}

/* The release is prepared and not taken yet: the daemon waits until all that goes before the own
 * READY was put. Others needn't wait for that. */
static enum kp_status on_ready_prepared(struct kp_round *round,
                                        const struct kp_round_message *message,
                                        const uint8_t *packed, size_t packed_size,
                                        struct kp_error *error)
{
    if (round->release == NULL) {
        return kp_fail(error, KP_REFUSED, "READY of member %u, after the release was taken",
                       message->from);
    }
    return kp_release_add_ready(round->release, round->settings.agreement, message->from, packed,
                                packed_size, error);
}

enum kp_status kp_round_receive(struct kp_round *round, const struct kp_round_message *message,
                                const uint8_t *packed, size_t packed_size, struct kp_error *error)
{
    enum kp_status status = kp_check_attempt(message, round->attempt, error);
    if (status == KP_OK) {
        status = kp_check_parties(message, round->settings.own,
                                  round->settings.agreement->member_count, error);
    }
    if (status == KP_OK) {
        status = kp_check_form(message, error);
    }
    if (status != KP_OK) {
        return status;
    }
    kp_round_handler *handler = HANDLERS[round->phase][message->type];
    if (handler == NULL) {
        return kp_fail(error, KP_REFUSED, "%s of member %u can't come in phase %s",
                       kp_message_type_name(message->type), message->from,
                       kp_phase_name(round->phase));
    }
    status = handler(round, message, packed, packed_size, error);
    if (status == KP_FAILED) {
        kp_round_end(round, KP_ABORT_FAILED, round->settings.own);
    }
    return status;
}

enum kp_phase kp_round_phase(const struct kp_round *round)
{
    return round->phase;
}

const uint8_t *kp_round_attempt(const struct kp_round *round)
{
    return round->attempt;
}

uint32_t kp_round_unreadable(const struct kp_round *round)
{
    return round->unreadable;
}

void kp_round_tell_time(struct kp_round *round, uint64_t now)
{
    round->now = now;
}

struct kp_audit_head kp_round_log_head(const struct kp_round *round, uint32_t member)
{
    return round->hello2[member - 1].log;
}

const struct kp_buffer *kp_round_own_claim(const struct kp_round *round)
{
    return &round->own_claim;
}

void kp_round_progress(const struct kp_round *round, uint32_t *done, uint32_t *total)
{
    /* Chunks of others looked at and answered, of the own list finished. */
    uint32_t answers = kp_round_answers(round), left = 0;
    *total = 2 * answers + round->own_chunks;
    if (round->phase < KP_PHASE_EVALUATE) {
        left = *total;
    } else if (round->phase == KP_PHASE_EVALUATE) {
        left = answers + round->answers_left + round->finish_left;
        for (uint32_t i = 0; i < round->settings.agreement->member_count; i++) {
            left -= round->incoming[i].checked;
        }
    }
    *done = *total - left;
}

struct kp_abort kp_round_ended(const struct kp_round *round)
{
    return round->ended;
}

struct kp_release *kp_round_take_release(struct kp_round *round)
{
    struct kp_release *release = round->phase == KP_PHASE_READY ? round->release : NULL;
    round->release = round->phase == KP_PHASE_READY ? NULL : round->release;
    return release;
}

void kp_round_take_keeping(struct kp_round *round, struct kp_slot_keeping *keeping)
{
    memset(keeping, 0, sizeof(*keeping));
    if (!kp_slot_keeping_has(&round->keeping)) {
        return;
    }
    *keeping = round->keeping;
    memset(&round->keeping, 0, sizeof(round->keeping));
    keeping->slots = round->slots;
    memset(&round->slots, 0, sizeof(round->slots));
    keeping->type = round->type;
    memcpy(keeping->round_id, round->round_id, KP_DIGEST_BYTES);
    memcpy(keeping->g, round->secrets->g, KP_DIGEST_BYTES);
    keeping->prepared_at = round->settings.time / 1000;
    keeping->log_sequence = round->settings.log.sequence;
}
