/* The results of one round, fetched whole: what a holder opens, and what evidence is made of. */
#ifndef KP_COORDINATOR_LEADER_ROUND_H
#define KP_COORDINATOR_LEADER_ROUND_H

#include "coordinator/act.h"
#include "coordinator/leader.h"
#include "coordinator/open.h"
#include "coordinator/result_reader.h"

/* Zero-initialise; free with kp_leader_round_free. */
struct kp_leader_round {
    uint32_t round;
    const struct kp_agreement *agreement; /* the version under which it was held; borrowed */
    uint8_t *secret;                      /* the opening key; locked */
    struct kp_opening *opening;
    struct kp_result_transcript transcript;
    struct kp_result_reader reader; /* what the coordinator signed about them: checked */
    struct kp_buffer groups;        /* struct kp_buffer each: packed; match number i + 1 */
    uint32_t group_count;
    struct kp_opened_match *match; /* the one at hand; bulk */
    struct kp_leader_block *block; /* that one and its neighbours */
};

/* Reads the opening key, fetches the results of a round (0: the last one), checks what was signed,
 * and finds the version of the agreement under which it was held. KP_REFUSED: no version is in
 * force, or the results don't prove a round. */
KP_MUST_USE enum kp_status kp_leader_round_fetch(struct kp_leader *leader, uint32_t round,
                                                 struct kp_leader_round *out,
                                                 struct kp_error *error);
/* What the lineage's round of counts said (proto/count.h), checked in the same way. KP_REFUSED: the
 * agreement has no such round, or it wasn't held. */
KP_MUST_USE enum kp_status kp_leader_round_count(struct kp_leader *leader, uint32_t *bucket,
                                                 struct kp_error *error);
void kp_leader_round_free(struct kp_leader_round *round);

/* Checks what is public of match `number` into round->match. A group that can't be has no record,
 * and says why in `fault`. */
KP_MUST_USE enum kp_status kp_leader_round_check(struct kp_leader_round *round, uint32_t number,
                                                 struct kp_error *fault, struct kp_error *error);
/* The same, and with the own partials of each record that may be decrypted. Match and neighbours
 * are checked and decrypted together, for batches cost a fraction. */
KP_MUST_USE enum kp_status kp_leader_round_open(struct kp_leader_round *round, uint32_t number,
                                                struct kp_error *error);
/* All matches that are checked together with `number`, and with it the first of them: borrowed
 * until the next call, and the caller's to go on with. faults[i]: as `fault` of
 * kp_leader_round_check. */
struct kp_leader_span {
    uint32_t first, count;
    struct kp_opened_match *const *matches;
    const struct kp_error *faults;
};
KP_MUST_USE enum kp_status kp_leader_round_span(struct kp_leader_round *round, uint32_t number,
                                                struct kp_leader_span *span,
                                                struct kp_error *error);
/* The group itself; freed with kp_result_group_free whatever the result. */
KP_MUST_USE enum kp_status kp_leader_round_group(const struct kp_leader_round *round,
                                                 uint32_t number, struct kp_result_group *group,
                                                 struct kp_error *error);

#endif
