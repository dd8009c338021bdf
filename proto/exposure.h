/* How many addresses partners that work together with the coordinator can have tested: with the key
 * of an organisation that doesn't know of it, over the whole term. Arithmetic only; no I/O.
 *
 * A contributing partner can have `slots` addresses evaluated in the first round and `rotation`
 * more in each later one, whether they are signals or guesses. Rounds are counted over all versions
 * of a lineage, so of several versions the one with the most counts, once. Other agreements count
 * in for a partner when the organisation itself and that partner are members of both and the areas
 * have a postcode in common: what is found there is found here. Their terms make no difference, for
 * what was tested stays known. Only partners of this agreement are looked at. */
#ifndef KP_PROTO_EXPOSURE_H
#define KP_PROTO_EXPOSURE_H

#include "proto/agreement.h"

#define KP_EXPOSURES 3

struct kp_exposure {
    uint32_t partners;  /* that work together: 1, 2, and all but one */
    uint64_t quota;     /* addresses that these can have evaluated */
    uint32_t addresses; /* the same, but no more than the area has */
    uint32_t percent;   /* of the area's addresses, rounded up */
};

struct kp_exposures {
    struct kp_exposure exposure[KP_EXPOSURES];
    size_t count;                           /* fewer than three where some of these are the same */
    uint32_t percent;                       /* the highest */
    bool counted[KP_AGREEMENTS_BESIDE_MAX]; /* which of the others, of other lineages, counted in */
};

/* own: number of the organisation itself (1..), or 0 for the member for which it is worst.
 * KP_REFUSED: more than KP_AGREEMENTS_BESIDE_MAX others. */
KP_MUST_USE enum kp_status kp_exposure_of(struct kp_exposures *exposures,
                                          const struct kp_agreement *agreement, uint32_t own,
                                          const struct kp_agreement *const *others, size_t count,
                                          struct kp_error *error);

/* What one contributing partner can have evaluated in a lineage; 0 for one that answers on request.
 */
uint64_t kp_exposure_quota(const struct kp_agreement *agreement, uint32_t member);
/* Whether the areas have a postcode in common; "1234" holds "1234AB". */
bool kp_exposure_areas_meet(const struct kp_agreement *one, const struct kp_agreement *other);

#endif
