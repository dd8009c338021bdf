#include "proto/control_internal.h"
#include "proto/protobuf.h"

#include <stdlib.h>
#include <string.h>

enum kp_status kp_import_done_refuse(struct kp_import_done *done, uint32_t number,
                                     const char *reason)
{
    struct kp_refused_signal *refused =
        realloc(done->refused, (done->refused_count + 1) * sizeof(*refused));
    if (refused == NULL) {
        return KP_FAILED;
    }
    done->refused = refused;
    struct kp_refused_signal *last = &refused[done->refused_count++];
    memset(last, 0, sizeof(*last));
    last->number = number;
    kp_protobuf_copy_remark(last->reason, sizeof(last->reason), reason);
    return KP_OK;
}

static enum kp_status pack_import_done(const struct kp_import_done *done, bool withdrawn,
                                       Kruispunt__ControlResponse *packed, struct kp_buffer *out,
                                       struct kp_error *error)
{
    Kruispunt__ImportDone import = KRUISPUNT__IMPORT_DONE__INIT;
    import.added = done->added;
    import.known = done->known;
    import.unregistered_indicator = done->unregistered_indicator;
    import.outside_area = done->outside_area;
    import.other_purpose = done->other_purpose;
    import.past_date = done->past_date;
    Kruispunt__RefusedSignal *items = calloc(done->refused_count + 1, sizeof(*items));
    import.refused = calloc(done->refused_count + 1, sizeof(import.refused[0]));
    enum kp_status status = KP_OK;
    if (items == NULL || import.refused == NULL) {
        status = kp_fail(error, KP_FAILED, "no memory for an answer");
    }
    for (size_t i = 0; status == KP_OK && i < done->refused_count; i++) {
        kruispunt__refused_signal__init(&items[i]);
        items[i].number = done->refused[i].number;
        items[i].reason = kp_protobuf_text(done->refused[i].reason);
        import.refused[import.n_refused++] = &items[i];
    }
    if (status == KP_OK) {
        packed->body_case = withdrawn ? KRUISPUNT__CONTROL_RESPONSE__BODY_WITHDRAW_DONE
                                      : KRUISPUNT__CONTROL_RESPONSE__BODY_IMPORT_DONE;
        packed->import_done = &import; /* a union: both have this type */
        status = kp_protobuf_pack(&packed->base, out, error);
    }
    free(items);
    free(import.refused);
    return status;
}

static enum kp_status copy_import_done(struct kp_import_done *done,
                                       const Kruispunt__ImportDone *packed, struct kp_error *error)
{
    done->added = packed->added;
    done->known = packed->known;
    done->unregistered_indicator = packed->unregistered_indicator;
    done->outside_area = packed->outside_area;
    done->other_purpose = packed->other_purpose;
    done->past_date = packed->past_date;
    if (packed->n_refused > KP_IMPORT_BATCH) {
        return kp_fail(error, KP_REFUSED, "%zu signals refused at once", packed->n_refused);
    }
    for (size_t i = 0; i < packed->n_refused; i++) {
        const Kruispunt__RefusedSignal *refused = packed->refused[i];
        if (kp_import_done_refuse(done, refused->number, refused->reason) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for an answer");
        }
    }
    return KP_OK;
}

static enum kp_status pack_node_status(const struct kp_node_status *node,
                                       Kruispunt__ControlResponse *packed, struct kp_buffer *out,
                                       struct kp_error *error)
{
    Kruispunt__NodeStatus status;
    Kruispunt__MemberQuota items[KP_MEMBERS_MAX];
    Kruispunt__MemberQuota *pointers[KP_MEMBERS_MAX];
    Kruispunt__Canonicalisation made_by;
    kruispunt__node_status__init(&status);
    for (uint32_t i = 0; i < node->quota_count; i++) {
        kruispunt__member_quota__init(&items[i]);
        items[i].name = kp_protobuf_text(node->quotas[i].name);
        items[i].counter = node->quotas[i].counter;
        items[i].charged = node->quotas[i].charged;
        items[i].limit = node->quotas[i].limit;
        pointers[i] = &items[i];
    }
    status.n_quotas = node->quota_count;
    status.quotas = pointers;
    status.name = kp_protobuf_text(node->name);
    status.agreement = kp_protobuf_bytes(node->agreement, KP_DIGEST_BYTES);
    status.project = kp_protobuf_text(node->project);
    status.connected = node->connected;
    status.link_error = kp_protobuf_text(node->link_error);
    status.signals = node->signals;
    status.addresses = node->addresses;
    status.eligible = node->eligible;
    status.slots = node->slots;
    status.slots_used = node->slots_used;
    status.waiting = node->waiting;
    status.unregistered_indicator = node->unregistered_indicator;
    status.outside_area = node->outside_area;
    status.other_purpose = node->other_purpose;
    status.past_date = node->past_date;
    status.count = kp_protobuf_text(node->count);
    status.counter = node->counter;
    status.rounds = node->rounds;
    status.phase = (uint32_t)node->phase;
    status.done = node->done;
    status.total = node->total;
    status.last_error = kp_protobuf_text(node->last_error);
    status.receipt_counter = node->receipt_counter;
    status.receipt_messages = node->receipt_messages;
    status.receipt_phase = (uint32_t)node->receipt_phase;
    status.counting = node->counting;
    status.test_mode = node->test_mode;
    status.not_in_force = kp_protobuf_text(node->not_in_force);
    status.made_by = &made_by;
    kp_control_borrow_made_by(&made_by, &node->made_by);
    packed->body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_NODE_STATUS;
    packed->node_status = &status;
    return kp_protobuf_pack(&packed->base, out, error);
}

static enum kp_status copy_phase(enum kp_phase *phase, uint32_t packed, struct kp_error *error)
{
    if (packed >= KP_PHASES) {
        return kp_fail(error, KP_REFUSED, "unknown phase %u", packed);
    }
    *phase = (enum kp_phase)packed;
    return KP_OK;
}

static enum kp_status copy_quotas(struct kp_node_status *node, const Kruispunt__NodeStatus *packed,
                                  struct kp_error *error)
{
    if (packed->n_quotas > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "quotas of %zu members", packed->n_quotas);
    }
    for (size_t i = 0; i < packed->n_quotas; i++) {
        struct kp_member_quota *quota = &node->quotas[i];
        enum kp_status status = kp_protobuf_copy_text(quota->name, sizeof(quota->name),
                                                      packed->quotas[i]->name, "name", error);
        if (status != KP_OK) {
            return status;
        }
        quota->counter = packed->quotas[i]->counter;
        quota->charged = packed->quotas[i]->charged;
        quota->limit = packed->quotas[i]->limit;
        node->quota_count++;
    }
    return KP_OK;
}

static enum kp_status copy_node_status(struct kp_node_status *node,
                                       const Kruispunt__NodeStatus *packed, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    node->connected = packed->connected;
    node->signals = packed->signals;
    node->addresses = packed->addresses;
    node->eligible = packed->eligible;
    node->slots = packed->slots;
    node->slots_used = packed->slots_used;
    node->waiting = packed->waiting;
    node->unregistered_indicator = packed->unregistered_indicator;
    node->outside_area = packed->outside_area;
    node->other_purpose = packed->other_purpose;
    node->past_date = packed->past_date;
    node->counter = packed->counter;
    node->rounds = packed->rounds;
    node->done = packed->done;
    node->total = packed->total;
    kp_protobuf_copy_remark(node->count, sizeof(node->count), packed->count);
    kp_protobuf_copy_remark(node->link_error, sizeof(node->link_error), packed->link_error);
    kp_protobuf_copy_remark(node->last_error, sizeof(node->last_error), packed->last_error);
    node->receipt_counter = packed->receipt_counter;
    node->receipt_messages = packed->receipt_messages;
    node->receipt_phase = (enum kp_phase)packed->receipt_phase;
    node->counting = packed->counting;
    kp_protobuf_copy_remark(node->not_in_force, sizeof(node->not_in_force), packed->not_in_force);
    node->test_mode = packed->test_mode;
    if ((status = kp_protobuf_copy_text(node->name, sizeof(node->name), packed->name, "name",
                                        error)) != KP_OK ||
        (status = kp_protobuf_copy_text(node->project, sizeof(node->project), packed->project,
                                        "project", error)) != KP_OK ||
        (status = copy_phase(&node->phase, packed->phase, error)) != KP_OK ||
        (status = copy_quotas(node, packed, error)) != KP_OK ||
        (status = kp_control_copy_made_by(&node->made_by, packed->made_by, error)) != KP_OK) {
        return status;
    }
    return kp_protobuf_copy(node->agreement, KP_DIGEST_BYTES, &packed->agreement, "agreement",
                            error);
}

static enum kp_status pack_coordinator_status(const struct kp_coordinator_status *coordinator,
                                              Kruispunt__ControlResponse *packed,
                                              struct kp_buffer *out, struct kp_error *error)
{
    Kruispunt__CoordinatorStatus status;
    kruispunt__coordinator_status__init(&status);
    Kruispunt__MailboxStatus items[KP_MEMBERS_MAX];
    Kruispunt__MailboxStatus *pointers[KP_MEMBERS_MAX];
    for (uint32_t i = 0; i < coordinator->mailbox_count; i++) {
        kruispunt__mailbox_status__init(&items[i]);
        items[i].name = kp_protobuf_text(coordinator->mailboxes[i].name);
        items[i].waiting = coordinator->mailboxes[i].waiting;
        items[i].seen = coordinator->mailboxes[i].seen;
        pointers[i] = &items[i];
    }
    status.agreement = kp_protobuf_bytes(coordinator->agreement, KP_DIGEST_BYTES);
    status.project = kp_protobuf_text(coordinator->project);
    status.round = coordinator->round;
    status.phase = (uint32_t)coordinator->phase;
    status.last_error = kp_protobuf_text(coordinator->last_error);
    status.test_mode = coordinator->test_mode;
    status.not_in_force = kp_protobuf_text(coordinator->not_in_force);
    status.n_mailboxes = coordinator->mailbox_count;
    status.mailboxes = pointers;
    packed->body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_COORDINATOR_STATUS;
    packed->coordinator_status = &status;
    return kp_protobuf_pack(&packed->base, out, error);
}

static enum kp_status copy_mailboxes(struct kp_coordinator_status *coordinator,
                                     const Kruispunt__CoordinatorStatus *packed,
                                     struct kp_error *error)
{
    if (packed->n_mailboxes > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "%zu mailboxes", packed->n_mailboxes);
    }
    for (size_t i = 0; i < packed->n_mailboxes; i++) {
        struct kp_mailbox_status *mailbox = &coordinator->mailboxes[i];
        enum kp_status status = kp_protobuf_copy_text(mailbox->name, sizeof(mailbox->name),
                                                      packed->mailboxes[i]->name, "name", error);
        if (status != KP_OK) {
            return status;
        }
        mailbox->waiting = packed->mailboxes[i]->waiting;
        mailbox->seen = packed->mailboxes[i]->seen;
        coordinator->mailbox_count++;
    }
    return KP_OK;
}

static enum kp_status copy_coordinator_status(struct kp_coordinator_status *coordinator,
                                              const Kruispunt__CoordinatorStatus *packed,
                                              struct kp_error *error)
{
    enum kp_status status = KP_OK;
    coordinator->round = packed->round;
    coordinator->test_mode = packed->test_mode;
    kp_protobuf_copy_remark(coordinator->last_error, sizeof(coordinator->last_error),
                            packed->last_error);
    kp_protobuf_copy_remark(coordinator->not_in_force, sizeof(coordinator->not_in_force),
                            packed->not_in_force);
    if ((status = kp_protobuf_copy_text(coordinator->project, sizeof(coordinator->project),
                                        packed->project, "project", error)) != KP_OK ||
        (status = copy_phase(&coordinator->phase, packed->phase, error)) != KP_OK ||
        (status = copy_mailboxes(coordinator, packed, error)) != KP_OK) {
        return status;
    }
    return kp_protobuf_copy(coordinator->agreement, KP_DIGEST_BYTES, &packed->agreement,
                            "agreement", error);
}

static enum kp_status pack_papers(const struct kp_papers_page *page,
                                  Kruispunt__ControlResponse *packed, struct kp_buffer *out,
                                  struct kp_error *error)
{
    Kruispunt__PapersPage papers;
    kruispunt__papers_page__init(&papers);
    papers.count = page->count;
    papers.papers = kp_batch_borrow(&page->papers);
    papers.n_papers = page->papers.count;
    papers.current = kp_protobuf_bytes(page->current, KP_DIGEST_BYTES);
    papers.in_force = page->in_force;
    papers.why_not = kp_protobuf_text(page->why_not);
    papers.added = page->added;
    papers.refused = kp_protobuf_text(page->refused);
    papers.test_mode = page->test_mode;
    if (papers.papers == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for an answer");
    }
    packed->body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_PAPERS;
    packed->papers = &papers;
    enum kp_status status = kp_protobuf_pack(&packed->base, out, error);
    free(papers.papers);
    return status;
}

static enum kp_status copy_papers(struct kp_papers_page *page, const Kruispunt__PapersPage *packed,
                                  struct kp_error *error)
{
    page->count = packed->count;
    page->in_force = packed->in_force;
    page->added = packed->added;
    page->test_mode = packed->test_mode;
    kp_protobuf_copy_remark(page->why_not, sizeof(page->why_not), packed->why_not);
    kp_protobuf_copy_remark(page->refused, sizeof(page->refused), packed->refused);
    enum kp_status status =
        kp_protobuf_copy(page->current, KP_DIGEST_BYTES, &packed->current, "current", error);
    return status != KP_OK ? status
                           : kp_batch_take(&page->papers, packed->papers, packed->n_papers, error);
}

static enum kp_status pack_refusal(const struct kp_error *refusal,
                                   Kruispunt__ControlResponse *packed, struct kp_buffer *out,
                                   struct kp_error *error)
{
    Kruispunt__ControlRefusal body;
    kruispunt__control_refusal__init(&body);
    body.status = (uint32_t)refusal->status;
    body.text = kp_protobuf_text(refusal->text);
    packed->body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_REFUSAL;
    packed->refusal = &body;
    return kp_protobuf_pack(&packed->base, out, error);
}

static enum kp_status pack_page(const struct kp_control_response *response,
                                Kruispunt__ControlResponse *packed, struct kp_buffer *out,
                                struct kp_error *error)
{
    Kruispunt__SignalsPage page = KRUISPUNT__SIGNALS_PAGE__INIT;
    struct kp_packed_signals signals;
    enum kp_status status = kp_control_borrow_signals(&signals, &response->signals, error);
    if (status != KP_OK) {
        return status;
    }
    page.n_signals = response->signals.count;
    page.signals = signals.pointers;
    page.next = kp_protobuf_bytes(response->next.bytes, response->next.size);
    packed->body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_SIGNALS;
    packed->signals = &page;
    status = kp_protobuf_pack(&packed->base, out, error);
    kp_control_free_packed(&signals);
    return status;
}

enum kp_status kp_control_response_pack(const struct kp_control_response *response,
                                        struct kp_buffer *out, struct kp_error *error)
{
    Kruispunt__ControlResponse packed = KRUISPUNT__CONTROL_RESPONSE__INIT;
    Kruispunt__Answered answered = KRUISPUNT__ANSWERED__INIT;
    switch (response->kind) {
    case KP_CONTROL_REFUSAL:
        return pack_refusal(&response->refusal, &packed, out, error);
    case KP_CONTROL_NODE_STATUS:
        return pack_node_status(&response->node, &packed, out, error);
    case KP_CONTROL_IMPORT_DONE:
        return pack_import_done(&response->import, false, &packed, out, error);
    case KP_CONTROL_WITHDRAW_DONE:
        return pack_import_done(&response->import, true, &packed, out, error);
    case KP_CONTROL_SIGNALS_PAGE:
        return pack_page(response, &packed, out, error);
    case KP_CONTROL_COORDINATOR_STATUS:
        return pack_coordinator_status(&response->coordinator, &packed, out, error);
    case KP_CONTROL_EXPORT_PAGE:
        return kp_control_pack_export_page(&response->export, &packed, out, error);
    case KP_CONTROL_PAPERS_PAGE:
        return pack_papers(&response->papers, &packed, out, error);
    case KP_CONTROL_CASES_SHOWN:
        return kp_control_pack_cases(&response->cases, &packed, out, error);
    case KP_CONTROL_COMPARED:
        return kp_control_pack_compared(response, &packed, out, error);
    case KP_CONTROL_ANSWERED:
        answered.revision = response->revision;
        packed.body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_ANSWERED;
        packed.answered = &answered;
        return kp_protobuf_pack(&packed.base, out, error);
    }
    return kp_fail(error, KP_FAILED, "a control response without a kind");
}

static enum kp_status copy_refusal(struct kp_error *refusal,
                                   const Kruispunt__ControlRefusal *packed, struct kp_error *error)
{
    if (packed->status == KP_OK || packed->status > KP_USAGE) {
        return kp_fail(error, KP_REFUSED, "a refusal with status %u", packed->status);
    }
    refusal->status = (enum kp_status)packed->status;
    kp_protobuf_copy_remark(refusal->text, sizeof(refusal->text), packed->text);
    return KP_OK;
}

static enum kp_status copy_response(struct kp_control_response *response,
                                    const Kruispunt__ControlResponse *packed,
                                    struct kp_error *error)
{
    switch (packed->body_case) {
    case KRUISPUNT__CONTROL_RESPONSE__BODY_REFUSAL:
        response->kind = KP_CONTROL_REFUSAL;
        return copy_refusal(&response->refusal, packed->refusal, error);
    case KRUISPUNT__CONTROL_RESPONSE__BODY_NODE_STATUS:
        response->kind = KP_CONTROL_NODE_STATUS;
        return copy_node_status(&response->node, packed->node_status, error);
    case KRUISPUNT__CONTROL_RESPONSE__BODY_IMPORT_DONE:
        response->kind = KP_CONTROL_IMPORT_DONE;
        return copy_import_done(&response->import, packed->import_done, error);
    case KRUISPUNT__CONTROL_RESPONSE__BODY_WITHDRAW_DONE:
        response->kind = KP_CONTROL_WITHDRAW_DONE;
        return copy_import_done(&response->import, packed->withdraw_done, error);
    case KRUISPUNT__CONTROL_RESPONSE__BODY_SIGNALS: {
        response->kind = KP_CONTROL_SIGNALS_PAGE;
        enum kp_status status =
            kp_control_copy_page_key(&response->next, &packed->signals->next, error);
        return status != KP_OK
                   ? status
                   : kp_control_copy_signals(&response->signals, packed->signals->signals,
                                             packed->signals->n_signals, KP_CONTROL_PAGE, error);
    }
    case KRUISPUNT__CONTROL_RESPONSE__BODY_COORDINATOR_STATUS:
        response->kind = KP_CONTROL_COORDINATOR_STATUS;
        return copy_coordinator_status(&response->coordinator, packed->coordinator_status, error);
    case KRUISPUNT__CONTROL_RESPONSE__BODY_EXPORT_PAGE:
        response->kind = KP_CONTROL_EXPORT_PAGE;
        return kp_control_copy_export_page(&response->export, packed->export_page, error);
    case KRUISPUNT__CONTROL_RESPONSE__BODY_PAPERS:
        response->kind = KP_CONTROL_PAPERS_PAGE;
        return copy_papers(&response->papers, packed->papers, error);
    case KRUISPUNT__CONTROL_RESPONSE__BODY_CASES:
        response->kind = KP_CONTROL_CASES_SHOWN;
        return kp_control_copy_cases(&response->cases, packed->cases, error);
    case KRUISPUNT__CONTROL_RESPONSE__BODY_ANSWERED:
        response->kind = KP_CONTROL_ANSWERED;
        response->revision = packed->answered->revision;
        return KP_OK;
    case KRUISPUNT__CONTROL_RESPONSE__BODY_COMPARED:
        return kp_control_copy_compared(response, packed->compared, error);
    default:
        return kp_fail(error, KP_REFUSED, "a control response without content");
    }
}

enum kp_status kp_control_response_unpack(struct kp_control_response *response,
                                          const uint8_t *bytes, size_t size, struct kp_error *error)
{
    memset(response, 0, sizeof(*response));
    Kruispunt__ControlResponse *packed = (Kruispunt__ControlResponse *)kp_protobuf_unpack(
        &kruispunt__control_response__descriptor, "control response", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_response(response, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_control_response_free(struct kp_control_response *response)
{
    kp_control_signals_free(&response->signals);
    kp_control_cases_free(&response->cases);
    kp_batch_free(&response->papers.papers);
    kp_buffer_free(&response->marks);
    free(response->import.refused);
    response->import.refused = NULL;
    response->import.refused_count = 0;
    kp_batch_free(&response->export.items);
}
