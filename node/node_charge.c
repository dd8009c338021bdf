/* Before anything of a list is answered: judged, then charged and logged in one
 * transaction. */
#include "node/node_internal.h"

#include "node/quota.h"

#include <inttypes.h>
#include <stdio.h>

/* The head of its log that the member showed in the HELLO 2 that was just written down. */
static enum kp_status audit_head(struct kp_node *node, struct kp_txn *txn, uint32_t member,
                                 struct kp_error *error)
{
    struct kp_quota quota;
    struct kp_audit_note note = kp_node_note(&node->state, KP_AUDIT_HEAD_SEEN);
    enum kp_status status = kp_quota_read(txn, node->agreement, member, &quota, error);
    if (status == KP_OK) {
        note.member = member;
        note.count = quota.log.sequence;
        note.digest = quota.log.hash;
        status = kp_node_audit(node, txn, &note, error);
    }
    kp_quota_free(&quota);
    return status;
}

static enum kp_status count_list(struct kp_node *node, struct kp_quota_charge *charge,
                                 const struct kp_round_list *list, uint64_t *charged,
                                 uint32_t *changed, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_quota_count(charge, txn, charged, changed, error);
    }
    if (status == KP_OK && list->count > 0) {
        struct kp_audit_note note = kp_node_note(&node->state, KP_AUDIT_LIST_EVALUATED);
        note.member = list->member;
        note.count = *changed;
        note.digest = list->root;
        status = kp_node_audit(node, txn, &note, error);
    }
    if (status == KP_OK && list->member != node->own) {
        status = audit_head(node, txn, list->member, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

enum kp_status kp_node_charge(void *context, const struct kp_round_list *list, uint64_t *charged,
                              struct kp_error *error)
{
    struct kp_node *node = context;
    struct kp_quota_charge *charge = NULL;
    uint32_t changed = 0;
    enum kp_status status = kp_quota_judge(&charge, node->store, node->agreement, node->own, list,
                                           node->config->data, error);
    if (status == KP_OK) {
        status = count_list(node, charge, list, charged, &changed, error);
    }
    kp_quota_charge_free(charge);
    if (status == KP_OK && list->count > 0) {
        char remark[KP_ERROR_TEXT];
        (void)snprintf(remark, sizeof(remark), "%" PRIu32 " points of %s; %" PRIu64 " so far",
                       changed, node->agreement->members[list->member - 1].name, *charged);
        kp_node_log(node, KP_LOG_INFO, "charge list", "done", NULL, remark);
    }
    return status;
}
