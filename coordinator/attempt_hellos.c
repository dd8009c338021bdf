/* What comes before the lists: a recovering member's questions and the answers to them, hellos. */
#include "coordinator/attempt_internal.h"

#include "coordinator/attempt_check.h"

enum kp_status kp_attempt_keep_once(struct kp_buffer *kept, const struct kp_round_message *message,
                                    const uint8_t *packed, size_t packed_size,
                                    struct kp_error *error)
{
    enum kp_status status = kp_attempt_check_first(kept->size > 0, message, error);
    if (status == KP_OK && kp_buffer_set(kept, packed, packed_size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a message");
    }
    return status;
}

enum kp_status kp_attempt_expect_signed(const struct kp_attempt *attempt,
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

enum kp_status kp_attempt_expect_sealed(const struct kp_attempt *attempt,
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

enum kp_status kp_attempt_on_recover(struct kp_attempt *attempt,
                                     const struct kp_round_message *message, const uint8_t *packed,
                                     size_t packed_size, enum kp_relay *relay,
                                     struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    struct kp_recover recover;
    struct kp_attempt_progress *progress = &attempt->progress[message->from - 1];
    bool too_late = attempt->transcript.hello1[message->from - 1].size > 0;
    enum kp_status status = kp_attempt_expect_signed(attempt, message, KP_PARTY_ALL, error);
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
enum kp_status kp_attempt_on_recovered(struct kp_attempt *attempt,
                                       const struct kp_round_message *message,
                                       const uint8_t *packed, size_t packed_size,
                                       enum kp_relay *relay, struct kp_error *error)
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

enum kp_status kp_attempt_on_hello1(struct kp_attempt *attempt,
                                    const struct kp_round_message *message, const uint8_t *packed,
                                    size_t packed_size, enum kp_relay *relay,
                                    struct kp_error *error)
{
    struct kp_hello1 hello = {0};
    enum kp_status status = kp_attempt_expect_signed(attempt, message, KP_PARTY_ALL, error);
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
        status = kp_attempt_keep_once(&attempt->transcript.hello1[message->from - 1], message,
                                      packed, packed_size, error);
    }
    kp_hello1_free(&hello);
    *relay = KP_RELAY_MEMBERS;
    return status;
}

enum kp_status kp_attempt_on_hello2(struct kp_attempt *attempt,
                                    const struct kp_round_message *message, const uint8_t *packed,
                                    size_t packed_size, enum kp_relay *relay,
                                    struct kp_error *error)
{
    struct kp_hello2 hello;
    uint8_t hellos[KP_DIGEST_BYTES];
    enum kp_status status = kp_attempt_expect_signed(attempt, message, KP_PARTY_ALL, error);
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
        status = kp_attempt_keep_once(&attempt->transcript.hello2[message->from - 1], message,
                                      packed, packed_size, error);
    }
    *relay = KP_RELAY_MEMBERS;
    return status;
}

enum kp_status kp_attempt_on_hello2_secret(struct kp_attempt *attempt,
                                           const struct kp_round_message *message,
                                           const uint8_t *packed, size_t packed_size,
                                           enum kp_relay *relay, struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    struct kp_attempt_progress *progress = &attempt->progress[message->from - 1];
    enum kp_status status = kp_attempt_expect_sealed(attempt, message, 1, error);
    if (status == KP_OK) {
        status = kp_attempt_check_first((progress->secrets & kp_attempt_bit(message->to)) != 0,
                                        message, error);
    }
    if (status == KP_OK) {
        progress->secrets |= kp_attempt_bit(message->to);
    }
    *relay = KP_RELAY_MEMBERS;
    return status;
}
