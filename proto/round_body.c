/* The bodies of round messages: packed and unpacked beside each other. */
#include "proto/round_body.h"

#include "proto/protobuf.h"
#include "proto/round.pb-c.h"

#include <string.h>

/* START */

enum kp_status kp_start_pack(const struct kp_start *start, struct kp_buffer *out,
                             struct kp_error *error)
{
    ProtobufCBinaryData proof[KP_MEMBERS_MAX];
    for (uint32_t i = 0; i < start->release_proof_count; i++) {
        proof[i] = kp_protobuf_bytes(start->release_proof[i].data, start->release_proof[i].size);
    }
    Kruispunt__Start packed = KRUISPUNT__START__INIT;
    packed.agreement = kp_protobuf_bytes(start->agreement, KP_DIGEST_BYTES);
    packed.counter = start->counter;
    packed.round_type = (uint32_t)start->round_type;
    packed.phase_seconds = start->phase_seconds;
    packed.n_release_proof = start->release_proof_count;
    packed.release_proof = proof;
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_body_check_round(uint64_t counter, uint32_t round_type, struct kp_error *error)
{
    if (counter == 0 || counter > KP_ROUNDS_MAX) {
        return kp_fail(error, KP_REFUSED, "round counter %llu is not between 1 and %u",
                       (unsigned long long)counter, KP_ROUNDS_MAX);
    }
    if (round_type != KP_ROUND_MATCH && round_type != KP_ROUND_COUNT) {
        return kp_fail(error, KP_REFUSED, "unknown round type %u", round_type);
    }
    return KP_OK;
}

static enum kp_status copy_release_proof(struct kp_start *start, const Kruispunt__Start *packed,
                                         struct kp_error *error)
{
    if (packed->n_release_proof > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "release proof of %zu members", packed->n_release_proof);
    }
    for (size_t i = 0; i < packed->n_release_proof; i++) {
        const ProtobufCBinaryData *ready = &packed->release_proof[i];
        if (kp_buffer_set(&start->release_proof[i], ready->data, ready->len) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for a release proof");
        }
        start->release_proof_count++;
    }
    return KP_OK;
}

enum kp_status kp_start_unpack(struct kp_start *start, const struct kp_buffer *body,
                               struct kp_error *error)
{
    memset(start, 0, sizeof(*start));
    Kruispunt__Start *packed = (Kruispunt__Start *)kp_protobuf_unpack(
        &kruispunt__start__descriptor, "START", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = kp_body_check_round(packed->counter, packed->round_type, error);
    if (status == KP_OK) {
        status = kp_protobuf_copy(start->agreement, KP_DIGEST_BYTES, &packed->agreement,
                                  "agreement", error);
    }
    if (status == KP_OK) {
        start->counter = packed->counter;
        start->round_type = (enum kp_round_type)packed->round_type;
        start->phase_seconds = packed->phase_seconds;
        status = copy_release_proof(start, packed, error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_start_free(struct kp_start *start)
{
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&start->release_proof[i]);
    }
}

/* POINTS */

enum kp_status kp_points_pack(const uint8_t *points, size_t count, const uint8_t *path,
                              size_t path_size, struct kp_buffer *out, struct kp_error *error)
{
    Kruispunt__Points packed = KRUISPUNT__POINTS__INIT;
    packed.points = kp_protobuf_bytes(points, count * KP_POINT_BYTES);
    packed.path = kp_protobuf_bytes(path, path_size);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_points_unpack(uint8_t *points, size_t count, uint8_t *path, size_t path_size,
                                const struct kp_buffer *body, struct kp_error *error)
{
    Kruispunt__Points *packed = (Kruispunt__Points *)kp_protobuf_unpack(
        &kruispunt__points__descriptor, "POINTS", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    const struct kp_protobuf_field fields[] = {
        {&packed->points, points, count * KP_POINT_BYTES, "list of points"},
        {&packed->path, path, path_size, "path of the chunk"},
    };
    enum kp_status status = KP_PROTOBUF_COPY(fields, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* EVALUATION */

enum kp_status kp_evaluation_pack(const uint8_t *points, size_t count,
                                  const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                  struct kp_buffer *out, struct kp_error *error)
{
    Kruispunt__Evaluation packed = KRUISPUNT__EVALUATION__INIT;
    packed.points = kp_protobuf_bytes(points, count * KP_POINT_BYTES);
    packed.proof = kp_protobuf_bytes(proof, KP_CHUNK_PROOF_BYTES);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_evaluation_unpack(uint8_t *points, size_t count,
                                    uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                    const struct kp_buffer *body, struct kp_error *error)
{
    Kruispunt__Evaluation *packed = (Kruispunt__Evaluation *)kp_protobuf_unpack(
        &kruispunt__evaluation__descriptor, "EVALUATION", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    const struct kp_protobuf_field fields[] = {
        {&packed->points, points, count * KP_POINT_BYTES, "evaluated points"},
        {&packed->proof, proof, KP_CHUNK_PROOF_BYTES, "proof"},
    };
    enum kp_status status = KP_PROTOBUF_COPY(fields, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* ABORT */

enum kp_status kp_abort_pack(const struct kp_abort *abort, struct kp_buffer *out,
                             struct kp_error *error)
{
    Kruispunt__Abort packed = KRUISPUNT__ABORT__INIT;
    packed.reason = (uint32_t)abort->reason;
    packed.phase = (uint32_t)abort->phase;
    packed.members = abort->members;
    packed.reporter = abort->reporter;
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_abort_unpack(struct kp_abort *abort, const struct kp_buffer *body,
                               struct kp_error *error)
{
    Kruispunt__Abort *packed = (Kruispunt__Abort *)kp_protobuf_unpack(
        &kruispunt__abort__descriptor, "ABORT", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = KP_OK;
    if (packed->reason == 0 || packed->reason >= KP_ABORT_REASONS || packed->phase >= KP_PHASES ||
        packed->reporter > KP_MEMBERS_MAX) {
        status = kp_fail(error, KP_REFUSED, "ABORT with an unknown reason, phase or reporter");
    } else {
        abort->reason = (enum kp_abort_reason)packed->reason;
        abort->phase = (enum kp_phase)packed->phase;
        abort->members = packed->members;
        abort->reporter = packed->reporter;
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}
