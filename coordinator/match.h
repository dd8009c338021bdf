/* Matching: tags that at least threshold members submitted, each with the outer layer of its
 * records opened as a check, into the lasting results.
 *
 * The space of tags is cut into ranges by their first bits. Each is looked at by a piece of work
 * (coordinator/match_find.h), on threads of their own where there are some; the owner's thread
 * writes what they found, range after range, so the results are in the order of tags whatever ends
 * first. Memory has a bound that neither tags nor matches change (KP_MATCH_MEMORY). */
#ifndef KP_COORDINATOR_MATCH_H
#define KP_COORDINATOR_MATCH_H

#include "coordinator/intake.h"
#include "coordinator/results.h"
#include "proto/store.h"
#include "proto/workers.h"

#include <stdint.h>

struct kp_match;

/* All are borrowed and outlive the match. */
struct kp_match_settings {
    struct kp_intake *intake; /* nothing is taken in while there is a match */
    const struct kp_agreement *agreement;
    const struct kp_result_transcript *transcript;
    uint32_t round;
    struct kp_store *results;
    /* Hears of records that the shares of their tag don't open, in the transaction that keeps their
     * group. NULL: nobody does. */
    const struct kp_fault_sink *sink;
    struct kp_workers *workers; /* the match's alone as long as there is one; NULL: no threads */
};
KP_MUST_USE enum kp_status kp_match_new(struct kp_match **match,
                                        const struct kp_match_settings *settings,
                                        struct kp_error *error);
/* Blocks until the threads have ended what they are at. NULL is allowed; wipes. */
void kp_match_free(struct kp_match *match);

enum kp_match_state {
    KP_MATCH_GOES_ON, /* call kp_match_work again */
    KP_MATCH_WAITS,   /* call it again when the workers have woken the loop */
    KP_MATCH_DONE,
};
/* Matches some tags, or writes what threads have found; each call's finds are on disk when it
 * returns. */
KP_MUST_USE enum kp_status kp_match_work(struct kp_match *match, enum kp_match_state *state,
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
