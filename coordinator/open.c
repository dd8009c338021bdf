#include "coordinator/open_internal.h"

#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

/* Which of the agreement's keys is this secret's; 0: none. */
static uint32_t holder_of(const struct kp_agreement *agreement, const uint8_t *secret)
{
    uint8_t public_key[KP_POINT_BYTES];
    if (kp_scalar_check(secret) != KP_OK ||
        kp_points_multiply_base(public_key, secret, 1) != KP_OK) {
        return 0;
    }
    for (uint32_t i = 0; i < agreement->opening_key_count; i++) {
        if (memcmp(public_key, agreement->opening_keys[i].key, sizeof(public_key)) == 0) {
            return i + 1;
        }
    }
    return 0;
}

enum kp_status kp_opening_new(struct kp_opening **out, const struct kp_agreement *agreement,
                              const uint8_t *secret, struct kp_error *error)
{
    *out = NULL;
    uint32_t holder = holder_of(agreement, secret);
    if (holder == 0) {
        return kp_fail(error, KP_REFUSED, "this isn't an opening key of the agreement");
    }
    struct kp_opening *opening = calloc(1, sizeof(*opening));
    if (opening != NULL) {
        opening->agreement = agreement;
        opening->secret = secret;
        opening->holder.number = holder;
        memcpy(opening->holder.key, agreement->opening_keys[holder - 1].key, KP_POINT_BYTES);
        opening->scratch = kp_secret_new(sizeof(*opening->scratch));
    }
    if (opening == NULL || opening->scratch == NULL) {
        free(opening);
        return kp_fail(error, KP_FAILED, "no (locked) memory to open records");
    }
    *out = opening;
    return KP_OK;
}

const struct kp_agreement *kp_opening_agreement(const struct kp_opening *opening)
{
    return opening->agreement;
}

uint32_t kp_opening_holder(const struct kp_opening *opening)
{
    return opening->holder.number;
}

uint32_t kp_opening_holders(const struct kp_opening *opening)
{
    return opening->agreement->opening_key_count;
}

void kp_opening_free(struct kp_opening *opening)
{
    if (opening == NULL) {
        return;
    }
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&opening->leaves[i]);
    }
    kp_workers_free(opening->workers);
    kp_secret_free(opening->scratch);
    free(opening);
}

/* A signed message of `member` to all, of this type; *attempt is set by the first and compared
 * after. */
static enum kp_status check_message(const struct kp_agreement *agreement, uint32_t member,
                                    enum kp_message_type type, const struct kp_buffer *packed,
                                    uint8_t attempt[static KP_ATTEMPT_BYTES], bool first,
                                    struct kp_round_message *message, struct kp_error *error)
{
    enum kp_status status = kp_round_message_unpack(message, packed->data, packed->size, error);
    if (status != KP_OK) {
        return status;
    }
    if (message->type != type || message->from != member || message->to != KP_PARTY_ALL ||
        message->part != 0 ||
        (!first && memcmp(attempt, message->attempt, KP_ATTEMPT_BYTES) != 0)) {
        return kp_fail(error, KP_REFUSED, "not the %s of member %u in this round",
                       kp_message_type_name(type), member);
    }
    memcpy(attempt, message->attempt, KP_ATTEMPT_BYTES);
    return kp_round_message_check(message, agreement->lineage,
                                  agreement->members[member - 1].identity_key, error);
}

static enum kp_status check_hellos(struct kp_opening *opening, uint64_t counter,
                                   const struct kp_result_transcript *transcript,
                                   uint8_t attempt[static KP_ATTEMPT_BYTES], struct kp_error *error)
{
    const struct kp_agreement *agreement = opening->agreement;
    uint8_t hellos[KP_DIGEST_BYTES];
    enum kp_status status = KP_OK;
    kp_transcript_hellos(hellos, agreement->lineage, transcript->hello1, agreement->member_count);
    for (uint32_t i = 0; status == KP_OK && i < agreement->member_count; i++) {
        struct kp_round_message message;
        struct kp_hello1 hello1 = {0};
        status = check_message(agreement, i + 1, KP_MESSAGE_HELLO1, &transcript->hello1[i], attempt,
                               i == 0, &message, error);
        if (status == KP_OK) {
            status = kp_hello1_unpack(&hello1, &message.body, error);
        }
        if (status == KP_OK && hello1.counter != counter) {
            status = kp_fail(error, KP_REFUSED, "HELLO 1 of member %u is of another round", i + 1);
        }
        kp_round_message_free(&message);
        opening->type = hello1.round_type;
        kp_hello1_free(&hello1);
    }
    for (uint32_t i = 0; status == KP_OK && i < agreement->member_count; i++) {
        struct kp_round_message message;
        struct kp_hello2 *hello2 = &opening->hello2[i];
        status = check_message(agreement, i + 1, KP_MESSAGE_HELLO2, &transcript->hello2[i], attempt,
                               false, &message, error);
        if (status == KP_OK) {
            status = kp_hello2_unpack(hello2, &message.body, error);
        }
        if (status == KP_OK && memcmp(hello2->hellos, hellos, sizeof(hellos)) != 0) {
            status = kp_fail(error, KP_REFUSED, "member %u saw other first hellos", i + 1);
        }
        if (status == KP_OK && hello2->counter != counter) {
            status = kp_fail(error, KP_REFUSED, "HELLO 2 of member %u is of another round", i + 1);
        }
        kp_round_message_free(&message);
    }
    return status;
}

enum kp_status kp_opening_transcript(struct kp_opening *opening, uint64_t counter,
                                     const struct kp_result_transcript *transcript,
                                     struct kp_error *error)
{
    const struct kp_agreement *agreement = opening->agreement;
    uint8_t *attempt = opening->attempt, ready_attempt[KP_ATTEMPT_BYTES];
    uint64_t released = 0;
    if (transcript->member_count != agreement->member_count) {
        return kp_fail(error, KP_REFUSED, "the transcript is of %u members, the agreement of %u",
                       transcript->member_count, agreement->member_count);
    }
    enum kp_status status = check_hellos(opening, counter, transcript, attempt, error);
    if (status == KP_OK) {
        status = kp_transcript_check_release(&released, agreement, transcript->ready, error);
    }
    if (status != KP_OK) {
        return status;
    }
    kp_transcript_round_id(opening->round_id, agreement, opening->type, counter, transcript->hello1,
                           transcript->hello2);
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        status =
            kp_transcript_check_ready(&opening->ready[i], ready_attempt, agreement, i + 1,
                                      transcript->ready[i].data, transcript->ready[i].size, error);
        if (status != KP_OK) {
            return status;
        }
        if (released != counter || memcmp(attempt, ready_attempt, KP_ATTEMPT_BYTES) != 0 ||
            memcmp(opening->ready[i].round_id, opening->round_id, KP_DIGEST_BYTES) != 0) {
            return kp_fail(error, KP_REFUSED,
                           "READY of member %u is for another round than its "
                           "hellos",
                           i + 1);
        }
    }
    opening->has_transcript = true;
    return KP_OK;
}

enum kp_status kp_opening_leaves(struct kp_opening *opening, uint32_t member, uint32_t chunk,
                                 const uint8_t *digests, size_t size, struct kp_error *error)
{
    const struct kp_agreement *agreement = opening->agreement;
    if (!opening->has_transcript || member < 1 || member > agreement->member_count) {
        return kp_fail(error, KP_REFUSED, "leaves of member %u aren't expected here", member);
    }
    struct kp_buffer *leaves = &opening->leaves[member - 1];
    uint32_t slots = kp_agreement_member_slots(agreement, member); /* on request: no leaves */
    size_t expected = (size_t)kp_chunk_items(slots, KP_CHUNK_LEAVES, chunk) * KP_DIGEST_BYTES;
    if (leaves->size != (size_t)chunk * KP_CHUNK_LEAVES * KP_DIGEST_BYTES || size != expected ||
        size == 0) {
        return kp_fail(error, KP_REFUSED, "leaves of member %u are out of order", member);
    }
    if (kp_buffer_append(leaves, digests, size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for leaves");
    }
    if (leaves->size == (size_t)slots * KP_DIGEST_BYTES) {
        uint8_t root[KP_DIGEST_BYTES];
        kp_merkle_root(root, leaves->data, slots);
        if (memcmp(root, opening->hello2[member - 1].slots_root, sizeof(root)) != 0) {
            kp_buffer_free(leaves);
            return kp_fail(error, KP_REFUSED, "leaves of member %u are not those of its HELLO 2",
                           member);
        }
    }
    return KP_OK;
}

struct kp_seal_context kp_open_context(const struct kp_opening *opening, uint32_t member,
                                       const uint8_t tag[static KP_DIGEST_BYTES])
{
    struct kp_seal_context context = {.member = member};
    memcpy(context.lineage, opening->agreement->lineage, KP_DIGEST_BYTES);
    memcpy(context.round_id, opening->round_id, KP_DIGEST_BYTES);
    memcpy(context.tag, tag, KP_DIGEST_BYTES);
    return context;
}

uint64_t kp_opening_time(const struct kp_opening *opening, uint32_t member)
{
    uint64_t time = 0;
    for (uint32_t i = 0; i < opening->agreement->member_count; i++) {
        uint64_t other = opening->ready[i].time;
        time = i + 1 != member && other > time ? other : time;
    }
    return time;
}

const uint8_t *kp_opening_round_id(const struct kp_opening *opening)
{
    return opening->has_transcript ? opening->round_id : NULL;
}

const uint8_t *kp_opening_attempt(const struct kp_opening *opening)
{
    return opening->has_transcript ? opening->attempt : NULL;
}

bool kp_opening_leaf(const struct kp_opening *opening, uint32_t member, uint32_t index,
                     uint8_t leaf[static KP_DIGEST_BYTES])
{
    const struct kp_buffer *leaves = &opening->leaves[member - 1];
    size_t slots = kp_agreement_member_slots(opening->agreement, member);
    if (index >= slots || leaves->size != slots * KP_DIGEST_BYTES) {
        return false;
    }
    memcpy(leaf, leaves->data + (size_t)index * KP_DIGEST_BYTES, KP_DIGEST_BYTES);
    return true;
}

enum kp_status kp_opening_leaf_path(const struct kp_opening *opening, uint32_t member,
                                    uint32_t index, struct kp_buffer *path, struct kp_error *error)
{
    const struct kp_buffer *leaves = &opening->leaves[member - 1];
    size_t slots = kp_agreement_member_slots(opening->agreement, member);
    if (index >= slots || leaves->size != slots * KP_DIGEST_BYTES) {
        return kp_fail(error, KP_REFUSED, "the leaves of member %u aren't all here", member);
    }
    uint8_t *out = kp_buffer_extend(path, kp_merkle_path_length(index, slots) * KP_DIGEST_BYTES);
    if (out == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a path");
    }
    kp_merkle_path(out, leaves->data, slots, index);
    return KP_OK;
}
