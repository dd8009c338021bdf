/* The control socket: status, for whoever administers the machine. */
#include "coordinator/coordinator_internal.h"

#include "coordinator/mailbox.h"
#include "proto/control.h"

#include <string.h>

static enum kp_status fill_status(struct kp_coordinator *c, struct kp_coordinator_status *status,
                                  struct kp_error *error)
{
    struct kp_round_state round;
    struct kp_txn *txn = NULL;
    kp_conduct_state(c, &round);
    memcpy(status->agreement, c->agreement->hash, sizeof(status->agreement));
    memcpy(status->project, c->agreement->project, sizeof(status->project));
    struct kp_error why = {0};
    status->test_mode = c->agreement->test;
    (void)!kp_coordinator_check_in_force(c, &why);
    memcpy(status->not_in_force, why.text, sizeof(status->not_in_force));
    status->round = round.round;
    status->phase = round.phase;
    memcpy(status->last_error, round.error, sizeof(status->last_error));
    status->mailbox_count = round.member_count;
    enum kp_status result = kp_store_begin(c->store, false, &txn, error);
    for (uint32_t i = 0; result == KP_OK && i < round.member_count; i++) {
        struct kp_mailbox_status *mailbox = &status->mailboxes[i];
        memcpy(mailbox->name, round.members[i].name, sizeof(mailbox->name));
        mailbox->seen = round.members[i].seen;
        /* Who asks for more has what came before, also where its disk hasn't yet. */
        const struct kp_parked *asks = &c->fetches[i];
        uint64_t has = asks->request != NULL ? asks->after : 0;
        result = kp_mailbox_waiting(txn, i + 1, has, &mailbox->waiting, error);
    }
    kp_store_abort(txn);
    return result;
}

static enum kp_status serve_export(struct kp_coordinator *c, const struct kp_export_request *asked,
                                   struct kp_control_response *response, struct kp_error *error)
{
    response->kind = KP_CONTROL_EXPORT_PAGE;
    switch (asked->kind) {
    case KP_EXPORT_LOG:
        return kp_audit_serve(c->store, &c->signer, asked, &response->export, error);
    case KP_EXPORT_AGREEMENT:
        return kp_papers_serve(kp_papers_dossier(c->papers), asked, &response->export, error);
    case KP_EXPORT_ROUND:
        return kp_coordinator_serve_round(c, asked, &response->export, error);
    case KP_EXPORT_VERDICT:
        return kp_coordinator_serve_verdicts(c, asked, &response->export, error);
    default:
        return kp_fail(error, KP_REFUSED, "a coordinator doesn't export this");
    }
}

static enum kp_status serve_papers(struct kp_coordinator *c, const struct kp_control_request *asked,
                                   struct kp_papers_page *page, struct kp_error *error)
{
    size_t added = 0;
    if (asked->papers.count > 0) {
        struct kp_error why = {0};
        enum kp_status status = kp_coordinator_take_papers(c, &asked->papers, false, &added, &why);
        if (status != KP_OK && status != KP_REFUSED) {
            return kp_fail(error, status, "%s", why.text);
        }
        memcpy(page->refused, why.text, sizeof(page->refused));
        page->added = (uint32_t)added;
    }
    return kp_papers_page_fill(page, c->papers, asked->first, error);
}

static enum kp_status dispatch(struct kp_coordinator *c, const struct kp_control_request *asked,
                               struct kp_control_response *response, struct kp_error *error)
{
    switch (asked->kind) {
    case KP_CONTROL_STATUS:
        response->kind = KP_CONTROL_COORDINATOR_STATUS;
        return fill_status(c, &response->coordinator, error);
    case KP_CONTROL_EXPORT:
        return serve_export(c, &asked->export, response, error);
    case KP_CONTROL_PAPERS:
        response->kind = KP_CONTROL_PAPERS_PAGE;
        return serve_papers(c, asked, &response->papers, error);
    case KP_CONTROL_IMPORT:
    case KP_CONTROL_WITHDRAW:
    case KP_CONTROL_SIGNALS:
    case KP_CONTROL_CASES:
    case KP_CONTROL_ANSWER:
    case KP_CONTROL_COMPARE:
        break;
    }
    return kp_fail(error, KP_REFUSED, "a coordinator has no signals");
}

void kp_coordinator_control_serve(void *context, struct kp_request *request)
{
    struct kp_coordinator *c = context;
    struct kp_control_request asked;
    struct kp_control_response response = {0};
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    size_t size;
    const uint8_t *bytes = kp_request_bytes(request, &size);
    enum kp_status status = kp_control_request_unpack(&asked, bytes, size, &error);
    if (status == KP_OK) {
        status = dispatch(c, &asked, &response, &error);
    }
    if (status != KP_OK) {
        response.kind = KP_CONTROL_REFUSAL;
        response.refusal = error;
    }
    if (kp_control_response_pack(&response, &packed, &error) == KP_OK) {
        kp_request_answer(request, packed.data, packed.size);
    } else {
        kp_request_drop(request);
    }
    kp_buffer_free(&packed);
    kp_control_response_free(&response);
    kp_control_request_free(&asked);
}
