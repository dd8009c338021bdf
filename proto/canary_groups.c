#include "proto/canary_groups.h"

static uint32_t combinations(uint32_t members, uint32_t size)
{
    return (uint32_t)kp_agreement_combinations(members, size); /* few: the agreement was checked */
}

uint32_t kp_canary_group_count(const struct kp_agreement *agreement)
{
    return agreement->canaries == 0
               ? 0
               : combinations(kp_agreement_contributing(agreement), agreement->threshold);
}

uint32_t kp_canary_groups_of(const struct kp_agreement *agreement, uint32_t member)
{
    bool shares = agreement->canaries > 0 && member >= 1 && member <= agreement->member_count &&
                  agreement->members[member - 1].role == KP_ROLE_CONTRIBUTES;
    return shares ? combinations(kp_agreement_contributing(agreement) - 1, agreement->threshold - 1)
                  : 0;
}

/* Of the groups that are left, those with the next member come first. */
uint32_t kp_canary_group(const struct kp_agreement *agreement, uint32_t group)
{
    uint32_t left = kp_agreement_contributing(agreement), wanted = agreement->threshold,
             members = 0;
    for (uint32_t i = 0; i < agreement->member_count && wanted > 0; i++) {
        if (agreement->members[i].role != KP_ROLE_CONTRIBUTES) {
            continue;
        }
        left--;
        uint32_t with = combinations(left, wanted - 1);
        if (group < with) {
            members |= 1u << i;
            wanted--;
        } else {
            group -= with;
        }
    }
    return members;
}

uint32_t kp_canary_group_number(const struct kp_agreement *agreement, uint32_t members)
{
    uint32_t count = kp_canary_group_count(agreement);
    for (uint32_t group = 0; group < count; group++) {
        if (kp_canary_group(agreement, group) == members) {
            return group;
        }
    }
    return UINT32_MAX;
}

uint32_t kp_canary_own_group(const struct kp_agreement *agreement, uint32_t member, uint32_t number)
{
    uint32_t count = kp_canary_group_count(agreement);
    for (uint32_t group = 0; group < count; group++) {
        if ((kp_canary_group(agreement, group) >> (member - 1) & 1) != 0 && number-- == 0) {
            return group;
        }
    }
    return UINT32_MAX;
}

uint32_t kp_canary_drawer(uint32_t members)
{
    return members == 0 ? 0 : (uint32_t)__builtin_ctz(members) + 1;
}

double kp_canary_caught(uint32_t canaries, uint64_t matches, uint64_t dropped)
{
    double missed = 1; /* that nothing of it is a canary */
    for (uint64_t i = 0; i < dropped && missed > 0; i++) {
        missed *= i < matches ? (double)(matches - i) / (double)(matches - i + canaries) : 0;
    }
    return 1 - missed;
}
