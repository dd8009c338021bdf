/* Evaluation: every member multiplies every member's points by its own key of this round. */
#include "node/round_internal.h"

#include "crypto/chunk_proof.h"
#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "node/list_check.h"
#include "node/round_check.h"

#include <string.h>

/* A job's memory: a chunk of points, then a proof. */
#define PROOF_OFFSET ((size_t)KP_CHUNK_POINTS * KP_POINT_BYTES)
#define JOB_BYTES (PROOF_OFFSET + KP_CHUNK_PROOF_BYTES)

/* Of any list: all that contribute have as many slots. */
static uint32_t chunk_items(const struct kp_round *round, uint32_t part)
{
    return kp_chunk_items(round->settings.agreement->slots, KP_CHUNK_POINTS, part);
}

static size_t chunk_offset(uint32_t part)
{
    return (size_t)part * KP_CHUNK_POINTS * KP_POINT_BYTES;
}

static uint8_t *mark(struct kp_round *round, uint8_t *marks, uint32_t member, uint32_t part)
{
    return &marks[(size_t)(member - 1) * round->chunks + part];
}

/* Sends every chunk of the own list to every other member. */
static enum kp_status send_points(struct kp_round *round, struct kp_error *error)
{
    uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    struct kp_buffer body = {0};
    enum kp_status status = KP_OK;
    for (uint32_t part = 0; status == KP_OK && part < round->own_chunks; part++) {
        kp_merkle_path(path, round->chunk_leaves, round->own_chunks, part);
        status = kp_points_pack(
            round->slots.points + chunk_offset(part), chunk_items(round, part), path,
            kp_merkle_path_length(part, round->own_chunks) * KP_DIGEST_BYTES, &body, error);
        for (uint32_t peer = 1; status == KP_OK && peer <= round->settings.agreement->member_count;
             peer++) {
            if (peer != round->settings.own) {
                status = kp_round_send(round, KP_MESSAGE_POINTS, peer, part, &body, error);
            }
        }
    }
    kp_buffer_free(&body);
    return status;
}

enum kp_status kp_round_begin_evaluate(struct kp_round *round, struct kp_error *error)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    round->answers_left = kp_round_answers(round);
    round->evaluations_left = round->own_chunks * agreement->member_count;
    round->finalize_left = round->own_chunks;
    enum kp_status status = send_points(round, error);
    for (uint32_t member = 1; status == KP_OK && member <= agreement->member_count; member++) {
        /* Nothing comes from a member on request, but its HELLO 2 is written down like others'. */
        if (member == round->settings.own || kp_agreement_member_slots(agreement, member) == 0) {
            status = kp_round_add_job(round, KP_JOB_CHARGE, member, 0, NULL, error);
        }
    }
    return status;
}

/* Opens a sealed chunk that may come once and after its sender's HELLO 2, and whose number is in
 * the list. */
static enum kp_status open_chunk(struct kp_round *round, uint8_t *marks,
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
        status = kp_check_first(*mark(round, marks, from, message->part) != 0, message, error);
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

/* A chunk goes to its place in its sender's list. */
static enum kp_status keep_chunk(struct kp_round *round, uint32_t from, uint32_t part,
                                 const uint8_t *points, struct kp_error *error)
{
    struct kp_incoming *incoming = &round->incoming[from - 1];
    if (incoming->points == NULL) {
        incoming->points = kp_bulk_new((size_t)round->settings.agreement->slots * KP_POINT_BYTES);
        incoming->missing = incoming->left = round->chunks;
    }
    if (incoming->points == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the list of member %u", from);
    }
    memcpy(incoming->points + chunk_offset(part), points,
           (size_t)chunk_items(round, part) * KP_POINT_BYTES);
    incoming->missing--;
    *mark(round, round->answered, from, part) = 1;
    /* Nothing of a list is answered before all of it was judged. */
    return incoming->missing > 0 ? KP_OK
                                 : kp_round_add_job(round, KP_JOB_CHARGE, from, 0, NULL, error);
}

static enum kp_status unpack_chunk(const struct kp_round *round, uint32_t from, uint32_t part,
                                   const struct kp_buffer *plain, uint8_t *points,
                                   struct kp_error *error)
{
    uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    size_t path_size = kp_merkle_path_length(part, round->chunks) * KP_DIGEST_BYTES;
    uint32_t items = chunk_items(round, part);
    enum kp_status status = kp_points_unpack(points, items, path, path_size, plain, error);
    if (status == KP_OK) {
        status = kp_check_chunk_in_list(round->settings.agreement, &round->hello2[from - 1],
                                        round->settings.agreement->slots, part, points, path, from,
                                        error);
    }
    return status == KP_OK ? kp_check_list_points(points, items, from, error) : status;
}

enum kp_status kp_round_on_points(struct kp_round *round, const struct kp_round_message *message,
                                  const uint8_t *packed, size_t packed_size, struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    uint32_t from = message->from, part = message->part;
    struct kp_buffer plain = {0};
    enum kp_status status = open_chunk(round, round->answered, message, &plain, error);
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
    enum kp_status status = open_chunk(round, round->verified, message, &plain, error);
    if (status == KP_OK) {
        status = check_list_of(round, round->settings.own, message, error);
    }
    if (status != KP_OK) {
        kp_buffer_free(&plain);
        return status;
    }
    uint8_t *points = kp_bulk_new(JOB_BYTES);
    if (points == NULL) {
        kp_buffer_free(&plain);
        return kp_fail(error, KP_FAILED, "no memory for an evaluation");
    }
    status = kp_evaluation_unpack(points, chunk_items(round, part), points + PROOF_OFFSET, &plain,
                                  error);
    kp_buffer_free(&plain);
    if (status != KP_OK) {
        kp_bulk_free(points);
        return status == KP_REFUSED ? kp_round_blame(round, from, error) : status;
    }
    *mark(round, round->verified, from, part) = 1;
    return kp_round_add_job(round, KP_JOB_VERIFY, from, part, points, error);
}

/* What a chunk's proof is about, seen alike by who makes it and who checks it. */
static struct kp_chunk describe_chunk(const struct kp_round *round, uint32_t sender,
                                      uint32_t evaluator, uint32_t part, const uint8_t *inputs,
                                      const uint8_t *outputs)
{
    struct kp_chunk chunk = {
        .sender = sender,
        .evaluator = evaluator,
        .number = part,
        .inputs = inputs,
        .outputs = outputs,
        .count = chunk_items(round, part),
    };
    memcpy(chunk.round_id, round->round_id, KP_DIGEST_BYTES);
    memcpy(chunk.list_root, round->hello2[sender - 1].points_root, KP_DIGEST_BYTES);
    return chunk;
}

/* Once everything that needs the key is done, the key goes; once all evaluations are in, the
 * outputs are computed. */
static enum kp_status advance(struct kp_round *round, struct kp_error *error)
{
    bool own_done = true;
    for (uint32_t part = 0; part < round->own_chunks; part++) {
        own_done = own_done && *mark(round, round->verified, round->settings.own, part) != 0;
    }
    if (round->answers_left == 0 && own_done) {
        kp_wipe(round->secrets->key, sizeof(round->secrets->key));
    }
    return round->answers_left == 0 && round->evaluations_left == 0
               ? kp_round_begin_finalize(round, error)
               : KP_OK;
}

static enum kp_status add_to_sums(struct kp_round *round, uint32_t part, const uint8_t *points,
                                  struct kp_error *error)
{
    uint8_t *sums = round->sums + chunk_offset(part);
    if (kp_points_add(sums, sums, points, chunk_items(round, part)) != KP_OK) {
        return kp_fail(error, KP_FAILED, "evaluations can't be summed");
    }
    round->evaluations_left--;
    return advance(round, error);
}

struct in_memory {
    const uint8_t *points;
    uint32_t count;
};

static enum kp_status read_chunk(void *context, uint32_t part, uint8_t *points,
                                 struct kp_error *error)
{
    const struct in_memory *list = context;
    (void)error;
    memcpy(points, list->points + chunk_offset(part),
           (size_t)kp_chunk_items(list->count, KP_CHUNK_POINTS, part) * KP_POINT_BYTES);
    return KP_OK;
}

/* Judged, and written down as charged; only then it is answered. */
enum kp_status kp_round_charge_list(struct kp_round *round, uint32_t member, struct kp_error *error)
{
    bool own = member == round->settings.own;
    uint32_t count = kp_agreement_member_slots(round->settings.agreement, member);
    struct in_memory points = {own ? round->slots.points : round->incoming[member - 1].points,
                               count};
    const struct kp_round_list list = {
        .member = member,
        .counter = round->counter,
        .root = round->lists[member - 1].points_root,
        .count = count,
        .hello2 = &round->packed_hello2[member - 1],
        .read = read_chunk,
        .context = &points,
    };
    enum kp_status status = KP_OK;
    if (round->settings.charge != NULL) {
        status = round->settings.charge(round->settings.charge_context, &list,
                                        &round->lists[member - 1].charged, error);
    }
    if (status == KP_REFUSED && own) {
        return KP_FAILED; /* nobody else's doing */
    }
    if (status != KP_OK) {
        return status == KP_REFUSED ? kp_round_blame(round, member, error) : status;
    }
    enum kp_job_kind next = own ? KP_JOB_EVALUATE_OWN : KP_JOB_ANSWER;
    uint32_t chunks = kp_chunk_count(count, KP_CHUNK_POINTS);
    for (uint32_t part = 0; status == KP_OK && part < chunks; part++) {
        status = kp_round_add_job(round, next, member, part, NULL, error);
    }
    return status;
}

enum kp_status kp_round_evaluate_own(struct kp_round *round, uint32_t part, struct kp_error *error)
{
    uint8_t *own = kp_bulk_new(JOB_BYTES);
    if (own == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for an evaluation");
    }
    enum kp_status status;
    if (kp_points_multiply(own, round->secrets->key, round->slots.points + chunk_offset(part),
                           chunk_items(round, part)) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "the own points can't be evaluated");
    } else {
        *mark(round, round->verified, round->settings.own, part) = 1;
        status = add_to_sums(round, part, own, error);
    }
    kp_bulk_free(own);
    return status;
}

enum kp_status kp_round_answer(struct kp_round *round, const struct kp_job *job,
                               struct kp_error *error)
{
    uint32_t own = round->settings.own;
    size_t count = chunk_items(round, job->part);
    uint8_t *outputs = kp_bulk_new(JOB_BYTES);
    if (outputs == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for an evaluation");
    }
    struct kp_buffer body = {0};
    struct kp_incoming *incoming = &round->incoming[job->peer - 1];
    const uint8_t *points = incoming->points + chunk_offset(job->part);
    struct kp_chunk chunk = describe_chunk(round, job->peer, own, job->part, points, outputs);
    enum kp_status status = kp_chunk_evaluate(outputs, outputs + PROOF_OFFSET, round->secrets->key,
                                              round->secrets->hello2[own - 1].public_key, &chunk);
    if (status != KP_OK) {
        kp_bulk_free(outputs);
        (void)kp_fail(error, status, "chunk %u of member %u has a point that must be refused",
                      job->part, job->peer);
        return status == KP_REFUSED ? kp_round_blame(round, job->peer, error) : status;
    }
    status = kp_evaluation_pack(outputs, count, outputs + PROOF_OFFSET, &body, error);
    kp_bulk_free(outputs);
    if (status == KP_OK) {
        status = kp_round_send(round, KP_MESSAGE_EVALUATION, job->peer, job->part, &body, error);
    }
    kp_buffer_free(&body);
    if (status != KP_OK) {
        return status;
    }
    round->answers_left--;
    if (--incoming->left == 0) {
        kp_bulk_free(incoming->points);
        incoming->points = NULL;
    }
    return advance(round, error);
}

enum kp_status kp_round_verify(struct kp_round *round, const struct kp_job *job,
                               struct kp_error *error)
{
    struct kp_chunk chunk =
        describe_chunk(round, round->settings.own, job->peer, job->part,
                       round->slots.points + chunk_offset(job->part), job->points);
    enum kp_status status =
        kp_check_evaluation(job->points + PROOF_OFFSET,
                            round->secrets->hello2[job->peer - 1].public_key, &chunk, error);
    if (status == KP_REFUSED) {
        return kp_round_blame(round, job->peer, error);
    }
    if (status == KP_OK) {
        status = kp_round_keep_evaluation(round, job, error);
    }
    return status == KP_OK ? add_to_sums(round, job->part, job->points, error) : status;
}
