/* What goes to others. Hellos and answers wait in a queue; the own list is sealed for each member
 * when its next chunk is asked for, for all of it at once would be as long as all lists together.
 */
#include "node/round_internal.h"

#include "crypto/merkle.h"
#include "crypto/secret.h"

#include <stdlib.h>
#include <string.h>

enum kp_status kp_round_pack(const struct kp_round *round, enum kp_message_type type, uint32_t to,
                             uint32_t part, const struct kp_buffer *body, struct kp_buffer *packed,
                             struct kp_error *error)
{
    struct kp_round_message message = {
        .type = type, .from = round->settings.own, .to = to, .part = part};
    memcpy(message.attempt, round->attempt, KP_ATTEMPT_BYTES);
    const uint8_t *lineage = round->settings.agreement->lineage;
    enum kp_status status = KP_OK;
    if (to == KP_PARTY_ALL || to == KP_PARTY_COORDINATOR) {
        if (kp_buffer_set(&message.body, body->data, body->size) != KP_OK) {
            status = kp_fail(error, KP_FAILED, "no memory for an outgoing message");
        } else {
            kp_round_message_sign(&message, lineage, round->settings.identity_secret);
        }
    } else {
        status = kp_round_message_seal(&message, lineage, round->settings.identity_secret,
                                       &round->secrets->pair[to - 1], body, error);
    }
    if (status == KP_OK) {
        status = kp_round_message_pack(&message, packed, error);
    }
    kp_round_message_free(&message);
    return status;
}

enum kp_status kp_round_queue(struct kp_round *round, enum kp_message_type type,
                              struct kp_buffer *packed, struct kp_error *error)
{
    struct kp_outgoing *outgoing = calloc(1, sizeof(*outgoing));
    if (outgoing == NULL) {
        kp_buffer_free(packed);
        return kp_fail(error, KP_FAILED, "no memory for an outgoing message");
    }
    outgoing->type = type;
    outgoing->packed = *packed;
    memset(packed, 0, sizeof(*packed));
    round->outgoing_bytes += outgoing->packed.size;
    *round->outgoing_end = outgoing;
    round->outgoing_end = &outgoing->next;
    return KP_OK;
}

enum kp_status kp_round_send(struct kp_round *round, enum kp_message_type type, uint32_t to,
                             uint32_t part, const struct kp_buffer *body, struct kp_error *error)
{
    struct kp_buffer packed = {0};
    enum kp_status status = kp_round_pack(round, type, to, part, body, &packed, error);
    return status == KP_OK ? kp_round_queue(round, type, &packed, error) : status;
}

void kp_round_drop_outgoing(struct kp_round *round)
{
    while (round->outgoing != NULL) {
        struct kp_outgoing *message = round->outgoing;
        round->outgoing = message->next;
        kp_buffer_free(&message->packed);
        free(message);
    }
    round->outgoing_end = &round->outgoing;
    round->outgoing_bytes = 0;
}

/* ---- the own list ---- */

static bool has_points(const struct kp_round *round)
{
    return (round->phase == KP_PHASE_HELLO2 || round->phase == KP_PHASE_EVALUATE) &&
           round->points_part < round->own_chunks;
}

/* One body for all, and a seal for each. */
static enum kp_status pack_body(struct kp_round *round, struct kp_error *error)
{
    uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    uint32_t part = round->points_part;
    uint8_t *points = kp_bulk_new(KP_JOB_PROOF_AT);
    if (points == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a chunk of points");
    }
    enum kp_status status = kp_slot_list_points(&round->slots, part, points, error);
    if (status == KP_OK) {
        kp_merkle_path(path, round->chunk_leaves, round->own_chunks, part);
        status = kp_points_pack(points, kp_round_chunk_items(round, part), path,
                                kp_merkle_path_length(part, round->own_chunks) * KP_DIGEST_BYTES,
                                &round->points_body, error);
    }
    kp_bulk_free(points);
    return status;
}

static void next_peer(struct kp_round *round)
{
    uint32_t members = round->settings.agreement->member_count;
    if (round->points_peer == round->settings.own) {
        round->points_peer++;
    }
    if (round->points_peer > members) {
        kp_buffer_free(&round->points_body);
        round->points_part++;
        round->points_peer = round->settings.own == 1 ? 2 : 1;
    }
}

static enum kp_status next_points(struct kp_round *round, struct kp_buffer *packed,
                                  struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (round->points_body.size == 0) {
        status = pack_body(round, error);
    }
    if (status == KP_OK) {
        status = kp_round_pack(round, KP_MESSAGE_POINTS, round->points_peer, round->points_part,
                               &round->points_body, packed, error);
    }
    if (status == KP_OK) {
        round->points_peer++;
        next_peer(round);
    }
    return status;
}

/* ---- in turn ---- */

static void pop(struct kp_round *round, struct kp_buffer *packed)
{
    struct kp_outgoing *outgoing = round->outgoing;
    round->outgoing = outgoing->next;
    if (round->outgoing == NULL) {
        round->outgoing_end = &round->outgoing;
    }
    round->outgoing_bytes -= outgoing->packed.size;
    *packed = outgoing->packed;
    free(outgoing);
}

bool kp_round_has_next(const struct kp_round *round)
{
    return round->outgoing != NULL || has_points(round);
}

bool kp_round_next(struct kp_round *round, struct kp_buffer *packed)
{
    struct kp_buffer next = {0};
    /* Hellos go first; then answers and the own list take turns, for others wait for both. */
    bool points = has_points(round) &&
                  (round->outgoing == NULL ||
                   (round->outgoing->type == KP_MESSAGE_EVALUATION && round->points_turn));
    if (points && next_points(round, &next, NULL) != KP_OK) {
        kp_buffer_free(&next);
        kp_round_end(round, KP_ABORT_FAILED, round->settings.own);
        points = false;
    }
    if (!points && round->outgoing == NULL) {
        return false;
    }
    if (!points) {
        pop(round, &next);
    }
    round->points_turn = !points;
    kp_buffer_free(packed);
    *packed = next;
    return true;
}
