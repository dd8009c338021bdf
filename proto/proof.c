/* Records, openings and items of results. */
#include "proto/proof.h"

#include "proto/proof.pb-c.h"
#include "proto/proof_fields.h"

#include <string.h>

/* ---- fields ---- */

enum kp_status kp_proof_copy(struct kp_buffer *out, const ProtobufCBinaryData *field, size_t least,
                             size_t most, const char *name, struct kp_error *error)
{
    if (field->len < least || field->len > most) {
        return kp_fail(error, KP_REFUSED, "%s of %zu bytes", name, field->len);
    }
    return kp_buffer_set(out, field->data, field->len) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for %s", name);
}

enum kp_status kp_proof_copy_path(struct kp_buffer *out, const ProtobufCBinaryData *field,
                                  const char *name, struct kp_error *error)
{
    return field->len % KP_DIGEST_BYTES == 0
               ? kp_proof_copy(out, field, 0, KP_PROOF_PATH_MAX, name, error)
               : kp_fail(error, KP_REFUSED, "%s of %zu bytes", name, field->len);
}

/* ---- RECORD ---- */

enum kp_status kp_proof_record_pack(const struct kp_proof_record *record, struct kp_buffer *out,
                                    struct kp_error *error)
{
    Kruispunt__ProofRecord packed = KRUISPUNT__PROOF_RECORD__INIT;
    packed.entry = kp_protobuf_bytes(record->entry.data, record->entry.size);
    packed.position = record->position;
    packed.entry_path = kp_protobuf_bytes(record->entry_path.data, record->entry_path.size);
    packed.leaf_path = kp_protobuf_bytes(record->leaf_path.data, record->leaf_path.size);
    packed.leaf = kp_protobuf_bytes(record->leaf, record->has_leaf ? KP_DIGEST_BYTES : 0);
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_record(struct kp_proof_record *record,
                                  const Kruispunt__ProofRecord *packed, struct kp_error *error)
{
    if (packed->position >= KP_SLOTS_MAX) {
        return kp_fail(error, KP_REFUSED, "a record at position %u", packed->position);
    }
    record->position = packed->position;
    record->has_leaf = packed->leaf.len > 0;
    enum kp_status status =
        kp_proof_copy(&record->entry, &packed->entry, 1, KP_PROOF_ENTRY_MAX, "an entry", error);
    if (status == KP_OK) {
        status =
            kp_proof_copy_path(&record->entry_path, &packed->entry_path, "an entry's path", error);
    }
    if (status == KP_OK) {
        status = kp_proof_copy_path(&record->leaf_path, &packed->leaf_path, "a leaf's path", error);
    }
    return status != KP_OK || !record->has_leaf
               ? status
               : kp_protobuf_copy(record->leaf, KP_DIGEST_BYTES, &packed->leaf, "a leaf", error);
}

enum kp_status kp_proof_record_unpack(struct kp_proof_record *record, const uint8_t *bytes,
                                      size_t size, struct kp_error *error)
{
    memset(record, 0, sizeof(*record));
    Kruispunt__ProofRecord *packed = (Kruispunt__ProofRecord *)kp_protobuf_unpack(
        &kruispunt__proof_record__descriptor, "record", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_record(record, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_proof_record_free(struct kp_proof_record *record)
{
    kp_buffer_free(&record->entry);
    kp_buffer_free(&record->entry_path);
    kp_buffer_free(&record->leaf_path);
}

/* ---- OPENING ---- */

enum kp_status kp_proof_opening_pack(const struct kp_proof_opening *opening, struct kp_buffer *out,
                                     struct kp_error *error)
{
    Kruispunt__ProofOpening packed = KRUISPUNT__PROOF_OPENING__INIT;
    packed.entry = kp_protobuf_bytes(opening->entry.data, opening->entry.size);
    packed.index = opening->index;
    packed.count = opening->count;
    packed.path = kp_protobuf_bytes(opening->path.data, opening->path.size);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_proof_opening_unpack(struct kp_proof_opening *opening, const uint8_t *bytes,
                                       size_t size, struct kp_error *error)
{
    memset(opening, 0, sizeof(*opening));
    Kruispunt__ProofOpening *packed = (Kruispunt__ProofOpening *)kp_protobuf_unpack(
        &kruispunt__proof_opening__descriptor, "opening", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    opening->index = packed->index;
    opening->count = packed->count;
    enum kp_status status =
        packed->index < packed->count
            ? kp_proof_copy(&opening->entry, &packed->entry, 1, KP_AUDIT_ENTRY_MAX,
                            "an opening's log entry", error)
            : kp_fail(error, KP_REFUSED, "opening %u of %u", packed->index, packed->count);
    if (status == KP_OK) {
        status = kp_proof_copy_path(&opening->path, &packed->path, "an opening's path", error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_proof_opening_free(struct kp_proof_opening *opening)
{
    kp_buffer_free(&opening->entry);
    kp_buffer_free(&opening->path);
}

/* ---- GROUP ---- */

enum kp_status kp_proof_result_pack(const struct kp_proof_result *result, struct kp_buffer *out,
                                    struct kp_error *error)
{
    Kruispunt__ProofResult packed = KRUISPUNT__PROOF_RESULT__INIT;
    packed.key = kp_protobuf_bytes(result->key.data, result->key.size);
    packed.value = kp_protobuf_bytes(result->value.data, result->value.size);
    packed.index = result->index;
    packed.count = result->count;
    packed.path = kp_protobuf_bytes(result->path.data, result->path.size);
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_result(struct kp_proof_result *result,
                                  const Kruispunt__ProofResult *packed, struct kp_error *error)
{
    if (packed->index >= packed->count) {
        return kp_fail(error, KP_REFUSED, "item %u of %u of the results", packed->index,
                       packed->count);
    }
    result->index = packed->index;
    result->count = packed->count;
    enum kp_status status = kp_proof_copy(&result->key, &packed->key, 1, KP_PROOF_RESULT_KEY_MAX,
                                          "an item's key", error);
    if (status == KP_OK) {
        status = kp_proof_copy(&result->value, &packed->value, 0, KP_WIRE_MESSAGE_MAX,
                               "an item's value", error);
    }
    return status == KP_OK
               ? kp_proof_copy_path(&result->path, &packed->path, "an item's path", error)
               : status;
}

enum kp_status kp_proof_result_unpack(struct kp_proof_result *result, const uint8_t *bytes,
                                      size_t size, struct kp_error *error)
{
    memset(result, 0, sizeof(*result));
    Kruispunt__ProofResult *packed = (Kruispunt__ProofResult *)kp_protobuf_unpack(
        &kruispunt__proof_result__descriptor, "item of the results", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_result(result, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_proof_result_free(struct kp_proof_result *result)
{
    kp_buffer_free(&result->key);
    kp_buffer_free(&result->value);
    kp_buffer_free(&result->path);
}
