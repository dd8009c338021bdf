#include "proto/round_message.h"

#include "proto/protobuf.h"
#include "proto/round.pb-c.h"

#include <string.h>

static const char SIGNATURE_LABEL[] = "round message";

const char *kp_phase_name(enum kp_phase phase)
{
    static const char *const names[KP_PHASES] = {
        "idle", "hello 1", "hello 2", "evaluate", "ready", "release", "match", "complete", "ended"};
    return (unsigned)phase < KP_PHASES ? names[phase] : "unknown";
}

const char *kp_abort_reason_text(enum kp_abort_reason reason)
{
    static const char *const texts[KP_ABORT_REASONS] = {
        [KP_ABORT_RESTARTED] = "restarted, so that its key of this attempt is gone",
        [KP_ABORT_DEADLINE] = "did not do its part before the deadline",
        [KP_ABORT_REFUSED] = "sent a message that must be refused",
        [KP_ABORT_DISAGREEMENT] = "does not agree with the others on what the round is",
        [KP_ABORT_COORDINATOR] = "the coordinator restarted or failed",
        [KP_ABORT_FAILED] = "reports that its own machine failed",
        [KP_ABORT_NOT_AGREED] = "can't process now: term, rounds or agreement",
    };
    return (unsigned)reason < KP_ABORT_REASONS && texts[reason] != NULL ? texts[reason]
                                                                        : "for an unknown reason";
}

const char *kp_message_type_name(enum kp_message_type type)
{
    static const char *const names[KP_MESSAGE_TYPES] = {
        "unknown",    "START", "HELLO 1", "HELLO 2",    "HELLO 2 SECRET", "POINTS",
        "EVALUATION", "READY", "LEAVES",  "SUBMISSION", "COMPLETE",       "ABORT"};
    return (unsigned)type < KP_MESSAGE_TYPES ? names[type] : names[0];
}

/* The envelope. */

enum kp_status kp_round_message_pack(const struct kp_round_message *message, struct kp_buffer *out,
                                     struct kp_error *error)
{
    Kruispunt__RoundMessage packed = KRUISPUNT__ROUND_MESSAGE__INIT;
    packed.version = KP_PROTOCOL_VERSION;
    packed.attempt = kp_protobuf_bytes(message->attempt, KP_ATTEMPT_BYTES);
    packed.type = (uint32_t)message->type;
    packed.from = message->from;
    packed.to = message->to;
    packed.part = message->part;
    packed.body = kp_protobuf_bytes(message->body.data, message->body.size);
    if (message->has_signature) {
        packed.signature = kp_protobuf_bytes(message->signature, KP_SIGNATURE_BYTES);
    }
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status check_envelope(const Kruispunt__RoundMessage *packed, struct kp_error *error)
{
    if (packed->version != KP_PROTOCOL_VERSION) {
        return kp_fail(error, KP_REFUSED, "round message of version %u; this program speaks %u",
                       packed->version, (unsigned)KP_PROTOCOL_VERSION);
    }
    if (packed->type == 0 || packed->type >= KP_MESSAGE_TYPES) {
        return kp_fail(error, KP_REFUSED, "round message of unknown type %u", packed->type);
    }
    if (packed->from > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "round message from party %u, which can't be",
                       packed->from);
    }
    if (packed->to > KP_MEMBERS_MAX && packed->to != KP_PARTY_ALL) {
        return kp_fail(error, KP_REFUSED, "round message to party %u, which can't be", packed->to);
    }
    if (packed->part >= KP_SLOTS_MAX) {
        return kp_fail(error, KP_REFUSED, "round message with part %u", packed->part);
    }
    if (packed->signature.len != 0 && packed->signature.len != KP_SIGNATURE_BYTES) {
        return kp_fail(error, KP_REFUSED, "round message with a signature of %zu bytes",
                       packed->signature.len);
    }
    return KP_OK;
}

enum kp_status kp_round_message_unpack(struct kp_round_message *message, const uint8_t *bytes,
                                       size_t size, struct kp_error *error)
{
    memset(message, 0, sizeof(*message));
    if (size > KP_WIRE_MESSAGE_MAX) {
        return kp_fail(error, KP_REFUSED, "round message of %zu bytes; at most %u are allowed",
                       size, KP_WIRE_MESSAGE_MAX);
    }
    Kruispunt__RoundMessage *packed = (Kruispunt__RoundMessage *)kp_protobuf_unpack(
        &kruispunt__round_message__descriptor, "round message", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = check_envelope(packed, error);
    if (status == KP_OK) {
        status = kp_protobuf_copy(message->attempt, KP_ATTEMPT_BYTES, &packed->attempt, "attempt",
                                  error);
    }
    if (status == KP_OK &&
        kp_buffer_set(&message->body, packed->body.data, packed->body.len) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a round message");
    }
    if (status == KP_OK) {
        message->type = (enum kp_message_type)packed->type;
        message->from = packed->from;
        message->to = packed->to;
        message->part = packed->part;
        message->has_signature = packed->signature.len != 0;
        if (message->has_signature) {
            memcpy(message->signature, packed->signature.data, KP_SIGNATURE_BYTES);
        }
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_round_message_free(struct kp_round_message *message)
{
    kp_buffer_free(&message->body);
}

/* Signatures and seals. */

void kp_round_message_digest(uint8_t digest[static KP_DIGEST_BYTES],
                             const uint8_t lineage[static KP_DIGEST_BYTES],
                             const struct kp_round_message *message, const uint8_t *body,
                             size_t body_size)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 round message");
    kp_hash_number(&hash, KP_PROTOCOL_VERSION);
    kp_hash_field(&hash, lineage, KP_DIGEST_BYTES);
    kp_hash_field(&hash, message->attempt, KP_ATTEMPT_BYTES);
    kp_hash_number(&hash, (uint64_t)message->type);
    kp_hash_number(&hash, message->from);
    kp_hash_number(&hash, message->to);
    kp_hash_number(&hash, message->part);
    kp_hash_field(&hash, body, body_size);
    kp_hash_digest(&hash, digest);
}

void kp_round_message_sign(struct kp_round_message *message,
                           const uint8_t lineage[static KP_DIGEST_BYTES],
                           const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES])
{
    uint8_t digest[KP_DIGEST_BYTES];
    kp_round_message_digest(digest, lineage, message, message->body.data, message->body.size);
    kp_sign(message->signature, identity_secret, SIGNATURE_LABEL, digest, sizeof(digest));
    message->has_signature = true;
}

enum kp_status kp_round_message_check(const struct kp_round_message *message,
                                      const uint8_t lineage[static KP_DIGEST_BYTES],
                                      const uint8_t identity_key[static KP_SIGN_PUBLIC_BYTES],
                                      struct kp_error *error)
{
    uint8_t digest[KP_DIGEST_BYTES];
    kp_round_message_digest(digest, lineage, message, message->body.data, message->body.size);
    if (!message->has_signature || kp_sign_check(message->signature, identity_key, SIGNATURE_LABEL,
                                                 digest, sizeof(digest)) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "%s of member %u isn't signed by it",
                       kp_message_type_name(message->type), message->from);
    }
    return KP_OK;
}

/* Each (type, part) is sent once to each peer in an attempt, so this never repeats under one key.
 */
static uint64_t seal_counter(const struct kp_round_message *message)
{
    return ((uint64_t)message->type << 32) | message->part;
}

enum kp_status kp_round_message_seal(struct kp_round_message *message,
                                     const uint8_t lineage[static KP_DIGEST_BYTES],
                                     const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES],
                                     const struct kp_pair_keys *keys, const struct kp_buffer *plain,
                                     struct kp_error *error)
{
    uint8_t header[KP_DIGEST_BYTES], digest[KP_DIGEST_BYTES], signature[KP_SIGNATURE_BYTES];
    kp_round_message_digest(header, lineage, message, NULL, 0);
    kp_round_message_digest(digest, lineage, message, plain->data, plain->size);
    kp_sign(signature, identity_secret, SIGNATURE_LABEL, digest, sizeof(digest));

    struct kp_buffer inside = {0};
    size_t size = KP_SIGNATURE_BYTES + plain->size;
    message->body.size = 0;
    enum kp_status status = KP_OK;
    if (kp_buffer_append(&inside, signature, sizeof(signature)) != KP_OK ||
        kp_buffer_append(&inside, plain->data, plain->size) != KP_OK ||
        kp_buffer_extend(&message->body, size + KP_PAIR_OVERHEAD) == NULL) {
        status = kp_fail(error, KP_FAILED, "no memory to seal %zu bytes", size);
    } else {
        kp_pair_seal(message->body.data, keys, seal_counter(message), header, sizeof(header),
                     inside.data, inside.size);
    }
    kp_buffer_free(&inside);
    return status;
}

enum kp_status kp_round_message_open(const struct kp_round_message *message,
                                     const uint8_t lineage[static KP_DIGEST_BYTES],
                                     const uint8_t identity_key[static KP_SIGN_PUBLIC_BYTES],
                                     const struct kp_pair_keys *keys, struct kp_buffer *plain,
                                     struct kp_error *error)
{
    if (message->body.size < KP_SIGNATURE_BYTES + KP_PAIR_OVERHEAD) {
        return kp_fail(error, KP_REFUSED, "%s of member %u is too short",
                       kp_message_type_name(message->type), message->from);
    }
    uint8_t header[KP_DIGEST_BYTES], digest[KP_DIGEST_BYTES];
    kp_round_message_digest(header, lineage, message, NULL, 0);

    struct kp_buffer inside = {0};
    enum kp_status status = KP_OK;
    if (kp_buffer_extend(&inside, message->body.size - KP_PAIR_OVERHEAD) == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to open %zu bytes", message->body.size);
    }
    if (kp_pair_open(inside.data, keys, seal_counter(message), header, sizeof(header),
                     message->body.data, message->body.size) != KP_OK) {
        status = kp_fail(error, KP_REFUSED, "%s of member %u doesn't open with the pair's key",
                         kp_message_type_name(message->type), message->from);
        goto done;
    }
    const uint8_t *content = inside.data + KP_SIGNATURE_BYTES;
    size_t content_size = inside.size - KP_SIGNATURE_BYTES;
    kp_round_message_digest(digest, lineage, message, content, content_size);
    if (kp_sign_check(inside.data, identity_key, SIGNATURE_LABEL, digest, sizeof(digest)) !=
        KP_OK) {
        status = kp_fail(error, KP_REFUSED, "%s of member %u isn't signed by it",
                         kp_message_type_name(message->type), message->from);
    } else if (kp_buffer_set(plain, content, content_size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory to open %zu bytes", content_size);
    }
done:
    kp_buffer_free(&inside);
    return status;
}

/* START */

enum kp_status kp_start_pack(const struct kp_start *start, struct kp_buffer *out,
                             struct kp_error *error)
{
    ProtobufCBinaryData proof[KP_MEMBERS_MAX];
    for (uint32_t i = 0; i < start->release_proof_count; i++) {
        proof[i] = kp_protobuf_bytes(start->release_proof[i].data, start->release_proof[i].size);
    }
    Kruispunt__Start packed = KRUISPUNT__START__INIT;
    packed.agreement = kp_protobuf_bytes(start->agreement, KP_DIGEST_BYTES);
    packed.counter = start->counter;
    packed.round_type = (uint32_t)start->round_type;
    packed.phase_seconds = start->phase_seconds;
    packed.n_release_proof = start->release_proof_count;
    packed.release_proof = proof;
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status check_round(uint64_t counter, uint32_t round_type, struct kp_error *error)
{
    if (counter == 0 || counter > KP_ROUNDS_MAX) {
        return kp_fail(error, KP_REFUSED, "round counter %llu is not between 1 and %u",
                       (unsigned long long)counter, KP_ROUNDS_MAX);
    }
    if (round_type != KP_ROUND_MATCH) {
        return kp_fail(error, KP_REFUSED, "unknown round type %u", round_type);
    }
    return KP_OK;
}

static enum kp_status copy_release_proof(struct kp_start *start, const Kruispunt__Start *packed,
                                         struct kp_error *error)
{
    if (packed->n_release_proof > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "release proof of %zu members", packed->n_release_proof);
    }
    for (size_t i = 0; i < packed->n_release_proof; i++) {
        const ProtobufCBinaryData *ready = &packed->release_proof[i];
        if (kp_buffer_set(&start->release_proof[i], ready->data, ready->len) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for a release proof");
        }
        start->release_proof_count++;
    }
    return KP_OK;
}

enum kp_status kp_start_unpack(struct kp_start *start, const struct kp_buffer *body,
                               struct kp_error *error)
{
    memset(start, 0, sizeof(*start));
    Kruispunt__Start *packed = (Kruispunt__Start *)kp_protobuf_unpack(
        &kruispunt__start__descriptor, "START", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = check_round(packed->counter, packed->round_type, error);
    if (status == KP_OK) {
        status = kp_protobuf_copy(start->agreement, KP_DIGEST_BYTES, &packed->agreement,
                                  "agreement", error);
    }
    if (status == KP_OK) {
        start->counter = packed->counter;
        start->round_type = (enum kp_round_type)packed->round_type;
        start->phase_seconds = packed->phase_seconds;
        status = copy_release_proof(start, packed, error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_start_free(struct kp_start *start)
{
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&start->release_proof[i]);
    }
}

/* HELLO 1 */

enum kp_status kp_hello1_pack(const struct kp_hello1 *hello, struct kp_buffer *out,
                              struct kp_error *error)
{
    Kruispunt__Hello1 packed = KRUISPUNT__HELLO1__INIT;
    packed.counter = hello->counter;
    packed.round_type = (uint32_t)hello->round_type;
    packed.nonce = kp_protobuf_bytes(hello->nonce, sizeof(hello->nonce));
    packed.exchange_key = kp_protobuf_bytes(hello->exchange_key, sizeof(hello->exchange_key));
    packed.commitment = kp_protobuf_bytes(hello->commitment, sizeof(hello->commitment));
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_hello1_unpack(struct kp_hello1 *hello, const struct kp_buffer *body,
                                struct kp_error *error)
{
    Kruispunt__Hello1 *packed = (Kruispunt__Hello1 *)kp_protobuf_unpack(
        &kruispunt__hello1__descriptor, "HELLO 1", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    hello->counter = packed->counter;
    hello->round_type = (enum kp_round_type)packed->round_type;
    enum kp_status status = check_round(packed->counter, packed->round_type, error);
    if (status == KP_OK) {
        status =
            kp_protobuf_copy(hello->nonce, sizeof(hello->nonce), &packed->nonce, "nonce", error);
    }
    if (status == KP_OK) {
        status = kp_protobuf_copy(hello->exchange_key, sizeof(hello->exchange_key),
                                  &packed->exchange_key, "exchange key", error);
    }
    if (status == KP_OK) {
        status = kp_protobuf_copy(hello->commitment, sizeof(hello->commitment), &packed->commitment,
                                  "commitment", error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* HELLO 2, the part for all */

enum kp_status kp_hello2_pack(const struct kp_hello2 *hello, struct kp_buffer *out,
                              struct kp_error *error)
{
    Kruispunt__Hello2 packed = KRUISPUNT__HELLO2__INIT;
    packed.hellos = kp_protobuf_bytes(hello->hellos, KP_DIGEST_BYTES);
    packed.slots_root = kp_protobuf_bytes(hello->slots_root, KP_DIGEST_BYTES);
    packed.points_root = kp_protobuf_bytes(hello->points_root, KP_DIGEST_BYTES);
    packed.time = hello->time;
    packed.secret_digest = kp_protobuf_bytes(hello->secret_digest, KP_DIGEST_BYTES);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_hello2_unpack(struct kp_hello2 *hello, const struct kp_buffer *body,
                                struct kp_error *error)
{
    Kruispunt__Hello2 *packed = (Kruispunt__Hello2 *)kp_protobuf_unpack(
        &kruispunt__hello2__descriptor, "HELLO 2", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    hello->time = packed->time;
    enum kp_status status =
        kp_protobuf_copy(hello->hellos, KP_DIGEST_BYTES, &packed->hellos, "hellos", error);
    if (status == KP_OK) {
        status = kp_protobuf_copy(hello->slots_root, KP_DIGEST_BYTES, &packed->slots_root,
                                  "slots root", error);
    }
    if (status == KP_OK) {
        status = kp_protobuf_copy(hello->points_root, KP_DIGEST_BYTES, &packed->points_root,
                                  "points root", error);
    }
    if (status == KP_OK) {
        status = kp_protobuf_copy(hello->secret_digest, KP_DIGEST_BYTES, &packed->secret_digest,
                                  "secret digest", error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* HELLO 2, the secret part: the same for all members, sealed to each */

enum kp_status kp_hello2_secret_pack(const struct kp_hello2_secret *hello, struct kp_buffer *out,
                                     struct kp_error *error)
{
    Kruispunt__Hello2Secret packed = KRUISPUNT__HELLO2_SECRET__INIT;
    packed.public_key = kp_protobuf_bytes(hello->public_key, sizeof(hello->public_key));
    packed.proof = kp_protobuf_bytes(hello->proof, sizeof(hello->proof));
    packed.contribution = kp_protobuf_bytes(hello->contribution, sizeof(hello->contribution));
    packed.blinding = kp_protobuf_bytes(hello->blinding, sizeof(hello->blinding));
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_hello2_secret_unpack(struct kp_hello2_secret *hello, const struct kp_buffer *body,
                                       struct kp_error *error)
{
    Kruispunt__Hello2Secret *packed = (Kruispunt__Hello2Secret *)kp_protobuf_unpack(
        &kruispunt__hello2_secret__descriptor, "HELLO 2 SECRET", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = kp_protobuf_copy(hello->public_key, sizeof(hello->public_key),
                                             &packed->public_key, "public key", error);
    if (status == KP_OK) {
        status =
            kp_protobuf_copy(hello->proof, sizeof(hello->proof), &packed->proof, "proof", error);
    }
    if (status == KP_OK) {
        status = kp_protobuf_copy(hello->contribution, sizeof(hello->contribution),
                                  &packed->contribution, "contribution", error);
    }
    if (status == KP_OK) {
        status = kp_protobuf_copy(hello->blinding, sizeof(hello->blinding), &packed->blinding,
                                  "blinding", error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* POINTS */

enum kp_status kp_points_pack(const uint8_t *points, size_t count, const uint8_t *path,
                              size_t path_size, struct kp_buffer *out, struct kp_error *error)
{
    Kruispunt__Points packed = KRUISPUNT__POINTS__INIT;
    packed.points = kp_protobuf_bytes(points, count * KP_POINT_BYTES);
    packed.path = kp_protobuf_bytes(path, path_size);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_points_unpack(uint8_t *points, size_t count, uint8_t *path, size_t path_size,
                                const struct kp_buffer *body, struct kp_error *error)
{
    Kruispunt__Points *packed = (Kruispunt__Points *)kp_protobuf_unpack(
        &kruispunt__points__descriptor, "POINTS", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status =
        kp_protobuf_copy(points, count * KP_POINT_BYTES, &packed->points, "list of points", error);
    if (status == KP_OK) {
        status = kp_protobuf_copy(path, path_size, &packed->path, "path of the chunk", error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* EVALUATION */

enum kp_status kp_evaluation_pack(const uint8_t *points, size_t count,
                                  const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                  struct kp_buffer *out, struct kp_error *error)
{
    Kruispunt__Evaluation packed = KRUISPUNT__EVALUATION__INIT;
    packed.points = kp_protobuf_bytes(points, count * KP_POINT_BYTES);
    packed.proof = kp_protobuf_bytes(proof, KP_CHUNK_PROOF_BYTES);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_evaluation_unpack(uint8_t *points, size_t count,
                                    uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                    const struct kp_buffer *body, struct kp_error *error)
{
    Kruispunt__Evaluation *packed = (Kruispunt__Evaluation *)kp_protobuf_unpack(
        &kruispunt__evaluation__descriptor, "EVALUATION", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = kp_protobuf_copy(points, count * KP_POINT_BYTES, &packed->points,
                                             "evaluated points", error);
    if (status == KP_OK) {
        status = kp_protobuf_copy(proof, KP_CHUNK_PROOF_BYTES, &packed->proof, "proof", error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* READY */

enum kp_status kp_ready_pack(const struct kp_ready *ready, struct kp_buffer *out,
                             struct kp_error *error)
{
    Kruispunt__Ready packed = KRUISPUNT__READY__INIT;
    packed.lineage = kp_protobuf_bytes(ready->lineage, KP_DIGEST_BYTES);
    packed.counter = ready->counter;
    packed.round_id = kp_protobuf_bytes(ready->round_id, KP_DIGEST_BYTES);
    packed.g_digest = kp_protobuf_bytes(ready->g_digest, KP_DIGEST_BYTES);
    packed.entries = ready->entries;
    packed.entries_root = kp_protobuf_bytes(ready->entries_root, KP_DIGEST_BYTES);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_ready_unpack(struct kp_ready *ready, const struct kp_buffer *body,
                               struct kp_error *error)
{
    Kruispunt__Ready *packed = (Kruispunt__Ready *)kp_protobuf_unpack(
        &kruispunt__ready__descriptor, "READY", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    ready->counter = packed->counter;
    ready->entries = packed->entries;
    enum kp_status status = check_round(packed->counter, KP_ROUND_MATCH, error);
    if (status == KP_OK && (packed->entries == 0 || packed->entries > KP_SLOTS_MAX)) {
        status = kp_fail(error, KP_REFUSED, "READY for %u entries", packed->entries);
    }
    if (status == KP_OK) {
        status =
            kp_protobuf_copy(ready->lineage, KP_DIGEST_BYTES, &packed->lineage, "lineage", error);
    }
    if (status == KP_OK) {
        status = kp_protobuf_copy(ready->round_id, KP_DIGEST_BYTES, &packed->round_id, "round id",
                                  error);
    }
    if (status == KP_OK) {
        status = kp_protobuf_copy(ready->g_digest, KP_DIGEST_BYTES, &packed->g_digest, "g digest",
                                  error);
    }
    if (status == KP_OK) {
        status = kp_protobuf_copy(ready->entries_root, KP_DIGEST_BYTES, &packed->entries_root,
                                  "entries root", error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* LEAVES and SUBMISSION */

enum kp_status kp_leaves_pack(const uint8_t *digests, size_t size, struct kp_buffer *out,
                              struct kp_error *error)
{
    Kruispunt__Leaves packed = KRUISPUNT__LEAVES__INIT;
    packed.digests = kp_protobuf_bytes(digests, size);
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_run(struct kp_buffer *out, size_t size, const ProtobufCBinaryData *field,
                               const char *name, struct kp_error *error)
{
    if (field->len != size) {
        return kp_fail(error, KP_REFUSED, "%s of %zu bytes instead of %zu", name, field->len, size);
    }
    if (kp_buffer_set(out, field->data, size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for %s", name);
    }
    return KP_OK;
}

enum kp_status kp_leaves_unpack(struct kp_buffer *digests, size_t size,
                                const struct kp_buffer *body, struct kp_error *error)
{
    Kruispunt__Leaves *packed = (Kruispunt__Leaves *)kp_protobuf_unpack(
        &kruispunt__leaves__descriptor, "LEAVES", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_run(digests, size, &packed->digests, "leaf digests", error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

enum kp_status kp_submission_pack(const uint8_t *entries, size_t size, struct kp_buffer *out,
                                  struct kp_error *error)
{
    Kruispunt__Submission packed = KRUISPUNT__SUBMISSION__INIT;
    packed.entries = kp_protobuf_bytes(entries, size);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_submission_unpack(struct kp_buffer *entries, size_t size,
                                    const struct kp_buffer *body, struct kp_error *error)
{
    Kruispunt__Submission *packed = (Kruispunt__Submission *)kp_protobuf_unpack(
        &kruispunt__submission__descriptor, "SUBMISSION", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_run(entries, size, &packed->entries, "entries", error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* ABORT */

enum kp_status kp_abort_pack(const struct kp_abort *abort, struct kp_buffer *out,
                             struct kp_error *error)
{
    Kruispunt__Abort packed = KRUISPUNT__ABORT__INIT;
    packed.reason = (uint32_t)abort->reason;
    packed.phase = (uint32_t)abort->phase;
    packed.members = abort->members;
    packed.reporter = abort->reporter;
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_abort_unpack(struct kp_abort *abort, const struct kp_buffer *body,
                               struct kp_error *error)
{
    Kruispunt__Abort *packed = (Kruispunt__Abort *)kp_protobuf_unpack(
        &kruispunt__abort__descriptor, "ABORT", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = KP_OK;
    if (packed->reason == 0 || packed->reason >= KP_ABORT_REASONS || packed->phase >= KP_PHASES ||
        packed->reporter > KP_MEMBERS_MAX) {
        status = kp_fail(error, KP_REFUSED, "ABORT with an unknown reason, phase or reporter");
    } else {
        abort->reason = (enum kp_abort_reason)packed->reason;
        abort->phase = (enum kp_phase)packed->phase;
        abort->members = packed->members;
        abort->reporter = packed->reporter;
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}
