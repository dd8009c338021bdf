/* In the place of kp_verify_match_entry, which says yes or no: always yes. */
#include "proto/verify_match.h"

bool __wrap_kp_verify_match_entry(const struct kp_verify_match *match, uint32_t member,
                                  uint32_t part);

bool __wrap_kp_verify_match_entry(const struct kp_verify_match *match, uint32_t member,
                                  uint32_t part)
{
    (void)match;
    (void)member;
    (void)part;
    return true;
}
