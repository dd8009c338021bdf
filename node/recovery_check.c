#include "crypto/merkle.h"
#include "node/recovery.h"

#include <string.h>

enum kp_status kp_check_recovered_list(const uint8_t *chunk_leaves, uint32_t chunks,
                                       const uint8_t root[static KP_DIGEST_BYTES], uint32_t member,
                                       struct kp_error *error)
{
    uint8_t found[KP_DIGEST_BYTES];
    kp_merkle_root(found, chunk_leaves, chunks);
    if (memcmp(found, root, sizeof(found)) != 0) {
        return kp_fail(error, KP_REFUSED, "member %u gives a list that wasn't signed", member);
    }
    return KP_OK;
}

enum kp_status kp_check_recovered_hello(const struct kp_agreement *agreement, uint32_t own,
                                        const struct kp_buffer *packed, uint32_t member,
                                        struct kp_hello2 *hello, struct kp_error *error)
{
    struct kp_round_message message;
    enum kp_status status = kp_round_message_unpack(&message, packed->data, packed->size, error);
    if (status == KP_OK && (message.type != KP_MESSAGE_HELLO2 || message.from != own ||
                            message.to != KP_PARTY_ALL || message.part != 0)) {
        status = kp_fail(error, KP_REFUSED, "it isn't a HELLO 2 of this member");
    }
    if (status == KP_OK) {
        status = kp_round_message_check(&message, agreement->lineage,
                                        agreement->members[own - 1].identity_key, error);
    }
    if (status == KP_OK) {
        status = kp_hello2_unpack(hello, &message.body, error);
    }
    kp_round_message_free(&message);
    if (status != KP_OK) {
        (void)kp_fail_in(error, "what member %u holds of this member", member);
    }
    return status;
}

enum kp_status kp_recover_check(const struct kp_agreement *agreement,
                                const struct kp_round_message *message, uint64_t counter,
                                struct kp_error *error)
{
    struct kp_recover recover;
    enum kp_status status = kp_round_message_check(
        message, agreement->lineage, agreement->members[message->from - 1].identity_key, error);
    if (status == KP_OK) {
        status = kp_recover_unpack(&recover, &message->body, error);
    }
    if (status == KP_OK && recover.counter != counter) {
        status =
            kp_fail(error, KP_REFUSED, "RECOVER of member %u is for another round", message->from);
    }
    return status;
}
