/* What is wrong with a round, as a holder's program finds it at opening, and the verdicts that
 * prove it. */
#ifndef KP_COORDINATOR_LEADER_FAULTS_H
#define KP_COORDINATOR_LEADER_FAULTS_H

#include "coordinator/leader_opened.h"

struct kp_leader_fault {
    enum kp_fault_kind kind; /* KP_FAULT_NONE: nothing that can be held against anybody */
    uint32_t number;         /* of the match; 0: of a canary that isn't among them, or of RESULT */
    uint32_t member;         /* whose record it is about; 0: of the match as such */
    uint32_t holder;         /* named by KP_FAULT_PARTIAL */
    char text[KP_ERROR_TEXT];
    struct kp_buffer file; /* the verdict; empty: there is none */
};

/* Calls `each` for every fault of the round; what it gets is freed afterwards. Files are made when
 * `files`. A verdict about a record's content is made only where its match is shown anyway or the
 * record doesn't open, so that it tells nobody an address. */
typedef enum kp_status kp_leader_each_fault(void *context, const struct kp_leader_fault *fault,
                                            struct kp_error *error);
KP_MUST_USE enum kp_status kp_leader_faults(struct kp_leader_opened *opened, bool files,
                                            kp_leader_each_fault *each, void *context,
                                            struct kp_error *error);

#endif
