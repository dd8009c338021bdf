/* What the other holder gave of a round: its partial openings, out of its letters, checked against
 * the entry of its own log that they say they stand in, and one by one. */
#ifndef KP_COORDINATOR_OTHER_ACT_H
#define KP_COORDINATOR_OTHER_ACT_H

#include "coordinator/leader_round.h"
#include "proto/letter.h"
#include "proto/proof.h"

/* Zero-initialise; free with kp_other_act_free. */
struct kp_other_act {
    struct kp_partials *letters;
    size_t letter_count;
    uint32_t parts;                /* letters in all; 0: none came */
    uint32_t refused;              /* letters that aren't under their log entry, or don't unpack */
    bool has[KP_LETTER_PARTS_MAX]; /* by part: however often one comes, it counts once */
};

/* Fetches the letters about this round. KP_OK also when none is there yet. */
KP_MUST_USE enum kp_status kp_other_act_fetch(struct kp_leader *leader,
                                              const struct kp_leader_round *round,
                                              struct kp_other_act *other, struct kp_error *error);
/* One letter, whose signature was checked. KP_OK also when it is no good: counted in `refused`. */
KP_MUST_USE enum kp_status kp_other_act_take(struct kp_other_act *other,
                                             const struct kp_leader_round *round,
                                             const struct kp_opened_letter *letter,
                                             struct kp_error *error);
/* All letters are here. */
bool kp_other_act_complete(const struct kp_other_act *other);
/* What was given of this match; NULL: nothing. *letter: the letter it stands in. */
const struct kp_partial_match *kp_other_act_find(const struct kp_other_act *other, uint32_t number,
                                                 const struct kp_partials **letter);
/* Puts the other's partials into a match of the round, checked. A record without a right one is a
 * fault (KP_FAULT_PARTIAL) that names the holder, or says that it gave none, and doesn't pass any
 * more. */
void kp_other_act_apply(const struct kp_other_act *other, const struct kp_leader_round *round,
                        struct kp_opened_match *match);
/* The RESULT that the other was given, packed, where it says something else than the own one of
 * this round: the coordinator signed both. NULL: there is none such. */
const struct kp_buffer *kp_other_act_other_result(const struct kp_other_act *other,
                                                  const struct kp_leader_round *round);
void kp_other_act_free(struct kp_other_act *other);

#endif
