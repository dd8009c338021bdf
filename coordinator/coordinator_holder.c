/* What only the holders of an opening key ask: a round is started, watched, and its results and
 * verdicts are given. */
#include "coordinator/serve_internal.h"

#include "coordinator/results.h"
#include "coordinator/verdicts.h"

#include <string.h>

enum kp_status kp_serve_start(struct kp_coordinator *c, struct kp_request *request,
                              const struct kp_wire_request *asked, struct kp_error *error)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_ROUND_STARTED, .round = c->state.round};
    bool again = memcmp(asked->request, c->start_request, sizeof(c->start_request)) == 0;
    enum kp_status status = again ? KP_OK : kp_conduct_start(c, &response.round, error);
    if (status == KP_REFUSED) {
        kp_coordinator_audit_refused(c);
    }
    if (status == KP_OK) {
        memcpy(c->start_request, asked->request, sizeof(c->start_request));
        kp_serve_answer(request, &response);
    }
    return status;
}

static void answer_watch(struct kp_coordinator *c, struct kp_request *request)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_ROUND_STATE};
    kp_conduct_state(c, &response.state);
    kp_serve_answer(request, &response);
}

enum kp_status kp_serve_watch(struct kp_coordinator *c, struct kp_request *request,
                              const struct kp_wire_request *asked, struct kp_error *error)
{
    if (asked->revision != c->revision || asked->wait_ms == 0) {
        answer_watch(c, request);
        return KP_OK;
    }
    for (size_t i = 0; i < KP_WATCHERS_MAX; i++) {
        if (c->watchers[i].request == NULL) {
            c->watchers[i] = (struct kp_parked){.request = request,
                                                .until = kp_loop_now() + asked->wait_ms,
                                                .revision = asked->revision};
            return KP_OK;
        }
    }
    return kp_fail(error, KP_RETRY, "%d programs watch already; close one", KP_WATCHERS_MAX);
}

void kp_serve_changed(struct kp_coordinator *c)
{
    c->revision++;
    for (size_t i = 0; i < KP_WATCHERS_MAX; i++) {
        struct kp_request *request = c->watchers[i].request;
        if (request != NULL) {
            c->watchers[i].request = NULL;
            answer_watch(c, request);
        }
    }
}

/* Ends the transaction of what is read: logged (note NULL: nothing is given) and on disk before it
 * is answered. Frees the response. */
static enum kp_status give_logged(struct kp_coordinator *c, struct kp_request *request,
                                  struct kp_txn *txn, enum kp_status status,
                                  const struct kp_audit_note *note,
                                  struct kp_wire_response *response, struct kp_error *error)
{
    if (status == KP_OK && note != NULL) {
        status = kp_coordinator_audit(c, txn, note, error);
    }
    if (status == KP_OK) {
        status = kp_store_commit(txn, error);
    } else {
        kp_store_abort(txn);
    }
    if (status == KP_OK) {
        kp_serve_answer(request, response);
    }
    kp_wire_response_free(response);
    return status;
}

enum kp_status kp_serve_results(struct kp_coordinator *c, struct kp_request *request, uint32_t who,
                                const struct kp_wire_request *asked, struct kp_error *error)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_RESULTS};
    struct kp_txn *txn = NULL;
    response.round = asked->round != 0 ? asked->round : c->state.completed;
    if (response.round == 0 || (c->state.open && response.round == c->state.round)) {
        return kp_fail(error, KP_REFUSED, "no results yet; see round status");
    }
    /* The leader's program judges too, but one that is changed wouldn't. */
    enum kp_status status = kp_coordinator_check_in_force_for(c, response.round, error);
    if (status != KP_OK) {
        return status;
    }
    /* A write, because the log says what is given, before it is. */
    status = kp_store_begin(c->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_results_page(txn, response.round, asked->after, asked->after_size,
                                 &response.messages, &response.end, error);
    }
    if (status == KP_OK && asked->after_size == 0 && response.messages.count == 0) {
        status = kp_fail(error, KP_REFUSED,
                         "round %u has no results: it did not complete, or they "
                         "were deleted",
                         response.round);
    }
    const struct kp_audit_note note = {.event = KP_AUDIT_RESULTS_GIVEN,
                                       .counter = response.round,
                                       .count = response.messages.count / 2,
                                       .reason = who};
    return give_logged(c, request, txn, status, &note, &response, error);
}

/* Of faults; there may be none. */
enum kp_status kp_serve_verdicts(struct kp_coordinator *c, struct kp_request *request, uint32_t who,
                                 const struct kp_wire_request *asked, struct kp_error *error)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_VERDICTS};
    struct kp_txn *txn = NULL;
    /* Some have records in them, with the shares that open them: like results. */
    enum kp_status status = kp_coordinator_check_in_force_for(
        c, asked->round != 0 ? asked->round : c->state.round, error);
    if (status != KP_OK) {
        return status;
    }
    status = kp_store_begin(c->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_verdicts_page(txn, asked->round, asked->after, asked->after_size,
                                  &response.messages, &response.end, error);
    }
    const struct kp_audit_note note = {.event = KP_AUDIT_VERDICTS_GIVEN,
                                       .counter = asked->round <= KP_ROUNDS_MAX ? asked->round : 0,
                                       .count = response.messages.count / 2,
                                       .reason = who};
    return give_logged(c, request, txn, status, response.messages.count > 0 ? &note : NULL,
                       &response, error);
}

uint64_t kp_serve_watch_tick(struct kp_coordinator *c, uint64_t now)
{
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < KP_WATCHERS_MAX; i++) {
        struct kp_parked *parked = &c->watchers[i];
        if (parked->request != NULL && parked->until <= now) {
            struct kp_request *request = parked->request;
            parked->request = NULL;
            answer_watch(c, request);
        } else if (parked->request != NULL && parked->until < next) {
            next = parked->until;
        }
    }
    return next;
}
