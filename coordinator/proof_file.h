/* A file of evidence or a verdict while it is put together (proto/proof.h, docs/protocol.md,
 * section 27): items in any order, then written in the order of a file. */
#ifndef KP_COORDINATOR_PROOF_FILE_H
#define KP_COORDINATOR_PROOF_FILE_H

#include "coordinator/open.h"
#include "proto/dossier.h"
#include "proto/export.h"

/* Zero-initialise but for the header; free with kp_proof_file_free. */
struct kp_proof_file {
    struct kp_export_header header;
    struct kp_export_item *items;
    size_t count;
};

/* Copies. */
KP_MUST_USE enum kp_status kp_proof_file_add(struct kp_proof_file *file,
                                             enum kp_export_item_kind kind, uint32_t member,
                                             uint32_t part, const uint8_t *bytes, size_t size,
                                             struct kp_error *error);
/* HELLO 1, HELLO 2 and READY of every member. */
KP_MUST_USE enum kp_status
kp_proof_file_add_transcript(struct kp_proof_file *file,
                             const struct kp_result_transcript *transcript, struct kp_error *error);
/* All papers of the lineage. */
KP_MUST_USE enum kp_status kp_proof_file_add_papers(struct kp_proof_file *file,
                                                    const struct kp_dossier *dossier,
                                                    struct kp_error *error);
/* RECORD, from a record of the results. leaf_path, leaf: may be NULL. */
KP_MUST_USE enum kp_status kp_proof_file_add_record(struct kp_proof_file *file, uint32_t part,
                                                    const struct kp_result_record *record,
                                                    const struct kp_buffer *leaf_path,
                                                    const uint8_t *leaf, struct kp_error *error);
/* Sorts, and packs the whole file (replaces out), or writes it; never over another file. */
KP_MUST_USE enum kp_status kp_proof_file_bytes(struct kp_proof_file *file, struct kp_buffer *out,
                                               struct kp_error *error);
KP_MUST_USE enum kp_status kp_proof_file_write(struct kp_proof_file *file, const char *path,
                                               struct kp_error *error);
void kp_proof_file_free(struct kp_proof_file *file);

#endif
