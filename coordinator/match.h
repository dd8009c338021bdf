/* Matching: tags that at least threshold members submitted, each with the outer layer of its
 * records opened as a check, into the lasting results. In pieces, so that the coordinator answers
 * meanwhile. */
#ifndef KP_COORDINATOR_MATCH_H
#define KP_COORDINATOR_MATCH_H

#include "coordinator/intake.h"
#include "coordinator/results.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_match;

/* All are borrowed and outlive the match. The sink hears of records that the shares of their tag
 * don't open, in the transaction that keeps their group; NULL: nobody does. */
KP_MUST_USE enum kp_status kp_match_new(struct kp_match **match, struct kp_intake *intake,
                                        const struct kp_agreement *agreement,
                                        const struct kp_result_transcript *transcript,
                                        uint32_t round, struct kp_store *results,
                                        const struct kp_fault_sink *sink, struct kp_error *error);
void kp_match_free(struct kp_match *match); /* NULL is allowed; wipes */

/* Matches some tags; each call's finds are on disk when it returns. */
KP_MUST_USE enum kp_status kp_match_work(struct kp_match *match, bool *more,
                                         struct kp_error *error);

/* What was written, for what comes behind the groups. */
struct kp_results_writer *kp_match_writer(struct kp_match *match);
uint32_t kp_match_count(const struct kp_match *match); /* 0 in a round of counts */
/* What a round of counts says (proto/count.h); 0 in others. The number itself leaves this with
 * nobody. */
uint32_t kp_match_bucket(const struct kp_match *match);
/* Records whose outer layer didn't open with what the shares give. */
uint32_t kp_match_faults(const struct kp_match *match);

#endif
