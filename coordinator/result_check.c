#include "coordinator/result_reader.h"

#include <string.h>

enum kp_status kp_check_coordinator_message(const struct kp_round_message *message,
                                            const struct kp_agreement *agreement,
                                            enum kp_message_type type,
                                            const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                            struct kp_error *error)
{
    if (message->type != type || message->from != KP_PARTY_COORDINATOR ||
        message->to != KP_PARTY_ALL || message->part != 0 ||
        memcmp(message->attempt, attempt, KP_ATTEMPT_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "%s in the place of %s of this attempt",
                       kp_message_type_name(message->type), kp_message_type_name(type));
    }
    return kp_round_message_check(message, agreement->lineage, agreement->coordinator_identity_key,
                                  error);
}

enum kp_status kp_check_result(const struct kp_round_result *result,
                               const struct kp_round_result *expected, struct kp_error *error)
{
    if (result->counter != expected->counter || result->round_type != expected->round_type ||
        memcmp(result->round_id, expected->round_id, KP_DIGEST_BYTES) != 0 ||
        memcmp(result->readys, expected->readys, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "RESULT is about another round than the results: keep both, and ask the "
                       "coordinator's operator");
    }
    if ((result->round_type == KP_ROUND_COUNT) != (result->bucket != 0) ||
        (result->bucket != 0 && result->groups != 0)) {
        return kp_fail(error, KP_REFUSED,
                       "RESULT of a round of counts must say a class and no match, any other the "
                       "reverse: keep it, and ask the coordinator's operator");
    }
    if (result->groups != expected->groups ||
        memcmp(result->root, expected->root, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "the results aren't those that the coordinator signed in RESULT: keep both, "
                       "and ask the coordinator's operator");
    }
    return KP_OK;
}
