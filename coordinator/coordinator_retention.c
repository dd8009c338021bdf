/* When the agreement's retention is over: what the coordinator still has of rounds goes. The log
 * and the papers stay. */
#include "coordinator/coordinator_internal.h"

#include "coordinator/database.h"
#include "coordinator/letters.h"
#include "proto/log.h"

#include <inttypes.h>

#define RETENTION_EVERY_MS 3600000u

static const enum kp_coordinator_table tables[] = {KP_COORDINATOR_RESULTS, KP_COORDINATOR_VERDICTS,
                                                   KP_COORDINATOR_STARTS};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static enum kp_status clear(struct kp_txn *txn, uint64_t *count, struct kp_error *error)
{
    enum kp_status status = kp_letters_clear(txn, count, error);
    for (size_t i = 0; status == KP_OK && i < TABLES; i++) {
        uint64_t more = 0;
        status = kp_store_count(txn, tables[i], &more, error);
        if (status == KP_OK) {
            status = kp_store_clear(txn, tables[i], error);
        }
        *count += more;
    }
    return status;
}

enum kp_status kp_coordinator_delete_rounds(struct kp_coordinator *c, uint64_t *count,
                                            struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    *count = 0;
    enum kp_status status = kp_store_begin(c->store, true, &txn, error);
    if (status == KP_OK) {
        status = clear(txn, count, error);
    }
    if (status == KP_OK && *count > 0) {
        const struct kp_audit_note note = {.event = KP_AUDIT_ROUNDS_DELETED, .count = *count};
        status = kp_coordinator_audit(c, txn, &note, error);
    }
    if (status != KP_OK || *count == 0) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

uint64_t kp_coordinator_retention_tick(struct kp_coordinator *c, uint64_t now)
{
    const struct kp_log_event done = {"delete rounds", "agreement", "done", "itself", NULL};
    const struct kp_log_event failed = {"delete rounds", "agreement", "failed", "itself", NULL};
    struct kp_error error = {0};
    uint64_t count = 0;
    if (now < c->retention_at) {
        return c->retention_at;
    }
    c->retention_at = now + RETENTION_EVERY_MS;
    if (c->attempt == NULL && kp_agreement_retention_is_over(c->agreement, kp_clock_now() / 1000)) {
        if (kp_coordinator_delete_rounds(c, &count, &error) != KP_OK) {
            kp_log(KP_LOG_ERROR, &failed, "%s", error.text);
        } else if (count > 0) {
            kp_log(KP_LOG_INFO, &done, "%" PRIu64 " records; retention is over", count);
        }
    }
    return c->retention_at;
}
