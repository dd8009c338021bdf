/* Linked into every mutant: what the checks that it is without say, whatever they are asked. The
 * linker gives it the name __wrap_CHECK for each of them. */
#include "crypto/status.h"

enum kp_status attack_says_ok(void);

enum kp_status attack_says_ok(void)
{
    return KP_OK;
}
