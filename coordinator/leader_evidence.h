/* Evidence of one match, for a court's expert or for a case: one file that is checked with public
 * keys alone (`kruispunt verify evidence`). Nothing of any other address is in it. */
#ifndef KP_COORDINATOR_LEADER_EVIDENCE_H
#define KP_COORDINATOR_LEADER_EVIDENCE_H

#include "coordinator/leader.h"
#include "coordinator/leader_opened.h"
#include "coordinator/proof_file.h"

/* Freed with kp_leader_evidence_free. */
struct kp_leader_evidence {
    uint32_t round, number;
    uint32_t members; /* bit i - 1: the record of member i is valid in full */
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint8_t tag[KP_DIGEST_BYTES];
    uint8_t address_key[KP_ADDRESS_KEY_BYTES];
    struct kp_buffer file;
};

/* Opens match `number` of a round and puts its evidence together, with all papers of the lineage or
 * without. That is in the leader's log, on disk, when KP_OK. KP_REFUSED: fewer than threshold
 * records are valid in full, or it is a canary. */
KP_MUST_USE enum kp_status kp_leader_evidence_make(struct kp_leader *leader, uint32_t round,
                                                   uint32_t number, bool with_papers,
                                                   struct kp_leader_evidence *evidence,
                                                   struct kp_error *error);
void kp_leader_evidence_free(struct kp_leader_evidence *evidence);

/* PARTIAL of every record of the match at hand that was decrypted, and OPENING, of every holder. */
KP_MUST_USE enum kp_status kp_leader_evidence_openings(const struct kp_leader_opened *opened,
                                                       struct kp_proof_file *file,
                                                       struct kp_error *error);

/* The same of the other holder alone. */
KP_MUST_USE enum kp_status kp_leader_evidence_other(const struct kp_leader_opened *opened,
                                                    struct kp_proof_file *file,
                                                    struct kp_error *error);

#endif
