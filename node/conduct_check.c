#include "node/conduct_check.h"

#include <string.h>

enum kp_status kp_check_conductor(const struct kp_agreement *agreement,
                                  const struct kp_round_message *message, struct kp_error *error)
{
    if (kp_round_message_check(message, agreement->lineage, agreement->coordinator_identity_key,
                               NULL) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "%s isn't signed by the agreement's coordinator",
                       kp_message_type_name(message->type));
    }
    return KP_OK;
}

enum kp_status kp_check_start_version(const struct kp_start *start,
                                      const struct kp_agreement *agreement, struct kp_error *error)
{
    if (memcmp(start->agreement, agreement->hash, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "START for another agreement, or for another version of it than %u, which "
                       "counts here",
                       agreement->version);
    }
    return KP_OK;
}

enum kp_status kp_check_start_type(const struct kp_start *start,
                                   const struct kp_agreement *agreement, struct kp_error *error)
{
    if (start->round_type != kp_agreement_round_type(agreement, start->counter)) {
        return kp_fail(error, KP_REFUSED, "START for another kind of round than the agreement has");
    }
    return KP_OK;
}

enum kp_status kp_check_canary_secrets(const struct kp_agreement *agreement, uint32_t missing,
                                       struct kp_error *error)
{
    if (missing == 0) {
        return KP_OK;
    }
    uint32_t first = (uint32_t)__builtin_ctz(missing), more = missing & (missing - 1);
    return kp_fail(
        error, KP_REFUSED,
        "the secrets of canaries haven't come yet of %s%s: they come by letter while its "
        "node is running",
        agreement->members[first].name, more != 0 ? " and others" : "");
}
