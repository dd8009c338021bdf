/* The bodies of round messages: packed and unpacked beside each other. */
#include "proto/round_message.h"

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

static enum kp_status check_round(uint64_t counter, uint32_t round_type, struct kp_error *error)
{
    if (counter == 0 || counter > KP_ROUNDS_MAX) {
        return kp_fail(error, KP_REFUSED, "round counter %llu is not between 1 and %u",
                       (unsigned long long)counter, KP_ROUNDS_MAX);
    }
    if (round_type != KP_ROUND_MATCH) {
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
    enum kp_status status = check_round(packed->counter, packed->round_type, error);
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

/* HELLO 1 */

enum kp_status kp_hello1_pack(const struct kp_hello1 *hello, struct kp_buffer *out,
                              struct kp_error *error)
{
    Kruispunt__Hello1 packed = KRUISPUNT__HELLO1__INIT;
    packed.counter = hello->counter;
    packed.round_type = (uint32_t)hello->round_type;
    packed.nonce = kp_protobuf_bytes(hello->nonce, sizeof(hello->nonce));
    packed.exchange_key = kp_protobuf_bytes(hello->exchange_key, sizeof(hello->exchange_key));
    packed.commitment = kp_protobuf_bytes(hello->commitment, sizeof(hello->commitment));
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_hello1_unpack(struct kp_hello1 *hello, const struct kp_buffer *body,
                                struct kp_error *error)
{
    Kruispunt__Hello1 *packed = (Kruispunt__Hello1 *)kp_protobuf_unpack(
        &kruispunt__hello1__descriptor, "HELLO 1", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    hello->counter = packed->counter;
    hello->round_type = (enum kp_round_type)packed->round_type;
    const struct kp_protobuf_field fields[] = {
        {&packed->nonce, hello->nonce, sizeof(hello->nonce), "nonce"},
        {&packed->exchange_key, hello->exchange_key, sizeof(hello->exchange_key), "exchange key"},
        {&packed->commitment, hello->commitment, sizeof(hello->commitment), "commitment"},
    };
    enum kp_status status = check_round(packed->counter, packed->round_type, error);
    if (status == KP_OK) {
        status = KP_PROTOBUF_COPY(fields, error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* HELLO 2, the part for all */

enum kp_status kp_hello2_pack(const struct kp_hello2 *hello, struct kp_buffer *out,
                              struct kp_error *error)
{
    Kruispunt__Hello2 packed = KRUISPUNT__HELLO2__INIT;
    packed.hellos = kp_protobuf_bytes(hello->hellos, KP_DIGEST_BYTES);
    packed.slots_root = kp_protobuf_bytes(hello->slots_root, KP_DIGEST_BYTES);
    packed.points_root = kp_protobuf_bytes(hello->points_root, KP_DIGEST_BYTES);
    packed.time = hello->time;
    packed.secret_digest = kp_protobuf_bytes(hello->secret_digest, KP_DIGEST_BYTES);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_hello2_unpack(struct kp_hello2 *hello, const struct kp_buffer *body,
                                struct kp_error *error)
{
    Kruispunt__Hello2 *packed = (Kruispunt__Hello2 *)kp_protobuf_unpack(
        &kruispunt__hello2__descriptor, "HELLO 2", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    hello->time = packed->time;
    const struct kp_protobuf_field fields[] = {
        {&packed->hellos, hello->hellos, KP_DIGEST_BYTES, "hellos"},
        {&packed->slots_root, hello->slots_root, KP_DIGEST_BYTES, "slots root"},
        {&packed->points_root, hello->points_root, KP_DIGEST_BYTES, "points root"},
        {&packed->secret_digest, hello->secret_digest, KP_DIGEST_BYTES, "secret digest"},
    };
    enum kp_status status = KP_PROTOBUF_COPY(fields, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* HELLO 2, the secret part: the same for all members, sealed to each */

enum kp_status kp_hello2_secret_pack(const struct kp_hello2_secret *hello, struct kp_buffer *out,
                                     struct kp_error *error)
{
    Kruispunt__Hello2Secret packed = KRUISPUNT__HELLO2_SECRET__INIT;
    packed.public_key = kp_protobuf_bytes(hello->public_key, sizeof(hello->public_key));
    packed.proof = kp_protobuf_bytes(hello->proof, sizeof(hello->proof));
    packed.contribution = kp_protobuf_bytes(hello->contribution, sizeof(hello->contribution));
    packed.blinding = kp_protobuf_bytes(hello->blinding, sizeof(hello->blinding));
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_hello2_secret_unpack(struct kp_hello2_secret *hello, const struct kp_buffer *body,
                                       struct kp_error *error)
{
    Kruispunt__Hello2Secret *packed = (Kruispunt__Hello2Secret *)kp_protobuf_unpack(
        &kruispunt__hello2_secret__descriptor, "HELLO 2 SECRET", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    const struct kp_protobuf_field fields[] = {
        {&packed->public_key, hello->public_key, sizeof(hello->public_key), "public key"},
        {&packed->proof, hello->proof, sizeof(hello->proof), "proof"},
        {&packed->contribution, hello->contribution, sizeof(hello->contribution), "contribution"},
        {&packed->blinding, hello->blinding, sizeof(hello->blinding), "blinding"},
    };
    enum kp_status status = KP_PROTOBUF_COPY(fields, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
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

/* READY */

enum kp_status kp_ready_pack(const struct kp_ready *ready, struct kp_buffer *out,
                             struct kp_error *error)
{
    Kruispunt__Ready packed = KRUISPUNT__READY__INIT;
    packed.lineage = kp_protobuf_bytes(ready->lineage, KP_DIGEST_BYTES);
    packed.counter = ready->counter;
    packed.round_id = kp_protobuf_bytes(ready->round_id, KP_DIGEST_BYTES);
    packed.g_digest = kp_protobuf_bytes(ready->g_digest, KP_DIGEST_BYTES);
    packed.entries = ready->entries;
    packed.entries_root = kp_protobuf_bytes(ready->entries_root, KP_DIGEST_BYTES);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_ready_unpack(struct kp_ready *ready, const struct kp_buffer *body,
                               struct kp_error *error)
{
    Kruispunt__Ready *packed = (Kruispunt__Ready *)kp_protobuf_unpack(
        &kruispunt__ready__descriptor, "READY", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    ready->counter = packed->counter;
    ready->entries = packed->entries;
    const struct kp_protobuf_field fields[] = {
        {&packed->lineage, ready->lineage, KP_DIGEST_BYTES, "lineage"},
        {&packed->round_id, ready->round_id, KP_DIGEST_BYTES, "round id"},
        {&packed->g_digest, ready->g_digest, KP_DIGEST_BYTES, "g digest"},
        {&packed->entries_root, ready->entries_root, KP_DIGEST_BYTES, "entries root"},
    };
    enum kp_status status = check_round(packed->counter, KP_ROUND_MATCH, error);
    if (status == KP_OK && (packed->entries == 0 || packed->entries > KP_SLOTS_MAX)) {
        status = kp_fail(error, KP_REFUSED, "READY for %u entries", packed->entries);
    }
    if (status == KP_OK) {
        status = KP_PROTOBUF_COPY(fields, error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* LEAVES and SUBMISSION */

enum kp_status kp_leaves_pack(const uint8_t *digests, size_t size, struct kp_buffer *out,
                              struct kp_error *error)
{
    Kruispunt__Leaves packed = KRUISPUNT__LEAVES__INIT;
    packed.digests = kp_protobuf_bytes(digests, size);
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_run(struct kp_buffer *out, size_t size, const ProtobufCBinaryData *field,
                               const char *name, struct kp_error *error)
{
    if (field->len != size) {
        return kp_fail(error, KP_REFUSED, "%s of %zu bytes instead of %zu", name, field->len, size);
    }
    if (kp_buffer_set(out, field->data, size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for %s", name);
    }
    return KP_OK;
}

enum kp_status kp_leaves_unpack(struct kp_buffer *digests, size_t size,
                                const struct kp_buffer *body, struct kp_error *error)
{
    Kruispunt__Leaves *packed = (Kruispunt__Leaves *)kp_protobuf_unpack(
        &kruispunt__leaves__descriptor, "LEAVES", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_run(digests, size, &packed->digests, "leaf digests", error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

enum kp_status kp_submission_pack(const uint8_t *entries, size_t size, struct kp_buffer *out,
                                  struct kp_error *error)
{
    Kruispunt__Submission packed = KRUISPUNT__SUBMISSION__INIT;
    packed.entries = kp_protobuf_bytes(entries, size);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_submission_unpack(struct kp_buffer *entries, size_t size,
                                    const struct kp_buffer *body, struct kp_error *error)
{
    Kruispunt__Submission *packed = (Kruispunt__Submission *)kp_protobuf_unpack(
        &kruispunt__submission__descriptor, "SUBMISSION", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_run(entries, size, &packed->entries, "entries", error);
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
