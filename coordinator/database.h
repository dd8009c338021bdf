/* The coordinator's lasting store: which tables it has. What a round leaves behind that must be
 * forgotten is not here but in files of its own (coordinator/intake.h). */
#ifndef KP_COORDINATOR_DATABASE_H
#define KP_COORDINATOR_DATABASE_H

#include "proto/error.h"
#include "proto/store.h"

#include <stdint.h>

enum kp_coordinator_table {
    KP_COORDINATOR_STATE,     /* name -> value (coordinator/state.h) */
    KP_COORDINATOR_MAILBOXES, /* member, 1 byte -> its counters (coordinator/mailbox.h) */
    KP_COORDINATOR_MAIL,      /* member, 1 byte; sequence, 8 bytes BE -> a packed round message */
    KP_COORDINATOR_RESULTS,   /* coordinator/results.h */
    KP_COORDINATOR_LOG,       /* proto/audit_log.h */
    KP_COORDINATOR_PAPERS,    /* proto/papers.h */
    KP_COORDINATOR_STARTS,    /* counter, 4 bytes BE -> the last START for it, packed */
    KP_COORDINATOR_LETTERS,   /* receiver, 1 byte; number, 8 bytes BE -> a packed letter */
    KP_COORDINATOR_LETTER_INDEX, /* coordinator/letters.c */
    KP_COORDINATOR_VERDICTS,     /* coordinator/verdicts.h */
    KP_COORDINATOR_TABLES,
};

KP_MUST_USE enum kp_status kp_coordinator_database_open(struct kp_store **store, const char *folder,
                                                        const uint8_t key[static 32],
                                                        struct kp_error *error);

#endif
