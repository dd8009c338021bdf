/* What is wrong with what a member gave in a round, and the file that proves it: a verdict
 * (docs/protocol.md, sections 27 and 28). No I/O. */
#ifndef KP_COORDINATOR_FAULT_H
#define KP_COORDINATOR_FAULT_H

#include "proto/agreement.h"
#include "proto/buffer.h"
#include "proto/error.h"
#include "proto/proof.h"
#include "proto/store.h"
#include "proto/wire.h"

#include <stdint.h>

/* An entry, with the way to what its member signed. */
struct kp_fault_record {
    uint32_t member;
    struct kp_proof_record record;
};

struct kp_fault {
    enum kp_fault_kind kind; /* KP_FAULT_NONE: nothing is wrong */
    uint32_t member;
    uint32_t position;
    uint32_t before; /* KP_FAULT_UNSORTED */
    /* KP_FAULT_OUTER: of t members, by rising number; else the member's, and before it in
     * KP_FAULT_UNSORTED that of `before`. */
    struct kp_fault_record records[KP_MEMBERS_MAX];
    uint32_t record_count;
    struct kp_buffer message; /* KP_FAULT_CHUNK: packed */
};
void kp_fault_free(struct kp_fault *fault); /* also clears it */
/* A place for one more record; NULL: there are too many. */
struct kp_proof_record *kp_fault_add(struct kp_fault *fault, uint32_t member);

/* Of which attempt: borrowed. */
struct kp_fault_place {
    const struct kp_agreement *agreement;
    uint64_t counter;
    const uint8_t *attempt; /* KP_ATTEMPT_BYTES */
};

/* A fault that names one member, with all hellos and READYs of the round. */
KP_MUST_USE enum kp_status kp_fault_file(struct kp_buffer *file, const struct kp_fault_place *place,
                                         const struct kp_result_transcript *transcript,
                                         const struct kp_fault *fault, struct kp_error *error);
/* Silence: START and the signed list of the phase, packed; `late` are named, with the coordinator.
 */
KP_MUST_USE enum kp_status kp_fault_silent_file(struct kp_buffer *file,
                                                const struct kp_fault_place *place,
                                                const struct kp_buffer *start,
                                                const struct kp_buffer *list, enum kp_phase phase,
                                                uint32_t late, struct kp_error *error);

/* Who is told of a fault. KP_FAILED: it can't be kept, and what it is about mustn't go on. */
struct kp_fault_sink {
    enum kp_status (*take)(void *context, struct kp_txn *txn, const struct kp_fault *fault,
                           struct kp_error *error);
    void *context;
};

#endif
