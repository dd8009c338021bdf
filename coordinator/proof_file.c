#include "coordinator/proof_file.h"

#include "proto/evidence.h"
#include "proto/proof.h"

#include <stdlib.h>
#include <string.h>

enum kp_status kp_proof_file_add(struct kp_proof_file *file, enum kp_export_item_kind kind,
                                 uint32_t member, uint32_t part, const uint8_t *bytes, size_t size,
                                 struct kp_error *error)
{
    struct kp_export_item item = {.kind = kind, .member = member, .part = part};
    struct kp_export_item *grown = realloc(file->items, (file->count + 1) * sizeof(*grown));
    if (grown != NULL) {
        file->items = grown;
    }
    if (grown == NULL || kp_buffer_set(&item.content, bytes, size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for a file");
    }
    file->items[file->count++] = item;
    return KP_OK;
}

static enum kp_status add_all(struct kp_proof_file *file, enum kp_export_item_kind kind,
                              const struct kp_buffer *packed, uint32_t count,
                              struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < count; i++) {
        status = kp_proof_file_add(file, kind, i + 1, 0, packed[i].data, packed[i].size, error);
    }
    return status;
}

enum kp_status kp_proof_file_add_transcript(struct kp_proof_file *file,
                                            const struct kp_result_transcript *transcript,
                                            struct kp_error *error)
{
    uint32_t count = transcript->member_count;
    enum kp_status status = add_all(file, KP_EXPORT_HELLO1, transcript->hello1, count, error);
    if (status == KP_OK) {
        status = add_all(file, KP_EXPORT_HELLO2, transcript->hello2, count, error);
    }
    return status == KP_OK ? add_all(file, KP_EXPORT_READY, transcript->ready, count, error)
                           : status;
}

enum kp_status kp_proof_file_add_papers(struct kp_proof_file *file,
                                        const struct kp_dossier *dossier, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < kp_dossier_count(dossier); i++) {
        const struct kp_paper *paper = kp_dossier_paper(dossier, i);
        status = kp_proof_file_add(file, KP_EXPORT_PAPER, 0, (uint32_t)i, paper->bytes, paper->size,
                                   error);
    }
    return status;
}

enum kp_status kp_proof_file_add_record(struct kp_proof_file *file, uint32_t part,
                                        const struct kp_result_record *record,
                                        const struct kp_buffer *leaf_path, const uint8_t *leaf,
                                        struct kp_error *error)
{
    struct kp_buffer packed = {0};
    struct kp_proof_record proof = {
        .entry = record->entry, .position = record->position, .entry_path = record->path};
    if (leaf_path != NULL) {
        proof.leaf_path = *leaf_path; /* borrowed, like the others */
    }
    if (leaf != NULL) {
        proof.has_leaf = true;
        memcpy(proof.leaf, leaf, sizeof(proof.leaf));
    }
    enum kp_status status = kp_proof_record_pack(&proof, &packed, error);
    if (status == KP_OK) {
        status = kp_proof_file_add(file, KP_EXPORT_RECORD, record->member, part, packed.data,
                                   packed.size, error);
    }
    kp_buffer_free(&packed);
    return status;
}

static int by_place(const void *left, const void *right)
{
    const struct kp_export_item *one = left, *other = right;
    uint8_t keys[2][KP_EVIDENCE_KEY_BYTES];
    kp_evidence_key(keys[0], one->kind, one->member, one->part);
    kp_evidence_key(keys[1], other->kind, other->member, other->part);
    return memcmp(keys[0], keys[1], KP_EVIDENCE_KEY_BYTES);
}

static void sort(struct kp_proof_file *file)
{
    if (file->count > 0) {
        qsort(file->items, file->count, sizeof(*file->items), by_place);
    }
}

enum kp_status kp_proof_file_bytes(struct kp_proof_file *file, struct kp_buffer *out,
                                   struct kp_error *error)
{
    sort(file);
    return kp_export_write_bytes(out, &file->header, file->items, file->count, error);
}

enum kp_status kp_proof_file_write(struct kp_proof_file *file, const char *path,
                                   struct kp_error *error)
{
    sort(file);
    return kp_export_write(path, &file->header, file->items, file->count, error);
}

void kp_proof_file_free(struct kp_proof_file *file)
{
    kp_export_items_free(file->items, file->count);
    file->items = NULL;
    file->count = 0;
}
