/* Apart from its caller, so that a test can link it away (tests/attack). */
#include "coordinator/letters.h"

enum kp_status kp_letters_check_deposited(uint32_t parts, uint32_t have, struct kp_error *error)
{
    if (parts == 0 || have < parts) {
        return kp_fail(error, KP_REFUSED, "%u of %u parts of the own partial decryptions are there",
                       have, parts);
    }
    return KP_OK;
}
