/* All seals hold. */
#include "crypto/seal.h"

enum kp_status __wrap_kp_seal_inner_check_many(bool *holds, const struct kp_seal_place *places,
                                               size_t count, size_t sealed_size);

enum kp_status __wrap_kp_seal_inner_check_many(bool *holds, const struct kp_seal_place *places,
                                               size_t count, size_t sealed_size)
{
    (void)places, (void)sealed_size;
    for (size_t i = 0; i < count; i++) {
        holds[i] = true;
    }
    return KP_OK;
}
