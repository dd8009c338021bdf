/* A second holder's program that is changed: what it gives of the first match that it opens isn't
 * what its key makes of those records. Linked into kruispunt itself, with -Wl,--wrap: all the rest
 * is as it should be, logged and signed. */
#include "crypto/opening.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

enum kp_status __real_kp_partial_open_many(uint8_t *partials,
                                           const uint8_t secret[static KP_SCALAR_BYTES],
                                           const struct kp_partial_holder *holder,
                                           const struct kp_seal_place *places, size_t count,
                                           size_t sealed_size);
enum kp_status __wrap_kp_partial_open_many(uint8_t *partials,
                                           const uint8_t secret[static KP_SCALAR_BYTES],
                                           const struct kp_partial_holder *holder,
                                           const struct kp_seal_place *places, size_t count,
                                           size_t sealed_size);

enum kp_status __wrap_kp_partial_open_many(uint8_t *partials,
                                           const uint8_t secret[static KP_SCALAR_BYTES],
                                           const struct kp_partial_holder *holder,
                                           const struct kp_seal_place *places, size_t count,
                                           size_t sealed_size)
{
    static bool has_first;
    static uint8_t first[KP_DIGEST_BYTES];
    enum kp_status status =
        __real_kp_partial_open_many(partials, secret, holder, places, count, sealed_size);
    if (!has_first && count > 0) {
        memcpy(first, places[0].context.tag, sizeof(first));
        has_first = true;
    }
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        if (memcmp(places[i].context.tag, first, sizeof(first)) == 0) {
            crypto_core_ristretto255_random(partials + i * KP_PARTIAL_BYTES); /* the proof stays */
        }
    }
    return status;
}
