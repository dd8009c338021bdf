/* When the agreement's retention is over: what a holder's program still has of matches goes. Its
 * log stays. It is looked at each time that the program runs. */
#include "coordinator/leader.h"

#include "proto/loop.h"

static const enum kp_leader_table tables[] = {KP_LEADER_LETTERS, KP_LEADER_CASES, KP_LEADER_ACTS};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

enum kp_status kp_leader_delete_matches(struct kp_leader *leader, uint64_t *count,
                                        struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    struct kp_buffer entry = {0};
    *count = 0;
    enum kp_status status = kp_leader_store(leader, error);
    if (status == KP_OK) {
        status = kp_store_begin(leader->store, true, &txn, error);
    }
    for (size_t i = 0; status == KP_OK && i < TABLES; i++) {
        uint64_t more = 0;
        status = kp_store_count(txn, tables[i], &more, error);
        if (status == KP_OK) {
            status = kp_store_clear(txn, tables[i], error);
        }
        *count += more;
    }
    if (status == KP_OK && *count > 0) {
        const struct kp_audit_note note = {.event = KP_AUDIT_ROUNDS_DELETED, .count = *count};
        status = kp_leader_audit_in(leader, txn, &note, &entry, error);
    }
    kp_buffer_free(&entry);
    if (status != KP_OK || *count == 0) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

enum kp_status kp_leader_retention(struct kp_leader *leader, struct kp_error *error)
{
    uint64_t count = 0;
    return kp_agreement_retention_is_over(leader->agreement, kp_clock_now() / 1000)
               ? kp_leader_delete_matches(leader, &count, error)
               : KP_OK;
}
