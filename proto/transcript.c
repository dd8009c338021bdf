#include "proto/transcript.h"

#include <stdio.h>
#include <string.h>

void kp_transcript_hellos(uint8_t digest[static KP_DIGEST_BYTES],
                          const uint8_t lineage[static KP_DIGEST_BYTES],
                          const struct kp_buffer *hello1, uint32_t members)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 first hellos");
    kp_hash_field(&hash, lineage, KP_DIGEST_BYTES);
    kp_hash_number(&hash, members);
    for (uint32_t i = 0; i < members; i++) {
        kp_hash_field(&hash, hello1[i].data, hello1[i].size);
    }
    kp_hash_digest(&hash, digest);
}

void kp_transcript_readys(uint8_t digest[static KP_DIGEST_BYTES],
                          const uint8_t lineage[static KP_DIGEST_BYTES],
                          const struct kp_buffer *ready, uint32_t members)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 readys");
    kp_hash_field(&hash, lineage, KP_DIGEST_BYTES);
    kp_hash_number(&hash, members);
    for (uint32_t i = 0; i < members; i++) {
        kp_hash_field(&hash, ready[i].data, ready[i].size);
    }
    kp_hash_digest(&hash, digest);
}

void kp_transcript_result_item(uint8_t leaf[static KP_DIGEST_BYTES], const uint8_t *key,
                               size_t key_size, const uint8_t *value, size_t value_size)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 result item");
    kp_hash_field(&hash, key, key_size);
    kp_hash_field(&hash, value, value_size);
    kp_hash_digest(&hash, leaf);
}

void kp_transcript_commitment(uint8_t digest[static KP_DIGEST_BYTES],
                              const struct kp_hello2 *hello2, const struct kp_hello2_secret *secret)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 commitment to hello 2");
    kp_hash_field(&hash, hello2->slots_root, KP_DIGEST_BYTES);
    kp_hash_field(&hash, hello2->points_root, KP_DIGEST_BYTES);
    kp_hash_field(&hash, secret->public_key, sizeof(secret->public_key));
    kp_hash_field(&hash, secret->contribution, sizeof(secret->contribution));
    kp_hash_field(&hash, secret->blinding, sizeof(secret->blinding));
    kp_hash_digest(&hash, digest);
}

void kp_transcript_secret_digest(uint8_t digest[static KP_DIGEST_BYTES],
                                 const struct kp_buffer *secret)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 secret part of hello 2");
    kp_hash_field(&hash, secret->data, secret->size);
    kp_hash_digest(&hash, digest);
}

void kp_transcript_key_context(uint8_t context[static KP_DIGEST_BYTES],
                               const struct kp_agreement *agreement, enum kp_round_type type,
                               uint64_t counter, const struct kp_hello1 *hello1, uint32_t member,
                               const uint8_t public_key[static KP_POINT_BYTES])
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 possession of a round key");
    kp_hash_field(&hash, agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_number(&hash, agreement->version);
    kp_hash_number(&hash, (uint64_t)type);
    kp_hash_number(&hash, counter);
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        kp_hash_field(&hash, hello1[i].nonce, sizeof(hello1[i].nonce));
    }
    kp_hash_number(&hash, member);
    kp_hash_field(&hash, public_key, KP_POINT_BYTES);
    kp_hash_digest(&hash, context);
}

void kp_transcript_round_id(uint8_t round_id[static KP_DIGEST_BYTES],
                            const struct kp_agreement *agreement, enum kp_round_type type,
                            uint64_t counter, const struct kp_buffer *hello1,
                            const struct kp_buffer *hello2)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 round id");
    kp_hash_field(&hash, agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_field(&hash, agreement->hash, KP_DIGEST_BYTES);
    kp_hash_number(&hash, (uint64_t)type);
    kp_hash_number(&hash, counter);
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        kp_hash_field(&hash, hello1[i].data, hello1[i].size);
        kp_hash_field(&hash, hello2[i].data, hello2[i].size);
    }
    kp_hash_digest(&hash, round_id);
}

void kp_transcript_g(uint8_t g[static KP_DIGEST_BYTES],
                     const uint8_t round_id[static KP_DIGEST_BYTES],
                     const struct kp_hello2_secret *secrets, uint32_t members)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 g");
    kp_hash_field(&hash, round_id, KP_DIGEST_BYTES);
    for (uint32_t i = 0; i < members; i++) {
        kp_hash_field(&hash, secrets[i].contribution, sizeof(secrets[i].contribution));
    }
    kp_hash_digest(&hash, g);
}

void kp_transcript_g_digest(uint8_t digest[static KP_DIGEST_BYTES],
                            const uint8_t g[static KP_DIGEST_BYTES])
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 digest of g");
    kp_hash_field(&hash, g, KP_DIGEST_BYTES);
    kp_hash_digest(&hash, digest);
}

void kp_transcript_recovery(uint8_t salt[static KP_DIGEST_BYTES],
                            const uint8_t lineage[static KP_DIGEST_BYTES],
                            const struct kp_buffer *recover,
                            const uint8_t nonce[static KP_RECOVERY_NONCE_BYTES])
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 recovery");
    kp_hash_field(&hash, lineage, KP_DIGEST_BYTES);
    kp_hash_field(&hash, recover->data, recover->size);
    kp_hash_field(&hash, nonce, KP_RECOVERY_NONCE_BYTES);
    kp_hash_digest(&hash, salt);
}

void kp_transcript_points_leaf(uint8_t leaf[static KP_DIGEST_BYTES],
                               const uint8_t lineage[static KP_DIGEST_BYTES], uint32_t number,
                               const uint8_t *points, size_t count)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 chunk of points");
    kp_hash_field(&hash, lineage, KP_DIGEST_BYTES);
    kp_hash_number(&hash, number);
    kp_hash_field(&hash, points, count * KP_POINT_BYTES);
    kp_hash_digest(&hash, leaf);
}

uint32_t kp_chunk_count(uint32_t items, uint32_t chunk)
{
    return (items + chunk - 1) / chunk;
}

uint32_t kp_chunk_items(uint32_t items, uint32_t chunk, uint32_t number)
{
    uint64_t before = (uint64_t)number * chunk;
    uint64_t left = before < items ? items - before : 0;
    return left < chunk ? (uint32_t)left : chunk;
}

enum kp_status kp_transcript_check_ready(struct kp_ready *ready,
                                         uint8_t attempt[static KP_ATTEMPT_BYTES],
                                         const struct kp_agreement *agreement, uint32_t member,
                                         const uint8_t *bytes, size_t size, struct kp_error *error)
{
    struct kp_round_message message;
    enum kp_status status = kp_round_message_unpack(&message, bytes, size, error);
    if (status == KP_OK && (message.type != KP_MESSAGE_READY || message.from != member ||
                            message.to != KP_PARTY_ALL || message.part != 0)) {
        status = kp_fail(error, KP_REFUSED, "not a READY of member %u to all", member);
    }
    if (status == KP_OK) {
        status = kp_round_message_check(&message, agreement->lineage,
                                        agreement->members[member - 1].identity_key, error);
    }
    if (status == KP_OK) {
        status = kp_ready_unpack(ready, &message.body, error);
    }
    if (status == KP_OK && memcmp(ready->lineage, agreement->lineage, KP_DIGEST_BYTES) != 0) {
        status = kp_fail(error, KP_REFUSED, "READY of member %u is for another agreement", member);
    }
    uint32_t slots = kp_agreement_member_slots(agreement, member);
    if (status == KP_OK && ready->entries != slots) {
        status = kp_fail(error, KP_REFUSED, "READY of member %u is for %u entries, not %u", member,
                         ready->entries, slots);
    }
    if (status == KP_OK && ready->list_count != agreement->member_count) {
        status = kp_fail(error, KP_REFUSED, "READY of member %u speaks of %u lists", member,
                         ready->list_count);
    }
    if (status == KP_OK) {
        memcpy(attempt, message.attempt, KP_ATTEMPT_BYTES);
    }
    kp_round_message_free(&message);
    return status;
}

bool kp_transcript_same_lists(const struct kp_ready *one, const struct kp_ready *other)
{
    bool same = one->list_count == other->list_count;
    for (uint32_t i = 0; same && i < one->list_count; i++) {
        same = one->lists[i].charged == other->lists[i].charged &&
               memcmp(one->lists[i].points_root, other->lists[i].points_root, KP_DIGEST_BYTES) == 0;
    }
    return same;
}

enum kp_status kp_transcript_check_release(uint64_t *counter, const struct kp_agreement *agreement,
                                           const struct kp_buffer *ready, struct kp_error *error)
{
    struct kp_ready first = {0}, next = {0};
    uint8_t first_attempt[KP_ATTEMPT_BYTES], attempt[KP_ATTEMPT_BYTES];
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        enum kp_status status = kp_transcript_check_ready(&next, attempt, agreement, i + 1,
                                                          ready[i].data, ready[i].size, error);
        if (status != KP_OK) {
            return status;
        }
        if (i == 0) {
            first = next;
            memcpy(first_attempt, attempt, sizeof(attempt));
        } else if (next.counter != first.counter ||
                   memcmp(next.round_id, first.round_id, KP_DIGEST_BYTES) != 0 ||
                   memcmp(next.g_digest, first.g_digest, KP_DIGEST_BYTES) != 0 ||
                   memcmp(attempt, first_attempt, sizeof(attempt)) != 0) {
            return kp_fail(error, KP_REFUSED, "member %u is READY for another round than member 1",
                           i + 1);
        } else if (!kp_transcript_same_lists(&next, &first)) {
            return kp_fail(error, KP_REFUSED, "member %u charged other lists than member 1", i + 1);
        }
    }
    *counter = first.counter;
    return KP_OK;
}

void kp_abort_describe(const struct kp_agreement *agreement, const struct kp_abort *abort,
                       char text[static KP_ERROR_TEXT])
{
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t i = 0; i < agreement->member_count && used < KP_ERROR_TEXT / 2; i++) {
        if ((abort->members >> i & 1) != 0) {
            used += (size_t)snprintf(text + used, KP_ERROR_TEXT - used, "%s%s",
                                     used == 0 ? "" : ", ", agreement->members[i].name);
        }
    }
    used += (size_t)snprintf(text + used, KP_ERROR_TEXT - used, "%s%s (in phase %s)",
                             used == 0 ? "" : " ", kp_abort_reason_text(abort->reason),
                             kp_phase_name(abort->phase));
    bool by_another = abort->reporter >= 1 && abort->reporter <= agreement->member_count &&
                      abort->members != 1u << (abort->reporter - 1);
    if (by_another && used < KP_ERROR_TEXT) {
        (void)snprintf(text + used, KP_ERROR_TEXT - used, ", says %s",
                       agreement->members[abort->reporter - 1].name);
    }
}
