#include "coordinator/leader_evidence.h"

#include "crypto/secret.h"
#include "proto/proof.h"

#include <sodium.h>
#include <string.h>

/* ---- partial openings and log entries ---- */

static enum kp_status add_opening(struct kp_proof_file *file, uint32_t holder,
                                  const struct kp_proof_opening *opening, struct kp_error *error)
{
    struct kp_buffer packed = {0};
    enum kp_status status = kp_proof_opening_pack(opening, &packed, error);
    if (status == KP_OK) {
        status =
            kp_proof_file_add(file, KP_EXPORT_OPENING, 0, holder, packed.data, packed.size, error);
    }
    kp_buffer_free(&packed);
    return status;
}

static enum kp_status add_own_opening(const struct kp_leader_opened *opened,
                                      struct kp_proof_file *file, struct kp_error *error)
{
    struct kp_proof_opening opening = {.entry = opened->act.entry,
                                       .index = opened->index,
                                       .count = (uint32_t)kp_act_count(&opened->act)};
    enum kp_status status = kp_act_path(&opened->act, opened->index, &opening.path, error);
    if (status == KP_OK) {
        status = add_opening(file, kp_opening_holder(opened->round.opening), &opening, error);
    }
    kp_buffer_free(&opening.path);
    return status;
}

static enum kp_status add_other_opening(const struct kp_leader_opened *opened,
                                        struct kp_proof_file *file, struct kp_error *error)
{
    const struct kp_partials *letter = NULL;
    const struct kp_partial_match *given =
        kp_other_act_find(&opened->other, opened->round.match->number, &letter);
    if (given == NULL) {
        return kp_fail(error, KP_REFUSED, "the other holder gave no partial openings of it");
    }
    struct kp_proof_opening opening = {
        .entry = letter->entry, .index = given->index, .count = letter->count};
    enum kp_status status = KP_OK;
    if (given->path_size > 0 &&
        kp_buffer_set(&opening.path, given->path, given->path_size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a path");
    }
    if (status == KP_OK) {
        status = add_opening(file, 3 - kp_opening_holder(opened->round.opening), &opening, error);
    }
    kp_buffer_free(&opening.path);
    return status;
}

/* What the other gave stands in its act as it is, also what isn't right. */
static enum kp_status add_other_partials(const struct kp_leader_opened *opened,
                                         struct kp_proof_file *file, struct kp_error *error)
{
    const struct kp_partials *letter = NULL;
    const struct kp_partial_match *given =
        kp_other_act_find(&opened->other, opened->round.match->number, &letter);
    uint32_t holder = 3 - kp_opening_holder(opened->round.opening);
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; given != NULL && status == KP_OK && i < given->record_count; i++) {
        status = kp_proof_file_add(file, KP_EXPORT_PARTIAL, given->records[i].member, holder,
                                   given->records[i].partial, KP_PARTIAL_BYTES, error);
    }
    return status;
}

enum kp_status kp_leader_evidence_other(const struct kp_leader_opened *opened,
                                        struct kp_proof_file *file, struct kp_error *error)
{
    enum kp_status status = add_other_opening(opened, file, error);
    return status == KP_OK ? add_other_partials(opened, file, error) : status;
}

enum kp_status kp_leader_evidence_openings(const struct kp_leader_opened *opened,
                                           struct kp_proof_file *file, struct kp_error *error)
{
    const struct kp_opened_match *match = opened->round.match;
    uint32_t holder = kp_opening_holder(opened->round.opening);
    enum kp_status status = add_own_opening(opened, file, error);
    for (uint32_t i = 0; status == KP_OK && i < match->record_count; i++) {
        const struct kp_opened_record *record = &match->records[i];
        const uint8_t *partial = record->partial[holder - 1];
        if (!sodium_is_zero(partial, KP_PARTIAL_BYTES)) {
            status = kp_proof_file_add(file, KP_EXPORT_PARTIAL, record->member, holder, partial,
                                       KP_PARTIAL_BYTES, error);
        }
    }
    return status == KP_OK && kp_opening_holders(opened->round.opening) > 1
               ? kp_leader_evidence_other(opened, file, error)
               : status;
}

/* ---- the file ---- */

static enum kp_status add_record(const struct kp_leader_opened *opened,
                                 const struct kp_result_record *from,
                                 const struct kp_opened_record *record, struct kp_proof_file *file,
                                 struct kp_error *error)
{
    struct kp_buffer path = {0};
    enum kp_status status = kp_opening_leaf_path(opened->round.opening, record->member,
                                                 record->content.leaf.index, &path, error);
    if (status == KP_OK) {
        status = kp_proof_file_add_record(file, 0, from, &path, NULL, error);
    }
    kp_buffer_free(&path);
    return status;
}

static enum kp_status fill(const struct kp_leader_opened *opened, bool with_papers,
                           struct kp_proof_file *file, struct kp_error *error)
{
    const struct kp_opened_match *match = opened->round.match;
    struct kp_result_group group;
    enum kp_status status = kp_leader_round_group(&opened->round, match->number, &group, error);
    for (uint32_t i = 0; status == KP_OK && i < match->record_count; i++) {
        if (match->records[i].valid) {
            status = add_record(opened, &group.records[i], &match->records[i], file, error);
        }
    }
    kp_result_group_free(&group);
    if (status == KP_OK) {
        status = kp_leader_evidence_openings(opened, file, error);
    }
    if (status == KP_OK) {
        status = kp_proof_file_add_transcript(file, &opened->round.transcript, error);
    }
    if (status == KP_OK && with_papers) {
        status = kp_proof_file_add_papers(file, opened->leader->dossier, error);
    }
    return status;
}

static enum kp_status log_evidence(const struct kp_leader_opened *opened, struct kp_error *error)
{
    const struct kp_audit_note note = {.event = KP_AUDIT_EVIDENCE_WRITTEN,
                                       .counter = opened->round.round,
                                       .attempt = kp_opening_attempt(opened->round.opening),
                                       .count = opened->round.match->number,
                                       .digest = opened->act.leaves.data +
                                                 (size_t)opened->index * KP_DIGEST_BYTES};
    return kp_leader_audit(opened->leader, &note, error);
}

static enum kp_status make(struct kp_leader_opened *opened, uint32_t number, bool with_papers,
                           struct kp_leader_evidence *evidence, struct kp_error *error)
{
    struct kp_error fault = {0};
    struct kp_opened_match *match = opened->round.match;
    struct kp_proof_file file = {.header = {.kind = KP_EXPORT_EVIDENCE,
                                            .party = opened->leader->party,
                                            .counter = opened->round.round}};
    memcpy(file.header.lineage, opened->round.agreement->lineage, KP_DIGEST_BYTES);
    if (number > opened->round.group_count) {
        return kp_fail(error, KP_USAGE, "round %u has %u matches; there is no number %u",
                       opened->round.round, opened->round.group_count, number);
    }
    enum kp_status status = kp_leader_opened_match(opened, number, &fault, error);
    if (status == KP_OK && !match->shown) {
        status = kp_fail(error, KP_REFUSED,
                         match->canary ? "match %u-%u is a canary: it holds no address"
                                       : "match %u-%u isn't valid in full, so there is no evidence",
                         opened->round.round, number);
    }
    if (status == KP_OK) {
        status = log_evidence(opened, error);
    }
    if (status == KP_OK) {
        status = fill(opened, with_papers, &file, error);
    }
    if (status == KP_OK) {
        status = kp_proof_file_bytes(&file, &evidence->file, error);
    }
    kp_proof_file_free(&file);
    return status;
}

enum kp_status kp_leader_evidence_make(struct kp_leader *leader, uint32_t round, uint32_t number,
                                       bool with_papers, struct kp_leader_evidence *evidence,
                                       struct kp_error *error)
{
    struct kp_leader_opened opened;
    memset(evidence, 0, sizeof(*evidence));
    enum kp_status status = kp_leader_opened_begin(leader, round, false, &opened, error);
    if (status != KP_OK) {
        return status;
    }
    status = make(&opened, number, with_papers, evidence, error);
    const struct kp_opened_match *match = opened.round.match;
    evidence->round = opened.round.round;
    evidence->number = number;
    for (uint32_t i = 0; status == KP_OK && i < match->record_count; i++) {
        evidence->members |= match->records[i].valid ? 1u << (match->records[i].member - 1) : 0;
    }
    if (status == KP_OK) {
        memcpy(evidence->attempt, kp_opening_attempt(opened.round.opening), KP_ATTEMPT_BYTES);
        memcpy(evidence->tag, match->tag, sizeof(evidence->tag));
        memcpy(evidence->address_key, match->address_key, sizeof(evidence->address_key));
    } else {
        kp_leader_evidence_free(evidence);
    }
    kp_leader_opened_end(&opened);
    return status;
}

void kp_leader_evidence_free(struct kp_leader_evidence *evidence)
{
    kp_buffer_free(&evidence->file);
    kp_wipe(evidence, sizeof(*evidence));
}
