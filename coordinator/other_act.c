#include "coordinator/other_act.h"

#include "crypto/merkle.h"
#include "crypto/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t other_holder(const struct kp_leader_round *round)
{
    return 3 - kp_opening_holder(round->opening);
}

/* ---- letters ---- */

struct taking {
    const struct kp_leader_round *round;
    struct kp_other_act *other;
};

/* The entry of the other's log tells of this round; the letter's signature is the same party's. */
static enum kp_status check_entry(const struct kp_leader_round *round,
                                  const struct kp_opened_letter *letter,
                                  const struct kp_partials *partials, struct kp_audit_entry *entry,
                                  struct kp_error *error)
{
    uint8_t hash[KP_DIGEST_BYTES];
    const uint8_t *key = kp_agreement_identity_key(round->agreement, letter->from);
    enum kp_status status =
        kp_audit_entry_unpack(entry, partials->entry.data, partials->entry.size, error);
    if (status == KP_OK) {
        status = kp_audit_entry_hash(hash, entry);
    }
    if (status != KP_OK) {
        return status;
    }
    bool good = entry->party == letter->from && entry->event == KP_AUDIT_PARTIALS_GIVEN &&
                memcmp(entry->lineage, round->agreement->lineage, KP_DIGEST_BYTES) == 0 &&
                entry->has_attempt && entry->has_digest &&
                memcmp(entry->attempt, kp_opening_attempt(round->opening), KP_ATTEMPT_BYTES) == 0 &&
                entry->counter == round->round && partials->counter == round->round &&
                entry->count == partials->count && key != NULL &&
                kp_audit_entry_check(entry, hash, key) == KP_OK;
    return good ? KP_OK
                : kp_fail(error, KP_REFUSED, "partial openings come with another log entry");
}

/* Every match of the letter is a leaf under the entry's digest. */
static enum kp_status check_matches(const struct kp_leader_round *round,
                                    const struct kp_partials *partials,
                                    const struct kp_audit_entry *entry, struct kp_error *error)
{
    for (size_t i = 0; i < partials->match_count; i++) {
        const struct kp_partial_match *match = &partials->matches[i];
        uint8_t leaf[KP_DIGEST_BYTES];
        kp_act_leaf(leaf, round->opening, other_holder(round), match);
        if (match->index >= partials->count ||
            match->path_size !=
                kp_merkle_path_length(match->index, partials->count) * KP_DIGEST_BYTES ||
            kp_merkle_check(entry->digest, leaf, partials->count, match->index, match->path) !=
                KP_OK) {
            return kp_fail(error, KP_REFUSED,
                           "partial openings aren't what the log entry with them tells of");
        }
    }
    return KP_OK;
}

/* What the coordinator signed for the other holder: of this attempt, whatever it says. */
static enum kp_status check_result(const struct kp_leader_round *round,
                                   const struct kp_partials *partials, struct kp_error *error)
{
    struct kp_round_message message;
    struct kp_round_result result;
    enum kp_status status =
        kp_round_message_unpack(&message, partials->result.data, partials->result.size, error);
    if (status == KP_OK) {
        status = kp_check_coordinator_message(&message, round->agreement, KP_MESSAGE_RESULT,
                                              kp_opening_attempt(round->opening), error);
    }
    if (status == KP_OK) {
        status = kp_round_result_unpack(&result, &message.body, error);
    }
    kp_round_message_free(&message);
    return status;
}

static enum kp_status keep(struct kp_other_act *other, const struct kp_partials *partials,
                           struct kp_error *error)
{
    struct kp_partials *grown =
        realloc(other->letters, (other->letter_count + 1) * sizeof(*other->letters));
    if (grown == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for partial openings");
    }
    other->letters = grown;
    other->letters[other->letter_count++] = *partials;
    return KP_OK;
}

enum kp_status kp_other_act_take(struct kp_other_act *other, const struct kp_leader_round *round,
                                 const struct kp_opened_letter *letter, struct kp_error *error)
{
    struct kp_partials partials = {0};
    struct kp_audit_entry entry;
    struct kp_error fault = {0};
    if (letter->part >= KP_LETTER_PARTS_MAX || other->has[letter->part]) {
        return KP_OK;
    }
    enum kp_status status =
        kp_partials_unpack(&partials, letter->plain.data, letter->plain.size, &fault);
    if (status == KP_OK) {
        status = check_entry(round, letter, &partials, &entry, &fault);
    }
    if (status == KP_OK) {
        status = check_matches(round, &partials, &entry, &fault);
    }
    if (status == KP_OK) {
        status = check_result(round, &partials, &fault);
    }
    other->parts = letter->parts;
    if (status == KP_OK && (status = keep(other, &partials, &fault)) == KP_OK) {
        other->has[letter->part] = true;
        return KP_OK;
    }
    kp_partials_free(&partials);
    other->refused += status == KP_REFUSED;
    return status == KP_REFUSED ? KP_OK : kp_fail(error, status, "%s", fault.text);
}

static enum kp_status take_letter(void *context, const struct kp_opened_letter *letter,
                                  struct kp_error *error)
{
    struct taking *taking = context;
    return kp_other_act_take(taking->other, taking->round, letter, error);
}

enum kp_status kp_other_act_fetch(struct kp_leader *leader, const struct kp_leader_round *round,
                                  struct kp_other_act *other, struct kp_error *error)
{
    struct taking taking = {.round = round, .other = other};
    uint32_t skipped = 0;
    enum kp_status status = kp_leader_letters_fetch(leader, KP_LETTER_PARTIAL_OPENINGS,
                                                    kp_opening_attempt(round->opening), take_letter,
                                                    &taking, &skipped, error);
    other->refused += skipped;
    return status;
}

bool kp_other_act_complete(const struct kp_other_act *other)
{
    return other->parts > 0 && other->letter_count == other->parts;
}

const struct kp_partial_match *kp_other_act_find(const struct kp_other_act *other, uint32_t number,
                                                 const struct kp_partials **letter)
{
    for (size_t i = 0; i < other->letter_count; i++) {
        const struct kp_partials *from = &other->letters[i];
        size_t low = 0, high = from->match_count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (from->matches[middle].number < number) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low < from->match_count && from->matches[low].number == number) {
            *letter = from;
            return &from->matches[low];
        }
    }
    return NULL;
}

/* ---- into the match at hand ---- */

static const uint8_t *partial_of(const struct kp_partial_match *given, uint32_t member)
{
    for (uint32_t i = 0; given != NULL && i < given->record_count; i++) {
        if (given->records[i].member == member) {
            return given->records[i].partial;
        }
    }
    return NULL;
}

/* The record can't be read; passed or not, nothing is wrong with it itself. */
static void cant_read(struct kp_opened_record *record, enum kp_fault_kind kind, const char *text)
{
    record->passed = false;
    record->kind = kind;
    (void)snprintf(record->fault, sizeof(record->fault), "%s", text);
}

void kp_other_act_apply(const struct kp_other_act *other, const struct kp_leader_round *round,
                        struct kp_opened_match *match)
{
    const struct kp_partials *letter = NULL;
    uint32_t holder = other_holder(round);
    const struct kp_partial_match *given = kp_other_act_find(other, match->number, &letter);
    if (given != NULL && memcmp(given->tag, match->tag, sizeof(match->tag)) != 0) {
        given = NULL;
    }
    for (uint32_t i = 0; i < match->record_count; i++) {
        struct kp_opened_record *record = &match->records[i];
        const uint8_t *partial = partial_of(given, record->member);
        struct kp_error fault = {0};
        if (!record->passed) {
            continue;
        }
        if (partial == NULL) {
            cant_read(record, KP_FAULT_NONE, "the other holder gave no partial opening of it");
        } else if (kp_opening_check_partial(round->opening, match, i, holder, partial, &fault) !=
                   KP_OK) {
            cant_read(record, KP_FAULT_PARTIAL, fault.text);
        } else {
            memcpy(record->partial[holder - 1], partial, KP_PARTIAL_BYTES);
        }
    }
}

/* ---- what the coordinator signed for each ---- */

/* The signature may differ; what it is over mustn't. */
static bool says_the_same(const struct kp_buffer *a, const struct kp_buffer *b)
{
    struct kp_round_message messages[2] = {0};
    bool same = kp_round_message_unpack(&messages[0], a->data, a->size, NULL) == KP_OK &&
                kp_round_message_unpack(&messages[1], b->data, b->size, NULL) == KP_OK &&
                messages[0].body.size == messages[1].body.size &&
                memcmp(messages[0].body.data, messages[1].body.data, messages[0].body.size) == 0;
    kp_round_message_free(&messages[0]);
    kp_round_message_free(&messages[1]);
    return same;
}

const struct kp_buffer *kp_other_act_other_result(const struct kp_other_act *other,
                                                  const struct kp_leader_round *round)
{
    for (size_t i = 0; i < other->letter_count; i++) {
        if (!says_the_same(&other->letters[i].result, &round->reader.packed)) {
            return &other->letters[i].result;
        }
    }
    return NULL;
}

void kp_other_act_free(struct kp_other_act *other)
{
    for (size_t i = 0; i < other->letter_count; i++) {
        kp_partials_free(&other->letters[i]);
    }
    free(other->letters);
    memset(other, 0, sizeof(*other));
}
