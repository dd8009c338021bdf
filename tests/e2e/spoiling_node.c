/* A node like any other, but for its release: KP_SPOIL in the environment names what is wrong with
 * it (tests/unit/spoil.h), or "silent", and then it gives nothing. */
#include "node/round_internal.h"
#include "tests/unit/spoil.h"

#include <stdlib.h>
#include <string.h>

struct kp_release *__real_kp_round_take_release(struct kp_round *round);
struct kp_release *__wrap_kp_round_take_release(struct kp_round *round);
uint32_t __real_kp_release_message_count(const struct kp_release *release);
uint32_t __wrap_kp_release_message_count(const struct kp_release *release);

static const char *wanted(void)
{
    const char *name = getenv("KP_SPOIL");
    return name != NULL ? name : "nothing";
}

struct kp_release *__wrap_kp_round_take_release(struct kp_round *round)
{
    struct kp_release *release = __real_kp_round_take_release(round);
    for (enum spoil spoil = SPOIL_NOTHING; spoil < SPOILS; spoil++) {
        if (strcmp(wanted(), spoil_name(spoil)) == 0) {
            spoil_release(release, round->settings.agreement, round->settings.identity_secret,
                          spoil, 0);
        }
    }
    return release;
}

uint32_t __wrap_kp_release_message_count(const struct kp_release *release)
{
    return strcmp(wanted(), "silent") == 0 ? 0 : __real_kp_release_message_count(release);
}
