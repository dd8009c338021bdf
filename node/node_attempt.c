/* An attempt that is going on: what comes, and what follows from it. */
#include "node/node_internal.h"

#include "proto/transcript.h"

#include <stdio.h>
#include <string.h>

#define COORDINATOR "coordinator"

/* ---- A round that goes on ---- */

/* As much as is put at once: the round makes the rest when that has gone. */
static void drain(struct kp_node *node)
{
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    while (node->outbox.bytes < KP_WIRE_BATCH_BYTES && kp_round_next(node->round, &packed)) {
        if (kp_node_audit_sent(node, &packed, &error) != KP_OK) {
            kp_buffer_free(&packed);
            kp_node_abort(node, KP_ABORT_FAILED, kp_node_own_bit(node), error.text);
            return;
        }
        if (kp_outbox_push(&node->outbox, &packed) != KP_OK) {
            kp_node_abort(node, KP_ABORT_FAILED, kp_node_own_bit(node), "no memory for messages");
            return;
        }
    }
}

/* The round itself ended the attempt. All that waits is dropped but its ABORT, which is last. */
static void end_with_round(struct kp_node *node, const char *why)
{
    struct kp_buffer packed = {0};
    char text[KP_ERROR_TEXT];
    struct kp_abort ended = kp_round_ended(node->round);
    const struct kp_node_ending ending = {
        .event = KP_AUDIT_ATTEMPT_ENDED, .reason = ended.reason, .members = ended.members};
    if (kp_round_own_claim(node->round)->size > 0) {
        kp_node_keep_claim(node, kp_round_own_claim(node->round));
    }
    ended.reporter = node->own;
    kp_abort_describe(node->agreement, &ended, text);
    bool told = false;
    while (kp_round_next(node->round, &packed)) {
        told = true;
    }
    kp_node_log(node, KP_LOG_WARNING, "end attempt", "failed", NULL, why[0] != '\0' ? why : text);
    kp_node_end(node, &ending, text);
    if (told && kp_outbox_push(&node->outbox, &packed) != KP_OK) {
        kp_node_log(node, KP_LOG_ERROR, "send ABORT", "failed", NULL, "no memory");
    }
    kp_buffer_free(&packed);
}

/* READY is signed only when everything before it has been put: a restart after that must not lose
 * an evaluation that another member still waits for. */
static void ready_when_put(struct kp_node *node)
{
    if (kp_round_phase(node->round) == KP_PHASE_READY && !kp_round_has_next(node->round) &&
        kp_outbox_first(&node->outbox) == NULL && node->link.batch.count == 0) {
        kp_node_ready(node);
    }
}

void kp_node_settle(struct kp_node *node, const char *why)
{
    enum kp_phase phase = kp_round_phase(node->round);
    if (phase == KP_PHASE_ENDED) {
        end_with_round(node, why);
        return;
    }
    if (phase != node->state.phase && phase != KP_PHASE_READY) {
        node->state.phase = phase;
        node->unsaved = true;
        kp_node_log(node, KP_LOG_INFO, "enter phase", "done", NULL, kp_phase_name(phase));
    }
    drain(node);
    if (node->round != NULL) {
        ready_when_put(node);
    }
}

void kp_node_put_done(struct kp_node *node)
{
    if (node->round != NULL && kp_round_phase(node->round) != KP_PHASE_ENDED) {
        kp_node_settle(node, "");
    }
}

uint64_t kp_node_attempt_tick(struct kp_node *node, uint64_t now)
{
    if (!node->state.in_attempt) {
        return UINT64_MAX;
    }
    uint64_t silent_at = node->last_heard + (uint64_t)node->config->longest_silence_seconds * 1000;
    if (now < silent_at) {
        return silent_at;
    }
    char why[KP_ERROR_TEXT];
    (void)snprintf(why, sizeof(why), "nothing was heard of it for %u seconds (in phase %s)",
                   node->config->longest_silence_seconds, kp_phase_name(node->state.phase));
    kp_node_receipts_silent(node);
    kp_node_abort(node, KP_ABORT_COORDINATOR, 0, why);
    return UINT64_MAX;
}

/* ---- What else comes ---- */

static void on_abort(struct kp_node *node, const struct kp_round_message *message)
{
    struct kp_abort abort;
    struct kp_error error = {0};
    char text[KP_ERROR_TEXT];
    struct kp_node_ending ending = {.event = KP_AUDIT_ATTEMPT_ENDED,
                                    .reason = KP_ABORT_COORDINATOR};
    if (kp_abort_unpack(&abort, &message->body, &error) != KP_OK) {
        (void)snprintf(text, sizeof(text), "%s", error.text);
    } else {
        kp_abort_describe(node->agreement, &abort, text);
        ending.reason = abort.reason;
        ending.members = abort.members;
    }
    kp_node_log(node, KP_LOG_WARNING, "end attempt", "done", COORDINATOR, text);
    kp_node_end(node, &ending, text);
}

static void on_complete(struct kp_node *node, const struct kp_round_message *message,
                        const struct kp_buffer *packed)
{
    if (!node->releasing) {
        kp_node_log(node, KP_LOG_WARNING, "complete round", "refused", COORDINATOR,
                    "it isn't released yet");
        return;
    }
    kp_node_log(node, KP_LOG_INFO, "complete round", "done", COORDINATOR, NULL);
    kp_node_take_bucket(node, message);
    kp_node_audit_slots(node, message, packed);
    kp_node_end(node, &(struct kp_node_ending){.event = KP_AUDIT_COMPLETED}, "");
}

void kp_node_on_member(struct kp_node *node, const struct kp_round_message *message,
                       const struct kp_buffer *packed)
{
    struct kp_error error = {0};
    bool hello1 = node->recovery != NULL || node->beginning != NULL ||
                  (node->round != NULL && kp_round_phase(node->round) == KP_PHASE_HELLO1);
    if (message->type == KP_MESSAGE_RECOVER && hello1) {
        kp_node_answer_recover(node, message);
    } else if (node->recovery != NULL) {
        kp_node_take_recovered(node, message, packed);
    } else if (node->beginning != NULL) {
        if (kp_node_keep_early(node, message, packed, &error) != KP_OK) {
            kp_node_log(node, KP_LOG_WARNING, "take message", "refused", COORDINATOR, error.text);
        }
    } else if (node->round != NULL) {
        kp_round_tell_time(node->round, kp_clock_now());
        if (kp_round_receive(node->round, message, packed->data, packed->size, &error) != KP_OK) {
            kp_node_log(node, KP_LOG_WARNING, "take message", "refused", COORDINATOR, error.text);
        }
        uint32_t unreadable = kp_round_unreadable(node->round);
        if (unreadable != 0 && kp_round_phase(node->round) != KP_PHASE_ENDED) {
            kp_node_abort(node, KP_ABORT_UNREADABLE, unreadable, error.text);
            return;
        }
        kp_node_settle(node, error.text);
    } else if (node->release != NULL && message->type == KP_MESSAGE_READY) {
        kp_node_take_ready(node, message->from, packed);
    } else {
        kp_node_log(node, KP_LOG_DEBUG, "take message", "refused", COORDINATOR,
                    "its attempt doesn't wait for one");
    }
}

/* The coordinator conducts one attempt at a time, and a mailbox keeps its order: the end of another
 * one than the own says that the own is over too. Its own end, and the START of the other, were
 * removed from the mailbox before they were fetched. */
static void on_end_of_another(struct kp_node *node)
{
    kp_node_log(node, KP_LOG_WARNING, "end attempt", "done", COORDINATOR,
                "a later attempt has ended");
    kp_node_end(
        node,
        &(struct kp_node_ending){.event = KP_AUDIT_ATTEMPT_ENDED, .reason = KP_ABORT_COORDINATOR},
        "the coordinator ended a later attempt, so this one is over");
}

static void on_message(struct kp_node *node, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    struct kp_error error = {0};
    if (kp_round_message_unpack(&message, packed->data, packed->size, &error) != KP_OK) {
        kp_node_log(node, KP_LOG_WARNING, "take message", "refused", COORDINATOR, error.text);
    } else if (message.from == KP_PARTY_COORDINATOR &&
               kp_node_check_conductor(node, &message, &error) != KP_OK) {
        kp_node_log(node, KP_LOG_WARNING, "take message", "refused", COORDINATOR, error.text);
    } else if (message.from == KP_PARTY_COORDINATOR && message.type == KP_MESSAGE_START) {
        kp_node_on_start(node, &message, packed);
    } else if (node->state.in_attempt && message.from == KP_PARTY_COORDINATOR &&
               (message.type == KP_MESSAGE_ABORT || message.type == KP_MESSAGE_COMPLETE) &&
               memcmp(message.attempt, node->state.attempt, KP_ATTEMPT_BYTES) != 0) {
        on_end_of_another(node);
    } else if (!node->state.in_attempt ||
               memcmp(message.attempt, node->state.attempt, KP_ATTEMPT_BYTES) != 0) {
        /* What was under way when its attempt ended. */
        kp_node_log(node, KP_LOG_DEBUG, "take message", "refused", COORDINATOR,
                    "no such attempt is going on");
    } else {
        node->last_heard = kp_loop_now();
        if (message.from == KP_PARTY_COORDINATOR && message.type == KP_MESSAGE_ABORT) {
            on_abort(node, &message);
        } else if (message.from == KP_PARTY_COORDINATOR && message.type == KP_MESSAGE_COMPLETE) {
            on_complete(node, &message, packed);
        } else {
            kp_node_on_member(node, &message, packed);
        }
    }
    kp_round_message_free(&message);
}

void kp_node_deliver(struct kp_node *node, uint64_t first, const struct kp_batch *messages)
{
    for (size_t i = 0; i < messages->count; i++) {
        if (first + i <= node->state.delivered) {
            continue; /* it came before */
        }
        /* Before its effects, so that they are written together. */
        node->state.delivered = first + i;
        node->unsaved = true;
        node->unsaved_bytes += messages->items[i].size;
        on_message(node, &messages->items[i]);
    }
}
