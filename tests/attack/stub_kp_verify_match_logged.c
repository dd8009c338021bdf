/* In the place of kp_verify_match_logged, which says yes or no: always yes. */
#include "proto/verify_match.h"

bool __wrap_kp_verify_match_logged(const struct kp_verify_match *match, uint32_t which);
bool __wrap_kp_verify_match_logged(const struct kp_verify_match *match, uint32_t which)
{
    (void)match;
    (void)which;
    return true;
}
