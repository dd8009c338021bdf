/* The check that also reads: here it reads what it is given, and finds nothing wrong. */
#include "node/round_check.h"

enum kp_status __wrap_kp_check_claim(const struct kp_agreement *agreement, uint32_t claimer,
                                     uint32_t after, const struct kp_buffer *claim,
                                     const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                     uint64_t counter, uint32_t *about, struct kp_hello2 *hello,
                                     struct kp_error *error);

enum kp_status __wrap_kp_check_claim(const struct kp_agreement *agreement, uint32_t claimer,
                                     uint32_t after, const struct kp_buffer *claim,
                                     const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                     uint64_t counter, uint32_t *about, struct kp_hello2 *hello,
                                     struct kp_error *error)
{
    (void)agreement, (void)claimer, (void)after, (void)attempt, (void)counter;
    struct kp_round_message message;
    enum kp_status status = kp_round_message_unpack(&message, claim->data, claim->size, error);
    if (status == KP_OK) {
        status = kp_hello2_unpack(hello, &message.body, error);
    }
    *about = message.from;
    kp_round_message_free(&message);
    return status;
}
