/* An export of a round, item by item: which there must be, in which order and of what size. What is
 * wrong here breaks rule round.form (or round.agreement), and nothing else is looked at. */
#include "proto/verify_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void kp_verify_name(char out[static KP_RULING_RECORD], const struct kp_verify_round *round,
                    const char *what, uint32_t member)
{
    if (round->agreement != NULL && member >= 1 && member <= round->members) {
        (void)snprintf(out, KP_RULING_RECORD, "%s of member %u (%s)", what, member,
                       round->agreement->members[member - 1].name);
    } else {
        (void)snprintf(out, KP_RULING_RECORD, "%s", what);
    }
}

uint32_t kp_verify_chunks(uint32_t slots)
{
    return slots / KP_CHUNK_POINTS + (slots % KP_CHUNK_POINTS > 0 ? 1 : 0);
}

uint32_t kp_verify_chunk_size(uint32_t slots, uint32_t number)
{
    uint32_t left = slots - number * KP_CHUNK_POINTS;
    return left < KP_CHUNK_POINTS ? left : KP_CHUNK_POINTS;
}

static struct kp_buffer borrow(const struct kp_export_item *item)
{
    return (struct kp_buffer){.data = item->content.data, .size = item->content.size};
}

/* ---- messages ---- */

static enum kp_status unpack_envelope(struct kp_round_message *message,
                                      const struct kp_buffer *packed, enum kp_message_type type,
                                      uint32_t from, struct kp_error *error)
{
    enum kp_status status = kp_round_message_unpack(message, packed->data, packed->size, error);
    if (status == KP_OK && (message->type != type || message->from != from ||
                            message->to != KP_PARTY_ALL || message->part != 0)) {
        status = kp_fail(error, KP_REFUSED, "it is another message than it stands for");
    }
    return status;
}

static enum kp_status load_start(struct kp_verify_round *round,
                                 const struct kp_verify_versions *versions,
                                 const struct kp_export_item *item, struct kp_report *report,
                                 struct kp_error *error)
{
    round->start = borrow(item);
    enum kp_status status = unpack_envelope(&round->start_message, &round->start, KP_MESSAGE_START,
                                            KP_PARTY_COORDINATOR, error);
    if (status == KP_OK) {
        status = kp_start_unpack(&round->start_body, &round->start_message.body, error);
    }
    if (status != KP_OK) {
        return status;
    }
    round->agreement = kp_verify_versions_find(versions, round->start_body.agreement);
    if (round->agreement == NULL) {
        kp_report_broken(report, KP_ROUND_AGREEMENT, "START",
                         "the version of the agreement that it names isn't among the papers");
        return kp_fail(error, KP_REFUSED, "no agreement");
    }
    round->members = round->agreement->member_count;
    for (uint32_t i = 0; i < round->members; i++) {
        round->slots[i] = kp_agreement_member_slots(round->agreement, i + 1);
    }
    return KP_OK;
}

static enum kp_status load_hello1(struct kp_verify_round *round, const struct kp_export_item *item,
                                  struct kp_error *error)
{
    uint32_t i = item->member - 1;
    round->hello1[i] = borrow(item);
    enum kp_status status = unpack_envelope(&round->hello1_message[i], &round->hello1[i],
                                            KP_MESSAGE_HELLO1, item->member, error);
    return status == KP_OK
               ? kp_hello1_unpack(&round->hello1_body[i], &round->hello1_message[i].body, error)
               : status;
}

static enum kp_status load_hello2(struct kp_verify_round *round, const struct kp_export_item *item,
                                  struct kp_error *error)
{
    uint32_t i = item->member - 1;
    round->hello2[i] = borrow(item);
    enum kp_status status = unpack_envelope(&round->hello2_message[i], &round->hello2[i],
                                            KP_MESSAGE_HELLO2, item->member, error);
    return status == KP_OK
               ? kp_hello2_unpack(&round->hello2_body[i], &round->hello2_message[i].body, error)
               : status;
}

static enum kp_status load_ready(struct kp_verify_round *round, const struct kp_export_item *item,
                                 struct kp_error *error)
{
    uint32_t i = item->member - 1;
    round->ready[i] = borrow(item);
    enum kp_status status = unpack_envelope(&round->ready_message[i], &round->ready[i],
                                            KP_MESSAGE_READY, item->member, error);
    return status == KP_OK
               ? kp_ready_unpack(&round->ready_body[i], &round->ready_message[i].body, error)
               : status;
}

/* ---- lists ---- */

static enum kp_status load_list(struct kp_verify_round *round, const struct kp_export_item *item,
                                struct kp_error *error)
{
    struct kp_verify_list *list = &round->list[item->member - 1];
    uint32_t slots = round->slots[item->member - 1];
    if (item->part >= kp_verify_chunks(slots) || list->have != item->part * KP_CHUNK_POINTS ||
        item->content.size != (size_t)kp_verify_chunk_size(slots, item->part) * KP_POINT_BYTES) {
        return kp_fail(error, KP_REFUSED, "%zu bytes as chunk %u of a list of %u points",
                       item->content.size, item->part, slots);
    }
    if (list->points == NULL) {
        list->points = malloc((size_t)slots * KP_POINT_BYTES);
    }
    if (list->points == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a list");
    }
    memcpy(list->points + (size_t)list->have * KP_POINT_BYTES, item->content.data,
           item->content.size);
    list->have += (uint32_t)(item->content.size / KP_POINT_BYTES);
    return KP_OK;
}

static enum kp_status add_before(struct kp_verify_list *list, uint32_t slots,
                                 const struct kp_buffer *content, size_t count,
                                 struct kp_error *error)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t place = kp_evidence_before_place(content, i);
        if (place >= slots ||
            (list->before_count > 0 && place <= list->before_places[list->before_count - 1])) {
            return kp_fail(error, KP_REFUSED, "place %u isn't one, or isn't in its order", place);
        }
        list->before_places[list->before_count] = place;
        memcpy(list->before_points + (size_t)list->before_count * KP_POINT_BYTES,
               kp_evidence_before_point(content, i), KP_POINT_BYTES);
        list->before_count++;
    }
    return KP_OK;
}

/* Parts come without a gap, and all are full but the last: one list has one form. */
static enum kp_status load_before(struct kp_verify_round *round, const struct kp_export_item *item,
                                  struct kp_error *error)
{
    struct kp_verify_list *list = &round->list[item->member - 1];
    uint32_t slots = round->slots[item->member - 1];
    bool known = false;
    size_t count = 0;
    enum kp_status status = kp_evidence_before_read(&item->content, &known, &count, error);
    if (status != KP_OK) {
        return status;
    }
    if (slots == 0 || round->counter == 1 || list->before_unknown ||
        list->before_count != item->part * KP_EVIDENCE_PLACES || (!known && item->part > 0) ||
        (item->part > 0 && count == 0) || list->before_count + count > slots) {
        return kp_fail(error, KP_REFUSED, "part %u of a list before doesn't belong here",
                       item->part);
    }
    list->has_before = true;
    list->before_unknown = !known;
    if (list->before_places == NULL) {
        list->before_places = malloc((size_t)slots * sizeof(*list->before_places));
        list->before_points = malloc((size_t)slots * KP_POINT_BYTES);
    }
    if (list->before_places == NULL || list->before_points == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a list");
    }
    return add_before(list, slots, &item->content, count, error);
}

static enum kp_status load_evaluation(struct kp_verify_round *round,
                                      const struct kp_export_item *item, struct kp_error *error)
{
    uint32_t i = item->member - 1, slots = round->slots[round->party - 1];
    struct kp_buffer *points = &round->evaluation[i], *proofs = &round->proofs[i];
    if (item->member == round->party || item->part >= kp_verify_chunks(slots) ||
        proofs->size != (size_t)item->part * KP_CHUNK_PROOF_BYTES) {
        return kp_fail(error, KP_REFUSED, "chunk %u of an evaluation doesn't belong here",
                       item->part);
    }
    size_t size = (size_t)kp_verify_chunk_size(slots, item->part) * KP_POINT_BYTES;
    if (item->content.size != size + KP_CHUNK_PROOF_BYTES) {
        return kp_fail(error, KP_REFUSED, "%zu bytes as chunk %u of an evaluation",
                       item->content.size, item->part);
    }
    return kp_buffer_append(points, item->content.data, size) == KP_OK &&
                   kp_buffer_append(proofs, item->content.data + size, KP_CHUNK_PROOF_BYTES) ==
                       KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for an evaluation");
}

/* ---- all ---- */

static enum kp_status load_of_member(struct kp_verify_round *round,
                                     const struct kp_export_item *item, struct kp_error *error)
{
    if (item->member < 1 || item->member > round->members) {
        return kp_fail(error, KP_REFUSED, "there is no member %u", item->member);
    }
    if (item->part > 0 && item->kind < KP_EXPORT_LIST) {
        return kp_fail(error, KP_REFUSED, "it has one part only");
    }
    if (round->party == KP_PARTY_COORDINATOR && item->kind > KP_EXPORT_READY) {
        return kp_fail(error, KP_REFUSED, "the coordinator never has one");
    }
    switch (item->kind) {
    case KP_EXPORT_HELLO1:
        return load_hello1(round, item, error);
    case KP_EXPORT_HELLO2:
        return load_hello2(round, item, error);
    case KP_EXPORT_READY:
        return load_ready(round, item, error);
    case KP_EXPORT_SECRET:
        round->secret[item->member - 1] = borrow(item);
        return kp_hello2_secret_unpack(&round->secret_body[item->member - 1], &item->content,
                                       error);
    case KP_EXPORT_LIST:
        return load_list(round, item, error);
    case KP_EXPORT_LIST_BEFORE:
        return load_before(round, item, error);
    case KP_EXPORT_EVALUATION:
        return load_evaluation(round, item, error);
    case KP_EXPORT_LOG_ENTRY:
    case KP_EXPORT_PAPER:
    case KP_EXPORT_START:
    case KP_EXPORT_RECORD: /* from here on of other kinds of files */
    case KP_EXPORT_PARTIAL:
    case KP_EXPORT_OPENING:
    case KP_EXPORT_RECEIPT:
    case KP_EXPORT_PHASE_LIST:
    case KP_EXPORT_RESULT:
    case KP_EXPORT_FAULT:
    case KP_EXPORT_MESSAGE:
    case KP_EXPORT_GROUP:
    case KP_EXPORT_LETTER:
    case KP_EXPORT_DIGESTS:
    case KP_EXPORT_PICK:
    case KP_EXPORT_ITEM_KINDS:
        break;
    }
    return kp_fail(error, KP_REFUSED, "a round has no such item");
}

static enum kp_status load_item(struct kp_verify_round *round,
                                const struct kp_verify_versions *versions,
                                const struct kp_export_item *item, struct kp_report *report,
                                struct kp_error *error)
{
    if (item->kind == KP_EXPORT_START) {
        return item->member == 0 && item->part == 0
                   ? load_start(round, versions, item, report, error)
                   : kp_fail(error, KP_REFUSED, "START is of the coordinator");
    }
    return round->agreement == NULL ? kp_fail(error, KP_REFUSED, "there is no START before it")
                                    : load_of_member(round, item, error);
}

/* What is missing, in words; NULL: nothing. */
static const char *missing_of(const struct kp_verify_round *round, uint32_t i)
{
    const struct kp_verify_list *list = &round->list[i];
    bool at_member = round->party != KP_PARTY_COORDINATOR;
    uint32_t own = at_member ? round->slots[round->party - 1] : 0;
    if (round->hello1[i].size == 0) {
        return "HELLO 1";
    }
    if (round->hello2[i].size == 0) {
        return "HELLO 2";
    }
    if (round->ready[i].size == 0) {
        return "READY";
    }
    if (at_member && round->secret[i].size == 0) {
        return "secret part of HELLO 2";
    }
    if (at_member && list->have != round->slots[i]) {
        return "list";
    }
    if (at_member && round->counter > 1 && round->slots[i] > 0 && !list->has_before) {
        return "list before";
    }
    if (at_member && i + 1 != round->party &&
        round->proofs[i].size != (size_t)kp_verify_chunks(own) * KP_CHUNK_PROOF_BYTES) {
        return "evaluation";
    }
    return NULL;
}

static enum kp_status check_whole(const struct kp_verify_round *round, struct kp_report *report)
{
    char name[KP_RULING_RECORD];
    if (round->agreement == NULL) {
        kp_report_broken(report, KP_ROUND_FORM, "START", "it is missing");
        return KP_REFUSED;
    }
    for (uint32_t i = 0; i < round->members; i++) {
        const char *what = missing_of(round, i);
        if (what != NULL) {
            kp_verify_name(name, round, what, i + 1);
            kp_report_broken(report, KP_ROUND_FORM, name, "it is missing, or not whole");
            return KP_REFUSED;
        }
    }
    return KP_OK;
}

static enum kp_status check_header(struct kp_verify_round *round,
                                   const struct kp_verify_versions *versions,
                                   const struct kp_export_header *header, struct kp_report *report)
{
    const uint8_t *lineage = kp_verify_lineage(versions);
    if (header->kind != KP_EXPORT_ROUND || header->has_digest || header->counter == 0 ||
        header->party > KP_MEMBERS_MAX) {
        kp_report_broken(report, KP_ROUND_FORM, "header", "it isn't that of a round");
        return KP_REFUSED;
    }
    if (lineage == NULL || memcmp(lineage, header->lineage, KP_DIGEST_BYTES) != 0) {
        kp_report_broken(report, KP_ROUND_AGREEMENT, "header",
                         "it is of another lineage than the agreement");
        return KP_REFUSED;
    }
    round->versions = versions;
    round->party = header->party;
    round->counter = header->counter;
    return KP_OK;
}

enum kp_status kp_verify_round_load(struct kp_verify_round *round,
                                    const struct kp_verify_versions *versions,
                                    const struct kp_verify_export *export, struct kp_report *report,
                                    struct kp_error *error)
{
    uint8_t before[KP_EVIDENCE_KEY_BYTES] = {0}, key[KP_EVIDENCE_KEY_BYTES];
    enum kp_status status = check_header(round, versions, &export->header, report);
    for (size_t i = 0; status == KP_OK && i < export->count; i++) {
        const struct kp_export_item *item = &export->items[i];
        struct kp_error why = {0};
        kp_evidence_key(key, item->kind, item->member, item->part);
        status = memcmp(key, before, sizeof(key)) > 0
                     ? load_item(round, versions, item, report, &why)
                     : kp_fail(&why, KP_REFUSED, "it doesn't stand in its order");
        memcpy(before, key, sizeof(key));
        if (status == KP_OK && round->agreement != NULL && round->party > round->members) {
            status = kp_fail(&why, KP_REFUSED, "the file would be of member %u of %u", round->party,
                             round->members);
        }
        if (status == KP_FAILED) {
            return kp_fail(error, KP_FAILED, "%s", why.text);
        }
        if (status != KP_OK && report->rulings[KP_ROUND_AGREEMENT].verdict != KP_VERDICT_BROKEN) {
            char name[KP_RULING_RECORD], record[KP_RULING_RECORD];
            kp_verify_name(name, round, kp_evidence_name(item->kind), item->member);
            (void)snprintf(record, sizeof(record), "item %zu, %.120s", i + 1, name);
            kp_report_broken(report, KP_ROUND_FORM, record, "%.250s", why.text);
        }
    }
    if (status == KP_OK) {
        status = check_whole(round, report);
    }
    if (status == KP_OK) {
        kp_report_ok(report, KP_ROUND_FORM);
        kp_report_ok(report, KP_ROUND_AGREEMENT);
    }
    return status;
}
