/* The verdict about a canary that is missing: what all of its members signed, and what the
 * coordinator signed, where it isn't. */
#include "coordinator/leader_canaries.h"
#include "coordinator/result_item.h"
#include "coordinator/results.h"
#include "proto/canary_groups.h"
#include "proto/canary_notice.h"
#include "proto/proof.h"

#include <stdio.h>
#include <string.h>

/* ---- neighbours of the gap ---- */

/* The first item behind the groups is the list of the first phase. */
static enum kp_status add_behind(const struct kp_leader_round *round, struct kp_proof_file *file,
                                 uint32_t part, struct kp_error *error)
{
    uint8_t packed[KP_RESULT_KEY_BYTES];
    for (uint32_t phase = 0; phase < KP_PHASES; phase++) {
        const struct kp_buffer *list = &round->reader.lists[phase];
        if (list->size > 0) {
            const struct kp_result_key key = {
                .round = round->round, .kind = KP_RESULT_PHASE_LIST, .index = phase};
            kp_result_key_pack(packed, &key);
            return kp_result_item_add(round, file, part, round->reader.before + round->group_count,
                                      packed, sizeof(packed), list, error);
        }
    }
    return KP_OK; /* nothing: the groups are the last items */
}

/* How the tag of a group compares with this one. */
static enum kp_status compare(const struct kp_leader_round *round, uint32_t group,
                              const uint8_t *tag, int *order, struct kp_error *error)
{
    struct kp_result_group content;
    enum kp_status status = kp_leader_round_group(round, group + 1, &content, error);
    *order = status == KP_OK ? memcmp(content.tag, tag, KP_DIGEST_BYTES) : 0;
    kp_result_group_free(&content);
    return status;
}

/* Two items between which it should be; or the one that has it, without all of its members. */
static enum kp_status add_gap(const struct kp_leader_round *round, struct kp_proof_file *file,
                              const uint8_t *tag, struct kp_error *error)
{
    uint32_t group = 0;
    int order = -1;
    enum kp_status status = KP_OK;
    while (status == KP_OK && group < round->group_count) {
        status = compare(round, group, tag, &order, error);
        if (status != KP_OK || order >= 0) {
            break;
        }
        group++;
    }
    if (status == KP_OK && order == 0) {
        return kp_result_item_add_group(round, file, 0, group, error);
    }
    if (status == KP_OK && group > 0) {
        status = kp_result_item_add_group(round, file, 0, group - 1, error);
    } else if (status == KP_OK) {
        const struct kp_result_reader *reader = &round->reader;
        status = kp_result_item_add(round, file, 0, reader->before - 1, reader->before_key.data,
                                    reader->before_key.size, &reader->before_value, error);
    }
    if (status != KP_OK) {
        return status;
    }
    return group < round->group_count ? kp_result_item_add_group(round, file, 1, group, error)
                                      : add_behind(round, file, 1, error);
}

/* ---- what was signed ---- */

static enum kp_status add_letters(const struct kp_leader_canaries *canaries,
                                  const struct kp_agreement *agreement,
                                  const struct kp_canary_finding *finding,
                                  struct kp_proof_file *file, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 1; status == KP_OK && i <= agreement->member_count; i++) {
        if ((finding->members >> (i - 1) & 1) == 0) {
            continue;
        }
        uint32_t item = kp_canary_item_number(agreement, i, finding->group, finding->number);
        const struct kp_buffer *letter =
            kp_leader_canaries_letter(canaries, i, item / KP_CANARY_NOTICE_ITEMS);
        status = letter != NULL ? kp_proof_file_add(file, KP_EXPORT_LETTER, i, 0, letter->data,
                                                    letter->size, error)
                                : kp_fail(error, KP_REFUSED, "a notice isn't there any more");
    }
    return status;
}

static enum kp_status add_verdict(const struct kp_leader_round *round, struct kp_proof_file *file,
                                  struct kp_error *error)
{
    struct kp_proof_verdict verdict = {
        .kind = KP_FAULT_CANARY, .counter = round->round, .coordinator = true};
    struct kp_buffer packed = {0};
    memcpy(verdict.attempt, kp_opening_attempt(round->opening), KP_ATTEMPT_BYTES);
    enum kp_status status = kp_proof_verdict_pack(&verdict, &packed, error);
    if (status == KP_OK) {
        status = kp_proof_file_add(file, KP_EXPORT_FAULT, 0, 0, packed.data, packed.size, error);
    }
    kp_buffer_free(&packed);
    return status;
}

enum kp_status kp_canary_verdict(const struct kp_leader_opened *opened,
                                 const struct kp_leader_canaries *canaries,
                                 const struct kp_canary_finding *finding,
                                 struct kp_proof_file *file, struct kp_error *error)
{
    const struct kp_leader_round *round = &opened->round;
    const struct kp_buffer *list = &round->reader.lists[KP_PHASE_RELEASE];
    const struct kp_buffer *result = &round->reader.packed;
    memset(file, 0, sizeof(*file));
    file->header.kind = KP_EXPORT_VERDICT;
    file->header.party =
        KP_PARTY_COORDINATOR; /* as in all verdicts: it says nothing of who wrote it */
    file->header.counter = round->round;
    memcpy(file->header.lineage, round->agreement->lineage, KP_DIGEST_BYTES);
    if (finding->state != KP_CANARY_MISSING) {
        return kp_fail(error, KP_USAGE, "nobody is proven to have left out this canary");
    }
    enum kp_status status = kp_proof_file_add_transcript(file, &round->transcript, error);
    if (status == KP_OK) {
        status = kp_proof_file_add(file, KP_EXPORT_PHASE_LIST, 0, KP_PHASE_RELEASE, list->data,
                                   list->size, error);
    }
    if (status == KP_OK) {
        status = kp_proof_file_add(file, KP_EXPORT_RESULT, 0, 0, result->data, result->size, error);
    }
    if (status == KP_OK) {
        status = add_gap(round, file, finding->tag, error);
    }
    if (status == KP_OK) {
        status = add_letters(canaries, round->agreement, finding, file, error);
    }
    return status == KP_OK ? add_verdict(round, file, error) : status;
}

/* ---- as faults ---- */

static enum kp_status tell(struct kp_leader_opened *opened,
                           const struct kp_leader_canaries *canaries,
                           const struct kp_canary_finding *finding, bool files,
                           kp_leader_each_fault *each, void *context, struct kp_error *error)
{
    char text[KP_CANARY_FINDING_TEXT];
    struct kp_proof_file file = {0};
    struct kp_leader_fault fault = {.kind = finding->state == KP_CANARY_MISSING ? KP_FAULT_CANARY
                                                                                : KP_FAULT_NONE};
    enum kp_status status = KP_OK;
    kp_canary_finding_text(text, opened->round.agreement, finding);
    (void)snprintf(fault.text, sizeof(fault.text), "%.*s", (int)sizeof(fault.text) - 1, text);
    if (files && finding->state == KP_CANARY_MISSING) {
        status = kp_canary_verdict(opened, canaries, finding, &file, error);
        if (status == KP_OK) {
            status = kp_proof_file_add_papers(&file, opened->leader->dossier, error);
        }
        if (status == KP_OK) {
            status = kp_proof_file_bytes(&file, &fault.file, error);
        }
    }
    if (status == KP_OK) {
        status = each(context, &fault, error);
    }
    kp_proof_file_free(&file);
    kp_buffer_free(&fault.file);
    return status;
}

enum kp_status kp_leader_canaries_faults(struct kp_leader_opened *opened, bool files,
                                         kp_leader_each_fault *each, void *context,
                                         struct kp_error *error)
{
    struct kp_leader_canaries canaries;
    if (kp_canary_group_count(opened->round.agreement) == 0 ||
        opened->leader->party != KP_PARTY_LEADER) {
        return KP_OK;
    }
    enum kp_status status = kp_leader_canaries_begin(opened, &canaries, error);
    if (status != KP_OK) {
        return status;
    }
    for (uint32_t i = 0; status == KP_OK && i < kp_canary_audit_count(canaries.audit); i++) {
        struct kp_canary_finding finding;
        kp_canary_audit_finding(canaries.audit, i, &finding);
        if (finding.state != KP_CANARY_FOUND) {
            status = tell(opened, &canaries, &finding, files, each, context, error);
        }
    }
    kp_leader_canaries_end(&canaries);
    return status;
}
