/* A round as one holder has it open: its results, the holder's own act, what the other gave. */
#ifndef KP_COORDINATOR_LEADER_OPENED_H
#define KP_COORDINATOR_LEADER_OPENED_H

#include "coordinator/leader_round.h"
#include "coordinator/other_act.h"

struct kp_leader_opened {
    struct kp_leader *leader;
    struct kp_leader_round round; /* round.match: the match at hand */
    struct kp_act act;            /* own */
    struct kp_other_act other;    /* with two holders */
    uint32_t index;               /* of the match at hand in the own act */
};

/* Fetches the round and this holder's act of it; with one key that is made where there is none. On
 * disk, in the signed log, before KP_OK; when it was before and is `shown` again, once more. With
 * two holders: KP_REFUSED while this one gave no partial openings (kp_leader_give), KP_RETRY while
 * the other didn't. Nothing to end unless KP_OK.
 */
KP_MUST_USE enum kp_status kp_leader_opened_begin(struct kp_leader *leader, uint32_t round,
                                                  bool shown, struct kp_leader_opened *opened,
                                                  struct kp_error *error);
/* Reads match `number` into opened->round.match. *fault: why the group as such can't be. */
KP_MUST_USE enum kp_status kp_leader_opened_match(struct kp_leader_opened *opened, uint32_t number,
                                                  struct kp_error *fault, struct kp_error *error);
void kp_leader_opened_end(struct kp_leader_opened *opened);

#endif
