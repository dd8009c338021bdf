/* The slots of a released round that are shown to the member's own data protection officer
 * (docs/protocol.md, section 24): made at the end of the round from what was kept in memory, and on
 * disk until the retention is over. All within the caller's transaction. */
#ifndef KP_NODE_SLOT_AUDIT_H
#define KP_NODE_SLOT_AUDIT_H

#include "node/release.h"
#include "node/slot_keeping.h"
#include "proto/agreement.h"
#include "proto/control.h"
#include "proto/round_message.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stdint.h>

/* Why a round has no picks; in the log too. Numbers stay. */
enum kp_slot_audit_reason {
    KP_SLOT_AUDIT_RESTARTED = 1, /* the node forgot its slots between READY and COMPLETE */
    KP_SLOT_AUDIT_NO_SEEDS = 2,  /* COMPLETE brought none */
    KP_SLOT_AUDIT_SEED = 3,      /* somebody's is missing, or isn't what was committed to */
    KP_SLOT_AUDIT_ENDED = 4,     /* the round ended without COMPLETE */
    KP_SLOT_AUDIT_REASONS,
};

struct kp_slot_audit {
    bool known; /* false: nothing was written down of this round */
    bool kept;
    enum kp_slot_audit_reason reason; /* when it isn't kept */
    uint32_t members;                 /* whose seed: bit i - 1 is member i */
    uint32_t picks;
};

/* What the picks are made of; all borrowed. */
struct kp_slot_audit_source {
    const struct kp_agreement *agreement;
    uint32_t own;
    struct kp_release *release; /* with all READYs; its trees are made */
    const struct kp_slot_keeping *keeping;
    const struct kp_complete *complete;
    const struct kp_buffer *packed_complete;
};

/* Whether the seeds in COMPLETE are those that all committed to; *audit says why not. */
KP_MUST_USE enum kp_status kp_slot_audit_check(struct kp_txn *txn,
                                               const struct kp_slot_audit_source *source,
                                               struct kp_slot_audit *audit, struct kp_error *error);
/* Writes the picks down. After kp_slot_audit_check said `kept`. */
KP_MUST_USE enum kp_status kp_slot_audit_keep(struct kp_txn *txn,
                                              const struct kp_slot_audit_source *source,
                                              struct kp_slot_audit *audit, struct kp_error *error);
/* Writes down that there are none, and why. */
KP_MUST_USE enum kp_status kp_slot_audit_keep_none(struct kp_txn *txn, uint64_t counter,
                                                   const struct kp_slot_audit *audit,
                                                   struct kp_error *error);

KP_MUST_USE enum kp_status kp_slot_audit_read(struct kp_txn *txn, uint64_t counter,
                                              struct kp_slot_audit *audit, struct kp_error *error);
/* COMPLETE and the picks, as an export. KP_REFUSED: there are none; the text says why. */
KP_MUST_USE enum kp_status kp_slot_audit_page(struct kp_txn *txn,
                                              const struct kp_agreement *agreement, uint32_t own,
                                              uint64_t counter, uint64_t after,
                                              struct kp_export_page *page, struct kp_error *error);

#endif
