#include "coordinator/leader_faults.h"

#include "coordinator/leader_canaries.h"
#include "coordinator/leader_evidence.h"
#include "coordinator/proof_file.h"
#include "coordinator/result_item.h"
#include "crypto/secret.h"

#include <stdio.h>
#include <string.h>

/* What a verdict of the match at hand is made from. */
struct making {
    struct kp_leader_opened *opened;
    const struct kp_result_group *group;
    struct kp_proof_file file;
};

static struct kp_opened_match *match_of(const struct making *making)
{
    return making->opened->round.match;
}

/* Shares under the tag: what the others' records are shown for. */
static bool has_share(const struct kp_opened_record *record)
{
    return record->kind != KP_FAULT_SHARE && record->kind != KP_FAULT_RESULTS;
}

/* RECORD of the one with this index, with its slot's leaf where it is said to be another one. */
static enum kp_status add_record(struct making *making, uint32_t index, bool leaf,
                                 struct kp_error *error)
{
    const struct kp_opened_record *record = &match_of(making)->records[index];
    const struct kp_opening *opening = making->opened->round.opening;
    struct kp_buffer path = {0};
    uint8_t digest[KP_DIGEST_BYTES];
    enum kp_status status = KP_OK;
    leaf = leaf && kp_opening_leaf(opening, record->member, record->leaf_index, digest);
    if (leaf) {
        status = kp_opening_leaf_path(opening, record->member, record->leaf_index, &path, error);
    }
    if (status == KP_OK) {
        status = kp_proof_file_add_record(&making->file, 0, &making->group->records[index],
                                          leaf ? &path : NULL, leaf ? digest : NULL, error);
    }
    kp_buffer_free(&path);
    return status;
}

/* The one it is about, and others until there are shares of t. */
static enum kp_status add_records(struct making *making, uint32_t index, bool leaf,
                                  struct kp_error *error)
{
    const struct kp_opened_match *match = match_of(making);
    uint32_t wanted = making->opened->round.agreement->threshold, shares = 1;
    enum kp_status status = add_record(making, index, leaf, error);
    for (uint32_t i = 0; status == KP_OK && i < match->record_count && shares < wanted; i++) {
        if (i != index && has_share(&match->records[i])) {
            status = add_record(making, i, false, error);
            shares++;
        }
    }
    return status;
}

static enum kp_status add_partials(struct making *making, uint32_t index, struct kp_error *error)
{
    const struct kp_opened_record *record = &match_of(making)->records[index];
    enum kp_status status = KP_OK;
    for (uint32_t h = 1; status == KP_OK && h <= kp_opening_holders(making->opened->round.opening);
         h++) {
        status = kp_proof_file_add(&making->file, KP_EXPORT_PARTIAL, record->member, h,
                                   record->partial[h - 1], KP_PARTIAL_BYTES, error);
    }
    return status;
}

static bool is_given(const struct kp_partial_match *given, uint32_t member)
{
    for (uint32_t i = 0; i < given->record_count; i++) {
        if (given->records[i].member == member) {
            return true;
        }
    }
    return false;
}

/* All that the holder's act has of this match, its log entry, and the records that it is about. */
static enum kp_status add_act(struct making *making, struct kp_error *error)
{
    const struct kp_opened_match *match = match_of(making);
    const struct kp_partials *letter = NULL;
    const struct kp_partial_match *given =
        kp_other_act_find(&making->opened->other, match->number, &letter);
    enum kp_status status = KP_OK;
    if (given == NULL) {
        return kp_fail(error, KP_FAILED, "what was found to be false isn't there");
    }
    status = kp_leader_evidence_other(making->opened, &making->file, error);
    for (uint32_t i = 0; status == KP_OK && i < match->record_count; i++) {
        if (is_given(given, match->records[i].member)) {
            status = add_record(making, i, false, error);
        }
    }
    return status;
}

static enum kp_status add_verdict(struct making *making, uint32_t index, uint32_t holder,
                                  struct kp_error *error)
{
    const struct kp_opened_record *record = &match_of(making)->records[index];
    struct kp_buffer packed = {0};
    struct kp_proof_verdict verdict = {.kind = record->kind,
                                       .counter = making->opened->round.round};
    memcpy(verdict.attempt, kp_opening_attempt(making->opened->round.opening), KP_ATTEMPT_BYTES);
    if (record->kind == KP_FAULT_PARTIAL) {
        verdict.holder = holder;
        verdict.about = record->member;
    } else {
        verdict.members = 1u << (record->member - 1);
        verdict.position = making->group->records[index].position;
    }
    enum kp_status status = kp_proof_verdict_pack(&verdict, &packed, error);
    if (status == KP_OK) {
        status = kp_proof_file_add(&making->file, KP_EXPORT_FAULT, 0, 0, packed.data, packed.size,
                                   error);
    }
    kp_buffer_free(&packed);
    return status;
}

/* Whether a verdict about this record may be made, and can. */
static bool can_prove(const struct kp_opened_match *match, const struct kp_opened_record *record)
{
    switch ((int)record->kind) {
    case KP_FAULT_SHARE:
    case KP_FAULT_PARTIAL:
        return true;
    case KP_FAULT_OUTER:
    case KP_FAULT_SEAL:
        return match->checked;
    case KP_FAULT_CONTENT:
        return match->shown || match->canary || !record->opened;
    case KP_FAULT_RESULTS:
        return !record->no_leaves;
    default:
        return false;
    }
}

/* No party: who wrote it, nobody can check. */
static void begin_file(struct making *making)
{
    const struct kp_leader_round *round = &making->opened->round;
    making->file =
        (struct kp_proof_file){.header = {.kind = KP_EXPORT_VERDICT, .counter = round->round}};
    memcpy(making->file.header.lineage, round->agreement->lineage, KP_DIGEST_BYTES);
}

static enum kp_status end_file(struct making *making, struct kp_leader_fault *fault,
                               enum kp_status status, struct kp_error *error)
{
    if (status == KP_OK) {
        status =
            kp_proof_file_add_transcript(&making->file, &making->opened->round.transcript, error);
    }
    if (status == KP_OK) {
        status = kp_proof_file_add_papers(&making->file, making->opened->leader->dossier, error);
    }
    if (status == KP_OK) {
        status = kp_proof_file_bytes(&making->file, &fault->file, error);
    }
    kp_proof_file_free(&making->file);
    return status;
}

/* What the coordinator signed in RESULT, as it stands there. */
static enum kp_status make_file_of_results(struct making *making, struct kp_leader_fault *fault,
                                           struct kp_error *error)
{
    begin_file(making);
    enum kp_status status =
        kp_result_item_add_verdict(&making->opened->round, &making->file, fault->number - 1, error);
    return end_file(making, fault, status, error);
}

static enum kp_status make_file(struct making *making, uint32_t index,
                                struct kp_leader_fault *fault, struct kp_error *error)
{
    const struct kp_opened_record *record = &match_of(making)->records[index];
    if (record->kind == KP_FAULT_RESULTS) {
        return make_file_of_results(making, fault, error);
    }
    begin_file(making);
    enum kp_status status = KP_OK;
    if (record->kind == KP_FAULT_SHARE) {
        status = add_record(making, index, false, error);
    } else if (record->kind == KP_FAULT_PARTIAL) {
        status = add_act(making, error);
    } else {
        status = add_records(making, index, record->other_leaf, error);
        if (status == KP_OK && record->kind == KP_FAULT_CONTENT) {
            status = add_partials(making, index, error);
        }
    }
    if (status == KP_OK) {
        status = add_verdict(making, index, fault->holder, error);
    }
    return end_file(making, fault, status, error);
}

static enum kp_status tell_record(struct making *making, uint32_t index, bool files,
                                  kp_leader_each_fault *each, void *context, struct kp_error *error)
{
    const struct kp_opened_match *match = match_of(making);
    const struct kp_opened_record *record = &match->records[index];
    struct kp_leader_fault fault = {
        .kind = record->kind, .number = match->number, .member = record->member};
    enum kp_status status = KP_OK;
    memcpy(fault.text, record->fault, sizeof(fault.text));
    if (record->kind == KP_FAULT_PARTIAL) {
        fault.holder = 3 - kp_opening_holder(making->opened->round.opening);
    }
    if (files && can_prove(match, record)) {
        status = make_file(making, index, &fault, error);
    }
    if (status == KP_OK) {
        status = each(context, &fault, error);
    }
    kp_buffer_free(&fault.file);
    return status;
}

static enum kp_status tell_match(struct kp_leader_opened *opened, uint32_t number, bool files,
                                 kp_leader_each_fault *each, void *context, struct kp_error *error)
{
    struct kp_result_group group;
    struct kp_leader_fault fault = {.kind = KP_FAULT_RESULTS, .number = number};
    struct making making = {.opened = opened, .group = &group};
    struct kp_error why = {0};
    enum kp_status status = kp_leader_opened_match(opened, number, &why, error);
    if (status != KP_OK) {
        return status;
    }
    if (opened->round.match->record_count == 0) {
        memcpy(fault.text, why.text, sizeof(fault.text));
        status = files ? make_file_of_results(&making, &fault, error) : KP_OK;
        if (status == KP_OK) {
            status = each(context, &fault, error);
        }
        kp_buffer_free(&fault.file);
        return status;
    }
    status = kp_leader_round_group(&opened->round, number, &group, error);
    for (uint32_t i = 0; status == KP_OK && i < opened->round.match->record_count; i++) {
        if (!opened->round.match->records[i].valid) {
            status = tell_record(&making, i, files, each, context, error);
        }
    }
    kp_result_group_free(&group);
    return status;
}

/* Two holders, and what the coordinator signed as the results for each. */
static enum kp_status tell_results(struct kp_leader_opened *opened, bool files,
                                   kp_leader_each_fault *each, void *context,
                                   struct kp_error *error)
{
    const struct kp_buffer *other = kp_other_act_other_result(&opened->other, &opened->round);
    struct kp_leader_fault fault = {.kind = KP_FAULT_RESULTS};
    struct making making = {.opened = opened};
    enum kp_status status = KP_OK;
    if (other == NULL) {
        return KP_OK;
    }
    (void)snprintf(fault.text, sizeof(fault.text),
                   "the coordinator signed other results of this round for the other holder; names "
                   "the coordinator");
    if (files) {
        begin_file(&making);
        status = kp_result_item_add_two(&opened->round, &making.file, other, error);
        status = end_file(&making, &fault, status, error);
    }
    if (status == KP_OK) {
        status = each(context, &fault, error);
    }
    kp_buffer_free(&fault.file);
    return status;
}

enum kp_status kp_leader_faults(struct kp_leader_opened *opened, bool files,
                                kp_leader_each_fault *each, void *context, struct kp_error *error)
{
    enum kp_status status = tell_results(opened, files, each, context, error);
    for (uint32_t number = 1; status == KP_OK && number <= opened->round.group_count; number++) {
        status = tell_match(opened, number, files, each, context, error);
    }
    return status == KP_OK ? kp_leader_canaries_faults(opened, files, each, context, error)
                           : status;
}
