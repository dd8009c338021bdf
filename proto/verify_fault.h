/* A verdict about a fault: whether its evidence shows what it says, and nobody is named whom it
 * doesn't show (`kruispunt verify verdict`). Public keys alone; rules verdict.* and receipts.*
 * (docs/protocol.md, section 27). */
#ifndef KP_PROTO_VERIFY_FAULT_H
#define KP_PROTO_VERIFY_FAULT_H

#include "proto/proof.h"
#include "proto/verify.h"

/* Receipts of one member, as its export has them; freed with kp_verify_receipts_free. */
struct kp_verify_receipts {
    struct kp_verify_receipt {
        uint8_t attempt[KP_ATTEMPT_BYTES];
        struct kp_receipt body;
    } * items; /* owned; only those whose signature holds */
    size_t count;
};
/* Rules receipts.* over an export of receipts; what holds is added to *receipts. KP_FAILED: no
 * memory. */
KP_MUST_USE enum kp_status kp_verify_receipts_check(const struct kp_verify_versions *versions,
                                                    const struct kp_verify_export *export,
                                                    struct kp_report *report,
                                                    struct kp_verify_receipts *receipts,
                                                    struct kp_error *error);
void kp_verify_receipts_free(struct kp_verify_receipts *receipts);

#define KP_FAULT_SAYS_TEXT 512
struct kp_fault_says {
    const struct kp_agreement *agreement; /* the version of the round; in the papers */
    struct kp_proof_verdict verdict;
    char text[KP_FAULT_SAYS_TEXT]; /* what is shown, in words */
};

/* `report` is filled in; *says only where kp_verify_fault_holds. `receipts` are those of members,
 * by which a coordinator that says that one was silent can be contradicted; may be NULL. KP_FAILED:
 * no memory. */
KP_MUST_USE enum kp_status kp_verify_fault_check(const struct kp_verify_versions *versions,
                                                 const struct kp_verify_export *export,
                                                 const struct kp_verify_receipts *receipts,
                                                 struct kp_report *report,
                                                 struct kp_fault_says *says,
                                                 struct kp_error *error);
/* Every rule is ok. */
bool kp_verify_fault_holds(const struct kp_report *report);

#endif
