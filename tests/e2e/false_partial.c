/* A second holder's program that is changed: what it gives of the first match that it opens isn't
 * what its key makes of those records. Linked into kruispunt itself, with -Wl,--wrap: all the rest
 * is as it should be, logged and signed. */
#include "crypto/opening.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

enum kp_status __real_kp_partial_open(uint8_t partial[static KP_PARTIAL_BYTES],
                                      const uint8_t secret[static KP_SCALAR_BYTES],
                                      const struct kp_partial_holder *holder,
                                      const struct kp_seal_context *context, const uint8_t *sealed,
                                      size_t sealed_size);
enum kp_status __wrap_kp_partial_open(uint8_t partial[static KP_PARTIAL_BYTES],
                                      const uint8_t secret[static KP_SCALAR_BYTES],
                                      const struct kp_partial_holder *holder,
                                      const struct kp_seal_context *context, const uint8_t *sealed,
                                      size_t sealed_size);

enum kp_status __wrap_kp_partial_open(uint8_t partial[static KP_PARTIAL_BYTES],
                                      const uint8_t secret[static KP_SCALAR_BYTES],
                                      const struct kp_partial_holder *holder,
                                      const struct kp_seal_context *context, const uint8_t *sealed,
                                      size_t sealed_size)
{
    static bool has_first;
    static uint8_t first[KP_DIGEST_BYTES];
    enum kp_status status =
        __real_kp_partial_open(partial, secret, holder, context, sealed, sealed_size);
    if (!has_first) {
        memcpy(first, context->tag, sizeof(first));
        has_first = true;
    }
    if (status == KP_OK && memcmp(context->tag, first, sizeof(first)) == 0) {
        crypto_core_ristretto255_random(partial); /* the proof stays */
    }
    return status;
}
