#include "node/recovery.h"

#include "crypto/secret.h"
#include "node/slots.h"
#include "proto/transcript.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* A list that comes in: where its chunks are, and their digests. */
struct held {
    uint64_t *places;
    uint8_t *leaves;
};

/* An answer's parts: the header, the asker's list in chunks, the answerer's list in chunks. */
struct answer {
    bool begun;
    struct kp_recovered header; /* without its hello 2 */
    uint8_t nonce[KP_RECOVERY_NONCE_BYTES];
    uint32_t next;                 /* part that is expected */
    uint32_t parts;                /* 0: the header hasn't come */
    uint8_t root[KP_DIGEST_BYTES]; /* of the asker's list */
    struct held asked;
    struct held own;
};

struct kp_recovery {
    struct kp_recovery_settings settings;
    struct kp_buffer ask; /* packed RECOVER */
    struct answer answers[KP_MEMBERS_MAX];
    struct kp_recovered_list lists[KP_MEMBERS_MAX];
    struct kp_audit_head log;
};

static uint32_t slots_of(const struct kp_recovery_settings *settings, uint32_t member)
{
    return kp_agreement_member_slots(settings->agreement, member);
}

static uint32_t chunks_of(const struct kp_recovery_settings *settings, uint32_t member)
{
    return kp_chunk_count(slots_of(settings, member), KP_CHUNK_POINTS);
}

/* Keys of one answer: fresh, for both the question and the answer have a nonce of their own. */
static enum kp_status derive(struct kp_pair_keys *keys, const struct kp_recovery_settings *settings,
                             const struct kp_buffer *ask,
                             const uint8_t nonce[static KP_RECOVERY_NONCE_BYTES], uint32_t peer,
                             struct kp_error *error)
{
    uint8_t salt[KP_DIGEST_BYTES];
    kp_transcript_recovery(salt, settings->agreement->lineage, ask, nonce);
    if (kp_pair_derive(keys, settings->box_secret, settings->agreement->members[peer - 1].box_key,
                       NULL, salt, settings->own, peer) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no key for recovery with member %u", peer);
    }
    return KP_OK;
}

enum kp_status kp_recovery_new(struct kp_recovery **out,
                               const struct kp_recovery_settings *settings,
                               struct kp_buffer *packed, struct kp_error *error)
{
    struct kp_recover recover = {.counter = settings->counter};
    struct kp_round_message message = {
        .type = KP_MESSAGE_RECOVER, .from = settings->own, .to = KP_PARTY_ALL};
    struct kp_recovery *recovery = calloc(1, sizeof(*recovery));
    *out = NULL;
    if (recovery == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to recover");
    }
    recovery->settings = *settings;
    randombytes_buf(recover.nonce, sizeof(recover.nonce));
    memcpy(message.attempt, settings->attempt, KP_ATTEMPT_BYTES);
    enum kp_status status = kp_recover_pack(&recover, &message.body, error);
    if (status == KP_OK) {
        kp_round_message_sign(&message, settings->agreement->lineage, settings->identity_secret);
        status = kp_round_message_pack(&message, packed, error);
    }
    if (status == KP_OK && kp_buffer_set(&recovery->ask, packed->data, packed->size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory to recover");
    }
    kp_round_message_free(&message);
    if (status != KP_OK) {
        kp_recovery_free(recovery);
        return status;
    }
    *out = recovery;
    return KP_OK;
}

static void free_held(struct held *held)
{
    free(held->places);
    free(held->leaves);
    *held = (struct held){0};
}

void kp_recovery_free(struct kp_recovery *recovery)
{
    if (recovery == NULL) {
        return;
    }
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        free_held(&recovery->answers[i].asked);
        free_held(&recovery->answers[i].own);
        free(recovery->lists[i].places);
    }
    kp_buffer_free(&recovery->ask);
    free(recovery);
}

static bool make_held(struct held *held, uint32_t chunks)
{
    held->places = calloc((size_t)chunks + 1, sizeof(*held->places));
    held->leaves = calloc((size_t)chunks + 1, KP_DIGEST_BYTES);
    return held->places != NULL && held->leaves != NULL;
}

/* The header: what follows, and the newest HELLO 2 that the answerer holds of this member. */
static enum kp_status take_header(struct kp_recovery *recovery, uint32_t from,
                                  const struct kp_recovered *header, struct kp_error *error)
{
    const struct kp_recovery_settings *settings = &recovery->settings;
    struct answer *answer = &recovery->answers[from - 1];
    struct kp_hello2 hello = {0};
    uint64_t counter = settings->counter;
    enum kp_status status = KP_OK;
    bool has_hello = header->hello2.size > 0;
    if ((header->asked_counter != 0 && header->asked_counter != counter &&
         header->asked_counter + 1 != counter) ||
        (header->own_counter != 0 && header->own_counter + 1 != counter)) {
        return kp_fail(error, KP_REFUSED, "member %u gives lists of other rounds", from);
    }
    if (has_hello) {
        status = kp_check_recovered_hello(settings->agreement, settings->own, &header->hello2, from,
                                          &hello, error);
    }
    if (status == KP_OK && header->asked_counter == counter &&
        (!has_hello || hello.counter != counter)) {
        status =
            kp_fail(error, KP_REFUSED, "member %u claims a list that this one didn't sign", from);
    }
    if (status != KP_OK) {
        return status;
    }
    if (hello.log.sequence > recovery->log.sequence) {
        recovery->log = hello.log;
    }
    memcpy(answer->root,
           header->asked_counter == counter ? hello.points_root
                                            : settings->lists[settings->own - 1].points_root,
           KP_DIGEST_BYTES);
    answer->header = *header;
    answer->header.hello2 = (struct kp_buffer){0};
    answer->parts = 1 + (header->asked_counter != 0 ? chunks_of(settings, settings->own) : 0) +
                    (header->own_counter != 0 ? chunks_of(settings, from) : 0);
    if (!make_held(&answer->asked, chunks_of(settings, settings->own)) ||
        !make_held(&answer->own, chunks_of(settings, from))) {
        return kp_fail(error, KP_FAILED, "no memory to recover");
    }
    return KP_OK;
}

static enum kp_status take_chunk(struct kp_recovery *recovery, uint32_t from, uint32_t part,
                                 const struct kp_buffer *points, struct kp_error *error)
{
    const struct kp_recovery_settings *settings = &recovery->settings;
    struct answer *answer = &recovery->answers[from - 1];
    uint32_t asked = answer->header.asked_counter != 0 ? chunks_of(settings, settings->own) : 0;
    bool of_asker = part - 1 < asked;
    uint32_t chunk = of_asker ? part - 1 : part - 1 - asked;
    uint32_t slots = slots_of(settings, of_asker ? settings->own : from);
    uint32_t items = kp_chunk_items(slots, KP_CHUNK_POINTS, chunk);
    struct held *held = of_asker ? &answer->asked : &answer->own;
    if (points->size != (size_t)items * KP_POINT_BYTES) {
        return kp_fail(error, KP_REFUSED, "member %u gives a chunk of the wrong size", from);
    }
    kp_transcript_points_leaf(held->leaves + (size_t)chunk * KP_DIGEST_BYTES,
                              settings->agreement->lineage, chunk, points->data, items);
    held->places[chunk] = kp_pieces_end(settings->pieces, 0);
    enum kp_status status =
        kp_pieces_append(settings->pieces, 0,
                         &(struct kp_piece){.bytes = points->data, .size = points->size}, 1, error);
    return status == KP_OK ? KP_OK : KP_FAILED;
}

/* The own total with the list of this counter or of the one before. Nobody's word is taken for it:
 * at the one before all members signed it, and each turn of this member gives every due slot a
 * point. */
static uint64_t total_at(const struct kp_recovery_settings *settings, uint64_t counter)
{
    uint64_t total = settings->lists[settings->own - 1].charged;
    for (uint32_t i = 0; counter == settings->counter && i < slots_of(settings, settings->own);
         i++) {
        total += kp_slots_due(settings->agreement, counter, i);
    }
    return total;
}

/* All parts are there: the lists must be those that were signed. */
static enum kp_status take_lists(struct kp_recovery *recovery, uint32_t from,
                                 struct kp_error *error)
{
    const struct kp_recovery_settings *settings = &recovery->settings;
    struct answer *answer = &recovery->answers[from - 1];
    struct kp_recovered_list *own = &recovery->lists[settings->own - 1];
    struct kp_recovered_list *theirs = &recovery->lists[from - 1];
    const struct kp_recovered *header = &answer->header;
    enum kp_status status = KP_OK;
    if (header->asked_counter != 0 && slots_of(settings, settings->own) > 0) {
        status = kp_check_recovered_list(answer->asked.leaves, chunks_of(settings, settings->own),
                                         answer->root, from, error);
        if (status == KP_OK && header->asked_counter == own->counter &&
            memcmp(own->root, answer->root, KP_DIGEST_BYTES) != 0) {
            return kp_fail(error, KP_FAILED,
                           "this member signed two different lists for this round, and can't "
                           "meet both: a new agreement is needed");
        }
        if (status == KP_OK && header->asked_counter > own->counter) {
            free(own->places);
            own->counter = header->asked_counter;
            own->charged = total_at(settings, header->asked_counter);
            own->places = answer->asked.places;
            memcpy(own->root, answer->root, KP_DIGEST_BYTES);
            answer->asked.places = NULL;
        }
    }
    if (status == KP_OK && header->own_counter != 0 && slots_of(settings, from) > 0) {
        const struct kp_list_total *total = &settings->lists[from - 1];
        status = kp_check_recovered_list(answer->own.leaves, chunks_of(settings, from),
                                         total->points_root, from, error);
        if (status == KP_OK) {
            theirs->counter = header->own_counter;
            theirs->charged = total->charged;
            theirs->places = answer->own.places;
            memcpy(theirs->root, total->points_root, KP_DIGEST_BYTES);
            answer->own.places = NULL;
        }
    }
    return status;
}

static enum kp_status open_part(struct kp_recovery *recovery,
                                const struct kp_round_message *message, struct kp_buffer *plain,
                                struct kp_error *error)
{
    const struct kp_recovery_settings *settings = &recovery->settings;
    struct answer *answer = &recovery->answers[message->from - 1];
    struct kp_round_message inside = *message;
    if (message->part != answer->next || (answer->parts > 0 && message->part >= answer->parts) ||
        message->body.size < KP_RECOVERY_NONCE_BYTES) {
        return kp_fail(error, KP_REFUSED, "RECOVERED part %u of member %u isn't expected",
                       message->part, message->from);
    }
    if (answer->begun && memcmp(answer->nonce, message->body.data, KP_RECOVERY_NONCE_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "RECOVERED of member %u is of another answer",
                       message->from);
    }
    struct kp_pair_keys *keys = kp_secret_new(sizeof(*keys));
    if (keys == NULL) {
        return kp_fail(error, KP_FAILED, "no locked memory for a key (see ulimit -l)");
    }
    enum kp_status status =
        derive(keys, settings, &recovery->ask, message->body.data, message->from, error);
    inside.body.data = message->body.data + KP_RECOVERY_NONCE_BYTES;
    inside.body.size = message->body.size - KP_RECOVERY_NONCE_BYTES;
    if (status == KP_OK) {
        status = kp_round_message_open(&inside, settings->agreement->lineage,
                                       settings->agreement->members[message->from - 1].identity_key,
                                       keys, plain, error);
    }
    kp_secret_free(keys);
    if (status == KP_OK) {
        memcpy(answer->nonce, message->body.data, KP_RECOVERY_NONCE_BYTES);
        answer->begun = true;
        answer->next++;
    }
    return status;
}

enum kp_status kp_recovery_receive(struct kp_recovery *recovery,
                                   const struct kp_round_message *message, uint32_t *blamed,
                                   struct kp_error *error)
{
    uint32_t from = message->from;
    struct answer *answer = &recovery->answers[from - 1];
    struct kp_buffer plain = {0};
    struct kp_recovered content = {0};
    *blamed = 0;
    enum kp_status status = open_part(recovery, message, &plain, error);
    if (status != KP_OK) {
        return status;
    }
    status = kp_recovered_unpack(&content, &plain, error);
    if (status == KP_OK) {
        status = message->part == 0
                     ? take_header(recovery, from, &content, error)
                     : take_chunk(recovery, from, message->part, &content.points, error);
    }
    if (status == KP_OK && answer->next == answer->parts) {
        status = take_lists(recovery, from, error);
    }
    kp_recovered_free(&content);
    kp_buffer_free(&plain);
    *blamed = status == KP_REFUSED ? from : 0;
    return status;
}

bool kp_recovery_complete(const struct kp_recovery *recovery)
{
    for (uint32_t i = 0; i < recovery->settings.agreement->member_count; i++) {
        const struct answer *answer = &recovery->answers[i];
        if (i + 1 != recovery->settings.own &&
            (answer->parts == 0 || answer->next < answer->parts)) {
            return false;
        }
    }
    return true;
}

const struct kp_recovered_list *kp_recovery_list(const struct kp_recovery *recovery,
                                                 uint32_t member)
{
    return &recovery->lists[member - 1];
}

enum kp_status kp_recovery_chunk(const struct kp_recovery *recovery, uint32_t member, uint32_t part,
                                 uint8_t *points, struct kp_error *error)
{
    const struct kp_recovery_settings *settings = &recovery->settings;
    size_t items = kp_chunk_items(slots_of(settings, member), KP_CHUNK_POINTS, part);
    enum kp_status status =
        kp_pieces_read(settings->pieces, 0, recovery->lists[member - 1].places[part], points,
                       items * KP_POINT_BYTES, error);
    return status == KP_OK ? KP_OK : KP_FAILED;
}

struct kp_audit_head kp_recovery_log(const struct kp_recovery *recovery)
{
    return recovery->log;
}

/* ---- answering ---- */

struct kp_recovery_answering {
    struct kp_recovery_settings settings;
    struct kp_recovery_answer answer;
    uint32_t asker;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    struct kp_pair_keys *keys;
    uint8_t nonce[KP_RECOVERY_NONCE_BYTES];
    uint32_t part, parts;
    uint32_t asked; /* parts of the asker's list */
};

static enum kp_status seal_part(struct kp_recovery_answering *answering,
                                const struct kp_recovered *content, struct kp_buffer *packed,
                                struct kp_error *error)
{
    const struct kp_recovery_settings *settings = &answering->settings;
    struct kp_round_message message = {.type = KP_MESSAGE_RECOVERED,
                                       .from = settings->own,
                                       .to = answering->asker,
                                       .part = answering->part++};
    struct kp_buffer plain = {0}, body = {0};
    memcpy(message.attempt, answering->attempt, KP_ATTEMPT_BYTES);
    enum kp_status status = kp_recovered_pack(content, &plain, error);
    if (status == KP_OK) {
        status = kp_round_message_seal(&message, settings->agreement->lineage,
                                       settings->identity_secret, answering->keys, &plain, error);
    }
    if (status == KP_OK &&
        (kp_buffer_set(&body, answering->nonce, sizeof(answering->nonce)) != KP_OK ||
         kp_buffer_append(&body, message.body.data, message.body.size) != KP_OK)) {
        status = kp_fail(error, KP_FAILED, "no memory to answer RECOVER");
    }
    kp_buffer_free(&message.body);
    message.body = body;
    if (status == KP_OK) {
        status = kp_round_message_pack(&message, packed, error);
    }
    kp_round_message_free(&message);
    kp_buffer_free(&plain);
    return status;
}

void kp_recovery_answering_free(struct kp_recovery_answering *answering)
{
    if (answering != NULL) {
        kp_secret_free(answering->keys);
        free(answering);
    }
}

/* How many parts there will be, and keys of this answer alone. */
static enum kp_status begin_answer(struct kp_recovery_answering *answering,
                                   const struct kp_round_message *ask, struct kp_error *error)
{
    const struct kp_recovery_settings *settings = &answering->settings;
    const struct kp_recovered *header = &answering->answer.header;
    struct kp_buffer packed = {0};
    answering->asker = ask->from;
    answering->asked = header->asked_counter != 0 ? chunks_of(settings, ask->from) : 0;
    answering->parts =
        1 + answering->asked + (header->own_counter != 0 ? chunks_of(settings, settings->own) : 0);
    memcpy(answering->attempt, ask->attempt, KP_ATTEMPT_BYTES);
    randombytes_buf(answering->nonce, sizeof(answering->nonce));
    answering->keys = kp_secret_new(sizeof(*answering->keys));
    if (answering->keys == NULL) {
        return kp_fail(error, KP_FAILED, "no locked memory for a key (see ulimit -l)");
    }
    enum kp_status status = kp_round_message_pack(ask, &packed, error);
    if (status == KP_OK) {
        status = derive(answering->keys, settings, &packed, answering->nonce, ask->from, error);
    }
    kp_buffer_free(&packed);
    return status;
}

enum kp_status kp_recovery_answering_new(struct kp_recovery_answering **out,
                                         const struct kp_recovery_settings *settings,
                                         const struct kp_round_message *ask,
                                         const struct kp_recovery_answer *answer,
                                         struct kp_error *error)
{
    struct kp_recovery_answering *answering = calloc(1, sizeof(*answering));
    *out = NULL;
    if (answering == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to answer RECOVER");
    }
    answering->settings = *settings;
    answering->answer = *answer;
    enum kp_status status = begin_answer(answering, ask, error);
    if (status != KP_OK) {
        kp_recovery_answering_free(answering);
        return status;
    }
    *out = answering;
    return KP_OK;
}

static enum kp_status seal_chunk(struct kp_recovery_answering *answering, struct kp_buffer *packed,
                                 struct kp_error *error)
{
    const struct kp_recovery_settings *settings = &answering->settings;
    bool own = answering->part - 1 >= answering->asked;
    uint32_t part = answering->part - 1 - (own ? answering->asked : 0);
    uint32_t slots = slots_of(settings, own ? settings->own : answering->asker);
    struct kp_recovered content = {0};
    uint8_t *points = kp_buffer_extend(
        &content.points, (size_t)kp_chunk_items(slots, KP_CHUNK_POINTS, part) * KP_POINT_BYTES);
    enum kp_status status =
        points == NULL
            ? kp_fail(error, KP_FAILED, "no memory to answer RECOVER")
            : answering->answer.read(answering->answer.context, own, part, points, error);
    if (status == KP_OK) {
        status = seal_part(answering, &content, packed, error);
    }
    kp_recovered_free(&content);
    return status;
}

enum kp_status kp_recovery_answering_next(struct kp_recovery_answering *answering,
                                          struct kp_buffer *packed, bool *end,
                                          struct kp_error *error)
{
    *end = answering->part == answering->parts;
    if (*end) {
        return KP_OK;
    }
    return answering->part == 0 ? seal_part(answering, &answering->answer.header, packed, error)
                                : seal_chunk(answering, packed, error);
}
