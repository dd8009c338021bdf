/* The node's store: which tables it has. */
#ifndef KP_NODE_DATABASE_H
#define KP_NODE_DATABASE_H

#include "proto/error.h"
#include "proto/store.h"

#include <stdint.h>

enum kp_node_table {
    KP_NODE_STATE,      /* lineage and a letter -> counters and markers (node/state.h) */
    KP_NODE_SIGNALS,    /* blind key of the address -> the signals on it (node/signals.h) */
    KP_NODE_SLOTS,      /* lineage; index, 4 bytes BE -> slot (node/slots.h) */
    KP_NODE_RELEASE,    /* what was signed READY and waits for everybody else's (node/release.h) */
    KP_NODE_LOG,        /* proto/audit_log.h */
    KP_NODE_LISTS,      /* lineage; member; what was charged of its lists (node/quota.h) */
    KP_NODE_PAPERS,     /* proto/papers.h */
    KP_NODE_EVIDENCE,   /* counter, 4 bytes BE; where in the round -> its content (evidence_store.h)
                         */
    KP_NODE_NOTED,      /* number of a log entry -> digests of the signals in it (node/noted.h) */
    KP_NODE_WITHDRAWN,  /* blind key; digest of the signal -> it (node/withdrawn.h) */
    KP_NODE_LETTERS_IN, /* node/node_letters.c */
    KP_NODE_LETTERS_OUT, /* number, 8 bytes BE -> a packed letter that waits to be put */
    KP_NODE_CANARIES,    /* lineage; group, 4 bytes BE -> its secret (node/canaries.h) */
    KP_NODE_CASES,       /* node/cases.h */
    KP_NODE_AUDITS, /* counter, 4 bytes BE; number, 4 bytes -> what is shown (node/slot_audit.h) */
    KP_NODE_RECEIPTS, /* node/receipts.h */
    KP_NODE_TABLES,
};

KP_MUST_USE enum kp_status kp_node_database_open(struct kp_store **store, const char *folder,
                                                 const uint8_t key[static 32],
                                                 struct kp_error *error);

#endif
