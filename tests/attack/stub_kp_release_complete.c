/* A check that says yes or no: here, always that all READYs are there. */
#include "node/release.h"

bool __wrap_kp_release_complete(const struct kp_release *release,
                                const struct kp_agreement *agreement);

bool __wrap_kp_release_complete(const struct kp_release *release,
                                const struct kp_agreement *agreement)
{
    (void)release;
    (void)agreement;
    return true;
}
