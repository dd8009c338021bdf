/* Answering members, the project leader and the second holder of an opening key. Who asks is known
 * from the certificate alone. Mail is in coordinator_mail.c, what only holders of an opening key
 * ask in coordinator_holder.c. */
#include "coordinator/serve_internal.h"

#include "coordinator/mailbox.h"
#include "proto/log.h"

#include <stdio.h>
#include <string.h>

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

void kp_serve_answer(struct kp_request *request, const struct kp_wire_response *response)
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

void kp_serve_refuse(const struct kp_coordinator *c, struct kp_request *request, uint32_t who,
                     const struct kp_error *error)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_REFUSAL, .status = error->status};
    const struct kp_log_event event = {"serve request", NULL, "refused", "connection",
                                       name_of(c, who)};
    kp_log(KP_LOG_WARNING, &event, "%s", error->text);
    (void)snprintf(response.text, sizeof(response.text), "%s", error->text);
    kp_serve_answer(request, &response);
}

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
        kp_serve_answer(request, &response);
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
        kp_serve_answer(request, &response);
    }
    kp_wire_response_free(&response);
    return status;
}

static enum kp_status serve_put_letter(struct kp_coordinator *c, struct kp_request *request,
                                       uint32_t who, const struct kp_wire_request *asked,
                                       struct kp_error *error)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_LETTER_PUT};
    enum kp_status status = kp_coordinator_put_letter(c, who, &asked->messages, error);
    if (status == KP_OK) {
        kp_serve_answer(request, &response);
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
        kp_serve_answer(request, &response);
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
        return is_member(who) ? kp_serve_put(c, request, who, asked, error)
                              : kp_fail(error, KP_REFUSED, "only members put messages");
    case KP_REQUEST_FETCH:
        return is_member(who) ? kp_serve_fetch(c, request, who, asked, error)
                              : kp_fail(error, KP_REFUSED, "only members have a mailbox");
    case KP_REQUEST_SHARE:
        return serve_share(c, request, asked, error);
    case KP_REQUEST_PUT_LETTER:
        return serve_put_letter(c, request, who, asked, error);
    case KP_REQUEST_FETCH_LETTERS:
        return serve_letters(c, request, who, asked, error);
    case KP_REQUEST_START_ROUND:
        return who == KP_PARTY_LEADER
                   ? kp_serve_start(c, request, asked, error)
                   : kp_fail(error, KP_REFUSED, "only the project leader may ask this");
    case KP_REQUEST_WATCH_ROUND:
    case KP_REQUEST_FETCH_RESULTS:
    case KP_REQUEST_FETCH_VERDICTS:
        break;
    }
    if (is_member(who)) {
        return kp_fail(error, KP_REFUSED, "only the holders of an opening key may ask this");
    }
    return asked->kind == KP_REQUEST_WATCH_ROUND ? kp_serve_watch(c, request, asked, error)
           : asked->kind == KP_REQUEST_FETCH_RESULTS
               ? kp_serve_results(c, request, who, asked, error)
               : kp_serve_verdicts(c, request, who, asked, error);
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
        kp_serve_refuse(c, request, who, &error);
    }
    kp_wire_request_free(&asked);
}

uint64_t kp_serve_tick(struct kp_coordinator *c, uint64_t now)
{
    uint64_t mail = kp_serve_mail_tick(c, now);
    uint64_t watch = kp_serve_watch_tick(c, now);
    return mail < watch ? mail : watch;
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
