/* What the log's entries about signals are of. Such an entry carries the root of a tree over the
 * digests of its signals (kp_signals_digest); the leaves are kept here, so that of a signal that is
 * shown later it can be proven in which entry it stands: when it was registered, and withdrawn. A
 * digest says nothing without the signal's salt. */
#ifndef KP_NODE_NOTED_H
#define KP_NODE_NOTED_H

#include "proto/audit_log.h"
#include "proto/limits.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stdint.h>

/* Appends the log entry, and keeps the digests (KP_DIGEST_BYTES each, KP_IMPORT_BATCH at most;
 * none: an entry without a root). */
KP_MUST_USE enum kp_status kp_noted_append(struct kp_txn *txn, const struct kp_audit_signer *signer,
                                           enum kp_audit_event event,
                                           const struct kp_buffer *digests, struct kp_error *error);

struct kp_noted_proof {
    uint64_t sequence; /* of the log entry */
    uint32_t index, count;
    uint8_t path[KP_NOTED_PATH_MAX * KP_DIGEST_BYTES];
    uint32_t path_size; /* bytes */
};
/* Which entry the digest stands in, the first with this event. Many are asked at once: all entries
 * are read for it, and there can be as many as thousands of signals. */
struct kp_noted_query {
    enum kp_audit_event event;
    uint8_t digest[KP_DIGEST_BYTES];
    bool found;
    struct kp_noted_proof proof;
};
/* Sorts them, for kp_noted_answer. */
KP_MUST_USE enum kp_status kp_noted_find_all(struct kp_txn *txn, struct kp_noted_query *queries,
                                             size_t count, struct kp_error *error);
/* NULL: not found, or not among the queries. */
const struct kp_noted_proof *kp_noted_answer(const struct kp_noted_query *queries, size_t count,
                                             enum kp_audit_event event,
                                             const uint8_t digest[static KP_DIGEST_BYTES]);

#endif
