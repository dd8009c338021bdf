#include "node/round_check.h"

#include "crypto/merkle.h"
#include "crypto/schnorr.h"
#include "proto/audit_log.h"
#include "proto/transcript.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

/* ---- START ---- */

enum kp_status kp_check_start_counter(uint64_t counter, uint64_t proven, uint32_t rounds,
                                      struct kp_error *error)
{
    if (counter > rounds) {
        return kp_fail(error, KP_REFUSED, "START for round %" PRIu64 "; the agreement has %u",
                       counter, rounds);
    }
    if (counter <= proven) {
        return kp_fail(error, KP_REFUSED, "START for round %" PRIu64 ", which was released already",
                       counter);
    }
    return KP_OK;
}

enum kp_status kp_check_start_proof(const struct kp_agreement *agreement,
                                    const struct kp_start *start, struct kp_error *error)
{
    uint64_t counter = 0;
    if (start->release_proof_count != agreement->member_count) {
        return kp_fail(error, KP_REFUSED,
                       "START for round %" PRIu64 " without a proof that %" PRIu64 " was released",
                       start->counter, start->counter - 1);
    }
    enum kp_status status =
        kp_transcript_check_release(&counter, agreement, start->release_proof, error);
    if (status == KP_OK && counter != start->counter - 1) {
        status = kp_fail(error, KP_REFUSED, "START for round %" PRIu64 " with a proof of %" PRIu64,
                         start->counter, counter);
    }
    return status;
}

/* ---- every message of a member ---- */

enum kp_status kp_check_attempt(const struct kp_round_message *message,
                                const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                struct kp_error *error)
{
    if (memcmp(message->attempt, attempt, KP_ATTEMPT_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "%s is of another attempt",
                       kp_message_type_name(message->type));
    }
    return KP_OK;
}

enum kp_status kp_check_parties(const struct kp_round_message *message, uint32_t own,
                                uint32_t members, struct kp_error *error)
{
    if (message->from < 1 || message->from > members || message->from == own ||
        (message->to != KP_PARTY_ALL && message->to != own)) {
        return kp_fail(error, KP_REFUSED, "%s from %u to %u isn't for this member",
                       kp_message_type_name(message->type), message->from, message->to);
    }
    return KP_OK;
}

enum kp_status kp_check_form(const struct kp_round_message *message, struct kp_error *error)
{
    bool to_all = message->type == KP_MESSAGE_HELLO1 || message->type == KP_MESSAGE_HELLO2 ||
                  message->type == KP_MESSAGE_READY || message->type == KP_MESSAGE_RECOVER;
    if (to_all != (message->to == KP_PARTY_ALL) || (to_all && message->part != 0)) {
        return kp_fail(error, KP_REFUSED, "%s to %u, part %u", kp_message_type_name(message->type),
                       message->to, message->part);
    }
    return KP_OK;
}

enum kp_status kp_check_first(bool came_before, const struct kp_round_message *message,
                              struct kp_error *error)
{
    if (came_before) {
        return kp_fail(error, KP_REFUSED, "a second %s of member %u, part %u",
                       kp_message_type_name(message->type), message->from, message->part);
    }
    return KP_OK;
}

enum kp_status kp_check_part(const struct kp_round_message *message, uint32_t chunks,
                             struct kp_error *error)
{
    if (message->part >= chunks) {
        return kp_fail(error, KP_REFUSED, "%s %u of member %u isn't in a list of %u chunks",
                       kp_message_type_name(message->type), message->part, message->from, chunks);
    }
    return KP_OK;
}

enum kp_status kp_check_after_hello2(bool has_hello2, const struct kp_round_message *message,
                                     struct kp_error *error)
{
    if (!has_hello2) {
        return kp_fail(error, KP_REFUSED, "%s of member %u before its HELLO 2",
                       kp_message_type_name(message->type), message->from);
    }
    return KP_OK;
}

/* ---- hellos ---- */

enum kp_status kp_check_hello1_round(const struct kp_hello1 *hello, uint64_t counter,
                                     enum kp_round_type type, uint32_t member,
                                     struct kp_error *error)
{
    if (hello->counter != counter || hello->round_type != type) {
        return kp_fail(error, KP_REFUSED, "HELLO 1 of member %u is of another round", member);
    }
    return KP_OK;
}

/* Everything of a claim but what it says. */
static enum kp_status check_claim_message(const struct kp_agreement *agreement, uint32_t claimer,
                                          uint32_t after, const struct kp_round_message *message,
                                          const uint8_t *attempt, struct kp_error *error)
{
    if (message->type != KP_MESSAGE_HELLO2 || message->to != KP_PARTY_ALL || message->part != 0 ||
        message->from <= after || message->from > agreement->member_count ||
        message->from == claimer || memcmp(message->attempt, attempt, KP_ATTEMPT_BYTES) == 0) {
        return kp_fail(error, KP_REFUSED, "it isn't another member's HELLO 2 of another attempt");
    }
    return kp_round_message_check(message, agreement->lineage,
                                  agreement->members[message->from - 1].identity_key, error);
}

enum kp_status kp_check_claim(const struct kp_agreement *agreement, uint32_t claimer,
                              uint32_t after, const struct kp_buffer *claim,
                              const uint8_t attempt[static KP_ATTEMPT_BYTES], uint64_t counter,
                              uint32_t *about, struct kp_hello2 *hello, struct kp_error *error)
{
    struct kp_round_message message;
    enum kp_status status = kp_round_message_unpack(&message, claim->data, claim->size, error);
    if (status == KP_OK) {
        status = check_claim_message(agreement, claimer, after, &message, attempt, error);
    }
    if (status == KP_OK) {
        status = kp_hello2_unpack(hello, &message.body, error);
    }
    if (status == KP_OK && hello->counter != counter) {
        status = kp_fail(error, KP_REFUSED, "it is for round %" PRIu64, hello->counter);
    }
    *about = message.from;
    kp_round_message_free(&message);
    if (status != KP_OK) {
        (void)kp_fail_in(error, "a claim of member %u", claimer);
    }
    return status;
}

enum kp_status kp_check_claimed_root(const uint8_t claimed[static KP_DIGEST_BYTES],
                                     const uint8_t root[static KP_DIGEST_BYTES], uint32_t member,
                                     struct kp_error *error)
{
    if (memcmp(claimed, root, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "member %u signed two different lists for this round",
                       member);
    }
    return KP_OK;
}

enum kp_status kp_check_preshared(const struct kp_hello1 *hello, uint32_t own, bool own_has,
                                  uint32_t member, struct kp_error *error)
{
    bool other_has = (hello->preshared >> (own - 1) & 1) != 0;
    if (own_has != other_has) {
        return kp_fail(error, KP_REFUSED,
                       "%s secret exchanged by hand for the pair with member %u, and %s; put it "
                       "in place on both sides, or on neither",
                       own_has ? "there is a" : "there is no", member,
                       own_has ? "that member has none" : "that member has one");
    }
    return KP_OK;
}

enum kp_status kp_check_hellos(const struct kp_hello2 *hello,
                               const uint8_t hellos[static KP_DIGEST_BYTES], uint32_t member,
                               struct kp_error *error)
{
    if (memcmp(hello->hellos, hellos, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "member %u saw other first hellos", member);
    }
    return KP_OK;
}

enum kp_status kp_check_hello2_round(const struct kp_hello2 *hello, uint64_t counter,
                                     uint32_t members, uint32_t member, struct kp_error *error)
{
    if (hello->counter != counter || hello->seen_count != members) {
        return kp_fail(error, KP_REFUSED, "HELLO 2 of member %u is of another round", member);
    }
    return KP_OK;
}

enum kp_status kp_check_time(uint64_t time, uint64_t now, uint32_t member, struct kp_error *error)
{
    if (time > now && time - now > KP_CLOCK_SKEW_MS) {
        return kp_fail(error, KP_REFUSED, "the clock of member %u is %" PRIu64 " seconds ahead",
                       member, (time - now) / 1000);
    }
    return KP_OK;
}

enum kp_status kp_check_log_head(const struct kp_audit_head *seen, const struct kp_audit_head *now,
                                 uint32_t member, struct kp_error *error)
{
    enum kp_status status = kp_audit_check_head(seen, now, error);
    if (status != KP_OK) {
        (void)kp_fail_in(error, "member %u", member);
    }
    return status;
}

enum kp_status kp_check_secret_digest(const struct kp_hello2 *hello, const struct kp_buffer *plain,
                                      uint32_t member, struct kp_error *error)
{
    uint8_t digest[KP_DIGEST_BYTES];
    kp_transcript_secret_digest(digest, plain);
    if (memcmp(digest, hello->secret_digest, sizeof(digest)) != 0) {
        return kp_fail(error, KP_REFUSED, "secret part of member %u doesn't fit its HELLO 2",
                       member);
    }
    return KP_OK;
}

enum kp_status kp_check_commitment(const struct kp_hello1 *hello1, const struct kp_hello2 *hello2,
                                   const struct kp_hello2_secret *secret, uint32_t member,
                                   struct kp_error *error)
{
    uint8_t digest[KP_DIGEST_BYTES];
    kp_transcript_commitment(digest, hello2, secret);
    if (memcmp(digest, hello1->commitment, sizeof(digest)) != 0) {
        return kp_fail(error, KP_REFUSED, "HELLO 2 of member %u doesn't fit its HELLO 1", member);
    }
    return KP_OK;
}

enum kp_status kp_check_possession(const struct kp_agreement *agreement, enum kp_round_type type,
                                   uint64_t counter, const struct kp_hello1 *hello1,
                                   uint32_t member, const struct kp_hello2_secret *secret,
                                   struct kp_error *error)
{
    uint8_t context[KP_DIGEST_BYTES];
    kp_transcript_key_context(context, agreement, type, counter, hello1, member,
                              secret->public_key);
    if (kp_schnorr_verify(secret->proof, secret->public_key, context) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "member %u doesn't prove that it knows its key", member);
    }
    return KP_OK;
}

enum kp_status kp_check_key_sum(const uint8_t sum[static KP_POINT_BYTES], struct kp_error *error)
{
    if (sodium_is_zero(sum, KP_POINT_BYTES)) {
        return kp_fail(error, KP_REFUSED, "the members' keys cancel each other out");
    }
    return KP_OK;
}

/* ---- lists and evaluations ---- */

enum kp_status kp_check_empty_roots(const struct kp_hello2 *hello, uint32_t member,
                                    struct kp_error *error)
{
    uint8_t root[KP_DIGEST_BYTES];
    kp_merkle_root(root, NULL, 0);
    if (memcmp(hello->slots_root, root, sizeof(root)) != 0 ||
        memcmp(hello->points_root, root, sizeof(root)) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "HELLO 2 of member %u speaks of slots; it takes part on request, without",
                       member);
    }
    return KP_OK;
}

enum kp_status kp_check_contributes(const struct kp_agreement *agreement, uint32_t member,
                                    const struct kp_round_message *message, struct kp_error *error)
{
    if (kp_agreement_member_slots(agreement, member) == 0) {
        return kp_fail(error, KP_REFUSED,
                       "%s of member %u is about a list of member %u, which takes part on request "
                       "and has none",
                       kp_message_type_name(message->type), message->from, member);
    }
    return KP_OK;
}

enum kp_status kp_check_chunk_in_list(const struct kp_agreement *agreement,
                                      const struct kp_hello2 *hello, uint32_t slots, uint32_t part,
                                      const uint8_t *points, const uint8_t *path, uint32_t member,
                                      struct kp_error *error)
{
    uint8_t leaf[KP_DIGEST_BYTES];
    kp_transcript_points_leaf(leaf, agreement->lineage, part, points,
                              kp_chunk_items(slots, KP_CHUNK_POINTS, part));
    if (kp_merkle_check(hello->points_root, leaf, kp_chunk_count(slots, KP_CHUNK_POINTS), part,
                        path) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "chunk %u of member %u isn't in the list of its HELLO 2",
                       part, member);
    }
    return KP_OK;
}

/* ---- READY ---- */

enum kp_status kp_check_ready_round(const struct kp_ready *ready, uint64_t counter,
                                    const uint8_t round_id[static KP_DIGEST_BYTES], uint32_t member,
                                    struct kp_error *error)
{
    if (ready->counter != counter || memcmp(ready->round_id, round_id, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "READY of member %u is for another round", member);
    }
    return KP_OK;
}

enum kp_status kp_check_ready_attempt(const struct kp_ready *ready,
                                      const uint8_t of[static KP_ATTEMPT_BYTES], uint64_t counter,
                                      const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                      uint32_t member, struct kp_error *error)
{
    if (ready->counter != counter || memcmp(of, attempt, KP_ATTEMPT_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "READY of member %u is of another attempt", member);
    }
    return KP_OK;
}

enum kp_status kp_check_ready_came_back(const struct kp_buffer *own, const uint8_t *bytes,
                                        size_t size, struct kp_error *error)
{
    if (size != own->size || memcmp(bytes, own->data, size) != 0) {
        return kp_fail(error, KP_REFUSED, "a READY comes back that this member didn't sign");
    }
    return KP_OK;
}

enum kp_status kp_check_barrier(const struct kp_agreement *agreement, const struct kp_buffer *ready,
                                struct kp_error *error)
{
    uint64_t counter = 0;
    return kp_transcript_check_release(&counter, agreement, ready, error);
}
