/* The signed log (proto/audit_log.h): what a node says about the attempt in its state. */
#include "node/node_internal.h"

#include "node/database.h"

#include <string.h>

void kp_node_audit_open(struct kp_node *node)
{
    node->signer = (struct kp_audit_signer){
        .party = node->own, .identity_secret = node->identity_secret, .table = KP_NODE_LOG};
    memcpy(node->signer.lineage, node->agreement->lineage, KP_DIGEST_BYTES);
}

enum kp_status kp_node_audit_started(struct kp_node *node, struct kp_error *error)
{
    const struct kp_audit_note note = {.event = KP_AUDIT_STARTED};
    enum kp_status status = kp_audit_write(node->store, &node->signer, &note, error);
    node->logging = status == KP_OK;
    return status;
}

void kp_node_audit_stopped(struct kp_node *node)
{
    const struct kp_audit_note note = {.event = KP_AUDIT_STOPPED};
    struct kp_error error = {0};
    if (node->logging && kp_audit_write(node->store, &node->signer, &note, &error) != KP_OK) {
        kp_node_log(node, KP_LOG_ERROR, "write log", "failed", NULL, error.text);
    }
}

struct kp_audit_note kp_node_note(const struct kp_node_state *state, enum kp_audit_event event)
{
    return (struct kp_audit_note){
        .event = event, .counter = state->counter, .attempt = state->attempt};
}

enum kp_status kp_node_audit(struct kp_node *node, struct kp_txn *txn,
                             const struct kp_audit_note *note, struct kp_error *error)
{
    return kp_audit_append(txn, &node->signer, note, error);
}

void kp_node_audit_refused(struct kp_node *node, const uint8_t attempt[static KP_ATTEMPT_BYTES],
                           uint64_t counter, enum kp_abort_reason reason)
{
    const struct kp_audit_note note = {.event = KP_AUDIT_START_REFUSED,
                                       .counter = counter <= KP_ROUNDS_MAX ? counter : 0,
                                       .attempt = attempt,
                                       .reason = reason};
    struct kp_error error = {0};
    if (kp_audit_write(node->store, &node->signer, &note, &error) != KP_OK) {
        kp_node_log(node, KP_LOG_ERROR, "write log", "failed", NULL, error.text);
    }
}

/* ---- Messages that leave ---- */

static enum kp_status write_with_state(struct kp_node *node, const struct kp_audit_note *note,
                                       struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_node_audit(node, txn, note, error);
    }
    if (status == KP_OK) {
        status = kp_state_save(txn, node->agreement->lineage, &node->state, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    if (status == KP_OK) {
        kp_node_saved(node);
    }
    return status;
}

enum kp_status kp_node_audit_sent(struct kp_node *node, const struct kp_buffer *packed,
                                  struct kp_error *error)
{
    struct kp_round_message message;
    uint8_t digest[KP_DIGEST_BYTES];
    enum kp_status status = kp_round_message_unpack(&message, packed->data, packed->size, error);
    enum kp_message_type type = message.type;
    kp_round_message_free(&message);
    if (status != KP_OK || (type != KP_MESSAGE_HELLO1 && type != KP_MESSAGE_HELLO2)) {
        return status;
    }
    struct kp_audit_note note = kp_node_note(
        &node->state, type == KP_MESSAGE_HELLO1 ? KP_AUDIT_HELLO1_SENT : KP_AUDIT_HELLO2_SENT);
    kp_audit_message_digest(digest, packed->data, packed->size);
    note.digest = digest;
    return write_with_state(node, &note, error);
}

/* ---- The end of an attempt ---- */

void kp_node_audit_ending(struct kp_node *node, const struct kp_node_ending *ending)
{
    node->ending = *ending;
    node->ending.counter = node->state.counter;
    memcpy(node->ending.attempt, node->state.attempt, KP_ATTEMPT_BYTES);
    node->ending_waits = node->state.in_attempt;
}

enum kp_status kp_node_audit_ended(struct kp_node *node, struct kp_txn *txn, struct kp_error *error)
{
    if (!node->ending_waits) {
        return KP_OK;
    }
    const struct kp_audit_note note = {.event = node->ending.event,
                                       .counter = node->ending.counter,
                                       .attempt = node->ending.attempt,
                                       .count = node->ending.members,
                                       .reason = node->ending.reason};
    return kp_audit_append(txn, &node->signer, &note, error);
}
