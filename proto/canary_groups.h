/* Who shares canaries: every group of as many members as a match needs, of those that contribute.
 * Groups are numbered from 0 in the lexicographic order of their members' numbers; threshold and
 * roles are fixed in a lineage, and so are these numbers. */
#ifndef KP_PROTO_CANARY_GROUPS_H
#define KP_PROTO_CANARY_GROUPS_H

#include "proto/agreement.h"

#include <stdint.h>

/* At most KP_CANARY_GROUPS_MAX; 0: the agreement has no canaries. */
uint32_t kp_canary_group_count(const struct kp_agreement *agreement);
/* How many of them the member is in; 0 on request. */
uint32_t kp_canary_groups_of(const struct kp_agreement *agreement, uint32_t member);
/* Bit i - 1 is member i; group < kp_canary_group_count. */
uint32_t kp_canary_group(const struct kp_agreement *agreement, uint32_t group);
/* The number of the group with exactly these members; UINT32_MAX: there is none. */
uint32_t kp_canary_group_number(const struct kp_agreement *agreement, uint32_t members);
/* The member's groups are counted from 0 by rising number; UINT32_MAX: it has fewer. */
uint32_t kp_canary_own_group(const struct kp_agreement *agreement, uint32_t member,
                             uint32_t number);
/* The lowest member of a group, which draws its secret. */
uint32_t kp_canary_drawer(uint32_t members);

/* The chance that somebody who leaves out `dropped` of a group's tags without knowing which are its
 * `canaries` and which its `matches`, leaves out a canary: 1 - C(matches, dropped) / C(matches +
 * canaries, dropped). For one of m matches that is c / (m + c). */
double kp_canary_caught(uint32_t canaries, uint64_t matches, uint64_t dropped);

#endif
