#include "proto/commands/verify_files.h"

#include "proto/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "kruispunt export"

/* ---- reading ---- */

static bool looks_like_export(const char *path)
{
    char line[sizeof(FIRST_LINE)] = "";
    FILE *file = fopen(path, "rbe");
    bool is =
        file != NULL && fgets(line, sizeof(line), file) != NULL && strcmp(line, FIRST_LINE) == 0;
    if (file != NULL) {
        (void)fclose(file);
    }
    return is;
}

/* A paper that doesn't unpack is no reason to stop: rule agreement.canonical tells of it. */
static enum kp_status add_paper(struct kp_verify_files *files, const struct kp_buffer *paper,
                                struct kp_error *error)
{
    enum kp_status status =
        kp_verify_versions_add(&files->versions, paper->data, paper->size, error);
    return status == KP_REFUSED ? KP_OK : status;
}

static enum kp_status add_papers(struct kp_verify_files *files, const struct kp_verify_input *input,
                                 struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < input->export.count; i++) {
        const struct kp_export_item *item = &input->export.items[i];
        if (input->export.header.kind != KP_EXPORT_AGREEMENT && item->kind != KP_EXPORT_PAPER) {
            break; /* papers come first; the rest is for the rules of that kind of file */
        }
        status = item->kind == KP_EXPORT_PAPER && item->member == 0 &&
                         (item->part == 0 || input->export.header.kind != KP_EXPORT_AGREEMENT)
                     ? add_paper(files, &item->content, error)
                     : kp_fail(error, KP_REFUSED, "%s: item %zu isn't a paper", input->path, i + 1);
    }
    return status;
}

/* Files of these kinds can bring their papers along. */
static bool may_have_papers(enum kp_export_kind kind)
{
    return kind == KP_EXPORT_AGREEMENT || kind >= KP_EXPORT_EVIDENCE;
}

/* An agreement's header has nothing but what must be there. */
static enum kp_status check_agreement_header(const struct kp_verify_input *input,
                                             struct kp_error *error)
{
    const struct kp_export_header *header = &input->export.header;
    return header->party == 0 && header->counter == 0 && !header->has_digest
               ? KP_OK
               : kp_fail(error, KP_REFUSED,
                         "%s: its header has fields that an agreement's export hasn't",
                         input->path);
}

static enum kp_status read_input(struct kp_verify_files *files, struct kp_verify_input *input,
                                 struct kp_error *error)
{
    enum kp_status status;
    input->is_export = looks_like_export(input->path);
    if (input->is_export) {
        status = kp_verify_export_read(&input->export, input->path, error);
        if (status != KP_OK || !may_have_papers(input->export.header.kind)) {
            return status;
        }
        if (input->export.header.kind == KP_EXPORT_AGREEMENT) {
            status = check_agreement_header(input, error);
        }
        return status == KP_OK ? add_papers(files, input, error) : status;
    }
    status = kp_file_read(input->path, KP_AGREEMENT_BYTES_MAX, &input->paper, error);
    return status == KP_OK ? add_paper(files, &input->paper, error) : status;
}

enum kp_status kp_verify_files_read(struct kp_verify_files *files, const char *const *paths,
                                    size_t count, struct kp_error *error)
{
    files->inputs = calloc(count, sizeof(*files->inputs));
    if (files->inputs == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for %zu files", count);
    }
    files->count = count;
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        files->inputs[i].path = paths[i];
        status = read_input(files, &files->inputs[i], error);
    }
    return status;
}

static bool is_kind(const struct kp_verify_input *input, enum kp_export_kind kind)
{
    return input->is_export && input->export.header.kind == kind;
}

bool kp_verify_files_have(const struct kp_verify_files *files, enum kp_export_kind kind)
{
    for (size_t i = 0; i < files->count; i++) {
        if (is_kind(&files->inputs[i], kind) ||
            (kind == KP_EXPORT_AGREEMENT && !files->inputs[i].is_export)) {
            return true;
        }
    }
    return false;
}

/* ---- checking ---- */

/* All papers, from exports and files. Names of those in an export are its path: the rules name the
 * version or decision besides. */
static size_t gather(const struct kp_verify_files *files, struct kp_verify_paper *papers)
{
    size_t count = 0;
    for (size_t i = 0; i < files->count; i++) {
        const struct kp_verify_input *input = &files->inputs[i];
        if (!input->is_export) {
            papers[count++] =
                (struct kp_verify_paper){input->path, input->paper.data, input->paper.size};
        }
        for (size_t k = 0; k < input->export.count; k++) {
            const struct kp_buffer *content = &input->export.items[k].content;
            if (input->export.items[k].kind == KP_EXPORT_PAPER) {
                papers[count++] =
                    (struct kp_verify_paper){input->path, content->data, content->size};
            }
        }
    }
    return count;
}

static size_t count_papers(const struct kp_verify_files *files)
{
    size_t count = files->count;
    for (size_t i = 0; i < files->count; i++) {
        const struct kp_verify_export *export = &files->inputs[i].export;
        for (size_t k = 0; k < export->count; k++) {
            count += export->items[k].kind == KP_EXPORT_PAPER ? 1 : 0;
        }
    }
    return count;
}

/* The same paper from two members is one paper. */
static size_t once(struct kp_verify_paper *papers, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool again = false;
        for (size_t k = 0; k < kept && !again; k++) {
            again = papers[k].size == papers[i].size &&
                    memcmp(papers[k].bytes, papers[i].bytes, papers[i].size) == 0;
        }
        if (!again) {
            papers[kept++] = papers[i];
        }
    }
    return kept;
}

static bool has_twice(const struct kp_verify_export *export)
{
    for (size_t i = 0; i < export->count; i++) {
        for (size_t k = 0; k < i; k++) {
            const struct kp_buffer *one = &export->items[i].content;
            const struct kp_buffer *other = &export->items[k].content;
            if (one->size == other->size && memcmp(one->data, other->data, one->size) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* What a file says beside its papers. */
static void check_exports(struct kp_verify_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct kp_verify_input *one = &files->inputs[i];
        if (!is_kind(one, KP_EXPORT_AGREEMENT)) {
            continue;
        }
        if (!files->agreement.any ||
            memcmp(one->export.header.lineage, files->agreement.lineage, KP_DIGEST_BYTES) != 0) {
            kp_findings_broken(&files->findings, "agreement.export", one->path,
                               "its header names another lineage than its papers are of");
        }
        if (has_twice(&one->export)) {
            kp_findings_broken(&files->findings, "agreement.export", one->path,
                               "a paper stands in it twice");
        }
    }
    kp_findings_close(&files->findings, "agreement.export",
                      "exports name the lineage of their papers, and hold each once");
}

static enum kp_status check_agreement(struct kp_verify_files *files, struct kp_error *error)
{
    struct kp_verify_paper *papers = calloc(count_papers(files) + 1, sizeof(*papers));
    if (papers == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the papers");
    }
    struct kp_verify_agreement input = {.papers = papers,
                                        .count = once(papers, gather(files, papers)),
                                        .hash = files->hash,
                                        .now = files->at,
                                        .proposals = true};
    enum kp_status status =
        input.count <= KP_VERIFY_PAPERS_MAX
            ? kp_verify_agreement(&input, &files->findings, &files->agreement, error)
            : kp_fail(error, KP_REFUSED, "more than %u papers", (unsigned)KP_VERIFY_PAPERS_MAX);
    free(papers);
    check_exports(files);
    return status;
}

static enum kp_status check_evidence(const struct kp_verify_files *files,
                                     struct kp_verify_input *input, struct kp_error *error)
{
    input->evidence = calloc(1, sizeof(*input->evidence));
    return input->evidence != NULL
               ? kp_verify_evidence_check(&files->versions, &input->export, &input->report,
                                          input->evidence, error)
               : kp_fail(error, KP_FAILED, "no memory to verify evidence");
}

static enum kp_status check_verdict(const struct kp_verify_files *files,
                                    struct kp_verify_input *input, struct kp_error *error)
{
    input->fault = calloc(1, sizeof(*input->fault));
    return input->fault != NULL
               ? kp_verify_fault_check(&files->versions, &input->export, &files->receipts,
                                       &input->report, input->fault, error)
               : kp_fail(error, KP_FAILED, "no memory to verify a verdict");
}

static enum kp_status check_input(const struct kp_verify_files *files,
                                  struct kp_verify_input *input, struct kp_error *error)
{
    if (is_kind(input, KP_EXPORT_LOG)) {
        return kp_verify_log_check(&files->versions, &input->export, &input->report, &input->log,
                                   error);
    }
    if (is_kind(input, KP_EXPORT_ROUND)) {
        return kp_verify_round_check(&files->versions, &input->export, &input->report,
                                     &input->round, error);
    }
    if (is_kind(input, KP_EXPORT_VERDICT)) {
        return check_verdict(files, input, error);
    }
    return is_kind(input, KP_EXPORT_EVIDENCE) ? check_evidence(files, input, error) : KP_OK;
}

/* Before all others, for a verdict is held against them. */
static enum kp_status check_receipts(struct kp_verify_files *files, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < files->count; i++) {
        struct kp_verify_input *input = &files->inputs[i];
        if (is_kind(input, KP_EXPORT_RECEIPTS)) {
            status = kp_verify_receipts_check(&files->versions, &input->export, &input->report,
                                              &files->receipts, error);
        }
    }
    return status;
}

static enum kp_status check_across(struct kp_verify_files *files, struct kp_error *error)
{
    struct kp_verify_file *all = calloc(files->count + 1, sizeof(*all));
    if (all == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to compare the files");
    }
    for (size_t i = 0; i < files->count; i++) {
        const struct kp_verify_input *input = &files->inputs[i];
        all[i] = (struct kp_verify_file){input->path, input->log, input->round};
    }
    kp_verify_across(all, files->count, &files->across);
    free(all);
    return KP_OK;
}

enum kp_status kp_verify_files_check(struct kp_verify_files *files, struct kp_error *error)
{
    enum kp_status status = check_agreement(files, error);
    if (status == KP_OK) {
        status = check_receipts(files, error);
    }
    for (size_t i = 0; status == KP_OK && i < files->count; i++) {
        status = check_input(files, &files->inputs[i], error);
    }
    return status == KP_OK ? check_across(files, error) : status;
}

size_t kp_verify_files_broken(const struct kp_verify_files *files)
{
    size_t broken = files->findings.broken + kp_report_count(&files->across, KP_VERDICT_BROKEN);
    for (size_t i = 0; i < files->count; i++) {
        broken += kp_report_count(&files->inputs[i].report, KP_VERDICT_BROKEN);
    }
    return broken;
}

size_t kp_verify_files_unproven(const struct kp_verify_files *files)
{
    size_t unproven = 0;
    for (size_t i = 0; i < files->count; i++) {
        const struct kp_verify_input *input = &files->inputs[i];
        unproven += (is_kind(input, KP_EXPORT_EVIDENCE) || is_kind(input, KP_EXPORT_VERDICT)) &&
                    kp_report_count(&input->report, KP_VERDICT_OK) != input->report.count;
    }
    return unproven;
}

uint64_t kp_verify_files_when(const struct kp_verify_files *files)
{
    uint64_t latest = 0;
    for (size_t i = 0; i < files->count; i++) {
        const struct kp_verify_export *export = &files->inputs[i].export;
        for (size_t k = 0; export->header.kind >= KP_EXPORT_EVIDENCE && k < export->count; k++) {
            const struct kp_buffer *content = &export->items[k].content;
            struct kp_round_message message = {0};
            struct kp_ready ready = {0};
            if (export->items[k].kind == KP_EXPORT_READY &&
                kp_round_message_unpack(&message, content->data, content->size, NULL) == KP_OK &&
                kp_ready_unpack(&ready, &message.body, NULL) == KP_OK &&
                ready.time / 1000 > latest) {
                latest = ready.time / 1000;
            }
            kp_round_message_free(&message);
        }
    }
    return latest;
}

void kp_verify_files_free(struct kp_verify_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        struct kp_verify_input *input = &files->inputs[i];
        kp_verify_log_free(input->log);
        kp_verify_round_free(input->round);
        free(input->evidence);
        free(input->fault);
        kp_verify_export_free(&input->export);
        kp_buffer_free(&input->paper);
    }
    free(files->inputs);
    kp_verify_receipts_free(&files->receipts);
    kp_verify_versions_free(&files->versions);
    kp_findings_free(&files->findings);
}
