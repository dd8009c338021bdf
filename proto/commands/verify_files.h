/* The files of one `kruispunt verify`, read and verified. */
#ifndef KP_PROTO_COMMANDS_VERIFY_FILES_H
#define KP_PROTO_COMMANDS_VERIFY_FILES_H

#include "proto/verify.h"
#include "proto/verify_agreement.h"
#include "proto/verify_evidence.h"
#include "proto/verify_fault.h"

#define KP_VERIFY_FILES_MAX 512u

struct kp_verify_input {
    const char *path;
    bool is_export; /* otherwise a paper */
    struct kp_buffer paper;
    struct kp_verify_export export;
    struct kp_report report; /* of a log or a round */
    struct kp_verify_log *log;
    struct kp_verify_round *round;
    struct kp_evidence_says *evidence; /* owned; of evidence that holds in full */
    struct kp_fault_says *fault;       /* owned; of a verdict that does */
};

struct kp_register;

struct kp_verify_files {
    struct kp_verify_input *inputs; /* owned */
    size_t count;
    const uint8_t *hash;     /* KP_DIGEST_BYTES of the first version, or NULL */
    struct kp_register *reg; /* borrowed: for what objects' addresses are; NULL: none */
    uint64_t at;             /* Unix seconds */
    struct kp_verify_versions versions;
    struct kp_findings findings; /* rules agreement.* */
    struct kp_verified_agreement agreement;
    struct kp_report across;
    struct kp_verify_receipts receipts; /* of all files with receipts */
};

/* Reads all. KP_USAGE: a file can't be opened. KP_REFUSED: it isn't one that can be verified. Freed
 * with kp_verify_files_free whatever the result. */
KP_MUST_USE enum kp_status kp_verify_files_read(struct kp_verify_files *files,
                                                const char *const *paths, size_t count,
                                                struct kp_error *error);
/* Whether an export of this kind is among them; of an agreement, papers will do. */
bool kp_verify_files_have(const struct kp_verify_files *files, enum kp_export_kind kind);
/* When what evidence or a verdict is about was signed: the moment at which its agreement is looked
 * at. Unix seconds; 0: there is none. */
uint64_t kp_verify_files_when(const struct kp_verify_files *files);
/* All rules. */
KP_MUST_USE enum kp_status kp_verify_files_check(struct kp_verify_files *files,
                                                 struct kp_error *error);
/* Rules that are broken, of all. */
size_t kp_verify_files_broken(const struct kp_verify_files *files);
/* Evidence and verdicts whose rules don't all hold, because one is broken or can't be checked. */
size_t kp_verify_files_unproven(const struct kp_verify_files *files);
void kp_verify_files_free(struct kp_verify_files *files);

#endif
