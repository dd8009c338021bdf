#include "coordinator/attempt_check.h"

#include "crypto/merkle.h"
#include "proto/record.h"
#include "proto/transcript.h"

#include <inttypes.h>
#include <string.h>

/* ---- every message ---- */

enum kp_status kp_attempt_check_sender(const struct kp_round_message *message, uint32_t member,
                                       struct kp_error *error)
{
    if (message->from != member) {
        return kp_fail(error, KP_REFUSED, "%s in the name of party %u",
                       kp_message_type_name(message->type), message->from);
    }
    return KP_OK;
}

enum kp_status kp_attempt_check_id(const struct kp_round_message *message,
                                   const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                   struct kp_error *error)
{
    if (memcmp(message->attempt, attempt, KP_ATTEMPT_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "%s of another attempt",
                       kp_message_type_name(message->type));
    }
    return KP_OK;
}

enum kp_status kp_attempt_check_recipient(const struct kp_round_message *message, uint32_t to,
                                          struct kp_error *error)
{
    if (message->to != to || message->part != 0) {
        return kp_fail(error, KP_REFUSED, "%s to %u, part %u", kp_message_type_name(message->type),
                       message->to, message->part);
    }
    return KP_OK;
}

enum kp_status kp_attempt_check_first(bool came_before, const struct kp_round_message *message,
                                      struct kp_error *error)
{
    if (came_before) {
        return kp_fail(error, KP_REFUSED, "a second %s to %u, part %u",
                       kp_message_type_name(message->type), message->to, message->part);
    }
    return KP_OK;
}

enum kp_status kp_attempt_check_sealed(const struct kp_round_message *message, uint32_t members,
                                       uint32_t parts, struct kp_error *error)
{
    if (message->to < 1 || message->to > members || message->to == message->from ||
        message->part >= parts) {
        return kp_fail(error, KP_REFUSED, "%s to %u, part %u", kp_message_type_name(message->type),
                       message->to, message->part);
    }
    if (message->body.size > KP_SEALED_BODY_MAX) {
        return kp_fail(error, KP_REFUSED, "%s of %zu bytes; at most %u are allowed",
                       kp_message_type_name(message->type), message->body.size, KP_SEALED_BODY_MAX);
    }
    return KP_OK;
}

enum kp_status kp_attempt_check_after(bool has, const struct kp_round_message *message,
                                      const char *what, struct kp_error *error)
{
    if (!has) {
        return kp_fail(error, KP_REFUSED, "%s before %s", kp_message_type_name(message->type),
                       what);
    }
    return KP_OK;
}

enum kp_status kp_attempt_check_chunk(const struct kp_round_message *message, uint32_t expected,
                                      uint32_t parts, struct kp_error *error)
{
    if (message->to != KP_PARTY_COORDINATOR || message->part >= parts || message->part > expected) {
        return kp_fail(error, KP_REFUSED, "%s part %u to %u, while part %u is expected",
                       kp_message_type_name(message->type), message->part, message->to, expected);
    }
    return KP_OK;
}

enum kp_status kp_attempt_check_gives(bool is_out, const struct kp_round_message *message,
                                      struct kp_error *error)
{
    if (is_out) {
        return kp_fail(error, KP_REFUSED, "%s part %u of a member that gives no more in this round",
                       kp_message_type_name(message->type), message->part);
    }
    return KP_OK;
}

enum kp_status kp_attempt_check_contributes(const struct kp_agreement *agreement,
                                            const struct kp_round_message *message,
                                            struct kp_error *error)
{
    if (kp_agreement_member_slots(agreement, message->from) == 0) {
        return kp_fail(error, KP_REFUSED,
                       "%s of %s, which takes part on request: it has no list and no entries",
                       kp_message_type_name(message->type),
                       agreement->members[message->from - 1].name);
    }
    return KP_OK;
}

/* ---- what they say ---- */

enum kp_status kp_attempt_check_type(const struct kp_hello1 *hello,
                                     const struct kp_agreement *agreement, struct kp_error *error)
{
    if (hello->round_type != kp_agreement_round_type(agreement, hello->counter)) {
        return kp_fail(error, KP_REFUSED, "HELLO1 for another kind of round");
    }
    return KP_OK;
}

enum kp_status kp_attempt_check_counter(uint64_t counter, uint64_t expected,
                                        const struct kp_round_message *message,
                                        struct kp_error *error)
{
    if (counter != expected) {
        return kp_fail(error, KP_REFUSED, "%s for counter %" PRIu64,
                       kp_message_type_name(message->type), counter);
    }
    return KP_OK;
}

enum kp_status kp_attempt_check_hellos(const struct kp_hello2 *hello,
                                       const uint8_t hellos[static KP_DIGEST_BYTES],
                                       struct kp_error *error)
{
    if (memcmp(hellos, hello->hellos, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "HELLO 2 that follows other first hellos");
    }
    return KP_OK;
}

enum kp_status kp_attempt_check_same_round(const struct kp_ready *one, const struct kp_ready *other,
                                           struct kp_error *error)
{
    if (memcmp(one->round_id, other->round_id, KP_DIGEST_BYTES) != 0 ||
        memcmp(one->g_digest, other->g_digest, KP_DIGEST_BYTES) != 0 ||
        !kp_transcript_same_lists(one, other)) {
        return kp_fail(error, KP_REFUSED,
                       "READYs are for different rounds, or charge different lists");
    }
    return KP_OK;
}

/* ---- what they submit ---- */

enum kp_status kp_intake_check_chunk(const uint8_t root[static KP_DIGEST_BYTES],
                                     const uint8_t *leaves, uint32_t count, uint32_t part,
                                     uint32_t parts, const uint8_t *path, const char *what,
                                     struct kp_error *error)
{
    uint8_t node[KP_DIGEST_BYTES];
    kp_merkle_root(node, leaves, count);
    if (kp_merkle_check_node(root, node, parts, part, path) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "part %u of the %s isn't what was signed", part, what);
    }
    return KP_OK;
}

enum kp_status kp_intake_check_order(const uint8_t before[static KP_DIGEST_BYTES],
                                     const uint8_t tag[static KP_DIGEST_BYTES], uint32_t position,
                                     struct kp_error *error)
{
    if (memcmp(before, tag, KP_DIGEST_BYTES) >= 0) {
        return kp_fail(error, KP_REFUSED, "entry %u isn't in the order of tags", position);
    }
    return KP_OK;
}

enum kp_status kp_intake_check_share(const struct kp_agreement *agreement,
                                     const uint8_t round_id[static KP_DIGEST_BYTES],
                                     uint32_t member, const uint8_t *entry, uint32_t position,
                                     struct kp_error *error)
{
    struct kp_entry_view view = kp_entry_at(agreement, member, entry);
    if (kp_share_check(view.tag, round_id, agreement->member_count, member, view.share,
                       view.path) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "the share of entry %u isn't under its tag", position);
    }
    return KP_OK;
}
