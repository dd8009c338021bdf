#include "proto/decision.h"

#include "crypto/shares.h"
#include "proto/agreement.pb-c.h"
#include "proto/limits.h"
#include "proto/protobuf.h"

#include <string.h>

#define PURPOSE "agreement decision"
#define FIRST_BYTE 0x0a        /* field 1, with a length */
#define TIME_MAX 253402300799u /* the end of the year 9999 */

const char *kp_decision_kind_name(enum kp_decision_kind kind)
{
    switch (kind) {
    case KP_DECISION_ACCEPT:
        return "accept";
    case KP_DECISION_REFUSE:
        return "refuse";
    case KP_DECISION_REVOKE:
        return "revoke";
    case KP_DECISION_COUNT:
        return "count";
    }
    return "unknown";
}

static void signed_digest(uint8_t digest[static KP_DIGEST_BYTES],
                          const struct kp_decision *decision)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 agreement decision");
    kp_hash_field(&hash, decision->agreement, sizeof(decision->agreement));
    kp_hash_number(&hash, decision->member);
    kp_hash_number(&hash, decision->kind);
    kp_hash_number(&hash, decision->time);
    kp_hash_digest(&hash, digest);
}

void kp_decision_sign(struct kp_decision *decision,
                      const uint8_t secret[static KP_SIGN_SECRET_BYTES])
{
    uint8_t digest[KP_DIGEST_BYTES];
    signed_digest(digest, decision);
    kp_sign(decision->signature, secret, PURPOSE, digest, sizeof(digest));
}

enum kp_status kp_decision_verify(const struct kp_decision *decision,
                                  const uint8_t officer_key[static KP_SIGN_PUBLIC_BYTES],
                                  struct kp_error *error)
{
    uint8_t digest[KP_DIGEST_BYTES];
    signed_digest(digest, decision);
    if (kp_sign_check(decision->signature, officer_key, PURPOSE, digest, sizeof(digest)) != KP_OK) {
        return kp_fail(error, KP_REFUSED,
                       "the decision isn't signed with the officer_key that the agreement has for "
                       "member %u",
                       decision->member);
    }
    return KP_OK;
}

enum kp_status kp_decision_pack(const struct kp_decision *decision, struct kp_buffer *out,
                                struct kp_error *error)
{
    Kruispunt__Decision message;
    kruispunt__decision__init(&message);
    message.agreement = kp_protobuf_bytes(decision->agreement, sizeof(decision->agreement));
    message.member = decision->member;
    message.kind = decision->kind;
    message.time = decision->time;
    message.signature = kp_protobuf_bytes(decision->signature, sizeof(decision->signature));
    return kp_protobuf_pack(&message.base, out, error);
}

static enum kp_status take_decision(struct kp_decision *out, const Kruispunt__Decision *in,
                                    struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if ((status = kp_protobuf_copy(out->agreement, sizeof(out->agreement), &in->agreement,
                                   "agreement", error)) != KP_OK ||
        (status = kp_protobuf_copy(out->signature, sizeof(out->signature), &in->signature,
                                   "signature", error)) != KP_OK) {
        return status;
    }
    if (in->member < 1 || in->member > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "member is %u; it must be 1 to %d", in->member,
                       KP_MEMBERS_MAX);
    }
    if (in->kind < KP_DECISION_ACCEPT || in->kind > KP_DECISION_COUNT) {
        return kp_fail(error, KP_REFUSED, "kind is neither accept, refuse, revoke nor count");
    }
    if (in->time < 1 || in->time > TIME_MAX) {
        return kp_fail(error, KP_REFUSED, "time is missing, or after the year 9999");
    }
    out->member = in->member;
    out->kind = (enum kp_decision_kind)in->kind;
    out->time = in->time;
    return KP_OK;
}

static enum kp_status check_canonical(const struct kp_decision *decision, const uint8_t *bytes,
                                      size_t size, struct kp_error *error)
{
    struct kp_buffer again = {0};
    enum kp_status status = kp_decision_pack(decision, &again, error);
    if (status == KP_OK && (again.size != size || memcmp(again.data, bytes, size) != 0)) {
        status = kp_fail(error, KP_REFUSED,
                         "the bytes are not in canonical form: the same fields pack differently");
    }
    kp_buffer_free(&again);
    return status;
}

enum kp_status kp_decision_unpack(struct kp_decision *decision, const uint8_t *bytes, size_t size,
                                  struct kp_error *error)
{
    memset(decision, 0, sizeof(*decision));
    if (size == 0 || size > KP_DECISION_BYTES_MAX) {
        return kp_fail(error, KP_REFUSED, "a decision has 1 to %u bytes, this has %zu",
                       KP_DECISION_BYTES_MAX, size);
    }
    ProtobufCMessage *message =
        kp_protobuf_unpack(&kruispunt__decision__descriptor, "the decision", bytes, size, error);
    if (message == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = take_decision(decision, (const Kruispunt__Decision *)message, error);
    protobuf_c_message_free_unpacked(message, NULL);
    return status == KP_OK ? check_canonical(decision, bytes, size, error) : status;
}

bool kp_decision_is(const uint8_t *bytes, size_t size)
{
    return size > 0 && bytes[0] == FIRST_BYTE;
}

void kp_decision_digest(uint8_t digest[static KP_DIGEST_BYTES], const uint8_t *bytes, size_t size)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 decision");
    kp_hash_field(&hash, bytes, size);
    kp_hash_digest(&hash, digest);
}
