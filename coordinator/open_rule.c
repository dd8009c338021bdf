#include "coordinator/open.h"

/* In an object of its own, like every check that an attack is made against. */

enum kp_status kp_check_match_members(const struct kp_agreement *agreement,
                                      const struct kp_result_group *group, struct kp_error *error)
{
    uint32_t seen = 0;
    if (group->record_count < agreement->threshold) {
        return kp_fail(error, KP_REFUSED, "a match of %u records; the threshold is %u",
                       group->record_count, agreement->threshold);
    }
    for (uint32_t i = 0; i < group->record_count; i++) {
        uint32_t member = group->records[i].member;
        if (member < 1 || member > agreement->member_count || (seen >> (member - 1) & 1) != 0) {
            return kp_fail(error, KP_REFUSED, "a match names member %u twice or wrongly", member);
        }
        seen |= 1u << (member - 1);
    }
    return KP_OK;
}

enum kp_status kp_check_partial_wanted(const struct kp_agreement *agreement,
                                       const struct kp_opened_match *match, uint32_t index,
                                       struct kp_error *error)
{
    uint32_t passed = 0;
    for (uint32_t i = 0; i < match->record_count; i++) {
        passed += match->records[i].passed;
    }
    if (passed < agreement->threshold) {
        return kp_fail(error, KP_REFUSED, "only %u records of a match are valid; %u are needed",
                       passed, agreement->threshold);
    }
    if (index >= match->record_count || !match->records[index].passed) {
        return kp_fail(error, KP_REFUSED, "this record isn't what its member signed");
    }
    return KP_OK;
}
