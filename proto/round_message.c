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
        [KP_ABORT_UNREADABLE] = "sent a message that doesn't open, or the coordinator changed it",
        [KP_ABORT_RESTORED] = "has a database that is older than what it signed; it recovers",
        [KP_ABORT_CANARIES] =
            "did not give the secrets of its canaries yet, or the coordinator kept "
            "them back",
    };
    return (unsigned)reason < KP_ABORT_REASONS && texts[reason] != NULL ? texts[reason]
                                                                        : "for an unknown reason";
}

const char *kp_message_type_name(enum kp_message_type type)
{
    static const char *const names[KP_MESSAGE_TYPES] = {
        "unknown",    "START",     "HELLO 1", "HELLO 2",    "HELLO 2 SECRET", "POINTS",
        "EVALUATION", "READY",     "LEAVES",  "SUBMISSION", "COMPLETE",       "ABORT",
        "RECOVER",    "RECOVERED", "RECEIPT", "PHASE LIST", "RESULT"};
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
    if (status == KP_OK) {
        kp_protobuf_take(&message->body, &packed->body);
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

    size_t size = KP_SIGNATURE_BYTES + plain->size;
    message->body.size = 0;
    if (kp_buffer_reserve(&message->body, size + KP_PAIR_OVERHEAD) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory to seal %zu bytes", size);
    }
    /* Put together where it is sealed. */
    uint8_t *inside = message->body.data;
    memcpy(inside, signature, KP_SIGNATURE_BYTES);
    if (plain->size > 0) {
        memcpy(inside + KP_SIGNATURE_BYTES, plain->data, plain->size);
    }
    kp_pair_seal(inside, keys, seal_counter(message), header, sizeof(header), inside, size);
    message->body.size = size + KP_PAIR_OVERHEAD;
    return KP_OK;
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
    uint8_t header[KP_DIGEST_BYTES], digest[KP_DIGEST_BYTES], signature[KP_SIGNATURE_BYTES];
    kp_round_message_digest(header, lineage, message, NULL, 0);

    size_t size = message->body.size - KP_PAIR_OVERHEAD;
    if (kp_buffer_reserve(plain, size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory to open %zu bytes", message->body.size);
    }
    plain->size = size;
    if (kp_pair_open(plain->data, keys, seal_counter(message), header, sizeof(header),
                     message->body.data, message->body.size) != KP_OK) {
        kp_buffer_free(plain);
        return kp_fail(error, KP_REFUSED, "%s of member %u doesn't open with the pair's key",
                       kp_message_type_name(message->type), message->from);
    }
    memcpy(signature, plain->data, KP_SIGNATURE_BYTES);
    plain->size -= KP_SIGNATURE_BYTES;
    memmove(plain->data, plain->data + KP_SIGNATURE_BYTES, plain->size);
    kp_round_message_digest(digest, lineage, message, plain->data, plain->size);
    if (kp_sign_check(signature, identity_key, SIGNATURE_LABEL, digest, sizeof(digest)) != KP_OK) {
        kp_buffer_free(plain);
        return kp_fail(error, KP_REFUSED, "%s of member %u isn't signed by it",
                       kp_message_type_name(message->type), message->from);
    }
    return KP_OK;
}
