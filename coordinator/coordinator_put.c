/* What members put: into mailboxes or the intake, in one transaction with its effects. */
#include "coordinator/conduct_internal.h"

#include "coordinator/mailbox.h"

#include <inttypes.h>
#include <stdlib.h>

/* Once every READY is there the counter is used up, whatever comes after. */
static enum kp_status on_released(struct kp_coordinator *c, struct kp_txn *txn,
                                  struct kp_error *error)
{
    char folder[KP_FOLDER_MAX];
    if (c->state.released >= c->state.round || !kp_attempt_released(c->attempt)) {
        return KP_OK;
    }
    const struct kp_result_transcript *transcript = kp_attempt_transcript(c->attempt);
    c->state.released = c->state.round;
    enum kp_status status = kp_coordinator_state_save_release(txn, c->agreement->member_count,
                                                              transcript->ready, error);
    if (status == KP_OK) {
        status = kp_coordinator_state_save(txn, &c->state, error);
    }
    if (status == KP_OK) {
        status = kp_coordinator_audit_released(c, txn, transcript, error);
    }
    if (status == KP_OK) {
        status = kp_intake_new(&c->intake, kp_conduct_intake_folder(c, folder), c->agreement,
                               transcript, error);
    }
    return status;
}

static enum kp_status relay_to_members(struct kp_coordinator *c, struct kp_txn *txn,
                                       const struct kp_round_message *message,
                                       const struct kp_buffer *packed, uint32_t *mail,
                                       struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t to = 1; status == KP_OK && to <= c->agreement->member_count; to++) {
        /* A READY also goes back to its sender: who has all of them knows that they are on disk
         * here. */
        bool wanted = to != message->from || message->type == KP_MESSAGE_READY;
        if (wanted && (message->to == to || message->to == KP_PARTY_ALL)) {
            status = kp_mailbox_append(txn, to, packed->data, packed->size, error);
            *mail |= 1u << (to - 1);
        }
    }
    return status;
}

/* Leaves and entries. A member that signed what can't be gives no more; the others go on. */
static enum kp_status take_in(struct kp_coordinator *c, struct kp_txn *txn,
                              const struct kp_round_message *message,
                              const struct kp_buffer *packed, enum kp_relay what,
                              struct kp_error *error)
{
    struct kp_error failed = {0};
    struct kp_fault *fault = calloc(1, sizeof(*fault));
    if (fault == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a chunk");
    }
    enum kp_status status = what == KP_RELAY_LEAVES
                                ? kp_intake_leaves(c->intake, message, fault, error)
                                : kp_intake_entries(c->intake, message, fault, error);
    if (status == KP_OK) {
        kp_attempt_kept(c->attempt, message->from, what, packed->data, packed->size, kp_loop_now());
        status = kp_coordinator_audit_taken(c, txn, message, what, error);
    } else if (status == KP_REFUSED && fault->kind != KP_FAULT_NONE) {
        kp_attempt_refuse(c->attempt, message->from, kp_loop_now());
        bool kept = fault->kind != KP_FAULT_CHUNK ||
                    kp_buffer_set(&fault->message, packed->data, packed->size) == KP_OK;
        if (!kept || kp_coordinator_fault(c, txn, fault, &failed) != KP_OK) {
            status = kp_fail(error, KP_FAILED, "a verdict can't be kept: %s", failed.text);
        }
    }
    kp_fault_free(fault);
    free(fault);
    return status;
}

/* One message. KP_REFUSED is for the log; anything worse is the coordinator's own failure. */
static enum kp_status take_message(struct kp_coordinator *c, struct kp_txn *txn, uint32_t member,
                                   const struct kp_buffer *packed, uint32_t *mail,
                                   struct kp_error *error)
{
    struct kp_round_message message;
    enum kp_relay relay = KP_RELAY_NOTHING;
    enum kp_status status = kp_round_message_unpack(&message, packed->data, packed->size, error);
    if (status == KP_OK && c->attempt == NULL) {
        status = kp_fail(error, KP_REFUSED, "%s, while no round is going on",
                         kp_message_type_name(message.type));
    }
    if (status == KP_OK) {
        status = kp_attempt_receive(c->attempt, member, &message, packed->data, packed->size,
                                    kp_loop_now(), &relay, error);
    }
    if (status == KP_OK && relay == KP_RELAY_MEMBERS) {
        status = relay_to_members(c, txn, &message, packed, mail, error);
    } else if (status == KP_OK && relay != KP_RELAY_NOTHING) {
        status = take_in(c, txn, &message, packed, relay, error);
    }
    if (status == KP_OK && on_released(c, txn, error) != KP_OK) {
        status = KP_FAILED; /* whatever it is, the member didn't do it */
    }
    kp_round_message_free(&message);
    return status;
}

static void log_refused(const struct kp_coordinator *c, uint32_t member,
                        const struct kp_error *error)
{
    const struct kp_log_event event = {"take message", "round message", "refused", "connection",
                                       c->agreement->members[member - 1].name};
    kp_log(KP_LOG_WARNING, &event, "%s", error->text);
}

static enum kp_status take_all(struct kp_coordinator *c, struct kp_txn *txn, uint32_t member,
                               uint64_t first, const struct kp_batch *messages, uint64_t *last_put,
                               uint32_t *mail, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < messages->count; i++) {
        if (first + i <= *last_put) {
            continue; /* it came before; its effect is on disk */
        }
        status = take_message(c, txn, member, &messages->items[i], mail, error);
        if (status == KP_REFUSED) {
            log_refused(c, member, error);
            status = KP_OK;
        }
        *last_put = first + i;
    }
    return status == KP_OK ? kp_mailbox_set_last_put(txn, member, *last_put, error) : status;
}

enum kp_status kp_conduct_put(struct kp_coordinator *c, uint32_t member, uint64_t first,
                              const struct kp_batch *messages, uint64_t *last_put,
                              struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    uint32_t mail = 0;
    const struct kp_coordinator_state saved = c->state;
    enum kp_phase before = c->attempt != NULL ? kp_attempt_phase(c->attempt) : KP_PHASE_IDLE;
    enum kp_status status = kp_store_begin(c->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_mailbox_last_put(txn, member, last_put, error);
    }
    if (status == KP_OK && first > *last_put + 1) {
        kp_store_abort(txn);
        return kp_fail(error, KP_REFUSED,
                       "messages from number %" PRIu64 " on, while %" PRIu64 " is the next", first,
                       *last_put + 1);
    }
    if (status == KP_OK) {
        status = kp_serve_forget(c, txn, error);
    }
    if (status == KP_OK) {
        status = take_all(c, txn, member, first, messages, last_put, &mail, error);
    }
    if (status == KP_OK && c->attempt != NULL && kp_attempt_phase(c->attempt) != before) {
        status = kp_conduct_enter_phase(c, txn, error);
    }
    if (status == KP_OK) {
        status = kp_store_commit(txn, error);
    } else {
        kp_store_abort(txn);
    }
    if (status != KP_OK) {
        c->state = saved; /* as it is on disk */
        if (c->attempt != NULL) {
            kp_conduct_finish_failed(c, error);
        }
        return kp_fail(error, KP_RETRY, "the coordinator can't take messages now");
    }
    kp_serve_forgotten(c);
    kp_serve_mail(c, mail);
    if (c->attempt != NULL && kp_attempt_phase(c->attempt) == KP_PHASE_ENDED) {
        kp_conduct_finish_ended(c);
    } else if (c->attempt != NULL) {
        if (kp_attempt_phase(c->attempt) != before) {
            kp_conduct_log_phase(c);
        }
        kp_serve_changed(c);
    }
    return KP_OK;
}
