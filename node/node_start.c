/* START: whether this member may take part, and that the attempt is begun. */
#include "node/node_internal.h"

#include "node/conduct_check.h"
#include "node/evidence_store.h"
#include "node/release_store.h"
#include "node/round_check.h"
#include "proto/transcript.h"

#include <stdio.h>
#include <string.h>

#define COORDINATOR "coordinator"

/* Takes over what others prove: that the round before this one was released. */
static enum kp_status adopt(struct kp_node *node, const struct kp_start *start,
                            struct kp_error *error)
{
    const struct kp_agreement *agreement = node->agreement;
    enum kp_status status = kp_check_start_proof(agreement, start, error);
    if (status != KP_OK) {
        return status;
    }
    struct kp_node_state next = node->state;
    struct kp_txn *txn = NULL;
    next.proven = start->counter - 1;
    status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_state_save_proof(txn, agreement->lineage, start->release_proof,
                                     agreement->member_count, error);
    }
    if (status == KP_OK) {
        status = kp_state_forget_attempts(txn, agreement->lineage, error);
    }
    if (status == KP_OK) {
        status = kp_evidence_released(txn, agreement, next.proven, start->release_proof, error);
    }
    if (status == KP_OK) {
        const struct kp_audit_note note = {.event = KP_AUDIT_RELEASE_ADOPTED,
                                           .counter = next.proven};
        status = kp_node_audit(node, txn, &note, error);
    }
    if (status == KP_OK) {
        status = kp_state_save(txn, agreement->lineage, &next, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    if (status == KP_OK) {
        node->state = next;
        kp_node_log(node, KP_LOG_INFO, "adopt release", "done", COORDINATOR,
                    "all members' READYs prove it");
    }
    return status;
}

/* The interval counts from the own READY of the last round that was released: it is this member's
 * own clock, and nobody else's word, whoever brought the proof. */
static enum kp_status check_interval(struct kp_node *node, struct kp_error *error)
{
    const struct kp_agreement *agreement = node->agreement;
    struct kp_buffer ready[KP_MEMBERS_MAX] = {0};
    struct kp_ready own = {0};
    uint8_t attempt[KP_ATTEMPT_BYTES];
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    if (status == KP_OK) {
        status =
            kp_state_load_proof(txn, agreement->lineage, ready, agreement->member_count, error);
    }
    kp_store_abort(txn);
    const struct kp_buffer *packed = &ready[node->own - 1];
    if (status == KP_OK && packed->size > 0) {
        status = kp_transcript_check_ready(&own, attempt, agreement, node->own, packed->data,
                                           packed->size, error);
    }
    if (status == KP_OK) {
        status = kp_agreement_check_interval(agreement, own.time, kp_clock_now(), error);
    }
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        kp_buffer_free(&ready[i]);
    }
    return status;
}

/* Whether this member may take part. Nothing is begun before all of it holds. *waits: members whose
 * canaries' secrets it waits for, when that is why it mayn't. */
static enum kp_status check_start(struct kp_node *node, const struct kp_start *start,
                                  uint32_t *waits, struct kp_error *error)
{
    enum kp_status status = kp_node_check_in_force_for(node, start->counter, error);
    if (status == KP_OK) {
        status = kp_check_start_version(start, node->agreement, error);
    }
    if (status == KP_OK) {
        status = kp_check_start_type(start, node->agreement, error);
    }
    if (status != KP_OK) {
        return status;
    }
    status =
        kp_check_start_counter(start->counter, node->state.proven, node->agreement->rounds, error);
    if (status != KP_OK) {
        return status;
    }
    if (start->counter != node->state.proven + 1) {
        status = adopt(node, start, error);
    }
    if (status == KP_OK) {
        status = check_interval(node, error);
    }
    if (status == KP_OK) {
        status = kp_node_canaries_check(node, error);
        *waits = status == KP_REFUSED ? node->canaries_missing : 0;
    }
    return status;
}

/* The log says that an attempt begins in the place of the one that is going on, if any. */
static enum kp_status audit_start(struct kp_node *node, struct kp_txn *txn,
                                  const struct kp_node_state *next, struct kp_error *error)
{
    struct kp_audit_note note = kp_node_note(&node->state, KP_AUDIT_ATTEMPT_ENDED);
    note.reason = KP_ABORT_COORDINATOR;
    enum kp_status status = node->state.in_attempt ? kp_node_audit(node, txn, &note, error) : KP_OK;
    if (status == KP_OK) {
        note = kp_node_note(next, KP_AUDIT_START_RECEIVED);
        status = kp_node_audit(node, txn, &note, error);
    }
    return status;
}

/* Marks the attempt as begun, in the place of any other; *fresh is false for one that was begun
 * before, such as a START that is delivered again. */
static enum kp_status mark(struct kp_node *node, const uint8_t attempt[static KP_ATTEMPT_BYTES],
                           uint64_t counter, bool *fresh, struct kp_error *error)
{
    const uint8_t *lineage = node->agreement->lineage;
    struct kp_node_state next = node->state;
    struct kp_txn *txn = NULL;
    next.in_attempt = true;
    memcpy(next.attempt, attempt, KP_ATTEMPT_BYTES);
    next.counter = counter;
    next.phase = KP_PHASE_HELLO1;
    *fresh = false;
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_state_use_attempt(txn, lineage, attempt, fresh, error);
    }
    if (status == KP_OK && *fresh) {
        status = kp_release_store_clear(txn, error);
    }
    if (status == KP_OK && *fresh) {
        status = audit_start(node, txn, &next, error);
    }
    if (status == KP_OK && *fresh) {
        status = kp_state_save(txn, lineage, &next, error);
    }
    if (status != KP_OK || !*fresh) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    if (status == KP_OK) {
        if (node->state.in_attempt) {
            kp_node_log(node, KP_LOG_WARNING, "end attempt", "done", COORDINATOR,
                        "another attempt takes its place");
        }
        kp_node_drop_attempt(node);
        node->state = next;
        kp_node_saved(node);
    }
    return status;
}

/* The coordinator conducts one attempt at a time: a new one means that it gave up any other. */
static void refuse_start(struct kp_node *node, const struct kp_round_message *message,
                         uint64_t counter, uint32_t waits, const struct kp_error *error)
{
    const struct kp_node_ending given_up = {.event = KP_AUDIT_ATTEMPT_ENDED,
                                            .reason = KP_ABORT_COORDINATOR};
    enum kp_abort_reason reason = waits != 0                    ? KP_ABORT_CANARIES
                                  : error->status == KP_REFUSED ? KP_ABORT_NOT_AGREED
                                                                : KP_ABORT_FAILED;
    kp_node_log(node, KP_LOG_WARNING, "start attempt", "refused", COORDINATOR, error->text);
    if (node->state.in_attempt) {
        kp_node_end(node, &given_up, "the coordinator gave it up for another one");
    }
    kp_node_audit_refused(node, message->attempt, counter, reason);
    node->share.ask_at = 0; /* what it lacks may be on its way */
    (void)snprintf(node->state.last_error, sizeof(node->state.last_error), "%s", error->text);
    kp_node_send_abort(node, message->attempt, reason, KP_PHASE_HELLO1,
                       waits != 0 ? waits : kp_node_own_bit(node));
}

/* The coordinator gave the attempt up, and goes on under another version. */
static void end_for_other_version(struct kp_node *node)
{
    const struct kp_node_ending given_up = {.event = KP_AUDIT_ATTEMPT_ENDED,
                                            .reason = KP_ABORT_COORDINATOR};
    kp_node_end(node, &given_up, "the coordinator gave it up for another one");
}

void kp_node_on_start(struct kp_node *node, const struct kp_round_message *message,
                      const struct kp_buffer *packed)
{
    struct kp_start start;
    struct kp_error error = {0};
    bool fresh = false;
    uint32_t waits = 0;
    if (node->state.in_attempt &&
        memcmp(message->attempt, node->state.attempt, KP_ATTEMPT_BYTES) == 0) {
        return; /* delivered again */
    }
    enum kp_status status = kp_start_unpack(&start, &message->body, &error);
    if (status == KP_OK && node->state.in_attempt &&
        memcmp(start.agreement, node->agreement->hash, KP_DIGEST_BYTES) != 0) {
        end_for_other_version(node);
    }
    if (status == KP_OK && node->ending_waits) {
        status = kp_node_save(node, &error); /* nothing begins before the log has the last end */
    }
    if (status == KP_OK) {
        status = check_start(node, &start, &waits, &error);
    }
    if (status == KP_OK) {
        status = mark(node, message->attempt, start.counter, &fresh, &error);
    }
    if (status != KP_OK) {
        refuse_start(node, message, start.counter, waits, &error);
    } else if (!fresh) {
        kp_node_log(node, KP_LOG_INFO, "start attempt", "refused", COORDINATOR,
                    "it was begun before");
    } else {
        node->last_heard = kp_loop_now();
        kp_node_log(node, KP_LOG_INFO, "start attempt", "done", COORDINATOR, NULL);
        if (kp_buffer_set(&node->start, packed->data, packed->size) != KP_OK) {
            kp_node_abort(node, KP_ABORT_FAILED, kp_node_own_bit(node), "no memory for START");
        } else {
            kp_node_receipts_begin(node, message->attempt, start.counter, packed);
            kp_node_begin(node, start.round_type);
        }
    }
    kp_start_free(&start);
}
