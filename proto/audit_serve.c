/* The log as an export, page by page. */
#include "proto/audit_log.h"

#include <string.h>

/* Where the items that were asked for begin. */
static uint64_t first_of(const struct kp_export_request *asked, const struct kp_audit_head *head)
{
    return asked->last ? head->sequence : asked->after + 1;
}

static enum kp_status add_entries(struct kp_export_page *page, const struct kp_batch *entries,
                                  struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < entries->count; i++) {
        const struct kp_export_item item = {.kind = KP_EXPORT_LOG_ENTRY,
                                            .content = entries->items[i]}; /* borrowed */
        status = kp_export_page_add(page, &item, error);
    }
    return status;
}

/* The number of the last entry in the page, unless it is the log's last. */
static enum kp_status find_next(struct kp_export_page *page, const struct kp_batch *entries,
                                const struct kp_audit_head *head, struct kp_error *error)
{
    struct kp_audit_entry entry;
    if (entries->count == 0) {
        return KP_OK;
    }
    const struct kp_buffer *last = &entries->items[entries->count - 1];
    enum kp_status status = kp_audit_entry_unpack(&entry, last->data, last->size, error);
    page->next = status == KP_OK && entry.sequence < head->sequence ? entry.sequence : 0;
    return status;
}

static enum kp_status fill(struct kp_txn *txn, const struct kp_audit_signer *signer,
                           const struct kp_export_request *asked, struct kp_export_page *page,
                           struct kp_error *error)
{
    struct kp_audit_head head;
    struct kp_batch entries = {0};
    enum kp_status status = kp_audit_head_get(txn, signer, &head, error);
    if (status == KP_OK) {
        status = kp_audit_count(txn, signer, &page->header.items, error);
    }
    if (status == KP_OK) {
        page->header.has_digest = head.sequence > 0;
        memcpy(page->header.digest, head.hash, KP_DIGEST_BYTES);
        status = kp_audit_page(txn, signer, first_of(asked, &head), &entries, error);
    }
    if (status == KP_OK) {
        status = add_entries(page, &entries, error);
    }
    if (status == KP_OK) {
        status = find_next(page, &entries, &head, error);
    }
    kp_batch_free(&entries);
    return status;
}

enum kp_status kp_audit_serve(struct kp_store *store, const struct kp_audit_signer *signer,
                              const struct kp_export_request *asked, struct kp_export_page *page,
                              struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    page->header.kind = KP_EXPORT_LOG;
    page->header.party = signer->party;
    memcpy(page->header.lineage, signer->lineage, KP_DIGEST_BYTES);
    enum kp_status status = kp_store_begin(store, false, &txn, error);
    if (status == KP_OK) {
        status = fill(txn, signer, asked, page, error);
    }
    kp_store_abort(txn);
    return status;
}
