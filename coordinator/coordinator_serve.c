/* Answering members, the project leader and the second holder of an opening key. Who asks is known
 * from the certificate alone. */
#include "coordinator/coordinator_internal.h"

#include "coordinator/mailbox.h"
#include "coordinator/results.h"
#include "coordinator/verdicts.h"
#include "proto/log.h"

#include <stdio.h>
#include <string.h>

#define FORGET_AFTER_MS 1000u

static const char *name_of(const struct kp_coordinator *c, uint32_t who)
{
    return who == KP_PARTY_LEADER   ? "project leader"
           : who == KP_PARTY_OPENER ? "second holder"
           : who == 0               ? "unknown certificate"
                                    : c->first->members[who - 1].name;
}

bool kp_serve_admit(void *context, const struct kp_peer *peer)
{
    struct kp_coordinator *c = context;
    uint32_t who = kp_roster_find(&c->roster, peer->certificate);
    const struct kp_log_event event = {"accept connection", peer->tls_version,
                                       who != 0 ? "done" : "refused", "connection",
                                       name_of(c, who)};
    kp_log(who != 0 ? KP_LOG_DEBUG : KP_LOG_WARNING, &event, NULL);
    return who != 0;
}

static bool is_member(uint32_t who)
{
    return who >= 1 && who <= KP_MEMBERS_MAX;
}

static void answer(struct kp_request *request, const struct kp_wire_response *response)
{
    struct kp_buffer packed = {0};
    struct kp_error error;
    if (kp_wire_response_pack(response, &packed, &error) == KP_OK) {
        kp_request_answer(request, packed.data, packed.size);
    } else {
        kp_request_drop(request);
    }
    kp_buffer_free(&packed);
}

static void refuse(const struct kp_coordinator *c, struct kp_request *request, uint32_t who,
                   const struct kp_error *error)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_REFUSAL, .status = error->status};
    const struct kp_log_event event = {"serve request", NULL, "refused", "connection",
                                       name_of(c, who)};
    kp_log(KP_LOG_WARNING, &event, "%s", error->text);
    (void)snprintf(response.text, sizeof(response.text), "%s", error->text);
    answer(request, &response);
}

/* Members. */

static enum kp_status serve_open(struct kp_coordinator *c, struct kp_request *request, uint32_t who,
                                 const struct kp_wire_request *asked, struct kp_error *error)
{
    struct kp_wire_response response = {
        .kind = KP_RESPONSE_OPENED, .time = kp_clock_now(), .member = who};
    if (memcmp(asked->lineage, c->agreement->lineage, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "the coordinator has another agreement");
    }
    memcpy(response.mailbox, c->state.mailbox, sizeof(response.mailbox));
    enum kp_status status = KP_OK;
    if (is_member(who)) {
        struct kp_txn *txn = NULL;
        status = kp_store_begin(c->store, false, &txn, error);
        if (status == KP_OK) {
            status = kp_mailbox_last_put(txn, who, &response.sequence, error);
        }
        kp_store_abort(txn);
        if (status == KP_OK) {
            status = kp_coordinator_receipt(c, who, &response.receipt, error);
        }
    }
    if (status == KP_OK) {
        answer(request, &response);
    }
    kp_wire_response_free(&response);
    return status;
}

/* Takes what is new, and gives what is missing there. */
static enum kp_status serve_share(struct kp_coordinator *c, struct kp_request *request,
                                  const struct kp_wire_request *asked, struct kp_error *error)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_SHARED};
    size_t added = 0;
    enum kp_status status = KP_OK;
    if (asked->messages.count > 0) {
        status = kp_coordinator_take_papers(c, &asked->messages, true, &added, error);
        status = status == KP_REFUSED ? KP_OK : status; /* the others count all the same */
    }
    const struct kp_dossier *dossier = kp_papers_dossier(c->papers);
    if (status == KP_OK &&
        (kp_papers_lacking(dossier, &asked->digests, &response.digests) != KP_OK ||
         kp_papers_missing(dossier, &asked->digests, &response.messages) != KP_OK)) {
        status = kp_fail(error, KP_FAILED, "no memory for papers");
    }
    if (status == KP_OK) {
        answer(request, &response);
    }
    kp_wire_response_free(&response);
    return status;
}

static enum kp_status serve_put(struct kp_coordinator *c, struct kp_request *request, uint32_t who,
                                const struct kp_wire_request *asked, struct kp_error *error)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_PUT_DONE};
    enum kp_status status =
        kp_conduct_put(c, who, asked->sequence, &asked->messages, &response.sequence, error);
    if (status == KP_OK) { /* now it is on disk */
        status = kp_coordinator_receipt(c, who, &response.receipt, error);
    }
    if (status == KP_OK) {
        answer(request, &response);
    }
    kp_wire_response_free(&response);
    return status;
}

/* What waits in the mailbox behind `after`; nothing is a good answer too. */
static enum kp_status deliver(struct kp_coordinator *c, uint32_t member, uint64_t after,
                              struct kp_wire_response *response, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    response->kind = KP_RESPONSE_DELIVERY;
    enum kp_status status = kp_store_begin(c->store, false, &txn, error);
    if (status == KP_OK) {
        status =
            kp_mailbox_fetch(txn, member, after, &response->sequence, &response->messages, error);
    }
    kp_store_abort(txn);
    return status;
}

/* That mail may be forgotten needn't be on disk: until it is, it is said again with each fetch. So
 * it is written with what comes next, or when nothing does. */
static void acknowledge(struct kp_coordinator *c, uint32_t member, uint64_t sequence)
{
    if (sequence > c->acknowledged[member - 1]) {
        c->acknowledged[member - 1] = sequence;
        c->forget_at = c->forget_at != 0 ? c->forget_at : kp_loop_now() + FORGET_AFTER_MS;
    }
}

enum kp_status kp_serve_forget(struct kp_coordinator *c, struct kp_txn *txn, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && c->forget_at != 0 && i < KP_MEMBERS_MAX; i++) {
        if (c->acknowledged[i] > c->forgotten[i]) {
            status = kp_mailbox_acknowledge(txn, i + 1, c->acknowledged[i], error);
        }
    }
    return status;
}

void kp_serve_forgotten(struct kp_coordinator *c)
{
    memcpy(c->forgotten, c->acknowledged, sizeof(c->forgotten));
    c->forget_at = 0;
}

static void forget(struct kp_coordinator *c)
{
    struct kp_txn *txn = NULL;
    struct kp_error error = {0};
    enum kp_status status = kp_store_begin(c->store, true, &txn, &error);
    if (status == KP_OK) {
        status = kp_serve_forget(c, txn, &error);
    }
    if (status == KP_OK) {
        status = kp_store_commit(txn, &error);
    } else {
        kp_store_abort(txn);
    }
    if (status == KP_OK) {
        kp_serve_forgotten(c);
        return;
    }
    const struct kp_log_event event = {"forget mail", NULL, "failed", "itself", NULL};
    kp_log(KP_LOG_ERROR, &event, "%s", error.text);
    c->forget_at = kp_loop_now() + FORGET_AFTER_MS;
}

/* Answers a parked fetch with what there is. */
static void answer_fetch(struct kp_coordinator *c, uint32_t member)
{
    struct kp_parked *parked = &c->fetches[member - 1];
    struct kp_wire_response response = {0};
    struct kp_error error;
    struct kp_request *request = parked->request;
    parked->request = NULL;
    if (deliver(c, member, parked->after, &response, &error) == KP_OK) {
        answer(request, &response);
    } else {
        refuse(c, request, member, &error);
    }
    kp_wire_response_free(&response);
}

/* Behind what the member has: `ahead` messages more than it is done with. */
static enum kp_status after_which(const struct kp_coordinator *c, uint32_t member,
                                  const struct kp_wire_request *asked, uint64_t *after,
                                  struct kp_error *error)
{
    *after = asked->sequence + asked->ahead;
    if (*after < asked->sequence) {
        return kp_fail(error, KP_REFUSED, "a message number that can't be");
    }
    if (*after < c->acknowledged[member - 1]) {
        *after = c->acknowledged[member - 1];
    }
    return KP_OK;
}

static enum kp_status serve_fetch(struct kp_coordinator *c, struct kp_request *request,
                                  uint32_t who, const struct kp_wire_request *asked,
                                  struct kp_error *error)
{
    struct kp_wire_response response = {0};
    struct kp_parked *parked = &c->fetches[who - 1];
    uint64_t after = 0;
    c->seen[who - 1] = kp_loop_now();
    if (memcmp(asked->mailbox, c->state.mailbox, sizeof(asked->mailbox)) != 0) {
        return kp_fail(error, KP_REFUSED, "unknown mailbox; open the connection anew");
    }
    enum kp_status status = after_which(c, who, asked, &after, error);
    if (status == KP_OK) {
        status = deliver(c, who, after, &response, error);
    }
    if (status == KP_OK) {
        acknowledge(c, who, asked->sequence);
        if (parked->request != NULL) {
            answer_fetch(c, who); /* one at a time: the older one is over */
        }
        if (response.messages.count == 0 && asked->wait_ms > 0) {
            *parked = (struct kp_parked){
                .request = request, .until = kp_loop_now() + asked->wait_ms, .after = after};
        } else {
            answer(request, &response);
        }
    }
    kp_wire_response_free(&response);
    return status;
}

void kp_serve_mail(struct kp_coordinator *c, uint32_t members)
{
    for (uint32_t i = 0; i < c->agreement->member_count; i++) {
        if ((members >> i & 1) != 0 && c->fetches[i].request != NULL) {
            answer_fetch(c, i + 1);
        }
    }
}

/* The project leader. */

/* The transport may send a request again, long after it was answered. */
static enum kp_status serve_start(struct kp_coordinator *c, struct kp_request *request,
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
        answer(request, &response);
    }
    return status;
}

static void answer_watch(struct kp_coordinator *c, struct kp_request *request)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_ROUND_STATE};
    kp_conduct_state(c, &response.state);
    answer(request, &response);
}

static enum kp_status serve_watch(struct kp_coordinator *c, struct kp_request *request,
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
        answer(request, response);
    }
    kp_wire_response_free(response);
    return status;
}

static enum kp_status serve_results(struct kp_coordinator *c, struct kp_request *request,
                                    uint32_t who, const struct kp_wire_request *asked,
                                    struct kp_error *error)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_RESULTS};
    struct kp_txn *txn = NULL;
    response.round = asked->round != 0 ? asked->round : c->state.completed;
    if (response.round == 0 ||
        ((c->attempt != NULL || c->state.open) && response.round == c->state.round)) {
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
static enum kp_status serve_verdicts(struct kp_coordinator *c, struct kp_request *request,
                                     uint32_t who, const struct kp_wire_request *asked,
                                     struct kp_error *error)
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

/* Letters. */

static enum kp_status serve_put_letter(struct kp_coordinator *c, struct kp_request *request,
                                       uint32_t who, const struct kp_wire_request *asked,
                                       struct kp_error *error)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_LETTER_PUT};
    enum kp_status status = kp_coordinator_put_letter(c, who, &asked->messages, error);
    if (status == KP_OK) {
        answer(request, &response);
    }
    return status;
}

static enum kp_status serve_letters(struct kp_coordinator *c, struct kp_request *request,
                                    uint32_t who, const struct kp_wire_request *asked,
                                    struct kp_error *error)
{
    struct kp_letters_page page;
    enum kp_status status = kp_coordinator_get_letters(c, who, asked, &page, error);
    if (status == KP_OK) {
        struct kp_wire_response response = {
            .kind = KP_RESPONSE_LETTERS, .messages = page.letters, .end = page.end};
        memcpy(response.numbers, page.numbers, sizeof(response.numbers));
        answer(request, &response);
    }
    kp_batch_free(&page.letters);
    return status;
}

/* Who may ask what. */
static enum kp_status dispatch(struct kp_coordinator *c, struct kp_request *request, uint32_t who,
                               const struct kp_wire_request *asked, struct kp_error *error)
{
    switch (asked->kind) {
    case KP_REQUEST_OPEN:
        return serve_open(c, request, who, asked, error);
    case KP_REQUEST_PUT:
        return is_member(who) ? serve_put(c, request, who, asked, error)
                              : kp_fail(error, KP_REFUSED, "only members put messages");
    case KP_REQUEST_FETCH:
        return is_member(who) ? serve_fetch(c, request, who, asked, error)
                              : kp_fail(error, KP_REFUSED, "only members have a mailbox");
    case KP_REQUEST_SHARE:
        return serve_share(c, request, asked, error);
    case KP_REQUEST_PUT_LETTER:
        return serve_put_letter(c, request, who, asked, error);
    case KP_REQUEST_FETCH_LETTERS:
        return serve_letters(c, request, who, asked, error);
    case KP_REQUEST_START_ROUND:
        return who == KP_PARTY_LEADER
                   ? serve_start(c, request, asked, error)
                   : kp_fail(error, KP_REFUSED, "only the project leader may ask this");
    case KP_REQUEST_WATCH_ROUND:
    case KP_REQUEST_FETCH_RESULTS:
    case KP_REQUEST_FETCH_VERDICTS:
        break;
    }
    if (is_member(who)) {
        return kp_fail(error, KP_REFUSED, "only the holders of an opening key may ask this");
    }
    return asked->kind == KP_REQUEST_WATCH_ROUND ? serve_watch(c, request, asked, error)
           : asked->kind == KP_REQUEST_FETCH_RESULTS
               ? serve_results(c, request, who, asked, error)
               : serve_verdicts(c, request, who, asked, error);
}

void kp_serve(void *context, struct kp_request *request)
{
    struct kp_coordinator *c = context;
    struct kp_error error = {0};
    size_t size;
    const uint8_t *bytes = kp_request_bytes(request, &size);
    uint32_t who = kp_roster_find(&c->roster, kp_request_peer(request)->certificate);
    if (who == 0) {
        kp_request_drop(request); /* admit keeps these out already */
        return;
    }
    struct kp_wire_request asked;
    enum kp_status status = kp_wire_request_unpack(&asked, bytes, size, &error);
    if (status == KP_OK) {
        status = dispatch(c, request, who, &asked, &error);
    }
    if (status != KP_OK) {
        refuse(c, request, who, &error);
    }
    kp_wire_request_free(&asked);
}

uint64_t kp_serve_tick(struct kp_coordinator *c, uint64_t now)
{
    if (c->forget_at != 0 && now >= c->forget_at) {
        forget(c);
    }
    uint64_t next = c->forget_at != 0 ? c->forget_at : UINT64_MAX;
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        if (c->fetches[i].request != NULL && c->fetches[i].until <= now) {
            answer_fetch(c, i + 1);
        } else if (c->fetches[i].request != NULL && c->fetches[i].until < next) {
            next = c->fetches[i].until;
        }
    }
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

void kp_serve_drop_all(struct kp_coordinator *c)
{
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        if (c->fetches[i].request != NULL) {
            kp_request_drop(c->fetches[i].request);
            c->fetches[i].request = NULL;
        }
    }
    for (size_t i = 0; i < KP_WATCHERS_MAX; i++) {
        if (c->watchers[i].request != NULL) {
            kp_request_drop(c->watchers[i].request);
            c->watchers[i].request = NULL;
        }
    }
}
