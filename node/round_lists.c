/* Lists of points as they come, and what others made of the own one. */
#include "node/round_internal.h"

#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "node/round_check.h"

#include <stdlib.h>
#include <string.h>

uint32_t kp_round_chunk_items(const struct kp_round *round, uint32_t part)
{
    return kp_chunk_items(round->settings.agreement->slots, KP_CHUNK_POINTS, part);
}

size_t kp_round_at(const struct kp_round *round, uint32_t member, uint32_t part)
{
    return (size_t)(member - 1) * round->chunks + part;
}

enum kp_status kp_round_begin_evaluate(struct kp_round *round, struct kp_error *error)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    round->answers_left = kp_round_answers(round);
    round->finish_left = round->own_chunks;
    for (uint32_t member = 1; member <= agreement->member_count; member++) {
        /* Nothing comes from a member on request, but its HELLO 2 is written down like others'. */
        if (member == round->settings.own || kp_agreement_member_slots(agreement, member) == 0) {
            round->charges[round->charges_known++] = member;
        }
    }
    return kp_round_begin_finalize(round, error);
}

/* Opens a sealed chunk that may come once and after its sender's HELLO 2, and whose number is in
 * the list. */
static enum kp_status open_chunk(struct kp_round *round, const uint8_t *came,
                                 const struct kp_round_message *message, struct kp_buffer *plain,
                                 struct kp_error *error)
{
    uint32_t from = message->from;
    enum kp_status status =
        kp_check_after_hello2(round->packed_hello2[from - 1].size > 0, message, error);
    if (status == KP_OK) {
        status = kp_check_part(message, round->chunks, error);
    }
    if (status == KP_OK) {
        status = kp_check_first(came != NULL && came[message->part] != 0, message, error);
    }
    return status == KP_OK ? kp_round_open(round, message, plain, error) : status;
}

/* What was opened is about a list of this member: its sender answers for it when there is none. */
static enum kp_status check_list_of(struct kp_round *round, uint32_t member,
                                    const struct kp_round_message *message, struct kp_error *error)
{
    enum kp_status status = kp_check_contributes(round->settings.agreement, member, message, error);
    return status == KP_REFUSED ? kp_round_blame(round, message->from, error) : status;
}

static enum kp_status begin_list(struct kp_round *round, struct kp_incoming *list)
{
    list->places = calloc(round->chunks, sizeof(*list->places));
    list->states = calloc(round->chunks, 1);
    return list->places != NULL && list->states != NULL ? KP_OK : KP_FAILED;
}

/* A chunk waits in a piece until it is its turn. */
static enum kp_status keep_chunk(struct kp_round *round, uint32_t from, uint32_t part,
                                 const uint8_t *points, struct kp_error *error)
{
    struct kp_pieces *pieces = round->settings.pieces;
    struct kp_incoming *list = &round->incoming[from - 1];
    const struct kp_piece piece = {points,
                                   (size_t)kp_round_chunk_items(round, part) * KP_POINT_BYTES};
    if (list->states == NULL && begin_list(round, list) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for the list of member %u", from);
    }
    list->places[part] = kp_pieces_end(pieces, KP_ROUND_FILE_POINTS);
    if (kp_pieces_append(pieces, KP_ROUND_FILE_POINTS, &piece, 1, error) != KP_OK) {
        return KP_FAILED;
    }
    list->states[part] = KP_CHUNK_CAME;
    return KP_OK;
}

static enum kp_status unpack_chunk(const struct kp_round *round, uint32_t from, uint32_t part,
                                   const struct kp_buffer *plain, uint8_t *points,
                                   struct kp_error *error)
{
    uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    size_t path_size = kp_merkle_path_length(part, round->chunks) * KP_DIGEST_BYTES;
    enum kp_status status =
        kp_points_unpack(points, kp_round_chunk_items(round, part), path, path_size, plain, error);
    if (status == KP_OK) {
        status = kp_check_chunk_in_list(round->settings.agreement, &round->hello2[from - 1],
                                        round->settings.agreement->slots, part, points, path, from,
                                        error);
    }
    return status; /* whether its points decode, a job looks at */
}

enum kp_status kp_round_on_points(struct kp_round *round, const struct kp_round_message *message,
                                  const uint8_t *packed, size_t packed_size, struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    uint32_t from = message->from, part = message->part;
    struct kp_buffer plain = {0};
    enum kp_status status =
        open_chunk(round, round->incoming[from - 1].states, message, &plain, error);
    if (status == KP_OK) {
        status = check_list_of(round, from, message, error);
    }
    if (status != KP_OK) {
        kp_buffer_free(&plain);
        return status;
    }
    uint8_t *points = kp_bulk_new((size_t)KP_CHUNK_POINTS * KP_POINT_BYTES);
    if (points == NULL) {
        kp_buffer_free(&plain);
        return kp_fail(error, KP_FAILED, "no memory for a chunk of points");
    }
    status = unpack_chunk(round, from, part, &plain, points, error);
    kp_buffer_free(&plain);
    if (status == KP_OK) {
        status = keep_chunk(round, from, part, points, error);
    } else if (status == KP_REFUSED) {
        status = kp_round_blame(round, from, error);
    }
    kp_bulk_free(points);
    return status;
}

enum kp_status kp_round_on_evaluation(struct kp_round *round,
                                      const struct kp_round_message *message, const uint8_t *packed,
                                      size_t packed_size, struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    uint32_t from = message->from, part = message->part;
    struct kp_buffer plain = {0};
    enum kp_status status =
        open_chunk(round, round->verified + kp_round_at(round, from, 0), message, &plain, error);
    if (status == KP_OK) {
        status = check_list_of(round, round->settings.own, message, error);
    }
    if (status != KP_OK) {
        kp_buffer_free(&plain);
        return status;
    }
    uint8_t *evaluation = kp_bulk_new(KP_JOB_BYTES);
    if (evaluation == NULL) {
        kp_buffer_free(&plain);
        return kp_fail(error, KP_FAILED, "no memory for an evaluation");
    }
    status = kp_evaluation_unpack(evaluation, kp_round_chunk_items(round, part),
                                  evaluation + KP_JOB_PROOF_AT, &plain, error);
    kp_buffer_free(&plain);
    if (status == KP_REFUSED) {
        status = kp_round_blame(round, from, error);
    } else if (status == KP_OK) {
        status = kp_round_keep_evaluation(round, from, part, evaluation, error);
    }
    kp_bulk_free(evaluation);
    return status;
}

/* ---- evaluations ---- */

enum kp_status kp_round_keep_evaluation(struct kp_round *round, uint32_t member, uint32_t part,
                                        const uint8_t *evaluation, struct kp_error *error)
{
    struct kp_pieces *pieces = round->settings.pieces;
    const struct kp_piece piece = {evaluation, KP_JOB_BYTES};
    size_t at = kp_round_at(round, member, part);
    round->evaluations[at] = kp_pieces_end(pieces, KP_ROUND_FILE_EVALUATIONS);
    if (kp_pieces_append(pieces, KP_ROUND_FILE_EVALUATIONS, &piece, 1, error) != KP_OK) {
        return KP_FAILED;
    }
    round->verified[at] = 1;
    if (++round->evaluated[part] == round->settings.agreement->member_count - 1) {
        round->complete[round->completed++] = part;
    }
    return KP_OK;
}

enum kp_status kp_round_read_evaluation(const struct kp_round *round, uint32_t member,
                                        uint32_t part, uint8_t *evaluation, struct kp_error *error)
{
    return kp_pieces_read(round->settings.pieces, KP_ROUND_FILE_EVALUATIONS,
                          round->evaluations[kp_round_at(round, member, part)], evaluation,
                          KP_JOB_BYTES, error);
}

/* ---- charging ---- */

struct list_reader {
    const struct kp_round *round;
    uint32_t member;
};

/* What can't be read back is nobody else's doing. */
static enum kp_status read_list(void *context, uint32_t part, uint8_t *points,
                                struct kp_error *error)
{
    const struct list_reader *reader = context;
    const struct kp_round *round = reader->round;
    enum kp_status status =
        reader->member == round->settings.own
            ? kp_slot_list_points(&round->slots, part, points, error)
            : kp_pieces_read(round->settings.pieces, KP_ROUND_FILE_POINTS,
                             round->incoming[reader->member - 1].places[part], points,
                             (size_t)kp_round_chunk_items(round, part) * KP_POINT_BYTES, error);
    return status == KP_OK ? KP_OK : KP_FAILED;
}

static enum kp_status charge(struct kp_round *round, uint32_t member, struct kp_error *error)
{
    struct list_reader reader = {round, member};
    const struct kp_round_list list = {
        .member = member,
        .counter = round->counter,
        .root = round->lists[member - 1].points_root,
        .count = kp_agreement_member_slots(round->settings.agreement, member),
        .hello2 = &round->packed_hello2[member - 1],
        .read = read_list,
        .context = &reader,
    };
    return round->settings.charge == NULL
               ? KP_OK
               : round->settings.charge(round->settings.charge_context, &list,
                                        &round->lists[member - 1].charged, error);
}

enum kp_status kp_round_charge_list(struct kp_round *round, uint32_t member, struct kp_error *error)
{
    round->out++; /* the attempt may end meanwhile: what is read stays */
    enum kp_status status = charge(round, member, error);
    round->out--;
    if (round->phase == KP_PHASE_ENDED) {
        kp_round_wipe_rest(round);
        return KP_OK; /* nothing follows from it */
    }
    if (status == KP_REFUSED && member == round->settings.own) {
        return KP_FAILED; /* nobody else's doing */
    }
    if (status != KP_OK) {
        return status == KP_REFUSED ? kp_round_blame(round, member, error) : status;
    }
    round->incoming[member - 1].charged = true;
    return KP_OK;
}
