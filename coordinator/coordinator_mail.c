/* Members put and fetch mail; a fetch waits until there is some. */
#include "coordinator/serve_internal.h"

#include "coordinator/mailbox.h"
#include "proto/log.h"
#include "proto/round_message.h"

#include <string.h>

#define FORGET_AFTER_MS 1000u

enum kp_status kp_serve_put(struct kp_coordinator *c, struct kp_request *request, uint32_t who,
                            const struct kp_wire_request *asked, struct kp_error *error)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_PUT_DONE};
    enum kp_status status =
        kp_conduct_put(c, who, asked->sequence, &asked->messages, &response.sequence, error);
    if (status == KP_OK) { /* now it is on disk */
        status = kp_coordinator_receipt(c, who, &response.receipt, error);
    }
    if (status == KP_OK) {
        kp_serve_answer(request, &response);
    }
    kp_wire_response_free(&response);
    return status;
}

/* COMPLETE leaves at a time that says little of the match. It is the last message, whatever else a
 * member that is late still gets. */
static void keep_complete_back(struct kp_batch *messages)
{
    struct kp_round_message message;
    struct kp_buffer *last = messages->count > 0 ? &messages->items[messages->count - 1] : NULL;
    if (last == NULL || kp_round_message_unpack(&message, last->data, last->size, NULL) != KP_OK) {
        return;
    }
    if (message.type == KP_MESSAGE_COMPLETE) {
        messages->bytes -= last->size;
        messages->count--;
        kp_buffer_free(last);
    }
    kp_round_message_free(&message);
}

/* What waits in the mailbox behind `after`; nothing is a good answer too. */
static enum kp_status deliver(struct kp_coordinator *c, uint32_t member, uint64_t after,
                              struct kp_wire_response *response, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    response->kind = KP_RESPONSE_DELIVERY;
    enum kp_status status = kp_store_begin(c->store, false, &txn, error);
    if (status == KP_OK && c->tell_at != 0 && !c->state.open) {
        /* Who acknowledges COMPLETE before its time would else see from the answer that it waits.
         */
        status = kp_mailbox_check_before_last(txn, member, after, error);
    }
    if (status == KP_OK) {
        status =
            kp_mailbox_fetch(txn, member, after, &response->sequence, &response->messages, error);
    }
    kp_store_abort(txn);
    if (status == KP_OK && c->tell_at != 0) {
        keep_complete_back(&response->messages);
    }
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
        kp_serve_answer(request, &response);
    } else {
        kp_serve_refuse(c, request, member, &error);
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

enum kp_status kp_serve_fetch(struct kp_coordinator *c, struct kp_request *request, uint32_t who,
                              const struct kp_wire_request *asked, struct kp_error *error)
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
            kp_serve_answer(request, &response);
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

uint64_t kp_serve_mail_tick(struct kp_coordinator *c, uint64_t now)
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
    return next;
}
