/* The end of an attempt, whichever it is. */
#include "node/node_internal.h"

#include "node/evidence_store.h"
#include "node/release_store.h"

#include <stdio.h>
#include <string.h>

uint32_t kp_node_own_bit(const struct kp_node *node)
{
    return 1u << (node->own - 1);
}

void kp_node_pieces_folder(const struct kp_node *node, char folder[static KP_NODE_FOLDER_ROOM])
{
    (void)snprintf(folder, KP_NODE_FOLDER_ROOM, "%s/round", node->config->data);
}

void kp_node_drop_pieces(struct kp_node *node)
{
    struct kp_error error = {0};
    if (kp_pieces_destroy(node->pieces, &error) != KP_OK) {
        kp_node_log(node, KP_LOG_ERROR, "delete round's files", "failed", NULL, error.text);
    }
    node->pieces = NULL;
}

void kp_node_drop_attempt(struct kp_node *node)
{
    kp_node_give_up_steps(node);
    kp_node_drop_recovery(node);
    kp_node_drop_answers(node);
    kp_batch_free(&node->early);
    node->answered = 0;
    kp_node_stop_work(node);
    kp_evidence_keep_free(node->saving);
    node->saving = NULL;
    kp_round_free(node->round);
    node->round = NULL;
    kp_release_free(node->release);
    node->release = NULL;
    kp_release_store_forget(node->content);
    kp_slot_keeping_free(&node->keeping);
    kp_node_drop_pieces(node);
    node->releasing = false;
    node->released = 0;
    node->unsaved_readys = 0;
    kp_outbox_clear(&node->outbox);
    kp_batch_free(&node->link.batch); /* else a later connection would still put it */
}

static void clear_marker(struct kp_node_state *state, const char *why)
{
    state->in_attempt = false;
    memset(state->attempt, 0, sizeof(state->attempt));
    state->phase = KP_PHASE_IDLE;
    (void)snprintf(state->last_error, sizeof(state->last_error), "%s", why);
}

/* The marker and the release go together. When that can't be written, the next start of the daemon
 * finds them and does it. */
static enum kp_status write_end(struct kp_node *node, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_release_store_clear(txn, error);
    }
    if (status == KP_OK && node->state.counter > node->state.proven) {
        status = kp_evidence_drop(txn, node->state.counter, error);
    }
    if (status == KP_OK) {
        status = kp_node_audit_ended(node, txn, error);
    }
    if (status == KP_OK) {
        status = kp_state_save(txn, node->agreement->lineage, &node->state, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    node->ending_waits = node->ending_waits && status != KP_OK;
    if (status == KP_OK) {
        kp_node_saved(node);
    }
    return status;
}

void kp_node_end(struct kp_node *node, const struct kp_node_ending *ending, const char *why)
{
    struct kp_error error = {0};
    if (ending->event != KP_AUDIT_COMPLETED) {
        kp_node_audit_slots(node, NULL, NULL);
    }
    kp_node_audit_ending(node, ending);
    kp_node_drop_attempt(node);
    clear_marker(&node->state, why);
    if (write_end(node, &error) != KP_OK) {
        node->unsaved = true;
        kp_node_log(node, KP_LOG_ERROR, "write end of attempt", "failed", NULL, error.text);
    }
    kp_node_papers_switch(node);
    node->share.ask_at = 0; /* what ended it may be a paper that isn't here yet */
}

void kp_node_send_abort(struct kp_node *node, const uint8_t attempt[static KP_ATTEMPT_BYTES],
                        enum kp_abort_reason reason, enum kp_phase phase, uint32_t members)
{
    const struct kp_abort abort = {
        .reason = reason, .phase = phase, .members = members, .reporter = node->own};
    struct kp_round_message message = {
        .type = KP_MESSAGE_ABORT, .from = node->own, .to = KP_PARTY_COORDINATOR};
    struct kp_buffer packed = {0};
    memcpy(message.attempt, attempt, KP_ATTEMPT_BYTES);
    enum kp_status status = kp_abort_pack(&abort, &message.body, NULL);
    if (status == KP_OK) {
        kp_round_message_sign(&message, node->agreement->lineage, node->identity_secret);
        status = kp_round_message_pack(&message, &packed, NULL);
    }
    if (status == KP_OK) {
        status = kp_outbox_push(&node->outbox, &packed);
    }
    kp_round_message_free(&message);
    if (status != KP_OK) {
        /* The coordinator's deadline says the same, later. */
        kp_node_log(node, KP_LOG_ERROR, "send ABORT", "failed", NULL, "no memory");
    }
}

void kp_node_abort(struct kp_node *node, enum kp_abort_reason reason, uint32_t members,
                   const char *why)
{
    const struct kp_node_ending ending = {
        .event = KP_AUDIT_ATTEMPT_ENDED, .reason = reason, .members = members};
    uint8_t attempt[KP_ATTEMPT_BYTES];
    enum kp_phase phase = node->state.phase;
    memcpy(attempt, node->state.attempt, sizeof(attempt));
    kp_node_log(node, KP_LOG_WARNING, "end attempt", "failed", NULL, why);
    kp_node_end(node, &ending, why);
    kp_node_send_abort(node, attempt, reason, phase, members);
}
