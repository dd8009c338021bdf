#include "node/retention.h"

#include "node/database.h"
#include "node/evidence_store.h"

static const enum kp_node_table tables[] = {
    KP_NODE_SLOTS,       KP_NODE_RELEASE,  KP_NODE_LISTS, KP_NODE_WITHDRAWN, KP_NODE_LETTERS_IN,
    KP_NODE_LETTERS_OUT, KP_NODE_CANARIES, KP_NODE_CASES, KP_NODE_AUDITS,    KP_NODE_RECEIPTS};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static enum kp_status count_all(struct kp_txn *txn, uint64_t *count, struct kp_error *error)
{
    enum kp_status status = kp_store_count(txn, KP_NODE_EVIDENCE, count, error);
    for (size_t i = 0; status == KP_OK && i < TABLES; i++) {
        uint64_t more = 0;
        status = kp_store_count(txn, tables[i], &more, error);
        *count += more;
    }
    return status;
}

static enum kp_status delete_all(struct kp_txn *txn, const struct kp_audit_signer *signer,
                                 uint64_t *rounds, struct kp_error *error)
{
    enum kp_status status = kp_evidence_drop_all(txn, rounds, error);
    for (size_t i = 0; status == KP_OK && i < TABLES; i++) {
        status = kp_store_clear(txn, tables[i], error);
    }
    if (status != KP_OK) {
        return status;
    }
    const struct kp_audit_note note = {.event = KP_AUDIT_ROUNDS_DELETED, .count = *rounds};
    return kp_audit_append(txn, signer, &note, error);
}

enum kp_status kp_retention_delete(struct kp_store *store, const struct kp_audit_signer *signer,
                                   bool *deleted, uint64_t *rounds, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    uint64_t count = 0;
    *deleted = false;
    *rounds = 0;
    enum kp_status status = kp_store_begin(store, true, &txn, error);
    if (status == KP_OK) {
        status = count_all(txn, &count, error);
    }
    if (status == KP_OK && count > 0) {
        status = delete_all(txn, signer, rounds, error);
    }
    if (status != KP_OK || count == 0) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    *deleted = status == KP_OK;
    return status;
}
