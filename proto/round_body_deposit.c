/* The bodies of the release and its end: what members deposit, and what the coordinator signs about
 * it. */
#include "proto/protobuf.h"
#include "proto/round.pb-c.h"
#include "proto/round_body.h"

#include <string.h>

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

static enum kp_status check_bucket(uint32_t bucket, struct kp_error *error)
{
    if (bucket > KP_BUCKET_MAX) {
        return kp_fail(error, KP_REFUSED, "bucket %u; there are %u", bucket, KP_BUCKET_MAX);
    }
    return KP_OK;
}

/* LEAVES */

enum kp_status kp_leaves_pack(const struct kp_leaves *leaves, struct kp_buffer *out,
                              struct kp_error *error)
{
    Kruispunt__Leaves packed = KRUISPUNT__LEAVES__INIT;
    packed.digests = kp_protobuf_bytes(leaves->digests.data, leaves->digests.size);
    packed.path = kp_protobuf_bytes(leaves->path.data, leaves->path.size);
    if (leaves->has_audit_seed) {
        packed.audit_seed = kp_protobuf_bytes(leaves->audit_seed, KP_AUDIT_SEED_BYTES);
    }
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_seed(struct kp_leaves *leaves, bool first,
                                const ProtobufCBinaryData *seed, struct kp_error *error)
{
    if (seed->len == 0) {
        return KP_OK;
    }
    if (!first) {
        return kp_fail(error, KP_REFUSED, "audit seed in another part than the first");
    }
    leaves->has_audit_seed = true;
    return kp_protobuf_copy(leaves->audit_seed, KP_AUDIT_SEED_BYTES, seed, "audit seed", error);
}

enum kp_status kp_leaves_unpack(struct kp_leaves *leaves, size_t size, size_t path_size, bool first,
                                const struct kp_buffer *body, struct kp_error *error)
{
    memset(leaves, 0, sizeof(*leaves));
    Kruispunt__Leaves *packed = (Kruispunt__Leaves *)kp_protobuf_unpack(
        &kruispunt__leaves__descriptor, "LEAVES", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status =
        copy_run(&leaves->digests, size, &packed->digests, "leaf digests", error);
    if (status == KP_OK) {
        status = copy_run(&leaves->path, path_size, &packed->path, "path of the chunk", error);
    }
    if (status == KP_OK) {
        status = copy_seed(leaves, first, &packed->audit_seed, error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_leaves_free(struct kp_leaves *leaves)
{
    kp_buffer_free(&leaves->digests);
    kp_buffer_free(&leaves->path);
}

/* SUBMISSION */

enum kp_status kp_submission_pack(const struct kp_submission *submission, struct kp_buffer *out,
                                  struct kp_error *error)
{
    Kruispunt__Submission packed = KRUISPUNT__SUBMISSION__INIT;
    packed.entries = kp_protobuf_bytes(submission->entries.data, submission->entries.size);
    packed.path = kp_protobuf_bytes(submission->path.data, submission->path.size);
    if (submission->has_audit_seed) {
        packed.audit_seed = kp_protobuf_bytes(submission->audit_seed, KP_AUDIT_SEED_BYTES);
    }
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_submission_unpack(struct kp_submission *submission, size_t size, size_t path_size,
                                    const struct kp_buffer *body, struct kp_error *error)
{
    memset(submission, 0, sizeof(*submission));
    Kruispunt__Submission *packed = (Kruispunt__Submission *)kp_protobuf_unpack(
        &kruispunt__submission__descriptor, "SUBMISSION", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status =
        copy_run(&submission->entries, size, &packed->entries, "entries", error);
    if (status == KP_OK) {
        status = copy_run(&submission->path, path_size, &packed->path, "path of the chunk", error);
    }
    submission->has_audit_seed = packed->audit_seed.len > 0;
    if (status == KP_OK && submission->has_audit_seed) {
        status = kp_protobuf_copy(submission->audit_seed, KP_AUDIT_SEED_BYTES, &packed->audit_seed,
                                  "audit seed", error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_submission_free(struct kp_submission *submission)
{
    kp_buffer_free(&submission->entries);
    kp_buffer_free(&submission->path);
}

/* COMPLETE */

enum kp_status kp_complete_pack(const struct kp_complete *complete, struct kp_buffer *out,
                                struct kp_error *error)
{
    Kruispunt__Complete packed = KRUISPUNT__COMPLETE__INIT;
    ProtobufCBinaryData seeds[KP_MEMBERS_MAX];
    for (uint32_t i = 0; i < complete->seed_count; i++) {
        seeds[i] = kp_protobuf_bytes(complete->audit_seeds[i], KP_AUDIT_SEED_BYTES);
    }
    packed.n_audit_seeds = complete->seed_count;
    packed.audit_seeds = seeds;
    packed.bucket = complete->bucket;
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_seeds(struct kp_complete *complete, const Kruispunt__Complete *packed,
                                 struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (packed->n_audit_seeds > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "COMPLETE with %zu audit seeds", packed->n_audit_seeds);
    }
    complete->seed_count = (uint32_t)packed->n_audit_seeds;
    for (uint32_t i = 0; status == KP_OK && i < complete->seed_count; i++) {
        status = kp_protobuf_copy(complete->audit_seeds[i], KP_AUDIT_SEED_BYTES,
                                  &packed->audit_seeds[i], "audit seed", error);
    }
    return status;
}

enum kp_status kp_complete_unpack(struct kp_complete *complete, const struct kp_buffer *body,
                                  struct kp_error *error)
{
    memset(complete, 0, sizeof(*complete));
    Kruispunt__Complete *packed = (Kruispunt__Complete *)kp_protobuf_unpack(
        &kruispunt__complete__descriptor, "COMPLETE", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    complete->bucket = packed->bucket;
    enum kp_status status = check_bucket(packed->bucket, error);
    if (status == KP_OK) {
        status = copy_seeds(complete, packed, error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* Deposits */

void kp_deposited_add(struct kp_deposited *deposited,
                      const uint8_t message_digest[static KP_DIGEST_BYTES])
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 receipt");
    kp_hash_field(&hash, deposited->chain, KP_DIGEST_BYTES);
    kp_hash_field(&hash, message_digest, KP_DIGEST_BYTES);
    kp_hash_digest(&hash, deposited->chain);
    deposited->count++;
}

static enum kp_status check_phase(uint32_t phase, struct kp_error *error)
{
    if (phase < KP_PHASE_HELLO1 || phase >= KP_PHASES) {
        return kp_fail(error, KP_REFUSED, "deposits in phase %u, which can't be", phase);
    }
    return KP_OK;
}

/* Without a message the chain has not begun. */
static enum kp_status check_deposited(const struct kp_deposited *deposited, struct kp_error *error)
{
    static const uint8_t zeros[KP_DIGEST_BYTES];
    bool begun = memcmp(deposited->chain, zeros, sizeof(zeros)) != 0;
    if (begun != (deposited->count > 0)) {
        return kp_fail(error, KP_REFUSED, "a chain over %u messages that can't be",
                       deposited->count);
    }
    return KP_OK;
}

/* RECEIPT */

enum kp_status kp_receipt_pack(const struct kp_receipt *receipt, struct kp_buffer *out,
                               struct kp_error *error)
{
    Kruispunt__Receipt packed = KRUISPUNT__RECEIPT__INIT;
    packed.counter = receipt->counter;
    packed.member = receipt->member;
    packed.phase = (uint32_t)receipt->phase;
    packed.count = receipt->deposited.count;
    packed.chain = kp_protobuf_bytes(receipt->deposited.chain, KP_DIGEST_BYTES);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_receipt_unpack(struct kp_receipt *receipt, const struct kp_buffer *body,
                                 struct kp_error *error)
{
    memset(receipt, 0, sizeof(*receipt));
    Kruispunt__Receipt *packed = (Kruispunt__Receipt *)kp_protobuf_unpack(
        &kruispunt__receipt__descriptor, "RECEIPT", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    receipt->counter = packed->counter;
    receipt->member = packed->member;
    receipt->phase = (enum kp_phase)packed->phase;
    receipt->deposited.count = packed->count;
    enum kp_status status = kp_body_check_round(packed->counter, KP_ROUND_MATCH, error);
    if (status == KP_OK && (packed->member < 1 || packed->member > KP_MEMBERS_MAX)) {
        status = kp_fail(error, KP_REFUSED, "RECEIPT for member %u", packed->member);
    }
    if (status == KP_OK) {
        status = check_phase(packed->phase, error);
    }
    if (status == KP_OK) {
        status = kp_protobuf_copy(receipt->deposited.chain, KP_DIGEST_BYTES, &packed->chain,
                                  "chain", error);
    }
    if (status == KP_OK) {
        status = check_deposited(&receipt->deposited, error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* PHASE LIST */

enum kp_status kp_phase_list_pack(const struct kp_phase_list *list, struct kp_buffer *out,
                                  struct kp_error *error)
{
    Kruispunt__PhaseList packed = KRUISPUNT__PHASE_LIST__INIT;
    Kruispunt__Deposited members[KP_MEMBERS_MAX], *pointers[KP_MEMBERS_MAX];
    for (uint32_t i = 0; i < list->member_count; i++) {
        kruispunt__deposited__init(&members[i]);
        members[i].count = list->members[i].count;
        members[i].chain = kp_protobuf_bytes(list->members[i].chain, KP_DIGEST_BYTES);
        pointers[i] = &members[i];
    }
    packed.counter = list->counter;
    packed.phase = (uint32_t)list->phase;
    packed.n_members = list->member_count;
    packed.members = pointers;
    packed.late = list->late;
    packed.refused = list->refused;
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_deposited(struct kp_phase_list *list, const Kruispunt__PhaseList *packed,
                                     struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (packed->n_members < 1 || packed->n_members > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "PHASE LIST of %zu members", packed->n_members);
    }
    list->member_count = (uint32_t)packed->n_members;
    for (uint32_t i = 0; status == KP_OK && i < list->member_count; i++) {
        list->members[i].count = packed->members[i]->count;
        status = kp_protobuf_copy(list->members[i].chain, KP_DIGEST_BYTES,
                                  &packed->members[i]->chain, "chain", error);
        if (status == KP_OK) {
            status = check_deposited(&list->members[i], error);
        }
    }
    return status;
}

enum kp_status kp_phase_list_unpack(struct kp_phase_list *list, const struct kp_buffer *body,
                                    struct kp_error *error)
{
    memset(list, 0, sizeof(*list));
    Kruispunt__PhaseList *packed = (Kruispunt__PhaseList *)kp_protobuf_unpack(
        &kruispunt__phase_list__descriptor, "PHASE LIST", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    list->counter = packed->counter;
    list->phase = (enum kp_phase)packed->phase;
    list->late = packed->late;
    list->refused = packed->refused;
    enum kp_status status = kp_body_check_round(packed->counter, KP_ROUND_MATCH, error);
    if (status == KP_OK) {
        status = check_phase(packed->phase, error);
    }
    if (status == KP_OK) {
        status = copy_deposited(list, packed, error);
    }
    uint32_t named = packed->late | packed->refused;
    if (status == KP_OK && list->member_count < 32 && named >> list->member_count != 0) {
        status = kp_fail(error, KP_REFUSED, "PHASE LIST names members that it hasn't");
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* RESULT */

enum kp_status kp_round_result_pack(const struct kp_round_result *result, struct kp_buffer *out,
                                    struct kp_error *error)
{
    Kruispunt__RoundResult packed = KRUISPUNT__ROUND_RESULT__INIT;
    packed.counter = result->counter;
    packed.round_id = kp_protobuf_bytes(result->round_id, KP_DIGEST_BYTES);
    packed.round_type = (uint32_t)result->round_type;
    packed.bucket = result->bucket;
    packed.groups = result->groups;
    packed.faults = result->faults;
    packed.root = kp_protobuf_bytes(result->root, KP_DIGEST_BYTES);
    packed.readys = kp_protobuf_bytes(result->readys, KP_DIGEST_BYTES);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_round_result_unpack(struct kp_round_result *result, const struct kp_buffer *body,
                                      struct kp_error *error)
{
    memset(result, 0, sizeof(*result));
    Kruispunt__RoundResult *packed = (Kruispunt__RoundResult *)kp_protobuf_unpack(
        &kruispunt__round_result__descriptor, "RESULT", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    result->counter = packed->counter;
    result->round_type = (enum kp_round_type)packed->round_type;
    result->bucket = packed->bucket;
    result->groups = packed->groups;
    result->faults = packed->faults;
    const struct kp_protobuf_field fields[] = {
        {&packed->round_id, result->round_id, KP_DIGEST_BYTES, "round id"},
        {&packed->root, result->root, KP_DIGEST_BYTES, "root over the results"},
        {&packed->readys, result->readys, KP_DIGEST_BYTES, "digest of all READYs"},
    };
    enum kp_status status = kp_body_check_round(packed->counter, packed->round_type, error);
    if (status == KP_OK) {
        status = check_bucket(packed->bucket, error);
    }
    if (status == KP_OK) {
        status = KP_PROTOBUF_COPY(fields, error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}
