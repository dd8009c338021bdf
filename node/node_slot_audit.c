/* Slot audits at a node: at the end of a released round, and when they are asked for. */
#include "node/node_internal.h"

#include "node/slot_audit.h"
#include "proto/slot_picks.h"

#include <inttypes.h>
#include <stdio.h>

/* Whose seed is wrong, or zero when nobody's is. */
static uint32_t first_member(uint32_t members)
{
    uint32_t member = 0;
    while (members != 0 && (members >> member & 1) == 0) {
        member++;
    }
    return members == 0 ? 0 : member + 1;
}

static enum kp_status write_down(struct kp_node *node, struct kp_txn *txn,
                                 const struct kp_slot_audit_source *source,
                                 struct kp_slot_audit *audit, struct kp_error *error)
{
    struct kp_audit_note note = kp_node_note(&node->state, KP_AUDIT_SLOTS_KEPT);
    enum kp_status status =
        audit->kept ? kp_slot_audit_keep(txn, source, audit, error)
                    : kp_slot_audit_keep_none(txn, node->release->counter, audit, error);
    note.count = audit->picks;
    if (!audit->kept) {
        note.event = KP_AUDIT_SLOTS_NOT_KEPT;
        note.reason = audit->reason;
        note.count = audit->members;
        note.member = first_member(audit->members);
    }
    return status == KP_OK ? kp_node_audit(node, txn, &note, error) : status;
}

/* Once for a round: COMPLETE can come again after a restart. */
static enum kp_status keep(struct kp_node *node, const struct kp_slot_audit_source *source,
                           struct kp_slot_audit *audit, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_slot_audit_read(txn, node->release->counter, audit, error);
    }
    if (status != KP_OK || audit->known) {
        kp_store_abort(txn);
        return status;
    }
    if (source->complete == NULL) {
        *audit = (struct kp_slot_audit){.known = true, .reason = KP_SLOT_AUDIT_ENDED};
    } else {
        status = kp_slot_audit_check(txn, source, audit, error);
    }
    if (status == KP_OK) {
        status = write_down(node, txn, source, audit, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

static void log_kept(const struct kp_node *node, const struct kp_slot_audit *audit)
{
    char remark[KP_ERROR_TEXT];
    (void)snprintf(remark, sizeof(remark), audit->kept ? "%u slots" : "none; reason %u",
                   audit->kept ? audit->picks : (unsigned)audit->reason);
    kp_node_log(node, audit->kept ? KP_LOG_INFO : KP_LOG_WARNING, "keep slots for audit",
                audit->kept ? "done" : "refused", NULL, remark);
}

void kp_node_audit_slots(struct kp_node *node, const struct kp_round_message *message,
                         const struct kp_buffer *packed)
{
    struct kp_complete complete = {0};
    struct kp_slot_audit audit = {0};
    struct kp_error error = {0};
    if (!node->releasing || !kp_audit_has_seed(node->agreement, node->own)) {
        return;
    }
    enum kp_status status =
        message != NULL ? kp_complete_unpack(&complete, &message->body, &error) : KP_OK;
    if (status == KP_REFUSED) { /* signed, but without seeds that could be read */
        complete.seed_count = 0;
        status = KP_OK;
    }
    const struct kp_slot_audit_source source = {.agreement = node->agreement,
                                                .own = node->own,
                                                .release = node->release,
                                                .keeping = &node->keeping,
                                                .complete = message != NULL ? &complete : NULL,
                                                .packed_complete = packed};
    if (status == KP_OK) {
        status = keep(node, &source, &audit, &error);
    }
    if (status != KP_OK) {
        kp_node_log(node, KP_LOG_ERROR, "keep slots for audit", "failed", NULL, error.text);
    } else {
        log_kept(node, &audit);
    }
}

enum kp_status kp_node_serve_slot_audit(struct kp_node *node, const struct kp_export_request *asked,
                                        struct kp_export_page *page, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    uint64_t counter = asked->counter != 0 ? asked->counter : node->state.proven;
    /* A write, because the log says what was shown, before it is. */
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status =
            kp_slot_audit_page(txn, node->agreement, node->own, counter, asked->after, page, error);
    }
    if (status == KP_OK && asked->after == 0) {
        const struct kp_audit_note note = {
            .event = KP_AUDIT_SLOTS_SHOWN, .counter = counter, .count = page->header.items - 1};
        status = kp_node_audit(node, txn, &note, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}
