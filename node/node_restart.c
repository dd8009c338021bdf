/* What a process before this one left of an attempt. */
#include "node/node_internal.h"

#include "node/release_store.h"
#include "proto/transcript.h"

#include <string.h>

static enum kp_status load_release(struct kp_node *node, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_release_store_load(txn, node->content, node->agreement, node->own,
                                       &node->release, error);
    }
    kp_store_abort(txn);
    return status;
}

/* What a process before this one spilled is unreadable without its key, and only takes up space. */
static enum kp_status remove_pieces(struct kp_node *node, struct kp_error *error)
{
    char folder[KP_NODE_FOLDER_ROOM];
    kp_node_pieces_folder(node, folder);
    return kp_pieces_remove(folder, error);
}

enum kp_status kp_node_recover(struct kp_node *node, struct kp_error *error)
{
    node->last_heard = kp_loop_now();
    enum kp_status status = remove_pieces(node, error);
    if (status == KP_OK) {
        status = kp_node_remove_recovery(node, error);
    }
    if (status == KP_OK) {
        status = load_release(node, error);
    }
    bool useless = status == KP_REFUSED;
    if (useless) {
        /* Such as one of the version before: the next one came into force, and the process ended
         * before it ended the attempt. It mustn't keep the node from starting, nor be released. */
        kp_node_log(node, KP_LOG_WARNING, "go on after restart", "refused", NULL, error->text);
        status = KP_OK;
    }
    if (status != KP_OK || (!node->state.in_attempt && node->release == NULL && !useless)) {
        return status;
    }
    if (node->state.in_attempt && node->release != NULL &&
        memcmp(node->release->attempt, node->state.attempt, KP_ATTEMPT_BYTES) == 0) {
        kp_node_log(node, KP_LOG_INFO, "go on after restart", "done", NULL,
                    "its release is on disk");
        kp_node_receipts_reload(node);
        kp_node_go_on(node);
    } else if (node->state.in_attempt) {
        char text[KP_ERROR_TEXT];
        const struct kp_abort ended = {.reason = KP_ABORT_RESTARTED,
                                       .phase = node->state.phase,
                                       .members = kp_node_own_bit(node),
                                       .reporter = node->own};
        kp_abort_describe(node->agreement, &ended, text);
        kp_node_abort(node, ended.reason, ended.members, text);
    } else {
        /* A release of no attempt: nothing that the log doesn't say already. */
        kp_node_end(node, &(struct kp_node_ending){0}, node->state.last_error);
    }
    return KP_OK;
}
